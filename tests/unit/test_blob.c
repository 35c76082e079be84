/*
 * test_blob.c: owned bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

static void
an_appended_blob_holds_what_was_appended(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_ok(jcop_blob_append_u8(&blob, (uint8_t)i));
	assert_int_equal(blob.len, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(blob.data[i], (uint8_t)i);
	assert_ok(jcop_blob_append_fill(&blob, 0xA5, 3));
	assert_hex(jcop_bytes_of(blob.data + 1000, 3), "A5A5A5");
	jcop_blob_free(&blob);
	assert_null(blob.data);
	assert_int_equal(blob.len, 0);
}

static void
a_blob_refuses_to_grow_past_its_limit(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_blob_append_fill(&blob, 1, JCOP_BLOB_MAX));
	assert_int_equal(jcop_blob_append_u8(&blob, 1), JCOP_ERR_TOO_LONG);
	assert_int_equal(blob.len, JCOP_BLOB_MAX);
	assert_int_equal(
		jcop_blob_append_fill(&blob, 1, SIZE_MAX), JCOP_ERR_TOO_LONG);
	assert_int_equal(
		jcop_blob_append(&blob, "x", SIZE_MAX), JCOP_ERR_TOO_LONG);
	jcop_blob_free(&blob);
	assert_int_equal(
		jcop_blob_reserve(&blob, JCOP_BLOB_MAX + 1), JCOP_ERR_TOO_LONG);
	assert_null(blob.data);
}

static void
a_reserved_blob_does_not_move(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;
	uint8_t *place;

	(void)state;
	assert_ok(jcop_blob_reserve(&blob, 300));
	place = blob.data;
	assert_ok(jcop_blob_append_fill(&blob, 7, 300));
	assert_ptr_equal(blob.data, place);
	assert_ok(jcop_blob_reserve(&blob, 10));
	assert_ptr_equal(blob.data, place);
	jcop_blob_free(&blob);
}

static void
what_is_cut_is_wiped(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_blob_append(&blob, "secret!", 7));
	jcop_blob_truncate(&blob, 3);
	assert_int_equal(blob.len, 3);
	assert_memory_equal(blob.data, "sec\0\0\0\0", 7);
	jcop_blob_truncate(&blob, 5);
	assert_int_equal(blob.len, 3);
	jcop_blob_clear(&blob);
	assert_memory_equal(blob.data, "\0\0\0", 3);
	jcop_blob_free(&blob);
}

static void
set_replaces_the_content(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_blob_set(&blob, "long content", 12));
	assert_ok(jcop_blob_set(&blob, "new", 3));
	assert_bytes(jcop_blob_view(&blob), jcop_bytes_of("new", 3));
	assert_ok(jcop_blob_set(&blob, NULL, 0));
	assert_int_equal(blob.len, 0);
	jcop_blob_free(&blob);
}

static void
hexadecimal_digits_are_read_strictly(void **state)
{
	static const char *bad[] = {"0", "0g", "g0", "00 1", " 00", "0x00"};
	struct jcop_blob blob = JCOP_BLOB_INIT;
	size_t i;

	(void)state;
	assert_ok(jcop_blob_from_hex(&blob, "00a0Ff"));
	assert_memory_equal(blob.data, "\x00\xA0\xFF", 3);
	assert_int_equal(blob.len, 3);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			jcop_blob_from_hex(&blob, bad[i]), JCOP_ERR_MALFORMED);
		assert_int_equal(blob.len, 0);
	}
	assert_ok(jcop_blob_from_hex(&blob, ""));
	jcop_blob_free(&blob);
}

static void
equal_means_same_length_and_bytes(void **state)
{
	(void)state;
	assert_true(jcop_bytes_equal(
		jcop_bytes_of("ab", 2), jcop_bytes_of("ab", 2)));
	assert_false(jcop_bytes_equal(
		jcop_bytes_of("ab", 2), jcop_bytes_of("abc", 3)));
	assert_false(jcop_bytes_equal(
		jcop_bytes_of("ab", 2), jcop_bytes_of("ac", 2)));
	assert_true(jcop_bytes_equal(
		jcop_bytes_of(NULL, 0), jcop_bytes_of("x", 0)));
}

static void
every_error_has_its_text(void **state)
{
	int error;

	(void)state;
	for (error = JCOP_ERR_CHANNEL; error <= JCOP_OK; error++)
		assert_string_not_equal(jcop_strerror(error), jcop_strerror(1));
	assert_string_equal(jcop_strerror(-1000), jcop_strerror(1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_appended_blob_holds_what_was_appended),
		cmocka_unit_test(a_blob_refuses_to_grow_past_its_limit),
		cmocka_unit_test(a_reserved_blob_does_not_move),
		cmocka_unit_test(what_is_cut_is_wiped),
		cmocka_unit_test(set_replaces_the_content),
		cmocka_unit_test(hexadecimal_digits_are_read_strictly),
		cmocka_unit_test(equal_means_same_length_and_bytes),
		cmocka_unit_test(every_error_has_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
