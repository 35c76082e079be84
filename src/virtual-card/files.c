/*
 * files.c: SELECT, READ BINARY, UPDATE BINARY (ISO/IEC 7816-4 clauses 7.3,
 * 11.2.2 and 11.3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "virtual-card/internal.h"

#define FID_MF 0x3F00
#define READ_MAX 32000 /* fits the pending answer when it is protected */
#define SFI_BIT 0x80
#define SFI_MASK 0x1F
#define SFI_DIR 0x1E /* ISO/IEC 7816-4 8.2.1.1 */

#define TAG_FCP 0x62
#define TAG_SIZE 0x80
#define TAG_DESCRIPTOR 0x82
#define TAG_FID 0x83
#define TAG_AID 0x84
#define TAG_LIFE_CYCLE 0x8A
#define DESCRIPTOR_DF 0x38
#define DESCRIPTOR_TRANSPARENT 0x01

struct target {
	enum jcop_application df;
	struct vcard_file *file; /* NULL: the DF itself */
};

static bool
df_exists(const struct vcard *card, enum jcop_application df)
{
	const struct vcard_flags *flags = &card->state.flags;

	return df == JCOP_APP_MF ||
	       (!flags->foreign && (df != JCOP_APP_AGENT || !flags->no_marker));
}

static struct vcard_file *
find_ef(struct vcard *card, enum jcop_application df, uint16_t fid)
{
	const struct jcop_file_desc *gdo =
		&card->description.files[JCOP_FILE_GDO];

	if (card->state.flags.no_gdo && df == gdo->application &&
		fid == gdo->fid)
		return NULL;
	return vcard_state_file(&card->state, df, fid);
}

/* An EF in DF, or a DF right below it. */
static bool
find_child(struct vcard *card, enum jcop_application df, uint16_t fid,
	struct target *target)
{
	size_t i;

	target->df = df;
	target->file = find_ef(card, df, fid);
	if (target->file != NULL)
		return true;
	for (i = JCOP_APP_MF + 1; df == JCOP_APP_MF && i < JCOP_APP_COUNT; i++)
		if (card->description.applications[i].fid == fid && fid != 0 &&
			df_exists(card, (enum jcop_application)i)) {
			target->df = (enum jcop_application)i;
			return true;
		}
	return false;
}

/* The current DF, its children, its siblings, the MF. */
static bool
find_fid(struct vcard *card, uint16_t fid, struct target *target)
{
	enum jcop_application df = card->session->df;

	*target = (struct target){.df = df};
	if (fid != 0 && card->description.applications[df].fid == fid)
		return true;
	if (find_child(card, df, fid, target))
		return true;
	if (df != JCOP_APP_MF && find_child(card, JCOP_APP_MF, fid, target))
		return true;
	*target = (struct target){.df = JCOP_APP_MF};
	return fid == FID_MF;
}

static uint16_t
fid_at(struct jcop_bytes data, size_t at)
{
	return (uint16_t)(data.data[at] << 8 | data.data[at + 1]);
}

static bool
find_path(struct vcard *card, enum jcop_application df, struct jcop_bytes path,
	struct target *target)
{
	size_t at;

	*target = (struct target){.df = df};
	for (at = 0; at < path.len; at += 2) {
		if (target->file != NULL)
			return false;
		if (!find_child(card, target->df, fid_at(path, at), target))
			return false;
	}
	return true;
}

static bool
find_aid(struct vcard *card, struct jcop_bytes aid, struct target *target)
{
	size_t i;

	*target = (struct target){.df = JCOP_APP_MF};
	for (i = 0; i < JCOP_APP_COUNT; i++) {
		const struct jcop_application_desc *desc =
			&card->description.applications[i];

		if (desc->aid_len == 0 ||
			!jcop_bytes_equal(
				aid, jcop_bytes_of(desc->aid, desc->aid_len)))
			continue;
		target->df = (enum jcop_application)i;
		return df_exists(card, target->df);
	}
	return false;
}

/* P1 of SELECT: how the file is named. */
static uint16_t
find_target(struct vcard *card, const struct vcard_command *command,
	struct target *target)
{
	static const uint8_t mf[] = {0x3F, 0x00};
	struct jcop_bytes data = command->data;
	enum jcop_application df = card->session->df;
	bool found;

	if (command->p1 == 0x04)
		return find_aid(card, data, target) ? SW_OK : SW_FILE_NOT_FOUND;
	if (command->p1 == 0x03) {
		*target = (struct target){.df = JCOP_APP_MF};
		if (data.len > 0)
			return SW_LENGTH;
		return df != JCOP_APP_MF ? SW_OK : SW_FILE_NOT_FOUND;
	}
	if (command->p1 == 0x00 && data.len == 0)
		data = JCOP_BYTES(mf);
	if (data.len == 0 || data.len % 2 != 0 ||
		(command->p1 < 0x08 && data.len != 2))
		return SW_LENGTH;
	switch (command->p1) {
	case 0x00:
		found = find_fid(card, fid_at(data, 0), target);
		break;
	case 0x01:
		found = find_child(card, df, fid_at(data, 0), target) &&
			target->file == NULL;
		break;
	case 0x02:
		found = find_child(card, df, fid_at(data, 0), target) &&
			target->file != NULL;
		break;
	case 0x08:
		found = find_path(card, JCOP_APP_MF, data, target);
		break;
	case 0x09:
		found = find_path(card, df, data, target);
		break;
	default:
		return SW_P1P2;
	}
	return found ? SW_OK : SW_FILE_NOT_FOUND;
}

static int
put_u8(struct jcop_blob *out, uint32_t tag, uint8_t value)
{
	return jcop_tlv_put(out, tag, jcop_bytes_of(&value, 1));
}

static int
put_u16(struct jcop_blob *out, uint32_t tag, size_t value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	return jcop_tlv_put(out, tag, JCOP_BYTES(bytes));
}

static int
put_ef(struct jcop_blob *out, const struct vcard_file *file)
{
	int r = put_u16(out, TAG_SIZE, file->size);

	if (r == JCOP_OK)
		r = put_u8(out, TAG_DESCRIPTOR, DESCRIPTOR_TRANSPARENT);
	if (r == JCOP_OK)
		r = put_u16(out, TAG_FID, file->fid);
	if (r == JCOP_OK)
		r = put_u8(out, TAG_LIFE_CYCLE, VCARD_ACTIVATED);
	return r;
}

static int
put_df(const struct vcard *card, struct jcop_blob *out,
	enum jcop_application df)
{
	const struct jcop_application_desc *desc =
		&card->description.applications[df];
	uint16_t fid = df == JCOP_APP_MF ? FID_MF : desc->fid;
	int r = put_u8(out, TAG_DESCRIPTOR, DESCRIPTOR_DF);

	if (r == JCOP_OK && fid != 0)
		r = put_u16(out, TAG_FID, fid);
	if (r == JCOP_OK && desc->aid_len > 0)
		r = jcop_tlv_put(
			out, TAG_AID, jcop_bytes_of(desc->aid, desc->aid_len));
	if (r == JCOP_OK)
		r = put_u8(
			out, TAG_LIFE_CYCLE, (uint8_t)card->state.life_cycle);
	return r;
}

static uint16_t
put_fcp(const struct vcard *card, const struct target *target,
	struct jcop_blob *answer)
{
	struct jcop_blob fcp = JCOP_BLOB_INIT;
	int r = target->file != NULL ? put_ef(&fcp, target->file)
				     : put_df(card, &fcp, target->df);

	if (r == JCOP_OK)
		r = jcop_tlv_put(answer, TAG_FCP, jcop_blob_view(&fcp));
	jcop_blob_free(&fcp);
	return r == JCOP_OK ? SW_OK : SW_INTERNAL;
}

uint16_t
vcard_cmd_select(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_session *session = card->session;
	struct target target = {0};
	uint16_t sw;

	session->selected = true;
	if (command->p2 != 0x00 && command->p2 != 0x04 && command->p2 != 0x0C)
		return SW_P1P2;
	sw = find_target(card, command, &target);
	if (sw != SW_OK)
		return sw;
	vcard_session_enter(session, &card->description, target.df);
	if (target.file != NULL)
		session->ef = (int)(target.file - card->state.files);
	if (command->p2 == 0x0C)
		return SW_OK;
	return put_fcp(card, &target, answer);
}

/* Short EF identifier: the last five bits of the FID in the current DF
 * (ISO/IEC 7816-4 7.4.3); EF.DIR and EF.GDO have theirs. */
static struct vcard_file *
find_sfi(struct vcard *card, unsigned int sfi)
{
	const struct jcop_description *desc = &card->description;
	enum jcop_application df = card->session->df;
	size_t i;

	if (sfi == desc->identification.iccsn_sfi)
		return find_ef(card, desc->files[JCOP_FILE_GDO].application,
			desc->files[JCOP_FILE_GDO].fid);
	if (sfi == SFI_DIR && df == JCOP_APP_MF)
		return find_ef(card, df, desc->files[JCOP_FILE_DIR].fid);
	for (i = 0; i < card->state.file_count; i++) {
		struct vcard_file *file = &card->state.files[i];

		if (file->application == df && (file->fid & SFI_MASK) == sfi)
			return find_ef(card, df, file->fid);
	}
	return NULL;
}

/* The EF that a command on binary data means, and where in it. */
static uint16_t
find_binary(struct vcard *card, const struct vcard_command *command,
	struct vcard_file **file, size_t *offset)
{
	unsigned int sfi = command->p1 & SFI_MASK;

	if ((command->p1 & SFI_BIT) == 0) {
		*offset = (size_t)command->p1 << 8 | command->p2;
		if (card->session->ef == VCARD_NO_FILE)
			return SW_NO_CURRENT_EF;
		*file = &card->state.files[card->session->ef];
		return SW_OK;
	}
	if ((command->p1 & ~(SFI_BIT | SFI_MASK)) != 0 || sfi == 0 ||
		sfi == SFI_MASK)
		return SW_P1P2;
	*offset = command->p2;
	*file = find_sfi(card, sfi);
	return *file != NULL ? SW_OK : SW_FILE_NOT_FOUND;
}

/* ISO/IEC 7816-4 7.4.3: a short EF identifier makes its EF current. */
static void
make_current(struct vcard *card, const struct vcard_file *file)
{
	if (file->application == card->session->df)
		card->session->ef = (int)(file - card->state.files);
}

const struct vcard_file *
vcard_current_file(
	const struct vcard *card, const struct vcard_command *command)
{
	struct vcard_file *file = NULL;
	size_t offset;

	/* Looking does not change the card. */
	if (find_binary((struct vcard *)(uintptr_t)card, command, &file,
		    &offset) != SW_OK)
		return NULL;
	return file;
}

static int
append_content(struct jcop_blob *answer, const struct vcard_file *file,
	size_t offset, size_t len)
{
	size_t there =
		offset < file->content.len ? file->content.len - offset : 0;
	int r = JCOP_OK;

	if (there > len)
		there = len;
	if (there > 0)
		r = jcop_blob_append(
			answer, file->content.data + offset, there);
	return r != JCOP_OK ? r : jcop_blob_append_fill(answer, 0, len - there);
}

uint16_t
vcard_cmd_read_binary(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_file *file = NULL;
	size_t offset = 0, len;
	uint16_t sw = find_binary(card, command, &file, &offset);

	if (sw != SW_OK)
		return sw;
	if (command->data.len > 0 || command->le == 0)
		return SW_LENGTH;
	if (offset >= file->size)
		return SW_OFFSET;
	make_current(card, file);
	len = file->size - offset;
	if (len > command->le)
		len = command->le;
	if (len > READ_MAX)
		len = READ_MAX;
	if (append_content(answer, file, offset, len) != JCOP_OK)
		return SW_INTERNAL;
	return len < command->le ? SW_END_OF_FILE : SW_OK;
}

static int
write_content(struct vcard_file *file, size_t offset, struct jcop_bytes data)
{
	struct jcop_blob *content = &file->content;
	size_t end = offset + data.len, len;
	int r = JCOP_OK;

	if (content->len < end)
		r = jcop_blob_append_fill(content, 0, end - content->len);
	if (r != JCOP_OK)
		return r;
	memcpy(content->data + offset, data.data, data.len);
	for (len = content->len; len > 0 && content->data[len - 1] == 0;)
		len--;
	jcop_blob_truncate(content, len);
	return JCOP_OK;
}

uint16_t
vcard_cmd_update_binary(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_file *file = NULL;
	size_t offset = 0;
	uint16_t sw = find_binary(card, command, &file, &offset);

	(void)answer;
	if (sw == SW_OK)
		sw = vcard_rule_update(card, command, file);
	if (sw != SW_OK)
		return sw;
	if (command->data.len == 0)
		return SW_LENGTH;
	if (offset >= file->size)
		return SW_OFFSET;
	if (command->data.len > file->size - offset)
		return SW_NO_SPACE;
	make_current(card, file);
	card->dirty = true;
	if (write_content(file, offset, command->data) != JCOP_OK)
		return SW_INTERNAL;
	return SW_OK;
}
