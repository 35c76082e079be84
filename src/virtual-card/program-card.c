/*
 * program-card.c: jcop45-vcard info, set, insert, remove, apdu.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "virtual-card/persona.h"
#include "virtual-card/program.h"
#include "virtual-card/reader.h"

/* --- info --- */

static void
print_pins(const struct vcard_persona_info *info)
{
	static const char *const names[JCOP_PIN_COUNT] = {
		"global PIN", "signature PIN", "transport PIN", "PUK"};
	size_t i;

	for (i = 0; i < JCOP_PIN_COUNT; i++)
		printf("%-18s %s, %u tries left\n", names[i],
			info->pins[i].set ? "set" : "not set",
			info->pins[i].tries_left);
}

static void
print_keysets(const struct vcard_persona_info *info)
{
	static const char *const names[JCOP_KEYSET_COUNT] = {
		"SK_ADMIN", "SK_UNBLK_PIN", "SK_FILEMGMT"};
	size_t i;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		printf("%-18s %u tries left\n", names[i],
			info->keyset_tries_left[i]);
}

static void
print_card(const struct vcard_persona_info *info)
{
	printf("%-18s %s\n", "profile", info->profile);
	printf("%-18s %s\n", "ICCSN", info->iccsn);
	printf("%-18s %s\n", "serial", info->serial);
	printf("%-18s %s\n", "applet", info->applet_version);
	printf("%-18s %s\n", "produced", info->production);
	printf("%-18s %s\n", "kind",
		info->temporary ? "temporary" : "permanent");
	printf("%-18s %s\n", "life cycle", info->life_cycle);
	printf("%-18s version %u, %s, %s\n", "chip auth.", info->ca_version,
		info->curve, info->ca_cipher);
	print_pins(info);
	print_keysets(info);
	printf("%-18s %zu\n", "keys", info->key_count);
}

static const char *
use_of(const struct vcard_reader_view *view)
{
	if (!view->usable)
		return "not usable: DIR cannot be written";
	if (!view->present)
		return "card removed ('jcop45-vcard insert' puts it back)";
	if (view->exclusive)
		return "in exclusive use";
	return view->handles > 0 ? "in use" : "not in use";
}

static int
run_info(const struct program_command *command, int argc, char **argv)
{
	struct vcard_persona_info info;
	struct vcard_reader_options options;
	struct vcard_reader_view view;
	char message[VCARD_MESSAGE_SIZE] = "";
	const char *dir;
	int r = program_arguments(command, argc, argv, 1, 1);

	if (r >= 0)
		return r;
	dir = argv[optind];
	if (vcard_persona_info(dir, &info, message) != JCOP_OK)
		return program_failf("%s\n'jcop45-vcard new %s' makes a card "
				     "there.",
			message, dir);
	print_card(&info);
	vcard_reader_look(dir, &view);
	printf("%-18s %s\n", "reader", use_of(&view));
	printf("%-18s %s/issuer (transport PIN, PUK, key sets, trust anchor)\n",
		"issuer's secrets", dir);
	if (vcard_reader_options_read(dir, &options, message) != JCOP_OK)
		return program_fail(message);
	printf("%-18s %s\n", "reader takes",
		options.extended ? "extended APDUs" : "short APDUs only");
	if (options.pinpad)
		printf("%-18s on its PIN pad too\n", "PINs are typed");
	return PROGRAM_OK;
}

const struct program_command program_info = {"info", "DIR",
	"Shows what the card in DIR is, without any secret", "", run_info};

/* --- set --- */

static int
run_set(const struct program_command *command, int argc, char **argv)
{
	char message[VCARD_MESSAGE_SIZE] = "";
	int r = program_arguments(command, argc, argv, 3, 3);

	if (r >= 0)
		return r;
	if (vcard_persona_set(argv[optind], argv[optind + 1], argv[optind + 2],
		    message) != JCOP_OK)
		return program_fail(message);
	/* The only one that resets the card. */
	if (strcmp(argv[optind + 1], "life-cycle") == 0)
		vcard_reader_note_reset(argv[optind]);
	return PROGRAM_OK;
}

const struct program_command program_set = {"set", "DIR KEY VALUE",
	"Changes a property of the card in DIR, for tests",
	"  applet-version X.Y.Z       production YYYY-MM-DD|unknown\n"
	"  life-cycle initialisation|activated|terminated\n"
	"  ca-version 1|2             ca-answer-version same|1|2\n"
	"  tries-NAME N               NAME: global, signature, transport, "
	"puk,\n"
	"                             sk_admin, sk_unblk_pin, sk_file_mgmt\n"
	"and with yes or no:\n"
	"  temporary, extended-length, unsigned-card-security,\n"
	"  untrusted-signer, expired-signer, named-curve, chip-key-off-curve,\n"
	"  chip-key-mismatch, wrong-sk_admin, wrong-sk_unblk_pin,\n"
	"  wrong-sk_file_mgmt, foreign, profile-marker, iccsn-get-data,\n"
	"  ef-gdo\n",
	run_set};

/* --- insert, remove --- */

static int
move_card(const struct program_command *command, int argc, char **argv,
	enum vcard_reader_result (*move)(const char *, char *))
{
	char message[VCARD_MESSAGE_SIZE] = "";
	int r = program_arguments(command, argc, argv, 1, 1);

	if (r >= 0)
		return r;
	if (move(argv[optind], message) == VCARD_READER_OK)
		return PROGRAM_OK;
	if (message[0] != '\0')
		return program_fail(message);
	return program_failf("the card in %s does not work; look at it with "
			     "'jcop45-vcard info'",
		argv[optind]);
}

static int
run_insert(const struct program_command *command, int argc, char **argv)
{
	return move_card(command, argc, argv, vcard_reader_insert);
}

static int
run_remove(const struct program_command *command, int argc, char **argv)
{
	return move_card(command, argc, argv, vcard_reader_remove);
}

const struct program_command program_insert = {"insert", "DIR",
	"Puts the card of DIR back into its reader", "", run_insert};
const struct program_command program_remove = {"remove", "DIR",
	"Takes the card of DIR out of its reader", "", run_remove};

/* --- apdu --- */

static void
print_hex(const struct jcop_blob *bytes)
{
	size_t i;

	for (i = 0; i < bytes->len; i++)
		printf("%02X", bytes->data[i]);
	printf("\n");
	fflush(stdout);
}

static int
say_why(enum vcard_reader_result result, const char *message)
{
	if (message[0] != '\0')
		return program_fail(message);
	if (result == VCARD_READER_TOO_LONG)
		return program_fail("the reader carries short APDUs only: "
				    "extended=no in its file 'reader'");
	return program_fail("the card gave no answer; 'jcop45-vcard info' "
			    "shows whether it is there");
}

static int
send_one(struct vcard_reader *reader, const char *hex)
{
	struct jcop_blob command = JCOP_BLOB_INIT, response = JCOP_BLOB_INIT;
	char message[VCARD_MESSAGE_SIZE] = "";
	enum vcard_reader_result result;
	int status = PROGRAM_USAGE;

	if (jcop_blob_from_hex(&command, hex) != JCOP_OK || command.len == 0) {
		(void)program_fail("a command is a row of hexadecimal digits, "
				   "like 00A4040000");
		goto out;
	}
	result = vcard_reader_transmit(
		reader, jcop_blob_view(&command), &response, message);
	if (result == VCARD_READER_OK) {
		print_hex(&response);
		status = PROGRAM_OK;
	} else {
		status = say_why(result, message);
	}
out:
	jcop_blob_free(&command);
	jcop_blob_free(&response);
	return status;
}

static int
send_all(struct vcard_reader *reader, char **hex)
{
	int status = PROGRAM_OK;

	if (vcard_reader_begin(reader) != VCARD_READER_OK)
		return program_fail("the card is gone");
	if (vcard_reader_reconnect(reader, VCARD_SHARED, VCARD_RESET) !=
		VCARD_READER_OK)
		return program_fail("the card cannot be reset");
	while (*hex != NULL && status == PROGRAM_OK)
		status = send_one(reader, *hex++);
	(void)!vcard_reader_end(reader, VCARD_RESET);
	return status;
}

static int
run_apdu(const struct program_command *command, int argc, char **argv)
{
	struct vcard_reader_config config = {.mode = VCARD_SHARED};
	struct vcard_reader *reader;
	char message[VCARD_MESSAGE_SIZE] = "";
	int r = program_arguments(command, argc, argv, 2, INT_MAX);

	if (r >= 0)
		return r;
	config.dir = argv[optind];
	config.name = "apdu";
	switch (vcard_reader_connect(&config, &reader, message)) {
	case VCARD_READER_OK:
		break;
	case VCARD_READER_NO_CARD:
		return program_failf("no card in %s; 'jcop45-vcard new' makes "
				     "one, 'jcop45-vcard insert' puts it back",
			config.dir);
	case VCARD_READER_IN_USE:
		return program_failf("the card in %s is in exclusive use by "
				     "another program; end that first",
			config.dir);
	default:
		return program_fail(
			message[0] != '\0' ? message : "the card broke");
	}
	r = send_all(reader, argv + optind + 1);
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
	return r;
}

const struct program_command program_apdu = {"apdu", "DIR HEX ...",
	"Resets the card in DIR, sends commands and prints the answers",
	"Every HEX is a command APDU as it goes to the card. The commands are\n"
	"seen by other programs on the machine: send no PIN of a real card.\n",
	run_apdu};
