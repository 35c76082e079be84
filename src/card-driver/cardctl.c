/*
 * cardctl.c: small helpers on what the card controls hand out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libopensc/pkcs15.h>

#include "card-driver/cardctl.h"

void
jcop_directory_free(struct jcop_directory *directory)
{
	size_t i;

	for (i = 0; i < directory->count; i++) {
		jcop_blob_free(&directory->keys[i].modulus);
		jcop_blob_free(&directory->keys[i].exponent);
	}
	directory->count = 0;
}

size_t
jcop_directory_free_slots(const struct jcop_directory *directory,
	const struct jcop_container_desc *container, unsigned int bits)
{
	size_t i, slots = 0;

	for (i = 0; i < container->slot_count; i++)
		if (container->slots[i].bits == bits)
			slots++;
	for (i = 0; i < directory->count; i++)
		if (directory->keys[i].container == container &&
			directory->keys[i].slot->bits == bits)
			slots--;
	return slots;
}

struct jcop_directory_key *
jcop_directory_find(struct jcop_directory *directory, struct jcop_bytes modulus)
{
	size_t i;

	for (i = 0; i < directory->count; i++)
		if (modulus.len > 0 &&
			jcop_bytes_equal(
				jcop_blob_view(&directory->keys[i].modulus),
				modulus))
			return &directory->keys[i];
	return NULL;
}

unsigned int
jcop_key_usage(const struct jcop_container_desc *container)
{
	unsigned int usage = SC_PKCS15_PRKEY_USAGE_SIGN;

	if (container->user_consent)
		usage |= SC_PKCS15_PRKEY_USAGE_NONREPUDIATION;
	if (container->decipher)
		usage |= SC_PKCS15_PRKEY_USAGE_DECRYPT |
			 SC_PKCS15_PRKEY_USAGE_UNWRAP;
	return usage;
}
