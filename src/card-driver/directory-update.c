/*
 * directory-update.c: new entries in the directory of the containers.
 *
 * Updates are tear-safe: of a new entry the first byte is written last.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <libopensc/pkcs15.h>

#include "card-driver/directory.h"

/* Of an entry in CDF, beside label and id. */
#define CDF_OVERHEAD 32
/* Of a key that is not made yet; F4 is the longest exponent. */
#define MODULUS_MAX 1024 /* bytes */

/* Tear-safe: 00 over the first byte if it is not there yet, the rest, and the
 * first byte last. The file is selected. */
int
jcop_write_first_byte_last(struct sc_card *card, size_t offset,
	struct jcop_bytes data, bool occupied)
{
	static const uint8_t nothing = 0x00;
	int r = SC_SUCCESS;

	if (occupied)
		r = jcop_update_selected(
			card, offset, jcop_bytes_of(&nothing, 1));
	if (r == SC_SUCCESS)
		r = jcop_update_selected(card, offset + 1,
			jcop_bytes_of(data.data + 1, data.len - 1));
	if (r == SC_SUCCESS)
		r = jcop_update_selected(
			card, offset, jcop_bytes_of(data.data, 1));
	return r;
}

static size_t
room_in(const struct jcop_directory_file *place)
{
	return place->size > place->end ? place->size - place->end : 0;
}

static int
refuse_full(struct sc_card *card, const struct jcop_directory_file *place,
	size_t needed)
{
	return jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
		"the directory of the card has no room for another entry (%zu "
		"bytes free, %zu needed); use a shorter label and id",
		room_in(place), needed);
}

/* What an entry of the file may have so that every slot of the card can have
 * one. */
static size_t
fair_share(struct sc_card *card, const struct jcop_directory_file *place)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	size_t i, slots = 0;

	for (i = 0; i < description->container_count; i++)
		slots += description->containers[i].slot_count;
	return slots > 0 ? place->size / slots : place->size;
}

/* And of PuKDF, where the longer keys have more: the moduli of all slots stand
 * in it, and what they leave is shared. */
static size_t
fair_share_beside_modulus(
	struct sc_card *card, const struct jcop_directory_file *place)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	size_t i, j, slots = 0, moduli = 0;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		slots += container->slot_count;
		for (j = 0; j < container->slot_count; j++)
			moduli += container->slots[j].bits / 8;
	}
	if (slots == 0 || place->size <= moduli)
		return 0;
	return (place->size - moduli) / slots;
}

/* An entry has SURPLUS bytes more than its share: FITTING is LABEL without
 * them, or LABEL is refused. */
static int
shorten(struct sc_card *card, const char *label, size_t id_len, size_t surplus,
	bool cut, char fitting[JCOP_MAX_LABEL])
{
	size_t len = label != NULL ? strlen(label) : 0;

	if (surplus == 0) {
		jcop_label_cut(label, len, fitting);
		return SC_SUCCESS;
	}
	if (surplus <= len && cut) {
		sc_log(card->ctx, "the label is cut by %zu bytes", surplus);
		jcop_label_cut(label, len - surplus, fitting);
		return SC_SUCCESS;
	}
	return jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
		"label and id have %zu bytes together: use a shorter label or "
		"id, at most %zu, so that every slot of the card can be "
		"listed; nothing was changed",
		len + id_len,
		len + id_len > surplus ? len + id_len - surplus : 0);
}

static size_t
surplus_over(size_t len, size_t share)
{
	return len > share ? len - share : 0;
}

/* Appends ENTRY and, where there is room, a 00 that ends the list. */
static int
append_entry(struct sc_card *card, enum jcop_file file,
	const struct jcop_directory_file *place, struct jcop_bytes entry)
{
	const struct jcop_file_desc *desc =
		&jcop_session_of(card)->description.files[file];
	struct jcop_blob bytes = JCOP_BLOB_INIT;
	int r;

	if (entry.len > room_in(place))
		return refuse_full(card, place, entry.len);
	r = jcop_select_ef(card, desc->application, desc->fid, NULL);
	if (r == SC_SUCCESS)
		r = jcop_sc_error(jcop_blob_set(&bytes, entry.data, entry.len));
	if (r == SC_SUCCESS && entry.len < room_in(place))
		r = jcop_sc_error(jcop_blob_append_u8(&bytes, 0x00));
	if (r == SC_SUCCESS)
		r = jcop_write_first_byte_last(card, place->end,
			jcop_blob_view(&bytes), place->occupied);
	jcop_blob_free(&bytes);
	return r;
}

typedef int (*encode_entry)(struct sc_context *,
	const struct sc_pkcs15_object *, unsigned char **, size_t *);

static int
encode_and_append(struct sc_card *card, enum jcop_file file,
	const struct jcop_directory_file *place,
	const struct sc_pkcs15_object *object, encode_entry encode)
{
	unsigned char *der = NULL;
	size_t len = 0;
	int r = encode(card->ctx, object, &der, &len);

	if (r == SC_SUCCESS)
		r = append_entry(card, file, place, jcop_bytes_of(der, len));
	free(der);
	return r;
}

static void
set_label(struct sc_pkcs15_object *object, const char *label)
{
	snprintf(object->label, sizeof(object->label), "%s",
		label != NULL ? label : "");
}

static int
set_id(struct sc_pkcs15_id *id, struct jcop_bytes value)
{
	if (value.len == 0 || value.len > sizeof(id->value))
		return SC_ERROR_INVALID_ARGUMENTS;
	memcpy(id->value, value.data, value.len);
	id->len = value.len;
	return SC_SUCCESS;
}

/* The entry of a new key; free with free(). */
static int
encode_prkdf_entry(struct sc_card *card, const struct jcop_new_key *key,
	unsigned char **der, size_t *len)
{
	const struct jcop_container_desc *container = key->container;
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	struct sc_pkcs15_prkey_info info;
	struct sc_pkcs15_object object;
	int r;

	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	object.type = SC_PKCS15_TYPE_PRKEY_RSA;
	object.data = &info;
	object.flags = SC_PKCS15_CO_FLAG_PRIVATE;
	object.user_consent = container->user_consent ? 1 : 0;
	object.auth_id.value[0] = description->pins[container->pin].auth_id;
	object.auth_id.len = 1;
	set_label(&object, key->label);
	info.usage = jcop_key_usage(container);
	info.native = 1;
	info.access_flags = SC_PKCS15_PRKEY_ACCESS_SENSITIVE;
	if (!key->imported)
		info.access_flags |= SC_PKCS15_PRKEY_ACCESS_ALWAYSSENSITIVE |
				     SC_PKCS15_PRKEY_ACCESS_NEVEREXTRACTABLE |
				     SC_PKCS15_PRKEY_ACCESS_LOCAL;
	info.key_reference = key->slot->key;
	info.modulus_length = key->bits;
	r = set_id(&info.id, key->id);
	if (r != SC_SUCCESS)
		return r;
	return sc_pkcs15_encode_prkdf_entry(card->ctx, &object, der, len);
}

static int
add_prkdf_entry(struct sc_card *card, const struct jcop_directory *directory,
	const struct jcop_new_key *key)
{
	unsigned char *der = NULL;
	size_t len = 0;
	int r = encode_prkdf_entry(card, key, &der, &len);

	if (r == SC_SUCCESS)
		r = append_entry(card, JCOP_FILE_PRKDF, &directory->prkdf,
			jcop_bytes_of(der, len));
	free(der);
	return r;
}

int
jcop_directory_check_certificate_room(struct sc_card *card,
	const struct jcop_directory *directory, size_t id_len,
	const char *label, bool cut, char fitting[JCOP_MAX_LABEL])
{
	size_t entry = CDF_OVERHEAD + id_len;
	int r;

	if (label != NULL)
		entry += strlen(label);
	r = shorten(card, label, id_len,
		surplus_over(entry, fair_share(card, &directory->cdf)), cut,
		fitting);
	if (r != SC_SUCCESS)
		return r;
	entry = CDF_OVERHEAD + id_len + strlen(fitting);
	if (room_in(&directory->cdf) < entry)
		return refuse_full(card, &directory->cdf, entry);
	return SC_SUCCESS;
}

/* SubjectPublicKeyInfo of the new key; free with OPENSSL_free. */
static int
encode_spki(const struct jcop_new_key *new_key, uint8_t **der)
{
	BIGNUM *n = BN_bin2bn(
		new_key->modulus.data, (int)new_key->modulus.len, NULL);
	BIGNUM *e = BN_bin2bn(
		new_key->exponent.data, (int)new_key->exponent.len, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	int len = -1;

	*der = NULL;
	if (n != NULL && e != NULL && builder != NULL && ctx != NULL &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ==
			1 &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1)
		len = i2d_PUBKEY(key, der);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(e);
	BN_free(n);
	return len;
}

/* Its entry; free with free(). */
static int
encode_pukdf_entry(struct sc_card *card, const struct jcop_new_key *key,
	unsigned char **der, size_t *size)
{
	struct sc_pkcs15_pubkey_info info;
	struct sc_pkcs15_object object;
	uint8_t *spki = NULL;
	int len = encode_spki(key, &spki), r;

	if (len <= 0)
		return SC_ERROR_INTERNAL;
	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	object.type = SC_PKCS15_TYPE_PUBKEY_RSA;
	object.data = &info;
	set_label(&object, key->label);
	info.usage =
		SC_PKCS15_PRKEY_USAGE_VERIFY |
		(key->container->decipher ? SC_PKCS15_PRKEY_USAGE_ENCRYPT |
						    SC_PKCS15_PRKEY_USAGE_WRAP
					  : 0);
	info.native = 1;
	info.access_flags = SC_PKCS15_PRKEY_ACCESS_EXTRACTABLE;
	info.key_reference = key->slot->key;
	info.modulus_length = key->bits;
	info.direct.spki.value = spki;
	info.direct.spki.len = (size_t)len;
	r = set_id(&info.id, key->id);
	if (r == SC_SUCCESS)
		r = sc_pkcs15_encode_pukdf_entry(card->ctx, &object, der, size);
	OPENSSL_free(spki);
	return r;
}

static int
add_pukdf_entry(struct sc_card *card, const struct jcop_directory *directory,
	const struct jcop_new_key *key)
{
	unsigned char *der = NULL;
	size_t len = 0;
	int r = encode_pukdf_entry(card, key, &der, &len);

	if (r == SC_SUCCESS)
		r = append_entry(card, JCOP_FILE_PUKDF, &directory->pukdf,
			jcop_bytes_of(der, len));
	free(der);
	return r;
}

/* What the entries of KEY have in both files. A key that is made later is as
 * long as any of its size. */
static int
measure(struct sc_card *card, const struct jcop_new_key *key, size_t *in_prkdf,
	size_t *in_pukdf)
{
	static const uint8_t exponent[] = {0x01, 0x00, 0x01};
	uint8_t modulus[MODULUS_MAX];
	struct jcop_new_key like = *key;
	unsigned char *der = NULL;
	int r;

	if (key->bits / 8 > sizeof(modulus))
		return SC_ERROR_NOT_SUPPORTED;
	memset(modulus, 0xFF, sizeof(modulus));
	like.modulus = jcop_bytes_of(modulus, key->bits / 8);
	like.exponent = JCOP_BYTES(exponent);
	r = encode_prkdf_entry(card, &like, &der, in_prkdf);
	free(der);
	der = NULL;
	if (r == SC_SUCCESS)
		r = encode_pukdf_entry(card, &like, &der, in_pukdf);
	free(der);
	return r;
}

/* Shortens the label of KEY where an entry would take another slot's room. */
static int
take_share(struct sc_card *card, const struct jcop_directory *directory,
	struct jcop_new_key *key, size_t in_prkdf, size_t in_pukdf)
{
	size_t surplus =
		surplus_over(in_prkdf, fair_share(card, &directory->prkdf));
	size_t other = surplus_over(in_pukdf - key->bits / 8,
		fair_share_beside_modulus(card, &directory->pukdf));
	int r = shorten(card, key->label, key->id.len,
		surplus > other ? surplus : other, key->cut_label,
		key->fitting);

	if (r == SC_SUCCESS)
		key->label = key->fitting;
	return r;
}

int
jcop_directory_check_room(struct sc_card *card,
	const struct jcop_directory *directory, struct jcop_new_key *key)
{
	size_t in_prkdf = 0, in_pukdf = 0;
	int r = measure(card, key, &in_prkdf, &in_pukdf);

	if (r == SC_SUCCESS)
		r = take_share(card, directory, key, in_prkdf, in_pukdf);
	if (r == SC_SUCCESS)
		r = measure(card, key, &in_prkdf, &in_pukdf);
	if (r != SC_SUCCESS)
		return r;
	if (room_in(&directory->prkdf) < in_prkdf)
		return refuse_full(card, &directory->prkdf, in_prkdf);
	if (room_in(&directory->pukdf) < in_pukdf)
		return refuse_full(card, &directory->pukdf, in_pukdf);
	return SC_SUCCESS;
}

int
jcop_directory_add_key(struct sc_card *card,
	const struct jcop_directory *directory, const struct jcop_new_key *key)
{
	int r = add_pukdf_entry(card, directory, key);

	if (r == SC_SUCCESS)
		r = add_prkdf_entry(card, directory, key);
	return r;
}

int
jcop_directory_add_certificate(struct sc_card *card,
	const struct jcop_directory *directory,
	const struct jcop_slot_desc *slot, struct jcop_bytes id,
	const char *label)
{
	struct sc_pkcs15_cert_info info;
	struct sc_pkcs15_object object;
	int r;

	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	object.type = SC_PKCS15_TYPE_CERT_X509;
	object.data = &info;
	set_label(&object, label);
	info.path.value[0] = (u8)(slot->certificate >> 8);
	info.path.value[1] = (u8)slot->certificate;
	info.path.len = 2;
	r = set_id(&info.id, id);
	if (r != SC_SUCCESS)
		return r;
	return encode_and_append(card, JCOP_FILE_CDF, &directory->cdf, &object,
		sc_pkcs15_encode_cdf_entry);
}
