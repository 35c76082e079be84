/*
 * generate.c: jcop45-tool generate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/card.h"
#include "tool/container.h"
#include "tool/key-id.h"
#include "tool/print.h"
#include "tool/progress.h"
#include "tool/public-key.h"
#include "tool/report.h"

#define BITS_DEFAULT "3072"

enum {
	OPTION_CONTAINER,
	OPTION_BITS,
	OPTION_ID,
	OPTION_LABEL,
	OPTION_PUBLIC_KEY,
	OPTION_COUNT
};

static const struct tool_option options[] = {
	[OPTION_CONTAINER] = {"container", "mpp|signature",
		"where the key goes; has to be given"},
	[OPTION_BITS] = {"bits", "3072|2048",
		"size of the RSA key (default: " BITS_DEFAULT ")"},
	[OPTION_ID] = {"id", "HEX",
		"its id, hexadecimal (default: the lowest free one)"},
	[OPTION_LABEL] = {"label", "TEXT",
		"its label (default: the container and the id)"},
	[OPTION_PUBLIC_KEY] = {"public-key", "FILE",
		"a new file for the public key in PEM (default: it is\n"
		"printed)"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static int
parse_bits(const char *text, unsigned int *bits)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		value > 65536)
		return tool_fail(TOOL_USAGE,
			"--bits %s: expected the size of an RSA key", text);
	*bits = (unsigned int)value;
	return TOOL_OK;
}

/* Its own, so that no file is overwritten; before anything is asked of the
 * card. */
static int
open_file(const char *path, FILE **file)
{
	*file = NULL;
	if (path == NULL)
		return TOOL_OK;
	*file = fopen(path, "wx");
	if (*file != NULL)
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, "--public-key %s: %s; nothing was changed",
		path, strerror(errno));
}

/* An empty file of a key that does not exist helps nobody. */
static int
close_file(const char *path, FILE *file, const char *pem, int status)
{
	bool written = true;

	if (file == NULL)
		return status;
	if (status == TOOL_OK)
		written = fputs(pem, file) != EOF;
	if (fclose(file) != 0)
		written = false;
	if (status != TOOL_OK || !written)
		unlink(path);
	if (status == TOOL_OK && !written)
		return tool_fail(TOOL_FAILED,
			"the key was generated, but %s cannot be written: %s; "
			"'pkcs15-tool --read-public-key' reads it from the "
			"card",
			path, strerror(errno));
	return status;
}

static int
generate(struct tool *tool, struct jcop_generation *generation)
{
	struct tool_progress progress;
	int r;

	tool_progress_init(&progress, tool,
		"The card generates a key, up to a minute; leave it in the "
		"reader");
	generation->starts = tool_progress_starts;
	generation->context = &progress;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_GENERATE, generation);
	tool_progress_end(&progress);
	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "no key was generated");
	return TOOL_OK;
}

/* The key's PEM follows the sentence, unless it has a file of its own. */
static int
report(const struct tool *tool, const struct jcop_generation *generation,
	const char *pem)
{
	json_t *id = tool_json_hex(generation->id, "");
	json_t *result = json_pack("{s:O,s:s,s:s,s:i,s:s}", "id", id, "label",
		generation->label, "container", generation->container->name,
		"bits", (int)generation->bits, "public_key", pem);
	bool has_file = tool->values[OPTION_PUBLIC_KEY] != NULL;
	int r;

	if (result != NULL)
		tool_json_text(result, "slot", "%02X", generation->slot->key);
	r = tool_report_done(tool, result,
		"The RSA-%u key %s is in slot %02X of the container %s.%s%s",
		generation->bits, json_string_value(id), generation->slot->key,
		generation->container->name, has_file ? "" : "\n",
		has_file ? "" : pem);
	json_decref(id);
	return r;
}

static int
generate_and_report(struct tool *tool, struct jcop_generation *generation)
{
	const char *path = tool->values[OPTION_PUBLIC_KEY];
	char *pem = NULL;
	FILE *file;
	int r = open_file(path, &file);

	if (r != TOOL_OK)
		return r;
	r = generate(tool, generation);
	if (r == TOOL_OK) {
		pem = tool_public_key_pem(jcop_blob_view(&generation->modulus),
			jcop_blob_view(&generation->exponent));
		if (pem == NULL)
			r = tool_fail(TOOL_FAILED,
				"the key was generated, but its public key "
				"cannot be written as PEM");
	}
	r = close_file(path, file, pem, r);
	if (r == TOOL_OK)
		r = report(tool, generation, pem);
	free(pem);
	return r;
}

static void
default_label(const struct jcop_generation *generation, char *label)
{
	json_t *id = tool_json_hex(generation->id, "");

	snprintf(label, JCOP_MAX_LABEL, "%s %.*s", generation->container->name,
		2 * JCOP_MAX_ID,
		json_string_value(id) != NULL ? json_string_value(id) : "");
	json_decref(id);
}

static int
run_on_card(struct tool *tool, struct jcop_generation *generation)
{
	const struct jcop_description *description;
	struct jcop_blob id = JCOP_BLOB_INIT;
	char label[JCOP_MAX_LABEL];
	int r = tool_description(tool, &description);

	if (r == TOOL_OK)
		r = tool_container(description, tool->values[OPTION_CONTAINER],
			&generation->container);
	if (r == TOOL_OK)
		r = tool_check_requirement(tool, JCOP_OP_GENERATE);
	if (r == TOOL_OK)
		r = tool_key_id(tool, tool->values[OPTION_ID], &id);
	if (r == TOOL_OK) {
		generation->id = jcop_blob_view(&id);
		generation->label = tool->values[OPTION_LABEL];
		if (generation->label == NULL) {
			default_label(generation, label);
			generation->label = label;
			generation->cut_label = true;
		}
		r = generate_and_report(tool, generation);
	}
	jcop_blob_free(&generation->modulus);
	jcop_blob_free(&generation->exponent);
	jcop_blob_free(&id);
	return r;
}

static int
run(struct tool *tool)
{
	const char *bits = tool->values[OPTION_BITS];
	struct jcop_generation generation = {
		.modulus = JCOP_BLOB_INIT, .exponent = JCOP_BLOB_INIT};
	int r = parse_bits(
		bits != NULL ? bits : BITS_DEFAULT, &generation.bits);

	if (r == TOOL_OK && tool->values[OPTION_CONTAINER] == NULL)
		r = tool_fail(TOOL_USAGE,
			"--container has to say where the key goes");
	if (r == TOOL_OK)
		r = tool_check_label(tool->values[OPTION_LABEL]);
	if (r == TOOL_OK)
		r = tool_connect(tool);
	if (r == TOOL_OK)
		r = run_on_card(tool, &generation);
	return r;
}

const struct tool_command tool_command_generate = {
	.name = "generate",
	.summary = "generate a key pair on the card",
	.description =
		"Generates an RSA key pair in the next free slot of a "
		"container and prints its\npublic key, of which a certificate "
		"can be made. The private key never leaves the\ncard. It needs "
		"the key set SK_ADMIN in the HSM and chip authentication (see\n"
		"opensc.conf, block card_driver jcop45).",
	.options = options,
	.run = run,
};
