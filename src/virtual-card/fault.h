/*
 * fault.h: faults that tests ask for, in DIR/fault: one rule a line.
 *
 *   ACTION N [ARGUMENT] [FILTER ...]
 *
 * A rule counts the commands that match its filters, from 1, since the file
 * was written; at the Nth it applies, once. The counts are in
 * DIR/fault-state, under the card's lock, so all processes count together.
 * jcop45-vcard(1) lists actions and filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_FAULT_H
#define JCOP_VIRTUAL_CARD_FAULT_H

#include "core/blob.h"
#include "virtual-card/card.h"

enum vcard_fault_action {
	VCARD_FAULT_REMOVE_BEFORE, /* gone before it runs */
	VCARD_FAULT_REMOVE_AFTER,  /* runs, its answer is lost, then gone */
	VCARD_FAULT_RESET_BEFORE,  /* a reset that nobody is told of */
	VCARD_FAULT_SW,            /* is not run, this status word instead */
	VCARD_FAULT_ALTER,         /* a byte of the answer xor 01 */
	VCARD_FAULT_DROP_MAC,      /* the answer without its DO 8E */
	VCARD_FAULT_PLAIN,         /* unprotected data and 9000 instead */
	VCARD_FAULT_REPLAY,        /* the answer of the counted one before */
	VCARD_FAULT_SWAP,          /* the same for this one and the next */
	VCARD_FAULT_TRUNCATE       /* only the first bytes of the answer */
};

struct vcard_fault_filter {
	int ins, p1, p2; /* -1: any */
	bool secured;    /* only commands with secure messaging in their CLA */
};

#define VCARD_FAULT_TEXT_SIZE 128

struct vcard_fault_rule {
	enum vcard_fault_action action;
	unsigned int at;       /* N */
	long number;           /* alter: index, negative from the end; truncate:
				* length; sw: status word */
	struct jcop_blob data; /* plain: what the answer shall be */
	bool has_data;
	struct vcard_fault_filter filter;
	char text[VCARD_FAULT_TEXT_SIZE]; /* as written */

	unsigned int seen;     /* commands that matched */
	bool matched;          /* counted this command */
	bool due;              /* applies to this command */
	struct jcop_blob last; /* the card's answer to the last that matched */
};

#define VCARD_MAX_FAULTS 32

struct vcard_faults {
	size_t count; /* 0: no faults, nothing is kept */
	struct vcard_fault_rule rules[VCARD_MAX_FAULTS];
	char identity[96]; /* of the file that the counts belong to */
	const char *dir;
};

/* Reads one line into RULE; comments and empty lines: JCOP_ERR_NOT_FOUND;
 * JCOP_ERR_MALFORMED with the expectation in MESSAGE (VCARD_MESSAGE_SIZE). */
JCOP_CHECKED int vcard_fault_parse(
	const char *line, struct vcard_fault_rule *rule, char *message);

/*
 * Reads rules and counts of DIR, counts COMMAND, marks the rules that are due
 * and keeps the new counts. Lock of the card held. End with _free in any
 * case. Errors: JCOP_ERR_MALFORMED, JCOP_ERR_NO_MEMORY, JCOP_ERR_NOT_FOUND
 * (DIR/fault-state cannot be written) with MESSAGE.
 */
JCOP_CHECKED int vcard_faults_load(const char *dir, struct jcop_bytes command,
	struct vcard_faults *faults, char *message);

/* The first rule with ACTION that is due, or NULL. */
const struct vcard_fault_rule *vcard_faults_due(
	const struct vcard_faults *faults, enum vcard_fault_action action);

/*
 * Changes RESPONSE as the due rules say, in their order, and keeps the card's
 * own answer for replays. PLAIN_RESPONSE: length of its data before it was
 * protected. Errors: JCOP_ERR_NO_MEMORY, JCOP_ERR_TOO_LONG,
 * JCOP_ERR_NOT_FOUND (not written).
 */
JCOP_CHECKED int vcard_faults_alter(struct vcard_faults *faults,
	size_t plain_response, struct jcop_blob *response);

/* The texts of the rules that are due, with "; " between; NULL if none.
 * The caller frees. */
char *vcard_faults_describe(const struct vcard_faults *faults);

void vcard_faults_free(struct vcard_faults *faults);

#endif
