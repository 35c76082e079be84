/*
 * cardctl.h: what the card driver offers beyond OpenSC's own card operations.
 * The one header of this room that tool, emulator and pkcs15-init module see.
 *
 * Every control is one operation on the card: one transaction from its first
 * check to its last command. It asks for the configuration of its row in the
 * table of operations and names what is missing before any command that
 * changes the card. After a failure SC_CARDCTL_JCOP45_MESSAGE explains.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CARDCTL_H
#define JCOP_CARDCTL_H

#include <stdbool.h>
#include <stdint.h>

#include <libopensc/opensc.h>
#include <libopensc/cardctl.h>

#include "core/blob.h"
#include "core/rsa-key.h"
#include "description/description.h"

#define JCOP_SHORT_NAME "jcop45"

#define JCOP_MAX_ICCSN 16
#define JCOP_MAX_ID 64
#define JCOP_MAX_LABEL 255 /* as PKCS#15 objects of OpenSC */
#define JCOP_MESSAGE_SIZE 1024
#define JCOP_MAX_REFERENCE 127 /* ISO/IEC 7816-4: without the local bit */
#define JCOP_MAX_KEYS (JCOP_MAX_CONTAINERS * JCOP_MAX_SLOTS)

/* Control codes; ARG is the type named beside each. */
enum jcop_cardctl {
	SC_CARDCTL_JCOP45_BASE = _CTL_PREFIX('J', '4', '5'),
	SC_CARDCTL_JCOP45_MESSAGE,     /* const char **: text of the last error,
					* "" if none; lives with the card */
	SC_CARDCTL_JCOP45_DESCRIPTION, /* const struct jcop_description ** */
	SC_CARDCTL_JCOP45_INFO,        /* struct jcop_card_info * */
	SC_CARDCTL_JCOP45_PIN_STATE,   /* struct jcop_pin_state * */
	SC_CARDCTL_JCOP45_LIFE_CYCLE,  /* enum jcop_life_cycle * */
	SC_CARDCTL_JCOP45_REQUIREMENT, /* struct jcop_requirement * */
	SC_CARDCTL_JCOP45_KEYSET,      /* struct jcop_keyset_check * */
	SC_CARDCTL_JCOP45_DIRECTORY,   /* struct jcop_directory * */
	SC_CARDCTL_JCOP45_ACTIVATE,    /* struct jcop_activation * */
	SC_CARDCTL_JCOP45_GENERATE,    /* struct jcop_generation * */
	SC_CARDCTL_JCOP45_CERTIFICATE, /* struct jcop_certificate * */
	SC_CARDCTL_JCOP45_IMPORT,      /* struct jcop_import * */
	SC_CARDCTL_JCOP45_DELETE_ALL,  /* struct jcop_deletion * */
	SC_CARDCTL_JCOP45_SET_PIN,     /* struct jcop_pin_setting * */
	SC_CARDCTL_JCOP45_FINALIZE,    /* struct jcop_finalization * */
	SC_CARDCTL_JCOP45_CHANGE_PIN,  /* struct jcop_pin_change * */
	SC_CARDCTL_JCOP45_UNBLOCK_PIN, /* struct jcop_pin_unblock * */
	SC_CARDCTL_JCOP45_READ_DATA,   /* struct jcop_agent_data * */
	SC_CARDCTL_JCOP45_WRITE_DATA,  /* struct jcop_agent_update * */
	SC_CARDCTL_JCOP45_DATA_SHOWN,  /* bool *: agent data as objects? */
	SC_CARDCTL_JCOP45_DATA_WRONG,  /* const char **: the value of agent_data
					* that is neither yes nor no, or NULL */
	SC_CARDCTL_JCOP45_CONFIGURE,   /* const struct jcop_settings *: they
					* win over opensc.conf */
	SC_CARDCTL_JCOP45_CHECK,       /* const enum jcop_operation *: could it
					* be begun now? */
};

/*
 * CHECK says what would keep an operation from beginning: its configuration,
 * its key set in the HSM, and the chip as far as the operation needs the
 * channel, which for an import has to be trusted whatever
 * chip_auth_allow_untrusted says. Errors and message are the operation's own;
 * SC_ERROR_INVALID_ARGUMENTS also for an unknown one. Logs in to the token,
 * reads from the card and changes nothing on it: no channel, no try.
 */

/* The operations of the table; session.c knows what each needs. */
enum jcop_operation {
	JCOP_OP_READ,
	JCOP_OP_ACTIVATE,
	JCOP_OP_GENERATE,
	JCOP_OP_WRITE_CERTIFICATE,
	JCOP_OP_IMPORT,
	JCOP_OP_DELETE,
	JCOP_OP_CHANGE_PIN,
	JCOP_OP_UNBLOCK_PUK,
	JCOP_OP_UNBLOCK_KEYSET,
	JCOP_OP_WRITE_DATA,
	JCOP_OP_COUNT
};

/* ISO/IEC 7816-4 life cycle status, tag 8A of an FCP. */
enum jcop_life_cycle {
	JCOP_LIFE_CYCLE_UNKNOWN = 0,
	JCOP_LIFE_CYCLE_INITIALISATION = 3,
	JCOP_LIFE_CYCLE_ACTIVATED = 5,
	JCOP_LIFE_CYCLE_TERMINATED = 12
};

enum jcop_pin_status {
	JCOP_PIN_NOT_USABLE, /* not set, or not in this life cycle */
	JCOP_PIN_UNVERIFIED, /* usable, not verified; tries_left counts */
	JCOP_PIN_VERIFIED,
	JCOP_PIN_BLOCKED
};

struct jcop_pin_state {
	enum jcop_pin pin; /* in */
	enum jcop_pin_status status;
	int tries_left; /* -1: unknown, as when verified */
};

struct jcop_card_info {
	uint8_t iccsn[JCOP_MAX_ICCSN];
	size_t iccsn_len;
	bool version_known;
	uint8_t version[3];
	char produced[11]; /* "YYYY-MM-DD", "" if unknown */
	enum jcop_life_cycle life_cycle;
	bool extended_length; /* card, description and reader take it */
	bool chaining;        /* this applet takes chained commands */
	struct jcop_pin_state pins[JCOP_PIN_COUNT];
};

/* What OPERATION lacks in the configuration: "" if it can be tried. */
struct jcop_requirement {
	enum jcop_operation operation; /* in */
	const char *name;              /* "activation" */
	char missing[JCOP_MESSAGE_SIZE];
};

/* Is a configured key set in the HSM? Logs in to the token, sends nothing to
 * the card. */
struct jcop_keyset_check {
	enum jcop_keyset keyset; /* in */
	bool configured;         /* else nothing was looked for */
	bool found;              /* else the driver's message says why not */
	bool single; /* one key for encryption and MAC: allowed, not good */
};

/*
 * Values as in opensc.conf; NULL where there is none. CONFIGURE copies them:
 * they win over opensc.conf until the next CONFIGURE, which replaces them all,
 * or the end of the connection. What jcop_check_settings refuses changes
 * nothing; SC_ERROR_NOT_ALLOWED while an operation is under way.
 */
struct jcop_settings {
	const char *keysets[JCOP_KEYSET_COUNT];
	const char *chip_auth_key_config;
	/* Where they stand, for messages: "the encoding description job.dsc";
	 * NULL: opensc.conf. */
	const char *origin;
};

/*
 * Are they written as the driver wants them, with the places that DESCRIPTION
 * has? On failure MESSAGE (SIZE bytes) names key and expectation. 0 or
 * SC_ERROR_INVALID_ARGUMENTS. Asks nothing of a card.
 */
int jcop_check_settings(const struct jcop_description *description,
	const struct jcop_settings *settings, char *message, size_t size);

/* A key of the directory and the certificate beside it. */
struct jcop_directory_key {
	const struct jcop_container_desc *container;
	const struct jcop_slot_desc *slot;
	uint8_t id[JCOP_MAX_ID];
	size_t id_len;
	char label[JCOP_MAX_LABEL];
	struct jcop_blob modulus, exponent; /* empty without PuKDF entry */
	bool local;                         /* made on the card, not imported */
	bool has_certificate;
	char certificate_label[JCOP_MAX_LABEL];
};

/* Where the next entry of a file of the directory goes: behind the last one,
 * over what is stale there. */
struct jcop_directory_file {
	size_t end, size; /* bytes */
	bool occupied;    /* something stale stands at the end */
};

/* What PrKDF, PuKDF and CDF list. Free with jcop_directory_free. */
struct jcop_directory {
	size_t count;
	struct jcop_directory_key keys[JCOP_MAX_KEYS];
	/* Key references that PrKDF lists, in entries that were understood or
	 * not; and how many entries tell none. */
	bool occupied[JCOP_MAX_REFERENCE + 1];
	size_t unreadable;
	struct jcop_directory_file prkdf, pukdf, cdf;
};
void jcop_directory_free(struct jcop_directory *directory);

/* Slots of CONTAINER for keys of BITS bits that are known to be free: none
 * where an entry of the directory does not tell its slot. */
size_t jcop_directory_free_slots(const struct jcop_directory *directory,
	const struct jcop_container_desc *container, unsigned int bits);

/* The key with this modulus, or NULL. */
struct jcop_directory_key *jcop_directory_find(
	struct jcop_directory *directory, struct jcop_bytes modulus);

/* PKCS#15 usage bits of the private keys of CONTAINER. */
unsigned int jcop_key_usage(const struct jcop_container_desc *container);

/* A PIN as it is supplied: its value, which is borrowed, or to be typed on the
 * pad of the reader. */
struct jcop_pin_entry {
	bool pinpad;
	struct jcop_bytes value; /* empty where it is typed */
};

/* Says, right before the pad waits, what is to be typed on it: one sentence.
 * SAY may be NULL. */
struct jcop_pinpad_prompt {
	void (*say)(void *context, const char *text);
	void *context;
};

/* Activation as one call. */
struct jcop_activation {
	struct jcop_pin_entry transport, global, signature;
	struct jcop_pinpad_prompt prompt;
};

/*
 * One step of an activation in steps: sets a user PIN of a card that is not
 * activated. AUTHORISE is called when the card is ready for the transport PIN
 * and has it verified (by sc_pin_cmd); SC_ERROR_*.
 */
struct jcop_pin_setting {
	enum jcop_pin pin;
	struct jcop_bytes value;
	int (*authorise)(void *context);
	void *context;
};

/* The last step of an activation in steps; AUTHORISE as above. */
struct jcop_finalization {
	int (*authorise)(void *context);
	void *context;
};

/*
 * Changes a PIN with the old one. Whoever was not logged in before is not
 * afterwards. CHECK_ONLY: says whether it can be tried now, with the tries
 * left; no value is looked at and nothing is changed.
 */
struct jcop_pin_change {
	enum jcop_pin pin;
	bool check_only;
	struct jcop_pin_entry old, new;
	struct jcop_pinpad_prompt prompt;
	int tries_left; /* out: of PIN, -1 unknown */
	bool in_doubt;  /* out: nobody knows whether PIN has the new value */
};

/* Gives a PIN a new value, and all its tries, with the PUK or, BY_KEYSET, with
 * SK_UNBLK_PIN. CHECK_ONLY as above. */
struct jcop_pin_unblock {
	enum jcop_pin pin;
	bool by_keyset;
	bool check_only;
	struct jcop_pin_entry puk, new; /* puk: not by_keyset */
	struct jcop_pinpad_prompt prompt;
	int tries_left; /* out: of the PUK, -1 unknown */
	bool in_doubt;  /* out: as above */
};

/*
 * Generates a key pair in the next free slot of CONTAINER for BITS bits and
 * lists it. The public key comes back in modulus and exponent, which the
 * caller frees.
 */
struct jcop_generation {
	const struct jcop_container_desc *container;
	unsigned int bits;
	struct jcop_bytes id; /* PKCS#15 id */
	const char *label;    /* UTF-8 without control characters */
	bool cut_label;       /* rather than refuse it where it is too long */
	/* NULL, or called when all is checked and the card starts */
	void (*starts)(void *context);
	void *context;
	struct jcop_blob modulus, exponent;
	const struct jcop_slot_desc *slot; /* out */
};

/*
 * Imports KEY to the next free slot of CONTAINER for its size and lists it,
 * with its user's CERTIFICATE if there is one, in one go. It leaves the host
 * for a trusted chip only, whatever chip_auth_allow_untrusted says. A key that
 * is on the card already is refused, unless all it lacks is this certificate
 * (an import was interrupted): then that is written alone.
 */
struct jcop_import {
	const struct jcop_container_desc *container;
	struct jcop_rsa_key key;
	struct jcop_bytes id; /* PKCS#15 id; empty: one that is free */
	const char *label;
	struct jcop_bytes certificate; /* DER; empty: none */
	const char *certificate_label; /* cut where it is too long */
	bool cut_label;                /* cut LABEL, too: nobody asked for it */
	/* NULL, or called with how many of all steps are done: with none when
	 * all is checked and the card starts */
	void (*progress)(void *context, size_t done, size_t all);
	void *context;
	const struct jcop_slot_desc *slot; /* out */
	uint8_t listed_id[JCOP_MAX_ID];    /* out */
	size_t listed_id_len;
	bool completed; /* out: the key was there, its certificate was not */
};

/*
 * Deletes all keys and certificates: every slot of the description, listed or
 * not. PINs and agent data stay.
 */
struct jcop_deletion {
	/* as in struct jcop_import */
	void (*progress)(void *context, size_t done, size_t all);
	void *context;
	size_t keys, certificates; /* out: that were listed */
};

/*
 * Writes the DER certificate beside the key with its public key and lists it
 * under that key's id, which comes back. A key that has a certificate is
 * refused unless REPLACE; the same one is not written again.
 */
struct jcop_certificate {
	struct jcop_bytes der;
	const char *label;
	bool cut_label; /* as in struct jcop_generation */
	bool replace;
	/* says whether it could be written; reads only, and needs no
	 * configuration */
	bool check_only;
	bool unchanged;          /* out: it was there already */
	uint8_t id[JCOP_MAX_ID]; /* out */
	size_t id_len;
	uint16_t file; /* out: its FID */
};

/* A field of the agent data. */
struct jcop_agent_content {
	bool present; /* else never set, and the value is empty */
	struct jcop_blob value;
};

/* All fields, in the order of the description. Free with
 * jcop_agent_data_free. */
struct jcop_agent_data {
	struct jcop_agent_content fields[JCOP_DATA_COUNT][JCOP_MAX_FIELDS];
};
void jcop_agent_data_free(struct jcop_agent_data *data);

/* A field that is to get a new VALUE, UTF-8; an empty one clears it. */
struct jcop_agent_setting {
	const char *name; /* "ef.id.familyName" */
	struct jcop_bytes value;
};

/*
 * Updates the fields that are named and leaves the others as they are, with one
 * channel and one role for all; EF.Id first. An update that was interrupted is
 * completed; without any setting only that is done. A value, a name or a
 * repetition that is not allowed is refused with SC_ERROR_SYNTAX_ERROR.
 */
struct jcop_agent_update {
	const struct jcop_agent_setting *settings;
	size_t count;
	/* says whether the values are good and fit; reads only, and needs no
	 * configuration */
	bool check_only;
	/* a file whose content cannot be read is written anew, with the
	 * named fields only */
	bool discard;
	bool written[JCOP_DATA_COUNT];   /* out: changed on the card */
	bool completed[JCOP_DATA_COUNT]; /* out: had been interrupted */
};

/* "ef.id.familyName" to its place in the description; exactly so spelt. */
bool jcop_agent_find(const struct jcop_description *description,
	const char *name, enum jcop_data *data, size_t *field);

/* The name of a field; static until the next call with the same BUFFER. */
#define JCOP_AGENT_NAME_SIZE (2 * JCOP_NAME_SIZE)
const char *jcop_agent_name(const struct jcop_description *description,
	enum jcop_data data, size_t field, char buffer[JCOP_AGENT_NAME_SIZE]);

/* The path under which OpenSC finds the value of one field: that of its file,
 * and below it the number of the field, from 1 on. No such file is there. */
void jcop_agent_path(const struct jcop_description *description,
	enum jcop_data data, size_t field, struct sc_path *path);

#endif
