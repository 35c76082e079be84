/*
 * hsm.h: symmetric keys that stay in a PKCS#11 token.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_HSM_H
#define JCOP_HSM_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define JCOP_HSM_MESSAGE_SIZE 512
#define JCOP_HSM_BLOCK 16 /* AES block, also the length of a full CMAC */

/*
 * Where the token is. Either URI (RFC 7512, with module-path or module-name
 * and pin-source), or MODULE (path of the PKCS#11 library), TOKEN (its label)
 * and PIN ("env:NAME" or "file:PATH"). All borrowed.
 */
struct jcop_hsm_config {
	const char *uri;
	const char *module;
	const char *token;
	const char *pin;
};

struct jcop_hsm;
struct jcop_hsm_keyset;

/*
 * Checks CONFIG without loading a module or reading a PIN: is something
 * missing, doubled or malformed? MESSAGE (JCOP_HSM_MESSAGE_SIZE bytes) names
 * the configuration key. Errors: JCOP_ERR_ARGUMENT.
 */
JCOP_CHECKED int jcop_hsm_check_config(
	const struct jcop_hsm_config *config, char *message);

/*
 * Loads the module, opens a session on the token and logs in, once: a PIN
 * that the token refused is never sent again by this process for this token,
 * and a token that reports its last PIN try is not tried. MESSAGE says which
 * step failed and what to do. The PIN is wiped before the call returns.
 * Errors: JCOP_ERR_ARGUMENT, JCOP_ERR_NOT_FOUND (module, token, PIN source),
 * JCOP_ERR_UNTRUSTED (PIN wrong or locked), JCOP_ERR_CRYPTO (the token).
 */
JCOP_CHECKED int jcop_hsm_open(const struct jcop_hsm_config *config,
	struct jcop_hsm **hsm, char *message);

/* Closes the session and unloads the module, both where no other part of this
 * process uses them; logs out with the last session of ours, if it was this
 * provider that logged in. HSM may be NULL. */
void jcop_hsm_close(struct jcop_hsm *hsm);

/*
 * Finds the key set LABEL: the pair LABEL-ENC and LABEL-MAC, else one key
 * LABEL used for both. Keys that are not AES, or not sensitive, or
 * extractable are refused. Free with jcop_hsm_keyset_free, before the HSM is
 * closed. Errors: JCOP_ERR_NOT_FOUND, JCOP_ERR_UNTRUSTED, JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_hsm_keyset_find(struct jcop_hsm *hsm, const char *label,
	struct jcop_hsm_keyset **keyset, char *message);
void jcop_hsm_keyset_free(struct jcop_hsm_keyset *keyset);

/* 1 if both keys of the set are one and the same object, else 0. */
int jcop_hsm_keyset_is_single(const struct jcop_hsm_keyset *keyset);

/*
 * AES-CBC of LEN bytes (a multiple of 16) at IN with the encryption key, IV
 * zero, no padding, to OUT of LEN bytes.
 */
JCOP_CHECKED int jcop_hsm_encrypt_cbc(struct jcop_hsm_keyset *keyset,
	const uint8_t *in, size_t len, uint8_t *out, char *message);

/*
 * AES-CMAC (NIST SP 800-38B) of LEN bytes at IN with the MAC key, to MAC of
 * JCOP_HSM_BLOCK bytes; the caller cuts it.
 */
JCOP_CHECKED int jcop_hsm_cmac(struct jcop_hsm_keyset *keyset,
	const uint8_t *in, size_t len, uint8_t *mac, char *message);

#endif
