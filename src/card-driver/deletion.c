/*
 * deletion.c: all keys and certificates, listed or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>

#include "card-driver/directory.h"

/* One deletion. */
struct job {
	struct jcop_deletion *deletion;
	struct jcop_directory *directory;
	size_t done, all; /* steps */
};

static void
progress(struct job *job)
{
	if (job->deletion->progress != NULL)
		job->deletion->progress(
			job->deletion->context, job->done, job->all);
	job->done++;
}

/* Zeros from OFFSET of the selected file up to its SIZE. */
static int
clear_selected(struct sc_card *card, size_t offset, size_t size)
{
	struct jcop_blob zeros = JCOP_BLOB_INIT;
	int r = SC_SUCCESS;

	if (size > offset)
		r = jcop_sc_error(
			jcop_blob_append_fill(&zeros, 0x00, size - offset));
	if (r == SC_SUCCESS)
		r = jcop_update_selected(card, offset, jcop_blob_view(&zeros));
	jcop_blob_free(&zeros);
	return r;
}

/* The first byte ends the list; then what it listed goes. */
static int
clear_directory_file(struct sc_card *card, struct job *job, enum jcop_file file,
	const struct jcop_directory_file *place)
{
	static const uint8_t end_of_list = 0x00;
	const struct jcop_file_desc *desc =
		&jcop_session_of(card)->description.files[file];
	int r = jcop_select_ef(card, desc->application, desc->fid, NULL);

	if (r == SC_SUCCESS)
		r = jcop_update_selected(
			card, 0, jcop_bytes_of(&end_of_list, 1));
	if (r == SC_SUCCESS)
		r = clear_selected(card, 1, place->size);
	progress(job);
	return r;
}

/* A key may show without its certificate, but nothing without its key. */
static int
clear_directory(struct sc_card *card, struct job *job)
{
	const struct jcop_directory *directory = job->directory;
	int r = clear_directory_file(card, job, JCOP_FILE_CDF, &directory->cdf);

	if (r == SC_SUCCESS)
		r = clear_directory_file(
			card, job, JCOP_FILE_PRKDF, &directory->prkdf);
	if (r == SC_SUCCESS)
		r = clear_directory_file(
			card, job, JCOP_FILE_PUKDF, &directory->pukdf);
	return r;
}

/* 70{BF90 ref{}}: both parts of the key */
static int
delete_key(struct sc_card *card, const struct jcop_slot_desc *slot)
{
	return jcop_put_sdo(
		card, JCOP_SDO_PRIVATE_KEY, slot->key, jcop_bytes_of(NULL, 0));
}

static int
clear_certificate(struct sc_card *card, const struct jcop_slot_desc *slot)
{
	size_t size = 0;
	int r = jcop_select_ef(card, JCOP_APP_PKI, slot->certificate, &size);

	if (r == SC_SUCCESS)
		r = clear_selected(card, 0, size);
	return r;
}

typedef int (*slot_action)(
	struct sc_card *card, const struct jcop_slot_desc *slot);

/* Every slot that the description knows, whatever the directory listed. */
static int
for_every_slot(struct sc_card *card, struct job *job, slot_action action)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	size_t i, j;
	int r = SC_SUCCESS;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		for (j = 0; r == SC_SUCCESS && j < container->slot_count; j++) {
			r = action(card, &container->slots[j]);
			progress(job);
		}
	}
	return r;
}

static size_t
count_slots(const struct jcop_description *description)
{
	size_t i, slots = 0;

	for (i = 0; i < description->container_count; i++)
		slots += description->containers[i].slot_count;
	return slots;
}

static void
count_listed(struct job *job)
{
	size_t i;

	job->deletion->keys = job->directory->count;
	job->deletion->certificates = 0;
	for (i = 0; i < job->directory->count; i++)
		if (job->directory->keys[i].has_certificate)
			job->deletion->certificates++;
}

/* The private keys go before the certificates, which are public anyway. */
static int
carry_out(struct sc_card *card, struct job *job)
{
	int r;

	job->all = 3 + 2 * count_slots(&jcop_session_of(card)->description);
	progress(job);
	r = jcop_select_application(card, JCOP_APP_PKI);
	if (r == SC_SUCCESS)
		r = clear_directory(card, job);
	if (r == SC_SUCCESS)
		r = for_every_slot(card, job, delete_key);
	if (r == SC_SUCCESS)
		r = for_every_slot(card, job, clear_certificate);
	return r;
}

static int
run(struct sc_card *card, struct job *job)
{
	int r = jcop_channel_prepare(card);

	if (r == SC_SUCCESS)
		r = jcop_directory_read(card, job->directory);
	if (r != SC_SUCCESS)
		return r;
	count_listed(job);
	r = jcop_check_not_terminated(card);
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = jcop_need_role(card);
	if (r == SC_SUCCESS)
		r = carry_out(card, job);
	return r;
}

int
jcop_delete_all(struct sc_card *card, struct jcop_deletion *deletion)
{
	struct job job = {
		.deletion = deletion,
		.directory = calloc(1, sizeof(*job.directory)),
	};
	int r;

	if (job.directory == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	r = jcop_begin(card, JCOP_OP_DELETE);
	if (r == SC_SUCCESS)
		r = jcop_end(card, run(card, &job));
	jcop_directory_free(job.directory);
	free(job.directory);
	return r;
}
