/*
 * directory.h: what the files around the directory of the containers share.
 * Private to this room.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_DIRECTORY_H
#define JCOP_DIRECTORY_H

#include <openssl/types.h>

#include "card-driver/session.h"

/* --- directory.c --- */

/* The entries of a directory file end inside CONTENT. */
bool jcop_df_has_all_entries(struct jcop_bytes content);

/* Where a new entry goes: behind the last one. Where LISTED is not NULL, the
 * entries at the end whose keys it does not list are stale and give way. */
size_t jcop_df_end(
	struct jcop_bytes content, const struct jcop_directory *listed);

/*
 * Reads what a new key has to know: keys, public keys and, if it comes with
 * one, CERTIFICATES. DIRECTORY is overwritten; free it after a success.
 */
int jcop_directory_read_for_key(struct sc_card *card,
	struct jcop_directory *directory, bool certificates);

/* Sets OUT to the number NAME of KEY; enum jcop_error. */
int jcop_take_bignum(
	const EVP_PKEY *key, const char *name, struct jcop_blob *out);

/* --- new-key.c --- */

/* A key that is to be made or imported, and listed. */
struct jcop_new_key {
	const struct jcop_container_desc *container;
	unsigned int bits;
	struct jcop_bytes id; /* empty: jcop_new_key_place finds one */
	const char *label;
	bool cut_label;                    /* rather than refuse it */
	char fitting[JCOP_MAX_LABEL];      /* behind `label` where it was cut */
	bool imported;                     /* else made on the card */
	const struct jcop_slot_desc *slot; /* set by jcop_new_key_place */
	struct jcop_bytes modulus, exponent;
	uint8_t free_id; /* behind `id` if it was empty */
};

/* Has the container slots of that size at all? Says so if not. */
int jcop_new_key_check_size(
	struct sc_card *card, const struct jcop_new_key *key);

/*
 * Finds a free slot, and an id where there is none, and checks that the
 * entries will fit. DIRECTORY was read in this operation. Nothing is sent.
 */
int jcop_new_key_place(struct sc_card *card,
	const struct jcop_directory *directory, struct jcop_new_key *key);

/* PUT DATA of one security data object, 70{OBJECT KEY{VALUE}}; inside an
 * operation, PKI being selected. */
int jcop_put_sdo(struct sc_card *card, uint32_t object, uint8_t key,
	struct jcop_bytes value);

/* Is LABEL (NULL: none) UTF-8 without control characters? Says so if not.
 * Nothing is sent. */
int jcop_label_check(struct sc_card *card, const char *label);

/* Sets FITTING to what LABEL (NULL: none) has in its first LIMIT bytes, whole
 * characters. */
void jcop_label_cut(
	const char *label, size_t limit, char fitting[JCOP_MAX_LABEL]);

/* --- directory-update.c: inside an operation that read DIRECTORY --- */

/* Will the entries of KEY, whose slot is chosen, fit, and leave room for one of
 * every other slot? A label that is too long is refused or cut. */
int jcop_directory_check_room(struct sc_card *card,
	const struct jcop_directory *directory, struct jcop_new_key *key);

/* And that of a certificate with an id of ID_LEN bytes? FITTING is the label
 * that it gets: LABEL, or where CUT the beginning of it. */
int jcop_directory_check_certificate_room(struct sc_card *card,
	const struct jcop_directory *directory, size_t id_len,
	const char *label, bool cut, char fitting[JCOP_MAX_LABEL]);

/* Lists a new key in PuKDF, then PrKDF. */
int jcop_directory_add_key(struct sc_card *card,
	const struct jcop_directory *directory, const struct jcop_new_key *key);

/* Lists the certificate of the key in SLOT with ID in CDF. */
int jcop_directory_add_certificate(struct sc_card *card,
	const struct jcop_directory *directory,
	const struct jcop_slot_desc *slot, struct jcop_bytes id,
	const char *label);

/* Tear-safe: 00 over the first byte of the selected file at OFFSET, if
 * something is there already (OCCUPIED), the rest, the first byte last. */
int jcop_write_first_byte_last(struct sc_card *card, size_t offset,
	struct jcop_bytes data, bool occupied);

/* --- certificates.c --- */

/*
 * Sets MODULUS to that of the key of the X.509 certificate DER, which is a
 * user's. Anything else is refused with the reason. Nothing is sent.
 */
int jcop_certificate_check(
	struct sc_card *card, struct jcop_bytes der, struct jcop_blob *modulus);

/* Sets CONTENT to what a file of SIZE bytes is to hold of DER: DER itself, or
 * zlib where the description says so or DER does not fit. */
int jcop_certificate_pack(struct sc_card *card, struct jcop_bytes der,
	size_t size, struct jcop_blob *content);

#endif
