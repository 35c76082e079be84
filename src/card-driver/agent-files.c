/*
 * agent-files.c: reading the agent data, EF.Id and EF.Fonction.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/agent-files.h"

#define SFI_MASK 0x1F /* ISO/IEC 7816-4 7.4.3: the five low bits */
/* Fields that are read one after another come from one reading. */
#define SNAPSHOT_SECONDS 1

static const struct jcop_data_desc *
data_desc(struct sc_card *card, enum jcop_data data)
{
	return &jcop_session_of(card)->description.data[data];
}

void
jcop_agent_layout_of(
	const struct jcop_data_desc *desc, struct jcop_agent_layout *layout)
{
	size_t i;

	_Static_assert(JCOP_MAX_FIELDS <= JCOP_AGENT_MAX_FIELDS,
		"core takes as many fields as a description has");
	layout->fixed = desc->layout == JCOP_LAYOUT_FIXED;
	layout->template_tag = desc->template_tag;
	layout->count = desc->field_count;
	for (i = 0; i < desc->field_count; i++) {
		layout->fields[i].tag = desc->fields[i].tag;
		layout->fields[i].offset = desc->fields[i].offset;
		layout->fields[i].length = desc->fields[i].length;
	}
}

int
jcop_agent_explain_malformed(struct sc_card *card, enum jcop_data data)
{
	return jcop_explain(card, SC_ERROR_INVALID_DATA,
		"%s: the file %04X of the card holds something else than the "
		"card description says",
		jcop_data_name(data), data_desc(card, data)->file);
}

/* With a size asked for, or by path, the file is selected; else the first
 * reading by its short identifier does that. */
static int
start(struct sc_card *card, const struct jcop_data_desc *desc, size_t needed,
	struct jcop_blob *content, size_t *size)
{
	const struct jcop_session *session = card->drv_data;
	int r;

	jcop_blob_clear(content);
	if (size != NULL || !session->description.dialect.read_by_sfi)
		return jcop_select_ef(
			card, desc->application, desc->file, size);
	r = jcop_select_application(card, desc->application);
	if (r == SC_SUCCESS)
		r = jcop_read_sfi(card, (uint8_t)(desc->file & SFI_MASK),
			needed, content);
	return r;
}

/* How much is read first: what tells the length. Where answers are short and
 * the file is long as much as one of them holds, so that the rest of a file of
 * twice that comes with the next. */
static size_t
first_length(struct sc_card *card, const struct jcop_data_desc *desc,
	const struct jcop_agent_layout *layout)
{
	size_t needed = 0;

	if (jcop_agent_needed(layout, jcop_bytes_of(NULL, 0), &needed) !=
		JCOP_OK)
		return 0;
	if (!jcop_extended(card) && desc->size > needed + JCOP_LE_SHORT &&
		needed < JCOP_LE_SHORT)
		return JCOP_LE_SHORT;
	return needed;
}

int
jcop_agent_read_file(struct sc_card *card, enum jcop_data data,
	struct jcop_blob *content, size_t *size)
{
	struct jcop_agent_layout layout;
	struct jcop_agent_value values[JCOP_AGENT_MAX_FIELDS];
	const struct jcop_data_desc *desc = data_desc(card, data);
	size_t needed, wanted;
	int r;

	jcop_agent_layout_of(desc, &layout);
	needed = first_length(card, desc, &layout);
	r = start(card, desc, needed, content, size);
	if (r != SC_SUCCESS)
		return r;
	/* until nothing more is needed, or the file has no more */
	do {
		wanted = needed;
		r = jcop_read_up_to(card, content, wanted);
		if (r == SC_SUCCESS &&
			jcop_agent_needed(&layout, jcop_blob_view(content),
				&needed) != JCOP_OK)
			return jcop_agent_explain_malformed(card, data);
	} while (r == SC_SUCCESS && content->len >= wanted &&
		 content->len < needed);
	if (r == SC_SUCCESS &&
		jcop_agent_parse(&layout, jcop_blob_view(content), values) !=
			JCOP_OK)
		return jcop_agent_explain_malformed(card, data);
	return r;
}

/* After an update that was interrupted the file may be half of each: to be
 * told, not to be shown. The file is selected. */
static int
check_whole(
	struct sc_card *card, enum jcop_data data, const struct jcop_blob *read)
{
	struct jcop_recovery recovery = JCOP_RECOVERY_INIT;
	struct jcop_blob content = JCOP_BLOB_INIT;
	bool torn = false;
	int r = SC_SUCCESS;

	if (jcop_session_of(card)->iccsn_len > 0 && jcop_recovery_any() &&
		jcop_recovery_find(card, data, &recovery)) {
		size_t len = recovery.old.len > recovery.fresh.len
				     ? recovery.old.len
				     : recovery.fresh.len;

		r = jcop_sc_error(
			jcop_blob_set(&content, read->data, read->len));
		if (r == SC_SUCCESS)
			r = jcop_read_up_to(card, &content, len);
		torn = r == SC_SUCCESS &&
		       jcop_agent_is_torn(jcop_blob_view(&content),
			       jcop_blob_view(&recovery.old),
			       jcop_blob_view(&recovery.fresh));
	}
	jcop_blob_free(&content);
	jcop_recovery_free(&recovery);
	if (!torn)
		return r;
	return jcop_explain(card, SC_ERROR_INVALID_DATA,
		"%s: an update of this file was interrupted and left a part "
		"of the old and a part of the new content; 'jcop45-tool "
		"write-data' completes it",
		jcop_data_name(data));
}

static int
read_whole(struct sc_card *card, enum jcop_data data, struct jcop_blob *content)
{
	struct jcop_session *session = card->drv_data;
	int torn, r;

	/* now: afterwards another file would be selected */
	if (jcop_recovery_any() && jcop_read_iccsn(card) != SC_SUCCESS)
		session->message[0] = '\0';
	r = jcop_agent_read_file(card, data, content, NULL);
	/* a torn file may be malformed, too, and that is the better reason */
	if (r != SC_SUCCESS && r != SC_ERROR_INVALID_DATA)
		return r;
	torn = check_whole(card, data, content);
	if (r == SC_SUCCESS || torn != SC_SUCCESS)
		r = torn;
	if (r == SC_SUCCESS)
		session->message[0] = '\0';
	return r;
}

/* --- all fields --- */

static int
copy_fields(struct sc_card *card, enum jcop_data data,
	const struct jcop_blob *content, struct jcop_agent_content *out)
{
	struct jcop_agent_layout layout;
	struct jcop_agent_value values[JCOP_AGENT_MAX_FIELDS];
	size_t i;
	int r;

	jcop_agent_layout_of(data_desc(card, data), &layout);
	r = jcop_agent_parse(&layout, jcop_blob_view(content), values);
	for (i = 0; r == JCOP_OK && i < layout.count; i++) {
		out[i].present = values[i].present;
		r = jcop_blob_set(&out[i].value, values[i].value.data,
			values[i].value.len);
	}
	return jcop_sc_error(r);
}

int
jcop_read_data(struct sc_card *card, struct jcop_agent_data *data)
{
	struct jcop_blob content = JCOP_BLOB_INIT;
	int i, r = jcop_begin(card, JCOP_OP_READ);

	if (r != SC_SUCCESS)
		return r;
	memset(data, 0, sizeof(*data));
	for (i = 0; r == SC_SUCCESS && i < JCOP_DATA_COUNT; i++) {
		r = read_whole(card, (enum jcop_data)i, &content);
		if (r == SC_SUCCESS)
			r = copy_fields(card, (enum jcop_data)i, &content,
				data->fields[i]);
	}
	jcop_blob_free(&content);
	if (r != SC_SUCCESS)
		jcop_agent_data_free(data);
	return jcop_end(card, r);
}

/* --- one field, as OpenSC asks for it --- */

void
jcop_agent_forget(struct jcop_session *session)
{
	int i;

	for (i = 0; i < JCOP_DATA_COUNT; i++) {
		session->snapshots[i].taken = false;
		jcop_blob_free(&session->snapshots[i].content);
	}
}

static bool
is_fresh(const struct jcop_agent_snapshot *snapshot)
{
	struct timespec now;

	if (!snapshot->taken || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return false;
	if (now.tv_sec == snapshot->at.tv_sec)
		return true;
	return now.tv_sec - snapshot->at.tv_sec == SNAPSHOT_SECONDS &&
	       now.tv_nsec < snapshot->at.tv_nsec;
}

static int
take_snapshot(struct sc_card *card, enum jcop_data data,
	struct jcop_agent_snapshot *snapshot)
{
	int r = read_whole(card, data, &snapshot->content);

	snapshot->taken = r == SC_SUCCESS &&
			  clock_gettime(CLOCK_MONOTONIC, &snapshot->at) == 0;
	if (r != SC_SUCCESS)
		jcop_blob_free(&snapshot->content);
	return r;
}

int
jcop_agent_field_value(struct sc_card *card, enum jcop_data data, size_t field,
	struct jcop_blob *value)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_agent_snapshot *snapshot = &session->snapshots[data];
	struct jcop_agent_layout layout;
	struct jcop_agent_value values[JCOP_AGENT_MAX_FIELDS];
	int r = SC_SUCCESS;

	if (!is_fresh(snapshot))
		r = take_snapshot(card, data, snapshot);
	if (r != SC_SUCCESS)
		return r;
	jcop_agent_layout_of(data_desc(card, data), &layout);
	r = jcop_agent_parse(
		&layout, jcop_blob_view(&snapshot->content), values);
	if (r == JCOP_OK)
		r = jcop_blob_set(value, values[field].value.data,
			values[field].value.len);
	return jcop_sc_error(r);
}
