/*
 * tree.c: scconf's items tied to the lines that the scanner saw.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/tree.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* An item of the shape that the scanner saw at ENTRY? */
static bool
matches(const struct jcop_scan_entry *entry, const scconf_item *item)
{
	if (item->key == NULL || strlen(item->key) != entry->key_len ||
		strncmp(item->key, entry->key, entry->key_len) != 0)
		return false;
	if (item->type == SCCONF_ITEM_TYPE_BLOCK)
		return entry->block && item->value.block != NULL &&
		       item->value.block->name != NULL;
	return !entry->block && item->value.list != NULL;
}

/*
 * Both list the items in the order of the text; true if they agree. They do
 * unless the scanner misjudged scconf or scconf ran out of memory.
 */
static bool
bind_lines(struct jcop_tree *tree)
{
	const scconf_item *outer[JCOP_SCAN_DEPTH];
	const scconf_item *item = tree->config->root->items;
	size_t depth = 0, count = 0;

	while (item != NULL || depth > 0) {
		if (item == NULL) {
			item = outer[--depth]->next;
			continue;
		}
		if (item->type == SCCONF_ITEM_TYPE_COMMENT) {
			item = item->next;
			continue;
		}
		if (count == tree->scan.count ||
			!matches(&tree->scan.entries[count], item))
			return false;
		tree->scan.entries[count++].item = item;
		if (item->type != SCCONF_ITEM_TYPE_BLOCK) {
			item = item->next;
			continue;
		}
		if (depth == JCOP_SCAN_DEPTH)
			return false;
		outer[depth++] = item;
		item = item->value.block->items;
	}
	return count == tree->scan.count;
}

/* scconf says "Line N: what\n" at best. */
static int
report_scconf(const scconf_context *config, const struct jcop_report *report)
{
	const char *what = config->errmsg == NULL ? "" : config->errmsg;
	unsigned int line = 1;
	int used = 0;

	if (sscanf(what, "Line %u: %n", &line, &used) == 1)
		what += used;
	return jcop_report(report, line, "syntax",
		"%.*s; expected the syntax of opensc.conf",
		(int)strcspn(what, "\r\n"), what);
}

int
jcop_tree_open(const char *text, struct jcop_tree *tree,
	const struct jcop_report *report)
{
	int r;

	tree->config = NULL;
	r = jcop_scan_text(text, &tree->scan, report);
	if (r != JCOP_OK)
		return r;
	tree->config = scconf_new(NULL);
	if (tree->config == NULL)
		r = jcop_report_no_memory(report);
	else if (scconf_parse_string(tree->config, text) != 1)
		r = report_scconf(tree->config, report);
	else if (!bind_lines(tree))
		r = jcop_report(report, 1, "syntax",
			"is read otherwise by OpenSC's parser; expected one "
			"statement a line");
	if (r != JCOP_OK)
		jcop_tree_close(tree);
	return r;
}

void
jcop_tree_close(struct jcop_tree *tree)
{
	if (tree->config != NULL)
		scconf_free(tree->config);
	tree->config = NULL;
	jcop_scan_free(&tree->scan);
}

unsigned int
jcop_tree_item_line(const struct jcop_tree *tree, const scconf_item *item)
{
	size_t i;

	for (i = 0; i < tree->scan.count; i++) {
		if (tree->scan.entries[i].item == item)
			return tree->scan.entries[i].line;
	}
	return 1;
}

unsigned int
jcop_tree_block_line(const struct jcop_tree *tree, const scconf_block *block)
{
	size_t i;

	for (i = 0; i < tree->scan.count; i++) {
		const scconf_item *item = tree->scan.entries[i].item;

		if (item->type == SCCONF_ITEM_TYPE_BLOCK &&
			item->value.block == block)
			return tree->scan.entries[i].line;
	}
	return 1;
}

unsigned int
jcop_tree_key_line(const struct jcop_tree *tree, const scconf_block *block,
	const char *key)
{
	const scconf_item *item;

	for (item = block->items; item != NULL; item = item->next) {
		if (item->type == SCCONF_ITEM_TYPE_VALUE &&
			strcasecmp(item->key, key) == 0)
			return jcop_tree_item_line(tree, item);
	}
	return jcop_tree_block_line(tree, block);
}
