/*
 * pinpad-queue.h: what somebody types on the PIN pad of a virtual reader, in
 * DIR/pinpad: one entry a line, taken in order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PINPAD_QUEUE_H
#define JCOP_VIRTUAL_CARD_PINPAD_QUEUE_H

#include "virtual-card/card.h"

/* As many digits as the structures of PC/SC part 10 can ask for. */
#define VCARD_PAD_DIGITS 255

enum vcard_pad_key {
	VCARD_PAD_OK,     /* digits, then the validation key */
	VCARD_PAD_CANCEL, /* the cancel key */
	VCARD_PAD_NOTHING /* nobody types: the reader stops waiting */
};

struct vcard_pad_entry {
	enum vcard_pad_key key;
	uint8_t digits[VCARD_PAD_DIGITS];
	size_t len;
};

/*
 * Takes the first entry out of the queue; VCARD_PAD_NOTHING from an empty one.
 * The caller wipes ENTRY. Errors: JCOP_ERR_MALFORMED (a wrong line stays and
 * MESSAGE, of VCARD_MESSAGE_SIZE, tells it without showing it),
 * JCOP_ERR_NOT_FOUND (the file cannot be used; MESSAGE says why).
 */
JCOP_CHECKED int vcard_pad_take(
	const char *dir, struct vcard_pad_entry *entry, char *message);

/* Appends LINE: "type DIGITS", "cancel" or "timeout". Errors as above. */
JCOP_CHECKED int vcard_pad_put(
	const char *dir, const char *line, char *message);

/* Entries that wait; errors as above. */
JCOP_CHECKED int vcard_pad_count(const char *dir, size_t *count, char *message);

#endif
