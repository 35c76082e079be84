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

/* The entries of a directory file end inside CONTENT. */
bool jcop_df_has_all_entries(struct jcop_bytes content);

/* Where a new entry goes: behind the last one. Where LISTED is not NULL, the
 * entries at the end whose keys it does not list are stale and give way. */
size_t jcop_df_end(
	struct jcop_bytes content, const struct jcop_directory *listed);

/* Keys, and room in PrKDF, of a DIRECTORY that is all zero. */
int jcop_directory_read_keys(
	struct sc_card *card, struct jcop_directory *directory);

/* Tear-safe: 00 over the first byte of the selected file at OFFSET, if
 * something is there already (OCCUPIED), the rest, the first byte last. */
int jcop_write_first_byte_last(struct sc_card *card, size_t offset,
	struct jcop_bytes data, bool occupied);

/* Lists the certificate of OWNER in CDF; inside an operation. */
int jcop_directory_add_certificate(struct sc_card *card,
	const struct jcop_directory_key *owner, const char *label);

/* Says that an entry of NEEDED bytes does not fit; returns the error. */
int jcop_refuse_full(struct sc_card *card, size_t room, size_t needed);

/* Sets OUT to the number NAME of KEY; enum jcop_error. */
int jcop_take_bignum(
	const EVP_PKEY *key, const char *name, struct jcop_blob *out);

#endif
