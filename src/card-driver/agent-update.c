/*
 * agent-update.c: updating the agent data: read, merge, write.
 *
 * What can be refused is refused before the channel is opened. A file is
 * written with one command, which the card takes wholly or not at all. Where
 * reader and applet allow no command of that length, old and new content are
 * kept on the host until the last part is written, and the next update
 * completes one that was interrupted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-driver/agent-files.h"

/* The vendor's name for the field that holds a date. */
#define DATE_FIELD "productionDate"

/* One file of the update. */
struct file_update {
	struct jcop_agent_value changes[JCOP_AGENT_MAX_FIELDS];
	struct jcop_blob texts[JCOP_AGENT_MAX_FIELDS]; /* behind them */
	bool changed;                                  /* a field was named */
	bool malformed;                                /* what the file holds */
	bool torn;                                     /* by an update before */
	bool kept;                 /* recovery, for this one */
	size_t size;               /* of the file */
	struct jcop_blob old;      /* as it was read */
	struct jcop_blob fresh;    /* to be written; empty: nothing */
	struct jcop_recovery last; /* of the update before */
};

struct work {
	struct file_update files[JCOP_DATA_COUNT];
};

static void
work_free(struct work *work)
{
	size_t i, j;

	for (i = 0; i < JCOP_DATA_COUNT; i++) {
		struct file_update *file = &work->files[i];

		for (j = 0; j < JCOP_AGENT_MAX_FIELDS; j++)
			jcop_blob_free(&file->texts[j]);
		jcop_blob_free(&file->old);
		jcop_blob_free(&file->fresh);
		jcop_recovery_free(&file->last);
	}
	free(work);
}

/* --- what is asked for ----------------------------------------------------
 */

static int
refuse_unknown(struct sc_card *card, const char *name)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	char list[JCOP_MESSAGE_SIZE / 2] = "", known[JCOP_AGENT_NAME_SIZE];
	size_t i, len = 0;
	int data;

	for (data = 0; data < JCOP_DATA_COUNT; data++)
		for (i = 0; i < description->data[data].field_count; i++) {
			jcop_agent_name(
				description, (enum jcop_data)data, i, known);
			if (len + strlen(known) + 3 > sizeof(list))
				continue;
			len += (size_t)snprintf(list + len, sizeof(list) - len,
				"%s%s", len > 0 ? ", " : "", known);
		}
	return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
		"there is no field '%.*s'; the fields are %s",
		JCOP_AGENT_NAME_SIZE, name, list);
}

/* UTF-8, normalised, and no control character; a date where one is due. */
static int
take_text(struct sc_card *card, const struct jcop_agent_setting *setting,
	const struct jcop_field_desc *field, size_t file_size,
	struct jcop_blob *text)
{
	int r = jcop_agent_text(setting->value, text);

	if (r == JCOP_ERR_TOO_LONG)
		return jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
			"%s: the value has %zu bytes, its file on the card "
			"%zu; use a shorter value. Nothing was changed",
			setting->name, setting->value.len, file_size);
	if (r == JCOP_ERR_MALFORMED)
		return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
			"%s: the value is not UTF-8; nothing was changed",
			setting->name);
	if (r == JCOP_ERR_UNSUPPORTED)
		return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
			"%s: the value has a control character or a line end "
			"in it; nothing was changed",
			setting->name);
	if (r != JCOP_OK)
		return jcop_sc_error(r);
	if (strcmp(field->name, DATE_FIELD) == 0 && text->len > 0 &&
		!jcop_agent_is_date(jcop_blob_view(text)))
		return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
			"%s: expected a date as YYYY-MM-DD; nothing was "
			"changed",
			setting->name);
	return SC_SUCCESS;
}

static int
take_setting(struct sc_card *card, const struct jcop_agent_setting *setting,
	struct work *work)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	struct file_update *file;
	enum jcop_data data;
	size_t field;
	int r;

	if (!jcop_agent_find(description, setting->name, &data, &field))
		return refuse_unknown(card, setting->name);
	file = &work->files[data];
	if (file->changes[field].present)
		return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
			"%s is named twice; nothing was changed",
			setting->name);
	r = take_text(card, setting, &description->data[data].fields[field],
		description->data[data].size, &file->texts[field]);
	if (r != SC_SUCCESS)
		return r;
	if (description->data[data].layout == JCOP_LAYOUT_FIXED &&
		file->texts[field].len >
			description->data[data].fields[field].length)
		return jcop_explain(card, SC_ERROR_SYNTAX_ERROR,
			"%s: the value has %zu bytes in UTF-8, and there is "
			"room for %zu; nothing was changed",
			setting->name, file->texts[field].len,
			description->data[data].fields[field].length);
	file->changed = true;
	file->changes[field].present = true;
	file->changes[field].value = jcop_blob_view(&file->texts[field]);
	return SC_SUCCESS;
}

/* --- what is there --------------------------------------------------------
 */

/* Something of an update before is kept beside the card. */
static bool
is_kept(struct sc_card *card, enum jcop_data data)
{
	struct jcop_recovery recovery = JCOP_RECOVERY_INIT;
	bool kept = jcop_recovery_any() &&
		    jcop_recovery_find(card, data, &recovery);

	jcop_recovery_free(&recovery);
	return kept;
}

/* Extended length, or a chain that this applet takes: then an update is one
 * command, whatever its length. Its version is read now: inside the channel
 * that would leave the application, and the role with it. */
static int
takes_long_commands(struct sc_card *card, bool *takes)
{
	const struct jcop_session *session = card->drv_data;
	int r;

	*takes = true;
	if (jcop_max_data(card, false) >= JCOP_COMMAND_MAX)
		return SC_SUCCESS;
	r = jcop_read_version(card);
	if (r == SC_SUCCESS)
		*takes = memcmp(session->version,
				 session->description.identification
					 .chaining_since,
				 sizeof(session->version)) >= 0;
	return r;
}

/* Is the file half of each content of an update before? Else what was kept of
 * that is not needed any more. The file is selected. */
static int
look_for_tear(
	struct sc_card *card, enum jcop_data data, struct file_update *file)
{
	size_t len;
	int r;

	if (!jcop_recovery_find(card, data, &file->last))
		return SC_SUCCESS;
	len = file->last.old.len > file->last.fresh.len ? file->last.old.len
							: file->last.fresh.len;
	r = jcop_read_up_to(card, &file->old, len);
	if (r != SC_SUCCESS)
		return r;
	file->torn = jcop_agent_is_torn(jcop_blob_view(&file->old),
		jcop_blob_view(&file->last.old),
		jcop_blob_view(&file->last.fresh));
	if (!file->torn)
		jcop_recovery_drop(card, data);
	return SC_SUCCESS;
}

/* More may have been read than the template has. What is 00 behind it need not
 * be written as 00 again, and could take more commands. */
static void
drop_padding(struct sc_card *card, enum jcop_data data, struct jcop_blob *old)
{
	struct jcop_agent_layout layout;
	size_t needed, len = old->len;

	jcop_agent_layout_of(
		&jcop_session_of(card)->description.data[data], &layout);
	if (layout.fixed || jcop_agent_needed(&layout, jcop_blob_view(old),
				    &needed) != JCOP_OK)
		return;
	while (len > needed && old->data[len - 1] == 0x00)
		len--;
	jcop_blob_truncate(old, len);
}

static int
read_file(struct sc_card *card, enum jcop_data data, bool discard,
	struct file_update *file)
{
	int tear, r = jcop_agent_read_file(card, data, &file->old, &file->size);

	if (r != SC_SUCCESS && r != SC_ERROR_INVALID_DATA)
		return r;
	file->malformed = r == SC_ERROR_INVALID_DATA;
	tear = look_for_tear(card, data, file);
	if (tear != SC_SUCCESS)
		return tear;
	if (file->malformed && !file->torn && !discard && file->changed)
		return jcop_explain(card, SC_ERROR_INVALID_DATA,
			"%s: the file on the card holds something else than "
			"the card description says; nothing was changed. "
			"'jcop45-tool write-data --discard' writes it anew, "
			"with the named fields only",
			jcop_data_name(data));
	if (!file->malformed && !file->torn)
		drop_padding(card, data, &file->old);
	jcop_session_of(card)->message[0] = '\0';
	return SC_SUCCESS;
}

/* What the changes are made on. */
static struct jcop_bytes
base_of(const struct file_update *file)
{
	if (file->torn)
		return jcop_blob_view(&file->last.fresh);
	if (file->malformed)
		return jcop_bytes_of(NULL, 0);
	return jcop_blob_view(&file->old);
}

/* Behind a content that is shorter there is zero padding again. */
static int
cover(struct file_update *file)
{
	size_t len = file->old.len;

	if (file->malformed && !file->torn)
		len = file->size;
	if (len > file->size)
		len = file->size;
	if (file->fresh.len >= len)
		return JCOP_OK;
	return jcop_blob_append_fill(&file->fresh, 0x00, len - file->fresh.len);
}

static int
merge_file(struct sc_card *card, enum jcop_data data, struct file_update *file)
{
	struct jcop_agent_layout layout;
	int r;

	jcop_agent_layout_of(
		&jcop_session_of(card)->description.data[data], &layout);
	if (!file->torn &&
		!jcop_agent_differs(&layout, base_of(file), file->changes))
		return SC_SUCCESS;
	r = jcop_agent_merge(
		&layout, base_of(file), file->changes, &file->fresh);
	if (r == JCOP_OK && file->fresh.len > file->size)
		return jcop_explain(card, SC_ERROR_NOT_ENOUGH_MEMORY,
			"%s: all its fields together have %zu bytes, its file "
			"on the card %zu; use shorter values. Nothing was "
			"changed",
			jcop_data_name(data), file->fresh.len, file->size);
	if (r == JCOP_OK)
		r = cover(file);
	return jcop_sc_error(r);
}

static int
prepare(struct sc_card *card, const struct jcop_agent_update *update,
	struct work *work)
{
	struct file_update *file;
	int i, r = jcop_read_iccsn(card);

	for (i = 0; r == SC_SUCCESS && i < JCOP_DATA_COUNT; i++) {
		file = &work->files[i];
		if (!file->changed && update->count > 0 &&
			!is_kept(card, (enum jcop_data)i))
			continue;
		r = read_file(card, (enum jcop_data)i, update->discard, file);
		if (r == SC_SUCCESS && (file->changed || file->torn))
			r = merge_file(card, (enum jcop_data)i, file);
	}
	return r;
}

/* --- writing --------------------------------------------------------------
 */

static bool
fits_one_command(
	struct sc_card *card, const struct file_update *file, bool takes_long)
{
	return takes_long || file->fresh.len <= jcop_max_data(card, false);
}

/* In the channel, which tells how much a command carries. */
static int
keep_what_may_tear(struct sc_card *card, struct work *work, bool takes_long)
{
	struct jcop_recovery recovery = JCOP_RECOVERY_INIT;
	int i, r = SC_SUCCESS;

	for (i = 0; r == SC_SUCCESS && i < JCOP_DATA_COUNT; i++) {
		struct file_update *file = &work->files[i];

		if (fits_one_command(card, file, takes_long))
			continue;
		recovery.old = file->old;
		recovery.fresh = file->fresh;
		r = jcop_recovery_keep(card, (enum jcop_data)i, &recovery);
		file->kept = r == SC_SUCCESS;
	}
	return r;
}

static int
explain_refusal(
	struct sc_card *card, enum jcop_data data, unsigned int sw, size_t done)
{
	const struct jcop_data_desc *desc =
		&jcop_session_of(card)->description.data[data];

	if (sw == JCOP_SW_CONDITIONS && desc->temporary_only)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"%s: the card refuses the update (%04X), as permanent "
			"cards do: only on temporary cards %s can be changed. "
			"Leave out its fields",
			jcop_data_name(data), sw, jcop_data_name(data));
	return jcop_explain(card, sc_check_sw(card, sw >> 8, sw & 0xFF),
		"%s: the card refused %s (%04X)", jcop_data_name(data),
		done > 0 ? "the rest of the update; run the command again"
			 : "the update",
		sw);
}

/* FRESH to the start of the selected file, in commands of at most MOST bytes.
 * UNTOUCHED: the card's own answer tells that it has taken nothing. */
static int
send_content(struct sc_card *card, enum jcop_data data,
	const struct jcop_blob *fresh, size_t most, bool *untouched)
{
	unsigned int sw;
	size_t done;
	int r = SC_SUCCESS;

	*untouched = false;
	for (done = 0; r == SC_SUCCESS && done < fresh->len;) {
		size_t part = fresh->len - done;
		struct jcop_apdu command = {JCOP_CLA_ISO,
			JCOP_INS_UPDATE_BINARY, (uint8_t)(done >> 8),
			(uint8_t)done, {NULL, 0}, JCOP_LE_NONE};

		if (part > most)
			part = most;
		command.data = jcop_bytes_of(fresh->data + done, part);
		r = jcop_transmit(card, &command, NULL, &sw);
		if (r == SC_SUCCESS && sw != JCOP_SW_OK) {
			*untouched = done == 0;
			return explain_refusal(card, data, sw, done);
		}
		if (r == SC_SUCCESS)
			done += part;
	}
	return r;
}

static int
write_file(struct sc_card *card, enum jcop_data data, struct file_update *file)
{
	const struct jcop_data_desc *desc =
		&jcop_session_of(card)->description.data[data];
	bool untouched = true;
	int r = jcop_select_ef(card, desc->application, desc->file, NULL);

	if (r == SC_SUCCESS)
		r = send_content(card, data, &file->fresh,
			file->kept ? jcop_max_data(card, false)
				   : file->fresh.len,
			&untouched);
	/* Done, or refused at its first command: nothing is to be completed.
	 * An answer that is lost or does not pass the channel tells nothing. */
	if (r == SC_SUCCESS || (untouched && file->kept && !file->torn))
		jcop_recovery_drop(card, data);
	return r;
}

/* Which file has what, when not all went well. */
static int
explain_rest(struct sc_card *card, int error, enum jcop_data failed,
	const struct work *work, const struct jcop_agent_update *update)
{
	char why[JCOP_MESSAGE_SIZE / 2];
	const struct jcop_session *session = card->drv_data;
	int i;

	snprintf(why, sizeof(why), "%.*s", (int)sizeof(why) - 1,
		session->message[0] != '\0' ? session->message
					    : sc_strerror(error));
	for (i = 0; i < JCOP_DATA_COUNT; i++)
		if (update->written[i])
			return jcop_explain(card, error,
				"%s was written, %s was not: %s. Run the "
				"command again",
				jcop_data_name((enum jcop_data)i),
				jcop_data_name(failed), why);
	for (i = (int)failed + 1; i < JCOP_DATA_COUNT; i++)
		if (work->files[i].fresh.len > 0)
			return jcop_explain(card, error,
				"%s. Nothing of %s was written", why,
				jcop_data_name((enum jcop_data)i));
	if (session->message[0] != '\0')
		return error;
	return jcop_explain(card, error,
		"%s: the update was interrupted: %s. Run the command again",
		jcop_data_name(failed), why);
}

static int
write_files(struct sc_card *card, struct work *work,
	struct jcop_agent_update *update)
{
	int i, r = SC_SUCCESS;

	for (i = 0; r == SC_SUCCESS && i < JCOP_DATA_COUNT; i++) {
		if (work->files[i].fresh.len == 0)
			continue;
		r = write_file(card, (enum jcop_data)i, &work->files[i]);
		if (r != SC_SUCCESS)
			return explain_rest(
				card, r, (enum jcop_data)i, work, update);
		update->written[i] = true;
		update->completed[i] = work->files[i].torn;
	}
	return r;
}

static bool
nothing_to_write(const struct work *work)
{
	int i;

	for (i = 0; i < JCOP_DATA_COUNT; i++)
		if (work->files[i].fresh.len > 0)
			return false;
	return true;
}

static int
run(struct sc_card *card, struct work *work, struct jcop_agent_update *update)
{
	bool takes_long = false;
	int r = prepare(card, update, work);

	if (r != SC_SUCCESS || nothing_to_write(work) || update->check_only)
		return r;
	r = jcop_check_not_terminated(card);
	if (r == SC_SUCCESS)
		r = takes_long_commands(card, &takes_long);
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = jcop_need_role(card);
	if (r == SC_SUCCESS)
		r = keep_what_may_tear(card, work, takes_long);
	if (r == SC_SUCCESS)
		r = write_files(card, work, update);
	return r;
}

int
jcop_write_data(struct sc_card *card, struct jcop_agent_update *update)
{
	struct jcop_session *session = card->drv_data;
	struct work *work = calloc(1, sizeof(*work));
	size_t i;
	int r = SC_SUCCESS;

	if (work == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	memset(update->written, 0, sizeof(update->written));
	memset(update->completed, 0, sizeof(update->completed));
	for (i = 0; r == SC_SUCCESS && i < update->count; i++)
		r = take_setting(card, &update->settings[i], work);
	if (r == SC_SUCCESS)
		r = jcop_begin(card,
			update->check_only ? JCOP_OP_READ : JCOP_OP_WRITE_DATA);
	if (r == SC_SUCCESS) {
		r = run(card, work, update);
		jcop_agent_forget(session);
		r = jcop_end(card, r);
	}
	work_free(work);
	return r;
}
