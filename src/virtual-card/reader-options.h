/*
 * reader-options.h: which virtual readers there are, and how each behaves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_READER_OPTIONS_H
#define JCOP_VIRTUAL_CARD_READER_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "virtual-card/card.h"

/* As many as pcsclite (PCSCLITE_MAX_READERS_CONTEXTS) ... */
#define VCARD_MAX_READERS 16
/* ... and names as long as there, with the NUL (MAX_READERNAME). */
#define VCARD_READER_NAME_SIZE 128

struct vcard_reader_options {
	char name[VCARD_READER_NAME_SIZE]; /* empty: made from the directory */
	bool extended;                     /* takes extended APDUs */
	bool pinpad;                       /* has a PIN pad */
	bool only_t0;                      /* the card there speaks T=0 */
	char trace[PATH_MAX];              /* empty: no trace */
};

/*
 * Reads DIR/reader, a file of lines "key = value" with # comments; without
 * the file everything has its default (extended = yes, pinpad = no,
 * protocol = T=1). A relative trace path starts in DIR.
 * Errors: JCOP_ERR_MALFORMED with the reason in MESSAGE (VCARD_MESSAGE_SIZE).
 */
JCOP_CHECKED int vcard_reader_options_read(
	const char *dir, struct vcard_reader_options *options, char *message);

/* The readers of this process, in order. */
struct vcard_reader_list {
	size_t count;
	char *dirs[VCARD_MAX_READERS];
	/* "Virtual reader NN 00 (DIRECTORY)", or the name in DIR/reader unless
	 * another reader has it. */
	char names[VCARD_MAX_READERS][VCARD_READER_NAME_SIZE];
};

/*
 * Finds the readers: the directories in the environment variable
 * JCOP45_VCARD, separated by colons; else the lines of the file that
 * JCOP45_VCARD_READERS names; else of
 * ${XDG_CONFIG_HOME:-$HOME/.config}/opensc-jcop45/virtual-readers. What is
 * over VCARD_MAX_READERS is left out. Errors: JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int vcard_reader_list_find(struct vcard_reader_list *list);
void vcard_reader_list_free(struct vcard_reader_list *list);

#endif
