/*
 * card.c: opening, locking, resetting a card; one command and its persistent
 * effect.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "virtual-card/internal.h"
#include "virtual-card/open.h"

static int
open_lock(const char *dir)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, VCARD_LOCK_NAME) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	return fd;
}

static int
stat_in(const char *dir, const char *name, struct stat *st)
{
	char *path;
	int r;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -1;
	r = stat(path, st);
	free(path);
	return r;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void
vcard_forget(struct vcard *card)
{
	if (card->loaded)
		vcard_state_free(&card->state);
	card->loaded = false;
	card->dirty = false;
}

int
vcard_refresh(struct vcard *card)
{
	struct stat now;
	char *text = NULL;
	size_t len = 0;
	int r;

	if (stat_in(card->dir, VCARD_STATE_NAME, &now) != 0)
		return JCOP_ERR_NOT_FOUND;
	if (card->loaded && same_file(&now, &card->stamp))
		return JCOP_OK;
	vcard_forget(card);
	r = vcard_read_file(card->dir, VCARD_STATE_NAME, &text, &len);
	if (r == JCOP_OK)
		r = vcard_state_decode(
			text, len, &card->description, &card->state);
	vcard_state_free_text(text);
	if (r == JCOP_OK) {
		card->loaded = true;
		card->stamp = now;
	}
	return r;
}

int
vcard_save(struct vcard *card)
{
	char *text = vcard_state_encode(&card->state, &card->description);
	int r = JCOP_ERR_NO_MEMORY;

	if (text != NULL)
		r = vcard_replace_file(
			card->dir, VCARD_STATE_NAME, text, strlen(text));
	if (r == JCOP_OK &&
		stat_in(card->dir, VCARD_STATE_NAME, &card->stamp) != 0)
		r = JCOP_ERR_NOT_FOUND;
	vcard_state_free_text(text);
	card->dirty = r != JCOP_OK;
	return r;
}

static int
load_description(struct vcard *card, char *message)
{
	char error[JCOP_DESCRIPTION_ERROR_SIZE] = "";
	char *text = NULL;
	size_t len;
	int r = vcard_read_file(card->dir, VCARD_DESCRIPTION_NAME, &text, &len);

	if (r != JCOP_OK) {
		snprintf(message, VCARD_MESSAGE_SIZE, "%s: no virtual card: %s",
			card->dir, strerror(errno));
		return r;
	}
	r = jcop_description_parse(
		VCARD_DESCRIPTION_NAME, text, &card->description, error);
	if (r != JCOP_OK)
		snprintf(message, VCARD_MESSAGE_SIZE, "%s", error);
	free(text);
	return r;
}

static int
open_files(struct vcard *card, char *message)
{
	int r;

	card->lock_fd = open_lock(card->dir);
	if (card->lock_fd >= 0)
		card->session = vcard_session_map(card->dir);
	if (card->session == NULL) {
		snprintf(message, VCARD_MESSAGE_SIZE, "%s: %s", card->dir,
			strerror(errno));
		return JCOP_ERR_NOT_FOUND;
	}
	r = vcard_refresh(card);
	if (r != JCOP_OK)
		snprintf(message, VCARD_MESSAGE_SIZE, "%s/%s: %s", card->dir,
			VCARD_STATE_NAME, jcop_strerror(r));
	return r;
}

int
vcard_open(const char *dir, struct vcard **out, char *message)
{
	struct vcard *card = calloc(1, sizeof *card);
	int r = JCOP_ERR_NO_MEMORY;

	*out = NULL;
	if (card == NULL)
		goto out;
	card->lock_fd = -1;
	card->dir = strdup(dir);
	if (card->dir == NULL)
		goto out;
	r = load_description(card, message);
	if (r == JCOP_OK)
		r = open_files(card, message);
out:
	if (r == JCOP_ERR_NO_MEMORY)
		snprintf(message, VCARD_MESSAGE_SIZE, "%s", jcop_strerror(r));
	if (r != JCOP_OK)
		vcard_close(card);
	else
		*out = card;
	return r;
}

void
vcard_close(struct vcard *card)
{
	if (card == NULL)
		return;
	vcard_forget(card);
	vcard_session_unmap(card->session);
	if (card->lock_fd >= 0)
		close(card->lock_fd);
	free(card->dir);
	free(card);
}

/* Is the lock file still the one in the card's directory? */
static bool
still_there(const struct vcard *card)
{
	struct stat open_file, named;

	return fstat(card->lock_fd, &open_file) == 0 &&
	       stat_in(card->dir, VCARD_LOCK_NAME, &named) == 0 &&
	       open_file.st_dev == named.st_dev &&
	       open_file.st_ino == named.st_ino;
}

int
vcard_lock(struct vcard *card)
{
	/* A lock of the open file description: it excludes other handles of
	 * the same process too, and ends with the process. */
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int r;

	do
		r = fcntl(card->lock_fd, F_OFD_SETLKW, &lock);
	while (r != 0 && errno == EINTR);
	if (r != 0)
		return JCOP_ERR_NOT_FOUND;
	if (still_there(card))
		return JCOP_OK;
	vcard_unlock(card);
	return JCOP_ERR_NOT_FOUND;
}

void
vcard_unlock(struct vcard *card)
{
	struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	(void)fcntl(card->lock_fd, F_OFD_SETLK, &lock);
}

size_t
vcard_atr(const struct vcard *card, uint8_t *atr)
{
	const struct jcop_description *desc = &card->description;

	if (desc->atr_count == 0)
		return 0;
	memcpy(atr, desc->atrs[0].value, desc->atrs[0].len);
	return desc->atrs[0].len;
}

int
vcard_reset(struct vcard *card)
{
	vcard_session_reset(card->session);
	return JCOP_OK;
}

int
vcard_transmit(struct vcard *card, struct jcop_bytes command,
	struct jcop_blob *response, struct vcard_trace *trace)
{
	int r;

	*trace = (struct vcard_trace){0};
	jcop_blob_clear(response);
	r = vcard_refresh(card);
	if (r != JCOP_OK)
		return r;
	/* The process is the host's too: it finds no errors of ours. */
	ERR_set_mark();
	if (!vcard_session_usable(card->session))
		vcard_session_reset(card->session);
	card->session->busy = true;
	card->trace = trace;
	r = vcard_dispatch(card, command, response);
	if (r == JCOP_OK && card->dirty)
		r = vcard_save(card);
	ERR_pop_to_mark();
	card->trace = NULL;
	card->session->busy = false;
	if (r != JCOP_OK) {
		/* What was not written did not happen: as after power loss. */
		jcop_blob_clear(response);
		vcard_session_reset(card->session);
		vcard_forget(card);
	}
	return r;
}
