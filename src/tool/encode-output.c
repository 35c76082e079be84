/*
 * encode-output.c: the plan, and what a run brings back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tool/encode.h"
#include "tool/print.h"
#include "tool/report.h"

/* --- the plan --- */

static void
print_step(size_t number, const json_t *step)
{
	json_t *asks = json_object_get(step, "asks"), *ask;
	const char *state = json_string_value(json_object_get(step, "state"));
	json_t *commands = json_object_get(step, "commands");
	size_t i;

	printf("%2zu. %s", number,
		json_string_value(json_object_get(step, "what")));
	if (commands != NULL)
		printf(" (about %lld commands)",
			(long long)json_integer_value(commands));
	else if (state[0] != 't')
		printf(" (%s)", state);
	putchar('\n');
	json_array_foreach(asks, i, ask)
		printf("    asked %s\n", json_string_value(ask));
}

static void
print_steps(const json_t *report)
{
	json_t *steps = json_object_get(report, "steps"), *step;
	json_t *commands = json_object_get(report, "commands");
	size_t i;

	json_array_foreach(steps, i, step) print_step(i + 1, step);
	if (commands != NULL)
		printf("About %lld commands in all, with those that look at "
		       "the card first. Nothing was changed.\n",
			(long long)json_integer_value(commands));
	else
		printf("Nothing was changed.\n");
}

int
encode_print_plan(const struct encode *encode)
{
	json_t *report = encoding_plan_report(&encode->plan);
	int r = TOOL_OK;

	if (report == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	if (encode->tool->json && tool_print_report(report, true) != 0)
		r = TOOL_FAILED;
	if (!encode->tool->json)
		print_steps(report);
	json_decref(report);
	return r;
}

void
encode_print_found(const struct encode *encode)
{
	const struct encoding_step *step;
	size_t i;

	for (i = 0; i < encode->plan.count; i++) {
		step = &encode->plan.steps[i];
		if (step->found[0] != '\0')
			fprintf(stderr, "%s: %s: %s\n", TOOL_NAME, step->id,
				step->found);
	}
}

/* --- the outputs --- */

/* What is still to come, and how. TOOL_FAILED where it should have come now. */
static int
say_what_waits(const struct encode *encode)
{
	size_t waiting = encoding_plan_count(
		&encode->plan, ENCODING_KIND(STEP_ISSUE), STATE_LATER);
	const char *plural = waiting == 1 ? "" : "s";

	if (waiting == 0) {
		fprintf(stderr, "%s: done\n", TOOL_NAME);
		return TOOL_OK;
	}
	if (encode->options.certificates != NULL)
		return tool_fail(TOOL_FAILED,
			"%zu answer%s of the CA %s missing in %s; the same "
			"command goes on when %s",
			waiting, plural, waiting == 1 ? "is" : "are",
			encode->options.certificates,
			waiting == 1 ? "it is there" : "they are there");
	fprintf(stderr,
		"%s: %zu request%s wait%s for %s in %s; when the answers are "
		"there, run the same command with --certificates DIR in place "
		"of --requests\n",
		TOOL_NAME, waiting, plural, waiting == 1 ? "s" : "",
		waiting == 1 ? "its answer" : "their answers",
		encode->options.requests);
	return TOOL_OK;
}

/* With --json the steps, too: what was done now, and what before. */
static int
print_outputs(const struct encode *encode)
{
	json_t *outputs = encode->fields.outputs, *plan;

	if (!encode->tool->json && json_object_size(outputs) == 0)
		return TOOL_OK;
	if (!encode->tool->json)
		return tool_print_report(outputs, true) == 0 ? TOOL_OK
							     : TOOL_FAILED;
	plan = encoding_plan_report(&encode->plan);
	if (plan == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	return tool_report_done(encode->tool,
		json_pack("{s:O, s:o}", "fields", outputs, "plan", plan), "%s",
		"");
}

static bool
write_file(const struct encode *encode)
{
	char message[ENCODING_MESSAGE_SIZE];

	if (encode->fields_out == NULL ||
		encoding_fields_write(&encode->fields, encode->fields_out,
			message) == JCOP_OK)
		return true;
	tool_fail(TOOL_FAILED, "the fields: %s", message);
	return false;
}

/* A file of an earlier job stays where this one has nothing to put there. */
static int
keep_what_there_is(const struct encode *encode, int status)
{
	if (json_object_size(encode->fields.outputs) > 0)
		(void)write_file(encode);
	return status;
}

/* The journal goes last: until then it has what the outputs have. */
int
encode_write_outputs(struct encode *encode, int status)
{
	bool written;
	int r;

	if (status != TOOL_OK)
		return keep_what_there_is(encode, status);
	if (encoding_plan_count(&encode->plan, ENCODING_KIND(STEP_ISSUE),
		    STATE_LATER) > 0 &&
		encode->options.certificates != NULL) {
		keep_what_there_is(encode, TOOL_FAILED);
		return say_what_waits(encode);
	}
	written = write_file(encode);
	r = print_outputs(encode);
	if (fflush(stdout) != 0)
		r = TOOL_FAILED;
	if (r != TOOL_OK && written) {
		if (encoding_plan_is_complete(&encode->plan))
			encode_say_output_is_lost(encode);
		else
			(void)say_what_waits(encode);
	}
	if (r != TOOL_OK || !written)
		return TOOL_FAILED;
	if (encoding_plan_is_complete(&encode->plan))
		encoding_journal_remove(&encode->journal);
	return say_what_waits(encode);
}
