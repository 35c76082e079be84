/*
 * files.c: SELECT, READ BINARY, UPDATE BINARY, GET DATA, and OpenSC's view of
 * the file system.
 *
 * Only files that the card description knows are ever selected: OpenSC's own
 * probing of foreign paths ends here and costs no command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/session.h"
#include "core/certificate-codec.h"

#define FID_MF 0x3F00          /* ISO/IEC 7816-4 7.1.2 */
#define READ_OFFSET_MAX 0x7FFF /* P1 P2 of READ BINARY, 11.3.3 */

static uint16_t
fid_at(const u8 *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static int
send_select(struct sc_card *card, uint8_t p1, uint8_t p2,
	struct jcop_bytes data, struct jcop_blob *fcp)
{
	const struct jcop_apdu command = {JCOP_CLA_ISO, JCOP_INS_SELECT, p1, p2,
		data, p2 == JCOP_SELECT_NO_DATA ? JCOP_LE_NONE : JCOP_LE_SHORT};

	jcop_session_of(card)->current_mse.len = 0;
	jcop_session_of(card)->current_ef = 0;
	jcop_session_of(card)->is_shown = false;
	jcop_blob_clear(&jcop_session_of(card)->shown);
	return jcop_execute(card, &command, fcp);
}

/* The objects of an FCP; hosts accept an FCI template too. */
static int
open_fcp(struct jcop_bytes answer, struct jcop_bytes *fcp)
{
	if (jcop_tlv_find(answer, JCOP_TAG_FCP, fcp) == JCOP_OK)
		return JCOP_OK;
	return jcop_tlv_find(answer, JCOP_TAG_FCI, fcp);
}

static void
note_life_cycle(struct jcop_session *session, const struct jcop_blob *answer)
{
	struct jcop_bytes fcp, lcs;

	session->life_cycle = JCOP_LIFE_CYCLE_UNKNOWN;
	if (open_fcp(jcop_blob_view(answer), &fcp) != JCOP_OK ||
		jcop_tlv_find(fcp, JCOP_FCP_TAG_LCS, &lcs) != JCOP_OK ||
		lcs.len != 1)
		return;
	switch (lcs.data[0]) {
	case JCOP_LCS_INITIALISATION:
		session->life_cycle = JCOP_LIFE_CYCLE_INITIALISATION;
		break;
	case JCOP_LCS_ACTIVATED:
		session->life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
		break;
	case JCOP_LCS_TERMINATED:
		session->life_cycle = JCOP_LIFE_CYCLE_TERMINATED;
		break;
	}
}

static int
select_df(struct sc_card *card, enum jcop_application application)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_application_desc *desc =
		&session->description.applications[application];
	const uint8_t fid[] = {(uint8_t)(desc->fid >> 8), (uint8_t)desc->fid};
	struct jcop_blob fcp = JCOP_BLOB_INIT;
	int r;

	if (application == JCOP_APP_PKI) {
		r = send_select(card, JCOP_SELECT_BY_AID, JCOP_SELECT_FCP,
			jcop_bytes_of(desc->aid, desc->aid_len), &fcp);
		if (r == SC_SUCCESS)
			note_life_cycle(session, &fcp);
	} else {
		r = send_select(card, JCOP_SELECT_BY_FID, JCOP_SELECT_NO_DATA,
			JCOP_BYTES(fid), NULL);
	}
	jcop_blob_free(&fcp);
	return r;
}

static void
note_selected(struct jcop_session *session, enum jcop_application application)
{
	session->selected = application;
	session->selected_known = session->selected_now = true;
}

int
jcop_select_application(struct sc_card *card, enum jcop_application application)
{
	struct jcop_session *session = card->drv_data;
	int r;

	if (session->selected_now && session->selected == application)
		return SC_SUCCESS;
	session->selected_known = session->selected_now = false;
	r = select_df(card, application);
	if (r == SC_SUCCESS)
		note_selected(session, application);
	return r;
}

/* An EF of PKI lies in the current DF; the others have a path from the MF,
 * and selecting by path moves to their DF. In a DF that is current already an
 * identifier will do: a role gained in it does not depend on what a card makes
 * of the path. */
static int
select_ef(struct sc_card *card, enum jcop_application application, uint16_t fid,
	struct jcop_blob *fcp)
{
	struct jcop_session *session = card->drv_data;
	uint16_t df = session->description.applications[application].fid;
	const uint8_t path[] = {(uint8_t)(df >> 8), (uint8_t)df,
		(uint8_t)(fid >> 8), (uint8_t)fid};
	uint8_t p2 = fcp != NULL ? JCOP_SELECT_FCP : JCOP_SELECT_NO_DATA;
	struct jcop_bytes whole = JCOP_BYTES(path);
	struct jcop_bytes last = jcop_bytes_of(path + 2, 2);
	int r;

	if (application == JCOP_APP_PKI) {
		r = jcop_select_application(card, application);
		if (r != SC_SUCCESS)
			return r;
		return send_select(card, JCOP_SELECT_BY_FID, p2, last, fcp);
	}
	if (application != JCOP_APP_MF && session->selected_now &&
		session->selected == application)
		return send_select(card, JCOP_SELECT_BY_FID, p2, last, fcp);
	session->selected_known = session->selected_now = false;
	r = send_select(card, JCOP_SELECT_BY_PATH, p2,
		application == JCOP_APP_MF ? last : whole, fcp);
	if (r == SC_SUCCESS)
		note_selected(session, application);
	return r;
}

static int
fcp_size(const struct jcop_blob *answer, size_t *size)
{
	struct jcop_bytes fcp, value;
	size_t i;

	if (open_fcp(jcop_blob_view(answer), &fcp) != JCOP_OK ||
		jcop_tlv_find(fcp, JCOP_FCP_TAG_SIZE, &value) != JCOP_OK ||
		value.len == 0 || value.len > 3)
		return SC_ERROR_UNKNOWN_DATA_RECEIVED;
	for (*size = 0, i = 0; i < value.len; i++)
		*size = *size << 8 | value.data[i];
	return SC_SUCCESS;
}

/* During an operation nobody else moves the card, and nothing but SELECT and
 * reading by SFI does (ISO/IEC 7816-4 7.2.1). */
static bool
is_current_ef(const struct jcop_session *session,
	enum jcop_application application, uint16_t fid)
{
	return session->operating && session->selected_now &&
	       session->selected == application && session->current_ef == fid;
}

int
jcop_select_ef(struct sc_card *card, enum jcop_application application,
	uint16_t fid, size_t *size)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_blob fcp = JCOP_BLOB_INIT;
	int r;

	if (size == NULL && is_current_ef(session, application, fid))
		return SC_SUCCESS;
	r = select_ef(card, application, fid, size != NULL ? &fcp : NULL);
	if (r == SC_SUCCESS)
		session->current_ef = fid;
	if (r == SC_SUCCESS && size != NULL)
		r = fcp_size(&fcp, size);
	jcop_blob_free(&fcp);
	return r;
}

/* One READ BINARY. END: the card says that there is no more. */
static int
read_chunk(struct sc_card *card, size_t offset, size_t le,
	struct jcop_blob *chunk, bool *end)
{
	const struct jcop_apdu command = {JCOP_CLA_ISO, JCOP_INS_READ_BINARY,
		(uint8_t)(offset >> 8), (uint8_t)offset, {NULL, 0}, le};
	unsigned int sw;
	int r;

	*end = true;
	if (offset > READ_OFFSET_MAX)
		return SC_ERROR_OFFSET_TOO_LARGE;
	r = jcop_transmit(card, &command, chunk, &sw);
	if (r != SC_SUCCESS || sw == JCOP_SW_END_OF_FILE)
		return r;
	if (sw == JCOP_SW_OK) {
		*end = chunk->len == 0;
		return SC_SUCCESS;
	}
	jcop_blob_clear(chunk);
	if (sw == JCOP_SW_OFFSET)
		return SC_SUCCESS;
	if (sw == JCOP_SW_WRONG_LENGTH && le > JCOP_LE_SHORT)
		return jcop_explain(card, SC_ERROR_WRONG_LENGTH,
			"the card refuses commands of extended length: set "
			"extended_length = no in the card description");
	return sc_check_sw(card, sw >> 8, sw & 0xFF);
}

/* What one answer can hold: inside the channel a short one stays short. */
static size_t
read_size(const struct sc_card *card)
{
	const struct jcop_session *session = card->drv_data;

	if (jcop_extended(card))
		return JCOP_LE_EXTENDED;
	if (session->channel.open)
		return jcop_sm_max_plain(&session->channel.sm, true);
	return JCOP_LE_SHORT;
}

int
jcop_read_selected(
	struct sc_card *card, struct jcop_blob *content, jcop_enough stop)
{
	struct jcop_blob chunk = JCOP_BLOB_INIT;
	size_t le = read_size(card);
	bool end;
	int r;

	jcop_blob_clear(content);
	do {
		r = read_chunk(card, content->len, le, &chunk, &end);
		if (r == SC_SUCCESS)
			r = jcop_sc_error(jcop_blob_append(
				content, chunk.data, chunk.len));
	} while (r == SC_SUCCESS && !end &&
		 (stop == NULL || !stop(jcop_blob_view(content))));
	jcop_blob_free(&chunk);
	return r;
}

int
jcop_read_up_to(struct sc_card *card, struct jcop_blob *content, size_t len)
{
	struct jcop_blob chunk = JCOP_BLOB_INIT;
	size_t most = read_size(card);
	bool end = false;
	int r = SC_SUCCESS;

	while (r == SC_SUCCESS && !end && content->len < len) {
		size_t le = len - content->len;

		if (le > most)
			le = most;
		r = read_chunk(card, content->len, le, &chunk, &end);
		jcop_blob_truncate(&chunk, le);
		if (r == SC_SUCCESS)
			r = jcop_sc_error(jcop_blob_append(
				content, chunk.data, chunk.len));
	}
	jcop_blob_free(&chunk);
	return r;
}

int
jcop_read_object(struct sc_card *card, struct jcop_blob *content)
{
	size_t total = 0;
	int r;

	jcop_blob_clear(content);
	r = jcop_read_up_to(card, content, JCOP_LE_SHORT);
	if (r != SC_SUCCESS ||
		jcop_tlv_total(jcop_blob_view(content), &total) != JCOP_OK)
		return r;
	if (total > JCOP_COMMAND_MAX)
		return SC_ERROR_INVALID_DATA;
	jcop_blob_truncate(content, total);
	return jcop_read_up_to(card, content, total);
}

int
jcop_read_sfi(struct sc_card *card, uint8_t sfi, size_t len,
	struct jcop_blob *content)
{
	size_t most = read_size(card);
	const struct jcop_apdu read = {JCOP_CLA_ISO, JCOP_INS_READ_BINARY,
		JCOP_READ_BY_SFI | sfi, 0x00, {NULL, 0},
		len < most ? len : most};
	unsigned int sw;
	int r;

	jcop_session_of(card)->current_ef = 0;
	r = jcop_transmit(card, &read, content, &sw);
	if (r != SC_SUCCESS || sw == JCOP_SW_END_OF_FILE)
		return r;
	return sc_check_sw(card, sw >> 8, sw & 0xFF);
}

int
jcop_update_selected(
	struct sc_card *card, size_t offset, struct jcop_bytes data)
{
	size_t max = jcop_max_data(card, false), done = 0;
	int r = SC_SUCCESS;

	while (r == SC_SUCCESS && done < data.len) {
		size_t at = offset + done, part = data.len - done;
		struct jcop_apdu command = {JCOP_CLA_ISO,
			JCOP_INS_UPDATE_BINARY, (uint8_t)(at >> 8), (uint8_t)at,
			{NULL, 0}, JCOP_LE_NONE};

		if (part > max)
			part = max;
		if (at > READ_OFFSET_MAX)
			return SC_ERROR_OFFSET_TOO_LARGE;
		command.data = jcop_bytes_of(data.data + done, part);
		r = jcop_execute(card, &command, NULL);
		done += part;
	}
	return r;
}

int
jcop_get_data(struct sc_card *card, uint16_t tag, struct jcop_blob *value,
	unsigned int *sw)
{
	const struct jcop_apdu command = {JCOP_CLA_ISO, JCOP_INS_GET_DATA,
		(uint8_t)(tag >> 8), (uint8_t)tag, {NULL, 0}, JCOP_LE_SHORT};

	return jcop_transmit(card, &command, value, sw);
}

/* --- OpenSC's view --- */

/* A file that the description knows. */
struct known_file {
	enum jcop_application application;
	uint16_t fid;
	size_t size;
	bool is_field; /* not a file, but a field of the agent data in one */
	enum jcop_data data;
	size_t field;
};

/* With these two OpenSC would take the card for one that its own PKCS#15 code
 * reads, and never ask our emulator. */
static bool
hidden_from_opensc(size_t file)
{
	return file == JCOP_FILE_ODF || file == JCOP_FILE_CIAINFO;
}

/* Calls VISIT for every EF until it says stop; true if it did. */
static bool
visit_files(const struct jcop_description *description,
	bool (*visit)(const struct known_file *file, void *context),
	void *context)
{
	size_t i, j;

	for (i = 0; i < JCOP_FILE_COUNT; i++) {
		const struct jcop_file_desc *desc = &description->files[i];
		const struct known_file file = {
			.application = desc->application,
			.fid = desc->fid,
			.size = desc->size,
		};

		if (!hidden_from_opensc(i) && visit(&file, context))
			return true;
	}
	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		for (j = 0; j < container->slot_count; j++) {
			const struct jcop_slot_desc *slot =
				&container->slots[j];
			const struct known_file file = {
				.application = JCOP_APP_PKI,
				.fid = slot->certificate,
				.size = slot->certificate_size,
			};

			if (visit(&file, context))
				return true;
		}
	}
	for (i = 0; i < JCOP_DATA_COUNT; i++) {
		const struct jcop_data_desc *desc = &description->data[i];
		const struct known_file file = {
			.application = desc->application,
			.fid = desc->file,
			.size = desc->size,
		};

		if (visit(&file, context))
			return true;
	}
	return false;
}

static bool
same_fid(const struct known_file *file, void *context)
{
	struct known_file *wanted = context;

	if (file->fid != wanted->fid)
		return false;
	*wanted = *file;
	return true;
}

/* Fields are shown as files below theirs. */
static bool
resolve_field(const struct jcop_session *session, struct jcop_bytes path,
	struct known_file *file)
{
	const struct jcop_description *description = &session->description;
	struct sc_path known;
	int i;

	for (i = 0; session->config.agent_data && i < JCOP_DATA_COUNT; i++) {
		file->data = (enum jcop_data)i;
		for (file->field = 0;
			file->field < description->data[i].field_count;
			file->field++) {
			jcop_agent_path(
				description, file->data, file->field, &known);
			if (jcop_bytes_equal(path,
				    jcop_bytes_of(known.value, known.len)))
				return true;
		}
	}
	return false;
}

/* A path of at most DF and EF, with or without the MF before them. The EFs of
 * PKI, which has no identifier, stand directly below the MF. */
static int
resolve(const struct jcop_session *session, const struct sc_path *path,
	struct known_file *file, bool *is_df)
{
	const struct jcop_description *description = &session->description;
	uint16_t agent = description->applications[JCOP_APP_AGENT].fid;
	const u8 *value = path->value;
	size_t len = path->len;

	if (len >= 2 && fid_at(value) == FID_MF) {
		value += 2;
		len -= 2;
	}
	*is_df = false;
	file->is_field =
		resolve_field(session, jcop_bytes_of(value, len), file);
	if (file->is_field)
		return SC_SUCCESS;
	if (len % 2 != 0 || len > 2 * JCOP_MAX_PATH_LEN)
		return SC_ERROR_FILE_NOT_FOUND;
	*is_df = len == 0 || (len == 2 && fid_at(value) == agent);
	file->application = len == 0 ? JCOP_APP_MF : JCOP_APP_AGENT;
	if (*is_df)
		return SC_SUCCESS;
	file->fid = fid_at(value + len - 2);
	if (!visit_files(description, same_fid, file))
		return SC_ERROR_FILE_NOT_FOUND;
	if (len == 4 &&
		(fid_at(value) != agent || file->application != JCOP_APP_AGENT))
		return SC_ERROR_FILE_NOT_FOUND;
	return SC_SUCCESS;
}

static int
describe_file(const struct sc_path *path, const struct known_file *file,
	bool is_df, size_t size, struct sc_file **out)
{
	struct sc_file *made;

	if (out == NULL)
		return SC_SUCCESS;
	made = sc_file_new();
	if (made == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	made->path = *path;
	made->type = is_df ? SC_FILE_TYPE_DF : SC_FILE_TYPE_WORKING_EF;
	made->ef_structure = is_df ? 0 : SC_FILE_EF_TRANSPARENT;
	made->id = path->len >= 2 ? fid_at(path->value + path->len - 2)
				  : file->fid;
	made->size = size;
	*out = made;
	return SC_SUCCESS;
}

/* Certificate files are shown as the DER that is in them, so that OpenSC need
 * not know of the compressed ones. A file without one is shown as it is. */
static bool
is_certificate_file(const struct jcop_description *description,
	const struct known_file *file)
{
	size_t i, j;

	for (i = 0; i < description->container_count; i++)
		for (j = 0; j < description->containers[i].slot_count; j++)
			if (file->application == JCOP_APP_PKI &&
				description->containers[i]
						.slots[j]
						.certificate == file->fid)
				return true;
	return false;
}

/* A compressed one tells its length only at its end. */
static bool
has_no_length(struct jcop_bytes content)
{
	return content.len > 0 && content.data[0] != 0x00 &&
	       content.data[0] != 0x30;
}

static int
unpack_certificate(struct sc_card *card, size_t *size)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_blob content = JCOP_BLOB_INIT;
	int r = jcop_read_object(card, &content);

	if (r == SC_SUCCESS && has_no_length(jcop_blob_view(&content)))
		r = jcop_read_selected(card, &content, NULL);
	if (r == SC_SUCCESS && jcop_certificate_decode(jcop_blob_view(&content),
				       &session->shown) == JCOP_OK) {
		session->is_shown = true;
		*size = session->shown.len;
	}
	jcop_blob_free(&content);
	return r;
}

/* OpenSC sees the value alone, without the file around it. */
static int
show_field(struct sc_card *card, const struct known_file *file, size_t *size)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_blob value = JCOP_BLOB_INIT;
	int r = jcop_agent_field_value(card, file->data, file->field, &value);

	if (r == SC_SUCCESS)
		r = jcop_sc_error(
			jcop_blob_set(&session->shown, value.data, value.len));
	session->is_shown = r == SC_SUCCESS;
	*size = value.len;
	jcop_blob_free(&value);
	return r;
}

int
jcop_read_binary_op(struct sc_card *card, unsigned int offset, u8 *buf,
	size_t count, unsigned long flags)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_blob *shown = &session->shown;

	if (!session->is_shown)
		return sc_get_iso7816_driver()->ops->read_binary(
			card, offset, buf, count, flags);
	if (offset >= shown->len)
		return 0;
	if (count > shown->len - offset)
		count = shown->len - offset;
	memcpy(buf, shown->data + offset, count);
	return (int)count;
}

static int
select_by_name(
	struct sc_card *card, const struct sc_path *path, struct sc_file **out)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_application_desc *pki =
		&session->description.applications[JCOP_APP_PKI];
	struct jcop_bytes name =
		path->aid.len > 0
			? jcop_bytes_of(path->aid.value, path->aid.len)
			: jcop_bytes_of(path->value, path->len);
	const struct known_file file = {.application = JCOP_APP_PKI};
	int r;

	if (!jcop_bytes_equal(name, jcop_bytes_of(pki->aid, pki->aid_len)))
		return SC_ERROR_FILE_NOT_FOUND;
	r = jcop_select_application(card, JCOP_APP_PKI);
	if (r == SC_SUCCESS)
		r = describe_file(path, &file, true, 0, out);
	return r;
}

int
jcop_select_file_op(
	struct sc_card *card, const struct sc_path *path, struct sc_file **out)
{
	struct jcop_session *session = card->drv_data;
	struct known_file file = {.application = JCOP_APP_MF};
	size_t size = 0;
	bool is_df;
	int r;

	if (path->type == SC_PATH_TYPE_DF_NAME)
		return select_by_name(card, path, out);
	r = resolve(session, path, &file, &is_df);
	if (r != SC_SUCCESS)
		return r;
	if (file.is_field) {
		r = show_field(card, &file, &size);
		if (r == SC_SUCCESS)
			r = describe_file(path, &file, false, size, out);
		return r;
	}
	r = is_df ? jcop_select_application(card, file.application)
		  : jcop_select_ef(card, file.application, file.fid,
			    out != NULL ? &size : NULL);
	if (r == SC_SUCCESS && !is_df &&
		is_certificate_file(&session->description, &file))
		r = unpack_certificate(card, &size);
	if (r == SC_SUCCESS)
		r = describe_file(path, &file, is_df, size, out);
	return r;
}

struct listing {
	enum jcop_application application;
	u8 *buf;
	size_t len, size;
};

static void
list_fid(struct listing *listing, uint16_t fid)
{
	if (listing->len + 2 > listing->size)
		return;
	listing->buf[listing->len++] = (u8)(fid >> 8);
	listing->buf[listing->len++] = (u8)fid;
}

static bool
list_one(const struct known_file *file, void *context)
{
	struct listing *listing = context;
	bool in_agent = file->application == JCOP_APP_AGENT;

	if (in_agent == (listing->application == JCOP_APP_AGENT))
		list_fid(listing, file->fid);
	return false;
}

int
jcop_list_files_op(struct sc_card *card, u8 *buf, size_t size)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_description *description = &session->description;
	struct listing listing = {session->selected, buf, 0, size};

	visit_files(description, list_one, &listing);
	if (session->selected != JCOP_APP_AGENT)
		list_fid(&listing,
			description->applications[JCOP_APP_AGENT].fid);
	return (int)listing.len;
}
