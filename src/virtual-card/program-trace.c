/*
 * program-trace.c: jcop45-vcard trace-summary.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "virtual-card/program.h"

struct row {
	const char *name;
	json_int_t commands, to_card, from_card, secured, verified;
};

static json_int_t
number_of(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* The rows are a JSON object of arrays by name: it keeps their order. */
static int
add_line(json_t *rows, json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "name"));
	const json_int_t more[] = {1, number_of(line, "wire_command"),
		number_of(line, "wire_response"),
		json_is_true(json_object_get(line, "secured")),
		json_is_true(json_object_get(line, "mac_verified"))};
	json_t *row = name == NULL ? NULL : json_object_get(rows, name);
	size_t i;

	if (name == NULL)
		return -1;
	if (row == NULL) {
		row = json_pack("[i, i, i, i, i]", 0, 0, 0, 0, 0);
		if (json_object_set_new(rows, name, row) != 0)
			return -1;
	}
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		json_t *cell = json_array_get(row, i);

		json_integer_set(cell, json_integer_value(cell) + more[i]);
	}
	return 0;
}

static json_int_t
cell_of(json_t *row, size_t i)
{
	return json_integer_value(json_array_get(row, i));
}

static void
print_row(const char *name, const struct row *row)
{
	printf("%-22s %8lld %10lld %10lld %8lld %13lld\n", name,
		(long long)row->commands, (long long)row->to_card,
		(long long)row->from_card, (long long)row->secured,
		(long long)row->verified);
}

static void
print_rows(json_t *rows)
{
	struct row total = {0};
	const char *name;
	json_t *value;

	printf("%-22s %8s %10s %10s %8s %13s\n", "name", "commands", "to card",
		"from card", "secured", "MAC verified");
	json_object_foreach(rows, name, value)
	{
		struct row row = {name, cell_of(value, 0), cell_of(value, 1),
			cell_of(value, 2), cell_of(value, 3),
			cell_of(value, 4)};

		print_row(name, &row);
		total.commands += row.commands;
		total.to_card += row.to_card;
		total.from_card += row.from_card;
		total.secured += row.secured;
		total.verified += row.verified;
	}
	print_row("total", &total);
}

static int
read_lines(FILE *file, const char *path, json_t *rows)
{
	char *text = NULL;
	size_t size = 0, number = 0;
	int status = PROGRAM_OK;

	while (status == PROGRAM_OK && getline(&text, &size, file) >= 0) {
		json_t *line = json_loads(text, 0, NULL);

		number++;
		if (line == NULL || add_line(rows, line) != 0)
			status = program_failf(
				"%s:%zu: not a line of a trace", path, number);
		json_decref(line);
	}
	free(text);
	return status;
}

static int
run(const struct program_command *command, int argc, char **argv)
{
	int status = program_arguments(command, argc, argv, 1, 1);
	json_t *rows;
	FILE *file;

	if (status >= 0)
		return status;
	file = fopen(argv[optind], "re");
	if (file == NULL)
		return program_failf("%s: %s", argv[optind], strerror(errno));
	rows = json_object();
	status = read_lines(file, argv[optind], rows);
	fclose(file);
	if (status == PROGRAM_OK)
		print_rows(rows);
	json_decref(rows);
	return status;
}

const struct program_command program_trace_summary = {"trace-summary", "FILE",
	"Counts the commands and bytes of a trace by what they did", "", run};
