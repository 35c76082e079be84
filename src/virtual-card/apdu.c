/*
 * apdu.c: command APDUs, short and extended (ISO/IEC 7816-3 12.1.3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "virtual-card/internal.h"

#define HEADER_SIZE 4
#define SHORT_LE_MAX 256
#define EXTENDED_LE_MAX 65536

static size_t
two_bytes(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

static bool
parse_short(struct jcop_bytes body, struct vcard_command *command)
{
	size_t lc = body.data[0];

	if (body.len == 1) {
		command->le = lc != 0 ? lc : SHORT_LE_MAX;
		return true;
	}
	if (lc == 0 || body.len < 1 + lc || body.len > 2 + lc)
		return false;
	command->data = jcop_bytes_of(body.data + 1, lc);
	if (body.len == 2 + lc) {
		command->le = body.data[1 + lc];
		if (command->le == 0)
			command->le = SHORT_LE_MAX;
	}
	return true;
}

/* BODY begins with the 00 that marks the long form. */
static bool
parse_extended(struct jcop_bytes body, struct vcard_command *command)
{
	size_t number = two_bytes(body.data + 1);

	command->extended = true;
	if (body.len == 3) {
		command->le = number != 0 ? number : EXTENDED_LE_MAX;
		return true;
	}
	if (number == 0 || (body.len != 3 + number && body.len != 5 + number))
		return false;
	command->data = jcop_bytes_of(body.data + 3, number);
	if (body.len == 5 + number) {
		command->le = two_bytes(body.data + 3 + number);
		if (command->le == 0)
			command->le = EXTENDED_LE_MAX;
	}
	return true;
}

bool
vcard_parse_command(struct jcop_bytes bytes, struct vcard_command *command)
{
	struct jcop_bytes body;

	*command = (struct vcard_command){0};
	if (bytes.len < HEADER_SIZE)
		return false;
	command->cla = bytes.data[0];
	command->ins = bytes.data[1];
	command->p1 = bytes.data[2];
	command->p2 = bytes.data[3];
	body = jcop_bytes_of(bytes.data + HEADER_SIZE, bytes.len - HEADER_SIZE);
	if (body.len == 0)
		return true;
	if (body.len >= 3 && body.data[0] == 0)
		return parse_extended(body, command);
	return parse_short(body, command);
}
