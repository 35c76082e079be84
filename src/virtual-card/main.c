/*
 * main.c: jcop45-vcard: makes virtual cards and puts them into readers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virtual-card/program.h"

static const struct program_command *const commands[] = {
	&program_new,
	&program_info,
	&program_set,
	&program_serve,
	&program_insert,
	&program_remove,
	&program_apdu,
	&program_pinpad,
	&program_trace_summary,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
print_call(FILE *out, const struct program_command *command)
{
	fprintf(out, "Usage: jcop45-vcard %s %s\n", command->name,
		command->arguments);
}

int
program_help(const struct program_command *command)
{
	print_call(stdout, command);
	printf("%s.\n", command->summary);
	if (command->options[0] != '\0')
		printf("\n%s", command->options);
	return PROGRAM_OK;
}

int
program_usage(const struct program_command *command)
{
	print_call(stderr, command);
	fprintf(stderr, "'jcop45-vcard %s --help' says more.\n", command->name);
	return PROGRAM_USAGE;
}

int
program_fail(const char *message)
{
	fprintf(stderr, "jcop45-vcard: %s\n", message);
	return PROGRAM_FAILED;
}

int
program_failf(const char *format, ...)
{
	va_list arguments;

	fputs("jcop45-vcard: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return PROGRAM_FAILED;
}

int
program_arguments(const struct program_command *command, int argc, char **argv,
	int least, int most)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1)
		return c == 'h' ? program_help(command)
				: program_usage(command);
	if (argc - optind < least || argc - optind > most)
		return program_usage(command);
	return -1;
}

static int
print_usage(FILE *out)
{
	size_t i;

	fputs("Usage: jcop45-vcard COMMAND ...\n"
	      "Makes virtual cards and puts them into readers.\n\n",
		out);
	for (i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-14s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("\n'jcop45-vcard COMMAND --help' and jcop45-vcard(1) say more.\n",
		out);
	return out == stdout ? PROGRAM_OK : PROGRAM_USAGE;
}

/* Where one of 0, 1 and 2 is closed, what is opened next gets its number: a
 * card's socket would be sent our messages. /dev/null takes its place, open the
 * wrong way round, so that whoever uses it fails as before; stderr just goes
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
	const char *name = argc > 1 ? argv[1] : "";
	size_t i;

	if (!hold_standard_streams())
		return PROGRAM_FAILED;
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
		strcmp(name, "help") == 0)
		return print_usage(stdout);
	if (strcmp(name, "--version") == 0) {
		puts("jcop45-vcard " PACKAGE_VERSION);
		return PROGRAM_OK;
	}
	for (i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i]->run(
				commands[i], argc - 1, argv + 1);
	if (*name != '\0')
		fprintf(stderr, "jcop45-vcard: there is no command '%s'.\n",
			name);
	return print_usage(stderr);
}
