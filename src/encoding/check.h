/*
 * check.h: the rules for encoding descriptions, each with its own message,
 * before the first command that changes a card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_CHECK_H
#define JCOP_ENCODING_CHECK_H

#include "encoding/plan.h"

/*
 * What ENCODING says, whatever card it meets: do its keys and fields belong
 * together, are the PINs of a length that the profile takes, is there a CA to
 * ask?
 */
void encoding_check_file(const struct encoding *encoding,
	const struct encoding_fields *fields,
	const struct jcop_description *description,
	const struct encoding_options *options, struct encoding_report *report);

/*
 * Can this card, in this reader, with this configuration, do what PLAN still
 * has to do? PLAN is bound to CARD, and resumed (resume.h).
 */
void encoding_check_card(const struct encoding_plan *plan,
	const struct encoding_card *card, struct encoding_report *report);

/* The name of a key set in opensc.conf, "keyset_sk_admin". */
const char *encoding_keyset_setting(enum jcop_keyset keyset);

/* What encoding_check_file consists of. */
struct encoding_check {
	const struct encoding *encoding;
	const struct encoding_fields *fields;
	const struct jcop_description *description;
	const struct encoding_options *options;
	struct encoding_report *report;
};
/* Of [Description]. */
const struct encoding_value *encoding_check_value(
	const struct encoding_check *check, enum encoding_key_id key);
bool encoding_check_has(
	const struct encoding_check *check, enum encoding_key_id key);
bool encoding_check_is_on(
	const struct encoding_check *check, enum encoding_key_id key);
void encoding_check_pins(const struct encoding_check *check);
void encoding_check_applications(const struct encoding_check *check);

#endif
