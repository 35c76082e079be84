/*
 * conf-settings.h: the values of our blocks in opensc.conf.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CONF_SETTINGS_H
#define JCOP_TOOL_CONF_SETTINGS_H

#include <stdbool.h>
#include <stdio.h>

#include <scconf/scconf.h>

#include "tool/tool.h"

/* In the order in which they are written. */
enum conf_setting {
	CONF_MODULE,      /* the driver and emulator */
	CONF_INIT_MODULE, /* for pkcs15-init; in its own block */
	CONF_PROFILE,
	CONF_CARD_DESCRIPTION,
	CONF_KEYSET_SK_ADMIN,
	CONF_KEYSET_SK_UNBLK_PIN,
	CONF_KEYSET_SK_FILE_MGMT,
	CONF_CHIP_AUTH_KEY_CONFIG,
	CONF_CHIP_AUTH_TRUST_ANCHOR,
	CONF_CHIP_AUTH_PINNED_KEY,
	CONF_CHIP_AUTH_ALLOW_UNTRUSTED,
	CONF_AGENT_DATA,
	CONF_HSM_MODULE,
	CONF_HSM_TOKEN,
	CONF_HSM_PIN,
	CONF_HSM_URI,
	CONF_PROVIDER_LIBRARY, /* reader_driver pcsc */
	CONF_SETTING_COUNT
};

/* Owned strings; NULL where not set. */
struct conf_settings {
	char *values[CONF_SETTING_COUNT];
};
void conf_settings_free(struct conf_settings *settings);

/* Replaces one value by a copy; VALUE may be NULL. JCOP_ERR_NO_MEMORY. */
JCOP_CHECKED int conf_settings_set(struct conf_settings *settings,
	enum conf_setting setting, const char *value);

/*
 * Sets one value from the command line: paths are made absolute, and
 * "file:PATH" too. Errors: JCOP_ERR_ARGUMENT with the reason.
 */
JCOP_CHECKED int conf_settings_set_option(struct conf_settings *settings,
	enum conf_setting setting, const char *value, char *message);

/*
 * Reads what TREE has for us. A key in our block that is not known is an
 * error (it would be lost). JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int conf_settings_read(const scconf_context *tree,
	struct conf_settings *settings, char *message);

/* Takes from OTHER what is not set in SETTINGS. */
JCOP_CHECKED int conf_settings_complete(
	struct conf_settings *settings, const struct conf_settings *other);

/*
 * Is each value well-formed, and the HSM complete if there is one? Without
 * looking for any file. JCOP_ERR_ARGUMENT with the key in MESSAGE.
 */
JCOP_CHECKED int conf_settings_check(
	const struct conf_settings *settings, char *message);

/* Writes parts of a configuration, DEPTH tabs in. */
void conf_write_driver(
	FILE *out, unsigned int depth, const struct conf_settings *settings);
void conf_write_pkcs15(
	FILE *out, unsigned int depth, const struct conf_settings *settings);
void conf_write_pkcs11(
	FILE *out, unsigned int depth, const struct conf_settings *settings);
void conf_write_pcsc(
	FILE *out, unsigned int depth, const struct conf_settings *settings);

/* One line, DEPTH tabs in. */
__attribute__((format(printf, 3, 4))) void conf_write_line(
	FILE *out, unsigned int depth, const char *format, ...);

#endif
