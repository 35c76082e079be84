/*
 * pins.c: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>

#include "virtual-card/internal.h"

#define VERIFY_LOGOUT 0xFF

#define CHANGE_OLD_NEW 0x00
#define CHANGE_NEW 0x01

#define RESET_PUK_NEW 0x00
#define RESET_ROLE_NEW 0x02
#define RESET_ONLY 0x03

bool
vcard_pin_known(const struct vcard *card, enum jcop_pin pin)
{
	return card->session->pin_known[pin];
}

bool
vcard_pin_find(const struct vcard *card, uint8_t reference, enum jcop_pin *pin)
{
	size_t i;

	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		const struct jcop_pin_desc *desc = &card->description.pins[i];

		if (desc->reference != reference)
			continue;
		*pin = (enum jcop_pin)i;
		return desc->application == JCOP_APP_MF ||
		       desc->application == card->session->df;
	}
	return false;
}

static bool
is_user_pin(enum jcop_pin pin)
{
	return pin == JCOP_PIN_GLOBAL || pin == JCOP_PIN_SIGNATURE;
}

static bool
is_activated(const struct vcard *card)
{
	return card->state.life_cycle == VCARD_ACTIVATED;
}

/* Does the PIN have a state to speak of? */
static bool
is_there(const struct vcard *card, enum jcop_pin pin)
{
	if (pin == JCOP_PIN_TRANSPORT)
		return card->state.life_cycle == VCARD_INITIALISATION;
	if (pin == JCOP_PIN_PUK)
		return is_activated(card);
	return card->state.pins[pin].set;
}

static uint16_t
tries_left(const struct vcard_pin *pin)
{
	return pin->tries == 0 ? SW_BLOCKED : vcard_sw_tries(pin->tries);
}

static uint16_t
pin_status(const struct vcard *card, enum jcop_pin pin)
{
	if (!is_there(card, pin))
		return SW_NOT_USABLE;
	if (vcard_pin_known(card, pin))
		return SW_OK;
	return tries_left(&card->state.pins[pin]);
}

/* Takes the padding off; false: a padded value of another length. */
static bool
unpadded(const struct jcop_pin_desc *desc, struct jcop_bytes *value)
{
	if (!desc->padded)
		return true;
	if (value->len != desc->max_length)
		return false;
	while (value->len > 0 && value->data[value->len - 1] == desc->pad)
		value->len--;
	return true;
}

/* One try with VALUE, as the command carries it. */
static uint16_t
try_pin(struct vcard *card, enum jcop_pin which, struct jcop_bytes value)
{
	struct vcard_pin *pin = &card->state.pins[which];
	const struct jcop_pin_desc *desc = &card->description.pins[which];

	if (pin->tries == 0)
		return SW_BLOCKED;
	card->dirty = true;
	if (unpadded(desc, &value) && value.len == pin->len &&
		CRYPTO_memcmp(value.data, pin->value, pin->len) == 0) {
		pin->tries = desc->tries;
		return SW_OK;
	}
	pin->tries--;
	card->session->pin_known[which] = false;
	return vcard_sw_tries(pin->tries);
}

static uint16_t
verify(struct vcard *card, enum jcop_pin pin, struct jcop_bytes value)
{
	uint16_t sw;

	if (!is_there(card, pin))
		return SW_NOT_USABLE;
	if (is_user_pin(pin) && !is_activated(card))
		return SW_CONDITIONS;
	sw = try_pin(card, pin, value);
	if (sw == SW_OK)
		card->session->pin_known[pin] = true;
	return sw;
}

uint16_t
vcard_cmd_verify(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	enum jcop_pin pin;

	(void)answer;
	if (command->p1 != 0 && command->p1 != VERIFY_LOGOUT)
		return SW_P1P2;
	if (!vcard_pin_find(card, command->p2, &pin))
		return SW_REFERENCE;
	if (command->p1 == VERIFY_LOGOUT) {
		if (command->data.len > 0)
			return SW_LENGTH;
		card->session->pin_known[pin] = false;
		return SW_OK;
	}
	if (command->data.len == 0)
		return pin_status(card, pin);
	return verify(card, pin, command->data);
}

static bool
good_new_pin(const struct jcop_pin_desc *desc, struct jcop_bytes *value)
{
	size_t i;

	if (!unpadded(desc, value) || value->len == 0 ||
		value->len < desc->min_length ||
		value->len > desc->max_length || value->len > VCARD_PIN_MAX)
		return false;
	if (desc->charset == JCOP_CHARSET_ANY)
		return true;
	for (i = 0; i < value->len; i++)
		if (value->data[i] < '0' || value->data[i] > '9')
			return false;
	return true;
}

static void
set_pin(struct vcard *card, enum jcop_pin which, struct jcop_bytes value)
{
	struct vcard_pin *pin = &card->state.pins[which];

	OPENSSL_cleanse(pin->value, sizeof pin->value);
	memcpy(pin->value, value.data, value.len);
	pin->len = value.len;
	pin->set = true;
	pin->tries = card->description.pins[which].tries;
	card->session->pin_released[which] = false;
	card->dirty = true;
}

/* Cuts DATA where the stored value of PIN, or its padding, ends. */
static void
split_values(const struct vcard *card, enum jcop_pin pin,
	struct jcop_bytes data, struct jcop_bytes *old, struct jcop_bytes *new)
{
	const struct jcop_pin_desc *desc = &card->description.pins[pin];
	size_t at = desc->padded ? desc->max_length : card->state.pins[pin].len;

	if (at > data.len)
		at = data.len;
	*old = jcop_bytes_of(data.data, at);
	*new = jcop_bytes_of(data.data + at, data.len - at);
}

/* 24 01: the new value alone. */
static uint16_t
set_new(struct vcard *card, enum jcop_pin pin, struct jcop_bytes value)
{
	const struct vcard_session *session = card->session;
	bool chipdoc = card->description.dialect.change_pin == JCOP_PIN_CHIPDOC;
	bool allowed;

	if (is_activated(card))
		allowed = (chipdoc && session->pin_known[pin]) ||
			  session->pin_released[pin];
	else
		allowed = session->pin_known[JCOP_PIN_TRANSPORT];
	if (!allowed)
		return SW_SECURITY;
	if (!good_new_pin(&card->description.pins[pin], &value))
		return SW_DATA;
	set_pin(card, pin, value);
	return SW_OK;
}

/* 24 00: the old value and the new one. */
static uint16_t
change(struct vcard *card, enum jcop_pin pin, struct jcop_bytes data)
{
	struct jcop_bytes old, new;
	uint16_t sw;

	if (card->description.dialect.change_pin != JCOP_PIN_ISO)
		return SW_P1P2;
	if (!is_activated(card) || !card->state.pins[pin].set)
		return SW_CONDITIONS;
	if (card->state.pins[pin].tries == 0)
		return SW_BLOCKED;
	split_values(card, pin, data, &old, &new);
	if (!good_new_pin(&card->description.pins[pin], &new))
		return SW_DATA;
	sw = try_pin(card, pin, old);
	if (sw != SW_OK)
		return sw;
	set_pin(card, pin, new);
	card->session->pin_known[pin] = true;
	return SW_OK;
}

uint16_t
vcard_cmd_change_pin(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	enum jcop_pin pin;

	(void)answer;
	if (command->p1 != CHANGE_OLD_NEW && command->p1 != CHANGE_NEW)
		return SW_P1P2;
	if (!vcard_pin_find(card, command->p2, &pin))
		return SW_REFERENCE;
	if (!is_user_pin(pin))
		return SW_CONDITIONS;
	if (command->p1 == CHANGE_NEW)
		return set_new(card, pin, command->data);
	return change(card, pin, command->data);
}

/* 2C 03: opens the PIN for one 24 01. */
static uint16_t
release(struct vcard *card, enum jcop_pin pin, struct jcop_bytes data)
{
	if (card->description.dialect.unblock_puk != JCOP_PIN_CHIPDOC)
		return SW_P1P2;
	if (data.len > 0)
		return SW_LENGTH;
	if (!vcard_pin_known(card, JCOP_PIN_PUK))
		return SW_SECURITY;
	card->state.pins[pin].tries = card->description.pins[pin].tries;
	card->session->pin_released[pin] = true;
	card->dirty = true;
	return SW_OK;
}

/* 2C 02: a new value by the role of SK_UNBLK. */
static uint16_t
unblock_by_role(struct vcard *card, const struct vcard_command *command,
	enum jcop_pin pin)
{
	const struct vcard_role_state *role =
		&card->session->roles[JCOP_KEYSET_SK_UNBLK_PIN];
	struct jcop_bytes value = command->data;

	if (!role->granted)
		return SW_SECURITY;
	if (card->description.dialect.unblock_keyset == JCOP_UNBLOCK_CHANNEL &&
		vcard_rule_role(card, command, JCOP_KEYSET_SK_UNBLK_PIN) !=
			SW_OK)
		return SW_SECURITY;
	if (!good_new_pin(&card->description.pins[pin], &value))
		return SW_DATA;
	set_pin(card, pin, value);
	return SW_OK;
}

/* 2C 00: PUK and new value. */
static uint16_t
unblock_by_puk(struct vcard *card, enum jcop_pin pin, struct jcop_bytes data)
{
	struct jcop_bytes puk, new;
	uint16_t sw;

	if (card->description.dialect.unblock_puk != JCOP_PIN_ISO)
		return SW_P1P2;
	if (card->state.pins[JCOP_PIN_PUK].tries == 0)
		return SW_BLOCKED;
	split_values(card, JCOP_PIN_PUK, data, &puk, &new);
	if (!good_new_pin(&card->description.pins[pin], &new))
		return SW_DATA;
	sw = try_pin(card, JCOP_PIN_PUK, puk);
	if (sw == SW_OK)
		set_pin(card, pin, new);
	return sw;
}

uint16_t
vcard_cmd_reset_retry(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	enum jcop_pin pin;

	(void)answer;
	if (command->p1 != RESET_PUK_NEW && command->p1 != RESET_ROLE_NEW &&
		command->p1 != RESET_ONLY)
		return SW_P1P2;
	if (!vcard_pin_find(card, command->p2, &pin))
		return SW_REFERENCE;
	if (!is_user_pin(pin) || !is_activated(card) ||
		!card->state.pins[pin].set)
		return SW_CONDITIONS;
	card->session->pin_known[pin] = false;
	if (command->p1 == RESET_ONLY)
		return release(card, pin, command->data);
	if (command->p1 == RESET_ROLE_NEW)
		return unblock_by_role(card, command, pin);
	return unblock_by_puk(card, pin, command->data);
}
