/*
 * signer.c: signs with one key through a PKCS#11 module, again and again,
 * verifies each signature at once, and tells what happened.
 *
 * Logs in once, and again only where the module says that the login or the
 * session is gone; every other error ends it. It makes COUNT signatures, makes
 * the file ENOUGH, and goes on until the file STOP is there. A key that wants
 * its PIN for each signature gets it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <p11-kit/pkcs11.h>

#define MAX_LOGINS 10 /* for one signature */

static CK_FUNCTION_LIST *p11;
static CK_SLOT_ID slot;
static CK_BYTE id;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;
static CK_BBOOL asks_each_time;
static unsigned int signatures, wrong, logins;

static void
report(void)
{
	printf("signatures %u\nwrong %u\nlogins %u\n", signatures, wrong,
		logins);
	fflush(stdout);
}

static void
die(const char *what, CK_RV rv)
{
	report();
	fprintf(stderr, "signer: %s: 0x%lx\n", what, rv);
	exit(1);
}

static void
ok(const char *what, CK_RV rv)
{
	if (rv != CKR_OK)
		die(what, rv);
}

static void
load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList list = NULL;

	if (module == NULL)
		die(dlerror(), 0);
	*(void **)&list = dlsym(module, "C_GetFunctionList");
	if (list == NULL)
		die("C_GetFunctionList", 0);
	ok("C_GetFunctionList", list(&p11));
	ok("C_Initialize", p11->C_Initialize(NULL));
}

static void
find_key(void)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_ATTRIBUTE always = {CKA_ALWAYS_AUTHENTICATE, &asks_each_time,
		sizeof(asks_each_time)};
	CK_ULONG count = 0;

	ok("C_FindObjectsInit", p11->C_FindObjectsInit(session, template, 2));
	ok("C_FindObjects", p11->C_FindObjects(session, &key, 1, &count));
	ok("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
	if (count != 1)
		die("no such key", id);
	ok("C_GetAttributeValue",
		p11->C_GetAttributeValue(session, key, &always, 1));
}

static CK_RV
give_pin(CK_USER_TYPE user)
{
	const char *pin = getenv("PIN");

	return p11->C_Login(session, user, (CK_BYTE *)pin, strlen(pin));
}

static void
log_in(void)
{
	(void)p11->C_CloseAllSessions(slot);
	ok("C_OpenSession", p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL,
				    NULL, &session));
	ok("C_Login", give_pin(CKU_USER));
	logins++;
	find_key();
}

/* What a program has to expect where others use the card too. */
static bool
login_is_gone(CK_RV rv)
{
	return rv == CKR_USER_NOT_LOGGED_IN ||
	       rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED;
}

static CK_RV
sign(const char *text, CK_BYTE *signature, CK_ULONG *len)
{
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_RV rv = p11->C_SignInit(session, &mechanism, key);

	if (rv == CKR_OK && asks_each_time)
		rv = give_pin(CKU_CONTEXT_SPECIFIC);
	if (rv == CKR_OK)
		rv = p11->C_Sign(
			session, (CK_BYTE *)text, strlen(text), signature, len);
	return rv;
}

static void
make_file(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fclose(file) != 0)
		die(path, 0);
}

static EVP_PKEY *
read_public_key(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *public =
		file != NULL ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : NULL;

	if (file != NULL)
		fclose(file);
	if (public == NULL)
		die(path, 0);
	return public;
}

static bool
verifies(EVP_PKEY *public, const char *text, const CK_BYTE *signature,
	CK_ULONG len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL &&
		    EVP_DigestVerifyInit(
			    ctx, NULL, EVP_sha256(), NULL, public) == 1 &&
		    EVP_DigestVerify(ctx, signature, len,
			    (const unsigned char *)text, strlen(text)) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static void
sign_and_verify(EVP_PKEY *public, unsigned int number)
{
	CK_BYTE signature[1024];
	CK_ULONG len = sizeof(signature);
	char text[64];
	int tries;
	CK_RV rv;

	snprintf(text, sizeof(text), "text %u of process %ld", number,
		(long)getpid());
	rv = sign(text, signature, &len);
	/* Again and again: the next reset may come before the signature. */
	for (tries = 0; login_is_gone(rv) && tries < MAX_LOGINS; tries++) {
		log_in();
		len = sizeof(signature);
		rv = sign(text, signature, &len);
	}
	ok("signing", rv);
	signatures++;
	if (!verifies(public, text, signature, len))
		wrong++;
}

int
main(int argc, char **argv)
{
	EVP_PKEY *public;
	unsigned long count, i;

	if (argc != 8 || getenv("PIN") == NULL) {
		fprintf(stderr,
			"usage: PIN=... %s MODULE SLOT ID PUBLIC-KEY COUNT "
			"ENOUGH STOP\n",
			argv[0]);
		return 2;
	}
	slot = strtoul(argv[2], NULL, 0);
	id = (CK_BYTE)strtoul(argv[3], NULL, 16);
	count = strtoul(argv[5], NULL, 10);
	public = read_public_key(argv[4]);
	load(argv[1]);
	log_in();
	for (i = 0; i < count || access(argv[7], F_OK) != 0; i++) {
		sign_and_verify(public, (unsigned int)i);
		if (i + 1 == count)
			make_file(argv[6]);
	}
	ok("C_Finalize", p11->C_Finalize(NULL));
	EVP_PKEY_free(public);
	report();
	return wrong == 0 ? 0 : 1;
}
