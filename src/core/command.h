/*
 * command.h: command APDUs, and the bytes in them that standards fix.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_COMMAND_H
#define JCOP_CORE_COMMAND_H

#include "core/blob.h"

/* Class byte, ISO/IEC 7816-4 5.4.1 */
#define JCOP_CLA_ISO 0x00
#define JCOP_CLA_CHAINED 0x10   /* bit: not the last link of a chain */
#define JCOP_CLA_PROTECTED 0x0C /* bits: SM, header in the MAC */
#define JCOP_CLA_GP 0x80        /* GlobalPlatform 11.1.4 */

/* Instructions, ISO/IEC 7816-4 clause 11 unless another is named */
#define JCOP_INS_SELECT 0xA4
#define JCOP_INS_READ_BINARY 0xB0
#define JCOP_INS_UPDATE_BINARY 0xD6
#define JCOP_INS_GET_DATA 0xCA
#define JCOP_INS_GET_DATA_ODD 0xCB
#define JCOP_INS_PUT_DATA_ODD 0xDB
#define JCOP_INS_VERIFY 0x20
#define JCOP_INS_CHANGE_REFERENCE_DATA 0x24
#define JCOP_INS_RESET_RETRY_COUNTER 0x2C
#define JCOP_INS_MANAGE_SECURITY_ENVIRONMENT 0x22
#define JCOP_INS_GET_CHALLENGE 0x84
#define JCOP_INS_EXTERNAL_AUTHENTICATE 0x82
#define JCOP_INS_GENERAL_AUTHENTICATE 0x86
#define JCOP_INS_GET_RESPONSE 0xC0
#define JCOP_INS_PERFORM_SECURITY_OPERATION 0x2A /* 7816-8 */
#define JCOP_INS_GENERATE_KEY_PAIR 0x47          /* 7816-8 10.2, BER-TLV data */
#define JCOP_INS_ACTIVATE 0x44                   /* 7816-9 ACTIVATE FILE */

/* SELECT, 7816-4 11.2.2 */
#define JCOP_SELECT_BY_FID 0x00 /* P1: MF, DF or EF by its identifier */
#define JCOP_SELECT_BY_AID 0x04
#define JCOP_SELECT_BY_PATH 0x08 /* from the MF, without its identifier */
#define JCOP_SELECT_FCP 0x00     /* P2; reference profile: FCP, tag 62 */
#define JCOP_SELECT_NO_DATA 0x0C /* P2: no answer data */
#define JCOP_READ_BY_SFI 0x80    /* P1 bit of READ BINARY, 11.3.3 */

/* VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, 11.6.6 - 11.6.11 */
#define JCOP_VERIFY_SET 0x00    /* P1: compare */
#define JCOP_VERIFY_LOGOUT 0xFF /* P1: forget */
#define JCOP_CHANGE_OLD_NEW 0x00
#define JCOP_CHANGE_NEW 0x01 /* the user is known already */
#define JCOP_RESET_CODE_NEW 0x00
#define JCOP_RESET_NEW 0x02  /* no code, new value */
#define JCOP_RESET_ONLY 0x03 /* no data */

/* MANAGE SECURITY ENVIRONMENT, 11.5.11: P1 and the template in P2 */
#define JCOP_MSE_SET_VERIFY                          \
	0x81 /* verification, encipherment, external \
	      * authentication */
#define JCOP_MSE_SET_COMPUTE                        \
	0x41 /* computation, decipherment, internal \
	      * authentication, key agreement */
#define JCOP_CRT_AUTHENTICATION 0xA4
#define JCOP_CRT_KEY_AGREEMENT 0xA6 /* TR-03110-3 B.11.1, 3DES version 1 */
#define JCOP_CRT_SIGNATURE 0xB6
#define JCOP_CRT_CONFIDENTIALITY 0xB8
#define JCOP_CRT_TAG_ALGORITHM 0x80
#define JCOP_CRT_TAG_PUBLIC_KEY 0x83    /* or symmetric key */
#define JCOP_CRT_TAG_PRIVATE_KEY 0x84   /* or session key */
#define JCOP_CRT_TAG_EPHEMERAL_KEY 0x91 /* TR-03110-3 B.11.1 */
#define JCOP_REFERENCE_LOCAL 0x80       /* bit: specific to the DF, 11.6.2 */

/* PERFORM SECURITY OPERATION, 7816-8 11: P1 P2 = out in */
#define JCOP_PSO_SIGN_P1 0x9E
#define JCOP_PSO_SIGN_P2 0x9A
#define JCOP_PSO_DECIPHER_P1 0x80
#define JCOP_PSO_DECIPHER_P2 0x86
#define JCOP_PSO_PADDING_NONE 0x00 /* 7816-4 table 50: indicator */
#define JCOP_PSO_PADDING_PROPRIETARY 0x81

/* GENERATE ASYMMETRIC KEY PAIR, 7816-8 11.1: P1 */
#define JCOP_GENERATE_P1 0x00        /* IAS-ECC: template in the data */
#define JCOP_GENERATE_P1_EXPORT 0x80 /* generate, answer the public key */

/* PUT DATA with the object named in the data, 7816-4 11.4.5: P1 P2 */
#define JCOP_PUT_DATA_P1 0x3F
#define JCOP_PUT_DATA_P2 0xFF

/* File control parameters, 7816-4 7.4.3 */
#define JCOP_TAG_FCP 0x62
#define JCOP_TAG_FCI 0x6F
#define JCOP_FCP_TAG_SIZE 0x80
#define JCOP_FCP_TAG_DESCRIPTOR 0x82
#define JCOP_FCP_TAG_FID 0x83
#define JCOP_FCP_TAG_AID 0x84
#define JCOP_FCP_TAG_LCS 0x8A
#define JCOP_LCS_INITIALISATION 0x03 /* 7816-4 table 14 */
#define JCOP_LCS_ACTIVATED 0x05
#define JCOP_LCS_TERMINATED 0x0C

/* GET DATA */
#define JCOP_DATA_TAG_ICCSN 0x5A  /* 7816-6: primary account number */
#define JCOP_DATA_TAG_CPLC 0x9F7F /* GlobalPlatform, in EMV practice */

/* IAS-ECC v1.0.1 security data objects */
#define JCOP_SDO_TEMPLATE 0x70
#define JCOP_SDO_PRIVATE_KEY 0xBF90 /* high bytes of BF90xx, xx = reference */
#define JCOP_SDO_PUBLIC_KEY 0xBFA0
#define JCOP_SDO_PRIVATE_COMPONENTS 0x7F48
#define JCOP_SDO_PUBLIC_COMPONENTS 0x7F49 /* also 7816-8 public key */
#define JCOP_SDO_TAG_MODULUS 0x81
#define JCOP_SDO_TAG_EXPONENT 0x82
#define JCOP_SDO_TAG_P 0x92
#define JCOP_SDO_TAG_Q 0x93
#define JCOP_SDO_TAG_QINV 0x94
#define JCOP_SDO_TAG_DP 0x95
#define JCOP_SDO_TAG_DQ 0x96

/* GENERAL AUTHENTICATE, 7816-4 11.5.6, contents TR-03110-3 B.3 */
#define JCOP_TAG_DYNAMIC_AUTHENTICATION 0x7C
#define JCOP_CA_TAG_EPHEMERAL_KEY 0x80
#define JCOP_CA_TAG_NONCE 0x81
#define JCOP_CA_TAG_TOKEN 0x82
#define JCOP_TAG_OID 0x06
#define JCOP_EC_TAG_PUBLIC_POINT 0x86 /* TR-03110-3 D.3.3 */

/* Secure messaging, 7816-4 10.2 */
#define JCOP_SM_TAG_CRYPTOGRAM_BER 0x85
#define JCOP_SM_TAG_CRYPTOGRAM 0x87 /* with the padding indicator byte */
#define JCOP_SM_TAG_LE 0x97
#define JCOP_SM_TAG_SW 0x99
#define JCOP_SM_TAG_MAC 0x8E
#define JCOP_SM_PADDING_ISO 0x01 /* indicator: 80 00 ... */

/* Status words, 7816-4 5.6 */
#define JCOP_SW1_MORE 0x61 /* SW2: bytes that GET RESPONSE will give */
#define JCOP_SW_OK 0x9000
#define JCOP_SW_END_OF_FILE 0x6282
#define JCOP_SW_TRIES 0x63C0 /* low nibble: tries left */
#define JCOP_SW_WRONG_LENGTH 0x6700
#define JCOP_SW_CHANNEL_NOT_SUPPORTED 0x6881
#define JCOP_SW_SM_NOT_SUPPORTED 0x6882
#define JCOP_SW_LAST_LINK_EXPECTED 0x6883
#define JCOP_SW_CHAINING_NOT_SUPPORTED 0x6884
#define JCOP_SW_SECURITY_STATUS 0x6982
#define JCOP_SW_BLOCKED 0x6983
#define JCOP_SW_NOT_USABLE 0x6984
#define JCOP_SW_CONDITIONS 0x6985
#define JCOP_SW_SM_MISSING 0x6987
#define JCOP_SW_SM_INCORRECT 0x6988
#define JCOP_SW_WRONG_DATA 0x6A80
#define JCOP_SW_FILE_NOT_FOUND 0x6A82
#define JCOP_SW_NO_SPACE 0x6A84
#define JCOP_SW_NOT_FOUND 0x6A88
#define JCOP_SW_OFFSET 0x6B00
#define JCOP_SW_INS 0x6D00
#define JCOP_SW_CLA 0x6E00

#define JCOP_LE_NONE 0
#define JCOP_LE_SHORT 256
#define JCOP_LE_EXTENDED 65536
#define JCOP_SHORT_MAX 255 /* data bytes of a short APDU */
/* Data bytes of the longest command, chained or extended. */
#define JCOP_COMMAND_MAX 8192

/* A command; its data is borrowed. */
struct jcop_apdu {
	uint8_t cla, ins, p1, p2;
	struct jcop_bytes data;
	size_t le; /* 0: none, else the most bytes expected, up to 65536 */
};

/* True if the command does not fit a short APDU (7816-4 5.2). */
bool jcop_apdu_is_extended(const struct jcop_apdu *apdu);

/*
 * Replaces OUT by the bytes of the command: short if it fits, else extended.
 * Errors: JCOP_ERR_TOO_LONG for more than 65535 data bytes or 65536 expected
 * ones, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int jcop_apdu_encode(
	const struct jcop_apdu *apdu, struct jcop_blob *out);

/*
 * Command chaining (7816-4 5.3.3): the number of links of at most MAX data
 * bytes (not 0), at least 1; and link INDEX of them. All links but the last
 * have the chaining bit in CLA and no Le. Used with plain commands, with
 * commands whose links are then protected one by one, and with a protected
 * command that is cut (the driver then gives its links' answers no meaning).
 */
size_t jcop_apdu_link_count(const struct jcop_apdu *apdu, size_t max);
struct jcop_apdu jcop_apdu_link(
	const struct jcop_apdu *apdu, size_t max, size_t index);

/* A command that owns its data. Start with JCOP_COMMAND_INIT, end with
 * _free, which wipes. */
struct jcop_command {
	uint8_t cla, ins, p1, p2;
	size_t le;
	struct jcop_blob data;
};
#define JCOP_COMMAND_INIT(ins, p1, p2)                                        \
	{                                                                     \
		JCOP_CLA_ISO, (ins), (p1), (p2), JCOP_LE_NONE, JCOP_BLOB_INIT \
	}

/*
 * Append bytes, one byte, or a data object to the command's data.
 * Errors: JCOP_ERR_TOO_LONG over JCOP_COMMAND_MAX bytes, JCOP_ERR_NO_MEMORY;
 * the data is then as before.
 */
JCOP_CHECKED int jcop_command_append(
	struct jcop_command *command, struct jcop_bytes bytes);
JCOP_CHECKED int jcop_command_append_u8(
	struct jcop_command *command, uint8_t byte);
JCOP_CHECKED int jcop_command_put(
	struct jcop_command *command, uint32_t tag, struct jcop_bytes value);

/* The command as a borrowed view, valid until the command changes. */
struct jcop_apdu jcop_command_view(const struct jcop_command *command);

void jcop_command_free(struct jcop_command *command);

#endif
