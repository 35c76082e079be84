/*
 * get-data.c: GET DATA: who this card is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "virtual-card/internal.h"

#define TAG_ICCSN 0x5A
#define TAG_CPLC 0x9F7F
#define CPLC_SIZE 42
#define VERSION_SIZE 6

/* CPLC by GlobalPlatform: where the dates stand in the value, in the order
 * of enum jcop_production. */
static const struct {
	size_t offset;
	int months; /* these are chronological on every card */
} cplc_dates[] = {
	[JCOP_PRODUCTION_FABRICATION] = {10, 0},
	[JCOP_PRODUCTION_PACKAGING] = {20, 1},
	[JCOP_PRODUCTION_PREPERSONALISATION] = {28, 2},
	[JCOP_PRODUCTION_PERSONALISATION] = {36, 3},
};

static uint8_t
bcd(int number)
{
	return (uint8_t)(number / 10 % 10 << 4 | number % 10);
}

/* YDDD of the day MONTHS months after DATE; 0000 if unknown. */
static void
put_date(uint8_t *out, const char *date, int months)
{
	struct tm tm = {.tm_hour = 12};
	int yddd;

	memset(out, 0, 2);
	if (sscanf(date, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return;
	tm.tm_year -= 1900;
	tm.tm_mon += months - 1;
	timegm(&tm); /* sets the day of the year */
	yddd = (tm.tm_year + 1900) % 10 * 1000 + tm.tm_yday + 1;
	out[0] = bcd(yddd / 100);
	out[1] = bcd(yddd % 100);
}

static int
put_cplc(const struct vcard *card, struct jcop_blob *answer)
{
	static const uint8_t head[] = {0x47, 0x90, 0xD6, 0x00, 0x47, 0x00};
	enum jcop_production chosen =
		card->description.identification.production;
	uint8_t cplc[CPLC_SIZE] = {0};
	size_t i;

	memcpy(cplc, head, sizeof head);
	memcpy(cplc + 12, card->state.serial, 4);
	for (i = 0; i < sizeof cplc_dates / sizeof *cplc_dates; i++)
		put_date(cplc + cplc_dates[i].offset, card->state.production,
			cplc_dates[i].months - cplc_dates[chosen].months);
	return jcop_tlv_put(answer, TAG_CPLC, JCOP_BYTES(cplc));
}

uint16_t
vcard_cmd_get_data(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	const struct vcard_state *state = &card->state;
	const struct jcop_identification_desc *desc =
		&card->description.identification;
	unsigned int tag = (unsigned int)command->p1 << 8 | command->p2;
	uint8_t version[VERSION_SIZE] = {0};
	int r;

	if (command->data.len > 0)
		return SW_LENGTH;
	if (tag == desc->version_tag) {
		memcpy(version, state->version, sizeof state->version);
		r = jcop_blob_append(answer, version, sizeof version);
	} else if (tag == desc->serial_tag) {
		r = jcop_blob_append(answer, state->serial, state->serial_len);
	} else if (tag == TAG_ICCSN && !state->flags.no_iccsn_data) {
		r = jcop_tlv_put(answer, TAG_ICCSN,
			jcop_bytes_of(state->iccsn, state->iccsn_len));
	} else if (tag == TAG_CPLC) {
		r = put_cplc(card, answer);
	} else {
		return SW_REFERENCE;
	}
	return r == JCOP_OK ? SW_OK : SW_INTERNAL;
}
