/*
 * journal.c: what has been done to a card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "encoding/files.h"
#include "encoding/journal.h"
#include "encoding/text.h"

#define FORMAT 1
#define SUFFIX ".journal"
#define REFUSED "refused"

char *
encoding_journal_path(const char *fields_out)
{
	return encoding_path_add(fields_out, SUFFIX);
}

static void
digest_text(const struct encoding *encoding,
	char text[2 * ENCODING_DIGEST_SIZE + 1])
{
	encoding_hex(JCOP_BYTES(encoding->digest), text);
}

static json_t *
new_file(const char *iccsn, const char *digest)
{
	uint32_t job;

	if (RAND_bytes((unsigned char *)&job, sizeof(job)) != 1)
		return NULL;
	return json_pack("{s:i, s:s, s:s, s:o, s:{}}", "jcop45-journal", FORMAT,
		"iccsn", iccsn, "description", digest, "job",
		json_sprintf("%08x", job), "steps");
}

const char *
encoding_journal_job(const struct encoding_journal *journal)
{
	const char *job =
		json_string_value(json_object_get(journal->file, "job"));

	return journal->path != NULL && job != NULL ? job : "";
}

const char *
encoding_journal_iccsn(const struct encoding_journal *journal)
{
	const char *iccsn =
		json_string_value(json_object_get(journal->file, "iccsn"));

	return iccsn != NULL ? iccsn : "";
}

/* Would somebody else be able to write what we believe? */
static int
check_file(const char *path, bool *exists, char *message)
{
	struct stat status;

	*exists = lstat(path, &status) == 0;
	if (!*exists && errno == ENOENT)
		return JCOP_OK;
	if (!*exists)
		return encoding_message(message, JCOP_ERR_NOT_FOUND,
			"the journal %s cannot be read: %s", path,
			strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
		(status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"the journal %s is not a private file of yours (mode "
			"0600)",
			path);
	return JCOP_OK;
}

static bool
is_journal(json_t *file)
{
	json_t *steps = json_object_get(file, "steps"), *step;
	const char *id;

	if (json_integer_value(json_object_get(file, "jcop45-journal")) !=
			FORMAT ||
		!json_is_object(steps))
		return false;
	json_object_foreach(
		steps, id, step) if (!json_is_object(step)) return false;
	return true;
}

static bool
text_is(json_t *file, const char *name, const char *expected)
{
	const char *text = json_string_value(json_object_get(file, name));

	return text != NULL && strcmp(text, expected) == 0;
}

/* Does this journal belong to this job? */
static int
check_content(json_t *file, const char *path, const char *iccsn,
	const char *digest, char *message)
{
	const char *other = json_string_value(json_object_get(file, "iccsn"));

	if (!is_journal(file))
		return encoding_message(message, JCOP_ERR_MALFORMED,
			"%s is no journal; take it away to start anew", path);
	if (!text_is(file, "iccsn", iccsn))
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"the journal %s is of the card %s, and this is %s: "
			"insert that card, or use another --fields-out",
			path, other != NULL ? other : "?", iccsn);
	if (!text_is(file, "description", digest))
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"the journal %s is of another description, or it was "
			"changed since: go on with that one, or take the "
			"journal away to start anew",
			path);
	return JCOP_OK;
}

static int
load(const char *path, struct encoding_journal *journal, char *message)
{
	struct jcop_blob text = JCOP_BLOB_INIT;
	int r = encoding_file_read(path, &text, NULL, message);

	if (r != JCOP_OK)
		return r;
	journal->file = json_loadb((const char *)text.data, text.len,
		JSON_REJECT_DUPLICATES, NULL);
	journal->found = true;
	jcop_blob_free(&text);
	return JCOP_OK;
}

int
encoding_journal_open(const char *path, const char *iccsn,
	const struct encoding *encoding, struct encoding_journal *journal,
	char *message)
{
	char digest[2 * ENCODING_DIGEST_SIZE + 1];
	bool exists = false;
	int r = JCOP_OK;

	*journal = (struct encoding_journal){0};
	digest_text(encoding, digest);
	if (path != NULL)
		r = check_file(path, &exists, message);
	if (r == JCOP_OK && exists) {
		r = load(path, journal, message);
		if (r == JCOP_OK)
			r = check_content(
				journal->file, path, iccsn, digest, message);
	} else if (r == JCOP_OK) {
		journal->file = new_file(iccsn, digest);
	}
	if (r != JCOP_OK)
		return r;
	if (path != NULL)
		journal->path = strdup(path);
	if (journal->file != NULL && (path == NULL || journal->path != NULL))
		return JCOP_OK;
	return encoding_no_memory(message);
}

void
encoding_journal_free(struct encoding_journal *journal)
{
	json_decref(journal->file);
	free(journal->path);
	*journal = (struct encoding_journal){0};
}

static json_t *
step_of(const struct encoding_journal *journal, const char *id)
{
	return json_object_get(json_object_get(journal->file, "steps"), id);
}

enum encoding_entry
encoding_journal_entry(const struct encoding_journal *journal, const char *id)
{
	const char *state = json_string_value(
		json_object_get(step_of(journal, id), "state"));

	if (state == NULL || strcmp(state, REFUSED) == 0)
		return ENTRY_NONE;
	return strcmp(state, "done") == 0 ? ENTRY_DONE : ENTRY_STARTED;
}

const char *
encoding_journal_note(const struct encoding_journal *journal, const char *id,
	const char *name)
{
	return json_string_value(json_object_get(step_of(journal, id), name));
}

static int
enter(struct encoding_journal *journal, const char *id,
	enum encoding_entry entry, const char *name, const char *note)
{
	static const char *const words[] = {
		[ENTRY_NONE] = REFUSED,
		[ENTRY_STARTED] = "started",
		[ENTRY_DONE] = "done",
	};
	json_t *step = step_of(journal, id);

	if (step == NULL) {
		step = json_object();
		if (json_object_set_new(json_object_get(journal->file, "steps"),
			    id, step) != 0)
			return JCOP_ERR_NO_MEMORY;
	}
	if (json_object_set_new(step, "state", json_string(words[entry])) != 0)
		return JCOP_ERR_NO_MEMORY;
	if (name != NULL &&
		json_object_set_new(step, name, json_string(note)) != 0)
		return JCOP_ERR_NO_MEMORY;
	return JCOP_OK;
}

static int
save(const struct encoding_journal *journal, char *message)
{
	if (journal->path == NULL)
		return JCOP_OK;
	return encoding_file_write_json(journal->path, journal->file, message);
}

int
encoding_journal_enter(struct encoding_journal *journal, const char *id,
	enum encoding_entry entry, const char *name, const char *note,
	char *message)
{
	if (enter(journal, id, entry, name, note) != JCOP_OK)
		return encoding_no_memory(message);
	return save(journal, message);
}

static int
adopt_step(struct encoding_journal *journal, const struct encoding_step *step)
{
	char id[2 * JCOP_MAX_ID + 1];

	encoding_hex(jcop_bytes_of(step->key_id, step->key_id_len), id);
	return enter(journal, step->id, ENTRY_DONE,
		step->key_id_len > 0 ? JOURNAL_KEY_ID : NULL, id);
}

int
encoding_journal_adopt(struct encoding_journal *journal,
	const struct encoding_plan *plan, char *message)
{
	const struct encoding_step *step;
	bool changed = false;
	size_t i;
	int r = JCOP_OK;

	for (i = 0; i < plan->count && r == JCOP_OK; i++) {
		step = &plan->steps[i];
		if (step->state != STATE_DONE ||
			encoding_journal_entry(journal, step->id) == ENTRY_DONE)
			continue;
		r = adopt_step(journal, step);
		changed = true;
	}
	if (r != JCOP_OK)
		return encoding_no_memory(message);
	return changed ? save(journal, message) : JCOP_OK;
}

void
encoding_journal_remove(struct encoding_journal *journal)
{
	if (journal->path != NULL)
		unlink(journal->path);
}
