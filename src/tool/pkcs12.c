/*
 * pkcs12.c: a private key and its certificate out of a PKCS#12 file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include "tool/pkcs12.h"

/* Files of before 2020 or so are encrypted with RC2 or 3DES with 40 bits. A
 * file that does not need them is read without, too. */
static OSSL_PROVIDER *
load_legacy(void)
{
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);

	ERR_clear_error();
	return legacy;
}

/* Nothing else can be read at one go; a FIFO would wait for ever. */
static int
open_regular(const char *path, FILE **file)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *problem = NULL;
	struct stat status;

	*file = NULL;
	if (fd < 0 || fstat(fd, &status) != 0)
		problem = strerror(errno);
	else if (S_ISDIR(status.st_mode))
		problem = "is a directory";
	else if (!S_ISREG(status.st_mode))
		problem = "is not a regular file";
	else if ((*file = fdopen(fd, "rb")) == NULL)
		problem = strerror(errno);
	if (problem == NULL)
		return TOOL_OK;
	if (fd >= 0)
		close(fd);
	return tool_fail(TOOL_USAGE, "%s: %s", path, problem);
}

int
tool_pkcs12_open(const char *path, struct tool_pkcs12 *p12)
{
	FILE *file;
	int r = open_regular(path, &file);

	if (r != TOOL_OK)
		return r;
	p12->path = path;
	p12->legacy = load_legacy();
	p12->file = d2i_PKCS12_fp(file, NULL);
	ERR_clear_error();
	fclose(file);
	if (p12->file == NULL)
		return tool_fail(TOOL_FAILED,
			"%s is not a PKCS#12 file, or it is damaged", path);
	if (!PKCS12_mac_present(p12->file))
		return tool_fail(TOOL_FAILED,
			"%s has no MAC: nothing tells whether it was altered, "
			"so its key is not imported",
			path);
	return TOOL_OK;
}

void
tool_pkcs12_close(struct tool_pkcs12 *p12)
{
	PKCS12_free(p12->file);
	if (p12->legacy != NULL)
		OSSL_PROVIDER_unload(p12->legacy);
	p12->file = NULL;
	p12->legacy = NULL;
}

bool
tool_pkcs12_needs_no_password(const struct tool_pkcs12 *p12)
{
	bool good = PKCS12_verify_mac(p12->file, NULL, 0) == 1 ||
		    PKCS12_verify_mac(p12->file, "", 0) == 1;

	ERR_clear_error();
	return good;
}

/* Did OpenSSL stop because it does not know an algorithm? */
static bool
is_unsupported(void)
{
	unsigned long error;
	bool unsupported = false;

	while ((error = ERR_get_error()) != 0) {
		int reason = ERR_GET_REASON(error);

		if (reason == ERR_R_UNSUPPORTED ||
			(ERR_GET_LIB(error) == ERR_LIB_EVP &&
				(reason == EVP_R_UNSUPPORTED_ALGORITHM ||
					reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
					reason == EVP_R_UNSUPPORTED_CIPHER)) ||
			(ERR_GET_LIB(error) == ERR_LIB_PKCS12 &&
				reason == PKCS12_R_UNKNOWN_DIGEST_ALGORITHM))
			unsupported = true;
	}
	return unsupported;
}

static int
refuse_protection(const struct tool_pkcs12 *p12)
{
	return tool_fail(TOOL_FAILED,
		"%s is protected with an algorithm that this OpenSSL does not "
		"offer%s; make the file again with a current one",
		p12->path,
		p12->legacy == NULL
			? " (its provider \"legacy\" is not installed)"
			: "");
}

static int
check_password(const struct tool_pkcs12 *p12, const char *password)
{
	ERR_clear_error();
	if (password[0] == '\0' ? tool_pkcs12_needs_no_password(p12)
				: PKCS12_verify_mac(p12->file, password, -1))
		return TOOL_OK;
	if (is_unsupported())
		return refuse_protection(p12);
	return tool_fail(TOOL_SECRET,
		"%s: the password is wrong, or the file was altered",
		p12->path);
}

/* The card holds no certificates but the user's: of the file's others only
 * the number is of interest. */
static void
take_certificates(struct tool_pkcs12_contents *contents, X509 *certificate,
	STACK_OF(X509) * others)
{
	if (others != NULL)
		contents->left_out = sk_X509_num(others);
	if (certificate == NULL)
		return;
	if (X509_check_ca(certificate) != 0) {
		contents->left_out++;
		contents->own_left_out = true;
		return;
	}
	X509_up_ref(certificate);
	contents->certificate = certificate;
}

static int
check_key(const struct tool_pkcs12 *p12, const EVP_PKEY *key)
{
	const char *type;

	if (key == NULL)
		return tool_fail(
			TOOL_FAILED, "%s holds no private key", p12->path);
	if (EVP_PKEY_is_a(key, "RSA"))
		return TOOL_OK;
	type = EVP_PKEY_get0_type_name(key);
	return tool_fail(TOOL_REFUSED,
		"%s holds a key of the type %s; the card takes RSA keys only",
		p12->path, type != NULL ? type : "unknown");
}

static int
parse(const struct tool_pkcs12 *p12, const char *password,
	struct tool_pkcs12_contents *contents)
{
	X509 *certificate = NULL;
	STACK_OF(X509) *others = NULL;
	int r = TOOL_OK;

	if (PKCS12_parse(p12->file, password, &contents->key, &certificate,
		    &others) != 1)
		r = is_unsupported() ? refuse_protection(p12)
				     : tool_fail(TOOL_FAILED,
					       "%s is damaged: its MAC is "
					       "right, but its content cannot "
					       "be read",
					       p12->path);
	if (r == TOOL_OK)
		r = check_key(p12, contents->key);
	if (r == TOOL_OK)
		take_certificates(contents, certificate, others);
	X509_free(certificate);
	sk_X509_pop_free(others, X509_free);
	ERR_clear_error();
	return r;
}

int
tool_pkcs12_decrypt(const struct tool_pkcs12 *p12, struct jcop_bytes password,
	struct tool_pkcs12_contents *contents)
{
	struct jcop_blob text = JCOP_BLOB_INIT;
	int r = jcop_blob_append(&text, password.data, password.len);

	if (r == JCOP_OK)
		r = jcop_blob_append_u8(&text, '\0');
	if (r == JCOP_OK)
		r = check_password(p12, (const char *)text.data);
	else
		r = tool_fail(TOOL_FAILED, "%s", jcop_strerror(r));
	if (r == TOOL_OK)
		r = parse(p12, (const char *)text.data, contents);
	jcop_blob_free(&text);
	return r;
}

void
tool_pkcs12_contents_free(struct tool_pkcs12_contents *contents)
{
	EVP_PKEY_free(contents->key);
	X509_free(contents->certificate);
	contents->key = NULL;
	contents->certificate = NULL;
}
