/*
 * secure-messaging.h: protects commands and opens answers (ISO/IEC 7816-4
 * clause 10, BSI TR-03110-3 annex F).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_SECURE_MESSAGING_H
#define JCOP_CORE_SECURE_MESSAGING_H

#include "core/command.h"
#include "core/mac.h"

/* Room for the protected data field of any command up to JCOP_COMMAND_MAX:
 * 87 with indicator and padding, 97, 8E. */
#define JCOP_SM_DATA_SIZE (JCOP_COMMAND_MAX + 64)

/*
 * One channel. All it needs is made by jcop_sm_init: wrapping and unwrapping
 * do not allocate, but where a blob given by the caller is too small.
 * Fields are private (tests set the counter).
 */
struct jcop_sm {
	enum jcop_cipher cipher;
	bool open;      /* false before init and after the first error */
	bool answering; /* a wrapped command waits for its answer */
	size_t block;
	uint8_t ssc[JCOP_BLOCK_MAX]; /* send sequence counter, block bytes */
	EVP_CIPHER_CTX *encrypt, *decrypt; /* CBC */
	EVP_CIPHER_CTX *counter; /* AES: the IV is the encrypted SSC */
	struct jcop_mac mac;
};
#define JCOP_SM_INIT          \
	{                     \
		.open = false \
	}

/*
 * Starts a channel with SSC 0. SM is JCOP_SM_INIT or has been cleared. The
 * keys are copied into the cipher contexts; the caller wipes his own.
 * Errors: JCOP_ERR_ARGUMENT (key length), JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_sm_init(struct jcop_sm *sm, enum jcop_cipher cipher,
	struct jcop_bytes kenc, struct jcop_bytes kmac);

/* True until the first error or jcop_sm_clear. */
bool jcop_sm_is_open(const struct jcop_sm *sm);

/*
 * Protects PLAIN: DATA becomes the protected data field (87, or 85 for an odd
 * INS; 97 if PLAIN has an Le; 8E), and WRAPPED the command to send, which
 * borrows DATA: CLA with 0C set (0C, or 1C for a link of a chain), Le 256, or
 * 65536 if the command is extended. Reserve DATA with JCOP_SM_DATA_SIZE once
 * and use it again. PLAIN->data must not lie in DATA.
 *
 * A long command (up to JCOP_COMMAND_MAX) is protected whole; the caller
 * sends it extended, or cuts WRAPPED with jcop_apdu_link (dialect "slice").
 * For "per-link" the caller cuts first and wraps each link.
 *
 * Every wrapped command needs its jcop_sm_unwrap before the next.
 * Errors: JCOP_ERR_CHANNEL (not open, or an answer is missing),
 * JCOP_ERR_TOO_LONG, JCOP_ERR_NO_MEMORY, JCOP_ERR_CRYPTO, JCOP_ERR_ARGUMENT
 * (CLA with SM bits already). After any error the channel is closed, the keys
 * are wiped and DATA is empty.
 */
JCOP_CHECKED int jcop_sm_wrap(struct jcop_sm *sm, const struct jcop_apdu *plain,
	struct jcop_blob *data, struct jcop_apdu *wrapped);

/*
 * Opens the answer to the last wrapped command, whose instruction was INS.
 * RESPONSE is its data field as received (all of it, after GET RESPONSE),
 * OUTER_SW the status word outside. PLAIN becomes the plain data, SW the
 * protected status word.
 *
 * The answer is [87 or, for an odd INS, 85] 99 8E, in this order, each once,
 * nothing else. The MAC is compared in constant time over the bytes received
 * before anything is decrypted. OUTER_SW must equal 99.
 * Errors: JCOP_ERR_CHANNEL, whatever was wrong; JCOP_ERR_NO_MEMORY,
 * JCOP_ERR_CRYPTO. After any error the channel is closed, the keys are wiped,
 * PLAIN is empty and SW is 0.
 */
JCOP_CHECKED int jcop_sm_unwrap(struct jcop_sm *sm, uint8_t ins,
	struct jcop_bytes response, uint16_t outer_sw, struct jcop_blob *plain,
	uint16_t *sw);

/*
 * The most plain data bytes of a command whose protected form is a short
 * APDU, with or without Le: 223 and 239 for AES, 231 and 239 for 3DES.
 */
size_t jcop_sm_max_plain(const struct jcop_sm *sm, bool with_le);

/* Closes the channel and wipes its keys. Any number of times. */
void jcop_sm_clear(struct jcop_sm *sm);

#endif
