/*
 * mac.c: AES-CMAC and retail MAC.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/mac.h"

#define DES_BLOCK 8
#define DES_KEY 8 /* one of the parts of a 3DES key */

size_t
jcop_cipher_key_size(enum jcop_cipher cipher)
{
	switch (cipher) {
	case JCOP_CIPHER_3DES: /* two keys */
	case JCOP_CIPHER_AES_128:
		return 16;
	case JCOP_CIPHER_AES_192:
		return 24;
	case JCOP_CIPHER_AES_256:
		return 32;
	default:
		return 0;
	}
}

size_t
jcop_cipher_block_size(enum jcop_cipher cipher)
{
	return cipher == JCOP_CIPHER_3DES ? DES_BLOCK : 16;
}

static const char *
cbc_name(enum jcop_cipher cipher)
{
	switch (cipher) {
	case JCOP_CIPHER_AES_128:
		return "AES-128-CBC";
	case JCOP_CIPHER_AES_192:
		return "AES-192-CBC";
	default:
		return "AES-256-CBC";
	}
}

static int
init_cmac(struct jcop_mac *mac, struct jcop_bytes key)
{
	char *name = (char *)(uintptr_t)cbc_name(mac->cipher);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_CIPHER, name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *method = EVP_MAC_fetch(NULL, "CMAC", NULL);

	mac->cmac = EVP_MAC_CTX_new(method);
	EVP_MAC_free(method);
	if (mac->cmac == NULL ||
		EVP_MAC_init(mac->cmac, key.data, key.len, params) != 1)
		return JCOP_ERR_CRYPTO;
	return JCOP_OK;
}

static int
init_des(EVP_CIPHER_CTX **context, const char *name, const uint8_t *key)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	int ok;

	*context = EVP_CIPHER_CTX_new();
	ok = *context != NULL && cipher != NULL &&
	     EVP_EncryptInit_ex2(*context, cipher, key, NULL, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(*context, 0) == 1;
	EVP_CIPHER_free(cipher);
	return ok ? JCOP_OK : JCOP_ERR_CRYPTO;
}

/*
 * The retail MAC is single DES with the first key K1 for all blocks but the
 * last, and 3DES with K1, K2, K1 for that. Single DES has left OpenSSL's
 * default provider; 3DES with K1, K1, K1 is the same.
 */
static int
init_retail(struct jcop_mac *mac, struct jcop_bytes key)
{
	uint8_t one[3 * DES_KEY], two[3 * DES_KEY];
	const uint8_t *k1 = key.data, *k2 = key.data + DES_KEY;
	size_t i;
	int r;

	for (i = 0; i < DES_KEY; i++) {
		one[i] = one[DES_KEY + i] = one[2 * DES_KEY + i] = k1[i];
		two[i] = two[2 * DES_KEY + i] = k1[i];
		two[DES_KEY + i] = k2[i];
	}
	r = init_des(&mac->chain, "DES-EDE3-ECB", one);
	if (r == JCOP_OK)
		r = init_des(&mac->last, "DES-EDE3-ECB", two);
	OPENSSL_cleanse(one, sizeof(one));
	OPENSSL_cleanse(two, sizeof(two));
	return r;
}

int
jcop_mac_init(
	struct jcop_mac *mac, enum jcop_cipher cipher, struct jcop_bytes key)
{
	int r;

	*mac = (struct jcop_mac){.cipher = cipher};
	if (key.len == 0 || key.len != jcop_cipher_key_size(cipher))
		return JCOP_ERR_ARGUMENT;
	r = cipher == JCOP_CIPHER_3DES ? init_retail(mac, key)
				       : init_cmac(mac, key);
	if (r != JCOP_OK)
		jcop_mac_clear(mac);
	return r;
}

int
jcop_mac_start(struct jcop_mac *mac)
{
	mac->total = 0;
	mac->pending_len = 0;
	memset(mac->linked, 0, sizeof(mac->linked));
	if (mac->cipher == JCOP_CIPHER_3DES)
		return mac->chain == NULL ? JCOP_ERR_CRYPTO : JCOP_OK;
	/* no key: the context keeps its own */
	if (mac->cmac == NULL || EVP_MAC_init(mac->cmac, NULL, 0, NULL) != 1)
		return JCOP_ERR_CRYPTO;
	return JCOP_OK;
}

/* One step of CBC: linked = E(linked xor pending). */
static int
link_block(struct jcop_mac *mac, EVP_CIPHER_CTX *context)
{
	int i, len = 0;

	for (i = 0; i < DES_BLOCK; i++)
		mac->pending[i] ^= mac->linked[i];
	mac->pending_len = 0;
	if (EVP_EncryptUpdate(
		    context, mac->linked, &len, mac->pending, DES_BLOCK) != 1 ||
		len != DES_BLOCK)
		return JCOP_ERR_CRYPTO;
	return JCOP_OK;
}

/* The last block is treated differently, so a whole block waits until more
 * comes. */
static int
update_retail(struct jcop_mac *mac, struct jcop_bytes bytes)
{
	size_t i;
	int r = JCOP_OK;

	for (i = 0; i < bytes.len && r == JCOP_OK; i++) {
		if (mac->pending_len == DES_BLOCK)
			r = link_block(mac, mac->chain);
		mac->pending[mac->pending_len++] = bytes.data[i];
	}
	return r;
}

int
jcop_mac_update(struct jcop_mac *mac, struct jcop_bytes bytes)
{
	if (bytes.len == 0)
		return JCOP_OK;
	mac->total += bytes.len;
	if (mac->cipher == JCOP_CIPHER_3DES)
		return update_retail(mac, bytes);
	return EVP_MAC_update(mac->cmac, bytes.data, bytes.len) == 1
		       ? JCOP_OK
		       : JCOP_ERR_CRYPTO;
}

int
jcop_mac_pad(struct jcop_mac *mac)
{
	static const uint8_t padding[JCOP_BLOCK_MAX] = {0x80};
	size_t block = jcop_cipher_block_size(mac->cipher);

	return jcop_mac_update(
		mac, jcop_bytes_of(padding, block - mac->total % block));
}

int
jcop_mac_finish_full(struct jcop_mac *mac, uint8_t *out)
{
	size_t len = 0;

	if (mac->cipher == JCOP_CIPHER_3DES)
		return JCOP_ERR_ARGUMENT;
	if (EVP_MAC_final(mac->cmac, out, &len, JCOP_MAC_FULL_SIZE) != 1 ||
		len != JCOP_MAC_FULL_SIZE)
		return JCOP_ERR_CRYPTO;
	return JCOP_OK;
}

static int
finish_retail(struct jcop_mac *mac, uint8_t *out)
{
	int r;

	if (mac->pending_len != DES_BLOCK)
		return JCOP_ERR_ARGUMENT;
	r = link_block(mac, mac->last);
	if (r == JCOP_OK)
		memcpy(out, mac->linked, DES_BLOCK);
	return r;
}

int
jcop_mac_finish(struct jcop_mac *mac, uint8_t *out)
{
	uint8_t full[JCOP_MAC_FULL_SIZE];
	int r;

	if (mac->cipher == JCOP_CIPHER_3DES)
		return finish_retail(mac, out);
	r = jcop_mac_finish_full(mac, full);
	if (r == JCOP_OK)
		memcpy(out, full, JCOP_MAC_SIZE);
	OPENSSL_cleanse(full, sizeof(full));
	return r;
}

int
jcop_mac_verify(struct jcop_mac *mac, struct jcop_bytes tag)
{
	uint8_t expected[JCOP_MAC_SIZE];
	int r = jcop_mac_finish(mac, expected);

	if (r == JCOP_OK &&
		(tag.len != JCOP_MAC_SIZE ||
			CRYPTO_memcmp(tag.data, expected, JCOP_MAC_SIZE) != 0))
		r = JCOP_ERR_CHANNEL;
	OPENSSL_cleanse(expected, sizeof(expected));
	return r;
}

void
jcop_mac_clear(struct jcop_mac *mac)
{
	EVP_MAC_CTX_free(mac->cmac);
	EVP_CIPHER_CTX_free(mac->chain);
	EVP_CIPHER_CTX_free(mac->last);
	OPENSSL_cleanse(mac, sizeof(*mac));
}
