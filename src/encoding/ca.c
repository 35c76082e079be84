/*
 * ca.c: a CA that is a command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "encoding/ca.h"
#include "encoding/requests.h"

extern char **environ;

#define MS_PER_SECOND 1000
#define EXIT_POLL_MS 20
#define LOOK_MS 200
#define NOBODY_KNOWS 0xff00 /* as exit status 255 */
/* Descriptors of ours stay clear of those that the command gets. */
#define FIRST_FD 16
#define VARIABLES 10

const char *
encoding_request_word(enum encoding_request_kind kind)
{
	switch (kind) {
	case REQUEST_PKCS10:
		return "pkcs10";
	case REQUEST_ARCHIVAL:
		return "archival";
	case REQUEST_RECOVERY:
		return "recovery";
	case REQUEST_NONE:
		break;
	}
	return "";
}

void
encoding_request_id(const char *iccsn, char letter, const char *job,
	char id[ENCODING_REQUEST_ID_SIZE])
{
	snprintf(id, ENCODING_REQUEST_ID_SIZE, "%.*s-%.16s%s%c",
		2 * JCOP_MAX_ICCSN, iccsn, job, job[0] != '\0' ? "-" : "",
		letter);
}

/* --- words --- */

void
encoding_command_free(char **command)
{
	if (command != NULL)
		free(command[0]);
	free(command);
}

char **
encoding_command_split(const char *text)
{
	/* Not more words than every other character begins. */
	char **command = calloc(strlen(text) / 2 + 2, sizeof(*command));
	char *copy = strdup(text), *save = NULL, *word;
	size_t count = 0;

	if (command == NULL || copy == NULL)
		goto nothing;
	copy[strcspn(copy, "\n")] = '\0';
	memmove(copy, copy + strspn(copy, " \t"),
		strlen(copy + strspn(copy, " \t")) + 1);
	for (word = strtok_r(copy, " \t", &save); word != NULL;
		word = strtok_r(NULL, " \t", &save))
		command[count++] = word;
	if (count > 0)
		return command;
nothing:
	free(copy);
	free(command);
	return NULL;
}

/* --- the environment of the command --- */

struct environment {
	char *own[VARIABLES];
	size_t own_count;
	char **all;
};

__attribute__((format(printf, 2, 3))) static bool
add_variable(struct environment *environment, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(
		&environment->own[environment->own_count], format, args);
	va_end(args);
	if (len < 0)
		return false;
	environment->own_count++;
	return true;
}

/* One of an outer run would speak of another request. */
static bool
is_ours(const char *variable)
{
	static const char *const names[] = {"JCOP_REQUEST=", "JCOP_REQUEST_ID=",
		"JCOP_TEMPLATE=", "JCOP_LOCATION=", "JCOP_ICCSN=",
		"JCOP_SUBJECT=", "JCOP_KEY_SIZE=", "JCOP_DUMMY_SIGNATURE=",
		"JCOP_P12PASSWORD_FD="};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Is it the one that is withheld? */
static bool
is_withheld(const char *variable, const char *withheld)
{
	size_t len = withheld != NULL ? strlen(withheld) : 0;

	return len > 0 && strncmp(variable, withheld, len) == 0 &&
	       variable[len] == '=';
}

static bool
join(struct environment *environment, const char *withheld)
{
	size_t i, count = 0;

	while (environ[count] != NULL)
		count++;
	environment->all =
		calloc(count + environment->own_count + 1, sizeof(char *));
	if (environment->all == NULL)
		return false;
	count = 0;
	for (i = 0; environ[i] != NULL; i++)
		if (!is_ours(environ[i]) && !is_withheld(environ[i], withheld))
			environment->all[count++] = environ[i];
	for (i = 0; i < environment->own_count; i++)
		environment->all[count++] = environment->own[i];
	return true;
}

static bool
make_environment(const struct encoding_ca_request *request,
	struct environment *environment)
{
	bool made =
		add_variable(environment, "JCOP_REQUEST=%s",
			encoding_request_word(request->kind)) &&
		add_variable(environment, "JCOP_REQUEST_ID=%s", request->id) &&
		add_variable(
			environment, "JCOP_TEMPLATE=%s", request->template) &&
		add_variable(
			environment, "JCOP_LOCATION=%s", request->location) &&
		add_variable(environment, "JCOP_ICCSN=%s", request->iccsn) &&
		add_variable(environment, "JCOP_SUBJECT=%s", request->subject);

	if (made && request->bits > 0)
		made = add_variable(
			environment, "JCOP_KEY_SIZE=%u", request->bits);
	if (made && request->dummy)
		made = add_variable(environment, "JCOP_DUMMY_SIGNATURE=yes");
	if (made && request->password.len > 0)
		made = add_variable(environment, "JCOP_P12PASSWORD_FD=%d",
			ENCODING_CA_PASSWORD_FD);
	return made && join(environment, request->withheld);
}

static void
free_environment(struct environment *environment)
{
	size_t i;

	for (i = 0; i < environment->own_count; i++)
		free(environment->own[i]);
	free(environment->all);
}

/* --- pipes --- */

struct pipes {
	int in[2], out[2], password[2];
};

static bool
make_pipe(int ends[2])
{
	int low[2], i;

	if (pipe2(low, O_CLOEXEC) != 0)
		return false;
	for (i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, FIRST_FD);
		close(low[i]);
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

static void
close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static void
close_pipes(struct pipes *pipes)
{
	close_end(&pipes->in[0]);
	close_end(&pipes->in[1]);
	close_end(&pipes->out[0]);
	close_end(&pipes->out[1]);
	close_end(&pipes->password[0]);
	close_end(&pipes->password[1]);
}

/* It fits the pipe, so that nobody waits. */
static bool
put_password(struct pipes *pipes, struct jcop_bytes password)
{
	bool done;

	if (password.len == 0)
		return true;
	if (!make_pipe(pipes->password) ||
		fcntl(pipes->password[1], F_SETFL, O_NONBLOCK) != 0)
		return false;
	done = write(pipes->password[1], password.data, password.len) ==
	       (ssize_t)password.len;
	close_end(&pipes->password[1]);
	return done;
}

static bool
open_pipes(struct pipes *pipes, struct jcop_bytes password)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	return make_pipe(pipes->in) && make_pipe(pipes->out) &&
	       put_password(pipes, password) &&
	       fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) == 0;
}

/* --- the process --- */

static bool
set_actions(posix_spawn_file_actions_t *actions, const struct pipes *pipes)
{
	int next = ENCODING_CA_PASSWORD_FD;
	bool set = posix_spawn_file_actions_adddup2(
			   actions, pipes->in[0], STDIN_FILENO) == 0 &&
		   posix_spawn_file_actions_adddup2(
			   actions, pipes->out[1], STDOUT_FILENO) == 0;

	if (set && pipes->password[0] >= 0)
		set = posix_spawn_file_actions_adddup2(
			      actions, pipes->password[0], next++) == 0;
	/* Nothing else of this process is the command's business. */
	return set &&
	       posix_spawn_file_actions_addclosefrom_np(actions, next) == 0;
}

/* A session of its own: its children can be ended with it, and it cannot wait
 * for somebody at our terminal. Signals as a new process expects them. */
static bool
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t defaults, none;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGCHLD);
	return posix_spawnattr_setsigdefault(attributes, &defaults) == 0 &&
	       posix_spawnattr_setsigmask(attributes, &none) == 0 &&
	       posix_spawnattr_setflags(
		       attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
					   POSIX_SPAWN_SETSIGMASK) == 0;
}

/* 0 or an errno. */
static int
start(char *const command[], const struct pipes *pipes, char **environment,
	pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = ENOMEM;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return error;
	if (posix_spawnattr_init(&attributes) == 0) {
		if (set_actions(&actions, pipes) && set_attributes(&attributes))
			error = posix_spawnp(pid, command[0], &actions,
				&attributes, command, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

/* --- signals that end us --- */

/* The command has a session of its own, so that it is ended by us, first. */
static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
#define END_COUNT (sizeof(ends) / sizeof(ends[0]))

static volatile sig_atomic_t caught; /* the first of them, or 0 */

static void
note_signal(int number)
{
	if (caught == 0)
		caught = number;
}

/* What is ignored, as with nohup, stays so. */
static void
catch_ends(struct sigaction before[END_COUNT])
{
	struct sigaction note = {.sa_handler = note_signal};
	size_t i;

	caught = 0;
	for (i = 0; i < END_COUNT; i++) {
		sigaction(ends[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(ends[i], &note, NULL);
	}
}

/* The signal that came does now what it would have done at once. */
static void
release_ends(const struct sigaction before[END_COUNT])
{
	size_t i;

	for (i = 0; i < END_COUNT; i++)
		sigaction(ends[i], &before[i], NULL);
	if (caught != 0)
		raise(caught);
}

/* What goes in and what has come out. */
struct talk {
	struct pipes *pipes;
	const char *text;
	size_t len;
	struct jcop_blob *answer;
	int64_t deadline;
	pid_t pid;
	bool ended, ending; /* on its own; by us */
	int status;         /* of its end */
};

static void
write_some(struct talk *talk)
{
	ssize_t put = write(talk->pipes->in[1], talk->text, talk->len);

	if (put > 0) {
		talk->text += put;
		talk->len -= (size_t)put;
	}
	/* Who does not want to read it need not. */
	if (talk->len == 0 || (put < 0 && errno != EAGAIN && errno != EINTR))
		close_end(&talk->pipes->in[1]);
}

static int
read_some(struct talk *talk)
{
	uint8_t chunk[4096];
	ssize_t got = read(talk->pipes->out[0], chunk, sizeof(chunk));
	int r = JCOP_OK;

	if (got > 0)
		r = jcop_blob_append(talk->answer, chunk, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		close_end(&talk->pipes->out[0]);
	explicit_bzero(chunk, sizeof(chunk));
	return r;
}

/* Has the command ended? Where nobody can tell how, it has failed. */
static bool
has_ended(struct talk *talk)
{
	pid_t pid;

	if (talk->ended)
		return true;
	do
		pid = waitpid(talk->pid, &talk->status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		talk->status = NOBODY_KNOWS;
	talk->ended = pid != 0;
	return talk->ended;
}

/* Until the command has closed its output, or has ended: what it started may
 * keep that open. JCOP_ERR_UNSUPPORTED: too late, or a signal came. */
static int
talk_to(struct talk *talk)
{
	int r = JCOP_OK;

	while (r == JCOP_OK && talk->pipes->out[0] >= 0) {
		struct pollfd polls[] = {
			{talk->pipes->out[0], POLLIN, 0},
			{talk->pipes->in[1], POLLOUT, 0},
		};
		bool ended = has_ended(talk);
		int64_t left = talk->deadline - now_ms();

		if (left <= 0 || caught != 0)
			return JCOP_ERR_UNSUPPORTED;
		if (left > LOOK_MS)
			left = LOOK_MS;
		if (poll(polls, 2, ended ? 0 : (int)left) <= 0) {
			if (ended)
				return JCOP_OK;
			continue;
		}
		if (polls[1].revents != 0)
			write_some(talk);
		if (polls[0].revents != 0)
			r = read_some(talk);
	}
	return r;
}

/* Its end, or not by DEADLINE or before a signal: false. */
static bool
wait_for(struct talk *talk, int64_t deadline)
{
	const struct timespec pause = {0, EXIT_POLL_MS * 1000000};

	while (!has_ended(talk)) {
		if (now_ms() >= deadline || (caught != 0 && !talk->ending))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* It and all that it started. */
static void
end_group(struct talk *talk)
{
	talk->ending = true;
	kill(-talk->pid, SIGTERM);
	(void)wait_for(talk, now_ms() + MS_PER_SECOND);
	kill(-talk->pid, SIGKILL);
	if (!talk->ended)
		waitpid(talk->pid, &talk->status, 0);
}

static int
explain_end(const char *name, int status, char *message)
{
	if (WIFSIGNALED(status))
		return encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"the CA command %s was ended by signal %d", name,
			WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"the CA command %s failed with status %d", name,
			WEXITSTATUS(status));
	return JCOP_OK;
}

static int
converse(struct talk *talk, const char *name, char *message)
{
	int r = talk_to(talk);

	if (r == JCOP_OK && wait_for(talk, talk->deadline))
		return explain_end(name, talk->status, message);
	end_group(talk);
	if (caught != 0)
		return encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"signal %d ended the CA command %s", (int)caught, name);
	if (r == JCOP_OK || r == JCOP_ERR_UNSUPPORTED)
		return encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"the CA command %s did not end in time", name);
	return encoding_message(message, r,
		"the answer of the CA command %s: %s", name, jcop_strerror(r));
}

static int
run(char *const command[], struct talk *talk, char **environment, char *message)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	struct sigaction plain = {.sa_handler = SIG_DFL}, children;
	struct sigaction on_end[END_COUNT];
	int r, error;

	/* Whoever started us may ignore it, and then no end is told. */
	sigaction(SIGCHLD, &plain, &children);
	catch_ends(on_end);
	error = start(command, talk->pipes, environment, &talk->pid);
	if (error != 0) {
		sigaction(SIGCHLD, &children, NULL);
		release_ends(on_end);
		return encoding_message(message, JCOP_ERR_NOT_FOUND,
			"the CA command %s cannot be run: %s", command[0],
			strerror(error));
	}
	close_end(&talk->pipes->in[0]);
	close_end(&talk->pipes->out[1]);
	close_end(&talk->pipes->password[0]);
	sigaction(SIGPIPE, &ignore, &before);
	if (talk->len == 0)
		close_end(&talk->pipes->in[1]);
	r = converse(talk, command[0], message);
	sigaction(SIGPIPE, &before, NULL);
	sigaction(SIGCHLD, &children, NULL);
	release_ends(on_end);
	return r;
}

int
encoding_ca_run(char *const command[],
	const struct encoding_ca_request *request, unsigned int seconds,
	struct jcop_blob *answer, char *message)
{
	struct environment environment = {{NULL}, 0, NULL};
	struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
	struct talk talk = {.pipes = &pipes,
		.text = "",
		.answer = answer,
		.deadline = now_ms() + (int64_t)seconds * MS_PER_SECOND};
	char *pem = NULL;
	int r = JCOP_OK;

	jcop_blob_clear(answer);
	if (request->request.len > 0) {
		pem = encoding_request_pem(request->request, request->dummy);
		if (pem == NULL)
			r = encoding_message(message, JCOP_ERR_MALFORMED,
				"this is no PKCS#10 request");
		talk.text = pem != NULL ? pem : "";
		talk.len = pem != NULL ? strlen(pem) : 0;
	}
	if (r == JCOP_OK && !make_environment(request, &environment))
		r = encoding_no_memory(message);
	if (r == JCOP_OK && !open_pipes(&pipes, request->password))
		r = encoding_message(message, JCOP_ERR_NO_MEMORY,
			"no pipe to the CA command: %s", strerror(errno));
	if (r == JCOP_OK)
		r = run(command, &talk, environment.all, message);
	if (r == JCOP_OK && answer->len == 0)
		r = encoding_message(message, JCOP_ERR_UNSUPPORTED,
			"the CA command %s gave no answer", command[0]);
	close_pipes(&pipes);
	free_environment(&environment);
	free(pem);
	if (r != JCOP_OK)
		jcop_blob_free(answer);
	return r;
}
