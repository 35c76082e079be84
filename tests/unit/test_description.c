/*
 * test_description.c: the card description: what the compiled-in one says, and
 * what every kind of mistake in a file is answered with.
 *
 * Values are typed here from docs/card-interface.md, not from etc/agent.card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "description/description.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct jcop_description card;
static char message[JCOP_DESCRIPTION_ERROR_SIZE];

static void
load_default(void)
{
	int r = jcop_description_load(NULL, &card, message);

	if (r != JCOP_OK)
		fail_msg("%s", message);
}

/* --- the compiled-in description --- */

static void
default_is_the_installed_file(void **state)
{
	FILE *file = fopen(TEST_AGENT_CARD, "r");
	char *text = test_calloc(1, 65536);

	(void)state;
	assert_non_null(file);
	assert_in_range(fread(text, 1, 65535, file), 1, 65534);
	assert_string_equal(text, jcop_description_default());
	fclose(file);
	test_free(text);
}

static void
default_identifies_the_reference_card(void **state)
{
	static const uint8_t atr[] = {0x3B, 0xD5, 0x18, 0xFF, 0x80, 0xB1, 0xFE,
		0x45, 0x1F, 0xC3, 0x80, 0x73, 0xC8, 0x21, 0x10, 0x6E};
	const struct jcop_identification_desc *id = &card.identification;

	(void)state;
	load_default();
	assert_string_equal(card.id, "agent");
	assert_string_equal(card.name, "IN Groupe agent card, JCOP 4.5");
	assert_string_equal(card.manufacturer, "IN Groupe");
	assert_string_equal(card.token_label, "IN Groupe agent");
	assert_int_equal(card.atr_count, 1);
	assert_int_equal(card.atrs[0].len, sizeof(atr));
	assert_memory_equal(card.atrs[0].value, atr, sizeof(atr));
	assert_int_equal(id->version_tag, 0x0116);
	assert_int_equal(id->serial_tag, 0x0114);
	assert_int_equal(id->serial_length, 8);
	assert_int_equal(id->iccsn_source_count, 4);
	assert_int_equal(id->iccsn_sources[0], JCOP_ICCSN_GET_DATA_005A);
	assert_int_equal(id->iccsn_sources[1], JCOP_ICCSN_EF_GDO);
	assert_int_equal(id->iccsn_sources[2], JCOP_ICCSN_SFI);
	assert_int_equal(id->iccsn_sources[3], JCOP_ICCSN_SERIAL);
	assert_int_equal(id->iccsn_sfi, 0x1C);
	assert_int_equal(id->production, JCOP_PRODUCTION_FABRICATION);
	assert_int_equal(id->production_decade, 2020);
	assert_int_equal(id->chaining_since[0], 4);
	assert_int_equal(id->chaining_since[1], 1);
	assert_int_equal(id->chaining_since[2], 1);
	assert_string_equal(id->file_mgmt_since, "2023-10-12");
}

static void
default_has_the_reference_files(void **state)
{
	static const uint8_t aid[] = {
		0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x01, 0x4E, 0x58, 0x50, 0x30};
	static const struct {
		enum jcop_file file;
		enum jcop_application application;
		uint16_t fid;
		size_t size; /* 0: the document does not say */
	} files[] = {
		{JCOP_FILE_DIR, JCOP_APP_MF, 0x2F00, 0},
		{JCOP_FILE_GDO, JCOP_APP_MF, 0x2F02, 0},
		{JCOP_FILE_CARD_SECURITY, JCOP_APP_MF, 0x011D, 0},
		{JCOP_FILE_ODF, JCOP_APP_PKI, 0x5031, 0},
		{JCOP_FILE_CIAINFO, JCOP_APP_PKI, 0x5032, 0},
		{JCOP_FILE_AODF, JCOP_APP_PKI, 0x7001, 0},
		{JCOP_FILE_PRKDF, JCOP_APP_PKI, 0x7002, 1024},
		{JCOP_FILE_PUKDF, JCOP_APP_PKI, 0x7004, 4096},
		{JCOP_FILE_CDF, JCOP_APP_PKI, 0x7005, 1024},
		{JCOP_FILE_DODF, JCOP_APP_PKI, 0x7006, 0},
	};
	size_t i;

	(void)state;
	load_default();
	assert_int_equal(card.applications[JCOP_APP_MF].fid, 0x3F00);
	assert_int_equal(card.applications[JCOP_APP_MF].aid_len, 0);
	assert_int_equal(card.applications[JCOP_APP_PKI].fid, 0);
	assert_int_equal(card.applications[JCOP_APP_PKI].aid_len, sizeof(aid));
	assert_memory_equal(
		card.applications[JCOP_APP_PKI].aid, aid, sizeof(aid));
	assert_int_equal(card.applications[JCOP_APP_AGENT].fid, 0xAD01);
	assert_int_equal(card.applications[JCOP_APP_AGENT].aid_len, 0);
	assert_int_equal(COUNT(files), JCOP_FILE_COUNT);
	for (i = 0; i < COUNT(files); i++) {
		const struct jcop_file_desc *file = &card.files[files[i].file];

		assert_int_equal(file->application, files[i].application);
		assert_int_equal(file->fid, files[i].fid);
		assert_true(file->size > 0);
		if (files[i].size != 0)
			assert_int_equal(file->size, files[i].size);
	}
}

static void
default_has_the_reference_pins(void **state)
{
	static const struct {
		enum jcop_pin pin;
		const char *label;
		uint8_t reference;
		enum jcop_application application;
		uint8_t auth_id;
		unsigned int tries;
	} pins[] = {
		{JCOP_PIN_GLOBAL, "PIN global", 0x01, JCOP_APP_MF, 1, 3},
		{JCOP_PIN_SIGNATURE, "PIN signature", 0x82, JCOP_APP_PKI, 2, 3},
		{JCOP_PIN_TRANSPORT, "PIN transport", 0x04, JCOP_APP_MF, 4, 3},
		{JCOP_PIN_PUK, "PUK", 0x06, JCOP_APP_MF, 3, 5},
	};
	size_t i;

	(void)state;
	load_default();
	assert_int_equal(COUNT(pins), JCOP_PIN_COUNT);
	for (i = 0; i < COUNT(pins); i++) {
		const struct jcop_pin_desc *pin = &card.pins[pins[i].pin];

		assert_string_equal(pin->label, pins[i].label);
		assert_int_equal(pin->reference, pins[i].reference);
		assert_int_equal(pin->application, pins[i].application);
		assert_int_equal(pin->auth_id, pins[i].auth_id);
		assert_int_equal(pin->tries, pins[i].tries);
		assert_int_equal(pin->min_length, 4);
		assert_int_equal(pin->max_length, 16);
		assert_int_equal(pin->charset, JCOP_CHARSET_ANY);
		assert_false(pin->padded);
	}
}

static void
default_has_the_reference_key_sets_and_chip_key(void **state)
{
	const struct jcop_keyset_desc *keysets = card.keysets;
	const struct jcop_chip_auth_desc *ca = &card.chip_auth;
	size_t i;

	(void)state;
	load_default();
	assert_int_equal(
		keysets[JCOP_KEYSET_SK_ADMIN].application, JCOP_APP_MF);
	assert_int_equal(keysets[JCOP_KEYSET_SK_ADMIN].key, 0x11);
	assert_int_equal(
		keysets[JCOP_KEYSET_SK_UNBLK_PIN].application, JCOP_APP_MF);
	assert_int_equal(keysets[JCOP_KEYSET_SK_UNBLK_PIN].key, 0x12);
	assert_int_equal(
		keysets[JCOP_KEYSET_SK_FILE_MGMT].application, JCOP_APP_AGENT);
	assert_int_equal(keysets[JCOP_KEYSET_SK_FILE_MGMT].key, 0x11);
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		assert_int_equal(keysets[i].tries, 15);
	assert_int_equal(ca->file, 0x011D);
	assert_int_equal(ca->key, 1);
	assert_int_equal(ca->ciphers, 1u << JCOP_CA_AES_128 |
					      1u << JCOP_CA_AES_192 |
					      1u << JCOP_CA_AES_256);
	/* standardised domain parameters 12, 13 and 15 to 18 */
	assert_int_equal(ca->curves, 0x7B000);
	assert_int_equal(ca->versions, 1u << 1 | 1u << 2);
	assert_false(ca->valid_at_signing);
}

static void
check_slots(const struct jcop_container_desc *container, uint8_t first_key,
	uint16_t first_certificate, size_t big, size_t small)
{
	size_t i;

	assert_int_equal(container->slot_count, big + small);
	for (i = 0; i < big + small; i++) {
		const struct jcop_slot_desc *slot = &container->slots[i];

		assert_int_equal(slot->key, first_key + i);
		assert_int_equal(slot->certificate, first_certificate + i);
		assert_int_equal(slot->bits, i < big ? 3072 : 2048);
		assert_int_equal(slot->certificate_size, 3072);
	}
}

static void
default_has_the_reference_containers(void **state)
{
	const struct jcop_container_desc *mpp = &card.containers[0];
	const struct jcop_container_desc *sign = &card.containers[1];

	(void)state;
	load_default();
	assert_int_equal(card.container_count, 2);
	assert_string_equal(mpp->name, "mpp");
	assert_int_equal(mpp->pin, JCOP_PIN_GLOBAL);
	assert_true(mpp->import);
	assert_true(mpp->decipher);
	assert_false(mpp->user_consent);
	check_slots(mpp, 0x11, 0xC011, 5, 1);
	assert_string_equal(sign->name, "sign");
	assert_int_equal(sign->pin, JCOP_PIN_SIGNATURE);
	assert_false(sign->import);
	assert_false(sign->decipher);
	assert_true(sign->user_consent);
	check_slots(sign, 0x21, 0xC021, 2, 0);
}

static void
check_fields(enum jcop_data data, uint16_t file, size_t size, bool temporary,
	const char *const *names, size_t count)
{
	const struct jcop_data_desc *desc = &card.data[data];
	size_t i;

	assert_int_equal(desc->application, JCOP_APP_AGENT);
	assert_int_equal(desc->file, file);
	assert_int_equal(desc->size, size);
	assert_int_equal(desc->temporary_only, temporary);
	assert_int_equal(desc->layout, JCOP_LAYOUT_TLV);
	assert_int_equal(desc->template_tag, 0x70);
	assert_int_equal(desc->field_count, count);
	for (i = 0; i < count; i++) {
		assert_string_equal(desc->fields[i].name, names[i]);
		assert_int_equal(desc->fields[i].tag, 0x80 + i);
	}
}

static void
default_has_the_reference_agent_data(void **state)
{
	static const char *const id[] = {"familyName", "firstName", "rio",
		"uin", "orgName1", "orgName2"};
	static const char *const function[] = {
		"job", "postingPlace", "productionDate"};

	(void)state;
	load_default();
	check_fields(JCOP_DATA_EF_ID, 0x0101, 512, true, id, COUNT(id));
	check_fields(JCOP_DATA_EF_FUNCTION, 0x0102, 256, false, function,
		COUNT(function));
}

static void
default_speaks_the_reference_dialect(void **state)
{
	const struct jcop_dialect_desc *d = &card.dialect;
	const struct jcop_algorithm_desc *a = &card.algorithms;

	(void)state;
	load_default();
	assert_int_equal(d->change_pin, JCOP_PIN_CHIPDOC);
	assert_int_equal(d->unblock_puk, JCOP_PIN_CHIPDOC);
	assert_int_equal(d->unblock_keyset, JCOP_UNBLOCK_PLAIN);
	assert_int_equal(d->generate, JCOP_GENERATE_IAS_SDO);
	assert_int_equal(d->import, JCOP_IMPORT_IAS_SDO);
	assert_int_equal(d->sign, JCOP_SIGN_IAS);
	assert_int_equal(d->role, JCOP_ROLE_IAS_AES);
	assert_int_equal(d->chaining, JCOP_CHAINING_PER_LINK);
	assert_int_equal(d->decipher_prefix, JCOP_PREFIX_81);
	assert_int_equal(d->certificate, JCOP_CERTIFICATE_AUTO);
	assert_true(d->extended_length);
	assert_false(d->read_by_sfi);
	assert_int_equal(a->sign_pkcs1, 0x02);
	assert_int_equal(a->sign_pss_sha256, 0x05);
	assert_int_equal(a->sign_pss_sha384, 0x06);
	assert_int_equal(a->sign_pss_sha512, 0x07);
	assert_int_equal(a->decipher_pkcs1, 0x1A);
	assert_int_equal(a->decipher_raw, 0x0A);
	assert_int_equal(a->role[JCOP_ROLE_IAS_AES], 0x1D);
	assert_int_equal(a->role[JCOP_ROLE_IAS_3DES], 0x1C);
	assert_int_equal(a->role[JCOP_ROLE_AES_CMAC], 0x1E);
}

/* --- changed copies of it --- */

/*
 * The first FIND behind the first ANCHOR is replaced. The line that the message
 * has to name is that of the first MARK behind the start of the change (NULL:
 * of the change itself), or of ANCHOR where MARK is the same text.
 */
struct edit {
	const char *anchor; /* NULL: the start of the file */
	const char *find;
	const char *replace;
	const char *mark;
};

static unsigned int
line_at(const char *text, const char *place)
{
	unsigned int line = 1;

	for (; text < place; text++)
		line += *text == '\n';
	return line;
}

/* The edited TEXT, to be freed. */
static char *
apply(const char *text, const struct edit *edit, unsigned int *line)
{
	const char *start =
		edit->anchor == NULL ? text : strstr(text, edit->anchor);
	const char *at = start == NULL ? NULL : strstr(start, edit->find);
	char *out = test_malloc(strlen(text) + strlen(edit->replace) + 1);
	const char *mark;
	size_t before;

	if (at == NULL)
		fail_msg("'%s' or '%s' is not in the text", edit->anchor,
			edit->find);
	before = (size_t)(at - text);
	memcpy(out, text, before);
	strcpy(out + before, edit->replace);
	strcat(out, at + strlen(edit->find));
	mark = out + before;
	if (edit->mark != NULL && edit->anchor != NULL &&
		strcmp(edit->mark, edit->anchor) == 0)
		mark = out + (start - text);
	else if (edit->mark != NULL)
		mark = strstr(mark, edit->mark);
	assert_non_null(mark);
	*line = line_at(out, mark);
	return out;
}

/* The message is "NAME:LINE: KEY: ... WRONG ...; expected ... EXPECTED". */
static void
check_message(const char *what, unsigned int line, const char *key,
	const char *wrong, const char *expected)
{
	char start[128];
	const char *rest, *semicolon;

	snprintf(start, sizeof(start), "my.card:%u: %s: ", line, key);
	if (strncmp(message, start, strlen(start)) != 0)
		fail_msg("%s: '%s' does not start with '%s'", what, message,
			start);
	rest = message + strlen(start);
	semicolon = strstr(rest, "; expected ");
	if (semicolon == NULL || strstr(semicolon, expected) == NULL)
		fail_msg("%s: '%s' does not expect '%s'", what, message,
			expected);
	if (strstr(rest, wrong) == NULL || strstr(rest, wrong) > semicolon)
		fail_msg("%s: '%s' does not say '%s'", what, message, wrong);
}

struct mistake {
	const char *what;
	struct edit edit;
	const char *key, *wrong, *expected;
};

#define AGENT "card agent {"
#define PIN_G "pin global {"
#define PIN_S "pin signature {"
#define PIN_P "pin puk {"
#define MPP "container mpp {"
#define SIGN "container sign {"
#define IDENT "identification {"
#define CHIP "chip_auth {"
#define EFID "data ef.id {"
#define EFFN "data ef.function {"
#define DIAL "dialect {"
#define ALGOS "algorithms {"

/* Passages of etc/agent.card, in full. */
#define KEYSET_ADMIN "keyset sk_admin {\n\t\tpath = 11;\n\t\ttries = 15;\n\t}"
#define APP_AGENT               \
	"application agent {\n" \
	"\t\tfid = AD01;\t\t\t# [A]; \"ADF Agent\" [P] vendor\n\t}"
#define FUNCTION_TLV                               \
	"layout = tlv;\n\t\ttemplate = 70;\n"      \
	"\t\tfield job            { tag = 80; }\n" \
	"\t\tfield postingPlace   { tag = 81; }\n" \
	"\t\tfield productionDate { tag = 82; }\n"

/* What may stand in its place. */
#define FUNCTION_FIXED                                        \
	"layout = fixed;\n"                                   \
	"field job { offset = 0; length = 64; }\n"            \
	"field postingPlace { offset = 64; length = 182; }\n" \
	"field productionDate { offset = 246; length = 10; }\n"

static const struct mistake value_mistakes[] = {
	{"unknown key", {PIN_G, "tries", "trys", NULL}, "trys",
		"is unknown in a block pin", "reference, application, auth_id"},
	{"unknown block", {NULL, PIN_G, "pen global {", NULL}, "pen",
		"is unknown in a block card", "pin, keyset, chip_auth"},
	{"unknown block at the top", {NULL, "card agent", "cards agent", NULL},
		"cards", "is unknown", "one of card"},
	{"key of another block", {PIN_G, "tries = 3", "fid = 0101", NULL},
		"fid", "is unknown in a block pin", "min_length"},
	{"value instead of a block",
		{NULL, "field job", "field = 1; field job", NULL}, "field",
		"is a block", "not '='"},
	{"block instead of a value", {PIN_G, "tries = 3;", "tries { }", NULL},
		"tries", "is no block", "'tries = VALUE;'"},
	{"missing key", {PIN_S, "auth_id = 02;", "", PIN_S}, "auth_id",
		"is missing in pin signature", "2 hexadecimal digits"},
	{"token label too long",
		{AGENT, "IN Groupe agent\"", "12345678901234567\"", NULL},
		"token_label", "is too long", "a string of 1 to 16 bytes"},
	{"missing key of the card", {AGENT, "manufacturer =", "# ", AGENT},
		"manufacturer", "is missing in card agent", "a string"},
	{"missing word", {DIAL, "role = ias-aes;", "", DIAL}, "role",
		"is missing in dialect", "ias-aes, ias-3des or aes-cmac"},
	{"key twice",
		{PIN_S, "tries = 3;", "tries = 3;\n tries = 3;",
			"tries = 3;\n\t\tcharset"},
		"tries", "is given twice", "it once"},
	{"key twice in another case",
		{PIN_S, "tries = 3;", "tries = 3; TRIES = 3;", NULL}, "TRIES",
		"is given twice", "it once"},
	{"no hexadecimal", {PIN_G, "reference = 01", "reference = 0G", NULL},
		"reference", "'0G' is not hexadecimal", "from 01 to FE"},
	{"hexadecimal with 0x",
		{PIN_G, "reference = 01", "reference = 0x01", NULL},
		"reference", "'0x01' is not hexadecimal",
		"2 hexadecimal digits"},
	{"hexadecimal too short",
		{PIN_G, "reference = 01", "reference = 1", NULL}, "reference",
		"wrong number of digits", "2 hexadecimal digits"},
	{"hexadecimal too long",
		{PIN_G, "reference = 01", "reference = 0001", NULL},
		"reference", "wrong number of digits", "2 hexadecimal digits"},
	{"hexadecimal out of range",
		{PIN_G, "reference = 01", "reference = 00", NULL}, "reference",
		"is out of range", "from 01 to FE"},
	{"key reference out of range", {MPP, "key = 13", "key = 80", NULL},
		"key", "'80' is out of range", "from 01 to 7F"},
	{"short identifier out of range",
		{IDENT, "iccsn_sfi = 1C", "iccsn_sfi = 1F", NULL}, "iccsn_sfi",
		"is out of range", "from 01 to 1E"},
	{"two-byte tag too short",
		{IDENT, "serial_tag = 0114", "serial_tag = 14", NULL},
		"serial_tag", "wrong number of digits", "4 hexadecimal digits"},
	{"no number", {PIN_G, "tries = 3", "tries = three", NULL}, "tries",
		"'three' is not a decimal number", "from 1 to 15"},
	{"number in hexadecimal", {PIN_G, "tries = 3", "tries = 0x3", NULL},
		"tries", "is not a decimal number", "from 1 to 15"},
	{"negative number", {PIN_G, "tries = 3", "tries = -3", NULL}, "tries",
		"is not a decimal number", "from 1 to 15"},
	{"number too small", {PIN_G, "tries = 3", "tries = 0", NULL}, "tries",
		"is out of range", "from 1 to 15"},
	{"number too large", {PIN_G, "tries = 3", "tries = 16", NULL}, "tries",
		"is out of range", "from 1 to 15"},
	{"number beyond all bounds",
		{PIN_G, "tries = 3", "tries = 18446744073709551617", NULL},
		"tries", "is not a decimal number", "from 1 to 15"},
	{"certificate file too large for READ BINARY",
		{MPP, "certificate_size = 3072", "certificate_size = 32768",
			NULL},
		"certificate_size", "is out of range", "to 32767"},
	{"unknown word",
		{DIAL, "chaining = per-link", "chaining = perlink", NULL},
		"chaining", "'perlink' is unknown", "per-link or slice"},
	{"unknown sign dialect", {DIAL, "sign = ias", "sign = iso", NULL},
		"sign", "'iso' is unknown", "ias, chipdoc-91 or raw"},
	{"unknown flag", {MPP, "import = yes", "import = y", NULL}, "import",
		"'y' is unknown", "yes, no, true or false"},
	{"unknown key size", {MPP, "bits = 2048", "bits = 2047", NULL}, "bits",
		"'2047' is unknown", "2048 or 3072"},
	{"two values for one", {PIN_G, "tries = 3", "tries = 3, 4", NULL},
		"tries", "'4' is one value too many", "from 1 to 15"},
	{"empty text", {PIN_G, "\"PIN global\"", "\"\"", NULL}, "label",
		"is empty", "a string of 1 to 63 bytes"},
	{"long text",
		{NULL, "\"IN Groupe\"",
			"\"0123456789012345678901234567890123456789012345678901"
			"234567"
			"890123\"",
			NULL},
		"manufacturer", "is too long", "a string of 1 to 63 bytes"},
	{"word twice in a list", {CHIP, "aes-192", "AES-128", NULL}, "ciphers",
		"'AES-128' is given twice", "aes-192 or aes-256"},
	{"unknown word in a list", {CHIP, "P-384", "P-224", NULL}, "curves",
		"'P-224' is unknown", "brainpoolP512r1"},
	{"unknown version", {CHIP, "versions = 1, 2", "versions = 1, 3", NULL},
		"versions", "'3' is unknown", "1 or 2"},
	{"source twice", {IDENT, "ef-gdo,", "sfi,", NULL}, "iccsn",
		"'sfi' is given twice", "get-data-005a"},
	{"too many sources",
		{IDENT, "card-serial;", "card-serial, ef-gdo;", NULL}, "iccsn",
		"'ef-gdo' is one value too many", "ef-gdo"},
	{"ATR without colons", {NULL, "3B:D5:18", "3BD518", NULL}, "atr",
		"is not an ATR", "2 to 33 bytes"},
	{"ATR of wrong convention", {NULL, "3B:D5:18", "3A:D5:18", NULL}, "atr",
		"does not start as an ATR", "3B:00"},
	{"ATR too long",
		{NULL, "3B:D5:18",
			"3B:D5:18:00:00:00:00:00:00:00:00:00:"
			"00:00:00:00:00:00:00:00:00",
			NULL},
		"atr", "is not an ATR", "2 to 33 bytes"},
	{"ATR twice",
		{NULL, "\"3B:D5:18", "\"3B:00\", \"3B:00\", \"3B:D5:18", NULL},
		"atr", "is given twice", "ATRs"},
	{"no version", {IDENT, "4.1.1", "4.1", NULL}, "chaining_since",
		"is not a version", "MAJOR.MINOR.PATCH"},
	{"version out of range", {IDENT, "4.1.1", "4.1.256", NULL},
		"chaining_since", "is not a version", "up to 255"},
	{"no date", {IDENT, "2023-10-12", "12.10.2023", NULL},
		"file_mgmt_since", "is not a date", "YYYY-MM-DD"},
	{"no day of the calendar", {IDENT, "2023-10-12", "2023-02-29", NULL},
		"file_mgmt_since", "is not a day of the calendar",
		"YYYY-MM-DD"},
	{"no decade",
		{IDENT, "production_decade = 2020", "production_decade = 2024",
			NULL},
		"production_decade", "is unknown", "2020"},
	{"AID too short", {NULL, "E828BD080F014E585030", "E828BD08", NULL},
		"aid", "is not an AID", "5 to 16 bytes"},
	{"AID with half a byte",
		{NULL, "E828BD080F014E585030", "E828BD080F0", NULL}, "aid",
		"is not an AID", "5 to 16 bytes"},
	{"AID too long",
		{NULL, "E828BD080F014E585030",
			"E828BD080F014E585030E828BD080F014E", NULL},
		"aid", "is not an AID", "5 to 16 bytes"},
	{"identifier of the MF", {NULL, "fid = AD01", "fid = 3F00", NULL},
		"fid", "'3F00' is reserved", "not 0000, 3F00"},
	{"identifier of three digits", {NULL, "fid = AD01", "fid = AD1", NULL},
		"fid", "wrong number of digits", "4 hexadecimal digits"},
	{"padding of two bytes",
		{PIN_G, "padding = none", "padding = FFFF", NULL}, "padding",
		"is no byte", "none or 2"},
	{"key path with ':'", {NULL, "path = AD01/11", "path = AD01:11", NULL},
		"path", "is not a key path", "FILEID/KEYID"},
	{"key path of no application",
		{NULL, "path = AD01/11", "path = AD02/11", NULL}, "path",
		"is not in application agent", "fid of application agent"},
	{"key of a path out of range",
		{NULL, "path = AD01/11", "path = AD01/91", NULL}, "path",
		"KEYID out of range", "from 01 to 7F"},
	{"chip key with '/'", {NULL, "011D:01", "011D/01", NULL}, "key",
		"is not a chip authentication key", "FILEID:KEYID"},
	{"chip key beyond a number", {NULL, "011D:01", "011D:80000000", NULL},
		"key", "is not a chip authentication key", "7FFFFFFF"},
	{"constructed field tag", {EFID, "tag = 82", "tag = A2", NULL}, "tag",
		"is not a primitive tag", "as 80"},
	{"first byte of a long tag", {EFID, "tag = 82", "tag = 9F", NULL},
		"tag", "is not a primitive tag", "as 80"},
	{"primitive template", {EFID, "template = 70", "template = 50", NULL},
		"template", "is not a constructed tag", "as 70"},
	{"template of no hexadecimal",
		{EFID, "template = 70", "template = xx", NULL}, "template",
		"is not a tag", "as 70"},
	{"template with a long form that is none",
		{EFID, "template = 70", "template = 7F81", NULL}, "template",
		"is not a constructed tag", "as 70"},
	{"field tag of no hexadecimal", {EFID, "tag = 82", "tag = 8x", NULL},
		"tag", "is not hexadecimal", "as 80"},
	{"field tag of two bytes", {EFID, "tag = 82", "tag = 9F01", NULL},
		"tag", "wrong number of digits", "as 80"},
	{"identifier of no hexadecimal",
		{EFID, "file = 0101", "file = 01O1", NULL}, "file",
		"is not hexadecimal", "4 hexadecimal digits"},
	{"date of letters", {IDENT, "2023-10-12", "2023-okt-1", NULL},
		"file_mgmt_since", "is not a date", "YYYY-MM-DD"},
	{"date before all cards", {IDENT, "2023-10-12", "1999-12-31", NULL},
		"file_mgmt_since", "is not a day of the calendar",
		"from 2000-01-01"},
	{"version of four digits", {IDENT, "4.1.1", "4.1.0001", NULL},
		"chaining_since", "is not a version", "up to 255"},
	{"version of four numbers", {IDENT, "4.1.1", "4.1.1.1", NULL},
		"chaining_since", "is not a version", "three"},
	{"unknown source", {IDENT, "ef-gdo,", "gdo,", NULL}, "iccsn",
		"'gdo' is unknown", "ef-gdo"},
	{"torn template", {EFID, "template = 70", "template = 7F", NULL},
		"template", "is not a constructed tag", "constructed BER tag"},
};

static const struct mistake block_mistakes[] = {
	{"missing key set", {AGENT, KEYSET_ADMIN, "", AGENT}, "keyset sk_admin",
		"is missing", "'keyset sk_admin {'"},
	{"missing application", {AGENT, APP_AGENT, "", AGENT},
		"application agent", "is missing", "'application agent {'"},
	{"PIN twice", {NULL, PIN_P, PIN_S, NULL}, "pin signature",
		"is given twice", "it once"},
	{"unknown PIN", {NULL, PIN_P, "pin puc {", NULL}, "pin puc",
		"has the wrong name", "global, signature, transport or puk"},
	{"PIN without a name", {NULL, PIN_P, "pin {", NULL}, "pin",
		"has the wrong name", "'pin NAME {'"},
	{"unknown file", {NULL, "file cdf {", "file cdf2 {", NULL}, "file cdf2",
		"has the wrong name", "pukdf, cdf or dodf"},
	{"unknown key set", {NULL, "keyset sk_admin", "keyset admin", NULL},
		"keyset admin", "has the wrong name", "sk_file_mgmt"},
	{"unknown application",
		{NULL, "application agent {", "application id {", NULL},
		"application id", "has the wrong name", "pki or agent"},
	{"unknown data", {NULL, EFID, "data ef.ident {", NULL}, "data ef.ident",
		"has the wrong name", "ef.id or ef.function"},
	{"name where none is wanted", {NULL, DIAL, "dialect iso {", NULL},
		"dialect iso", "has the wrong name", "'dialect {'"},
	{"container without a name", {NULL, MPP, "container {", NULL},
		"container", "has the wrong name", "letters, digits"},
	{"container name with blanks", {NULL, MPP, "container \"m p\" {", NULL},
		"container m p", "has the wrong name", "letters, digits"},
	{"container twice", {NULL, SIGN, "container MPP {", NULL},
		"container MPP", "is given twice", "it once"},
	{"too many containers",
		{NULL, MPP,
			"container a { pin = global; import = no; decipher = "
			"no;\n"
			"user_consent = no; slot 1 { key = 61; bits = 2048;\n"
			"certificate = D001; certificate_size = 256; } }\n"
			"container b { pin = global; import = no; decipher = "
			"no;\n"
			"user_consent = no; slot 1 { key = 62; bits = 2048;\n"
			"certificate = D002; certificate_size = 256; } }\n"
			"container c { pin = global; import = no; decipher = "
			"no;\n"
			"user_consent = no; slot 1 { key = 63; bits = 2048;\n"
			"certificate = D003; certificate_size = 256; } }\n" MPP,
			SIGN},
		"container sign", "is one too many", "at most 4"},
	{"container of no PIN", {MPP, "pin = global", "pin = local", NULL},
		"pin", "'local' is unknown", "global or signature"},
	{"container of the PUK", {MPP, "pin = global", "pin = puk", NULL},
		"pin", "'puk' is unknown", "global or signature"},
	{"container without a slot",
		{NULL, SIGN,
			"container x {\npin = signature; import = no; decipher "
			"= no;\n"
			"user_consent = no; }\n" SIGN,
			NULL},
		"slot", "is missing", "'slot 1 {'"},
	{"slot of no container",
		{NULL, MPP, "slot 1 { key = 31; }\n" MPP, NULL}, "slot",
		"is unknown in a block card", "container"},
	{"slots out of order", {MPP, "slot 3 {", "slot 4 {", NULL}, "slot 4",
		"has the wrong name", "'slot 3 {'"},
	{"slot twice", {MPP, "slot 3 {", "slot 2 {", NULL}, "slot 2",
		"is given twice", "it once"},
	{"data in no application",
		{EFID, "application = agent", "application = adf", NULL},
		"application", "'adf' is unknown", "mf, pki or agent"},
	{"data without a field",
		{EFID,
			"field familyName { tag = 80; }\n"
			"\t\tfield firstName  { tag = 81; }\n"
			"\t\tfield rio        { tag = 82; }\n"
			"\t\tfield uin        { tag = 83; }\n"
			"\t\tfield orgName1   { tag = 84; }\n"
			"\t\tfield orgName2   { tag = 85; }\n",
			"\n", EFID},
		"field", "is missing", "'field NAME {'"},
	{"field twice", {EFID, "field uin", "field rio", NULL}, "field rio",
		"is given twice", "it once"},
	{"field with a bad name", {EFID, "field uin", "field u/n", NULL},
		"field u/n", "has the wrong name", "letters, digits"},
	{"second card",
		{ALGOS, "\n}\n", "\n}\ncard second { }\n", "card second"},
		"card second", "is one too many", "at most 1"},
	{"card without a name", {NULL, "card agent {", "card {", NULL}, "card",
		"has the wrong name", "'card NAME {'"},
};

static const struct mistake agreement_mistakes[] = {
	{"two PINs with one reference",
		{NULL, "reference = 04", "reference = 01", NULL}, "reference",
		"'01' is already taken in line", "a value of its own"},
	{"two PINs with one auth id",
		{PIN_S, "auth_id = 02", "auth_id = 01", NULL}, "auth_id",
		"'01' is already taken", "a value of its own"},
	{"local reference of a global PIN",
		{PIN_G, "reference = 01", "reference = 81", NULL}, "reference",
		"of a local PIN", "01 to 7F"},
	{"global reference of a local PIN",
		{PIN_S, "reference = 82", "reference = 02", NULL}, "reference",
		"of a global PIN", "81 to FE"},
	{"lengths the wrong way round",
		{PIN_P, "min_length = 4", "min_length = 17", NULL},
		"min_length", "is over max_length", "at most max_length"},
	{"application pki without AID",
		{"application pki {", "aid = E828BD080F014E585030;", "",
			"application pki {"},
		"aid", "is missing in application pki", "5 to 16 bytes"},
	{"application pki with FID",
		{NULL, "aid = E828BD080F014E585030;",
			"aid = E828BD080F014E585030; fid = 5000;", NULL},
		"fid", "is not used", "aid alone"},
	{"application agent without FID",
		{"application agent {", "fid = AD01;",
			"aid = E828BD080F014E5850;", "application agent {"},
		"fid", "is missing in application agent",
		"4 hexadecimal digits"},
	{"two applications with one AID",
		{NULL, "fid = AD01;", "fid = AD01; aid = E828BD080F014E585030;",
			NULL},
		"aid", "is that of application pki", "a value of its own"},
	{"two files with one FID", {NULL, "fid = 7004", "fid = 7002", NULL},
		"fid", "'7002' is already taken", "a value of its own"},
	{"a file with the FID of an application",
		{NULL, "fid = 2F02", "fid = AD01", NULL}, "fid",
		"'AD01' is already taken", "a value of its own"},
	{"a certificate with the FID of a file",
		{SIGN, "certificate = C022", "certificate = 7005", NULL},
		"certificate", "'7005' is already taken", "a value of its own"},
	{"two slots with one certificate",
		{SIGN, "certificate = C022", "certificate = c011", NULL},
		"certificate", "'c011' is already taken", "a value of its own"},
	{"two data files with one FID",
		{EFFN, "file = 0102", "file = 0101", NULL}, "file",
		"'0101' is already taken", "a value of its own"},
	{"two slots with one key", {SIGN, "key = 21", "key = 16", NULL}, "key",
		"'16' is already taken", "a value of its own"},
	{"two key sets with one key", {NULL, "path = 12", "path = 11", NULL},
		"path", "'11' is already taken", "a value of its own"},
	{"chip key in another file", {CHIP, "011D:01", "011C:01", NULL}, "key",
		"another FILEID than file ef.cardsecurity", "its fid"},
	{"EF.CardSecurity in ADF PKI",
		{"file ef.cardsecurity", "application = mf",
			"application = pki", NULL},
		"application", "cannot hold EF.CardSecurity", "mf"},
	{"version and serial with one tag",
		{IDENT, "serial_tag = 0114", "serial_tag = 0116", NULL},
		"serial_tag", "is the version_tag", "a value of its own"},
	{"two fields with one tag", {EFID, "tag = 83", "tag = 80", NULL}, "tag",
		"'80' is already taken", "a value of its own"},
	{"TLV without template", {EFID, "template = 70;", "", EFID}, "template",
		"is missing", "layout = tlv"},
	{"TLV field without tag", {EFID, "{ tag = 83; }", "{ }", NULL}, "tag",
		"is missing", "layout = tlv"},
	{"TLV field with offset",
		{EFID, "{ tag = 83; }", "{ tag = 83; offset = 0; }", NULL},
		"offset", "is of layout = fixed", "tag alone"},
	{"TLV field with length",
		{EFID, "{ tag = 83; }", "{ tag = 83; length = 1; }", NULL},
		"length", "is of layout = fixed", "tag alone"},
	{"fixed layout with template",
		{EFFN, "layout = tlv", "layout = fixed", "template"},
		"template", "is of layout = tlv", "none with layout = fixed"},
	{"fixed layout with tags",
		{EFFN, "layout = tlv;\n\t\ttemplate = 70", "layout = fixed",
			"field job"},
		"tag", "is of layout = tlv", "offset and length"},
	{"two signatures with one id",
		{ALGOS, "sign_pss_sha512 = 07", "sign_pss_sha512 = 05", NULL},
		"sign_pss_sha512", "'05' is already taken",
		"a value of its own"},
	{"two role algorithms with one id",
		{ALGOS, "role_aes_cmac = 1E", "role_aes_cmac = 1D", NULL},
		"role_aes_cmac", "'1D' is already taken", "a value of its own"},
	{"two decipherments with one id",
		{ALGOS, "decipher_raw = 0A", "decipher_raw = 1A", NULL},
		"decipher_raw", "'1A' is already taken", "a value of its own"},
};

static const struct edit fixed_layout = {
	EFFN, FUNCTION_TLV, FUNCTION_FIXED, NULL};

static const struct mistake fixed_layout_mistakes[] = {
	{"fixed field without offset", {EFFN, "offset = 64;", "", NULL},
		"offset", "is missing", "layout = fixed"},
	{"fixed field without length", {EFFN, "length = 182;", "", NULL},
		"length", "is missing", "layout = fixed"},
	{"fixed field behind the file",
		{EFFN, "length = 10;", "length = 11;", NULL}, "length",
		"ends behind the file", "up to its size"},
	{"fixed fields that overlap",
		{EFFN, "offset = 64;", "offset = 63;", NULL}, "offset",
		"field postingPlace overlaps field job", "bytes of its own"},
	{"fixed field in another",
		{EFFN, "offset = 246;", "offset = 100;", NULL}, "offset",
		"productionDate overlaps field postingPlace",
		"bytes of its own"},
};

static const struct edit read_by_sfi = {
	DIAL, "read_by_sfi = no", "read_by_sfi = yes", NULL};

static const struct mistake read_by_sfi_mistakes[] = {
	{"no short identifier", {EFFN, "file = 0102", "file = 0120", NULL},
		"file", "has no short identifier", "01 to 1E"},
	{"one short identifier twice",
		{EFFN, "file = 0102", "file = 0121", NULL}, "file",
		"'0121' is already taken", "a value of its own"},
};

static void
check_mistake(const char *base, const struct mistake *m)
{
	unsigned int line;
	char *text = apply(base, &m->edit, &line);
	int r = jcop_description_parse("my.card", text, &card, message);

	if (r != JCOP_ERR_MALFORMED)
		fail_msg("%s: %d %s", m->what, r, message);
	check_message(m->what, line, m->key, m->wrong, m->expected);
	test_free(text);
}

/* In the default, or in what the edit BEFORE makes of it. */
static void
check_mistakes(
	const struct edit *before, const struct mistake *mistakes, size_t count)
{
	static const struct edit nothing = {NULL, "", "", NULL};
	unsigned int line;
	char *base = apply(jcop_description_default(),
		before == NULL ? &nothing : before, &line);
	size_t i;

	for (i = 0; i < count; i++)
		check_mistake(base, &mistakes[i]);
	test_free(base);
}

static void
every_wrong_value_is_named_with_its_line(void **state)
{
	(void)state;
	check_mistakes(NULL, value_mistakes, COUNT(value_mistakes));
}

static void
every_wrong_block_is_named_with_its_line(void **state)
{
	(void)state;
	check_mistakes(NULL, block_mistakes, COUNT(block_mistakes));
}

static void
values_that_disagree_are_named_with_their_line(void **state)
{
	(void)state;
	check_mistakes(NULL, agreement_mistakes, COUNT(agreement_mistakes));
	check_mistakes(&fixed_layout, fixed_layout_mistakes,
		COUNT(fixed_layout_mistakes));
	check_mistakes(&read_by_sfi, read_by_sfi_mistakes,
		COUNT(read_by_sfi_mistakes));
}

/* --- other values than the reference's --- */

static void
parse_edited(const struct edit *edit)
{
	unsigned int line;
	char *text = apply(jcop_description_default(), edit, &line);
	int r = jcop_description_parse("my.card", text, &card, message);

	if (r != JCOP_OK)
		fail_msg("%s", message);
	test_free(text);
}

static void
fixed_layout_is_read(void **state)
{
	const struct jcop_data_desc *data = &card.data[JCOP_DATA_EF_FUNCTION];

	(void)state;
	parse_edited(&fixed_layout);
	assert_int_equal(data->layout, JCOP_LAYOUT_FIXED);
	assert_int_equal(data->field_count, 3);
	assert_string_equal(data->fields[1].name, "postingPlace");
	assert_int_equal(data->fields[1].offset, 64);
	assert_int_equal(data->fields[1].length, 182);
	assert_int_equal(data->fields[2].offset, 246);
	assert_int_equal(data->fields[2].length, 10);
}

static void
other_dialects_are_read(void **state)
{
	static const struct edit edit = {DIAL,
		"change_pin = chipdoc;\t\t# [P] ChipDoc drivers\n"
		"\t\tunblock_puk = chipdoc;\t\t# [P] ChipDoc drivers\n"
		"\t\tunblock_keyset = plain;\t\t# [A]; vendor: needs no chip\n"
		"\t\t\t\t\t\t# authentication\n"
		"\t\tgenerate = ias-sdo;\t\t# [P] IAS-ECC; on this card [A]\n"
		"\t\timport = ias-sdo;\t\t# [P] IAS-ECC; on this card [A]\n"
		"\t\tsign = ias;\t\t\t# [A]\n"
		"\t\tdecipher_prefix = 81;\t\t# [A]\n"
		"\t\trole = ias-aes;\t\t\t# [A] AES form of IAS-ECC's\n"
		"\t\tchaining = per-link;\t\t# [A]\n"
		"\t\textended_length = yes;\t\t# [A]\n"
		"\t\tcertificate = auto;\t\t# [A]\n"
		"\t\tread_by_sfi = no;",
		"change_pin = ISO; unblock_puk = iso; unblock_keyset = channel;"
		"generate = iso; import = ias-sdo; sign = chipdoc-91;"
		"decipher_prefix = none; role = aes-cmac; chaining = slice;"
		"extended_length = false; certificate = zlib;"
		"read_by_sfi = true;",
		NULL};
	const struct jcop_dialect_desc *d = &card.dialect;

	(void)state;
	parse_edited(&edit);
	assert_int_equal(d->change_pin, JCOP_PIN_ISO);
	assert_int_equal(d->unblock_puk, JCOP_PIN_ISO);
	assert_int_equal(d->unblock_keyset, JCOP_UNBLOCK_CHANNEL);
	assert_int_equal(d->generate, JCOP_GENERATE_ISO);
	assert_int_equal(d->sign, JCOP_SIGN_CHIPDOC_91);
	assert_int_equal(d->decipher_prefix, JCOP_PREFIX_NONE);
	assert_int_equal(d->role, JCOP_ROLE_AES_CMAC);
	assert_int_equal(d->chaining, JCOP_CHAINING_SLICE);
	assert_false(d->extended_length);
	assert_int_equal(d->certificate, JCOP_CERTIFICATE_ZLIB);
	assert_true(d->read_by_sfi);
}

static void
values_of_several_lengths_are_read(void **state)
{
	static const struct edit padding = {
		PIN_S, "padding = none", "padding = ff", NULL};
	static const struct edit key = {
		CHIP, "key = 011D:01", "key = 011D:0102", NULL};
	static const struct edit atr = {
		NULL, "atr = \"3B:D5:18", "atr = \"3F:00\",\n\"3B:D5:18", NULL};
	static const struct edit longest = {NULL, "\"3B:D5:18:",
		"\"3B:D5:18:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
		"00:",
		NULL};
	static const struct edit template = {
		EFID, "template = 70", "template = 7f49", NULL};
	static const struct edit flags = {CHIP, "certificates_valid = now",
		"certificates_valid = at-signing", NULL};

	(void)state;
	parse_edited(&padding);
	assert_true(card.pins[JCOP_PIN_SIGNATURE].padded);
	assert_int_equal(card.pins[JCOP_PIN_SIGNATURE].pad, 0xFF);
	assert_false(card.pins[JCOP_PIN_GLOBAL].padded);
	parse_edited(&key);
	assert_int_equal(card.chip_auth.key, 0x0102);
	parse_edited(&atr);
	assert_int_equal(card.atr_count, 2);
	assert_int_equal(card.atrs[0].len, 2);
	assert_memory_equal(card.atrs[0].value, "\x3F\x00", 2);
	assert_int_equal(card.atrs[1].len, 16);
	parse_edited(&longest);
	assert_int_equal(card.atrs[0].len, 33);
	assert_int_equal(card.atrs[0].value[32], 0x6E);
	parse_edited(&template);
	assert_int_equal(card.data[JCOP_DATA_EF_ID].template_tag, 0x7F49);
	parse_edited(&flags);
	assert_true(card.chip_auth.valid_at_signing);
}

/* --- syntax --- */

static const struct {
	const char *what, *text;
	unsigned int line;
	const char *key, *wrong, *expected;
} syntax_mistakes[] = {
	{"empty file", "", 1, "card", "is missing", "'card NAME {'"},
	{"only a comment", "# card x {\n", 1, "card", "is missing",
		"'card NAME {'"},
	{"no block", "card = x;\n", 1, "card", "is a block", "not '='"},
	{"missing blocks",
		"card x {\nname = a; manufacturer = b;\n"
		"atr = \"3B:00\";\n}\n",
		1, "identification", "is missing", "'identification {'"},
	{"no semicolon, next line", "card x {\n\tname = a\n\tatr = b;\n}\n", 2,
		"name", "the semicolon is missing", "';'"},
	{"no semicolon, comment", "card x {\n name = a # b;\n\n atr = b;\n}\n",
		2, "name", "the semicolon is missing", "';'"},
	{"no semicolon before '}'", "card x {\n\tname = a\n}\n", 2, "name",
		"the semicolon is missing", "';'"},
	{"no semicolon at the end", "card x {\n\tname = a", 2, "name",
		"the semicolon is missing", "';'"},
	{"blanks in a value", "card x {\n\n name = a b;\n}\n", 3, "name",
		"the semicolon is missing", "';'"},
	{"no value", "card x {\n name = ;\n}\n", 2, "name",
		"is followed by ';'", "a value"},
	{"no value after a comma", "card x {\n atr = a, ;\n}\n", 2, "atr",
		"is followed by ';'", "a value"},
	{"two equals signs", "card x {\n name = = a;\n}\n", 2, "name",
		"is followed by '='", "a value"},
	{"key alone", "card x {\n name;\n}\n", 2, "name", "is followed by ';'",
		"'=' or '{'"},
	{"name without a block", "card x {\n pin global;\n}\n", 2, "pin",
		"is followed by ';'", "'{'"},
	{"two names", "card x y {\n}\n", 1, "card", "is followed by 'y'",
		"'{'"},
	{"value without a key", "card x {\n = a;\n}\n", 2, "=",
		"is out of place", "a key"},
	{"string for a key", "card x {\n \"name\" = a;\n}\n", 2, "\"name\"",
		"is out of place", "a key"},
	{"block without a key", "{\n}\n", 1, "{", "is out of place", "a key"},
	{"brace not opened", "card x {\n}\n\n}\n", 4, "}", "closes nothing",
		"'{' before it"},
	{"brace not closed", "#\ncard x {\n pin a {\n}\n", 2, "card",
		"the block is not closed", "'}'"},
	{"inner brace not closed", "card x {\n}\ncard y {\n pin a {\n", 4,
		"pin", "the block is not closed", "'}'"},
	{"brace glued to a name", "card x{\n}\n", 1, "x{", "'{' inside a word",
		"a blank before '{'"},
	{"brace glued to a value", "card x {\n name = a}\n", 2, "a}",
		"'}' inside a word", "a blank before '}'"},
	{"no blank before '='", "card x {\n name=a;\n}\n", 2, "name=a",
		"'=' inside a word", "a blank before '='"},
	{"no blank before a comment", "card x {\n name = a#b;\n}\n", 2, "a#b",
		"'#' inside a word", "a blank before '#'"},
	{"no blank before a string", "card x {\n name = a\"b\";\n}\n", 2,
		"a\"b\"", "'\"' inside a word", "a blank before '\"'"},
	{"string not closed", "card x {\n name = \"a;\n atr = \"b\";\n}\n", 2,
		"name", "a string is not closed", "on the same line"},
	{"string not closed at the end", "card x {\n name = \"a", 2, "name",
		"a string is not closed", "on the same line"},
	{"comment before a value", "card x {\n name = # a\n a;\n}\n", 2, "name",
		"a comment or an empty line follows", "a value"},
	{"comment before '='", "card x {\n name # a\n = a;\n}\n", 2, "name",
		"a comment or an empty line follows", "'=' or '{'"},
	{"empty line before '{'", "card x\n\n{\n}\n", 1, "card",
		"a comment or an empty line follows", "'{'"},
	{"comment in a list", "card x {\n atr = a # b\n , c;\n}\n", 2, "atr",
		"is followed by ','", "';'"},
	{"key twice", "card x {\n name = a;\n atr = b;\n NAME = c;\n}\n", 4,
		"NAME", "is given twice, first in line 2", "it once"},
	{"ended in a key", "card", 1, "card", "is followed by 'end of file'",
		"'=' or '{'"},
	{"blocks beyond the limit",
		"a {\na {\na {\na {\na {\na {\na {\na {\na {\na {\n", 9, "a",
		"block in too many blocks", "at most 8"},
	{"control character", "card x {\n name = \"a\033[2Jb\";\n}\n", 2,
		"text", "has a byte 1B", "without control characters"},
	{"no UTF-8", "card x {\n name = \"\xE9\";\n}\n", 2, "text",
		"has a byte E9", "UTF-8"},
	{"overlong UTF-8", "card x {\n name = \"\xC0\x80\";\n}\n", 2, "text",
		"has a byte C0", "UTF-8"},
	{"overlong UTF-8 of three bytes",
		"card x {\n name = \"\xE0\x80\x80\";\n}\n", 2, "text",
		"has a byte E0", "UTF-8"},
	{"UTF-8 surrogate", "card x {\n name = \"\xED\xA0\x80\";\n}\n", 2,
		"text", "has a byte ED", "UTF-8"},
	{"UTF-8 cut off", "card x {\n name = \"\xE2\x82", 2, "text",
		"has a byte E2", "UTF-8"},
	{"byte order mark",
		"\xEF\xBB\xBF"
		"card x {\n}\n",
		1, "text", "byte order mark", "plain UTF-8"},
};

static void
every_syntax_mistake_is_named_with_its_line(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(syntax_mistakes); i++) {
		int r = jcop_description_parse(
			"my.card", syntax_mistakes[i].text, &card, message);

		if (r != JCOP_ERR_MALFORMED)
			fail_msg("%s: %d", syntax_mistakes[i].what, r);
		check_message(syntax_mistakes[i].what, syntax_mistakes[i].line,
			syntax_mistakes[i].key, syntax_mistakes[i].wrong,
			syntax_mistakes[i].expected);
	}
}

/* The default with every C replaced by the string WITH; to be freed. */
static char *
replace_all(char c, const char *with)
{
	const char *text = jcop_description_default();
	char *out = test_malloc(strlen(text) * (strlen(with) + 1) + 1);
	char *to = out;

	for (; *text != '\0'; text++) {
		if (*text == c) {
			strcpy(to, with);
			to += strlen(with);
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
	return out;
}

static void
windows_line_ends_are_read_and_counted(void **state)
{
	char *text = replace_all('\n', "\r\n");
	char *reference;
	unsigned int line;

	(void)state;
	assert_int_equal(
		jcop_description_parse("my.card", text, &card, message),
		JCOP_OK);
	reference = strstr(text, "reference = 06");
	assert_non_null(reference);
	reference[13] = 'X';
	line = line_at(text, reference);
	assert_int_equal(
		jcop_description_parse("my.card", text, &card, message),
		JCOP_ERR_MALFORMED);
	check_message("CRLF", line, "reference", "is not hexadecimal",
		"2 hexadecimal digits");
	test_free(text);
}

static void
semicolons_of_their_own_and_utf8_do_no_harm(void **state)
{
	static const struct edit edit = {
		NULL, "\"IN Groupe\";", "\"Soci\xC3\xA9t\xC3\xA9\" ; ;", NULL};

	(void)state;
	parse_edited(&edit);
	assert_string_equal(card.manufacturer, "Soci\xC3\xA9t\xC3\xA9");
}

/* Whatever the end of a torn file looks like, it is no description. */
static void
no_torn_file_is_accepted(void **state)
{
	const char *whole = jcop_description_default();
	size_t len = strlen(whole), end = len, cut;
	char *text = test_malloc(len + 1);

	(void)state;
	while (whole[end - 1] != '}')
		end--;
	for (cut = 0; cut < end; cut += 7) {
		memcpy(text, whole, cut);
		text[cut] = '\0';
		assert_int_equal(
			jcop_description_parse("my.card", text, &card, message),
			JCOP_ERR_MALFORMED);
		assert_non_null(strstr(message, "; expected "));
		assert_memory_equal(message, "my.card:", 8);
	}
	test_free(text);
}

/* The scanner must never let through what scconf reads otherwise. */
static void
scanner_and_scconf_agree_on_altered_files(void **state)
{
	static const char *const inserts[] = {"{", "}", "=", ";", ",", "\"",
		"#", "\n\n", " ", "\r", "a", "= ;", " x ", "# c\n", "\"\""};
	const char *whole = jcop_description_default();
	size_t len = strlen(whole), at, n = 0;
	char *text = test_malloc(len + 8);

	(void)state;
	for (at = 0; at < len; at += 5) {
		const char *insert = inserts[n++ % COUNT(inserts)];
		size_t cut = at + n % 3 < len ? n % 3 : 0;
		int r;

		memcpy(text, whole, at);
		strcpy(text + at, insert);
		strcat(text, whole + at + cut);
		r = jcop_description_parse("my.card", text, &card, message);
		if (r == JCOP_OK)
			continue;
		assert_int_equal(r, JCOP_ERR_MALFORMED);
		assert_null(strstr(message, ": syntax: "));
		assert_non_null(strstr(message, "; expected "));
	}
	test_free(text);
}

static void
too_many_statements_are_refused(void **state)
{
	char *text = test_calloc(1, 65536);
	size_t used = 0, i;

	(void)state;
	for (i = 0; i < 3000; i++)
		used += (size_t)snprintf(
			text + used, 65536 - used, "k%zu = 1;\n", i);
	assert_int_equal(
		jcop_description_parse("my.card", text, &card, message),
		JCOP_ERR_MALFORMED);
	check_message("many", 2049, "k2048", "is one too many", "at most 2048");
	test_free(text);
}

/* --- files --- */

static char path[] = "/tmp/test_description.XXXXXX";

static int
make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void
write_file(const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void
file_replaces_the_default(void **state)
{
	static const struct edit edit = {
		NULL, "fid = AD01", "fid = AD07", NULL};
	static const struct edit edit2 = {
		NULL, "path = AD01/11", "path = AD07/11", NULL};
	unsigned int line;
	char *first = apply(jcop_description_default(), &edit, &line);
	char *text = apply(first, &edit2, &line);

	(void)state;
	write_file(text, strlen(text));
	assert_int_equal(jcop_description_load(path, &card, message), JCOP_OK);
	assert_string_equal(message, "");
	assert_int_equal(card.applications[JCOP_APP_AGENT].fid, 0xAD07);
	test_free(first);
	test_free(text);
}

static void
mistake_in_a_file_is_named_with_the_file(void **state)
{
	static const char text[] = "card x {\n name = a\n}\n";
	char start[64];

	(void)state;
	write_file(text, strlen(text));
	assert_int_equal(jcop_description_load(path, &card, message),
		JCOP_ERR_MALFORMED);
	snprintf(start, sizeof(start), "%s:2: name: ", path);
	assert_memory_equal(message, start, strlen(start));
}

static void
zero_byte_in_a_file_is_refused(void **state)
{
	const char *whole = jcop_description_default();
	size_t len = strlen(whole);
	char *text = test_malloc(len + 12);

	(void)state;
	/* all that follows would be lost on the parser */
	memcpy(text, whole, len);
	memcpy(text + len, "\0nonsense {", 12);
	write_file(text, len + 12);
	assert_int_equal(jcop_description_load(path, &card, message),
		JCOP_ERR_MALFORMED);
	assert_non_null(strstr(message, ": text: has a byte 00; expected"));
	test_free(text);
}

static void
file_too_long_is_refused(void **state)
{
	size_t len = 300000;
	char *text = test_malloc(len);

	(void)state;
	memset(text, '\n', len);
	write_file(text, len);
	assert_int_equal(jcop_description_load(path, &card, message),
		JCOP_ERR_MALFORMED);
	assert_non_null(
		strstr(message, ":1: text: is too long; expected at most"));
	test_free(text);
}

static void
missing_file_is_named(void **state)
{
	(void)state;
	assert_int_equal(
		jcop_description_load("/nonexistent/my.card", &card, message),
		JCOP_ERR_NOT_FOUND);
	assert_string_equal(message,
		"/nonexistent/my.card: cannot be read: No such file or "
		"directory; expected a card description");
}

static void
directory_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(jcop_description_load("/tmp", &card, message),
		JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "not a regular file"));
}

static void
long_file_name_leaves_room_for_the_mistake(void **state)
{
	char name[2000];

	(void)state;
	memset(name, 'd', sizeof(name));
	memcpy(name + sizeof(name) - 9, "/my.card", 9);
	assert_int_equal(
		jcop_description_parse(name, "card = 1;", &card, message),
		JCOP_ERR_MALFORMED);
	assert_memory_equal(message, "...d", 4);
	assert_non_null(strstr(message, "d/my.card:1: card: is a block; "));
}

/* --- names --- */

static void
names_are_those_of_the_file(void **state)
{
	(void)state;
	assert_string_equal(jcop_pin_name(JCOP_PIN_GLOBAL), "global");
	assert_string_equal(jcop_pin_name(JCOP_PIN_PUK), "puk");
	assert_string_equal(
		jcop_keyset_name(JCOP_KEYSET_SK_FILE_MGMT), "sk_file_mgmt");
	assert_string_equal(
		jcop_data_name(JCOP_DATA_EF_FUNCTION), "ef.function");
	assert_string_equal(jcop_curve_name(JCOP_CURVE_P256), "P-256");
	assert_string_equal(
		jcop_curve_name(JCOP_CURVE_BP512), "brainpoolP512r1");
	assert_string_equal(jcop_ca_cipher_name(JCOP_CA_AES_256), "aes-256");
	assert_string_equal(jcop_pin_name(JCOP_PIN_COUNT), "unknown");
}

static void
containers_are_found_in_any_case(void **state)
{
	(void)state;
	load_default();
	assert_ptr_equal(
		jcop_description_container(&card, "MPP"), &card.containers[0]);
	assert_ptr_equal(
		jcop_description_container(&card, "sign"), &card.containers[1]);
	assert_null(jcop_description_container(&card, "signature"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_is_the_installed_file),
		cmocka_unit_test(default_identifies_the_reference_card),
		cmocka_unit_test(default_has_the_reference_files),
		cmocka_unit_test(default_has_the_reference_pins),
		cmocka_unit_test(
			default_has_the_reference_key_sets_and_chip_key),
		cmocka_unit_test(default_has_the_reference_containers),
		cmocka_unit_test(default_has_the_reference_agent_data),
		cmocka_unit_test(default_speaks_the_reference_dialect),
		cmocka_unit_test(every_wrong_value_is_named_with_its_line),
		cmocka_unit_test(every_wrong_block_is_named_with_its_line),
		cmocka_unit_test(
			values_that_disagree_are_named_with_their_line),
		cmocka_unit_test(fixed_layout_is_read),
		cmocka_unit_test(other_dialects_are_read),
		cmocka_unit_test(values_of_several_lengths_are_read),
		cmocka_unit_test(every_syntax_mistake_is_named_with_its_line),
		cmocka_unit_test(windows_line_ends_are_read_and_counted),
		cmocka_unit_test(semicolons_of_their_own_and_utf8_do_no_harm),
		cmocka_unit_test(no_torn_file_is_accepted),
		cmocka_unit_test(scanner_and_scconf_agree_on_altered_files),
		cmocka_unit_test(too_many_statements_are_refused),
		cmocka_unit_test_setup_teardown(
			file_replaces_the_default, make_file, remove_file),
		cmocka_unit_test_setup_teardown(
			mistake_in_a_file_is_named_with_the_file, make_file,
			remove_file),
		cmocka_unit_test_setup_teardown(
			zero_byte_in_a_file_is_refused, make_file, remove_file),
		cmocka_unit_test_setup_teardown(
			file_too_long_is_refused, make_file, remove_file),
		cmocka_unit_test(missing_file_is_named),
		cmocka_unit_test(directory_is_no_file),
		cmocka_unit_test(long_file_name_leaves_room_for_the_mistake),
		cmocka_unit_test(names_are_those_of_the_file),
		cmocka_unit_test(containers_are_found_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
