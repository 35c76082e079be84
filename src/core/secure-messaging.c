/*
 * secure-messaging.c: protects commands and opens answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/secure-messaging.h"
#include "core/tlv.h"

#define PADDING_START 0x80 /* ISO/IEC 7816-4 10.2.3.1 */
#define INS_ODD 0x01       /* bit: data is BER-TLV, 7816-4 5.5 */
#define MAC_OBJECT_SIZE (2 + JCOP_MAC_SIZE)
#define LE_OBJECT_SIZE 3 /* in a short APDU */
#define SW_SIZE 2

/* Names of OpenSSL. 3DES keys have two parts (K1, K2, K1). */
static const struct {
	const char *cbc, *ecb;
} names[JCOP_CIPHER_COUNT] = {
	[JCOP_CIPHER_3DES] = {"DES-EDE-CBC", NULL},
	[JCOP_CIPHER_AES_128] = {"AES-128-CBC", "AES-128-ECB"},
	[JCOP_CIPHER_AES_192] = {"AES-192-CBC", "AES-192-ECB"},
	[JCOP_CIPHER_AES_256] = {"AES-256-CBC", "AES-256-ECB"},
};

static const uint8_t zero_iv[JCOP_BLOCK_MAX];

static int
make_context(EVP_CIPHER_CTX **context, const char *name, struct jcop_bytes key,
	int encrypt)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	int ok;

	*context = EVP_CIPHER_CTX_new();
	ok = *context != NULL && cipher != NULL &&
	     EVP_CipherInit_ex2(
		     *context, cipher, key.data, zero_iv, encrypt, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(*context, 0) == 1;
	EVP_CIPHER_free(cipher);
	return ok ? JCOP_OK : JCOP_ERR_CRYPTO;
}

static int
make_contexts(struct jcop_sm *sm, struct jcop_bytes kenc)
{
	int r;

	r = make_context(&sm->encrypt, names[sm->cipher].cbc, kenc, 1);
	if (r == JCOP_OK)
		r = make_context(&sm->decrypt, names[sm->cipher].cbc, kenc, 0);
	if (r == JCOP_OK && names[sm->cipher].ecb != NULL)
		r = make_context(&sm->counter, names[sm->cipher].ecb, kenc, 1);
	return r;
}

int
jcop_sm_init(struct jcop_sm *sm, enum jcop_cipher cipher,
	struct jcop_bytes kenc, struct jcop_bytes kmac)
{
	int r;

	*sm = (struct jcop_sm)JCOP_SM_INIT;
	if (kenc.len == 0 || kenc.len != jcop_cipher_key_size(cipher))
		return JCOP_ERR_ARGUMENT;
	sm->cipher = cipher;
	sm->block = jcop_cipher_block_size(cipher);
	r = jcop_mac_init(&sm->mac, cipher, kmac);
	if (r == JCOP_OK)
		r = make_contexts(sm, kenc);
	if (r == JCOP_OK)
		sm->open = true;
	else
		jcop_sm_clear(sm);
	return r;
}

bool
jcop_sm_is_open(const struct jcop_sm *sm)
{
	return sm->open;
}

void
jcop_sm_clear(struct jcop_sm *sm)
{
	jcop_mac_clear(&sm->mac);
	EVP_CIPHER_CTX_free(sm->encrypt);
	EVP_CIPHER_CTX_free(sm->decrypt);
	EVP_CIPHER_CTX_free(sm->counter);
	OPENSSL_cleanse(sm, sizeof(*sm));
}

/* Modulo 2^64 or 2^128, as worked examples do; a channel that starts at zero
 * never gets there. */
static void
increment_ssc(struct jcop_sm *sm)
{
	size_t i = sm->block;

	while (i > 0 && ++sm->ssc[i - 1] == 0)
		i--;
}

static int
cipher_update(
	EVP_CIPHER_CTX *context, const uint8_t *in, size_t len, uint8_t *out)
{
	int done = 0;

	/* LEN is bounded by JCOP_BLOB_MAX */
	if (EVP_CipherUpdate(context, out, &done, in, (int)len) != 1 ||
		(size_t)done != len)
		return JCOP_ERR_CRYPTO;
	return JCOP_OK;
}

/* CBC over whole blocks; IV is zero for 3DES, the encrypted SSC for AES
 * (TR-03110-3 F.2). IN may be OUT. */
static int
run_cbc(struct jcop_sm *sm, EVP_CIPHER_CTX *context, const uint8_t *in,
	size_t len, uint8_t *out)
{
	uint8_t iv[JCOP_BLOCK_MAX] = {0};
	int r = JCOP_OK;

	if (sm->counter != NULL)
		r = cipher_update(sm->counter, sm->ssc, sm->block, iv);
	if (r == JCOP_OK &&
		EVP_CipherInit_ex2(context, NULL, NULL, iv, -1, NULL) != 1)
		r = JCOP_ERR_CRYPTO;
	if (r == JCOP_OK)
		r = cipher_update(context, in, len, out);
	OPENSSL_cleanse(iv, sizeof(iv));
	return r;
}

static size_t
padded_size(const struct jcop_sm *sm, size_t len)
{
	return (len / sm->block + 1) * sm->block;
}

static int
put_cryptogram_header(uint8_t ins, size_t len, struct jcop_blob *data)
{
	int r;

	if (ins & INS_ODD)
		return jcop_tlv_put_header(
			data, JCOP_SM_TAG_CRYPTOGRAM_BER, len);
	r = jcop_tlv_put_header(data, JCOP_SM_TAG_CRYPTOGRAM, len + 1);
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(data, JCOP_SM_PADDING_ISO);
	return r;
}

static int
put_cryptogram(struct jcop_sm *sm, const struct jcop_apdu *plain,
	struct jcop_blob *data)
{
	size_t len = padded_size(sm, plain->data.len), start;
	int r;

	if (plain->data.len == 0)
		return JCOP_OK;
	r = put_cryptogram_header(plain->ins, len, data);
	if (r != JCOP_OK)
		return r;
	start = data->len;
	r = jcop_blob_append(data, plain->data.data, plain->data.len);
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(data, PADDING_START);
	if (r == JCOP_OK)
		r = jcop_blob_append_fill(data, 0, len - plain->data.len - 1);
	if (r != JCOP_OK)
		return r;
	return run_cbc(
		sm, sm->encrypt, data->data + start, len, data->data + start);
}

/* 97: one byte for a short Le, two for an extended one, the greatest value of
 * each as zero (7816-4 10.4). */
static int
put_le(const struct jcop_apdu *plain, struct jcop_blob *data)
{
	const uint8_t le[] = {(uint8_t)(plain->le >> 8), (uint8_t)plain->le};

	if (plain->le == JCOP_LE_NONE)
		return JCOP_OK;
	if (plain->le <= JCOP_LE_SHORT)
		return jcop_tlv_put(
			data, JCOP_SM_TAG_LE, jcop_bytes_of(le + 1, 1));
	return jcop_tlv_put(data, JCOP_SM_TAG_LE, JCOP_BYTES(le));
}

/* The MAC's input is SSC, HEADER padded, OBJECTS padded; what is empty is left
 * out with its padding. */
static int
mac_input(
	struct jcop_sm *sm, struct jcop_bytes header, struct jcop_bytes objects)
{
	int r = jcop_mac_start(&sm->mac);

	if (r == JCOP_OK)
		r = jcop_mac_update(
			&sm->mac, jcop_bytes_of(sm->ssc, sm->block));
	if (r == JCOP_OK && header.len > 0) {
		r = jcop_mac_update(&sm->mac, header);
		if (r == JCOP_OK)
			r = jcop_mac_pad(&sm->mac);
	}
	if (r == JCOP_OK && objects.len > 0) {
		r = jcop_mac_update(&sm->mac, objects);
		if (r == JCOP_OK)
			r = jcop_mac_pad(&sm->mac);
	}
	return r;
}

static int
put_mac(struct jcop_sm *sm, uint8_t cla, const struct jcop_apdu *plain,
	struct jcop_blob *data)
{
	const uint8_t header[] = {cla, plain->ins, plain->p1, plain->p2};
	uint8_t mac[JCOP_MAC_SIZE];
	int r;

	r = mac_input(sm, JCOP_BYTES(header), jcop_blob_view(data));
	if (r == JCOP_OK)
		r = jcop_mac_finish(&sm->mac, mac);
	if (r == JCOP_OK)
		r = jcop_tlv_put(data, JCOP_SM_TAG_MAC, JCOP_BYTES(mac));
	return r;
}

static int
check_wrap(const struct jcop_sm *sm, const struct jcop_apdu *plain)
{
	if (!sm->open || sm->answering)
		return JCOP_ERR_CHANNEL;
	if (plain->cla & JCOP_CLA_PROTECTED)
		return JCOP_ERR_ARGUMENT;
	if (plain->data.len > JCOP_COMMAND_MAX || plain->le > JCOP_LE_EXTENDED)
		return JCOP_ERR_TOO_LONG;
	return JCOP_OK;
}

static int
wrap(struct jcop_sm *sm, const struct jcop_apdu *plain, uint8_t cla,
	struct jcop_blob *data)
{
	int r = check_wrap(sm, plain);

	if (r != JCOP_OK)
		return r;
	increment_ssc(sm);
	r = put_cryptogram(sm, plain, data);
	if (r == JCOP_OK)
		r = put_le(plain, data);
	if (r == JCOP_OK)
		r = put_mac(sm, cla, plain, data);
	return r;
}

int
jcop_sm_wrap(struct jcop_sm *sm, const struct jcop_apdu *plain,
	struct jcop_blob *data, struct jcop_apdu *wrapped)
{
	uint8_t cla = plain->cla | JCOP_CLA_PROTECTED;
	int r;

	jcop_blob_clear(data);
	*wrapped = (struct jcop_apdu){0};
	r = wrap(sm, plain, cla, data);
	if (r != JCOP_OK) {
		jcop_blob_clear(data);
		jcop_sm_clear(sm);
		return r;
	}
	sm->answering = true;
	*wrapped = (struct jcop_apdu){cla, plain->ins, plain->p1, plain->p2,
		jcop_blob_view(data), plain->le};
	wrapped->le = jcop_apdu_is_extended(wrapped) ? JCOP_LE_EXTENDED
						     : JCOP_LE_SHORT;
	return JCOP_OK;
}

/* The objects of an answer; all borrowed from it. */
struct answer {
	struct jcop_bytes cryptogram; /* without its indicator */
	struct jcop_bytes sw, mac;
	struct jcop_bytes authentic; /* what the MAC covers, as received */
};

/* The value of 87, without the byte that names the padding. */
static int
strip_indicator(struct jcop_bytes *cryptogram)
{
	if (cryptogram->len < 1 || cryptogram->data[0] != JCOP_SM_PADDING_ISO)
		return JCOP_ERR_CHANNEL;
	cryptogram->data++;
	cryptogram->len--;
	return JCOP_OK;
}

static int
read_cryptogram(struct jcop_tlv *object, uint8_t ins, size_t block,
	struct answer *answer)
{
	answer->cryptogram = object->value;
	if (object->tag == JCOP_SM_TAG_CRYPTOGRAM) {
		if (strip_indicator(&answer->cryptogram) != JCOP_OK)
			return JCOP_ERR_CHANNEL;
	} else if (object->tag != JCOP_SM_TAG_CRYPTOGRAM_BER ||
		   !(ins & INS_ODD)) {
		return JCOP_ERR_CHANNEL;
	}
	if (answer->cryptogram.len == 0 || answer->cryptogram.len % block != 0)
		return JCOP_ERR_CHANNEL;
	return JCOP_OK;
}

/* Exactly [87 or 85] 99 8E: what is missing, doubled, out of order or more
 * is at the place of another tag, or left over. */
static int
read_answer(struct jcop_bytes response, uint8_t ins, size_t block,
	struct answer *answer)
{
	struct jcop_bytes rest = response;
	struct jcop_tlv object;

	*answer = (struct answer){0};
	if (jcop_tlv_read(&rest, &object) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	if (object.tag != JCOP_SM_TAG_SW) {
		if (read_cryptogram(&object, ins, block, answer) != JCOP_OK ||
			jcop_tlv_read(&rest, &object) != JCOP_OK)
			return JCOP_ERR_CHANNEL;
	}
	if (object.tag != JCOP_SM_TAG_SW || object.value.len != SW_SIZE)
		return JCOP_ERR_CHANNEL;
	answer->sw = object.value;
	answer->authentic =
		jcop_bytes_of(response.data, response.len - rest.len);
	if (jcop_tlv_read(&rest, &object) != JCOP_OK ||
		object.tag != JCOP_SM_TAG_MAC || rest.len != 0)
		return JCOP_ERR_CHANNEL;
	answer->mac = object.value;
	return JCOP_OK;
}

static int
check_mac(struct jcop_sm *sm, const struct answer *answer)
{
	int r = mac_input(sm, jcop_bytes_of(NULL, 0), answer->authentic);

	if (r != JCOP_OK)
		return r;
	return jcop_mac_verify(&sm->mac, answer->mac);
}

/* Length without 80 00 ...; the MAC has been found good before, so the time
 * this takes tells nobody anything. */
static int
unpad(struct jcop_blob *plain, size_t block)
{
	size_t len = plain->len, least = plain->len - block;

	while (len > least && plain->data[len - 1] == 0)
		len--;
	if (len == least || plain->data[len - 1] != PADDING_START)
		return JCOP_ERR_CHANNEL;
	jcop_blob_truncate(plain, len - 1);
	return JCOP_OK;
}

static int
decrypt(struct jcop_sm *sm, struct jcop_bytes cryptogram,
	struct jcop_blob *plain)
{
	int r;

	if (cryptogram.len == 0)
		return JCOP_OK;
	r = jcop_blob_append(plain, cryptogram.data, cryptogram.len);
	if (r == JCOP_OK)
		r = run_cbc(
			sm, sm->decrypt, plain->data, plain->len, plain->data);
	if (r == JCOP_OK)
		r = unpad(plain, sm->block);
	return r;
}

static int
unwrap(struct jcop_sm *sm, uint8_t ins, struct jcop_bytes response,
	uint16_t outer_sw, struct jcop_blob *plain)
{
	struct answer answer;
	int r;

	if (!sm->open || !sm->answering)
		return JCOP_ERR_CHANNEL;
	sm->answering = false;
	increment_ssc(sm);
	r = read_answer(response, ins, sm->block, &answer);
	if (r == JCOP_OK)
		r = check_mac(sm, &answer);
	if (r != JCOP_OK)
		return r;
	if (outer_sw != (uint16_t)(answer.sw.data[0] << 8 | answer.sw.data[1]))
		return JCOP_ERR_CHANNEL;
	return decrypt(sm, answer.cryptogram, plain);
}

int
jcop_sm_unwrap(struct jcop_sm *sm, uint8_t ins, struct jcop_bytes response,
	uint16_t outer_sw, struct jcop_blob *plain, uint16_t *sw)
{
	int r;

	*sw = 0;
	jcop_blob_clear(plain);
	r = unwrap(sm, ins, response, outer_sw, plain);
	if (r != JCOP_OK) {
		jcop_blob_clear(plain);
		jcop_sm_clear(sm);
		return r;
	}
	*sw = outer_sw;
	return JCOP_OK;
}

size_t
jcop_sm_max_plain(const struct jcop_sm *sm, bool with_le)
{
	/* tag, two bytes of length and the indicator of 87 */
	size_t room = JCOP_SHORT_MAX - MAC_OBJECT_SIZE - 4;

	if (sm->block == 0)
		return 0;
	if (with_le)
		room -= LE_OBJECT_SIZE;
	/* at least one byte of the last block is padding */
	return room / sm->block * sm->block - 1;
}
