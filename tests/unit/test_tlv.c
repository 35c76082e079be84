/*
 * test_tlv.c: BER-TLV data objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include "core/tlv.h"

static int
read_hex(const char *digits, uint32_t *tag, size_t *len)
{
	struct jcop_blob blob = hex(digits);
	struct jcop_bytes cursor = jcop_blob_view(&blob), before = cursor;
	struct jcop_tlv object = {0};
	int r = jcop_tlv_read(&cursor, &object);

	*tag = object.tag;
	*len = object.value.len;
	if (r != JCOP_OK) {
		assert_ptr_equal(cursor.data, before.data);
		assert_int_equal(cursor.len, before.len);
	} else {
		assert_ptr_equal(object.whole.data, before.data);
		assert_int_equal(object.whole.len, before.len - cursor.len);
	}
	jcop_blob_free(&blob);
	return r;
}

static void
well_formed_objects_are_read(void **state)
{
	uint32_t tag;
	size_t len;

	(void)state;
	assert_ok(read_hex("5A 00", &tag, &len));
	assert_int_equal(tag, 0x5A);
	assert_int_equal(len, 0);
	assert_ok(read_hex("7F49 02 AABB FF", &tag, &len));
	assert_int_equal(tag, 0x7F49);
	assert_int_equal(len, 2);
	assert_ok(read_hex("BF9011 00", &tag, &len));
	assert_int_equal(tag, 0xBF9011);
	assert_ok(read_hex("04 8103 010203", &tag, &len));
	assert_int_equal(len, 3);
	assert_ok(read_hex("04 8400000001 01", &tag, &len));
	assert_int_equal(len, 1);
}

static void
malformed_objects_are_refused(void **state)
{
	static const char *bad[] = {
		"5A",               /* no length */
		"5A01",             /* value cut off */
		"5A0301FF",         /* value cut off */
		"7F",               /* tag cut off */
		"BF90",             /* tag cut off */
		"BF908001",         /* tag of four bytes */
		"5A80",             /* indefinite length */
		"5A800000",         /* the same with its end */
		"5A81",             /* length cut off */
		"5A8201",           /* length cut off */
		"5A850000000001AA", /* length of five bytes */
		"5AFF",             /* reserved */
		"5A84FFFFFFFF00",   /* far too long */
		"5A8480000000",     /* negative as an int */
	};
	uint32_t tag;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			read_hex(bad[i], &tag, &len), JCOP_ERR_MALFORMED);
	assert_int_equal(read_hex("", &tag, &len), JCOP_ERR_NOT_FOUND);
}

static void
every_length_survives_a_round_trip(void **state)
{
	static const size_t lengths[] = {
		0, 1, 127, 128, 255, 256, 65000, 0x7F, 0x80};
	static const uint32_t tags[] = {0x04, 0x7F49, 0xBF9011};
	static uint8_t value[65000];
	size_t i, t;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (t = 0; t < sizeof(tags) / sizeof(tags[0]); t++) {
			struct jcop_blob blob = JCOP_BLOB_INIT;
			struct jcop_bytes cursor;
			struct jcop_tlv object;

			assert_ok(jcop_tlv_put(&blob, tags[t],
				jcop_bytes_of(value, lengths[i])));
			cursor = jcop_blob_view(&blob);
			assert_ok(jcop_tlv_read(&cursor, &object));
			assert_int_equal(object.tag, tags[t]);
			assert_int_equal(object.value.len, lengths[i]);
			assert_int_equal(cursor.len, 0);
			jcop_blob_free(&blob);
		}
	}
}

static void
lengths_are_written_in_the_shortest_form(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_tlv_put_header(&blob, 0x87, 0x7F));
	assert_ok(jcop_tlv_put_header(&blob, 0x87, 0x80));
	assert_ok(jcop_tlv_put_header(&blob, 0x87, 0xFF));
	assert_ok(jcop_tlv_put_header(&blob, 0x7F49, 0x100));
	assert_hex(jcop_blob_view(&blob), "877F 878180 8781FF 7F49820100");
	jcop_blob_free(&blob);
}

static void
a_failed_put_leaves_nothing_behind(void **state)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(jcop_blob_append_fill(&blob, 1, JCOP_BLOB_MAX - 3));
	assert_int_equal(jcop_tlv_put(&blob, 0x87, jcop_bytes_of("abc", 3)),
		JCOP_ERR_TOO_LONG);
	assert_int_equal(blob.len, JCOP_BLOB_MAX - 3);
	assert_int_equal(
		jcop_tlv_put_header(&blob, 0x7F49, 0x100), JCOP_ERR_TOO_LONG);
	assert_int_equal(blob.len, JCOP_BLOB_MAX - 3);
	assert_int_equal(jcop_tlv_put_header(&blob, 4, JCOP_BLOB_MAX + 1),
		JCOP_ERR_TOO_LONG);
	jcop_blob_free(&blob);
}

static void
find_returns_the_first_of_its_tag(void **state)
{
	struct jcop_blob blob = hex("8001AA 8102BBCC 8101DD 83");
	struct jcop_bytes value;

	(void)state;
	assert_ok(jcop_tlv_find(jcop_blob_view(&blob), 0x81, &value));
	assert_hex(value, "BBCC");
	assert_int_equal(jcop_tlv_find(jcop_blob_view(&blob), 0x82, &value),
		JCOP_ERR_MALFORMED);
	assert_int_equal(
		jcop_tlv_find(jcop_bytes_of(blob.data, 7), 0x82, &value),
		JCOP_ERR_NOT_FOUND);
	jcop_blob_free(&blob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_objects_are_read),
		cmocka_unit_test(malformed_objects_are_refused),
		cmocka_unit_test(every_length_survives_a_round_trip),
		cmocka_unit_test(lengths_are_written_in_the_shortest_form),
		cmocka_unit_test(a_failed_put_leaves_nothing_behind),
		cmocka_unit_test(find_returns_the_first_of_its_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
