/*
 * pcsc-handles.h: the contexts and card handles of this process.
 *
 * Numbers are never used twice. A context or handle that a thread has got
 * stays until it is put back, even if another thread ends it meanwhile; such
 * a thread is told to give up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PCSC_HANDLES_H
#define JCOP_VIRTUAL_CARD_PCSC_HANDLES_H

#include <stdatomic.h>
#include <stdbool.h>

/* Everything else of this library is hidden. */
#define PCSC_API __attribute__((visibility("default")))
#include <winscard.h>

#include "virtual-card/reader.h"

struct pcsc_context {
	struct pcsc_context *next;
	SCARDCONTEXT number;
	unsigned int users;
	atomic_bool released;
	atomic_uint cancels; /* SCardCancel so far */
	atomic_uint readers; /* which readers were there last */
};

struct pcsc_handle {
	struct pcsc_handle *next;
	SCARDHANDLE number;
	SCARDCONTEXT context;
	unsigned int users;
	struct vcard_reader *reader;
	char name[VCARD_READER_NAME_SIZE];
	DWORD protocol;
};

/* Makes a context; 0 if there is no memory. */
SCARDCONTEXT pcsc_context_new(unsigned int readers);
bool pcsc_context_exists(SCARDCONTEXT number);
/* NULL: no such context. */
struct pcsc_context *pcsc_context_get(SCARDCONTEXT number);
void pcsc_context_put(struct pcsc_context *context);
/* Ends the context and its handles; false: no such context. */
bool pcsc_context_release(SCARDCONTEXT number);

/* Makes a handle that owns READER; 0 if there is no memory, or CONTEXT was
 * released meanwhile: READER is then still the caller's. */
SCARDHANDLE pcsc_handle_new(SCARDCONTEXT context, struct vcard_reader *reader,
	const char *name, DWORD protocol);
struct pcsc_handle *pcsc_handle_get(SCARDHANDLE number);
void pcsc_handle_put(struct pcsc_handle *handle);
/* Waits for threads that use it, then disconnects; false: no such handle. */
bool pcsc_handle_close(SCARDHANDLE number, enum vcard_disposition disposition,
	enum vcard_reader_result *result);

#endif
