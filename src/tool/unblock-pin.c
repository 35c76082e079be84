/*
 * unblock-pin.c: jcop45-tool unblock-pin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tool/card.h"
#include "tool/pin-source.h"
#include "tool/report.h"

enum { OPTION_WHICH, OPTION_PUK, OPTION_KEYSET, OPTION_NEW_PIN, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_WHICH] = {"which", "global|signature", "the PIN to unblock"},
	[OPTION_PUK] = {"puk", "SOURCE",
		"where the PUK is: env:NAME, file:PATH, fd:N, stdin or "
		"pinpad;\n"
		"asked for on the terminal if neither it nor --keyset is "
		"given"},
	[OPTION_KEYSET] = {"keyset", NULL,
		"with the key set SK_UNBLK in the HSM instead of the PUK"},
	[OPTION_NEW_PIN] = {"new-pin", "SOURCE", "the new value, likewise"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

enum { PUK, NEW, COUNT };

/* What is missing or blocked is told before anybody types. */
static int
check_card(struct tool *tool, enum jcop_pin pin, int *tries_left)
{
	struct jcop_pin_unblock unblock = {.pin = pin,
		.by_keyset = tool->values[OPTION_KEYSET] != NULL,
		.check_only = true};
	int r = TOOL_OK;

	if (unblock.by_keyset)
		r = tool_check_requirement(tool, JCOP_OP_UNBLOCK_KEYSET);
	if (r != TOOL_OK)
		return r;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_UNBLOCK_PIN, &unblock);
	*tries_left = unblock.tries_left;
	return r == SC_SUCCESS ? TOOL_OK
			       : tool_card_failed(tool, r,
					 "the PIN cannot be unblocked");
}

static int
unblock_pin(struct tool *tool, struct jcop_pin_unblock *unblock)
{
	const char *name = jcop_pin_name(unblock->pin);
	int r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_UNBLOCK_PIN, unblock);

	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "PIN unblocking");
	return tool_report_done(tool,
		json_pack("{s:s, s:s}", "pin", name, "by",
			unblock->by_keyset ? "keyset" : "puk"),
		"The PIN %s has its new value and all its tries.", name);
}

static int
run_with(struct tool *tool, const struct tool_pin *pins)
{
	struct jcop_blob values[COUNT] = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};
	struct jcop_pin_unblock unblock = {.pin = pins[NEW].pin,
		.by_keyset = tool->values[OPTION_KEYSET] != NULL,
		.prompt = tool_pin_prompt};
	const struct jcop_description *description;
	int tries_left, r = tool_description(tool, &description);

	if (r == TOOL_OK)
		r = tool_pin_check_reader(tool, pins, COUNT);
	if (r == TOOL_OK)
		r = check_card(tool, unblock.pin, &tries_left);
	if (r == TOOL_OK && !unblock.by_keyset)
		r = tool_pin_read(tool, description, &pins[PUK], tries_left,
			&values[PUK], &unblock.puk);
	if (r == TOOL_OK)
		r = tool_pin_read(tool, description, &pins[NEW], -1,
			&values[NEW], &unblock.new);
	if (r == TOOL_OK)
		r = unblock_pin(tool, &unblock);
	jcop_blob_free(&values[PUK]);
	jcop_blob_free(&values[NEW]);
	return r;
}

static int
run(struct tool *tool)
{
	struct tool_pin pins[COUNT] = {
		[PUK] = {JCOP_PIN_PUK, OPTION_PUK, "PUK", false},
		[NEW] = {.option = OPTION_NEW_PIN, .is_new = true},
	};
	int r = tool_pin_which(tool->values[OPTION_WHICH], &pins[NEW].pin);

	if (r != TOOL_OK)
		return r;
	pins[NEW].name = pins[NEW].pin == JCOP_PIN_GLOBAL ? "PIN global"
							  : "PIN signature";
	r = tool_pin_check(tool, pins, COUNT);
	if (r == TOOL_OK && tool->values[OPTION_KEYSET] != NULL &&
		tool->values[OPTION_PUK] != NULL)
		return tool_fail(
			TOOL_USAGE, "--puk and --keyset exclude each other");
	if (r == TOOL_OK)
		r = tool_connect(tool);
	return r == TOOL_OK ? run_with(tool, pins) : r;
}

const struct tool_command tool_command_unblock_pin = {
	.name = "unblock-pin",
	.summary = "give a PIN a new value, with the PUK or a key set",
	.description =
		"Gives the global or the signature PIN a new value and all its "
		"tries, whether it\nis blocked or forgotten: with the PUK, or, "
		"with --keyset, with the key set SK_UNBLK\nin the HSM (see "
		"opensc.conf, block card_driver jcop45). The PUK has tries of "
		"its\nown, and nothing gives them back.",
	.options = options,
	.run = run,
};
