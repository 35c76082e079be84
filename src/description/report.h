/*
 * report.h: the one shape of error messages about a card description.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_REPORT_H
#define JCOP_DESCRIPTION_REPORT_H

#include <stddef.h>

#include "core/error.h"

/* Longest part of a file's text that a message quotes. */
#define JCOP_QUOTE_MAX 40

struct jcop_report {
	const char *name; /* of the file, borrowed */
	char *message;    /* JCOP_DESCRIPTION_ERROR_SIZE bytes, borrowed */
};

/*
 * Writes "NAME:LINE: KEY: what is wrong; expected ..." with the rest as by
 * printf. Where NAME is very long only its end is shown. Returns
 * JCOP_ERR_MALFORMED.
 */
JCOP_CHECKED int jcop_report(const struct jcop_report *report,
	unsigned int line, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for a file that cannot be read; returns JCOP_ERR_NOT_FOUND. */
JCOP_CHECKED int jcop_report_unread(
	const struct jcop_report *report, const char *why);

/* Says that there is no memory; returns JCOP_ERR_NO_MEMORY. */
JCOP_CHECKED int jcop_report_no_memory(const struct jcop_report *report);

#endif
