/*
 * test_config.c: our blocks go into an opensc.conf and come out again, and
 * nothing else is touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool/conf-merge.h"
#include "tool/conf-text.h"
#include "tool/conf-tree.h"

#define MODULE "/m/opensc-jcop45.so"
#define INIT "/m/opensc-jcop45-init.so"

static char message[TOOL_MESSAGE_SIZE];

static const struct conf_settings none;
static struct conf_settings defaults = {{
	[CONF_MODULE] = (char *)(uintptr_t)MODULE,
	[CONF_INIT_MODULE] = (char *)(uintptr_t)INIT,
	[CONF_PROFILE] = (char *)(uintptr_t) "../p/jcop45",
}};

/* --- merging as text --- */

static char *
merge(const char *text, const struct conf_settings *wanted)
{
	struct conf_settings settled = {0};
	char *out = NULL;

	message[0] = '\0';
	if (conf_merge(text, wanted, &defaults, &out, &settled, message) !=
		JCOP_OK)
		fail_msg("%s\n---\n%s", message, text);
	conf_settings_free(&settled);
	return out;
}

static void
expect_no_merge(const char *text, const struct conf_settings *wanted, int error,
	const char *expected)
{
	struct conf_settings settled = {0};
	char *out = NULL;

	message[0] = '\0';
	assert_int_equal(
		conf_merge(text, wanted, &defaults, &out, &settled, message),
		error);
	assert_null(out);
	if (strstr(message, expected) == NULL)
		fail_msg("no '%s' in '%s'", expected, message);
	conf_settings_free(&settled);
}

static scconf_context *
parse(const char *text)
{
	scconf_context *tree = NULL;

	if (conf_tree_parse(text, &tree, message) != JCOP_OK)
		fail_msg("%s\n---\n%s", message, text);
	return tree;
}

/* A value as OpenSC finds it for application APP: in the first block of that
 * name, else of the default. Two names for "framework pkcs15" and the like. */
static const char *
value_for(const scconf_context *tree, const char *app_name, const char *key,
	const char *name, const char *inner, const char *value)
{
	const char *const apps[] = {app_name, "default"};
	scconf_block *app, *block;
	size_t i;

	for (i = 0; i < 2; i++) {
		app = conf_tree_block(tree, NULL, "app", apps[i]);
		block = app != NULL ? conf_tree_block(tree, app, key, name)
				    : NULL;
		if (block == NULL)
			continue;
		if (inner != NULL)
			block = conf_tree_block(tree, block, inner, "jcop45");
		return block != NULL ? scconf_get_str(block, value, "none")
				     : "no block";
	}
	return "nothing";
}

static void
expect_effective(const char *text)
{
	static const char *const apps[] = {
		"opensc-tool", "opensc-pkcs11", "pkcs15-init"};
	scconf_context *tree = parse(text);
	const scconf_list *drivers;
	size_t i;

	drivers = scconf_find_list(
		conf_tree_block(tree, NULL, "app", "default"), "card_drivers");
	assert_non_null(drivers);
	assert_string_equal(drivers->data, "jcop45");
	assert_non_null(drivers->next);
	for (i = 0; i < 3; i++) {
		assert_string_equal(value_for(tree, apps[i], "card_driver",
					    "jcop45", NULL, "module"),
			MODULE);
		assert_string_equal(value_for(tree, apps[i], "framework",
					    "pkcs15", "emulate", "module"),
			MODULE);
		assert_string_equal(value_for(tree, apps[i], "framework",
					    "pkcs15", "pkcs15init", "module"),
			INIT);
		assert_string_not_equal(value_for(tree, apps[i], "pkcs11", NULL,
						NULL, "user_pin_unblock_style"),
			"none");
	}
	scconf_free(tree);
}

static void
expect_drivers(const char *text, const char *expected)
{
	scconf_context *tree = parse(text);
	char *drivers = scconf_list_strdup(
		scconf_find_list(conf_tree_block(tree, NULL, "app", "default"),
			"card_drivers"),
		" ");

	assert_string_equal(drivers, expected);
	free(drivers);
	scconf_free(tree);
}

/* Written in every way that OpenSC's parser takes. */
static const char *const shapes[] = {
	"",
	"\n",
	"# only a comment",
	"app default {\n}\n",
	"app default {}",
	"app default { }",
	"app default {\r\n\tdebug = 3;\r\n}\r\n",
	"app \"default\" { debug = 3; }\n",
	"app default { # why\n debug = 3;\n}",
	"APP Default {\n\tcard_drivers = old, internal;\n}\n",
	"app default {\n\tcard_drivers = internal;\n}\n",
	"app default {\n\tdebug = 0;\n\tcard_drivers = npa, \"internal\";\n"
	"\tframework pkcs15 {\n\t\tuse_file_caching = public;\n\t}\n}\n",
	/* Debian's */
	"app default {\n\t# debug = 3;\n\t# debug_file = opensc-debug.txt;\n"
	"\tframework pkcs15 {\n\t\t# use_file_caching = public;\n\t}\n}\n",
	"app default { framework pkcs15 { use_file_caching = yes; } }",
	"app default {\n\tframework pkcs15 {\n\t\temulate foo {\n"
	"\t\t\tmodule = /x.so;\n\t\t}\n\t}\n\tframework pkcs15 {\n"
	"\t\tsecond = yes;\n\t}\n}\n",
	"app default {\n\tpkcs11 {\n\t\tmax_virtual_slots = 4;\n\t}\n}\n",
	"app default {\n\tpkcs11 {\n\t\tuser_pin_unblock_style = "
	"init_pin_in_so_session;\n\t}\n}\n",
	"app default {\n\treader_driver pcsc {\n\t\tmax_send_size = 255;\n"
	"\t}\n}\n",
	"app opensc-pkcs11 {\n\tpkcs11 {\n\t\tx = y;\n\t}\n}\n",
	"app opensc-pkcs11 {\n\tframework pkcs15 {\n\t\tx = y;\n\t}\n}\n"
	"app default {\n}\n",
	"app opensc-tool {\n\tframework pkcs15 {\n\t\tx = y;\n\t}\n"
	"\tcard_drivers = internal;\n}\napp default { }\n",
	"app default {\n\ta = b;\n}\napp default {\n\tc = d;\n"
	"\tframework pkcs15 { }\n}\n",
	"app default {\n\tcard_atr 3b:f0:{ {\n\t\tname = \"a } b {\";\n\t}\n}",
	"app default {\n\tcard_atr 3B:00 {\n\t\tname = \"# no comment\";\n"
	"\t}\n\tcard_atr 3B:00 {\n\t\tname = \"two\";\n\t}\n}\n",
	"app default {\n\tx = \"unfinished\n\t;\n\ty = z;\n}\n",
	"app default {\n\tx = y\n}\n",
	"other { app default { x = y; } }\n",
	"app default {\n\tframework = pkcs15;\n\tpkcs15 {\n\t}\n}\n",
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void
whatever_was_there_means_the_same_afterwards(void **state)
{
	scconf_context *before, *after;
	char *old, *new, *text;
	size_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		text = merge(shapes[i], &none);
		before = parse(shapes[i]);
		after = parse(text);
		old = conf_tree_foreign(before);
		new = conf_tree_foreign(after);
		assert_string_equal(old, new);
		free(old);
		free(new);
		scconf_free(before);
		scconf_free(after);
		free(text);
	}
}

static void
our_blocks_take_effect_in_every_application(void **state)
{
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		text = merge(shapes[i], &none);
		expect_effective(text);
		free(text);
	}
}

static void
taking_them_out_gives_every_byte_back(void **state)
{
	char *text, *back;
	size_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		text = merge(shapes[i], &none);
		assert_string_not_equal(text, shapes[i]);
		assert_int_equal(conf_unmerge(text, &back, message), JCOP_OK);
		assert_string_equal(back, shapes[i]);
		free(text);
		free(back);
	}
}

static void
a_second_merge_changes_nothing(void **state)
{
	struct conf_settings wanted = {{
		[CONF_KEYSET_SK_ADMIN] = (char *)(uintptr_t) "admin:11",
		[CONF_HSM_MODULE] = (char *)(uintptr_t) "/h.so",
		[CONF_HSM_TOKEN] = (char *)(uintptr_t) "t",
		[CONF_HSM_PIN] = (char *)(uintptr_t) "env:P",
		[CONF_PROVIDER_LIBRARY] = (char *)(uintptr_t) "/v.so",
	}};
	char *once, *twice, *thrice, *back;
	size_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		once = merge(shapes[i], &wanted);
		twice = merge(once, &wanted);
		assert_string_equal(once, twice);
		/* values that are not given again are kept */
		thrice = merge(once, &none);
		assert_string_equal(once, thrice);
		assert_int_equal(conf_unmerge(once, &back, message), JCOP_OK);
		assert_string_equal(back, shapes[i]);
		free(once);
		free(twice);
		free(thrice);
		free(back);
	}
}

static void
our_driver_comes_first_and_the_others_stay(void **state)
{
	static const struct {
		const char *text, *drivers;
	} cases[] = {
		{"", "jcop45 internal"},
		{"app default { card_drivers = internal; }", "jcop45 internal"},
		{"app default { card_drivers = npa, old, internal; }",
			"jcop45 npa old internal"},
		{"app default { card_drivers = a; card_drivers = b; }",
			"jcop45 a b"},
	};
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = merge(cases[i].text, &none);
		expect_drivers(text, cases[i].drivers);
		free(text);
	}
}

static void
an_administrators_unblock_style_stays(void **state)
{
	scconf_context *tree;
	char *text;

	(void)state;
	text = merge("app default { pkcs11 { user_pin_unblock_style = "
		     "init_pin_in_so_session; } }",
		&none);
	tree = parse(text);
	assert_string_equal(value_for(tree, "x", "pkcs11", NULL, NULL,
				    "user_pin_unblock_style"),
		"init_pin_in_so_session");
	scconf_free(tree);
	free(text);
}

static void
a_provider_library_of_ours_wins_and_leaves_again(void **state)
{
	struct conf_settings wanted = {{
		[CONF_PROVIDER_LIBRARY] = (char *)(uintptr_t) "/v.so",
	}};
	const char *original = "app default {\n\treader_driver pcsc {\n"
			       "\t\tprovider_library = /own.so;\n\t}\n}\n";
	scconf_context *tree;
	char *text, *back;

	(void)state;
	text = merge(original, &wanted);
	tree = parse(text);
	assert_string_equal(value_for(tree, "x", "reader_driver", "pcsc", NULL,
				    "provider_library"),
		"/v.so");
	scconf_free(tree);
	assert_int_equal(conf_unmerge(text, &back, message), JCOP_OK);
	assert_string_equal(back, original);
	free(text);
	free(back);
	/* and it is not taken for ours where it is the administrator's */
	text = merge(original, &none);
	assert_null(strstr(text, "\"/own.so\""));
	free(text);
}

static void
values_are_written_where_the_driver_reads_them(void **state)
{
	static const struct {
		enum conf_setting setting;
		const char *key, *value;
	} cases[] = {
		{CONF_CARD_DESCRIPTION, "card_description", "/d.card"},
		{CONF_KEYSET_SK_ADMIN, "keyset_sk_admin", "a:11"},
		{CONF_KEYSET_SK_UNBLK_PIN, "keyset_sk_unblk_pin", "u b"},
		{CONF_KEYSET_SK_FILE_MGMT, "keyset_sk_file_mgmt", "f:AD01/11"},
		{CONF_CHIP_AUTH_KEY_CONFIG, "chip_auth_key_config", "011D:01"},
		{CONF_CHIP_AUTH_TRUST_ANCHOR, "chip_auth_trust_anchor",
			"/a.pem"},
		{CONF_CHIP_AUTH_PINNED_KEY, "chip_auth_pinned_key", "/k.pem"},
		{CONF_CHIP_AUTH_ALLOW_UNTRUSTED, "chip_auth_allow_untrusted",
			"yes"},
		{CONF_AGENT_DATA, "agent_data", "no"},
		{CONF_PROFILE, "profile", "../q/jcop45"},
	};
	struct conf_settings wanted = {0};
	scconf_context *tree;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(conf_settings_set(&wanted, cases[i].setting,
					 cases[i].value),
			JCOP_OK);
	text = merge(shapes[12], &wanted);
	tree = parse(text);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(value_for(tree, "x", "card_driver",
					    "jcop45", NULL, cases[i].key),
			cases[i].value);
	scconf_free(tree);
	free(text);
	conf_settings_free(&wanted);
}

static void
a_uri_replaces_module_token_and_pin(void **state)
{
	struct conf_settings three = {{
		[CONF_HSM_MODULE] = (char *)(uintptr_t) "/h.so",
		[CONF_HSM_TOKEN] = (char *)(uintptr_t) "t",
		[CONF_HSM_PIN] = (char *)(uintptr_t) "env:P",
	}};
	struct conf_settings uri = {{
		[CONF_HSM_URI] = (char *)(uintptr_t) "pkcs11:token=t?"
						     "module-path=/h.so&"
						     "pin-source=file:/p",
	}};
	char *first, *second, *third;

	(void)state;
	first = merge("", &three);
	assert_non_null(strstr(first, "token = \"t\";"));
	second = merge(first, &uri);
	assert_null(strstr(second, "token = \"t\";"));
	assert_non_null(strstr(second, "uri = \"pkcs11:token=t?"));
	third = merge(second, &three);
	assert_string_equal(third, first);
	free(first);
	free(second);
	free(third);
}

static void
an_incomplete_hsm_or_a_pin_literal_is_refused(void **state)
{
	struct conf_settings wanted = {{
		[CONF_HSM_MODULE] = (char *)(uintptr_t) "/h.so",
	}};

	(void)state;
	expect_no_merge("", &wanted, JCOP_ERR_ARGUMENT, "hsm.token");
	wanted.values[CONF_HSM_TOKEN] = (char *)(uintptr_t) "t";
	wanted.values[CONF_HSM_PIN] = (char *)(uintptr_t) "s3cret";
	expect_no_merge("", &wanted, JCOP_ERR_ARGUMENT, "hsm.pin");
	assert_null(strstr(message, "s3cret"));
	wanted.values[CONF_HSM_PIN] = (char *)(uintptr_t) "env:P";
	wanted.values[CONF_CHIP_AUTH_ALLOW_UNTRUSTED] =
		(char *)(uintptr_t) "maybe";
	expect_no_merge("", &wanted, JCOP_ERR_ARGUMENT, "allow_untrusted");
}

static void
a_pin_literal_that_was_written_by_hand_is_refused(void **state)
{
	struct conf_settings wanted = {{
		[CONF_HSM_MODULE] = (char *)(uintptr_t) "/h.so",
		[CONF_HSM_TOKEN] = (char *)(uintptr_t) "t",
		[CONF_HSM_PIN] = (char *)(uintptr_t) "env:PINPIN",
	}};
	char *text = merge("", &wanted), *pin;

	(void)state;
	pin = strstr(text, "env:PINPIN");
	assert_non_null(pin);
	memcpy(pin, "s3cretPINX", 10);
	expect_no_merge(text, &none, JCOP_ERR_ARGUMENT, "hsm.pin");
	assert_null(strstr(message, "s3cret"));
	free(text);
}

static void
blocks_for_our_card_that_others_wrote_are_left_alone(void **state)
{
	static const char *const handmade[] = {
		"app default { card_drivers = jcop45, internal; }",
		"app default { card_driver jcop45 { module = x; } }",
		"app default { framework pkcs15 { emulate jcop45 { } } }",
		"app default { framework pkcs15 { pkcs15init JCOP45 { } } }",
		"app opensc-tool { card_driver jcop45 { module = x; } }",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(handmade) / sizeof(handmade[0]); i++)
		expect_no_merge(handmade[i], &none, JCOP_ERR_MALFORMED,
			"not written by this command");
}

/* Puts LINE before the first AFTER of TEXT; frees TEXT. */
static char *
with_line(char *text, const char *line, const char *before)
{
	char *at = strstr(text, before), *out = NULL;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, line,
			    at) > 0);
	free(text);
	return out;
}

static void
lines_of_others_between_our_marks_are_not_lost(void **state)
{
	char *text, *out = NULL;

	(void)state;
	text = with_line(merge("", &none), "debug = 3;\n", "card_driver ");
	expect_no_merge(text, &none, JCOP_ERR_MALFORMED, "of others");
	assert_int_equal(conf_unmerge(text, &out, message), JCOP_ERR_MALFORMED);
	assert_null(out);
	free(text);
}

static void
a_mistyped_key_in_our_block_is_named(void **state)
{
	struct conf_settings wanted = {{
		[CONF_KEYSET_SK_ADMIN] = (char *)(uintptr_t) "a",
	}};
	char *text;

	(void)state;
	text = with_line(merge("", &wanted), "keyset_sk_admn = \"x\";\n",
		"keyset_sk_admin = ");
	expect_no_merge(text, &none, JCOP_ERR_MALFORMED, "keyset_sk_admn");
	free(text);
}

static void
a_value_that_was_changed_by_hand_is_kept(void **state)
{
	struct conf_settings wanted = {{
		[CONF_KEYSET_SK_ADMIN] = (char *)(uintptr_t) "first",
		[CONF_CHIP_AUTH_TRUST_ANCHOR] = (char *)(uintptr_t) "/a.pem",
	}};
	struct conf_settings later = {{
		[CONF_CHIP_AUTH_TRUST_ANCHOR] = (char *)(uintptr_t) "/b.pem",
	}};
	char *text = merge("", &wanted), *next;

	(void)state;
	memcpy(strstr(text, "first"), "other", 5);
	next = merge(text, &later);
	assert_non_null(strstr(next, "keyset_sk_admin = \"other\";"));
	assert_non_null(strstr(next, "/b.pem"));
	assert_null(strstr(next, "/a.pem"));
	free(text);
	free(next);
}

static void
a_broken_configuration_gets_its_line(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"app default {\n\tx = y;\n", "line"},
		{"app default {\n}\n}\n", "ine 3"},
		{"{\n}\n", "ine 1"},
		{"x = y;\n# >>> opensc-jcop45\n", "line 2"},
		{"x = y;\n\n  # <<< opensc-jcop45\n", "line 3"},
		{"# >>> opensc-jcop45\n# >>> opensc-jcop45\n"
		 "# <<< opensc-jcop45\n",
			"line 1"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_no_merge(cases[i].text, &none, JCOP_ERR_MALFORMED,
			cases[i].expected);
}

/* No text crashes or harms: every prefix of every shape, and of what was
 * made of it, is either refused or can be undone. */
static void
every_cut_text_is_refused_or_can_be_undone(void **state)
{
	struct conf_settings settled = {0};
	char *whole, *text, *out, *back;
	size_t i, len;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		whole = merge(shapes[i], &none);
		for (len = 0; len < strlen(whole); len++) {
			text = strndup(whole, len);
			out = NULL;
			if (conf_merge(text, &none, &defaults, &out, &settled,
				    message) == JCOP_OK) {
				char *bare = NULL;

				assert_int_equal(
					conf_strip(text, &bare, message),
					JCOP_OK);
				assert_int_equal(
					conf_unmerge(out, &back, message),
					JCOP_OK);
				assert_string_equal(back, bare);
				free(bare);
				free(back);
			}
			conf_settings_free(&settled);
			free(out);
			free(text);
		}
		free(whole);
	}
}

/* --- the program on a file --- */

static char dir[] = "/tmp/jcop45-config-XXXXXX";
static char output[1 << 16];

static const char *
in_dir(const char *name)
{
	static char paths[8][128];
	static size_t next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(in_dir(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(in_dir(name), mode), 0);
}

/* NULL if it is not there; static. */
static const char *
content(const char *name)
{
	static char text[1 << 16];
	FILE *file = fopen(in_dir(name), "r");

	if (file == NULL)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Runs the tool with ARGUMENTS; its words to OUTPUT. Returns its status. */
__attribute__((format(printf, 1, 2))) static int
tool(const char *arguments, ...)
{
	char command[2048];
	va_list args;
	size_t len;
	FILE *pipe;
	int status;

	len = (size_t)snprintf(command, sizeof(command),
		"cd %s && timeout 60 %s ", dir, JCOP45_TOOL);
	va_start(args, arguments);
	len += (size_t)vsnprintf(
		command + len, sizeof(command) - len, arguments, args);
	va_end(args);
	snprintf(command + len, sizeof(command) - len, " 2>&1");
	pipe = popen(command, "r");
	assert_non_null(pipe);
	output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
expect_tool(int status, int expected, const char *text)
{
	if (status != expected || strstr(output, text) == NULL)
		fail_msg("status %d, no '%s' in: %s", status, text, output);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || mkdir(in_dir("lib"), 0700) != 0)
		return -1;
	write_file("lib/opensc-jcop45.so", "", 0600);
	write_file("lib/opensc-jcop45-init.so", "", 0600);
	unsetenv("OPENSC_CONF");
	return 0;
}

static void
clear_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -f %s/*.conf* %s/*.link", dir,
		dir);
	assert_int_equal(system(command), 0);
}

static int
remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

#define INSTALL "config --install --module-dir lib --file "

static void
install_keeps_a_backup_mode_and_owner(void **state)
{
	struct stat before, after, backup;

	(void)state;
	clear_dir();
	write_file("a.conf", shapes[12], 0640);
	assert_int_equal(chown(in_dir("a.conf"), geteuid(), getegid()), 0);
	assert_int_equal(stat(in_dir("a.conf"), &before), 0);
	expect_tool(tool(INSTALL "a.conf"), 0, "our blocks are in it");
	assert_int_equal(stat(in_dir("a.conf"), &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	/* another file: it was replaced, not written over */
	assert_true(after.st_ino != before.st_ino);
	assert_int_equal(stat(in_dir("a.conf.bak-jcop45"), &backup), 0);
	assert_int_equal(backup.st_mode, before.st_mode);
	assert_string_equal(content("a.conf.bak-jcop45"), shapes[12]);
}

static void
a_second_install_changes_nothing_and_says_so(void **state)
{
	struct stat before, after;

	(void)state;
	clear_dir();
	write_file("b.conf", shapes[12], 0644);
	expect_tool(tool(INSTALL "b.conf"), 0, "in it");
	assert_int_equal(stat(in_dir("b.conf"), &before), 0);
	expect_tool(tool(INSTALL "b.conf"), 0, "nothing to change");
	assert_int_equal(stat(in_dir("b.conf"), &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
}

static void
a_later_install_keeps_the_first_backup(void **state)
{
	(void)state;
	clear_dir();
	write_file("c.conf", shapes[11], 0644);
	expect_tool(tool(INSTALL "c.conf"), 0, "kept as");
	expect_tool(
		tool(INSTALL "c.conf --keyset-sk-admin admin:11"), 0, "in it");
	assert_non_null(
		strstr(content("c.conf"), "keyset_sk_admin = \"admin:11\""));
	assert_string_equal(content("c.conf.bak-jcop45"), shapes[11]);
}

static void
remove_gives_the_file_back_and_needs_no_backup_any_more(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		clear_dir();
		write_file("d.conf", shapes[i], 0644);
		expect_tool(tool(INSTALL "d.conf"), 0, "in it");
		expect_tool(tool("config --remove --file d.conf"), 0,
			"as it was before");
		assert_string_equal(content("d.conf"), shapes[i]);
		assert_null(content("d.conf.bak-jcop45"));
	}
	expect_tool(
		tool("config --remove --file d.conf"), 0, "nothing of ours");
}

static void
remove_keeps_what_was_changed_since_and_the_backup(void **state)
{
	(void)state;
	clear_dir();
	write_file("e.conf", "app default {\n}\n", 0644);
	expect_tool(tool(INSTALL "e.conf"), 0, "in it");
	{
		FILE *file = fopen(in_dir("e.conf"), "a");

		assert_non_null(file);
		fputs("app other { x = y; }\n", file);
		fclose(file);
	}
	expect_tool(tool("config --remove --file e.conf"), 0, "changed since");
	assert_string_equal(
		content("e.conf"), "app default {\n}\napp other { x = y; }\n");
	assert_string_equal(content("e.conf.bak-jcop45"), "app default {\n}\n");
}

static void
a_file_that_install_made_is_deleted_again(void **state)
{
	(void)state;
	clear_dir();
	expect_tool(tool(INSTALL "new.conf"), 0, "in it");
	assert_non_null(content("new.conf"));
	assert_null(content("new.conf.bak-jcop45"));
	expect_tool(tool("config --remove --file new.conf"), 0, "");
	assert_null(content("new.conf"));
}

static void
a_link_stays_a_link(void **state)
{
	struct stat st;

	(void)state;
	clear_dir();
	write_file("real.conf", shapes[12], 0644);
	assert_int_equal(symlink("real.conf", in_dir("conf.link")), 0);
	expect_tool(tool(INSTALL "conf.link"), 0, "real.conf");
	assert_int_equal(lstat(in_dir("conf.link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_non_null(strstr(content("real.conf"), "jcop45"));
}

static void
the_file_is_the_one_that_opensc_reads(void **state)
{
	(void)state;
	clear_dir();
	write_file("env.conf", shapes[12], 0644);
	setenv("OPENSC_CONF", in_dir("env.conf"), 1);
	expect_tool(tool("config --install --module-dir lib"), 0, "env.conf");
	expect_tool(tool("config --remove"), 0, "env.conf");
	unsetenv("OPENSC_CONF");
	assert_string_equal(content("env.conf"), shapes[12]);
}

static void
missing_modules_are_named_and_nothing_is_written(void **state)
{
	(void)state;
	clear_dir();
	write_file("f.conf", shapes[12], 0644);
	expect_tool(tool("config --install --module-dir nowhere --file "
			 "f.conf"),
		5, "nowhere/opensc-jcop45.so");
	assert_string_equal(content("f.conf"), shapes[12]);
	assert_null(content("f.conf.bak-jcop45"));
}

static void
a_refused_value_leaves_the_file_alone(void **state)
{
	(void)state;
	clear_dir();
	write_file("g.conf", shapes[12], 0644);
	expect_tool(tool(INSTALL "g.conf --hsm-module /h --hsm-token t "
				 "--hsm-pin s3cret"),
		5, "hsm.pin");
	assert_null(strstr(output, "s3cret"));
	expect_tool(tool(INSTALL "g.conf --keyset-sk-admin 'a\"b'"), 5,
		"keyset_sk_admin");
	expect_tool(tool(INSTALL "g.conf --keyset-sk-admin ''"), 5,
		"keyset_sk_admin");
	assert_string_equal(content("g.conf"), shapes[12]);
	assert_null(content("g.conf.bak-jcop45"));
}

static void
paths_are_written_absolute(void **state)
{
	char expected[256];

	(void)state;
	clear_dir();
	expect_tool(tool("config --module-dir lib --profile-dir etc "
			 "--chip-auth-trust-anchor a.pem --hsm-module ./h.so "
			 "--hsm-token t --hsm-pin file:pin"),
		0, "warning: --chip-auth-trust-anchor");
	snprintf(expected, sizeof(expected),
		"module = \"%s/lib/opensc-jcop45.so\";", dir);
	assert_non_null(strstr(output, expected));
	snprintf(expected, sizeof(expected), "../..%s/etc/jcop45\";", dir);
	assert_non_null(strstr(output, expected));
	snprintf(expected, sizeof(expected), "\"%s/a.pem\";", dir);
	assert_non_null(strstr(output, expected));
	snprintf(expected, sizeof(expected), "pin = \"file:%s/pin\";", dir);
	assert_non_null(strstr(output, expected));
}

static void
the_printed_configuration_is_complete(void **state)
{
	scconf_context *tree;

	(void)state;
	assert_int_equal(tool("config --module-dir /m"), 0);
	expect_effective(output);
	tree = parse(output);
	/* as the built-in description says */
	assert_string_equal(value_for(tree, "x", "card_driver", "jcop45", NULL,
				    "chip_auth_key_config"),
		"011D:01");
	scconf_free(tree);
}

static void
a_wrong_command_line_has_status_2(void **state)
{
	static const char *const lines[] = {"", "nothing", "config --nothing",
		"config --install --remove", "config --file x",
		"config --remove --hsm-pin env:P", "config s3cret",
		"config --hsm-token a --hsm-token b", "config --file"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(tool("%s", lines[i]), 2);
		assert_null(strstr(output, "s3cret"));
		assert_true(strlen(output) > 0);
	}
}

static void
help_and_version_answer(void **state)
{
	(void)state;
	expect_tool(tool("--help"), 0, "config");
	expect_tool(tool("--version"), 0, "OpenSC 0.");
	expect_tool(tool("config --help"), 0, "--hsm-uri URI");
	expect_tool(tool("info --help"), 0, "--reader READER");
	expect_tool(tool("activate --help"), 0, "--transport-pin SOURCE");
	/* what cannot be written is an error */
	assert_int_equal(tool("config --help >/dev/full"), 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_was_there_means_the_same_afterwards),
		cmocka_unit_test(our_blocks_take_effect_in_every_application),
		cmocka_unit_test(taking_them_out_gives_every_byte_back),
		cmocka_unit_test(a_second_merge_changes_nothing),
		cmocka_unit_test(our_driver_comes_first_and_the_others_stay),
		cmocka_unit_test(an_administrators_unblock_style_stays),
		cmocka_unit_test(
			a_provider_library_of_ours_wins_and_leaves_again),
		cmocka_unit_test(
			values_are_written_where_the_driver_reads_them),
		cmocka_unit_test(a_uri_replaces_module_token_and_pin),
		cmocka_unit_test(an_incomplete_hsm_or_a_pin_literal_is_refused),
		cmocka_unit_test(
			a_pin_literal_that_was_written_by_hand_is_refused),
		cmocka_unit_test(
			blocks_for_our_card_that_others_wrote_are_left_alone),
		cmocka_unit_test(
			lines_of_others_between_our_marks_are_not_lost),
		cmocka_unit_test(a_mistyped_key_in_our_block_is_named),
		cmocka_unit_test(a_value_that_was_changed_by_hand_is_kept),
		cmocka_unit_test(a_broken_configuration_gets_its_line),
		cmocka_unit_test(every_cut_text_is_refused_or_can_be_undone),
		cmocka_unit_test(install_keeps_a_backup_mode_and_owner),
		cmocka_unit_test(a_second_install_changes_nothing_and_says_so),
		cmocka_unit_test(a_later_install_keeps_the_first_backup),
		cmocka_unit_test(
			remove_gives_the_file_back_and_needs_no_backup_any_more),
		cmocka_unit_test(
			remove_keeps_what_was_changed_since_and_the_backup),
		cmocka_unit_test(a_file_that_install_made_is_deleted_again),
		cmocka_unit_test(a_link_stays_a_link),
		cmocka_unit_test(the_file_is_the_one_that_opensc_reads),
		cmocka_unit_test(
			missing_modules_are_named_and_nothing_is_written),
		cmocka_unit_test(a_refused_value_leaves_the_file_alone),
		cmocka_unit_test(paths_are_written_absolute),
		cmocka_unit_test(the_printed_configuration_is_complete),
		cmocka_unit_test(a_wrong_command_line_has_status_2),
		cmocka_unit_test(help_and_version_answer),
	};

	return cmocka_run_group_tests_name(
		"config", tests, make_dir, remove_dir);
}
