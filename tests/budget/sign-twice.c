/*
 * sign-twice.c: logs in to a slot and signs "one" and "two" with one key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST *p11;

static void
die(const char *what, CK_RV rv)
{
	fprintf(stderr, "%s: 0x%lx\n", what, rv);
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
	CK_C_GetFunctionList list;

	if (module == NULL)
		die(dlerror(), 0);
	*(void **)&list = dlsym(module, "C_GetFunctionList");
	if (list == NULL)
		die("C_GetFunctionList", 0);
	ok("C_GetFunctionList", list(&p11));
	ok("C_Initialize", p11->C_Initialize(NULL));
}

static CK_OBJECT_HANDLE
find(CK_SESSION_HANDLE session, CK_BYTE id)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE key;
	CK_ULONG count = 0;

	ok("C_FindObjectsInit", p11->C_FindObjectsInit(session, template, 2));
	ok("C_FindObjects", p11->C_FindObjects(session, &key, 1, &count));
	ok("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
	if (count != 1)
		die("no such key", id);
	return key;
}

static void
sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *text,
	const char *file)
{
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE signature[1024];
	CK_ULONG len = sizeof(signature);
	FILE *out;

	ok("C_SignInit", p11->C_SignInit(session, &mechanism, key));
	ok("C_Sign", p11->C_Sign(session, (CK_BYTE *)text, strlen(text),
			     signature, &len));
	out = fopen(file, "w");
	if (out == NULL || fwrite(signature, 1, len, out) != len ||
		fclose(out) != 0)
		die(file, 0);
}

int
main(int argc, char **argv)
{
	const char *pin = getenv("PIN");
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;

	if (argc != 6 || pin == NULL) {
		fprintf(stderr,
			"usage: PIN=... %s MODULE SLOT ID SIGNATURE "
			"SIGNATURE\n",
			argv[0]);
		return 2;
	}
	load(argv[1]);
	ok("C_OpenSession", p11->C_OpenSession(strtoul(argv[2], NULL, 0),
				    CKF_SERIAL_SESSION, NULL, NULL, &session));
	ok("C_Login",
		p11->C_Login(session, CKU_USER, (CK_BYTE *)pin, strlen(pin)));
	key = find(session, (CK_BYTE)strtoul(argv[3], NULL, 16));
	sign(session, key, "one", argv[4]);
	sign(session, key, "two", argv[5]);
	ok("C_Finalize", p11->C_Finalize(NULL));
	return 0;
}
