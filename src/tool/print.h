/*
 * print.h: what a subcommand found, as text or as JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_PRINT_H
#define JCOP_TOOL_PRINT_H

#include <stdbool.h>

#include <jansson.h>

#include "core/blob.h"

/*
 * Prints REPORT, an object, on stdout: as JSON, or as "Name: value" lines,
 * the names made from its keys ("life_cycle" is "Life cycle"). Objects inside
 * are indented under their name; of an array each element starts with "-".
 * Returns 0, or -1 if it cannot be written.
 */
JCOP_CHECKED int tool_print_report(const json_t *report, bool as_json);

/* TEXT and a line end on stdout; what would steer a terminal is a '?'. */
void tool_print_text(const char *text);

/* A new JSON string: the bytes in upper case hexadecimal digits, SEPARATOR
 * ("" or ":") between them. */
json_t *tool_json_hex(struct jcop_bytes bytes, const char *separator);

/* Sets KEY of OBJECT to the text of FORMAT. */
__attribute__((format(printf, 3, 4))) void tool_json_text(
	json_t *object, const char *key, const char *format, ...);

#endif
