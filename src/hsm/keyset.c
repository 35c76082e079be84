/*
 * keyset.c: finding and using the keys of a key set; their values are never
 * asked for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hsm/internal.h"

/* PKCS#11 sets no limit to a label; a configured one is shorter. */
#define LABEL_SIZE 256

struct jcop_hsm_keyset {
	struct jcop_hsm *hsm;
	CK_OBJECT_HANDLE encrypt_key, mac_key;
};

static int
check_process(const struct jcop_hsm *hsm, char *message)
{
	if (hsm->pid == getpid())
		return JCOP_OK;
	return hsm_fail(message, JCOP_ERR_CRYPTO,
		"HSM: the session with token %s belongs to the parent "
		"process; open one in this process",
		hsm->token);
}

/* Counts the secret keys LABEL: 0, 1 or 2 for more. */
static int
search(struct jcop_hsm *hsm, const char *label, CK_OBJECT_HANDLE *key,
	CK_ULONG *count, char *message)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof(class)},
		{CKA_LABEL, (void *)(uintptr_t)label, (CK_ULONG)strlen(label)},
	};
	CK_OBJECT_HANDLE keys[2];
	CK_RV rv;

	rv = hsm->module->C_FindObjectsInit(hsm->session, template, 2);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_FindObjectsInit", rv, "");
	rv = hsm->module->C_FindObjects(hsm->session, keys, 2, count);
	hsm->module->C_FindObjectsFinal(hsm->session);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_FindObjects", rv, "");
	if (*count > 0)
		*key = keys[0];
	return JCOP_OK;
}

struct key_facts {
	CK_KEY_TYPE type;
	CK_BBOOL sensitive, extractable, encrypt, sign;
};

static int
read_facts(struct jcop_hsm *hsm, CK_OBJECT_HANDLE key, struct key_facts *facts,
	char *message)
{
	CK_ATTRIBUTE template[] = {
		{CKA_KEY_TYPE, &facts->type, sizeof(facts->type)},
		{CKA_SENSITIVE, &facts->sensitive, sizeof(CK_BBOOL)},
		{CKA_EXTRACTABLE, &facts->extractable, sizeof(CK_BBOOL)},
		{CKA_ENCRYPT, &facts->encrypt, sizeof(CK_BBOOL)},
		{CKA_SIGN, &facts->sign, sizeof(CK_BBOOL)},
	};
	CK_RV rv;

	memset(facts, 0, sizeof(*facts));
	/* What a token leaves unsaid counts against it. */
	facts->extractable = CK_TRUE;
	rv = hsm->module->C_GetAttributeValue(hsm->session, key, template,
		sizeof(template) / sizeof(template[0]));
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_GetAttributeValue", rv, "");
	return JCOP_OK;
}

/* What a key of a key set is used for. */
enum use { USE_ENCRYPT = 1, USE_MAC = 2 };

static const char *
fault_of(const struct key_facts *facts, unsigned int uses)
{
	if (facts->type != CKK_AES)
		return "is not an AES key (CKA_KEY_TYPE)";
	if (facts->sensitive != CK_TRUE)
		return "is not sensitive (CKA_SENSITIVE), so that any program "
		       "with the PIN can read it";
	if (facts->extractable != CK_FALSE)
		return "can leave the token (CKA_EXTRACTABLE)";
	if ((uses & USE_ENCRYPT) != 0 && facts->encrypt != CK_TRUE)
		return "may not encrypt (CKA_ENCRYPT)";
	if ((uses & USE_MAC) != 0 && facts->sign != CK_TRUE)
		return "may not make a MAC (CKA_SIGN)";
	return NULL;
}

static int
check_key(struct jcop_hsm *hsm, const char *label, CK_OBJECT_HANDLE key,
	unsigned int uses, char *message)
{
	struct key_facts facts;
	const char *fault;
	int r;

	r = read_facts(hsm, key, &facts, message);
	if (r != JCOP_OK)
		return r;
	fault = fault_of(&facts, uses);
	if (fault == NULL)
		return JCOP_OK;
	return hsm_fail(message, JCOP_ERR_UNTRUSTED,
		"HSM: key %s of token %s %s; import it again as a sensitive "
		"AES key that cannot be extracted",
		label, hsm->token, fault);
}

/* JCOP_ERR_NOT_FOUND leaves MESSAGE to the caller. */
static int
find_key(struct jcop_hsm *hsm, const char *label, unsigned int uses,
	CK_OBJECT_HANDLE *key, char *message)
{
	CK_ULONG count = 0;
	int r;

	r = search(hsm, label, key, &count, message);
	if (r != JCOP_OK)
		return r;
	if (count == 0)
		return JCOP_ERR_NOT_FOUND;
	if (count > 1)
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"HSM: token %s has more than one secret key %s; "
			"rename or delete the others",
			hsm->token, label);
	return check_key(hsm, label, *key, uses, message);
}

static int
find_part(struct jcop_hsm *hsm, const char *label, const char *part,
	unsigned int use, CK_OBJECT_HANDLE *key, char *message)
{
	char name[LABEL_SIZE];
	int len;

	len = snprintf(name, sizeof(name), "%s-%s", label, part);
	if (len < 0 || (size_t)len >= sizeof(name))
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"HSM: a key label of %zu bytes is too long",
			strlen(label));
	return find_key(hsm, name, use, key, message);
}

/* JCOP_ERR_NOT_FOUND with an empty MESSAGE: neither half is there. */
static int
find_pair(struct jcop_hsm_keyset *keyset, const char *label, char *message)
{
	struct jcop_hsm *hsm = keyset->hsm;
	int enc, mac;

	message[0] = '\0';
	enc = find_part(
		hsm, label, "ENC", USE_ENCRYPT, &keyset->encrypt_key, message);
	if (enc != JCOP_OK && enc != JCOP_ERR_NOT_FOUND)
		return enc;
	mac = find_part(hsm, label, "MAC", USE_MAC, &keyset->mac_key, message);
	if (mac != JCOP_OK && mac != JCOP_ERR_NOT_FOUND)
		return mac;
	if (enc == mac)
		return enc;
	return hsm_fail(message, JCOP_ERR_NOT_FOUND,
		"HSM: token %s has the key %s-%s, but not %s-%s: a key set "
		"is a pair, or one key %s",
		hsm->token, label, enc == JCOP_OK ? "ENC" : "MAC", label,
		enc == JCOP_OK ? "MAC" : "ENC", label);
}

static int
find_single(struct jcop_hsm_keyset *keyset, const char *label, char *message)
{
	struct jcop_hsm *hsm = keyset->hsm;
	int r;

	r = find_key(hsm, label, USE_ENCRYPT | USE_MAC, &keyset->encrypt_key,
		message);
	keyset->mac_key = keyset->encrypt_key;
	if (r != JCOP_ERR_NOT_FOUND)
		return r;
	return hsm_fail(message, r,
		"HSM: token %s has no secret keys %s-ENC and %s-MAC, and no "
		"key %s; import them, or correct the label of the key set",
		hsm->token, label, label, label);
}

int
jcop_hsm_keyset_find(struct jcop_hsm *hsm, const char *label,
	struct jcop_hsm_keyset **keyset, char *message)
{
	struct jcop_hsm_keyset *new;
	int r;

	*keyset = NULL;
	r = check_process(hsm, message);
	if (r != JCOP_OK)
		return r;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return hsm_fail(
			message, JCOP_ERR_NO_MEMORY, "HSM: out of memory");
	new->hsm = hsm;
	r = find_pair(new, label, message);
	if (r == JCOP_ERR_NOT_FOUND && message[0] == '\0')
		r = find_single(new, label, message);
	if (r == JCOP_OK)
		*keyset = new;
	else
		free(new);
	return r;
}

void
jcop_hsm_keyset_free(struct jcop_hsm_keyset *keyset)
{
	free(keyset);
}

int
jcop_hsm_keyset_is_single(const struct jcop_hsm_keyset *keyset)
{
	return keyset->encrypt_key == keyset->mac_key;
}

static int
check_length(const char *step, CK_ULONG got, size_t expected, char *message)
{
	if (got == expected)
		return JCOP_OK;
	return hsm_fail(message, JCOP_ERR_CRYPTO,
		"HSM: %s answered %lu bytes; expected %zu", step,
		(unsigned long)got, expected);
}

int
jcop_hsm_encrypt_cbc(struct jcop_hsm_keyset *keyset, const uint8_t *in,
	size_t len, uint8_t *out, char *message)
{
	struct jcop_hsm *hsm = keyset->hsm;
	uint8_t iv[JCOP_HSM_BLOCK] = {0};
	CK_MECHANISM mechanism = {CKM_AES_CBC, iv, sizeof(iv)};
	CK_ULONG out_len = (CK_ULONG)len;
	CK_RV rv;
	int r;

	r = check_process(hsm, message);
	if (r != JCOP_OK)
		return r;
	if (len == 0 || len % JCOP_HSM_BLOCK != 0)
		return hsm_fail(message, JCOP_ERR_ARGUMENT,
			"HSM: %zu bytes are no whole AES blocks", len);
	rv = hsm->module->C_EncryptInit(
		hsm->session, &mechanism, keyset->encrypt_key);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_EncryptInit (CKM_AES_CBC)", rv,
			"Does the token allow AES-CBC with this key?");
	rv = hsm->module->C_Encrypt(hsm->session, (uint8_t *)(uintptr_t)in,
		(CK_ULONG)len, out, &out_len);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_Encrypt (CKM_AES_CBC)", rv, "");
	return check_length("C_Encrypt", out_len, len, message);
}

int
jcop_hsm_cmac(struct jcop_hsm_keyset *keyset, const uint8_t *in, size_t len,
	uint8_t *mac, char *message)
{
	struct jcop_hsm *hsm = keyset->hsm;
	CK_MECHANISM mechanism = {CKM_AES_CMAC, NULL, 0};
	CK_ULONG mac_len = JCOP_HSM_BLOCK;
	CK_RV rv;
	int r;

	r = check_process(hsm, message);
	if (r != JCOP_OK)
		return r;
	rv = hsm->module->C_SignInit(hsm->session, &mechanism, keyset->mac_key);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_SignInit (CKM_AES_CMAC)", rv,
			"Does the token allow AES-CMAC with this key?");
	rv = hsm->module->C_Sign(hsm->session, (uint8_t *)(uintptr_t)in,
		(CK_ULONG)len, mac, &mac_len);
	if (rv != CKR_OK)
		return hsm_fail_rv(message, "C_Sign (CKM_AES_CMAC)", rv, "");
	return check_length("C_Sign", mac_len, JCOP_HSM_BLOCK, message);
}
