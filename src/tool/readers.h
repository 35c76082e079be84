/*
 * readers.h: the reader that is meant. Between connect.c and what it uses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_READERS_H
#define JCOP_TOOL_READERS_H

#include "tool/tool.h"

struct sc_reader;

/*
 * The reader of --reader, or NULL without a message; MESSAGE
 * (TOOL_MESSAGE_SIZE bytes) says why.
 */
struct sc_reader *tool_named_reader(const struct tool *tool, char *message);

/* The first reader that has a card, or NULL; MESSAGE as above. */
struct sc_reader *tool_first_reader(const struct tool *tool, char *message);

/* Is a card in READER? */
bool tool_card_present(struct sc_reader *reader);

#endif
