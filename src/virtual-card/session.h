/*
 * session.h: what a reset clears, shared by all processes that have the card
 * open. Plain bytes, no pointers: it lives in a mapped file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_SESSION_H
#define JCOP_VIRTUAL_CARD_SESSION_H

#include "description/description.h"

#define VCARD_CHAIN_MAX 8192    /* plain bytes of a chained command */
#define VCARD_CHAIN_OVERHEAD 64 /* what slice chaining adds */
#define VCARD_PENDING_MAX 33000 /* longest answer, protected */
#define VCARD_CHALLENGE_MAX 16
#define VCARD_COMPONENT_MAX 520 /* RSA-4096 modulus and a bit */
#define VCARD_AES_BLOCK 16
#define VCARD_KEY_MAX 32
#define VCARD_NO_FILE (-1)

struct vcard_slot_id {
	size_t container, slot;
};

/* Session keys; SSC is 8 bytes for 3DES, 16 for AES. */
struct vcard_channel {
	bool open;
	enum jcop_ca_cipher cipher;
	uint8_t enc[VCARD_KEY_MAX], mac[VCARD_KEY_MAX];
	uint8_t ssc[VCARD_AES_BLOCK];
};

struct vcard_role_state {
	bool granted;
	bool in_channel;
};

/* A key chosen by MANAGE SECURITY ENVIRONMENT. */
struct vcard_key_choice {
	bool set;
	bool raw; /* raw dialect: the host pads */
	struct vcard_slot_id id;
	uint8_t algorithm;
};

struct vcard_chain {
	bool active, secured;
	uint8_t ins, p1, p2;
	size_t len;
	uint8_t data[VCARD_CHAIN_MAX + VCARD_CHAIN_OVERHEAD];
};

/* The rest of an answer, for GET RESPONSE. */
struct vcard_pending {
	size_t offset, len;
	uint16_t sw;
	uint8_t data[VCARD_PENDING_MAX];
};

enum vcard_component {
	COMPONENT_N,
	COMPONENT_E,
	COMPONENT_P,
	COMPONENT_Q,
	COMPONENT_QINV,
	COMPONENT_DP,
	COMPONENT_DQ,
	COMPONENT_COUNT
};

/* Components of an import, until they are all there. */
struct vcard_staging {
	bool active;
	struct vcard_slot_id id;
	struct {
		size_t len;
		uint8_t value[VCARD_COMPONENT_MAX];
	} components[COMPONENT_COUNT];
};

struct vcard_session {
	uint32_t magic, size;
	bool busy;     /* a command is under way: if its process died, the card
			* lost power */
	bool selected; /* a SELECT was seen: GlobalPlatform's time is over */
	enum jcop_application df;
	int ef; /* index in the state's files, or VCARD_NO_FILE */
	bool pin_known[JCOP_PIN_COUNT];
	bool pin_released[JCOP_PIN_COUNT]; /* 2C 03 went before, 24 01 may */
	struct vcard_role_state roles[JCOP_KEYSET_COUNT];
	bool role_chosen;
	enum jcop_keyset role;
	size_t challenge_len; /* 0: none */
	uint8_t challenge[VCARD_CHALLENGE_MAX];
	bool ca_chosen, ca_done;
	enum jcop_ca_cipher ca_cipher;
	struct vcard_channel channel, next_channel;
	struct vcard_key_choice sign, decipher;
	struct vcard_staging staging;
	struct vcard_chain chain;
	struct vcard_pending pending;
};

/* Maps DIR/session; NULL with errno. */
struct vcard_session *vcard_session_map(const char *dir);
void vcard_session_unmap(struct vcard_session *session);

/* As after power-on. */
void vcard_session_reset(struct vcard_session *session);

/* False: another build's, or a process died with a command under way. */
bool vcard_session_usable(const struct vcard_session *session);

/* Ends the channel and the roles gained in it. */
void vcard_session_end_channel(struct vcard_session *session);

/* Makes DF current, without EF; what belongs to the DF that is left ends. */
void vcard_session_enter(struct vcard_session *session,
	const struct jcop_description *description, enum jcop_application df);

void vcard_session_drop_pending(struct vcard_session *session);
void vcard_session_drop_chain(struct vcard_session *session);
void vcard_session_drop_staging(struct vcard_session *session);

#endif
