/*
 * encode-pins.c: the PINs of a job: from a field, from a person, or on the pad
 * of the reader.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/encode.h"
#include "tool/secret.h"

/* --- the terminal, where there is no pinentry --- */

static int
ask_terminal(void *context, const struct encoding_question *question,
	struct jcop_blob *value, char *message)
{
	const struct tool_secret secret = {
		.option = "field NAME", /* the other way to give it */
		.name = question->name,
		.is_new = question->is_new,
		.max_length = question->max_length,
		.note = question->text[0] != '\0' ? question->text : NULL,
	};

	(void)context;
	return tool_secret_read(&secret, NULL, value, message);
}

/* pinentry where it was asked for, or there is a display for it and it is
 * installed; else the terminal. */
static int
choose_asker(struct encode *encode, struct encoding_asker *asker, char *message)
{
	struct encode_dialogs *dialogs = &encode->dialogs;

	*asker = (struct encoding_asker){ask_terminal, NULL};
	if (!dialogs->pinentry_wanted && !encoding_has_display())
		return JCOP_OK;
	if (dialogs->pinentry == NULL &&
		encoding_pinentry_open(NULL, encode->hsm_variable,
			&dialogs->pinentry, message) != JCOP_OK)
		return dialogs->pinentry_wanted ? JCOP_ERR_NOT_FOUND : JCOP_OK;
	*asker = encoding_pinentry_asker(dialogs->pinentry);
	return JCOP_OK;
}

/* --- dialogs --- */

static const char *
pin_text(enum jcop_pin pin)
{
	switch (pin) {
	case JCOP_PIN_SIGNATURE:
		return "signature PIN";
	case JCOP_PIN_PUK:
		return "PUK";
	case JCOP_PIN_TRANSPORT:
		return "transport PIN";
	default:
		return "global PIN";
	}
}

/* -1 if the card does not say. */
static int
tries_left(struct encode *encode, enum jcop_pin pin)
{
	struct jcop_pin_state state = {.pin = pin, .tries_left = -1};

	if (sc_card_ctl(encode->tool->card, SC_CARDCTL_JCOP45_PIN_STATE,
		    &state) != SC_SUCCESS)
		return -1;
	return state.tries_left;
}

static int
ask(struct encode *encode, const struct encoding_pin_input *input,
	enum jcop_pin pin, enum encode_purpose purpose,
	struct encoding_answers *answers, char *message)
{
	bool signs = purpose == PURPOSE_SIGN;
	struct encoding_asker asker;
	char title[64], name[64];
	int r = choose_asker(encode, &asker, message);

	if (r != JCOP_OK)
		return r;
	snprintf(title, sizeof(title), "Card %s", encode->iccsn);
	snprintf(name, sizeof(name), "%s%s", pin_text(pin),
		signs ? ", to sign the request" : "");
	return encoding_dialog(&asker, title, name, signs ? 1 : input->fields,
		tries_left(encode, pin),
		encode->description->pins[pin].max_length, answers, message);
}

/* Nobody types the same twice: what PUK or PIN was asked for serves all steps
 * of the run. */
static int
ask_once(struct encode *encode, const struct encoding_pin_input *input,
	enum jcop_pin pin, enum encode_purpose purpose,
	struct encoding_answers **answers, char *message)
{
	struct encode_dialogs *dialogs = &encode->dialogs;
	size_t key =
		(size_t)(input->value - encode->encoding.description.values);
	int r = JCOP_OK;

	*answers = &dialogs->answers[key];
	if (!dialogs->asked[key])
		r = ask(encode, input, pin, purpose, *answers, message);
	dialogs->asked[key] = r == JCOP_OK;
	return r;
}

static bool
has_dialog(const struct encoding_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->count; i++)
		if (plan->steps[i].state == STATE_TO_DO &&
			encoding_step_uses(&plan->steps[i], PIN_DIALOG))
			return true;
	return false;
}

static bool
has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int
encode_check_dialogs(struct encode *encode)
{
	char message[ENCODING_MESSAGE_SIZE];
	struct encoding_asker asker;

	if (encode->dry_run || !has_dialog(&encode->plan))
		return TOOL_OK;
	if (choose_asker(encode, &asker, message) != JCOP_OK)
		return tool_fail(
			TOOL_SECRET, "%s; nothing was changed", message);
	if (asker.ask != ask_terminal || has_terminal())
		return TOOL_OK;
	return tool_fail(TOOL_SECRET,
		"PINs have to be asked for, and there is no terminal and no "
		"display; --pinentry asks in dialogs of pinentry. Nothing was "
		"changed");
}

void
encode_dialogs_free(struct encode_dialogs *dialogs)
{
	size_t i;

	for (i = 0; i < KEY_COUNT; i++)
		encoding_answers_free(&dialogs->answers[i]);
	encoding_pinentry_close(dialogs->pinentry);
	dialogs->pinentry = NULL;
}

int
encode_pin(struct encode *encode, const struct encoding_pin_input *input,
	enum jcop_pin pin, enum encode_purpose purpose,
	struct jcop_pin_entry *entry, char *message)
{
	struct encoding_answers *answers;
	int r;

	*entry = (struct jcop_pin_entry){input->how == PIN_PAD, {NULL, 0}};
	if (input->how == PIN_VALUE)
		entry->value =
			encoding_value_bytes(&encode->fields, input->value);
	if (input->how != PIN_DIALOG)
		return JCOP_OK;
	r = ask_once(encode, input, pin, purpose, &answers, message);
	if (r != JCOP_OK) {
		encode->status = TOOL_SECRET;
		return r;
	}
	entry->value = jcop_blob_view(
		purpose == PURPOSE_OLD ? &answers->old : &answers->value);
	return JCOP_OK;
}
