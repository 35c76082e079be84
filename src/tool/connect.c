/*
 * connect.c: the card in the reader, with our driver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include <libopensc/opensc.h>

#include "card-driver/cardctl.h"
#include "tool/diagnose.h"
#include "tool/readers.h"
#include "tool/search.h"

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

/* CARD is ours. */
static bool
is_ours(const struct sc_card *card)
{
	return strcmp(card->driver->short_name, JCOP_SHORT_NAME) == 0;
}

/* A card that left while OpenSC asked it who it is looks like a foreign one. */
static int
explain_stranger(const struct tool *tool, struct sc_reader *reader,
	const struct sc_card *card)
{
	if (tool_card_present(reader))
		return explain_foreign(tool, card);
	return tool_fail(TOOL_NO_CARD,
		"the card was removed from %s; put it back and run the "
		"command again",
		reader->name);
}

static int
connect_reader(struct tool *tool, struct sc_reader *reader)
{
	int r;

	r = sc_connect_card(reader, &tool->card);
	if (r != SC_SUCCESS)
		tool->card = NULL;
	if (r == SC_ERROR_INVALID_CARD)
		return explain_stranger(tool, reader, NULL);
	if (r != SC_SUCCESS)
		return tool_fail(tool_status_of(r),
			"the card in %s does not answer: %s", reader->name,
			sc_strerror(r));
	if (is_ours(tool->card))
		return TOOL_OK;
	return explain_stranger(tool, reader, tool->card);
}

/* --- a card by its ICCSN --- */

/* A card that stays in READER is not connected to again. */
static bool
is_new(struct tool_search *search, struct sc_reader *reader, unsigned int index)
{
	unsigned int bit = 1u << (index % TOOL_MAX_READERS);
	int state = sc_detect_card_presence(reader);

	if (state <= 0 || (state & SC_READER_CARD_CHANGED))
		search->seen &= ~bit;
	if (state <= 0 || (search->seen & bit))
		return false;
	search->seen |= bit;
	return true;
}

/* Is it that one? Adds to MESSAGE what it is instead. */
static bool
is_wanted(struct tool *tool, const struct tool_search *search, char *message)
{
	size_t len = strlen(message);
	const char *found = "";

	if (is_ours(tool->card) && tool_note_iccsn(tool)) {
		found = tool->card_iccsn;
		if (tool_iccsn_matches(found, search->iccsn))
			return true;
	}
	snprintf(message + len, TOOL_MESSAGE_SIZE - len,
		"; the card in %s %s%s", tool->card->reader->name,
		found[0] != '\0' ? "has " : "is of another kind", found);
	tool->card_iccsn[0] = '\0';
	return false;
}

/* TOOL_NO_CARD with MESSAGE if it is not in READER. */
static int
try_reader(struct tool *tool, const struct tool_search *search,
	struct sc_reader *reader, char *message)
{
	if (sc_connect_card(reader, &tool->card) != SC_SUCCESS) {
		tool->card = NULL;
		return TOOL_NO_CARD;
	}
	if (is_wanted(tool, search, message))
		return TOOL_OK;
	sc_disconnect_card(tool->card);
	tool->card = NULL;
	return TOOL_NO_CARD;
}

static int
look_for_iccsn(struct tool *tool, struct tool_search *search, char *message)
{
	unsigned int count = sc_ctx_get_reader_count(tool->ctx), i;
	struct sc_reader *named = NULL, *reader;
	int r = TOOL_NO_CARD;

	if (tool->reader != NULL) {
		named = tool_named_reader(tool, message);
		if (named == NULL)
			return TOOL_NO_CARD;
	}
	tool_message(message, JCOP_ERR_NOT_FOUND,
		"the card with the ICCSN %s is not there", search->iccsn);
	for (i = 0; r == TOOL_NO_CARD && i < count; i++) {
		reader = sc_ctx_get_reader(tool->ctx, i);
		if ((named == NULL || reader == named) &&
			is_new(search, reader, i))
			r = try_reader(tool, search, reader, message);
	}
	return r;
}

/* --- any card --- */

/* TOOL_NO_CARD with MESSAGE while there is none; MESSAGE is empty where more
 * was said. */
static int
look_for_any(struct tool *tool, char *message)
{
	struct sc_reader *reader = tool->reader != NULL
					   ? tool_named_reader(tool, message)
					   : tool_first_reader(tool, message);

	if (reader == NULL)
		return TOOL_NO_CARD;
	if (!tool_card_present(reader)) {
		tool_message(message, JCOP_ERR_NOT_FOUND,
			"there is no card in %s", reader->name);
		return TOOL_NO_CARD;
	}
	message[0] = '\0';
	return connect_reader(tool, reader);
}

/* Without a card, too, a driver that is not there is worth a word. */
static void
mention_driver_reason(const struct tool *tool)
{
	char message[TOOL_MESSAGE_SIZE];

	if (tool_driver_reason(tool->ctx, NULL, message) != JCOP_OK)
		tool_fail(TOOL_NO_CARD, "%s", message);
}

static int
look(struct tool *tool, struct tool_search *search, char *message)
{
	if (search->iccsn[0] != '\0')
		return look_for_iccsn(tool, search, message);
	return look_for_any(tool, message);
}

int
tool_connect(struct tool *tool)
{
	char message[TOOL_MESSAGE_SIZE] = "";
	struct tool_search search;
	int r;

	r = tool_search_init(tool, &search);
	if (r == TOOL_OK)
		r = tool_open_context(tool);
	if (r != TOOL_OK)
		return r;
	do
		r = look(tool, &search, message);
	while (r == TOOL_NO_CARD && message[0] != '\0' &&
		tool_search_wait(tool, &search, message));
	if (r == TOOL_OK && tool->json)
		tool_note_iccsn(tool);
	if (r != TOOL_NO_CARD || message[0] == '\0')
		return r;
	tool_fail(TOOL_NO_CARD, "%s", message);
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
