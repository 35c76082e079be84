/*
 * conf-tree.c: what an opensc.conf means.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "card-driver/cardctl.h"
#include "tool/conf-tree.h"

int
conf_tree_parse(const char *text, scconf_context **tree, char *message)
{
	const char *why;

	*tree = scconf_new(NULL);
	if (*tree == NULL)
		return tool_message(
			message, JCOP_ERR_NO_MEMORY, "out of memory");
	if (scconf_parse_string(*tree, text) == 1)
		return JCOP_OK;
	why = (*tree)->errmsg;
	tool_message(message, JCOP_ERR_MALFORMED, "%.*s",
		(int)strcspn(why != NULL ? why : "syntax", "\n"),
		why != NULL ? why : "syntax");
	scconf_free(*tree);
	*tree = NULL;
	return JCOP_ERR_MALFORMED;
}

scconf_block *
conf_tree_block(const scconf_context *tree, const scconf_block *parent,
	const char *key, const char *name)
{
	scconf_block **blocks = scconf_find_blocks(tree, parent, key, name);
	scconf_block *first = blocks != NULL ? blocks[0] : NULL;

	free(blocks);
	return first;
}

/* --- what is not ours --- */

static bool
is_key(const scconf_item *item, const char *key)
{
	return item->key != NULL && strcasecmp(item->key, key) == 0;
}

static bool
is_our_block(const scconf_item *item)
{
	const scconf_block *block = item->value.block;

	return (is_key(item, "card_driver") || is_key(item, "emulate") ||
		       is_key(item, "pkcs15init")) &&
	       block->name != NULL &&
	       strcasecmp(block->name->data, JCOP_SHORT_NAME) == 0;
}

static bool
is_our_value(const scconf_item *item)
{
	const scconf_list *list = item->value.list;

	if (is_key(item, "provider_library"))
		return true;
	return is_key(item, "user_pin_unblock_style") && list != NULL &&
	       list->next == NULL &&
	       strcmp(list->data, CONF_UNBLOCK_STYLE) == 0;
}

static void
write_list(FILE *out, const scconf_list *list, const char *without)
{
	for (; list != NULL; list = list->next)
		if (without == NULL || strcmp(list->data, without) != 0)
			fprintf(out, " \"%s\"", list->data);
}

/* "internal" alone is what OpenSC does without the line. */
static bool
is_default_drivers(const scconf_list *list)
{
	const char *only = NULL;
	size_t count = 0;

	for (; list != NULL; list = list->next)
		if (strcmp(list->data, JCOP_SHORT_NAME) != 0) {
			only = list->data;
			count++;
		}
	return count == 0 || (count == 1 && strcmp(only, "internal") == 0);
}

static void
write_value(FILE *out, const char *path, const scconf_item *item)
{
	bool drivers = is_key(item, "card_drivers");

	if (is_our_value(item) ||
		(drivers && is_default_drivers(item->value.list)))
		return;
	fprintf(out, "%s: %s =", path, item->key);
	write_list(out, item->value.list, drivers ? JCOP_SHORT_NAME : NULL);
	fputc('\n', out);
}

static void write_block(FILE *out, const char *path, const scconf_block *block);

static void
write_inner(FILE *out, const char *path, const scconf_item *item)
{
	char *inner = NULL;
	size_t len = 0;
	FILE *name;

	if (item->value.block == NULL || is_our_block(item))
		return;
	name = open_memstream(&inner, &len);
	if (name == NULL)
		return;
	fprintf(name, "%s / %s", path, item->key);
	write_list(name, item->value.block->name, NULL);
	if (fclose(name) == 0)
		write_block(out, inner, item->value.block);
	free(inner);
}

/* scconf bounds the depth of blocks when it parses. */
static void
write_block(FILE *out, const char *path, const scconf_block *block)
{
	const scconf_item *item;

	for (item = block->items; item != NULL; item = item->next) {
		if (item->type == SCCONF_ITEM_TYPE_VALUE)
			write_value(out, path, item);
		else if (item->type == SCCONF_ITEM_TYPE_BLOCK)
			write_inner(out, path, item);
	}
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t
split_lines(char *text, char **lines)
{
	size_t count = 0;
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (*line != '\0')
			lines[count++] = line;
	return count;
}

static char *
join_lines(char **lines, size_t count)
{
	char *text = NULL;
	size_t len = 0, i;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	for (i = 0; i < count; i++)
		fprintf(out, "%s\n", lines[i]);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static char *
sort_lines(char *text, size_t len)
{
	char **lines = calloc(len + 1, sizeof(*lines)), *sorted;
	size_t count;

	if (lines == NULL)
		return NULL;
	count = split_lines(text, lines);
	qsort(lines, count, sizeof(*lines), compare_lines);
	sorted = join_lines(lines, count);
	free(lines);
	return sorted;
}

char *
conf_tree_foreign(const scconf_context *tree)
{
	char *text = NULL, *sorted = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	write_block(out, "", tree->root);
	if (fclose(out) == 0)
		sorted = sort_lines(text, len);
	free(text);
	return sorted;
}
