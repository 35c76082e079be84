/*
 * main.c: jcop45-tool and its table of subcommands.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "tool/tool.h"

static const struct tool_command *const commands[] = {
	&tool_command_info,
	&tool_command_activate,
	&tool_command_config,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_overview(FILE *out)
{
	size_t i;

	fprintf(out,
		"Usage: %s COMMAND [OPTIONS]\n\n"
		"JCOP 4.5 agent cards: what OpenSC's own tools cannot say.\n\n"
		"Commands:\n",
		TOOL_NAME);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name,
			commands[i]->summary);
	fprintf(out,
		"\n'%s COMMAND --help' shows the options of a command, "
		"'man %s' all of\nthem and the exit statuses.\n",
		TOOL_NAME, TOOL_NAME);
}

static const struct tool_command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static bool
is_one_of(const char *word, const char *letter, const char *name)
{
	return strcmp(word, letter) == 0 || strcmp(word, name) == 0;
}

/* What was promised on stdout must have got there. */
static int
finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return tool_fail(status != TOOL_OK ? status : TOOL_FAILED,
		"the output cannot be written");
}

static int
run_command(const struct tool_command *command, int argc, char **argv)
{
	struct tool tool = {.command = command};
	int r;

	r = tool_options_read(&tool, argc, argv);
	if (r == TOOL_OK)
		r = command->run(&tool);
	tool_disconnect(&tool);
	return r < 0 ? TOOL_OK : r;
}

int
main(int argc, char **argv)
{
	const struct tool_command *command;

	if (argc < 2) {
		print_overview(stderr);
		return TOOL_USAGE;
	}
	if (is_one_of(argv[1], "-h", "--help")) {
		print_overview(stdout);
		return finish(TOOL_OK);
	}
	if (is_one_of(argv[1], "-V", "--version")) {
		printf("%s %s, for OpenSC %s\n", TOOL_NAME, PACKAGE_VERSION,
			OPENSC_VERSION);
		return finish(TOOL_OK);
	}
	command = find_command(argv[1]);
	if (command == NULL) {
		tool_fail(TOOL_USAGE, "there is no command '%s'", argv[1]);
		print_overview(stderr);
		return TOOL_USAGE;
	}
	return finish(run_command(command, argc - 1, argv + 1));
}
