/*
 * read.c: a tree of blocks read into structures, as tables say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/read.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define EXPECT_SIZE 256

/* "pin global", as a message shows a block. */
struct title {
	char text[2 * JCOP_QUOTE_MAX + 2];
};

static struct title
title(const char *key, const char *name)
{
	struct title t;

	(void)snprintf(t.text, sizeof(t.text), "%.*s%s%.*s", JCOP_QUOTE_MAX,
		key, *name == '\0' ? "" : " ", JCOP_QUOTE_MAX, name);
	return t;
}

static const scconf_block *
block_of(const scconf_item *item)
{
	return item->type == SCCONF_ITEM_TYPE_BLOCK ? item->value.block : NULL;
}

static struct title
item_title(const scconf_item *item)
{
	return title(item->key, item->value.block->name->data);
}

static bool
is_key(const scconf_item *item, const char *key)
{
	return item->type != SCCONF_ITEM_TYPE_COMMENT &&
	       strcasecmp(item->key, key) == 0;
}

const scconf_block *
jcop_reader_block(const struct jcop_reader *reader, const void *element)
{
	size_t i;

	for (i = 0; i < reader->place_count; i++) {
		if (reader->places[i].element == element)
			return reader->places[i].block;
	}
	return NULL;
}

unsigned int
jcop_reader_line(
	const struct jcop_reader *reader, const void *element, const char *key)
{
	const scconf_block *block = jcop_reader_block(reader, element);

	return block == NULL ? 1
			     : jcop_tree_key_line(&reader->tree, block, key);
}

/* --- values --- */

static int
wrong_value(const struct jcop_reader *reader, const struct jcop_row *row,
	const scconf_item *item, const char *word, const char *what)
{
	char expected[EXPECT_SIZE];

	row->type->expect(row, expected, sizeof(expected));
	return jcop_report(&reader->report,
		jcop_tree_item_line(&reader->tree, item), row->key,
		"'%.*s' %s; expected %s", JCOP_QUOTE_MAX, word, what, expected);
}

static int
read_value(struct jcop_reader *reader, const struct jcop_row *row,
	const scconf_item *item, void *element)
{
	size_t max = row->type->list ? row->max : 1, index = 0;
	const scconf_list *word;

	for (word = item->value.list; word != NULL; word = word->next) {
		const char *wrong = "is one value too many";

		if (index < max)
			wrong = row->type->parse(row, word->data, index,
				(char *)element + row->offset,
				reader->description);
		if (wrong != NULL)
			return wrong_value(
				reader, row, item, word->data, wrong);
		index++;
	}
	return JCOP_OK;
}

static const struct jcop_row *
find_row(const struct jcop_section *section, const scconf_item *item)
{
	const struct jcop_row *row;

	for (row = section->rows; row->key != NULL; row++) {
		if (is_key(item, row->key))
			return row;
	}
	return NULL;
}

static const struct jcop_section *
find_inner(const struct jcop_section *section, const scconf_item *item)
{
	const struct jcop_section *inner = section->inner;

	for (; inner != NULL && inner->key != NULL; inner++) {
		if (is_key(item, inner->key))
			return inner;
	}
	return NULL;
}

/* Lists what may stand in a block. */
static void
keys_text(const struct jcop_section *section, char *text, size_t size)
{
	const struct jcop_section *inner = section->inner;
	const struct jcop_row *row;
	size_t used = 0;
	int n;

	for (row = section->rows; row->key != NULL && used < size; row++) {
		n = snprintf(text + used, size - used, "%s%s",
			used == 0 ? "" : ", ", row->key);
		used += n < 0 ? 0 : (size_t)n;
	}
	for (; inner != NULL && inner->key != NULL && used < size; inner++) {
		n = snprintf(text + used, size - used, "%s%s",
			used == 0 ? "" : ", ", inner->key);
		used += n < 0 ? 0 : (size_t)n;
	}
}

/* The item fits no row and no section: say how. */
static int
misfit(const struct jcop_reader *reader, const struct jcop_section *section,
	const scconf_item *item)
{
	unsigned int line = jcop_tree_item_line(&reader->tree, item);
	const struct jcop_row *row = find_row(section, item);
	char keys[EXPECT_SIZE] = "";

	if (row != NULL)
		return jcop_report(&reader->report, line, row->key,
			"is no block; expected '%s = VALUE;'", row->key);
	if (find_inner(section, item) != NULL)
		return jcop_report(&reader->report, line, item->key,
			"is a block; expected '{' and its content, not '='");
	keys_text(section, keys, sizeof(keys));
	return jcop_report(&reader->report, line, item->key,
		"is unknown%s%s; expected one of %s",
		*section->key == '\0' ? "" : " in a block ", section->key,
		keys);
}

static int
read_item(struct jcop_reader *reader, const struct jcop_section *section,
	const scconf_item *item, void *element)
{
	const struct jcop_row *row = find_row(section, item);
	bool is_value = item->type == SCCONF_ITEM_TYPE_VALUE;

	if (is_value && row != NULL)
		return read_value(reader, row, item, element);
	if (!is_value && find_inner(section, item) != NULL)
		return JCOP_OK; /* read_blocks() takes it up */
	return misfit(reader, section, item);
}

static int
check_mandatory(const struct jcop_reader *reader,
	const struct jcop_section *section, const scconf_block *block)
{
	char expected[EXPECT_SIZE];
	const struct jcop_row *row;

	for (row = section->rows; row->key != NULL; row++) {
		if (row->optional || scconf_find_list(block, row->key) != NULL)
			continue;
		row->type->expect(row, expected, sizeof(expected));
		return jcop_report(&reader->report,
			jcop_tree_block_line(&reader->tree, block), row->key,
			"is missing in %s; expected %s",
			title(section->key, block->name->data).text, expected);
	}
	return JCOP_OK;
}

/* --- blocks --- */

static int read_blocks(struct jcop_reader *reader,
	const struct jcop_section *section, const scconf_block *block,
	void *element);

static int
read_block(struct jcop_reader *reader, const struct jcop_section *section,
	const scconf_block *block, void *element)
{
	const struct jcop_section *inner = section->inner;
	const scconf_item *item;
	int r = JCOP_OK;

	reader->places[reader->place_count].element = element;
	reader->places[reader->place_count++].block = block;
	for (item = block->items; r == JCOP_OK && item != NULL;
		item = item->next) {
		if (item->type != SCCONF_ITEM_TYPE_COMMENT)
			r = read_item(reader, section, item, element);
	}
	if (r == JCOP_OK)
		r = check_mandatory(reader, section, block);
	for (; r == JCOP_OK && inner != NULL && inner->key != NULL; inner++)
		r = read_blocks(reader, inner, block, element);
	return r;
}

/* A name that can stand after '=' and in other programs' configurations. */
static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < JCOP_NAME_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

/* Writes what has to stand in front of '{'. */
static void
expect_block(const struct jcop_section *section, size_t index, char *text,
	size_t size)
{
	char words[EXPECT_SIZE];

	switch (section->naming) {
	case JCOP_NAMING_NONE:
		(void)snprintf(text, size, "'%s {'", section->key);
		break;
	case JCOP_NAMING_WORD:
		jcop_words_text(section->words, words, sizeof(words));
		(void)snprintf(
			text, size, "'%s NAME {' with %s", section->key, words);
		break;
	case JCOP_NAMING_FREE:
		(void)snprintf(text, size,
			"'%s NAME {' with letters, digits and ._-",
			section->key);
		break;
	case JCOP_NAMING_NUMBER:
		(void)snprintf(
			text, size, "'%s %zu {'", section->key, index + 1);
		break;
	}
}

static int
wrong_name(const struct jcop_reader *reader, const struct jcop_section *section,
	const scconf_item *item, size_t index)
{
	char expected[EXPECT_SIZE + 64];

	expect_block(section, index, expected, sizeof(expected));
	return jcop_report(&reader->report,
		jcop_tree_item_line(&reader->tree, item), item_title(item).text,
		"has the wrong name; expected %s", expected);
}

/* The element that a block of a list is for. */
static int
pick_listed(const struct jcop_reader *reader,
	const struct jcop_section *section, const scconf_item *item,
	size_t *index, size_t count)
{
	const char *name = item->value.block->name->data;
	char number[24];

	if (section->naming == JCOP_NAMING_NUMBER) {
		(void)snprintf(number, sizeof(number), "%zu", count + 1);
		if (strcmp(name, number) != 0)
			return wrong_name(reader, section, item, count);
	} else if (!is_name(name)) {
		return wrong_name(reader, section, item, count);
	}
	if (count >= section->max)
		return jcop_report(&reader->report,
			jcop_tree_item_line(&reader->tree, item),
			item_title(item).text,
			"is one too many; expected at most %zu", section->max);
	*index = count;
	return JCOP_OK;
}

static int
pick(const struct jcop_reader *reader, const struct jcop_section *section,
	const scconf_item *item, size_t *index, size_t count)
{
	const char *name = item->value.block->name->data;
	unsigned int value = 0;

	switch (section->naming) {
	case JCOP_NAMING_NONE:
		if (*name != '\0')
			return wrong_name(reader, section, item, count);
		break;
	case JCOP_NAMING_WORD:
		if (!jcop_word_value(section->words, name, &value))
			return wrong_name(reader, section, item, count);
		break;
	case JCOP_NAMING_FREE:
	case JCOP_NAMING_NUMBER:
		return pick_listed(reader, section, item, index, count);
	}
	*index = value;
	return JCOP_OK;
}

/* Refuses a second block with the key and name of ITEM before it in BLOCK. */
static int
check_block_once(const struct jcop_reader *reader, const scconf_block *block,
	const scconf_item *item)
{
	const scconf_item *other;

	for (other = block->items; other != item; other = other->next) {
		if (other->type != SCCONF_ITEM_TYPE_BLOCK ||
			!is_key(other, item->key) ||
			strcasecmp(other->value.block->name->data,
				item->value.block->name->data) != 0)
			continue;
		return jcop_report(&reader->report,
			jcop_tree_item_line(&reader->tree, item),
			item_title(item).text,
			"is given twice, first in line %u; expected it once",
			jcop_tree_item_line(&reader->tree, other));
	}
	return JCOP_OK;
}

/* All blocks that have to be there, are: COUNT were found. */
static int
check_blocks_there(const struct jcop_reader *reader,
	const struct jcop_section *section, const scconf_block *block,
	const char *elements, size_t count)
{
	unsigned int line = jcop_tree_block_line(&reader->tree, block);
	const struct jcop_word *word = section->words;
	char expected[EXPECT_SIZE + 64];

	if (count == 0) {
		expect_block(section, 0, expected, sizeof(expected));
		return jcop_report(&reader->report, line, section->key,
			"is missing; expected a block %s", expected);
	}
	for (; word != NULL && word->word != NULL; word++) {
		if (jcop_reader_block(reader,
			    elements + word->value * section->element_size))
			continue;
		return jcop_report(&reader->report, line,
			title(section->key, word->word).text,
			"is missing; expected a block '%s %s {'", section->key,
			word->word);
	}
	return JCOP_OK;
}

/* Reads all blocks of one kind in BLOCK. The depth is that of the tables. */
static int
read_blocks(struct jcop_reader *reader, const struct jcop_section *section,
	const scconf_block *block, void *element)
{
	char *elements = (char *)element + section->offset;
	const scconf_item *item;
	size_t index = 0, count = 0;
	int r;

	for (item = block->items; item != NULL; item = item->next) {
		if (block_of(item) == NULL || !is_key(item, section->key))
			continue;
		r = check_block_once(reader, block, item);
		if (r == JCOP_OK)
			r = pick(reader, section, item, &index, count);
		if (r != JCOP_OK)
			return r;
		if (section->naming == JCOP_NAMING_FREE)
			(void)snprintf(elements + index * section->element_size,
				JCOP_NAME_SIZE, "%s",
				item->value.block->name->data);
		r = read_block(reader, section, item->value.block,
			elements + index * section->element_size);
		if (r != JCOP_OK)
			return r;
		count++;
	}
	if (section->max > 1)
		memcpy((char *)element + section->count_offset, &count,
			sizeof(count));
	return check_blocks_there(reader, section, block, elements, count);
}

int
jcop_read(struct jcop_reader *reader)
{
	static const struct jcop_row no_rows[] = {{.key = NULL}};
	static const struct jcop_section file = {
		.key = "", .rows = no_rows, .inner = jcop_sections};
	const scconf_block *root = reader->tree.config->root;
	const scconf_item *item;
	int r = JCOP_OK;

	for (item = root->items; r == JCOP_OK && item != NULL;
		item = item->next) {
		if (item->type != SCCONF_ITEM_TYPE_COMMENT)
			r = read_item(reader, &file, item, NULL);
	}
	if (r == JCOP_OK)
		r = read_blocks(
			reader, jcop_sections, root, reader->description);
	return r;
}
