/*
 * pkcs11_shim.c: a PKCS#11 module in front of another one, for tests: adds
 * token flags that SoftHSM never shows, and fails calls on demand.
 *
 * SHIM_TARGET  the module behind it
 * SHIM_FLAGS   flags added to every token (a number)
 * SHIM_LOGIN   what C_Login answers instead of asking the token (a number)
 * SHIM_COUNT   a file that gets one byte per C_Login
 * SHIM_NO_SESSION_INFO  if set, C_GetSessionInfo is not supported
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST *target;
static CK_FUNCTION_LIST shim;

static CK_ULONG
number_of(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? strtoul(value, NULL, 0) : 0;
}

static CK_RV
shim_get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = target->C_GetTokenInfo(slot, info);

	if (rv == CKR_OK)
		info->flags |= number_of("SHIM_FLAGS");
	return rv;
}

static void
count_login(void)
{
	const char *path = getenv("SHIM_COUNT");
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1)
		abort();
	close(fd);
}

static CK_RV
shim_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
	CK_ULONG pin_len)
{
	CK_RV answer = number_of("SHIM_LOGIN");

	count_login();
	return answer != CKR_OK ? answer
				: target->C_Login(session, user, pin, pin_len);
}

/* So that the login asks for it, as if nobody had logged in. */
static CK_RV
shim_get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
	if (getenv("SHIM_NO_SESSION_INFO") != NULL)
		return CKR_FUNCTION_NOT_SUPPORTED;
	return target->C_GetSessionInfo(session, info);
}

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	const char *path = getenv("SHIM_TARGET");
	CK_C_GetFunctionList get;
	void *library;

	library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (library == NULL)
		return CKR_GENERAL_ERROR;
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	if (get == NULL || get(&target) != CKR_OK)
		return CKR_GENERAL_ERROR;
	shim = *target;
	shim.C_GetFunctionList = C_GetFunctionList;
	shim.C_GetTokenInfo = shim_get_token_info;
	shim.C_GetSessionInfo = shim_get_session_info;
	shim.C_Login = shim_login;
	*list = &shim;
	return CKR_OK;
}
