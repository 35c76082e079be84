/*
 * main.c: jcop45-tool and its table of subcommands.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "tool/nearest.h"
#include "tool/tool.h"

static const struct tool_command *const commands[] = {
	&tool_command_info,
	&tool_command_activate,
	&tool_command_change_pin,
	&tool_command_unblock_pin,
	&tool_command_generate,
	&tool_command_import,
	&tool_command_write_certificate,
	&tool_command_delete_all,
	&tool_command_data,
	&tool_command_write_data,
	&tool_command_encode,
	&tool_command_config,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
longest_name(void)
{
	size_t i, longest = 0;

	for (i = 0; i < COMMANDS; i++)
		if (strlen(commands[i]->name) > longest)
			longest = strlen(commands[i]->name);
	return (int)longest;
}

static void
print_overview(FILE *out)
{
	int width = longest_name();
	size_t i;

	fprintf(out,
		"Usage: %s COMMAND [OPTIONS]\n\n"
		"JCOP 4.5 agent cards: what OpenSC's own tools cannot say.\n\n"
		"Commands:\n",
		TOOL_NAME);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-*s  %s\n", width, commands[i]->name,
			commands[i]->summary);
	fprintf(out,
		"\n'%s COMMAND --help' shows the options of a command,\n"
		"'man %s' all of them and the exit statuses.\n",
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

static int
unknown_command(const char *name)
{
	size_t i;

	tool_fail(TOOL_USAGE, "there is no command '%s'", name);
	for (i = 0; i < COMMANDS; i++) {
		if (!tool_is_near(name, commands[i]->name))
			continue;
		fprintf(stderr, "Did you mean '%s'?\n", commands[i]->name);
		return TOOL_USAGE;
	}
	print_overview(stderr);
	return TOOL_USAGE;
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
	free(tool.many);
	return r < 0 ? TOOL_OK : r;
}

/* What JSON brings may be a PIN: nothing of it stays behind. */
static void
wipe_and_free(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* Where one of 0, 1 and 2 is closed, what is opened next gets its number: a
 * reader would be sent our messages. /dev/null takes its place, open the wrong
 * way round, so that whoever uses it fails as before; stderr just goes
 * nowhere. */
static bool
hold_standard_streams(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", modes[fd]) != fd)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	const struct tool_command *command;

	if (!hold_standard_streams())
		return TOOL_FAILED;
	/* Who reads our messages may go while the card is at work. */
	signal(SIGPIPE, SIG_IGN);
	json_set_alloc_funcs(malloc, wipe_and_free);
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
	if (command == NULL)
		return unknown_command(argv[1]);
	return finish(run_command(command, argc - 1, argv + 1));
}
