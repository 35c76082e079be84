/*
 * pcsc-status.c: SCardGetStatusChange.
 *
 * Looks at the readers again and again: a process that dies leaves no other
 * message, and a virtual reader can lie on any file system.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <time.h>

#include "virtual-card/pcsc.h"

#define LOOK_AGAIN_NS 10000000L
#define NEW_READERS "\\\\?PnP?\\Notification"
#define EVENTS(state) ((state) >> 16)
#define PRESENCE                                                             \
	(SCARD_STATE_EMPTY | SCARD_STATE_PRESENT | SCARD_STATE_UNAVAILABLE | \
		SCARD_STATE_UNKNOWN)
#define USE (SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE)

static DWORD
state_of(const struct vcard_reader_view *view)
{
	DWORD state = (DWORD)(view->events & 0xFFFF) << 16;

	if (!view->usable)
		return state | SCARD_STATE_UNAVAILABLE;
	if (!view->present)
		return state | SCARD_STATE_EMPTY;
	state |= SCARD_STATE_PRESENT;
	if (view->exclusive)
		return state | SCARD_STATE_EXCLUSIVE;
	return view->handles > 0 ? state | SCARD_STATE_INUSE : state;
}

/* As pcsclite: the count of events matters if the caller passes one, and the
 * use of the reader only when it ends or turns exclusive. */
static bool
differs(DWORD known, DWORD state)
{
	if (known == SCARD_STATE_UNAWARE)
		return true;
	if ((known & PRESENCE) != (state & PRESENCE))
		return true;
	if (EVENTS(known) != 0 && EVENTS(known) != EVENTS(state))
		return true;
	return (known & USE) != 0 && (known & USE) != (state & USE);
}

static bool
look_at_reader(const struct vcard_reader_list *list, SCARD_READERSTATE *reader)
{
	const char *dir = pcsc_reader_dir(list, reader->szReader);
	struct vcard_reader_view view;
	DWORD state = SCARD_STATE_UNKNOWN;

	reader->cbAtr = 0;
	if (dir != NULL) {
		vcard_reader_look(dir, &view);
		state = state_of(&view);
		reader->cbAtr = view.atr_len < sizeof(reader->rgbAtr)
					? view.atr_len
					: sizeof(reader->rgbAtr);
		memcpy(reader->rgbAtr, view.atr, reader->cbAtr);
	}
	reader->dwEventState = state;
	if (!differs(reader->dwCurrentState, state))
		return false;
	reader->dwEventState |= SCARD_STATE_CHANGED;
	return true;
}

static bool
look_for_readers(struct pcsc_context *context,
	const struct vcard_reader_list *list, SCARD_READERSTATE *reader)
{
	unsigned int set = pcsc_reader_set(list);

	reader->cbAtr = 0;
	reader->dwEventState = (DWORD)list->count << 16;
	if (atomic_exchange(&context->readers, set) == set)
		return false;
	reader->dwEventState |= SCARD_STATE_CHANGED;
	return true;
}

static bool
look_once(struct pcsc_context *context, const struct vcard_reader_list *list,
	SCARD_READERSTATE *readers, DWORD count)
{
	bool changed = false;
	DWORD i;

	for (i = 0; i < count; i++) {
		if (readers[i].dwCurrentState & SCARD_STATE_IGNORE)
			readers[i].dwEventState = SCARD_STATE_IGNORE;
		else if (strcmp(readers[i].szReader, NEW_READERS) == 0)
			changed |= look_for_readers(context, list, &readers[i]);
		else
			changed |= look_at_reader(list, &readers[i]);
	}
	return changed;
}

/* As pcsclite: a reader that never was there is the caller's mistake, one
 * that leaves while it is watched is an event. */
static bool
knows_all(const struct vcard_reader_list *list,
	const SCARD_READERSTATE *readers, DWORD count)
{
	DWORD i;

	for (i = 0; i < count; i++) {
		if (readers[i].dwCurrentState & SCARD_STATE_IGNORE ||
			strcmp(readers[i].szReader, NEW_READERS) == 0)
			continue;
		if (pcsc_reader_dir(list, readers[i].szReader) == NULL)
			return false;
	}
	return true;
}

static LONG
look(struct pcsc_context *context, bool first, SCARD_READERSTATE *readers,
	DWORD count)
{
	struct vcard_reader_list list;
	LONG rv = SCARD_E_TIMEOUT;

	if (vcard_reader_list_find(&list) != JCOP_OK)
		return SCARD_E_NO_MEMORY;
	if (first && !knows_all(&list, readers, count))
		rv = SCARD_E_UNKNOWN_READER;
	else if (look_once(context, &list, readers, count))
		rv = SCARD_S_SUCCESS;
	vcard_reader_list_free(&list);
	return rv;
}

static bool
is_over(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static void
set_end(struct timespec *end, DWORD ms)
{
	clock_gettime(CLOCK_MONOTONIC, end);
	end->tv_sec += (time_t)(ms / 1000);
	end->tv_nsec += (long)(ms % 1000) * 1000000L;
	if (end->tv_nsec >= 1000000000L) {
		end->tv_sec++;
		end->tv_nsec -= 1000000000L;
	}
}

static LONG
wait_for_change(struct pcsc_context *context, DWORD timeout,
	SCARD_READERSTATE *readers, DWORD count)
{
	const struct timespec pause = {0, LOOK_AGAIN_NS};
	const unsigned int cancels = atomic_load(&context->cancels);
	struct timespec end;
	bool first = true;
	LONG rv;

	set_end(&end, timeout < INFINITE ? timeout : 0);
	for (;;) {
		rv = look(context, first, readers, count);
		first = false;
		if (rv != SCARD_E_TIMEOUT)
			return rv;
		if (timeout < INFINITE && is_over(&end))
			return SCARD_E_TIMEOUT;
		(void)nanosleep(&pause, NULL);
		if (atomic_load(&context->cancels) != cancels ||
			atomic_load(&context->released))
			return SCARD_E_CANCELLED;
	}
}

PCSC_API LONG
SCardGetStatusChange(SCARDCONTEXT hContext, DWORD dwTimeout,
	SCARD_READERSTATE *rgReaderStates, DWORD cReaders)
{
	struct pcsc_context *context;
	DWORD i;
	LONG rv;

	if (rgReaderStates == NULL && cReaders > 0)
		return SCARD_E_INVALID_PARAMETER;
	for (i = 0; i < cReaders; i++)
		if (rgReaderStates[i].szReader == NULL)
			return SCARD_E_INVALID_VALUE;
	context = pcsc_context_get(hContext);
	if (context == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = wait_for_change(context, dwTimeout, rgReaderStates, cReaders);
	pcsc_context_put(context);
	return rv;
}
