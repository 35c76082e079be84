/*
 * default-card.h: the text of etc/agent.card, made into C by the build.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_DEFAULT_CARD_H
#define JCOP_DESCRIPTION_DEFAULT_CARD_H

extern const char jcop_default_card[];

#endif
