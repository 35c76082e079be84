/*
 * state.c: the files of a card and its knobs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stddef.h>
#include <string.h>

#include <openssl/crypto.h>

#include "virtual-card/state.h"

static const struct {
	const char *name;
	size_t offset;
} flags[] = {
	{"temporary", offsetof(struct vcard_flags, temporary)},
	{"short-only", offsetof(struct vcard_flags, short_only)},
	{"unsigned-card-security",
		offsetof(struct vcard_flags, unsigned_security)},
	{"untrusted-signer", offsetof(struct vcard_flags, untrusted_signer)},
	{"expired-signer", offsetof(struct vcard_flags, expired_signer)},
	{"named-curve", offsetof(struct vcard_flags, named_curve)},
	{"chip-key-off-curve", offsetof(struct vcard_flags, off_curve)},
	{"chip-key-mismatch", offsetof(struct vcard_flags, key_mismatch)},
	{"wrong-sk_admin", offsetof(struct vcard_flags,
				   wrong_keyset[JCOP_KEYSET_SK_ADMIN])},
	{"wrong-sk_unblk_pin", offsetof(struct vcard_flags,
				       wrong_keyset[JCOP_KEYSET_SK_UNBLK_PIN])},
	{"wrong-sk_file_mgmt", offsetof(struct vcard_flags,
				       wrong_keyset[JCOP_KEYSET_SK_FILE_MGMT])},
	{"foreign", offsetof(struct vcard_flags, foreign)},
	{"no-profile-marker", offsetof(struct vcard_flags, no_marker)},
	{"no-iccsn-get-data", offsetof(struct vcard_flags, no_iccsn_data)},
	{"no-ef-gdo", offsetof(struct vcard_flags, no_gdo)},
};

bool *
vcard_state_flag_at(struct vcard_state *state, size_t index, const char **name)
{
	if (index >= sizeof flags / sizeof *flags)
		return NULL;
	*name = flags[index].name;
	return (bool *)((char *)&state->flags + flags[index].offset);
}

bool *
vcard_state_flag(struct vcard_state *state, const char *name)
{
	const char *found;
	bool *flag;
	size_t i;

	for (i = 0; (flag = vcard_state_flag_at(state, i, &found)) != NULL; i++)
		if (strcmp(found, name) == 0)
			return flag;
	return NULL;
}

static struct vcard_file *
add_file(struct vcard_state *state, enum jcop_application df, uint16_t fid,
	size_t size, enum vcard_file_kind kind)
{
	struct vcard_file *file = &state->files[state->file_count++];

	file->application = df;
	file->fid = fid;
	file->size = size;
	file->kind = kind;
	return file;
}

static void
add_listed_files(struct vcard_state *state, const struct jcop_description *desc)
{
	size_t i;

	for (i = 0; i < JCOP_FILE_COUNT; i++)
		add_file(state, desc->files[i].application, desc->files[i].fid,
			desc->files[i].size,
			desc->files[i].application == JCOP_APP_PKI
				? VCARD_FILE_DIRECTORY
				: VCARD_FILE_FIXED);
}

static void
add_certificates(
	struct vcard_state *state, const struct jcop_container_desc *container)
{
	size_t i;

	for (i = 0; i < container->slot_count; i++)
		add_file(state, JCOP_APP_PKI, container->slots[i].certificate,
			container->slots[i].certificate_size,
			VCARD_FILE_CERTIFICATE);
}

void
vcard_state_init(struct vcard_state *state, const struct jcop_description *desc)
{
	size_t i;

	memset(state, 0, sizeof *state);
	add_listed_files(state, desc);
	for (i = 0; i < desc->container_count; i++)
		add_certificates(state, &desc->containers[i]);
	for (i = 0; i < JCOP_DATA_COUNT; i++)
		add_file(state, desc->data[i].application, desc->data[i].file,
			desc->data[i].size,
			i == JCOP_DATA_EF_ID ? VCARD_FILE_EF_ID
					     : VCARD_FILE_EF_FUNCTION)
			->temporary_only = desc->data[i].temporary_only;
}

void
vcard_state_free(struct vcard_state *state)
{
	size_t i, j;

	for (i = 0; i < state->file_count; i++)
		jcop_blob_free(&state->files[i].content);
	for (i = 0; i < JCOP_MAX_CONTAINERS; i++)
		for (j = 0; j < JCOP_MAX_SLOTS; j++)
			jcop_blob_free(&state->keys[i][j]);
	jcop_blob_free(&state->chip_key);
	jcop_blob_free(&state->anchor_key);
	jcop_blob_free(&state->anchor);
	OPENSSL_cleanse(state, sizeof *state);
}

struct vcard_file *
vcard_state_file(
	struct vcard_state *state, enum jcop_application df, uint16_t fid)
{
	size_t i;

	for (i = 0; i < state->file_count; i++)
		if (state->files[i].application == df &&
			state->files[i].fid == fid)
			return &state->files[i];
	return NULL;
}
