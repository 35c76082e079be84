/*
 * progress.c: a line on the terminal while the card works.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <unistd.h>

#include "tool/progress.h"

void
tool_progress_init(struct tool_progress *progress, const struct tool *tool,
	const char *text)
{
	progress->text = text;
	progress->shown = 0;
	progress->enabled = tool->verbose == 0 && isatty(STDERR_FILENO) == 1;
}

/* COUNT, "" or "3 of 12", over what stands there. */
static void
show(struct tool_progress *progress, const char *count)
{
	int len;

	if (!progress->enabled)
		return;
	len = fprintf(stderr, "\r%s%s%s ...", progress->text,
		count[0] != '\0' ? ": " : "", count);
	if (len > progress->shown)
		progress->shown = len;
	fflush(stderr);
}

void
tool_progress_starts(void *context)
{
	show(context, "");
}

void
tool_progress_step(void *context, size_t done, size_t all)
{
	char count[48];

	snprintf(count, sizeof(count), "%zu of %zu", done, all);
	show(context, count);
}

void
tool_progress_end(struct tool_progress *progress)
{
	if (progress->shown > 0)
		fprintf(stderr, "\r%*s\r", progress->shown, "");
	fflush(stderr);
	progress->shown = 0;
	progress->enabled = false;
}
