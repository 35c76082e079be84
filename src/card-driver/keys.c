/*
 * keys.c: signing and deciphering.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "card-driver/compat.h"
#include "card-driver/session.h"

#define PKCS1_OVERHEAD 11 /* RFC 8017 9.2: 00 01 FF*8 00 */

static const struct jcop_dialect_desc *
dialect(struct sc_card *card)
{
	return &jcop_session_of(card)->description.dialect;
}

/* --- what OpenSC is told -----------------------------------------------------
 */

/*
 * RSA flags belong to a key length in OpenSC, and its PKCS#11 module makes its
 * list of mechanisms of them when it first sees the card. Raw RSA in that list
 * would stand for the sign container too, whose keys cannot do it; but OAEP is
 * unpadded by OpenSC only where raw RSA is there. So OAEP is what the list is
 * made of, and raw RSA is offered in its place once the PIN of a container
 * that deciphers was verified, before which no key of it can be used.
 */
#define FLAGS_LISTED SC_ALGORITHM_RSA_PAD_OAEP
#define FLAGS_OFFERED SC_ALGORITHM_RSA_RAW

static unsigned long
algorithm_flags(struct sc_card *card)
{
	const unsigned long flags =
		SC_ALGORITHM_ONBOARD_KEY_GEN | SC_ALGORITHM_RSA_PAD_PKCS1 |
		SC_ALGORITHM_RSA_PAD_PSS | SC_ALGORITHM_RSA_HASH_NONE |
		SC_ALGORITHM_RSA_HASH_SHA1 | SC_ALGORITHM_RSA_HASH_SHA224 |
		SC_ALGORITHM_RSA_HASH_SHA256 | SC_ALGORITHM_RSA_HASH_SHA384 |
		SC_ALGORITHM_RSA_HASH_SHA512 | SC_ALGORITHM_MGF1_SHA256 |
		SC_ALGORITHM_MGF1_SHA384 | SC_ALGORITHM_MGF1_SHA512 |
		FLAGS_LISTED;

	/* Every key takes whole blocks and nothing else. */
	if (dialect(card)->sign == JCOP_SIGN_RAW)
		return SC_ALGORITHM_ONBOARD_KEY_GEN | SC_ALGORITHM_RSA_RAW;
	return flags;
}

int
jcop_declare_algorithms(struct sc_card *card)
{
	const struct jcop_description *description =
		&jcop_session_of(card)->description;
	size_t i, j;
	int r = SC_SUCCESS;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		for (j = 0; r == SC_SUCCESS && j < container->slot_count; j++) {
			unsigned int bits = container->slots[j].bits;

			if (sc_card_find_rsa_alg(card, bits) == NULL)
				r = _sc_card_add_rsa_alg(
					card, bits, algorithm_flags(card), 0);
		}
	}
	return r;
}

void
jcop_offer_raw_rsa(struct sc_card *card)
{
	int i;

	for (i = 0; i < card->algorithm_count; i++) {
		struct sc_algorithm_info *info = &card->algorithms[i];

		if (info->algorithm != SC_ALGORITHM_RSA)
			continue;
		info->flags |= (unsigned int)FLAGS_OFFERED;
		info->flags &= ~(unsigned int)FLAGS_LISTED;
	}
}

/* --- the security environment ------------------------------------------------
 */

static bool
find_slot(struct jcop_session *session, unsigned int key)
{
	const struct jcop_description *description = &session->description;
	size_t i, j;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		for (j = 0; j < container->slot_count; j++) {
			if (container->slots[j].key != key)
				continue;
			session->environment.container = container;
			session->environment.slot = &container->slots[j];
			return true;
		}
	}
	return false;
}

/* Only notes what is to come: what goes to the card depends on the data. */
int
jcop_set_security_env_op(
	struct sc_card *card, const struct sc_security_env *env, int se_num)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_environment *environment = &session->environment;

	(void)se_num;
	memset(environment, 0, sizeof(*environment));
	if (!(env->flags & SC_SEC_ENV_KEY_REF_PRESENT) ||
		env->key_ref_len != 1 || env->algorithm != SC_ALGORITHM_RSA)
		return SC_ERROR_INVALID_ARGUMENTS;
	if (env->operation != SC_SEC_OPERATION_SIGN &&
		env->operation != SC_SEC_OPERATION_DECIPHER)
		return SC_ERROR_NOT_SUPPORTED;
	if (!find_slot(session, env->key_ref[0]))
		return SC_ERROR_OBJECT_NOT_FOUND;
	environment->operation = (unsigned int)env->operation;
	environment->flags = env->algorithm_flags;
	return SC_SUCCESS;
}

static int
send_mse(struct sc_card *card, const struct jcop_mse *mse)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_apdu command = {JCOP_CLA_ISO,
		JCOP_INS_MANAGE_SECURITY_ENVIRONMENT, mse->p1, mse->template,
		jcop_bytes_of(mse->data, mse->len), JCOP_LE_NONE};
	unsigned int sw;
	int r;

	session->current_mse.len = 0;
	if (!session->selected_known || session->selected != JCOP_APP_PKI) {
		r = jcop_select_application(card, JCOP_APP_PKI);
		if (r != SC_SUCCESS)
			return r;
	}
	r = jcop_transmit(card, &command, NULL, &sw);
	if (r != SC_SUCCESS || sw == JCOP_SW_OK)
		return r;
	if (session->selected_now)
		return sc_check_sw(card, sw >> 8, sw & 0xFF);
	/* Another process has left the application meanwhile. */
	r = jcop_select_application(card, JCOP_APP_PKI);
	if (r == SC_SUCCESS)
		r = jcop_execute(card, &command, NULL);
	return r;
}

static struct jcop_mse
mse_of(uint8_t p1, uint8_t template, struct jcop_bytes data)
{
	struct jcop_mse mse = {p1, template, {0}, data.len};

	memcpy(mse.data, data.data, data.len);
	return mse;
}

static struct jcop_mse
mse_sign(struct sc_card *card, uint8_t key, uint8_t algorithm)
{
	const uint8_t ias[] = {JCOP_CRT_TAG_PRIVATE_KEY, 1,
		JCOP_REFERENCE_LOCAL | key, JCOP_CRT_TAG_ALGORITHM, 1,
		algorithm};
	const uint8_t chipdoc[] = {
		JCOP_CRT_TAG_EPHEMERAL_KEY, 2, algorithm, key};
	const uint8_t raw[] = {JCOP_CRT_TAG_PUBLIC_KEY, 1, key};

	switch (dialect(card)->sign) {
	case JCOP_SIGN_CHIPDOC_91:
		return mse_of(JCOP_MSE_SET_VERIFY, JCOP_CRT_SIGNATURE,
			JCOP_BYTES(chipdoc));
	case JCOP_SIGN_RAW:
		return mse_of(JCOP_MSE_SET_COMPUTE, JCOP_CRT_CONFIDENTIALITY,
			JCOP_BYTES(raw));
	case JCOP_SIGN_IAS:
		break;
	}
	return mse_of(
		JCOP_MSE_SET_COMPUTE, JCOP_CRT_SIGNATURE, JCOP_BYTES(ias));
}

static struct jcop_mse
mse_decipher(uint8_t key, uint8_t algorithm)
{
	const uint8_t data[] = {JCOP_CRT_TAG_PRIVATE_KEY, 1,
		JCOP_REFERENCE_LOCAL | key, JCOP_CRT_TAG_ALGORITHM, 1,
		algorithm};

	return mse_of(JCOP_MSE_SET_COMPUTE, JCOP_CRT_CONFIDENTIALITY,
		JCOP_BYTES(data));
}

/* PSO, whose answer is no longer than the modulus. Returns its length. */
static int
pso(struct sc_card *card, uint8_t p1, uint8_t p2, struct jcop_bytes data,
	u8 *out, size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_apdu command = {JCOP_CLA_ISO,
		JCOP_INS_PERFORM_SECURITY_OPERATION, p1, p2, data,
		session->environment.slot->bits / 8};
	struct jcop_blob answer = JCOP_BLOB_INIT;
	int r = jcop_execute(card, &command, &answer);

	if (r == SC_SUCCESS && answer.len > out_len)
		r = SC_ERROR_BUFFER_TOO_SMALL;
	if (r == SC_SUCCESS) {
		memcpy(out, answer.data, answer.len);
		r = (int)answer.len;
	}
	jcop_blob_free(&answer);
	return r;
}

static bool
is_current(const struct jcop_session *session, const struct jcop_mse *mse)
{
	const struct jcop_mse *current = &session->current_mse;

	return current->len > 0 && current->p1 == mse->p1 &&
	       current->template == mse->template &&
	       jcop_bytes_equal(jcop_bytes_of(current->data, current->len),
		       jcop_bytes_of(mse->data, mse->len));
}

/* The card has let go of its security environment. */
static bool
lost_environment(int error)
{
	return error == SC_ERROR_NOT_ALLOWED ||
	       error == SC_ERROR_DATA_OBJECT_NOT_FOUND;
}

/* MSE, unless the card has that environment already, and PSO. */
static int
perform(struct sc_card *card, const struct jcop_mse *mse, uint8_t p1,
	uint8_t p2, struct jcop_bytes data, u8 *out, size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	bool current = is_current(session, mse);
	int r = current ? SC_SUCCESS : send_mse(card, mse);

	if (r == SC_SUCCESS)
		r = pso(card, p1, p2, data, out, out_len);
	if (current && lost_environment(r)) {
		r = send_mse(card, mse);
		if (r == SC_SUCCESS)
			r = pso(card, p1, p2, data, out, out_len);
	}
	session->current_mse.len = 0;
	if (r >= 0)
		session->current_mse = *mse;
	return r;
}

/* --- deciphering --- */

static int
with_prefix(struct sc_card *card, struct jcop_bytes cryptogram,
	struct jcop_blob *out)
{
	int r = jcop_blob_reserve(out, cryptogram.len + 1);

	if (r == JCOP_OK && dialect(card)->decipher_prefix == JCOP_PREFIX_00)
		r = jcop_blob_append_u8(out, JCOP_PSO_PADDING_NONE);
	if (r == JCOP_OK && dialect(card)->decipher_prefix == JCOP_PREFIX_81)
		r = jcop_blob_append_u8(out, JCOP_PSO_PADDING_PROPRIETARY);
	if (r == JCOP_OK)
		r = jcop_blob_append(out, cryptogram.data, cryptogram.len);
	return jcop_sc_error(r);
}

static int
decipher(struct sc_card *card, uint8_t algorithm, struct jcop_bytes cryptogram,
	u8 *out, size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_mse mse =
		mse_decipher(session->environment.slot->key, algorithm);
	struct jcop_blob data = JCOP_BLOB_INIT;
	int r = with_prefix(card, cryptogram, &data);

	if (r == SC_SUCCESS)
		r = jcop_check_chaining(card, data.len);
	if (r == SC_SUCCESS)
		r = perform(card, &mse, JCOP_PSO_DECIPHER_P1,
			JCOP_PSO_DECIPHER_P2, jcop_blob_view(&data), out,
			out_len);
	jcop_blob_free(&data);
	return r;
}

int
jcop_decipher_op(struct sc_card *card, const u8 *cryptogram,
	size_t cryptogram_len, u8 *out, size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_environment *environment = &session->environment;
	const struct jcop_algorithm_desc *algorithms =
		&session->description.algorithms;
	bool pkcs1 = (environment->flags & SC_ALGORITHM_RSA_PAD_PKCS1) != 0;

	if (environment->slot == NULL ||
		environment->operation != SC_SEC_OPERATION_DECIPHER)
		return SC_ERROR_INVALID_ARGUMENTS;
	if (cryptogram_len != environment->slot->bits / 8)
		return SC_ERROR_WRONG_LENGTH;
	if (!environment->container->decipher)
		return SC_ERROR_NOT_ALLOWED;
	return decipher(card,
		pkcs1 ? algorithms->decipher_pkcs1 : algorithms->decipher_raw,
		jcop_bytes_of(cryptogram, cryptogram_len), out, out_len);
}

/* --- signing -----------------------------------------------------------------
 */

struct hash {
	unsigned long flag;
	int nid;
	size_t len;
};

static const struct hash hashes[] = {
	{SC_ALGORITHM_RSA_HASH_SHA1, NID_sha1, 20},
	{SC_ALGORITHM_RSA_HASH_SHA224, NID_sha224, 28},
	{SC_ALGORITHM_RSA_HASH_SHA256, NID_sha256, 32},
	{SC_ALGORITHM_RSA_HASH_SHA384, NID_sha384, 48},
	{SC_ALGORITHM_RSA_HASH_SHA512, NID_sha512, 64},
};

static const struct hash *
find_hash(unsigned long flags)
{
	size_t i;

	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (flags & hashes[i].flag)
			return &hashes[i];
	return NULL;
}

/* RFC 8017 9.2: DigestInfo */
static int
digest_info(const struct hash *hash, struct jcop_bytes digest,
	struct jcop_blob *out)
{
	X509_SIG *info = X509_SIG_new();
	X509_ALGOR *algorithm = NULL;
	ASN1_OCTET_STRING *value = NULL;
	uint8_t *der = NULL;
	int len = -1, r = SC_ERROR_OUT_OF_MEMORY;

	if (info == NULL)
		return r;
	X509_SIG_getm(info, &algorithm, &value);
	if (X509_ALGOR_set0(algorithm, OBJ_nid2obj(hash->nid), V_ASN1_NULL,
		    NULL) == 1 &&
		ASN1_OCTET_STRING_set(value, digest.data, (int)digest.len) == 1)
		len = i2d_X509_SIG(info, &der);
	if (len > 0)
		r = jcop_sc_error(jcop_blob_set(out, der, (size_t)len));
	OPENSSL_free(der);
	X509_SIG_free(info);
	return r;
}

/*
 * The card's PSS takes one hash for message, MGF1 and length of the salt. Where
 * a caller hands over a bare hash, OpenSC tells only the MGF1's; the length of
 * the input then tells whether the hash is the same.
 */
static int
pss_algorithm(const struct jcop_algorithm_desc *algorithms, unsigned long flags,
	size_t len, uint8_t *algorithm)
{
	const struct {
		unsigned long hash, mgf;
		size_t len;
		uint8_t id;
	} known[] = {
		{SC_ALGORITHM_RSA_HASH_SHA256, SC_ALGORITHM_MGF1_SHA256, 32,
			algorithms->sign_pss_sha256},
		{SC_ALGORITHM_RSA_HASH_SHA384, SC_ALGORITHM_MGF1_SHA384, 48,
			algorithms->sign_pss_sha384},
		{SC_ALGORITHM_RSA_HASH_SHA512, SC_ALGORITHM_MGF1_SHA512, 64,
			algorithms->sign_pss_sha512},
	};
	unsigned long hash =
		flags & (SC_ALGORITHM_RSA_HASHES & ~SC_ALGORITHM_RSA_HASH_NONE);
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!(flags & known[i].mgf) || len != known[i].len ||
			(hash != 0 && hash != known[i].hash))
			continue;
		*algorithm = known[i].id;
		return SC_SUCCESS;
	}
	return SC_ERROR_NOT_SUPPORTED;
}

/* The T of 00 01 FF…FF 00 T (RFC 8017 9.2), which the card pads itself. */
static int
strip_pkcs1_block(struct jcop_bytes block, struct jcop_bytes *content)
{
	size_t i = 2;

	if (block.len < PKCS1_OVERHEAD || block.data[0] != 0x00 ||
		block.data[1] != 0x01)
		return SC_ERROR_NOT_SUPPORTED;
	while (i < block.len && block.data[i] == 0xFF)
		i++;
	if (i < PKCS1_OVERHEAD - 1 || i == block.len || block.data[i] != 0x00)
		return SC_ERROR_NOT_SUPPORTED;
	*content = jcop_bytes_of(block.data + i + 1, block.len - i - 1);
	return SC_SUCCESS;
}

static int
sign(struct sc_card *card, uint8_t algorithm, struct jcop_bytes input, u8 *out,
	size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_mse mse =
		mse_sign(card, session->environment.slot->key, algorithm);
	bool raw = dialect(card)->sign == JCOP_SIGN_RAW;
	int r = jcop_check_chaining(card, input.len);

	if (r != SC_SUCCESS)
		return r;
	return perform(card, &mse,
		raw ? JCOP_PSO_DECIPHER_P1 : JCOP_PSO_SIGN_P1,
		raw ? JCOP_PSO_DECIPHER_P2 : JCOP_PSO_SIGN_P2, input, out,
		out_len);
}

/* A whole block: raw RSA with the key, or what can be had back of it. */
static int
sign_block(
	struct sc_card *card, struct jcop_bytes block, u8 *out, size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_algorithm_desc *algorithms =
		&session->description.algorithms;
	struct jcop_bytes content;

	if (dialect(card)->sign == JCOP_SIGN_RAW)
		return sign(card, 0, block, out, out_len);
	if (strip_pkcs1_block(block, &content) == SC_SUCCESS)
		return sign(
			card, algorithms->sign_pkcs1, content, out, out_len);
	if (session->environment.container->decipher)
		return decipher(
			card, algorithms->decipher_raw, block, out, out_len);
	return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
		"keys of the container %s sign hashes (PKCS#1 v1.5, PSS), not "
		"ready blocks",
		session->environment.container->name);
}

/* 00 01 FF…FF 00 T (RFC 8017 9.2), for keys that take whole blocks only. */
static int
sign_padded(struct sc_card *card, struct jcop_bytes content, u8 *out,
	size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	size_t size = session->environment.slot->bits / 8;
	struct jcop_blob block = JCOP_BLOB_INIT;
	int r = jcop_blob_append(&block, "\x00\x01", 2);

	if (r == JCOP_OK)
		r = jcop_blob_append_fill(&block, 0xFF, size - content.len - 3);
	if (r == JCOP_OK)
		r = jcop_blob_append_u8(&block, 0x00);
	if (r == JCOP_OK)
		r = jcop_blob_append(&block, content.data, content.len);
	r = r == JCOP_OK ? sign(card, 0, jcop_blob_view(&block), out, out_len)
			 : jcop_sc_error(r);
	jcop_blob_free(&block);
	return r;
}

static int
sign_content(struct sc_card *card, struct jcop_bytes content, u8 *out,
	size_t out_len)
{
	struct jcop_session *session = card->drv_data;

	if (content.len + PKCS1_OVERHEAD > session->environment.slot->bits / 8)
		return SC_ERROR_WRONG_LENGTH;
	if (dialect(card)->sign == JCOP_SIGN_RAW)
		return sign_padded(card, content, out, out_len);
	return sign(card, session->description.algorithms.sign_pkcs1, content,
		out, out_len);
}

static int
sign_pkcs1(struct sc_card *card, const struct hash *hash,
	struct jcop_bytes data, u8 *out, size_t out_len)
{
	struct jcop_blob info = JCOP_BLOB_INIT;
	int r;

	if (hash == NULL)
		return sign_content(card, data, out, out_len);
	r = digest_info(hash, data, &info);
	if (r == SC_SUCCESS)
		r = sign_content(card, jcop_blob_view(&info), out, out_len);
	jcop_blob_free(&info);
	return r;
}

int
jcop_compute_signature_op(struct sc_card *card, const u8 *data, size_t data_len,
	u8 *out, size_t out_len)
{
	struct jcop_session *session = card->drv_data;
	const struct jcop_environment *environment = &session->environment;
	struct jcop_bytes input = jcop_bytes_of(data, data_len);
	const struct hash *hash = find_hash(environment->flags);
	uint8_t algorithm;
	int r;

	if (environment->slot == NULL ||
		environment->operation != SC_SEC_OPERATION_SIGN)
		return SC_ERROR_INVALID_ARGUMENTS;
	if (hash != NULL && data_len != hash->len)
		return SC_ERROR_WRONG_LENGTH;
	if (environment->flags & SC_ALGORITHM_RSA_PAD_PSS) {
		r = pss_algorithm(&session->description.algorithms,
			environment->flags, data_len, &algorithm);
		if (r != SC_SUCCESS)
			return r;
		return sign(card, algorithm, input, out, out_len);
	}
	if (environment->flags & SC_ALGORITHM_RSA_PAD_PKCS1)
		return sign_pkcs1(card, hash, input, out, out_len);
	if (data_len != environment->slot->bits / 8)
		return SC_ERROR_WRONG_LENGTH;
	return sign_block(card, input, out, out_len);
}
