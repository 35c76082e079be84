/*
 * requests.h: PKCS#10 requests (RFC 2986) for keys on a card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_REQUESTS_H
#define JCOP_ENCODING_REQUESTS_H

#include "core/blob.h"
#include "encoding/report.h"

/* Stands in a request whose signature proves nothing, as the PKCS#9 attribute
 * unstructuredName (RFC 2985 5.4.4). */
#define ENCODING_DUMMY_MARK "throw-away signature: no proof of possession"

/*
 * Signs DATA with the private key on the card: RSA, PKCS#1 v1.5, SHA-256 over
 * the data. MESSAGE has ENCODING_MESSAGE_SIZE bytes. JCOP_OK or an error.
 */
struct encoding_request_signer {
	int (*sign)(void *context, struct jcop_bytes data,
		struct jcop_blob *signature, char *message);
	void *context;
};

/*
 * Makes a request for the RSA public key MODULUS, EXPONENT with SUBJECT, as
 * "CN=Jeanne Martin/serialNumber=0123" (a backslash makes the next character
 * plain), DER, to REQUEST. SIGNER NULL: with a throw-away signature, marked.
 * A signature is verified before it is believed. Errors, with MESSAGE:
 * JCOP_ERR_ARGUMENT (the subject), JCOP_ERR_CRYPTO, the signer's.
 */
JCOP_CHECKED int encoding_request_make(const char *subject,
	struct jcop_bytes modulus, struct jcop_bytes exponent,
	const struct encoding_request_signer *signer, struct jcop_blob *request,
	char *message);

/* Checks SUBJECT alone. */
JCOP_CHECKED int encoding_subject_check(const char *subject, char *message);

/* Is the request, DER, for that public key? */
bool encoding_request_fits(struct jcop_bytes request, struct jcop_bytes modulus,
	struct jcop_bytes exponent);

/* Does its signature prove nothing: is it not of its own key? */
bool encoding_request_is_dummy(struct jcop_bytes request);

/* The request as PEM, which the caller frees; a marked one has the mark before
 * it as a comment. NULL without memory. */
char *encoding_request_pem(struct jcop_bytes request, bool dummy);

#endif
