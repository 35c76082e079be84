/*
 * cardctl.c: small helpers on what the card controls hand out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include <libopensc/pkcs15.h>

#include "card-driver/cardctl.h"

void
jcop_directory_free(struct jcop_directory *directory)
{
	size_t i;

	for (i = 0; i < directory->count; i++) {
		jcop_blob_free(&directory->keys[i].modulus);
		jcop_blob_free(&directory->keys[i].exponent);
	}
	directory->count = 0;
}

size_t
jcop_directory_free_slots(const struct jcop_directory *directory,
	const struct jcop_container_desc *container, unsigned int bits)
{
	size_t i, slots = 0;

	if (directory->unreadable > 0)
		return 0;
	for (i = 0; i < container->slot_count; i++)
		if (container->slots[i].bits == bits &&
			!directory->occupied[container->slots[i].key])
			slots++;
	return slots;
}

struct jcop_directory_key *
jcop_directory_find(struct jcop_directory *directory, struct jcop_bytes modulus)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (modulus.len > 0 &&
			jcop_bytes_equal(
				jcop_blob_view(&directory->keys[i].modulus),
				modulus))
			return &directory->keys[i];
	return NULL;
}

unsigned int
jcop_key_usage(const struct jcop_container_desc *container)
{
	unsigned int usage = SC_PKCS15_PRKEY_USAGE_SIGN;

	if (container->user_consent)
		usage |= SC_PKCS15_PRKEY_USAGE_NONREPUDIATION;
	if (container->decipher)
		usage |= SC_PKCS15_PRKEY_USAGE_DECRYPT |
			 SC_PKCS15_PRKEY_USAGE_UNWRAP;
	return usage;
}

void
jcop_agent_data_free(struct jcop_agent_data *data)
{
	size_t i, j;

	for (i = 0; i < JCOP_DATA_COUNT; i++)
		for (j = 0; j < JCOP_MAX_FIELDS; j++) {
			jcop_blob_free(&data->fields[i][j].value);
			data->fields[i][j].present = false;
		}
}

const char *
jcop_agent_name(const struct jcop_description *description, enum jcop_data data,
	size_t field, char buffer[JCOP_AGENT_NAME_SIZE])
{
	snprintf(buffer, JCOP_AGENT_NAME_SIZE, "%s.%s", jcop_data_name(data),
		description->data[data].fields[field].name);
	return buffer;
}

bool
jcop_agent_find(const struct jcop_description *description, const char *name,
	enum jcop_data *data, size_t *field)
{
	char known[JCOP_AGENT_NAME_SIZE];
	int i;

	for (i = 0; i < JCOP_DATA_COUNT; i++)
		for (*field = 0; *field < description->data[i].field_count;
			(*field)++) {
			*data = (enum jcop_data)i;
			if (strcmp(jcop_agent_name(
					   description, *data, *field, known),
				    name) == 0)
				return true;
		}
	return false;
}

static void
append_fid(struct sc_path *path, size_t fid)
{
	path->value[path->len++] = (u8)(fid >> 8);
	path->value[path->len++] = (u8)fid;
}

void
jcop_agent_path(const struct jcop_description *description, enum jcop_data data,
	size_t field, struct sc_path *path)
{
	const struct jcop_data_desc *desc = &description->data[data];
	uint16_t df = description->applications[desc->application].fid;

	memset(path, 0, sizeof(*path));
	path->type = SC_PATH_TYPE_PATH;
	path->count = -1; /* all of it */
	if (desc->application != JCOP_APP_MF && df != 0)
		append_fid(path, df);
	append_fid(path, desc->file);
	append_fid(path, field + 1);
}
