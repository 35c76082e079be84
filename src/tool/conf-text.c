/*
 * conf-text.c: an opensc.conf as text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/conf-text.h"

/* --- words, as scconf's lexer sees them --- */

struct lexer {
	const char *text;
	size_t offset;
	unsigned int line;
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	struct conf_word word; /* without quotes; a sign is one character */
};

static void
skip_blanks(struct lexer *lexer)
{
	const char *at = lexer->text + lexer->offset;

	while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n' ||
		*at == '#') {
		if (*at == '#')
			at += strcspn(at, "\r\n");
		else if (*at++ == '\n')
			lexer->line++;
	}
	lexer->offset = (size_t)(at - lexer->text);
}

static struct token
take(struct lexer *lexer, enum token_kind kind, size_t skip, size_t len,
	size_t whole)
{
	struct token token = {kind, {lexer->text + lexer->offset + skip, len}};

	lexer->offset += whole;
	return token;
}

/* A quoted string ends with its line at the latest. */
static struct token
take_quoted(struct lexer *lexer)
{
	size_t len = strcspn(lexer->text + lexer->offset + 1, "\"\r\n");
	char end = lexer->text[lexer->offset + 1 + len];

	if (end == '\n')
		lexer->line++;
	return take(lexer, TOKEN_WORD, 1, len, 1 + len + (end != '\0' ? 1 : 0));
}

static struct token
next_token(struct lexer *lexer)
{
	const char *at;

	skip_blanks(lexer);
	at = lexer->text + lexer->offset;
	if (*at == '\0')
		return take(lexer, TOKEN_END, 0, 0, 0);
	if (*at == '"')
		return take_quoted(lexer);
	if (strchr(",{}=;", *at) != NULL)
		return take(lexer, TOKEN_SIGN, 0, 1, 1);
	/* A word takes a brace or a sign along that follows without blank. */
	return take(lexer, TOKEN_WORD, 0, strcspn(at, ";, \t\r\n"),
		strcspn(at, ";, \t\r\n"));
}

/* --- blocks --- */

/* The words of the statement that is being read. */
struct statement {
	struct conf_word words[2]; /* key and first name */
	size_t count;
};

static int
append_block(struct conf_blocks *blocks, const struct statement *statement,
	size_t parent, size_t body)
{
	struct conf_block *moved;

	if (blocks->count % 16 == 0) {
		moved = realloc(
			blocks->blocks, (blocks->count + 16) * sizeof(*moved));
		if (moved == NULL)
			return JCOP_ERR_NO_MEMORY;
		blocks->blocks = moved;
	}
	blocks->blocks[blocks->count++] = (struct conf_block){
		statement->words[0], statement->words[1], parent, body};
	return JCOP_OK;
}

static int
wrong_brace(const struct lexer *lexer, char *message)
{
	return tool_message(message, JCOP_ERR_MALFORMED,
		"line %u: a brace has no other half, or no name before it",
		lexer->line);
}

/* One of ,{}=; after STATEMENT, inside *CURRENT. */
static int
take_sign(const struct lexer *lexer, char sign, struct statement *statement,
	struct conf_blocks *blocks, size_t *current, char *message)
{
	int r;

	if (sign == ',' || sign == '=')
		return JCOP_OK;
	if (sign == '{') {
		if (statement->count == 0)
			return wrong_brace(lexer, message);
		r = append_block(blocks, statement, *current, lexer->offset);
		if (r != JCOP_OK)
			return tool_message(message, r, "out of memory");
		*current = blocks->count - 1;
	} else if (sign == '}') {
		if (*current == CONF_ROOT)
			return wrong_brace(lexer, message);
		*current = blocks->blocks[*current].parent;
	}
	memset(statement, 0, sizeof(*statement));
	return JCOP_OK;
}

static int
scan(struct lexer *lexer, struct conf_blocks *blocks, char *message)
{
	struct statement statement = {0};
	size_t current = CONF_ROOT;
	struct token token;
	int r = JCOP_OK;

	while (r == JCOP_OK && (token = next_token(lexer)).kind != TOKEN_END) {
		if (token.kind == TOKEN_SIGN)
			r = take_sign(lexer, *token.word.start, &statement,
				blocks, &current, message);
		else if (statement.count < 2)
			statement.words[statement.count++] = token.word;
	}
	if (r == JCOP_OK && current != CONF_ROOT)
		r = wrong_brace(lexer, message);
	return r;
}

int
conf_blocks_find(const char *text, struct conf_blocks *blocks, char *message)
{
	struct lexer lexer = {text, 0, 1};
	int r;

	memset(blocks, 0, sizeof(*blocks));
	r = scan(&lexer, blocks, message);
	if (r != JCOP_OK)
		conf_blocks_free(blocks);
	return r;
}

void
conf_blocks_free(struct conf_blocks *blocks)
{
	free(blocks->blocks);
	memset(blocks, 0, sizeof(*blocks));
}

static bool
word_is(struct conf_word word, const char *text)
{
	return word.len == strlen(text) &&
	       strncasecmp(word.start, text, word.len) == 0;
}

size_t
conf_block_first(const struct conf_blocks *blocks, size_t parent,
	const char *key, const char *name)
{
	const struct conf_block *block;
	size_t i;

	for (i = 0; i < blocks->count; i++) {
		block = &blocks->blocks[i];
		if (block->parent == parent && word_is(block->key, key) &&
			(name == NULL || word_is(block->name, name)))
			return i;
	}
	return CONF_ROOT;
}

/* --- marks --- */

/* An end mark with this tail owns the line end after it; without, the line
 * end was in the text before. */
#define MARK_TAIL " (end)"

static bool
line_starts_with(const char *line, const char *mark)
{
	line += strspn(line, " \t");
	return strncmp(line, mark, strlen(mark)) == 0;
}

static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

/* The first byte after the end mark on LINE that is not ours. */
static const char *
after_end_mark(const char *line)
{
	line += strspn(line, " \t") + strlen(CONF_MARK_END);
	if (strncmp(line, MARK_TAIL, strlen(MARK_TAIL)) == 0)
		return next_line(line);
	return line;
}

/* Moves *AT from a begin mark's line to what follows the end mark. */
static int
skip_marked(const char **at, unsigned int line, char *message)
{
	const char *mark = next_line(*at);

	while (*mark != '\0' && !line_starts_with(mark, CONF_MARK_END)) {
		if (line_starts_with(mark, CONF_MARK_BEGIN))
			break;
		mark = next_line(mark);
	}
	if (!line_starts_with(mark, CONF_MARK_END))
		return tool_message(message, JCOP_ERR_MALFORMED,
			"line %u: '%s' has no '%s' after it; take these lines "
			"out by hand",
			line, CONF_MARK_BEGIN, CONF_MARK_END);
	*at = after_end_mark(mark);
	return JCOP_OK;
}

/* Copies TEXT to OUT, which has room for it, without what is marked. */
static int
copy_unmarked(const char *text, char *out, char *message)
{
	const char *at = text, *end;
	unsigned int line = 0;
	char *start = out;
	int r;

	while (*at != '\0') {
		line++;
		if (line_starts_with(at, CONF_MARK_END))
			return tool_message(message, JCOP_ERR_MALFORMED,
				"line %u: '%s' has no '%s' before it; take it "
				"out by hand",
				line, CONF_MARK_END, CONF_MARK_BEGIN);
		if (line_starts_with(at, CONF_MARK_BEGIN)) {
			/* with the line end that was put in before it */
			if (out > start && out[-1] == '\n')
				out--;
			r = skip_marked(&at, line, message);
			if (r != JCOP_OK)
				return r;
		}
		end = next_line(at);
		memcpy(out, at, (size_t)(end - at));
		out += end - at;
		at = end;
	}
	*out = '\0';
	return JCOP_OK;
}

int
conf_strip(const char *text, char **out, char *message)
{
	int r;

	*out = malloc(strlen(text) + 1);
	if (*out == NULL)
		return tool_message(
			message, JCOP_ERR_NO_MEMORY, "out of memory");
	r = copy_unmarked(text, *out, message);
	if (r != JCOP_OK) {
		free(*out);
		*out = NULL;
	}
	return r;
}

static void
write_indented(FILE *out, unsigned int depth, const char *text)
{
	while (depth-- > 0)
		fputc('\t', out);
	fputs(text, out);
}

/* AFTER is the text that follows. */
static void
write_marked(
	FILE *out, const struct conf_insertion *insertion, const char *after)
{
	if (insertion->offset > 0)
		fputc('\n', out);
	write_indented(out, insertion->depth,
		CONF_MARK_BEGIN ": written by '" TOOL_NAME
				" config --install', which keeps\n");
	write_indented(out, insertion->depth,
		"# the values that stand here and replaces the rest.\n");
	fputs(insertion->lines, out);
	write_indented(out, insertion->depth, CONF_MARK_END);
	if (*after != '\n')
		fputs(MARK_TAIL "\n", out);
}

int
conf_insert(const char *text, const struct conf_insertion *insertions,
	size_t count, char **out)
{
	size_t len = 0, done = 0, i;
	FILE *stream;

	*out = NULL;
	stream = open_memstream(out, &len);
	if (stream == NULL)
		return JCOP_ERR_NO_MEMORY;
	for (i = 0; i < count; i++) {
		fwrite(text + done, 1, insertions[i].offset - done, stream);
		done = insertions[i].offset;
		write_marked(stream, &insertions[i], text + done);
	}
	fputs(text + done, stream);
	if (fclose(stream) == 0)
		return JCOP_OK;
	free(*out);
	*out = NULL;
	return JCOP_ERR_NO_MEMORY;
}
