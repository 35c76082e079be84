/*
 * program.h: the subcommands of jcop45-vcard.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PROGRAM_H
#define JCOP_VIRTUAL_CARD_PROGRAM_H

enum {
	PROGRAM_OK = 0,
	PROGRAM_FAILED = 1, /* said why on stderr */
	PROGRAM_USAGE = 2   /* said how on stderr */
};

struct program_command {
	const char *name;
	const char *arguments;
	const char *summary; /* one line */
	const char *options; /* lines; empty: none but --help */
	/* argv[0] is the name; optind is as at the start. */
	int (*run)(const struct program_command *, int argc, char **argv);
};

extern const struct program_command program_new, program_info, program_set,
	program_serve, program_insert, program_remove, program_apdu,
	program_pinpad, program_trace_summary;

/* Prints how to call COMMAND: to stdout if it was asked for. */
int program_help(const struct program_command *command);
int program_usage(const struct program_command *command);

/* Prints "jcop45-vcard: MESSAGE" to stderr. */
int program_fail(const char *message);
__attribute__((format(printf, 1, 2))) int program_failf(
	const char *format, ...);

/*
 * For a subcommand whose only option is --help: checks that LEAST to MOST
 * arguments follow. -1: they do, and start at argv[optind].
 */
int program_arguments(const struct program_command *command, int argc,
	char **argv, int least, int most);

#endif
