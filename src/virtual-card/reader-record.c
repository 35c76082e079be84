/*
 * reader-record.c: the record and the locks that processes share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virtual-card/reader-record.h"

/* The number changes with the layout. */
static const char magic[8] = {'J', 'C', '4', '5', 'R', 'D', '0', '1'};

int
vcard_record_open(const char *dir, bool create)
{
	char path[PATH_MAX];
	int fd, flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;

	if (snprintf(path, sizeof(path), "%s/reader-state", dir) >= PATH_MAX)
		return -ENAMETOOLONG;
	fd = open(path, create ? flags | O_CREAT : flags, 0600);
	return fd >= 0 ? fd : -errno;
}

static int
lock_call(int fd, int call, short type, off_t byte, struct flock *lock)
{
	int r;

	do {
		memset(lock, 0, sizeof(*lock));
		lock->l_type = type;
		lock->l_whence = SEEK_SET;
		lock->l_start = byte;
		lock->l_len = 1;
		r = fcntl(fd, call, lock);
	} while (r != 0 && errno == EINTR);
	return r;
}

bool
vcard_record_try(int fd, off_t byte)
{
	struct flock lock;

	return lock_call(fd, F_OFD_SETLK, F_WRLCK, byte, &lock) == 0;
}

void
vcard_record_release(int fd, off_t byte)
{
	struct flock lock;

	(void)lock_call(fd, F_OFD_SETLK, F_UNLCK, byte, &lock);
}

bool
vcard_record_busy(int fd, off_t byte)
{
	struct flock lock;

	return lock_call(fd, F_OFD_GETLK, F_WRLCK, byte, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}

int
vcard_record_enter(int fd, struct vcard_reader_record *record)
{
	struct flock lock;
	ssize_t n;

	if (lock_call(fd, F_OFD_SETLKW, F_WRLCK, VCARD_LOCK_RECORD, &lock) != 0)
		return JCOP_ERR_NOT_FOUND;
	n = pread(fd, record, sizeof(*record), 0);
	if (n != (ssize_t)sizeof(*record) ||
		memcmp(record->magic, magic, sizeof(magic)) != 0 ||
		record->atr_len > VCARD_ATR_SIZE) {
		memset(record, 0, sizeof(*record));
		memcpy(record->magic, magic, sizeof(magic));
	}
	return JCOP_OK;
}

int
vcard_record_leave(int fd, const struct vcard_reader_record *record)
{
	int r = JCOP_OK;

	if (record != NULL && pwrite(fd, record, sizeof(*record), 0) !=
				      (ssize_t)sizeof(*record))
		r = JCOP_ERR_NOT_FOUND;
	vcard_record_release(fd, VCARD_LOCK_RECORD);
	return r;
}
