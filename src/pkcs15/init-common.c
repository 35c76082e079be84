/*
 * init-common.c: what the files of the pkcs15-init module share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pkcs15/init.h"

/* People read standard error of pkcs15-init; inside a PKCS#11 application
 * nobody does. */
static bool
someone_reads(const struct sc_card *card)
{
	return card->ctx->app_name != NULL &&
	       strcmp(card->ctx->app_name, "pkcs15-init") == 0;
}

void
jcop_init_say(struct sc_card *card, const char *format, ...)
{
	va_list args;

	if (!someone_reads(card))
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int
jcop_init_failed(struct sc_card *card, int error)
{
	const char *message = "";

	if (sc_card_ctl(card, SC_CARDCTL_JCOP45_MESSAGE, &message) ==
			SC_SUCCESS &&
		message[0] != '\0')
		jcop_init_say(card, "jcop45: %s.", message);
	if (error == SC_ERROR_INVALID_ARGUMENTS)
		return SC_ERROR_NOT_ALLOWED;
	return error;
}

const struct jcop_description *
jcop_init_description(struct sc_card *card)
{
	const struct jcop_description *description = NULL;

	if (sc_card_ctl(card, SC_CARDCTL_JCOP45_DESCRIPTION, &description) !=
		SC_SUCCESS)
		return NULL;
	return description;
}
