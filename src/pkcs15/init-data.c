/*
 * init-data.c: pkcs15-init --store-data: one field of the agent data.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pkcs15/init.h"

/* A file made by an editor or by echo ends with a line end, which belongs to
 * no value. */
static struct jcop_bytes
without_line_end(struct jcop_bytes text)
{
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len > 0 && text.data[text.len - 1] == '\r')
		text.len--;
	return text;
}

int
jcop_init_store_data(struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, const struct sc_pkcs15_der *der)
{
	struct sc_card *card = p15card->card;
	struct jcop_agent_setting setting = {.name = object->label};
	struct jcop_agent_update update = {.settings = &setting, .count = 1};
	int r;

	if (object->auth_id.len > 0) {
		jcop_init_say(card,
			"jcop45: everybody can read the agent data: it takes "
			"no --auth-id; nothing was changed.");
		return SC_ERROR_NOT_ALLOWED;
	}
	if (object->label[0] == '\0')
		jcop_init_say(card, "jcop45: --label names the field.");
	if (der != NULL && der->value != NULL)
		setting.value =
			without_line_end(jcop_bytes_of(der->value, der->len));
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_WRITE_DATA, &update);
	if (r != SC_SUCCESS)
		return jcop_init_failed(card, r);
	return SC_SUCCESS;
}
