/*
 * activation.c: from the personaliser's card to the holder's, in one call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
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

/* All three values, before a try is spent on the first. */
static int
check_values(struct sc_card *card, const struct jcop_activation *activation)
{
	int r = jcop_pin_check_value(
		card, JCOP_PIN_TRANSPORT, activation->transport.value);

	if (r == SC_SUCCESS)
		r = jcop_pin_check_new(
			card, JCOP_PIN_GLOBAL, activation->global.value);
	if (r == SC_SUCCESS)
		r = jcop_pin_check_new(
			card, JCOP_PIN_SIGNATURE, activation->signature.value);
	return r;
}

static int
set_pins(struct sc_card *card, const struct jcop_activation *activation)
{
	struct jcop_session *session = card->drv_data;
	int tries_left;
	int r = jcop_select_application(card, JCOP_APP_PKI);

	if (r == SC_SUCCESS) {
		session->rights_gained = true;
		r = jcop_pin_verify(card, JCOP_PIN_TRANSPORT,
			activation->transport.value, &tries_left);
	}
	if (r == SC_SUCCESS)
		r = jcop_pin_set_new(
			card, JCOP_PIN_GLOBAL, activation->global.value);
	if (r == SC_SUCCESS)
		r = jcop_pin_set_new(
			card, JCOP_PIN_SIGNATURE, activation->signature.value);
	return r;
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

	return jcop_execute(card, &activate, NULL);
}

int
jcop_activate(struct sc_card *card, const struct jcop_activation *activation)
{
	int r = check_values(card, activation);

	if (r == SC_SUCCESS)
		r = jcop_begin(card, JCOP_OP_ACTIVATE);
	if (r != SC_SUCCESS)
		return r;
	r = check_life_cycle(card);
	/* Now: its sources may lie outside the application to be activated. */
	if (r == SC_SUCCESS)
		r = jcop_read_iccsn(card);
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = step(card, set_pins(card, activation), "setting the PINs");
	if (r == SC_SUCCESS)
		r = step(card, jcop_need_role(card), "role authentication");
	if (r == SC_SUCCESS)
		r = step(card, send_activate(card), "the last step");
	return jcop_end(card, r);
}
