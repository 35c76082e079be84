/*
 * requests.c: PKCS#10 by OpenSSL, with a signature from elsewhere.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "encoding/requests.h"

#define DUMMY_BITS 2048
#define MAX_SUBJECT 512

/* --- the subject --- */

/* A part of the subject, "CN=value": unescapes it to PART. What follows it is
 * returned, NULL if there is no end of it. */
static const char *
next_part(const char *at, char part[MAX_SUBJECT + 1])
{
	size_t len = 0;

	while (*at != '\0' && *at != '/') {
		if (*at == '\\' && *++at == '\0')
			return NULL;
		if (len == MAX_SUBJECT)
			return NULL;
		part[len++] = *at++;
	}
	part[len] = '\0';
	return at;
}

static bool
add_part(X509_NAME *name, char *part)
{
	char *equal = strchr(part, '=');

	if (equal == NULL || equal == part || equal[1] == '\0')
		return false;
	*equal = '\0';
	return X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8,
		       (const unsigned char *)equal + 1, -1, -1, 0) == 1;
}

static int
read_subject(const char *subject, X509_NAME *name, char *message)
{
	char part[MAX_SUBJECT + 1];
	const char *at = subject;

	while (at != NULL && *at != '\0') {
		if (*at == '/')
			at++;
		at = next_part(at, part);
		if (at != NULL && !add_part(name, part))
			at = NULL;
	}
	ERR_clear_error();
	if (at != NULL && X509_NAME_entry_count(name) > 0)
		return JCOP_OK;
	return encoding_message(message, JCOP_ERR_ARGUMENT,
		"the subject \"%.200s\": expected parts as "
		"CN=Name/serialNumber=1234, with OpenSSL's names for them",
		subject);
}

int
encoding_subject_check(const char *subject, char *message)
{
	X509_NAME *name = X509_NAME_new();
	int r;

	if (name == NULL)
		return encoding_no_memory(message);
	r = read_subject(subject, name, message);
	X509_NAME_free(name);
	return r;
}

/* --- the public key --- */

static EVP_PKEY *
key_from(OSSL_PARAM *params)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) !=
			1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *
public_key(struct jcop_bytes modulus, struct jcop_bytes exponent)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (builder != NULL && n != NULL && e != NULL &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ==
			1 &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (params != NULL)
		key = key_from(params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return key;
}

/* --- signatures --- */

static int
fail(char *message)
{
	ERR_clear_error();
	return encoding_message(
		message, JCOP_ERR_CRYPTO, "the request cannot be made");
}

static bool
set_algorithm(X509_REQ *request)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	bool done = algorithm != NULL &&
		    X509_ALGOR_set0(algorithm,
			    OBJ_nid2obj(NID_sha256WithRSAEncryption),
			    V_ASN1_NULL, NULL) == 1 &&
		    X509_REQ_set1_signature_algo(request, algorithm) == 1;

	X509_ALGOR_free(algorithm);
	return done;
}

static bool
set_signature(X509_REQ *request, const struct jcop_blob *signature)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

	if (bits == NULL)
		return false;
	if (ASN1_BIT_STRING_set(bits, signature->data, (int)signature->len) !=
		1) {
		ASN1_BIT_STRING_free(bits);
		return false;
	}
	/* No unused bits (X.690 8.6.2.2), whatever the last ones are. */
	bits->flags &= ~(long)(ASN1_STRING_FLAG_BITS_LEFT | 7);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	X509_REQ_set0_signature(request, bits); /* takes it */
	return true;
}

static int
sign_elsewhere(X509_REQ *request, EVP_PKEY *key,
	const struct encoding_request_signer *signer, char *message)
{
	struct jcop_blob signature = JCOP_BLOB_INIT;
	unsigned char *data = NULL;
	int len, r;

	if (!set_algorithm(request))
		return fail(message);
	len = i2d_re_X509_REQ_tbs(request, &data);
	if (len <= 0)
		return fail(message);
	r = signer->sign(signer->context, jcop_bytes_of(data, (size_t)len),
		&signature, message);
	OPENSSL_free(data);
	if (r == JCOP_OK && !set_signature(request, &signature))
		r = fail(message);
	jcop_blob_free(&signature);
	if (r == JCOP_OK && X509_REQ_verify(request, key) != 1) {
		ERR_clear_error();
		r = encoding_message(message, JCOP_ERR_CRYPTO,
			"the card's signature of the request does not verify");
	}
	return r;
}

static int
sign_with_dummy(X509_REQ *request, char *message)
{
	EVP_PKEY *dummy = EVP_RSA_gen(DUMMY_BITS);
	bool done;

	done = dummy != NULL &&
	       X509_REQ_add1_attr_by_NID(request, NID_pkcs9_unstructuredName,
		       MBSTRING_ASC, (const unsigned char *)ENCODING_DUMMY_MARK,
		       -1) == 1 &&
	       X509_REQ_sign(request, dummy, EVP_sha256()) > 0;
	EVP_PKEY_free(dummy);
	return done ? JCOP_OK : fail(message);
}

/* --- requests --- */

static int
set_der(X509_REQ *request, struct jcop_blob *out, char *message)
{
	unsigned char *der = NULL;
	int len = i2d_X509_REQ(request, &der), r;

	if (len <= 0)
		return fail(message);
	r = jcop_blob_set(out, der, (size_t)len);
	OPENSSL_free(der);
	return r == JCOP_OK
		       ? r
		       : encoding_message(message, r, "%s", jcop_strerror(r));
}

int
encoding_request_make(const char *subject, struct jcop_bytes modulus,
	struct jcop_bytes exponent,
	const struct encoding_request_signer *signer, struct jcop_blob *out,
	char *message)
{
	X509_REQ *request = X509_REQ_new();
	EVP_PKEY *key = public_key(modulus, exponent);
	int r = JCOP_OK;

	if (request == NULL || key == NULL ||
		X509_REQ_set_pubkey(request, key) != 1)
		r = fail(message);
	if (r == JCOP_OK)
		r = read_subject(
			subject, X509_REQ_get_subject_name(request), message);
	if (r == JCOP_OK)
		r = signer != NULL
			    ? sign_elsewhere(request, key, signer, message)
			    : sign_with_dummy(request, message);
	if (r == JCOP_OK)
		r = set_der(request, out, message);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
	return r;
}

static X509_REQ *
read_der(struct jcop_bytes der)
{
	const unsigned char *at = der.data;
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);

	ERR_clear_error();
	return request;
}

bool
encoding_request_fits(struct jcop_bytes der, struct jcop_bytes modulus,
	struct jcop_bytes exponent)
{
	X509_REQ *request = read_der(der);
	EVP_PKEY *key = public_key(modulus, exponent);
	bool fits = request != NULL && key != NULL &&
		    EVP_PKEY_eq(X509_REQ_get0_pubkey(request), key) == 1;

	EVP_PKEY_free(key);
	X509_REQ_free(request);
	ERR_clear_error();
	return fits;
}

bool
encoding_request_is_dummy(struct jcop_bytes der)
{
	X509_REQ *request = read_der(der);
	bool proves =
		request != NULL &&
		X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1;

	X509_REQ_free(request);
	ERR_clear_error();
	return !proves;
}

static char *
take_text(BIO *bio)
{
	char *data, *text = NULL;
	long len = BIO_get_mem_data(bio, &data);

	if (len > 0)
		text = strndup(data, (size_t)len);
	return text;
}

char *
encoding_request_pem(struct jcop_bytes der, bool dummy)
{
	X509_REQ *request = read_der(der);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (request != NULL && bio != NULL) {
		if (dummy)
			BIO_printf(bio, "# %s\n", ENCODING_DUMMY_MARK);
		if (PEM_write_bio_X509_REQ(bio, request) == 1)
			text = take_text(bio);
	}
	BIO_free(bio);
	X509_REQ_free(request);
	ERR_clear_error();
	return text;
}
