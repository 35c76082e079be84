/*
 * encode-advice.c: what a run says of jobs that cannot be repeated as they
 * are: one that was interrupted without a journal, or lost its output.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/encode.h"

#define PINS                                                                \
	(ENCODING_KIND(STEP_CHANGE_PIN) | ENCODING_KIND(STEP_UNBLOCK_PUK) | \
		ENCODING_KIND(STEP_UNBLOCK_KEYSET))
#define CHANGES                                                             \
	(PINS | ENCODING_KIND(STEP_ACTIVATE) |                              \
		ENCODING_KIND(STEP_DELETE_ALL) |                            \
		ENCODING_KIND(STEP_GENERATE) | ENCODING_KIND(STEP_IMPORT) | \
		ENCODING_KIND(STEP_CERTIFICATE) |                           \
		ENCODING_KIND(STEP_WRITE_DATA))

/* --- before the run --- */

void
encode_warn_of_interruption(const struct encode *encode)
{
	bool activates = encoding_plan_count(&encode->plan,
				 ENCODING_KIND(STEP_ACTIVATE), STATE_TO_DO) > 0;
	bool deletes = encoding_plan_count(&encode->plan,
			       ENCODING_KIND(STEP_DELETE_ALL), STATE_TO_DO) > 0;

	if (!encode->options.ca || encode->fields_out != NULL ||
		(!activates && !deletes))
		return;
	fprintf(stderr,
		"%s: note: without --fields-out no journal is kept. After an "
		"interruption, as when the CA fails, the same command cannot "
		"go on: %s\n",
		TOOL_NAME,
		activates ? "the card would be activated already"
			  : "it would delete what was made meanwhile");
}

/* Is there anything that is printed at the end? */
static bool
has_output(const struct encode *encode)
{
	const struct encoding *encoding = &encode->encoding;
	char letters[ENCODING_MAX_APPLICATIONS + 1], *letter;

	encoding_application_order(encoding, letters);
	for (letter = letters; *letter != '\0'; letter++)
		if (encoding_has(encoding_application(encoding, *letter),
			    KEY_RETURN_FIELD))
			return true;
	return encode->tool->json ||
	       encoding_is_on(&encoding->description, KEY_READ_DATA_OBJECTS) ||
	       encoding_is_on(&encoding->description, KEY_RETRIEVE_ALL_TOKENS);
}

int
encode_check_stdout(const struct encode *encode)
{
	int mode = fcntl(STDOUT_FILENO, F_GETFL);

	if (encode->fields_out != NULL || !has_output(encode) ||
		(mode >= 0 && (mode & O_ACCMODE) != O_RDONLY))
		return TOOL_OK;
	return tool_fail(TOOL_FAILED,
		"the output cannot be written: standard output is closed, and "
		"there is no --fields-out; nothing was changed");
}

/* --- after a step that failed --- */

/* Letters of the applications that are done, but for a deletion. LETTERS has
 * room for all and a zero. */
static void
finished_applications(const struct encode *encode,
	char letters[ENCODING_MAX_APPLICATIONS + 1])
{
	const struct encoding_section *application;
	const struct encoding_step *step;
	char all[ENCODING_MAX_APPLICATIONS + 1];
	size_t i, k, steps, done, count = 0;

	encoding_application_order(&encode->encoding, all);
	for (k = 0; all[k] != '\0'; k++) {
		application = encoding_application(&encode->encoding, all[k]);
		steps = done = 0;
		for (i = 0; i < encode->plan.count; i++) {
			step = &encode->plan.steps[i];
			if (step->application != application ||
				step->kind == STEP_DELETE_ALL)
				continue;
			steps++;
			done += step->state == STATE_DONE;
		}
		if (steps > 0 && done == steps)
			letters[count++] = all[k];
	}
	letters[count] = '\0';
}

static char
deletion_letter(const struct encode *encode)
{
	const struct encoding_step *step;
	size_t i;

	for (i = 0; i < encode->plan.count; i++) {
		step = &encode->plan.steps[i];
		if (step->kind == STEP_DELETE_ALL && step->state == STATE_DONE)
			return step->application->letter;
	}
	return '\0';
}

/* Of two PINs the global one is first. */
static bool
say_of_pins(const struct encode *encode)
{
	if (encoding_plan_count(&encode->plan, PINS, STATE_DONE) == 0)
		return false;
	if (encoding_plan_count(&encode->plan, PINS, STATE_TO_DO) == 0)
		fputs("  SetPin=true: it is done\n", stderr);
	else
		fputs("  PIN, until SignPIN is set: the global PIN is set\n",
			stderr);
	return true;
}

/* One line for each thing. False if there is none. */
static bool
say_what_to_take_out(const struct encode *encode)
{
	char letters[ENCODING_MAX_APPLICATIONS + 1];
	char deletion = deletion_letter(encode);
	bool activated = encoding_plan_count(&encode->plan,
				 ENCODING_KIND(STEP_ACTIVATE), STATE_DONE) > 0;
	bool said;

	if (activated)
		fputs("  InitToken=true: the card is activated, and would be "
		      "refused\n",
			stderr);
	said = say_of_pins(encode) || activated;
	if (deletion != '\0')
		fprintf(stderr,
			"  %c of ApplicationList: it would delete what was "
			"made since\n",
			deletion);
	finished_applications(encode, letters);
	if (letters[0] != '\0')
		fprintf(stderr,
			"  %s of ApplicationList: what is done would be done "
			"once more\n",
			letters);
	return said || deletion != '\0' || letters[0] != '\0';
}

static void
say_without_journal(const struct encode *encode)
{
	fprintf(stderr,
		"%s: the steps before it are done, and no journal was kept. To "
		"go on, take out of the description:\n",
		TOOL_NAME);
	if (!say_what_to_take_out(encode))
		fputs("  nothing: the same command goes by what is on the "
		      "card\n",
			stderr);
	fprintf(stderr,
		"%s: with --fields-out a journal is kept, and the same command "
		"goes on by itself\n",
		TOOL_NAME);
}

void
encode_say_how_to_go_on(const struct encode *encode)
{
	if (encoding_plan_count(
		    &encode->plan, ENCODING_ALL_KINDS, STATE_DONE) == 0)
		return;
	if (encode->journal.path != NULL)
		fprintf(stderr,
			"%s: the steps before it are done, and in the journal "
			"%s: the same command goes on from here\n",
			TOOL_NAME, encode->journal.path);
	else if (encode->options.certificates != NULL)
		fprintf(stderr,
			"%s: the steps before it are done: the same command "
			"goes by what is on the card\n",
			TOOL_NAME);
	else
		say_without_journal(encode);
}

/* --- after a run whose output is lost --- */

void
encode_say_output_is_lost(const struct encode *encode)
{
	if (encode->fields_out != NULL) {
		fprintf(stderr,
			"%s: the job is done, and its fields are in %s\n",
			TOOL_NAME, encode->fields_out);
		return;
	}
	if (encoding_plan_count(&encode->plan, CHANGES, STATE_DONE) == 0)
		return;
	fprintf(stderr,
		"%s: the job is done on the card, and only its output is lost: "
		"the same command would do it once more. pkcs15-tool "
		"--list-certificates shows what was written, pkcs15-tool "
		"--read-certificate ID one certificate, jcop45-tool data the "
		"agent data. With --fields-out the fields are kept in a file\n",
		TOOL_NAME);
}
