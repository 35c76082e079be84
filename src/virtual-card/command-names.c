/*
 * command-names.c: what the trace calls a command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "virtual-card/internal.h"

#define ANY (-1)
#define SDO_PRIVATE 0x90
#define SDO_PUBLIC 0xA0

/* The first line that fits counts. */
static const struct {
	uint8_t ins;
	int p1, p2;
	const char *name;
} names[] = {
	{INS_SELECT, ANY, ANY, "select"},
	{INS_GET_DATA, ANY, ANY, "get-data"},
	{INS_READ_BINARY, ANY, ANY, "read-binary"},
	{INS_VERIFY, 0xFF, ANY, "logout"},
	{INS_VERIFY, ANY, ANY, "verify"},
	{INS_CHANGE_PIN, 0x01, ANY, "pin-set"},
	{INS_CHANGE_PIN, ANY, ANY, "pin-change"},
	{INS_RESET_RETRY, ANY, ANY, "unblock"},
	{INS_MSE, 0x41, 0xA4, "mse-chip-authentication"},
	{INS_MSE, 0x41, 0xA6, "mse-key-agreement"},
	{INS_MSE, ANY, 0xA4, "mse-role"},
	{INS_MSE, ANY, 0xB6, "mse-signature"},
	{INS_MSE, ANY, 0xB8, "mse-confidentiality"},
	{INS_MSE, ANY, ANY, "mse"},
	{INS_GENERAL_AUTHENTICATE, ANY, ANY, "chip-authentication"},
	{INS_GET_CHALLENGE, ANY, ANY, "get-challenge"},
	{INS_EXTERNAL_AUTHENTICATE, ANY, ANY, "role-authentication"},
	{INS_ACTIVATE, ANY, ANY, "activate"},
	{INS_GENERATE_ODD, ANY, ANY, "generate"},
	{INS_PSO, 0x9E, 0x9A, "sign"},
	{INS_PSO, 0x80, 0x86, "decipher"},
	{INS_GET_RESPONSE, ANY, ANY, "get-response"},
};

static const char *
by_header(const struct vcard_command *command)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].ins == command->ins &&
			(names[i].p1 == ANY || names[i].p1 == command->p1) &&
			(names[i].p2 == ANY || names[i].p2 == command->p2))
			return names[i].name;
	return "unknown";
}

static const char *
by_file(struct vcard *card, const struct vcard_command *command)
{
	const struct vcard_file *file = vcard_current_file(card, command);

	if (file == NULL)
		return "unknown";
	switch (file->kind) {
	case VCARD_FILE_DIRECTORY:
		return "directory-write";
	case VCARD_FILE_CERTIFICATE:
		return "certificate-write";
	default:
		return "data-write";
	}
}

/* Has an import begun? Then a public exponent belongs to it. */
static bool
importing(const struct vcard *card)
{
	const struct vcard_staging *staging = &card->session->staging;
	size_t i;

	for (i = 0; i < COMPONENT_COUNT; i++)
		if (i != COMPONENT_E && staging->components[i].len > 0)
			return true;
	return false;
}

/* Of a chain that is not whole yet only the beginning is there: so no
 * data object is read, only where the tags stand is looked at. */
static const char *
by_sdo(const struct vcard *card, struct jcop_bytes data)
{
	size_t at = data.len > 1 && (data.data[1] & 0x80) != 0
			    ? 2u + (data.data[1] & 0x7F)
			    : 2;
	const uint8_t *sdo;

	if (data.len < at + 4 || data.data[0] != 0x70 || data.data[at] != 0xBF)
		return "unknown";
	sdo = data.data + at;
	if (sdo[1] == SDO_PRIVATE)
		return sdo[3] == 0 ? "delete" : "import";
	if (sdo[1] != SDO_PUBLIC)
		return "unknown";
	/* BFA0 ref L 7F 49 L' 82: the exponent alone */
	at = sdo[3] == 0x82 ? 6 : sdo[3] == 0x81 ? 5 : 4;
	if (importing(card) || (size_t)(data.data + data.len - sdo) < at + 4)
		return "import";
	sdo += at + 2;
	return sdo[0] < 0x80 && sdo[1] == 0x82 ? "public-exponent" : "import";
}

void
vcard_name_command(struct vcard *card, const struct vcard_command *command)
{
	const char *name = by_header(command);

	if (command->ins == INS_UPDATE_BINARY)
		name = by_file(card, command);
	else if (command->ins == INS_PUT_DATA_ODD)
		name = by_sdo(card, command->data);
	else if (command->ins == INS_VERIFY && command->p1 == 0 &&
		 command->data.len == 0)
		name = "pin-status";
	snprintf(card->trace->name, sizeof card->trace->name, "%s", name);
}
