/*
 * reader-record.h: what the processes at one virtual reader share: a small
 * record in DIR/reader-state, and locks on bytes behind its end.
 *
 * The locks are open file description locks (fcntl(2)), so they exclude
 * threads with their own descriptor as well as processes, and the kernel
 * takes them back from a process that is killed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_READER_RECORD_H
#define JCOP_VIRTUAL_CARD_READER_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"

#define VCARD_MAX_HANDLES 256
#define VCARD_ATR_SIZE 36

/* A handle is alive as long as its byte is locked. */
struct vcard_handle_entry {
	uint32_t used;
	uint32_t exclusive;
};

struct vcard_reader_record {
	char magic[8];
	uint32_t removed;    /* somebody took the card out */
	uint32_t present;    /* there was a card when last looked */
	uint32_t events;     /* insertions and removals */
	uint32_t insertions; /* tells one stay of the card from the next */
	uint32_t resets;     /* tells one session of the card from the next */
	uint32_t atr_len;
	uint8_t atr[VCARD_ATR_SIZE];
	uint32_t reserved;
	uint64_t sequence; /* commands since the record was made */
	struct vcard_handle_entry handles[VCARD_MAX_HANDLES];
};

/* The bytes that are locked. */
#define VCARD_LOCK_RECORD ((off_t)1 << 20)      /* short: guards the record */
#define VCARD_LOCK_CARD (VCARD_LOCK_RECORD + 1) /* a transaction */
#define VCARD_LOCK_HANDLE (VCARD_LOCK_RECORD + 16) /* + index of a handle */

/* Opens DIR/reader-state, made if CREATE; a descriptor, or -errno. */
JCOP_CHECKED int vcard_record_open(const char *dir, bool create);

/* Locks the record and reads it; a foreign or broken one reads as new. */
JCOP_CHECKED int vcard_record_enter(int fd, struct vcard_reader_record *record);
/* Writes the record if it is not NULL, and unlocks. */
int vcard_record_leave(int fd, const struct vcard_reader_record *record);

/* Takes a lock; false: somebody else has it. */
JCOP_CHECKED bool vcard_record_try(int fd, off_t byte);
void vcard_record_release(int fd, off_t byte);
/* Somebody else has that lock. */
bool vcard_record_busy(int fd, off_t byte);

#endif
