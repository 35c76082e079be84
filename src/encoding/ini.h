/*
 * ini.h: the lines of an INI text. The reading is libini_config's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_INI_H
#define JCOP_ENCODING_INI_H

#include <stddef.h>

#include "core/error.h"
#include "encoding/report.h"

/* A key and its value. */
struct ini_pair {
	char *section, *key, *value;
	unsigned int line;
};

/* A line with a section's name. */
struct ini_section {
	char *name;
	unsigned int line;
};

struct ini {
	struct ini_pair *pairs; /* in order of their lines */
	size_t pair_count, pair_capacity;
	struct ini_section *sections;
	size_t section_count, section_capacity;
};

/*
 * Reads LEN bytes of TEXT: UTF-8, or UTF-16 or UTF-32 with a byte order mark;
 * a comment may be in any coding. What cannot be read is said in REPORT.
 * Errors: JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY. Free in any case.
 */
JCOP_CHECKED int ini_read(const char *text, size_t len, struct ini *ini,
	struct encoding_report *report);
void ini_free(struct ini *ini);

#endif
