/*
 * token.c: the one token that the configuration names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"

static bool
label_matches(const char *label, const CK_TOKEN_INFO *info)
{
	char text[sizeof(info->label) + 1];

	hsm_copy_padded(text, info->label, sizeof(info->label));
	return strcmp(text, label) == 0;
}

static bool
slot_matches(struct jcop_hsm *hsm, const struct hsm_target *target,
	CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	CK_SLOT_ID wanted;
	CK_SLOT_INFO slot_info;

	if ((info->flags & CKF_TOKEN_INITIALIZED) == 0)
		return false;
	if (target->uri == NULL)
		return label_matches(target->token, info);
	wanted = p11_kit_uri_get_slot_id(target->uri);
	if (wanted != (CK_SLOT_ID)-1 && wanted != slot)
		return false;
	if (hsm->module->C_GetSlotInfo(slot, &slot_info) != CKR_OK)
		return false;
	return p11_kit_uri_match_token_info(target->uri, info) == 1 &&
	       p11_kit_uri_match_slot_info(target->uri, &slot_info) == 1;
}

/* Free SLOTS after success. */
static int
list_slots(struct jcop_hsm *hsm, CK_SLOT_ID **slots, CK_ULONG *count,
	char *message)
{
	CK_RV rv;

	rv = hsm->module->C_GetSlotList(CK_TRUE, NULL, count);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_GetSlotList", rv, "");
	/* One more, so that no token at all is no special case. */
	*slots = calloc(*count + 1, sizeof(**slots));
	if (*slots == NULL)
		return hsm_fail(
			message, JCOP_ERR_NO_MEMORY, "HSM: out of memory");
	rv = hsm->module->C_GetSlotList(CK_TRUE, *slots, count);
	if (rv == CKR_OK)
		return JCOP_OK;
	free(*slots);
	*slots = NULL;
	return hsm_fail_rv(message, "C_GetSlotList", rv, "");
}

static int
say_how_many(const struct hsm_target *target, size_t found, CK_ULONG count,
	char *message)
{
	const char *wanted =
		target->uri != NULL ? "that hsm.uri describes" : target->token;

	if (found == 0)
		return hsm_fail(message, JCOP_ERR_NOT_FOUND,
			"HSM: there is no token %s among the %lu of the "
			"module; look at: pkcs11-tool --module MODULE "
			"--list-token-slots",
			wanted, (unsigned long)count);
	return hsm_fail(message, JCOP_ERR_ARGUMENT,
		"HSM: %zu tokens are %s%s; give the one to be used with "
		"serial= in hsm.uri",
		found, target->uri != NULL ? "as hsm.uri says" : "called ",
		target->uri != NULL ? "" : target->token);
}

static void
take_token(struct jcop_hsm *hsm, const CK_TOKEN_INFO *info)
{
	hsm_copy_padded(hsm->token, info->label, sizeof(info->label));
	hsm_copy_padded(
		hsm->serial, info->serialNumber, sizeof(info->serialNumber));
}

int
hsm_token_find(struct jcop_hsm *hsm, const struct hsm_target *target,
	CK_SLOT_ID *slot, CK_TOKEN_INFO *info, char *message)
{
	CK_SLOT_ID *slots = NULL;
	CK_TOKEN_INFO one;
	CK_ULONG count = 0, i;
	size_t found = 0;
	int r;

	r = list_slots(hsm, &slots, &count, message);
	if (r != JCOP_OK)
		return r;
	for (i = 0; i < count; i++) {
		if (hsm->module->C_GetTokenInfo(slots[i], &one) != CKR_OK ||
			!slot_matches(hsm, target, slots[i], &one))
			continue;
		found++;
		*slot = slots[i];
		*info = one;
	}
	free(slots);
	if (found != 1)
		return say_how_many(target, found, count, message);
	take_token(hsm, info);
	return JCOP_OK;
}
