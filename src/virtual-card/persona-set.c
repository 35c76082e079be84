/*
 * persona-set.c: the knobs of a card that is there, and what it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/open.h"
#include "virtual-card/persona-internal.h"

/* Knobs that are yes or no. */
static const struct {
	const char *key, *flag;
	bool inverted;
	bool rebuild; /* EF.CardSecurity is made anew */
} switches[] = {
	{"temporary", "temporary", false, false},
	{"extended-length", "short-only", true, false},
	{"unsigned-card-security", "unsigned-card-security", false, true},
	{"untrusted-signer", "untrusted-signer", false, true},
	{"expired-signer", "expired-signer", false, true},
	{"named-curve", "named-curve", false, true},
	{"chip-key-off-curve", "chip-key-off-curve", false, true},
	{"chip-key-mismatch", "chip-key-mismatch", false, false},
	{"wrong-sk_admin", "wrong-sk_admin", false, false},
	{"wrong-sk_unblk_pin", "wrong-sk_unblk_pin", false, false},
	{"wrong-sk_file_mgmt", "wrong-sk_file_mgmt", false, false},
	{"foreign", "foreign", false, false},
	{"profile-marker", "no-profile-marker", true, false},
	{"iccsn-get-data", "no-iccsn-get-data", true, false},
	{"ef-gdo", "no-ef-gdo", true, false},
};

static const struct {
	const char *name;
	enum vcard_life_cycle value;
} life_cycles[] = {
	{"initialisation", VCARD_INITIALISATION},
	{"activated", VCARD_ACTIVATED},
	{"terminated", VCARD_TERMINATED},
};

static int
expected(char *message, const char *key, const char *what)
{
	snprintf(message, VCARD_MESSAGE_SIZE, "%s: expected %s", key, what);
	return JCOP_ERR_ARGUMENT;
}

static int
set_switch(struct vcard *card, size_t which, const char *value, char *message)
{
	bool *flag = vcard_state_flag(&card->state, switches[which].flag);
	bool yes = strcmp(value, "yes") == 0;

	if (flag == NULL || (!yes && strcmp(value, "no") != 0))
		return expected(message, switches[which].key, "yes or no");
	*flag = yes != switches[which].inverted;
	if (!switches[which].rebuild)
		return JCOP_OK;
	return vcard_make_card_security(
		&card->state, &card->description, message);
}

static int
set_life_cycle(struct vcard *card, const char *value, char *message)
{
	size_t i;

	for (i = 0; i < sizeof life_cycles / sizeof *life_cycles; i++)
		if (strcmp(life_cycles[i].name, value) == 0) {
			card->state.life_cycle = life_cycles[i].value;
			return vcard_reset(card);
		}
	return expected(message, "life-cycle",
		"initialisation, activated or terminated");
}

static int
set_production(struct vcard *card, const char *value, char *message)
{
	return vcard_read_production(value, &card->description,
		       card->state.production, message)
		       ? JCOP_OK
		       : JCOP_ERR_ARGUMENT;
}

static int
set_version(struct vcard *card, const char *value, char *message)
{
	return vcard_read_version(value, card->state.version, message)
		       ? JCOP_OK
		       : JCOP_ERR_ARGUMENT;
}

static int
set_ca_version(struct vcard *card, const char *value, char *message)
{
	if (strcmp(value, "1") != 0 && strcmp(value, "2") != 0)
		return expected(message, "ca-version", "1 or 2");
	card->state.ca_version = (unsigned int)(value[0] - '0');
	return vcard_make_card_security(
		&card->state, &card->description, message);
}

static int
set_ca_answer(struct vcard *card, const char *value, char *message)
{
	if (strcmp(value, "same") == 0)
		card->state.ca_answer = 0;
	else if (strcmp(value, "1") == 0 || strcmp(value, "2") == 0)
		card->state.ca_answer = (unsigned int)(value[0] - '0');
	else
		return expected(message, "ca-answer-version", "same, 1 or 2");
	return JCOP_OK;
}

static const struct {
	const char *key;
	int (*set)(struct vcard *card, const char *value, char *message);
} settings[] = {
	{"life-cycle", set_life_cycle},
	{"production", set_production},
	{"applet-version", set_version},
	{"ca-version", set_ca_version},
	{"ca-answer-version", set_ca_answer},
};

/* The counter that "tries-NAME" means, and its maximum. */
static unsigned int *
find_tries(struct vcard *card, const char *name, unsigned int *max)
{
	size_t i;

	for (i = 0; i < JCOP_PIN_COUNT; i++)
		if (strcmp(name, jcop_pin_name((enum jcop_pin)i)) == 0) {
			*max = card->description.pins[i].tries;
			return &card->state.pins[i].tries;
		}
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		if (strcmp(name, jcop_keyset_name((enum jcop_keyset)i)) == 0) {
			*max = card->description.keysets[i].tries;
			return &card->state.keysets[i].tries;
		}
	return NULL;
}

static int
set_tries(struct vcard *card, const char *key, const char *value, char *message)
{
	unsigned int max = 0;
	unsigned int *tries = find_tries(card, key + strlen("tries-"), &max);
	char *end = NULL;
	unsigned long number = strtoul(value, &end, 10);
	char what[40];

	if (tries == NULL)
		return expected(
			message, key, "tries- and a PIN's or key set's name");
	if (end == value || *end != '\0' || number > max) {
		snprintf(what, sizeof what, "a number from 0 to %u", max);
		return expected(message, key, what);
	}
	*tries = (unsigned int)number;
	return JCOP_OK;
}

static int
unknown_key(const char *key, char *message)
{
	size_t i;
	int at = snprintf(
		message, VCARD_MESSAGE_SIZE, "%s: expected one of", key);

	for (i = 0; i < sizeof settings / sizeof *settings; i++)
		at += snprintf(message + at, VCARD_MESSAGE_SIZE - (size_t)at,
			" %s", settings[i].key);
	for (i = 0; i < sizeof switches / sizeof *switches &&
		    at < VCARD_MESSAGE_SIZE - 64;
		i++)
		at += snprintf(message + at, VCARD_MESSAGE_SIZE - (size_t)at,
			" %s", switches[i].key);
	return JCOP_ERR_ARGUMENT;
}

static int
set_knob(struct vcard *card, const char *key, const char *value, char *message)
{
	size_t i;

	for (i = 0; i < sizeof settings / sizeof *settings; i++)
		if (strcmp(key, settings[i].key) == 0)
			return settings[i].set(card, value, message);
	for (i = 0; i < sizeof switches / sizeof *switches; i++)
		if (strcmp(key, switches[i].key) == 0)
			return set_switch(card, i, value, message);
	if (strncmp(key, "tries-", strlen("tries-")) == 0)
		return set_tries(card, key, value, message);
	return unknown_key(key, message);
}

int
vcard_persona_set(
	const char *dir, const char *key, const char *value, char *message)
{
	struct vcard *card = NULL;
	int r = vcard_open(dir, &card, message);

	if (r != JCOP_OK)
		return r;
	message[0] = '\0';
	r = vcard_lock(card);
	if (r != JCOP_OK)
		goto out;
	r = vcard_refresh(card);
	if (r == JCOP_OK)
		r = set_knob(card, key, value, message);
	if (r == JCOP_OK)
		r = vcard_save(card);
	vcard_unlock(card);
out:
	if (r != JCOP_OK && message[0] == '\0')
		snprintf(message, VCARD_MESSAGE_SIZE, "%s: %s", dir,
			jcop_strerror(r));
	vcard_close(card);
	return r;
}

static void
put_hex(char *out, const uint8_t *bytes, size_t len)
{
	size_t i;

	out[0] = '\0';
	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02X", bytes[i]);
}

static const char *
strongest_cipher(unsigned int ciphers)
{
	unsigned int i;

	for (i = JCOP_CA_CIPHER_COUNT; i > 0; i--)
		if ((ciphers & 1u << (i - 1)) != 0)
			return jcop_ca_cipher_name(
				(enum jcop_ca_cipher)(i - 1));
	return "none";
}

static const char *
life_cycle_name(enum vcard_life_cycle value)
{
	size_t i;

	for (i = 0; i < sizeof life_cycles / sizeof *life_cycles; i++)
		if (life_cycles[i].value == value)
			return life_cycles[i].name;
	return "unknown";
}

static void
count_objects(const struct vcard_state *state, struct vcard_persona_info *info)
{
	size_t i, j;

	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		info->pins[i].set = state->pins[i].set;
		info->pins[i].tries_left = state->pins[i].tries;
	}
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		info->keyset_tries_left[i] = state->keysets[i].tries;
	for (i = 0; i < JCOP_MAX_CONTAINERS; i++)
		for (j = 0; j < JCOP_MAX_SLOTS; j++)
			if (state->keys[i][j].len > 0)
				info->key_count++;
}

int
vcard_persona_info(
	const char *dir, struct vcard_persona_info *info, char *message)
{
	struct vcard *card = NULL;
	const struct vcard_state *state;
	int r = vcard_open(dir, &card, message);

	if (r != JCOP_OK)
		return r;
	state = &card->state;
	*info = (struct vcard_persona_info){0};
	put_hex(info->iccsn, state->iccsn, state->iccsn_len);
	put_hex(info->serial, state->serial, state->serial_len);
	snprintf(info->profile, sizeof info->profile, "%s",
		card->description.name);
	snprintf(info->applet_version, sizeof info->applet_version, "%u.%u.%u",
		state->version[0], state->version[1], state->version[2]);
	snprintf(info->production, sizeof info->production, "%s",
		state->production[0] != '\0' ? state->production : "unknown");
	info->life_cycle = life_cycle_name(state->life_cycle);
	info->temporary = state->flags.temporary;
	info->curve = jcop_curve_name(state->curve);
	info->ca_version = state->ca_version;
	info->ca_cipher = strongest_cipher(state->ciphers);
	count_objects(state, info);
	vcard_close(card);
	return JCOP_OK;
}
