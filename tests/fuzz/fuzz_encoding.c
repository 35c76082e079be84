/*
 * fuzz_encoding.c: any bytes as an encoding description: parser, fields, rules
 * and plan. For libFuzzer; see run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "encoding/check.h"
#include "encoding/dsz.h"
#include "encoding/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct jcop_description description;

/* Every field that is not supplied gets a value, so that the rules see some. */
static int
supply(struct encoding_fields *fields)
{
	size_t i;
	int r = JCOP_OK;

	for (i = 0; i < fields->encoding->field_count && r == JCOP_OK; i++) {
		if (fields->values[i].origin != FIELD_NOBODY)
			continue;
		fields->values[i].origin = FIELD_JSON;
		r = jcop_blob_set(&fields->values[i].value,
			fields->encoding->fields[i].name,
			strlen(fields->encoding->fields[i].name));
	}
	return r;
}

static void
plan(const struct encoding *encoding, const struct encoding_fields *fields,
	struct encoding_report *report)
{
	static struct encoding_plan made;
	static struct jcop_directory directory;
	const struct encoding_options options = {.ca = true};
	const struct encoding_card card = {
		.description = &description, .directory = &directory};
	char message[ENCODING_MESSAGE_SIZE];
	struct encoding_journal journal;

	encoding_plan_make(encoding, fields, &description, &options, &made);
	if (encoding_journal_open(NULL, "", encoding, &journal, message) ==
		JCOP_OK)
		encoding_resume(&made, &journal, &card, report);
	encoding_journal_free(&journal);
	encoding_plan_bind(&made, &card);
	encoding_check_card(&made, &card, report);
	json_decref(encoding_plan_report(&made));
}

static void
run(const char *text, size_t len, bool lenient)
{
	const struct encoding_options options = {.ca = false};
	struct encoding_report report = {0};
	struct encoding_fields fields = {0};
	struct encoding encoding;
	FILE *nowhere = fopen("/dev/null", "w");
	int r = encoding_parse("fuzz", text, len, lenient, &encoding, &report);

	if (encoding_fields_init(&fields, &encoding) == JCOP_OK &&
		supply(&fields) == JCOP_OK) {
		encoding_fields_check(&fields, &report);
		encoding_check_file(
			&encoding, &fields, &description, &options, &report);
		/* A plan is made of what passed only. */
		if (r == JCOP_OK && report.errors == 0)
			plan(&encoding, &fields, &report);
	}
	encoding_report_print(&report, nowhere);
	fclose(nowhere);
	encoding_fields_free(&fields);
	encoding_report_free(&report);
	encoding_free(&encoding);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char message[JCOP_DESCRIPTION_ERROR_SIZE];
	struct encoding_report report = {0};
	const char *text = (const char *)data;
	char *unpacked = NULL;
	size_t unpacked_len;

	if (description.id[0] == '\0' &&
		jcop_description_load(NULL, &description, message) != JCOP_OK)
		abort();
	if (!dsz_is_archive(text, len)) {
		run(text, len, len % 2 == 0);
		return 0;
	}
	if (dsz_unpack(text, len, &unpacked, &unpacked_len, &report) == JCOP_OK)
		run(unpacked, unpacked_len, false);
	free(unpacked);
	encoding_report_free(&report);
	return 0;
}
