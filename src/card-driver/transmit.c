/*
 * transmit.c: one command to the card, short, extended or chained.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/session.h"

/* Data objects, padding and MAC around the data of a protected command. */
#define SM_OVERHEAD 64

bool
jcop_extended(const struct sc_card *card)
{
	const struct sc_reader *reader = card->reader;

	return (card->caps & SC_CARD_CAP_APDU_EXT) &&
	       reader->active_protocol != SC_PROTO_T0 &&
	       reader->max_send_size > JCOP_SHORT_MAX;
}

/* What one short command can carry. */
static size_t
max_short_data(const struct sc_card *card, bool answer_expected)
{
	const struct jcop_session *session = card->drv_data;

	if (session->channel.open)
		return jcop_sm_max_plain(&session->channel.sm, answer_expected);
	return JCOP_SHORT_MAX;
}

size_t
jcop_max_data(const struct sc_card *card, bool answer_expected)
{
	size_t max = card->reader->max_send_size;

	if (!jcop_extended(card))
		return max_short_data(card, answer_expected);
	if (max > JCOP_COMMAND_MAX + SM_OVERHEAD)
		return JCOP_COMMAND_MAX;
	if (max < JCOP_SHORT_MAX + SM_OVERHEAD)
		return max_short_data(card, answer_expected);
	return max - SM_OVERHEAD;
}

int
jcop_check_chaining(struct sc_card *card, size_t data_len)
{
	struct jcop_session *session = card->drv_data;
	const uint8_t *since =
		session->description.identification.chaining_since;
	int r;

	if (data_len <= jcop_max_data(card, true))
		return SC_SUCCESS;
	r = jcop_read_version(card);
	if (r != SC_SUCCESS)
		return r;
	if (memcmp(session->version, since, 3) >= 0)
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
		"the reader '%s' takes short commands only, and the applet "
		"%u.%u.%u of this card cannot chain them (%u.%u.%u and later "
		"can): use a reader with extended length",
		card->reader->name, session->version[0], session->version[1],
		session->version[2], since[0], since[1], since[2]);
}

static int
apdu_case(const struct jcop_apdu *command, bool extended)
{
	if (command->data.len > 0 && command->le > 0)
		return extended ? SC_APDU_CASE_4_EXT : SC_APDU_CASE_4_SHORT;
	if (command->data.len > 0)
		return extended ? SC_APDU_CASE_3_EXT : SC_APDU_CASE_3_SHORT;
	if (command->le > 0)
		return extended ? SC_APDU_CASE_2_EXT : SC_APDU_CASE_2_SHORT;
	return SC_APDU_CASE_1;
}

/* One APDU as OpenSC's structure; its answer goes to the session's buffer. */
static void
fill_apdu(struct jcop_session *session, const struct jcop_apdu *command,
	bool extended, struct sc_apdu *apdu)
{
	memset(apdu, 0, sizeof(*apdu));
	apdu->cse = apdu_case(command, extended);
	apdu->cla = command->cla;
	apdu->ins = command->ins;
	apdu->p1 = command->p1;
	apdu->p2 = command->p2;
	apdu->data = command->data.data;
	apdu->datalen = apdu->lc = command->data.len;
	apdu->le = command->le;
	apdu->resp = session->buffer;
	apdu->resplen = command->le > 0 ? JCOP_BUFFER_SIZE : 0;
	/* A command is sent once: no second try with another Le, except where
	 * it only asks: by T=0 the card tells the length first (6Cxx). */
	if (command->data.len > 0 || command->le == 0)
		apdu->flags = SC_APDU_FLAGS_NO_RETRY_WL;
}

/* The channel is policy: what needs it does not leave without it, whatever
 * OpenSC made of sm_mode meanwhile. */
int
jcop_check_policy(struct sc_card *card)
{
	const struct jcop_session *session = card->drv_data;

	if (!session->channel_required)
		return SC_SUCCESS;
	if (jcop_channel_usable(card) &&
		card->sm_ctx.sm_mode == SM_MODE_TRANSMIT)
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_SM_NOT_INITIALIZED,
		"the secure channel was lost; nothing more was sent. Run the "
		"command again");
}

/* What became of APDU, which was sent with RESULT; its answer leaves no
 * trace. */
static int
take_answer(struct sc_card *card, int result, struct sc_apdu *apdu,
	struct jcop_blob *response, unsigned int *sw)
{
	struct jcop_session *session = card->drv_data;
	int r = result;

	/* OpenSC has reconnected, but does not tell under a held lock. */
	if (r == SC_ERROR_CARD_RESET || r == SC_ERROR_CARD_REMOVED ||
		r == SC_ERROR_READER_REATTACHED)
		jcop_session_forget(card, true);
	if (r != SC_SUCCESS)
		apdu->resplen = JCOP_BUFFER_SIZE; /* part of it may be there */
	else
		*sw = apdu->sw1 << 8 | apdu->sw2;
	if (r == SC_SUCCESS && response != NULL)
		r = jcop_sc_error(jcop_blob_set(
			response, session->buffer, apdu->resplen));
	if (apdu->resplen > 0)
		sc_mem_clear(session->buffer, apdu->resplen);
	return r;
}

static int
send_one(struct sc_card *card, const struct jcop_apdu *command, bool extended,
	struct jcop_blob *response, unsigned int *sw)
{
	struct jcop_session *session = card->drv_data;
	struct sc_apdu apdu;
	int r = jcop_check_policy(card);

	if (r != SC_SUCCESS)
		return r;
	fill_apdu(session, command, extended, &apdu);
	r = sc_transmit_apdu(card, &apdu);
	return take_answer(card, r, &apdu, response, sw);
}

static int
send_sliced(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response, unsigned int *sw)
{
	struct sc_apdu apdu;
	int r;

	fill_apdu(card->drv_data, command, false, &apdu);
	r = jcop_transmit_sliced(card, &apdu);
	return take_answer(card, r, &apdu, response, sw);
}

static int
send_chain(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response, unsigned int *sw)
{
	const struct jcop_session *session = card->drv_data;
	size_t i, count, max = max_short_data(card, true);
	int r = SC_SUCCESS;

	/* Asking for the version now would leave the selected file. */
	if (session->version_known)
		r = jcop_check_chaining(card, command->data.len);
	if (r != SC_SUCCESS)
		return r;
	if (session->channel.open &&
		session->description.dialect.chaining == JCOP_CHAINING_SLICE)
		return send_sliced(card, command, response, sw);
	count = jcop_apdu_link_count(command, max);
	for (i = 0; i < count; i++) {
		struct jcop_apdu link = jcop_apdu_link(command, max, i);
		bool last = i + 1 == count;

		r = send_one(card, &link, false, last ? response : NULL, sw);
		if (r != SC_SUCCESS || *sw != JCOP_SW_OK)
			break;
	}
	return r;
}

/* A card may refuse what its description promises. Reading twice does no harm,
 * and reading comes before everything else: there it is found out. */
static bool
refuses_extended(
	struct sc_card *card, const struct jcop_apdu *command, unsigned int sw)
{
	const struct jcop_session *session = card->drv_data;

	return sw == JCOP_SW_WRONG_LENGTH &&
	       command->ins == JCOP_INS_READ_BINARY && !session->channel.open &&
	       jcop_apdu_is_extended(command);
}

static int
send_whole(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response, unsigned int *sw)
{
	struct jcop_apdu shortened = *command;
	int r = send_one(
		card, command, jcop_apdu_is_extended(command), response, sw);

	if (r != SC_SUCCESS || !refuses_extended(card, command, *sw))
		return r;
	sc_log(card->ctx, "the card refuses extended length: short from now");
	card->caps &= ~(unsigned long)SC_CARD_CAP_APDU_EXT;
	shortened.le = JCOP_LE_SHORT;
	return send_one(card, &shortened, false, response, sw);
}

int
jcop_transmit(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response, unsigned int *sw)
{
	struct jcop_apdu shortened = *command;
	bool extended = jcop_extended(card);
	int r;

	*sw = 0;
	if (response != NULL)
		jcop_blob_clear(response);
	if (command->data.len > JCOP_COMMAND_MAX)
		return SC_ERROR_INVALID_ARGUMENTS;
	r = jcop_check_policy(card);
	if (r != SC_SUCCESS)
		return r;
	if (!extended && shortened.le > JCOP_LE_SHORT)
		shortened.le = JCOP_LE_SHORT;
	if (command->data.len <= jcop_max_data(card, command->le > 0))
		return send_whole(card, &shortened, response, sw);
	if (shortened.le > JCOP_LE_SHORT)
		shortened.le = JCOP_LE_SHORT;
	return send_chain(card, &shortened, response, sw);
}

int
jcop_execute(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response)
{
	unsigned int sw;
	int r = jcop_transmit(card, command, response, &sw);

	if (r != SC_SUCCESS)
		return r;
	return sc_check_sw(card, sw >> 8, sw & 0xFF);
}
