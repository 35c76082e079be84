/*
 * persona.c: makes a card: its names, secrets, keys and files.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "virtual-card/crypto.h"
#include "virtual-card/persona-internal.h"

#define DEFAULT_PRODUCTION "2024-03-15"
#define DEFAULT_KEY_SIZE 32
#define SECRET_DIGITS 8
#define ISSUER_NAME "issuer"

static int
complain(char *message, const char *text)
{
	snprintf(message, VCARD_MESSAGE_SIZE, "%s", text);
	return JCOP_ERR_ARGUMENT;
}

static int
random_digits(uint8_t *out, size_t len)
{
	int r = vcard_random(out, len);
	size_t i;

	for (i = 0; r == JCOP_OK && i < len; i++)
		out[i] = (uint8_t)('0' + out[i] % 10);
	return r;
}

/* Check digit of an identification card number (ISO/IEC 7812-1 annex B). */
static unsigned int
luhn(const uint8_t *digits, size_t count)
{
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		unsigned int d = digits[count - 1 - i] - '0';

		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (10 - sum % 10) % 10;
}

/* 80 health and government, 250 France, issuer, number, check digit. */
static int
random_iccsn(struct vcard_state *state)
{
	uint8_t digits[2 * VCARD_ICCSN_MAX];
	size_t i, last = sizeof digits - 1;
	int r;

	memcpy(digits, "8025000045", 10);
	r = random_digits(digits + 10, last - 10);
	digits[last] = (uint8_t)('0' + luhn(digits, last));
	for (i = 0; i < VCARD_ICCSN_MAX; i++)
		state->iccsn[i] = (uint8_t)((digits[2 * i] & 0x0F) << 4 |
					    (digits[2 * i + 1] & 0x0F));
	state->iccsn_len = VCARD_ICCSN_MAX;
	return r;
}

static bool
is_bcd(struct jcop_bytes bytes)
{
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		uint8_t low = bytes.data[i] & 0x0F;
		bool filler = low == 0x0F && i + 1 == bytes.len;

		if (bytes.data[i] >> 4 > 9 || (low > 9 && !filler))
			return false;
	}
	return true;
}

static int
make_iccsn(struct vcard_state *state, const char *hex, char *message)
{
	struct jcop_blob bytes = JCOP_BLOB_INIT;
	int r;

	if (hex == NULL)
		return random_iccsn(state);
	r = jcop_blob_from_hex(&bytes, hex);
	if (r != JCOP_OK || bytes.len == 0 || bytes.len > VCARD_ICCSN_MAX ||
		!is_bcd(jcop_blob_view(&bytes))) {
		r = complain(message, "the ICCSN has to be 1 to 10 bytes of "
				      "decimal digits, the last may be F");
	} else {
		memcpy(state->iccsn, bytes.data, bytes.len);
		state->iccsn_len = bytes.len;
	}
	jcop_blob_free(&bytes);
	return r;
}

static int
make_pins(struct vcard_state *state, const struct jcop_description *desc,
	char *message)
{
	size_t i, len;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < JCOP_PIN_COUNT; i++) {
		struct vcard_pin *pin = &state->pins[i];

		if (desc->pins[i].max_length > VCARD_PIN_MAX)
			return complain(
				message, "a PIN of over 64 bytes is too long");
		pin->tries = desc->pins[i].tries;
		if (i != JCOP_PIN_TRANSPORT && i != JCOP_PIN_PUK)
			continue;
		len = SECRET_DIGITS;
		if (len < desc->pins[i].min_length)
			len = desc->pins[i].min_length;
		if (len > desc->pins[i].max_length)
			len = desc->pins[i].max_length;
		r = random_digits(pin->value, len);
		pin->len = len;
		pin->set = true;
	}
	return r;
}

static int
make_keysets(struct vcard_state *state, const struct jcop_description *desc,
	const struct vcard_persona_options *options, char *message)
{
	bool des = desc->dialect.role == JCOP_ROLE_IAS_3DES;
	size_t i, len;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < JCOP_KEYSET_COUNT; i++) {
		struct vcard_keyset *set = &state->keysets[i];

		len = options->keyset_sizes[i];
		if (len == 0)
			len = des ? 16 : DEFAULT_KEY_SIZE;
		if (len != 16 && len != 24 && (len != 32 || des))
			return complain(message,
				"a key of a key set has 16, 24 or 32 bytes "
				"(16 or 24 for 3DES)");
		set->len = len;
		set->tries = desc->keysets[i].tries;
		r = vcard_random(set->enc, len);
		if (r == JCOP_OK)
			r = vcard_random(set->mac, len);
	}
	return r;
}

/* Bit set of enum jcop_ca_cipher; 0 with MESSAGE. */
static unsigned int
choose_ciphers(const struct jcop_description *desc,
	const struct vcard_persona_options *options, char *message)
{
	unsigned int ciphers = options->more_ciphers;

	if (ciphers >> JCOP_CA_CIPHER_COUNT != 0) {
		complain(message, "no such chip authentication protocol");
		return 0;
	}
	if (options->triple_des)
		ciphers |= 1u << JCOP_CA_3DES_CBC_CBC;
	else if (options->aes_bits == 0 || options->aes_bits == 256)
		ciphers |= 1u << JCOP_CA_AES_256;
	else if (options->aes_bits == 192)
		ciphers |= 1u << JCOP_CA_AES_192;
	else if (options->aes_bits == 128)
		ciphers |= 1u << JCOP_CA_AES_128;
	else
		ciphers = 0;
	if (ciphers == 0)
		complain(message, "AES keys have 128, 192 or 256 bits");
	if ((ciphers & ~desc->chip_auth.ciphers & 1u << JCOP_CA_3DES_CBC_CBC) !=
		0) {
		complain(message, "the description does not allow 3DES");
		return 0;
	}
	return ciphers;
}

static int
make_chip_key(struct vcard_state *state, const struct jcop_description *desc,
	const struct vcard_persona_options *options, char *message)
{
	state->curve = options->curve != 0 ? options->curve : JCOP_CURVE_P256;
	if (vcard_curve_group(state->curve) == NULL)
		return complain(message, "no such curve");
	state->ciphers = choose_ciphers(desc, options, message);
	if (state->ciphers == 0)
		return JCOP_ERR_ARGUMENT;
	state->ca_version = options->ca_version != 0 ? options->ca_version : 2;
	if (state->ca_version > 2)
		return complain(
			message, "chip authentication has version 1 or 2");
	if (options->answer_other_version)
		state->ca_answer = 3 - state->ca_version;
	return vcard_ec_generate(state->curve, &state->chip_key);
}

static void
set_flags(
	struct vcard_state *state, const struct vcard_persona_options *options)
{
	state->flags.temporary = options->temporary;
	state->flags.short_only = options->no_extended_length;
	state->flags.unsigned_security = options->unsigned_card_security;
	state->flags.untrusted_signer = options->untrusted_signer;
	state->flags.expired_signer = options->expired_signer;
	state->flags.named_curve = options->named_curve;
	state->flags.off_curve = options->chip_key_off_curve;
}

static int
make_names(struct vcard_state *state, const struct jcop_description *desc,
	const struct vcard_persona_options *options, char *message)
{
	static const uint8_t newest[3] = {4, 1, 1}, none[3];
	const char *production = options->production != NULL
					 ? options->production
					 : DEFAULT_PRODUCTION;

	memcpy(state->version,
		memcmp(options->applet_version, none, sizeof none) != 0
			? options->applet_version
			: newest,
		sizeof state->version);
	state->serial_len = desc->identification.serial_length;
	if (state->serial_len == 0 || state->serial_len > VCARD_SERIAL_MAX)
		return complain(
			message, "the card serial has to have 1 to 16 bytes");
	if (!vcard_read_production(
		    production, desc, state->production, message))
		return JCOP_ERR_ARGUMENT;
	state->life_cycle = VCARD_INITIALISATION;
	return vcard_random(state->serial, state->serial_len);
}

static int
make_state(struct vcard_state *state, const struct jcop_description *desc,
	const struct vcard_persona_options *options, char *message)
{
	int r;

	set_flags(state, options);
	r = make_names(state, desc, options, message);
	if (r == JCOP_OK)
		r = make_iccsn(state, options->iccsn, message);
	if (r == JCOP_OK)
		r = make_pins(state, desc, message);
	if (r == JCOP_OK)
		r = make_keysets(state, desc, options, message);
	if (r == JCOP_OK)
		r = make_chip_key(state, desc, options, message);
	if (r == JCOP_OK)
		r = vcard_make_anchor(&state->anchor_key, &state->anchor);
	if (r == JCOP_OK)
		r = vcard_make_files(state, desc, message);
	if (r == JCOP_OK)
		r = vcard_make_card_security(state, desc, message);
	return r;
}

static int
write_line(const char *dir, const char *name, const uint8_t *text, size_t len)
{
	struct jcop_blob line = JCOP_BLOB_INIT;
	int r = jcop_blob_append(&line, text, len);

	if (r == JCOP_OK)
		r = jcop_blob_append_u8(&line, '\n');
	if (r == JCOP_OK)
		r = vcard_replace_file(dir, name, line.data, line.len);
	jcop_blob_free(&line);
	return r;
}

static int
write_keysets(const char *dir, const struct vcard_state *state)
{
	char name[JCOP_NAME_SIZE + sizeof "-enc.key"];
	size_t i;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < JCOP_KEYSET_COUNT; i++) {
		const struct vcard_keyset *set = &state->keysets[i];
		const char *label = jcop_keyset_name((enum jcop_keyset)i);

		snprintf(name, sizeof name, "%s-enc.key", label);
		r = vcard_replace_file(dir, name, set->enc, set->len);
		snprintf(name, sizeof name, "%s-mac.key", label);
		if (r == JCOP_OK)
			r = vcard_replace_file(dir, name, set->mac, set->len);
	}
	return r;
}

static int
write_pems(const char *dir, const struct vcard_state *state)
{
	struct jcop_blob pem = JCOP_BLOB_INIT;
	int r = vcard_anchor_pem(state, &pem);

	if (r == JCOP_OK)
		r = vcard_replace_file(
			dir, "trust-anchor.pem", pem.data, pem.len);
	if (r == JCOP_OK)
		r = vcard_chip_key_pem(state, &pem);
	if (r == JCOP_OK)
		r = vcard_replace_file(dir, "chip-key.pem", pem.data, pem.len);
	jcop_blob_free(&pem);
	return r;
}

static int
write_issuer(const char *dir, const struct vcard_state *state)
{
	const struct vcard_pin *pins = state->pins;
	char iccsn[2 * VCARD_ICCSN_MAX + 1] = "";
	size_t i;
	int r = write_line(dir, "transport-pin", pins[JCOP_PIN_TRANSPORT].value,
		pins[JCOP_PIN_TRANSPORT].len);

	for (i = 0; i < state->iccsn_len; i++)
		snprintf(iccsn + 2 * i, 3, "%02X", state->iccsn[i]);
	if (r == JCOP_OK)
		r = write_line(dir, "puk", pins[JCOP_PIN_PUK].value,
			pins[JCOP_PIN_PUK].len);
	if (r == JCOP_OK)
		r = write_line(dir, "iccsn", (const uint8_t *)iccsn,
			2 * state->iccsn_len);
	if (r == JCOP_OK)
		r = write_keysets(dir, state);
	if (r == JCOP_OK)
		r = write_pems(dir, state);
	return r;
}

static char *
join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* DIR and DIR/issuer; refuses a DIR that has a card. */
static int
make_directories(const char *dir, const char *issuer, char *message)
{
	char *state = join(dir, VCARD_STATE_NAME);
	bool taken = state == NULL || access(state, F_OK) == 0;

	free(state);
	if (taken) {
		snprintf(message, VCARD_MESSAGE_SIZE,
			"%s: there is a card already", dir);
		return JCOP_ERR_ARGUMENT;
	}
	if ((mkdir(dir, 0700) != 0 && errno != EEXIST) ||
		(mkdir(issuer, 0700) != 0 && errno != EEXIST)) {
		snprintf(message, VCARD_MESSAGE_SIZE, "%s: %s", dir,
			strerror(errno));
		return JCOP_ERR_NOT_FOUND;
	}
	return JCOP_OK;
}

/* The state last: without it there is no card. */
static int
write_card(const char *dir, const char *issuer, const char *description_text,
	const struct jcop_description *desc, const struct vcard_state *state,
	char *message)
{
	char *text = vcard_state_encode(state, desc);
	int r = text != NULL ? JCOP_OK : JCOP_ERR_NO_MEMORY;

	errno = 0;
	if (r == JCOP_OK)
		r = vcard_replace_file(dir, VCARD_DESCRIPTION_NAME,
			description_text, strlen(description_text));
	if (r == JCOP_OK)
		r = vcard_replace_file(dir, VCARD_LOCK_NAME, "", 0);
	if (r == JCOP_OK)
		r = write_issuer(issuer, state);
	if (r == JCOP_OK)
		r = vcard_replace_file(
			dir, VCARD_STATE_NAME, text, strlen(text));
	if (r != JCOP_OK)
		snprintf(message, VCARD_MESSAGE_SIZE, "%s: %s", dir,
			errno != 0 ? strerror(errno) : jcop_strerror(r));
	vcard_state_free_text(text);
	return r;
}

/* The text of the description; freed by the caller. */
static int
load_text(const char *path, struct jcop_description *desc, char **text,
	char *message)
{
	char error[JCOP_DESCRIPTION_ERROR_SIZE] = "";
	size_t len;
	int r;

	*text = NULL;
	if (path == NULL) {
		*text = strdup(jcop_description_default());
		r = *text != NULL ? JCOP_OK : JCOP_ERR_NO_MEMORY;
	} else {
		r = vcard_read_file(
			path[0] == '/' ? "/" : ".", path, text, &len);
	}
	if (r == JCOP_OK)
		r = jcop_description_parse(
			path != NULL ? path : "agent.card", *text, desc, error);
	else
		snprintf(error, sizeof error, "%s: %s",
			path != NULL ? path : "agent.card", strerror(errno));
	if (r != JCOP_OK)
		snprintf(message, VCARD_MESSAGE_SIZE, "%s", error);
	return r;
}

int
vcard_persona_create(const char *dir,
	const struct vcard_persona_options *options, char *message)
{
	struct jcop_description *desc = calloc(1, sizeof *desc);
	struct vcard_state *state = calloc(1, sizeof *state);
	char *issuer = join(dir, ISSUER_NAME), *text = NULL;
	int r = JCOP_ERR_NO_MEMORY;

	message[0] = '\0';
	if (desc == NULL || state == NULL || issuer == NULL)
		goto out;
	r = load_text(options->description, desc, &text, message);
	if (r != JCOP_OK)
		goto out;
	vcard_state_init(state, desc);
	r = make_state(state, desc, options, message);
	if (r == JCOP_OK)
		r = make_directories(dir, issuer, message);
	if (r == JCOP_OK)
		r = write_card(dir, issuer, text, desc, state, message);
	vcard_state_free(state);
out:
	if (r != JCOP_OK && message[0] == '\0')
		snprintf(message, VCARD_MESSAGE_SIZE, "%s: %s", dir,
			jcop_strerror(r));
	free(text);
	free(issuer);
	free(state);
	free(desc);
	return r;
}
