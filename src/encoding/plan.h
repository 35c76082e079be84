/*
 * plan.h: what an encoding description does to a card, step by step, before
 * anything is done. Pure: fields in, steps out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_PLAN_H
#define JCOP_ENCODING_PLAN_H

#include <jansson.h>

#include "card-driver/cardctl.h"
#include "encoding/encoding.h"
#include "encoding/fields.h"

/* How a PIN is had. */
enum encoding_pin_how {
	PIN_NONE,
	PIN_VALUE,  /* a field has it */
	PIN_PAD,    /* typed on the pad of the reader */
	PIN_DIALOG, /* asked for on the screen */
	PIN_AUTO    /* pad if the reader has one, else dialog: until the
		     * plan is bound to a card */
};

struct encoding_pin_input {
	enum encoding_pin_how how;
	unsigned int fields; /* of the dialog */
	const struct encoding_value *value;
};

enum encoding_request_kind {
	REQUEST_NONE,
	REQUEST_PKCS10,   /* the card makes the key */
	REQUEST_ARCHIVAL, /* the CA makes it and keeps it */
	REQUEST_RECOVERY  /* the CA has it */
};

/* Who signs a PKCS#10 request. */
enum encoding_signer {
	SIGNER_NONE,
	SIGNER_CARD, /* the key itself, with its container's PIN */
	SIGNER_DUMMY /* a throw-away key */
};

enum encoding_step_kind {
	STEP_LIST_TOKENS, /* ICCSNs of all cards; nothing else */
	STEP_ACTIVATE,
	STEP_CHANGE_PIN,
	STEP_UNBLOCK_PUK,
	STEP_UNBLOCK_KEYSET,
	STEP_DELETE_ALL,
	STEP_GENERATE,    /* a key pair */
	STEP_REQUEST,     /* its PKCS#10 */
	STEP_ISSUE,       /* the CA's answer: certificate or PKCS#12 */
	STEP_IMPORT,      /* key and certificate of a PKCS#12 */
	STEP_CERTIFICATE, /* written beside its key */
	STEP_WRITE_DATA,  /* EF.Id first */
	STEP_READ_DATA
};

enum encoding_step_state {
	STATE_TO_DO,
	STATE_DONE, /* by this run or an earlier one */
	STATE_LATER /* in the next visit: there is no certificate yet */
};

#define ENCODING_STEP_ID_SIZE 24
#define ENCODING_FOUND_SIZE 160
#define ENCODING_MAX_STEPS 128

struct encoding_step {
	enum encoding_step_kind kind;
	char id[ENCODING_STEP_ID_SIZE]; /* "activate", "A:generate" */
	unsigned int line;              /* of the description */
	enum encoding_step_state state;
	char found[ENCODING_FOUND_SIZE]; /* why it is done, or what is not
					  * known of it; "" */
	/* activation, PINs */
	enum jcop_pin pin; /* the one that is set */
	struct encoding_pin_input transport, global, signature;
	struct encoding_pin_input puk, new; /* new of 3 fields: with the old */
	/* applications */
	const struct encoding_section *application;
	enum encoding_request_kind request;
	const struct jcop_container_desc *container;
	unsigned int bits; /* 0: the CA knows */
	enum encoding_signer signer;
	struct encoding_pin_input signer_pin;
	/* id of a key that is on the card already */
	uint8_t key_id[JCOP_MAX_ID];
	size_t key_id_len;
	/* of an import: only the certificate is missing, the journal has it */
	bool certificate_only;
	unsigned int commands; /* estimated; 0 before the plan is bound */
};

struct encoding_plan {
	const struct encoding *encoding;
	const struct encoding_fields *fields;
	const struct jcop_description *description;
	const char *answers; /* --certificates: the second visit; or NULL */
	size_t count;
	struct encoding_step steps[ENCODING_MAX_STEPS];
};

/* How the run gets its certificates. */
struct encoding_options {
	bool ca;                  /* --ca */
	const char *requests;     /* --requests, or NULL */
	const char *certificates; /* --certificates, or NULL */
};

/* The card and its reader, as they were found. */
struct encoding_card {
	const struct jcop_description *description;
	struct jcop_card_info info;
	const struct jcop_directory *directory;
	bool pad_verify, pad_modify; /* what the reader's pad can */
	/* what opensc.conf has; the description's keys come on top */
	bool keysets[JCOP_KEYSET_COUNT];
	bool chip_auth;
};

/*
 * Makes the steps, in the order of work: activation, PINs, deletion,
 * applications in the order of the list, agent data, reading. ENCODING and
 * FIELDS have passed their checks (check.h), and live as long as the plan.
 */
void encoding_plan_make(const struct encoding *encoding,
	const struct encoding_fields *fields,
	const struct jcop_description *description,
	const struct encoding_options *options, struct encoding_plan *plan);

/* Binds the plan to CARD: PIN pad or dialog, commands. */
void encoding_plan_bind(
	struct encoding_plan *plan, const struct encoding_card *card);

/* The step with that id, or NULL. */
struct encoding_step *encoding_plan_find(
	struct encoding_plan *plan, const char *id);

/* How many steps of KINDS, bits by ENCODING_KIND, are in STATE. */
#define ENCODING_KIND(kind) (1U << (kind))
#define ENCODING_ALL_KINDS (~0U)
size_t encoding_plan_count(const struct encoding_plan *plan, unsigned int kinds,
	enum encoding_step_state state);

/* Are all steps done? */
bool encoding_plan_is_complete(const struct encoding_plan *plan);

/* Are values of a kind asked for in a dialog? Does a step use a pad? */
bool encoding_step_uses(
	const struct encoding_step *step, enum encoding_pin_how how);

/* The configuration that a step needs; JCOP_OP_READ needs nothing. Steps that
 * send nothing have JCOP_OP_READ. */
enum jcop_operation encoding_step_operation(enum encoding_step_kind kind);

/* CertTempl of the application of STEP; "" if it has none. */
const char *encoding_step_template(const struct encoding_step *step);

/* "generate a key of 3072 bits in mpp, for MyTemplate", to TEXT. */
void encoding_step_text(
	const struct encoding_step *step, char *text, size_t size);

/*
 * The plan as a report: its steps with state and commands, and what will be
 * asked of the user. A new reference, or NULL without memory.
 */
json_t *encoding_plan_report(const struct encoding_plan *plan);

/* The container of a Location, in any case: its name, or "signature" for the
 * one that the signature PIN guards; NULL if there is none. */
const struct jcop_container_desc *encoding_container(
	const struct jcop_description *description, struct jcop_bytes location);

/* What an application asks for; REQUEST_NONE for a deletion. */
enum encoding_request_kind encoding_request_of(
	const struct encoding_section *application);

/* The input of PIN, PUK or transport PIN as the description has it. */
struct encoding_pin_input encoding_input(
	const struct encoding *encoding, enum encoding_key_id key);

/* The key of the description for the PIN of a container. */
enum encoding_key_id encoding_pin_key(enum jcop_pin pin);

#endif
