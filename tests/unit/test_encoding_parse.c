/*
 * test_encoding_parse.c: descriptions are read as they are written: sections,
 * keys, kinds of values, comments, archives; and what is wrong is said with its
 * line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <unistd.h>
#include <zip.h>

#define D "[Description]\n"

static const struct encoding_value *
value(const struct job *job, enum encoding_key_id key)
{
	return &job->encoding.description.values[key];
}

/* --- kinds of values --- */

static void
a_switch_is_true_or_false_in_any_case(void **state)
{
	struct job *job = *state;

	job_parse(job, D "InitToken=TRUE\nSetPin=False\n");
	expect_no_error(job);
	assert_true(encoding_is_on(&job->encoding.description, KEY_INIT_TOKEN));
	assert_false(encoding_is_on(&job->encoding.description, KEY_SET_PIN));
	assert_true(encoding_has(&job->encoding.description, KEY_SET_PIN));
	assert_false(encoding_has(
		&job->encoding.description, KEY_READ_DATA_OBJECTS));
	job_parse(job, D "InitToken=yes\n");
	expect_error(job, RULE_VALUE, 2, "expected true or false");
}

static void
a_number_is_decimal(void **state)
{
	struct job *job = *state;
	static const char *const wrong[] = {"3072 bits", "0x800", "-1", "",
		"99999999999999999999", "#3072"};
	char text[128];
	size_t i;

	job_parse(job, "[Application_A]\nKeySize=3072\n");
	expect_no_error(job);
	assert_int_equal(
		job->encoding.applications[0].values[KEY_KEY_SIZE].number,
		3072);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[Application_A]\nKeySize=%s\n",
			wrong[i]);
		job_parse(job, text);
		expect_error(job, RULE_VALUE, 2, "expected a number");
	}
}

static void
a_name_is_plain_text(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Application_A]\nCertTempl=My Sig ; Templ # 1\n");
	expect_no_error(job);
	assert_string_equal(
		job->encoding.applications[0].values[KEY_CERT_TEMPLATE].text,
		"My Sig ; Templ # 1");
	job_parse(job, "[Application_A]\nCertTempl=#MySig\n");
	expect_error(job, RULE_VALUE, 2, "expected plain text");
}

static void
a_literal_has_a_number_sign(void **state)
{
	struct job *job = *state;

	job_parse(job, D "KeysetSkAdmin=#label:11\n"
			 "ef.id.familyName=#Martin #2 !\n"
			 "ef.id.firstName=#\n");
	expect_no_error(job);
	assert_int_equal(value(job, KEY_KEYSET_ADMIN)->kind, VALUE_LITERAL);
	assert_string_equal(value(job, KEY_KEYSET_ADMIN)->text, "label:11");
	assert_string_equal(
		value(job, KEY_EF_ID_FAMILY_NAME)->text, "Martin #2 !");
	assert_int_equal(value(job, KEY_EF_ID_FIRST_NAME)->kind, VALUE_LITERAL);
	assert_string_equal(value(job, KEY_EF_ID_FIRST_NAME)->text, "");
	job_parse(job, D "KeysetSkAdmin=\n");
	expect_error(job, RULE_VALUE, 2, "expected #text or the name of a");
}

static void
a_field_is_a_name_of_its_section(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Fields]\nlastname=\n" D "ef.id.familyName=LastName\n");
	expect_no_error(job);
	assert_int_equal(value(job, KEY_EF_ID_FAMILY_NAME)->kind, VALUE_FIELD);
	job_parse(job, "[Fields]\nlastname=\n" D "ef.id.familyName=lastnam\n");
	expect_error(job, RULE_FIELD_UNDECLARED, 4, "the nearest is lastname");
	job_parse(job, D "ef.id.familyName=Martin\n");
	expect_error(job, RULE_FIELD_UNDECLARED, 2, "write # before it");
}

static void
a_source_is_one_of_seven_words(void **state)
{
	static const struct {
		const char *word;
		enum encoding_source source;
		unsigned int fields;
	} words[] = {
		{"FROM_PROTECTED_AUTHENTICATION_PATH", SOURCE_PAD, 0},
		{"FROM_USER_DIALOG_1_FIELD", SOURCE_DIALOG_1, 1},
		{"FROM_USER_DIALOG_2_FIELD", SOURCE_DIALOG_2, 2},
		{"FROM_USER_DIALOG_3_FIELD", SOURCE_DIALOG_3, 3},
		{"FROM_USER_DIALOG_1_FIELD_AUTO", SOURCE_DIALOG_1_AUTO, 1},
		{"FROM_USER_DIALOG_2_FIELD_AUTO", SOURCE_DIALOG_2_AUTO, 2},
		{"from_user_dialog_3_field_auto", SOURCE_DIALOG_3_AUTO, 3},
	};
	struct job *job = *state;
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), D "PIN=!%s\n", words[i].word);
		job_parse(job, text);
		expect_no_error(job);
		assert_int_equal(value(job, KEY_PIN)->kind, VALUE_SOURCE);
		assert_int_equal(value(job, KEY_PIN)->source, words[i].source);
		assert_int_equal(encoding_source_fields(words[i].source),
			words[i].fields);
		assert_int_equal(encoding_source_is_auto(words[i].source),
			i >= SOURCE_DIALOG_1_AUTO);
	}
	job_parse(job, D "PIN=!FROM_USER_DIALOG_4_FIELD\n");
	expect_error(job, RULE_VALUE, 2, "a source as !FROM_PROTECTED");
	job_parse(job, D "KeysetSkAdmin=!FROM_USER_DIALOG_1_FIELD\n");
	expect_error(job, RULE_VALUE, 2, "expected #text");
}

static void
an_output_field_is_declared_too(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Fields]\nMADE=\n[Application_A]\n"
		       "CertKeyListReturnField=made\n");
	expect_no_error(job);
	assert_int_equal(
		job->encoding.applications[0].values[KEY_RETURN_FIELD].kind,
		VALUE_OUTPUT);
	job_parse(job, "[Application_A]\nCertKeyListReturnField=MADE\n");
	expect_error(job, RULE_FIELD_UNDECLARED, 2, "MADE");
	job_parse(job, "[Application_A]\nCertKeyListReturnField=#MADE\n");
	expect_error(job, RULE_VALUE, 2, "the field for the result");
}

static void
a_pin_in_the_file_is_refused_and_not_repeated(void **state)
{
	struct job *job = *state;

	job_parse(job, D "PIN=#246813\n");
	expect_error(job, RULE_VALUE, 2, "PIN = ...");
	assert_null(strstr(job->report.messages[0].text, "246813"));
	job_parse(job, D "PIN=246813\n");
	expect_error(job, RULE_FIELD_UNDECLARED, 2, "PIN: [Fields]");
	assert_null(strstr(job->report.messages[0].text, "246813"));
}

static void
a_password_in_the_file_is_warned_of(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Application_A]\nP12PASSWORD=#s3cret\n");
	expect_said(job, ENCODING_WARNING, RULE_SECRET_IN_FILE, 2,
		"P12PASSWORD stands in the description");
	assert_null(strstr(job->report.messages[0].text, "s3cret"));
}

/* --- syntax --- */

static void
keys_and_sections_are_read_in_any_case(void **state)
{
	struct job *job = *state;

	job_parse(job, "[FIELDS]\nx=\n[description]\nsignpin=X\nSETPIN=true\n"
		       "EF.ID.FAMILYNAME=#a\napplicationlist=a\n"
		       "[application_a]\nLOCATION=#MPP\n");
	expect_no_error(job);
	assert_true(encoding_has(&job->encoding.description, KEY_SIGN_PIN));
	assert_true(encoding_is_on(&job->encoding.description, KEY_SET_PIN));
	assert_true(encoding_has(
		&job->encoding.description, KEY_EF_ID_FAMILY_NAME));
	assert_non_null(encoding_application(&job->encoding, 'A'));
	assert_non_null(encoding_application(&job->encoding, 'a'));
	assert_null(encoding_application(&job->encoding, 'B'));
}

static void
comments_start_with_number_sign_or_semicolon(void **state)
{
	struct job *job = *state;

	/* Latin-1 in a comment is nobody's business. */
	job_parse(job, "# one\n; two = 2\n  # three\n\t;\xe9t\xe9\n" D
		       "#PIN=!NOTHING\nInitToken=true\r\n");
	expect_no_error(job);
	assert_false(encoding_has(&job->encoding.description, KEY_PIN));
	assert_int_equal(value(job, KEY_INIT_TOKEN)->line, 7);
}

static void
lines_have_any_length(void **state)
{
	struct job *job = *state;
	size_t len = 3000000;
	char *text = malloc(len + 64);
	int start;

	assert_non_null(text);
	start = sprintf(text, "[Application_A]\nRecoveryCertificateData=#");
	memset(text + start, 'A', len);
	strcpy(text + start + len, "\nKeySize=1\n");
	job_parse(job, text);
	expect_no_error(job);
	assert_int_equal(strlen(job->encoding.applications[0]
					 .values[KEY_RECOVERY_DATA]
					 .text),
		len);
	assert_int_equal(
		job->encoding.applications[0].values[KEY_KEY_SIZE].line, 3);
	free(text);
}

static void
wide_text_with_a_byte_order_mark_is_read(void **state)
{
	static const char ascii[] = D "InitToken=true\n";
	char wide[2 * sizeof(ascii)] = {(char)0xff, (char)0xfe};
	struct job *job = *state;
	size_t i;

	for (i = 0; i + 1 < sizeof(ascii); i++)
		wide[2 + 2 * i] = ascii[i];
	job_parse_bytes(job, wide, 2 * sizeof(ascii), false);
	expect_no_error(job);
	assert_true(encoding_is_on(&job->encoding.description, KEY_INIT_TOKEN));
	job_parse(job, "\xef\xbb\xbf# bom\n" D "InitToken=true\n");
	expect_no_error(job);
	assert_int_equal(value(job, KEY_INIT_TOKEN)->line, 3);
}

static void
an_unknown_key_is_an_error_with_line_and_nearest_key(void **state)
{
	struct job *job = *state;

	job_parse(job, D "\nKeysetSkAdmn=#x\n");
	expect_error(job, RULE_UNKNOWN_KEY, 3, "the nearest is KeysetSkAdmin");
	job_parse(job, D "Location=#mpp\n");
	expect_error(
		job, RULE_UNKNOWN_KEY, 2, "it belongs into [Application_...]");
	job_parse(job, D "Zzzzzz=1\n");
	expect_error(
		job, RULE_UNKNOWN_KEY, 2, "[Description] has no key Zzzzzz");
	assert_null(strstr(job->report.messages[0].text, "nearest"));
	job_parse(job, "[Fields]\nef.id.familyNam=\n");
	expect_error(
		job, RULE_UNKNOWN_KEY, 2, "the nearest is ef.id.familyName");
}

static void
lenient_makes_an_unknown_key_a_warning(void **state)
{
	static const char text[] = D "KeysetSkAdmn=#x\nInitToken=true\n";
	struct job *job = *state;

	job_parse_bytes(job, text, strlen(text), true);
	expect_said(job, ENCODING_WARNING, RULE_UNKNOWN_KEY, 2, "ignored");
	assert_true(encoding_is_on(&job->encoding.description, KEY_INIT_TOKEN));
}

static void
a_key_twice_is_an_error(void **state)
{
	struct job *job = *state;

	job_parse(job, D "InitToken=true\nSetPin=true\ninittoken=false\n");
	expect_error(job, RULE_DUPLICATE_KEY, 4, "on line 2");
	job_parse(job, "[Fields]\nA=\nB=\na=\n");
	expect_error(job, RULE_DUPLICATE_KEY, 4, "on line 2");
	/* ... in a section that goes on later, too */
	job_parse(job, D "InitToken=true\n[Fields]\n" D "InitToken=true\n");
	expect_error(job, RULE_DUPLICATE_KEY, 5, "on line 2");
	/* ... and if it was given empty before */
	job_parse(job, D "PKCS11Library=\nPKCS11Library=idopte\n");
	expect_error(job, RULE_DUPLICATE_KEY, 3, "on line 2");
	/* the same key in two applications is none */
	job_parse(job, "[Application_A]\nKeySize=1\n[Application_B]\n"
		       "KeySize=1\n");
	expect_no_error(job);
}

static void
an_unknown_section_is_an_error(void **state)
{
	struct job *job = *state;

	job_parse(job, D "[Feilds]\nA=\n");
	expect_error(job, RULE_SECTION, 2, "the nearest is [Fields]");
	job_parse(job, D "[Application_AB]\n");
	expect_error(job, RULE_SECTION, 2, "[Application_AB]");
	job_parse(job, D "[Application_1]\n");
	expect_error(job, RULE_SECTION, 2, "[Application_1]");
	/* up to the last bracket, in any letters */
	job_parse(job, D "[Fields]x]\nA=\n");
	expect_error(job, RULE_SECTION, 2, "[Fields]x]");
	job_parse(job, "[~~\xc3\xa9]~~~A]\nA=\n" D);
	expect_error(job, RULE_SECTION, 1, "[~~\xc3\xa9]~~~A]");
}

static void
a_line_that_is_nothing_is_an_error(void **state)
{
	struct job *job = *state;

	job_parse(job, D "InitToken\n");
	expect_error(job, RULE_SYNTAX, 2, "Equal sign is missing");
	job_parse(job, D "=true\n");
	expect_error(job, RULE_SYNTAX, 2, "Property name is missing");
	job_parse(job, D "\n[Fields\n");
	expect_error(job, RULE_SYNTAX, 3, "No closing bracket");
	job_parse(job, "InitToken=true\n" D);
	expect_error(job, RULE_SYNTAX, 1, "before the first section");
	job_parse(job, D "PIN=\xe9\n");
	expect_error(job, RULE_SYNTAX, 2, "not UTF-8");
	job_parse_bytes(job, D "PIN=a\0b\n", strlen(D) + 8, false);
	expect_error(job, RULE_SYNTAX, 2, "not UTF-8");
	job_parse(job, D "a\x19"
			 "b=1\n");
	expect_error(job, RULE_SYNTAX, 2, "a control character");
	job_parse(job, D "a!b=1\n");
	expect_error(job, RULE_SYNTAX, 2, "exclamation mark");
}

static void
more_lines_than_a_description_has_are_refused(void **state)
{
	struct job *job = *state;
	size_t lines = 10001;
	char *text = malloc(2 * lines + 1);

	assert_non_null(text);
	memset(text, '\n', 2 * lines);
	text[2 * lines] = '\0';
	job_parse(job, text);
	expect_error(job, RULE_FILE, 10001, "more than 10000 lines");
	free(text);
}

static void
the_header_is_checked(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Encoding]\nType=1024,Chip\nDevices=8710\n");
	expect_no_error(job);
	job_parse(job, "[Encoding]\nType=1024,Chip\nDevices=8700, 8710\n");
	expect_no_error(job);
	job_parse(job, "[Encoding]\nType=2048,Magstripe\nDevices=8710\n");
	expect_error(job, RULE_HEADER, 2, "something else than a chip");
	job_parse(job, "[Encoding]\nType=1024,Chip\nDevices=87100\n");
	expect_error(job, RULE_HEADER, 3, "8710");
}

/* --- the file --- */

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
load(struct job *job, const char *path)
{
	encoding_free(&job->encoding);
	encoding_report_free(&job->report);
	job->result = encoding_load(path, false, &job->encoding, &job->report);
}

static void
zip_with(const char *path, const char *const names[], const char *text)
{
	zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);

	assert_non_null(archive);
	for (; *names != NULL; names++)
		assert_true(zip_file_add(archive, *names,
				    zip_source_buffer(
					    archive, text, strlen(text), 0),
				    0) >= 0);
	assert_int_equal(zip_close(archive), 0);
}

static void
a_dsc_is_read_from_its_file(void **state)
{
	struct job *job = *state;

	write_file("parse-test.dsc", D "InitToken=true\n");
	load(job, "parse-test.dsc");
	expect_no_error(job);
	assert_true(encoding_is_on(&job->encoding.description, KEY_INIT_TOKEN));
	unlink("parse-test.dsc");
	load(job, "parse-test.dsc");
	expect_error(job, RULE_FILE, 0, "No such file");
	assert_int_equal(job->result, JCOP_ERR_NOT_FOUND);
}

static void
a_dsz_is_an_archive_with_one_dsc(void **state)
{
	static const char text[] = D "InitToken=true\n";
	struct job *job = *state;

	zip_with("parse-test.dsz",
		(const char *const[]){"readme.txt", "x/Job.DSC", NULL}, text);
	load(job, "parse-test.dsz");
	expect_no_error(job);
	assert_true(encoding_is_on(&job->encoding.description, KEY_INIT_TOKEN));
	zip_with("parse-test.dsz",
		(const char *const[]){"a.dsc", "b.dsc", NULL}, text);
	load(job, "parse-test.dsz");
	expect_error(job, RULE_FILE, 0, "has 2 descriptions");
	zip_with("parse-test.dsz", (const char *const[]){"a.txt", NULL}, text);
	load(job, "parse-test.dsz");
	expect_error(job, RULE_FILE, 0, "has 0 descriptions");
	write_file("parse-test.dsz", "PK\3\4 and nothing that follows");
	load(job, "parse-test.dsz");
	expect_error(job, RULE_FILE, 0, "the archive cannot be read");
	unlink("parse-test.dsz");
}

static void
what_a_mac_adds_to_an_archive_does_not_count(void **state)
{
	static const char text[] = D "InitToken=true\n";
	struct job *job = *state;

	zip_with("parse-test.dsz",
		(const char *const[]){
			"__MACOSX/._Job.dsc", "._x.dsc", "Job.dsc", NULL},
		text);
	load(job, "parse-test.dsz");
	expect_no_error(job);
	unlink("parse-test.dsz");
}

static void
an_archive_that_is_empty_or_has_a_password_is_told(void **state)
{
	/* the end of an archive, which is all of an empty one */
	static const char empty[22] = "PK\5\6";
	struct job *job = *state;
	FILE *file = fopen("parse-test.dsz", "w");
	zip_t *archive;

	assert_int_equal(fwrite(empty, sizeof(empty), 1, file), 1);
	fclose(file);
	load(job, "parse-test.dsz");
	expect_error(job, RULE_FILE, 0, "the archive is empty");
	zip_with("parse-test.dsz", (const char *const[]){"a.dsc", NULL}, D);
	archive = zip_open("parse-test.dsz", 0, NULL);
	assert_int_equal(
		zip_file_set_encryption(archive, 0, ZIP_EM_AES_256, "s3cret"),
		0);
	assert_int_equal(zip_close(archive), 0);
	load(job, "parse-test.dsz");
	expect_error(job, RULE_FILE, 0,
		"the archive has a password; unpack it first");
	unlink("parse-test.dsz");
}

static void
an_archive_that_grows_without_end_is_refused(void **state)
{
	struct job *job = *state;
	size_t len = ENCODING_MAX_SIZE + 1;
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, ' ', len);
	text[len] = '\0';
	zip_with("parse-test.dsz", (const char *const[]){"a.dsc", NULL}, text);
	load(job, "parse-test.dsz");
	expect_error(job, RULE_FILE, 0, "cannot be unpacked");
	assert_int_equal(job->result, JCOP_ERR_TOO_LONG);
	free(text);
	unlink("parse-test.dsz");
}

static void
the_field_of_a_secret_serves_nothing_else(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Fields]\nG=\n" D "PIN=G\nSignPIN=g\n"
		       "ef.id.familyName=g\n");
	expect_error(job, RULE_SECRET_SHARED, 6,
		"ef.id.familyName takes the field g, which is a secret: PIN");
	job_parse(job, "[Fields]\nG=\n[Application_B]\nP12PASSWORD=G\n"
		       "[Application_A]\nLocation=G\n");
	expect_error(job, RULE_SECRET_SHARED, 6, "P12PASSWORD takes it");
	job_parse(job, "[Fields]\nG=\n" D "PIN=G\nSignPIN=G\n");
	expect_no_error(job);
}

/* As where the # before a PKCS#12 is forgotten. */
static void
a_long_value_is_not_repeated_as_a_whole(void **state)
{
	static const char sixty[] = "MIIJfgIBAzCCCUQGCSqGSIb3DQEHAaCCCTUEggkx"
				    "MIIJLTCCA5cGCSqGSIb3";
	char text[256];
	struct job *job = *state;

	assert_int_equal(strlen(sixty), 60);
	snprintf(text, sizeof(text),
		"[Application_A]\nRecoveryCertificateData=%sXYZ\n", sixty);
	job_parse(job, text);
	snprintf(
		text, sizeof(text), "RecoveryCertificateData = %s...: ", sixty);
	expect_error(job, RULE_FIELD_UNDECLARED, 2, text);
	snprintf(text, sizeof(text), D "InitToken=%sXYZ\n", sixty);
	job_parse(job, text);
	snprintf(text, sizeof(text), "InitToken = %s...: expected", sixty);
	expect_error(job, RULE_VALUE, 2, text);
	/* 59 bytes and a character of two */
	snprintf(text, sizeof(text), D "InitToken=%.59s\xc3\xa9Z\n", sixty);
	job_parse(job, text);
	snprintf(text, sizeof(text), "InitToken = %.59s...: expected", sixty);
	expect_error(job, RULE_VALUE, 2, text);
}

/* --- the table --- */

static void
every_key_is_found_in_its_sections(void **state)
{
	enum encoding_key_id key;
	unsigned int section;

	(void)state;
	for (key = 0; key < KEY_COUNT; key++) {
		assert_non_null(encoding_keys[key].name);
		assert_non_null(encoding_keys[key].meaning);
		for (section = 1; section <= SECTION_APPLICATION; section *= 2)
			assert_int_equal(
				encoding_key_find(
					(enum encoding_section_kind)section,
					encoding_keys[key].name) == key,
				(encoding_keys[key].section & section) != 0);
	}
}

static void
names_may_have_any_letter(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Fields]\nPr\xc3\xa9nom=x\nA~41=y\n[Description]\n"
		       "ef.id.firstName=Pr\xc3\xa9nom\n");
	expect_no_error(job);
	assert_int_equal(job->encoding.field_count, 2);
	assert_string_equal(job->encoding.fields[0].name, "Pr\xc3\xa9nom");
	assert_string_equal(job->encoding.fields[1].name, "A~41");
	assert_int_equal(
		job->encoding.description.values[KEY_EF_ID_FIRST_NAME].kind,
		VALUE_FIELD);
}

static void
a_section_of_another_alphabet_is_told_with_its_line(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Description]\n[D\xc3\xa9scription]\nPIN=x\n");
	expect_error(job, RULE_SECTION, 2, "D\xc3\xa9scription");
}

/* As an editor of Windows leaves it. */
static void
lines_may_end_in_carriage_returns(void **state)
{
	struct job *job = *state;

	job_parse(job, "# a comment\r\n\r\n  \r\n[Description]\r\n"
		       "SetPin=true\r\n");
	expect_no_error(job);
	assert_true(encoding_is_on(&job->encoding.description, KEY_SET_PIN));
}

static void
sections_may_be_indented(void **state)
{
	struct job *job = *state;

	job_parse(job, "\t [Description]\n  SetPin = true \n");
	expect_no_error(job);
	assert_true(encoding_is_on(&job->encoding.description, KEY_SET_PIN));
}

static void
what_may_be_a_secret_is_not_repeated(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Application_A]\nP12PASSWORD=!geheim\n");
	expect_error(job, RULE_VALUE, 2, "P12PASSWORD = ...:");
	job_parse(job, "[Description]\nPIN=!geheim\n");
	expect_error(job, RULE_VALUE, 2, "PIN = ...:");
	job_parse(job, "[Description]\nPIN=!FROM_NOWHERE\n");
	expect_error(job, RULE_VALUE, 2, "PIN = !FROM_NOWHERE:");
}

static void
an_empty_word_is_none(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Encoding]\nType = 1024, Chip\nDevices=\n"
		       "[Description]\nPKCS11Library=\nApplicationList=\n");
	expect_no_error(job);
	assert_false(
		encoding_has(&job->encoding.description, KEY_APPLICATION_LIST));
	job_parse(job, "[Encoding]\nType=1024\n");
	expect_error(job, RULE_HEADER, 2, "expected 1024,Chip");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, job_setup, job_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_switch_is_true_or_false_in_any_case),
		TEST(a_number_is_decimal),
		TEST(a_name_is_plain_text),
		TEST(a_literal_has_a_number_sign),
		TEST(a_field_is_a_name_of_its_section),
		TEST(a_source_is_one_of_seven_words),
		TEST(an_output_field_is_declared_too),
		TEST(a_pin_in_the_file_is_refused_and_not_repeated),
		TEST(a_password_in_the_file_is_warned_of),
		TEST(keys_and_sections_are_read_in_any_case),
		TEST(comments_start_with_number_sign_or_semicolon),
		TEST(lines_have_any_length),
		TEST(wide_text_with_a_byte_order_mark_is_read),
		TEST(an_unknown_key_is_an_error_with_line_and_nearest_key),
		TEST(lenient_makes_an_unknown_key_a_warning),
		TEST(a_key_twice_is_an_error),
		TEST(names_may_have_any_letter),
		TEST(a_section_of_another_alphabet_is_told_with_its_line),
		TEST(lines_may_end_in_carriage_returns),
		TEST(sections_may_be_indented),
		TEST(what_may_be_a_secret_is_not_repeated),
		TEST(an_empty_word_is_none),
		TEST(an_unknown_section_is_an_error),
		TEST(a_line_that_is_nothing_is_an_error),
		TEST(more_lines_than_a_description_has_are_refused),
		TEST(the_header_is_checked),
		TEST(a_dsc_is_read_from_its_file),
		TEST(a_dsz_is_an_archive_with_one_dsc),
		TEST(what_a_mac_adds_to_an_archive_does_not_count),
		TEST(an_archive_that_is_empty_or_has_a_password_is_told),
		TEST(the_field_of_a_secret_serves_nothing_else),
		TEST(a_long_value_is_not_repeated_as_a_whole),
		TEST(an_archive_that_grows_without_end_is_refused),
		TEST(every_key_is_found_in_its_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
