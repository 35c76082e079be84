/*
 * test_vcard.c: the virtual card, plain: identification, files, PINs, life
 * cycle, class bytes, persistence. The bytes are typed from
 * docs/card-interface.md.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vcard-terminal.h"
#include "virtual-card/state.h"

#define PKI "00 A4 04 00 0A E828BD080F014E585030 00"
#define AGENT "00 A4 00 0C 02 AD01"

static int
blank_card(void **state)
{
	*state = terminal_new(NULL);
	return 0;
}

static int
activated_card(void **state)
{
	*state = terminal_new(NULL);
	terminal_activate(*state);
	return 0;
}

static int
end(void **state)
{
	terminal_free(*state);
	return 0;
}

static void
the_atr_is_that_of_the_description(void **state)
{
	struct terminal *t = *state;
	static const uint8_t expected[] = {0x3B, 0xD5, 0x18, 0xFF, 0x80, 0xB1,
		0xFE, 0x45, 0x1F, 0xC3, 0x80, 0x73, 0xC8, 0x21, 0x10, 0x6E};
	uint8_t atr[33];

	assert_int_equal(vcard_atr(t->card, atr), sizeof expected);
	assert_memory_equal(atr, expected, sizeof expected);
}

static void
select_pki_answers_an_fcp_with_aid_and_life_cycle(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(answers(t, "62 12 82 01 38 84 0A E828BD080F014E585030"
			       "8A 01 03"));
	terminal_activate(t);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(answers(t, "62 12 82 01 38 84 0A E828BD080F014E585030"
			       "8A 01 05"));
}

static void
get_data_names_applet_serial_and_iccsn(void **state)
{
	struct terminal *t = *state;
	uint8_t iccsn[21] = {0};
	char expected[64];

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 CA 01 16 00"), 0x9000);
	assert_int_equal(t->len, 6);
	assert_memory_equal(t->data, "\x04\x01\x01", 3);
	assert_int_equal(tx(t, "00 CA 01 14 00"), 0x9000);
	assert_int_equal(t->len, 8);
	assert_int_equal(tx(t, "00 CA 00 5A 00"), 0x9000);
	terminal_issuer(t, "iccsn", iccsn, 20);
	snprintf(expected, sizeof expected, "5A0A%s", (char *)iccsn);
	assert_true(answers(t, expected));
	assert_int_equal(tx(t, "00 CA 12 34 00"), 0x6A88);
}

static void
the_profile_marker_is_the_agent_adf(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 AD01"), 0x9000);
	assert_int_equal(t->len, 0);
	terminal_set(t, "profile-marker", "no");
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 AD01"), 0x6A82);
}

static void
a_foreign_card_has_no_pki_application(void **state)
{
	struct terminal *t = *state;

	terminal_set(t, "foreign", "yes");
	assert_int_equal(tx(t, PKI), 0x6A82);
}

static void
cplc_carries_the_production_date_as_yddd(void **state)
{
	struct terminal *t = *state;

	/* 2024-03-15 is day 75 */
	assert_int_equal(tx(t, "00 CA 9F 7F 00"), 0x9000);
	assert_int_equal(t->len, 45);
	assert_memory_equal(t->data, "\x9F\x7F\x2A", 3);
	assert_memory_equal(t->data + 3 + 10, "\x40\x75", 2);
	terminal_set(t, "production", "2023-10-12");
	assert_int_equal(tx(t, "00 CA 9F 7F 00"), 0x9000);
	assert_memory_equal(t->data + 3 + 10, "\x32\x85", 2);
	terminal_set(t, "production", "unknown");
	assert_int_equal(tx(t, "00 CA 9F 7F 00"), 0x9000);
	assert_memory_equal(t->data + 3 + 10, "\x00\x00", 2);
}

static void
globalplatforms_class_works_until_the_first_select(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "80 CA 9F 7F 00"), 0x9000);
	assert_int_equal(tx(t, "80 A4 04 00 00"), 0x6E00);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "80 CA 9F 7F 00"), 0x6E00);
	assert_int_equal(tx(t, "00 CA 9F 7F 00"), 0x9000);
	terminal_reset(t);
	assert_int_equal(tx(t, "80 CA 9F 7F 00"), 0x9000);
}

static void
every_source_of_the_iccsn_can_be_read_and_taken_away(void **state)
{
	struct terminal *t = *state;
	uint8_t gdo[32];

	assert_int_equal(tx(t, "00 CA 00 5A 00"), 0x9000);
	memcpy(gdo, t->data, 12);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 B0 9C 00 0C"), 0x9000);
	assert_memory_equal(t->data, gdo, 12);
	assert_int_equal(tx(t, "00 A4 00 0C 02 2F02"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 0C"), 0x9000);
	assert_memory_equal(t->data, gdo, 12);
	terminal_set(t, "iccsn-get-data", "no");
	terminal_set(t, "ef-gdo", "no");
	assert_int_equal(tx(t, "00 CA 00 5A 00"), 0x6A88);
	assert_int_equal(tx(t, "00 A4 00 0C 02 2F02"), 0x6A82);
	assert_int_equal(tx(t, "00 B0 9C 00 0C"), 0x6A82);
}

static void
fcp_of_an_ef_has_size_descriptor_and_fid(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 00 02 C011 00"), 0x9000);
	assert_true(
		answers(t, "62 0E 80 02 0C00 82 01 01 83 02 C011 8A 01 05"));
	assert_int_equal(tx(t, "00 A4 00 00 02 3F00 00"), 0x9000);
	assert_true(answers(t, "62 0A 82 01 38 83 02 3F00 8A 01 03"));
}

static void
selection_looks_into_df_children_siblings_and_mf(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 A4 00 0C 02 011D"), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 5031"), 0x6A82);
	assert_int_equal(tx(t, AGENT), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 0101"), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 2F00"), 0x9000);
	/* that left ADF Agent */
	assert_int_equal(tx(t, "00 A4 00 0C 02 0101"), 0x6A82);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 5031"), 0x9000);
	assert_int_equal(tx(t, AGENT), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 5031"), 0x6A82);
	assert_int_equal(tx(t, "00 A4 00 0C"), 0x9000);
	assert_int_equal(tx(t, "00 A4 03 0C"), 0x6A82);
}

static void
paths_start_below_the_mf_and_never_reach_pki(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 A4 08 0C 02 011D"), 0x9000);
	assert_int_equal(tx(t, "00 A4 08 0C 04 AD010101"), 0x9000);
	assert_int_equal(tx(t, "00 A4 08 0C 04 3F00011D"), 0x6A82);
	assert_int_equal(tx(t, "00 A4 08 0C 02 5031"), 0x6A82);
	assert_int_equal(tx(t, "00 A4 08 0C 04 011D0101"), 0x6A82);
	assert_int_equal(tx(t, "00 A4 08 0C 03 011D01"), 0x6700);
	assert_int_equal(tx(t, "00 A4 09 0C 02 0102"), 0x9000);
	assert_int_equal(tx(t, "00 A4 07 0C 02 0102"), 0x6A86);
	assert_int_equal(tx(t, "00 A4 00 01 02 011D"), 0x6A86);
}

static void
a_failed_select_leaves_the_current_file(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 5031"), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 1234"), 0x6A82);
	assert_int_equal(tx(t, "00 B0 00 00 01"), 0x9000);
	assert_true(answers(t, "A8"));
}

static void
read_binary_ends_with_the_file(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 B0 00 00 00"), 0x6986);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 C016"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 04"), 0x9000);
	assert_true(answers(t, "00000000"));
	assert_int_equal(tx(t, "00 B0 0B FE 04"), 0x6282);
	assert_true(answers(t, "0000"));
	assert_int_equal(tx(t, "00 B0 0C 00 01"), 0x6B00);
	assert_int_equal(tx(t, "00 B0 0C 01 01"), 0x6B00);
	assert_int_equal(tx(t, "00 B0 00 00 00 00 00"), 0x6282);
	assert_int_equal(t->len, 3072);
	assert_int_equal(tx(t, "00 B0 00 00 00 01 00"), 0x9000);
	assert_int_equal(t->len, 256);
}

static void
agent_files_are_read_by_short_identifier(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, AGENT), 0x9000);
	assert_int_equal(tx(t, "00 B0 81 00 02"), 0x9000);
	assert_int_equal(tx(t, "00 B0 82 FF 02"), 0x6282);
	assert_int_equal(t->len, 1);
	assert_int_equal(tx(t, "00 B0 83 00 02"), 0x6A82);
	assert_int_equal(tx(t, "00 B0 80 00 02"), 0x6A86);
}

static void
plain_writing_is_refused(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 7002"), 0x9000);
	assert_int_equal(tx(t, "00 D6 00 00 01 30"), 0x6982);
	assert_string_equal(t->trace.name, "directory-write");
	assert_int_equal(tx(t, "00 A4 00 0C 02 2F00"), 0x9000);
	assert_int_equal(tx(t, "00 D6 00 00 01 30"), 0x6982);
	assert_int_equal(tx(t, "00 44 00 00"), 0x6982);
	assert_int_equal(tx(t, "00 47 00 00 05 7003BF9011 00"), 0x6982);
	assert_int_equal(tx(t, "00 DB 3F FF 06 7004BF901100"), 0x6982);
	assert_string_equal(t->trace.name, "delete");
}

static void
a_blank_card_has_only_the_transport_pin(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x6984);
	assert_int_equal(tx(t, "00 20 00 82"), 0x6984);
	assert_int_equal(tx(t, "00 20 00 06"), 0x6984);
	assert_int_equal(tx(t, "00 20 00 04"), 0x63C3);
	assert_string_equal(t->trace.name, "pin-status");
	assert_int_equal(tx(t, "00 24 01 01 04 31323334"), 0x6982);
	assert_int_equal(tx(t, "00 20 00 33"), 0x6A88);
	assert_int_equal(tx(t, "00 20 01 01"), 0x6A86);
}

static void
an_activated_card_has_no_transport_pin(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 20 00 04"), 0x6984);
	assert_int_equal(verify(t, 4, "12345678"), 0x6984);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(tx(t, "00 20 00 82"), 0x63C3);
	assert_int_equal(tx(t, "00 20 00 06"), 0x63C5);
	assert_int_equal(tx(t, "00 44 00 00"), 0x6985);
}

static void
a_pin_set_before_activation_has_tries_but_no_use(void **state)
{
	struct terminal *t = *state;
	uint8_t pin[16] = {0};

	terminal_issuer(t, "transport-pin", pin, 8);
	assert_int_equal(verify(t, 4, (char *)pin), 0x9000);
	assert_int_equal(tx(t, "00 24 01 01 04 31323334"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(verify(t, 1, "1234"), 0x6985);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(tx(t, "00 24 01 04 04 31323334"), 0x6985);
}

static void
wrong_pins_count_down_and_block(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(verify(t, 1, "9999"), 0x63C2);
	assert_int_equal(verify(t, 1, "12345"), 0x63C1);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x9000);
	assert_int_equal(verify(t, 1, "9999"), 0x63C2);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C2);
	assert_int_equal(verify(t, 1, "9999"), 0x63C1);
	assert_int_equal(verify(t, 1, "9999"), 0x63C0);
	assert_int_equal(verify(t, 1, "1234"), 0x6983);
	assert_int_equal(tx(t, "00 20 00 01"), 0x6983);
	terminal_reset(t);
	assert_int_equal(tx(t, "00 20 00 01"), 0x6983);
}

static void
global_pins_last_until_reset_local_ones_as_pki(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 20 00 82"), 0x6A88);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(verify(t, 0x82, "567890"), 0x9000);
	assert_int_equal(verify(t, 0x01, "1234"), 0x9000);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 A4 00 0C 02 7002"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 82"), 0x9000);
	assert_int_equal(tx(t, AGENT), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x9000);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 20 00 82"), 0x63C3);
	terminal_reset(t);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
}

static void
logout_drops_the_pin(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 20 FF 01"), 0x9000);
	assert_string_equal(t->trace.name, "logout");
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
}

static void
a_known_pin_takes_a_new_value_and_stays_known(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 24 01 01 04 34333231"), 0x6982);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 24 01 01 03 343332"), 0x6A80);
	assert_int_equal(
		tx(t, "00 24 01 01 11 3132333435363738393031323334353637"),
		0x6A80);
	assert_int_equal(tx(t, "00 24 01 01"), 0x6A80);
	assert_int_equal(tx(t, "00 24 01 01 04 34333231"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x9000);
	assert_int_equal(verify(t, 1, "4321"), 0x9000);
	assert_int_equal(tx(t, "00 24 00 01 08 3433323131323334"), 0x6A86);
	assert_int_equal(tx(t, "00 24 01 06 04 34333231"), 0x6985);
}

static void
the_puk_opens_a_pin_for_one_new_value(void **state)
{
	struct terminal *t = *state;
	uint8_t puk[16] = {0};

	terminal_issuer(t, "puk", puk, 8);
	assert_int_equal(tx(t, "00 2C 03 01"), 0x6982);
	verify(t, 1, "0000");
	verify(t, 1, "0000");
	assert_int_equal(verify(t, 1, "0000"), 0x63C0);
	assert_int_equal(verify(t, 6, (char *)puk), 0x9000);
	assert_int_equal(tx(t, "00 2C 03 01"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(tx(t, "00 24 01 01 04 34343434"), 0x9000);
	assert_int_equal(tx(t, "00 24 01 01 04 35353535"), 0x6982);
	assert_int_equal(verify(t, 1, "4444"), 0x9000);
	/* and any 2C makes it unknown again */
	assert_int_equal(tx(t, "00 2C 03 01"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(tx(t, "00 2C 03 06"), 0x6985);
	assert_int_equal(tx(t, "00 2C 01 01"), 0x6A86);
}

static void
an_opened_pin_is_closed_by_reset(void **state)
{
	struct terminal *t = *state;
	uint8_t puk[16] = {0};

	terminal_issuer(t, "puk", puk, 8);
	assert_int_equal(verify(t, 6, (char *)puk), 0x9000);
	assert_int_equal(tx(t, "00 2C 03 01"), 0x9000);
	terminal_reset(t);
	assert_int_equal(tx(t, "00 24 01 01 04 35353535"), 0x6982);
}

static void
the_puk_has_five_tries(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(verify(t, 6, "0"), 0x63C4);
	verify(t, 6, "0");
	verify(t, 6, "0");
	verify(t, 6, "0");
	assert_int_equal(verify(t, 6, "0"), 0x63C0);
	assert_int_equal(verify(t, 6, "0"), 0x6983);
}

static void
a_terminated_card_only_shows_itself(void **state)
{
	struct terminal *t = *state;

	terminal_set(t, "life-cycle", "terminated");
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(t->data[t->len - 1], 0x0C);
	assert_int_equal(tx(t, "00 A4 00 0C 02 5031"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 01"), 0x9000);
	assert_int_equal(tx(t, "00 CA 01 16 00"), 0x9000);
	assert_int_equal(verify(t, 1, "1234"), 0x6985);
	assert_int_equal(tx(t, "00 20 00 01"), 0x6985);
	assert_int_equal(tx(t, "00 84 00 00 08"), 0x6985);
	assert_int_equal(
		tx(t, "00 22 41 A4 0C 80 0A 04007F00070202030204"), 0x6985);
	assert_int_equal(tx(t, "00 44 00 00"), 0x6985);
}

static void
classes_and_lengths_that_the_card_does_not_know(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "01 A4 00 0C"), 0x6881);
	assert_int_equal(tx(t, "04 A4 00 0C"), 0x6882);
	assert_int_equal(tx(t, "08 A4 00 0C"), 0x6882);
	assert_int_equal(tx(t, "20 A4 00 0C"), 0x6E00);
	assert_int_equal(tx(t, "FF A4 00 0C"), 0x6E00);
	assert_int_equal(tx(t, "00 FE 00 00"), 0x6D00);
	assert_int_equal(tx(t, "00 A4 00"), 0x6700);
	assert_int_equal(tx(t, "00 A4 00 0C 02 01"), 0x6700);
	assert_int_equal(tx(t, "00 A4 00 0C 02 011D 00 00"), 0x6700);
	assert_int_equal(tx(t, "00 A4 00 0C 00 00 02 01"), 0x6700);
	assert_int_equal(tx(t, "0C A4 00 0C"), 0x6988);
	assert_int_equal(tx(t, "00 C0 00 00 00"), 0x6985);
}

static void
extended_length_can_be_switched_off(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 A4 00 0C 02 011D"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 00 04 00"), 0x9000);
	assert_int_equal(t->len, 1024);
	terminal_set(t, "extended-length", "no");
	assert_int_equal(tx(t, "00 B0 00 00 00 04 00"), 0x6700);
	assert_int_equal(tx(t, "00 B0 00 00 00"), 0x9000);
	assert_int_equal(t->len, 256);
}

static void
what_does_not_fit_is_fetched_by_get_response(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 A4 04 00 0A E828BD080F014E585030"), 0x6114);
	assert_int_equal(tx(t, "00 C0 00 00 04"), 0x6110);
	assert_true(answers(t, "62 12 82 01"));
	assert_int_equal(tx(t, "00 C0 00 00 10"), 0x9000);
	assert_int_equal(t->len, 16);
	assert_string_equal(t->trace.name, "get-response");
	assert_int_equal(tx(t, "00 C0 00 00 10"), 0x6985);
	/* any other command drops it */
	assert_int_equal(tx(t, "00 A4 04 00 0A E828BD080F014E585030"), 0x6114);
	assert_int_equal(tx(t, "00 20 00 04"), 0x63C3);
	assert_int_equal(tx(t, "00 C0 00 00 14"), 0x6985);
}

static void
plain_chains_are_put_together(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "10 A4 04 00 05 E828BD080F"), 0x9000);
	assert_false(t->trace.executed);
	assert_int_equal(tx(t, "00 A4 04 00 05 014E585030 00"), 0x9000);
	assert_true(t->trace.executed);
	assert_int_equal(t->trace.plain_lc, 10);
	assert_int_equal(tx(t, "10 A4 04 00 05 E828BD080F"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 04"), 0x6883);
	assert_false(t->trace.executed);
	assert_int_equal(tx(t, "00 20 00 04"), 0x63C3);
}

static void
an_old_applet_does_not_chain(void **state)
{
	struct terminal *t = *state;

	terminal_set(t, "applet-version", "4.1.0");
	assert_int_equal(tx(t, "10 A4 04 00 05 E828BD080F"), 0x6884);
	terminal_set(t, "applet-version", "4.2.0");
	assert_int_equal(tx(t, "10 A4 04 00 05 E828BD080F"), 0x9000);
}

static void
a_chain_holds_8192_bytes(void **state)
{
	struct terminal *t = *state;
	uint8_t link[5 + 255] = {0x10, 0xD6, 0x00, 0x00, 0xFF};
	size_t i;

	for (i = 0; i < 8192 / 255; i++)
		assert_int_equal(tx_bytes(t, link, sizeof link), 0x9000);
	assert_int_equal(tx_bytes(t, link, sizeof link), 0x6700);
	/* the chain is gone */
	assert_int_equal(tx(t, "00 20 00 04"), 0x63C3);
}

static void
the_state_survives_closing_and_is_private(void **state)
{
	struct terminal *t = *state;
	struct stat st;
	char path[128];

	assert_int_equal(verify(t, 4, "000"), 0x63C2);
	terminal_reopen(t);
	terminal_reset(t);
	assert_int_equal(tx(t, "00 20 00 04"), 0x63C2);
	snprintf(path, sizeof path, "%s/card.json", t->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof path, "%s/session", t->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof path, "%s/issuer/puk", t->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof path, "%s/card.json.new", t->dir);
	assert_int_equal(stat(path, &st), -1);
}

static void
two_handles_share_the_volatile_state(void **state)
{
	struct terminal *t = *state;
	struct terminal other = {0};

	memcpy(other.dir, t->dir, sizeof other.dir);
	terminal_reopen(&other);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(&other, "00 20 00 01"), 0x9000);
	assert_int_equal(verify(&other, 1, "9999"), 0x63C2);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C2);
	vcard_close(other.card);
}

static void
nothing_unchanged_is_written(void **state)
{
	struct terminal *t = *state;
	struct stat before, after;
	char path[128];

	snprintf(path, sizeof path, "%s/card.json", t->dir);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(verify(t, 1, "9999"), 0x63C2);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
}

static void
die(void)
{
	_exit(9);
}

/* In a child: the power goes between the temporary file and the rename. */
static void
power_loss_before_the_rename_leaves_the_old_state(void **state)
{
	struct terminal *t = *state;
	int status = 0;
	pid_t child;

	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		terminal_reopen(t);
		vcard_before_rename = die;
		verify(t, 6, "9999");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 9);
	/* no try lost, and what the session knew is gone */
	assert_int_equal(tx(t, "00 20 00 06"), 0x63C5);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	terminal_reopen(t);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
}

static void
a_card_that_cannot_be_written_reports_it_and_forgets(void **state)
{
	struct terminal *t = *state;
	struct jcop_blob response = JCOP_BLOB_INIT;
	static const uint8_t wrong[] = {
		0x00, 0x20, 0x00, 0x01, 0x04, 0x39, 0x39, 0x39, 0x39};
	char path[128];

	/* a directory in the way of the temporary file */
	snprintf(path, sizeof path, "%s/card.json.new", t->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(vcard_transmit(t->card, JCOP_BYTES(wrong), &response,
				 &t->trace),
		JCOP_ERR_NOT_FOUND);
	assert_int_equal(response.len, 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	jcop_blob_free(&response);
}

static void
a_removed_directory_cannot_be_locked(void **state)
{
	struct terminal *t = *state;
	char command[200];

	snprintf(command, sizeof command, "mv '%s' '%s.gone'", t->dir, t->dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(vcard_lock(t->card), JCOP_ERR_NOT_FOUND);
	snprintf(command, sizeof command, "mv '%s.gone' '%s'", t->dir, t->dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(vcard_lock(t->card), JCOP_OK);
	vcard_unlock(t->card);
}

static void
two_handles_of_one_process_exclude_each_other(void **state)
{
	struct terminal *t = *state;
	struct terminal other = {0};
	int status = 0;
	pid_t child;

	memcpy(other.dir, t->dir, sizeof other.dir);
	assert_int_equal(vcard_lock(t->card), JCOP_OK);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* the lock that this handle waits for is held by a handle of
		 * the same process: the alarm has to come first */
		terminal_reopen(&other);
		alarm(1);
		_exit(vcard_lock(other.card) == JCOP_OK ? 1 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	vcard_unlock(t->card);
}

static void
traces_of_random_commands_hold_and_nothing_crashes(void **state)
{
	struct terminal *t = *state;
	static const uint8_t ins[] = {0x20, 0x22, 0x24, 0x2A, 0x2C, 0x44, 0x47,
		0x82, 0x84, 0x86, 0xA4, 0xB0, 0xC0, 0xCA, 0xD6, 0xDB};
	static const uint8_t cla[] = {0x00, 0x00, 0x00, 0x0C, 0x10, 0x1C};
	uint8_t command[64];
	unsigned int seed = 1;
	size_t i, j, len;

	for (i = 0; i < 4000; i++) {
		len = (size_t)rand_r(&seed) % sizeof command;
		for (j = 0; j < len; j++)
			command[j] = (uint8_t)rand_r(&seed);
		if (len > 4) {
			command[0] = cla[rand_r(&seed) % 6];
			command[1] = ins[rand_r(&seed) % 16];
			command[2] &= (uint8_t)(i % 3 == 0 ? 0xFF : 0x41);
			command[4] = (uint8_t)(len - 5);
		}
		tx_bytes(t, command, len);
		assert_true(t->trace.sw != 0);
		assert_true(t->trace.name[0] != '\0');
	}
}

#define BLANK(test) cmocka_unit_test_setup_teardown(test, blank_card, end)
#define ACTIVATED(test) \
	cmocka_unit_test_setup_teardown(test, activated_card, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BLANK(the_atr_is_that_of_the_description),
		BLANK(select_pki_answers_an_fcp_with_aid_and_life_cycle),
		BLANK(get_data_names_applet_serial_and_iccsn),
		BLANK(the_profile_marker_is_the_agent_adf),
		BLANK(a_foreign_card_has_no_pki_application),
		BLANK(cplc_carries_the_production_date_as_yddd),
		BLANK(globalplatforms_class_works_until_the_first_select),
		BLANK(every_source_of_the_iccsn_can_be_read_and_taken_away),
		BLANK(fcp_of_an_ef_has_size_descriptor_and_fid),
		BLANK(selection_looks_into_df_children_siblings_and_mf),
		BLANK(paths_start_below_the_mf_and_never_reach_pki),
		BLANK(a_failed_select_leaves_the_current_file),
		BLANK(read_binary_ends_with_the_file),
		BLANK(agent_files_are_read_by_short_identifier),
		BLANK(plain_writing_is_refused),
		BLANK(a_blank_card_has_only_the_transport_pin),
		ACTIVATED(an_activated_card_has_no_transport_pin),
		BLANK(a_pin_set_before_activation_has_tries_but_no_use),
		ACTIVATED(wrong_pins_count_down_and_block),
		ACTIVATED(global_pins_last_until_reset_local_ones_as_pki),
		ACTIVATED(logout_drops_the_pin),
		ACTIVATED(a_known_pin_takes_a_new_value_and_stays_known),
		ACTIVATED(the_puk_opens_a_pin_for_one_new_value),
		ACTIVATED(an_opened_pin_is_closed_by_reset),
		ACTIVATED(the_puk_has_five_tries),
		ACTIVATED(a_terminated_card_only_shows_itself),
		BLANK(classes_and_lengths_that_the_card_does_not_know),
		BLANK(extended_length_can_be_switched_off),
		BLANK(what_does_not_fit_is_fetched_by_get_response),
		BLANK(plain_chains_are_put_together),
		BLANK(an_old_applet_does_not_chain),
		BLANK(a_chain_holds_8192_bytes),
		BLANK(the_state_survives_closing_and_is_private),
		ACTIVATED(two_handles_share_the_volatile_state),
		ACTIVATED(nothing_unchanged_is_written),
		ACTIVATED(power_loss_before_the_rename_leaves_the_old_state),
		ACTIVATED(a_card_that_cannot_be_written_reports_it_and_forgets),
		BLANK(a_removed_directory_cannot_be_locked),
		BLANK(two_handles_of_one_process_exclude_each_other),
		ACTIVATED(traces_of_random_commands_hold_and_nothing_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
