/*
 * resume.c: where an interrupted job goes on. Plan, journal and card in, the
 * states of the steps out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "encoding/ca.h"
#include "encoding/journal.h"
#include "encoding/pkcs12.h"
#include "encoding/text.h"

struct resume {
	struct encoding_plan *plan;
	const struct encoding_journal *journal;
	const struct encoding_card *card;
	struct encoding_report *report;
	/* keys of the directory that a step has for its own */
	bool taken[JCOP_MAX_KEYS];
	/* applications that the CA has answered, in the second visit */
	bool answered[ENCODING_MAX_APPLICATIONS];
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

/* Of the second visit: what is wrong with the CA's answer. */
static void
say_answer(struct resume *resume, const struct encoding_step *step,
	enum encoding_rule rule, const char *what)
{
	encoding_say(resume->report, ENCODING_ERROR, rule, step->line,
		"Application_%c: the answer %s-%c in %s: %s",
		step->application->letter,
		encoding_journal_iccsn(resume->journal),
		step->application->letter, resume->plan->answers, what);
}

/* --- keys on the card --- */

static size_t
key_count(const struct resume *resume)
{
	return resume->card->directory != NULL ? resume->card->directory->count
					       : 0;
}

/* The key with the id that the journal noted for step ID. */
static const struct jcop_directory_key *
find_noted(struct resume *resume, const char *id)
{
	const char *noted =
		encoding_journal_note(resume->journal, id, JOURNAL_KEY_ID);
	const struct jcop_directory_key *key;
	char text[2 * JCOP_MAX_ID + 1];
	size_t i;

	for (i = 0; noted != NULL && i < key_count(resume); i++) {
		key = &resume->card->directory->keys[i];
		encoding_hex(jcop_bytes_of(key->id, key->id_len), text);
		if (strcmp(text, noted) == 0) {
			resume->taken[i] = true;
			return key;
		}
	}
	return NULL;
}

/* Shorter labels are not cut. */
#define MIN_CUT_LABEL 32

/* Is LABEL that of TEMPLATE? The driver may have cut it to its share of the
 * directory. */
static bool
is_label_of(const char *label, const char *template)
{
	size_t len = strlen(label);

	return strcmp(label, template) == 0 ||
	       (len >= MIN_CUT_LABEL && strncmp(label, template, len) == 0);
}

/* The CA's answer in the second visit. What is wrong with it is said. */
static int
read_answer(struct resume *resume, const struct encoding_step *step,
	struct jcop_blob *answer)
{
	char message[ENCODING_MESSAGE_SIZE], id[ENCODING_REQUEST_ID_SIZE];
	const struct encoding_ca_request request = {
		.kind = step->request, .id = id};
	int r;

	encoding_request_id(encoding_journal_iccsn(resume->journal),
		step->application->letter, "", id);
	r = encoding_ca_read(resume->plan->answers, &request, answer, message);
	if (r == JCOP_OK)
		resume->answered[step->application->letter - 'A'] = true;
	else if (r != JCOP_ERR_NOT_FOUND)
		say_answer(resume, step, RULE_VISIT, message);
	return r;
}

/* Could the card have made KEY for this step? */
static bool
is_made_for(
	const struct jcop_directory_key *key, const struct encoding_step *step)
{
	return key->local && key->container == step->container &&
	       key->slot->bits == step->bits &&
	       is_label_of(key->label, encoding_step_template(step));
}

/* ... such a key with a certificate, that no step has; NULL if there is none.
 */
static const struct jcop_directory_key *
find_made(struct resume *resume, const struct encoding_step *step, bool take)
{
	const struct jcop_directory_key *key;
	size_t i;

	for (i = 0; i < key_count(resume); i++) {
		key = &resume->card->directory->keys[i];
		if (resume->taken[i] || !key->has_certificate ||
			!is_made_for(key, step))
			continue;
		resume->taken[i] = take;
		return key;
	}
	return NULL;
}

/* A key that the card made, with the label of this template, that waits for a
 * certificate: then an earlier run, of which there is no journal, made it for
 * this step. */
static const struct jcop_directory_key *
find_waiting(struct resume *resume, const struct encoding_step *step)
{
	const struct jcop_directory_key *key;
	size_t i;

	for (i = 0; i < key_count(resume); i++) {
		key = &resume->card->directory->keys[i];
		if (resume->taken[i] || key->has_certificate ||
			key->modulus.len == 0 || !is_made_for(key, step))
			continue;
		resume->taken[i] = true;
		return key;
	}
	return NULL;
}

/* The key that ANSWER has a certificate of: NOTED, or where that is NULL one
 * that is free; NULL if there is none. */
static const struct jcop_directory_key *
find_certified(struct resume *resume, const struct encoding_step *step,
	const struct jcop_directory_key *noted, const struct jcop_blob *answer)
{
	const struct jcop_directory_key *key, *found = NULL;
	char message[ENCODING_MESSAGE_SIZE];
	struct jcop_blob der = JCOP_BLOB_INIT;
	size_t i;

	for (i = 0; i < key_count(resume) && found == NULL; i++) {
		key = &resume->card->directory->keys[i];
		if ((noted != NULL ? key != noted : resume->taken[i]) ||
			key->container != step->container ||
			key->slot->bits != step->bits ||
			encoding_certificate_for_key(jcop_blob_view(answer),
				jcop_blob_view(&key->modulus),
				jcop_blob_view(&key->exponent), &der,
				message) != JCOP_OK)
			continue;
		resume->taken[i] = true;
		found = key;
	}
	jcop_blob_free(&der);
	return found;
}

/* The key that the CA's answer is for, in the second visit. */
static const struct jcop_directory_key *
find_answered(struct resume *resume, const struct encoding_step *step,
	const struct jcop_directory_key *noted)
{
	const struct jcop_directory_key *key = NULL;
	char message[ENCODING_MESSAGE_SIZE];
	struct jcop_blob answer = JCOP_BLOB_INIT, der = JCOP_BLOB_INIT;

	if (read_answer(resume, step, &answer) != JCOP_OK)
		return NULL;
	if (encoding_certificate_read(jcop_blob_view(&answer), &der, message) !=
		JCOP_OK) {
		say_answer(resume, step, RULE_VISIT, message);
	} else {
		key = find_certified(resume, step, noted, &answer);
		if (key == NULL)
			say_answer(resume, step, RULE_VISIT,
				"its certificate is for no key that the card "
				"has at this Location, of this KeySize: is it "
				"the answer to another request, or to an "
				"earlier one?");
	}
	jcop_blob_free(&answer);
	jcop_blob_free(&der);
	return key;
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
	return encoding_plan_count(resume->plan, ENCODING_KIND(STEP_DELETE_ALL),
		       STATE_TO_DO) > 0;
}

/* --certificates: what does not wait for the CA was done in the first visit. */
static bool
is_second_visit(const struct resume *resume)
{
	return resume->plan->answers != NULL;
}

/* A journal would know; without one nothing is done a second time. */
static void
leave_to_first_visit(const struct resume *resume, struct encoding_step *step)
{
	if (is_second_visit(resume) && !resume->journal->found)
		set_state(step, STATE_DONE,
			"left to the first visit (--requests)");
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

/* Does the certificate of this key still wait for the CA's answer? */
static bool
awaits_answer(const struct resume *resume, const struct encoding_step *step)
{
	char id[ENCODING_STEP_ID_SIZE];

	snprintf(id, sizeof(id), "%c:certificate", step->application->letter);
	return is_second_visit(resume) &&
	       encoding_journal_entry(resume->journal, id) != ENTRY_DONE;
}

static void
check_location(struct resume *resume, const struct encoding_step *step,
	const struct jcop_directory_key *key)
{
	if (key->container != step->container)
		encoding_say(resume->report, ENCODING_ERROR, RULE_JOURNAL,
			step->line,
			"step %s of the interrupted run was for %s, and this "
			"Location is %s: give the same Location, or take the "
			"journal away to start anew",
			step->id, key->container->name, step->container->name);
}

/* What journal and answers say of a step's key, before labels are looked at:
 * those are not unique. */
static void
claim_key(struct resume *resume, struct encoding_step *step)
{
	const struct jcop_directory_key *key;

	if (step->kind != STEP_GENERATE && step->kind != STEP_IMPORT)
		return;
	key = find_noted(resume, step->id);
	if (key != NULL)
		check_location(resume, step, key);
	else if (encoding_journal_entry(resume->journal, step->id) ==
		 ENTRY_DONE)
		return;
	if (step->kind == STEP_GENERATE && awaits_answer(resume, step)) {
		const struct jcop_directory_key *answered =
			find_answered(resume, step, key);

		if (key == NULL)
			key = answered;
	}
	if (key != NULL)
		take_key(step, key);
}

/* No key waits for it, in a run that makes its keys. */
static void
warn_of_second_key(struct resume *resume, const struct encoding_step *step)
{
	char letter = step->application->letter;

	if (!resume->journal->found && !will_be_emptied(resume) &&
		find_made(resume, step, false) != NULL)
		encoding_say(resume->report, ENCODING_WARNING, RULE_JOURNAL,
			step->line,
			"Application_%c: the card has a key for %s with a "
			"certificate, and gets another one. If an earlier run "
			"made that key, take %c out of ApplicationList",
			letter, encoding_step_template(step), letter);
}

/* No key waits for it, in the second visit: an answer that was used may have
 * been taken away. */
static void
resume_missing_key(struct resume *resume, struct encoding_step *step)
{
	const struct jcop_directory_key *key = NULL;
	char letter = step->application->letter;

	if (resume->answered[letter - 'A'])
		return; /* said already */
	if (!resume->journal->found)
		key = find_made(resume, step, true);
	if (key == NULL) {
		encoding_say(resume->report, ENCODING_ERROR, RULE_VISIT,
			step->line,
			"Application_%c: the card has no key that waits for a "
			"certificate of %s: the first visit, with --requests, "
			"comes before the one with --certificates",
			letter, encoding_step_template(step));
		return;
	}
	take_key(step, key);
	set_state(step, STATE_DONE, "its key has a certificate");
	encoding_say(resume->report, ENCODING_WARNING, RULE_VISIT, step->line,
		"Application_%c: there is no answer to its request in %s. The "
		"card has a key for %s with a certificate: that one is taken "
		"for it, and nothing is done",
		letter, resume->plan->answers, encoding_step_template(step));
}

static void
resume_generate(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	const struct jcop_directory_key *key = key_of_step(resume, step);

	if (key != NULL && entry != ENTRY_NONE) {
		set_state(step, STATE_DONE, "the key is on the card");
		return;
	}
	if (entry == ENTRY_DONE) {
		contradict(resume, step, "its key is not on the card");
		return;
	}
	if (key == NULL && entry == ENTRY_NONE && !resume->journal->found &&
		!will_be_emptied(resume))
		key = find_waiting(resume, step);
	if (key == NULL && is_second_visit(resume))
		resume_missing_key(resume, step);
	else if (key == NULL)
		warn_of_second_key(resume, step);
	if (key == NULL)
		return;
	take_key(step, key);
	set_state(step, STATE_DONE,
		key->has_certificate
			? "the key for %s is on the card and has a certificate"
			: "a key for %s without a certificate is on the card: "
			  "the job goes on with it",
		encoding_step_template(step));
}

/* The step NAME of the same application; NULL if it has none. */
static struct encoding_step *
sibling(const struct resume *resume, const struct encoding_step *step,
	const char *name)
{
	char id[ENCODING_STEP_ID_SIZE];

	snprintf(id, sizeof(id), "%c:%s", step->application->letter, name);
	return encoding_plan_find(resume->plan, id);
}

/* Where the CA has the key of an import; NULL if its PKCS#12 is at hand. */
static struct encoding_step *
issue_of(const struct resume *resume, const struct encoding_step *step)
{
	return sibling(resume, step, "issue");
}

static void
resume_certificate(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	const struct encoding_step *maker = sibling(resume, step, "generate");
	const struct jcop_directory_key *key =
		maker != NULL ? key_of_step(resume, maker) : NULL;

	if (entry == ENTRY_NONE && !is_second_visit(resume))
		return;
	/* An answer may be another certificate than the one that is there. */
	if (entry != ENTRY_DONE &&
		resume->answered[step->application->letter - 'A'])
		return;
	if (key != NULL && key->has_certificate)
		set_state(step, STATE_DONE, "the certificate is on the card");
	else if (entry == ENTRY_DONE)
		contradict(resume, step, "its certificate is not on the card");
}

/* Opens the PKCS#12 DATA of an import: FOUND is its key on the card, whoever
 * brought it there, or NULL. */
static int
look_into(const struct resume *resume, const struct encoding_step *step,
	struct jcop_bytes data, const struct jcop_directory_key **found,
	char *message)
{
	const struct jcop_directory_key *key;
	struct encoding_pkcs12 pkcs12;
	size_t i;
	int r = encoding_pkcs12_open(data,
		encoding_value_bytes(resume->plan->fields,
			&step->application->values[KEY_P12PASSWORD]),
		&pkcs12, message);

	*found = NULL;
	if (r != JCOP_OK)
		return r;
	for (i = 0; i < key_count(resume); i++) {
		key = &resume->card->directory->keys[i];
		if (jcop_bytes_equal(jcop_blob_view(&pkcs12.n),
			    jcop_blob_view(&key->modulus)))
			*found = key;
	}
	r = encoding_pkcs12_check_bits(&pkcs12, step->bits, message);
	encoding_pkcs12_free(&pkcs12);
	return r;
}

static const struct jcop_directory_key *
find_at_hand(const struct resume *resume, const struct encoding_step *step)
{
	char message[ENCODING_MESSAGE_SIZE];
	const struct jcop_directory_key *found;

	if (step->request != REQUEST_RECOVERY ||
		look_into(resume, step,
			encoding_value_bytes(resume->plan->fields,
				&step->application->values[KEY_RECOVERY_DATA]),
			&found, message) != JCOP_OK)
		return NULL;
	return found;
}

/* In the second visit: what can be known of the CA's PKCS#12. */
static const struct jcop_directory_key *
find_archived(struct resume *resume, const struct encoding_step *step)
{
	char message[ENCODING_MESSAGE_SIZE];
	struct jcop_blob answer = JCOP_BLOB_INIT;
	const struct jcop_directory_key *found = NULL;
	int r;

	if (read_answer(resume, step, &answer) == JCOP_OK) {
		r = look_into(
			resume, step, jcop_blob_view(&answer), &found, message);
		if (r != JCOP_OK)
			say_answer(resume, step,
				r == JCOP_ERR_UNTRUSTED ? RULE_P12_PASSWORD
							: RULE_VISIT,
				message);
	}
	jcop_blob_free(&answer);
	return found;
}

/* Has the journal the certificate of KEY, which has none on the card? Then the
 * CA is not asked again: its answer could be another key. */
static bool
has_noted_certificate(const struct resume *resume,
	const struct encoding_step *step, const struct jcop_directory_key *key)
{
	const char *note = encoding_journal_note(
		resume->journal, step->id, JOURNAL_CERTIFICATE);
	struct jcop_blob der = JCOP_BLOB_INIT;
	bool fits;

	fits = note != NULL &&
	       encoding_unbase64(jcop_bytes_of(note, strlen(note)), &der) ==
		       JCOP_OK &&
	       encoding_certificate_fits(jcop_blob_view(&der),
		       jcop_blob_view(&key->modulus),
		       jcop_blob_view(&key->exponent));
	jcop_blob_free(&der);
	return fits;
}

static void
resume_torn_import(struct resume *resume, struct encoding_step *step)
{
	struct encoding_step *issue = issue_of(resume, step);

	step->certificate_only = true;
	set_state(step, STATE_TO_DO,
		"the key is on the card, and the journal has its certificate");
	if (issue != NULL)
		set_state(issue, STATE_DONE, "its key is on the card");
}

/* Import enters key and certificate together; a key without one is completed.
 */
static void
resume_import(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	const struct jcop_directory_key *key = key_of_step(resume, step);

	if (key != NULL && key->has_certificate) {
		set_state(step, STATE_DONE, "the key is on the card");
		return;
	}
	if (entry == ENTRY_DONE) {
		contradict(resume, step,
			"its key and certificate are not on the card");
		return;
	}
	if (key != NULL && has_noted_certificate(resume, step, key)) {
		resume_torn_import(resume, step);
		return;
	}
	/* It may have got there otherwise: then its place is not needed, and
	 * the import itself looks at it. */
	if (is_second_visit(resume) && issue_of(resume, step) != NULL)
		key = find_archived(resume, step);
	else if (key == NULL && !will_be_emptied(resume))
		key = find_at_hand(resume, step);
	if (key != NULL)
		take_key(step, key);
}

static void
resume_activation(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	enum jcop_life_cycle now = resume->card->info.life_cycle;

	if (entry == ENTRY_NONE && now == JCOP_LIFE_CYCLE_ACTIVATED)
		leave_to_first_visit(resume, step);
	if (entry == ENTRY_NONE)
		return;
	if (now == JCOP_LIFE_CYCLE_ACTIVATED)
		set_state(step, STATE_DONE, "the card is activated");
	else if (entry == ENTRY_DONE)
		contradict(resume, step, "the card is not activated");
}

/* Nothing on the card tells one PIN from another. */
static void
resume_pin(struct resume *resume, struct encoding_step *step,
	enum encoding_entry entry)
{
	if (entry == ENTRY_NONE)
		leave_to_first_visit(resume, step);
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
	else if (is_second_visit(resume))
		set_state(step, STATE_DONE, "the CA has the request");
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
		resume_pin(resume, step, entry);
		break;
	case STEP_DELETE_ALL:
	case STEP_WRITE_DATA:
		/* Begun, they are simply done once more. */
		if (entry == ENTRY_DONE)
			set_state(step, STATE_DONE, "an earlier run did it");
		else if (entry == ENTRY_NONE)
			leave_to_first_visit(resume, step);
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
	struct resume resume = {plan, journal, card, report, {false}, {false}};
	size_t i;

	for (i = 0; i < plan->count; i++)
		claim_key(&resume, &plan->steps[i]);
	for (i = 0; i < plan->count; i++)
		resume_step(&resume, &plan->steps[i]);
	for (i = 0; i < plan->count; i++)
		close_application(&resume, &plan->steps[i]);
}
