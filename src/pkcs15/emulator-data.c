/*
 * emulator-data.c: the agent data as PKCS#15 data objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "pkcs15/emulator.h"

/* What all of them name as their application. */
#define APPLICATION JCOP_SHORT_NAME

static int
add_field(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description, enum jcop_data data,
	size_t field)
{
	char name[JCOP_AGENT_NAME_SIZE];
	struct sc_pkcs15_data_info info;
	struct sc_pkcs15_object object;

	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	sc_init_oid(&info.app_oid);
	snprintf(info.app_label, sizeof(info.app_label), "%s", APPLICATION);
	jcop_agent_path(description, data, field, &info.path);
	snprintf(object.label, sizeof(object.label), "%s",
		jcop_agent_name(description, data, field, name));
	return sc_pkcs15emu_add_data_object(p15card, &object, &info);
}

int
jcop_emulate_agent_data(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description)
{
	bool shown = false;
	size_t field;
	int data;
	int r = sc_card_ctl(
		p15card->card, SC_CARDCTL_JCOP45_DATA_SHOWN, &shown);

	for (data = 0; shown && data < JCOP_DATA_COUNT; data++)
		for (field = 0; r == SC_SUCCESS &&
				field < description->data[data].field_count;
			field++)
			r = add_field(p15card, description,
				(enum jcop_data)data, field);
	return r;
}
