/*
 * hsm.c: a session on the token that holds the key sets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hsm/internal.h"

/* One module and nothing else: p11-kit's own list of modules holds OpenSC's
 * PKCS#11 module, which this may run in. */
static CK_FUNCTION_LIST *
load_path(const char *path)
{
	return p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
}

/* RFC 7512: "module-name" is the file name without path, "lib" and ".so". */
static CK_FUNCTION_LIST *
load_name(const char *name)
{
	static const char *const prefixes[] = {"", "lib"};
	CK_FUNCTION_LIST *module = NULL;
	char path[256];
	size_t i;
	int len;

	for (i = 0; i < 2 && module == NULL; i++) {
		len = snprintf(
			path, sizeof(path), "%s%s.so", prefixes[i], name);
		if (len > 0 && (size_t)len < sizeof(path))
			module = load_path(path);
	}
	return module;
}

static int
load_module(
	struct jcop_hsm *hsm, const struct hsm_target *target, char *message)
{
	const char *name =
		target->module != NULL ? target->module : target->module_name;
	const char *why;
	CK_RV rv;

	hsm->module =
		target->module != NULL ? load_path(name) : load_name(name);
	if (hsm->module == NULL) {
		why = p11_kit_message();
		return hsm_fail(message, JCOP_ERR_NOT_FOUND,
			"HSM: the PKCS#11 module %s cannot be loaded: %s; "
			"correct hsm.%s",
			name, why != NULL ? why : "no reason given",
			target->uri != NULL ? "uri" : "module");
	}
	rv = p11_kit_module_initialize(hsm->module);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_Initialize", rv,
			"Does the module find its own configuration?");
	hsm->initialised = true;
	return JCOP_OK;
}

static int
open_session(
	struct jcop_hsm *hsm, const struct hsm_target *target, char *message)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;
	CK_RV rv;
	int r;

	r = hsm_token_find(hsm, target, &slot, &info, message);
	if (r != JCOP_OK)
		return r;
	rv = hsm->module->C_OpenSession(
		slot, CKF_SERIAL_SESSION, NULL, NULL, &hsm->session);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_OpenSession", rv, "");
	hsm->session_open = true;
	return hsm_login(hsm, &info, target->pin, message);
}

int
jcop_hsm_open(const struct jcop_hsm_config *config, struct jcop_hsm **hsm,
	char *message)
{
	struct hsm_target target;
	struct jcop_hsm *new;
	int r;

	*hsm = NULL;
	r = hsm_target_read(config, &target, message);
	if (r != JCOP_OK)
		return r;
	new = calloc(1, sizeof(*new));
	if (new == NULL) {
		r = hsm_fail(message, JCOP_ERR_NO_MEMORY, "HSM: out of memory");
		goto out;
	}
	new->pid = getpid();
	r = load_module(new, &target, message);
	if (r == JCOP_OK)
		r = open_session(new, &target, message);
	if (r == JCOP_OK)
		*hsm = new;
	else
		jcop_hsm_close(new);
out:
	hsm_target_free(&target);
	return r;
}

/* In a child the session is the parent's, and so is its login. */
static void
close_session(struct jcop_hsm *hsm)
{
	hsm_logout(hsm);
	if (hsm->session_open)
		hsm->module->C_CloseSession(hsm->session);
	if (hsm->initialised)
		p11_kit_module_finalize(hsm->module);
	if (hsm->module != NULL)
		p11_kit_module_release(hsm->module);
}

void
jcop_hsm_close(struct jcop_hsm *hsm)
{
	if (hsm == NULL)
		return;
	if (hsm->pid == getpid())
		close_session(hsm);
	free(hsm);
}
