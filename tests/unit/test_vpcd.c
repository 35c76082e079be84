/*
 * test_vpcd.c: the vpcd client against a server of the test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "door-test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virtual-card/vpcd.h"

#define PATIENCE_MS 5000

static char *dir;
static char address[64];
static int listener;

static int
set_up(void **state)
{
	struct sockaddr_in where = {.sin_family = AF_INET};
	socklen_t len = sizeof(where);

	(void)state;
	dir = door_test_dir(false);
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 ||
		bind(listener, (struct sockaddr *)&where, sizeof(where)) != 0 ||
		listen(listener, 1) != 0 ||
		getsockname(listener, (struct sockaddr *)&where, &len) != 0)
		return -1;
	snprintf(address, sizeof(address), "127.0.0.1:%u",
		ntohs(where.sin_port));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(listener);
	door_test_remove(dir);
	return 0;
}

/* The program, ended by the test; its messages go to DIR/stderr. */
static int
run_serve(void *argument)
{
	char command[1024];

	(void)argument;
	close(listener);
	snprintf(command, sizeof(command),
		"exec %s serve '%s' --vpcd %s --trace '%s/trace' "
		"2>'%s/stderr'",
		PROGRAM, dir, address, dir, dir);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	return 99;
}

static int
accept_card(void)
{
	struct pollfd waiting = {listener, POLLIN, 0};
	int fd;

	assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void
put(int fd, const void *payload, size_t len)
{
	uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	assert_int_equal(send(fd, length, 2, MSG_NOSIGNAL), 2);
	assert_int_equal(send(fd, payload, len, MSG_NOSIGNAL), len);
}

static void
get_exactly(int fd, uint8_t *data, size_t len)
{
	struct pollfd waiting = {fd, POLLIN, 0};
	ssize_t n;

	while (len > 0) {
		assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1);
		n = recv(fd, data, len, 0);
		assert_true(n > 0);
		data += n;
		len -= (size_t)n;
	}
}

static size_t
get(int fd, uint8_t *payload, size_t room)
{
	uint8_t length[2];
	size_t len;

	get_exactly(fd, length, 2);
	len = (size_t)length[0] << 8 | length[1];
	assert_true(len <= room);
	get_exactly(fd, payload, len);
	return len;
}

static void
control(int fd, uint8_t code)
{
	put(fd, &code, 1);
}

static bool
is_closed(int fd)
{
	struct pollfd waiting = {fd, POLLIN, 0};
	uint8_t byte;

	return poll(&waiting, 1, PATIENCE_MS) == 1 &&
	       recv(fd, &byte, 1, 0) <= 0;
}

static const uint8_t select_pki[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xE8, 0x28,
	0xBD, 0x08, 0x0F, 0x01, 0x4E, 0x58, 0x50, 0x30};
static const uint8_t early_cplc[] = {0x80, 0xCA, 0x9F, 0x7F, 0x00};

static unsigned int
status_word(int fd, const uint8_t *command, size_t len)
{
	uint8_t answer[512];
	size_t got;

	put(fd, command, len);
	got = get(fd, answer, sizeof(answer));
	assert_true(got >= 2);
	return (unsigned int)(answer[got - 2] << 8 | answer[got - 1]);
}

#define SW(fd, command) status_word(fd, command, sizeof(command))

static void
stop(struct door_child *child)
{
	assert_int_equal(kill(child->pid, SIGTERM), 0);
	assert_int_equal(door_test_status(child), 0);
}

/* --- the protocol --- */

static void
test_the_atr_is_given_on_request(void **state)
{
	static const uint8_t expected[] = {0x3B, 0xD5, 0x18, 0xFF, 0x80, 0xB1,
		0xFE, 0x45, 0x1F, 0xC3, 0x80, 0x73, 0xC8, 0x21, 0x10, 0x6E};
	struct door_child child = door_test_child(run_serve, NULL);
	uint8_t atr[64];
	int fd = accept_card();

	(void)state;
	control(fd, 4);
	assert_int_equal(get(fd, atr, sizeof(atr)), sizeof(expected));
	assert_memory_equal(atr, expected, sizeof(expected));
	stop(&child);
	close(fd);
}

static void
test_commands_are_answered_and_power_and_reset_are_not(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card();

	(void)state;
	control(fd, 1);
	assert_int_equal(SW(fd, early_cplc), 0x9000);
	assert_int_equal(SW(fd, select_pki), 0x9000);
	assert_int_not_equal(SW(fd, early_cplc), 0x9000);
	control(fd, 2);
	assert_int_equal(SW(fd, early_cplc), 0x9000);
	assert_int_equal(SW(fd, select_pki), 0x9000);
	control(fd, 0);
	control(fd, 1);
	assert_int_equal(SW(fd, early_cplc), 0x9000);
	stop(&child);
	close(fd);
}

static void
test_unknown_codes_and_empty_messages_are_passed_over(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card();

	(void)state;
	put(fd, "", 0);
	control(fd, 0x77);
	assert_int_equal(SW(fd, select_pki), 0x9000);
	stop(&child);
	close(fd);
}

static void
test_a_message_may_come_byte_by_byte(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	uint8_t message[2 + sizeof(early_cplc)] = {0, sizeof(early_cplc)};
	uint8_t answer[512];
	int fd = accept_card();
	size_t i;

	(void)state;
	memcpy(message + 2, early_cplc, sizeof(early_cplc));
	for (i = 0; i < sizeof(message); i++) {
		assert_int_equal(send(fd, message + i, 1, MSG_NOSIGNAL), 1);
		usleep(2000);
	}
	assert_true(get(fd, answer, sizeof(answer)) > 2);
	stop(&child);
	close(fd);
}

#define DELAYED 20

static long
time_commands(int fd)
{
	long start = door_test_now_ms();
	int i;

	for (i = 0; i < DELAYED; i++)
		(void)SW(fd, early_cplc);
	return door_test_now_ms() - start;
}

/* Without TCP_QUICKACK every command takes over 40 ms, always; a busy machine
 * is slow only now and then. */
static void
test_a_message_in_two_writes_is_not_delayed(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card(), i;
	long took = 0;

	(void)state;
	assert_int_equal(SW(fd, select_pki), 0x9000);
	for (i = 0; i < 5; i++) {
		took = time_commands(fd);
		if (took < DELAYED * 20)
			break;
	}
	if (took >= DELAYED * 20)
		fail_msg("%d commands took %ld ms", DELAYED, took);
	stop(&child);
	close(fd);
}

/* --- the card --- */

static void
test_the_served_card_is_in_no_other_reader(void **state)
{
	struct vcard_reader_config config = {.dir = dir, .name = "other"};
	struct vcard_reader *reader;
	char message[VCARD_MESSAGE_SIZE];
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card();

	(void)state;
	assert_int_equal(vcard_reader_connect(&config, &reader, message),
		VCARD_READER_IN_USE);
	stop(&child);
	assert_int_equal(vcard_reader_connect(&config, &reader, message),
		VCARD_READER_OK);
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
	close(fd);
}

static void
test_a_removed_card_hangs_up_and_an_inserted_one_comes_back(void **state)
{
	char message[VCARD_MESSAGE_SIZE];
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card();

	(void)state;
	assert_int_equal(SW(fd, select_pki), 0x9000);
	assert_int_equal(vcard_reader_remove(dir, message), VCARD_READER_OK);
	assert_true(is_closed(fd));
	close(fd);
	assert_int_equal(vcard_reader_insert(dir, message), VCARD_READER_OK);
	fd = accept_card();
	assert_int_equal(SW(fd, early_cplc), 0x9000);
	stop(&child);
	close(fd);
}

static void
test_a_removing_fault_hangs_up_without_an_answer(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card();

	(void)state;
	door_test_write(dir, "fault", "remove after 1 ins=A4\n");
	put(fd, select_pki, sizeof(select_pki));
	assert_true(is_closed(fd));
	stop(&child);
	close(fd);
}

static void
test_the_trace_names_the_door(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	int fd = accept_card();
	char *text;

	(void)state;
	assert_int_equal(SW(fd, select_pki), 0x9000);
	stop(&child);
	text = door_test_read(dir, "trace");
	assert_non_null(text);
	assert_non_null(strstr(text, "\"reader\":\"vpcd\""));
	free(text);
	close(fd);
}

/* --- beginning and end --- */

static void
test_it_ends_when_the_server_does(void **state)
{
	struct door_child child = door_test_child(run_serve, NULL);
	char *text;

	(void)state;
	close(accept_card());
	assert_int_equal(door_test_status(&child), 0);
	text = door_test_read(dir, "stderr");
	assert_non_null(text);
	assert_non_null(strstr(text, "closed the connection"));
	free(text);
}

static void
test_a_refused_connection_is_explained(void **state)
{
	struct door_child child;
	char *text;

	(void)state;
	close(listener);
	child = door_test_child(run_serve, NULL);
	assert_int_equal(door_test_status(&child), 1);
	text = door_test_read(dir, "stderr");
	assert_non_null(text);
	assert_non_null(strstr(text, address));
	assert_non_null(strstr(text, "Connection refused"));
	assert_non_null(strstr(text, "pcscd"));
	free(text);
	listener = -1;
}

static void
test_a_wrong_address_is_explained(void **state)
{
	static const char *const wrong[] = {
		"35963", "localhost:", ":35963", "::1:35963", "[::1:35963"};
	struct vcard_vpcd_config config = {.dir = dir, .stop_fd = -1};
	char message[VCARD_MESSAGE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config.address = wrong[i];
		assert_int_equal(
			vcard_vpcd_serve(&config, message), VCARD_VPCD_FAILED);
		assert_non_null(strstr(message, "HOST:PORT"));
	}
}

static void
test_a_directory_without_card_is_explained(void **state)
{
	char *empty = door_test_dir(true), message[VCARD_MESSAGE_SIZE];
	struct vcard_vpcd_config config = {
		.dir = empty, .address = address, .stop_fd = -1};

	(void)state;
	assert_int_equal(vcard_vpcd_serve(&config, message), VCARD_VPCD_FAILED);
	assert_non_null(strstr(message, "jcop45-vcard new"));
	door_test_remove(empty);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_atr_is_given_on_request),
		T(test_commands_are_answered_and_power_and_reset_are_not),
		T(test_unknown_codes_and_empty_messages_are_passed_over),
		T(test_a_message_may_come_byte_by_byte),
		T(test_a_message_in_two_writes_is_not_delayed),
		T(test_the_served_card_is_in_no_other_reader),
		T(test_a_removed_card_hangs_up_and_an_inserted_one_comes_back),
		T(test_a_removing_fault_hangs_up_without_an_answer),
		T(test_the_trace_names_the_door),
		T(test_it_ends_when_the_server_does),
		T(test_a_refused_connection_is_explained),
		T(test_a_wrong_address_is_explained),
		T(test_a_directory_without_card_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
