/*
 * door-test.c: cards in private directories, and other processes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "door-test.h"
#include "virtual-card/persona.h"

#define CHILD_SECONDS 30

char *
door_test_dir(bool empty)
{
	const char *tmp = getenv("TMPDIR");
	struct vcard_persona_options options;
	char message[VCARD_MESSAGE_SIZE] = "", *dir;

	assert_true(asprintf(&dir, "%s/jcop45-door-XXXXXX",
			    tmp != NULL ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	if (empty)
		return dir;
	memset(&options, 0, sizeof(options));
	if (vcard_persona_create(dir, &options, message) != JCOP_OK)
		fail_msg("no card: %s", message);
	return dir;
}

static int
remove_one(const char *path, const struct stat *status, int type,
	struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

void
door_test_remove(char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

void
door_test_write(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

char *
door_test_read(const char *dir, const char *name)
{
	char path[512], *text;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (file == NULL)
		return NULL;
	text = calloc(1, 65536);
	assert_non_null(text);
	len = fread(text, 1, 65535, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

/* The child's ends of its pipes. */
static int child_in, child_out;

static int
run_child(int (*work)(void *), void *argument, int down[2], int up[2])
{
	close(down[1]);
	close(up[0]);
	child_in = down[0];
	child_out = up[1];
	alarm(CHILD_SECONDS);
	return work(argument);
}

struct door_child
door_test_child(int (*work)(void *), void *argument)
{
	int down[2], up[2];
	struct door_child child;

	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	fflush(NULL);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0)
		_exit(run_child(work, argument, down, up));
	close(down[0]);
	close(up[1]);
	child.to_child = down[1];
	child.from_child = up[0];
	return child;
}

void
door_test_await(struct door_child *child, char step)
{
	char got = 0;

	if (read(child->from_child, &got, 1) != 1)
		fail_msg("the child ended before step '%c'", step);
	if (got != step)
		fail_msg("the child said '%c' instead of '%c'", got, step);
}

void
door_test_tell(struct door_child *child)
{
	assert_int_equal(write(child->to_child, "!", 1), 1);
}

int
door_test_status(struct door_child *child)
{
	int status;

	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	close(child->to_child);
	close(child->from_child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
door_test_kill(struct door_child *child)
{
	assert_int_equal(kill(child->pid, SIGKILL), 0);
	assert_int_equal(door_test_status(child), 128 + SIGKILL);
}

void
door_test_say(char step)
{
	if (write(child_out, &step, 1) != 1)
		_exit(98);
}

void
door_test_listen(void)
{
	char word;

	if (read(child_in, &word, 1) != 1)
		_exit(97);
}

long
door_test_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
