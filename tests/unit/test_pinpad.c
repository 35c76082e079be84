/*
 * test_pinpad.c: the PIN pad of a virtual reader: what it makes of the
 * structures of PC/SC part 10, and what comes through the provider library.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "door-test.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <winscard.h>
#include <reader.h>

#include "core/blob.h"
#include "virtual-card/pinpad-queue.h"
#include "virtual-card/pinpad.h"

/* What OpenSC asks for: ASCII from the first byte, ended by the key. */
#define ASCII 0x82
#define BY_KEY 0x02

static char *dir;
static struct jcop_blob request, command;
static uint16_t sw;
static char message[VCARD_MESSAGE_SIZE];

static int
set_up(void **state)
{
	(void)state;
	dir = door_test_dir(false);
	message[0] = '\0';
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	jcop_blob_free(&request);
	jcop_blob_free(&command);
	door_test_remove(dir);
	return 0;
}

static void
types(const char *line)
{
	if (vcard_pad_put(dir, line, message) != JCOP_OK)
		fail_msg("%s", message);
}

static size_t
left(void)
{
	size_t count = 99;

	assert_int_equal(vcard_pad_count(dir, &count, message), JCOP_OK);
	return count;
}

static void
add_template(const char *hex)
{
	struct jcop_blob bytes = JCOP_BLOB_INIT;

	assert_int_equal(jcop_blob_from_hex(&bytes, hex), JCOP_OK);
	assert_int_equal(
		jcop_blob_append(&request, bytes.data, bytes.len), JCOP_OK);
	jcop_blob_free(&bytes);
}

static PIN_VERIFY_STRUCTURE
verify_structure(void)
{
	const PIN_VERIFY_STRUCTURE verify = {
		.bTimerOut = 30,
		.bTimerOut2 = 30,
		.bmFormatString = ASCII,
		.wPINMaxExtraDigit = 4 << 8 | 16,
		.bEntryValidationCondition = BY_KEY,
	};

	return verify;
}

static void
ask_verify(PIN_VERIFY_STRUCTURE verify, const char *hex)
{
	verify.ulDataLength += (uint32_t)(strlen(hex) / 2);
	assert_int_equal(
		jcop_blob_set(&request, &verify, sizeof(verify)), JCOP_OK);
	add_template(hex);
	assert_int_equal(vcard_pinpad_verify(dir, jcop_blob_view(&request),
				 &command, &sw, message),
		JCOP_OK);
}

static PIN_MODIFY_STRUCTURE
modify_structure(uint8_t confirm)
{
	const PIN_MODIFY_STRUCTURE modify = {
		.bTimerOut = 30,
		.bTimerOut2 = 30,
		.bmFormatString = 0x02,
		.wPINMaxExtraDigit = 4 << 8 | 16,
		.bConfirmPIN = confirm,
		.bEntryValidationCondition = BY_KEY,
	};

	return modify;
}

static void
ask_modify(PIN_MODIFY_STRUCTURE modify, const char *hex)
{
	modify.ulDataLength += (uint32_t)(strlen(hex) / 2);
	assert_int_equal(
		jcop_blob_set(&request, &modify, sizeof(modify)), JCOP_OK);
	add_template(hex);
	assert_int_equal(vcard_pinpad_modify(dir, jcop_blob_view(&request),
				 &command, &sw, message),
		JCOP_OK);
}

static void
assert_command(const char *hex)
{
	struct jcop_blob wanted = JCOP_BLOB_INIT;

	assert_int_equal(jcop_blob_from_hex(&wanted, hex), JCOP_OK);
	assert_int_equal(sw, 0);
	assert_int_equal(command.len, wanted.len);
	assert_memory_equal(command.data, wanted.data, wanted.len);
	jcop_blob_free(&wanted);
}

static void
assert_refused(uint16_t expected)
{
	assert_int_equal(sw, expected);
	assert_int_equal(command.len, 0);
}

/* --- the queue --- */

static void
the_queue_is_private_and_taken_in_order(void **state)
{
	struct vcard_pad_entry entry;
	struct stat status;
	char path[512];

	(void)state;
	types("type 1234");
	types("cancel");
	types("type 987654");
	snprintf(path, sizeof(path), "%s/pinpad", dir);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(left(), 3);
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_int_equal(entry.key, VCARD_PAD_OK);
	assert_int_equal(entry.len, 4);
	assert_memory_equal(entry.digits, "1234", 4);
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_int_equal(entry.key, VCARD_PAD_CANCEL);
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_memory_equal(entry.digits, "987654", 6);
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_int_equal(entry.key, VCARD_PAD_NOTHING);
}

static void
what_was_typed_is_gone_from_the_file(void **state)
{
	struct vcard_pad_entry entry;
	char *text;

	(void)state;
	types("type 1234");
	types("type 5678");
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	text = door_test_read(dir, "pinpad");
	assert_string_equal(text, "type 5678\n");
	free(text);
}

static void
comments_and_empty_lines_are_no_entries(void **state)
{
	struct vcard_pad_entry entry;

	(void)state;
	door_test_write(
		dir, "pinpad", "# first\n\n  type 4711  \n\n#\ntimeout");
	assert_int_equal(left(), 2);
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_memory_equal(entry.digits, "4711", 4);
	types("cancel"); /* behind a line without end */
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_int_equal(entry.key, VCARD_PAD_NOTHING);
	assert_int_equal(vcard_pad_take(dir, &entry, message), JCOP_OK);
	assert_int_equal(entry.key, VCARD_PAD_CANCEL);
}

static void
a_wrong_line_is_told_without_showing_it(void **state)
{
	static const char *const wrong[] = {"type 12a4", "typ 1234", "1234",
		"cancel now", "type 12 34", "press 1"};
	struct vcard_pad_entry entry;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(vcard_pad_put(dir, wrong[i], message),
			JCOP_ERR_MALFORMED);
		door_test_write(dir, "pinpad", wrong[i]);
		assert_int_equal(vcard_pad_take(dir, &entry, message),
			JCOP_ERR_MALFORMED);
		assert_null(strstr(message, wrong[i]));
		assert_int_equal(left(), 1);
	}
}

/* --- verify --- */

static void
a_typed_pin_becomes_the_body_of_the_command(void **state)
{
	(void)state;
	types("type 48291357");
	ask_verify(verify_structure(), "0020008200");
	assert_command("00200082083438323931333537");
	types("type 1234");
	ask_verify(verify_structure(), "00200001"); /* without Lc */
	assert_command("002000010431323334");
}

static void
a_padded_frame_keeps_its_padding(void **state)
{
	PIN_VERIFY_STRUCTURE verify = verify_structure();

	(void)state;
	verify.bmPINBlockString = 8;
	types("type 1234");
	ask_verify(verify, "0020000108FFFFFFFFFFFFFFFF");
	assert_command("002000010831323334FFFFFFFF");
	/* OpenSC gives frames over 15 bytes no size */
	verify.bmPINBlockString = 0;
	types("type 12345");
	ask_verify(verify, "002000011000000000000000000000000000000000");
	assert_command("002000011031323334350000000000000000000000");
}

static void
an_offset_moves_the_pin(void **state)
{
	PIN_VERIFY_STRUCTURE verify = verify_structure();

	(void)state;
	verify.bmFormatString = ASCII | 2 << 3; /* two bytes */
	types("type 1234");
	ask_verify(verify, "0020000102AABB");
	assert_command("0020000106AABB31323334");
	verify.bmFormatString = 0x02 | 8 << 3; /* eight bits */
	types("type 1234");
	ask_verify(verify, "0020000101AA");
	assert_command("0020000105AA31323334");
}

static void
nobody_types_is_6400_and_cancel_6401(void **state)
{
	(void)state;
	ask_verify(verify_structure(), "0020000100");
	assert_refused(0x6400);
	types("timeout");
	ask_verify(verify_structure(), "0020000100");
	assert_refused(0x6400);
	types("cancel");
	ask_verify(verify_structure(), "0020000100");
	assert_refused(0x6401);
	assert_int_equal(left(), 0);
}

static void
lengths_outside_the_limits_are_6403(void **state)
{
	PIN_VERIFY_STRUCTURE verify = verify_structure();

	(void)state;
	types("type 123");
	ask_verify(verify, "0020000100");
	assert_refused(0x6403);
	types("type");
	ask_verify(verify, "0020000100");
	assert_refused(0x6403);
	types("type 12345678901234567");
	ask_verify(verify, "0020000100");
	assert_refused(0x6403);
	types("type 1234567890123456");
	ask_verify(verify, "0020000100");
	assert_int_equal(sw, 0);
	verify.bmPINBlockString = 6;
	types("type 1234567");
	ask_verify(verify, "0020000106FFFFFFFFFFFF");
	assert_refused(0x6403);
}

static void
without_the_key_an_entry_ends_at_its_maximum(void **state)
{
	PIN_VERIFY_STRUCTURE verify = verify_structure();

	(void)state;
	verify.bEntryValidationCondition = 0x01;
	verify.wPINMaxExtraDigit = 4 << 8 | 4;
	types("type 1234");
	ask_verify(verify, "0020000100");
	assert_command("002000010431323334");
	verify.wPINMaxExtraDigit = 4 << 8 | 6;
	types("type 1234");
	ask_verify(verify, "0020000100");
	assert_refused(0x6400);
}

static void
a_wrong_structure_is_refused_before_anybody_types(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} wrong[] = {
		{2, 0x81},      /* BCD */
		{2, 0x86},      /* right justified */
		{2, 0x0A},      /* one bit further */
		{2, 0x8A},      /* beyond the data */
		{3, 0x08},      /* a frame that the command does not have */
		{3, 0x40},      /* a length field */
		{5, 0x03},      /* least over most: 0x0403 */
		{5, 0x00},      /* most 0 */
		{7, 0x00},      /* it would never end */
		{15, 0x06},     /* length of the command */
		{19 + 1, 0x24}, /* not VERIFY */
		{19 + 4, 0x01}, /* Lc without data */
	};
	PIN_VERIFY_STRUCTURE verify = verify_structure();
	size_t i;

	(void)state;
	types("type 1234");
	ask_verify(verify, "0020000100");
	assert_int_equal(sw, 0); /* as it stands it is fine */
	types("type 1234");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t before = request.data[wrong[i].offset];

		request.data[wrong[i].offset] = wrong[i].value;
		assert_int_equal(
			vcard_pinpad_verify(dir, jcop_blob_view(&request),
				&command, &sw, message),
			JCOP_OK);
		if (sw != 0x6B80)
			fail_msg("case %zu: %04X", i, sw);
		assert_int_equal(command.len, 0);
		assert_int_equal(left(), 1);
		request.data[wrong[i].offset] = before;
	}
	jcop_blob_truncate(&request, sizeof(verify) + 3);
	assert_int_equal(vcard_pinpad_verify(dir, jcop_blob_view(&request),
				 &command, &sw, message),
		JCOP_OK);
	assert_refused(0x6B80);
	jcop_blob_truncate(&request, 3);
	assert_int_equal(vcard_pinpad_verify(dir, jcop_blob_view(&request),
				 &command, &sw, message),
		JCOP_OK);
	assert_refused(0x6B80);
	assert_int_equal(left(), 1);
}

/* --- modify --- */

static void
a_new_pin_is_typed_twice(void **state)
{
	(void)state;
	types("type 48291357");
	types("type 48291357");
	ask_modify(modify_structure(1), "0024010100");
	assert_command("00240101083438323931333537");
	types("type 4829");
	ask_modify(modify_structure(0), "002C020100");
	assert_command("002C02010434383239");
}

static void
another_confirmation_is_6402(void **state)
{
	(void)state;
	types("type 4829");
	types("type 4828");
	ask_modify(modify_structure(1), "0024010100");
	assert_refused(0x6402);
	types("type 4829");
	types("type 48290");
	ask_modify(modify_structure(1), "0024010100");
	assert_refused(0x6402);
	assert_int_equal(left(), 0);
}

static void
cancel_and_timeout_end_a_change_at_any_of_its_steps(void **state)
{
	(void)state;
	types("cancel");
	ask_modify(modify_structure(1), "0024010100");
	assert_refused(0x6401);
	types("type 4829");
	types("cancel");
	ask_modify(modify_structure(1), "0024010100");
	assert_refused(0x6401);
	types("type 4829");
	ask_modify(modify_structure(1), "0024010100");
	assert_refused(0x6400);
	types("type 482");
	types("type 4829");
	ask_modify(modify_structure(1), "0024010100");
	assert_refused(0x6403);
	assert_int_equal(left(), 1);
}

static void
old_and_new_pin_have_their_places_in_fixed_frames(void **state)
{
	PIN_MODIFY_STRUCTURE modify = modify_structure(3);

	(void)state;
	modify.bmPINBlockString = 8;
	modify.bInsertionOffsetNew = 8;
	types("type 1234");
	types("type 567890");
	types("type 567890");
	ask_modify(modify, "0024000110FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
	assert_command("002400011031323334FFFFFFFF353637383930FFFF");
}

static void
a_supplied_old_pin_stands_before_the_typed_new_one(void **state)
{
	PIN_MODIFY_STRUCTURE modify = modify_structure(1);

	(void)state;
	modify.bInsertionOffsetNew = 4;
	types("type 567890");
	types("type 567890");
	ask_modify(modify, "00240001"
			   "04"
			   "31323334");
	assert_command("00240001"
		       "0A"
		       "31323334"
		       "353637383930");
}

static void
an_old_pin_of_unknown_length_has_no_place(void **state)
{
	(void)state;
	types("type 1234");
	ask_modify(modify_structure(3), "0024000100");
	assert_refused(0x6B80);
	assert_int_equal(left(), 1);
}

static void
an_old_pin_does_not_run_into_the_new_one(void **state)
{
	PIN_MODIFY_STRUCTURE modify = modify_structure(2);

	(void)state;
	modify.bInsertionOffsetNew = 4;
	types("type 12345");
	types("type 5678");
	ask_modify(modify, "0024000108"
			   "FFFFFFFFFFFFFFFF");
	assert_refused(0x6403);
}

static void
a_modification_is_change_or_reset_only(void **state)
{
	(void)state;
	types("type 1234");
	ask_modify(modify_structure(0), "0020000100");
	assert_refused(0x6B80);
	ask_modify(modify_structure(0), "00D6000000");
	assert_refused(0x6B80);
	assert_int_equal(left(), 1);
}

/* --- through the provider library --- */

#define FUNCTIONS(X)             \
	X(SCardEstablishContext) \
	X(SCardReleaseContext)   \
	X(SCardListReaders)      \
	X(SCardConnect)          \
	X(SCardDisconnect)       \
	X(SCardControl)          \
	X(SCardTransmit)

static struct {
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
} pcsc;

static SCARDCONTEXT context;
static SCARDHANDLE card;

static void
connect_to_reader(const char *options)
{
	static void *library;
	char name[MAX_READERNAME], trace[512];
	DWORD len = sizeof(name), protocol;

	if (library == NULL)
		library = dlopen(PROVIDER, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(library);
#define LOAD(name) *(void **)&pcsc.name = dlsym(library, #name);
	FUNCTIONS(LOAD)
#undef LOAD
	door_test_write(dir, "reader", options);
	snprintf(trace, sizeof(trace), "%s/trace", dir);
	setenv("JCOP45_VCARD_TRACE", trace, 1);
	setenv("JCOP45_VCARD", dir, 1);
	assert_int_equal(pcsc.SCardEstablishContext(
				 SCARD_SCOPE_USER, NULL, NULL, &context),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardListReaders(context, NULL, name, &len),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardConnect(context, name, SCARD_SHARE_SHARED,
				 SCARD_PROTOCOL_T1, &card, &protocol),
		SCARD_S_SUCCESS);
}

static void
disconnect(void)
{
	assert_int_equal(
		pcsc.SCardDisconnect(card, SCARD_RESET_CARD), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardReleaseContext(context), SCARD_S_SUCCESS);
}

/* The control code of a feature; 0: the reader has it not. */
static DWORD
code_of(uint8_t tag)
{
	PCSC_TLV_STRUCTURE list[8];
	DWORD len = 0, i;

	assert_int_equal(pcsc.SCardControl(card, CM_IOCTL_GET_FEATURE_REQUEST,
				 NULL, 0, list, sizeof(list), &len),
		SCARD_S_SUCCESS);
	assert_int_equal(len % sizeof(list[0]), 0);
	for (i = 0; i < len / sizeof(list[0]); i++)
		if (list[i].tag == tag)
			return ntohl(list[i].value);
	return 0;
}

static long
use_pad(uint8_t tag)
{
	uint8_t answer[300];
	DWORD len = sizeof(answer);

	assert_int_equal(pcsc.SCardControl(card, code_of(tag), request.data,
				 request.len, answer, sizeof(answer), &len),
		SCARD_S_SUCCESS);
	assert_int_equal(len, 2); /* and no byte more */
	return answer[0] << 8 | answer[1];
}

static void
set_verify(const char *hex)
{
	PIN_VERIFY_STRUCTURE verify = verify_structure();

	verify.ulDataLength = (uint32_t)(strlen(hex) / 2);
	assert_int_equal(
		jcop_blob_set(&request, &verify, sizeof(verify)), JCOP_OK);
	add_template(hex);
}

static long
pad_verify(const char *hex)
{
	set_verify(hex);
	return use_pad(FEATURE_VERIFY_PIN_DIRECT);
}

static long
pad_modify(const char *hex)
{
	PIN_MODIFY_STRUCTURE modify = modify_structure(1);

	modify.ulDataLength = (uint32_t)(strlen(hex) / 2);
	assert_int_equal(
		jcop_blob_set(&request, &modify, sizeof(modify)), JCOP_OK);
	add_template(hex);
	return use_pad(FEATURE_MODIFY_PIN_DIRECT);
}

static void
select_pki(void)
{
	static const BYTE select[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xE8, 0x28,
		0xBD, 0x08, 0x0F, 0x01, 0x4E, 0x58, 0x50, 0x30};
	static const SCARD_IO_REQUEST t1 = {
		SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
	BYTE answer[2];
	DWORD len = sizeof(answer);

	assert_int_equal(pcsc.SCardTransmit(card, &t1, select, sizeof(select),
				 NULL, answer, &len),
		SCARD_S_SUCCESS);
	assert_int_equal(answer[0], 0x90);
}

/* What the issuer knows. */
static void
type_transport_pin(void)
{
	char *pin = door_test_read(dir, "issuer/transport-pin"), line[64];

	assert_non_null(pin);
	snprintf(line, sizeof(line), "type %.*s", (int)strcspn(pin, "\n"), pin);
	free(pin);
	types(line);
}

static size_t
lines_with(const char *words)
{
	char *text = door_test_read(dir, "trace"), *at = text;
	size_t count = 0;

	while (text != NULL && (at = strstr(at, words)) != NULL) {
		count++;
		at++;
	}
	free(text);
	return count;
}

static void
a_reader_without_pad_has_no_such_feature(void **state)
{
	uint8_t answer[2];
	DWORD len;

	(void)state;
	connect_to_reader("pinpad = no\n");
	assert_int_equal(code_of(FEATURE_VERIFY_PIN_DIRECT), 0);
	assert_int_equal(code_of(FEATURE_MODIFY_PIN_DIRECT), 0);
	assert_int_equal(
		pcsc.SCardControl(card,
			SCARD_CTL_CODE(3500 + FEATURE_VERIFY_PIN_DIRECT), NULL,
			0, answer, sizeof(answer), &len),
		SCARD_E_UNSUPPORTED_FEATURE);
	disconnect();
}

static void
a_pad_announces_itself_and_no_display(void **state)
{
	PIN_PROPERTIES_STRUCTURE properties = {.wLcdLayout = 1};
	DWORD len = 0;

	(void)state;
	connect_to_reader("pinpad = yes\n");
	assert_int_not_equal(code_of(FEATURE_VERIFY_PIN_DIRECT), 0);
	assert_int_not_equal(code_of(FEATURE_MODIFY_PIN_DIRECT), 0);
	assert_int_not_equal(code_of(FEATURE_GET_TLV_PROPERTIES), 0);
	assert_int_equal(
		pcsc.SCardControl(card, code_of(FEATURE_IFD_PIN_PROPERTIES),
			NULL, 0, &properties, sizeof(properties), &len),
		SCARD_S_SUCCESS);
	assert_int_equal(len, sizeof(properties));
	assert_int_equal(properties.wLcdLayout, 0);
	disconnect();
}

static void
the_host_gets_the_status_word_of_the_card_and_nothing_else(void **state)
{
	(void)state;
	connect_to_reader("pinpad = yes\n");
	select_pki();
	types("type 00000000");
	assert_int_equal(pad_verify("0020000400"), 0x63C2);
	type_transport_pin();
	assert_int_equal(pad_verify("0020000400"), 0x9000);
	types("type 48291357");
	types("type 48291357");
	assert_int_equal(pad_modify("0024010100"), 0x9000);
	assert_int_equal(left(), 0);
	disconnect();
}

static void
the_card_never_sees_what_the_reader_refuses(void **state)
{
	(void)state;
	connect_to_reader("pinpad = yes\n");
	select_pki();
	assert_int_equal(pad_verify("0020000400"), 0x6400);
	types("cancel");
	assert_int_equal(pad_verify("0020000400"), 0x6401);
	types("type 4829");
	types("type 4820");
	assert_int_equal(pad_modify("0024010100"), 0x6402);
	types("type 12");
	assert_int_equal(pad_verify("0020000400"), 0x6403);
	assert_int_equal(lines_with("\"ins\""), 1);
	type_transport_pin();
	assert_int_equal(pad_verify("0020000400"), 0x9000);
	disconnect();
}

static void
the_trace_marks_what_was_typed_and_does_not_tell_it(void **state)
{
	(void)state;
	connect_to_reader("pinpad = yes\n");
	select_pki();
	types("type 48291357");
	assert_int_equal(pad_verify("0020000400"), 0x63C2);
	assert_int_equal(lines_with("\"pad\":false"), 1);
	assert_int_equal(lines_with("\"pad\":true"), 1);
	assert_int_equal(lines_with("48291357"), 0);
	assert_int_equal(lines_with("3438323931333537"), 0);
	disconnect();
}

static void
a_wrong_line_in_the_queue_is_not_passed_over(void **state)
{
	uint8_t answer[2];
	DWORD len;

	(void)state;
	connect_to_reader("pinpad = yes\n");
	door_test_write(dir, "pinpad", "press 1234\n");
	set_verify("0020000400");
	len = 0;
	assert_int_equal(
		pcsc.SCardControl(card, code_of(FEATURE_VERIFY_PIN_DIRECT),
			request.data, request.len, answer, sizeof(answer),
			&len),
		SCARD_F_INTERNAL_ERROR);
	assert_int_equal(len, 0);
	assert_int_equal(lines_with("\"ins\""), 0);
	disconnect();
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_queue_is_private_and_taken_in_order),
		T(what_was_typed_is_gone_from_the_file),
		T(comments_and_empty_lines_are_no_entries),
		T(a_wrong_line_is_told_without_showing_it),
		T(a_typed_pin_becomes_the_body_of_the_command),
		T(a_padded_frame_keeps_its_padding),
		T(an_offset_moves_the_pin),
		T(nobody_types_is_6400_and_cancel_6401),
		T(lengths_outside_the_limits_are_6403),
		T(without_the_key_an_entry_ends_at_its_maximum),
		T(a_wrong_structure_is_refused_before_anybody_types),
		T(a_new_pin_is_typed_twice),
		T(another_confirmation_is_6402),
		T(cancel_and_timeout_end_a_change_at_any_of_its_steps),
		T(old_and_new_pin_have_their_places_in_fixed_frames),
		T(a_supplied_old_pin_stands_before_the_typed_new_one),
		T(an_old_pin_of_unknown_length_has_no_place),
		T(an_old_pin_does_not_run_into_the_new_one),
		T(a_modification_is_change_or_reset_only),
		T(a_reader_without_pad_has_no_such_feature),
		T(a_pad_announces_itself_and_no_display),
		T(the_host_gets_the_status_word_of_the_card_and_nothing_else),
		T(the_card_never_sees_what_the_reader_refuses),
		T(the_trace_marks_what_was_typed_and_does_not_tell_it),
		T(a_wrong_line_in_the_queue_is_not_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
