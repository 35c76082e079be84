/*
 * slicing.c: a long command that is protected as a whole and then cut into
 * links (dialect "slice").
 *
 * The links are pieces of one protected command: one step of the counter, one
 * MAC at the end. What the card says to a piece is protected by nothing, so
 * that only "go on" is heard and anything else ends the channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/session.h"

/* LINK on the wire, as it is; the last one's answer goes where the hooks
 * expect it. */
static void
fill_link(struct jcop_channel *channel, const struct jcop_apdu *link, bool last)
{
	struct sc_apdu *wire = &channel->apdu;

	memset(wire, 0, sizeof(*wire));
	wire->cse = last ? SC_APDU_CASE_4_SHORT : SC_APDU_CASE_3_SHORT;
	wire->cla = link->cla;
	wire->ins = link->ins;
	wire->p1 = link->p1;
	wire->p2 = link->p2;
	wire->data = link->data.data;
	wire->datalen = wire->lc = link->data.len;
	wire->flags = SC_APDU_FLAGS_NO_SM | SC_APDU_FLAGS_NO_GET_RESP |
		      SC_APDU_FLAGS_NO_RETRY_WL;
	if (!last)
		return;
	wire->le = JCOP_LE_SHORT;
	wire->resp = channel->wire_response.data;
	wire->resplen = channel->wire_response.capacity;
}

static int
refused_link(struct sc_card *card, unsigned int sw)
{
	if (sw == JCOP_SW_CHAINING_NOT_SUPPORTED)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"the card takes no chained commands (%04X), and the "
			"reader '%s' no long ones: use a reader with extended "
			"length",
			sw, card->reader->name);
	return jcop_explain(card, SC_ERROR_SM,
		"the card broke off a long command with %04X; the channel is "
		"closed. Is \"chaining = slice\" of the card description right "
		"for this card?",
		sw);
}

static int
send_links(struct sc_card *card, const struct jcop_apdu *wrapped)
{
	struct jcop_session *session = card->drv_data;
	struct sc_apdu *wire = &session->channel.apdu;
	size_t i, count = jcop_apdu_link_count(wrapped, JCOP_SHORT_MAX);
	int r = SC_SUCCESS;

	for (i = 0; r == SC_SUCCESS && i < count; i++) {
		struct jcop_apdu link =
			jcop_apdu_link(wrapped, JCOP_SHORT_MAX, i);
		bool last = i + 1 == count;

		r = jcop_check_policy(card);
		if (r != SC_SUCCESS)
			break;
		fill_link(&session->channel, &link, last);
		r = sc_transmit_apdu(card, wire);
		if (r == SC_SUCCESS && !last &&
			(wire->sw1 << 8 | wire->sw2) != JCOP_SW_OK)
			r = refused_link(card, wire->sw1 << 8 | wire->sw2);
	}
	return r;
}

int
jcop_transmit_sliced(struct sc_card *card, struct sc_apdu *plain)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_apdu wrapped;
	int r = jcop_sm_protect(card, plain, &wrapped);

	if (r == SC_SUCCESS)
		r = send_links(card, &wrapped);
	return jcop_sm_finish(card, r, plain, &session->channel.apdu);
}
