/*
 * report.h: what an operation did, as a sentence or as JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_REPORT_H
#define JCOP_TOOL_REPORT_H

#include <jansson.h>

#include "tool/tool.h"

/*
 * Tells on stdout that the operation of tool->command is done. With --json an
 * object: "command", "iccsn", "result": "done", then the members of RESULT (may
 * be NULL, whose reference it takes: json_pack("{s:s}", ...)). Else the
 * sentence FORMAT, and a line end. Returns TOOL_OK, or TOOL_FAILED after a
 * message.
 */
__attribute__((format(printf, 3, 4))) int tool_report_done(
	const struct tool *tool, json_t *result, const char *format, ...);

#endif
