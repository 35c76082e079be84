/*
 * pcsc.c: the PC/SC functions on contexts and cards; for use as
 *   reader_driver pcsc { provider_library = ...; }
 * of OpenSC. There is no daemon behind it: reader.c lets the processes meet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/pcsc.h"

#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)

PCSC_API const SCARD_IO_REQUEST g_rgSCardT0Pci = {
	SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
PCSC_API const SCARD_IO_REQUEST g_rgSCardT1Pci = {
	SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
PCSC_API const SCARD_IO_REQUEST g_rgSCardRawPci = {
	SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

LONG
pcsc_error(enum vcard_reader_result result)
{
	switch (result) {
	case VCARD_READER_OK:
		return SCARD_S_SUCCESS;
	case VCARD_READER_NO_CARD:
		return SCARD_E_NO_SMARTCARD;
	case VCARD_READER_REMOVED:
		return SCARD_W_REMOVED_CARD;
	case VCARD_READER_RESET:
		return SCARD_W_RESET_CARD;
	case VCARD_READER_IN_USE:
		return SCARD_E_SHARING_VIOLATION;
	case VCARD_READER_FULL:
		return SCARD_E_NO_MEMORY;
	case VCARD_READER_NOT_LOCKED:
	case VCARD_READER_TOO_LONG:
		return SCARD_E_NOT_TRANSACTED;
	case VCARD_READER_GIVEN_UP:
		return SCARD_E_INVALID_HANDLE;
	case VCARD_READER_UNAVAILABLE:
		return SCARD_E_READER_UNAVAILABLE;
	case VCARD_READER_FAILED:
		break;
	}
	return SCARD_F_INTERNAL_ERROR;
}

/* Nobody else tells the user of a mistake in the reader's own files. */
void
pcsc_complain(const char *message)
{
	if (message[0] != '\0')
		fprintf(stderr, "jcop45-vcard: %s\n", message);
}

/* --- contexts --- */

PCSC_API LONG
SCardEstablishContext(DWORD dwScope, LPCVOID pvReserved1, LPCVOID pvReserved2,
	LPSCARDCONTEXT phContext)
{
	struct vcard_reader_list list;

	(void)pvReserved1;
	(void)pvReserved2;
	if (phContext == NULL)
		return SCARD_E_INVALID_PARAMETER;
	*phContext = 0;
	if (dwScope > SCARD_SCOPE_GLOBAL)
		return SCARD_E_INVALID_VALUE;
	if (vcard_reader_list_find(&list) != JCOP_OK)
		return SCARD_E_NO_MEMORY;
	*phContext = pcsc_context_new(pcsc_reader_set(&list));
	vcard_reader_list_free(&list);
	return *phContext != 0 ? SCARD_S_SUCCESS : SCARD_E_NO_MEMORY;
}

PCSC_API LONG
SCardReleaseContext(SCARDCONTEXT hContext)
{
	return pcsc_context_release(hContext) ? SCARD_S_SUCCESS
					      : SCARD_E_INVALID_HANDLE;
}

PCSC_API LONG
SCardIsValidContext(SCARDCONTEXT hContext)
{
	return pcsc_context_exists(hContext) ? SCARD_S_SUCCESS
					     : SCARD_E_INVALID_HANDLE;
}

PCSC_API LONG
SCardCancel(SCARDCONTEXT hContext)
{
	struct pcsc_context *context = pcsc_context_get(hContext);

	if (context == NULL)
		return SCARD_E_INVALID_HANDLE;
	atomic_fetch_add(&context->cancels, 1);
	pcsc_context_put(context);
	return SCARD_S_SUCCESS;
}

/* --- connecting --- */

static bool
share_mode(DWORD share, enum vcard_reader_mode *mode)
{
	switch (share) {
	case SCARD_SHARE_EXCLUSIVE:
		*mode = VCARD_EXCLUSIVE;
		return true;
	case SCARD_SHARE_SHARED:
		*mode = VCARD_SHARED;
		return true;
	case SCARD_SHARE_DIRECT:
		*mode = VCARD_DIRECT;
		return true;
	}
	return false;
}

/* T=1 where both are asked for: only it carries extended APDUs as they are. */
static bool
choose_protocol(enum vcard_reader_mode mode, bool only_t0, DWORD preferred,
	DWORD *protocol)
{
	if (only_t0)
		preferred &= SCARD_PROTOCOL_T0;
	if (preferred & SCARD_PROTOCOL_T1)
		*protocol = SCARD_PROTOCOL_T1;
	else if (preferred & SCARD_PROTOCOL_T0)
		*protocol = SCARD_PROTOCOL_T0;
	else
		*protocol = SCARD_PROTOCOL_UNDEFINED;
	return *protocol != SCARD_PROTOCOL_UNDEFINED || mode == VCARD_DIRECT;
}

static enum vcard_disposition
disposition_of(DWORD disposition)
{
	return disposition == SCARD_LEAVE_CARD ? VCARD_LEAVE : VCARD_RESET;
}

static LONG
connect_to(SCARDCONTEXT context, const char *name, enum vcard_reader_mode mode,
	struct vcard_reader **reader)
{
	struct vcard_reader_list list;
	struct vcard_reader_config config = {.name = name, .mode = mode};
	char message[VCARD_MESSAGE_SIZE] = "";
	LONG rv = SCARD_E_UNKNOWN_READER;

	if (!pcsc_context_exists(context))
		return SCARD_E_INVALID_HANDLE;
	if (vcard_reader_list_find(&list) != JCOP_OK)
		return SCARD_E_NO_MEMORY;
	config.dir = pcsc_reader_dir(&list, name);
	config.trace = secure_getenv("JCOP45_VCARD_TRACE");
	if (config.dir != NULL) {
		rv = pcsc_error(vcard_reader_connect(&config, reader, message));
		pcsc_complain(message);
	}
	vcard_reader_list_free(&list);
	return rv;
}

PCSC_API LONG
SCardConnect(SCARDCONTEXT hContext, LPCSTR szReader, DWORD dwShareMode,
	DWORD dwPreferredProtocols, LPSCARDHANDLE phCard,
	LPDWORD pdwActiveProtocol)
{
	enum vcard_reader_mode mode;
	struct vcard_reader *reader;
	LONG rv;

	if (phCard == NULL || pdwActiveProtocol == NULL)
		return SCARD_E_INVALID_PARAMETER;
	*phCard = 0;
	if (szReader == NULL)
		return SCARD_E_UNKNOWN_READER;
	if (!share_mode(dwShareMode, &mode))
		return SCARD_E_INVALID_VALUE;
	if (!choose_protocol(
		    mode, false, dwPreferredProtocols, pdwActiveProtocol))
		return SCARD_E_PROTO_MISMATCH;
	rv = connect_to(hContext, szReader, mode, &reader);
	if (rv != SCARD_S_SUCCESS)
		return rv;
	rv = SCARD_E_PROTO_MISMATCH;
	if (choose_protocol(mode, vcard_reader_is_t0(reader),
		    dwPreferredProtocols, pdwActiveProtocol)) {
		*phCard = pcsc_handle_new(
			hContext, reader, szReader, *pdwActiveProtocol);
		rv = *phCard != 0 ? SCARD_S_SUCCESS : SCARD_E_NO_MEMORY;
	}
	if (rv != SCARD_S_SUCCESS)
		(void)vcard_reader_disconnect(reader, VCARD_LEAVE);
	return rv;
}

PCSC_API LONG
SCardReconnect(SCARDHANDLE hCard, DWORD dwShareMode, DWORD dwPreferredProtocols,
	DWORD dwInitialization, LPDWORD pdwActiveProtocol)
{
	enum vcard_reader_mode mode;
	struct pcsc_handle *handle;
	LONG rv;

	if (pdwActiveProtocol == NULL)
		return SCARD_E_INVALID_PARAMETER;
	if (!share_mode(dwShareMode, &mode) ||
		dwInitialization > SCARD_UNPOWER_CARD)
		return SCARD_E_INVALID_VALUE;
	handle = pcsc_handle_get(hCard);
	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = SCARD_E_PROTO_MISMATCH;
	if (choose_protocol(mode, vcard_reader_is_t0(handle->reader),
		    dwPreferredProtocols, pdwActiveProtocol))
		rv = pcsc_error(vcard_reader_reconnect(handle->reader, mode,
			disposition_of(dwInitialization)));
	if (rv == SCARD_S_SUCCESS)
		handle->protocol = *pdwActiveProtocol;
	pcsc_handle_put(handle);
	return rv;
}

PCSC_API LONG
SCardDisconnect(SCARDHANDLE hCard, DWORD dwDisposition)
{
	enum vcard_reader_result result;

	if (dwDisposition > SCARD_EJECT_CARD)
		return SCARD_E_INVALID_VALUE;
	if (!pcsc_handle_close(hCard, disposition_of(dwDisposition), &result))
		return SCARD_E_INVALID_HANDLE;
	return pcsc_error(result);
}

/* --- transactions and commands --- */

PCSC_API LONG
SCardBeginTransaction(SCARDHANDLE hCard)
{
	struct pcsc_handle *handle = pcsc_handle_get(hCard);
	LONG rv;

	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = pcsc_error(vcard_reader_begin(handle->reader));
	pcsc_handle_put(handle);
	return rv;
}

PCSC_API LONG
SCardEndTransaction(SCARDHANDLE hCard, DWORD dwDisposition)
{
	struct pcsc_handle *handle;
	LONG rv;

	if (dwDisposition > SCARD_EJECT_CARD)
		return SCARD_E_INVALID_VALUE;
	handle = pcsc_handle_get(hCard);
	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	rv = pcsc_error(vcard_reader_end(
		handle->reader, disposition_of(dwDisposition)));
	pcsc_handle_put(handle);
	return rv;
}

/* Sends and copies the answer out. */
static LONG
transmit(struct pcsc_handle *handle, struct jcop_bytes command, LPBYTE buffer,
	LPDWORD room)
{
	struct jcop_blob response = JCOP_BLOB_INIT;
	char message[VCARD_MESSAGE_SIZE] = "";
	enum vcard_reader_result result = vcard_reader_transmit(
		handle->reader, command, &response, message);
	LONG rv = pcsc_error(result);

	pcsc_complain(message);
	/* "Unavailable" would make hosts look for the reader anew. */
	if (result == VCARD_READER_UNAVAILABLE)
		rv = SCARD_F_INTERNAL_ERROR;
	if (rv == SCARD_S_SUCCESS && response.len > *room)
		rv = SCARD_E_INSUFFICIENT_BUFFER;
	if (rv == SCARD_S_SUCCESS)
		memcpy(buffer, response.data, response.len);
	*room = response.len;
	jcop_blob_free(&response);
	return rv;
}

PCSC_API LONG
SCardTransmit(SCARDHANDLE hCard, const SCARD_IO_REQUEST *pioSendPci,
	LPCBYTE pbSendBuffer, DWORD cbSendLength, SCARD_IO_REQUEST *pioRecvPci,
	LPBYTE pbRecvBuffer, LPDWORD pcbRecvLength)
{
	struct pcsc_handle *handle;
	LONG rv;

	if (pioSendPci == NULL || pbSendBuffer == NULL ||
		pbRecvBuffer == NULL || pcbRecvLength == NULL ||
		*pcbRecvLength < 2 || cbSendLength == 0 ||
		cbSendLength > MAX_BUFFER_SIZE_EXTENDED)
		return SCARD_E_INVALID_PARAMETER;
	handle = pcsc_handle_get(hCard);
	if (handle == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (pioSendPci->dwProtocol != handle->protocol)
		rv = SCARD_E_PROTO_MISMATCH;
	else
		rv = transmit(handle, jcop_bytes_of(pbSendBuffer, cbSendLength),
			pbRecvBuffer, pcbRecvLength);
	if (rv == SCARD_S_SUCCESS && pioRecvPci != NULL) {
		pioRecvPci->dwProtocol = handle->protocol;
		pioRecvPci->cbPciLength = sizeof(*pioRecvPci);
	}
	pcsc_handle_put(handle);
	return rv;
}
