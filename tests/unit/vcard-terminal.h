/*
 * vcard-terminal.h: a card of its own for each test and a small terminal that
 * shares no protocol code with anybody: hex in, status word out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef VCARD_TERMINAL_H
#define VCARD_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtual-card/card.h"
#include "virtual-card/persona.h"

/* Session keys of the terminal. CIPHER: 'd' for 3DES, else 'a'. */
struct terminal_channel {
	char cipher;
	size_t key_len;
	uint8_t enc[32], mac[32];
	uint8_t ssc[16];
};

struct terminal {
	char dir[64];
	struct vcard *card;
	struct vcard_trace trace;
	uint8_t raw[66000]; /* the last answer as it came, with SW */
	size_t raw_len;
	uint8_t data[66000]; /* the last answer, unwrapped, without SW */
	size_t len;
	struct terminal_channel channel;
	uint8_t algorithm; /* of role(): 1C, 1D or 1E; 0: 1D */
};

/* Makes a card in a new directory; options NULL: the reference card. */
struct terminal *terminal_new(const struct vcard_persona_options *options);
void terminal_free(struct terminal *t);
/* Opens the same card again, as another process would. */
void terminal_reopen(struct terminal *t);
void terminal_reset(struct terminal *t);
void terminal_set(struct terminal *t, const char *key, const char *value);

/* Reads DIR/issuer/NAME; returns its length. */
size_t terminal_issuer(
	const struct terminal *t, const char *name, uint8_t *out, size_t max);

/* Sends hex (blanks are ignored); returns SW. */
uint16_t tx(struct terminal *t, const char *hex);
uint16_t tx_bytes(struct terminal *t, const uint8_t *bytes, size_t len);
/* VERIFY with the text PIN. */
uint16_t verify(struct terminal *t, uint8_t reference, const char *pin);
/* tx() of hex, and GET RESPONSE until all is there. */
uint16_t tx_all(struct terminal *t, const char *hex);
/* Is the answer this hex? */
bool answers(const struct terminal *t, const char *hex);

/* Chip authentication with cipher 1 (3DES), 2, 3 or 4 (AES-128, 192, 256) and
 * key id 01; false if the card's token is wrong. */
bool terminal_chip_auth(
	struct terminal *t, unsigned int cipher, unsigned int version);
/* Version 1 with 3DES: MSE:Set KAT. */
bool terminal_key_agreement(struct terminal *t);
/* Chip authentication with AES-256, version 2, inside the channel that
 * is open. */
bool terminal_chip_auth_again(struct terminal *t);

/* A protected command: header hex (4 bytes), data hex, Le as in DO 97 or -1;
 * short APDUs if it fits, else extended; GET RESPONSE as needed. Checks the
 * answer and returns its SW; a plain answer is returned as it is. */
uint16_t sm(struct terminal *t, const char *header, const char *data, int le);
uint16_t sm_bytes(struct terminal *t, const uint8_t *header,
	const uint8_t *data, size_t len, int le);
/* Long data, chained: every link protected with CHUNK plain bytes. */
uint16_t sm_chained(struct terminal *t, const uint8_t *header,
	const uint8_t *data, size_t len, int le, size_t chunk);
/* The protected command itself, to be changed and sent by tx_bytes(). */
size_t sm_wrap(struct terminal *t, const uint8_t *header, const uint8_t *data,
	size_t len, int le, bool extended, uint8_t *out);
/* Checks and unwraps the last answer of tx_bytes(); false: bad. */
bool sm_unwrap(struct terminal *t, uint8_t ins, uint16_t *sw);

/* Role authentication with the key set NAME ("sk_admin" ...), REFERENCE;
 * inside the channel if SECURED. WRONG sends another cryptogram. */
uint16_t role(struct terminal *t, const char *name, uint8_t reference,
	bool secured, bool wrong);

/* Everything up to an activated card: PINs "1234" and "567890". */
void terminal_activate(struct terminal *t);
/* Selects PKI, opens a channel, gains the ADMIN role in it. */
void terminal_admin(struct terminal *t);

/* A known RSA key of BITS (2048 or 3072); components by name: 'n' 'e' 'p' 'q'
 * 'i' (q^-1 mod p) 'x' (d mod p-1) 'y' (d mod q-1). */
size_t known_rsa(unsigned int bits, char component, uint8_t *out, size_t max);
/* PUT DATA of one component: TAG 81, 82 or 92 to 96. */
uint16_t put_component(struct terminal *t, uint8_t key, uint8_t tag,
	const uint8_t *value, size_t len);
/* Imports it to the slot KEY; returns the SW of the last command. */
uint16_t import_known(struct terminal *t, uint8_t key, unsigned int bits);

#endif
