/*
 * blob.h: owned bytes that are wiped when they are freed, and borrowed bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_BLOB_H
#define JCOP_CORE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* No blob grows past this: an extended APDU of 65535 bytes or its answer,
 * with what stands around them. */
#define JCOP_BLOB_MAX (65536 + 512)

/* Bytes owned by the blob. Start with JCOP_BLOB_INIT, end with _free. */
struct jcop_blob {
	uint8_t *data;
	size_t len;
	size_t capacity;
};
#define JCOP_BLOB_INIT     \
	{                  \
		NULL, 0, 0 \
	}

/* Bytes that belong to somebody else and live as long as they do. */
struct jcop_bytes {
	const uint8_t *data;
	size_t len;
};

/* A borrowed view of a blob, of LEN bytes at DATA, of an array. */
struct jcop_bytes jcop_blob_view(const struct jcop_blob *blob);
struct jcop_bytes jcop_bytes_of(const void *data, size_t len);
#define JCOP_BYTES(array) jcop_bytes_of((array), sizeof(array))

/* Not in constant time: not for MACs and secrets. */
bool jcop_bytes_equal(struct jcop_bytes a, struct jcop_bytes b);

/*
 * Makes room for CAPACITY bytes in all, so that later appends up to there do
 * not allocate. The old place is wiped when the bytes move.
 * Errors: JCOP_ERR_TOO_LONG over JCOP_BLOB_MAX, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_blob_reserve(struct jcop_blob *blob, size_t capacity);

/* Appends LEN bytes, which must not lie in the blob itself; errors as
 * jcop_blob_reserve, the blob then unchanged. */
JCOP_CHECKED int jcop_blob_append(
	struct jcop_blob *blob, const void *data, size_t len);
JCOP_CHECKED int jcop_blob_append_u8(struct jcop_blob *blob, uint8_t byte);

/* Appends LEN bytes of value BYTE. */
JCOP_CHECKED int jcop_blob_append_fill(
	struct jcop_blob *blob, uint8_t byte, size_t len);

/* Replaces the content by LEN bytes, which must not lie in the blob. */
JCOP_CHECKED int jcop_blob_set(
	struct jcop_blob *blob, const void *data, size_t len);

/* Replaces the content by the bytes of a string of hexadecimal digits,
 * upper or lower case, nothing between them; JCOP_ERR_MALFORMED else. */
JCOP_CHECKED int jcop_blob_from_hex(struct jcop_blob *blob, const char *hex);

/* Cuts to LEN bytes, wiping what is cut; a longer LEN does nothing. */
void jcop_blob_truncate(struct jcop_blob *blob, size_t len);

/* Wipes the content, keeps the memory. */
void jcop_blob_clear(struct jcop_blob *blob);

/* Wipes and frees; the blob is then as after JCOP_BLOB_INIT. */
void jcop_blob_free(struct jcop_blob *blob);

#endif
