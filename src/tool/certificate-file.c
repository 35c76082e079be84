/*
 * certificate-file.c: a certificate from a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "tool/certificate-file.h"

#define MAX_FILE 65536
#define NAME_DEFAULT "Certificate"

/* --- the file --- */

static int
read_file(const char *path, struct jcop_blob *content)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL)
		return tool_fail(TOOL_USAGE, "%s: %s", path, strerror(errno));
	if (jcop_blob_append_fill(content, 0, MAX_FILE) != JCOP_OK) {
		fclose(file);
		return tool_fail(TOOL_FAILED, "out of memory");
	}
	len = fread(content->data, 1, MAX_FILE, file);
	jcop_blob_truncate(content, len);
	if (ferror(file) || len == 0 || len == MAX_FILE) {
		bool bad = ferror(file) != 0;

		fclose(file);
		return tool_fail(TOOL_FAILED, "%s: %s", path,
			bad ? "cannot be read"
			    : (len == 0 ? "the file is empty"
					: "too long for a certificate"));
	}
	fclose(file);
	return TOOL_OK;
}

/* --- what it is --- */

static const struct {
	const char *name; /* the end of the name in PEM */
	const char *shown;
} pem_names[] = {
	{"CERTIFICATE REQUEST", "a certificate request: the CA makes a "
				"certificate of it"},
	{"TRUSTED CERTIFICATE", "a certificate with OpenSSL's own additions: "
				"'openssl x509' takes them off"},
	{"PKCS7", "a PKCS#7 file: 'openssl pkcs7 -print_certs' shows the "
		  "certificates in it"},
	{"PKCS #7 SIGNED DATA", "a PKCS#7 file: 'openssl pkcs7 -print_certs' "
				"shows the certificates in it"},
	{"CMS", "a CMS file"},
	{"X509 CRL", "a list of revoked certificates"},
	{"PRIVATE KEY", "a private key"},
	{"PUBLIC KEY", "a public key"},
};

/* NULL if it is no name that we know. */
static const char *
pem_shown(const char *name)
{
	size_t i, len = strlen(name), end;

	for (i = 0; i < sizeof(pem_names) / sizeof(pem_names[0]); i++) {
		end = strlen(pem_names[i].name);
		if (len >= end &&
			strcmp(name + len - end, pem_names[i].name) == 0)
			return pem_names[i].shown;
	}
	return NULL;
}

#define IS_DER(type, content)                                           \
	static bool is_##type(struct jcop_bytes content)                \
	{                                                               \
		const unsigned char *p = content.data;                  \
		type *object = d2i_##type(NULL, &p, (long)content.len); \
		bool is = object != NULL;                               \
                                                                        \
		type##_free(object);                                    \
		return is;                                              \
	}
IS_DER(X509_REQ, content)
IS_DER(X509_CRL, content)
IS_DER(PKCS7, content)
IS_DER(PKCS12, content)

static bool
is_key(struct jcop_bytes content)
{
	const unsigned char *p = content.data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)content.len);
	bool is = key != NULL;

	EVP_PKEY_free(key);
	return is;
}

static bool
is_public_key(struct jcop_bytes content)
{
	const unsigned char *p = content.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)content.len);
	bool is = key != NULL;

	EVP_PKEY_free(key);
	return is;
}

static const struct {
	bool (*is)(struct jcop_bytes content);
	const char *name;
} der_kinds[] = {
	{is_X509_REQ, "CERTIFICATE REQUEST"},
	{is_X509_CRL, "X509 CRL"},
	{is_PKCS12, NULL},
	{is_PKCS7, "PKCS7"},
	{is_public_key, "PUBLIC KEY"},
	{is_key, "PRIVATE KEY"},
};

static const char *
der_shown(struct jcop_bytes content)
{
	size_t i;

	for (i = 0; i < sizeof(der_kinds) / sizeof(der_kinds[0]); i++)
		if (der_kinds[i].is(content))
			return der_kinds[i].name != NULL
				       ? pem_shown(der_kinds[i].name)
				       : "a PKCS#12 file: 'jcop45-tool import' "
					 "takes key and certificate of it";
	return NULL;
}

/* --- the certificate in it --- */

/* What is in a PEM file. */
struct contents {
	size_t certificates;
	const char *other; /* what another block is, NULL if unknown */
	bool failed;       /* out of memory */
};

static void
take_block(const char *name, const unsigned char *data, long len,
	struct jcop_blob *der, struct contents *contents)
{
	if (strcmp(name, PEM_STRING_X509) != 0 &&
		strcmp(name, PEM_STRING_X509_OLD) != 0) {
		contents->other = pem_shown(name);
		return;
	}
	if (contents->certificates++ == 0 &&
		jcop_blob_set(der, data, (size_t)len) != JCOP_OK)
		contents->failed = true;
}

static void
read_pem(const struct jcop_blob *content, struct jcop_blob *der,
	struct contents *contents)
{
	BIO *bio = BIO_new_mem_buf(content->data, (int)content->len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;

	while (bio != NULL &&
		PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
		take_block(name, data, len, der, contents);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)len);
	}
	BIO_free(bio);
	ERR_clear_error(); /* the end of the file is one */
}

static int
refuse(const char *path, const char *shown)
{
	if (shown == NULL)
		return tool_fail(TOOL_FAILED,
			"%s: expected an X.509 certificate, PEM or DER", path);
	return tool_fail(TOOL_FAILED,
		"%s: expected an X.509 certificate, but this is %s", path,
		shown);
}

static int
find_certificate(const char *path, const struct jcop_blob *content,
	struct jcop_blob *der)
{
	struct contents contents = {0};

	read_pem(content, der, &contents);
	if (contents.certificates > 1)
		return tool_fail(TOOL_FAILED,
			"%s: there are %zu certificates in it, and only the "
			"one of the card's key belongs on the card: put it "
			"into a file of its own",
			path, contents.certificates);
	if (contents.certificates == 1 && !contents.failed)
		return TOOL_OK;
	if (contents.other != NULL)
		return refuse(path, contents.other);
	if (contents.failed ||
		jcop_blob_set(der, content->data, content->len) != JCOP_OK)
		return tool_fail(TOOL_FAILED, "out of memory");
	return TOOL_OK;
}

static void
common_name(X509 *certificate, char *name, size_t size)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int len = -1;

	if (i >= 0)
		len = ASN1_STRING_to_UTF8(
			&text, X509_NAME_ENTRY_get_data(
				       X509_NAME_get_entry(subject, i)));
	if (len > 0 && (size_t)len < size &&
		memchr(text, 0, (size_t)len) == NULL)
		snprintf(name, size, "%.*s", len, (const char *)text);
	else
		snprintf(name, size, "%s", NAME_DEFAULT);
	OPENSSL_free(text);
}

static int
check_certificate(
	const char *path, const struct jcop_blob *der, char *name, size_t size)
{
	const unsigned char *p = der->data;
	X509 *certificate = d2i_X509(NULL, &p, (long)der->len);
	int r = TOOL_OK;

	if (certificate == NULL)
		r = refuse(path, der_shown(jcop_blob_view(der)));
	else if (p != der->data + der->len)
		r = tool_fail(TOOL_FAILED,
			"%s: there are other bytes behind the certificate",
			path);
	else
		common_name(certificate, name, size);
	X509_free(certificate);
	ERR_clear_error();
	return r;
}

int
tool_certificate_file(
	const char *path, struct jcop_blob *der, char *name, size_t size)
{
	struct jcop_blob content = JCOP_BLOB_INIT;
	int r = read_file(path, &content);

	if (r == TOOL_OK)
		r = find_certificate(path, &content, der);
	if (r == TOOL_OK)
		r = check_certificate(path, der, name, size);
	jcop_blob_free(&content);
	return r;
}
