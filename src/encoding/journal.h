/*
 * journal.h: what has been done to a card, kept beside the output, so that the
 * same command can continue after an interruption.
 *
 * A private file (0600), bound to one card and one description, replaced as a
 * whole at each entry. There is no secret in it: key ids, requests and
 * certificates only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_JOURNAL_H
#define JCOP_ENCODING_JOURNAL_H

#include "encoding/encoding.h"
#include "encoding/plan.h"

enum encoding_entry {
	ENTRY_NONE,    /* or refused: it certainly did not take place */
	ENTRY_STARTED, /* whether it took place is not known */
	ENTRY_DONE
};

/* Notes of a step. */
#define JOURNAL_KEY_ID "key-id"           /* hexadecimal; GENERATE, IMPORT */
#define JOURNAL_REQUEST "request"         /* base64 PKCS#10 */
#define JOURNAL_CERTIFICATE "certificate" /* base64 DER */

struct encoding_journal {
	char *path; /* NULL: nothing is kept */
	json_t *file;
	bool found; /* there was one */
};

/*
 * Opens the journal PATH of the card ICCSN (hexadecimal digits) and ENCODING
 * (by its digest), or starts one in memory; the file comes with the first
 * entry. PATH NULL: an empty journal that keeps nothing. Refused with MESSAGE:
 * a journal of another card or another description, one that others may write
 * or read, a link. Free in any case. Errors: JCOP_ERR_ARGUMENT,
 * JCOP_ERR_MALFORMED, JCOP_ERR_NOT_FOUND, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_journal_open(const char *path, const char *iccsn,
	const struct encoding *encoding, struct encoding_journal *journal,
	char *message);
void encoding_journal_free(struct encoding_journal *journal);

/* The path of the journal beside the output file FIELDS_OUT; freed by the
 * caller, NULL without memory. */
char *encoding_journal_path(const char *fields_out);

/* What tells this job from others of the same card and description: random
 * digits, "" where nothing is kept. */
const char *encoding_journal_job(const struct encoding_journal *journal);

/* The card that it was opened for. */
const char *encoding_journal_iccsn(const struct encoding_journal *journal);

/* What the journal says of the step with that id. */
enum encoding_entry encoding_journal_entry(
	const struct encoding_journal *journal, const char *id);

/* A note of the step, or NULL; lives until the next entry. */
const char *encoding_journal_note(const struct encoding_journal *journal,
	const char *id, const char *name);

/*
 * Enters that step ID is started, or done, and a note, if NAME is not NULL.
 * Notes that were there stay. What is entered is on the disk when the call
 * returns. Errors, with MESSAGE: JCOP_ERR_NOT_FOUND, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_journal_enter(struct encoding_journal *journal,
	const char *id, enum encoding_entry entry, const char *name,
	const char *note, char *message);

/*
 * Enters all steps of PLAN that are done and not known here, with the ids of
 * their keys, in one go: what this run found on the card the next one has to
 * find here. Errors as above.
 */
JCOP_CHECKED int encoding_journal_adopt(struct encoding_journal *journal,
	const struct encoding_plan *plan, char *message);

/* The job is complete: the file goes. */
void encoding_journal_remove(struct encoding_journal *journal);

/*
 * Sets the states of PLAN from JOURNAL and CARD, without looking at either
 * again, and in the second visit from the CA's answers: a step is done if the
 * journal says so and the card does not contradict; what was started, and
 * without a journal everything, is decided by the card where it can tell. What
 * was found is in each step. Contradictions are errors in REPORT. Call before
 * encoding_plan_bind.
 */
void encoding_resume(struct encoding_plan *plan,
	const struct encoding_journal *journal,
	const struct encoding_card *card, struct encoding_report *report);

#endif
