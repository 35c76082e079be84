/*
 * internal.h: what the files of the key provider share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_HSM_INTERNAL_H
#define JCOP_HSM_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "core/blob.h"
#include "hsm/hsm.h"

/* A configuration that was read and found complete. The strings belong to
 * the configuration or to URI. */
struct hsm_target {
	P11KitUri *uri;          /* NULL where module and token are given */
	const char *module;      /* path, or a file of p11-kit's directory */
	const char *module_name; /* RFC 7512 module-name, if there is no path */
	const char *token;       /* label, if there is no URI */
	const char *pin;         /* "env:NAME" or "file:PATH" */
};

struct jcop_hsm {
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	pid_t pid; /* whose session this is: a child does not share it */
	bool initialised, session_open;
	bool counted;    /* among the sessions of the token, see login.c */
	char token[33];  /* label, for messages */
	char serial[17]; /* of the token */
};

/* Writes MESSAGE (JCOP_HSM_MESSAGE_SIZE bytes) and returns ERROR. */
__attribute__((format(printf, 3, 4))) int hsm_fail(
	char *message, int error, const char *format, ...);

/* "CKR_PIN_INCORRECT" or, for a value without a name here, its number; the
 * answer is static or written to BUFFER. */
#define HSM_RV_SIZE 32
const char *hsm_rv_name(CK_RV rv, char buffer[HSM_RV_SIZE]);

/* Says that STEP failed with RV; returns JCOP_ERR_CRYPTO. HINT may be "". */
int hsm_fail_rv(char *message, const char *step, CK_RV rv, const char *hint);

/* Copies a blank padded field of PKCS#11 to TEXT of LEN + 1 bytes. */
void hsm_copy_padded(char *text, const unsigned char *field, size_t len);

/* config.c: errors as jcop_hsm_check_config; free TARGET after success. */
JCOP_CHECKED int hsm_target_read(const struct jcop_hsm_config *config,
	struct hsm_target *target, char *message);
void hsm_target_free(struct hsm_target *target);

/* pin.c: true for a source that hsm_pin_read can try. */
bool hsm_pin_source_known(const char *source);

/* Reads the PIN; JCOP_ERR_NOT_FOUND, or JCOP_ERR_UNTRUSTED for a file that
 * others can read. The PIN is in no message. */
JCOP_CHECKED int hsm_pin_read(
	const char *source, struct jcop_blob *pin, char *message);

/* token.c: sets hsm->token and SLOT to the one token that TARGET names. */
JCOP_CHECKED int hsm_token_find(struct jcop_hsm *hsm,
	const struct hsm_target *target, CK_SLOT_ID *slot, CK_TOKEN_INFO *info,
	char *message);

/* login.c: makes sure that the user is logged in; sends a PIN at most once in
 * this process if it is refused. */
JCOP_CHECKED int hsm_login(struct jcop_hsm *hsm, const CK_TOKEN_INFO *info,
	const char *pin_source, char *message);

/* Logs out if no other session of ours needs the login, and it was ours. */
void hsm_logout(struct jcop_hsm *hsm);

#endif
