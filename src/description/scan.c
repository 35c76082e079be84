/*
 * scan.c: words, statements and blocks of a card description, with lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum token_type {
	TOKEN_WORD,
	TOKEN_QUOTED,
	TOKEN_PUNCTUATION,
	TOKEN_GAP, /* a comment or an empty line: to scconf an item */
	TOKEN_END
};

struct token {
	enum token_type type;
	const char *text;
	size_t len;
	unsigned int line;
};

/* Where in a statement the scanner stands. */
enum state {
	STATE_START,  /* before a key */
	STATE_KEY,    /* after it */
	STATE_NAME,   /* after the name of a block */
	STATE_VALUE,  /* after = or a comma */
	STATE_AFTER,  /* after a value */
	STATE_BROKEN, /* after a value and a comment */
	STATE_COUNT
};

struct scanner {
	const char *at;
	unsigned int line;
	bool newline; /* the last token was the end of a line */
	enum state state;
	struct token key;       /* of the statement that is being read */
	unsigned int last_line; /* of its last word */
	size_t open[JCOP_SCAN_DEPTH];
	size_t depth;
	struct jcop_scan *scan;
	const struct jcop_report *report;
};

/* A key or word as a message shows it. */
struct quote {
	char text[JCOP_QUOTE_MAX + 1];
};

static struct quote
quote(const char *text, size_t len)
{
	struct quote q;

	(void)snprintf(q.text, sizeof(q.text), "%.*s",
		(int)(len < JCOP_QUOTE_MAX ? len : JCOP_QUOTE_MAX), text);
	return q;
}

static struct quote
token_quote(const struct token *token)
{
	if (token->type == TOKEN_END)
		return quote("end of file", 11);
	return quote(token->text, token->len);
}

/* Number of bytes of the UTF-8 character at P (RFC 3629), 0 if malformed. */
static size_t
utf8_len(const unsigned char *p)
{
	size_t len, i;

	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
	      : (p[0] & 0xF0) == 0xE0        ? 3
	      : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
					     : 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
		(p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return len;
}

static bool
is_text(unsigned char c)
{
	return (c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n' || c == '\r';
}

/* Only text goes to scconf and into messages. */
static int
check_characters(const char *text, const struct jcop_report *report)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned int line = 1;

	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		return jcop_report(report, 1, "text",
			"starts with a byte order mark; expected plain UTF-8");
	if (strlen(text) > JCOP_TEXT_MAX)
		return jcop_report(report, 1, "text",
			"is too long; expected at most %zu bytes",
			JCOP_TEXT_MAX);
	while (*p != 0) {
		size_t len = utf8_len(p);

		if (len == 0 || !is_text(*p))
			return jcop_report(report, line, "text",
				"has a byte %02X; expected UTF-8 without "
				"control characters",
				*p);
		line += *p == '\n';
		p += len;
	}
	return JCOP_OK;
}

static void
skip_blanks(struct scanner *s)
{
	s->at += strspn(s->at, " \t\r");
}

/* A comment is a gap always, an end of line if another stood before it. */
static bool
read_gap(struct scanner *s, struct token *token)
{
	if (*s->at == '#') {
		token->len = strcspn(s->at, "\r\n");
		s->newline = false;
	} else {
		bool empty = s->newline;

		token->len = 1;
		s->line++;
		s->newline = true;
		if (!empty) {
			s->at++;
			return false;
		}
	}
	token->type = TOKEN_GAP;
	s->at += token->len;
	return true;
}

static int
read_quoted(struct scanner *s, struct token *token)
{
	size_t len = strcspn(s->at + 1, "\"\r\n");

	if (s->at[1 + len] != '"')
		return jcop_report(s->report, s->line,
			token_quote(&s->key).text,
			"a string is not closed; expected '\"' on the same "
			"line");
	token->type = TOKEN_QUOTED;
	token->len = len + 2;
	return JCOP_OK;
}

/* To scconf a word ends at a blank, a semicolon or a comma, at nothing else. */
static int
read_word(struct scanner *s, struct token *token)
{
	size_t len = strcspn(s->at, ";, \t\r\n");
	size_t clean = strcspn(s->at, "{}=\"#;, \t\r\n");

	if (clean < len)
		return jcop_report(s->report, s->line, quote(s->at, len).text,
			"'%c' inside a word; expected a blank before '%c'",
			s->at[clean], s->at[clean]);
	token->type = TOKEN_WORD;
	token->len = len;
	return JCOP_OK;
}

static int
next_token(struct scanner *s, struct token *token)
{
	int r = JCOP_OK;

	for (;;) {
		skip_blanks(s);
		token->text = s->at;
		token->line = s->line;
		token->len = 0;
		if (*s->at != '#' && *s->at != '\n')
			break;
		if (read_gap(s, token))
			return JCOP_OK;
	}
	s->newline = false;
	if (*s->at == '\0') {
		token->type = TOKEN_END;
	} else if (strchr("{}=;,", *s->at) != NULL) {
		token->type = TOKEN_PUNCTUATION;
		token->len = 1;
	} else if (*s->at == '"') {
		r = read_quoted(s, token);
	} else {
		r = read_word(s, token);
	}
	s->at += token->len;
	return r;
}

static bool
same_key(const struct jcop_scan_entry *a, const struct jcop_scan_entry *b)
{
	return a->parent == b->parent && a->block == b->block &&
	       a->key_len == b->key_len &&
	       strncasecmp(a->key, b->key, a->key_len) == 0;
}

static int
grow(struct jcop_scan *scan, const struct jcop_report *report)
{
	size_t capacity = scan->capacity == 0 ? 64 : 2 * scan->capacity;
	struct jcop_scan_entry *entries =
		realloc(scan->entries, capacity * sizeof(*entries));

	if (entries == NULL)
		return jcop_report_no_memory(report);
	scan->entries = entries;
	scan->capacity = capacity;
	return JCOP_OK;
}

/* scconf would silently make one list of two values with one key. */
static int
check_twice(struct scanner *s, const struct jcop_scan_entry *entry)
{
	size_t i;

	if (entry->block)
		return JCOP_OK;
	for (i = 0; i < s->scan->count; i++) {
		const struct jcop_scan_entry *other = &s->scan->entries[i];

		if (same_key(other, entry))
			return jcop_report(s->report, entry->line,
				token_quote(&s->key).text,
				"is given twice, first in line %u; expected "
				"it once",
				other->line);
	}
	return JCOP_OK;
}

static int
add_entry(struct scanner *s, bool block)
{
	struct jcop_scan *scan = s->scan;
	struct jcop_scan_entry entry = {s->key.text, s->key.len,
		s->depth == 0 ? SIZE_MAX : s->open[s->depth - 1], s->key.line,
		block, NULL};
	int r = check_twice(s, &entry);

	if (r == JCOP_OK && scan->count == JCOP_SCAN_ENTRIES_MAX)
		r = jcop_report(s->report, s->key.line,
			token_quote(&s->key).text,
			"is one too many; expected at most %d keys and blocks",
			JCOP_SCAN_ENTRIES_MAX);
	if (r == JCOP_OK && scan->count == scan->capacity)
		r = grow(scan, s->report);
	if (r == JCOP_OK)
		scan->entries[scan->count++] = entry;
	return r;
}

static int
open_block(struct scanner *s)
{
	int r;

	if (s->depth == JCOP_SCAN_DEPTH)
		return jcop_report(s->report, s->key.line,
			token_quote(&s->key).text,
			"block in too many blocks; expected at most %d",
			JCOP_SCAN_DEPTH);
	r = add_entry(s, true);
	if (r == JCOP_OK) {
		s->open[s->depth++] = s->scan->count - 1;
		s->state = STATE_START;
	}
	return r;
}

static int
unexpected(const struct scanner *s, const struct token *token)
{
	static const char *const expected[STATE_COUNT] = {
		[STATE_START] = "a key",
		[STATE_KEY] = "'=' or '{'",
		[STATE_NAME] = "'{'",
		[STATE_VALUE] = "a value",
		[STATE_AFTER] = "';' or ','",
		[STATE_BROKEN] = "';'",
	};
	struct quote found = token_quote(token);

	if (s->state == STATE_START)
		return jcop_report(s->report, token->line, found.text,
			"is out of place; expected %s", expected[s->state]);
	if (token->type == TOKEN_GAP)
		return jcop_report(s->report, s->last_line,
			token_quote(&s->key).text,
			"a comment or an empty line follows; expected %s "
			"first",
			expected[s->state]);
	return jcop_report(s->report, s->last_line, token_quote(&s->key).text,
		"is followed by '%s'; expected %s", found.text,
		expected[s->state]);
}

static int
missing_semicolon(const struct scanner *s)
{
	return jcop_report(s->report, s->last_line, token_quote(&s->key).text,
		"the semicolon is missing; expected ';' after the value (or "
		"',' before another one)");
}

static int
on_word(struct scanner *s, const struct token *token)
{
	switch (s->state) {
	case STATE_START:
		if (token->type == TOKEN_QUOTED)
			return unexpected(s, token);
		s->key = *token;
		s->state = STATE_KEY;
		break;
	case STATE_KEY:
		s->state = STATE_NAME;
		break;
	case STATE_VALUE:
		s->state = STATE_AFTER;
		break;
	case STATE_AFTER:
	case STATE_BROKEN:
		return missing_semicolon(s);
	default:
		return unexpected(s, token);
	}
	s->last_line = token->line;
	return JCOP_OK;
}

static int
close_block(struct scanner *s, const struct token *token)
{
	if (s->state == STATE_AFTER || s->state == STATE_BROKEN)
		return missing_semicolon(s);
	if (s->state != STATE_START)
		return unexpected(s, token);
	if (s->depth == 0)
		return jcop_report(s->report, token->line, "}",
			"closes nothing; expected a '{' before it");
	s->depth--;
	return JCOP_OK;
}

static int
on_punctuation(struct scanner *s, const struct token *token)
{
	enum state state = s->state;
	int r = JCOP_OK;

	if (*token->text == '}')
		return close_block(s, token);
	if (*token->text == '{' && (state == STATE_KEY || state == STATE_NAME))
		return open_block(s);
	if (*token->text == '=' && state == STATE_KEY) {
		r = add_entry(s, false);
		s->state = STATE_VALUE;
	} else if (*token->text == ',' && state == STATE_AFTER) {
		s->state = STATE_VALUE;
	} else if (*token->text == ';' &&
		   (state == STATE_START || state == STATE_AFTER ||
			   state == STATE_BROKEN)) {
		s->state = STATE_START;
	} else {
		return unexpected(s, token);
	}
	s->last_line = token->line;
	return r;
}

/* A gap takes the key or the list away from under scconf's parser. */
static int
on_gap(struct scanner *s, const struct token *token)
{
	if (s->state == STATE_AFTER)
		s->state = STATE_BROKEN;
	else if (s->state != STATE_START && s->state != STATE_BROKEN)
		return unexpected(s, token);
	return JCOP_OK;
}

static int
on_end(struct scanner *s, const struct token *token)
{
	const struct jcop_scan_entry *block;

	if (s->state == STATE_AFTER || s->state == STATE_BROKEN)
		return missing_semicolon(s);
	if (s->state != STATE_START)
		return unexpected(s, token);
	if (s->depth == 0)
		return JCOP_OK;
	block = &s->scan->entries[s->open[s->depth - 1]];
	return jcop_report(s->report, block->line,
		quote(block->key, block->key_len).text,
		"the block is not closed; expected '}' before the end of the "
		"file");
}

static int
on_token(struct scanner *s, const struct token *token)
{
	switch (token->type) {
	case TOKEN_WORD:
	case TOKEN_QUOTED:
		return on_word(s, token);
	case TOKEN_PUNCTUATION:
		return on_punctuation(s, token);
	case TOKEN_GAP:
		return on_gap(s, token);
	case TOKEN_END:
		break;
	}
	return on_end(s, token);
}

int
jcop_scan_text(const char *text, struct jcop_scan *scan,
	const struct jcop_report *report)
{
	struct scanner s = {
		.at = text, .line = 1, .scan = scan, .report = report};
	struct token token = {TOKEN_GAP, text, 0, 1};
	int r;

	s.key = token;
	*scan = (struct jcop_scan){NULL, 0, 0};
	r = check_characters(text, report);
	while (r == JCOP_OK && token.type != TOKEN_END) {
		r = next_token(&s, &token);
		if (r == JCOP_OK)
			r = on_token(&s, &token);
	}
	if (r != JCOP_OK)
		jcop_scan_free(scan);
	return r;
}

void
jcop_scan_free(struct jcop_scan *scan)
{
	free(scan->entries);
	*scan = (struct jcop_scan){NULL, 0, 0};
}
