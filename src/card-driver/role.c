/*
 * role.c: role authentication with a key set whose keys stay in the HSM.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "card-driver/session.h"
#include "hsm/hsm.h"

/* What the primitives need: the key set, and room for its complaints. */
struct lender {
	struct jcop_hsm_keyset *keyset;
	char message[JCOP_HSM_MESSAGE_SIZE];
};

static int
lend_encrypt(void *context, const uint8_t *in, size_t len, uint8_t *out)
{
	struct lender *lender = context;

	return jcop_hsm_encrypt_cbc(
		lender->keyset, in, len, out, lender->message);
}

static int
lend_cmac(void *context, const uint8_t *in, size_t len, uint8_t *mac)
{
	struct lender *lender = context;

	return jcop_hsm_cmac(lender->keyset, in, len, mac, lender->message);
}

void
jcop_role_release(struct sc_card *card)
{
	struct jcop_session *session = card->drv_data;

	jcop_hsm_keyset_free(session->keyset);
	jcop_hsm_close(session->hsm);
	session->keyset = NULL;
	session->hsm = NULL;
}

int
jcop_role_prepare(struct sc_card *card, enum jcop_keyset keyset)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_keyset_config configured;
	char message[JCOP_HSM_MESSAGE_SIZE] = "";
	int r = jcop_config_keyset(&session->config, &session->description,
		keyset, &configured, message, sizeof(message));

	if (r != SC_SUCCESS)
		return jcop_explain(card, r, "%s", message);
	r = jcop_hsm_open(&session->config.hsm, &session->hsm, message);
	if (r == JCOP_OK)
		r = jcop_hsm_keyset_find(session->hsm, configured.label,
			&session->keyset, message);
	if (r == JCOP_OK)
		return SC_SUCCESS;
	jcop_role_release(card);
	/* Whatever it is, the configuration or the HSM it names has to be put
	 * right. */
	return jcop_explain(card,
		r == JCOP_ERR_NO_MEMORY ? SC_ERROR_OUT_OF_MEMORY
					: SC_ERROR_INVALID_ARGUMENTS,
		"%s: key set %s of %s: %s",
		jcop_operation_name(session->operation),
		jcop_keyset_name(keyset),
		jcop_config_keyset_setting(&session->config, keyset).origin,
		message);
}

int
jcop_role_check(struct sc_card *card, struct jcop_keyset_check *check)
{
	struct jcop_session *session = card->drv_data;

	if (session->operating || check->keyset >= JCOP_KEYSET_COUNT)
		return SC_ERROR_NOT_ALLOWED;
	session->operation = JCOP_OP_READ;
	check->configured =
		jcop_config_keyset_setting(&session->config, check->keyset)
			.value != NULL;
	check->found = check->single = false;
	if (!check->configured)
		return SC_SUCCESS;
	check->found = jcop_role_prepare(card, check->keyset) == SC_SUCCESS;
	if (check->found)
		check->single = jcop_hsm_keyset_is_single(session->keyset) != 0;
	jcop_role_release(card);
	return SC_SUCCESS;
}

/* The card does not know the key set: one of the flawed ones, or a wrong path.
 * Its date alone would prove nothing, but it explains the answer. */
static int
explain_unknown_key(struct sc_card *card, enum jcop_keyset keyset)
{
	const char *since =
		jcop_session_of(card)
			->description.identification.file_mgmt_since;
	const char *name = jcop_keyset_name(keyset);
	const struct jcop_setting setting = jcop_config_keyset_setting(
		&jcop_session_of(card)->config, keyset);
	char produced[11] = "";

	if (keyset == JCOP_KEYSET_SK_FILE_MGMT)
		jcop_read_produced(card, produced);
	if (produced[0] != '\0' && strcmp(produced, since) < 0)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"this card was produced on %s, and cards produced "
			"before %s have a flaw: they do not find their key set "
			"%s (6A88), so that EF.Id and EF.Fonction cannot be "
			"written. This cannot be repaired: where the data has "
			"to change, the issuer has to replace the card. "
			"Nothing was changed",
			produced, since, name);
	if (produced[0] == '\0' && keyset == JCOP_KEYSET_SK_FILE_MGMT)
		return jcop_explain(card, SC_ERROR_DATA_OBJECT_NOT_FOUND,
			"the card does not find the key set %s (6A88), and it "
			"does not tell when it was produced. If that was "
			"before %s it has a flaw that cannot be repaired, and "
			"the issuer has to replace it; else check the path of "
			"%s in %s. Nothing was changed",
			name, since, setting.name, setting.origin);
	return jcop_explain(card, SC_ERROR_DATA_OBJECT_NOT_FOUND,
		"the key set %s is not on the card (6A88): check the path of "
		"%s in %s",
		name, setting.name, setting.origin);
}

/* 00 22 81 A4: 80 algorithm, 83 reference */
static int
select_key(struct sc_card *card, enum jcop_keyset keyset,
	const struct jcop_keyset_config *configured)
{
	const struct jcop_session *session = card->drv_data;
	uint8_t algorithm = session->description.algorithms
				    .role[session->description.dialect.role];
	uint8_t reference =
		configured->key |
		(configured->application != JCOP_APP_MF ? JCOP_REFERENCE_LOCAL
							: 0);
	const uint8_t data[] = {JCOP_CRT_TAG_ALGORITHM, 1, algorithm,
		JCOP_CRT_TAG_PUBLIC_KEY, 1, reference};
	const struct jcop_apdu mse = {JCOP_CLA_ISO,
		JCOP_INS_MANAGE_SECURITY_ENVIRONMENT, JCOP_MSE_SET_VERIFY,
		JCOP_CRT_AUTHENTICATION, JCOP_BYTES(data), JCOP_LE_NONE};
	unsigned int sw;
	int r = jcop_transmit(card, &mse, NULL, &sw);

	if (r == SC_SUCCESS && sw == JCOP_SW_NOT_FOUND)
		return explain_unknown_key(card, keyset);
	return r != SC_SUCCESS ? r : sc_check_sw(card, sw >> 8, sw & 0xFF);
}

static int
get_challenge(struct sc_card *card, struct jcop_blob *challenge)
{
	struct jcop_session *session = card->drv_data;
	enum jcop_role_algorithm algorithm =
		(enum jcop_role_algorithm)session->description.dialect.role;
	const struct jcop_apdu get = {JCOP_CLA_ISO, JCOP_INS_GET_CHALLENGE,
		0x00, 0x00, {NULL, 0}, jcop_role_challenge_size(algorithm)};
	int r = jcop_execute(card, &get, challenge);

	if (r != SC_SUCCESS)
		return r;
	if (jcop_role_check_challenge(algorithm, jcop_blob_view(challenge),
		    &session->last_challenge) == JCOP_OK)
		return SC_SUCCESS;
	return jcop_explain(card, SC_ERROR_INVALID_DATA,
		"role authentication: the card's challenge is too short, zero "
		"or the last one again; the key set was not used");
}

static int
make_cryptogram(struct sc_card *card, struct lender *lender,
	const struct jcop_blob *challenge, struct jcop_blob *cryptogram)
{
	const struct jcop_session *session = card->drv_data;
	const struct jcop_role_primitives primitives = {
		.encrypt_cbc = lend_encrypt,
		.cmac = lend_cmac,
		.context = lender,
	};
	uint8_t sn[JCOP_ROLE_SN_SIZE];
	int r = jcop_role_sn_icc(
		jcop_bytes_of(session->iccsn, session->iccsn_len), sn);

	if (r == JCOP_OK)
		r = jcop_role_cryptogram((enum jcop_role_algorithm)session
						 ->description.dialect.role,
			jcop_blob_view(challenge), sn, &primitives, cryptogram);
	if (r == JCOP_ERR_UNSUPPORTED)
		return jcop_explain(card, SC_ERROR_NOT_SUPPORTED,
			"role authentication: the algorithm ias-3des of the "
			"card description needs an HSM with a retail MAC, "
			"which is not supported");
	if (r != JCOP_OK)
		return jcop_explain(card, jcop_sc_error(r),
			"role authentication: %s", lender->message);
	return SC_SUCCESS;
}

/* Sent once, whatever the card answers. */
static int
external_authenticate(struct sc_card *card, enum jcop_keyset keyset,
	const char *label, const struct jcop_blob *cryptogram)
{
	const struct jcop_apdu command = {JCOP_CLA_ISO,
		JCOP_INS_EXTERNAL_AUTHENTICATE, 0x00, 0x00,
		jcop_blob_view(cryptogram), JCOP_LE_NONE};
	unsigned int sw;
	int r = jcop_transmit(card, &command, NULL, &sw);

	if (r != SC_SUCCESS || sw == JCOP_SW_OK)
		return r;
	if ((sw & 0xFFF0) == JCOP_SW_TRIES)
		return jcop_explain(card, SC_ERROR_PIN_CODE_INCORRECT,
			"the card refused the key set %s (HSM label \"%s\"): "
			"the keys are not this card's. %u tries left for the "
			"key set",
			jcop_keyset_name(keyset), label, sw & 0xF);
	if (sw == JCOP_SW_BLOCKED)
		return jcop_explain(card, SC_ERROR_AUTH_METHOD_BLOCKED,
			"the key set %s is blocked on this card; the issuer "
			"has to replace the card",
			jcop_keyset_name(keyset));
	return sc_check_sw(card, sw >> 8, sw & 0xFF);
}

static int
authenticate(struct sc_card *card, enum jcop_keyset keyset,
	const struct jcop_keyset_config *configured)
{
	struct jcop_session *session = card->drv_data;
	struct lender lender = {session->keyset, ""};
	struct jcop_blob challenge = JCOP_BLOB_INIT;
	struct jcop_blob cryptogram = JCOP_BLOB_INIT;
	int r = select_key(card, keyset, configured);

	if (r == SC_SUCCESS)
		r = get_challenge(card, &challenge);
	if (r == SC_SUCCESS)
		r = make_cryptogram(card, &lender, &challenge, &cryptogram);
	if (r == SC_SUCCESS) {
		session->rights_gained = true;
		r = external_authenticate(
			card, keyset, configured->label, &cryptogram);
	}
	jcop_blob_free(&challenge);
	jcop_blob_free(&cryptogram);
	return r;
}

int
jcop_role_authenticate(struct sc_card *card, enum jcop_keyset keyset)
{
	struct jcop_session *session = card->drv_data;
	struct jcop_keyset_config configured;
	char message[JCOP_MESSAGE_SIZE / 2];
	int r = jcop_config_keyset(&session->config, &session->description,
		keyset, &configured, message, sizeof(message));

	if (r != SC_SUCCESS)
		return jcop_explain(card, r, "%s", message);
	r = jcop_read_iccsn(card);
	if (r == SC_SUCCESS && configured.application != JCOP_APP_MF)
		r = jcop_select_application(card, configured.application);
	if (r == SC_SUCCESS)
		r = authenticate(card, keyset, &configured);
	return r;
}
