/*
 * nearest.h: what a mistyped word was meant to be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_NEAREST_H
#define JCOP_TOOL_NEAREST_H

/* Is WORD near enough to NAME to ask whether that was meant? */
int tool_is_near(const char *word, const char *name);

#endif
