/*
 * keys.h: the keys of an encoding description, in one table that the parser,
 * its messages and the check of the man page are driven by.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_KEYS_H
#define JCOP_ENCODING_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Sections, as bits: a key may stand in more than one. */
enum encoding_section_kind {
	SECTION_ENCODING = 1,
	SECTION_FIELDS = 2,
	SECTION_DESCRIPTION = 4,
	SECTION_APPLICATION = 8
};

/* What a key takes. */
enum encoding_takes {
	TAKES_SWITCH, /* plain: true or false */
	TAKES_NUMBER, /* plain: decimal */
	TAKES_WORD,   /* plain: a template, a list, a name */
	TAKES_TEXT,   /* literal #text, or a field */
	TAKES_SECRET, /* a field; a literal with a warning */
	TAKES_PIN,    /* a field, or a source !WORD */
	TAKES_OUTPUT  /* a field that the run fills */
};

enum encoding_key_id {
	KEY_TYPE,
	KEY_DEVICES,
	KEY_PKCS11_LIBRARY,
	KEY_INIT_TOKEN,
	KEY_PIN,
	KEY_SIGN_PIN,
	KEY_TRANSPORT_PIN,
	KEY_SET_PIN,
	KEY_INITIAL_PUK,
	KEY_KEYSET_ADMIN,
	KEY_KEYSET_UNBLK_PIN,
	KEY_KEYSET_FILE_MGMT,
	KEY_CHIP_AUTH,
	KEY_READ_DATA_OBJECTS,
	KEY_EF_ID_FAMILY_NAME,
	KEY_EF_ID_FIRST_NAME,
	KEY_EF_ID_RIO,
	KEY_EF_ID_UIN,
	KEY_EF_ID_ORG_NAME_1,
	KEY_EF_ID_ORG_NAME_2,
	KEY_EF_FUNCTION_JOB,
	KEY_EF_FUNCTION_POSTING_PLACE,
	KEY_EF_FUNCTION_PRODUCTION_DATE,
	KEY_APPLICATION_LIST,
	KEY_RETRIEVE_ALL_TOKENS,
	KEY_ALL_TOKENS_FIELD,
	KEY_ICCSN_WITH_ATR,
	KEY_USE_SELECT_ICCSN,
	KEY_SELECT_ICCSN,
	KEY_DELETE_ALL,
	KEY_CERT_TEMPLATE,
	KEY_RECOVERY_TEMPLATE,
	KEY_RECOVERY_REQUEST,
	KEY_ARCHIVAL_REQUEST,
	KEY_P12PASSWORD,
	KEY_RECOVERY_DATA,
	KEY_USER_CERT_ONLY,
	KEY_DUMMY_KEY,
	KEY_RETURN_FIELD,
	KEY_LOCATION,
	KEY_KEY_SIZE,
	KEY_COUNT
};
#define KEY_FIRST_DATA KEY_EF_ID_FAMILY_NAME
#define KEY_LAST_DATA KEY_EF_FUNCTION_PRODUCTION_DATE

struct encoding_key {
	const char *name;     /* as the vendor writes it */
	unsigned int section; /* bits of enum encoding_section_kind */
	enum encoding_takes takes;
	bool public_page;    /* from another public page than the article */
	const char *meaning; /* one line, for the man page and messages */
};

extern const struct encoding_key encoding_keys[KEY_COUNT];

/* Is its value a PIN, a PUK or a password? */
bool encoding_key_is_secret(enum encoding_key_id key);

/* "true or false", "#text or a field": what TAKES means, for messages. */
const char *encoding_takes_text(enum encoding_takes takes);

/* "[Fields]", "[Application_...]" */
const char *encoding_section_text(enum encoding_section_kind section);

/* The key of that name, in any case, in SECTION; KEY_COUNT if none. */
enum encoding_key_id encoding_key_find(
	enum encoding_section_kind section, const char *name);

/* The name that is nearest to NAME among the keys of SECTION, or NULL if
 * none is near. ELSEWHERE is set if NAME is a key of another section, which
 * is then returned. */
const char *encoding_key_nearest(enum encoding_section_kind section,
	const char *name, unsigned int *elsewhere);

/* Near enough to be worth proposing? */
bool encoding_is_near(const char *a, const char *b, size_t distance);

#endif
