/*
 * agent-data.h: what is in EF.Id and EF.Fonction: named fields of text, as
 * data objects in a template or at fixed places.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_AGENT_DATA_H
#define JCOP_CORE_AGENT_DATA_H

#include "core/blob.h"

#define JCOP_AGENT_MAX_FIELDS 16
/* Longest content: what READ BINARY reaches with an offset of 15 bits
 * (ISO/IEC 7816-4 11.3.3). */
#define JCOP_AGENT_MAX_LENGTH 0x7FFF

/* Where a field is. */
struct jcop_agent_field {
	uint8_t tag;           /* in the template */
	size_t offset, length; /* at a fixed place */
};

/*
 * Not fixed: TEMPLATE_TAG{tag value, ...}, zero padding behind it; a file that
 * starts with 00 has no fields. Fixed: each field has its place, zero padded.
 */
struct jcop_agent_layout {
	bool fixed;
	uint32_t template_tag;
	size_t count;
	struct jcop_agent_field fields[JCOP_AGENT_MAX_FIELDS];
};

/* A field's value: in a template an empty one was cleared, one that is not
 * present was never set; at a fixed place an empty one is not present. */
struct jcop_agent_value {
	bool present;
	struct jcop_bytes value; /* borrowed */
};

/*
 * How many bytes from the start of the file have to be read, as far as CONTENT
 * tells, which was read so far and may be empty. It is all that is needed once
 * NEEDED is not more than CONTENT has; at most three steps lead there, and
 * none of them past the end of the template.
 * Errors: JCOP_ERR_MALFORMED for what is no such template.
 */
JCOP_CHECKED int jcop_agent_needed(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, size_t *needed);

/*
 * Sets VALUES (LAYOUT->count of them) to the fields in CONTENT, which they
 * borrow. Tags that LAYOUT does not know are passed over.
 * Errors: JCOP_ERR_MALFORMED for another template or none, objects that are
 * cut off, a field that is there twice; VALUES is then without fields.
 */
JCOP_CHECKED int jcop_agent_parse(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, struct jcop_agent_value *values);

/* Would an update by CHANGES change a field of CONTENT, which is well-formed?
 * Fields that are not present in CHANGES are left as they are. */
bool jcop_agent_differs(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, const struct jcop_agent_value *changes);

/*
 * Sets OUT to the new content: the fields in the order of LAYOUT, changed by
 * those present in CHANGES, then what LAYOUT does not know, byte for byte as
 * it was (at fixed places all other bytes). It covers all that CONTENT
 * covered: a shorter one is filled up with 00.
 * Errors: as jcop_agent_parse; JCOP_ERR_TOO_LONG for a value that does not fit
 * its fixed place; JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_agent_merge(const struct jcop_agent_layout *layout,
	struct jcop_bytes content, const struct jcop_agent_value *changes,
	struct jcop_blob *out);

/*
 * Was writing FRESH over OLD interrupted, so that CARD starts with the one and
 * ends with the other? Behind their ends all three are zero. Not where CARD is
 * one of them.
 */
bool jcop_agent_is_torn(
	struct jcop_bytes card, struct jcop_bytes old, struct jcop_bytes fresh);

/*
 * Sets OUT to TEXT in Unicode normalisation form C.
 * Errors: JCOP_ERR_MALFORMED if it is not UTF-8, JCOP_ERR_UNSUPPORTED if it
 * has a control character or a line end in it, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_agent_text(struct jcop_bytes text, struct jcop_blob *out);

/* A day of the Gregorian calendar as YYYY-MM-DD. */
bool jcop_agent_is_date(struct jcop_bytes text);

#endif
