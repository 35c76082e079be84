/*
 * error.c: one table of error texts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core/error.h"

const char *
jcop_strerror(int error)
{
	switch (error) {
	case JCOP_OK:
		return "success";
	case JCOP_ERR_NO_MEMORY:
		return "out of memory";
	case JCOP_ERR_ARGUMENT:
		return "invalid argument";
	case JCOP_ERR_TOO_LONG:
		return "too long";
	case JCOP_ERR_MALFORMED:
		return "malformed data";
	case JCOP_ERR_NOT_FOUND:
		return "not found";
	case JCOP_ERR_UNSUPPORTED:
		return "not supported";
	case JCOP_ERR_CRYPTO:
		return "the cryptographic library failed";
	case JCOP_ERR_UNTRUSTED:
		return "not trusted";
	case JCOP_ERR_CHANNEL:
		return "secure messaging check failed";
	}
	return "unknown error";
}
