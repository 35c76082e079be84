/*
 * encode.c: jcop45-tool encode: from the command line to the plan and its run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encoding/files.h"
#include "tool/encode.h"

#define CA_SECONDS_DEFAULT 300
#define CA_SECONDS_MAX 86400

enum {
	OPTION_FIELD,
	OPTION_FIELDS,
	OPTION_FIELDS_OUT,
	OPTION_DRY_RUN,
	OPTION_LENIENT,
	OPTION_CA,
	OPTION_CA_TIMEOUT,
	OPTION_REQUESTS,
	OPTION_CERTIFICATES,
	OPTION_SUBJECT,
	OPTION_PINENTRY,
	OPTION_COUNT
};

static const struct tool_option options[] = {
	[OPTION_FIELD] = {"field", "NAME=VALUE...",
		"the value of a field: VALUE itself, but for a secret; @FILE\n"
		"is the content of a file, env:VARIABLE, file:PATH and fd:N\n"
		"are its first line. May be given more than once"},
	[OPTION_FIELDS] = {"fields", "FILE",
		"values of fields as a JSON object; a private file if there\n"
		"are secrets in it; - is standard input"},
	[OPTION_FIELDS_OUT] = {"fields-out", "FILE",
		"a private file for the fields that the run fills, as JSON;\n"
		"beside it a journal is kept, with which the same command\n"
		"goes on after an interruption"},
	[OPTION_DRY_RUN] = {"dry-run", NULL,
		"check everything, show the plan and change nothing"},
	[OPTION_LENIENT] = {"lenient", NULL,
		"ignore unknown keys and sections, with a warning"},
	[OPTION_CA] = {"ca", "COMMAND",
		"a program, with arguments separated by blanks, that issues\n"
		"what is asked for; see jcop45-encoding(5)"},
	[OPTION_CA_TIMEOUT] = {"ca-timeout", "SECONDS",
		"how long it may take for one request (default: 300)"},
	[OPTION_REQUESTS] = {"requests", "DIR",
		"without --ca: write the requests there (it is made if it is\n"
		"not there), and leave what needs their answers for another\n"
		"visit"},
	[OPTION_CERTIFICATES] = {"certificates", "DIR",
		"that visit: take the answers from there"},
	[OPTION_SUBJECT] = {"subject", "NAME",
		"subject of requests, as CN=Jeanne Martin/serialNumber=2501\n"
		"(default: CN= and the ICCSN)"},
	[OPTION_PINENTRY] = {"pinentry", NULL,
		"ask for PINs in dialogs of pinentry, not on the terminal;\n"
		"that is the default where there is a display"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

/* --- the command line --- */

static int
read_seconds(const char *text, unsigned int *seconds)
{
	char *end;
	unsigned long value;

	*seconds = CA_SECONDS_DEFAULT;
	if (text == NULL)
		return TOOL_OK;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		value == 0 || value > CA_SECONDS_MAX)
		return tool_fail(TOOL_USAGE,
			"--ca-timeout %s: expected seconds, 1 to %d", text,
			CA_SECONDS_MAX);
	*seconds = (unsigned int)value;
	return TOOL_OK;
}

/* Found out now, and not when the card has a key without a certificate. */
static int
check_directory(const char *option, const char *path, int mode)
{
	struct stat status;

	if (path == NULL)
		return TOOL_OK;
	if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
		errno = ENOTDIR;
	else if (access(path, mode) == 0)
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, "--%s %s: %s; nothing was changed", option,
		path, strerror(errno));
}

/* A private one is made where there is none. */
static int
check_requests_directory(const char *path, bool dry_run)
{
	struct stat status;

	if (path != NULL && stat(path, &status) != 0 && errno == ENOENT &&
		(dry_run || mkdir(path, S_IRWXU) == 0))
		return TOOL_OK;
	return check_directory(
		options[OPTION_REQUESTS].name, path, W_OK | X_OK);
}

/* The output would take its place. */
static bool
is_same_file(const struct stat *status, const char *path)
{
	struct stat other;

	return path != NULL && stat(path, &other) == 0 &&
	       other.st_dev == status->st_dev && other.st_ino == status->st_ino;
}

/* The file that --field NAME=@FILE, file:FILE or fd:N is read from? */
static bool
is_value_of(const struct stat *status, const char *field)
{
	const char *value = strchr(field, '=');
	char path[64];

	if (value == NULL)
		return false;
	value++;
	if (value[0] == '@')
		return is_same_file(status, value + 1);
	if (strncmp(value, "file:", 5) == 0)
		return is_same_file(status, value + 5);
	if (strncmp(value, "fd:", 3) != 0)
		return false;
	snprintf(path, sizeof(path), "/dev/fd/%s", value + 3);
	return is_same_file(status, path);
}

/* Does the same command read this file? */
static bool
is_input(const struct tool *tool, const struct stat *status)
{
	const char *fields = tool->values[OPTION_FIELDS];
	size_t i;

	if (fields != NULL && strcmp(fields, "-") == 0)
		fields = "/dev/stdin";
	for (i = 0; i < tool->many_count; i++)
		if (is_value_of(status, tool->many[i]))
			return true;
	return is_same_file(status, fields) ||
	       is_same_file(status, tool->operands[0]);
}

static int
check_output(const struct tool *tool, const char *path)
{
	struct stat status;
	char *copy;
	int r;

	if (path == NULL)
		return TOOL_OK;
	if (stat(path, &status) == 0 &&
		(!S_ISREG(status.st_mode) || is_input(tool, &status)))
		return tool_fail(TOOL_USAGE,
			"--%s %s: expected a file of its own; nothing was "
			"changed",
			options[OPTION_FIELDS_OUT].name, path);
	copy = strdup(path);
	if (copy == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	r = check_directory(
		options[OPTION_FIELDS_OUT].name, dirname(copy), W_OK | X_OK);
	free(copy);
	return r;
}

static int
check_ca(const struct encode *encode)
{
	const struct encoding_options *given = &encode->options;

	if (given->ca &&
		(given->requests != NULL || given->certificates != NULL))
		return tool_fail(TOOL_USAGE,
			"--ca issues at once, --requests and --certificates in "
			"two visits: give one or the other");
	if (given->requests != NULL && given->certificates != NULL)
		return tool_fail(TOOL_USAGE,
			"--requests is the first visit and --certificates the "
			"second: give one of them");
	return TOOL_OK;
}

static int
take_ca(struct encode *encode, const char *command)
{
	char *path;

	if (command == NULL)
		return TOOL_OK;
	encode->ca = encoding_command_split(command);
	if (encode->ca == NULL)
		return tool_fail(TOOL_USAGE, "--ca names no program");
	path = encoding_find_program(encode->ca[0]);
	if (path == NULL)
		return tool_fail(TOOL_USAGE,
			"--ca %s: there is no such program, or it cannot be "
			"executed; nothing was changed",
			encode->ca[0]);
	free(path);
	return TOOL_OK;
}

static int
check_subject(const char *subject)
{
	char message[ENCODING_MESSAGE_SIZE];

	if (subject == NULL ||
		encoding_subject_check(subject, message) == JCOP_OK)
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, "--subject: %s", message);
}

static int
take_command_line(struct encode *encode)
{
	const struct tool *tool = encode->tool;
	const char *ca = tool->values[OPTION_CA];
	int r = read_seconds(
		tool->values[OPTION_CA_TIMEOUT], &encode->ca_seconds);

	encode->lenient = tool->values[OPTION_LENIENT] != NULL;
	encode->dry_run = tool->values[OPTION_DRY_RUN] != NULL;
	encode->fields_out = tool->values[OPTION_FIELDS_OUT];
	encode->subject = tool->values[OPTION_SUBJECT];
	encode->dialogs.pinentry_wanted = tool->values[OPTION_PINENTRY] != NULL;
	encode->options = (struct encoding_options){ca != NULL,
		tool->values[OPTION_REQUESTS],
		tool->values[OPTION_CERTIFICATES]};
	if (r == TOOL_OK && tool->operand_count != 1)
		r = tool_fail(TOOL_USAGE,
			"expected one FILE with an encoding description, not "
			"%d",
			tool->operand_count);
	if (r == TOOL_OK)
		r = check_ca(encode);
	if (r == TOOL_OK)
		r = take_ca(encode, ca);
	if (r == TOOL_OK)
		r = check_requests_directory(
			encode->options.requests, encode->dry_run);
	if (r == TOOL_OK)
		r = check_directory(options[OPTION_CERTIFICATES].name,
			encode->options.certificates, R_OK | X_OK);
	if (r == TOOL_OK)
		r = check_output(tool, encode->fields_out);
	return r == TOOL_OK ? check_subject(encode->subject) : r;
}

/* --- the description and its fields --- */

/* What was said is said once. */
static void
print_report(struct encode *encode)
{
	encoding_report_print(&encode->report, stderr);
	encoding_report_free(&encode->report);
}

/* OPTION failed with ERROR. */
static int
fields_failed(const char *option, int error, const char *message)
{
	return tool_fail(error == JCOP_ERR_UNTRUSTED ? TOOL_SECRET : TOOL_USAGE,
		"--%s: %s", option, message);
}

static int
take_fields(struct encode *encode)
{
	const struct tool *tool = encode->tool;
	const char *file = tool->values[OPTION_FIELDS];
	bool is_stdin = file != NULL && strcmp(file, "-") == 0;
	char message[ENCODING_MESSAGE_SIZE];
	int r = encoding_fields_init(&encode->fields, &encode->encoding);
	size_t i;

	if (r != JCOP_OK)
		return tool_fail(TOOL_FAILED, "%s", jcop_strerror(r));
	if (file != NULL)
		r = encoding_fields_file(&encode->fields,
			is_stdin ? "/dev/stdin" : file, &encode->report,
			message);
	if (r != JCOP_OK)
		return fields_failed(options[OPTION_FIELDS].name, r, message);
	for (i = 0; i < tool->many_count && r == JCOP_OK; i++)
		r = encoding_fields_argument(
			&encode->fields, tool->many[i], message);
	if (r != JCOP_OK)
		return fields_failed(options[OPTION_FIELD].name, r, message);
	encoding_fields_clear_environment(&encode->fields);
	return TOOL_OK;
}

/* The card description that the driver will have, too. */
static int
load_card_description(struct encode *encode)
{
	char message[JCOP_DESCRIPTION_ERROR_SIZE];
	const scconf_block *block;
	const char *path = NULL;
	int r = tool_open_context(encode->tool);

	if (r != TOOL_OK)
		return r;
	block = sc_get_conf_block(
		encode->tool->ctx, "card_driver", JCOP_SHORT_NAME, 1);
	if (block != NULL)
		path = scconf_get_str(block, "card_description", NULL);
	encode->description = &encode->configured;
	if (jcop_description_load(path, &encode->configured, message) ==
		JCOP_OK)
		return TOOL_OK;
	return tool_fail(TOOL_CONFIGURATION,
		"the card description in opensc.conf cannot be used: %s",
		message);
}

/* All that can be said without a card. */
static int
load(struct encode *encode)
{
	bool failed = encoding_load(encode->tool->operands[0], encode->lenient,
			      &encode->encoding, &encode->report) != JCOP_OK;
	int r = TOOL_OK;

	if (!failed) {
		r = load_card_description(encode);
		if (r == TOOL_OK)
			r = take_fields(encode);
		if (r == TOOL_OK) {
			encoding_fields_check(&encode->fields, &encode->report);
			encoding_check_file(&encode->encoding, &encode->fields,
				encode->description, &encode->options,
				&encode->report);
		}
	}
	failed = failed || encode->report.errors > 0;
	print_report(encode);
	if (r == TOOL_OK && failed)
		r = tool_fail(TOOL_USAGE,
			"%s cannot be run as it is; nothing was sent to a card",
			encode->tool->operands[0]);
	return r;
}

/* --- the card --- */

/* The status for the first rule that the card breaks. */
static int
status_of_report(const struct encoding_report *report)
{
	size_t i;

	for (i = 0; i < report->count; i++) {
		if (report->messages[i].severity != ENCODING_ERROR)
			continue;
		switch (report->messages[i].rule) {
		case RULE_KEYSET_ADMIN:
		case RULE_KEYSET_UNBLK:
		case RULE_KEYSET_FILE_MGMT:
		case RULE_CHIP_AUTH:
			return TOOL_CONFIGURATION;
		case RULE_NO_PAD:
			return TOOL_USAGE;
		case RULE_PIN_BLOCKED:
		case RULE_P12_PASSWORD:
			return TOOL_SECRET;
		default:
			return TOOL_REFUSED;
		}
	}
	return TOOL_OK;
}

/* *PATH, which the caller frees: of the journal, or NULL for none. */
static int
journal_path(const struct encode *encode, char **path)
{
	*path = NULL;
	if (encode->fields_out == NULL)
		return TOOL_OK;
	*path = encoding_journal_path(encode->fields_out);
	return *path != NULL ? TOOL_OK
			     : tool_fail(TOOL_FAILED, "out of memory");
}

/* Two runs at once would both do what the journal does not have yet. */
static int
lock_journal(struct encode *encode)
{
	char message[ENCODING_MESSAGE_SIZE];
	char *path;
	int r = journal_path(encode, &path);

	if (r == TOOL_OK && path != NULL && !encode->dry_run &&
		encoding_lock_take(&encode->lock, path, message) != JCOP_OK)
		r = tool_fail(TOOL_USAGE, "%s; nothing was changed", message);
	free(path);
	return r;
}

static int
open_journal(struct encode *encode)
{
	char message[ENCODING_MESSAGE_SIZE];
	char *path;
	int r = journal_path(encode, &path);

	if (r != TOOL_OK)
		return r;
	r = encoding_journal_open(path, encode->iccsn, &encode->encoding,
		&encode->journal, message);
	free(path);
	return r == JCOP_OK ? TOOL_OK : tool_fail(TOOL_USAGE, "%s", message);
}

static void
make_plan(struct encode *encode)
{
	encoding_plan_make(&encode->encoding, &encode->fields,
		encode->description, &encode->options, &encode->plan);
}

static int
check_requests(const struct encode *encode)
{
	char message[ENCODING_MESSAGE_SIZE];

	if (encode->options.requests == NULL)
		return TOOL_OK;
	if (encoding_ca_check_new(encode->options.requests, &encode->plan,
		    encode->iccsn, message) == JCOP_OK)
		return TOOL_OK;
	return tool_fail(
		TOOL_USAGE, "--%s: %s", options[OPTION_REQUESTS].name, message);
}

/* What the card, its reader and an earlier run make of the plan. */
static int
plan_for_card(struct encode *encode)
{
	int status, r = encode_look_at_card(encode);

	if (r == TOOL_OK)
		r = open_journal(encode);
	if (r != TOOL_OK)
		return r;
	fprintf(stderr, "%s: card %s in %s\n", TOOL_NAME, encode->iccsn,
		encode->tool->card->reader->name);
	make_plan(encode);
	encoding_resume(&encode->plan, &encode->journal, &encode->card,
		&encode->report);
	if (encode->options.certificates != NULL)
		encoding_ca_defer(encode->options.certificates, &encode->plan,
			encode->iccsn, &encode->report);
	encoding_plan_bind(&encode->plan, &encode->card);
	encoding_check_card(&encode->plan, &encode->card, &encode->report);
	status = status_of_report(&encode->report);
	print_report(encode);
	if (status != TOOL_OK)
		return tool_fail(status,
			"this cannot be done as things are; nothing was "
			"changed");
	encode_print_found(encode);
	encode_warn_of_interruption(encode);
	r = check_requests(encode);
	if (r == TOOL_OK)
		r = encode_check_dialogs(encode);
	return r == TOOL_OK ? encode_check_operations(encode) : r;
}

/* The status for ERROR of a run: a card control's, else by what failed. */
static int
status_of_run(const struct encode *encode, int error)
{
	size_t i = 0;

	if (encode->status != TOOL_OK)
		return encode->status;
	while (i + 1 < encode->plan.count &&
		encode->plan.steps[i].state != STATE_TO_DO)
		i++;
	/* P12PASSWORD */
	if (error == JCOP_ERR_UNTRUSTED &&
		encode->plan.steps[i].kind == STEP_IMPORT)
		return TOOL_SECRET;
	return TOOL_FAILED;
}

static int
run_plan(struct encode *encode)
{
	const struct encoding_actions actions = encode_actions(encode);
	char message[ENCODING_MESSAGE_SIZE];
	char subject[sizeof("CN=") + TOOL_ICCSN_SIZE];
	struct encoding_run run = {.plan = &encode->plan,
		.card = &encode->card,
		.fields = &encode->fields,
		.journal = &encode->journal,
		.actions = &actions,
		.iccsn = encode->iccsn,
		.subject = encode->subject,
		.ca = encode->ca,
		.ca_seconds = encode->ca_seconds,
		.requests = encode->options.requests,
		.certificates = encode->options.certificates,
		.withheld = encode->hsm_variable};
	int r;

	if (run.subject == NULL) {
		snprintf(subject, sizeof(subject), "CN=%s", encode->iccsn);
		run.subject = subject;
	}
	r = encoding_run(&run, message);
	if (r == JCOP_OK)
		return TOOL_OK;
	tool_fail(TOOL_FAILED, "%s", message);
	encode_say_how_to_go_on(encode);
	return status_of_run(encode, r);
}

/* Without a card the plan of a dry run is what any card would get. */
static int
dry_run_without_card(struct encode *encode)
{
	fprintf(stderr,
		"%s: this plan is without a card: what is on it, in its reader "
		"and in the HSM was not looked at\n",
		TOOL_NAME);
	encode_read_configuration(encode);
	make_plan(encode);
	return encode_print_plan(encode);
}

static int
run_on_card(struct encode *encode)
{
	int r = lock_journal(encode);

	if (r == TOOL_OK)
		r = tool_connect(encode->tool);
	if (encode->dry_run && r == TOOL_NO_CARD) {
		int printed = dry_run_without_card(encode);

		return printed == TOOL_OK ? r : printed;
	}
	if (r == TOOL_OK)
		r = plan_for_card(encode);
	if (r != TOOL_OK)
		return r;
	if (encode->dry_run)
		return encode_print_plan(encode);
	return encode_write_outputs(encode, run_plan(encode));
}

static bool
is_list(const struct encode *encode)
{
	return encoding_is_on(
		&encode->encoding.description, KEY_RETRIEVE_ALL_TOKENS);
}

static int
run_list(struct encode *encode)
{
	int r;

	make_plan(encode);
	if (encode->dry_run)
		return encode_print_plan(encode);
	r = encode_list_cards(encode);
	if (r != TOOL_OK)
		return r;
	encode->plan.steps[0].state = STATE_DONE;
	return encode_write_outputs(encode, r);
}

static int
run_job(struct encode *encode)
{
	int r = take_command_line(encode);

	if (r == TOOL_OK)
		r = load(encode);
	if (r == TOOL_OK)
		r = encode_check_stdout(encode);
	if (r == TOOL_OK && is_list(encode))
		return run_list(encode);
	if (r == TOOL_OK)
		r = encode_select(encode);
	return r == TOOL_OK ? run_on_card(encode) : r;
}

static int
run(struct tool *tool)
{
	struct encode *encode = calloc(1, sizeof(*encode));
	int r;

	if (encode == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	encode->tool = tool;
	r = run_job(encode);
	encode_dialogs_free(&encode->dialogs);
	encoding_journal_free(&encode->journal);
	encoding_lock_release(&encode->lock);
	jcop_directory_free(&encode->directory);
	encoding_command_free(encode->ca);
	encoding_fields_free(&encode->fields);
	encoding_report_free(&encode->report);
	encoding_free(&encode->encoding);
	free(encode);
	return r;
}

const struct tool_command tool_command_encode = {
	.name = "encode",
	.summary = "run an encoding description",
	.description =
		"Does to a card what the encoding description FILE (.dsc or "
		".dsz) says: activation,\nPINs, deletion, certificates, agent "
		"data. Everything that can be known before is\nchecked before "
		"the first command that changes the card. The fields that the "
		"run\nfills are printed as JSON. What may stand in FILE is in "
		"jcop45-encoding(5).",
	.options = options,
	.operands = "FILE",
	.run = run,
};
