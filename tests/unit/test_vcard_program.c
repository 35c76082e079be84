/*
 * test_vcard_program.c: jcop45-vcard as its user calls it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "door-test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *dir;
static char output[65536]; /* both streams of the last call */

static int
set_up(void **state)
{
	(void)state;
	dir = door_test_dir(true);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	door_test_remove(dir);
	return 0;
}

/* Runs the program with ARGUMENTS, in which DIR is the directory; its status.
 */
static int
call(const char *arguments)
{
	char command[4096];
	size_t len;
	FILE *pipe_end;

	setenv("DIR", dir, 1);
	snprintf(command, sizeof(command), "timeout 20 %s %s 2>&1 </dev/null",
		PROGRAM, arguments);
	pipe_end = popen(command, "r");
	assert_non_null(pipe_end);
	len = fread(output, 1, sizeof(output) - 1, pipe_end);
	output[len] = '\0';
	return WEXITSTATUS(pclose(pipe_end));
}

static void
says(const char *text)
{
	if (strstr(output, text) == NULL)
		fail_msg("'%s' is not in: %s", text, output);
}

static const char *const commands[] = {"new", "info", "set", "serve", "insert",
	"remove", "apdu", "trace-summary"};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
test_help_lists_all_commands_and_each_explains_itself(void **state)
{
	char arguments[64];
	size_t i;

	(void)state;
	assert_int_equal(call("--help"), 0);
	for (i = 0; i < COMMAND_COUNT; i++)
		says(commands[i]);
	for (i = 0; i < COMMAND_COUNT; i++) {
		snprintf(
			arguments, sizeof(arguments), "%s --help", commands[i]);
		assert_int_equal(call(arguments), 0);
		snprintf(arguments, sizeof(arguments), "Usage: jcop45-vcard %s",
			commands[i]);
		says(arguments);
	}
	assert_int_equal(call("--version"), 0);
	says("jcop45-vcard ");
}

static void
test_a_wrong_call_ends_with_2_and_a_usage(void **state)
{
	static const char *const wrong[] = {"", "explode $DIR", "new",
		"new $DIR --curve P-1", "new $DIR --aes 512",
		"new $DIR --applet-version 4.1",
		"new $DIR --applet-version 4.1.300", "new $DIR --keyset-size 8",
		"new $DIR --no-such-option", "new $DIR extra", "info",
		"set $DIR temporary", "insert", "remove", "apdu $DIR",
		"serve $DIR", "serve $DIR --vpcd", "trace-summary"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (call(wrong[i]) != 2)
			fail_msg("'%s' is a good call", wrong[i]);
		says("Usage: jcop45-vcard ");
	}
}

static void
test_a_new_card_is_shown_without_its_secrets(void **state)
{
	char *pin, *puk;

	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	says("issuer");
	pin = door_test_read(dir, "issuer/transport-pin");
	puk = door_test_read(dir, "issuer/puk");
	assert_non_null(pin);
	assert_non_null(puk);
	pin[strcspn(pin, "\n")] = '\0';
	puk[strcspn(puk, "\n")] = '\0';
	assert_null(strstr(output, pin));
	assert_int_equal(call("info $DIR"), 0);
	says("initialisation");
	says("/issuer");
	assert_null(strstr(output, pin));
	assert_null(strstr(output, puk));
	free(pin);
	free(puk);
}

static void
test_options_reach_the_card(void **state)
{
	(void)state;
	assert_int_equal(
		call("new $DIR --temporary --production 2023-05-06 --aes 128 "
		     "--applet-version 4.1.0 --curve brainpoolP384r1 "
		     "--ca-version 1 --iccsn 92500000000000000012"),
		0);
	assert_int_equal(call("info $DIR"), 0);
	says("temporary");
	says("2023-05-06");
	says("4.1.0");
	says("version 1");
	says("384");
	says("128");
	says("92500000000000000012");
}

static void
test_a_second_card_in_one_directory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	assert_int_equal(call("new $DIR"), 1);
	says(dir);
}

static void
test_without_a_card_each_command_says_what_to_do(void **state)
{
	static const char *const needy[] = {"info $DIR", "insert $DIR",
		"remove $DIR", "apdu $DIR 00A4040000",
		"serve $DIR --vpcd localhost:1"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(needy) / sizeof(needy[0]); i++) {
		assert_int_equal(call(needy[i]), 1);
		says("jcop45-vcard new");
	}
	assert_int_equal(call("set $DIR temporary yes"), 1);
	says(dir);
}

static void
test_properties_are_set_and_wrong_ones_refused(void **state)
{
	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	assert_int_equal(call("set $DIR temporary yes"), 0);
	assert_int_equal(call("set $DIR life-cycle activated"), 0);
	assert_int_equal(call("info $DIR"), 0);
	says("temporary");
	says("activated");
	assert_int_equal(call("set $DIR colour blue"), 1);
	says("colour");
	assert_int_equal(call("set $DIR temporary maybe"), 1);
}

static void
test_commands_are_sent_to_a_freshly_reset_card(void **state)
{
	static const char select_and_version[] =
		"apdu $DIR 80CA9F7F00 00A4040C0AE828BD080F014E585030 "
		"00CA011600";
	int i;

	(void)state;
	assert_int_equal(call("new $DIR --applet-version 4.1.3"), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(call(select_and_version), 0);
		says("9F7F");
		says("\n9000\n040103");
	}
	assert_int_equal(call("apdu $DIR 00A4zz"), 2);
	says("hexadecimal");
}

static void
test_a_removed_card_is_told_and_put_back(void **state)
{
	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	assert_int_equal(call("remove $DIR"), 0);
	assert_int_equal(call("apdu $DIR 00CA011600"), 1);
	says("jcop45-vcard insert");
	assert_int_equal(call("info $DIR"), 0);
	says("removed");
	assert_int_equal(call("insert $DIR"), 0);
	assert_int_equal(call("apdu $DIR 80CA9F7F00"), 0);
}

static void
test_a_short_only_reader_refuses_a_long_command(void **state)
{
	char arguments[1024] = "apdu $DIR 00CB3FFF000200";

	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	memset(arguments + strlen(arguments), '0', 2 * 300);
	assert_int_equal(call(arguments), 0);
	door_test_write(dir, "reader", "extended=no\n");
	assert_int_equal(call("info $DIR"), 0);
	says("short APDUs only");
	assert_int_equal(call(arguments), 1);
	says("extended=no");
}

static void
test_a_wrong_reader_option_is_named_with_its_line(void **state)
{
	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	door_test_write(dir, "reader", "\nextended=never\n");
	assert_int_equal(call("apdu $DIR 80CA9F7F00"), 1);
	says("reader:2: extended: expected yes or no");
	assert_int_equal(call("info $DIR"), 1);
	says("reader:2: extended: expected yes or no");
}

static void
test_a_trace_is_summed_up_by_name(void **state)
{
	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	door_test_write(dir, "reader", "trace = lines\n");
	assert_int_equal(
		call("apdu $DIR 80CA9F7F00 00A4040C0AE828BD080F014E585030"), 0);
	assert_int_equal(call("trace-summary $DIR/lines"), 0);
	says("get-data                      1          5");
	says("select                        1         15          2");
	says("total                         2         20");
	door_test_write(dir, "lines", "no trace\n");
	assert_int_equal(call("trace-summary $DIR/lines"), 1);
	says("lines:1: not a line of a trace");
}

static void
test_what_is_in_the_directory_is_private(void **state)
{
	static const char *const names[] = {
		"reader-state", "card.json", "session", "card.lock"};
	char path[512];
	struct stat status;
	size_t i;

	(void)state;
	assert_int_equal(call("new $DIR"), 0);
	assert_int_equal(call("apdu $DIR 80CA9F7F00"), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0077, 0);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_help_lists_all_commands_and_each_explains_itself),
		T(test_a_wrong_call_ends_with_2_and_a_usage),
		T(test_a_new_card_is_shown_without_its_secrets),
		T(test_options_reach_the_card),
		T(test_a_second_card_in_one_directory_is_refused),
		T(test_without_a_card_each_command_says_what_to_do),
		T(test_properties_are_set_and_wrong_ones_refused),
		T(test_commands_are_sent_to_a_freshly_reset_card),
		T(test_a_removed_card_is_told_and_put_back),
		T(test_a_short_only_reader_refuses_a_long_command),
		T(test_a_wrong_reader_option_is_named_with_its_line),
		T(test_a_trace_is_summed_up_by_name),
		T(test_what_is_in_the_directory_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
