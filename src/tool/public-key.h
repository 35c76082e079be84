/*
 * public-key.h: a public key for other programs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_PUBLIC_KEY_H
#define JCOP_TOOL_PUBLIC_KEY_H

#include "core/blob.h"

/* The RSA key as PEM SubjectPublicKeyInfo; to be freed. NULL if that fails. */
char *tool_public_key_pem(
	struct jcop_bytes modulus, struct jcop_bytes exponent);

#endif
