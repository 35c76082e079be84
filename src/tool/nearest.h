/*
 * nearest.h: what a mistyped word was meant to be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_NEAREST_H
#define JCOP_TOOL_NEAREST_H

#include <stddef.h>

/*
 * How many letters have to be added, taken away or replaced to make B of A; a
 * word of more than 31 letters is far from all: SIZE_MAX.
 */
size_t tool_distance(const char *a, const char *b);

/* Is WORD near enough to NAME to ask whether that was meant? */
int tool_is_near(const char *word, const char *name);

#endif
