/*
 * secret.c: PINs and other secrets from the environment, a file, a
 * descriptor, standard input or the terminal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "tool/secret.h"

enum source_kind { SOURCE_ENV, SOURCE_FILE, SOURCE_FD, SOURCE_STDIN };

struct source {
	enum source_kind kind;
	const char *name; /* variable or path */
	int fd;
};

static bool
starts_with(const char *text, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0 || text[len] == '\0')
		return false;
	*rest = text + len;
	return true;
}

static bool
parse_fd(const char *text, int *fd)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || number < 0 || number > INT_MAX ||
		text[0] < '0' || text[0] > '9')
		return false;
	*fd = (int)number;
	return true;
}

static bool
parse_source(const char *text, struct source *source)
{
	const char *number;

	if (strcmp(text, "stdin") == 0) {
		source->kind = SOURCE_STDIN;
		source->fd = STDIN_FILENO;
		return true;
	}
	if (starts_with(text, "fd:", &number)) {
		source->kind = SOURCE_FD;
		return parse_fd(number, &source->fd);
	}
	source->kind = SOURCE_ENV;
	if (starts_with(text, "env:", &source->name))
		return true;
	source->kind = SOURCE_FILE;
	return starts_with(text, "file:", &source->name);
}

/* The text may be the secret itself, so that it is not repeated. */
static int
refuse_literal(const struct tool_secret *secret, char *message)
{
	return tool_message(message, JCOP_ERR_ARGUMENT,
		"--%s: a value on the command line is refused: every user of "
		"this machine can see it (ps), and the shell keeps it in its "
		"history. Write env:NAME, file:PATH, fd:N%s or stdin, or leave "
		"the option out to be asked for it",
		secret->option, secret->pinpad ? ", pinpad" : "");
}

/* Of a source that begins well; what follows may be a secret, even so. */
static const char *
what_is_missing(const char *text)
{
	if (strcmp(text, "env:") == 0)
		return "the name of the environment variable is missing after "
		       "env:";
	if (strcmp(text, "file:") == 0)
		return "the name of the file is missing after file:";
	if (strncmp(text, "fd:", 3) == 0)
		return "the number of a descriptor is missing after fd:";
	return NULL;
}

bool
tool_secret_is_pinpad(const char *source)
{
	return source != NULL && strcmp(source, "pinpad") == 0;
}

int
tool_secret_check(
	const struct tool_secret *secret, const char *source, char *message)
{
	struct source parsed;
	const char *incomplete;

	if (source == NULL || parse_source(source, &parsed))
		return JCOP_OK;
	if (tool_secret_is_pinpad(source) && secret->pinpad)
		return JCOP_OK;
	if (tool_secret_is_pinpad(source))
		return tool_message(message, JCOP_ERR_ARGUMENT,
			"--%s: the %s cannot be typed on a PIN pad",
			secret->option, secret->name);
	incomplete = what_is_missing(source);
	if (incomplete != NULL)
		return tool_message(message, JCOP_ERR_ARGUMENT, "--%s: %s",
			secret->option, incomplete);
	return refuse_literal(secret, message);
}

/* --- one line --- */

/* Where lines come from. */
struct line_source {
	int fd;
	/* The signals that may interrupt the wait, which are blocked else; so
	 * none is lost between two waits. NULL: all that there are. */
	const sigset_t *wait_mask;
};

static ssize_t
read_byte(const struct line_source *source, uint8_t *byte)
{
	struct pollfd poll = {.fd = source->fd, .events = POLLIN};

	if (source->wait_mask != NULL &&
		ppoll(&poll, 1, NULL, source->wait_mask) < 0)
		return -1;
	return read(source->fd, byte, 1);
}

/*
 * Reads a line to VALUE without its end, byte by byte: what follows in a pipe
 * belongs to the next secret. JCOP_ERR_NOT_FOUND at the end of the file
 * before any byte, or with errno EINTR when a signal came.
 */
static int
read_line(const struct line_source *source, size_t max_length,
	struct jcop_blob *value)
{
	ssize_t got;
	uint8_t byte = 0;
	int r;

	jcop_blob_clear(value);
	/* One more for a carriage return. */
	r = jcop_blob_reserve(value, max_length + 1);
	errno = 0;
	while (r == JCOP_OK) {
		got = read_byte(source, &byte);
		if (got == 0 && value->len > 0)
			break;
		if (got <= 0)
			r = JCOP_ERR_NOT_FOUND;
		else if (byte == '\n')
			break;
		else if (value->len > max_length)
			r = JCOP_ERR_TOO_LONG;
		else
			r = jcop_blob_append_u8(value, byte);
	}
	*(volatile uint8_t *)&byte = 0;
	if (r == JCOP_OK && value->len > 0 &&
		value->data[value->len - 1] == '\r')
		jcop_blob_truncate(value, value->len - 1);
	return r;
}

static int
check_value(const struct tool_secret *secret, const struct jcop_blob *value,
	char *message)
{
	if (value->len == 0)
		return tool_message(message, JCOP_ERR_MALFORMED,
			"the %s is empty", secret->name);
	if (value->len > secret->max_length)
		return tool_message(message, JCOP_ERR_TOO_LONG,
			"the %s is longer than %zu bytes", secret->name,
			secret->max_length);
	return JCOP_OK;
}

/* R is the result of read_line from what WHERE names. */
static int
explain_line(const struct tool_secret *secret, int r, const char *where,
	struct jcop_blob *value, char *message)
{
	if (r == JCOP_ERR_TOO_LONG)
		return tool_message(message, r,
			"the %s is longer than %zu bytes (%s)", secret->name,
			secret->max_length, where);
	if (r == JCOP_ERR_NOT_FOUND && errno != 0)
		return tool_message(message, r,
			"the %s cannot be read from %s: %s", secret->name,
			where, strerror(errno));
	if (r == JCOP_ERR_NOT_FOUND)
		return tool_message(message, r,
			"the %s cannot be read: %s has no line for it",
			secret->name, where);
	if (r != JCOP_OK)
		return tool_message(message, r, "%s", jcop_strerror(r));
	return check_value(secret, value, message);
}

/* --- the sources --- */

static int
read_env(const struct tool_secret *secret, const char *name,
	struct jcop_blob *value, char *message)
{
	const char *text = getenv(name);
	int r;

	if (text == NULL)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"--%s: the environment variable %s is not set",
			secret->option, name);
	if (strlen(text) > secret->max_length)
		return explain_line(secret, JCOP_ERR_TOO_LONG,
			"environment variable", value, message);
	r = jcop_blob_set(value, text, strlen(text));
	return explain_line(
		secret, r, "the environment variable", value, message);
}

/* Of a pipe the writer takes care. */
static int
check_mode(const struct tool_secret *secret, const char *path, int fd,
	char *message)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
		!(status.st_mode & S_IROTH))
		return JCOP_OK;
	return tool_message(message, JCOP_ERR_ARGUMENT,
		"--%s: everybody on this machine can read %s; run 'chmod 600 "
		"%s' first",
		secret->option, path, path);
}

static int
read_file(const struct tool_secret *secret, const char *path,
	struct jcop_blob *value, char *message)
{
	int fd, r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"--%s: %s cannot be opened: %s", secret->option, path,
			strerror(errno));
	r = check_mode(secret, path, fd, message);
	if (r == JCOP_OK) {
		r = read_line(&(struct line_source){fd, NULL},
			secret->max_length, value);
		r = explain_line(secret, r, path, value, message);
	}
	close(fd);
	return r;
}

static int
read_fd(const struct tool_secret *secret, const struct source *source,
	struct jcop_blob *value, char *message)
{
	char where[32];
	int r;

	if (source->kind == SOURCE_STDIN)
		snprintf(where, sizeof(where), "stdin");
	else
		snprintf(where, sizeof(where), "descriptor %d", source->fd);
	r = read_line(&(struct line_source){source->fd, NULL},
		secret->max_length, value);
	return explain_line(secret, r, where, value, message);
}

/* --- the terminal --- */

static volatile sig_atomic_t caught_signal;

static void
note_signal(int number)
{
	caught_signal = number;
}

static const int watched_signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define WATCHED (sizeof(watched_signals) / sizeof(watched_signals[0]))

/* A terminal without echo; what it was before. */
struct silent_terminal {
	int fd;
	struct termios before;
	struct sigaction actions[WATCHED];
	sigset_t mask;
};

/* Blocked but for the waits in read_byte(). */
static void
watch_signals(struct silent_terminal *terminal)
{
	struct sigaction action;
	sigset_t watched;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = note_signal;
	sigemptyset(&action.sa_mask);
	sigemptyset(&watched);
	caught_signal = 0;
	for (i = 0; i < WATCHED; i++)
		sigaddset(&watched, watched_signals[i]);
	sigprocmask(SIG_BLOCK, &watched, &terminal->mask);
	for (i = 0; i < WATCHED; i++)
		sigaction(watched_signals[i], &action, &terminal->actions[i]);
}

static void
unwatch_signals(struct silent_terminal *terminal)
{
	size_t i;

	for (i = 0; i < WATCHED; i++)
		sigaction(watched_signals[i], &terminal->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &terminal->mask, NULL);
}

static bool
open_terminal(struct silent_terminal *terminal)
{
	struct termios silent;

	terminal->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal->fd < 0)
		return false;
	if (tcgetattr(terminal->fd, &terminal->before) != 0) {
		close(terminal->fd);
		return false;
	}
	watch_signals(terminal);
	silent = terminal->before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ICANON | ISIG | ECHONL;
	if (tcsetattr(terminal->fd, TCSAFLUSH, &silent) == 0)
		return true;
	unwatch_signals(terminal);
	close(terminal->fd);
	return false;
}

/* Only now does a signal do what it was sent for. */
static void
close_terminal(struct silent_terminal *terminal)
{
	int number;

	tcsetattr(terminal->fd, TCSAFLUSH, &terminal->before);
	unwatch_signals(terminal);
	close(terminal->fd);
	number = caught_signal;
	caught_signal = 0;
	if (number != 0)
		raise(number);
}

static int
ask(const struct tool_secret *secret, const struct silent_terminal *terminal,
	const char *again, struct jcop_blob *value, char *message)
{
	int r;

	if (secret->is_new)
		dprintf(terminal->fd, "New %s%s", secret->name, again);
	else
		dprintf(terminal->fd, "%c%s%s",
			toupper((unsigned char)*secret->name), secret->name + 1,
			again);
	if (secret->note != NULL && again[0] == '\0')
		dprintf(terminal->fd, " (%s)", secret->note);
	dprintf(terminal->fd, ": ");
	r = read_line(&(struct line_source){terminal->fd, &terminal->mask},
		secret->max_length, value);
	return explain_line(secret, r, "the terminal", value, message);
}

static int
ask_again(const struct tool_secret *secret,
	const struct silent_terminal *terminal, const struct jcop_blob *value,
	char *message)
{
	struct jcop_blob again = JCOP_BLOB_INIT;
	int r;

	r = ask(secret, terminal, ", once more", &again, message);
	if (r == JCOP_OK && !jcop_bytes_equal(jcop_blob_view(value),
				    jcop_blob_view(&again)))
		r = tool_message(message, JCOP_ERR_MALFORMED,
			"the %s was typed differently the second time",
			secret->name);
	jcop_blob_free(&again);
	return r;
}

static int
read_terminal(const struct tool_secret *secret, struct jcop_blob *value,
	char *message)
{
	struct silent_terminal terminal;
	int r;

	if (!open_terminal(&terminal))
		return tool_message(message, JCOP_ERR_NOT_FOUND,
			"there is no terminal to ask for the %s; give it with "
			"--%s env:NAME, file:PATH, fd:N or stdin",
			secret->name, secret->option);
	r = ask(secret, &terminal, "", value, message);
	if (r == JCOP_OK && secret->is_new)
		r = ask_again(secret, &terminal, value, message);
	close_terminal(&terminal);
	return r;
}

static int
read_source(const struct tool_secret *secret, const char *text,
	struct jcop_blob *value, char *message)
{
	struct source source;

	if (text == NULL)
		return read_terminal(secret, value, message);
	if (!parse_source(text, &source))
		return tool_secret_check(secret, text, message) != JCOP_OK
			       ? JCOP_ERR_ARGUMENT
			       : JCOP_ERR_NOT_FOUND;
	if (source.kind == SOURCE_ENV)
		return read_env(secret, source.name, value, message);
	if (source.kind == SOURCE_FILE)
		return read_file(secret, source.name, value, message);
	return read_fd(secret, &source, value, message);
}

int
tool_secret_read(const struct tool_secret *secret, const char *source,
	struct jcop_blob *value, char *message)
{
	int r;

	r = read_source(secret, source, value, message);
	if (r != JCOP_OK)
		jcop_blob_free(value);
	return r;
}
