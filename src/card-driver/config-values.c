/*
 * config-values.c: key sets and chip authentication as opensc.conf names them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "card-driver/cardctl.h"
#include "card-driver/config.h"

static const char *const keyset_keys[JCOP_KEYSET_COUNT] = {
	[JCOP_KEYSET_SK_ADMIN] = "keyset_sk_admin",
	[JCOP_KEYSET_SK_UNBLK_PIN] = "keyset_sk_unblk_pin",
	[JCOP_KEYSET_SK_FILE_MGMT] = "keyset_sk_file_mgmt",
};

const char *
jcop_config_keyset_key(enum jcop_keyset keyset)
{
	return keyset_keys[keyset];
}

/* CONFIGURE's value wins. Elsewhere than in opensc.conf it may have another
 * name than its KEY there. */
static struct jcop_setting
choose(const struct jcop_config *config, const char *given, const char *set,
	const char *key, const char *name)
{
	struct jcop_setting setting = {set, key, "opensc.conf"};

	if (given != NULL)
		setting.value = given;
	if (given != NULL && config->given.origin != NULL) {
		setting.name = name;
		setting.origin = config->given.origin;
	}
	return setting;
}

struct jcop_setting
jcop_config_keyset_setting(
	const struct jcop_config *config, enum jcop_keyset keyset)
{
	return choose(config, config->given.keysets[keyset],
		config->keysets[keyset], keyset_keys[keyset],
		jcop_keyset_name(keyset));
}

struct jcop_setting
jcop_config_chip_auth_setting(const struct jcop_config *config)
{
	return choose(config, config->given.chip_auth_key_config,
		config->chip_auth_key_config, "chip_auth_key_config",
		"the chip authentication key");
}

/* A whole string of 1 to DIGITS hexadecimal digits. */
static bool
parse_hex(const char *text, size_t len, size_t digits, unsigned int *value)
{
	size_t i;

	if (len == 0 || len > digits)
		return false;
	*value = 0;
	for (i = 0; i < len; i++) {
		static const char alphabet[] = "0123456789abcdef";
		const char *digit;

		if (!isxdigit((unsigned char)text[i]))
			return false;
		digit = strchr(alphabet, tolower((unsigned char)text[i]));
		*value = *value << 4 | (unsigned int)(digit - alphabet);
	}
	return true;
}

/* "11" or "AD01/11"; the DF of a path must be the description's. */
static bool
parse_key_path(const struct jcop_description *description, const char *path,
	struct jcop_keyset_config *out)
{
	const char *slash = strchr(path, '/');
	unsigned int fid, key;

	out->application = JCOP_APP_MF;
	if (slash != NULL) {
		if (!parse_hex(path, (size_t)(slash - path), 4, &fid) ||
			fid != description->applications[JCOP_APP_AGENT].fid)
			return false;
		out->application = JCOP_APP_AGENT;
		path = slash + 1;
	}
	if (!parse_hex(path, strlen(path), 2, &key) || key == 0 || key > 0x7F)
		return false;
	out->key = (uint8_t)key;
	return true;
}

/* The key set that the description has at that place, or -1. A try there is
 * not to be used up in the name of another. */
static int
keyset_at(const struct jcop_description *description,
	const struct jcop_keyset_config *place)
{
	int i;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		if (description->keysets[i].application == place->application &&
			description->keysets[i].key == place->key)
			return i;
	return -1;
}

int
jcop_config_keyset(const struct jcop_config *config,
	const struct jcop_description *description, enum jcop_keyset keyset,
	struct jcop_keyset_config *out, char *message, size_t size)
{
	const struct jcop_keyset_desc *desc = &description->keysets[keyset];
	const struct jcop_setting setting =
		jcop_config_keyset_setting(config, keyset);
	const char *value = setting.value, *colon;
	size_t len;

	if (value == NULL || *value == '\0') {
		snprintf(message, size,
			"%s is not set: the label of the key set in the HSM is "
			"needed, as \"label\" or \"label:path\"",
			keyset_keys[keyset]);
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	colon = strrchr(value, ':');
	len = colon != NULL ? (size_t)(colon - value) : strlen(value);
	if (len == 0 || len >= sizeof(out->label)) {
		snprintf(message, size,
			"%s = \"%s\": expected a label of 1 to %zu characters",
			setting.name, value, sizeof(out->label) - 1);
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	memcpy(out->label, value, len);
	out->label[len] = '\0';
	out->application = desc->application;
	out->key = desc->key;
	if (colon == NULL)
		return SC_SUCCESS;
	if (parse_key_path(description, colon + 1, out)) {
		int other = keyset_at(description, out);

		if (other < 0 || other == (int)keyset)
			return SC_SUCCESS;
		snprintf(message, size,
			"%s = \"%.64s\": %.16s is the place of the key set %s; "
			"write \"%.64s:%04X/%02X\", or leave the path out to "
			"use the card description's",
			setting.name, value, colon + 1,
			jcop_keyset_name((enum jcop_keyset)other), out->label,
			description->applications[desc->application].fid,
			desc->key);
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	snprintf(message, size,
		"%s = \"%s\": expected \"label\", \"label:KEYID\" or "
		"\"label:%04X/KEYID\" with a hexadecimal key id of 01 to 7F",
		setting.name, value,
		description->applications[JCOP_APP_AGENT].fid);
	return SC_ERROR_INVALID_ARGUMENTS;
}

int
jcop_config_chip_auth(const struct jcop_config *config,
	const struct jcop_description *description, uint16_t *file,
	unsigned int *key, char *message, size_t size)
{
	const struct jcop_setting setting =
		jcop_config_chip_auth_setting(config);
	const char *value = setting.value, *colon;
	unsigned int fid;

	*file = description->chip_auth.file;
	*key = description->chip_auth.key;
	if (value == NULL) {
		snprintf(message, size,
			"chip_auth_key_config is not set: expected "
			"\"FILEID:KEYID\", as in \"%04X:%02X\"",
			*file, *key);
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	colon = strchr(value, ':');
	if (colon != NULL &&
		parse_hex(value, (size_t)(colon - value), 4, &fid) &&
		fid != 0 && parse_hex(colon + 1, strlen(colon + 1), 4, key)) {
		*file = (uint16_t)fid;
		return SC_SUCCESS;
	}
	snprintf(message, size,
		"%s = \"%s\": expected \"FILEID:KEYID\" in hexadecimal "
		"digits, as in \"011D:01\"",
		setting.name, value);
	return SC_ERROR_INVALID_ARGUMENTS;
}

/* Where the values stand goes before what is wrong with one of them, and that
 * keeps half of MESSAGE. */
static size_t
put_origin(const char *origin, char *message, size_t size)
{
	if (origin == NULL)
		return 0;
	snprintf(message, size / 2, "%s: ", origin);
	return strlen(message);
}

int
jcop_check_settings(const struct jcop_description *description,
	const struct jcop_settings *settings, char *message, size_t size)
{
	struct jcop_config config = {.given = *settings};
	size_t at = put_origin(settings->origin, message, size);
	struct jcop_keyset_config keyset;
	unsigned int key;
	uint16_t file;
	int i, r = SC_SUCCESS;

	for (i = 0; r == SC_SUCCESS && i < JCOP_KEYSET_COUNT; i++)
		if (settings->keysets[i] != NULL)
			r = jcop_config_keyset(&config, description,
				(enum jcop_keyset)i, &keyset, message + at,
				size - at);
	if (r == SC_SUCCESS && settings->chip_auth_key_config != NULL)
		r = jcop_config_chip_auth(&config, description, &file, &key,
			message + at, size - at);
	return r;
}
