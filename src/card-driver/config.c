/*
 * config.c: the block "card_driver jcop45" of opensc.conf.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <scconf/scconf.h>

#include "card-driver/cardctl.h"
#include "card-driver/config.h"

static void
read_hsm(struct sc_context *ctx, scconf_block *block, struct jcop_config *out)
{
	scconf_block **blocks =
		scconf_find_blocks(ctx->conf, block, "hsm", NULL);

	if (blocks != NULL && blocks[0] != NULL) {
		out->hsm_present = true;
		out->hsm.uri = scconf_get_str(blocks[0], "uri", NULL);
		out->hsm.module = scconf_get_str(blocks[0], "module", NULL);
		out->hsm.token = scconf_get_str(blocks[0], "token", NULL);
		out->hsm.pin = scconf_get_str(blocks[0], "pin", NULL);
	}
	free(blocks);
}

/* Only a plain yes waives the trust in the chip. */
static void
read_allow_untrusted(scconf_block *block, struct jcop_config *config)
{
	const char *value =
		scconf_get_str(block, "chip_auth_allow_untrusted", "no");

	config->chip_auth_allow_untrusted =
		strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
	if (!config->chip_auth_allow_untrusted && strcmp(value, "no") != 0 &&
		strcmp(value, "false") != 0)
		config->chip_auth_allow_untrusted_wrong = value;
}

/* Only a plain no hides the agent data: a slip is to be told, not obeyed. */
static void
read_agent_data(scconf_block *block, struct jcop_config *config)
{
	const char *value = scconf_get_str(block, "agent_data", "yes");

	config->agent_data =
		strcasecmp(value, "no") != 0 && strcasecmp(value, "false") != 0;
	if (config->agent_data && strcasecmp(value, "yes") != 0 &&
		strcasecmp(value, "true") != 0)
		config->agent_data_wrong = value;
}

/* Copies TEXT, if there is one, to *END and moves that behind it. */
static const char *
put(char **end, const char *text)
{
	char *copy = *end;

	if (text == NULL)
		return NULL;
	*end = stpcpy(copy, text) + 1;
	return copy;
}

static size_t
room(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

int
jcop_config_give(
	struct jcop_config *config, const struct jcop_settings *settings)
{
	size_t len = 1 + room(settings->chip_auth_key_config) +
		     room(settings->origin);
	struct jcop_settings copy;
	char *text, *end;
	int i;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		len += room(settings->keysets[i]);
	text = end = malloc(len);
	if (text == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		copy.keysets[i] = put(&end, settings->keysets[i]);
	copy.chip_auth_key_config = put(&end, settings->chip_auth_key_config);
	copy.origin = put(&end, settings->origin);
	jcop_config_take_back(config);
	config->given = copy;
	config->given_text = text;
	return SC_SUCCESS;
}

void
jcop_config_take_back(struct jcop_config *config)
{
	free(config->given_text);
	config->given_text = NULL;
	memset(&config->given, 0, sizeof(config->given));
}

void
jcop_config_read(struct sc_context *ctx, struct jcop_config *config)
{
	scconf_block *block =
		sc_get_conf_block(ctx, "card_driver", JCOP_SHORT_NAME, 1);
	int i;

	memset(config, 0, sizeof(*config));
	config->agent_data = true;
	if (block == NULL)
		return;
	read_agent_data(block, config);
	config->card_description =
		scconf_get_str(block, "card_description", NULL);
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		config->keysets[i] = scconf_get_str(block,
			jcop_config_keyset_key((enum jcop_keyset)i), NULL);
	config->chip_auth_key_config =
		scconf_get_str(block, "chip_auth_key_config", NULL);
	config->chip_auth_trust_anchor =
		scconf_get_str(block, "chip_auth_trust_anchor", NULL);
	config->chip_auth_pinned_key =
		scconf_get_str(block, "chip_auth_pinned_key", NULL);
	read_allow_untrusted(block, config);
	read_hsm(ctx, block, config);
}
