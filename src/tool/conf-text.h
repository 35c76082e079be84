/*
 * conf-text.h: an opensc.conf as text: where its blocks are, and lines of
 * ours between marks.
 *
 * Ours are put in and taken out as text, because scconf_write() drops the
 * layout, and everything between the marks can be taken out again to the
 * byte. What the text means is asked of scconf (conf-tree.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CONF_TEXT_H
#define JCOP_TOOL_CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/tool.h"

/* No configuration is longer. */
#define CONF_MAX_SIZE ((size_t)1 << 20)

#define CONF_MARK_BEGIN "# >>> opensc-jcop45"
#define CONF_MARK_END "# <<< opensc-jcop45"

/* A word of the text; borrowed. */
struct conf_word {
	const char *start;
	size_t len;
};

/* A block "KEY NAME { ... }". */
struct conf_block {
	struct conf_word key, name; /* the name may be empty */
	size_t parent;              /* index, or CONF_ROOT */
	size_t body;                /* offset after the opening brace */
};
#define CONF_ROOT ((size_t)-1)

struct conf_blocks {
	struct conf_block *blocks; /* in the order of the text */
	size_t count;
};

/*
 * Finds the blocks of TEXT; free them with conf_blocks_free. Errors:
 * JCOP_ERR_MALFORMED for braces that do not match, with the line in MESSAGE,
 * JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int conf_blocks_find(
	const char *text, struct conf_blocks *blocks, char *message);
void conf_blocks_free(struct conf_blocks *blocks);

/* The first block KEY NAME right inside PARENT, in any case of letters, as
 * scconf finds it; NAME may be NULL for any. CONF_ROOT if there is none. */
size_t conf_block_first(const struct conf_blocks *blocks, size_t parent,
	const char *key, const char *name);

/*
 * Takes out everything between marks. *OUT is a new string. Errors:
 * JCOP_ERR_MALFORMED for a mark without its other half.
 */
JCOP_CHECKED int conf_strip(const char *text, char **out, char *message);

/* Lines to be put in. */
struct conf_insertion {
	size_t offset;      /* after an opening brace, or the text's length */
	unsigned int depth; /* of the blocks around */
	char *lines;        /* whole lines, owned by the caller */
};

/*
 * Puts in COUNT insertions, ordered by offset, each between marks. *OUT is a
 * new string, and conf_strip() gives TEXT back. JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int conf_insert(const char *text,
	const struct conf_insertion *insertions, size_t count, char **out);

#endif
