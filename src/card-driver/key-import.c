/*
 * key-import.c: a private key from a file to the card, and its certificate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "card-driver/directory.h"

/* Exponent and headers beside the modulus, at most. */
#define PUBLIC_PART_OVERHEAD 32

/* Five private components, the public part, its place in the directory. */
#define KEY_STEPS 7

/* One import, from its first check to its last command. */
struct job {
	struct jcop_import *import;
	struct jcop_directory *directory;
	struct jcop_new_key key;
	struct jcop_rsa_crt crt;
	struct jcop_blob certificate; /* what its file is to hold */
	char certificate_label[JCOP_MAX_LABEL];
	bool key_is_there; /* only the certificate is missing */
	size_t done, all;  /* steps */
};

/* --- what can be known without a card --- */

static int
check_request(struct sc_card *card, struct job *job)
{
	const struct jcop_import *import = job->import;
	int r = jcop_label_check(card, import->label);

	if (r == SC_SUCCESS && import->certificate.len > 0)
		r = jcop_label_check(card, import->certificate_label);
	if (r != SC_SUCCESS)
		return r;
	if (import->id.len > JCOP_MAX_ID)
		return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
			"the id of a key has 1 to %d bytes; nothing was "
			"changed",
			JCOP_MAX_ID);
	if (!import->container->import)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"the container %s takes no imported keys: its keys are "
			"made on the card and are nowhere else; nothing was "
			"changed",
			import->container->name);
	return jcop_new_key_check_size(card, &job->key);
}

static int
check_key(struct sc_card *card, struct job *job)
{
	int r = jcop_rsa_crt_of(&job->import->key, &job->crt);

	if (r == JCOP_ERR_UNSUPPORTED)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"the card takes RSA keys with the public exponents 3 "
			"and 65537 only, and this key has another; nothing was "
			"changed");
	if (r == JCOP_ERR_MALFORMED)
		return jcop_explain(card, SC_ERROR_INVALID_DATA,
			"the private key is damaged: its numbers do not belong "
			"together; nothing was changed");
	job->key.modulus = jcop_blob_view(&job->crt.n);
	job->key.exponent = jcop_blob_view(&job->crt.e);
	return jcop_sc_error(r);
}

static int
check_certificate(struct sc_card *card, struct job *job)
{
	struct jcop_blob modulus = JCOP_BLOB_INIT;
	int r = SC_SUCCESS;

	if (job->import->certificate.len == 0)
		return r;
	r = jcop_certificate_check(card, job->import->certificate, &modulus);
	if (r == SC_SUCCESS &&
		!jcop_bytes_equal(jcop_blob_view(&modulus), job->key.modulus))
		r = jcop_explain(card, SC_ERROR_INVALID_DATA,
			"the certificate belongs to another key than this one; "
			"nothing was changed");
	jcop_blob_free(&modulus);
	return r;
}

/* --- what the card tells, before the channel is opened --- */

/* A waiver covers everything but this: a forged card would keep the key. */
static int
refuse_untrusted(struct sc_card *card, int error)
{
	return jcop_explain(card, error,
		"key import: nobody vouches for the chip of this card, and a "
		"private key is given to a trusted chip only, whatever "
		"chip_auth_allow_untrusted says: set chip_auth_trust_anchor or "
		"chip_auth_pinned_key. Nothing was sent to the card that could "
		"change it");
}

static int
check_trust_configured(struct sc_card *card)
{
	const struct jcop_config *config = &jcop_session_of(card)->config;

	if (config->chip_auth_trust_anchor != NULL ||
		config->chip_auth_pinned_key != NULL)
		return SC_SUCCESS;
	return refuse_untrusted(card, SC_ERROR_INVALID_ARGUMENTS);
}

int
jcop_import_check_trust(struct sc_card *card)
{
	if (jcop_session_of(card)->channel.trusted)
		return SC_SUCCESS;
	return refuse_untrusted(card, SC_ERROR_SM_AUTHENTICATION_FAILED);
}

/* Does the file of its slot hold the certificate that was to come? */
static int
is_complete(struct sc_card *card, const struct job *job,
	const struct jcop_directory_key *there, bool *complete)
{
	struct jcop_blob wanted = JCOP_BLOB_INIT, found = JCOP_BLOB_INIT;
	size_t size = 0;
	int r;

	*complete = false;
	if (job->import->certificate.len == 0 || !there->has_certificate)
		return SC_SUCCESS;
	r = jcop_select_ef(card, JCOP_APP_PKI, there->slot->certificate, &size);
	if (r == SC_SUCCESS)
		r = jcop_certificate_pack(
			card, job->import->certificate, size, &wanted);
	if (r == SC_SUCCESS)
		r = jcop_read_selected(card, &found, NULL);
	if (r == SC_SUCCESS)
		*complete = found.len >= wanted.len &&
			    memcmp(found.data, wanted.data, wanted.len) == 0;
	jcop_blob_free(&wanted);
	jcop_blob_free(&found);
	return r;
}

static int
refuse_second(struct sc_card *card, const struct job *job,
	const struct jcop_directory_key *there)
{
	bool complete;
	int r = is_complete(card, job, there, &complete);

	if (r != SC_SUCCESS)
		return r;
	return jcop_explain(card, SC_ERROR_FILE_ALREADY_EXISTS,
		"this key is on the card already, in the container %s%s; "
		"nothing was changed",
		there->container->name,
		complete ? ", with this certificate: its import is complete"
			 : "");
}

/* An import that was interrupted between the key and its certificate is
 * completed; any other key that is there already is refused. */
static int
plan_completion(struct sc_card *card, struct job *job,
	const struct jcop_directory_key *there)
{
	if (job->import->certificate.len == 0 || there->has_certificate ||
		there->container != job->import->container)
		return refuse_second(card, job, there);
	job->key_is_there = true;
	job->key.slot = there->slot;
	job->key.id = jcop_bytes_of(there->id, there->id_len);
	return SC_SUCCESS;
}

static int
plan_certificate(struct sc_card *card, struct job *job)
{
	size_t size;
	int r;

	if (job->import->certificate.len == 0)
		return SC_SUCCESS;
	r = jcop_directory_check_certificate_room(card, job->directory,
		job->key.id.len, job->import->certificate_label, true,
		job->certificate_label);
	if (r == SC_SUCCESS)
		r = jcop_select_ef(
			card, JCOP_APP_PKI, job->key.slot->certificate, &size);
	if (r == SC_SUCCESS)
		r = jcop_certificate_pack(card, job->import->certificate, size,
			&job->certificate);
	return r;
}

static int
plan(struct sc_card *card, struct job *job)
{
	const struct jcop_directory_key *there;
	int r;

	r = jcop_directory_read_for_key(
		card, job->directory, job->import->certificate.len > 0);
	if (r == SC_SUCCESS)
		r = jcop_check_not_terminated(card);
	if (r != SC_SUCCESS)
		return r;
	there = jcop_directory_find(job->directory, job->key.modulus);
	if (there != NULL)
		r = plan_completion(card, job, there);
	else
		r = jcop_new_key_place(card, job->directory, &job->key);
	if (r == SC_SUCCESS)
		r = plan_certificate(card, job);
	return r;
}

/* --- the commands --- */

static void
progress(struct job *job)
{
	if (job->import->progress != NULL)
		job->import->progress(
			job->import->context, job->done, job->all);
	job->done++;
}

/* 70{OBJECT ref{TEMPLATE{INNER}}}, and nothing of it to a chip that is not
 * trusted. */
static int
put_components(struct sc_card *card, const struct job *job, uint32_t object,
	uint32_t template, struct jcop_bytes inner)
{
	struct jcop_blob value = JCOP_BLOB_INIT;
	int r;

	if (!jcop_session_of(card)->channel.trusted)
		return SC_ERROR_SM_AUTHENTICATION_FAILED;
	r = jcop_sc_error(jcop_tlv_put(&value, template, inner));
	if (r == SC_SUCCESS)
		r = jcop_put_sdo(card, object, job->key.slot->key,
			jcop_blob_view(&value));
	jcop_blob_free(&value);
	return r;
}

/* 70{BF90 ref{7F48{TAG value}}} */
static int
put_private(struct sc_card *card, struct job *job, uint32_t tag,
	const struct jcop_blob *number)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = jcop_sc_error(
		jcop_tlv_put(&inner, tag, jcop_blob_view(number)));

	if (r == SC_SUCCESS)
		r = put_components(card, job, JCOP_SDO_PRIVATE_KEY,
			JCOP_SDO_PRIVATE_COMPONENTS, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	progress(job);
	return r;
}

/* 70{BFA0 ref{7F49{81 n, 82 e}}} */
static int
put_public(struct sc_card *card, struct job *job)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = jcop_tlv_put(&inner, JCOP_SDO_TAG_MODULUS, job->key.modulus);

	if (r == JCOP_OK)
		r = jcop_tlv_put(
			&inner, JCOP_SDO_TAG_EXPONENT, job->key.exponent);
	r = jcop_sc_error(r);
	if (r == SC_SUCCESS)
		r = put_components(card, job, JCOP_SDO_PUBLIC_KEY,
			JCOP_SDO_PUBLIC_COMPONENTS, jcop_blob_view(&inner));
	jcop_blob_free(&inner);
	progress(job);
	return r;
}

/* One component a command; they take effect with the last. */
static int
put_key(struct sc_card *card, struct job *job)
{
	const struct {
		uint32_t tag;
		const struct jcop_blob *number;
	} parts[] = {
		{JCOP_SDO_TAG_P, &job->crt.p},
		{JCOP_SDO_TAG_Q, &job->crt.q},
		{JCOP_SDO_TAG_QINV, &job->crt.qinv},
		{JCOP_SDO_TAG_DP, &job->crt.dp},
		{JCOP_SDO_TAG_DQ, &job->crt.dq},
	};
	size_t i;
	int r = jcop_select_application(card, JCOP_APP_PKI);

	for (i = 0; r == SC_SUCCESS && i < sizeof(parts) / sizeof(parts[0]);
		i++)
		r = put_private(card, job, parts[i].tag, parts[i].number);
	if (r == SC_SUCCESS)
		r = put_public(card, job);
	if (r == SC_ERROR_INCORRECT_PARAMETERS)
		return jcop_explain(card, r,
			"key import: the card refuses this key (6A80). The "
			"slot stays free");
	return r;
}

/* The file is selected since its size was asked for. CDF does not list it:
 * nobody reads it. */
static int
write_certificate_file(struct sc_card *card, struct job *job)
{
	int r = jcop_select_ef(
		card, JCOP_APP_PKI, job->key.slot->certificate, NULL);

	if (r == SC_SUCCESS)
		r = jcop_write_first_byte_last(
			card, 0, jcop_blob_view(&job->certificate), false);
	progress(job);
	return r;
}

static int
write_key(struct sc_card *card, struct job *job)
{
	int r = put_key(card, job);

	if (r == SC_SUCCESS)
		r = jcop_directory_add_key(card, job->directory, &job->key);
	progress(job);
	return r;
}

/* The directory lists the key once it is whole, and then the certificate. */
static int
carry_out(struct sc_card *card, struct job *job)
{
	bool with_certificate = job->import->certificate.len > 0;
	int r = SC_SUCCESS;

	job->all = with_certificate ? 1 : 0;
	if (!job->key_is_there)
		job->all += KEY_STEPS;
	progress(job);
	if (with_certificate)
		r = write_certificate_file(card, job);
	if (r == SC_SUCCESS && !job->key_is_there)
		r = write_key(card, job);
	if (r == SC_SUCCESS && with_certificate)
		r = jcop_directory_add_certificate(card, job->directory,
			job->key.slot, job->key.id, job->certificate_label);
	return r;
}

static int
run(struct sc_card *card, struct job *job)
{
	int r = check_trust_configured(card);

	if (r == SC_SUCCESS)
		r = jcop_channel_prepare(card);
	/* The longest command is the one with the modulus. */
	if (r == SC_SUCCESS)
		r = jcop_check_chaining(
			card, job->key.modulus.len + PUBLIC_PART_OVERHEAD);
	if (r == SC_SUCCESS)
		r = plan(card, job);
	if (r == SC_SUCCESS)
		r = jcop_need_channel(card);
	if (r == SC_SUCCESS)
		r = jcop_import_check_trust(card);
	if (r == SC_SUCCESS)
		r = jcop_need_role(card);
	if (r == SC_SUCCESS)
		r = carry_out(card, job);
	return r;
}

static void
give_result(const struct job *job)
{
	struct jcop_import *import = job->import;

	import->slot = job->key.slot;
	import->completed = job->key_is_there;
	memcpy(import->listed_id, job->key.id.data, job->key.id.len);
	import->listed_id_len = job->key.id.len;
}

int
jcop_import(struct sc_card *card, struct jcop_import *import)
{
	struct job job = {
		.import = import,
		.directory = calloc(1, sizeof(*job.directory)),
		.key =
			{
				.container = import->container,
				.bits = jcop_rsa_bits(import->key.n),
				.id = import->id,
				.label = import->label,
				.cut_label = import->cut_label,
				.imported = true,
			},
	};
	int r = SC_ERROR_OUT_OF_MEMORY;

	if (job.directory != NULL)
		r = check_request(card, &job);
	if (r == SC_SUCCESS)
		r = check_key(card, &job);
	if (r == SC_SUCCESS)
		r = check_certificate(card, &job);
	if (r == SC_SUCCESS)
		r = jcop_begin(card, JCOP_OP_IMPORT);
	if (r == SC_SUCCESS)
		r = jcop_end(card, run(card, &job));
	if (r == SC_SUCCESS)
		give_result(&job);
	if (job.directory != NULL)
		jcop_directory_free(job.directory);
	free(job.directory);
	jcop_rsa_crt_free(&job.crt);
	jcop_blob_free(&job.certificate);
	return r;
}
