/*
 * chip-auth.c: the steps of chip authentication, on the terminal's side.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "core/chip-auth.h"
#include "core/command.h"
#include "core/tlv.h"

#define ANSWER_OBJECT(value_size) (2 + (value_size))

int
jcop_ca_generate_ephemeral(enum jcop_domain domain, EVP_PKEY **ephemeral)
{
	const char *group = jcop_domain_group(domain);

	*ephemeral = NULL;
	if (group == NULL)
		return JCOP_ERR_UNSUPPORTED;
	*ephemeral = EVP_EC_gen(group);
	return *ephemeral == NULL ? JCOP_ERR_CRYPTO : JCOP_OK;
}

/* The public key of PRIVATE_KEY; NULL if that is not within the order. */
static EC_POINT *
multiply_generator(const EC_GROUP *group, const BIGNUM *private_key)
{
	const BIGNUM *order = EC_GROUP_get0_order(group);
	EC_POINT *point;

	if (BN_is_zero(private_key) || BN_cmp(private_key, order) >= 0)
		return NULL;
	point = EC_POINT_new(group);
	if (point == NULL || EC_POINT_mul(group, point, private_key, NULL, NULL,
				     NULL) != 1) {
		EC_POINT_free(point);
		return NULL;
	}
	return point;
}

static OSSL_PARAM *
key_pair_params(const char *name, const BIGNUM *private_key,
	const uint8_t *public_key, size_t public_len)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;

	if (build != NULL &&
		OSSL_PARAM_BLD_push_utf8_string(
			build, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) == 1 &&
		OSSL_PARAM_BLD_push_BN(
			build, OSSL_PKEY_PARAM_PRIV_KEY, private_key) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
			public_key, public_len) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	OSSL_PARAM_BLD_free(build);
	return params;
}

static int
make_key_pair(OSSL_PARAM *params, EVP_PKEY **key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	int r = JCOP_ERR_CRYPTO;

	if (context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
		EVP_PKEY_fromdata(context, key, EVP_PKEY_KEYPAIR, params) == 1)
		r = JCOP_OK;
	EVP_PKEY_CTX_free(context);
	return r;
}

static int
import_key_pair(const EC_GROUP *group, const char *name,
	const BIGNUM *private_key, EVP_PKEY **key)
{
	EC_POINT *point = multiply_generator(group, private_key);
	OSSL_PARAM *params = NULL;
	uint8_t encoded[JCOP_POINT_MAX];
	size_t len;
	int r = JCOP_ERR_ARGUMENT;

	if (point == NULL)
		return r;
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
		encoded, sizeof(encoded), NULL);
	if (len > 0)
		params = key_pair_params(name, private_key, encoded, len);
	r = params == NULL ? JCOP_ERR_CRYPTO : make_key_pair(params, key);
	OSSL_PARAM_free(params);
	EC_POINT_free(point);
	return r;
}

int
jcop_ca_import_ephemeral(enum jcop_domain domain, struct jcop_bytes private_key,
	EVP_PKEY **ephemeral)
{
	const char *name = jcop_domain_group(domain);
	EC_GROUP *group = NULL;
	BIGNUM *number = NULL;
	int r = JCOP_ERR_CRYPTO;

	*ephemeral = NULL;
	if (name == NULL)
		return JCOP_ERR_UNSUPPORTED;
	if (private_key.len > JCOP_POINT_MAX)
		return JCOP_ERR_ARGUMENT;
	group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(name));
	number = BN_bin2bn(private_key.data, (int)private_key.len, NULL);
	if (group != NULL && number != NULL)
		r = import_key_pair(group, name, number, ephemeral);
	BN_clear_free(number);
	EC_GROUP_free(group);
	return r;
}

int
jcop_ca_public_point(EVP_PKEY *ephemeral, struct jcop_blob *out)
{
	uint8_t *point = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(ephemeral, &point);
	int r;

	jcop_blob_clear(out);
	if (len == 0)
		return JCOP_ERR_CRYPTO;
	r = jcop_blob_set(out, point, len);
	OPENSSL_free(point);
	return r;
}

/* An unsigned number in as few bytes as it needs, at least one. */
static int
put_key_id(const struct jcop_ca_choice *choice, struct jcop_blob *out)
{
	uint8_t bytes[sizeof(choice->key_id)];
	size_t i, first = sizeof(bytes) - 1;

	if (!choice->has_key_id)
		return JCOP_OK;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[sizeof(bytes) - 1 - i] =
			(uint8_t)(choice->key_id >> (8 * i));
	for (i = 0; i < first; i++) {
		if (bytes[i] != 0)
			first = i;
	}
	return jcop_tlv_put(out, JCOP_CRT_TAG_PRIVATE_KEY,
		jcop_bytes_of(bytes + first, sizeof(bytes) - first));
}

int
jcop_ca_mse_data(const struct jcop_ca_choice *choice, struct jcop_blob *out)
{
	const struct jcop_oid *oid = &choice->info.oid;
	int r;

	jcop_blob_clear(out);
	r = jcop_tlv_put(out, JCOP_CRT_TAG_ALGORITHM,
		jcop_bytes_of(oid->value, oid->len));
	if (r == JCOP_OK)
		r = put_key_id(choice, out);
	return r;
}

int
jcop_ca_mse_kat_data(const struct jcop_ca_choice *choice,
	struct jcop_bytes ephemeral_point, struct jcop_blob *out)
{
	int r;

	jcop_blob_clear(out);
	r = jcop_tlv_put(out, JCOP_CRT_TAG_EPHEMERAL_KEY, ephemeral_point);
	if (r == JCOP_OK)
		r = put_key_id(choice, out);
	return r;
}

/* Sets OUT to TAG{content of INNER} and frees INNER. */
static int
enclose(uint32_t tag, struct jcop_blob *inner, int r, struct jcop_blob *out)
{
	jcop_blob_clear(out);
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, tag, jcop_blob_view(inner));
	jcop_blob_free(inner);
	return r;
}

int
jcop_ca_general_authenticate_data(
	struct jcop_bytes ephemeral_point, struct jcop_blob *out)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r;

	r = jcop_tlv_put(&inner, JCOP_CA_TAG_EPHEMERAL_KEY, ephemeral_point);
	return enclose(JCOP_TAG_DYNAMIC_AUTHENTICATION, &inner, r, out);
}

static int
read_field(struct jcop_bytes *cursor, uint32_t tag, size_t len,
	struct jcop_bytes *value)
{
	struct jcop_tlv object;

	if (jcop_tlv_read(cursor, &object) != JCOP_OK || object.tag != tag ||
		object.value.len != len)
		return JCOP_ERR_MALFORMED;
	*value = object.value;
	return JCOP_OK;
}

static int
parse_version_2(struct jcop_bytes content, struct jcop_ca_answer *parsed)
{
	int r;

	r = read_field(&content, JCOP_CA_TAG_NONCE, JCOP_CA_NONCE_SIZE,
		&parsed->nonce);
	if (r == JCOP_OK)
		r = read_field(&content, JCOP_CA_TAG_TOKEN, JCOP_CA_TOKEN_SIZE,
			&parsed->token);
	if (r == JCOP_OK && content.len != 0)
		r = JCOP_ERR_MALFORMED;
	return r;
}

int
jcop_ca_parse_answer(struct jcop_bytes answer, unsigned int version,
	struct jcop_ca_answer *parsed)
{
	struct jcop_tlv outer;
	int r = JCOP_OK;

	*parsed = (struct jcop_ca_answer){0};
	if (jcop_tlv_read(&answer, &outer) != JCOP_OK ||
		outer.tag != JCOP_TAG_DYNAMIC_AUTHENTICATION || answer.len != 0)
		return JCOP_ERR_MALFORMED;
	if (outer.value.len > 0)
		r = parse_version_2(outer.value, parsed);
	if (r == JCOP_OK && version != (outer.value.len > 0 ? 2 : 1))
		r = JCOP_ERR_UNSUPPORTED;
	if (r != JCOP_OK)
		*parsed = (struct jcop_ca_answer){0};
	return r;
}

static int
derive_shared(EVP_PKEY_CTX *context, EVP_PKEY *peer, struct jcop_blob *shared)
{
	size_t len = 0;
	int r;

	if (EVP_PKEY_derive_init(context) != 1 ||
		EVP_PKEY_derive_set_peer(context, peer) != 1 ||
		EVP_PKEY_derive(context, NULL, &len) != 1)
		return JCOP_ERR_CRYPTO;
	r = jcop_blob_append_fill(shared, 0, len);
	if (r != JCOP_OK)
		return r;
	if (EVP_PKEY_derive(context, shared->data, &len) != 1)
		return JCOP_ERR_CRYPTO;
	jcop_blob_truncate(shared, len);
	return JCOP_OK;
}

int
jcop_ca_agree(EVP_PKEY *ephemeral, const struct jcop_ca_public_key *chip,
	struct jcop_blob *shared)
{
	EVP_PKEY_CTX *context = NULL;
	EVP_PKEY *peer = NULL;
	int r;

	jcop_blob_clear(shared);
	r = jcop_curve_import(chip->domain,
		jcop_bytes_of(chip->point, chip->point_len), &peer);
	if (r != JCOP_OK)
		return r;
	ERR_set_mark();
	r = JCOP_ERR_CRYPTO;
	context = EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL);
	if (context != NULL)
		r = derive_shared(context, peer, shared);
	if (r == JCOP_OK && shared->len != jcop_domain_field_size(chip->domain))
		r = JCOP_ERR_CRYPTO;
	if (r != JCOP_OK)
		jcop_blob_clear(shared);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
	ERR_pop_to_mark();
	return r;
}

static int
hash(const EVP_MD *method, struct jcop_bytes shared, struct jcop_bytes nonce,
	uint32_t counter, uint8_t *digest)
{
	const uint8_t number[] = {(uint8_t)(counter >> 24),
		(uint8_t)(counter >> 16), (uint8_t)(counter >> 8),
		(uint8_t)counter};
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int ok;

	ok = context != NULL && EVP_DigestInit_ex2(context, method, NULL) == 1;
	ok = ok && EVP_DigestUpdate(context, shared.data, shared.len) == 1;
	if (nonce.len > 0)
		ok = ok &&
		     EVP_DigestUpdate(context, nonce.data, nonce.len) == 1;
	ok = ok && EVP_DigestUpdate(context, number, sizeof(number)) == 1;
	ok = ok && EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return ok ? JCOP_OK : JCOP_ERR_CRYPTO;
}

/* The lowest bit of each byte makes the number of ones odd (FIPS 46-3). */
static void
set_odd_parity(struct jcop_blob *key)
{
	size_t i;

	for (i = 0; i < key->len; i++) {
		uint8_t b = key->data[i] & 0xFE, fold = b;

		fold ^= fold >> 4;
		fold ^= fold >> 2;
		fold ^= fold >> 1;
		key->data[i] = (uint8_t)(b | (~fold & 1));
	}
}

int
jcop_ca_kdf(struct jcop_bytes shared, struct jcop_bytes nonce, uint32_t counter,
	enum jcop_cipher cipher, struct jcop_blob *key)
{
	const EVP_MD *method =
		cipher <= JCOP_CIPHER_AES_128 ? EVP_sha1() : EVP_sha256();
	uint8_t digest[EVP_MAX_MD_SIZE];
	int r;

	jcop_blob_clear(key);
	r = hash(method, shared, nonce, counter, digest);
	if (r == JCOP_OK)
		r = jcop_blob_set(key, digest, jcop_cipher_key_size(cipher));
	if (r == JCOP_OK && cipher == JCOP_CIPHER_3DES)
		set_odd_parity(key);
	OPENSSL_cleanse(digest, sizeof(digest));
	return r;
}

int
jcop_ca_derive(EVP_PKEY *ephemeral, const struct jcop_ca_public_key *chip,
	struct jcop_bytes nonce, enum jcop_cipher cipher,
	struct jcop_blob *kenc, struct jcop_blob *kmac)
{
	struct jcop_blob shared = JCOP_BLOB_INIT;
	struct jcop_bytes secret;
	int r;

	jcop_blob_clear(kenc);
	jcop_blob_clear(kmac);
	r = jcop_ca_agree(ephemeral, chip, &shared);
	secret = jcop_blob_view(&shared);
	if (r == JCOP_OK)
		r = jcop_ca_kdf(secret, nonce, JCOP_KDF_ENC, cipher, kenc);
	if (r == JCOP_OK)
		r = jcop_ca_kdf(secret, nonce, JCOP_KDF_MAC, cipher, kmac);
	if (r != JCOP_OK) {
		jcop_blob_clear(kenc);
		jcop_blob_clear(kmac);
	}
	jcop_blob_free(&shared);
	return r;
}

/* 7F49{06 OID, 86 point}, TR-03110-3 A.2.4 and D.2 */
static int
token_input(const struct jcop_oid *oid, struct jcop_bytes point,
	struct jcop_blob *out)
{
	struct jcop_blob inner = JCOP_BLOB_INIT;
	int r;

	r = jcop_tlv_put(
		&inner, JCOP_TAG_OID, jcop_bytes_of(oid->value, oid->len));
	if (r == JCOP_OK)
		r = jcop_tlv_put(&inner, JCOP_EC_TAG_PUBLIC_POINT, point);
	return enclose(JCOP_SDO_PUBLIC_COMPONENTS, &inner, r, out);
}

/* CMAC pads by itself; the retail MAC's message is padded by method 2. */
static int
verify_token(
	struct jcop_mac *mac, struct jcop_bytes input, struct jcop_bytes token)
{
	int r = jcop_mac_start(mac);

	if (r == JCOP_OK)
		r = jcop_mac_update(mac, input);
	if (r == JCOP_OK && mac->cipher == JCOP_CIPHER_3DES)
		r = jcop_mac_pad(mac);
	if (r == JCOP_OK)
		r = jcop_mac_verify(mac, token);
	return r == JCOP_ERR_CHANNEL ? JCOP_ERR_UNTRUSTED : r;
}

int
jcop_ca_check_token(struct jcop_bytes token, struct jcop_bytes kmac,
	const struct jcop_ca_info *info, struct jcop_bytes ephemeral_point)
{
	struct jcop_blob input = JCOP_BLOB_INIT;
	struct jcop_mac mac = JCOP_MAC_INIT;
	int r;

	r = token_input(&info->oid, ephemeral_point, &input);
	if (r == JCOP_OK)
		r = jcop_mac_init(&mac, info->cipher, kmac);
	if (r == JCOP_OK)
		r = verify_token(&mac, jcop_blob_view(&input), token);
	jcop_mac_clear(&mac);
	jcop_blob_free(&input);
	return r;
}
