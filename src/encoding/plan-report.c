/*
 * plan-report.c: a plan in words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "encoding/plan.h"

static const char *
template_of(const struct encoding_step *step)
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
		template_of(step),
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
		template_of(step));
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
			template_of(step));
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
			template_of(step));
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

static void
add_ask(json_t *asks, const struct encoding_pin_input *input, const char *one,
	const char *dialog_2, const char *dialog_3)
{
	const char *what = one;

	if (input->how != PIN_PAD && input->fields == 2)
		what = dialog_2;
	if (input->fields == 3)
		what = dialog_3;
	if (input->how == PIN_PAD)
		json_array_append_new(
			asks, json_sprintf("on the PIN pad: %s", what));
	if (input->how == PIN_DIALOG)
		json_array_append_new(
			asks, json_sprintf("in a dialog: %s", what));
	if (input->how == PIN_AUTO)
		json_array_append_new(asks,
			json_sprintf("on the PIN pad if the reader has one, "
				     "else in a dialog: %s",
				what));
}

#define ADD_ASK(asks, input, name)                        \
	add_ask(asks, input, name, "new " name ", twice", \
		"old " name ", and the new one twice")

static void
add_asks(json_t *asks, const struct encoding_step *step)
{
	if (step->state != STATE_TO_DO)
		return;
	ADD_ASK(asks, &step->transport, "transport PIN");
	ADD_ASK(asks, &step->global, "new global PIN");
	ADD_ASK(asks, &step->signature, "new signature PIN");
	ADD_ASK(asks, &step->puk, "PUK");
	if (step->kind == STEP_CHANGE_PIN && step->new.how == PIN_PAD)
		json_array_append_new(asks,
			json_sprintf("on the PIN pad: old %s, and the new one "
				     "twice",
				pin_name(step->pin)));
	else if (step->pin == JCOP_PIN_SIGNATURE)
		ADD_ASK(asks, &step->new, "signature PIN");
	else
		ADD_ASK(asks, &step->new, "global PIN");
	/* What a dialog sets is known when the request is signed. */
	if (step->signer != SIGNER_CARD ||
		(step->signer_pin.how == PIN_DIALOG &&
			step->signer_pin.fields > 1))
		return;
	if (step->container->pin == JCOP_PIN_SIGNATURE)
		ADD_ASK(asks, &step->signer_pin,
			"signature PIN, to sign the request");
	else
		ADD_ASK(asks, &step->signer_pin,
			"global PIN, to sign the request");
}

static json_t *
step_report(const struct encoding_step *step)
{
	static const char *const states[] = {
		[STATE_TO_DO] = "to do",
		[STATE_DONE] = "done",
		[STATE_LATER] = "next visit",
	};
	json_t *report = json_object(), *asks = json_array();
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
	add_asks(asks, step);
	if (json_array_size(asks) > 0)
		json_object_set(report, "asks", asks);
	json_decref(asks);
	return report;
}

json_t *
encoding_plan_report(const struct encoding_plan *plan)
{
	json_t *report = json_object(), *steps = json_array();
	unsigned int commands = 0;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		commands += plan->steps[i].commands;
		json_array_append_new(steps, step_report(&plan->steps[i]));
	}
	json_object_set_new(
		report, "description", json_string(plan->encoding->name));
	json_object_set_new(report, "steps", steps);
	if (commands > 0)
		json_object_set_new(
			report, "commands", json_integer((json_int_t)commands));
	return report;
}
