/*
 * role-auth.h: the cryptogram of a role authentication with a symmetric key
 * set. The keys are somewhere else: the caller lends the primitives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_ROLE_AUTH_H
#define JCOP_CORE_ROLE_AUTH_H

#include "core/blob.h"

/* The same numbers as enum jcop_dialect_role of the description. */
enum jcop_role_algorithm {
	JCOP_ROLE_ALGORITHM_IAS_AES,
	JCOP_ROLE_ALGORITHM_IAS_3DES,
	JCOP_ROLE_ALGORITHM_AES_CMAC,
	JCOP_ROLE_ALGORITHM_COUNT
};

#define JCOP_ROLE_SN_SIZE 8
#define JCOP_ROLE_CHALLENGE_MAX 16
#define JCOP_ROLE_CMAC_SIZE 16
#define JCOP_ROLE_RETAIL_MAC_SIZE 8

/*
 * The primitives of whoever has the keys. Each returns JCOP_OK or an error
 * that is handed on. A NULL pointer: not there, JCOP_ERR_UNSUPPORTED.
 */
struct jcop_role_primitives {
	/* CBC with the encryption key, IV zero, no padding; AES for ias-aes,
	 * 3DES for ias-3des; OUT has LEN bytes. */
	int (*encrypt_cbc)(
		void *context, const uint8_t *in, size_t len, uint8_t *out);
	/* AES-CMAC with the MAC key, JCOP_ROLE_CMAC_SIZE bytes to MAC. */
	int (*cmac)(void *context, const uint8_t *in, size_t len, uint8_t *mac);
	/* ISO/IEC 9797-1 algorithm 3 with the MAC key over whole blocks,
	 * JCOP_ROLE_RETAIL_MAC_SIZE bytes to MAC. */
	int (*retail_mac)(
		void *context, const uint8_t *in, size_t len, uint8_t *mac);
	void *context;
};

/* Bytes of the challenge to ask for: 8, 8, 16. */
size_t jcop_role_challenge_size(enum jcop_role_algorithm algorithm);

/* SN.ICC: the last 8 bytes of the ICCSN, padded with 00 on the left. Errors:
 * JCOP_ERR_ARGUMENT for an empty ICCSN. */
JCOP_CHECKED int jcop_role_sn_icc(
	struct jcop_bytes iccsn, uint8_t sn[JCOP_ROLE_SN_SIZE]);

/*
 * Is CHALLENGE one to answer: of full length, not all zero, not LAST (the
 * one before it; empty if there was none)? Sets LAST to it if so.
 * Errors: JCOP_ERR_UNTRUSTED, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_role_check_challenge(enum jcop_role_algorithm algorithm,
	struct jcop_bytes challenge, struct jcop_blob *last);

/*
 * Sets CRYPTOGRAM to the data field of EXTERNAL AUTHENTICATE:
 *   ias-aes   E = CBC(RND.ICC(8) SN.ICC(8)); E, first 8 bytes of CMAC(E)
 *   ias-3des  E = CBC(RND.ICC(8) SN.ICC(8)); E, retail MAC(E 80 00...)
 *   aes-cmac  CMAC(RND.ICC(16))
 * Errors: JCOP_ERR_ARGUMENT (length of the challenge), JCOP_ERR_UNSUPPORTED
 * (a primitive is not there), JCOP_ERR_NO_MEMORY, those of the primitives.
 * CRYPTOGRAM is empty after an error.
 */
JCOP_CHECKED int jcop_role_cryptogram(enum jcop_role_algorithm algorithm,
	struct jcop_bytes challenge, const uint8_t sn[JCOP_ROLE_SN_SIZE],
	const struct jcop_role_primitives *primitives,
	struct jcop_blob *cryptogram);

#endif
