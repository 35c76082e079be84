/*
 * pkcs12.c: PKCS#12 (RFC 7292) and certificates, by OpenSSL.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include "encoding/pkcs12.h"
#include "encoding/text.h"

#define DER_SEQUENCE 0x30 /* X.690: universal 16, constructed */

/* --- base64 --- */

char *
encoding_base64(struct jcop_bytes data)
{
	size_t room = 4 * ((data.len + 2) / 3) + 1;
	char *text = malloc(room);

	if (text == NULL || data.len > INT_MAX / 2) {
		free(text);
		return NULL;
	}
	EVP_EncodeBlock((unsigned char *)text, data.data, (int)data.len);
	text[room - 1] = '\0';
	return text;
}

/* The end of the line at I, or LEN. */
static size_t
end_of_line(struct jcop_bytes data, size_t i)
{
	const uint8_t *end = memchr(data.data + i, '\n', data.len - i);

	return end == NULL ? data.len : (size_t)(end - data.data);
}

/* Takes the base64 characters of DATA to DIGITS. */
static int
collect_digits(struct jcop_bytes data, struct jcop_blob *digits)
{
	int r = JCOP_OK;
	size_t i;

	for (i = 0; i < data.len && r == JCOP_OK; i++) {
		if (data.data[i] == '-')
			i = end_of_line(data, i);
		else if (!isspace(data.data[i]))
			r = jcop_blob_append_u8(digits, data.data[i]);
	}
	return r;
}

static int
decode_digits(const struct jcop_blob *digits, struct jcop_blob *out)
{
	size_t padding = 0;
	int len, r;

	if (digits->len == 0 || digits->len % 4 != 0)
		return JCOP_ERR_MALFORMED;
	while (padding < 2 && digits->data[digits->len - 1 - padding] == '=')
		padding++;
	r = jcop_blob_reserve(out, digits->len);
	if (r != JCOP_OK)
		return r;
	len = EVP_DecodeBlock(out->data, digits->data, (int)digits->len);
	if (len < (int)padding)
		return JCOP_ERR_MALFORMED;
	out->len = (size_t)len - padding;
	return JCOP_OK;
}

int
encoding_unbase64(struct jcop_bytes data, struct jcop_blob *out)
{
	struct jcop_blob digits = JCOP_BLOB_INIT;
	int r;

	jcop_blob_clear(out);
	data = text_without_mark(data);
	if (data.len > 0 && data.data[0] == DER_SEQUENCE)
		return jcop_blob_set(out, data.data, data.len);
	r = collect_digits(data, &digits);
	if (r == JCOP_OK)
		r = decode_digits(&digits, out);
	jcop_blob_free(&digits);
	if (r != JCOP_OK)
		jcop_blob_free(out);
	return r;
}

/* --- certificates --- */

static int
set_der(X509 *certificate, struct jcop_blob *der)
{
	unsigned char *data = NULL;
	int len = i2d_X509(certificate, &data), r;

	if (len <= 0)
		return JCOP_ERR_CRYPTO;
	r = jcop_blob_set(der, data, (size_t)len);
	OPENSSL_free(data);
	return r;
}

static X509 *
read_der(struct jcop_bytes data)
{
	const unsigned char *at = data.data;

	return d2i_X509(NULL, &at, (long)data.len);
}

/* A number of KEY, big-endian; empty if it has none of that name. */
static int
take_number(EVP_PKEY *key, const char *name, struct jcop_blob *out)
{
	BIGNUM *number = NULL;
	int len, r;

	jcop_blob_clear(out);
	if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
		return JCOP_ERR_UNSUPPORTED;
	len = BN_num_bytes(number);
	r = jcop_blob_reserve(out, (size_t)len + 1);
	if (r == JCOP_OK)
		out->len = (size_t)BN_bn2bin(number, out->data);
	BN_clear_free(number);
	return r;
}

/* Without the zeros before it. */
static struct jcop_bytes
significant(struct jcop_bytes number)
{
	while (number.len > 0 && number.data[0] == 0) {
		number.data++;
		number.len--;
	}
	return number;
}

static bool
number_is(EVP_PKEY *key, const char *name, struct jcop_bytes expected)
{
	struct jcop_blob number = JCOP_BLOB_INIT;
	bool same = take_number(key, name, &number) == JCOP_OK &&
		    jcop_bytes_equal(
			    jcop_blob_view(&number), significant(expected));

	jcop_blob_free(&number);
	return same;
}

/* The public key that a certificate has to have. */
struct wanted {
	struct jcop_bytes modulus, exponent;
};

static bool
is_for(X509 *certificate, const struct wanted *wanted)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	return key != NULL &&
	       number_is(key, OSSL_PKEY_PARAM_RSA_N, wanted->modulus) &&
	       number_is(key, OSSL_PKEY_PARAM_RSA_E, wanted->exponent);
}

bool
encoding_certificate_fits(struct jcop_bytes der, struct jcop_bytes modulus,
	struct jcop_bytes exponent)
{
	const struct wanted wanted = {modulus, exponent};
	X509 *certificate = read_der(der);
	bool fits = certificate != NULL && is_for(certificate, &wanted);

	X509_free(certificate);
	ERR_clear_error();
	return fits;
}

/* What is looked for in an answer, and how many certificates were seen. */
struct search {
	const struct wanted *wanted; /* NULL: the first will do */
	size_t seen;
};

/* CERTIFICATE if it is the one that is looked for; else it is freed. */
static X509 *
keep(struct search *search, X509 *certificate)
{
	if (certificate == NULL)
		return NULL;
	search->seen++;
	if (search->wanted == NULL || is_for(certificate, search->wanted))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static X509 *
search_pem(struct search *search, struct jcop_bytes data)
{
	BIO *bio = BIO_new_mem_buf(data.data, (int)data.len);
	X509 *certificate = NULL;
	char no_password[] = ""; /* nobody is asked for one */
	size_t before;

	if (bio == NULL)
		return NULL;
	do {
		before = search->seen;
		certificate = keep(search,
			PEM_read_bio_X509(bio, NULL, NULL, no_password));
	} while (certificate == NULL && search->seen > before);
	BIO_free(bio);
	return certificate;
}

/* Text of any kind may stand before PEM, so that the first byte does not tell
 * PEM from DER. */
static X509 *
search_any(struct search *search, struct jcop_bytes data)
{
	struct jcop_blob decoded = JCOP_BLOB_INIT;
	X509 *certificate;

	data = text_without_mark(data);
	if (data.len == 0 || data.len > JCOP_BLOB_MAX)
		return NULL;
	certificate = search_pem(search, data);
	if (search->seen == 0 && encoding_unbase64(data, &decoded) == JCOP_OK)
		certificate = keep(search, read_der(jcop_blob_view(&decoded)));
	jcop_blob_free(&decoded);
	ERR_clear_error();
	return certificate;
}

static int
find_certificate(struct jcop_bytes data, const struct wanted *wanted,
	struct jcop_blob *der, char *message)
{
	struct search search = {wanted, 0};
	X509 *certificate = search_any(&search, data);
	int r;

	jcop_blob_clear(der);
	if (certificate == NULL && search.seen > 0)
		return encoding_message(message, JCOP_ERR_UNTRUSTED,
			"the CA's certificate is for another key than the one "
			"on the card that was asked for: is it the answer to "
			"another request? Nothing of it was written");
	if (certificate == NULL)
		return encoding_message(message, JCOP_ERR_MALFORMED,
			"%s is no certificate in PEM, DER or base64",
			data.len == 0 ? "an empty answer" : "this");
	r = set_der(certificate, der);
	X509_free(certificate);
	if (r != JCOP_OK)
		return encoding_message(message, r, "%s", jcop_strerror(r));
	return JCOP_OK;
}

int
encoding_certificate_read(
	struct jcop_bytes data, struct jcop_blob *der, char *message)
{
	return find_certificate(data, NULL, der, message);
}

int
encoding_certificate_for_key(struct jcop_bytes data, struct jcop_bytes modulus,
	struct jcop_bytes exponent, struct jcop_blob *der, char *message)
{
	const struct wanted wanted = {modulus, exponent};

	return find_certificate(data, &wanted, der, message);
}

/* --- PKCS#12 --- */

/* The default provider goes once another is loaded by name. */
static void
load_providers(void)
{
	static bool tried;

	if (tried)
		return;
	tried = true;
	OSSL_PROVIDER_try_load(NULL, "default", 1);
	OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	ERR_clear_error();
}

struct opened {
	EVP_PKEY *key;
	X509 *certificate;
	STACK_OF(X509) * others;
};

static void
close_opened(struct opened *opened)
{
	EVP_PKEY_free(opened->key);
	X509_free(opened->certificate);
	sk_X509_pop_free(opened->others, X509_free);
}

static int
explain(char *message)
{
	unsigned long error = ERR_peek_error();
	int reason = ERR_GET_REASON(error);

	ERR_clear_error();
	if (ERR_GET_LIB(error) == ERR_LIB_PKCS12 &&
		(reason == PKCS12_R_MAC_VERIFY_FAILURE ||
			reason == PKCS12_R_INVALID_NULL_PKCS12_POINTER))
		return encoding_message(message, JCOP_ERR_UNTRUSTED,
			"P12PASSWORD does not open this PKCS#12");
	if (ERR_GET_LIB(error) == ERR_LIB_EVP)
		return encoding_message(message, JCOP_ERR_MALFORMED,
			"this PKCS#12 cannot be decrypted: another password "
			"than P12PASSWORD, or a cipher that OpenSSL has not");
	return encoding_message(message, JCOP_ERR_MALFORMED,
		"this is no PKCS#12 in DER or base64");
}

/* How many private keys are in BAGS, which grows by those that nest in it;
 * negative without memory. */
static int
count_in_bags(STACK_OF(PKCS12_SAFEBAG) * bags)
{
	const STACK_OF(PKCS12_SAFEBAG) * nested;
	const PKCS12_SAFEBAG *bag;
	int i, k, count = 0;

	for (i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		bag = sk_PKCS12_SAFEBAG_value(bags, i);
		switch (PKCS12_SAFEBAG_get_nid(bag)) {
		case NID_keyBag:
		case NID_pkcs8ShroudedKeyBag:
			count++;
			break;
		case NID_safeContentsBag:
			nested = PKCS12_SAFEBAG_get0_safes(bag);
			for (k = 0; k < sk_PKCS12_SAFEBAG_num(nested); k++)
				if (sk_PKCS12_SAFEBAG_push(
					    bags, sk_PKCS12_SAFEBAG_value(
							  nested, k)) <= 0)
					return -1;
			break;
		}
	}
	return count;
}

static int
count_in_safe(PKCS7 *safe, const char *password)
{
	STACK_OF(PKCS12_SAFEBAG) *owned = NULL, *bags;
	int count = -1;

	if (OBJ_obj2nid(safe->type) == NID_pkcs7_data)
		owned = PKCS12_unpack_p7data(safe);
	else if (OBJ_obj2nid(safe->type) == NID_pkcs7_encrypted)
		owned = PKCS12_unpack_p7encdata(safe, password, -1);
	else
		return 0;
	bags = owned != NULL ? sk_PKCS12_SAFEBAG_dup(owned) : NULL;
	if (bags != NULL)
		count = count_in_bags(bags);
	sk_PKCS12_SAFEBAG_free(bags);
	sk_PKCS12_SAFEBAG_pop_free(owned, PKCS12_SAFEBAG_free);
	return count;
}

/* The private keys in PKCS12, which PASSWORD opens; negative if a part of it
 * cannot be read. */
static int
count_keys(PKCS12 *pkcs12, const char *password)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(pkcs12);
	int i, count = 0, more = safes != NULL ? 0 : -1;

	/* An empty password is none to some programs. */
	if (password[0] == '\0' && PKCS12_verify_mac(pkcs12, NULL, 0) == 1)
		password = NULL;
	for (i = 0; i < sk_PKCS7_num(safes) && more >= 0; i++) {
		more = count_in_safe(sk_PKCS7_value(safes, i), password);
		count += more;
	}
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return more >= 0 ? count : -1;
}

static int
parse_opened(PKCS12 *pkcs12, const char *password, struct opened *opened,
	char *message)
{
	int keys;

	load_providers();
	if (PKCS12_parse(pkcs12, password, &opened->key, &opened->certificate,
		    &opened->others) != 1)
		return explain(message);
	keys = count_keys(pkcs12, password);
	if (keys < 0)
		return explain(message);
	if (keys > 1)
		return encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"this PKCS#12 has %d keys; export the one that is "
			"meant",
			keys);
	return JCOP_OK;
}

static int
open_der(struct jcop_bytes der, const char *password, struct opened *opened,
	char *message)
{
	const unsigned char *at = der.data;
	PKCS12 *pkcs12 = d2i_PKCS12(NULL, &at, (long)der.len);
	int r;

	if (pkcs12 == NULL)
		return explain(message);
	if (!PKCS12_mac_present(pkcs12))
		r = encoding_message(message, JCOP_ERR_MALFORMED,
			"this PKCS#12 has no MAC: nothing tells whether it was "
			"altered; it has to be exported with one");
	else
		r = parse_opened(pkcs12, password, opened, message);
	PKCS12_free(pkcs12);
	if (r != JCOP_OK)
		return r;
	if (opened->key == NULL || opened->certificate == NULL)
		return encoding_message(message, JCOP_ERR_NOT_FOUND,
			"this PKCS#12 has no private key with its certificate");
	if (X509_check_ca(opened->certificate) != 0)
		return encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"the certificate in this PKCS#12 is that of a "
			"certification authority (a self-signed one is, too), "
			"for which the card has no place");
	return JCOP_OK;
}

static int
take_key(EVP_PKEY *key, struct encoding_pkcs12 *out, char *message)
{
	const struct {
		const char *name;
		struct jcop_blob *number;
	} numbers[] = {
		{OSSL_PKEY_PARAM_RSA_N, &out->n},
		{OSSL_PKEY_PARAM_RSA_E, &out->e},
		{OSSL_PKEY_PARAM_RSA_D, &out->d},
		{OSSL_PKEY_PARAM_RSA_FACTOR1, &out->p},
		{OSSL_PKEY_PARAM_RSA_FACTOR2, &out->q},
	};
	int r = EVP_PKEY_is_a(key, "RSA") ? JCOP_OK : JCOP_ERR_UNSUPPORTED;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && r == JCOP_OK;
		i++)
		r = take_number(key, numbers[i].name, numbers[i].number);
	ERR_clear_error();
	if (r != JCOP_OK)
		return encoding_message(
			message, r, "the key of this PKCS#12 is no RSA key");
	out->bits = (unsigned int)EVP_PKEY_get_bits(key);
	return JCOP_OK;
}

static int
open_with(struct jcop_bytes der, const char *password,
	struct encoding_pkcs12 *out, char *message)
{
	struct opened opened = {NULL, NULL, NULL};
	int r = open_der(der, password, &opened, message);

	if (r == JCOP_OK)
		r = take_key(opened.key, out, message);
	if (r == JCOP_OK) {
		r = set_der(opened.certificate, &out->certificate);
		if (r != JCOP_OK)
			encoding_message(message, r, "%s", jcop_strerror(r));
	}
	close_opened(&opened);
	return r;
}

int
encoding_pkcs12_open(struct jcop_bytes data, struct jcop_bytes password,
	struct encoding_pkcs12 *out, char *message)
{
	struct jcop_blob der = JCOP_BLOB_INIT;
	char text[ENCODING_MAX_PASSWORD + 1];
	int r;

	*out = (struct encoding_pkcs12){0};
	if (password.len > ENCODING_MAX_PASSWORD)
		return encoding_message(message, JCOP_ERR_TOO_LONG,
			"P12PASSWORD is longer than %d bytes",
			ENCODING_MAX_PASSWORD);
	if (password.len > 0)
		memcpy(text, password.data, password.len);
	text[password.len] = '\0';
	r = encoding_unbase64(data, &der);
	if (r != JCOP_OK)
		encoding_message(
			message, r, "this is no PKCS#12 in DER or base64");
	else
		r = open_with(jcop_blob_view(&der), text, out, message);
	OPENSSL_cleanse(text, sizeof(text));
	jcop_blob_free(&der);
	if (r != JCOP_OK)
		encoding_pkcs12_free(out);
	return r;
}

int
encoding_pkcs12_check_bits(
	const struct encoding_pkcs12 *pkcs12, unsigned int bits, char *message)
{
	if (bits == 0 || bits == pkcs12->bits)
		return JCOP_OK;
	return encoding_message(message, JCOP_ERR_UNSUPPORTED,
		"the CA's key has %u bits, and KeySize asks for %u: one of "
		"them has to change; nothing was written",
		pkcs12->bits, bits);
}

void
encoding_pkcs12_free(struct encoding_pkcs12 *pkcs12)
{
	jcop_blob_free(&pkcs12->n);
	jcop_blob_free(&pkcs12->e);
	jcop_blob_free(&pkcs12->d);
	jcop_blob_free(&pkcs12->p);
	jcop_blob_free(&pkcs12->q);
	jcop_blob_free(&pkcs12->certificate);
	pkcs12->bits = 0;
}
