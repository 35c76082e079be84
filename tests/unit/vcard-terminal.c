/*
 * vcard-terminal.c: the terminal of the virtual card's tests, written from
 * TR-03110-3, ISO/IEC 7816-4 and SP 800-38B over a bare block cipher.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "vcard-terminal.h"

struct terminal *
terminal_new(const struct vcard_persona_options *options)
{
	static const struct vcard_persona_options reference;
	struct terminal *t = calloc(1, sizeof *t);
	char message[VCARD_MESSAGE_SIZE] = "";

	assert_non_null(t);
	snprintf(t->dir, sizeof t->dir, "/tmp/vcard-test-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	if (vcard_persona_create(t->dir, options != NULL ? options : &reference,
		    message) != JCOP_OK)
		fail_msg("no persona: %s", message);
	terminal_reopen(t);
	terminal_reset(t);
	return t;
}

void
terminal_reopen(struct terminal *t)
{
	char message[VCARD_MESSAGE_SIZE] = "";

	vcard_close(t->card);
	t->card = NULL;
	if (vcard_open(t->dir, &t->card, message) != JCOP_OK)
		fail_msg("no card: %s", message);
}

void
terminal_free(struct terminal *t)
{
	char command[128];

	vcard_close(t->card);
	snprintf(command, sizeof command, "rm -rf '%s'", t->dir);
	assert_int_equal(system(command), 0);
	free(t);
}

void
terminal_reset(struct terminal *t)
{
	assert_int_equal(vcard_lock(t->card), JCOP_OK);
	assert_int_equal(vcard_reset(t->card), JCOP_OK);
	vcard_unlock(t->card);
}

void
terminal_set(struct terminal *t, const char *key, const char *value)
{
	char message[VCARD_MESSAGE_SIZE] = "";

	if (vcard_persona_set(t->dir, key, value, message) != JCOP_OK)
		fail_msg("%s = %s: %s", key, value, message);
}

size_t
terminal_issuer(
	const struct terminal *t, const char *name, uint8_t *out, size_t max)
{
	char path[160];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, "%s/issuer/%s", t->dir, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s is missing", path);
	len = fread(out, 1, max, file);
	fclose(file);
	return len;
}

static unsigned int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A' + 10);
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a' + 10);
	fail_msg("'%c' is no hexadecimal digit", c);
	return 0;
}

static size_t
unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t len = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_true(len < max);
		out[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex++;
	}
	return len;
}

uint16_t
tx_bytes(struct terminal *t, const uint8_t *bytes, size_t len)
{
	struct jcop_blob response = JCOP_BLOB_INIT;
	/* A copy of exactly this length, so that a sanitizer sees reads
	 * past it. */
	uint8_t *exact = malloc(len != 0 ? len : 1);

	assert_non_null(exact);
	if (len > 0)
		memcpy(exact, bytes, len);
	assert_int_equal(vcard_lock(t->card), JCOP_OK);
	assert_int_equal(vcard_transmit(t->card, jcop_bytes_of(exact, len),
				 &response, &t->trace),
		JCOP_OK);
	vcard_unlock(t->card);
	free(exact);
	assert_true(response.len >= 2 && response.len <= sizeof t->raw);
	memcpy(t->raw, response.data, response.len);
	t->raw_len = response.len;
	t->len = response.len - 2;
	memcpy(t->data, response.data, t->len);
	jcop_blob_free(&response);
	return (uint16_t)(t->raw[t->len] << 8 | t->raw[t->len + 1]);
}

uint16_t
tx(struct terminal *t, const char *hex)
{
	static uint8_t bytes[70000];

	return tx_bytes(t, bytes, unhex(hex, bytes, sizeof bytes));
}

/* Collects the rest of an answer. */
static uint16_t
collect(struct terminal *t, uint16_t sw)
{
	static uint8_t whole[66000];
	size_t len = 0;

	while (sw >> 8 == 0x61) {
		uint8_t get[] = {0x00, 0xC0, 0x00, 0x00, (uint8_t)sw};

		memcpy(whole + len, t->data, t->len);
		len += t->len;
		sw = tx_bytes(t, get, sizeof get);
	}
	memcpy(whole + len, t->data, t->len);
	len += t->len;
	memcpy(t->data, whole, len);
	t->len = len;
	return sw;
}

uint16_t
tx_all(struct terminal *t, const char *hex)
{
	return collect(t, tx(t, hex));
}

uint16_t
verify(struct terminal *t, uint8_t reference, const char *pin)
{
	uint8_t bytes[300] = {
		0x00, 0x20, 0x00, reference, (uint8_t)strlen(pin)};

	memcpy(bytes + 5, pin, strlen(pin));
	return tx_bytes(t, bytes, 5 + strlen(pin));
}

bool
answers(const struct terminal *t, const char *hex)
{
	static uint8_t bytes[8192];
	size_t len = unhex(hex, bytes, sizeof bytes);

	return len == t->len && memcmp(bytes, t->data, len) == 0;
}

/* One block of AES or 3DES, nothing around it. */
static void
block(const struct terminal_channel *c, const uint8_t *key, bool encrypt,
	const uint8_t *in, uint8_t *out)
{
	const EVP_CIPHER *cipher = c->cipher == 'd'   ? EVP_des_ede_ecb()
				   : c->key_len == 16 ? EVP_aes_128_ecb()
				   : c->key_len == 24 ? EVP_aes_192_ecb()
						      : EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, size = c->cipher == 'd' ? 8 : 16;

	assert_non_null(ctx);
	assert_true(EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL));
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_true(EVP_CipherUpdate(ctx, out, &len, in, size));
	assert_int_equal(len, size);
	EVP_CIPHER_CTX_free(ctx);
}

static size_t
block_size(const struct terminal_channel *c)
{
	return c->cipher == 'd' ? 8 : 16;
}

static void
xor_into(uint8_t *a, const uint8_t *b, size_t len)
{
	while (len-- > 0)
		*a++ ^= *b++;
}

static void
cbc(const struct terminal_channel *c, const uint8_t *key, const uint8_t *iv,
	bool encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t chain[16], next[16];
	size_t n = block_size(c), at;

	memcpy(chain, iv, n);
	for (at = 0; at < len; at += n) {
		memcpy(next, in + at, n);
		if (encrypt) {
			xor_into(next, chain, n);
			block(c, key, true, next, out + at);
			memcpy(chain, out + at, n);
		} else {
			block(c, key, false, next, out + at);
			xor_into(out + at, chain, n);
			memcpy(chain, next, n);
		}
	}
}

/* Doubling in GF(2^128), SP 800-38B 6.1. */
static void
double_block(uint8_t *b)
{
	bool carry = (b[0] & 0x80) != 0;
	size_t i;

	for (i = 0; i < 15; i++)
		b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
	b[15] = (uint8_t)(b[15] << 1);
	if (carry)
		b[15] ^= 0x87;
}

static void
cmac(const struct terminal_channel *c, const uint8_t *key, const uint8_t *in,
	size_t len, uint8_t *out)
{
	uint8_t sub[16] = {0}, last[16] = {0}, chain[16] = {0};
	size_t whole = len == 0 ? 0 : (len - 1) / 16, at;

	block(c, key, true, sub, sub);
	double_block(sub);
	memcpy(last, in + 16 * whole, len - 16 * whole);
	if (len == 0 || len % 16 != 0) {
		double_block(sub);
		last[len - 16 * whole] = 0x80;
	}
	xor_into(last, sub, 16);
	for (at = 0; at < whole; at++) {
		xor_into(chain, in + 16 * at, 16);
		block(c, key, true, chain, chain);
	}
	xor_into(chain, last, 16);
	block(c, key, true, chain, out);
}

/* DES(K) as 3DES with K twice. */
static void
retail(const uint8_t *key, const uint8_t *in, size_t len, uint8_t *out)
{
	const struct terminal_channel des = {.cipher = 'd', .key_len = 16};
	uint8_t single[16], chain[8] = {0};
	size_t at;

	memcpy(single, key, 8);
	memcpy(single + 8, key, 8);
	for (at = 0; at < len; at += 8) {
		xor_into(chain, in + at, 8);
		block(&des, at + 8 == len ? key : single, true, chain, chain);
	}
	memcpy(out, chain, 8);
}

static void
mac8(const struct terminal_channel *c, const uint8_t *in, size_t len,
	uint8_t *out)
{
	uint8_t full[16];

	if (c->cipher == 'd') {
		retail(c->mac, in, len, out);
		return;
	}
	cmac(c, c->mac, in, len, full);
	memcpy(out, full, 8);
}

static size_t
pad(const struct terminal_channel *c, uint8_t *bytes, size_t len)
{
	bytes[len++] = 0x80;
	while (len % block_size(c) != 0)
		bytes[len++] = 0;
	return len;
}

static void
count_up(struct terminal_channel *c)
{
	size_t i = block_size(c);

	while (i > 0 && ++c->ssc[--i] == 0)
		;
}

static void
message_iv(const struct terminal_channel *c, uint8_t *iv)
{
	memset(iv, 0, 16);
	if (c->cipher != 'd')
		block(c, c->enc, true, c->ssc, iv);
}

static size_t
put_length(uint8_t *out, size_t len)
{
	size_t n = 0;

	if (len >= 0x80)
		out[n++] = len < 0x100 ? 0x81 : 0x82;
	if (len >= 0x100)
		out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	return n;
}

/* DO 87 or 85, DO 97 */
static size_t
command_objects(const struct terminal_channel *c, const uint8_t *header,
	const uint8_t *data, size_t len, int le, uint8_t *out)
{
	static uint8_t plain[9000];
	uint8_t iv[16];
	bool odd = (header[1] & 1) != 0;
	size_t n = 0;

	if (len > 0) {
		memcpy(plain, data, len);
		len = pad(c, plain, len);
		message_iv(c, iv);
		out[n++] = odd ? 0x85 : 0x87;
		n += put_length(out + n, len + (odd ? 0 : 1));
		if (!odd)
			out[n++] = 0x01;
		cbc(c, c->enc, iv, true, plain, len, out + n);
		n += len;
	}
	if (le >= 0 && le < 256) {
		out[n++] = 0x97;
		out[n++] = 0x01;
		out[n++] = (uint8_t)le;
	} else if (le >= 256) {
		out[n++] = 0x97;
		out[n++] = 0x02;
		out[n++] = (uint8_t)(le >> 8);
		out[n++] = (uint8_t)le;
	}
	return n;
}

size_t
sm_wrap(struct terminal *t, const uint8_t *header, const uint8_t *data,
	size_t len, int le, bool extended, uint8_t *out)
{
	struct terminal_channel *c = &t->channel;
	static uint8_t objects[9100], input[9200];
	size_t n, at = block_size(c);

	count_up(c);
	n = command_objects(c, header, data, len, le, objects);
	memcpy(input, c->ssc, at);
	memcpy(input + at, header, 4);
	at = pad(c, input, at + 4);
	if (n > 0) {
		memcpy(input + at, objects, n);
		at = pad(c, input, at + n);
	}
	objects[n++] = 0x8E;
	objects[n++] = 0x08;
	mac8(c, input, at, objects + n);
	n += 8;
	memcpy(out, header, 4);
	at = 4;
	if (extended) {
		out[at++] = 0;
		out[at++] = (uint8_t)(n >> 8);
	}
	assert_true(extended || n < 256);
	out[at++] = (uint8_t)n;
	memcpy(out + at, objects, n);
	at += n;
	out[at++] = 0;
	if (extended)
		out[at++] = 0;
	return at;
}

static size_t
get_length(const uint8_t *in, size_t *used)
{
	*used = 1;
	if (in[0] < 0x80)
		return in[0];
	*used = in[0] == 0x81 ? 2 : 3;
	return in[0] == 0x81 ? in[1] : (size_t)in[1] << 8 | in[2];
}

/* Takes the cryptogram of the answer, N bytes at IN, off; its plain text
 * replaces the answer. */
static bool
open_cryptogram(struct terminal *t, bool odd, const uint8_t *in, size_t n)
{
	static uint8_t secret[66000];
	const struct terminal_channel *c = &t->channel;
	uint8_t iv[16];

	if (!odd && (n == 0 || *in != 0x01))
		return false;
	if (!odd) {
		in++;
		n--;
	}
	if (n == 0 || n % block_size(c) != 0)
		return false;
	memcpy(secret, in, n);
	message_iv(c, iv);
	cbc(c, c->enc, iv, false, secret, n, t->data);
	while (n > 0 && t->data[n - 1] == 0)
		n--;
	if (n == 0 || t->data[n - 1] != 0x80)
		return false;
	t->len = n - 1;
	return true;
}

bool
sm_unwrap(struct terminal *t, uint8_t ins, uint16_t *sw)
{
	struct terminal_channel *c = &t->channel;
	static uint8_t input[66100], body[66100];
	uint8_t mac[8];
	size_t n = block_size(c), len = t->len, at = 0, used = 0, value = 0;
	bool odd = (ins & 1) != 0;

	count_up(c);
	if (len < 14 || t->data[len - 10] != 0x8E || t->data[len - 9] != 0x08)
		return false;
	memcpy(body, t->data, len);
	memcpy(input, c->ssc, n);
	memcpy(input + n, body, len - 10);
	mac8(c, input, pad(c, input, n + len - 10), mac);
	if (memcmp(mac, body + len - 8, 8) != 0)
		return false;
	t->len = 0;
	if (body[0] == (odd ? 0x85 : 0x87)) {
		value = get_length(body + 1, &used);
		if (!open_cryptogram(t, odd, body + 1 + used, value))
			return false;
		at = 1 + used + value;
	}
	*sw = (uint16_t)(body[at + 2] << 8 | body[at + 3]);
	return body[at] == 0x99 && body[at + 1] == 0x02 && at + 14 == len;
}

uint16_t
sm_bytes(struct terminal *t, const uint8_t *header, const uint8_t *data,
	size_t len, int le)
{
	static uint8_t command[9300];
	bool extended = len > (le < 0 ? 239u : 223u);
	uint16_t sw, inner = 0;

	sw = tx_bytes(t, command,
		sm_wrap(t, header, data, len, le, extended, command));
	sw = collect(t, sw);
	if (t->len == 0)
		return sw;
	if (!sm_unwrap(t, header[1], &inner))
		fail_msg("the answer to %02X is not protected well",
			(unsigned int)header[1]);
	assert_int_equal(inner, sw);
	return sw;
}

uint16_t
sm(struct terminal *t, const char *header, const char *data, int le)
{
	uint8_t head[4];
	static uint8_t bytes[9000];

	assert_int_equal(unhex(header, head, 4), 4);
	return sm_bytes(t, head, bytes, unhex(data, bytes, sizeof bytes), le);
}

uint16_t
sm_chained(struct terminal *t, const uint8_t *header, const uint8_t *data,
	size_t len, int le, size_t chunk)
{
	uint8_t link[4];
	uint16_t sw;

	memcpy(link, header, 4);
	link[0] |= 0x10;
	while (len > chunk) {
		sw = sm_bytes(t, link, data, chunk, -1);
		if (sw != 0x9000)
			return sw;
		assert_int_equal(t->len, 0);
		data += chunk;
		len -= chunk;
	}
	return sm_bytes(t, header, data, len, le);
}

static EVP_PKEY *
chip_key(const struct terminal *t)
{
	char path[160];
	FILE *file;
	EVP_PKEY *key;

	snprintf(path, sizeof path, "%s/issuer/chip-key.pem", t->dir);
	file = fopen(path, "r");
	assert_non_null(file);
	key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(key);
	return key;
}

static size_t
agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = 80;

	assert_true(EVP_PKEY_derive_init(ctx) > 0);
	assert_true(EVP_PKEY_derive_set_peer(ctx, peer) > 0);
	assert_true(EVP_PKEY_derive(ctx, secret, &len) > 0);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static void
derive_key(unsigned int cipher, const uint8_t *secret, size_t len,
	const uint8_t *nonce, uint8_t counter, uint8_t *key)
{
	uint8_t input[128], digest[32];
	size_t n = len;

	memcpy(input, secret, len);
	if (nonce != NULL) {
		memcpy(input + n, nonce, 8);
		n += 8;
	}
	memset(input + n, 0, 3);
	input[n + 3] = counter;
	if (cipher <= 2)
		SHA1(input, n + 4, digest);
	else
		SHA256(input, n + 4, digest);
	memcpy(key, digest, cipher <= 2 ? 16 : cipher == 3 ? 24 : 32);
}

static void
new_channel(struct terminal_channel *c, unsigned int cipher,
	const uint8_t *secret, size_t len, const uint8_t *nonce)
{
	memset(c, 0, sizeof *c);
	c->cipher = cipher == 1 ? 'd' : 'a';
	c->key_len = cipher <= 2 ? 16 : cipher == 3 ? 24 : 32;
	derive_key(cipher, secret, len, nonce, 1, c->enc);
	derive_key(cipher, secret, len, nonce, 2, c->mac);
}

/* MAC over 7F49{06 OID, 86 POINT} */
static bool
check_token(const struct terminal_channel *c, unsigned int cipher,
	const uint8_t *point, size_t len, const uint8_t *token)
{
	static const uint8_t oid[] = {0x06, 0x0A, 0x04, 0x00, 0x7F, 0x00, 0x07,
		0x02, 0x02, 0x03, 0x02};
	uint8_t object[256], inner[256], mac[8];
	size_t n = sizeof oid, at = 2;

	memcpy(inner, oid, n);
	inner[n++] = (uint8_t)cipher;
	inner[n++] = 0x86;
	n += put_length(inner + n, len);
	memcpy(inner + n, point, len);
	n += len;
	object[0] = 0x7F;
	object[1] = 0x49;
	at += put_length(object + at, n);
	memcpy(object + at, inner, n);
	at += n;
	if (c->cipher == 'd')
		at = pad(c, object, at);
	mac8(c, object, at, mac);
	return memcmp(mac, token, 8) == 0;
}

/* Sends DATA by GENERAL AUTHENTICATE, in the channel or plain. */
static uint16_t
general_authenticate(
	struct terminal *t, const uint8_t *data, size_t len, bool secured)
{
	static const uint8_t head[] = {0x0C, 0x86, 0x00, 0x00};
	uint8_t plain[300] = {0x00, 0x86, 0x00, 0x00, (uint8_t)len};

	if (secured)
		return sm_bytes(t, head, data, len, 0);
	memcpy(plain + 5, data, len);
	plain[5 + len] = 0;
	return tx_bytes(t, plain, 6 + len);
}

/* A key pair on the curve of PEER. */
static EVP_PKEY *
ephemeral_key(EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
	EVP_PKEY *own = NULL;

	assert_true(EVP_PKEY_keygen_init(ctx) > 0);
	assert_true(EVP_PKEY_keygen(ctx, &own) > 0);
	EVP_PKEY_CTX_free(ctx);
	return own;
}

static void
choose_protocol(struct terminal *t, unsigned int cipher, bool secured)
{
	char data[64], command[80];

	snprintf(data, sizeof data, "80 0A 04007F000702020302%02X 84 01 01",
		cipher);
	snprintf(command, sizeof command, "00 22 41 A4 0F %s", data);
	assert_int_equal(
		secured ? sm(t, "0C2241A4", data, -1) : tx(t, command), 0x9000);
}

/* 7C{80 POINT} */
static size_t
dynamic_data(const uint8_t *point, size_t len, uint8_t *out)
{
	size_t n = 0;

	out[n++] = 0x7C;
	n += put_length(out + n, len + (len < 0x80 ? 2 : 3));
	out[n++] = 0x80;
	n += put_length(out + n, len);
	memcpy(out + n, point, len);
	return n + len;
}

/* Takes the answer of GENERAL AUTHENTICATE and starts the new channel. */
static bool
start_channel(struct terminal *t, unsigned int cipher, unsigned int version,
	const uint8_t *secret, size_t secret_len, const uint8_t *point,
	size_t len)
{
	struct terminal_channel next;
	bool good = true;

	if (version == 2) {
		assert_int_equal(t->len, 22);
		assert_memory_equal(t->data, "\x7C\x14\x81\x08", 4);
		assert_memory_equal(t->data + 12, "\x82\x08", 2);
		new_channel(&next, cipher, secret, secret_len, t->data + 4);
		good = check_token(&next, cipher, point, len, t->data + 14);
	} else {
		assert_true(answers(t, "7C00"));
		new_channel(&next, cipher, secret, secret_len, NULL);
	}
	t->channel = next;
	return good;
}

static bool
run_chip_auth(struct terminal *t, unsigned int cipher, unsigned int version,
	bool secured)
{
	uint8_t secret[80], data[300], *point = NULL;
	EVP_PKEY *chip = chip_key(t), *own = ephemeral_key(chip);
	size_t secret_len = agree(own, chip, secret);
	size_t len = EVP_PKEY_get1_encoded_public_key(own, &point);
	bool good;

	choose_protocol(t, cipher, secured);
	assert_int_equal(general_authenticate(t, data,
				 dynamic_data(point, len, data), secured),
		0x9000);
	good = start_channel(
		t, cipher, version, secret, secret_len, point, len);
	OPENSSL_free(point);
	EVP_PKEY_free(own);
	EVP_PKEY_free(chip);
	return good;
}

bool
terminal_chip_auth(
	struct terminal *t, unsigned int cipher, unsigned int version)
{
	return run_chip_auth(t, cipher, version, false);
}

bool
terminal_key_agreement(struct terminal *t)
{
	uint8_t secret[80], command[300] = {0x00, 0x22, 0x41, 0xA6};
	uint8_t *point = NULL;
	EVP_PKEY *chip = chip_key(t), *own = ephemeral_key(chip);
	size_t secret_len = agree(own, chip, secret);
	size_t len = EVP_PKEY_get1_encoded_public_key(own, &point), n = 5;

	command[n++] = 0x91;
	n += put_length(command + n, len);
	memcpy(command + n, point, len);
	n += len;
	memcpy(command + n, "\x84\x01\x01", 3);
	n += 3;
	command[4] = (uint8_t)(n - 5);
	assert_int_equal(tx_bytes(t, command, n), 0x9000);
	assert_int_equal(t->len, 0);
	new_channel(&t->channel, 1, secret, secret_len, NULL);
	OPENSSL_free(point);
	EVP_PKEY_free(own);
	EVP_PKEY_free(chip);
	return true;
}

bool
terminal_chip_auth_again(struct terminal *t)
{
	return run_chip_auth(t, 4, 2, true);
}

static uint16_t
either(struct terminal *t, bool secured, const char *header, const char *data,
	int le)
{
	char plain[200];
	size_t n;

	if (secured)
		return sm(t, header, data, le);
	n = strlen(data) / 2;
	if (n > 0)
		snprintf(plain, sizeof plain, "00%s%02X%s", header + 2,
			(unsigned int)n, data);
	else
		snprintf(plain, sizeof plain, "00%s%02X", header + 2,
			(unsigned int)le);
	return tx(t, plain);
}

/* The last 8 bytes of the ICCSN, zeros on the left. */
static void
sn_icc(const struct terminal *t, uint8_t *sn)
{
	char hex[40] = "";
	uint8_t iccsn[20];
	size_t len, n;

	len = terminal_issuer(t, "iccsn", (uint8_t *)hex, sizeof hex - 1);
	assert_true(len > 1);
	hex[len - 1] = '\0'; /* the line's end */
	len = unhex(hex, iccsn, sizeof iccsn);
	n = len < 8 ? len : 8;
	memset(sn, 0, 8);
	memcpy(sn + 8 - n, iccsn + len - n, n);
}

static size_t
keyset_key(const struct terminal *t, const char *name, const char *part,
	uint8_t *key)
{
	char file[64];

	snprintf(file, sizeof file, "%s-%s.key", name, part);
	return terminal_issuer(t, file, key, 32);
}

/* E and its MAC, AES or 3DES by CIPHER. */
static size_t
ias_cryptogram(struct terminal *t, char cipher, const char *name, uint8_t *out)
{
	struct terminal_channel keys = {.cipher = cipher};
	uint8_t in[16], zero[16] = {0}, full[24];

	keys.key_len = keyset_key(t, name, "enc", keys.enc);
	assert_int_equal(keyset_key(t, name, "mac", keys.mac), keys.key_len);
	memcpy(in, t->data, 8);
	sn_icc(t, in + 8);
	cbc(&keys, keys.enc, zero, true, in, 16, out);
	memcpy(full, out, 16);
	mac8(&keys, full, cipher == 'd' ? pad(&keys, full, 16) : 16, out + 16);
	return 24;
}

static size_t
cryptogram(struct terminal *t, const char *name, uint8_t *out)
{
	struct terminal_channel keys = {.cipher = 'a'};

	if (t->algorithm != 0x1E)
		return ias_cryptogram(
			t, t->algorithm == 0x1C ? 'd' : 'a', name, out);
	keys.key_len = keyset_key(t, name, "mac", keys.mac);
	cmac(&keys, keys.mac, t->data, 16, out);
	return 16;
}

uint16_t
role(struct terminal *t, const char *name, uint8_t reference, bool secured,
	bool wrong)
{
	uint8_t algorithm = t->algorithm != 0 ? t->algorithm : 0x1D, out[24];
	size_t i, len;
	char hex[64];
	uint16_t sw;

	snprintf(hex, sizeof hex, "8001%02X8301%02X", algorithm, reference);
	sw = either(t, secured, "0C2281A4", hex, -1);
	if (sw != 0x9000)
		return sw;
	sw = either(t, secured, "0C840000", "", algorithm == 0x1E ? 16 : 8);
	if (sw != 0x9000)
		return sw;
	assert_int_equal(t->len, algorithm == 0x1E ? 16 : 8);
	len = cryptogram(t, name, out);
	out[len - 1] ^= wrong ? 1 : 0;
	for (i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02X", out[i]);
	return either(t, secured, "0C820000", hex, -1);
}

#define PKI "00 A4 04 00 0A E828BD080F014E585030 00"

void
terminal_admin(struct terminal *t)
{
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_true(terminal_chip_auth(t, 4, 2));
	assert_int_equal(role(t, "sk_admin", 0x11, true, false), 0x9000);
}

void
terminal_activate(struct terminal *t)
{
	uint8_t pin[32];
	size_t len = terminal_issuer(t, "transport-pin", pin, sizeof pin - 1);

	assert_true(len > 1 && pin[len - 1] == '\n');
	pin[len - 1] = '\0';
	assert_int_equal(tx(t, PKI), 0x9000);
	assert_int_equal(verify(t, 0x04, (char *)pin), 0x9000);
	assert_int_equal(tx(t, "00 24 01 01 04 31323334"), 0x9000);
	assert_int_equal(tx(t, "00 24 01 82 06 353637383930"), 0x9000);
	terminal_admin(t);
	assert_int_equal(sm(t, "0C440000", "", -1), 0x9000);
	terminal_reset(t);
}

/* Two primes each, made for these tests. */
static const struct {
	unsigned int bits;
	const char *p, *q;
} known_keys[] = {
	{2048,
		"E62A77EC786206A09A82A0E307C0092A46835B11BC2C57FECDE1D25CD150"
		"59102DC6DDE4E25988EF22A31F92D8C9C438830205EC67E54F4F507068AA"
		"31C42F410B3829349F8B24C4C5814F2CFDFDCCE01880F66D8992363ECA3D"
		"5EFE0D2484689B54521A97F893737004BBA1CB8C17D650F022425E0AD86E"
		"11EC7C11A6EF19BD",
		"D337B0A558B7732C59D9703DACCDCB248004C423BF4EF022BFAFF86FE3FE"
		"569597707AC4852D28BC27F490D2A12F8C603A9BA53019A9C5ADEEC8B5E9"
		"CAA4C87A0869F03BD6B29622624A9F6A769CC9482CE6D579DC4D82D5FEF9"
		"24EE288AE01372D0D1BDD4C3D9A41418CA11CAED707EAE5462CBBB048B41"
		"C96C31A40EB82751"},
	{3072,
		"FDBF823914F997ACF2CE8BB906175585A632ABF7DB4CB14A2E38F402FBD2"
		"2CDC025E295AB3239BB2ABEF867468C89C2AAB02507DA2B47033B8A32A5A"
		"9FF2015990BDE3CF45F7890A799842E30F0F107E5B041FD66AD214A9D30B"
		"0C2ADF41093F3DBBCD005F53CE31589BE464B2A1350242CEBBEECF08A56F"
		"F1D70F85F301793A02EBE88AC8128BB6401A73DC63FE6725E21BED41605D"
		"FCD6DF2F48589272F6D31CACCF70CCF18599FCA2AD83D258A9D74FF60D7A"
		"1BCA0672D5C160C1E44E830F",
		"DCDC98495E60E93F61B4FF7127B432B36ECF14FC67EF1EBBD6ED0042F22D"
		"B93F40E1B121AFFF1DE17109A48A1A200C283B4078E87D348FCB63139939"
		"628965C253FB0D5F5C51C333746AAB99CE94B0760DBF58190F568293DA86"
		"9DD45FBDEF52F8D799AEF7274B55F8695088049E3A511F9589B863F9D2A0"
		"144C188CE4CE6E4F3EFF1D33607EB6C3B40CDAC895C1F4A16A0D333C18F8"
		"1A312D4125A04A4869B5A1EFA9641B7D24F5BF108B2BDEB365824BD38A48"
		"EDD31B79713F99DA2AF14087"},
};

static const BIGNUM *
component_of(char component, const BIGNUM *p, const BIGNUM *q, BN_CTX *ctx)
{
	BIGNUM *out = BN_CTX_get(ctx), *minus = BN_CTX_get(ctx);
	BIGNUM *e = BN_CTX_get(ctx);

	assert_non_null(e);
	assert_true(BN_set_word(e, 65537));
	if (component == 'p')
		return p;
	if (component == 'q')
		return q;
	if (component == 'e')
		return e;
	if (component == 'n') {
		assert_true(BN_mul(out, p, q, ctx));
		return out;
	}
	if (component == 'i') {
		assert_non_null(BN_mod_inverse(out, q, p, ctx));
		return out;
	}
	assert_true(BN_sub(minus, component == 'x' ? p : q, BN_value_one()));
	assert_non_null(BN_mod_inverse(out, e, minus, ctx));
	return out;
}

size_t
known_rsa(unsigned int bits, char component, uint8_t *out, size_t max)
{
	size_t i = bits == 2048 ? 0 : 1, len;
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = NULL, *q = NULL;
	const BIGNUM *number;

	assert_int_equal(known_keys[i].bits, bits);
	BN_CTX_start(ctx);
	assert_true(BN_hex2bn(&p, known_keys[i].p) > 0);
	assert_true(BN_hex2bn(&q, known_keys[i].q) > 0);
	number = component_of(component, p, q, ctx);
	assert_true((size_t)BN_num_bytes(number) <= max);
	len = (size_t)BN_bn2bin(number, out);
	BN_free(p);
	BN_free(q);
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return len;
}

/* TAG value at OUT */
static size_t
put_object(uint8_t *out, const char *tag, const uint8_t *value, size_t len)
{
	size_t n = unhex(tag, out, 4);

	n += put_length(out + n, len);
	memcpy(out + n, value, len);
	return n + len;
}

uint16_t
put_component(struct terminal *t, uint8_t key, uint8_t tag,
	const uint8_t *value, size_t len)
{
	static const uint8_t head[] = {0x0C, 0xDB, 0x3F, 0xFF};
	uint8_t inner[600], middle[620], outer[640];
	char name[8];
	bool private_part = tag > 0x90;

	snprintf(name, sizeof name, "%02X", tag);
	len = put_object(inner, name, value, len);
	len = put_object(middle, private_part ? "7F48" : "7F49", inner, len);
	snprintf(name, sizeof name, "BF%02X%02X", private_part ? 0x90 : 0xA0,
		key);
	len = put_object(outer, name, middle, len);
	len = put_object(middle, "70", outer, len);
	return len > 223 ? sm_chained(t, head, middle, len, -1, 223)
			 : sm_bytes(t, head, middle, len, -1);
}

uint16_t
import_known(struct terminal *t, uint8_t key, unsigned int bits)
{
	static const struct {
		char component;
		uint8_t tag;
	} order[] = {{'p', 0x92}, {'q', 0x93}, {'i', 0x94}, {'x', 0x95},
		{'y', 0x96}, {'n', 0x81}, {'e', 0x82}};
	uint8_t value[600];
	size_t i, len;
	uint16_t sw = 0;

	for (i = 0; i < sizeof order / sizeof *order; i++) {
		len = known_rsa(bits, order[i].component, value, sizeof value);
		sw = put_component(t, key, order[i].tag, value, len);
		if (sw != 0x9000)
			break;
	}
	return sw;
}
