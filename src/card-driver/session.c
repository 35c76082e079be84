/*
 * session.c: what an operation needs (channel, role) and getting it.
 *
 * The secure channel is policy, not a mode: one table says what each operation
 * needs, the operation asks for it here, and everything fails closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card-driver/session.h"

/* What an operation needs before its first command. */
struct need {
	const char *name;
	bool channel;
	bool role;
	enum jcop_keyset keyset;
};

static const struct need needs[JCOP_OP_COUNT] = {
	[JCOP_OP_READ] = {"reading", false, false, 0},
	[JCOP_OP_ACTIVATE] = {"activation", true, true, JCOP_KEYSET_SK_ADMIN},
	[JCOP_OP_GENERATE] = {"key generation", true, true,
		JCOP_KEYSET_SK_ADMIN},
	[JCOP_OP_WRITE_CERTIFICATE] = {"certificate writing", true, true,
		JCOP_KEYSET_SK_ADMIN},
	[JCOP_OP_IMPORT] = {"key import", true, true, JCOP_KEYSET_SK_ADMIN},
	[JCOP_OP_DELETE] = {"deletion", true, true, JCOP_KEYSET_SK_ADMIN},
	[JCOP_OP_CHANGE_PIN] = {"PIN change", false, false, 0},
	[JCOP_OP_UNBLOCK_PUK] = {"unblocking with the PUK", false, false, 0},
	[JCOP_OP_UNBLOCK_KEYSET] = {"unblocking with a key set", false, true,
		JCOP_KEYSET_SK_UNBLK_PIN},
	[JCOP_OP_WRITE_DATA] = {"agent data update", true, true,
		JCOP_KEYSET_SK_FILE_MGMT},
};

const char *
jcop_operation_name(enum jcop_operation operation)
{
	return needs[operation].name;
}

/* What SK_UNBLK needs the card's dialect says. */
static bool
needs_channel(const struct jcop_session *session, enum jcop_operation operation)
{
	if (operation == JCOP_OP_UNBLOCK_KEYSET)
		return session->description.dialect.unblock_keyset ==
		       JCOP_UNBLOCK_CHANNEL;
	return needs[operation].channel;
}

struct jcop_session *
jcop_session_of(struct sc_card *card)
{
	return card->drv_data;
}

int
jcop_sc_error(int error)
{
	switch (error) {
	case JCOP_OK:
		return SC_SUCCESS;
	case JCOP_ERR_NO_MEMORY:
		return SC_ERROR_OUT_OF_MEMORY;
	case JCOP_ERR_ARGUMENT:
		return SC_ERROR_INVALID_ARGUMENTS;
	case JCOP_ERR_TOO_LONG:
		return SC_ERROR_BUFFER_TOO_SMALL;
	case JCOP_ERR_MALFORMED:
		return SC_ERROR_INVALID_DATA;
	case JCOP_ERR_NOT_FOUND:
		return SC_ERROR_OBJECT_NOT_FOUND;
	case JCOP_ERR_UNSUPPORTED:
		return SC_ERROR_NOT_SUPPORTED;
	case JCOP_ERR_UNTRUSTED:
		return SC_ERROR_SM_AUTHENTICATION_FAILED;
	case JCOP_ERR_CHANNEL:
		return SC_ERROR_SM;
	}
	return SC_ERROR_INTERNAL;
}

int
jcop_explain(struct sc_card *card, int error, const char *format, ...)
{
	struct jcop_session *session = card->drv_data;
	va_list args;

	va_start(args, format);
	vsnprintf(session->message, sizeof(session->message), format, args);
	va_end(args);
	sc_log(card->ctx, "%s", session->message);
	return error;
}

int
jcop_session_new(struct sc_card *card)
{
	char message[JCOP_DESCRIPTION_ERROR_SIZE];
	struct jcop_session *session = calloc(1, sizeof(*session));
	int r;

	if (session == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	card->drv_data = session;
	jcop_config_read(card->ctx, &session->config);
	r = jcop_description_load(session->config.card_description,
		&session->description, message);
	if (r != JCOP_OK) {
		sc_log(card->ctx, "card description: %s", message);
		jcop_session_free(card);
		return jcop_sc_error(r);
	}
	session->buffer = malloc(JCOP_BUFFER_SIZE);
	if (session->buffer == NULL) {
		jcop_session_free(card);
		return SC_ERROR_OUT_OF_MEMORY;
	}
	return SC_SUCCESS;
}

void
jcop_session_free(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;

	if (session == NULL)
		return;
	jcop_channel_close(card);
	jcop_role_release(card);
	jcop_blob_free(&session->channel.wire_command);
	jcop_blob_free(&session->channel.wire_response);
	jcop_blob_free(&session->channel.plain_response);
	jcop_blob_free(&session->card_security);
	jcop_blob_free(&session->shown);
	jcop_agent_forget(session);
	jcop_blob_free(&session->last_challenge);
	jcop_config_take_back(&session->config);
	if (session->buffer != NULL)
		sc_mem_clear(session->buffer, JCOP_BUFFER_SIZE);
	free(session->buffer);
	sc_mem_clear(session, sizeof(*session));
	free(session);
	card->drv_data = NULL;
}

void
jcop_session_forget(struct sc_card *card, bool was_reset)
{
	struct jcop_session *session = card->drv_data;

	session->selected_now = false;
	session->current_mse.len = 0;
	session->is_shown = false;
	jcop_blob_clear(&session->shown);
	if (!was_reset)
		return;
	/* It may be another card, even. */
	jcop_agent_forget(session);
	session->selected_known = false;
	session->life_cycle = JCOP_LIFE_CYCLE_UNKNOWN;
	session->version_known = false;
	session->iccsn_len = 0;
	jcop_blob_clear(&session->card_security);
	jcop_channel_close(card);
}

/* Trust: an anchor or a pinned key, unless the administrator waived it. */
static bool
trust_configured(const struct jcop_config *config)
{
	return config->chip_auth_trust_anchor != NULL ||
	       config->chip_auth_pinned_key != NULL ||
	       config->chip_auth_allow_untrusted;
}

/* A file that is named (not NULL) and cannot be read: MESSAGE says so. */
static bool
unreadable_file(const char *key, const char *path, char *message, size_t size)
{
	if (path == NULL || access(path, R_OK) == 0)
		return false;
	snprintf(message, size, "%s = %s: the file cannot be read (%s)", key,
		path, strerror(errno));
	return true;
}

static int
missing_channel(const struct jcop_session *session, char *message, size_t size)
{
	uint16_t file;
	unsigned int key;
	int r = jcop_config_chip_auth(&session->config, &session->description,
		&file, &key, message, size);

	if (r != SC_SUCCESS)
		return r;
	if (session->config.chip_auth_allow_untrusted_wrong != NULL) {
		snprintf(message, size,
			"chip_auth_allow_untrusted = %s: expected yes or no",
			session->config.chip_auth_allow_untrusted_wrong);
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	if (unreadable_file("chip_auth_pinned_key",
		    session->config.chip_auth_pinned_key, message, size) ||
		unreadable_file("chip_auth_trust_anchor",
			session->config.chip_auth_trust_anchor, message, size))
		return SC_ERROR_INVALID_ARGUMENTS;
	if (trust_configured(&session->config))
		return SC_SUCCESS;
	snprintf(message, size,
		"neither chip_auth_trust_anchor nor chip_auth_pinned_key is "
		"set: without one nothing tells a genuine chip from a forged "
		"one");
	return SC_ERROR_INVALID_ARGUMENTS;
}

/* A private key is not given to a chip that nobody vouches for. */
static int
missing_import(const struct jcop_config *config, char *message, size_t size)
{
	if (config->chip_auth_trust_anchor != NULL ||
		config->chip_auth_pinned_key != NULL)
		return SC_SUCCESS;
	snprintf(message, size,
		"a private key is given to a trusted chip only, whatever "
		"chip_auth_allow_untrusted says: neither "
		"chip_auth_trust_anchor nor chip_auth_pinned_key is set");
	return SC_ERROR_INVALID_ARGUMENTS;
}

static int
missing_role(const struct jcop_session *session, enum jcop_keyset keyset,
	char *message, size_t size)
{
	struct jcop_keyset_config configured;
	char hsm[JCOP_HSM_MESSAGE_SIZE];
	int r = jcop_config_keyset(&session->config, &session->description,
		keyset, &configured, message, size);

	if (r != SC_SUCCESS)
		return r;
	if (session->description.dialect.role == JCOP_ROLE_IAS_3DES) {
		snprintf(message, size,
			"the card_description in use has role = ias-3des, "
			"which needs an HSM with a retail MAC and is not "
			"supported: one with another role algorithm is "
			"needed");
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	if (!session->config.hsm_present) {
		snprintf(message, size,
			"the block \"hsm { … }\" is missing: it says where the "
			"keys of %s are",
			jcop_config_keyset_setting(&session->config, keyset)
				.name);
		return SC_ERROR_INVALID_ARGUMENTS;
	}
	if (jcop_hsm_check_config(&session->config.hsm, hsm) == JCOP_OK)
		return SC_SUCCESS;
	snprintf(message, size, "%s", hsm);
	return SC_ERROR_INVALID_ARGUMENTS;
}

void
jcop_missing_configuration(struct sc_card *card, enum jcop_operation operation,
	char *message, size_t size)
{
	const struct jcop_session *session = card->drv_data;
	const struct need *need = &needs[operation];

	message[0] = '\0';
	if (needs_channel(session, operation) &&
		missing_channel(session, message, size) != SC_SUCCESS)
		return;
	if (operation == JCOP_OP_IMPORT &&
		missing_import(&session->config, message, size) != SC_SUCCESS)
		return;
	if (need->role && missing_role(session, need->keyset, message, size) !=
				  SC_SUCCESS)
		return;
	message[0] = '\0';
}

int
jcop_begin(struct sc_card *card, enum jcop_operation operation)
{
	struct jcop_session *session = card->drv_data;
	char missing[JCOP_MESSAGE_SIZE / 2];
	int r;

	session->message[0] = '\0';
	if (session->operating)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"%s cannot start while %s is under way",
			needs[operation].name, needs[session->operation].name);
	jcop_missing_configuration(card, operation, missing, sizeof(missing));
	if (missing[0] != '\0')
		return jcop_explain(card, SC_ERROR_INVALID_ARGUMENTS,
			"%s: %s. Set it in the block \"card_driver %s\" of "
			"opensc.conf",
			needs[operation].name, missing, JCOP_SHORT_NAME);
	session->operation = operation;
	if (needs[operation].role) {
		r = jcop_role_prepare(card, needs[operation].keyset);
		if (r != SC_SUCCESS)
			return r;
	}
	r = sc_lock(card);
	if (r != SC_SUCCESS) {
		jcop_role_release(card);
		return r;
	}
	session->operating = true;
	session->channel_required = false;
	session->rights_gained = false;
	session->attempted = session->role_attempted = false;
	session->audited[0] = '\0';
	return SC_SUCCESS;
}

int
jcop_need_channel(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	int r;

	if (!needs_channel(session, session->operation))
		return SC_SUCCESS;
	session->attempted = true;
	r = jcop_channel_open(card);
	if (r != SC_SUCCESS)
		return r;
	session->channel_required = true;
	return SC_SUCCESS;
}

int
jcop_check_not_terminated(struct sc_card *card)
{
	const struct jcop_session *session = card->drv_data;
	int r = SC_SUCCESS;

	if (session->life_cycle == JCOP_LIFE_CYCLE_UNKNOWN)
		r = jcop_select_application(card, JCOP_APP_PKI);
	if (r == SC_SUCCESS &&
		session->life_cycle == JCOP_LIFE_CYCLE_TERMINATED)
		r = jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"this card is terminated; nothing can be changed on "
			"it");
	return r;
}

int
jcop_check_channel(struct sc_card *card)
{
	const struct jcop_session *session = card->drv_data;

	return needs_channel(session, session->operation)
		       ? jcop_channel_check(card)
		       : SC_SUCCESS;
}

int
jcop_need_role(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	const struct need *need = &needs[session->operation];
	int r;

	if (!need->role)
		return SC_SUCCESS;
	if (needs_channel(session, session->operation) &&
		!session->channel_required)
		return SC_ERROR_SM_NOT_INITIALIZED;
	session->attempted = session->role_attempted = true;
	r = jcop_read_iccsn(card);
	if (r != SC_SUCCESS)
		return r;
	jcop_audit_note(card);
	return jcop_role_authenticate(card, need->keyset);
}

bool
jcop_is_gone(int error)
{
	switch (error) {
	case SC_ERROR_CARD_REMOVED:
	case SC_ERROR_CARD_NOT_PRESENT:
	case SC_ERROR_CARD_RESET:
	case SC_ERROR_READER_DETACHED:
	case SC_ERROR_READER_REATTACHED:
	case SC_ERROR_TRANSMIT_FAILED:
		return true;
	}
	return false;
}

/* Rights that were gained must not be there for the next process. */
static int
drop_rights(struct sc_card *card, int result)
{
	struct jcop_session *session = card->drv_data;
	size_t len;
	int r;

	jcop_channel_close(card);
	r = sc_reset(card, 0);
	session->selected_known = session->selected_now = false;
	session->current_mse.len = 0;
	if (r == SC_SUCCESS ||
		(jcop_is_gone(r) && r != SC_ERROR_TRANSMIT_FAILED))
		return SC_SUCCESS;
	/* The reader cannot: then at least the PINs. */
	jcop_logout_op(card);
	if (result == SC_SUCCESS)
		jcop_explain(
			card, r, "%s: done", needs[session->operation].name);
	len = strlen(session->message);
	snprintf(session->message + len, sizeof(session->message) - len,
		"; the card could not be reset and may still grant what was "
		"gained: take it out of the reader");
	return r;
}

int
jcop_end(struct sc_card *card, int result)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_audit audit;
	int r = SC_SUCCESS;

	session->channel_required = false;
	if (jcop_is_gone(result) && session->message[0] == '\0')
		jcop_explain(card, result,
			"%s: the card was removed or reset meanwhile; put it "
			"back and run the command again",
			needs[session->operation].name);
	jcop_audit_prepare(card, !jcop_is_gone(result), &audit);
	if (session->rights_gained)
		r = drop_rights(card, result);
	jcop_channel_close(card);
	jcop_role_release(card);
	session->rights_gained = false;
	session->operating = false;
	sc_unlock(card);
	r = result != SC_SUCCESS ? result : r;
	jcop_audit_write(card, &audit, r);
	return r;
}

int
jcop_configure(struct sc_card *card, const struct jcop_settings *settings)
{
	struct jcop_session *session = card->drv_data;
	char message[JCOP_MESSAGE_SIZE];
	int r;

	if (session->operating)
		return jcop_explain(card, SC_ERROR_NOT_ALLOWED,
			"the configuration cannot change while %s is under way",
			needs[session->operation].name);
	session->message[0] = '\0';
	r = jcop_check_settings(
		&session->description, settings, message, sizeof(message));
	if (r != SC_SUCCESS)
		return jcop_explain(card, r, "%s", message);
	r = jcop_config_give(&session->config, settings);
	/* It may be of another file than is named now. */
	if (r == SC_SUCCESS)
		jcop_blob_clear(&session->card_security);
	return r;
}

/* What can be known of the chip without opening the channel. */
static int
check_chip(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	int r;

	if (!needs_channel(session, session->operation))
		return SC_SUCCESS;
	r = jcop_channel_prepare(card);
	if (r == SC_SUCCESS)
		r = jcop_channel_check(card);
	if (r == SC_SUCCESS && session->operation == JCOP_OP_IMPORT)
		r = jcop_import_check_trust(card);
	return r;
}

/* No channel and no role is asked for: jcop_end has nothing to take back and
 * nothing to report to the system's log. */
int
jcop_check_operation(struct sc_card *card, const enum jcop_operation *operation)
{
	struct jcop_session *session = card->drv_data;
	int r;

	session->message[0] = '\0';
	if (*operation >= JCOP_OP_COUNT)
		return SC_ERROR_INVALID_ARGUMENTS;
	r = jcop_begin(card, *operation);
	return r == SC_SUCCESS ? jcop_end(card, check_chip(card)) : r;
}
