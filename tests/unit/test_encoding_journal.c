/*
 * test_encoding_journal.c: what is kept of a job, and where an interrupted one
 * goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH "journal-test.journal"
#define ICCSN "25010000000000000001"

static const char text[] =
	"[Fields]\nT=12345678\nef.id.rio=\n[Description]\n"
	"InitToken=true\nIdopteTransportPin=T\nPIN=T\nSignPIN=T\n"
	"KeysetSkAdmin=#adm:11\nChipAuthKeyConfig=#011D:01\n"
	"KeysetSkFileMgmt=#fm\nef.id.rio=#1\nreadDataObjects=true\n"
	"ApplicationList=XAB\n"
	"[Application_X]\nDeleteAllObjects=true\n"
	"[Application_A]\nLocation=#mpp\nCertTempl=Auth\nKeySize=3072\n"
	"StoreUserCertOnly=true\nSignP10WithDummyKey=true\n"
	"[Application_B]\nLocation=#mpp\nCertTempl=Enc\nP12PASSWORD=#p\n"
	"StoreUserCertOnly=true\nKeyArchivalRequest=true\n";

static int
setup(void **state)
{
	struct job *job;

	job_setup(state);
	job = *state;
	unlink(PATH);
	job_parse(job, text);
	job_check(job);
	expect_no_error(job);
	encoding_plan_make(&job->encoding, &job->fields, job->card.description,
		&job->options, &job->plan);
	return 0;
}

static int
teardown(void **state)
{
	unlink(PATH);
	return job_teardown(state);
}

static int
open_journal(struct job *job, const char *iccsn, struct encoding_journal *out)
{
	job->message[0] = '\0';
	return encoding_journal_open(
		PATH, iccsn, &job->encoding, out, job->message);
}

static void
enter(struct job *job, struct encoding_journal *journal, const char *id,
	enum encoding_entry entry, const char *name, const char *note)
{
	assert_int_equal(encoding_journal_enter(
				 journal, id, entry, name, note, job->message),
		JCOP_OK);
}

static void
expect_refused(struct job *job, const char *iccsn, const char *part)
{
	struct encoding_journal journal;

	assert_int_not_equal(open_journal(job, iccsn, &journal), JCOP_OK);
	encoding_journal_free(&journal);
	if (strstr(job->message, part) == NULL)
		fail_msg("no '%s' in '%s'", part, job->message);
}

/* --- the file --- */

static void
entries_and_notes_are_found_again(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	assert_int_equal(open_journal(job, ICCSN, &journal), JCOP_OK);
	assert_false(journal.found);
	assert_int_equal(
		encoding_journal_entry(&journal, "activate"), ENTRY_NONE);
	enter(job, &journal, "activate", ENTRY_STARTED, NULL, NULL);
	enter(job, &journal, "A:generate", ENTRY_STARTED, JOURNAL_KEY_ID, "a0");
	enter(job, &journal, "A:generate", ENTRY_DONE, NULL, NULL);
	encoding_journal_free(&journal);

	assert_int_equal(open_journal(job, ICCSN, &journal), JCOP_OK);
	assert_true(journal.found);
	assert_int_equal(
		encoding_journal_entry(&journal, "activate"), ENTRY_STARTED);
	assert_int_equal(
		encoding_journal_entry(&journal, "A:generate"), ENTRY_DONE);
	assert_string_equal(
		encoding_journal_note(&journal, "A:generate", JOURNAL_KEY_ID),
		"a0");
	assert_null(
		encoding_journal_note(&journal, "activate", JOURNAL_KEY_ID));
	encoding_journal_remove(&journal);
	assert_int_not_equal(access(PATH, F_OK), 0);
	encoding_journal_free(&journal);
}

static void
the_journal_is_private(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;
	struct stat status;

	assert_int_equal(open_journal(job, ICCSN, &journal), JCOP_OK);
	enter(job, &journal, "activate", ENTRY_STARTED, NULL, NULL);
	encoding_journal_free(&journal);
	assert_int_equal(stat(PATH, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(chmod(PATH, 0640), 0);
	expect_refused(job, ICCSN, "not a private file of yours");
}

static void
a_link_is_no_journal(void **state)
{
	assert_int_equal(symlink("/dev/null", PATH), 0);
	expect_refused(*state, ICCSN, "not a private file of yours");
	unlink(PATH);
	assert_int_equal(close(open("journal-test.real",
				 O_CREAT | O_WRONLY | O_TRUNC, 0600)),
		0);
	assert_int_equal(symlink("journal-test.real", PATH), 0);
	expect_refused(*state, ICCSN, "not a private file of yours");
	unlink("journal-test.real");
}

static void
a_journal_is_bound_to_its_card_and_description(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	assert_int_equal(open_journal(job, ICCSN, &journal), JCOP_OK);
	enter(job, &journal, "activate", ENTRY_DONE, NULL, NULL);
	encoding_journal_free(&journal);
	expect_refused(job, "25019999", "is of the card " ICCSN);
	job->encoding.digest[0] ^= 1;
	expect_refused(job, ICCSN, "another description");
}

static void
a_torn_journal_is_refused(void **state)
{
	static const char *const wrong[] = {"", "{", "[]", "{}",
		"{\"jcop45-journal\": 2, \"steps\": {}}",
		"{\"jcop45-journal\": 1, \"steps\": []}",
		"{\"jcop45-journal\": 1, \"steps\": {\"a\": 1}}"};
	FILE *file;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		file = fopen(PATH, "w");
		assert_non_null(file);
		assert_true(fputs(wrong[i], file) >= 0);
		fclose(file);
		assert_int_equal(chmod(PATH, 0600), 0);
		expect_refused(*state, ICCSN, "is no journal");
	}
}

static void
an_entry_that_cannot_be_kept_is_an_error(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	assert_int_equal(encoding_journal_open("/nowhere/j", ICCSN,
				 &job->encoding, &journal, job->message),
		JCOP_OK);
	assert_int_equal(encoding_journal_enter(&journal, "activate",
				 ENTRY_STARTED, NULL, NULL, job->message),
		JCOP_ERR_NOT_FOUND);
	encoding_journal_free(&journal);
}

static void
the_journal_lies_beside_the_output(void **state)
{
	char *path = encoding_journal_path("out/fields.json");

	(void)state;
	assert_string_equal(path, "out/fields.json.journal");
	free(path);
}

/* --- resuming --- */

static void
resume(struct job *job, const struct encoding_journal *journal)
{
	encoding_resume(&job->plan, journal, &job->card, &job->report);
}

static void
start(struct job *job, struct encoding_journal *journal)
{
	assert_int_equal(open_journal(job, ICCSN, journal), JCOP_OK);
	journal->found = true;
}

static struct encoding_step *
step(struct job *job, const char *id)
{
	struct encoding_step *found = encoding_plan_find(&job->plan, id);

	assert_non_null(found);
	return found;
}

static void
expect_done(struct job *job, const char *id)
{
	if (step(job, id)->state != STATE_DONE)
		fail_msg("%s is not done", id);
	assert_true(step(job, id)->found[0] != '\0');
}

static void
expect_to_do(struct job *job, const char *id)
{
	if (step(job, id)->state != STATE_TO_DO)
		fail_msg("%s is not to do", id);
}

static void
a_fresh_card_has_everything_to_do(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;
	size_t i;

	assert_int_equal(open_journal(job, ICCSN, &journal), JCOP_OK);
	resume(job, &journal);
	for (i = 0; i < job->plan.count; i++)
		assert_int_equal(job->plan.steps[i].state, STATE_TO_DO);
	encoding_journal_free(&journal);
}

static void
an_activation_that_was_begun_is_decided_by_the_card(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	start(job, &journal);
	enter(job, &journal, "activate", ENTRY_STARTED, NULL, NULL);
	resume(job, &journal);
	expect_to_do(job, "activate");
	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	resume(job, &journal);
	expect_done(job, "activate");
	encoding_journal_free(&journal);
}

static void
without_a_journal_an_activated_card_is_still_refused(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	job_plan(job);
	expect_error(job, RULE_ACTIVATED, 5, "activated already");
}

static void
a_key_that_was_begun_is_looked_for_on_the_card(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;
	const struct jcop_directory_key *key;

	start(job, &journal);
	enter(job, &journal, "X:delete", ENTRY_DONE, NULL, NULL);
	enter(job, &journal, "A:generate", ENTRY_STARTED, JOURNAL_KEY_ID, "a0");
	resume(job, &journal);
	expect_done(job, "X:delete");
	expect_to_do(job, "A:generate");
	key = job_add_key(job, "mpp", 3072, "Auth", false);
	resume(job, &journal);
	expect_done(job, "A:generate");
	assert_int_equal(step(job, "A:generate")->key_id_len, 1);
	assert_int_equal(step(job, "A:generate")->key_id[0], key->id[0]);
	expect_to_do(job, "A:certificate");
	encoding_journal_free(&journal);
}

static void
a_foreign_key_is_not_taken_for_a_noted_one(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	start(job, &journal);
	enter(job, &journal, "X:delete", ENTRY_DONE, NULL, NULL);
	enter(job, &journal, "A:generate", ENTRY_STARTED, JOURNAL_KEY_ID, "77");
	job_add_key(job, "mpp", 3072, "Auth", false);
	resume(job, &journal);
	expect_to_do(job, "A:generate");
	encoding_journal_free(&journal);
}

static void
without_a_journal_a_waiting_key_is_gone_on_with(void **state)
{
	static const char without_deletion[] =
		"[Description]\nKeysetSkAdmin=#adm\nChipAuthKeyConfig=#011D:"
		"01\n"
		"ApplicationList=AB\n"
		"[Application_A]\nLocation=#mpp\nCertTempl=Auth\nKeySize=3072\n"
		"StoreUserCertOnly=true\nSignP10WithDummyKey=true\n"
		"[Application_B]\nLocation=#mpp\nCertTempl=Auth\nKeySize=3072\n"
		"StoreUserCertOnly=true\nSignP10WithDummyKey=true\n";
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	job_add_key(job, "mpp", 3072, "Other", false);
	job_add_key(job, "mpp", 3072, "Auth", true);
	job_add_key(job, "mpp", 3072, "Auth", false);
	job_parse(job, without_deletion);
	job_plan(job);
	expect_no_error(job);
	expect_done(job, "A:generate");
	assert_int_equal(step(job, "A:generate")->key_id[0], 0xa2);
	expect_to_do(job, "A:certificate");
	/* one key for one application */
	expect_to_do(job, "B:generate");
}

static void
a_card_that_is_to_be_emptied_has_no_waiting_keys(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	job_add_key(job, "mpp", 3072, "Auth", false);
	assert_int_equal(open_journal(job, ICCSN, &journal), JCOP_OK);
	resume(job, &journal);
	expect_to_do(job, "X:delete");
	expect_to_do(job, "A:generate");
	encoding_journal_free(&journal);
}

static void
a_certificate_of_the_journal_is_not_asked_for_again(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	start(job, &journal);
	enter(job, &journal, "X:delete", ENTRY_DONE, NULL, NULL);
	enter(job, &journal, "A:generate", ENTRY_DONE, JOURNAL_KEY_ID, "a0");
	enter(job, &journal, "A:request", ENTRY_DONE, JOURNAL_REQUEST, "MII");
	enter(job, &journal, "A:issue", ENTRY_DONE, JOURNAL_CERTIFICATE, "MII");
	enter(job, &journal, "A:certificate", ENTRY_STARTED, NULL, NULL);
	job_add_key(job, "mpp", 3072, "Auth", false);
	resume(job, &journal);
	expect_done(job, "A:generate");
	expect_done(job, "A:request");
	expect_done(job, "A:issue");
	expect_to_do(job, "A:certificate");
	job->directory.keys[0].has_certificate = true;
	resume(job, &journal);
	expect_done(job, "A:certificate");
	encoding_journal_free(&journal);
}

static void
an_archive_is_asked_for_again_until_its_key_is_on_the_card(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	start(job, &journal);
	enter(job, &journal, "X:delete", ENTRY_DONE, NULL, NULL);
	enter(job, &journal, "B:issue", ENTRY_DONE, NULL, NULL);
	enter(job, &journal, "B:import", ENTRY_STARTED, JOURNAL_KEY_ID, "a0");
	resume(job, &journal);
	expect_to_do(job, "B:issue");
	expect_to_do(job, "B:import");
	/* a key whose certificate is missing is completed by the import */
	job_add_key(job, "mpp", 3072, "Enc", false);
	resume(job, &journal);
	expect_to_do(job, "B:import");
	job->directory.keys[0].has_certificate = true;
	resume(job, &journal);
	expect_done(job, "B:import");
	expect_done(job, "B:issue");
	encoding_journal_free(&journal);
}

static void
a_journal_that_the_card_contradicts_is_an_error(void **state)
{
	static const struct {
		const char *id, *part;
	} cases[] = {
		{"activate", "the card is not activated"},
		{"A:generate", "its key is not on the card"},
		{"A:certificate", "its certificate is not on the card"},
		{"B:import", "its key and certificate are not on the card"},
	};
	struct job *job = *state;
	struct encoding_journal journal;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unlink(PATH);
		encoding_report_free(&job->report);
		start(job, &journal);
		enter(job, &journal, cases[i].id, ENTRY_DONE, NULL, NULL);
		resume(job, &journal);
		assert_int_equal(job->report.errors, 1);
		assert_int_equal(job->report.messages[0].rule, RULE_JOURNAL);
		assert_non_null(
			strstr(job->report.messages[0].text, cases[i].part));
		encoding_journal_free(&journal);
	}
}

static void
a_pin_that_was_begun_is_not_known(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	job_parse(job, "[Description]\nSetPin=true\n"
		       "PIN=!FROM_USER_DIALOG_3_FIELD\n"
		       "SignPIN=!FROM_USER_DIALOG_3_FIELD\n");
	encoding_plan_make(&job->encoding, &job->fields, job->card.description,
		&job->options, &job->plan);
	start(job, &journal);
	enter(job, &journal, "pin", ENTRY_DONE, NULL, NULL);
	enter(job, &journal, "sign-pin", ENTRY_STARTED, NULL, NULL);
	resume(job, &journal);
	expect_done(job, "pin");
	expect_to_do(job, "sign-pin");
	assert_non_null(
		strstr(step(job, "sign-pin")->found, "may have taken place"));
	encoding_journal_free(&journal);
}

static void
data_are_written_once_and_read_each_time(void **state)
{
	struct job *job = *state;
	struct encoding_journal journal;

	start(job, &journal);
	enter(job, &journal, "data", ENTRY_STARTED, NULL, NULL);
	enter(job, &journal, "read", ENTRY_DONE, NULL, NULL);
	resume(job, &journal);
	expect_to_do(job, "data");
	expect_to_do(job, "read");
	enter(job, &journal, "data", ENTRY_DONE, NULL, NULL);
	resume(job, &journal);
	expect_done(job, "data");
	encoding_journal_free(&journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_and_notes_are_found_again),
		TEST(the_journal_is_private),
		TEST(a_link_is_no_journal),
		TEST(a_journal_is_bound_to_its_card_and_description),
		TEST(a_torn_journal_is_refused),
		TEST(an_entry_that_cannot_be_kept_is_an_error),
		TEST(the_journal_lies_beside_the_output),
		TEST(a_fresh_card_has_everything_to_do),
		TEST(an_activation_that_was_begun_is_decided_by_the_card),
		TEST(without_a_journal_an_activated_card_is_still_refused),
		TEST(a_key_that_was_begun_is_looked_for_on_the_card),
		TEST(a_foreign_key_is_not_taken_for_a_noted_one),
		TEST(without_a_journal_a_waiting_key_is_gone_on_with),
		TEST(a_card_that_is_to_be_emptied_has_no_waiting_keys),
		TEST(a_certificate_of_the_journal_is_not_asked_for_again),
		TEST(an_archive_is_asked_for_again_until_its_key_is_on_the_card),
		TEST(a_journal_that_the_card_contradicts_is_an_error),
		TEST(a_pin_that_was_begun_is_not_known),
		TEST(data_are_written_once_and_read_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
