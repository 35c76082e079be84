/*
 * agent-recovery.c: old and new content of a file of the agent data, kept on
 * the host while an update of more than one command is under way.
 *
 * $XDG_STATE_HOME/opensc-jcop45/ICCSN-FID, or the same below ~/.local/state;
 * private, since it is personal data. Two lines: old and new in hexadecimal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "card-driver/agent-files.h"

#define DIRECTORY "opensc-jcop45"
#define TEXT_MAX (4 * (JCOP_AGENT_MAX_LENGTH + 1) + 2)

void
jcop_recovery_free(struct jcop_recovery *recovery)
{
	jcop_blob_free(&recovery->old);
	jcop_blob_free(&recovery->fresh);
}

/* --- where --- */

/* The directory of state files (XDG Base Directory Specification), without
 * ours. */
static bool
state_home(char path[PATH_MAX])
{
	const char *state = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");
	int len = -1;

	if (state != NULL && state[0] == '/')
		len = snprintf(path, PATH_MAX, "%s", state);
	else if (home != NULL && home[0] == '/')
		len = snprintf(path, PATH_MAX, "%s/.local/state", home);
	return len > 0 && len < PATH_MAX;
}

/* Makes PATH and what is above it, private. */
static int
make_directories(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
			*slash = '/';
			return -1;
		}
		*slash = '/';
	}
	return mkdir(path, S_IRWXU) != 0 && errno != EEXIST ? -1 : 0;
}

/* Our directory. */
static bool
directory_path(char path[PATH_MAX])
{
	size_t len;

	if (!state_home(path)) {
		errno = ENOENT;
		return false;
	}
	len = strlen(path);
	if (len + sizeof("/" DIRECTORY) > PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path + len, "/" DIRECTORY, sizeof("/" DIRECTORY));
	return true;
}

/* The same, opened; -1 with errno. */
static int
open_directory(bool create)
{
	char path[PATH_MAX];

	if (!directory_path(path) || (create && make_directories(path) != 0))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

bool
jcop_recovery_any(void)
{
	char path[PATH_MAX];

	return directory_path(path) && access(path, X_OK) == 0;
}

/* ICCSN-FID and SUFFIX */
static void
file_name(struct sc_card *card, enum jcop_data data, const char *suffix,
	char name[NAME_MAX])
{
	const struct jcop_session *session = card->drv_data;
	size_t i;

	for (i = 0; i < session->iccsn_len; i++)
		snprintf(name + 2 * i, 3, "%02X", session->iccsn[i]);
	snprintf(name + 2 * i, NAME_MAX - 2 * i, "-%04X%s",
		session->description.data[data].file, suffix);
}

/* --- writing --- */

static int
append_hex(struct jcop_blob *text, const struct jcop_blob *bytes)
{
	static const char hex_digits[] = "0123456789ABCDEF";
	size_t i;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < bytes->len; i++) {
		const char pair[] = {hex_digits[bytes->data[i] >> 4],
			hex_digits[bytes->data[i] & 0xF]};

		r = jcop_blob_append(text, pair, sizeof(pair));
	}
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(text, '\n');
	return r;
}

static int
write_all(int fd, const struct jcop_blob *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return fsync(fd);
}

/* The whole of TEXT on the disk under NAME, or nothing new. */
static int
replace_file(int dir, const char *fresh, const char *name,
	const struct jcop_blob *text)
{
	int fd, r;

	if (unlinkat(dir, fresh, 0) != 0 && errno != ENOENT)
		return -1;
	fd = openat(dir, fresh,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -1;
	r = write_all(fd, text);
	if (close(fd) != 0)
		r = -1;
	if (r == 0)
		r = renameat(dir, fresh, dir, name);
	if (r == 0)
		return fsync(dir);
	unlinkat(dir, fresh, 0);
	return -1;
}

int
jcop_recovery_keep(struct sc_card *card, enum jcop_data data,
	const struct jcop_recovery *recovery)
{
	char name[NAME_MAX], fresh[NAME_MAX];
	struct jcop_blob text = JCOP_BLOB_INIT;
	int dir = -1, r = append_hex(&text, &recovery->old);

	if (r == JCOP_OK)
		r = append_hex(&text, &recovery->fresh);
	if (r != JCOP_OK) {
		r = jcop_sc_error(r);
		goto out;
	}
	file_name(card, data, "", name);
	file_name(card, data, ".new", fresh);
	dir = open_directory(true);
	if (dir < 0 || replace_file(dir, fresh, name, &text) != 0)
		r = jcop_explain(card, SC_ERROR_INTERNAL,
			"%s: this reader and card need more than one command "
			"for the update, and the old content cannot be kept "
			"meanwhile in ~/.local/state/" DIRECTORY
			" ($XDG_STATE_HOME): %s. Nothing was changed",
			jcop_data_name(data), strerror(errno));
out:
	if (dir >= 0)
		close(dir);
	jcop_blob_free(&text);
	return r;
}

/* --- reading --- */

/* Only what we wrote ourselves, and nobody else could have. */
static bool
is_private(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_uid == geteuid() &&
	       (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static bool
read_text(int dir, const char *name, char *text)
{
	size_t len = 0;
	ssize_t n = 1;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return false;
	if (!is_private(fd))
		n = -1;
	while (n > 0 && len < TEXT_MAX) {
		n = read(fd, text + len, TEXT_MAX - len);
		if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	text[len] = '\0';
	return n == 0;
}

static bool
parse_text(char *text, struct jcop_recovery *recovery)
{
	char *second = strchr(text, '\n'), *end;

	if (second == NULL)
		return false;
	*second++ = '\0';
	end = strchr(second, '\n');
	if (end == NULL || end[1] != '\0')
		return false;
	*end = '\0';
	return jcop_blob_from_hex(&recovery->old, text) == JCOP_OK &&
	       jcop_blob_from_hex(&recovery->fresh, second) == JCOP_OK &&
	       recovery->fresh.len > 0;
}

bool
jcop_recovery_find(struct sc_card *card, enum jcop_data data,
	struct jcop_recovery *recovery)
{
	char name[NAME_MAX], *text;
	int dir = open_directory(false);
	bool found = false;

	if (dir < 0)
		return false;
	text = malloc(TEXT_MAX + 1);
	if (text != NULL) {
		file_name(card, data, "", name);
		found = read_text(dir, name, text) &&
			parse_text(text, recovery);
		sc_mem_clear(text, TEXT_MAX + 1);
	}
	free(text);
	close(dir);
	if (!found)
		jcop_recovery_free(recovery);
	return found;
}

void
jcop_recovery_drop(struct sc_card *card, enum jcop_data data)
{
	char name[NAME_MAX], path[PATH_MAX];
	int dir = open_directory(false);

	if (dir < 0)
		return;
	file_name(card, data, "", name);
	if (unlinkat(dir, name, 0) == 0)
		fsync(dir);
	close(dir);
	/* with the last one the directory goes, too; else it is not empty */
	if (directory_path(path))
		rmdir(path);
}
