/*
 * fields.h: the values of the fields of a description, and what comes back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_FIELDS_H
#define JCOP_ENCODING_FIELDS_H

#include <stdbool.h>

#include <jansson.h>

#include "core/blob.h"
#include "encoding/encoding.h"

/* Where a value comes from, in the order in which one wins over another. */
enum field_origin {
	FIELD_NOBODY,
	FIELD_PRESET,  /* the description itself */
	FIELD_JSON,    /* --fields */
	FIELD_ARGUMENT /* --field */
};

struct encoding_field_value {
	struct jcop_blob value;
	enum field_origin origin;
	bool secret;  /* a key takes a PIN, a PUK or a password from it */
	bool in_file; /* named in the file that was read last */
	/* of the environment, that a secret was taken from; borrowed, or NULL
	 */
	const char *variable;
};

struct encoding_fields {
	const struct encoding *encoding;
	struct encoding_field_value *values; /* one for each of its fields */
	json_t *outputs; /* object: what the run found, by name of field */
};

/*
 * Starts with the presets of ENCODING, which has to live as long. Free in any
 * case. Errors: JCOP_ERR_NO_MEMORY, JCOP_ERR_TOO_LONG.
 */
JCOP_CHECKED int encoding_fields_init(
	struct encoding_fields *fields, const struct encoding *encoding);
void encoding_fields_free(struct encoding_fields *fields);

/*
 * Takes "NAME=VALUE", "NAME=@FILE" (the content of the file, without one line
 * end), or "NAME=env:VARIABLE", "file:PATH" or "fd:N" (their first line). A
 * secret is refused as VALUE. MESSAGE
 * (ENCODING_MESSAGE_SIZE bytes) never has the value. Errors:
 * JCOP_ERR_ARGUMENT, JCOP_ERR_NOT_FOUND (no such field or file),
 * JCOP_ERR_UNTRUSTED (a secret that cannot be read, or that others can),
 * JCOP_ERR_TOO_LONG, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_fields_argument(
	struct encoding_fields *fields, const char *argument, char *message);

/* Takes the variables that secrets came from out of the environment: the
 * programs that a run starts do not inherit them. Call after the last
 * argument. */
void encoding_fields_clear_environment(const struct encoding_fields *fields);

/*
 * Takes the strings of the JSON object in the file PATH. A file with secrets
 * that others may read is refused, and one that names a field twice. Names that
 * [Fields] has not are said in REPORT as notes. Errors as above, and
 * JCOP_ERR_MALFORMED.
 */
JCOP_CHECKED int encoding_fields_file(struct encoding_fields *fields,
	const char *path, struct encoding_report *report, char *message);

/*
 * What has no value though one is needed, is empty though that means nothing,
 * or is no text, in REPORT. Applications that are not in the list need
 * nothing.
 */
void encoding_fields_check(
	const struct encoding_fields *fields, struct encoding_report *report);

/* Was a value supplied, if it comes from a field? A literal always is. */
bool encoding_value_is_supplied(const struct encoding_fields *fields,
	const struct encoding_value *value);

/* The bytes of a literal or of a field; none for other values. */
struct jcop_bytes encoding_value_bytes(const struct encoding_fields *fields,
	const struct encoding_value *value);

/* The same as a string without zero bytes, which the caller frees; NULL for
 * others and if memory ran out. Not for secrets. */
char *encoding_value_text(const struct encoding_fields *fields,
	const struct encoding_value *value);

/* Sets the field NAME of the outputs to VALUE, whose reference it takes; NAME
 * is spelled as in [Fields]. */
JCOP_CHECKED int encoding_fields_output(
	struct encoding_fields *fields, const char *name, json_t *value);

/* The field NAME of the outputs as a list, made where there is none yet; NULL
 * without memory. Borrowed. */
json_t *encoding_fields_list(struct encoding_fields *fields, const char *name);

/*
 * Writes the outputs as JSON to PATH, a private file (0600) that is replaced
 * as a whole. MESSAGE has ENCODING_MESSAGE_SIZE bytes.
 */
JCOP_CHECKED int encoding_fields_write(
	const struct encoding_fields *fields, const char *path, char *message);

#endif
