/*
 * pin.c: the token's PIN, from an environment variable or a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/internal.h"

/* Longer than any PIN of a token; a file that goes on is not a PIN file. */
#define PIN_MAX 256

static const char *
after_prefix(const char *source, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(source, prefix, len) != 0 || source[len] == '\0')
		return NULL;
	return source + len;
}

bool
hsm_pin_source_known(const char *source)
{
	return after_prefix(source, "env:") != NULL ||
	       after_prefix(source, "file:") != NULL;
}

static int
read_env(const char *name, struct jcop_blob *pin, char *message)
{
	const char *value = getenv(name);

	if (value == NULL || value[0] == '\0')
		return hsm_fail(message, JCOP_ERR_NOT_FOUND,
			"HSM: the environment variable %s, which hsm.pin "
			"names, is not set; set it, or write another source",
			name);
	return jcop_blob_set(pin, value, strlen(value));
}

static int
check_pin_file(int fd, const char *path, char *message)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return hsm_fail(message, JCOP_ERR_NOT_FOUND,
			"HSM: the PIN file %s is not a regular file", path);
	if ((st.st_mode & S_IRWXO) != 0)
		return hsm_fail(message, JCOP_ERR_UNTRUSTED,
			"HSM: the PIN file %s can be read or written by every "
			"user (mode %04o), so it is not used; run: "
			"chmod 600 %s, and change the PIN",
			path, (unsigned int)(st.st_mode & 07777), path);
	return JCOP_OK;
}

/* Appends what a read gives, up to the room that PIN has. */
static int
read_all(int fd, struct jcop_blob *pin)
{
	ssize_t got = 1;

	while (got > 0 && pin->len < pin->capacity) {
		got = read(fd, pin->data + pin->len, pin->capacity - pin->len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return JCOP_ERR_NOT_FOUND;
		else
			pin->len += (size_t)got;
	}
	return JCOP_OK;
}

static void
keep_first_line(struct jcop_blob *pin)
{
	const uint8_t *end = NULL;

	if (pin->len > 0)
		end = memchr(pin->data, '\n', pin->len);
	if (end != NULL)
		jcop_blob_truncate(pin, (size_t)(end - pin->data));
	if (pin->len > 0 && pin->data[pin->len - 1] == '\r')
		jcop_blob_truncate(pin, pin->len - 1);
}

static int
read_pin_line(int fd, const char *path, struct jcop_blob *pin, char *message)
{
	int r;

	jcop_blob_clear(pin);
	r = jcop_blob_reserve(pin, PIN_MAX + 1);
	if (r != JCOP_OK)
		return hsm_fail(message, r, "HSM: out of memory");
	r = read_all(fd, pin);
	if (r != JCOP_OK)
		return hsm_fail(message, r,
			"HSM: the PIN file %s cannot be read", path);
	keep_first_line(pin);
	if (pin->len == 0 || pin->len > PIN_MAX)
		return hsm_fail(message, JCOP_ERR_NOT_FOUND,
			"HSM: the first line of the PIN file %s is %s; "
			"expected the PIN",
			path, pin->len == 0 ? "empty" : "too long");
	return JCOP_OK;
}

static int
read_file(const char *path, struct jcop_blob *pin, char *message)
{
	int fd, r;

	/* Not to wait for a writer where the file is a pipe. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return hsm_fail(message, JCOP_ERR_NOT_FOUND,
			"HSM: the PIN file %s cannot be opened: %s", path,
			strerror(errno));
	r = check_pin_file(fd, path, message);
	if (r == JCOP_OK)
		r = read_pin_line(fd, path, pin, message);
	close(fd);
	return r;
}

int
hsm_pin_read(const char *source, struct jcop_blob *pin, char *message)
{
	const char *name = after_prefix(source, "env:");
	int r;

	if (name != NULL)
		r = read_env(name, pin, message);
	else
		r = read_file(after_prefix(source, "file:"), pin, message);
	if (r != JCOP_OK)
		jcop_blob_free(pin);
	return r;
}
