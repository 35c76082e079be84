/*
 * dialog.h: PINs that a person types: in a dialog of pinentry, or wherever the
 * caller asks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_DIALOG_H
#define JCOP_ENCODING_DIALOG_H

#include <stdbool.h>

#include "core/blob.h"
#include "encoding/report.h"

/* One thing that is asked for. */
struct encoding_question {
	const char *title; /* "Card 1234...", above all */
	const char *text;  /* "2 tries left"; may be "" */
	const char *name;  /* "global PIN", "old global PIN" */
	bool is_new;       /* a new value: typed again, and compared */
	size_t max_length; /* bytes */
};

/*
 * Who asks. VALUE gets what was typed, never empty. MESSAGE has
 * ENCODING_MESSAGE_SIZE bytes. JCOP_ERR_NOT_FOUND: nobody can be asked;
 * JCOP_ERR_ARGUMENT: it was cancelled.
 */
struct encoding_asker {
	int (*ask)(void *context, const struct encoding_question *question,
		struct jcop_blob *value, char *message);
	void *context;
};

/* What a dialog of 1, 2 or 3 fields brings. */
struct encoding_answers {
	struct jcop_blob old;   /* 3 fields */
	struct jcop_blob value; /* the secret, or the new one */
};
void encoding_answers_free(struct encoding_answers *answers);

/*
 * Asks for NAME, "global PIN", in FIELDS fields: 1 the secret; 2 the new one
 * and its confirmation; 3 the old one, the new one and its confirmation.
 * TRIES_LEFT are shown where something is tried (fields 1 and 3); -1 if they
 * are not known. Errors as above.
 */
JCOP_CHECKED int encoding_dialog(const struct encoding_asker *asker,
	const char *title, const char *name, unsigned int fields,
	int tries_left, size_t max_length, struct encoding_answers *answers,
	char *message);

struct encoding_pinentry;

/*
 * Starts PROGRAM (NULL: "pinentry"), without the environment variable WITHHELD
 * (may be NULL), and says where it may show itself: the display, the terminal.
 * Errors, with MESSAGE: JCOP_ERR_NOT_FOUND,
 * JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_pinentry_open(const char *program,
	const char *withheld, struct encoding_pinentry **pinentry,
	char *message);
void encoding_pinentry_close(struct encoding_pinentry *pinentry);

/* Its asker; lives as long as the pinentry. */
struct encoding_asker encoding_pinentry_asker(
	struct encoding_pinentry *pinentry);

/* Is there a display that a dialog can be shown on? */
bool encoding_has_display(void);

#endif
