/*
 * readers.c: the reader that is meant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libopensc/opensc.h>

#include "tool/readers.h"

static bool
parse_number(const char *text, unsigned int *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		value > UINT_MAX)
		return false;
	*number = (unsigned int)value;
	return true;
}

/* NULL if there is none, or more than one whose name has NAME in it. */
static struct sc_reader *
reader_by_name(struct sc_context *ctx, const char *name, unsigned int *found)
{
	struct sc_reader *reader, *match = NULL;
	unsigned int i;

	*found = 0;
	for (i = 0; i < sc_ctx_get_reader_count(ctx); i++) {
		reader = sc_ctx_get_reader(ctx, i);
		if (strcmp(reader->name, name) == 0) {
			*found = 1;
			return reader;
		}
		if (strstr(reader->name, name) != NULL) {
			match = reader;
			(*found)++;
		}
	}
	return *found == 1 ? match : NULL;
}

bool
tool_card_present(struct sc_reader *reader)
{
	return sc_detect_card_presence(reader) > 0;
}

struct sc_reader *
tool_named_reader(const struct tool *tool, char *message)
{
	struct sc_reader *reader = NULL;
	unsigned int number, found = 0;

	if (parse_number(tool->reader, &number)) {
		if (number < sc_ctx_get_reader_count(tool->ctx))
			reader = sc_ctx_get_reader(tool->ctx, number);
	} else {
		reader = reader_by_name(tool->ctx, tool->reader, &found);
	}
	if (reader == NULL)
		tool_message(message, JCOP_ERR_NOT_FOUND,
			found == 0 ? "there is no reader '%s'; look at: "
				     "opensc-tool --list-readers"
				   : "more than one reader has '%s' in its "
				     "name; look at: opensc-tool "
				     "--list-readers",
			tool->reader);
	return reader;
}

struct sc_reader *
tool_first_reader(const struct tool *tool, char *message)
{
	unsigned int count = sc_ctx_get_reader_count(tool->ctx), i;

	for (i = 0; i < count; i++)
		if (tool_card_present(sc_ctx_get_reader(tool->ctx, i)))
			return sc_ctx_get_reader(tool->ctx, i);
	tool_message(message, JCOP_ERR_NOT_FOUND, "%s",
		count == 0 ? "there is no reader (is pcscd running?)"
			   : "there is no card in any reader");
	return NULL;
}
