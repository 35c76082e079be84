/*
 * key-id.h: the --id and --label of a new key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_KEY_ID_H
#define JCOP_TOOL_KEY_ID_H

#include "core/blob.h"
#include "tool/tool.h"

/*
 * The PKCS#15 id of a new key, to ID: HEX, the argument of --id, which no key
 * of the card has yet; where it is NULL the lowest one that is free. TOOL_OK,
 * or a status after a message.
 */
JCOP_CHECKED int tool_key_id(
	struct tool *tool, const char *hex, struct jcop_blob *id);

/* Are the LEN bytes at TEXT UTF-8 without control characters? */
bool tool_is_label(const char *text, size_t len);

/* Is LABEL, the argument of --label or NULL, one that the card takes?
 * TOOL_OK, or TOOL_USAGE after a message. */
JCOP_CHECKED int tool_check_label(const char *label);

#endif
