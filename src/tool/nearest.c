/*
 * nearest.c: what a mistyped word was meant to be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "core/nearest.h"
#include "tool/nearest.h"

#define NEAR 2

int
tool_is_near(const char *word, const char *name)
{
	size_t len = strlen(word);

	if (len >= 3 && strncmp(word, name, len) == 0)
		return 1;
	return len > NEAR && jcop_distance(word, name) <= NEAR;
}
