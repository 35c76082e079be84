/*
 * test_vcard_dialects.c: personas, knobs, and the dialects that a description
 * can name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "vcard-terminal.h"

#define PKI "00 A4 04 00 0A E828BD080F014E585030 00"

static char described[64];

/* The compiled-in description with OLD replaced by NEW, in pairs, as a file;
 * returns its name. */
static const char *
describe(const char *const *pairs)
{
	char *text = strdup(jcop_description_default());
	FILE *file;
	int fd;

	for (; pairs[0] != NULL; pairs += 2) {
		char *at = strstr(text, pairs[0]), *changed;

		if (at == NULL)
			fail_msg("'%s' is not in the description", pairs[0]);
		*at = '\0';
		assert_true(asprintf(&changed, "%s%s%s", text, pairs[1],
				    at + strlen(pairs[0])) > 0);
		free(text);
		text = changed;
	}
	strcpy(described, "/tmp/vcard-description-XXXXXX");
	fd = mkstemp(described);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	free(text);
	return described;
}

static struct terminal *
card_of(const char *const *pairs, struct vcard_persona_options options)
{
	struct terminal *t;

	options.description = describe(pairs);
	t = terminal_new(&options);
	unlink(described);
	return t;
}

#define CARD(options, ...) \
	card_of((const char *const[]){__VA_ARGS__, NULL}, options)

static const struct vcard_persona_options plain_options;

static void
iso_pin_change_takes_both_values(void **state)
{
	struct terminal *t =
		CARD(plain_options, "change_pin = chipdoc", "change_pin = iso");

	(void)state;
	terminal_activate(t);
	assert_int_equal(tx(t, "00 24 00 01 08 3939393934333231"), 0x63C2);
	assert_int_equal(tx(t, "00 24 00 01 07 31323334343332"), 0x6A80);
	assert_int_equal(tx(t, "00 24 00 01 03 313233"), 0x6A80);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C2);
	assert_int_equal(tx(t, "00 24 00 01 08 3132333434333231"), 0x9000);
	assert_string_equal(t->trace.name, "pin-change");
	assert_int_equal(tx(t, "00 20 00 01"), 0x9000);
	assert_int_equal(tx(t, "00 24 01 01 04 31323334"), 0x6982);
	assert_int_equal(verify(t, 1, "4321"), 0x9000);
	terminal_free(t);
}

static void
iso_unblock_takes_puk_and_value(void **state)
{
	struct terminal *t = CARD(
		plain_options, "unblock_puk = chipdoc", "unblock_puk = iso");
	uint8_t command[5 + 12] = {0x00, 0x2C, 0x00, 0x01, 12};

	(void)state;
	terminal_activate(t);
	verify(t, 1, "0000");
	verify(t, 1, "0000");
	verify(t, 1, "0000");
	assert_int_equal(terminal_issuer(t, "puk", command + 5, 8), 8);
	memcpy(command + 13, "4444", 4);
	command[5] ^= 1;
	assert_int_equal(tx_bytes(t, command, sizeof command), 0x63C4);
	command[5] ^= 1;
	assert_int_equal(tx_bytes(t, command, sizeof command), 0x9000);
	assert_int_equal(tx(t, "00 20 00 01"), 0x63C3);
	assert_int_equal(tx(t, "00 20 00 06"), 0x63C5);
	assert_int_equal(verify(t, 1, "4444"), 0x9000);
	assert_int_equal(tx(t, "00 2C 03 01"), 0x6A86);
	terminal_free(t);
}

static void
unblocking_by_role_can_demand_the_channel(void **state)
{
	struct terminal *t = CARD(plain_options, "unblock_keyset = plain",
		"unblock_keyset = channel");

	(void)state;
	terminal_activate(t);
	assert_int_equal(role(t, "sk_unblk_pin", 0x12, false, false), 0x9000);
	assert_int_equal(tx(t, "00 2C 02 01 04 34343434"), 0x6982);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0C2C0201", "34343434", -1), 0x6982);
	assert_int_equal(role(t, "sk_unblk_pin", 0x12, true, false), 0x9000);
	assert_int_equal(sm(t, "0C2C0201", "34343434", -1), 0x9000);
	terminal_free(t);
}

static void
iso_generation_names_the_key_in_a_template(void **state)
{
	struct terminal *t =
		CARD(plain_options, "generate = ias-sdo", "generate = iso");

	(void)state;
	terminal_admin(t);
	assert_int_equal(sm(t, "0C470000", "7003BF9016", 0), 0x6A86);
	assert_int_equal(sm(t, "0C478000", "B603840196", 0), 0x6A88);
	assert_int_equal(sm(t, "0C478000", "B803840121", 0), 0x6985);
	assert_int_equal(sm(t, "0C478000", "B603840116B803840116", 0), 0x6A80);
	assert_int_equal(sm(t, "0C478000", "B803840116", 0), 0x9000);
	assert_memory_equal(t->data, "\x7F\x49", 2);
	terminal_free(t);
}

static void
chipdoc_91_and_raw_signatures(void **state)
{
	struct terminal *t =
		CARD(plain_options, "sign = ias;", "sign = chipdoc-91;");

	(void)state;
	terminal_activate(t);
	terminal_admin(t);
	assert_int_equal(import_known(t, 0x16, 2048), 0x9000);
	assert_int_equal(verify(t, 1, "1234"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 840196 800102"), 0x6A86);
	assert_int_equal(tx(t, "00 22 81 B6 04 91020296"), 0x6A88);
	assert_int_equal(tx(t, "00 22 81 B6 04 91020216"), 0x9000);
	assert_int_equal(tx(t, "00 2A 9E 9A 01 31 00"), 0x9000);
	assert_int_equal(t->len, 256);
	terminal_free(t);
}

static void
raw_signatures_take_the_full_block(void **state)
{
	struct terminal *t = CARD(plain_options, "sign = ias;", "sign = raw;");
	uint8_t command[10 + 384] = {0x00, 0x2A, 0x80, 0x86, 0x00, 0x01, 0x80};

	(void)state;
	terminal_activate(t);
	terminal_admin(t);
	assert_int_equal(sm(t, "0C470000", "7003BF9021", 0), 0x9000);
	assert_int_equal(verify(t, 0x82, "567890"), 0x9000);
	assert_int_equal(tx(t, "00 22 41 B6 06 8401A1 800102"), 0x6A86);
	assert_int_equal(tx(t, "00 22 41 B8 03 8301A1"), 0x6A88);
	assert_int_equal(tx(t, "00 22 41 B8 03 830121"), 0x9000);
	command[8] = 0x01;
	assert_int_equal(tx_bytes(t, command, sizeof command - 1), 0x9000);
	assert_int_equal(t->len, 384);
	assert_int_equal(tx(t, "00 20 00 82"), 0x63C3);
	terminal_free(t);
}

static void
slices_are_one_protected_command(void **state)
{
	static const uint8_t header[] = {0x0C, 0xD6, 0x00, 0x00};
	struct terminal *t =
		CARD(plain_options, "chaining = per-link", "chaining = slice");
	uint8_t data[600], whole[900], link[300];
	size_t i, len, at = 7, chunk;
	uint16_t sw = 0;

	(void)state;
	for (i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i + 1);
	terminal_admin(t);
	assert_int_equal(sm(t, "0CA4000C", "C011", -1), 0x9000);
	len = sm_wrap(t, header, data, sizeof data, -1, true, whole) - 2;
	while (at < len) {
		chunk = len - at > 255 ? 255 : len - at;
		link[0] = at + chunk < len ? 0x1C : 0x0C;
		memcpy(link + 1, header + 1, 3);
		link[4] = (uint8_t)chunk;
		memcpy(link + 5, whole + at, chunk);
		link[5 + chunk] = 0;
		at += chunk;
		sw = tx_bytes(t, link, 5 + chunk + (link[0] == 0x0C ? 1 : 0));
		assert_int_equal(sw, 0x9000);
		if (at < len)
			assert_int_equal(t->raw_len, 2);
	}
	assert_true(sm_unwrap(t, 0xD6, &sw));
	assert_int_equal(sw, 0x9000);
	assert_int_equal(sm(t, "0CB00000", "", 600), 0x9000);
	assert_memory_equal(t->data, data, sizeof data);
	terminal_free(t);
}

static void
triple_des_opens_a_channel_where_it_is_allowed(void **state)
{
	struct vcard_persona_options options = {.triple_des = true};
	char message[VCARD_MESSAGE_SIZE] = "";
	struct terminal *t;

	(void)state;
	assert_int_equal(
		vcard_persona_create("/tmp/vcard-never", &options, message),
		JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "3DES"));
	t = CARD(options, "ciphers = aes-128", "ciphers = 3des, aes-128");
	assert_true(terminal_chip_auth(t, 1, 2));
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
	assert_int_equal(t->len, 6);
	assert_int_equal(sm(t, "0CA40400", "E828BD080F014E585030", 0), 0x9000);
	assert_int_equal(sm(t, "0CCA1234", "", 0), 0x6A88);
	terminal_free(t);
}

static void
version_1_of_triple_des_agrees_by_mse(void **state)
{
	struct vcard_persona_options options = {
		.triple_des = true, .ca_version = 1};
	struct terminal *t =
		CARD(options, "ciphers = aes-128", "ciphers = 3des, aes-128");

	(void)state;
	assert_true(terminal_key_agreement(t));
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
	assert_int_equal(t->len, 6);
	terminal_free(t);
}

static void
a_card_can_offer_several_protocols(void **state)
{
	struct vcard_persona_options options = {
		.more_ciphers = 1u << JCOP_CA_AES_128};
	struct terminal *t = terminal_new(&options);

	(void)state;
	assert_true(terminal_chip_auth(t, 2, 2));
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(sm(t, "0CCA0116", "", 0), 0x9000);
	terminal_free(t);
}

static void
key_sets_have_16_24_or_32_bytes(void **state)
{
	struct vcard_persona_options options = {.keyset_sizes = {16, 24, 32}};
	struct terminal *t = terminal_new(&options);
	uint8_t key[64];

	(void)state;
	assert_int_equal(
		terminal_issuer(t, "sk_admin-enc.key", key, sizeof key), 16);
	assert_int_equal(
		terminal_issuer(t, "sk_unblk_pin-mac.key", key, sizeof key),
		24);
	assert_int_equal(role(t, "sk_admin", 0x11, false, false), 0x9000);
	assert_int_equal(role(t, "sk_unblk_pin", 0x12, false, false), 0x9000);
	terminal_free(t);
}

static void
aes_cmac_roles_take_a_long_challenge(void **state)
{
	struct terminal *t =
		CARD(plain_options, "role = ias-aes;", "role = aes-cmac;");

	(void)state;
	assert_int_equal(tx(t, "00 22 81 A4 06 80011D 830111"), 0x6A80);
	t->algorithm = 0x1E;
	assert_int_equal(role(t, "sk_admin", 0x11, false, true), 0x63CE);
	assert_int_equal(role(t, "sk_admin", 0x11, false, false), 0x9000);
	/* a short challenge is none for it */
	assert_int_equal(tx(t, "00 84 00 00 08"), 0x9000);
	assert_int_equal(tx(t, "00 82 00 00 01 00"), 0x6985);
	terminal_free(t);
}

static void
ias_3des_roles_use_a_retail_mac(void **state)
{
	struct terminal *t =
		CARD(plain_options, "role = ias-aes;", "role = ias-3des;");

	(void)state;
	t->algorithm = 0x1C;
	assert_int_equal(role(t, "sk_admin", 0x11, false, true), 0x63CE);
	assert_int_equal(role(t, "sk_admin", 0x11, false, false), 0x9000);
	terminal_free(t);
}

static void
padded_pins_are_sent_at_full_length(void **state)
{
	struct terminal *t =
		CARD(plain_options, "padding = none", "padding = FF");
	uint8_t pin[16] = {0};

	(void)state;
	terminal_issuer(t, "transport-pin", pin, 8);
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(verify(t, 4, (char *)pin), 0x9000);
	assert_int_equal(tx(t, "00 24 01 01 04 31323334"), 0x6A80);
	assert_int_equal(
		tx(t, "00 24 01 01 10 31323334FFFFFFFFFFFFFFFFFFFFFFFF"),
		0x9000);
	assert_int_equal(
		tx(t, "00 24 01 01 10 313233FFFFFFFFFFFFFFFFFFFFFFFFFF"),
		0x6A80);
	terminal_set(t, "life-cycle", "activated");
	assert_int_equal(verify(t, 1, "1234"), 0x63C2);
	assert_int_equal(
		tx(t, "00 20 00 01 10 31323334FFFFFFFFFFFFFFFFFFFFFFFF"),
		0x9000);
	terminal_free(t);
}

/* Reads EF.CardSecurity; the caller frees. */
static CMS_ContentInfo *
card_security(struct terminal *t, bool *bare)
{
	const unsigned char *p = t->data;

	assert_int_equal(tx(t, "00 A4 00 0C 02 011D"), 0x9000);
	assert_int_equal(tx(t, "00 B0 00 00 00 00 00"), 0x6282);
	*bare = t->data[0] == 0x31;
	return *bare ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)t->len);
}

static X509_STORE *
anchors(const struct terminal *t)
{
	char path[128];
	X509_STORE *store = X509_STORE_new();

	snprintf(path, sizeof path, "%s/issuer/trust-anchor.pem", t->dir);
	assert_true(X509_STORE_load_file(store, path));
	assert_true(X509_STORE_set_purpose(store, X509_PURPOSE_ANY));
	return store;
}

static bool
security_verifies(struct terminal *t)
{
	bool bare = false, good;
	CMS_ContentInfo *cms = card_security(t, &bare);
	X509_STORE *store = anchors(t);

	assert_false(bare);
	assert_non_null(cms);
	good = CMS_verify(cms, NULL, store, NULL, NULL, 0) == 1;
	CMS_ContentInfo_free(cms);
	X509_STORE_free(store);
	return good;
}

static void
card_security_is_signed_under_the_anchor(void **state)
{
	struct terminal *t = terminal_new(NULL);
	bool bare = false;
	CMS_ContentInfo *cms = card_security(t, &bare);
	char oid[64];

	(void)state;
	assert_non_null(cms);
	OBJ_obj2txt(oid, sizeof oid, CMS_get0_eContentType(cms), 1);
	assert_string_equal(oid, "0.4.0.127.0.7.3.2.1");
	CMS_ContentInfo_free(cms);
	assert_true(security_verifies(t));
	terminal_set(t, "untrusted-signer", "yes");
	assert_false(security_verifies(t));
	terminal_set(t, "untrusted-signer", "no");
	assert_true(security_verifies(t));
	terminal_set(t, "expired-signer", "yes");
	assert_false(security_verifies(t));
	terminal_set(t, "unsigned-card-security", "yes");
	assert_null(card_security(t, &bare));
	assert_true(bare);
	terminal_free(t);
}

/* The SecurityInfos, whatever is around them: is HEX in the file? */
static bool
security_holds(struct terminal *t, const char *hex)
{
	struct jcop_blob wanted = JCOP_BLOB_INIT;
	bool found = false, bare;

	CMS_ContentInfo_free(card_security(t, &bare));
	assert_int_equal(jcop_blob_from_hex(&wanted, hex), JCOP_OK);
	found = memmem(t->data, t->len, wanted.data, wanted.len) != NULL;
	jcop_blob_free(&wanted);
	return found;
}

static void
card_security_names_protocol_version_key_and_curve(void **state)
{
	struct terminal *t = terminal_new(NULL);

	(void)state;
	/* ChipAuthenticationInfo { AES-256, 2, 1 } */
	assert_true(
		security_holds(t, "3012060A04007F00070202030204020102020101"));
	/* standardizedDomainParameters 12 */
	assert_true(security_holds(t, "300C060704007F0007010202010C"));
	terminal_set(t, "ca-version", "1");
	assert_true(
		security_holds(t, "3012060A04007F00070202030204020101020101"));
	terminal_set(t, "named-curve", "yes");
	assert_true(security_holds(
		t, "301306072A8648CE3D020106082A8648CE3D030107"));
	terminal_free(t);
}

static void
a_point_beside_its_curve_can_be_shown(void **state)
{
	struct vcard_persona_options options = {.chip_key_off_curve = true,
		.unsigned_card_security = true,
		.named_curve = true};
	struct terminal *t = terminal_new(&options);
	const unsigned char *p;
	uint8_t *spki;
	EVP_PKEY *key;
	bool bare;

	(void)state;
	assert_null(card_security(t, &bare));
	spki = memmem(t->data, t->len, "\x30\x59\x30\x13", 4);
	assert_non_null(spki);
	p = spki;
	key = d2i_PUBKEY(NULL, &p, 0x5B);
	assert_null(key);
	terminal_set(t, "chip-key-off-curve", "no");
	assert_null(card_security(t, &bare));
	p = memmem(t->data, t->len, "\x30\x59\x30\x13", 4);
	assert_non_null(p);
	key = d2i_PUBKEY(NULL, &p, 0x5B);
	assert_non_null(key);
	EVP_PKEY_free(key);
	terminal_free(t);
}

static void
bad_options_are_refused_with_a_reason(void **state)
{
	static const struct {
		struct vcard_persona_options options;
		const char *reason;
	} cases[] = {
		{{.aes_bits = 100}, "128, 192 or 256"},
		{{.curve = (enum jcop_curve)3}, "curve"},
		{{.ca_version = 3}, "version 1 or 2"},
		{{.iccsn = "80250"}, "ICCSN"},
		{{.iccsn = "8A"}, "ICCSN"},
		{{.iccsn = "8025000045000000000012"}, "ICCSN"},
		{{.production = "2023-02-30"}, "YYYY-MM-DD"},
		{{.production = "1999-01-01"}, "2020-01-01"},
		{{.keyset_sizes = {15}}, "16, 24 or 32"},
		{{.description = "/nowhere/at.all"}, "/nowhere/at.all"},
	};
	char message[VCARD_MESSAGE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		message[0] = '\0';
		assert_int_not_equal(vcard_persona_create("/tmp/vcard-never",
					     &cases[i].options, message),
			JCOP_OK);
		if (strstr(message, cases[i].reason) == NULL)
			fail_msg("'%s' lacks '%s'", message, cases[i].reason);
		assert_int_equal(access("/tmp/vcard-never", F_OK), -1);
	}
}

static void
a_directory_with_a_card_takes_no_other(void **state)
{
	struct terminal *t = terminal_new(NULL);
	struct vcard_persona_options options = {.iccsn = "80"};
	char message[VCARD_MESSAGE_SIZE] = "";

	(void)state;
	assert_int_equal(vcard_persona_create(t->dir, &options, message),
		JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "already"));
	terminal_free(t);
}

static void
a_short_iccsn_authenticates_with_zeros_on_the_left(void **state)
{
	struct vcard_persona_options options = {.iccsn = "802500001F"};
	struct terminal *t = terminal_new(&options);

	(void)state;
	assert_int_equal(tx(t, "00 CA 00 5A 00"), 0x9000);
	assert_true(answers(t, "5A 05 802500001F"));
	assert_int_equal(role(t, "sk_admin", 0x11, false, false), 0x9000);
	terminal_free(t);
}

static void
knobs_refuse_what_they_do_not_know(void **state)
{
	struct terminal *t = terminal_new(NULL);
	char message[VCARD_MESSAGE_SIZE] = "";

	(void)state;
	assert_int_equal(vcard_persona_set(t->dir, "colour", "red", message),
		JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "life-cycle"));
	assert_int_equal(
		vcard_persona_set(t->dir, "temporary", "maybe", message),
		JCOP_ERR_ARGUMENT);
	assert_int_equal(
		vcard_persona_set(t->dir, "tries-global", "4", message),
		JCOP_ERR_ARGUMENT);
	assert_non_null(strstr(message, "0 to 3"));
	assert_int_equal(vcard_persona_set("/tmp/vcard-never", "temporary",
				 "yes", message),
		JCOP_ERR_NOT_FOUND);
	terminal_set(t, "tries-transport", "1");
	assert_int_equal(tx(t, "00 20 00 04"), 0x63C1);
	terminal_free(t);
}

static void
info_tells_what_the_card_is(void **state)
{
	struct terminal *t = terminal_new(NULL);
	struct vcard_persona_info info;
	char message[VCARD_MESSAGE_SIZE] = "";
	char iccsn[21] = {0};

	(void)state;
	terminal_activate(t);
	terminal_issuer(t, "iccsn", (uint8_t *)iccsn, 20);
	assert_int_equal(vcard_persona_info(t->dir, &info, message), JCOP_OK);
	assert_string_equal(info.iccsn, iccsn);
	assert_string_equal(info.life_cycle, "activated");
	assert_string_equal(info.applet_version, "4.1.1");
	assert_string_equal(info.production, "2024-03-15");
	assert_int_equal(info.pins[JCOP_PIN_GLOBAL].tries_left, 3);
	assert_true(info.pins[JCOP_PIN_GLOBAL].set);
	assert_int_equal(info.keyset_tries_left[0], 15);
	assert_int_equal(info.key_count, 0);
	terminal_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iso_pin_change_takes_both_values),
		cmocka_unit_test(iso_unblock_takes_puk_and_value),
		cmocka_unit_test(unblocking_by_role_can_demand_the_channel),
		cmocka_unit_test(iso_generation_names_the_key_in_a_template),
		cmocka_unit_test(chipdoc_91_and_raw_signatures),
		cmocka_unit_test(raw_signatures_take_the_full_block),
		cmocka_unit_test(slices_are_one_protected_command),
		cmocka_unit_test(
			triple_des_opens_a_channel_where_it_is_allowed),
		cmocka_unit_test(version_1_of_triple_des_agrees_by_mse),
		cmocka_unit_test(a_card_can_offer_several_protocols),
		cmocka_unit_test(key_sets_have_16_24_or_32_bytes),
		cmocka_unit_test(aes_cmac_roles_take_a_long_challenge),
		cmocka_unit_test(ias_3des_roles_use_a_retail_mac),
		cmocka_unit_test(padded_pins_are_sent_at_full_length),
		cmocka_unit_test(card_security_is_signed_under_the_anchor),
		cmocka_unit_test(
			card_security_names_protocol_version_key_and_curve),
		cmocka_unit_test(a_point_beside_its_curve_can_be_shown),
		cmocka_unit_test(bad_options_are_refused_with_a_reason),
		cmocka_unit_test(a_directory_with_a_card_takes_no_other),
		cmocka_unit_test(
			a_short_iccsn_authenticates_with_zeros_on_the_left),
		cmocka_unit_test(knobs_refuse_what_they_do_not_know),
		cmocka_unit_test(info_tells_what_the_card_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
