/*
 * pins.c: PIN verification, state, logout, and setting a PIN.
 *
 * No state is kept here and nothing is sent twice: what a PIN is, the card
 * says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/session.h"

static const struct jcop_pin_desc *
pin_desc(struct sc_card *card, enum jcop_pin pin)
{
	return &jcop_session_of(card)->description.pins[pin];
}

static int
find_pin(struct sc_card *card, int reference, enum jcop_pin *pin)
{
	int i;

	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		if (pin_desc(card, (enum jcop_pin)i)->reference != reference)
			continue;
		*pin = (enum jcop_pin)i;
		return SC_SUCCESS;
	}
	return SC_ERROR_INVALID_PIN_REFERENCE;
}

/*
 * Our application is selected before any PIN is named: a local one is there
 * only then, and after another process had the card nothing else tells whose
 * PIN a reference is.
 */
static int
reach_pins(struct sc_card *card)
{
	return jcop_select_application(card, JCOP_APP_PKI);
}

static bool
guards_deciphering(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	size_t i;

	for (i = 0; i < description->container_count; i++)
		if (description->containers[i].pin == pin &&
			description->containers[i].decipher)
			return true;
	return false;
}

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

static bool
is_numeric(struct jcop_bytes value)
{
	size_t i;

	for (i = 0; i < value.len; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
	return true;
}

int
jcop_pin_check_value(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value)
{
	const struct jcop_pin_desc *desc = pin_desc(card, pin);

	if (value.len < desc->min_length || value.len > desc->max_length)
		return jcop_explain(card, SC_ERROR_INVALID_PIN_LENGTH,
			"the %s takes %zu to %zu characters; no try was used",
			desc->label, desc->min_length, desc->max_length);
	if (desc->charset == JCOP_CHARSET_NUMERIC && !is_numeric(value))
		return jcop_explain(card, SC_ERROR_INVALID_DATA,
			"the %s takes digits only; no try was used",
			desc->label);
	return SC_SUCCESS;
}

/* What nobody could type again is no PIN. */
int
jcop_pin_check_new(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value)
{
	size_t i;

	for (i = 0; i < value.len; i++)
		if (value.data[i] < 0x20 || value.data[i] == 0x7F)
			return jcop_explain(card, SC_ERROR_INVALID_DATA,
				"the %s has a control character in it, which "
				"nobody could type; nothing was changed",
				pin_desc(card, pin)->label);
	return jcop_pin_check_value(card, pin, value);
}

/* The value as the card wants it: unpadded, or filled up. */
static int
encode_value(const struct jcop_pin_desc *desc, struct jcop_bytes value,
	struct jcop_blob *out)
{
	int r = jcop_blob_reserve(out, desc->max_length);

	if (r == JCOP_OK)
		r = jcop_blob_append(out, value.data, value.len);
	if (r == JCOP_OK && desc->padded && out->len < desc->max_length)
		r = jcop_blob_append_fill(
			out, desc->pad, desc->max_length - out->len);
	return jcop_sc_error(r);
}

static int
send_value(struct sc_card *card, uint8_t ins, uint8_t p1, enum jcop_pin pin,
	struct jcop_bytes value, unsigned int *sw)
{
	const struct jcop_pin_desc *desc = pin_desc(card, pin);
	struct jcop_apdu command = {JCOP_CLA_ISO, ins, p1, desc->reference,
		{NULL, 0}, JCOP_LE_NONE};
	struct jcop_blob encoded = JCOP_BLOB_INIT;
	int r = encode_value(desc, value, &encoded);

	if (r == SC_SUCCESS) {
		command.data = jcop_blob_view(&encoded);
		r = jcop_transmit(card, &command, NULL, sw);
	}
	jcop_blob_free(&encoded);
	return r;
}

static int
explain_refusal(struct sc_card *card, enum jcop_pin pin, unsigned int sw,
	int *tries_left)
{
	const struct jcop_pin_desc *desc = pin_desc(card, pin);
	bool user_pin = pin == JCOP_PIN_GLOBAL || pin == JCOP_PIN_SIGNATURE;

	if ((sw & 0xFFF0) == JCOP_SW_TRIES) {
		*tries_left = (int)(sw & 0xF);
		return jcop_explain(card, SC_ERROR_PIN_CODE_INCORRECT,
			"the %s is wrong; tries left: %d", desc->label,
			*tries_left);
	}
	if (sw == JCOP_SW_BLOCKED) {
		*tries_left = 0;
		return jcop_explain(card, SC_ERROR_AUTH_METHOD_BLOCKED,
			"the %s is blocked; %s", desc->label,
			user_pin ? "the PUK unblocks it, but not with this "
				   "version yet"
				 : "the issuer has to replace the card");
	}
	if (sw == JCOP_SW_NOT_USABLE)
		return jcop_explain(card, SC_ERROR_REF_DATA_NOT_USABLE,
			"the %s is not usable now: %s", desc->label,
			user_pin ? "the card has to be activated first"
				 : "not in this life cycle of the card");
	return sc_check_sw(card, sw >> 8, sw & 0xFF);
}

int
jcop_pin_verify(struct sc_card *card, enum jcop_pin pin,
	struct jcop_bytes value, int *tries_left)
{
	unsigned int sw;
	int r = jcop_pin_check_value(card, pin, value);

	if (r == SC_SUCCESS)
		r = reach_pins(card);
	if (r == SC_SUCCESS)
		r = send_value(card, JCOP_INS_VERIFY, JCOP_VERIFY_SET, pin,
			value, &sw);
	if (r != SC_SUCCESS)
		return r;
	if (sw != JCOP_SW_OK)
		return explain_refusal(card, pin, sw, tries_left);
	if (guards_deciphering(card, pin))
		jcop_offer_raw_rsa(card);
	return SC_SUCCESS;
}

int
jcop_pin_set_new(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value)
{
	unsigned int sw;
	int r = jcop_pin_check_new(card, pin, value);

	if (r == SC_SUCCESS)
		r = reach_pins(card);
	if (r == SC_SUCCESS)
		r = send_value(card, JCOP_INS_CHANGE_REFERENCE_DATA,
			JCOP_CHANGE_NEW, pin, value, &sw);
	if (r == SC_SUCCESS)
		r = sc_check_sw(card, sw >> 8, sw & 0xFF);
	return r;
}

/* VERIFY with an empty body asks and costs no try (ISO/IEC 7816-4 11.6.6) */
int
jcop_pin_state(struct sc_card *card, struct jcop_pin_state *state)
{
	const struct jcop_apdu ask = {JCOP_CLA_ISO, JCOP_INS_VERIFY,
		JCOP_VERIFY_SET, pin_desc(card, state->pin)->reference,
		{NULL, 0}, JCOP_LE_NONE};
	unsigned int sw;
	int r = reach_pins(card);

	if (r == SC_SUCCESS)
		r = jcop_transmit(card, &ask, NULL, &sw);
	if (r != SC_SUCCESS)
		return r;
	state->tries_left = -1;
	if (sw == JCOP_SW_OK) {
		state->status = JCOP_PIN_VERIFIED;
	} else if ((sw & 0xFFF0) == JCOP_SW_TRIES) {
		state->status = JCOP_PIN_UNVERIFIED;
		state->tries_left = (int)(sw & 0xF);
	} else if (sw == JCOP_SW_BLOCKED) {
		state->status = JCOP_PIN_BLOCKED;
		state->tries_left = 0;
	} else if (sw == JCOP_SW_NOT_USABLE || sw == JCOP_SW_CONDITIONS) {
		state->status = JCOP_PIN_NOT_USABLE;
	} else {
		return sc_check_sw(card, sw >> 8, sw & 0xFF);
	}
	return SC_SUCCESS;
}

static int
get_info(struct sc_card *card, enum jcop_pin pin, struct sc_pin_cmd_data *data)
{
	struct jcop_pin_state state = {pin, JCOP_PIN_NOT_USABLE, -1};
	int r = jcop_pin_state(card, &state);

	if (r != SC_SUCCESS)
		return r;
	data->pin1.max_tries = (int)pin_desc(card, pin)->tries;
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

int
jcop_pin_cmd_op(
	struct sc_card *card, struct sc_pin_cmd_data *data, int *tries_left)
{
	enum jcop_pin pin;
	int r, unused;

	if (tries_left == NULL)
		tries_left = &unused;
	*tries_left = -1;
	r = find_pin(card, data->pin_reference, &pin);
	if (r != SC_SUCCESS)
		return r;
	/* Context-specific logins are the same VERIFY. */
	if (data->pin_type != SC_AC_CHV &&
		data->pin_type != SC_AC_CONTEXT_SPECIFIC)
		return SC_ERROR_INVALID_ARGUMENTS;
	switch (data->cmd) {
	case SC_PIN_CMD_GET_INFO:
		r = get_info(card, pin, data);
		*tries_left = data->pin1.tries_left;
		return r;
	case SC_PIN_CMD_VERIFY:
		if (data->pin1.data == NULL || data->pin1.len == 0)
			return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
				"an empty %s is never sent",
				pin_desc(card, pin)->label);
		r = jcop_pin_verify(card, pin,
			jcop_bytes_of(data->pin1.data, (size_t)data->pin1.len),
			tries_left);
		data->pin1.tries_left = *tries_left;
		return r;
	default:
		return SC_ERROR_NOT_SUPPORTED;
	}
}

/* 00 20 FF P2; a PIN that is not there in this life cycle needs none. */
static int
logout(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_apdu command = {JCOP_CLA_ISO, JCOP_INS_VERIFY,
		JCOP_VERIFY_LOGOUT, pin_desc(card, pin)->reference, {NULL, 0},
		JCOP_LE_NONE};
	unsigned int sw;
	int r = jcop_transmit(card, &command, NULL, &sw);

	if (r != SC_SUCCESS || sw == JCOP_SW_NOT_USABLE ||
		sw == JCOP_SW_NOT_FOUND)
		return r;
	return sc_check_sw(card, sw >> 8, sw & 0xFF);
}

int
jcop_logout_op(struct sc_card *card)
{
	int i, r, result = reach_pins(card);

	for (i = 0; result == SC_SUCCESS && i < JCOP_PIN_COUNT; i++) {
		r = logout(card, (enum jcop_pin)i);
		if (r != SC_SUCCESS)
			result = r;
	}
	return result;
}
