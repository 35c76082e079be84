/*
 * pcsc-info.c: the PC/SC functions that describe readers and cards.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/pcsc.h"
#include "virtual-card/pinpad.h"
#include <reader.h>

#define GROUP "SCard$DefaultReaders"
#define VENDOR "opensc-jcop45"
#define IFD_VERSION 0x00010000 /* 0xMMmmbbbb */

/* PC/SC part 10 2.6.14: how much data an APDU may carry. */
#define MAX_DATA_SHORT 0x100
#define MAX_DATA_EXTENDED 0x10000

LONG
pcsc_hand_out(const void *data, size_t len, void *buffer, DWORD *room)
{
	void *target = buffer;
	DWORD had = *room;

	*room = len;
	if (buffer == NULL)
		return SCARD_S_SUCCESS;
	if (had == SCARD_AUTOALLOCATE) {
		target = malloc(len > 0 ? len : 1);
		if (target == NULL)
			return SCARD_E_NO_MEMORY;
		memcpy(buffer, &target, sizeof(target));
	} else if (had < len) {
		return SCARD_E_INSUFFICIENT_BUFFER;
	}
	memcpy(target, data, len);
	return SCARD_S_SUCCESS;
}

PCSC_API LONG
SCardFreeMemory(SCARDCONTEXT hContext, LPCVOID pvMem)
{
	if (!pcsc_context_exists(hContext))
		return SCARD_E_INVALID_HANDLE;
	free((void *)(uintptr_t)pvMem);
	return SCARD_S_SUCCESS;
}

/* --- readers --- */

/* FNV-1a over the names with their NULs. */
unsigned int
pcsc_reader_set(const struct vcard_reader_list *list)
{
	uint32_t hash = 2166136261u;
	size_t i, j;

	for (i = 0; i < list->count; i++)
		for (j = 0; j <= strlen(list->names[i]); j++)
			hash = (hash ^ (uint8_t)list->names[i][j]) * 16777619u;
	return hash;
}

const char *
pcsc_reader_dir(const struct vcard_reader_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return list->dirs[i];
	return NULL;
}

static LONG
hand_out_names(
	const struct vcard_reader_list *list, LPSTR mszReaders, DWORD *room)
{
	char names[VCARD_MAX_READERS * VCARD_READER_NAME_SIZE + 1];
	size_t i, used = 0;

	if (list->count == 0)
		return SCARD_E_NO_READERS_AVAILABLE;
	for (i = 0; i < list->count; i++) {
		size_t len = strlen(list->names[i]) + 1;

		memcpy(names + used, list->names[i], len);
		used += len;
	}
	names[used++] = '\0';
	return pcsc_hand_out(names, used, mszReaders, room);
}

PCSC_API LONG
SCardListReaders(SCARDCONTEXT hContext, LPCSTR mszGroups, LPSTR mszReaders,
	LPDWORD pcchReaders)
{
	struct vcard_reader_list list;
	struct pcsc_context *context;
	LONG rv;

	(void)mszGroups;
	if (pcchReaders == NULL)
		return SCARD_E_INVALID_PARAMETER;
	context = pcsc_context_get(hContext);
	if (context == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = SCARD_E_NO_MEMORY;
	if (vcard_reader_list_find(&list) == JCOP_OK) {
		atomic_store(&context->readers, pcsc_reader_set(&list));
		rv = hand_out_names(&list, mszReaders, pcchReaders);
		vcard_reader_list_free(&list);
	}
	pcsc_context_put(context);
	return rv;
}

PCSC_API LONG
SCardListReaderGroups(
	SCARDCONTEXT hContext, LPSTR mszGroups, LPDWORD pcchGroups)
{
	if (pcchGroups == NULL)
		return SCARD_E_INVALID_PARAMETER;
	if (!pcsc_context_exists(hContext))
		return SCARD_E_INVALID_HANDLE;
	return pcsc_hand_out(
		GROUP "\0", sizeof(GROUP) + 1, mszGroups, pcchGroups);
}

/* --- cards --- */

static DWORD
status_flags(
	const struct pcsc_handle *handle, const struct vcard_reader_view *view)
{
	DWORD state = (DWORD)(view->events & 0xFFFF) << 16;

	if (!view->present)
		return state | SCARD_ABSENT;
	state |= SCARD_PRESENT | SCARD_POWERED;
	if (handle->protocol == SCARD_PROTOCOL_UNDEFINED)
		return state | SCARD_NEGOTIABLE;
	return state | SCARD_SPECIFIC;
}

static LONG
status(struct pcsc_handle *handle, const struct vcard_reader_view *view,
	LPSTR name, LPDWORD name_room, LPBYTE atr, LPDWORD atr_room)
{
	DWORD unused_name = 0, unused_atr = 0;
	LONG rv, rv_atr;

	rv = pcsc_hand_out(handle->name, strlen(handle->name) + 1, name,
		name_room != NULL ? name_room : &unused_name);
	rv_atr = pcsc_hand_out(view->atr, view->atr_len, atr,
		atr_room != NULL ? atr_room : &unused_atr);
	return rv != SCARD_S_SUCCESS ? rv : rv_atr;
}

PCSC_API LONG
SCardStatus(SCARDHANDLE hCard, LPSTR mszReaderName, LPDWORD pcchReaderLen,
	LPDWORD pdwState, LPDWORD pdwProtocol, LPBYTE pbAtr, LPDWORD pcbAtrLen)
{
	struct pcsc_handle *handle = pcsc_handle_get(hCard);
	struct vcard_reader_view view;
	enum vcard_reader_result result;
	LONG rv;

	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	result = vcard_reader_check(handle->reader, &view);
	/* A direct connection may well be to an empty reader. */
	rv = result == VCARD_READER_NO_CARD ? SCARD_S_SUCCESS
					    : pcsc_error(result);
	if (pdwState != NULL)
		*pdwState = status_flags(handle, &view);
	if (pdwProtocol != NULL)
		*pdwProtocol = handle->protocol;
	if (rv == SCARD_S_SUCCESS)
		rv = status(handle, &view, mszReaderName, pcchReaderLen, pbAtr,
			pcbAtrLen);
	pcsc_handle_put(handle);
	return rv;
}

/* --- attributes --- */

static LONG
attribute(struct pcsc_handle *handle, DWORD id, LPBYTE buffer, DWORD *room)
{
	const uint32_t version = IFD_VERSION;
	struct vcard_reader_view view;

	switch (id) {
	case SCARD_ATTR_VENDOR_NAME:
		return pcsc_hand_out(VENDOR, sizeof(VENDOR), buffer, room);
	case SCARD_ATTR_VENDOR_IFD_VERSION:
		return pcsc_hand_out(&version, sizeof(version), buffer, room);
	case SCARD_ATTR_DEVICE_FRIENDLY_NAME_A:
	case SCARD_ATTR_DEVICE_SYSTEM_NAME_A:
		return pcsc_hand_out(
			handle->name, strlen(handle->name) + 1, buffer, room);
	case SCARD_ATTR_ATR_STRING:
		if (vcard_reader_check(handle->reader, &view) !=
				VCARD_READER_OK ||
			!view.present)
			return SCARD_E_NO_SMARTCARD;
		return pcsc_hand_out(view.atr, view.atr_len, buffer, room);
	}
	return SCARD_E_UNSUPPORTED_FEATURE;
}

PCSC_API LONG
SCardGetAttrib(
	SCARDHANDLE hCard, DWORD dwAttrId, LPBYTE pbAttr, LPDWORD pcbAttrLen)
{
	struct pcsc_handle *handle;
	LONG rv;

	if (pcbAttrLen == NULL)
		return SCARD_E_INVALID_PARAMETER;
	handle = pcsc_handle_get(hCard);
	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = attribute(handle, dwAttrId, pbAttr, pcbAttrLen);
	pcsc_handle_put(handle);
	return rv;
}

PCSC_API LONG
SCardSetAttrib(
	SCARDHANDLE hCard, DWORD dwAttrId, LPCBYTE pbAttr, DWORD cbAttrLen)
{
	struct pcsc_handle *handle = pcsc_handle_get(hCard);

	(void)dwAttrId;
	(void)pbAttr;
	(void)cbAttrLen;
	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	pcsc_handle_put(handle);
	return SCARD_E_UNSUPPORTED_FEATURE;
}

/* --- control codes --- */

struct output {
	LPVOID buffer;
	DWORD room;
	LPDWORD used;
};

static LONG
put_output(struct output *output, const void *data, size_t len)
{
	if (output->buffer == NULL || output->room < len)
		return SCARD_E_INSUFFICIENT_BUFFER;
	memcpy(output->buffer, data, len);
	*output->used = len;
	return SCARD_S_SUCCESS;
}

/* Tag, length, value with the least significant byte first. */
static LONG
tlv_properties(struct pcsc_handle *handle, struct jcop_bytes input,
	struct output *output)
{
	uint32_t size = vcard_reader_extended(handle->reader)
				? MAX_DATA_EXTENDED
				: MAX_DATA_SHORT;
	uint8_t tlv[] = {PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4,
		(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
		(uint8_t)(size >> 24)};

	(void)input;
	return put_output(output, tlv, sizeof(tlv));
}

/* No display; an entry ends at its maximum length, by the key, or in time. */
static LONG
pin_properties(struct pcsc_handle *handle, struct jcop_bytes input,
	struct output *output)
{
	const PIN_PROPERTIES_STRUCTURE properties = {
		.wLcdLayout = 0,
		.bEntryValidationCondition = 0x07,
		.bTimeOut2 = 0,
	};

	(void)handle;
	(void)input;
	return put_output(output, &properties, sizeof(properties));
}

/* The host gets two bytes and no more, whoever gives them. */
static LONG
put_status_word(struct output *output, uint16_t sw)
{
	const uint8_t bytes[] = {(uint8_t)(sw >> 8), (uint8_t)sw};

	return put_output(output, bytes, sizeof(bytes));
}

static LONG
send_typed(struct pcsc_handle *handle, const struct jcop_blob *command,
	struct output *output)
{
	struct jcop_blob response = JCOP_BLOB_INIT;
	char message[VCARD_MESSAGE_SIZE] = "";
	LONG rv = pcsc_error(vcard_reader_transmit_typed(
		handle->reader, jcop_blob_view(command), &response, message));

	pcsc_complain(message);
	if (rv == SCARD_S_SUCCESS && response.len < 2)
		rv = SCARD_F_INTERNAL_ERROR;
	if (rv == SCARD_S_SUCCESS)
		rv = put_output(output, response.data + response.len - 2, 2);
	jcop_blob_free(&response);
	return rv;
}

static LONG
use_pad(struct pcsc_handle *handle, struct jcop_bytes input,
	struct output *output,
	int (*make)(const char *, struct jcop_bytes, struct jcop_blob *,
		uint16_t *, char *))
{
	struct jcop_blob command = JCOP_BLOB_INIT;
	char message[VCARD_MESSAGE_SIZE] = "";
	LONG rv = SCARD_F_INTERNAL_ERROR;
	uint16_t sw;

	if (make(vcard_reader_dir(handle->reader), input, &command, &sw,
		    message) != JCOP_OK)
		pcsc_complain(message);
	else if (sw != 0)
		rv = put_status_word(output, sw);
	else
		rv = send_typed(handle, &command, output);
	jcop_blob_free(&command);
	return rv;
}

static LONG
verify_pin(struct pcsc_handle *handle, struct jcop_bytes input,
	struct output *output)
{
	return use_pad(handle, input, output, vcard_pinpad_verify);
}

static LONG
modify_pin(struct pcsc_handle *handle, struct jcop_bytes input,
	struct output *output)
{
	return use_pad(handle, input, output, vcard_pinpad_modify);
}

/* The features of the reader (PC/SC part 10); AVAILABLE says whether
 * DIR/reader has it, NULL that every reader does. */
static const struct {
	uint8_t tag;
	bool (*available)(const struct vcard_reader *reader);
	LONG (*run)(struct pcsc_handle *, struct jcop_bytes, struct output *);
} features[] = {
	{FEATURE_VERIFY_PIN_DIRECT, vcard_reader_has_pinpad, verify_pin},
	{FEATURE_MODIFY_PIN_DIRECT, vcard_reader_has_pinpad, modify_pin},
	{FEATURE_IFD_PIN_PROPERTIES, vcard_reader_has_pinpad, pin_properties},
	{FEATURE_GET_TLV_PROPERTIES, NULL, tlv_properties},
};
#define FEATURE_COUNT (sizeof(features) / sizeof(features[0]))
#define FEATURE_CODE(tag) ((DWORD)SCARD_CTL_CODE(3500 + (tag)))

static bool
has_feature(const struct pcsc_handle *handle, size_t i)
{
	return features[i].available == NULL ||
	       features[i].available(handle->reader);
}

static LONG
feature_request(struct pcsc_handle *handle, struct output *output)
{
	PCSC_TLV_STRUCTURE list[FEATURE_COUNT];
	size_t i, count = 0;

	for (i = 0; i < FEATURE_COUNT; i++) {
		if (!has_feature(handle, i))
			continue;
		list[count].tag = features[i].tag;
		list[count].length = 4;
		list[count].value =
			htonl((uint32_t)FEATURE_CODE(features[i].tag));
		count++;
	}
	return put_output(output, list, count * sizeof(list[0]));
}

static LONG
control(struct pcsc_handle *handle, DWORD code, struct jcop_bytes input,
	struct output *output)
{
	size_t i;

	if (code == CM_IOCTL_GET_FEATURE_REQUEST)
		return feature_request(handle, output);
	for (i = 0; i < FEATURE_COUNT; i++)
		if (code == FEATURE_CODE(features[i].tag) &&
			has_feature(handle, i))
			return features[i].run(handle, input, output);
	return SCARD_E_UNSUPPORTED_FEATURE;
}

PCSC_API LONG
SCardControl(SCARDHANDLE hCard, DWORD dwControlCode, LPCVOID pbSendBuffer,
	DWORD cbSendLength, LPVOID pbRecvBuffer, DWORD cbRecvLength,
	LPDWORD lpBytesReturned)
{
	struct pcsc_handle *handle;
	DWORD unused = 0;
	struct output output = {pbRecvBuffer, cbRecvLength,
		lpBytesReturned != NULL ? lpBytesReturned : &unused};
	LONG rv;

	*output.used = 0;
	handle = pcsc_handle_get(hCard);
	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = control(handle, dwControlCode,
		jcop_bytes_of(pbSendBuffer, cbSendLength), &output);
	pcsc_handle_put(handle);
	return rv;
}
