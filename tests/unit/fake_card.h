/*
 * fake_card.h: a card of OpenSC's on a reader that plays a script: the
 * commands that are expected, as typed from docs/card-interface.md, and what
 * the card answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FAKE_CARD_H
#define FAKE_CARD_H

#include <libopensc/opensc.h>

#include "core/blob.h"

/* Hexadecimal digits; spaces are passed over. */
struct fake_exchange {
	const char *command; /* NULL: whatever it is */
	const char *answer;  /* data and status word */
};

/* A card with our driver's session, on a reader that takes extended length
 * or not. End with fake_card_free. */
struct sc_card *fake_card_new(bool extended);
void fake_card_free(struct sc_card *card);

/* What is expected next; ends with two NULLs. */
void fake_card_expect(struct sc_card *card, const struct fake_exchange *script);

/* Or somebody who answers every command: ANSWER gets data and SW. */
typedef void (*fake_card_answers)(
	void *context, struct jcop_bytes command, struct jcop_blob *answer);
void fake_card_answer_with(
	struct sc_card *card, fake_card_answers answers, void *context);

/* Every command of the script was sent, and no other. */
void fake_card_assert_done(struct sc_card *card);

/* How many commands reached the reader since fake_card_new. */
unsigned int fake_card_count(const struct sc_card *card);

#endif
