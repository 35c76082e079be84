/*
 * encoding.h: an encoding description as it was read: what stands where, and
 * of which kind each value is. What it means is checked in check.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_H
#define JCOP_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "encoding/keys.h"
#include "encoding/report.h"

/* Larger files are no descriptions. */
#define ENCODING_MAX_SIZE (8u << 20)
#define ENCODING_MAX_APPLICATIONS 26
#define ENCODING_DIGEST_SIZE 32

enum encoding_value_kind {
	VALUE_ABSENT,
	VALUE_PLAIN,
	VALUE_LITERAL, /* #text; text is without the # */
	VALUE_FIELD,   /* text is the field's name, as [Fields] spells it */
	VALUE_SOURCE,  /* !WORD */
	VALUE_OUTPUT   /* a field that the run fills */
};

/* Where a PIN comes from, if not from a field. */
enum encoding_source {
	SOURCE_PAD,           /* !FROM_PROTECTED_AUTHENTICATION_PATH */
	SOURCE_DIALOG_1,      /* !FROM_USER_DIALOG_1_FIELD */
	SOURCE_DIALOG_2,      /* !FROM_USER_DIALOG_2_FIELD */
	SOURCE_DIALOG_3,      /* !FROM_USER_DIALOG_3_FIELD */
	SOURCE_DIALOG_1_AUTO, /* PIN pad if the reader has one */
	SOURCE_DIALOG_2_AUTO,
	SOURCE_DIALOG_3_AUTO,
	SOURCE_COUNT
};

/* The word of a source without the exclamation mark. */
const char *encoding_source_word(enum encoding_source source);
/* Fields of the dialog; 0 for the PIN pad. */
unsigned int encoding_source_fields(enum encoding_source source);
bool encoding_source_is_auto(enum encoding_source source);

struct encoding_value {
	enum encoding_value_kind kind;
	enum encoding_source source; /* VALUE_SOURCE */
	bool on;                     /* TAKES_SWITCH */
	unsigned int number;         /* TAKES_NUMBER */
	unsigned int line;
	char *text;
};

struct encoding_section {
	bool present;
	unsigned int line;
	char letter; /* of an application, upper case */
	struct encoding_value values[KEY_COUNT];
};

/* A line of [Fields]. */
struct encoding_field {
	char *name;
	char *preset; /* the text after the =, or NULL */
	unsigned int line;
	enum encoding_key_id data; /* agent data to be read, or KEY_COUNT */
};

struct encoding {
	char *name; /* of the file */
	/* SHA-256 of what it does, but for [Fields] and agent data */
	uint8_t digest[ENCODING_DIGEST_SIZE];
	struct encoding_section encoding, description;
	struct encoding_section applications[ENCODING_MAX_APPLICATIONS];
	struct encoding_field *fields;
	size_t field_count, field_capacity;
};

/*
 * Reads the description in the file PATH, a .dsc or a .dsz (a zip archive
 * with one .dsc), into ENCODING. Unknown keys are errors, with LENIENT they
 * are warnings. What is wrong is said in REPORT, whose name is set; JCOP_OK
 * if there is no error. ENCODING is to be freed in any case.
 */
JCOP_CHECKED int encoding_load(const char *path, bool lenient,
	struct encoding *encoding, struct encoding_report *report);

/* The same from LEN bytes of TEXT, called NAME in messages. */
JCOP_CHECKED int encoding_parse(const char *name, const char *text, size_t len,
	bool lenient, struct encoding *encoding,
	struct encoding_report *report);

void encoding_free(struct encoding *encoding);

/* The field of that name, in any case, or NULL. */
const struct encoding_field *encoding_field_find(
	const struct encoding *encoding, const char *name);

/* The declared field nearest to NAME, or NULL. */
const struct encoding_field *encoding_field_nearest(
	const struct encoding *encoding, const char *name);

/* The application of that letter, or NULL. */
const struct encoding_section *encoding_application(
	const struct encoding *encoding, char letter);

/* Letters of the list that have a section, in their order, without blanks and
 * commas. LETTERS has room for all and a zero. */
void encoding_application_order(const struct encoding *encoding,
	char letters[ENCODING_MAX_APPLICATIONS + 1]);

/* Is the switch there and on? */
bool encoding_is_on(
	const struct encoding_section *section, enum encoding_key_id key);

/* Is there a value? */
bool encoding_has(
	const struct encoding_section *section, enum encoding_key_id key);

#endif
