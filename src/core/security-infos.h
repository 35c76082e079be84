/*
 * security-infos.h: what a card says about its chip authentication
 * (EF.CardSecurity, BSI TR-03110-3 A.1), and whether to believe it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_SECURITY_INFOS_H
#define JCOP_CORE_SECURITY_INFOS_H

#include "core/curve.h"
#include "core/mac.h"

#define JCOP_OID_MAX 16
#define JCOP_MAX_CA_INFOS 16
#define JCOP_MAX_CA_KEYS 8
/* Long enough for every message of jcop_security_infos_verify and _pinned. */
#define JCOP_SECURITY_MESSAGE_SIZE 512

/* The value bytes of an object identifier. */
struct jcop_oid {
	uint8_t value[JCOP_OID_MAX];
	size_t len;
};

/* ChipAuthenticationInfo with id-CA-ECDH-... */
struct jcop_ca_info {
	struct jcop_oid oid;
	enum jcop_cipher cipher;
	unsigned int version;
	bool has_key_id;
	unsigned int key_id;
};

/* ChipAuthenticationPublicKeyInfo with id-PK-ECDH */
struct jcop_ca_public_key {
	enum jcop_domain domain; /* JCOP_DOMAIN_NONE: a curve we do not know */
	uint8_t point[JCOP_POINT_MAX]; /* 04 X Y as the file has it */
	size_t point_len;
	bool has_key_id;
	unsigned int key_id;
};

struct jcop_security_infos {
	bool is_signed; /* came in a CMS SignedData; says nothing about trust */
	size_t info_count, key_count;
	struct jcop_ca_info infos[JCOP_MAX_CA_INFOS];
	struct jcop_ca_public_key keys[JCOP_MAX_CA_KEYS];
};

/*
 * Reads FILE, the content of EF.CardSecurity: a CMS SignedData or a bare SET
 * OF SecurityInfo, maybe with padding after it. Infos of other protocols are
 * passed over. Nothing is verified here.
 * Errors: JCOP_ERR_NOT_FOUND (empty file), JCOP_ERR_MALFORMED,
 * JCOP_ERR_TOO_LONG (more infos than the arrays hold).
 */
JCOP_CHECKED int jcop_security_infos_parse(
	struct jcop_bytes file, struct jcop_security_infos *infos);

/*
 * Checks the signature over FILE: one signer, whose certificate chains to a
 * certificate in the PEM file ANCHORS; any purpose, no revocation lists; valid
 * now or, if AT_SIGNING, at the signing time in the signed attributes. The
 * type of the signed content must be id-SecurityObject (TR-03110-3 A.1.2.5).
 * MESSAGE (JCOP_SECURITY_MESSAGE_SIZE bytes) says what is wrong and what to
 * do. Errors: JCOP_ERR_UNTRUSTED, JCOP_ERR_NOT_FOUND (the PEM file),
 * JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_security_infos_verify(struct jcop_bytes file,
	const char *anchors, bool at_signing, char *message);

/*
 * Compares KEY with the pinned one in the PEM file PINNED, a public key or a
 * certificate. Errors and MESSAGE as above.
 */
JCOP_CHECKED int jcop_security_infos_pinned(
	const struct jcop_ca_public_key *key, const char *pinned,
	char *message);

/* What is allowed: bit sets of 1 << enum jcop_cipher, 1 << version (1 or 2),
 * JCOP_DOMAIN_BIT(). */
struct jcop_ca_policy {
	unsigned int ciphers, versions, domains;
};

/* The protocol and key to use. The key id is sent if the file names one. */
struct jcop_ca_choice {
	struct jcop_ca_info info;
	struct jcop_ca_public_key key;
	bool has_key_id;
	unsigned int key_id;
};

/*
 * Chooses among the infos and keys with KEY_ID (a file with one key may leave
 * ids out): the strongest cipher the policy allows, version 2 before 1.
 * Errors: JCOP_ERR_NOT_FOUND (no info, or no key, with that id),
 * JCOP_ERR_UNSUPPORTED (there are, but not with a cipher, version and curve
 * of the policy), JCOP_ERR_MALFORMED (chip key off its curve or at
 * infinity, or two different keys with that id).
 */
JCOP_CHECKED int jcop_ca_select(const struct jcop_security_infos *infos,
	unsigned int key_id, const struct jcop_ca_policy *policy,
	struct jcop_ca_choice *choice);

#endif
