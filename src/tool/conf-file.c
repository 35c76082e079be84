/*
 * conf-file.c: an opensc.conf on the disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/conf-file.h"
#include "tool/conf-text.h"

static int
fail_errno(char *message, const char *path, const char *what)
{
	return tool_message(message, JCOP_ERR_NOT_FOUND, "%s cannot be %s: %s",
		path, what, strerror(errno));
}

char *
conf_file_resolve(const char *path, char *message)
{
	char *real = realpath(path, NULL);

	if (real == NULL && errno == ENOENT)
		real = strdup(path);
	if (real == NULL)
		fail_errno(message, path, "found");
	return real;
}

static int
read_stream(FILE *file, const char *path, char **out, char *message)
{
	char *text = malloc(CONF_MAX_SIZE + 1);
	size_t len;
	int r = JCOP_OK;

	if (text == NULL)
		return tool_message(
			message, JCOP_ERR_NO_MEMORY, "out of memory");
	len = fread(text, 1, CONF_MAX_SIZE + 1, file);
	if (ferror(file))
		r = fail_errno(message, path, "read");
	else if (len > CONF_MAX_SIZE)
		r = tool_message(message, JCOP_ERR_TOO_LONG,
			"%s is longer than any opensc.conf", path);
	else if (memchr(text, '\0', len) != NULL)
		r = tool_message(
			message, JCOP_ERR_MALFORMED, "%s is no text", path);
	if (r == JCOP_OK) {
		text[len] = '\0';
		*out = text;
	} else {
		free(text);
	}
	return r;
}

int
conf_file_read(const char *path, char **out, bool *exists, char *message)
{
	FILE *file = fopen(path, "re");
	int r;

	*out = NULL;
	*exists = file != NULL;
	if (file == NULL && errno != ENOENT)
		return fail_errno(message, path, "read");
	if (file == NULL) {
		*out = strdup("");
		return *out != NULL ? JCOP_OK
				    : tool_message(message, JCOP_ERR_NO_MEMORY,
					      "out of memory");
	}
	r = read_stream(file, path, out, message);
	fclose(file);
	return r;
}

/* A directory entry is on the disk when its directory is. */
static int
sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, r;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

/* The old file itself, under a second name: content, owner and all stay. */
int
conf_file_backup(const char *path, bool *made, char *message)
{
	char backup[PATH_MAX];

	*made = false;
	if ((size_t)snprintf(backup, sizeof(backup), "%s%s", path,
		    CONF_BACKUP_SUFFIX) >= sizeof(backup))
		return tool_message(
			message, JCOP_ERR_TOO_LONG, "%s is too long", path);
	if (link(path, backup) == 0)
		*made = true;
	else if (errno != EEXIST)
		return fail_errno(message, backup, "made");
	if (*made && sync_directory(backup) != 0)
		return fail_errno(message, backup, "written");
	return JCOP_OK;
}

static int
write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t done;

	while (len > 0) {
		done = write(fd, text, len);
		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	return fsync(fd);
}

/* As the file that is replaced, or as a distribution installs it. */
static int
copy_owner(int fd, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? fchmod(fd, 0644) : -1;
	if (fchown(fd, st.st_uid, st.st_gid) != 0)
		return -1;
	return fchmod(fd, st.st_mode & 07777);
}

static int
write_file(int fd, const char *path, const char *text)
{
	int r = copy_owner(fd, path);

	if (r == 0)
		r = write_all(fd, text);
	if (close(fd) != 0)
		r = -1;
	return r;
}

int
conf_file_replace(const char *path, const char *text, char *message)
{
	char temporary[PATH_MAX];
	int fd, r;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
		sizeof(temporary))
		return tool_message(
			message, JCOP_ERR_TOO_LONG, "%s is too long", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(message, path, "written");
	if (write_file(fd, path, text) != 0 || rename(temporary, path) != 0) {
		r = fail_errno(message, path, "written");
		unlink(temporary);
		return r;
	}
	if (sync_directory(path) != 0)
		return fail_errno(message, path, "written");
	return JCOP_OK;
}

int
conf_file_delete(const char *path, char *message)
{
	if (unlink(path) != 0 || sync_directory(path) != 0)
		return fail_errno(message, path, "deleted");
	return JCOP_OK;
}
