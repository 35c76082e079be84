/*
 * fault-parse.c: the language of DIR/fault.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/fault.h"

#define SEPARATORS " \t\r\n"

enum argument { NOTHING, STATUS_WORD, INDEX, LENGTH, HEX_OR_NOTHING };

static const struct {
	const char *word;
	const char *when; /* NULL: none */
	enum vcard_fault_action action;
	enum argument argument;
	unsigned int least; /* smallest N */
} actions[] = {
	{"remove", "before", VCARD_FAULT_REMOVE_BEFORE, NOTHING, 1},
	{"remove", "after", VCARD_FAULT_REMOVE_AFTER, NOTHING, 1},
	{"reset", "before", VCARD_FAULT_RESET_BEFORE, NOTHING, 1},
	{"sw", NULL, VCARD_FAULT_SW, STATUS_WORD, 1},
	{"alter", NULL, VCARD_FAULT_ALTER, INDEX, 1},
	{"drop-mac", NULL, VCARD_FAULT_DROP_MAC, NOTHING, 1},
	{"plain", NULL, VCARD_FAULT_PLAIN, HEX_OR_NOTHING, 1},
	{"replay", NULL, VCARD_FAULT_REPLAY, NOTHING, 2},
	{"swap", NULL, VCARD_FAULT_SWAP, NOTHING, 2},
	{"truncate", NULL, VCARD_FAULT_TRUNCATE, LENGTH, 1},
};
#define ACTION_COUNT (sizeof(actions) / sizeof(actions[0]))

static int
expected(char *message, const char *what, const char *found)
{
	snprintf(message, VCARD_MESSAGE_SIZE, "expected %s, found '%.60s'",
		what, found != NULL ? found : "");
	return JCOP_ERR_MALFORMED;
}

static int
read_number(const char *word, int base, long least, long most, long *number)
{
	char *end;

	if (word == NULL)
		return JCOP_ERR_MALFORMED;
	errno = 0;
	*number = strtol(word, &end, base);
	if (errno != 0 || end == word || *end != '\0' || *number < least ||
		*number > most)
		return JCOP_ERR_MALFORMED;
	return JCOP_OK;
}

static int
read_hex(const char *word, size_t digits, long *number)
{
	if (word == NULL || strlen(word) != digits)
		return JCOP_ERR_MALFORMED;
	return read_number(word, 16, 0, 0xFFFF, number);
}

static int
find_action(const char *word, char **rest, size_t *found, char *message)
{
	const char *when = NULL;
	size_t i;

	for (i = 0; i < ACTION_COUNT; i++) {
		if (strcmp(word, actions[i].word) != 0)
			continue;
		if (actions[i].when != NULL && when == NULL)
			when = strtok_r(NULL, SEPARATORS, rest);
		if (actions[i].when == NULL ||
			(when != NULL && strcmp(when, actions[i].when) == 0)) {
			*found = i;
			return JCOP_OK;
		}
	}
	return expected(message,
		"remove before, remove after, reset before, sw, alter, "
		"drop-mac, plain, replay, swap or truncate",
		word);
}

static int
read_filter(const char *word, struct vcard_fault_filter *filter)
{
	long value;

	if (strcmp(word, "secured") == 0) {
		filter->secured = true;
		return JCOP_OK;
	}
	if (strncmp(word, "ins=", 4) == 0 && read_hex(word + 4, 2, &value) == 0)
		filter->ins = (int)value;
	else if (strncmp(word, "p1=", 3) == 0 &&
		 read_hex(word + 3, 2, &value) == 0)
		filter->p1 = (int)value;
	else if (strncmp(word, "p2=", 3) == 0 &&
		 read_hex(word + 3, 2, &value) == 0)
		filter->p2 = (int)value;
	else
		return JCOP_ERR_MALFORMED;
	return JCOP_OK;
}

static int
read_filters(char **rest, struct vcard_fault_filter *filter, char *message)
{
	const char *word;

	while ((word = strtok_r(NULL, SEPARATORS, rest)) != NULL)
		if (read_filter(word, filter) != JCOP_OK)
			return expected(message,
				"ins=XX, p1=XX, p2=XX or secured", word);
	return JCOP_OK;
}

/* Takes the bytes of "plain N [HEX]", if they are there. */
static int
read_optional_hex(char **rest, struct vcard_fault_rule *rule)
{
	char *word = *rest + strspn(*rest, SEPARATORS);
	char copy[VCARD_FAULT_TEXT_SIZE];
	size_t len = strcspn(word, SEPARATORS);

	memcpy(copy, word, len);
	copy[len] = '\0';
	if (len == 0 || jcop_blob_from_hex(&rule->data, copy) != JCOP_OK)
		return JCOP_OK; /* a filter, or a mistake: read_filters says */
	rule->has_data = true;
	*rest = word + len;
	return JCOP_OK;
}

static int
read_argument(enum argument kind, char **rest, struct vcard_fault_rule *rule,
	char *message)
{
	const char *word;

	if (kind == NOTHING)
		return JCOP_OK;
	if (kind == HEX_OR_NOTHING)
		return read_optional_hex(rest, rule);
	word = strtok_r(NULL, SEPARATORS, rest);
	if (kind == STATUS_WORD && read_hex(word, 4, &rule->number) != JCOP_OK)
		return expected(message, "a status word of 4 hex digits", word);
	if (kind == INDEX && read_number(word, 10, -JCOP_BLOB_MAX,
				     JCOP_BLOB_MAX, &rule->number) != JCOP_OK)
		return expected(message,
			"a byte of the answer (from 0; negative: from its end)",
			word);
	if (kind == LENGTH && read_number(word, 10, 0, JCOP_BLOB_MAX,
				      &rule->number) != JCOP_OK)
		return expected(message, "a length in bytes", word);
	return JCOP_OK;
}

static int
read_rule(
	char *first, char **rest, struct vcard_fault_rule *rule, char *message)
{
	const char *word;
	size_t kind = 0;
	long at;
	int r = find_action(first, rest, &kind, message);

	if (r != JCOP_OK)
		return r;
	rule->action = actions[kind].action;
	word = strtok_r(NULL, SEPARATORS, rest);
	if (read_number(word, 10, (long)actions[kind].least, INT_MAX, &at) !=
		JCOP_OK)
		return expected(message,
			actions[kind].least == 1
				? "the number of a command, 1 or more"
				: "the number of a command, 2 or more",
			word);
	rule->at = (unsigned int)at;
	r = read_argument(actions[kind].argument, rest, rule, message);
	if (r != JCOP_OK)
		return r;
	return read_filters(rest, &rule->filter, message);
}

int
vcard_fault_parse(
	const char *line, struct vcard_fault_rule *rule, char *message)
{
	char copy[VCARD_FAULT_TEXT_SIZE], *rest, *first;
	size_t len;

	memset(rule, 0, sizeof(*rule));
	rule->filter.ins = rule->filter.p1 = rule->filter.p2 = -1;
	line += strspn(line, SEPARATORS);
	len = strcspn(line, "#\r\n");
	if (len >= sizeof(copy))
		return expected(
			message, "a line of less than 128 characters", line);
	memcpy(copy, line, len);
	while (len > 0 && strchr(SEPARATORS, copy[len - 1]) != NULL)
		len--;
	copy[len] = '\0';
	strcpy(rule->text, copy);
	first = strtok_r(copy, SEPARATORS, &rest);
	if (first == NULL)
		return JCOP_ERR_NOT_FOUND;
	return read_rule(first, &rest, rule, message);
}
