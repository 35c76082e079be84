/*
 * tree.h: a card description as scconf reads it, with the lines of its items.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_TREE_H
#define JCOP_DESCRIPTION_TREE_H

#include <scconf/scconf.h>

#include "description/report.h"
#include "description/scan.h"

struct jcop_tree {
	scconf_context *config;
	struct jcop_scan scan;
};

/*
 * Reads TEXT into TREE, which borrows from TEXT; end with jcop_tree_close.
 * Every item of type value or block then has a key, every value at least one
 * word, every block a name list of one word ("" if it has no name), and no
 * block two values with one key.
 * Errors, reported: JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_tree_open(const char *text, struct jcop_tree *tree,
	const struct jcop_report *report);

void jcop_tree_close(struct jcop_tree *tree);

/* The line of an item of the tree, of the start of a block. */
unsigned int jcop_tree_item_line(
	const struct jcop_tree *tree, const scconf_item *item);
unsigned int jcop_tree_block_line(
	const struct jcop_tree *tree, const scconf_block *block);

/* The line of KEY in BLOCK; of the block, if the key is not there. */
unsigned int jcop_tree_key_line(const struct jcop_tree *tree,
	const scconf_block *block, const char *key);

#endif
