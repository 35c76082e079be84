/*
 * fake_card.c: a card of OpenSC's on a reader that plays a script.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "card-driver/session.h"
#include "fake_card.h"

struct fake {
	struct sc_reader reader;
	struct sc_reader_operations ops;
	fake_card_answers answers; /* instead of the script */
	void *context;
	const struct fake_exchange *script;
	unsigned int count;
};

/* The driver's own entry, as OpenSC finds it. */
const char *sc_driver_version(void);
void *sc_module_init(const char *name);

static void
from_hex(const char *hex, struct jcop_blob *out)
{
	char digits[8192];
	size_t len = 0;

	for (; *hex != '\0'; hex++)
		if (*hex != ' ')
			digits[len++] = *hex;
	digits[len] = '\0';
	assert_int_equal(jcop_blob_from_hex(out, digits), JCOP_OK);
}

static void
check_command(const struct sc_apdu *apdu, const char *expected)
{
	const struct jcop_apdu seen = {(uint8_t)apdu->cla, apdu->ins, apdu->p1,
		apdu->p2, {apdu->data, apdu->lc}, apdu->le};
	struct jcop_blob bytes = JCOP_BLOB_INIT, wanted = JCOP_BLOB_INIT;

	assert_int_equal(jcop_apdu_encode(&seen, &bytes), JCOP_OK);
	from_hex(expected, &wanted);
	assert_int_equal(bytes.len, wanted.len);
	assert_memory_equal(bytes.data, wanted.data, wanted.len);
	jcop_blob_free(&bytes);
	jcop_blob_free(&wanted);
}

static void
give_answer(struct sc_apdu *apdu, const char *answer)
{
	struct jcop_blob bytes = JCOP_BLOB_INIT;
	size_t len;

	from_hex(answer, &bytes);
	assert_true(bytes.len >= 2);
	len = bytes.len - 2;
	assert_true(len <= apdu->resplen || apdu->resplen == 0);
	if (apdu->resplen > 0)
		memcpy(apdu->resp, bytes.data, len);
	apdu->resplen = apdu->resplen > 0 ? len : 0;
	apdu->sw1 = bytes.data[len];
	apdu->sw2 = bytes.data[len + 1];
	jcop_blob_free(&bytes);
}

static int
pass_on(struct fake *fake, struct sc_apdu *apdu)
{
	const struct jcop_apdu command = {(uint8_t)apdu->cla, apdu->ins,
		apdu->p1, apdu->p2, {apdu->data, apdu->lc}, apdu->le};
	struct jcop_blob bytes = JCOP_BLOB_INIT, answer = JCOP_BLOB_INIT;
	size_t len;

	assert_int_equal(jcop_apdu_encode(&command, &bytes), JCOP_OK);
	fake->answers(fake->context, jcop_blob_view(&bytes), &answer);
	assert_true(answer.len >= 2);
	len = answer.len - 2;
	assert_true(len <= apdu->resplen || len == 0);
	if (len > 0)
		memcpy(apdu->resp, answer.data, len);
	apdu->resplen = len;
	apdu->sw1 = answer.data[len];
	apdu->sw2 = answer.data[len + 1];
	jcop_blob_free(&bytes);
	jcop_blob_free(&answer);
	return SC_SUCCESS;
}

static int
transmit(struct sc_reader *reader, struct sc_apdu *apdu)
{
	struct fake *fake = reader->drv_data;

	fake->count++;
	if (fake->answers != NULL)
		return pass_on(fake, apdu);
	assert_non_null(fake->script);
	assert_non_null(fake->script->answer);
	if (fake->script->command != NULL)
		check_command(apdu, fake->script->command);
	give_answer(apdu, fake->script->answer);
	fake->script++;
	return SC_SUCCESS;
}

static struct sc_card *
make_card(struct sc_context *ctx, struct fake *fake)
{
	struct sc_card_driver *(*get_driver)(void) =
		(struct sc_card_driver * (*)(void)) sc_module_init("jcop45");
	struct sc_card *card = calloc(1, sizeof(*card));

	assert_non_null(card);
	card->ctx = ctx;
	card->reader = &fake->reader;
	card->driver = get_driver();
	card->ops = malloc(sizeof(*card->ops));
	assert_non_null(card->ops);
	*card->ops = *card->driver->ops;
	card->lock_count = 1; /* no reader lock to ask for */
	return card;
}

struct sc_card *
fake_card_new(bool extended)
{
	sc_context_param_t param;
	struct sc_context *ctx = NULL;
	struct fake *fake = calloc(1, sizeof(*fake));
	struct sc_card *card;

	assert_non_null(fake);
	setenv("OPENSC_CONF", "/dev/null", 1);
	memset(&param, 0, sizeof(param));
	param.app_name = "test";
	assert_int_equal(sc_context_create(&ctx, &param), SC_SUCCESS);
	fake->ops.transmit = transmit;
	fake->reader.ctx = ctx;
	fake->reader.ops = &fake->ops;
	fake->reader.drv_data = fake;
	fake->reader.name = (char *)"fake reader";
	fake->reader.active_protocol = SC_PROTO_T1;
	fake->reader.max_send_size = extended ? 65535 : 255;
	fake->reader.max_recv_size = extended ? 65536 : 256;
	card = make_card(ctx, fake);
	assert_int_equal(jcop_session_new(card), SC_SUCCESS);
	if (extended)
		card->caps |= SC_CARD_CAP_APDU_EXT;
	jcop_sm_hooks_install(card);
	return card;
}

void
fake_card_free(struct sc_card *card)
{
	struct sc_context *ctx = card->ctx;
	struct fake *fake = card->reader->drv_data;

	jcop_session_free(card);
	free(card->algorithms);
	free(card->ops);
	free(card);
	free(fake);
	sc_release_context(ctx);
}

void
fake_card_expect(struct sc_card *card, const struct fake_exchange *script)
{
	struct fake *fake = card->reader->drv_data;

	fake->script = script;
}

void
fake_card_answer_with(
	struct sc_card *card, fake_card_answers answers, void *context)
{
	struct fake *fake = card->reader->drv_data;

	fake->answers = answers;
	fake->context = context;
}

void
fake_card_assert_done(struct sc_card *card)
{
	const struct fake *fake = card->reader->drv_data;

	assert_null(fake->script->answer);
}

unsigned int
fake_card_count(const struct sc_card *card)
{
	const struct fake *fake = card->reader->drv_data;

	return fake->count;
}
