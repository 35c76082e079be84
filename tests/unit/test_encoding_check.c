/*
 * test_encoding_check.c: the rules for encoding descriptions, each with its
 * own message, before anything is sent to the card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include "encoding/pkcs12.h"

#define INIT_FIELDS "[Fields]\nT=\nP=\nS=\n"
#define INIT                                                           \
	"[Description]\nInitToken=true\nIdopteTransportPin=T\nPIN=P\n" \
	"SignPIN=S\nKeysetSkAdmin=#adm:11\nChipAuthKeyConfig=#011D:01\n"
#define ADMIN \
	"[Description]\nKeysetSkAdmin=#adm:11\nChipAuthKeyConfig=#011D:01\n"
#define P10                                                                 \
	"CertTempl=Tem\nStoreUserCertOnly=true\nSignP10WithDummyKey=true\n" \
	"KeySize=3072\n"

static void
check(struct job *job, const char *text)
{
	job_parse(job, text);
	job_check(job);
}

static void
plan(struct job *job, const char *text)
{
	job_parse(job, text);
	job_plan(job);
}

static void
activated(struct job *job)
{
	job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
}

static void
init_fields(struct job *job)
{
	job_field(job, "T", "12345678");
	job_field(job, "P", "1234");
	job_field(job, "S", "123456");
}

/* --- the whole --- */

static void
nothing_to_do_is_an_error(void **state)
{
	check(*state, "[Description]\nPKCS11Library=idopte\n");
	expect_error(*state, RULE_NOTHING, 0, "nothing is to be done");
}

static void
the_vendors_library_is_noted(void **state)
{
	check(*state, "[Description]\nPKCS11Library=idopte\nSetPin=true\n"
		      "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_said(*state, ENCODING_NOTE, RULE_IGNORED, 2,
		"PKCS11Library has no effect");
}

static void
the_list_of_cards_stands_alone(void **state)
{
	check(*state, "[Fields]\nALL=\n[Description]\nRetrieveAllTokens=true\n"
		      "AllTokensIccsnsField=ALL\nUseICCSNwithATR=true\n");
	expect_no_error(*state);
	check(*state, "[Fields]\nALL=\n[Description]\nRetrieveAllTokens=true\n"
		      "AllTokensIccsnsField=ALL\nreadDataObjects=true\n");
	expect_error(*state, RULE_LIST_ALONE, 6, "readDataObjects cannot");
}

static void
the_list_of_cards_needs_its_field(void **state)
{
	check(*state, "[Description]\nRetrieveAllTokens=true\n");
	expect_error(*state, RULE_LIST_FIELD, 2, "AllTokensIccsnsField");
}

static void
selection_by_iccsn_needs_both_keys(void **state)
{
	check(*state, "[Description]\nreadDataObjects=true\n"
		      "UseSelectCriteriaIccsn=true\n");
	expect_error(*state, RULE_SELECT, 3, "SelectCriteriaIccsn");
	check(*state, "[Description]\nreadDataObjects=true\n"
		      "SelectCriteriaIccsn=#25\n");
	expect_said(*state, ENCODING_WARNING, RULE_IGNORED, 3,
		"without UseSelectCriteriaIccsn");
}

/* --- InitToken --- */

static void
init_token_with_fields_passes(void **state)
{
	struct job *job = *state;

	job_parse(job, INIT_FIELDS INIT);
	init_fields(job);
	job_plan(job);
	expect_no_error(job);
}

static void
init_token_needs_its_three_pins(void **state)
{
	static const char *const keys[] = {
		"IdopteTransportPin", "PIN", "SignPIN"};
	char text[256];
	size_t i, k;

	for (i = 0; i < 3; i++) {
		strcpy(text, "[Description]\nInitToken=true\n");
		for (k = 0; k < 3; k++)
			if (k != i) {
				strcat(text, keys[k]);
				strcat(text, "=!FROM_PROTECTED_AUTHENTICATION_"
					     "PATH\n");
			}
		check(*state, text);
		expect_error(*state, RULE_INIT_PINS, 2, keys[i]);
	}
}

static void
init_token_takes_no_dialog(void **state)
{
	static const char *const keys[] = {
		"IdopteTransportPin", "PIN", "SignPIN"};
	static const char *const words[] = {"FROM_USER_DIALOG_1_FIELD",
		"FROM_USER_DIALOG_2_FIELD", "FROM_USER_DIALOG_2_FIELD_AUTO"};
	char text[256];
	size_t i, k, len;

	for (i = 0; i < 3; i++) {
		len = (size_t)sprintf(text, "[Description]\nInitToken=true\n");
		for (k = 0; k < 3; k++)
			len += (size_t)sprintf(text + len, "%s=!%s\n", keys[k],
				k == i ? words[i]
				       : "FROM_PROTECTED_AUTHENTICATION_PATH");
		check(*state, text);
		expect_error(*state, RULE_INIT_DIALOG, (unsigned int)i + 3,
			"a dialog is not supported");
	}
}

static void
init_token_and_set_pin_exclude_each_other(void **state)
{
	struct job *job = *state;

	job_parse(job,
		INIT_FIELDS INIT "SetPin=true\nInitialPUK="
				 "!FROM_PROTECTED_AUTHENTICATION_PATH\n");
	init_fields(job);
	job_check(job);
	expect_error(job, RULE_INIT_AND_SET, 12, "take SetPin out");
	/* and that alone: it is not told how to change PINs from fields */
	job_parse(job, INIT_FIELDS INIT "SetPin=true\n");
	init_fields(job);
	job_check(job);
	expect_error(job, RULE_INIT_AND_SET, 12, "take SetPin out");
	assert_int_equal(job->report.errors, 1);
}

static void
a_transport_pin_without_init_token_has_no_effect(void **state)
{
	check(*state,
		"[Description]\nreadDataObjects=true\n"
		"IdopteTransportPin=!FROM_PROTECTED_AUTHENTICATION_PATH\n");
	expect_said(
		*state, ENCODING_WARNING, RULE_IGNORED, 3, "without InitToken");
}

static void
an_activated_card_is_refused(void **state)
{
	struct job *job = *state;

	activated(job);
	job_parse(job, INIT_FIELDS INIT);
	init_fields(job);
	job_plan(job);
	expect_error(job, RULE_ACTIVATED, 6, "activated already");
}

static void
a_pin_has_the_length_that_the_card_takes(void **state)
{
	struct job *job = *state;

	job_parse(job, INIT_FIELDS INIT);
	init_fields(job);
	assert_int_equal(
		jcop_blob_set(&job->fields.values[1].value, "123", 3), JCOP_OK);
	job_check(job);
	expect_error(job, RULE_PIN_LENGTH, 8, "4 to 16 bytes");
	job_parse(job, INIT_FIELDS INIT);
	init_fields(job);
	assert_int_equal(jcop_blob_set(&job->fields.values[2].value,
				 "12345678901234567", 17),
		JCOP_OK);
	job_check(job);
	expect_error(job, RULE_PIN_LENGTH, 9, "SignPIN");
}

/* --- SetPin --- */

static void
set_pin_needs_a_pin(void **state)
{
	check(*state, "[Description]\nSetPin=true\n");
	expect_error(*state, RULE_SET_NO_PIN, 2, "neither PIN nor SignPIN");
}

static void
a_change_takes_the_old_pin(void **state)
{
	static const char *const wrong[] = {"!FROM_USER_DIALOG_1_FIELD",
		"!FROM_USER_DIALOG_2_FIELD_AUTO", "F"};
	static const char *const right[] = {"!FROM_USER_DIALOG_3_FIELD",
		"!FROM_USER_DIALOG_3_FIELD_AUTO",
		"!FROM_PROTECTED_AUTHENTICATION_PATH"};
	struct job *job = *state;
	char text[128];
	size_t i;

	for (i = 0; i < 3; i++) {
		sprintf(text,
			"[Fields]\nF=1234\n[Description]\nSetPin=true\n"
			"PIN=%s\n",
			wrong[i]);
		check(job, text);
		expect_error(job, RULE_CHANGE_SOURCE, 5, "the old one");
		sprintf(text, "[Description]\nSetPin=true\nSignPIN=%s\n",
			right[i]);
		check(job, text);
		expect_no_error(job);
	}
}

static void
the_unblocking_key_set_is_absent_for_a_change(void **state)
{
	check(*state, "[Description]\nSetPin=true\nKeysetSkUnblkPin=#u:12\n"
		      "PIN=!FROM_USER_DIALOG_3_FIELD_AUTO\n");
	expect_error(*state, RULE_UNBLK_WITH_CHANGE, 3,
		"must be absent for a PIN change");
}

static void
the_unblocking_key_set_is_absent_with_the_puk(void **state)
{
	check(*state, "[Description]\nSetPin=true\nKeysetSkUnblkPin=#u:12\n"
		      "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n"
		      "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_error(*state, RULE_UNBLK_WITH_PUK, 3,
		"must be absent when a PIN is unblocked with InitialPUK");
}

static void
an_unblocked_pin_is_new(void **state)
{
	static const char *const right[] = {"!FROM_USER_DIALOG_2_FIELD",
		"!FROM_USER_DIALOG_2_FIELD_AUTO",
		"!FROM_PROTECTED_AUTHENTICATION_PATH", "F"};
	struct job *job = *state;
	char text[256];
	size_t i;

	for (i = 0; i < 4; i++) {
		sprintf(text,
			"[Fields]\nF=1234\n[Description]\nSetPin=true\n"
			"KeysetSkUnblkPin=#u:12\nSignPIN=%s\n",
			right[i]);
		check(job, text);
		expect_no_error(job);
	}
	check(job, "[Description]\nSetPin=true\nKeysetSkUnblkPin=#u:12\n"
		   "PIN=!FROM_USER_DIALOG_1_FIELD\n");
	expect_error(job, RULE_UNBLOCK_SOURCE, 4, "is typed twice");
	check(job, "[Description]\nSetPin=true\n"
		   "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n"
		   "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_error(job, RULE_UNBLOCK_SOURCE, 4, "has no old value");
}

static void
the_puk_is_typed_once(void **state)
{
	check(*state, "[Description]\nSetPin=true\n"
		      "InitialPUK=!FROM_USER_DIALOG_2_FIELD\n"
		      "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_error(*state, RULE_PUK_SOURCE, 3, "the PUK is typed once");
	check(*state, "[Description]\nreadDataObjects=true\n"
		      "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n");
	expect_said(
		*state, ENCODING_WARNING, RULE_IGNORED, 3, "without SetPin");
}

static void
a_card_that_is_not_activated_has_no_pins(void **state)
{
	struct job *job = *state;

	plan(job, "[Description]\nSetPin=true\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_error(job, RULE_NOT_ACTIVATED, 3, "not activated yet");
	activated(job);
	plan(job, "[Description]\nSetPin=true\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_no_error(job);
}

static void
a_blocked_pin_is_not_changed(void **state)
{
	struct job *job = *state;

	activated(job);
	job->card.info.pins[JCOP_PIN_GLOBAL].status = JCOP_PIN_BLOCKED;
	plan(job, "[Description]\nSetPin=true\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_error(job, RULE_PIN_BLOCKED, 3, "unblock it");
	plan(job, "[Description]\nSetPin=true\nKeysetSkUnblkPin=#u:12\n"
		  "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_no_error(job);
	job->card.info.pins[JCOP_PIN_PUK].status = JCOP_PIN_BLOCKED;
	plan(job, "[Description]\nSetPin=true\n"
		  "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n"
		  "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_error(job, RULE_PIN_BLOCKED, 4, "with KeysetSkUnblkPin");
}

static void
a_terminated_card_is_only_read(void **state)
{
	struct job *job = *state;

	job->card.info.life_cycle = JCOP_LIFE_CYCLE_TERMINATED;
	plan(job, "[Fields]\nef.id.rio=\n[Description]\n"
		  "readDataObjects=true\n");
	expect_no_error(job);
	plan(job, "[Description]\nSetPin=true\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_error(job, RULE_TERMINATED, 3, "terminated");
}

/* --- PIN to sign with --- */

static void
a_pin_to_sign_with_is_typed_once(void **state)
{
	struct job *job = *state;

	activated(job);
	check(job, ADMIN "PIN=!FROM_USER_DIALOG_2_FIELD\nApplicationList=A\n"
			 "[Application_A]\nLocation=#mpp\n" P10);
	expect_error(job, RULE_SIGNING_SOURCE, 4, "is typed once");
	check(job, ADMIN "PIN=!FROM_USER_DIALOG_1_FIELD\nApplicationList=A\n"
			 "[Application_A]\nLocation=#mpp\n" P10);
	expect_no_error(job);
	check(job, ADMIN "SignPIN=!FROM_USER_DIALOG_1_FIELD\n"
			 "ApplicationList=A\n"
			 "[Application_A]\nLocation=#mpp\n" P10);
	expect_said(job, ENCODING_WARNING, RULE_IGNORED, 4,
		"without InitToken, SetPin or a PKCS#10 request");
}

static void
a_request_needs_a_pin_or_a_dummy_key(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "StoreUserCertOnly=true\nKeySize=3072\n"
			 "Location=#Signature\n");
	expect_error(job, RULE_DUMMY_KEY, 5, "SignP10WithDummyKey=true");
	check(job, ADMIN "ApplicationList=A\n"
			 "SignPIN=!FROM_PROTECTED_AUTHENTICATION_PATH\n"
			 "[Application_A]\nCertTempl=T\n"
			 "StoreUserCertOnly=true\nKeySize=3072\n"
			 "Location=#Signature\n");
	expect_no_error(job);
}

/* --- applications --- */

static void
the_list_and_the_sections_agree(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=AB\n[Application_A]\n"
			 "DeleteAllObjects=true\n");
	expect_error(job, RULE_LIST_OF_APPLICATIONS, 4, "[Application_B]");
	check(job, ADMIN "ApplicationList=A,a\n[Application_A]\n"
			 "DeleteAllObjects=true\n");
	expect_error(job, RULE_LIST_OF_APPLICATIONS, 4, "twice");
	check(job, ADMIN "ApplicationList=A\n[Application_A]\n"
			 "DeleteAllObjects=true\n[Application_B]\n");
	expect_said(job, ENCODING_WARNING, RULE_LIST_OF_APPLICATIONS, 7,
		"nothing of it is done");
}

static void
an_application_does_one_thing(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=A\n[Application_A]\n"
			 "DeleteAllObjects=false\n");
	expect_error(job, RULE_APPLICATION, 6, "it does nothing");
	check(job, "[Fields]\nP=\n" ADMIN "ApplicationList=A\n"
		   "[Application_A]\nCertTempl=T\nStoreUserCertOnly=true\n"
		   "KeyRecoveryRequest=true\nKeyArchivalRequest=true\n"
		   "P12PASSWORD=#x\nLocation=#mpp\n");
	expect_error(job, RULE_APPLICATION, 11, "cannot both be true");
}

static void
deletion_is_of_everything_only(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=X\n[Application_X]\n"
			 "DeleteAllObjects=true\nLocation=#mpp\n");
	expect_error(job, RULE_DELETE_EVERYTHING, 7, "not some of them");
	check(job, ADMIN "ApplicationList=X\n[Application_X]\n"
			 "DeleteAllObjects=true\n");
	expect_no_error(job);
}

static void
a_request_names_its_template(void **state)
{
	check(*state, ADMIN "ApplicationList=A\n[Application_A]\n"
			    "StoreUserCertOnly=true\nLocation=#mpp\n"
			    "SignP10WithDummyKey=true\nKeySize=3072\n");
	expect_error(*state, RULE_TEMPLATE, 5, "CertTempl is missing");
}

static void
location_is_mandatory(void **state)
{
	check(*state, ADMIN "ApplicationList=A\n[Application_A]\n" P10);
	expect_error(*state, RULE_LOCATION, 5, "Location is mandatory");
}

static void
location_is_mpp_or_signature_in_any_case(void **state)
{
	static const char *const names[] = {
		"mpp", "MPP", "Signature", "SIGNATURE", "sign"};
	struct job *job = *state;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sprintf(text,
			ADMIN "ApplicationList=A\n[Application_A]\n" P10
			      "Location=#%s\n",
			names[i]);
		check(job, text);
		expect_no_error(job);
	}
	check(job, "[Fields]\nWHERE=mPp\n" ADMIN "ApplicationList=A\n"
		   "[Application_A]\n" P10 "Location=WHERE\n");
	expect_no_error(job);
	check(job, ADMIN "ApplicationList=A\n[Application_A]\n" P10
			 "Location=#mp\n");
	expect_error(
		job, RULE_LOCATION_NAME, 10, "there is no Location \"mp\"");
}

static void
archival_and_recovery_go_to_mpp(void **state)
{
	static const char *const kinds[] = {
		"KeyArchivalRequest", "KeyRecoveryRequest"};
	struct job *job = *state;
	char text[512];
	size_t i;

	for (i = 0; i < 2; i++) {
		sprintf(text,
			ADMIN "ApplicationList=A\n[Application_A]\n"
			      "CertTempl=T\n%s=true\nP12PASSWORD=#p\n"
			      "StoreUserCertOnly=true\nLocation=#signature\n",
			kinds[i]);
		check(job, text);
		expect_error(job, RULE_LOCATION_IMPORT, 10, "mpp only");
		sprintf(text,
			ADMIN "ApplicationList=A\n[Application_A]\n"
			      "CertTempl=T\n%s=true\nP12PASSWORD=#p\n"
			      "StoreUserCertOnly=true\nLocation=#mpp\n",
			kinds[i]);
		check(job, text);
		expect_no_error(job);
	}
}

static void
no_ca_certificates_are_stored(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "SignP10WithDummyKey=true\nKeySize=3072\n"
			 "Location=#mpp\nStoreUserCertOnly=false\n");
	expect_error(job, RULE_USER_CERT_ONLY, 10, "is mandatory");
	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "SignP10WithDummyKey=true\nKeySize=3072\n"
			 "Location=#mpp\n");
	expect_error(job, RULE_USER_CERT_ONLY, 5, "is mandatory");
}

static void
a_pkcs10_key_has_3072_bits(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "SignP10WithDummyKey=true\nKeySize=2048\n"
			 "Location=#mpp\nStoreUserCertOnly=true\n");
	expect_error(job, RULE_KEY_SIZE, 8, "KeySize=3072");
	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "SignP10WithDummyKey=true\n"
			 "Location=#mpp\nStoreUserCertOnly=true\n");
	expect_error(job, RULE_KEY_SIZE, 5, "KeySize=3072");
}

static void
a_recovery_has_no_key_size(void **state)
{
	check(*state, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			    "KeyRecoveryRequest=true\nP12PASSWORD=#p\n"
			    "StoreUserCertOnly=true\nLocation=#mpp\n"
			    "KeySize=3072\n");
	expect_error(*state, RULE_KEY_SIZE_RECOVERY, 11, "cannot be chosen");
}

static void
an_archival_has_a_key_size_of_the_card(void **state)
{
	struct job *job = *state;

	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "KeyArchivalRequest=true\nP12PASSWORD=#p\n"
			 "StoreUserCertOnly=true\nLocation=#mpp\n"
			 "KeySize=4096\n");
	expect_error(job, RULE_KEY_SIZE_UNKNOWN, 11, "4096 bits in mpp");
	check(job, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			 "KeyArchivalRequest=true\nP12PASSWORD=#p\n"
			 "StoreUserCertOnly=true\nLocation=#mpp\n"
			 "KeySize=2048\n");
	expect_no_error(job);
}

static void
archival_and_recovery_need_a_password(void **state)
{
	check(*state, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			    "KeyArchivalRequest=true\nStoreUserCertOnly=true\n"
			    "Location=#mpp\n");
	expect_error(*state, RULE_P12PASSWORD, 5, "P12PASSWORD is missing");
}

static void
recovery_data_are_a_pkcs12(void **state)
{
	check(*state, ADMIN "ApplicationList=A\n[Application_A]\nCertTempl=T\n"
			    "KeyRecoveryRequest=true\nP12PASSWORD=#p\n"
			    "StoreUserCertOnly=true\nLocation=#mpp\n"
			    "RecoveryCertificateData=#AAAA\n");
	expect_error(*state, RULE_RECOVERY_DATA, 11, "is no PKCS#12");
}

static void
somebody_has_to_issue_the_certificate(void **state)
{
	static const char text[] = ADMIN
		"ApplicationList=A\n[Application_A]\n" P10 "Location=#mpp\n";
	struct job *job = *state;

	job->options.ca = false;
	check(job, text);
	expect_error(job, RULE_CA, 6, "there is no CA to ask");
	job->options.requests = "requests";
	check(job, text);
	expect_no_error(job);
	job->options.requests = NULL;
	job->options.certificates = "certificates";
	check(job, text);
	expect_no_error(job);
}

static void
keys_of_another_request_have_no_effect(void **state)
{
	check(*state, ADMIN "ApplicationList=A\n[Application_A]\n" P10
			    "Location=#mpp\nRecoveryTemplate=R\n");
	expect_said(*state, ENCODING_WARNING, RULE_IGNORED, 11,
		"RecoveryTemplate has no effect");
}

/* --- the configuration --- */

#define DELETION "ApplicationList=X\n[Application_X]\nDeleteAllObjects=true\n"

static void
sk_admin_is_needed_where_the_overview_says(void **state)
{
	struct job *job = *state;

	activated(job);
	plan(job, "[Description]\nChipAuthKeyConfig=#011D:01\n" DELETION);
	expect_error(job, RULE_KEYSET_ADMIN, 4,
		"needed to delete all keys and certificates");
	job->card.keysets[JCOP_KEYSET_SK_ADMIN] = true; /* opensc.conf */
	plan(job, "[Description]\nChipAuthKeyConfig=#011D:01\n" DELETION);
	expect_no_error(job);
	job->card.keysets[JCOP_KEYSET_SK_ADMIN] = false;
	plan(job, "[Description]\nChipAuthKeyConfig=#011D:01\n"
		  "ApplicationList=A\n[Application_A]\n" P10 "Location=#mpp\n");
	expect_error(job, RULE_KEYSET_ADMIN, 4, "needed to generate");
}

static void
chip_authentication_is_needed_where_the_overview_says(void **state)
{
	struct job *job = *state;

	activated(job);
	plan(job, "[Description]\nKeysetSkAdmin=#adm\n" DELETION);
	expect_error(job, RULE_CHIP_AUTH, 4, "ChipAuthKeyConfig is needed");
	plan(job, "[Description]\nKeysetSkFileMgmt=#fm\nef.id.rio=#1\n");
	expect_error(job, RULE_CHIP_AUTH, 3, "to update the agent data");
	job->card.chip_auth = true;
	plan(job, "[Description]\nKeysetSkFileMgmt=#fm\nef.id.rio=#1\n");
	expect_no_error(job);
}

static void
sk_filemgmt_is_needed_to_write_agent_data_and_not_to_read_them(void **state)
{
	struct job *job = *state;

	plan(job, "[Description]\nChipAuthKeyConfig=#011D:01\nef.id.rio=#1\n");
	expect_error(job, RULE_KEYSET_FILE_MGMT, 3, "to update the agent data");
	plan(job, "[Fields]\nef.id.rio=\n[Description]\n"
		  "readDataObjects=true\n");
	expect_no_error(job);
}

static void
sk_unblk_needs_no_channel(void **state)
{
	struct job *job = *state;

	activated(job);
	plan(job, "[Description]\nSetPin=true\nKeysetSkUnblkPin=#u:12\n"
		  "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_no_error(job);
}

static void
pin_change_and_puk_need_no_key_set(void **state)
{
	struct job *job = *state;

	activated(job);
	plan(job, "[Description]\nSetPin=true\n"
		  "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_no_error(job);
	plan(job, "[Description]\nSetPin=true\n"
		  "InitialPUK=!FROM_USER_DIALOG_1_FIELD\n"
		  "PIN=!FROM_USER_DIALOG_2_FIELD\n");
	expect_no_error(job);
}

static void
key_sets_are_label_and_path(void **state)
{
	static const char *const right[] = {
		"label", "label:11", "a:b:11", "label:AD01/11", "label:1"};
	static const char *const wrong[] = {"", ":11", "label:", "label:xy",
		"label:111", "label:AD01/", "label:AD01/11/1", "label:/11"};
	struct job *job = *state;
	char text[256];
	size_t i;

	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		sprintf(text, "[Description]\nKeysetSkAdmin=#%s\n" DELETION,
			right[i]);
		check(job, text);
		expect_no_error(job);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		sprintf(text, "[Description]\nKeysetSkAdmin=#%s\n" DELETION,
			wrong[i]);
		check(job, text);
		expect_error(job, RULE_KEYSET_SYNTAX, 2, "label:KEYID");
	}
}

static void
the_chip_authentication_key_is_file_and_id(void **state)
{
	static const char *const wrong[] = {
		"", "011D", "011D:", ":01", "011D:xy", "0011D:01", "011D:01:1"};
	struct job *job = *state;
	char text[256];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		sprintf(text, "[Description]\nChipAuthKeyConfig=#%s\n" DELETION,
			wrong[i]);
		check(job, text);
		expect_error(job, RULE_CHIP_AUTH_SYNTAX, 2, "FILEID:KEYID");
	}
	check(job, "[Description]\nChipAuthKeyConfig=#11d:1\n" DELETION);
	expect_no_error(job);
}

/* --- card and reader --- */

static void
a_pin_pad_that_is_not_there_is_missed(void **state)
{
	static const char text[] = "[Description]\nSetPin=true\n"
				   "PIN=!FROM_PROTECTED_AUTHENTICATION_PATH\n";
	struct job *job = *state;

	activated(job);
	plan(job, text);
	expect_error(job, RULE_NO_PAD, 3, "no PIN pad");
	/* one that can only verify does not do for a change */
	job->card.pad_verify = true;
	plan(job, text);
	expect_error(job, RULE_NO_PAD, 3, "no PIN pad");
	job->card.pad_modify = true;
	plan(job, text);
	expect_no_error(job);
}

#define ARCHIVAL(letter, size)                                             \
	"[Application_" letter "]\nCertTempl=T\nKeyArchivalRequest=true\n" \
	"P12PASSWORD=#p\nStoreUserCertOnly=true\nLocation=#mpp\n" size

static void
old_applets_on_short_readers_take_no_imported_key(void **state)
{
	static const char text[] =
		ADMIN "ApplicationList=A\n" ARCHIVAL("A", "");
	struct job *job = *state;

	activated(job);
	job->card.info.extended_length = false;
	job->card.info.chaining = false;
	job->card.info.version[0] = 4;
	plan(job, text);
	expect_error(job, RULE_APPLET, 5, "applet 4.1.1 or later");
	job->card.info.extended_length = true;
	plan(job, text);
	expect_no_error(job);
	job->card.info.extended_length = false;
	job->card.info.chaining = true;
	plan(job, text);
	expect_no_error(job);
}

#define SIGN(letter) "[Application_" letter "]\n" P10 "Location=#signature\n"
#define MPP(letter) "[Application_" letter "]\n" P10 "Location=#mpp\n"

static void
capacity_is_counted_over_the_whole_file(void **state)
{
	struct job *job = *state;

	activated(job);
	plan(job, ADMIN "ApplicationList=AB\n" SIGN("A") SIGN("B"));
	expect_no_error(job);
	plan(job, ADMIN "ApplicationList=ABC\n" SIGN("A") SIGN("B") SIGN("C"));
	expect_error(job, RULE_CAPACITY, 17,
		"sign has 2 free places for 3072-bit keys");
	plan(job, ADMIN "ApplicationList=ABCDE\n" MPP("A") MPP("B") MPP("C")
			  MPP("D") MPP("E"));
	expect_no_error(job);
	plan(job, ADMIN "ApplicationList=ABCDEF\n" MPP("A") MPP("B") MPP("C")
			  MPP("D") MPP("E") MPP("F"));
	expect_error(job, RULE_CAPACITY, 35, "the description brings 6");
}

static void
what_is_on_the_card_counts(void **state)
{
	struct job *job = *state;

	activated(job);
	job_add_key(job, "sign", 3072, "other", true);
	plan(job, ADMIN "ApplicationList=A\n" SIGN("A"));
	expect_no_error(job);
	plan(job, ADMIN "ApplicationList=AB\n" SIGN("A") SIGN("B"));
	expect_error(job, RULE_CAPACITY, 11, "1 free place for");
}

static void
deletion_makes_room(void **state)
{
	struct job *job = *state;

	activated(job);
	job_add_key(job, "sign", 3072, "other", true);
	job_add_key(job, "sign", 3072, "other", true);
	plan(job, ADMIN "ApplicationList=AX\n" SIGN(
			  "A") "[Application_X]\nDeleteAllObjects=true\n");
	expect_no_error(job);
}

static void
keys_of_unknown_size_take_what_is_left(void **state)
{
	struct job *job = *state;

	activated(job);
	/* 5 of 3072 bits, 1 of 2048 */
	plan(job, ADMIN "ApplicationList=ABCDEF\n" MPP("A") MPP("B") MPP("C")
			  MPP("D") MPP("E") ARCHIVAL("F", ""));
	expect_said(job, ENCODING_WARNING, RULE_CAPACITY, 35,
		"0 free places for 3072-bit keys");
	plan(job, ADMIN "ApplicationList=ABCDEF\n" MPP("A") MPP("B") MPP("C")
			  MPP("D") MPP("E") ARCHIVAL("F", "KeySize=3072\n"));
	expect_error(job, RULE_CAPACITY, 35, "3072-bit");
	plan(job,
		ADMIN "ApplicationList=ABCDEFG\n" MPP("A") MPP("B") MPP("C")
			MPP("D") MPP("E") ARCHIVAL("F", "") ARCHIVAL("G", ""));
	expect_error(job, RULE_CAPACITY, 41, "1 free place that no other key");
}

/* --- agent data --- */

#define WRITE                                           \
	"[Description]\nKeysetSkFileMgmt=#fm:AD01/11\n" \
	"ChipAuthKeyConfig=#011D:01\n"

static void
a_production_date_is_a_day(void **state)
{
	struct job *job = *state;

	check(job, WRITE "ef.function.productionDate=#2024-02-29\n");
	expect_no_error(job);
	check(job, WRITE "ef.function.productionDate=#2023-02-29\n");
	expect_error(job, RULE_FIELD_TEXT, 4, "YYYY-MM-DD");
	check(job, WRITE "ef.function.productionDate=#29.02.2024\n");
	expect_error(job, RULE_FIELD_TEXT, 4, "YYYY-MM-DD");
	check(job, WRITE "ef.function.productionDate=#\n");
	expect_no_error(job);
}

static void
agent_data_have_no_control_characters(void **state)
{
	struct job *job = *state;

	job_parse(job, "[Fields]\nF=\n" WRITE "ef.id.rio=F\n");
	job_field(job, "F", "a\nb");
	job_check(job);
	expect_error(job, RULE_FIELD_TEXT, 6, "control character");
}

static void
reading_needs_its_switch_and_its_fields(void **state)
{
	struct job *job = *state;

	check(job, "[Description]\nreadDataObjects=true\n");
	expect_said(job, ENCODING_WARNING, RULE_IGNORED, 2, "reads nothing");
	check(job, "[Fields]\nef.id.rio=\n[Description]\nSetPin=true\n"
		   "PIN=!FROM_USER_DIALOG_3_FIELD\n");
	expect_said(job, ENCODING_WARNING, RULE_IGNORED, 2,
		"without readDataObjects=true");
}

static void
ef_id_on_a_permanent_card_is_told_of(void **state)
{
	struct job *job = *state;

	plan(job, WRITE "ef.id.rio=#1\n");
	expect_said(job, ENCODING_NOTE, RULE_PERMANENT_CARD, 4,
		"temporary cards only");
	plan(job, WRITE "ef.function.job=#1\n");
	expect_no_error(job);
	assert_false(encoding_report_has(&job->report, RULE_PERMANENT_CARD));
}

static void
a_card_from_before_the_correction_is_warned_of_and_not_refused(void **state)
{
	struct job *job = *state;

	strcpy(job->card.info.produced, "2023-10-11");
	plan(job, WRITE "ef.function.job=#1\n");
	expect_said(job, ENCODING_WARNING, RULE_FLAWED_CARD, 4, "2023-10-11");
	strcpy(job->card.info.produced, "2023-10-12");
	plan(job, WRITE "ef.function.job=#1\n");
	assert_false(encoding_report_has(&job->report, RULE_FLAWED_CARD));
}

static void
agent_data_that_the_card_has_not_are_refused(void **state)
{
	struct job *job = *state;
	struct jcop_description other = *job->card.description;

	other.data[JCOP_DATA_EF_FUNCTION].field_count = 0;
	job_parse(job, WRITE "ef.function.job=#1\n");
	job_plan(job);
	expect_no_error(job);
	job->plan.description = &other;
	encoding_check_card(&job->plan, &job->card, &job->report);
	expect_error(job, RULE_DATA_FIELD, 4, "no ef.function.job");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, job_setup, job_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_do_is_an_error),
		TEST(the_vendors_library_is_noted),
		TEST(the_list_of_cards_stands_alone),
		TEST(the_list_of_cards_needs_its_field),
		TEST(selection_by_iccsn_needs_both_keys),
		TEST(init_token_with_fields_passes),
		TEST(init_token_needs_its_three_pins),
		TEST(init_token_takes_no_dialog),
		TEST(init_token_and_set_pin_exclude_each_other),
		TEST(a_transport_pin_without_init_token_has_no_effect),
		TEST(an_activated_card_is_refused),
		TEST(a_pin_has_the_length_that_the_card_takes),
		TEST(set_pin_needs_a_pin),
		TEST(a_change_takes_the_old_pin),
		TEST(the_unblocking_key_set_is_absent_for_a_change),
		TEST(the_unblocking_key_set_is_absent_with_the_puk),
		TEST(an_unblocked_pin_is_new),
		TEST(the_puk_is_typed_once),
		TEST(a_card_that_is_not_activated_has_no_pins),
		TEST(a_blocked_pin_is_not_changed),
		TEST(a_terminated_card_is_only_read),
		TEST(a_pin_to_sign_with_is_typed_once),
		TEST(a_request_needs_a_pin_or_a_dummy_key),
		TEST(the_list_and_the_sections_agree),
		TEST(an_application_does_one_thing),
		TEST(deletion_is_of_everything_only),
		TEST(a_request_names_its_template),
		TEST(location_is_mandatory),
		TEST(location_is_mpp_or_signature_in_any_case),
		TEST(archival_and_recovery_go_to_mpp),
		TEST(no_ca_certificates_are_stored),
		TEST(a_pkcs10_key_has_3072_bits),
		TEST(a_recovery_has_no_key_size),
		TEST(an_archival_has_a_key_size_of_the_card),
		TEST(archival_and_recovery_need_a_password),
		TEST(recovery_data_are_a_pkcs12),
		TEST(somebody_has_to_issue_the_certificate),
		TEST(keys_of_another_request_have_no_effect),
		TEST(sk_admin_is_needed_where_the_overview_says),
		TEST(chip_authentication_is_needed_where_the_overview_says),
		TEST(sk_filemgmt_is_needed_to_write_agent_data_and_not_to_read_them),
		TEST(sk_unblk_needs_no_channel),
		TEST(pin_change_and_puk_need_no_key_set),
		TEST(key_sets_are_label_and_path),
		TEST(the_chip_authentication_key_is_file_and_id),
		TEST(a_pin_pad_that_is_not_there_is_missed),
		TEST(old_applets_on_short_readers_take_no_imported_key),
		TEST(capacity_is_counted_over_the_whole_file),
		TEST(what_is_on_the_card_counts),
		TEST(deletion_makes_room),
		TEST(keys_of_unknown_size_take_what_is_left),
		TEST(a_production_date_is_a_day),
		TEST(agent_data_have_no_control_characters),
		TEST(reading_needs_its_switch_and_its_fields),
		TEST(ef_id_on_a_permanent_card_is_told_of),
		TEST(a_card_from_before_the_correction_is_warned_of_and_not_refused),
		TEST(agent_data_that_the_card_has_not_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
