/*
 * chip-auth.h: the steps of chip authentication, versions 1 and 2, as the
 * terminal does them (BSI TR-03110-2 3.4, TR-03110-3 B.3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_CHIP_AUTH_H
#define JCOP_CORE_CHIP_AUTH_H

#include "core/security-infos.h"

#define JCOP_CA_NONCE_SIZE 8
#define JCOP_CA_TOKEN_SIZE JCOP_MAC_SIZE

/*
 * Generates the terminal's ephemeral key pair on the curve DOMAIN. Free with
 * EVP_PKEY_free, which wipes the private key.
 * Errors: JCOP_ERR_UNSUPPORTED (curve), JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_ca_generate_ephemeral(
	enum jcop_domain domain, EVP_PKEY **ephemeral);

/* For worked examples in tests only: an ephemeral key that is given. */
JCOP_CHECKED int jcop_ca_import_ephemeral(enum jcop_domain domain,
	struct jcop_bytes private_key, EVP_PKEY **ephemeral);

/* Sets OUT to the ephemeral public key, 04 X Y. */
JCOP_CHECKED int jcop_ca_public_point(
	EVP_PKEY *ephemeral, struct jcop_blob *out);

/*
 * Data field of MSE:Set AT (00 22 41 A4): 80 OID, 84 key id if the choice has
 * one. Replaces OUT.
 */
JCOP_CHECKED int jcop_ca_mse_data(
	const struct jcop_ca_choice *choice, struct jcop_blob *out);

/* Data field of MSE:Set KAT (00 22 41 A6), 3DES version 1 only: 91 ephemeral
 * public key, 84 key id. No GENERAL AUTHENTICATE follows. Replaces OUT. */
JCOP_CHECKED int jcop_ca_mse_kat_data(const struct jcop_ca_choice *choice,
	struct jcop_bytes ephemeral_point, struct jcop_blob *out);

/* Data field of GENERAL AUTHENTICATE: 7C{80 ephemeral public key}. */
JCOP_CHECKED int jcop_ca_general_authenticate_data(
	struct jcop_bytes ephemeral_point, struct jcop_blob *out);

/* What the chip answered to GENERAL AUTHENTICATE. Version 1: empty. */
struct jcop_ca_answer {
	struct jcop_bytes nonce; /* r, 8 bytes, borrowed */
	struct jcop_bytes token; /* T, 8 bytes, borrowed */
};

/*
 * Reads ANSWER, which is exactly 7C 00 for version 1 and exactly
 * 7C{81 r(8), 82 T(8)} for version 2.
 * Errors: JCOP_ERR_UNSUPPORTED for the answer of the other version,
 * JCOP_ERR_MALFORMED for anything else.
 */
JCOP_CHECKED int jcop_ca_parse_answer(struct jcop_bytes answer,
	unsigned int version, struct jcop_ca_answer *parsed);

/*
 * The key agreement: sets SHARED to the x coordinate of the shared point, as
 * long as the field. Errors: JCOP_ERR_MALFORMED (chip key off its curve, at
 * infinity), JCOP_ERR_UNSUPPORTED (curve), JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_ca_agree(EVP_PKEY *ephemeral,
	const struct jcop_ca_public_key *chip, struct jcop_blob *shared);

#define JCOP_KDF_ENC 1 /* counters of the key derivation */
#define JCOP_KDF_MAC 2

/* Key derivation function, TR-03110-3 A.2.3: H(SHARED NONCE COUNTER). NONCE
 * may be empty. DES keys get odd parity. */
JCOP_CHECKED int jcop_ca_kdf(struct jcop_bytes shared, struct jcop_bytes nonce,
	uint32_t counter, enum jcop_cipher cipher, struct jcop_blob *key);

/*
 * Key agreement and derivation in one: KENC and KMAC for jcop_sm_init. NONCE
 * is r of version 2, empty for version 1. Both are empty after an error;
 * errors as jcop_ca_agree.
 */
JCOP_CHECKED int jcop_ca_derive(EVP_PKEY *ephemeral,
	const struct jcop_ca_public_key *chip, struct jcop_bytes nonce,
	enum jcop_cipher cipher, struct jcop_blob *kenc,
	struct jcop_blob *kmac);

/*
 * Version 2: is TOKEN the MAC with KMAC over 7F49{06 OID, 86 ephemeral public
 * key}? The proof that the chip has its private key. Constant time.
 * Errors: JCOP_ERR_UNTRUSTED if not, JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_ca_check_token(struct jcop_bytes token,
	struct jcop_bytes kmac, const struct jcop_ca_info *info,
	struct jcop_bytes ephemeral_point);

#endif
