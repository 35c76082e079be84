/*
 * run.c: the steps of a plan, one after the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "encoding/run.h"
#include "encoding/text.h"

#define KEY_ID_SIZE 8 /* chosen by us; enough not to meet another */

/* What the steps of one application hand to each other. */
struct work {
	struct jcop_blob id, modulus, exponent; /* of its key */
	struct jcop_blob request;               /* PKCS#10 */
	struct jcop_blob certificate;           /* DER */
	struct jcop_blob answer;                /* PKCS#12 of the CA */
	struct jcop_blob listed;                /* id of an imported key */
	bool dummy;
};

struct state {
	struct encoding_run *run;
	struct work works[ENCODING_MAX_APPLICATIONS];
	char *message;
};

static int
fail(struct state *state, int error)
{
	return encoding_message(
		state->message, error, "%s", jcop_strerror(error));
}

static struct work *
work_of(struct state *state, const struct encoding_step *step)
{
	return &state->works[step->application->letter - 'A'];
}

static const char *
text_of(const struct encoding_step *step, enum encoding_key_id key)
{
	const char *text = step->application->values[key].text;

	return text != NULL ? text : "";
}

static int
enter(struct state *state, const struct encoding_step *step,
	enum encoding_entry entry, const char *name, const char *note)
{
	char reason[ENCODING_MESSAGE_SIZE];
	int r = encoding_journal_enter(state->run->journal, step->id, entry,
		name, note, state->message);

	if (r == JCOP_OK || entry != ENTRY_DONE)
		return r;
	snprintf(reason, sizeof(reason), "%s", state->message);
	return encoding_message(state->message, r,
		"the step itself is done, but not in the journal: %s", reason);
}

/* Enters bytes as base64. */
static int
enter_bytes(struct state *state, const struct encoding_step *step,
	enum encoding_entry entry, const char *name,
	const struct jcop_blob *bytes)
{
	char *text = encoding_base64(jcop_blob_view(bytes));
	int r = text != NULL ? enter(state, step, entry, name, text)
			     : fail(state, JCOP_ERR_NO_MEMORY);

	free(text);
	return r;
}

/* --- what a CA is told --- */

static struct encoding_ca_request
describe(const struct state *state, const struct encoding_step *step,
	char id[ENCODING_REQUEST_ID_SIZE])
{
	const struct encoding_run *run = state->run;
	const struct work *work =
		&state->works[step->application->letter - 'A'];
	const char *template = text_of(step, KEY_RECOVERY_TEMPLATE);
	struct encoding_ca_request request = {
		.kind = step->request,
		.id = id,
		.template = encoding_step_template(step),
		.location = step->container->name,
		.bits = step->bits,
		.iccsn = run->iccsn,
		.subject = run->subject,
		.dummy = work->dummy,
		.withheld = run->withheld,
	};

	encoding_request_id(run->iccsn, step->application->letter,
		run->ca != NULL ? encoding_journal_job(run->journal) : "", id);
	if (step->request == REQUEST_RECOVERY && template[0] != '\0')
		request.template = template;
	if (step->request == REQUEST_PKCS10)
		request.request = jcop_blob_view(&work->request);
	else
		request.password = encoding_value_bytes(run->fields,
			&step->application->values[KEY_P12PASSWORD]);
	return request;
}

/* --- what an earlier run left --- */

static int
recall_note(struct state *state, const struct encoding_step *step,
	const char *name, struct jcop_blob *out)
{
	const char *note =
		encoding_journal_note(state->run->journal, step->id, name);

	if (note == NULL)
		return JCOP_OK;
	if (encoding_unbase64(jcop_bytes_of(note, strlen(note)), out) ==
		JCOP_OK)
		return JCOP_OK;
	return encoding_message(state->message, JCOP_ERR_MALFORMED,
		"the journal has a damaged %s for step %s; take it away to "
		"start anew",
		name, step->id);
}

/* The key that a step made, from the directory of the card. */
static int
recall_key(struct state *state, const struct encoding_step *step)
{
	const struct jcop_directory *directory = state->run->card->directory;
	struct work *work = work_of(state, step);
	const struct jcop_directory_key *key;
	int r = jcop_blob_set(&work->id, step->key_id, step->key_id_len);
	size_t i;

	for (i = 0; directory != NULL && i < directory->count && r == JCOP_OK;
		i++) {
		key = &directory->keys[i];
		if (!jcop_bytes_equal(jcop_bytes_of(key->id, key->id_len),
			    jcop_blob_view(&work->id)))
			continue;
		r = jcop_blob_set(
			&work->modulus, key->modulus.data, key->modulus.len);
		if (r == JCOP_OK)
			r = jcop_blob_set(&work->exponent, key->exponent.data,
				key->exponent.len);
	}
	return r == JCOP_OK ? r : fail(state, r);
}

static int
recall_certificate(struct state *state, const struct encoding_step *step)
{
	return recall_note(state, step, JOURNAL_CERTIFICATE,
		&work_of(state, step)->certificate);
}

/* The request of an earlier run; one for another key is of no use. */
static int
recall_request(struct state *state, const struct encoding_step *step)
{
	struct work *work = work_of(state, step);
	struct jcop_bytes request;
	int r = recall_note(state, step, JOURNAL_REQUEST, &work->request);

	request = jcop_blob_view(&work->request);
	if (r == JCOP_OK && request.len > 0 &&
		!encoding_request_fits(request, jcop_blob_view(&work->modulus),
			jcop_blob_view(&work->exponent)))
		return encoding_message(state->message, JCOP_ERR_MALFORMED,
			"the journal has a request for another key than the "
			"card; take it away to start anew");
	work->dummy = encoding_request_is_dummy(request);
	return r;
}

static int
recall(struct state *state, const struct encoding_step *step)
{
	switch (step->kind) {
	case STEP_GENERATE:
		return recall_key(state, step);
	case STEP_REQUEST:
		return recall_request(state, step);
	case STEP_ISSUE:
		return recall_certificate(state, step);
	case STEP_IMPORT:
		if (recall_key(state, step) != JCOP_OK)
			return JCOP_ERR_NO_MEMORY;
		return recall_certificate(state, step);
	default:
		return JCOP_OK;
	}
}

/* --- keys and requests --- */

/* The id that an interrupted run chose. */
static int
noted_id(const struct state *state, const struct encoding_step *step,
	struct jcop_blob *id)
{
	const char *note = encoding_journal_note(
		state->run->journal, step->id, JOURNAL_KEY_ID);

	return note != NULL && note[0] != '\0' ? jcop_blob_from_hex(id, note)
					       : JCOP_ERR_NOT_FOUND;
}

/* An id for the key to come, in the journal before the key is there; the same
 * for each attempt, so that what one began the next one knows. */
static int
choose_id(struct state *state, const struct encoding_step *step)
{
	struct jcop_blob *id = &work_of(state, step)->id;
	char text[2 * JCOP_MAX_ID + 1];
	uint8_t bytes[KEY_ID_SIZE];

	if (noted_id(state, step, id) != JCOP_OK) {
		if (RAND_bytes(bytes, sizeof(bytes)) != 1)
			return fail(state, JCOP_ERR_CRYPTO);
		if (jcop_blob_set(id, bytes, sizeof(bytes)) != JCOP_OK)
			return fail(state, JCOP_ERR_NO_MEMORY);
	}
	encoding_hex(jcop_blob_view(id), text);
	return enter(state, step, ENTRY_STARTED, JOURNAL_KEY_ID, text);
}

static int
run_generate(struct state *state, struct encoding_step *step)
{
	const struct encoding_actions *actions = state->run->actions;
	struct work *work = work_of(state, step);
	int r = choose_id(state, step);

	if (r == JCOP_OK)
		r = actions->generate(actions->context, step,
			jcop_blob_view(&work->id), encoding_step_template(step),
			&work->modulus, &work->exponent, state->message);
	return r == JCOP_OK ? enter(state, step, ENTRY_DONE, NULL, NULL) : r;
}

struct signing {
	struct state *state;
	const struct encoding_step *step;
};

static int
sign(void *context, struct jcop_bytes data, struct jcop_blob *signature,
	char *message)
{
	const struct signing *signing = context;
	const struct encoding_actions *actions = signing->state->run->actions;
	const struct work *work = work_of(signing->state, signing->step);

	return actions->sign(actions->context, signing->step,
		jcop_blob_view(&work->id), data, signature, message);
}

static int
run_request(struct state *state, struct encoding_step *step)
{
	struct work *work = work_of(state, step);
	struct signing signing = {state, step};
	const struct encoding_request_signer signer = {sign, &signing};
	int r = enter(state, step, ENTRY_STARTED, NULL, NULL);

	work->dummy = step->signer == SIGNER_DUMMY;
	if (r == JCOP_OK)
		r = encoding_request_make(state->run->subject,
			jcop_blob_view(&work->modulus),
			jcop_blob_view(&work->exponent),
			work->dummy ? NULL : &signer, &work->request,
			state->message);
	return r == JCOP_OK ? enter_bytes(state, step, ENTRY_DONE,
				      JOURNAL_REQUEST, &work->request)
			    : r;
}

/* --- the CA --- */

static int
ask_ca(struct state *state, const struct encoding_step *step,
	struct jcop_blob *answer)
{
	const struct encoding_run *run = state->run;
	char id[ENCODING_REQUEST_ID_SIZE];
	const struct encoding_ca_request request = describe(state, step, id);

	if (run->certificates != NULL)
		return encoding_ca_read(
			run->certificates, &request, answer, state->message);
	return encoding_ca_run(
		run->ca, &request, run->ca_seconds, answer, state->message);
}

static int
take_certificate(struct state *state, const struct encoding_step *step,
	const struct jcop_blob *answer)
{
	const struct encoding_actions *actions = state->run->actions;
	struct work *work = work_of(state, step);
	int checked, r = encoding_certificate_for_key(jcop_blob_view(answer),
			     jcop_blob_view(&work->modulus),
			     jcop_blob_view(&work->exponent),
			     &work->certificate, state->message);

	if (r != JCOP_OK)
		return r;
	/* One that the card cannot take is to be asked for again. Where that
	 * cannot be known now, as of a card that is gone, it is kept. */
	checked = actions->check_certificate(actions->context, step,
		jcop_blob_view(&work->certificate),
		encoding_step_template(step), state->message);
	if (checked == JCOP_ERR_UNSUPPORTED)
		return checked;
	r = enter_bytes(state, step, ENTRY_DONE, JOURNAL_CERTIFICATE,
		&work->certificate);
	return r == JCOP_OK ? checked : r;
}

static int
run_issue(struct state *state, struct encoding_step *step)
{
	struct work *work = work_of(state, step);
	struct jcop_blob answer = JCOP_BLOB_INIT;
	int r = enter(state, step, ENTRY_STARTED, NULL, NULL);

	if (r == JCOP_OK)
		r = ask_ca(state, step, &answer);
	if (r == JCOP_OK && step->request == REQUEST_PKCS10)
		r = take_certificate(state, step, &answer);
	else if (r == JCOP_OK) {
		r = jcop_blob_set(&work->answer, answer.data, answer.len);
		/* Not done before its key is on the card: no journal has it. */
		if (r != JCOP_OK)
			fail(state, r);
	}
	jcop_blob_free(&answer);
	return r;
}

/* For the next visit. */
static int
leave_request(struct state *state, const struct encoding_step *step)
{
	char id[ENCODING_REQUEST_ID_SIZE];
	const struct encoding_ca_request request = describe(state, step, id);

	if (step->kind != STEP_ISSUE || state->run->requests == NULL)
		return JCOP_OK;
	return encoding_ca_write(
		state->run->requests, &request, state->message);
}

/* The certificate is noted first: the output needs it, whatever comes. */
static int
import(struct state *state, struct encoding_step *step,
	struct encoding_pkcs12 *pkcs12)
{
	const struct encoding_actions *actions = state->run->actions;
	struct work *work = work_of(state, step);
	char text[2 * JCOP_MAX_ID + 1];
	int r = choose_id(state, step);

	if (r == JCOP_OK &&
		jcop_blob_set(&work->certificate, pkcs12->certificate.data,
			pkcs12->certificate.len) != JCOP_OK)
		r = fail(state, JCOP_ERR_NO_MEMORY);
	if (r == JCOP_OK)
		r = enter_bytes(state, step, ENTRY_STARTED, JOURNAL_CERTIFICATE,
			&work->certificate);
	if (r == JCOP_OK)
		r = actions->import(actions->context, step,
			jcop_blob_view(&work->id), encoding_step_template(step),
			pkcs12, &work->listed, state->message);
	if (r != JCOP_OK)
		return r;
	/* The key may have been there already, with another id. */
	if (jcop_blob_set(&work->id, work->listed.data, work->listed.len) !=
		JCOP_OK)
		return fail(state, JCOP_ERR_NO_MEMORY);
	encoding_hex(jcop_blob_view(&work->id), text);
	return enter(state, step, ENTRY_DONE, JOURNAL_KEY_ID, text);
}

/* The key got to the card, its certificate did not. */
static int
complete_import(struct state *state, struct encoding_step *step)
{
	const struct encoding_actions *actions = state->run->actions;
	int r = recall_key(state, step);

	if (r == JCOP_OK)
		r = recall_certificate(state, step);
	if (r == JCOP_OK)
		r = actions->certificate(actions->context, step,
			jcop_blob_view(&work_of(state, step)->certificate),
			encoding_step_template(step), state->message);
	return r == JCOP_OK ? enter(state, step, ENTRY_DONE, NULL, NULL) : r;
}

static int
run_import(struct state *state, struct encoding_step *step)
{
	struct work *work = work_of(state, step);
	const struct encoding_section *application = step->application;
	struct jcop_bytes data = jcop_blob_view(&work->answer);
	struct encoding_pkcs12 pkcs12;
	int r;

	if (step->certificate_only)
		return complete_import(state, step);
	if (data.len == 0)
		data = encoding_value_bytes(state->run->fields,
			&application->values[KEY_RECOVERY_DATA]);
	r = encoding_pkcs12_open(data,
		encoding_value_bytes(state->run->fields,
			&application->values[KEY_P12PASSWORD]),
		&pkcs12, state->message);
	if (r == JCOP_OK) {
		r = encoding_pkcs12_check_bits(
			&pkcs12, step->bits, state->message);
		if (r == JCOP_OK)
			r = import(state, step, &pkcs12);
		encoding_pkcs12_free(&pkcs12);
	}
	jcop_blob_free(&work->answer);
	return r;
}

static int
run_certificate(struct state *state, struct encoding_step *step)
{
	const struct encoding_actions *actions = state->run->actions;
	struct work *work = work_of(state, step);
	int r = enter(state, step, ENTRY_STARTED, NULL, NULL);

	if (r == JCOP_OK)
		r = actions->certificate(actions->context, step,
			jcop_blob_view(&work->certificate),
			encoding_step_template(step), state->message);
	return r == JCOP_OK ? enter(state, step, ENTRY_DONE, NULL, NULL) : r;
}

/* --- agent data --- */

size_t
encoding_settings(const struct encoding_plan *plan,
	struct encoding_setting settings[ENCODING_DATA_COUNT])
{
	const struct encoding_value *value;
	enum encoding_key_id key;
	size_t count = 0;

	for (key = KEY_FIRST_DATA; key <= KEY_LAST_DATA; key++) {
		value = &plan->encoding->description.values[key];
		if (value->kind == VALUE_ABSENT)
			continue;
		settings[count].name = encoding_keys[key].name;
		settings[count++].value =
			encoding_value_bytes(plan->fields, value);
	}
	return count;
}

static int
write_data(struct state *state)
{
	const struct encoding_run *run = state->run;
	struct encoding_setting settings[ENCODING_DATA_COUNT];
	size_t count = encoding_settings(run->plan, settings);

	return run->actions->write_data(
		run->actions->context, settings, count, state->message);
}

/* Those that [Fields] names; what was never set is empty. */
static int
read_data(struct state *state)
{
	const struct encoding_run *run = state->run;
	json_t *values = json_object(), *value;
	const struct encoding_field *field;
	int r = run->actions->read_data(
		run->actions->context, values, state->message);
	size_t i;

	for (i = 0; i < run->plan->encoding->field_count && r == JCOP_OK; i++) {
		field = &run->plan->encoding->fields[i];
		if (field->data == KEY_COUNT)
			continue;
		value = json_object_get(
			values, encoding_keys[field->data].name);
		if (value == NULL)
			value = json_string("");
		else
			json_incref(value);
		r = encoding_fields_output(run->fields, field->name, value);
		if (r != JCOP_OK)
			fail(state, r);
	}
	json_decref(values);
	return r;
}

/* --- all steps --- */

static int
act(struct state *state, const struct encoding_step *step)
{
	const struct encoding_actions *actions = state->run->actions;

	switch (step->kind) {
	case STEP_ACTIVATE:
		return actions->activate(
			actions->context, step, state->message);
	case STEP_CHANGE_PIN:
	case STEP_UNBLOCK_PUK:
	case STEP_UNBLOCK_KEYSET:
		return actions->set_pin(actions->context, step, state->message);
	case STEP_DELETE_ALL:
		return actions->delete_all(
			actions->context, step, state->message);
	case STEP_WRITE_DATA:
		return write_data(state);
	case STEP_READ_DATA:
		return read_data(state);
	default: /* a list of cards is no job for one card */
		return fail(state, JCOP_ERR_ARGUMENT);
	}
}

/* Nothing on the card tells whether a PIN was set: what was plainly refused is
 * not to be doubted by the next run. */
static int
note_refusal(struct state *state, const struct encoding_step *step, int error)
{
	char message[ENCODING_MESSAGE_SIZE];
	bool sets_pin = step->kind == STEP_CHANGE_PIN ||
			step->kind == STEP_UNBLOCK_PUK ||
			step->kind == STEP_UNBLOCK_KEYSET;

	if (sets_pin && error != JCOP_ERR_CHANNEL &&
		encoding_journal_enter(state->run->journal, step->id,
			ENTRY_NONE, NULL, NULL, message) != JCOP_OK)
		return error; /* it stays in doubt, on the safe side */
	return error;
}

/* A step that has nothing to note. */
static int
run_simple(struct state *state, struct encoding_step *step)
{
	int r = enter(state, step, ENTRY_STARTED, NULL, NULL);

	if (r != JCOP_OK)
		return r;
	r = act(state, step);
	return r == JCOP_OK ? enter(state, step, ENTRY_DONE, NULL, NULL)
			    : note_refusal(state, step, r);
}

static int
run_step(struct state *state, struct encoding_step *step)
{
	const struct encoding_actions *actions = state->run->actions;

	if (actions->starts != NULL)
		actions->starts(actions->context, step);
	switch (step->kind) {
	case STEP_GENERATE:
		return run_generate(state, step);
	case STEP_REQUEST:
		return run_request(state, step);
	case STEP_ISSUE:
		return run_issue(state, step);
	case STEP_IMPORT:
		return run_import(state, step);
	case STEP_CERTIFICATE:
		return run_certificate(state, step);
	default:
		return run_simple(state, step);
	}
}

/* What an application made, as one object. Its certificate is not known where
 * the card had all and there is no journal. */
static json_t *
made_by(struct state *state, const struct encoding_step *step)
{
	const struct work *work = work_of(state, step);
	char id[2 * JCOP_MAX_ID + 1], *base64;
	json_t *made;

	encoding_hex(jcop_blob_view(&work->id), id);
	made = json_pack(
		"{s:s, s:s}", "id", id, "location", step->container->name);
	if (made == NULL || work->certificate.len == 0)
		return made;
	base64 = encoding_base64(jcop_blob_view(&work->certificate));
	if (base64 == NULL || json_object_set_new(made, "certificate",
				      json_string(base64)) != 0) {
		json_decref(made);
		made = NULL;
	}
	free(base64);
	return made;
}

/* The field for what an application made: a list, since more than one may name
 * it. */
static int
output(struct state *state, const struct encoding_step *step)
{
	const struct encoding_value *field =
		&step->application->values[KEY_RETURN_FIELD];
	json_t *list, *made;
	int r = JCOP_ERR_NO_MEMORY;

	if (field->kind != VALUE_OUTPUT)
		return JCOP_OK;
	made = made_by(state, step);
	list = encoding_fields_list(state->run->fields, field->text);
	if (made != NULL && list != NULL &&
		json_array_append_new(list, made) == 0)
		r = JCOP_OK;
	return r == JCOP_OK ? r : fail(state, r);
}

static bool
ends_application(const struct encoding_step *step)
{
	return step->kind == STEP_IMPORT || step->kind == STEP_CERTIFICATE;
}

static int
pass_step(struct state *state, struct encoding_step *step)
{
	int r = JCOP_OK;

	if (step->state == STATE_LATER)
		return leave_request(state, step);
	if (step->state == STATE_DONE)
		r = recall(state, step);
	else
		r = run_step(state, step);
	if (r != JCOP_OK)
		return r;
	step->state = STATE_DONE;
	return ends_application(step) ? output(state, step) : JCOP_OK;
}

/* After a failure of the second PIN: which one holds. */
static const char *
which_holds(
	const struct state *state, const struct encoding_step *step, int error)
{
	const struct encoding_step *global =
		encoding_plan_find(state->run->plan, "pin");

	if (strcmp(step->id, "sign-pin") != 0 || global == NULL ||
		global->state != STATE_DONE)
		return "";
	if (error == JCOP_ERR_CHANNEL)
		return ". The global PIN has its new value; whether the "
		       "signature PIN has is not known";
	return ". The global PIN has its new value, the signature PIN has not";
}

/* The reason, with the step before it. */
static void
explain(struct state *state, const struct encoding_step *step, int error)
{
	char reason[ENCODING_MESSAGE_SIZE], what[256];

	snprintf(reason, sizeof(reason), "%s", state->message);
	encoding_step_text(step, what, sizeof(what));
	snprintf(state->message, ENCODING_MESSAGE_SIZE, "%s (%s): %.600s%s",
		step->id, what, reason, which_holds(state, step, error));
}

static void
free_works(struct state *state)
{
	struct work *work;
	size_t i;

	for (i = 0; i < ENCODING_MAX_APPLICATIONS; i++) {
		work = &state->works[i];
		jcop_blob_free(&work->id);
		jcop_blob_free(&work->modulus);
		jcop_blob_free(&work->exponent);
		jcop_blob_free(&work->request);
		jcop_blob_free(&work->certificate);
		jcop_blob_free(&work->answer);
		jcop_blob_free(&work->listed);
	}
}

int
encoding_run(struct encoding_run *run, char *message)
{
	struct state state = {.run = run, .message = message};
	struct encoding_plan *plan = run->plan;
	int r;
	size_t i;

	message[0] = '\0';
	r = encoding_journal_adopt(run->journal, plan, message);
	for (i = 0; i < plan->count && r == JCOP_OK; i++) {
		r = pass_step(&state, &plan->steps[i]);
		if (r != JCOP_OK)
			explain(&state, &plan->steps[i], r);
	}
	free_works(&state);
	return r;
}
