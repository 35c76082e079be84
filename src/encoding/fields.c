/*
 * fields.c: the values of the fields.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encoding/fields.h"
#include "encoding/files.h"
#include "encoding/text.h"

static struct encoding_field_value *
value_of(const struct encoding_fields *fields, const char *name)
{
	const struct encoding_field *field =
		encoding_field_find(fields->encoding, name);

	if (field == NULL)
		return NULL;
	return &fields->values[field - fields->encoding->fields];
}

/* Which fields are used for secrets. */
static void
mark_secrets(
	struct encoding_fields *fields, const struct encoding_section *section)
{
	struct encoding_field_value *value;
	enum encoding_key_id key;

	for (key = 0; key < KEY_COUNT; key++) {
		if (section->values[key].kind != VALUE_FIELD)
			continue;
		value = value_of(fields, section->values[key].text);
		if (value == NULL)
			continue;
		value->secret = value->secret || encoding_key_is_secret(key);
	}
}

static int
take_presets(struct encoding_fields *fields)
{
	const struct encoding_field *field;
	int r = JCOP_OK;
	size_t i;

	for (i = 0; i < fields->encoding->field_count && r == JCOP_OK; i++) {
		field = &fields->encoding->fields[i];
		if (field->preset == NULL)
			continue;
		fields->values[i].origin = FIELD_PRESET;
		r = jcop_blob_set(&fields->values[i].value, field->preset,
			strlen(field->preset));
	}
	return r;
}

int
encoding_fields_init(
	struct encoding_fields *fields, const struct encoding *encoding)
{
	size_t i;

	*fields = (struct encoding_fields){.encoding = encoding};
	fields->values =
		calloc(encoding->field_count + 1, sizeof(*fields->values));
	fields->outputs = json_object();
	if (fields->values == NULL || fields->outputs == NULL)
		return JCOP_ERR_NO_MEMORY;
	mark_secrets(fields, &encoding->description);
	for (i = 0; i < ENCODING_MAX_APPLICATIONS; i++)
		mark_secrets(fields, &encoding->applications[i]);
	return take_presets(fields);
}

void
encoding_fields_free(struct encoding_fields *fields)
{
	size_t i;

	if (fields->values != NULL)
		for (i = 0; i < fields->encoding->field_count; i++)
			jcop_blob_free(&fields->values[i].value);
	free(fields->values);
	json_decref(fields->outputs);
	*fields = (struct encoding_fields){0};
}

/* --- one argument --- */

struct argument {
	char *name;       /* of the field, as it was typed */
	const char *text; /* after the = */
	struct encoding_field_value *value;
};

static const char *
after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 && text[len] != '\0' ? text + len
								    : NULL;
}

/* The first line of what was read, without its end. */
static void
cut_to_line(struct jcop_blob *value)
{
	const uint8_t *end =
		value->len > 0 ? memchr(value->data, '\n', value->len) : NULL;

	if (end != NULL)
		jcop_blob_truncate(value, (size_t)(end - value->data));
	if (value->len > 0 && value->data[value->len - 1] == '\r')
		jcop_blob_truncate(value, value->len - 1);
}

/* One line end at the end of a text is the editor's. */
static void
cut_line_end(struct jcop_blob *value)
{
	if (value->len == 0 || value->data[value->len - 1] != '\n' ||
		!text_is_utf8((const char *)value->data, value->len))
		return;
	jcop_blob_truncate(value, value->len - 1);
	if (value->len > 0 && value->data[value->len - 1] == '\r')
		jcop_blob_truncate(value, value->len - 1);
}

static int
read_env(const struct argument *argument, const char *name, char *message)
{
	const char *text = getenv(name);
	int r;

	if (text == NULL)
		return encoding_message(message, JCOP_ERR_NOT_FOUND,
			"field %s: the environment variable %s is not set",
			argument->name, name);
	r = jcop_blob_set(&argument->value->value, text, strlen(text));
	if (argument->value->secret)
		argument->value->variable = name;
	if (r != JCOP_OK)
		encoding_message(message, r, "field %s: %s", argument->name,
			jcop_strerror(r));
	return r;
}

/* A line of a descriptor, byte by byte: the next line is somebody else's. */
static int
read_fd(const struct argument *argument, const char *text, char *message)
{
	ssize_t got;
	uint8_t byte = 0;
	char *end;
	long fd = strtol(text, &end, 10);
	int r = JCOP_OK;

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || fd > INT_MAX)
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"field %s: expected fd: and a number", argument->name);
	jcop_blob_clear(&argument->value->value);
	do {
		do
			got = read((int)fd, &byte, 1);
		while (got < 0 && errno == EINTR);
		if (got == 1 && byte != '\n')
			r = jcop_blob_append_u8(&argument->value->value, byte);
	} while (r == JCOP_OK && got == 1 && byte != '\n');
	explicit_bzero(&byte, 1);
	if (r == JCOP_OK && got < 0)
		r = JCOP_ERR_NOT_FOUND;
	if (r != JCOP_OK)
		return encoding_message(message, r,
			"field %s: descriptor %ld cannot be read: %s",
			argument->name, fd,
			got < 0 ? strerror(errno) : jcop_strerror(r));
	cut_to_line(&argument->value->value);
	return JCOP_OK;
}

static int
read_path(const struct argument *argument, const char *path, bool first_line,
	char *message)
{
	unsigned int mode = 0;
	int r = encoding_file_read(
		path, &argument->value->value, &mode, message);

	if (r != JCOP_OK)
		return r;
	if (argument->value->secret && S_ISREG(mode) && (mode & S_IROTH)) {
		jcop_blob_free(&argument->value->value);
		return encoding_message(message, JCOP_ERR_UNTRUSTED,
			"field %s: everybody on this machine can read %s; run "
			"'chmod 600 %s' first",
			argument->name, path, path);
	}
	if (first_line)
		cut_to_line(&argument->value->value);
	else
		cut_line_end(&argument->value->value);
	return JCOP_OK;
}

static int
refuse_literal(const struct argument *argument, char *message)
{
	return encoding_message(message, JCOP_ERR_ARGUMENT,
		"field %s is a secret: a value on the command line is refused, "
		"every user of this machine can see it (ps). Write %s=env:NAME,"
		" file:PATH or fd:N, or put it into the file of --fields",
		argument->name, argument->name);
}

static int
take_literal(const struct argument *argument, char *message)
{
	int r;

	if (argument->value->secret)
		return refuse_literal(argument, message);
	r = jcop_blob_set(&argument->value->value, argument->text,
		strlen(argument->text));
	if (r != JCOP_OK)
		encoding_message(message, r, "field %s: %s", argument->name,
			jcop_strerror(r));
	return r;
}

/* A secret that is not there or not private is told apart from a wrong command
 * line. */
static int
read_argument(const struct argument *argument, char *message)
{
	const char *rest;
	int r;

	if (argument->text[0] == '@')
		r = read_path(argument, argument->text + 1, false, message);
	else if ((rest = after(argument->text, "env:")) != NULL)
		r = read_env(argument, rest, message);
	else if ((rest = after(argument->text, "file:")) != NULL)
		r = read_path(argument, rest, true, message);
	else if ((rest = after(argument->text, "fd:")) != NULL)
		r = read_fd(argument, rest, message);
	else
		r = take_literal(argument, message);
	return r == JCOP_ERR_NOT_FOUND && argument->value->secret
		       ? JCOP_ERR_UNTRUSTED
		       : r;
}

static int
find_value(const struct encoding_fields *fields, struct argument *argument,
	char *message)
{
	const struct encoding_field *near;

	argument->value = value_of(fields, argument->name);
	if (argument->value == NULL) {
		near = encoding_field_nearest(fields->encoding, argument->name);
		return encoding_message(message, JCOP_ERR_NOT_FOUND,
			"[Fields] has no field %s%s%s", argument->name,
			near != NULL ? "; the nearest is " : "",
			near != NULL ? near->name : "");
	}
	if (argument->value->origin == FIELD_ARGUMENT)
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"the field %s is given twice", argument->name);
	return JCOP_OK;
}

int
encoding_fields_argument(
	struct encoding_fields *fields, const char *text, char *message)
{
	const char *equal = strchr(text, '=');
	struct argument argument;
	int r;

	if (equal == NULL || equal == text)
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"a field is given as NAME=VALUE, NAME=@FILE, "
			"NAME=env:VARIABLE, NAME=file:PATH or NAME=fd:N");
	argument.text = equal + 1;
	argument.name = strndup(text, (size_t)(equal - text));
	if (argument.name == NULL)
		return encoding_no_memory(message);
	r = find_value(fields, &argument, message);
	if (r == JCOP_OK)
		r = read_argument(&argument, message);
	if (r == JCOP_OK)
		argument.value->origin = FIELD_ARGUMENT;
	free(argument.name);
	return r;
}

void
encoding_fields_clear_environment(const struct encoding_fields *fields)
{
	size_t i;

	for (i = 0; i < fields->encoding->field_count; i++)
		if (fields->values[i].variable != NULL)
			unsetenv(fields->values[i].variable);
}

/* --- a file of fields --- */

static int
take_member(struct encoding_fields *fields, const char *name,
	const json_t *member, struct encoding_report *report, char *message)
{
	struct encoding_field_value *value = value_of(fields, name);
	int r;

	if (value == NULL) {
		encoding_say(report, ENCODING_NOTE, RULE_IGNORED, 0,
			"[Fields] has no field %s; it is ignored", name);
		return JCOP_OK;
	}
	if (!json_is_string(member))
		return encoding_message(message, JCOP_ERR_MALFORMED,
			"the field %s: expected a string", name);
	if (value->origin > FIELD_JSON)
		return JCOP_OK;
	r = jcop_blob_set(&value->value, json_string_value(member),
		json_string_length(member));
	value->origin = FIELD_JSON;
	if (r != JCOP_OK)
		encoding_message(
			message, r, "the field %s: %s", name, jcop_strerror(r));
	return r;
}

static int
take_members(struct encoding_fields *fields, json_t *object,
	struct encoding_report *report, char *message)
{
	const char *name;
	json_t *member;
	int r = JCOP_OK;

	json_object_foreach(object, name, member) if (r == JCOP_OK) r =
		take_member(fields, name, member, report, message);
	return r;
}

/* Does the file of this object give a secret? */
static bool
has_secret(const struct encoding_fields *fields, json_t *object)
{
	const struct encoding_field_value *value;
	const char *name;
	json_t *member;

	json_object_foreach(object, name, member)
	{
		value = value_of(fields, name);
		if (value != NULL && value->secret)
			return true;
	}
	return false;
}

/* The same name in another case of letters would be the same field. */
static int
check_names(struct encoding_fields *fields, json_t *object, const char *path,
	char *message)
{
	struct encoding_field_value *value;
	const char *name;
	json_t *member;
	size_t i;

	for (i = 0; i < fields->encoding->field_count; i++)
		fields->values[i].in_file = false;
	json_object_foreach(object, name, member)
	{
		value = value_of(fields, name);
		if (value == NULL)
			continue;
		if (value->in_file)
			return encoding_message(message, JCOP_ERR_MALFORMED,
				"%s has the field %s twice: the case of "
				"letters makes no difference",
				path, name);
		value->in_file = true;
	}
	return JCOP_OK;
}

/* What jansson says without what it quotes, which is a PIN, maybe. */
static int
explain_json(json_error_t *error, const char *path, char *message)
{
	static const char near[] = " near ";
	const char *what = "no JSON";
	char *quote;

	switch (json_error_code(error)) {
	case json_error_premature_end_of_input:
		what = "the end is missing";
		break;
	case json_error_end_of_input_expected:
		what = "there is more after the object";
		break;
	case json_error_duplicate_key:
		what = "a name stands there twice";
		break;
	case json_error_invalid_utf8:
		what = "this is no UTF-8";
		break;
	default:
		quote = strstr(error->text, near);
		if (quote != NULL)
			*quote = '\0';
		if (strstr(error->text, "expected") != NULL)
			what = error->text;
		break;
	}
	return encoding_message(message, JCOP_ERR_MALFORMED,
		"%s:%d: %s; expected a JSON object of strings, each name once",
		path, error->line, what);
}

static bool
is_blank(struct jcop_bytes text)
{
	while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL &&
		text.data[0] != '\0') {
		text.data++;
		text.len--;
	}
	return text.len == 0;
}

/* The object in TEXT, which the caller lets go, or NULL in any case of error.
 */
static int
parse_object(struct jcop_bytes text, const char *path, json_t **object,
	char *message)
{
	json_error_t error;

	text = text_without_mark(text);
	*object = NULL;
	if (is_blank(text))
		return encoding_message(message, JCOP_ERR_MALFORMED,
			"%s is empty; expected a JSON object of strings", path);
	*object = json_loadb((const char *)text.data, text.len,
		JSON_REJECT_DUPLICATES, &error);
	if (*object == NULL)
		return explain_json(&error, path, message);
	if (json_is_object(*object))
		return JCOP_OK;
	json_decref(*object);
	*object = NULL;
	return encoding_message(message, JCOP_ERR_MALFORMED,
		"%s has a JSON list; expected an object of strings", path);
}

int
encoding_fields_file(struct encoding_fields *fields, const char *path,
	struct encoding_report *report, char *message)
{
	struct jcop_blob text = JCOP_BLOB_INIT;
	json_t *object = NULL;
	unsigned int mode = 0;
	int r = encoding_file_read(path, &text, &mode, message);

	if (r == JCOP_OK)
		r = parse_object(jcop_blob_view(&text), path, &object, message);
	if (r == JCOP_OK && has_secret(fields, object) && S_ISREG(mode) &&
		(mode & (S_IRWXG | S_IRWXO)) != 0)
		r = encoding_message(message, JCOP_ERR_UNTRUSTED,
			"%s has secrets and others may read it: chmod 600 %s",
			path, path);
	if (r == JCOP_OK)
		r = check_names(fields, object, path, message);
	if (r == JCOP_OK)
		r = take_members(fields, object, report, message);
	json_decref(object);
	jcop_blob_free(&text);
	return r;
}

/* --- what is missing --- */

static bool
may_be_empty(enum encoding_key_id key)
{
	return (key >= KEY_FIRST_DATA && key <= KEY_LAST_DATA) ||
	       key == KEY_RECOVERY_DATA;
}

static void
check_value(const struct encoding_fields *fields, enum encoding_key_id key,
	const struct encoding_value *value, struct encoding_report *report)
{
	const struct encoding_field_value *field;

	if (value->kind != VALUE_FIELD)
		return;
	field = value_of(fields, value->text);
	if (field == NULL)
		return; /* said by the parser */
	if (field->origin == FIELD_NOBODY)
		encoding_say(report, ENCODING_ERROR, RULE_FIELD_MISSING,
			value->line,
			"%s needs the field %s and nobody supplied it: "
			"--field %s=%s or --fields FILE",
			encoding_keys[key].name, value->text, value->text,
			field->secret ? "env:VARIABLE"
			: key == KEY_RECOVERY_DATA
				? "@FILE, or empty for the CA to be asked,"
				: "VALUE");
	else if (field->origin == FIELD_PRESET && field->secret)
		encoding_say(report, ENCODING_WARNING, RULE_SECRET_IN_FILE,
			value->line,
			"%s: the value of the field %s stands in the "
			"description for everybody to read; supply it with "
			"--field %s=env:VARIABLE or --fields FILE",
			encoding_keys[key].name, value->text, value->text);
	else if (field->value.len == 0 && !may_be_empty(key))
		encoding_say(report, ENCODING_ERROR, RULE_FIELD_EMPTY,
			value->line, "%s: the field %s is empty",
			encoding_keys[key].name, value->text);
	else if (!encoding_key_is_secret(key) && key != KEY_RECOVERY_DATA &&
		 field->value.len > 0 &&
		 !text_is_utf8(
			 (const char *)field->value.data, field->value.len))
		encoding_say(report, ENCODING_ERROR, RULE_FIELD_TEXT,
			value->line, "%s: the field %s is not UTF-8 text",
			encoding_keys[key].name, value->text);
}

static void
check_section(const struct encoding_fields *fields,
	const struct encoding_section *section, struct encoding_report *report)
{
	enum encoding_key_id key;

	for (key = 0; key < KEY_COUNT; key++)
		check_value(fields, key, &section->values[key], report);
}

void
encoding_fields_check(
	const struct encoding_fields *fields, struct encoding_report *report)
{
	char letters[ENCODING_MAX_APPLICATIONS + 1], *letter;

	check_section(fields, &fields->encoding->description, report);
	encoding_application_order(fields->encoding, letters);
	for (letter = letters; *letter != '\0'; letter++)
		check_section(fields,
			encoding_application(fields->encoding, *letter),
			report);
}

/* --- values --- */

bool
encoding_value_is_supplied(const struct encoding_fields *fields,
	const struct encoding_value *value)
{
	const struct encoding_field_value *field;

	if (value->kind == VALUE_LITERAL)
		return true;
	if (value->kind != VALUE_FIELD)
		return false;
	field = value_of(fields, value->text);
	return field != NULL && field->origin != FIELD_NOBODY;
}

struct jcop_bytes
encoding_value_bytes(const struct encoding_fields *fields,
	const struct encoding_value *value)
{
	const struct encoding_field_value *field;

	if (value->kind == VALUE_LITERAL)
		return jcop_bytes_of(value->text, strlen(value->text));
	if (value->kind == VALUE_FIELD) {
		field = value_of(fields, value->text);
		if (field != NULL)
			return jcop_blob_view(&field->value);
	}
	return jcop_bytes_of(NULL, 0);
}

char *
encoding_value_text(const struct encoding_fields *fields,
	const struct encoding_value *value)
{
	struct jcop_bytes bytes = encoding_value_bytes(fields, value);

	if (value->kind != VALUE_LITERAL && value->kind != VALUE_FIELD)
		return NULL;
	return strndup(
		bytes.len > 0 ? (const char *)bytes.data : "", bytes.len);
}

/* --- what comes back --- */

/* As [Fields] spells it. */
static const char *
spelled(const struct encoding_fields *fields, const char *name)
{
	const struct encoding_field *field =
		encoding_field_find(fields->encoding, name);

	return field != NULL ? field->name : name;
}

int
encoding_fields_output(
	struct encoding_fields *fields, const char *name, json_t *value)
{
	if (json_object_set_new(
		    fields->outputs, spelled(fields, name), value) != 0)
		return JCOP_ERR_NO_MEMORY;
	return JCOP_OK;
}

json_t *
encoding_fields_list(struct encoding_fields *fields, const char *name)
{
	json_t *list = json_object_get(fields->outputs, spelled(fields, name));

	if (!json_is_array(list) &&
		encoding_fields_output(fields, name, json_array()) != JCOP_OK)
		return NULL;
	return json_object_get(fields->outputs, spelled(fields, name));
}

int
encoding_fields_write(
	const struct encoding_fields *fields, const char *path, char *message)
{
	return encoding_file_write_json(path, fields->outputs, message);
}
