/*
 * read.h: a tree of blocks read into structures, as tables say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_READ_H
#define JCOP_DESCRIPTION_READ_H

#include "description/description.h"
#include "description/tree.h"
#include "description/values.h"

/* What stands between the key of a block and its '{'. */
enum jcop_naming {
	JCOP_NAMING_NONE,   /* nothing; the block is there once */
	JCOP_NAMING_WORD,   /* one of words; each is there once */
	JCOP_NAMING_FREE,   /* a name, kept at the start of the element */
	JCOP_NAMING_NUMBER, /* 1, 2, 3, ... in this order */
};

/* One kind of block and the place of its elements in the structure around. */
struct jcop_section {
	const char *key; /* NULL: end of the table */
	enum jcop_naming naming;
	const struct jcop_word *words;
	const struct jcop_row *rows;
	const struct jcop_section *inner; /* NULL: no blocks inside */
	size_t offset, element_size;
	/* for FREE and NUMBER: where the count is put, and the most */
	size_t count_offset, max;
};

/* The whole file: one block "card". */
extern const struct jcop_section jcop_sections[];

/* Every element is read from one block at most. */
#define JCOP_PLACES_MAX                                                       \
	(5 + JCOP_APP_COUNT + JCOP_FILE_COUNT + JCOP_PIN_COUNT +              \
		JCOP_KEYSET_COUNT + JCOP_DATA_COUNT * (1 + JCOP_MAX_FIELDS) + \
		JCOP_MAX_CONTAINERS * (1 + JCOP_MAX_SLOTS))

struct jcop_reader {
	struct jcop_description *description;
	struct jcop_tree tree;
	struct jcop_report report;
	/* which element was read from which block: for lines in messages */
	struct {
		const void *element;
		const scconf_block *block;
	} places[JCOP_PLACES_MAX];
	size_t place_count;
};

/*
 * Reads READER's open tree into READER's description. Each value by itself is
 * then right, each mandatory block and key is there, and none is unknown or
 * given twice. Errors, reported: JCOP_ERR_MALFORMED.
 */
JCOP_CHECKED int jcop_read(struct jcop_reader *reader);

/* The block that ELEMENT was read from, NULL if none was. */
const scconf_block *jcop_reader_block(
	const struct jcop_reader *reader, const void *element);

/* The line of KEY in the block of ELEMENT, which was read. */
unsigned int jcop_reader_line(
	const struct jcop_reader *reader, const void *element, const char *key);

#endif
