/*
 * reader.h: a virtual reader with its card, as one user of it sees it.
 *
 * Every process that opens DIR is at the same reader: they share the card's
 * state until the last of them leaves, wait for each other's transactions,
 * and learn of resets and removals. A process that dies leaves the reader as
 * if it had disconnected. The functions on one handle may be called from
 * several threads; they wait for each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_READER_H
#define JCOP_VIRTUAL_CARD_READER_H

#include "virtual-card/card.h"
#include "virtual-card/reader-options.h"
#include "virtual-card/reader-record.h"

enum vcard_reader_result {
	VCARD_READER_OK,
	VCARD_READER_NO_CARD,     /* none there */
	VCARD_READER_REMOVED,     /* it left since this handle connected */
	VCARD_READER_RESET,       /* another handle reset it */
	VCARD_READER_IN_USE,      /* exclusive here or there */
	VCARD_READER_FULL,        /* too many handles */
	VCARD_READER_NOT_LOCKED,  /* no transaction to end */
	VCARD_READER_GIVEN_UP,    /* vcard_reader_give_up() was called */
	VCARD_READER_TOO_LONG,    /* more than the reader can carry */
	VCARD_READER_UNAVAILABLE, /* the directory, an option or a file of it is
				   * not usable; the message says why */
	VCARD_READER_FAILED       /* the card broke, or no memory */
};

enum vcard_reader_mode {
	VCARD_SHARED,
	VCARD_EXCLUSIVE,
	VCARD_DIRECT /* as shared, but without a card too */
};

enum vcard_disposition { VCARD_LEAVE, VCARD_RESET };

/* What anybody can see of a reader. */
struct vcard_reader_view {
	bool present;
	bool usable;     /* false: DIR cannot be read or written */
	uint32_t events; /* insertions and removals so far */
	size_t handles;
	bool exclusive;
	uint8_t atr[VCARD_ATR_SIZE];
	size_t atr_len;
};

/* Fills VIEW; handles of dead processes are taken out on the way. */
void vcard_reader_look(const char *dir, struct vcard_reader_view *view);

/* Takes the card out of the reader, puts it back. MESSAGE says what failed. */
JCOP_CHECKED enum vcard_reader_result vcard_reader_remove(
	const char *dir, char *message);
JCOP_CHECKED enum vcard_reader_result vcard_reader_insert(
	const char *dir, char *message);

/* Tells all handles that the card was reset otherwise. */
void vcard_reader_note_reset(const char *dir);

struct vcard_reader;

struct vcard_reader_config {
	const char *dir;
	const char *name;  /* for the trace */
	const char *trace; /* a file; NULL: the one of DIR/reader, if any */
	enum vcard_reader_mode mode;
	bool any_length; /* another reader's limits hold, not DIR/reader's */
};

/*
 * Connects; the first handle finds the card freshly reset. End with
 * vcard_reader_disconnect().
 */
JCOP_CHECKED enum vcard_reader_result vcard_reader_connect(
	const struct vcard_reader_config *config, struct vcard_reader **reader,
	char *message);

/* Accepts what happened to the card meanwhile, in a new mode. A reset waits
 * for the transactions of others. A transaction of this handle stays. */
JCOP_CHECKED enum vcard_reader_result vcard_reader_reconnect(
	struct vcard_reader *reader, enum vcard_reader_mode mode,
	enum vcard_disposition disposition);

/* Ends a transaction, resets if told so or if this was the last handle, and
 * frees READER. No other thread may still use it. */
enum vcard_reader_result vcard_reader_disconnect(
	struct vcard_reader *reader, enum vcard_disposition disposition);

/* Nested on one handle. Waits while another handle has the card. */
JCOP_CHECKED enum vcard_reader_result vcard_reader_begin(
	struct vcard_reader *reader);
JCOP_CHECKED enum vcard_reader_result vcard_reader_end(
	struct vcard_reader *reader, enum vcard_disposition disposition);

/*
 * Sends a command; RESPONSE is the answer with its status word. MESSAGE says
 * more about VCARD_READER_UNAVAILABLE.
 */
JCOP_CHECKED enum vcard_reader_result vcard_reader_transmit(
	struct vcard_reader *reader, struct jcop_bytes command,
	struct jcop_blob *response, char *message);

/* The same with a command that the reader made on its PIN pad. */
JCOP_CHECKED enum vcard_reader_result vcard_reader_transmit_typed(
	struct vcard_reader *reader, struct jcop_bytes command,
	struct jcop_blob *response, char *message);

/* The state of the card as this handle stands to it; VIEW as look. */
JCOP_CHECKED enum vcard_reader_result vcard_reader_check(
	struct vcard_reader *reader, struct vcard_reader_view *view);

bool vcard_reader_extended(const struct vcard_reader *reader);
bool vcard_reader_is_t0(const struct vcard_reader *reader);
bool vcard_reader_has_pinpad(const struct vcard_reader *reader);
const char *vcard_reader_dir(const struct vcard_reader *reader);

/* Makes calls that wait in other threads return VCARD_READER_GIVEN_UP. */
void vcard_reader_give_up(struct vcard_reader *reader);

/* In a child after fork: lets go of the parent's handle without touching what
 * the parent holds. The memory is not freed: a thread that is not there any
 * more may have been changing it. */
void vcard_reader_forget(struct vcard_reader *reader);

#endif
