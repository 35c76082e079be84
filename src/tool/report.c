/*
 * report.c: what an operation did, as a sentence or as JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>

#include "tool/print.h"
#include "tool/report.h"

static int
report_json(const struct tool *tool, json_t *result)
{
	json_t *report = json_object();
	int r;

	tool_json_text(report, "command", "%s", tool->command->name);
	if (tool->card_iccsn[0] != '\0')
		tool_json_text(report, "iccsn", "%s", tool->card_iccsn);
	tool_json_text(report, "result", "done");
	if (result != NULL)
		json_object_update(report, result);
	r = tool_print_report(report, true);
	json_decref(report);
	return r;
}

int
tool_report_done(
	const struct tool *tool, json_t *result, const char *format, ...)
{
	va_list args;
	int r;

	if (tool->json) {
		r = report_json(tool, result);
	} else {
		va_start(args, format);
		r = vprintf(format, args);
		va_end(args);
		putchar('\n');
	}
	json_decref(result);
	if (r < 0)
		return tool_fail(TOOL_FAILED, "the output cannot be written");
	return TOOL_OK;
}
