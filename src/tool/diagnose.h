/*
 * diagnose.h: why OpenSC did not give a card to our driver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_DIAGNOSE_H
#define JCOP_TOOL_DIAGNOSE_H

#include <libopensc/opensc.h>

#include "tool/tool.h"

/*
 * Looks for a reason why the driver is not there or has not got CARD, which
 * may be NULL: configuration, module, release. MESSAGE (TOOL_MESSAGE_SIZE
 * bytes) gets the first one and what to do. JCOP_OK if none was found, then
 * the driver is loaded and had its turn; JCOP_ERR_NOT_FOUND else. No command
 * is sent to a card.
 */
JCOP_CHECKED int tool_driver_reason(
	struct sc_context *ctx, const struct sc_card *card, char *message);

/*
 * The driver works; what else of our part of opensc.conf is missing, so that
 * the stock tools cannot use it? MESSAGE (TOOL_MESSAGE_SIZE bytes) gets the
 * first gap and what to do. JCOP_OK if there is none, else JCOP_ERR_NOT_FOUND.
 */
JCOP_CHECKED int tool_conf_gap(struct sc_context *ctx, char *message);

/* The configuration file that CTX was made from, or NULL if none was read. */
const char *tool_conf_path(const struct sc_context *ctx);

#endif
