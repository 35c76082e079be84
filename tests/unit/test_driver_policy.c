/*
 * test_driver_policy.c: what needs the secure channel does not leave without
 * it, whatever OpenSC makes of its own secure messaging mode; and which
 * configuration holds. The HSM is taken out by the linker (--wrap).
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "card-driver/session.h"
#include "fake_card.h"

static const struct jcop_apdu activate = {0x00, 0x44, 0x00, 0x00, {NULL, 0}, 0};
static const struct fake_exchange nothing[] = {{NULL, NULL}};

#define LABEL_IN_HSM "in the HSM"
#define ORIGIN "the encoding description job.dsc"

int __wrap_jcop_hsm_open(const struct jcop_hsm_config *config,
	struct jcop_hsm **hsm, char *message);
void __wrap_jcop_hsm_close(struct jcop_hsm *hsm);
int __wrap_jcop_hsm_keyset_find(struct jcop_hsm *hsm, const char *label,
	struct jcop_hsm_keyset **keyset, char *message);
void __wrap_jcop_hsm_keyset_free(struct jcop_hsm_keyset *keyset);

int
__wrap_jcop_hsm_open(const struct jcop_hsm_config *config,
	struct jcop_hsm **hsm, char *message)
{
	(void)config;
	(void)message;
	*hsm = NULL;
	return JCOP_OK;
}

void
__wrap_jcop_hsm_close(struct jcop_hsm *hsm)
{
	assert_null(hsm);
}

int
__wrap_jcop_hsm_keyset_find(struct jcop_hsm *hsm, const char *label,
	struct jcop_hsm_keyset **keyset, char *message)
{
	(void)hsm;
	*keyset = NULL;
	if (strcmp(label, LABEL_IN_HSM) == 0)
		return JCOP_OK;
	snprintf(message, JCOP_HSM_MESSAGE_SIZE, "no key \"%s\"", label);
	return JCOP_ERR_NOT_FOUND;
}

void
__wrap_jcop_hsm_keyset_free(struct jcop_hsm_keyset *keyset)
{
	assert_null(keyset);
}

/* A channel with known keys, as after chip authentication. */
static void
open_channel(struct sc_card *card)
{
	static const uint8_t key[32] = {1};
	struct jcop_session *session = jcop_session_of(card);

	assert_int_equal(jcop_sm_init(&session->channel.sm, JCOP_CIPHER_AES_256,
				 JCOP_BYTES(key), JCOP_BYTES(key)),
		JCOP_OK);
	assert_int_equal(jcop_blob_reserve(&session->channel.wire_response,
				 JCOP_SM_DATA_SIZE),
		JCOP_OK);
	session->channel.open = true;
	session->channel.owner = getpid();
	session->channel_required = true;
	card->sm_ctx.sm_mode = SM_MODE_TRANSMIT;
}

static int
setup(void **state)
{
	*state = fake_card_new(true);
	return 0;
}

static int
teardown(void **state)
{
	fake_card_free(*state);
	return 0;
}

static void
nothing_leaves_without_the_channel(void **state)
{
	struct sc_card *card = *state;

	jcop_session_of(card)->channel_required = true;
	fake_card_expect(card, nothing);
	assert_int_equal(jcop_execute(card, &activate, NULL),
		SC_ERROR_SM_NOT_INITIALIZED);
	assert_int_equal(fake_card_count(card), 0);
}

static void
nothing_leaves_after_opensc_switched_the_mode_off(void **state)
{
	struct sc_card *card = *state;

	open_channel(card);
	card->sm_ctx.sm_mode = SM_MODE_NONE;
	fake_card_expect(card, nothing);
	assert_int_equal(jcop_execute(card, &activate, NULL),
		SC_ERROR_SM_NOT_INITIALIZED);
	assert_int_equal(fake_card_count(card), 0);
}

static void
the_hook_refuses_where_there_is_no_channel(void **state)
{
	struct sc_card *card = *state;
	struct sc_apdu apdu;

	memset(&apdu, 0, sizeof(apdu));
	apdu.cse = SC_APDU_CASE_1;
	apdu.ins = 0x44;
	card->sm_ctx.sm_mode = SM_MODE_TRANSMIT;
	fake_card_expect(card, nothing);
	assert_int_not_equal(sc_transmit_apdu(card, &apdu), SC_SUCCESS);
	assert_int_equal(fake_card_count(card), 0);
}

static void
a_plain_answer_ends_the_channel_and_nothing_follows(void **state)
{
	static const struct fake_exchange plain[] = {
		{NULL, "9000"}, {NULL, NULL}};
	struct sc_card *card = *state;

	open_channel(card);
	fake_card_expect(card, plain);
	assert_int_not_equal(jcop_execute(card, &activate, NULL), SC_SUCCESS);
	assert_int_not_equal(jcop_execute(card, &activate, NULL), SC_SUCCESS);
	assert_int_equal(fake_card_count(card), 1);
	assert_false(jcop_channel_usable(card));
}

/* 61 00 and 256 bytes, for ever: the answer must not outgrow its buffer. */
static void
flood(void *context, struct jcop_bytes command, struct jcop_blob *answer)
{
	size_t *count = context;

	(void)command;
	(*count)++;
	assert_int_equal(jcop_blob_append_fill(answer, 0xAA, 256), JCOP_OK);
	assert_int_equal(jcop_blob_append(answer, "\x61\x00", 2), JCOP_OK);
}

static void
an_answer_without_end_does_not_outgrow_its_buffer(void **state)
{
	struct sc_card *card = *state;
	size_t count = 0;

	open_channel(card);
	fake_card_answer_with(card, flood, &count);
	assert_int_not_equal(jcop_execute(card, &activate, NULL), SC_SUCCESS);
	assert_true(count < 64);
	assert_false(jcop_channel_usable(card));
}

static void
a_reset_wipes_the_channel(void **state)
{
	struct sc_card *card = *state;

	open_channel(card);
	assert_int_equal(card->ops->card_reader_lock_obtained(card, 1), 0);
	assert_false(jcop_channel_usable(card));
	fake_card_expect(card, nothing);
	assert_int_not_equal(jcop_execute(card, &activate, NULL), SC_SUCCESS);
	assert_int_equal(fake_card_count(card), 0);
}

static void
a_child_after_fork_does_not_use_the_channel(void **state)
{
	struct sc_card *card = *state;
	int status;
	pid_t child;

	open_channel(card);
	fake_card_expect(card, nothing);
	child = fork();
	if (child == 0)
		_exit(jcop_execute(card, &activate, NULL) ==
						SC_ERROR_SM_NOT_INITIALIZED &&
					fake_card_count(card) == 0
				? 0
				: 1);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(jcop_channel_usable(card));
}

static void
a_role_that_needs_the_channel_is_not_gained_without(void **state)
{
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);

	session->operation = JCOP_OP_GENERATE;
	session->operating = true;
	fake_card_expect(card, nothing);
	assert_int_equal(jcop_need_role(card), SC_ERROR_SM_NOT_INITIALIZED);
	assert_int_equal(fake_card_count(card), 0);
}

static void
missing_configuration_is_named_with_the_operation(void **state)
{
	struct sc_card *card = *state;
	struct jcop_config *config = &jcop_session_of(card)->config;
	struct jcop_requirement need = {.operation = JCOP_OP_ACTIVATE};

	fake_card_expect(card, nothing);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	assert_string_equal(need.name, "activation");
	assert_non_null(strstr(need.missing, "chip_auth_key_config"));
	config->chip_auth_key_config = "011D:01";
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	assert_non_null(strstr(need.missing, "chip_auth_trust_anchor"));
	config->chip_auth_trust_anchor = "/nowhere/anchor.pem";
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	assert_non_null(strstr(need.missing, "chip_auth_trust_anchor"));
	assert_non_null(strstr(need.missing, "/nowhere/anchor.pem"));
	config->chip_auth_allow_untrusted_wrong = "maybe";
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	assert_non_null(strstr(need.missing, "chip_auth_allow_untrusted"));
	config->chip_auth_allow_untrusted_wrong = NULL;
	config->chip_auth_trust_anchor = "/dev/null";
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	assert_non_null(strstr(need.missing, "keyset_sk_admin"));
	config->keysets[JCOP_KEYSET_SK_ADMIN] = "admin";
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	assert_non_null(strstr(need.missing, "hsm"));
	assert_int_equal(
		jcop_begin(card, JCOP_OP_ACTIVATE), SC_ERROR_INVALID_ARGUMENTS);
	assert_non_null(strstr(jcop_session_of(card)->message, "activation: "));
	assert_int_equal(fake_card_count(card), 0);
}

/* All that activation and import need. */
static void
configure(struct jcop_config *config)
{
	config->chip_auth_key_config = "011D:01";
	config->chip_auth_trust_anchor = "/dev/null";
	config->keysets[JCOP_KEYSET_SK_ADMIN] = "admin";
	config->hsm_present = true;
	config->hsm.module = "module.so";
	config->hsm.token = "hsm";
	config->hsm.pin = "env:HSM_PIN";
}

static const char *
missing_for(struct sc_card *card, enum jcop_operation operation)
{
	static struct jcop_requirement need;

	need.operation = operation;
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_REQUIREMENT, &need), 0);
	return need.missing;
}

static void
a_role_algorithm_that_no_hsm_can_is_refused_before_anything_is_sent(
	void **state)
{
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);

	setenv("HSM_PIN", "1234", 1);
	configure(&session->config);
	assert_string_equal(missing_for(card, JCOP_OP_ACTIVATE), "");
	session->description.dialect.role = JCOP_ROLE_AES_CMAC;
	assert_string_equal(missing_for(card, JCOP_OP_ACTIVATE), "");
	session->description.dialect.role = JCOP_ROLE_IAS_3DES;
	assert_non_null(
		strstr(missing_for(card, JCOP_OP_ACTIVATE), "ias-3des"));
	assert_string_equal(missing_for(card, JCOP_OP_CHANGE_PIN), "");
	fake_card_expect(card, nothing);
	assert_int_equal(
		jcop_begin(card, JCOP_OP_ACTIVATE), SC_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(fake_card_count(card), 0);
}

static void
a_waiver_of_trust_does_not_configure_import(void **state)
{
	struct sc_card *card = *state;
	struct jcop_config *config = &jcop_session_of(card)->config;

	setenv("HSM_PIN", "1234", 1);
	configure(config);
	assert_string_equal(missing_for(card, JCOP_OP_IMPORT), "");
	config->chip_auth_trust_anchor = NULL;
	config->chip_auth_allow_untrusted = true;
	assert_string_equal(missing_for(card, JCOP_OP_ACTIVATE), "");
	assert_non_null(strstr(
		missing_for(card, JCOP_OP_IMPORT), "chip_auth_trust_anchor"));
}

static void
malformed_key_paths_are_named(void **state)
{
	static const char *const wrong[] = {"", ":11", "label:", "label:G1",
		"label:111", "label:80", "label:00", "label:AD02/11",
		"label:AD01/", "label:AD01/11/12"};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);
	struct jcop_keyset_config parsed;
	char message[256];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		session->config.keysets[JCOP_KEYSET_SK_ADMIN] = wrong[i];
		assert_int_not_equal(
			jcop_config_keyset(&session->config,
				&session->description, JCOP_KEYSET_SK_ADMIN,
				&parsed, message, sizeof(message)),
			0);
		assert_non_null(strstr(message, "keyset_sk_admin"));
	}
	session->config.keysets[JCOP_KEYSET_SK_FILE_MGMT] = "my label:AD01/11";
	assert_int_equal(
		jcop_config_keyset(&session->config, &session->description,
			JCOP_KEYSET_SK_FILE_MGMT, &parsed, message,
			sizeof(message)),
		0);
	assert_string_equal(parsed.label, "my label");
	assert_int_equal(parsed.application, JCOP_APP_AGENT);
	assert_int_equal(parsed.key, 0x11);
}

static void
malformed_chip_auth_key_config_is_named(void **state)
{
	static const char *const wrong[] = {
		"", "011D", "011D:", ":01", "0000:01", "11111:01", "011D:XY"};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);
	uint16_t file;
	unsigned int key;
	char message[256];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		session->config.chip_auth_key_config = wrong[i];
		assert_int_not_equal(jcop_config_chip_auth(&session->config,
					     &session->description, &file, &key,
					     message, sizeof(message)),
			0);
		assert_non_null(strstr(message, "chip_auth_key_config"));
	}
	session->config.chip_auth_key_config = "11d:1";
	assert_int_equal(
		jcop_config_chip_auth(&session->config, &session->description,
			&file, &key, message, sizeof(message)),
		0);
	assert_int_equal(file, 0x011D);
	assert_int_equal(key, 1);
}

/* --- CONFIGURE --- */

/* The arguments are gone afterwards: what counts is the driver's copy. */
static int
give(struct sc_card *card, const char *admin, const char *chip_auth,
	const char *origin)
{
	struct jcop_settings settings = {
		.keysets[JCOP_KEYSET_SK_ADMIN] =
			admin != NULL ? strdup(admin) : NULL,
		.chip_auth_key_config =
			chip_auth != NULL ? strdup(chip_auth) : NULL,
		.origin = origin != NULL ? strdup(origin) : NULL};
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_CONFIGURE, &settings);

	free((void *)(uintptr_t)settings.keysets[JCOP_KEYSET_SK_ADMIN]);
	free((void *)(uintptr_t)settings.chip_auth_key_config);
	free((void *)(uintptr_t)settings.origin);
	return r;
}

/* Label and chip authentication file that hold. */
static void
assert_holds(struct sc_card *card, const char *label, uint16_t fid)
{
	struct jcop_session *session = jcop_session_of(card);
	struct jcop_keyset_config keyset;
	char message[256];
	unsigned int key;
	uint16_t file;

	assert_int_equal(jcop_config_keyset(&session->config,
				 &session->description, JCOP_KEYSET_SK_ADMIN,
				 &keyset, message, sizeof(message)),
		0);
	assert_string_equal(keyset.label, label);
	assert_int_equal(
		jcop_config_chip_auth(&session->config, &session->description,
			&file, &key, message, sizeof(message)),
		0);
	assert_int_equal(file, fid);
}

static const char *
message_of(struct sc_card *card)
{
	const char *message = NULL;

	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_MESSAGE, &message), 0);
	return message;
}

static void
values_that_are_given_win_over_opensc_conf(void **state)
{
	struct sc_card *card = *state;

	configure(&jcop_session_of(card)->config);
	assert_int_equal(give(card, "job", "011E:02", ORIGIN), 0);
	assert_holds(card, "job", 0x011E);
}

static void
values_that_are_not_given_stay_those_of_opensc_conf(void **state)
{
	struct sc_card *card = *state;

	configure(&jcop_session_of(card)->config);
	assert_int_equal(give(card, "job", NULL, NULL), 0);
	assert_holds(card, "job", 0x011D);
	assert_int_equal(give(card, NULL, "011E:02", ORIGIN), 0);
	assert_holds(card, "admin", 0x011E);
}

static void
values_that_are_given_again_replace_all_that_were(void **state)
{
	struct sc_card *card = *state;

	configure(&jcop_session_of(card)->config);
	assert_int_equal(give(card, "job", "011E:02", ORIGIN), 0);
	assert_int_equal(give(card, "another", NULL, ORIGIN), 0);
	assert_holds(card, "another", 0x011D);
	assert_int_equal(give(card, NULL, NULL, NULL), 0);
	assert_holds(card, "admin", 0x011D);
}

static void
values_that_are_refused_leave_the_old_ones(void **state)
{
	struct sc_card *card = *state;

	configure(&jcop_session_of(card)->config);
	assert_int_equal(give(card, "job", "011E:02", NULL), 0);
	assert_int_equal(
		give(card, "new", "011F", ORIGIN), SC_ERROR_INVALID_ARGUMENTS);
	assert_string_equal(message_of(card),
		ORIGIN ": the chip authentication key = \"011F\": expected "
		       "\"FILEID:KEYID\" in hexadecimal digits, as in "
		       "\"011D:01\"");
	assert_holds(card, "job", 0x011E);
	assert_int_equal(
		give(card, "new:G1", NULL, ORIGIN), SC_ERROR_INVALID_ARGUMENTS);
	assert_non_null(strstr(
		message_of(card), ORIGIN ": sk_admin = \"new:G1\": expected"));
	assert_holds(card, "job", 0x011E);
}

static void
a_refused_value_without_origin_is_one_of_opensc_conf(void **state)
{
	struct sc_card *card = *state;

	assert_int_equal(
		give(card, "new:G1", NULL, NULL), SC_ERROR_INVALID_ARGUMENTS);
	assert_ptr_equal(
		strstr(message_of(card), "keyset_sk_admin = \"new:G1\""),
		message_of(card));
}

static void
a_long_origin_leaves_room_for_what_is_wrong(void **state)
{
	struct sc_card *card = *state;
	char origin[3 * JCOP_MESSAGE_SIZE];

	memset(origin, 'x', sizeof(origin));
	origin[sizeof(origin) - 1] = '\0';
	assert_int_equal(
		give(card, "new:G1", NULL, origin), SC_ERROR_INVALID_ARGUMENTS);
	assert_non_null(strstr(message_of(card), "sk_admin = \"new:G1\""));
}

static void
nothing_is_given_while_an_operation_is_under_way(void **state)
{
	struct sc_card *card = *state;

	configure(&jcop_session_of(card)->config);
	assert_int_equal(jcop_begin(card, JCOP_OP_CHANGE_PIN), 0);
	assert_int_equal(
		give(card, "job", "011E:02", ORIGIN), SC_ERROR_NOT_ALLOWED);
	assert_non_null(strstr(message_of(card), "PIN change"));
	assert_holds(card, "admin", 0x011D);
	assert_int_equal(jcop_end(card, 0), 0);
	assert_int_equal(give(card, "job", "011E:02", ORIGIN), 0);
	assert_holds(card, "job", 0x011E);
}

static void
the_hsm_is_asked_for_the_label_that_was_given(void **state)
{
	struct jcop_keyset_check check = {.keyset = JCOP_KEYSET_SK_UNBLK_PIN};
	const struct jcop_settings settings = {
		.keysets[JCOP_KEYSET_SK_UNBLK_PIN] = "unblk"};
	struct sc_card *card = *state;

	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_KEYSET, &check), 0);
	assert_false(check.configured);
	assert_int_equal(sc_card_ctl(card, SC_CARDCTL_JCOP45_CONFIGURE,
				 (void *)(uintptr_t)&settings),
		0);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_KEYSET, &check), 0);
	assert_true(check.configured);
	assert_false(check.found);
	assert_non_null(strstr(message_of(card), "no key \"unblk\""));
}

/* MSE with its key set is answered by 6A88; the message has TOLD. */
static void
assert_unknown_key_tells(
	struct sc_card *card, enum jcop_keyset keyset, const char *told)
{
	/* and nobody tells when the card was produced */
	static const struct fake_exchange in_mf[] = {
		{"002281A406 80011D 830111", "6A88"}, {NULL, NULL}};
	static const struct fake_exchange in_agent[] = {
		{"00A4000C02 AD01", "9000"},
		{"002281A406 80011D 830191", "6A88"}, {"00CA9F7F00", "6A88"},
		{NULL, NULL}};
	struct jcop_session *session = jcop_session_of(card);

	session->iccsn_len = 10;
	session->selected_now = false;
	fake_card_expect(
		card, keyset == JCOP_KEYSET_SK_ADMIN ? in_mf : in_agent);
	assert_int_equal(jcop_role_authenticate(card, keyset),
		SC_ERROR_DATA_OBJECT_NOT_FOUND);
	fake_card_assert_done(card);
	if (strstr(message_of(card), told) == NULL)
		fail_msg("no '%s' in '%s'", told, message_of(card));
}

static void
a_key_set_that_the_card_has_not_is_looked_up_where_it_stands(void **state)
{
	struct jcop_settings settings = {
		.keysets[JCOP_KEYSET_SK_ADMIN] = "job:11",
		.keysets[JCOP_KEYSET_SK_FILE_MGMT] = "job:AD01/11",
		.origin = ORIGIN};
	struct sc_card *card = *state;
	struct jcop_config *config = &jcop_session_of(card)->config;

	config->keysets[JCOP_KEYSET_SK_ADMIN] = "admin:11";
	config->keysets[JCOP_KEYSET_SK_FILE_MGMT] = "mgmt:AD01/11";
	assert_unknown_key_tells(card, JCOP_KEYSET_SK_ADMIN,
		"check the path of keyset_sk_admin in opensc.conf");
	assert_unknown_key_tells(card, JCOP_KEYSET_SK_FILE_MGMT,
		"check the path of keyset_sk_file_mgmt in opensc.conf");
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_CONFIGURE, &settings), 0);
	assert_unknown_key_tells(card, JCOP_KEYSET_SK_ADMIN,
		"check the path of sk_admin in " ORIGIN);
	assert_unknown_key_tells(card, JCOP_KEYSET_SK_FILE_MGMT,
		"check the path of sk_file_mgmt in " ORIGIN);
}

/* --- CHECK --- */

static int
check(struct sc_card *card, int operation)
{
	enum jcop_operation argument = (enum jcop_operation)operation;

	return sc_card_ctl(card, SC_CARDCTL_JCOP45_CHECK, &argument);
}

static void
a_check_has_an_operation(void **state)
{
	struct sc_card *card = *state;

	jcop_explain(card, 0, "what was before");
	assert_int_equal(
		check(card, JCOP_OP_COUNT), SC_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(check(card, -1), SC_ERROR_INVALID_ARGUMENTS);
	assert_string_equal(message_of(card), "");
	assert_int_equal(check(card, JCOP_OP_READ), 0);
	assert_int_equal(check(card, JCOP_OP_CHANGE_PIN), 0);
	assert_int_equal(check(card, JCOP_OP_UNBLOCK_PUK), 0);
	assert_int_equal(fake_card_count(card), 0);
	assert_int_equal(jcop_begin(card, JCOP_OP_CHANGE_PIN), 0);
	assert_int_equal(check(card, JCOP_OP_READ), SC_ERROR_NOT_ALLOWED);
}

static void
a_check_names_what_is_missing_as_the_operation_does(void **state)
{
	struct sc_card *card = *state;
	char told[JCOP_MESSAGE_SIZE];

	assert_int_equal(
		check(card, JCOP_OP_ACTIVATE), SC_ERROR_INVALID_ARGUMENTS);
	strcpy(told, message_of(card));
	assert_non_null(strstr(told, "activation: chip_auth_key_config"));
	assert_int_equal(
		jcop_begin(card, JCOP_OP_ACTIVATE), SC_ERROR_INVALID_ARGUMENTS);
	assert_string_equal(message_of(card), told);
	assert_int_equal(fake_card_count(card), 0);
}

static void
a_check_looks_for_the_key_set_in_the_hsm(void **state)
{
	struct sc_card *card = *state;
	struct jcop_config *config = &jcop_session_of(card)->config;

	setenv("HSM_PIN", "1234", 1);
	configure(config);
	config->keysets[JCOP_KEYSET_SK_UNBLK_PIN] = LABEL_IN_HSM;
	assert_int_equal(
		check(card, JCOP_OP_ACTIVATE), SC_ERROR_INVALID_ARGUMENTS);
	assert_string_equal(message_of(card),
		"activation: key set sk_admin of opensc.conf: no key "
		"\"admin\"");
	jcop_session_of(card)->description.dialect.unblock_keyset =
		JCOP_UNBLOCK_PLAIN;
	assert_int_equal(check(card, JCOP_OP_UNBLOCK_KEYSET), 0);
	config->keysets[JCOP_KEYSET_SK_UNBLK_PIN] = "elsewhere";
	assert_int_equal(check(card, JCOP_OP_UNBLOCK_KEYSET),
		SC_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(fake_card_count(card), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_leaves_without_the_channel),
		T(nothing_leaves_after_opensc_switched_the_mode_off),
		T(the_hook_refuses_where_there_is_no_channel),
		T(a_plain_answer_ends_the_channel_and_nothing_follows),
		T(an_answer_without_end_does_not_outgrow_its_buffer),
		T(a_reset_wipes_the_channel),
		T(a_child_after_fork_does_not_use_the_channel),
		T(a_role_that_needs_the_channel_is_not_gained_without),
		T(missing_configuration_is_named_with_the_operation),
		T(a_role_algorithm_that_no_hsm_can_is_refused_before_anything_is_sent),
		T(a_waiver_of_trust_does_not_configure_import),
		T(malformed_key_paths_are_named),
		T(malformed_chip_auth_key_config_is_named),
		T(values_that_are_given_win_over_opensc_conf),
		T(values_that_are_not_given_stay_those_of_opensc_conf),
		T(values_that_are_given_again_replace_all_that_were),
		T(values_that_are_refused_leave_the_old_ones),
		T(a_refused_value_without_origin_is_one_of_opensc_conf),
		T(a_long_origin_leaves_room_for_what_is_wrong),
		T(nothing_is_given_while_an_operation_is_under_way),
		T(the_hsm_is_asked_for_the_label_that_was_given),
		T(a_key_set_that_the_card_has_not_is_looked_up_where_it_stands),
		T(a_check_has_an_operation),
		T(a_check_names_what_is_missing_as_the_operation_does),
		T(a_check_looks_for_the_key_set_in_the_hsm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
