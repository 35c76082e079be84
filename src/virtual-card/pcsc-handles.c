/*
 * pcsc-handles.c: the contexts and card handles of this process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/pcsc-handles.h"

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t user_left = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct pcsc_context *contexts;
static struct pcsc_handle *handles;
/* Two rows of numbers, so that one is not taken for the other. */
static SCARDCONTEXT last_context = 0x10000000;
static SCARDHANDLE last_handle = 0x20000000;

/* --- fork --- */

static void
before_fork(void)
{
	pthread_mutex_lock(&table_lock);
}

static void
after_fork_in_parent(void)
{
	pthread_mutex_unlock(&table_lock);
}

/* The child is not at the reader: its parent is. Without this, a parent's
 * transaction would outlive the parent in a child. */
static void
after_fork_in_child(void)
{
	struct pcsc_handle *handle;

	for (handle = handles; handle != NULL; handle = handle->next)
		vcard_reader_forget(handle->reader);
	handles = NULL;
	contexts = NULL;
	pthread_cond_init(&user_left, NULL);
	pthread_mutex_unlock(&table_lock);
}

static void
watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* --- contexts --- */

static struct pcsc_context *
find_context(SCARDCONTEXT number)
{
	struct pcsc_context *context = contexts;

	while (context != NULL && context->number != number)
		context = context->next;
	return context;
}

SCARDCONTEXT
pcsc_context_new(unsigned int readers)
{
	struct pcsc_context *context = calloc(1, sizeof(*context));
	SCARDCONTEXT number;

	if (context == NULL)
		return 0;
	pthread_once(&once, watch_forks);
	atomic_store(&context->readers, readers);
	pthread_mutex_lock(&table_lock);
	number = ++last_context;
	context->number = number;
	context->next = contexts;
	contexts = context;
	pthread_mutex_unlock(&table_lock);
	return number;
}

bool
pcsc_context_exists(SCARDCONTEXT number)
{
	bool exists;

	pthread_mutex_lock(&table_lock);
	exists = find_context(number) != NULL;
	pthread_mutex_unlock(&table_lock);
	return exists;
}

struct pcsc_context *
pcsc_context_get(SCARDCONTEXT number)
{
	struct pcsc_context *context;

	pthread_mutex_lock(&table_lock);
	context = find_context(number);
	if (context != NULL)
		context->users++;
	pthread_mutex_unlock(&table_lock);
	return context;
}

void
pcsc_context_put(struct pcsc_context *context)
{
	bool last;

	pthread_mutex_lock(&table_lock);
	context->users--;
	last = context->users == 0 && atomic_load(&context->released);
	pthread_mutex_unlock(&table_lock);
	if (last)
		free(context);
}

static SCARDHANDLE
handle_of_context(SCARDCONTEXT number)
{
	struct pcsc_handle *handle;
	SCARDHANDLE found = 0;

	pthread_mutex_lock(&table_lock);
	for (handle = handles; handle != NULL; handle = handle->next)
		if (handle->context == number)
			found = handle->number;
	pthread_mutex_unlock(&table_lock);
	return found;
}

bool
pcsc_context_release(SCARDCONTEXT number)
{
	struct pcsc_context **link = &contexts, *context;
	enum vcard_reader_result result;
	SCARDHANDLE handle;
	bool unused;

	pthread_mutex_lock(&table_lock);
	while (*link != NULL && (*link)->number != number)
		link = &(*link)->next;
	context = *link;
	if (context != NULL) {
		*link = context->next;
		atomic_store(&context->released, true);
	}
	unused = context != NULL && context->users == 0;
	pthread_mutex_unlock(&table_lock);
	if (context == NULL)
		return false;
	if (unused)
		free(context);
	while ((handle = handle_of_context(number)) != 0)
		(void)pcsc_handle_close(handle, VCARD_LEAVE, &result);
	return true;
}

/* --- handles --- */

SCARDHANDLE
pcsc_handle_new(SCARDCONTEXT context, struct vcard_reader *reader,
	const char *name, DWORD protocol)
{
	struct pcsc_handle *handle = calloc(1, sizeof(*handle));
	SCARDHANDLE number = 0;

	if (handle == NULL)
		return 0;
	handle->context = context;
	handle->reader = reader;
	handle->protocol = protocol;
	strcpy(handle->name, name);
	pthread_mutex_lock(&table_lock);
	if (find_context(context) != NULL) {
		number = ++last_handle;
		handle->number = number;
		handle->next = handles;
		handles = handle;
	}
	pthread_mutex_unlock(&table_lock);
	if (number == 0)
		free(handle);
	return number;
}

struct pcsc_handle *
pcsc_handle_get(SCARDHANDLE number)
{
	struct pcsc_handle *handle;

	pthread_mutex_lock(&table_lock);
	for (handle = handles; handle != NULL; handle = handle->next)
		if (handle->number == number)
			break;
	if (handle != NULL)
		handle->users++;
	pthread_mutex_unlock(&table_lock);
	return handle;
}

void
pcsc_handle_put(struct pcsc_handle *handle)
{
	pthread_mutex_lock(&table_lock);
	handle->users--;
	pthread_cond_broadcast(&user_left);
	pthread_mutex_unlock(&table_lock);
}

bool
pcsc_handle_close(SCARDHANDLE number, enum vcard_disposition disposition,
	enum vcard_reader_result *result)
{
	struct pcsc_handle **link = &handles, *handle;

	pthread_mutex_lock(&table_lock);
	while (*link != NULL && (*link)->number != number)
		link = &(*link)->next;
	handle = *link;
	if (handle != NULL)
		*link = handle->next;
	while (handle != NULL && handle->users > 0) {
		vcard_reader_give_up(handle->reader);
		pthread_cond_wait(&user_left, &table_lock);
	}
	pthread_mutex_unlock(&table_lock);
	if (handle == NULL)
		return false;
	*result = vcard_reader_disconnect(handle->reader, disposition);
	free(handle);
	return true;
}
