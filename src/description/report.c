/*
 * report.c: the one shape of error messages about a card description.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "description/description.h"

/* What is wrong has to fit behind the name whatever the name is. */
#define NAME_MAX_SHOWN 120

static size_t
start(const struct jcop_report *report)
{
	size_t len = strlen(report->name);
	const char *name = report->name, *cut = "";
	int n;

	if (len > NAME_MAX_SHOWN) {
		name += len - NAME_MAX_SHOWN;
		cut = "...";
	}
	n = snprintf(report->message, JCOP_DESCRIPTION_ERROR_SIZE, "%s%s:", cut,
		name);
	return n < 0 ? 0 : (size_t)n;
}

int
jcop_report(const struct jcop_report *report, unsigned int line,
	const char *key, const char *format, ...)
{
	size_t used = start(report);
	char *message = report->message;
	va_list args;
	int n;

	n = snprintf(message + used, JCOP_DESCRIPTION_ERROR_SIZE - used,
		"%u: %.*s: ", line, JCOP_QUOTE_MAX, key);
	used += n < 0 ? 0 : (size_t)n;
	va_start(args, format);
	(void)vsnprintf(message + used, JCOP_DESCRIPTION_ERROR_SIZE - used,
		format, args);
	va_end(args);
	return JCOP_ERR_MALFORMED;
}

int
jcop_report_unread(const struct jcop_report *report, const char *why)
{
	size_t used = start(report);

	(void)snprintf(report->message + used,
		JCOP_DESCRIPTION_ERROR_SIZE - used,
		" cannot be read: %s; expected a card description", why);
	return JCOP_ERR_NOT_FOUND;
}

int
jcop_report_no_memory(const struct jcop_report *report)
{
	(void)snprintf(
		report->message, JCOP_DESCRIPTION_ERROR_SIZE, "out of memory");
	return JCOP_ERR_NO_MEMORY;
}
