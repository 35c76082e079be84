/*
 * activation.c: from the personaliser's card to the holder's, in one call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "card-driver/session.h"

/* An activated card is refused before anything that could change it. */
static int
check_life_cycle(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	int r;

	session->selected_now = false; /* the FCP of now, not of before */
	r = jcop_select_application(card, JCOP_APP_PKI);
	if (r != SC_SUCCESS)
		return r;
	switch (session->life_cycle) {
	case JCOP_LIFE_CYCLE_INITIALISATION:
		return SC_SUCCESS;
	case JCOP_LIFE_CYCLE_ACTIVATED:
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"this card is activated already; nothing was changed");
	case JCOP_LIFE_CYCLE_TERMINATED:
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"this card is terminated; nothing can be changed on "
			"it");
	case JCOP_LIFE_CYCLE_UNKNOWN:
		break;
	}
	return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
		"the card does not tell its life cycle; nothing was changed");
}

static int
check_entry(struct sc_card *card, enum jcop_pin pin,
	const struct jcop_pin_entry *entry)
{
	if (entry->pinpad)
		return jcop_pinpad_check(card);
	if (pin == JCOP_PIN_TRANSPORT)
		return jcop_pin_check_value(card, pin, entry->value);
	return jcop_pin_check_new(card, pin, entry->value);
}

/* All three values, before a try is spent on the first. */
static int
check_values(struct sc_card *card, const struct jcop_activation *activation)
{
	int r = check_entry(card, JCOP_PIN_TRANSPORT, &activation->transport);

	if (r == SC_SUCCESS)
		r = check_entry(card, JCOP_PIN_GLOBAL, &activation->global);
	if (r == SC_SUCCESS)
		r = check_entry(
			card, JCOP_PIN_SIGNATURE, &activation->signature);
	return r;
}

/* What is typed cannot go through the channel, and a plain command would end
 * it: then all three go before it is opened. */
static bool
goes_plain(const struct jcop_activation *activation)
{
	return activation->transport.pinpad || activation->global.pinpad ||
	       activation->signature.pinpad;
}

static int
set_pins(struct sc_card *card, const struct jcop_activation *activation,
	int tries_before)
{
	const struct jcop_pinpad_prompt *prompt = &activation->prompt;
	struct jcop_pin_try attempt = {.pin = JCOP_PIN_TRANSPORT,
		.entry = &activation->transport,
		.prompt = prompt,
		.tries_before = tries_before};
	char text[JCOP_MESSAGE_SIZE / 4];
	int r;

	jcop_session_of(card)->rights_gained = true;
	r = jcop_pin_verify(card, &attempt);
	if (r == SC_SUCCESS)
		r = jcop_pin_set_new(
			card, JCOP_PIN_GLOBAL, &activation->global, prompt);
	if (r != SC_SUCCESS)
		return r;
	r = jcop_pin_set_new(
		card, JCOP_PIN_SIGNATURE, &activation->signature, prompt);
	if (r == SC_SUCCESS)
		return r;
	snprintf(text, sizeof(text),
		"The %s is set, but the card is not activated: run the command "
		"again, from the beginning",
		jcop_pin_desc(card, JCOP_PIN_GLOBAL)->label);
	return jcop_explain_more(card, r, text);
}

/* Names the step, where nothing better was said. */
static int
step(struct sc_card *card, int result, const char *what)
{
	const struct jcop_session *session = card->drv_data;

	if (result == SC_SUCCESS || session->message[0] != '\0')
		return result;
	return jcop_explain(card, result,
		"%s: %s. The card is not activated; look at jcop45-tool info "
		"and run the command again",
		what, sc_strerror(result));
}

/* ISO/IEC 7816-9 ACTIVATE FILE on the current DF, without data */
static int
send_activate(struct sc_card *card)
{
	const struct jcop_apdu activate = {JCOP_CLA_ISO, JCOP_INS_ACTIVATE,
		0x00, 0x00, {NULL, 0}, JCOP_LE_NONE};

	int r = jcop_execute(card, &activate, NULL);

	if (jcop_outcome_unknown(r))
		return jcop_explain_more(card, r,
			"There is no clear answer of the card to the last "
			"step: it may be "
			"activated. Look at 'jcop45-tool info'; if it is not, "
			"run the command again");
	return step(card, r, "the last step");
}

/* What every step begins with; nothing of it changes the card. */
static int
prepare(struct sc_card *card, struct jcop_pin_state *transport)
{
	int r = check_life_cycle(card);

	if (r == SC_SUCCESS)
		r = jcop_pin_require(card, JCOP_PIN_TRANSPORT, transport);
	/* Now: its sources may lie outside the application to be activated. */
	if (r == SC_SUCCESS)
		r = jcop_read_iccsn(card);
	return r;
}

static int
activate(struct sc_card *card, const struct jcop_activation *activation)
{
	struct jcop_pin_state transport;
	bool plain = goes_plain(activation);
	int r = prepare(card, &transport);

	if (r == SC_SUCCESS)
		r = plain ? jcop_check_channel(card) : jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = step(card, set_pins(card, activation, transport.tries_left),
			"setting the PINs");
	if (r == SC_SUCCESS && plain)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = step(card, jcop_need_role(card), "role authentication");
	if (r == SC_SUCCESS)
		r = send_activate(card);
	return r;
}

int
jcop_activate(struct sc_card *card, const struct jcop_activation *activation)
{
	int r;

	jcop_session_of(card)->message[0] = '\0';
	r = check_values(card, activation);
	if (r == SC_SUCCESS)
		r = jcop_begin(card, JCOP_OP_ACTIVATE);
	if (r != SC_SUCCESS)
		return r;
	return jcop_end(card, activate(card, activation));
}

/* --- the same in steps --- */

/* The transport PIN is not known here: whoever has it sends it, through
 * OpenSC. */
static int
authorise(struct sc_card *card, int (*by)(void *), void *context)
{
	int r = jcop_need_channel(card);

	if (r != SC_SUCCESS)
		return r;
	jcop_session_of(card)->rights_gained = true;
	return by(context);
}

int
jcop_set_pin(struct sc_card *card, const struct jcop_pin_setting *setting)
{
	const struct jcop_pin_entry entry = {false, setting->value};
	struct jcop_pin_state transport;
	int r;

	jcop_session_of(card)->message[0] = '\0';
	r = jcop_pin_check_new(card, setting->pin, setting->value);
	if (r == SC_SUCCESS)
		r = jcop_begin(card, JCOP_OP_ACTIVATE);
	if (r != SC_SUCCESS)
		return r;
	r = prepare(card, &transport);
	if (r == SC_SUCCESS)
		r = authorise(card, setting->authorise, setting->context);
	if (r == SC_SUCCESS)
		r = jcop_pin_set_new(card, setting->pin, &entry, NULL);
	return jcop_end(card, r);
}

/* Both have to be set; the card would only say that it cannot be activated. */
static int
check_pin_is_set(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, pin);
	struct jcop_pin_state state = {.pin = pin};
	int r = jcop_pin_state(card, &state);

	if (r != SC_SUCCESS || state.status != JCOP_PIN_NOT_USABLE)
		return r;
	return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
		"the %s is not set yet (pkcs15-init --store-pin --auth-id %02X "
		"--pin env:NAME --so-pin env:NAME, or 'jcop45-tool activate' "
		"for all steps); nothing was changed",
		desc->label, desc->auth_id);
}

int
jcop_finalize(
	struct sc_card *card, const struct jcop_finalization *finalization)
{
	struct jcop_pin_state transport;
	int r = jcop_begin(card, JCOP_OP_ACTIVATE);

	if (r != SC_SUCCESS)
		return r;
	r = prepare(card, &transport);
	if (r == SC_SUCCESS)
		r = check_pin_is_set(card, JCOP_PIN_GLOBAL);
	if (r == SC_SUCCESS)
		r = check_pin_is_set(card, JCOP_PIN_SIGNATURE);
	if (r == SC_SUCCESS)
		r = authorise(
			card, finalization->authorise, finalization->context);
	if (r == SC_SUCCESS)
		r = step(card, jcop_need_role(card), "role authentication");
	if (r == SC_SUCCESS)
		r = send_activate(card);
	return jcop_end(card, r);
}
