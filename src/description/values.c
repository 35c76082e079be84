/*
 * values.c: the kinds of values in a card description.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/values.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define UNUSED __attribute__((unused))

/* Enumerations and flags are stored as integers of their size. */
_Static_assert(sizeof(enum jcop_pin) == 4, "enumerations have four bytes");
_Static_assert(sizeof(bool) == 1, "flags have one byte");

static void
store(void *out, size_t size, unsigned long value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	uint64_t u64 = value;

	switch (size) {
	case sizeof(u8):
		memcpy(out, &u8, size);
		break;
	case sizeof(u16):
		memcpy(out, &u16, size);
		break;
	case sizeof(u32):
		memcpy(out, &u32, size);
		break;
	case sizeof(u64):
		memcpy(out, &u64, size);
		break;
	}
}

/* All of WORD is digits of BASE, at most DIGITS of them. */
static bool
is_number(const char *word, size_t digits, int base)
{
	size_t len = strlen(word);

	return len > 0 && len <= digits &&
	       strspn(word, base == 16 ? "0123456789abcdefABCDEF"
				       : "0123456789") == len;
}

/* The number of WORD, that is_number has seen. */
static unsigned long
number(const char *word, size_t digits, unsigned int base)
{
	unsigned long value = 0;
	size_t i;

	for (i = 0; i < digits; i++) {
		unsigned int c = (unsigned char)word[i];

		value = value * base +
			(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

static unsigned long
hex(const char *word)
{
	return number(word, strlen(word), 16);
}

/* --- numbers --- */

static const char *
parse_decimal(const struct jcop_row *row, const char *word, size_t index UNUSED,
	void *out, const struct jcop_description *card UNUSED)
{
	unsigned long value;

	if (!is_number(word, 9, 10))
		return "is not a decimal number";
	value = number(word, strlen(word), 10);
	if (value < row->min || value > row->max)
		return "is out of range";
	store(out, row->size, value);
	return NULL;
}

static void
expect_decimal(const struct jcop_row *row, char *text, size_t size)
{
	(void)snprintf(text, size, "a decimal number from %lu to %lu", row->min,
		row->max);
}

const struct jcop_type jcop_type_decimal = {
	false, parse_decimal, expect_decimal};

static const char *
parse_hex(const struct jcop_row *row, const char *word, size_t index UNUSED,
	void *out, const struct jcop_description *card UNUSED)
{
	if (!is_number(word, SIZE_MAX, 16))
		return "is not hexadecimal";
	if (strlen(word) != 2 * row->size)
		return "has the wrong number of digits";
	if (hex(word) < row->min || hex(word) > row->max)
		return "is out of range";
	store(out, row->size, hex(word));
	return NULL;
}

static void
expect_hex(const struct jcop_row *row, char *text, size_t size)
{
	int digits = (int)(2 * row->size);

	(void)snprintf(text, size, "%d hexadecimal digits from %0*lX to %0*lX",
		digits, digits, row->min, digits, row->max);
}

const struct jcop_type jcop_type_hex = {false, parse_hex, expect_hex};

/* ISO/IEC 7816-4: 3F00 is the MF, the others are reserved. */
static const char *
parse_fid(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	unsigned long fid;

	if (!is_number(word, SIZE_MAX, 16))
		return "is not hexadecimal";
	if (strlen(word) != 4)
		return "has the wrong number of digits";
	fid = hex(word);
	if (fid == 0x0000 || fid == 0x3F00 || fid == 0x3FFF || fid == 0xFFFF)
		return "is reserved";
	store(out, sizeof(uint16_t), fid);
	return NULL;
}

static void
expect_fid(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size,
		"4 hexadecimal digits, not 0000, 3F00, 3FFF or FFFF");
}

const struct jcop_type jcop_type_fid = {false, parse_fid, expect_fid};

/* --- words --- */

void
jcop_words_text(const struct jcop_word *words, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (; words->word != NULL && used < size; words++) {
		const char *before = used == 0               ? ""
				     : words[1].word == NULL ? " or "
							     : ", ";
		int n = snprintf(
			text + used, size - used, "%s%s", before, words->word);

		used += n < 0 ? 0 : (size_t)n;
	}
}

static const char *
parse_word(const struct jcop_row *row, const char *word, size_t index UNUSED,
	void *out, const struct jcop_description *card UNUSED)
{
	unsigned int value;

	if (!jcop_word_value(row->words, word, &value))
		return "is unknown";
	store(out, row->size, value);
	return NULL;
}

static void
expect_word(const struct jcop_row *row, char *text, size_t size)
{
	jcop_words_text(row->words, text, size);
}

const struct jcop_type jcop_type_word = {false, parse_word, expect_word};

static const char *
parse_bit_set(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	unsigned int value, set;

	if (!jcop_word_value(row->words, word, &value))
		return "is unknown";
	memcpy(&set, out, sizeof(set));
	if (set & (1u << value))
		return "is given twice";
	set |= 1u << value;
	memcpy(out, &set, sizeof(set));
	return NULL;
}

static void
expect_list(const struct jcop_row *row, char *text, size_t size)
{
	int n = snprintf(text, size, "a list, each once, of ");

	if (n > 0 && (size_t)n < size)
		jcop_words_text(row->words, text + n, size - (size_t)n);
}

const struct jcop_type jcop_type_bit_set = {true, parse_bit_set, expect_list};

static const char *
parse_iccsn(const struct jcop_row *row, const char *word, size_t index,
	void *out, const struct jcop_description *card UNUSED)
{
	struct jcop_identification_desc *identification = out;
	unsigned int value;
	size_t i;

	if (!jcop_word_value(row->words, word, &value))
		return "is unknown";
	for (i = 0; i < index; i++) {
		if (identification->iccsn_sources[i] == value)
			return "is given twice";
	}
	identification->iccsn_sources[index] = (enum jcop_iccsn_source)value;
	identification->iccsn_source_count = index + 1;
	return NULL;
}

const struct jcop_type jcop_type_iccsn = {true, parse_iccsn, expect_list};

/* --- strings --- */

static const char *
parse_text(const struct jcop_row *row, const char *word, size_t index UNUSED,
	void *out, const struct jcop_description *card UNUSED)
{
	size_t len = strlen(word);

	if (len == 0)
		return "is empty";
	if (len >= row->size)
		return "is too long";
	memcpy(out, word, len + 1);
	return NULL;
}

static void
expect_text(const struct jcop_row *row, char *text, size_t size)
{
	(void)snprintf(text, size, "a string of 1 to %zu bytes", row->size - 1);
}

const struct jcop_type jcop_type_text = {false, parse_text, expect_text};

static const char *
parse_version(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	uint8_t version[3];
	size_t i;

	for (i = 0; i < sizeof(version); i++) {
		size_t digits = strspn(word, "0123456789");
		unsigned long value;

		if (digits == 0 || digits > 3)
			return "is not a version";
		value = number(word, digits, 10);
		word += digits;
		if (value > UINT8_MAX ||
			*word != (i + 1 < sizeof(version) ? '.' : '\0'))
			return "is not a version";
		word += *word == '.';
		version[i] = (uint8_t)value;
	}
	memcpy(out, version, sizeof(version));
	return NULL;
}

static void
expect_version(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size,
		"MAJOR.MINOR.PATCH, three decimal numbers up to 255");
}

const struct jcop_type jcop_type_version = {
	false, parse_version, expect_version};

/* A day that the calendar has: timegm() leaves it as it is. */
static bool
is_day(int year, int month, int day)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};

	return timegm(&tm) != (time_t)-1 && tm.tm_mon == month - 1 &&
	       tm.tm_mday == day;
}

static const char *
parse_date(const struct jcop_row *row, const char *word, size_t index UNUSED,
	void *out, const struct jcop_description *card UNUSED)
{
	static const char shape[] = "dddd-dd-dd";
	size_t i;

	if (strlen(word) != sizeof(shape) - 1)
		return "is not a date";
	for (i = 0; i < sizeof(shape) - 1; i++) {
		if (shape[i] == 'd' ? !isdigit((unsigned char)word[i])
				    : word[i] != shape[i])
			return "is not a date";
	}
	if (number(word, 4, 10) < 2000 ||
		!is_day((int)number(word, 4, 10), (int)number(word + 5, 2, 10),
			(int)number(word + 8, 2, 10)))
		return "is not a day of the calendar";
	memcpy(out, word, row->size);
	return NULL;
}

static void
expect_date(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size, "YYYY-MM-DD from 2000-01-01 on");
}

const struct jcop_type jcop_type_date = {false, parse_date, expect_date};

/* --- bytes --- */

/* Reads pairs of digits with SEPARATOR between (0: nothing); 0 on error. */
static size_t
hex_bytes(const char *word, char separator, uint8_t *out, size_t max)
{
	size_t len = 0;

	while (len < max && isxdigit((unsigned char)word[0]) &&
		isxdigit((unsigned char)word[1])) {
		out[len++] = (uint8_t)number(word, 2, 16);
		word += 2;
		if (*word == '\0')
			return len;
		if (separator != 0 && *word++ != separator)
			return 0;
	}
	return 0;
}

/* ISO/IEC 7816-3: TS, T0 and up to 31 more; direct or inverse convention. */
static const char *
parse_atr(const struct jcop_row *row UNUSED, const char *word, size_t index,
	void *out, const struct jcop_description *card UNUSED)
{
	struct jcop_description *description = out;
	uint8_t *value = description->atrs[index].value;
	size_t len = hex_bytes(word, ':', value, JCOP_ATR_SIZE), i;

	if (len < 2)
		return "is not an ATR";
	if (value[0] != 0x3B && value[0] != 0x3F)
		return "does not start as an ATR";
	for (i = 0; i < index; i++) {
		if (description->atrs[i].len == len &&
			memcmp(description->atrs[i].value, value, len) == 0)
			return "is given twice";
	}
	description->atrs[index].len = len;
	description->atr_count = index + 1;
	return NULL;
}

static void
expect_atr(const struct jcop_row *row, char *text, size_t size)
{
	(void)snprintf(text, size,
		"up to %lu ATRs, each of 2 to %d bytes as \"3B:00\" or "
		"\"3F:00\"",
		row->max, JCOP_ATR_SIZE);
}

const struct jcop_type jcop_type_atrs = {true, parse_atr, expect_atr};

/* ISO/IEC 7816-5: a registered provider has five bytes. */
static const char *
parse_aid(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	struct jcop_application_desc *application = out;

	application->aid_len =
		hex_bytes(word, 0, application->aid, JCOP_AID_SIZE);
	return application->aid_len < 5 ? "is not an AID" : NULL;
}

static void
expect_aid(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(
		text, size, "5 to %d bytes in hexadecimal", JCOP_AID_SIZE);
}

const struct jcop_type jcop_type_aid = {false, parse_aid, expect_aid};

static const char *
parse_padding(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	struct jcop_pin_desc *pin = out;

	pin->padded = strcasecmp(word, "none") != 0;
	if (!pin->padded)
		return NULL;
	if (!is_number(word, 2, 16) || strlen(word) != 2)
		return "is no byte";
	pin->pad = (uint8_t)hex(word);
	return NULL;
}

static void
expect_padding(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size, "none or 2 hexadecimal digits");
}

const struct jcop_type jcop_type_padding = {
	false, parse_padding, expect_padding};

/* --- tags and key paths --- */

/* X.690 8.1.2: bit 6 clear is primitive; 1F in bits 5 to 1 means that more
 * bytes of the tag follow. */
static const char *
parse_tag(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	unsigned long tag;

	if (!is_number(word, SIZE_MAX, 16))
		return "is not hexadecimal";
	if (strlen(word) != 2)
		return "has the wrong number of digits";
	tag = hex(word);
	if (tag == 0 || (tag & 0x20) != 0 || (tag & 0x1F) == 0x1F)
		return "is not a primitive tag of one byte";
	store(out, sizeof(uint8_t), tag);
	return NULL;
}

static void
expect_tag(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size,
		"2 hexadecimal digits of a primitive BER tag, as 80");
}

const struct jcop_type jcop_type_tag = {false, parse_tag, expect_tag};

/* A constructed tag of one to three bytes, well-formed by X.690 8.1.2.4. */
static bool
is_template_tag(const uint8_t *tag, size_t len)
{
	if ((tag[0] & 0x20) == 0)
		return false;
	if ((tag[0] & 0x1F) != 0x1F)
		return len == 1;
	if (len == 2)
		return tag[1] >= 0x1F && tag[1] < 0x80;
	return len == 3 && tag[1] > 0x80 && tag[2] < 0x80;
}

static const char *
parse_template(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	uint8_t tag[3];
	size_t len = hex_bytes(word, 0, tag, sizeof(tag));

	if (len == 0)
		return "is not a tag in hexadecimal";
	if (!is_template_tag(tag, len))
		return "is not a constructed tag";
	store(out, sizeof(uint32_t), hex(word));
	return NULL;
}

static void
expect_template(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size,
		"2 to 6 hexadecimal digits of a constructed BER tag, as 70");
}

const struct jcop_type jcop_type_template = {
	false, parse_template, expect_template};

/* FILEID as in front of a key: exactly four digits. */
static bool
is_file_id(const char *word, const char *end)
{
	return end == word + 4 && strspn(word, "0123456789abcdefABCDEF") >= 4;
}

static const char *
parse_key_path(const struct jcop_row *row, const char *word,
	size_t index UNUSED, void *out, const struct jcop_description *card)
{
	struct jcop_keyset_desc *keyset = out;
	const char *slash = strchr(word, '/');
	const char *key = slash == NULL ? word : slash + 1;

	if (!is_number(key, 2, 16) || strlen(key) != 2 ||
		(slash != NULL && !is_file_id(word, slash)))
		return "is not a key path";
	if (hex(key) < row->min || hex(key) > row->max)
		return "has a KEYID out of range";
	keyset->application = JCOP_APP_MF;
	keyset->key = (uint8_t)hex(key);
	if (slash == NULL)
		return NULL;
	/* An application without fid is a mistake of its own: check.c. */
	if (card->applications[JCOP_APP_AGENT].fid != 0 &&
		number(word, 4, 16) != card->applications[JCOP_APP_AGENT].fid)
		return "is not in application agent";
	keyset->application = JCOP_APP_AGENT;
	return NULL;
}

static void
expect_key_path(const struct jcop_row *row, char *text, size_t size)
{
	(void)snprintf(text, size,
		"KEYID for a key in the MF, or FILEID/KEYID with the fid of "
		"application agent, as 11 or AD01/11; KEYID from %02lX to "
		"%02lX",
		row->min, row->max);
}

const struct jcop_type jcop_type_key_path = {
	false, parse_key_path, expect_key_path};

/* A key id is an INTEGER in TR-03110-3 A.1.1: any even number of digits. */
static const char *
parse_chip_key(const struct jcop_row *row UNUSED, const char *word,
	size_t index UNUSED, void *out,
	const struct jcop_description *card UNUSED)
{
	struct jcop_chip_auth_desc *chip_auth = out;
	const char *colon = strchr(word, ':');

	if (colon == NULL || !is_file_id(word, colon) ||
		!is_number(colon + 1, 8, 16) || strlen(colon + 1) % 2 != 0 ||
		hex(colon + 1) > INT32_MAX)
		return "is not a chip authentication key";
	chip_auth->file = (uint16_t)number(word, 4, 16);
	chip_auth->key = (unsigned int)hex(colon + 1);
	return NULL;
}

static void
expect_chip_key(const struct jcop_row *row UNUSED, char *text, size_t size)
{
	(void)snprintf(text, size,
		"FILEID:KEYID in hexadecimal, as 011D:01; KEYID of 2 to 8 "
		"digits up to 7FFFFFFF");
}

const struct jcop_type jcop_type_chip_key = {
	false, parse_chip_key, expect_chip_key};
