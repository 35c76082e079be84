/*
 * encode-actions.c: the steps of a job as card controls.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/encode.h"
#include "tool/pin-source.h"
#include "tool/print.h"
#include "tool/progress.h"
#include "tool/search.h"

int
encode_failed(struct encode *encode, int error, char *message)
{
	encode->status = tool_status_of(error);
	return encoding_message(
		message, error, "%s", tool_card_reason(encode->tool, error));
}

int
encode_check_same_card(struct encode *encode, char *message)
{
	struct tool *tool = encode->tool;

	if (!tool_note_iccsn(tool)) {
		encode->status = TOOL_NO_CARD;
		return encoding_message(message, SC_ERROR_CARD_REMOVED,
			"the card %s does not answer any more; put it back",
			encode->iccsn);
	}
	if (strcmp(tool->card_iccsn, encode->iccsn) == 0)
		return JCOP_OK;
	encode->status = TOOL_NO_CARD;
	return encoding_message(message, SC_ERROR_WRONG_CARD,
		"the card in the reader is %s now, and not %s: put that one "
		"back",
		tool->card_iccsn, encode->iccsn);
}

static int
control(struct encode *encode, unsigned long request, void *arguments,
	char *message)
{
	int r = encode_check_same_card(encode, message);

	if (r != JCOP_OK)
		return r;
	r = sc_card_ctl(encode->tool->card, request, arguments);
	return r == SC_SUCCESS ? JCOP_OK : encode_failed(encode, r, message);
}

/* The same with a line on the terminal while the card works. */
static int
long_control(struct encode *encode, struct tool_progress *progress,
	unsigned long request, void *arguments, char *message)
{
	int r = control(encode, request, arguments, message);

	tool_progress_end(progress);
	return r;
}

/* --- activation and PINs --- */

static int
activate(void *context, const struct encoding_step *step, char *message)
{
	struct encode *encode = context;
	struct jcop_activation activation = {.prompt = tool_pin_prompt};
	int r = encode_pin(encode, &step->transport, JCOP_PIN_TRANSPORT,
		PURPOSE_SET, &activation.transport, message);

	if (r == JCOP_OK)
		r = encode_pin(encode, &step->global, JCOP_PIN_GLOBAL,
			PURPOSE_SET, &activation.global, message);
	if (r == JCOP_OK)
		r = encode_pin(encode, &step->signature, JCOP_PIN_SIGNATURE,
			PURPOSE_SET, &activation.signature, message);
	return r == JCOP_OK ? control(encode, SC_CARDCTL_JCOP45_ACTIVATE,
				      &activation, message)
			    : r;
}

static int
change_pin(
	struct encode *encode, const struct encoding_step *step, char *message)
{
	struct jcop_pin_change change = {
		.pin = step->pin, .prompt = tool_pin_prompt};
	int r = encode_pin(encode, &step->new, step->pin, PURPOSE_OLD,
		&change.old, message);

	if (r == JCOP_OK)
		r = encode_pin(encode, &step->new, step->pin, PURPOSE_SET,
			&change.new, message);
	if (r == JCOP_OK)
		r = control(
			encode, SC_CARDCTL_JCOP45_CHANGE_PIN, &change, message);
	return change.in_doubt ? JCOP_ERR_CHANNEL : r;
}

static int
unblock_pin(
	struct encode *encode, const struct encoding_step *step, char *message)
{
	struct jcop_pin_unblock unblock = {.pin = step->pin,
		.by_keyset = step->kind == STEP_UNBLOCK_KEYSET,
		.prompt = tool_pin_prompt};
	int r = JCOP_OK;

	if (!unblock.by_keyset)
		r = encode_pin(encode, &step->puk, JCOP_PIN_PUK, PURPOSE_SET,
			&unblock.puk, message);
	if (r == JCOP_OK)
		r = encode_pin(encode, &step->new, step->pin, PURPOSE_SET,
			&unblock.new, message);
	if (r == JCOP_OK)
		r = control(encode, SC_CARDCTL_JCOP45_UNBLOCK_PIN, &unblock,
			message);
	return unblock.in_doubt ? JCOP_ERR_CHANNEL : r;
}

static int
set_pin(void *context, const struct encoding_step *step, char *message)
{
	return step->kind == STEP_CHANGE_PIN
		       ? change_pin(context, step, message)
		       : unblock_pin(context, step, message);
}

/* --- keys and certificates --- */

static int
delete_all(void *context, const struct encoding_step *step, char *message)
{
	struct encode *encode = context;
	struct tool_progress progress;
	struct jcop_deletion deletion = {
		.progress = tool_progress_step, .context = &progress};

	(void)step;
	tool_progress_init(&progress, encode->tool,
		"The keys are deleted; leave the card in the reader");
	return long_control(encode, &progress, SC_CARDCTL_JCOP45_DELETE_ALL,
		&deletion, message);
}

static int
generate(void *context, const struct encoding_step *step, struct jcop_bytes id,
	const char *label, struct jcop_blob *modulus,
	struct jcop_blob *exponent, char *message)
{
	struct encode *encode = context;
	struct tool_progress progress;
	struct jcop_generation generation = {.container = step->container,
		.bits = step->bits,
		.id = id,
		.label = label,
		.cut_label = true,
		.starts = tool_progress_starts,
		.context = &progress};
	int r;

	r = encode_check_signer(encode, step, message);
	if (r != JCOP_OK)
		return r;
	tool_progress_init(&progress, encode->tool,
		"The card generates a key, up to a minute; leave it in the "
		"reader");
	r = long_control(encode, &progress, SC_CARDCTL_JCOP45_GENERATE,
		&generation, message);
	encode->slots[step->application->letter - 'A'] = generation.slot;
	/* The blobs change hands. */
	*modulus = generation.modulus;
	*exponent = generation.exponent;
	return r;
}

/* The key of PKCS12 is on the card already, with a certificate: its id to
 * LISTED, which stays empty else. */
static int
find_imported(struct encode *encode, const struct encoding_pkcs12 *pkcs12,
	struct jcop_blob *listed, char *message)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	const struct jcop_directory_key *key;
	int r;

	if (directory == NULL)
		return encode_failed(encode, SC_ERROR_OUT_OF_MEMORY, message);
	r = control(encode, SC_CARDCTL_JCOP45_DIRECTORY, directory, message);
	if (r == JCOP_OK) {
		key = jcop_directory_find(
			directory, jcop_blob_view(&pkcs12->n));
		if (key != NULL && key->has_certificate &&
			jcop_blob_set(listed, key->id, key->id_len) != JCOP_OK)
			r = encode_failed(
				encode, SC_ERROR_OUT_OF_MEMORY, message);
	}
	jcop_directory_free(directory);
	free(directory);
	return r;
}

static int
send_import(struct encode *encode, struct jcop_import *import,
	struct jcop_blob *listed, char *message)
{
	struct tool_progress progress;
	int r;

	tool_progress_init(&progress, encode->tool,
		"The card takes the key; leave it in the reader");
	import->progress = tool_progress_step;
	import->context = &progress;
	r = long_control(
		encode, &progress, SC_CARDCTL_JCOP45_IMPORT, import, message);
	if (r == JCOP_OK && jcop_blob_set(listed, import->listed_id,
				    import->listed_id_len) != JCOP_OK)
		r = encode_failed(encode, SC_ERROR_OUT_OF_MEMORY, message);
	return r;
}

static int
certificate(void *context, const struct encoding_step *step,
	struct jcop_bytes der, const char *label, char *message)
{
	struct jcop_certificate arguments = {
		.der = der, .label = label, .cut_label = true, .replace = true};
	int r = control(
		context, SC_CARDCTL_JCOP45_CERTIFICATE, &arguments, message);

	if (r == JCOP_OK && arguments.unchanged)
		fprintf(stderr,
			"%s: %s: the card has this certificate already\n",
			TOOL_NAME, step->id);
	return r;
}

static int
check_certificate(void *context, const struct encoding_step *step,
	struct jcop_bytes der, const char *label, char *message)
{
	struct jcop_certificate arguments = {.der = der,
		.label = label,
		.cut_label = true,
		.replace = true,
		.check_only = true};
	int r = control(
		context, SC_CARDCTL_JCOP45_CERTIFICATE, &arguments, message);

	(void)step;
	switch (r) {
	case SC_ERROR_INVALID_DATA:
	case SC_ERROR_NOT_ALLOWED:
	case SC_ERROR_NOT_ENOUGH_MEMORY:
		return JCOP_ERR_UNSUPPORTED;
	}
	return r;
}

static int
import(void *context, const struct encoding_step *step, struct jcop_bytes id,
	const char *label, const struct encoding_pkcs12 *pkcs12,
	struct jcop_blob *listed, char *message)
{
	struct encode *encode = context;
	struct jcop_bytes der = jcop_blob_view(&pkcs12->certificate);
	struct jcop_import arguments = {.container = step->container,
		.key = {jcop_blob_view(&pkcs12->n), jcop_blob_view(&pkcs12->e),
			jcop_blob_view(&pkcs12->d), jcop_blob_view(&pkcs12->p),
			jcop_blob_view(&pkcs12->q)},
		.id = id,
		.label = label,
		.cut_label = true,
		.certificate = der,
		.certificate_label = label};
	int r = find_imported(encode, pkcs12, listed, message);

	if (r != JCOP_OK)
		return r;
	if (listed->len == 0)
		return send_import(encode, &arguments, listed, message);
	fprintf(stderr,
		"%s: %s: the key is on the card already, with a certificate\n",
		TOOL_NAME, step->id);
	return certificate(encode, step, der, label, message);
}

/* --- agent data --- */

/* CHECK_ONLY: are the values good, and do they fit? */
static int
update_data(struct encode *encode, const struct encoding_setting *settings,
	size_t count, bool check_only, char *message)
{
	struct jcop_agent_setting copies[ENCODING_DATA_COUNT];
	struct jcop_agent_update update = {
		.settings = copies, .count = count, .check_only = check_only};
	size_t i;

	for (i = 0; i < count; i++) {
		copies[i].name = settings[i].name;
		copies[i].value = settings[i].value;
	}
	return control(encode, SC_CARDCTL_JCOP45_WRITE_DATA, &update, message);
}

static int
write_data(void *context, const struct encoding_setting *settings, size_t count,
	char *message)
{
	return update_data(context, settings, count, false, message);
}

int
encode_check_data(struct encode *encode, char *message)
{
	struct encoding_setting settings[ENCODING_DATA_COUNT];
	size_t count = encoding_settings(&encode->plan, settings);

	return update_data(encode, settings, count, true, message);
}

/* What is no text is told as {"hex": "..."}, as by `data --json`. */
static json_t *
json_of(const struct jcop_blob *value)
{
	json_t *text = json_stringn(
		value->len > 0 ? (const char *)value->data : "", value->len);

	if (text != NULL)
		return text;
	return json_pack(
		"{s:o}", "hex", tool_json_hex(jcop_blob_view(value), ""));
}

static void
collect_values(const struct jcop_description *description,
	const struct jcop_agent_data *data, json_t *values)
{
	char name[JCOP_AGENT_NAME_SIZE];
	size_t i;
	int file;

	for (file = 0; file < JCOP_DATA_COUNT; file++)
		for (i = 0; i < description->data[file].field_count; i++)
			json_object_set_new(values,
				jcop_agent_name(description,
					(enum jcop_data)file, i, name),
				json_of(&data->fields[file][i].value));
}

static int
read_data(void *context, json_t *values, char *message)
{
	struct encode *encode = context;
	struct jcop_agent_data *data = calloc(1, sizeof(*data));
	int r;

	if (data == NULL)
		return encode_failed(encode, SC_ERROR_OUT_OF_MEMORY, message);
	r = control(encode, SC_CARDCTL_JCOP45_READ_DATA, data, message);
	if (r == JCOP_OK)
		collect_values(encode->description, data, values);
	jcop_agent_data_free(data);
	free(data);
	return r;
}

/* --- the table --- */

/* Those that are done are not to do any more, this one still is. */
static void
starts(void *context, const struct encoding_step *step)
{
	struct encode *encode = context;
	size_t left = encoding_plan_count(
		&encode->plan, ENCODING_ALL_KINDS, STATE_TO_DO);
	char text[256];

	encoding_step_text(step, text, sizeof(text));
	fprintf(stderr, "%s: step %zu of %zu: %s\n", TOOL_NAME,
		encode->step + 1, encode->step + left, text);
	encode->step++;
}

struct encoding_actions
encode_actions(struct encode *encode)
{
	return (struct encoding_actions){.context = encode,
		.activate = activate,
		.set_pin = set_pin,
		.delete_all = delete_all,
		.generate = generate,
		.sign = encode_sign,
		.import = import,
		.check_certificate = check_certificate,
		.certificate = certificate,
		.write_data = write_data,
		.read_data = read_data,
		.starts = starts};
}
