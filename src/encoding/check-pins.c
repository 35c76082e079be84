/*
 * check-pins.c: rules for InitToken, SetPin and the PINs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>

#include "encoding/check.h"

__attribute__((format(printf, 4, 5))) static void
say(const struct encoding_check *check, enum encoding_rule rule,
	enum encoding_key_id key, const char *format, ...)
{
	char text[ENCODING_MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	encoding_say(check->report, ENCODING_ERROR, rule,
		encoding_check_value(check, key)->line, "%s: %s",
		encoding_keys[key].name, text);
}

static void
warn(const struct encoding_check *check, enum encoding_key_id key,
	const char *why)
{
	encoding_say(check->report, ENCODING_WARNING, RULE_IGNORED,
		encoding_check_value(check, key)->line, "%s has no effect %s",
		encoding_keys[key].name, why);
}

/* Fields of the dialog that KEY asks for; 0 for field or PIN pad. */
static unsigned int
dialog_of(const struct encoding_check *check, enum encoding_key_id key)
{
	return encoding_input(check->encoding, key).fields;
}

/* --- lengths --- */

static bool
all_digits(struct jcop_bytes value)
{
	size_t i;

	for (i = 0; i < value.len; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
	return true;
}

static void
check_value(const struct encoding_check *check, enum jcop_pin pin)
{
	const struct jcop_pin_desc *desc = &check->description->pins[pin];
	enum encoding_key_id key = encoding_pin_key(pin);
	struct jcop_bytes value = encoding_value_bytes(
		check->fields, encoding_check_value(check, key));

	/* An empty one is the fields' to say. */
	if (encoding_check_value(check, key)->kind != VALUE_FIELD ||
		value.len == 0)
		return;
	if (value.len < desc->min_length || value.len > desc->max_length)
		say(check, RULE_PIN_LENGTH, key,
			"the value in the field %s is not %zu to %zu bytes "
			"long",
			encoding_check_value(check, key)->text,
			desc->min_length, desc->max_length);
	else if (desc->charset == JCOP_CHARSET_NUMERIC && !all_digits(value))
		say(check, RULE_PIN_LENGTH, key,
			"the value in the field %s has not only digits",
			encoding_check_value(check, key)->text);
}

/* --- InitToken --- */

static void
check_init_pin(const struct encoding_check *check, enum jcop_pin pin)
{
	enum encoding_key_id key = encoding_pin_key(pin);

	if (!encoding_check_has(check, key))
		encoding_say(check->report, ENCODING_ERROR, RULE_INIT_PINS,
			encoding_check_value(check, KEY_INIT_TOKEN)->line,
			"InitToken=true needs %s: %s", encoding_keys[key].name,
			encoding_keys[key].meaning);
	else if (dialog_of(check, key) > 0)
		say(check, RULE_INIT_DIALOG, key,
			"a dialog is not supported for InitToken; take a field "
			"or !%s",
			encoding_source_word(SOURCE_PAD));
}

static void
check_init(const struct encoding_check *check)
{
	check_init_pin(check, JCOP_PIN_TRANSPORT);
	check_init_pin(check, JCOP_PIN_GLOBAL);
	check_init_pin(check, JCOP_PIN_SIGNATURE);
	if (encoding_check_is_on(check, KEY_SET_PIN))
		say(check, RULE_INIT_AND_SET, KEY_SET_PIN,
			"InitToken=true sets both PINs already; take SetPin "
			"out");
}

/* --- SetPin --- */

static void
check_change(const struct encoding_check *check, enum encoding_key_id key)
{
	if (encoding_check_value(check, key)->kind == VALUE_FIELD ||
		dialog_of(check, key) == 1 || dialog_of(check, key) == 2)
		say(check, RULE_CHANGE_SOURCE, key,
			"without InitialPUK or KeysetSkUnblkPin, SetPin "
			"changes "
			"the PIN, and that takes the old one: "
			"!%s, !%s or !%s",
			encoding_source_word(SOURCE_DIALOG_3_AUTO),
			encoding_source_word(SOURCE_DIALOG_3),
			encoding_source_word(SOURCE_PAD));
}

static void
check_unblock(const struct encoding_check *check, enum encoding_key_id key)
{
	if (dialog_of(check, key) == 3 &&
		encoding_check_has(check, KEY_KEYSET_UNBLK_PIN))
		say(check, RULE_UNBLK_WITH_CHANGE, KEY_KEYSET_UNBLK_PIN,
			"it must be absent for a PIN change, which is what %s "
			"with the old PIN in its dialog is",
			encoding_keys[key].name);
	else if (dialog_of(check, key) == 1 || dialog_of(check, key) == 3)
		say(check, RULE_UNBLOCK_SOURCE, key,
			"an unblocked PIN has no old value and is typed twice: "
			"take a field, !%s, !%s or !%s",
			encoding_source_word(SOURCE_DIALOG_2_AUTO),
			encoding_source_word(SOURCE_DIALOG_2),
			encoding_source_word(SOURCE_PAD));
}

static void
check_set_pin(const struct encoding_check *check, enum encoding_key_id key)
{
	if (!encoding_check_has(check, key))
		return;
	if (encoding_check_has(check, KEY_INITIAL_PUK) ||
		encoding_check_has(check, KEY_KEYSET_UNBLK_PIN))
		check_unblock(check, key);
	else
		check_change(check, key);
}

static void
check_set(const struct encoding_check *check)
{
	if (!encoding_check_has(check, KEY_PIN) &&
		!encoding_check_has(check, KEY_SIGN_PIN))
		say(check, RULE_SET_NO_PIN, KEY_SET_PIN,
			"neither PIN nor SignPIN says which PIN is meant");
	if (encoding_check_has(check, KEY_INITIAL_PUK) &&
		encoding_check_has(check, KEY_KEYSET_UNBLK_PIN))
		say(check, RULE_UNBLK_WITH_PUK, KEY_KEYSET_UNBLK_PIN,
			"it must be absent when a PIN is unblocked with "
			"InitialPUK");
	if (dialog_of(check, KEY_INITIAL_PUK) > 1)
		say(check, RULE_PUK_SOURCE, KEY_INITIAL_PUK,
			"the PUK is typed once: take a field, !%s, !%s or !%s",
			encoding_source_word(SOURCE_DIALOG_1_AUTO),
			encoding_source_word(SOURCE_DIALOG_1),
			encoding_source_word(SOURCE_PAD));
	check_set_pin(check, KEY_PIN);
	check_set_pin(check, KEY_SIGN_PIN);
}

/* --- a PIN to sign requests with --- */

static bool
signs_with(const struct encoding_check *check, enum jcop_pin pin)
{
	const struct jcop_container_desc *container;
	const struct encoding_section *application;
	char letters[ENCODING_MAX_APPLICATIONS + 1], *letter;

	encoding_application_order(check->encoding, letters);
	for (letter = letters; *letter != '\0'; letter++) {
		application = encoding_application(check->encoding, *letter);
		container = encoding_container(check->description,
			encoding_value_bytes(check->fields,
				&application->values[KEY_LOCATION]));
		if (encoding_request_of(application) == REQUEST_PKCS10 &&
			container != NULL && container->pin == pin)
			return true;
	}
	return false;
}

static void
check_signing_pin(const struct encoding_check *check, enum jcop_pin pin)
{
	enum encoding_key_id key = encoding_pin_key(pin);

	if (!encoding_check_has(check, key))
		return;
	if (dialog_of(check, key) > 1)
		say(check, RULE_SIGNING_SOURCE, key,
			"without InitToken and SetPin it signs requests, and "
			"is typed once: take a field, !%s, !%s or !%s",
			encoding_source_word(SOURCE_DIALOG_1_AUTO),
			encoding_source_word(SOURCE_DIALOG_1),
			encoding_source_word(SOURCE_PAD));
	else if (!signs_with(check, pin))
		warn(check, key,
			"without InitToken, SetPin or a PKCS#10 request in its "
			"container");
}

void
encoding_check_pins(const struct encoding_check *check)
{
	enum jcop_pin pin;

	for (pin = 0; pin < JCOP_PIN_COUNT; pin++)
		check_value(check, pin);
	if (encoding_check_is_on(check, KEY_INIT_TOKEN))
		check_init(check);
	else if (encoding_check_has(check, KEY_TRANSPORT_PIN))
		warn(check, KEY_TRANSPORT_PIN, "without InitToken=true");
	/* With InitToken it has no meaning that could be checked. */
	if (encoding_check_is_on(check, KEY_SET_PIN) &&
		!encoding_check_is_on(check, KEY_INIT_TOKEN))
		check_set(check);
	else if (!encoding_check_is_on(check, KEY_SET_PIN) &&
		 encoding_check_has(check, KEY_INITIAL_PUK))
		warn(check, KEY_INITIAL_PUK, "without SetPin=true");
	if (encoding_check_is_on(check, KEY_INIT_TOKEN) ||
		encoding_check_is_on(check, KEY_SET_PIN))
		return;
	check_signing_pin(check, JCOP_PIN_GLOBAL);
	check_signing_pin(check, JCOP_PIN_SIGNATURE);
}
