/*
 * door-test.h: cards in private directories, and other processes, for the
 * tests of the doors.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TESTS_DOOR_TEST_H
#define JCOP_TESTS_DOOR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <sys/types.h>

/* A new private directory, with a new card unless EMPTY; the caller gives it
 * back to door_test_remove(), which deletes it. */
char *door_test_dir(bool empty);
void door_test_remove(char *dir);

/* Writes TEXT to DIR/NAME, as a new file. */
void door_test_write(const char *dir, const char *name, const char *text);
/* The content of DIR/NAME, to be freed; NULL if it is not there. */
char *door_test_read(const char *dir, const char *name);

/*
 * A child process. It runs WORK, which tells its steps with door_test_say()
 * and may wait for the parent with door_test_listen(); its status is what
 * WORK returns. The child is killed after 30 seconds.
 */
struct door_child {
	pid_t pid;
	int to_child, from_child;
};
struct door_child door_test_child(int (*work)(void *), void *argument);
/* In the parent: waits for a step of the child, or lets it go on. */
void door_test_await(struct door_child *child, char step);
void door_test_tell(struct door_child *child);
/* Its exit status; 128 + signal if it was killed. */
int door_test_status(struct door_child *child);
void door_test_kill(struct door_child *child);
/* In the child. */
void door_test_say(char step);
void door_test_listen(void);

long door_test_now_ms(void);

#endif
