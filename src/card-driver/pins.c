/*
 * pins.c: one PIN command at a time: values, verification, state, logout.
 *
 * No state is kept here and nothing is sent twice: what a PIN is, the card
 * says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "card-driver/session.h"

const struct jcop_pin_desc *
jcop_pin_desc(struct sc_card *card, enum jcop_pin pin)
{
	return &jcop_session_of(card)->description.pins[pin];
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

bool
jcop_pin_is_users(enum jcop_pin pin)
{
	return pin == JCOP_PIN_GLOBAL || pin == JCOP_PIN_SIGNATURE;
}

/* --- values --- */

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
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, pin);

	if (value.len < desc->min_length || value.len > desc->max_length)
		return jcop_explain(card, SC_ERROR_INVALID_PIN_LENGTH,
			"the %s takes %zu to %zu characters; no try was used",
			desc->label, desc->min_length, desc->max_length);
	if (desc->charset == JCOP_CHARSET_NUMERIC && !is_numeric(value))
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"the %s takes digits only; no try was used",
			desc->label);
	return SC_SUCCESS;
}

/* What nobody could type again is no PIN; padding would end with the value. */
int
jcop_pin_check_new(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value)
{
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, pin);
	size_t i;

	for (i = 0; i < value.len; i++)
		if (value.data[i] < 0x20 || value.data[i] == 0x7F)
			return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
				"the %s has a control character in it, which "
				"nobody could type; nothing was changed",
				desc->label);
	if (desc->padded && value.len > 0 &&
		value.data[value.len - 1] == desc->pad)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"the %s cannot end with the character that fills it "
			"up; nothing was changed",
			desc->label);
	return jcop_pin_check_value(card, pin, value);
}

/* The value as the card wants it: unpadded, or filled up. Of one that is
 * typed its place: empty, or as long as it will be. */
static int
append_value(const struct jcop_pin_desc *desc,
	const struct jcop_pin_entry *entry, struct jcop_blob *out)
{
	size_t len = entry->pinpad ? 0 : entry->value.len;
	int r = JCOP_OK;

	if (len > 0)
		r = jcop_blob_append(out, entry->value.data, len);
	if (r == JCOP_OK && desc->padded && len < desc->max_length)
		r = jcop_blob_append_fill(
			out, desc->pad, desc->max_length - len);
	return r;
}

/* The data of COMMAND, and where in it the second value is. */
static int
encode(struct sc_card *card, const struct jcop_pin_command *command,
	struct jcop_blob *data, size_t *second_at)
{
	int r = jcop_blob_reserve(data, JCOP_SHORT_MAX);

	if (r == JCOP_OK && command->first != NULL)
		r = append_value(jcop_pin_desc(card, command->code),
			command->first, data);
	*second_at = data->len;
	if (r == JCOP_OK && command->second != NULL)
		r = append_value(jcop_pin_desc(card, command->target),
			command->second, data);
	return jcop_sc_error(r);
}

static int
send_supplied(struct sc_card *card, const struct jcop_pin_command *command,
	const struct jcop_blob *data, unsigned int *sw)
{
	const struct jcop_apdu apdu = {JCOP_CLA_ISO, command->ins, command->p1,
		jcop_pin_desc(card, command->target)->reference,
		jcop_blob_view(data), JCOP_LE_NONE};

	return jcop_transmit(card, &apdu, NULL, sw);
}

int
jcop_pin_send(struct sc_card *card, const struct jcop_pin_command *command,
	unsigned int *sw)
{
	struct jcop_blob data = JCOP_BLOB_INIT;
	size_t second_at = 0;
	int r = reach_pins(card);

	if (r == SC_SUCCESS)
		r = encode(card, command, &data, &second_at);
	if (r == SC_SUCCESS && jcop_pinpad_needed(command))
		r = jcop_pinpad_send(
			card, command, jcop_blob_view(&data), second_at, sw);
	else if (r == SC_SUCCESS)
		r = send_supplied(card, command, &data, sw);
	jcop_blob_free(&data);
	return r;
}

/* --- what the card answered --- */

bool
jcop_outcome_unknown(int result)
{
	switch (result) {
	case SC_ERROR_CARD_REMOVED:
	case SC_ERROR_CARD_NOT_PRESENT:
	case SC_ERROR_CARD_RESET:
	case SC_ERROR_CARD_UNRESPONSIVE:
	case SC_ERROR_READER:
	case SC_ERROR_READER_DETACHED:
	case SC_ERROR_READER_REATTACHED:
	case SC_ERROR_NO_READERS_FOUND:
	case SC_ERROR_TRANSMIT_FAILED:
	case SC_ERROR_SM_AUTHENTICATION_FAILED:
	/* an answer without a status word, or with one that tells nothing, see
	 * jcop_pin_check_set */
	case SC_ERROR_UNKNOWN_DATA_RECEIVED:
	case SC_ERROR_MEMORY_FAILURE:
	case SC_ERROR_CARD_CMD_FAILED:
		return true;
	}
	return false;
}

int
jcop_explain_more(struct sc_card *card, int result, const char *more)
{
	char why[JCOP_MESSAGE_SIZE];

	memcpy(why, jcop_session_of(card)->message, sizeof(why));
	return jcop_explain(card, result, "%.500s. %s",
		why[0] != '\0' ? why : sc_strerror(result), more);
}

/* What whoever stands there with a blocked PIN can do. */
static void
next_step(struct sc_card *card, enum jcop_pin pin, char *text, size_t size)
{
	const char *name = jcop_pin_name(pin);

	if (jcop_pin_is_users(pin))
		snprintf(text, size,
			"unblock it with the PUK (jcop45-tool unblock-pin "
			"--which %s, or pkcs15-tool --unblock-pin --auth-id "
			"%02X) or with the key set SK_UNBLK (jcop45-tool "
			"unblock-pin --which %s --keyset)",
			name, jcop_pin_desc(card, pin)->auth_id, name);
	else if (pin == JCOP_PIN_PUK)
		snprintf(text, size,
			"PINs can still be unblocked with the key set SK_UNBLK "
			"(jcop45-tool unblock-pin --keyset), else the issuer "
			"has to replace the card");
	else
		snprintf(text, size, "the issuer has to replace the card");
}

int
jcop_pin_explain_blocked(struct sc_card *card, enum jcop_pin pin)
{
	char text[JCOP_MESSAGE_SIZE / 2];

	next_step(card, pin, text, sizeof(text));
	return jcop_explain(card, SC_ERROR_AUTH_METHOD_BLOCKED,
		"the %s is blocked; %s", jcop_pin_desc(card, pin)->label, text);
}

int
jcop_pin_explain_unusable(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, pin);
	const char *why =
		pin == JCOP_PIN_TRANSPORT
			? "it serves for activation only, and this card is "
			  "activated or terminated"
			: "the card has to be activated first (jcop45-tool "
			  "activate)";

	if (jcop_session_of(card)->life_cycle == JCOP_LIFE_CYCLE_TERMINATED)
		why = "this card is terminated";
	return jcop_explain(card, SC_ERROR_REF_DATA_NOT_USABLE,
		"the %s is not usable now: %s", desc->label, why);
}

static int
explain_wrong(struct sc_card *card, const struct jcop_pin_try *attempt)
{
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, attempt->pin);
	char text[JCOP_MESSAGE_SIZE / 2] = "", before[32] = "";

	if (attempt->tries_before >= 0)
		snprintf(before, sizeof(before), " (%d before)",
			attempt->tries_before);
	if (attempt->tries_left == 0)
		next_step(card, attempt->pin, text, sizeof(text));
	return jcop_explain(card, SC_ERROR_PIN_CODE_INCORRECT,
		"the %s is wrong; tries left: %d%s%s%s", desc->label,
		attempt->tries_left, before,
		text[0] != '\0' ? "; it is blocked now: " : "", text);
}

/* A value that is stored already, before the card is activated */
static bool
is_too_early(struct sc_card *card, unsigned int sw)
{
	return sw == JCOP_SW_CONDITIONS &&
	       jcop_session_of(card)->life_cycle ==
		       JCOP_LIFE_CYCLE_INITIALISATION;
}

static int
explain_other(struct sc_card *card, enum jcop_pin pin, unsigned int sw)
{
	int r = sc_check_sw(card, sw >> 8, sw & 0xFF);

	if (r == SC_SUCCESS)
		return r;
	return jcop_explain(card, r,
		"the card answered %04X to the %s (%s); look at 'jcop45-tool "
		"info', which shows the tries left, before you run the command "
		"again",
		sw, jcop_pin_desc(card, pin)->label, sc_strerror(r));
}

int
jcop_pin_explain(
	struct sc_card *card, struct jcop_pin_try *attempt, unsigned int sw)
{
	if ((sw & 0xFFF0) == JCOP_SW_TRIES) {
		attempt->tries_left = (int)(sw & 0xF);
		return explain_wrong(card, attempt);
	}
	if (sw == JCOP_SW_BLOCKED) {
		attempt->tries_left = 0;
		return jcop_pin_explain_blocked(card, attempt->pin);
	}
	if (sw == JCOP_SW_NOT_USABLE || is_too_early(card, sw))
		return jcop_pin_explain_unusable(card, attempt->pin);
	return explain_other(card, attempt->pin, sw);
}

int
jcop_pin_verify(struct sc_card *card, struct jcop_pin_try *attempt)
{
	const struct jcop_pin_command verify = {.ins = JCOP_INS_VERIFY,
		.p1 = JCOP_VERIFY_SET,
		.target = attempt->pin,
		.code = attempt->pin,
		.first = attempt->entry,
		.prompt = attempt->prompt,
		.changing = attempt->changing};
	unsigned int sw;
	int r = SC_SUCCESS;

	attempt->tries_left = -1;
	if (!attempt->entry->pinpad)
		r = jcop_pin_check_value(
			card, attempt->pin, attempt->entry->value);
	if (r == SC_SUCCESS)
		r = jcop_pin_send(card, &verify, &sw);
	if (r != SC_SUCCESS)
		return r;
	if (sw != JCOP_SW_OK)
		return jcop_pin_explain(card, attempt, sw);
	if (guards_deciphering(card, attempt->pin))
		jcop_offer_raw_rsa(card);
	return SC_SUCCESS;
}

int
jcop_pin_set_new(struct sc_card *card, enum jcop_pin pin,
	const struct jcop_pin_entry *entry,
	const struct jcop_pinpad_prompt *prompt)
{
	const struct jcop_pin_command set = {
		.ins = JCOP_INS_CHANGE_REFERENCE_DATA,
		.p1 = JCOP_CHANGE_NEW,
		.target = pin,
		.second = entry,
		.prompt = prompt};
	unsigned int sw;
	int r = SC_SUCCESS;

	if (!entry->pinpad)
		r = jcop_pin_check_new(card, pin, entry->value);
	if (r == SC_SUCCESS)
		r = jcop_pin_send(card, &set, &sw);
	if (r == SC_SUCCESS)
		r = jcop_pin_check_set(card, pin, sw);
	return r;
}

/* Nothing was changed, by ISO/IEC 7816-4 table 5; 65xx says that something may
 * have been, and 6Fxx nothing at all. */
static bool
is_refusal(unsigned int sw)
{
	unsigned int sw1 = sw >> 8;

	return sw1 >= 0x62 && sw1 <= 0x6E && sw1 != 0x65;
}

int
jcop_pin_check_set(struct sc_card *card, enum jcop_pin pin, unsigned int sw)
{
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, pin);
	int r = sc_check_sw(card, sw >> 8, sw & 0xFF);

	if (r == SC_SUCCESS)
		return r;
	if (sw == JCOP_SW_WRONG_DATA)
		return jcop_explain(card, SC_ERROR_INVALID_PIN_LENGTH,
			"the card refused the new %s: it takes %zu to %zu %s; "
			"no try was used",
			desc->label, desc->min_length, desc->max_length,
			desc->charset == JCOP_CHARSET_NUMERIC ? "digits"
							      : "characters");
	if (sw == JCOP_SW_SECURITY_STATUS)
		return jcop_explain(card,
			SC_ERROR_SECURITY_STATUS_NOT_SATISFIED,
			"the card did not accept the right to set the %s; "
			"nothing was changed",
			desc->label);
	if (jcop_outcome_unknown(r) && !is_refusal(sw))
		return jcop_explain(card, r,
			"setting the %s: the card answered %04X (%s), which "
			"does not tell what it did",
			desc->label, sw, sc_strerror(r));
	return jcop_explain(card,
		jcop_outcome_unknown(r) ? SC_ERROR_NOT_ALLOWED : r,
		"setting the %s: the card answered %04X (%s); as far as is "
		"known it did not take the new value, and no try was used. "
		"Look at 'jcop45-tool info' before you run the command again",
		desc->label, sw, sc_strerror(r));
}

/* --- state --- */

/* VERIFY with an empty body asks and costs no try (ISO/IEC 7816-4 11.6.6) */
int
jcop_pin_state(struct sc_card *card, struct jcop_pin_state *state)
{
	const struct jcop_apdu ask = {JCOP_CLA_ISO, JCOP_INS_VERIFY,
		JCOP_VERIFY_SET, jcop_pin_desc(card, state->pin)->reference,
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

/* 00 20 FF P2; a PIN that is not there in this life cycle needs none. */
int
jcop_pin_logout(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_apdu command = {JCOP_CLA_ISO, JCOP_INS_VERIFY,
		JCOP_VERIFY_LOGOUT, jcop_pin_desc(card, pin)->reference,
		{NULL, 0}, JCOP_LE_NONE};
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
		r = jcop_pin_logout(card, (enum jcop_pin)i);
		if (r != SC_SUCCESS)
			result = r;
	}
	return result;
}
