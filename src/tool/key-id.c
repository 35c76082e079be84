/*
 * key-id.c: the --id and --label of a new key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "core/agent-data.h"
#include "tool/card.h"
#include "tool/key-id.h"

static bool
is_taken(const struct jcop_directory *directory, struct jcop_bytes id)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (jcop_bytes_equal(id, jcop_bytes_of(directory->keys[i].id,
						 directory->keys[i].id_len)))
			return true;
	return false;
}

static int
parse_id(const struct jcop_directory *directory, const char *hex,
	struct jcop_blob *id)
{
	int r = jcop_blob_from_hex(id, hex);

	if (r != JCOP_OK || id->len == 0 || id->len > JCOP_MAX_ID)
		return tool_fail(TOOL_USAGE,
			"--id %s: expected 1 to %d bytes as hexadecimal digits",
			hex, JCOP_MAX_ID);
	if (is_taken(directory, jcop_blob_view(id)))
		return tool_fail(TOOL_REFUSED,
			"the card has a key with the id %s already; nothing "
			"was changed",
			hex);
	return TOOL_OK;
}

/* There are fewer keys than ids of one byte. */
static int
free_id(const struct jcop_directory *directory, struct jcop_blob *id)
{
	uint8_t byte = 1;

	while (is_taken(directory, jcop_bytes_of(&byte, 1)))
		byte++;
	if (jcop_blob_set(id, &byte, 1) != JCOP_OK)
		return tool_fail(TOOL_FAILED, "out of memory");
	return TOOL_OK;
}

int
tool_key_id(struct tool *tool, const char *hex, struct jcop_blob *id)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	int r;

	if (directory == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_DIRECTORY, directory);
	if (r != SC_SUCCESS)
		r = tool_card_failed(tool, r, "the card cannot be read");
	else if (hex != NULL)
		r = parse_id(directory, hex, id);
	else
		r = free_id(directory, id);
	jcop_directory_free(directory);
	free(directory);
	return r;
}

bool
tool_is_label(const char *text, size_t len)
{
	struct jcop_blob normal = JCOP_BLOB_INIT;
	int r = jcop_agent_text(
		jcop_bytes_of((const uint8_t *)text, len), &normal);

	jcop_blob_free(&normal);
	return r == JCOP_OK;
}

int
tool_check_label(const char *label)
{
	if (label == NULL)
		return TOOL_OK;
	if (strlen(label) >= JCOP_MAX_LABEL)
		return tool_fail(TOOL_USAGE, "--label: at most %d bytes",
			JCOP_MAX_LABEL - 1);
	if (tool_is_label(label, strlen(label)))
		return TOOL_OK;
	return tool_fail(TOOL_USAGE,
		"--label: expected valid UTF-8 without control characters; "
		"nothing was changed");
}
