/*
 * run.h: does what a plan says, step by step, with the journal. What reaches
 * the card are calls of a table, so that this room needs none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_RUN_H
#define JCOP_ENCODING_RUN_H

#include "encoding/ca.h"
#include "encoding/journal.h"
#include "encoding/pkcs12.h"
#include "encoding/requests.h"

/* Agent data that get a new value; an empty one clears. */
struct encoding_setting {
	const char *name; /* "ef.id.familyName" */
	struct jcop_bytes value;
};

#define ENCODING_DATA_COUNT (KEY_LAST_DATA - KEY_FIRST_DATA + 1)

/* Those of PLAN's description; borrowed from it. Returns how many. */
size_t encoding_settings(const struct encoding_plan *plan,
	struct encoding_setting settings[ENCODING_DATA_COUNT]);

/*
 * What a run asks of the card, one control each. They return JCOP_OK, or any
 * error with MESSAGE (ENCODING_MESSAGE_SIZE bytes); JCOP_ERR_CHANNEL if it is
 * not known whether it took place. Whatever is to be typed
 * they ask for themselves, as the step says.
 */
struct encoding_actions {
	void *context;
	int (*activate)(
		void *context, const struct encoding_step *step, char *message);
	/* changes or unblocks step->pin */
	int (*set_pin)(
		void *context, const struct encoding_step *step, char *message);
	int (*delete_all)(
		void *context, const struct encoding_step *step, char *message);
	/* a key of step->bits in step->container, with this id and label */
	int (*generate)(void *context, const struct encoding_step *step,
		struct jcop_bytes id, const char *label,
		struct jcop_blob *modulus, struct jcop_blob *exponent,
		char *message);
	/* RSA PKCS#1 v1.5 SHA-256 over DATA by the key with that id */
	int (*sign)(void *context, const struct encoding_step *step,
		struct jcop_bytes id, struct jcop_bytes data,
		struct jcop_blob *signature, char *message);
	/* key and certificate; one that is there without its certificate is
	 * completed, whatever its id: LISTED gets the id it has */
	int (*import)(void *context, const struct encoding_step *step,
		struct jcop_bytes id, const char *label,
		const struct encoding_pkcs12 *pkcs12, struct jcop_blob *listed,
		char *message);
	/* could CERTIFICATE below take it? Reads only. JCOP_ERR_UNSUPPORTED:
	 * this certificate never; other errors: it is not known. */
	int (*check_certificate)(void *context,
		const struct encoding_step *step, struct jcop_bytes der,
		const char *label, char *message);
	/* replaces another one that is there: the key is this run's own */
	int (*certificate)(void *context, const struct encoding_step *step,
		struct jcop_bytes der, const char *label, char *message);
	int (*write_data)(void *context,
		const struct encoding_setting *settings, size_t count,
		char *message);
	/* fills VALUES, an object, with strings by their names */
	int (*read_data)(void *context, json_t *values, char *message);
	/* NULL, or told of each step before it begins */
	void (*starts)(void *context, const struct encoding_step *step);
};

struct encoding_run {
	struct encoding_plan *plan; /* bound, resumed and checked */
	const struct encoding_card *card;
	struct encoding_fields *fields; /* gets the outputs */
	struct encoding_journal *journal;
	const struct encoding_actions *actions;
	const char *iccsn;   /* hexadecimal digits */
	const char *subject; /* of all requests */
	char *const *ca;     /* command, or NULL */
	unsigned int ca_seconds;
	const char *requests, *certificates; /* directories, or NULL */
	const char *withheld; /* variable that no CA gets to see, or NULL */
};

/*
 * Runs the steps that are to be done, in their order, up to the first that
 * fails. Each is entered in the journal before it begins and after it is done;
 * the journal stays until the caller has the outputs where they belong, and
 * removes it if all steps are done. The states in the plan are kept up
 * to date: after a failure they say what holds. Errors are the actions', and
 * JCOP_ERR_...; MESSAGE says which step failed and why.
 */
JCOP_CHECKED int encoding_run(struct encoding_run *run, char *message);

#endif
