/*
 * activate.c: jcop45-tool activate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "card-driver/cardctl.h"
#include "tool/card.h"
#include "tool/secret.h"
#include "tool/tool.h"

enum { OPTION_TRANSPORT_PIN, OPTION_PIN, OPTION_SIGN_PIN, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_TRANSPORT_PIN] = {"transport-pin", "SOURCE",
		"where the transport PIN is: env:NAME, file:PATH, fd:N\n"
		"or stdin; asked for on the terminal if not given"},
	[OPTION_PIN] = {"pin", "SOURCE", "the global PIN to set, likewise"},
	[OPTION_SIGN_PIN] = {"sign-pin", "SOURCE",
		"the signature PIN to set, likewise"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static const struct {
	enum jcop_pin pin;
	struct tool_secret secret;
} pins[OPTION_COUNT] = {
	[OPTION_TRANSPORT_PIN] = {JCOP_PIN_TRANSPORT,
		{"transport-pin", "transport PIN", false, 0}},
	[OPTION_PIN] = {JCOP_PIN_GLOBAL, {"pin", "global PIN", true, 0}},
	[OPTION_SIGN_PIN] = {JCOP_PIN_SIGNATURE,
		{"sign-pin", "signature PIN", true, 0}},
};

/* A literal is refused before anything is read or asked. */
static int
check_sources(const struct tool *tool)
{
	char message[TOOL_MESSAGE_SIZE];
	int i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (tool_secret_check(&pins[i].secret, tool->values[i],
			    message) != JCOP_OK)
			return tool_fail(TOOL_USAGE, "%s", message);
	return TOOL_OK;
}

/* Asks for nothing that the card could not use. */
static int
check_card(struct tool *tool)
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
	return TOOL_OK;
}

static int
read_secrets(const struct tool *tool,
	const struct jcop_description *description, struct jcop_blob *values)
{
	char message[TOOL_MESSAGE_SIZE];
	int i;

	for (i = 0; i < OPTION_COUNT; i++) {
		struct tool_secret secret = pins[i].secret;

		secret.max_length = description->pins[pins[i].pin].max_length;
		if (tool_secret_read(&secret, tool->values[i], &values[i],
			    message) != JCOP_OK)
			return tool_fail(TOOL_SECRET, "%s", message);
	}
	return TOOL_OK;
}

static int
activate(struct tool *tool, const struct jcop_blob *values)
{
	const struct jcop_activation activation = {
		.transport = {false,
			jcop_blob_view(&values[OPTION_TRANSPORT_PIN])},
		.global = {false, jcop_blob_view(&values[OPTION_PIN])},
		.signature = {false, jcop_blob_view(&values[OPTION_SIGN_PIN])},
	};
	int r = sc_card_ctl(
		tool->card, SC_CARDCTL_JCOP45_ACTIVATE, (void *)&activation);

	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "activation failed");
	printf("The card is activated.\n");
	return TOOL_OK;
}

static int
run(struct tool *tool)
{
	const struct jcop_description *description;
	struct jcop_blob values[OPTION_COUNT] = {
		JCOP_BLOB_INIT, JCOP_BLOB_INIT, JCOP_BLOB_INIT};
	int i, r = check_sources(tool);

	if (r == TOOL_OK)
		r = tool_connect(tool);
	if (r == TOOL_OK)
		r = tool_description(tool, &description);
	if (r == TOOL_OK)
		r = check_card(tool);
	if (r == TOOL_OK)
		r = read_secrets(tool, description, values);
	if (r == TOOL_OK)
		r = activate(tool, values);
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
