/*
 * info.c: jcop45-tool info.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/card.h"
#include "tool/diagnose.h"
#include "tool/print.h"

enum { OPTION_HSM, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_HSM] = {"hsm", NULL,
		"log in to the HSM and look for the key sets, too"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

/* The order in which the card's vendor lists them. */
static const enum jcop_operation operations_shown[] = {
	JCOP_OP_READ,
	JCOP_OP_ACTIVATE,
	JCOP_OP_GENERATE,
	JCOP_OP_IMPORT,
	JCOP_OP_WRITE_CERTIFICATE,
	JCOP_OP_DELETE,
	JCOP_OP_CHANGE_PIN,
	JCOP_OP_UNBLOCK_PUK,
	JCOP_OP_UNBLOCK_KEYSET,
	JCOP_OP_WRITE_DATA,
};
_Static_assert(
	sizeof(operations_shown) / sizeof(operations_shown[0]) == JCOP_OP_COUNT,
	"every operation is shown");

static const char *
life_cycle_name(enum jcop_life_cycle life_cycle)
{
	switch (life_cycle) {
	case JCOP_LIFE_CYCLE_INITIALISATION:
		return "initialisation";
	case JCOP_LIFE_CYCLE_ACTIVATED:
		return "activated";
	case JCOP_LIFE_CYCLE_TERMINATED:
		return "terminated";
	case JCOP_LIFE_CYCLE_UNKNOWN:
		break;
	}
	return "unknown";
}

/* How commands of more than 255 bytes reach the card, if they do. */
static const char *
long_commands(const struct jcop_card_info *info)
{
	if (info->extended_length)
		return "extended length";
	if (info->chaining)
		return "chained";
	return "not possible with this reader and applet: no key import and no "
	       "deciphering; use a reader with extended length";
}

static void
report_card(const struct tool *tool, const struct jcop_card_info *info,
	json_t *report)
{
	tool_json_text(report, "card", "%s", tool->card->name);
	tool_json_text(report, "reader", "%s", tool->card->reader->name);
	json_object_set_new(report, "iccsn",
		tool_json_hex(jcop_bytes_of(info->iccsn, info->iccsn_len), ""));
	if (info->version_known)
		tool_json_text(report, "applet", "%u.%u.%u", info->version[0],
			info->version[1], info->version[2]);
	else
		tool_json_text(report, "applet", "unknown");
	tool_json_text(report, "produced", "%s",
		info->produced[0] != '\0' ? info->produced : "unknown");
	tool_json_text(report, "life_cycle", "%s%s",
		life_cycle_name(info->life_cycle),
		!tool->json && info->life_cycle ==
					JCOP_LIFE_CYCLE_INITIALISATION
			? " (to be activated)"
			: "");
	json_object_set_new(
		report, "extended_length", json_boolean(info->extended_length));
	json_object_set_new(report, "chaining", json_boolean(info->chaining));
	tool_json_text(report, "long_commands", "%s", long_commands(info));
}

/* A line for people. */
static void
report_pin(const struct jcop_pin_desc *desc, const struct jcop_pin_state *state,
	json_t *pins)
{
	switch (state->status) {
	case JCOP_PIN_NOT_USABLE:
		tool_json_text(
			pins, desc->label, "not usable in this life cycle");
		break;
	case JCOP_PIN_UNVERIFIED:
		tool_json_text(pins, desc->label, "%d of %u tries left",
			state->tries_left, desc->tries);
		break;
	case JCOP_PIN_VERIFIED:
		tool_json_text(pins, desc->label, "verified");
		break;
	case JCOP_PIN_BLOCKED:
		tool_json_text(pins, desc->label, "blocked, 0 of %u tries left",
			desc->tries);
		break;
	}
}

static void
report_pin_json(const struct jcop_pin_desc *desc,
	const struct jcop_pin_state *state, json_t *pins)
{
	static const char *const words[] = {
		[JCOP_PIN_NOT_USABLE] = "not usable",
		[JCOP_PIN_UNVERIFIED] = "not verified",
		[JCOP_PIN_VERIFIED] = "verified",
		[JCOP_PIN_BLOCKED] = "blocked",
	};
	json_t *pin = json_object();

	tool_json_text(pin, "state", "%s", words[state->status]);
	if (state->tries_left >= 0)
		json_object_set_new(
			pin, "tries_left", json_integer(state->tries_left));
	json_object_set_new(pin, "tries", json_integer(desc->tries));
	json_object_set_new(pins, desc->label, pin);
}

static void
report_pins(const struct tool *tool, const struct jcop_description *description,
	const struct jcop_card_info *info, json_t *report)
{
	json_t *pins = json_object();
	int i;

	for (i = 0; i < JCOP_PIN_COUNT; i++)
		(tool->json ? report_pin_json : report_pin)(
			&description->pins[i], &info->pins[i], pins);
	json_object_set_new(report, "pins", pins);
}

/* "RSA-3072": "4 of 5 slots free" */
static void
report_size(const struct tool *tool, const char *key, size_t available,
	size_t slots, json_t *to)
{
	if (tool->json)
		json_object_set_new(to, key,
			json_pack("{s:I,s:I}", "free", (json_int_t)available,
				"slots", (json_int_t)slots));
	else
		tool_json_text(
			to, key, "%zu of %zu slots free", available, slots);
}

/* Once for each size. */
static void
report_slots(const struct tool *tool, const struct jcop_directory *directory,
	const struct jcop_container_desc *container, json_t *to)
{
	size_t i, j;

	for (i = 0; i < container->slot_count; i++) {
		unsigned int bits = container->slots[i].bits;
		size_t slots = 0;
		char key[32];

		snprintf(key, sizeof(key), "RSA-%u", bits);
		if (json_object_get(to, key) != NULL)
			continue;
		for (j = 0; j < container->slot_count; j++)
			if (container->slots[j].bits == bits)
				slots++;
		report_size(tool, key,
			jcop_directory_free_slots(directory, container, bits),
			slots, to);
	}
}

static json_t *
report_key(const struct jcop_directory_key *key)
{
	json_t *to = json_object();

	json_object_set_new(to, "id",
		tool_json_hex(jcop_bytes_of(key->id, key->id_len), ""));
	tool_json_text(to, "label", "%s", key->label);
	tool_json_text(to, "type", "RSA-%u", key->slot->bits);
	json_object_set_new(
		to, "certificate", json_boolean(key->has_certificate));
	return to;
}

static void
report_containers(const struct tool *tool,
	const struct jcop_description *description,
	const struct jcop_directory *directory, json_t *report)
{
	json_t *containers = json_object();
	size_t i, j;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];
		json_t *to = json_object(), *keys = json_array();

		report_slots(tool, directory, container, to);
		for (j = 0; j < directory->count; j++)
			if (directory->keys[j].container == container)
				json_array_append_new(
					keys, report_key(&directory->keys[j]));
		json_object_set_new(to, "keys", keys);
		json_object_set_new(containers, container->name, to);
	}
	json_object_set_new(report, "containers", containers);
}

/* What the present configuration allows, and what the others lack. */
static void
report_operation(
	struct tool *tool, enum jcop_operation operation, json_t *operations)
{
	struct jcop_requirement requirement = {.operation = operation};
	const char *missing = requirement.missing;
	json_t *to;

	if (sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_REQUIREMENT,
		    &requirement) != SC_SUCCESS)
		return;
	if (!tool->json) {
		tool_json_text(operations, requirement.name, "%s%s",
			missing[0] != '\0' ? "not configured: " : "configured",
			missing);
		return;
	}
	to = json_object();
	json_object_set_new(to, "configured", json_boolean(missing[0] == '\0'));
	if (missing[0] != '\0')
		tool_json_text(to, "missing", "%s", missing);
	json_object_set_new(operations, requirement.name, to);
}

static void
report_operations(struct tool *tool, json_t *report)
{
	json_t *operations = json_object();
	size_t i;

	for (i = 0; i < JCOP_OP_COUNT; i++)
		report_operation(tool, operations_shown[i], operations);
	json_object_set_new(report, "operations", operations);
}

static void
report_keyset(struct tool *tool, enum jcop_keyset keyset, json_t *to)
{
	struct jcop_keyset_check check = {.keyset = keyset};
	const char *name = jcop_keyset_name(keyset), *message = "";

	if (sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_KEYSET, &check) !=
		SC_SUCCESS)
		return;
	if (!check.configured) {
		tool_json_text(to, name, "not configured");
	} else if (!check.found) {
		sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_MESSAGE, &message);
		tool_json_text(to, name, "not usable: %s", message);
	} else if (check.single) {
		tool_json_text(to, name,
			"in the HSM; warning: one key for both encryption and "
			"MAC, a pair is better");
	} else {
		tool_json_text(to, name, "in the HSM");
	}
}

static void
report_keysets(struct tool *tool, json_t *report)
{
	json_t *keysets = json_object();
	int i;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		report_keyset(tool, (enum jcop_keyset)i, keysets);
	json_object_set_new(report, "key_sets", keysets);
}

static void
report_stock_tools(struct tool *tool, json_t *report)
{
	char message[TOOL_MESSAGE_SIZE];

	if (tool_conf_gap(tool->ctx, message) == JCOP_OK)
		tool_json_text(report, "stock_tools", "configured");
	else
		tool_json_text(
			report, "stock_tools", "not configured: %s", message);
}

/* Said only where the setting means nothing. */
static void
report_agent_data(struct tool *tool, json_t *report)
{
	const char *wrong = NULL;

	if (sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_DATA_WRONG, &wrong) ==
			SC_SUCCESS &&
		wrong != NULL)
		tool_json_text(report, "data_objects",
			"shown; warning: agent_data = %s: expected yes or no",
			wrong);
}

static int
collect(struct tool *tool, json_t *report)
{
	const struct jcop_description *description;
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	struct jcop_card_info info;
	int r = tool_description(tool, &description);

	if (r != TOOL_OK || directory == NULL)
		goto out;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_INFO, &info);
	if (r == SC_SUCCESS)
		r = sc_card_ctl(
			tool->card, SC_CARDCTL_JCOP45_DIRECTORY, directory);
	if (r != SC_SUCCESS) {
		r = tool_card_failed(tool, r, "the card cannot be read");
		goto out;
	}
	report_card(tool, &info, report);
	report_pins(tool, description, &info, report);
	report_containers(tool, description, directory, report);
	report_operations(tool, report);
	report_stock_tools(tool, report);
	report_agent_data(tool, report);
	if (tool->values[OPTION_HSM] != NULL)
		report_keysets(tool, report);
	jcop_directory_free(directory);
	r = TOOL_OK;
out:
	if (directory == NULL)
		r = tool_fail(TOOL_FAILED, "out of memory");
	free(directory);
	return r;
}

static int
run(struct tool *tool)
{
	json_t *report;
	int r = tool_connect(tool);

	if (r != TOOL_OK)
		return r;
	report = json_object();
	r = collect(tool, report);
	if (r == TOOL_OK && tool_print_report(report, tool->json) != 0)
		r = TOOL_FAILED;
	json_decref(report);
	return r;
}

const struct tool_command tool_command_info = {
	.name = "info",
	.summary = "show the card and what the configuration allows",
	.description =
		"Shows card, applet, production date, life cycle, PINs with "
		"the tries left,\ncontainers with their free slots, and which "
		"operations the configuration in\nopensc.conf allows. If "
		"OpenSC did not give the card to our driver, it says why.",
	.options = options,
	.run = run,
};
