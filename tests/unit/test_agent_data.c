/*
 * test_agent_data.c: the fields of EF.Id and EF.Fonction.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include "core/agent-data.h"

#define FIELDS 3

static const struct jcop_agent_layout template = {
	.template_tag = 0x70,
	.count = FIELDS,
	.fields = {{.tag = 0x80}, {.tag = 0x81}, {.tag = 0x82}},
};
static const struct jcop_agent_layout long_tag = {
	.template_tag = 0x7F49,
	.count = 1,
	.fields = {{.tag = 0x80}},
};
static const struct jcop_agent_layout fixed = {
	.fixed = true,
	.count = 2,
	.fields = {{.offset = 2, .length = 4}, {.offset = 8, .length = 3}},
};

static struct jcop_bytes
text(const char *string)
{
	return jcop_bytes_of(string, strlen(string));
}

/* --- how much is read ------------------------------------------------------
 */

/* Reads FILE as a driver would: what was asked for, again and again. Returns
 * how much was read in the end. */
static size_t
read_as_needed(const struct jcop_agent_layout *layout, const char *file,
	unsigned int *steps)
{
	struct jcop_blob content = hex(file);
	size_t needed = 0, have = 0;

	for (*steps = 0; *steps < 10; (*steps)++) {
		assert_ok(jcop_agent_needed(
			layout, jcop_bytes_of(content.data, have), &needed));
		if (needed <= have || have == content.len)
			break;
		have = needed < content.len ? needed : content.len;
	}
	jcop_blob_free(&content);
	return have;
}

static void
nothing_is_read_past_the_end_of_the_template(void **state)
{
	char digits[2 * 600 + 1];
	unsigned int steps;
	size_t i;

	(void)state;
	assert_int_equal(read_as_needed(&template,
				 "70 03 80 01 41 00 00 00 00 00", &steps),
		5);
	assert_int_equal(steps, 2);
	assert_int_equal(
		read_as_needed(&template, "70 02 80 00 00 00 00", &steps), 4);
	assert_int_equal(steps, 1);
	/* lengths of two and three bytes */
	memset(digits, '0', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	memcpy(digits, "70818080", 8);
	assert_int_equal(read_as_needed(&template, digits, &steps), 3 + 128);
	assert_int_equal(steps, 2);
	memcpy(digits, "7082010480", 10);
	assert_int_equal(read_as_needed(&template, digits, &steps), 4 + 260);
	assert_int_equal(steps, 2);
	/* not the shortest form: still no further, but a step more */
	memcpy(digits, "7084000000058003414243", 22);
	assert_int_equal(read_as_needed(&template, digits, &steps), 6 + 5);
	assert_int_equal(steps, 3);
	/* and for every length of a value */
	for (i = 0; i < 500; i++) {
		struct jcop_blob out = JCOP_BLOB_INIT;
		struct jcop_blob value = JCOP_BLOB_INIT;
		struct jcop_agent_value changes[FIELDS] = {{false, {NULL, 0}}};
		size_t needed;

		assert_ok(jcop_blob_append_fill(&value, 'x', i));
		changes[1].present = true;
		changes[1].value = jcop_blob_view(&value);
		assert_ok(jcop_agent_merge(&template, text(""), changes, &out));
		assert_ok(jcop_agent_needed(&template, text(""), &needed));
		assert_true(needed <= out.len);
		assert_ok(jcop_agent_needed(
			&template, jcop_bytes_of(out.data, needed), &needed));
		assert_int_equal(needed, out.len);
		jcop_blob_free(&value);
		jcop_blob_free(&out);
	}
}

static void
of_an_empty_file_only_the_beginning_is_read(void **state)
{
	unsigned int steps;

	(void)state;
	assert_int_equal(
		read_as_needed(&template, "00 00 00 00 00 00 00 00", &steps),
		4);
	assert_int_equal(steps, 1);
}

static void
fixed_places_are_read_to_the_end_of_the_last(void **state)
{
	unsigned int steps;

	(void)state;
	assert_int_equal(read_as_needed(&fixed,
				 "00112233445566778899AABBCCDDEEFF", &steps),
		11);
	assert_int_equal(steps, 1);
}

static void
another_template_is_refused_at_its_first_bytes(void **state)
{
	static const char *const bad[] = {
		"71 03 80 01 41",    /* another tag */
		"30 03 80 01 41",    /* another tag */
		"70 80 80 01",       /* indefinite */
		"70 85 00 00 00 00", /* a length of five bytes */
		"70 FF 01 02",       /* reserved */
		"70 83 FF FF FF",    /* longer than any file */
		"70 82 80 00 80",    /* past what READ BINARY reaches */
		"70",                /* no length */
		"FF FF FF FF",       /* a file that was never written */
	};
	size_t i, needed;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jcop_blob file = hex(bad[i]);

		assert_int_equal(jcop_agent_needed(&template,
					 jcop_blob_view(&file), &needed),
			JCOP_ERR_MALFORMED);
		jcop_blob_free(&file);
	}
}

/* --- parsing ---------------------------------------------------------------
 */

static void
fields_are_found_by_their_tags(void **state)
{
	struct jcop_blob file = hex("70 0B 82 02 4243 80 00 83 03 010203 0000");
	struct jcop_agent_value values[FIELDS];

	(void)state;
	assert_ok(jcop_agent_parse(&template, jcop_blob_view(&file), values));
	assert_true(values[0].present); /* cleared */
	assert_int_equal(values[0].value.len, 0);
	assert_false(values[1].present); /* never set */
	assert_true(values[2].present);
	assert_hex(values[2].value, "4243");
	jcop_blob_free(&file);
}

static void
a_tag_of_two_bytes_is_a_template_too(void **state)
{
	struct jcop_blob file = hex("7F49 03 80 01 41");
	struct jcop_agent_value values[1];

	(void)state;
	assert_ok(jcop_agent_parse(&long_tag, jcop_blob_view(&file), values));
	assert_hex(values[0].value, "41");
	jcop_blob_free(&file);
}

static void
a_file_of_zeros_has_no_fields(void **state)
{
	struct jcop_blob file = hex("00 00 00 00");
	struct jcop_agent_value values[FIELDS];
	size_t i;

	(void)state;
	assert_ok(jcop_agent_parse(&template, jcop_blob_view(&file), values));
	for (i = 0; i < FIELDS; i++)
		assert_false(values[i].present);
	assert_ok(jcop_agent_parse(&template, text(""), values));
	for (i = 0; i < FIELDS; i++)
		assert_false(values[i].present);
	jcop_blob_free(&file);
}

static void
hostile_templates_are_refused_whole(void **state)
{
	static const char *const bad[] = {
		"70 05 80 01 41",          /* cut off */
		"70 03 80 02 41",          /* a field past the end */
		"70 03 80 7F 41",          /* far past the end */
		"70 06 80 84 FFFFFFFF",    /* past every end */
		"70 04 80 80 00 00",       /* indefinite length */
		"70 06 80 01 41 80 01 42", /* a field twice */
		"70 03 80 01",             /* cut off */
		"70 04 80 01 41 81",       /* a tag without length */
		"70 03 DF FF FF",          /* a tag without end */
		"71 03 80 01 41",          /* another template */
	};
	struct jcop_agent_value values[FIELDS];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jcop_blob file = hex(bad[i]), out = JCOP_BLOB_INIT;

		memset(values, 0xFF, sizeof(values));
		assert_int_equal(jcop_agent_parse(&template,
					 jcop_blob_view(&file), values),
			JCOP_ERR_MALFORMED);
		for (j = 0; j < FIELDS; j++)
			assert_false(values[j].present);
		assert_int_equal(jcop_agent_merge(&template,
					 jcop_blob_view(&file), values, &out),
			JCOP_ERR_MALFORMED);
		assert_int_equal(out.len, 0);
		jcop_blob_free(&file);
	}
}

static void
a_template_in_the_template_is_an_unknown_tag(void **state)
{
	struct jcop_blob file = hex("70 08 70 03 80 01 42 80 01 41");
	struct jcop_agent_value values[FIELDS];

	(void)state;
	assert_ok(jcop_agent_parse(&template, jcop_blob_view(&file), values));
	assert_hex(values[0].value, "41");
	jcop_blob_free(&file);
}

static void
lengths_that_are_not_the_shortest_are_understood(void **state)
{
	struct jcop_blob file = hex("70 8106 80 820002 4142");
	struct jcop_agent_value values[FIELDS];

	(void)state;
	assert_ok(jcop_agent_parse(&template, jcop_blob_view(&file), values));
	assert_hex(values[0].value, "4142");
	jcop_blob_free(&file);
}

/* Every way to cut or to change one byte: an answer, and no crash. */
static void
no_byte_of_the_card_is_trusted(void **state)
{
	struct jcop_blob file =
		hex("70 10 80 02 4142 83 03 010203 82 01 43 DF01 01 FF");
	struct jcop_agent_value values[FIELDS],
		changes[FIELDS] = {{true, text("x")}};
	struct jcop_blob out = JCOP_BLOB_INIT;
	size_t i, needed;
	unsigned int byte;

	(void)state;
	for (i = 0; i < file.len; i++) {
		struct jcop_blob cut = JCOP_BLOB_INIT;

		/* its own memory, so that a sanitizer sees a step too far */
		assert_ok(jcop_blob_set(&cut, file.data, i));
		if (jcop_agent_parse(&template, jcop_blob_view(&cut), values) ==
			JCOP_OK)
			assert_int_equal(i, 0);
		jcop_blob_free(&cut);
		for (byte = 0; byte < 256; byte++) {
			struct jcop_blob copy = JCOP_BLOB_INIT;

			assert_ok(jcop_blob_set(&copy, file.data, file.len));
			copy.data[i] = (uint8_t)byte;
			if (jcop_agent_needed(&template, jcop_blob_view(&copy),
				    &needed) == JCOP_OK)
				assert_in_range(
					needed, 0, JCOP_AGENT_MAX_LENGTH);
			if (jcop_agent_merge(&template, jcop_blob_view(&copy),
				    changes, &out) == JCOP_OK)
				assert_ok(jcop_agent_parse(&template,
					jcop_blob_view(&out), values));
			jcop_blob_free(&copy);
		}
	}
	jcop_blob_free(&out);
	jcop_blob_free(&file);
}

static void
fixed_values_end_before_their_padding(void **state)
{
	struct jcop_blob file = hex("FFFF 41420000 FFFF 434445 FFFF");
	struct jcop_agent_value values[2];

	(void)state;
	assert_ok(jcop_agent_parse(&fixed, jcop_blob_view(&file), values));
	assert_hex(values[0].value, "4142");
	assert_hex(values[1].value, "434445");
	/* a file that ends in the middle of a field */
	assert_ok(
		jcop_agent_parse(&fixed, jcop_bytes_of(file.data, 3), values));
	assert_hex(values[0].value, "41");
	assert_false(values[1].present);
	jcop_blob_free(&file);
}

/* --- merging ---------------------------------------------------------------
 */

static void
unnamed_fields_keep_their_value(void **state)
{
	struct jcop_blob file = hex("70 06 80 01 41 82 01 43");
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_agent_value changes[FIELDS] = {{false, {NULL, 0}}};

	(void)state;
	changes[1].present = true;
	changes[1].value = text("B");
	assert_ok(jcop_agent_merge(
		&template, jcop_blob_view(&file), changes, &out));
	assert_hex(jcop_blob_view(&out), "70 09 80 01 41 81 01 42 82 01 43");
	jcop_blob_free(&out);
	jcop_blob_free(&file);
}

static void
fields_are_written_in_table_order_and_unknown_tags_kept(void **state)
{
	struct jcop_blob file = hex(
		"70 13 DF01 8103 010203 82 01 43 9A 00 80 01 41 87 02 0000");
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_agent_value changes[FIELDS] = {{false, {NULL, 0}}};

	(void)state;
	changes[1].present = true; /* cleared */
	assert_ok(jcop_agent_merge(
		&template, jcop_blob_view(&file), changes, &out));
	/* unknown ones byte for byte, the length of DF01 too */
	assert_hex(jcop_blob_view(&out), "70 15 80 01 41 81 00 82 01 43"
					 " DF01 8103 010203 9A 00 87 02 0000");
	jcop_blob_free(&out);
	jcop_blob_free(&file);
}

static void
a_shorter_content_is_filled_up_with_zeros(void **state)
{
	struct jcop_blob file = hex("70 08 80 06 414243444546");
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_agent_value changes[FIELDS] = {{true, {NULL, 0}}};

	(void)state;
	assert_ok(jcop_agent_merge(
		&template, jcop_blob_view(&file), changes, &out));
	assert_hex(jcop_blob_view(&out), "70 02 80 00 000000000000");
	jcop_blob_free(&out);
	jcop_blob_free(&file);
}

static void
a_first_value_makes_the_template(void **state)
{
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_agent_value changes[FIELDS] = {{false, {NULL, 0}}};

	(void)state;
	changes[2].present = true;
	changes[2].value = text("abc");
	assert_ok(jcop_agent_merge(&template, text(""), changes, &out));
	assert_hex(jcop_blob_view(&out), "70 05 82 03 616263");
	jcop_blob_free(&out);
}

static void
at_fixed_places_all_else_stays(void **state)
{
	struct jcop_blob file = hex("0102 41424344 0304 454647");
	struct jcop_blob out = JCOP_BLOB_INIT;
	struct jcop_agent_value changes[2] = {{true, {NULL, 0}}};

	(void)state;
	changes[0].value = text("x");
	assert_ok(
		jcop_agent_merge(&fixed, jcop_blob_view(&file), changes, &out));
	assert_hex(jcop_blob_view(&out), "0102 78000000 0304 454647");
	changes[0].value = text("too long");
	assert_int_equal(
		jcop_agent_merge(&fixed, jcop_blob_view(&file), changes, &out),
		JCOP_ERR_TOO_LONG);
	assert_int_equal(out.len, 0);
	/* a value may fill its place */
	changes[0].value = text("1234");
	assert_ok(jcop_agent_merge(&fixed, text(""), changes, &out));
	assert_hex(jcop_blob_view(&out), "0000 31323334 0000 000000");
	jcop_blob_free(&out);
	jcop_blob_free(&file);
}

static void
what_changes_nothing_is_known(void **state)
{
	/* not as we would write it, but with the same values */
	struct jcop_blob file = hex("70 8108 82 01 43 80 03 414243");
	struct jcop_agent_value changes[FIELDS] = {{true, {NULL, 0}}};
	struct jcop_bytes card = jcop_blob_view(&file);

	(void)state;
	changes[0].value = text("ABC");
	assert_false(jcop_agent_differs(&template, card, changes));
	changes[0].value = text("ABD");
	assert_true(jcop_agent_differs(&template, card, changes));
	changes[0].value = text("");
	assert_true(jcop_agent_differs(&template, card, changes));
	changes[0].present = false;
	assert_false(jcop_agent_differs(&template, card, changes));
	/* never set is not cleared */
	changes[1].present = true;
	assert_true(jcop_agent_differs(&template, card, changes));
	jcop_blob_free(&file);
}

static void
a_tear_is_told_from_old_and_new_and_strange_content(void **state)
{
	const struct jcop_bytes old = text("aaaaaaaa"), fresh = text("bbbbcc");

	(void)state;
	assert_true(jcop_agent_is_torn(text("bbaaaaaa"), old, fresh));
	assert_true(jcop_agent_is_torn(text("bbbbccaa"), old, fresh));
	assert_false(jcop_agent_is_torn(text("aaaaaaaa"), old, fresh));
	assert_false(jcop_agent_is_torn(text("bbbbcc"), old, fresh));
	assert_false(
		jcop_agent_is_torn(jcop_bytes_of("bbbbcc\0\0", 8), old, fresh));
	assert_false(jcop_agent_is_torn(text("bbxaaaaa"), old, fresh));
	assert_false(jcop_agent_is_torn(text("aabbccaa"), old, fresh));
	assert_false(jcop_agent_is_torn(text(""), old, fresh));
	/* growing */
	assert_true(
		jcop_agent_is_torn(text("aaaaaaaa"), fresh, text("aaaaaaaax")));
}

/* --- text ------------------------------------------------------------------
 */

static int
normalise(const char *string, struct jcop_blob *out)
{
	return jcop_agent_text(text(string), out);
}

static void
text_is_normalised_to_composed_characters(void **state)
{
	struct jcop_blob out = JCOP_BLOB_INIT;

	(void)state;
	assert_ok(normalise("He\xCC\x81l\xC3\xA8ne", &out));
	assert_bytes(jcop_blob_view(&out), text("H\xC3\xA9l\xC3\xA8ne"));
	/* the Angstrom sign is a letter; a ligature stays one in NFC */
	assert_ok(normalise("\xE2\x84\xAB \xEF\xAC\x81", &out));
	assert_bytes(jcop_blob_view(&out), text("\xC3\x85 \xEF\xAC\x81"));
	assert_ok(normalise("", &out));
	assert_int_equal(out.len, 0);
	/* outside the first plane */
	assert_ok(normalise("\xF0\x9D\x92\xB3", &out));
	assert_int_equal(out.len, 4);
	jcop_blob_free(&out);
}

static void
what_is_not_utf_8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\xC3",             /* cut off */
		"D\xC9UPONT",       /* Latin-1 */
		"\xC0\xAF",         /* overlong */
		"\xED\xA0\x80",     /* a surrogate */
		"\xF4\x90\x80\x80", /* past Unicode */
		"\xFF\xFE",
		"ok\x80",
	};
	struct jcop_blob out = JCOP_BLOB_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(normalise(bad[i], &out), JCOP_ERR_MALFORMED);
		assert_int_equal(out.len, 0);
	}
}

static void
control_characters_are_refused(void **state)
{
	static const char *const bad[] = {
		"a\nb", "a\tb", "\x1B[31m", "a\x7F",
		"\xC2\x9B",     /* CSI in one character */
		"\xE2\x80\xA8", /* line separator */
		"\xE2\x80\xA9", /* paragraph separator */
	};
	struct jcop_blob out = JCOP_BLOB_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(normalise(bad[i], &out), JCOP_ERR_UNSUPPORTED);
	assert_int_equal(jcop_agent_text(jcop_bytes_of("a\0b", 3), &out),
		JCOP_ERR_UNSUPPORTED);
	jcop_blob_free(&out);
}

static void
dates_are_days_of_the_calendar(void **state)
{
	static const char *const good[] = {
		"2026-11-23", "2024-02-29", "2000-02-29", "0001-01-01"};
	static const char *const bad[] = {"2023-02-29", "1900-02-29",
		"2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31",
		"0000-01-01", "26-11-23", "2026/11/23", "2026-11-2",
		"2026-11-23 ", "2026-11-2x", "", "20261123"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(jcop_agent_is_date(text(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(jcop_agent_is_date(text(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_read_past_the_end_of_the_template),
		cmocka_unit_test(of_an_empty_file_only_the_beginning_is_read),
		cmocka_unit_test(fixed_places_are_read_to_the_end_of_the_last),
		cmocka_unit_test(
			another_template_is_refused_at_its_first_bytes),
		cmocka_unit_test(fields_are_found_by_their_tags),
		cmocka_unit_test(a_tag_of_two_bytes_is_a_template_too),
		cmocka_unit_test(a_file_of_zeros_has_no_fields),
		cmocka_unit_test(hostile_templates_are_refused_whole),
		cmocka_unit_test(a_template_in_the_template_is_an_unknown_tag),
		cmocka_unit_test(
			lengths_that_are_not_the_shortest_are_understood),
		cmocka_unit_test(no_byte_of_the_card_is_trusted),
		cmocka_unit_test(fixed_values_end_before_their_padding),
		cmocka_unit_test(unnamed_fields_keep_their_value),
		cmocka_unit_test(
			fields_are_written_in_table_order_and_unknown_tags_kept),
		cmocka_unit_test(a_shorter_content_is_filled_up_with_zeros),
		cmocka_unit_test(a_first_value_makes_the_template),
		cmocka_unit_test(at_fixed_places_all_else_stays),
		cmocka_unit_test(what_changes_nothing_is_known),
		cmocka_unit_test(
			a_tear_is_told_from_old_and_new_and_strange_content),
		cmocka_unit_test(text_is_normalised_to_composed_characters),
		cmocka_unit_test(what_is_not_utf_8_is_refused),
		cmocka_unit_test(control_characters_are_refused),
		cmocka_unit_test(dates_are_days_of_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
