/*
 * bystander.c: another program at the same card. Connects through a PC/SC
 * library and stays connected, shared and without a transaction; never resets
 * the card itself.
 *
 * Each line of standard input is one of
 *   HEX       a command; its answer's status word and data are printed, after
 *             "reset" if somebody reset the card before it
 *   hammer HEX...   these commands again and again until the next line comes;
 *             then a line "COMMAND-NUMBER STATUS-WORD COUNT" for each answer
 *             there was, "resets COUNT", and "end"
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winscard.h>

#define MAX_COMMANDS 16
#define MAX_BYTES 300
#define MAX_KINDS 256

static struct {
	LONG (*establish)(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT);
	LONG (*list)(SCARDCONTEXT, LPCSTR, LPSTR, LPDWORD);
	LONG(*connect)
	(SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE, LPDWORD);
	LONG (*reconnect)(SCARDHANDLE, DWORD, DWORD, DWORD, LPDWORD);
	LONG(*transmit)
	(SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD,
		SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
	LONG (*disconnect)(SCARDHANDLE, DWORD);
} pcsc;
static SCARDHANDLE card;

struct command {
	unsigned char bytes[MAX_BYTES];
	size_t len;
};

struct answer {
	bool was_reset;
	unsigned int sw;
	unsigned char data[MAX_BYTES];
	size_t len;
};

static void
die(const char *what, LONG rv)
{
	fprintf(stderr, "bystander: %s: 0x%lx\n", what, (unsigned long)rv);
	exit(1);
}

static void
load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct {
		const char *name;
		void **function;
	} wanted[] = {
		{"SCardEstablishContext", (void **)&pcsc.establish},
		{"SCardListReaders", (void **)&pcsc.list},
		{"SCardConnect", (void **)&pcsc.connect},
		{"SCardReconnect", (void **)&pcsc.reconnect},
		{"SCardTransmit", (void **)&pcsc.transmit},
		{"SCardDisconnect", (void **)&pcsc.disconnect},
	};
	size_t i;

	if (library == NULL)
		die(dlerror(), 0);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].function = dlsym(library, wanted[i].name);
		if (*wanted[i].function == NULL)
			die(wanted[i].name, 0);
	}
}

/* The first reader with a card in it. */
static void
connect_card(void)
{
	char readers[2048], *name;
	DWORD size = sizeof(readers), protocol;
	SCARDCONTEXT context;
	LONG rv = pcsc.establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);

	if (rv == SCARD_S_SUCCESS)
		rv = pcsc.list(context, NULL, readers, &size);
	if (rv != SCARD_S_SUCCESS)
		die("no readers", rv);
	for (name = readers; *name != '\0'; name += strlen(name) + 1) {
		rv = pcsc.connect(context, name, SCARD_SHARE_SHARED,
			SCARD_PROTOCOL_T1, &card, &protocol);
		if (rv == SCARD_S_SUCCESS)
			return;
	}
	die("no card", rv);
}

static bool
parse(const char *hex, struct command *command)
{
	unsigned int byte;

	for (command->len = 0; hex[0] != '\0'; hex += 2, command->len++) {
		if (command->len == MAX_BYTES || hex[1] == '\0' ||
			sscanf(hex, "%2x", &byte) != 1)
			return false;
		command->bytes[command->len] = (unsigned char)byte;
	}
	return command->len >= 4;
}

static void
send_command(const struct command *command, struct answer *answer)
{
	const SCARD_IO_REQUEST t1 = {
		SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
	unsigned char bytes[MAX_BYTES + 2];
	DWORD len, protocol;
	LONG rv;

	answer->was_reset = false;
	for (;;) {
		len = sizeof(bytes);
		rv = pcsc.transmit(card, &t1, command->bytes, command->len,
			NULL, bytes, &len);
		if (rv != (LONG)SCARD_W_RESET_CARD)
			break;
		answer->was_reset = true;
		rv = pcsc.reconnect(card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1,
			SCARD_LEAVE_CARD, &protocol);
		if (rv != SCARD_S_SUCCESS)
			die("reconnect", rv);
	}
	if (rv != SCARD_S_SUCCESS || len < 2)
		die("transmit", rv);
	answer->len = len - 2;
	memcpy(answer->data, bytes, answer->len);
	answer->sw = (unsigned int)bytes[len - 2] << 8 | bytes[len - 1];
}

static void
send_once(const char *hex)
{
	struct command command;
	struct answer answer;
	size_t i;

	if (!parse(hex, &command))
		die("not a command", 0);
	send_command(&command, &answer);
	printf("%s%04X", answer.was_reset ? "reset " : "", answer.sw);
	for (i = 0; i < answer.len; i++)
		printf("%s%02X", i == 0 ? " " : "", answer.data[i]);
	printf("\n");
	fflush(stdout);
}

static bool
input_waits(void)
{
	struct pollfd input = {STDIN_FILENO, POLLIN, 0};

	return poll(&input, 1, 0) > 0;
}

static struct {
	unsigned int command, sw;
	unsigned long count;
} kinds[MAX_KINDS];

static void
tally(unsigned int command, unsigned int sw)
{
	size_t i;

	for (i = 0; i < MAX_KINDS; i++) {
		if (kinds[i].count == 0) {
			kinds[i].command = command;
			kinds[i].sw = sw;
		}
		if (kinds[i].command == command && kinds[i].sw == sw) {
			kinds[i].count++;
			return;
		}
	}
	die("too many kinds of answers", 0);
}

static void
hammer(char *list)
{
	struct command commands[MAX_COMMANDS];
	struct answer answer;
	unsigned int count = 0, resets = 0, i;
	char *hex;

	for (hex = strtok(list, " "); hex != NULL; hex = strtok(NULL, " "))
		if (count == MAX_COMMANDS || !parse(hex, &commands[count++]))
			die("not a command", 0);
	memset(kinds, 0, sizeof(kinds));
	while (!input_waits())
		for (i = 0; i < count; i++) {
			send_command(&commands[i], &answer);
			tally(i, answer.sw);
			resets += answer.was_reset;
		}
	for (i = 0; i < MAX_KINDS && kinds[i].count > 0; i++)
		printf("%u %04X %lu\n", kinds[i].command, kinds[i].sw,
			kinds[i].count);
	printf("resets %u\nend\n", resets);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char line[4096];

	if (argc != 2) {
		fprintf(stderr, "usage: %s PCSC-LIBRARY\n", argv[0]);
		return 2;
	}
	/* poll() and stdio's buffer see the same lines only so */
	setvbuf(stdin, NULL, _IONBF, 0);
	load(argv[1]);
	connect_card();
	printf("connected %ld\n", (long)getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "hammer ", 7) == 0)
			hammer(line + 7);
		else if (line[0] != '\0')
			send_once(line);
	}
	(void)pcsc.disconnect(card, SCARD_LEAVE_CARD);
	return 0;
}
