/*
 * mac.h: the message authentication codes of secure messaging and of chip
 * authentication: AES-CMAC and retail MAC.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_MAC_H
#define JCOP_CORE_MAC_H

#include <openssl/types.h>

#include "core/blob.h"

/* Strongest last, in the order of the last arc of id-CA-ECDH (TR-03110-3
 * A.1.1.2); the same numbers as enum jcop_ca_cipher of the description. */
enum jcop_cipher {
	JCOP_CIPHER_3DES,
	JCOP_CIPHER_AES_128,
	JCOP_CIPHER_AES_192,
	JCOP_CIPHER_AES_256,
	JCOP_CIPHER_COUNT
};

#define JCOP_BLOCK_MAX 16
#define JCOP_KEY_MAX 32
#define JCOP_MAC_SIZE 8       /* what the protocols send */
#define JCOP_MAC_FULL_SIZE 16 /* a whole CMAC */

/* Bytes of a key: 16, 16, 24, 32; bytes of a block: 8, or 16 for AES. */
size_t jcop_cipher_key_size(enum jcop_cipher cipher);
size_t jcop_cipher_block_size(enum jcop_cipher cipher);

/* A keyed MAC. Fields are private. */
struct jcop_mac {
	enum jcop_cipher cipher;
	EVP_MAC_CTX *cmac;            /* AES */
	EVP_CIPHER_CTX *chain, *last; /* 3DES: all blocks, the last block */
	uint8_t pending[JCOP_BLOCK_MAX];
	size_t pending_len;
	size_t total;
	uint8_t linked[8]; /* 3DES: the chaining value */
};
#define JCOP_MAC_INIT                      \
	{                                  \
		.cipher = JCOP_CIPHER_3DES \
	}

/*
 * Makes the contexts once; later calls on the same object do not allocate.
 * Errors: JCOP_ERR_ARGUMENT for a key of the wrong length, JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_mac_init(
	struct jcop_mac *mac, enum jcop_cipher cipher, struct jcop_bytes key);

/* One MAC: _start, any number of _update and _pad, then one of the ends.
 * _pad appends 80 and then 00 to the next whole block (ISO/IEC 9797-1 padding
 * method 2). A retail MAC needs whole blocks and at least one. */
JCOP_CHECKED int jcop_mac_start(struct jcop_mac *mac);
JCOP_CHECKED int jcop_mac_update(struct jcop_mac *mac, struct jcop_bytes bytes);
JCOP_CHECKED int jcop_mac_pad(struct jcop_mac *mac);

/* OUT has JCOP_MAC_SIZE bytes: the retail MAC (ISO/IEC 9797-1 algorithm 3),
 * or the first bytes of the CMAC (NIST SP 800-38B). */
JCOP_CHECKED int jcop_mac_finish(struct jcop_mac *mac, uint8_t *out);

/* The whole CMAC, JCOP_MAC_FULL_SIZE bytes; AES only. */
JCOP_CHECKED int jcop_mac_finish_full(struct jcop_mac *mac, uint8_t *out);

/* Ends like _finish and compares in constant time with TAG; a TAG that is not
 * JCOP_MAC_SIZE long is unequal. Errors: JCOP_ERR_CHANNEL if unequal. */
JCOP_CHECKED int jcop_mac_verify(struct jcop_mac *mac, struct jcop_bytes tag);

/* Frees and wipes; the object may be initialised again. */
void jcop_mac_clear(struct jcop_mac *mac);

#endif
