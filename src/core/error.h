/*
 * error.h: the errors of the floors that know neither OpenSC nor PC/SC.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_ERROR_H
#define JCOP_CORE_ERROR_H

/* A result that the caller has to look at. */
#define JCOP_CHECKED __attribute__((warn_unused_result))

enum jcop_error {
	JCOP_OK = 0,
	JCOP_ERR_NO_MEMORY = -1,
	JCOP_ERR_ARGUMENT = -2,    /* the caller's own mistake */
	JCOP_ERR_TOO_LONG = -3,    /* does not fit the buffer or the card */
	JCOP_ERR_MALFORMED = -4,   /* bytes that no standard allows there */
	JCOP_ERR_NOT_FOUND = -5,   /* well-formed, but the thing is not there */
	JCOP_ERR_UNSUPPORTED = -6, /* well-formed, but not of this profile */
	JCOP_ERR_CRYPTO = -7,      /* the cryptographic library failed */
	JCOP_ERR_UNTRUSTED = -8,   /* a signature or key nobody vouches for */
	JCOP_ERR_CHANNEL = -9,     /* a secured answer failed its checks */
};

/* A short English sentence for an error above; never NULL, static. */
const char *jcop_strerror(int error);

#endif
