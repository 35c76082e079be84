/*
 * encoding-test.c: a job in memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

static struct jcop_description description;

int
job_setup(void **state)
{
	static char message[JCOP_DESCRIPTION_ERROR_SIZE];
	struct job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	if (jcop_description_load(NULL, &description, message) != JCOP_OK)
		fail_msg("%s", message);
	job->options.ca = true;
	job->card.description = &description;
	job->card.directory = &job->directory;
	job->card.info.life_cycle = JCOP_LIFE_CYCLE_INITIALISATION;
	job->card.info.extended_length = true;
	job->card.info.chaining = true;
	*state = job;
	return 0;
}

int
job_teardown(void **state)
{
	struct job *job = *state;

	jcop_directory_free(&job->directory);
	encoding_fields_free(&job->fields);
	encoding_free(&job->encoding);
	encoding_report_free(&job->report);
	free(job);
	return 0;
}

void
job_parse_bytes(struct job *job, const char *text, size_t len, bool lenient)
{
	if (job->encoding.name != NULL) {
		encoding_fields_free(&job->fields);
		encoding_free(&job->encoding);
		encoding_report_free(&job->report);
	}
	job->result = encoding_parse(
		"job.dsc", text, len, lenient, &job->encoding, &job->report);
	assert_int_equal(
		encoding_fields_init(&job->fields, &job->encoding), JCOP_OK);
}

void
job_parse(struct job *job, const char *text)
{
	job_parse_bytes(job, text, strlen(text), false);
}

void
job_field(struct job *job, const char *name, const char *value)
{
	char argument[256];

	setenv("JOB_FIELD", value, 1);
	snprintf(argument, sizeof(argument), "%s=env:JOB_FIELD", name);
	if (encoding_fields_argument(&job->fields, argument, job->message) !=
		JCOP_OK)
		fail_msg("%s", job->message);
}

void
job_check(struct job *job)
{
	encoding_fields_check(&job->fields, &job->report);
	encoding_check_file(&job->encoding, &job->fields, &description,
		&job->options, &job->report);
}

void
job_plan(struct job *job)
{
	struct encoding_journal journal;

	job_check(job);
	encoding_plan_make(&job->encoding, &job->fields, &description,
		&job->options, &job->plan);
	assert_int_equal(encoding_journal_open(NULL, "00", &job->encoding,
				 &journal, job->message),
		JCOP_OK);
	encoding_resume(&job->plan, &journal, &job->card, &job->report);
	encoding_journal_free(&journal);
	encoding_plan_bind(&job->plan, &job->card);
	encoding_check_card(&job->plan, &job->card, &job->report);
}

static const struct jcop_slot_desc *
next_slot(const struct job *job, const struct jcop_container_desc *container,
	unsigned int bits)
{
	const struct jcop_slot_desc *slot;
	size_t i, k;
	bool used;

	for (i = 0; i < container->slot_count; i++) {
		slot = &container->slots[i];
		used = slot->bits != bits;
		for (k = 0; k < job->directory.count; k++)
			used |= job->directory.keys[k].slot == slot;
		if (!used)
			return slot;
	}
	fail_msg("no slot");
	return NULL;
}

struct jcop_directory_key *
job_add_key(struct job *job, const char *container, unsigned int bits,
	const char *label, bool certificate)
{
	size_t count = job->directory.count;
	struct jcop_directory_key *key = &job->directory.keys[count];

	key->container = jcop_description_container(&description, container);
	assert_non_null(key->container);
	key->slot = next_slot(job, key->container, bits);
	key->id[0] = (uint8_t)(0xa0 + count);
	key->id_len = 1;
	snprintf(key->label, sizeof(key->label), "%s", label);
	key->has_certificate = certificate;
	key->local = true;
	assert_int_equal(jcop_blob_set(&key->modulus, "modulus", 7), JCOP_OK);
	job->directory.occupied[key->slot->key] = true;
	job->directory.count++;
	return key;
}

static void
print(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->report.count; i++)
		print_error("  %u: %d: %s\n", job->report.messages[i].line,
			(int)job->report.messages[i].severity,
			job->report.messages[i].text);
}

static void
expect(const struct job *job, enum encoding_severity severity,
	enum encoding_rule rule, unsigned int line, const char *text)
{
	const struct encoding_message *message;
	size_t i;

	for (i = 0; i < job->report.count; i++) {
		message = &job->report.messages[i];
		if (message->severity == severity && message->rule == rule &&
			message->line == line &&
			strstr(message->text, text) != NULL)
			return;
	}
	print(job);
	fail_msg("not said: line %u, '%s'", line, text);
}

void
expect_error(const struct job *job, enum encoding_rule rule, unsigned int line,
	const char *text)
{
	expect(job, ENCODING_ERROR, rule, line, text);
	if (job->report.errors != 1)
		print(job);
	assert_int_equal(job->report.errors, 1);
}

void
expect_no_error(const struct job *job)
{
	if (job->report.errors != 0)
		print(job);
	assert_int_equal(job->report.errors, 0);
}

void
expect_said(const struct job *job, enum encoding_severity severity,
	enum encoding_rule rule, unsigned int line, const char *text)
{
	expect_no_error(job);
	expect(job, severity, rule, line, text);
}

void
expect_steps(const struct job *job, const char *steps)
{
	char text[4096] = "";
	size_t i, len = 0;

	for (i = 0; i < job->plan.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
			i > 0 ? " " : "", job->plan.steps[i].id);
	assert_string_equal(text, steps);
}
