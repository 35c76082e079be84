/*
 * key-generation.c: a new key pair in a free slot, and its place in the
 * directory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "card-driver/directory.h"

#define EXPONENT_DEFAULT 0x01, 0x00, 0x01 /* F4 */

/* 70{BFA0 ref{7F49{82 exponent}}} */
static int
put_exponent(struct sc_card *card, uint8_t key)
{
	static const uint8_t exponent[] = {EXPONENT_DEFAULT};
	struct jcop_blob inner = JCOP_BLOB_INIT, value = JCOP_BLOB_INIT;
	int r = jcop_tlv_put(
		&inner, JCOP_SDO_TAG_EXPONENT, JCOP_BYTES(exponent));

	if (r == JCOP_OK)
		r = jcop_tlv_put(&value, JCOP_SDO_PUBLIC_COMPONENTS,
			jcop_blob_view(&inner));
	r = jcop_sc_error(r);
	if (r == SC_SUCCESS)
		r = jcop_put_sdo(
			card, JCOP_SDO_PUBLIC_KEY, key, jcop_blob_view(&value));
	jcop_blob_free(&inner);
	jcop_blob_free(&value);
	return r;
}

/* 00 47 00 00 70{BF90 ref}, or 00 47 80 00 B6{84 ref} */
static int
send_generate(struct sc_card *card, const struct jcop_container_desc *container,
	uint8_t key, struct jcop_blob *answer)
{
	const uint8_t sdo[] = {JCOP_SDO_TEMPLATE, 3, JCOP_SDO_PRIVATE_KEY >> 8,
		JCOP_SDO_PRIVATE_KEY & 0xFF, key};
	const uint8_t crt[] = {container->decipher ? JCOP_CRT_CONFIDENTIALITY
						   : JCOP_CRT_SIGNATURE,
		3, JCOP_CRT_TAG_PRIVATE_KEY, 1, key};
	bool ias = jcop_session_of(card)->description.dialect.generate ==
		   JCOP_GENERATE_IAS_SDO;
	const struct jcop_apdu command = {JCOP_CLA_ISO,
		JCOP_INS_GENERATE_KEY_PAIR,
		ias ? JCOP_GENERATE_P1 : JCOP_GENERATE_P1_EXPORT, 0x00,
		ias ? JCOP_BYTES(sdo) : JCOP_BYTES(crt), JCOP_LE_EXTENDED};

	return jcop_execute(card, &command, answer);
}

/* 7F49{81 n, 82 e}, as long as the slot says. */
static int
take_public_key(const struct jcop_blob *answer, unsigned int bits,
	struct jcop_generation *generation)
{
	struct jcop_bytes key, n, e;
	int r = jcop_tlv_find(
		jcop_blob_view(answer), JCOP_SDO_PUBLIC_COMPONENTS, &key);

	if (r == JCOP_OK)
		r = jcop_tlv_find(key, JCOP_SDO_TAG_MODULUS, &n);
	if (r == JCOP_OK)
		r = jcop_tlv_find(key, JCOP_SDO_TAG_EXPONENT, &e);
	if (r != JCOP_OK)
		return SC_ERROR_UNKNOWN_DATA_RECEIVED;
	while (n.len > 0 && n.data[0] == 0)
		n = jcop_bytes_of(n.data + 1, n.len - 1);
	if (n.len != bits / 8 || !(n.data[0] & 0x80) ||
		!(n.data[n.len - 1] & 1) || e.len == 0 || e.len > 8)
		return SC_ERROR_UNKNOWN_DATA_RECEIVED;
	r = jcop_blob_set(&generation->modulus, n.data, n.len);
	if (r == JCOP_OK)
		r = jcop_blob_set(&generation->exponent, e.data, e.len);
	return jcop_sc_error(r);
}

static int
generate_in_slot(struct sc_card *card, struct jcop_generation *generation)
{
	struct jcop_blob answer = JCOP_BLOB_INIT;
	uint8_t key = generation->slot->key;
	int r = jcop_select_application(card, JCOP_APP_PKI);

	if (r == SC_SUCCESS &&
		jcop_session_of(card)->description.dialect.generate ==
			JCOP_GENERATE_IAS_SDO)
		r = put_exponent(card, key);
	if (r == SC_SUCCESS)
		r = send_generate(card, generation->container, key, &answer);
	if (r == SC_SUCCESS)
		r = take_public_key(
			&answer, generation->slot->bits, generation);
	jcop_blob_free(&answer);
	return r;
}

static int
generate(struct sc_card *card, struct jcop_generation *generation,
	struct jcop_directory *directory, struct jcop_new_key *key)
{
	int r = jcop_new_key_place(card, directory, key);

	generation->slot = key->slot;
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = jcop_need_role(card);
	if (r == SC_SUCCESS && generation->starts != NULL)
		generation->starts(generation->context);
	if (r == SC_SUCCESS)
		r = generate_in_slot(card, generation);
	key->modulus = jcop_blob_view(&generation->modulus);
	key->exponent = jcop_blob_view(&generation->exponent);
	if (r == SC_SUCCESS)
		r = jcop_directory_add_key(card, directory, key);
	return r;
}

static int
read_and_generate(struct sc_card *card, struct jcop_generation *generation,
	struct jcop_new_key *key)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	int r = SC_ERROR_OUT_OF_MEMORY;

	if (directory == NULL)
		return r;
	r = jcop_channel_prepare(card);
	if (r == SC_SUCCESS)
		r = jcop_directory_read_for_key(card, directory, false);
	if (r == SC_SUCCESS)
		r = jcop_check_not_terminated(card);
	if (r == SC_SUCCESS)
		r = generate(card, generation, directory, key);
	jcop_directory_free(directory);
	free(directory);
	return r;
}

int
jcop_generate(struct sc_card *card, struct jcop_generation *generation)
{
	struct jcop_new_key key = {
		.container = generation->container,
		.bits = generation->bits,
		.id = generation->id,
		.label = generation->label,
		.cut_label = generation->cut_label,
	};
	int r;

	generation->slot = NULL;
	if (generation->id.len == 0 || generation->id.len > JCOP_MAX_ID)
		return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
			"the id of a key has 1 to %d bytes; nothing was "
			"changed",
			JCOP_MAX_ID);
	r = jcop_label_check(card, generation->label);
	if (r == SC_SUCCESS)
		r = jcop_begin(card, JCOP_OP_GENERATE);
	if (r != SC_SUCCESS)
		return r;
	return jcop_end(card, read_and_generate(card, generation, &key));
}
