/*
 * test_audit.c: what the driver tells the system's log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

#include "card-driver/session.h"
#include "fake_card.h"

/* What was logged: the compiler may choose either entry. */
static char line[1024];
static int lines, priority;

void __wrap_syslog(int level, const char *format, ...);
void __wrap___syslog_chk(int level, int flag, const char *format, ...);
void __wrap_openlog(const char *ident, int option, int facility);

static void
take(int level, const char *format, va_list args)
{
	lines++;
	priority = level;
	vsnprintf(line, sizeof(line), format, args);
}

void
__wrap_syslog(int level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	take(level, format, args);
	va_end(args);
}

void
__wrap___syslog_chk(int level, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	take(level, format, args);
	va_end(args);
}

void
__wrap_openlog(const char *ident, int option, int facility)
{
	(void)ident;
	(void)option;
	(void)facility;
	fail_msg("the log's name and options are the application's");
}

static int
new_card(void **state)
{
	struct sc_card *card = fake_card_new(true);

	*state = card;
	lines = 0;
	line[0] = '\0';
	return card == NULL;
}

static int
free_card(void **state)
{
	fake_card_free(*state);
	return 0;
}

static const uint8_t iccsn[] = {
	0x80, 0x25, 0x00, 0x00, 0x45, 0x33, 0x15, 0x03, 0x72, 0x05};
#define ICCSN "80250000453315037205"

static struct jcop_session *
session_of_act(struct sc_card *card, enum jcop_operation operation)
{
	struct jcop_session *session = jcop_session_of(card);

	session->operation = operation;
	session->attempted = session->role_attempted = true;
	session->rights_gained = false;
	session->audited[0] = '\0';
	memcpy(session->iccsn, iccsn, sizeof(iccsn));
	session->iccsn_len = sizeof(iccsn);
	return session;
}

static void
audit(struct sc_card *card, int result)
{
	struct jcop_audit act;

	jcop_audit_prepare(card, true, &act);
	jcop_audit_write(card, &act, result);
}

static void
an_act_is_one_line_with_card_and_result(void **state)
{
	struct sc_card *card = *state;

	session_of_act(card, JCOP_OP_GENERATE);
	audit(card, SC_SUCCESS);
	assert_int_equal(lines, 1);
	assert_string_equal(line, "jcop45: card " ICCSN ": key generation: ok");
	assert_int_equal(priority, LOG_AUTHPRIV | LOG_NOTICE);
}

static void
a_failure_names_the_class_of_error(void **state)
{
	struct sc_card *card = *state;
	struct jcop_session *session = session_of_act(card, JCOP_OP_DELETE);

	snprintf(session->message, sizeof(session->message), "Jeanne DUPONT");
	audit(card, SC_ERROR_CARD_REMOVED);
	assert_int_equal(lines, 1);
	assert_string_equal(
		line, "jcop45: card " ICCSN ": deletion: failed: Card removed");
	assert_int_equal(priority, LOG_AUTHPRIV | LOG_WARNING);
	assert_string_equal(session->message, "Jeanne DUPONT");
}

static void
every_act_of_an_administrator_is_logged_and_no_other(void **state)
{
	static const bool logged[JCOP_OP_COUNT] = {
		[JCOP_OP_ACTIVATE] = true,
		[JCOP_OP_GENERATE] = true,
		[JCOP_OP_WRITE_CERTIFICATE] = true,
		[JCOP_OP_IMPORT] = true,
		[JCOP_OP_DELETE] = true,
		[JCOP_OP_UNBLOCK_PUK] = true,
		[JCOP_OP_UNBLOCK_KEYSET] = true,
		[JCOP_OP_WRITE_DATA] = true,
	};
	struct sc_card *card = *state;
	int i;

	for (i = 0; i < JCOP_OP_COUNT; i++) {
		lines = 0;
		session_of_act(card, (enum jcop_operation)i);
		audit(card, SC_SUCCESS);
		assert_int_equal(lines, logged[i]);
	}
}

static void
what_did_not_reach_the_card_is_not_logged(void **state)
{
	struct sc_card *card = *state;
	struct jcop_session *session = session_of_act(card, JCOP_OP_IMPORT);

	session->attempted = false;
	audit(card, SC_ERROR_TOO_MANY_OBJECTS);
	assert_int_equal(lines, 0);
	/* The PUK is a right of its own, without channel and role. */
	session_of_act(card, JCOP_OP_UNBLOCK_PUK)->attempted = false;
	session->rights_gained = true;
	audit(card, SC_SUCCESS);
	assert_int_equal(lines, 1);
}

static void
a_pin_set_before_activation_is_not_called_activation(void **state)
{
	struct sc_card *card = *state;

	session_of_act(card, JCOP_OP_ACTIVATE)->role_attempted = false;
	audit(card, SC_SUCCESS);
	assert_string_equal(line,
		"jcop45: card " ICCSN ": setting a PIN for activation: ok");
	session_of_act(card, JCOP_OP_ACTIVATE);
	audit(card, SC_SUCCESS);
	assert_string_equal(line, "jcop45: card " ICCSN ": activation: ok");
}

static void
a_card_that_was_not_read_yet_is_asked(void **state)
{
	/* SELECT by AID is not needed: GET DATA 005A */
	static const struct fake_exchange script[] = {
		{"00CA005A00", "5A0A 80250000453315037205 9000"},
		{NULL, NULL},
	};
	struct sc_card *card = *state;

	session_of_act(card, JCOP_OP_UNBLOCK_PUK)->iccsn_len = 0;
	fake_card_expect(card, script);
	audit(card, SC_SUCCESS);
	fake_card_assert_done(card);
	assert_string_equal(
		line, "jcop45: card " ICCSN ": unblocking with the PUK: ok");
}

static void
a_card_that_is_gone_is_not_asked(void **state)
{
	struct sc_card *card = *state;
	unsigned int before = fake_card_count(card);
	struct jcop_audit act;

	session_of_act(card, JCOP_OP_UNBLOCK_PUK)->iccsn_len = 0;
	jcop_audit_prepare(card, false, &act);
	jcop_audit_write(card, &act, SC_ERROR_CARD_REMOVED);
	assert_int_equal(fake_card_count(card), before);
	assert_string_equal(line, "jcop45: card unknown: unblocking with the "
				  "PUK: failed: Card removed");
}

static void
the_card_outlives_a_removal(void **state)
{
	struct sc_card *card = *state;

	session_of_act(card, JCOP_OP_GENERATE);
	jcop_audit_note(card);
	jcop_session_forget(card, true);
	audit(card, SC_ERROR_CARD_REMOVED);
	assert_string_equal(line,
		"jcop45: card " ICCSN ": key generation: failed: Card removed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_card, free_card)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_act_is_one_line_with_card_and_result),
		TEST(a_failure_names_the_class_of_error),
		TEST(every_act_of_an_administrator_is_logged_and_no_other),
		TEST(what_did_not_reach_the_card_is_not_logged),
		TEST(a_pin_set_before_activation_is_not_called_activation),
		TEST(a_card_that_was_not_read_yet_is_asked),
		TEST(a_card_that_is_gone_is_not_asked),
		TEST(the_card_outlives_a_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
