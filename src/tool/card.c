/*
 * card.c: what subcommands ask of the card driver, with their messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tool/card.h"

const char *
tool_card_reason(struct tool *tool, int error)
{
	const char *message = "";

	if (sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_MESSAGE, &message) !=
			SC_SUCCESS ||
		message[0] == '\0')
		message = sc_strerror(error);
	return message;
}

int
tool_card_failed(struct tool *tool, int error, const char *what)
{
	return tool_fail(tool_status_of(error), "%s: %s", what,
		tool_card_reason(tool, error));
}

int
tool_description(struct tool *tool, const struct jcop_description **description)
{
	int r = sc_card_ctl(
		tool->card, SC_CARDCTL_JCOP45_DESCRIPTION, (void *)description);

	if (r != SC_SUCCESS)
		return tool_card_failed(
			tool, r, "the driver has no card description");
	return TOOL_OK;
}

int
tool_check_requirement(struct tool *tool, enum jcop_operation operation)
{
	struct jcop_requirement requirement = {.operation = operation};
	int r = sc_card_ctl(
		tool->card, SC_CARDCTL_JCOP45_REQUIREMENT, &requirement);

	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "configuration");
	if (requirement.missing[0] == '\0')
		return TOOL_OK;
	return tool_fail(TOOL_CONFIGURATION,
		"%s: %s. Set it in the block \"card_driver jcop45\" of "
		"opensc.conf ('jcop45-tool config' shows one)",
		requirement.name, requirement.missing);
}
