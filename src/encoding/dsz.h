/*
 * dsz.h: the one description in a zip archive.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_DSZ_H
#define JCOP_ENCODING_DSZ_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "encoding/report.h"

/* Does the file begin as a zip archive? */
bool dsz_is_archive(const char *data, size_t len);

/*
 * Unpacks the only .dsc of the archive of LEN bytes at DATA, of at most
 * ENCODING_MAX_SIZE bytes, into TEXT, which the caller frees. What is wrong
 * is said in REPORT. Errors: JCOP_ERR_MALFORMED, JCOP_ERR_NOT_FOUND,
 * JCOP_ERR_TOO_LONG, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int dsz_unpack(const char *data, size_t len, char **text,
	size_t *text_len, struct encoding_report *report);

#endif
