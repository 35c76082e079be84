/*
 * test_encoding_plan.c: the steps of a description, their order, who signs,
 * what is asked of the user.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#define ADMIN "KeysetSkAdmin=#adm:11\nChipAuthKeyConfig=#011D:01\n"
#define P10                                                                 \
	"CertTempl=Tem\nStoreUserCertOnly=true\nSignP10WithDummyKey=true\n" \
	"KeySize=3072\n"
#define IMPORT "CertTempl=Tem\nStoreUserCertOnly=true\nP12PASSWORD=#x\n"

static void
plan(struct job *job, const char *text)
{
	job_parse(job, text);
	job_plan(job);
	expect_no_error(job);
}

static struct encoding_step *
step(struct job *job, const char *id)
{
	struct encoding_step *found = encoding_plan_find(&job->plan, id);

	assert_non_null(found);
	return found;
}

/* What is asked for in all steps, one after the other. */
static void
expect_asks(const struct job *job, const char *expected)
{
	json_t *report = encoding_plan_report(&job->plan), *entry, *ask;
	char text[1024] = "";
	size_t i, k;

	json_array_foreach(json_object_get(report, "steps"), i, entry)
		json_array_foreach(json_object_get(entry, "asks"), k, ask)
	{
		strcat(text, json_string_value(ask));
		strcat(text, "\n");
	}
	json_decref(report);
	assert_string_equal(text, expected);
}

static void
work_has_its_order(void **state)
{
	struct job *job = *state;

	plan(job, "[Fields]\nT=12345678\nef.id.rio=\n"
		  "[Application_D]\nDeleteAllObjects=true\n"
		  "[Application_B]\nLocation=#mpp\n" IMPORT
		  "KeyArchivalRequest=true\n"
		  "[Application_A]\nLocation=#signature\n" P10
		  "[Description]\nreadDataObjects=true\nef.id.uin=#1\n" ADMIN
		  "KeysetSkFileMgmt=#fm\nApplicationList=BDA\n"
		  "InitToken=true\nIdopteTransportPin=T\nPIN=T\nSignPIN=T\n");
	expect_steps(job, "activate D:delete B:issue B:import A:generate "
			  "A:request A:issue A:certificate data read");
}

static void
two_pins_are_set_global_first(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, "[Description]\nSetPin=true\n"
		  "SignPIN=!FROM_USER_DIALOG_3_FIELD\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_steps(job, "pin sign-pin");
	assert_int_equal(step(job, "pin")->pin, JCOP_PIN_GLOBAL);
	assert_int_equal(step(job, "sign-pin")->pin, JCOP_PIN_SIGNATURE);
}

static void
set_pin_is_change_or_unblocking_by_what_stands_beside_it(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, "[Description]\nSetPin=true\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	assert_int_equal(step(job, "pin")->kind, STEP_CHANGE_PIN);
	plan(job, "[Description]\nSetPin=true\nKeysetSkUnblkPin=#u:12\n"
		  "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	assert_int_equal(step(job, "pin")->kind, STEP_UNBLOCK_KEYSET);
	plan(job, "[Description]\nSetPin=true\n"
		  "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n"
		  "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	assert_int_equal(step(job, "pin")->kind, STEP_UNBLOCK_PUK);
	assert_int_equal(step(job, "pin")->puk.how, PIN_DIALOG);
}

static void
auto_is_the_pad_if_there_is_one_else_a_dialog(void **state)
{
	static const char text[] = "[Description]\nSetPin=true\n"
				   "PIN=!FROM_USER_DIALOG_3_FIELD_AUTO\n";
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, text);
	assert_int_equal(step(job, "pin")->new.how, PIN_DIALOG);
	assert_int_equal(step(job, "pin")->new.fields, 3);
	expect_asks(
		job, "in a dialog: old global PIN, and the new one twice\n");
	job->card.pad_modify = true;
	job->card.pad_verify = true;
	plan(job, text);
	assert_int_equal(step(job, "pin")->new.how, PIN_PAD);
	expect_asks(
		job, "on the PIN pad: old global PIN, and the new one twice\n");
}

static void
what_is_asked_is_in_the_report(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, "[Description]\nSetPin=true\n"
		  "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n"
		  "SignPIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_asks(job, "in a dialog: PUK\n"
			 "in a dialog: new signature PIN, twice\n");
	job->card.info.life_cycle = JCOP_LIFE_CYCLE_INITIALISATION;
	job->card.pad_modify = true;
	job->card.pad_verify = true;
	plan(job, "[Description]\nInitToken=true\n" ADMIN
		  "IdopteTransportPin=!FROM_PROTECTED_AUTHENTICATION_PATH\n"
		  "PIN=!FROM_PROTECTED_AUTHENTICATION_PATH\n"
		  "SignPIN=!FROM_PROTECTED_AUTHENTICATION_PATH\n");
	expect_asks(job, "on the PIN pad: transport PIN\n"
			 "on the PIN pad: new global PIN\n"
			 "on the PIN pad: new signature PIN\n");
	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, "[Description]\nSetPin=true\n"
		  "InitialPUK=!FROM_PROTECTED_AUTHENTICATION_PATH\n"
		  "PIN=!FROM_PROTECTED_AUTHENTICATION_PATH\n"
		  "SignPIN=!FROM_USER_DIALOG_2_FIELD_AUTO\n");
	expect_asks(job, "on the PIN pad: PUK\n"
			 "on the PIN pad: new global PIN\n"
			 "on the PIN pad: PUK\n"
			 "on the PIN pad: new signature PIN\n");
}

static void
the_card_signs_where_the_pin_is_at_hand(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, "[Description]\n" ADMIN "ApplicationList=A\n"
		  "[Application_A]\nLocation=#mpp\n" P10);
	assert_int_equal(step(job, "A:request")->signer, SIGNER_DUMMY);
	expect_asks(job, "");
	plan(job, "[Description]\nPIN=!FROM_USER_DIALOG_1_FIELD\n" ADMIN
		  "ApplicationList=A\n[Application_A]\nLocation=#mpp\n" P10);
	assert_int_equal(step(job, "A:request")->signer, SIGNER_CARD);
	expect_asks(job, "in a dialog: global PIN, to sign the request\n");
	/* a pad that is asked for nothing else is asked for this */
	job->card.pad_verify = true;
	plan(job,
		"[Description]\nPIN=!FROM_PROTECTED_AUTHENTICATION_PATH\n" ADMIN
		"ApplicationList=A\n[Application_A]\nLocation=#mpp\n" P10);
	assert_int_equal(step(job, "A:request")->signer, SIGNER_CARD);
	/* the PIN of the other container is of no use */
	plan(job, "[Description]\nPIN=!FROM_USER_DIALOG_1_FIELD\n" ADMIN
		  "ApplicationList=AB\n[Application_A]\nLocation=#mpp\n" P10
		  "[Application_B]\nLocation=#signature\n" P10);
	assert_int_equal(step(job, "B:request")->signer, SIGNER_DUMMY);
}

static void
a_pin_set_in_this_run_signs_unless_it_was_typed_on_the_pad(void **state)
{
	struct job *job = *state;

	job->card.pad_modify = true;
	job->card.pad_verify = true;
	plan(job, "[Fields]\nT=12345678\n[Description]\nInitToken=true\n"
		  "IdopteTransportPin=T\nPIN=T\nSignPIN="
		  "!FROM_PROTECTED_AUTHENTICATION_PATH\n" ADMIN
		  "ApplicationList=AB\n[Application_A]\nLocation=#mpp\n" P10
		  "[Application_B]\nLocation=#signature\n" P10);
	assert_int_equal(step(job, "A:request")->signer, SIGNER_CARD);
	assert_int_equal(step(job, "B:request")->signer, SIGNER_DUMMY);
	/* asked for once more where no dummy key is allowed */
	plan(job, "[Fields]\nT=12345678\n[Description]\nInitToken=true\n"
		  "IdopteTransportPin=T\nPIN=T\nSignPIN="
		  "!FROM_PROTECTED_AUTHENTICATION_PATH\n" ADMIN
		  "ApplicationList=B\n"
		  "[Application_B]\nLocation=#signature\nCertTempl=T\n"
		  "StoreUserCertOnly=true\nKeySize=3072\n");
	assert_int_equal(step(job, "B:request")->signer, SIGNER_CARD);
}

static void
without_a_ca_the_rest_comes_with_the_next_visit(void **state)
{
	static const char text[] =
		"[Description]\n" ADMIN
		"ApplicationList=AB\n[Application_A]\nLocation=#mpp\n" P10
		"[Application_B]\nLocation=#mpp\n" IMPORT
		"KeyArchivalRequest=true\n";
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	job->options.ca = false;
	job->options.requests = "requests";
	plan(job, text);
	expect_steps(job, "A:generate A:request A:issue A:certificate B:issue "
			  "B:import");
	assert_int_equal(step(job, "A:generate")->state, STATE_TO_DO);
	assert_int_equal(step(job, "A:request")->state, STATE_TO_DO);
	assert_int_equal(step(job, "A:issue")->state, STATE_LATER);
	assert_int_equal(step(job, "A:certificate")->state, STATE_LATER);
	assert_int_equal(step(job, "B:issue")->state, STATE_LATER);
	assert_int_equal(step(job, "B:import")->state, STATE_LATER);
	job->options.requests = NULL;
	job->options.certificates = "certificates";
	job_add_key(job, "mpp", 3072, "Tem", false);
	plan(job, text);
	assert_int_equal(step(job, "A:generate")->state, STATE_DONE);
	assert_int_equal(step(job, "A:request")->state, STATE_DONE);
	assert_int_equal(step(job, "A:issue")->state, STATE_TO_DO);
	assert_int_equal(step(job, "A:certificate")->state, STATE_TO_DO);
	assert_int_equal(step(job, "B:import")->state, STATE_TO_DO);
}

/* Without a journal, too. */
static void
the_second_visit_does_not_repeat_the_first(void **state)
{
	static const char text[] =
		"[Fields]\nT=12345678\n[Description]\n" ADMIN
		"SetPin=true\nInitialPUK=T\nPIN=T\n"
		"KeysetSkFileMgmt=#fm\nef.id.rio=#1\nApplicationList=XA\n"
		"[Application_X]\nDeleteAllObjects=true\n"
		"[Application_A]\nLocation=#mpp\n" P10;
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	job->options.ca = false;
	job->options.certificates = "certificates";
	job_add_key(job, "mpp", 3072, "Tem", false);
	plan(job, text);
	expect_steps(job, "pin X:delete A:generate A:request A:issue "
			  "A:certificate data");
	assert_int_equal(step(job, "pin")->state, STATE_DONE);
	assert_int_equal(step(job, "X:delete")->state, STATE_DONE);
	assert_int_equal(step(job, "data")->state, STATE_DONE);
	assert_int_equal(step(job, "A:generate")->state, STATE_DONE);
	assert_int_equal(step(job, "A:issue")->state, STATE_TO_DO);
}

/* An imported key is known elsewhere, and a label may be another's. */
static void
only_a_key_that_the_card_made_waits_for_a_certificate(void **state)
{
	static const char text[] = "[Description]\n" ADMIN "ApplicationList=A\n"
				   "[Application_A]\nLocation=#mpp\n" P10;
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	job_add_key(job, "mpp", 3072, "Tem", false)->local = false;
	job_add_key(job, "mpp", 3072, "Template", false);
	job_add_key(job, "mpp", 3072, "Te", false);
	plan(job, text);
	assert_int_equal(step(job, "A:generate")->state, STATE_TO_DO);
	job_add_key(job, "mpp", 3072, "Tem", false);
	plan(job, text);
	assert_int_equal(step(job, "A:generate")->state, STATE_DONE);
	assert_int_equal(step(job, "A:generate")->key_id[0], 0xa3);
}

static void
the_second_visit_comes_after_the_first(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	job->options.ca = false;
	job->options.certificates = "certificates";
	job_parse(job, "[Description]\n" ADMIN "ApplicationList=A\n"
		       "[Application_A]\nLocation=#mpp\n" P10);
	job_check(job);
	job_plan(job);
	expect_error(job, RULE_VISIT, 5, "the first visit, with --requests");
}

static void
on_a_pad_that_set_the_pin_a_dummy_key_signs_if_it_may(void **state)
{
	static const char text[] =
		"[Description]\n" ADMIN "SetPin=true\n"
		"PIN=!FROM_USER_DIALOG_3_FIELD_AUTO\nApplicationList=A\n"
		"[Application_A]\n"
		"Location=#mpp\n" P10;
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, text);
	assert_int_equal(step(job, "A:request")->signer, SIGNER_CARD);
	job->card.pad_verify = job->card.pad_modify = true;
	plan(job, text);
	assert_int_equal(step(job, "A:request")->signer, SIGNER_DUMMY);
}

static void
the_list_of_cards_is_the_only_step(void **state)
{
	plan(*state, "[Fields]\nALL=\n[Description]\nRetrieveAllTokens=true\n"
		     "AllTokensIccsnsField=ALL\n");
	expect_steps(*state, "list");
}

static void
each_step_says_what_it_does_and_what_it_costs(void **state)
{
	struct job *job = *state;
	json_t *report, *entry;
	size_t i;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	plan(job, "[Description]\n" ADMIN "ApplicationList=A\n"
		  "[Application_A]\nLocation=#mpp\n" P10);
	report = encoding_plan_report(&job->plan);
	assert_true(
		json_integer_value(json_object_get(report, "commands")) > 20);
	json_array_foreach(json_object_get(report, "steps"), i, entry)
	{
		assert_true(json_string_length(json_object_get(entry, "what")) >
			    10);
		assert_string_equal(
			json_string_value(json_object_get(entry, "state")),
			"to do");
	}
	entry = json_array_get(json_object_get(report, "steps"), 0);
	assert_string_equal(json_string_value(json_object_get(entry, "what")),
		"generate a key of 3072 bits in mpp, for Tem");
	json_decref(report);
}

static void
all_letters_find_room_in_a_plan(void **state)
{
	struct job *job = *state;
	char text[8192] = "[Description]\nApplicationList="
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ\nreadDataObjects=true\n";
	char letter;

	for (letter = 'A'; letter <= 'Z'; letter++)
		sprintf(text + strlen(text),
			"[Application_%c]\nLocation=#mpp\n" P10, letter);
	job_parse(job, text);
	job_plan(job);
	assert_int_equal(job->plan.count, 26 * 4 + 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, job_setup, job_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(work_has_its_order),
		TEST(two_pins_are_set_global_first),
		TEST(set_pin_is_change_or_unblocking_by_what_stands_beside_it),
		TEST(auto_is_the_pad_if_there_is_one_else_a_dialog),
		TEST(what_is_asked_is_in_the_report),
		TEST(the_card_signs_where_the_pin_is_at_hand),
		TEST(a_pin_set_in_this_run_signs_unless_it_was_typed_on_the_pad),
		TEST(without_a_ca_the_rest_comes_with_the_next_visit),
		TEST(the_second_visit_does_not_repeat_the_first),
		TEST(the_second_visit_comes_after_the_first),
		TEST(only_a_key_that_the_card_made_waits_for_a_certificate),
		TEST(on_a_pad_that_set_the_pin_a_dummy_key_signs_if_it_may),
		TEST(the_list_of_cards_is_the_only_step),
		TEST(each_step_says_what_it_does_and_what_it_costs),
		TEST(all_letters_find_room_in_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
