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

/* Of SubjectPublicKeyInfo and the headers around it, beside the modulus. */
#define PUBLIC_KEY_OVERHEAD 64

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

/* Appends ENTRY and, where there is room, a 00 that ends the list. */
static int
append_entry(struct sc_card *card, enum jcop_file file, struct jcop_bytes entry,
	const struct jcop_directory *listed)
{
	const struct jcop_file_desc *desc =
		&jcop_session_of(card)->description.files[file];
	struct jcop_blob content = JCOP_BLOB_INIT, bytes = JCOP_BLOB_INIT;
	size_t end, size;
	int r = jcop_select_ef(card, desc->application, desc->fid, &size);

	if (r == SC_SUCCESS)
		r = jcop_read_selected(card, &content, jcop_df_has_all_entries);
	if (r != SC_SUCCESS)
		goto out;
	end = jcop_df_end(jcop_blob_view(&content), listed);
	if (entry.len > size || end > size - entry.len) {
		r = jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
			"the directory file %04X of the card is full (%zu of "
			"%zu bytes used, %zu more needed); use shorter labels",
			desc->fid, end, size, entry.len);
		goto out;
	}
	r = jcop_sc_error(jcop_blob_set(&bytes, entry.data, entry.len));
	if (r == SC_SUCCESS && end + entry.len < size)
		r = jcop_sc_error(jcop_blob_append_u8(&bytes, 0x00));
	if (r == SC_SUCCESS)
		r = jcop_write_first_byte_last(card, end,
			jcop_blob_view(&bytes),
			end < content.len && content.data[end] != 0);
out:
	jcop_blob_free(&content);
	jcop_blob_free(&bytes);
	return r;
}

static int
encode_and_append(struct sc_card *card, enum jcop_file file,
	const struct sc_pkcs15_object *object,
	int (*encode)(struct sc_context *, const struct sc_pkcs15_object *,
		unsigned char **, size_t *),
	const struct jcop_directory *listed)
{
	unsigned char *der = NULL;
	size_t len = 0;
	int r = encode(card->ctx, object, &der, &len);

	if (r == SC_SUCCESS)
		r = append_entry(card, file, jcop_bytes_of(der, len), listed);
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
encode_prkdf_entry(struct sc_card *card,
	const struct jcop_generation *generation, unsigned char **der,
	size_t *len)
{
	const struct jcop_container_desc *container = generation->container;
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
	set_label(&object, generation->label);
	info.usage = jcop_key_usage(container);
	info.native = 1;
	info.access_flags = SC_PKCS15_PRKEY_ACCESS_SENSITIVE |
			    SC_PKCS15_PRKEY_ACCESS_ALWAYSSENSITIVE |
			    SC_PKCS15_PRKEY_ACCESS_NEVEREXTRACTABLE |
			    SC_PKCS15_PRKEY_ACCESS_LOCAL;
	info.key_reference = generation->slot->key;
	info.modulus_length = generation->bits;
	r = set_id(&info.id, generation->id);
	if (r != SC_SUCCESS)
		return r;
	return sc_pkcs15_encode_prkdf_entry(card->ctx, &object, der, len);
}

static int
add_prkdf_entry(struct sc_card *card, const struct jcop_generation *generation)
{
	unsigned char *der = NULL;
	size_t len = 0;
	int r = encode_prkdf_entry(card, generation, &der, &len);

	if (r == SC_SUCCESS)
		r = append_entry(
			card, JCOP_FILE_PRKDF, jcop_bytes_of(der, len), NULL);
	free(der);
	return r;
}

int
jcop_refuse_full(struct sc_card *card, size_t room, size_t needed)
{
	return jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
		"the directory of the card has no room for another entry (%zu "
		"bytes free, %zu needed); use a shorter label and id",
		room, needed);
}

int
jcop_directory_check_room(struct sc_card *card,
	const struct jcop_directory *directory,
	const struct jcop_generation *generation)
{
	unsigned char *der = NULL;
	size_t len = 0, with_modulus;
	int r = encode_prkdf_entry(card, generation, &der, &len);

	free(der);
	if (r != SC_SUCCESS)
		return r;
	/* PuKDF repeats what is in PrKDF and adds the public key. */
	with_modulus = len + generation->bits / 8 + PUBLIC_KEY_OVERHEAD;
	if (directory->room_prkdf < len)
		return jcop_refuse_full(card, directory->room_prkdf, len);
	if (directory->room_pukdf < with_modulus)
		return jcop_refuse_full(
			card, directory->room_pukdf, with_modulus);
	return SC_SUCCESS;
}

/* SubjectPublicKeyInfo of the new key; free with OPENSSL_free. */
static int
encode_spki(const struct jcop_generation *generation, uint8_t **der)
{
	BIGNUM *n = BN_bin2bn(
		generation->modulus.data, (int)generation->modulus.len, NULL);
	BIGNUM *e = BN_bin2bn(
		generation->exponent.data, (int)generation->exponent.len, NULL);
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

static int
add_pukdf_entry(struct sc_card *card, const struct jcop_generation *generation,
	struct jcop_directory *directory)
{
	struct sc_pkcs15_pubkey_info info;
	struct sc_pkcs15_object object;
	uint8_t *spki = NULL;
	int len = encode_spki(generation, &spki), r;

	if (len <= 0)
		return SC_ERROR_INTERNAL;
	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	object.type = SC_PKCS15_TYPE_PUBKEY_RSA;
	object.data = &info;
	set_label(&object, generation->label);
	info.usage = SC_PKCS15_PRKEY_USAGE_VERIFY |
		     (generation->container->decipher
				     ? SC_PKCS15_PRKEY_USAGE_ENCRYPT |
					       SC_PKCS15_PRKEY_USAGE_WRAP
				     : 0);
	info.native = 1;
	info.access_flags = SC_PKCS15_PRKEY_ACCESS_EXTRACTABLE;
	info.key_reference = generation->slot->key;
	info.modulus_length = generation->bits;
	info.direct.spki.value = spki;
	info.direct.spki.len = (size_t)len;
	r = set_id(&info.id, generation->id);
	if (r == SC_SUCCESS)
		r = encode_and_append(card, JCOP_FILE_PUKDF, &object,
			sc_pkcs15_encode_pukdf_entry, directory);
	OPENSSL_free(spki);
	return r;
}

int
jcop_directory_add_key(
	struct sc_card *card, const struct jcop_generation *generation)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	int r;

	if (directory == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	r = jcop_directory_read_keys(card, directory);
	if (r == SC_SUCCESS)
		r = add_pukdf_entry(card, generation, directory);
	if (r == SC_SUCCESS)
		r = add_prkdf_entry(card, generation);
	jcop_directory_free(directory);
	free(directory);
	return r;
}

int
jcop_directory_add_certificate(struct sc_card *card,
	const struct jcop_directory_key *owner, const char *label)
{
	struct sc_pkcs15_cert_info info;
	struct sc_pkcs15_object object;
	int r;

	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	object.type = SC_PKCS15_TYPE_CERT_X509;
	object.data = &info;
	set_label(&object, label);
	info.path.value[0] = (u8)(owner->slot->certificate >> 8);
	info.path.value[1] = (u8)owner->slot->certificate;
	info.path.len = 2;
	r = set_id(&info.id, jcop_bytes_of(owner->id, owner->id_len));
	if (r != SC_SUCCESS)
		return r;
	return encode_and_append(
		card, JCOP_FILE_CDF, &object, sc_pkcs15_encode_cdf_entry, NULL);
}
