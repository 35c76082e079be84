/*
 * tool.h: the frame of jcop45-tool: one table of subcommands, one file each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_H
#define JCOP_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

#define TOOL_NAME "jcop45-tool"
#define TOOL_MESSAGE_SIZE 1024

/* Exit statuses; documented in jcop45-tool(1). */
enum tool_exit {
	TOOL_OK = 0,
	TOOL_FAILED = 1,   /* whatever has no status of its own */
	TOOL_USAGE = 2,    /* the command line */
	TOOL_NO_CARD = 3,  /* no reader or card, not that one, or removed */
	TOOL_NOT_OURS = 4, /* another card, or OpenSC has not our driver */
	TOOL_CONFIGURATION = 5, /* something is missing or wrong there */
	TOOL_SECRET = 6,        /* a PIN or another secret was not accepted */
	TOOL_REFUSED = 7        /* by the card, or a rule of its profile */
};

/*
 * One long option. Its argument is what it takes, "FILE"; NULL for a switch.
 * Where it is one of a few words they are the argument, "mpp|signature": help
 * and completion are made of it. FILE and DIR are completed as such. One that
 * ends in "..." may be given more than once; a subcommand has one at most.
 */
struct tool_option {
	const char *name;
	const char *argument;
	const char *help; /* one sentence, may hold line ends */
};
#define TOOL_MAX_OPTIONS 32
#define TOOL_ICCSN_SIZE 33

struct tool;

/* One subcommand. */
struct tool_command {
	const char *name;
	const char *summary; /* one line */
	/* paragraph for --help, which fills its lines; a line that starts with
	 * a blank stays as it is */
	const char *description;
	const struct tool_option *options; /* ends with name NULL */
	const char *operands; /* what follows the options, "FIELD=VALUE...";
			       * NULL: nothing */
	int (*run)(struct tool *tool); /* returns enum tool_exit */
	bool no_card; /* takes none of the options for a card, nor --json */
};

extern const struct tool_command tool_command_activate;
extern const struct tool_command tool_command_change_pin;
extern const struct tool_command tool_command_config;
extern const struct tool_command tool_command_generate;
extern const struct tool_command tool_command_data;
extern const struct tool_command tool_command_delete_all;
extern const struct tool_command tool_command_encode;
extern const struct tool_command tool_command_import;
extern const struct tool_command tool_command_info;
extern const struct tool_command tool_command_unblock_pin;
extern const struct tool_command tool_command_write_data;
extern const struct tool_command tool_command_write_certificate;

struct sc_context;
struct sc_card;

/* One run of the program. */
struct tool {
	const struct tool_command *command;
	/* by the index of the option in command->options: its argument, ""
	 * for a switch, NULL if it was not given */
	const char *values[TOOL_MAX_OPTIONS];
	/* the arguments of the option that may be given more than once */
	const char **many;
	size_t many_count;
	const char *reader; /* --reader, or NULL */
	const char *iccsn;  /* --iccsn, or NULL */
	const char *wait;   /* --wait: its seconds, "" for no end, or NULL */
	bool json;          /* --json: see tool_report_done in report.h */
	int verbose;        /* how often --verbose was given */
	char **operands;    /* what follows the options */
	int operand_count;
	struct sc_context *ctx;
	struct sc_card *card;
	char card_iccsn[TOOL_ICCSN_SIZE]; /* digits, where it was asked for */
};

/*
 * Reads the arguments after the subcommand's name (ARGV[0] is that name).
 * Returns TOOL_OK, TOOL_USAGE after a message, or -1 after --help was
 * answered.
 */
JCOP_CHECKED int tool_options_read(struct tool *tool, int argc, char **argv);

/* The help of one subcommand, on stdout. */
void tool_print_help(const struct tool_command *command);

/* Says "jcop45-tool: ..." on stderr and returns STATUS. */
__attribute__((format(printf, 2, 3))) int tool_fail(
	int status, const char *format, ...);

/* Writes MESSAGE (TOOL_MESSAGE_SIZE bytes) and returns ERROR. */
__attribute__((format(printf, 3, 4))) int tool_message(
	char *message, int error, const char *format, ...);

/*
 * Makes tool->ctx, without a card. TOOL_OK, or a status after a message.
 */
JCOP_CHECKED int tool_open_context(struct tool *tool);

/*
 * Connects to the card that --reader and --iccsn name, else to the one in the
 * first reader that has any, into tool->card, whose driver is ours; with
 * --wait it may come later. TOOL_OK, or a status after a message that says why
 * not.
 */
JCOP_CHECKED int tool_connect(struct tool *tool);

/* Lets go of card and context; both may be missing. */
void tool_disconnect(struct tool *tool);

/* The status for an error of OpenSC (SC_ERROR_..., negative). */
int tool_status_of(int sc_error);

#endif
