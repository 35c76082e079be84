/*
 * pinentry.c: dialogs of pinentry, over the Assuan protocol, by libassuan.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <assuan.h>

#include "encoding/dialog.h"
#include "encoding/files.h"

#define DEFAULT_PROGRAM "pinentry"
#define LINE_SIZE 1000 /* ASSUAN_LINELENGTH, with an end */

struct encoding_pinentry {
	assuan_context_t context;
};

/* --- lines --- */

/* "COMMAND text", the text escaped as Assuan wants it. */
static void
make_line(const char *command, const char *text, char line[LINE_SIZE])
{
	size_t len = (size_t)snprintf(line, LINE_SIZE, "%s ", command);

	for (; *text != '\0' && len + 4 < LINE_SIZE; text++) {
		if (*text == '%' || iscntrl((unsigned char)*text))
			len += (size_t)snprintf(line + len, 4, "%%%02X",
				(unsigned int)(unsigned char)*text);
		else
			line[len++] = *text;
	}
	line[len] = '\0';
}

static gpg_error_t
send_line(struct encoding_pinentry *pinentry, const char *command,
	const char *text)
{
	char line[LINE_SIZE];

	make_line(command, text, line);
	return assuan_transact(
		pinentry->context, line, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* An option of this name; pinentries that do not know it do without. */
static void
send_option(
	struct encoding_pinentry *pinentry, const char *name, const char *value)
{
	char text[LINE_SIZE / 4];

	if (value == NULL || value[0] == '\0')
		return;
	snprintf(text, sizeof(text), "%s=%s", name, value);
	(void)send_line(pinentry, "OPTION", text);
}

static void
send_options(struct encoding_pinentry *pinentry)
{
	const char *terminal = ttyname(STDIN_FILENO);

	if (terminal == NULL)
		terminal = ttyname(STDERR_FILENO);
	if (terminal == NULL)
		terminal = getenv("GPG_TTY");
	send_option(pinentry, "display", getenv("DISPLAY"));
	send_option(pinentry, "ttyname", terminal);
	send_option(pinentry, "ttytype", getenv("TERM"));
	send_option(pinentry, "lc-ctype", setlocale(LC_CTYPE, NULL));
	send_option(pinentry, "lc-messages", setlocale(LC_MESSAGES, NULL));
	(void)send_line(pinentry, "OPTION", "grab");
}

/* --- an answer --- */

struct answer {
	struct jcop_blob *value;
	size_t max_length;
	bool repeated; /* pinentry had it typed twice */
	bool too_long;
	int error;
};

static gpg_error_t
take_data(void *context, const void *data, size_t len)
{
	struct answer *answer = context;

	if (answer->value->len + len > answer->max_length)
		answer->too_long = true;
	else if (answer->error == JCOP_OK)
		answer->error = jcop_blob_append(answer->value, data, len);
	return 0;
}

static gpg_error_t
take_status(void *context, const char *line)
{
	struct answer *answer = context;

	if (strcmp(line, "PIN_REPEATED") == 0)
		answer->repeated = true;
	return 0;
}

static int
explain(gpg_error_t error, const char *prompt, char *message)
{
	if (gpg_err_code(error) == GPG_ERR_CANCELED ||
		gpg_err_code(error) == GPG_ERR_FULLY_CANCELED)
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"%s: the dialog was cancelled", prompt);
	if (gpg_err_code(error) == GPG_ERR_TIMEOUT)
		return encoding_message(message, JCOP_ERR_ARGUMENT,
			"%s: nothing was typed in time", prompt);
	return encoding_message(message, JCOP_ERR_NOT_FOUND,
		"%s: pinentry cannot ask: %s. It needs a display (DISPLAY, "
		"WAYLAND_DISPLAY) or a terminal (GPG_TTY)",
		prompt, gpg_strerror(error));
}

static int
check_answer(const struct answer *answer, const char *prompt, char *message)
{
	if (answer->error != JCOP_OK)
		return encoding_message(message, answer->error, "%s",
			jcop_strerror(answer->error));
	if (answer->too_long)
		return encoding_message(message, JCOP_ERR_TOO_LONG,
			"%s: longer than %zu bytes", prompt,
			answer->max_length);
	if (answer->value->len == 0)
		return encoding_message(message, JCOP_ERR_MALFORMED,
			"%s: nothing was typed", prompt);
	return JCOP_OK;
}

/* One GETPIN. A pinentry that knows no repetition does without; whether it had
 * one is in ANSWER. */
static gpg_error_t
get_pin(struct encoding_pinentry *pinentry,
	const struct encoding_question *question, const char *suffix,
	struct answer *answer)
{
	char text[LINE_SIZE / 4];
	gpg_error_t error;

	snprintf(text, sizeof(text), "%s%s%s", question->title,
		question->text[0] != '\0' ? "\n" : "", question->text);
	error = send_line(pinentry, "SETDESC", text);
	snprintf(text, sizeof(text), "%s%s%s:", question->is_new ? "New " : "",
		question->name, suffix);
	text[0] = (char)toupper((unsigned char)text[0]);
	if (error == 0)
		error = send_line(pinentry, "SETPROMPT", text);
	if (error == 0 && question->is_new && suffix[0] == '\0') {
		(void)send_line(pinentry, "SETREPEAT", "Once more:");
		(void)send_line(pinentry, "SETREPEATERROR",
			"The two are not the same; type them again.");
	}
	assuan_begin_confidential(pinentry->context);
	if (error == 0)
		error = assuan_transact(pinentry->context, "GETPIN", take_data,
			answer, NULL, NULL, take_status, answer);
	assuan_end_confidential(pinentry->context);
	return error;
}

/* RESET of pinentry clears texts and repetition, but its options too. */
static void
forget_repetition(struct encoding_pinentry *pinentry)
{
	(void)send_line(pinentry, "RESET", "");
	send_options(pinentry);
}

static int
ask_one(struct encoding_pinentry *pinentry,
	const struct encoding_question *question, const char *suffix,
	struct jcop_blob *value, bool *repeated, char *message)
{
	struct answer answer = {
		value, question->max_length, false, false, JCOP_OK};
	gpg_error_t error;
	int r;

	jcop_blob_clear(value);
	r = jcop_blob_reserve(value, question->max_length);
	if (r != JCOP_OK)
		return encoding_message(message, r, "%s", jcop_strerror(r));
	error = get_pin(pinentry, question, suffix, &answer);
	if (question->is_new)
		forget_repetition(pinentry);
	*repeated = answer.repeated;
	return error != 0 ? explain(error, question->name, message)
			  : check_answer(&answer, question->name, message);
}

/* For a pinentry that did not have it typed twice. */
static int
ask_again(struct encoding_pinentry *pinentry,
	const struct encoding_question *question, const struct jcop_blob *value,
	char *message)
{
	struct jcop_blob again = JCOP_BLOB_INIT;
	bool repeated;
	int r = ask_one(
		pinentry, question, ", once more", &again, &repeated, message);

	if (r == JCOP_OK && !jcop_bytes_equal(jcop_blob_view(value),
				    jcop_blob_view(&again)))
		r = encoding_message(message, JCOP_ERR_MALFORMED,
			"the %s was typed differently the second time",
			question->name);
	jcop_blob_free(&again);
	return r;
}

static int
ask_pinentry(void *context, const struct encoding_question *question,
	struct jcop_blob *value, char *message)
{
	struct encoding_pinentry *pinentry = context;
	bool repeated;
	int r = ask_one(pinentry, question, "", value, &repeated, message);

	if (r == JCOP_OK && question->is_new && !repeated)
		r = ask_again(pinentry, question, value, message);
	if (r != JCOP_OK)
		jcop_blob_free(value);
	return r;
}

struct encoding_asker
encoding_pinentry_asker(struct encoding_pinentry *pinentry)
{
	return (struct encoding_asker){ask_pinentry, pinentry};
}

/* --- start and end --- */

/* In the new process. */
static void
withhold(void *variable, int reserved)
{
	(void)reserved;
	signal(SIGPIPE, SIG_DFL);
	if (variable != NULL)
		unsetenv(variable);
}

static gpg_error_t
connect_to(struct encoding_pinentry *pinentry, const char *path, char *withheld)
{
	const char *arguments[] = {DEFAULT_PROGRAM, NULL};
	assuan_fd_t none[] = {ASSUAN_INVALID_FD};
	gpg_error_t error = assuan_new(&pinentry->context);

	if (error != 0)
		return error;
	/* A pinentry that is gone is an error, not our end. */
	signal(SIGPIPE, SIG_IGN);
	return assuan_pipe_connect(pinentry->context, path, arguments, none,
		withhold, withheld, 0);
}

int
encoding_pinentry_open(const char *program, const char *withheld,
	struct encoding_pinentry **pinentry, char *message)
{
	const char *name = program != NULL ? program : DEFAULT_PROGRAM;
	char *path = encoding_find_program(name);
	char *variable = withheld != NULL ? strdup(withheld) : NULL;
	gpg_error_t error;

	*pinentry = calloc(1, sizeof(**pinentry));
	if (path == NULL || *pinentry == NULL) {
		encoding_pinentry_close(*pinentry);
		*pinentry = NULL;
		free(path);
		free(variable);
		return encoding_message(message, JCOP_ERR_NOT_FOUND,
			"there is no program %s (Debian: apt-get install "
			"pinentry-curses, or pinentry-gtk2)",
			name);
	}
	error = connect_to(*pinentry, path, variable);
	free(path);
	free(variable);
	if (error == 0) {
		send_options(*pinentry);
		return JCOP_OK;
	}
	encoding_pinentry_close(*pinentry);
	*pinentry = NULL;
	return encoding_message(message, JCOP_ERR_NOT_FOUND,
		"%s does not start: %s", name, gpg_strerror(error));
}

void
encoding_pinentry_close(struct encoding_pinentry *pinentry)
{
	if (pinentry != NULL && pinentry->context != NULL)
		assuan_release(pinentry->context);
	free(pinentry);
}
