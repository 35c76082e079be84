/*
 * test_encoding_fields.c: the values of fields: who gives them, which win,
 * what is missing, and secrets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text[] = "[Fields]\nlastname=\nfirst=Jeanne\nPINFIELD=\n"
			   "OUT=\nef.id.uin=\n"
			   "[Description]\n"
			   "ef.id.familyName=lastname\n"
			   "ef.id.firstName=first\n"
			   "SetPin=true\nInitialPUK=PINFIELD\n"
			   "PIN=!FROM_USER_DIALOG_2_FIELD\n";
#define LINE_FAMILY_NAME 8
#define LINE_FIRST_NAME 9
#define LINE_PUK 11

static int
setup(void **state)
{
	job_setup(state);
	job_parse(*state, text);
	expect_no_error(*state);
	return 0;
}

static int
give(struct job *job, const char *argument)
{
	job->message[0] = '\0';
	return encoding_fields_argument(&job->fields, argument, job->message);
}

static void
expect_text(
	const struct job *job, enum encoding_key_id key, const char *expected)
{
	struct jcop_bytes bytes = encoding_value_bytes(
		&job->fields, &job->encoding.description.values[key]);

	assert_int_equal(bytes.len, strlen(expected));
	if (bytes.len > 0)
		assert_memory_equal(bytes.data, expected, bytes.len);
}

static void
expect_message(const struct job *job, const char *part)
{
	if (strstr(job->message, part) == NULL)
		fail_msg("no '%s' in '%s'", part, job->message);
	assert_null(strstr(job->message, "s3cret"));
}

static void
put(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(
		write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

static void
a_value_is_given_by_name_in_any_case(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "LASTNAME=Martin = fils"), JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Martin = fils");
}

static void
a_value_is_the_content_of_a_file(void **state)
{
	struct job *job = *state;

	put("fields-test", "Martin\nfils\n", 0600);
	assert_int_equal(give(job, "lastname=@fields-test"), JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Martin\nfils");
	unlink("fields-test");
	assert_int_equal(give(job, "first=@fields-test"), JCOP_ERR_NOT_FOUND);
	expect_message(job, "fields-test cannot be read");
}

static void
a_secret_on_the_command_line_is_refused(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "PINFIELD=s3cret"), JCOP_ERR_ARGUMENT);
	expect_message(job, "PINFIELD=env:NAME");
	assert_false(encoding_value_is_supplied(&job->fields,
		&job->encoding.description.values[KEY_INITIAL_PUK]));
}

static void
a_secret_comes_from_environment_file_or_descriptor(void **state)
{
	struct job *job = *state;
	char argument[32];
	int ends[2];

	setenv("PUK", "123456", 1);
	assert_int_equal(give(job, "PINFIELD=env:PUK"), JCOP_OK);
	expect_text(job, KEY_INITIAL_PUK, "123456");

	job_parse(job, text);
	put("fields-test", "234567\r\nnext\n", 0600);
	assert_int_equal(give(job, "PINFIELD=file:fields-test"), JCOP_OK);
	expect_text(job, KEY_INITIAL_PUK, "234567");
	unlink("fields-test");

	job_parse(job, text);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "345678\nnext\n", 12), 12);
	snprintf(argument, sizeof(argument), "PINFIELD=fd:%d", ends[0]);
	assert_int_equal(give(job, argument), JCOP_OK);
	expect_text(job, KEY_INITIAL_PUK, "345678");
	/* the next line is still there */
	assert_int_equal(read(ends[0], argument, 5), 5);
	assert_memory_equal(argument, "next\n", 5);
	close(ends[0]);
	close(ends[1]);

	job_parse(job, text);
	unsetenv("PUK");
	assert_int_equal(give(job, "PINFIELD=env:PUK"), JCOP_ERR_UNTRUSTED);
	expect_message(job, "PUK is not set");
	assert_int_equal(give(job, "PINFIELD=fd:x"), JCOP_ERR_ARGUMENT);
}

static void
what_is_no_secret_comes_from_there_too(void **state)
{
	struct job *job = *state;

	setenv("NAME", "Martin", 1);
	assert_int_equal(give(job, "lastname=env:NAME"), JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Martin");
	/* only those of secrets are taken away */
	encoding_fields_clear_environment(&job->fields);
	assert_string_equal(getenv("NAME"), "Martin");
	unsetenv("NAME");
	assert_int_equal(give(job, "first=env:NAME"), JCOP_ERR_NOT_FOUND);
	expect_message(job, "NAME is not set");

	job_parse(job, text);
	put("fields-test", "Dupont\nnext\n", 0644);
	assert_int_equal(give(job, "lastname=file:fields-test"), JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Dupont");

	/* a text that begins so */
	job_parse(job, text);
	put("fields-test", "env:NAME\n", 0644);
	assert_int_equal(give(job, "lastname=@fields-test"), JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "env:NAME");
	unlink("fields-test");
}

static void
an_unknown_field_is_refused_with_the_nearest(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "lastnam=x"), JCOP_ERR_NOT_FOUND);
	expect_message(job, "the nearest is lastname");
	assert_int_equal(give(job, "nonsense"), JCOP_ERR_ARGUMENT);
	assert_int_equal(give(job, "lastname=x"), JCOP_OK);
	assert_int_equal(give(job, "LastName=y"), JCOP_ERR_ARGUMENT);
	expect_message(job, "given twice");
}

static int
take_file(struct job *job, const char *json, mode_t mode)
{
	int r;

	put("fields-test.json", json, mode);
	r = encoding_fields_file(
		&job->fields, "fields-test.json", &job->report, job->message);
	unlink("fields-test.json");
	return r;
}

static void
fields_come_from_a_file_of_json(void **state)
{
	struct job *job = *state;

	assert_int_equal(take_file(job,
				 "{\"lastname\": \"Mart\\u00efn\", "
				 "\"PINFIELD\": \"12345678\", "
				 "\"other\": \"x\"}",
				 0600),
		JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Mart\xc3\xafn");
	expect_text(job, KEY_INITIAL_PUK, "12345678");
	expect_said(job, ENCODING_NOTE, RULE_IGNORED, 0, "no field other");
}

static void
a_file_with_secrets_that_others_may_read_is_refused(void **state)
{
	struct job *job = *state;

	assert_int_equal(take_file(job, "{\"PINFIELD\": \"s3cret\"}", 0640),
		JCOP_ERR_UNTRUSTED);
	expect_message(job, "chmod 600");
	assert_int_equal(
		take_file(job, "{\"lastname\": \"Martin\"}", 0644), JCOP_OK);
}

static void
what_is_no_object_of_strings_is_refused(void **state)
{
	struct job *job = *state;

	assert_int_equal(take_file(job, "{\n\"lastname\" \"x\"}", 0600),
		JCOP_ERR_MALFORMED);
	expect_message(job, "fields-test.json:2:");
	assert_int_equal(take_file(job, "[]", 0600), JCOP_ERR_MALFORMED);
	assert_int_equal(
		take_file(job, "{\"lastname\": 1}", 0600), JCOP_ERR_MALFORMED);
	expect_message(job, "the field lastname: expected a string");
}

static void
a_name_that_differs_in_case_only_is_there_twice(void **state)
{
	struct job *job = *state;

	assert_int_equal(take_file(job,
				 "{\"lastname\": \"a\", "
				 "\"LASTNAME\": \"b\"}",
				 0600),
		JCOP_ERR_MALFORMED);
	expect_message(job, "LASTNAME twice");
	assert_false(encoding_value_is_supplied(&job->fields,
		&job->encoding.description.values[KEY_EF_ID_FAMILY_NAME]));
	/* another file is another matter */
	assert_int_equal(
		take_file(job, "{\"lastname\": \"a\"}", 0600), JCOP_OK);
	assert_int_equal(
		take_file(job, "{\"LASTNAME\": \"b\"}", 0600), JCOP_OK);
}

static void
a_file_may_begin_with_a_byte_order_mark(void **state)
{
	struct job *job = *state;

	assert_int_equal(
		take_file(job, "\xef\xbb\xbf{\"lastname\": \"Martin\"}", 0600),
		JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Martin");
}

static void
what_is_wrong_with_json_is_said_without_values(void **state)
{
	static const struct {
		const char *json, *part;
	} cases[] = {
		{"", "is empty"},
		{"\xef\xbb\xbf\r\n", "is empty"},
		{"{\"PINFIELD\":\n\"s3cret", ".json:2: "},
		{"{\"PINFIELD\": \"s3cret\"", "the end is missing"},
		{"{\"PINFIELD\": \"x\"} \"s3cret\"", "there is more after"},
		{"{\"PINFIELD\": \"x\",\n\"PINFIELD\": \"s3cret\"}",
			".json:2: a name stands there twice"},
		{"{\"PINFIELD\" \"s3cret\"}", ".json:1: ':' expected"},
		{"{\"PINFIELD\": s3cret}", "no JSON"},
		{"s3cret", "expected"},
		{"[\"s3cret\"]", "has a JSON list"},
		{"{\"PINFIELD\": \"s3cret\xff\"}", "no UTF-8"},
	};
	struct job *job = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(take_file(job, cases[i].json, 0600),
			JCOP_ERR_MALFORMED);
		expect_message(job, cases[i].part);
	}
}

static void
the_command_line_wins_over_the_file_and_both_over_the_description(void **state)
{
	struct job *job = *state;

	expect_text(job, KEY_EF_ID_FIRST_NAME, "Jeanne");
	assert_int_equal(give(job, "lastname=Martin"), JCOP_OK);
	assert_int_equal(take_file(job,
				 "{\"lastname\": \"Dupont\", "
				 "\"first\": \"Paul\"}",
				 0600),
		JCOP_OK);
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "Martin");
	expect_text(job, KEY_EF_ID_FIRST_NAME, "Paul");
}

static void
a_field_that_nobody_supplied_is_an_error(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "lastname=Martin"), JCOP_OK);
	encoding_fields_check(&job->fields, &job->report);
	expect_error(job, RULE_FIELD_MISSING, LINE_PUK,
		"--field PINFIELD=env:VARIABLE");
}

static void
only_an_explicitly_empty_one_clears(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "lastname="), JCOP_OK);
	setenv("PUK", "12345678", 1);
	assert_int_equal(give(job, "PINFIELD=env:PUK"), JCOP_OK);
	encoding_fields_check(&job->fields, &job->report);
	expect_no_error(job);
	assert_true(encoding_value_is_supplied(&job->fields,
		&job->encoding.description.values[KEY_EF_ID_FAMILY_NAME]));
	expect_text(job, KEY_EF_ID_FAMILY_NAME, "");
}

static void
an_empty_secret_is_an_error(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "lastname=x"), JCOP_OK);
	setenv("PUK", "", 1);
	assert_int_equal(give(job, "PINFIELD=env:PUK"), JCOP_OK);
	encoding_fields_check(&job->fields, &job->report);
	expect_error(job, RULE_FIELD_EMPTY, LINE_PUK, "PINFIELD is empty");
}

static void
text_has_to_be_utf8(void **state)
{
	struct job *job = *state;

	assert_int_equal(give(job, "lastname=Mart\xefn"), JCOP_OK);
	setenv("PUK", "12345678", 1);
	assert_int_equal(give(job, "PINFIELD=env:PUK"), JCOP_OK);
	encoding_fields_check(&job->fields, &job->report);
	expect_error(job, RULE_FIELD_TEXT, LINE_FAMILY_NAME, "not UTF-8");
}

static void
what_the_run_reads_goes_to_a_private_file(void **state)
{
	struct job *job = *state;
	struct stat status;
	json_t *read;

	/* with the name as [Fields] spells it */
	assert_int_equal(encoding_fields_output(
				 &job->fields, "EF.ID.UIN", json_string("42")),
		JCOP_OK);
	put("fields-test.out", "old", 0644);
	assert_int_equal(encoding_fields_write(
				 &job->fields, "fields-test.out", job->message),
		JCOP_OK);
	assert_int_equal(stat("fields-test.out", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	read = json_load_file("fields-test.out", 0, NULL);
	assert_string_equal(
		json_string_value(json_object_get(read, "ef.id.uin")), "42");
	json_decref(read);
	unlink("fields-test.out");
	assert_int_equal(
		encoding_fields_write(&job->fields, "/nowhere/x", job->message),
		JCOP_ERR_NOT_FOUND);
	expect_message(job, "/nowhere/x cannot be written");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, job_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_value_is_given_by_name_in_any_case),
		TEST(a_value_is_the_content_of_a_file),
		TEST(a_secret_on_the_command_line_is_refused),
		TEST(a_secret_comes_from_environment_file_or_descriptor),
		TEST(what_is_no_secret_comes_from_there_too),
		TEST(an_unknown_field_is_refused_with_the_nearest),
		TEST(fields_come_from_a_file_of_json),
		TEST(a_file_with_secrets_that_others_may_read_is_refused),
		TEST(what_is_no_object_of_strings_is_refused),
		TEST(a_name_that_differs_in_case_only_is_there_twice),
		TEST(a_file_may_begin_with_a_byte_order_mark),
		TEST(what_is_wrong_with_json_is_said_without_values),
		TEST(the_command_line_wins_over_the_file_and_both_over_the_description),
		TEST(a_field_that_nobody_supplied_is_an_error),
		TEST(only_an_explicitly_empty_one_clears),
		TEST(an_empty_secret_is_an_error),
		TEST(text_has_to_be_utf8),
		TEST(what_the_run_reads_goes_to_a_private_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
