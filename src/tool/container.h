/*
 * container.h: the --container of a command line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CONTAINER_H
#define JCOP_TOOL_CONTAINER_H

#include "description/description.h"
#include "tool/tool.h"

/*
 * The container that NAME, the argument of --container, means: its own name
 * or its PIN's ("sign" or "signature"), in any case. Says on stderr which ones
 * there are where it is none of them, or where NAME is NULL (not given).
 * TOOL_OK, or TOOL_USAGE after the message.
 */
JCOP_CHECKED int tool_container(const struct jcop_description *description,
	const char *name, const struct jcop_container_desc **container);

#endif
