/*
 * check-file.c: rules for [Description], but those for PINs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "encoding/check.h"
#include "encoding/text.h"

const struct encoding_value *
encoding_check_value(
	const struct encoding_check *check, enum encoding_key_id key)
{
	return &check->encoding->description.values[key];
}

bool
encoding_check_has(const struct encoding_check *check, enum encoding_key_id key)
{
	return encoding_has(&check->encoding->description, key);
}

bool
encoding_check_is_on(
	const struct encoding_check *check, enum encoding_key_id key)
{
	return encoding_is_on(&check->encoding->description, key);
}

static bool
is_off(const struct encoding_check *check, enum encoding_key_id key)
{
	return encoding_keys[key].takes == TAKES_SWITCH &&
	       !encoding_check_is_on(check, key);
}

static void
say_ignored(const struct encoding_check *check, enum encoding_key_id key,
	const char *why)
{
	encoding_say(check->report, ENCODING_WARNING, RULE_IGNORED,
		encoding_check_value(check, key)->line, "%s has no effect%s%s",
		encoding_keys[key].name, why[0] != '\0' ? " " : "", why);
}

/* --- the list of all cards --- */

static void
check_list(const struct encoding_check *check)
{
	enum encoding_key_id key;

	for (key = 0; key < KEY_COUNT; key++)
		if (encoding_check_has(check, key) && !is_off(check, key) &&
			key != KEY_RETRIEVE_ALL_TOKENS &&
			key != KEY_ALL_TOKENS_FIELD &&
			key != KEY_ICCSN_WITH_ATR && key != KEY_PKCS11_LIBRARY)
			encoding_say(check->report, ENCODING_ERROR,
				RULE_LIST_ALONE,
				encoding_check_value(check, key)->line,
				"RetrieveAllTokens=true lists the cards and "
				"does nothing else: %s cannot stand beside it",
				encoding_keys[key].name);
	if (!encoding_check_has(check, KEY_ALL_TOKENS_FIELD))
		encoding_say(check->report, ENCODING_ERROR, RULE_LIST_FIELD,
			encoding_check_value(check, KEY_RETRIEVE_ALL_TOKENS)
				->line,
			"RetrieveAllTokens=true needs AllTokensIccsnsField: "
			"the field that the list goes to");
}

static void
check_selection(const struct encoding_check *check)
{
	bool selects = encoding_check_is_on(check, KEY_USE_SELECT_ICCSN);

	if (selects && !encoding_check_has(check, KEY_SELECT_ICCSN))
		encoding_say(check->report, ENCODING_ERROR, RULE_SELECT,
			encoding_check_value(check, KEY_USE_SELECT_ICCSN)->line,
			"UseSelectCriteriaIccsn=true needs "
			"SelectCriteriaIccsn: the ICCSN of the card");
	if (!selects && encoding_check_has(check, KEY_SELECT_ICCSN))
		say_ignored(check, KEY_SELECT_ICCSN,
			"without UseSelectCriteriaIccsn=true");
	if (encoding_check_has(check, KEY_ALL_TOKENS_FIELD))
		say_ignored(check, KEY_ALL_TOKENS_FIELD,
			"without RetrieveAllTokens=true");
	if (!selects && encoding_check_has(check, KEY_ICCSN_WITH_ATR))
		say_ignored(check, KEY_ICCSN_WITH_ATR,
			"without RetrieveAllTokens or UseSelectCriteriaIccsn");
}

/* --- key sets --- */

static void
check_configuration(const struct encoding_check *check)
{
	static const struct {
		enum encoding_key_id key;
		enum encoding_rule rule;
		bool (*is_good)(const char *text);
		const char *expected;
	} keys[] = {
		{KEY_KEYSET_ADMIN, RULE_KEYSET_SYNTAX, text_is_keyset,
			"label or label:KEYID"},
		{KEY_KEYSET_UNBLK_PIN, RULE_KEYSET_SYNTAX, text_is_keyset,
			"label or label:KEYID"},
		{KEY_KEYSET_FILE_MGMT, RULE_KEYSET_SYNTAX, text_is_keyset,
			"label or label:FILEID/KEYID"},
		{KEY_CHIP_AUTH, RULE_CHIP_AUTH_SYNTAX, text_is_chip_auth,
			"FILEID:KEYID"},
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct encoding_value *value =
			encoding_check_value(check, keys[i].key);
		char *text;

		if (!encoding_value_is_supplied(check->fields, value))
			continue;
		text = encoding_value_text(check->fields, value);
		if (text == NULL || !keys[i].is_good(text))
			encoding_say(check->report, ENCODING_ERROR,
				keys[i].rule, value->line,
				"%s is \"%s\"; expected %s, ids in "
				"hexadecimal digits",
				encoding_keys[keys[i].key].name,
				text != NULL ? text : "", keys[i].expected);
		free(text);
	}
}

/* --- agent data --- */

static void
check_data_value(const struct encoding_check *check, enum encoding_key_id key)
{
	const struct encoding_value *value = encoding_check_value(check, key);
	struct jcop_bytes bytes = encoding_value_bytes(check->fields, value);
	const char *text = (const char *)bytes.data;

	if (bytes.len == 0)
		return; /* cleared, or missing */
	if (text_has_control(text, bytes.len))
		encoding_say(check->report, ENCODING_ERROR, RULE_FIELD_TEXT,
			value->line, "%s has a control character",
			encoding_keys[key].name);
	else if (key == KEY_EF_FUNCTION_PRODUCTION_DATE &&
		 !text_is_date(text, bytes.len))
		encoding_say(check->report, ENCODING_ERROR, RULE_FIELD_TEXT,
			value->line, "%s: expected a date, YYYY-MM-DD",
			encoding_keys[key].name);
}

/* Agent data to be read are named in [Fields]. */
static void
check_reading(const struct encoding_check *check)
{
	const struct encoding_field *field, *first = NULL;
	bool reads = encoding_check_is_on(check, KEY_READ_DATA_OBJECTS);
	size_t i;

	for (i = 0; i < check->encoding->field_count && first == NULL; i++) {
		field = &check->encoding->fields[i];
		if (field->data != KEY_COUNT)
			first = field;
	}
	if (reads && first == NULL)
		encoding_say(check->report, ENCODING_WARNING, RULE_IGNORED,
			encoding_check_value(check, KEY_READ_DATA_OBJECTS)
				->line,
			"readDataObjects=true reads nothing: [Fields] names "
			"no agent data, as ef.id.familyName=");
	/* It may be the field that a new value comes from. */
	if (!reads && first != NULL && !encoding_check_has(check, first->data))
		encoding_say(check->report, ENCODING_WARNING, RULE_IGNORED,
			first->line,
			"%s is not read without readDataObjects=true in "
			"[Description]",
			first->name);
}

static bool
writes_data(const struct encoding_check *check)
{
	enum encoding_key_id key;

	for (key = KEY_FIRST_DATA; key <= KEY_LAST_DATA; key++)
		if (encoding_check_has(check, key))
			return true;
	return false;
}

static void
check_something(const struct encoding_check *check)
{
	char letters[ENCODING_MAX_APPLICATIONS + 1];

	encoding_application_order(check->encoding, letters);
	if (!encoding_check_is_on(check, KEY_INIT_TOKEN) &&
		!encoding_check_is_on(check, KEY_SET_PIN) &&
		!encoding_check_is_on(check, KEY_READ_DATA_OBJECTS) &&
		!writes_data(check) && letters[0] == '\0')
		encoding_say(check->report, ENCODING_ERROR, RULE_NOTHING, 0,
			"nothing is to be done: no InitToken, SetPin, "
			"ApplicationList, ef.* or readDataObjects in "
			"[Description]");
}

void
encoding_check_file(const struct encoding *encoding,
	const struct encoding_fields *fields,
	const struct jcop_description *description,
	const struct encoding_options *options, struct encoding_report *report)
{
	const struct encoding_check check = {
		encoding, fields, description, options, report};
	enum encoding_key_id key;

	if (encoding_check_has(&check, KEY_PKCS11_LIBRARY))
		encoding_say(report, ENCODING_NOTE, RULE_IGNORED,
			encoding_check_value(&check, KEY_PKCS11_LIBRARY)->line,
			"PKCS11Library has no effect: the card is reached "
			"through OpenSC");
	if (encoding_check_is_on(&check, KEY_RETRIEVE_ALL_TOKENS)) {
		check_list(&check);
		return;
	}
	check_selection(&check);
	check_configuration(&check);
	encoding_check_pins(&check);
	encoding_check_applications(&check);
	for (key = KEY_FIRST_DATA; key <= KEY_LAST_DATA; key++)
		check_data_value(&check, key);
	check_reading(&check);
	check_something(&check);
}
