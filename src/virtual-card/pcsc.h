/*
 * pcsc.h: what the files of the PC/SC provider library share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PCSC_H
#define JCOP_VIRTUAL_CARD_PCSC_H

#include "virtual-card/pcsc-handles.h"

/* The PC/SC error for what a reader reported. */
LONG pcsc_error(enum vcard_reader_result result);

/* Tells the user of a mistake in the reader's own files; "" says nothing. */
void pcsc_complain(const char *message);

/* A value that tells one set of readers from another. */
unsigned int pcsc_reader_set(const struct vcard_reader_list *list);

/* The directory of the reader called NAME, or NULL. */
const char *pcsc_reader_dir(
	const struct vcard_reader_list *list, const char *name);

/*
 * Hands out LEN bytes of DATA as PC/SC functions do: *ROOM is the size of
 * BUFFER and becomes LEN; without BUFFER only that; with SCARD_AUTOALLOCATE
 * BUFFER is the place of a pointer that the caller frees by SCardFreeMemory.
 */
LONG pcsc_hand_out(const void *data, size_t len, void *buffer, DWORD *room);

#endif
