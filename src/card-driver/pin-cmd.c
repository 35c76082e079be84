/*
 * pin-cmd.c: PIN operations as OpenSC asks for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "card-driver/session.h"

/*
 * OpenSC's errors are numbers, and its log is silent. People read standard
 * error of pkcs15-tool; inside a PKCS#11 application nobody does.
 */
static bool
someone_reads(const struct sc_card *card)
{
	return card->ctx->app_name != NULL &&
	       strcmp(card->ctx->app_name, "pkcs15-tool") == 0;
}

static void
say(void *context, const char *text)
{
	if (someone_reads(context))
		fprintf(stderr, "jcop45: %s\n", text);
}

static int
say_why(struct sc_card *card, int result)
{
	const struct jcop_session *session = card->drv_data;

	if (result != SC_SUCCESS && session->message[0] != '\0' &&
		someone_reads(card))
		fprintf(stderr, "jcop45: %s.\n", session->message);
	return result;
}

static int
find_pin(struct sc_card *card, int reference, enum jcop_pin *pin)
{
	int i;

	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		*pin = (enum jcop_pin)i;
		if (jcop_pin_desc(card, *pin)->reference == reference)
			return SC_SUCCESS;
	}
	return SC_ERROR_INVALID_PIN_REFERENCE;
}

static struct jcop_pin_entry
entry_of(const struct sc_pin_cmd_data *data, const struct sc_pin_cmd_pin *pin)
{
	struct jcop_pin_entry entry = {false, {NULL, 0}};

	if (pin->data != NULL && pin->len > 0)
		entry.value = jcop_bytes_of(pin->data, (size_t)pin->len);
	else if (pin->data == NULL)
		entry.pinpad = (data->flags & SC_PIN_CMD_USE_PINPAD) != 0;
	return entry;
}

/* --- state --- */

static bool
guards_user_consent(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	size_t i;

	for (i = 0; i < description->container_count; i++)
		if (description->containers[i].pin == pin &&
			description->containers[i].user_consent)
			return true;
	return false;
}

static int
get_info(struct sc_card *card, enum jcop_pin pin, struct sc_pin_cmd_data *data)
{
	struct jcop_pin_state state = {pin, JCOP_PIN_NOT_USABLE, -1};
	int r = jcop_pin_state(card, &state);

	if (r != SC_SUCCESS)
		return r;
	data->pin1.max_tries = (int)jcop_pin_desc(card, pin)->tries;
	data->pin1.tries_left = state.tries_left;
	data->pin1.logged_in = SC_PIN_STATE_LOGGED_OUT;
	if (state.status == JCOP_PIN_VERIFIED) {
		data->pin1.logged_in = SC_PIN_STATE_LOGGED_IN;
		data->pin1.tries_left = data->pin1.max_tries;
	} else if (guards_user_consent(card, pin)) {
		/* Each signature consumes the PIN's state. OpenSC's PKCS#11
		 * module would take that for a logout and close its sessions.
		 */
		data->pin1.logged_in = SC_PIN_STATE_UNKNOWN;
	}
	if (state.status == JCOP_PIN_NOT_USABLE)
		return SC_ERROR_REF_DATA_NOT_USABLE;
	return SC_SUCCESS;
}

/* --- verification --- */

/* The PUK and the transport PIN open more than their holder sees: outside an
 * operation their value is proved, and the right is dropped at once. */
static int
prove(struct sc_card *card, struct jcop_pin_try *attempt)
{
	int r = jcop_begin(card, JCOP_OP_READ);

	if (r != SC_SUCCESS)
		return r;
	jcop_session_of(card)->rights_gained = true;
	return jcop_end(card, jcop_pin_verify(card, attempt));
}

static int
verify(struct sc_card *card, enum jcop_pin pin, struct sc_pin_cmd_data *data)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_pinpad_prompt prompt = {say, card};
	const struct jcop_pin_entry entry = entry_of(data, &data->pin1);
	struct jcop_pin_state state = {.pin = pin};
	struct jcop_pin_try attempt = {.pin = pin,
		.entry = &entry,
		.prompt = &prompt,
		.tries_before = -1,
		.tries_left = -1};
	int r = SC_SUCCESS;

	if (!entry.pinpad && entry.value.len == 0)
		return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
			"an empty %s is never sent",
			jcop_pin_desc(card, pin)->label);
	if (session->operating) {
		r = jcop_pin_require(card, pin, &state);
		attempt.tries_before = state.tries_left;
	}
	if (r != SC_SUCCESS)
		return r;
	r = session->operating || jcop_pin_is_users(pin)
		    ? jcop_pin_verify(card, &attempt)
		    : prove(card, &attempt);
	data->pin1.tries_left = attempt.tries_left;
	return r;
}

/* --- new values --- */

static int
change(struct sc_card *card, enum jcop_pin pin, struct sc_pin_cmd_data *data)
{
	struct jcop_pin_change arguments = {.pin = pin,
		.old = entry_of(data, &data->pin1),
		.new = entry_of(data, &data->pin2),
		.prompt = {say, card}};
	int r = jcop_change_pin(card, &arguments);

	data->pin1.tries_left = arguments.tries_left;
	return r;
}

/* The tries that OpenSC reports after a failure are the PUK's. */
static int
unblock(struct sc_card *card, enum jcop_pin pin, struct sc_pin_cmd_data *data)
{
	struct jcop_pin_unblock arguments = {.pin = pin,
		.puk = entry_of(data, &data->pin1),
		.new = entry_of(data, &data->pin2),
		.prompt = {say, card}};
	enum jcop_pin puk = JCOP_PIN_PUK;
	int r = SC_SUCCESS;

	if (data->puk_reference != 0)
		r = find_pin(card, data->puk_reference, &puk);
	if (r == SC_SUCCESS && puk != JCOP_PIN_PUK)
		r = SC_ERROR_INVALID_PIN_REFERENCE;
	if (r != SC_SUCCESS)
		return r;
	r = jcop_unblock_pin(card, &arguments);
	data->pin1.tries_left = r == SC_SUCCESS
					? (int)jcop_pin_desc(card, pin)->tries
					: arguments.tries_left;
	return r;
}

static int
run(struct sc_card *card, enum jcop_pin pin, struct sc_pin_cmd_data *data)
{
	switch (data->cmd) {
	case SC_PIN_CMD_GET_INFO:
		return get_info(card, pin, data);
	case SC_PIN_CMD_VERIFY:
		return say_why(card, verify(card, pin, data));
	case SC_PIN_CMD_CHANGE:
		return say_why(card, change(card, pin, data));
	case SC_PIN_CMD_UNBLOCK:
		return say_why(card, unblock(card, pin, data));
	default:
		return SC_ERROR_NOT_SUPPORTED;
	}
}

int
jcop_pin_cmd_op(
	struct sc_card *card, struct sc_pin_cmd_data *data, int *tries_left)
{
	enum jcop_pin pin;
	int r = find_pin(card, data->pin_reference, &pin);

	if (tries_left != NULL)
		*tries_left = -1;
	data->pin1.tries_left = -1;
	if (r != SC_SUCCESS)
		return r;
	/* Context-specific logins are the same VERIFY. */
	if (data->pin_type != SC_AC_CHV &&
		data->pin_type != SC_AC_CONTEXT_SPECIFIC)
		return SC_ERROR_INVALID_ARGUMENTS;
	if (!jcop_session_of(card)->operating)
		jcop_session_of(card)->message[0] = '\0';
	/* What is selected and the PIN that is named there go together. */
	r = sc_lock(card);
	if (r != SC_SUCCESS)
		return r;
	r = run(card, pin, data);
	sc_unlock(card);
	if (tries_left != NULL)
		*tries_left = data->pin1.tries_left;
	return r;
}
