/*
 * test_pcsc_door.c: the PC/SC provider library, loaded as OpenSC loads it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "door-test.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <winscard.h>
#include <reader.h>

/* --- the library --- */

#define FUNCTIONS(X)             \
	X(SCardEstablishContext) \
	X(SCardReleaseContext)   \
	X(SCardIsValidContext)   \
	X(SCardListReaders)      \
	X(SCardListReaderGroups) \
	X(SCardFreeMemory)       \
	X(SCardConnect)          \
	X(SCardReconnect)        \
	X(SCardDisconnect)       \
	X(SCardBeginTransaction) \
	X(SCardEndTransaction)   \
	X(SCardStatus)           \
	X(SCardGetStatusChange)  \
	X(SCardCancel)           \
	X(SCardControl)          \
	X(SCardGetAttrib)        \
	X(SCardSetAttrib)        \
	X(SCardTransmit)

static struct {
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
} pcsc;

static void *library;

static int
load_library(void **state)
{
	(void)state;
	library = dlopen(PROVIDER, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return -1;
	}
#define LOAD(name) *(void **)&pcsc.name = dlsym(library, #name);
	FUNCTIONS(LOAD)
#undef LOAD
	return 0;
}

static int
unload_library(void **state)
{
	(void)state;
	return dlclose(library);
}

/* --- a reader, a card, a context --- */

static char *dir;
static char name[MAX_READERNAME];
static SCARDCONTEXT context;

static void
name_reader(const char *path, unsigned int index, char *out)
{
	snprintf(out, MAX_READERNAME, "Virtual reader %02u 00 (%s)", index,
		strrchr(path, '/') + 1);
}

static int
set_up(void **state)
{
	(void)state;
	unsetenv("JCOP45_VCARD_TRACE");
	unsetenv("JCOP45_VCARD_READERS");
	dir = door_test_dir(false);
	setenv("JCOP45_VCARD", dir, 1);
	name_reader(dir, 0, name);
	return pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL,
		       &context) == SCARD_S_SUCCESS
		       ? 0
		       : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	pcsc.SCardReleaseContext(context);
	door_test_remove(dir);
	return 0;
}

static LONG
connect_as(SCARDCONTEXT where, DWORD share, SCARDHANDLE *card)
{
	DWORD protocol;

	return pcsc.SCardConnect(where, name, share,
		SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, card, &protocol);
}

static SCARDHANDLE
connected(void)
{
	SCARDHANDLE card;

	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &card),
		SCARD_S_SUCCESS);
	return card;
}

static LONG
reconnect(SCARDHANDLE card, DWORD initialization)
{
	DWORD protocol;

	return pcsc.SCardReconnect(card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1,
		initialization, &protocol);
}

static const SCARD_IO_REQUEST t1 = {
	SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};

static LONG
transmit(SCARDHANDLE card, const BYTE *command, DWORD len, BYTE *answer,
	DWORD *answer_len)
{
	return pcsc.SCardTransmit(
		card, &t1, command, len, NULL, answer, answer_len);
}

/* SELECT of the PKI application, and CPLC before any selection. */
static const BYTE select_pki[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xE8, 0x28,
	0xBD, 0x08, 0x0F, 0x01, 0x4E, 0x58, 0x50, 0x30};
static const BYTE early_cplc[] = {0x80, 0xCA, 0x9F, 0x7F, 0x00};
static const BYTE applet_version[] = {0x00, 0xCA, 0x01, 0x16, 0x00};

/* The status word, or the PC/SC error. */
static LONG
status_word(SCARDHANDLE card, const BYTE *command, DWORD len)
{
	BYTE answer[512];
	DWORD got = sizeof(answer);
	LONG rv = transmit(card, command, len, answer, &got);

	if (rv != SCARD_S_SUCCESS)
		return rv;
	return answer[got - 2] << 8 | answer[got - 1];
}

static LONG
select_application(SCARDHANDLE card)
{
	return status_word(card, select_pki, sizeof(select_pki));
}

/* What only a freshly reset card answers. */
static bool
is_fresh(SCARDHANDLE card)
{
	LONG sw = status_word(card, early_cplc, sizeof(early_cplc));

	if (sw > 0xFFFF || sw < 0x6000)
		fail_msg("no answer: %08lX", (unsigned long)sw);
	return sw == 0x9000;
}

static void
run_program(const char *verb)
{
	char command[1024];

	snprintf(command, sizeof(command), "%s %s '%s'", PROGRAM, verb, dir);
	assert_int_equal(system(command), 0);
}

/* --- contexts and readers --- */

static void
test_the_library_exports_pcsc_functions_and_nothing_of_the_card(void **state)
{
	(void)state;
#define CHECK(name) assert_non_null(*(void **)&pcsc.name);
	FUNCTIONS(CHECK)
#undef CHECK
	assert_non_null(dlsym(library, "g_rgSCardT0Pci"));
	assert_non_null(dlsym(library, "g_rgSCardT1Pci"));
	assert_non_null(dlsym(library, "g_rgSCardRawPci"));
	assert_null(dlsym(library, "vcard_reader_connect"));
	assert_null(dlsym(library, "pcsc_handle_get"));
}

static void
test_a_released_context_is_not_valid_any_more(void **state)
{
	SCARDCONTEXT other;
	DWORD len = 0;

	(void)state;
	assert_int_equal(pcsc.SCardEstablishContext(
				 SCARD_SCOPE_SYSTEM, NULL, NULL, &other),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardIsValidContext(other), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardReleaseContext(other), SCARD_S_SUCCESS);
	assert_int_equal(
		pcsc.SCardIsValidContext(other), SCARD_E_INVALID_HANDLE);
	assert_int_equal(pcsc.SCardListReaders(other, NULL, NULL, &len),
		SCARD_E_INVALID_HANDLE);
	assert_int_equal(
		pcsc.SCardReleaseContext(other), SCARD_E_INVALID_HANDLE);
}

static void
test_each_directory_is_a_reader(void **state)
{
	char *second = door_test_dir(false), *empty = door_test_dir(true);
	char paths[1024], expected[3][MAX_READERNAME], list[512], *at = list;
	DWORD len = 0, i;

	(void)state;
	snprintf(paths, sizeof(paths), "%s:%s:%s/", dir, second, empty);
	setenv("JCOP45_VCARD", paths, 1);
	name_reader(dir, 0, expected[0]);
	name_reader(second, 1, expected[1]);
	name_reader(empty, 2, expected[2]);
	assert_int_equal(pcsc.SCardListReaders(context, NULL, NULL, &len),
		SCARD_S_SUCCESS);
	assert_true(len < sizeof(list));
	assert_int_equal(pcsc.SCardListReaders(context, NULL, list, &len),
		SCARD_S_SUCCESS);
	for (i = 0; i < 3; i++) {
		assert_string_equal(at, expected[i]);
		at += strlen(at) + 1;
	}
	assert_int_equal(*at, 0);
	assert_int_equal(at + 1 - list, len);
	door_test_remove(second);
	door_test_remove(empty);
}

static void
test_cards_in_several_readers_do_not_touch_each_other(void **state)
{
	char *second = door_test_dir(false);
	char paths[1024], second_name[MAX_READERNAME];
	SCARDHANDLE a, b;
	DWORD protocol;

	(void)state;
	snprintf(paths, sizeof(paths), "%s:%s", dir, second);
	setenv("JCOP45_VCARD", paths, 1);
	name_reader(second, 1, second_name);
	a = connected();
	assert_int_equal(
		pcsc.SCardConnect(context, second_name, SCARD_SHARE_EXCLUSIVE,
			SCARD_PROTOCOL_T1, &b, &protocol),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardBeginTransaction(a), SCARD_S_SUCCESS);
	assert_int_equal(select_application(a), 0x9000);
	assert_true(is_fresh(b));
	assert_int_equal(
		pcsc.SCardDisconnect(b, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	door_test_remove(second);
}

static void
test_a_reader_can_speak_t0_and_then_carries_its_tpdus_only(void **state)
{
	static const BYTE le_behind_data[] = {
		0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00, 0x00};
	static const BYTE version[] = {0x00, 0xCA, 0x01, 0x16, 0x06};
	BYTE answer[300];
	SCARD_IO_REQUEST t0 = {SCARD_PROTOCOL_T0, sizeof(t0)};
	DWORD protocol, len = sizeof(answer);
	SCARDHANDLE card;

	(void)state;
	door_test_write(dir, "reader", "protocol = T=0\n");
	assert_int_equal(pcsc.SCardConnect(context, name, SCARD_SHARE_SHARED,
				 SCARD_PROTOCOL_T1, &card, &protocol),
		SCARD_E_PROTO_MISMATCH);
	assert_int_equal(pcsc.SCardConnect(context, name, SCARD_SHARE_SHARED,
				 SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card,
				 &protocol),
		SCARD_S_SUCCESS);
	assert_int_equal(protocol, SCARD_PROTOCOL_T0);
	assert_int_equal(pcsc.SCardTransmit(card, &t0, le_behind_data,
				 sizeof(le_behind_data), NULL, answer, &len),
		SCARD_E_NOT_TRANSACTED);
	len = sizeof(answer);
	assert_int_equal(pcsc.SCardTransmit(card, &t0, select_pki,
				 sizeof(select_pki), NULL, answer, &len),
		SCARD_S_SUCCESS);
	len = sizeof(answer);
	assert_int_equal(pcsc.SCardTransmit(card, &t0, applet_version,
				 sizeof(applet_version), NULL, answer, &len),
		SCARD_S_SUCCESS);
	assert_int_equal(len, 2);
	assert_memory_equal(answer, "\x6C\x06", 2);
	len = sizeof(answer);
	assert_int_equal(pcsc.SCardTransmit(card, &t0, version, sizeof(version),
				 NULL, answer, &len),
		SCARD_S_SUCCESS);
	assert_int_equal(len, 8);
	assert_int_equal(
		pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
}

static void
test_without_directories_there_are_no_readers(void **state)
{
	DWORD len = 0;

	(void)state;
	setenv("JCOP45_VCARD", "", 1);
	assert_int_equal(pcsc.SCardListReaders(context, NULL, NULL, &len),
		SCARD_E_NO_READERS_AVAILABLE);
}

static void
test_a_file_can_list_the_readers(void **state)
{
	char *place = door_test_dir(true), file[512], text[1024];
	SCARDHANDLE card;

	(void)state;
	unsetenv("JCOP45_VCARD");
	snprintf(file, sizeof(file), "%s/readers", place);
	snprintf(text, sizeof(text), "# my readers\n\n  %s  \n", dir);
	door_test_write(place, "readers", text);
	setenv("JCOP45_VCARD_READERS", file, 1);
	card = connected();
	assert_int_equal(select_application(card), 0x9000);
	door_test_remove(place);
}

static void
test_memory_is_allocated_on_request(void **state)
{
	DWORD len = SCARD_AUTOALLOCATE;
	char *list = NULL;

	(void)state;
	assert_int_equal(
		pcsc.SCardListReaders(context, NULL, (LPSTR)&list, &len),
		SCARD_S_SUCCESS);
	assert_string_equal(list, name);
	assert_int_equal(pcsc.SCardFreeMemory(context, list), SCARD_S_SUCCESS);
	len = 3;
	list = (char *)&context;
	assert_int_equal(pcsc.SCardListReaders(context, NULL, list, &len),
		SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(len, strlen(name) + 2);
	len = 0;
	assert_int_equal(pcsc.SCardListReaderGroups(context, NULL, &len),
		SCARD_S_SUCCESS);
	assert_true(len > 2);
}

/* --- connecting --- */

static void
test_status_names_reader_protocol_and_atr(void **state)
{
	static const BYTE expected[] = {0x3B, 0xD5, 0x18, 0xFF, 0x80, 0xB1,
		0xFE, 0x45, 0x1F, 0xC3, 0x80, 0x73, 0xC8, 0x21, 0x10, 0x6E};
	SCARDHANDLE card = connected();
	char found[MAX_READERNAME];
	BYTE atr[MAX_ATR_SIZE];
	DWORD len = sizeof(found), card_state, protocol, atr_len = sizeof(atr);

	(void)state;
	assert_int_equal(pcsc.SCardStatus(card, found, &len, &card_state,
				 &protocol, atr, &atr_len),
		SCARD_S_SUCCESS);
	assert_string_equal(found, name);
	assert_int_equal(len, strlen(name) + 1);
	assert_int_equal(protocol, SCARD_PROTOCOL_T1);
	assert_true(card_state & SCARD_PRESENT);
	assert_int_equal(atr_len, sizeof(expected));
	assert_memory_equal(atr, expected, sizeof(expected));
	atr_len = sizeof(atr);
	memset(atr, 0, sizeof(atr));
	assert_int_equal(
		pcsc.SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, atr, &atr_len),
		SCARD_S_SUCCESS);
	assert_memory_equal(atr, expected, sizeof(expected));
}

static void
test_wrong_handles_readers_and_modes_are_refused(void **state)
{
	SCARDHANDLE card = connected(), other;
	BYTE answer[300];
	DWORD protocol, len = sizeof(answer);

	(void)state;
	assert_int_equal(
		pcsc.SCardConnect(context, "No such reader", SCARD_SHARE_SHARED,
			SCARD_PROTOCOL_T1, &other, &protocol),
		SCARD_E_UNKNOWN_READER);
	assert_int_equal(
		connect_as(context, 99, &other), SCARD_E_INVALID_VALUE);
	assert_int_equal(connect_as(context + 1000, SCARD_SHARE_SHARED, &other),
		SCARD_E_INVALID_HANDLE);
	assert_int_equal(pcsc.SCardConnect(context, name, SCARD_SHARE_SHARED,
				 SCARD_PROTOCOL_RAW, &other, &protocol),
		SCARD_E_PROTO_MISMATCH);
	assert_int_equal(pcsc.SCardBeginTransaction(card + 1000),
		SCARD_E_INVALID_HANDLE);
	/* A context is no handle. */
	assert_int_equal(
		pcsc.SCardBeginTransaction(context), SCARD_E_INVALID_HANDLE);
	assert_int_equal(
		pcsc.SCardTransmit(card, dlsym(library, "g_rgSCardT0Pci"),
			applet_version, sizeof(applet_version), NULL, answer,
			&len),
		SCARD_E_PROTO_MISMATCH);
	len = 4;
	assert_int_equal(transmit(card, applet_version, sizeof(applet_version),
				 answer, &len),
		SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(len, 8);
	assert_int_equal(
		pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD),
		SCARD_E_INVALID_HANDLE);
}

static void
test_releasing_a_context_ends_its_handles(void **state)
{
	SCARDCONTEXT other;
	SCARDHANDLE card, next;

	(void)state;
	assert_int_equal(pcsc.SCardEstablishContext(
				 SCARD_SCOPE_USER, NULL, NULL, &other),
		SCARD_S_SUCCESS);
	assert_int_equal(connect_as(other, SCARD_SHARE_EXCLUSIVE, &card),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardReleaseContext(other), SCARD_S_SUCCESS);
	assert_int_equal(select_application(card), SCARD_E_INVALID_HANDLE);
	next = connected();
	assert_int_equal(select_application(next), 0x9000);
}

static void
test_an_exclusive_handle_keeps_others_out_and_needs_to_be_alone(void **state)
{
	SCARDHANDLE card, other;

	(void)state;
	assert_int_equal(connect_as(context, SCARD_SHARE_EXCLUSIVE, &card),
		SCARD_S_SUCCESS);
	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &other),
		SCARD_E_SHARING_VIOLATION);
	assert_int_equal(connect_as(context, SCARD_SHARE_DIRECT, &other),
		SCARD_E_SHARING_VIOLATION);
	assert_int_equal(reconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_int_equal(connect_as(context, SCARD_SHARE_EXCLUSIVE, &other),
		SCARD_E_SHARING_VIOLATION);
	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &other),
		SCARD_S_SUCCESS);
}

static int
hold_exclusively(void *argument)
{
	SCARDCONTEXT own;
	SCARDHANDLE card;

	(void)argument;
	if (pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &own) !=
			SCARD_S_SUCCESS ||
		connect_as(own, SCARD_SHARE_EXCLUSIVE, &card) !=
			SCARD_S_SUCCESS ||
		pcsc.SCardBeginTransaction(card) != SCARD_S_SUCCESS ||
		select_application(card) != 0x9000)
		return 1;
	door_test_say('e');
	door_test_listen();
	return 0;
}

static void
test_an_exclusive_handle_of_another_process_keeps_us_out(void **state)
{
	struct door_child child = door_test_child(hold_exclusively, NULL);
	SCARDHANDLE card;

	(void)state;
	door_test_await(&child, 'e');
	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &card),
		SCARD_E_SHARING_VIOLATION);
	door_test_tell(&child);
	assert_int_equal(door_test_status(&child), 0);
	card = connected();
	assert_true(is_fresh(card));
}

static void
test_a_killed_process_leaves_its_handle_and_transaction(void **state)
{
	struct door_child child = door_test_child(hold_exclusively, NULL);
	SCARDHANDLE card;

	(void)state;
	door_test_await(&child, 'e');
	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &card),
		SCARD_E_SHARING_VIOLATION);
	door_test_kill(&child);
	card = connected();
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	/* It was the last one there: the card was reset. */
	assert_true(is_fresh(card));
}

/* --- the card's state --- */

static void
test_the_card_keeps_its_state_until_the_last_handle_is_gone(void **state)
{
	SCARDHANDLE a = connected(), b = connected(), c;

	(void)state;
	assert_true(is_fresh(a));
	assert_int_equal(select_application(a), 0x9000);
	assert_false(is_fresh(b));
	assert_int_equal(
		pcsc.SCardDisconnect(a, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_false(is_fresh(b));
	c = connected();
	assert_int_equal(
		pcsc.SCardDisconnect(b, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_false(is_fresh(c));
	assert_int_equal(
		pcsc.SCardDisconnect(c, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	a = connected();
	assert_true(is_fresh(a));
}

static int
select_and_stay(void *argument)
{
	SCARDCONTEXT own;
	SCARDHANDLE card;

	(void)argument;
	if (pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &own) !=
			SCARD_S_SUCCESS ||
		connect_as(own, SCARD_SHARE_SHARED, &card) != SCARD_S_SUCCESS ||
		select_application(card) != 0x9000)
		return 1;
	door_test_say('s');
	door_test_listen();
	return pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD) != SCARD_S_SUCCESS;
}

static void
test_processes_share_the_state_of_the_card(void **state)
{
	struct door_child child = door_test_child(select_and_stay, NULL);
	SCARDHANDLE card;

	(void)state;
	door_test_await(&child, 's');
	card = connected();
	assert_false(is_fresh(card));
	door_test_tell(&child);
	assert_int_equal(door_test_status(&child), 0);
	assert_false(is_fresh(card));
}

static void
test_a_reset_by_another_handle_is_told_until_reconnect(void **state)
{
	SCARDHANDLE a = connected(), b = connected();
	BYTE atr[MAX_ATR_SIZE];
	DWORD atr_len = sizeof(atr);

	(void)state;
	assert_int_equal(select_application(a), 0x9000);
	assert_int_equal(reconnect(b, SCARD_RESET_CARD), SCARD_S_SUCCESS);
	assert_true(is_fresh(b));
	assert_int_equal(select_application(a), SCARD_W_RESET_CARD);
	assert_int_equal(pcsc.SCardBeginTransaction(a), SCARD_W_RESET_CARD);
	assert_int_equal(
		pcsc.SCardStatus(a, NULL, NULL, NULL, NULL, atr, &atr_len),
		SCARD_W_RESET_CARD);
	assert_int_equal(select_application(a), SCARD_W_RESET_CARD);
	assert_int_equal(reconnect(a, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_true(is_fresh(a));
	assert_int_equal(select_application(a), 0x9000);
	assert_false(is_fresh(b));
}

static void
test_the_end_of_a_transaction_or_handle_can_reset(void **state)
{
	SCARDHANDLE a = connected(), b = connected();

	(void)state;
	assert_int_equal(pcsc.SCardBeginTransaction(a), SCARD_S_SUCCESS);
	assert_int_equal(select_application(a), 0x9000);
	assert_int_equal(
		pcsc.SCardEndTransaction(a, SCARD_RESET_CARD), SCARD_S_SUCCESS);
	assert_true(is_fresh(a));
	assert_int_equal(select_application(b), SCARD_W_RESET_CARD);
	assert_int_equal(reconnect(b, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_int_equal(select_application(b), 0x9000);
	assert_int_equal(
		pcsc.SCardDisconnect(b, SCARD_UNPOWER_CARD), SCARD_S_SUCCESS);
	assert_int_equal(select_application(a), SCARD_W_RESET_CARD);
}

static int
reset_once(void *argument)
{
	SCARDCONTEXT own;
	SCARDHANDLE card;

	(void)argument;
	if (pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &own) !=
			SCARD_S_SUCCESS ||
		connect_as(own, SCARD_SHARE_SHARED, &card) != SCARD_S_SUCCESS)
		return 1;
	return pcsc.SCardDisconnect(card, SCARD_RESET_CARD) != SCARD_S_SUCCESS;
}

static void
test_a_reset_by_another_process_is_told(void **state)
{
	SCARDHANDLE card = connected();
	struct door_child child;

	(void)state;
	assert_int_equal(select_application(card), 0x9000);
	child = door_test_child(reset_once, NULL);
	assert_int_equal(door_test_status(&child), 0);
	assert_int_equal(select_application(card), SCARD_W_RESET_CARD);
	assert_int_equal(reconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_true(is_fresh(card));
}

/* --- transactions --- */

#define HELD_MS 200

static int
hold_transaction(void *argument)
{
	SCARDCONTEXT own;
	SCARDHANDLE card;

	(void)argument;
	if (pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &own) !=
			SCARD_S_SUCCESS ||
		connect_as(own, SCARD_SHARE_SHARED, &card) != SCARD_S_SUCCESS ||
		pcsc.SCardBeginTransaction(card) != SCARD_S_SUCCESS)
		return 1;
	door_test_say('t');
	usleep(HELD_MS * 1000);
	if (select_application(card) != 0x9000)
		return 2;
	return pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD) !=
	       SCARD_S_SUCCESS;
}

static void
test_a_command_waits_for_the_transaction_of_another_process(void **state)
{
	SCARDHANDLE card = connected();
	struct door_child child = door_test_child(hold_transaction, NULL);
	long start;

	(void)state;
	door_test_await(&child, 't');
	start = door_test_now_ms();
	/* The other one's SELECT came first. */
	assert_false(is_fresh(card));
	assert_true(door_test_now_ms() - start >= HELD_MS - 50);
	assert_int_equal(door_test_status(&child), 0);
}

static void
test_a_transaction_waits_for_that_of_another_process(void **state)
{
	SCARDHANDLE card = connected();
	struct door_child child = door_test_child(hold_transaction, NULL);
	long start;

	(void)state;
	door_test_await(&child, 't');
	start = door_test_now_ms();
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	assert_true(door_test_now_ms() - start >= HELD_MS - 50);
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_S_SUCCESS);
	assert_int_equal(door_test_status(&child), 0);
}

static int
hold_for_ever(void *argument)
{
	SCARDCONTEXT own;
	SCARDHANDLE card;

	(void)argument;
	if (pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &own) !=
			SCARD_S_SUCCESS ||
		connect_as(own, SCARD_SHARE_SHARED, &card) != SCARD_S_SUCCESS ||
		pcsc.SCardBeginTransaction(card) != SCARD_S_SUCCESS)
		return 1;
	door_test_say('t');
	pause();
	return 0;
}

static void *
kill_soon(void *argument)
{
	usleep(100 * 1000);
	kill(*(pid_t *)argument, SIGKILL);
	return NULL;
}

static void
test_a_waiting_command_goes_on_when_the_holder_is_killed(void **state)
{
	SCARDHANDLE card = connected();
	struct door_child child = door_test_child(hold_for_ever, NULL);
	pthread_t killer;

	(void)state;
	door_test_await(&child, 't');
	pthread_create(&killer, NULL, kill_soon, &child.pid);
	assert_int_equal(select_application(card), 0x9000);
	pthread_join(killer, NULL);
	assert_int_equal(door_test_status(&child), 128 + SIGKILL);
}

static void
test_transactions_nest_and_need_a_begin(void **state)
{
	SCARDHANDLE card = connected();

	(void)state;
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_E_NOT_TRANSACTED);
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	assert_int_equal(select_application(card), 0x9000);
	/* A reset inside keeps the transaction. */
	assert_int_equal(reconnect(card, SCARD_RESET_CARD), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_E_NOT_TRANSACTED);
}

struct thread_work {
	SCARDHANDLE card;
	LONG rv;
	long done_ms;
};

static void *
select_in_thread(void *argument)
{
	struct thread_work *work = argument;

	work->rv = select_application(work->card);
	work->done_ms = door_test_now_ms();
	return NULL;
}

static void
test_a_thread_with_its_own_handle_waits_for_the_transaction(void **state)
{
	SCARDHANDLE card = connected();
	struct thread_work work = {connected(), 0, 0};
	pthread_t thread;
	long end;

	(void)state;
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	pthread_create(&thread, NULL, select_in_thread, &work);
	usleep(100 * 1000);
	assert_true(is_fresh(card));
	end = door_test_now_ms();
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_S_SUCCESS);
	pthread_join(thread, NULL);
	assert_int_equal(work.rv, 0x9000);
	assert_true(work.done_ms >= end);
}

static void
test_a_waiting_thread_gives_up_when_its_handle_is_disconnected(void **state)
{
	SCARDHANDLE card = connected();
	struct thread_work work = {connected(), 0, 0};
	pthread_t thread;

	(void)state;
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	pthread_create(&thread, NULL, select_in_thread, &work);
	usleep(50 * 1000);
	assert_int_equal(pcsc.SCardDisconnect(work.card, SCARD_LEAVE_CARD),
		SCARD_S_SUCCESS);
	pthread_join(thread, NULL);
	assert_int_equal(work.rv, SCARD_E_INVALID_HANDLE);
}

#define ROUNDS 40

static void *
ask_often(void *argument)
{
	struct thread_work *work = argument;
	BYTE answer[64];
	DWORD len;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		len = sizeof(answer);
		if (transmit(work->card, applet_version, sizeof(applet_version),
			    answer, &len) != SCARD_S_SUCCESS ||
			len != 8 || answer[0] != 0x04)
			work->rv++;
	}
	return NULL;
}

static void
test_threads_get_their_own_answers_on_one_handle_and_on_two(void **state)
{
	SCARDHANDLE card = connected();
	struct thread_work works[3] = {
		{card, 0, 0}, {card, 0, 0}, {connected(), 0, 0}};
	pthread_t threads[3];
	int i;

	(void)state;
	assert_int_equal(select_application(card), 0x9000);
	for (i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, ask_often, &works[i]);
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(works[i].rv, 0);
	}
}

static int
use_inherited(void *argument)
{
	SCARDHANDLE card = *(SCARDHANDLE *)argument;

	return select_application(card) == SCARD_E_INVALID_HANDLE &&
			       pcsc.SCardIsValidContext(context) ==
				       SCARD_E_INVALID_HANDLE
		       ? 0
		       : 1;
}

static void
test_a_forked_child_has_no_part_in_the_parents_handle(void **state)
{
	SCARDHANDLE card = connected();
	struct door_child child, holder;
	SCARDHANDLE other = connected();
	pthread_t killer;

	(void)state;
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	child = door_test_child(use_inherited, &card);
	assert_int_equal(door_test_status(&child), 0);
	/* The parent's transaction outlives the child. */
	holder = door_test_child(hold_for_ever, NULL);
	usleep(50 * 1000);
	assert_int_equal(select_application(card), 0x9000);
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_S_SUCCESS);
	door_test_await(&holder, 't');
	pthread_create(&killer, NULL, kill_soon, &holder.pid);
	assert_int_equal(select_application(other), 0x9000);
	pthread_join(killer, NULL);
	assert_int_equal(door_test_status(&holder), 128 + SIGKILL);
}

static int
stay_alive(void *argument)
{
	(void)argument;
	door_test_say('c');
	pause();
	return 0;
}

/* Ends with a transaction under way, and leaves a child that goes on. */
static int
die_with_a_child(void *argument)
{
	SCARDCONTEXT own;
	SCARDHANDLE card;
	struct door_child child;

	if (pcsc.SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &own) !=
			SCARD_S_SUCCESS ||
		connect_as(own, SCARD_SHARE_EXCLUSIVE, &card) !=
			SCARD_S_SUCCESS ||
		pcsc.SCardBeginTransaction(card) != SCARD_S_SUCCESS)
		return 1;
	child = door_test_child(stay_alive, NULL);
	door_test_await(&child, 'c');
	*(pid_t *)argument = child.pid;
	return 0;
}

static void
test_a_transaction_does_not_outlive_its_process_in_a_child(void **state)
{
	pid_t *grandchild = mmap(NULL, sizeof(*grandchild),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct door_child child;
	SCARDHANDLE card;

	(void)state;
	assert_true(grandchild != MAP_FAILED);
	child = door_test_child(die_with_a_child, grandchild);
	assert_int_equal(door_test_status(&child), 0);
	assert_int_equal(kill(*grandchild, 0), 0);
	card = connected();
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	assert_int_equal(kill(*grandchild, SIGKILL), 0);
	munmap(grandchild, sizeof(*grandchild));
}

/* --- presence --- */

static LONG
change(DWORD known, DWORD timeout, SCARD_READERSTATE *reader)
{
	memset(reader, 0, sizeof(*reader));
	reader->szReader = name;
	reader->dwCurrentState = known;
	return pcsc.SCardGetStatusChange(context, timeout, reader, 1);
}

static void
test_a_directory_without_card_is_an_empty_reader(void **state)
{
	char *empty = door_test_dir(true);
	SCARD_READERSTATE reader;
	SCARDHANDLE card;
	BYTE features[64];
	DWORD len;

	(void)state;
	setenv("JCOP45_VCARD", empty, 1);
	name_reader(empty, 0, name);
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	assert_int_equal(reader.dwEventState & 0xFFFF,
		SCARD_STATE_EMPTY | SCARD_STATE_CHANGED);
	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &card),
		SCARD_E_NO_SMARTCARD);
	assert_int_equal(connect_as(context, SCARD_SHARE_DIRECT, &card),
		SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardControl(card, CM_IOCTL_GET_FEATURE_REQUEST,
				 NULL, 0, features, sizeof(features), &len),
		SCARD_S_SUCCESS);
	assert_int_equal(select_application(card), SCARD_E_NO_SMARTCARD);
	assert_int_equal(
		pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	door_test_remove(empty);
}

static void
test_a_present_card_is_seen_with_atr_and_use(void **state)
{
	SCARD_READERSTATE reader;
	SCARDHANDLE card;

	(void)state;
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	assert_int_equal(reader.dwEventState & 0xFFFF,
		SCARD_STATE_PRESENT | SCARD_STATE_CHANGED);
	assert_int_not_equal(reader.dwEventState >> 16, 0);
	assert_int_equal(reader.cbAtr, 16);
	assert_int_equal(reader.rgbAtr[1], 0xD5);
	card = connected();
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	assert_true(reader.dwEventState & SCARD_STATE_INUSE);
	assert_int_equal(
		pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_int_equal(connect_as(context, SCARD_SHARE_EXCLUSIVE, &card),
		SCARD_S_SUCCESS);
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	assert_true(reader.dwEventState & SCARD_STATE_EXCLUSIVE);
}

static void
test_without_change_the_wait_times_out(void **state)
{
	SCARD_READERSTATE reader;
	long start;
	DWORD known;

	(void)state;
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	known = reader.dwEventState;
	start = door_test_now_ms();
	assert_int_equal(change(known, 0, &reader), SCARD_E_TIMEOUT);
	assert_true(reader.dwEventState & SCARD_STATE_PRESENT);
	assert_int_equal(change(known, 150, &reader), SCARD_E_TIMEOUT);
	assert_true(door_test_now_ms() - start >= 150);
	assert_false(reader.dwEventState & SCARD_STATE_CHANGED);
}

static void
test_a_removed_card_is_told_to_all_until_reconnect(void **state)
{
	SCARDHANDLE card = connected(), other;
	SCARD_READERSTATE reader;
	DWORD before;

	(void)state;
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	before = reader.dwEventState;
	assert_int_equal(select_application(card), 0x9000);
	run_program("remove");
	assert_int_equal(select_application(card), SCARD_W_REMOVED_CARD);
	assert_int_equal(
		pcsc.SCardBeginTransaction(card), SCARD_W_REMOVED_CARD);
	assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &other),
		SCARD_E_NO_SMARTCARD);
	assert_int_equal(
		reconnect(card, SCARD_LEAVE_CARD), SCARD_E_NO_SMARTCARD);
	assert_int_equal(change(before, 0, &reader), SCARD_S_SUCCESS);
	assert_true(reader.dwEventState & SCARD_STATE_EMPTY);
	assert_int_equal(reader.cbAtr, 0);
	run_program("insert");
	assert_int_equal(select_application(card), SCARD_W_REMOVED_CARD);
	assert_int_equal(change(before, 0, &reader), SCARD_S_SUCCESS);
	assert_true(reader.dwEventState & SCARD_STATE_PRESENT);
	assert_int_equal(reader.dwEventState >> 16, (before >> 16) + 2);
	assert_int_equal(reconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	assert_true(is_fresh(card));
}

static void
test_a_card_removed_within_a_transaction_does_not_leave_a_lock(void **state)
{
	SCARDHANDLE card = connected(), other;

	(void)state;
	assert_int_equal(pcsc.SCardBeginTransaction(card), SCARD_S_SUCCESS);
	run_program("remove");
	run_program("insert");
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_RESET_CARD),
		SCARD_W_REMOVED_CARD);
	assert_int_equal(pcsc.SCardEndTransaction(card, SCARD_LEAVE_CARD),
		SCARD_E_NOT_TRANSACTED);
	other = connected();
	assert_int_equal(select_application(other), 0x9000);
}

static int
remove_soon(void *argument)
{
	(void)argument;
	door_test_say('r');
	usleep(100 * 1000);
	execl("/bin/sh", "sh", "-c", "exec " PROGRAM " remove \"$0\"", dir,
		(char *)NULL);
	return 99;
}

static void
test_a_wait_ends_when_the_card_is_removed(void **state)
{
	SCARD_READERSTATE reader;
	struct door_child child;

	(void)state;
	assert_int_equal(
		change(SCARD_STATE_UNAWARE, 0, &reader), SCARD_S_SUCCESS);
	child = door_test_child(remove_soon, NULL);
	door_test_await(&child, 'r');
	assert_int_equal(change(reader.dwEventState, INFINITE, &reader),
		SCARD_S_SUCCESS);
	assert_true(reader.dwEventState & SCARD_STATE_EMPTY);
	assert_true(reader.dwEventState & SCARD_STATE_CHANGED);
	assert_int_equal(door_test_status(&child), 0);
}

struct waiter {
	atomic_bool started, done;
	LONG rv;
};

static void *
wait_long(void *argument)
{
	struct waiter *waiter = argument;
	SCARD_READERSTATE reader;

	atomic_store(&waiter->started, true);
	waiter->rv = change(SCARD_STATE_PRESENT, INFINITE, &reader);
	atomic_store(&waiter->done, true);
	return NULL;
}

static void
start_waiting(struct waiter *waiter, pthread_t *thread)
{
	memset(waiter, 0, sizeof(*waiter));
	pthread_create(thread, NULL, wait_long, waiter);
	while (!atomic_load(&waiter->started))
		usleep(1000);
	usleep(100 * 1000);
	assert_false(atomic_load(&waiter->done));
}

static void
test_a_wait_is_cancelled_from_another_thread(void **state)
{
	struct waiter waiter;
	pthread_t thread;

	(void)state;
	start_waiting(&waiter, &thread);
	assert_int_equal(pcsc.SCardCancel(context), SCARD_S_SUCCESS);
	pthread_join(thread, NULL);
	assert_int_equal(waiter.rv, SCARD_E_CANCELLED);
	/* As OpenSC does it: the context is released at once. */
	start_waiting(&waiter, &thread);
	assert_int_equal(pcsc.SCardCancel(context), SCARD_S_SUCCESS);
	assert_int_equal(pcsc.SCardReleaseContext(context), SCARD_S_SUCCESS);
	pthread_join(thread, NULL);
	assert_int_equal(waiter.rv, SCARD_E_CANCELLED);
}

static void
test_unknown_readers_are_named_and_ignored_ones_are_not_looked_at(void **state)
{
	SCARD_READERSTATE readers[2];

	(void)state;
	memset(readers, 0, sizeof(readers));
	readers[0].szReader = name;
	readers[1].szReader = "No such reader";
	assert_int_equal(pcsc.SCardGetStatusChange(context, 0, readers, 2),
		SCARD_E_UNKNOWN_READER);
	readers[1].dwCurrentState = SCARD_STATE_IGNORE;
	assert_int_equal(pcsc.SCardGetStatusChange(context, 0, readers, 2),
		SCARD_S_SUCCESS);
	assert_int_equal(readers[1].dwEventState, SCARD_STATE_IGNORE);
}

static void
test_a_reader_that_is_added_is_announced(void **state)
{
	char *second = door_test_dir(true), *place = door_test_dir(true);
	char file[512], text[1024];
	SCARD_READERSTATE readers[2];

	(void)state;
	snprintf(file, sizeof(file), "%s/readers", place);
	snprintf(text, sizeof(text), "%s\n", dir);
	door_test_write(place, "readers", text);
	unsetenv("JCOP45_VCARD");
	setenv("JCOP45_VCARD_READERS", file, 1);
	memset(readers, 0, sizeof(readers));
	readers[0].szReader = "\\\\?PnP?\\Notification";
	readers[1].szReader = name;
	readers[1].dwCurrentState = SCARD_STATE_PRESENT;
	assert_int_equal(pcsc.SCardGetStatusChange(context, 0, readers, 2),
		SCARD_E_TIMEOUT);
	snprintf(text, sizeof(text), "%s\n%s\n", dir, second);
	door_test_write(place, "readers", text);
	assert_int_equal(pcsc.SCardGetStatusChange(context, 0, readers, 2),
		SCARD_S_SUCCESS);
	assert_true(readers[0].dwEventState & SCARD_STATE_CHANGED);
	assert_false(readers[1].dwEventState & SCARD_STATE_CHANGED);
	assert_int_equal(pcsc.SCardGetStatusChange(context, 0, readers, 2),
		SCARD_E_TIMEOUT);
	/* And a watched one that leaves is an event. */
	readers[1].dwCurrentState = readers[1].dwEventState;
	door_test_remove(second);
	door_test_remove(place);
}

/* --- reader options --- */

static LONG
announced_size(SCARDHANDLE card, uint32_t *size)
{
	BYTE buffer[64];
	PCSC_TLV_STRUCTURE feature;
	DWORD len;
	LONG rv = pcsc.SCardControl(card, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0,
		buffer, sizeof(buffer), &len);

	assert_int_equal(rv, SCARD_S_SUCCESS);
	assert_int_equal(len, 6);
	memcpy(&feature, buffer, sizeof(feature));
	assert_int_equal(feature.tag, FEATURE_GET_TLV_PROPERTIES);
	assert_int_equal(feature.length, 4);
	rv = pcsc.SCardControl(card, ntohl(feature.value), NULL, 0, buffer,
		sizeof(buffer), &len);
	assert_int_equal(len, 6);
	assert_int_equal(buffer[0], PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize);
	assert_int_equal(buffer[1], 4);
	*size = buffer[2] | (uint32_t)buffer[3] << 8 |
		(uint32_t)buffer[4] << 16 | (uint32_t)buffer[5] << 24;
	return rv;
}

static void
test_an_extended_reader_says_so_and_carries_long_commands(void **state)
{
	static const BYTE head[] = {0x00, 0xCB, 0x3F, 0xFF, 0x00, 0x02, 0x00};
	SCARDHANDLE card = connected();
	BYTE command[sizeof(head) + 512] = {0};
	uint32_t size;

	(void)state;
	assert_int_equal(announced_size(card, &size), SCARD_S_SUCCESS);
	assert_int_equal(size, 65536);
	memcpy(command, head, sizeof(head));
	assert_in_range(
		status_word(card, command, sizeof(command)), 0x6100, 0x9000);
}

static void
test_a_short_reader_says_so_and_refuses_more_than_261_bytes(void **state)
{
	static const BYTE head[] = {0x00, 0xCB, 0x3F, 0xFF, 0xFF};
	SCARDHANDLE card;
	BYTE command[262] = {0};
	uint32_t size;

	(void)state;
	door_test_write(dir, "reader", "# a simple one\nextended = no\n");
	card = connected();
	assert_int_equal(announced_size(card, &size), SCARD_S_SUCCESS);
	assert_int_equal(size, 256);
	memcpy(command, head, sizeof(head));
	assert_int_equal(
		status_word(card, command, 262), SCARD_E_NOT_TRANSACTED);
	assert_in_range(status_word(card, command, 261), 0x6100, 0x9000);
}

static void
test_a_reader_can_have_a_name_of_its_own(void **state)
{
	DWORD len = 512;
	char list[512];

	(void)state;
	door_test_write(dir, "reader", "name=Front desk 00 00\n");
	assert_int_equal(pcsc.SCardListReaders(context, NULL, list, &len),
		SCARD_S_SUCCESS);
	assert_string_equal(list, "Front desk 00 00");
	strcpy(name, list);
	assert_int_equal(select_application(connected()), 0x9000);
}

static void
test_a_wrong_reader_option_makes_the_reader_unavailable(void **state)
{
	static const char *const wrong[] = {"extended=maybe\n", "pinpad=some\n",
		"colour=blue\n", "extended\n", "trace=\n"};
	SCARDHANDLE card;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		door_test_write(dir, "reader", wrong[i]);
		assert_int_equal(connect_as(context, SCARD_SHARE_SHARED, &card),
			SCARD_E_READER_UNAVAILABLE);
	}
}

static void
test_a_trace_that_cannot_be_written_stops_the_command(void **state)
{
	SCARDHANDLE card;

	(void)state;
	setenv("JCOP45_VCARD_TRACE", "/nonexistent/trace", 1);
	card = connected();
	assert_int_equal(select_application(card), SCARD_F_INTERNAL_ERROR);
	unsetenv("JCOP45_VCARD_TRACE");
	assert_int_equal(
		pcsc.SCardDisconnect(card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	card = connected();
	assert_true(is_fresh(card));
}

static void
test_a_card_whose_directory_went_away_is_a_removed_card(void **state)
{
	char moved[512];
	SCARDHANDLE card = connected();

	(void)state;
	snprintf(moved, sizeof(moved), "%s.moved", dir);
	assert_int_equal(rename(dir, moved), 0);
	assert_int_equal(select_application(card), SCARD_W_REMOVED_CARD);
	assert_int_equal(rename(moved, dir), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_library_exports_pcsc_functions_and_nothing_of_the_card),
		T(test_a_released_context_is_not_valid_any_more),
		T(test_each_directory_is_a_reader),
		T(test_cards_in_several_readers_do_not_touch_each_other),
		T(test_a_reader_can_speak_t0_and_then_carries_its_tpdus_only),
		T(test_without_directories_there_are_no_readers),
		T(test_a_file_can_list_the_readers),
		T(test_memory_is_allocated_on_request),
		T(test_status_names_reader_protocol_and_atr),
		T(test_wrong_handles_readers_and_modes_are_refused),
		T(test_releasing_a_context_ends_its_handles),
		T(test_an_exclusive_handle_keeps_others_out_and_needs_to_be_alone),
		T(test_an_exclusive_handle_of_another_process_keeps_us_out),
		T(test_a_killed_process_leaves_its_handle_and_transaction),
		T(test_the_card_keeps_its_state_until_the_last_handle_is_gone),
		T(test_processes_share_the_state_of_the_card),
		T(test_a_reset_by_another_handle_is_told_until_reconnect),
		T(test_the_end_of_a_transaction_or_handle_can_reset),
		T(test_a_reset_by_another_process_is_told),
		T(test_a_command_waits_for_the_transaction_of_another_process),
		T(test_a_transaction_waits_for_that_of_another_process),
		T(test_a_waiting_command_goes_on_when_the_holder_is_killed),
		T(test_transactions_nest_and_need_a_begin),
		T(test_a_thread_with_its_own_handle_waits_for_the_transaction),
		T(test_a_waiting_thread_gives_up_when_its_handle_is_disconnected),
		T(test_threads_get_their_own_answers_on_one_handle_and_on_two),
		T(test_a_forked_child_has_no_part_in_the_parents_handle),
		T(test_a_transaction_does_not_outlive_its_process_in_a_child),
		T(test_a_directory_without_card_is_an_empty_reader),
		T(test_a_present_card_is_seen_with_atr_and_use),
		T(test_without_change_the_wait_times_out),
		T(test_a_removed_card_is_told_to_all_until_reconnect),
		T(test_a_card_removed_within_a_transaction_does_not_leave_a_lock),
		T(test_a_wait_ends_when_the_card_is_removed),
		T(test_a_wait_is_cancelled_from_another_thread),
		T(test_unknown_readers_are_named_and_ignored_ones_are_not_looked_at),
		T(test_a_reader_that_is_added_is_announced),
		T(test_an_extended_reader_says_so_and_carries_long_commands),
		T(test_a_short_reader_says_so_and_refuses_more_than_261_bytes),
		T(test_a_reader_can_have_a_name_of_its_own),
		T(test_a_wrong_reader_option_makes_the_reader_unavailable),
		T(test_a_trace_that_cannot_be_written_stops_the_command),
		T(test_a_card_whose_directory_went_away_is_a_removed_card),
	};

	return cmocka_run_group_tests(tests, load_library, unload_library);
}
