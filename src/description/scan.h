/*
 * scan.h: the text of a card description, before scconf reads it.
 *
 * scconf keeps no line numbers, reads over many mistakes (a missing semicolon,
 * a block that is never closed, a key given twice) and glues "pki{" into one
 * word. The scanner cuts a text into words just as scconf does, refuses what
 * scconf would read otherwise than it looks, and keeps the lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_SCAN_H
#define JCOP_DESCRIPTION_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include <scconf/scconf.h>

#include "description/report.h"

/* Far more than a description needs; files beyond are not read on. */
#define JCOP_TEXT_MAX ((size_t)256 * 1024)
#define JCOP_SCAN_ENTRIES_MAX 2048
#define JCOP_SCAN_DEPTH 8 /* scconf itself stops at 16 */

/* One "key = values;" or "key name { ... }", in the order of the text. */
struct jcop_scan_entry {
	const char *key; /* borrowed from the text, not terminated */
	size_t key_len;
	size_t parent; /* entry of the block around; SIZE_MAX: none */
	unsigned int line;
	bool block;
	const scconf_item *item; /* filled in by tree.c */
};

struct jcop_scan {
	struct jcop_scan_entry *entries;
	size_t count, capacity;
};

/*
 * Scans TEXT. On success SCAN lists its entries, to be freed with
 * jcop_scan_free; it borrows from TEXT.
 * Errors, reported: JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_scan_text(const char *text, struct jcop_scan *scan,
	const struct jcop_report *report);

void jcop_scan_free(struct jcop_scan *scan);

#endif
