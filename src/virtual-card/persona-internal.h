/*
 * persona-internal.h: what the files that make personas share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PERSONA_INTERNAL_H
#define JCOP_VIRTUAL_CARD_PERSONA_INTERNAL_H

#include "virtual-card/persona.h"
#include "virtual-card/state.h"

/* persona-files.c: EF.DIR, EF.GDO, ODF, CIAInfo, AODF, DODF. */
JCOP_CHECKED int vcard_make_files(struct vcard_state *state,
	const struct jcop_description *description, char *message);

/* Puts CONTENT into the file with ROLE; JCOP_ERR_TOO_LONG with MESSAGE. */
JCOP_CHECKED int vcard_set_file(struct vcard_state *state,
	const struct jcop_description *description, enum jcop_file role,
	struct jcop_bytes content, char *message);

/* persona-security.c: the anchor of a new persona; EF.CardSecurity by the
 * flags of STATE. */
JCOP_CHECKED int vcard_make_anchor(
	struct jcop_blob *key, struct jcop_blob *certificate);
JCOP_CHECKED int vcard_make_card_security(struct vcard_state *state,
	const struct jcop_description *description, char *message);

/* PEM of what the issuer hands over. */
JCOP_CHECKED int vcard_anchor_pem(
	const struct vcard_state *state, struct jcop_blob *pem);
JCOP_CHECKED int vcard_chip_key_pem(
	const struct vcard_state *state, struct jcop_blob *pem);

/* persona-values.c: texts of options and knobs; false: bad, with MESSAGE. */
bool vcard_read_production(const char *text,
	const struct jcop_description *description, char out[11],
	char *message);
bool vcard_read_version(const char *text, uint8_t out[3], char *message);

#endif
