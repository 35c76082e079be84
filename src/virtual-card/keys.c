/*
 * keys.c: slots; GENERATE ASYMMETRIC KEY PAIR and PUT DATA on security data
 * objects (ISO/IEC 7816-8, IAS-ECC v1.0.1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "virtual-card/crypto.h"
#include "virtual-card/internal.h"

#define TAG_SDO_TEMPLATE 0x70
#define TAG_SDO_PRIVATE 0xBF9000u /* the last byte is the reference */
#define TAG_SDO_PUBLIC 0xBFA000u
#define TAG_SDO_MASK 0xFFFF00u
#define TAG_PRIVATE_COMPONENTS 0x7F48
#define TAG_PUBLIC_COMPONENTS 0x7F49
#define TAG_MODULUS 0x81
#define TAG_EXPONENT 0x82
#define TAG_CRT_SIGNATURE 0xB6
#define TAG_CRT_CONFIDENTIALITY 0xB8
#define TAG_CRT_KEY 0x84

#define GENERATE_SDO 0x00
#define GENERATE_ISO 0x80 /* ISO/IEC 7816-8 table 2 */

bool
vcard_find_slot(const struct vcard *card, uint8_t key, struct vcard_slot_id *id)
{
	const struct jcop_description *desc = &card->description;
	size_t i, j;

	for (i = 0; i < desc->container_count; i++)
		for (j = 0; j < desc->containers[i].slot_count; j++)
			if (desc->containers[i].slots[j].key == key) {
				*id = (struct vcard_slot_id){i, j};
				return true;
			}
	return false;
}

const struct jcop_slot_desc *
vcard_slot_desc(const struct vcard *card, struct vcard_slot_id id)
{
	return &card->description.containers[id.container].slots[id.slot];
}

struct jcop_blob *
vcard_slot_key(struct vcard *card, struct vcard_slot_id id)
{
	return &card->state.keys[id.container][id.slot];
}

/* 7F49{81 n, 82 e} */
int
vcard_put_public_key(struct jcop_blob *answer, struct jcop_bytes key)
{
	struct jcop_blob n = JCOP_BLOB_INIT, e = JCOP_BLOB_INIT,
			 inner = JCOP_BLOB_INIT;
	int r = vcard_rsa_public(key, &n, &e);

	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, TAG_MODULUS, jcop_blob_view(&n));
	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, TAG_EXPONENT, jcop_blob_view(&e));
	if (r == JCOP_OK)
		r = jcop_tlv_put(
			answer, TAG_PUBLIC_COMPONENTS, jcop_blob_view(&inner));
	jcop_blob_free(&n);
	jcop_blob_free(&e);
	jcop_blob_free(&inner);
	return r;
}

static uint16_t
generate(struct vcard *card, struct vcard_slot_id id, struct jcop_blob *answer)
{
	struct jcop_blob key = JCOP_BLOB_INIT;
	int r = vcard_rsa_generate(vcard_slot_desc(card, id)->bits,
		vcard_staged_exponent(card, id), &key);

	if (r == JCOP_OK)
		r = vcard_put_public_key(answer, jcop_blob_view(&key));
	if (r == JCOP_OK)
		r = jcop_blob_set(vcard_slot_key(card, id), key.data, key.len);
	jcop_blob_free(&key);
	if (r != JCOP_OK)
		return SW_INTERNAL;
	vcard_session_drop_staging(card->session);
	card->dirty = true;
	return SW_OK;
}

/* 70 03 BF90<ref>: a tag alone. */
static bool
read_sdo_name(struct jcop_bytes data, uint8_t *key)
{
	const uint8_t *b = data.data;

	if (data.len != 5 || b[0] != TAG_SDO_TEMPLATE || b[1] != 3 ||
		b[2] != TAG_SDO_PRIVATE >> 16 ||
		b[3] != (TAG_SDO_PRIVATE >> 8 & 0xFF))
		return false;
	*key = b[4];
	return true;
}

/* B6{84 ref} or B8{84 ref}; B8 only where the key deciphers. */
static uint16_t
read_crt_name(const struct vcard *card, struct jcop_bytes data, uint8_t *key)
{
	struct vcard_template_object crt[] = {
		{.tag = TAG_CRT_SIGNATURE}, {.tag = TAG_CRT_CONFIDENTIALITY}};
	struct vcard_template_object name = {.tag = TAG_CRT_KEY};
	struct jcop_bytes inner;
	struct vcard_slot_id id;
	bool confidentiality;

	if (!vcard_read_template(data, crt, 2) ||
		(crt[0].value.data == NULL) == (crt[1].value.data == NULL))
		return SW_DATA;
	confidentiality = crt[1].value.data != NULL;
	inner = crt[confidentiality ? 1 : 0].value;
	if (!vcard_read_template(inner, &name, 1) || name.value.len != 1)
		return SW_DATA;
	*key = name.value.data[0];
	if (confidentiality && vcard_find_slot(card, *key, &id) &&
		!card->description.containers[id.container].decipher)
		return SW_CONDITIONS;
	return SW_OK;
}

uint16_t
vcard_cmd_generate(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	bool iso = card->description.dialect.generate == JCOP_GENERATE_ISO;
	struct vcard_slot_id id;
	uint8_t key = 0;
	uint16_t sw;

	if (command->p1 != (iso ? GENERATE_ISO : GENERATE_SDO) ||
		command->p2 != 0)
		return SW_P1P2;
	sw = vcard_rule_role(card, command, JCOP_KEYSET_SK_ADMIN);
	if (sw != SW_OK)
		return sw;
	if (iso)
		sw = read_crt_name(card, command->data, &key);
	else if (!read_sdo_name(command->data, &key))
		sw = SW_DATA;
	if (sw != SW_OK)
		return sw;
	if (card->session->df != JCOP_APP_PKI ||
		!vcard_find_slot(card, key, &id))
		return SW_REFERENCE;
	return generate(card, id, answer);
}

static uint16_t
delete_key(struct vcard *card, struct vcard_slot_id id)
{
	struct vcard_staging *staging = &card->session->staging;

	if (staging->active && staging->id.container == id.container &&
		staging->id.slot == id.slot)
		vcard_session_drop_staging(card->session);
	jcop_blob_free(vcard_slot_key(card, id));
	card->dirty = true;
	return SW_OK;
}

static uint16_t
put_components(struct vcard *card, struct vcard_slot_id id, bool private_part,
	struct jcop_bytes value)
{
	struct vcard_template_object components = {
		.tag = private_part ? TAG_PRIVATE_COMPONENTS
				    : TAG_PUBLIC_COMPONENTS};

	if (!vcard_read_template(value, &components, 1) ||
		components.value.data == NULL)
		return SW_DATA;
	return vcard_import_components(
		card, id, private_part, components.value);
}

/* 70{ one security data object } */
static bool
read_sdo(struct jcop_bytes data, struct jcop_tlv *sdo)
{
	struct jcop_tlv template;

	return jcop_tlv_read(&data, &template) == JCOP_OK && data.len == 0 &&
	       template.tag == TAG_SDO_TEMPLATE &&
	       jcop_tlv_read(&template.value, sdo) == JCOP_OK &&
	       template.value.len == 0;
}

uint16_t
vcard_cmd_put_data(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_slot_id id;
	struct jcop_tlv sdo;
	bool private_part;
	uint16_t sw;

	(void)answer;
	if (command->p1 != 0x3F || command->p2 != 0xFF)
		return SW_P1P2;
	sw = vcard_rule_role(card, command, JCOP_KEYSET_SK_ADMIN);
	if (sw != SW_OK)
		return sw;
	if (!read_sdo(command->data, &sdo))
		return SW_DATA;
	private_part = (sdo.tag & TAG_SDO_MASK) == TAG_SDO_PRIVATE;
	if (sdo.tag >> 24 != 0 ||
		(!private_part && (sdo.tag & TAG_SDO_MASK) != TAG_SDO_PUBLIC))
		return SW_DATA;
	if (card->session->df != JCOP_APP_PKI ||
		!vcard_find_slot(card, (uint8_t)sdo.tag, &id))
		return SW_REFERENCE;
	if (private_part && sdo.value.len == 0)
		return delete_key(card, id);
	return put_components(card, id, private_part, sdo.value);
}
