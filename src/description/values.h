/*
 * values.h: the kinds of values in a card description, and the rows that say
 * which key of a block is of which kind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_VALUES_H
#define JCOP_DESCRIPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "description/description.h"
#include "description/names.h"

struct jcop_row;

struct jcop_type {
	bool list; /* takes several words, else exactly one */
	/*
	 * Puts WORD, the one with number INDEX of its list, to OUT, the place
	 * that the row names. CARD is what has been read so far. Returns
	 * NULL, or what is wrong with the word.
	 */
	const char *(*parse)(const struct jcop_row *row, const char *word,
		size_t index, void *out, const struct jcop_description *card);
	/* Writes what a word has to be. */
	void (*expect)(const struct jcop_row *row, char *text, size_t size);
};

struct jcop_row {
	const char *key; /* NULL: end of the table */
	const struct jcop_type *type;
	size_t offset, size; /* of the place in the structure of the block */
	/* of a number: its range; of a list: the most words (max) */
	unsigned long min, max;
	const struct jcop_word *words;
	bool optional;
};

/* size is that of an integer of any width, a bool or an enumeration */
extern const struct jcop_type jcop_type_decimal; /* min, max */
extern const struct jcop_type jcop_type_hex;     /* min, max; 2 digits a byte */
extern const struct jcop_type jcop_type_fid;     /* uint16_t */
extern const struct jcop_type jcop_type_word;    /* words */
extern const struct jcop_type jcop_type_bit_set; /* words; 1u << value */
extern const struct jcop_type jcop_type_tag;     /* primitive, one byte */
extern const struct jcop_type jcop_type_template; /* constructed, up to 3 */
/* size is that of an array */
extern const struct jcop_type jcop_type_text;    /* char[] */
extern const struct jcop_type jcop_type_version; /* uint8_t[3] */
extern const struct jcop_type jcop_type_date;    /* char[11] */
/* out is the structure of the block */
extern const struct jcop_type jcop_type_atrs;     /* jcop_description */
extern const struct jcop_type jcop_type_aid;      /* jcop_application_desc */
extern const struct jcop_type jcop_type_iccsn;    /* jcop_identification_desc */
extern const struct jcop_type jcop_type_padding;  /* jcop_pin_desc */
extern const struct jcop_type jcop_type_chip_key; /* jcop_chip_auth_desc */
extern const struct jcop_type jcop_type_key_path; /* jcop_keyset_desc */

/* Writes "a", "a or b", "a, b or c". */
void jcop_words_text(const struct jcop_word *words, char *text, size_t size);

#endif
