/*
 * program-pinpad.c: jcop45-vcard pinpad.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>

#include "virtual-card/pinpad-queue.h"
#include "virtual-card/program.h"
#include "virtual-card/reader-options.h"

/* What is typed where there is no pad would wait for ever. */
static int
check_pad(const char *dir)
{
	struct vcard_reader_options options;
	char message[VCARD_MESSAGE_SIZE] = "";

	if (vcard_reader_options_read(dir, &options, message) != JCOP_OK)
		return program_fail(message);
	if (!options.pinpad)
		return program_failf("the reader of %s has no PIN pad; the "
				     "line 'pinpad = yes' in %s/reader gives "
				     "it one",
			dir, dir);
	return PROGRAM_OK;
}

static int
print_count(const char *dir)
{
	char message[VCARD_MESSAGE_SIZE] = "";
	size_t count;

	if (vcard_pad_count(dir, &count, message) != JCOP_OK)
		return program_fail(message);
	printf("%zu entries wait to be typed\n", count);
	return PROGRAM_OK;
}

static int
run(const struct program_command *command, int argc, char **argv)
{
	char message[VCARD_MESSAGE_SIZE] = "";
	int i, r = program_arguments(command, argc, argv, 1, INT_MAX);
	const char *dir;

	if (r >= 0)
		return r;
	dir = argv[optind];
	r = check_pad(dir);
	if (r == PROGRAM_OK && optind + 1 == argc)
		return print_count(dir);
	for (i = optind + 1; r == PROGRAM_OK && i < argc; i++)
		if (vcard_pad_put(dir, argv[i], message) != JCOP_OK)
			r = program_fail(message);
	return r;
}

const struct program_command program_pinpad = {"pinpad", "DIR [ENTRY ...]",
	"Says what somebody will type on the PIN pad of the reader of DIR",
	"Every ENTRY is one of, in quotes:\n"
	"  'type DIGITS'          digits and the validation key\n"
	"  cancel                 the cancel key\n"
	"  timeout                nobody types\n"
	"They are used in this order, one for each PIN that the reader asks\n"
	"for; without any, nobody types. Without ENTRY: how many wait. The\n"
	"entries are seen by other programs on the machine: type no PIN of a\n"
	"real card.\n",
	run};
