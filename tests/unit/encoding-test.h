/*
 * encoding-test.h: a job in memory, for the tests of encoding descriptions.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_TEST_H
#define JCOP_ENCODING_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encoding/check.h"
#include "encoding/journal.h"

/* A description with its fields, and a blank card in a reader without pad. */
struct job {
	struct encoding encoding;
	struct encoding_fields fields;
	struct encoding_report report;
	struct encoding_options options;
	struct encoding_plan plan;
	struct encoding_card card;
	struct jcop_directory directory;
	char message[ENCODING_MESSAGE_SIZE];
	int result; /* of the parser */
};

/* Setup and teardown of a test: *state is a struct job. */
int job_setup(void **state);
int job_teardown(void **state);

/* Parses TEXT, and takes no field. The fields of a failed parse are empty. */
void job_parse(struct job *job, const char *text);
void job_parse_bytes(
	struct job *job, const char *text, size_t len, bool lenient);

/* Gives a field a value, secret or not. */
void job_field(struct job *job, const char *name, const char *value);

/* Fields, rules of the file; then the plan, resumed without a journal. */
void job_check(struct job *job);
void job_plan(struct job *job);

/* A key on the card in the next free slot. */
struct jcop_directory_key *job_add_key(struct job *job, const char *container,
	unsigned int bits, const char *label, bool certificate);

/* There is one error and no other, of this rule and line, with TEXT in it. */
void expect_error(const struct job *job, enum encoding_rule rule,
	unsigned int line, const char *text);
void expect_no_error(const struct job *job);
/* A warning or note, and no error. */
void expect_said(const struct job *job, enum encoding_severity severity,
	enum encoding_rule rule, unsigned int line, const char *text);

/* The steps of the plan, "activate A:generate ...". */
void expect_steps(const struct job *job, const char *steps);

#endif
