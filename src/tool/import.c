/*
 * import.c: jcop45-tool import.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tool/card.h"
#include "tool/container.h"
#include "tool/key-id.h"
#include "tool/pkcs12.h"
#include "tool/print.h"
#include "tool/progress.h"
#include "tool/report.h"
#include "tool/secret.h"

#define MAX_PASSWORD 1023
#define DEFAULT_LABEL "Imported key"

enum {
	OPTION_CONTAINER,
	OPTION_ID,
	OPTION_LABEL,
	OPTION_PASSWORD,
	OPTION_COUNT
};

static const struct tool_option options[] = {
	[OPTION_CONTAINER] = {"container", "mpp|signature",
		"where the key goes; has to be given, and takes imported\n"
		"keys if it is mpp"},
	[OPTION_ID] = {"id", "HEX",
		"its id, hexadecimal (default: one that is free)"},
	[OPTION_LABEL] = {"label", "TEXT",
		"its label (default: the holder's name in the certificate)"},
	[OPTION_PASSWORD] = {"password", "SOURCE",
		"where the password of FILE is: env:NAME, file:PATH, fd:N\n"
		"or stdin; asked for on the terminal if FILE has one"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static const struct tool_secret password_secret = {
	.option = "password",
	.name = "password of the PKCS#12 file",
	.max_length = MAX_PASSWORD,
};

/* The numbers of the key, wiped when they are freed. */
enum { N, E, D, P, Q, NUMBERS };

struct numbers {
	struct jcop_blob of[NUMBERS];
};

static int
take_number(const EVP_PKEY *key, const char *name, struct jcop_blob *out)
{
	BIGNUM *number = NULL;
	int r = JCOP_ERR_CRYPTO;

	if (EVP_PKEY_get_bn_param(key, name, &number) == 1) {
		jcop_blob_clear(out);
		r = jcop_blob_append_fill(out, 0, (size_t)BN_num_bytes(number));
		if (r == JCOP_OK)
			BN_bn2bin(number, out->data);
	}
	BN_clear_free(number);
	return r;
}

static int
take_numbers(const EVP_PKEY *key, struct numbers *numbers)
{
	static const char *const names[NUMBERS] = {
		[N] = OSSL_PKEY_PARAM_RSA_N,
		[E] = OSSL_PKEY_PARAM_RSA_E,
		[D] = OSSL_PKEY_PARAM_RSA_D,
		[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
		[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	};
	int i, r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < NUMBERS; i++)
		r = take_number(key, names[i], &numbers->of[i]);
	if (r == JCOP_OK)
		return TOOL_OK;
	return tool_fail(TOOL_FAILED,
		"the private key is not complete: a number of it is missing");
}

/* The holder's name, as far as it goes into a label. */
static void
name_of_holder(X509 *certificate, char label[JCOP_MAX_LABEL])
{
	const X509_NAME *subject;
	const ASN1_STRING *value;
	unsigned char *utf8 = NULL;
	int at, len = -1;

	snprintf(label, JCOP_MAX_LABEL, "%s", DEFAULT_LABEL);
	if (certificate == NULL)
		return;
	subject = X509_get_subject_name(certificate);
	at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return;
	value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	len = ASN1_STRING_to_UTF8(&utf8, value);
	if (len > 0 && len < JCOP_MAX_LABEL &&
		tool_is_label((const char *)utf8, (size_t)len))
		snprintf(label, JCOP_MAX_LABEL, "%s", (const char *)utf8);
	OPENSSL_free(utf8);
}

static int
report(const struct tool *tool, const struct jcop_import *import,
	unsigned int bits, bool own_left_out)
{
	json_t *id = tool_json_hex(
		jcop_bytes_of(import->listed_id, import->listed_id_len), "");
	bool certificate = import->certificate.len > 0;
	json_t *result = json_pack("{s:O,s:s,s:s,s:i,s:b,s:b}", "id", id,
		"label", import->label, "container", import->container->name,
		"bits", (int)bits, "certificate", certificate, "completed",
		import->completed);
	int r;

	if (result != NULL)
		tool_json_text(result, "slot", "%02X", import->slot->key);
	if (import->completed)
		r = tool_report_done(tool, result,
			"The RSA-%u key %s was in slot %02X of the container "
			"%s already; now its certificate is there too.",
			bits, json_string_value(id), import->slot->key,
			import->container->name);
	else
		r = tool_report_done(tool, result,
			"The RSA-%u key %s is in slot %02X of the container "
			"%s%s.",
			bits, json_string_value(id), import->slot->key,
			import->container->name,
			certificate    ? ", with its certificate"
			: own_left_out ? ", without its certificate, which is "
					 "that of a certification authority"
				       : "");
	json_decref(id);
	return r;
}

static int
import_and_report(
	struct tool *tool, struct jcop_import *import, bool own_left_out)
{
	struct tool_progress progress;
	int r;

	tool_progress_init(&progress, tool,
		"The card takes the key; leave it in the reader");
	import->progress = tool_progress_step;
	import->context = &progress;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_IMPORT, import);
	tool_progress_end(&progress);
	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "import failed");
	return report(tool, import, jcop_rsa_bits(import->key.n), own_left_out);
}

/* KEY and CERTIFICATE as the card control takes them. */
static int
import_contents(struct tool *tool, struct jcop_import *import,
	const struct tool_pkcs12_contents *contents)
{
	struct numbers numbers = {{{NULL, 0, 0}}};
	char label[JCOP_MAX_LABEL];
	uint8_t *der = NULL;
	int i, len = 0, r = take_numbers(contents->key, &numbers);

	if (r == TOOL_OK && contents->certificate != NULL)
		len = i2d_X509(contents->certificate, &der);
	if (r == TOOL_OK && len < 0)
		r = tool_fail(TOOL_FAILED, "the certificate cannot be encoded");
	if (r == TOOL_OK) {
		name_of_holder(contents->certificate, label);
		import->key =
			(struct jcop_rsa_key){jcop_blob_view(&numbers.of[N]),
				jcop_blob_view(&numbers.of[E]),
				jcop_blob_view(&numbers.of[D]),
				jcop_blob_view(&numbers.of[P]),
				jcop_blob_view(&numbers.of[Q])};
		import->certificate = jcop_bytes_of(der, (size_t)len);
		import->certificate_label = label;
		import->label = tool->values[OPTION_LABEL];
		import->cut_label = import->label == NULL;
		if (import->cut_label)
			import->label = label;
		r = import_and_report(tool, import, contents->own_left_out);
	}
	OPENSSL_free(der);
	for (i = 0; i < NUMBERS; i++)
		jcop_blob_free(&numbers.of[i]);
	return r;
}

/* Asked for only if there is one. */
static int
read_password(const struct tool *tool, const struct tool_pkcs12 *p12,
	struct jcop_blob *password)
{
	char message[TOOL_MESSAGE_SIZE];

	if (tool->values[OPTION_PASSWORD] == NULL &&
		tool_pkcs12_needs_no_password(p12))
		return TOOL_OK;
	if (tool_secret_read(&password_secret, tool->values[OPTION_PASSWORD],
		    password, message) != JCOP_OK)
		return tool_fail(TOOL_SECRET, "%s", message);
	if (memchr(password->data, '\0', password->len) != NULL)
		return tool_fail(TOOL_SECRET,
			"the password of the PKCS#12 file has a zero byte");
	return TOOL_OK;
}

static int
decrypt_and_import(struct tool *tool, const struct tool_pkcs12 *p12,
	struct jcop_import *import)
{
	struct tool_pkcs12_contents contents = {NULL, NULL, 0, false};
	struct jcop_blob password = JCOP_BLOB_INIT;
	int r = read_password(tool, p12, &password);

	if (r == TOOL_OK)
		r = tool_pkcs12_decrypt(
			p12, jcop_blob_view(&password), &contents);
	jcop_blob_free(&password);
	if (r == TOOL_OK && contents.left_out > 0)
		fprintf(stderr,
			"%s: %s: %d other certificate%s (a CA certificate, or "
			"one of another key) left out: the card holds the "
			"user's own only\n",
			TOOL_NAME, p12->path, contents.left_out,
			contents.left_out == 1 ? " is" : "s are");
	if (r == TOOL_OK)
		r = import_contents(tool, import, &contents);
	tool_pkcs12_contents_free(&contents);
	return r;
}

static int
parse_id(const char *hex, struct jcop_blob *id)
{
	if (hex == NULL)
		return TOOL_OK;
	if (jcop_blob_from_hex(id, hex) != JCOP_OK || id->len == 0 ||
		id->len > JCOP_MAX_ID)
		return tool_fail(TOOL_USAGE,
			"--id %s: expected 1 to %d bytes, two hexadecimal "
			"digits each",
			hex, JCOP_MAX_ID);
	return TOOL_OK;
}

static int
run_on_card(struct tool *tool, const struct tool_pkcs12 *p12,
	struct jcop_import *import)
{
	const struct jcop_description *description;
	int r = tool_connect(tool);

	if (r == TOOL_OK)
		r = tool_description(tool, &description);
	if (r == TOOL_OK)
		r = tool_container(description, tool->values[OPTION_CONTAINER],
			&import->container);
	if (r == TOOL_OK)
		r = tool_check_requirement(tool, JCOP_OP_IMPORT);
	if (r == TOOL_OK)
		r = decrypt_and_import(tool, p12, import);
	return r;
}

static int
check_arguments(const struct tool *tool, struct jcop_blob *id)
{
	char message[TOOL_MESSAGE_SIZE];
	int r;

	if (tool->operand_count != 1)
		return tool_fail(TOOL_USAGE, "expected one FILE to import");
	if (tool->values[OPTION_CONTAINER] == NULL)
		return tool_fail(TOOL_USAGE,
			"--container has to say where the key goes");
	if (tool_secret_check(&password_secret, tool->values[OPTION_PASSWORD],
		    message) != JCOP_OK)
		return tool_fail(TOOL_USAGE, "%s", message);
	r = tool_check_label(tool->values[OPTION_LABEL]);
	if (r == TOOL_OK)
		r = parse_id(tool->values[OPTION_ID], id);
	return r;
}

static int
run(struct tool *tool)
{
	struct tool_pkcs12 p12 = {NULL, NULL, NULL};
	struct jcop_import import;
	struct jcop_blob id = JCOP_BLOB_INIT;
	int r = check_arguments(tool, &id);

	memset(&import, 0, sizeof(import));
	import.id = jcop_blob_view(&id);
	if (r == TOOL_OK)
		r = tool_pkcs12_open(tool->operands[0], &p12);
	if (r == TOOL_OK)
		r = run_on_card(tool, &p12, &import);
	tool_pkcs12_close(&p12);
	jcop_blob_free(&id);
	return r;
}

const struct tool_command tool_command_import = {
	.name = "import",
	.summary = "import a private key and its certificate",
	.description =
		"Imports the RSA key of the PKCS#12 file FILE, with the "
		"user's certificate in it,\nto the next free slot of the "
		"container. It is sent to a chip that is trusted only,\n"
		"through the secure channel. If the card is removed meanwhile, "
		"run the command\nagain. It needs the key set SK_ADMIN in the "
		"HSM and chip authentication (see\nopensc.conf, block "
		"card_driver jcop45).",
	.options = options,
	.operands = "FILE",
	.run = run,
};
