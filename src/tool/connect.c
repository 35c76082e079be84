/*
 * connect.c: the card in the reader, with our driver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libopensc/opensc.h>

#include "card-driver/cardctl.h"
#include "tool/diagnose.h"
#include "tool/tool.h"

int
tool_open_context(struct tool *tool)
{
	sc_context_param_t param;
	int r;

	if (tool->ctx != NULL)
		return TOOL_OK;
	memset(&param, 0, sizeof(param));
	param.app_name = TOOL_NAME;
	r = sc_context_create(&tool->ctx, &param);
	if (r != SC_SUCCESS) {
		tool->ctx = NULL;
		return tool_fail(TOOL_FAILED, "OpenSC cannot be used: %s",
			sc_strerror(r));
	}
	if (tool->verbose > 0) {
		tool->ctx->debug = tool->verbose;
		sc_ctx_log_to_file(tool->ctx, "stderr");
	}
	return TOOL_OK;
}

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

static int
named_reader(const struct tool *tool, struct sc_reader **reader)
{
	unsigned int number, found = 0;

	if (parse_number(tool->reader, &number)) {
		if (number < sc_ctx_get_reader_count(tool->ctx))
			*reader = sc_ctx_get_reader(tool->ctx, number);
	} else {
		*reader = reader_by_name(tool->ctx, tool->reader, &found);
	}
	if (*reader == NULL)
		return tool_fail(TOOL_NO_CARD,
			found == 0 ? "there is no reader '%s'; look at: "
				     "opensc-tool --list-readers"
				   : "more than one reader has '%s' in its "
				     "name; look at: opensc-tool "
				     "--list-readers",
			tool->reader);
	if (sc_detect_card_presence(*reader) > 0)
		return TOOL_OK;
	return tool_fail(
		TOOL_NO_CARD, "there is no card in %s", (*reader)->name);
}

static int
first_reader_with_card(const struct tool *tool, struct sc_reader **reader)
{
	unsigned int count = sc_ctx_get_reader_count(tool->ctx), i;

	for (i = 0; i < count; i++) {
		*reader = sc_ctx_get_reader(tool->ctx, i);
		if (sc_detect_card_presence(*reader) > 0)
			return TOOL_OK;
	}
	return tool_fail(TOOL_NO_CARD,
		count == 0 ? "there is no reader (is pcscd running?)"
			   : "there is no card in any reader");
}

/* CARD is NULL where no driver at all took it. */
static int
explain_foreign(const struct tool *tool, const struct sc_card *card)
{
	char message[TOOL_MESSAGE_SIZE];

	if (tool_driver_reason(tool->ctx, card, message) != JCOP_OK)
		return tool_fail(TOOL_NOT_OURS, "%s", message);
	if (card == NULL)
		return tool_fail(TOOL_NOT_OURS,
			"the card is not one of ours, and OpenSC has no "
			"driver for it");
	return tool_fail(TOOL_NOT_OURS,
		"the card is not one of ours: OpenSC's driver %s took it (%s)",
		card->driver->short_name, card->name);
}

static int
connect_reader(struct tool *tool, struct sc_reader *reader)
{
	int r;

	r = sc_connect_card(reader, &tool->card);
	if (r == SC_ERROR_INVALID_CARD || r == SC_ERROR_CARD_UNRESPONSIVE)
		tool->card = NULL;
	if (r == SC_ERROR_INVALID_CARD)
		return explain_foreign(tool, NULL);
	if (r != SC_SUCCESS) {
		tool->card = NULL;
		return tool_fail(tool_status_of(r),
			"the card in %s does not answer: %s", reader->name,
			sc_strerror(r));
	}
	if (strcmp(tool->card->driver->short_name, JCOP_SHORT_NAME) == 0)
		return TOOL_OK;
	return explain_foreign(tool, tool->card);
}

/* Without a card, too, a driver that is not there is worth a word. */
static void
mention_driver_reason(const struct tool *tool)
{
	char message[TOOL_MESSAGE_SIZE];

	if (tool_driver_reason(tool->ctx, NULL, message) != JCOP_OK)
		tool_fail(TOOL_NO_CARD, "%s", message);
}

int
tool_connect(struct tool *tool)
{
	struct sc_reader *reader = NULL;
	int r;

	r = tool_open_context(tool);
	if (r != TOOL_OK)
		return r;
	if (tool->reader != NULL)
		r = named_reader(tool, &reader);
	else
		r = first_reader_with_card(tool, &reader);
	if (r == TOOL_OK)
		return connect_reader(tool, reader);
	mention_driver_reason(tool);
	return r;
}

void
tool_disconnect(struct tool *tool)
{
	if (tool->card != NULL)
		sc_disconnect_card(tool->card);
	if (tool->ctx != NULL)
		sc_release_context(tool->ctx);
	tool->card = NULL;
	tool->ctx = NULL;
}

static const struct {
	int error, status;
} statuses[] = {
	{SC_ERROR_NO_READERS_FOUND, TOOL_NO_CARD},
	{SC_ERROR_READER, TOOL_NO_CARD},
	{SC_ERROR_READER_DETACHED, TOOL_NO_CARD},
	{SC_ERROR_READER_REATTACHED, TOOL_NO_CARD},
	{SC_ERROR_READER_LOCKED, TOOL_NO_CARD},
	{SC_ERROR_TRANSMIT_FAILED, TOOL_NO_CARD},
	{SC_ERROR_CARD_NOT_PRESENT, TOOL_NO_CARD},
	{SC_ERROR_CARD_REMOVED, TOOL_NO_CARD},
	{SC_ERROR_CARD_RESET, TOOL_NO_CARD},
	{SC_ERROR_CARD_UNRESPONSIVE, TOOL_NO_CARD},
	{SC_ERROR_INVALID_CARD, TOOL_NOT_OURS},
	{SC_ERROR_WRONG_CARD, TOOL_NOT_OURS},
	{SC_ERROR_INVALID_ARGUMENTS, TOOL_CONFIGURATION},
	{SC_ERROR_PIN_CODE_INCORRECT, TOOL_SECRET},
	{SC_ERROR_INVALID_PIN_LENGTH, TOOL_SECRET},
	{SC_ERROR_AUTH_METHOD_BLOCKED, TOOL_SECRET},
	{SC_ERROR_KEYPAD_CANCELLED, TOOL_SECRET},
	{SC_ERROR_KEYPAD_TIMEOUT, TOOL_SECRET},
	{SC_ERROR_KEYPAD_PIN_MISMATCH, TOOL_SECRET},
	{SC_ERROR_NOT_ALLOWED, TOOL_REFUSED},
	{SC_ERROR_SECURITY_STATUS_NOT_SATISFIED, TOOL_REFUSED},
	{SC_ERROR_CARD_CMD_FAILED, TOOL_REFUSED},
};

int
tool_status_of(int sc_error)
{
	size_t i;

	if (sc_error >= 0)
		return TOOL_OK;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].error == sc_error)
			return statuses[i].status;
	return TOOL_FAILED;
}
