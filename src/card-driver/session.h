/*
 * session.h: what the files of the card driver share. Private to this room.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_SESSION_H
#define JCOP_SESSION_H

#include <sys/types.h>

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

struct jcop_session {
	struct jcop_description description;
	struct jcop_config config;
	char message[JCOP_MESSAGE_SIZE];

	/* Where the card is. Another process may have moved it since this one
	 * held the lock last; then `selected_now` is false. */
	enum jcop_application selected;
	bool selected_known, selected_now;
	enum jcop_life_cycle life_cycle; /* as the last SELECT told */

	bool operating;        /* between jcop_begin and jcop_end */
	bool channel_required; /* nothing leaves in plain */
	bool rights_gained;    /* the card is reset at the end */
	enum jcop_operation operation;
	struct jcop_channel channel;
	struct jcop_hsm *hsm; /* while an operation needs a key set */
	struct jcop_hsm_keyset *keyset;
	struct jcop_blob last_challenge;
	struct jcop_blob card_security; /* read once a connection */

	struct jcop_environment environment;
	/* DER of the certificate file that is selected; empty for another */
	struct jcop_blob certificate;
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

/* What the operation lacks in the configuration, "" if nothing. */
void jcop_missing_configuration(struct sc_card *card,
	enum jcop_operation operation, char *message, size_t size);
const char *jcop_operation_name(enum jcop_operation operation);

/* The card was reset or another process had it: what is no longer sure. */
void jcop_session_forget(struct sc_card *card, bool was_reset);

/* --- channel.c --- */
int jcop_channel_open(struct sc_card *card);
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

/* Card, description and reader take extended Lc and Le. */
bool jcop_extended(const struct sc_card *card);

/* Most data bytes that one command can carry without chaining. */
size_t jcop_max_data(const struct sc_card *card, bool answer_expected);

/* Refuses, before anything is sent, an operation with DATA_LEN bytes in one
 * command if this reader and applet can neither extend nor chain. */
int jcop_check_chaining(struct sc_card *card, size_t data_len);

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
int jcop_get_data(struct sc_card *card, uint16_t tag, struct jcop_blob *value,
	unsigned int *sw);

int jcop_select_file_op(struct sc_card *card, const struct sc_path *path,
	struct sc_file **file);
int jcop_read_binary_op(struct sc_card *card, unsigned int offset, u8 *buf,
	size_t count, unsigned long flags);
int jcop_list_files_op(struct sc_card *card, u8 *buf, size_t size);

/* --- match.c ----------------------------------------------------------------
 */
int jcop_match_op(struct sc_card *card);
int jcop_init_op(struct sc_card *card);
int jcop_read_iccsn(struct sc_card *card);
int jcop_read_version(struct sc_card *card);
void jcop_read_produced(struct sc_card *card, char produced[11]);

/* --- pins.c -----------------------------------------------------------------
 */
int jcop_pin_cmd_op(
	struct sc_card *card, struct sc_pin_cmd_data *data, int *tries_left);
int jcop_logout_op(struct sc_card *card);
int jcop_pin_verify(struct sc_card *card, enum jcop_pin pin,
	struct jcop_bytes value, int *tries_left);
int jcop_pin_state(struct sc_card *card, struct jcop_pin_state *state);
int jcop_pin_set_new(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value);
int jcop_pin_check_value(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value);
int jcop_pin_check_new(
	struct sc_card *card, enum jcop_pin pin, struct jcop_bytes value);

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

/* --- directory.c --- */
int jcop_directory_read(struct sc_card *card, struct jcop_directory *directory);

/* Will the entries of a new key fit? DIRECTORY was just read. */
int jcop_directory_check_room(struct sc_card *card,
	const struct jcop_directory *directory,
	const struct jcop_generation *generation);

/* Lists a new key in PuKDF, then PrKDF; inside an operation. */
int jcop_directory_add_key(
	struct sc_card *card, const struct jcop_generation *generation);
int jcop_store_certificate(
	struct sc_card *card, struct jcop_certificate *certificate);

#endif
