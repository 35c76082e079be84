/*
 * login.c: logging in to the token without ever wasting a PIN try.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"

/* Tokens that refused a PIN in this process. They stay here until it ends:
 * whatever asks again (the next command, another card, a retry of the
 * application) costs no further try. */
struct refused {
	struct refused *next;
	char token[33];
	char serial[17];
};
static struct refused *refused_tokens;
static pthread_mutex_t refused_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
was_refused(const struct jcop_hsm *hsm)
{
	const struct refused *one;

	for (one = refused_tokens; one != NULL; one = one->next)
		if (strcmp(one->token, hsm->token) == 0 &&
			strcmp(one->serial, hsm->serial) == 0)
			return true;
	return false;
}

static struct refused *
new_refused(const struct jcop_hsm *hsm)
{
	struct refused *one = calloc(1, sizeof(*one));

	if (one != NULL) {
		memcpy(one->token, hsm->token, sizeof(one->token));
		memcpy(one->serial, hsm->serial, sizeof(one->serial));
	}
	return one;
}

static int
check_flags(const struct jcop_hsm *hsm, CK_FLAGS flags, char *message)
{
	if ((flags & CKF_USER_PIN_INITIALIZED) == 0)
		return hsm_fail(message, JCOP_ERR_UNTRUSTED,
			"HSM: token %s has no user PIN yet; set one with the "
			"tool of its maker",
			hsm->token);
	if ((flags & CKF_USER_PIN_LOCKED) != 0)
		return hsm_fail(message, JCOP_ERR_UNTRUSTED,
			"HSM: the user PIN of token %s is locked; unlock it "
			"with the tool of its maker",
			hsm->token);
	if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
		return hsm_fail(message, JCOP_ERR_UNTRUSTED,
			"HSM: token %s reports one last try of its user PIN, "
			"which is not spent here; log in once with the tool "
			"of its maker (pkcs11-tool --login -O)",
			hsm->token);
	return JCOP_OK;
}

/* The PIN was sent and not taken. */
static bool
is_pin_answer(CK_RV rv)
{
	return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID ||
	       rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_EXPIRED ||
	       rv == CKR_PIN_LOCKED;
}

static int
explain_refusal(const struct jcop_hsm *hsm, CK_RV rv, char *message)
{
	char number[HSM_RV_SIZE];

	return hsm_fail(message, JCOP_ERR_UNTRUSTED,
		"HSM: token %s refused the user PIN: C_Login failed: %s. It "
		"is not sent again by this program; correct what hsm.pin "
		"names and start it anew",
		hsm->token, hsm_rv_name(rv, number));
}

/* NOTE is put among the refused tokens, or freed. */
static int
send_pin(struct jcop_hsm *hsm, struct jcop_blob *pin, struct refused *note,
	char *message)
{
	CK_RV rv;

	rv = hsm->module->C_Login(
		hsm->session, CKU_USER, pin->data, (CK_ULONG)pin->len);
	if (is_pin_answer(rv)) {
		note->next = refused_tokens;
		refused_tokens = note;
		return explain_refusal(hsm, rv, message);
	}
	free(note);
	if (rv == CKR_OK)
		hsm->logged_in = true;
	else if (rv != CKR_USER_ALREADY_LOGGED_IN)
		return hsm_fail_rv(message, "C_Login", rv,
			"The PIN may not have been looked at");
	return JCOP_OK;
}

/* Under the lock, so that two threads do not both send a wrong PIN. */
static int
login_locked(struct jcop_hsm *hsm, struct jcop_blob *pin, char *message)
{
	struct refused *note;

	if (was_refused(hsm))
		return hsm_fail(message, JCOP_ERR_UNTRUSTED,
			"HSM: token %s refused the user PIN before, so none "
			"is sent again by this program; correct what hsm.pin "
			"names and start it anew",
			hsm->token);
	/* Before the PIN is sent: afterwards it may be too late to fail. */
	note = new_refused(hsm);
	if (note == NULL)
		return hsm_fail(
			message, JCOP_ERR_NO_MEMORY, "HSM: out of memory");
	return send_pin(hsm, pin, note, message);
}

/* Another user of the module in this process may have logged in already. */
static bool
is_logged_in(struct jcop_hsm *hsm)
{
	CK_SESSION_INFO info;

	return hsm->module->C_GetSessionInfo(hsm->session, &info) == CKR_OK &&
	       (info.state == CKS_RO_USER_FUNCTIONS ||
		       info.state == CKS_RW_USER_FUNCTIONS);
}

int
hsm_login(struct jcop_hsm *hsm, const CK_TOKEN_INFO *info,
	const char *pin_source, char *message)
{
	struct jcop_blob pin = JCOP_BLOB_INIT;
	int r;

	if ((info->flags & CKF_LOGIN_REQUIRED) == 0 || is_logged_in(hsm))
		return JCOP_OK;
	r = check_flags(hsm, info->flags, message);
	if (r != JCOP_OK)
		return r;
	r = hsm_pin_read(pin_source, &pin, message);
	if (r == JCOP_OK) {
		pthread_mutex_lock(&refused_lock);
		r = login_locked(hsm, &pin, message);
		pthread_mutex_unlock(&refused_lock);
	}
	jcop_blob_free(&pin);
	return r;
}
