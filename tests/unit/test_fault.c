/*
 * test_fault.c: the faults of DIR/fault, and the trace that shows them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "door-test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "virtual-card/fault.h"
#include "virtual-card/reader.h"

static char *dir;

static int
set_up(void **state)
{
	(void)state;
	dir = door_test_dir(false);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	door_test_remove(dir);
	return 0;
}

static void
write_rules(const char *text)
{
	door_test_write(dir, "fault", text);
}

/* --- the language --- */

static void
test_each_kind_of_rule_is_read(void **state)
{
	static const struct {
		const char *line;
		enum vcard_fault_action action;
		unsigned int at;
		long number;
	} rules[] = {
		{"remove before 1", VCARD_FAULT_REMOVE_BEFORE, 1, 0},
		{"  remove\tafter 12 # late", VCARD_FAULT_REMOVE_AFTER, 12, 0},
		{"reset before 3", VCARD_FAULT_RESET_BEFORE, 3, 0},
		{"sw 4 6f00", VCARD_FAULT_SW, 4, 0x6F00},
		{"alter 5 -1", VCARD_FAULT_ALTER, 5, -1},
		{"alter 5 17", VCARD_FAULT_ALTER, 5, 17},
		{"drop-mac 6", VCARD_FAULT_DROP_MAC, 6, 0},
		{"plain 7", VCARD_FAULT_PLAIN, 7, 0},
		{"replay 8", VCARD_FAULT_REPLAY, 8, 0},
		{"swap 9", VCARD_FAULT_SWAP, 9, 0},
		{"truncate 10 3", VCARD_FAULT_TRUNCATE, 10, 3},
	};
	char message[VCARD_MESSAGE_SIZE];
	struct vcard_fault_rule rule;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		assert_int_equal(
			vcard_fault_parse(rules[i].line, &rule, message),
			JCOP_OK);
		assert_int_equal(rule.action, rules[i].action);
		assert_int_equal(rule.at, rules[i].at);
		assert_int_equal(rule.number, rules[i].number);
		assert_int_equal(rule.filter.ins, -1);
		assert_false(rule.filter.secured);
	}
}

static void
test_filters_and_data_are_read(void **state)
{
	char message[VCARD_MESSAGE_SIZE];
	struct vcard_fault_rule rule;

	(void)state;
	assert_int_equal(vcard_fault_parse("plain 2 0a0B ins=d6 p1=00 secured",
				 &rule, message),
		JCOP_OK);
	assert_true(rule.has_data);
	assert_int_equal(rule.data.len, 2);
	assert_int_equal(rule.data.data[1], 0x0B);
	assert_int_equal(rule.filter.ins, 0xD6);
	assert_int_equal(rule.filter.p1, 0);
	assert_int_equal(rule.filter.p2, -1);
	assert_true(rule.filter.secured);
	jcop_blob_free(&rule.data);
	assert_int_equal(
		vcard_fault_parse("plain 2 p2=FF", &rule, message), JCOP_OK);
	assert_false(rule.has_data);
	assert_int_equal(rule.filter.p2, 0xFF);
	jcop_blob_free(&rule.data);
}

static void
test_empty_lines_and_comments_are_no_rules(void **state)
{
	char message[VCARD_MESSAGE_SIZE];
	struct vcard_fault_rule rule;

	(void)state;
	assert_int_equal(
		vcard_fault_parse("", &rule, message), JCOP_ERR_NOT_FOUND);
	assert_int_equal(vcard_fault_parse("  # nothing\n", &rule, message),
		JCOP_ERR_NOT_FOUND);
}

static void
test_a_wrong_rule_says_what_is_expected(void **state)
{
	static const struct {
		const char *line, *expected;
	} wrong[] = {
		{"explode 1", "remove before"},
		{"remove 1", "remove before"},
		{"remove during 1", "remove before"},
		{"remove before", "number of a command, 1 or more"},
		{"remove before 0", "number of a command, 1 or more"},
		{"remove before 1x", "number of a command, 1 or more"},
		{"replay 1", "number of a command, 2 or more"},
		{"swap 1", "number of a command, 2 or more"},
		{"sw 1", "status word of 4 hex digits"},
		{"sw 1 900", "status word of 4 hex digits"},
		{"alter 1", "a byte of the answer"},
		{"alter 1 last", "a byte of the answer"},
		{"truncate 1 -1", "a length in bytes"},
		{"remove after 1 ins=4", "ins=XX, p1=XX, p2=XX or secured"},
		{"remove after 1 secure", "ins=XX, p1=XX, p2=XX or secured"},
		{"plain 1 0A0", "ins=XX, p1=XX, p2=XX or secured"},
	};
	char message[VCARD_MESSAGE_SIZE];
	struct vcard_fault_rule rule;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (vcard_fault_parse(wrong[i].line, &rule, message) !=
			JCOP_ERR_MALFORMED)
			fail_msg("'%s' was taken", wrong[i].line);
		if (strstr(message, wrong[i].expected) == NULL)
			fail_msg("'%s': %s", wrong[i].line, message);
		jcop_blob_free(&rule.data);
	}
}

/* --- counting and changing answers --- */

static const uint8_t plain_command[] = {0x00, 0xB0, 0x00, 0x00, 0x00};
static const uint8_t other_command[] = {0x00, 0x84, 0x00, 0x00, 0x08};
static const uint8_t secured_command[] = {0x0C, 0xB0, 0x00, 0x00, 0x0D};
/* 87 .. 99 02 9000 8E 08 .. 9000, as a secured answer looks. */
static const uint8_t secured_answer[] = {0x87, 0x03, 0x01, 0xAB, 0xCD, 0x99,
	0x02, 0x90, 0x00, 0x8E, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0x00};

/* One command with ANSWER; *GOT is what the host receives. */
static void
one(struct jcop_bytes command, struct jcop_bytes answer, size_t plain,
	struct jcop_blob *got)
{
	struct vcard_faults *faults = calloc(1, sizeof(*faults));
	char message[VCARD_MESSAGE_SIZE] = "";

	assert_non_null(faults);
	if (vcard_faults_load(dir, command, faults, message) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(jcop_blob_set(got, answer.data, answer.len), 0);
	assert_int_equal(vcard_faults_alter(faults, plain, got), JCOP_OK);
	vcard_faults_free(faults);
	free(faults);
}

static void
expect_answer(struct jcop_bytes command, struct jcop_bytes answer,
	struct jcop_bytes expected)
{
	struct jcop_blob got = JCOP_BLOB_INIT;

	one(command, answer, 2, &got);
	if (!jcop_bytes_equal(jcop_blob_view(&got), expected))
		fail_msg("another answer of %zu bytes", got.len);
	jcop_blob_free(&got);
}

#define SECURED JCOP_BYTES(secured_command)
#define ANSWER JCOP_BYTES(secured_answer)

static void
test_a_byte_is_altered_at_its_command_only(void **state)
{
	uint8_t altered[sizeof(secured_answer)];

	(void)state;
	write_rules("alter 2 3\n");
	expect_answer(SECURED, ANSWER, ANSWER);
	memcpy(altered, secured_answer, sizeof(altered));
	altered[3] ^= 0x01;
	expect_answer(SECURED, ANSWER, JCOP_BYTES(altered));
	expect_answer(SECURED, ANSWER, ANSWER);
}

static void
test_a_negative_byte_counts_from_the_end(void **state)
{
	uint8_t altered[sizeof(secured_answer)];

	(void)state;
	write_rules("alter 1 -3\nalter 2 99\n");
	memcpy(altered, secured_answer, sizeof(altered));
	altered[sizeof(altered) - 3] ^= 0x01;
	expect_answer(SECURED, ANSWER, JCOP_BYTES(altered));
	expect_answer(SECURED, ANSWER, ANSWER);
}

static void
test_the_mac_is_dropped_and_nothing_else(void **state)
{
	static const uint8_t without[] = {0x87, 0x03, 0x01, 0xAB, 0xCD, 0x99,
		0x02, 0x90, 0x00, 0x90, 0x00};
	static const uint8_t sw[] = {0x69, 0x82};

	(void)state;
	write_rules("drop-mac 1\ndrop-mac 2\n");
	expect_answer(SECURED, ANSWER, JCOP_BYTES(without));
	expect_answer(SECURED, JCOP_BYTES(sw), JCOP_BYTES(sw));
}

static void
test_an_answer_is_replaced_by_plain_data(void **state)
{
	static const uint8_t filler[] = {0xA5, 0xA5, 0x90, 0x00};
	static const uint8_t given[] = {0x01, 0x02, 0x03, 0x90, 0x00};

	(void)state;
	write_rules("plain 1\nplain 2 010203\n");
	expect_answer(SECURED, ANSWER, JCOP_BYTES(filler));
	expect_answer(SECURED, ANSWER, JCOP_BYTES(given));
}

static void
test_an_answer_is_cut(void **state)
{
	(void)state;
	write_rules("truncate 1 5\n");
	expect_answer(SECURED, ANSWER, jcop_bytes_of(secured_answer, 5));
}

static const uint8_t first[] = {0x01, 0x90, 0x00};
static const uint8_t second[] = {0x02, 0x90, 0x00};
static const uint8_t third[] = {0x03, 0x90, 0x00};
static const uint8_t fourth[] = {0x04, 0x90, 0x00};

static void
test_a_replay_gives_the_answer_before(void **state)
{
	(void)state;
	write_rules("replay 3 secured\n");
	expect_answer(SECURED, JCOP_BYTES(first), JCOP_BYTES(first));
	expect_answer(SECURED, JCOP_BYTES(second), JCOP_BYTES(second));
	/* Neither counted nor kept. */
	expect_answer(JCOP_BYTES(plain_command), JCOP_BYTES(fourth),
		JCOP_BYTES(fourth));
	expect_answer(SECURED, JCOP_BYTES(third), JCOP_BYTES(second));
	expect_answer(SECURED, JCOP_BYTES(fourth), JCOP_BYTES(fourth));
}

static void
test_a_swap_gives_two_commands_the_answer_before(void **state)
{
	(void)state;
	write_rules("swap 2\n");
	expect_answer(SECURED, JCOP_BYTES(first), JCOP_BYTES(first));
	expect_answer(SECURED, JCOP_BYTES(second), JCOP_BYTES(first));
	expect_answer(SECURED, JCOP_BYTES(third), JCOP_BYTES(second));
	expect_answer(SECURED, JCOP_BYTES(fourth), JCOP_BYTES(fourth));
}

static void
test_filters_decide_what_is_counted(void **state)
{
	(void)state;
	write_rules("truncate 2 2 ins=B0\ntruncate 1 1 secured\n");
	expect_answer(JCOP_BYTES(other_command), ANSWER, ANSWER);
	expect_answer(JCOP_BYTES(plain_command), ANSWER, ANSWER);
	expect_answer(JCOP_BYTES(other_command), ANSWER, ANSWER);
	/* Both are due: applied in the order of the lines. */
	expect_answer(SECURED, ANSWER, jcop_bytes_of(secured_answer, 1));
}

static void
test_a_rewritten_file_counts_anew(void **state)
{
	(void)state;
	write_rules("truncate 2 2\n");
	expect_answer(SECURED, ANSWER, ANSWER);
	usleep(20 * 1000);
	write_rules("truncate 2 2\n");
	expect_answer(SECURED, ANSWER, ANSWER);
	expect_answer(SECURED, ANSWER, jcop_bytes_of(secured_answer, 2));
}

static void
test_counts_are_kept_private(void **state)
{
	char path[512];
	struct stat status;

	(void)state;
	write_rules("replay 2\n");
	expect_answer(SECURED, ANSWER, ANSWER);
	snprintf(path, sizeof(path), "%s/fault-state", dir);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static int
send_counted(void *argument)
{
	(void)argument;
	expect_answer(SECURED, ANSWER, ANSWER);
	return 0;
}

static void
test_processes_count_together(void **state)
{
	struct door_child child;

	(void)state;
	write_rules("truncate 3 2\n");
	child = door_test_child(send_counted, NULL);
	assert_int_equal(door_test_status(&child), 0);
	expect_answer(SECURED, ANSWER, ANSWER);
	expect_answer(SECURED, ANSWER, jcop_bytes_of(secured_answer, 2));
}

/* --- through a reader --- */

static const uint8_t select_pki[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xE8, 0x28,
	0xBD, 0x08, 0x0F, 0x01, 0x4E, 0x58, 0x50, 0x30};
static const uint8_t early_cplc[] = {0x80, 0xCA, 0x9F, 0x7F, 0x00};
static const uint8_t applet_version[] = {0x00, 0xCA, 0x01, 0x16, 0x00};

static struct vcard_reader *
connect_reader(void)
{
	char trace[512], message[VCARD_MESSAGE_SIZE];
	struct vcard_reader_config config = {
		.dir = dir, .name = "test", .trace = trace};
	struct vcard_reader *reader;

	snprintf(trace, sizeof(trace), "%s/trace", dir);
	if (vcard_reader_connect(&config, &reader, message) != VCARD_READER_OK)
		fail_msg("%s", message);
	return reader;
}

static enum vcard_reader_result
send_bytes(struct vcard_reader *reader, struct jcop_bytes command,
	unsigned int *sw)
{
	struct jcop_blob response = JCOP_BLOB_INIT;
	char message[VCARD_MESSAGE_SIZE] = "";
	enum vcard_reader_result result =
		vcard_reader_transmit(reader, command, &response, message);

	*sw = 0;
	if (response.len >= 2)
		*sw = (unsigned int)(response.data[response.len - 2] << 8 |
				     response.data[response.len - 1]);
	jcop_blob_free(&response);
	return result;
}

#define SEND(reader, command, sw) send_bytes(reader, JCOP_BYTES(command), sw)

static bool
is_fresh(struct vcard_reader *reader)
{
	unsigned int sw;

	assert_int_equal(SEND(reader, early_cplc, &sw), VCARD_READER_OK);
	return sw == 0x9000;
}

/* The Nth line of the trace, from 0; NULL: there are not so many. */
static json_t *
trace_line(size_t n)
{
	char *text = door_test_read(dir, "trace"), *line, *rest;
	json_t *object = NULL;
	size_t i;

	if (text == NULL)
		return NULL;
	line = strtok_r(text, "\n", &rest);
	for (i = 0; i < n && line != NULL; i++)
		line = strtok_r(NULL, "\n", &rest);
	if (line != NULL) {
		object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(object);
	}
	free(text);
	return object;
}

static void
expect_text(json_t *line, const char *key, const char *value)
{
	json_t *found = json_object_get(line, key);

	assert_non_null(found);
	if (value == NULL)
		assert_true(json_is_null(found));
	else
		assert_string_equal(json_string_value(found), value);
}

static void
test_a_card_removed_before_a_command_did_not_run_it(void **state)
{
	struct vcard_reader *reader = connect_reader();
	char message[VCARD_MESSAGE_SIZE];
	unsigned int sw;
	json_t *line;

	(void)state;
	write_rules("remove before 1 ins=A4\n");
	assert_true(is_fresh(reader));
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_REMOVED);
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_REMOVED);
	line = trace_line(1);
	expect_text(line, "fault", "remove before 1 ins=A4");
	expect_text(line, "sw", NULL);
	expect_text(line, "ins", "A4");
	assert_true(json_is_false(json_object_get(line, "executed")));
	json_decref(line);
	assert_null(trace_line(2));
	assert_int_equal(vcard_reader_insert(dir, message), VCARD_READER_OK);
	assert_int_equal(
		vcard_reader_reconnect(reader, VCARD_SHARED, VCARD_LEAVE),
		VCARD_READER_OK);
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_OK);
	assert_int_equal(sw, 0x9000);
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

static void
test_a_card_removed_after_a_command_ran_it_without_an_answer(void **state)
{
	struct vcard_reader *reader = connect_reader();
	struct vcard_reader_view view;
	unsigned int sw;
	json_t *line;

	(void)state;
	write_rules("remove after 2\n");
	assert_true(is_fresh(reader));
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_REMOVED);
	assert_int_equal(sw, 0);
	line = trace_line(1);
	assert_true(json_is_true(json_object_get(line, "executed")));
	assert_int_equal(
		json_integer_value(json_object_get(line, "wire_response")), 0);
	json_decref(line);
	vcard_reader_look(dir, &view);
	assert_false(view.present);
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

static void
test_a_status_word_replaces_the_command(void **state)
{
	struct vcard_reader *reader = connect_reader();
	unsigned int sw;

	(void)state;
	write_rules("sw 1 6F00 ins=A4\n");
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_OK);
	assert_int_equal(sw, 0x6F00);
	assert_true(is_fresh(reader));
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

static void
test_a_silent_reset_is_seen_by_the_card_only(void **state)
{
	struct vcard_reader *reader = connect_reader();
	unsigned int sw;

	(void)state;
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_OK);
	assert_false(is_fresh(reader));
	write_rules("reset before 1\n");
	assert_true(is_fresh(reader));
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

static void
test_a_wrong_fault_file_stops_commands_and_names_the_line(void **state)
{
	struct vcard_reader *reader = connect_reader();
	struct jcop_blob response = JCOP_BLOB_INIT;
	char message[VCARD_MESSAGE_SIZE] = "";

	(void)state;
	write_rules("# two lines\nremove sometimes\n");
	assert_int_equal(vcard_reader_transmit(reader, JCOP_BYTES(select_pki),
				 &response, message),
		VCARD_READER_UNAVAILABLE);
	assert_non_null(strstr(message, "/fault:2: expected remove before"));
	assert_int_equal(unlink((strcat(strcpy(message, dir), "/fault"))), 0);
	assert_true(is_fresh(reader));
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

/* --- the trace --- */

static void
test_each_command_is_one_line_of_json(void **state)
{
	static const char *const keys[] = {"reader", "dir", "pid", "sequence",
		"cla", "ins", "p1", "p2", "name", "plain_lc", "plain_le",
		"plain_response", "wire_command", "wire_response", "secured",
		"mac_verified", "executed", "sw", "pad", "fault"};
	struct vcard_reader *reader = connect_reader();
	unsigned int sw;
	json_t *line;
	size_t i;

	(void)state;
	assert_int_equal(SEND(reader, select_pki, &sw), VCARD_READER_OK);
	assert_int_equal(SEND(reader, applet_version, &sw), VCARD_READER_OK);
	line = trace_line(1);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(line, keys[i]));
	assert_int_equal(json_object_size(line), i);
	expect_text(line, "reader", "test");
	expect_text(line, "dir", dir);
	expect_text(line, "cla", "00");
	expect_text(line, "ins", "CA");
	expect_text(line, "p1", "01");
	expect_text(line, "p2", "16");
	expect_text(line, "name", "get-data");
	expect_text(line, "sw", "9000");
	expect_text(line, "fault", NULL);
#define NUMBER(key) json_integer_value(json_object_get(line, key))
	assert_int_equal(NUMBER("pid"), getpid());
	assert_int_equal(NUMBER("sequence"), 2);
	assert_int_equal(NUMBER("wire_command"), 5);
	assert_int_equal(NUMBER("wire_response"), 8);
	assert_int_equal(NUMBER("plain_response"), 6);
#undef NUMBER
	assert_true(json_is_true(json_object_get(line, "executed")));
	json_decref(line);
	assert_null(trace_line(2));
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

static void
test_the_trace_is_private_and_has_no_bytes_of_commands(void **state)
{
	/* VERIFY with the value 31 32 .. 38. */
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x04, 0x08, 0x31,
		0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38};
	struct vcard_reader *reader = connect_reader();
	char path[512], *text;
	struct stat status;
	unsigned int sw;

	(void)state;
	assert_int_equal(SEND(reader, verify, &sw), VCARD_READER_OK);
	text = door_test_read(dir, "trace");
	assert_non_null(text);
	assert_null(strstr(text, "12345678"));
	assert_null(strstr(text, "3132333435"));
	free(text);
	snprintf(path, sizeof(path), "%s/trace", dir);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
}

static int
send_often(void *argument)
{
	struct vcard_reader *reader = connect_reader();
	unsigned int sw;
	int i;

	(void)argument;
	for (i = 0; i < 30; i++)
		if (SEND(reader, early_cplc, &sw) != VCARD_READER_OK)
			return 1;
	(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
	return 0;
}

static void
test_processes_share_a_trace_without_tearing_lines(void **state)
{
	struct door_child children[3];
	json_t *line;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		children[i] = door_test_child(send_often, NULL);
	for (i = 0; i < 3; i++)
		assert_int_equal(door_test_status(&children[i]), 0);
	for (i = 0; (line = trace_line(i)) != NULL; i++) {
		assert_int_equal(
			json_integer_value(json_object_get(line, "sequence")),
			i + 1);
		json_decref(line);
	}
	assert_int_equal(i, 90);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_rule_is_read),
		cmocka_unit_test(test_filters_and_data_are_read),
		cmocka_unit_test(test_empty_lines_and_comments_are_no_rules),
		cmocka_unit_test(test_a_wrong_rule_says_what_is_expected),
		T(test_a_byte_is_altered_at_its_command_only),
		T(test_a_negative_byte_counts_from_the_end),
		T(test_the_mac_is_dropped_and_nothing_else),
		T(test_an_answer_is_replaced_by_plain_data),
		T(test_an_answer_is_cut),
		T(test_a_replay_gives_the_answer_before),
		T(test_a_swap_gives_two_commands_the_answer_before),
		T(test_filters_decide_what_is_counted),
		T(test_a_rewritten_file_counts_anew),
		T(test_counts_are_kept_private),
		T(test_processes_count_together),
		T(test_a_card_removed_before_a_command_did_not_run_it),
		T(test_a_card_removed_after_a_command_ran_it_without_an_answer),
		T(test_a_status_word_replaces_the_command),
		T(test_a_silent_reset_is_seen_by_the_card_only),
		T(test_a_wrong_fault_file_stops_commands_and_names_the_line),
		T(test_each_command_is_one_line_of_json),
		T(test_the_trace_is_private_and_has_no_bytes_of_commands),
		T(test_processes_share_a_trace_without_tearing_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
