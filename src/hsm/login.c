/*
 * login.c: logging in to the token without ever wasting a PIN try.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"

/*
 * What this process knows of a token; kept until it ends.
 *
 * A refused PIN is remembered, so that whatever asks again (the next command,
 * another card, a retry of the application) costs no further try. And a
 * login belongs to the process, not to a session: it ends with the last of
 * our sessions, and only if it was ours.
 */
struct token_state {
	struct token_state *next;
	char token[33];
	char serial[17];
	bool refused;
	pid_t pid; /* whose sessions are counted */
	unsigned int sessions;
	bool logged_in_by_us;
};
static struct token_state *token_states;
static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;

static struct token_state *
find_state(const struct jcop_hsm *hsm)
{
	struct token_state *one;

	for (one = token_states; one != NULL; one = one->next)
		if (strcmp(one->token, hsm->token) == 0 &&
			strcmp(one->serial, hsm->serial) == 0)
			return one;
	return NULL;
}

static struct token_state *
new_state(const struct jcop_hsm *hsm)
{
	struct token_state *one = calloc(1, sizeof(*one));

	if (one == NULL)
		return NULL;
	memcpy(one->token, hsm->token, sizeof(one->token));
	memcpy(one->serial, hsm->serial, sizeof(one->serial));
	one->next = token_states;
	token_states = one;
	return one;
}

/* The state of the token of HSM; NULL without memory. */
static struct token_state *
state_of(const struct jcop_hsm *hsm)
{
	struct token_state *state = find_state(hsm);

	if (state == NULL)
		state = new_state(hsm);
	if (state != NULL && state->pid != hsm->pid) {
		/* the sessions were the parent's */
		state->pid = hsm->pid;
		state->sessions = 0;
		state->logged_in_by_us = false;
	}
	return state;
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

static int
send_pin(struct jcop_hsm *hsm, struct token_state *state, struct jcop_blob *pin,
	char *message)
{
	CK_RV rv;

	rv = hsm->module->C_Login(
		hsm->session, CKU_USER, pin->data, (CK_ULONG)pin->len);
	if (is_pin_answer(rv)) {
		state->refused = true;
		return explain_refusal(hsm, rv, message);
	}
	if (rv == CKR_OK)
		state->logged_in_by_us = true;
	else if (rv != CKR_USER_ALREADY_LOGGED_IN)
		return hsm_fail_rv(message, "C_Login", rv,
			"The PIN may not have been looked at");
	return JCOP_OK;
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

static int
read_and_send_pin(struct jcop_hsm *hsm, struct token_state *state,
	const char *pin_source, char *message)
{
	struct jcop_blob pin = JCOP_BLOB_INIT;
	int r;

	if (state->refused)
		return hsm_fail(message, JCOP_ERR_UNTRUSTED,
			"HSM: token %s refused the user PIN before, so none "
			"is sent again by this program; correct what hsm.pin "
			"names and start it anew",
			hsm->token);
	r = hsm_pin_read(pin_source, &pin, message);
	if (r == JCOP_OK)
		r = send_pin(hsm, state, &pin, message);
	jcop_blob_free(&pin);
	return r;
}

static int
login_locked(struct jcop_hsm *hsm, const CK_TOKEN_INFO *info,
	const char *pin_source, char *message)
{
	/* Before the PIN is sent: afterwards it is too late to fail. */
	struct token_state *state = state_of(hsm);
	int r = JCOP_OK;

	if (state == NULL)
		return hsm_fail(
			message, JCOP_ERR_NO_MEMORY, "HSM: out of memory");
	if (!is_logged_in(hsm)) {
		r = check_flags(hsm, info->flags, message);
		if (r == JCOP_OK)
			r = read_and_send_pin(hsm, state, pin_source, message);
	}
	if (r == JCOP_OK) {
		state->sessions++;
		hsm->counted = true;
	}
	return r;
}

/* Under the lock, so that two threads do not both send a wrong PIN. */
int
hsm_login(struct jcop_hsm *hsm, const CK_TOKEN_INFO *info,
	const char *pin_source, char *message)
{
	int r;

	if ((info->flags & CKF_LOGIN_REQUIRED) == 0)
		return JCOP_OK;
	pthread_mutex_lock(&state_lock);
	r = login_locked(hsm, info, pin_source, message);
	pthread_mutex_unlock(&state_lock);
	return r;
}

void
hsm_logout(struct jcop_hsm *hsm)
{
	struct token_state *state;

	pthread_mutex_lock(&state_lock);
	state = find_state(hsm);
	if (hsm->counted && state != NULL && state->pid == hsm->pid &&
		--state->sessions == 0 && state->logged_in_by_us) {
		hsm->module->C_Logout(hsm->session);
		state->logged_in_by_us = false;
	}
	hsm->counted = false;
	pthread_mutex_unlock(&state_lock);
}
