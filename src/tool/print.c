/*
 * print.c: what a subcommand found, as text or as JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/print.h"

#define TEXT_SIZE 1024
#define NAME_SIZE 64
#define INDENT 2
/* Reports are flatter; a deeper one is a mistake of ours. */
#define MAX_DEPTH 8

static const struct {
	const char *word, *shown;
} acronyms[] = {
	{"atr", "ATR"},
	{"hsm", "HSM"},
	{"iccsn", "ICCSN"},
	{"id", "ID"},
	{"opensc", "OpenSC"},
	{"pin", "PIN"},
	{"pins", "PINs"},
	{"puk", "PUK"},
};

static const char *
acronym_of(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(acronyms) / sizeof(acronyms[0]); i++)
		if (strcmp(acronyms[i].word, word) == 0)
			return acronyms[i].shown;
	return NULL;
}

static void
append_word(char *name, char *word)
{
	const char *shown = acronym_of(word);
	size_t len = strlen(name);

	if (shown == NULL && len == 0)
		word[0] = (char)toupper((unsigned char)word[0]);
	snprintf(name + len, NAME_SIZE - len, "%s%s", len > 0 ? " " : "",
		shown != NULL ? shown : word);
}

/* "life_cycle" to "Life cycle". */
static void
shown_name(const char *key, char name[NAME_SIZE])
{
	char copy[NAME_SIZE], *word, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", key);
	name[0] = '\0';
	while ((word = strsep(&rest, "_")) != NULL)
		append_word(name, word);
}

/* Text comes from cards too: nothing of it steers the terminal. */
void
tool_print_text(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	for (; *c != '\0'; c++) {
		/* U+0080 to U+009F are controls, too */
		bool c1 = *c == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F;

		putchar(c1 || *c < 0x20 || *c == 0x7F ? '?' : *c);
		if (c1)
			c++;
	}
	putchar('\n');
}

static void
print_scalar(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		tool_print_text(json_string_value(value));
		break;
	case JSON_INTEGER:
		printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
		break;
	case JSON_TRUE:
		puts("yes");
		break;
	case JSON_FALSE:
		puts("no");
		break;
	default:
		puts("unknown");
	}
}

static int
longest_name(json_t *object)
{
	char name[NAME_SIZE];
	const char *key;
	json_t *value;
	size_t longest = 0;

	json_object_foreach(object, key, value)
	{
		shown_name(key, name);
		if (!json_is_object(value) && !json_is_array(value) &&
			strlen(name) > longest)
			longest = strlen(name);
	}
	return (int)longest;
}

static void print_value(json_t *value, int depth);

/* An element: its first line starts with the dash. */
static void
print_element(json_t *element, int depth)
{
	if (!json_is_object(element)) {
		printf("%*s- ", (depth - 1) * INDENT, "");
		print_scalar(element);
		return;
	}
	printf("%*s-\n", (depth - 1) * INDENT, "");
	print_value(element, depth);
}

static void
print_member(const char *key, json_t *value, int width, int depth)
{
	char name[NAME_SIZE];

	shown_name(key, name);
	printf("%*s%s:", depth * INDENT, "", name);
	if (json_is_object(value) || json_is_array(value)) {
		puts(json_is_array(value) && json_array_size(value) == 0
				? " none"
				: "");
		print_value(value, depth + 1);
		return;
	}
	printf("%*s ", width - (int)strlen(name), "");
	print_scalar(value);
}

/* Reports are our own and flat: the depth is bounded. */
static void
print_value(json_t *value, int depth)
{
	const char *key;
	json_t *inner;
	size_t i;
	int width;

	if (depth > MAX_DEPTH)
		return;
	if (json_is_array(value)) {
		json_array_foreach(value, i, inner)
			print_element(inner, depth + 1);
		return;
	}
	width = longest_name(value);
	json_object_foreach(value, key, inner)
		print_member(key, inner, width, depth);
}

int
tool_print_report(const json_t *report, bool as_json)
{
	/* json_object_foreach takes no const object. */
	json_t *object = (json_t *)(uintptr_t)report;

	if (!json_is_object(object))
		return -1;
	if (!as_json) {
		print_value(object, 0);
		return ferror(stdout) ? -1 : 0;
	}
	if (json_dumpf(object, stdout, JSON_INDENT(2)) != 0)
		return -1;
	return putchar('\n') == EOF ? -1 : 0;
}

json_t *
tool_json_hex(struct jcop_bytes bytes, const char *separator)
{
	size_t step = 2 + strlen(separator), i;
	char *text = calloc(bytes.len + 1, step + 1);
	json_t *string;

	if (text == NULL)
		return NULL;
	for (i = 0; i < bytes.len; i++)
		snprintf(text + i * step, step + 1, "%02X%s", bytes.data[i],
			i + 1 < bytes.len ? separator : "");
	string = json_string(text);
	free(text);
	return string;
}

void
tool_json_text(json_t *object, const char *key, const char *format, ...)
{
	char text[TEXT_SIZE], *c;
	va_list args;
	json_t *string;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	string = json_string(text);
	if (string == NULL) { /* not UTF-8 */
		for (c = text; *c != '\0'; c++)
			if ((unsigned char)*c >= 0x80)
				*c = '?';
		string = json_string(text);
	}
	json_object_set_new(object, key, string);
}
