/*
 * report.c: a list of messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "encoding/report.h"

static bool
make_room(struct encoding_report *report)
{
	size_t capacity = report->capacity == 0 ? 16 : 2 * report->capacity;
	struct encoding_message *messages;

	if (report->count < report->capacity)
		return true;
	messages = reallocarray(
		report->messages, capacity, sizeof(*report->messages));
	if (messages == NULL)
		return false;
	report->messages = messages;
	report->capacity = capacity;
	return true;
}

void
encoding_say(struct encoding_report *report, enum encoding_severity severity,
	enum encoding_rule rule, unsigned int line, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (severity == ENCODING_ERROR)
		report->errors++;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text != NULL && make_room(report)) {
		report->messages[report->count++] =
			(struct encoding_message){severity, rule, line, text};
		return;
	}
	free(text);
	if (severity != ENCODING_ERROR)
		report->errors++;
}

bool
encoding_report_has(
	const struct encoding_report *report, enum encoding_rule rule)
{
	size_t i;

	for (i = 0; i < report->count; i++)
		if (report->messages[i].rule == rule)
			return true;
	return false;
}

/* Stable: messages for one line stay in the order in which they were said. */
static void
sort_by_line(struct encoding_report *report)
{
	struct encoding_message moved;
	size_t i, j;

	for (i = 1; i < report->count; i++) {
		moved = report->messages[i];
		for (j = i; j > 0 && report->messages[j - 1].line > moved.line;
			j--)
			report->messages[j] = report->messages[j - 1];
		report->messages[j] = moved;
	}
}

void
encoding_report_print(struct encoding_report *report, FILE *out)
{
	static const char *const words[] = {
		[ENCODING_NOTE] = "note: ",
		[ENCODING_WARNING] = "warning: ",
		[ENCODING_ERROR] = "",
	};
	const struct encoding_message *message;
	size_t i;

	sort_by_line(report);
	for (i = 0; i < report->count; i++) {
		message = &report->messages[i];
		fprintf(out, "%s:", report->name);
		if (message->line > 0)
			fprintf(out, "%u:", message->line);
		fprintf(out, " %s%s\n", words[message->severity],
			message->text);
	}
	if (report->errors > 0 && report->count == 0)
		fprintf(out, "%s: %s\n", report->name,
			jcop_strerror(JCOP_ERR_NO_MEMORY));
}

void
encoding_report_free(struct encoding_report *report)
{
	size_t i;

	for (i = 0; i < report->count; i++)
		free(report->messages[i].text);
	free(report->messages);
	*report = (struct encoding_report){.name = report->name};
}

int
encoding_message(char *message, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, ENCODING_MESSAGE_SIZE, format, args);
	va_end(args);
	return error;
}

int
encoding_no_memory(char *message)
{
	return encoding_message(message, JCOP_ERR_NO_MEMORY, "%s",
		jcop_strerror(JCOP_ERR_NO_MEMORY));
}
