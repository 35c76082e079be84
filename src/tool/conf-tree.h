/*
 * conf-tree.h: what an opensc.conf means, asked of OpenSC's own parser.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CONF_TREE_H
#define JCOP_TOOL_CONF_TREE_H

#include <scconf/scconf.h>

#include "tool/tool.h"

/* The value that makes C_SetPIN unblock with the PUK (opensc.conf(5)). */
#define CONF_UNBLOCK_STYLE "set_pin_in_unlogged_session"

/*
 * Parses TEXT; free *TREE with scconf_free. Errors: JCOP_ERR_MALFORMED with
 * the line in MESSAGE, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int conf_tree_parse(
	const char *text, scconf_context **tree, char *message);

/* The first block KEY NAME in PARENT (NULL: at the top), as OpenSC takes it,
 * or NULL. NAME may be NULL for any. */
scconf_block *conf_tree_block(const scconf_context *tree,
	const scconf_block *parent, const char *key, const char *name);

/*
 * Everything that is not ours, as sorted lines "app default: debug = 3":
 * equal before and after a change that touched nothing else. Ours are the
 * blocks named jcop45, "jcop45" in card_drivers (and the "internal" that is
 * the default), the unblock style that we set, and the provider library. Free
 * the string. NULL without memory.
 */
char *conf_tree_foreign(const scconf_context *tree);

#endif
