/*
 * rsa.c: the card's RSA keys.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "virtual-card/crypto.h"
#include "virtual-card/session.h"

#define RSA_MAX_BYTES 512

int
vcard_rsa_generate(
	unsigned int bits, unsigned int exponent, struct jcop_blob *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *pkey = NULL;
	int r = JCOP_ERR_CRYPTO;

	if (ctx != NULL && e != NULL && BN_set_word(e, exponent) &&
		EVP_PKEY_keygen_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) > 0 &&
		EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) > 0 &&
		EVP_PKEY_generate(ctx, &pkey) > 0)
		r = vcard_private_der(pkey, key);
	EVP_PKEY_free(pkey);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return r;
}

static int
put_number(EVP_PKEY *key, const char *name, struct jcop_blob *out)
{
	uint8_t bytes[RSA_MAX_BYTES];
	BIGNUM *number = NULL;
	int r = JCOP_ERR_CRYPTO;

	if (EVP_PKEY_get_bn_param(key, name, &number) &&
		BN_num_bytes(number) <= (int)sizeof bytes)
		r = jcop_blob_set(out, bytes, (size_t)BN_bn2bin(number, bytes));
	BN_free(number);
	return r;
}

int
vcard_rsa_public(
	struct jcop_bytes key, struct jcop_blob *n, struct jcop_blob *e)
{
	EVP_PKEY *pkey = vcard_private_key(key);
	int r = JCOP_ERR_CRYPTO;

	if (pkey != NULL)
		r = put_number(pkey, OSSL_PKEY_PARAM_RSA_N, n);
	if (r == JCOP_OK)
		r = put_number(pkey, OSSL_PKEY_PARAM_RSA_E, e);
	EVP_PKEY_free(pkey);
	return r;
}

/* BLOCK has the length of the modulus: is it a number below it? */
static bool
below_modulus(EVP_PKEY *key, struct jcop_bytes block)
{
	BIGNUM *n = NULL, *number = NULL;
	bool below = false;

	if (block.len == (size_t)EVP_PKEY_get_size(key) &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n)) {
		number = BN_bin2bn(block.data, (int)block.len, NULL);
		below = number != NULL && BN_cmp(number, n) < 0;
	}
	BN_clear_free(number);
	BN_free(n);
	return below;
}

static int
finish_sign(EVP_PKEY_CTX *ctx, struct jcop_bytes data, struct jcop_blob *out)
{
	uint8_t bytes[RSA_MAX_BYTES];
	size_t len = sizeof bytes;
	int r = JCOP_ERR_CRYPTO;

	if (EVP_PKEY_sign(ctx, bytes, &len, data.data, data.len) > 0)
		r = jcop_blob_append(out, bytes, len);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return r;
}

/* PADDING of RSA_*_PADDING; DIGEST NULL: the data as they come. */
static int
private_operation(EVP_PKEY *key, int padding, const char *digest,
	struct jcop_bytes data, struct jcop_blob *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	const EVP_MD *md = digest != NULL ? EVP_get_digestbyname(digest) : NULL;
	int r = JCOP_ERR_CRYPTO;

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) <= 0 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, padding) <= 0)
		goto out;
	if (md != NULL && (EVP_PKEY_CTX_set_signature_md(ctx, md) <= 0 ||
				  EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) <= 0 ||
				  EVP_PKEY_CTX_set_rsa_pss_saltlen(
					  ctx, RSA_PSS_SALTLEN_DIGEST) <= 0))
		goto out;
	r = finish_sign(ctx, data, out);
out:
	EVP_PKEY_CTX_free(ctx);
	return r;
}

int
vcard_rsa_raw(
	struct jcop_bytes key, struct jcop_bytes block, struct jcop_blob *out)
{
	EVP_PKEY *pkey = vcard_private_key(key);
	int r = JCOP_ERR_CRYPTO;

	if (pkey != NULL)
		r = below_modulus(pkey, block)
			    ? private_operation(
				      pkey, RSA_NO_PADDING, NULL, block, out)
			    : JCOP_ERR_MALFORMED;
	EVP_PKEY_free(pkey);
	return r;
}

int
vcard_rsa_sign_pkcs1(
	struct jcop_bytes key, struct jcop_bytes data, struct jcop_blob *out)
{
	EVP_PKEY *pkey = vcard_private_key(key);
	int r = JCOP_ERR_CRYPTO;

	if (pkey != NULL)
		r = data.len + RSA_PKCS1_PADDING_SIZE <=
				    (size_t)EVP_PKEY_get_size(pkey)
			    ? private_operation(
				      pkey, RSA_PKCS1_PADDING, NULL, data, out)
			    : JCOP_ERR_MALFORMED;
	EVP_PKEY_free(pkey);
	return r;
}

int
vcard_rsa_sign_pss(struct jcop_bytes key, const char *digest,
	struct jcop_bytes hash, struct jcop_blob *out)
{
	const EVP_MD *md = EVP_get_digestbyname(digest);
	EVP_PKEY *pkey;
	int r = JCOP_ERR_CRYPTO;

	if (md == NULL)
		return JCOP_ERR_ARGUMENT;
	if (hash.len != (size_t)EVP_MD_get_size(md))
		return JCOP_ERR_MALFORMED;
	pkey = vcard_private_key(key);
	if (pkey != NULL)
		r = private_operation(
			pkey, RSA_PKCS1_PSS_PADDING, digest, hash, out);
	EVP_PKEY_free(pkey);
	return r;
}

struct numbers {
	BN_CTX *ctx;
	BIGNUM *in[COMPONENT_COUNT];
	BIGNUM *p1, *q1, *d, *t;
};

static bool
read_numbers(const struct jcop_bytes *components, struct numbers *numbers)
{
	size_t i;

	*numbers = (struct numbers){.ctx = BN_CTX_secure_new()};
	if (numbers->ctx == NULL)
		return false;
	BN_CTX_start(numbers->ctx);
	numbers->p1 = BN_CTX_get(numbers->ctx);
	numbers->q1 = BN_CTX_get(numbers->ctx);
	numbers->d = BN_CTX_get(numbers->ctx);
	numbers->t = BN_CTX_get(numbers->ctx);
	for (i = 0; i < COMPONENT_COUNT; i++) {
		numbers->in[i] = BN_bin2bn(
			components[i].data, (int)components[i].len, NULL);
		if (numbers->in[i] == NULL)
			return false;
	}
	return numbers->t != NULL;
}

static void
free_numbers(struct numbers *numbers)
{
	size_t i;

	for (i = 0; i < COMPONENT_COUNT; i++)
		BN_clear_free(numbers->in[i]);
	if (numbers->ctx != NULL)
		BN_CTX_end(numbers->ctx);
	BN_CTX_free(numbers->ctx);
}

/* A * B = 1 mod M */
static bool
inverse_of(struct numbers *x, const BIGNUM *a, const BIGNUM *b, const BIGNUM *m)
{
	return BN_mod_mul(x->t, a, b, m, x->ctx) && BN_is_one(x->t);
}

/* n = p q of BITS bits, e dp = 1 mod p - 1, e dq = 1 mod q - 1,
 * q qinv = 1 mod p; and d, which no command carries. */
static bool
consistent(struct numbers *x, unsigned int bits)
{
	BIGNUM *const *in = x->in;
	const BIGNUM *e = in[COMPONENT_E];

	if (BN_num_bits(in[COMPONENT_N]) != (int)bits ||
		BN_num_bits(in[COMPONENT_P]) != (int)bits / 2 ||
		BN_num_bits(in[COMPONENT_Q]) != (int)bits / 2 ||
		!BN_is_odd(in[COMPONENT_P]) || !BN_is_odd(in[COMPONENT_Q]))
		return false;
	if (!BN_mul(x->t, in[COMPONENT_P], in[COMPONENT_Q], x->ctx) ||
		BN_cmp(x->t, in[COMPONENT_N]) != 0 ||
		!BN_copy(x->p1, in[COMPONENT_P]) || !BN_sub_word(x->p1, 1) ||
		!BN_copy(x->q1, in[COMPONENT_Q]) || !BN_sub_word(x->q1, 1))
		return false;
	if (BN_cmp(in[COMPONENT_DP], x->p1) >= 0 ||
		BN_cmp(in[COMPONENT_DQ], x->q1) >= 0 ||
		BN_cmp(in[COMPONENT_QINV], in[COMPONENT_P]) >= 0)
		return false;
	return inverse_of(x, e, in[COMPONENT_DP], x->p1) &&
	       inverse_of(x, e, in[COMPONENT_DQ], x->q1) &&
	       inverse_of(x, in[COMPONENT_QINV], in[COMPONENT_Q],
		       in[COMPONENT_P]) &&
	       BN_mul(x->t, x->p1, x->q1, x->ctx) &&
	       BN_mod_inverse(x->d, e, x->t, x->ctx) != NULL;
}

static EVP_PKEY *
build_key(const struct numbers *x)
{
	static const char *const names[COMPONENT_COUNT] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2};
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool good = build != NULL && ctx != NULL;
	size_t i;

	for (i = 0; good && i < COMPONENT_COUNT; i++)
		good = OSSL_PARAM_BLD_push_BN(build, names[i], x->in[i]);
	good = good &&
	       OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, x->d);
	params = good ? OSSL_PARAM_BLD_to_param(build) : NULL;
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int
vcard_rsa_import(const struct jcop_bytes *components, unsigned int bits,
	struct jcop_blob *key)
{
	struct numbers numbers;
	EVP_PKEY *pkey = NULL;
	int r = JCOP_ERR_MALFORMED;

	if (!read_numbers(components, &numbers) || !consistent(&numbers, bits))
		goto out;
	pkey = build_key(&numbers);
	r = pkey != NULL ? vcard_private_der(pkey, key) : JCOP_ERR_CRYPTO;
out:
	EVP_PKEY_free(pkey);
	free_numbers(&numbers);
	return r;
}
