/*
 * directory.c: reads the directory of the containers on the card, PrKDF, PuKDF
 * and CDF in ISO/IEC 7816-15 coding. A reader stops at the first 00 where an
 * entry would start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "card-driver/directory.h"

/* Tags of ISO/IEC 7816-15 clause 8; context tags are of its CHOICEs. */
#define TAG_SEQUENCE 0x30
#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OCTET_STRING 0x04
#define TAG_UTF8_STRING 0x0C
#define TAG_TYPE_ATTRIBUTES 0xA1
#define TAG_DIRECT_VALUE 0xA0
#define TAG_SPKI 0xA1
#define ACCESS_LOCAL 0x08 /* bit 4 of the first byte */

/* The next entry; JCOP_ERR_NOT_FOUND where zero padding starts. */
static int
next_entry(struct jcop_bytes *cursor, struct jcop_tlv *entry)
{
	if (cursor->len == 0 || cursor->data[0] == 0)
		return JCOP_ERR_NOT_FOUND;
	return jcop_tlv_read(cursor, entry);
}

bool
jcop_df_has_all_entries(struct jcop_bytes content)
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
		r = jcop_read_selected(card, content, jcop_df_has_all_entries);
	return r;
}

/* What every entry has: label, id, key reference, type attributes; and
 * whether a private key says that it was made on the card. */
struct entry {
	struct jcop_bytes label, id, type;
	unsigned int key_reference; /* 0: none */
	bool local;
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

/* CommonKeyAttributes, 8.2.9: the second BIT STRING, behind the usage, is the
 * access flags; their bit 4 is "local". */
static bool
is_local(struct jcop_bytes attributes)
{
	struct jcop_tlv object;
	size_t strings = 0;

	while (jcop_tlv_read(&attributes, &object) == JCOP_OK)
		if (object.tag == TAG_BIT_STRING && ++strings == 2)
			return object.value.len > 1 &&
			       (object.value.data[1] & ACCESS_LOCAL) != 0;
	return false;
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
	entry->local = is_local(class.value);
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

static bool
is_listed(const struct jcop_directory *directory, unsigned int reference)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (directory->keys[i].slot->key == reference)
			return true;
	return false;
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

	if (is_listed(directory, entry->key_reference))
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
	key->local = entry->local;
	copy_label(key->label, entry->label);
	directory->count++;
	return JCOP_OK;
}

int
jcop_take_bignum(const EVP_PKEY *key, const char *name, struct jcop_blob *out)
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
	r = jcop_take_bignum(public, OSSL_PKEY_PARAM_RSA_N, &key->modulus);
	if (r == JCOP_OK)
		r = jcop_take_bignum(
			public, OSSL_PKEY_PARAM_RSA_E, &key->exponent);
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

/* An entry of a key that is not listed: left of a torn generation. */
static bool
is_stale(const struct jcop_tlv *object, const struct jcop_directory *listed)
{
	struct entry entry;

	return listed != NULL && parse_entry(object, &entry) == JCOP_OK &&
	       entry.key_reference != 0 &&
	       entry.key_reference <= JCOP_MAX_REFERENCE &&
	       !listed->occupied[entry.key_reference];
}

size_t
jcop_df_end(struct jcop_bytes content, const struct jcop_directory *listed)
{
	struct jcop_bytes cursor = content;
	struct jcop_tlv object;
	size_t end = 0;

	while (next_entry(&cursor, &object) == JCOP_OK)
		if (!is_stale(&object, listed))
			end = (size_t)(cursor.data - content.data);
	return end;
}

static int
take_df(struct sc_card *card, enum jcop_file file, take_entry take,
	struct jcop_directory *directory, struct jcop_directory_file *place)
{
	struct jcop_blob content = JCOP_BLOB_INIT;
	int r = read_df(card, file, &content, &place->size);

	if (r == SC_SUCCESS) {
		take_entries(card, jcop_blob_view(&content), take, directory);
		place->end = jcop_df_end(jcop_blob_view(&content),
			file == JCOP_FILE_PUKDF ? directory : NULL);
		place->occupied = place->end < content.len &&
				  content.data[place->end] != 0;
	}
	jcop_blob_free(&content);
	return r;
}

/* PuKDF comes last: it is the file that a new key is entered in first, and is
 * then still selected. */
int
jcop_directory_read_for_key(struct sc_card *card,
	struct jcop_directory *directory, bool certificates)
{
	int r;

	memset(directory, 0, sizeof(*directory));
	r = sc_lock(card);
	if (r != SC_SUCCESS)
		return r;
	r = take_df(card, JCOP_FILE_PRKDF, take_private_key, directory,
		&directory->prkdf);
	if (r == SC_SUCCESS && certificates)
		r = take_df(card, JCOP_FILE_CDF, take_certificate, directory,
			&directory->cdf);
	if (r == SC_SUCCESS)
		r = take_df(card, JCOP_FILE_PUKDF, take_public_key, directory,
			&directory->pukdf);
	if (r != SC_SUCCESS)
		jcop_directory_free(directory);
	sc_unlock(card);
	return r;
}

int
jcop_directory_read(struct sc_card *card, struct jcop_directory *directory)
{
	return jcop_directory_read_for_key(card, directory, true);
}
