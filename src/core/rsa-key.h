/*
 * rsa-key.h: the numbers of an RSA private key, checked, as a card takes them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_RSA_KEY_H
#define JCOP_CORE_RSA_KEY_H

#include "core/blob.h"

/* An RSA private key: its numbers, big-endian, borrowed. */
struct jcop_rsa_key {
	struct jcop_bytes n, e, d, p, q;
};

/* The same as RFC 8017 3.2 has it for the Chinese remainder theorem: n as long
 * as it is, e without leading zeros, the others half as long as n. Start with
 * all zero, end with jcop_rsa_crt_free, which wipes. */
struct jcop_rsa_crt {
	struct jcop_blob n, e, p, q, qinv, dp, dq;
};

/* Bits of the number in N, 0 for none. */
unsigned int jcop_rsa_bits(struct jcop_bytes n);

/*
 * Checks that the numbers of KEY belong together, that p and q are primes of
 * half its size each, and sets CRT, with p the larger one. What was in a file
 * besides is not taken: q^-1 mod p, d mod p-1 and d mod q-1 are computed.
 * Errors: JCOP_ERR_MALFORMED, JCOP_ERR_UNSUPPORTED (an exponent other than 3
 * and 65537, the ones that the card takes), JCOP_ERR_NO_MEMORY,
 * JCOP_ERR_CRYPTO. CRT is empty after an error.
 */
JCOP_CHECKED int jcop_rsa_crt_of(
	const struct jcop_rsa_key *key, struct jcop_rsa_crt *crt);

void jcop_rsa_crt_free(struct jcop_rsa_crt *crt);

#endif
