/*
 * channel.c: opens the secure channel by chip authentication with a chip that
 * somebody vouches for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "card-driver/session.h"
#include "core/chip-auth.h"

bool
jcop_channel_usable(const struct sc_card *card)
{
	const struct jcop_session *session = card->drv_data;

	return session->channel.open && session->channel.owner == getpid() &&
	       jcop_sm_is_open(&session->channel.sm);
}

void
jcop_channel_close(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_channel *channel = &session->channel;

	jcop_sm_clear(&channel->sm);
	jcop_blob_clear(&channel->wire_command);
	jcop_blob_clear(&channel->plain_response);
	channel->open = false;
	channel->trusted = false;
	card->sm_ctx.sm_mode = SM_MODE_NONE;
}

/* The file does not change while the card is in the reader. */
static int
read_card_security(struct sc_card *card, uint16_t file)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_setting setting =
		jcop_config_chip_auth_setting(&session->config);
	int r;

	if (session->card_security.len > 0)
		return SC_SUCCESS;
	r = jcop_select_ef(card, JCOP_APP_MF, file, NULL);
	if (r == SC_SUCCESS)
		r = jcop_read_object(card, &session->card_security);
	if (r != SC_SUCCESS) {
		jcop_blob_clear(&session->card_security);
		if (r == SC_ERROR_WRONG_LENGTH || jcop_is_gone(r))
			return r;
		return jcop_explain(card,
			r == SC_ERROR_FILE_NOT_FOUND
				? SC_ERROR_INVALID_ARGUMENTS
				: r,
			"chip authentication: file %04X cannot be read (%s); "
			"is %s in %s right?",
			file, sc_strerror(r), setting.name, setting.origin);
	}
	return SC_SUCCESS;
}

int
jcop_channel_prepare(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	char message[JCOP_MESSAGE_SIZE / 2];
	uint16_t file;
	unsigned int key;
	int r = jcop_config_chip_auth(&session->config, &session->description,
		&file, &key, message, sizeof(message));

	if (r != SC_SUCCESS)
		return jcop_explain(card, r, "%s", message);
	r = read_card_security(card, file);
	/* the role's, too, before anything has to be protected */
	if (r == SC_SUCCESS)
		r = jcop_read_iccsn(card);
	return r;
}

static int
choose(struct sc_card *card, unsigned int key, struct jcop_ca_choice *choice)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_chip_auth_desc *desc =
		&session->description.chip_auth;
	const struct jcop_ca_policy policy = {
		desc->ciphers, desc->versions, desc->curves};
	const struct jcop_setting setting =
		jcop_config_chip_auth_setting(&session->config);
	struct jcop_security_infos *infos = calloc(1, sizeof(*infos));
	int r;

	if (infos == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	r = jcop_security_infos_parse(
		jcop_blob_view(&session->card_security), infos);
	if (r == JCOP_OK)
		r = jcop_ca_select(infos, key, &policy, choice);
	free(infos);
	switch (r) {
	case JCOP_OK:
		return SC_SUCCESS;
	case JCOP_ERR_NOT_FOUND:
		return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
			"chip authentication: the card's file names no key "
			"%02X; is %s in %s right?",
			key, setting.name, setting.origin);
	case JCOP_ERR_UNSUPPORTED:
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"chip authentication: the card offers key %02X only "
			"with "
			"a protocol or curve that the card description does "
			"not "
			"allow",
			key);
	}
	return jcop_explain(card, SC_ERROR_INVALID_DATA,
		"chip authentication: the card's file is damaged or its key is "
		"not a point of its curve (%s); nothing was sent to this card",
		jcop_strerror(r));
}

/* Did verification fail with ERROR because of the file that the configuration
 * names? An anchor is looked at before the card's file is: with an empty one
 * nothing else is malformed. The pinned key's is all that can be, after the
 * card's key was chosen. */
static bool
is_wrong_file(const struct jcop_config *config, int error)
{
	char reason[JCOP_SECURITY_MESSAGE_SIZE];

	if (error == JCOP_ERR_MALFORMED && config->chip_auth_pinned_key == NULL)
		error = jcop_security_infos_verify(jcop_bytes_of(NULL, 0),
			config->chip_auth_trust_anchor, false, reason);
	return error == JCOP_ERR_NOT_FOUND || error == JCOP_ERR_MALFORMED;
}

/* Signed by a chain to the anchor, or the pinned key itself. */
static int
verify_trust(struct sc_card *card, const struct jcop_ca_choice *choice)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_config *config = &session->config;
	char reason[JCOP_SECURITY_MESSAGE_SIZE] = "no trust anchor is set";
	int r = JCOP_ERR_UNTRUSTED;

	/* Who pins a key means that key, whatever is signed besides. */
	if (config->chip_auth_pinned_key != NULL)
		r = jcop_security_infos_pinned(
			&choice->key, config->chip_auth_pinned_key, reason);
	else if (config->chip_auth_trust_anchor != NULL)
		r = jcop_security_infos_verify(
			jcop_blob_view(&session->card_security),
			config->chip_auth_trust_anchor,
			session->description.chip_auth.valid_at_signing,
			reason);
	session->channel.trusted = r == JCOP_OK;
	if (r == JCOP_OK)
		return SC_SUCCESS;
	if (config->chip_auth_allow_untrusted) {
		sc_log(card->ctx, "untrusted chip accepted: %s", reason);
		return SC_SUCCESS;
	}
	if (is_wrong_file(config, r))
		return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
			"chip authentication: %s: %s. No key set and no PIN "
			"was used",
			config->chip_auth_pinned_key != NULL
				? "chip_auth_pinned_key"
				: "chip_auth_trust_anchor",
			reason);
	return jcop_explain(card, SC_ERROR_SM_AUTHENTICATION_FAILED,
		"the chip of this card is not trusted: %s. No key set and no "
		"PIN was used",
		reason);
}

static int
send_mse(struct sc_card *card, uint8_t template, const struct jcop_blob *data)
{
	const struct jcop_apdu mse = {JCOP_CLA_ISO,
		JCOP_INS_MANAGE_SECURITY_ENVIRONMENT, JCOP_MSE_SET_COMPUTE,
		template, jcop_blob_view(data), JCOP_LE_NONE};

	return jcop_execute(card, &mse, NULL);
}

/* TR-03110-3 B.3: MSE:Set AT, then GENERAL AUTHENTICATE. */
static int
exchange(struct sc_card *card, const struct jcop_ca_choice *choice,
	const struct jcop_blob *point, struct jcop_blob *answer)
{
	struct jcop_blob data = JCOP_BLOB_INIT;
	struct jcop_apdu authenticate = {JCOP_CLA_ISO,
		JCOP_INS_GENERAL_AUTHENTICATE, 0x00, 0x00, {NULL, 0},
		JCOP_LE_SHORT};
	int r = jcop_sc_error(jcop_ca_mse_data(choice, &data));

	if (r == SC_SUCCESS)
		r = send_mse(card, JCOP_CRT_AUTHENTICATION, &data);
	if (r == SC_SUCCESS)
		r = jcop_sc_error(jcop_ca_general_authenticate_data(
			jcop_blob_view(point), &data));
	if (r == SC_SUCCESS) {
		authenticate.data = jcop_blob_view(&data);
		r = jcop_execute(card, &authenticate, answer);
	}
	jcop_blob_free(&data);
	return r;
}

/* 3DES version 1 (TR-03110-3 B.11.1): one command, no answer. */
static int
exchange_kat(struct sc_card *card, const struct jcop_ca_choice *choice,
	const struct jcop_blob *point)
{
	struct jcop_blob data = JCOP_BLOB_INIT;
	int r = jcop_sc_error(
		jcop_ca_mse_kat_data(choice, jcop_blob_view(point), &data));

	if (r == SC_SUCCESS)
		r = send_mse(card, JCOP_CRT_KEY_AGREEMENT, &data);
	jcop_blob_free(&data);
	return r;
}

static int
parse_answer(struct sc_card *card, const struct jcop_ca_choice *choice,
	const struct jcop_blob *answer, struct jcop_ca_answer *parsed)
{
	int r = jcop_ca_parse_answer(
		jcop_blob_view(answer), choice->info.version, parsed);

	if (r == JCOP_OK)
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_SM_AUTHENTICATION_FAILED,
		r == JCOP_ERR_UNSUPPORTED
			? "chip authentication: the card's file names version "
			  "%u, "
			  "but the card answered as the other version"
			: "chip authentication: malformed answer, version %u "
			  "expected",
		choice->info.version);
}

/* Keys from the agreement; version 2 proves the chip's with its token. */
static int
derive(struct sc_card *card, const struct jcop_ca_choice *choice,
	EVP_PKEY *ephemeral, const struct jcop_blob *point,
	const struct jcop_ca_answer *answer)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_blob kenc = JCOP_BLOB_INIT, kmac = JCOP_BLOB_INIT;
	int r = jcop_ca_derive(ephemeral, &choice->key, answer->nonce,
		choice->info.cipher, &kenc, &kmac);

	if (r == JCOP_OK && choice->info.version >= 2)
		r = jcop_ca_check_token(answer->token, jcop_blob_view(&kmac),
			&choice->info, jcop_blob_view(point));
	if (r == JCOP_OK)
		r = jcop_sm_init(&session->channel.sm, choice->info.cipher,
			jcop_blob_view(&kenc), jcop_blob_view(&kmac));
	jcop_blob_free(&kenc);
	jcop_blob_free(&kmac);
	if (r == JCOP_ERR_UNTRUSTED)
		return jcop_explain(card, SC_ERROR_SM_AUTHENTICATION_FAILED,
			"chip authentication: the chip does not have the "
			"private "
			"key of its public key; it is not genuine");
	return jcop_sc_error(r);
}

static int
authenticate(struct sc_card *card, const struct jcop_ca_choice *choice)
{
	struct jcop_blob point = JCOP_BLOB_INIT, answer = JCOP_BLOB_INIT;
	struct jcop_ca_answer parsed = {{NULL, 0}, {NULL, 0}};
	EVP_PKEY *ephemeral = NULL;
	bool kat = choice->info.cipher == JCOP_CIPHER_3DES &&
		   choice->info.version == 1;
	int r = jcop_sc_error(
		jcop_ca_generate_ephemeral(choice->key.domain, &ephemeral));

	if (r == SC_SUCCESS)
		r = jcop_sc_error(jcop_ca_public_point(ephemeral, &point));
	if (r != SC_SUCCESS)
		goto out;
	r = kat ? exchange_kat(card, choice, &point)
		: exchange(card, choice, &point, &answer);
	if (r == SC_SUCCESS && !kat)
		r = parse_answer(card, choice, &answer, &parsed);
	if (r == SC_SUCCESS)
		r = derive(card, choice, ephemeral, &point, &parsed);
out:
	EVP_PKEY_free(ephemeral);
	jcop_blob_free(&point);
	jcop_blob_free(&answer);
	return r;
}

/* Buffers for one command and one answer, made once a connection. */
static int
reserve_buffers(struct jcop_channel *channel)
{
	int r = jcop_blob_reserve(&channel->wire_command, JCOP_SM_DATA_SIZE);

	if (r == JCOP_OK)
		r = jcop_blob_reserve(
			&channel->wire_response, JCOP_SM_DATA_SIZE);
	if (r == JCOP_OK)
		r = jcop_blob_reserve(
			&channel->plain_response, JCOP_SM_DATA_SIZE);
	return jcop_sc_error(r);
}

/* The chip's key in its file, and who vouches for it. */
static int
find_key(struct sc_card *card, struct jcop_ca_choice *choice)
{
	struct jcop_session *session = card->drv_data;
	char message[JCOP_MESSAGE_SIZE / 2];
	uint16_t file;
	unsigned int key;
	int r = jcop_config_chip_auth(&session->config, &session->description,
		&file, &key, message, sizeof(message));

	if (r != SC_SUCCESS)
		return jcop_explain(card, r, "%s", message);
	r = read_card_security(card, file);
	if (r == SC_SUCCESS)
		r = choose(card, key, choice);
	if (r == SC_SUCCESS)
		r = verify_trust(card, choice);
	return r;
}

int
jcop_channel_check(struct sc_card *card)
{
	struct jcop_ca_choice choice;

	return find_key(card, &choice);
}

int
jcop_channel_open(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_ca_choice choice;
	int r;

	jcop_channel_close(card);
	r = reserve_buffers(&session->channel);
	if (r == SC_SUCCESS)
		r = find_key(card, &choice);
	if (r == SC_SUCCESS)
		r = authenticate(card, &choice);
	if (r != SC_SUCCESS) {
		jcop_channel_close(card);
		if (session->message[0] == '\0')
			jcop_explain(card, r, "chip authentication failed: %s",
				sc_strerror(r));
		return r;
	}
	session->channel.open = true;
	session->channel.owner = getpid();
	card->sm_ctx.sm_mode = SM_MODE_TRANSMIT;
	return SC_SUCCESS;
}
