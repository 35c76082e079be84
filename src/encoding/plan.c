/*
 * plan.c: from description and fields to steps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "encoding/pkcs12.h"
#include "encoding/plan.h"

/* --- questions to a description --- */

enum encoding_key_id
encoding_pin_key(enum jcop_pin pin)
{
	switch (pin) {
	case JCOP_PIN_SIGNATURE:
		return KEY_SIGN_PIN;
	case JCOP_PIN_TRANSPORT:
		return KEY_TRANSPORT_PIN;
	case JCOP_PIN_PUK:
		return KEY_INITIAL_PUK;
	default:
		return KEY_PIN;
	}
}

struct encoding_pin_input
encoding_input(const struct encoding *encoding, enum encoding_key_id key)
{
	const struct encoding_value *value = &encoding->description.values[key];
	struct encoding_pin_input input = {PIN_NONE, 0, value};

	if (value->kind == VALUE_FIELD)
		input.how = PIN_VALUE;
	if (value->kind != VALUE_SOURCE)
		return input;
	input.fields = encoding_source_fields(value->source);
	if (encoding_source_is_auto(value->source))
		input.how = PIN_AUTO;
	else
		input.how = input.fields == 0 ? PIN_PAD : PIN_DIALOG;
	return input;
}

static bool
location_is(struct jcop_bytes location, const char *name)
{
	return location.len == strlen(name) &&
	       strncasecmp((const char *)location.data, name, location.len) ==
		       0;
}

const struct jcop_container_desc *
encoding_container(
	const struct jcop_description *description, struct jcop_bytes location)
{
	const struct jcop_container_desc *container;
	size_t i;

	for (i = 0; i < description->container_count; i++) {
		container = &description->containers[i];
		if (location_is(location, container->name))
			return container;
		if (container->pin == JCOP_PIN_SIGNATURE &&
			location_is(location, "signature"))
			return container;
	}
	return NULL;
}

enum encoding_request_kind
encoding_request_of(const struct encoding_section *application)
{
	if (encoding_is_on(application, KEY_DELETE_ALL))
		return REQUEST_NONE;
	if (encoding_is_on(application, KEY_RECOVERY_REQUEST))
		return REQUEST_RECOVERY;
	if (encoding_is_on(application, KEY_ARCHIVAL_REQUEST))
		return REQUEST_ARCHIVAL;
	return REQUEST_PKCS10;
}

/* --- making steps --- */

/* A plan that is being made. */
struct maker {
	struct encoding_plan *plan;
	const struct encoding_options *options;
};

static struct encoding_step *
add_step(struct maker *maker, enum encoding_step_kind kind,
	const struct encoding_section *application, const char *name)
{
	struct encoding_step *step;

	/* Never reached: 4 steps for each letter and 8 besides. */
	if (maker->plan->count == ENCODING_MAX_STEPS)
		return NULL;
	step = &maker->plan->steps[maker->plan->count++];
	*step = (struct encoding_step){.kind = kind};
	step->application = application;
	if (application != NULL) {
		step->line = application->line;
		snprintf(step->id, sizeof(step->id), "%c:%s",
			application->letter, name);
	} else {
		snprintf(step->id, sizeof(step->id), "%s", name);
	}
	return step;
}

static unsigned int
line_of(const struct maker *maker, enum encoding_key_id key)
{
	return maker->plan->encoding->description.values[key].line;
}

static void
plan_activation(struct maker *maker)
{
	const struct encoding *encoding = maker->plan->encoding;
	struct encoding_step *step;

	if (!encoding_is_on(&encoding->description, KEY_INIT_TOKEN))
		return;
	step = add_step(maker, STEP_ACTIVATE, NULL, "activate");
	if (step == NULL)
		return;
	step->line = line_of(maker, KEY_INIT_TOKEN);
	step->transport = encoding_input(encoding, KEY_TRANSPORT_PIN);
	step->global = encoding_input(encoding, KEY_PIN);
	step->signature = encoding_input(encoding, KEY_SIGN_PIN);
}

static enum encoding_step_kind
set_pin_kind(const struct encoding *encoding)
{
	if (encoding_has(&encoding->description, KEY_INITIAL_PUK))
		return STEP_UNBLOCK_PUK;
	if (encoding_has(&encoding->description, KEY_KEYSET_UNBLK_PIN))
		return STEP_UNBLOCK_KEYSET;
	return STEP_CHANGE_PIN;
}

static void
plan_set_pin(struct maker *maker, enum jcop_pin pin, const char *name)
{
	const struct encoding *encoding = maker->plan->encoding;
	enum encoding_key_id key = encoding_pin_key(pin);
	struct encoding_step *step;

	if (!encoding_is_on(&encoding->description, KEY_SET_PIN) ||
		!encoding_has(&encoding->description, key))
		return;
	step = add_step(maker, set_pin_kind(encoding), NULL, name);
	if (step == NULL)
		return;
	step->line = line_of(maker, key);
	step->pin = pin;
	step->new = encoding_input(encoding, key);
	if (step->kind == STEP_UNBLOCK_PUK)
		step->puk = encoding_input(encoding, KEY_INITIAL_PUK);
}

/* Deletion comes before all that the list brings, and once. */
static void
plan_deletion(struct maker *maker, const char *letters)
{
	const struct encoding_section *application;

	for (; *letters != '\0'; letters++) {
		application =
			encoding_application(maker->plan->encoding, *letters);
		if (!encoding_is_on(application, KEY_DELETE_ALL))
			continue;
		add_step(maker, STEP_DELETE_ALL, application, "delete");
		return;
	}
}

/* The PIN at hand for a container: supplied, typed for it, or set in this run.
 * One typed on a pad while it was set is not known to the host; where a dummy
 * key is allowed nobody has to type it once more. */
static void
choose_signer(const struct encoding *encoding, struct encoding_step *step)
{
	bool sets = encoding_is_on(&encoding->description, KEY_INIT_TOKEN) ||
		    encoding_is_on(&encoding->description, KEY_SET_PIN);
	bool dummy = encoding_is_on(step->application, KEY_DUMMY_KEY);

	step->signer = SIGNER_CARD;
	if (step->signer_pin.how == PIN_NONE ||
		(sets && dummy && step->signer_pin.how == PIN_PAD))
		step->signer = SIGNER_DUMMY;
}

/* Bits of the key in a PKCS#12 that is there already; 0 if it is not. */
static unsigned int
recovery_bits(const struct encoding_plan *plan,
	const struct encoding_section *application)
{
	char message[ENCODING_MESSAGE_SIZE];
	struct encoding_pkcs12 pkcs12;
	unsigned int bits;

	if (encoding_pkcs12_open(
		    encoding_value_bytes(plan->fields,
			    &application->values[KEY_RECOVERY_DATA]),
		    encoding_value_bytes(plan->fields,
			    &application->values[KEY_P12PASSWORD]),
		    &pkcs12, message) != JCOP_OK)
		return 0;
	bits = pkcs12.bits;
	encoding_pkcs12_free(&pkcs12);
	return bits;
}

static bool
has_recovery_data(const struct encoding_plan *plan,
	const struct encoding_section *application)
{
	return encoding_value_bytes(
		       plan->fields, &application->values[KEY_RECOVERY_DATA])
		       .len > 0;
}

static struct encoding_step *
add_request_step(struct maker *maker, enum encoding_step_kind kind,
	const struct encoding_section *application, const char *name)
{
	struct encoding_step *step = add_step(maker, kind, application, name);

	if (step == NULL)
		return NULL;
	step->request = encoding_request_of(application);
	step->container = encoding_container(maker->plan->description,
		encoding_value_bytes(maker->plan->fields,
			&application->values[KEY_LOCATION]));
	step->bits = application->values[KEY_KEY_SIZE].number;
	return step;
}

/* The CA is asked in another visit. */
static bool
is_later(const struct maker *maker)
{
	return !maker->options->ca && maker->options->certificates == NULL;
}

static void
plan_pkcs10(struct maker *maker, const struct encoding_section *application)
{
	static const struct {
		enum encoding_step_kind kind;
		const char *name;
		bool needs_ca;
	} parts[] = {
		{STEP_GENERATE, "generate", false},
		{STEP_REQUEST, "request", false},
		{STEP_ISSUE, "issue", true},
		{STEP_CERTIFICATE, "certificate", true},
	};
	struct encoding_step *step;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		step = add_request_step(
			maker, parts[i].kind, application, parts[i].name);
		if (step == NULL || step->container == NULL)
			return;
		if (parts[i].needs_ca && is_later(maker))
			step->state = STATE_LATER;
		if (step->kind != STEP_REQUEST)
			continue;
		step->signer_pin = encoding_input(maker->plan->encoding,
			encoding_pin_key(step->container->pin));
		choose_signer(maker->plan->encoding, step);
	}
}

static void
plan_import(struct maker *maker, const struct encoding_section *application)
{
	bool at_hand = has_recovery_data(maker->plan, application) &&
		       encoding_request_of(application) == REQUEST_RECOVERY;
	struct encoding_step *step;

	if (!at_hand) {
		step = add_request_step(
			maker, STEP_ISSUE, application, "issue");
		if (step != NULL && is_later(maker))
			step->state = STATE_LATER;
	}
	step = add_request_step(maker, STEP_IMPORT, application, "import");
	if (step == NULL)
		return;
	if (at_hand)
		step->bits = recovery_bits(maker->plan, application);
	else if (is_later(maker))
		step->state = STATE_LATER;
}

static void
plan_applications(struct maker *maker, const char *letters)
{
	const struct encoding_section *application;

	for (; *letters != '\0'; letters++) {
		application =
			encoding_application(maker->plan->encoding, *letters);
		switch (encoding_request_of(application)) {
		case REQUEST_PKCS10:
			plan_pkcs10(maker, application);
			break;
		case REQUEST_ARCHIVAL:
		case REQUEST_RECOVERY:
			plan_import(maker, application);
			break;
		case REQUEST_NONE:
			break;
		}
	}
}

static void
plan_data(struct maker *maker)
{
	const struct encoding *encoding = maker->plan->encoding;
	struct encoding_step *step;
	enum encoding_key_id key;

	for (key = KEY_FIRST_DATA; key <= KEY_LAST_DATA; key++) {
		if (!encoding_has(&encoding->description, key))
			continue;
		step = add_step(maker, STEP_WRITE_DATA, NULL, "data");
		if (step != NULL)
			step->line = line_of(maker, key);
		break;
	}
	if (!encoding_is_on(&encoding->description, KEY_READ_DATA_OBJECTS))
		return;
	step = add_step(maker, STEP_READ_DATA, NULL, "read");
	if (step != NULL)
		step->line = line_of(maker, KEY_READ_DATA_OBJECTS);
}

void
encoding_plan_make(const struct encoding *encoding,
	const struct encoding_fields *fields,
	const struct jcop_description *description,
	const struct encoding_options *options, struct encoding_plan *plan)
{
	struct maker maker = {plan, options};
	char letters[ENCODING_MAX_APPLICATIONS + 1];

	*plan = (struct encoding_plan){.encoding = encoding,
		.fields = fields,
		.description = description,
		.answers = options->certificates};
	if (encoding_is_on(&encoding->description, KEY_RETRIEVE_ALL_TOKENS)) {
		add_step(&maker, STEP_LIST_TOKENS, NULL, "list");
		return;
	}
	encoding_application_order(encoding, letters);
	plan_activation(&maker);
	plan_set_pin(&maker, JCOP_PIN_GLOBAL, "pin");
	plan_set_pin(&maker, JCOP_PIN_SIGNATURE, "sign-pin");
	plan_deletion(&maker, letters);
	plan_applications(&maker, letters);
	plan_data(&maker);
}

struct encoding_step *
encoding_plan_find(struct encoding_plan *plan, const char *id)
{
	size_t i;

	for (i = 0; i < plan->count; i++)
		if (strcmp(plan->steps[i].id, id) == 0)
			return &plan->steps[i];
	return NULL;
}

size_t
encoding_plan_count(const struct encoding_plan *plan, unsigned int kinds,
	enum encoding_step_state state)
{
	const struct encoding_step *step;
	size_t i, count = 0;

	for (i = 0; i < plan->count; i++) {
		step = &plan->steps[i];
		if ((ENCODING_KIND(step->kind) & kinds) != 0 &&
			step->state == state)
			count++;
	}
	return count;
}

bool
encoding_plan_is_complete(const struct encoding_plan *plan)
{
	return encoding_plan_count(plan, ENCODING_ALL_KINDS, STATE_DONE) ==
	       plan->count;
}

/* --- binding to a card --- */

static void
bind_input(struct encoding_pin_input *input, bool pad)
{
	if (input->how == PIN_AUTO)
		input->how = pad ? PIN_PAD : PIN_DIALOG;
}

/* Commands of a step on a card of the reference description: where long ones
 * are taken, and in short ones. Measured; directory and certificates make them
 * more or less. */
struct cost {
	unsigned int extended, short_only;
};

static const struct cost costs[] = {
	[STEP_LIST_TOKENS] = {4, 4},
	[STEP_ACTIVATE] = {11, 11},
	[STEP_CHANGE_PIN] = {6, 6},
	[STEP_UNBLOCK_PUK] = {6, 6},
	[STEP_UNBLOCK_KEYSET] = {6, 6},
	[STEP_DELETE_ALL] = {45, 175},
	[STEP_GENERATE] = {17, 20},
	[STEP_REQUEST] = {7, 7},
	[STEP_ISSUE] = {0, 0},
	[STEP_IMPORT] = {37, 43},
	[STEP_CERTIFICATE] = {18, 33},
	[STEP_WRITE_DATA] = {13, 13},
	[STEP_READ_DATA] = {4, 4},
};

static unsigned int
estimate(const struct encoding_step *step, const struct encoding_card *card)
{
	const struct cost *cost = &costs[step->kind];

	if (step->state != STATE_TO_DO)
		return 0;
	if (step->kind == STEP_REQUEST && step->signer != SIGNER_CARD)
		return 0;
	return card->info.extended_length ? cost->extended : cost->short_only;
}

void
encoding_plan_bind(struct encoding_plan *plan, const struct encoding_card *card)
{
	struct encoding_step *step;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		step = &plan->steps[i];
		bind_input(&step->transport, card->pad_verify);
		bind_input(&step->global, card->pad_modify);
		bind_input(&step->signature, card->pad_modify);
		bind_input(&step->puk, card->pad_verify);
		bind_input(&step->new, card->pad_modify);
		bind_input(&step->signer_pin, card->pad_verify);
		if (step->kind == STEP_REQUEST)
			choose_signer(plan->encoding, step);
		step->commands = estimate(step, card);
	}
}

static const struct encoding_pin_input *
input_at(const struct encoding_step *step, size_t i)
{
	const struct encoding_pin_input *const inputs[] = {&step->transport,
		&step->global, &step->signature, &step->puk, &step->new,
		step->signer == SIGNER_CARD ? &step->signer_pin : NULL};

	return inputs[i];
}
#define INPUTS 6

bool
encoding_step_uses(const struct encoding_step *step, enum encoding_pin_how how)
{
	const struct encoding_pin_input *input;
	size_t i;

	for (i = 0; i < INPUTS; i++) {
		input = input_at(step, i);
		if (input != NULL && input->how == how)
			return true;
	}
	return false;
}

enum jcop_operation
encoding_step_operation(enum encoding_step_kind kind)
{
	switch (kind) {
	case STEP_ACTIVATE:
		return JCOP_OP_ACTIVATE;
	case STEP_CHANGE_PIN:
		return JCOP_OP_CHANGE_PIN;
	case STEP_UNBLOCK_PUK:
		return JCOP_OP_UNBLOCK_PUK;
	case STEP_UNBLOCK_KEYSET:
		return JCOP_OP_UNBLOCK_KEYSET;
	case STEP_DELETE_ALL:
		return JCOP_OP_DELETE;
	case STEP_GENERATE:
		return JCOP_OP_GENERATE;
	case STEP_IMPORT:
		return JCOP_OP_IMPORT;
	case STEP_CERTIFICATE:
		return JCOP_OP_WRITE_CERTIFICATE;
	case STEP_WRITE_DATA:
		return JCOP_OP_WRITE_DATA;
	case STEP_REQUEST:
	case STEP_ISSUE:
	case STEP_READ_DATA:
	case STEP_LIST_TOKENS:
		break;
	}
	return JCOP_OP_READ;
}
