/*
 * resume.c: where an interrupted job goes on. Plan, journal and card in, the
 * states of the steps out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "encoding/journal.h"

struct resume {
	struct encoding_plan *plan;
	const struct encoding_journal *journal;
	const struct encoding_card *card;
	struct encoding_report *report;
	/* keys of the directory that a step has for its own */
	bool taken[JCOP_MAX_KEYS];
};

__attribute__((format(printf, 3, 4))) static void
set_state(struct encoding_step *step, enum encoding_step_state state,
	const char *format, ...)
{
	va_list args;

	step->state = state;
	va_start(args, format);
	vsnprintf(step->found, sizeof(step->found), format, args);
	va_end(args);
}

static void
contradict(struct resume *resume, const struct encoding_step *step,
	const char *what)
{
	encoding_say(resume->report, ENCODING_ERROR, RULE_JOURNAL, step->line,
		"the journal says that step %s is done, but %s: somebody else "
		"changed the card. Take the journal away to start anew",
		step->id, what);
}

/* --- keys on the card --- */

static size_t
key_count(const struct resume *resume)
{
	return resume->card->directory != NULL ? resume->card->directory->count
					       : 0;
}

static void
id_text(const struct jcop_directory_key *key, char text[2 * JCOP_MAX_ID + 1])
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < key->id_len; i++)
		snprintf(text + 2 * i, 3, "%02x", key->id[i]);
}

/* The key with the id that the journal noted for step ID. */
static const struct jcop_directory_key *
find_noted(struct resume *resume, const char *id)
{
	const char *noted =
		encoding_journal_note(resume->journal, id, JOURNAL_KEY_ID);
	char text[2 * JCOP_MAX_ID + 1];
	size_t i;

	for (i = 0; noted != NULL && i < key_count(resume); i++) {
		id_text(&resume->card->directory->keys[i], text);
		if (strcmp(text, noted) == 0) {
			resume->taken[i] = true;
			return &resume->card->directory->keys[i];
		}
	}
	return NULL;
}

static const char *
template_of(const struct encoding_step *step)
{
	const char *name = step->application->values[KEY_CERT_TEMPLATE].text;

	return name != NULL ? name : "";
}

/* A key that waits for a certificate of this template: an earlier run, of which
 * there is no journal, made it for this step. */
static const struct jcop_directory_key *
find_waiting(struct resume *resume, const struct encoding_step *step)
{
	const struct jcop_directory_key *key;
	size_t i;

	for (i = 0; i < key_count(resume); i++) {
		key = &resume->card->directory->keys[i];
		if (resume->taken[i] || key->has_certificate ||
			key->container != step->container ||
			key->slot->bits != step->bits ||
			key->modulus.len == 0 ||
			strcmp(key->label, template_of(step)) != 0)
			continue;
		resume->taken[i] = true;
		return key;
	}
	return NULL;
}

static void
take_key(struct encoding_step *step, const struct jcop_directory_key *key)
{
	memcpy(step->key_id, key->id, key->id_len);
	step->key_id_len = key->id_len;
}

/* Is the card still to be emptied? Then nothing on it counts. */
static bool
will_be_emptied(const struct resume *resume)
{
	const struct encoding_step *step;
	size_t i;

	for (i = 0; i < resume->plan->count; i++) {
		step = &resume->plan->steps[i];
		if (step->kind == STEP_DELETE_ALL && step->state == STATE_TO_DO)
			return true;
	}
	return false;
}

static void
resume_generate(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	const struct jcop_directory_key *key = find_noted(resume, step->id);

	if (key != NULL) {
		take_key(step, key);
		set_state(step, STATE_DONE, "the key is on the card");
		return;
	}
	if (entry == ENTRY_DONE) {
		contradict(resume, step, "its key is not on the card");
		return;
	}
	if (entry == ENTRY_STARTED || resume->journal->found ||
		will_be_emptied(resume))
		return;
	key = find_waiting(resume, step);
	if (key == NULL)
		return;
	take_key(step, key);
	set_state(step, STATE_DONE,
		"a key for %s without a certificate is on the card: the job "
		"goes on with it",
		template_of(step));
}

/* The key of an application, as its first step left it. */
static const struct jcop_directory_key *
key_of_step(const struct resume *resume, const struct encoding_step *step)
{
	const struct jcop_directory_key *key;
	size_t i;

	for (i = 0; step->key_id_len > 0 && i < key_count(resume); i++) {
		key = &resume->card->directory->keys[i];
		if (key->id_len == step->key_id_len &&
			memcmp(key->id, step->key_id, key->id_len) == 0)
			return key;
	}
	return NULL;
}

/* The step of the same application that made the key. */
static struct encoding_step *
maker_of(const struct resume *resume, const struct encoding_step *step)
{
	char id[ENCODING_STEP_ID_SIZE];

	snprintf(id, sizeof(id), "%c:generate", step->application->letter);
	return encoding_plan_find(resume->plan, id);
}

static void
resume_certificate(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	const struct encoding_step *maker = maker_of(resume, step);
	const struct jcop_directory_key *key =
		maker != NULL ? key_of_step(resume, maker) : NULL;

	if (entry == ENTRY_NONE)
		return;
	if (key != NULL && key->has_certificate)
		set_state(step, STATE_DONE, "the certificate is on the card");
	else if (entry == ENTRY_DONE)
		contradict(resume, step, "its certificate is not on the card");
}

/* Import enters key and certificate together; a key without one is completed
 * by the import itself. */
static void
resume_import(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	const struct jcop_directory_key *key = find_noted(resume, step->id);

	if (key != NULL && key->has_certificate) {
		take_key(step, key);
		set_state(step, STATE_DONE, "the key is on the card");
	} else if (entry == ENTRY_DONE) {
		contradict(resume, step,
			"its key and certificate are not on the card");
	}
}

static void
resume_activation(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	enum jcop_life_cycle now = resume->card->info.life_cycle;

	if (entry == ENTRY_NONE)
		return;
	if (now == JCOP_LIFE_CYCLE_ACTIVATED)
		set_state(step, STATE_DONE, "the card is activated");
	else if (entry == ENTRY_DONE)
		contradict(resume, step, "the card is not activated");
}

/* Nothing on the card tells one PIN from another. */
static void
resume_pin(struct encoding_step *step, enum encoding_entry entry)
{
	if (entry == ENTRY_DONE)
		set_state(step, STATE_DONE, "the PIN is set");
	if (entry == ENTRY_STARTED)
		set_state(step, STATE_TO_DO,
			"it was interrupted, and may have taken place: the new "
			"PIN may be in force already");
}

/* A certificate that the journal has is not asked for again. A PKCS#12 is in
 * no journal: the CA is asked for it by the same request id. */
static void
resume_issue(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	if (entry == ENTRY_DONE &&
		encoding_journal_note(
			resume->journal, step->id, JOURNAL_CERTIFICATE) != NULL)
		set_state(step, STATE_DONE, "the journal has the certificate");
}

static void
resume_request(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	if (entry == ENTRY_DONE && encoding_journal_note(resume->journal,
					   step->id, JOURNAL_REQUEST) != NULL)
		set_state(step, STATE_DONE, "the journal has the request");
}

static void
resume_step(struct resume *resume, struct encoding_step *step)
{
	enum encoding_entry entry =
		encoding_journal_entry(resume->journal, step->id);

	switch (step->kind) {
	case STEP_ACTIVATE:
		resume_activation(resume, step, entry);
		break;
	case STEP_CHANGE_PIN:
	case STEP_UNBLOCK_PUK:
	case STEP_UNBLOCK_KEYSET:
		resume_pin(step, entry);
		break;
	case STEP_DELETE_ALL:
	case STEP_WRITE_DATA:
		/* Begun, they are simply done once more. */
		if (entry == ENTRY_DONE)
			set_state(step, STATE_DONE, "an earlier run did it");
		break;
	case STEP_GENERATE:
		resume_generate(resume, step, entry);
		break;
	case STEP_REQUEST:
		resume_request(resume, step, entry);
		break;
	case STEP_ISSUE:
		resume_issue(resume, step, entry);
		break;
	case STEP_IMPORT:
		resume_import(resume, step, entry);
		break;
	case STEP_CERTIFICATE:
		resume_certificate(resume, step, entry);
		break;
	case STEP_READ_DATA: /* the output is wanted in any case */
	case STEP_LIST_TOKENS:
		break;
	}
}

/* Nobody is asked for what the end of the application has already. */
static void
close_application(struct resume *resume, const struct encoding_step *end)
{
	struct encoding_step *step;
	size_t i;

	if (end->state != STATE_DONE ||
		(end->kind != STEP_IMPORT && end->kind != STEP_CERTIFICATE))
		return;
	for (i = 0; i < resume->plan->count; i++) {
		step = &resume->plan->steps[i];
		if (step->application == end->application &&
			step->state != STATE_DONE)
			set_state(step, STATE_DONE, "it is not needed again");
	}
}

void
encoding_resume(struct encoding_plan *plan,
	const struct encoding_journal *journal,
	const struct encoding_card *card, struct encoding_report *report)
{
	struct resume resume = {plan, journal, card, report, {false}};
	size_t i;

	for (i = 0; i < plan->count; i++)
		resume_step(&resume, &plan->steps[i]);
	for (i = 0; i < plan->count; i++)
		close_application(&resume, &plan->steps[i]);
}
