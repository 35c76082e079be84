/*
 * roles.c: role authentication with a symmetric key set.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>

#include "virtual-card/crypto.h"
#include "virtual-card/internal.h"

#define TAG_ALGORITHM 0x80
#define TAG_KEY 0x83
#define LOCAL_BIT 0x80 /* ISO/IEC 7816-4 table 94: of the current DF */

#define IAS_CHALLENGE 8
#define CMAC_CHALLENGE 16
#define SN_SIZE 8
#define BLOCK 16
#define CRYPTOGRAM_MAX (BLOCK + VCARD_MAC_SIZE)

/* The key set that REFERENCE means here. */
static bool
find_keyset(const struct vcard *card, uint8_t reference, enum jcop_keyset *set)
{
	size_t i;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++) {
		const struct jcop_keyset_desc *desc =
			&card->description.keysets[i];
		uint8_t local =
			desc->application == JCOP_APP_MF ? 0 : LOCAL_BIT;

		if (reference != (desc->key | local) ||
			(local != 0 && desc->application != card->session->df))
			continue;
		*set = (enum jcop_keyset)i;
		return i != JCOP_KEYSET_SK_FILE_MGMT ||
		       !vcard_file_mgmt_flawed(card);
	}
	return false;
}

uint16_t
vcard_mse_role(struct vcard *card, const struct vcard_command *command)
{
	struct vcard_template_object objects[] = {
		{.tag = TAG_ALGORITHM}, {.tag = TAG_KEY}};
	const struct jcop_description *desc = &card->description;
	enum jcop_keyset set = JCOP_KEYSET_COUNT;

	card->session->role_chosen = false;
	if (!vcard_read_template(command->data, objects, 2) ||
		objects[0].value.len != 1 || objects[1].value.len != 1)
		return SW_DATA;
	if (!find_keyset(card, objects[1].value.data[0], &set))
		return SW_REFERENCE;
	if (objects[0].value.data[0] !=
		desc->algorithms.role[desc->dialect.role])
		return SW_DATA;
	card->session->role_chosen = true;
	card->session->role = set;
	return SW_OK;
}

uint16_t
vcard_cmd_get_challenge(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *answer)
{
	struct vcard_session *session = card->session;

	if (command->p1 != 0 || command->p2 != 0)
		return SW_P1P2;
	if (command->data.len > 0 ||
		(command->le != IAS_CHALLENGE && command->le != CMAC_CHALLENGE))
		return SW_LENGTH;
	session->challenge_len = 0;
	if (vcard_random(session->challenge, command->le) != JCOP_OK ||
		jcop_blob_append(answer, session->challenge, command->le) !=
			JCOP_OK)
		return SW_INTERNAL;
	session->challenge_len = command->le;
	return SW_OK;
}

/* The last 8 bytes of the ICCSN, with 00 on the left if it is shorter. */
static void
make_sn(const struct vcard_state *state, uint8_t *sn)
{
	size_t n = state->iccsn_len < SN_SIZE ? state->iccsn_len : SN_SIZE;

	memset(sn, 0, SN_SIZE);
	memcpy(sn + SN_SIZE - n, state->iccsn + state->iccsn_len - n, n);
}

/* E = CBC(Kenc, RND.ICC SN.ICC), one block of AES or two of DES; E MAC(E). */
static int
ias_cryptogram(const struct vcard *card, bool des, struct jcop_bytes enc,
	struct jcop_bytes mac, uint8_t *out)
{
	static const uint8_t iv[BLOCK];
	uint8_t in[IAS_CHALLENGE + SN_SIZE], full[VCARD_CMAC_SIZE];
	struct jcop_blob padded = JCOP_BLOB_INIT;
	int r;

	memcpy(in, card->session->challenge, IAS_CHALLENGE);
	make_sn(&card->state, in + IAS_CHALLENGE);
	r = vcard_cbc(des, enc, iv, true, JCOP_BYTES(in), out);
	if (r == JCOP_OK)
		r = jcop_blob_append(&padded, out, BLOCK);
	if (r == JCOP_OK && des)
		r = vcard_pad(&padded, 8);
	if (r == JCOP_OK)
		r = des ? vcard_retail_mac(mac, jcop_blob_view(&padded), full)
			: vcard_cmac(mac, jcop_blob_view(&padded), full);
	if (r == JCOP_OK)
		memcpy(out + BLOCK, full, VCARD_MAC_SIZE);
	OPENSSL_cleanse(full, sizeof full);
	jcop_blob_free(&padded);
	return r;
}

static size_t
challenge_size(enum jcop_dialect_role role)
{
	return role == JCOP_ROLE_AES_CMAC ? CMAC_CHALLENGE : IAS_CHALLENGE;
}

static size_t
cryptogram_size(enum jcop_dialect_role role)
{
	return role == JCOP_ROLE_AES_CMAC ? VCARD_CMAC_SIZE : CRYPTOGRAM_MAX;
}

/* What the holder of the key set would send. */
static int
expected_cryptogram(
	const struct vcard *card, enum jcop_keyset set, uint8_t *out)
{
	const struct vcard_keyset *keys = &card->state.keysets[set];
	enum jcop_dialect_role role = card->description.dialect.role;
	uint8_t enc_key[VCARD_KEYSET_KEY_MAX], mac_key[VCARD_KEYSET_KEY_MAX];
	struct jcop_bytes enc = jcop_bytes_of(enc_key, keys->len);
	struct jcop_bytes mac = jcop_bytes_of(mac_key, keys->len);
	uint8_t change = card->state.flags.wrong_keyset[set] ? 0x5A : 0;
	size_t i;
	int r;

	for (i = 0; i < keys->len; i++) {
		enc_key[i] = keys->enc[i] ^ change;
		mac_key[i] = keys->mac[i] ^ change;
	}
	if (role == JCOP_ROLE_AES_CMAC)
		r = vcard_cmac(mac,
			jcop_bytes_of(card->session->challenge, CMAC_CHALLENGE),
			out);
	else
		r = ias_cryptogram(
			card, role == JCOP_ROLE_IAS_3DES, enc, mac, out);
	OPENSSL_cleanse(enc_key, sizeof enc_key);
	OPENSSL_cleanse(mac_key, sizeof mac_key);
	return r;
}

static uint16_t
try_keyset(struct vcard *card, const struct vcard_command *command,
	enum jcop_keyset set)
{
	struct vcard_keyset *keys = &card->state.keysets[set];
	struct vcard_role_state *role = &card->session->roles[set];
	uint8_t expected[CRYPTOGRAM_MAX];
	uint16_t sw = SW_INTERNAL;

	if (keys->tries == 0)
		return SW_BLOCKED;
	if (expected_cryptogram(card, set, expected) != JCOP_OK)
		goto out;
	card->dirty = true;
	if (CRYPTO_memcmp(expected, command->data.data, command->data.len) ==
		0) {
		keys->tries = card->description.keysets[set].tries;
		role->granted = true;
		role->in_channel = command->secured;
		sw = SW_OK;
	} else {
		keys->tries--;
		*role = (struct vcard_role_state){0};
		sw = vcard_sw_tries(keys->tries);
	}
out:
	OPENSSL_cleanse(expected, sizeof expected);
	return sw;
}

uint16_t
vcard_cmd_external_authenticate(struct vcard *card,
	const struct vcard_command *command, struct jcop_blob *answer)
{
	struct vcard_session *session = card->session;
	enum jcop_dialect_role role = card->description.dialect.role;
	size_t challenge_len = session->challenge_len;
	uint16_t sw;

	(void)answer;
	if (command->p1 != 0 || command->p2 != 0)
		return SW_P1P2;
	session->challenge_len = 0; /* it serves once, whatever comes */
	if (!session->role_chosen)
		sw = SW_CONDITIONS;
	else if (card->state.keysets[session->role].tries == 0)
		sw = SW_BLOCKED;
	else if (challenge_len != challenge_size(role))
		sw = SW_CONDITIONS;
	else if (command->data.len != cryptogram_size(role))
		sw = SW_LENGTH;
	else
		sw = try_keyset(card, command, session->role);
	OPENSSL_cleanse(session->challenge, sizeof session->challenge);
	return sw;
}
