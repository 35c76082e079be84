/*
 * write-data.c: jcop45-tool write-data.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/card.h"
#include "core/nearest.h"
#include "tool/nearest.h"
#include "tool/report.h"

enum { OPTION_FIELDS, OPTION_DISCARD, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_FIELDS] = {"fields", "FILE",
		"fields and values as JSON, as 'data --json' prints them;\n"
		"a null leaves its field as it is. - is standard input: the\n"
		"values are then in no list of processes"},
	[OPTION_DISCARD] = {"discard", NULL,
		"write a file whose content cannot be understood anew, with\n"
		"the named fields only"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

/* The fields that are asked for. Their strings belong to NAMES and FIELDS. */
struct request {
	json_t *fields; /* of the file, or NULL */
	json_t *names;  /* array of full names */
	struct jcop_agent_setting *settings;
	size_t count, room;
};

static void
request_free(struct request *request)
{
	json_decref(request->fields);
	json_decref(request->names);
	free(request->settings);
}

static int
add(struct request *request, const char *name, size_t name_len,
	struct jcop_bytes value)
{
	json_t *owned = json_stringn(name, name_len);
	struct jcop_agent_setting *settings = request->settings;

	if (owned == NULL)
		return tool_fail(
			TOOL_USAGE, "the name of a field is not UTF-8");
	if (json_array_append_new(request->names, owned) != 0)
		return tool_fail(TOOL_FAILED, "out of memory");
	if (request->count == request->room) {
		request->room = 2 * request->room + 16;
		settings = realloc(settings, request->room * sizeof(*settings));
		if (settings == NULL)
			return tool_fail(TOOL_FAILED, "out of memory");
		request->settings = settings;
	}
	settings[request->count].name = json_string_value(owned);
	settings[request->count++].value = value;
	return TOOL_OK;
}

/* --- from the command line --- */

/* An operand may be a value that lost its name: it is not shown. */
static int
add_operands(const struct tool *tool, struct request *request)
{
	int i, r = TOOL_OK;

	for (i = 0; r == TOOL_OK && i < tool->operand_count; i++) {
		const char *operand = tool->operands[i];
		const char *equals = strchr(operand, '=');

		if (equals == NULL)
			return tool_fail(TOOL_USAGE,
				"field %d of the command line has no '='; "
				"expected FIELD=VALUE, or FIELD= to clear it",
				i + 1);
		r = add(request, operand, (size_t)(equals - operand),
			jcop_bytes_of(equals + 1, strlen(equals + 1)));
	}
	return r;
}

/* --- from a file --- */

static int
add_value(struct request *request, const char *name, const json_t *value)
{
	if (json_is_null(value))
		return TOOL_OK;
	if (json_object_get(value, "hex") != NULL)
		return tool_fail(TOOL_USAGE,
			"--fields: the value of '%s' is {\"hex\": ...}, as "
			"'data --json' prints what is no text, and only text "
			"can be written; put null to leave the field as it is",
			name);
	if (!json_is_string(value))
		return tool_fail(TOOL_USAGE,
			"--fields: the value of '%s' is neither a string nor "
			"null",
			name);
	return add(request, name, strlen(name),
		jcop_bytes_of(
			json_string_value(value), json_string_length(value)));
}

/* {"ef.id": {"familyName": ...}} or {"ef.id.familyName": ...} */
static int
add_members(struct request *request)
{
	char name[JCOP_AGENT_NAME_SIZE];
	const char *key, *inner_key;
	json_t *value, *inner;
	int r = TOOL_OK;

	json_object_foreach(request->fields, key, value)
	{
		if (r == TOOL_OK && !json_is_object(value))
			r = add_value(request, key, value);
		if (r != TOOL_OK || !json_is_object(value))
			continue;
		json_object_foreach(value, inner_key, inner)
		{
			snprintf(name, sizeof(name), "%s.%s", key, inner_key);
			if (r == TOOL_OK)
				r = add_value(request, name, inner);
		}
	}
	return r;
}

static int
add_file(const char *path, struct request *request)
{
	json_error_t error;

	if (strcmp(path, "-") == 0)
		request->fields =
			json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	else
		request->fields =
			json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(request->fields))
		return add_members(request);
	/* jansson's text quotes what stands at the mistake: a value, maybe */
	if (request->fields == NULL && error.line <= 0)
		return tool_fail(
			TOOL_USAGE, "--fields: %s cannot be read", path);
	if (request->fields == NULL &&
		json_error_code(&error) == json_error_duplicate_key)
		return tool_fail(TOOL_USAGE,
			"--fields: a name stands twice in one object (line "
			"%d)",
			error.line);
	if (request->fields == NULL &&
		json_error_code(&error) == json_error_null_character)
		return tool_fail(TOOL_USAGE,
			"--fields: a value has \\u0000 in it (line %d)",
			error.line);
	return tool_fail(TOOL_USAGE,
		"--fields: expected a JSON object as 'data --json' prints it "
		"(line %d)",
		request->fields == NULL ? error.line : 1);
}

/* --- checks that need no card --- */

static const char *
nearest_name(const struct jcop_description *description, const char *name,
	char buffer[JCOP_AGENT_NAME_SIZE])
{
	size_t i, distance, least = SIZE_MAX;
	char known[JCOP_AGENT_NAME_SIZE];
	int file;

	buffer[0] = '\0';
	for (file = 0; file < JCOP_DATA_COUNT; file++)
		for (i = 0; i < description->data[file].field_count; i++) {
			const char *last =
				description->data[file].fields[i].name;

			jcop_agent_name(
				description, (enum jcop_data)file, i, known);
			distance = jcop_distance(name, known);
			if (strcasecmp(name, known) == 0 ||
				strcasecmp(name, last) == 0)
				distance = 0;
			else if (!tool_is_near(name, known))
				continue;
			if (distance >= least)
				continue;
			least = distance;
			memcpy(buffer, known, sizeof(known));
		}
	return buffer;
}

/* The driver has the last word, and lists the names; a near miss is better
 * told. */
static int
check_names(const struct jcop_description *description,
	const struct request *request)
{
	char near[JCOP_AGENT_NAME_SIZE];
	enum jcop_data data;
	size_t i, field;

	for (i = 0; i < request->count; i++) {
		const char *name = request->settings[i].name;

		if (jcop_agent_find(description, name, &data, &field) ||
			nearest_name(description, name, near)[0] == '\0')
			continue;
		return tool_fail(TOOL_USAGE,
			"there is no field '%s'; did you mean '%s'?", name,
			near);
	}
	return TOOL_OK;
}

/* --- */

static int
report(const struct tool *tool, const struct jcop_agent_update *update)
{
	json_t *written = json_array(), *completed = json_array();
	char text[128] = "";
	size_t len = 0;
	int i;

	for (i = 0; i < JCOP_DATA_COUNT; i++) {
		const char *name = jcop_data_name((enum jcop_data)i);

		if (!update->written[i])
			continue;
		json_array_append_new(written, json_string(name));
		if (update->completed[i])
			json_array_append_new(completed, json_string(name));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%s%s%s", len > 0 ? ", " : "", name,
			update->completed[i] ? " (an interrupted update is "
					       "completed)"
					     : "");
	}
	return tool_report_done(tool,
		json_pack("{s:o, s:o}", "written", written, "completed",
			completed),
		"%s%s.", len > 0 ? "Written: " : "",
		len > 0 ? text
			: "Nothing was written: the card has these values "
			  "already");
}

static int
write_data(struct tool *tool, const struct request *request)
{
	struct jcop_agent_update update = {
		.settings = request->settings,
		.count = request->count,
		.discard = tool->values[OPTION_DISCARD] != NULL,
	};
	int r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_WRITE_DATA, &update);

	if (r == SC_ERROR_SYNTAX_ERROR) {
		tool_card_failed(tool, r, "the agent data was not written");
		return TOOL_USAGE;
	}
	if (r != SC_SUCCESS)
		return tool_card_failed(
			tool, r, "the agent data was not written");
	if (request->count == 0 && !update.written[JCOP_DATA_EF_ID] &&
		!update.written[JCOP_DATA_EF_FUNCTION])
		return tool_fail(TOOL_USAGE,
			"no field is named, and no interrupted update is "
			"there to complete");
	return report(tool, &update);
}

static int
run(struct tool *tool)
{
	const struct jcop_description *description;
	struct request request = {.names = json_array()};
	int r = TOOL_OK;

	if (tool->values[OPTION_FIELDS] != NULL)
		r = add_file(tool->values[OPTION_FIELDS], &request);
	if (r == TOOL_OK)
		r = add_operands(tool, &request);
	if (r == TOOL_OK)
		r = tool_connect(tool);
	if (r == TOOL_OK)
		r = tool_description(tool, &description);
	if (r == TOOL_OK)
		r = check_names(description, &request);
	if (r == TOOL_OK)
		r = tool_check_requirement(tool, JCOP_OP_WRITE_DATA);
	if (r == TOOL_OK)
		r = write_data(tool, &request);
	request_free(&request);
	return r;
}

const struct tool_command tool_command_write_data = {
	.name = "write-data",
	.summary = "write fields of the agent data",
	.description =
		"Writes fields of EF.Id and EF.Fonction, in UTF-8, as in\n"
		"  jcop45-tool write-data ef.function.job=Greffier "
		"ef.function.postingPlace=\n"
		"Fields that are not named keep their value; one without a "
		"value is cleared.\nEF.Id can be changed on temporary cards "
		"only. It needs the key set SK_FILEMGMT in\nthe HSM and chip "
		"authentication. An update that was interrupted is completed "
		"by\nthe next one, or by write-data without a field.",
	.options = options,
	.operands = "[FIELD=VALUE...]",
	.run = run,
};
