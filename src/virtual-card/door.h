/*
 * door.h: the way of one command through a door of the card: faults, the card
 * itself, the trace.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_DOOR_H
#define JCOP_VIRTUAL_CARD_DOOR_H

#include "virtual-card/card.h"

struct vcard_door {
	struct vcard *card;
	const char *dir;
	const char *reader; /* its name, for the trace */
	const char *trace;  /* a file, or NULL */
	bool pad;           /* the command comes from the reader's PIN pad */
};

enum vcard_door_result {
	VCARD_DOOR_ANSWERED,
	VCARD_DOOR_REMOVED,  /* a fault took the card; the caller takes it out
			      * of the reader */
	VCARD_DOOR_UNUSABLE, /* fault file or trace: MESSAGE says why; the
			      * command was not run */
	VCARD_DOOR_FAILED    /* the card is not there any more or broke */
};

/*
 * Runs COMMAND, number SEQUENCE of this reader. The caller has the card for
 * itself among the users of the reader and does not hold the card's lock.
 * MESSAGE has VCARD_MESSAGE_SIZE bytes.
 */
JCOP_CHECKED enum vcard_door_result vcard_door_run(
	const struct vcard_door *door, uint64_t sequence,
	struct jcop_bytes command, struct jcop_blob *response, char *message);

#endif
