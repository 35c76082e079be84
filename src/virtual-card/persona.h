/*
 * persona.h: makes a virtual card, and turns the knobs that tests need.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_PERSONA_H
#define JCOP_VIRTUAL_CARD_PERSONA_H

#include "virtual-card/card.h"
#include "description/description.h"

/* What a new card is like; all zero is the reference card. */
struct vcard_persona_options {
	/* A description file; NULL: the compiled-in one. The text is copied
	 * to the card, so later changes of the file do not reach it. */
	const char *description;

	/* A temporary card lets EF.Id be written. */
	bool temporary;

	/* The CPLC date that the description names, "YYYY-MM-DD" inside its
	 * decade; "unknown" is 0000; NULL: 2024-03-15. */
	const char *production;

	/* Major, minor, patch; all 0: 4.1.1. */
	uint8_t applet_version[3];

	/* Of the chip authentication key; 0: P-256. */
	enum jcop_curve curve;
	/* The curve is named (RFC 5480) instead of by its standardised domain
	 * parameters (TR-03110-3 A.2.1.1). */
	bool named_curve;

	/* Chip authentication: AES key size 128, 192 or 256; 0: 256. */
	unsigned int aes_bits;
	/* 3DES instead of AES (the description has to allow it) ... */
	bool triple_des;
	/* ... and more protocols of the same key, weaker or stronger, as a bit
	 * set of 1 << enum jcop_ca_cipher. */
	unsigned int more_ciphers;
	unsigned int ca_version; /* 1 or 2; 0: 2 */

	/* Hexadecimal, 1 to 10 bytes, nibbles 0 to 9, the last may be F;
	 * NULL: a random one of 10 bytes. */
	const char *iccsn;

	/* Bytes per key of a key set: 16, 24 or 32; 0: 32. */
	size_t keyset_sizes[JCOP_KEYSET_COUNT];

	/* EF.CardSecurity holds bare SecurityInfos, signed by nobody. */
	bool unsigned_card_security;
	/* The signer's certificate ran out, after EF.CardSecurity was signed.
	 */
	bool expired_signer;
	/* EF.CardSecurity is signed under another anchor than the one in
	 * DIR/issuer. */
	bool untrusted_signer;

	/* Extended Lc and Le are refused with 6700, whatever the description
	 * says. */
	bool no_extended_length;
	/* EF.CardSecurity shows a point that is not on its curve. */
	bool chip_key_off_curve;
	/* GENERAL AUTHENTICATE answers in the version that EF.CardSecurity
	 * does not name. */
	bool answer_other_version;
};

/*
 * Makes a card in DIR, which is created if needed and must not hold a card
 * yet. Leaves the card there, and in DIR/issuer what a personaliser hands
 * over, all files 0600:
 *   transport-pin, puk, iccsn              a line of text
 *   sk_admin-enc.key, sk_admin-mac.key     the raw bytes of a key; likewise
 *                                          for sk_unblk_pin, sk_file_mgmt
 *   trust-anchor.pem                       certificate above the signer of
 *                                          EF.CardSecurity
 *   chip-key.pem                           public chip authentication key
 * On failure MESSAGE (VCARD_MESSAGE_SIZE bytes) says why. Errors:
 * JCOP_ERR_ARGUMENT (options, DIR has a card), JCOP_ERR_NOT_FOUND (DIR cannot
 * be written, no description), JCOP_ERR_MALFORMED (description),
 * JCOP_ERR_TOO_LONG (an EF of the description is too small for its content),
 * JCOP_ERR_CRYPTO, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int vcard_persona_create(const char *dir,
	const struct vcard_persona_options *options, char *message);

/*
 * Changes the card in DIR, under its lock. The volatile state stays, but for
 * "life-cycle", which resets the card.
 *   KEY                  VALUE
 *   applet-version       X.Y.Z
 *   production           YYYY-MM-DD or unknown
 *   temporary            yes or no
 *   extended-length      yes or no (yes: as the description says)
 *   life-cycle           initialisation, activated or terminated; the PINs
 *                        stay as they are, a user PIN may then be unset
 *   unsigned-card-security, untrusted-signer, expired-signer, named-curve,
 *   chip-key-off-curve   yes or no, as the option; EF.CardSecurity is made
 *                        anew
 *   chip-key-mismatch    yes or no: the card uses another private key than
 *                        that of EF.CardSecurity (a copied file)
 *   ca-version           1 or 2: what EF.CardSecurity says and the card does
 *   ca-answer-version    same, 1 or 2: what the card does
 *   wrong-sk_admin, wrong-sk_unblk_pin, wrong-sk_file_mgmt
 *                        yes or no: the key set has another value than the
 *                        one in DIR/issuer (no brings it back)
 *   tries-global, tries-signature, tries-transport, tries-puk,
 *   tries-sk_admin, tries-sk_unblk_pin, tries-sk_file_mgmt
 *                        tries left, 0 to the number of the description
 *   foreign              yes or no: another card with the same ATR, without
 *                        the PKI application
 *   profile-marker       yes or no (no: ADF Agent is not there)
 *   iccsn-get-data, ef-gdo
 *                        yes or no (no: this source of the ICCSN is missing)
 * Errors: JCOP_ERR_ARGUMENT (key or value, MESSAGE says which are good),
 * and those of vcard_open().
 */
JCOP_CHECKED int vcard_persona_set(
	const char *dir, const char *key, const char *value, char *message);

/* What may be shown of a card without opening a channel; no secrets. */
struct vcard_persona_info {
	char iccsn[2 * 10 + 1]; /* hexadecimal digits */
	char serial[2 * 16 + 1];
	char profile[JCOP_NAME_SIZE]; /* the description's name */
	char applet_version[12];
	char production[11];    /* "unknown" or YYYY-MM-DD */
	const char *life_cycle; /* static: "initialisation", ... */
	bool temporary;
	const char *curve; /* static */
	unsigned int ca_version;
	const char *ca_cipher; /* the strongest; static */
	struct {
		bool set;
		unsigned int tries_left;
	} pins[JCOP_PIN_COUNT];
	unsigned int keyset_tries_left[JCOP_KEYSET_COUNT];
	size_t key_count; /* keys in all containers */
};

/* Fills INFO from the card in DIR; errors as vcard_open(). */
JCOP_CHECKED int vcard_persona_info(
	const char *dir, struct vcard_persona_info *info, char *message);

#endif
