/*
 * check.c: what has to fit together in a card description.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/check.h"

#include <string.h>

/* Bit 8 of a reference: the object is of the current DF, not of the MF
 * (ISO/IEC 7816-4, qualifier of reference data). */
#define LOCAL_REFERENCE 0x80

/* The most values of one kind: file identifiers. */
#define CLAIMS_MAX                               \
	(1 + JCOP_FILE_COUNT + JCOP_DATA_COUNT + \
		JCOP_MAX_CONTAINERS * JCOP_MAX_SLOTS)

/* Values that have to differ within a scope, with where they were read. */
struct claims {
	const struct jcop_reader *reader;
	size_t count;
	struct {
		unsigned int scope, value;
		const void *element;
		const char *key;
	} list[CLAIMS_MAX];
};

static bool
given(const struct jcop_reader *reader, const void *element, const char *key)
{
	const scconf_block *block = jcop_reader_block(reader, element);

	return block != NULL && scconf_find_list(block, key) != NULL;
}

/* The word of KEY as it stands in the file. */
static const char *
word_of(const struct jcop_reader *reader, const void *element, const char *key)
{
	return scconf_find_list(jcop_reader_block(reader, element), key)->data;
}

static int
wrong(const struct jcop_reader *reader, const void *element, const char *key,
	const char *what)
{
	return jcop_report(&reader->report,
		jcop_reader_line(reader, element, key), key, "%s", what);
}

static int
claim(struct claims *claims, unsigned int scope, unsigned int value,
	const void *element, const char *key)
{
	const struct jcop_reader *reader = claims->reader;
	size_t i;

	for (i = 0; i < claims->count; i++) {
		if (claims->list[i].scope == scope &&
			claims->list[i].value == value)
			return jcop_report(&reader->report,
				jcop_reader_line(reader, element, key), key,
				"'%.*s' is already taken in line %u; expected "
				"a value of its own",
				JCOP_QUOTE_MAX, word_of(reader, element, key),
				jcop_reader_line(reader,
					claims->list[i].element,
					claims->list[i].key));
	}
	claims->list[i].scope = scope;
	claims->list[i].value = value;
	claims->list[i].element = element;
	claims->list[i].key = key;
	claims->count++;
	return JCOP_OK;
}

static int
check_applications(const struct jcop_reader *reader)
{
	const struct jcop_application_desc *pki =
		&reader->description->applications[JCOP_APP_PKI];
	const struct jcop_application_desc *agent =
		&reader->description->applications[JCOP_APP_AGENT];

	if (!given(reader, pki, "aid"))
		return wrong(reader, pki, "aid",
			"is missing in application pki; expected 5 to 16 bytes "
			"in hexadecimal");
	if (given(reader, pki, "fid"))
		return wrong(reader, pki, "fid",
			"is not used; expected aid alone in application pki");
	if (!given(reader, agent, "fid"))
		return wrong(reader, agent, "fid",
			"is missing in application agent; expected 4 "
			"hexadecimal digits");
	if (agent->aid_len == pki->aid_len &&
		memcmp(agent->aid, pki->aid, pki->aid_len) == 0)
		return wrong(reader, agent, "aid",
			"is that of application pki; expected a value of its "
			"own");
	return JCOP_OK;
}

static int
check_identification(const struct jcop_reader *reader)
{
	const struct jcop_identification_desc *identification =
		&reader->description->identification;

	if (identification->version_tag == identification->serial_tag)
		return wrong(reader, identification, "serial_tag",
			"is the version_tag; expected a value of its own");
	return JCOP_OK;
}

static int
claim_slot_fids(struct claims *claims)
{
	const struct jcop_description *d = claims->reader->description;
	int r = JCOP_OK;
	size_t i, j;

	for (i = 0; i < d->container_count; i++) {
		const struct jcop_container_desc *container = &d->containers[i];

		for (j = 0; r == JCOP_OK && j < container->slot_count; j++)
			r = claim(claims, JCOP_APP_PKI,
				container->slots[j].certificate,
				&container->slots[j], "certificate");
	}
	return r;
}

/* No two files of one application with one identifier. */
static int
check_fids(const struct jcop_reader *reader)
{
	const struct jcop_description *d = reader->description;
	const struct jcop_application_desc *agent =
		&d->applications[JCOP_APP_AGENT];
	struct claims claims = {.reader = reader};
	int r = claim(&claims, JCOP_APP_MF, agent->fid, agent, "fid");
	size_t i;

	for (i = 0; r == JCOP_OK && i < JCOP_FILE_COUNT; i++)
		r = claim(&claims, d->files[i].application, d->files[i].fid,
			&d->files[i], "fid");
	if (r == JCOP_OK)
		r = claim_slot_fids(&claims);
	for (i = 0; r == JCOP_OK && i < JCOP_DATA_COUNT; i++)
		r = claim(&claims, d->data[i].application, d->data[i].file,
			&d->data[i], "file");
	return r;
}

static int
check_pin(const struct jcop_reader *reader, const struct jcop_pin_desc *pin)
{
	bool global = pin->application == JCOP_APP_MF;

	if (global && pin->reference >= LOCAL_REFERENCE)
		return wrong(reader, pin, "reference",
			"is that of a local PIN; expected 01 to 7F with "
			"application = mf");
	if (!global && pin->reference <= LOCAL_REFERENCE)
		return wrong(reader, pin, "reference",
			"is that of a global PIN; expected 81 to FE with "
			"application = pki");
	if (pin->min_length > pin->max_length)
		return wrong(reader, pin, "min_length",
			"is over max_length; expected at most max_length");
	return JCOP_OK;
}

static int
check_pins(const struct jcop_reader *reader)
{
	struct claims references = {.reader = reader};
	struct claims auth_ids = {.reader = reader};
	int r = JCOP_OK;
	size_t i;

	for (i = 0; r == JCOP_OK && i < JCOP_PIN_COUNT; i++) {
		const struct jcop_pin_desc *pin = &reader->description->pins[i];

		r = check_pin(reader, pin);
		if (r == JCOP_OK)
			r = claim(&references, 0, pin->reference, pin,
				"reference");
		if (r == JCOP_OK)
			r = claim(&auth_ids, 0, pin->auth_id, pin, "auth_id");
	}
	return r;
}

static int
check_keysets(const struct jcop_reader *reader)
{
	struct claims claims = {.reader = reader};
	int r = JCOP_OK;
	size_t i;

	for (i = 0; r == JCOP_OK && i < JCOP_KEYSET_COUNT; i++) {
		const struct jcop_keyset_desc *keyset =
			&reader->description->keysets[i];

		r = claim(&claims, keyset->application, keyset->key, keyset,
			"path");
	}
	return r;
}

static int
check_chip_auth(const struct jcop_reader *reader)
{
	const struct jcop_description *d = reader->description;
	const struct jcop_file_desc *file = &d->files[JCOP_FILE_CARD_SECURITY];

	if (file->application != JCOP_APP_MF)
		return wrong(reader, file, "application",
			"cannot hold EF.CardSecurity; expected mf");
	if (d->chip_auth.file != file->fid)
		return wrong(reader, &d->chip_auth, "key",
			"has another FILEID than file ef.cardsecurity; "
			"expected its fid before ':'");
	return JCOP_OK;
}

/* The keys of all containers are in one application. */
static int
check_containers(const struct jcop_reader *reader)
{
	const struct jcop_description *d = reader->description;
	struct claims claims = {.reader = reader};
	int r = JCOP_OK;
	size_t i, j;

	for (i = 0; i < d->container_count; i++) {
		const struct jcop_container_desc *container = &d->containers[i];

		for (j = 0; r == JCOP_OK && j < container->slot_count; j++)
			r = claim(&claims, 0, container->slots[j].key,
				&container->slots[j], "key");
	}
	return r;
}

static int
check_tlv(const struct jcop_reader *reader, const struct jcop_data_desc *data)
{
	struct claims tags = {.reader = reader};
	int r = JCOP_OK;
	size_t i;

	if (!given(reader, data, "template"))
		return wrong(reader, data, "template",
			"is missing; expected a constructed tag with layout = "
			"tlv");
	for (i = 0; r == JCOP_OK && i < data->field_count; i++) {
		const struct jcop_field_desc *field = &data->fields[i];

		if (!given(reader, field, "tag"))
			return wrong(reader, field, "tag",
				"is missing; expected a tag with layout = tlv");
		if (given(reader, field, "offset"))
			return wrong(reader, field, "offset",
				"is of layout = fixed; expected tag alone");
		if (given(reader, field, "length"))
			return wrong(reader, field, "length",
				"is of layout = fixed; expected tag alone");
		r = claim(&tags, 0, field->tag, field, "tag");
	}
	return r;
}

static int
check_fixed_field(const struct jcop_reader *reader,
	const struct jcop_data_desc *data, const struct jcop_field_desc *field)
{
	if (given(reader, field, "tag"))
		return wrong(reader, field, "tag",
			"is of layout = tlv; expected offset and length");
	if (!given(reader, field, "offset"))
		return wrong(reader, field, "offset",
			"is missing; expected a number with layout = fixed");
	if (!given(reader, field, "length"))
		return wrong(reader, field, "length",
			"is missing; expected a number with layout = fixed");
	if (field->offset + field->length > data->size)
		return wrong(reader, field, "length",
			"ends behind the file; expected offset + length up to "
			"its size");
	return JCOP_OK;
}

static int
check_overlap(const struct jcop_reader *reader,
	const struct jcop_data_desc *data, const struct jcop_field_desc *field)
{
	const struct jcop_field_desc *other;

	for (other = data->fields; other < field; other++) {
		if (other->offset < field->offset + field->length &&
			field->offset < other->offset + other->length)
			return jcop_report(&reader->report,
				jcop_reader_line(reader, field, "offset"),
				"offset",
				"field %.*s overlaps field %.*s of line %u; "
				"expected bytes of its own",
				JCOP_QUOTE_MAX, field->name, JCOP_QUOTE_MAX,
				other->name,
				jcop_reader_line(reader, other, "offset"));
	}
	return JCOP_OK;
}

static int
check_fixed(const struct jcop_reader *reader, const struct jcop_data_desc *data)
{
	int r = JCOP_OK;
	size_t i;

	if (given(reader, data, "template"))
		return wrong(reader, data, "template",
			"is of layout = tlv; expected none with layout = "
			"fixed");
	for (i = 0; r == JCOP_OK && i < data->field_count; i++) {
		r = check_fixed_field(reader, data, &data->fields[i]);
		if (r == JCOP_OK)
			r = check_overlap(reader, data, &data->fields[i]);
	}
	return r;
}

/* Without a data object 88 in its FCP a file has the five low bits of its
 * identifier as short one, 1 to 30 (ISO/IEC 7816-4, file control parameters) */
static int
check_sfi(struct claims *sfis, const struct jcop_data_desc *data)
{
	unsigned int sfi = data->file & 0x1F;

	if (!sfis->reader->description->dialect.read_by_sfi)
		return JCOP_OK;
	if (sfi == 0 || sfi == 0x1F)
		return wrong(sfis->reader, data, "file",
			"has no short identifier; expected five low bits from "
			"01 to 1E with read_by_sfi = yes");
	return claim(sfis, data->application, sfi, data, "file");
}

static int
check_data(const struct jcop_reader *reader)
{
	struct claims sfis = {.reader = reader};
	int r = JCOP_OK;
	size_t i;

	for (i = 0; r == JCOP_OK && i < JCOP_DATA_COUNT; i++) {
		const struct jcop_data_desc *data =
			&reader->description->data[i];

		if (data->layout == JCOP_LAYOUT_TLV)
			r = check_tlv(reader, data);
		else
			r = check_fixed(reader, data);
		if (r == JCOP_OK)
			r = check_sfi(&sfis, data);
	}
	return r;
}

/* Where ids are of one template, a card has to tell them apart. */
static int
check_algorithms(const struct jcop_reader *reader)
{
	enum { SIGN, DECIPHER, ROLE };
	const struct jcop_algorithm_desc *a = &reader->description->algorithms;
	const struct {
		unsigned int scope, value;
		const char *key;
	} ids[] = {
		{SIGN, a->sign_pkcs1, "sign_pkcs1"},
		{SIGN, a->sign_pss_sha256, "sign_pss_sha256"},
		{SIGN, a->sign_pss_sha384, "sign_pss_sha384"},
		{SIGN, a->sign_pss_sha512, "sign_pss_sha512"},
		{DECIPHER, a->decipher_pkcs1, "decipher_pkcs1"},
		{DECIPHER, a->decipher_raw, "decipher_raw"},
		{ROLE, a->role[JCOP_ROLE_IAS_AES], "role_ias_aes"},
		{ROLE, a->role[JCOP_ROLE_IAS_3DES], "role_ias_3des"},
		{ROLE, a->role[JCOP_ROLE_AES_CMAC], "role_aes_cmac"},
	};
	struct claims claims = {.reader = reader};
	int r = JCOP_OK;
	size_t i;

	for (i = 0; r == JCOP_OK && i < sizeof(ids) / sizeof(ids[0]); i++)
		r = claim(&claims, ids[i].scope, ids[i].value, a, ids[i].key);
	return r;
}

int
jcop_check(const struct jcop_reader *reader)
{
	static int (*const checks[])(const struct jcop_reader *) = {
		check_applications,
		check_identification,
		check_fids,
		check_pins,
		check_keysets,
		check_chip_auth,
		check_containers,
		check_data,
		check_algorithms,
	};
	int r = JCOP_OK;
	size_t i;

	for (i = 0; r == JCOP_OK && i < sizeof(checks) / sizeof(checks[0]); i++)
		r = checks[i](reader);
	return r;
}
