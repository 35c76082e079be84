/*
 * vpcd.h: the card in the slot of a real pcscd, through the driver of package
 * vsmartcard-vpcd, which listens on a TCP port for a card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_VPCD_H
#define JCOP_VIRTUAL_CARD_VPCD_H

#include "virtual-card/reader.h"

struct vcard_vpcd_config {
	const char *dir;
	const char *address;       /* HOST:PORT; [HOST]:PORT for IPv6 */
	const char *trace;         /* or NULL */
	unsigned int wait_seconds; /* tries again that long to connect */
	int stop_fd;               /* readable: end; -1: never */
};

enum vcard_vpcd_result {
	VCARD_VPCD_STOPPED, /* by stop_fd */
	VCARD_VPCD_HUNG_UP, /* the other side closed the connection */
	VCARD_VPCD_FAILED   /* MESSAGE says why */
};

/*
 * Serves the card in DIR, alone (it is in that slot and in no other), until
 * told to stop. When the card is removed the connection is closed, and made
 * anew when it is inserted. MESSAGE has VCARD_MESSAGE_SIZE bytes.
 */
JCOP_CHECKED enum vcard_vpcd_result vcard_vpcd_serve(
	const struct vcard_vpcd_config *config, char *message);

#endif
