/*
 * program-serve.c: jcop45-vcard serve.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "virtual-card/program.h"
#include "virtual-card/vpcd.h"

#define DAY_SECONDS 86400

static const struct option long_options[] = {
	{"help", no_argument, NULL, 'h'},
	{"vpcd", required_argument, NULL, 'v'},
	{"trace", required_argument, NULL, 't'},
	{"wait", required_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"  --vpcd HOST:PORT  where the vpcd driver of pcscd listens, as a "
	"rule\n"
	"                    localhost:35963\n"
	"  --trace FILE      one line of JSON per command\n"
	"  --wait SECONDS    tries that long to connect (0)\n"
	"Ends on SIGTERM or SIGINT, or when pcscd ends.\n";

/* SIGTERM and SIGINT as a descriptor that becomes readable. */
static int
open_stop(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int
serve(struct vcard_vpcd_config *config)
{
	char message[VCARD_MESSAGE_SIZE];
	enum vcard_vpcd_result result;

	config->stop_fd = open_stop();
	if (config->stop_fd < 0)
		return program_fail(strerror(errno));
	result = vcard_vpcd_serve(config, message);
	close(config->stop_fd);
	if (result == VCARD_VPCD_FAILED)
		return program_fail(message);
	if (result == VCARD_VPCD_HUNG_UP)
		(void)program_failf("%s closed the connection: pcscd ended, or "
				    "another card took the slot",
			config->address);
	return PROGRAM_OK;
}

static bool
read_seconds(const char *text, unsigned int *seconds)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*seconds = (unsigned int)value;
	return end != text && *end == '\0' && value <= DAY_SECONDS;
}

static int
run(const struct program_command *command, int argc, char **argv)
{
	struct vcard_vpcd_config config = {.stop_fd = -1};
	int c;

	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (c == 'h')
			return program_help(command);
		if (c == 'v')
			config.address = optarg;
		else if (c == 't')
			config.trace = optarg;
		else if (c != 'w' ||
			 !read_seconds(optarg, &config.wait_seconds))
			return program_usage(command);
	}
	if (argc - optind != 1 || config.address == NULL)
		return program_usage(command);
	config.dir = argv[optind];
	return serve(&config);
}

const struct program_command program_serve = {"serve",
	"DIR --vpcd HOST:PORT [--trace FILE] [--wait SECONDS]",
	"Puts the card in DIR into a slot of a real pcscd", help, run};
