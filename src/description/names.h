/*
 * names.h: the words of a card description for its enumerations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_NAMES_H
#define JCOP_DESCRIPTION_NAMES_H

#include <stdbool.h>

/* Tables end with a NULL word. Words are compared without regard to case, as
 * scconf compares keys. */
struct jcop_word {
	const char *word;
	unsigned int value;
};

extern const struct jcop_word jcop_words_application[];      /* ADFs */
extern const struct jcop_word jcop_words_any_application[];  /* and the MF */
extern const struct jcop_word jcop_words_card_application[]; /* MF or PKI */
extern const struct jcop_word jcop_words_file[];
extern const struct jcop_word jcop_words_pin[];
extern const struct jcop_word jcop_words_user_pin[];
extern const struct jcop_word jcop_words_charset[];
extern const struct jcop_word jcop_words_keyset[];
extern const struct jcop_word jcop_words_ca_cipher[];
extern const struct jcop_word jcop_words_curve[];
extern const struct jcop_word jcop_words_ca_version[];
extern const struct jcop_word jcop_words_valid[];
extern const struct jcop_word jcop_words_data[];
extern const struct jcop_word jcop_words_layout[];
extern const struct jcop_word jcop_words_pin_dialect[];
extern const struct jcop_word jcop_words_unblock_keyset[];
extern const struct jcop_word jcop_words_generate[];
extern const struct jcop_word jcop_words_import[];
extern const struct jcop_word jcop_words_sign[];
extern const struct jcop_word jcop_words_role[];
extern const struct jcop_word jcop_words_chaining[];
extern const struct jcop_word jcop_words_prefix[];
extern const struct jcop_word jcop_words_certificate[];
extern const struct jcop_word jcop_words_iccsn[];
extern const struct jcop_word jcop_words_production[];
extern const struct jcop_word jcop_words_bool[];

/* Looks WORD up; false if it is not there. */
bool jcop_word_value(
	const struct jcop_word *words, const char *word, unsigned int *value);

/* The first word for VALUE, "unknown" if there is none. */
const char *jcop_word_name(const struct jcop_word *words, unsigned int value);

#endif
