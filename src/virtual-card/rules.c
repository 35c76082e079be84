/*
 * rules.c: who may do what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "virtual-card/internal.h"

uint16_t
vcard_rule_role(const struct vcard *card, const struct vcard_command *command,
	enum jcop_keyset role)
{
	const struct vcard_role_state *state = &card->session->roles[role];

	return command->secured && state->granted && state->in_channel
		       ? SW_OK
		       : SW_SECURITY;
}

uint16_t
vcard_rule_update(const struct vcard *card, const struct vcard_command *command,
	const struct vcard_file *file)
{
	enum jcop_keyset role = JCOP_KEYSET_SK_FILE_MGMT;
	uint16_t sw;

	if (file->kind == VCARD_FILE_FIXED)
		return SW_SECURITY;
	if (file->kind == VCARD_FILE_DIRECTORY ||
		file->kind == VCARD_FILE_CERTIFICATE)
		role = JCOP_KEYSET_SK_ADMIN;
	sw = vcard_rule_role(card, command, role);
	if (sw == SW_OK && file->temporary_only && !card->state.flags.temporary)
		sw = SW_CONDITIONS;
	return sw;
}

bool
vcard_file_mgmt_flawed(const struct vcard *card)
{
	const char *produced = card->state.production;

	/* Dates of the form YYYY-MM-DD compare as text. */
	return produced[0] != '\0' &&
	       strcmp(produced,
		       card->description.identification.file_mgmt_since) < 0;
}

bool
vcard_can_chain(const struct vcard *card)
{
	return memcmp(card->state.version,
		       card->description.identification.chaining_since,
		       sizeof card->state.version) >= 0;
}
