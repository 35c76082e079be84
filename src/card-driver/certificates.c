/*
 * certificates.c: a certificate beside its key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "card-driver/directory.h"
#include "core/certificate-codec.h"

/* Of an entry in CDF, beside label and id. */
#define CDF_OVERHEAD 32

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
			jcop_take_bignum(key, OSSL_PKEY_PARAM_RSA_N, modulus));
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
		return jcop_refuse_full(card, directory->room_cdf, entry);
	return SC_SUCCESS;
}

static int
write_certificate_file(struct sc_card *card, const struct jcop_slot_desc *slot,
	const struct jcop_blob *content)
{
	int r = jcop_select_ef(card, JCOP_APP_PKI, slot->certificate, NULL);

	if (r != SC_SUCCESS)
		return r;
	return jcop_write_first_byte_last(
		card, 0, jcop_blob_view(content), true);
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
		r = jcop_directory_add_certificate(
			card, owner, certificate->label);
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
