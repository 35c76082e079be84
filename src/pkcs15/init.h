/*
 * init.h: what the files of the pkcs15-init module share. Private to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_PKCS15_INIT_H
#define JCOP_PKCS15_INIT_H

#include <libopensc/log.h>
#include <libopensc/opensc.h>
#include <libopensc/pkcs15.h>
#include <pkcs15init/pkcs15-init.h>
#include <pkcs15init/profile.h>

#include "card-driver/cardctl.h"

/* A line on standard error, where the program is pkcs15-init. */
void jcop_init_say(struct sc_card *card, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Says the driver's reason, before OpenSC's own line, and returns what the
 * operation returns for ERROR. Of invalid arguments pkcs15-init would make
 * that it does not know the algorithm.
 */
int jcop_init_failed(struct sc_card *card, int error);

/* NULL if the card has another driver. */
const struct jcop_description *jcop_init_description(struct sc_card *card);

#endif
