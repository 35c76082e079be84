/*
 * test_openpace_chip.c: OpenPACE, a second implementation of TR-03110, plays
 * the chip against our side: chip authentication version 2, then secure
 * messaging, then the attacks on it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <eac/ca.h>
#include <eac/eac.h>
#include <openssl/core_names.h>

#include "core/chip-auth.h"
#include "core/secure-messaging.h"
#include "core/tlv.h"

/* --- the chip --- */

struct chip {
	EAC_CTX *eac;
	struct jcop_ca_public_key key; /* its public key */
};

static BUF_MEM *
buffer(struct jcop_bytes bytes)
{
	BUF_MEM *b = BUF_MEM_new();

	assert_non_null(b);
	assert_int_equal(BUF_MEM_grow(b, bytes.len), bytes.len);
	if (bytes.len > 0)
		memcpy(b->data, bytes.data, bytes.len);
	return b;
}

static struct jcop_bytes
view(const BUF_MEM *b)
{
	return jcop_bytes_of(b->data, b->length);
}

static void
chip_make_key(struct chip *chip, enum jcop_domain domain)
{
	struct jcop_blob point = JCOP_BLOB_INIT;
	uint8_t private_key[JCOP_FIELD_MAX];
	BIGNUM *number = NULL;
	EVP_PKEY *pair;
	int len = (int)jcop_domain_field_size(domain);

	assert_ok(jcop_ca_generate_ephemeral(domain, &pair));
	assert_ok(jcop_ca_public_point(pair, &point));
	assert_int_equal(
		EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_PRIV_KEY, &number),
		1);
	assert_int_equal(BN_bn2binpad(number, private_key, len), len);
	assert_int_equal(CA_set_key(chip->eac, private_key, (size_t)len,
				 point.data, point.len),
		1);
	chip->key.domain = domain;
	memcpy(chip->key.point, point.data, point.len);
	chip->key.point_len = point.len;
	BN_clear_free(number);
	EVP_PKEY_free(pair);
	jcop_blob_free(&point);
}

static void
chip_init(struct chip *chip, enum jcop_cipher cipher, enum jcop_domain domain)
{
	const int protocols[] = {0, NID_id_CA_ECDH_AES_CBC_CMAC_128,
		NID_id_CA_ECDH_AES_CBC_CMAC_192,
		NID_id_CA_ECDH_AES_CBC_CMAC_256};

	*chip = (struct chip){.eac = EAC_CTX_new()};
	assert_non_null(chip->eac);
	chip->eac->tr_version = EAC_TR_VERSION_2_02;
	assert_int_equal(
		EAC_CTX_init_ca(chip->eac, protocols[cipher], (int)domain), 1);
	chip_make_key(chip, domain);
}

/* GENERAL AUTHENTICATE: 7C{80 PK} to 7C{81 r, 82 T} */
static void
chip_authenticate(
	struct chip *chip, struct jcop_bytes command, struct jcop_blob *answer)
{
	BUF_MEM *point, *nonce = NULL, *token = NULL;
	struct jcop_blob inner = JCOP_BLOB_INIT;
	struct jcop_bytes outer, pk;

	assert_ok(jcop_tlv_find(command, 0x7C, &outer));
	assert_ok(jcop_tlv_find(outer, 0x80, &pk));
	point = buffer(pk);
	assert_int_equal(CA_STEP4_compute_shared_secret(chip->eac, point), 1);
	assert_int_equal(
		CA_STEP5_derive_keys(chip->eac, point, &nonce, &token), 1);
	assert_ok(jcop_tlv_put(&inner, 0x81, view(nonce)));
	assert_ok(jcop_tlv_put(&inner, 0x82, view(token)));
	assert_ok(jcop_tlv_put(answer, 0x7C, jcop_blob_view(&inner)));
	assert_int_equal(EAC_CTX_set_encryption_ctx(chip->eac, EAC_ID_CA), 1);
	BUF_MEM_free(point);
	BUF_MEM_free(nonce);
	BUF_MEM_free(token);
	jcop_blob_free(&inner);
}

/* Appends PART with its padding to INPUT. */
static void
chip_pad(struct chip *chip, struct jcop_bytes part, struct jcop_blob *input)
{
	BUF_MEM *plain = buffer(part);
	BUF_MEM *padded = EAC_add_iso_pad(chip->eac, plain);

	assert_non_null(padded);
	assert_ok(jcop_blob_append(input, padded->data, padded->length));
	BUF_MEM_free(plain);
	BUF_MEM_free(padded);
}

/* True if MAC is right over header and objects. */
static bool
chip_verify(struct chip *chip, const struct jcop_apdu *command,
	struct jcop_bytes objects, struct jcop_bytes mac)
{
	const uint8_t header[] = {
		command->cla, command->ins, command->p1, command->p2};
	struct jcop_blob input = JCOP_BLOB_INIT;
	BUF_MEM *data, *received = buffer(mac);
	int good;

	chip_pad(chip, JCOP_BYTES(header), &input);
	if (objects.len > 0)
		chip_pad(chip, objects, &input);
	data = buffer(jcop_blob_view(&input));
	good = EAC_verify_authentication(chip->eac, data, received);
	BUF_MEM_free(data);
	BUF_MEM_free(received);
	jcop_blob_free(&input);
	return good == 1;
}

static void
chip_decrypt(struct chip *chip, struct jcop_bytes cryptogram,
	struct jcop_blob *plain)
{
	BUF_MEM *in = buffer(cryptogram);
	BUF_MEM *padded = EAC_decrypt(chip->eac, in), *out;

	assert_non_null(padded);
	out = EAC_remove_iso_pad(padded);
	assert_non_null(out);
	assert_ok(jcop_blob_set(plain, out->data, out->length));
	BUF_MEM_free(in);
	BUF_MEM_free(padded);
	BUF_MEM_free(out);
}

/* Opens a protected command; LE is the value of 97, empty without. */
static void
chip_receive(struct chip *chip, const struct jcop_apdu *command,
	struct jcop_blob *plain, struct jcop_bytes *le)
{
	struct jcop_bytes rest = command->data,
			  objects = {command->data.data, 0};
	struct jcop_tlv object;

	jcop_blob_clear(plain);
	*le = jcop_bytes_of(NULL, 0);
	EAC_increment_ssc(chip->eac);
	for (;;) {
		assert_ok(jcop_tlv_read(&rest, &object));
		if (object.tag == 0x8E)
			break;
		objects.len = command->data.len - rest.len;
		if (object.tag == 0x87) {
			assert_int_equal(object.value.data[0], 1);
			chip_decrypt(chip,
				jcop_bytes_of(object.value.data + 1,
					object.value.len - 1),
				plain);
		} else if (object.tag == 0x85) {
			assert_int_equal(command->ins & 1, 1);
			chip_decrypt(chip, object.value, plain);
		} else {
			assert_int_equal(object.tag, 0x97);
			*le = object.value;
		}
	}
	assert_int_equal(rest.len, 0);
	assert_true(chip_verify(chip, command, objects, object.value));
}

static void
chip_put_cryptogram(struct chip *chip, uint8_t tag, struct jcop_bytes data,
	struct jcop_blob *response)
{
	struct jcop_blob value = JCOP_BLOB_INIT;
	BUF_MEM *plain = buffer(data);
	BUF_MEM *padded = EAC_add_iso_pad(chip->eac, plain);
	BUF_MEM *out = EAC_encrypt(chip->eac, padded);

	assert_non_null(out);
	if (tag == 0x87)
		assert_ok(jcop_blob_append_u8(&value, 1));
	assert_ok(jcop_blob_append(&value, out->data, out->length));
	assert_ok(jcop_tlv_put(response, tag, jcop_blob_view(&value)));
	BUF_MEM_free(plain);
	BUF_MEM_free(padded);
	BUF_MEM_free(out);
	jcop_blob_free(&value);
}

static void
chip_send(struct chip *chip, uint8_t tag, struct jcop_bytes data, uint16_t sw,
	struct jcop_blob *response)
{
	const uint8_t status[] = {(uint8_t)(sw >> 8), (uint8_t)sw};
	struct jcop_blob input = JCOP_BLOB_INIT;
	BUF_MEM *in, *mac;

	jcop_blob_clear(response);
	EAC_increment_ssc(chip->eac);
	if (data.len > 0)
		chip_put_cryptogram(chip, tag, data, response);
	assert_ok(jcop_tlv_put(response, 0x99, JCOP_BYTES(status)));
	chip_pad(chip, jcop_blob_view(response), &input);
	in = buffer(jcop_blob_view(&input));
	mac = EAC_authenticate(chip->eac, in);
	assert_non_null(mac);
	assert_ok(jcop_tlv_put(response, 0x8E, view(mac)));
	BUF_MEM_free(in);
	BUF_MEM_free(mac);
	jcop_blob_free(&input);
}

/* --- our side --- */

struct pair {
	struct chip chip;
	struct jcop_sm sm;
	struct jcop_blob data, response;
};

static void
make_choice(enum jcop_cipher cipher, const struct jcop_ca_public_key *key,
	struct jcop_ca_choice *choice)
{
	static const uint8_t id_ca_ecdh[] = {
		0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02};

	*choice = (struct jcop_ca_choice){.key = *key};
	memcpy(choice->info.oid.value, id_ca_ecdh, sizeof(id_ca_ecdh));
	choice->info.oid.value[sizeof(id_ca_ecdh)] = (uint8_t)(cipher + 1);
	choice->info.oid.len = sizeof(id_ca_ecdh) + 1;
	choice->info.cipher = cipher;
	choice->info.version = 2;
}

/* The steps of chip authentication as a driver does them. */
static int
authenticate(struct pair *pair, const struct jcop_ca_choice *choice,
	uint8_t token_change)
{
	struct jcop_blob point = JCOP_BLOB_INIT, command = JCOP_BLOB_INIT,
			 answer = JCOP_BLOB_INIT, kenc = JCOP_BLOB_INIT,
			 kmac = JCOP_BLOB_INIT;
	struct jcop_ca_answer parsed;
	EVP_PKEY *ephemeral;
	int r;

	assert_ok(jcop_ca_generate_ephemeral(choice->key.domain, &ephemeral));
	assert_ok(jcop_ca_public_point(ephemeral, &point));
	assert_ok(jcop_ca_general_authenticate_data(
		jcop_blob_view(&point), &command));
	chip_authenticate(&pair->chip, jcop_blob_view(&command), &answer);
	answer.data[answer.len - 1] ^= token_change;
	assert_ok(jcop_ca_parse_answer(jcop_blob_view(&answer), 2, &parsed));
	assert_ok(jcop_ca_derive(ephemeral, &choice->key, parsed.nonce,
		choice->info.cipher, &kenc, &kmac));
	r = jcop_ca_check_token(parsed.token, jcop_blob_view(&kmac),
		&choice->info, jcop_blob_view(&point));
	if (r == JCOP_OK)
		r = jcop_sm_init(&pair->sm, choice->info.cipher,
			jcop_blob_view(&kenc), jcop_blob_view(&kmac));
	EVP_PKEY_free(ephemeral);
	jcop_blob_free(&point);
	jcop_blob_free(&command);
	jcop_blob_free(&answer);
	jcop_blob_free(&kenc);
	jcop_blob_free(&kmac);
	return r;
}

static void
pair_open(struct pair *pair, enum jcop_cipher cipher, enum jcop_domain domain)
{
	struct jcop_ca_choice choice;

	*pair = (struct pair){.sm = JCOP_SM_INIT};
	chip_init(&pair->chip, cipher, domain);
	make_choice(cipher, &pair->chip.key, &choice);
	assert_ok(authenticate(pair, &choice, 0));
}

static void
pair_close(struct pair *pair)
{
	jcop_sm_clear(&pair->sm);
	EAC_CTX_clear_free(pair->chip.eac);
	jcop_blob_free(&pair->data);
	jcop_blob_free(&pair->response);
}

/* Sends PLAIN; the chip sees exactly it, and answers DATA. */
static void
pair_send(struct pair *pair, const struct jcop_apdu *plain,
	struct jcop_bytes answer, uint16_t sw)
{
	struct jcop_blob seen = JCOP_BLOB_INIT;
	struct jcop_apdu wrapped;
	struct jcop_bytes le;

	assert_ok(jcop_sm_wrap(&pair->sm, plain, &pair->data, &wrapped));
	chip_receive(&pair->chip, &wrapped, &seen, &le);
	assert_bytes(jcop_blob_view(&seen), plain->data);
	assert_int_equal(le.len, plain->le == 0 ? 0 : plain->le > 256 ? 2 : 1);
	chip_send(&pair->chip, plain->ins & 1 ? 0x85 : 0x87, answer, sw,
		&pair->response);
	jcop_blob_free(&seen);
}

static void
pair_receive(struct pair *pair, uint8_t ins, struct jcop_bytes expected,
	uint16_t expected_sw)
{
	struct jcop_blob plain = JCOP_BLOB_INIT;
	uint16_t sw;

	assert_ok(jcop_sm_unwrap(&pair->sm, ins,
		jcop_blob_view(&pair->response), expected_sw, &plain, &sw));
	assert_int_equal(sw, expected_sw);
	assert_bytes(jcop_blob_view(&plain), expected);
	jcop_blob_free(&plain);
}

static void
exchange_many(struct pair *pair)
{
	static uint8_t bytes[JCOP_COMMAND_MAX];
	static const size_t lengths[] = {0, 1, 15, 16, 17, 111, 112, 223, 239,
		240, 255, 256, 600, JCOP_COMMAND_MAX};
	static const size_t les[] = {0, 1, 256, 65536};
	size_t i, j;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 13);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (j = 0; j < 8; j++) {
			struct jcop_bytes data =
				jcop_bytes_of(bytes, lengths[i]);
			struct jcop_apdu plain = {j == 3 ? 0x10 : 0x00,
				j < 4 ? 0xDB : 0xD6, (uint8_t)i, (uint8_t)j,
				data, les[j % 4]};

			pair_send(pair, &plain, data, 0x6282);
			pair_receive(pair, plain.ins, data, 0x6282);
		}
	}
}

/* --- promises --- */

static const enum jcop_domain domains[] = {JCOP_DOMAIN_P256, JCOP_DOMAIN_BP256,
	JCOP_DOMAIN_P384, JCOP_DOMAIN_BP384, JCOP_DOMAIN_BP512,
	JCOP_DOMAIN_P521};
#define DOMAIN_COUNT (sizeof(domains) / sizeof(domains[0]))

static void
we_agree_with_openpace_on_every_curve_and_cipher(void **state)
{
	enum jcop_cipher cipher;
	struct pair pair;
	size_t i;

	(void)state;
	for (i = 0; i < DOMAIN_COUNT; i++) {
		for (cipher = JCOP_CIPHER_AES_128;
			cipher <= JCOP_CIPHER_AES_256; cipher++) {
			pair_open(&pair, cipher, domains[i]);
			exchange_many(&pair);
			pair_close(&pair);
		}
	}
}

static void
an_altered_token_is_refused(void **state)
{
	struct jcop_ca_choice choice;
	struct pair pair = {.sm = JCOP_SM_INIT};
	int bit;

	(void)state;
	for (bit = 0; bit < 8; bit++) {
		chip_init(&pair.chip, JCOP_CIPHER_AES_256, JCOP_DOMAIN_P256);
		make_choice(JCOP_CIPHER_AES_256, &pair.chip.key, &choice);
		assert_int_equal(
			authenticate(&pair, &choice, (uint8_t)(1 << bit)),
			JCOP_ERR_UNTRUSTED);
		assert_false(jcop_sm_is_open(&pair.sm));
		pair_close(&pair);
	}
}

static void
a_chip_without_the_private_key_is_refused(void **state)
{
	struct jcop_ca_choice choice;
	struct pair pair = {.sm = JCOP_SM_INIT};
	struct chip other;

	(void)state;
	chip_init(&pair.chip, JCOP_CIPHER_AES_256, JCOP_DOMAIN_P256);
	chip_init(&other, JCOP_CIPHER_AES_256, JCOP_DOMAIN_P256);
	make_choice(JCOP_CIPHER_AES_256, &other.key, &choice);
	assert_int_equal(authenticate(&pair, &choice, 0), JCOP_ERR_UNTRUSTED);
	EAC_CTX_clear_free(other.eac);
	pair_close(&pair);
}

static const struct jcop_apdu read_binary = {
	0x00, 0xB0, 0x00, 0x00, {NULL, 0}, 256};

/* A new channel with one command on its way and the answer in RESPONSE. */
static void
attack_begin(struct pair *pair)
{
	pair_open(pair, JCOP_CIPHER_AES_256, JCOP_DOMAIN_P256);
	pair_send(pair, &read_binary, jcop_bytes_of("the answer", 10),
		JCOP_SW_OK);
}

static void
assert_attack_fails(struct pair *pair, struct jcop_bytes response)
{
	struct jcop_blob plain = JCOP_BLOB_INIT;
	struct jcop_apdu wrapped;
	uint16_t sw;

	assert_int_equal(jcop_sm_unwrap(&pair->sm, 0xB0, response, JCOP_SW_OK,
				 &plain, &sw),
		JCOP_ERR_CHANNEL);
	assert_int_equal(plain.len, 0);
	assert_int_equal(sw, 0);
	assert_int_equal(
		jcop_sm_wrap(&pair->sm, &read_binary, &pair->data, &wrapped),
		JCOP_ERR_CHANNEL);
	assert_int_equal(pair->data.len, 0);
	jcop_blob_free(&plain);
	pair_close(pair);
}

static void
each_altered_byte_ends_the_channel(void **state)
{
	struct pair pair;
	size_t i, len = 1;

	(void)state;
	for (i = 0; i < len; i++) {
		attack_begin(&pair);
		len = pair.response.len;
		pair.response.data[i] ^= 0x80;
		assert_attack_fails(&pair, jcop_blob_view(&pair.response));
	}
}

static void
a_missing_mac_ends_the_channel(void **state)
{
	struct pair pair;

	(void)state;
	attack_begin(&pair);
	jcop_blob_truncate(&pair.response, pair.response.len - 10);
	assert_attack_fails(&pair, jcop_blob_view(&pair.response));
}

static void
a_plain_answer_ends_the_channel(void **state)
{
	struct pair pair;

	(void)state;
	attack_begin(&pair);
	assert_attack_fails(&pair, jcop_bytes_of("the answer", 10));
	attack_begin(&pair);
	assert_attack_fails(&pair, jcop_bytes_of(NULL, 0));
}

static void
a_replayed_answer_ends_the_channel(void **state)
{
	struct jcop_blob old = JCOP_BLOB_INIT;
	struct pair pair;

	(void)state;
	attack_begin(&pair);
	pair_receive(&pair, 0xB0, jcop_bytes_of("the answer", 10), JCOP_SW_OK);
	assert_ok(jcop_blob_set(&old, pair.response.data, pair.response.len));
	pair_send(&pair, &read_binary, jcop_bytes_of("the answer", 10),
		JCOP_SW_OK);
	assert_attack_fails(&pair, jcop_blob_view(&old));
	jcop_blob_free(&old);
}

/* Answers of two channels, and of two commands of one channel. */
static void
swapped_answers_end_the_channel(void **state)
{
	struct jcop_blob later = JCOP_BLOB_INIT;
	struct pair one, two;

	(void)state;
	attack_begin(&one);
	attack_begin(&two);
	assert_attack_fails(&one, jcop_blob_view(&two.response));
	EAC_increment_ssc(two.chip.eac);
	chip_send(&two.chip, 0x87, jcop_bytes_of("the answer", 10), JCOP_SW_OK,
		&later);
	assert_attack_fails(&two, jcop_blob_view(&later));
	jcop_blob_free(&later);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			we_agree_with_openpace_on_every_curve_and_cipher),
		cmocka_unit_test(an_altered_token_is_refused),
		cmocka_unit_test(a_chip_without_the_private_key_is_refused),
		cmocka_unit_test(each_altered_byte_ends_the_channel),
		cmocka_unit_test(a_missing_mac_ends_the_channel),
		cmocka_unit_test(a_plain_answer_ends_the_channel),
		cmocka_unit_test(a_replayed_answer_ends_the_channel),
		cmocka_unit_test(swapped_answers_end_the_channel),
	};
	int failed;

	EAC_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EAC_cleanup();
	return failed;
}
