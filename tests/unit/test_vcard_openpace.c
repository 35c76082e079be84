/*
 * test_vcard_openpace.c: OpenPACE, somebody else's implementation of
 * TR-03110, as the terminal of the virtual card: it reads EF.CardSecurity,
 * checks it against the anchor, runs chip authentication and speaks secure
 * messaging.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <eac/ca.h>
#include <eac/eac.h>
#include <eac/ta.h>

#include <openssl/buffer.h>
#include <openssl/x509_vfy.h>

#include "vcard-terminal.h"

/* OpenPACE asks for the store with the issuer of the signer, and does not
 * free it. */
static X509_STORE *anchors;

static X509_STORE *
find_anchor(unsigned long issuer)
{
	(void)issuer;
	return anchors;
}

static void
load_anchor(const struct terminal *t)
{
	char path[160];

	X509_STORE_free(anchors);
	anchors = X509_STORE_new();
	snprintf(path, sizeof path, "%s/issuer/trust-anchor.pem", t->dir);
	assert_true(X509_STORE_load_file(anchors, path));
}

static BUF_MEM *
buffer(const void *data, size_t len)
{
	BUF_MEM *b = BUF_MEM_new();

	assert_non_null(b);
	assert_true(BUF_MEM_grow(b, len != 0 ? len : 1) > 0);
	memcpy(b->data, data, len);
	b->length = len;
	return b;
}

static void
read_card_security(struct terminal *t)
{
	assert_int_equal(tx(t, "00 A4 00 0C 02 011D"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 00 00 00"), 0x6282);
	load_anchor(t);
}

/* Makes CTX by EF.CardSecurity. OpenPACE verifies the file once it knows
 * where anchors are, and it takes that only after a first reading. */
static bool
read_into(struct terminal *t, EAC_CTX *ctx)
{
	read_card_security(t);
	assert_true(EAC_CTX_init_ef_cardsecurity(t->data, t->len, ctx));
	assert_non_null(ctx->ca_ctx);
	ctx->ca_ctx->lookup_csca_cert = find_anchor;
	return EAC_CTX_init_ef_cardsecurity(t->data, t->len, ctx) == 1;
}

/* A context with the chip's parameters; CHIP is its public key. */
static EAC_CTX *
open_context(struct terminal *t, BUF_MEM **chip)
{
	EAC_CTX *ctx = EAC_CTX_new();

	assert_non_null(ctx);
	assert_true(read_into(t, ctx));
	CA_disable_passive_authentication(ctx); /* it is done */
	*chip = CA_get_pubkey(ctx, t->data, t->len);
	assert_non_null(*chip);
	return ctx;
}

static void
general_authenticate(struct terminal *t, const BUF_MEM *point)
{
	uint8_t command[300] = {0x00, 0x86, 0x00, 0x00};
	size_t len = point->length, n = 5;
	bool longer = len >= 0x80;

	command[n++] = 0x7C;
	if (longer)
		command[n++] = 0x81;
	command[n++] = (uint8_t)(len + (longer ? 3 : 2));
	command[n++] = 0x80;
	if (longer)
		command[n++] = 0x81;
	command[n++] = (uint8_t)len;
	memcpy(command + n, point->data, len);
	n += len;
	command[4] = (uint8_t)(n - 5);
	command[n++] = 0;
	assert_int_equal(tx_bytes(t, command, n), 0x9000);
	assert_int_equal(t->len, 22);
}

/* Chip authentication version 2 by OpenPACE; its own verdict on the token. */
static int
authenticate_chip(
	struct terminal *t, EAC_CTX *ctx, unsigned int cipher, BUF_MEM *chip)
{
	BUF_MEM *compressed = TA_STEP3_generate_ephemeral_key(ctx), *point,
		*nonce, *token;
	char mse[64];
	int verdict;

	assert_non_null(compressed);
	point = CA_STEP2_get_eph_pubkey(ctx);
	assert_non_null(point);
	snprintf(mse, sizeof mse,
		"00 22 41 A4 0F 80 0A 04007F000702020302%02X 84 01 01", cipher);
	assert_int_equal(tx(t, mse), 0x9000);
	general_authenticate(t, point);
	nonce = buffer(t->data + 4, 8);
	token = buffer(t->data + 14, 8);
	assert_true(CA_STEP4_compute_shared_secret(ctx, chip));
	verdict = CA_STEP6_derive_keys(ctx, nonce, token);
	BUF_MEM_free(compressed);
	BUF_MEM_free(point);
	BUF_MEM_free(nonce);
	BUF_MEM_free(token);
	return verdict;
}

/* MAC of OpenPACE over SSC, padded HEADER and padded OBJECTS. */
static BUF_MEM *
mac_of(EAC_CTX *ctx, const uint8_t *header, const uint8_t *objects, size_t len)
{
	BUF_MEM *plain, *padded, *more = NULL, *mac;

	plain = header != NULL ? buffer(header, 4) : buffer(objects, len);
	padded = EAC_add_iso_pad(ctx, plain);
	BUF_MEM_free(plain);
	assert_non_null(padded);
	if (header != NULL && len > 0) {
		size_t at = padded->length;

		plain = buffer(objects, len);
		more = EAC_add_iso_pad(ctx, plain);
		BUF_MEM_free(plain);
		assert_non_null(more);
		BUF_MEM_grow(padded, at + more->length);
		memcpy(padded->data + at, more->data, more->length);
		BUF_MEM_free(more);
	}
	mac = EAC_authenticate(ctx, padded);
	BUF_MEM_free(padded);
	assert_non_null(mac);
	assert_int_equal(mac->length, 8);
	return mac;
}

/* DO 87 around DATA (even INS only) */
static size_t
put_cryptogram(EAC_CTX *ctx, const uint8_t *data, size_t len, uint8_t *out)
{
	BUF_MEM *plain = buffer(data, len),
		*padded = EAC_add_iso_pad(ctx, plain), *secret;

	assert_non_null(padded);
	secret = EAC_encrypt(ctx, padded);
	assert_non_null(secret);
	assert_true(secret->length < 0x7F);
	out[0] = 0x87;
	out[1] = (uint8_t)(secret->length + 1);
	out[2] = 0x01;
	memcpy(out + 3, secret->data, secret->length);
	len = 3 + secret->length;
	BUF_MEM_free(plain);
	BUF_MEM_free(padded);
	BUF_MEM_free(secret);
	return len;
}

/* Checks the MAC of the answer and takes what is in it to t->data. */
static uint16_t
take_answer(struct terminal *t, EAC_CTX *ctx)
{
	uint8_t answer[600];
	BUF_MEM *mac, *secret, *padded, *plain;
	size_t len = t->len, at = 0;

	assert_true(len >= 14 && len <= sizeof answer);
	memcpy(answer, t->data, len);
	assert_true(EAC_increment_ssc(ctx));
	mac = mac_of(ctx, NULL, answer, len - 10);
	assert_memory_equal(answer + len - 10, "\x8E\x08", 2);
	assert_memory_equal(answer + len - 8, mac->data, 8);
	BUF_MEM_free(mac);
	t->len = 0;
	if (answer[0] == 0x87) {
		size_t head = answer[1] == 0x82 ? 4 : answer[1] == 0x81 ? 3 : 2;

		at = len - 14;
		assert_int_equal(answer[head], 0x01);
		secret = buffer(answer + head + 1, at - head - 1);
		padded = EAC_decrypt(ctx, secret);
		assert_non_null(padded);
		plain = EAC_remove_iso_pad(padded);
		assert_non_null(plain);
		memcpy(t->data, plain->data, plain->length);
		t->len = plain->length;
		BUF_MEM_free(secret);
		BUF_MEM_free(padded);
		BUF_MEM_free(plain);
	}
	assert_memory_equal(answer + at, "\x99\x02", 2);
	return (uint16_t)(answer[at + 2] << 8 | answer[at + 3]);
}

/* A protected command, all of it by OpenPACE. LE -1: none */
static uint16_t
send_protected(struct terminal *t, EAC_CTX *ctx, const uint8_t *header,
	const void *data, size_t len, int le)
{
	uint8_t command[300];
	uint8_t *objects = command + 5;
	size_t n = 0;
	BUF_MEM *mac;

	assert_true(EAC_increment_ssc(ctx));
	if (len > 0)
		n = put_cryptogram(ctx, data, len, objects);
	if (le >= 0) {
		objects[n++] = 0x97;
		objects[n++] = 0x01;
		objects[n++] = (uint8_t)le;
	}
	mac = mac_of(ctx, header, objects, n);
	objects[n++] = 0x8E;
	objects[n++] = 0x08;
	memcpy(objects + n, mac->data, 8);
	n += 8;
	BUF_MEM_free(mac);
	memcpy(command, header, 4);
	command[4] = (uint8_t)n;
	objects[n] = 0;
	tx_bytes(t, command, 6 + n);
	return take_answer(t, ctx);
}

static void
speak(struct terminal *t, EAC_CTX *ctx)
{
	static const uint8_t get_data[] = {0x0C, 0xCA, 0x01, 0x16};
	static const uint8_t select[] = {0x0C, 0xA4, 0x04, 0x00};
	static const uint8_t file[] = {0x0C, 0xA4, 0x00, 0x0C};
	static const uint8_t read[] = {0x0C, 0xB0, 0x00, 0x00};

	assert_int_equal(send_protected(t, ctx, get_data, NULL, 0, 0), 0x9000);
	assert_memory_equal(t->data, "\x04\x01\x01", 3);
	assert_int_equal(
		send_protected(t, ctx, select,
			"\xE8\x28\xBD\x08\x0F\x01\x4E\x58\x50\x30", 10, 0),
		0x9000);
	assert_int_equal(t->data[0], 0x62);
	assert_int_equal(
		send_protected(t, ctx, file, "\x50\x31", 2, -1), 0x9000);
	assert_int_equal(t->len, 0);
	assert_int_equal(send_protected(t, ctx, read, NULL, 0, 100), 0x9000);
	assert_int_equal(t->len, 100);
	assert_memory_equal(t->data, "\xA8\x06\x30\x04\x04\x02", 6);
	assert_int_equal(
		send_protected(t, ctx, file, "\x12\x34", 2, -1), 0x6A82);
	assert_true(t->trace.mac_verified);
}

static void
run(enum jcop_curve curve, unsigned int cipher)
{
	struct vcard_persona_options options = {
		.curve = curve, .aes_bits = 64 * cipher};
	struct terminal *t = terminal_new(&options);
	BUF_MEM *chip = NULL;
	EAC_CTX *ctx = open_context(t, &chip);

	assert_int_equal(authenticate_chip(t, ctx, cipher, chip), 1);
	assert_true(EAC_CTX_set_encryption_ctx(ctx, EAC_ID_CA));
	speak(t, ctx);
	BUF_MEM_free(chip);
	EAC_CTX_clear_free(ctx);
	terminal_free(t);
}

static void
openpace_speaks_aes_with_the_card_on_every_curve(void **state)
{
	static const enum jcop_curve curves[] = {JCOP_CURVE_P256,
		JCOP_CURVE_BP256, JCOP_CURVE_P384, JCOP_CURVE_BP384,
		JCOP_CURVE_BP512, JCOP_CURVE_P521};
	unsigned int cipher;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof curves / sizeof *curves; i++)
		for (cipher = 2; cipher <= 4; cipher++)
			run(curves[i], cipher);
}

static void
openpace_rejects_the_token_of_a_copied_card(void **state)
{
	struct terminal *t = terminal_new(NULL);
	BUF_MEM *chip = NULL;
	EAC_CTX *ctx = open_context(t, &chip);

	(void)state;
	terminal_set(t, "chip-key-mismatch", "yes");
	assert_int_not_equal(authenticate_chip(t, ctx, 4, chip), 1);
	BUF_MEM_free(chip);
	EAC_CTX_clear_free(ctx);
	terminal_free(t);
}

static void
openpace_rejects_an_untrusted_signer(void **state)
{
	struct vcard_persona_options options = {.untrusted_signer = true};
	struct terminal *t = terminal_new(&options);
	EAC_CTX *ctx = EAC_CTX_new();

	(void)state;
	assert_false(read_into(t, ctx));
	EAC_CTX_clear_free(ctx);
	terminal_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			openpace_speaks_aes_with_the_card_on_every_curve),
		cmocka_unit_test(openpace_rejects_the_token_of_a_copied_card),
		cmocka_unit_test(openpace_rejects_an_untrusted_signer),
	};
	int failed;

	EAC_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EAC_cleanup();
	X509_STORE_free(anchors);
	return failed;
}
