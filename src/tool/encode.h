/*
 * encode.h: what the files of jcop45-tool encode share: one job.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_ENCODE_H
#define JCOP_TOOL_ENCODE_H

#include "encoding/check.h"
#include "encoding/dialog.h"
#include "encoding/lock.h"
#include "encoding/run.h"
#include "tool/card.h"

/* What a person was asked for, once a run: by the key that it is for. */
struct encode_dialogs {
	bool pinentry_wanted;
	struct encoding_pinentry *pinentry;
	struct encoding_answers answers[KEY_COUNT];
	bool asked[KEY_COUNT];
};

struct encode {
	struct tool *tool;
	bool lenient, dry_run;
	const char *fields_out; /* or NULL */
	const char *subject;    /* of requests; NULL: made of the ICCSN */
	struct encoding encoding;
	struct encoding_report report;
	struct encoding_fields fields;
	struct encoding_options options;
	char **ca;
	unsigned int ca_seconds;

	/* of opensc.conf, before there is a card; then the driver's */
	struct jcop_description configured;
	const struct jcop_description *description;

	/* of the environment: the PIN of the HSM; "" for none */
	char hsm_variable[256];
	struct encoding_card card;
	struct jcop_directory directory; /* as the run found it */
	/* of the keys that this run made, by the letter of the application */
	const struct jcop_slot_desc *slots[ENCODING_MAX_APPLICATIONS];
	bool verified[JCOP_PIN_COUNT]; /* known to be right, to sign requests */
	char iccsn[TOOL_ICCSN_SIZE];
	struct encoding_lock lock; /* of the journal */
	struct encoding_journal journal;
	struct encoding_plan plan;
	struct encode_dialogs dialogs;
	size_t step; /* number of the one that runs */
	int status;  /* of a card control that failed */
};

/* --- encode-card.c --- */

/* SelectCriteriaIccsn becomes --iccsn. TOOL_OK, or TOOL_USAGE after a
 * message. */
JCOP_CHECKED int encode_select(struct encode *encode);

/* Takes the card's own description into use, the key sets of the encoding
 * description for this connection, and looks at card and reader. TOOL_OK, or a
 * status after a message. */
JCOP_CHECKED int encode_look_at_card(struct encode *encode);

/* What opensc.conf alone says, where there is no card. */
void encode_read_configuration(struct encode *encode);

/* Configuration, key sets in the HSM and trust in the chip, for all that is to
 * be done, before the first of it. TOOL_OK, or a status after a message. */
JCOP_CHECKED int encode_check_operations(struct encode *encode);

/* RetrieveAllTokens, to the field of its key. TOOL_OK, or a status after a
 * message. */
JCOP_CHECKED int encode_list_cards(struct encode *encode);

/* --- encode-pins.c --- */

/* Is there somebody who can be asked, if the plan has to ask? TOOL_OK, or
 * TOOL_SECRET after a message. */
JCOP_CHECKED int encode_check_dialogs(struct encode *encode);

/* What a PIN is for. */
enum encode_purpose {
	PURPOSE_SET,  /* the value of a field, or the last of a dialog */
	PURPOSE_OLD,  /* the first of a dialog of three fields */
	PURPOSE_SIGN, /* typed once, if it was not asked for before */
};

/*
 * How PIN gets to the card, as INPUT says: the value of a field, one that is
 * asked for now, or the pad. ENTRY borrows from ENCODE. JCOP_OK, or an error
 * with MESSAGE, and encode->status set.
 */
JCOP_CHECKED int encode_pin(struct encode *encode,
	const struct encoding_pin_input *input, enum jcop_pin pin,
	enum encode_purpose purpose, struct jcop_pin_entry *entry,
	char *message);
void encode_dialogs_free(struct encode_dialogs *dialogs);

/* --- encode-actions.c --- */

/* The table of what a run asks of the card. */
struct encoding_actions encode_actions(struct encode *encode);

/* Notes the status of a card control's ERROR, and its reason to MESSAGE.
 * Returns ERROR. */
int encode_failed(struct encode *encode, int error, char *message);

/* Somebody may have put another card into the reader since the last step.
 * JCOP_OK, or an error with MESSAGE. */
JCOP_CHECKED int encode_check_same_card(struct encode *encode, char *message);

/* Are the agent data that the plan writes good, and do they fit? Reads only.
 * JCOP_OK, or an error with MESSAGE, and encode->status set. */
JCOP_CHECKED int encode_check_data(struct encode *encode, char *message);

/* --- encode-sign.c --- */

/*
 * Before a key is made whose request its own PIN signs: is the PIN at hand, and
 * right? Asks for it, once a run; what is to be typed on the pad is verified
 * when it signs. JCOP_OK, or an error with MESSAGE.
 */
JCOP_CHECKED int encode_check_signer(
	struct encode *encode, const struct encoding_step *step, char *message);

/* See struct encoding_actions. */
int encode_sign(void *context, const struct encoding_step *step,
	struct jcop_bytes id, struct jcop_bytes data,
	struct jcop_blob *signature, char *message);

/* --- encode-advice.c --- */

/* A note on stderr where the plan cannot be repeated, and no journal is
 * kept. */
void encode_warn_of_interruption(const struct encode *encode);

/* Is there a place for what the run brings? TOOL_OK, or TOOL_FAILED after a
 * message. */
JCOP_CHECKED int encode_check_stdout(const struct encode *encode);

/* After a step that failed: how the rest is done, on stderr. */
void encode_say_how_to_go_on(const struct encode *encode);

/* After a run whose output did not get to stdout: what there is, and where. */
void encode_say_output_is_lost(const struct encode *encode);

/* --- encode-output.c --- */

/* The plan on stdout, for --dry-run. */
JCOP_CHECKED int encode_print_plan(const struct encode *encode);

/* What was found of an earlier run, on stderr. */
void encode_print_found(const struct encode *encode);

/* The outputs, on stdout and to --fields-out; with a STATUS other than TOOL_OK
 * to the file only, and only if there are any. Then a journal that is not
 * needed any more goes. Returns STATUS, or TOOL_FAILED after a message. */
JCOP_CHECKED int encode_write_outputs(struct encode *encode, int status);

#endif
