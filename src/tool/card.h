/*
 * card.h: what subcommands ask of the card driver, with their messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CARD_H
#define JCOP_TOOL_CARD_H

#include "card-driver/cardctl.h"
#include "tool/tool.h"

/* The driver's own explanation of the last error, or OpenSC's word for ERROR;
 * lives until the next control. */
const char *tool_card_reason(struct tool *tool, int error);

/* Says WHAT, and why: tool_card_reason. Returns the exit status. */
int tool_card_failed(struct tool *tool, int error, const char *what);

/* The card description in use. TOOL_OK, or a status after a message. */
JCOP_CHECKED int tool_description(
	struct tool *tool, const struct jcop_description **description);

/* Is the configuration complete for OPERATION? TOOL_OK, or
 * TOOL_CONFIGURATION after a message that names what is missing. */
JCOP_CHECKED int tool_check_requirement(
	struct tool *tool, enum jcop_operation operation);

#endif
