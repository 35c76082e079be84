/*
 * test_encoding_requests.c: PKCS#10 requests, PKCS#12 archives and
 * certificates.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "encoding/pkcs12.h"
#include "encoding/requests.h"

#define SUBJECT "CN=Jeanne Martin/serialNumber=2501"

static char message[ENCODING_MESSAGE_SIZE];
static EVP_PKEY *key, *other_key;
static X509 *certificate;
static struct jcop_blob modulus, exponent;

static struct jcop_blob
number_of(EVP_PKEY *from, const char *name)
{
	struct jcop_blob number = JCOP_BLOB_INIT;
	BIGNUM *value = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(from, name, &value), 1);
	assert_int_equal(
		jcop_blob_reserve(&number, (size_t)BN_num_bytes(value)),
		JCOP_OK);
	number.len = (size_t)BN_bn2bin(value, number.data);
	BN_free(value);
	return number;
}

static X509 *
make_certificate(EVP_PKEY *of)
{
	X509 *made = X509_new();

	assert_non_null(made);
	X509_set_version(made, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
	X509_gmtime_adj(X509_getm_notBefore(made), 0);
	X509_gmtime_adj(X509_getm_notAfter(made), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN",
		MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(made, X509_get_subject_name(made));
	X509_set_pubkey(made, of);
	assert_true(X509_sign(made, of, EVP_sha256()) > 0);
	return made;
}

static int
setup(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	other_key = EVP_RSA_gen(2048);
	certificate = make_certificate(key);
	modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
	exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	X509_free(certificate);
	jcop_blob_free(&modulus);
	jcop_blob_free(&exponent);
	return 0;
}

/* --- PKCS#10 --- */

static int
sign_with(void *context, struct jcop_bytes data, struct jcop_blob *signature,
	char *text)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = 512;

	(void)text;
	assert_int_equal(jcop_blob_reserve(signature, len), JCOP_OK);
	assert_int_equal(
		EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, context), 1);
	assert_int_equal(
		EVP_DigestSign(md, signature->data, &len, data.data, data.len),
		1);
	signature->len = len;
	EVP_MD_CTX_free(md);
	return JCOP_OK;
}

static int
refuse(void *context, struct jcop_bytes data, struct jcop_blob *signature,
	char *text)
{
	(void)context;
	(void)data;
	(void)signature;
	return encoding_message(text, JCOP_ERR_UNTRUSTED, "the PIN is wrong");
}

static int
make(const char *subject, const struct encoding_request_signer *signer,
	struct jcop_blob *request)
{
	message[0] = '\0';
	return encoding_request_make(subject, jcop_blob_view(&modulus),
		jcop_blob_view(&exponent), signer, request, message);
}

static X509_REQ *
parse(const struct jcop_blob *request)
{
	const unsigned char *at = request->data;
	X509_REQ *parsed = d2i_X509_REQ(NULL, &at, (long)request->len);

	assert_non_null(parsed);
	assert_ptr_equal(at, request->data + request->len);
	return parsed;
}

static void
a_request_is_signed_by_the_keys_own_signer(void **state)
{
	const struct encoding_request_signer signer = {sign_with, key};
	struct jcop_blob request = JCOP_BLOB_INIT;
	X509_REQ *parsed;
	char *subject;

	(void)state;
	if (make(SUBJECT, &signer, &request) != JCOP_OK)
		fail_msg("%s", message);
	parsed = parse(&request);
	assert_int_equal(X509_REQ_verify(parsed, key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(parsed), key), 1);
	assert_int_equal(X509_REQ_get_attr_count(parsed), 0);
	subject = X509_NAME_oneline(X509_REQ_get_subject_name(parsed), NULL, 0);
	assert_string_equal(subject, "/CN=Jeanne Martin/serialNumber=2501");
	OPENSSL_free(subject);
	X509_REQ_free(parsed);
	jcop_blob_free(&request);
}

static void
a_signature_of_another_key_is_not_believed(void **state)
{
	const struct encoding_request_signer signer = {sign_with, other_key};
	struct jcop_blob request = JCOP_BLOB_INIT;

	(void)state;
	assert_int_equal(make(SUBJECT, &signer, &request), JCOP_ERR_CRYPTO);
	assert_non_null(strstr(message, "does not verify"));
	assert_int_equal(request.len, 0);
	jcop_blob_free(&request);
}

static void
what_the_signer_says_is_handed_on(void **state)
{
	const struct encoding_request_signer signer = {refuse, NULL};
	struct jcop_blob request = JCOP_BLOB_INIT;

	(void)state;
	assert_int_equal(make(SUBJECT, &signer, &request), JCOP_ERR_UNTRUSTED);
	assert_string_equal(message, "the PIN is wrong");
	jcop_blob_free(&request);
}

static void
a_request_with_a_throw_away_signature_is_marked(void **state)
{
	struct jcop_blob request = JCOP_BLOB_INIT;
	X509_REQ *parsed;
	X509_ATTRIBUTE *mark;
	const ASN1_TYPE *value;
	char *pem;
	int at;

	(void)state;
	assert_int_equal(make(SUBJECT, NULL, &request), JCOP_OK);
	parsed = parse(&request);
	assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(parsed), key), 1);
	assert_int_not_equal(X509_REQ_verify(parsed, key), 1);
	at = X509_REQ_get_attr_by_NID(parsed, NID_pkcs9_unstructuredName, -1);
	assert_true(at >= 0);
	mark = X509_REQ_get_attr(parsed, at);
	value = X509_ATTRIBUTE_get0_type(mark, 0);
	assert_string_equal(
		(const char *)ASN1_STRING_get0_data(value->value.asn1_string),
		ENCODING_DUMMY_MARK);
	pem = encoding_request_pem(jcop_blob_view(&request), true);
	assert_non_null(strstr(pem, "# " ENCODING_DUMMY_MARK "\n"
				    "-----BEGIN CERTIFICATE REQUEST-----\n"));
	free(pem);
	pem = encoding_request_pem(jcop_blob_view(&request), false);
	assert_int_equal(strncmp(pem, "-----BEGIN", 10), 0);
	free(pem);
	X509_REQ_free(parsed);
	jcop_blob_free(&request);
}

static void
subjects_are_parts_with_escapes(void **state)
{
	static const char *const wrong[] = {"", "CN", "CN=", "=x", "XYZ=x",
		"CN=a/", "CN=a\\", "CN=a//serialNumber=1"};
	size_t i;

	(void)state;
	assert_int_equal(encoding_subject_check("/CN=a\\/b", message), JCOP_OK);
	assert_int_equal(
		encoding_subject_check("C=FR/O=X/CN=Zo\xc3\xab", message),
		JCOP_OK);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (strcmp(wrong[i], "CN=a/") == 0)
			continue; /* an end, not an empty part */
		if (encoding_subject_check(wrong[i], message) !=
			JCOP_ERR_ARGUMENT)
			fail_msg("'%s' passed", wrong[i]);
	}
}

/* --- PKCS#12 --- */

static struct jcop_blob
archive_of(EVP_PKEY *private_key, X509 *cert, const char *password, int cipher)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;
	unsigned char *der = NULL;
	PKCS12 *made = PKCS12_create(password, "name", private_key, cert, NULL,
		cipher, cipher, 0, 0, 0);
	int len;

	assert_non_null(made);
	len = i2d_PKCS12(made, &der);
	assert_true(len > 0);
	assert_int_equal(jcop_blob_set(&blob, der, (size_t)len), JCOP_OK);
	OPENSSL_free(der);
	PKCS12_free(made);
	return blob;
}

static struct jcop_bytes
text(const char *value)
{
	return jcop_bytes_of(value, strlen(value));
}

static void
expect_key(const struct encoding_pkcs12 *archive)
{
	struct jcop_blob p = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
	struct jcop_blob d = number_of(key, OSSL_PKEY_PARAM_RSA_D);

	assert_int_equal(archive->bits, 2048);
	assert_true(jcop_bytes_equal(
		jcop_blob_view(&archive->n), jcop_blob_view(&modulus)));
	assert_true(jcop_bytes_equal(
		jcop_blob_view(&archive->p), jcop_blob_view(&p)));
	assert_true(jcop_bytes_equal(
		jcop_blob_view(&archive->d), jcop_blob_view(&d)));
	assert_true(
		encoding_certificate_fits(jcop_blob_view(&archive->certificate),
			jcop_blob_view(&modulus), jcop_blob_view(&exponent)));
	jcop_blob_free(&p);
	jcop_blob_free(&d);
}

static void
a_pkcs12_is_opened_from_der_and_base64(void **state)
{
	struct jcop_blob der = archive_of(key, certificate, "s3cret", 0);
	struct encoding_pkcs12 archive;
	char *base64 = encoding_base64(jcop_blob_view(&der));
	char *lines = malloc(2 * strlen(base64) + 16);
	size_t i, len = 0;

	(void)state;
	if (encoding_pkcs12_open(jcop_blob_view(&der), text("s3cret"), &archive,
		    message) != JCOP_OK)
		fail_msg("%s", message);
	expect_key(&archive);
	encoding_pkcs12_free(&archive);
	assert_int_equal(encoding_pkcs12_open(text(base64), text("s3cret"),
				 &archive, message),
		JCOP_OK);
	expect_key(&archive);
	encoding_pkcs12_free(&archive);
	/* in lines, as files have it */
	for (i = 0; base64[i] != '\0'; i++) {
		lines[len++] = base64[i];
		if (i % 64 == 63)
			len += (size_t)sprintf(lines + len, " \r\n");
	}
	assert_int_equal(encoding_pkcs12_open(jcop_bytes_of(lines, len),
				 text("s3cret"), &archive, message),
		JCOP_OK);
	expect_key(&archive);
	encoding_pkcs12_free(&archive);
	free(lines);
	free(base64);
	jcop_blob_free(&der);
}

/* RC2, which needs the legacy provider: here to make it, there to open it. */
static void
old_ciphers_are_understood(void **state)
{
	OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
	struct jcop_blob der = archive_of(
		key, certificate, "s3cret", NID_pbe_WithSHA1And40BitRC2_CBC);
	struct encoding_pkcs12 archive;

	(void)state;
	assert_int_equal(OSSL_PROVIDER_unload(legacy), 1);
	assert_int_equal(OSSL_PROVIDER_unload(standard), 1);
	if (encoding_pkcs12_open(jcop_blob_view(&der), text("s3cret"), &archive,
		    message) != JCOP_OK)
		fail_msg("%s", message);
	expect_key(&archive);
	encoding_pkcs12_free(&archive);
	jcop_blob_free(&der);
}

static void
a_wrong_password_is_said_and_not_repeated(void **state)
{
	struct jcop_blob der = archive_of(key, certificate, "s3cret", 0);
	struct encoding_pkcs12 archive;

	(void)state;
	assert_int_equal(encoding_pkcs12_open(jcop_blob_view(&der),
				 text("s3cre7"), &archive, message),
		JCOP_ERR_UNTRUSTED);
	assert_non_null(strstr(message, "P12PASSWORD does not open"));
	assert_null(strstr(message, "s3cre"));
	assert_null(archive.d.data);
	jcop_blob_free(&der);
}

static void
what_is_no_pkcs12_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "AAAA", "not base64 at all!", "MIIB", "0\x82\x01", "===="};
	struct encoding_pkcs12 archive;
	struct jcop_blob der;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(encoding_pkcs12_open(text(wrong[i]), text("x"),
					 &archive, message),
			JCOP_ERR_MALFORMED);
		assert_non_null(strstr(message, "is no PKCS#12"));
	}
	der = archive_of(NULL, certificate, "x", 0);
	assert_int_equal(encoding_pkcs12_open(jcop_blob_view(&der), text("x"),
				 &archive, message),
		JCOP_ERR_NOT_FOUND);
	jcop_blob_free(&der);
}

static void
a_key_that_is_not_rsa_is_refused(void **state)
{
	EVP_PKEY *curve = EVP_EC_gen("P-256");
	X509 *cert = make_certificate(curve);
	struct jcop_blob der = archive_of(curve, cert, "x", 0);
	struct encoding_pkcs12 archive;

	(void)state;
	assert_int_equal(encoding_pkcs12_open(jcop_blob_view(&der), text("x"),
				 &archive, message),
		JCOP_ERR_UNSUPPORTED);
	assert_non_null(strstr(message, "no RSA key"));
	jcop_blob_free(&der);
	X509_free(cert);
	EVP_PKEY_free(curve);
}

static size_t
put_head(uint8_t *der, uint8_t tag, size_t len)
{
	der[0] = tag;
	der[1] = 0x82;
	der[2] = (uint8_t)(len >> 8);
	der[3] = (uint8_t)len;
	return 4;
}

/* A safeContentsBag (RFC 7292, 4.2.6) with BAG alone. */
static PKCS12_SAFEBAG *
nest(const PKCS12_SAFEBAG *bag)
{
	static const uint8_t oid[] = {0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x06};
	uint8_t der[4096], *inner = NULL;
	const uint8_t *from = der;
	int inner_len = i2d_PKCS12_SAFEBAG(bag, &inner);
	size_t content = (size_t)inner_len, len;
	PKCS12_SAFEBAG *made;

	assert_in_range(inner_len, 256, sizeof(der) - 64);
	len = put_head(der, 0x30, sizeof(oid) + 4 + 4 + content);
	memcpy(der + len, oid, sizeof(oid));
	len += sizeof(oid);
	len += put_head(der + len, 0xa0, 4 + content);
	len += put_head(der + len, 0x30, content);
	memcpy(der + len, inner, content);
	made = d2i_PKCS12_SAFEBAG(NULL, &from, (long)(len + content));
	assert_non_null(made);
	OPENSSL_free(inner);
	return made;
}

/* A PKCS#12 with CERTIFICATE, KEY and OTHER_KEY, which is shrouded or not, and
 * lies in a safe within a safe or in one of its own. */
static struct jcop_blob
archive_of_two(bool shrouded, bool nested)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL, *others = NULL;
	STACK_OF(PKCS7) *safes = NULL;
	struct jcop_blob blob = JCOP_BLOB_INIT;
	unsigned char *der = NULL;
	PKCS12 *made;
	int len;

	assert_non_null(PKCS12_add_cert(&bags, certificate));
	assert_non_null(PKCS12_add_key(&bags, key, 0, 1, -1, NULL));
	assert_non_null(PKCS12_add_key(&others, other_key, 0, 1,
		shrouded ? NID_aes_256_cbc : -1, shrouded ? "s3cret" : NULL));
	if (nested)
		sk_PKCS12_SAFEBAG_push(
			bags, nest(sk_PKCS12_SAFEBAG_value(others, 0)));
	assert_int_equal(
		PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, 1, "s3cret"), 1);
	if (!nested)
		assert_int_equal(
			PKCS12_add_safe(&safes, others, -1, 0, NULL), 1);
	made = PKCS12_add_safes(safes, 0);
	assert_int_equal(
		PKCS12_set_mac(made, "s3cret", -1, NULL, 0, 0, NULL), 1);
	len = i2d_PKCS12(made, &der);
	assert_int_equal(jcop_blob_set(&blob, der, (size_t)len), JCOP_OK);
	OPENSSL_free(der);
	PKCS12_free(made);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	sk_PKCS12_SAFEBAG_pop_free(others, PKCS12_SAFEBAG_free);
	return blob;
}

static void
several_keys_are_refused(void **state)
{
	struct encoding_pkcs12 archive;
	struct jcop_blob der;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		der = archive_of_two((i & 1) != 0, (i & 2) != 0);
		assert_int_equal(encoding_pkcs12_open(jcop_blob_view(&der),
					 text("s3cret"), &archive, message),
			JCOP_ERR_UNSUPPORTED);
		assert_string_equal(message,
			"this PKCS#12 has 2 keys; export the one that is "
			"meant");
		assert_null(archive.d.data);
		jcop_blob_free(&der);
	}
}

/* --- certificates --- */

static void
a_certificate_is_read_as_pem_der_and_base64(void **state)
{
	struct jcop_blob der = JCOP_BLOB_INIT, read = JCOP_BLOB_INIT;
	unsigned char *data = NULL;
	int len = i2d_X509(certificate, &data);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem, *base64;
	long pem_len;

	(void)state;
	assert_int_equal(jcop_blob_set(&der, data, (size_t)len), JCOP_OK);
	OPENSSL_free(data);
	assert_int_equal(
		encoding_certificate_read(jcop_blob_view(&der), &read, message),
		JCOP_OK);
	assert_true(
		jcop_bytes_equal(jcop_blob_view(&der), jcop_blob_view(&read)));
	/* with text before it, as openssl x509 -text writes it */
	BIO_puts(bio, "Certificate:\n");
	PEM_write_bio_X509(bio, certificate);
	pem_len = BIO_get_mem_data(bio, &pem);
	assert_int_equal(
		encoding_certificate_read(
			jcop_bytes_of(pem, (size_t)pem_len), &read, message),
		JCOP_OK);
	assert_true(
		jcop_bytes_equal(jcop_blob_view(&der), jcop_blob_view(&read)));
	base64 = encoding_base64(jcop_blob_view(&der));
	assert_int_equal(
		encoding_certificate_read(text(base64), &read, message),
		JCOP_OK);
	assert_true(
		jcop_bytes_equal(jcop_blob_view(&der), jcop_blob_view(&read)));
	assert_int_equal(encoding_certificate_read(text(""), &read, message),
		JCOP_ERR_MALFORMED);
	assert_int_equal(
		encoding_certificate_read(text("hello"), &read, message),
		JCOP_ERR_MALFORMED);
	free(base64);
	BIO_free(bio);
	jcop_blob_free(&read);
	jcop_blob_free(&der);
}

static void
a_certificate_fits_its_own_key_only(void **state)
{
	struct jcop_blob other = number_of(other_key, OSSL_PKEY_PARAM_RSA_N);
	struct jcop_blob padded = JCOP_BLOB_INIT;
	unsigned char *data = NULL;
	int len = i2d_X509(certificate, &data);
	struct jcop_bytes der = jcop_bytes_of(data, (size_t)len);

	(void)state;
	assert_true(encoding_certificate_fits(
		der, jcop_blob_view(&modulus), jcop_blob_view(&exponent)));
	assert_false(encoding_certificate_fits(
		der, jcop_blob_view(&other), jcop_blob_view(&exponent)));
	assert_false(encoding_certificate_fits(
		der, jcop_blob_view(&modulus), jcop_blob_view(&modulus)));
	/* a leading zero is no other number */
	assert_int_equal(jcop_blob_append_u8(&padded, 0), JCOP_OK);
	assert_int_equal(
		jcop_blob_append(&padded, modulus.data, modulus.len), JCOP_OK);
	assert_true(encoding_certificate_fits(
		der, jcop_blob_view(&padded), jcop_blob_view(&exponent)));
	OPENSSL_free(data);
	jcop_blob_free(&padded);
	jcop_blob_free(&other);
}

/* PREFIX and the PEM of the certificates. */
static struct jcop_blob
pem_of(const char *prefix, X509 *const certificates[], size_t count)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	size_t i;

	BIO_puts(bio, prefix);
	for (i = 0; i < count; i++)
		PEM_write_bio_X509(bio, certificates[i]);
	i = (size_t)BIO_get_mem_data(bio, &pem);
	assert_int_equal(jcop_blob_set(&blob, pem, i), JCOP_OK);
	BIO_free(bio);
	return blob;
}

static void
the_certificate_of_the_key_is_found_among_others(void **state)
{
	X509 *ca = make_certificate(other_key);
	struct jcop_blob only_ca = pem_of("", (X509 *const[]){ca, ca}, 2);
	struct jcop_blob chain =
		pem_of("", (X509 *const[]){ca, certificate}, 2);
	struct jcop_blob read = JCOP_BLOB_INIT;

	(void)state;
	if (encoding_certificate_for_key(jcop_blob_view(&chain),
		    jcop_blob_view(&modulus), jcop_blob_view(&exponent), &read,
		    message) != JCOP_OK)
		fail_msg("%s", message);
	assert_true(encoding_certificate_fits(jcop_blob_view(&read),
		jcop_blob_view(&modulus), jcop_blob_view(&exponent)));
	assert_int_equal(encoding_certificate_for_key(jcop_blob_view(&only_ca),
				 jcop_blob_view(&modulus),
				 jcop_blob_view(&exponent), &read, message),
		JCOP_ERR_UNTRUSTED);
	assert_non_null(strstr(message, "is for another key"));
	assert_int_equal(read.len, 0);
	assert_int_equal(encoding_certificate_for_key(text("hello"),
				 jcop_blob_view(&modulus),
				 jcop_blob_view(&exponent), &read, message),
		JCOP_ERR_MALFORMED);
	assert_non_null(strstr(message, "is no certificate"));
	jcop_blob_free(&read);
	jcop_blob_free(&chain);
	jcop_blob_free(&only_ca);
	X509_free(ca);
}

static void
text_or_a_mark_may_stand_before_a_certificate(void **state)
{
	/* the second begins as DER does */
	static const char *const prefixes[] = {
		"\xef\xbb\xbf", "0 s:CN = test\n", "\n\n"};
	struct jcop_blob read = JCOP_BLOB_INIT, pem;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		pem = pem_of(prefixes[i], &certificate, 1);
		if (encoding_certificate_read(
			    jcop_blob_view(&pem), &read, message) != JCOP_OK)
			fail_msg("%zu: %s", i, message);
		assert_true(encoding_certificate_fits(jcop_blob_view(&read),
			jcop_blob_view(&modulus), jcop_blob_view(&exponent)));
		jcop_blob_free(&pem);
	}
	jcop_blob_free(&read);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_signed_by_the_keys_own_signer),
		cmocka_unit_test(a_signature_of_another_key_is_not_believed),
		cmocka_unit_test(what_the_signer_says_is_handed_on),
		cmocka_unit_test(
			a_request_with_a_throw_away_signature_is_marked),
		cmocka_unit_test(subjects_are_parts_with_escapes),
		cmocka_unit_test(a_pkcs12_is_opened_from_der_and_base64),
		cmocka_unit_test(old_ciphers_are_understood),
		cmocka_unit_test(a_wrong_password_is_said_and_not_repeated),
		cmocka_unit_test(what_is_no_pkcs12_is_refused),
		cmocka_unit_test(a_key_that_is_not_rsa_is_refused),
		cmocka_unit_test(several_keys_are_refused),
		cmocka_unit_test(a_certificate_is_read_as_pem_der_and_base64),
		cmocka_unit_test(a_certificate_fits_its_own_key_only),
		cmocka_unit_test(
			the_certificate_of_the_key_is_found_among_others),
		cmocka_unit_test(text_or_a_mark_may_stand_before_a_certificate),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
