/*
 * certificate-codec.c: certificates, DER or compressed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <zlib.h>

#include "core/certificate-codec.h"
#include "core/tlv.h"

#define TAG_SEQUENCE 0x30
/* RFC 1950 2.2: deflate with a 32 KiB window. Other windows are legal and
 * rare; 58, 68 and the like are accepted too, as the low nibble says. */
#define ZLIB_METHOD_MASK 0x0F
#define ZLIB_METHOD_DEFLATE 0x08
#define ZLIB_DICTIONARY 0x20 /* FLG: bit FDICT */

static int
take_sequence(struct jcop_bytes bytes, struct jcop_bytes *whole)
{
	struct jcop_tlv object;

	if (jcop_tlv_read(&bytes, &object) != JCOP_OK ||
		object.tag != TAG_SEQUENCE || object.value.len == 0)
		return JCOP_ERR_MALFORMED;
	*whole = object.whole;
	return JCOP_OK;
}

static int
decode_plain(struct jcop_bytes file, struct jcop_blob *der)
{
	struct jcop_bytes whole;
	int r = take_sequence(file, &whole);

	if (r != JCOP_OK)
		return r;
	if (whole.len > JCOP_CERTIFICATE_MAX)
		return JCOP_ERR_TOO_LONG;
	return jcop_blob_set(der, whole.data, whole.len);
}

static bool
is_zlib(struct jcop_bytes file)
{
	return file.len >= 2 &&
	       (file.data[0] & ZLIB_METHOD_MASK) == ZLIB_METHOD_DEFLATE &&
	       (file.data[0] << 8 | file.data[1]) % 31 == 0 &&
	       !(file.data[1] & ZLIB_DICTIONARY);
}

/* One call with all the room there may be: a bomb stops at its end. */
static int
inflate_capped(struct jcop_bytes file, struct jcop_blob *out)
{
	z_stream stream = {0};
	int end, r;

	r = jcop_blob_append_fill(out, 0, JCOP_CERTIFICATE_MAX);
	if (r != JCOP_OK)
		return r;
	stream.next_in = (Bytef *)(uintptr_t)file.data;
	stream.avail_in = (uInt)file.len;
	stream.next_out = out->data;
	stream.avail_out = JCOP_CERTIFICATE_MAX;
	if (inflateInit(&stream) != Z_OK)
		return JCOP_ERR_NO_MEMORY;
	end = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	jcop_blob_truncate(out, JCOP_CERTIFICATE_MAX - stream.avail_out);
	if (end == Z_STREAM_END)
		return JCOP_OK;
	return stream.avail_out == 0 ? JCOP_ERR_TOO_LONG : JCOP_ERR_MALFORMED;
}

static int
decode_zlib(struct jcop_bytes file, struct jcop_blob *der)
{
	struct jcop_bytes whole;
	int r;

	if (file.len > JCOP_BLOB_MAX)
		return JCOP_ERR_TOO_LONG;
	r = inflate_capped(file, der);
	if (r == JCOP_OK)
		r = take_sequence(jcop_blob_view(der), &whole);
	if (r == JCOP_OK && whole.len != der->len)
		r = JCOP_ERR_MALFORMED;
	return r;
}

int
jcop_certificate_decode(struct jcop_bytes file, struct jcop_blob *der)
{
	int r = JCOP_ERR_MALFORMED;

	jcop_blob_clear(der);
	if (file.len == 0 || file.data[0] == 0)
		return JCOP_ERR_NOT_FOUND;
	if (file.data[0] == TAG_SEQUENCE)
		r = decode_plain(file, der);
	else if (is_zlib(file))
		r = decode_zlib(file, der);
	if (r != JCOP_OK)
		jcop_blob_clear(der);
	return r;
}

static int
deflate_into(struct jcop_bytes der, struct jcop_blob *file)
{
	uLongf len = compressBound((uLong)der.len);
	int r = jcop_blob_append_fill(file, 0, len);

	if (r != JCOP_OK)
		return r;
	if (compress2(file->data, &len, der.data, (uLong)der.len,
		    Z_BEST_COMPRESSION) != Z_OK)
		return JCOP_ERR_NO_MEMORY;
	jcop_blob_truncate(file, len);
	return JCOP_OK;
}

int
jcop_certificate_encode(struct jcop_bytes der, size_t capacity, bool compress,
	struct jcop_blob *file)
{
	struct jcop_bytes whole;
	int r;

	jcop_blob_clear(file);
	if (take_sequence(der, &whole) != JCOP_OK || whole.len != der.len)
		return JCOP_ERR_MALFORMED;
	if (der.len > JCOP_CERTIFICATE_MAX)
		return JCOP_ERR_TOO_LONG;
	if (!compress && der.len <= capacity)
		return jcop_blob_set(file, der.data, der.len);
	r = deflate_into(der, file);
	if (r == JCOP_OK && file->len > capacity)
		r = JCOP_ERR_TOO_LONG;
	if (r != JCOP_OK)
		jcop_blob_clear(file);
	return r;
}
