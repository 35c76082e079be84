/*
 * lock.h: one run of a job at a time.
 *
 * The journal is replaced at each entry and cannot carry a lock; a file beside
 * it does, which is there as long as a run is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_LOCK_H
#define JCOP_ENCODING_LOCK_H

#include "encoding/report.h"

struct encoding_lock {
	char *path; /* NULL: nothing is held */
	int fd;
};

/*
 * Takes the lock of the journal JOURNAL, without waiting for it. Refused with
 * MESSAGE (ENCODING_MESSAGE_SIZE bytes) where another run holds it, and where
 * its file is a link or no file. What a killed run left behind is no lock.
 * Errors: JCOP_ERR_ARGUMENT, JCOP_ERR_NOT_FOUND, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_lock_take(
	struct encoding_lock *lock, const char *journal, char *message);

/* Takes the file away and gives the lock back, if it is held. */
void encoding_lock_release(struct encoding_lock *lock);

#endif
