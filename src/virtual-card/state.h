/*
 * state.h: persona and persistent state of a card: one file, replaced
 * atomically.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_STATE_H
#define JCOP_VIRTUAL_CARD_STATE_H

#include "core/blob.h"
#include "description/description.h"

#define VCARD_ICCSN_MAX 10
#define VCARD_SERIAL_MAX 16
#define VCARD_PIN_MAX 64
#define VCARD_KEYSET_KEY_MAX 32
#define VCARD_MAX_FILES                                           \
	(JCOP_FILE_COUNT + JCOP_MAX_CONTAINERS * JCOP_MAX_SLOTS + \
		JCOP_DATA_COUNT)

/* Life cycle status byte (ISO/IEC 7816-4 table 14). */
enum vcard_life_cycle {
	VCARD_INITIALISATION = 0x03,
	VCARD_ACTIVATED = 0x05,
	VCARD_TERMINATED = 0x0C
};

struct vcard_pin {
	bool set;
	uint8_t value[VCARD_PIN_MAX];
	size_t len;
	unsigned int tries;
};

struct vcard_keyset {
	uint8_t enc[VCARD_KEYSET_KEY_MAX], mac[VCARD_KEYSET_KEY_MAX];
	size_t len; /* of each */
	unsigned int tries;
};

/* What decides over a file's access rule and its name in the trace. */
enum vcard_file_kind {
	VCARD_FILE_FIXED,
	VCARD_FILE_DIRECTORY,
	VCARD_FILE_CERTIFICATE,
	VCARD_FILE_EF_ID,
	VCARD_FILE_EF_FUNCTION
};

struct vcard_file {
	enum jcop_application application;
	uint16_t fid;
	size_t size;
	enum vcard_file_kind kind;
	bool temporary_only;
	struct jcop_blob content; /* without the zero padding */
};

/* The knobs of persona.h that are yes or no. */
struct vcard_flags {
	bool temporary, short_only, unsigned_security, untrusted_signer,
		expired_signer, named_curve, off_curve, key_mismatch;
	bool wrong_keyset[JCOP_KEYSET_COUNT];
	bool foreign, no_marker, no_iccsn_data, no_gdo;
};

struct vcard_state {
	uint8_t iccsn[VCARD_ICCSN_MAX];
	size_t iccsn_len;
	uint8_t serial[VCARD_SERIAL_MAX];
	size_t serial_len;
	uint8_t version[3];
	char production[11]; /* empty: unknown */
	enum vcard_life_cycle life_cycle;
	enum jcop_curve curve;
	unsigned int ciphers; /* bit set of 1 << enum jcop_ca_cipher */
	unsigned int ca_version;
	unsigned int ca_answer; /* 0: as ca_version */
	struct vcard_flags flags;
	struct vcard_pin pins[JCOP_PIN_COUNT];
	struct vcard_keyset keysets[JCOP_KEYSET_COUNT];
	struct jcop_blob chip_key;   /* DER of the private key */
	struct jcop_blob anchor_key; /* DER of the private key */
	struct jcop_blob anchor;     /* certificate, DER */
	struct jcop_blob keys[JCOP_MAX_CONTAINERS][JCOP_MAX_SLOTS]; /* DER */
	size_t file_count;
	struct vcard_file files[VCARD_MAX_FILES];
};

/* Empties STATE and lays out the files of DESCRIPTION in it. */
void vcard_state_init(
	struct vcard_state *state, const struct jcop_description *description);
void vcard_state_free(struct vcard_state *state);

/* The file of that FID in DF; NULL: none. */
struct vcard_file *vcard_state_file(
	struct vcard_state *state, enum jcop_application df, uint16_t fid);

/* The yes-or-no knobs by name and by number; NULL: no such. */
bool *vcard_state_flag(struct vcard_state *state, const char *name);
bool *vcard_state_flag_at(
	struct vcard_state *state, size_t index, const char **name);

/*
 * state-json.c: STATE as the text of the state file and back; the text is
 * freed by vcard_state_free_text(), which wipes it. NULL or an error on
 * failure.
 */
char *vcard_state_encode(const struct vcard_state *state,
	const struct jcop_description *description);
JCOP_CHECKED int vcard_state_decode(const char *text, size_t len,
	const struct jcop_description *description, struct vcard_state *state);
void vcard_state_free_text(char *text);

/* storage.c: DIR/NAME as a whole, 0600. Errors: JCOP_ERR_NOT_FOUND with
 * errno. Writing is atomic: temporary file, fsync, rename, fsync of DIR. */
JCOP_CHECKED int vcard_read_file(
	const char *dir, const char *name, char **text, size_t *len);
JCOP_CHECKED int vcard_replace_file(
	const char *dir, const char *name, const void *data, size_t len);

/* Tests only: called between the temporary file and the rename. */
extern void (*vcard_before_rename)(void);

#define VCARD_STATE_NAME "card.json"
#define VCARD_DESCRIPTION_NAME "card.description"
#define VCARD_LOCK_NAME "card.lock"
#define VCARD_SESSION_NAME "session"

#endif
