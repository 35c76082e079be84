/*
 * activate.c: jcop45-tool activate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tool/card.h"
#include "tool/pin-source.h"
#include "tool/report.h"

enum { OPTION_TRANSPORT_PIN, OPTION_PIN, OPTION_SIGN_PIN, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_TRANSPORT_PIN] = {"transport-pin", "SOURCE",
		"where the transport PIN is: env:NAME, file:PATH, fd:N,\n"
		"stdin or pinpad; asked for on the terminal if not given"},
	[OPTION_PIN] = {"pin", "SOURCE", "the global PIN to set, likewise"},
	[OPTION_SIGN_PIN] = {"sign-pin", "SOURCE",
		"the signature PIN to set, likewise"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static const struct tool_pin pins[OPTION_COUNT] = {
	{JCOP_PIN_TRANSPORT, OPTION_TRANSPORT_PIN, "transport PIN", false},
	{JCOP_PIN_GLOBAL, OPTION_PIN, "global PIN", true},
	{JCOP_PIN_SIGNATURE, OPTION_SIGN_PIN, "signature PIN", true},
};

/* Asks for nothing that the card could not use. */
static int
check_card(struct tool *tool, int *tries_left)
{
	struct jcop_card_info info;
	int r = tool_check_requirement(tool, JCOP_OP_ACTIVATE);

	if (r != TOOL_OK)
		return r;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_INFO, &info);
	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "the card cannot be read");
	if (info.life_cycle == JCOP_LIFE_CYCLE_ACTIVATED)
		return tool_fail(TOOL_REFUSED,
			"this card is activated already; nothing was changed");
	if (info.life_cycle == JCOP_LIFE_CYCLE_TERMINATED)
		return tool_fail(TOOL_REFUSED, "this card is terminated; "
					       "nothing can be changed on it");
	*tries_left = info.pins[JCOP_PIN_TRANSPORT].tries_left;
	if (info.pins[JCOP_PIN_TRANSPORT].status == JCOP_PIN_BLOCKED)
		return tool_fail(TOOL_SECRET,
			"the transport PIN is blocked; the issuer has to "
			"replace the card");
	return TOOL_OK;
}

static int
read_pins(struct tool *tool, int tries_left, struct jcop_blob *values,
	struct jcop_pin_entry *entries)
{
	const struct jcop_description *description;
	int i, r = tool_description(tool, &description);

	for (i = 0; r == TOOL_OK && i < OPTION_COUNT; i++)
		r = tool_pin_read(tool, description, &pins[i],
			i == OPTION_TRANSPORT_PIN ? tries_left : -1, &values[i],
			&entries[i]);
	return r;
}

static int
activate(struct tool *tool, const struct jcop_pin_entry *entries)
{
	const struct jcop_activation activation = {
		.transport = entries[OPTION_TRANSPORT_PIN],
		.global = entries[OPTION_PIN],
		.signature = entries[OPTION_SIGN_PIN],
		.prompt = tool_pin_prompt,
	};
	int r = sc_card_ctl(
		tool->card, SC_CARDCTL_JCOP45_ACTIVATE, (void *)&activation);

	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "activation");
	return tool_report_done(tool, NULL, "The card is activated.");
}

static int
run(struct tool *tool)
{
	struct jcop_blob values[OPTION_COUNT] = {
		JCOP_BLOB_INIT, JCOP_BLOB_INIT, JCOP_BLOB_INIT};
	struct jcop_pin_entry entries[OPTION_COUNT];
	int i, tries_left = -1, r = tool_pin_check(tool, pins, OPTION_COUNT);

	if (r == TOOL_OK)
		r = tool_connect(tool);
	if (r == TOOL_OK)
		r = tool_pin_check_reader(tool, pins, OPTION_COUNT);
	if (r == TOOL_OK)
		r = check_card(tool, &tries_left);
	if (r == TOOL_OK)
		r = read_pins(tool, tries_left, values, entries);
	if (r == TOOL_OK)
		r = activate(tool, entries);
	for (i = 0; i < OPTION_COUNT; i++)
		jcop_blob_free(&values[i]);
	return r;
}

const struct tool_command tool_command_activate = {
	.name = "activate",
	.summary = "set the PINs of a new card and activate it",
	.description =
		"Activates a card as the personaliser delivered it: checks "
		"the transport PIN, sets\nthe global and the signature PIN and "
		"enables the PUK, all in one go. This happens\nonce in the "
		"life of a card. It needs the key set SK_ADMIN in the HSM and "
		"chip\nauthentication (see opensc.conf, block card_driver "
		"jcop45).",
	.options = options,
	.run = run,
};
