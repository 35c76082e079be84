/*
 * dialog.c: dialogs of one, two and three fields.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "encoding/dialog.h"

void
encoding_answers_free(struct encoding_answers *answers)
{
	jcop_blob_free(&answers->old);
	jcop_blob_free(&answers->value);
}

bool
encoding_has_display(void)
{
	const char *wayland = getenv("WAYLAND_DISPLAY"), *x = getenv("DISPLAY");

	return (wayland != NULL && wayland[0] != '\0') ||
	       (x != NULL && x[0] != '\0');
}

static void
tries_text(int tries_left, char *text, size_t size)
{
	text[0] = '\0';
	if (tries_left >= 0)
		snprintf(text, size, "%d %s left", tries_left,
			tries_left == 1 ? "try" : "tries");
}

int
encoding_dialog(const struct encoding_asker *asker, const char *title,
	const char *name, unsigned int fields, int tries_left,
	size_t max_length, struct encoding_answers *answers, char *message)
{
	char tries[64], old[128];
	struct encoding_question question = {
		title, tries, name, fields != 1, max_length};
	struct encoding_question first = {title, tries, old, false, max_length};
	int r = JCOP_OK;

	tries_text(tries_left, tries, sizeof(tries));
	snprintf(old, sizeof(old), "old %s", name);
	if (fields == 3)
		r = asker->ask(asker->context, &first, &answers->old, message);
	/* A new value is not tried. */
	if (fields != 1)
		question.text = "";
	if (r == JCOP_OK)
		r = asker->ask(
			asker->context, &question, &answers->value, message);
	if (r != JCOP_OK)
		encoding_answers_free(answers);
	return r;
}
