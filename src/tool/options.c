/*
 * options.c: the command line of a subcommand, and its help, from its table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"

#define HELP_COLUMNS 79

/* The subcommand's own options follow OWN_OPTION; what is common has a value
 * of its own, where there is one its letter. */
enum {
	HELP_OPTION = 'h',
	READER_OPTION = 'r',
	VERBOSE_OPTION = 'v',
	WAIT_OPTION = 'w',
	ICCSN_OPTION = 256,
	JSON_OPTION,
	OWN_OPTION = 512
};

static const struct common_option {
	int value;
	bool for_card; /* not for a subcommand without a card */
	const char *name;
	const char *shown; /* in the help */
	int has_argument;
	const char *argument, *help;
} common_options[] = {
	{READER_OPTION, true, "reader", "-r, --reader", required_argument,
		"READER",
		"the reader: its number, or a part of its name (default: the\n"
		"first one that has a card)"},
	{ICCSN_OPTION, true, "iccsn", "--iccsn", required_argument, "ICCSN",
		"only the card with this serial number, in whichever reader\n"
		"it is; hexadecimal digits, grouped as you like"},
	{WAIT_OPTION, true, "wait", "-w, --wait[=SECONDS]", optional_argument,
		NULL, "wait until that card is there"},
	{JSON_OPTION, true, "json", "--json", no_argument, NULL,
		"what is told on standard output is told as JSON"},
	{VERBOSE_OPTION, false, "verbose", "-v, --verbose", no_argument, NULL,
		"OpenSC's log on stderr; more of it for each further -v.\n"
		"From the third on it shows what is sent, secrets included"},
	{HELP_OPTION, false, "help", "-h, --help", no_argument, NULL,
		"this text"},
};
#define COMMON_OPTIONS (sizeof(common_options) / sizeof(common_options[0]))

/* What getopt_long wants, with an empty entry at the end. */
struct option_table {
	struct option options[COMMON_OPTIONS + TOOL_MAX_OPTIONS + 1];
	char letters[2 * COMMON_OPTIONS + 1];
};

static bool
offers(const struct tool_command *command, const struct common_option *option)
{
	return !(command->no_card && option->for_card);
}

/* -w takes no argument: getopt's optional ones have to stick to the letter */
static void
add_letter(struct option_table *table, const struct common_option *option)
{
	size_t len = strlen(table->letters);

	if (option->value < 256)
		snprintf(table->letters + len, sizeof(table->letters) - len,
			"%c%s", option->value,
			option->has_argument == required_argument ? ":" : "");
}

static void
fill_table(const struct tool_command *command, struct option_table *table)
{
	const struct tool_option *own = command->options;
	struct option *out = table->options;
	size_t i;

	memset(table, 0, sizeof(*table));
	for (i = 0; i < COMMON_OPTIONS; i++) {
		if (!offers(command, &common_options[i]))
			continue;
		out->name = common_options[i].name;
		out->has_arg = common_options[i].has_argument;
		out++->val = common_options[i].value;
		add_letter(table, &common_options[i]);
	}
	for (i = 0; i < TOOL_MAX_OPTIONS && own[i].name != NULL; i++) {
		out->name = own[i].name;
		out->has_arg = own[i].argument != NULL ? required_argument
						       : no_argument;
		out++->val = OWN_OPTION + (int)i;
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
take_common(struct tool *tool, int value)
{
	switch (value) {
	case HELP_OPTION:
		tool_print_help(tool->command);
		return -1;
	case READER_OPTION:
		tool->reader = optarg;
		return TOOL_OK;
	case ICCSN_OPTION:
		tool->iccsn = optarg;
		return TOOL_OK;
	case WAIT_OPTION:
		tool->wait = optarg != NULL ? optarg : "";
		return TOOL_OK;
	case JSON_OPTION:
		tool->json = true;
		return TOOL_OK;
	case VERBOSE_OPTION:
		tool->verbose++;
		return TOOL_OK;
	default:
		return usage_hint(tool);
	}
}

static bool
takes_many(const struct tool_option *option)
{
	size_t len = option->argument != NULL ? strlen(option->argument) : 0;

	return len > 3 && strcmp(option->argument + len - 3, "...") == 0;
}

static int
take_one_of_many(struct tool *tool)
{
	const char **grown = reallocarray(
		tool->many, tool->many_count + 1, sizeof(*tool->many));

	if (grown == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	tool->many = grown;
	tool->many[tool->many_count++] = optarg;
	return TOOL_OK;
}

static int
take_option(struct tool *tool, int value)
{
	int own = value - OWN_OPTION;

	if (own < 0 || own >= TOOL_MAX_OPTIONS)
		return take_common(tool, value);
	if (takes_many(&tool->command->options[own]))
		return take_one_of_many(tool);
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
	while (r == TOOL_OK && (value = getopt_long(argc, argv, table.letters,
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

/* LEN bytes of TEXT, word by word, on from *COLUMN. */
static void
print_words(const char *text, size_t len, int *column)
{
	const char *end = text + len;
	int word;

	for (; text < end; text += word) {
		while (text < end && *text == ' ')
			text++;
		for (word = 0; text + word < end && text[word] != ' ';)
			word++;
		if (*column > 0 && *column + 1 + word > HELP_COLUMNS) {
			putchar('\n');
			*column = 0;
		}
		*column += printf("%s%.*s", *column > 0 ? " " : "", word, text);
	}
}

/* TEXT, filled; lines of it that start with a blank stay as they are. */
static void
print_filled(const char *text)
{
	int column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (text[0] == ' ') {
			printf("%s%.*s\n", column > 0 ? "\n" : "", (int)len,
				text);
			column = 0;
		} else {
			print_words(text, len, &column);
		}
		text += len + (text[len] == '\n');
	}
	if (column > 0)
		putchar('\n');
}

void
tool_print_help(const struct tool_command *command)
{
	const struct tool_option *option;
	char name[64];
	size_t i;

	printf("Usage: %s %s [OPTIONS]%s%s\n\n", TOOL_NAME, command->name,
		command->operands != NULL ? " " : "",
		command->operands != NULL ? command->operands : "");
	print_filled(command->description);
	printf("\nOptions:\n");
	for (option = command->options; option->name != NULL; option++) {
		snprintf(name, sizeof(name), "--%s", option->name);
		print_option(name, option->argument, option->help);
	}
	for (i = 0; i < COMMON_OPTIONS; i++)
		if (offers(command, &common_options[i]))
			print_option(common_options[i].shown,
				common_options[i].argument,
				common_options[i].help);
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
