/*
 * trace.h: one line of JSON per command, for tests and demonstrations.
 *
 * A line has names, lengths and status words, never bytes of a command or an
 * answer. It is appended by one write(2), so that processes can share a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_TRACE_H
#define JCOP_VIRTUAL_CARD_TRACE_H

#include "virtual-card/card.h"

struct vcard_trace_line {
	const char *reader;
	const char *dir;
	uint64_t sequence;
	const struct vcard_trace *card; /* what the card saw */
	size_t wire_command;            /* bytes to the card ... */
	size_t wire_response;           /* ... and to the host, with SW */
	bool pad;                       /* the reader made it on its pad */
	const char *fault;              /* the rules that applied, or NULL */
};

/* Opens PATH for appending, made with mode 0600; a descriptor or -errno. */
JCOP_CHECKED int vcard_trace_open(const char *path);

/* Appends LINE; errors: JCOP_ERR_NO_MEMORY, JCOP_ERR_TOO_LONG (disk full). */
JCOP_CHECKED int vcard_trace_write(int fd, const struct vcard_trace_line *line);

#endif
