/*
 * nearest.h: how far a mistyped word is from what was meant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_NEAREST_H
#define JCOP_CORE_NEAREST_H

#include <stddef.h>

/*
 * How many letters have to be added, taken away or replaced to make B of A,
 * without regard to case; a word of more than 63 bytes is far from all:
 * SIZE_MAX.
 */
size_t jcop_distance(const char *a, const char *b);

#endif
