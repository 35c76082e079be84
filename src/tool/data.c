/*
 * data.c: jcop45-tool data.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "tool/card.h"
#include "tool/print.h"

static const struct tool_option options[] = {
	{NULL, NULL, NULL},
};

/* A string; null for what was never set; what is no text as
 * {"hex": "..."}. */
static json_t *
json_of(const struct jcop_agent_content *field)
{
	json_t *value, *object;

	if (!field->present)
		return json_null();
	value = json_stringn(
		field->value.len > 0 ? (const char *)field->value.data : "",
		field->value.len);
	if (value != NULL)
		return value;
	object = json_object();
	json_object_set_new(object, "hex",
		tool_json_hex(jcop_blob_view(&field->value), ""));
	return object;
}

static json_t *
report(const struct jcop_description *description,
	const struct jcop_agent_data *data)
{
	json_t *files = json_object();
	size_t i;
	int file;

	for (file = 0; file < JCOP_DATA_COUNT; file++) {
		json_t *fields = json_object();

		for (i = 0; i < description->data[file].field_count; i++)
			json_object_set_new(fields,
				description->data[file].fields[i].name,
				json_of(&data->fields[file][i]));
		json_object_set_new(
			files, jcop_data_name((enum jcop_data)file), fields);
	}
	return files;
}

static int
longest_name(const struct jcop_description *description)
{
	char name[JCOP_AGENT_NAME_SIZE];
	size_t i, len, longest = 0;
	int file;

	for (file = 0; file < JCOP_DATA_COUNT; file++)
		for (i = 0; i < description->data[file].field_count; i++) {
			len = strlen(jcop_agent_name(
				description, (enum jcop_data)file, i, name));
			if (len > longest)
				longest = len;
		}
	return (int)longest;
}

/* A name as it is written on the command line, and its value. */
static void
print_line(const char *name, int width, const json_t *value)
{
	printf("%-*s  ", width, name);
	if (json_is_null(value))
		tool_print_text("(never set)");
	else if (json_is_object(value))
		tool_print_text("(not text, see --json)");
	else if (json_string_length(value) == 0)
		tool_print_text("(empty)");
	else
		tool_print_text(json_string_value(value));
}

static void
print_table(const struct jcop_description *description, const json_t *files)
{
	char name[JCOP_AGENT_NAME_SIZE];
	int i, width = longest_name(description);
	size_t j;

	for (i = 0; i < JCOP_DATA_COUNT; i++) {
		const struct jcop_data_desc *desc = &description->data[i];
		const json_t *fields = json_object_get(
			files, jcop_data_name((enum jcop_data)i));

		for (j = 0; j < desc->field_count; j++)
			print_line(jcop_agent_name(description,
					   (enum jcop_data)i, j, name),
				width,
				json_object_get(fields, desc->fields[j].name));
	}
}

/* A setting for these fields that means nothing. */
static void
warn(struct tool *tool)
{
	const char *wrong = NULL;

	if (sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_DATA_WRONG, &wrong) ==
			SC_SUCCESS &&
		wrong != NULL)
		tool_fail(TOOL_OK,
			"warning: agent_data = %s: expected yes or no; the "
			"fields are shown as data objects",
			wrong);
}

static int
run(struct tool *tool)
{
	const struct jcop_description *description;
	struct jcop_agent_data data;
	json_t *files;
	int r = tool_connect(tool);

	if (r == TOOL_OK)
		r = tool_description(tool, &description);
	if (r != TOOL_OK)
		return r;
	warn(tool);
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_READ_DATA, &data);
	if (r != SC_SUCCESS)
		return tool_card_failed(
			tool, r, "the agent data cannot be read");
	files = report(description, &data);
	jcop_agent_data_free(&data);
	r = TOOL_OK;
	if (!tool->json)
		print_table(description, files);
	else if (tool_print_report(files, true) != 0)
		r = TOOL_FAILED;
	json_decref(files);
	return r;
}

const struct tool_command tool_command_data = {
	.name = "data",
	.summary = "show the agent data of the card",
	.description =
		"Shows the fields of EF.Id and EF.Fonction, under the names "
		"that write-data takes.\nThey are there for everybody to "
		"read: it takes neither PIN nor key set.\nAs JSON: an object "
		"\"ef.id\" and an object \"ef.function\", a string for each "
		"field,\nnull for one that was never set.",
	.options = options,
	.run = run,
};
