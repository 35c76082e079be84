/*
 * report.h: what is said about an encoding description before anything
 * happens to a card: errors, warnings and notes, each with its rule and line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_REPORT_H
#define JCOP_ENCODING_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/error.h"

#define ENCODING_MESSAGE_SIZE 1024

enum encoding_severity {
	ENCODING_NOTE,
	ENCODING_WARNING,
	ENCODING_ERROR /* nothing is sent to the card */
};

/* Why something is said. Each rule has a message of its own. */
enum encoding_rule {
	/* the file */
	RULE_FILE,        /* it cannot be read, or is no description */
	RULE_SYNTAX,      /* a line that is neither section, key nor comment */
	RULE_SECTION,     /* an unknown section */
	RULE_UNKNOWN_KEY, /* a key that no section of that kind has */
	RULE_DUPLICATE_KEY, /* a key twice in a section */
	RULE_VALUE,         /* a value of a kind that the key does not take */
	RULE_HEADER,        /* [Encoding] names something else than a chip */
	/* fields */
	RULE_FIELD_UNDECLARED, /* a value names a field that [Fields] has not */
	RULE_FIELD_MISSING,    /* nobody supplied it */
	RULE_FIELD_EMPTY,      /* only agent data may be empty */
	RULE_FIELD_TEXT,       /* not UTF-8, or no date, number, path ... */
	RULE_SECRET_IN_FILE,   /* a secret as a literal */
	RULE_SECRET_SHARED,    /* the field of a secret for what is none */
	/* what the description asks for */
	RULE_NOTHING,        /* nothing is to be done */
	RULE_IGNORED,        /* accepted, without effect */
	RULE_LIST_ALONE,     /* RetrieveAllTokens is an operation by itself */
	RULE_LIST_FIELD,     /* ... and needs AllTokensIccsnsField */
	RULE_SELECT,         /* the two keys of the selection by ICCSN */
	RULE_INIT_PINS,      /* InitToken without one of its three PINs */
	RULE_INIT_DIALOG,    /* InitToken and a dialog */
	RULE_INIT_AND_SET,   /* InitToken and SetPin */
	RULE_SET_NO_PIN,     /* SetPin without PIN and SignPIN */
	RULE_CHANGE_SOURCE,  /* a change needs the old PIN */
	RULE_UNBLOCK_SOURCE, /* an unblocked PIN has no old PIN */
	RULE_PUK_SOURCE,     /* the PUK has neither old value nor repetition */
	RULE_UNBLK_WITH_PUK, /* KeysetSkUnblkPin and InitialPUK */
	RULE_UNBLK_WITH_CHANGE, /* KeysetSkUnblkPin and the old PIN */
	RULE_SIGNING_SOURCE,    /* the PIN for a signature is asked for once */
	RULE_PIN_LENGTH,        /* a PIN that the card does not take */
	RULE_LIST_OF_APPLICATIONS, /* ApplicationList and sections disagree */
	RULE_APPLICATION,          /* an application that does nothing, or two
				    * things at once */
	RULE_DELETE_EVERYTHING,    /* deletion of some objects only */
	RULE_TEMPLATE,             /* no CertTempl */
	RULE_LOCATION,             /* no Location */
	RULE_LOCATION_NAME,        /* an unknown one */
	RULE_LOCATION_IMPORT,      /* archival or recovery elsewhere than mpp */
	RULE_USER_CERT_ONLY,       /* StoreUserCertOnly is not true */
	RULE_KEY_SIZE,             /* PKCS#10 without KeySize=3072 */
	RULE_KEY_SIZE_RECOVERY,    /* recovery with KeySize */
	RULE_KEY_SIZE_UNKNOWN,     /* no slot of that container has this size */
	RULE_P12PASSWORD,          /* archival and recovery without it */
	RULE_RECOVERY_DATA,        /* RecoveryCertificateData is no PKCS#12 */
	RULE_CA,                   /* nobody to ask for a certificate */
	RULE_DUMMY_KEY,            /* no PIN to sign with, and no dummy key */
	/* the configuration */
	RULE_KEYSET_ADMIN,
	RULE_KEYSET_UNBLK,
	RULE_KEYSET_FILE_MGMT,
	RULE_CHIP_AUTH,
	RULE_KEYSET_SYNTAX,    /* not label[:path] */
	RULE_CHIP_AUTH_SYNTAX, /* not file:key */
	/* the card and its reader */
	RULE_ACTIVATED,     /* InitToken and an activated card */
	RULE_NOT_ACTIVATED, /* SetPin and a card that is not */
	RULE_TERMINATED,
	RULE_PIN_BLOCKED,
	RULE_NO_PAD,         /* a PIN pad is asked for and there is none */
	RULE_CAPACITY,       /* more keys than free slots */
	RULE_APPLET,         /* this applet with this reader cannot */
	RULE_FLAWED_CARD,    /* produced before the corrected profile */
	RULE_PERMANENT_CARD, /* EF.Id may be refused */
	RULE_DATA_FIELD,     /* the card has no such agent data */
	RULE_JOURNAL,        /* journal and card contradict each other */
	RULE_VISIT,          /* the second visit before the first */
	RULE_P12_PASSWORD    /* opens no answer of the CA */
};

struct encoding_message {
	enum encoding_severity severity;
	enum encoding_rule rule;
	unsigned int line; /* of the description; 0: of the whole */
	char *text;
};

struct encoding_report {
	const char *name; /* of the description; borrowed */
	struct encoding_message *messages;
	size_t count, capacity;
	size_t errors;
};

/* Adds a message. One that finds no memory counts as an error all the same. */
__attribute__((format(printf, 5, 6))) void encoding_say(
	struct encoding_report *report, enum encoding_severity severity,
	enum encoding_rule rule, unsigned int line, const char *format, ...);

/* Is there a message for RULE? */
bool encoding_report_has(
	const struct encoding_report *report, enum encoding_rule rule);

/* Prints "NAME:LINE: text", a line for each message, in order of lines. */
void encoding_report_print(struct encoding_report *report, FILE *out);

void encoding_report_free(struct encoding_report *report);

/* Says in MESSAGE that there is no memory; JCOP_ERR_NO_MEMORY. */
int encoding_no_memory(char *message);

/* Writes MESSAGE (ENCODING_MESSAGE_SIZE bytes) and returns ERROR. */
__attribute__((format(printf, 3, 4))) int encoding_message(
	char *message, int error, const char *format, ...);

#endif
