/*
 * session.c: the volatile state in a mapped file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "virtual-card/session.h"
#include "virtual-card/state.h"

#define SESSION_MAGIC 0x4A435635u

static int
open_session(const char *dir)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, VCARD_SESSION_NAME) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	return fd;
}

struct vcard_session *
vcard_session_map(const char *dir)
{
	void *map = MAP_FAILED;
	int fd = open_session(dir);

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, sizeof(struct vcard_session)) == 0)
		map = mmap(NULL, sizeof(struct vcard_session),
			PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

void
vcard_session_unmap(struct vcard_session *session)
{
	if (session != NULL)
		munmap(session, sizeof *session);
}

void
vcard_session_reset(struct vcard_session *session)
{
	OPENSSL_cleanse(session, sizeof *session);
	session->magic = SESSION_MAGIC;
	session->size = sizeof *session;
	session->df = JCOP_APP_MF;
	session->ef = VCARD_NO_FILE;
}

bool
vcard_session_usable(const struct vcard_session *session)
{
	return session->magic == SESSION_MAGIC &&
	       session->size == sizeof *session && !session->busy;
}

void
vcard_session_end_channel(struct vcard_session *session)
{
	size_t i;

	OPENSSL_cleanse(&session->channel, sizeof session->channel);
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		if (session->roles[i].in_channel)
			session->roles[i] = (struct vcard_role_state){0};
}

static void
leave_df(struct vcard_session *session,
	const struct jcop_description *description)
{
	size_t i;

	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		if (description->pins[i].application != session->df)
			continue;
		session->pin_known[i] = false;
		session->pin_released[i] = false;
	}
	for (i = 0; i < JCOP_KEYSET_COUNT; i++) {
		if (description->keysets[i].application != session->df)
			continue;
		session->roles[i] = (struct vcard_role_state){0};
		if (session->role_chosen && session->role == i)
			session->role_chosen = false;
	}
	if (session->df == JCOP_APP_PKI) {
		session->sign.set = false;
		session->decipher.set = false;
	}
}

void
vcard_session_enter(struct vcard_session *session,
	const struct jcop_description *description, enum jcop_application df)
{
	/* The MF is above all: its PINs and key sets outlive any SELECT. */
	if (df != session->df && session->df != JCOP_APP_MF)
		leave_df(session, description);
	session->df = df;
	session->ef = VCARD_NO_FILE;
}

void
vcard_session_drop_pending(struct vcard_session *session)
{
	OPENSSL_cleanse(session->pending.data, session->pending.len);
	session->pending.len = session->pending.offset = 0;
}

void
vcard_session_drop_chain(struct vcard_session *session)
{
	OPENSSL_cleanse(session->chain.data, session->chain.len);
	session->chain.len = 0;
	session->chain.active = false;
}

void
vcard_session_drop_staging(struct vcard_session *session)
{
	OPENSSL_cleanse(&session->staging, sizeof session->staging);
}
