/*
 * test_vcard_channel.c: chip authentication, secure messaging and role
 * authentication of the virtual card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vcard-terminal.h"

#define PKI "00 A4 04 00 0A E828BD080F014E585030 00"
#define AGENT_SM "0CA4000C", "AD01", -1
#define MSE_CA "00 22 41 A4 0F 80 0A 04007F00070202030204 84 01 01"

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
every_cipher_curve_and_version_opens_a_channel(void **state)
{
	static const enum jcop_curve curves[] = {JCOP_CURVE_P256,
		JCOP_CURVE_BP256, JCOP_CURVE_P384, JCOP_CURVE_BP384,
		JCOP_CURVE_BP512, JCOP_CURVE_P521};
	unsigned int cipher, version;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof curves / sizeof *curves; i++)
		for (cipher = 2; cipher <= 4; cipher++) {
			struct vcard_persona_options options = {
				.curve = curves[i],
				.aes_bits = 64 + 64 * (cipher - 1),
				.ca_version = version = 1 + (i + cipher) % 2,
			};
			struct terminal *t = terminal_new(&options);

			assert_true(terminal_chip_auth(t, cipher, version));
			assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
			assert_int_equal(t->len, 6);
			assert_true(t->trace.secured && t->trace.mac_verified);
			terminal_free(t);
		}
}

static void
the_other_version_can_be_answered(void **state)
{
	struct terminal *t = *state;

	terminal_set(t, "ca-answer-version", "1");
	assert_true(terminal_chip_auth(t, 4, 1));
	terminal_set(t, "ca-answer-version", "same");
	assert_true(terminal_chip_auth(t, 4, 2));
}

static void
a_copied_card_file_gives_a_wrong_token(void **state)
{
	struct terminal *t = *state;

	terminal_set(t, "chip-key-mismatch", "yes");
	assert_false(terminal_chip_auth(t, 4, 2));
}

static void
chip_authentication_refuses_what_it_does_not_know(void **state)
{
	struct terminal *t = *state;
	char point[200] = "00 86 00 00 45 7C 43 80 41 04";
	size_t i;

	assert_int_equal(tx(t, "00 86 00 00 04 7C028000 00"), 0x6985);
	/* AES-128 is not in the card's file */
	assert_int_equal(
		tx(t, "00 22 41 A4 0F 80 0A 04007F00070202030202 84 01 01"),
		0x6A80);
	assert_int_equal(
		tx(t, "00 22 41 A4 0F 80 0A 04007F00070202030204 84 01 02"),
		0x6A88);
	assert_int_equal(tx(t, "00 22 41 A4 03 84 01 01"), 0x6A80);
	/* key ids are numbers, and may be absent */
	assert_int_equal(
		tx(t, "00 22 41 A4 10 80 0A 04007F00070202030204 84 02 0001"),
		0x9000);
	assert_int_equal(
		tx(t, "00 22 41 A4 0C 80 0A 04007F00070202030204"), 0x9000);
	/* a point that is none */
	for (i = 0; i < 64; i++)
		strcat(point, "11");
	assert_int_equal(tx(t, point), 0x6A80);
	/* and the choice is used up */
	assert_int_equal(tx(t, point), 0x6985);
	assert_int_equal(tx(t, MSE_CA), 0x9000);
	assert_int_equal(tx(t, "00 86 00 00 04 7C028000 00"), 0x6A80);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x6988);
}

static void
errors_inside_are_protected_and_keep_the_channel(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0CCA1234", "", 0), 0x6A88);
	assert_int_equal(t->len, 0);
	assert_int_equal(sm(t, "0CFE0000", "", 0), 0x6D00);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6982);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
}

static void
a_protected_select_keeps_the_channel(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0CA40400", "E828BD080F014E585030", 0), 0x9000);
	assert_int_equal(t->data[0], 0x62);
	assert_int_equal(sm(t, AGENT_SM), 0x9000);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
}

/* Sends a protected GET DATA that CHANGE has spoiled. */
static uint16_t
send_spoiled(struct terminal *t, size_t at, uint8_t change)
{
	static const uint8_t header[] = {0x0C, 0xCA, 0x01, 0x16};
	uint8_t command[300];
	size_t len = sm_wrap(t, header, NULL, 0, 0, false, command);

	command[at] ^= change;
	return tx_bytes(t, command, len);
}

static void
expect_closed(struct terminal *t)
{
	assert_int_equal(t->len, 0);
	assert_false(t->trace.executed);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x6988);
}

static void
an_altered_command_ends_the_channel(void **state)
{
	/* P1, P2, tag and value of DO 97, tag of the MAC, its value */
	static const struct {
		size_t at;
		uint16_t sw;
	} cases[] = {{2, 0x6988}, {3, 0x6988}, {7, 0x6988}, {8, 0x6988},
		{10, 0x6988}, {17, 0x6988}};
	struct terminal *t = *state;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(terminal_chip_auth(t, 4, 2));
		assert_int_equal(
			send_spoiled(t, cases[i].at, 0x01), cases[i].sw);
		assert_false(t->trace.mac_verified);
		expect_closed(t);
	}
}

static void
a_missing_mac_is_6987(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(tx(t, "0C CA 01 16 03 970100 00"), 0x6987);
	expect_closed(t);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(tx(t, "0C CA 01 16"), 0x6987);
	expect_closed(t);
}

static void
data_objects_in_another_order_or_twice_are_6988(void **state)
{
	static const char *const bad[] = {
		"0C CA 01 16 0D 8E081122334455667788 970100 00",
		"0C CA 01 16 10 970100 970100 8E081122334455667788 00",
		"0C CA 01 16 0D 990290 00 8E081122334455667788",
		"0C CA 01 16 0E 85021122 8E081122334455667788 00",
		"0C CA 01 16 02 8E08 00",
	};
	struct terminal *t = *state;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint16_t sw;

		assert_true(terminal_chip_auth(t, 4, 2));
		sw = tx(t, bad[i]);
		if (i != 2)
			assert_int_equal(sw, 0x6988);
		expect_closed(t);
	}
}

static void
a_replayed_command_ends_the_channel(void **state)
{
	static const uint8_t header[] = {0x0C, 0xCA, 0x01, 0x16};
	struct terminal *t = *state;
	uint8_t command[300];
	uint16_t sw = 0;
	size_t len;

	assert_true(terminal_chip_auth(t, 4, 2));
	len = sm_wrap(t, header, NULL, 0, 0, false, command);
	assert_int_equal(tx_bytes(t, command, len), 0x9000);
	assert_true(sm_unwrap(t, 0xCA, &sw));
	assert_int_equal(tx_bytes(t, command, len), 0x6988);
	expect_closed(t);
}

static void
a_plain_command_is_executed_and_ends_the_channel(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(tx(t, "00 CA 01 16 00"), 0x9000);
	assert_int_equal(t->len, 6);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x6988);
}

static void
a_class_error_ends_the_channel(void **state)
{
	static const char *const commands[] = {"01 CA 01 16 00",
		"08 CA 01 16 00", "80 CA 9F 7F 00", "00 CA 01"};
	static const uint16_t sw[] = {0x6881, 0x6882, 0x6E00, 0x6700};
	struct terminal *t = *state;
	size_t i;

	assert_int_equal(tx(t, PKI), 0x9000);
	for (i = 0; i < 4; i++) {
		assert_true(terminal_chip_auth(t, 4, 2));
		assert_int_equal(tx(t, commands[i]), sw[i]);
		assert_int_equal(sm(t, "0CCA0116", "", 0), 0x6988);
	}
}

static void
a_reset_ends_the_channel(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	terminal_reset(t);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x6988);
}

static void
long_answers_are_protected_whole_and_fetched(void **state)
{
	struct terminal *t = *state;
	uint8_t plain[1024];

	assert_int_equal(tx(t, "00 A4 00 0C 02 011D"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 00 04 00"), 0x9000);
	memcpy(plain, t->data, sizeof plain);
	assert_true(terminal_chip_auth(t, 4, 2));
	/* the file stays current; Le of two bytes in a short command */
	assert_int_equal(sm(t, "0CB00000", "", 1024), 0x9000);
	assert_int_equal(t->len, 1024);
	assert_memory_equal(t->data, plain, sizeof plain);
	assert_int_equal(sm(t, "0CB00000", "", 0), 0x9000);
	assert_int_equal(t->len, 256);
	assert_int_equal(sm(t, "0CB00FF0", "", 0x20), 0x6282);
	assert_int_equal(t->len, 16);
}

static void
get_response_is_no_command_of_the_channel(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(tx(t, "00 C0 00 00 00"), 0x6985);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
}

static void
payload_of_a_short_command_is_223_and_239(void **state)
{
	static const uint8_t header[] = {0x0C, 0xA4, 0x00, 0x0C};
	struct terminal *t = *state;
	uint8_t data[239] = {0}, command[300];
	size_t len;
	uint16_t sw = 0;

	assert_true(terminal_chip_auth(t, 4, 2));
	len = sm_wrap(t, header, data, 223, 0, false, command);
	assert_int_equal(tx_bytes(t, command, len), 0x6700);
	assert_true(sm_unwrap(t, 0xA4, &sw));
	len = sm_wrap(t, header, data, 239, -1, false, command);
	assert_int_equal(tx_bytes(t, command, len), 0x6700);
	assert_true(sm_unwrap(t, 0xA4, &sw));
	assert_int_equal(sw, 0x6700);
	assert_int_equal(t->trace.plain_lc, 239);
}

static void
a_role_needs_its_key_set_and_counts_15_tries(void **state)
{
	struct terminal *t = *state;
	unsigned int i;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(role(t, "sk_admin", 0x11, true, true), 0x63CE);
	assert_int_equal(role(t, "sk_unblk_pin", 0x11, true, false), 0x63CD);
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x9000);
	for (i = 15; i > 0; i--)
		assert_int_equal(
			role(t, "sk_admin", 0x11, true, true), 0x63C0 + i - 1);
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x6983);
	terminal_reset(t);
	assert_int_equal(role(t, "sk_admin", 0x11, false, false), 0x6983);
}

static void
a_wrong_key_set_value_costs_one_try(void **state)
{
	struct terminal *t = *state;

	terminal_set(t, "wrong-sk_admin", "yes");
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x63CE);
	terminal_set(t, "wrong-sk_admin", "no");
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x9000);
}

static void
one_challenge_serves_one_external_authenticate(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 82 00 00 01 00"), 0x6985);
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830111"), 0x9000);
	assert_int_equal(tx(t, "00 82 00 00 01 00"), 0x6985);
	assert_int_equal(tx(t, "00 84 00 00 07"), 0x6700);
	assert_int_equal(tx(t, "00 84 00 00 08"), 0x9000);
	assert_int_equal(t->len, 8);
	assert_int_equal(tx(t, "00 82 00 00 01 00"), 0x6700);
	assert_int_equal(tx(t, "00 82 00 00 01 00"), 0x6985);
	/* a challenge of the other algorithms' length */
	assert_int_equal(tx(t, "00 84 00 00 10"), 0x9000);
	assert_int_equal(tx(t, "00 82 00 00 01 00"), 0x6985);
	/* no try was lost */
	assert_int_equal(role(t, "sk_admin", 0x11, false, true), 0x63CE);
}

static void
references_are_global_or_of_the_current_adf(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830191"), 0x6A88);
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830113"), 0x6A88);
	assert_int_equal(tx(t, "00 22 81 A4 06 80011E 830111"), 0x6A80);
	assert_int_equal(tx(t, "00 22 81 A4 03 830111"), 0x6A80);
	assert_int_equal(tx(t, "00 A4 00 0C 02 AD01"), 0x9000);
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830191"), 0x9000);
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830111"), 0x9000);
}

static void
flawed_cards_have_no_key_set_for_files(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, "00 A4 00 0C 02 AD01"), 0x9000);
	terminal_set(t, "production", "2023-10-11");
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830191"), 0x6A88);
	terminal_set(t, "production", "2023-10-12");
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830191"), 0x9000);
	terminal_set(t, "production", "unknown");
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830191"), 0x9000);
}

static void
a_role_gained_plain_does_not_count_inside(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(role(t, "sk_admin", 0x11, false, false), 0x9000);
	assert_int_equal(tx(t, "00 47 00 00 05 7003BF9011 00"), 0x6982);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0C470000", "7003BF9011", 0), 0x6982);
}

static void
a_role_ends_with_its_channel(void **state)
{
	struct terminal *t = *state;

	terminal_admin(t);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF901100", -1), 0x6982);
}

static void
a_second_chip_authentication_uses_the_old_keys(void **state)
{
	struct terminal *t = *state;

	terminal_admin(t);
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF901100", -1), 0x9000);
	assert_true(terminal_chip_auth_again(t));
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
	/* and ends all roles */
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF901100", -1), 0x6982);
}

static void
a_global_role_survives_selects_a_local_one_its_adf_only(void **state)
{
	struct terminal *t = *state;

	terminal_admin(t);
	assert_int_equal(sm(t, AGENT_SM), 0x9000);
	assert_int_equal(role(t, "sk_file_mgmt", 0x91, true, false), 0x9000);
	assert_int_equal(sm(t, "0CA4000C", "0102", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "70028000", -1), 0x9000);
	assert_int_equal(sm(t, "0CA4040C", "E828BD080F014E585030", -1), 0x9000);
	assert_int_equal(sm(t, "0CDB3FFF", "7004BF901100", -1), 0x9000);
	assert_int_equal(sm(t, AGENT_SM), 0x9000);
	assert_int_equal(sm(t, "0CA4000C", "0102", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "70028000", -1), 0x6982);
}

static void
ef_id_is_written_on_temporary_cards_only(void **state)
{
	struct terminal *t = *state;

	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, AGENT_SM), 0x9000);
	assert_int_equal(sm(t, "0CA4000C", "0101", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "70028000", -1), 0x6982);
	assert_int_equal(role(t, "sk_file_mgmt", 0x91, true, false), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "70028000", -1), 0x6985);
	terminal_set(t, "temporary", "yes");
	assert_int_equal(sm(t, "0CD60000", "70028000", -1), 0x9000);
	assert_string_equal(t->trace.name, "data-write");
	assert_int_equal(sm(t, "0CB00000", "", 5), 0x9000);
	assert_true(answers(t, "7002800000"));
	/* FILEMGMT is no ADMIN */
	assert_int_equal(sm(t, "0CA4040C", "E828BD080F014E585030", -1), 0x9000);
	assert_int_equal(sm(t, "0CA4000C", "7002", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "30", -1), 0x6982);
}

static void
admin_writes_directory_and_certificates_only(void **state)
{
	struct terminal *t = *state;

	terminal_admin(t);
	assert_int_equal(sm(t, "0CA4000C", "7004", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60FFF", "31", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60FFF", "3132", -1), 0x6A84);
	assert_int_equal(sm(t, "0CD61000", "31", -1), 0x6B00);
	assert_int_equal(sm(t, "0CD60000", "", -1), 0x6700);
	assert_int_equal(sm(t, "0CB00FFE", "", 2), 0x9000);
	assert_true(answers(t, "0031"));
	assert_int_equal(sm(t, "0CD60FFF", "00", -1), 0x9000);
	assert_int_equal(sm(t, "0CB00FFE", "", 2), 0x9000);
	assert_true(answers(t, "0000"));
	assert_int_equal(sm(t, "0CA4000C", "C022", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "30", -1), 0x9000);
	assert_string_equal(t->trace.name, "certificate-write");
	assert_int_equal(sm(t, "0CA4000C", "011D", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "30", -1), 0x6982);
	assert_int_equal(sm(t, AGENT_SM), 0x9000);
	assert_int_equal(sm(t, "0CA4000C", "0102", -1), 0x9000);
	assert_int_equal(sm(t, "0CD60000", "30", -1), 0x6982);
}

static void
fill(uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + 1);
}

static void
long_writes_come_extended_or_chained(void **state)
{
	static const uint8_t header[] = {0x0C, 0xD6, 0x00, 0x00};
	struct terminal *t = *state;
	uint8_t data[2500];

	fill(data, sizeof data);
	terminal_admin(t);
	assert_int_equal(sm(t, "0CA4000C", "C011", -1), 0x9000);
	assert_int_equal(sm_bytes(t, header, data, sizeof data, -1), 0x9000);
	assert_int_equal(sm(t, "0CB00000", "", 2500), 0x9000);
	assert_memory_equal(t->data, data, sizeof data);
	assert_int_equal(sm(t, "0CA4000C", "C012", -1), 0x9000);
	assert_int_equal(
		sm_chained(t, header, data, sizeof data, -1, 223), 0x9000);
	assert_int_equal(t->trace.plain_lc, sizeof data);
	assert_int_equal(sm(t, "0CB00000", "", 2500), 0x9000);
	assert_memory_equal(t->data, data, sizeof data);
}

static void
a_broken_chain_is_6883_and_writes_nothing(void **state)
{
	static const uint8_t first[] = {0x1C, 0xD6, 0x00, 0x00};
	static const uint8_t other[] = {0x0C, 0xD6, 0x00, 0x01};
	struct terminal *t = *state;
	uint8_t data[10] = {0x31};

	terminal_admin(t);
	assert_int_equal(sm(t, "0CA4000C", "C011", -1), 0x9000);
	assert_int_equal(sm_bytes(t, first, data, sizeof data, -1), 0x9000);
	assert_false(t->trace.executed);
	assert_int_equal(sm_bytes(t, other, data, sizeof data, -1), 0x6883);
	/* the channel lives */
	assert_int_equal(sm(t, "0CB00000", "", 2), 0x9000);
	assert_true(answers(t, "0000"));
	/* a plain end of a protected chain */
	assert_int_equal(sm_bytes(t, first, data, sizeof data, -1), 0x9000);
	assert_int_equal(tx(t, "00 D6 00 00 01 31"), 0x6883);
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x6988);
}

static uint16_t
verify_inside(struct terminal *t, const uint8_t *pin)
{
	static const uint8_t header[] = {0x0C, 0x20, 0x00, 0x04};

	return sm_bytes(t, header, pin, 8, -1);
}

static void
activation_needs_channel_role_and_all_pins(void **state)
{
	struct terminal *t = *state;
	uint8_t pin[16] = {0};

	terminal_issuer(t, "transport-pin", pin, 8);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6982);
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x9000);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6985);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(verify(t, 4, (char *)pin), 0x9000);
	terminal_admin(t);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6985);
	assert_int_equal(sm(t, "0C240101", "31323334", -1), 0x9000);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6985);
	assert_int_equal(sm(t, "0C240182", "31323334", -1), 0x9000);
	/* the transport PIN has to be known still */
	assert_int_equal(sm(t, "0C20FF04", "", -1), 0x9000);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6985);
	assert_int_equal(verify_inside(t, pin), 0x9000);
	assert_int_equal(sm(t, "0C440001", "", -1), 0x6A86);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x9000);
	assert_string_equal(t->trace.name, "activate");
	assert_true(t->trace.mac_verified);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x6985);
	assert_int_equal(sm(t, "0C200006", "", -1), 0x63C5);
	assert_int_equal(sm(t, "0C200004", "", -1), 0x6984);
	assert_int_equal(sm(t, "0C240101", "31323334", -1), 0x6982);
}

static void
sk_unblk_unblocks_plain_and_inside(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(tx(t, "00 2C 02 01 04 34343434"), 0x6982);
	verify(t, 1, "0000");
	verify(t, 1, "0000");
	assert_int_equal(verify(t, 1, "0000"), 0x63C0);
	assert_int_equal(role(t, "sk_unblk_pin", 0x12, false, false), 0x9000);
	assert_int_equal(tx(t, "00 2C 02 01 03 343434"), 0x6A80);
	assert_int_equal(tx(t, "00 2C 02 01 04 34343434"), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(verify(t, 1, "4444"), 0x9000);
	terminal_reset(t);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(role(t, "sk_unblk_pin", 0x12, true, false), 0x9000);
	assert_int_equal(sm(t, "0C2C0282", "353535", -1), 0x6A80);
	assert_int_equal(sm(t, "0C2C0282", "35353535", -1), 0x9000);
	/* plain, the role that was gained inside is gone */
	assert_int_equal(tx(t, "00 2C 02 82 04 36363636"), 0x6982);
	assert_int_equal(verify(t, 0x82, "5555"), 0x9000);
	/* ADMIN cannot */
	terminal_admin(t);
	assert_int_equal(sm(t, "0C2C0201", "35353535", -1), 0x6982);
}

static size_t
pick(unsigned int *seed, size_t count)
{
	return (size_t)rand_r(seed) % count;
}

static void
random_protected_commands_are_answered(void **state)
{
	static const uint8_t ins[] = {0x20, 0x22, 0x24, 0x2A, 0x2C, 0x44, 0x82,
		0x84, 0x86, 0xA4, 0xB0, 0xC0, 0xCA, 0xD6, 0xDB, 0x47};
	static const uint8_t p1p2[] = {
		0x00, 0x41, 0x81, 0x3F, 0xFF, 0xA4, 0xB6, 0xB8, 0x04};
	static const uint8_t tags[] = {0x70, 0xBF, 0x90, 0x7F, 0x48, 0x49, 0x80,
		0x82, 0x83, 0x84, 0x91, 0x92, 0x7C, 0x11, 0x02};
	struct terminal *t = *state;
	uint8_t header[4], data[48];
	unsigned int seed = 7;
	size_t i, j, len;

	terminal_admin(t);
	for (i = 0; i < 3000; i++) {
		header[0] = i % 5 == 0 ? 0x1C : 0x0C;
		header[1] = ins[pick(&seed, sizeof ins)];
		header[2] = p1p2[pick(&seed, sizeof p1p2)];
		header[3] = p1p2[pick(&seed, sizeof p1p2)];
		len = pick(&seed, sizeof data);
		for (j = 0; j < len; j++)
			data[j] = pick(&seed, 2) == 0
					  ? tags[pick(&seed, sizeof tags)]
					  : (uint8_t)pick(&seed, 8);
		/* checks the protection of whatever comes */
		sm_bytes(t, header, data, len, i % 2 == 0 ? 0 : -1);
		assert_true(t->trace.mac_verified ||
			    strcmp(t->trace.name, "get-response") == 0);
	}
}

static void
the_wire_shows_no_pin_in_the_trace(void **state)
{
	struct terminal *t = *state;
	const uint8_t *bytes = (const uint8_t *)&t->trace;
	size_t i;

	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	for (i = 0; i + 4 <= sizeof t->trace; i++)
		assert_memory_not_equal(bytes + i, "1234", 4);
}

#define BLANK(test) cmocka_unit_test_setup_teardown(test, blank_card, end)
#define ACTIVATED(test) \
	cmocka_unit_test_setup_teardown(test, activated_card, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_cipher_curve_and_version_opens_a_channel),
		BLANK(the_other_version_can_be_answered),
		BLANK(a_copied_card_file_gives_a_wrong_token),
		BLANK(chip_authentication_refuses_what_it_does_not_know),
		BLANK(errors_inside_are_protected_and_keep_the_channel),
		BLANK(a_protected_select_keeps_the_channel),
		BLANK(an_altered_command_ends_the_channel),
		BLANK(a_missing_mac_is_6987),
		BLANK(data_objects_in_another_order_or_twice_are_6988),
		BLANK(a_replayed_command_ends_the_channel),
		BLANK(a_plain_command_is_executed_and_ends_the_channel),
		BLANK(a_class_error_ends_the_channel),
		BLANK(a_reset_ends_the_channel),
		BLANK(long_answers_are_protected_whole_and_fetched),
		BLANK(get_response_is_no_command_of_the_channel),
		BLANK(payload_of_a_short_command_is_223_and_239),
		BLANK(a_role_needs_its_key_set_and_counts_15_tries),
		BLANK(a_wrong_key_set_value_costs_one_try),
		BLANK(one_challenge_serves_one_external_authenticate),
		BLANK(references_are_global_or_of_the_current_adf),
		BLANK(flawed_cards_have_no_key_set_for_files),
		BLANK(a_role_gained_plain_does_not_count_inside),
		BLANK(a_role_ends_with_its_channel),
		BLANK(a_second_chip_authentication_uses_the_old_keys),
		BLANK(a_global_role_survives_selects_a_local_one_its_adf_only),
		BLANK(ef_id_is_written_on_temporary_cards_only),
		BLANK(admin_writes_directory_and_certificates_only),
		BLANK(long_writes_come_extended_or_chained),
		BLANK(a_broken_chain_is_6883_and_writes_nothing),
		BLANK(activation_needs_channel_role_and_all_pins),
		BLANK(random_protected_commands_are_answered),
		ACTIVATED(sk_unblk_unblocks_plain_and_inside),
		ACTIVATED(the_wire_shows_no_pin_in_the_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
