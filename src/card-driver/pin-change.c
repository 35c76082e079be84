/*
 * pin-change.c: a new value for a user PIN: with the old one, with the PUK, or
 * with the key set SK_UNBLK.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "card-driver/session.h"

/* --- what can be known before a try is spent --- */

static int
check_target(struct sc_card *card, enum jcop_pin pin)
{
	if (jcop_pin_is_users(pin))
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
		"the %s cannot be changed or unblocked; nothing was sent",
		jcop_pin_desc(card, pin)->label);
}

/* FIRST is PIN's current value, or the PUK; NULL where it plays no part. */
static int
check_first(struct sc_card *card, enum jcop_pin pin,
	const struct jcop_pin_entry *entry)
{
	if (entry->pinpad)
		return jcop_pinpad_check(card);
	if (entry->value.len == 0)
		return jcop_explain(card, SC_ERROR_INVALID_PIN_LENGTH,
			"the %s is needed; nothing was sent",
			jcop_pin_desc(card, pin)->label);
	return jcop_pin_check_value(card, pin, entry->value);
}

static int
check_new(struct sc_card *card, enum jcop_pin pin,
	const struct jcop_pin_entry *entry)
{
	if (entry->pinpad)
		return jcop_pinpad_check(card);
	if (entry->value.len == 0)
		return jcop_explain(card, SC_ERROR_INVALID_PIN_LENGTH,
			"a new %s is needed; nothing was sent",
			jcop_pin_desc(card, pin)->label);
	return jcop_pin_check_new(card, pin, entry->value);
}

/* Both values in one command: a pad has to know where the second one goes. */
static int
check_one_command(struct sc_card *card, enum jcop_pin code,
	const struct jcop_pin_entry *first, const struct jcop_pin_entry *second)
{
	if (!first->pinpad)
		return SC_SUCCESS;
	if (!second->pinpad)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"this card takes both values in one command: the new "
			"one has to be typed on the PIN pad, too, or none of "
			"them; nothing was sent");
	if (!jcop_pin_desc(card, code)->padded)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"this card takes both values in one command, and the "
			"%s has no fixed length: only the new value can be "
			"typed on the PIN pad; nothing was sent",
			jcop_pin_desc(card, code)->label);
	return SC_SUCCESS;
}

static int
check_change(struct sc_card *card, const struct jcop_pin_change *change)
{
	bool one = jcop_session_of(card)->description.dialect.change_pin ==
		   JCOP_PIN_ISO;
	int r = check_target(card, change->pin);

	if (r == SC_SUCCESS)
		r = check_first(card, change->pin, &change->old);
	if (r == SC_SUCCESS)
		r = check_new(card, change->pin, &change->new);
	if (r == SC_SUCCESS && one)
		r = check_one_command(
			card, change->pin, &change->old, &change->new);
	if (r != SC_SUCCESS || change->old.pinpad || change->new.pinpad ||
		!jcop_bytes_equal(change->old.value, change->new.value))
		return r;
	return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
		"the new %s is the old one; no try was used",
		jcop_pin_desc(card, change->pin)->label);
}

static int
check_unblock(struct sc_card *card, const struct jcop_pin_unblock *unblock)
{
	const struct jcop_dialect_desc *dialect =
		&jcop_session_of(card)->description.dialect;
	int r = check_target(card, unblock->pin);

	if (r == SC_SUCCESS && !unblock->by_keyset)
		r = check_first(card, JCOP_PIN_PUK, &unblock->puk);
	if (r == SC_SUCCESS)
		r = check_new(card, unblock->pin, &unblock->new);
	if (r == SC_SUCCESS && !unblock->by_keyset &&
		dialect->unblock_puk == JCOP_PIN_ISO)
		r = check_one_command(
			card, JCOP_PIN_PUK, &unblock->puk, &unblock->new);
	if (r == SC_SUCCESS && unblock->by_keyset && unblock->new.pinpad &&
		dialect->unblock_keyset == JCOP_UNBLOCK_CHANNEL)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"this card is unblocked inside the secure channel, "
			"where nothing typed on a PIN pad can go: supply the "
			"new %s; nothing was sent",
			jcop_pin_desc(card, unblock->pin)->label);
	return r;
}

static int
check_life_cycle(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	int r;

	session->selected_now = false; /* the FCP of now, not of before */
	r = jcop_select_application(card, JCOP_APP_PKI);
	if (r != SC_SUCCESS)
		return r;
	if (session->life_cycle == JCOP_LIFE_CYCLE_INITIALISATION)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"this card is not activated yet: its PINs are set by "
			"'jcop45-tool activate'; nothing was changed");
	if (session->life_cycle == JCOP_LIFE_CYCLE_TERMINATED)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"this card is terminated; nothing can be changed on "
			"it");
	return SC_SUCCESS;
}

int
jcop_pin_require(
	struct sc_card *card, enum jcop_pin pin, struct jcop_pin_state *state)
{
	int r;

	state->pin = pin;
	r = jcop_pin_state(card, state);
	if (r != SC_SUCCESS)
		return r;
	if (state->status == JCOP_PIN_NOT_USABLE)
		return jcop_pin_explain_unusable(card, pin);
	if (state->status == JCOP_PIN_BLOCKED)
		return jcop_pin_explain_blocked(card, pin);
	if (state->status == JCOP_PIN_VERIFIED)
		state->tries_left = (int)jcop_pin_desc(card, pin)->tries;
	return SC_SUCCESS;
}

/* Of a command that sets PIN: has it, without a clear answer? */
static int
explain_lost(struct sc_card *card, enum jcop_pin pin, int result)
{
	const struct jcop_pin_desc *desc = jcop_pin_desc(card, pin);
	char text[JCOP_MESSAGE_SIZE / 2];

	jcop_session_of(card)->pin_in_doubt = true;
	snprintf(text, sizeof(text),
		"There is no clear answer of the card: the %s may have its "
		"new value or the old one. Try the new one first (pkcs15-tool "
		"--verify-pin --auth-id %02X); if it is refused, which can "
		"cost one try of the %s, run the command again",
		desc->label, desc->auth_id, desc->label);
	return jcop_explain_more(card, result, text);
}

/* --- both values in one command, or one after the other --- */

/* 24 00 and 2C 00 */
static int
send_both(struct sc_card *card, const struct jcop_pin_command *command,
	struct jcop_pin_try *attempt)
{
	unsigned int sw = 0;
	int r = jcop_pin_send(card, command, &sw);

	if (r == SC_SUCCESS &&
		((sw & 0xFFF0) == JCOP_SW_TRIES || sw == JCOP_SW_BLOCKED))
		return jcop_pin_explain(card, attempt, sw);
	if (r == SC_SUCCESS)
		r = jcop_pin_check_set(card, command->target, sw);
	if (!jcop_outcome_unknown(r))
		return r;
	jcop_session_of(card)->rights_gained = true;
	return explain_lost(card, command->target, r);
}

/*
 * VERIFY, then the new value alone. A right that was not used is given back;
 * where the card does not say that it is gone, a reset at the end sees to it.
 */
static int
change_in_two(struct sc_card *card, const struct jcop_pin_change *change,
	struct jcop_pin_try *attempt)
{
	struct jcop_session *session = card->drv_data;
	int r = jcop_pin_verify(card, attempt);

	if (jcop_outcome_unknown(r))
		session->rights_gained = true;
	if (r != SC_SUCCESS)
		return r;
	r = jcop_pin_set_new(card, change->pin, &change->new, &change->prompt);
	if (jcop_outcome_unknown(r))
		explain_lost(card, change->pin, r);
	if (r != SC_SUCCESS && jcop_pin_logout(card, change->pin) != SC_SUCCESS)
		session->rights_gained = true;
	return r;
}

static int
send_change(struct sc_card *card, const struct jcop_pin_change *change,
	struct jcop_pin_try *attempt)
{
	const struct jcop_pin_command both = {
		.ins = JCOP_INS_CHANGE_REFERENCE_DATA,
		.p1 = JCOP_CHANGE_OLD_NEW,
		.target = change->pin,
		.code = change->pin,
		.first = &change->old,
		.second = &change->new,
		.prompt = &change->prompt,
		.changing = true};

	if (jcop_session_of(card)->description.dialect.change_pin ==
		JCOP_PIN_ISO)
		return send_both(card, &both, attempt);
	return change_in_two(card, change, attempt);
}

static int
change_pin(struct sc_card *card, struct jcop_pin_change *change)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_pin_state state = {.pin = change->pin, .tries_left = -1};
	struct jcop_pin_try attempt = {.pin = change->pin,
		.entry = &change->old,
		.prompt = &change->prompt,
		.changing = true,
		.tries_left = -1};
	int r = check_life_cycle(card);

	if (r == SC_SUCCESS)
		r = jcop_pin_require(card, change->pin, &state);
	change->tries_left = state.tries_left;
	if (r != SC_SUCCESS || change->check_only)
		return r;
	attempt.tries_before = state.tries_left;
	r = send_change(card, change, &attempt);
	if (attempt.tries_left >= 0)
		change->tries_left = attempt.tries_left;
	if (r != SC_SUCCESS)
		return r;
	change->tries_left = (int)jcop_pin_desc(card, change->pin)->tries;
	/* Whoever was not logged in before is not now: a card that does not say
	 * so is reset. */
	if (state.status != JCOP_PIN_VERIFIED &&
		jcop_pin_logout(card, change->pin) != SC_SUCCESS)
		session->rights_gained = true;
	return SC_SUCCESS;
}

int
jcop_change_pin(struct sc_card *card, struct jcop_pin_change *change)
{
	int r;

	change->tries_left = -1;
	change->in_doubt = jcop_session_of(card)->pin_in_doubt = false;
	jcop_session_of(card)->message[0] = '\0';
	r = change->check_only ? check_target(card, change->pin)
			       : check_change(card, change);
	if (r == SC_SUCCESS)
		r = jcop_begin(card,
			change->check_only ? JCOP_OP_READ : JCOP_OP_CHANGE_PIN);
	if (r != SC_SUCCESS)
		return r;
	r = change_pin(card, change);
	change->in_doubt = jcop_session_of(card)->pin_in_doubt;
	return jcop_end(card, r);
}

/* --- unblocking --- */

/* 2C 03 opens the PIN for one 24 01; its old value has all its tries then. */
static int
release(struct sc_card *card, enum jcop_pin pin)
{
	const struct jcop_pin_command command = {
		.ins = JCOP_INS_RESET_RETRY_COUNTER,
		.p1 = JCOP_RESET_ONLY,
		.target = pin};
	unsigned int sw;
	int r = jcop_pin_send(card, &command, &sw);

	if (r == SC_SUCCESS)
		r = jcop_pin_check_set(card, pin, sw);
	return r;
}

/* After 2C 03, where the new value was not taken, or nobody knows. */
static int
explain_released(struct sc_card *card, enum jcop_pin pin, int result)
{
	char text[JCOP_MESSAGE_SIZE / 4];

	if (jcop_outcome_unknown(result))
		return explain_lost(card, pin, result);
	snprintf(text, sizeof(text),
		"The %s keeps its old value, with all its tries; run the "
		"command again",
		jcop_pin_desc(card, pin)->label);
	return jcop_explain_more(card, result, text);
}

static int
unblock_in_steps(struct sc_card *card, const struct jcop_pin_unblock *unblock,
	struct jcop_pin_try *attempt)
{
	int r = jcop_pin_verify(card, attempt);

	if (r == SC_SUCCESS)
		r = release(card, unblock->pin);
	if (r != SC_SUCCESS)
		return r;
	r = jcop_pin_set_new(
		card, unblock->pin, &unblock->new, &unblock->prompt);
	if (r != SC_SUCCESS)
		explain_released(card, unblock->pin, r);
	return r;
}

static int
unblock_by_puk(struct sc_card *card, const struct jcop_pin_unblock *unblock,
	struct jcop_pin_try *attempt)
{
	const struct jcop_pin_command both = {
		.ins = JCOP_INS_RESET_RETRY_COUNTER,
		.p1 = JCOP_RESET_CODE_NEW,
		.target = unblock->pin,
		.code = JCOP_PIN_PUK,
		.first = &unblock->puk,
		.second = &unblock->new,
		.prompt = &unblock->prompt};

	jcop_session_of(card)->rights_gained = true;
	if (jcop_session_of(card)->description.dialect.unblock_puk ==
		JCOP_PIN_ISO)
		return send_both(card, &both, attempt);
	return unblock_in_steps(card, unblock, attempt);
}

/* The PIN has to be there; that it is blocked is what this is for. */
static int
require_set(struct sc_card *card, enum jcop_pin pin)
{
	struct jcop_pin_state state = {.pin = pin};
	int r = jcop_pin_state(card, &state);

	if (r == SC_SUCCESS && state.status == JCOP_PIN_NOT_USABLE)
		return jcop_pin_explain_unusable(card, pin);
	return r;
}

static int
unblock_with_puk(struct sc_card *card, struct jcop_pin_unblock *unblock)
{
	struct jcop_pin_state state = {.pin = JCOP_PIN_PUK, .tries_left = -1};
	struct jcop_pin_try attempt = {.pin = JCOP_PIN_PUK,
		.entry = &unblock->puk,
		.prompt = &unblock->prompt,
		.tries_left = -1};
	int r = check_life_cycle(card);

	if (r == SC_SUCCESS)
		r = require_set(card, unblock->pin);
	if (r == SC_SUCCESS)
		r = jcop_pin_require(card, JCOP_PIN_PUK, &state);
	unblock->tries_left = state.tries_left;
	if (r != SC_SUCCESS || unblock->check_only)
		return r;
	attempt.tries_before = state.tries_left;
	r = unblock_by_puk(card, unblock, &attempt);
	if (attempt.tries_left >= 0)
		unblock->tries_left = attempt.tries_left;
	if (r == SC_SUCCESS)
		unblock->tries_left =
			(int)jcop_pin_desc(card, JCOP_PIN_PUK)->tries;
	return r;
}

/* 2C 02 */
static int
unblock_with_keyset(
	struct sc_card *card, const struct jcop_pin_unblock *unblock)
{
	const struct jcop_pin_command command = {
		.ins = JCOP_INS_RESET_RETRY_COUNTER,
		.p1 = JCOP_RESET_NEW,
		.target = unblock->pin,
		.second = &unblock->new,
		.prompt = &unblock->prompt};
	unsigned int sw;
	int r = check_life_cycle(card);

	if (r == SC_SUCCESS)
		r = require_set(card, unblock->pin);
	if (r != SC_SUCCESS || unblock->check_only)
		return r;
	/* Now: its sources may lie outside this application. */
	r = jcop_read_iccsn(card);
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = jcop_need_role(card);
	if (r != SC_SUCCESS)
		return r;
	r = jcop_pin_send(card, &command, &sw);
	if (r == SC_SUCCESS)
		r = jcop_pin_check_set(card, unblock->pin, sw);
	return jcop_outcome_unknown(r) ? explain_lost(card, unblock->pin, r)
				       : r;
}

int
jcop_unblock_pin(struct sc_card *card, struct jcop_pin_unblock *unblock)
{
	enum jcop_operation operation = unblock->by_keyset
						? JCOP_OP_UNBLOCK_KEYSET
						: JCOP_OP_UNBLOCK_PUK;
	int r;

	unblock->tries_left = -1;
	unblock->in_doubt = jcop_session_of(card)->pin_in_doubt = false;
	jcop_session_of(card)->message[0] = '\0';
	r = unblock->check_only ? check_target(card, unblock->pin)
				: check_unblock(card, unblock);
	if (r == SC_SUCCESS)
		r = jcop_begin(
			card, unblock->check_only ? JCOP_OP_READ : operation);
	if (r != SC_SUCCESS)
		return r;
	r = unblock->by_keyset ? unblock_with_keyset(card, unblock)
			       : unblock_with_puk(card, unblock);
	unblock->in_doubt = jcop_session_of(card)->pin_in_doubt;
	return jcop_end(card, r);
}
