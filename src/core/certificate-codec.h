/*
 * certificate-codec.h: certificates as their files on the card hold them,
 * DER or compressed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_CERTIFICATE_CODEC_H
#define JCOP_CORE_CERTIFICATE_CODEC_H

#include "core/blob.h"

/* The longest certificate that a file may unpack to. */
#define JCOP_CERTIFICATE_MAX 16384

/*
 * Sets DER to the certificate in FILE, the content of a certificate file:
 * DER (30 ...) or zlib (RFC 1950, 78 ...), zero padded. The DER is one
 * SEQUENCE by its length; what is in it is not looked at.
 * Errors: JCOP_ERR_NOT_FOUND (empty file: no bytes, or 00 first),
 * JCOP_ERR_MALFORMED, JCOP_ERR_TOO_LONG (over JCOP_CERTIFICATE_MAX),
 * JCOP_ERR_NO_MEMORY. DER is empty after an error.
 */
JCOP_CHECKED int jcop_certificate_decode(
	struct jcop_bytes file, struct jcop_blob *der);

/*
 * Sets FILE to what is to be written for the certificate DER into a file of
 * CAPACITY bytes: DER if it fits and COMPRESS is false, else zlib. Not padded.
 * Errors: JCOP_ERR_MALFORMED (not one SEQUENCE), JCOP_ERR_TOO_LONG (does not
 * fit even so), JCOP_ERR_NO_MEMORY. FILE is empty after an error.
 */
JCOP_CHECKED int jcop_certificate_encode(struct jcop_bytes der, size_t capacity,
	bool compress, struct jcop_blob *file);

#endif
