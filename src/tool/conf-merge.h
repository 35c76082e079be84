/*
 * conf-merge.h: our blocks into an opensc.conf and out of it again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CONF_MERGE_H
#define JCOP_TOOL_CONF_MERGE_H

#include "tool/conf-settings.h"
#include "tool/tool.h"

/*
 * Puts our blocks into TEXT, an opensc.conf or "", or brings those that are
 * there up to date. Values come from WANTED, else from TEXT, else from
 * DEFAULTS. *OUT is a new string; equal to TEXT if there was nothing to do.
 * It was parsed by OpenSC's parser, and means what TEXT means plus ours.
 * SETTLED, empty before, gets the values that were written; the caller frees
 * it, also after an error.
 *
 * Errors, with the reason in MESSAGE: JCOP_ERR_MALFORMED (TEXT has a mistake,
 * or lines for this card that we did not write, or lines of others between
 * our marks), JCOP_ERR_ARGUMENT (a value), JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int conf_merge(const char *text,
	const struct conf_settings *wanted,
	const struct conf_settings *defaults, char **out,
	struct conf_settings *settled, char *message);

/* Takes our blocks out of TEXT: the bytes it had before conf_merge(), if
 * nothing else was changed. Errors as above. */
JCOP_CHECKED int conf_unmerge(const char *text, char **out, char *message);

#endif
