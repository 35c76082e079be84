/*
 * reader.c: one virtual reader, shared by processes and threads.
 *
 * Order of the locks: a handle's mutex, the card lock of a transaction, the
 * record, the card's own short lock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "virtual-card/door.h"
#include "virtual-card/reader.h"
#include "virtual-card/state.h"

/* A reader for short APDUs only: header, Lc, 255 bytes, Le (ISO 7816-3
 * 12.1.3), and 256 bytes with the status word back. */
#define SHORT_COMMAND_MAX 261
#define SHORT_RESPONSE_MAX 258

/* T=0 (ISO/IEC 7816-3 12.2): header and P3, 255 bytes, and no Le behind them.
 * An answer that is shorter than asked for is announced by 6Cxx. */
#define T0_HEADER 5
#define T0_COMMAND_MAX 260
#define T0_SW1_EXACT_LENGTH 0x6C

/* How often a waiting call looks again. */
#define WAIT_FIRST_NS 500000L
#define WAIT_LAST_NS 8000000L

struct vcard_reader {
	pthread_mutex_t mutex;
	atomic_bool given_up;
	int fd;
	size_t index; /* of our entry in the record */
	uint32_t insertion;
	uint32_t resets;
	unsigned int depth; /* of nested transactions */
	struct vcard *card; /* NULL: connected without a card */
	char *dir;
	char name[VCARD_READER_NAME_SIZE];
	char *trace;
	bool any_length;
	struct vcard_reader_options options;
};

/* --- the record --- */

static int
reset_card(struct vcard *card)
{
	int r = vcard_lock(card);

	if (r != JCOP_OK)
		return r;
	r = vcard_reset(card);
	vcard_unlock(card);
	return r;
}

/* Resets a card that no handle has open, and notes its ATR. */
static bool
reset_and_note(const char *dir, struct vcard_reader_record *record)
{
	char message[VCARD_MESSAGE_SIZE];
	uint8_t atr[VCARD_ATR_SIZE] = {0};
	struct vcard *card;
	bool done;

	if (vcard_open(dir, &card, message) != JCOP_OK)
		return false;
	done = reset_card(card) == JCOP_OK;
	record->atr_len = (uint32_t)vcard_atr(card, atr);
	memcpy(record->atr, atr, sizeof(atr));
	record->resets++;
	vcard_close(card);
	return done;
}

static bool
card_is_there(const char *dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/" VCARD_STATE_NAME, dir) <
		       PATH_MAX &&
	       access(path, F_OK) == 0;
}

/* Brings the record up to date with the directory. */
static void
note_presence(const char *dir, struct vcard_reader_record *record)
{
	bool present = record->removed == 0 && card_is_there(dir);

	if (present && !record->present)
		present = reset_and_note(dir, record);
	if (present == (record->present != 0))
		return;
	record->present = present;
	record->events++;
	if (present)
		record->insertions++;
}

static bool
entry_is_dead(int fd, size_t index, const struct vcard_reader *own)
{
	if (own != NULL && own->index == index)
		return false;
	return !vcard_record_busy(fd, VCARD_LOCK_HANDLE + (off_t)index);
}

/* Takes out the handles of dead processes; without any left, the card is as
 * after the last one disconnected. */
static size_t
sweep(int fd, const char *dir, struct vcard_reader_record *record,
	const struct vcard_reader *own)
{
	size_t i, alive = 0, dead = 0;

	for (i = 0; i < VCARD_MAX_HANDLES; i++) {
		if (!record->handles[i].used)
			continue;
		if (entry_is_dead(fd, i, own)) {
			memset(&record->handles[i], 0,
				sizeof(record->handles[i]));
			dead++;
		} else {
			alive++;
		}
	}
	if (alive == 0 && dead > 0 && record->present)
		(void)reset_and_note(dir, record);
	return alive;
}

static bool
any_exclusive(const struct vcard_reader_record *record)
{
	size_t i;

	for (i = 0; i < VCARD_MAX_HANDLES; i++)
		if (record->handles[i].used && record->handles[i].exclusive)
			return true;
	return false;
}

static void
fill_view(const struct vcard_reader_record *record, size_t handles,
	struct vcard_reader_view *view)
{
	memset(view, 0, sizeof(*view));
	view->usable = true;
	view->present = record->present != 0;
	view->events = record->events;
	view->handles = handles;
	view->exclusive = any_exclusive(record);
	if (!view->present)
		return;
	view->atr_len = record->atr_len;
	memcpy(view->atr, record->atr, sizeof(view->atr));
}

/* A look writes only what changed: it comes often, and from processes that
 * only watch. */
static void
leave_changed(int fd, const struct vcard_reader_record *before,
	const struct vcard_reader_record *after)
{
	bool same = memcmp(before, after, sizeof(*after)) == 0;

	(void)vcard_record_leave(fd, same ? NULL : after);
}

void
vcard_reader_look(const char *dir, struct vcard_reader_view *view)
{
	struct vcard_reader_record record, before;
	size_t handles;
	int fd = vcard_record_open(dir, false);

	memset(view, 0, sizeof(*view));
	view->usable = fd >= 0 || fd == -ENOENT || fd == -ENOTDIR;
	if (fd == -ENOENT && card_is_there(dir))
		fd = vcard_record_open(dir, true);
	if (fd < 0)
		return;
	if (vcard_record_enter(fd, &record) == JCOP_OK) {
		before = record;
		note_presence(dir, &record);
		handles = sweep(fd, dir, &record, NULL);
		leave_changed(fd, &before, &record);
		fill_view(&record, handles, view);
	}
	close(fd);
}

static enum vcard_reader_result
unusable(const char *dir, int error, char *message)
{
	snprintf(message, VCARD_MESSAGE_SIZE, "%s/reader-state: %s", dir,
		strerror(error));
	return VCARD_READER_UNAVAILABLE;
}

static enum vcard_reader_result
set_removed(const char *dir, bool removed, char *message)
{
	struct vcard_reader_record record;
	bool present;
	int fd;

	if (!card_is_there(dir)) {
		snprintf(message, VCARD_MESSAGE_SIZE,
			"there is no card in %s; make one with "
			"'jcop45-vcard new'",
			dir);
		return VCARD_READER_NO_CARD;
	}
	fd = vcard_record_open(dir, true);
	if (fd < 0)
		return unusable(dir, -fd, message);
	if (vcard_record_enter(fd, &record) != JCOP_OK) {
		close(fd);
		return unusable(dir, EIO, message);
	}
	record.removed = removed;
	note_presence(dir, &record);
	present = record.present != 0;
	(void)vcard_record_leave(fd, &record);
	close(fd);
	return present != removed ? VCARD_READER_OK : VCARD_READER_FAILED;
}

enum vcard_reader_result
vcard_reader_remove(const char *dir, char *message)
{
	return set_removed(dir, true, message);
}

enum vcard_reader_result
vcard_reader_insert(const char *dir, char *message)
{
	return set_removed(dir, false, message);
}

void
vcard_reader_note_reset(const char *dir)
{
	struct vcard_reader_record record;
	int fd = vcard_record_open(dir, false);

	if (fd < 0)
		return;
	if (vcard_record_enter(fd, &record) == JCOP_OK) {
		record.resets++;
		(void)vcard_record_leave(fd, &record);
	}
	close(fd);
}

/* --- connecting --- */

static enum vcard_reader_result
admit(const struct vcard_reader_record *record, size_t others,
	enum vcard_reader_mode mode)
{
	if (!record->present && mode != VCARD_DIRECT)
		return VCARD_READER_NO_CARD;
	if (any_exclusive(record) || (mode == VCARD_EXCLUSIVE && others > 0))
		return VCARD_READER_IN_USE;
	return VCARD_READER_OK;
}

static enum vcard_reader_result
take_entry(struct vcard_reader *reader, struct vcard_reader_record *record,
	enum vcard_reader_mode mode)
{
	size_t i;

	for (i = 0; i < VCARD_MAX_HANDLES; i++) {
		if (record->handles[i].used)
			continue;
		if (!vcard_record_try(reader->fd, VCARD_LOCK_HANDLE + (off_t)i))
			continue;
		record->handles[i].used = 1;
		record->handles[i].exclusive = mode == VCARD_EXCLUSIVE;
		reader->index = i;
		return VCARD_READER_OK;
	}
	return VCARD_READER_FULL;
}

/* The handle stands to the card as it is now. */
static enum vcard_reader_result
accept_card(struct vcard_reader *reader,
	const struct vcard_reader_record *record, char *message)
{
	if (reader->insertion != record->insertions) {
		vcard_close(reader->card);
		reader->card = NULL;
	}
	reader->insertion = record->insertions;
	reader->resets = record->resets;
	if (!record->present || reader->card != NULL)
		return VCARD_READER_OK;
	if (vcard_open(reader->dir, &reader->card, message) == JCOP_OK)
		return VCARD_READER_OK;
	reader->card = NULL;
	return VCARD_READER_UNAVAILABLE;
}

static enum vcard_reader_result
join(struct vcard_reader *reader, enum vcard_reader_mode mode, char *message)
{
	struct vcard_reader_record record;
	enum vcard_reader_result r;
	size_t others;

	if (vcard_record_enter(reader->fd, &record) != JCOP_OK)
		return unusable(reader->dir, EIO, message);
	note_presence(reader->dir, &record);
	others = sweep(reader->fd, reader->dir, &record, NULL);
	r = admit(&record, others, mode);
	if (r == VCARD_READER_OK)
		r = accept_card(reader, &record, message);
	if (r == VCARD_READER_OK)
		r = take_entry(reader, &record, mode);
	if (vcard_record_leave(reader->fd, &record) != JCOP_OK &&
		r == VCARD_READER_OK)
		r = unusable(reader->dir, EIO, message);
	return r;
}

static void
free_reader(struct vcard_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	vcard_close(reader->card);
	pthread_mutex_destroy(&reader->mutex);
	free(reader->dir);
	free(reader->trace);
	free(reader);
}

static int
copy_config(
	struct vcard_reader *reader, const struct vcard_reader_config *config)
{
	const char *trace = config->trace;

	if (trace == NULL && reader->options.trace[0] != '\0')
		trace = reader->options.trace;
	snprintf(reader->name, sizeof(reader->name), "%s", config->name);
	reader->any_length = config->any_length;
	reader->dir = strdup(config->dir);
	if (trace != NULL)
		reader->trace = strdup(trace);
	if (reader->dir == NULL || (trace != NULL && reader->trace == NULL))
		return JCOP_ERR_NO_MEMORY;
	return JCOP_OK;
}

enum vcard_reader_result
vcard_reader_connect(const struct vcard_reader_config *config,
	struct vcard_reader **reader, char *message)
{
	struct vcard_reader *made = calloc(1, sizeof(*made));
	enum vcard_reader_result r = VCARD_READER_FAILED;

	message[0] = '\0';
	*reader = NULL;
	if (made == NULL)
		return VCARD_READER_FAILED;
	made->fd = -1;
	pthread_mutex_init(&made->mutex, NULL);
	if (vcard_reader_options_read(config->dir, &made->options, message) !=
		JCOP_OK) {
		r = VCARD_READER_UNAVAILABLE;
		goto out;
	}
	if (copy_config(made, config) != JCOP_OK)
		goto out;
	made->fd = vcard_record_open(made->dir, true);
	if (made->fd < 0) {
		r = unusable(made->dir, -made->fd, message);
		goto out;
	}
	r = join(made, config->mode, message);
out:
	if (r == VCARD_READER_OK)
		*reader = made;
	else
		free_reader(made);
	return r;
}

/* --- having the card for oneself --- */

static enum vcard_reader_result
compare(const struct vcard_reader *reader,
	const struct vcard_reader_record *record)
{
	if (reader->card == NULL && !record->present)
		return VCARD_READER_NO_CARD;
	if (!record->present || record->insertions != reader->insertion)
		return VCARD_READER_REMOVED;
	if (record->resets != reader->resets)
		return VCARD_READER_RESET;
	return VCARD_READER_OK;
}

static enum vcard_reader_result
check(struct vcard_reader *reader, struct vcard_reader_view *view)
{
	struct vcard_reader_record record, before;
	enum vcard_reader_result r;
	size_t handles;

	if (vcard_record_enter(reader->fd, &record) != JCOP_OK)
		return VCARD_READER_FAILED;
	before = record;
	if (view != NULL) {
		note_presence(reader->dir, &record);
		handles = sweep(reader->fd, reader->dir, &record, reader);
		fill_view(&record, handles, view);
	}
	r = compare(reader, &record);
	leave_changed(reader->fd, &before, &record);
	return r;
}

static void
pause_for(long *ns)
{
	struct timespec delay = {0, *ns};

	(void)nanosleep(&delay, NULL);
	if (*ns < WAIT_LAST_NS)
		*ns *= 2;
}

/* Waits until no other handle has the card. With ANY_STATE the card may have
 * been reset or removed meanwhile. */
static enum vcard_reader_result
take_card(struct vcard_reader *reader, bool any_state)
{
	enum vcard_reader_result r;
	long ns = WAIT_FIRST_NS;

	for (;;) {
		bool mine = vcard_record_try(reader->fd, VCARD_LOCK_CARD);

		/* After the lock: who had it may have reset the card. */
		r = any_state ? VCARD_READER_OK : check(reader, NULL);
		if (r == VCARD_READER_OK && atomic_load(&reader->given_up))
			r = VCARD_READER_GIVEN_UP;
		if (mine && r != VCARD_READER_OK)
			vcard_record_release(reader->fd, VCARD_LOCK_CARD);
		if (mine || r != VCARD_READER_OK)
			return r;
		pause_for(&ns);
	}
}

/* For one call: the card is taken unless a transaction has it already. */
static enum vcard_reader_result
enter(struct vcard_reader *reader, bool any_state)
{
	if (reader->depth == 0)
		return take_card(reader, any_state);
	return any_state ? VCARD_READER_OK : check(reader, NULL);
}

static void
leave(struct vcard_reader *reader)
{
	if (reader->depth == 0)
		vcard_record_release(reader->fd, VCARD_LOCK_CARD);
}

/* The card is ours, and there is one. */
static enum vcard_reader_result
reset_shared(struct vcard_reader *reader)
{
	struct vcard_reader_record record;
	enum vcard_reader_result r = VCARD_READER_OK;

	if (vcard_record_enter(reader->fd, &record) != JCOP_OK)
		return VCARD_READER_FAILED;
	if (reader->card == NULL || reset_card(reader->card) != JCOP_OK)
		r = VCARD_READER_FAILED;
	reader->resets = ++record.resets;
	(void)vcard_record_leave(reader->fd, &record);
	return r;
}

enum vcard_reader_result
vcard_reader_begin(struct vcard_reader *reader)
{
	enum vcard_reader_result r;

	pthread_mutex_lock(&reader->mutex);
	r = enter(reader, false);
	if (r == VCARD_READER_OK)
		reader->depth++;
	pthread_mutex_unlock(&reader->mutex);
	return r;
}

enum vcard_reader_result
vcard_reader_end(
	struct vcard_reader *reader, enum vcard_disposition disposition)
{
	enum vcard_reader_result r;

	pthread_mutex_lock(&reader->mutex);
	if (reader->depth == 0) {
		r = VCARD_READER_NOT_LOCKED;
		goto out;
	}
	r = check(reader, NULL);
	if (r == VCARD_READER_OK && disposition == VCARD_RESET)
		r = reset_shared(reader);
	reader->depth--;
	leave(reader);
out:
	pthread_mutex_unlock(&reader->mutex);
	return r;
}

/* --- commands --- */

static uint64_t
next_sequence(struct vcard_reader *reader)
{
	struct vcard_reader_record record;

	if (vcard_record_enter(reader->fd, &record) != JCOP_OK)
		return 0;
	record.sequence++;
	(void)vcard_record_leave(reader->fd, &record);
	return record.sequence;
}

static enum vcard_reader_result
run(struct vcard_reader *reader, struct jcop_bytes command, bool pad,
	struct jcop_blob *response, char *message)
{
	struct vcard_door door = {
		reader->card, reader->dir, reader->name, reader->trace, pad};
	enum vcard_reader_result r;

	switch (vcard_door_run(
		&door, next_sequence(reader), command, response, message)) {
	case VCARD_DOOR_ANSWERED:
		return VCARD_READER_OK;
	case VCARD_DOOR_REMOVED:
		r = vcard_reader_remove(reader->dir, message);
		return r == VCARD_READER_OK ? VCARD_READER_REMOVED : r;
	case VCARD_DOOR_UNUSABLE:
		return VCARD_READER_UNAVAILABLE;
	case VCARD_DOOR_FAILED:
		break;
	}
	return card_is_there(reader->dir) ? VCARD_READER_FAILED
					  : VCARD_READER_REMOVED;
}

static bool
too_long(const struct vcard_reader *reader, size_t len, size_t limit)
{
	return !vcard_reader_extended(reader) && len > limit;
}

/* P3 is the number of the bytes behind it or, without any, of those to come. */
static bool
is_tpdu(struct jcop_bytes command)
{
	if (command.len <= T0_HEADER)
		return true;
	return command.len <= T0_COMMAND_MAX &&
	       command.data[T0_HEADER - 1] == command.len - T0_HEADER;
}

/* The card did not do what it announces so; asked for the exact length, it
 * does. */
static int
announce_length(struct jcop_bytes command, struct jcop_blob *response)
{
	size_t expected, len;
	uint8_t sw[] = {T0_SW1_EXACT_LENGTH, 0};

	if (command.len != T0_HEADER || response->len <= 2)
		return JCOP_OK;
	expected = command.data[T0_HEADER - 1];
	len = response->len - 2;
	if (len == (expected != 0 ? expected : 256))
		return JCOP_OK;
	sw[1] = (uint8_t)len;
	return jcop_blob_set(response, sw, sizeof(sw));
}

static enum vcard_reader_result
transmit(struct vcard_reader *reader, struct jcop_bytes command, bool pad,
	struct jcop_blob *response, char *message)
{
	enum vcard_reader_result r;

	message[0] = '\0';
	jcop_blob_clear(response);
	if (too_long(reader, command.len, SHORT_COMMAND_MAX))
		return VCARD_READER_TOO_LONG;
	if (vcard_reader_is_t0(reader) && !is_tpdu(command))
		return VCARD_READER_TOO_LONG;
	pthread_mutex_lock(&reader->mutex);
	r = enter(reader, false);
	if (r == VCARD_READER_OK) {
		r = run(reader, command, pad, response, message);
		leave(reader);
	}
	pthread_mutex_unlock(&reader->mutex);
	if (r == VCARD_READER_OK &&
		too_long(reader, response->len, SHORT_RESPONSE_MAX))
		r = VCARD_READER_TOO_LONG;
	if (r == VCARD_READER_OK && vcard_reader_is_t0(reader) &&
		announce_length(command, response) != JCOP_OK)
		r = VCARD_READER_FAILED;
	if (r != VCARD_READER_OK)
		jcop_blob_clear(response);
	return r;
}

enum vcard_reader_result
vcard_reader_transmit(struct vcard_reader *reader, struct jcop_bytes command,
	struct jcop_blob *response, char *message)
{
	return transmit(reader, command, false, response, message);
}

enum vcard_reader_result
vcard_reader_transmit_typed(struct vcard_reader *reader,
	struct jcop_bytes command, struct jcop_blob *response, char *message)
{
	return transmit(reader, command, true, response, message);
}

enum vcard_reader_result
vcard_reader_check(struct vcard_reader *reader, struct vcard_reader_view *view)
{
	enum vcard_reader_result r;

	memset(view, 0, sizeof(*view));
	pthread_mutex_lock(&reader->mutex);
	r = check(reader, view);
	pthread_mutex_unlock(&reader->mutex);
	return r;
}

bool
vcard_reader_extended(const struct vcard_reader *reader)
{
	if (vcard_reader_is_t0(reader))
		return false;
	return reader->any_length || reader->options.extended;
}

bool
vcard_reader_is_t0(const struct vcard_reader *reader)
{
	return !reader->any_length && reader->options.only_t0;
}

bool
vcard_reader_has_pinpad(const struct vcard_reader *reader)
{
	return reader->options.pinpad;
}

const char *
vcard_reader_dir(const struct vcard_reader *reader)
{
	return reader->dir;
}

/* --- reconnecting and leaving --- */

static enum vcard_reader_result
rejoin(struct vcard_reader *reader, enum vcard_reader_mode mode)
{
	char message[VCARD_MESSAGE_SIZE];
	struct vcard_reader_record record;
	struct vcard_handle_entry *own;
	enum vcard_reader_result r;
	size_t all;

	if (vcard_record_enter(reader->fd, &record) != JCOP_OK)
		return VCARD_READER_FAILED;
	note_presence(reader->dir, &record);
	own = &record.handles[reader->index];
	own->used = 1;
	own->exclusive = 0;
	all = sweep(reader->fd, reader->dir, &record, reader);
	r = admit(&record, all - 1, mode);
	if (r == VCARD_READER_OK)
		r = accept_card(reader, &record, message);
	if (r == VCARD_READER_OK)
		own->exclusive = mode == VCARD_EXCLUSIVE;
	(void)vcard_record_leave(reader->fd, &record);
	return r;
}

enum vcard_reader_result
vcard_reader_reconnect(struct vcard_reader *reader, enum vcard_reader_mode mode,
	enum vcard_disposition disposition)
{
	enum vcard_reader_result r;

	pthread_mutex_lock(&reader->mutex);
	r = disposition == VCARD_RESET ? enter(reader, true) : VCARD_READER_OK;
	if (r != VCARD_READER_OK)
		goto out;
	r = rejoin(reader, mode);
	if (disposition == VCARD_RESET) {
		if (r == VCARD_READER_OK)
			r = reset_shared(reader);
		leave(reader);
	}
out:
	pthread_mutex_unlock(&reader->mutex);
	return r;
}

/* Leaves the record; the last one out resets the card. */
static void
quit(struct vcard_reader *reader)
{
	struct vcard_reader_record record;
	size_t all;

	if (vcard_record_enter(reader->fd, &record) != JCOP_OK)
		return;
	all = sweep(reader->fd, reader->dir, &record, reader);
	memset(&record.handles[reader->index], 0,
		sizeof(record.handles[reader->index]));
	if (all == 1 && record.present)
		(void)reset_and_note(reader->dir, &record);
	(void)vcard_record_leave(reader->fd, &record);
}

enum vcard_reader_result
vcard_reader_disconnect(
	struct vcard_reader *reader, enum vcard_disposition disposition)
{
	enum vcard_reader_result r = VCARD_READER_OK;

	pthread_mutex_lock(&reader->mutex);
	if (disposition == VCARD_RESET &&
		enter(reader, false) == VCARD_READER_OK)
		r = reset_shared(reader);
	quit(reader);
	pthread_mutex_unlock(&reader->mutex);
	/* Closing the descriptor ends all its locks. */
	free_reader(reader);
	return r;
}

void
vcard_reader_give_up(struct vcard_reader *reader)
{
	atomic_store(&reader->given_up, true);
}

void
vcard_reader_forget(struct vcard_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}
