/*
 * mse.c: MANAGE SECURITY ENVIRONMENT: which template, and its data objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "virtual-card/internal.h"

#define SET_COMPUTE 0x41 /* ISO/IEC 7816-4 table 76: own use */
#define SET_VERIFY 0x81  /* external authentication, verification */

static const struct {
	uint8_t p1, p2;
	uint16_t (*function)(
		struct vcard *card, const struct vcard_command *command);
} templates[] = {
	{SET_COMPUTE, 0xA4, vcard_mse_chip_auth},
	{SET_COMPUTE, 0xA6, vcard_mse_key_agreement},
	{SET_VERIFY, 0xA4, vcard_mse_role},
	{SET_COMPUTE, 0xB6, vcard_mse_signature},
	{SET_VERIFY, 0xB6, vcard_mse_signature_91},
	{SET_COMPUTE, 0xB8, vcard_mse_confidentiality},
};

uint16_t
vcard_cmd_mse(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	size_t i;

	(void)answer;
	for (i = 0; i < sizeof templates / sizeof *templates; i++)
		if (templates[i].p1 == command->p1 &&
			templates[i].p2 == command->p2)
			return templates[i].function(card, command);
	return SW_P1P2;
}

bool
vcard_read_template(struct jcop_bytes data,
	struct vcard_template_object *wanted, size_t count)
{
	struct jcop_tlv object;
	size_t i;
	int r;

	while ((r = jcop_tlv_read(&data, &object)) == JCOP_OK) {
		for (i = 0; i < count && wanted[i].tag != object.tag; i++)
			;
		if (i == count || wanted[i].value.data != NULL)
			return false;
		wanted[i].value = object.value;
	}
	return r == JCOP_ERR_NOT_FOUND;
}
