/*
 * key-import.c: the components of an import, one or more a command, in any
 * order; they take effect together.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "virtual-card/crypto.h"
#include "virtual-card/internal.h"

#define EXPONENT_3 3
#define EXPONENT_F4 65537

static const struct {
	uint32_t tag;
	bool private_part;
	enum vcard_component component;
} tags[] = {
	{0x81, false, COMPONENT_N},
	{0x82, false, COMPONENT_E},
	{0x92, true, COMPONENT_P},
	{0x93, true, COMPONENT_Q},
	{0x94, true, COMPONENT_QINV},
	{0x95, true, COMPONENT_DP},
	{0x96, true, COMPONENT_DQ},
};

static bool
find_component(uint32_t tag, bool private_part, enum vcard_component *component)
{
	size_t i;

	for (i = 0; i < sizeof tags / sizeof *tags; i++)
		if (tags[i].tag == tag &&
			tags[i].private_part == private_part) {
			*component = tags[i].component;
			return true;
		}
	return false;
}

static unsigned int
exponent_of(struct jcop_bytes value)
{
	unsigned int exponent = 0;
	size_t i;

	for (i = 0; i < value.len && exponent <= 0xFFFF; i++)
		exponent = exponent << 8 | value.data[i];
	return i == value.len ? exponent : 0;
}

/* Checked before anything is kept: one bad component spoils the command. */
static uint16_t
check_component(const struct vcard *card, struct vcard_slot_id id,
	enum vcard_component component, struct jcop_bytes value)
{
	unsigned int exponent;

	if (component == COMPONENT_E) {
		exponent = exponent_of(value);
		return exponent == EXPONENT_3 || exponent == EXPONENT_F4
			       ? SW_OK
			       : SW_DATA;
	}
	if (!card->description.containers[id.container].import)
		return SW_SECURITY;
	if (value.len == 0 || value.len > VCARD_COMPONENT_MAX)
		return SW_DATA;
	return SW_OK;
}

static uint16_t
check_components(const struct vcard *card, struct vcard_slot_id id,
	bool private_part, struct jcop_bytes components)
{
	enum vcard_component component = COMPONENT_COUNT;
	struct jcop_tlv object;
	uint16_t sw = SW_DATA; /* none is not enough */
	int r;

	while ((r = jcop_tlv_read(&components, &object)) == JCOP_OK) {
		if (!find_component(object.tag, private_part, &component))
			return SW_DATA;
		sw = check_component(card, id, component, object.value);
		if (sw != SW_OK)
			return sw;
	}
	return r == JCOP_ERR_NOT_FOUND ? sw : SW_DATA;
}

static void
stage(struct vcard *card, struct vcard_slot_id id, bool private_part,
	struct jcop_bytes components)
{
	struct vcard_staging *staging = &card->session->staging;
	enum vcard_component component = COMPONENT_COUNT;
	struct jcop_tlv object;

	if (!staging->active || staging->id.container != id.container ||
		staging->id.slot != id.slot)
		vcard_session_drop_staging(card->session);
	staging->active = true;
	staging->id = id;
	while (jcop_tlv_read(&components, &object) == JCOP_OK &&
		find_component(object.tag, private_part, &component)) {
		staging->components[component].len = object.value.len;
		memcpy(staging->components[component].value, object.value.data,
			object.value.len);
	}
}

/* All there? Then the key, or 6A80 and the components are forgotten. */
static uint16_t
complete(struct vcard *card, struct vcard_slot_id id)
{
	struct vcard_staging *staging = &card->session->staging;
	struct jcop_bytes components[COMPONENT_COUNT];
	struct jcop_blob key = JCOP_BLOB_INIT;
	size_t i;
	int r;

	for (i = 0; i < COMPONENT_COUNT; i++) {
		if (staging->components[i].len == 0)
			return SW_OK;
		components[i] = jcop_bytes_of(staging->components[i].value,
			staging->components[i].len);
	}
	r = vcard_rsa_import(components, vcard_slot_desc(card, id)->bits, &key);
	if (r == JCOP_OK) {
		r = jcop_blob_set(vcard_slot_key(card, id), key.data, key.len);
		card->dirty = true;
	}
	jcop_blob_free(&key);
	vcard_session_drop_staging(card->session);
	if (r == JCOP_ERR_MALFORMED || r == JCOP_ERR_CRYPTO)
		return SW_DATA;
	return r == JCOP_OK ? SW_OK : SW_INTERNAL;
}

uint16_t
vcard_import_components(struct vcard *card, struct vcard_slot_id id,
	bool private_part, struct jcop_bytes components)
{
	uint16_t sw = check_components(card, id, private_part, components);

	if (sw != SW_OK)
		return sw;
	stage(card, id, private_part, components);
	return complete(card, id);
}

unsigned int
vcard_staged_exponent(const struct vcard *card, struct vcard_slot_id id)
{
	const struct vcard_staging *staging = &card->session->staging;

	if (!staging->active || staging->id.container != id.container ||
		staging->id.slot != id.slot ||
		staging->components[COMPONENT_E].len == 0)
		return EXPONENT_F4;
	return exponent_of(jcop_bytes_of(staging->components[COMPONENT_E].value,
		staging->components[COMPONENT_E].len));
}
