/*
 * emulator.c: the containers as PKCS#15 objects.
 *
 * The card tells what is there (directory and PIN states); nothing of it is
 * kept beyond OpenSC's own objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libopensc/log.h>
#include <libopensc/opensc.h>
#include <libopensc/pkcs15.h>

#include "pkcs15/emulator.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int sc_pkcs15_init_func_ex(
	struct sc_pkcs15_card *p15card, struct sc_aid *aid);

/* An id of one byte, as the PINs have. */
static struct sc_pkcs15_id
byte_id(uint8_t value)
{
	struct sc_pkcs15_id id;

	memset(&id, 0, sizeof(id));
	id.value[0] = value;
	id.len = 1;
	return id;
}

static struct sc_pkcs15_id
key_id(const struct jcop_directory_key *key)
{
	struct sc_pkcs15_id id;

	memset(&id, 0, sizeof(id));
	memcpy(id.value, key->id, key->id_len);
	id.len = key->id_len;
	return id;
}

static void
set_label(struct sc_pkcs15_object *object, const char *label)
{
	snprintf(object->label, sizeof(object->label), "%s", label);
}

/* --- PINs --------------------------------------------------------------------
 */

static unsigned int
pin_flags(enum jcop_pin pin)
{
	unsigned int flags = SC_PKCS15_PIN_FLAG_INITIALIZED;

	switch (pin) {
	case JCOP_PIN_SIGNATURE:
		return flags | SC_PKCS15_PIN_FLAG_LOCAL;
	case JCOP_PIN_TRANSPORT:
		return flags | SC_PKCS15_PIN_FLAG_SO_PIN |
		       SC_PKCS15_PIN_FLAG_UNBLOCK_DISABLED |
		       SC_PKCS15_PIN_FLAG_CHANGE_DISABLED;
	case JCOP_PIN_PUK:
		return flags | SC_PKCS15_PIN_FLAG_UNBLOCKING_PIN |
		       SC_PKCS15_PIN_FLAG_UNBLOCK_DISABLED |
		       SC_PKCS15_PIN_FLAG_CHANGE_DISABLED;
	default:
		return flags;
	}
}

/* The PUK's id as auth id of a user PIN is how OpenSC learns whom to ask. */
static void
set_pin_guardian(const struct jcop_description *description, enum jcop_pin pin,
	struct sc_pkcs15_object *object)
{
	if (pin == JCOP_PIN_GLOBAL || pin == JCOP_PIN_SIGNATURE)
		object->auth_id =
			byte_id(description->pins[JCOP_PIN_PUK].auth_id);
}

/* Shown with TRIES_LEFT; -1 where the card was not asked. */
static int
add_pin(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description, enum jcop_pin pin,
	int tries_left)
{
	const struct jcop_pin_desc *desc = &description->pins[pin];
	struct sc_pkcs15_auth_info info;
	struct sc_pkcs15_object object;

	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	info.auth_type = SC_PKCS15_PIN_AUTH_TYPE_PIN;
	info.auth_method = SC_AC_CHV;
	info.auth_id = byte_id(desc->auth_id);
	info.attrs.pin.flags = pin_flags(pin);
	if (desc->padded)
		info.attrs.pin.flags |= SC_PKCS15_PIN_FLAG_NEEDS_PADDING;
	info.attrs.pin.type = desc->charset == JCOP_CHARSET_NUMERIC
				      ? SC_PKCS15_PIN_TYPE_ASCII_NUMERIC
				      : SC_PKCS15_PIN_TYPE_UTF8;
	info.attrs.pin.min_length = desc->min_length;
	info.attrs.pin.stored_length = desc->padded ? desc->max_length : 0;
	info.attrs.pin.max_length = desc->max_length;
	info.attrs.pin.pad_char = desc->pad;
	info.attrs.pin.reference = desc->reference;
	info.max_tries = (int)desc->tries;
	info.tries_left = tries_left;
	object.flags = SC_PKCS15_CO_FLAG_PRIVATE;
	if (!(info.attrs.pin.flags & SC_PKCS15_PIN_FLAG_CHANGE_DISABLED))
		object.flags |= SC_PKCS15_CO_FLAG_MODIFIABLE;
	set_pin_guardian(description, pin, &object);
	set_label(&object, desc->label);
	return sc_pkcs15emu_add_pin_obj(p15card, &object, &info);
}

static int
ask_pin(struct sc_card *card, const struct jcop_description *description,
	struct jcop_pin_state *state)
{
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_PIN_STATE, state);

	if (r == SC_SUCCESS && state->status == JCOP_PIN_VERIFIED)
		state->tries_left = (int)description->pins[state->pin].tries;
	return r;
}

/* A PIN that the card counts tries for; others are not shown. */
static int
add_usable_pin(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description, enum jcop_pin pin)
{
	struct jcop_pin_state state = {.pin = pin};
	int r = ask_pin(p15card->card, description, &state);

	if (r != SC_SUCCESS || state.status == JCOP_PIN_NOT_USABLE)
		return r;
	return add_pin(p15card, description, pin, state.tries_left);
}

/* User PINs once they are set; the transport PIN before activation, the PUK
 * after it. The PUK is asked for its tries only when somebody wants to know. */
static int
add_pins(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description)
{
	enum jcop_life_cycle life_cycle = JCOP_LIFE_CYCLE_UNKNOWN;
	int r = sc_card_ctl(
		p15card->card, SC_CARDCTL_JCOP45_LIFE_CYCLE, &life_cycle);

	if (r == SC_SUCCESS)
		r = add_usable_pin(p15card, description, JCOP_PIN_GLOBAL);
	if (r == SC_SUCCESS)
		r = add_usable_pin(p15card, description, JCOP_PIN_SIGNATURE);
	if (r != SC_SUCCESS)
		return r;
	if (life_cycle == JCOP_LIFE_CYCLE_ACTIVATED)
		return add_pin(p15card, description, JCOP_PIN_PUK, -1);
	return add_usable_pin(p15card, description, JCOP_PIN_TRANSPORT);
}

/* --- keys and certificates --- */

static int
add_private_key(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description,
	const struct jcop_directory_key *key)
{
	struct sc_pkcs15_prkey_info info;
	struct sc_pkcs15_object object;

	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	info.id = key_id(key);
	info.usage = jcop_key_usage(key->container);
	info.native = 1;
	info.key_reference = key->slot->key;
	info.modulus_length = key->slot->bits;
	/* OpenSC takes no flags for those of a key made on the card. */
	if (!key->local)
		info.access_flags = SC_PKCS15_PRKEY_ACCESS_SENSITIVE;
	object.flags = SC_PKCS15_CO_FLAG_PRIVATE;
	object.auth_id =
		byte_id(description->pins[key->container->pin].auth_id);
	object.user_consent = key->container->user_consent ? 1 : 0;
	set_label(&object, key->label);
	return sc_pkcs15emu_add_rsa_prkey(p15card, &object, &info);
}

/* sc_pkcs15emu_add_rsa_pubkey keeps the value; OpenSC frees it. */
static int
encode_public_key(struct sc_context *ctx, const struct jcop_directory_key *key,
	struct sc_pkcs15_der *der)
{
	struct sc_pkcs15_pubkey_rsa rsa = {
		{key->modulus.data, key->modulus.len},
		{key->exponent.data, key->exponent.len}};

	return sc_pkcs15_encode_pubkey_rsa(ctx, &rsa, &der->value, &der->len);
}

static int
add_public_key(
	struct sc_pkcs15_card *p15card, const struct jcop_directory_key *key)
{
	struct sc_pkcs15_pubkey_info info;
	struct sc_pkcs15_object object;
	int r;

	if (key->modulus.len == 0)
		return SC_SUCCESS;
	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	info.id = key_id(key);
	info.usage = SC_PKCS15_PRKEY_USAGE_VERIFY;
	if (key->container->decipher)
		info.usage |= SC_PKCS15_PRKEY_USAGE_ENCRYPT |
			      SC_PKCS15_PRKEY_USAGE_WRAP;
	info.native = 1;
	info.key_reference = key->slot->key;
	info.modulus_length = key->slot->bits;
	set_label(&object, key->label);
	r = encode_public_key(p15card->card->ctx, key, &info.direct.raw);
	if (r == SC_SUCCESS)
		r = encode_public_key(p15card->card->ctx, key, &object.content);
	if (r == SC_SUCCESS)
		r = sc_pkcs15emu_add_rsa_pubkey(p15card, &object, &info);
	if (r != SC_SUCCESS) {
		free(info.direct.raw.value);
		free(object.content.value);
	}
	return r;
}

static int
add_certificate(
	struct sc_pkcs15_card *p15card, const struct jcop_directory_key *key)
{
	struct sc_pkcs15_cert_info info;
	struct sc_pkcs15_object object;

	if (!key->has_certificate)
		return SC_SUCCESS;
	memset(&info, 0, sizeof(info));
	memset(&object, 0, sizeof(object));
	info.id = key_id(key);
	info.path.type = SC_PATH_TYPE_FILE_ID;
	info.path.value[0] = (u8)(key->slot->certificate >> 8);
	info.path.value[1] = (u8)key->slot->certificate;
	info.path.len = 2;
	info.path.count = -1; /* all of the file */
	set_label(&object, key->certificate_label);
	return sc_pkcs15emu_add_x509_cert(p15card, &object, &info);
}

static int
add_containers(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	size_t i;
	int r;

	if (directory == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	r = sc_card_ctl(p15card->card, SC_CARDCTL_JCOP45_DIRECTORY, directory);
	for (i = 0; r == SC_SUCCESS && i < directory->count; i++) {
		const struct jcop_directory_key *key = &directory->keys[i];

		r = add_private_key(p15card, description, key);
		if (r == SC_SUCCESS)
			r = add_public_key(p15card, key);
		if (r == SC_SUCCESS)
			r = add_certificate(p15card, key);
	}
	jcop_directory_free(directory);
	free(directory);
	return r;
}

/* --- token --- */

static int
set_string(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
	return *to != NULL ? SC_SUCCESS : SC_ERROR_OUT_OF_MEMORY;
}

static int
describe_token(struct sc_pkcs15_card *p15card,
	const struct jcop_description *description)
{
	struct sc_serial_number serial;
	char hex[2 * SC_MAX_SERIALNR + 1];
	int r = sc_card_ctl(p15card->card, SC_CARDCTL_GET_SERIALNR, &serial);

	if (r == SC_SUCCESS)
		r = sc_bin_to_hex(
			serial.value, serial.len, hex, sizeof(hex), '\0');
	if (r == SC_SUCCESS)
		r = set_string(&p15card->tokeninfo->serial_number, hex);
	if (r == SC_SUCCESS)
		r = set_string(&p15card->tokeninfo->label,
			description->token_label[0] != '\0'
				? description->token_label
				: description->name);
	if (r == SC_SUCCESS)
		r = set_string(&p15card->tokeninfo->manufacturer_id,
			description->manufacturer);
	p15card->tokeninfo->flags = SC_PKCS15_TOKEN_PRN_GENERATION;
	return r;
}

/* Private path of the application: OpenSC makes paths absolute with it. */
static int
set_application(struct sc_pkcs15_card *p15card)
{
	if (p15card->file_app == NULL)
		p15card->file_app = sc_file_new();
	return p15card->file_app != NULL ? SC_SUCCESS : SC_ERROR_OUT_OF_MEMORY;
}

static int
fill(struct sc_pkcs15_card *p15card)
{
	const struct jcop_description *description = NULL;
	int r = sc_card_ctl(
		p15card->card, SC_CARDCTL_JCOP45_DESCRIPTION, &description);

	if (r == SC_SUCCESS)
		r = set_application(p15card);
	if (r == SC_SUCCESS)
		r = describe_token(p15card, description);
	if (r == SC_SUCCESS)
		r = add_containers(p15card, description);
	if (r == SC_SUCCESS)
		r = add_pins(p15card, description);
	if (r == SC_SUCCESS)
		r = jcop_emulate_agent_data(p15card, description);
	return r;
}

/* What pkcs15-init does to an application, as to erase it, it would do to the
 * containers, whatever application it was told. Others only read. */
static bool
is_for_other(const struct sc_card *card, const struct sc_aid *aid,
	const struct jcop_description *description)
{
	const struct jcop_application_desc *pki =
		&description->applications[JCOP_APP_PKI];

	return aid != NULL && aid->len > 0 && card->ctx->app_name != NULL &&
	       strcmp(card->ctx->app_name, "pkcs15-init") == 0 &&
	       (aid->len != pki->aid_len ||
		       memcmp(aid->value, pki->aid, pki->aid_len) != 0);
}

static int
check_application(struct sc_card *card, const struct sc_aid *aid)
{
	const struct jcop_description *description = NULL;
	int r = sc_card_ctl(card, SC_CARDCTL_JCOP45_DESCRIPTION, &description);

	if (r != SC_SUCCESS || !is_for_other(card, aid, description))
		return r;
	fprintf(stderr, "jcop45: this AID is not that of the application with "
			"the keys; nothing was changed.\n");
	return SC_ERROR_WRONG_CARD;
}

int
sc_pkcs15_init_func_ex(struct sc_pkcs15_card *p15card, struct sc_aid *aid)
{
	struct sc_card *card = p15card->card;
	int r;

	if (card->driver == NULL || card->driver->short_name == NULL ||
		strcmp(card->driver->short_name, JCOP_SHORT_NAME) != 0)
		return SC_ERROR_WRONG_CARD;
	r = check_application(card, aid);
	if (r == SC_SUCCESS)
		r = sc_lock(card);
	if (r != SC_SUCCESS)
		return r;
	r = fill(p15card);
	sc_unlock(card);
	return r;
}
