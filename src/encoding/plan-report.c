/*
 * plan-report.c: a plan in words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "encoding/plan.h"

/* Commands before the first step: which card it is, what is on it, who vouches
 * for it. Measured as the costs of the steps. */
#define LOOK_COST 21

const char *
encoding_step_template(const struct encoding_step *step)
{
	const struct encoding_value *value =
		&step->application->values[KEY_CERT_TEMPLATE];

	return value->text != NULL ? value->text : "";
}

/* "a key of 3072 bits in mpp" */
static void
key_text(const struct encoding_step *step, char *text, size_t size)
{
	if (step->bits > 0)
		snprintf(text, size, "a key of %u bits in %s", step->bits,
			step->container->name);
	else
		snprintf(text, size, "a key in %s", step->container->name);
}

static const char *
pin_name(enum jcop_pin pin)
{
	return pin == JCOP_PIN_SIGNATURE ? "signature PIN" : "global PIN";
}

static void
pin_text(const struct encoding_step *step, char *text, size_t size)
{
	const char *with = "";

	if (step->kind == STEP_UNBLOCK_PUK)
		with = " with the PUK";
	if (step->kind == STEP_UNBLOCK_KEYSET)
		with = " with the key set SK_UNBLK";
	snprintf(text, size, "%s the %s%s",
		step->kind == STEP_CHANGE_PIN ? "change" : "unblock",
		pin_name(step->pin), with);
}

static void
request_text(const struct encoding_step *step, char *text, size_t size)
{
	snprintf(text, size, "a request for %s, signed by %s",
		encoding_step_template(step),
		step->signer == SIGNER_CARD
			? "the key on the card"
			: "a throw-away key (no proof that the card has it)");
}

static void
issue_text(const struct encoding_step *step, char *text, size_t size)
{
	static const char *const wishes[] = {
		[REQUEST_NONE] = "",
		[REQUEST_PKCS10] = "a certificate",
		[REQUEST_ARCHIVAL] = "a key that it keeps, and its certificate",
		[REQUEST_RECOVERY] = "an archived key and its certificate",
	};

	snprintf(text, size, "ask the CA for %s, %s", wishes[step->request],
		encoding_step_template(step));
}

void
encoding_step_text(const struct encoding_step *step, char *text, size_t size)
{
	char key[JCOP_NAME_SIZE + 64] = "";

	if (step->container != NULL)
		key_text(step, key, sizeof(key));
	switch (step->kind) {
	case STEP_LIST_TOKENS:
		snprintf(text, size, "list the cards in all readers");
		return;
	case STEP_ACTIVATE:
		snprintf(text, size, "activate the card and set its PINs");
		return;
	case STEP_CHANGE_PIN:
	case STEP_UNBLOCK_PUK:
	case STEP_UNBLOCK_KEYSET:
		pin_text(step, text, size);
		return;
	case STEP_DELETE_ALL:
		snprintf(text, size, "delete all keys and certificates");
		return;
	case STEP_GENERATE:
		snprintf(text, size, "generate %s, for %s", key,
			encoding_step_template(step));
		return;
	case STEP_REQUEST:
		request_text(step, text, size);
		return;
	case STEP_ISSUE:
		issue_text(step, text, size);
		return;
	case STEP_IMPORT:
		snprintf(text, size, "import %s and its certificate", key);
		return;
	case STEP_CERTIFICATE:
		snprintf(text, size, "write the certificate of %s",
			encoding_step_template(step));
		return;
	case STEP_WRITE_DATA:
		snprintf(text, size, "update the agent data");
		return;
	case STEP_READ_DATA:
		snprintf(text, size, "read the agent data");
		return;
	}
	text[0] = '\0';
}

/* --- what is asked --- */

/* Where it goes: what a dialog has brought is not asked for again. */
struct asking {
	json_t *asks;
	const struct encoding_value *asked[KEY_COUNT];
	size_t count;
};

static bool
is_known(struct asking *asking, const struct encoding_pin_input *input)
{
	size_t i;

	if (input->how == PIN_PAD || input->value == NULL)
		return false;
	for (i = 0; i < asking->count; i++)
		if (asking->asked[i] == input->value)
			return true;
	if (asking->count < KEY_COUNT)
		asking->asked[asking->count++] = input->value;
	return false;
}

static void
add_ask(struct asking *asking, const struct encoding_pin_input *input,
	const char *one, const char *dialog_2, const char *dialog_3)
{
	const char *what = one, *where = NULL;

	if (input->how != PIN_PAD && input->fields == 2)
		what = dialog_2;
	if (input->fields == 3)
		what = dialog_3;
	if (input->how == PIN_PAD)
		where = "on the PIN pad";
	if (input->how == PIN_DIALOG)
		where = "in a dialog";
	if (input->how == PIN_AUTO)
		where = "on the PIN pad if the reader has one, else in a "
			"dialog";
	if (where != NULL && !is_known(asking, input))
		json_array_append_new(
			asking->asks, json_sprintf("%s: %s", where, what));
}

#define ADD_ASK(asking, input, name)                        \
	add_ask(asking, input, name, "new " name ", twice", \
		"old " name ", and the new one twice")

/* One that is set: on the pad, too, it is the new one that is meant. */
#define ADD_ASK_NEW(asking, input, name)                           \
	add_ask(asking, input, "new " name, "new " name ", twice", \
		"old " name ", and the new one twice")

/* Whatever its dialog would be, for a signature it is typed once. */
static void
add_signer(struct asking *asking, const struct encoding_step *step)
{
	struct encoding_pin_input input = step->signer_pin;

	if (step->signer != SIGNER_CARD)
		return;
	if (input.fields > 0)
		input.fields = 1;
	if (step->container->pin == JCOP_PIN_SIGNATURE)
		ADD_ASK(asking, &input, "signature PIN, to sign the request");
	else
		ADD_ASK(asking, &input, "global PIN, to sign the request");
}

static void
add_asks(struct asking *asking, const struct encoding_step *step)
{
	if (step->state != STATE_TO_DO)
		return;
	ADD_ASK(asking, &step->transport, "transport PIN");
	ADD_ASK_NEW(asking, &step->global, "global PIN");
	ADD_ASK_NEW(asking, &step->signature, "signature PIN");
	ADD_ASK(asking, &step->puk, "PUK");
	if (step->kind == STEP_CHANGE_PIN && step->new.how == PIN_PAD)
		json_array_append_new(asking->asks,
			json_sprintf("on the PIN pad: old %s, and the new one "
				     "twice",
				pin_name(step->pin)));
	else if (step->pin == JCOP_PIN_SIGNATURE)
		ADD_ASK_NEW(asking, &step->new, "signature PIN");
	else
		ADD_ASK_NEW(asking, &step->new, "global PIN");
	add_signer(asking, step);
}

static json_t *
step_report(const struct encoding_step *step, struct asking *asking)
{
	static const char *const states[] = {
		[STATE_TO_DO] = "to do",
		[STATE_DONE] = "done",
		[STATE_LATER] = "next visit",
	};
	json_t *report = json_object();
	char text[256];

	encoding_step_text(step, text, sizeof(text));
	json_object_set_new(report, "step", json_string(step->id));
	json_object_set_new(report, "what", json_string(text));
	json_object_set_new(report, "state", json_string(states[step->state]));
	if (step->found[0] != '\0')
		json_object_set_new(report, "found", json_string(step->found));
	if (step->commands > 0)
		json_object_set_new(report, "commands",
			json_integer((json_int_t)step->commands));
	asking->asks = json_array();
	add_asks(asking, step);
	if (json_array_size(asking->asks) > 0)
		json_object_set(report, "asks", asking->asks);
	json_decref(asking->asks);
	return report;
}

json_t *
encoding_plan_report(const struct encoding_plan *plan)
{
	json_t *report = json_object(), *steps = json_array();
	struct asking asking = {.count = 0};
	unsigned int commands = 0;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		commands += plan->steps[i].commands;
		json_array_append_new(
			steps, step_report(&plan->steps[i], &asking));
	}
	json_object_set_new(
		report, "description", json_string(plan->encoding->name));
	json_object_set_new(report, "steps", steps);
	if (commands > 0)
		json_object_set_new(report, "commands",
			json_integer((json_int_t)(commands + LOOK_COST)));
	return report;
}
