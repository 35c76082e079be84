/*
 * test_role_auth.c: the cryptogram of a role authentication.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <openssl/evp.h>

#include "core/mac.h"
#include "core/role-auth.h"

/* Keys and message of NIST SP 800-38B D.1 and 800-38A F.2.1, so that the
 * parts can be checked by hand; here in software instead of in a token. */
#define KEY "2b7e151628aed2a6abf7158809cf4f3c"

struct software {
	enum jcop_cipher cipher;
	const char *cbc;
	struct jcop_blob key;
	int failure; /* what the next call returns, if not JCOP_OK */
	struct jcop_blob last_input;
};

static int
software_encrypt(void *context, const uint8_t *in, size_t len, uint8_t *out)
{
	static const uint8_t iv[16];
	struct software *s = context;
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, s->cbc, NULL);
	EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
	int done = 0;

	assert_ok(jcop_blob_set(&s->last_input, in, len));
	assert_int_equal(
		EVP_EncryptInit_ex2(run, cipher, s->key.data, iv, NULL), 1);
	EVP_CIPHER_CTX_set_padding(run, 0);
	assert_int_equal(EVP_EncryptUpdate(run, out, &done, in, (int)len), 1);
	assert_int_equal(done, len);
	EVP_CIPHER_CTX_free(run);
	EVP_CIPHER_free(cipher);
	return s->failure;
}

static int
software_mac(void *context, const uint8_t *in, size_t len, uint8_t *out)
{
	struct software *s = context;
	struct jcop_mac mac;

	assert_ok(jcop_mac_init(&mac, s->cipher, jcop_blob_view(&s->key)));
	assert_ok(jcop_mac_start(&mac));
	assert_ok(jcop_mac_update(&mac, jcop_bytes_of(in, len)));
	if (s->cipher == JCOP_CIPHER_3DES)
		assert_ok(jcop_mac_finish(&mac, out));
	else
		assert_ok(jcop_mac_finish_full(&mac, out));
	jcop_mac_clear(&mac);
	return s->failure;
}

static int
setup(void **state)
{
	struct software *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->cipher = JCOP_CIPHER_AES_128;
	s->cbc = "AES-128-CBC";
	s->key = hex(KEY);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct software *s = *state;

	jcop_blob_free(&s->key);
	jcop_blob_free(&s->last_input);
	free(s);
	return 0;
}

/* SN.ICC and challenge together are the first block of SP 800-38A F.2.1 with
 * the IV of zero: E is then AES-ECB of F.1.1. Its CMAC was computed with
 * openssl mac -cipher AES-128-CBC -macopt hexkey:KEY CMAC. */
static void
ias_aes_is_the_cbc_block_and_half_its_cmac(void **state)
{
	const struct jcop_role_primitives primitives = {
		software_encrypt, software_mac, NULL, *state};
	struct jcop_blob challenge = hex("6bc1bee22e409f96"),
			 iccsn = hex("8025E93D7E117393172A"),
			 cryptogram = JCOP_BLOB_INIT;
	uint8_t sn[JCOP_ROLE_SN_SIZE];

	assert_ok(jcop_role_sn_icc(jcop_blob_view(&iccsn), sn));
	assert_hex(JCOP_BYTES(sn), "E93D7E117393172A");
	assert_ok(jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_IAS_AES,
		jcop_blob_view(&challenge), sn, &primitives, &cryptogram));
	assert_hex(jcop_blob_view(&cryptogram),
		"3ad77bb40d7a3660a89ecaf32466ef97"
		"0DA5767ECE0F7090");
	jcop_blob_free(&challenge);
	jcop_blob_free(&iccsn);
	jcop_blob_free(&cryptogram);
}

/* SP 800-38B D.1, example 2 */
static void
aes_cmac_is_the_cmac_of_the_challenge(void **state)
{
	const struct jcop_role_primitives primitives = {
		NULL, software_mac, NULL, *state};
	static const uint8_t sn[JCOP_ROLE_SN_SIZE];
	struct jcop_blob challenge = hex("6bc1bee22e409f96e93d7e117393172a"),
			 cryptogram = JCOP_BLOB_INIT;

	assert_ok(jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_AES_CMAC,
		jcop_blob_view(&challenge), sn, &primitives, &cryptogram));
	assert_hex(jcop_blob_view(&cryptogram),
		"070a16b46b4d4144f79bdd9dd04a287c");
	jcop_blob_free(&challenge);
	jcop_blob_free(&cryptogram);
}

/* The parts as openssl enc -des-ede-cbc and a second computation of the MAC
 * give them. */
static void
ias_3des_has_a_retail_mac_and_needs_one(void **state)
{
	struct software *s = *state;
	struct jcop_role_primitives primitives = {
		software_encrypt, NULL, software_mac, s};
	static const uint8_t sn[JCOP_ROLE_SN_SIZE] = {
		0xE9, 0x3D, 0x7E, 0x11, 0x73, 0x93, 0x17, 0x2A};
	struct jcop_blob challenge = hex("6bc1bee22e409f96"),
			 cryptogram = JCOP_BLOB_INIT;

	s->cipher = JCOP_CIPHER_3DES;
	s->cbc = "DES-EDE-CBC";
	assert_ok(jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_IAS_3DES,
		jcop_blob_view(&challenge), sn, &primitives, &cryptogram));
	assert_hex(jcop_blob_view(&cryptogram),
		"DF8F88432FEA610C928B8E63A1CD72B3"
		"EBF7E690AD906199");
	primitives.retail_mac = NULL;
	assert_int_equal(jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_IAS_3DES,
				 jcop_blob_view(&challenge), sn, &primitives,
				 &cryptogram),
		JCOP_ERR_UNSUPPORTED);
	assert_int_equal(cryptogram.len, 0);
	jcop_blob_free(&challenge);
	jcop_blob_free(&cryptogram);
}

static void
a_failing_token_leaves_no_cryptogram(void **state)
{
	struct software *s = *state;
	const struct jcop_role_primitives primitives = {
		software_encrypt, software_mac, NULL, s};
	static const uint8_t sn[JCOP_ROLE_SN_SIZE];
	static const uint8_t challenge[JCOP_ROLE_CHALLENGE_MAX] = {1};
	struct jcop_blob cryptogram = JCOP_BLOB_INIT;

	s->failure = JCOP_ERR_CRYPTO;
	assert_int_equal(jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_IAS_AES,
				 jcop_bytes_of(challenge, 8), sn, &primitives,
				 &cryptogram),
		JCOP_ERR_CRYPTO);
	assert_int_equal(cryptogram.len, 0);
	assert_int_equal(
		jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_AES_CMAC,
			JCOP_BYTES(challenge), sn, &primitives, &cryptogram),
		JCOP_ERR_CRYPTO);
	assert_int_equal(cryptogram.len, 0);
	assert_int_equal(
		jcop_role_cryptogram(JCOP_ROLE_ALGORITHM_IAS_AES,
			JCOP_BYTES(challenge), sn, &primitives, &cryptogram),
		JCOP_ERR_ARGUMENT);
	jcop_blob_free(&cryptogram);
}

static void
assert_sn(const char *iccsn, const char *expected)
{
	struct jcop_blob number = hex(iccsn);
	uint8_t sn[JCOP_ROLE_SN_SIZE];

	assert_ok(jcop_role_sn_icc(jcop_blob_view(&number), sn));
	assert_hex(JCOP_BYTES(sn), expected);
	jcop_blob_free(&number);
}

static void
sn_icc_is_the_tail_of_the_iccsn_padded_on_the_left(void **state)
{
	uint8_t sn[JCOP_ROLE_SN_SIZE];

	(void)state;
	assert_sn("80250000012345678901", "0000012345678901");
	assert_sn("0102030405060708", "0102030405060708");
	assert_sn("01020304050607", "0001020304050607");
	assert_sn("AA", "00000000000000AA");
	assert_int_equal(jcop_role_sn_icc(jcop_bytes_of(NULL, 0), sn),
		JCOP_ERR_ARGUMENT);
}

static int
check_challenge(
	const char *digits, enum jcop_role_algorithm a, struct jcop_blob *last)
{
	struct jcop_blob challenge = hex(digits);
	int r = jcop_role_check_challenge(a, jcop_blob_view(&challenge), last);

	jcop_blob_free(&challenge);
	return r;
}

static void
short_zero_and_repeated_challenges_are_refused(void **state)
{
	struct jcop_blob last = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(check_challenge(
		"0102030405060708", JCOP_ROLE_ALGORITHM_IAS_AES, &last));
	assert_hex(jcop_blob_view(&last), "0102030405060708");
	assert_int_equal(check_challenge("0102030405060708",
				 JCOP_ROLE_ALGORITHM_IAS_AES, &last),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(check_challenge("0000000000000000",
				 JCOP_ROLE_ALGORITHM_IAS_AES, &last),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(check_challenge("01020304050607",
				 JCOP_ROLE_ALGORITHM_IAS_AES, &last),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(check_challenge("010203040506070809",
				 JCOP_ROLE_ALGORITHM_IAS_3DES, &last),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(
		check_challenge("", JCOP_ROLE_ALGORITHM_IAS_AES, &last),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(check_challenge("0102030405060708",
				 JCOP_ROLE_ALGORITHM_AES_CMAC, &last),
		JCOP_ERR_UNTRUSTED);
	assert_ok(check_challenge("00000000000000000000000000000001",
		JCOP_ROLE_ALGORITHM_AES_CMAC, &last));
	assert_ok(check_challenge(
		"0102030405060708", JCOP_ROLE_ALGORITHM_IAS_AES, &last));
	jcop_blob_free(&last);
}

int
main(void)
{
#define WITH_KEYS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_KEYS(ias_aes_is_the_cbc_block_and_half_its_cmac),
		WITH_KEYS(aes_cmac_is_the_cmac_of_the_challenge),
		WITH_KEYS(ias_3des_has_a_retail_mac_and_needs_one),
		WITH_KEYS(a_failing_token_leaves_no_cryptogram),
		cmocka_unit_test(
			sn_icc_is_the_tail_of_the_iccsn_padded_on_the_left),
		cmocka_unit_test(
			short_zero_and_repeated_challenges_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
