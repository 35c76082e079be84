/*
 * open.h: the state of an open card and its file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_OPEN_H
#define JCOP_VIRTUAL_CARD_OPEN_H

#include "virtual-card/internal.h"

/* Reads the state file if it changed since; lock held. */
JCOP_CHECKED int vcard_refresh(struct vcard *card);

/* Writes the state file; lock held. */
JCOP_CHECKED int vcard_save(struct vcard *card);

/* Drops what was read; the next vcard_refresh() reads again. */
void vcard_forget(struct vcard *card);

#endif
