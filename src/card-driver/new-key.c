/*
 * new-key.c: what making and importing a key share: a free slot, a free id,
 * and how security data objects are put.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/directory.h"
#include "core/agent-data.h"

static size_t
count_slots(const struct jcop_new_key *key)
{
	size_t i, slots = 0;

	for (i = 0; i < key->container->slot_count; i++)
		if (key->container->slots[i].bits == key->bits)
			slots++;
	return slots;
}

int
jcop_new_key_check_size(struct sc_card *card, const struct jcop_new_key *key)
{
	if (count_slots(key) > 0)
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
		"the container %s has no slot for RSA-%u keys; nothing was "
		"changed",
		key->container->name, key->bits);
}

static int
refuse_full(struct sc_card *card, const struct jcop_new_key *key)
{
	size_t slots = count_slots(key);

	return jcop_explain(card, SC_ERROR_TOO_MANY_OBJECTS,
		"no free slot: the container %s holds %zu RSA-%u key%s "
		"already, which is all it can. Keys are deleted all at once, "
		"not one by one",
		key->container->name, slots, key->bits, slots == 1 ? "" : "s");
}

static int
choose_slot(struct sc_card *card, const struct jcop_directory *directory,
	struct jcop_new_key *key)
{
	size_t i;

	if (directory->unreadable > 0)
		return jcop_explain(card, SC_ERROR_INVALID_DATA,
			"the directory of the card lists %zu key%s in a way "
			"that cannot be read, so no slot is known to be free; "
			"nothing was changed",
			directory->unreadable,
			directory->unreadable == 1 ? "" : "s");
	for (i = 0; i < key->container->slot_count; i++) {
		const struct jcop_slot_desc *slot = &key->container->slots[i];

		if (slot->bits == key->bits &&
			!directory->occupied[slot->key]) {
			key->slot = slot;
			return SC_SUCCESS;
		}
	}
	return refuse_full(card, key);
}

static const struct jcop_directory_key *
key_with_id(const struct jcop_directory *directory, struct jcop_bytes id)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (jcop_bytes_equal(jcop_bytes_of(directory->keys[i].id,
					     directory->keys[i].id_len),
			    id))
			return &directory->keys[i];
	return NULL;
}

/* Two keys of one id could not be told apart. Where none was asked for it is
 * the key's reference, or what is free behind it. */
static int
choose_id(struct sc_card *card, const struct jcop_directory *directory,
	struct jcop_new_key *key)
{
	if (key->id.len > 0) {
		if (key_with_id(directory, key->id) == NULL)
			return SC_SUCCESS;
		return jcop_explain(card, SC_ERROR_NON_UNIQUE_ID,
			"another key on the card has this id; nothing was "
			"changed");
	}
	key->free_id = key->slot->key;
	key->id = jcop_bytes_of(&key->free_id, 1);
	while (key_with_id(directory, key->id) != NULL)
		key->free_id++;
	return SC_SUCCESS;
}

int
jcop_new_key_place(struct sc_card *card, const struct jcop_directory *directory,
	struct jcop_new_key *key)
{
	int r = jcop_new_key_check_size(card, key);

	if (r == SC_SUCCESS)
		r = choose_slot(card, directory, key);
	if (r == SC_SUCCESS)
		r = choose_id(card, directory, key);
	if (r == SC_SUCCESS)
		r = jcop_directory_check_room(card, directory, key);
	return r;
}

int
jcop_label_check(struct sc_card *card, const char *label)
{
	struct jcop_blob text = JCOP_BLOB_INIT;
	int r = JCOP_OK;

	if (label != NULL)
		r = jcop_agent_text(
			jcop_bytes_of((const uint8_t *)label, strlen(label)),
			&text);
	jcop_blob_free(&text);
	if (r == JCOP_ERR_MALFORMED || r == JCOP_ERR_UNSUPPORTED)
		return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
			"the label %s; use another label; nothing was changed",
			r == JCOP_ERR_MALFORMED
				? "is not valid UTF-8"
				: "has a control character or a line end in "
				  "it");
	return jcop_sc_error(r);
}

void
jcop_label_cut(const char *label, size_t limit, char fitting[JCOP_MAX_LABEL])
{
	size_t len = label != NULL ? strlen(label) : 0;

	if (limit >= JCOP_MAX_LABEL)
		limit = JCOP_MAX_LABEL - 1;
	if (len > limit) {
		len = limit;
		/* not in the middle of a character of UTF-8 (RFC 3629) */
		while (len > 0 && ((uint8_t)label[len] & 0xC0) == 0x80)
			len--;
	}
	if (len > 0)
		memcpy(fitting, label, len);
	fitting[len] = '\0';
}

int
jcop_put_sdo(struct sc_card *card, uint32_t object, uint8_t key,
	struct jcop_bytes value)
{
	struct jcop_command command = JCOP_COMMAND_INIT(
		JCOP_INS_PUT_DATA_ODD, JCOP_PUT_DATA_P1, JCOP_PUT_DATA_P2);
	struct jcop_blob sdo = JCOP_BLOB_INIT;
	struct jcop_apdu view;
	int r = jcop_sc_error(jcop_tlv_put(&sdo, object << 8 | key, value));

	if (r == SC_SUCCESS)
		r = jcop_sc_error(jcop_command_put(
			&command, JCOP_SDO_TEMPLATE, jcop_blob_view(&sdo)));
	if (r == SC_SUCCESS) {
		view = jcop_command_view(&command);
		r = jcop_execute(card, &view, NULL);
	}
	jcop_blob_free(&sdo);
	jcop_command_free(&command);
	return r;
}
