/*
 * driver.c: the operations table, the card controls and the symbols that
 * OpenSC looks for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "card-driver/session.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *sc_driver_version(void);
EXPORTED void *sc_module_init(const char *name);

static int
finish_op(struct sc_card *card)
{
	jcop_session_free(card);
	return SC_SUCCESS;
}

static int
lock_obtained_op(struct sc_card *card, int was_reset)
{
	if (card->drv_data != NULL)
		jcop_session_forget(card, was_reset != 0);
	return SC_SUCCESS;
}

/* The answer's rest is never protected. */
static int
get_response_op(struct sc_card *card, size_t *count, u8 *buf)
{
	struct sc_apdu apdu;
	int r;

	memset(&apdu, 0, sizeof(apdu));
	apdu.cse = SC_APDU_CASE_2_SHORT;
	apdu.ins = JCOP_INS_GET_RESPONSE;
	apdu.le = *count;
	apdu.resp = buf;
	apdu.resplen = *count;
	apdu.flags = SC_APDU_FLAGS_NO_GET_RESP | SC_APDU_FLAGS_NO_SM;
	r = sc_transmit_apdu(card, &apdu);
	if (r != SC_SUCCESS)
		return r;
	*count = apdu.resplen;
	if ((apdu.sw1 << 8 | apdu.sw2) == JCOP_SW_OK ||
		(apdu.sw1 << 8 | apdu.sw2) == JCOP_SW_END_OF_FILE)
		return 0;
	if (apdu.sw1 == JCOP_SW1_MORE && apdu.resplen == 0)
		return SC_ERROR_UNKNOWN_DATA_RECEIVED; /* for ever, else */
	if (apdu.sw1 == JCOP_SW1_MORE)
		return apdu.sw2 != 0 ? (int)apdu.sw2 : JCOP_LE_SHORT;
	return sc_check_sw(card, apdu.sw1, apdu.sw2);
}

/* The card gives random bytes only as challenges, of one length. */
static int
get_challenge_op(struct sc_card *card, u8 *random, size_t len)
{
	const struct jcop_session *session = card->drv_data;
	const struct jcop_apdu command = {JCOP_CLA_ISO, JCOP_INS_GET_CHALLENGE,
		0x00, 0x00, {NULL, 0},
		jcop_role_challenge_size((enum jcop_role_algorithm)session
						 ->description.dialect.role)};
	struct jcop_blob challenge = JCOP_BLOB_INIT;
	int r = jcop_execute(card, &command, &challenge);

	if (r == SC_SUCCESS && challenge.len == 0)
		r = SC_ERROR_UNKNOWN_DATA_RECEIVED;
	if (r == SC_SUCCESS) {
		r = (int)(challenge.len < len ? challenge.len : len);
		memcpy(random, challenge.data, (size_t)r);
	}
	jcop_blob_free(&challenge);
	return r;
}

static int
get_serial(struct sc_card *card, struct sc_serial_number *serial)
{
	struct jcop_session *session = card->drv_data;
	int r = jcop_read_iccsn(card);

	if (r != SC_SUCCESS)
		return r;
	memset(serial, 0, sizeof(*serial));
	memcpy(serial->value, session->iccsn, session->iccsn_len);
	serial->len = session->iccsn_len;
	card->serialnr = *serial;
	return SC_SUCCESS;
}

static int
collect_info(struct sc_card *card, struct jcop_card_info *info)
{
	struct jcop_session *session = card->drv_data;
	int i, r = jcop_read_iccsn(card);

	if (r == SC_SUCCESS) {
		memcpy(info->iccsn, session->iccsn, session->iccsn_len);
		info->iccsn_len = session->iccsn_len;
	}
	info->version_known = jcop_read_version(card) == SC_SUCCESS;
	memcpy(info->version, session->version, sizeof(info->version));
	info->chaining =
		info->version_known &&
		memcmp(info->version,
			session->description.identification.chaining_since,
			3) >= 0;
	jcop_read_produced(card, info->produced);
	info->extended_length = jcop_extended(card);
	session->selected_now = false;
	r = jcop_select_application(card, JCOP_APP_PKI);
	info->life_cycle = session->life_cycle;
	for (i = 0; r == SC_SUCCESS && i < JCOP_PIN_COUNT; i++) {
		info->pins[i].pin = (enum jcop_pin)i;
		r = jcop_pin_state(card, &info->pins[i]);
	}
	return r;
}

static int
get_info(struct sc_card *card, struct jcop_card_info *info)
{
	int r;

	memset(info, 0, sizeof(*info));
	r = sc_lock(card);
	if (r != SC_SUCCESS)
		return r;
	r = collect_info(card, info);
	sc_unlock(card);
	return r;
}

static int
get_pin_state(struct sc_card *card, struct jcop_pin_state *state)
{
	int r = sc_lock(card);

	if (r != SC_SUCCESS)
		return r;
	r = jcop_pin_state(card, state);
	sc_unlock(card);
	return r;
}

static int
get_life_cycle(struct sc_card *card, enum jcop_life_cycle *life_cycle)
{
	struct jcop_session *session = card->drv_data;
	int r = sc_lock(card);

	if (r != SC_SUCCESS)
		return r;
	r = jcop_select_application(card, JCOP_APP_PKI);
	*life_cycle = session->life_cycle;
	sc_unlock(card);
	return r;
}

static int
get_requirement(struct sc_card *card, struct jcop_requirement *requirement)
{
	if (requirement->operation >= JCOP_OP_COUNT)
		return SC_ERROR_INVALID_ARGUMENTS;
	requirement->name = jcop_operation_name(requirement->operation);
	jcop_missing_configuration(card, requirement->operation,
		requirement->missing, sizeof(requirement->missing));
	return SC_SUCCESS;
}

/* What needs no card. */
static int
give_value(struct jcop_session *session, unsigned long request, void *data)
{
	switch (request) {
	case SC_CARDCTL_JCOP45_MESSAGE:
		*(const char **)data = session->message;
		return SC_SUCCESS;
	case SC_CARDCTL_JCOP45_DESCRIPTION:
		*(const struct jcop_description **)data = &session->description;
		return SC_SUCCESS;
	case SC_CARDCTL_JCOP45_DATA_SHOWN:
		*(bool *)data = session->config.agent_data;
		return SC_SUCCESS;
	case SC_CARDCTL_JCOP45_DATA_WRONG:
		*(const char **)data = session->config.agent_data_wrong;
		return SC_SUCCESS;
	}
	return SC_ERROR_NOT_SUPPORTED;
}

static int
card_ctl_op(struct sc_card *card, unsigned long request, void *data)
{
	if (data == NULL)
		return SC_ERROR_INVALID_ARGUMENTS;
	switch (request) {
	case SC_CARDCTL_GET_SERIALNR:
		return get_serial(card, data);
	case SC_CARDCTL_JCOP45_INFO:
		return get_info(card, data);
	case SC_CARDCTL_JCOP45_PIN_STATE:
		return get_pin_state(card, data);
	case SC_CARDCTL_JCOP45_LIFE_CYCLE:
		return get_life_cycle(card, data);
	case SC_CARDCTL_JCOP45_REQUIREMENT:
		return get_requirement(card, data);
	case SC_CARDCTL_JCOP45_KEYSET:
		return jcop_role_check(card, data);
	case SC_CARDCTL_JCOP45_DIRECTORY:
		return jcop_directory_read(card, data);
	case SC_CARDCTL_JCOP45_ACTIVATE:
		return jcop_activate(card, data);
	case SC_CARDCTL_JCOP45_SET_PIN:
		return jcop_set_pin(card, data);
	case SC_CARDCTL_JCOP45_FINALIZE:
		return jcop_finalize(card, data);
	case SC_CARDCTL_JCOP45_CHANGE_PIN:
		return jcop_change_pin(card, data);
	case SC_CARDCTL_JCOP45_UNBLOCK_PIN:
		return jcop_unblock_pin(card, data);
	case SC_CARDCTL_JCOP45_GENERATE:
		return jcop_generate(card, data);
	case SC_CARDCTL_JCOP45_CERTIFICATE:
		return jcop_store_certificate(card, data);
	case SC_CARDCTL_JCOP45_IMPORT:
		return jcop_import(card, data);
	case SC_CARDCTL_JCOP45_DELETE_ALL:
		return jcop_delete_all(card, data);
	case SC_CARDCTL_JCOP45_READ_DATA:
		return jcop_read_data(card, data);
	case SC_CARDCTL_JCOP45_WRITE_DATA:
		return jcop_write_data(card, data);
	case SC_CARDCTL_JCOP45_CONFIGURE:
		return jcop_configure(card, data);
	case SC_CARDCTL_JCOP45_CHECK:
		return jcop_check_operation(card, data);
	}
	return give_value(card->drv_data, request, data);
}

static struct sc_card_operations operations;

static struct sc_card_driver driver = {
	.name = "IN Groupe agent card (JCOP 4.5, ChipDoc)",
	.short_name = JCOP_SHORT_NAME,
	.ops = &operations,
};

/* What is not set here is OpenSC's ISO 7816 driver's, or not offered. */
static struct sc_card_driver *
get_driver(void)
{
	const struct sc_card_operations *iso = sc_get_iso7816_driver()->ops;

	operations.match_card = jcop_match_op;
	operations.init = jcop_init_op;
	operations.finish = finish_op;
	operations.read_binary = jcop_read_binary_op;
	operations.select_file = jcop_select_file_op;
	operations.list_files = jcop_list_files_op;
	operations.get_response = get_response_op;
	operations.get_challenge = get_challenge_op;
	operations.logout = jcop_logout_op;
	operations.set_security_env = jcop_set_security_env_op;
	operations.decipher = jcop_decipher_op;
	operations.compute_signature = jcop_compute_signature_op;
	operations.check_sw = iso->check_sw;
	operations.card_ctl = card_ctl_op;
	operations.pin_cmd = jcop_pin_cmd_op;
	operations.card_reader_lock_obtained = lock_obtained_op;
	return &driver;
}

/* The release this was compiled for, not the one that is running: OpenSC
 * refuses a module of another release, and must. */
const char *
sc_driver_version(void)
{
	return OPENSC_VERSION;
}

void *
sc_module_init(const char *name)
{
	(void)name;
	return (void *)get_driver;
}
