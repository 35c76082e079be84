/*
 * role-auth.c: the cryptogram of a role authentication.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>

#include "core/role-auth.h"

#define IAS_CHALLENGE_SIZE 8
#define IAS_INPUT_SIZE (IAS_CHALLENGE_SIZE + JCOP_ROLE_SN_SIZE)
#define IAS_MAC_SIZE 8

size_t
jcop_role_challenge_size(enum jcop_role_algorithm algorithm)
{
	return algorithm == JCOP_ROLE_ALGORITHM_AES_CMAC
		       ? JCOP_ROLE_CHALLENGE_MAX
		       : IAS_CHALLENGE_SIZE;
}

int
jcop_role_sn_icc(struct jcop_bytes iccsn, uint8_t sn[JCOP_ROLE_SN_SIZE])
{
	size_t len = iccsn.len;

	memset(sn, 0, JCOP_ROLE_SN_SIZE);
	if (len == 0)
		return JCOP_ERR_ARGUMENT;
	if (len > JCOP_ROLE_SN_SIZE)
		len = JCOP_ROLE_SN_SIZE;
	memcpy(sn + JCOP_ROLE_SN_SIZE - len, iccsn.data + iccsn.len - len, len);
	return JCOP_OK;
}

static bool
is_zero(struct jcop_bytes bytes)
{
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < bytes.len; i++)
		sum |= bytes.data[i];
	return sum == 0;
}

int
jcop_role_check_challenge(enum jcop_role_algorithm algorithm,
	struct jcop_bytes challenge, struct jcop_blob *last)
{
	if (challenge.len != jcop_role_challenge_size(algorithm) ||
		is_zero(challenge) ||
		jcop_bytes_equal(challenge, jcop_blob_view(last)))
		return JCOP_ERR_UNTRUSTED;
	return jcop_blob_set(last, challenge.data, challenge.len);
}

/* E without padding: the input is whole blocks. */
static int
append_encrypted(struct jcop_bytes challenge, const uint8_t *sn,
	const struct jcop_role_primitives *primitives,
	struct jcop_blob *cryptogram)
{
	uint8_t input[IAS_INPUT_SIZE], output[IAS_INPUT_SIZE];
	int r;

	if (primitives->encrypt_cbc == NULL)
		return JCOP_ERR_UNSUPPORTED;
	memcpy(input, challenge.data, IAS_CHALLENGE_SIZE);
	memcpy(input + IAS_CHALLENGE_SIZE, sn, JCOP_ROLE_SN_SIZE);
	r = primitives->encrypt_cbc(
		primitives->context, input, sizeof(input), output);
	if (r == JCOP_OK)
		r = jcop_blob_append(cryptogram, output, sizeof(output));
	OPENSSL_cleanse(input, sizeof(input));
	OPENSSL_cleanse(output, sizeof(output));
	return r;
}

/* The first LEN bytes of the CMAC over INPUT. */
static int
append_cmac(struct jcop_bytes input, size_t len,
	const struct jcop_role_primitives *primitives,
	struct jcop_blob *cryptogram)
{
	uint8_t mac[JCOP_ROLE_CMAC_SIZE];
	int r;

	if (primitives->cmac == NULL)
		return JCOP_ERR_UNSUPPORTED;
	r = primitives->cmac(primitives->context, input.data, input.len, mac);
	if (r == JCOP_OK)
		r = jcop_blob_append(cryptogram, mac, len);
	OPENSSL_cleanse(mac, sizeof(mac));
	return r;
}

/* The retail MAC over E and a block of padding (ISO/IEC 9797-1 method 2). */
static int
append_retail_mac(const struct jcop_role_primitives *primitives,
	struct jcop_blob *cryptogram)
{
	uint8_t padded[IAS_INPUT_SIZE + IAS_MAC_SIZE] = {0};
	uint8_t mac[JCOP_ROLE_RETAIL_MAC_SIZE];
	int r;

	if (primitives->retail_mac == NULL)
		return JCOP_ERR_UNSUPPORTED;
	memcpy(padded, cryptogram->data, IAS_INPUT_SIZE);
	padded[IAS_INPUT_SIZE] = 0x80;
	r = primitives->retail_mac(
		primitives->context, padded, sizeof(padded), mac);
	if (r == JCOP_OK)
		r = jcop_blob_append(cryptogram, mac, sizeof(mac));
	OPENSSL_cleanse(mac, sizeof(mac));
	return r;
}

static int
append_ias(enum jcop_role_algorithm algorithm, struct jcop_bytes challenge,
	const uint8_t *sn, const struct jcop_role_primitives *primitives,
	struct jcop_blob *cryptogram)
{
	/* no reallocation while the blob is MAC input too */
	int r = jcop_blob_reserve(cryptogram, IAS_INPUT_SIZE + IAS_MAC_SIZE);

	if (r == JCOP_OK)
		r = append_encrypted(challenge, sn, primitives, cryptogram);
	if (r != JCOP_OK)
		return r;
	if (algorithm == JCOP_ROLE_ALGORITHM_IAS_3DES)
		return append_retail_mac(primitives, cryptogram);
	return append_cmac(jcop_blob_view(cryptogram), IAS_MAC_SIZE, primitives,
		cryptogram);
}

int
jcop_role_cryptogram(enum jcop_role_algorithm algorithm,
	struct jcop_bytes challenge, const uint8_t sn[JCOP_ROLE_SN_SIZE],
	const struct jcop_role_primitives *primitives,
	struct jcop_blob *cryptogram)
{
	int r;

	jcop_blob_clear(cryptogram);
	if (challenge.len != jcop_role_challenge_size(algorithm))
		return JCOP_ERR_ARGUMENT;
	if (algorithm == JCOP_ROLE_ALGORITHM_AES_CMAC)
		r = append_cmac(
			challenge, JCOP_ROLE_CMAC_SIZE, primitives, cryptogram);
	else
		r = append_ias(
			algorithm, challenge, sn, primitives, cryptogram);
	if (r != JCOP_OK)
		jcop_blob_clear(cryptogram);
	return r;
}
