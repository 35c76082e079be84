/*
 * text.c: small questions about text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "encoding/text.h"

bool
text_is_utf8(const char *text, size_t len)
{
	json_t *string;

	if (memchr(text, '\0', len) != NULL)
		return false;
	string = json_stringn(text, len);
	json_decref(string);
	return string != NULL;
}

struct jcop_bytes
text_without_mark(struct jcop_bytes text)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t len = sizeof(mark) - 1;

	if (text.len < len || memcmp(text.data, mark, len) != 0)
		return text;
	return jcop_bytes_of(text.data + len, text.len - len);
}

bool
text_has_control(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return true;
	return false;
}

static bool
day_exists(unsigned int year, unsigned int month, unsigned int day)
{
	static const unsigned int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool
text_is_date(const char *text, size_t len)
{
	static const char shape[] = "dddd-dd-dd";
	unsigned int numbers[3] = {0, 0, 0};
	size_t i, at = 0;

	if (len != strlen(shape))
		return false;
	for (i = 0; i < len; i++) {
		if (shape[i] == '-' && text[i] == '-') {
			at++;
			continue;
		}
		if (shape[i] == '-' || !isdigit((unsigned char)text[i]))
			return false;
		numbers[at] = numbers[at] * 10 + (unsigned int)(text[i] - '0');
	}
	return day_exists(numbers[0], numbers[1], numbers[2]);
}

/* So many hexadecimal digits stand at TEXT, if not more than MOST; else 0. */
static size_t
hex_digits(const char *text, size_t most)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");

	return len <= most ? len : 0;
}

static bool
is_key_path(const char *text)
{
	size_t len = hex_digits(text, 4), key;

	if (len > 0 && text[len] == '/') {
		text += len + 1;
		len = hex_digits(text, 2);
	}
	key = hex_digits(text, 2);
	return key > 0 && key == len && text[key] == '\0';
}

bool
text_is_keyset(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (text[0] == '\0' || text_has_control(text, strlen(text)))
		return false;
	return colon == NULL || (colon > text && is_key_path(colon + 1));
}

bool
text_is_chip_auth(const char *text)
{
	size_t len = hex_digits(text, 4), key;

	if (len == 0 || text[len] != ':')
		return false;
	text += len + 1;
	key = hex_digits(text, 4);
	return key > 0 && text[key] == '\0';
}

void
encoding_hex(struct jcop_bytes bytes, char *text)
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < bytes.len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
}
