/*
 * test_command.c: command APDUs. The bytes are those of ISO/IEC 7816-4 5.2.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include "core/command.h"

static uint8_t long_data[65536];

static struct jcop_apdu
apdu(size_t len, size_t le)
{
	return (struct jcop_apdu){
		0x00, 0xD6, 0x01, 0x02, jcop_bytes_of(long_data, len), le};
}

static void
assert_encoded(size_t len, size_t le, const char *front, const char *back)
{
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_apdu command = apdu(len, le);
	size_t front_len = strlen(front) / 2, back_len = strlen(back) / 2;

	assert_ok(jcop_apdu_encode(&command, &out));
	assert_int_equal(out.len, front_len + len + back_len);
	assert_hex(jcop_bytes_of(out.data, front_len), front);
	assert_hex(jcop_bytes_of(out.data + front_len + len, back_len), back);
	jcop_blob_free(&out);
}

static void
the_seven_cases_are_encoded_as_the_standard_says(void **state)
{
	(void)state;
	assert_encoded(0, 0, "00D60102", "");
	assert_encoded(0, 1, "00D6010201", "");
	assert_encoded(0, 256, "00D6010200", "");
	assert_encoded(1, 0, "00D6010201", "");
	assert_encoded(255, 0, "00D60102FF", "");
	assert_encoded(255, 256, "00D60102FF", "00");
	assert_encoded(0, 257, "00D60102000101", "");
	assert_encoded(0, 65536, "00D60102000000", "");
	assert_encoded(256, 0, "00D60102000100", "");
	assert_encoded(65535, 0, "00D6010200FFFF", "");
	assert_encoded(256, 65536, "00D60102000100", "0000");
	assert_encoded(1, 65536, "00D60102000001", "0000");
	assert_encoded(256, 1, "00D60102000100", "0001");
}

static void
a_command_that_no_apdu_holds_is_refused(void **state)
{
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_apdu command = apdu(65536, 0);

	(void)state;
	assert_int_equal(jcop_apdu_encode(&command, &out), JCOP_ERR_TOO_LONG);
	command = apdu(0, 65537);
	assert_int_equal(jcop_apdu_encode(&command, &out), JCOP_ERR_TOO_LONG);
	assert_int_equal(out.len, 0);
	jcop_blob_free(&out);
}

static void
a_chain_carries_all_data_once(void **state)
{
	struct jcop_apdu whole = apdu(600, 256), part;
	size_t i, sent = 0;

	(void)state;
	assert_int_equal(jcop_apdu_link_count(&whole, 255), 3);
	for (i = 0; i < 3; i++) {
		part = jcop_apdu_link(&whole, 255, i);
		assert_ptr_equal(part.data.data, long_data + sent);
		assert_int_equal(part.cla, i < 2 ? 0x10 : 0x00);
		assert_int_equal(part.le, i < 2 ? 0 : 256);
		assert_int_equal(part.ins, 0xD6);
		assert_int_equal(part.p2, 0x02);
		sent += part.data.len;
	}
	assert_int_equal(sent, 600);
}

static void
a_command_that_fits_is_one_link(void **state)
{
	static const size_t lengths[] = {0, 1, 254, 255};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct jcop_apdu whole = apdu(lengths[i], 256), part;

		assert_int_equal(jcop_apdu_link_count(&whole, 255), 1);
		part = jcop_apdu_link(&whole, 255, 0);
		assert_int_equal(part.cla, 0);
		assert_int_equal(part.data.len, lengths[i]);
		assert_int_equal(part.le, 256);
	}
}

static void
a_protected_command_is_cut_with_its_class(void **state)
{
	struct jcop_apdu whole = apdu(510, 256);

	(void)state;
	whole.cla = 0x0C;
	assert_int_equal(jcop_apdu_link_count(&whole, 255), 2);
	assert_int_equal(jcop_apdu_link(&whole, 255, 0).cla, 0x1C);
	assert_int_equal(jcop_apdu_link(&whole, 255, 0).le, 0);
	assert_int_equal(jcop_apdu_link(&whole, 255, 1).cla, 0x0C);
	assert_int_equal(jcop_apdu_link(&whole, 255, 1).le, 256);
}

static void
an_owned_command_is_built_and_refuses_overflow(void **state)
{
	struct jcop_command command = JCOP_COMMAND_INIT(0x22, 0x41, 0xB6);
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_apdu view;

	(void)state;
	assert_ok(jcop_command_put(&command, 0x84, jcop_bytes_of("\x91", 1)));
	assert_ok(jcop_command_append_u8(&command, 0x80));
	assert_ok(jcop_command_append(&command, jcop_bytes_of("\1\2", 2)));
	view = jcop_command_view(&command);
	assert_ok(jcop_apdu_encode(&view, &out));
	assert_hex(jcop_blob_view(&out), "002241B6 06 840191 800102");
	assert_int_equal(jcop_command_append(&command,
				 jcop_bytes_of(long_data, JCOP_COMMAND_MAX)),
		JCOP_ERR_TOO_LONG);
	assert_int_equal(jcop_command_put(&command, 0x70,
				 jcop_bytes_of(long_data, JCOP_COMMAND_MAX)),
		JCOP_ERR_TOO_LONG);
	assert_int_equal(command.data.len, 6);
	jcop_command_free(&command);
	jcop_blob_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_seven_cases_are_encoded_as_the_standard_says),
		cmocka_unit_test(a_command_that_no_apdu_holds_is_refused),
		cmocka_unit_test(a_chain_carries_all_data_once),
		cmocka_unit_test(a_command_that_fits_is_one_link),
		cmocka_unit_test(a_protected_command_is_cut_with_its_class),
		cmocka_unit_test(
			an_owned_command_is_built_and_refuses_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
