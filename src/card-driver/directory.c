/*
 * directory.c: the directory of the containers on the card, PrKDF, PuKDF and
 * CDF in ISO/IEC 7816-15 coding.
 *
 * Updates are tear-safe: of a new entry the first byte is written last, and a
 * reader stops at the first 00 where an entry would start.
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

#include "card-driver/session.h"
#include "core/certificate-codec.h"

/* Tags of ISO/IEC 7816-15 clause 8; context tags are of its CHOICEs. */
#define TAG_SEQUENCE 0x30
#define TAG_INTEGER 0x02
#define TAG_OCTET_STRING 0x04
#define TAG_UTF8_STRING 0x0C
#define TAG_TYPE_ATTRIBUTES 0xA1
#define TAG_DIRECT_VALUE 0xA0
#define TAG_SPKI 0xA1

/* Of SubjectPublicKeyInfo and the headers around it, beside the modulus. */
#define PUBLIC_KEY_OVERHEAD 64
/* Of an entry in CDF, beside label and id. */
#define CDF_OVERHEAD 32

/* --- reading ----------------------------------------------------------------
 */

/* The next entry; JCOP_ERR_NOT_FOUND where zero padding starts. */
static int
next_entry(struct jcop_bytes *cursor, struct jcop_tlv *entry)
{
	if (cursor->len == 0 || cursor->data[0] == 0)
		return JCOP_ERR_NOT_FOUND;
	return jcop_tlv_read(cursor, entry);
}

static bool
has_all_entries(struct jcop_bytes content)
{
	struct jcop_tlv entry;

	while (next_entry(&content, &entry) == JCOP_OK)
		;
	return content.len > 0 && content.data[0] == 0;
}

static int
read_df(struct sc_card *card, enum jcop_file file, struct jcop_blob *content,
	size_t *size)
{
	const struct jcop_file_desc *desc =
		&jcop_session_of(card)->description.files[file];
	int r = jcop_select_ef(card, desc->application, desc->fid, size);

	if (r == SC_SUCCESS)
		r = jcop_read_selected(card, content, has_all_entries);
	return r;
}

/* What every entry has: label, id, key reference, type attributes. */
struct entry {
	struct jcop_bytes label, id, type;
	unsigned int key_reference; /* 0: none */
};

static unsigned int
small_number(struct jcop_bytes integer)
{
	unsigned int number = 0;
	size_t i;

	for (i = 0; i < integer.len && i < sizeof(number); i++)
		number = number << 8 | integer.data[i];
	return number;
}

static int
parse_entry(const struct jcop_tlv *object, struct entry *entry)
{
	struct jcop_bytes cursor = object->value, value;
	struct jcop_tlv common, class;
	int r;

	memset(entry, 0, sizeof(*entry));
	if (object->tag != TAG_SEQUENCE)
		return JCOP_ERR_UNSUPPORTED;
	r = jcop_tlv_read(&cursor, &common);
	if (r == JCOP_OK)
		r = jcop_tlv_read(&cursor, &class);
	if (r == JCOP_OK)
		r = jcop_tlv_find(cursor, TAG_TYPE_ATTRIBUTES, &value);
	if (r == JCOP_OK)
		r = jcop_tlv_find(value, TAG_SEQUENCE, &entry->type);
	if (r == JCOP_OK)
		r = jcop_tlv_find(class.value, TAG_OCTET_STRING, &entry->id);
	if (r != JCOP_OK || common.tag != TAG_SEQUENCE ||
		class.tag != TAG_SEQUENCE)
		return JCOP_ERR_MALFORMED;
	if (jcop_tlv_find(common.value, TAG_UTF8_STRING, &entry->label) !=
		JCOP_OK)
		entry->label = jcop_bytes_of(NULL, 0);
	if (jcop_tlv_find(class.value, TAG_INTEGER, &value) == JCOP_OK)
		entry->key_reference = small_number(value);
	return JCOP_OK;
}

static void
copy_label(char label[JCOP_MAX_LABEL], struct jcop_bytes from)
{
	size_t len = from.len < JCOP_MAX_LABEL ? from.len : JCOP_MAX_LABEL - 1;

	if (len > 0)
		memcpy(label, from.data, len);
	label[len] = '\0';
}

static struct jcop_directory_key *
key_of_reference(struct jcop_directory *directory, unsigned int reference)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (directory->keys[i].slot->key == reference)
			return &directory->keys[i];
	return NULL;
}

static struct jcop_directory_key *
key_of_certificate(struct jcop_directory *directory, unsigned int fid)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (directory->keys[i].slot->certificate == fid)
			return &directory->keys[i];
	return NULL;
}

static void
place(const struct jcop_description *description, unsigned int reference,
	struct jcop_directory_key *key)
{
	size_t i, j;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		for (j = 0; j < container->slot_count; j++) {
			if (container->slots[j].key != reference)
				continue;
			key->container = container;
			key->slot = &container->slots[j];
		}
	}
}

static int
take_private_key(struct jcop_session *session, const struct entry *entry,
	struct jcop_directory *directory)
{
	struct jcop_directory_key *key;

	if (key_of_reference(directory, entry->key_reference) != NULL)
		return JCOP_OK;
	if (directory->count == JCOP_MAX_KEYS)
		return JCOP_ERR_TOO_LONG;
	key = &directory->keys[directory->count];
	memset(key, 0, sizeof(*key));
	place(&session->description, entry->key_reference, key);
	if (key->slot == NULL || entry->id.len == 0 ||
		entry->id.len > sizeof(key->id))
		return JCOP_ERR_UNSUPPORTED;
	memcpy(key->id, entry->id.data, entry->id.len);
	key->id_len = entry->id.len;
	copy_label(key->label, entry->label);
	directory->count++;
	return JCOP_OK;
}

static int
take_bignum(EVP_PKEY *key, const char *name, struct jcop_blob *out)
{
	BIGNUM *number = NULL;
	int r = JCOP_ERR_CRYPTO;

	if (EVP_PKEY_get_bn_param(key, name, &number) == 1) {
		r = jcop_blob_reserve(out, (size_t)BN_num_bytes(number));
		if (r == JCOP_OK)
			out->len = (size_t)BN_bn2bin(number, out->data);
	}
	BN_free(number);
	return r;
}

/* The direct value of a PublicRSAKeyAttributes: SubjectPublicKeyInfo under a
 * context tag, or RSAPublicKey as it is. */
static EVP_PKEY *
parse_public_key(struct jcop_bytes attributes)
{
	struct jcop_blob der = JCOP_BLOB_INIT;
	struct jcop_bytes choice;
	struct jcop_tlv object;
	const uint8_t *p;
	EVP_PKEY *key = NULL;

	if (jcop_tlv_find(attributes, TAG_DIRECT_VALUE, &choice) == JCOP_OK &&
		jcop_tlv_read(&choice, &object) == JCOP_OK &&
		jcop_tlv_put(&der, TAG_SEQUENCE, object.value) == JCOP_OK) {
		p = der.data;
		if (object.tag == TAG_SPKI)
			key = d2i_PUBKEY(NULL, &p, (long)der.len);
		else if (object.tag == TAG_SEQUENCE)
			key = d2i_PublicKey(
				EVP_PKEY_RSA, NULL, &p, (long)der.len);
	}
	jcop_blob_free(&der);
	return key;
}

/* The last entry of a key wins: one before it is left of a torn generation. */
static int
take_public_key(struct jcop_session *session, const struct entry *entry,
	struct jcop_directory *directory)
{
	struct jcop_directory_key *key =
		key_of_reference(directory, entry->key_reference);
	EVP_PKEY *public;
	int r;

	(void)session;
	if (key == NULL)
		return JCOP_OK;
	public = parse_public_key(entry->type);
	if (public == NULL || EVP_PKEY_get_base_id(public) != EVP_PKEY_RSA) {
		EVP_PKEY_free(public);
		return JCOP_ERR_MALFORMED;
	}
	r = take_bignum(public, OSSL_PKEY_PARAM_RSA_N, &key->modulus);
	if (r == JCOP_OK)
		r = take_bignum(public, OSSL_PKEY_PARAM_RSA_E, &key->exponent);
	EVP_PKEY_free(public);
	return r;
}

static int
take_certificate(struct jcop_session *session, const struct entry *entry,
	struct jcop_directory *directory)
{
	struct jcop_directory_key *key;
	struct jcop_bytes path, fid;

	(void)session;
	if (jcop_tlv_find(entry->type, TAG_SEQUENCE, &path) != JCOP_OK ||
		jcop_tlv_find(path, TAG_OCTET_STRING, &fid) != JCOP_OK ||
		fid.len < 2)
		return JCOP_ERR_MALFORMED;
	key = key_of_certificate(directory,
		small_number(jcop_bytes_of(fid.data + fid.len - 2, 2)));
	if (key == NULL)
		return JCOP_OK;
	key->has_certificate = true;
	copy_label(key->certificate_label, entry->label);
	return JCOP_OK;
}

/* The place of a key is taken whatever else its entry says. */
static void
note_occupied(struct jcop_directory *directory, const struct jcop_tlv *object)
{
	struct jcop_bytes cursor = object->value, integer;
	struct jcop_tlv common, class;
	unsigned int reference;

	if (jcop_tlv_read(&cursor, &common) == JCOP_OK &&
		jcop_tlv_read(&cursor, &class) == JCOP_OK &&
		jcop_tlv_find(class.value, TAG_INTEGER, &integer) == JCOP_OK) {
		reference = small_number(integer);
		if (reference <= JCOP_MAX_REFERENCE) {
			directory->occupied[reference] = true;
			return;
		}
	}
	directory->unreadable++;
}

typedef int (*take_entry)(
	struct jcop_session *, const struct entry *, struct jcop_directory *);

/* An entry that cannot be read is passed over: it hides no other. */
static void
take_entries(struct sc_card *card, struct jcop_bytes content, take_entry take,
	struct jcop_directory *directory)
{
	struct jcop_tlv object;
	struct entry entry;

	while (next_entry(&content, &object) == JCOP_OK) {
		int taken = parse_entry(&object, &entry);

		if (take == take_private_key)
			note_occupied(directory, &object);
		if (taken == JCOP_OK)
			taken = take(card->drv_data, &entry, directory);
		if (taken != JCOP_OK)
			sc_log(card->ctx, "directory entry passed over: %s",
				jcop_strerror(taken));
	}
	if (take == take_private_key && content.len > 0 && content.data[0] != 0)
		directory->unreadable++;
}

/* Where a new entry goes: behind the last one that KEEP keeps. Entries behind
 * it are stale and give way. */
typedef bool (*keep_entry)(const struct entry *, void *);

static size_t
find_end(struct jcop_bytes content, keep_entry keep, void *context)
{
	struct jcop_bytes cursor = content;
	struct jcop_tlv object;
	struct entry entry;
	size_t end = 0;

	while (next_entry(&cursor, &object) == JCOP_OK) {
		if (keep != NULL && parse_entry(&object, &entry) == JCOP_OK &&
			!keep(&entry, context))
			continue;
		end = (size_t)(cursor.data - content.data);
	}
	return end;
}

static bool
private_key_is_listed(const struct entry *entry, void *context)
{
	return key_of_reference(context, entry->key_reference) != NULL;
}

static int
take_df(struct sc_card *card, enum jcop_file file, take_entry take,
	keep_entry keep, struct jcop_directory *directory, size_t *room)
{
	struct jcop_blob content = JCOP_BLOB_INIT;
	size_t size = 0, end;
	int r = read_df(card, file, &content, &size);

	if (r == SC_SUCCESS) {
		take_entries(card, jcop_blob_view(&content), take, directory);
		end = find_end(jcop_blob_view(&content), keep, directory);
		*room = size > end ? size - end : 0;
	}
	jcop_blob_free(&content);
	return r;
}

int
jcop_directory_read(struct sc_card *card, struct jcop_directory *directory)
{
	int r;

	memset(directory, 0, sizeof(*directory));
	r = sc_lock(card);
	if (r != SC_SUCCESS)
		return r;
	r = take_df(card, JCOP_FILE_PRKDF, take_private_key, NULL, directory,
		&directory->room_prkdf);
	if (r == SC_SUCCESS)
		r = take_df(card, JCOP_FILE_PUKDF, take_public_key,
			private_key_is_listed, directory,
			&directory->room_pukdf);
	if (r == SC_SUCCESS)
		r = take_df(card, JCOP_FILE_CDF, take_certificate, NULL,
			directory, &directory->room_cdf);
	if (r != SC_SUCCESS)
		jcop_directory_free(directory);
	sc_unlock(card);
	return r;
}

/* --- writing --- */

/* Tear-safe: 00 over the first byte if it is not there yet, the rest, and the
 * first byte last. The file is selected. */
static int
write_first_byte_last(struct sc_card *card, size_t offset,
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
	keep_entry keep, void *context)
{
	const struct jcop_file_desc *desc =
		&jcop_session_of(card)->description.files[file];
	struct jcop_blob content = JCOP_BLOB_INIT, bytes = JCOP_BLOB_INIT;
	size_t end, size;
	int r = jcop_select_ef(card, desc->application, desc->fid, &size);

	if (r == SC_SUCCESS)
		r = jcop_read_selected(card, &content, has_all_entries);
	if (r != SC_SUCCESS)
		goto out;
	end = find_end(jcop_blob_view(&content), keep, context);
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
		r = write_first_byte_last(card, end, jcop_blob_view(&bytes),
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
	keep_entry keep, void *context)
{
	unsigned char *der = NULL;
	size_t len = 0;
	int r = encode(card->ctx, object, &der, &len);

	if (r == SC_SUCCESS)
		r = append_entry(
			card, file, jcop_bytes_of(der, len), keep, context);
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
		r = append_entry(card, JCOP_FILE_PRKDF, jcop_bytes_of(der, len),
			NULL, NULL);
	free(der);
	return r;
}

static int
refuse_full(struct sc_card *card, size_t room, size_t needed)
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
		return refuse_full(card, directory->room_prkdf, len);
	if (directory->room_pukdf < with_modulus)
		return refuse_full(card, directory->room_pukdf, with_modulus);
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
			sc_pkcs15_encode_pukdf_entry, private_key_is_listed,
			directory);
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
	r = take_df(card, JCOP_FILE_PRKDF, take_private_key, NULL, directory,
		&directory->room_prkdf);
	if (r == SC_SUCCESS)
		r = add_pukdf_entry(card, generation, directory);
	if (r == SC_SUCCESS)
		r = add_prkdf_entry(card, generation);
	jcop_directory_free(directory);
	free(directory);
	return r;
}

/* --- certificates --- */

static int
modulus_of_certificate(struct jcop_bytes der, struct jcop_blob *modulus)
{
	const uint8_t *p = der.data;
	X509 *certificate = d2i_X509(NULL, &p, (long)der.len);
	EVP_PKEY *key = NULL;
	int r = SC_ERROR_INVALID_DATA;

	if (certificate != NULL)
		key = X509_get0_pubkey(certificate);
	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		r = jcop_sc_error(
			take_bignum(key, OSSL_PKEY_PARAM_RSA_N, modulus));
	X509_free(certificate);
	return r;
}

/* The key with the certificate's public key. */
static int
find_owner(struct sc_card *card, const struct jcop_certificate *certificate,
	struct jcop_directory *directory, struct jcop_directory_key **owner)
{
	struct jcop_blob modulus = JCOP_BLOB_INIT;
	int r = modulus_of_certificate(certificate->der, &modulus);

	if (r != SC_SUCCESS) {
		jcop_explain(card, r,
			"this is not an X.509 certificate with an RSA key");
		goto out;
	}
	*owner = jcop_directory_find(directory, jcop_blob_view(&modulus));
	if (*owner == NULL)
		r = jcop_explain(card, SC_ERROR_OBJECT_NOT_FOUND,
			"the card has no key for this certificate: its public "
			"key is not among the %zu key%s on the card",
			directory->count, directory->count == 1 ? "" : "s");
	else if ((*owner)->has_certificate && !certificate->replace)
		r = jcop_explain(card, SC_ERROR_FILE_ALREADY_EXISTS,
			"the key of this certificate has one already; to "
			"replace it use --update-existing");
out:
	jcop_blob_free(&modulus);
	return r;
}

/* DER, or zlib where the description says so or the DER does not fit. */
static int
encode_certificate(struct sc_card *card, struct jcop_bytes der, size_t size,
	struct jcop_blob *content)
{
	bool compress =
		jcop_session_of(card)->description.dialect.certificate ==
		JCOP_CERTIFICATE_ZLIB;
	int r = jcop_certificate_encode(der, size, compress, content);

	if (r == JCOP_ERR_MALFORMED)
		return jcop_explain(card, SC_ERROR_INVALID_DATA,
			"there are other bytes behind the certificate; nothing "
			"was changed");
	if (r != JCOP_ERR_TOO_LONG)
		return jcop_sc_error(r);
	return jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
		"the certificate has %zu bytes, its file on the card %zu, and "
		"compressed it does not fit either",
		der.len, size);
}

/* All that can be known to fail, before the channel is opened. */
static int
prepare_certificate(struct sc_card *card,
	const struct jcop_certificate *certificate,
	const struct jcop_directory *directory,
	const struct jcop_directory_key *owner, struct jcop_blob *content)
{
	size_t size, entry = CDF_OVERHEAD + owner->id_len;
	int r = jcop_select_ef(
		card, JCOP_APP_PKI, owner->slot->certificate, &size);

	if (r == SC_SUCCESS)
		r = encode_certificate(card, certificate->der, size, content);
	if (r != SC_SUCCESS || owner->has_certificate)
		return r;
	if (certificate->label != NULL)
		entry += strlen(certificate->label);
	if (directory->room_cdf < entry)
		return refuse_full(card, directory->room_cdf, entry);
	return SC_SUCCESS;
}

static int
write_certificate_file(struct sc_card *card, const struct jcop_slot_desc *slot,
	const struct jcop_blob *content)
{
	int r = jcop_select_ef(card, JCOP_APP_PKI, slot->certificate, NULL);

	if (r != SC_SUCCESS)
		return r;
	return write_first_byte_last(card, 0, jcop_blob_view(content), true);
}

static int
add_cdf_entry(struct sc_card *card, const struct jcop_directory_key *owner,
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
	info.path.value[0] = (u8)(owner->slot->certificate >> 8);
	info.path.value[1] = (u8)owner->slot->certificate;
	info.path.len = 2;
	r = set_id(&info.id, jcop_bytes_of(owner->id, owner->id_len));
	if (r != SC_SUCCESS)
		return r;
	return encode_and_append(card, JCOP_FILE_CDF, &object,
		sc_pkcs15_encode_cdf_entry, NULL, NULL);
}

static int
store(struct sc_card *card, struct jcop_certificate *certificate,
	struct jcop_directory *directory)
{
	struct jcop_directory_key *owner = NULL;
	struct jcop_blob content = JCOP_BLOB_INIT;
	int r = find_owner(card, certificate, directory, &owner);

	if (r == SC_SUCCESS)
		r = prepare_certificate(
			card, certificate, directory, owner, &content);
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = jcop_need_role(card);
	if (r == SC_SUCCESS)
		r = write_certificate_file(card, owner->slot, &content);
	if (r == SC_SUCCESS && !owner->has_certificate)
		r = add_cdf_entry(card, owner, certificate->label);
	if (r == SC_SUCCESS) {
		memcpy(certificate->id, owner->id, owner->id_len);
		certificate->id_len = owner->id_len;
		certificate->file = owner->slot->certificate;
	}
	jcop_blob_free(&content);
	return r;
}

int
jcop_store_certificate(
	struct sc_card *card, struct jcop_certificate *certificate)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	int r;

	if (directory == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	r = jcop_begin(card, JCOP_OP_WRITE_CERTIFICATE);
	if (r == SC_SUCCESS) {
		r = jcop_directory_read(card, directory);
		if (r == SC_SUCCESS)
			r = store(card, certificate, directory);
		r = jcop_end(card, r);
	}
	jcop_directory_free(directory);
	free(directory);
	return r;
}
