/*
 * sign.c: choosing a key, PERFORM SECURITY OPERATION: signature and
 * decipherment (ISO/IEC 7816-8 clause 11).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "virtual-card/crypto.h"
#include "virtual-card/internal.h"

#define TAG_ALGORITHM 0x80
#define TAG_KEY_BARE 0x83
#define TAG_KEY 0x84
#define TAG_CHIPDOC 0x91
#define LOCAL_BIT 0x80

#define PSO_SIGN 0x9E9A
#define PSO_DECIPHER 0x8086

/* The filled slot with the bare reference KEY, of the current DF. */
static bool
find_key(struct vcard *card, unsigned int key, struct vcard_slot_id *id)
{
	return card->session->df == JCOP_APP_PKI && key < LOCAL_BIT &&
	       vcard_find_slot(card, (uint8_t)key, id) &&
	       vcard_slot_key(card, *id)->len > 0;
}

static const char *
pss_digest(const struct vcard *card, uint8_t algorithm)
{
	const struct jcop_algorithm_desc *desc = &card->description.algorithms;

	if (algorithm == desc->sign_pss_sha256)
		return "SHA256";
	if (algorithm == desc->sign_pss_sha384)
		return "SHA384";
	if (algorithm == desc->sign_pss_sha512)
		return "SHA512";
	return NULL;
}

static uint16_t
choose_signature(struct vcard *card, uint8_t algorithm, unsigned int key)
{
	struct vcard_key_choice *choice = &card->session->sign;
	struct vcard_slot_id id;

	if (algorithm != card->description.algorithms.sign_pkcs1 &&
		pss_digest(card, algorithm) == NULL)
		return SW_DATA;
	if (!find_key(card, key, &id))
		return SW_REFERENCE;
	*choice = (struct vcard_key_choice){
		.set = true, .id = id, .algorithm = algorithm};
	return SW_OK;
}

/* 84 <80|ref>, 80 <algorithm>, in any order. */
static bool
read_choice(struct jcop_bytes data, uint8_t *algorithm, unsigned int *key)
{
	struct vcard_template_object objects[] = {
		{.tag = TAG_KEY}, {.tag = TAG_ALGORITHM}};

	if (!vcard_read_template(data, objects, 2) ||
		objects[0].value.len != 1 || objects[1].value.len != 1)
		return false;
	/* Without the local bit it is a global key, and there is none. */
	*key = (unsigned int)objects[0].value.data[0] ^ LOCAL_BIT;
	*algorithm = objects[1].value.data[0];
	return true;
}

uint16_t
vcard_mse_signature(struct vcard *card, const struct vcard_command *command)
{
	uint8_t algorithm = 0;
	unsigned int key = 0;

	if (card->description.dialect.sign != JCOP_SIGN_IAS)
		return SW_P1P2;
	card->session->sign.set = false;
	if (!read_choice(command->data, &algorithm, &key))
		return SW_DATA;
	return choose_signature(card, algorithm, key);
}

/* 91 02 <algorithm> <ref> */
uint16_t
vcard_mse_signature_91(struct vcard *card, const struct vcard_command *command)
{
	struct vcard_template_object object = {.tag = TAG_CHIPDOC};

	if (card->description.dialect.sign != JCOP_SIGN_CHIPDOC_91)
		return SW_P1P2;
	card->session->sign.set = false;
	if (!vcard_read_template(command->data, &object, 1) ||
		object.value.len != 2)
		return SW_DATA;
	return choose_signature(
		card, object.value.data[0], object.value.data[1]);
}

static uint16_t
choose_raw(struct vcard *card, unsigned int key)
{
	struct vcard_slot_id id;

	if (!find_key(card, key, &id))
		return SW_REFERENCE;
	card->session->decipher =
		(struct vcard_key_choice){.set = true, .raw = true, .id = id};
	return SW_OK;
}

uint16_t
vcard_mse_confidentiality(
	struct vcard *card, const struct vcard_command *command)
{
	const struct jcop_description *desc = &card->description;
	struct vcard_template_object bare = {.tag = TAG_KEY_BARE};
	struct vcard_slot_id id;
	uint8_t algorithm = 0;
	unsigned int key = 0;

	card->session->decipher.set = false;
	if (desc->dialect.sign == JCOP_SIGN_RAW &&
		vcard_read_template(command->data, &bare, 1) &&
		bare.value.len == 1)
		return choose_raw(card, bare.value.data[0]);
	if (!read_choice(command->data, &algorithm, &key) ||
		(algorithm != desc->algorithms.decipher_pkcs1 &&
			algorithm != desc->algorithms.decipher_raw))
		return SW_DATA;
	if (!find_key(card, key, &id))
		return SW_REFERENCE;
	if (!desc->containers[id.container].decipher)
		return SW_CONDITIONS;
	card->session->decipher = (struct vcard_key_choice){
		.set = true, .id = id, .algorithm = algorithm};
	return SW_OK;
}

/* The key is there, its PIN is known. */
static uint16_t
check_use(struct vcard *card, const struct vcard_key_choice *choice)
{
	const struct jcop_container_desc *container;

	if (!choice->set)
		return SW_CONDITIONS;
	container = &card->description.containers[choice->id.container];
	if (vcard_slot_key(card, choice->id)->len == 0)
		return SW_REFERENCE;
	return vcard_pin_known(card, container->pin) ? SW_OK : SW_SECURITY;
}

static uint16_t
sw_of(int r)
{
	if (r == JCOP_OK)
		return SW_OK;
	return r == JCOP_ERR_MALFORMED ? SW_DATA : SW_INTERNAL;
}

/* A signature consumes the state of the PIN where the container says so. */
static void
consume_pin(struct vcard *card, const struct vcard_key_choice *choice)
{
	const struct jcop_container_desc *container =
		&card->description.containers[choice->id.container];

	if (container->user_consent)
		card->session->pin_known[container->pin] = false;
}

static uint16_t
sign(struct vcard *card, struct jcop_bytes data, struct jcop_blob *answer)
{
	const struct vcard_key_choice *choice = &card->session->sign;
	const char *digest;
	struct jcop_bytes key;
	uint16_t sw = check_use(card, choice);

	if (sw != SW_OK)
		return sw;
	if (data.len == 0)
		return SW_LENGTH;
	key = jcop_blob_view(vcard_slot_key(card, choice->id));
	digest = pss_digest(card, choice->algorithm);
	sw = sw_of(digest != NULL
			   ? vcard_rsa_sign_pss(key, digest, data, answer)
			   : vcard_rsa_sign_pkcs1(key, data, answer));
	if (sw == SW_OK)
		consume_pin(card, choice);
	return sw;
}

static bool
skip_prefix(const struct vcard *card, struct jcop_bytes *data)
{
	enum jcop_prefix prefix = card->description.dialect.decipher_prefix;

	if (prefix == JCOP_PREFIX_NONE)
		return true;
	if (data->len == 0 ||
		data->data[0] != (prefix == JCOP_PREFIX_81 ? 0x81 : 0x00))
		return false;
	*data = jcop_bytes_of(data->data + 1, data->len - 1);
	return true;
}

/* 00 02, at least 8 bytes that are not 00, 00, message (RFC 8017 7.2.2). */
static uint16_t
unpad_pkcs1(struct jcop_bytes block, struct jcop_blob *answer)
{
	size_t at = 2;

	if (block.len < 11 || block.data[0] != 0 || block.data[1] != 2)
		return SW_DATA;
	while (at < block.len && block.data[at] != 0)
		at++;
	if (at == block.len || at < 10)
		return SW_DATA;
	return sw_of(jcop_blob_append(
		answer, block.data + at + 1, block.len - at - 1));
}

static uint16_t
decipher(struct vcard *card, struct jcop_bytes data, struct jcop_blob *answer)
{
	const struct vcard_key_choice *choice = &card->session->decipher;
	struct jcop_blob block = JCOP_BLOB_INIT;
	uint16_t sw = check_use(card, choice);

	if (sw != SW_OK)
		return sw;
	if (!choice->raw && !skip_prefix(card, &data))
		return SW_DATA;
	sw = sw_of(
		vcard_rsa_raw(jcop_blob_view(vcard_slot_key(card, choice->id)),
			data, &block));
	if (sw == SW_OK && !choice->raw &&
		choice->algorithm ==
			card->description.algorithms.decipher_pkcs1)
		sw = unpad_pkcs1(jcop_blob_view(&block), answer);
	else if (sw == SW_OK)
		sw = sw_of(jcop_blob_append(answer, block.data, block.len));
	if (sw == SW_OK && choice->raw)
		consume_pin(card, choice);
	jcop_blob_free(&block);
	return sw;
}

uint16_t
vcard_cmd_pso(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	switch (command->p1 << 8 | command->p2) {
	case PSO_SIGN:
		return sign(card, command->data, answer);
	case PSO_DECIPHER:
		return decipher(card, command->data, answer);
	default:
		return SW_P1P2;
	}
}
