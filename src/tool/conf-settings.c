/*
 * conf-settings.c: the values of our blocks in opensc.conf.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "card-driver/cardctl.h"
#include "hsm/hsm.h"
#include "tool/conf-settings.h"
#include "tool/conf-tree.h"

/* Which block a value stands in. */
enum place {
	PLACE_DRIVER, /* card_driver jcop45 */
	PLACE_HSM,    /* hsm, in it */
	PLACE_INIT,   /* framework pkcs15, pkcs15init jcop45 */
	PLACE_PCSC    /* reader_driver pcsc */
};

enum kind {
	KIND_TEXT,
	KIND_PATH,   /* a file; made absolute */
	KIND_MODULE, /* a file if there is a slash in it */
	KIND_SOURCE, /* env:NAME or file:PATH */
	KIND_BOOL
};

static const struct {
	const char *key;
	enum place place;
	enum kind kind;
	const char *template; /* shown while it is not set; NULL: nothing */
} table[CONF_SETTING_COUNT] = {
	[CONF_MODULE] = {"module", PLACE_DRIVER, KIND_PATH, NULL},
	[CONF_INIT_MODULE] = {"module", PLACE_INIT, KIND_PATH, NULL},
	[CONF_PROFILE] = {"profile", PLACE_DRIVER, KIND_TEXT, NULL},
	[CONF_CARD_DESCRIPTION] = {"card_description", PLACE_DRIVER, KIND_PATH,
		"/path/profile.card"},
	[CONF_KEYSET_SK_ADMIN] = {"keyset_sk_admin", PLACE_DRIVER, KIND_TEXT,
		"label"},
	[CONF_KEYSET_SK_UNBLK_PIN] = {"keyset_sk_unblk_pin", PLACE_DRIVER,
		KIND_TEXT, "label"},
	[CONF_KEYSET_SK_FILE_MGMT] = {"keyset_sk_file_mgmt", PLACE_DRIVER,
		KIND_TEXT, "label"},
	[CONF_CHIP_AUTH_KEY_CONFIG] = {"chip_auth_key_config", PLACE_DRIVER,
		KIND_TEXT, "FILEID:KEYID"},
	[CONF_CHIP_AUTH_TRUST_ANCHOR] = {"chip_auth_trust_anchor", PLACE_DRIVER,
		KIND_PATH, "/path/anchor.pem"},
	[CONF_CHIP_AUTH_PINNED_KEY] = {"chip_auth_pinned_key", PLACE_DRIVER,
		KIND_PATH, "/path/chip-key.pem"},
	[CONF_CHIP_AUTH_ALLOW_UNTRUSTED] = {"chip_auth_allow_untrusted",
		PLACE_DRIVER, KIND_BOOL, "no"},
	[CONF_AGENT_DATA] = {"agent_data", PLACE_DRIVER, KIND_BOOL, "yes"},
	[CONF_HSM_MODULE] = {"module", PLACE_HSM, KIND_MODULE,
		"/path/libpkcs11.so"},
	[CONF_HSM_TOKEN] = {"token", PLACE_HSM, KIND_TEXT, "label"},
	[CONF_HSM_PIN] = {"pin", PLACE_HSM, KIND_SOURCE, "file:/path/pin"},
	[CONF_HSM_URI] = {"uri", PLACE_HSM, KIND_TEXT, NULL},
	[CONF_PROVIDER_LIBRARY] = {"provider_library", PLACE_PCSC, KIND_MODULE,
		NULL},
};

void
conf_settings_free(struct conf_settings *settings)
{
	int i;

	for (i = 0; i < CONF_SETTING_COUNT; i++)
		free(settings->values[i]);
	memset(settings, 0, sizeof(*settings));
}

int
conf_settings_set(struct conf_settings *settings, enum conf_setting setting,
	const char *value)
{
	char *copy = NULL;

	if (value != NULL && (copy = strdup(value)) == NULL)
		return JCOP_ERR_NO_MEMORY;
	free(settings->values[setting]);
	settings->values[setting] = copy;
	return JCOP_OK;
}

/* --- from the command line --- */

/* scconf has no escapes in its strings. */
static bool
can_be_written(const char *value)
{
	return *value != '\0' && strpbrk(value, "\"\r\n") == NULL;
}

/* PREFIX and PATH, made absolute, to OUT. */
static int
absolute(const char *prefix, const char *path, char *out, size_t size)
{
	char cwd[PATH_MAX];
	int len;

	cwd[0] = '\0';
	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return JCOP_ERR_ARGUMENT;
	len = snprintf(out, size, "%s%s%s%s", prefix, cwd,
		path[0] == '/' ? "" : "/", path);
	return len < 0 || (size_t)len >= size ? JCOP_ERR_ARGUMENT : JCOP_OK;
}

static int
spell_value(enum kind kind, const char *value, char *out, size_t size)
{
	static const char file[] = "file:";

	if (kind == KIND_PATH ||
		(kind == KIND_MODULE && strchr(value, '/') != NULL))
		return absolute("", value, out, size);
	if (kind == KIND_SOURCE && strncmp(value, file, strlen(file)) == 0 &&
		value[strlen(file)] != '\0')
		return absolute(file, value + strlen(file), out, size);
	return (size_t)snprintf(out, size, "%s", value) < size
		       ? JCOP_OK
		       : JCOP_ERR_ARGUMENT;
}

int
conf_settings_set_option(struct conf_settings *settings,
	enum conf_setting setting, const char *value, char *message)
{
	char spelt[PATH_MAX + 16];

	if (!can_be_written(value))
		return tool_message(message, JCOP_ERR_ARGUMENT,
			"the value for %s is empty, or has a quote or a line "
			"end in it, which opensc.conf cannot hold",
			table[setting].key);
	if (spell_value(table[setting].kind, value, spelt, sizeof(spelt)) !=
		JCOP_OK)
		return tool_message(message, JCOP_ERR_ARGUMENT,
			"the value for %s is too long", table[setting].key);
	if (conf_settings_set(settings, setting, spelt) != JCOP_OK)
		return tool_message(
			message, JCOP_ERR_NO_MEMORY, "out of memory");
	return JCOP_OK;
}

/* --- from a configuration --- */

static bool
is_known(enum place place, const scconf_item *item)
{
	int i;

	if (item->type == SCCONF_ITEM_TYPE_COMMENT)
		return true;
	if (item->type == SCCONF_ITEM_TYPE_BLOCK)
		return place == PLACE_DRIVER &&
		       strcasecmp(item->key, "hsm") == 0;
	for (i = 0; i < CONF_SETTING_COUNT; i++)
		if (table[i].place == place &&
			strcasecmp(table[i].key, item->key) == 0)
			return true;
	return false;
}

static int
check_known(const scconf_block *block, enum place place, char *message)
{
	const scconf_item *item;

	if (block == NULL || place == PLACE_PCSC)
		return JCOP_OK;
	for (item = block->items; item != NULL; item = item->next)
		if (!is_known(place, item))
			return tool_message(message, JCOP_ERR_MALFORMED,
				"the block %s has '%s', which is not known",
				place == PLACE_HSM ? "hsm" : JCOP_SHORT_NAME,
				item->key);
	return JCOP_OK;
}

static int
read_place(const scconf_block *block, enum place place,
	struct conf_settings *settings, char *message)
{
	int r, i;

	r = check_known(block, place, message);
	for (i = 0; r == JCOP_OK && block != NULL && i < CONF_SETTING_COUNT;
		i++) {
		if (table[i].place != place)
			continue;
		r = conf_settings_set(settings, (enum conf_setting)i,
			scconf_get_str(block, table[i].key, NULL));
		if (r != JCOP_OK)
			tool_message(message, r, "out of memory");
	}
	return r;
}

int
conf_settings_read(const scconf_context *tree, struct conf_settings *settings,
	char *message)
{
	const scconf_block *blocks[4] = {NULL};
	const scconf_block *app, *pkcs15;
	int place, r = JCOP_OK;

	app = conf_tree_block(tree, NULL, "app", "default");
	if (app == NULL)
		return JCOP_OK;
	pkcs15 = conf_tree_block(tree, app, "framework", "pkcs15");
	blocks[PLACE_DRIVER] =
		conf_tree_block(tree, app, "card_driver", JCOP_SHORT_NAME);
	if (blocks[PLACE_DRIVER] != NULL)
		blocks[PLACE_HSM] = conf_tree_block(
			tree, blocks[PLACE_DRIVER], "hsm", NULL);
	if (pkcs15 != NULL)
		blocks[PLACE_INIT] = conf_tree_block(
			tree, pkcs15, "pkcs15init", JCOP_SHORT_NAME);
	blocks[PLACE_PCSC] =
		conf_tree_block(tree, app, "reader_driver", "pcsc");
	for (place = 0; r == JCOP_OK && place < 4; place++)
		r = read_place(
			blocks[place], (enum place)place, settings, message);
	return r;
}

/* Whoever gives a URI means it instead of the three, and the other way. */
static bool
is_replaced(const struct conf_settings *settings, int setting)
{
	int i;

	if (table[setting].place != PLACE_HSM)
		return false;
	if (setting != CONF_HSM_URI)
		return settings->values[CONF_HSM_URI] != NULL;
	for (i = CONF_HSM_MODULE; i <= CONF_HSM_PIN; i++)
		if (settings->values[i] != NULL)
			return true;
	return false;
}

int
conf_settings_complete(
	struct conf_settings *settings, const struct conf_settings *other)
{
	int i, r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < CONF_SETTING_COUNT; i++)
		if (settings->values[i] == NULL && !is_replaced(settings, i))
			r = conf_settings_set(settings, (enum conf_setting)i,
				other->values[i]);
	return r;
}

/* --- checks --- */

static int
check_hsm(const struct conf_settings *settings, char *message)
{
	struct jcop_hsm_config config = {
		.uri = settings->values[CONF_HSM_URI],
		.module = settings->values[CONF_HSM_MODULE],
		.token = settings->values[CONF_HSM_TOKEN],
		.pin = settings->values[CONF_HSM_PIN],
	};
	char why[JCOP_HSM_MESSAGE_SIZE];

	if (config.uri == NULL && config.module == NULL &&
		config.token == NULL && config.pin == NULL)
		return JCOP_OK;
	if (jcop_hsm_check_config(&config, why) == JCOP_OK)
		return JCOP_OK;
	return tool_message(message, JCOP_ERR_ARGUMENT, "%s", why);
}

static bool
is_bool(const char *value)
{
	static const char *const words[] = {"yes", "no", "true", "false"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], value) == 0)
			return true;
	return false;
}

int
conf_settings_check(const struct conf_settings *settings, char *message)
{
	const char *value;
	int i;

	for (i = 0; i < CONF_SETTING_COUNT; i++) {
		value = settings->values[i];
		if (value != NULL && table[i].kind == KIND_BOOL &&
			!is_bool(value))
			return tool_message(message, JCOP_ERR_ARGUMENT,
				"%s has to be yes or no", table[i].key);
	}
	return check_hsm(settings, message);
}

/* --- written --- */

void
conf_write_line(FILE *out, unsigned int depth, const char *format, ...)
{
	va_list args;

	while (depth-- > 0)
		fputc('\t', out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static void
write_setting(FILE *out, unsigned int depth,
	const struct conf_settings *settings, enum conf_setting setting)
{
	const char *value = settings->values[setting];
	const char *key = table[setting].key;

	if (value != NULL && table[setting].kind == KIND_BOOL)
		conf_write_line(out, depth, "%s = %s;", key, value);
	else if (value != NULL)
		conf_write_line(out, depth, "%s = \"%s\";", key, value);
	else if (table[setting].template != NULL)
		conf_write_line(out, depth, "# %s = \"%s\";", key,
			table[setting].template);
}

static bool
has_hsm(const struct conf_settings *settings)
{
	int i;

	for (i = 0; i < CONF_SETTING_COUNT; i++)
		if (table[i].place == PLACE_HSM && settings->values[i] != NULL)
			return true;
	return false;
}

static void
write_hsm_template(FILE *out, unsigned int depth)
{
	int i;

	conf_write_line(out, depth, "# hsm {");
	for (i = CONF_HSM_MODULE; i <= CONF_HSM_PIN; i++)
		conf_write_line(out, depth, "#\t%s = \"%s\";", table[i].key,
			table[i].template);
	conf_write_line(out, depth, "# }");
}

static void
write_hsm(FILE *out, unsigned int depth, const struct conf_settings *settings)
{
	int i;

	conf_write_line(out, depth,
		"# Where the key sets are: a PKCS#11 token. Or: "
		"uri = \"pkcs11:...\";");
	if (!has_hsm(settings)) {
		write_hsm_template(out, depth);
		return;
	}
	conf_write_line(out, depth, "hsm {");
	for (i = CONF_HSM_MODULE; i <= CONF_HSM_URI; i++)
		if (settings->values[i] != NULL)
			write_setting(
				out, depth + 1, settings, (enum conf_setting)i);
	conf_write_line(out, depth, "}");
}

void
conf_write_driver(
	FILE *out, unsigned int depth, const struct conf_settings *settings)
{
	int i;

	conf_write_line(out, depth, "card_driver %s {", JCOP_SHORT_NAME);
	write_setting(out, depth + 1, settings, CONF_MODULE);
	write_setting(out, depth + 1, settings, CONF_PROFILE);
	write_setting(out, depth + 1, settings, CONF_CARD_DESCRIPTION);
	conf_write_line(out, depth + 1,
		"# Key sets: \"label\" in the HSM, or \"label:path\" on the "
		"card.");
	for (i = CONF_KEYSET_SK_ADMIN; i <= CONF_KEYSET_SK_FILE_MGMT; i++)
		write_setting(out, depth + 1, settings, (enum conf_setting)i);
	conf_write_line(out, depth + 1,
		"# Chip authentication: its key, and who vouches for it.");
	for (i = CONF_CHIP_AUTH_KEY_CONFIG; i <= CONF_CHIP_AUTH_ALLOW_UNTRUSTED;
		i++)
		write_setting(out, depth + 1, settings, (enum conf_setting)i);
	conf_write_line(out, depth + 1,
		"# Show EF.Id and EF.Fonction as PKCS#15 data objects.");
	write_setting(out, depth + 1, settings, CONF_AGENT_DATA);
	write_hsm(out, depth + 1, settings);
	conf_write_line(out, depth, "}");
}

void
conf_write_pkcs15(
	FILE *out, unsigned int depth, const struct conf_settings *settings)
{
	conf_write_line(out, depth, "emulate %s {", JCOP_SHORT_NAME);
	write_setting(out, depth + 1, settings, CONF_MODULE);
	conf_write_line(out, depth, "}");
	conf_write_line(out, depth, "pkcs15init %s {", JCOP_SHORT_NAME);
	write_setting(out, depth + 1, settings, CONF_INIT_MODULE);
	conf_write_line(out, depth, "}");
}

void
conf_write_pkcs11(
	FILE *out, unsigned int depth, const struct conf_settings *settings)
{
	(void)settings;
	conf_write_line(out, depth,
		"# Unblock with the PUK; the default would cost a PIN try.");
	conf_write_line(
		out, depth, "user_pin_unblock_style = %s;", CONF_UNBLOCK_STYLE);
}

void
conf_write_pcsc(
	FILE *out, unsigned int depth, const struct conf_settings *settings)
{
	write_setting(out, depth, settings, CONF_PROVIDER_LIBRARY);
}
