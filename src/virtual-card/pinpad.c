/*
 * pinpad.c: PC/SC part 10 as a reader with PIN pad reads it.
 *
 * Digits go into the command as ASCII, left justified: what this card takes
 * and what OpenSC asks for. What a structure asks beyond that is refused
 * before anybody has typed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>
#include <reader.h>

#include "virtual-card/pinpad-queue.h"
#include "virtual-card/pinpad.h"

/* bmFormatString */
#define FORMAT_ASCII 0x02
#define FORMAT_KIND 0x03
#define FORMAT_RIGHT 0x04
#define FORMAT_POSITION(format) (((format) >> 3) & 0x0F)
#define FORMAT_IN_BYTES 0x80
/* bmPINBlockString: size of the frame; above it, bits of a length field */
#define BLOCK_SIZE 0x0F
/* bEntryValidationCondition */
#define ENDS_AT_MAXIMUM 0x01
#define ENDS_WITH_KEY 0x02
/* bConfirmPIN */
#define CONFIRM_NEW 0x01
#define ASK_OLD 0x02

#define HEADER_SIZE 5 /* CLA INS P1 P2 Lc */
#define INS_VERIFY 0x20
#define INS_CHANGE 0x24
#define INS_RESET 0x2C

/* One request, whichever structure it came in. */
struct request {
	size_t old_offset, new_offset; /* in the data field */
	size_t block;                  /* 0: as long as what is typed */
	size_t least, most;            /* digits */
	bool ask_old, confirm;
	bool ends_with_key;
	uint8_t header[HEADER_SIZE - 1];
	struct jcop_bytes data; /* of the command, as the host gave it */
};

/* --- reading the structures --- */

/* Position of the PIN that both structures can give. */
static bool
read_format(uint8_t format, size_t *position)
{
	*position = FORMAT_POSITION(format);
	if (!(format & FORMAT_IN_BYTES)) {
		if (*position % 8 != 0)
			return false;
		*position /= 8;
	}
	return (format & FORMAT_KIND) == FORMAT_ASCII &&
	       !(format & FORMAT_RIGHT);
}

static bool
read_lengths(struct request *request, uint16_t digits, uint8_t condition)
{
	request->least = digits >> 8;
	request->most = digits & 0xFF;
	request->ends_with_key = condition & ENDS_WITH_KEY;
	return request->most > 0 && request->least <= request->most &&
	       (condition & (ENDS_AT_MAXIMUM | ENDS_WITH_KEY)) != 0;
}

/* A short command with data or without, and no Le. */
static bool
read_command(
	struct request *request, struct jcop_bytes command, uint32_t announced)
{
	if (command.len != announced || command.len < HEADER_SIZE - 1 ||
		command.len > HEADER_SIZE + 255)
		return false;
	memcpy(request->header, command.data, sizeof(request->header));
	request->data = jcop_bytes_of(NULL, 0);
	if (command.len < HEADER_SIZE)
		return true;
	request->data = jcop_bytes_of(
		command.data + HEADER_SIZE, command.len - HEADER_SIZE);
	return command.data[HEADER_SIZE - 1] == request->data.len;
}

/* There is a place in the data field for a PIN at OFFSET. */
static bool
fits(const struct request *request, size_t offset)
{
	return offset + request->block <= request->data.len;
}

/* The old PIN's length is not known before it is typed: where the frame has
 * no size the new one would have no place. */
static bool
places_are_sound(const struct request *request)
{
	if (!fits(request, request->new_offset))
		return false;
	if (!request->ask_old)
		return true;
	return request->data.len > 0 && fits(request, request->old_offset) &&
	       request->old_offset + request->block <= request->new_offset &&
	       request->old_offset < request->new_offset;
}

static bool
read_verify(struct jcop_bytes bytes, struct request *request)
{
	PIN_VERIFY_STRUCTURE verify;
	struct jcop_bytes command;

	memset(request, 0, sizeof(*request));
	if (bytes.len < sizeof(verify))
		return false;
	memcpy(&verify, bytes.data, sizeof(verify));
	command = jcop_bytes_of(
		bytes.data + sizeof(verify), bytes.len - sizeof(verify));
	request->block = verify.bmPINBlockString & BLOCK_SIZE;
	return read_format(verify.bmFormatString, &request->new_offset) &&
	       (verify.bmPINBlockString & ~BLOCK_SIZE) == 0 &&
	       read_lengths(request, verify.wPINMaxExtraDigit,
		       verify.bEntryValidationCondition) &&
	       read_command(request, command, verify.ulDataLength) &&
	       request->header[1] == INS_VERIFY && places_are_sound(request);
}

static bool
read_modify(struct jcop_bytes bytes, struct request *request)
{
	PIN_MODIFY_STRUCTURE modify;
	struct jcop_bytes command;
	size_t position;

	memset(request, 0, sizeof(*request));
	if (bytes.len < sizeof(modify))
		return false;
	memcpy(&modify, bytes.data, sizeof(modify));
	command = jcop_bytes_of(
		bytes.data + sizeof(modify), bytes.len - sizeof(modify));
	if (!read_format(modify.bmFormatString, &position))
		return false;
	request->block = modify.bmPINBlockString & BLOCK_SIZE;
	request->old_offset = modify.bInsertionOffsetOld + position;
	request->new_offset = modify.bInsertionOffsetNew + position;
	request->confirm = modify.bConfirmPIN & CONFIRM_NEW;
	request->ask_old = modify.bConfirmPIN & ASK_OLD;
	return (modify.bmPINBlockString & ~BLOCK_SIZE) == 0 &&
	       read_lengths(request, modify.wPINMaxExtraDigit,
		       modify.bEntryValidationCondition) &&
	       read_command(request, command, modify.ulDataLength) &&
	       (request->header[1] == INS_CHANGE ||
		       request->header[1] == INS_RESET) &&
	       places_are_sound(request);
}

/* --- what is typed --- */

/* One PIN; *SW 0 if it is one. */
static int
ask(const char *dir, const struct request *request,
	struct vcard_pad_entry *entry, uint16_t *sw, char *message)
{
	int r = vcard_pad_take(dir, entry, message);

	*sw = 0;
	if (r != JCOP_OK)
		return r;
	if (entry->key == VCARD_PAD_CANCEL)
		*sw = VCARD_PAD_SW_CANCELLED;
	else if (entry->key == VCARD_PAD_NOTHING)
		*sw = VCARD_PAD_SW_TIMEOUT;
	else if (entry->len < request->least || entry->len > request->most ||
		 (request->block > 0 && entry->len > request->block))
		*sw = VCARD_PAD_SW_LENGTH;
	else if (!request->ends_with_key && entry->len < request->most)
		*sw = VCARD_PAD_SW_TIMEOUT; /* it waits for more digits */
	return JCOP_OK;
}

/* Into the place that the host left, up to END, or behind the data. */
static int
insert(struct jcop_blob *data, size_t offset, size_t end,
	const struct vcard_pad_entry *entry, uint16_t *sw)
{
	if (offset == data->len)
		return jcop_blob_append(data, entry->digits, entry->len);
	if (entry->len > end - offset)
		*sw = VCARD_PAD_SW_LENGTH;
	else
		memcpy(data->data + offset, entry->digits, entry->len);
	return JCOP_OK;
}

static int
confirm(const char *dir, const struct request *request,
	const struct vcard_pad_entry *first, uint16_t *sw, char *message)
{
	struct vcard_pad_entry again;
	int r = ask(dir, request, &again, sw, message);

	if (r == JCOP_OK && *sw == 0 &&
		(again.len != first->len ||
			memcmp(again.digits, first->digits, first->len) != 0))
		*sw = VCARD_PAD_SW_MISMATCH;
	OPENSSL_cleanse(&again, sizeof(again));
	return r;
}

/* Old PIN, new PIN, new PIN again: what of these the host asked for. */
static int
fill_in(const char *dir, const struct request *request, struct jcop_blob *data,
	uint16_t *sw, char *message)
{
	struct vcard_pad_entry entry;
	int r = JCOP_OK;

	*sw = 0;
	if (request->ask_old) {
		r = ask(dir, request, &entry, sw, message);
		if (r == JCOP_OK && *sw == 0)
			r = insert(data, request->old_offset,
				request->new_offset, &entry, sw);
	}
	if (r == JCOP_OK && *sw == 0)
		r = ask(dir, request, &entry, sw, message);
	if (r == JCOP_OK && *sw == 0)
		r = insert(data, request->new_offset, data->len, &entry, sw);
	if (r == JCOP_OK && *sw == 0 && request->confirm)
		r = confirm(dir, request, &entry, sw, message);
	OPENSSL_cleanse(&entry, sizeof(entry));
	return r;
}

static int
assemble(const struct request *request, const struct jcop_blob *data,
	struct jcop_blob *command, uint16_t *sw)
{
	int r = jcop_blob_reserve(command, HEADER_SIZE + data->len);

	if (data->len == 0 || data->len > 255) {
		*sw = VCARD_PAD_SW_LENGTH;
		return JCOP_OK;
	}
	if (r == JCOP_OK)
		r = jcop_blob_set(
			command, request->header, sizeof(request->header));
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(command, (uint8_t)data->len);
	if (r == JCOP_OK)
		r = jcop_blob_append(command, data->data, data->len);
	return r;
}

static int
run(const char *dir, const struct request *request, struct jcop_blob *command,
	uint16_t *sw, char *message)
{
	struct jcop_blob data = JCOP_BLOB_INIT;
	int r = jcop_blob_reserve(&data, 2 * VCARD_PAD_DIGITS);

	if (r == JCOP_OK)
		r = jcop_blob_append(
			&data, request->data.data, request->data.len);
	if (r == JCOP_OK)
		r = fill_in(dir, request, &data, sw, message);
	if (r == JCOP_OK && *sw == 0)
		r = assemble(request, &data, command, sw);
	jcop_blob_free(&data);
	return r;
}

int
vcard_pinpad_verify(const char *dir, struct jcop_bytes bytes,
	struct jcop_blob *command, uint16_t *sw, char *message)
{
	struct request request;

	jcop_blob_clear(command);
	*sw = VCARD_PAD_SW_STRUCTURE;
	if (!read_verify(bytes, &request))
		return JCOP_OK;
	return run(dir, &request, command, sw, message);
}

int
vcard_pinpad_modify(const char *dir, struct jcop_bytes bytes,
	struct jcop_blob *command, uint16_t *sw, char *message)
{
	struct request request;

	jcop_blob_clear(command);
	*sw = VCARD_PAD_SW_STRUCTURE;
	if (!read_modify(bytes, &request))
		return JCOP_OK;
	return run(dir, &request, command, sw, message);
}
