/*
 * security-trust.c: is a card's chip authentication key to be believed?
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/cmserr.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "core/security-infos.h"
#include "core/tlv.h"

#define TAG_SEQUENCE 0x30

/* id-SecurityObject, TR-03110-3 A.1.2.5, by its value bytes */
static const uint8_t id_security_object[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x02, 0x01};

static int __attribute__((format(printf, 3, 4)))
fail(char *message, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, JCOP_SECURITY_MESSAGE_SIZE, format, args);
	va_end(args);
	return error;
}

/* What OpenSSL said last, for people. */
static const char *
openssl_reason(char *buffer, size_t size)
{
	const char *data = "", *reason;
	int flags = 0;
	unsigned long error =
		ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);

	reason = ERR_reason_error_string(error);
	if ((flags & ERR_TXT_STRING) == 0)
		data = "";
	snprintf(buffer, size, "%s%s%s", reason == NULL ? "unknown" : reason,
		*data == '\0' ? "" : ": ", data);
	return buffer;
}

static int
open_pem(const char *path, BIO **bio, char *message)
{
	*bio = BIO_new_file(path, "r");
	if (*bio != NULL)
		return JCOP_OK;
	return fail(message, JCOP_ERR_NOT_FOUND,
		"%s cannot be read: check the path and its permissions", path);
}

/* Purposes and key usages of card issuers' certificates differ widely; the
 * anchor may also be the signer itself or one between. */
static int
load_anchors(const char *path, X509_STORE **store, char *message)
{
	BIO *bio;
	int r = open_pem(path, &bio, message);

	if (r != JCOP_OK)
		return r;
	BIO_free(bio);
	*store = X509_STORE_new();
	if (*store == NULL ||
		X509_STORE_set_purpose(*store, X509_PURPOSE_ANY) != 1 ||
		X509_STORE_set_flags(*store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return fail(message, JCOP_ERR_NO_MEMORY, "out of memory");
	if (X509_STORE_load_file(*store, path) != 1)
		return fail(message, JCOP_ERR_MALFORMED,
			"%s has no certificate in it: it must be the "
			"certificate of the cards' issuer in PEM form "
			"(-----BEGIN CERTIFICATE-----)",
			path);
	return JCOP_OK;
}

static int
load_cms(struct jcop_bytes file, CMS_ContentInfo **cms, char *message)
{
	struct jcop_tlv whole;
	const uint8_t *p;

	if (jcop_tlv_read(&file, &whole) != JCOP_OK ||
		whole.tag != TAG_SEQUENCE)
		return fail(message, JCOP_ERR_UNTRUSTED,
			"the card's security file is not signed: pin the "
			"card's public key instead of a trust anchor");
	p = whole.whole.data;
	*cms = d2i_CMS_ContentInfo(NULL, &p, (long)whole.whole.len);
	if (*cms == NULL)
		return fail(message, JCOP_ERR_MALFORMED,
			"the card's security file is no CMS object: it is "
			"damaged, or not the file that is configured");
	return JCOP_OK;
}

static int
check_content_type(CMS_ContentInfo *cms, char *message)
{
	const ASN1_OBJECT *type = CMS_get0_eContentType(cms);

	if (type != NULL && jcop_bytes_equal(jcop_bytes_of(OBJ_get0_data(type),
						     OBJ_length(type)),
				    JCOP_BYTES(id_security_object)))
		return JCOP_OK;
	return fail(message, JCOP_ERR_UNTRUSTED,
		"the card's security file is signed, but not as "
		"id-SecurityObject (0.4.0.127.0.7.3.2.1): it was signed for "
		"another purpose");
}

static int
get_signer(CMS_ContentInfo *cms, CMS_SignerInfo **signer, char *message)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);

	if (signers == NULL || sk_CMS_SignerInfo_num(signers) != 1)
		return fail(message, JCOP_ERR_UNTRUSTED,
			"the card's security file has %d signers; one is "
			"expected",
			signers == NULL ? 0 : sk_CMS_SignerInfo_num(signers));
	*signer = sk_CMS_SignerInfo_value(signers, 0);
	return JCOP_OK;
}

/* signingTime (RFC 5652 11.3): once, one value, UTCTime or GeneralizedTime */
static const ASN1_TIME *
signing_time(CMS_SignerInfo *signer)
{
	int index =
		CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *attribute;
	ASN1_TYPE *value;

	if (index < 0 || CMS_signed_get_attr_by_NID(
				 signer, NID_pkcs9_signingTime, index) >= 0)
		return NULL;
	attribute = CMS_signed_get_attr(signer, index);
	if (X509_ATTRIBUTE_count(attribute) != 1)
		return NULL;
	value = X509_ATTRIBUTE_get0_type(attribute, 0);
	if (value == NULL)
		return NULL;
	if (value->type == V_ASN1_UTCTIME)
		return value->value.utctime;
	return value->type == V_ASN1_GENERALIZEDTIME
		       ? value->value.generalizedtime
		       : NULL;
}

static int
set_signing_time(CMS_SignerInfo *signer, X509_STORE *store, char *message)
{
	const ASN1_TIME *stamp = signing_time(signer);
	struct tm tm;

	if (stamp == NULL || ASN1_TIME_to_tm(stamp, &tm) != 1)
		return fail(message, JCOP_ERR_UNTRUSTED,
			"the card's security file does not say when it was "
			"signed: its certificate can only be checked for "
			"today");
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), timegm(&tm));
	return JCOP_OK;
}

static int
verify_signature(CMS_ContentInfo *cms, X509_STORE *store, const char *anchors,
	char *message)
{
	char reason[160];

	if (CMS_verify(cms, NULL, store, NULL, NULL, CMS_BINARY) == 1)
		return JCOP_OK;
	openssl_reason(reason, sizeof(reason));
	if (ERR_GET_REASON(ERR_peek_last_error()) !=
		CMS_R_CERTIFICATE_VERIFY_ERROR)
		return fail(message, JCOP_ERR_UNTRUSTED,
			"the signature of the card's security file is wrong "
			"(%s): it was altered, or its signer's certificate is "
			"missing; do not use this card",
			reason);
	return fail(message, JCOP_ERR_UNTRUSTED,
		"the card's security file is not signed under the issuer in "
		"%s (%s): check that this is the certificate of the card's "
		"issuer and that the clock is right",
		anchors, reason);
}

static int
verify(CMS_ContentInfo *cms, X509_STORE *store, const char *anchors,
	bool at_signing, char *message)
{
	CMS_SignerInfo *signer = NULL;
	int r = check_content_type(cms, message);

	if (r == JCOP_OK)
		r = get_signer(cms, &signer, message);
	if (r == JCOP_OK && at_signing)
		r = set_signing_time(signer, store, message);
	if (r == JCOP_OK)
		r = verify_signature(cms, store, anchors, message);
	return r;
}

int
jcop_security_infos_verify(struct jcop_bytes file, const char *anchors,
	bool at_signing, char *message)
{
	CMS_ContentInfo *cms = NULL;
	X509_STORE *store = NULL;
	int r;

	message[0] = '\0';
	ERR_set_mark();
	r = load_anchors(anchors, &store, message);
	if (r == JCOP_OK)
		r = load_cms(file, &cms, message);
	if (r == JCOP_OK)
		r = verify(cms, store, anchors, at_signing, message);
	CMS_ContentInfo_free(cms);
	X509_STORE_free(store);
	ERR_pop_to_mark();
	return r;
}

/* A public key, else the key of a certificate. */
static EVP_PKEY *
read_pinned(BIO *bio)
{
	static char no_password[] = ""; /* else OpenSSL would ask for one */
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, no_password);
	X509 *certificate;

	if (key != NULL || BIO_reset(bio) != 0)
		return key;
	certificate = PEM_read_bio_X509(bio, NULL, NULL, no_password);
	if (certificate != NULL)
		key = X509_get_pubkey(certificate);
	X509_free(certificate);
	return key;
}

static int
compare(const struct jcop_ca_public_key *key, EVP_PKEY *pinned,
	const char *path, char *message)
{
	EVP_PKEY *chip;
	int r;

	r = jcop_curve_import(
		key->domain, jcop_bytes_of(key->point, key->point_len), &chip);
	if (r != JCOP_OK)
		return fail(message, r,
			"the card's chip authentication key is not a point on "
			"one of the known curves");
	if (EVP_PKEY_eq(chip, pinned) != 1)
		r = fail(message, JCOP_ERR_UNTRUSTED,
			"the card's chip authentication key is not the one in "
			"%s: this is another card, or a forged one",
			path);
	EVP_PKEY_free(chip);
	return r;
}

int
jcop_security_infos_pinned(
	const struct jcop_ca_public_key *key, const char *pinned, char *message)
{
	EVP_PKEY *expected;
	BIO *bio;
	int r;

	message[0] = '\0';
	ERR_set_mark();
	r = open_pem(pinned, &bio, message);
	if (r != JCOP_OK)
		goto end;
	expected = read_pinned(bio);
	if (expected == NULL)
		r = fail(message, JCOP_ERR_MALFORMED,
			"%s has neither a public key nor a certificate in PEM "
			"form in it",
			pinned);
	else
		r = compare(key, expected, pinned, message);
	EVP_PKEY_free(expected);
	BIO_free(bio);
end:
	ERR_pop_to_mark();
	return r;
}
