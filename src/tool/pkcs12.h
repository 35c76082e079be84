/*
 * pkcs12.h: a private key and its certificate out of a PKCS#12 file (RFC
 * 7292).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_PKCS12_H
#define JCOP_TOOL_PKCS12_H

#include <openssl/pkcs12.h>

#include "core/blob.h"
#include "tool/tool.h"

/* Opened, but not yet decrypted. Start with all zero, end with
 * tool_pkcs12_close. */
struct tool_pkcs12 {
	const char *path; /* borrowed */
	PKCS12 *file;
	OSSL_PROVIDER *legacy; /* for the old algorithms; NULL without */
};

/* What the card takes of it. Start with all zero, end with
 * tool_pkcs12_contents_free, which wipes. */
struct tool_pkcs12_contents {
	EVP_PKEY *key;     /* RSA */
	X509 *certificate; /* the user's own, or NULL */
	int left_out;      /* other certificates, as of authorities */
	bool own_left_out; /* the user's own is an authority's */
};

/* Reads the file PATH. TOOL_OK, or a status after a message. */
JCOP_CHECKED int tool_pkcs12_open(const char *path, struct tool_pkcs12 *p12);

/* Is it protected with the empty password? */
bool tool_pkcs12_needs_no_password(const struct tool_pkcs12 *p12);

/* Decrypts with PASSWORD (empty: none). TOOL_OK, or a status after a message
 * that says what is wrong: the password, the file, or the kind of key. */
JCOP_CHECKED int tool_pkcs12_decrypt(const struct tool_pkcs12 *p12,
	struct jcop_bytes password, struct tool_pkcs12_contents *contents);

void tool_pkcs12_close(struct tool_pkcs12 *p12);
void tool_pkcs12_contents_free(struct tool_pkcs12_contents *contents);

#endif
