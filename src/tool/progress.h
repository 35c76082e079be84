/*
 * progress.h: a line on the terminal while the card works.
 *
 * Only where stderr is a terminal; the line is wiped when the work is done, so
 * that nothing depends on it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_PROGRESS_H
#define JCOP_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/tool.h"

/* One line, at most 79 columns with its count. */
struct tool_progress {
	const char *text; /* "The card generates the key pair" */
	bool enabled;     /* a terminal, and no log on it */
	int shown;        /* columns */
};

/* Prepares the line TEXT (borrowed), shows nothing yet. */
void tool_progress_init(struct tool_progress *progress, const struct tool *tool,
	const char *text);

/* Shows the line: a callback `starts` of the card's controls; CONTEXT is a
 * struct tool_progress. */
void tool_progress_starts(void *context);

/* Shows the line with "DONE of ALL": a callback for work of many steps. */
void tool_progress_step(void *context, size_t done, size_t all);

/* Wipes the line; before anything else is said. */
void tool_progress_end(struct tool_progress *progress);

#endif
