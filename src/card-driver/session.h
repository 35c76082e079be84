/*
 * session.h: what the files of the card driver share. Private to this room.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_SESSION_H
#define JCOP_SESSION_H

#include <sys/types.h>
#include <time.h>

#include <libopensc/log.h>
#include <libopensc/opensc.h>

#include "card-driver/cardctl.h"
#include "card-driver/config.h"
#include "core/blob.h"
#include "core/command.h"
#include "core/role-auth.h"
#include "core/secure-messaging.h"
#include "core/tlv.h"
#include "description/description.h"

/* The secure channel of one operation. */
struct jcop_channel {
	bool open;
	bool trusted; /* somebody vouches for the chip's key */
	pid_t owner;  /* a child after fork does not use it */
	struct jcop_sm sm;
	/* one command and one answer on the wire; made once */
	struct jcop_blob wire_command, wire_response, plain_response;
	struct sc_apdu apdu;
};

/* The security environment as MSE set it: what compute_signature and decipher
 * have to know. */
struct jcop_environment {
	const struct jcop_slot_desc *slot;
	const struct jcop_container_desc *container;
	unsigned int operation; /* SC_SEC_OPERATION_... */
	unsigned long flags;    /* SC_ALGORITHM_RSA_... */
};

/* A security environment as MSE:Set takes it. */
struct jcop_mse {
	uint8_t p1, template;
	uint8_t data[8];
	size_t len; /* 0: none */
};

/* The content of a file of the agent data as it was a moment ago. */
struct jcop_agent_snapshot {
	bool taken;
	struct timespec at; /* CLOCK_MONOTONIC */
	struct jcop_blob content;
};

struct jcop_session {
	struct jcop_description description;
	struct jcop_config config;
	char message[JCOP_MESSAGE_SIZE];

	/* Where the card is. Another process may have moved it since this one
	 * held the lock last; then `selected_now` is false. */
	enum jcop_application selected;
	bool selected_known, selected_now;
	uint16_t current_ef;             /* its EF, as far as known; or 0 */
	enum jcop_life_cycle life_cycle; /* as the last SELECT told */

	bool operating;        /* between jcop_begin and jcop_end */
	bool channel_required; /* nothing leaves in plain */
	bool rights_gained;    /* the card is reset at the end */
	bool pin_in_doubt;     /* which value it has is not known */
	bool attempted;        /* its channel or role was asked for */
	bool role_attempted;
	/* Whom the operation's line in the system's log is about; "" unless
	 * that is known before its end. Outlives a removal. */
	char audited[2 * JCOP_MAX_ICCSN + 1];
	enum jcop_operation operation;
	struct jcop_channel channel;
	struct jcop_hsm *hsm; /* while an operation needs a key set */
	struct jcop_hsm_keyset *keyset;
	struct jcop_blob last_challenge;
	struct jcop_blob card_security; /* read once a connection */

	struct jcop_environment environment;
	/* What OpenSC is shown instead of the file that is selected: the DER
	 * of a certificate file, the value of a field of the agent data. */
	bool is_shown;
	struct jcop_blob shown;
	struct jcop_agent_snapshot snapshots[JCOP_DATA_COUNT];
	/* What the last MSE of this transaction set, while nothing was
	 * selected since. */
	struct jcop_mse current_mse;
	uint8_t *buffer; /* for answers: JCOP_BUFFER_SIZE bytes, made once */
	bool version_known;
	uint8_t version[3];
	uint8_t iccsn[JCOP_MAX_ICCSN];
	size_t iccsn_len;
};

/* Longest answer of an extended command, and its status word. */
#define JCOP_BUFFER_SIZE (65536 + 2)

struct jcop_session *jcop_session_of(struct sc_card *card);

/*
 * Makes the session of CARD: description and configuration. On failure CARD
 * has none and the reason is in OpenSC's log. SC_ERROR_*.
 */
int jcop_session_new(struct sc_card *card);
void jcop_session_free(struct sc_card *card);

/* Notes a sentence for the user (SC_CARDCTL_JCOP45_MESSAGE) and for the log,
 * and returns ERROR. */
int jcop_explain(struct sc_card *card, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An SC_ERROR_* for an enum jcop_error. */
int jcop_sc_error(int error);

/* --- session.c: operations and what they need --- */

/*
 * Starts OPERATION: its configuration is complete, its key set was found in
 * the HSM, the card is locked. Nothing has been sent. Every success is followed
 * by one jcop_end.
 */
int jcop_begin(struct sc_card *card, enum jcop_operation operation);

/* Opens the secure channel if the operation needs it, and from then on sends
 * nothing in plain; the chip is trusted as far as the operation asks. */
int jcop_need_channel(struct sc_card *card);

/* Can it be opened later, as far as reading tells? For what has to go plain
 * before. */
int jcop_check_channel(struct sc_card *card);

/* Gains the role of the operation's key set, inside the channel if one is
 * needed. */
int jcop_need_role(struct sc_card *card);

/*
 * Ends the operation: where rights were gained (key set, transport PIN, PUK)
 * the card is reset, so that the next process finds none; channel closed,
 * card unlocked. Returns RESULT, or the reset's error if RESULT is fine and
 * the card still there.
 */
int jcop_end(struct sc_card *card, int result);

/* Refuses a card that is terminated, with the reason. Inside an operation; a
 * SELECT at most. */
int jcop_check_not_terminated(struct sc_card *card);

/* What CONFIGURE and CHECK do. */
int jcop_configure(struct sc_card *card, const struct jcop_settings *settings);
int jcop_check_operation(
	struct sc_card *card, const enum jcop_operation *operation);

/* What the operation lacks in the configuration, "" if nothing. */
void jcop_missing_configuration(struct sc_card *card,
	enum jcop_operation operation, char *message, size_t size);
const char *jcop_operation_name(enum jcop_operation operation);

/* --- audit.c --- */

/* What the system's log will say of the operation. */
struct jcop_audit {
	bool due; /* an administrative act that reached the card */
	char iccsn[2 * JCOP_MAX_ICCSN + 1];
};

/* Notes the ICCSN, which was read, for the line. */
void jcop_audit_note(struct sc_card *card);

/* Before the rights are dropped; asks for the ICCSN if CARD_ANSWERS. */
void jcop_audit_prepare(
	struct sc_card *card, bool card_answers, struct jcop_audit *audit);

/* One line, "jcop45: card ICCSN: operation: ok". */
void jcop_audit_write(
	struct sc_card *card, const struct jcop_audit *audit, int result);

/* The card was reset or another process had it: what is no longer sure. */
void jcop_session_forget(struct sc_card *card, bool was_reset);

/* --- channel.c --- */

/* Reads the file that the channel needs, and the ICCSN for the role, so that
 * opening it later leaves alone what is selected. */
int jcop_channel_prepare(struct sc_card *card);
int jcop_channel_open(struct sc_card *card);

/* Is there a key for the channel, and is it trusted? Reads only. */
int jcop_channel_check(struct sc_card *card);
void jcop_channel_close(struct sc_card *card);
bool jcop_channel_usable(const struct sc_card *card);

/* --- role.c --- */

/* Finds the key set in the HSM, before the card is touched. One jcop_end
 * later it is released. */
int jcop_role_prepare(struct sc_card *card, enum jcop_keyset keyset);
void jcop_role_release(struct sc_card *card);
int jcop_role_check(struct sc_card *card, struct jcop_keyset_check *check);

/* One role authentication with the key set that was prepared. */
int jcop_role_authenticate(struct sc_card *card, enum jcop_keyset keyset);

/* --- sm-hooks.c --- */
void jcop_sm_hooks_install(struct sc_card *card);

/* Protects PLAIN; WRAPPED borrows the channel's wire_command. */
int jcop_sm_protect(struct sc_card *card, const struct sc_apdu *plain,
	struct jcop_apdu *wrapped);

/* Opens WIRE, the answer to what was protected, into PLAIN, unless sending it
 * had another RESULT than success. After any error the channel is closed. */
int jcop_sm_finish(struct sc_card *card, int result, struct sc_apdu *plain,
	struct sc_apdu *wire);

/* --- transmit.c ------------------------------------------------------------
 */

/*
 * Sends COMMAND, protected while the channel is open, as one short or
 * extended APDU or as a chain, whichever card and reader take. RESPONSE (may
 * be NULL) gets the answer's data without SW, *SW its status word, whatever
 * it is. Errors are those of transport and channel only.
 */
int jcop_transmit(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response, unsigned int *sw);

/* The same; a status word other than 9000 becomes its SC_ERROR_*. */
int jcop_execute(struct sc_card *card, const struct jcop_apdu *command,
	struct jcop_blob *response);

/* What needs the channel does not leave without it: asked before every
 * command, and before every link of one. */
int jcop_check_policy(struct sc_card *card);

/* Card, description and reader take extended Lc and Le. */
bool jcop_extended(const struct sc_card *card);

/* Most data bytes that one command can carry without chaining. */
size_t jcop_max_data(const struct sc_card *card, bool answer_expected);

/* Refuses, before anything is sent, an operation with DATA_LEN bytes in one
 * command if this reader and applet can neither extend nor chain. */
int jcop_check_chaining(struct sc_card *card, size_t data_len);

/* --- slicing.c --- */

/* Sends PLAIN through the open channel, protected once and cut into short
 * links. Errors as those of OpenSC's sc_transmit_apdu; the channel is then
 * closed. */
int jcop_transmit_sliced(struct sc_card *card, struct sc_apdu *plain);

/* --- files.c ---------------------------------------------------------------
 */
int jcop_select_application(
	struct sc_card *card, enum jcop_application application);

/* SELECT the EF; where SIZE is not NULL its FCP is asked for its size. */
int jcop_select_ef(struct sc_card *card, enum jcop_application application,
	uint16_t fid, size_t *size);

/* Reads the selected EF from its start: all of it, or as far as STOP (may be
 * NULL) says that what was read is enough. */
typedef bool (*jcop_enough)(struct jcop_bytes content);
int jcop_read_selected(
	struct sc_card *card, struct jcop_blob *content, jcop_enough stop);
int jcop_update_selected(
	struct sc_card *card, size_t offset, struct jcop_bytes data);

/* Appends to CONTENT, which is the start of the selected EF, what follows it
 * there up to LEN bytes in all, or as far as the file goes. */
int jcop_read_up_to(
	struct sc_card *card, struct jcop_blob *content, size_t len);

/* Reads the object that the selected EF starts with, and nothing behind it:
 * its length is in the first, short answer. Where no object starts, CONTENT is
 * that answer. */
int jcop_read_object(struct sc_card *card, struct jcop_blob *content);

/* Replaces CONTENT by at most LEN bytes from the start of the EF of the current
 * DF with that short identifier, which is then selected. */
int jcop_read_sfi(struct sc_card *card, uint8_t sfi, size_t len,
	struct jcop_blob *content);
int jcop_get_data(struct sc_card *card, uint16_t tag, struct jcop_blob *value,
	unsigned int *sw);

int jcop_select_file_op(struct sc_card *card, const struct sc_path *path,
	struct sc_file **file);
int jcop_read_binary_op(struct sc_card *card, unsigned int offset, u8 *buf,
	size_t count, unsigned long flags);
int jcop_list_files_op(struct sc_card *card, u8 *buf, size_t size);

/* Does ERROR say that the card was removed or reset, or its reader is gone? */
bool jcop_is_gone(int error);

/* --- match.c ----------------------------------------------------------------
 */
int jcop_match_op(struct sc_card *card);
int jcop_init_op(struct sc_card *card);
/* An error of jcop_is_gone, or SC_ERROR_OBJECT_NOT_FOUND where the card tells
 * it nowhere. */
int jcop_read_iccsn(struct sc_card *card);
int jcop_read_version(struct sc_card *card);
void jcop_read_produced(struct sc_card *card, char produced[11]);

/* --- pins.c -----------------------------------------------------------------
 */

/* One command with one value or two: VERIFY, CHANGE REFERENCE DATA, RESET RETRY
 * COUNTER (ISO/IEC 7816-4 11.6.6 - 11.6.11). All is borrowed. */
struct jcop_pin_command {
	uint8_t ins, p1;
	enum jcop_pin target; /* P2 */
	enum jcop_pin code;   /* whose value FIRST is: TARGET's, or the PUK */
	const struct jcop_pin_entry *first;      /* what proves, or NULL */
	const struct jcop_pin_entry *second;     /* the new value, or NULL */
	const struct jcop_pinpad_prompt *prompt; /* may be NULL */
	bool changing; /* FIRST is the old one, for the prompt */
};

/* One verification, and the tries around it. */
struct jcop_pin_try {
	enum jcop_pin pin;
	const struct jcop_pin_entry *entry;
	const struct jcop_pinpad_prompt *prompt; /* may be NULL */
	bool changing;
	int tries_before; /* -1: not asked */
	int tries_left;   /* out; -1: the card did not say */
};

const struct jcop_pin_desc *jcop_pin_desc(
	struct sc_card *card, enum jcop_pin pin);
bool jcop_pin_is_users(enum jcop_pin pin); /* global or signature */

/* Lengths and character set, before a try is spent; a new value also: is it one
 * that can be typed? SC_ERROR_INVALID_PIN_LENGTH, SC_ERROR_NOT_ALLOWED. */
int jcop_pin_check_value(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value);
int jcop_pin_check_new(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value);

/* Sends COMMAND once, or has the reader's pad complete and send it. *SW is
 * there after SC_SUCCESS, whatever it is. */
int jcop_pin_send(struct sc_card *card, const struct jcop_pin_command *command,
	unsigned int *sw);

/* Explains a status word other than 9000 to a value of ATTEMPT's PIN. */
int jcop_pin_explain(
	struct sc_card *card, struct jcop_pin_try *attempt, unsigned int sw);
int jcop_pin_explain_blocked(struct sc_card *card, enum jcop_pin pin);
int jcop_pin_explain_unusable(struct sc_card *card, enum jcop_pin pin);

/* No answer that can be trusted: the card may have executed the command. */
bool jcop_outcome_unknown(int result);

/* Puts MORE behind the reason that was given for RESULT, or OpenSC's words
 * where none was; returns RESULT. */
int jcop_explain_more(struct sc_card *card, int result, const char *more);

/* VERIFY, once. */
int jcop_pin_verify(struct sc_card *card, struct jcop_pin_try *attempt);

/* 24 01: the new value alone. And the answer to this and other commands that
 * set a value. */
int jcop_pin_set_new(struct sc_card *card, enum jcop_pin pin,
	const struct jcop_pin_entry *entry,
	const struct jcop_pinpad_prompt *prompt);
int jcop_pin_check_set(
	struct sc_card *card, enum jcop_pin pin, unsigned int sw);

/* What the card says of state->pin; costs no try. */
int jcop_pin_state(struct sc_card *card, struct jcop_pin_state *state);

/* Takes back what the PIN has opened; of all PINs: jcop_logout_op. */
int jcop_pin_logout(struct sc_card *card, enum jcop_pin pin);
int jcop_logout_op(struct sc_card *card);

/* --- pin-cmd.c --- */
int jcop_pin_cmd_op(
	struct sc_card *card, struct sc_pin_cmd_data *data, int *tries_left);

/* --- pin-change.c --- */
int jcop_change_pin(struct sc_card *card, struct jcop_pin_change *change);
int jcop_unblock_pin(struct sc_card *card, struct jcop_pin_unblock *unblock);

/* Asks the state of PIN and refuses, with the way out, one that is blocked or
 * not usable. STATE then has its tries, all of them if it is verified. */
int jcop_pin_require(
	struct sc_card *card, enum jcop_pin pin, struct jcop_pin_state *state);

/* --- pinpad.c --- */

/* Is a value of COMMAND to be typed? */
bool jcop_pinpad_needed(const struct jcop_pin_command *command);

/* Has the reader a pad? SC_ERROR_NOT_SUPPORTED with the reason. */
int jcop_pinpad_check(struct sc_card *card);

/* Has the pad fill COMMAND in and send it. DATA: what is supplied of its data,
 * with fixed places filled up; the second value begins at SECOND_AT. Refused
 * while the secure channel is open. */
int jcop_pinpad_send(struct sc_card *card,
	const struct jcop_pin_command *command, struct jcop_bytes data,
	size_t second_at, unsigned int *sw);

/* --- keys.c -----------------------------------------------------------------
 */
int jcop_declare_algorithms(struct sc_card *card);
void jcop_offer_raw_rsa(struct sc_card *card);
int jcop_set_security_env_op(
	struct sc_card *card, const struct sc_security_env *env, int se_num);
int jcop_compute_signature_op(struct sc_card *card, const u8 *data,
	size_t data_len, u8 *out, size_t out_len);
int jcop_decipher_op(struct sc_card *card, const u8 *cryptogram,
	size_t cryptogram_len, u8 *out, size_t out_len);
int jcop_generate(struct sc_card *card, struct jcop_generation *generation);

/* --- activation.c ------------------------------------------------------------
 */
int jcop_activate(
	struct sc_card *card, const struct jcop_activation *activation);
int jcop_set_pin(struct sc_card *card, const struct jcop_pin_setting *setting);
int jcop_finalize(
	struct sc_card *card, const struct jcop_finalization *finalization);

/* --- directory.c --- */
int jcop_directory_read(struct sc_card *card, struct jcop_directory *directory);

/* --- certificates.c, key-import.c, deletion.c --- */
int jcop_import(struct sc_card *card, struct jcop_import *import);

/* Refuses a chip whose key is not trusted, once that was found out. */
int jcop_import_check_trust(struct sc_card *card);
int jcop_delete_all(struct sc_card *card, struct jcop_deletion *deletion);
int jcop_store_certificate(
	struct sc_card *card, struct jcop_certificate *certificate);

/* --- agent-files.c, agent-update.c --- */
int jcop_read_data(struct sc_card *card, struct jcop_agent_data *data);
int jcop_write_data(struct sc_card *card, struct jcop_agent_update *update);

/* Sets VALUE to the value of one field; what was read a moment ago is good
 * enough. */
int jcop_agent_field_value(struct sc_card *card, enum jcop_data data,
	size_t field, struct jcop_blob *value);

/* What was read of the agent data is not good any more. */
void jcop_agent_forget(struct jcop_session *session);

#endif
