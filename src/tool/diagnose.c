/*
 * diagnose.c: why OpenSC did not give a card to our driver. OpenSC itself
 * only writes the reasons to its log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <scconf/scconf.h>

#include "card-driver/cardctl.h"
#include "description/description.h"
#include "tool/diagnose.h"

#define INSTALL_HINT "run: " TOOL_NAME " config --install"

const char *
tool_conf_path(const struct sc_context *ctx)
{
	return ctx->conf != NULL ? ctx->conf->filename : NULL;
}

static int
check_conf(const struct sc_context *ctx, char *message)
{
	const char *path = getenv("OPENSC_CONF");

	if (ctx->conf != NULL)
		return JCOP_OK;
	if (path != NULL)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"OpenSC could not read its configuration %s, which "
			"the environment variable OPENSC_CONF names: it is "
			"missing, or has a mistake",
			path);
	return tool_message(message, JCOP_ERR_NOT_FOUND,
		"OpenSC could not read its configuration: it is missing, or "
		"has a mistake");
}

static bool
list_has(const scconf_list *list, const char *word)
{
	for (; list != NULL; list = list->next)
		if (strcmp(list->data, word) == 0)
			return true;
	return false;
}

/* The list that OpenSC used: of the last block that has one. */
static const scconf_list *
driver_list(const struct sc_context *ctx)
{
	const scconf_list *list, *last = NULL;
	int i;

	for (i = 0; ctx->conf_blocks[i] != NULL; i++) {
		list = scconf_find_list(ctx->conf_blocks[i], "card_drivers");
		if (list != NULL)
			last = list;
	}
	return last;
}

static int
check_list(const struct sc_context *ctx, char *message)
{
	const char *forced = getenv("OPENSC_DRIVER");

	if (forced != NULL && strcmp(forced, JCOP_SHORT_NAME) != 0)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"the environment variable OPENSC_DRIVER makes OpenSC "
			"use the driver %s only; unset it",
			forced);
	if (forced != NULL || list_has(driver_list(ctx), JCOP_SHORT_NAME))
		return JCOP_OK;
	return tool_message(message, JCOP_ERR_NOT_FOUND,
		"card_drivers in %s does not name " JCOP_SHORT_NAME
		"; " INSTALL_HINT,
		tool_conf_path(ctx));
}

static bool
is_loaded(const struct sc_context *ctx)
{
	int i;

	for (i = 0; i < SC_MAX_CARD_DRIVERS && ctx->card_drivers[i] != NULL;
		i++)
		if (strcmp(ctx->card_drivers[i]->short_name, JCOP_SHORT_NAME) ==
			0)
			return true;
	return false;
}

/* What our driver declined is a foreign card; a driver before it may have
 * taken what is ours. */
static int
check_order(
	const struct sc_context *ctx, const struct sc_card *card, char *message)
{
	int i;

	if (card == NULL)
		return JCOP_OK;
	for (i = 0; i < SC_MAX_CARD_DRIVERS && ctx->card_drivers[i] != NULL;
		i++) {
		if (strcmp(ctx->card_drivers[i]->short_name, JCOP_SHORT_NAME) ==
			0)
			break;
		if (ctx->card_drivers[i] == card->driver)
			return tool_message(message, JCOP_ERR_NOT_FOUND,
				"the driver %s, which stands "
				"before " JCOP_SHORT_NAME
				" in card_drivers of %s, took "
				"the card; " INSTALL_HINT,
				card->driver->short_name, tool_conf_path(ctx));
	}
	return JCOP_OK;
}

static int
check_version(void *library, const char *module, char *message)
{
	const char *(*version)(void);

	*(void **)&version = dlsym(library, "sc_driver_version");
	if (version == NULL || dlsym(library, "sc_module_init") == NULL)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"%s is no module of OpenSC; " INSTALL_HINT, module);
	if (strcmp(version(), sc_get_version()) != 0)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"%s was built for OpenSC %s, but OpenSC %s is "
			"installed and does not load it; install the "
			"opensc-jcop45 for that release",
			module, version(), sc_get_version());
	return tool_message(message, JCOP_ERR_NOT_FOUND,
		"OpenSC did not load %s; --verbose shows its log", module);
}

static int
check_library(const char *module, char *message)
{
	const char *why;
	void *library;
	int r;

	if (module[0] == '/' && access(module, R_OK) != 0)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"the module %s, which opensc.conf names, is not "
			"there; install opensc-jcop45, or " INSTALL_HINT,
			module);
	library = dlopen(module, RTLD_LAZY | RTLD_LOCAL);
	if (library == NULL) {
		why = dlerror();
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"the module %s cannot be loaded: %s; install the "
			"opensc-jcop45 for OpenSC %s",
			module, why != NULL ? why : "no reason given",
			sc_get_version());
	}
	r = check_version(library, module, message);
	dlclose(library);
	return r;
}

static int
check_module(struct sc_context *ctx, char *message)
{
	const scconf_block *block =
		sc_get_conf_block(ctx, "card_driver", JCOP_SHORT_NAME, 1);
	const char *module = NULL;

	if (block != NULL)
		module = scconf_get_str(block, "module", NULL);
	if (module == NULL)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"%s has no block 'card_driver " JCOP_SHORT_NAME
			"' with a module; " INSTALL_HINT,
			tool_conf_path(ctx));
	return check_library(module, message);
}

/* The driver takes no card with a description that it cannot read. */
static int
check_description(struct sc_context *ctx, char *message)
{
	const scconf_block *block =
		sc_get_conf_block(ctx, "card_driver", JCOP_SHORT_NAME, 1);
	struct jcop_description *description = calloc(1, sizeof(*description));
	char reason[JCOP_DESCRIPTION_ERROR_SIZE];
	const char *path = NULL;
	int r = JCOP_OK;

	if (block != NULL)
		path = scconf_get_str(block, "card_description", NULL);
	if (path != NULL && description != NULL)
		r = jcop_description_load(path, description, reason);
	free(description);
	if (r == JCOP_OK)
		return JCOP_OK;
	return tool_message(message, JCOP_ERR_NOT_FOUND,
		"the card description in opensc.conf cannot be used: %s",
		reason);
}

int
tool_driver_reason(
	struct sc_context *ctx, const struct sc_card *card, char *message)
{
	int r;

	message[0] = '\0';
	r = check_conf(ctx, message);
	if (r == JCOP_OK)
		r = check_list(ctx, message);
	if (r == JCOP_OK)
		r = check_description(ctx, message);
	if (r != JCOP_OK)
		return r;
	if (is_loaded(ctx))
		return check_order(ctx, card, message);
	return check_module(ctx, message);
}

/* A block KIND jcop45 with a module that is there. */
static int
check_framework(struct sc_context *ctx, const char *kind, const char *effect,
	char *message)
{
	const scconf_block *framework =
		sc_get_conf_block(ctx, "framework", "pkcs15", 1);
	scconf_block **blocks = NULL;
	const char *module = NULL;
	int r = JCOP_OK;

	if (framework != NULL)
		blocks = scconf_find_blocks(
			ctx->conf, framework, kind, JCOP_SHORT_NAME);
	if (blocks != NULL && blocks[0] != NULL)
		module = scconf_get_str(blocks[0], "module", NULL);
	if (module == NULL)
		r = tool_message(message, JCOP_ERR_NOT_FOUND,
			"no block '%s " JCOP_SHORT_NAME
			"' with a module in 'framework pkcs15': "
			"%s; " INSTALL_HINT,
			kind, effect);
	else if (module[0] == '/' && access(module, R_OK) != 0)
		r = tool_message(message, JCOP_ERR_NOT_FOUND,
			"the module %s of the block '%s " JCOP_SHORT_NAME
			"' is not there: %s; " INSTALL_HINT,
			module, kind, effect);
	free(blocks);
	return r;
}

int
tool_conf_gap(struct sc_context *ctx, char *message)
{
	const scconf_block *driver =
		sc_get_conf_block(ctx, "card_driver", JCOP_SHORT_NAME, 1);
	int r;

	message[0] = '\0';
	r = check_framework(ctx, "emulate",
		"pkcs15-tool and PKCS#11 programs do not see the card",
		message);
	if (r == JCOP_OK)
		r = check_framework(ctx, "pkcs15init",
			"pkcs15-init cannot be used", message);
	if (r != JCOP_OK)
		return r;
	if (driver == NULL || scconf_get_str(driver, "profile", NULL) == NULL)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"no 'profile' in the block "
			"'card_driver " JCOP_SHORT_NAME
			"': pkcs15-init does not find it; " INSTALL_HINT);
	return JCOP_OK;
}
