/*
 * rsa-key.c: the numbers of an RSA private key, checked, as a card takes them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "core/rsa-key.h"

/* docs/card-interface.md, section 13: all that the card takes. */
#define EXPONENT_3 3
#define EXPONENT_F4 65537

enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static const char *const names[NUMBERS] = {
	[N] = OSSL_PKEY_PARAM_RSA_N,
	[E] = OSSL_PKEY_PARAM_RSA_E,
	[D] = OSSL_PKEY_PARAM_RSA_D,
	[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	[QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

struct numbers {
	BIGNUM *of[NUMBERS];
	BIGNUM *t;
	BN_CTX *ctx;
};

unsigned int
jcop_rsa_bits(struct jcop_bytes n)
{
	unsigned int bits = 0;
	uint8_t first;

	while (n.len > 0 && n.data[0] == 0)
		n = jcop_bytes_of(n.data + 1, n.len - 1);
	if (n.len == 0 || n.len > JCOP_BLOB_MAX)
		return 0;
	for (first = n.data[0]; first != 0; first >>= 1)
		bits++;
	return bits + 8 * (unsigned int)(n.len - 1);
}

static int
read_number(struct jcop_bytes bytes, BIGNUM **number)
{
	if (bytes.len == 0 || bytes.len > JCOP_BLOB_MAX)
		return JCOP_ERR_MALFORMED;
	*number = BN_secure_new();
	if (*number == NULL ||
		BN_bin2bn(bytes.data, (int)bytes.len, *number) == NULL)
		return JCOP_ERR_NO_MEMORY;
	return JCOP_OK;
}

static int
read_numbers(const struct jcop_rsa_key *key, struct numbers *numbers)
{
	const struct jcop_bytes given[] = {
		key->n, key->e, key->d, key->p, key->q};
	int i, r = JCOP_OK;

	for (i = N; r == JCOP_OK && i <= Q; i++)
		r = read_number(given[i], &numbers->of[i]);
	for (i = DP; r == JCOP_OK && i < NUMBERS; i++) {
		numbers->of[i] = BN_secure_new();
		if (numbers->of[i] == NULL)
			r = JCOP_ERR_NO_MEMORY;
	}
	numbers->t = BN_secure_new();
	numbers->ctx = BN_CTX_new();
	if (r == JCOP_OK && (numbers->t == NULL || numbers->ctx == NULL))
		r = JCOP_ERR_NO_MEMORY;
	return r;
}

static void
free_numbers(struct numbers *numbers)
{
	int i;

	for (i = 0; i < NUMBERS; i++)
		BN_clear_free(numbers->of[i]);
	BN_clear_free(numbers->t);
	BN_CTX_free(numbers->ctx);
}

/* n = p q, p > q, both of half its bits */
static int
check_factors(struct numbers *x)
{
	int bits = BN_num_bits(x->of[N]);
	BIGNUM *smaller;

	if (BN_cmp(x->of[P], x->of[Q]) < 0) {
		smaller = x->of[P];
		x->of[P] = x->of[Q];
		x->of[Q] = smaller;
	}
	if (bits % 16 != 0 || BN_num_bits(x->of[P]) != bits / 2 ||
		BN_num_bits(x->of[Q]) != bits / 2 ||
		BN_cmp(x->of[P], x->of[Q]) == 0)
		return JCOP_ERR_MALFORMED;
	if (BN_mul(x->t, x->of[P], x->of[Q], x->ctx) != 1)
		return JCOP_ERR_CRYPTO;
	return BN_cmp(x->t, x->of[N]) == 0 ? JCOP_OK : JCOP_ERR_MALFORMED;
}

/* d mod (FACTOR - 1) */
static bool
reduce(struct numbers *x, int factor, int to)
{
	return BN_copy(x->t, x->of[factor]) != NULL &&
	       BN_sub_word(x->t, 1) == 1 &&
	       BN_nnmod(x->of[to], x->of[D], x->t, x->ctx) == 1;
}

static int
compute_crt(struct numbers *x)
{
	if (!reduce(x, P, DP) || !reduce(x, Q, DQ))
		return JCOP_ERR_CRYPTO;
	if (BN_mod_inverse(x->of[QINV], x->of[Q], x->of[P], x->ctx) == NULL)
		return JCOP_ERR_MALFORMED;
	return JCOP_OK;
}

static EVP_PKEY *
build_key(const struct numbers *x)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool good = builder != NULL && ctx != NULL;
	int i;

	for (i = 0; good && i < NUMBERS; i++)
		good = OSSL_PARAM_BLD_push_BN(builder, names[i], x->of[i]) == 1;
	if (good)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params); /* wipes numbers of BN_secure_new() only */
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Primes, e d = 1, and the rest: OpenSSL's own check. */
static int
check_key(const struct numbers *x)
{
	EVP_PKEY *key = build_key(x);
	EVP_PKEY_CTX *ctx = NULL;
	int r = JCOP_ERR_MALFORMED;

	if (key != NULL)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (ctx != NULL && EVP_PKEY_check(ctx) == 1)
		r = JCOP_OK;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return r;
}

static int
give_number(const BIGNUM *number, int len, struct jcop_blob *out)
{
	int r;

	jcop_blob_clear(out);
	r = jcop_blob_append_fill(out, 0, (size_t)len);
	if (r == JCOP_OK && BN_bn2binpad(number, out->data, len) != len)
		r = JCOP_ERR_CRYPTO;
	return r;
}

static int
give_numbers(const struct numbers *x, struct jcop_rsa_crt *crt)
{
	struct jcop_blob *const halves[NUMBERS] = {
		[P] = &crt->p,
		[Q] = &crt->q,
		[DP] = &crt->dp,
		[DQ] = &crt->dq,
		[QINV] = &crt->qinv,
	};
	int len = BN_num_bytes(x->of[N]), i;
	int r = give_number(x->of[N], len, &crt->n);

	if (r == JCOP_OK)
		r = give_number(x->of[E], BN_num_bytes(x->of[E]), &crt->e);
	for (i = P; r == JCOP_OK && i < NUMBERS; i++)
		r = give_number(x->of[i], len / 2, halves[i]);
	return r;
}

int
jcop_rsa_crt_of(const struct jcop_rsa_key *key, struct jcop_rsa_crt *crt)
{
	struct numbers numbers = {{NULL}, NULL, NULL};
	int r = read_numbers(key, &numbers);

	if (r == JCOP_OK && !BN_is_word(numbers.of[E], EXPONENT_3) &&
		!BN_is_word(numbers.of[E], EXPONENT_F4))
		r = JCOP_ERR_UNSUPPORTED;
	if (r == JCOP_OK)
		r = check_factors(&numbers);
	if (r == JCOP_OK)
		r = compute_crt(&numbers);
	if (r == JCOP_OK)
		r = check_key(&numbers);
	if (r == JCOP_OK)
		r = give_numbers(&numbers, crt);
	if (r != JCOP_OK)
		jcop_rsa_crt_free(crt);
	free_numbers(&numbers);
	return r;
}

void
jcop_rsa_crt_free(struct jcop_rsa_crt *crt)
{
	jcop_blob_free(&crt->n);
	jcop_blob_free(&crt->e);
	jcop_blob_free(&crt->p);
	jcop_blob_free(&crt->q);
	jcop_blob_free(&crt->qinv);
	jcop_blob_free(&crt->dp);
	jcop_blob_free(&crt->dq);
}
