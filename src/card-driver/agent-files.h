/*
 * agent-files.h: what the files around the agent data share. Private to this
 * room.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_AGENT_FILES_H
#define JCOP_AGENT_FILES_H

#include "card-driver/session.h"
#include "core/agent-data.h"

/* The layout of a file as core has it. */
void jcop_agent_layout_of(
	const struct jcop_data_desc *desc, struct jcop_agent_layout *layout);

/*
 * Reads from the file what its layout needs, and no more, into CONTENT; where
 * SIZE is not NULL the file's size, too. Afterwards the file is selected. What
 * is no agent data is an error, and CONTENT then what was read of it.
 */
int jcop_agent_read_file(struct sc_card *card, enum jcop_data data,
	struct jcop_blob *content, size_t *size);

/* Says that the file holds what it should not; returns the error. */
int jcop_agent_explain_malformed(struct sc_card *card, enum jcop_data data);

/* --- agent-recovery.c: an update of more than one command ---------------- */

/* Both contents, before and after. Start with JCOP_RECOVERY_INIT. */
struct jcop_recovery {
	struct jcop_blob old, fresh;
};
#define JCOP_RECOVERY_INIT                     \
	{                                      \
		JCOP_BLOB_INIT, JCOP_BLOB_INIT \
	}
void jcop_recovery_free(struct jcop_recovery *recovery);

/*
 * Keeps RECOVERY for the file DATA of this card, in a private file that has
 * reached the disk when this returns, in place of any before. The ICCSN is
 * known. SC_ERROR_*, explained.
 */
int jcop_recovery_keep(struct sc_card *card, enum jcop_data data,
	const struct jcop_recovery *recovery);

/* Finds what was kept; false if there is nothing, or nothing that is safe to
 * use. The ICCSN is known. */
bool jcop_recovery_find(struct sc_card *card, enum jcop_data data,
	struct jcop_recovery *recovery);

/* Is anything kept, of whatever card? */
bool jcop_recovery_any(void);

void jcop_recovery_drop(struct sc_card *card, enum jcop_data data);

#endif
