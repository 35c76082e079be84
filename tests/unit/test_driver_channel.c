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
#include <unistd.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
