/*
 * card.h: the virtual card as its doors and its program see it.
 *
 * A card lives in a directory: its persona and persistent state in one file
 * that is replaced atomically, its volatile state (what a reset clears) in
 * another, a lock file beside them. Several processes may have the same card
 * open; whoever calls vcard_transmit() or vcard_reset() holds the lock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_CARD_H
#define JCOP_VIRTUAL_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blob.h"

struct vcard;

#define VCARD_MESSAGE_SIZE 512

/* What the card itself saw of one command; no secrets in it. */
struct vcard_trace {
	uint8_t cla, ins, p1, p2; /* as received, protected or not */
	bool secured;             /* came under secure messaging */
	bool mac_verified;        /* and the card verified its MAC */
	bool executed; /* the command reached its function: for the last
			* link of a chain and for plain commands */
	/* After unwrapping; le 0: none. At the end of a chain, where the
	 * command is executed, plain_lc is that of the whole command. */
	size_t plain_lc, plain_le;
	size_t plain_response; /* plain answer bytes without SW */
	uint16_t sw;           /* plain status word */
	/* What it did: select, get-data, read-binary, pin-status, verify,
	 * logout, pin-set (24 01), pin-change (24 00), unblock,
	 * mse-chip-authentication, mse-key-agreement, mse-role, mse-signature,
	 * mse-confidentiality, mse, chip-authentication, get-challenge,
	 * role-authentication, activate, generate, public-exponent, import,
	 * delete, directory-write, certificate-write, data-write, sign,
	 * decipher, get-response, unknown. */
	char name[32];
};

/*
 * Opens the card in DIR. On failure MESSAGE (VCARD_MESSAGE_SIZE bytes) says
 * why; errors: JCOP_ERR_NOT_FOUND, JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int vcard_open(
	const char *dir, struct vcard **card, char *message);
void vcard_close(struct vcard *card);

/* Exclusive lock among all processes and threads that have DIR open. Blocks.
 * Not recursive. Errors: JCOP_ERR_NOT_FOUND when the card's directory went
 * away. */
JCOP_CHECKED int vcard_lock(struct vcard *card);
void vcard_unlock(struct vcard *card);

/* The answer to reset; returns its length, at most 33 bytes. */
size_t vcard_atr(const struct vcard *card, uint8_t *atr);

/* Clears the volatile state: power-on or warm reset. Lock held. */
JCOP_CHECKED int vcard_reset(struct vcard *card);

/*
 * Runs one command APDU and sets RESPONSE to its answer with the status word,
 * TRACE to what the card saw. Lock held. A persistent change is on the disk
 * before the answer is there. Errors only when the state cannot be read or
 * written; whatever the command is, it is answered with a status word.
 */
JCOP_CHECKED int vcard_transmit(struct vcard *card, struct jcop_bytes command,
	struct jcop_blob *response, struct vcard_trace *trace);

#endif
