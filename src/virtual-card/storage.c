/*
 * storage.c: whole files, read and replaced.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <sys/stat.h>

#include "virtual-card/state.h"

#define FILE_MAX (16 * 1024 * 1024)

void (*vcard_before_rename)(void);

static int
open_in(const char *dir, const char *name, int flags)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -1;
	fd = open(path, flags | O_CLOEXEC, 0600);
	free(path);
	return fd;
}

static int
read_all(int fd, char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return JCOP_ERR_NOT_FOUND;
		done += (size_t)n;
	}
	return JCOP_OK;
}

int
vcard_read_file(const char *dir, const char *name, char **text, size_t *len)
{
	struct stat st;
	int fd = open_in(dir, name, O_RDONLY);
	int r = JCOP_ERR_NOT_FOUND;

	*text = NULL;
	if (fd < 0)
		return r;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		st.st_size > FILE_MAX)
		goto out;
	*len = (size_t)st.st_size;
	*text = malloc(*len + 1);
	if (*text == NULL) {
		r = JCOP_ERR_NO_MEMORY;
		goto out;
	}
	r = read_all(fd, *text, *len);
	(*text)[*len] = '\0';
	if (r != JCOP_OK) {
		free(*text);
		*text = NULL;
	}
out:
	close(fd);
	return r;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return JCOP_ERR_NOT_FOUND;
		bytes += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? JCOP_OK : JCOP_ERR_NOT_FOUND;
}

/* The new name counts only once the directory is on the disk too. */
static int
sync_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return JCOP_ERR_NOT_FOUND;
	r = fsync(fd) == 0 ? JCOP_OK : JCOP_ERR_NOT_FOUND;
	close(fd);
	return r;
}

static int
rename_in(const char *dir, const char *from, const char *to)
{
	char *old = NULL, *new = NULL;
	int r = JCOP_ERR_NO_MEMORY;

	if (asprintf(&old, "%s/%s", dir, from) < 0) {
		old = NULL;
		goto out;
	}
	if (asprintf(&new, "%s/%s", dir, to) < 0) {
		new = NULL;
		goto out;
	}
	r = rename(old, new) == 0 ? JCOP_OK : JCOP_ERR_NOT_FOUND;
out:
	free(old);
	free(new);
	return r;
}

int
vcard_replace_file(
	const char *dir, const char *name, const void *data, size_t len)
{
	char *temporary;
	int fd, r;

	if (asprintf(&temporary, "%s.new", name) < 0)
		return JCOP_ERR_NO_MEMORY;
	fd = open_in(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
	r = fd >= 0 ? write_all(fd, data, len) : JCOP_ERR_NOT_FOUND;
	if (fd >= 0 && close(fd) != 0)
		r = JCOP_ERR_NOT_FOUND;
	if (r == JCOP_OK && vcard_before_rename != NULL)
		vcard_before_rename();
	if (r == JCOP_OK)
		r = rename_in(dir, temporary, name);
	if (r == JCOP_OK)
		r = sync_directory(dir);
	free(temporary);
	return r;
}

void
vcard_state_free_text(char *text)
{
	char *end = text;

	if (text == NULL)
		return;
	while (*end != '\0')
		end++;
	OPENSSL_cleanse(text, (size_t)(end - text));
	free(text);
}
