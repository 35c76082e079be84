/*
 * ini.c: an INI text by libini_config.
 *
 * Looked at before the library sees it: comments are taken out (they may be
 * in any coding and be indented), and what it would not report with its line
 * is found. It is stopped at its first error: its list of errors is not safe
 * when there are many of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <iconv.h>
#include <ini_configobj.h>
#include <ini_valueobj.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "encoding/ini.h"
#include "encoding/text.h"

/* The library's work grows with the square of the lines. */
#define MAX_LINES 10000
/* The library keeps names for itself in which this is a separator. */
#define RESERVED '!'
#define ESCAPE '~'

static bool
starts_as(const char *text, size_t len, const char *mark, size_t mark_len)
{
	return len >= mark_len && memcmp(text, mark, mark_len) == 0;
}

/* The coding by its byte order mark, NULL for UTF-8. */
static const char *
wide_coding(const char *text, size_t len)
{
	if (starts_as(text, len, "\xff\xfe\0\0", 4) ||
		starts_as(text, len, "\0\0\xfe\xff", 4))
		return "UTF-32";
	if (starts_as(text, len, "\xff\xfe", 2) ||
		starts_as(text, len, "\xfe\xff", 2))
		return "UTF-16";
	return NULL;
}

/* LEN bytes of TEXT to OUT, of at least 2 * LEN bytes; false if they are not in
 * that coding. */
static bool
convert(const char *coding, char *text, size_t len, char *out, size_t *out_len)
{
	iconv_t converter = iconv_open("UTF-8", coding);
	size_t room = 2 * len, left = room;
	bool done;

	if (converter == (iconv_t)-1)
		return false;
	done = iconv(converter, &text, &len, &out, &left) != (size_t)-1;
	iconv_close(converter);
	*out_len = room - left;
	return done;
}

static int
add_section(struct ini *ini, const char *name, size_t len, unsigned int line)
{
	size_t capacity = ini->section_capacity * 2 + 8;
	struct ini_section *grown;

	if (ini->section_count == ini->section_capacity) {
		grown = reallocarray(ini->sections, capacity, sizeof(*grown));
		if (grown == NULL)
			return JCOP_ERR_NO_MEMORY;
		ini->sections = grown;
		ini->section_capacity = capacity;
	}
	grown = &ini->sections[ini->section_count];
	grown->line = line;
	grown->name = strndup(name, len);
	if (grown->name == NULL)
		return JCOP_ERR_NO_MEMORY;
	ini->section_count++;
	return JCOP_OK;
}

/* The bracket that ends a section's name, for the library: the last of the
 * line, so that a name may have brackets. NULL if there is none. */
static const char *
section_end(const char *text, const char *end)
{
	return memrchr(text, ']', (size_t)(end - text));
}

/* "[name]": what stands between, trimmed. */
static int
note_section(
	struct ini *ini, const char *text, const char *end, unsigned int line)
{
	const char *close = section_end(text, end);

	if (close == NULL)
		return JCOP_OK; /* the library's to say */
	for (text++; text < close && (*text == ' ' || *text == '\t'); text++)
		;
	while (close > text && (close[-1] == ' ' || close[-1] == '\t'))
		close--;
	return add_section(ini, text, (size_t)(close - text), line);
}

/* A tab is a blank. */
static bool
has_control(const char *text, const char *end)
{
	for (; text < end; text++)
		if (*text != '\t' && text_has_control(text, 1))
			return true;
	return false;
}

static void
check_line(const char *text, const char *end, unsigned int line,
	struct encoding_report *report)
{
	const char *equal = memchr(text, '=', (size_t)(end - text));

	if (!text_is_utf8(text, (size_t)(end - text)))
		encoding_say(report, ENCODING_ERROR, RULE_SYNTAX, line,
			"this is not UTF-8 text");
	else if (has_control(text, end))
		encoding_say(report, ENCODING_ERROR, RULE_SYNTAX, line,
			"a control character");
	if (*text == '[')
		equal = end;
	if (equal != NULL &&
		memchr(text, RESERVED, (size_t)(equal - text)) != NULL)
		encoding_say(report, ENCODING_ERROR, RULE_SYNTAX, line,
			"a name with an exclamation mark");
}

/* The library takes a section in the first column only. */
static void
move_to_margin(char *text, char *start, const char *end)
{
	size_t len = (size_t)(end - start);

	memmove(text, start, len);
	memset(text + len, ' ', (size_t)(start - text));
}

/* One line from TEXT to END, without its line feed: blanked if a comment. */
static int
look_at_line(struct ini *ini, char *text, char *end, unsigned int line,
	struct encoding_report *report)
{
	char *start = text;

	if (end > text && end[-1] == '\r')
		end[-1] = ' ';
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	if (start == end)
		return JCOP_OK;
	if (*start == '#' || *start == ';') {
		memset(text, ' ', (size_t)(end - text));
		return JCOP_OK;
	}
	check_line(start, end, line, report);
	if (*start == '[') {
		move_to_margin(text, start, end);
		return note_section(ini, text, end, line);
	}
	if (ini->section_count == 0)
		encoding_say(report, ENCODING_ERROR, RULE_SYNTAX, line,
			"this stands before the first section");
	return JCOP_OK;
}

static int
look_at_lines(
	struct ini *ini, char *text, size_t len, struct encoding_report *report)
{
	char *end, *after = text + len;
	unsigned int line;
	int r = JCOP_OK;

	for (line = 1; text < after && r == JCOP_OK; line++) {
		end = memchr(text, '\n', (size_t)(after - text));
		if (end == NULL)
			end = after;
		if (line > MAX_LINES) {
			encoding_say(report, ENCODING_ERROR, RULE_FILE, line,
				"more than %d lines", MAX_LINES);
			return JCOP_ERR_MALFORMED;
		}
		r = look_at_line(ini, text, end, line, report);
		text = end < after ? end + 1 : after;
	}
	return r;
}

/* --- names that are not ASCII: the library takes none --- */

static bool
is_escaped(char c)
{
	return (unsigned char)c >= 0x80 || c == ESCAPE;
}

/* What the name of a line ends with, or END. */
static const char *
end_of_name(const char *text, const char *end)
{
	const char *found = *text == '['
				    ? section_end(text, end)
				    : memchr(text, '=', (size_t)(end - text));

	return found != NULL ? found : end;
}

/* LEN bytes of TEXT with names of ASCII only, to OUT of at least 3 * LEN
 * bytes. Returns how many there are. */
static size_t
escape_names(const char *text, size_t len, char *out)
{
	const char *after = text + len, *end, *name;
	char *at = out;

	for (; text < after; text = end) {
		end = memchr(text, '\n', (size_t)(after - text));
		end = end != NULL ? end + 1 : after;
		for (name = end_of_name(text, end); text < name; text++)
			if (is_escaped(*text))
				at += sprintf(at, "%c%02X", ESCAPE,
					(unsigned int)(unsigned char)*text);
			else
				*at++ = *text;
		memcpy(at, text, (size_t)(end - text));
		at += end - text;
	}
	return (size_t)(at - out);
}

/* A copy of NAME as it was written; NULL without memory. */
static char *
unescape_name(const char *name)
{
	char *copy = strdup(name), *at = copy;
	unsigned int byte;

	if (copy == NULL)
		return NULL;
	for (; *name != '\0'; name++) {
		if (*name == ESCAPE && isxdigit((unsigned char)name[1]) &&
			isxdigit((unsigned char)name[2]) &&
			sscanf(name + 1, "%2X", &byte) == 1) {
			*at++ = (char)byte;
			name += 2;
		} else {
			*at++ = *name;
		}
	}
	*at = '\0';
	return copy;
}

static void
say_no_description(struct encoding_report *report)
{
	encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
		"this is no encoding description");
}

/* The library's first error is "Error (N) on line N: What." */
static void
say_parse_error(struct ini_cfgobj *config, struct encoding_report *report)
{
	unsigned int line = 0;
	const char *what;
	char **errors = NULL;

	if (ini_config_get_errors(config, &errors) != 0 || errors == NULL) {
		say_no_description(report);
		return;
	}
	if (errors[0] == NULL) {
		say_no_description(report);
	} else {
		if (sscanf(errors[0], "Error (%*d) on line %u:", &line) != 1)
			line = 0;
		what = strchr(errors[0], ':');
		encoding_say(report, ENCODING_ERROR, RULE_SYNTAX, line,
			"%s Expected: [Section], Key=Value or a comment",
			what != NULL ? what + 2 : errors[0]);
	}
	ini_config_free_errors(errors);
}

static int
add_pair(struct ini *ini, const char *section, const char *key,
	const char *value, unsigned int line)
{
	size_t capacity = ini->pair_capacity * 2 + 32;
	struct ini_pair *pair;

	if (ini->pair_count == ini->pair_capacity) {
		pair = reallocarray(ini->pairs, capacity, sizeof(*pair));
		if (pair == NULL)
			return JCOP_ERR_NO_MEMORY;
		ini->pairs = pair;
		ini->pair_capacity = capacity;
	}
	pair = &ini->pairs[ini->pair_count++];
	pair->section = unescape_name(section);
	pair->key = unescape_name(key);
	pair->value = strdup(value);
	pair->line = line;
	if (pair->section == NULL || pair->key == NULL || pair->value == NULL)
		return JCOP_ERR_NO_MEMORY;
	return JCOP_OK;
}

/* All values of KEY, which may stand there more than once. */
static int
take_values(struct ini *ini, struct ini_cfgobj *config, const char *section,
	const char *key)
{
	struct value_obj *object = NULL;
	int r, mode = INI_GET_FIRST_VALUE;
	const char *value;
	uint32_t line;

	for (;;) {
		object = NULL;
		if (ini_get_config_valueobj(
			    section, key, config, mode, &object) != 0)
			return JCOP_ERR_MALFORMED;
		if (object == NULL)
			return JCOP_OK;
		if (value_get_concatenated(object, &value) != 0 ||
			value_get_line(object, &line) != 0)
			return JCOP_ERR_MALFORMED;
		r = add_pair(
			ini, section, key, value != NULL ? value : "", line);
		if (r != JCOP_OK)
			return r;
		mode = INI_GET_NEXT_VALUE;
	}
}

/* The library lists a key as often as it stands there. */
static bool
taken_before(const struct ini *ini, size_t first, const char *key)
{
	char *name = unescape_name(key);
	bool taken = false;
	size_t i;

	for (i = first; name != NULL && i < ini->pair_count; i++)
		taken |= strcasecmp(ini->pairs[i].key, name) == 0;
	free(name);
	return taken;
}

static int
take_section(struct ini *ini, struct ini_cfgobj *config, const char *section)
{
	size_t first = ini->pair_count;
	int i, r = JCOP_OK, count = 0, error = 0;
	char **keys = ini_get_attribute_list(config, section, &count, &error);

	if (keys == NULL)
		return error == 0 ? JCOP_OK : JCOP_ERR_MALFORMED;
	for (i = 0; i < count && r == JCOP_OK; i++)
		if (!taken_before(ini, first, keys[i]))
			r = take_values(ini, config, section, keys[i]);
	ini_free_attribute_list(keys);
	return r;
}

static int
compare_lines(const void *a, const void *b)
{
	const struct ini_pair *first = a, *second = b;

	return (first->line > second->line) - (first->line < second->line);
}

static int
take_all(struct ini *ini, struct ini_cfgobj *config)
{
	int i, r = JCOP_OK, count = 0, error = 0;
	char **sections = ini_get_section_list(config, &count, &error);

	if (sections == NULL)
		return error == 0 ? JCOP_OK : JCOP_ERR_MALFORMED;
	for (i = 0; i < count && r == JCOP_OK; i++)
		r = take_section(ini, config, sections[i]);
	ini_free_section_list(sections);
	if (ini->pair_count > 1)
		qsort(ini->pairs, ini->pair_count, sizeof(*ini->pairs),
			compare_lines);
	return r;
}

static int
parse(struct ini *ini, const char *text, size_t len,
	struct encoding_report *report)
{
	struct ini_cfgfile *file = NULL;
	struct ini_cfgobj *config = NULL;
	char *escaped = malloc(3 * len + 1);
	int r = JCOP_ERR_NO_MEMORY;

	if (escaped == NULL || ini_config_create(&config) != 0)
		goto out;
	len = escape_names(text, len, escaped);
	if (ini_config_file_from_mem(escaped, (uint32_t)len, &file) != 0)
		goto out;
	r = JCOP_ERR_MALFORMED;
	if (ini_config_parse(file, INI_STOP_ON_ANY,
		    INI_MV1S_ALLOW | INI_MV2S_ALLOW | INI_MS_MERGE,
		    INI_PARSE_NOWRAP | INI_PARSE_NO_C_COMMENTS, config) != 0)
		say_parse_error(config, report);
	else
		r = take_all(ini, config);
out:
	ini_config_file_destroy(file);
	ini_config_destroy(config);
	if (escaped != NULL)
		explicit_bzero(escaped, len);
	free(escaped);
	return r;
}

static int
read_utf8(
	struct ini *ini, char *text, size_t len, struct encoding_report *report)
{
	size_t errors = report->errors;
	int r;

	if (starts_as(text, len, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	r = look_at_lines(ini, text, len, report);
	if (r == JCOP_OK && report->errors == errors)
		r = parse(ini, text, len, report);
	if (r == JCOP_OK && report->errors > errors)
		r = JCOP_ERR_MALFORMED;
	if (r == JCOP_ERR_MALFORMED && report->errors == errors)
		say_no_description(report);
	return r;
}

int
ini_read(const char *text, size_t len, struct ini *ini,
	struct encoding_report *report)
{
	const char *coding = wide_coding(text, len);
	size_t size = 3 * len + 1;
	char *copy = malloc(size), *utf8 = copy;
	int r = JCOP_OK;

	*ini = (struct ini){0};
	if (copy == NULL)
		return JCOP_ERR_NO_MEMORY;
	memcpy(copy, text, len);
	if (coding != NULL) {
		utf8 = copy + len;
		if (!convert(coding, copy, len, utf8, &len)) {
			encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
				"this is not %s text", coding);
			r = JCOP_ERR_MALFORMED;
		}
	}
	if (r == JCOP_OK)
		r = read_utf8(ini, utf8, len, report);
	explicit_bzero(copy, size);
	free(copy);
	return r;
}

void
ini_free(struct ini *ini)
{
	size_t i;

	for (i = 0; i < ini->pair_count; i++) {
		free(ini->pairs[i].section);
		free(ini->pairs[i].key);
		if (ini->pairs[i].value != NULL)
			explicit_bzero(ini->pairs[i].value,
				strlen(ini->pairs[i].value));
		free(ini->pairs[i].value);
	}
	for (i = 0; i < ini->section_count; i++)
		free(ini->sections[i].name);
	free(ini->pairs);
	free(ini->sections);
	*ini = (struct ini){0};
}
