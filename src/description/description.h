/*
 * description.h: the card description, the one place where the bytes of a
 * profile stand. Read from a file in OpenSC's configuration syntax; the
 * reference profile (etc/agent.card) is compiled in.
 *
 * What is not here is fixed by a standard and named in the code with its
 * clause. Docs: jcop45-card(5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DESCRIPTION_H
#define JCOP_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define JCOP_NAME_SIZE 64
/* A label of PKCS#11 has 32 bytes, " (PIN signature)" among them. */
#define JCOP_TOKEN_LABEL_SIZE (32 - 16 + 1)
#define JCOP_AID_SIZE 16
#define JCOP_ATR_SIZE 33
#define JCOP_MAX_ATRS 8
#define JCOP_MAX_CONTAINERS 4
#define JCOP_MAX_SLOTS 16 /* per container */
#define JCOP_MAX_FIELDS 16
#define JCOP_MAX_PATH_LEN 2 /* file identifiers below the MF */

/* The current DF that an object lives in. MF is always there. */
enum jcop_application {
	JCOP_APP_MF,
	JCOP_APP_PKI,   /* selected by AID only */
	JCOP_APP_AGENT, /* selected by FID */
	JCOP_APP_COUNT
};

struct jcop_application_desc {
	uint8_t aid[JCOP_AID_SIZE];
	size_t aid_len; /* 0: none */
	uint16_t fid;   /* 3F00 for the MF; 0: none */
};

/* Elementary files that the host knows by their role. */
enum jcop_file {
	JCOP_FILE_DIR,
	JCOP_FILE_GDO,
	JCOP_FILE_CARD_SECURITY,
	JCOP_FILE_ODF,
	JCOP_FILE_CIAINFO,
	JCOP_FILE_AODF,
	JCOP_FILE_PRKDF,
	JCOP_FILE_PUKDF,
	JCOP_FILE_CDF,
	JCOP_FILE_DODF,
	JCOP_FILE_COUNT
};

struct jcop_file_desc {
	enum jcop_application application;
	uint16_t fid;
	size_t size; /* bytes, for the virtual card; hosts read the FCP */
};

enum jcop_pin {
	JCOP_PIN_GLOBAL,
	JCOP_PIN_SIGNATURE,
	JCOP_PIN_TRANSPORT,
	JCOP_PIN_PUK,
	JCOP_PIN_COUNT
};

enum jcop_charset {
	JCOP_CHARSET_NUMERIC, /* ASCII digits */
	JCOP_CHARSET_ANY      /* any byte */
};

struct jcop_pin_desc {
	char label[JCOP_NAME_SIZE];        /* what PKCS#15 shows */
	uint8_t reference;                 /* P2 of VERIFY and its like */
	enum jcop_application application; /* MF or PKI */
	uint8_t auth_id;                   /* PKCS#15 authId */
	size_t min_length, max_length;
	unsigned int tries;
	enum jcop_charset charset;
	bool padded; /* values are filled up to max_length ... */
	uint8_t pad; /* ... with this byte */
};

enum jcop_keyset {
	JCOP_KEYSET_SK_ADMIN,
	JCOP_KEYSET_SK_UNBLK_PIN,
	JCOP_KEYSET_SK_FILE_MGMT,
	JCOP_KEYSET_COUNT
};

struct jcop_keyset_desc {
	enum jcop_application application; /* MF or AGENT, from its path */
	uint8_t key; /* bare number; 80 is added in an ADF (ISO 7816-4) */
	unsigned int tries;
};

/* Chip authentication protocols, strongest last (TR-03110-3 A.1.1.2). */
enum jcop_ca_cipher {
	JCOP_CA_3DES_CBC_CBC,
	JCOP_CA_AES_128,
	JCOP_CA_AES_192,
	JCOP_CA_AES_256,
	JCOP_CA_CIPHER_COUNT
};

/* Curves by their standardised domain parameter number (TR-03110-3 A.2.1.1) */
enum jcop_curve {
	JCOP_CURVE_P256 = 12,
	JCOP_CURVE_BP256 = 13,
	JCOP_CURVE_P384 = 15,
	JCOP_CURVE_BP384 = 16,
	JCOP_CURVE_BP512 = 17,
	JCOP_CURVE_P521 = 18
};
#define JCOP_CURVE_BIT(curve) (1u << (curve))

struct jcop_chip_auth_desc {
	uint16_t file;         /* EF.CardSecurity; in the MF */
	unsigned int key;      /* key id, compared as a number */
	unsigned int ciphers;  /* bit set of 1 << enum jcop_ca_cipher */
	unsigned int curves;   /* bit set of JCOP_CURVE_BIT() */
	unsigned int versions; /* bit set of 1 << version, versions 1 and 2 */
	bool valid_at_signing; /* certificates are checked at the signing
				* time, not today */
};

struct jcop_slot_desc {
	uint8_t key; /* bare number, 1 to 127 */
	unsigned int bits;
	uint16_t certificate; /* FID in ADF PKI */
	size_t certificate_size;
};

struct jcop_container_desc {
	char name[JCOP_NAME_SIZE];
	enum jcop_pin pin;
	bool import;       /* keys may be imported */
	bool decipher;     /* keys may decipher */
	bool user_consent; /* the PIN's state is consumed by a signature */
	size_t slot_count;
	struct jcop_slot_desc slots[JCOP_MAX_SLOTS];
};

enum jcop_data { JCOP_DATA_EF_ID, JCOP_DATA_EF_FUNCTION, JCOP_DATA_COUNT };

enum jcop_layout { JCOP_LAYOUT_TLV, JCOP_LAYOUT_FIXED };

struct jcop_field_desc {
	char name[JCOP_NAME_SIZE]; /* without "ef.id." */
	uint8_t tag;               /* layout tlv */
	size_t offset, length;     /* layout fixed */
};

struct jcop_data_desc {
	enum jcop_application application;
	uint16_t file;
	size_t size;
	enum jcop_layout layout;
	uint32_t template_tag; /* layout tlv: the constructed tag around */
	bool temporary_only;   /* the card refuses updates on permanent cards */
	size_t field_count;
	struct jcop_field_desc fields[JCOP_MAX_FIELDS];
};

enum jcop_dialect_pin {
	JCOP_PIN_CHIPDOC, /* VERIFY, then the new value alone */
	JCOP_PIN_ISO      /* both values in one command */
};

enum jcop_dialect_generate { JCOP_GENERATE_IAS_SDO, JCOP_GENERATE_ISO };

enum jcop_dialect_import { JCOP_IMPORT_IAS_SDO };

enum jcop_dialect_sign {
	JCOP_SIGN_IAS,        /* MSE 41 B6: 84 key, 80 algorithm; PSO 9E 9A */
	JCOP_SIGN_CHIPDOC_91, /* MSE 81 B6: 91 02 algorithm key; PSO 9E 9A */
	JCOP_SIGN_RAW         /* MSE 41 B8: 83 key; PSO 80 86, full block */
};

enum jcop_dialect_role {
	JCOP_ROLE_IAS_AES,
	JCOP_ROLE_IAS_3DES,
	JCOP_ROLE_AES_CMAC,
	JCOP_ROLE_COUNT
};

enum jcop_dialect_chaining {
	JCOP_CHAINING_PER_LINK, /* every link is protected */
	JCOP_CHAINING_SLICE     /* protected once, then cut */
};

enum jcop_dialect_unblock_channel { JCOP_UNBLOCK_PLAIN, JCOP_UNBLOCK_CHANNEL };

enum jcop_prefix { JCOP_PREFIX_NONE, JCOP_PREFIX_00, JCOP_PREFIX_81 };

enum jcop_certificate_coding {
	JCOP_CERTIFICATE_AUTO, /* DER, zlib if the DER does not fit */
	JCOP_CERTIFICATE_ZLIB  /* always zlib */
};

struct jcop_dialect_desc {
	enum jcop_dialect_pin change_pin, unblock_puk;
	enum jcop_dialect_unblock_channel unblock_keyset;
	enum jcop_dialect_generate generate;
	enum jcop_dialect_import import;
	enum jcop_dialect_sign sign;
	enum jcop_dialect_role role;
	enum jcop_dialect_chaining chaining;
	enum jcop_prefix decipher_prefix;
	enum jcop_certificate_coding certificate;
	bool extended_length; /* the card takes extended Lc and Le */
	bool read_by_sfi;     /* agent data by short EF identifier */
};

struct jcop_algorithm_desc {
	uint8_t sign_pkcs1;
	uint8_t sign_pss_sha256, sign_pss_sha384, sign_pss_sha512;
	uint8_t decipher_pkcs1;
	uint8_t decipher_raw;
	uint8_t role[JCOP_ROLE_COUNT];
};

/* Where the ICCSN is looked for; the list is tried in order. */
enum jcop_iccsn_source {
	JCOP_ICCSN_GET_DATA_005A,
	JCOP_ICCSN_EF_GDO,
	JCOP_ICCSN_SFI,
	JCOP_ICCSN_SERIAL /* GET DATA of the card serial */
};
#define JCOP_MAX_ICCSN_SOURCES 4

enum jcop_production {
	JCOP_PRODUCTION_FABRICATION,        /* CPLC: IC fabrication date */
	JCOP_PRODUCTION_PACKAGING,          /* IC packaging date */
	JCOP_PRODUCTION_PREPERSONALISATION, /* prepersonalisation date */
	JCOP_PRODUCTION_PERSONALISATION     /* personalisation date */
};

struct jcop_identification_desc {
	uint16_t version_tag; /* GET DATA: major, minor, patch, ... */
	uint16_t serial_tag;  /* GET DATA: card serial, bare */
	size_t serial_length;
	size_t iccsn_source_count;
	enum jcop_iccsn_source iccsn_sources[JCOP_MAX_ICCSN_SOURCES];
	uint8_t iccsn_sfi;
	enum jcop_production production;
	unsigned int production_decade; /* 2020 */
	/* applets before this version cannot chain commands */
	uint8_t chaining_since[3];
	/* SK_FILEMGMT does not work on cards produced before YYYY-MM-DD */
	char file_mgmt_since[11];
};

struct jcop_description {
	char id[JCOP_NAME_SIZE];   /* the word after "card" */
	char name[JCOP_NAME_SIZE]; /* what opensc-tool -n shows */
	char manufacturer[JCOP_NAME_SIZE];
	char token_label[JCOP_TOKEN_LABEL_SIZE]; /* of the PKCS#15 token, ""
						  * for the name */
	size_t atr_count;
	struct {
		uint8_t value[JCOP_ATR_SIZE];
		size_t len;
	} atrs[JCOP_MAX_ATRS];
	struct jcop_identification_desc identification;
	struct jcop_application_desc applications[JCOP_APP_COUNT];
	struct jcop_file_desc files[JCOP_FILE_COUNT];
	struct jcop_pin_desc pins[JCOP_PIN_COUNT];
	struct jcop_keyset_desc keysets[JCOP_KEYSET_COUNT];
	struct jcop_chip_auth_desc chip_auth;
	size_t container_count;
	struct jcop_container_desc containers[JCOP_MAX_CONTAINERS];
	struct jcop_data_desc data[JCOP_DATA_COUNT];
	struct jcop_dialect_desc dialect;
	struct jcop_algorithm_desc algorithms;
};

/* Long enough for every message of this floor. */
#define JCOP_DESCRIPTION_ERROR_SIZE 512

/*
 * Reads the description in the file PATH, or the compiled-in one where PATH
 * is NULL, into DESCRIPTION. On failure MESSAGE, of
 * JCOP_DESCRIPTION_ERROR_SIZE bytes, says "FILE:LINE: key: what is wrong and
 * what was expected"; DESCRIPTION is then not to be used.
 * Errors: JCOP_ERR_NOT_FOUND (the file cannot be read), JCOP_ERR_MALFORMED,
 * JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_description_load(
	const char *path, struct jcop_description *description, char *message);

/* The same from TEXT, called NAME in messages. */
JCOP_CHECKED int jcop_description_parse(const char *name, const char *text,
	struct jcop_description *description, char *message);

/* The text of the compiled-in description (etc/agent.card); static. */
const char *jcop_description_default(void);

/* The words of a description file for its enumerations; static, never NULL. */
const char *jcop_pin_name(enum jcop_pin pin);                /* "global" */
const char *jcop_keyset_name(enum jcop_keyset keyset);       /* "sk_admin" */
const char *jcop_data_name(enum jcop_data data);             /* "ef.id" */
const char *jcop_curve_name(enum jcop_curve curve);          /* "P-256" */
const char *jcop_ca_cipher_name(enum jcop_ca_cipher cipher); /* "aes-256" */

/* The container of that name in any case, or NULL. */
const struct jcop_container_desc *jcop_description_container(
	const struct jcop_description *description, const char *name);

#endif
