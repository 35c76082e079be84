/*
 * parse.c: an encoding description from its file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "core/nearest.h"
#include "encoding/dsz.h"
#include "encoding/encoding.h"
#include "encoding/ini.h"

#define APPLICATION_PREFIX "Application_"

/* What a line is read into. */
struct parser {
	struct encoding *encoding;
	struct encoding_report *report;
	bool lenient;
};

/* --- sources and sections --- */

static const struct {
	const char *word;
	unsigned int fields;
	bool is_auto;
} sources[SOURCE_COUNT] = {
	[SOURCE_PAD] = {"FROM_PROTECTED_AUTHENTICATION_PATH", 0, false},
	[SOURCE_DIALOG_1] = {"FROM_USER_DIALOG_1_FIELD", 1, false},
	[SOURCE_DIALOG_2] = {"FROM_USER_DIALOG_2_FIELD", 2, false},
	[SOURCE_DIALOG_3] = {"FROM_USER_DIALOG_3_FIELD", 3, false},
	[SOURCE_DIALOG_1_AUTO] = {"FROM_USER_DIALOG_1_FIELD_AUTO", 1, true},
	[SOURCE_DIALOG_2_AUTO] = {"FROM_USER_DIALOG_2_FIELD_AUTO", 2, true},
	[SOURCE_DIALOG_3_AUTO] = {"FROM_USER_DIALOG_3_FIELD_AUTO", 3, true},
};

const char *
encoding_source_word(enum encoding_source source)
{
	return sources[source].word;
}

unsigned int
encoding_source_fields(enum encoding_source source)
{
	return sources[source].fields;
}

bool
encoding_source_is_auto(enum encoding_source source)
{
	return sources[source].is_auto;
}

/* The letter of "Application_X" in upper case, or 0. */
static char
application_letter(const char *name)
{
	size_t len = strlen(APPLICATION_PREFIX);

	if (strncasecmp(name, APPLICATION_PREFIX, len) != 0 ||
		!isalpha((unsigned char)name[len]) || name[len + 1] != '\0')
		return 0;
	return (char)toupper((unsigned char)name[len]);
}

/* 0 for an unknown section. SECTION is left alone for [Fields]. */
static enum encoding_section_kind
find_section(struct encoding *encoding, const char *name,
	struct encoding_section **section)
{
	char letter = application_letter(name);

	if (strcasecmp(name, "Fields") == 0)
		return SECTION_FIELDS;
	if (strcasecmp(name, "Encoding") == 0) {
		*section = &encoding->encoding;
		return SECTION_ENCODING;
	}
	if (strcasecmp(name, "Description") == 0) {
		*section = &encoding->description;
		return SECTION_DESCRIPTION;
	}
	if (letter == 0)
		return 0;
	*section = &encoding->applications[letter - 'A'];
	(*section)->letter = letter;
	return SECTION_APPLICATION;
}

static const char *
nearest_section(const char *name)
{
	static const char *const names[] = {
		"Encoding", "Fields", "Description", "Application_A"};
	const char *nearest = NULL;
	size_t i, distance, least = SIZE_MAX;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		distance = jcop_distance(name, names[i]);
		if (distance < least &&
			encoding_is_near(name, names[i], distance)) {
			least = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

static void
note_sections(struct parser *parser, const struct ini *ini)
{
	const char *near;
	size_t i;

	for (i = 0; i < ini->section_count; i++) {
		struct encoding_section *section = NULL;
		const struct ini_section *read = &ini->sections[i];

		if (find_section(parser->encoding, read->name, &section) == 0) {
			near = nearest_section(read->name);
			encoding_say(parser->report,
				parser->lenient ? ENCODING_WARNING
						: ENCODING_ERROR,
				RULE_SECTION, read->line,
				"there is no section [%s]%s%s%s%s", read->name,
				near != NULL ? "; the nearest is [" : "",
				near != NULL ? near : "",
				near != NULL ? "]" : "",
				parser->lenient ? "; it is ignored" : "");
		} else if (section != NULL && !section->present) {
			section->present = true;
			section->line = read->line;
		}
	}
}

/* --- [Fields] --- */

const struct encoding_field *
encoding_field_find(const struct encoding *encoding, const char *name)
{
	size_t i;

	for (i = 0; i < encoding->field_count; i++)
		if (strcasecmp(encoding->fields[i].name, name) == 0)
			return &encoding->fields[i];
	return NULL;
}

const struct encoding_field *
encoding_field_nearest(const struct encoding *encoding, const char *name)
{
	const struct encoding_field *field, *nearest = NULL;
	size_t i, distance, least = SIZE_MAX;

	for (i = 0; i < encoding->field_count; i++) {
		field = &encoding->fields[i];
		distance = jcop_distance(name, field->name);
		if (distance < least &&
			encoding_is_near(name, field->name, distance)) {
			least = distance;
			nearest = field;
		}
	}
	return nearest;
}

static struct encoding_field *
new_field(struct encoding *encoding)
{
	size_t capacity = encoding->field_capacity * 2 + 16;
	struct encoding_field *grown;

	if (encoding->field_count == encoding->field_capacity) {
		grown = reallocarray(
			encoding->fields, capacity, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		encoding->fields = grown;
		encoding->field_capacity = capacity;
	}
	grown = &encoding->fields[encoding->field_count++];
	*grown = (struct encoding_field){0};
	return grown;
}

static void
say_duplicate(struct parser *parser, const char *key, unsigned int first,
	unsigned int line)
{
	encoding_say(parser->report, ENCODING_ERROR, RULE_DUPLICATE_KEY, line,
		"%s stands in this section already, on line %u", key, first);
}

static void say_unknown_key(struct parser *parser,
	enum encoding_section_kind kind, const struct ini_pair *pair);

static int
read_field(struct parser *parser, const struct ini_pair *pair)
{
	const struct encoding_field *before =
		encoding_field_find(parser->encoding, pair->key);
	struct encoding_field *field;

	if (before != NULL) {
		say_duplicate(parser, pair->key, before->line, pair->line);
		return JCOP_OK;
	}
	field = new_field(parser->encoding);
	if (field == NULL)
		return JCOP_ERR_NO_MEMORY;
	field->name = strdup(pair->key);
	field->line = pair->line;
	field->data = encoding_key_find(SECTION_FIELDS, pair->key);
	if (pair->value[0] != '\0')
		field->preset = strdup(pair->value);
	if (field->name == NULL ||
		(pair->value[0] != '\0' && field->preset == NULL))
		return JCOP_ERR_NO_MEMORY;
	if (field->data == KEY_COUNT && strncasecmp(pair->key, "ef.", 3) == 0)
		say_unknown_key(parser, SECTION_FIELDS, pair);
	return JCOP_OK;
}

/* --- values --- */

/* A value as it is repeated in messages, which a whole archive does not fill.
 */
#define MAX_REPEATED 60
#define REPEATED_SIZE (MAX_REPEATED + sizeof("..."))

static const char *
repeated(const char *text, char room[REPEATED_SIZE])
{
	size_t len = MAX_REPEATED;

	if (strlen(text) <= len)
		return text;
	/* not within a character of UTF-8 */
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	snprintf(room, REPEATED_SIZE, "%.*s...", (int)len, text);
	return room;
}

/* A PIN or password that is written there is not repeated. */
static void
say_value(struct parser *parser, const struct encoding_key *key,
	const struct encoding_value *value)
{
	bool secret = key->takes == TAKES_SECRET ||
		      (key->takes == TAKES_PIN &&
			      strncasecmp(value->text, "!FROM_", 6) != 0);
	char room[REPEATED_SIZE];

	encoding_say(parser->report, ENCODING_ERROR, RULE_VALUE, value->line,
		"%s = %s: expected %s%s", key->name,
		secret ? "..." : repeated(value->text, room),
		encoding_takes_text(key->takes),
		secret ? "; the value itself may not stand in the file" : "");
}

static bool
read_switch(struct encoding_value *value)
{
	value->kind = VALUE_PLAIN;
	value->on = strcasecmp(value->text, "true") == 0;
	return value->on || strcasecmp(value->text, "false") == 0;
}

static bool
read_number(struct encoding_value *value)
{
	char *end;
	unsigned long number;

	value->kind = VALUE_PLAIN;
	errno = 0;
	number = strtoul(value->text, &end, 10);
	value->number = (unsigned int)number;
	return isdigit((unsigned char)value->text[0]) && *end == '\0' &&
	       errno == 0 && number <= 65536;
}

/* Empty it is as if it were not there. */
static bool
read_word(struct encoding_value *value)
{
	value->kind = value->text[0] != '\0' ? VALUE_PLAIN : VALUE_ABSENT;
	return value->text[0] != '!' && value->text[0] != '#';
}

/* The first character goes: it says the kind. */
static void
cut_mark(struct encoding_value *value)
{
	memmove(value->text, value->text + 1, strlen(value->text));
}

static bool
read_literal(struct encoding_value *value)
{
	value->kind = VALUE_LITERAL;
	cut_mark(value);
	return true;
}

static bool
read_source(struct encoding_value *value)
{
	value->kind = VALUE_SOURCE;
	for (value->source = 0; value->source < SOURCE_COUNT; value->source++)
		if (strcasecmp(value->text + 1, sources[value->source].word) ==
			0)
			return true;
	return false;
}

static bool
read_name(struct encoding_value *value, enum encoding_value_kind kind)
{
	value->kind = kind;
	return value->text[0] != '\0' && value->text[0] != '!' &&
	       value->text[0] != '#';
}

static bool
read_kind(enum encoding_takes takes, struct encoding_value *value)
{
	switch (takes) {
	case TAKES_SWITCH:
		return read_switch(value);
	case TAKES_NUMBER:
		return read_number(value);
	case TAKES_WORD:
		return read_word(value);
	case TAKES_TEXT:
	case TAKES_SECRET:
		return value->text[0] == '#' ? read_literal(value)
					     : read_name(value, VALUE_FIELD);
	case TAKES_PIN:
		return value->text[0] == '!' ? read_source(value)
					     : read_name(value, VALUE_FIELD);
	case TAKES_OUTPUT:
		return read_name(value, VALUE_OUTPUT);
	}
	return false;
}

/* Where the key belongs, or the name that was meant, in words. */
static void
propose_key(enum encoding_section_kind kind, const char *name, char *text,
	size_t size)
{
	unsigned int elsewhere, bit = SECTION_APPLICATION;
	const char *near = encoding_key_nearest(kind, name, &elsewhere);

	text[0] = '\0';
	if (elsewhere != 0) {
		while ((elsewhere & bit) == 0)
			bit /= 2;
		snprintf(text, size, "; it belongs into %s",
			encoding_section_text((enum encoding_section_kind)bit));
	} else if (near != NULL) {
		snprintf(text, size, "; the nearest is %s", near);
	}
}

static void
say_unknown_key(struct parser *parser, enum encoding_section_kind kind,
	const struct ini_pair *pair)
{
	char proposal[128];

	propose_key(kind, pair->key, proposal, sizeof(proposal));
	encoding_say(parser->report,
		parser->lenient ? ENCODING_WARNING : ENCODING_ERROR,
		RULE_UNKNOWN_KEY, pair->line, "%s has no key %s%s%s",
		encoding_section_text(kind), pair->key, proposal,
		parser->lenient ? "; it is ignored" : "");
}

static int
read_key(struct parser *parser, enum encoding_section_kind kind,
	struct encoding_section *section, const struct ini_pair *pair)
{
	enum encoding_key_id id = encoding_key_find(kind, pair->key);
	struct encoding_value *value;

	if (id == KEY_COUNT) {
		say_unknown_key(parser, kind, pair);
		return JCOP_OK;
	}
	value = &section->values[id];
	if (value->text != NULL) { /* given before, perhaps empty */
		say_duplicate(parser, pair->key, value->line, pair->line);
		return JCOP_OK;
	}
	value->line = pair->line;
	value->text = strdup(pair->value);
	if (value->text == NULL)
		return JCOP_ERR_NO_MEMORY;
	if (!read_kind(encoding_keys[id].takes, value)) {
		say_value(parser, &encoding_keys[id], value);
		value->kind = VALUE_PLAIN; /* nothing more to say of it */
		value->on = false;
		value->number = 0;
	}
	return JCOP_OK;
}

static int
read_pair(struct parser *parser, const struct ini_pair *pair)
{
	struct encoding_section *section = NULL;
	enum encoding_section_kind kind;

	kind = find_section(parser->encoding, pair->section, &section);
	if (kind == 0)
		return JCOP_OK; /* said with the line of the section */
	if (kind == SECTION_FIELDS)
		return read_field(parser, pair);
	return read_key(parser, kind, section, pair);
}

/* --- what the values refer to --- */

static void
say_undeclared(struct parser *parser, enum encoding_key_id id,
	const struct encoding_value *value)
{
	const struct encoding_field *near =
		encoding_field_nearest(parser->encoding, value->text);
	bool secret = encoding_key_is_secret(id);
	char room[REPEATED_SIZE];

	/* A secret may have been written where its field's name belongs. */
	encoding_say(parser->report, ENCODING_ERROR, RULE_FIELD_UNDECLARED,
		value->line, "%s%s%s: [Fields] has no field of that name%s%s%s",
		encoding_keys[id].name, secret ? "" : " = ",
		secret ? "" : repeated(value->text, room),
		near != NULL ? "; the nearest is " : "",
		near != NULL ? near->name : "",
		encoding_keys[id].takes == TAKES_TEXT
			? ". If the text itself is meant, write # before it"
			: "");
}

static void
check_reference(struct parser *parser, enum encoding_key_id id,
	struct encoding_value *value)
{
	if (value->kind == VALUE_LITERAL &&
		encoding_keys[id].takes == TAKES_SECRET)
		encoding_say(parser->report, ENCODING_WARNING,
			RULE_SECRET_IN_FILE, value->line,
			"%s stands in the description for everybody to read; "
			"a field keeps it out",
			encoding_keys[id].name);
	if ((value->kind == VALUE_FIELD || value->kind == VALUE_OUTPUT) &&
		encoding_field_find(parser->encoding, value->text) == NULL)
		say_undeclared(parser, id, value);
}

/* The key of the section that takes a secret from the field NAME; KEY_COUNT if
 * there is none. */
static enum encoding_key_id
find_secret_use(const struct encoding_section *section, const char *name)
{
	const struct encoding_value *value;
	enum encoding_key_id id;

	for (id = 0; id < KEY_COUNT; id++) {
		value = &section->values[id];
		if (value->kind == VALUE_FIELD && encoding_key_is_secret(id) &&
			strcasecmp(value->text, name) == 0)
			break;
	}
	return id;
}

/* A secret would be written where everybody reads it. */
static void
check_shared(struct parser *parser, enum encoding_key_id id,
	const struct encoding_value *value)
{
	const struct encoding *encoding = parser->encoding;
	enum encoding_key_id use;
	size_t i;

	if (value->kind != VALUE_FIELD || encoding_key_is_secret(id) ||
		encoding_field_find(encoding, value->text) == NULL)
		return;
	use = find_secret_use(&encoding->description, value->text);
	for (i = 0; i < ENCODING_MAX_APPLICATIONS && use == KEY_COUNT; i++)
		use = find_secret_use(&encoding->applications[i], value->text);
	if (use != KEY_COUNT)
		encoding_say(parser->report, ENCODING_ERROR, RULE_SECRET_SHARED,
			value->line,
			"%s takes the field %s, which is a secret: %s takes "
			"it, too. Two fields are needed",
			encoding_keys[id].name, value->text,
			encoding_keys[use].name);
}

static void
check_section_references(
	struct parser *parser, struct encoding_section *section)
{
	enum encoding_key_id id;

	for (id = 0; id < KEY_COUNT; id++) {
		check_reference(parser, id, &section->values[id]);
		check_shared(parser, id, &section->values[id]);
	}
}

static void
check_references(struct parser *parser)
{
	size_t i;

	check_section_references(parser, &parser->encoding->description);
	for (i = 0; i < ENCODING_MAX_APPLICATIONS; i++)
		check_section_references(
			parser, &parser->encoding->applications[i]);
}

/* Devices=8710, alone or in a list */
static bool
lists_device(const char *list, const char *device)
{
	const char *at = list;
	size_t len = strlen(device);

	for (;;) {
		at += strspn(at, ", ");
		if (*at == '\0')
			return false;
		if (strcspn(at, ", ") == len && strncmp(at, device, len) == 0)
			return true;
		at += strcspn(at, ", ");
	}
}

/* Type=1024,Chip, with blanks or without */
static bool
is_chip(const char *type)
{
	const char *kind;

	if (strncmp(type, "1024", 4) != 0)
		return false;
	kind = type + 4 + strspn(type + 4, " \t");
	if (*kind != ',')
		return false;
	kind += 1 + strspn(kind + 1, " \t");
	return strcasecmp(kind, "Chip") == 0;
}

static void
check_header(struct parser *parser)
{
	const struct encoding_value *type =
		&parser->encoding->encoding.values[KEY_TYPE];
	const struct encoding_value *devices =
		&parser->encoding->encoding.values[KEY_DEVICES];

	if (type->kind != VALUE_ABSENT && !is_chip(type->text))
		encoding_say(parser->report, ENCODING_ERROR, RULE_HEADER,
			type->line,
			"Type = %s is an encoding for something else than a "
			"chip; expected 1024,Chip",
			type->text);
	if (devices->kind != VALUE_ABSENT &&
		!lists_device(devices->text, "8710"))
		encoding_say(parser->report, ENCODING_ERROR, RULE_HEADER,
			devices->line,
			"Devices = %s does not name the device 8710 of chip "
			"encodings",
			devices->text);
}

/* --- what tells a job from another --- */

/* A card may refuse EF.Id, and then its lines have to go: a job can be gone on
 * with without them. */
static bool
digest_section(EVP_MD_CTX *md, const struct encoding_section *section)
{
	const struct encoding_value *value;
	enum encoding_key_id id;

	for (id = 0; id < KEY_COUNT; id++) {
		value = &section->values[id];
		if (value->kind == VALUE_ABSENT ||
			id == KEY_READ_DATA_OBJECTS ||
			(id >= KEY_FIRST_DATA && id <= KEY_LAST_DATA))
			continue;
		/* with their ends, so that none runs into the next */
		if (EVP_DigestUpdate(md, &section->letter, 1) != 1 ||
			EVP_DigestUpdate(md, encoding_keys[id].name,
				strlen(encoding_keys[id].name) + 1) != 1 ||
			EVP_DigestUpdate(
				md, &value->kind, sizeof(value->kind)) != 1 ||
			EVP_DigestUpdate(
				md, value->text, strlen(value->text) + 1) != 1)
			return false;
	}
	return true;
}

static bool
digest_all(struct encoding *encoding)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool done = md != NULL &&
		    EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		    digest_section(md, &encoding->description);
	size_t i;

	for (i = 0; i < ENCODING_MAX_APPLICATIONS && done; i++)
		done = digest_section(md, &encoding->applications[i]);
	done = done && EVP_DigestFinal_ex(md, encoding->digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	return done;
}

static int
read_pairs(struct parser *parser, const struct ini *ini)
{
	int r = JCOP_OK;
	size_t i;

	for (i = 0; i < ini->pair_count && r == JCOP_OK; i++)
		r = read_pair(parser, &ini->pairs[i]);
	return r;
}

int
encoding_parse(const char *name, const char *text, size_t len, bool lenient,
	struct encoding *encoding, struct encoding_report *report)
{
	struct parser parser = {encoding, report, lenient};
	struct ini ini = {0};
	int r;

	*encoding = (struct encoding){0};
	report->name = name;
	encoding->name = strdup(name);
	r = encoding->name != NULL ? ini_read(text, len, &ini, report)
				   : JCOP_ERR_NO_MEMORY;
	if (r == JCOP_OK) {
		note_sections(&parser, &ini);
		r = read_pairs(&parser, &ini);
	}
	if (r == JCOP_OK) {
		check_references(&parser);
		check_header(&parser);
		if (!digest_all(encoding))
			r = JCOP_ERR_NO_MEMORY;
	}
	ini_free(&ini);
	if (r == JCOP_ERR_NO_MEMORY)
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0, "%s",
			jcop_strerror(r));
	return r == JCOP_OK && report->errors > 0 ? JCOP_ERR_MALFORMED : r;
}

/* --- the file --- */

static int
read_descriptor(int fd, char *data, size_t *len)
{
	ssize_t got = 1;

	*len = 0;
	while (got > 0 && *len <= ENCODING_MAX_SIZE) {
		got = read(fd, data + *len, ENCODING_MAX_SIZE + 1 - *len);
		if (got > 0)
			*len += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (got < 0)
		return JCOP_ERR_NOT_FOUND;
	errno = EFBIG;
	return *len <= ENCODING_MAX_SIZE ? JCOP_OK : JCOP_ERR_TOO_LONG;
}

static int
read_file(const char *path, char **data, size_t *len,
	struct encoding_report *report)
{
	int fd, r = JCOP_ERR_NOT_FOUND;

	*data = malloc(ENCODING_MAX_SIZE + 1);
	if (*data == NULL) {
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0, "%s",
			jcop_strerror(JCOP_ERR_NO_MEMORY));
		return JCOP_ERR_NO_MEMORY;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		r = read_descriptor(fd, *data, len);
	if (r != JCOP_OK)
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
			"the file cannot be read: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

int
encoding_load(const char *path, bool lenient, struct encoding *encoding,
	struct encoding_report *report)
{
	char *data = NULL, *unpacked = NULL;
	const char *text;
	size_t len = 0;
	int r;

	*encoding = (struct encoding){0};
	report->name = path;
	r = read_file(path, &data, &len, report);
	text = data;
	if (r == JCOP_OK && dsz_is_archive(data, len)) {
		r = dsz_unpack(data, len, &unpacked, &len, report);
		text = unpacked;
	}
	if (r == JCOP_OK)
		r = encoding_parse(path, text, len, lenient, encoding, report);
	if (unpacked != NULL)
		explicit_bzero(unpacked, len);
	free(unpacked);
	if (data != NULL)
		explicit_bzero(data, ENCODING_MAX_SIZE + 1);
	free(data);
	return r;
}

/* --- questions --- */

const struct encoding_section *
encoding_application(const struct encoding *encoding, char letter)
{
	int upper = toupper((unsigned char)letter);

	if (upper < 'A' || upper > 'Z' ||
		!encoding->applications[upper - 'A'].present)
		return NULL;
	return &encoding->applications[upper - 'A'];
}

void
encoding_application_order(const struct encoding *encoding,
	char letters[ENCODING_MAX_APPLICATIONS + 1])
{
	const char *at =
		encoding->description.values[KEY_APPLICATION_LIST].text;
	const struct encoding_section *application;
	size_t count = 0;

	letters[0] = '\0';
	for (; at != NULL && *at != '\0'; at++) {
		application = encoding_application(encoding, *at);
		if (application == NULL ||
			strchr(letters, application->letter) != NULL)
			continue;
		letters[count++] = application->letter;
		letters[count] = '\0';
	}
}

bool
encoding_is_on(const struct encoding_section *section, enum encoding_key_id key)
{
	return section->values[key].kind == VALUE_PLAIN &&
	       section->values[key].on;
}

bool
encoding_has(const struct encoding_section *section, enum encoding_key_id key)
{
	return section->values[key].kind != VALUE_ABSENT;
}

/* It may be a PIN, though it should not stand there. */
static void
wipe_and_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
free_section(struct encoding_section *section)
{
	enum encoding_key_id id;

	for (id = 0; id < KEY_COUNT; id++)
		wipe_and_free(section->values[id].text);
}

void
encoding_free(struct encoding *encoding)
{
	size_t i;

	free_section(&encoding->encoding);
	free_section(&encoding->description);
	for (i = 0; i < ENCODING_MAX_APPLICATIONS; i++)
		free_section(&encoding->applications[i]);
	for (i = 0; i < encoding->field_count; i++) {
		free(encoding->fields[i].name);
		wipe_and_free(encoding->fields[i].preset);
	}
	free(encoding->fields);
	free(encoding->name);
	*encoding = (struct encoding){0};
}
