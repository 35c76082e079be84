/*
 * encode-sign.c: a request that the card's own key signs, as any PKCS#11
 * program would have it sign.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <openssl/sha.h>

#include "tool/encode.h"
#include "tool/pin-source.h"

/* The slot of the application's key: this run made it, or found it under that
 * id. */
static const struct jcop_slot_desc *
find_slot(const struct encode *encode, const struct encoding_step *step,
	struct jcop_bytes id)
{
	const struct jcop_slot_desc *slot =
		encode->slots[step->application->letter - 'A'];
	const struct jcop_directory_key *key;
	size_t i;

	for (i = 0; slot == NULL && i < encode->directory.count; i++) {
		key = &encode->directory.keys[i];
		if (jcop_bytes_equal(id, jcop_bytes_of(key->id, key->id_len)))
			slot = key->slot;
	}
	return slot;
}

static int
verify(struct encode *encode, enum jcop_pin pin,
	const struct jcop_pin_entry *entry)
{
	struct sc_pin_cmd_data data = {.cmd = SC_PIN_CMD_VERIFY,
		.pin_type = SC_AC_CHV,
		.pin_reference = encode->description->pins[pin].reference};

	if (entry->pinpad) {
		data.flags = SC_PIN_CMD_USE_PINPAD;
		tool_pin_prompt.say(tool_pin_prompt.context,
			pin == JCOP_PIN_SIGNATURE
				? "On the PIN pad of the reader: type the "
				  "signature PIN, to sign the request."
				: "On the PIN pad of the reader: type the "
				  "global PIN, to sign the request.");
	} else {
		data.pin1.data = entry->value.data;
		data.pin1.len = (int)entry->value.len;
	}
	return sc_pin_cmd(encode->tool->card, &data, NULL);
}

/* RSA, PKCS#1 v1.5, SHA-256. */
static int
compute(struct sc_card *card, const struct jcop_slot_desc *slot,
	struct jcop_bytes data, struct jcop_blob *signature)
{
	struct sc_security_env env = {.operation = SC_SEC_OPERATION_SIGN,
		.flags = SC_SEC_ENV_ALG_PRESENT | SC_SEC_ENV_KEY_REF_PRESENT,
		.algorithm = SC_ALGORITHM_RSA,
		.algorithm_flags = SC_ALGORITHM_RSA_PAD_PKCS1 |
				   SC_ALGORITHM_RSA_HASH_SHA256,
		.key_ref = {slot->key},
		.key_ref_len = 1};
	uint8_t digest[SHA256_DIGEST_LENGTH];
	int r = sc_set_security_env(card, &env, 0);

	SHA256(data.data, data.len, digest);
	if (r == SC_SUCCESS && (jcop_blob_append_fill(signature, 0,
					slot->bits / 8) != JCOP_OK))
		r = SC_ERROR_OUT_OF_MEMORY;
	if (r == SC_SUCCESS)
		r = sc_compute_signature(card, digest, sizeof(digest),
			signature->data, signature->len);
	if (r < 0)
		return r;
	jcop_blob_truncate(signature, (size_t)r);
	return SC_SUCCESS;
}

/* SLOT NULL: the PIN alone. Whoever was not logged in before is not
 * afterwards. */
static int
sign_locked(struct encode *encode, enum jcop_pin pin,
	const struct jcop_pin_entry *entry, const struct jcop_slot_desc *slot,
	struct jcop_bytes data, struct jcop_blob *signature)
{
	struct sc_card *card = encode->tool->card;
	struct jcop_pin_state before = {.pin = pin};
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_PIN_STATE, &before);

	if (r == SC_SUCCESS)
		r = verify(encode, pin, entry);
	if (r != SC_SUCCESS)
		return r;
	encode->verified[pin] = true;
	if (slot != NULL)
		r = compute(card, slot, data, signature);
	if (before.status != JCOP_PIN_VERIFIED)
		sc_logout(card);
	return r;
}

static int
sign(struct encode *encode, enum jcop_pin pin,
	const struct jcop_pin_entry *entry, const struct jcop_slot_desc *slot,
	struct jcop_bytes data, struct jcop_blob *signature, char *message)
{
	int r = sc_lock(encode->tool->card);

	if (r == SC_SUCCESS) {
		r = sign_locked(encode, pin, entry, slot, data, signature);
		sc_unlock(encode->tool->card);
	}
	return r == SC_SUCCESS ? JCOP_OK : encode_failed(encode, r, message);
}

int
encode_check_signer(
	struct encode *encode, const struct encoding_step *step, char *message)
{
	enum jcop_pin pin = step->container->pin;
	const struct encoding_step *request;
	char id[ENCODING_STEP_ID_SIZE];
	struct jcop_pin_entry entry;
	int r;

	snprintf(id, sizeof(id), "%c:request", step->application->letter);
	request = encoding_plan_find(&encode->plan, id);
	if (request == NULL || request->signer != SIGNER_CARD ||
		request->signer_pin.how == PIN_PAD || encode->verified[pin])
		return JCOP_OK;
	r = encode_pin(encode, &request->signer_pin, pin, PURPOSE_SIGN, &entry,
		message);
	if (r == JCOP_OK)
		r = encode_check_same_card(encode, message);
	return r == JCOP_OK ? sign(encode, pin, &entry, NULL,
				      jcop_bytes_of(NULL, 0), NULL, message)
			    : r;
}

int
encode_sign(void *context, const struct encoding_step *step,
	struct jcop_bytes id, struct jcop_bytes data,
	struct jcop_blob *signature, char *message)
{
	struct encode *encode = context;
	enum jcop_pin pin = step->container->pin;
	const struct jcop_slot_desc *slot = find_slot(encode, step, id);
	struct jcop_pin_entry entry;
	int r = encode_pin(
		encode, &step->signer_pin, pin, PURPOSE_SIGN, &entry, message);

	if (r == JCOP_OK)
		r = encode_check_same_card(encode, message);
	if (r != JCOP_OK)
		return r;
	if (slot == NULL)
		return encode_failed(
			encode, SC_ERROR_OBJECT_NOT_FOUND, message);
	return sign(encode, pin, &entry, slot, data, signature, message);
}
