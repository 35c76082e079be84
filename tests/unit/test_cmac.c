/*
 * test_cmac.c: message authentication codes against published vectors.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include "core/mac.h"

/* The cipher that takes a key of LEN bytes for AES, or _COUNT. */
static enum jcop_cipher
aes_of(size_t len)
{
	enum jcop_cipher cipher = JCOP_CIPHER_AES_128;

	while (cipher < JCOP_CIPHER_COUNT &&
		jcop_cipher_key_size(cipher) != len)
		cipher++;
	return cipher;
}

/* Step by step in pieces of STEP bytes: the result does not depend on it. */
static void
compute(struct jcop_mac *mac, struct jcop_bytes message, size_t step,
	uint8_t *out)
{
	size_t i;

	assert_ok(jcop_mac_start(mac));
	for (i = 0; i < message.len; i += step)
		assert_ok(jcop_mac_update(
			mac, jcop_bytes_of(message.data + i,
				     message.len - i < step ? message.len - i
							    : step)));
	assert_ok(jcop_mac_finish_full(mac, out));
}

static void
nist_examples_are_reproduced(void **state)
{
	json_t *root = load_vectors("nist-sp800-38b.json"), *example;
	size_t i, n = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "examples"), i, example)
	{
		struct jcop_blob key = hex_of(example, "key"),
				 message = hex_of(example, "message"),
				 expected = hex_of(example, "mac");
		struct jcop_mac mac;
		uint8_t out[JCOP_MAC_FULL_SIZE];
		size_t step;

		assert_ok(jcop_mac_init(&mac,
			(enum jcop_cipher)number_of(example, "cipher"),
			jcop_blob_view(&key)));
		for (step = 1; step <= 64; step += 21) {
			compute(&mac, jcop_blob_view(&message), step, out);
			assert_memory_equal(out, expected.data, sizeof(out));
		}
		jcop_mac_clear(&mac);
		jcop_blob_free(&key);
		jcop_blob_free(&message);
		jcop_blob_free(&expected);
		n++;
	}
	assert_int_equal(n, 12);
	json_decref(root);
}

struct wycheproof_count {
	size_t valid, invalid;
};

static void
check_tag(struct jcop_mac *mac, struct jcop_bytes message,
	struct jcop_bytes tag, bool valid)
{
	uint8_t out[JCOP_MAC_FULL_SIZE];

	compute(mac, message, 64, out);
	assert_int_equal(jcop_bytes_equal(JCOP_BYTES(out), tag), valid);
	if (!valid)
		return;
	/* the truncated form that the protocols use */
	assert_ok(jcop_mac_start(mac));
	assert_ok(jcop_mac_update(mac, message));
	assert_ok(jcop_mac_verify(mac, jcop_bytes_of(tag.data, JCOP_MAC_SIZE)));
}

static void
check_wycheproof_case(const json_t *test, struct wycheproof_count *count)
{
	struct jcop_blob key = hex_of(test, "key"),
			 message = hex_of(test, "msg"),
			 tag = hex_of(test, "tag");
	bool valid = strcmp(text_of(test, "result"), "valid") == 0;
	struct jcop_mac mac;

	if (aes_of(key.len) == JCOP_CIPHER_COUNT) {
		assert_false(valid);
		assert_int_equal(jcop_mac_init(&mac, JCOP_CIPHER_AES_128,
					 jcop_blob_view(&key)),
			JCOP_ERR_ARGUMENT);
	} else {
		assert_ok(jcop_mac_init(
			&mac, aes_of(key.len), jcop_blob_view(&key)));
		check_tag(&mac, jcop_blob_view(&message), jcop_blob_view(&tag),
			valid);
	}
	jcop_mac_clear(&mac);
	valid ? count->valid++ : count->invalid++;
	jcop_blob_free(&key);
	jcop_blob_free(&message);
	jcop_blob_free(&tag);
}

static void
wycheproof_cmac_vectors_are_judged_right(void **state)
{
	json_t *root = load_vectors("wycheproof/aes_cmac_test.json");
	struct wycheproof_count count = {0, 0};
	json_t *group, *test;
	size_t i, j;

	(void)state;
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), j, test)
			check_wycheproof_case(test, &count);
	}
	assert_int_equal(count.valid, 63);
	assert_int_equal(count.invalid, 248);
	json_decref(root);
}

static void
verify_refuses_any_other_length_and_any_other_bit(void **state)
{
	struct jcop_blob key = hex("2b7e151628aed2a6abf7158809cf4f3c"),
			 tag = hex("bb1d6929e95937287fa37d129b756746");
	struct jcop_mac mac;
	size_t len, bit;

	(void)state;
	assert_ok(
		jcop_mac_init(&mac, JCOP_CIPHER_AES_128, jcop_blob_view(&key)));
	for (len = 0; len <= tag.len; len++) {
		assert_ok(jcop_mac_start(&mac));
		assert_int_equal(
			jcop_mac_verify(&mac, jcop_bytes_of(tag.data, len)),
			len == JCOP_MAC_SIZE ? JCOP_OK : JCOP_ERR_CHANNEL);
	}
	for (bit = 0; bit < 8 * JCOP_MAC_SIZE; bit++) {
		tag.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_ok(jcop_mac_start(&mac));
		assert_int_equal(jcop_mac_verify(&mac, jcop_bytes_of(tag.data,
							       JCOP_MAC_SIZE)),
			JCOP_ERR_CHANNEL);
		tag.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	jcop_mac_clear(&mac);
	jcop_blob_free(&key);
	jcop_blob_free(&tag);
}

/* ICAO Doc 9303 part 11, appendix D.4.2: K and the padded input N of the
 * first command. */
static void
the_retail_mac_of_the_icao_example_is_reproduced(void **state)
{
	struct jcop_blob key = hex("F1CB1F1FB5ADF208806B89DC579DC1F8"),
			 n = hex("887022120C06C2270CA4020C80000000"
				 "8709016375432908C044F6");
	struct jcop_mac mac;
	uint8_t out[JCOP_MAC_SIZE];
	size_t i;

	(void)state;
	assert_ok(jcop_mac_init(&mac, JCOP_CIPHER_3DES, jcop_blob_view(&key)));
	assert_ok(jcop_mac_start(&mac));
	for (i = 0; i < n.len; i++)
		assert_ok(jcop_mac_update(&mac, jcop_bytes_of(n.data + i, 1)));
	assert_ok(jcop_mac_pad(&mac));
	assert_ok(jcop_mac_finish(&mac, out));
	assert_hex(JCOP_BYTES(out), "BF8B92D635FF24F8");
	assert_int_equal(jcop_mac_finish_full(&mac, out), JCOP_ERR_ARGUMENT);
	jcop_mac_clear(&mac);
	jcop_blob_free(&key);
	jcop_blob_free(&n);
}

static void
a_retail_mac_over_parts_of_a_block_is_refused(void **state)
{
	struct jcop_blob key = hex("F1CB1F1FB5ADF208806B89DC579DC1F8");
	struct jcop_mac mac;
	uint8_t out[JCOP_MAC_SIZE];

	(void)state;
	assert_ok(jcop_mac_init(&mac, JCOP_CIPHER_3DES, jcop_blob_view(&key)));
	assert_ok(jcop_mac_start(&mac));
	assert_int_equal(jcop_mac_finish(&mac, out), JCOP_ERR_ARGUMENT);
	assert_ok(jcop_mac_start(&mac));
	assert_ok(jcop_mac_update(&mac, jcop_bytes_of("123456789", 9)));
	assert_int_equal(jcop_mac_finish(&mac, out), JCOP_ERR_ARGUMENT);
	jcop_mac_clear(&mac);
	jcop_blob_free(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_examples_are_reproduced),
		cmocka_unit_test(wycheproof_cmac_vectors_are_judged_right),
		cmocka_unit_test(
			verify_refuses_any_other_length_and_any_other_bit),
		cmocka_unit_test(
			the_retail_mac_of_the_icao_example_is_reproduced),
		cmocka_unit_test(a_retail_mac_over_parts_of_a_block_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
