/*
 * match.c: is it our card? Its identity, init and finish.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "card-driver/session.h"

#define ICCSN_MIN 4
/* GlobalPlatform CPLC: offsets of the dates behind the tag and length */
#define CPLC_LENGTH 42
#define CPLC_FABRICATION 10
#define CPLC_PACKAGING 20
#define CPLC_PREPERSONALISATION 28
#define CPLC_PERSONALISATION 36

/* Application and profile marker: two commands; one for a foreign card. */
static int
is_our_card(struct sc_card *card)
{
	int r = jcop_select_application(card, JCOP_APP_PKI);

	if (r == SC_SUCCESS)
		r = jcop_select_application(card, JCOP_APP_AGENT);
	return r;
}

int
jcop_match_op(struct sc_card *card)
{
	int r = jcop_session_new(card);

	if (r != SC_SUCCESS)
		return 0;
	r = is_our_card(card);
	if (r != SC_SUCCESS) {
		jcop_session_free(card);
		return 0;
	}
	return 1;
}

int
jcop_init_op(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	int r;

	if (session == NULL) {
		/* A forced driver, or one by ATR: match's answer is not heard.
		 */
		r = jcop_session_new(card);
		if (r != SC_SUCCESS)
			return SC_ERROR_INVALID_CARD;
		session = card->drv_data;
		if (is_our_card(card) != SC_SUCCESS) {
			jcop_session_free(card);
			return SC_ERROR_INVALID_CARD;
		}
	}
	card->name = session->description.name;
	card->cla = JCOP_CLA_ISO;
	card->type = -1;
	card->caps |= SC_CARD_CAP_ISO7816_PIN_INFO;
	if (session->description.dialect.extended_length)
		card->caps |= SC_CARD_CAP_APDU_EXT;
	/* No EF.DIR hunt, no PKCS#15 application for OpenSC's own code: our
	 * emulator shows the containers. */
	card->app_count = 0;
	jcop_sm_hooks_install(card);
	r = jcop_declare_algorithms(card);
	if (r != SC_SUCCESS)
		jcop_session_free(card);
	return r;
}

int
jcop_read_version(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_blob value = JCOP_BLOB_INIT;
	unsigned int sw;
	int r;

	if (session->version_known)
		return SC_SUCCESS;
	r = jcop_select_application(card, JCOP_APP_PKI);
	if (r == SC_SUCCESS)
		r = jcop_get_data(card,
			session->description.identification.version_tag, &value,
			&sw);
	if (r == SC_SUCCESS &&
		(sw != JCOP_SW_OK || value.len < sizeof(session->version)))
		r = SC_ERROR_UNKNOWN_DATA_RECEIVED;
	if (r == SC_SUCCESS) {
		memcpy(session->version, value.data, sizeof(session->version));
		session->version_known = true;
	}
	jcop_blob_free(&value);
	return r;
}

static int
read_iccsn_file(struct sc_card *card, struct jcop_blob *content)
{
	int r = jcop_select_ef(card, JCOP_APP_MF,
		jcop_session_of(card)->description.files[JCOP_FILE_GDO].fid,
		NULL);

	if (r == SC_SUCCESS)
		r = jcop_read_selected(card, content, NULL);
	return r;
}

static int
read_iccsn_sfi(struct sc_card *card, struct jcop_blob *content)
{
	uint8_t sfi =
		jcop_session_of(card)->description.identification.iccsn_sfi;
	const struct jcop_apdu read = {JCOP_CLA_ISO, JCOP_INS_READ_BINARY,
		JCOP_READ_BY_SFI | sfi, 0x00, {NULL, 0}, JCOP_LE_SHORT};
	unsigned int sw;
	int r;

	jcop_session_of(card)->current_ef = 0;
	r = jcop_transmit(card, &read, content, &sw);
	if (r == SC_SUCCESS && sw != JCOP_SW_OK && sw != JCOP_SW_END_OF_FILE)
		r = SC_ERROR_OBJECT_NOT_FOUND;
	return r;
}

static int
read_iccsn_object(struct sc_card *card, uint16_t tag, struct jcop_blob *content)
{
	unsigned int sw;
	int r = jcop_get_data(card, tag, content, &sw);

	if (r == SC_SUCCESS && sw != JCOP_SW_OK)
		r = SC_ERROR_OBJECT_NOT_FOUND;
	return r;
}

/* The content of one source; empty if the card has none there. An error only
 * if there is no card that could have one. */
static int
read_iccsn_source(struct sc_card *card, enum jcop_iccsn_source source,
	struct jcop_blob *content)
{
	const struct jcop_identification_desc *id =
		&jcop_session_of(card)->description.identification;
	int r = SC_ERROR_INTERNAL;

	switch (source) {
	case JCOP_ICCSN_GET_DATA_005A:
		r = read_iccsn_object(card, JCOP_DATA_TAG_ICCSN, content);
		break;
	case JCOP_ICCSN_EF_GDO:
		r = read_iccsn_file(card, content);
		break;
	case JCOP_ICCSN_SFI:
		r = read_iccsn_sfi(card, content);
		break;
	case JCOP_ICCSN_SERIAL:
		r = read_iccsn_object(card, id->serial_tag, content);
		break;
	}
	if (r != SC_SUCCESS)
		jcop_blob_clear(content);
	return jcop_is_gone(r) ? r : SC_SUCCESS;
}

/* ISO/IEC 7816-6: 5A number; the card serial comes bare. */
static bool
take_iccsn(struct jcop_session *session, enum jcop_iccsn_source source,
	const struct jcop_blob *content)
{
	struct jcop_bytes value = jcop_blob_view(content);

	if (source != JCOP_ICCSN_SERIAL &&
		jcop_tlv_find(value, JCOP_DATA_TAG_ICCSN, &value) != JCOP_OK)
		return false;
	if (value.len < ICCSN_MIN || value.len > sizeof(session->iccsn))
		return false;
	memcpy(session->iccsn, value.data, value.len);
	session->iccsn_len = value.len;
	return true;
}

int
jcop_read_iccsn(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_identification_desc *id =
		&session->description.identification;
	struct jcop_blob content = JCOP_BLOB_INIT;
	size_t i;
	int r = SC_SUCCESS;

	for (i = 0; r == SC_SUCCESS && i < id->iccsn_source_count &&
		    session->iccsn_len == 0;
		i++) {
		r = read_iccsn_source(card, id->iccsn_sources[i], &content);
		if (r == SC_SUCCESS)
			take_iccsn(session, id->iccsn_sources[i], &content);
		jcop_blob_clear(&content);
	}
	jcop_blob_free(&content);
	if (r != SC_SUCCESS)
		return r;
	if (session->iccsn_len == 0)
		return jcop_explain(card, SC_ERROR_OBJECT_NOT_FOUND,
			"the card tells its ICCSN in none of the places that "
			"the card description names");
	return SC_SUCCESS;
}

static size_t
cplc_offset(enum jcop_production production)
{
	switch (production) {
	case JCOP_PRODUCTION_FABRICATION:
		return CPLC_FABRICATION;
	case JCOP_PRODUCTION_PACKAGING:
		return CPLC_PACKAGING;
	case JCOP_PRODUCTION_PREPERSONALISATION:
		return CPLC_PREPERSONALISATION;
	case JCOP_PRODUCTION_PERSONALISATION:
		return CPLC_PERSONALISATION;
	}
	return CPLC_FABRICATION;
}

/* BCD YDDD: last digit of the year, day of the year. */
static bool
decode_yddd(const uint8_t bcd[2], unsigned int decade, char date[11])
{
	static const uint8_t lengths[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned int year = decade + (bcd[0] >> 4), month = 0, days;
	unsigned int day =
		(bcd[0] & 0xFu) * 100 + (bcd[1] >> 4) * 10 + (bcd[1] & 0xFu);
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (bcd[0] >> 4 > 9 || (bcd[0] & 0xF) > 9 || bcd[1] >> 4 > 9 ||
		(bcd[1] & 0xF) > 9 || day == 0 || day > (leap ? 366u : 365u))
		return false;
	for (;; month++) {
		days = lengths[month] + (month == 1 && leap ? 1u : 0u);
		if (day <= days)
			break;
		day -= days;
	}
	snprintf(date, 11, "%04u-%02u-%02u", year % 10000, (month + 1) % 100,
		day % 100);
	return true;
}

void
jcop_read_produced(struct sc_card *card, char produced[11])
{
	const struct jcop_identification_desc *id =
		&jcop_session_of(card)->description.identification;
	struct jcop_blob content = JCOP_BLOB_INIT;
	struct jcop_bytes cplc;
	unsigned int sw;

	produced[0] = '\0';
	if (jcop_get_data(card, JCOP_DATA_TAG_CPLC, &content, &sw) ==
			SC_SUCCESS &&
		sw == JCOP_SW_OK &&
		jcop_tlv_find(jcop_blob_view(&content), JCOP_DATA_TAG_CPLC,
			&cplc) == JCOP_OK &&
		cplc.len >= CPLC_LENGTH)
		decode_yddd(cplc.data + cplc_offset(id->production),
			id->production_decade, produced);
	jcop_blob_free(&content);
}
