/*
 * emulator.h: what the files of the emulator share. Private to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_PKCS15_EMULATOR_H
#define JCOP_PKCS15_EMULATOR_H

#include <libopensc/opensc.h>
#include <libopensc/pkcs15.h>

#include "card-driver/cardctl.h"

/* --- emulator-data.c --- */

/* A public data object for each field of the agent data, unless opensc.conf
 * leaves them out. No command is sent: a value is read when it is asked for. */
int jcop_emulate_agent_data(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description);

#endif
