/*
 * agent-data.c: what is in EF.Id and EF.Fonction.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "core/agent-data.h"
#include "core/tlv.h"

#define LENGTH_LONG_BIT 0x80 /* X.690 8.1.3.5 */
#define LENGTH_MAX_BYTES 4

/* A field in it, or none at all: so many bytes has every template that has
 * anything, behind its tag: 81 and the first bytes of the length, or a length,
 * a tag and another length. */
#define LEAST_BEHIND_TAG 3

/* --- reading ---------------------------------------------------------------
 */

static size_t
tag_length(uint32_t tag)
{
	size_t len = 1;

	while (len < sizeof(tag) && tag >> (8 * len) != 0)
		len++;
	return len;
}

static size_t
fixed_end(const struct jcop_agent_layout *layout)
{
	size_t i, end = 0;

	for (i = 0; i < layout->count; i++) {
		const struct jcop_agent_field *field = &layout->fields[i];

		if (field->offset + field->length > end)
			end = field->offset + field->length;
	}
	return end;
}

/* The length of a template whose tag has TAG_LEN bytes, or of its header, as
 * long as that is not there. */
static int
template_length(struct jcop_bytes content, size_t tag_len, size_t *needed)
{
	size_t count, value = 0, i;
	uint8_t first = content.data[tag_len];

	count = first & LENGTH_LONG_BIT ? (size_t)(first & ~LENGTH_LONG_BIT)
					: 0;
	if (count > LENGTH_MAX_BYTES || first == LENGTH_LONG_BIT)
		return JCOP_ERR_MALFORMED;
	*needed = tag_len + 1 + count;
	if (*needed > content.len)
		return JCOP_OK;
	for (i = 0; i < count; i++)
		value = value << 8 | content.data[tag_len + 1 + i];
	if (count == 0)
		value = first;
	if (value > JCOP_AGENT_MAX_LENGTH - *needed)
		return JCOP_ERR_MALFORMED;
	*needed += value;
	return JCOP_OK;
}

static bool
starts_with_tag(struct jcop_bytes content, uint32_t tag)
{
	size_t i, len = tag_length(tag);

	for (i = 0; i < len; i++)
		if (i >= content.len ||
			content.data[i] !=
				(uint8_t)(tag >> (8 * (len - 1 - i))))
			return false;
	return true;
}

int
jcop_agent_needed(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, size_t *needed)
{
	size_t tag_len = tag_length(layout->template_tag);

	if (layout->fixed) {
		*needed = fixed_end(layout);
		return JCOP_OK;
	}
	if (content.len == 0) {
		*needed = tag_len + LEAST_BEHIND_TAG;
		return JCOP_OK;
	}
	if (content.data[0] == 0x00) {
		*needed = 0;
		return JCOP_OK;
	}
	if (content.len <= tag_len ||
		!starts_with_tag(content, layout->template_tag))
		return JCOP_ERR_MALFORMED;
	return template_length(content, tag_len, needed);
}

/* The objects in the template; none where the file starts with 00. */
static int
open_template(const struct jcop_agent_layout *layout, struct jcop_bytes content,
	struct jcop_bytes *inner)
{
	struct jcop_tlv object;

	*inner = jcop_bytes_of(NULL, 0);
	if (content.len == 0 || content.data[0] == 0x00)
		return JCOP_OK;
	if (jcop_tlv_read(&content, &object) != JCOP_OK ||
		object.tag != layout->template_tag)
		return JCOP_ERR_MALFORMED;
	*inner = object.value;
	return JCOP_OK;
}

/* The field with TAG, or layout->count. */
static size_t
find_tag(const struct jcop_agent_layout *layout, uint32_t tag)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		if (layout->fields[i].tag == tag)
			break;
	return i;
}

static int
parse_template(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, struct jcop_agent_value *values)
{
	struct jcop_bytes inner;
	struct jcop_tlv object;
	int r = open_template(layout, content, &inner);

	while (r == JCOP_OK && inner.len > 0) {
		size_t i;

		r = jcop_tlv_read(&inner, &object);
		if (r != JCOP_OK)
			break;
		i = find_tag(layout, object.tag);
		if (i == layout->count)
			continue;
		if (values[i].present)
			return JCOP_ERR_MALFORMED;
		values[i].present = true;
		values[i].value = object.value;
	}
	return r;
}

static void
parse_fixed(const struct jcop_agent_layout *layout, struct jcop_bytes content,
	struct jcop_agent_value *values)
{
	size_t i;

	for (i = 0; i < layout->count; i++) {
		const struct jcop_agent_field *field = &layout->fields[i];
		struct jcop_bytes value = {NULL, 0};

		if (field->offset < content.len)
			value = jcop_bytes_of(content.data + field->offset,
				content.len - field->offset);
		if (value.len > field->length)
			value.len = field->length;
		while (value.len > 0 && value.data[value.len - 1] == 0x00)
			value.len--;
		values[i].present = value.len > 0;
		values[i].value = value;
	}
}

static void
clear_values(
	const struct jcop_agent_layout *layout, struct jcop_agent_value *values)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		values[i] = (struct jcop_agent_value){false, {NULL, 0}};
}

int
jcop_agent_parse(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, struct jcop_agent_value *values)
{
	int r = JCOP_OK;

	clear_values(layout, values);
	if (layout->fixed)
		parse_fixed(layout, content, values);
	else
		r = parse_template(layout, content, values);
	if (r != JCOP_OK)
		clear_values(layout, values);
	return r;
}

/* --- writing ---------------------------------------------------------------
 */

bool
jcop_agent_differs(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, const struct jcop_agent_value *changes)
{
	struct jcop_agent_value values[JCOP_AGENT_MAX_FIELDS];
	size_t i;

	if (jcop_agent_parse(layout, content, values) != JCOP_OK)
		return true;
	for (i = 0; i < layout->count; i++) {
		if (!changes[i].present)
			continue;
		if (!jcop_bytes_equal(values[i].value, changes[i].value))
			return true;
		if (!layout->fixed && !values[i].present)
			return true;
	}
	return false;
}

/* Known fields in the order of the layout, then the others as they are. */
static int
put_objects(const struct jcop_agent_layout *layout, struct jcop_bytes content,
	const struct jcop_agent_value *values, struct jcop_blob *out)
{
	struct jcop_bytes inner;
	struct jcop_tlv object;
	size_t i;
	int r = open_template(layout, content, &inner);

	for (i = 0; r == JCOP_OK && i < layout->count; i++)
		if (values[i].present)
			r = jcop_tlv_put(
				out, layout->fields[i].tag, values[i].value);
	while (r == JCOP_OK && inner.len > 0) {
		r = jcop_tlv_read(&inner, &object);
		if (r == JCOP_OK &&
			find_tag(layout, object.tag) == layout->count)
			r = jcop_blob_append(
				out, object.whole.data, object.whole.len);
	}
	return r;
}

static int
merge_template(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, const struct jcop_agent_value *values,
	struct jcop_blob *out)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = put_objects(layout, content, values, &inner);

	if (r == JCOP_OK)
		r = jcop_tlv_put(
			out, layout->template_tag, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	return r;
}

static int
merge_fixed(const struct jcop_agent_layout *layout, struct jcop_bytes content,
	const struct jcop_agent_value *values, struct jcop_blob *out)
{
	size_t i, end = fixed_end(layout);
	int r = jcop_blob_append(out, content.data, content.len);

	if (r == JCOP_OK && out->len < end)
		r = jcop_blob_append_fill(out, 0x00, end - out->len);
	for (i = 0; r == JCOP_OK && i < layout->count; i++) {
		const struct jcop_agent_field *field = &layout->fields[i];

		if (values[i].value.len > field->length)
			return JCOP_ERR_TOO_LONG;
		memset(out->data + field->offset, 0x00, field->length);
		if (values[i].value.len > 0)
			memcpy(out->data + field->offset, values[i].value.data,
				values[i].value.len);
	}
	return r;
}

int
jcop_agent_merge(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, const struct jcop_agent_value *changes,
	struct jcop_blob *out)
{
	struct jcop_agent_value values[JCOP_AGENT_MAX_FIELDS];
	size_t i;
	int r = jcop_agent_parse(layout, content, values);

	jcop_blob_clear(out);
	if (r != JCOP_OK)
		return r;
	for (i = 0; i < layout->count; i++)
		if (changes[i].present)
			values[i] = changes[i];
	r = layout->fixed ? merge_fixed(layout, content, values, out)
			  : merge_template(layout, content, values, out);
	if (r == JCOP_OK && out->len < content.len)
		r = jcop_blob_append_fill(out, 0x00, content.len - out->len);
	if (r != JCOP_OK)
		jcop_blob_clear(out);
	return r;
}

static uint8_t
byte_at(struct jcop_bytes bytes, size_t at)
{
	return at < bytes.len ? bytes.data[at] : 0x00;
}

static size_t
longest(struct jcop_bytes a, struct jcop_bytes b, struct jcop_bytes c)
{
	size_t len = a.len > b.len ? a.len : b.len;

	return len > c.len ? len : c.len;
}

bool
jcop_agent_is_torn(
	struct jcop_bytes card, struct jcop_bytes old, struct jcop_bytes fresh)
{
	size_t len = longest(card, old, fresh), start = 0, end = len;

	/* how far it is the one, and from where on the other */
	while (start < len && byte_at(card, start) == byte_at(fresh, start))
		start++;
	while (end > 0 && byte_at(card, end - 1) == byte_at(old, end - 1))
		end--;
	return start < len && end > 0 && end <= start;
}

/* --- text ------------------------------------------------------------------
 */

/* Unicode: control characters, line and paragraph separators. */
static bool
is_printable(struct jcop_bytes text)
{
	const uint32_t refused =
		UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
	const uint8_t *at = text.data, *end = text.data + text.len;
	ucs4_t character;

	while (at < end) {
		int len = u8_mbtouc(&character, at, (size_t)(end - at));

		if (len <= 0 ||
			uc_is_general_category_withtable(character, refused))
			return false;
		at += len;
	}
	return true;
}

int
jcop_agent_text(struct jcop_bytes text, struct jcop_blob *out)
{
	uint8_t *normal;
	size_t len = 0;
	int r;

	jcop_blob_clear(out);
	if (text.len == 0)
		return JCOP_OK;
	if (u8_check(text.data, text.len) != NULL)
		return JCOP_ERR_MALFORMED;
	if (!is_printable(text))
		return JCOP_ERR_UNSUPPORTED;
	normal = u8_normalize(UNINORM_NFC, text.data, text.len, NULL, &len);
	if (normal == NULL)
		return JCOP_ERR_NO_MEMORY;
	r = jcop_blob_set(out, normal, len);
	OPENSSL_cleanse(normal, len);
	free(normal);
	return r;
}

/* LEN digits at TEXT; -1 if one of them is none. */
static int
digits(const uint8_t *text, size_t len)
{
	int value = 0;

	for (; len > 0; text++, len--) {
		if (*text < '0' || *text > '9')
			return -1;
		value = 10 * value + (*text - '0');
	}
	return value;
}

bool
jcop_agent_is_date(struct jcop_bytes text)
{
	static const int lengths[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day, days;

	if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-')
		return false;
	year = digits(text.data, 4);
	month = digits(text.data + 5, 2);
	day = digits(text.data + 8, 2);
	if (year < 1 || month < 1 || month > 12)
		return false;
	days = lengths[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		days++;
	return day >= 1 && day <= days;
}
