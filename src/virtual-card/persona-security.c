/*
 * persona-security.c: EF.CardSecurity (TR-03110-3 A.1.2.5) and the trust
 * anchor above its signer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/tlv.h"
#include "virtual-card/crypto.h"
#include "virtual-card/persona-internal.h"

#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OID 0x06
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define MAX_INFOS (JCOP_CA_CIPHER_COUNT + 1)

#define OID_SECURITY_OBJECT "0.4.0.127.0.7.3.2.1"

#define ALWAYS_FROM "20200101000000Z"
#define ALWAYS_TO "20491231235959Z"
#define EXPIRED_TO "20240101000000Z"
#define EXPIRED_SIGNED "230601120000Z" /* while the certificate was good */

static const uint8_t id_pk_ecdh[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x01, 0x02};
static const uint8_t id_ca_ecdh[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02};
/* standardizedDomainParameters (TR-03110-3 A.2.1.1) */
static const uint8_t id_domain_parameters[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02};

static int
put_integer(struct jcop_blob *out, unsigned int value)
{
	uint8_t bytes[3] = {0, (uint8_t)(value >> 8), (uint8_t)value};
	size_t skip = 0;

	while (skip < 2 && bytes[skip] == 0 && (bytes[skip + 1] & 0x80) == 0)
		skip++;
	return jcop_tlv_put(out, DER_INTEGER,
		jcop_bytes_of(bytes + skip, sizeof bytes - skip));
}

/* ChipAuthenticationInfo { protocol, version, keyId } */
static int
put_info(struct jcop_blob *out, enum jcop_ca_cipher cipher,
	unsigned int version, unsigned int key)
{
	uint8_t oid[sizeof id_ca_ecdh + 1];
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r;

	memcpy(oid, id_ca_ecdh, sizeof id_ca_ecdh);
	oid[sizeof id_ca_ecdh] = (uint8_t)(cipher + 1);
	r = jcop_tlv_put(&inner, DER_OID, JCOP_BYTES(oid));
	if (r == JCOP_OK)
		r = put_integer(&inner, version);
	if (r == JCOP_OK)
		r = put_integer(&inner, key);
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, DER_SEQUENCE, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	return r;
}

static int
put_object_id(struct jcop_blob *out, const char *name)
{
	const ASN1_OBJECT *object = OBJ_nid2obj(OBJ_sn2nid(name));

	if (object == NULL)
		return JCOP_ERR_CRYPTO;
	return jcop_tlv_put(out, DER_OID,
		jcop_bytes_of(OBJ_get0_data(object), OBJ_length(object)));
}

static int
put_algorithm(struct jcop_blob *out, const struct vcard_state *state)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r;

	if (state->flags.named_curve) {
		r = put_object_id(&inner, SN_X9_62_id_ecPublicKey);
		if (r == JCOP_OK)
			r = put_object_id(
				&inner, vcard_curve_group(state->curve));
	} else {
		r = jcop_tlv_put(
			&inner, DER_OID, JCOP_BYTES(id_domain_parameters));
		if (r == JCOP_OK)
			r = put_integer(&inner, (unsigned int)state->curve);
	}
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, DER_SEQUENCE, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	return r;
}

/* SubjectPublicKeyInfo of the chip's key, or of a point beside its curve */
static int
put_spki(struct jcop_blob *out, const struct vcard_state *state)
{
	struct jcop_blob point = JCOP_BLOB_INIT, bits = JCOP_BLOB_INIT,
			 inner = JCOP_BLOB_INIT;
	int r = vcard_ec_point(jcop_blob_view(&state->chip_key), &point);

	if (r == JCOP_OK && state->flags.off_curve)
		point.data[point.len - 1] ^= 1;
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(&bits, 0); /* unused bits */
	if (r == JCOP_OK)
		r = jcop_blob_append(&bits, point.data, point.len);
	if (r == JCOP_OK)
		r = put_algorithm(&inner, state);
	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, DER_BIT_STRING, jcop_blob_view(&bits));
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, DER_SEQUENCE, jcop_blob_view(&inner));
	jcop_blob_free(&point);
	jcop_blob_free(&bits);
	jcop_blob_free(&inner);
	return r;
}

/* ChipAuthenticationPublicKeyInfo { protocol, key, keyId } */
static int
put_key_info(struct jcop_blob *out, const struct vcard_state *state,
	unsigned int key)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = jcop_tlv_put(&inner, DER_OID, JCOP_BYTES(id_pk_ecdh));

	if (r == JCOP_OK)
		r = put_spki(&inner, state);
	if (r == JCOP_OK)
		r = put_integer(&inner, key);
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, DER_SEQUENCE, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	return r;
}

/* DER order of a SET OF: by encoding (X.690 11.6). */
static void
sort_infos(struct jcop_blob *infos, size_t count)
{
	size_t i, j;

	for (i = 1; i < count; i++)
		for (j = i; j > 0; j--) {
			struct jcop_blob *a = &infos[j - 1], *b = &infos[j];
			size_t n = a->len < b->len ? a->len : b->len;
			struct jcop_blob swap;

			if (memcmp(a->data, b->data, n) <= 0)
				break;
			swap = *a;
			*a = *b;
			*b = swap;
		}
}

static int
make_security_infos(const struct vcard_state *state, unsigned int key,
	struct jcop_blob *out)
{
	struct jcop_blob infos[MAX_INFOS] = {JCOP_BLOB_INIT};
	struct jcop_blob all = JCOP_BLOB_INIT;
	size_t count = 0, i;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < JCOP_CA_CIPHER_COUNT; i++)
		if ((state->ciphers & 1u << i) != 0)
			r = put_info(&infos[count++], (enum jcop_ca_cipher)i,
				state->ca_version, key);
	if (r == JCOP_OK)
		r = put_key_info(&infos[count++], state, key);
	if (r == JCOP_OK)
		sort_infos(infos, count);
	for (i = 0; r == JCOP_OK && i < count; i++)
		r = jcop_blob_append(&all, infos[i].data, infos[i].len);
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, DER_SET, jcop_blob_view(&all));
	for (i = 0; i < MAX_INFOS; i++)
		jcop_blob_free(&infos[i]);
	jcop_blob_free(&all);
	return r;
}

static bool
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool done =
		extension != NULL && X509_add_ext(certificate, extension, -1);

	X509_EXTENSION_free(extension);
	return done;
}

static bool
set_random_serial(X509 *certificate)
{
	unsigned char bytes[8];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] &= 0x7F;
	number = BN_bin2bn(bytes, sizeof bytes, NULL);
	done = number != NULL &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) !=
		       NULL;
	BN_free(number);
	return done;
}

static bool
set_name(X509_NAME *name, const char *common_name)
{
	return X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC,
		       (const unsigned char *)"FR", -1, -1, 0) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		       (const unsigned char *)common_name, -1, -1, 0);
}

/* A certificate for SUBJECT_KEY without signature and extensions. */
static X509 *
new_certificate(
	EVP_PKEY *subject_key, const char *common_name, const char *until)
{
	X509 *certificate = X509_new();

	if (certificate != NULL && X509_set_version(certificate, 2) &&
		set_random_serial(certificate) &&
		set_name(X509_get_subject_name(certificate), common_name) &&
		ASN1_TIME_set_string(
			X509_getm_notBefore(certificate), ALWAYS_FROM) &&
		ASN1_TIME_set_string(X509_getm_notAfter(certificate), until) &&
		X509_set_pubkey(certificate, subject_key))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static int
certificate_der(X509 *certificate, struct jcop_blob *der)
{
	unsigned char *out = NULL;
	int len = i2d_X509(certificate, &out), r = JCOP_ERR_CRYPTO;

	if (len > 0)
		r = jcop_blob_set(der, out, (size_t)len);
	OPENSSL_free(out);
	return r;
}

int
vcard_make_anchor(struct jcop_blob *key, struct jcop_blob *certificate)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x509 = NULL;
	int r = JCOP_ERR_CRYPTO;

	if (pkey == NULL)
		return r;
	x509 = new_certificate(
		pkey, "Virtual country signing authority", ALWAYS_TO);
	if (x509 != NULL &&
		X509_set_issuer_name(x509, X509_get_subject_name(x509)) &&
		add_extension(
			x509, NID_basic_constraints, "critical,CA:TRUE") &&
		add_extension(x509, NID_key_usage, "critical,keyCertSign") &&
		X509_sign(x509, pkey, EVP_sha256()) > 0)
		r = certificate_der(x509, certificate);
	if (r == JCOP_OK)
		r = vcard_private_der(pkey, key);
	X509_free(x509);
	EVP_PKEY_free(pkey);
	return r;
}

static X509 *
read_certificate(const struct jcop_blob *der)
{
	const unsigned char *p = der->data;

	return d2i_X509(NULL, &p, (long)der->len);
}

static X509 *
issue_signer(EVP_PKEY *signer_key, const struct jcop_blob *anchor_key,
	const struct jcop_blob *anchor, const char *until)
{
	EVP_PKEY *key = vcard_private_key(jcop_blob_view(anchor_key));
	X509 *issuer = read_certificate(anchor);
	X509 *signer =
		new_certificate(signer_key, "Virtual document signer", until);

	if (key == NULL || issuer == NULL || signer == NULL ||
		!X509_set_issuer_name(signer, X509_get_subject_name(issuer)) ||
		!add_extension(
			signer, NID_key_usage, "critical,digitalSignature") ||
		X509_sign(signer, key, EVP_sha256()) <= 0) {
		X509_free(signer);
		signer = NULL;
	}
	X509_free(issuer);
	EVP_PKEY_free(key);
	return signer;
}

static bool
set_signing_time(CMS_SignerInfo *signer, const char *utc)
{
	ASN1_UTCTIME *time = ASN1_UTCTIME_new();
	bool done = time != NULL && ASN1_UTCTIME_set_string(time, utc) &&
		    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
			    V_ASN1_UTCTIME, time, -1);

	ASN1_UTCTIME_free(time);
	return done;
}

/* TIME NULL: now */
static CMS_ContentInfo *
sign_infos(struct jcop_bytes infos, X509 *certificate, EVP_PKEY *key,
	const char *time)
{
	const unsigned int flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
	BIO *content = BIO_new_mem_buf(infos.data, (int)infos.len);
	ASN1_OBJECT *type = OBJ_txt2obj(OID_SECURITY_OBJECT, 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	CMS_SignerInfo *signer = NULL;
	bool done = false;

	if (content != NULL && type != NULL && cms != NULL &&
		CMS_set_detached(cms, 0) && CMS_set1_eContentType(cms, type))
		signer = CMS_add1_signer(
			cms, certificate, key, EVP_sha256(), flags);
	if (signer != NULL && (time == NULL || set_signing_time(signer, time)))
		done = CMS_final(cms, content, NULL, CMS_BINARY) == 1;
	if (!done) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	ASN1_OBJECT_free(type);
	BIO_free(content);
	return cms;
}

static int
cms_der(CMS_ContentInfo *cms, struct jcop_blob *out)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der), r = JCOP_ERR_CRYPTO;

	if (len > 0)
		r = jcop_blob_set(out, der, (size_t)len);
	OPENSSL_free(der);
	return r;
}

static int
sign_under(const struct jcop_blob *anchor_key, const struct jcop_blob *anchor,
	bool expired, struct jcop_bytes infos, struct jcop_blob *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *signer = NULL;
	CMS_ContentInfo *cms = NULL;
	int r = JCOP_ERR_CRYPTO;

	if (key != NULL)
		signer = issue_signer(key, anchor_key, anchor,
			expired ? EXPIRED_TO : ALWAYS_TO);
	if (signer != NULL)
		cms = sign_infos(
			infos, signer, key, expired ? EXPIRED_SIGNED : NULL);
	if (cms != NULL)
		r = cms_der(cms, out);
	CMS_ContentInfo_free(cms);
	X509_free(signer);
	EVP_PKEY_free(key);
	return r;
}

static int
make_signed(const struct vcard_state *state, struct jcop_bytes infos,
	struct jcop_blob *out)
{
	struct jcop_blob key = JCOP_BLOB_INIT, anchor = JCOP_BLOB_INIT;
	const struct vcard_flags *flags = &state->flags;
	int r = JCOP_OK;

	if (!flags->untrusted_signer)
		return sign_under(&state->anchor_key, &state->anchor,
			flags->expired_signer, infos, out);
	r = vcard_make_anchor(&key, &anchor);
	if (r == JCOP_OK)
		r = sign_under(
			&key, &anchor, flags->expired_signer, infos, out);
	jcop_blob_free(&key);
	jcop_blob_free(&anchor);
	return r;
}

int
vcard_make_card_security(struct vcard_state *state,
	const struct jcop_description *description, char *message)
{
	struct jcop_blob infos = JCOP_BLOB_INIT, file = JCOP_BLOB_INIT;
	int r = make_security_infos(state, description->chip_auth.key, &infos);

	if (r == JCOP_OK)
		r = state->flags.unsigned_security
			    ? jcop_blob_set(&file, infos.data, infos.len)
			    : make_signed(state, jcop_blob_view(&infos), &file);
	if (r != JCOP_OK)
		snprintf(message, VCARD_MESSAGE_SIZE,
			"EF.CardSecurity cannot be made: %s", jcop_strerror(r));
	else
		r = vcard_set_file(state, description, JCOP_FILE_CARD_SECURITY,
			jcop_blob_view(&file), message);
	jcop_blob_free(&infos);
	jcop_blob_free(&file);
	return r;
}

static int
take_bio(BIO *bio, struct jcop_blob *out)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	return len > 0 ? jcop_blob_set(out, text, (size_t)len)
		       : JCOP_ERR_CRYPTO;
}

int
vcard_anchor_pem(const struct vcard_state *state, struct jcop_blob *pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *anchor = read_certificate(&state->anchor);
	int r = JCOP_ERR_CRYPTO;

	if (bio != NULL && anchor != NULL && PEM_write_bio_X509(bio, anchor))
		r = take_bio(bio, pem);
	X509_free(anchor);
	BIO_free(bio);
	return r;
}

int
vcard_chip_key_pem(const struct vcard_state *state, struct jcop_blob *pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *key = vcard_private_key(jcop_blob_view(&state->chip_key));
	int r = JCOP_ERR_CRYPTO;

	if (bio != NULL && key != NULL && PEM_write_bio_PUBKEY(bio, key))
		r = take_bio(bio, pem);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return r;
}
