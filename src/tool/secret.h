/*
 * secret.h: PINs and other secrets from where nobody else sees them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_SECRET_H
#define JCOP_TOOL_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/blob.h"
#include "tool/tool.h"

/* What is asked for. */
struct tool_secret {
	const char *option; /* "pin": the option that names the source */
	const char *name;   /* "global PIN": for the prompt */
	bool is_new;        /* typed twice where it is asked for */
	size_t max_length;  /* bytes */
	const char *note;   /* "3 tries left", for the prompt; NULL: nothing */
	bool pinpad;        /* may be typed on the PIN pad of the reader */
};

/*
 * Checks SOURCE without reading it: "env:NAME", "file:PATH", "fd:N" or
 * "stdin", as OpenSSL writes them, "pinpad" where the secret may be typed
 * there; NULL stands for the prompt. A literal is refused with the reason.
 * MESSAGE has TOOL_MESSAGE_SIZE bytes and never the value. Errors:
 * JCOP_ERR_ARGUMENT.
 */
JCOP_CHECKED int tool_secret_check(
	const struct tool_secret *secret, const char *source, char *message);

/* SOURCE says that the secret is typed on the PIN pad: there is nothing to
 * read. */
bool tool_secret_is_pinpad(const char *source);

/*
 * Reads the secret into VALUE: the first line of its source, without the line
 * end. From stdin, or from one descriptor, each call takes the next line; a
 * subcommand calls in the order of its table of options. Without SOURCE the
 * person at the terminal is asked. A file that everybody can read is refused.
 * Errors: JCOP_ERR_ARGUMENT,
 * JCOP_ERR_NOT_FOUND (no source, no terminal), JCOP_ERR_MALFORMED (empty, or
 * typed differently the second time), JCOP_ERR_TOO_LONG; VALUE is then empty.
 */
JCOP_CHECKED int tool_secret_read(const struct tool_secret *secret,
	const char *source, struct jcop_blob *value, char *message);

#endif
