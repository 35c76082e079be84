/*
 * compat.h: the only place that knows releases of OpenSC apart.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_COMPAT_H
#define JCOP_COMPAT_H

#include <libopensc/opensc.h>

/* Exported, but declared only in OpenSC's internal.h. */
int _sc_card_add_rsa_alg(struct sc_card *card, unsigned int key_length,
	unsigned long flags, unsigned long exponent);

#endif
