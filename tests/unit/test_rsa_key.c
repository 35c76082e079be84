/*
 * test_rsa_key.c: what of a private key is taken, and what is refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "core/rsa-key.h"

enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static const char *const names[NUMBERS] = {OSSL_PKEY_PARAM_RSA_N,
	OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

/* A key as OpenSSL made it. */
struct made {
	uint8_t bytes[NUMBERS][256];
	size_t len[NUMBERS];
};

static void
make_key(unsigned int bits, unsigned int exponent, struct made *made)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	BIGNUM *e = BN_new();
	size_t i;

	assert_int_equal(BN_set_word(e, exponent), 1);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	for (i = 0; i < NUMBERS; i++) {
		BIGNUM *number = NULL;

		assert_int_equal(
			EVP_PKEY_get_bn_param(key, names[i], &number), 1);
		made->len[i] = (size_t)BN_bn2bin(number, made->bytes[i]);
		BN_free(number);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
}

static struct jcop_bytes
number(const struct made *made, int which)
{
	return jcop_bytes_of(made->bytes[which], made->len[which]);
}

static struct jcop_rsa_key
as_key(const struct made *made)
{
	return (struct jcop_rsa_key){number(made, N), number(made, E),
		number(made, D), number(made, P), number(made, Q)};
}

static void
assert_padded(const struct jcop_blob *blob, const struct made *made, int which)
{
	size_t half = made->len[N] / 2, zeros = half - made->len[which];

	assert_int_equal(blob->len, half);
	assert_memory_equal(
		blob->data + zeros, made->bytes[which], made->len[which]);
	while (zeros-- > 0)
		assert_int_equal(blob->data[zeros], 0);
}

static void
assert_crt(const struct jcop_rsa_crt *crt, const struct made *made)
{
	assert_int_equal(crt->n.len, made->len[N]);
	assert_memory_equal(crt->n.data, made->bytes[N], made->len[N]);
	assert_int_equal(crt->e.len, made->len[E]);
	assert_memory_equal(crt->e.data, made->bytes[E], made->len[E]);
	assert_padded(&crt->p, made, P);
	assert_padded(&crt->q, made, Q);
	assert_padded(&crt->dp, made, DP);
	assert_padded(&crt->dq, made, DQ);
	assert_padded(&crt->qinv, made, QINV);
}

/* OpenSSL computed the same values when it made the key. */
static void
the_values_for_the_remainder_theorem_are_openssls(void **state)
{
	static const unsigned int exponents[] = {3, 65537};
	struct jcop_rsa_crt crt;
	struct made made;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct jcop_rsa_key key;

		memset(&crt, 0, sizeof(crt));
		make_key(2048, exponents[i], &made);
		key = as_key(&made);
		assert_int_equal(jcop_rsa_crt_of(&key, &crt), JCOP_OK);
		assert_crt(&crt, &made);
		jcop_rsa_crt_free(&crt);
	}
}

static void
factors_in_the_other_order_give_the_same(void **state)
{
	struct jcop_rsa_crt crt;
	struct jcop_rsa_key key;
	struct made made;

	(void)state;
	memset(&crt, 0, sizeof(crt));
	make_key(1024, 65537, &made);
	key = as_key(&made);
	key.p = number(&made, Q);
	key.q = number(&made, P);
	assert_int_equal(jcop_rsa_crt_of(&key, &crt), JCOP_OK);
	assert_crt(&crt, &made);
	jcop_rsa_crt_free(&crt);
}

static void
short_values_are_filled_up_with_zeros(void **state)
{
	struct jcop_rsa_crt crt;
	struct jcop_rsa_key key;
	struct made made;
	int i;

	(void)state;
	memset(&crt, 0, sizeof(crt));
	for (i = 0; i < 5000; i++) {
		make_key(512, 65537, &made);
		if (made.len[DP] < 32 || made.len[DQ] < 32 ||
			made.len[QINV] < 32)
			break;
	}
	assert_int_not_equal(i, 5000);
	key = as_key(&made);
	assert_int_equal(jcop_rsa_crt_of(&key, &crt), JCOP_OK);
	assert_crt(&crt, &made);
	jcop_rsa_crt_free(&crt);
}

static void
a_number_that_does_not_belong_to_the_others_is_found(void **state)
{
	static const int altered[] = {N, D, P, Q};
	struct jcop_rsa_crt crt;
	struct jcop_rsa_key key;
	struct made made;
	size_t i, at;

	(void)state;
	memset(&crt, 0, sizeof(crt));
	make_key(1024, 65537, &made);
	for (i = 0; i < 4; i++)
		for (at = 0; at < made.len[altered[i]]; at += 15) {
			made.bytes[altered[i]][at] ^= 0x02;
			key = as_key(&made);
			assert_int_equal(jcop_rsa_crt_of(&key, &crt),
				JCOP_ERR_MALFORMED);
			assert_null(crt.p.data);
			made.bytes[altered[i]][at] ^= 0x02;
		}
	key = as_key(&made);
	key.q = jcop_bytes_of(NULL, 0);
	assert_int_equal(jcop_rsa_crt_of(&key, &crt), JCOP_ERR_MALFORMED);
}

/* Small enough to see: all the numbers fit together, but 243 is no prime. */
static void
a_factor_that_is_no_prime_is_found(void **state)
{
	static const uint8_t e[] = {0x01, 0x00, 0x01}, q[] = {239},
			     good_n[] = {0xE0, 0xFF}, good_p[] = {241},
			     good_d[] = {0x0F, 0x71}, bad_n[] = {0xE2, 0xDD},
			     bad_p[] = {243}, bad_d[] = {0x50, 0x85};
	const struct jcop_rsa_key good = {JCOP_BYTES(good_n), JCOP_BYTES(e),
		JCOP_BYTES(good_d), JCOP_BYTES(good_p), JCOP_BYTES(q)};
	const struct jcop_rsa_key bad = {JCOP_BYTES(bad_n), JCOP_BYTES(e),
		JCOP_BYTES(bad_d), JCOP_BYTES(bad_p), JCOP_BYTES(q)};
	struct jcop_rsa_crt crt;

	(void)state;
	memset(&crt, 0, sizeof(crt));
	assert_int_equal(jcop_rsa_crt_of(&good, &crt), JCOP_OK);
	jcop_rsa_crt_free(&crt);
	assert_int_equal(jcop_rsa_crt_of(&bad, &crt), JCOP_ERR_MALFORMED);
}

static void
other_exponents_are_refused(void **state)
{
	struct jcop_rsa_crt crt;
	struct jcop_rsa_key key;
	struct made made;

	(void)state;
	memset(&crt, 0, sizeof(crt));
	make_key(1024, 17, &made);
	key = as_key(&made);
	assert_int_equal(jcop_rsa_crt_of(&key, &crt), JCOP_ERR_UNSUPPORTED);
}

static void
the_size_is_counted_without_leading_zeros(void **state)
{
	static const uint8_t number[] = {0x00, 0x00, 0x40, 0x01};

	(void)state;
	assert_int_equal(jcop_rsa_bits(JCOP_BYTES(number)), 15);
	assert_int_equal(jcop_rsa_bits(jcop_bytes_of(number, 2)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_values_for_the_remainder_theorem_are_openssls),
		cmocka_unit_test(factors_in_the_other_order_give_the_same),
		cmocka_unit_test(short_values_are_filled_up_with_zeros),
		cmocka_unit_test(
			a_number_that_does_not_belong_to_the_others_is_found),
		cmocka_unit_test(a_factor_that_is_no_prime_is_found),
		cmocka_unit_test(other_exponents_are_refused),
		cmocka_unit_test(the_size_is_counted_without_leading_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
