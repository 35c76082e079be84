/*
 * test_tool.c: small parts of jcop45-tool: serial numbers, near misses, exit
 * statuses, public keys, progress.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libopensc/errors.h>
#include <openssl/pem.h>

#include "core/nearest.h"
#include "tool/nearest.h"
#include "tool/public-key.h"
#include "tool/search.h"
#include "tool/tool.h"

static void
a_serial_number_is_read_in_any_grouping(void **state)
{
	static const char *const same[] = {"80250000453315037205",
		"8025 0000 4533 1503 7205", "80:25:00:00:45:33:15:03:72:05",
		"8025-0000-4533-1503-7205", " 8025.0000453315037205 ",
		"80250000453315037205F", "80250000453315037205ff"};
	char digits[TOOL_ICCSN_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_true(tool_iccsn_parse(same[i], digits));
		assert_string_equal(digits, "80250000453315037205");
	}
}

static void
what_is_no_serial_number_is_refused(void **state)
{
	static const char *const wrong[] = {"", "  ", ":", "80x5", "80/25",
		"0123456789012345678901234567890123", "8025\n"};
	char digits[TOOL_ICCSN_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(tool_iccsn_parse(wrong[i], digits));
}

static void
serial_numbers_match_as_a_whole_but_for_the_filler(void **state)
{
	(void)state;
	assert_true(tool_iccsn_matches("8025", "8025"));
	assert_true(tool_iccsn_matches("802F", "802"));
	assert_true(tool_iccsn_matches("802", "802F"));
	assert_false(tool_iccsn_matches("8025", "802"));
	assert_false(tool_iccsn_matches("8025", "80256"));
	assert_false(tool_iccsn_matches("8025", "8024"));
	assert_false(tool_iccsn_matches("F", ""));
}

static void
distances_are_those_of_levenshtein(void **state)
{
	(void)state;
	assert_int_equal(jcop_distance("", ""), 0);
	assert_int_equal(jcop_distance("", "abc"), 3);
	assert_int_equal(jcop_distance("abc", ""), 3);
	assert_int_equal(jcop_distance("kitten", "sitting"), 3);
	assert_int_equal(jcop_distance("sitting", "kitten"), 3);
	assert_int_equal(jcop_distance("flaw", "lawn"), 2);
	assert_int_equal(jcop_distance("import", "import"), 0);
	assert_int_equal(jcop_distance("PIN", "pin"), 0);
	assert_true(jcop_distance("0123456789012345678901234567890123456789"
				  "012345678901234567890123",
			    "a") == SIZE_MAX);
}

static void
a_near_miss_is_told_from_another_word(void **state)
{
	(void)state;
	assert_true(tool_is_near("activte", "activate"));
	assert_true(tool_is_near("write", "write-certificate"));
	assert_true(tool_is_near("delete", "delete-all"));
	assert_false(tool_is_near("nonsense", "activate"));
	assert_false(tool_is_near("a", "activate"));
	assert_false(tool_is_near("in", "info"));
}

static void
each_class_of_failure_has_its_exit_status(void **state)
{
	static const struct {
		int error, status;
	} cases[] = {
		{SC_SUCCESS, TOOL_OK},
		{SC_ERROR_INTERNAL, TOOL_FAILED},
		{SC_ERROR_OUT_OF_MEMORY, TOOL_FAILED},
		{SC_ERROR_SM, TOOL_FAILED},
		{SC_ERROR_UNKNOWN_DATA_RECEIVED, TOOL_FAILED},
		{-9999, TOOL_FAILED},
		{SC_ERROR_SYNTAX_ERROR, TOOL_USAGE},
		{SC_ERROR_CARD_REMOVED, TOOL_NO_CARD},
		{SC_ERROR_CARD_RESET, TOOL_NO_CARD},
		{SC_ERROR_CARD_NOT_PRESENT, TOOL_NO_CARD},
		{SC_ERROR_READER_DETACHED, TOOL_NO_CARD},
		{SC_ERROR_TRANSMIT_FAILED, TOOL_NO_CARD},
		{SC_ERROR_INVALID_CARD, TOOL_NOT_OURS},
		{SC_ERROR_INVALID_ARGUMENTS, TOOL_CONFIGURATION},
		{SC_ERROR_PIN_CODE_INCORRECT, TOOL_SECRET},
		{SC_ERROR_AUTH_METHOD_BLOCKED, TOOL_SECRET},
		{SC_ERROR_INVALID_PIN_LENGTH, TOOL_SECRET},
		{SC_ERROR_KEYPAD_TIMEOUT, TOOL_SECRET},
		{SC_ERROR_KEYPAD_CANCELLED, TOOL_SECRET},
		{SC_ERROR_KEYPAD_PIN_MISMATCH, TOOL_SECRET},
		{SC_ERROR_NOT_ALLOWED, TOOL_REFUSED},
		{SC_ERROR_NOT_SUPPORTED, TOOL_REFUSED},
		{SC_ERROR_SECURITY_STATUS_NOT_SATISFIED, TOOL_REFUSED},
		{SC_ERROR_TOO_MANY_OBJECTS, TOOL_REFUSED},
		{SC_ERROR_OBJECT_NOT_FOUND, TOOL_REFUSED},
		{SC_ERROR_FILE_ALREADY_EXISTS, TOOL_REFUSED},
		{SC_ERROR_NOT_ENOUGH_MEMORY, TOOL_REFUSED},
		{SC_ERROR_REF_DATA_NOT_USABLE, TOOL_REFUSED},
		{SC_ERROR_SM_AUTHENTICATION_FAILED, TOOL_REFUSED},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			tool_status_of(cases[i].error), cases[i].status);
}

static void
a_public_key_is_written_as_others_read_it(void **state)
{
	uint8_t n[256], seen[256];
	const uint8_t e[] = {1, 0, 1};
	BIGNUM *modulus = NULL;
	EVP_PKEY *key;
	char *pem;
	BIO *bio;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(n); i++)
		n[i] = (uint8_t)(0xFF - i);
	pem = tool_public_key_pem(
		(struct jcop_bytes){n, sizeof(n)}, (struct jcop_bytes){e, 3});
	assert_non_null(pem);
	bio = BIO_new_mem_buf(pem, -1);
	key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_bits(key), 2048);
	assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &modulus), 1);
	assert_int_equal(BN_bn2binpad(modulus, seen, sizeof(seen)), 256);
	assert_memory_equal(seen, n, sizeof(n));
	BN_free(modulus);
	EVP_PKEY_free(key);
	BIO_free(bio);
	free(pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_serial_number_is_read_in_any_grouping),
		cmocka_unit_test(what_is_no_serial_number_is_refused),
		cmocka_unit_test(
			serial_numbers_match_as_a_whole_but_for_the_filler),
		cmocka_unit_test(distances_are_those_of_levenshtein),
		cmocka_unit_test(a_near_miss_is_told_from_another_word),
		cmocka_unit_test(each_class_of_failure_has_its_exit_status),
		cmocka_unit_test(a_public_key_is_written_as_others_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
