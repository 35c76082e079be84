/*
 * names.c: the words of a card description for its enumerations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/names.h"

#include <stddef.h>
#include <strings.h>

#include "description/description.h"

const struct jcop_word jcop_words_application[] = {
	{"pki", JCOP_APP_PKI}, {"agent", JCOP_APP_AGENT}, {NULL, 0}};

const struct jcop_word jcop_words_any_application[] = {{"mf", JCOP_APP_MF},
	{"pki", JCOP_APP_PKI}, {"agent", JCOP_APP_AGENT}, {NULL, 0}};

const struct jcop_word jcop_words_card_application[] = {
	{"mf", JCOP_APP_MF}, {"pki", JCOP_APP_PKI}, {NULL, 0}};

const struct jcop_word jcop_words_file[] = {{"ef.dir", JCOP_FILE_DIR},
	{"ef.gdo", JCOP_FILE_GDO}, {"ef.cardsecurity", JCOP_FILE_CARD_SECURITY},
	{"odf", JCOP_FILE_ODF}, {"ciainfo", JCOP_FILE_CIAINFO},
	{"aodf", JCOP_FILE_AODF}, {"prkdf", JCOP_FILE_PRKDF},
	{"pukdf", JCOP_FILE_PUKDF}, {"cdf", JCOP_FILE_CDF},
	{"dodf", JCOP_FILE_DODF}, {NULL, 0}};

const struct jcop_word jcop_words_pin[] = {{"global", JCOP_PIN_GLOBAL},
	{"signature", JCOP_PIN_SIGNATURE}, {"transport", JCOP_PIN_TRANSPORT},
	{"puk", JCOP_PIN_PUK}, {NULL, 0}};

const struct jcop_word jcop_words_user_pin[] = {{"global", JCOP_PIN_GLOBAL},
	{"signature", JCOP_PIN_SIGNATURE}, {NULL, 0}};

const struct jcop_word jcop_words_charset[] = {
	{"numeric", JCOP_CHARSET_NUMERIC}, {"any", JCOP_CHARSET_ANY},
	{NULL, 0}};

const struct jcop_word jcop_words_keyset[] = {
	{"sk_admin", JCOP_KEYSET_SK_ADMIN},
	{"sk_unblk_pin", JCOP_KEYSET_SK_UNBLK_PIN},
	{"sk_file_mgmt", JCOP_KEYSET_SK_FILE_MGMT}, {NULL, 0}};

const struct jcop_word jcop_words_ca_cipher[] = {{"3des", JCOP_CA_3DES_CBC_CBC},
	{"aes-128", JCOP_CA_AES_128}, {"aes-192", JCOP_CA_AES_192},
	{"aes-256", JCOP_CA_AES_256}, {NULL, 0}};

const struct jcop_word jcop_words_curve[] = {{"P-256", JCOP_CURVE_P256},
	{"P-384", JCOP_CURVE_P384}, {"P-521", JCOP_CURVE_P521},
	{"brainpoolP256r1", JCOP_CURVE_BP256},
	{"brainpoolP384r1", JCOP_CURVE_BP384},
	{"brainpoolP512r1", JCOP_CURVE_BP512}, {NULL, 0}};

const struct jcop_word jcop_words_ca_version[] = {
	{"1", 1}, {"2", 2}, {NULL, 0}};

const struct jcop_word jcop_words_valid[] = {
	{"now", false}, {"at-signing", true}, {NULL, 0}};

const struct jcop_word jcop_words_data[] = {{"ef.id", JCOP_DATA_EF_ID},
	{"ef.function", JCOP_DATA_EF_FUNCTION}, {NULL, 0}};

const struct jcop_word jcop_words_layout[] = {
	{"tlv", JCOP_LAYOUT_TLV}, {"fixed", JCOP_LAYOUT_FIXED}, {NULL, 0}};

const struct jcop_word jcop_words_pin_dialect[] = {
	{"chipdoc", JCOP_PIN_CHIPDOC}, {"iso", JCOP_PIN_ISO}, {NULL, 0}};

const struct jcop_word jcop_words_unblock_keyset[] = {
	{"plain", JCOP_UNBLOCK_PLAIN}, {"channel", JCOP_UNBLOCK_CHANNEL},
	{NULL, 0}};

const struct jcop_word jcop_words_generate[] = {
	{"ias-sdo", JCOP_GENERATE_IAS_SDO}, {"iso", JCOP_GENERATE_ISO},
	{NULL, 0}};

const struct jcop_word jcop_words_import[] = {
	{"ias-sdo", JCOP_IMPORT_IAS_SDO}, {NULL, 0}};

const struct jcop_word jcop_words_sign[] = {{"ias", JCOP_SIGN_IAS},
	{"chipdoc-91", JCOP_SIGN_CHIPDOC_91}, {"raw", JCOP_SIGN_RAW},
	{NULL, 0}};

const struct jcop_word jcop_words_role[] = {{"ias-aes", JCOP_ROLE_IAS_AES},
	{"ias-3des", JCOP_ROLE_IAS_3DES}, {"aes-cmac", JCOP_ROLE_AES_CMAC},
	{NULL, 0}};

const struct jcop_word jcop_words_chaining[] = {
	{"per-link", JCOP_CHAINING_PER_LINK}, {"slice", JCOP_CHAINING_SLICE},
	{NULL, 0}};

const struct jcop_word jcop_words_prefix[] = {{"81", JCOP_PREFIX_81},
	{"00", JCOP_PREFIX_00}, {"none", JCOP_PREFIX_NONE}, {NULL, 0}};

const struct jcop_word jcop_words_certificate[] = {
	{"auto", JCOP_CERTIFICATE_AUTO}, {"zlib", JCOP_CERTIFICATE_ZLIB},
	{NULL, 0}};

const struct jcop_word jcop_words_iccsn[] = {
	{"get-data-005a", JCOP_ICCSN_GET_DATA_005A},
	{"ef-gdo", JCOP_ICCSN_EF_GDO}, {"sfi", JCOP_ICCSN_SFI},
	{"card-serial", JCOP_ICCSN_SERIAL}, {NULL, 0}};

const struct jcop_word jcop_words_production[] = {
	{"fabrication", JCOP_PRODUCTION_FABRICATION},
	{"packaging", JCOP_PRODUCTION_PACKAGING},
	{"prepersonalisation", JCOP_PRODUCTION_PREPERSONALISATION},
	{"personalisation", JCOP_PRODUCTION_PERSONALISATION}, {NULL, 0}};

const struct jcop_word jcop_words_bool[] = {{"yes", true}, {"no", false},
	{"true", true}, {"false", false}, {NULL, 0}};

bool
jcop_word_value(
	const struct jcop_word *words, const char *word, unsigned int *value)
{
	for (; words->word != NULL; words++) {
		if (strcasecmp(words->word, word) == 0) {
			*value = words->value;
			return true;
		}
	}
	return false;
}

const char *
jcop_word_name(const struct jcop_word *words, unsigned int value)
{
	for (; words->word != NULL; words++) {
		if (words->value == value)
			return words->word;
	}
	return "unknown";
}

const char *
jcop_pin_name(enum jcop_pin pin)
{
	return jcop_word_name(jcop_words_pin, pin);
}

const char *
jcop_keyset_name(enum jcop_keyset keyset)
{
	return jcop_word_name(jcop_words_keyset, keyset);
}

const char *
jcop_data_name(enum jcop_data data)
{
	return jcop_word_name(jcop_words_data, data);
}

const char *
jcop_curve_name(enum jcop_curve curve)
{
	return jcop_word_name(jcop_words_curve, curve);
}

const char *
jcop_ca_cipher_name(enum jcop_ca_cipher cipher)
{
	return jcop_word_name(jcop_words_ca_cipher, cipher);
}
