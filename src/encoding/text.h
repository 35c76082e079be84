/*
 * text.h: small questions about text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_TEXT_H
#define JCOP_ENCODING_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/blob.h"

/* UTF-8 without a zero byte? */
bool text_is_utf8(const char *text, size_t len);

/* TEXT without the byte order mark of UTF-8 that may stand before it. */
struct jcop_bytes text_without_mark(struct jcop_bytes text);

/* Is one of the LEN bytes a control character? */
bool text_has_control(const char *text, size_t len);

/* YYYY-MM-DD, a day that exists? */
bool text_is_date(const char *text, size_t len);

/* "label" or "label:path", as a key set is configured. */
bool text_is_keyset(const char *text);

/* "FILEID:KEYID", as the chip authentication key is configured. */
bool text_is_chip_auth(const char *text);

/* Lower case hexadecimal digits of BYTES to TEXT, two for each and an end. */
void encoding_hex(struct jcop_bytes bytes, char *text);

#endif
