/*
 * tlv.c: BER-TLV data objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core/tlv.h"

#define TAG_MORE_MASK 0x1F /* X.690 8.1.2.4: the tag goes on */
#define TAG_NEXT_BIT 0x80
#define TAG_MAX_BYTES 3
#define LENGTH_LONG_BIT 0x80 /* X.690 8.1.3.5 */
#define LENGTH_MAX_BYTES 4

static int
read_byte(struct jcop_bytes *cursor, uint8_t *byte)
{
	if (cursor->len == 0)
		return JCOP_ERR_MALFORMED;
	*byte = *cursor->data++;
	cursor->len--;
	return JCOP_OK;
}

static int
read_tag(struct jcop_bytes *cursor, uint32_t *tag)
{
	uint8_t byte;
	int i, r = read_byte(cursor, &byte);

	if (r != JCOP_OK)
		return r;
	*tag = byte;
	if ((byte & TAG_MORE_MASK) != TAG_MORE_MASK)
		return JCOP_OK;
	for (i = 1; i < TAG_MAX_BYTES; i++) {
		r = read_byte(cursor, &byte);
		if (r != JCOP_OK)
			return r;
		*tag = *tag << 8 | byte;
		if (!(byte & TAG_NEXT_BIT))
			return JCOP_OK;
	}
	return JCOP_ERR_MALFORMED;
}

static int
read_length(struct jcop_bytes *cursor, size_t *len)
{
	uint8_t byte, count;
	int r = read_byte(cursor, &byte);

	if (r != JCOP_OK)
		return r;
	*len = byte;
	if (!(byte & LENGTH_LONG_BIT))
		return JCOP_OK;
	count = byte & (uint8_t)~LENGTH_LONG_BIT;
	if (count == 0 || count > LENGTH_MAX_BYTES)
		return JCOP_ERR_MALFORMED;
	for (*len = 0; count > 0; count--) {
		r = read_byte(cursor, &byte);
		if (r != JCOP_OK)
			return r;
		*len = *len << 8 | byte;
	}
	return JCOP_OK;
}

int
jcop_tlv_read(struct jcop_bytes *cursor, struct jcop_tlv *object)
{
	struct jcop_bytes rest = *cursor;
	size_t len = 0;
	uint32_t tag = 0;

	if (cursor->len == 0)
		return JCOP_ERR_NOT_FOUND;
	if (read_tag(&rest, &tag) != JCOP_OK ||
		read_length(&rest, &len) != JCOP_OK || len > rest.len)
		return JCOP_ERR_MALFORMED;
	object->tag = tag;
	object->value = jcop_bytes_of(rest.data, len);
	object->whole = jcop_bytes_of(
		cursor->data, (size_t)(rest.data - cursor->data) + len);
	cursor->data = rest.data + len;
	cursor->len = rest.len - len;
	return JCOP_OK;
}

int
jcop_tlv_total(struct jcop_bytes bytes, size_t *total)
{
	struct jcop_bytes rest = bytes;
	size_t len = 0;
	uint32_t tag = 0;

	if (read_tag(&rest, &tag) != JCOP_OK ||
		read_length(&rest, &len) != JCOP_OK)
		return JCOP_ERR_MALFORMED;
	*total = bytes.len - rest.len + len;
	return JCOP_OK;
}

int
jcop_tlv_find(struct jcop_bytes bytes, uint32_t tag, struct jcop_bytes *value)
{
	struct jcop_tlv object;
	int r;

	while ((r = jcop_tlv_read(&bytes, &object)) == JCOP_OK) {
		if (object.tag == tag) {
			*value = object.value;
			return JCOP_OK;
		}
	}
	return r;
}

static int
put_number(struct jcop_blob *out, size_t number)
{
	int shift, r = JCOP_OK;

	for (shift = 24; shift > 0 && number >> shift == 0; shift -= 8)
		;
	for (; shift >= 0 && r == JCOP_OK; shift -= 8)
		r = jcop_blob_append_u8(out, (uint8_t)(number >> shift));
	return r;
}

static int
append_header(struct jcop_blob *out, uint32_t tag, size_t len)
{
	uint8_t count = 1;
	int r = put_number(out, tag);

	if (r != JCOP_OK)
		return r;
	if (len >= LENGTH_LONG_BIT) {
		while (len >> (8 * count) != 0)
			count++;
		r = jcop_blob_append_u8(out, LENGTH_LONG_BIT | count);
		if (r != JCOP_OK)
			return r;
	}
	return put_number(out, len);
}

int
jcop_tlv_put_header(struct jcop_blob *out, uint32_t tag, size_t len)
{
	size_t before = out->len;
	int r = JCOP_ERR_TOO_LONG;

	if (len <= JCOP_BLOB_MAX)
		r = append_header(out, tag, len);
	if (r != JCOP_OK)
		jcop_blob_truncate(out, before);
	return r;
}

int
jcop_tlv_put(struct jcop_blob *out, uint32_t tag, struct jcop_bytes value)
{
	size_t before = out->len;
	int r = jcop_tlv_put_header(out, tag, value.len);

	if (r == JCOP_OK)
		r = jcop_blob_append(out, value.data, value.len);
	if (r != JCOP_OK)
		jcop_blob_truncate(out, before);
	return r;
}
