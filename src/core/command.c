/*
 * command.c: command APDUs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core/command.h"
#include "core/tlv.h"

#define LENGTH_MAX 65535 /* of an extended Lc */

bool
jcop_apdu_is_extended(const struct jcop_apdu *apdu)
{
	return apdu->data.len > JCOP_SHORT_MAX || apdu->le > JCOP_LE_SHORT;
}

static int
append_number(struct jcop_blob *out, size_t number, bool two_bytes)
{
	int r = JCOP_OK;

	if (two_bytes)
		r = jcop_blob_append_u8(out, (uint8_t)(number >> 8));
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(out, (uint8_t)number);
	return r;
}

/* The length fields of ISO/IEC 7816-4 5.2: an extended APDU has one 00 before
 * the first of them; the greatest Le is coded as zero. */
static int
append_body(const struct jcop_apdu *apdu, bool extended, struct jcop_blob *out)
{
	int r = JCOP_OK;

	if (extended)
		r = jcop_blob_append_u8(out, 0);
	if (r == JCOP_OK && apdu->data.len > 0) {
		r = append_number(out, apdu->data.len, extended);
		if (r == JCOP_OK)
			r = jcop_blob_append(
				out, apdu->data.data, apdu->data.len);
	}
	if (r == JCOP_OK && apdu->le > 0)
		r = append_number(out, apdu->le, extended);
	return r;
}

int
jcop_apdu_encode(const struct jcop_apdu *apdu, struct jcop_blob *out)
{
	const uint8_t header[] = {apdu->cla, apdu->ins, apdu->p1, apdu->p2};
	int r;

	jcop_blob_clear(out);
	if (apdu->data.len > LENGTH_MAX || apdu->le > JCOP_LE_EXTENDED)
		return JCOP_ERR_TOO_LONG;
	r = jcop_blob_append(out, header, sizeof(header));
	if (r == JCOP_OK)
		r = append_body(apdu, jcop_apdu_is_extended(apdu), out);
	if (r != JCOP_OK)
		jcop_blob_clear(out);
	return r;
}

size_t
jcop_apdu_link_count(const struct jcop_apdu *apdu, size_t max)
{
	if (apdu->data.len == 0 || max == 0)
		return 1;
	return (apdu->data.len - 1) / max + 1;
}

struct jcop_apdu
jcop_apdu_link(const struct jcop_apdu *apdu, size_t max, size_t index)
{
	size_t last = jcop_apdu_link_count(apdu, max) - 1;
	struct jcop_apdu part = *apdu;

	if (last == 0)
		return part;
	if (index > last)
		index = last;
	part.data.data += index * max;
	part.data.len -= index * max;
	if (index < last) {
		part.cla |= JCOP_CLA_CHAINED;
		part.data.len = max;
		part.le = JCOP_LE_NONE;
	}
	return part;
}

int
jcop_command_append(struct jcop_command *command, struct jcop_bytes bytes)
{
	if (bytes.len > JCOP_COMMAND_MAX - command->data.len)
		return JCOP_ERR_TOO_LONG;
	return jcop_blob_append(&command->data, bytes.data, bytes.len);
}

int
jcop_command_append_u8(struct jcop_command *command, uint8_t byte)
{
	return jcop_command_append(command, jcop_bytes_of(&byte, 1));
}

int
jcop_command_put(
	struct jcop_command *command, uint32_t tag, struct jcop_bytes value)
{
	size_t before = command->data.len;
	int r;

	if (value.len > JCOP_COMMAND_MAX)
		return JCOP_ERR_TOO_LONG;
	r = jcop_tlv_put(&command->data, tag, value);
	if (r == JCOP_OK && command->data.len > JCOP_COMMAND_MAX)
		r = JCOP_ERR_TOO_LONG;
	if (r != JCOP_OK)
		jcop_blob_truncate(&command->data, before);
	return r;
}

struct jcop_apdu
jcop_command_view(const struct jcop_command *command)
{
	return (struct jcop_apdu){command->cla, command->ins, command->p1,
		command->p2, jcop_blob_view(&command->data), command->le};
}

void
jcop_command_free(struct jcop_command *command)
{
	jcop_blob_free(&command->data);
}
