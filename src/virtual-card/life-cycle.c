/*
 * life-cycle.c: ACTIVATE.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "virtual-card/internal.h"

uint16_t
vcard_cmd_activate(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_state *state = &card->state;
	uint16_t sw;

	(void)answer;
	if (command->p1 != 0 || command->p2 != 0)
		return SW_P1P2;
	if (command->data.len > 0)
		return SW_LENGTH;
	if (state->life_cycle != VCARD_INITIALISATION)
		return SW_CONDITIONS;
	sw = vcard_rule_role(card, command, JCOP_KEYSET_SK_ADMIN);
	if (sw != SW_OK)
		return sw;
	if (!vcard_pin_known(card, JCOP_PIN_TRANSPORT) ||
		!state->pins[JCOP_PIN_GLOBAL].set ||
		!state->pins[JCOP_PIN_SIGNATURE].set)
		return SW_CONDITIONS;
	state->life_cycle = VCARD_ACTIVATED;
	card->session->pin_known[JCOP_PIN_TRANSPORT] = false;
	card->dirty = true;
	return SW_OK;
}
