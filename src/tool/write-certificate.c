/*
 * write-certificate.c: jcop45-tool write-certificate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "tool/card.h"
#include "tool/certificate-file.h"
#include "tool/key-id.h"
#include "tool/print.h"
#include "tool/report.h"

#define DEFAULT_LABEL "Certificate"

enum { OPTION_REPLACE, OPTION_LABEL, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_REPLACE] = {"replace", NULL,
		"take the place of the certificate that the key has"},
	[OPTION_LABEL] = {"label", "TEXT",
		"its label (default: its subject's common name)"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static int
report(const struct tool *tool, const struct jcop_certificate *certificate)
{
	json_t *id = tool_json_hex(
		jcop_bytes_of(certificate->id, certificate->id_len), "");
	json_t *result = json_pack("{s:O}", "id", id);
	int r;

	if (result != NULL)
		tool_json_text(result, "file", "%04X", certificate->file);
	r = tool_report_done(tool, result,
		"The certificate is beside the key %s, in the file %04X.",
		json_string_value(id), certificate->file);
	json_decref(id);
	return r;
}

static int
write_certificate(struct tool *tool, struct jcop_certificate *certificate)
{
	int r = tool_check_requirement(tool, JCOP_OP_WRITE_CERTIFICATE);

	if (r != TOOL_OK)
		return r;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_CERTIFICATE, certificate);
	if (r == SC_ERROR_FILE_ALREADY_EXISTS)
		return tool_fail(TOOL_REFUSED,
			"the certificate was not written: its key has one "
			"already; --replace puts this one in its place");
	if (r != SC_SUCCESS)
		return tool_card_failed(
			tool, r, "the certificate was not written");
	return report(tool, certificate);
}

static int
run(struct tool *tool)
{
	struct jcop_blob der = JCOP_BLOB_INIT;
	char label[JCOP_MAX_LABEL];
	struct jcop_certificate certificate = {
		.label = tool->values[OPTION_LABEL],
		.replace = tool->values[OPTION_REPLACE] != NULL,
	};
	int r = tool_check_label(certificate.label);

	if (r == TOOL_OK && tool->operand_count != 1)
		r = tool_fail(TOOL_USAGE,
			"expected one file with a certificate, not %d",
			tool->operand_count);
	if (r == TOOL_OK)
		r = tool_certificate_file(
			tool->operands[0], &der, label, sizeof(label));
	if (r == TOOL_OK && certificate.label == NULL) {
		certificate.cut_label = true;
		certificate.label = tool_is_label(label, strlen(label))
					    ? label
					    : DEFAULT_LABEL;
	}
	if (r == TOOL_OK)
		r = tool_connect(tool);
	if (r == TOOL_OK) {
		certificate.der = jcop_blob_view(&der);
		r = write_certificate(tool, &certificate);
	}
	jcop_blob_free(&der);
	return r;
}

const struct tool_command tool_command_write_certificate = {
	.name = "write-certificate",
	.summary = "write the certificate of a key beside it",
	.description =
		"Writes the X.509 certificate in FILE, PEM or DER, beside the "
		"key of the card\nthat it was issued for. It needs the key set "
		"SK_ADMIN in the HSM and chip\nauthentication (see "
		"opensc.conf, "
		"block card_driver jcop45).",
	.options = options,
	.operands = "FILE",
	.run = run,
};
