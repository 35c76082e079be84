/*
 * keys.c: the table of keys.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/nearest.h"
#include "encoding/keys.h"

#define DATA (SECTION_FIELDS | SECTION_DESCRIPTION)

const struct encoding_key encoding_keys[KEY_COUNT] = {
	[KEY_TYPE] = {"Type", SECTION_ENCODING, TAKES_WORD, true,
		"kind of encoding; 1024,Chip"},
	[KEY_DEVICES] = {"Devices", SECTION_ENCODING, TAKES_WORD, true,
		"devices it is for; 8710 among them"},
	[KEY_PKCS11_LIBRARY] = {"PKCS11Library", SECTION_DESCRIPTION,
		TAKES_WORD, false, "the vendor's middleware; no effect"},
	[KEY_INIT_TOKEN] = {"InitToken", SECTION_DESCRIPTION, TAKES_SWITCH,
		false, "activate the card"},
	[KEY_PIN] = {"PIN", SECTION_DESCRIPTION, TAKES_PIN, false,
		"the global PIN"},
	[KEY_SIGN_PIN] = {"SignPIN", SECTION_DESCRIPTION, TAKES_PIN, false,
		"the signature PIN"},
	[KEY_TRANSPORT_PIN] = {"IdopteTransportPin", SECTION_DESCRIPTION,
		TAKES_PIN, false, "the transport PIN, for InitToken"},
	[KEY_SET_PIN] = {"SetPin", SECTION_DESCRIPTION, TAKES_SWITCH, false,
		"change or unblock PIN and SignPIN"},
	[KEY_INITIAL_PUK] = {"InitialPUK", SECTION_DESCRIPTION, TAKES_PIN,
		false, "the PUK; SetPin then unblocks with it"},
	[KEY_KEYSET_ADMIN] = {"KeysetSkAdmin", SECTION_DESCRIPTION, TAKES_TEXT,
		false, "key set SK_ADMIN, label:path"},
	[KEY_KEYSET_UNBLK_PIN] = {"KeysetSkUnblkPin", SECTION_DESCRIPTION,
		TAKES_TEXT, false,
		"key set SK_UNBLK, label:path; SetPin then unblocks with it"},
	[KEY_KEYSET_FILE_MGMT] = {"KeysetSkFileMgmt", SECTION_DESCRIPTION,
		TAKES_TEXT, false, "key set SK_FILEMGMT, label:path"},
	[KEY_CHIP_AUTH] = {"ChipAuthKeyConfig", SECTION_DESCRIPTION, TAKES_TEXT,
		false, "chip authentication key, path:id"},
	[KEY_READ_DATA_OBJECTS] = {"readDataObjects", SECTION_DESCRIPTION,
		TAKES_SWITCH, false, "read the agent data named in [Fields]"},
	[KEY_EF_ID_FAMILY_NAME] = {"ef.id.familyName", DATA, TAKES_TEXT, false,
		"family name of the card holder"},
	[KEY_EF_ID_FIRST_NAME] = {"ef.id.firstName", DATA, TAKES_TEXT, false,
		"first name of the card holder"},
	[KEY_EF_ID_RIO] = {"ef.id.rio", DATA, TAKES_TEXT, false,
		"RIO of the card holder"},
	[KEY_EF_ID_UIN] = {"ef.id.uin", DATA, TAKES_TEXT, false,
		"UIN of the card holder"},
	[KEY_EF_ID_ORG_NAME_1] = {"ef.id.orgName1", DATA, TAKES_TEXT, false,
		"first name of the organisation"},
	[KEY_EF_ID_ORG_NAME_2] = {"ef.id.orgName2", DATA, TAKES_TEXT, false,
		"second name of the organisation"},
	[KEY_EF_FUNCTION_JOB] = {"ef.function.job", DATA, TAKES_TEXT, false,
		"job of the card holder"},
	[KEY_EF_FUNCTION_POSTING_PLACE] = {"ef.function.postingPlace", DATA,
		TAKES_TEXT, false, "posting place of the card holder"},
	[KEY_EF_FUNCTION_PRODUCTION_DATE] = {"ef.function.productionDate", DATA,
		TAKES_TEXT, false, "production date, YYYY-MM-DD"},
	[KEY_APPLICATION_LIST] = {"ApplicationList", SECTION_DESCRIPTION,
		TAKES_WORD, false,
		"letters of the applications, in their order"},
	[KEY_RETRIEVE_ALL_TOKENS] = {"RetrieveAllTokens", SECTION_DESCRIPTION,
		TAKES_SWITCH, true, "list the cards in all readers"},
	[KEY_ALL_TOKENS_FIELD] = {"AllTokensIccsnsField", SECTION_DESCRIPTION,
		TAKES_OUTPUT, true, "field for the ICCSNs of all cards"},
	[KEY_ICCSN_WITH_ATR] = {"UseICCSNwithATR", SECTION_DESCRIPTION,
		TAKES_SWITCH, true, "ICCSN-ATR instead of the ICCSN alone"},
	[KEY_USE_SELECT_ICCSN] = {"UseSelectCriteriaIccsn", SECTION_DESCRIPTION,
		TAKES_SWITCH, true, "choose the reader by its card"},
	[KEY_SELECT_ICCSN] = {"SelectCriteriaIccsn", SECTION_DESCRIPTION,
		TAKES_TEXT, true, "ICCSN of the card to be used"},
	[KEY_DELETE_ALL] = {"DeleteAllObjects", SECTION_APPLICATION,
		TAKES_SWITCH, false, "delete all keys and certificates"},
	[KEY_CERT_TEMPLATE] = {"CertTempl", SECTION_APPLICATION, TAKES_WORD,
		false, "certificate template, for the CA"},
	[KEY_RECOVERY_TEMPLATE] = {"RecoveryTemplate", SECTION_APPLICATION,
		TAKES_WORD, false, "template of a recovery, for the CA"},
	[KEY_RECOVERY_REQUEST] = {"KeyRecoveryRequest", SECTION_APPLICATION,
		TAKES_SWITCH, false, "write a recovered key to the card"},
	[KEY_ARCHIVAL_REQUEST] = {"KeyArchivalRequest", SECTION_APPLICATION,
		TAKES_SWITCH, false, "write a key that the CA made and keeps"},
	[KEY_P12PASSWORD] = {"P12PASSWORD", SECTION_APPLICATION, TAKES_SECRET,
		false, "password of the PKCS#12 from the CA"},
	[KEY_RECOVERY_DATA] = {"RecoveryCertificateData", SECTION_APPLICATION,
		TAKES_TEXT, false, "base64 PKCS#12 to be recovered"},
	[KEY_USER_CERT_ONLY] = {"StoreUserCertOnly", SECTION_APPLICATION,
		TAKES_SWITCH, false, "write no CA certificates; must be true"},
	[KEY_DUMMY_KEY] = {"SignP10WithDummyKey", SECTION_APPLICATION,
		TAKES_SWITCH, false,
		"without a PIN, sign the request with a throw-away key"},
	[KEY_RETURN_FIELD] = {"CertKeyListReturnField", SECTION_APPLICATION,
		TAKES_OUTPUT, false, "field for the certificates made"},
	[KEY_LOCATION] = {"Location", SECTION_APPLICATION, TAKES_TEXT, false,
		"container, mpp or signature; mandatory"},
	[KEY_KEY_SIZE] = {"KeySize", SECTION_APPLICATION, TAKES_NUMBER, false,
		"bits of the key"},
};

bool
encoding_key_is_secret(enum encoding_key_id key)
{
	return encoding_keys[key].takes == TAKES_PIN ||
	       encoding_keys[key].takes == TAKES_SECRET;
}

const char *
encoding_takes_text(enum encoding_takes takes)
{
	switch (takes) {
	case TAKES_SWITCH:
		return "true or false";
	case TAKES_NUMBER:
		return "a number";
	case TAKES_WORD:
		return "plain text";
	case TAKES_TEXT:
		return "#text or the name of a field";
	case TAKES_SECRET:
		return "the name of a field";
	case TAKES_PIN:
		return "the name of a field, or a source as "
		       "!FROM_PROTECTED_AUTHENTICATION_PATH";
	case TAKES_OUTPUT:
		return "the name of the field for the result";
	}
	return "";
}

const char *
encoding_section_text(enum encoding_section_kind section)
{
	switch (section) {
	case SECTION_ENCODING:
		return "[Encoding]";
	case SECTION_FIELDS:
		return "[Fields]";
	case SECTION_DESCRIPTION:
		return "[Description]";
	case SECTION_APPLICATION:
		return "[Application_...]";
	}
	return "";
}

static enum encoding_key_id
find_in(unsigned int sections, const char *name)
{
	enum encoding_key_id id;

	for (id = 0; id < KEY_COUNT; id++)
		if ((encoding_keys[id].section & sections) != 0 &&
			strcasecmp(encoding_keys[id].name, name) == 0)
			break;
	return id;
}

enum encoding_key_id
encoding_key_find(enum encoding_section_kind section, const char *name)
{
	return find_in(section, name);
}

bool
encoding_is_near(const char *a, const char *b, size_t distance)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	size_t longer = len_a > len_b ? len_a : len_b;

	return distance <= 1 + longer / 3 && distance < longer;
}

const char *
encoding_key_nearest(enum encoding_section_kind section, const char *name,
	unsigned int *elsewhere)
{
	enum encoding_key_id id = find_in(~(unsigned int)section, name);
	const char *nearest = NULL;
	size_t distance, least = SIZE_MAX;

	*elsewhere = 0;
	if (id != KEY_COUNT) {
		*elsewhere = encoding_keys[id].section;
		return encoding_keys[id].name;
	}
	for (id = 0; id < KEY_COUNT; id++) {
		if ((encoding_keys[id].section & section) == 0)
			continue;
		distance = jcop_distance(name, encoding_keys[id].name);
		if (distance < least &&
			encoding_is_near(
				name, encoding_keys[id].name, distance)) {
			least = distance;
			nearest = encoding_keys[id].name;
		}
	}
	return nearest;
}
