/*
 * other_module.c: a module for an OpenSC that is not installed, for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define EXPORT __attribute__((visibility("default")))

EXPORT const char *sc_driver_version(void);
EXPORT void *sc_module_init(const char *name);

const char *
sc_driver_version(void)
{
	return "0.12.3";
}

/* Never called: OpenSC looks at the version first. */
void *
sc_module_init(const char *name)
{
	(void)name;
	return 0;
}
