/*
 * options.c: the command line of a subcommand, and its help, from its table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tool/tool.h"

/* Values of getopt_long for what has no letter; the subcommand's own options
 * follow OWN_OPTION. */
enum {
	HELP_OPTION = 'h',
	READER_OPTION = 'r',
	VERBOSE_OPTION = 'v',
	OWN_OPTION = 256
};

static const struct option common_options[] = {
	{"help", no_argument, NULL, HELP_OPTION},
	{"reader", required_argument, NULL, READER_OPTION},
	{"verbose", no_argument, NULL, VERBOSE_OPTION},
};
#define COMMON_OPTIONS (sizeof(common_options) / sizeof(common_options[0]))

/* What getopt_long wants, with an empty entry at the end. */
struct option_table {
	struct option options[COMMON_OPTIONS + TOOL_MAX_OPTIONS + 1];
};

static void
fill_table(const struct tool_command *command, struct option_table *table)
{
	const struct tool_option *own = command->options;
	struct option *out = table->options + COMMON_OPTIONS;
	int i;

	memset(table, 0, sizeof(*table));
	memcpy(table->options, common_options, sizeof(common_options));
	for (i = 0; i < TOOL_MAX_OPTIONS && own[i].name != NULL; i++) {
		out[i].name = own[i].name;
		out[i].has_arg = own[i].argument != NULL ? required_argument
							 : no_argument;
		out[i].val = OWN_OPTION + i;
	}
}

static int
usage_hint(const struct tool *tool)
{
	fprintf(stderr, "Try '%s %s --help'.\n", TOOL_NAME,
		tool->command->name);
	return TOOL_USAGE;
}

/* TOOL_OK, TOOL_USAGE, or -1 after --help. */
static int
take_option(struct tool *tool, int value)
{
	int own = value - OWN_OPTION;

	switch (value) {
	case HELP_OPTION:
		tool_print_help(tool->command);
		return -1;
	case READER_OPTION:
		tool->reader = optarg;
		return TOOL_OK;
	case VERBOSE_OPTION:
		tool->verbose++;
		return TOOL_OK;
	default:
		break;
	}
	if (own < 0 || own >= TOOL_MAX_OPTIONS)
		return usage_hint(tool);
	if (tool->values[own] != NULL) {
		tool_fail(TOOL_USAGE, "--%s was given twice",
			tool->command->options[own].name);
		return usage_hint(tool);
	}
	tool->values[own] = optarg != NULL ? optarg : "";
	return TOOL_OK;
}

int
tool_options_read(struct tool *tool, int argc, char **argv)
{
	struct option_table table;
	static char name[] = TOOL_NAME;
	int value, r = TOOL_OK;

	fill_table(tool->command, &table);
	argv[0] = name; /* getopt's own messages start with it */
	optind = 1;
	while (r == TOOL_OK && (value = getopt_long(argc, argv, "hr:v",
					table.options, NULL)) != -1)
		r = take_option(tool, value);
	tool->operands = argv + optind;
	tool->operand_count = argc - optind;
	if (r != TOOL_OK || optind == argc || tool->command->operands != NULL)
		return r;
	/* The argument may be a secret in the wrong place: it is not shown. */
	tool_fail(TOOL_USAGE, "argument %d has no option before it", optind);
	return usage_hint(tool);
}

/* HELP may hold line ends; the lines after the first are indented as it. */
static void
print_option(const char *name, const char *argument, const char *help)
{
	const char *end;

	printf("  %s%s%s\n", name, argument != NULL ? " " : "",
		argument != NULL ? argument : "");
	while ((end = strchr(help, '\n')) != NULL) {
		printf("        %.*s\n", (int)(end - help), help);
		help = end + 1;
	}
	printf("        %s\n", help);
}

void
tool_print_help(const struct tool_command *command)
{
	const struct tool_option *option;
	char name[64];

	printf("Usage: %s %s [OPTIONS]%s%s\n\n%s\n\nOptions:\n", TOOL_NAME,
		command->name, command->operands != NULL ? " " : "",
		command->operands != NULL ? command->operands : "",
		command->description);
	for (option = command->options; option->name != NULL; option++) {
		snprintf(name, sizeof(name), "--%s", option->name);
		print_option(name, option->argument, option->help);
	}
	print_option("-r, --reader", "READER",
		"the reader: its number, or a part of its name (default: the\n"
		"first one that has a card)");
	print_option("-v, --verbose", NULL,
		"OpenSC's log on stderr; more of it for each further -v.\n"
		"From the third on it shows what is sent, secrets included");
	print_option("-h, --help", NULL, "this text");
}

int
tool_fail(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", TOOL_NAME);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int
tool_message(char *message, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, TOOL_MESSAGE_SIZE, format, args);
	va_end(args);
	return error;
}
