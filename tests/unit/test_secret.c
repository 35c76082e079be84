/*
 * test_secret.c: secrets reach the tool by env, file, descriptor, standard
 * input or prompt, and no other way.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/blob.h"
#include "tool/secret.h"

static const struct tool_secret pin = {
	"pin", "global PIN", false, 16, NULL, true};
static const struct tool_secret new_pin = {
	"pin", "global PIN", true, 16, NULL, true};

static char message[TOOL_MESSAGE_SIZE];

static void
expect_secret(const char *source, const char *expected)
{
	struct jcop_blob value = JCOP_BLOB_INIT;

	message[0] = '\0';
	if (tool_secret_read(&pin, source, &value, message) != JCOP_OK)
		fail_msg("%s: %s", source, message);
	assert_int_equal(value.len, strlen(expected));
	assert_memory_equal(value.data, expected, value.len);
	jcop_blob_free(&value);
}

static void
expect_refused(const char *source, int error, const char *text)
{
	struct jcop_blob value = JCOP_BLOB_INIT;

	message[0] = '\0';
	assert_int_equal(
		tool_secret_read(&pin, source, &value, message), error);
	if (strstr(message, text) == NULL)
		fail_msg("no '%s' in '%s'", text, message);
	/* nothing is left, and nothing was told */
	assert_null(value.data);
	assert_null(strstr(message, "s3cret"));
}

/* A descriptor that gives TEXT and then ends. */
static int
pipe_with(const char *text)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
		write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	return ends[0];
}

static const char *
file_with(const char *text)
{
	static char source[64];
	char path[] = "/tmp/jcop45-secret-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	snprintf(source, sizeof(source), "file:%s", path);
	return source;
}

static void
remove_source(const char *source)
{
	assert_int_equal(unlink(source + strlen("file:")), 0);
}

static void
an_environment_variable_is_a_source(void **state)
{
	(void)state;
	setenv("TEST_PIN", "1234", 1);
	expect_secret("env:TEST_PIN", "1234");
	setenv("TEST_PIN", "", 1);
	expect_refused("env:TEST_PIN", JCOP_ERR_MALFORMED, "empty");
	setenv("TEST_PIN", "s3cret-s3cret-s3cret", 1);
	expect_refused("env:TEST_PIN", JCOP_ERR_TOO_LONG, "longer than 16");
	unsetenv("TEST_PIN");
	expect_refused("env:TEST_PIN", JCOP_ERR_NOT_FOUND, "TEST_PIN");
}

static void
the_first_line_of_a_file_is_a_source(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"1234\n", "1234"},
		{"1234", "1234"},
		{"1234\r\n", "1234"},
		{"1234\n5678\n", "1234"},
		{" 12 34 \n", " 12 34 "},
		{"1234567890123456\n", "1234567890123456"},
		{"1234567890123456\r\n", "1234567890123456"},
	};
	const char *source;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		source = file_with(cases[i].text);
		expect_secret(source, cases[i].value);
		remove_source(source);
	}
}

static void
an_unusable_file_is_named(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *message;
	} cases[] = {
		{"", JCOP_ERR_NOT_FOUND, "no line"},
		{"\n1234\n", JCOP_ERR_MALFORMED, "empty"},
		{"\r\n", JCOP_ERR_MALFORMED, "empty"},
		{"s3cret67890123456", JCOP_ERR_TOO_LONG, "longer than 16"},
		{"s3cret6789012345678", JCOP_ERR_TOO_LONG, "longer than 16"},
	};
	const char *source;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		source = file_with(cases[i].text);
		expect_refused(source, cases[i].error, cases[i].message);
		remove_source(source);
	}
	expect_refused("file:/nowhere/pin", JCOP_ERR_NOT_FOUND, "/nowhere/pin");
	expect_refused("file:/tmp", JCOP_ERR_NOT_FOUND, "directory");
}

static void
each_secret_takes_the_next_line_of_a_descriptor(void **state)
{
	char source[16];
	int fd = pipe_with("first\nsecond\nthird");

	(void)state;
	snprintf(source, sizeof(source), "fd:%d", fd);
	expect_secret(source, "first");
	expect_secret(source, "second");
	expect_secret(source, "third");
	expect_refused(source, JCOP_ERR_NOT_FOUND, "no line");
	close(fd);
	expect_refused(source, JCOP_ERR_NOT_FOUND, "descriptor");
}

static void
each_secret_takes_the_next_line_of_stdin(void **state)
{
	int fd = pipe_with("first\nsecond\n"), saved = dup(0);

	(void)state;
	dup2(fd, 0);
	close(fd);
	expect_secret("stdin", "first");
	expect_secret("stdin", "second");
	expect_refused("stdin", JCOP_ERR_NOT_FOUND, "stdin has no line");
	dup2(saved, 0);
	close(saved);
}

static void
a_literal_is_refused_with_the_reason(void **state)
{
	static const char *const literals[] = {
		"s3cret", "pass:s3cret", "", "STDIN", "stdin "};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		expect_refused(literals[i], JCOP_ERR_ARGUMENT, "history");
		assert_non_null(strstr(message, "env:NAME"));
		message[0] = '\0';
		assert_int_equal(tool_secret_check(&pin, literals[i], message),
			JCOP_ERR_ARGUMENT);
		assert_null(strstr(message, "s3cret"));
	}
}

static void
a_source_without_its_name_or_number_says_so(void **state)
{
	static const char *const sources[] = {"env:", "file:", "fd:", "fd:x",
		"fd:-1", "fd:1x", "fd: 1", "fd:s3cret",
		"fd:99999999999999999999"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		expect_refused(
			sources[i], JCOP_ERR_ARGUMENT, "is missing after");
		assert_null(strstr(message, "history"));
	}
}

static void
a_source_is_checked_without_being_read(void **state)
{
	static const char *const sources[] = {
		"env:NOT_SET_AT_ALL", "file:/nowhere", "fd:250", "stdin", NULL};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		assert_int_equal(
			tool_secret_check(&pin, sources[i], message), JCOP_OK);
}

/* --- at a terminal --- */

/* In a child with a terminal of its own: asks, exits 0 if the answer is
 * EXPECTED, 10 minus the error else. */
static void
child_asks(const struct tool_secret *secret, const char *expected)
{
	struct jcop_blob value = JCOP_BLOB_INIT;
	struct termios before, after;
	int r;

	if (tcgetattr(0, &before) != 0)
		_exit(100);
	r = tool_secret_read(secret, NULL, &value, message);
	if (tcgetattr(0, &after) != 0 || before.c_lflag != after.c_lflag)
		_exit(101);
	if (r != JCOP_OK)
		_exit(10 - r);
	r = value.len == strlen(expected) &&
			    memcmp(value.data, expected, value.len) == 0
		    ? 0
		    : 102;
	jcop_blob_free(&value);
	_exit(r);
}

/* Reads what the terminal shows until TEXT is there or it ends. */
static void
wait_for(int terminal, char *shown, size_t size, const char *text)
{
	size_t len = strlen(shown);
	ssize_t got = 1;

	while (got > 0 && strstr(shown, text) == NULL && len + 1 < size) {
		got = read(terminal, shown + len, size - 1 - len);
		if (got > 0)
			len += (size_t)got;
		shown[len] = '\0';
	}
}

/* Types the lines at the prompts "...: "; returns the status of waitpid. */
static int
type_at_prompt(const struct tool_secret *secret, const char *expected,
	const char *const *lines, char *shown, size_t size)
{
	const char *first = secret->is_new ? "New global PIN: "
			    : secret->note != NULL
				    ? "Global PIN (3 tries left): "
				    : "Global PIN: ";
	const char *const prompts[] = {first, "New global PIN, once more: "};
	int terminal, status = -1, i;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	assert_true(pid >= 0);
	if (pid == 0)
		child_asks(secret, expected);
	shown[0] = '\0';
	for (i = 0; i < 2 && lines[i] != NULL; i++) {
		wait_for(terminal, shown, size, prompts[i]);
		assert_non_null(strstr(shown, prompts[i]));
		assert_int_equal(write(terminal, lines[i], strlen(lines[i])),
			(ssize_t)strlen(lines[i]));
	}
	wait_for(terminal, shown, size, "never shown");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(terminal);
	return status;
}

static void
expect_prompt(const struct tool_secret *secret, const char *first,
	const char *second, const char *expected, int exit_status)
{
	const char *const lines[] = {first, second};
	char shown[1024];
	int status;

	status = type_at_prompt(secret, expected, lines, shown, sizeof(shown));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), exit_status);
	assert_null(strstr(shown, "s3cret"));
}

static void
a_person_is_asked_without_echo(void **state)
{
	(void)state;
	expect_prompt(&pin, "s3cret\n", NULL, "s3cret", 0);
}

static void
a_new_secret_is_typed_twice(void **state)
{
	(void)state;
	expect_prompt(&new_pin, "s3cret\n", "s3cret\n", "s3cret", 0);
	expect_prompt(
		&new_pin, "s3cret\n", "s3crez\n", "", 10 - JCOP_ERR_MALFORMED);
}

static void
the_tries_left_are_told_with_the_question(void **state)
{
	static const struct tool_secret noted = {
		"pin", "global PIN", false, 16, "3 tries left", false};

	(void)state;
	expect_prompt(&noted, "s3cret\n", NULL, "s3cret", 0);
}

/* Whoever reads the file, reads the secret. */
static void
a_file_that_everybody_can_read_is_refused(void **state)
{
	char path[] = "/tmp/test_secret.XXXXXX", source[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "s3cret\n", 7), 7);
	snprintf(source, sizeof(source), "file:%s", path);
	assert_int_equal(fchmod(fd, 0644), 0);
	expect_refused(source, JCOP_ERR_ARGUMENT, "chmod 600");
	assert_int_equal(fchmod(fd, 0640), 0);
	expect_secret(source, "s3cret");
	close(fd);
	unlink(path);
}

static void
a_pin_pad_is_a_source_where_it_may_be(void **state)
{
	static const struct tool_secret passphrase = {
		"passphrase", "passphrase", false, 16, NULL, false};

	(void)state;
	assert_int_equal(tool_secret_check(&pin, "pinpad", message), JCOP_OK);
	assert_true(tool_secret_is_pinpad("pinpad"));
	assert_false(tool_secret_is_pinpad("pinpad "));
	assert_false(tool_secret_is_pinpad("stdin"));
	assert_false(tool_secret_is_pinpad(NULL));
	assert_int_equal(tool_secret_check(&passphrase, "pinpad", message),
		JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "PIN pad"));
}

static void
an_empty_or_long_line_is_refused_at_the_prompt(void **state)
{
	(void)state;
	expect_prompt(&pin, "\n", NULL, "", 10 - JCOP_ERR_MALFORMED);
	expect_prompt(&pin, "s3cret-s3cret-s3cret\n", NULL, "",
		10 - JCOP_ERR_TOO_LONG);
	/* end of file at the prompt */
	expect_prompt(&pin, "\004", NULL, "", 10 - JCOP_ERR_NOT_FOUND);
}

/* Leads the session of the terminal and looks at it after the one who asks
 * was interrupted. Exits 0 if the echo is back and SIGINT ended the other. */
static void
look_after_interrupt(void)
{
	struct termios before, after;
	int status = -1;
	pid_t pid;

	signal(SIGINT, SIG_IGN);
	if (tcgetattr(0, &before) != 0 || (before.c_lflag & ECHO) == 0)
		_exit(100);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		child_asks(&pin, "");
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
		WTERMSIG(status) != SIGINT)
		_exit(101);
	_exit(tcgetattr(0, &after) == 0 && before.c_lflag == after.c_lflag
			? 0
			: 102);
}

static void
an_interrupt_gives_the_terminal_back_first(void **state)
{
	char shown[1024] = "";
	int terminal, status = -1;
	pid_t pid;

	(void)state;
	pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0)
		look_after_interrupt();
	wait_for(terminal, shown, sizeof(shown), "Global PIN: ");
	assert_int_equal(write(terminal, "s3c\003", 4), 4);
	wait_for(terminal, shown, sizeof(shown), "never shown");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_null(strstr(shown, "s3c"));
	close(terminal);
}

static void
without_a_terminal_the_option_is_named(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct jcop_blob value = JCOP_BLOB_INIT;
		int r;

		setsid();
		r = tool_secret_read(&pin, NULL, &value, message);
		_exit(r == JCOP_ERR_NOT_FOUND &&
					strstr(message, "--pin") != NULL
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_environment_variable_is_a_source),
		cmocka_unit_test(the_first_line_of_a_file_is_a_source),
		cmocka_unit_test(an_unusable_file_is_named),
		cmocka_unit_test(
			each_secret_takes_the_next_line_of_a_descriptor),
		cmocka_unit_test(each_secret_takes_the_next_line_of_stdin),
		cmocka_unit_test(a_literal_is_refused_with_the_reason),
		cmocka_unit_test(a_source_without_its_name_or_number_says_so),
		cmocka_unit_test(a_source_is_checked_without_being_read),
		cmocka_unit_test(a_person_is_asked_without_echo),
		cmocka_unit_test(a_new_secret_is_typed_twice),
		cmocka_unit_test(the_tries_left_are_told_with_the_question),
		cmocka_unit_test(a_file_that_everybody_can_read_is_refused),
		cmocka_unit_test(a_pin_pad_is_a_source_where_it_may_be),
		cmocka_unit_test(
			an_empty_or_long_line_is_refused_at_the_prompt),
		cmocka_unit_test(an_interrupt_gives_the_terminal_back_first),
		cmocka_unit_test(without_a_terminal_the_option_is_named),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
