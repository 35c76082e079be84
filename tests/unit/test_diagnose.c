/*
 * test_diagnose.c: where OpenSC does not use our driver, the tool says why.
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
#include <unistd.h>

#include <cmocka.h>

#include <libopensc/opensc.h>

#include "tool/diagnose.h"

static char path[] = "/tmp/jcop45-diagnose-XXXXXX";
static char message[TOOL_MESSAGE_SIZE];

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	setenv("OPENSC_CONF", path, 1);
	return 0;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static struct sc_context *
context(const char *conf)
{
	sc_context_param_t param;
	struct sc_context *ctx = NULL;
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(conf, file);
	assert_int_equal(fclose(file), 0);
	memset(&param, 0, sizeof(param));
	param.app_name = TOOL_NAME;
	assert_int_equal(sc_context_create(&ctx, &param), SC_SUCCESS);
	return ctx;
}

static void
expect_reason(const char *conf, const char *text)
{
	struct sc_context *ctx = context(conf);

	assert_int_equal(
		tool_driver_reason(ctx, NULL, message), JCOP_ERR_NOT_FOUND);
	if (strstr(message, text) == NULL)
		fail_msg("no '%s' in '%s'", text, message);
	sc_release_context(ctx);
}

static void
a_configuration_that_cannot_be_read_is_named(void **state)
{
	struct sc_context *ctx;

	(void)state;
	expect_reason("app default {\n", path);
	setenv("OPENSC_CONF", "/nowhere/opensc.conf", 1);
	ctx = context("");
	assert_int_equal(
		tool_driver_reason(ctx, NULL, message), JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "/nowhere/opensc.conf"));
	sc_release_context(ctx);
	setenv("OPENSC_CONF", path, 1);
}

static void
a_missing_entry_in_card_drivers_is_told(void **state)
{
	(void)state;
	expect_reason("app default { }", "card_drivers");
	expect_reason("app default { card_drivers = internal; }", path);
	/* OpenSC takes the list of the default block, where both have one */
	expect_reason("app jcop45-tool { card_drivers = jcop45, internal; }"
		      "app default { card_drivers = internal; }",
		"config --install");
}

static void
a_forced_driver_is_told(void **state)
{
	(void)state;
	setenv("OPENSC_DRIVER", "npa", 1);
	expect_reason("app default { card_drivers = jcop45, internal; }",
		"OPENSC_DRIVER");
	unsetenv("OPENSC_DRIVER");
}

static void
a_missing_block_is_told(void **state)
{
	(void)state;
	expect_reason(
		"app default { card_drivers = jcop45, internal; }", "no block");
	expect_reason("app default { card_drivers = jcop45, internal; "
		      "card_driver jcop45 { } }",
		"no block");
}

#define WITH_MODULE(module)                               \
	"app default { card_drivers = jcop45, internal; " \
	"card_driver jcop45 { module = \"" module "\"; } }"

static void
a_missing_module_is_named(void **state)
{
	(void)state;
	expect_reason(WITH_MODULE("/nowhere/opensc-jcop45.so"),
		"/nowhere/opensc-jcop45.so");
}

static void
a_module_that_cannot_be_loaded_is_named(void **state)
{
	(void)state;
	expect_reason(WITH_MODULE("/etc/passwd"), "cannot be loaded");
	expect_reason(WITH_MODULE("libc.so.6"), "no module of OpenSC");
}

static void
a_module_for_another_opensc_names_both_releases(void **state)
{
	(void)state;
	expect_reason(WITH_MODULE(OTHER_MODULE), "built for OpenSC 0.12.3");
	assert_non_null(strstr(message, sc_get_version()));
}

static void
a_driver_before_ours_that_took_the_card_is_named(void **state)
{
	struct sc_card card;
	struct sc_context *ctx;

	(void)state;
	memset(&card, 0, sizeof(card));
	ctx = context("app default { card_drivers = npa, jcop45, internal; "
		      "card_driver jcop45 { module = \"" OUR_MODULE "\"; } }");
	card.driver = ctx->card_drivers[0];
	assert_int_equal(
		tool_driver_reason(ctx, &card, message), JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "driver npa"));
	/* one after ours took what ours declined: a foreign card */
	card.driver = ctx->card_drivers[2];
	assert_int_equal(tool_driver_reason(ctx, &card, message), JCOP_OK);
	sc_release_context(ctx);
}

static void
a_driver_that_is_loaded_has_no_reason(void **state)
{
	struct sc_context *ctx = context(WITH_MODULE(OUR_MODULE));

	(void)state;
	if (tool_driver_reason(ctx, NULL, message) != JCOP_OK)
		fail_msg("%s", message);
	assert_string_equal(tool_conf_path(ctx), path);
	sc_release_context(ctx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_that_cannot_be_read_is_named),
		cmocka_unit_test(a_missing_entry_in_card_drivers_is_told),
		cmocka_unit_test(a_forced_driver_is_told),
		cmocka_unit_test(a_missing_block_is_told),
		cmocka_unit_test(a_missing_module_is_named),
		cmocka_unit_test(a_module_that_cannot_be_loaded_is_named),
		cmocka_unit_test(
			a_module_for_another_opensc_names_both_releases),
		cmocka_unit_test(
			a_driver_before_ours_that_took_the_card_is_named),
		cmocka_unit_test(a_driver_that_is_loaded_has_no_reason),
	};

	return cmocka_run_group_tests_name(
		"diagnose", tests, make_file, remove_file);
}
