/*
 * certificates.c: a certificate beside its key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "card-driver/directory.h"
#include "core/certificate-codec.h"

/* X509_check_ca: 0 is a user's certificate; the others are a CA's, one way or
 * another. */
static int
take_user_modulus(
	struct sc_card *card, X509 *certificate, struct jcop_blob *modulus)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return jcop_explain(card, SC_ERROR_INVALID_DATA,
			"this certificate has no RSA key; nothing was changed");
	if (X509_check_ca(certificate) != 0)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"this is the certificate of a certification authority: "
			"the card holds the user's own certificates only; "
			"nothing was changed");
	return jcop_sc_error(
		jcop_take_bignum(key, OSSL_PKEY_PARAM_RSA_N, modulus));
}

int
jcop_certificate_check(
	struct sc_card *card, struct jcop_bytes der, struct jcop_blob *modulus)
{
	const uint8_t *p = der.data;
	X509 *certificate = NULL;
	int r;

	if (der.len <= JCOP_CERTIFICATE_MAX)
		certificate = d2i_X509(NULL, &p, (long)der.len);
	if (certificate == NULL)
		r = jcop_explain(card, SC_ERROR_INVALID_DATA,
			"this is not an X.509 certificate; nothing was "
			"changed");
	else
		r = take_user_modulus(card, certificate, modulus);
	X509_free(certificate);
	return r;
}

/* pkcs15-init looks for what it replaces by the id of its command line. */
static int
refuse_second(struct sc_card *card, const struct jcop_directory_key *owner)
{
	char id[2 * JCOP_MAX_ID + 1] = "";

	sc_bin_to_hex(owner->id, owner->id_len, id, sizeof(id), 0);
	return jcop_explain(card, SC_ERROR_FILE_ALREADY_EXISTS,
		"the key of this certificate has one already; to replace it "
		"use --update-existing with --id %s",
		id);
}

/* The key with the certificate's public key. */
static int
find_owner(struct sc_card *card, const struct jcop_certificate *certificate,
	struct jcop_directory *directory, struct jcop_bytes modulus,
	struct jcop_directory_key **owner)
{
	*owner = jcop_directory_find(directory, modulus);
	if (*owner == NULL)
		return jcop_explain(card, SC_ERROR_OBJECT_NOT_FOUND,
			"the card has no key for this certificate: its public "
			"key is not among the %zu key%s on the card",
			directory->count, directory->count == 1 ? "" : "s");
	if ((*owner)->has_certificate && !certificate->replace)
		return refuse_second(card, *owner);
	return SC_SUCCESS;
}

int
jcop_certificate_pack(struct sc_card *card, struct jcop_bytes der, size_t size,
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

/* All that can be known to fail, before the channel is opened. The file stays
 * selected. */
static int
prepare(struct sc_card *card, const struct jcop_certificate *certificate,
	const struct jcop_directory *directory,
	const struct jcop_directory_key *owner, struct jcop_blob *content,
	char label[JCOP_MAX_LABEL])
{
	size_t size;
	int r = jcop_check_not_terminated(card);

	if (r == SC_SUCCESS && !owner->has_certificate)
		r = jcop_directory_check_certificate_room(card, directory,
			owner->id_len, certificate->label,
			certificate->cut_label, label);
	if (r == SC_SUCCESS)
		r = jcop_select_ef(
			card, JCOP_APP_PKI, owner->slot->certificate, &size);
	if (r == SC_SUCCESS)
		r = jcop_certificate_pack(
			card, certificate->der, size, content);
	return r;
}

/* The old certificate lost its first byte, perhaps. */
static int
explain_torn(struct sc_card *card, int error)
{
	const char *message = jcop_session_of(card)->message;
	char reason[JCOP_MESSAGE_SIZE];

	snprintf(reason, sizeof(reason), "%s",
		message[0] != '\0' ? message : sc_strerror(error));
	return jcop_explain(card, error,
		"%s. The old certificate may not be readable until the new one "
		"is written: put the card back and run the command again, with "
		"--replace (jcop45-tool) or --update-existing (pkcs15-init)",
		reason);
}

/* A file that CDF does not list has no readers who could see it half
 * written. */
static int
write_and_list(struct sc_card *card, const char *label,
	const struct jcop_directory *directory,
	const struct jcop_directory_key *owner, const struct jcop_blob *content)
{
	int r = jcop_select_ef(
		card, JCOP_APP_PKI, owner->slot->certificate, NULL);

	if (r == SC_SUCCESS)
		r = jcop_write_first_byte_last(card, 0, jcop_blob_view(content),
			owner->has_certificate);
	if (r != SC_SUCCESS && owner->has_certificate)
		return explain_torn(card, r);
	if (r == SC_SUCCESS && !owner->has_certificate)
		r = jcop_directory_add_certificate(card, directory, owner->slot,
			jcop_bytes_of(owner->id, owner->id_len), label);
	return r;
}

/* Read in the channel: who is on the line cannot say so. */
static int
is_written(struct sc_card *card, const struct jcop_directory_key *owner,
	const struct jcop_blob *content, bool *written)
{
	struct jcop_blob old = JCOP_BLOB_INIT;
	int r = SC_SUCCESS;

	*written = false;
	if (!owner->has_certificate)
		return SC_SUCCESS;
	r = jcop_select_ef(card, JCOP_APP_PKI, owner->slot->certificate, NULL);
	if (r == SC_SUCCESS)
		r = jcop_read_up_to(card, &old, content->len);
	*written = r == SC_SUCCESS && jcop_bytes_equal(jcop_blob_view(&old),
					      jcop_blob_view(content));
	jcop_blob_free(&old);
	return r;
}

static int
write_changed(struct sc_card *card, struct jcop_certificate *certificate,
	const char *label, const struct jcop_directory *directory,
	const struct jcop_directory_key *owner, const struct jcop_blob *content)
{
	int r = jcop_need_channel(card);

	if (r == SC_SUCCESS)
		r = is_written(card, owner, content, &certificate->unchanged);
	if (r != SC_SUCCESS || certificate->unchanged)
		return r;
	r = jcop_need_role(card);
	return r == SC_SUCCESS
		       ? write_and_list(card, label, directory, owner, content)
		       : r;
}

static int
store(struct sc_card *card, struct jcop_certificate *certificate,
	struct jcop_directory *directory, struct jcop_bytes modulus)
{
	struct jcop_directory_key *owner = NULL;
	struct jcop_blob content = JCOP_BLOB_INIT;
	char label[JCOP_MAX_LABEL] = "";
	int r = certificate->check_only ? SC_SUCCESS
					: jcop_channel_prepare(card);

	if (r == SC_SUCCESS)
		r = jcop_directory_read(card, directory);
	if (r == SC_SUCCESS)
		r = find_owner(card, certificate, directory, modulus, &owner);
	if (r == SC_SUCCESS)
		r = prepare(
			card, certificate, directory, owner, &content, label);
	if (r == SC_SUCCESS && !certificate->check_only)
		r = write_changed(
			card, certificate, label, directory, owner, &content);
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
	struct jcop_blob modulus = JCOP_BLOB_INIT;
	int r;

	if (directory == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	r = jcop_label_check(card, certificate->label);
	if (r == SC_SUCCESS)
		r = jcop_certificate_check(card, certificate->der, &modulus);
	if (r == SC_SUCCESS)
		r = jcop_begin(card, certificate->check_only
					     ? JCOP_OP_READ
					     : JCOP_OP_WRITE_CERTIFICATE);
	if (r == SC_SUCCESS)
		r = jcop_end(card, store(card, certificate, directory,
					   jcop_blob_view(&modulus)));
	jcop_blob_free(&modulus);
	jcop_directory_free(directory);
	free(directory);
	return r;
}
