/*
 * pinpad-queue.c: what somebody types on the PIN pad of a virtual reader.
 *
 * The file is private, and an entry is gone from it once it was taken.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "virtual-card/pinpad-queue.h"

#define QUEUE_FILE "pinpad"
#define QUEUE_SIZE 16384
#define TYPE_WORD "type "

/* The whole file, while it is locked. */
struct queue {
	int fd;
	size_t len;
	char text[QUEUE_SIZE];
};

static int
complain(char *message, const char *dir, const char *what, int error)
{
	snprintf(message, VCARD_MESSAGE_SIZE, "%s/" QUEUE_FILE ": %s", dir,
		what);
	return error;
}

static void
leave(struct queue *queue)
{
	if (queue->fd >= 0)
		close(queue->fd); /* unlocks */
	OPENSSL_cleanse(queue->text, sizeof(queue->text));
}

static bool
open_locked(const char *dir, struct queue *queue, bool create)
{
	char path[PATH_MAX];
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);

	if (snprintf(path, sizeof(path), "%s/" QUEUE_FILE, dir) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	queue->fd = open(path, flags, 0600);
	return queue->fd >= 0 && flock(queue->fd, LOCK_EX) == 0;
}

/* Without a file the queue is empty; leave() in any case. */
static int
enter(const char *dir, struct queue *queue, bool create, char *message)
{
	ssize_t n;

	memset(queue, 0, sizeof(*queue));
	if (!open_locked(dir, queue, create)) {
		if (!create && errno == ENOENT)
			return JCOP_OK;
		return complain(
			message, dir, strerror(errno), JCOP_ERR_NOT_FOUND);
	}
	n = pread(queue->fd, queue->text, sizeof(queue->text), 0);
	if (n < 0)
		return complain(
			message, dir, strerror(errno), JCOP_ERR_NOT_FOUND);
	if ((size_t)n == sizeof(queue->text))
		return complain(message, dir, "too long", JCOP_ERR_MALFORMED);
	queue->len = (size_t)n;
	return JCOP_OK;
}

/* The line at START without white space around it; *NEXT is where the one
 * behind it starts. */
static struct jcop_bytes
line_at(const struct queue *queue, size_t start, size_t *next)
{
	const char *text = queue->text + start;
	size_t len = 0, left = queue->len - start;

	while (len < left && text[len] != '\n')
		len++;
	*next = start + len + (len < left ? 1 : 0);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \t", *text) != NULL) {
		text++;
		len--;
	}
	return jcop_bytes_of((const uint8_t *)text, len);
}

static bool
is_word(struct jcop_bytes line, const char *word)
{
	return line.len == strlen(word) &&
	       memcmp(line.data, word, line.len) == 0;
}

static bool
is_empty(struct jcop_bytes line)
{
	return line.len == 0 || line.data[0] == '#';
}

/* A pad has digits and no letters. */
static bool
take_digits(struct jcop_bytes line, struct vcard_pad_entry *entry)
{
	size_t i;

	for (i = strlen(TYPE_WORD); i < line.len; i++) {
		if (line.data[i] < '0' || line.data[i] > '9' ||
			entry->len == sizeof(entry->digits))
			return false;
		entry->digits[entry->len++] = line.data[i];
	}
	return true;
}

static bool
parse(struct jcop_bytes line, struct vcard_pad_entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->key = VCARD_PAD_OK;
	if (is_word(line, "cancel"))
		entry->key = VCARD_PAD_CANCEL;
	else if (is_word(line, "timeout"))
		entry->key = VCARD_PAD_NOTHING;
	else if (is_word(line, "type"))
		return true; /* the validation key at once */
	else if (line.len < strlen(TYPE_WORD) ||
		 memcmp(line.data, TYPE_WORD, strlen(TYPE_WORD)) != 0)
		return false;
	else
		return take_digits(line, entry);
	return true;
}

/* Keeps what stands from START on; the file has no trace of the rest. */
static bool
drop_before(struct queue *queue, size_t start)
{
	size_t len = queue->len, kept = len - start;

	memmove(queue->text, queue->text + start, kept);
	memset(queue->text + kept, 0, start);
	return pwrite(queue->fd, queue->text, len, 0) == (ssize_t)len &&
	       ftruncate(queue->fd, (off_t)kept) == 0;
}

static int
take_first(struct queue *queue, const char *dir, struct vcard_pad_entry *entry,
	char *message)
{
	struct jcop_bytes line = {NULL, 0};
	size_t next = 0;

	while (next < queue->len && is_empty(line))
		line = line_at(queue, next, &next);
	if (is_empty(line))
		return JCOP_OK; /* nobody is there to type */
	if (!parse(line, entry))
		return complain(message, dir,
			"a line is neither 'type DIGITS', 'cancel' nor "
			"'timeout'",
			JCOP_ERR_MALFORMED);
	if (!drop_before(queue, next))
		return complain(
			message, dir, strerror(errno), JCOP_ERR_NOT_FOUND);
	return JCOP_OK;
}

int
vcard_pad_take(const char *dir, struct vcard_pad_entry *entry, char *message)
{
	struct queue queue;
	int r = enter(dir, &queue, false, message);

	memset(entry, 0, sizeof(*entry));
	entry->key = VCARD_PAD_NOTHING;
	if (r == JCOP_OK)
		r = take_first(&queue, dir, entry, message);
	leave(&queue);
	return r;
}

/* In one write, behind a line that may lack its end. */
static bool
append(const struct queue *queue, const char *line)
{
	bool open_line = queue->len > 0 && queue->text[queue->len - 1] != '\n';
	char text[VCARD_PAD_DIGITS + 16];
	int len = snprintf(
		text, sizeof(text), "%s%s\n", open_line ? "\n" : "", line);
	bool done =
		len > 0 && (size_t)len < sizeof(text) &&
		pwrite(queue->fd, text, (size_t)len, (off_t)queue->len) == len;

	OPENSSL_cleanse(text, sizeof(text));
	return done;
}

int
vcard_pad_put(const char *dir, const char *line, char *message)
{
	struct jcop_bytes bytes =
		jcop_bytes_of((const uint8_t *)line, strlen(line));
	struct vcard_pad_entry entry;
	struct queue queue;
	bool fine = parse(bytes, &entry);
	int r;

	OPENSSL_cleanse(&entry, sizeof(entry));
	if (!fine)
		return complain(message, dir,
			"an entry is 'type DIGITS', 'cancel' or 'timeout'",
			JCOP_ERR_MALFORMED);
	r = enter(dir, &queue, true, message);
	if (r == JCOP_OK && !append(&queue, line))
		r = complain(message, dir, strerror(errno), JCOP_ERR_NOT_FOUND);
	leave(&queue);
	return r;
}

int
vcard_pad_count(const char *dir, size_t *count, char *message)
{
	struct queue queue;
	size_t next = 0;
	int r = enter(dir, &queue, false, message);

	*count = 0;
	while (r == JCOP_OK && next < queue.len)
		if (!is_empty(line_at(&queue, next, &next)))
			++*count;
	leave(&queue);
	return r;
}
