/*
 * test_chip_auth.c: chip authentication against published examples.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/chip-auth.h"
#include "core/role-auth.h"
#include "description/description.h"

/* src/core does not know the description, but shares its numbers. */
_Static_assert((int)JCOP_DOMAIN_P256 == (int)JCOP_CURVE_P256 &&
		       (int)JCOP_DOMAIN_BP256 == (int)JCOP_CURVE_BP256 &&
		       (int)JCOP_DOMAIN_P384 == (int)JCOP_CURVE_P384 &&
		       (int)JCOP_DOMAIN_BP384 == (int)JCOP_CURVE_BP384 &&
		       (int)JCOP_DOMAIN_BP512 == (int)JCOP_CURVE_BP512 &&
		       (int)JCOP_DOMAIN_P521 == (int)JCOP_CURVE_P521,
	"curves");
_Static_assert((int)JCOP_CIPHER_3DES == (int)JCOP_CA_3DES_CBC_CBC &&
		       (int)JCOP_CIPHER_AES_128 == (int)JCOP_CA_AES_128 &&
		       (int)JCOP_CIPHER_AES_192 == (int)JCOP_CA_AES_192 &&
		       (int)JCOP_CIPHER_AES_256 == (int)JCOP_CA_AES_256 &&
		       (int)JCOP_CIPHER_COUNT == (int)JCOP_CA_CIPHER_COUNT,
	"ciphers");
_Static_assert(
	JCOP_DOMAIN_BIT(JCOP_DOMAIN_P384) == JCOP_CURVE_BIT(JCOP_CURVE_P384),
	"bits");
_Static_assert(
	(int)JCOP_ROLE_ALGORITHM_IAS_AES == (int)JCOP_ROLE_IAS_AES &&
		(int)JCOP_ROLE_ALGORITHM_IAS_3DES == (int)JCOP_ROLE_IAS_3DES &&
		(int)JCOP_ROLE_ALGORITHM_AES_CMAC == (int)JCOP_ROLE_AES_CMAC &&
		(int)JCOP_ROLE_ALGORITHM_COUNT == (int)JCOP_ROLE_COUNT,
	"roles");

/* The BSI's worked example. */
struct example {
	struct jcop_ca_info info;
	struct jcop_ca_public_key chip;
	struct jcop_blob private_key, point, nonce, token, shared, kenc, kmac;
	EVP_PKEY *ephemeral;
};

static int
setup(void **state)
{
	json_t *root = load_vectors("bsi-chip-authentication.json");
	struct jcop_blob oid = hex_of(root, "oid"),
			 chip = hex_of(root, "chip_public_key");
	struct example *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	memcpy(e->info.oid.value, oid.data, oid.len);
	e->info.oid.len = oid.len;
	e->info.cipher = (enum jcop_cipher)number_of(root, "cipher");
	e->info.version = (unsigned int)number_of(root, "version");
	e->chip.domain = (enum jcop_domain)number_of(root, "domain");
	memcpy(e->chip.point, chip.data, chip.len);
	e->chip.point_len = chip.len;
	e->private_key = hex_of(root, "terminal_private_key");
	e->point = hex_of(root, "terminal_public_key");
	e->nonce = hex_of(root, "nonce");
	e->token = hex_of(root, "token");
	e->shared = hex_of(root, "shared_secret");
	e->kenc = hex_of(root, "kenc");
	e->kmac = hex_of(root, "kmac");
	assert_ok(jcop_ca_import_ephemeral(e->chip.domain,
		jcop_blob_view(&e->private_key), &e->ephemeral));
	jcop_blob_free(&oid);
	jcop_blob_free(&chip);
	json_decref(root);
	*state = e;
	return 0;
}

static int
teardown(void **state)
{
	struct example *e = *state;

	EVP_PKEY_free(e->ephemeral);
	jcop_blob_free(&e->private_key);
	jcop_blob_free(&e->point);
	jcop_blob_free(&e->nonce);
	jcop_blob_free(&e->token);
	jcop_blob_free(&e->shared);
	jcop_blob_free(&e->kenc);
	jcop_blob_free(&e->kmac);
	free(e);
	return 0;
}

static void
the_bsi_example_is_reproduced(void **state)
{
	struct example *e = *state;
	struct jcop_blob point = JCOP_BLOB_INIT, shared = JCOP_BLOB_INIT,
			 kenc = JCOP_BLOB_INIT, kmac = JCOP_BLOB_INIT;

	assert_ok(jcop_ca_public_point(e->ephemeral, &point));
	assert_bytes(jcop_blob_view(&point), jcop_blob_view(&e->point));
	assert_ok(jcop_ca_agree(e->ephemeral, &e->chip, &shared));
	assert_bytes(jcop_blob_view(&shared), jcop_blob_view(&e->shared));
	assert_ok(jcop_ca_derive(e->ephemeral, &e->chip,
		jcop_blob_view(&e->nonce), e->info.cipher, &kenc, &kmac));
	assert_bytes(jcop_blob_view(&kenc), jcop_blob_view(&e->kenc));
	assert_bytes(jcop_blob_view(&kmac), jcop_blob_view(&e->kmac));
	assert_ok(jcop_ca_check_token(jcop_blob_view(&e->token),
		jcop_blob_view(&kmac), &e->info, jcop_blob_view(&point)));
	jcop_blob_free(&point);
	jcop_blob_free(&shared);
	jcop_blob_free(&kenc);
	jcop_blob_free(&kmac);
}

static int
check(struct example *e)
{
	return jcop_ca_check_token(jcop_blob_view(&e->token),
		jcop_blob_view(&e->kmac), &e->info, jcop_blob_view(&e->point));
}

/* Every byte of a blob altered in turn. */
static void
assert_each_byte_matters(struct example *e, uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		bytes[i] ^= 0x10;
		assert_int_equal(check(e), JCOP_ERR_UNTRUSTED);
		bytes[i] ^= 0x10;
	}
	assert_ok(check(e));
}

static void
a_token_stands_for_key_oid_and_ephemeral_key(void **state)
{
	struct example *e = *state;

	assert_each_byte_matters(e, e->token.data, e->token.len);
	assert_each_byte_matters(e, e->kmac.data, e->kmac.len);
	assert_each_byte_matters(e, e->point.data, e->point.len);
	assert_each_byte_matters(e, e->info.oid.value, e->info.oid.len);
	jcop_blob_truncate(&e->token, 7);
	assert_int_equal(check(e), JCOP_ERR_UNTRUSTED);
	jcop_blob_truncate(&e->token, 0);
	assert_int_equal(check(e), JCOP_ERR_UNTRUSTED);
}

static void
version_1_derives_from_the_secret_alone(void **state)
{
	struct example *e = *state;
	struct jcop_blob kenc = JCOP_BLOB_INIT, kmac = JCOP_BLOB_INIT,
			 direct = JCOP_BLOB_INIT;

	assert_ok(jcop_ca_derive(e->ephemeral, &e->chip, jcop_bytes_of(NULL, 0),
		e->info.cipher, &kenc, &kmac));
	assert_false(jcop_bytes_equal(
		jcop_blob_view(&kenc), jcop_blob_view(&e->kenc)));
	assert_ok(jcop_ca_kdf(jcop_blob_view(&e->shared),
		jcop_bytes_of(NULL, 0), JCOP_KDF_ENC, e->info.cipher, &direct));
	assert_bytes(jcop_blob_view(&kenc), jcop_blob_view(&direct));
	assert_false(
		jcop_bytes_equal(jcop_blob_view(&kenc), jcop_blob_view(&kmac)));
	jcop_blob_free(&kenc);
	jcop_blob_free(&kmac);
	jcop_blob_free(&direct);
}

static void
published_key_derivations_are_reproduced(void **state)
{
	json_t *root = load_vectors("gmrtd-kdf.json"), *vector;
	size_t i, n = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "derivations"), i, vector)
	{
		struct jcop_blob secret = hex_of(vector, "secret"),
				 key = JCOP_BLOB_INIT;

		assert_ok(jcop_ca_kdf(jcop_blob_view(&secret),
			jcop_bytes_of(NULL, 0),
			(uint32_t)number_of(vector, "counter"),
			(enum jcop_cipher)number_of(vector, "cipher"), &key));
		assert_hex(jcop_blob_view(&key), text_of(vector, "key"));
		jcop_blob_free(&secret);
		jcop_blob_free(&key);
		n++;
	}
	assert_int_equal(n, 7);
	json_decref(root);
}

/* TR-03110-3 A.2.3.1: the secret and the nonce are hashed one after the other,
 * so the vectors also hold with the secret's tail as nonce. */
static void
the_nonce_is_hashed_after_the_secret(void **state)
{
	struct jcop_blob secret = hex("7E2D2A41C74EA0B38CD36F863939BFA8"
				      "E9032AAD12345678"),
			 key = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_ca_kdf(jcop_bytes_of(secret.data, 16),
		jcop_bytes_of(secret.data + 16, 8), 3, JCOP_CIPHER_AES_192,
		&key));
	assert_hex(jcop_blob_view(&key),
		"4487bb60d75e55928ab2406733d060bb600c7fa4aeeab92b");
	jcop_blob_free(&secret);
	jcop_blob_free(&key);
}

static int
parse(const char *digits, unsigned int version)
{
	struct jcop_blob answer = hex(digits);
	struct jcop_ca_answer parsed;
	int r = jcop_ca_parse_answer(jcop_blob_view(&answer), version, &parsed);

	if (r == JCOP_OK && version == 2) {
		assert_hex(parsed.nonce, "0102030405060708");
		assert_hex(parsed.token, "1112131415161718");
	} else {
		assert_int_equal(parsed.nonce.len + parsed.token.len, 0);
	}
	jcop_blob_free(&answer);
	return r;
}

#define NONCE "81080102030405060708"
#define TOKEN "82081112131415161718"

static void
answers_are_exactly_those_of_their_version(void **state)
{
	static const char *const bad[] = {"", "7C", "7C0000", "7D00", "9000",
		"7C0A" NONCE, "7C0A" TOKEN, "7C14" TOKEN NONCE,
		"7C14" NONCE NONCE, "7C1E" NONCE TOKEN NONCE,
		"7C15" NONCE TOKEN "00", "7C14" NONCE TOKEN "00",
		"7C13" NONCE "820811121314151617",
		"7C13" NONCE "8207111213141516 17", "7C028100",
		"7C12" NONCE "8206111213141516"};
	size_t i;

	(void)state;
	assert_ok(parse("7C14" NONCE TOKEN, 2));
	assert_ok(parse("7C00", 1));
	assert_int_equal(parse("7C14" NONCE TOKEN, 1), JCOP_ERR_UNSUPPORTED);
	assert_int_equal(parse("7C00", 2), JCOP_ERR_UNSUPPORTED);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i], 1), JCOP_ERR_MALFORMED);
		assert_int_equal(parse(bad[i], 2), JCOP_ERR_MALFORMED);
	}
}

static void
command_data_is_as_the_standard_says(void **state)
{
	struct example *e = *state;
	struct jcop_ca_choice choice = {
		.info = e->info, .has_key_id = true, .key_id = 1};
	struct jcop_bytes point = jcop_bytes_of("\x04\xAA\xBB", 3);
	struct jcop_blob out = JCOP_BLOB_INIT;

	assert_ok(jcop_ca_mse_data(&choice, &out));
	assert_hex(jcop_blob_view(&out), "800A04007F00070202030202 840101");
	choice.key_id = 0x0100;
	assert_ok(jcop_ca_mse_data(&choice, &out));
	assert_hex(jcop_blob_view(&out), "800A04007F00070202030202 84020100");
	choice.key_id = 0;
	assert_ok(jcop_ca_mse_data(&choice, &out));
	assert_hex(jcop_blob_view(&out), "800A04007F00070202030202 840100");
	choice.has_key_id = false;
	assert_ok(jcop_ca_mse_data(&choice, &out));
	assert_hex(jcop_blob_view(&out), "800A04007F00070202030202");
	assert_ok(jcop_ca_general_authenticate_data(point, &out));
	assert_hex(jcop_blob_view(&out), "7C05 8003 04AABB");
	choice.has_key_id = true;
	choice.key_id = 0xC3;
	assert_ok(jcop_ca_mse_kat_data(&choice, point, &out));
	assert_hex(jcop_blob_view(&out), "9103 04AABB 8401C3");
	jcop_blob_free(&out);
}

static void
a_chip_key_off_its_curve_is_never_used(void **state)
{
	struct example *e = *state;
	struct jcop_blob kenc = JCOP_BLOB_INIT, kmac = JCOP_BLOB_INIT;
	size_t i;

	assert_ok(jcop_blob_append(&kenc, "old", 3));
	for (i = 1; i < e->chip.point_len; i++) {
		e->chip.point[i] ^= 1;
		assert_int_equal(jcop_ca_derive(e->ephemeral, &e->chip,
					 jcop_bytes_of(NULL, 0),
					 JCOP_CIPHER_AES_256, &kenc, &kmac),
			JCOP_ERR_MALFORMED);
		assert_int_equal(kenc.len + kmac.len, 0);
		e->chip.point[i] ^= 1;
	}
	/* the program around us finds no error of ours in OpenSSL's list */
	assert_int_equal(ERR_peek_error(), 0);
	jcop_blob_free(&kenc);
	jcop_blob_free(&kmac);
}

static int
import(enum jcop_domain domain, const char *digits, size_t fill)
{
	struct jcop_blob point = hex(digits);
	EVP_PKEY *key;
	int r;

	assert_ok(jcop_blob_append_fill(&point, 0, fill));
	r = jcop_curve_import(domain, jcop_blob_view(&point), &key);
	assert_true((r == JCOP_OK) == (key != NULL));
	EVP_PKEY_free(key);
	jcop_blob_free(&point);
	return r;
}

static void
points_of_another_form_are_refused(void **state)
{
	(void)state;
	assert_int_equal(import(JCOP_DOMAIN_P256, "", 0), JCOP_ERR_MALFORMED);
	/* infinity, in the encoding of one byte and as zeros */
	assert_int_equal(import(JCOP_DOMAIN_P256, "00", 0), JCOP_ERR_MALFORMED);
	assert_int_equal(
		import(JCOP_DOMAIN_P256, "04", 64), JCOP_ERR_MALFORMED);
	assert_int_equal(
		import(JCOP_DOMAIN_P256, "00", 64), JCOP_ERR_MALFORMED);
	/* compressed and hybrid forms of the generator of P-256 */
	assert_int_equal(import(JCOP_DOMAIN_P256,
				 "036B17D1F2E12C4247F8BCE6E563A440F2"
				 "77037D812DEB33A0F4A13945D898C296",
				 0),
		JCOP_ERR_MALFORMED);
	assert_int_equal(import(JCOP_DOMAIN_P256,
				 "076B17D1F2E12C4247F8BCE6E563A440F2"
				 "77037D812DEB33A0F4A13945D898C296"
				 "4FE342E2FE1A7F9B8EE7EB4A7C0F9E16"
				 "2BCE33576B315ECECBB6406837BF51F5",
				 0),
		JCOP_ERR_MALFORMED);
	assert_ok(import(JCOP_DOMAIN_P256,
		"046B17D1F2E12C4247F8BCE6E563A440F2"
		"77037D812DEB33A0F4A13945D898C296"
		"4FE342E2FE1A7F9B8EE7EB4A7C0F9E16"
		"2BCE33576B315ECECBB6406837BF51F5",
		0));
	assert_int_equal(
		import(JCOP_DOMAIN_NONE, "04", 64), JCOP_ERR_UNSUPPORTED);
	assert_int_equal(
		import((enum jcop_domain)14, "04", 64), JCOP_ERR_UNSUPPORTED);
}

static void
ephemeral_keys_are_fresh_and_on_their_curve(void **state)
{
	static const enum jcop_domain domains[] = {JCOP_DOMAIN_P256,
		JCOP_DOMAIN_BP256, JCOP_DOMAIN_P384, JCOP_DOMAIN_BP384,
		JCOP_DOMAIN_BP512, JCOP_DOMAIN_P521};
	struct jcop_blob one = JCOP_BLOB_INIT, two = JCOP_BLOB_INIT;
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		assert_ok(jcop_ca_generate_ephemeral(domains[i], &key));
		assert_ok(jcop_ca_public_point(key, &one));
		EVP_PKEY_free(key);
		assert_int_equal(
			one.len, 1 + 2 * jcop_domain_field_size(domains[i]));
		assert_ok(jcop_curve_import(
			domains[i], jcop_blob_view(&one), &key));
		EVP_PKEY_free(key);
		assert_ok(jcop_ca_generate_ephemeral(domains[i], &key));
		assert_ok(jcop_ca_public_point(key, &two));
		EVP_PKEY_free(key);
		assert_false(jcop_bytes_equal(
			jcop_blob_view(&one), jcop_blob_view(&two)));
	}
	assert_int_equal(jcop_ca_generate_ephemeral(JCOP_DOMAIN_NONE, &key),
		JCOP_ERR_UNSUPPORTED);
	jcop_blob_free(&one);
	jcop_blob_free(&two);
}

/* The ephemeral key and the chip's must be on one curve. */
static void
keys_of_two_curves_do_not_agree(void **state)
{
	struct example *e = *state;
	struct jcop_blob shared = JCOP_BLOB_INIT;
	EVP_PKEY *other;

	assert_ok(jcop_ca_generate_ephemeral(JCOP_DOMAIN_P256, &other));
	assert_int_equal(
		jcop_ca_agree(other, &e->chip, &shared), JCOP_ERR_CRYPTO);
	assert_int_equal(shared.len, 0);
	EVP_PKEY_free(other);
	jcop_blob_free(&shared);
}

int
main(void)
{
#define WITH_EXAMPLE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_EXAMPLE(the_bsi_example_is_reproduced),
		WITH_EXAMPLE(a_token_stands_for_key_oid_and_ephemeral_key),
		WITH_EXAMPLE(version_1_derives_from_the_secret_alone),
		cmocka_unit_test(published_key_derivations_are_reproduced),
		cmocka_unit_test(the_nonce_is_hashed_after_the_secret),
		cmocka_unit_test(answers_are_exactly_those_of_their_version),
		WITH_EXAMPLE(command_data_is_as_the_standard_says),
		WITH_EXAMPLE(a_chip_key_off_its_curve_is_never_used),
		cmocka_unit_test(points_of_another_form_are_refused),
		cmocka_unit_test(ephemeral_keys_are_fresh_and_on_their_curve),
		WITH_EXAMPLE(keys_of_two_curves_do_not_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
