/*
 * test_driver_keys.c: the commands of key import and of deletion, against
 * hexadecimal typed from docs/card-interface.md, sections 3, 8 and 13; and
 * what is refused before any of them.
 *
 * Channel and role are taken out by the linker (--wrap), so that the commands
 * are seen in plain.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "card-driver/session.h"
#include "fake_card.h"

#define SELECT_PKI "00A404000A E828BD080F014E585030 00"
#define FCP_ACTIVATED "6203 8A0105 9000"
#define EMPTY "0000 6282"

int __wrap_jcop_begin(struct sc_card *card, enum jcop_operation operation);
int __wrap_jcop_channel_prepare(struct sc_card *card);
int __wrap_jcop_need_channel(struct sc_card *card);
int __wrap_jcop_need_role(struct sc_card *card);
int __wrap_jcop_end(struct sc_card *card, int result);

static bool chip_is_trusted;
static unsigned int roles_used;

int
__wrap_jcop_begin(struct sc_card *card, enum jcop_operation operation)
{
	jcop_session_of(card)->operation = operation;
	jcop_session_of(card)->operating = true;
	return SC_SUCCESS;
}

int
__wrap_jcop_channel_prepare(struct sc_card *card)
{
	(void)card;
	return SC_SUCCESS;
}

int
__wrap_jcop_need_channel(struct sc_card *card)
{
	jcop_session_of(card)->channel.trusted = chip_is_trusted;
	return SC_SUCCESS;
}

int
__wrap_jcop_need_role(struct sc_card *card)
{
	(void)card;
	roles_used++;
	return SC_SUCCESS;
}

int
__wrap_jcop_end(struct sc_card *card, int result)
{
	jcop_session_of(card)->operating = false;
	return result;
}

/* --- the key --- */

enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static const char *const names[NUMBERS] = {OSSL_PKEY_PARAM_RSA_N,
	OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

static EVP_PKEY *pkey;
static uint8_t numbers[NUMBERS][256];
static size_t lengths[NUMBERS];

static int
make_key(void **state)
{
	size_t i;

	(void)state;
	pkey = EVP_RSA_gen(2048);
	assert_non_null(pkey);
	for (i = 0; i < NUMBERS; i++) {
		BIGNUM *number = NULL;

		assert_int_equal(
			EVP_PKEY_get_bn_param(pkey, names[i], &number), 1);
		lengths[i] = (size_t)BN_num_bytes(number);
		if (i >= P) /* components are as long as each other */
			lengths[i] = 128;
		assert_int_equal(
			BN_bn2binpad(number, numbers[i], (int)lengths[i]),
			lengths[i]);
		BN_free(number);
	}
	return 0;
}

static int
free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(pkey);
	return 0;
}

static struct jcop_bytes
number(int which)
{
	return jcop_bytes_of(numbers[which], lengths[which]);
}

static void
fill_import(struct sc_card *card, struct jcop_import *import)
{
	struct jcop_session *session = jcop_session_of(card);

	session->config.chip_auth_trust_anchor = (char *)"anchor.pem";
	memset(import, 0, sizeof(*import));
	import->container =
		jcop_description_container(&session->description, "mpp");
	import->key = (struct jcop_rsa_key){
		number(N), number(E), number(D), number(P), number(Q)};
	import->label = "k";
}

/* The anchor is no string of the configuration's own. */
static int
import(struct sc_card *card, struct jcop_import *import)
{
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_IMPORT, import);

	jcop_session_of(card)->config.chip_auth_trust_anchor = NULL;
	return r;
}

static int
setup(void **state)
{
	*state = fake_card_new(true);
	chip_is_trusted = true;
	roles_used = 0;
	return 0;
}

static int
teardown(void **state)
{
	fake_card_free(*state);
	return 0;
}

static void
put_hex(char *out, const char *before, int which, const char *after)
{
	size_t i, at = (size_t)sprintf(out, "%s ", before);

	for (i = 0; i < lengths[which]; i++)
		at += (size_t)sprintf(out + at, "%02X", numbers[which][i]);
	sprintf(out + at, " %s", after);
}

/* --- import --- */

/* RSA-2048: one component a command, the public part last; the factors in the
 * other order are put right. */
static void
import_puts_one_component_a_command(void **state)
{
	static const struct {
		const char *before;
		int which;
	} parts[] = {
		{"00DB3FFF8F 70818C BF90168187 7F488183 928180", P},
		{"00DB3FFF8F 70818C BF90168187 7F488183 938180", Q},
		{"00DB3FFF8F 70818C BF90168187 7F488183 948180", QINV},
		{"00DB3FFF8F 70818C BF90168187 7F488183 958180", DP},
		{"00DB3FFF8F 70818C BF90168187 7F488183 968180", DQ},
		{"00DB3FFF000118 70820114 BFA01682010E 7F49820109 81820100", N},
	};
	char commands[6][1024];
	struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A4000002 7002 00", "6204 80020400 9000"},
		{"00B00000000000", EMPTY},
		{"00A4000002 7004 00", "6204 80021000 9000"},
		{"00B00000000000", EMPTY},
		{commands[0], "9000"},
		{commands[1], "9000"},
		{commands[2], "9000"},
		{commands[3], "9000"},
		{commands[4], "9000"},
		{commands[5], "9000"},
		/* PuKDF is selected still */
		{NULL, "9000"},
		{"00D6000001 30", "9000"},
		{"00A4000C02 7002", "9000"},
		{NULL, "9000"},
		{"00D6000001 30", "9000"},
		{NULL, NULL},
	};
	struct jcop_import request;
	struct sc_card *card = *state;
	size_t i;

	for (i = 0; i < 6; i++)
		put_hex(commands[i], parts[i].before, parts[i].which,
			i == 5 ? "8203010001" : "");
	fill_import(card, &request);
	request.key.p = number(Q);
	request.key.q = number(P);
	fake_card_expect(card, script);
	assert_int_equal(import(card, &request), 0);
	fake_card_assert_done(card);
	assert_int_equal(roles_used, 1);
	assert_int_equal(request.slot->key, 0x16);
	/* no id was asked for: it is the slot's */
	assert_int_equal(request.listed_id_len, 1);
	assert_int_equal(request.listed_id[0], 0x16);
}

static const struct fake_exchange only_reads[] = {
	{SELECT_PKI, FCP_ACTIVATED},
	{"00A4000002 7002 00", "6204 80020400 9000"},
	{"00B00000000000", EMPTY},
	{"00A4000002 7004 00", "6204 80021000 9000"},
	{"00B00000000000", EMPTY},
	{NULL, NULL},
};

static void
a_key_is_not_sent_to_a_chip_that_nobody_vouches_for(void **state)
{
	struct jcop_import request;
	struct sc_card *card = *state;

	chip_is_trusted = false;
	jcop_session_of(card)->config.chip_auth_allow_untrusted = true;
	fill_import(card, &request);
	fake_card_expect(card, only_reads);
	assert_int_equal(
		import(card, &request), SC_ERROR_SM_AUTHENTICATION_FAILED);
	fake_card_assert_done(card);
	assert_int_equal(roles_used, 0);
	assert_non_null(strstr(
		jcop_session_of(card)->message, "chip_auth_allow_untrusted"));
}

static void
without_anchor_or_pinned_key_the_card_is_not_even_asked(void **state)
{
	struct jcop_import request;
	struct sc_card *card = *state;

	jcop_session_of(card)->config.chip_auth_allow_untrusted = true;
	fill_import(card, &request);
	jcop_session_of(card)->config.chip_auth_trust_anchor = NULL;
	assert_int_equal(import(card, &request), SC_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(fake_card_count(card), 0);
}

/* REQUEST is refused with a message that has TOLD, and nothing was sent. */
static void
assert_refused(struct sc_card *card, struct jcop_import *request, int error,
	const char *told)
{
	assert_int_equal(import(card, request), error);
	assert_non_null(strstr(jcop_session_of(card)->message, told));
	assert_int_equal(fake_card_count(card), 0);
	assert_int_equal(roles_used, 0);
}

static void
a_container_without_import_refuses(void **state)
{
	struct jcop_import request;
	struct sc_card *card = *state;

	fill_import(card, &request);
	request.container = jcop_description_container(
		&jcop_session_of(card)->description, "sign");
	assert_refused(card, &request, SC_ERROR_NOT_ALLOWED, "sign");
}

static void
a_damaged_key_is_refused(void **state)
{
	struct jcop_import request;
	struct sc_card *card = *state;
	uint8_t wrong[256];

	memcpy(wrong, numbers[D], lengths[D]);
	wrong[100] ^= 1;
	fill_import(card, &request);
	request.key.d = jcop_bytes_of(wrong, lengths[D]);
	assert_refused(card, &request, SC_ERROR_INVALID_DATA, "damaged");
}

static void
a_size_without_slot_is_refused(void **state)
{
	static const uint8_t n[128] = {0x80, [127] = 1};
	struct jcop_import request;
	struct sc_card *card = *state;

	fill_import(card, &request);
	request.key.n = JCOP_BYTES(n);
	assert_refused(card, &request, SC_ERROR_NOT_SUPPORTED, "RSA-1024");
}

/* --- certificates --- */

/* A certificate of KEY, self-signed; free with OPENSSL_free. */
static struct jcop_bytes
make_certificate(EVP_PKEY *key, const char *constraints)
{
	X509 *certificate = X509_new();
	X509_EXTENSION *extension;
	uint8_t *der = NULL;
	int len;

	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	extension = X509V3_EXT_conf_nid(
		NULL, NULL, NID_basic_constraints, constraints);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	len = i2d_X509(certificate, &der);
	assert_true(len > 0);
	X509_free(certificate);
	return jcop_bytes_of(der, (size_t)len);
}

static void
a_ca_certificate_is_refused_on_every_road(void **state)
{
	struct jcop_certificate certificate;
	struct jcop_import request;
	struct sc_card *card = *state;
	struct jcop_bytes der = make_certificate(pkey, "CA:TRUE");

	fill_import(card, &request);
	request.certificate = der;
	assert_refused(card, &request, SC_ERROR_NOT_ALLOWED, "authority");
	memset(&certificate, 0, sizeof(certificate));
	certificate.der = der;
	jcop_session_of(card)->message[0] = '\0';
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_CERTIFICATE, &certificate),
		SC_ERROR_NOT_ALLOWED);
	assert_non_null(strstr(jcop_session_of(card)->message, "authority"));
	assert_int_equal(fake_card_count(card), 0);
	OPENSSL_free((void *)(uintptr_t)der.data);
}

static void
a_certificate_of_another_key_is_refused(void **state)
{
	struct jcop_import request;
	struct sc_card *card = *state;
	EVP_PKEY *other = EVP_RSA_gen(2048);
	struct jcop_bytes der = make_certificate(other, "CA:FALSE");

	fill_import(card, &request);
	request.certificate = der;
	assert_refused(card, &request, SC_ERROR_INVALID_DATA, "another key");
	OPENSSL_free((void *)(uintptr_t)der.data);
	EVP_PKEY_free(other);
}

/* --- deletion --- */

static void
deletion_clears_the_directory_then_every_slot(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A4000002 7002 00", "6204 80020004 9000"},
		{"00B00000000000", EMPTY},
		{"00A4000002 7005 00", "6204 80020005 9000"},
		{"00B00000000000", EMPTY},
		{"00A4000002 7004 00", "6204 80020006 9000"},
		{"00B00000000000", EMPTY},
		/* CDF, PrKDF, PuKDF: 00 over the first byte, then the rest */
		{"00A4000C02 7005", "9000"},
		{"00D6000001 00", "9000"},
		{"00D6000104 00000000", "9000"},
		{"00A4000C02 7002", "9000"},
		{"00D6000001 00", "9000"},
		{"00D6000103 000000", "9000"},
		{"00A4000C02 7004", "9000"},
		{"00D6000001 00", "9000"},
		{"00D6000105 0000000000", "9000"},
		/* all keys, though none was listed */
		{"00DB3FFF06 7004 BF9011 00", "9000"},
		{"00DB3FFF06 7004 BF9012 00", "9000"},
		{"00DB3FFF06 7004 BF9013 00", "9000"},
		{"00DB3FFF06 7004 BF9014 00", "9000"},
		{"00DB3FFF06 7004 BF9015 00", "9000"},
		{"00DB3FFF06 7004 BF9016 00", "9000"},
		{"00DB3FFF06 7004 BF9021 00", "9000"},
		{"00DB3FFF06 7004 BF9022 00", "9000"},
		/* all certificates */
		{"00A4000002 C011 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C012 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C013 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C014 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C015 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C016 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C021 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{"00A4000002 C022 00", "6204 80020003 9000"},
		{"00D6000003 000000", "9000"},
		{NULL, NULL},
	};
	struct jcop_deletion deletion;
	struct sc_card *card = *state;

	memset(&deletion, 0, sizeof(deletion));
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_DELETE_ALL, &deletion), 0);
	fake_card_assert_done(card);
	assert_int_equal(roles_used, 1);
	assert_int_equal(deletion.keys, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(import_puts_one_component_a_command),
		T(a_key_is_not_sent_to_a_chip_that_nobody_vouches_for),
		T(without_anchor_or_pinned_key_the_card_is_not_even_asked),
		T(a_container_without_import_refuses),
		T(a_damaged_key_is_refused),
		T(a_size_without_slot_is_refused),
		T(a_ca_certificate_is_refused_on_every_road),
		T(a_certificate_of_another_key_is_refused),
		T(deletion_clears_the_directory_then_every_slot),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
