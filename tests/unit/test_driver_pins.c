/*
 * test_driver_pins.c: PIN change, unblocking, activation in steps and PIN pads:
 * every command against hexadecimal typed from docs/card-interface.md, sections
 * 8 and 13, and what is refused before any of them.
 *
 * Channel and role are taken out by the linker (--wrap); what an operation
 * asked of them is noted as a letter: B begin, T trust, C channel, R role, E
 * end; A and P are the authorisation and the pad.
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

#include "card-driver/session.h"
#include "fake_card.h"

#define SELECT_PKI "00A404000A E828BD080F014E585030 00"
#define FCP_ACTIVATED "6203 8A0105 9000"
#define FCP_INITIALISATION "6203 8A0103 9000"
#define FCP_TERMINATED "6203 8A010C 9000"
#define PIN_1234 "31323334"
#define PIN_5678 "35363738"
#define PUK_87654321 "3837363534333231"
#define ICCSN "00CA005A00", "5A0A 80250000001234567890 9000"

int __wrap_jcop_begin(struct sc_card *card, enum jcop_operation operation);
int __wrap_jcop_need_channel(struct sc_card *card);
int __wrap_jcop_check_channel(struct sc_card *card);
int __wrap_jcop_need_role(struct sc_card *card);
int __wrap_jcop_end(struct sc_card *card, int result);

static char steps[64];
static int trust; /* of jcop_check_channel */
static enum jcop_operation begun;
static bool rights_at_end;

static void
note(char step)
{
	size_t len = strlen(steps);

	assert_true(len + 1 < sizeof(steps));
	steps[len] = step;
	steps[len + 1] = '\0';
}

int
__wrap_jcop_begin(struct sc_card *card, enum jcop_operation operation)
{
	note('B');
	begun = operation;
	jcop_session_of(card)->operating = true;
	jcop_session_of(card)->rights_gained = false;
	return SC_SUCCESS;
}

int
__wrap_jcop_need_channel(struct sc_card *card)
{
	(void)card;
	note('C');
	return SC_SUCCESS;
}

int
__wrap_jcop_check_channel(struct sc_card *card)
{
	(void)card;
	note('T');
	return trust;
}

int
__wrap_jcop_need_role(struct sc_card *card)
{
	(void)card;
	note('R');
	return SC_SUCCESS;
}

int
__wrap_jcop_end(struct sc_card *card, int result)
{
	note('E');
	rights_at_end = jcop_session_of(card)->rights_gained;
	jcop_session_of(card)->operating = false;
	return result;
}

static int
setup(void **state)
{
	*state = fake_card_new(false);
	steps[0] = '\0';
	trust = SC_SUCCESS;
	return 0;
}

static int
teardown(void **state)
{
	fake_card_free(*state);
	return 0;
}

static struct jcop_pin_entry
supplied(const char *value)
{
	const struct jcop_pin_entry entry = {
		false, jcop_bytes_of(value, strlen(value))};

	return entry;
}

static const struct jcop_pin_entry typed = {true, {NULL, 0}};

static const char *
message(struct sc_card *card)
{
	const char *text = "";

	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_MESSAGE, &text), 0);
	return text;
}

static int
change(struct sc_card *card, const char *old, const char *new, int *tries_left)
{
	struct jcop_pin_change arguments = {.pin = JCOP_PIN_GLOBAL,
		.old = supplied(old),
		.new = supplied(new)};
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_CHANGE_PIN, &arguments);

	if (tries_left != NULL)
		*tries_left = arguments.tries_left;
	return r;
}

static int
unblock(struct sc_card *card, const char *puk, const char *new, int *tries_left)
{
	struct jcop_pin_unblock arguments = {.pin = JCOP_PIN_SIGNATURE,
		.puk = supplied(puk),
		.new = supplied(new)};
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_UNBLOCK_PIN, &arguments);

	if (tries_left != NULL)
		*tries_left = arguments.tries_left;
	return r;
}

static void
use_iso(struct sc_card *card, bool padded)
{
	struct jcop_description *description =
		&jcop_session_of(card)->description;
	int i;

	description->dialect.change_pin = JCOP_PIN_ISO;
	description->dialect.unblock_puk = JCOP_PIN_ISO;
	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		description->pins[i].padded = padded;
		description->pins[i].pad = 0xFF;
		if (padded)
			description->pins[i].max_length = 8;
	}
}

/* --- change --- */

static void
change_verifies_the_old_and_sets_the_new_one(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020000104" PIN_1234, "9000"},
		{"0024010104" PIN_5678, "9000"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", NULL), 0);
	fake_card_assert_done(card);
	assert_int_equal(begun, JCOP_OP_CHANGE_PIN);
	assert_string_equal(steps, "BE");
	assert_false(rights_at_end);
}

static void
a_verified_pin_stays_so_through_a_change(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "9000"},
		{"0020000104" PIN_1234, "9000"},
		{"0024010104" PIN_5678, "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", NULL), 0);
	fake_card_assert_done(card);
}

static void
a_refused_new_pin_is_followed_by_a_logout(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "9000"},
		{"0020000104" PIN_1234, "9000"},
		{"0024010104" PIN_5678, "6A80"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", NULL),
		SC_ERROR_INVALID_PIN_LENGTH);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "4 to 16"));
}

static void
a_wrong_old_pin_is_sent_once_and_its_tries_are_told(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020000104" PIN_1234, "63C2"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries_left;

	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 2);
	assert_string_equal(message(card),
		"the PIN global is wrong; tries left: 2 (3 before)");
}

static void
the_last_try_says_how_to_unblock(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C1"},
		{"0020000104" PIN_1234, "63C0"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries_left;

	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 0);
	assert_non_null(strstr(message(card), "tries left: 0 (1 before)"));
	assert_non_null(strstr(message(card), "unblock-pin --which global"));
}

static void
a_blocked_pin_is_not_tried(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "6983"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries_left;

	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", &tries_left),
		SC_ERROR_AUTH_METHOD_BLOCKED);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 0);
	assert_non_null(strstr(message(card), "--unblock-pin --auth-id 01"));
}

static void
what_the_host_can_know_costs_no_command(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	static const struct {
		const char *old, *new, *why;
	} cases[] = {
		{"1234", "123", "4 to 16"},
		{"1234", "12345678901234567", "4 to 16"},
		{"123", "5678", "4 to 16"},
		{"1234", "1234", "is the old one"},
		{"1234", "56\t78", "control character"},
		{"1234",
			"56\x7F"
			"78",
			"control character"},
		{"1234", "", "new PIN global is needed"},
		{"", "5678", "PIN global is needed"},
	};
	struct sc_card *card = *state;
	size_t i;

	fake_card_expect(card, nothing);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(change(card, cases[i].old, cases[i].new, NULL) < 0);
		assert_non_null(strstr(message(card), cases[i].why));
	}
	assert_int_equal(fake_card_count(card), 0);
	assert_string_equal(steps, "");
}

static void
numeric_pins_take_digits_only(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	struct sc_card *card = *state;

	jcop_session_of(card)->description.pins[JCOP_PIN_GLOBAL].charset =
		JCOP_CHARSET_NUMERIC;
	fake_card_expect(card, nothing);
	assert_true(change(card, "1234", "56a78", NULL) < 0);
	assert_non_null(strstr(message(card), "digits only"));
	assert_int_equal(fake_card_count(card), 0);
}

static void
only_user_pins_are_changed(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	struct jcop_pin_change puk = {.pin = JCOP_PIN_PUK,
		.old = supplied("1234"),
		.new = supplied("5678")};
	struct sc_card *card = *state;

	fake_card_expect(card, nothing);
	assert_int_equal(sc_card_ctl(card, SC_CARDCTL_JCOP45_CHANGE_PIN, &puk),
		SC_ERROR_NOT_ALLOWED);
	assert_int_equal(fake_card_count(card), 0);
}

static void
the_life_cycle_is_looked_at_first(void **state)
{
	static const struct fake_exchange blank[] = {
		{SELECT_PKI, FCP_INITIALISATION}, {NULL, NULL}};
	static const struct fake_exchange terminated[] = {
		{SELECT_PKI, FCP_TERMINATED}, {NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, blank);
	assert_int_equal(
		change(card, "1234", "5678", NULL), SC_ERROR_NOT_ALLOWED);
	assert_non_null(strstr(message(card), "not activated"));
	fake_card_assert_done(card);
	fake_card_expect(card, terminated);
	assert_int_equal(
		unblock(card, "87654321", "5678", NULL), SC_ERROR_NOT_ALLOWED);
	assert_non_null(strstr(message(card), "terminated"));
	fake_card_assert_done(card);
}

static void
iso_changes_in_one_command(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0024000108" PIN_1234 PIN_5678, "9000"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	use_iso(card, false);
	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", NULL), 0);
	fake_card_assert_done(card);
}

static void
iso_fills_both_values_up(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0024000110" PIN_1234 "FFFFFFFF" PIN_5678 "FFFFFFFF", "63C2"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries_left;

	use_iso(card, true);
	fake_card_expect(card, script);
	assert_int_equal(change(card, "1234", "5678", &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 2);
}

static void
check_only_asks_and_changes_nothing(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "63C2"},
		{NULL, NULL},
	};
	struct jcop_pin_change look = {
		.pin = JCOP_PIN_SIGNATURE, .check_only = true};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_CHANGE_PIN, &look), 0);
	fake_card_assert_done(card);
	assert_int_equal(look.tries_left, 2);
	assert_int_equal(begun, JCOP_OP_READ);
}

/* --- unblocking --- */

static void
the_puk_releases_the_pin_for_one_new_value(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "6983"},
		{"00200006", "63C5"},
		{"0020000608" PUK_87654321, "9000"},
		{"002C0382", "9000"},
		{"0024018204" PIN_5678, "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(unblock(card, "87654321", "5678", NULL), 0);
	fake_card_assert_done(card);
	assert_int_equal(begun, JCOP_OP_UNBLOCK_PUK);
	assert_string_equal(steps, "BE");
	assert_true(rights_at_end);
}

static void
iso_unblocks_in_one_command(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "6983"},
		{"00200006", "63C5"},
		{"002C00820C" PUK_87654321 PIN_5678, "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	use_iso(card, false);
	fake_card_expect(card, script);
	assert_int_equal(unblock(card, "87654321", "5678", NULL), 0);
	fake_card_assert_done(card);
	assert_true(rights_at_end);
}

static void
a_wrong_puk_is_sent_once_and_its_tries_are_told(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "6983"},
		{"00200006", "63C5"},
		{"0020000608" PUK_87654321, "63C4"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries_left;

	fake_card_expect(card, script);
	assert_int_equal(unblock(card, "87654321", "5678", &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 4);
	assert_string_equal(
		message(card), "the PUK is wrong; tries left: 4 (5 before)");
	assert_true(rights_at_end);
}

static void
a_blocked_puk_is_not_tried(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "6983"},
		{"00200006", "6983"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(unblock(card, "87654321", "5678", NULL),
		SC_ERROR_AUTH_METHOD_BLOCKED);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "--keyset"));
}

static void
after_a_release_the_old_value_is_told_to_hold(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "6983"},
		{"00200006", "63C5"},
		{"0020000608" PUK_87654321, "9000"},
		{"002C0382", "9000"},
		{"0024018204" PIN_5678, "6A80"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_true(unblock(card, "87654321", "5678", NULL) < 0);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "keeps its old value"));
}

static void
unblock_by_keyset(struct sc_card *card, const struct jcop_pin_entry *new,
	int expected, const char *expected_steps)
{
	struct jcop_pin_unblock arguments = {
		.pin = JCOP_PIN_GLOBAL, .by_keyset = true, .new = *new};

	steps[0] = '\0';
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_UNBLOCK_PIN, &arguments),
		expected);
	fake_card_assert_done(card);
	assert_string_equal(steps, expected_steps);
}

static void
the_key_set_sets_a_new_value(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "6983"},
		{ICCSN},
		{"002C020104" PIN_5678, "9000"},
		{NULL, NULL},
	};
	const struct jcop_pin_entry new = supplied("5678");
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	unblock_by_keyset(card, &new, SC_SUCCESS, "BCRE");
	assert_int_equal(begun, JCOP_OP_UNBLOCK_KEYSET);
}

static void
without_the_role_the_card_refuses_and_it_is_said(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "6983"},
		{ICCSN},
		{"002C020104" PIN_5678, "6982"},
		{NULL, NULL},
	};
	const struct jcop_pin_entry new = supplied("5678");
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	unblock_by_keyset(
		card, &new, SC_ERROR_SECURITY_STATUS_NOT_SATISFIED, "BCRE");
	assert_non_null(strstr(message(card), "nothing was changed"));
}

/* --- what OpenSC asks for --- */

static int
pin_cmd(struct sc_card *card, unsigned int cmd, int reference,
	const char *first, const char *second, int *tries_left)
{
	struct sc_pin_cmd_data data;

	memset(&data, 0, sizeof(data));
	data.cmd = cmd;
	data.pin_type = SC_AC_CHV;
	data.pin_reference = reference;
	data.puk_reference = cmd == SC_PIN_CMD_UNBLOCK ? 0x06 : 0;
	data.pin1.data = (const u8 *)first;
	data.pin1.len = first != NULL ? (int)strlen(first) : 0;
	data.pin2.data = (const u8 *)second;
	data.pin2.len = second != NULL ? (int)strlen(second) : 0;
	return card->ops->pin_cmd(card, &data, tries_left);
}

static void
opensc_changes_and_unblocks(void **state)
{
	static const struct fake_exchange changes[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "63C3"},
		{"0020008204" PIN_1234, "63C2"},
		{NULL, NULL},
	};
	static const struct fake_exchange unblocks[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "6983"},
		{"00200006", "63C5"},
		{"0020000608" PUK_87654321, "63C4"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	int tries_left = 77;

	fake_card_expect(card, changes);
	assert_int_equal(pin_cmd(card, SC_PIN_CMD_CHANGE, 0x82, "1234", "5678",
				 &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 2);
	fake_card_expect(card, unblocks);
	assert_int_equal(pin_cmd(card, SC_PIN_CMD_UNBLOCK, 0x01, "87654321",
				 "5678", &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 4);
}

static void
opensc_without_a_puk_is_refused(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	struct sc_card *card = *state;
	struct sc_pin_cmd_data data = {.cmd = SC_PIN_CMD_UNBLOCK,
		.pin_type = SC_AC_CHV,
		.pin_reference = 0x01,
		.puk_reference = 0x01,
		.pin1 = {.data = (const u8 *)"1234", .len = 4},
		.pin2 = {.data = (const u8 *)"5678", .len = 4}};

	fake_card_expect(card, nothing);
	assert_true(pin_cmd(card, SC_PIN_CMD_UNBLOCK, 0x01, NULL, "5678",
			    NULL) < 0);
	assert_true(
		pin_cmd(card, SC_PIN_CMD_UNBLOCK, 0x01, "", "5678", NULL) < 0);
	assert_int_equal(card->ops->pin_cmd(card, &data, NULL),
		SC_ERROR_INVALID_PIN_REFERENCE);
	assert_int_equal(fake_card_count(card), 0);
}

static void
a_proved_puk_leaves_no_right(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"0020000608" PUK_87654321, "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(
		pin_cmd(card, SC_PIN_CMD_VERIFY, 0x06, "87654321", NULL, NULL),
		0);
	fake_card_assert_done(card);
	assert_string_equal(steps, "BE");
	assert_true(rights_at_end);
}

/* --- activation in steps --- */

static int authorised;

static int
authorise(void *context)
{
	authorised++;
	note('A');
	return pin_cmd(
		context, SC_PIN_CMD_VERIFY, 0x04, "12345678", NULL, NULL);
}

static void
a_step_sets_one_pin_inside_the_channel(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{"00200004", "63C3"},
		{"0020000408"
		 "3132333435363738",
			"9000"},
		{"0024018204" PIN_5678, "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_pin_setting setting = {
		JCOP_PIN_SIGNATURE, jcop_bytes_of("5678", 4), authorise, card};

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_SET_PIN, &setting), 0);
	fake_card_assert_done(card);
	assert_int_equal(begun, JCOP_OP_ACTIVATE);
	assert_string_equal(steps, "BCAE");
	assert_true(rights_at_end);
}

static void
a_step_with_the_wrong_transport_pin_sets_nothing(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{"00200004", "63C3"},
		{"0020000408"
		 "3132333435363738",
			"63C2"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_pin_setting setting = {
		JCOP_PIN_SIGNATURE, jcop_bytes_of("5678", 4), authorise, card};

	fake_card_expect(card, script);
	assert_int_equal(sc_card_ctl(card, SC_CARDCTL_JCOP45_SET_PIN, &setting),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "2 (3 before)"));
}

static void
finalization_activates(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{"00200001", "63C3"},
		{"00200082", "63C3"},
		{"00200004", "63C3"},
		{"0020000408"
		 "3132333435363738",
			"9000"},
		{"00440000", "9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_finalization finalization = {authorise, card};

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_FINALIZE, &finalization),
		0);
	fake_card_assert_done(card);
	assert_string_equal(steps, "BCARE");
	assert_true(rights_at_end);
}

static void
finalization_names_the_pin_that_is_missing(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{"00200001", "63C3"},
		{"00200082", "6984"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;
	struct jcop_finalization finalization = {authorise, card};

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_FINALIZE, &finalization),
		SC_ERROR_NOT_ALLOWED);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "PIN signature is not set"));
	assert_non_null(strstr(message(card), "--auth-id 02"));
	assert_string_equal(steps, "BE");
}

static void
no_step_is_made_on_an_activated_card(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED}, {NULL, NULL}};
	struct sc_card *card = *state;
	struct jcop_pin_setting setting = {
		JCOP_PIN_SIGNATURE, jcop_bytes_of("5678", 4), authorise, card};
	struct jcop_finalization finalization = {authorise, card};

	authorised = 0;
	fake_card_expect(card, script);
	assert_int_equal(sc_card_ctl(card, SC_CARDCTL_JCOP45_SET_PIN, &setting),
		SC_ERROR_NOT_ALLOWED);
	fake_card_assert_done(card);
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_FINALIZE, &finalization),
		SC_ERROR_NOT_ALLOWED);
	fake_card_assert_done(card);
	assert_int_equal(authorised, 0);
}

/* --- PIN pads --- */

/* What the reader was asked, and what it answers. */
static struct {
	struct pad_request {
		unsigned int cmd;
		bool implicit; /* new value alone */
		size_t old_at, new_at, pad_length;
		const char *command; /* what is there before anybody types */
		int result;
		unsigned int sw;
	} expected[4];
	size_t count;
} pad;

static void
check_pad_command(const struct sc_apdu *apdu, const char *hex)
{
	const uint8_t header[] = {apdu->cla, apdu->ins, (uint8_t)apdu->p1,
		(uint8_t)apdu->p2, (uint8_t)apdu->lc};
	struct jcop_blob wanted = JCOP_BLOB_INIT, seen = JCOP_BLOB_INIT;

	assert_int_equal(jcop_blob_from_hex(&wanted, hex), JCOP_OK);
	assert_int_equal(jcop_blob_set(&seen, header, sizeof(header)), JCOP_OK);
	if (apdu->lc > 0)
		assert_int_equal(
			jcop_blob_append(&seen, apdu->data, apdu->lc), JCOP_OK);
	assert_int_equal(seen.len, wanted.len);
	assert_memory_equal(seen.data, wanted.data, wanted.len);
	jcop_blob_free(&wanted);
	jcop_blob_free(&seen);
}

static int
perform_verify(struct sc_reader *reader, struct sc_pin_cmd_data *data)
{
	const struct pad_request *expected = &pad.expected[pad.count++];

	(void)reader;
	assert_true(pad.count <= 4);
	assert_non_null(expected->command);
	note('P');
	assert_int_equal(data->cmd, expected->cmd);
	assert_int_equal((data->flags & SC_PIN_CMD_IMPLICIT_CHANGE) != 0,
		expected->implicit);
	assert_null(data->pin1.data);
	assert_null(data->pin2.data);
	assert_int_equal(data->pin1.min_length, 4);
	assert_int_equal(data->pin1.pad_length, expected->pad_length);
	assert_int_equal(data->pin1.offset, 5 + expected->old_at);
	assert_int_equal(data->pin2.offset, 5 + expected->new_at);
	check_pad_command(data->apdu, expected->command);
	data->apdu->sw1 = expected->sw >> 8;
	data->apdu->sw2 = expected->sw & 0xFF;
	return expected->result;
}

static void
give_pad(struct sc_card *card, const struct pad_request *requests, size_t count)
{
	static struct sc_reader_operations ops;

	memset(&pad, 0, sizeof(pad));
	memcpy(pad.expected, requests, count * sizeof(requests[0]));
	card->reader->capabilities |= SC_READER_CAP_PIN_PAD;
	ops = *card->reader->ops;
	ops.perform_verify = perform_verify;
	card->reader->ops = &ops;
}

static char said[512];

static void
hear(void *context, const char *text)
{
	(void)context;
	snprintf(said, sizeof(said), "%s", text);
}

static int
change_on_pad(struct sc_card *card, const struct jcop_pin_entry *old,
	const struct jcop_pin_entry *new)
{
	struct jcop_pin_change arguments = {.pin = JCOP_PIN_GLOBAL,
		.old = *old,
		.new = *new,
		.prompt = {hear, NULL}};

	said[0] = '\0';
	return sc_card_ctl(card, SC_CARDCTL_JCOP45_CHANGE_PIN, &arguments);
}

static void
a_change_on_the_pad_is_two_entries(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	static const struct pad_request requests[] = {
		{SC_PIN_CMD_VERIFY, false, 0, 0, 0, "0020000100", 0, 0x9000},
		{SC_PIN_CMD_CHANGE, true, 0, 0, 0, "0024010100", 0, 0x9000},
	};
	struct sc_card *card = *state;

	give_pad(card, requests, 2);
	fake_card_expect(card, script);
	assert_int_equal(change_on_pad(card, &typed, &typed), 0);
	fake_card_assert_done(card);
	assert_int_equal(pad.count, 2);
	assert_non_null(strstr(said, "new PIN global"));
	assert_string_equal(steps, "BPPE");
}

static void
either_value_can_be_typed(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020000104" PIN_1234, "9000"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	static const struct fake_exchange other[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0024010104" PIN_5678, "9000"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	static const struct pad_request new_one[] = {
		{SC_PIN_CMD_CHANGE, true, 0, 0, 0, "0024010100", 0, 0x9000},
	};
	static const struct pad_request old_one[] = {
		{SC_PIN_CMD_VERIFY, false, 0, 0, 0, "0020000100", 0, 0x9000},
	};
	const struct jcop_pin_entry old = supplied("1234");
	const struct jcop_pin_entry new = supplied("5678");
	struct sc_card *card = *state;

	give_pad(card, new_one, 1);
	fake_card_expect(card, script);
	assert_int_equal(change_on_pad(card, &old, &typed), 0);
	fake_card_assert_done(card);
	give_pad(card, old_one, 1);
	fake_card_expect(card, other);
	assert_int_equal(change_on_pad(card, &typed, &new), 0);
	fake_card_assert_done(card);
	assert_non_null(strstr(said, "type the old PIN global"));
}

static void
what_goes_wrong_at_the_pad_is_told_and_logged_out(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	static const struct {
		int result;
		unsigned int sw;
		const char *why;
	} cases[] = {
		{SC_ERROR_KEYPAD_TIMEOUT, 0x6400, "in time"},
		{SC_ERROR_KEYPAD_CANCELLED, 0x6401, "cancelled"},
		{SC_ERROR_KEYPAD_PIN_MISMATCH, 0x6402, "something else"},
		{SC_ERROR_INVALID_PIN_LENGTH, 0x6403, "too short or too long"},
		{SC_SUCCESS, 0x6A80, "4 to 16"},
	};
	struct pad_request requests[] = {
		{SC_PIN_CMD_VERIFY, false, 0, 0, 0, "0020000100", 0, 0x9000},
		{SC_PIN_CMD_CHANGE, true, 0, 0, 0, "0024010100", 0, 0},
	};
	struct sc_card *card = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		requests[1].result = cases[i].result;
		requests[1].sw = cases[i].sw;
		give_pad(card, requests, 2);
		fake_card_expect(card, script);
		assert_true(change_on_pad(card, &typed, &typed) < 0);
		fake_card_assert_done(card);
		assert_non_null(strstr(message(card), cases[i].why));
		assert_non_null(strstr(message(card), "no try was used"));
	}
}

static void
a_wrong_pin_typed_is_told_as_any_other(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{NULL, NULL},
	};
	static const struct pad_request requests[] = {
		{SC_PIN_CMD_VERIFY, false, 0, 0, 0, "0020000100", 0, 0x63C2},
	};
	struct sc_card *card = *state;

	give_pad(card, requests, 1);
	fake_card_expect(card, script);
	assert_int_equal(change_on_pad(card, &typed, &typed),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "2 (3 before)"));
}

static void
iso_on_the_pad_needs_fixed_lengths(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	static const struct pad_request both[] = {
		{SC_PIN_CMD_CHANGE, false, 0, 8, 8,
			"0024000110"
			"FFFFFFFFFFFFFFFF"
			"FFFFFFFFFFFFFFFF",
			0, 0x9000},
	};
	const struct jcop_pin_entry new = supplied("5678");
	struct sc_card *card = *state;

	use_iso(card, false);
	give_pad(card, both, 1);
	fake_card_expect(card, nothing);
	assert_int_equal(
		change_on_pad(card, &typed, &typed), SC_ERROR_NOT_SUPPORTED);
	assert_non_null(strstr(message(card), "no fixed length"));
	use_iso(card, true);
	assert_int_equal(
		change_on_pad(card, &typed, &new), SC_ERROR_NOT_SUPPORTED);
	assert_int_equal(fake_card_count(card), 0);
	fake_card_expect(card, script);
	assert_int_equal(change_on_pad(card, &typed, &typed), 0);
	fake_card_assert_done(card);
	assert_int_equal(pad.count, 1);
}

static void
iso_takes_a_typed_value_behind_a_supplied_one(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "63C3"},
		{"0020FF01", "9000"},
		{NULL, NULL},
	};
	static const struct pad_request new_one[] = {
		{SC_PIN_CMD_CHANGE, true, 0, 4, 0, "0024000104" PIN_1234, 0,
			0x9000},
	};
	const struct jcop_pin_entry old = supplied("1234");
	struct sc_card *card = *state;

	use_iso(card, false);
	give_pad(card, new_one, 1);
	fake_card_expect(card, script);
	assert_int_equal(change_on_pad(card, &old, &typed), 0);
	fake_card_assert_done(card);
}

static void
a_reader_without_a_pad_is_refused_before_anything(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, nothing);
	assert_int_equal(
		change_on_pad(card, &typed, &typed), SC_ERROR_NOT_SUPPORTED);
	assert_non_null(strstr(message(card), "no PIN pad"));
	assert_int_equal(fake_card_count(card), 0);
}

static void
unblocking_on_the_pad(void **state)
{
	static const struct fake_exchange by_puk[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200082", "6983"},
		{"00200006", "63C5"},
		{"002C0382", "9000"},
		{NULL, NULL},
	};
	static const struct fake_exchange by_keyset[] = {
		{SELECT_PKI, FCP_ACTIVATED},
		{"00200001", "6983"},
		{ICCSN},
		{NULL, NULL},
	};
	static const struct pad_request puk_and_new[] = {
		{SC_PIN_CMD_VERIFY, false, 0, 0, 0, "0020000600", 0, 0x9000},
		{SC_PIN_CMD_CHANGE, true, 0, 0, 0, "0024018200", 0, 0x9000},
	};
	static const struct pad_request new_one[] = {
		{SC_PIN_CMD_CHANGE, true, 0, 0, 0, "002C020100", 0, 0x9000},
	};
	struct jcop_pin_unblock arguments = {
		.pin = JCOP_PIN_SIGNATURE, .puk = typed, .new = typed};
	struct sc_card *card = *state;

	give_pad(card, puk_and_new, 2);
	fake_card_expect(card, by_puk);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_UNBLOCK_PIN, &arguments),
		0);
	fake_card_assert_done(card);
	assert_true(rights_at_end);
	give_pad(card, new_one, 1);
	fake_card_expect(card, by_keyset);
	unblock_by_keyset(card, &typed, SC_SUCCESS, "BCRPE");
	assert_int_equal(pad.count, 1);
}

static void
the_pad_is_refused_where_the_channel_is_needed(void **state)
{
	static const struct fake_exchange nothing[] = {{NULL, NULL}};
	static const struct pad_request none[] = {{0}};
	struct sc_card *card = *state;

	jcop_session_of(card)->description.dialect.unblock_keyset =
		JCOP_UNBLOCK_CHANNEL;
	give_pad(card, none, 1);
	fake_card_expect(card, nothing);
	unblock_by_keyset(card, &typed, SC_ERROR_NOT_SUPPORTED, "");
	assert_non_null(strstr(message(card), "secure channel"));
	assert_int_equal(pad.count, 0);
}

static void
nothing_is_typed_while_the_channel_is_open(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED}, {NULL, NULL}};
	static const struct pad_request none[] = {{0}};
	struct sc_card *card = *state;
	struct jcop_pin_try attempt = {
		.pin = JCOP_PIN_TRANSPORT, .entry = &typed};

	give_pad(card, none, 1);
	fake_card_expect(card, script);
	assert_int_equal(jcop_select_application(card, JCOP_APP_PKI), 0);
	jcop_session_of(card)->channel.open = true;
	assert_int_equal(jcop_pin_verify(card, &attempt), SC_ERROR_NOT_ALLOWED);
	jcop_session_of(card)->channel.open = false;
	assert_int_equal(pad.count, 0);
	fake_card_assert_done(card);
}

/* Any that is typed: all three plain, before the channel; else all inside. */
static void
activation_with_a_typed_pin_goes_plain(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{"0020000408"
		 "3132333435363738",
			"9000"},
		{"0024010104" PIN_1234, "9000"},
		{"00440000", "9000"},
		{NULL, NULL},
	};
	static const struct pad_request signature[] = {
		{SC_PIN_CMD_CHANGE, true, 0, 0, 0, "0024018200", 0, 0x9000},
	};
	struct jcop_activation activation = {
		supplied("12345678"), supplied("1234"), typed, {hear, NULL}};
	struct sc_card *card = *state;

	give_pad(card, signature, 1);
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation), 0);
	fake_card_assert_done(card);
	assert_string_equal(steps, "BTPCRE");
	assert_non_null(strstr(said, "new PIN signature"));
}

static void
nothing_is_typed_for_a_chip_that_is_not_trusted(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{NULL, NULL},
	};
	static const struct pad_request none[] = {{0}};
	struct jcop_activation activation = {typed, typed, typed, {hear, NULL}};
	struct sc_card *card = *state;

	trust = SC_ERROR_SM_AUTHENTICATION_FAILED;
	give_pad(card, none, 1);
	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation),
		SC_ERROR_SM_AUTHENTICATION_FAILED);
	fake_card_assert_done(card);
	assert_string_equal(steps, "BTE");
}

static void
activation_without_a_pad_goes_inside_the_channel(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C1"},
		{ICCSN},
		{"0020000408"
		 "3132333435363738",
			"63C0"},
		{NULL, NULL},
	};
	struct jcop_activation activation = {supplied("12345678"),
		supplied("1234"), supplied("5678"), {NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_int_equal(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_string_equal(steps, "BCE");
	assert_non_null(strstr(message(card), "0 (1 before)"));
	assert_non_null(strstr(message(card), "issuer"));
}

static void
a_signature_pin_that_is_not_set_says_what_is(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_INITIALISATION},
		{"00200004", "63C3"},
		{ICCSN},
		{"0020000408"
		 "3132333435363738",
			"9000"},
		{"0024010104" PIN_1234, "9000"},
		{"0024018204" PIN_5678, "6F00"},
		{NULL, NULL},
	};
	struct jcop_activation activation = {supplied("12345678"),
		supplied("1234"), supplied("5678"), {NULL, NULL}};
	struct sc_card *card = *state;

	fake_card_expect(card, script);
	assert_true(
		sc_card_ctl(card, SC_CARDCTL_JCOP45_ACTIVATE, &activation) < 0);
	fake_card_assert_done(card);
	assert_non_null(strstr(message(card), "PIN signature: the card "
					      "answered 6F00"));
	assert_non_null(strstr(message(card), "The PIN global is set, but the "
					      "card is not activated"));
}

static void
opensc_has_pins_typed(void **state)
{
	static const struct fake_exchange script[] = {
		{SELECT_PKI, FCP_ACTIVATED}, {NULL, NULL}};
	static const struct pad_request verify[] = {
		{SC_PIN_CMD_VERIFY, false, 0, 0, 0, "0020000100", 0, 0x63C1},
	};
	struct sc_card *card = *state;
	struct sc_pin_cmd_data data;
	int tries_left = 77;

	memset(&data, 0, sizeof(data));
	data.cmd = SC_PIN_CMD_VERIFY;
	data.flags = SC_PIN_CMD_USE_PINPAD;
	data.pin_type = SC_AC_CHV;
	data.pin_reference = 0x01;
	give_pad(card, verify, 1);
	fake_card_expect(card, script);
	assert_int_equal(card->ops->pin_cmd(card, &data, &tries_left),
		SC_ERROR_PIN_CODE_INCORRECT);
	fake_card_assert_done(card);
	assert_int_equal(tries_left, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(change_verifies_the_old_and_sets_the_new_one),
		T(a_verified_pin_stays_so_through_a_change),
		T(a_refused_new_pin_is_followed_by_a_logout),
		T(a_wrong_old_pin_is_sent_once_and_its_tries_are_told),
		T(the_last_try_says_how_to_unblock),
		T(a_blocked_pin_is_not_tried),
		T(what_the_host_can_know_costs_no_command),
		T(numeric_pins_take_digits_only),
		T(only_user_pins_are_changed),
		T(the_life_cycle_is_looked_at_first),
		T(iso_changes_in_one_command),
		T(iso_fills_both_values_up),
		T(check_only_asks_and_changes_nothing),
		T(the_puk_releases_the_pin_for_one_new_value),
		T(iso_unblocks_in_one_command),
		T(a_wrong_puk_is_sent_once_and_its_tries_are_told),
		T(a_blocked_puk_is_not_tried),
		T(after_a_release_the_old_value_is_told_to_hold),
		T(the_key_set_sets_a_new_value),
		T(without_the_role_the_card_refuses_and_it_is_said),
		T(opensc_changes_and_unblocks),
		T(opensc_without_a_puk_is_refused),
		T(a_proved_puk_leaves_no_right),
		T(a_step_sets_one_pin_inside_the_channel),
		T(a_step_with_the_wrong_transport_pin_sets_nothing),
		T(finalization_activates),
		T(finalization_names_the_pin_that_is_missing),
		T(no_step_is_made_on_an_activated_card),
		T(a_change_on_the_pad_is_two_entries),
		T(either_value_can_be_typed),
		T(what_goes_wrong_at_the_pad_is_told_and_logged_out),
		T(a_wrong_pin_typed_is_told_as_any_other),
		T(iso_on_the_pad_needs_fixed_lengths),
		T(iso_takes_a_typed_value_behind_a_supplied_one),
		T(a_reader_without_a_pad_is_refused_before_anything),
		T(unblocking_on_the_pad),
		T(the_pad_is_refused_where_the_channel_is_needed),
		T(nothing_is_typed_while_the_channel_is_open),
		T(activation_with_a_typed_pin_goes_plain),
		T(nothing_is_typed_for_a_chip_that_is_not_trusted),
		T(activation_without_a_pad_goes_inside_the_channel),
		T(a_signature_pin_that_is_not_set_says_what_is),
		T(opensc_has_pins_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
