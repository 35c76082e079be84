/*
 * curve.h: the elliptic curves of chip authentication.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_CURVE_H
#define JCOP_CORE_CURVE_H

#include <openssl/types.h>

#include "core/blob.h"

/*
 * Curves by the number of their standardised domain parameters (BSI
 * TR-03110-3 A.2.1.1). The numbers are those of enum jcop_curve of the card
 * description; this floor does not know that one.
 */
enum jcop_domain {
	JCOP_DOMAIN_NONE = 0,  /* a curve that is not in this list */
	JCOP_DOMAIN_P256 = 12, /* NIST P-256 */
	JCOP_DOMAIN_BP256 = 13,
	JCOP_DOMAIN_P384 = 15,
	JCOP_DOMAIN_BP384 = 16,
	JCOP_DOMAIN_BP512 = 17,
	JCOP_DOMAIN_P521 = 18
};
#define JCOP_DOMAIN_BIT(domain) (1u << (domain))

#define JCOP_FIELD_MAX 66                       /* bytes of a P-521 element */
#define JCOP_POINT_MAX (1 + 2 * JCOP_FIELD_MAX) /* 04 X Y */

/* OpenSSL's name of the curve, or NULL. */
const char *jcop_domain_group(enum jcop_domain domain);

/* Bytes of a field element: 32, 48, 64 or 66; 0 for a curve not listed. */
size_t jcop_domain_field_size(enum jcop_domain domain);

/* The curve that OpenSSL knows by NID, or JCOP_DOMAIN_NONE. */
enum jcop_domain jcop_domain_from_nid(int nid);

/*
 * The public key at POINT (04 X Y, TR-03110-3 A.2.2.1, uncompressed only).
 * Free with EVP_PKEY_free. Errors: JCOP_ERR_UNSUPPORTED for a curve that is
 * not listed, JCOP_ERR_MALFORMED for a point of the wrong form or length, at
 * infinity or off the curve, JCOP_ERR_CRYPTO.
 */
JCOP_CHECKED int jcop_curve_import(
	enum jcop_domain domain, struct jcop_bytes point, EVP_PKEY **key);

#endif
