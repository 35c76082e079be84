/*
 * test_vcard_keys.c: keys of the virtual card: generate, import, delete, sign,
 * decipher.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "vcard-terminal.h"

#define PKI "00 A4 04 00 0A E828BD080F014E585030 00"

/* DigestInfo of SHA-256 (RFC 8017 9.2 note 1) */
#define DIGEST_INFO "3031300D060960864801650304020105000420"

static int
activated_card(void **state)
{
	*state = terminal_new(NULL);
	terminal_activate(*state);
	return 0;
}

/* An activated card with a known 2048-bit key in slot 16. */
static int
card_with_key(void **state)
{
	struct terminal *t = terminal_new(NULL);

	*state = t;
	terminal_activate(t);
	terminal_admin(t);
	assert_int_equal(import_known(t, 0x16, 2048), 0x9000);
	terminal_reset(t);
	assert_int_equal(tx(t, PKI), 0x9000);
	return 0;
}

static int
end(void **state)
{
	terminal_free(*state);
	return 0;
}

static EVP_PKEY *
public_key(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *bn = BN_bin2bn(n, (int)n_len, NULL);
	BIGNUM *be = BN_bin2bn(e, (int)e_len, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn));
	assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be));
	params = OSSL_PARAM_BLD_to_param(build);
	assert_true(EVP_PKEY_fromdata_init(ctx) > 0);
	assert_true(
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) > 0);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(bn);
	BN_free(be);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
known_public(unsigned int bits)
{
	uint8_t n[512], e[4];
	size_t n_len = known_rsa(bits, 'n', n, sizeof n);

	return public_key(n, n_len, e, known_rsa(bits, 'e', e, sizeof e));
}

static bool
verifies(EVP_PKEY *key, int padding, const EVP_MD *md, const uint8_t *hash,
	size_t hash_len, const struct terminal *t)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good = EVP_PKEY_verify_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, padding) > 0 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, md) > 0;

	if (good && padding == RSA_PKCS1_PSS_PADDING)
		good = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)hash_len) > 0;
	good = good &&
	       EVP_PKEY_verify(ctx, t->data, t->len, hash, hash_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static void
hash_hex(size_t len, uint8_t *hash, char *hex)
{
	size_t i;

	for (i = 0; i < len; i++) {
		hash[i] = (uint8_t)(i + 1);
		snprintf(hex + 2 * i, 3, "%02X", hash[i]);
	}
}

static uint16_t
sign_digest_info(struct terminal *t, uint8_t *hash)
{
	char hex[80], command[200];

	hash_hex(32, hash, hex);
	snprintf(command, sizeof command, "00 2A 9E 9A 33 " DIGEST_INFO "%s 00",
		hex);
	return tx(t, command);
}

static void
a_signature_pads_the_digest_info(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(2048);
	uint8_t hash[32];

	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x6982);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x9000);
	assert_string_equal(t->trace.name, "sign");
	assert_int_equal(t->len, 256);
	assert_true(verifies(
		key, RSA_PKCS1_PADDING, EVP_sha256(), hash, sizeof hash, t));
	/* the global PIN stays, the choice too */
	assert_int_equal(sign_digest_info(t, hash), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x9000);
	EVP_PKEY_free(key);
}

static void
pss_salts_with_the_length_of_the_hash(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(2048);
	const EVP_MD *mds[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
	uint8_t hash[64];
	char hex[140], command[200];
	size_t i, len;

	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	for (i = 0; i < 3; i++) {
		len = 32 + 16 * i;
		hash_hex(len, hash, hex);
		snprintf(command, sizeof command,
			"00 22 41 B6 06 8001%02X 840196",
			(unsigned int)(5 + i));
		assert_int_equal(tx(t, command), 0x9000);
		snprintf(command, sizeof command, "00 2A 9E 9A %02X %s 00",
			(unsigned int)len, hex);
		assert_int_equal(tx(t, command), 0x9000);
		assert_true(verifies(
			key, RSA_PKCS1_PSS_PADDING, mds[i], hash, len, t));
		assert_int_equal(tx(t, "00 2A 9E 9A 02 0102 00"), 0x6A80);
	}
	EVP_PKEY_free(key);
}

static void
choosing_a_key_checks_slot_and_algorithm(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 2A 9E 9A 02 0102 00"), 0x6985);
	assert_int_equal(tx(t, "00 22 41 B6 06 840191 800102"), 0x6A88);
	assert_int_equal(tx(t, "00 22 41 B6 06 840116 800102"), 0x6A88);
	assert_int_equal(tx(t, "00 22 41 B6 06 8401B0 800102"), 0x6A88);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 8001FF"), 0x6A80);
	assert_int_equal(tx(t, "00 22 41 B6 03 840196"), 0x6A80);
	assert_int_equal(tx(t, "00 22 41 B6 06 830196 800102"), 0x6A80);
	assert_int_equal(tx(t, "00 22 81 B6 04 91020216"), 0x6A86);
	assert_int_equal(tx(t, "00 22 41 B8 06 840196 800102"), 0x6A80);
	assert_int_equal(tx(t, "00 A4 00 0C 02 AD01"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x6A88);
}

static void
leaving_pki_forgets_the_chosen_key(void **state)
{
	struct terminal *t = *state;
	uint8_t hash[32];

	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x9000);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 AD01"), 0x9000);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x6985);
}

static size_t
encrypt(EVP_PKEY *key, int padding, const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t out_len = 512;

	assert_true(EVP_PKEY_encrypt_init(ctx) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, padding) > 0);
	assert_true(EVP_PKEY_encrypt(ctx, out, &out_len, in, len) > 0);
	EVP_PKEY_CTX_free(ctx);
	return out_len;
}

/* 81 cryptogram, extended */
static uint16_t
decipher(struct terminal *t, uint8_t prefix, const uint8_t *in, size_t len)
{
	uint8_t command[600] = {0x00, 0x2A, 0x80, 0x86, 0x00,
		(uint8_t)((len + 1) >> 8), (uint8_t)(len + 1), prefix};

	memcpy(command + 8, in, len);
	command[8 + len] = command[9 + len] = 0;
	return tx_bytes(t, command, 10 + len);
}

static void
pkcs1_cryptograms_are_opened(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(2048);
	uint8_t secret[512];
	size_t len = encrypt(key, RSA_PKCS1_PADDING,
		(const uint8_t *)"open sesame", 11, secret);

	assert_int_equal(tx(t, "00 22 41 B8 06 840196 80011A"), 0x9000);
	assert_int_equal(decipher(t, 0x81, secret, len), 0x6982);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(decipher(t, 0x81, secret, len), 0x9000);
	assert_string_equal(t->trace.name, "decipher");
	assert_int_equal(t->len, 11);
	assert_memory_equal(t->data, "open sesame", 11);
	assert_int_equal(decipher(t, 0x00, secret, len), 0x6A80);
	assert_int_equal(decipher(t, 0x81, secret, len - 1), 0x6A80);
	secret[5] ^= 1; /* no padding comes out of that */
	assert_int_equal(decipher(t, 0x81, secret, len), 0x6A80);
	memset(secret, 0xFF, len); /* over the modulus */
	assert_int_equal(decipher(t, 0x81, secret, len), 0x6A80);
	EVP_PKEY_free(key);
}

static void
raw_cryptograms_give_the_whole_block(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(2048);
	uint8_t block[256] = {0, 1, 2, 3}, secret[512];

	block[255] = 9;
	encrypt(key, RSA_NO_PADDING, block, sizeof block, secret);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B8 06 840196 80010A"), 0x9000);
	assert_int_equal(decipher(t, 0x81, secret, sizeof block), 0x9000);
	assert_int_equal(t->len, sizeof block);
	assert_memory_equal(t->data, block, sizeof block);
	EVP_PKEY_free(key);
}

static void
chained_short_cryptograms_are_opened_too(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(2048);
	uint8_t secret[512];
	uint8_t first[5 + 200] = {0x10, 0x2A, 0x80, 0x86, 200, 0x81};
	uint8_t last[6 + 57] = {0x00, 0x2A, 0x80, 0x86, 57};

	encrypt(key, RSA_PKCS1_PADDING, (const uint8_t *)"x", 1, secret);
	memcpy(first + 6, secret, 199);
	memcpy(last + 5, secret + 199, 57);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B8 06 840196 80011A"), 0x9000);
	assert_int_equal(tx_bytes(t, first, sizeof first), 0x9000);
	assert_int_equal(tx_bytes(t, last, sizeof last), 0x9000);
	assert_true(answers(t, "78"));
	EVP_PKEY_free(key);
}

static void
imported_3072_bit_keys_sign(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(3072);
	uint8_t hash[32];

	terminal_admin(t);
	assert_int_equal(import_known(t, 0x11, 3072), 0x9000);
	assert_string_equal(t->trace.name, "import");
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840191 800102"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash) >> 8, 0x61);
	assert_int_equal(t->len, 256);
	assert_int_equal(tx(t, "00 22 41 B6 06 840191 800102"), 0x9000);
	{
		char hex[80], command[200];

		hash_hex(32, hash, hex);
		snprintf(command, sizeof command,
			"00 2A 9E 9A 33 " DIGEST_INFO "%s 00", hex);
		assert_int_equal(tx_all(t, command), 0x9000);
	}
	assert_int_equal(t->len, 384);
	assert_true(verifies(
		key, RSA_PKCS1_PADDING, EVP_sha256(), hash, sizeof hash, t));
	EVP_PKEY_free(key);
}

static void
import_needs_admin_and_a_container_that_takes_it(void **state)
{
	struct terminal *t = *state;
	uint8_t p[256];
	size_t len = known_rsa(3072, 'p', p, sizeof p);

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(put_component(t, 0x11, 0x92, p, len), 0x6982);
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x9000);
	assert_int_equal(put_component(t, 0x21, 0x92, p, len), 0x6982);
	assert_int_equal(put_component(t, 0x31, 0x92, p, len), 0x6A88);
	assert_int_equal(put_component(t, 0x11, 0x97, p, len), 0x6A80);
	assert_int_equal(put_component(t, 0x11, 0x92, p, len), 0x9000);
	/* keys live in PKI */
	assert_int_equal(sm(t, "0CA4000C", "AD01", -1), 0x9000);
	assert_int_equal(put_component(t, 0x11, 0x93, p, len), 0x6A88);
}

static void
an_import_that_does_not_fit_together_changes_nothing(void **state)
{
	static const char order[] = "eynxqip";
	static const uint8_t tags[] = {
		0x82, 0x96, 0x81, 0x95, 0x93, 0x94, 0x92};
	struct terminal *t = *state;
	uint8_t value[512], hash[32];
	EVP_PKEY *key = known_public(2048);
	size_t i, bad, len;

	terminal_admin(t);
	/* each component altered in turn, in another order; e is 3 or 65537
	 * and refused at once */
	for (bad = 1; bad < 7; bad++)
		for (i = 0; i < 7; i++) {
			len = known_rsa(2048, order[i], value, sizeof value);
			if (i == bad)
				value[len / 2] ^= 0x10;
			assert_int_equal(
				put_component(t, 0x16, tags[i], value, len),
				i < 6 ? 0x9000 : 0x6A80);
		}
	assert_int_equal(
		put_component(t, 0x16, 0x82, (const uint8_t *)"\x05", 1),
		0x6A80);
	/* a good key of another size */
	for (i = 0; i < 7; i++) {
		len = known_rsa(3072, order[i], value, sizeof value);
		assert_int_equal(put_component(t, 0x16, tags[i], value, len),
			i < 6 ? 0x9000 : 0x6A80);
	}
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x9000);
	assert_true(verifies(
		key, RSA_PKCS1_PADDING, EVP_sha256(), hash, sizeof hash, t));
	EVP_PKEY_free(key);
}

static void
components_for_another_slot_start_anew(void **state)
{
	struct terminal *t = *state;
	uint8_t value[512];
	size_t len = known_rsa(2048, 'p', value, sizeof value);

	terminal_admin(t);
	assert_int_equal(put_component(t, 0x16, 0x92, value, len), 0x9000);
	assert_int_equal(put_component(t, 0x11, 0x92, value, len), 0x9000);
	len = known_rsa(2048, 'e', value, sizeof value);
	assert_int_equal(put_component(t, 0x16, 0x82, value, len), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x6A88);
}

static void
generation_answers_the_public_key_of_a_real_pair(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key;
	uint8_t hash[32];

	terminal_admin(t);
	assert_int_equal(
		sm(t, "0CDB3FFF", "700ABFA0 16067F49 0382 0103", -1), 0x9000);
	assert_string_equal(t->trace.name, "public-exponent");
	assert_int_equal(sm(t, "0C470000", "7003BF9016", 0), 0x9000);
	assert_int_equal(t->len, 5 + 4 + 256 + 3);
	assert_memory_equal(t->data, "\x7F\x49\x82\x01\x07\x81\x82\x01\x00", 9);
	assert_memory_equal(t->data + 9 + 256, "\x82\x01\x03", 3);
	key = public_key(t->data + 9, 256, t->data + 267, 1);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x9000);
	assert_true(verifies(
		key, RSA_PKCS1_PADDING, EVP_sha256(), hash, sizeof hash, t));
	EVP_PKEY_free(key);
}

static void
generation_defaults_to_65537_and_needs_admin(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0C470000", "7003BF9021", 0), 0x6982);
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x9000);
	assert_int_equal(sm(t, "0C470000", "7003BF9031", 0), 0x6A88);
	assert_int_equal(sm(t, "0C470000", "7003BFA021", 0), 0x6A80);
	assert_int_equal(sm(t, "0C478000", "B603840121", 0), 0x6A86);
	assert_int_equal(sm(t, "0C470000", "7003BF9021", 0), 0x9000);
	assert_int_equal(t->len, 5 + 4 + 384 + 5);
	assert_memory_equal(t->data + 9 + 384, "\x82\x03\x01\x00\x01", 5);
}

static void
the_signature_pin_is_consumed_by_a_signature(void **state)
{
	struct terminal *t = *state;
	uint8_t hash[32];

	terminal_admin(t);
	assert_int_equal(sm(t, "0C470000", "7003BF9022", 0), 0x9000);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 8401A2 800102"), 0x9000);
	/* the global PIN does not open it */
	assert_int_equal(sign_digest_info(t, hash), 0x6982);
	assert_int_equal(verify(t, 0x82, "567890"), 0x9000);
	/* a refused one consumes nothing */
	assert_int_equal(tx(t, "00 2A 9E 9A"), 0x6700);
	assert_int_equal(tx(t, "00 20 00 82"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash) >> 8, 0x61);
	assert_int_equal(tx(t, "00 20 00 82"), 0x63C3);
	assert_int_equal(sign_digest_info(t, hash), 0x6982);
	/* and a sign key deciphers nothing */
	assert_int_equal(tx(t, "00 22 41 B8 06 8401A2 80011A"), 0x6985);
	assert_int_equal(tx(t, "00 2A 80 86 02 8100 00"), 0x6985);
}

static void
deletion_empties_the_slot_and_may_be_repeated(void **state)
{
	struct terminal *t = *state;

	terminal_admin(t);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x9000);
	terminal_admin(t);
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF901600", -1), 0x9000);
	assert_string_equal(t->trace.name, "delete");
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF901600", -1), 0x9000);
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF903100", -1), 0x6A88);
	assert_int_equal(sm(t, "0CDB3FFF", "7004BFA01600", -1), 0x6A80);
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF9016", -1), 0x6A80);
	assert_int_equal(sm(t, "0CDB3FFE", "7004BF901600", -1), 0x6A86);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x6A88);
}

static void
keys_survive_closing(void **state)
{
	struct terminal *t = *state;
	EVP_PKEY *key = known_public(2048);
	uint8_t hash[32];

	terminal_reopen(t);
	terminal_reset(t);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x9000);
	assert_int_equal(sign_digest_info(t, hash), 0x9000);
	assert_true(verifies(
		key, RSA_PKCS1_PADDING, EVP_sha256(), hash, sizeof hash, t));
	EVP_PKEY_free(key);
}

#define ACTIVATED(test) \
	cmocka_unit_test_setup_teardown(test, activated_card, end)
#define KEY(test) cmocka_unit_test_setup_teardown(test, card_with_key, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEY(a_signature_pads_the_digest_info),
		KEY(pss_salts_with_the_length_of_the_hash),
		KEY(choosing_a_key_checks_slot_and_algorithm),
		KEY(leaving_pki_forgets_the_chosen_key),
		KEY(pkcs1_cryptograms_are_opened),
		KEY(raw_cryptograms_give_the_whole_block),
		KEY(chained_short_cryptograms_are_opened_too),
		ACTIVATED(imported_3072_bit_keys_sign),
		ACTIVATED(import_needs_admin_and_a_container_that_takes_it),
		KEY(an_import_that_does_not_fit_together_changes_nothing),
		ACTIVATED(components_for_another_slot_start_anew),
		ACTIVATED(generation_answers_the_public_key_of_a_real_pair),
		ACTIVATED(generation_defaults_to_65537_and_needs_admin),
		ACTIVATED(the_signature_pin_is_consumed_by_a_signature),
		KEY(deletion_empties_the_slot_and_may_be_repeated),
		KEY(keys_survive_closing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
