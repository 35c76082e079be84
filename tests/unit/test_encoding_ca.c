/*
 * test_encoding_ca.c: a CA that is a command, and one that is asked between
 * two visits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "encoding/ca.h"
#include "encoding/requests.h"

#define SCRIPT "./ca-test.sh"

static char message[ENCODING_MESSAGE_SIZE];

static const struct encoding_ca_request archival = {
	.kind = REQUEST_ARCHIVAL,
	.id = "2501-B",
	.template = "My Enc",
	.location = "mpp",
	.bits = 3072,
	.iccsn = "2501",
	.subject = "CN=x; rm -rf /",
	.password = {(const uint8_t *)"s3cret", 6},
};

static void
script(const char *text)
{
	int fd = open(SCRIPT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int
run(const struct encoding_ca_request *request, unsigned int seconds,
	struct jcop_blob *answer)
{
	char *const command[] = {SCRIPT, "first", "second word", NULL};

	message[0] = '\0';
	return encoding_ca_run(command, request, seconds, answer, message);
}

static void
expect_answer(const struct encoding_ca_request *request, const char *expected)
{
	struct jcop_blob answer = JCOP_BLOB_INIT;

	if (run(request, 20, &answer) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(jcop_blob_append_u8(&answer, 0), JCOP_OK);
	assert_string_equal((char *)answer.data, expected);
	jcop_blob_free(&answer);
}

static void
expect_failure(unsigned int seconds, int error, const char *part)
{
	struct jcop_blob answer = JCOP_BLOB_INIT;

	assert_int_equal(run(&archival, seconds, &answer), error);
	if (strstr(message, part) == NULL)
		fail_msg("no '%s' in '%s'", part, message);
	assert_null(answer.data);
}

static void
the_command_is_told_in_its_environment(void **state)
{
	(void)state;
	/* What an outer run left is gone, what is the CA's own is not. */
	setenv("JCOP_DUMMY_SIGNATURE", "yes", 1);
	setenv("CA_DIR", "x", 1);
	script("#!/bin/sh\n"
	       "echo \"$1|$2|$JCOP_REQUEST|$JCOP_REQUEST_ID|$JCOP_TEMPLATE\"\n"
	       "echo \"$JCOP_LOCATION|$JCOP_KEY_SIZE|$JCOP_ICCSN\"\n"
	       "echo \"$JCOP_SUBJECT|$JCOP_DUMMY_SIGNATURE|$CA_DIR\"\n");
	expect_answer(&archival, "first|second word|archival|2501-B|My Enc\n"
				 "mpp|3072|2501\nCN=x; rm -rf /||x\n");
	unsetenv("JCOP_DUMMY_SIGNATURE");
	unsetenv("CA_DIR");
}

static void
the_password_comes_on_descriptor_3_and_nowhere_else(void **state)
{
	struct encoding_ca_request pkcs10 = archival;

	(void)state;
	script("#!/bin/sh\nenv | grep -c s3cret\n"
	       "tr '\\0' ' ' </proc/$$/cmdline | grep -c s3cret\n"
	       "echo $JCOP_P12PASSWORD_FD; cat <&3\n");
	expect_answer(&archival, "0\n0\n3\ns3cret");
	pkcs10.password = jcop_bytes_of(NULL, 0);
	script("#!/bin/sh\necho \"<$JCOP_P12PASSWORD_FD>\"\n"
	       "[ -e /proc/$$/fd/3 ] || echo closed\n");
	expect_answer(&pkcs10, "<>\nclosed\n");
}

static void
no_other_descriptor_is_handed_on(void **state)
{
	int leak = fcntl(STDERR_FILENO, F_DUPFD, 7);

	(void)state;
	assert_true(leak >= 7);
	/* the shell's own of the script is 10 or above, closed on exec */
	script("#!/bin/sh\nexec ls /proc/self/fd\n");
	/* 4 is the directory that ls reads */
	expect_answer(&archival, "0\n1\n2\n3\n4\n");
	close(leak);
}

static void
the_request_is_on_standard_input(void **state)
{
	/* Any odd number will do for a throw-away signature. */
	static const uint8_t modulus[] = {0xc5, 0x03}, exponent[] = {3};
	struct encoding_ca_request request = archival;
	struct jcop_blob der = JCOP_BLOB_INIT;
	char *pem;

	(void)state;
	script("#!/bin/sh\nwc -c\n");
	expect_answer(&archival, "0\n");
	assert_int_equal(encoding_request_make("CN=x", JCOP_BYTES(modulus),
				 JCOP_BYTES(exponent), NULL, &der, message),
		JCOP_OK);
	request.kind = REQUEST_PKCS10;
	request.request = jcop_blob_view(&der);
	request.dummy = true;
	pem = encoding_request_pem(request.request, true);
	script("#!/bin/sh\n[ \"$JCOP_DUMMY_SIGNATURE\" = yes ] && cat\n");
	expect_answer(&request, pem);
	free(pem);
	jcop_blob_free(&der);
}

static void
what_is_no_request_is_not_sent(void **state)
{
	static const uint8_t der[] = {0x30, 0x03, 0x02, 0x01, 0x00};
	struct encoding_ca_request request = archival;
	struct jcop_blob answer = JCOP_BLOB_INIT;

	(void)state;
	script("#!/bin/sh\ncat\n");
	request.kind = REQUEST_PKCS10;
	request.request = JCOP_BYTES(der);
	assert_int_equal(run(&request, 5, &answer), JCOP_ERR_MALFORMED);
	assert_non_null(strstr(message, "is no PKCS#10"));
}

static void
who_does_not_read_the_request_may_answer(void **state)
{
	(void)state;
	script("#!/bin/sh\nexec <&-\necho done\n");
	expect_answer(&archival, "done\n");
}

static void
a_command_that_fails_is_an_error(void **state)
{
	(void)state;
	script("#!/bin/sh\necho half\nexit 3\n");
	expect_failure(20, JCOP_ERR_UNSUPPORTED, "failed with status 3");
	script("#!/bin/sh\nkill -KILL $$\n");
	expect_failure(20, JCOP_ERR_UNSUPPORTED, "ended by signal 9");
	script("#!/bin/sh\n");
	expect_failure(20, JCOP_ERR_UNSUPPORTED, "gave no answer");
}

static void
a_command_that_is_not_there_is_an_error(void **state)
{
	char *const command[] = {"./no-such-ca", NULL};
	struct jcop_blob answer = JCOP_BLOB_INIT;

	(void)state;
	assert_int_equal(
		encoding_ca_run(command, &archival, 5, &answer, message),
		JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "./no-such-ca cannot be run"));
}

/* The process whose number is in ca-test.pid. */
static void
expect_gone(void)
{
	char text[32] = "";
	int pid, fd = open("ca-test.pid", O_RDONLY);

	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	pid = atoi(text);
	assert_true(pid > 1);
	/* gone, or waiting for its new parent to notice */
	snprintf(text, sizeof(text), "/proc/%d/cmdline", pid);
	fd = open(text, O_RDONLY);
	assert_true(fd < 0 || read(fd, text, 1) <= 0);
	if (fd >= 0)
		close(fd);
	unlink("ca-test.pid");
}

static void
a_command_that_takes_too_long_is_ended_with_its_children(void **state)
{
	struct timespec before, after;

	(void)state;
	unlink("ca-test.pid");
	script("#!/bin/sh\nsleep 60 & echo $! >ca-test.pid; wait\n");
	clock_gettime(CLOCK_MONOTONIC, &before);
	expect_failure(1, JCOP_ERR_UNSUPPORTED, "did not end in time");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_in_range(after.tv_sec - before.tv_sec, 1, 5);
	expect_gone();
	/* one that closes its output and stays is ended, too */
	script("#!/bin/sh\nexec >&-\nsleep 60\n");
	expect_failure(1, JCOP_ERR_UNSUPPORTED, "did not end in time");
}

static void
a_signal_that_ends_us_ends_the_command_first(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	const struct timespec pause = {0, 20000000};
	struct jcop_blob answer = JCOP_BLOB_INIT;
	size_t i, k;
	int status;
	pid_t pid;

	(void)state;
	script("#!/bin/sh\nsleep 60 & echo $! >ca-test.new\n"
	       "mv ca-test.new ca-test.pid; wait\n");
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		unlink("ca-test.pid");
		pid = fork();
		if (pid == 0) {
			signal(signals[i], SIG_DFL);
			(void)!run(&archival, 30, &answer);
			_exit(0);
		}
		for (k = 0; k < 500 && access("ca-test.pid", F_OK) != 0; k++)
			nanosleep(&pause, NULL);
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		expect_gone();
	}
}

static void
an_endless_answer_is_refused(void **state)
{
	(void)state;
	script("#!/bin/sh\nexec yes\n");
	expect_failure(20, JCOP_ERR_TOO_LONG, "the answer of the CA command");
}

static void
a_command_is_split_at_blanks_and_nothing_else(void **state)
{
	char **command = encoding_command_split("  ca \t'a b' $HOME;x ");

	(void)state;
	assert_string_equal(command[0], "ca");
	assert_string_equal(command[1], "'a");
	assert_string_equal(command[2], "b'");
	assert_string_equal(command[3], "$HOME;x");
	assert_null(command[4]);
	encoding_command_free(command);
	assert_null(encoding_command_split(""));
	assert_null(encoding_command_split(" \t"));
	command = encoding_command_split("a");
	assert_string_equal(command[0], "a");
	assert_null(command[1]);
	encoding_command_free(command);
}

/* --- directories --- */

static void
requests_lie_in_private_files_without_the_password(void **state)
{
	struct stat status;
	json_t *file;
	char *text;

	(void)state;
	mkdir("ca-test.dir", 0700);
	assert_int_equal(
		encoding_ca_write("ca-test.dir", &archival, message), JCOP_OK);
	assert_int_equal(stat("ca-test.dir/2501-B.json", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_not_equal(access("ca-test.dir/2501-B.csr", F_OK), 0);
	file = json_load_file("ca-test.dir/2501-B.json", 0, NULL);
	assert_string_equal(
		json_string_value(json_object_get(file, "template")), "My Enc");
	assert_int_equal(
		json_integer_value(json_object_get(file, "key-size")), 3072);
	text = json_dumps(file, 0);
	assert_null(strstr(text, "s3cret"));
	free(text);
	json_decref(file);
	unlink("ca-test.dir/2501-B.json");
}

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
answers_are_found_by_their_name(void **state)
{
	struct encoding_ca_request pkcs10 = archival;
	struct jcop_blob answer = JCOP_BLOB_INIT;

	(void)state;
	pkcs10.kind = REQUEST_PKCS10;
	mkdir("ca-test.dir", 0700);
	assert_int_equal(
		encoding_ca_read("ca-test.dir", &pkcs10, &answer, message),
		JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "no answer to the request 2501-B"));
	/* an archive is no certificate, and the other way round */
	put("ca-test.dir/2501-B.p12", "archive");
	assert_int_equal(
		encoding_ca_read("ca-test.dir", &pkcs10, &answer, message),
		JCOP_ERR_NOT_FOUND);
	assert_int_equal(
		encoding_ca_read("ca-test.dir", &archival, &answer, message),
		JCOP_OK);
	assert_memory_equal(answer.data, "archive", 7);
	put("ca-test.dir/2501-B.cer", "certificate");
	assert_int_equal(
		encoding_ca_read("ca-test.dir", &pkcs10, &answer, message),
		JCOP_OK);
	assert_memory_equal(answer.data, "certificate", 11);
	jcop_blob_free(&answer);
	unlink("ca-test.dir/2501-B.p12");
	unlink("ca-test.dir/2501-B.cer");
	rmdir("ca-test.dir");
}

static int
clean(void **state)
{
	(void)state;
	unlink(SCRIPT);
	rmdir("ca-test.dir");
	return 0;
}

static void
a_variable_may_be_withheld(void **state)
{
	struct encoding_ca_request request = archival;

	(void)state;
	request.withheld = "HSM_PIN";
	setenv("HSM_PIN", "1234", 1);
	setenv("HSM_PIN_2", "kept", 1);
	script("#!/bin/sh\necho \"<$HSM_PIN$HSM_PIN_2>\"\n");
	expect_answer(&request, "<kept>\n");
	unsetenv("HSM_PIN");
	unsetenv("HSM_PIN_2");
}

/* Some daemons have it so, and then no process's end is told. */
static void
a_failure_is_seen_where_ends_are_ignored(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	script("#!/bin/sh\necho partial\nexit 3\n");
	expect_failure(20, JCOP_ERR_UNSUPPORTED, "failed with status 3");
	assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

static void
what_a_command_leaves_behind_is_not_waited_for(void **state)
{
	(void)state;
	script("#!/bin/sh\nsleep 60 &\necho done\n");
	expect_answer(&archival, "done\n");
}

static void
a_command_has_no_terminal_to_wait_at(void **state)
{
	(void)state;
	script("#!/bin/sh\n( : </dev/tty ) 2>/dev/null && echo yes\n"
	       "[ \"$(ps -o sid= -p $$)\" -eq $$ ] && echo own\n");
	expect_answer(&archival, "own\n");
}

static void
request_ids_are_of_card_job_and_application(void **state)
{
	char id[ENCODING_REQUEST_ID_SIZE];

	(void)state;
	encoding_request_id("2501", 'B', "", id);
	assert_string_equal(id, "2501-B");
	encoding_request_id("2501", 'B', "0a0b0c0d", id);
	assert_string_equal(id, "2501-0a0b0c0d-B");
}

static void
an_answer_from_before_is_refused(void **state)
{
	static const struct encoding_section application = {.letter = 'B'};
	static struct encoding_plan plan = {.count = 1,
		.steps = {{.kind = STEP_ISSUE,
			.state = STATE_LATER,
			.request = REQUEST_ARCHIVAL,
			.application = &application}}};
	FILE *file;

	(void)state;
	mkdir("ca-test.dir", 0700);
	assert_int_equal(
		encoding_ca_check_new("ca-test.dir", &plan, "2501", message),
		JCOP_OK);
	file = fopen("ca-test.dir/2501-B.pfx", "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(
		encoding_ca_check_new("ca-test.dir", &plan, "2501", message),
		JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "2501-B.pfx is there already"));
	plan.steps[0].state = STATE_TO_DO;
	assert_int_equal(
		encoding_ca_check_new("ca-test.dir", &plan, "2501", message),
		JCOP_OK);
	unlink("ca-test.dir/2501-B.pfx");
	rmdir("ca-test.dir");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_is_told_in_its_environment),
		cmocka_unit_test(
			the_password_comes_on_descriptor_3_and_nowhere_else),
		cmocka_unit_test(a_variable_may_be_withheld),
		cmocka_unit_test(a_failure_is_seen_where_ends_are_ignored),
		cmocka_unit_test(
			what_a_command_leaves_behind_is_not_waited_for),
		cmocka_unit_test(a_command_has_no_terminal_to_wait_at),
		cmocka_unit_test(request_ids_are_of_card_job_and_application),
		cmocka_unit_test(an_answer_from_before_is_refused),
		cmocka_unit_test(no_other_descriptor_is_handed_on),
		cmocka_unit_test(the_request_is_on_standard_input),
		cmocka_unit_test(what_is_no_request_is_not_sent),
		cmocka_unit_test(who_does_not_read_the_request_may_answer),
		cmocka_unit_test(a_command_that_fails_is_an_error),
		cmocka_unit_test(a_command_that_is_not_there_is_an_error),
		cmocka_unit_test(
			a_command_that_takes_too_long_is_ended_with_its_children),
		cmocka_unit_test(a_signal_that_ends_us_ends_the_command_first),
		cmocka_unit_test(an_endless_answer_is_refused),
		cmocka_unit_test(a_command_is_split_at_blanks_and_nothing_else),
		cmocka_unit_test(
			requests_lie_in_private_files_without_the_password),
		cmocka_unit_test(answers_are_found_by_their_name),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
