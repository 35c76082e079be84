/*
 * persona-files.c: the files of a new card that are not empty: EF.DIR
 * (ISO/IEC 7816-4 8.2.1.1), EF.GDO, and the fixed part of the directory
 * (ISO/IEC 7816-15), so that any middleware finds its way.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "core/tlv.h"
#include "virtual-card/persona-internal.h"

#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_ENUMERATED 0x0A
#define DER_UTF8 0x0C
#define DER_SEQUENCE 0x30
#define DER_CONTEXT(n) (0x80u | (n))
#define DER_EXPLICIT(n) (0xA0u | (n))

#define TAG_APPLICATION 0x61
#define TAG_AID 0x4F
#define TAG_LABEL 0x50
#define TAG_ICCSN 0x5A

static int
put_text(struct jcop_blob *out, uint32_t tag, const char *text)
{
	return jcop_tlv_put(out, tag, jcop_bytes_of(text, strlen(text)));
}

static int
put_u8(struct jcop_blob *out, uint32_t tag, uint8_t value)
{
	return jcop_tlv_put(out, tag, jcop_bytes_of(&value, 1));
}

/* A non-negative INTEGER below 2^15, or one of another tag. */
static int
put_integer(struct jcop_blob *out, uint32_t tag, size_t value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
	size_t skip = value < 0x80 ? 1 : 0;

	return jcop_tlv_put(out, tag, jcop_bytes_of(bytes + skip, 2 - skip));
}

/* Wraps what INNER holds, and empties it. */
static int
wrap(struct jcop_blob *out, uint32_t tag, struct jcop_blob *inner)
{
	int r = jcop_tlv_put(out, tag, jcop_blob_view(inner));

	jcop_blob_clear(inner);
	return r;
}

/* Path ::= SEQUENCE { efidOrPath OCTET STRING } */
static int
put_path(struct jcop_blob *out, const uint16_t *fids, size_t count)
{
	uint8_t bytes[2 * 3];
	struct jcop_blob path = JCOP_BLOB_INIT;
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		bytes[2 * i] = (uint8_t)(fids[i] >> 8);
		bytes[2 * i + 1] = (uint8_t)fids[i];
	}
	r = jcop_tlv_put(
		&path, DER_OCTET_STRING, jcop_bytes_of(bytes, 2 * count));
	if (r == JCOP_OK)
		r = wrap(out, DER_SEQUENCE, &path);
	jcop_blob_free(&path);
	return r;
}

int
vcard_set_file(struct vcard_state *state,
	const struct jcop_description *description, enum jcop_file role,
	struct jcop_bytes content, char *message)
{
	const struct jcop_file_desc *desc = &description->files[role];
	struct vcard_file *file =
		vcard_state_file(state, desc->application, desc->fid);

	if (file == NULL || content.len > file->size) {
		snprintf(message, VCARD_MESSAGE_SIZE,
			"file %04X: its content takes %zu bytes, the "
			"description gives it %zu",
			(unsigned int)desc->fid, content.len, desc->size);
		return JCOP_ERR_TOO_LONG;
	}
	return jcop_blob_set(&file->content, content.data, content.len);
}

static int
make_dir(const struct vcard_state *state, const struct jcop_description *desc,
	struct jcop_blob *out)
{
	const struct jcop_application_desc *pki =
		&desc->applications[JCOP_APP_PKI];
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = jcop_tlv_put(
		&inner, TAG_AID, jcop_bytes_of(pki->aid, pki->aid_len));

	(void)state;
	if (r == JCOP_OK)
		r = put_text(&inner, TAG_LABEL, desc->name);
	if (r == JCOP_OK)
		r = wrap(out, TAG_APPLICATION, &inner);
	jcop_blob_free(&inner);
	return r;
}

static int
make_gdo(const struct vcard_state *state, const struct jcop_description *desc,
	struct jcop_blob *out)
{
	(void)desc;
	return jcop_tlv_put(
		out, TAG_ICCSN, jcop_bytes_of(state->iccsn, state->iccsn_len));
}

static int
make_odf(const struct vcard_state *state, const struct jcop_description *desc,
	struct jcop_blob *out)
{
	static const struct {
		unsigned int choice; /* ISO/IEC 7816-15 8.3, CIOChoice */
		enum jcop_file file;
	} entries[] = {{8, JCOP_FILE_AODF}, {0, JCOP_FILE_PRKDF},
		{1, JCOP_FILE_PUKDF}, {4, JCOP_FILE_CDF}, {7, JCOP_FILE_DODF}};
	struct jcop_blob path = JCOP_BLOB_INIT;
	size_t i;
	int r = JCOP_OK;

	(void)state;
	for (i = 0; r == JCOP_OK && i < sizeof entries / sizeof *entries; i++) {
		r = put_path(&path, &desc->files[entries[i].file].fid, 1);
		if (r == JCOP_OK)
			r = wrap(out, DER_EXPLICIT(entries[i].choice), &path);
	}
	jcop_blob_free(&path);
	return r;
}

static int
make_ciainfo(const struct vcard_state *state,
	const struct jcop_description *desc, struct jcop_blob *out)
{
	/* cardflags: none; the version is that of ISO/IEC 7816-15:2016 */
	static const uint8_t flags[] = {0x00};
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = put_integer(&inner, DER_INTEGER, 1);

	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, DER_OCTET_STRING,
			jcop_bytes_of(state->iccsn, state->iccsn_len));
	if (r == JCOP_OK)
		r = put_text(&inner, DER_UTF8, desc->manufacturer);
	if (r == JCOP_OK)
		r = put_text(&inner, DER_CONTEXT(0), desc->name);
	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, DER_BIT_STRING, JCOP_BYTES(flags));
	if (r == JCOP_OK)
		r = wrap(out, DER_SEQUENCE, &inner);
	jcop_blob_free(&inner);
	return r;
}

/* CommonObjectAttributes { label, flags: modifiable, perhaps private } */
static int
put_common(struct jcop_blob *out, const char *label, bool is_private)
{
	uint8_t flags[] = {0x06, is_private ? 0xC0 : 0x40};
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = put_text(&inner, DER_UTF8, label);

	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, DER_BIT_STRING, JCOP_BYTES(flags));
	if (r == JCOP_OK)
		r = wrap(out, DER_SEQUENCE, &inner);
	jcop_blob_free(&inner);
	return r;
}

/* PasswordAttributes (ISO/IEC 7816-15 8.9.2) */
static int
put_pin_attributes(struct jcop_blob *out, const struct jcop_pin_desc *pin)
{
	static const uint8_t global[] = {0x04, 0x10}; /* initialized */
	static const uint8_t local[] = {0x04, 0x50};  /* and local */
	const uint8_t *flags = pin->application == JCOP_APP_MF ? global : local;
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r = jcop_tlv_put(&inner, DER_BIT_STRING, jcop_bytes_of(flags, 2));

	if (r == JCOP_OK)
		r = put_u8(&inner, DER_ENUMERATED,
			pin->charset == JCOP_CHARSET_NUMERIC ? 1 : 2);
	if (r == JCOP_OK)
		r = put_integer(&inner, DER_INTEGER, pin->min_length);
	if (r == JCOP_OK)
		r = put_integer(&inner, DER_INTEGER, pin->max_length);
	if (r == JCOP_OK)
		r = put_integer(&inner, DER_INTEGER, pin->max_length);
	if (r == JCOP_OK)
		r = put_integer(&inner, DER_CONTEXT(0), pin->reference);
	if (r == JCOP_OK && pin->padded)
		r = put_u8(&inner, DER_OCTET_STRING, pin->pad);
	if (r == JCOP_OK)
		r = wrap(out, DER_SEQUENCE, &inner);
	jcop_blob_free(&inner);
	return r;
}

static int
put_pin(struct jcop_blob *out, const struct jcop_pin_desc *pin)
{
	struct jcop_blob object = JCOP_BLOB_INIT, inner = JCOP_BLOB_INIT;
	int r = put_common(&object, pin->label, true);

	if (r == JCOP_OK)
		r = put_u8(&inner, DER_OCTET_STRING, pin->auth_id);
	if (r == JCOP_OK)
		r = wrap(&object, DER_SEQUENCE, &inner);
	if (r == JCOP_OK)
		r = put_pin_attributes(&inner, pin);
	if (r == JCOP_OK)
		r = wrap(&object, DER_EXPLICIT(1), &inner);
	if (r == JCOP_OK)
		r = wrap(out, DER_SEQUENCE, &object);
	jcop_blob_free(&object);
	jcop_blob_free(&inner);
	return r;
}

static int
make_aodf(const struct vcard_state *state, const struct jcop_description *desc,
	struct jcop_blob *out)
{
	int r = put_pin(out, &desc->pins[JCOP_PIN_GLOBAL]);

	(void)state;
	if (r == JCOP_OK)
		r = put_pin(out, &desc->pins[JCOP_PIN_SIGNATURE]);
	return r;
}

static int
put_data_object(struct jcop_blob *out, const struct jcop_description *desc,
	enum jcop_data data)
{
	uint16_t path[3] = {0x3F00,
		desc->applications[desc->data[data].application].fid,
		desc->data[data].file};
	struct jcop_blob object = JCOP_BLOB_INIT, inner = JCOP_BLOB_INIT;
	int r = put_common(&object, jcop_data_name(data), false);

	if (r == JCOP_OK)
		r = put_text(&inner, DER_UTF8, desc->id);
	if (r == JCOP_OK)
		r = wrap(&object, DER_SEQUENCE, &inner);
	if (r == JCOP_OK)
		r = put_path(&inner, path, 3);
	if (r == JCOP_OK)
		r = wrap(&object, DER_EXPLICIT(1), &inner);
	if (r == JCOP_OK)
		r = wrap(out, DER_SEQUENCE, &object);
	jcop_blob_free(&object);
	jcop_blob_free(&inner);
	return r;
}

static int
make_dodf(const struct vcard_state *state, const struct jcop_description *desc,
	struct jcop_blob *out)
{
	size_t i;
	int r = JCOP_OK;

	(void)state;
	for (i = 0; r == JCOP_OK && i < JCOP_DATA_COUNT; i++)
		r = put_data_object(out, desc, (enum jcop_data)i);
	return r;
}

int
vcard_make_files(struct vcard_state *state,
	const struct jcop_description *description, char *message)
{
	static const struct {
		enum jcop_file role;
		int (*make)(const struct vcard_state *state,
			const struct jcop_description *desc,
			struct jcop_blob *out);
	} files[] = {
		{JCOP_FILE_DIR, make_dir},
		{JCOP_FILE_GDO, make_gdo},
		{JCOP_FILE_ODF, make_odf},
		{JCOP_FILE_CIAINFO, make_ciainfo},
		{JCOP_FILE_AODF, make_aodf},
		{JCOP_FILE_DODF, make_dodf},
	};
	struct jcop_blob content = JCOP_BLOB_INIT;
	size_t i;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < sizeof files / sizeof *files; i++) {
		jcop_blob_clear(&content);
		r = files[i].make(state, description, &content);
		if (r == JCOP_OK)
			r = vcard_set_file(state, description, files[i].role,
				jcop_blob_view(&content), message);
	}
	jcop_blob_free(&content);
	return r;
}
