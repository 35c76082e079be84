/*
 * pin-source.c: the PINs of a command line: supplied, asked for, or typed on
 * the PIN pad of the reader.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <strings.h>

#include "tool/pin-source.h"

static struct tool_secret
secret_of(const struct tool *tool, const struct tool_pin *pin)
{
	const struct tool_secret secret = {
		.option = tool->command->options[pin->option].name,
		.name = pin->name,
		.is_new = pin->is_new,
		.pinpad = true,
	};

	return secret;
}

int
tool_pin_check(
	const struct tool *tool, const struct tool_pin *pins, size_t count)
{
	char message[TOOL_MESSAGE_SIZE];
	size_t i;

	for (i = 0; i < count; i++) {
		const struct tool_secret secret = secret_of(tool, &pins[i]);

		if (tool_secret_check(&secret, tool->values[pins[i].option],
			    message) != JCOP_OK)
			return tool_fail(TOOL_USAGE, "%s", message);
	}
	return TOOL_OK;
}

int
tool_pin_check_reader(
	const struct tool *tool, const struct tool_pin *pins, size_t count)
{
	const struct sc_reader *reader = tool->card->reader;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!tool_secret_is_pinpad(tool->values[pins[i].option]) ||
			(reader->capabilities & SC_READER_CAP_PIN_PAD))
			continue;
		return tool_fail(TOOL_USAGE,
			"--%s pinpad: the reader '%s' has no PIN pad; nothing "
			"was sent to the card",
			tool->command->options[pins[i].option].name,
			reader->name);
	}
	return TOOL_OK;
}

int
tool_pin_read(const struct tool *tool,
	const struct jcop_description *description, const struct tool_pin *pin,
	int tries_left, struct jcop_blob *value, struct jcop_pin_entry *entry)
{
	const char *source = tool->values[pin->option];
	struct tool_secret secret = secret_of(tool, pin);
	char message[TOOL_MESSAGE_SIZE], note[32];

	entry->pinpad = tool_secret_is_pinpad(source);
	entry->value = jcop_bytes_of(NULL, 0);
	if (entry->pinpad)
		return TOOL_OK;
	secret.max_length = description->pins[pin->pin].max_length;
	if (tries_left >= 0) {
		snprintf(note, sizeof(note), "%d %s left", tries_left,
			tries_left == 1 ? "try" : "tries");
		secret.note = note;
	}
	if (tool_secret_read(&secret, source, value, message) != JCOP_OK)
		return tool_fail(TOOL_SECRET, "%s", message);
	entry->value = jcop_blob_view(value);
	return TOOL_OK;
}

static void
say(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "%s\n", text);
}

const struct jcop_pinpad_prompt tool_pin_prompt = {say, NULL};

int
tool_pin_which(const char *name, enum jcop_pin *pin)
{
	static const enum jcop_pin users[] = {
		JCOP_PIN_GLOBAL, JCOP_PIN_SIGNATURE};
	size_t i;

	for (i = 0; name != NULL && i < 2; i++) {
		*pin = users[i];
		if (strcasecmp(name, jcop_pin_name(users[i])) == 0)
			return TOOL_OK;
	}
	return tool_fail(TOOL_USAGE, "--which says which PIN: %s or %s",
		jcop_pin_name(users[0]), jcop_pin_name(users[1]));
}
