/*
 * config.c: where the token is: block "hsm" of the configuration, or a
 * PKCS#11 URI (RFC 7512).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "hsm/internal.h"

static bool
is_set(const char *value)
{
	return value != NULL && value[0] != '\0';
}

static int
check_pin_source(const char *key, const char *source, char *message)
{
	if (!is_set(source))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"%s is missing: write env:NAME or file:PATH", key);
	/* What stands there may be the PIN: it is not repeated. */
	if (!hsm_pin_source_known(source))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"%s has to be env:NAME or file:PATH; the PIN itself is "
			"not accepted, because everybody who can read the "
			"configuration could read it",
			key);
	return JCOP_OK;
}

/* A URI may carry what has no place here; none of it is dropped silently. */
static int
check_uri_extras(P11KitUri *uri, char *message)
{
	CK_ULONG count = 0;
	CK_ATTRIBUTE *attributes = p11_kit_uri_get_attributes(uri, &count);
	CK_ULONG i;

	if (p11_kit_uri_any_unrecognized(uri))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm.uri has a part that is not known; expected "
			"token=, model=, serial=, manufacturer= and, after a "
			"question mark, module-path= and pin-source=");
	for (i = 0; i < count; i++)
		if (attributes[i].type != CKA_CLASS)
			return hsm_fail(message, JCOP_ERR_ARGUMENT,
				"hsm.uri names an object; expected a token "
				"only: the labels of the keys stand in "
				"keyset_...");
	if (p11_kit_uri_get_pin_value(uri) != NULL)
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm.uri has pin-value=, a PIN that everybody who can "
			"read the configuration could read; write "
			"pin-source=file:PATH instead");
	return JCOP_OK;
}

static int
check_uri_module(P11KitUri *uri, struct hsm_target *target, char *message)
{
	const char *slash;

	target->module = p11_kit_uri_get_module_path(uri);
	target->module_name = p11_kit_uri_get_module_name(uri);
	if (is_set(target->module) || is_set(target->module_name)) {
		slash = is_set(target->module_name)
				? strchr(target->module_name, '/')
				: NULL;
		if (slash != NULL)
			return hsm_fail(message, JCOP_ERR_ARGUMENT,
				"hsm.uri: module-name= is a name without "
				"path; for a file write module-path=");
		return JCOP_OK;
	}
	return hsm_fail(message, JCOP_ERR_ARGUMENT,
		"hsm.uri lacks module-path= (the PKCS#11 library)");
}

static int
read_uri(const struct jcop_hsm_config *config, struct hsm_target *target,
	char *message)
{
	int r;

	if (is_set(config->module) || is_set(config->token) ||
		is_set(config->pin))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm.uri stands beside hsm.module, hsm.token or "
			"hsm.pin: write either the URI or those three");
	target->uri = p11_kit_uri_new();
	if (target->uri == NULL)
		return hsm_fail(
			message, JCOP_ERR_NO_MEMORY, "HSM: out of memory");
	r = p11_kit_uri_parse(config->uri, P11_KIT_URI_FOR_ANY, target->uri);
	if (r != P11_KIT_URI_OK)
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm.uri is not a PKCS#11 URI (RFC 7512): %s",
			p11_kit_uri_message(r));
	r = check_uri_extras(target->uri, message);
	if (r == JCOP_OK)
		r = check_uri_module(target->uri, target, message);
	if (r != JCOP_OK)
		return r;
	target->pin = p11_kit_uri_get_pin_source(target->uri);
	return check_pin_source("hsm.uri: pin-source=", target->pin, message);
}

static int
read_three(const struct jcop_hsm_config *config, struct hsm_target *target,
	char *message)
{
	if (!is_set(config->module) && !is_set(config->token) &&
		!is_set(config->pin))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm is missing: the block needs module, token and "
			"pin, or uri");
	if (!is_set(config->module))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm.module is missing: the path of the PKCS#11 "
			"library");
	if (!is_set(config->token))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"hsm.token is missing: the label of the token");
	target->module = config->module;
	target->token = config->token;
	target->pin = config->pin;
	return check_pin_source("hsm.pin", target->pin, message);
}

int
hsm_target_read(const struct jcop_hsm_config *config, struct hsm_target *target,
	char *message)
{
	int r;

	memset(target, 0, sizeof(*target));
	if (is_set(config->uri))
		r = read_uri(config, target, message);
	else
		r = read_three(config, target, message);
	if (r != JCOP_OK)
		hsm_target_free(target);
	return r;
}

void
hsm_target_free(struct hsm_target *target)
{
	if (target->uri != NULL)
		p11_kit_uri_free(target->uri);
	memset(target, 0, sizeof(*target));
}

int
jcop_hsm_check_config(const struct jcop_hsm_config *config, char *message)
{
	struct hsm_target target;
	int r;

	r = hsm_target_read(config, &target, message);
	if (r == JCOP_OK)
		hsm_target_free(&target);
	return r;
}
