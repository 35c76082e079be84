/*
 * test_certificate_codec.c: certificates, DER or compressed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <zlib.h>

#include "core/certificate-codec.h"
#include "core/tlv.h"

/* SEQUENCE{OCTET STRING of LEN bytes}, compressible or not */
static struct jcop_blob
make_der(size_t len, bool random)
{
	struct jcop_blob der = JCOP_BLOB_INIT;
	uint32_t x = 12345;
	size_t i;

	assert_ok(jcop_tlv_put_header(&der, 0x30, len));
	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		assert_ok(jcop_blob_append_u8(
			&der, random ? (uint8_t)(x >> 24) : 0x41));
	}
	return der;
}

static void
assert_decodes(struct jcop_bytes file, const struct jcop_blob *der)
{
	struct jcop_blob out = JCOP_BLOB_INIT;

	assert_ok(jcop_certificate_decode(file, &out));
	assert_bytes(jcop_blob_view(&out), jcop_blob_view(der));
	jcop_blob_free(&out);
}

static void
assert_not_decoded(struct jcop_bytes file, int error)
{
	struct jcop_blob out = JCOP_BLOB_INIT;

	assert_ok(jcop_blob_append(&out, "left over", 9));
	assert_int_equal(jcop_certificate_decode(file, &out), error);
	assert_int_equal(out.len, 0);
	jcop_blob_free(&out);
}

static struct jcop_blob
pack(struct jcop_bytes plain, int level)
{
	struct jcop_blob out = JCOP_BLOB_INIT;
	uLongf len = 60000; /* enough for all that is packed here */

	assert_ok(jcop_blob_append_fill(&out, 0, len));
	assert_int_equal(
		compress2(out.data, &len, plain.data, (uLong)plain.len, level),
		Z_OK);
	jcop_blob_truncate(&out, len);
	return out;
}

static void
a_certificate_that_fits_is_written_as_der(void **state)
{
	struct jcop_blob der = make_der(1000, true), file = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_certificate_encode(
		jcop_blob_view(&der), der.len, false, &file));
	assert_bytes(jcop_blob_view(&file), jcop_blob_view(&der));
	assert_ok(jcop_blob_append_fill(&file, 0, 500));
	assert_decodes(jcop_blob_view(&file), &der);
	jcop_blob_free(&der);
	jcop_blob_free(&file);
}

static void
a_certificate_that_does_not_fit_is_compressed(void **state)
{
	struct jcop_blob der = make_der(4000, false), file = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_certificate_encode(
		jcop_blob_view(&der), der.len - 1, false, &file));
	assert_true(file.len < 100);
	assert_hex(jcop_bytes_of(file.data, 1), "78");
	assert_decodes(jcop_blob_view(&file), &der);
	assert_ok(jcop_blob_append_fill(&file, 0, 500));
	assert_decodes(jcop_blob_view(&file), &der);
	jcop_blob_free(&der);
	jcop_blob_free(&file);
}

static void
compression_can_be_asked_for(void **state)
{
	struct jcop_blob der = make_der(100, false), file = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_certificate_encode(
		jcop_blob_view(&der), 3072, true, &file));
	assert_hex(jcop_bytes_of(file.data, 1), "78");
	assert_decodes(jcop_blob_view(&file), &der);
	jcop_blob_free(&der);
	jcop_blob_free(&file);
}

static void
a_certificate_that_fits_in_no_form_is_refused(void **state)
{
	struct jcop_blob der = make_der(4000, true), file = JCOP_BLOB_INIT;

	(void)state;
	assert_int_equal(jcop_certificate_encode(
				 jcop_blob_view(&der), 3072, false, &file),
		JCOP_ERR_TOO_LONG);
	assert_int_equal(file.len, 0);
	jcop_blob_free(&der);
	der = make_der(JCOP_CERTIFICATE_MAX, false);
	assert_int_equal(jcop_certificate_encode(
				 jcop_blob_view(&der), 3072, false, &file),
		JCOP_ERR_TOO_LONG);
	jcop_blob_free(&der);
	jcop_blob_free(&file);
}

static void
only_one_whole_sequence_is_written(void **state)
{
	static const char *const bad[] = {"", "3000", "30020500FF", "300205",
		"31020500", "789C030000000001"};
	struct jcop_blob file = JCOP_BLOB_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jcop_blob der = hex(bad[i]);

		assert_int_equal(jcop_certificate_encode(jcop_blob_view(&der),
					 3072, false, &file),
			JCOP_ERR_MALFORMED);
		jcop_blob_free(&der);
	}
	jcop_blob_free(&file);
}

static void
every_zlib_level_is_read(void **state)
{
	struct jcop_blob der = make_der(2500, true), file;
	int level;

	(void)state;
	for (level = 0; level <= 9; level++) {
		file = pack(jcop_blob_view(&der), level);
		assert_decodes(jcop_blob_view(&file), &der);
		jcop_blob_free(&file);
	}
	jcop_blob_free(&der);
}

static void
an_empty_file_has_no_certificate(void **state)
{
	static const uint8_t zeros[64];

	(void)state;
	assert_not_decoded(jcop_bytes_of(NULL, 0), JCOP_ERR_NOT_FOUND);
	assert_not_decoded(JCOP_BYTES(zeros), JCOP_ERR_NOT_FOUND);
}

static void
a_bomb_is_stopped_at_the_limit(void **state)
{
	static uint8_t plain[1 << 20];
	struct jcop_bytes bomb = jcop_bytes_of(plain, sizeof(plain));
	struct jcop_blob file, der;

	(void)state;
	memcpy(plain, "\x30\x83\x0F\xFF\xFB", 5);
	file = pack(bomb, 9);
	assert_true(file.len < 2048);
	assert_not_decoded(jcop_blob_view(&file), JCOP_ERR_TOO_LONG);
	jcop_blob_free(&file);
	/* the longest that is allowed, and one byte more */
	der = make_der(JCOP_CERTIFICATE_MAX - 4, false);
	assert_int_equal(der.len, JCOP_CERTIFICATE_MAX);
	file = pack(jcop_blob_view(&der), 9);
	assert_decodes(jcop_blob_view(&file), &der);
	jcop_blob_free(&file);
	jcop_blob_free(&der);
	der = make_der(JCOP_CERTIFICATE_MAX - 3, false);
	file = pack(jcop_blob_view(&der), 9);
	assert_not_decoded(jcop_blob_view(&file), JCOP_ERR_TOO_LONG);
	assert_not_decoded(jcop_blob_view(&der), JCOP_ERR_TOO_LONG);
	jcop_blob_free(&file);
	jcop_blob_free(&der);
}

static void
truncated_files_are_refused(void **state)
{
	struct jcop_blob der = make_der(200, true), file;
	size_t len;

	(void)state;
	file = pack(jcop_blob_view(&der), 9);
	for (len = 1; len < file.len; len++)
		assert_not_decoded(
			jcop_bytes_of(file.data, len), JCOP_ERR_MALFORMED);
	for (len = 1; len < der.len; len++)
		assert_not_decoded(
			jcop_bytes_of(der.data, len), JCOP_ERR_MALFORMED);
	jcop_blob_free(&der);
	jcop_blob_free(&file);
}

static void
altered_zlib_never_gives_another_certificate(void **state)
{
	struct jcop_blob der = make_der(200, true), file, out = JCOP_BLOB_INIT;
	size_t bit;

	(void)state;
	file = pack(jcop_blob_view(&der), 9);
	for (bit = 0; bit < 8 * file.len; bit++) {
		int r;

		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = jcop_certificate_decode(jcop_blob_view(&file), &out);
		if (r == JCOP_OK)
			assert_bytes(
				jcop_blob_view(&out), jcop_blob_view(&der));
		else
			assert_int_equal(out.len, 0);
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	jcop_blob_free(&der);
	jcop_blob_free(&file);
	jcop_blob_free(&out);
}

static void
what_is_packed_must_be_one_sequence(void **state)
{
	static const char *const bad[] = {"", "0500", "30020500FF", "300205"};
	struct jcop_blob plain, file;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		plain = hex(bad[i]);
		file = pack(jcop_blob_view(&plain), 9);
		assert_not_decoded(jcop_blob_view(&file), JCOP_ERR_MALFORMED);
		jcop_blob_free(&plain);
		jcop_blob_free(&file);
	}
	/* with a preset dictionary, not deflate at all, neither form */
	plain = hex("78BB 00000001 0000");
	assert_not_decoded(jcop_blob_view(&plain), JCOP_ERR_MALFORMED);
	plain.data[0] = 0x77;
	assert_not_decoded(jcop_blob_view(&plain), JCOP_ERR_MALFORMED);
	plain.data[0] = 0xFF;
	assert_not_decoded(jcop_blob_view(&plain), JCOP_ERR_MALFORMED);
	jcop_blob_free(&plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_that_fits_is_written_as_der),
		cmocka_unit_test(a_certificate_that_does_not_fit_is_compressed),
		cmocka_unit_test(compression_can_be_asked_for),
		cmocka_unit_test(a_certificate_that_fits_in_no_form_is_refused),
		cmocka_unit_test(only_one_whole_sequence_is_written),
		cmocka_unit_test(every_zlib_level_is_read),
		cmocka_unit_test(an_empty_file_has_no_certificate),
		cmocka_unit_test(a_bomb_is_stopped_at_the_limit),
		cmocka_unit_test(truncated_files_are_refused),
		cmocka_unit_test(altered_zlib_never_gives_another_certificate),
		cmocka_unit_test(what_is_packed_must_be_one_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
