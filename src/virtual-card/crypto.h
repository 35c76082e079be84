/*
 * crypto.h: the card's own cryptography over OpenSSL; nothing here is shared
 * with the host side.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_CRYPTO_H
#define JCOP_VIRTUAL_CARD_CRYPTO_H

#include <openssl/evp.h>

#include "core/blob.h"
#include "description/description.h"

#define VCARD_MAC_SIZE 8
#define VCARD_CMAC_SIZE 16

/* Bytes of block and key of a chip authentication protocol's cipher. */
size_t vcard_block_size(enum jcop_ca_cipher cipher);
size_t vcard_key_size(enum jcop_ca_cipher cipher);

/* CBC without padding; KEY of 16 or 24 bytes for 3DES (DES true), of 16, 24 or
 * 32 for AES; IN of whole blocks; OUT as long as IN. */
JCOP_CHECKED int vcard_cbc(bool des, struct jcop_bytes key, const uint8_t *iv,
	bool encrypt, struct jcop_bytes in, uint8_t *out);

/* CMAC (SP 800-38B), 16 bytes. */
JCOP_CHECKED int vcard_cmac(
	struct jcop_bytes key, struct jcop_bytes in, uint8_t *mac);

/* Retail MAC (ISO/IEC 9797-1 algorithm 3), 8 bytes; IN of whole blocks; KEY
 * of 16 bytes or the first 16 of it. */
JCOP_CHECKED int vcard_retail_mac(
	struct jcop_bytes key, struct jcop_bytes in, uint8_t *mac);

/* The 8 bytes of secure messaging, over IN of whole blocks. */
JCOP_CHECKED int vcard_sm_mac(enum jcop_ca_cipher cipher, const uint8_t *key,
	struct jcop_bytes in, uint8_t *mac);

/* ISO/IEC 7816-4 padding: 80 00 ... to a multiple of BLOCK. */
JCOP_CHECKED int vcard_pad(struct jcop_blob *blob, size_t block);
JCOP_CHECKED int vcard_unpad(struct jcop_blob *blob);

/* H(SECRET | NONCE | COUNTER), cut to the cipher's key size. */
JCOP_CHECKED int vcard_kdf(enum jcop_ca_cipher cipher, struct jcop_bytes secret,
	struct jcop_bytes nonce, uint8_t counter, uint8_t *key);

/* Elliptic curves. Keys are DER: private PKCS#8. */
const char *vcard_curve_group(enum jcop_curve curve);
size_t vcard_curve_bytes(enum jcop_curve curve);
JCOP_CHECKED int vcard_ec_generate(
	enum jcop_curve curve, struct jcop_blob *key);
JCOP_CHECKED int vcard_ec_point(struct jcop_bytes key, struct jcop_blob *point);
/* Errors: JCOP_ERR_MALFORMED for a POINT that is none of the curve. */
JCOP_CHECKED int vcard_ecdh(enum jcop_curve curve, struct jcop_bytes key,
	struct jcop_bytes point, struct jcop_blob *secret);
EVP_PKEY *vcard_private_key(struct jcop_bytes der);
JCOP_CHECKED int vcard_private_der(EVP_PKEY *key, struct jcop_blob *der);

/* RSA. KEY is the DER of a private key. */
JCOP_CHECKED int vcard_rsa_generate(
	unsigned int bits, unsigned int exponent, struct jcop_blob *key);
/* Big-endian, without leading zeros. */
JCOP_CHECKED int vcard_rsa_public(
	struct jcop_bytes key, struct jcop_blob *n, struct jcop_blob *e);
/* One private operation on a block of the modulus' length. Errors:
 * JCOP_ERR_MALFORMED for another length or a number over the modulus. */
JCOP_CHECKED int vcard_rsa_raw(
	struct jcop_bytes key, struct jcop_bytes block, struct jcop_blob *out);
/* PKCS#1 v1.5 around DATA as it comes; JCOP_ERR_MALFORMED if too long. */
JCOP_CHECKED int vcard_rsa_sign_pkcs1(
	struct jcop_bytes key, struct jcop_bytes data, struct jcop_blob *out);
/* PSS; DIGEST "SHA256" ..., salt and MGF1 of it; JCOP_ERR_MALFORMED for a
 * HASH of another length. */
JCOP_CHECKED int vcard_rsa_sign_pss(struct jcop_bytes key, const char *digest,
	struct jcop_bytes hash, struct jcop_blob *out);
/* The seven numbers of an import, in the order of enum vcard_component.
 * Errors: JCOP_ERR_MALFORMED if they do not fit together or not BITS. */
JCOP_CHECKED int vcard_rsa_import(const struct jcop_bytes *components,
	unsigned int bits, struct jcop_blob *key);

JCOP_CHECKED int vcard_random(uint8_t *out, size_t len);

#endif
