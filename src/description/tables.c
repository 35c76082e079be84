/*
 * tables.c: what stands in a card description: a table of keys per block.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/read.h"

#define PLACE(block, member) \
	offsetof(block, member), sizeof(((block *)NULL)->member)

#define ROW(name, type, place, min, max, words)            \
	{                                                  \
		name, &type, place, min, max, words, false \
	}
#define OPTIONAL(name, type, place, min, max)            \
	{                                                \
		name, &type, place, min, max, NULL, true \
	}
#define END                 \
	{                   \
		.key = NULL \
	}

#define DECIMAL(block, key, min, max) \
	ROW(#key, jcop_type_decimal, PLACE(block, key), min, max, NULL)
#define HEX(block, key, min, max) \
	ROW(#key, jcop_type_hex, PLACE(block, key), min, max, NULL)
#define FID(block, key) ROW(#key, jcop_type_fid, PLACE(block, key), 0, 0, NULL)
#define WORD(block, key, words) \
	ROW(#key, jcop_type_word, PLACE(block, key), 0, 0, words)
#define BOOL(block, key) WORD(block, key, jcop_words_bool)
#define BIT_SET(block, key, words) \
	ROW(#key, jcop_type_bit_set, PLACE(block, key), 1, 32, words)
#define TEXT(block, key) \
	ROW(#key, jcop_type_text, PLACE(block, key), 0, 0, NULL)
/* A kind that fills in several members of its block. */
#define ALL_OF(block) 0, sizeof(block)

#define CARD struct jcop_description
static const struct jcop_row card_rows[] = {
	TEXT(CARD, name),
	TEXT(CARD, manufacturer),
	OPTIONAL("token_label", jcop_type_text, PLACE(CARD, token_label), 0, 0),
	ROW("atr", jcop_type_atrs, ALL_OF(CARD), 1, JCOP_MAX_ATRS, NULL),
	END,
};

/* Decades that a CPLC date, which has one digit of the year, can be in. */
static const struct jcop_word decades[] = {{"2000", 2000}, {"2010", 2010},
	{"2020", 2020}, {"2030", 2030}, {"2040", 2040}, {NULL, 0}};

#define ID struct jcop_identification_desc
static const struct jcop_row identification_rows[] = {
	HEX(ID, version_tag, 0x0001, 0xFFFF),
	HEX(ID, serial_tag, 0x0001, 0xFFFF),
	DECIMAL(ID, serial_length, 1, 32),
	ROW("iccsn", jcop_type_iccsn, ALL_OF(ID), 1, JCOP_MAX_ICCSN_SOURCES,
		jcop_words_iccsn),
	HEX(ID, iccsn_sfi, 0x01, 0x1E),
	WORD(ID, production, jcop_words_production),
	WORD(ID, production_decade, decades),
	ROW("chaining_since", jcop_type_version, PLACE(ID, chaining_since), 0,
		0, NULL),
	ROW("file_mgmt_since", jcop_type_date, PLACE(ID, file_mgmt_since), 0, 0,
		NULL),
	END,
};

#define APP struct jcop_application_desc
static const struct jcop_row application_rows[] = {
	OPTIONAL("aid", jcop_type_aid, ALL_OF(APP), 0, 0),
	OPTIONAL("fid", jcop_type_fid, PLACE(APP, fid), 0, 0),
	END,
};

#define EF struct jcop_file_desc
static const struct jcop_row file_rows[] = {
	WORD(EF, application, jcop_words_card_application),
	FID(EF, fid),
	DECIMAL(EF, size, 1, 32767),
	END,
};

#define PIN struct jcop_pin_desc
static const struct jcop_row pin_rows[] = {
	TEXT(PIN, label),
	HEX(PIN, reference, 0x01, 0xFE),
	WORD(PIN, application, jcop_words_card_application),
	HEX(PIN, auth_id, 0x01, 0xFF),
	DECIMAL(PIN, min_length, 1, 64),
	DECIMAL(PIN, max_length, 1, 64),
	DECIMAL(PIN, tries, 1, 15),
	WORD(PIN, charset, jcop_words_charset),
	ROW("padding", jcop_type_padding, ALL_OF(PIN), 0, 0, NULL),
	END,
};

#define KEYSET struct jcop_keyset_desc
static const struct jcop_row keyset_rows[] = {
	ROW("path", jcop_type_key_path, ALL_OF(KEYSET), 0x01, 0x7F, NULL),
	DECIMAL(KEYSET, tries, 1, 15),
	END,
};

#define CA struct jcop_chip_auth_desc
static const struct jcop_row chip_auth_rows[] = {
	ROW("key", jcop_type_chip_key, ALL_OF(CA), 0, 0, NULL),
	BIT_SET(CA, ciphers, jcop_words_ca_cipher),
	BIT_SET(CA, curves, jcop_words_curve),
	BIT_SET(CA, versions, jcop_words_ca_version),
	ROW("certificates_valid", jcop_type_word, PLACE(CA, valid_at_signing),
		0, 0, jcop_words_valid),
	END,
};

/* The RSA keys that the card has. */
static const struct jcop_word rsa_bits[] = {
	{"2048", 2048}, {"3072", 3072}, {NULL, 0}};

#define SLOT struct jcop_slot_desc
static const struct jcop_row slot_rows[] = {
	HEX(SLOT, key, 0x01, 0x7F),
	WORD(SLOT, bits, rsa_bits),
	FID(SLOT, certificate),
	DECIMAL(SLOT, certificate_size, 256, 32767),
	END,
};

#define CONTAINER struct jcop_container_desc
static const struct jcop_row container_rows[] = {
	WORD(CONTAINER, pin, jcop_words_user_pin),
	BOOL(CONTAINER, import),
	BOOL(CONTAINER, decipher),
	BOOL(CONTAINER, user_consent),
	END,
};

static const struct jcop_section container_inner[] = {
	{"slot", JCOP_NAMING_NUMBER, NULL, slot_rows, NULL,
		offsetof(CONTAINER, slots), sizeof(SLOT),
		offsetof(CONTAINER, slot_count), JCOP_MAX_SLOTS},
	{.key = NULL},
};

/* Which of these a field has depends on the layout: see check.c. */
#define FIELD struct jcop_field_desc
static const struct jcop_row field_rows[] = {
	OPTIONAL("tag", jcop_type_tag, PLACE(FIELD, tag), 0, 0),
	OPTIONAL("offset", jcop_type_decimal, PLACE(FIELD, offset), 0, 32766),
	OPTIONAL("length", jcop_type_decimal, PLACE(FIELD, length), 1, 32767),
	END,
};

#define DATA struct jcop_data_desc
static const struct jcop_row data_rows[] = {
	WORD(DATA, application, jcop_words_any_application),
	FID(DATA, file),
	DECIMAL(DATA, size, 1, 32767),
	BOOL(DATA, temporary_only),
	WORD(DATA, layout, jcop_words_layout),
	OPTIONAL("template", jcop_type_template, PLACE(DATA, template_tag), 0,
		0),
	END,
};

static const struct jcop_section data_inner[] = {
	{"field", JCOP_NAMING_FREE, NULL, field_rows, NULL,
		offsetof(DATA, fields), sizeof(FIELD),
		offsetof(DATA, field_count), JCOP_MAX_FIELDS},
	{.key = NULL},
};

#define DIALECT struct jcop_dialect_desc
static const struct jcop_row dialect_rows[] = {
	WORD(DIALECT, change_pin, jcop_words_pin_dialect),
	WORD(DIALECT, unblock_puk, jcop_words_pin_dialect),
	WORD(DIALECT, unblock_keyset, jcop_words_unblock_keyset),
	WORD(DIALECT, generate, jcop_words_generate),
	WORD(DIALECT, import, jcop_words_import),
	WORD(DIALECT, sign, jcop_words_sign),
	WORD(DIALECT, decipher_prefix, jcop_words_prefix),
	WORD(DIALECT, role, jcop_words_role),
	WORD(DIALECT, chaining, jcop_words_chaining),
	BOOL(DIALECT, extended_length),
	WORD(DIALECT, certificate, jcop_words_certificate),
	BOOL(DIALECT, read_by_sfi),
	END,
};

#define ALGO struct jcop_algorithm_desc
#define ALGORITHM(name, key) \
	ROW(name, jcop_type_hex, PLACE(ALGO, key), 0x00, 0xFF, NULL)
static const struct jcop_row algorithm_rows[] = {
	ALGORITHM("sign_pkcs1", sign_pkcs1),
	ALGORITHM("sign_pss_sha256", sign_pss_sha256),
	ALGORITHM("sign_pss_sha384", sign_pss_sha384),
	ALGORITHM("sign_pss_sha512", sign_pss_sha512),
	ALGORITHM("decipher_pkcs1", decipher_pkcs1),
	ALGORITHM("decipher_raw", decipher_raw),
	ALGORITHM("role_ias_aes", role[JCOP_ROLE_IAS_AES]),
	ALGORITHM("role_ias_3des", role[JCOP_ROLE_IAS_3DES]),
	ALGORITHM("role_aes_cmac", role[JCOP_ROLE_AES_CMAC]),
	END,
};

#define ONE(name, rows, member)                                                \
	{                                                                      \
		name, JCOP_NAMING_NONE, NULL, rows, NULL, PLACE(CARD, member), \
			0, 1                                                   \
	}
#define EACH(name, words, rows, inner, member)                  \
	{                                                       \
		name, JCOP_NAMING_WORD, words, rows, inner,     \
			offsetof(CARD, member),                 \
			sizeof(((CARD *)NULL)->member[0]), 0, 1 \
	}

/* Applications come first: the paths of the key sets name them. */
static const struct jcop_section card_inner[] = {
	ONE("identification", identification_rows, identification),
	EACH("application", jcop_words_application, application_rows, NULL,
		applications),
	EACH("file", jcop_words_file, file_rows, NULL, files),
	EACH("pin", jcop_words_pin, pin_rows, NULL, pins),
	EACH("keyset", jcop_words_keyset, keyset_rows, NULL, keysets),
	ONE("chip_auth", chip_auth_rows, chip_auth),
	{"container", JCOP_NAMING_FREE, NULL, container_rows, container_inner,
		offsetof(CARD, containers), sizeof(CONTAINER),
		offsetof(CARD, container_count), JCOP_MAX_CONTAINERS},
	EACH("data", jcop_words_data, data_rows, data_inner, data),
	ONE("dialect", dialect_rows, dialect),
	ONE("algorithms", algorithm_rows, algorithms),
	{.key = NULL},
};

const struct jcop_section jcop_sections[] = {
	{"card", JCOP_NAMING_FREE, NULL, card_rows, card_inner, 0, sizeof(CARD),
		0, 1},
	{.key = NULL},
};
