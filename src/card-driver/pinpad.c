/*
 * pinpad.c: secrets that are typed on the PIN pad of the reader and never
 * enter the host (PC/SC part 10, by OpenSC's reader driver).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "card-driver/session.h"

/* Where OpenSC's reader drivers count the place of a PIN from: behind the
 * header and the length byte of a short command. */
#define COMMAND_HEADER 5

static bool
is_typed(const struct jcop_pin_entry *entry)
{
	return entry != NULL && entry->pinpad;
}

bool
jcop_pinpad_needed(const struct jcop_pin_command *command)
{
	return is_typed(command->first) || is_typed(command->second);
}

int
jcop_pinpad_check(struct sc_card *card)
{
	const struct sc_reader *reader = card->reader;

	if ((reader->capabilities & SC_READER_CAP_PIN_PAD) &&
		reader->ops->perform_verify != NULL)
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
		"the reader '%s' has no PIN pad; nothing was sent",
		reader->name);
}

/* What the pad asks for, in its order. */
static void
describe(struct sc_card *card, const struct jcop_pin_command *command,
	char *text, size_t size)
{
	const char *target = jcop_pin_desc(card, command->target)->label;
	const char *old = command->changing ? "old " : "";

	if (!is_typed(command->second))
		snprintf(text, size, "type the %s%s", old,
			jcop_pin_desc(card, command->code)->label);
	else if (!is_typed(command->first))
		snprintf(text, size, "type the new %s, and once more", target);
	else
		snprintf(text, size,
			"type the %s%s, then the new %s, and the new one once "
			"more",
			old, jcop_pin_desc(card, command->code)->label, target);
}

static void
say_what_to_type(struct sc_card *card, const struct jcop_pin_command *command)
{
	char what[JCOP_MESSAGE_SIZE / 4], text[JCOP_MESSAGE_SIZE / 2];

	if (command->prompt == NULL || command->prompt->say == NULL)
		return;
	describe(card, command, what, sizeof(what));
	snprintf(text, sizeof(text), "On the PIN pad of the reader: %s.", what);
	command->prompt->say(command->prompt->context, text);
}

static void
fill_pin(const struct jcop_pin_desc *desc, size_t offset,
	struct sc_pin_cmd_pin *pin)
{
	pin->encoding = SC_PIN_ENCODING_ASCII;
	pin->min_length = desc->min_length;
	pin->max_length = desc->max_length;
	pin->pad_length = desc->padded ? desc->max_length : 0;
	pin->pad_char = desc->pad;
	pin->offset = COMMAND_HEADER + offset;
}

static void
fill_apdu(struct sc_card *card, const struct jcop_pin_command *command,
	struct jcop_bytes data, struct sc_apdu *apdu)
{
	static const uint8_t nothing;

	memset(apdu, 0, sizeof(*apdu));
	apdu->cse = SC_APDU_CASE_3_SHORT; /* the pad fills it in */
	apdu->cla = JCOP_CLA_ISO;
	apdu->ins = command->ins;
	apdu->p1 = command->p1;
	apdu->p2 = jcop_pin_desc(card, command->target)->reference;
	apdu->data = data.len > 0 ? data.data : &nothing;
	apdu->datalen = apdu->lc = data.len;
}

/* OpenSC's words for what is typed: an old value alone is a verification, a new
 * one alone an implicit change. */
static void
fill_request(struct sc_card *card, const struct jcop_pin_command *command,
	size_t second_at, struct sc_apdu *apdu, struct sc_pin_cmd_data *request)
{
	memset(request, 0, sizeof(*request));
	request->apdu = apdu;
	request->pin_type = SC_AC_CHV;
	request->pin_reference = apdu->p2;
	request->flags = SC_PIN_CMD_USE_PINPAD;
	fill_pin(jcop_pin_desc(card, command->code), 0, &request->pin1);
	fill_pin(jcop_pin_desc(card, command->target), second_at,
		&request->pin2);
	request->cmd = SC_PIN_CMD_VERIFY;
	if (is_typed(command->second))
		request->cmd = SC_PIN_CMD_CHANGE;
	if (is_typed(command->second) && !is_typed(command->first))
		request->flags |= SC_PIN_CMD_IMPLICIT_CHANGE;
	if (jcop_pin_desc(card, command->code)->padded)
		request->flags |= SC_PIN_CMD_NEED_PADDING;
}

static int
explain(struct sc_card *card, const struct jcop_pin_command *command, int error)
{
	char what[JCOP_MESSAGE_SIZE / 4];
	const char *why;

	switch (error) {
	case SC_ERROR_KEYPAD_TIMEOUT:
		why = "nothing was typed in time";
		break;
	case SC_ERROR_KEYPAD_CANCELLED:
		why = "the entry was cancelled";
		break;
	case SC_ERROR_KEYPAD_PIN_MISMATCH:
		why = "the second time something else was typed";
		break;
	case SC_ERROR_INVALID_PIN_LENGTH:
		why = "what was typed is too short or too long";
		break;
	case SC_ERROR_READER:
	case SC_ERROR_NOT_SUPPORTED:
		why = "this reader's pad cannot do that";
		break;
	default:
		return error;
	}
	describe(card, command, what, sizeof(what));
	return jcop_explain(card,
		error == SC_ERROR_READER ? SC_ERROR_NOT_SUPPORTED : error,
		"PIN pad (%s): %s; no try was used", what, why);
}

int
jcop_pinpad_send(struct sc_card *card, const struct jcop_pin_command *command,
	struct jcop_bytes data, size_t second_at, unsigned int *sw)
{
	struct jcop_session *session = card->drv_data;
	struct sc_pin_cmd_data request;
	struct sc_apdu apdu;
	int debug = card->ctx->debug;
	int r = jcop_pinpad_check(card);

	if (r != SC_SUCCESS)
		return r;
	/* What is typed leaves the reader unprotected. */
	if (session->channel.open || session->channel_required)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"what is typed on a PIN pad cannot go through the "
			"secure channel; nothing was typed");
	say_what_to_type(card, command);
	fill_apdu(card, command, data, &apdu);
	fill_request(card, command, second_at, &apdu, &request);
	/* OpenSC would log the command, where the other secret may be. */
	card->ctx->debug = 0;
	r = card->reader->ops->perform_verify(card->reader, &request);
	card->ctx->debug = debug;
	if (r == SC_ERROR_CARD_RESET || r == SC_ERROR_CARD_REMOVED ||
		r == SC_ERROR_READER_REATTACHED)
		jcop_session_forget(card, true);
	if (r != SC_SUCCESS)
		return explain(card, command, r);
	*sw = apdu.sw1 << 8 | apdu.sw2;
	return SC_SUCCESS;
}
