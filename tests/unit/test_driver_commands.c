/*
 * test_driver_commands.c: every plain command that the driver builds, against
 * hexadecimal typed from docs/card-interface.md, sections 2, 3, 7, 8 and 13.
 *
 * Channel and role are taken out by the linker (--wrap), so that the commands
 * of protected operations are seen in plain.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "card-driver/directory.h"
#include "card-driver/session.h"
#include "fake_card.h"

#define SELECT_PKI "00A404000A E828BD080F014E585030 00"
#define FCP_ACTIVATED "6203 8A0105 9000"
#define FCP_INITIALISATION "6203 8A0103 9000"
#define PIN_1234 "31323334"

int __wrap_jcop_begin(struct sc_card *card, enum jcop_operation operation);
int __wrap_jcop_need_channel(struct sc_card *card);
int __wrap_jcop_need_role(struct sc_card *card);
int __wrap_jcop_channel_prepare(struct sc_card *card);
int __wrap_jcop_end(struct sc_card *card, int result);
int __wrap_jcop_hsm_encrypt_cbc(struct jcop_hsm_keyset *keyset,
	const uint8_t *in, size_t len, uint8_t *out, char *message);
int __wrap_jcop_hsm_cmac(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *mac, char *message);

int
__wrap_jcop_begin(struct sc_card *card, enum jcop_operation operation)
{
	(void)card;
	(void)operation;
	return SC_SUCCESS;
}

int
__wrap_jcop_need_channel(struct sc_card *card)
{
	(void)card;
	return SC_SUCCESS;
}

int
__wrap_jcop_channel_prepare(struct sc_card *card)
{
	(void)card;
	return SC_SUCCESS;
}

int
__wrap_jcop_need_role(struct sc_card *card)
{
	(void)card;
	return SC_SUCCESS;
}

int
__wrap_jcop_end(struct sc_card *card, int result)
{
	(void)card;
	return result;
}

/* E is the input itself and the MAC is 0102...: the layout is what counts. */
int
__wrap_jcop_hsm_encrypt_cbc(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *out, char *message)
{
	(void)keyset;
	(void)message;
	memcpy(out, in, len);
	return JCOP_OK;
}

int
__wrap_jcop_hsm_cmac(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *mac, char *message)
{
	uint8_t i;

	(void)keyset;
	(void)message;
	assert_int_equal(len, 16);
	assert_non_null(in);
	for (i = 0; i < JCOP_HSM_BLOCK; i++)
		mac[i] = (uint8_t)(i + 1);
	return JCOP_OK;
}

static int
setup_short(void **state)
{
	*state = fake_card_new(false);
	return 0;
}

static int
setup_extended(void **state)
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

static struct jcop_bytes
text(const char *value)
{
	return jcop_bytes_of(value, strlen(value));
}

/* --- section 2 ---------------------------------------------------------------
 */

static void
match_selects_application_and_marker(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A4000C02AD01", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	jcop_session_free(card);
	fake_card_expect(card, script);
	assert_int_equal(card->ops->match_card(card), 1);
	fake_card_assert_done(card);
}

static void
foreign_card_costs_one_command(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, "6A82"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	jcop_session_free(card);
	fake_card_expect(card, script);
	assert_int_equal(card->ops->match_card(card), 0);
	fake_card_assert_done(card);
	assert_null(card->drv_data);
	/* and init alone, as with a forced driver, says so as OpenSC wants */
	fake_card_expect(card, script);
	assert_int_equal(card->ops->init(card), SC_ERROR_INVALID_CARD);
	assert_int_equal(fake_card_count(card), 2);
}

static void
card_without_profile_marker_is_foreign(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A4000C02AD01", "6A82"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	jcop_session_free(card);
	fake_card_expect(card, script);
	assert_int_equal(card->ops->match_card(card), 0);
	fake_card_assert_done(card);
}

static void
iccsn_is_read_from_the_first_source_that_has_it(void **state)
{
	static const struct fake_exchange script[] = {
		{"00CA005A00", "6A88"},
		{"00A4080C022F02", "9000"},
		{"00B0000000", "5A0A 80250000001234567890 0000 6282"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct sc_serial_number serial;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_GET_SERIALNR, &serial), 0);
	assert_int_equal(serial.len, 10);
	assert_memory_equal(
		serial.value, "\x80\x25\x00\x00\x00\x12\x34\x56\x78\x90", 10);
	fake_card_assert_done(card);
}

static void
iccsn_falls_back_to_sfi_and_serial(void **state)
{
	static const struct fake_exchange script[] = {
		{"00CA005A00", "6A88"},
		{"00A4080C022F02", "6A82"},
		{"00B09C0000", "6A82"},
		{"00CA011400", "0102030405060708 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct sc_serial_number serial;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_GET_SERIALNR, &serial), 0);
	assert_int_equal(serial.len, 8);
	fake_card_assert_done(card);
}

static void
applet_version_is_three_bytes_of_get_data(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00CA011600", "040101 000000 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(jcop_read_version(card), 0);
	assert_memory_equal(jcop_session_of(card)->version, "\x04\x01\x01", 3);
	fake_card_assert_done(card);
}

static void
production_date_is_the_fabrication_date_of_cplc(void **state)
{
	/* 3285: day 285 of 2023 is 12 October */
	static const struct fake_exchange script[] = {
		{"00CA9F7F00", "9F7F2A 4790 0000 4700 0000 0000 3285 00000000"
			       "0000 0000 0000 0000 0000 0000 0000 0000"
			       "0000 0000 0000 0000 0000 0000 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	char produced[11];

	fake_card_expect(card, script);
	jcop_read_produced(card, produced);
	assert_string_equal(produced, "2023-10-12");
	fake_card_assert_done(card);
}

static void
the_description_names_which_date_of_cplc_counts(void **state)
{
	/* GlobalPlatform: packaging at 20, prepersonalisation at 28,
	 * personalisation at 36; here days 1, 2 and 3 of 2024 */
	static const char cplc[] =
		"9F7F2A 4790 0000 4700 0000 0000 3285 00000000 0000"
		"0000 4001 0000 0000 0000 4002 00000000 0000 4003 00000000"
		"9000";
	static const struct {
		enum jcop_production which;
		const char *date;
	} cases[] = {
		{JCOP_PRODUCTION_PACKAGING, "2024-01-01"},
		{JCOP_PRODUCTION_PREPERSONALISATION, "2024-01-02"},
		{JCOP_PRODUCTION_PERSONALISATION, "2024-01-03"},
	};
	struct sc_card *card = *state;
	char produced[11];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_exchange script[] = {
			{"00CA9F7F00", cplc}, {NULL, NULL}};

		jcop_session_of(card)->description.identification.production =
			cases[i].which;
		fake_card_expect(card, script);
		jcop_read_produced(card, produced);
		assert_string_equal(produced, cases[i].date);
	}
}

static void
production_date_0000_is_unknown(void **state)
{
	static const struct fake_exchange script[] = {
		{"00CA9F7F00", "9F7F2A 4790 0000 4700 0000 0000 0000 00000000"
			       "0000 0000 0000 0000 0000 0000 0000 0000"
			       "0000 0000 0000 0000 0000 0000 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	char produced[11];

	fake_card_expect(card, script);
	jcop_read_produced(card, produced);
	assert_string_equal(produced, "");
}

/* --- section 8: PINs --- */

static int
pin_cmd(struct sc_card *card, unsigned int cmd, int reference, const char *pin,
	int *tries_left)
{
	struct sc_pin_cmd_data data;

	memset(&data, 0, sizeof(data));
	data.cmd = cmd;
	data.pin_type = SC_AC_CHV;
	data.pin_reference = reference;
	data.pin1.data = (const u8 *)pin;
	data.pin1.len = pin != NULL ? (int)strlen(pin) : 0;
	return card->ops->pin_cmd(card, &data, tries_left);
}

static void
global_pin_is_verified_with_reference_01(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"0020000104" PIN_1234, "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries;

	fake_card_expect(card, script);
	assert_int_equal(
		pin_cmd(card, SC_PIN_CMD_VERIFY, 0x01, "1234", &tries), 0);
	fake_card_assert_done(card);
}

static void
signature_pin_is_verified_in_its_application(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"0020008206"
		 "313233343536",
			"63C2"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries;

	fake_card_expect(card, script);
	assert_int_equal(
		pin_cmd(card, SC_PIN_CMD_VERIFY, 0x82, "123456", &tries),
		SC_ERROR_PIN_CODE_INCORRECT);
	assert_int_equal(tries, 2);
	fake_card_assert_done(card);
}

static void
blocked_pin_is_told(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"0020000104" PIN_1234, "6983"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries;

	fake_card_expect(card, script);
	assert_int_equal(pin_cmd(card, SC_PIN_CMD_VERIFY, 0x01, "1234", &tries),
		SC_ERROR_AUTH_METHOD_BLOCKED);
	assert_int_equal(tries, 0);
}

static void
pins_that_cannot_be_right_are_not_sent(void **state)
{
	static const struct fake_exchange script[] = {{NULL, NULL}};
	struct sc_card *card = *state;
	int tries;

	fake_card_expect(card, script);
	assert_int_not_equal(
		pin_cmd(card, SC_PIN_CMD_VERIFY, 0x01, "", &tries), 0);
	assert_int_not_equal(
		pin_cmd(card, SC_PIN_CMD_VERIFY, 0x01, NULL, &tries), 0);
	assert_int_equal(pin_cmd(card, SC_PIN_CMD_VERIFY, 0x01, "123", &tries),
		SC_ERROR_INVALID_PIN_LENGTH);
	assert_int_equal(pin_cmd(card, SC_PIN_CMD_VERIFY, 0x01,
				 "12345678901234567", &tries),
		SC_ERROR_INVALID_PIN_LENGTH);
	assert_int_equal(fake_card_count(card), 0);
}

static void
pin_state_is_asked_with_an_empty_verify(void **state)
{
	static const struct {
		const char *sw;
		enum jcop_pin_status status;
		int tries;
	} cases[] = {
		{"63C3", JCOP_PIN_UNVERIFIED, 3},
		{"9000", JCOP_PIN_VERIFIED, -1},
		{"6983", JCOP_PIN_BLOCKED, 0},
		{"6984", JCOP_PIN_NOT_USABLE, -1},
	};
	struct sc_card *card = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_exchange script[] = {
			{SELECT_PKI, FCP_ACTIVATED}, {"00200001", cases[i].sw},
			{NULL, NULL}};
		struct jcop_pin_state pin = {.pin = JCOP_PIN_GLOBAL};

		/* another process may have had the card */
		card->ops->card_reader_lock_obtained(card, 0);
		fake_card_expect(card, script);
		assert_int_equal(
			sc_card_ctl(card, SC_CARDCTL_JCOP45_PIN_STATE, &pin),
			0);
		assert_int_equal(pin.status, cases[i].status);
		assert_int_equal(pin.tries_left, cases[i].tries);
		fake_card_assert_done(card);
	}
}

static void
logout_drops_every_pin_on_the_card(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"0020FF01", "9000"},
		{"0020FF82", "9000"},
		{"0020FF04", "6984"},
		{"0020FF06", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(card->ops->logout(card), 0);
	fake_card_assert_done(card);
}

static void
logout_that_the_card_refuses_is_told(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"0020FF01", "6F00"},
		{"0020FF82", "9000"},
		{"0020FF04", "6984"},
		{"0020FF06", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_not_equal(card->ops->logout(card), 0);
}

/* --- section 8: activation --- */

static void
activation_sets_both_pins_and_activates(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{"00CA005A00", "5A0A 80250000001234567890 9000"},
		{"0020000408"
		 "3132333435363738",
			"9000"},
		{"0024010104" PIN_1234, "9000"},
		{"0024018206"
		 "363534333231",
			"9000"},
		{"00440000", "9000"},
		{NULL, NULL},
	};
	struct jcop_activation activation = {{false, text("12345678")},
		{false, text("1234")}, {false, text("654321")}, {NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation), 0);
	fake_card_assert_done(card);
}

static void
activated_card_is_refused_after_its_life_cycle_was_read(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{NULL, NULL},
	};
	struct jcop_activation activation = {{false, text("12345678")},
		{false, text("1234")}, {false, text("654321")}, {NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation),
		SC_ERROR_NOT_ALLOWED);
	fake_card_assert_done(card);
}

static void
activation_stops_at_a_wrong_transport_pin(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{"00CA005A00", "5A0A 80250000001234567890 9000"},
		{"0020000408"
		 "3132333435363738",
			"63C2"},
		{NULL, NULL},
	};
	struct jcop_activation activation = {{false, text("12345678")},
		{false, text("1234")}, {false, text("654321")}, {NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
}

/* --- section 7: role --- */

static void
role_authentication_with_sk_admin(void **state)
{
	static const struct fake_exchange script[] = {
		{"002281A406 80011D 830111", "9000"},
		{"0084000008", "1122334455667788 9000"},
		{"0082000018 1122334455667788 0000001234567890"
		 "0102030405060708",
			"9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);

	session->config.keysets[JCOP_KEYSET_SK_ADMIN] = "admin";
	memcpy(session->iccsn, "\x80\x25\x00\x00\x00\x12\x34\x56\x78\x90", 10);
	session->iccsn_len = 10;
	fake_card_expect(card, script);
	assert_int_equal(jcop_role_authenticate(card, JCOP_KEYSET_SK_ADMIN), 0);
	fake_card_assert_done(card);
}

static void
wrong_key_set_is_sent_once(void **state)
{
	static const struct fake_exchange script[] = {
		{"002281A406 80011D 830111", "9000"},
		{"0084000008", "1122334455667788 9000"},
		{NULL, "63CE"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);

	session->config.keysets[JCOP_KEYSET_SK_ADMIN] = "admin:11";
	memcpy(session->iccsn, "12345678", 8);
	session->iccsn_len = 8;
	fake_card_expect(card, script);
	assert_int_equal(jcop_role_authenticate(card, JCOP_KEYSET_SK_ADMIN),
		SC_ERROR_PIN_CODE_INCORRECT);
	assert_non_null(strstr(session->message, "14 tries left"));
	fake_card_assert_done(card);
}

static void
bad_challenges_are_not_answered(void **state)
{
	static const char *const challenges[] = {
		"0000000000000000 9000", "11223344556677 9000"};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);
	size_t i;

	session->config.keysets[JCOP_KEYSET_SK_ADMIN] = "admin";
	memcpy(session->iccsn, "12345678", 8);
	session->iccsn_len = 8;
	for (i = 0; i < 2; i++) {
		const struct fake_exchange script[] = {
			{"002281A406 80011D 830111", "9000"},
			{"0084000008", challenges[i]},
			{NULL, NULL},
		};

		fake_card_expect(card, script);
		assert_int_not_equal(
			jcop_role_authenticate(card, JCOP_KEYSET_SK_ADMIN), 0);
		fake_card_assert_done(card);
	}
}

/* --- section 8: keys --- */

static int
use_key(struct sc_card *card, int operation, uint8_t key, unsigned long flags)
{
	struct sc_security_env env;

	memset(&env, 0, sizeof(env));
	env.flags = SC_SEC_ENV_KEY_REF_PRESENT | SC_SEC_ENV_ALG_PRESENT;
	env.algorithm = SC_ALGORITHM_RSA;
	env.operation = operation;
	env.algorithm_flags = (unsigned int)flags;
	env.key_ref[0] = key;
	env.key_ref_len = 1;
	return card->ops->set_security_env(card, &env, 0);
}

#define HASH_32 \
	"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
static const uint8_t hash32[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void
signature_sends_the_digest_info(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"002241B606 840191 800102", "9000"},
		{"002A9E9A33 3031300D060960864801650304020105000420" HASH_32
		 "00",
			"AABB 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	uint8_t out[512];

	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_SIGN, 0x11,
				 SC_ALGORITHM_RSA_PAD_PKCS1 |
					 SC_ALGORITHM_RSA_HASH_SHA256),
		0);
	assert_int_equal(card->ops->compute_signature(card, hash32,
				 sizeof(hash32), out, sizeof(out)),
		2);
	fake_card_assert_done(card);
}

static void
signature_expects_the_modulus_length_extended(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"002241B606 8401A1 800102", "9000"},
		{"002A9E9A000002 CAFE 0180", "AABB 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	uint8_t out[512];

	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_SIGN, 0x21,
				 SC_ALGORITHM_RSA_PAD_PKCS1 |
					 SC_ALGORITHM_RSA_HASH_NONE),
		0);
	assert_int_equal(card->ops->compute_signature(card,
				 (const u8 *)"\xCA\xFE", 2, out, sizeof(out)),
		2);
	fake_card_assert_done(card);
}

static void
pss_sends_the_hash_with_the_algorithm_of_its_length(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"002241B606 840191 800105", "9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	uint8_t out[512];

	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_SIGN, 0x11,
				 SC_ALGORITHM_RSA_PAD_PSS |
					 SC_ALGORITHM_RSA_HASH_SHA256 |
					 SC_ALGORITHM_MGF1_SHA256),
		0);
	assert_int_equal(card->ops->compute_signature(card, hash32,
				 sizeof(hash32), out, sizeof(out)),
		2);
	fake_card_assert_done(card);
}

static void
another_process_that_left_the_application_costs_one_select(void **state)
{
	static const struct fake_exchange script[] = {
		{"002241B606 840191 800105", "6A88"},
		{SELECT_PKI, FCP_ACTIVATED},
		{"002241B606 840191 800105", "9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);
	uint8_t out[512];

	session->selected = JCOP_APP_PKI;
	session->selected_known = true; /* but not in this transaction */
	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_SIGN, 0x11,
				 SC_ALGORITHM_RSA_PAD_PSS |
					 SC_ALGORITHM_RSA_HASH_SHA256 |
					 SC_ALGORITHM_MGF1_SHA256),
		0);
	assert_int_equal(card->ops->compute_signature(card, hash32,
				 sizeof(hash32), out, sizeof(out)),
		2);
	fake_card_assert_done(card);
}

static void
second_signature_needs_no_second_mse(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"002241B606 840191 800105", "9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		/* the card may let go of it all the same */
		{"002A9E9A20" HASH_32 "00", "6985"},
		{"002241B606 840191 800105", "9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		/* another key, or another transaction: anew */
		{"002241B606 840192 800105", "9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		{"002241B606 840192 800105", "9000"},
		{"002A9E9A20" HASH_32 "00", "AABB 9000"},
		{NULL, NULL},
	};
	static const uint8_t keys[] = {0x11, 0x11, 0x11, 0x12, 0x12};
	struct sc_card *card = *state;
	uint8_t out[512];
	size_t i;

	fake_card_expect(card, script);
	for (i = 0; i < sizeof(keys); i++) {
		if (i == 4)
			card->ops->card_reader_lock_obtained(card, 0);
		assert_int_equal(use_key(card, SC_SEC_OPERATION_SIGN, keys[i],
					 SC_ALGORITHM_RSA_PAD_PSS |
						 SC_ALGORITHM_RSA_HASH_SHA256 |
						 SC_ALGORITHM_MGF1_SHA256),
			0);
		assert_int_equal(card->ops->compute_signature(card, hash32,
					 sizeof(hash32), out, sizeof(out)),
			2);
	}
	fake_card_assert_done(card);
}

static void
decipher_sends_81_and_the_cryptogram(void **state)
{
	char command[2 * 400], *p = command;
	uint8_t cryptogram[384], out[512];
	struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"002241B806 840191 80011A", "9000"},
		{command, "CAFE 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	size_t i;

	p += sprintf(p, "002A8086000181 81");
	for (i = 0; i < sizeof(cryptogram); i++) {
		cryptogram[i] = (uint8_t)i;
		p += sprintf(p, "%02X", cryptogram[i]);
	}
	sprintf(p, "0180");
	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_DECIPHER, 0x11,
				 SC_ALGORITHM_RSA_PAD_PKCS1),
		0);
	assert_int_equal(card->ops->decipher(card, cryptogram,
				 sizeof(cryptogram), out, sizeof(out)),
		2);
	fake_card_assert_done(card);
}

static void
raw_decipher_has_algorithm_0a_and_is_chained_on_a_short_reader(void **state)
{
	char first[2 * 400], second[2 * 400], *p = first, *q = second;
	uint8_t cryptogram[384], out[512];
	struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00CA011600", "040101 000000 9000"},
		{"002241B806 840191 80010A", "9000"},
		{first, "9000"},
		{second, "CAFE 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	size_t i;

	p += sprintf(p, "102A8086FF 81");
	q += sprintf(q, "002A808682");
	for (i = 0; i < sizeof(cryptogram); i++) {
		cryptogram[i] = (uint8_t)i;
		if (i < 254)
			p += sprintf(p, "%02X", cryptogram[i]);
		else
			q += sprintf(q, "%02X", cryptogram[i]);
	}
	sprintf(q, "00");
	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_DECIPHER, 0x11,
				 SC_ALGORITHM_RSA_RAW),
		0);
	assert_int_equal(card->ops->decipher(card, cryptogram,
				 sizeof(cryptogram), out, sizeof(out)),
		2);
	fake_card_assert_done(card);
}

static void
applet_without_chaining_is_refused_before_the_key_is_used(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00CA011600", "040100 000000 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	uint8_t cryptogram[384] = {0}, out[512];

	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_DECIPHER, 0x11,
				 SC_ALGORITHM_RSA_RAW),
		0);
	assert_int_equal(card->ops->decipher(card, cryptogram,
				 sizeof(cryptogram), out, sizeof(out)),
		SC_ERROR_NOT_SUPPORTED);
	assert_non_null(strstr(jcop_session_of(card)->message, "4.1.0"));
	assert_non_null(strstr(jcop_session_of(card)->message, "fake reader"));
	fake_card_assert_done(card);
}

static void
sign_keys_do_not_decipher(void **state)
{
	static const struct fake_exchange script[] = {{NULL, NULL}};
	struct sc_card *card = *state;
	uint8_t cryptogram[384] = {0}, out[512];

	fake_card_expect(card, script);
	assert_int_equal(use_key(card, SC_SEC_OPERATION_DECIPHER, 0x21,
				 SC_ALGORITHM_RSA_RAW),
		0);
	assert_int_equal(card->ops->decipher(card, cryptogram,
				 sizeof(cryptogram), out, sizeof(out)),
		SC_ERROR_NOT_ALLOWED);
	assert_int_equal(fake_card_count(card), 0);
}

/* --- section 8: generation, directory and certificate --- */

/* An RSA-2048 modulus is enough of a number for the driver's checks. */
static void
put_modulus(char *hex)
{
	size_t i;

	for (i = 0; i < 256; i++)
		sprintf(hex + 2 * i, "%02X", i == 0 ? 0xC1u : 0xA5u);
}

static void
generation_sends_exponent_then_generates(void **state)
{
	char answer[1024], modulus[513];
	struct fake_exchange script[] = {
		/* choose a slot: directory without entries */
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A400000270 0200", "6204 80020400 9000"},
		{"00B00000000000", "0000 6282"},
		{"00A400000270 0400", "6204 80021000 9000"},
		{"00B00000000000", "0000 6282"},
		/* generate in slot 16 */
		{"00DB3FFF0E 700C BFA016 08 7F49 05 8203010001", "9000"},
		{"00470000000005 7003BF9016 0000", answer},
		/* PuKDF: from the second byte on, the first last */
		{"00A4000C0270 04", "9000"},
		{NULL, "9000"},
		{"00D6000001 30", "9000"},
		/* PrKDF likewise */
		{"00A4000C0270 02", "9000"},
		{NULL, "9000"},
		{"00D6000001 30", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);
	struct jcop_generation generation;

	put_modulus(modulus);
	snprintf(answer, sizeof(answer),
		"7F49820109 81820100%s 8203010001 9000", modulus);
	memset(&generation, 0, sizeof(generation));
	generation.container =
		jcop_description_container(&session->description, "mpp");
	generation.bits = 2048;
	generation.id = text("\x45");
	generation.label = "k";
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_GENERATE, &generation), 0);
	fake_card_assert_done(card);
	assert_int_equal(generation.slot->key, 0x16);
	assert_int_equal(generation.modulus.len, 256);
	jcop_blob_free(&generation.modulus);
	jcop_blob_free(&generation.exponent);
}

static void
certificate_files_are_selected_and_updated(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A4000002C01100", "6204 80020C00 9000"},
		{"00D6000004 CAFEBABE", "9000"},
		{"00D6000103 FEBABE", "9000"},
		{NULL, NULL},
	};
	static const uint8_t data[] = {0xCA, 0xFE, 0xBA, 0xBE};
	struct sc_card *card = *state;
	size_t size = 0;

	fake_card_expect(card, script);
	assert_int_equal(jcop_select_ef(card, JCOP_APP_PKI, 0xC011, &size), 0);
	assert_int_equal(size, 3072);
	assert_int_equal(jcop_update_selected(card, 0, JCOP_BYTES(data)), 0);
	assert_int_equal(
		jcop_update_selected(card, 1, jcop_bytes_of(data + 1, 3)), 0);
	fake_card_assert_done(card);
}

static void
agent_files_are_selected_and_read(void **state)
{
	static const struct fake_exchange script[] = {
		{"00A4080C04 AD010101", "9000"},
		{"00B0000000", "7000 6282"},
		{"00A4000C02 0102", "9000"}, /* in the DF that is current */
		{"00B0000000", "0000 6282"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_blob content = JCOP_BLOB_INIT;

	fake_card_expect(card, script);
	assert_int_equal(jcop_select_ef(card, JCOP_APP_AGENT, 0x0101, NULL), 0);
	assert_int_equal(jcop_read_selected(card, &content, NULL), 0);
	assert_int_equal(content.len, 2);
	assert_int_equal(jcop_select_ef(card, JCOP_APP_AGENT, 0x0102, NULL), 0);
	assert_int_equal(jcop_read_selected(card, &content, NULL), 0);
	fake_card_assert_done(card);
	jcop_blob_free(&content);
}

static void
size_without_slots_is_refused_with_the_container_named(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A400000270 0200", "6204 80020400 9000"},
		{"00B00000000000", "0000 6282"},
		{"00A400000270 0400", "6204 80021000 9000"},
		{"00B00000000000", "0000 6282"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_session *session = jcop_session_of(card);
	struct jcop_generation generation;

	memset(&generation, 0, sizeof(generation));
	generation.container =
		jcop_description_container(&session->description, "sign");
	generation.bits = 2048;
	generation.id = text("\x45");
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_GENERATE, &generation),
		SC_ERROR_NOT_SUPPORTED);
	assert_non_null(strstr(session->message, "sign"));
	assert_non_null(strstr(session->message, "2048"));
	fake_card_assert_done(card);
}

/* PrKDF entries that cannot be understood hold their slot all the same. */
static void
generate_with_prkdf(struct sc_card *card, const char *content, int expected,
	const char *told)
{
	char answer[512];
	struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00A400000270 0200", "6204 80020400 9000"},
		{"00B00000000000", answer},
		{"00A400000270 0400", "6204 80021000 9000"},
		{"00B00000000000", "0000 6282"},
		{NULL, NULL},
	};
	struct jcop_session *session = jcop_session_of(card);
	struct jcop_generation generation;

	snprintf(answer, sizeof(answer), "%s 0000 6282", content);
	memset(&generation, 0, sizeof(generation));
	generation.container =
		jcop_description_container(&session->description, "mpp");
	generation.bits = 2048;
	generation.id = text("\x45");
	generation.label = "k";
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_GENERATE, &generation),
		expected);
	assert_non_null(strstr(session->message, told));
	fake_card_assert_done(card);
}

static void
a_slot_of_an_entry_without_id_is_not_free(void **state)
{
	/* key reference 16, but no iD and no type attributes */
	generate_with_prkdf(*state, "30 07 3000 3003 020116",
		SC_ERROR_TOO_MANY_OBJECTS, "no free slot");
}

static void
a_slot_of_an_entry_of_another_kind_is_not_free(void **state)
{
	generate_with_prkdf(*state, "A0 07 3000 3003 020116",
		SC_ERROR_TOO_MANY_OBJECTS, "no free slot");
}

/* A public key that tells no reference may be somebody's: it stays. */
static void
a_public_key_without_reference_is_not_stale(void **state)
{
	static const uint8_t pukdf[] = {0x30, 0x0C, 0x30, 0x00, 0x30, 0x03,
		0x04, 0x01, 0x45, 0xA1, 0x03, 0x30, 0x01, 0x00, 0x00};
	static const uint8_t unlisted[] = {0x30, 0x0F, 0x30, 0x00, 0x30, 0x06,
		0x04, 0x01, 0x45, 0x02, 0x01, 0x16, 0xA1, 0x03, 0x30, 0x01,
		0x00, 0x00};
	struct jcop_directory *directory = calloc(1, sizeof(*directory));

	(void)state;
	assert_non_null(directory);
	assert_int_equal(jcop_df_end(JCOP_BYTES(pukdf), directory), 14);
	/* one that tells a reference which PrKDF does not list gives way ... */
	assert_int_equal(jcop_df_end(JCOP_BYTES(unlisted), directory), 0);
	/* ... but not if PrKDF has an entry of it, understood or not */
	directory->occupied[0x16] = true;
	assert_int_equal(jcop_df_end(JCOP_BYTES(unlisted), directory), 17);
	free(directory);
}

static void
an_entry_without_reference_stops_generation(void **state)
{
	generate_with_prkdf(*state, "30 04 3000 3000", SC_ERROR_INVALID_DATA,
		"cannot be read");
}

static void
a_broken_directory_stops_generation(void **state)
{
	generate_with_prkdf(*state, "30 84 7F000000", SC_ERROR_INVALID_DATA,
		"cannot be read");
}

static void
an_id_that_could_not_be_read_back_is_refused(void **state)
{
	static const struct fake_exchange script[] = {{NULL, NULL}};
	static const uint8_t id[65] = {1};
	struct sc_card *card = *state;
	struct jcop_generation generation;

	memset(&generation, 0, sizeof(generation));
	generation.container = jcop_description_container(
		&jcop_session_of(card)->description, "mpp");
	generation.bits = 2048;
	generation.id = JCOP_BYTES(id);
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_GENERATE, &generation),
		SC_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(fake_card_count(card), 0);
}

/* --- what a card could do to a reader of long answers --- */

static void
a_card_that_promises_more_for_ever_is_given_up(void **state)
{
	static const struct fake_exchange script[] = {
		{"00CA011400", "6110"},
		{"00C0000010", "6110"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_blob value = JCOP_BLOB_INIT;
	unsigned int sw;

	fake_card_expect(card, script);
	assert_int_not_equal(jcop_get_data(card, 0x0114, &value, &sw), 0);
	fake_card_assert_done(card);
	jcop_blob_free(&value);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_short, teardown)
#define X(name) cmocka_unit_test_setup_teardown(name, setup_extended, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(match_selects_application_and_marker),
		T(foreign_card_costs_one_command),
		T(card_without_profile_marker_is_foreign),
		T(iccsn_is_read_from_the_first_source_that_has_it),
		T(iccsn_falls_back_to_sfi_and_serial),
		T(applet_version_is_three_bytes_of_get_data),
		T(production_date_is_the_fabrication_date_of_cplc),
		T(the_description_names_which_date_of_cplc_counts),
		T(production_date_0000_is_unknown),
		T(global_pin_is_verified_with_reference_01),
		T(signature_pin_is_verified_in_its_application),
		T(blocked_pin_is_told),
		T(pins_that_cannot_be_right_are_not_sent),
		T(pin_state_is_asked_with_an_empty_verify),
		T(logout_drops_every_pin_on_the_card),
		T(logout_that_the_card_refuses_is_told),
		T(activation_sets_both_pins_and_activates),
		T(activated_card_is_refused_after_its_life_cycle_was_read),
		T(activation_stops_at_a_wrong_transport_pin),
		T(role_authentication_with_sk_admin),
		T(wrong_key_set_is_sent_once),
		T(bad_challenges_are_not_answered),
		T(signature_sends_the_digest_info),
		X(signature_expects_the_modulus_length_extended),
		T(pss_sends_the_hash_with_the_algorithm_of_its_length),
		T(another_process_that_left_the_application_costs_one_select),
		T(second_signature_needs_no_second_mse),
		X(decipher_sends_81_and_the_cryptogram),
		T(raw_decipher_has_algorithm_0a_and_is_chained_on_a_short_reader),
		T(applet_without_chaining_is_refused_before_the_key_is_used),
		T(sign_keys_do_not_decipher),
		X(generation_sends_exponent_then_generates),
		T(certificate_files_are_selected_and_updated),
		T(agent_files_are_selected_and_read),
		X(size_without_slots_is_refused_with_the_container_named),
		X(a_slot_of_an_entry_without_id_is_not_free),
		X(a_slot_of_an_entry_of_another_kind_is_not_free),
		X(a_public_key_without_reference_is_not_stale),
		X(an_entry_without_reference_stops_generation),
		X(a_broken_directory_stops_generation),
		X(an_id_that_could_not_be_read_back_is_refused),
		T(a_card_that_promises_more_for_ever_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
