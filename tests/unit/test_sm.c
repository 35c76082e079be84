/*
 * test_sm.c: secure messaging against published vectors and against attacks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/secure-messaging.h"
#include "core/tlv.h"

/* --- every allocation of ours and of OpenSSL is counted --- */

static size_t allocations;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *
__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

static void *
counting_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return __real_malloc(size);
}

static void *
counting_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return realloc(old, size);
}

static void
counting_free(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

/* --- helpers --- */

/* A channel as a vector describes it: keys and counter. */
static void
open_channel(struct jcop_sm *sm, const json_t *vector)
{
	struct jcop_blob kenc = hex_of(vector, "kenc"),
			 kmac = hex_of(vector, "kmac"),
			 ssc = hex_of(vector, "ssc");

	assert_ok(
		jcop_sm_init(sm, (enum jcop_cipher)number_of(vector, "cipher"),
			jcop_blob_view(&kenc), jcop_blob_view(&kmac)));
	assert_int_equal(ssc.len, sm->block);
	memcpy(sm->ssc, ssc.data, ssc.len);
	jcop_blob_free(&kenc);
	jcop_blob_free(&kmac);
	jcop_blob_free(&ssc);
}

static void
assert_wrapped(struct jcop_sm *sm, const json_t *vector)
{
	struct jcop_blob header = hex_of(vector, "plain"),
			 body = hex_of(vector, "data"), data = JCOP_BLOB_INIT,
			 out = JCOP_BLOB_INIT;
	struct jcop_apdu wrapped,
		plain = {header.data[0], header.data[1], header.data[2],
			header.data[3], jcop_blob_view(&body),
			number_of(vector, "le")};

	assert_ok(jcop_sm_wrap(sm, &plain, &data, &wrapped));
	assert_ok(jcop_apdu_encode(&wrapped, &out));
	assert_hex(jcop_blob_view(&out), text_of(vector, "wrapped"));
	jcop_blob_free(&header);
	jcop_blob_free(&body);
	jcop_blob_free(&data);
	jcop_blob_free(&out);
}

static void
assert_unwrapped(
	struct jcop_sm *sm, struct jcop_bytes response, const char *answer)
{
	struct jcop_blob plain = JCOP_BLOB_INIT;
	uint16_t sw = 0;

	assert_ok(jcop_sm_unwrap(
		sm, JCOP_INS_SELECT, response, JCOP_SW_OK, &plain, &sw));
	assert_int_equal(sw, JCOP_SW_OK);
	assert_hex(jcop_blob_view(&plain), answer);
	jcop_blob_free(&plain);
}

/* The promise about every bad answer: an error, no data, no status word, and
 * a channel that is closed for good. */
static void
assert_refused(struct jcop_sm *sm, uint8_t ins, struct jcop_bytes response,
	uint16_t outer_sw)
{
	struct jcop_apdu wrapped, next = {0x00, 0x84, 0x00, 0x00, {NULL, 0}, 8};
	struct jcop_blob plain = JCOP_BLOB_INIT, data = JCOP_BLOB_INIT;
	uint16_t sw = 0x1234;

	assert_ok(jcop_blob_append(&plain, "left over", 9));
	assert_int_equal(
		jcop_sm_unwrap(sm, ins, response, outer_sw, &plain, &sw),
		JCOP_ERR_CHANNEL);
	assert_int_equal(plain.len, 0);
	assert_int_equal(sw, 0);
	assert_false(jcop_sm_is_open(sm));
	assert_int_equal(
		jcop_sm_wrap(sm, &next, &data, &wrapped), JCOP_ERR_CHANNEL);
	assert_int_equal(data.len, 0);
	assert_int_equal(wrapped.data.len, 0);
	jcop_blob_free(&plain);
	jcop_blob_free(&data);
}

/* --- a card's side, enough to make answers --- */

struct fake_card {
	enum jcop_cipher cipher;
	struct jcop_mac mac;
	uint8_t kenc[JCOP_KEY_MAX], kmac[JCOP_KEY_MAX];
	uint64_t counter;
};

static void
fake_card_init(struct fake_card *card, enum jcop_cipher cipher)
{
	size_t i;

	*card = (struct fake_card){.cipher = cipher};
	for (i = 0; i < JCOP_KEY_MAX; i++) {
		card->kenc[i] = (uint8_t)(3 * i + 1);
		card->kmac[i] = (uint8_t)(7 * i + 2);
	}
	assert_ok(jcop_mac_init(&card->mac, cipher,
		jcop_bytes_of(card->kmac, jcop_cipher_key_size(cipher))));
}

static void
fake_card_open(const struct fake_card *card, struct jcop_sm *sm)
{
	size_t len = jcop_cipher_key_size(card->cipher);

	assert_ok(jcop_sm_init(sm, card->cipher, jcop_bytes_of(card->kenc, len),
		jcop_bytes_of(card->kmac, len)));
}

static size_t
fake_ssc(const struct fake_card *card, uint8_t *ssc)
{
	size_t i, block = jcop_cipher_block_size(card->cipher);

	memset(ssc, 0, block);
	for (i = 0; i < 8; i++)
		ssc[block - 1 - i] = (uint8_t)(card->counter >> (8 * i));
	return block;
}

static void
fake_cipher(const char *name, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done = 0;

	assert_int_equal(
		EVP_EncryptInit_ex2(context, cipher, key, iv, NULL), 1);
	EVP_CIPHER_CTX_set_padding(context, 0);
	assert_int_equal(
		EVP_EncryptUpdate(context, out, &done, in, (int)len), 1);
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
}

static void
fake_encrypt(const struct fake_card *card, struct jcop_blob *padded)
{
	static const char *const cbc[] = {
		"DES-EDE-CBC", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC"};
	static const char *const ecb[] = {
		NULL, "AES-128-ECB", "AES-192-ECB", "AES-256-ECB"};
	uint8_t ssc[16], iv[16] = {0};
	size_t block = fake_ssc(card, ssc);

	if (ecb[card->cipher] != NULL)
		fake_cipher(
			ecb[card->cipher], card->kenc, NULL, ssc, block, iv);
	fake_cipher(cbc[card->cipher], card->kenc, iv, padded->data,
		padded->len, padded->data);
}

/* Appends 8E over what is in RESPONSE. */
static void
fake_mac(struct fake_card *card, struct jcop_blob *response)
{
	uint8_t ssc[16], mac[JCOP_MAC_SIZE];
	size_t block = fake_ssc(card, ssc);

	assert_ok(jcop_mac_start(&card->mac));
	assert_ok(jcop_mac_update(&card->mac, jcop_bytes_of(ssc, block)));
	if (response->len > 0) {
		assert_ok(
			jcop_mac_update(&card->mac, jcop_blob_view(response)));
		assert_ok(jcop_mac_pad(&card->mac));
	}
	assert_ok(jcop_mac_finish(&card->mac, mac));
	assert_ok(jcop_tlv_put(response, 0x8E, JCOP_BYTES(mac)));
}

/* TAG 87 with its indicator or 85, over PADDED, which is encrypted. */
static void
fake_cryptogram(const struct fake_card *card, uint8_t tag,
	struct jcop_blob *padded, struct jcop_blob *response)
{
	fake_encrypt(card, padded);
	assert_ok(jcop_tlv_put_header(
		response, tag, padded->len + (tag == 0x87 ? 1 : 0)));
	if (tag == 0x87)
		assert_ok(jcop_blob_append_u8(response, 1));
	assert_ok(jcop_blob_append(response, padded->data, padded->len));
}

static void
fake_pad(const struct fake_card *card, struct jcop_blob *data)
{
	size_t block = jcop_cipher_block_size(card->cipher);

	assert_ok(jcop_blob_append_u8(data, 0x80));
	while (data->len % block != 0)
		assert_ok(jcop_blob_append_u8(data, 0));
}

/* A good answer to the next command. */
static void
fake_answer(struct fake_card *card, uint8_t tag, struct jcop_bytes data,
	uint16_t sw, struct jcop_blob *response)
{
	const uint8_t status[] = {(uint8_t)(sw >> 8), (uint8_t)sw};
	struct jcop_blob padded = JCOP_BLOB_INIT;

	card->counter += 2;
	jcop_blob_clear(response);
	if (data.len > 0) {
		assert_ok(jcop_blob_set(&padded, data.data, data.len));
		fake_pad(card, &padded);
		fake_cryptogram(card, tag, &padded, response);
	}
	assert_ok(jcop_tlv_put(response, 0x99, JCOP_BYTES(status)));
	fake_mac(card, response);
	jcop_blob_free(&padded);
}

static void
send(struct jcop_sm *sm, uint8_t ins)
{
	struct jcop_apdu wrapped, plain = {0, ins, 0, 0, {NULL, 0}, 256};
	struct jcop_blob data = JCOP_BLOB_INIT;

	assert_ok(jcop_sm_wrap(sm, &plain, &data, &wrapped));
	jcop_blob_free(&data);
}

#define ANSWER_TEXT "twenty-one data bytes"

/* A channel that has sent one command and the good answer to it. */
struct attack {
	struct fake_card card;
	struct jcop_sm sm;
	struct jcop_blob answer;
};

static void
attack_begin(struct attack *attack, enum jcop_cipher cipher)
{
	attack->sm = (struct jcop_sm)JCOP_SM_INIT;
	attack->answer = (struct jcop_blob)JCOP_BLOB_INIT;
	fake_card_init(&attack->card, cipher);
	fake_card_open(&attack->card, &attack->sm);
	send(&attack->sm, JCOP_INS_READ_BINARY);
	fake_answer(&attack->card, 0x87,
		jcop_bytes_of(ANSWER_TEXT, strlen(ANSWER_TEXT)), JCOP_SW_OK,
		&attack->answer);
}

static void
attack_end(struct attack *attack)
{
	jcop_sm_clear(&attack->sm);
	jcop_mac_clear(&attack->card.mac);
	jcop_blob_free(&attack->answer);
}

static void
assert_attack_fails(
	struct attack *attack, struct jcop_bytes response, uint16_t outer_sw)
{
	assert_refused(&attack->sm, JCOP_INS_READ_BINARY, response, outer_sw);
	attack_end(attack);
}

/* The three parts of the good answer: 87, 99, 8E. */
static void
split(const struct attack *attack, struct jcop_bytes part[3])
{
	struct jcop_bytes rest = jcop_blob_view(&attack->answer);
	struct jcop_tlv object;
	int i;

	for (i = 0; i < 3; i++) {
		assert_ok(jcop_tlv_read(&rest, &object));
		part[i] = object.whole;
	}
	assert_int_equal(rest.len, 0);
}

/* The answer as ORDER names its parts: "012" is the good one. */
static void
assert_order_fails(enum jcop_cipher cipher, const char *order)
{
	struct jcop_blob response = JCOP_BLOB_INIT;
	struct jcop_bytes part[3];
	struct attack attack;

	attack_begin(&attack, cipher);
	split(&attack, part);
	for (; *order != '\0'; order++)
		assert_ok(jcop_blob_append(&response, part[*order - '0'].data,
			part[*order - '0'].len));
	assert_attack_fails(&attack, jcop_blob_view(&response), JCOP_SW_OK);
	jcop_blob_free(&response);
}

/* --- published vectors --- */

static void
the_icao_example_is_reproduced(void **state)
{
	json_t *root = load_vectors("icao-9303-11-d.json"), *channel, *step;
	size_t i, j, steps = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "channels"), i, channel)
	{
		struct jcop_sm sm = JCOP_SM_INIT;

		open_channel(&sm, channel);
		json_array_foreach(json_object_get(channel, "steps"), j, step)
		{
			struct jcop_blob response = hex_of(step, "response");

			assert_wrapped(&sm, step);
			assert_unwrapped(&sm, jcop_blob_view(&response),
				text_of(step, "answer"));
			jcop_blob_free(&response);
			steps++;
		}
		jcop_sm_clear(&sm);
	}
	assert_int_equal(steps, 3);
	json_decref(root);
}

static json_t *
gmrtd(const char *list, size_t count)
{
	json_t *root = load_vectors("gmrtd-secure-messaging.json"), *array;

	array = json_incref(json_object_get(root, list));
	assert_int_equal(json_array_size(array), count);
	json_decref(root);
	return array;
}

static void
gmrtd_commands_are_reproduced(void **state)
{
	json_t *array = gmrtd("commands", 2), *vector;
	size_t i;

	(void)state;
	json_array_foreach(array, i, vector)
	{
		struct jcop_sm sm = JCOP_SM_INIT;

		open_channel(&sm, vector);
		assert_wrapped(&sm, vector);
		jcop_sm_clear(&sm);
	}
	json_decref(array);
}

static void
gmrtd_answers_are_opened(void **state)
{
	json_t *array = gmrtd("answers", 2), *vector;
	size_t i;

	(void)state;
	json_array_foreach(array, i, vector)
	{
		struct jcop_blob response = hex_of(vector, "response");
		struct jcop_sm sm = JCOP_SM_INIT;

		open_channel(&sm, vector);
		sm.answering = true;
		assert_unwrapped(&sm,
			jcop_bytes_of(response.data, response.len - 2),
			text_of(vector, "answer"));
		jcop_sm_clear(&sm);
		jcop_blob_free(&response);
	}
	json_decref(array);
}

static void
gmrtd_bad_answers_are_refused(void **state)
{
	json_t *array = gmrtd("refused", 8), *vector;
	size_t i;

	(void)state;
	json_array_foreach(array, i, vector)
	{
		struct jcop_blob response = hex_of(vector, "response");
		size_t len = response.len < 2 ? 0 : response.len - 2;
		struct jcop_sm sm = JCOP_SM_INIT;

		open_channel(&sm, vector);
		sm.answering = true;
		assert_refused(&sm, JCOP_INS_SELECT,
			jcop_bytes_of(response.data, len), JCOP_SW_OK);
		jcop_blob_free(&response);
	}
	json_decref(array);
}

/* The vector has the value of 87 only: 99 and 8E are added here. */
static void
assert_cryptogram(const json_t *vector)
{
	const char *answer =
		json_string_value(json_object_get(vector, "answer"));
	struct jcop_blob value = hex_of(vector, "value"),
			 ssc = hex_of(vector, "ssc"),
			 kmac = hex_of(vector, "kmac"),
			 response = JCOP_BLOB_INIT;
	struct jcop_sm sm = JCOP_SM_INIT;
	struct fake_card card = {
		.cipher = (enum jcop_cipher)number_of(vector, "cipher")};
	size_t i;

	open_channel(&sm, vector);
	sm.answering = true;
	sm.ssc[sm.block - 1]--; /* the vector's is after the increment */
	for (i = 0; i < 8; i++)
		card.counter = card.counter << 8 | ssc.data[ssc.len - 8 + i];
	assert_ok(jcop_mac_init(&card.mac, card.cipher, jcop_blob_view(&kmac)));
	assert_ok(jcop_tlv_put(&response, 0x87, jcop_blob_view(&value)));
	assert_ok(jcop_tlv_put(&response, 0x99, jcop_bytes_of("\x90\x00", 2)));
	fake_mac(&card, &response);
	if (answer != NULL)
		assert_unwrapped(&sm, jcop_blob_view(&response), answer);
	else
		assert_refused(&sm, JCOP_INS_SELECT, jcop_blob_view(&response),
			JCOP_SW_OK);
	jcop_sm_clear(&sm);
	jcop_mac_clear(&card.mac);
	jcop_blob_free(&value);
	jcop_blob_free(&ssc);
	jcop_blob_free(&kmac);
	jcop_blob_free(&response);
}

static void
gmrtd_cryptograms_are_decrypted(void **state)
{
	json_t *array = gmrtd("cryptograms", 4), *vector;
	size_t i;

	(void)state;
	json_array_foreach(array, i, vector) assert_cryptogram(vector);
	json_decref(array);
}

static void
the_counter_steps_and_wraps_as_in_gmrtd(void **state)
{
	json_t *array = gmrtd("counter", 8), *vector;
	size_t i;

	(void)state;
	json_array_foreach(array, i, vector)
	{
		struct jcop_sm sm = JCOP_SM_INIT;

		open_channel(&sm, vector);
		send(&sm, JCOP_INS_READ_BINARY);
		assert_hex(jcop_bytes_of(sm.ssc, sm.block),
			text_of(vector, "next"));
		jcop_sm_clear(&sm);
	}
	json_decref(array);
}

/* --- the good way --- */

static void
an_answer_is_opened_with_every_cipher(void **state)
{
	static uint8_t data[1024];
	enum jcop_cipher cipher;
	size_t len;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		struct jcop_blob response = JCOP_BLOB_INIT,
				 plain = JCOP_BLOB_INIT;
		struct jcop_sm sm = JCOP_SM_INIT;
		struct fake_card card;
		uint16_t sw;

		fake_card_init(&card, cipher);
		fake_card_open(&card, &sm);
		for (len = 0; len < sizeof(data); len += 15) {
			memset(data, (int)len, sizeof(data));
			send(&sm, JCOP_INS_READ_BINARY);
			fake_answer(&card, 0x87, jcop_bytes_of(data, len),
				JCOP_SW_END_OF_FILE, &response);
			assert_ok(jcop_sm_unwrap(&sm, JCOP_INS_READ_BINARY,
				jcop_blob_view(&response), JCOP_SW_END_OF_FILE,
				&plain, &sw));
			assert_int_equal(sw, JCOP_SW_END_OF_FILE);
			assert_bytes(jcop_blob_view(&plain),
				jcop_bytes_of(data, len));
		}
		jcop_sm_clear(&sm);
		jcop_mac_clear(&card.mac);
		jcop_blob_free(&response);
		jcop_blob_free(&plain);
	}
}

static int
unwrap_tag(uint8_t ins, uint8_t tag)
{
	struct jcop_blob response = JCOP_BLOB_INIT, plain = JCOP_BLOB_INIT;
	struct jcop_sm sm = JCOP_SM_INIT;
	struct fake_card card;
	uint16_t sw;
	int r;

	fake_card_init(&card, JCOP_CIPHER_AES_256);
	fake_card_open(&card, &sm);
	send(&sm, ins);
	fake_answer(&card, tag, jcop_bytes_of("\x7F\x49", 2), JCOP_SW_OK,
		&response);
	r = jcop_sm_unwrap(
		&sm, ins, jcop_blob_view(&response), JCOP_SW_OK, &plain, &sw);
	assert_int_equal(plain.len, r == JCOP_OK ? 2 : 0);
	jcop_sm_clear(&sm);
	jcop_mac_clear(&card.mac);
	jcop_blob_free(&response);
	jcop_blob_free(&plain);
	return r;
}

static void
answers_of_odd_instructions_come_in_85_or_87(void **state)
{
	(void)state;
	assert_ok(unwrap_tag(JCOP_INS_GENERATE_KEY_PAIR, 0x85));
	assert_ok(unwrap_tag(JCOP_INS_GENERATE_KEY_PAIR, 0x87));
	assert_ok(unwrap_tag(JCOP_INS_READ_BINARY, 0x87));
	assert_int_equal(
		unwrap_tag(JCOP_INS_READ_BINARY, 0x85), JCOP_ERR_CHANNEL);
	assert_int_equal(
		unwrap_tag(JCOP_INS_GENERATE_KEY_PAIR, 0x83), JCOP_ERR_CHANNEL);
}

static struct jcop_apdu
wrap_length(struct jcop_sm *sm, uint8_t cla, uint8_t ins, size_t len, size_t le,
	struct jcop_blob *data)
{
	static const uint8_t zeros[JCOP_COMMAND_MAX + 1];
	struct jcop_apdu wrapped,
		plain = {cla, ins, 0, 0, jcop_bytes_of(zeros, len), le};

	assert_ok(jcop_sm_wrap(sm, &plain, data, &wrapped));
	sm->answering = false;
	return wrapped;
}

static void
the_objects_of_a_command_are_those_of_its_kind(void **state)
{
	struct jcop_blob data = JCOP_BLOB_INIT;
	struct jcop_sm sm = JCOP_SM_INIT;
	struct jcop_apdu wrapped;
	struct fake_card card;

	(void)state;
	fake_card_init(&card, JCOP_CIPHER_AES_256);
	fake_card_open(&card, &sm);
	/* odd INS: 85 without an indicator */
	wrapped = wrap_length(&sm, 0x00, 0xDB, 20, 0, &data);
	assert_hex(jcop_bytes_of(data.data, 2), "8520");
	assert_hex(jcop_bytes_of(data.data + 34, 2), "8E08");
	assert_int_equal(data.len, 44);
	assert_int_equal(wrapped.cla, 0x0C);
	assert_int_equal(wrapped.le, 256);
	/* even INS: 87 with it, 97 with the Le */
	wrapped = wrap_length(&sm, 0x00, 0x2A, 20, 256, &data);
	assert_hex(jcop_bytes_of(data.data, 3), "872101");
	assert_hex(jcop_bytes_of(data.data + 35, 3), "970100");
	/* extended Le */
	wrapped = wrap_length(&sm, 0x00, 0xB0, 0, 65536, &data);
	assert_hex(jcop_bytes_of(data.data, 4), "97020000");
	/* no data and no Le: the MAC alone; a link of a chain keeps its bit */
	wrapped = wrap_length(&sm, 0x10, 0x44, 0, 0, &data);
	assert_int_equal(data.len, 10);
	assert_int_equal(wrapped.cla, 0x1C);
	jcop_sm_clear(&sm);
	jcop_mac_clear(&card.mac);
	jcop_blob_free(&data);
}

static void
max_plain_is_the_last_length_that_stays_short(void **state)
{
	static const size_t expected[][2] = {{239, 231}, {239, 223}};
	enum jcop_cipher cipher;
	int with_le;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		struct jcop_blob data = JCOP_BLOB_INIT;
		struct jcop_sm sm = JCOP_SM_INIT;
		struct fake_card card;

		fake_card_init(&card, cipher);
		fake_card_open(&card, &sm);
		for (with_le = 0; with_le < 2; with_le++) {
			size_t le = with_le ? 256 : 0;
			size_t most = jcop_sm_max_plain(&sm, with_le);
			struct jcop_apdu wrapped;

			assert_int_equal(most,
				expected[cipher > JCOP_CIPHER_3DES][with_le]);
			wrapped = wrap_length(&sm, 0, 0xD6, most, le, &data);
			assert_false(jcop_apdu_is_extended(&wrapped));
			wrapped =
				wrap_length(&sm, 0, 0xD6, most + 1, le, &data);
			assert_true(jcop_apdu_is_extended(&wrapped));
			assert_int_equal(wrapped.le, 65536);
		}
		jcop_sm_clear(&sm);
		jcop_mac_clear(&card.mac);
		jcop_blob_free(&data);
	}
}

static void
a_long_command_is_wrapped_whole_into_reserved_room(void **state)
{
	struct jcop_blob data = JCOP_BLOB_INIT;
	struct jcop_sm sm = JCOP_SM_INIT;
	struct jcop_apdu wrapped;
	struct fake_card card;
	uint8_t *place;

	(void)state;
	fake_card_init(&card, JCOP_CIPHER_AES_256);
	fake_card_open(&card, &sm);
	assert_ok(jcop_blob_reserve(&data, JCOP_SM_DATA_SIZE));
	place = data.data;
	wrapped = wrap_length(&sm, 0, 0xDB, JCOP_COMMAND_MAX, 65536, &data);
	assert_ptr_equal(data.data, place);
	assert_int_equal(jcop_apdu_link_count(&wrapped, 255), 33);
	assert_int_equal(jcop_apdu_link(&wrapped, 255, 0).cla, 0x1C);
	assert_int_equal(jcop_apdu_link(&wrapped, 255, 32).cla, 0x0C);
	jcop_sm_clear(&sm);
	jcop_mac_clear(&card.mac);
	jcop_blob_free(&data);
}

/* --- attacks --- */

static void
the_good_answer_of_the_attacks_is_good(void **state)
{
	enum jcop_cipher cipher;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		struct jcop_blob plain = JCOP_BLOB_INIT;
		struct attack attack;
		uint16_t sw;

		attack_begin(&attack, cipher);
		assert_ok(jcop_sm_unwrap(&attack.sm, JCOP_INS_READ_BINARY,
			jcop_blob_view(&attack.answer), JCOP_SW_OK, &plain,
			&sw));
		assert_bytes(jcop_blob_view(&plain),
			jcop_bytes_of(ANSWER_TEXT, strlen(ANSWER_TEXT)));
		jcop_blob_free(&plain);
		attack_end(&attack);
	}
}

static void
every_altered_bit_is_found(void **state)
{
	enum jcop_cipher cipher;
	size_t bit, bits;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		for (bit = 0, bits = 1; bit < bits; bit++) {
			struct attack attack;

			attack_begin(&attack, cipher);
			bits = 8 * attack.answer.len;
			attack.answer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_attack_fails(&attack,
				jcop_blob_view(&attack.answer), JCOP_SW_OK);
		}
	}
}

static void
every_other_value_of_a_byte_is_found(void **state)
{
	size_t at, len = 1;
	int change;

	(void)state;
	for (at = 0; at < len; at++) {
		for (change = 1; change < 256; change++) {
			struct attack attack;

			attack_begin(&attack, JCOP_CIPHER_AES_256);
			len = attack.answer.len;
			attack.answer.data[at] ^= (uint8_t)change;
			assert_attack_fails(&attack,
				jcop_blob_view(&attack.answer), JCOP_SW_OK);
		}
	}
}

static void
every_truncation_and_every_trailing_byte_is_found(void **state)
{
	size_t cut, len = 1;
	int byte;

	(void)state;
	for (cut = 0; cut < len; cut++) {
		struct attack attack;

		attack_begin(&attack, JCOP_CIPHER_AES_256);
		len = attack.answer.len;
		assert_attack_fails(&attack,
			jcop_bytes_of(attack.answer.data, cut), JCOP_SW_OK);
	}
	for (byte = 0; byte < 256; byte++) {
		struct attack attack;

		attack_begin(&attack, JCOP_CIPHER_AES_256);
		assert_ok(jcop_blob_append_u8(&attack.answer, (uint8_t)byte));
		assert_attack_fails(
			&attack, jcop_blob_view(&attack.answer), JCOP_SW_OK);
	}
}

static void
missing_doubled_and_reordered_objects_are_refused(void **state)
{
	static const char *const orders[] = {"", "0", "1", "2", "01", "02",
		"12", "10", "20", "21", "021", "102", "120", "201", "210",
		"0012", "0112", "0122", "0102", "1012", "0121", "2012", "0212",
		"012012"};
	enum jcop_cipher cipher;
	size_t i;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
			assert_order_fails(cipher, orders[i]);
	}
}

static void
a_plain_answer_is_refused(void **state)
{
	static const uint16_t words[] = {
		0x9000, 0x6987, 0x6988, 0x6E00, 0x6882, 0x6A82, 0x6100, 0x0000};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct attack attack;

		attack_begin(&attack, JCOP_CIPHER_AES_256);
		assert_attack_fails(&attack, jcop_bytes_of(NULL, 0), words[i]);
		attack_begin(&attack, JCOP_CIPHER_AES_256);
		assert_attack_fails(&attack,
			jcop_bytes_of(ANSWER_TEXT, strlen(ANSWER_TEXT)),
			words[i]);
	}
}

static void
an_outer_status_word_that_differs_is_refused(void **state)
{
	uint32_t sw;

	(void)state;
	for (sw = 0; sw <= 0xFFFF; sw += 0x101) {
		struct attack attack;

		if (sw == JCOP_SW_OK)
			continue;
		attack_begin(&attack, JCOP_CIPHER_AES_256);
		assert_attack_fails(
			&attack, jcop_blob_view(&attack.answer), (uint16_t)sw);
	}
}

static void
a_replayed_answer_is_refused(void **state)
{
	enum jcop_cipher cipher;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		struct jcop_blob plain = JCOP_BLOB_INIT;
		struct attack attack;
		uint16_t sw;

		attack_begin(&attack, cipher);
		assert_ok(jcop_sm_unwrap(&attack.sm, JCOP_INS_READ_BINARY,
			jcop_blob_view(&attack.answer), JCOP_SW_OK, &plain,
			&sw));
		send(&attack.sm, JCOP_INS_READ_BINARY);
		assert_attack_fails(
			&attack, jcop_blob_view(&attack.answer), JCOP_SW_OK);
		jcop_blob_free(&plain);
	}
}

static void
an_answer_that_nothing_was_sent_for_is_refused(void **state)
{
	struct jcop_blob plain = JCOP_BLOB_INIT;
	struct attack attack;
	uint16_t sw;

	(void)state;
	attack_begin(&attack, JCOP_CIPHER_AES_256);
	assert_ok(jcop_sm_unwrap(&attack.sm, JCOP_INS_READ_BINARY,
		jcop_blob_view(&attack.answer), JCOP_SW_OK, &plain, &sw));
	/* even one with the right MAC for the next value of the counter */
	attack.card.counter--;
	fake_answer(&attack.card, 0x87, jcop_bytes_of("x", 1), JCOP_SW_OK,
		&attack.answer);
	assert_attack_fails(
		&attack, jcop_blob_view(&attack.answer), JCOP_SW_OK);
	jcop_blob_free(&plain);
}

static void
swapped_answers_are_refused(void **state)
{
	enum jcop_cipher cipher;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		struct attack attack;

		attack_begin(&attack, cipher);
		/* the answer to the second command comes first */
		fake_answer(&attack.card, 0x87, jcop_bytes_of("second", 6),
			JCOP_SW_OK, &attack.answer);
		assert_attack_fails(
			&attack, jcop_blob_view(&attack.answer), JCOP_SW_OK);
	}
}

/* MACs are right here: only the padding is wrong. The error is the same. */
static void
assert_padding_fails(const char *padded_hex, uint8_t indicator)
{
	struct jcop_blob padded = hex(padded_hex), response = JCOP_BLOB_INIT;
	struct attack attack;

	attack_begin(&attack, JCOP_CIPHER_AES_256);
	fake_cryptogram(&attack.card, 0x87, &padded, &response);
	response.data[2] = indicator;
	assert_ok(jcop_tlv_put(&response, 0x99, jcop_bytes_of("\x90\x00", 2)));
	fake_mac(&attack.card, &response);
	assert_attack_fails(&attack, jcop_blob_view(&response), JCOP_SW_OK);
	jcop_blob_free(&padded);
	jcop_blob_free(&response);
}

static void
wrong_padding_gives_the_same_error_as_a_wrong_mac(void **state)
{
	(void)state;
	assert_padding_fails("00000000000000000000000000000000", 1);
	assert_padding_fails("41424344454647484142434445464748", 1);
	assert_padding_fails("41424344454647484142434445468001", 1);
	assert_padding_fails("80000000000000000000000000000000"
			     "00000000000000000000000000000000",
		1);
	assert_padding_fails("41800000000000000000000000000000", 0);
	assert_padding_fails("41800000000000000000000000000000", 2);
}

static void
a_cryptogram_that_is_not_whole_blocks_is_refused(void **state)
{
	static const char *const bad[] = {"8700 99029000", "870101 99029000",
		"87020155 99029000", "8500 99029000",
		"871001000102030405060708090A0B0C0D0E 99029000",
		"8101AA 99029000", "9903900000", "990190", "9900",
		"99029000 99029000"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jcop_blob response = hex(bad[i]);
		struct attack attack;

		attack_begin(&attack, JCOP_CIPHER_AES_256);
		fake_mac(&attack.card, &response);
		assert_attack_fails(
			&attack, jcop_blob_view(&response), JCOP_SW_OK);
		jcop_blob_free(&response);
	}
}

/* --- misuse --- */

static int
wrap_again(struct jcop_sm *sm, uint8_t cla, size_t len)
{
	static const uint8_t zeros[JCOP_COMMAND_MAX + 1];
	struct jcop_apdu wrapped,
		plain = {cla, 0xD6, 0, 0, jcop_bytes_of(zeros, len), 0};
	struct jcop_blob data = JCOP_BLOB_INIT;
	int r = jcop_sm_wrap(sm, &plain, &data, &wrapped);

	if (r != JCOP_OK) {
		assert_int_equal(data.len, 0);
		assert_false(jcop_sm_is_open(sm));
	}
	jcop_blob_free(&data);
	return r;
}

static void
a_command_before_the_answer_to_the_last_closes_the_channel(void **state)
{
	struct attack attack;

	(void)state;
	attack_begin(&attack, JCOP_CIPHER_AES_256);
	assert_int_equal(wrap_again(&attack.sm, 0, 1), JCOP_ERR_CHANNEL);
	attack_end(&attack);
}

static void
commands_that_cannot_be_protected_close_the_channel(void **state)
{
	struct jcop_sm sm = JCOP_SM_INIT;
	struct fake_card card;

	(void)state;
	fake_card_init(&card, JCOP_CIPHER_AES_256);
	assert_int_equal(wrap_again(&sm, 0, 1), JCOP_ERR_CHANNEL);
	fake_card_open(&card, &sm);
	assert_int_equal(wrap_again(&sm, 0x0C, 1), JCOP_ERR_ARGUMENT);
	fake_card_open(&card, &sm);
	assert_int_equal(
		wrap_again(&sm, 0, JCOP_COMMAND_MAX + 1), JCOP_ERR_TOO_LONG);
	assert_int_equal(jcop_sm_max_plain(&sm, true), 0);
	jcop_mac_clear(&card.mac);
}

static void
keys_of_another_length_are_refused(void **state)
{
	static const uint8_t key[33];
	enum jcop_cipher cipher;
	size_t len;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		size_t good = jcop_cipher_key_size(cipher);

		for (len = 0; len < sizeof(key); len++) {
			struct jcop_sm sm = JCOP_SM_INIT;

			if (len == good)
				continue;
			assert_int_equal(jcop_sm_init(&sm, cipher,
						 jcop_bytes_of(key, len),
						 jcop_bytes_of(key, good)),
				JCOP_ERR_ARGUMENT);
			assert_int_equal(jcop_sm_init(&sm, cipher,
						 jcop_bytes_of(key, good),
						 jcop_bytes_of(key, len)),
				JCOP_ERR_ARGUMENT);
			assert_false(jcop_sm_is_open(&sm));
		}
	}
}

/* --- allocations --- */

#define WARM_UP 10
#define COUNTED 500

static void
exchange(struct jcop_sm *sm, struct jcop_blob *data, struct jcop_blob *plain,
	const struct jcop_blob *response)
{
	static const uint8_t zeros[200];
	struct jcop_apdu wrapped,
		command = {0, 0xB0, 0, 0, jcop_bytes_of(zeros, 200), 256};
	uint16_t sw;

	assert_ok(jcop_sm_wrap(sm, &command, data, &wrapped));
	assert_ok(jcop_sm_unwrap(
		sm, 0xB0, jcop_blob_view(response), JCOP_SW_OK, plain, &sw));
	assert_int_equal(plain->len, 200);
}

static void
wrapping_and_unwrapping_do_not_allocate(void **state)
{
	static struct jcop_blob responses[WARM_UP + COUNTED];
	static const uint8_t zeros[200];
	enum jcop_cipher cipher;
	size_t i, before;

	(void)state;
	for (cipher = 0; cipher < JCOP_CIPHER_COUNT; cipher++) {
		struct jcop_blob data = JCOP_BLOB_INIT, plain = JCOP_BLOB_INIT;
		struct jcop_sm sm = JCOP_SM_INIT;
		struct fake_card card;

		fake_card_init(&card, cipher);
		fake_card_open(&card, &sm);
		assert_ok(jcop_blob_reserve(&data, JCOP_SM_DATA_SIZE));
		assert_ok(jcop_blob_reserve(&plain, 256));
		for (i = 0; i < WARM_UP + COUNTED; i++)
			fake_answer(&card, 0x87, jcop_bytes_of(zeros, 200),
				JCOP_SW_OK, &responses[i]);
		for (i = 0; i < WARM_UP; i++)
			exchange(&sm, &data, &plain, &responses[i]);
		before = allocations;
		assert_true(before > 0);
		for (; i < WARM_UP + COUNTED; i++)
			exchange(&sm, &data, &plain, &responses[i]);
		assert_int_equal(allocations - before, 0);
		for (i = 0; i < WARM_UP + COUNTED; i++)
			jcop_blob_free(&responses[i]);
		jcop_sm_clear(&sm);
		jcop_mac_clear(&card.mac);
		jcop_blob_free(&data);
		jcop_blob_free(&plain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_icao_example_is_reproduced),
		cmocka_unit_test(gmrtd_commands_are_reproduced),
		cmocka_unit_test(gmrtd_answers_are_opened),
		cmocka_unit_test(gmrtd_bad_answers_are_refused),
		cmocka_unit_test(gmrtd_cryptograms_are_decrypted),
		cmocka_unit_test(the_counter_steps_and_wraps_as_in_gmrtd),
		cmocka_unit_test(an_answer_is_opened_with_every_cipher),
		cmocka_unit_test(answers_of_odd_instructions_come_in_85_or_87),
		cmocka_unit_test(
			the_objects_of_a_command_are_those_of_its_kind),
		cmocka_unit_test(max_plain_is_the_last_length_that_stays_short),
		cmocka_unit_test(
			a_long_command_is_wrapped_whole_into_reserved_room),
		cmocka_unit_test(the_good_answer_of_the_attacks_is_good),
		cmocka_unit_test(every_altered_bit_is_found),
		cmocka_unit_test(every_other_value_of_a_byte_is_found),
		cmocka_unit_test(
			every_truncation_and_every_trailing_byte_is_found),
		cmocka_unit_test(
			missing_doubled_and_reordered_objects_are_refused),
		cmocka_unit_test(a_plain_answer_is_refused),
		cmocka_unit_test(an_outer_status_word_that_differs_is_refused),
		cmocka_unit_test(a_replayed_answer_is_refused),
		cmocka_unit_test(
			an_answer_that_nothing_was_sent_for_is_refused),
		cmocka_unit_test(swapped_answers_are_refused),
		cmocka_unit_test(
			wrong_padding_gives_the_same_error_as_a_wrong_mac),
		cmocka_unit_test(
			a_cryptogram_that_is_not_whole_blocks_is_refused),
		cmocka_unit_test(
			a_command_before_the_answer_to_the_last_closes_the_channel),
		cmocka_unit_test(
			commands_that_cannot_be_protected_close_the_channel),
		cmocka_unit_test(keys_of_another_length_are_refused),
		cmocka_unit_test(wrapping_and_unwrapping_do_not_allocate),
	};

	/* before OpenSSL's first allocation */
	if (CRYPTO_set_mem_functions(
		    counting_malloc, counting_realloc, counting_free) != 1)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
