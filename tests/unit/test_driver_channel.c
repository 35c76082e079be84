/*
 * test_driver_channel.c: the driver's secure channel against the virtual card
 * in one process: long commands and long answers, short and extended, and the
 * operations that the stock tools cannot be made to send.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "card-driver/session.h"
#include "description/default-card.h"
#include "fake_card.h"
#include "virtual-card/card.h"
#include "virtual-card/persona.h"

#define LONG_DATA 1000 /* more than four protected links */

int __wrap_jcop_role_prepare(struct sc_card *card, enum jcop_keyset keyset);
int __wrap_jcop_hsm_encrypt_cbc(struct jcop_hsm_keyset *keyset,
	const uint8_t *in, size_t len, uint8_t *out, char *message);
int __wrap_jcop_hsm_cmac(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *mac, char *message);

/* One card, its directory, and what it saw. */
struct world {
	char dir[64], anchor[96];
	struct vcard *vcard;
	struct sc_card *card;
	size_t commands, secured, verified, get_responses;
	size_t longest;
	size_t links, plain_bytes_back; /* with the chaining bit; to them */
	size_t spoil;                   /* this command, from 1, */
	const char *spoilt;             /* gets this answer instead */
	size_t drop_mode; /* after this one OpenSC drops its SM mode */
	bool sent[256];   /* INS */
};
static struct world world;

int
__wrap_jcop_role_prepare(struct sc_card *card, enum jcop_keyset keyset)
{
	(void)card;
	assert_int_equal(keyset, JCOP_KEYSET_SK_ADMIN);
	return SC_SUCCESS;
}

/* What the issuer handed over stands in for the HSM. */
static void
read_issuer_key(const char *name, uint8_t key[32])
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/issuer/%s", world.dir, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(key, 1, 32, file), 32);
	fclose(file);
}

int
__wrap_jcop_hsm_encrypt_cbc(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *out, char *message)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32];
	int done = 0;

	(void)keyset;
	(void)message;
	read_issuer_key("sk_admin-enc.key", key);
	assert_int_equal(
		EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(), key, iv, NULL), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &done, in, (int)len), 1);
	assert_int_equal(done, len);
	EVP_CIPHER_CTX_free(ctx);
	return JCOP_OK;
}

int
__wrap_jcop_hsm_cmac(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *mac, char *message)
{
	EVP_MAC *cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(cmac);
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_CIPHER, (char *)"AES-256-CBC", 0),
		OSSL_PARAM_construct_end()};
	uint8_t key[32];
	size_t done = 0;

	(void)keyset;
	(void)message;
	read_issuer_key("sk_admin-mac.key", key);
	assert_int_equal(EVP_MAC_init(ctx, key, sizeof(key), params), 1);
	assert_int_equal(EVP_MAC_update(ctx, in, len), 1);
	assert_int_equal(EVP_MAC_final(ctx, mac, &done, 16), 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(cmac);
	return JCOP_OK;
}

static void
ask_virtual_card(
	void *context, struct jcop_bytes command, struct jcop_blob *answer)
{
	struct world *w = context;
	struct vcard_trace trace;

	assert_int_equal(vcard_lock(w->vcard), JCOP_OK);
	assert_int_equal(
		vcard_transmit(w->vcard, command, answer, &trace), JCOP_OK);
	vcard_unlock(w->vcard);
	w->commands++;
	w->sent[command.data[1]] = true;
	if (command.data[0] & 0x10) {
		w->links++;
		w->plain_bytes_back += answer->len;
	}
	if (w->commands == w->drop_mode)
		w->card->sm_ctx.sm_mode = SM_MODE_NONE;
	if (w->commands == w->spoil)
		assert_int_equal(jcop_blob_from_hex(answer, w->spoilt), 0);
	w->secured += trace.secured;
	w->verified += trace.mac_verified;
	w->get_responses += trace.ins == 0xC0;
	if (command.len > w->longest)
		w->longest = command.len;
}

/* The reference profile with the other way of chaining. */
static void
write_slicing_description(const char *path)
{
	static const char key[] = "chaining = per-link";
	const char *at = strstr(jcop_default_card, key);
	FILE *file = fopen(path, "w");

	assert_non_null(at);
	assert_non_null(file);
	fprintf(file, "%.*schaining = slice%s", (int)(at - jcop_default_card),
		jcop_default_card, at + strlen(key));
	assert_int_equal(fclose(file), 0);
}

static void
begin(bool extended, bool slice)
{
	struct vcard_persona_options options = {0};
	char message[VCARD_MESSAGE_SIZE], description[] = "/tmp/jcop45.XXXXXX";
	struct jcop_session *session;

	memset(&world, 0, sizeof(world));
	snprintf(world.dir, sizeof(world.dir), "/tmp/jcop45-test.XXXXXX");
	assert_non_null(mkdtemp(world.dir));
	snprintf(world.anchor, sizeof(world.anchor),
		"%s/issuer/trust-anchor.pem", world.dir);
	if (slice) {
		close(mkstemp(description));
		write_slicing_description(description);
		options.description = description;
	}
	assert_int_equal(
		vcard_persona_create(world.dir, &options, message), JCOP_OK);
	if (slice)
		unlink(description);
	assert_int_equal(vcard_open(world.dir, &world.vcard, message), JCOP_OK);
	world.card = fake_card_new(extended);
	fake_card_answer_with(world.card, ask_virtual_card, &world);
	session = jcop_session_of(world.card);
	session->config.chip_auth_key_config = "011D:01";
	session->config.chip_auth_trust_anchor = world.anchor;
	session->config.keysets[JCOP_KEYSET_SK_ADMIN] = "admin";
	session->config.hsm_present = true;
	session->config.hsm.module = "/nowhere";
	session->config.hsm.token = "hsm";
	session->config.hsm.pin = "env:HSM_PIN";
	if (slice)
		session->description.dialect.chaining = JCOP_CHAINING_SLICE;
}

static void
end(void)
{
	char command[128];

	fake_card_free(world.card);
	vcard_close(world.vcard);
	snprintf(command, sizeof(command), "rm -rf %s", world.dir);
	assert_int_equal(system(command), 0);
}

static void
open_for_writing(void)
{
	assert_int_equal(
		jcop_begin(world.card, JCOP_OP_WRITE_CERTIFICATE), SC_SUCCESS);
	assert_int_equal(jcop_read_version(world.card), SC_SUCCESS);
	assert_int_equal(jcop_need_channel(world.card), SC_SUCCESS);
	assert_int_equal(jcop_need_role(world.card), SC_SUCCESS);
	assert_int_equal(jcop_select_ef(world.card, JCOP_APP_PKI, 0xC011, NULL),
		SC_SUCCESS);
	world.commands = world.secured = world.verified = 0;
	world.links = world.plain_bytes_back = world.longest = 0;
}

static void
fill(uint8_t data[LONG_DATA])
{
	size_t i;

	for (i = 0; i < LONG_DATA; i++)
		data[i] = (uint8_t)(i * 7 + 1);
}

/* One UPDATE BINARY with LONG_DATA bytes, whatever way it takes. */
static int
write_long(void)
{
	uint8_t data[LONG_DATA];
	const struct jcop_apdu update = {
		0x00, 0xD6, 0x00, 0x00, {data, sizeof(data)}, 0};

	fill(data);
	return jcop_execute(world.card, &update, NULL);
}

static void
assert_written(void)
{
	struct jcop_blob content = JCOP_BLOB_INIT;
	uint8_t data[LONG_DATA];

	fill(data);
	assert_int_equal(
		jcop_read_selected(world.card, &content, NULL), SC_SUCCESS);
	assert_true(content.len >= LONG_DATA);
	assert_memory_equal(content.data, data, LONG_DATA);
	jcop_blob_free(&content);
}

static void
long_command_is_chained_link_by_link_on_a_short_reader(void **state)
{
	(void)state;
	begin(false, false);
	open_for_writing();
	assert_int_equal(write_long(), SC_SUCCESS);
	/* 223 bytes a link: five links, each protected by itself */
	assert_int_equal(world.commands, 5);
	assert_int_equal(world.verified, 5);
	assert_true(world.longest <= 261);
	assert_true(jcop_channel_usable(world.card));
	assert_written();
	end();
}

static void
long_command_is_one_extended_command_where_the_reader_takes_it(void **state)
{
	(void)state;
	begin(true, false);
	open_for_writing();
	assert_int_equal(write_long(), SC_SUCCESS);
	assert_int_equal(world.commands, 1);
	assert_int_equal(world.verified, 1);
	assert_written();
	end();
}

static void
long_answer_is_fetched_by_get_response_inside_the_channel(void **state)
{
	static const struct jcop_apdu read = {
		0x00, 0xB0, 0x00, 0x00, {NULL, 0}, 256};
	struct jcop_blob answer = JCOP_BLOB_INIT;
	uint8_t data[LONG_DATA];

	(void)state;
	begin(false, false);
	open_for_writing();
	assert_int_equal(write_long(), SC_SUCCESS);
	world.get_responses = 0;
	assert_int_equal(jcop_execute(world.card, &read, &answer), SC_SUCCESS);
	assert_int_equal(answer.len, 256);
	fill(data);
	assert_memory_equal(answer.data, data, 256);
	assert_int_equal(world.get_responses, 1);
	assert_true(jcop_channel_usable(world.card));
	jcop_blob_free(&answer);
	end();
}

static void
card_error_inside_the_channel_keeps_it(void **state)
{
	static const struct jcop_apdu missing = {
		0x00, 0xA4, 0x00, 0x0C, {(const uint8_t *)"\xEE\xEE", 2}, 0};

	(void)state;
	begin(true, false);
	open_for_writing();
	assert_int_equal(jcop_execute(world.card, &missing, NULL),
		SC_ERROR_FILE_NOT_FOUND);
	assert_true(jcop_channel_usable(world.card));
	assert_int_equal(jcop_select_ef(world.card, JCOP_APP_PKI, 0xC011, NULL),
		SC_SUCCESS);
	end();
}

static void
slices_are_protected_once_and_cut(void **state)
{
	(void)state;
	begin(false, true);
	open_for_writing();
	assert_int_equal(write_long(), SC_SUCCESS);
	/* 87 with 1009 bytes and 8E: 1023 bytes, and 255 a slice */
	assert_int_equal(world.commands, 5);
	assert_int_equal(world.links, 4);
	assert_int_equal(world.plain_bytes_back, 4 * 2);
	assert_int_equal(world.verified, 1);
	assert_true(world.longest <= 261);
	assert_true(jcop_channel_usable(world.card));
	assert_written();
	end();
}

static void
what_fits_is_not_sliced(void **state)
{
	uint8_t data[100] = {1};
	const struct jcop_apdu update = {
		0x00, 0xD6, 0x00, 0x00, {data, sizeof(data)}, 0};

	(void)state;
	begin(false, true);
	open_for_writing();
	assert_int_equal(jcop_execute(world.card, &update, NULL), SC_SUCCESS);
	assert_int_equal(world.commands, 1);
	assert_int_equal(world.links, 0);
	end();
	begin(true, true);
	open_for_writing();
	assert_int_equal(write_long(), SC_SUCCESS);
	assert_int_equal(world.commands, 1);
	assert_int_equal(world.links, 0);
	assert_written();
	end();
}

/* Neither the data of the spoilt command nor another command follows. */
static void
assert_closed_after(size_t commands)
{
	struct jcop_session *session = jcop_session_of(world.card);

	assert_int_equal(world.commands, commands);
	assert_false(jcop_channel_usable(world.card));
	assert_int_equal(session->channel.wire_command.len, 0);
	assert_int_equal(world.card->sm_ctx.sm_mode, SM_MODE_NONE);
	assert_int_equal(write_long(), SC_ERROR_SM_NOT_INITIALIZED);
	assert_int_equal(world.commands, commands);
}

static void
a_slice_with_another_answer_than_9000_ends_the_channel(void **state)
{
	static const char *const answers[] = {"6883", "6A80", "6985", "6102"};
	struct jcop_session *session;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		begin(false, true);
		open_for_writing();
		session = jcop_session_of(world.card);
		world.spoil = 2;
		world.spoilt = answers[i];
		assert_int_equal(write_long(), SC_ERROR_SM);
		assert_non_null(strstr(session->message, answers[i]));
		assert_closed_after(2);
		end();
	}
}

static void
a_slice_answered_by_6884_names_reader_and_way_out(void **state)
{
	(void)state;
	begin(false, true);
	open_for_writing();
	world.spoil = 1;
	world.spoilt = "6884";
	assert_int_equal(write_long(), SC_ERROR_NOT_SUPPORTED);
	assert_non_null(
		strstr(jcop_session_of(world.card)->message, "fake reader"));
	assert_non_null(strstr(
		jcop_session_of(world.card)->message, "extended length"));
	assert_closed_after(1);
	end();
}

static void
the_last_slice_needs_a_protected_answer(void **state)
{
	(void)state;
	begin(false, true);
	open_for_writing();
	world.spoil = 5;
	world.spoilt = "9000";
	assert_int_equal(write_long(), SC_ERROR_SM_AUTHENTICATION_FAILED);
	assert_closed_after(5);
	end();
}

static void
slices_stop_when_the_channel_is_lost_between_them(void **state)
{
	(void)state;
	begin(false, true);
	open_for_writing();
	world.drop_mode = 3; /* as OpenSC does by itself after an error */
	assert_int_equal(write_long(), SC_ERROR_SM_NOT_INITIALIZED);
	assert_closed_after(3);
	end();
	begin(false, true);
	open_for_writing();
	jcop_session_of(world.card)->channel.owner++; /* a child */
	assert_int_equal(write_long(), SC_ERROR_SM_NOT_INITIALIZED);
	assert_int_equal(world.commands, 0);
	end();
}

static void
an_error_of_a_sliced_command_comes_protected_and_keeps_the_channel(void **state)
{
	static const uint8_t data[300] = {0x53};
	/* READ BINARY with data: not what this card does */
	const struct jcop_apdu command = {
		0x00, 0xB1, 0x00, 0x00, {data, sizeof(data)}, 256};
	struct jcop_blob answer = JCOP_BLOB_INIT;
	unsigned int sw;

	(void)state;
	begin(false, true);
	open_for_writing();
	assert_int_equal(
		jcop_transmit(world.card, &command, &answer, &sw), SC_SUCCESS);
	assert_int_not_equal(sw, JCOP_SW_OK);
	assert_int_equal(world.links, 1);
	assert_int_equal(world.verified, 1);
	assert_true(jcop_channel_usable(world.card));
	assert_int_equal(write_long(), SC_SUCCESS);
	jcop_blob_free(&answer);
	end();
}

static void
one_operation_at_a_time(void **state)
{
	(void)state;
	begin(true, false);
	open_for_writing();
	assert_int_equal(
		jcop_begin(world.card, JCOP_OP_GENERATE), SC_ERROR_NOT_ALLOWED);
	end();
}

/* --- CHECK --- */

static int
check(enum jcop_operation operation)
{
	return sc_card_ctl(world.card, SC_CARDCTL_JCOP45_CHECK, &operation);
}

static int
check_with(const char *chip_auth_key_config)
{
	struct jcop_settings settings = {
		.chip_auth_key_config = chip_auth_key_config,
		.origin = "the encoding description job.dsc"};

	assert_int_equal(
		sc_card_ctl(world.card, SC_CARDCTL_JCOP45_CONFIGURE, &settings),
		0);
	return check(JCOP_OP_ACTIVATE);
}

/* Nothing but SELECT, READ BINARY and GET DATA, all in plain; and no right, no
 * channel and no line for the system's log is left. */
static void
assert_only_read(void)
{
	const struct jcop_session *session = jcop_session_of(world.card);
	int ins;

	assert_true(world.sent[0xA4] && world.sent[0xB0]);
	for (ins = 0; ins < 256; ins++)
		if (ins != 0xA4 && ins != 0xB0 && ins != 0xCA)
			assert_false(world.sent[ins]);
	assert_int_equal(world.secured, 0);
	assert_false(session->operating || session->rights_gained ||
		     session->attempted || session->channel.open ||
		     session->channel.trusted);
}

static void
assert_told(const char *expected)
{
	const char *message = jcop_session_of(world.card)->message;

	if (strstr(message, expected) == NULL)
		fail_msg("no '%s' in '%s'", expected, message);
}

static void
a_check_finds_a_trusted_chip_and_only_reads(void **state)
{
	(void)state;
	begin(true, false);
	assert_int_equal(check(JCOP_OP_CHANGE_PIN), 0);
	assert_int_equal(world.commands, 0);
	assert_int_equal(check(JCOP_OP_ACTIVATE), 0);
	assert_true(world.sent[0xCA]); /* the ICCSN, which the role needs */
	assert_int_equal(check(JCOP_OP_GENERATE), 0);
	assert_int_equal(check(JCOP_OP_WRITE_CERTIFICATE), 0);
	assert_int_equal(check(JCOP_OP_IMPORT), 0);
	assert_int_equal(check(JCOP_OP_DELETE), 0);
	assert_only_read();
	open_for_writing(); /* and then it can be begun, indeed */
	end();
}

static void
a_check_names_a_chip_authentication_key_that_is_not_there(void **state)
{
	(void)state;
	begin(true, false);
	assert_int_equal(check_with("011E:01"), SC_ERROR_INVALID_ARGUMENTS);
	assert_told("file 011E cannot be read");
	assert_told("is the chip authentication key in the encoding "
		    "description job.dsc right?");
	assert_int_equal(check_with("011D:7F"), SC_ERROR_INVALID_ARGUMENTS);
	assert_told("names no key 7F; is the chip authentication key in the "
		    "encoding description job.dsc right?");
	assert_only_read();
	jcop_session_of(world.card)->config.chip_auth_key_config = "011D:7E";
	assert_int_equal(check_with(NULL), SC_ERROR_INVALID_ARGUMENTS);
	assert_told("names no key 7E; is chip_auth_key_config in opensc.conf "
		    "right?");
	jcop_session_of(world.card)->config.chip_auth_key_config = "011E:01";
	assert_int_equal(check_with(NULL), SC_ERROR_INVALID_ARGUMENTS);
	assert_told("is chip_auth_key_config in opensc.conf right?");
	end();
}

static void
another_chip_authentication_file_is_read_anew(void **state)
{
	size_t before;

	(void)state;
	begin(true, false);
	assert_int_equal(check(JCOP_OP_ACTIVATE), 0);
	before = world.commands;
	assert_int_equal(check(JCOP_OP_ACTIVATE), 0);
	assert_int_equal(world.commands, before);
	assert_int_equal(check_with("011E:01"), SC_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(check_with("011D:01"), 0);
	end();
}

/* As begin, on a card that the anchor does not vouch for: it is another's. */
static void
begin_untrusted(void)
{
	struct vcard_persona_options options = {0};
	char message[VCARD_MESSAGE_SIZE], other[80];

	begin(true, false);
	snprintf(other, sizeof(other), "%s/other", world.dir);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(
		vcard_persona_create(other, &options, message), JCOP_OK);
	snprintf(world.anchor, sizeof(world.anchor),
		"%s/other/issuer/trust-anchor.pem", world.dir);
}

static void
a_check_refuses_an_untrusted_chip(void **state)
{
	(void)state;
	begin_untrusted();
	assert_int_equal(
		check(JCOP_OP_ACTIVATE), SC_ERROR_SM_AUTHENTICATION_FAILED);
	assert_told("the chip of this card is not trusted");
	assert_int_equal(
		check(JCOP_OP_IMPORT), SC_ERROR_SM_AUTHENTICATION_FAILED);
	assert_told("the chip of this card is not trusted");
	assert_only_read();
	end();
}

static struct jcop_bytes
number_of(EVP_PKEY *pkey, const char *name, uint8_t out[256])
{
	BIGNUM *number = NULL;
	int len;

	assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &number), 1);
	len = BN_bn2bin(number, out);
	BN_free(number);
	return jcop_bytes_of(out, (size_t)len);
}

static int
import_a_key(void)
{
	struct jcop_import import = {.label = "k"};
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	uint8_t numbers[5][256];

	import.container = jcop_description_container(
		&jcop_session_of(world.card)->description, "mpp");
	import.key.n = number_of(pkey, OSSL_PKEY_PARAM_RSA_N, numbers[0]);
	import.key.e = number_of(pkey, OSSL_PKEY_PARAM_RSA_E, numbers[1]);
	import.key.d = number_of(pkey, OSSL_PKEY_PARAM_RSA_D, numbers[2]);
	import.key.p = number_of(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, numbers[3]);
	import.key.q = number_of(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, numbers[4]);
	EVP_PKEY_free(pkey);
	return sc_card_ctl(world.card, SC_CARDCTL_JCOP45_IMPORT, &import);
}

static void
a_check_of_import_knows_no_waiver_and_says_what_import_says(void **state)
{
	struct jcop_session *session;
	char told[JCOP_MESSAGE_SIZE];

	(void)state;
	begin_untrusted();
	session = jcop_session_of(world.card);
	session->config.chip_auth_allow_untrusted = true;
	assert_int_equal(check(JCOP_OP_ACTIVATE), 0);
	assert_int_equal(
		check(JCOP_OP_IMPORT), SC_ERROR_SM_AUTHENTICATION_FAILED);
	assert_only_read();
	strcpy(told, session->message);
	assert_told("whatever chip_auth_allow_untrusted says");
	assert_int_equal(import_a_key(), SC_ERROR_SM_AUTHENTICATION_FAILED);
	assert_string_equal(session->message, told);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			long_command_is_chained_link_by_link_on_a_short_reader),
		cmocka_unit_test(
			long_command_is_one_extended_command_where_the_reader_takes_it),
		cmocka_unit_test(
			long_answer_is_fetched_by_get_response_inside_the_channel),
		cmocka_unit_test(card_error_inside_the_channel_keeps_it),
		cmocka_unit_test(slices_are_protected_once_and_cut),
		cmocka_unit_test(what_fits_is_not_sliced),
		cmocka_unit_test(
			a_slice_with_another_answer_than_9000_ends_the_channel),
		cmocka_unit_test(
			a_slice_answered_by_6884_names_reader_and_way_out),
		cmocka_unit_test(the_last_slice_needs_a_protected_answer),
		cmocka_unit_test(
			slices_stop_when_the_channel_is_lost_between_them),
		cmocka_unit_test(
			an_error_of_a_sliced_command_comes_protected_and_keeps_the_channel),
		cmocka_unit_test(one_operation_at_a_time),
		cmocka_unit_test(a_check_finds_a_trusted_chip_and_only_reads),
		cmocka_unit_test(
			a_check_names_a_chip_authentication_key_that_is_not_there),
		cmocka_unit_test(another_chip_authentication_file_is_read_anew),
		cmocka_unit_test(a_check_refuses_an_untrusted_chip),
		cmocka_unit_test(
			a_check_of_import_knows_no_waiver_and_says_what_import_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
