/*
 * curve.c: the elliptic curves of chip authentication.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>

#include "core/curve.h"

#define POINT_UNCOMPRESSED 0x04 /* TR-03111 3.2.1 */

static const struct curve {
	enum jcop_domain domain;
	int nid;
	const char *group;
	size_t field_size;
} curves[] = {
	{JCOP_DOMAIN_P256, NID_X9_62_prime256v1, SN_X9_62_prime256v1, 32},
	{JCOP_DOMAIN_BP256, NID_brainpoolP256r1, SN_brainpoolP256r1, 32},
	{JCOP_DOMAIN_P384, NID_secp384r1, SN_secp384r1, 48},
	{JCOP_DOMAIN_BP384, NID_brainpoolP384r1, SN_brainpoolP384r1, 48},
	{JCOP_DOMAIN_BP512, NID_brainpoolP512r1, SN_brainpoolP512r1, 64},
	{JCOP_DOMAIN_P521, NID_secp521r1, SN_secp521r1, 66},
};
#define CURVE_COUNT (sizeof(curves) / sizeof(curves[0]))

static const struct curve *
find(enum jcop_domain domain)
{
	size_t i;

	for (i = 0; i < CURVE_COUNT; i++) {
		if (curves[i].domain == domain)
			return &curves[i];
	}
	return NULL;
}

const char *
jcop_domain_group(enum jcop_domain domain)
{
	const struct curve *curve = find(domain);

	return curve == NULL ? NULL : curve->group;
}

size_t
jcop_domain_field_size(enum jcop_domain domain)
{
	const struct curve *curve = find(domain);

	return curve == NULL ? 0 : curve->field_size;
}

enum jcop_domain
jcop_domain_from_nid(int nid)
{
	size_t i;

	for (i = 0; i < CURVE_COUNT; i++) {
		if (curves[i].nid == nid)
			return curves[i].domain;
	}
	return JCOP_DOMAIN_NONE;
}

/* OpenSSL refuses a point off the curve while it decodes it: that and any
 * other failure here is the point's fault. */
static int
decode_point(const struct curve *curve, struct jcop_bytes point, EVP_PKEY **key)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
			(char *)(uintptr_t)curve->group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
			(void *)(uintptr_t)point.data, point.len),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	int r = JCOP_ERR_CRYPTO;

	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1)
		goto end;
	r = EVP_PKEY_fromdata(context, key, EVP_PKEY_PUBLIC_KEY, params) == 1
		    ? JCOP_OK
		    : JCOP_ERR_MALFORMED;
end:
	EVP_PKEY_CTX_free(context);
	return r;
}

/* On the curve, not at infinity, of the right order (SP 800-56A 5.6.2.3). */
static int
check_point(EVP_PKEY *key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	int r;

	if (context == NULL)
		return JCOP_ERR_CRYPTO;
	r = EVP_PKEY_public_check(context) == 1 ? JCOP_OK : JCOP_ERR_MALFORMED;
	EVP_PKEY_CTX_free(context);
	return r;
}

int
jcop_curve_import(
	enum jcop_domain domain, struct jcop_bytes point, EVP_PKEY **key)
{
	const struct curve *curve = find(domain);
	int r;

	*key = NULL;
	if (curve == NULL)
		return JCOP_ERR_UNSUPPORTED;
	if (point.len != 1 + 2 * curve->field_size ||
		point.data[0] != POINT_UNCOMPRESSED)
		return JCOP_ERR_MALFORMED;
	/* a bad point is no news for whoever looks at OpenSSL's errors next */
	ERR_set_mark();
	r = decode_point(curve, point, key);
	if (r == JCOP_OK)
		r = check_point(*key);
	ERR_pop_to_mark();
	if (r != JCOP_OK) {
		EVP_PKEY_free(*key);
		*key = NULL;
	}
	return r;
}
