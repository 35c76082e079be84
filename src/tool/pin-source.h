/*
 * pin-source.h: the PINs of a command line: supplied, asked for, or typed on
 * the PIN pad of the reader.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_PIN_SOURCE_H
#define JCOP_TOOL_PIN_SOURCE_H

#include "card-driver/cardctl.h"
#include "tool/secret.h"
#include "tool/tool.h"

/* One PIN of a subcommand. */
struct tool_pin {
	enum jcop_pin pin;
	int option;       /* its index in the table of options */
	const char *name; /* "old PIN global", for prompt and messages */
	bool is_new;
};

/* A literal is refused before anything is read or asked. TOOL_OK, or
 * TOOL_USAGE after a message. */
JCOP_CHECKED int tool_pin_check(
	const struct tool *tool, const struct tool_pin *pins, size_t count);

/* If one is to be typed on a pad, the reader has to have one: nobody is asked
 * instead. TOOL_OK, or TOOL_USAGE after a message. */
JCOP_CHECKED int tool_pin_check_reader(
	const struct tool *tool, const struct tool_pin *pins, size_t count);

/*
 * Reads PIN to VALUE, which ENTRY then borrows and the caller frees; of one
 * that is typed on the pad there is no value. TRIES_LEFT is told where a person
 * is asked; -1: not. TOOL_OK, or TOOL_SECRET after a message.
 */
JCOP_CHECKED int tool_pin_read(const struct tool *tool,
	const struct jcop_description *description, const struct tool_pin *pin,
	int tries_left, struct jcop_blob *value, struct jcop_pin_entry *entry);

/* Tells on stderr what to type on the pad; a jcop_pinpad_prompt. */
extern const struct jcop_pinpad_prompt tool_pin_prompt;

/* The PIN that NAME, the argument of --which, means: "global" or "signature",
 * in any case; NULL: not given. TOOL_OK, or TOOL_USAGE after a message. */
JCOP_CHECKED int tool_pin_which(const char *name, enum jcop_pin *pin);

#endif
