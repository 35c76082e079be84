/*
 * dispatch.c: one command from the wire to its answer: class, channel,
 * chaining, the command's function, GET RESPONSE.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "virtual-card/internal.h"

static const struct {
	uint8_t ins;
	bool when_terminated;
	vcard_function *function;
} commands[] = {
	{INS_SELECT, true, vcard_cmd_select},
	{INS_READ_BINARY, true, vcard_cmd_read_binary},
	{INS_GET_DATA, true, vcard_cmd_get_data},
	{INS_UPDATE_BINARY, false, vcard_cmd_update_binary},
	{INS_VERIFY, false, vcard_cmd_verify},
	{INS_CHANGE_PIN, false, vcard_cmd_change_pin},
	{INS_RESET_RETRY, false, vcard_cmd_reset_retry},
	{INS_MSE, false, vcard_cmd_mse},
	{INS_GENERAL_AUTHENTICATE, false, vcard_cmd_general_authenticate},
	{INS_GET_CHALLENGE, false, vcard_cmd_get_challenge},
	{INS_EXTERNAL_AUTHENTICATE, false, vcard_cmd_external_authenticate},
	{INS_ACTIVATE, false, vcard_cmd_activate},
	{INS_GENERATE_ODD, false, vcard_cmd_generate},
	{INS_PUT_DATA_ODD, false, vcard_cmd_put_data},
	{INS_PSO, false, vcard_cmd_pso},
};

static uint16_t
execute(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_trace *trace = card->trace;
	uint16_t sw = SW_INS;
	size_t i;

	vcard_name_command(card, command);
	trace->plain_lc = command->data.len;
	trace->plain_le = command->le;
	for (i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (commands[i].ins != command->ins)
			continue;
		if (card->state.life_cycle == VCARD_TERMINATED &&
			!commands[i].when_terminated) {
			sw = SW_CONDITIONS;
			break;
		}
		trace->executed = true;
		sw = commands[i].function(card, command, answer);
		break;
	}
	if (!vcard_sw_has_answer(sw))
		jcop_blob_clear(answer);
	trace->plain_response = answer->len;
	trace->sw = sw;
	return sw;
}

static int
put_sw(struct jcop_blob *response, unsigned int sw)
{
	int r = jcop_blob_append_u8(response, (uint8_t)(sw >> 8));

	return r != JCOP_OK ? r : jcop_blob_append_u8(response, (uint8_t)sw);
}

/* A status word before or instead of any function. */
static int
refuse(struct vcard *card, struct jcop_blob *response, uint16_t sw)
{
	card->trace->sw = sw;
	return put_sw(response, sw);
}

/* Up to LE bytes of what is pending; 61xx while more is left. */
static int
take_pending(struct vcard *card, size_t le, struct jcop_blob *response)
{
	struct vcard_pending *pending = &card->session->pending;
	size_t left = pending->len - pending->offset;
	size_t n = le < left ? le : left;
	int r = jcop_blob_append(response, pending->data + pending->offset, n);

	if (r != JCOP_OK)
		return r;
	pending->offset += n;
	left -= n;
	if (left > 0)
		return put_sw(response,
			SW_MORE | (left < 256 ? (unsigned int)left : 0));
	r = put_sw(response, pending->sw);
	vcard_session_drop_pending(card->session);
	return r;
}

static int
emit(struct vcard *card, size_t le, struct jcop_bytes body, uint16_t sw,
	struct jcop_blob *response)
{
	struct vcard_pending *pending = &card->session->pending;
	int r;

	if (body.len > le) {
		if (body.len > sizeof pending->data)
			return put_sw(response, SW_INTERNAL);
		memcpy(pending->data, body.data, body.len);
		pending->len = body.len;
		pending->offset = 0;
		pending->sw = sw;
		return take_pending(card, le, response);
	}
	r = jcop_blob_append(response, body.data, body.len);
	return r != JCOP_OK ? r : put_sw(response, sw);
}

static int
get_response(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *response)
{
	struct vcard_trace *trace = card->trace;
	int r;

	vcard_name_command(card, command);
	trace->plain_le = command->le;
	if (command->p1 != 0 || command->p2 != 0)
		return refuse(card, response, SW_P1P2);
	if (command->le == 0 || command->data.len > 0)
		return refuse(card, response, SW_LENGTH);
	if (card->session->pending.len == 0)
		return refuse(card, response, SW_CONDITIONS);
	trace->executed = true;
	r = take_pending(card, command->le, response);
	if (r == JCOP_OK) {
		const uint8_t *sw = response->data + response->len - 2;

		trace->plain_response = response->len - 2;
		trace->sw = (uint16_t)(sw[0] << 8 | sw[1]);
	}
	return r;
}

static bool
takes_extended(const struct vcard *card)
{
	return card->description.dialect.extended_length &&
	       !card->state.flags.short_only;
}

/* ISO/IEC 7816-4 5.4.1: channel number, secure messaging, chaining. */
static uint16_t
check_class(const struct vcard *card, const struct vcard_command *command)
{
	uint8_t cla = command->cla;

	if (command->extended && !takes_extended(card))
		return SW_LENGTH;
	if (cla == CLA_PROPRIETARY)
		return command->ins == INS_GET_DATA && !card->session->selected
			       ? SW_OK
			       : SW_CLA;
	if ((cla & 0xE0) != 0)
		return SW_CLA;
	if ((cla & 0x03) != 0)
		return SW_CHANNEL_NUMBER;
	if ((cla & CLA_SM) != 0 && (cla & CLA_SM) != CLA_SM)
		return SW_NO_SUCH_SM;
	if ((cla & CLA_CHAIN) != 0 && !vcard_can_chain(card))
		return SW_NO_CHAINING;
	return SW_OK;
}

/*
 * Takes a link, or the end of a chain, or a command that is no chain. After
 * 9000 the command is whole if CLA has no chain bit: its data are then put
 * together in WHOLE.
 */
static uint16_t
chain_link(struct vcard *card, struct vcard_command *command, size_t max,
	struct jcop_blob *whole)
{
	struct vcard_chain *chain = &card->session->chain;
	bool more = (command->cla & CLA_CHAIN) != 0;
	bool secured = (command->cla & CLA_SM) != 0;

	if (!chain->active && !more)
		return SW_OK;
	if (chain->active &&
		(chain->ins != command->ins || chain->p1 != command->p1 ||
			chain->p2 != command->p2 || chain->secured != secured))
		return SW_CHAIN_BROKEN;
	if (command->data.len > max - chain->len)
		return SW_LENGTH;
	if (command->data.len > 0)
		memcpy(chain->data + chain->len, command->data.data,
			command->data.len);
	chain->len += command->data.len;
	chain->active = true;
	chain->secured = secured;
	chain->ins = command->ins;
	chain->p1 = command->p1;
	chain->p2 = command->p2;
	if (more)
		return SW_OK;
	if (jcop_blob_set(whole, chain->data, chain->len) != JCOP_OK)
		return SW_INTERNAL;
	command->data = jcop_blob_view(whole);
	vcard_session_drop_chain(card->session);
	return SW_OK;
}

/* A link that waits for the next one, or a broken chain. */
static void
trace_link(struct vcard *card, const struct vcard_command *command, uint16_t sw)
{
	const struct vcard_chain *chain = &card->session->chain;
	struct vcard_command so_far = *command;

	card->trace->plain_lc = command->data.len;
	card->trace->sw = sw;
	so_far.data = jcop_bytes_of(chain->data, chain->len);
	vcard_name_command(card, &so_far);
	if (sw != SW_OK)
		vcard_session_drop_chain(card->session);
}

static bool
more_links(const struct vcard_command *command)
{
	return (command->cla & CLA_CHAIN) != 0;
}

static int
run_plain(struct vcard *card, struct vcard_command *command,
	struct jcop_blob *response)
{
	struct jcop_blob whole = JCOP_BLOB_INIT, answer = JCOP_BLOB_INIT;
	uint16_t sw = chain_link(card, command, VCARD_CHAIN_MAX, &whole);
	int r;

	if (sw != SW_OK || more_links(command)) {
		trace_link(card, command, sw);
		r = put_sw(response, sw);
		goto out;
	}
	sw = execute(card, command, &answer);
	r = emit(card, command->le, jcop_blob_view(&answer), sw, response);
	vcard_channel_switch(card);
out:
	jcop_blob_free(&whole);
	jcop_blob_free(&answer);
	return r;
}

static int
emit_secured(struct vcard *card, const struct vcard_command *outer,
	struct jcop_bytes answer, uint16_t sw, struct jcop_blob *response)
{
	struct jcop_blob wrapped = JCOP_BLOB_INIT;
	int r = vcard_channel_wrap(card, outer->ins, answer, sw, &wrapped);

	if (r == JCOP_OK)
		r = emit(card, outer->le, jcop_blob_view(&wrapped), sw,
			response);
	vcard_channel_switch(card);
	jcop_blob_free(&wrapped);
	return r;
}

/* An error of secure messaging: plain, and the channel is gone. */
static int
end_channel(struct vcard *card, struct jcop_blob *response, uint16_t sw)
{
	vcard_session_end_channel(card->session);
	vcard_session_drop_chain(card->session);
	return refuse(card, response, sw);
}

/* COMMAND is protected as a whole. */
static int
run_unwrapped(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *response)
{
	struct jcop_blob plain = JCOP_BLOB_INIT, whole = JCOP_BLOB_INIT,
			 answer = JCOP_BLOB_INIT;
	struct vcard_command inner;
	uint16_t sw = vcard_channel_unwrap(card, command, &plain, &inner);
	int r;

	if (sw != SW_OK) {
		r = end_channel(card, response, sw);
		goto out;
	}
	sw = chain_link(card, &inner, VCARD_CHAIN_MAX, &whole);
	if (sw != SW_OK || more_links(&inner))
		trace_link(card, &inner, sw);
	else
		sw = execute(card, &inner, &answer);
	r = emit_secured(card, command, jcop_blob_view(&answer), sw, response);
out:
	jcop_blob_free(&plain);
	jcop_blob_free(&whole);
	jcop_blob_free(&answer);
	return r;
}

/* Slice: what the links carry is one protected command, cut. */
static int
run_slice(struct vcard *card, struct vcard_command *command,
	struct jcop_blob *response)
{
	struct jcop_blob whole = JCOP_BLOB_INIT;
	uint16_t sw = chain_link(
		card, command, VCARD_CHAIN_MAX + VCARD_CHAIN_OVERHEAD, &whole);
	int r;

	if (sw != SW_OK)
		r = end_channel(card, response, sw);
	else if (more_links(command))
		r = refuse(card, response, SW_OK);
	else
		r = run_unwrapped(card, command, response);
	jcop_blob_free(&whole);
	return r;
}

static int
run_secured(struct vcard *card, struct vcard_command *command,
	struct jcop_blob *response)
{
	if (!card->session->channel.open)
		return end_channel(card, response, SW_SM_INCORRECT);
	if (card->description.dialect.chaining == JCOP_CHAINING_SLICE)
		return run_slice(card, command, response);
	return run_unwrapped(card, command, response);
}

int
vcard_dispatch(
	struct vcard *card, struct jcop_bytes bytes, struct jcop_blob *response)
{
	struct vcard_command command;
	bool whole = vcard_parse_command(bytes, &command);
	uint16_t sw;

	card->trace->cla = command.cla;
	card->trace->ins = command.ins;
	card->trace->p1 = command.p1;
	card->trace->p2 = command.p2;
	vcard_name_command(card, &command);
	if (whole && command.ins == INS_GET_RESPONSE && command.cla == 0)
		return get_response(card, &command, response);
	vcard_session_drop_pending(card->session);
	sw = whole ? check_class(card, &command) : SW_LENGTH;
	if (sw != SW_OK)
		return end_channel(card, response, sw);
	card->trace->secured = (command.cla & CLA_SM) != 0;
	if (card->trace->secured)
		return run_secured(card, &command, response);
	vcard_session_end_channel(card->session);
	return run_plain(card, &command, response);
}
