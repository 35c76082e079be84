/*
 * secure-channel.c: secure messaging on the card's side (ISO/IEC 7816-4
 * clause 10, TR-03110-3 appendix F).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/crypto.h>

#include "virtual-card/crypto.h"
#include "virtual-card/internal.h"

#define TAG_CRYPTOGRAM 0x87     /* with padding indicator: even INS */
#define TAG_CRYPTOGRAM_ODD 0x85 /* without: odd INS */
#define TAG_LE 0x97
#define TAG_STATUS 0x99
#define TAG_MAC 0x8E
#define PADDING_INDICATOR 0x01

/* The data objects of a protected command, borrowed from it. */
struct protected_command {
	bool has_cryptogram, has_le, has_mac;
	struct jcop_bytes cryptogram, le, mac;
	struct jcop_bytes covered; /* what stands before the MAC */
};

static void
increment_ssc(struct vcard_channel *channel)
{
	size_t i = vcard_block_size(channel->cipher);

	while (i > 0 && ++channel->ssc[i - 1] == 0)
		i--;
}

static bool
is_odd(uint8_t ins)
{
	return (ins & 1) != 0;
}

/* Cryptogram, Le, MAC: each at most once, in this order, nothing else. */
static uint16_t
split(struct jcop_bytes data, uint8_t ins, struct protected_command *out)
{
	uint32_t cryptogram = is_odd(ins) ? TAG_CRYPTOGRAM_ODD : TAG_CRYPTOGRAM;
	struct jcop_bytes cursor = data;
	struct jcop_tlv object;

	*out = (struct protected_command){.covered = {data.data, 0}};
	while (cursor.len > 0 && !out->has_mac) {
		if (jcop_tlv_read(&cursor, &object) != JCOP_OK)
			return SW_SM_INCORRECT;
		if (object.tag == cryptogram && !out->has_cryptogram &&
			!out->has_le) {
			out->has_cryptogram = true;
			out->cryptogram = object.value;
		} else if (object.tag == TAG_LE && !out->has_le) {
			out->has_le = true;
			out->le = object.value;
		} else if (object.tag == TAG_MAC) {
			out->has_mac = true;
			out->mac = object.value;
			break;
		} else {
			return SW_SM_INCORRECT;
		}
		out->covered.len += object.whole.len;
	}
	if (!out->has_mac)
		return SW_SM_MISSING;
	return cursor.len == 0 ? SW_OK : SW_SM_INCORRECT;
}

static int
start_mac_input(const struct vcard_channel *channel, struct jcop_blob *input)
{
	return jcop_blob_set(
		input, channel->ssc, vcard_block_size(channel->cipher));
}

/* SSC, padded header, padded data objects if there are any. */
static int
command_mac_input(const struct vcard_channel *channel,
	const struct vcard_command *command, struct jcop_bytes objects,
	struct jcop_blob *input)
{
	uint8_t header[] = {
		command->cla, command->ins, command->p1, command->p2};
	size_t block = vcard_block_size(channel->cipher);
	int r = start_mac_input(channel, input);

	if (r == JCOP_OK)
		r = jcop_blob_append(input, header, sizeof header);
	if (r == JCOP_OK)
		r = vcard_pad(input, block);
	if (r != JCOP_OK || objects.len == 0)
		return r;
	r = jcop_blob_append(input, objects.data, objects.len);
	return r != JCOP_OK ? r : vcard_pad(input, block);
}

static uint16_t
check_mac(struct vcard *card, const struct vcard_command *command,
	const struct protected_command *parts)
{
	const struct vcard_channel *channel = &card->session->channel;
	struct jcop_blob input = JCOP_BLOB_INIT;
	uint8_t mac[VCARD_MAC_SIZE];
	uint16_t sw = SW_INTERNAL;

	if (command_mac_input(channel, command, parts->covered, &input) ==
			JCOP_OK &&
		vcard_sm_mac(channel->cipher, channel->mac,
			jcop_blob_view(&input), mac) == JCOP_OK)
		sw = parts->mac.len == sizeof mac &&
				     CRYPTO_memcmp(mac, parts->mac.data,
					     sizeof mac) == 0
			     ? SW_OK
			     : SW_SM_INCORRECT;
	jcop_blob_free(&input);
	return sw;
}

/* E(K_enc, SSC) for AES, zeros for 3DES. */
static int
make_iv(const struct vcard_channel *channel, uint8_t iv[VCARD_AES_BLOCK])
{
	static const uint8_t zero[VCARD_AES_BLOCK];

	if (channel->cipher == JCOP_CA_3DES_CBC_CBC) {
		memset(iv, 0, VCARD_AES_BLOCK);
		return JCOP_OK;
	}
	return vcard_cbc(false,
		jcop_bytes_of(channel->enc, vcard_key_size(channel->cipher)),
		zero, true, JCOP_BYTES(channel->ssc), iv);
}

static int
crypt_blob(const struct vcard_channel *channel, bool encrypt,
	struct jcop_bytes in, struct jcop_blob *out)
{
	uint8_t iv[VCARD_AES_BLOCK];
	int r = make_iv(channel, iv);

	jcop_blob_clear(out);
	if (r == JCOP_OK)
		r = jcop_blob_append_fill(out, 0, in.len);
	if (r == JCOP_OK)
		r = vcard_cbc(channel->cipher == JCOP_CA_3DES_CBC_CBC,
			jcop_bytes_of(
				channel->enc, vcard_key_size(channel->cipher)),
			iv, encrypt, in, out->data);
	return r;
}

static uint16_t
decrypt(const struct vcard_channel *channel, uint8_t ins,
	struct jcop_bytes cryptogram, struct jcop_blob *plain)
{
	if (!is_odd(ins)) {
		if (cryptogram.len == 0 ||
			cryptogram.data[0] != PADDING_INDICATOR)
			return SW_SM_INCORRECT;
		cryptogram =
			jcop_bytes_of(cryptogram.data + 1, cryptogram.len - 1);
	}
	if (cryptogram.len == 0 ||
		cryptogram.len % vcard_block_size(channel->cipher) != 0)
		return SW_SM_INCORRECT;
	if (crypt_blob(channel, false, cryptogram, plain) != JCOP_OK)
		return SW_INTERNAL;
	return vcard_unpad(plain) == JCOP_OK ? SW_OK : SW_SM_INCORRECT;
}

static uint16_t
read_le(struct jcop_bytes value, size_t *le)
{
	if (value.len == 1) {
		*le = value.data[0] != 0 ? value.data[0] : 256;
		return SW_OK;
	}
	if (value.len != 2)
		return SW_SM_INCORRECT;
	*le = (size_t)value.data[0] << 8 | value.data[1];
	if (*le == 0)
		*le = 65536;
	return SW_OK;
}

uint16_t
vcard_channel_unwrap(struct vcard *card, const struct vcard_command *command,
	struct jcop_blob *plain, struct vcard_command *inner)
{
	struct vcard_channel *channel = &card->session->channel;
	struct protected_command parts;
	uint16_t sw;

	increment_ssc(channel);
	sw = split(command->data, command->ins, &parts);
	if (sw == SW_OK)
		sw = check_mac(card, command, &parts);
	if (sw != SW_OK)
		return sw;
	card->trace->mac_verified = true;
	*inner = *command;
	inner->secured = true;
	inner->le = 0;
	jcop_blob_clear(plain);
	if (parts.has_le)
		sw = read_le(parts.le, &inner->le);
	if (sw == SW_OK && parts.has_cryptogram)
		sw = decrypt(channel, command->ins, parts.cryptogram, plain);
	inner->data = jcop_blob_view(plain);
	return sw;
}

static int
put_cryptogram(const struct vcard_channel *channel, uint8_t ins,
	struct jcop_bytes answer, struct jcop_blob *out)
{
	struct jcop_blob padded = JCOP_BLOB_INIT, secret = JCOP_BLOB_INIT;
	size_t indicator = is_odd(ins) ? 0 : 1;
	int r = jcop_blob_append(&padded, answer.data, answer.len);

	if (r == JCOP_OK)
		r = vcard_pad(&padded, vcard_block_size(channel->cipher));
	if (r == JCOP_OK)
		r = crypt_blob(channel, true, jcop_blob_view(&padded), &secret);
	if (r == JCOP_OK)
		r = jcop_tlv_put_header(out,
			is_odd(ins) ? TAG_CRYPTOGRAM_ODD : TAG_CRYPTOGRAM,
			secret.len + indicator);
	if (r == JCOP_OK && indicator != 0)
		r = jcop_blob_append_u8(out, PADDING_INDICATOR);
	if (r == JCOP_OK)
		r = jcop_blob_append(out, secret.data, secret.len);
	jcop_blob_free(&padded);
	jcop_blob_free(&secret);
	return r;
}

static int
put_mac(const struct vcard_channel *channel, struct jcop_blob *out)
{
	struct jcop_blob input = JCOP_BLOB_INIT;
	uint8_t mac[VCARD_MAC_SIZE];
	int r = start_mac_input(channel, &input);

	if (r == JCOP_OK)
		r = jcop_blob_append(&input, out->data, out->len);
	if (r == JCOP_OK)
		r = vcard_pad(&input, vcard_block_size(channel->cipher));
	if (r == JCOP_OK)
		r = vcard_sm_mac(channel->cipher, channel->mac,
			jcop_blob_view(&input), mac);
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, TAG_MAC, JCOP_BYTES(mac));
	jcop_blob_free(&input);
	return r;
}

int
vcard_channel_wrap(struct vcard *card, uint8_t ins, struct jcop_bytes answer,
	uint16_t sw, struct jcop_blob *out)
{
	struct vcard_channel *channel = &card->session->channel;
	uint8_t status[2] = {(uint8_t)(sw >> 8), (uint8_t)sw};
	int r = JCOP_OK;

	increment_ssc(channel);
	jcop_blob_clear(out);
	if (answer.len > 0)
		r = put_cryptogram(channel, ins, answer, out);
	if (r == JCOP_OK)
		r = jcop_tlv_put(out, TAG_STATUS, JCOP_BYTES(status));
	return r != JCOP_OK ? r : put_mac(channel, out);
}

void
vcard_channel_switch(struct vcard *card)
{
	struct vcard_session *session = card->session;

	if (!session->next_channel.open)
		return;
	session->channel = session->next_channel;
	OPENSSL_cleanse(&session->next_channel, sizeof session->next_channel);
}
