/*
 * crypto.c: symmetric and elliptic curve cryptography of the card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "virtual-card/crypto.h"

#define DES_BLOCK 8
#define AES_BLOCK 16
#define DES_KEY 8
#define DES3_KEY 24

static const struct {
	enum jcop_curve curve;
	const char *group;
	size_t bytes; /* of a coordinate */
} curves[] = {
	{JCOP_CURVE_P256, "prime256v1", 32},
	{JCOP_CURVE_BP256, "brainpoolP256r1", 32},
	{JCOP_CURVE_P384, "secp384r1", 48},
	{JCOP_CURVE_BP384, "brainpoolP384r1", 48},
	{JCOP_CURVE_BP512, "brainpoolP512r1", 64},
	{JCOP_CURVE_P521, "secp521r1", 66},
};

size_t
vcard_block_size(enum jcop_ca_cipher cipher)
{
	return cipher == JCOP_CA_3DES_CBC_CBC ? DES_BLOCK : AES_BLOCK;
}

size_t
vcard_key_size(enum jcop_ca_cipher cipher)
{
	switch (cipher) {
	case JCOP_CA_AES_192:
		return 24;
	case JCOP_CA_AES_256:
		return 32;
	default:
		return 16;
	}
}

static const EVP_CIPHER *
cbc_of(bool des, size_t key_len)
{
	switch (key_len) {
	case 16:
		return des ? EVP_des_ede_cbc() : EVP_aes_128_cbc();
	case 24:
		return des ? EVP_des_ede3_cbc() : EVP_aes_192_cbc();
	case 32:
		return des ? NULL : EVP_aes_256_cbc();
	default:
		return NULL;
	}
}

int
vcard_cbc(bool des, struct jcop_bytes key, const uint8_t *iv, bool encrypt,
	struct jcop_bytes in, uint8_t *out)
{
	const EVP_CIPHER *cipher = cbc_of(des, key.len);
	EVP_CIPHER_CTX *ctx;
	int len = 0, r = JCOP_ERR_CRYPTO;

	if (cipher == NULL || in.len > INT_MAX)
		return JCOP_ERR_ARGUMENT;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx != NULL &&
		EVP_CipherInit_ex2(ctx, cipher, key.data, iv, encrypt, NULL) &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) &&
		EVP_CipherUpdate(ctx, out, &len, in.data, (int)in.len) &&
		(size_t)len == in.len)
		r = JCOP_OK;
	EVP_CIPHER_CTX_free(ctx);
	return r;
}

static const char *
cmac_cipher(size_t key_len)
{
	switch (key_len) {
	case 16:
		return "AES-128-CBC";
	case 24:
		return "AES-192-CBC";
	case 32:
		return "AES-256-CBC";
	default:
		return NULL;
	}
}

int
vcard_cmac(struct jcop_bytes key, struct jcop_bytes in, uint8_t *mac)
{
	char name[sizeof "AES-256-CBC"] = "";
	OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string(
					OSSL_MAC_PARAM_CIPHER, name, 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *type = NULL;
	EVP_MAC_CTX *ctx = NULL;
	size_t len = 0;
	int r = JCOP_ERR_CRYPTO;

	if (cmac_cipher(key.len) == NULL)
		return JCOP_ERR_ARGUMENT;
	strcpy(name, cmac_cipher(key.len));
	type = EVP_MAC_fetch(NULL, "CMAC", NULL);
	ctx = EVP_MAC_CTX_new(type);
	if (ctx != NULL && EVP_MAC_init(ctx, key.data, key.len, params) &&
		EVP_MAC_update(ctx, in.data, in.len) &&
		EVP_MAC_final(ctx, mac, &len, VCARD_CMAC_SIZE) &&
		len == VCARD_CMAC_SIZE)
		r = JCOP_OK;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(type);
	return r;
}

/* The default provider has no single DES: 3DES with one key three times. */
static int
des_chain(const uint8_t *key, struct jcop_bytes in, uint8_t *chained)
{
	uint8_t triple[DES3_KEY];
	struct jcop_blob out = JCOP_BLOB_INIT;
	uint8_t iv[DES_BLOCK] = {0};
	int i, r;

	memset(chained, 0, DES_BLOCK);
	if (in.len == 0)
		return JCOP_OK;
	for (i = 0; i < 3; i++)
		memcpy(triple + i * DES_KEY, key, DES_KEY);
	r = jcop_blob_append_fill(&out, 0, in.len);
	if (r == JCOP_OK)
		r = vcard_cbc(true, JCOP_BYTES(triple), iv, true, in, out.data);
	if (r == JCOP_OK)
		memcpy(chained, out.data + out.len - DES_BLOCK, DES_BLOCK);
	OPENSSL_cleanse(triple, sizeof triple);
	jcop_blob_free(&out);
	return r;
}

int
vcard_retail_mac(struct jcop_bytes key, struct jcop_bytes in, uint8_t *mac)
{
	uint8_t iv[DES_BLOCK];
	int r;

	if (key.len < 2 * DES_KEY || in.len == 0 || in.len % DES_BLOCK != 0)
		return JCOP_ERR_ARGUMENT;
	r = des_chain(key.data, jcop_bytes_of(in.data, in.len - DES_BLOCK), iv);
	if (r != JCOP_OK)
		return r;
	return vcard_cbc(true, jcop_bytes_of(key.data, 2 * DES_KEY), iv, true,
		jcop_bytes_of(in.data + in.len - DES_BLOCK, DES_BLOCK), mac);
}

int
vcard_sm_mac(enum jcop_ca_cipher cipher, const uint8_t *key,
	struct jcop_bytes in, uint8_t *mac)
{
	uint8_t full[VCARD_CMAC_SIZE];
	struct jcop_bytes k = jcop_bytes_of(key, vcard_key_size(cipher));
	int r;

	if (cipher == JCOP_CA_3DES_CBC_CBC)
		return vcard_retail_mac(k, in, mac);
	r = vcard_cmac(k, in, full);
	if (r == JCOP_OK)
		memcpy(mac, full, VCARD_MAC_SIZE);
	OPENSSL_cleanse(full, sizeof full);
	return r;
}

int
vcard_pad(struct jcop_blob *blob, size_t block)
{
	int r = jcop_blob_append_u8(blob, 0x80);
	size_t over = blob->len % block;

	if (r != JCOP_OK || over == 0)
		return r;
	return jcop_blob_append_fill(blob, 0, block - over);
}

int
vcard_unpad(struct jcop_blob *blob)
{
	size_t len = blob->len;

	while (len > 0 && blob->data[len - 1] == 0)
		len--;
	if (len == 0 || blob->data[len - 1] != 0x80)
		return JCOP_ERR_MALFORMED;
	jcop_blob_truncate(blob, len - 1);
	return JCOP_OK;
}

int
vcard_kdf(enum jcop_ca_cipher cipher, struct jcop_bytes secret,
	struct jcop_bytes nonce, uint8_t counter, uint8_t *key)
{
	bool sha1 = cipher == JCOP_CA_3DES_CBC_CBC || cipher == JCOP_CA_AES_128;
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint8_t counter32[4] = {0, 0, 0, counter};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = JCOP_ERR_CRYPTO;

	if (ctx != NULL &&
		EVP_DigestInit_ex2(
			ctx, sha1 ? EVP_sha1() : EVP_sha256(), NULL) &&
		EVP_DigestUpdate(ctx, secret.data, secret.len) &&
		EVP_DigestUpdate(ctx, nonce.data, nonce.len) &&
		EVP_DigestUpdate(ctx, counter32, sizeof counter32) &&
		EVP_DigestFinal_ex(ctx, digest, NULL)) {
		memcpy(key, digest, vcard_key_size(cipher));
		r = JCOP_OK;
	}
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(digest, sizeof digest);
	return r;
}

const char *
vcard_curve_group(enum jcop_curve curve)
{
	size_t i;

	for (i = 0; i < sizeof curves / sizeof *curves; i++)
		if (curves[i].curve == curve)
			return curves[i].group;
	return NULL;
}

size_t
vcard_curve_bytes(enum jcop_curve curve)
{
	size_t i;

	for (i = 0; i < sizeof curves / sizeof *curves; i++)
		if (curves[i].curve == curve)
			return curves[i].bytes;
	return 0;
}

EVP_PKEY *
vcard_private_key(struct jcop_bytes der)
{
	const unsigned char *p = der.data;

	return d2i_AutoPrivateKey(NULL, &p, (long)der.len);
}

int
vcard_private_der(EVP_PKEY *key, struct jcop_blob *der)
{
	unsigned char *out = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &out) : -1;
	int r = JCOP_ERR_CRYPTO;

	if (len > 0) {
		r = jcop_blob_set(der, out, (size_t)len);
		OPENSSL_clear_free(out, (size_t)len);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	return r;
}

int
vcard_ec_generate(enum jcop_curve curve, struct jcop_blob *key)
{
	const char *group = vcard_curve_group(curve);
	EVP_PKEY *pkey;
	int r = JCOP_ERR_CRYPTO;

	if (group == NULL)
		return JCOP_ERR_ARGUMENT;
	pkey = EVP_EC_gen(group);
	if (pkey != NULL)
		r = vcard_private_der(pkey, key);
	EVP_PKEY_free(pkey);
	return r;
}

int
vcard_ec_point(struct jcop_bytes key, struct jcop_blob *point)
{
	unsigned char *out = NULL;
	EVP_PKEY *pkey = vcard_private_key(key);
	size_t len = 0;
	int r = JCOP_ERR_CRYPTO;

	if (pkey != NULL)
		len = EVP_PKEY_get1_encoded_public_key(pkey, &out);
	if (len > 0)
		r = jcop_blob_set(point, out, len);
	OPENSSL_free(out);
	EVP_PKEY_free(pkey);
	return r;
}

/* Only 04 X Y; the library checks that the point is on the curve. */
static EVP_PKEY *
public_key(enum jcop_curve curve, struct jcop_bytes point)
{
	char group[32];
	OSSL_PARAM params[3];
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (point.len != 1 + 2 * vcard_curve_bytes(curve) ||
		point.data[0] != 0x04)
		return NULL;
	strcpy(group, vcard_curve_group(curve));
	params[0] = OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		(void *)(uintptr_t)point.data, point.len);
	params[2] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int
derive(EVP_PKEY *own, EVP_PKEY *peer, struct jcop_blob *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	uint8_t out[66];
	size_t len = sizeof out;
	int r = JCOP_ERR_CRYPTO;

	if (ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
		EVP_PKEY_derive_set_peer(ctx, peer) > 0 &&
		EVP_PKEY_derive(ctx, out, &len) > 0)
		r = jcop_blob_set(secret, out, len);
	OPENSSL_cleanse(out, sizeof out);
	EVP_PKEY_CTX_free(ctx);
	return r;
}

int
vcard_ecdh(enum jcop_curve curve, struct jcop_bytes key,
	struct jcop_bytes point, struct jcop_blob *secret)
{
	EVP_PKEY *peer = public_key(curve, point);
	EVP_PKEY *own = vcard_private_key(key);
	int r = JCOP_ERR_CRYPTO;

	if (peer == NULL)
		r = JCOP_ERR_MALFORMED;
	else if (own != NULL)
		r = derive(own, peer, secret);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	return r;
}

int
vcard_random(uint8_t *out, size_t len)
{
	return RAND_bytes(out, (int)len) == 1 ? JCOP_OK : JCOP_ERR_CRYPTO;
}
