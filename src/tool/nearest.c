/*
 * nearest.c: what a mistyped word was meant to be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdint.h>
#include <string.h>

#include "tool/nearest.h"

#define MAX_LETTERS 31
#define NEAR 2

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Levenshtein's distance, with one row of his table. */
size_t
tool_distance(const char *a, const char *b)
{
	size_t row[MAX_LETTERS + 1], len = strlen(b), i, j;

	if (strlen(a) > MAX_LETTERS || len > MAX_LETTERS)
		return SIZE_MAX;
	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (j = 0; j < len; j++) {
			size_t above = row[j + 1];

			row[j + 1] = least(above + 1, row[j] + 1,
				diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[len];
}

int
tool_is_near(const char *word, const char *name)
{
	size_t len = strlen(word);

	if (len >= 3 && strncmp(word, name, len) == 0)
		return 1;
	return len > NEAR && tool_distance(word, name) <= NEAR;
}
