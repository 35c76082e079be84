/*
 * pinpad.h: what a reader with PIN pad makes of the structures of PC/SC part
 * 10 (v2.02.09) and of what is typed: a command for the card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PINPAD_H
#define JCOP_VIRTUAL_CARD_PINPAD_H

#include "virtual-card/card.h"

/* What a reader answers itself, PC/SC part 10 2.5.2 and 2.5.3. */
#define VCARD_PAD_SW_TIMEOUT 0x6400
#define VCARD_PAD_SW_CANCELLED 0x6401
#define VCARD_PAD_SW_MISMATCH 0x6402
#define VCARD_PAD_SW_LENGTH 0x6403
#define VCARD_PAD_SW_STRUCTURE 0x6B80

/*
 * REQUEST is a PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE with its command.
 * What is typed comes from the queue of DIR. *SW 0: COMMAND is complete and
 * goes to the card; else the reader's own answer, and the card never hears of
 * it. COMMAND holds a PIN: the caller frees it with jcop_blob_free, which
 * wipes. Errors: those of vcard_pad_take, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int vcard_pinpad_verify(const char *dir, struct jcop_bytes request,
	struct jcop_blob *command, uint16_t *sw, char *message);
JCOP_CHECKED int vcard_pinpad_modify(const char *dir, struct jcop_bytes request,
	struct jcop_blob *command, uint16_t *sw, char *message);

#endif
