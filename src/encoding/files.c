/*
 * files.c: private files, read and replaced as a whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encoding/files.h"

#define CHUNK 4096

static int
read_all(int fd, struct jcop_blob *data)
{
	uint8_t chunk[CHUNK];
	int r = JCOP_OK;
	ssize_t got = 1;

	while (r == JCOP_OK && got != 0) {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			r = jcop_blob_append(data, chunk, (size_t)got);
		else if (got < 0 && errno != EINTR)
			r = JCOP_ERR_NOT_FOUND;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return r;
}

int
encoding_file_read(const char *path, struct jcop_blob *data, unsigned int *mode,
	char *message)
{
	struct stat status;
	int fd, r = JCOP_ERR_NOT_FOUND;

	jcop_blob_clear(data);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &status) == 0) {
		if (mode != NULL)
			*mode = status.st_mode;
		r = read_all(fd, data);
	}
	if (r == JCOP_ERR_TOO_LONG)
		encoding_message(message, r, "%s: larger than %d bytes", path,
			JCOP_BLOB_MAX);
	else if (r != JCOP_OK)
		encoding_message(message, r, "%s cannot be read: %s", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	if (r != JCOP_OK)
		jcop_blob_free(data);
	return r;
}

static bool
write_all(int fd, const void *data, size_t len)
{
	const char *at = data;
	ssize_t put;

	while (len > 0) {
		put = write(fd, at, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

/* The new name must be on the disk, too. */
static bool
sync_directory(const char *path)
{
	char *copy = strdup(path);
	bool done = false;
	int fd;

	if (copy == NULL)
		return false;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		/* Some file systems cannot; then they need not. */
		done = fsync(fd) == 0 || errno == EINVAL;
		close(fd);
	}
	free(copy);
	return done;
}

int
encoding_file_write(
	const char *path, const void *data, size_t len, char *message)
{
	char *temporary = encoding_path_add(path, ".XXXXXX");
	bool done = false;
	int fd = -1;

	if (temporary == NULL)
		return encoding_no_memory(message);
	fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
	if (fd >= 0) {
		done = write_all(fd, data, len) && fsync(fd) == 0;
		done = close(fd) == 0 && done;
		done = done && rename(temporary, path) == 0;
		if (!done) {
			int error = errno;

			unlink(temporary);
			errno = error;
		}
	}
	done = done && sync_directory(path);
	free(temporary);
	if (done)
		return JCOP_OK;
	return encoding_message(message, JCOP_ERR_NOT_FOUND,
		"%s cannot be written: %s", path, strerror(errno));
}

int
encoding_file_write_json(const char *path, const json_t *json, char *message)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
	int r;

	if (text == NULL)
		return encoding_no_memory(message);
	r = encoding_file_write(path, text, strlen(text), message);
	free(text);
	return r;
}

char *
encoding_path_join(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

char *
encoding_path_add(const char *path, const char *suffix)
{
	char *longer;

	return asprintf(&longer, "%s%s", path, suffix) < 0 ? NULL : longer;
}

/* --- programs --- */

static bool
is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	       access(path, X_OK) == 0;
}

char *
encoding_find_program(const char *name)
{
	const char *directory = getenv("PATH");
	char *path;
	size_t len;

	if (strchr(name, '/') != NULL)
		return is_program(name) ? strdup(name) : NULL;
	if (directory == NULL)
		directory = "/usr/bin:/bin";
	for (; *directory != '\0'; directory += len + (directory[len] == ':')) {
		len = strcspn(directory, ":");
		if (len == 0)
			continue;
		if (asprintf(&path, "%.*s/%s", (int)len, directory, name) < 0)
			return NULL;
		if (is_program(path))
			return path;
		free(path);
	}
	return NULL;
}
