/*
 * config.c: jcop45-tool config: our part of opensc.conf.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card-driver/cardctl.h"
#include "description/description.h"
#include "tool/conf-file.h"
#include "tool/conf-merge.h"
#include "tool/conf-settings.h"
#include "tool/diagnose.h"
#include "tool/tool.h"

#define DRIVER_FILE "opensc-jcop45.so"
#define INIT_FILE "opensc-jcop45-init.so"
#define PROFILE_NAME "jcop45"

enum config_option {
	OPTION_INSTALL,
	OPTION_REMOVE,
	OPTION_FILE,
	OPTION_MODULE_DIR,
	OPTION_PROFILE_DIR,
	/* from here on each sets one value; see value_settings */
	OPTION_CARD_DESCRIPTION,
	OPTION_KEYSET_SK_ADMIN,
	OPTION_KEYSET_SK_UNBLK_PIN,
	OPTION_KEYSET_SK_FILE_MGMT,
	OPTION_CHIP_AUTH_KEY_CONFIG,
	OPTION_CHIP_AUTH_TRUST_ANCHOR,
	OPTION_CHIP_AUTH_PINNED_KEY,
	OPTION_CHIP_AUTH_ALLOW_UNTRUSTED,
	OPTION_AGENT_DATA,
	OPTION_HSM_MODULE,
	OPTION_HSM_TOKEN,
	OPTION_HSM_PIN,
	OPTION_HSM_URI,
	OPTION_PROVIDER_LIBRARY,
	OPTION_COUNT
};

static const struct tool_option options[] = {
	[OPTION_INSTALL] = {"install", NULL,
		"merge our blocks into the existing opensc.conf"},
	[OPTION_REMOVE] = {"remove", NULL, "take them out of it again"},
	[OPTION_FILE] = {"file", "FILE",
		"that opensc.conf (default: the one OpenSC reads)"},
	[OPTION_MODULE_DIR] = {"module-dir", "DIR",
		"where " DRIVER_FILE " and " INIT_FILE "\nare (default: where "
		"they were installed)"},
	[OPTION_PROFILE_DIR] = {"profile-dir", "DIR",
		"where " PROFILE_NAME ".profile is (default: where it was "
		"installed)"},
	[OPTION_CARD_DESCRIPTION] = {"card-description", "FILE",
		"a card description instead of the built-in one"},
	[OPTION_KEYSET_SK_ADMIN] = {"keyset-sk-admin", "LABEL[:PATH]",
		"label in the HSM, and path on the card, of SK_ADMIN"},
	[OPTION_KEYSET_SK_UNBLK_PIN] = {"keyset-sk-unblk-pin", "LABEL[:PATH]",
		"the same of SK_UNBLK"},
	[OPTION_KEYSET_SK_FILE_MGMT] = {"keyset-sk-file-mgmt", "LABEL[:PATH]",
		"the same of SK_FILEMGMT"},
	[OPTION_CHIP_AUTH_KEY_CONFIG] = {"chip-auth-key-config", "FILEID:KEYID",
		"file and key of chip authentication (default: those of the\n"
		"card description)"},
	[OPTION_CHIP_AUTH_TRUST_ANCHOR] = {"chip-auth-trust-anchor", "FILE",
		"PEM certificate that vouches for the chip's key"},
	[OPTION_CHIP_AUTH_PINNED_KEY] = {"chip-auth-pinned-key", "FILE",
		"PEM public key that is the chip's key"},
	[OPTION_CHIP_AUTH_ALLOW_UNTRUSTED] = {"chip-auth-allow-untrusted",
		"yes|no", "use a chip that nobody vouches for (default: no)"},
	[OPTION_AGENT_DATA] = {"agent-data", "yes|no",
		"show the agent data as PKCS#15 objects (default: yes)"},
	[OPTION_HSM_MODULE] = {"hsm-module", "FILE",
		"PKCS#11 library of the token with the key sets"},
	[OPTION_HSM_TOKEN] = {"hsm-token", "LABEL", "label of that token"},
	[OPTION_HSM_PIN] = {"hsm-pin", "SOURCE",
		"where its PIN is: env:NAME or file:PATH, not the PIN itself"},
	[OPTION_HSM_URI] = {"hsm-uri", "URI",
		"instead of those three: a PKCS#11 URI (RFC 7512) with\n"
		"module-path and pin-source"},
	[OPTION_PROVIDER_LIBRARY] = {"provider-library", "FILE",
		"a PC/SC library instead of the system's, as for a virtual "
		"card"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static const struct {
	enum config_option option;
	enum conf_setting setting;
	bool is_file; /* worth a warning if it is not there */
} value_settings[] = {
	{OPTION_CARD_DESCRIPTION, CONF_CARD_DESCRIPTION, true},
	{OPTION_KEYSET_SK_ADMIN, CONF_KEYSET_SK_ADMIN, false},
	{OPTION_KEYSET_SK_UNBLK_PIN, CONF_KEYSET_SK_UNBLK_PIN, false},
	{OPTION_KEYSET_SK_FILE_MGMT, CONF_KEYSET_SK_FILE_MGMT, false},
	{OPTION_CHIP_AUTH_KEY_CONFIG, CONF_CHIP_AUTH_KEY_CONFIG, false},
	{OPTION_CHIP_AUTH_TRUST_ANCHOR, CONF_CHIP_AUTH_TRUST_ANCHOR, true},
	{OPTION_CHIP_AUTH_PINNED_KEY, CONF_CHIP_AUTH_PINNED_KEY, true},
	{OPTION_CHIP_AUTH_ALLOW_UNTRUSTED, CONF_CHIP_AUTH_ALLOW_UNTRUSTED,
		false},
	{OPTION_AGENT_DATA, CONF_AGENT_DATA, false},
	{OPTION_HSM_MODULE, CONF_HSM_MODULE, false},
	{OPTION_HSM_TOKEN, CONF_HSM_TOKEN, false},
	{OPTION_HSM_PIN, CONF_HSM_PIN, false},
	{OPTION_HSM_URI, CONF_HSM_URI, false},
	{OPTION_PROVIDER_LIBRARY, CONF_PROVIDER_LIBRARY, true},
};
#define VALUE_SETTINGS (sizeof(value_settings) / sizeof(value_settings[0]))

/* --- values --- */

/* Sets the file NAME.SUFFIX of directory DIR. */
static int
set_in_dir(struct conf_settings *settings, enum conf_setting setting,
	const char *dir, const char *name, char *message)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
		sizeof(path))
		return tool_message(
			message, JCOP_ERR_ARGUMENT, "%s is too long", dir);
	return conf_settings_set_option(settings, setting, path, message);
}

static int
set_modules(struct conf_settings *settings, const char *dir, char *message)
{
	int r;

	r = set_in_dir(settings, CONF_MODULE, dir, DRIVER_FILE, message);
	if (r == JCOP_OK)
		r = set_in_dir(
			settings, CONF_INIT_MODULE, dir, INIT_FILE, message);
	return r;
}

/*
 * OpenSC looks for profiles in one directory only and has no way to ask where
 * that is; enough steps up lead to the root from anywhere.
 */
static int
set_profile(struct conf_settings *settings, const char *dir, char *message)
{
	static const char up[] = "../../../../../../../..";
	char path[PATH_MAX], here[PATH_MAX];

	here[0] = '\0';
	if (dir[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return tool_message(message, JCOP_ERR_ARGUMENT,
			"the current directory is not known");
	if ((size_t)snprintf(path, sizeof(path), "%s%s%s%s/%s", up, here,
		    dir[0] == '/' ? "" : "/", dir,
		    PROFILE_NAME) >= sizeof(path))
		return tool_message(
			message, JCOP_ERR_ARGUMENT, "%s is too long", dir);
	return conf_settings_set_option(settings, CONF_PROFILE, path, message);
}

static void
warn_if_missing(const struct conf_settings *settings, enum conf_setting setting,
	const char *option)
{
	const char *path = settings->values[setting];

	if (path[0] == '/' && access(path, F_OK) != 0)
		fprintf(stderr, "%s: warning: --%s: there is no %s yet\n",
			TOOL_NAME, option, path);
}

/* What the command line says. */
static int
read_wanted(
	const struct tool *tool, struct conf_settings *wanted, char *message)
{
	const char *value;
	size_t i;
	int r = JCOP_OK;

	if (tool->values[OPTION_MODULE_DIR] != NULL)
		r = set_modules(
			wanted, tool->values[OPTION_MODULE_DIR], message);
	if (r == JCOP_OK && tool->values[OPTION_PROFILE_DIR] != NULL)
		r = set_profile(
			wanted, tool->values[OPTION_PROFILE_DIR], message);
	for (i = 0; r == JCOP_OK && i < VALUE_SETTINGS; i++) {
		value = tool->values[value_settings[i].option];
		if (value == NULL)
			continue;
		r = conf_settings_set_option(
			wanted, value_settings[i].setting, value, message);
		if (r == JCOP_OK && value_settings[i].is_file)
			warn_if_missing(wanted, value_settings[i].setting,
				options[value_settings[i].option].name);
	}
	return r;
}

/* To be freed; NULL after a message. */
static struct jcop_description *
load_description(const struct conf_settings *settings, char *message)
{
	struct jcop_description *description = calloc(1, sizeof(*description));
	char why[JCOP_DESCRIPTION_ERROR_SIZE] = "out of memory";

	if (description != NULL &&
		jcop_description_load(settings->values[CONF_CARD_DESCRIPTION],
			description, why) == JCOP_OK)
		return description;
	free(description);
	tool_message(message, JCOP_ERR_ARGUMENT, "%s", why);
	return NULL;
}

/* The place of chip authentication, from the card description. */
static int
set_chip_auth(struct conf_settings *defaults,
	const struct conf_settings *wanted, char *message)
{
	struct jcop_description *description =
		load_description(wanted, message);
	char value[32];

	if (description == NULL)
		return JCOP_ERR_ARGUMENT;
	snprintf(value, sizeof(value), "%04X:%02X", description->chip_auth.file,
		description->chip_auth.key);
	free(description);
	return conf_settings_set_option(
		defaults, CONF_CHIP_AUTH_KEY_CONFIG, value, message);
}

/* What only the driver can tell: places on the card. */
static int
check_places(const struct conf_settings *settled, char *message)
{
	const struct jcop_settings settings = {
		.keysets =
			{
				[JCOP_KEYSET_SK_ADMIN] =
					settled->values[CONF_KEYSET_SK_ADMIN],
				[JCOP_KEYSET_SK_UNBLK_PIN] =
					settled->values
						[CONF_KEYSET_SK_UNBLK_PIN],
				[JCOP_KEYSET_SK_FILE_MGMT] =
					settled->values
						[CONF_KEYSET_SK_FILE_MGMT],
			},
		.chip_auth_key_config =
			settled->values[CONF_CHIP_AUTH_KEY_CONFIG],
	};
	struct jcop_description *description =
		load_description(settled, message);
	int r = JCOP_ERR_ARGUMENT;

	if (description != NULL &&
		jcop_check_settings(description, &settings, message,
			TOOL_MESSAGE_SIZE) == SC_SUCCESS)
		r = JCOP_OK;
	free(description);
	return r;
}

static int
read_defaults(struct conf_settings *defaults,
	const struct conf_settings *wanted, char *message)
{
	int r;

	r = set_modules(defaults, PKGLIBDIR, message);
	if (r == JCOP_OK)
		r = set_profile(defaults, PKGDATADIR, message);
	if (r == JCOP_OK)
		r = set_chip_auth(defaults, wanted, message);
	return r;
}

/* TEXT with our blocks in it to *OUT; SETTLED as conf_merge does. */
static int
merge_text(const struct tool *tool, const char *text, char **out,
	struct conf_settings *settled, char *message)
{
	struct conf_settings wanted = {0}, defaults = {0};
	int r;

	*out = NULL;
	r = read_wanted(tool, &wanted, message);
	if (r == JCOP_OK)
		r = read_defaults(&defaults, &wanted, message);
	if (r == JCOP_OK)
		r = conf_merge(text, &wanted, &defaults, out, settled, message);
	if (r == JCOP_OK)
		r = check_places(settled, message);
	if (r != JCOP_OK) {
		free(*out);
		*out = NULL;
	}
	conf_settings_free(&wanted);
	conf_settings_free(&defaults);
	return r;
}

/* --- the file --- */

/* Not found by asking the environment only: the rest OpenSC knows. */
static const char *
default_path(struct tool *tool)
{
	const char *path = getenv("OPENSC_CONF");

	if (path != NULL)
		return path;
	if (tool_open_context(tool) != TOOL_OK)
		return NULL;
	return tool_conf_path(tool->ctx);
}

static char *
find_file(struct tool *tool)
{
	char message[TOOL_MESSAGE_SIZE];
	const char *path = tool->values[OPTION_FILE];
	char *real;

	if (path == NULL)
		path = default_path(tool);
	if (path == NULL) {
		tool_fail(TOOL_CONFIGURATION,
			"OpenSC read no configuration file: it is missing, or "
			"has a mistake; name it with --file");
		return NULL;
	}
	real = conf_file_resolve(path, message);
	if (real == NULL)
		tool_fail(TOOL_CONFIGURATION, "%s", message);
	return real;
}

/* OpenSC says nothing about modules that are not there. */
static int
check_modules(const struct conf_settings *settled, char *message)
{
	static const enum conf_setting modules[] = {
		CONF_MODULE, CONF_INIT_MODULE};
	const char *path;
	size_t i;

	for (i = 0; i < 2; i++) {
		path = settled->values[modules[i]];
		if (path == NULL || access(path, R_OK) != 0)
			return tool_message(message, JCOP_ERR_ARGUMENT,
				"there is no %s; say with --module-dir where "
				"it is",
				path != NULL ? path : DRIVER_FILE);
	}
	return JCOP_OK;
}

static int
store(const char *path, const char *text, bool exists, char *message)
{
	bool made = false;
	int r = JCOP_OK;

	if (exists)
		r = conf_file_backup(path, &made, message);
	if (r == JCOP_OK)
		r = conf_file_replace(path, text, message);
	if (r != JCOP_OK)
		return r;
	printf("%s: our blocks are in it now.\n", path);
	if (made)
		printf("What was there before is kept as %s%s.\n", path,
			CONF_BACKUP_SUFFIX);
	return JCOP_OK;
}

static int
install(const struct tool *tool, const char *path, char *message)
{
	struct conf_settings settled = {0};
	char *old = NULL, *new = NULL;
	bool exists = false;
	int r;

	r = conf_file_read(path, &old, &exists, message);
	if (r == JCOP_OK)
		r = merge_text(tool, old, &new, &settled, message);
	if (r == JCOP_OK)
		r = check_modules(&settled, message);
	if (r == JCOP_OK && exists && strcmp(old, new) == 0)
		printf("%s: nothing to change.\n", path);
	else if (r == JCOP_OK)
		r = store(path, new, exists, message);
	conf_settings_free(&settled);
	free(old);
	free(new);
	return r;
}

/* Puts TEXT back, and drops the backup if that says no more. */
static int
restore(const char *path, const char *text, char *message)
{
	char backup[PATH_MAX], *kept = NULL;
	bool exists = false, same;
	int r;

	if ((size_t)snprintf(backup, sizeof(backup), "%s%s", path,
		    CONF_BACKUP_SUFFIX) >= sizeof(backup))
		return tool_message(
			message, JCOP_ERR_TOO_LONG, "%s is too long", path);
	r = conf_file_read(backup, &kept, &exists, message);
	if (r != JCOP_OK)
		return r;
	same = exists && strcmp(kept, text) == 0;
	free(kept);
	/* Empty and never anything else: a file that --install made. */
	if (!exists && text[0] == '\0')
		return conf_file_delete(path, message);
	r = conf_file_replace(path, text, message);
	if (r == JCOP_OK && same)
		r = conf_file_delete(backup, message);
	if (r != JCOP_OK)
		return r;
	printf("%s: our blocks are out of it%s.\n", path,
		same ? "; it is as it was before" : "");
	if (exists && !same)
		printf("It was changed since; what it was before --install is "
		       "in %s.\n",
			backup);
	return JCOP_OK;
}

static int
remove_blocks(const char *path, char *message)
{
	char *old = NULL, *new = NULL;
	bool exists = false;
	int r;

	r = conf_file_read(path, &old, &exists, message);
	if (r == JCOP_OK)
		r = conf_unmerge(old, &new, message);
	if (r == JCOP_OK && strcmp(old, new) == 0)
		printf("%s: there is nothing of ours in it.\n", path);
	else if (r == JCOP_OK)
		r = restore(path, new, message);
	free(old);
	free(new);
	return r;
}

/* --- the subcommand --- */

/* Errors of values and of the configuration; the rest is the disk's. */
static int
status_of(int error)
{
	if (error == JCOP_ERR_ARGUMENT || error == JCOP_ERR_MALFORMED)
		return TOOL_CONFIGURATION;
	return TOOL_FAILED;
}

/* The path before MESSAGE, unless it starts with one. */
static int
report(int error, const char *path, const char *message)
{
	bool named =
		message[0] == '/' || strncmp(message, path, strlen(path)) == 0;

	if (error == JCOP_OK)
		return TOOL_OK;
	return tool_fail(status_of(error), "%s%s%s", named ? "" : path,
		named ? "" : ": ", message);
}

static int
change_file(struct tool *tool, bool is_install)
{
	char message[TOOL_MESSAGE_SIZE];
	char *path = find_file(tool);
	int r;

	if (path == NULL)
		return TOOL_CONFIGURATION;
	if (is_install)
		r = install(tool, path, message);
	else
		r = remove_blocks(path, message);
	r = report(r, path, message);
	free(path);
	return r;
}

static int
print_whole(const struct tool *tool)
{
	struct conf_settings settled = {0};
	char message[TOOL_MESSAGE_SIZE];
	char *text = NULL;
	int r;

	r = merge_text(tool, "", &text, &settled, message);
	if (r == JCOP_OK)
		fputs(text, stdout);
	conf_settings_free(&settled);
	free(text);
	return r == JCOP_OK ? TOOL_OK : tool_fail(status_of(r), "%s", message);
}

static int
run_config(struct tool *tool)
{
	bool is_install = tool->values[OPTION_INSTALL] != NULL;
	bool is_remove = tool->values[OPTION_REMOVE] != NULL;
	int i;

	if (is_install && is_remove)
		return tool_fail(TOOL_USAGE,
			"--install and --remove exclude each other");
	if (!is_install && !is_remove && tool->values[OPTION_FILE] != NULL)
		return tool_fail(
			TOOL_USAGE, "--file goes with --install or --remove");
	for (i = OPTION_MODULE_DIR; is_remove && i < OPTION_COUNT; i++)
		if (tool->values[i] != NULL)
			return tool_fail(TOOL_USAGE, "--remove takes no --%s",
				options[i].name);
	if (is_install || is_remove)
		return change_file(tool, is_install);
	return print_whole(tool);
}

const struct tool_command tool_command_config = {
	.name = "config",
	.summary = "our part of opensc.conf: print, merge, take out",
	.description =
		"Prints a complete opensc.conf for these cards. With "
		"--install, merges our\nblocks into the existing one, and "
		"brings them up to date: everything else in\nit stays as it "
		"is, what was there is kept in FILE" CONF_BACKUP_SUFFIX
		", and values\nthat are not given here are kept. With "
		"--remove, takes our blocks out again.",
	.options = options,
	.run = run_config,
	.no_card = true,
};
