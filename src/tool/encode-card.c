/*
 * encode-card.c: the card of a job: which one it is, and what it, its reader
 * and the configuration can do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/encode.h"
#include "tool/print.h"
#include "tool/readers.h"
#include "tool/search.h"

static const struct encoding_value *
value_of(const struct encode *encode, enum encoding_key_id key)
{
	return &encode->encoding.description.values[key];
}

static bool
is_on(const struct encode *encode, enum encoding_key_id key)
{
	return encoding_is_on(&encode->encoding.description, key);
}

/* --- which card --- */

/* "3BD5..." of a card, to TEXT. */
#define ATR_TEXT_SIZE (2 * SC_MAX_ATR_SIZE + 1)
static void
atr_text(const struct sc_card *card, char text[ATR_TEXT_SIZE])
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < card->atr.len && i < SC_MAX_ATR_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02X", card->atr.value[i]);
}

/* ISO/IEC 7816-3 8.1: TS, direct or inverse convention. */
static bool
begins_as_atr(const char *text)
{
	return strncasecmp(text, "3B", 2) == 0 ||
	       strncasecmp(text, "3F", 2) == 0;
}

/* SelectCriteriaIccsn, which the caller frees: the ICCSN, and in *ATR what
 * stands behind its last hyphen, as RetrieveAllTokens writes it with
 * UseICCSNwithATR; else NULL. NULL without memory. */
static char *
selection(const struct encode *encode, const char **atr)
{
	char *text = encoding_value_text(
		&encode->fields, value_of(encode, KEY_SELECT_ICCSN));
	char *hyphen = text != NULL ? strrchr(text, '-') : NULL;

	*atr = NULL;
	if (hyphen != NULL && (begins_as_atr(hyphen + 1) ||
				      is_on(encode, KEY_ICCSN_WITH_ATR))) {
		*hyphen = '\0';
		*atr = hyphen + 1;
	}
	return text;
}

static int
check_selection(const struct encode *encode, const char *text, const char *atr,
	char iccsn[TOOL_ICCSN_SIZE])
{
	bool needs_atr = is_on(encode, KEY_ICCSN_WITH_ATR);
	char given[TOOL_ICCSN_SIZE];

	if (!tool_iccsn_parse(text, iccsn) || (needs_atr && atr == NULL))
		return tool_fail(TOOL_USAGE,
			"SelectCriteriaIccsn: expected the ICCSN of a card%s, "
			"in hexadecimal digits",
			needs_atr ? ", a hyphen and its ATR" : "");
	if (encode->tool->iccsn != NULL &&
		(!tool_iccsn_parse(encode->tool->iccsn, given) ||
			strcmp(given, iccsn) != 0))
		return tool_fail(TOOL_USAGE,
			"--iccsn %s is not the card of SelectCriteriaIccsn, "
			"%s; leave one of them out",
			encode->tool->iccsn, iccsn);
	return TOOL_OK;
}

int
encode_select(struct encode *encode)
{
	const char *atr;
	char *text;
	int r;

	if (!is_on(encode, KEY_USE_SELECT_ICCSN))
		return TOOL_OK;
	text = selection(encode, &atr);
	if (text == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	r = check_selection(encode, text, atr, encode->iccsn);
	free(text);
	encode->tool->iccsn = encode->iccsn;
	return r;
}

/* The card has the ICCSN; has it the ATR? */
static int
check_atr(const struct encode *encode)
{
	char found[ATR_TEXT_SIZE];
	const char *wanted;
	char *text;
	int r = TOOL_OK;

	if (!is_on(encode, KEY_USE_SELECT_ICCSN))
		return TOOL_OK;
	text = selection(encode, &wanted);
	if (text == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	atr_text(encode->tool->card, found);
	if (wanted != NULL && strcasecmp(wanted, found) != 0)
		r = tool_fail(TOOL_NO_CARD,
			"the card %s has the ATR %s, not that of "
			"SelectCriteriaIccsn; nothing was changed",
			encode->tool->iccsn, found);
	free(text);
	return r;
}

/* --- configuration --- */

/* "env:NAME", or what a PKCS#11 URI (RFC 7512) has as pin-source. */
static void
note_hsm_variable(struct encode *encode, const char *pin, const char *uri)
{
	static const char source[] = "pin-source=env:";
	const char *found = uri != NULL ? strstr(uri, source) : NULL;

	if (pin != NULL && strncmp(pin, "env:", 4) == 0)
		snprintf(encode->hsm_variable, sizeof(encode->hsm_variable),
			"%s", pin + 4);
	else if (found != NULL)
		snprintf(encode->hsm_variable, sizeof(encode->hsm_variable),
			"%.*s", (int)strcspn(found + sizeof(source) - 1, "&;?"),
			found + sizeof(source) - 1);
}

static void
read_hsm(struct encode *encode, const scconf_block *block)
{
	scconf_block **blocks =
		scconf_find_blocks(encode->tool->ctx->conf, block, "hsm", NULL);

	if (blocks != NULL && blocks[0] != NULL)
		note_hsm_variable(encode,
			scconf_get_str(blocks[0], "pin", NULL),
			scconf_get_str(blocks[0], "uri", NULL));
	free(blocks);
}

void
encode_read_configuration(struct encode *encode)
{
	const scconf_block *block = sc_get_conf_block(
		encode->tool->ctx, "card_driver", JCOP_SHORT_NAME, 1);
	int i;

	if (block == NULL)
		return;
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		encode->card.keysets[i] =
			scconf_get_str(block,
				encoding_keyset_setting((enum jcop_keyset)i),
				"")[0] != '\0';
	encode->card.chip_auth =
		scconf_get_str(block, "chip_auth_key_config", "")[0] != '\0';
	read_hsm(encode, block);
}

/* What the encoding description says of the configuration wins over
 * opensc.conf, for this connection. */
struct overrides {
	char *keysets[JCOP_KEYSET_COUNT], *chip_auth;
	char origin[ENCODING_MESSAGE_SIZE];
};

static bool
take_override(const struct encode *encode, enum encoding_key_id key, char **out)
{
	const struct encoding_value *value = value_of(encode, key);

	if (value->kind == VALUE_ABSENT)
		return true;
	*out = encoding_value_text(&encode->fields, value);
	return *out != NULL;
}

static bool
take_overrides(const struct encode *encode, struct overrides *overrides)
{
	snprintf(overrides->origin, sizeof(overrides->origin),
		"the encoding description %s", encode->encoding.name);
	return take_override(encode, KEY_KEYSET_ADMIN,
		       &overrides->keysets[JCOP_KEYSET_SK_ADMIN]) &&
	       take_override(encode, KEY_KEYSET_UNBLK_PIN,
		       &overrides->keysets[JCOP_KEYSET_SK_UNBLK_PIN]) &&
	       take_override(encode, KEY_KEYSET_FILE_MGMT,
		       &overrides->keysets[JCOP_KEYSET_SK_FILE_MGMT]) &&
	       take_override(encode, KEY_CHIP_AUTH, &overrides->chip_auth);
}

static void
free_overrides(struct overrides *overrides)
{
	int i;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		free(overrides->keysets[i]);
	free(overrides->chip_auth);
}

static int
configure(struct encode *encode)
{
	struct overrides overrides = {{NULL}, NULL, ""};
	struct jcop_settings settings = {.origin = overrides.origin};
	int i, r;

	if (!take_overrides(encode, &overrides)) {
		free_overrides(&overrides);
		return tool_fail(TOOL_FAILED, "out of memory");
	}
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		settings.keysets[i] = overrides.keysets[i];
	settings.chip_auth_key_config = overrides.chip_auth;
	r = sc_card_ctl(
		encode->tool->card, SC_CARDCTL_JCOP45_CONFIGURE, &settings);
	if (r != SC_SUCCESS)
		r = tool_fail(tool_status_of(r), "%s",
			tool_card_reason(encode->tool, r));
	free_overrides(&overrides);
	return r;
}

/* --- card and reader --- */

static int
read_card(struct encode *encode)
{
	struct encoding_card *card = &encode->card;
	struct sc_card *sc_card = encode->tool->card;
	size_t i;
	int r = sc_card_ctl(sc_card, SC_CARDCTL_JCOP45_INFO, &card->info);

	if (r == SC_SUCCESS)
		r = sc_card_ctl(sc_card, SC_CARDCTL_JCOP45_DIRECTORY,
			&encode->directory);
	if (r != SC_SUCCESS)
		return tool_card_failed(
			encode->tool, r, "the card cannot be read");
	if (card->info.iccsn_len == 0)
		return tool_fail(TOOL_REFUSED,
			"the card does not tell its ICCSN: nothing would tell "
			"this card from another one");
	for (i = 0; i < card->info.iccsn_len; i++)
		snprintf(encode->iccsn + 2 * i, 3, "%02X", card->info.iccsn[i]);
	card->directory = &encode->directory;
	card->pad_verify = card->pad_modify =
		(sc_card->reader->capabilities & SC_READER_CAP_PIN_PAD) != 0;
	return TOOL_OK;
}

int
encode_look_at_card(struct encode *encode)
{
	int r = check_atr(encode);

	if (r == TOOL_OK)
		r = tool_description(encode->tool, &encode->description);
	if (r == TOOL_OK)
		r = configure(encode);
	if (r != TOOL_OK)
		return r;
	encode_read_configuration(encode);
	encode->card.description = encode->description;
	return read_card(encode);
}

/* The driver's reasons are sentences of their own. */
static int
check_step(struct encode *encode, const struct encoding_step *step)
{
	enum jcop_operation operation = encoding_step_operation(step->kind);
	char message[ENCODING_MESSAGE_SIZE];
	int r = sc_card_ctl(
		encode->tool->card, SC_CARDCTL_JCOP45_CHECK, &operation);

	if (r != SC_SUCCESS)
		r = encode_failed(encode, r, message);
	else if (step->kind == STEP_WRITE_DATA)
		r = encode_check_data(encode, message);
	return r == SC_SUCCESS ? TOOL_OK
			       : tool_fail(encode->status, "%s", message);
}

int
encode_check_operations(struct encode *encode)
{
	bool checked[JCOP_OP_COUNT] = {[JCOP_OP_READ] = true};
	size_t i;
	int r = TOOL_OK;

	for (i = 0; i < encode->plan.count && r == TOOL_OK; i++) {
		const struct encoding_step *step = &encode->plan.steps[i];
		bool *done = &checked[encoding_step_operation(step->kind)];

		if (step->state == STATE_TO_DO && !*done)
			r = check_step(encode, step);
		*done |= step->state == STATE_TO_DO;
	}
	return r;
}

/* --- all cards --- */

/* Appends a card to TEXT, separated by a comma; frees and replaces it. */
static int
add_card(struct encode *encode, char **text)
{
	struct tool *tool = encode->tool;
	char atr[ATR_TEXT_SIZE] = "", *longer;
	bool with_atr = is_on(encode, KEY_ICCSN_WITH_ATR);

	if (!tool_note_iccsn(tool)) {
		fprintf(stderr,
			"%s: the card in %s does not tell its ICCSN; it is "
			"left out\n",
			TOOL_NAME, tool->card->reader->name);
		return TOOL_OK;
	}
	if (with_atr)
		atr_text(tool->card, atr);
	if (asprintf(&longer, "%s%s%s%s%s", *text != NULL ? *text : "",
		    *text != NULL ? "," : "", tool->card_iccsn,
		    with_atr ? "-" : "", atr) < 0)
		return tool_fail(TOOL_FAILED, "out of memory");
	free(*text);
	*text = longer;
	return TOOL_OK;
}

static int
list_reader(struct encode *encode, struct sc_reader *reader, char **text)
{
	struct tool *tool = encode->tool;
	int r = TOOL_OK;

	if (!tool_card_present(reader))
		return r;
	if (sc_connect_card(reader, &tool->card) != SC_SUCCESS) {
		tool->card = NULL;
		fprintf(stderr,
			"%s: the card in %s does not answer, or is of another "
			"kind; it is left out\n",
			TOOL_NAME, reader->name);
		return r;
	}
	if (strcmp(tool->card->driver->short_name, JCOP_SHORT_NAME) == 0)
		r = add_card(encode, text);
	sc_disconnect_card(tool->card);
	tool->card = NULL;
	return r;
}

/* All readers are looked at, and nobody waits for a card. */
static void
warn_of_choice(const struct tool *tool)
{
	static const char format[] = "%s: warning: --%s has no effect on "
				     "RetrieveAllTokens, which lists the cards "
				     "in all readers\n";

	if (tool->reader != NULL)
		fprintf(stderr, format, TOOL_NAME, "reader");
	if (tool->iccsn != NULL)
		fprintf(stderr, format, TOOL_NAME, "iccsn");
	if (tool->wait != NULL)
		fprintf(stderr, format, TOOL_NAME, "wait");
}

int
encode_list_cards(struct encode *encode)
{
	const char *field = value_of(encode, KEY_ALL_TOKENS_FIELD)->text;
	char *text = NULL;
	unsigned int i;
	int r = tool_open_context(encode->tool);

	warn_of_choice(encode->tool);
	for (i = 0;
		r == TOOL_OK && i < sc_ctx_get_reader_count(encode->tool->ctx);
		i++)
		r = list_reader(
			encode, sc_ctx_get_reader(encode->tool->ctx, i), &text);
	if (r == TOOL_OK && text == NULL)
		r = tool_fail(TOOL_NO_CARD,
			"no reader has a card of ours; look at: jcop45-tool "
			"info");
	if (r == TOOL_OK && encoding_fields_output(&encode->fields, field,
				    json_string(text)) != JCOP_OK)
		r = tool_fail(TOOL_FAILED, "out of memory");
	free(text);
	encode->tool->card_iccsn[0] = '\0';
	return r;
}
