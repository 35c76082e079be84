/*
 * lock.c: one run of a job at a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encoding/files.h"
#include "encoding/lock.h"

#define SUFFIX ".lock"

/* A run that ended in between has taken the file away that was locked here:
 * the next one would lock another. */
static bool
is_still_there(int fd, const char *path)
{
	struct stat held, there;

	return fstat(fd, &held) == 0 && lstat(path, &there) == 0 &&
	       held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/* The locked descriptor, or -1 with errno. */
static int
lock_file(const char *path)
{
	struct stat status;
	int fd, error;

	fd = open(path,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
			O_NONBLOCK,
		S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		errno = EINVAL;
	else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
encoding_lock_take(
	struct encoding_lock *lock, const char *journal, char *message)
{
	char *path = encoding_path_add(journal, SUFFIX);
	int fd, r = JCOP_OK;

	*lock = (struct encoding_lock){NULL, -1};
	if (path == NULL)
		return encoding_no_memory(message);
	fd = lock_file(path);
	while (fd >= 0 && !is_still_there(fd, path)) {
		close(fd);
		fd = lock_file(path);
	}
	if (fd >= 0) {
		*lock = (struct encoding_lock){path, fd};
		return JCOP_OK;
	}
	if (errno == EWOULDBLOCK)
		r = encoding_message(message, JCOP_ERR_ARGUMENT,
			"another run of this job is at work (%s); wait for its "
			"end",
			path);
	else
		r = encoding_message(message, JCOP_ERR_NOT_FOUND,
			"%s cannot be locked: %s", path, strerror(errno));
	free(path);
	return r;
}

void
encoding_lock_release(struct encoding_lock *lock)
{
	if (lock->path == NULL)
		return;
	/* In this order: nobody else holds it yet. */
	unlink(lock->path);
	close(lock->fd);
	free(lock->path);
	*lock = (struct encoding_lock){NULL, -1};
}
