/*
 * audit.c: a line in the system's log for each administrative act.
 *
 * Written here, so that acts of OpenSC's own tools and of PKCS#11 programs are
 * in it, too. The line has what is needed to find the card and nothing of its
 * holder: no label, no id, no field, no name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "card-driver/session.h"

/*
 * Acts of the issuer or an administrator. The holder's own (to change a PIN
 * with the old one, to use a key) are nobody else's business.
 */
static bool
is_administrative(enum jcop_operation operation)
{
	switch (operation) {
	case JCOP_OP_ACTIVATE:
	case JCOP_OP_GENERATE:
	case JCOP_OP_WRITE_CERTIFICATE:
	case JCOP_OP_IMPORT:
	case JCOP_OP_DELETE:
	case JCOP_OP_UNBLOCK_PUK:
	case JCOP_OP_UNBLOCK_KEYSET:
	case JCOP_OP_WRITE_DATA:
		return true;
	case JCOP_OP_READ:
	case JCOP_OP_CHANGE_PIN:
	case JCOP_OP_COUNT:
		break;
	}
	return false;
}

void
jcop_audit_note(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	size_t i;

	for (i = 0; i < session->iccsn_len; i++)
		snprintf(
			session->audited + 2 * i, 3, "%02X", session->iccsn[i]);
}

/* Unblocking with the PUK has not read it yet. The reason of a failure stays.
 */
static void
identify(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	char message[JCOP_MESSAGE_SIZE];

	memcpy(message, session->message, sizeof(message));
	if (jcop_read_iccsn(card) != SC_SUCCESS)
		session->iccsn_len = 0;
	memcpy(session->message, message, sizeof(message));
}

void
jcop_audit_prepare(
	struct sc_card *card, bool card_answers, struct jcop_audit *audit)
{
	struct jcop_session *session = card->drv_data;

	memset(audit, 0, sizeof(*audit));
	audit->due = is_administrative(session->operation) &&
		     (session->attempted || session->rights_gained);
	if (!audit->due)
		return;
	if (session->audited[0] == '\0' && session->iccsn_len == 0 &&
		card_answers)
		identify(card);
	if (session->audited[0] == '\0')
		jcop_audit_note(card);
	memcpy(audit->iccsn, session->audited, sizeof(audit->iccsn));
}

/* An activation in steps is one when the last of them is done. */
static const char *
name_of_act(const struct jcop_session *session, bool ok)
{
	if (ok && session->operation == JCOP_OP_ACTIVATE &&
		!session->role_attempted)
		return "setting a PIN for activation";
	return jcop_operation_name(session->operation);
}

/* No openlog: the name in front of the line is the application's affair. */
void
jcop_audit_write(
	struct sc_card *card, const struct jcop_audit *audit, int result)
{
	const struct jcop_session *session = card->drv_data;
	bool ok = result == SC_SUCCESS;

	if (!audit->due)
		return;
	syslog(LOG_AUTHPRIV | (ok ? LOG_NOTICE : LOG_WARNING),
		"%s: card %s: %s: %s%s", JCOP_SHORT_NAME,
		audit->iccsn[0] != '\0' ? audit->iccsn : "unknown",
		name_of_act(session, ok),
		ok ? "ok" : "failed: ", ok ? "" : sc_strerror(result));
}
