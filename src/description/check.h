/*
 * check.h: what has to fit together in a card description.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_CHECK_H
#define JCOP_DESCRIPTION_CHECK_H

#include "description/read.h"

/*
 * Checks the description that READER has read, value against value. Errors,
 * reported with the line of the later of two values that do not agree:
 * JCOP_ERR_MALFORMED.
 */
JCOP_CHECKED int jcop_check(const struct jcop_reader *reader);

#endif
