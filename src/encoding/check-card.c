/*
 * check-card.c: rules for a plan and the card that is to be encoded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "encoding/check.h"

struct subject {
	const struct encoding_plan *plan;
	const struct encoding_card *card;
	struct encoding_report *report;
};

/* Steps that are still to be done. */
static const struct encoding_step *
next_step(const struct subject *subject, size_t *i)
{
	const struct encoding_step *step;

	while (*i < subject->plan->count) {
		step = &subject->plan->steps[(*i)++];
		if (step->state == STATE_TO_DO)
			return step;
	}
	return NULL;
}

static const struct encoding_step *
find_step(const struct subject *subject, enum encoding_step_kind kind)
{
	const struct encoding_step *step;
	size_t i = 0;

	while ((step = next_step(subject, &i)) != NULL)
		if (step->kind == kind)
			return step;
	return NULL;
}

/* --- configuration --- */

struct need {
	bool keysets[JCOP_KEYSET_COUNT];
	bool chip_auth;
};

/* The overview table: what an operation cannot do without. */
static struct need
need_of(enum jcop_operation operation)
{
	struct need need = {{false}, false};

	switch (operation) {
	case JCOP_OP_ACTIVATE:
	case JCOP_OP_GENERATE:
	case JCOP_OP_IMPORT:
	case JCOP_OP_WRITE_CERTIFICATE:
	case JCOP_OP_DELETE:
		need.keysets[JCOP_KEYSET_SK_ADMIN] = true;
		need.chip_auth = true;
		break;
	case JCOP_OP_WRITE_DATA:
		need.keysets[JCOP_KEYSET_SK_FILE_MGMT] = true;
		need.chip_auth = true;
		break;
	case JCOP_OP_UNBLOCK_KEYSET:
		need.keysets[JCOP_KEYSET_SK_UNBLK_PIN] = true;
		break;
	default:
		break;
	}
	return need;
}

static const struct {
	enum encoding_key_id key;
	enum encoding_rule rule;
	const char *setting;
} keyset_keys[JCOP_KEYSET_COUNT] = {
	[JCOP_KEYSET_SK_ADMIN] = {KEY_KEYSET_ADMIN, RULE_KEYSET_ADMIN,
		"keyset_sk_admin"},
	[JCOP_KEYSET_SK_UNBLK_PIN] = {KEY_KEYSET_UNBLK_PIN, RULE_KEYSET_UNBLK,
		"keyset_sk_unblk_pin"},
	[JCOP_KEYSET_SK_FILE_MGMT] = {KEY_KEYSET_FILE_MGMT,
		RULE_KEYSET_FILE_MGMT, "keyset_sk_file_mgmt"},
};

const char *
encoding_keyset_setting(enum jcop_keyset keyset)
{
	return keyset_keys[keyset].setting;
}

static void
say_missing(const struct subject *subject, const struct encoding_step *step,
	enum encoding_rule rule, enum encoding_key_id key, const char *setting)
{
	char text[256];

	if (encoding_has(&subject->plan->encoding->description, key) ||
		encoding_report_has(subject->report, rule))
		return;
	encoding_step_text(step, text, sizeof(text));
	encoding_say(subject->report, ENCODING_ERROR, rule, step->line,
		"%s is needed to %s: give it in [Description], or %s in "
		"opensc.conf",
		encoding_keys[key].name, text, setting);
}

static void
check_configuration(const struct subject *subject)
{
	const struct encoding_step *step;
	size_t i = 0, keyset;

	while ((step = next_step(subject, &i)) != NULL) {
		struct need need = need_of(encoding_step_operation(step->kind));

		for (keyset = 0; keyset < JCOP_KEYSET_COUNT; keyset++)
			if (need.keysets[keyset] &&
				!subject->card->keysets[keyset])
				say_missing(subject, step,
					keyset_keys[keyset].rule,
					keyset_keys[keyset].key,
					keyset_keys[keyset].setting);
		if (need.chip_auth && !subject->card->chip_auth)
			say_missing(subject, step, RULE_CHIP_AUTH,
				KEY_CHIP_AUTH, "chip_auth_key_config");
	}
}

/* --- life cycle and PINs --- */

static bool
changes_card(const struct encoding_step *step)
{
	return encoding_step_operation(step->kind) != JCOP_OP_READ ||
	       step->kind == STEP_REQUEST;
}

static void
check_terminated(const struct subject *subject)
{
	const struct encoding_step *step;
	size_t i = 0;

	if (subject->card->info.life_cycle != JCOP_LIFE_CYCLE_TERMINATED)
		return;
	while ((step = next_step(subject, &i)) != NULL)
		if (changes_card(step)) {
			encoding_say(subject->report, ENCODING_ERROR,
				RULE_TERMINATED, step->line,
				"this card is terminated: it can be read, and "
				"nothing else");
			return;
		}
}

static void
check_activation(const struct subject *subject)
{
	const struct encoding_step *step = find_step(subject, STEP_ACTIVATE);

	if (step != NULL &&
		subject->card->info.life_cycle == JCOP_LIFE_CYCLE_ACTIVATED)
		encoding_say(subject->report, ENCODING_ERROR, RULE_ACTIVATED,
			step->line,
			"InitToken: this card is activated already, and a card "
			"is activated once. To do the rest, take "
			"InitToken=true out; if a run was interrupted, give "
			"its --fields-out, beside which its journal is");
}

static bool
sets_pin(const struct encoding_step *step)
{
	return step->kind == STEP_CHANGE_PIN ||
	       step->kind == STEP_UNBLOCK_PUK ||
	       step->kind == STEP_UNBLOCK_KEYSET;
}

/* A user PIN exists once the card is activated. */
static void
check_not_activated(const struct subject *subject)
{
	const struct encoding_step *step;
	size_t i = 0;

	if (subject->card->info.life_cycle != JCOP_LIFE_CYCLE_INITIALISATION ||
		find_step(subject, STEP_ACTIVATE) != NULL)
		return;
	while ((step = next_step(subject, &i)) != NULL) {
		if (!sets_pin(step) && step->signer != SIGNER_CARD)
			continue;
		encoding_say(subject->report, ENCODING_ERROR,
			RULE_NOT_ACTIVATED, step->line,
			"this card is not activated yet and has no PINs: "
			"activate it first (InitToken=true, or jcop45-tool "
			"activate)");
		return;
	}
}

static void
check_pin(const struct subject *subject, const struct encoding_step *step,
	enum jcop_pin pin, const char *what_next)
{
	if (subject->card->info.pins[pin].status != JCOP_PIN_BLOCKED)
		return;
	encoding_say(subject->report, ENCODING_ERROR, RULE_PIN_BLOCKED,
		step->line, "%s: it is blocked on this card; %s",
		encoding_keys[encoding_pin_key(pin)].name, what_next);
}

static void
check_blocked(const struct subject *subject)
{
	const struct encoding_step *step;
	size_t i = 0;

	while ((step = next_step(subject, &i)) != NULL) {
		if (step->kind == STEP_ACTIVATE)
			check_pin(subject, step, JCOP_PIN_TRANSPORT,
				"it can be activated no more");
		if (step->kind == STEP_CHANGE_PIN)
			check_pin(subject, step, step->pin,
				"unblock it, with InitialPUK or "
				"KeysetSkUnblkPin");
		if (step->kind == STEP_UNBLOCK_PUK)
			check_pin(subject, step, JCOP_PIN_PUK,
				"unblock the PIN with KeysetSkUnblkPin");
		/* One that is set in this run is not blocked afterwards. */
		if (step->kind == STEP_REQUEST && step->signer == SIGNER_CARD &&
			find_step(subject, STEP_UNBLOCK_PUK) == NULL &&
			find_step(subject, STEP_UNBLOCK_KEYSET) == NULL)
			check_pin(subject, step, step->container->pin,
				"unblock it first (SetPin), or sign the "
				"request with a dummy key");
	}
}

/* --- the reader --- */

/* Is INPUT to be typed on a pad that is not there? Then *LINE is its line. */
static bool
lacks_pad(const struct encoding_pin_input *input, bool pad, unsigned int *line)
{
	if (input->how != PIN_PAD || pad)
		return false;
	*line = input->value->line;
	return true;
}

static bool
step_lacks_pad(const struct subject *subject, const struct encoding_step *step,
	unsigned int *line)
{
	bool verify = subject->card->pad_verify;
	bool modify = subject->card->pad_modify;

	return lacks_pad(&step->transport, verify, line) ||
	       lacks_pad(&step->global, modify, line) ||
	       lacks_pad(&step->signature, modify, line) ||
	       lacks_pad(&step->puk, verify, line) ||
	       lacks_pad(&step->new, modify && verify, line) ||
	       (step->signer == SIGNER_CARD &&
		       lacks_pad(&step->signer_pin, verify, line));
}

static void
check_pad(const struct subject *subject)
{
	const struct encoding_step *step;
	unsigned int line = 0;
	size_t i = 0;

	while ((step = next_step(subject, &i)) != NULL)
		if (step_lacks_pad(subject, step, &line)) {
			encoding_say(subject->report, ENCODING_ERROR,
				RULE_NO_PAD, line,
				"!%s: this reader has no PIN pad that OpenSC "
				"can use for it; take another reader, a field "
				"or a source that ends in _AUTO",
				encoding_source_word(SOURCE_PAD));
			return;
		}
}

static void
check_applet(const struct subject *subject)
{
	const struct jcop_card_info *info = &subject->card->info;
	const uint8_t *since =
		subject->plan->description->identification.chaining_since;
	const struct encoding_step *step = find_step(subject, STEP_IMPORT);
	const char *what = "no key can be imported";

	if (info->extended_length || info->chaining)
		return;
	if (step == NULL &&
		subject->plan->description->dialect.sign == JCOP_SIGN_RAW) {
		step = find_step(subject, STEP_REQUEST);
		what = "it cannot sign a request";
	}
	if (step == NULL ||
		(step->kind == STEP_REQUEST && step->signer != SIGNER_CARD))
		return;
	encoding_say(subject->report, ENCODING_ERROR, RULE_APPLET, step->line,
		"this reader takes short commands only, and the card's applet "
		"(%u.%u.%u) no chains of them, so %s: take another reader, or "
		"a card with applet %u.%u.%u or later",
		info->version[0], info->version[1], info->version[2], what,
		since[0], since[1], since[2]);
}

/* --- capacity --- */

/* Slots that are free, or will be when the card has been emptied. */
static size_t
free_slots(const struct subject *subject,
	const struct jcop_container_desc *container, unsigned int bits)
{
	const struct jcop_directory empty = {0};

	if (find_step(subject, STEP_DELETE_ALL) != NULL ||
		subject->card->directory == NULL)
		return jcop_directory_free_slots(&empty, container, bits);
	return jcop_directory_free_slots(
		subject->card->directory, container, bits);
}

static bool
makes_key(const struct encoding_step *step,
	const struct jcop_container_desc *container)
{
	return step->container == container &&
	       (step->kind == STEP_GENERATE || step->kind == STEP_IMPORT);
}

/* Keys of BITS bits that are still to come to CONTAINER, 0 for those whose
 * size only the CA knows; LAST is the last of them. Keys of a later visit count
 * too: better to know now. */
static size_t
count_keys(const struct subject *subject,
	const struct jcop_container_desc *container, unsigned int bits,
	const struct encoding_step **last)
{
	const struct encoding_step *step;
	size_t i, keys = 0;

	for (i = 0; i < subject->plan->count; i++) {
		step = &subject->plan->steps[i];
		/* What is there already needs no place. */
		if (step->state == STATE_DONE || step->key_id_len > 0 ||
			step->bits != bits || !makes_key(step, container))
			continue;
		keys++;
		*last = step;
	}
	return keys;
}

/* Is SLOT the first of its size? */
static bool
first_of_size(const struct jcop_container_desc *container, size_t slot)
{
	size_t i;

	for (i = 0; i < slot; i++)
		if (container->slots[i].bits == container->slots[slot].bits)
			return false;
	return true;
}

static void
say_full(const struct subject *subject, const struct encoding_step *step,
	const char *size, size_t keys, size_t room)
{
	encoding_say(subject->report, ENCODING_ERROR, RULE_CAPACITY, step->line,
		"%s has %zu free %s for %skeys, and the description brings "
		"%zu: delete what is on the card (DeleteAllObjects=true), or "
		"ask for fewer",
		step->container->name, room, room == 1 ? "place" : "places",
		size, keys);
}

static unsigned int
largest_size(const struct jcop_container_desc *container)
{
	unsigned int bits = 0;
	size_t i;

	for (i = 0; i < container->slot_count; i++)
		if (container->slots[i].bits > bits)
			bits = container->slots[i].bits;
	return bits;
}

/* Places that keys of BITS bits leave to those of unknown size. */
static size_t
check_size(const struct subject *subject,
	const struct jcop_container_desc *container, unsigned int bits)
{
	const struct encoding_step *last = NULL;
	size_t keys = count_keys(subject, container, bits, &last);
	size_t room = free_slots(subject, container, bits);
	char size[32];

	if (keys <= room)
		return room - keys;
	snprintf(size, sizeof(size), "%u-bit ", bits);
	say_full(subject, last, size, keys, room);
	return 0;
}

/* Keys of unknown size take what the others leave, and most are large. */
static void
check_container(const struct subject *subject,
	const struct jcop_container_desc *container)
{
	const struct encoding_step *last = NULL;
	unsigned int bits, largest = largest_size(container);
	size_t slot, room, keys, left = 0, large = 0;

	for (slot = 0; slot < container->slot_count; slot++) {
		if (!first_of_size(container, slot))
			continue;
		bits = container->slots[slot].bits;
		room = check_size(subject, container, bits);
		left += room;
		if (bits == largest)
			large = room;
	}
	keys = count_keys(subject, container, 0, &last);
	if (keys > left)
		encoding_say(subject->report, ENCODING_ERROR, RULE_CAPACITY,
			last->line,
			"%s has %zu free place%s that no other key of the "
			"description takes, and it brings %zu whose size the "
			"CA chooses: delete what is on the card "
			"(DeleteAllObjects=true), or ask for fewer",
			container->name, left, left == 1 ? "" : "s", keys);
	else if (keys > large)
		encoding_say(subject->report, ENCODING_WARNING, RULE_CAPACITY,
			last->line,
			"%s has %zu free %s for %u-bit keys, and the CA "
			"chooses the size of %zu: one that is larger than the "
			"places that are left is refused when it comes",
			container->name, large, large == 1 ? "place" : "places",
			largest, keys);
}

static void
check_capacity(const struct subject *subject)
{
	const struct jcop_description *description = subject->plan->description;
	size_t i;

	for (i = 0; i < description->container_count; i++)
		check_container(subject, &description->containers[i]);
}

/* --- agent data --- */

static const char *
data_name_after(const char *name, enum jcop_data data)
{
	const char *file = jcop_data_name(data);
	size_t len = strlen(file);

	return strncmp(name, file, len) == 0 && name[len] == '.'
		       ? name + len + 1
		       : NULL;
}

static bool
is_known_data(const struct jcop_description *description, const char *name)
{
	const struct jcop_data_desc *desc;
	const char *field;
	size_t data, i;

	for (data = 0; data < JCOP_DATA_COUNT; data++) {
		desc = &description->data[data];
		field = data_name_after(name, (enum jcop_data)data);
		for (i = 0; field != NULL && i < desc->field_count; i++)
			if (strcmp(desc->fields[i].name, field) == 0)
				return true;
	}
	return false;
}

static void
check_data_names(const struct subject *subject)
{
	const struct encoding *encoding = subject->plan->encoding;
	enum encoding_key_id key;

	for (key = KEY_FIRST_DATA; key <= KEY_LAST_DATA; key++)
		if (encoding_has(&encoding->description, key) &&
			!is_known_data(subject->plan->description,
				encoding_keys[key].name))
			encoding_say(subject->report, ENCODING_ERROR,
				RULE_DATA_FIELD,
				encoding->description.values[key].line,
				"the card description has no %s",
				encoding_keys[key].name);
}

static bool
writes_temporary_only(const struct subject *subject)
{
	const struct encoding *encoding = subject->plan->encoding;
	enum encoding_key_id key;

	if (!subject->plan->description->data[JCOP_DATA_EF_ID].temporary_only)
		return false;
	for (key = KEY_FIRST_DATA; key <= KEY_LAST_DATA; key++)
		if (encoding_has(&encoding->description, key) &&
			data_name_after(encoding_keys[key].name,
				JCOP_DATA_EF_ID) != NULL)
			return true;
	return false;
}

static void
check_data(const struct subject *subject)
{
	const struct encoding_step *step = find_step(subject, STEP_WRITE_DATA);
	const struct jcop_card_info *info = &subject->card->info;
	const char *since =
		subject->plan->description->identification.file_mgmt_since;

	if (step == NULL)
		return;
	check_data_names(subject);
	if (writes_temporary_only(subject))
		encoding_say(subject->report, ENCODING_NOTE,
			RULE_PERMANENT_CARD, step->line,
			"EF.Id can be changed on temporary cards only; nothing "
			"tells before the card answers, so it is written first "
			"among the data");
	/* Never refused for its date alone. */
	if (info->produced[0] != '\0' && strcmp(info->produced, since) < 0)
		encoding_say(subject->report, ENCODING_WARNING,
			RULE_FLAWED_CARD, step->line,
			"this card was produced on %s; on cards from before %s "
			"the key set for agent data may not work",
			info->produced, since);
}

void
encoding_check_card(const struct encoding_plan *plan,
	const struct encoding_card *card, struct encoding_report *report)
{
	const struct subject subject = {plan, card, report};

	check_configuration(&subject);
	check_terminated(&subject);
	check_activation(&subject);
	check_not_activated(&subject);
	check_blocked(&subject);
	check_pad(&subject);
	check_applet(&subject);
	check_capacity(&subject);
	check_data(&subject);
}
