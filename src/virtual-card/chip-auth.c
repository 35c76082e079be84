/*
 * chip-auth.c: chip authentication, versions 1 and 2 (TR-03110-3 B.2).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>

#include "virtual-card/crypto.h"
#include "virtual-card/internal.h"

#define TAG_PROTOCOL 0x80
#define TAG_KEY 0x84
#define TAG_KAT_PUBLIC_KEY 0x91
#define TAG_DYNAMIC_DATA 0x7C
#define TAG_EPHEMERAL 0x80
#define TAG_NONCE 0x81
#define TAG_TOKEN 0x82
#define TAG_PUBLIC_KEY 0x7F49
#define TAG_OID 0x06
#define TAG_EC_POINT 0x86
#define NONCE_SIZE 8

/* id-CA-ECDH (TR-03110-3 A.1.1.2); the last arc is the cipher's number. */
static const uint8_t id_ca_ecdh[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02};
#define OID_SIZE (sizeof id_ca_ecdh + 1)

static void
make_oid(enum jcop_ca_cipher cipher, uint8_t *oid)
{
	memcpy(oid, id_ca_ecdh, sizeof id_ca_ecdh);
	oid[sizeof id_ca_ecdh] = (uint8_t)(cipher + 1);
}

static bool
find_cipher(const struct vcard *card, struct jcop_bytes oid,
	enum jcop_ca_cipher *cipher)
{
	uint8_t known[OID_SIZE];
	unsigned int i;

	for (i = 0; i < JCOP_CA_CIPHER_COUNT; i++) {
		make_oid((enum jcop_ca_cipher)i, known);
		if ((card->state.ciphers & 1u << i) == 0 ||
			!jcop_bytes_equal(oid, JCOP_BYTES(known)))
			continue;
		*cipher = (enum jcop_ca_cipher)i;
		return true;
	}
	return false;
}

/* Key ids are numbers; the file has one key, so none means that one. */
static bool
names_our_key(const struct vcard *card, struct jcop_bytes id)
{
	unsigned long number = 0;
	size_t i;

	if (id.data == NULL)
		return true;
	if (id.len == 0 || id.len > sizeof number)
		return false;
	for (i = 0; i < id.len; i++)
		number = number << 8 | id.data[i];
	return number == card->description.chip_auth.key;
}

uint16_t
vcard_mse_chip_auth(struct vcard *card, const struct vcard_command *command)
{
	struct vcard_template_object objects[] = {
		{.tag = TAG_PROTOCOL}, {.tag = TAG_KEY}};
	enum jcop_ca_cipher cipher = JCOP_CA_CIPHER_COUNT;

	card->session->ca_chosen = false;
	if (!vcard_read_template(command->data, objects, 2) ||
		objects[0].value.data == NULL ||
		!find_cipher(card, objects[0].value, &cipher))
		return SW_DATA;
	if (!names_our_key(card, objects[1].value))
		return SW_REFERENCE;
	card->session->ca_chosen = true;
	card->session->ca_cipher = cipher;
	return SW_OK;
}

static int
shared_secret(const struct vcard *card, struct jcop_bytes point,
	struct jcop_blob *secret)
{
	const struct vcard_state *state = &card->state;
	struct jcop_blob other = JCOP_BLOB_INIT;
	struct jcop_bytes key = jcop_blob_view(&state->chip_key);
	int r = JCOP_OK;

	if (state->flags.key_mismatch) {
		r = vcard_ec_generate(state->curve, &other);
		key = jcop_blob_view(&other);
	}
	if (r == JCOP_OK)
		r = vcard_ecdh(state->curve, key, point, secret);
	jcop_blob_free(&other);
	return r;
}

/* T: MAC over the public key data object of the terminal's POINT. */
static int
make_token(const struct vcard_channel *channel, struct jcop_bytes point,
	uint8_t *token)
{
	struct jcop_blob inner = JCOP_BLOB_INIT, object = JCOP_BLOB_INIT;
	uint8_t oid[OID_SIZE];
	int r;

	make_oid(channel->cipher, oid);
	r = jcop_tlv_put(&inner, TAG_OID, JCOP_BYTES(oid));
	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, TAG_EC_POINT, point);
	if (r == JCOP_OK)
		r = jcop_tlv_put(
			&object, TAG_PUBLIC_KEY, jcop_blob_view(&inner));
	/* A retail MAC needs whole blocks (TR-03110-3 A.2.4.1). */
	if (r == JCOP_OK && channel->cipher == JCOP_CA_3DES_CBC_CBC)
		r = vcard_pad(&object, vcard_block_size(channel->cipher));
	if (r == JCOP_OK)
		r = vcard_sm_mac(channel->cipher, channel->mac,
			jcop_blob_view(&object), token);
	jcop_blob_free(&inner);
	jcop_blob_free(&object);
	return r;
}

/* The keys of the channel to come; NONCE is empty in version 1. */
static int
agree(struct vcard *card, enum jcop_ca_cipher cipher, struct jcop_bytes point,
	struct jcop_bytes nonce)
{
	struct vcard_channel *next = &card->session->next_channel;
	struct jcop_blob secret = JCOP_BLOB_INIT;
	int r;

	OPENSSL_cleanse(next, sizeof *next);
	next->cipher = cipher;
	r = shared_secret(card, point, &secret);
	if (r == JCOP_OK)
		r = vcard_kdf(
			cipher, jcop_blob_view(&secret), nonce, 1, next->enc);
	if (r == JCOP_OK)
		r = vcard_kdf(
			cipher, jcop_blob_view(&secret), nonce, 2, next->mac);
	next->open = r == JCOP_OK;
	jcop_blob_free(&secret);
	return r;
}

/* A second chip authentication ends all roles; the first only starts. */
static void
forget_roles(struct vcard_session *session)
{
	if (session->ca_done)
		memset(session->roles, 0, sizeof session->roles);
	session->ca_done = true;
	session->ca_chosen = false;
}

static int
answer_version_2(const struct vcard *card, struct jcop_bytes point,
	struct jcop_bytes nonce, struct jcop_blob *answer)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	uint8_t token[VCARD_MAC_SIZE];
	int r = make_token(&card->session->next_channel, point, token);

	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, TAG_NONCE, nonce);
	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, TAG_TOKEN, JCOP_BYTES(token));
	if (r == JCOP_OK)
		r = jcop_tlv_put(
			answer, TAG_DYNAMIC_DATA, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	return r;
}

static uint16_t
authenticate(
	struct vcard *card, struct jcop_bytes point, struct jcop_blob *answer)
{
	const struct vcard_state *state = &card->state;
	enum jcop_ca_cipher cipher = card->session->ca_cipher;
	unsigned int version =
		state->ca_answer != 0 ? state->ca_answer : state->ca_version;
	uint8_t random[NONCE_SIZE];
	struct jcop_bytes nonce =
		jcop_bytes_of(random, version == 2 ? NONCE_SIZE : 0);
	int r = vcard_random(random, sizeof random);

	if (r == JCOP_OK)
		r = agree(card, cipher, point, nonce);
	if (r == JCOP_OK)
		r = version == 2 ? answer_version_2(card, point, nonce, answer)
				 : jcop_tlv_put(answer, TAG_DYNAMIC_DATA,
					   jcop_bytes_of(NULL, 0));
	if (r == JCOP_OK) {
		forget_roles(card->session);
		return SW_OK;
	}
	OPENSSL_cleanse(&card->session->next_channel,
		sizeof card->session->next_channel);
	return r == JCOP_ERR_MALFORMED ? SW_DATA : SW_INTERNAL;
}

uint16_t
vcard_cmd_general_authenticate(struct vcard *card,
	const struct vcard_command *command, struct jcop_blob *answer)
{
	struct vcard_template_object outer = {.tag = TAG_DYNAMIC_DATA},
				     inner = {.tag = TAG_EPHEMERAL};

	if (command->p1 != 0 || command->p2 != 0)
		return SW_P1P2;
	if (!card->session->ca_chosen)
		return SW_CONDITIONS;
	card->session->ca_chosen = false;
	if (!vcard_read_template(command->data, &outer, 1) ||
		outer.value.data == NULL ||
		!vcard_read_template(outer.value, &inner, 1) ||
		inner.value.data == NULL)
		return SW_DATA;
	return authenticate(card, inner.value, answer);
}

/* Version 1 with 3DES: key and agreement in one command. */
uint16_t
vcard_mse_key_agreement(struct vcard *card, const struct vcard_command *command)
{
	struct vcard_template_object objects[] = {
		{.tag = TAG_KAT_PUBLIC_KEY}, {.tag = TAG_KEY}};
	const struct vcard_state *state = &card->state;
	int r;

	if ((state->ciphers & 1u << JCOP_CA_3DES_CBC_CBC) == 0 ||
		state->ca_version != 1)
		return SW_P1P2;
	if (!vcard_read_template(command->data, objects, 2) ||
		objects[0].value.data == NULL)
		return SW_DATA;
	if (!names_our_key(card, objects[1].value))
		return SW_REFERENCE;
	r = agree(card, JCOP_CA_3DES_CBC_CBC, objects[0].value,
		jcop_bytes_of(NULL, 0));
	if (r == JCOP_OK) {
		forget_roles(card->session);
		return SW_OK;
	}
	return r == JCOP_ERR_MALFORMED ? SW_DATA : SW_INTERNAL;
}
