/*
 * sm-hooks.c: OpenSC's hooks for secure messaging: wrap one command, unwrap
 * its answer. They never let a command through unprotected.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/session.h"

/* GET RESPONSE at most this often for one answer: 65536 bytes in short ones */
#define GET_RESPONSE_MAX 260

int
jcop_sm_protect(struct sc_card *card, const struct sc_apdu *plain,
	struct jcop_apdu *wrapped)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_channel *channel = &session->channel;
	const struct jcop_apdu command = {(uint8_t)plain->cla, plain->ins,
		plain->p1, plain->p2, {plain->data, plain->datalen}, plain->le};

	if (!jcop_channel_usable(card))
		return SC_ERROR_SM_NOT_INITIALIZED;
	if (jcop_sm_wrap(&channel->sm, &command, &channel->wire_command,
		    wrapped) != JCOP_OK)
		return SC_ERROR_SM_ENCRYPT_FAILED;
	return SC_SUCCESS;
}

static int
get_sm_apdu(struct sc_card *card, struct sc_apdu *plain, struct sc_apdu **out)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_channel *channel = &session->channel;
	struct sc_apdu *wire = &channel->apdu;
	struct jcop_apdu wrapped;
	int r = jcop_sm_protect(card, plain, &wrapped);

	*out = NULL;
	if (r != SC_SUCCESS)
		return r;
	memset(wire, 0, sizeof(*wire));
	wire->cla = wrapped.cla;
	wire->ins = wrapped.ins;
	wire->p1 = wrapped.p1;
	wire->p2 = wrapped.p2;
	wire->data = wrapped.data.data;
	wire->datalen = wire->lc = wrapped.data.len;
	wire->le = wrapped.le;
	wire->resp = channel->wire_response.data;
	wire->resplen = channel->wire_response.capacity;
	wire->flags = SC_APDU_FLAGS_NO_GET_RESP;
	/* An answer always comes: at least DO 99 and DO 8E. */
	wire->cse = jcop_apdu_is_extended(&wrapped) ? SC_APDU_CASE_4_EXT
						    : SC_APDU_CASE_4_SHORT;
	*out = wire;
	return SC_SUCCESS;
}

/* ISO/IEC 7816-4 7.6.1: what is left of a long answer, never protected. */
static int
fetch_rest(struct sc_card *card, struct sc_apdu *wire)
{
	const struct jcop_session *session = card->drv_data;
	size_t capacity = session->channel.wire_response.capacity;
	int i, r;

	for (i = 0; wire->sw1 == JCOP_SW1_MORE && i < GET_RESPONSE_MAX; i++) {
		size_t room = capacity - wire->resplen;
		struct sc_apdu more;

		memset(&more, 0, sizeof(more));
		more.cse = SC_APDU_CASE_2_SHORT;
		more.ins = JCOP_INS_GET_RESPONSE;
		more.le = wire->sw2 != 0 ? wire->sw2 : 256;
		more.flags = SC_APDU_FLAGS_NO_SM | SC_APDU_FLAGS_NO_GET_RESP |
			     SC_APDU_FLAGS_NO_RETRY_WL;
		more.resp = wire->resp + wire->resplen;
		more.resplen = room < 256 ? room : 256;
		if (more.resplen < more.le)
			return SC_ERROR_BUFFER_TOO_SMALL;
		r = sc_transmit_apdu(card, &more);
		if (r != SC_SUCCESS)
			return r;
		if (more.resplen == 0)
			break; /* it promised more */
		wire->resplen += more.resplen;
		wire->sw1 = more.sw1;
		wire->sw2 = more.sw2;
	}
	return SC_SUCCESS;
}

static int
unwrap(struct sc_card *card, const struct sc_apdu *wire, struct sc_apdu *plain)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_channel *channel = &session->channel;
	struct jcop_blob *answer = &channel->plain_response;
	uint16_t sw = 0;
	int r = jcop_sm_unwrap(&channel->sm, plain->ins,
		jcop_bytes_of(wire->resp, wire->resplen),
		(uint16_t)(wire->sw1 << 8 | wire->sw2), answer, &sw);

	if (r != JCOP_OK)
		return jcop_explain(card, SC_ERROR_SM_AUTHENTICATION_FAILED,
			"the card's answer did not pass the checks of the "
			"secure channel (%04X); it was dropped and the channel "
			"is closed",
			wire->sw1 << 8 | wire->sw2);
	if (answer->len > plain->resplen && plain->le > 0)
		return SC_ERROR_BUFFER_TOO_SMALL;
	if (plain->le == 0)
		jcop_blob_clear(answer);
	if (answer->len > 0)
		memcpy(plain->resp, answer->data, answer->len);
	plain->resplen = answer->len;
	plain->sw1 = sw >> 8;
	plain->sw2 = sw & 0xFF;
	jcop_blob_clear(answer);
	return SC_SUCCESS;
}

/* OpenSC calls this after a command that was not answered, too. */
static int
open_answer(struct sc_card *card, struct sc_apdu *plain, struct sc_apdu *wire)
{
	int r;

	if (!jcop_channel_usable(card))
		return SC_ERROR_SM_NOT_INITIALIZED;
	if (wire->sw1 == 0)
		return SC_ERROR_TRANSMIT_FAILED;
	r = fetch_rest(card, wire);
	if (r != SC_SUCCESS)
		return r;
	return unwrap(card, wire, plain);
}

int
jcop_sm_finish(struct sc_card *card, int result, struct sc_apdu *plain,
	struct sc_apdu *wire)
{
	struct jcop_session *session = card->drv_data;
	int r = result;

	if (r == SC_SUCCESS)
		r = open_answer(card, plain, wire);
	jcop_blob_clear(&session->channel.wire_command);
	if (r != SC_SUCCESS) {
		plain->resplen = 0;
		plain->sw1 = plain->sw2 = 0;
		jcop_channel_close(card);
	}
	return r;
}

static int
free_sm_apdu(struct sc_card *card, struct sc_apdu *plain, struct sc_apdu **wire)
{
	int r;

	if (wire == NULL || *wire == NULL)
		return SC_SUCCESS;
	r = jcop_sm_finish(card, SC_SUCCESS, plain, *wire);
	*wire = NULL;
	return r;
}

static int
close_sm(struct sc_card *card)
{
	jcop_channel_close(card);
	return SC_SUCCESS;
}

void
jcop_sm_hooks_install(struct sc_card *card)
{
	card->sm_ctx.ops.get_sm_apdu = get_sm_apdu;
	card->sm_ctx.ops.free_sm_apdu = free_sm_apdu;
	card->sm_ctx.ops.close = close_sm;
	card->sm_ctx.sm_mode = SM_MODE_NONE;
}
