/*
 * internal.h: what the files of the virtual card share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_VIRTUAL_CARD_INTERNAL_H
#define JCOP_VIRTUAL_CARD_INTERNAL_H

#include <sys/stat.h>

#include "core/tlv.h"
#include "virtual-card/card.h"
#include "virtual-card/session.h"
#include "virtual-card/state.h"

struct vcard {
	char *dir;
	int lock_fd;
	struct jcop_description description;
	struct vcard_state state;
	bool loaded;       /* state holds what the file held at ... */
	struct stat stamp; /* ... this stamp */
	bool dirty;        /* state is ahead of the file */
	struct vcard_session *session;
	struct vcard_trace *trace; /* of the command under way */
};

/* Status words (ISO/IEC 7816-4 clause 5.6). */
enum vcard_sw {
	SW_OK = 0x9000,
	SW_MORE = 0x6100,
	SW_END_OF_FILE = 0x6282,
	SW_TRIES = 0x63C0,
	SW_LENGTH = 0x6700,
	SW_CHANNEL_NUMBER = 0x6881,
	SW_NO_SUCH_SM = 0x6882,
	SW_CHAIN_BROKEN = 0x6883,
	SW_NO_CHAINING = 0x6884,
	SW_SECURITY = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_NOT_USABLE = 0x6984,
	SW_CONDITIONS = 0x6985,
	SW_NO_CURRENT_EF = 0x6986,
	SW_SM_MISSING = 0x6987,
	SW_SM_INCORRECT = 0x6988,
	SW_DATA = 0x6A80,
	SW_FILE_NOT_FOUND = 0x6A82,
	SW_NO_SPACE = 0x6A84,
	SW_P1P2 = 0x6A86,
	SW_REFERENCE = 0x6A88,
	SW_OFFSET = 0x6B00,
	SW_INS = 0x6D00,
	SW_CLA = 0x6E00,
	SW_INTERNAL = 0x6F00
};

enum vcard_ins {
	INS_VERIFY = 0x20,
	INS_MSE = 0x22,
	INS_CHANGE_PIN = 0x24,
	INS_RESET_RETRY = 0x2C,
	INS_PSO = 0x2A,
	INS_ACTIVATE = 0x44,
	INS_GENERATE_ODD = 0x47,
	INS_EXTERNAL_AUTHENTICATE = 0x82,
	INS_GET_CHALLENGE = 0x84,
	INS_GENERAL_AUTHENTICATE = 0x86,
	INS_SELECT = 0xA4,
	INS_READ_BINARY = 0xB0,
	INS_GET_RESPONSE = 0xC0,
	INS_GET_DATA = 0xCA,
	INS_UPDATE_BINARY = 0xD6,
	INS_PUT_DATA_ODD = 0xDB
};

#define CLA_CHAIN 0x10       /* more links follow */
#define CLA_SM 0x0C          /* secure messaging, header authenticated */
#define CLA_PROPRIETARY 0x80 /* GlobalPlatform's, before the first SELECT */

/* A command as its function sees it: put together and unwrapped. */
struct vcard_command {
	uint8_t cla, ins, p1, p2;
	struct jcop_bytes data;
	size_t le;     /* 0: none; 256 and 65536 for zero bytes */
	bool secured;  /* came through the channel */
	bool extended; /* three-byte length fields */
};

/*
 * The function of a command: appends its answer to ANSWER and returns the
 * status word. A warning or 9000 keeps the answer, an error drops it.
 */
typedef uint16_t vcard_function(struct vcard *card,
	const struct vcard_command *command, struct jcop_blob *answer);

vcard_function vcard_cmd_select, vcard_cmd_read_binary, vcard_cmd_update_binary,
	vcard_cmd_get_data, vcard_cmd_verify, vcard_cmd_change_pin,
	vcard_cmd_reset_retry, vcard_cmd_mse, vcard_cmd_general_authenticate,
	vcard_cmd_get_challenge, vcard_cmd_external_authenticate,
	vcard_cmd_activate, vcard_cmd_generate, vcard_cmd_put_data,
	vcard_cmd_pso;

/* MANAGE SECURITY ENVIRONMENT, by template; COMMAND's data are the CRT. */
uint16_t vcard_mse_chip_auth(
	struct vcard *card, const struct vcard_command *command);
uint16_t vcard_mse_key_agreement(
	struct vcard *card, const struct vcard_command *command);
uint16_t vcard_mse_role(
	struct vcard *card, const struct vcard_command *command);
uint16_t vcard_mse_signature(
	struct vcard *card, const struct vcard_command *command);
uint16_t vcard_mse_signature_91(
	struct vcard *card, const struct vcard_command *command);
uint16_t vcard_mse_confidentiality(
	struct vcard *card, const struct vcard_command *command);

/* A data object that a template may hold; value.data NULL: it does not. */
struct vcard_template_object {
	uint32_t tag;
	struct jcop_bytes value;
};
/* False: malformed, an object that is not wanted, or one twice. */
bool vcard_read_template(struct jcop_bytes data,
	struct vcard_template_object *wanted, size_t count);

/* apdu.c: short and extended commands. False: not a command at all. */
bool vcard_parse_command(
	struct jcop_bytes bytes, struct vcard_command *command);

/* dispatch.c: one command from the wire to its answer. */
int vcard_dispatch(struct vcard *card, struct jcop_bytes bytes,
	struct jcop_blob *response);

/* command-names.c: the trace's name of a command, before it is executed. */
void vcard_name_command(
	struct vcard *card, const struct vcard_command *command);

/* secure-channel.c */
uint16_t vcard_channel_unwrap(struct vcard *card,
	const struct vcard_command *command, struct jcop_blob *plain,
	struct vcard_command *inner);
JCOP_CHECKED int vcard_channel_wrap(struct vcard *card, uint8_t ins,
	struct jcop_bytes answer, uint16_t sw, struct jcop_blob *out);
/* Starts with the keys that GENERAL AUTHENTICATE left, if it did. */
void vcard_channel_switch(struct vcard *card);

/* rules.c: 9000 if the access rule is fulfilled, else the refusal. */
uint16_t vcard_rule_role(const struct vcard *card,
	const struct vcard_command *command, enum jcop_keyset role);
uint16_t vcard_rule_update(const struct vcard *card,
	const struct vcard_command *command, const struct vcard_file *file);
bool vcard_file_mgmt_flawed(const struct vcard *card);
bool vcard_can_chain(const struct vcard *card);

/* pins.c */
bool vcard_pin_known(const struct vcard *card, enum jcop_pin pin);
/* The PIN with REFERENCE that is usable from the current DF. */
bool vcard_pin_find(
	const struct vcard *card, uint8_t reference, enum jcop_pin *pin);

/* files.c */
const struct vcard_file *vcard_current_file(
	const struct vcard *card, const struct vcard_command *command);

/* keys.c: the slot of the bare reference KEY; false: none. */
bool vcard_find_slot(
	const struct vcard *card, uint8_t key, struct vcard_slot_id *id);
const struct jcop_slot_desc *vcard_slot_desc(
	const struct vcard *card, struct vcard_slot_id id);
struct jcop_blob *vcard_slot_key(struct vcard *card, struct vcard_slot_id id);
JCOP_CHECKED int vcard_put_public_key(
	struct jcop_blob *answer, struct jcop_bytes key);

/* key-import.c: takes one PUT DATA of BF90 or BFA0 with components. */
uint16_t vcard_import_components(struct vcard *card, struct vcard_slot_id id,
	bool private_part, struct jcop_bytes components);
/* What PUT DATA left for the generation of that slot; default 65537. */
unsigned int vcard_staged_exponent(
	const struct vcard *card, struct vcard_slot_id id);

/* 63Cx has one digit for what is left. */
static inline uint16_t
vcard_sw_tries(unsigned int left)
{
	return (uint16_t)(SW_TRIES | (left < 15 ? left : 15));
}

#define SW_CLASS(sw) ((unsigned int)(sw)&0xFF00u)
static inline bool
vcard_sw_has_answer(uint16_t sw)
{
	return sw == SW_OK || SW_CLASS(sw) == 0x6200;
}

#endif
