/*
 * test_encoding_dialog.c: dialogs of one, two and three fields, and pinentry.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encoding/dialog.h"

#define PROGRAM "./dialog-test.sh"
#define LOG "dialog-test.log"

static char message[ENCODING_MESSAGE_SIZE];

/* --- the dialogs --- */

/* Answers in turn, and what was asked. */
struct script {
	const char *answers[3];
	size_t at;
	char asked[512];
	int fails_at; /* -1: never */
};

static int
answer(void *context, const struct encoding_question *question,
	struct jcop_blob *value, char *text)
{
	struct script *script = context;
	size_t len = strlen(script->asked);

	snprintf(script->asked + len, sizeof(script->asked) - len,
		"%s|%s|%s|%d|%zu\n", question->title, question->text,
		question->name, question->is_new, question->max_length);
	if ((int)script->at == script->fails_at)
		return encoding_message(text, JCOP_ERR_ARGUMENT, "cancelled");
	script->at++;
	return jcop_blob_set(value, script->answers[script->at - 1],
		strlen(script->answers[script->at - 1]));
}

static int
ask(struct script *script, unsigned int fields, int tries,
	struct encoding_answers *answers)
{
	const struct encoding_asker asker = {answer, script};

	return encoding_dialog(&asker, "Card 2501", "global PIN", fields, tries,
		16, answers, message);
}

static void
expect_bytes(const struct jcop_blob *value, const char *expected)
{
	assert_int_equal(value->len, strlen(expected));
	if (value->len > 0)
		assert_memory_equal(value->data, expected, value->len);
}

static void
one_field_is_a_secret(void **state)
{
	struct script script = {{"1234"}, 0, "", -1};
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	assert_int_equal(ask(&script, 1, 2, &answers), JCOP_OK);
	assert_string_equal(
		script.asked, "Card 2501|2 tries left|global PIN|0|16\n");
	expect_bytes(&answers.value, "1234");
	expect_bytes(&answers.old, "");
	encoding_answers_free(&answers);
}

static void
two_fields_are_a_new_one_and_its_confirmation(void **state)
{
	struct script script = {{"1234"}, 0, "", -1};
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	assert_int_equal(ask(&script, 2, 3, &answers), JCOP_OK);
	assert_string_equal(script.asked, "Card 2501||global PIN|1|16\n");
	expect_bytes(&answers.value, "1234");
	encoding_answers_free(&answers);
}

static void
three_fields_begin_with_the_old_one(void **state)
{
	struct script script = {{"1234", "5678"}, 0, "", -1};
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	assert_int_equal(ask(&script, 3, 1, &answers), JCOP_OK);
	assert_string_equal(script.asked,
		"Card 2501|1 try left|old global PIN|0|16\n"
		"Card 2501||global PIN|1|16\n");
	expect_bytes(&answers.old, "1234");
	expect_bytes(&answers.value, "5678");
	encoding_answers_free(&answers);
}

static void
a_cancelled_dialog_leaves_nothing(void **state)
{
	struct script script = {{"1234", "5678"}, 0, "", 1};
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	assert_int_equal(ask(&script, 3, -1, &answers), JCOP_ERR_ARGUMENT);
	assert_null(answers.old.data);
	assert_null(answers.value.data);
	assert_string_equal(message, "cancelled");
}

/* --- pinentry --- */

/* A pinentry that writes down what it is told and answers GETPIN with REPLY. */
static void
pinentry_with(const char *reply)
{
	int fd = open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	dprintf(fd,
		"#!/bin/sh\n"
		"echo OK Pleased to meet you\n"
		"while IFS= read -r line; do\n"
		"  echo \"$line\" >>" LOG "\n"
		"  case $line in\n"
		"  GETPIN*) %s ;;\n"
		"  'OPTION grab') echo 'ERR 83886254 Unknown option' ;;\n"
		"  BYE*) echo OK; exit ;;\n"
		"  *) echo OK ;;\n"
		"  esac\n"
		"done\n",
		reply);
	close(fd);
	unlink(LOG);
}

static void
expect_logged(const char *line)
{
	char text[8192] = "";
	FILE *log = fopen(LOG, "r");

	assert_non_null(log);
	assert_true(fread(text, 1, sizeof(text) - 1, log) > 0);
	fclose(log);
	if (strstr(text, line) == NULL)
		fail_msg("no '%s' in\n%s", line, text);
}

static int
ask_pinentry(unsigned int fields, struct encoding_answers *answers)
{
	struct encoding_pinentry *pinentry;
	struct encoding_asker asker;
	int r;

	message[0] = '\0';
	if (encoding_pinentry_open(PROGRAM, NULL, &pinentry, message) !=
		JCOP_OK)
		fail_msg("%s", message);
	asker = encoding_pinentry_asker(pinentry);
	r = encoding_dialog(&asker, "Card 100%", "global PIN", fields, 2, 16,
		answers, message);
	encoding_pinentry_close(pinentry);
	return r;
}

static void
pinentry_asks(void **state)
{
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	setenv("DISPLAY", ":7", 1);
	pinentry_with("echo 'D 12%2534'; echo OK");
	if (ask_pinentry(1, &answers) != JCOP_OK)
		fail_msg("%s", message);
	expect_bytes(&answers.value, "12%34");
	expect_logged("OPTION display=:7\n");
	expect_logged("SETDESC Card 100%25%0A2 tries left\n");
	expect_logged("SETPROMPT Global PIN:\n");
	encoding_answers_free(&answers);
	unsetenv("DISPLAY");
}

static void
pinentry_confirms_a_new_one(void **state)
{
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	pinentry_with("echo 'D 1234'; echo 'S PIN_REPEATED'; echo OK");
	if (ask_pinentry(3, &answers) != JCOP_OK)
		fail_msg("%s", message);
	expect_bytes(&answers.old, "1234");
	expect_bytes(&answers.value, "1234");
	expect_logged("SETPROMPT Old global PIN:\nGETPIN\n");
	expect_logged("SETPROMPT New global PIN:\nSETREPEAT Once more:\n");
	encoding_answers_free(&answers);
}

static void
pinentry_may_be_cancelled(void **state)
{
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	pinentry_with("echo 'ERR 83886179 Operation cancelled'");
	assert_int_equal(ask_pinentry(1, &answers), JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "cancelled"));
}

static void
a_pinentry_that_cannot_ask_is_not_found(void **state)
{
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	pinentry_with("echo 'ERR 83886340 No terminal'");
	assert_int_equal(ask_pinentry(1, &answers), JCOP_ERR_NOT_FOUND);
	pinentry_with("exit 1");
	assert_int_equal(ask_pinentry(1, &answers), JCOP_ERR_NOT_FOUND);
}

static void
too_long_and_empty_answers_are_refused(void **state)
{
	struct encoding_answers answers = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};

	(void)state;
	pinentry_with("echo 'D 12345678901234567'; echo OK");
	assert_int_equal(ask_pinentry(1, &answers), JCOP_ERR_TOO_LONG);
	assert_null(strstr(message, "1234"));
	assert_null(answers.value.data);
	pinentry_with("echo OK");
	assert_int_equal(ask_pinentry(1, &answers), JCOP_ERR_MALFORMED);
	assert_non_null(strstr(message, "nothing was typed"));
}

static void
a_pinentry_that_is_not_there_is_named(void **state)
{
	struct encoding_pinentry *pinentry;

	(void)state;
	assert_int_equal(encoding_pinentry_open(
				 "no-such-pinentry", NULL, &pinentry, message),
		JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "no program no-such-pinentry"));
	assert_int_equal(
		encoding_pinentry_open("/bin/false", NULL, &pinentry, message),
		JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "/bin/false does not start"));
	assert_null(pinentry);
}

static int
clean(void **state)
{
	(void)state;
	unlink(PROGRAM);
	unlink(LOG);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_field_is_a_secret),
		cmocka_unit_test(two_fields_are_a_new_one_and_its_confirmation),
		cmocka_unit_test(three_fields_begin_with_the_old_one),
		cmocka_unit_test(a_cancelled_dialog_leaves_nothing),
		cmocka_unit_test(pinentry_asks),
		cmocka_unit_test(pinentry_confirms_a_new_one),
		cmocka_unit_test(pinentry_may_be_cancelled),
		cmocka_unit_test(a_pinentry_that_cannot_ask_is_not_found),
		cmocka_unit_test(too_long_and_empty_answers_are_refused),
		cmocka_unit_test(a_pinentry_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
