/*
 * ca-directory.c: a CA that is asked between two visits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encoding/ca.h"
#include "encoding/files.h"
#include "encoding/requests.h"

static char *
file_path(const char *directory, const char *id, const char *suffix)
{
	char *name = encoding_path_add(id, suffix), *path = NULL;

	if (name != NULL)
		path = encoding_path_join(directory, name);
	free(name);
	return path;
}

static int
write_request(const char *directory, const struct encoding_ca_request *request,
	char *message)
{
	char *path = file_path(directory, request->id, ".csr");
	char *pem = encoding_request_pem(request->request, request->dummy);
	int r;

	if (path == NULL || pem == NULL)
		r = encoding_no_memory(message);
	else
		r = encoding_file_write(path, pem, strlen(pem), message);
	free(pem);
	free(path);
	return r;
}

static json_t *
describe(const struct encoding_ca_request *request)
{
	json_t *file = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "request",
		encoding_request_word(request->kind), "id", request->id,
		"template", request->template, "location", request->location,
		"iccsn", request->iccsn, "subject", request->subject);

	if (file != NULL && request->bits > 0)
		json_object_set_new(file, "key-size",
			json_integer((json_int_t)request->bits));
	if (file != NULL && request->dummy)
		json_object_set_new(file, "dummy-signature", json_true());
	return file;
}

int
encoding_ca_write(const char *directory,
	const struct encoding_ca_request *request, char *message)
{
	char *path = file_path(directory, request->id, ".json");
	json_t *file = describe(request);
	int r = JCOP_OK;

	if (path == NULL || file == NULL)
		r = encoding_no_memory(message);
	if (r == JCOP_OK && request->request.len > 0)
		r = write_request(directory, request, message);
	if (r == JCOP_OK)
		r = encoding_file_write_json(path, file, message);
	json_decref(file);
	free(path);
	return r;
}

/* The path of the answer, which the caller frees; NULL if there is none. */
static int
find_answer(const char *directory, const struct encoding_ca_request *request,
	char **path)
{
	static const char *const certificates[] = {
		".pem", ".crt", ".cer", ".der", NULL};
	static const char *const archives[] = {".p12", ".pfx", NULL};
	const char *const *suffix =
		request->kind == REQUEST_PKCS10 ? certificates : archives;

	for (; *suffix != NULL; suffix++) {
		*path = file_path(directory, request->id, *suffix);
		if (*path == NULL)
			return JCOP_ERR_NO_MEMORY;
		if (access(*path, F_OK) == 0)
			return JCOP_OK;
		free(*path);
	}
	*path = NULL;
	return JCOP_ERR_NOT_FOUND;
}

static int
check_unanswered(const char *directory,
	const struct encoding_ca_request *request, char *message)
{
	char *path = NULL;
	int r = find_answer(directory, request, &path);

	if (r == JCOP_OK)
		r = encoding_message(message, JCOP_ERR_ARGUMENT,
			"%s is there already, and can only be the answer to an "
			"earlier request: take it away, or run the second "
			"visit (--certificates). Nothing was changed",
			path);
	else if (r == JCOP_ERR_NOT_FOUND)
		r = JCOP_OK;
	else
		r = encoding_no_memory(message);
	free(path);
	return r;
}

/* Where the card is emptied first, the key of a request that is at the CA goes.
 */
static int
check_unasked(const char *directory, const struct encoding_ca_request *request,
	char *message)
{
	char *path = file_path(directory, request->id, ".json");
	int r = JCOP_OK;

	if (path == NULL)
		return encoding_no_memory(message);
	if (access(path, F_OK) == 0)
		r = encoding_message(message, JCOP_ERR_ARGUMENT,
			"%s is there already: an earlier first visit made this "
			"request, and this one would delete its key. Run the "
			"second visit (--certificates), or, where that job is "
			"done or given up, take the request away. Nothing was "
			"changed",
			path);
	free(path);
	return r;
}

int
encoding_ca_check_new(const char *directory, const struct encoding_plan *plan,
	const char *iccsn, char *message)
{
	char id[ENCODING_REQUEST_ID_SIZE];
	struct encoding_ca_request request = {.id = id};
	const struct encoding_step *step;
	bool deletes = encoding_plan_count(plan, ENCODING_KIND(STEP_DELETE_ALL),
			       STATE_TO_DO) > 0;
	size_t i;
	int r = JCOP_OK;

	for (i = 0; i < plan->count && r == JCOP_OK; i++) {
		step = &plan->steps[i];
		if (step->kind != STEP_ISSUE || step->state != STATE_LATER)
			continue;
		request.kind = step->request;
		encoding_request_id(iccsn, step->application->letter, "", id);
		r = check_unanswered(directory, &request, message);
		if (r == JCOP_OK && deletes && request.kind == REQUEST_PKCS10)
			r = check_unasked(directory, &request, message);
	}
	return r;
}

static const char *
suffixes(enum encoding_request_kind kind)
{
	return kind == REQUEST_PKCS10 ? ".pem, .crt, .cer or .der"
				      : ".p12 or .pfx";
}

/* The request step and all that follows it in its application. */
static void
defer(struct encoding_plan *plan, size_t from)
{
	const struct encoding_section *application =
		plan->steps[from].application;
	size_t i;

	for (i = from; i < plan->count; i++)
		if (plan->steps[i].application == application &&
			plan->steps[i].state == STATE_TO_DO)
			plan->steps[i].state = STATE_LATER;
}

void
encoding_ca_defer(const char *directory, struct encoding_plan *plan,
	const char *iccsn, struct encoding_report *report)
{
	char id[ENCODING_REQUEST_ID_SIZE], *path;
	struct encoding_ca_request request = {.id = id};
	const struct encoding_step *step;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		step = &plan->steps[i];
		if (step->kind != STEP_ISSUE || step->state != STATE_TO_DO)
			continue;
		request.kind = step->request;
		encoding_request_id(iccsn, step->application->letter, "", id);
		path = NULL;
		if (find_answer(directory, &request, &path) == JCOP_OK) {
			free(path);
			continue;
		}
		encoding_say(report, ENCODING_WARNING, RULE_VISIT, step->line,
			"there is no answer to the request %s in %s yet: "
			"expected %s%s",
			id, directory, id, suffixes(step->request));
		defer(plan, i);
	}
}

int
encoding_ca_read(const char *directory,
	const struct encoding_ca_request *request, struct jcop_blob *answer,
	char *message)
{
	char *path = NULL;
	int r = find_answer(directory, request, &path);

	if (r == JCOP_OK) {
		r = encoding_file_read(path, answer, NULL, message);
		/* It is there, and not still to come. */
		if (r == JCOP_ERR_NOT_FOUND)
			r = JCOP_ERR_MALFORMED;
	} else if (r == JCOP_ERR_NO_MEMORY)
		r = encoding_no_memory(message);
	else
		r = encoding_message(message, r,
			"there is no answer to the request %s in %s yet: "
			"expected %s%s",
			request->id, directory, request->id,
			suffixes(request->kind));
	free(path);
	return r;
}
