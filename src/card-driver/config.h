/*
 * config.h: the block "card_driver jcop45" of opensc.conf.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DRIVER_CONFIG_H
#define JCOP_DRIVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <libopensc/opensc.h>

#include "card-driver/cardctl.h"
#include "description/description.h"
#include "hsm/hsm.h"

/* Strings belong to OpenSC's configuration and live as long as its context;
 * NULL where the key is absent. Values are checked when an operation asks for
 * them, so that a slip in an administrator's key does not lock out a holder.
 * GIVEN is what CONFIGURE brought: it wins, was checked before, and is in
 * GIVEN_TEXT.
 */
struct jcop_config {
	const char *card_description;
	const char *keysets[JCOP_KEYSET_COUNT];
	const char *chip_auth_key_config;
	const char *chip_auth_trust_anchor;
	const char *chip_auth_pinned_key;
	bool chip_auth_allow_untrusted;
	const char *chip_auth_allow_untrusted_wrong; /* neither yes nor no */
	bool agent_data; /* shown as PKCS#15 objects; unless it says no */
	const char *agent_data_wrong; /* neither yes nor no */
	bool hsm_present;
	struct jcop_hsm_config hsm;
	struct jcop_settings given;
	char *given_text;
};

void jcop_config_read(struct sc_context *ctx, struct jcop_config *config);

/* Copies SETTINGS in place of what was given before. SC_ERROR_*; on failure
 * CONFIG stays as it was. jcop_config_take_back frees the copy. */
int jcop_config_give(
	struct jcop_config *config, const struct jcop_settings *settings);
void jcop_config_take_back(struct jcop_config *config);

/* The value that holds, borrowed (NULL if there is none), and how messages say
 * where it is to be put right: NAME in ORIGIN. */
struct jcop_setting {
	const char *value, *name, *origin;
};
struct jcop_setting jcop_config_keyset_setting(
	const struct jcop_config *config, enum jcop_keyset keyset);
struct jcop_setting jcop_config_chip_auth_setting(
	const struct jcop_config *config);

/* The configuration key of a key set, "keyset_sk_admin". */
const char *jcop_config_keyset_key(enum jcop_keyset keyset);

/* A key set as configured: label in the HSM, place on the card. */
struct jcop_keyset_config {
	char label[256];
	enum jcop_application application;
	uint8_t key;
};

/*
 * The key set of the configuration, its path from the description where the
 * configuration gives none. On failure MESSAGE (SIZE bytes) names key and
 * expectation. 0 or SC_ERROR_INVALID_ARGUMENTS.
 */
int jcop_config_keyset(const struct jcop_config *config,
	const struct jcop_description *description, enum jcop_keyset keyset,
	struct jcop_keyset_config *out, char *message, size_t size);

/* File and key id of chip authentication. Errors as above. */
int jcop_config_chip_auth(const struct jcop_config *config,
	const struct jcop_description *description, uint16_t *file,
	unsigned int *key, char *message, size_t size);

#endif
