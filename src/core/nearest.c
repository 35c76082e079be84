/*
 * nearest.c: how far a mistyped word is from what was meant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "core/nearest.h"

#define MAX_NAME 63

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, a row at a time. */
size_t
jcop_distance(const char *a, const char *b)
{
	size_t row[MAX_NAME + 1], len_a = strlen(a), len_b = strlen(b);
	size_t i, j, diagonal, above;

	if (len_a > MAX_NAME || len_b > MAX_NAME)
		return SIZE_MAX;
	for (j = 0; j <= len_b; j++)
		row[j] = j;
	for (i = 1; i <= len_a; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= len_b; j++) {
			above = row[j];
			if (tolower((unsigned char)a[i - 1]) !=
				tolower((unsigned char)b[j - 1]))
				diagonal++;
			row[j] = min3(diagonal, above + 1, row[j - 1] + 1);
			diagonal = above;
		}
	}
	return row[len_b];
}
