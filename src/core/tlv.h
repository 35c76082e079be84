/*
 * tlv.h: BER-TLV data objects (ISO/IEC 7816-4 clause 6, X.690), definite
 * lengths, tags of up to three bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_TLV_H
#define JCOP_CORE_TLV_H

#include "core/blob.h"

/* One data object: its tag as the big-endian number of its bytes (0x7F49),
 * its value, and the whole object from its tag on; both are borrowed. */
struct jcop_tlv {
	uint32_t tag;
	struct jcop_bytes value;
	struct jcop_bytes whole;
};

/*
 * Reads the data object at the start of CURSOR and moves CURSOR past it.
 * Errors: JCOP_ERR_NOT_FOUND at the end of CURSOR, JCOP_ERR_MALFORMED for a
 * tag or length that is cut off, indefinite, over four bytes or longer than
 * what is left. CURSOR is unchanged after an error.
 */
JCOP_CHECKED int jcop_tlv_read(
	struct jcop_bytes *cursor, struct jcop_tlv *object);

/*
 * Sets *TOTAL to the length, header and value, of the object that BYTES starts
 * with; of the value nothing has to be there. Errors: JCOP_ERR_MALFORMED.
 */
JCOP_CHECKED int jcop_tlv_total(struct jcop_bytes bytes, size_t *total);

/*
 * Finds the first object with TAG among the objects side by side in BYTES.
 * Errors: JCOP_ERR_NOT_FOUND, JCOP_ERR_MALFORMED for what lies before it.
 */
JCOP_CHECKED int jcop_tlv_find(
	struct jcop_bytes bytes, uint32_t tag, struct jcop_bytes *value);

/* Appends one data object to OUT; errors as jcop_blob_append, OUT then
 * unchanged. VALUE must not lie in OUT. */
JCOP_CHECKED int jcop_tlv_put(
	struct jcop_blob *out, uint32_t tag, struct jcop_bytes value);

/* Appends tag and length only: the value follows by jcop_blob_append. */
JCOP_CHECKED int jcop_tlv_put_header(
	struct jcop_blob *out, uint32_t tag, size_t len);

#endif
