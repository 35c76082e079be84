/*
 * blob.c: owned bytes that are wiped when they are freed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "core/blob.h"

struct jcop_bytes
jcop_bytes_of(const void *data, size_t len)
{
	return (struct jcop_bytes){data, len};
}

struct jcop_bytes
jcop_blob_view(const struct jcop_blob *blob)
{
	return jcop_bytes_of(blob->data, blob->len);
}

bool
jcop_bytes_equal(struct jcop_bytes a, struct jcop_bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int
jcop_blob_reserve(struct jcop_blob *blob, size_t capacity)
{
	uint8_t *moved;

	if (capacity <= blob->capacity)
		return JCOP_OK;
	if (capacity > JCOP_BLOB_MAX)
		return JCOP_ERR_TOO_LONG;
	if (capacity < 2 * blob->capacity && 2 * blob->capacity < JCOP_BLOB_MAX)
		capacity = 2 * blob->capacity;
	moved = malloc(capacity);
	if (moved == NULL)
		return JCOP_ERR_NO_MEMORY;
	if (blob->len > 0)
		memcpy(moved, blob->data, blob->len);
	if (blob->data != NULL)
		OPENSSL_cleanse(blob->data, blob->capacity);
	free(blob->data);
	blob->data = moved;
	blob->capacity = capacity;
	return JCOP_OK;
}

static int
make_room(struct jcop_blob *blob, size_t len)
{
	if (len > JCOP_BLOB_MAX - blob->len)
		return JCOP_ERR_TOO_LONG;
	return jcop_blob_reserve(blob, blob->len + len);
}

int
jcop_blob_append(struct jcop_blob *blob, const void *data, size_t len)
{
	int r;

	if (len == 0)
		return JCOP_OK;
	r = make_room(blob, len);
	if (r != JCOP_OK)
		return r;
	memcpy(blob->data + blob->len, data, len);
	blob->len += len;
	return JCOP_OK;
}

int
jcop_blob_append_u8(struct jcop_blob *blob, uint8_t byte)
{
	return jcop_blob_append(blob, &byte, 1);
}

int
jcop_blob_append_fill(struct jcop_blob *blob, uint8_t byte, size_t len)
{
	int r;

	if (len == 0)
		return JCOP_OK;
	r = make_room(blob, len);
	if (r != JCOP_OK)
		return r;
	memset(blob->data + blob->len, byte, len);
	blob->len += len;
	return JCOP_OK;
}

int
jcop_blob_set(struct jcop_blob *blob, const void *data, size_t len)
{
	jcop_blob_clear(blob);
	return jcop_blob_append(blob, data, len);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
jcop_blob_from_hex(struct jcop_blob *blob, const char *hex)
{
	size_t i, digits = strlen(hex);
	int r;

	jcop_blob_clear(blob);
	if (digits % 2 != 0)
		return JCOP_ERR_MALFORMED;
	r = jcop_blob_reserve(blob, digits / 2);
	if (r != JCOP_OK)
		return r;
	for (i = 0; i < digits; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0) {
			jcop_blob_clear(blob);
			return JCOP_ERR_MALFORMED;
		}
		blob->data[blob->len++] = (uint8_t)(high << 4 | low);
	}
	return JCOP_OK;
}

void
jcop_blob_truncate(struct jcop_blob *blob, size_t len)
{
	if (len >= blob->len)
		return;
	OPENSSL_cleanse(blob->data + len, blob->len - len);
	blob->len = len;
}

void
jcop_blob_clear(struct jcop_blob *blob)
{
	jcop_blob_truncate(blob, 0);
}

void
jcop_blob_free(struct jcop_blob *blob)
{
	if (blob->data != NULL)
		OPENSSL_cleanse(blob->data, blob->capacity);
	free(blob->data);
	*blob = (struct jcop_blob)JCOP_BLOB_INIT;
}
