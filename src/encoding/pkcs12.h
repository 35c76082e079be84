/*
 * pkcs12.h: a key and its certificate from a CA, and certificates alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_PKCS12_H
#define JCOP_ENCODING_PKCS12_H

#include "core/blob.h"
#include "encoding/report.h"

#define ENCODING_MAX_PASSWORD 1023

/* An RSA key pair and the certificate of its public key. Numbers are
 * big-endian. Start with all zero, end with encoding_pkcs12_free. */
struct encoding_pkcs12 {
	unsigned int bits;
	struct jcop_blob n, e, d, p, q;
	struct jcop_blob certificate; /* DER */
};

/*
 * Opens the PKCS#12 in DATA, DER or base64 (with or without PEM lines), with
 * PASSWORD. Certificates of CAs in it are left out. Old ciphers (RC2, 3DES) are
 * understood where OpenSSL has its legacy provider. MESSAGE has
 * ENCODING_MESSAGE_SIZE bytes. Errors: JCOP_ERR_MALFORMED (no PKCS#12),
 * JCOP_ERR_UNTRUSTED (wrong password), JCOP_ERR_UNSUPPORTED (no RSA key, a CA,
 * several keys),
 * JCOP_ERR_NOT_FOUND (no key, no certificate of it), JCOP_ERR_NO_MEMORY; OUT is
 * then empty.
 */
JCOP_CHECKED int encoding_pkcs12_open(struct jcop_bytes data,
	struct jcop_bytes password, struct encoding_pkcs12 *out, char *message);
void encoding_pkcs12_free(struct encoding_pkcs12 *pkcs12);

/* Has its key BITS bits, for which the places were counted? 0: any. Errors:
 * JCOP_ERR_UNSUPPORTED with MESSAGE. */
JCOP_CHECKED int encoding_pkcs12_check_bits(
	const struct encoding_pkcs12 *pkcs12, unsigned int bits, char *message);

/*
 * The first certificate in DATA, DER, PEM or base64, as DER. Errors as above.
 */
JCOP_CHECKED int encoding_certificate_read(
	struct jcop_bytes data, struct jcop_blob *der, char *message);

/*
 * The certificate of the public key MODULUS, EXPONENT in DATA, as DER: the
 * first of the PEM certificates that has it, wherever those of the CAs stand,
 * or the one in DER or base64. Errors as above, and JCOP_ERR_UNTRUSTED: there
 * are certificates, and none is for this key.
 */
JCOP_CHECKED int encoding_certificate_for_key(struct jcop_bytes data,
	struct jcop_bytes modulus, struct jcop_bytes exponent,
	struct jcop_blob *der, char *message);

/* Has the DER certificate the public key MODULUS, EXPONENT? */
bool encoding_certificate_fits(struct jcop_bytes der, struct jcop_bytes modulus,
	struct jcop_bytes exponent);

/* Base64 of DATA on one line, which the caller frees; NULL without memory. */
char *encoding_base64(struct jcop_bytes data);

/* DATA if it is DER, else what its base64 stands for; blanks, line ends and
 * PEM lines are skipped. */
JCOP_CHECKED int encoding_unbase64(
	struct jcop_bytes data, struct jcop_blob *out);

#endif
