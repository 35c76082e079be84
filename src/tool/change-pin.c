/*
 * change-pin.c: jcop45-tool change-pin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tool/card.h"
#include "tool/pin-source.h"
#include "tool/report.h"

enum { OPTION_WHICH, OPTION_OLD_PIN, OPTION_NEW_PIN, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_WHICH] = {"which", "global|signature", "the PIN to change"},
	[OPTION_OLD_PIN] = {"old-pin", "SOURCE",
		"where its current value is: env:NAME, file:PATH, fd:N, stdin\n"
		"or pinpad; asked for on the terminal if not given"},
	[OPTION_NEW_PIN] = {"new-pin", "SOURCE", "its new value, likewise"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

enum { OLD, NEW, COUNT };

/* Nobody is asked for a PIN that the card would not take. */
static int
check_card(struct tool *tool, enum jcop_pin pin, int *tries_left)
{
	struct jcop_pin_change change = {.pin = pin, .check_only = true};
	int r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_CHANGE_PIN, &change);

	*tries_left = change.tries_left;
	return r == SC_SUCCESS
		       ? TOOL_OK
		       : tool_card_failed(tool, r, "the PIN cannot be changed");
}

static int
change_pin(struct tool *tool, struct jcop_pin_change *change)
{
	int r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_CHANGE_PIN, change);

	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "PIN change");
	return tool_report_done(tool,
		json_pack("{s:s}", "pin", jcop_pin_name(change->pin)),
		"The PIN %s is changed.", jcop_pin_name(change->pin));
}

static int
run_with(struct tool *tool, const struct tool_pin *pins)
{
	struct jcop_blob values[COUNT] = {JCOP_BLOB_INIT, JCOP_BLOB_INIT};
	struct jcop_pin_change change = {
		.pin = pins[OLD].pin, .prompt = tool_pin_prompt};
	const struct jcop_description *description;
	int tries_left, r = tool_description(tool, &description);

	if (r == TOOL_OK)
		r = tool_pin_check_reader(tool, pins, COUNT);
	if (r == TOOL_OK)
		r = check_card(tool, change.pin, &tries_left);
	if (r == TOOL_OK)
		r = tool_pin_read(tool, description, &pins[OLD], tries_left,
			&values[OLD], &change.old);
	if (r == TOOL_OK)
		r = tool_pin_read(tool, description, &pins[NEW], -1,
			&values[NEW], &change.new);
	if (r == TOOL_OK)
		r = change_pin(tool, &change);
	jcop_blob_free(&values[OLD]);
	jcop_blob_free(&values[NEW]);
	return r;
}

static int
run(struct tool *tool)
{
	struct tool_pin pins[COUNT] = {
		[OLD] = {.option = OPTION_OLD_PIN, .name = "old PIN"},
		[NEW] = {.option = OPTION_NEW_PIN,
			.name = "PIN",
			.is_new = true},
	};
	int r = tool_pin_which(tool->values[OPTION_WHICH], &pins[OLD].pin);

	if (r != TOOL_OK)
		return r;
	pins[NEW].pin = pins[OLD].pin;
	if (pins[OLD].pin == JCOP_PIN_GLOBAL) {
		pins[OLD].name = "old PIN global";
		pins[NEW].name = "PIN global";
	} else {
		pins[OLD].name = "old PIN signature";
		pins[NEW].name = "PIN signature";
	}
	r = tool_pin_check(tool, pins, COUNT);
	if (r == TOOL_OK)
		r = tool_connect(tool);
	return r == TOOL_OK ? run_with(tool, pins) : r;
}

const struct tool_command tool_command_change_pin = {
	.name = "change-pin",
	.summary = "change a PIN with its current value",
	.description =
		"Changes the global or the signature PIN. It needs the current "
		"value and no key\nset. A PIN that is too short, too long or "
		"the old one again is refused before a\ntry is spent; so is "
		"one that is blocked: see unblock-pin.",
	.options = options,
	.run = run,
};
