/*
 * init-pins.c: activation in steps by pkcs15-init.
 *
 * Each step is an operation of its own and needs the transport PIN again: the
 * card is reset in between, so that no other process finds it verified.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "pkcs15/init.h"

/* The user PIN with that auth id. */
static int
find_pin(struct sc_card *card, const struct sc_pkcs15_id *auth_id,
	enum jcop_pin *pin)
{
	static const enum jcop_pin users[] = {
		JCOP_PIN_GLOBAL, JCOP_PIN_SIGNATURE};
	const struct jcop_description *description =
		jcop_init_description(card);
	size_t i;

	for (i = 0; description != NULL && i < 2; i++) {
		*pin = users[i];
		if (auth_id->len == 1 &&
			auth_id->value[0] == description->pins[*pin].auth_id)
			return SC_SUCCESS;
	}
	if (description != NULL)
		jcop_init_say(card,
			"jcop45: --auth-id names no PIN that can be set: %02X "
			"is the %s, %02X the %s.",
			description->pins[JCOP_PIN_GLOBAL].auth_id,
			description->pins[JCOP_PIN_GLOBAL].label,
			description->pins[JCOP_PIN_SIGNATURE].auth_id,
			description->pins[JCOP_PIN_SIGNATURE].label);
	return SC_ERROR_NOT_ALLOWED;
}

/* OpenSC asks again, with the next reference, while it knows a PIN with the
 * one that it got; one that is set already it finds before by its id. */
int
jcop_init_select_pin_reference(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_auth_info *info)
{
	enum jcop_pin pin;
	int r = find_pin(p15card->card, &info->auth_id, &pin);

	(void)profile;
	if (r != SC_SUCCESS)
		return r;
	info->attrs.pin.reference =
		jcop_init_description(p15card->card)->pins[pin].reference;
	memset(&info->path, 0, sizeof(info->path));
	if (sc_pkcs15_find_pin_by_reference(p15card, NULL,
		    info->attrs.pin.reference, NULL) == SC_SUCCESS)
		return SC_ERROR_NOT_ALLOWED;
	return SC_SUCCESS;
}

struct authorisation {
	struct sc_profile *profile;
	struct sc_pkcs15_card *p15card;
};

/* --so-pin, or whoever is at the terminal; verified through our driver. */
static int
verify_transport_pin(void *context)
{
	const struct authorisation *authorisation = context;
	struct sc_card *card = authorisation->p15card->card;
	const struct jcop_pin_desc *desc =
		&jcop_init_description(card)->pins[JCOP_PIN_TRANSPORT];
	const char *message = "";
	int r = sc_pkcs15init_verify_secret(authorisation->profile,
		authorisation->p15card, NULL, SC_AC_CHV, desc->reference);

	if (r == SC_SUCCESS)
		return r;
	if (sc_card_ctl(card, SC_CARDCTL_JCOP45_MESSAGE, &message) ==
			SC_SUCCESS &&
		message[0] != '\0')
		return r;
	/* OpenSC looks at the length itself, before our driver. */
	if (r == SC_ERROR_INVALID_PIN_LENGTH)
		jcop_init_say(card,
			"jcop45: the %s takes %zu to %zu characters; no try "
			"was used.",
			desc->label, desc->min_length, desc->max_length);
	else
		jcop_init_say(card,
			"jcop45: this step needs the transport PIN: give it "
			"with --so-pin env:NAME.");
	return r;
}

int
jcop_init_create_pin(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_file *df, struct sc_pkcs15_object *object, const u8 *pin,
	size_t pin_len, const u8 *puk, size_t puk_len)
{
	const struct sc_pkcs15_auth_info *info = object->data;
	struct sc_card *card = p15card->card;
	struct authorisation authorisation = {profile, p15card};
	struct jcop_pin_setting setting = {
		.authorise = verify_transport_pin, .context = &authorisation};
	int r = find_pin(card, &info->auth_id, &setting.pin);

	(void)df;
	(void)puk;
	if (r != SC_SUCCESS)
		return r;
	if (puk_len > 0) {
		jcop_init_say(card,
			"jcop45: the PUK is the issuer's and cannot be set: "
			"leave --puk out.");
		return SC_ERROR_NOT_ALLOWED;
	}
	setting.value = jcop_bytes_of(pin, pin_len);
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_SET_PIN, &setting);
	return r == SC_SUCCESS ? r : jcop_init_failed(card, r);
}

/* OpenSC hands over no profile and no PKCS#15 objects here. */
static int
bind_both(struct sc_card *card, struct authorisation *authorisation)
{
	int r = sc_pkcs15init_bind(
		card, "pkcs15", NULL, NULL, &authorisation->profile);

	if (r != SC_SUCCESS)
		return r;
	r = sc_pkcs15_bind(card, NULL, &authorisation->p15card);
	if (r != SC_SUCCESS)
		sc_pkcs15init_unbind(authorisation->profile);
	return r;
}

int
jcop_init_finalize_card(struct sc_card *card)
{
	struct authorisation authorisation = {NULL, NULL};
	struct jcop_finalization finalization = {
		verify_transport_pin, &authorisation};
	int r = bind_both(card, &authorisation);

	if (r != SC_SUCCESS)
		return r;
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_FINALIZE, &finalization);
	if (r != SC_SUCCESS)
		r = jcop_init_failed(card, r);
	sc_pkcs15_unbind(authorisation.p15card);
	sc_pkcs15init_unbind(authorisation.profile);
	return r;
}
