/*
 * search.h: which card is meant, and how long to wait for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_SEARCH_H
#define JCOP_TOOL_SEARCH_H

#include "tool/tool.h"

#define TOOL_MAX_READERS 32

struct tool_search {
	char iccsn[TOOL_ICCSN_SIZE]; /* digits of --iccsn, "" for any card */
	bool waits, told;
	long long until;   /* milliseconds of the monotonic clock; -1: no end */
	unsigned int seen; /* a bit for each reader whose card was looked at */
};

/* Takes --iccsn and --wait. TOOL_OK, or TOOL_USAGE after a message. */
JCOP_CHECKED int tool_search_init(
	const struct tool *tool, struct tool_search *search);

/*
 * Waits a moment, and brings the list of readers up to date: true if it is
 * worth to look again. Says once on stderr that it waits, and why: MESSAGE.
 */
bool tool_search_wait(const struct tool *tool, struct tool_search *search,
	const char *message);

/* The hexadecimal digits of TEXT in upper case, without what groups them (blank
 * : - .) and without the filler behind an odd number of digits. False if there
 * is anything else in it, none, or more than OUT holds. */
bool tool_iccsn_parse(const char *text, char out[TOOL_ICCSN_SIZE]);

/* Is FOUND, of a card, the number WANTED? Both as of tool_iccsn_parse or
 * with a filler. */
bool tool_iccsn_matches(const char *found, const char *wanted);

/* Asks tool->card for its ICCSN, into tool->card_iccsn. */
bool tool_note_iccsn(struct tool *tool);

#endif
