/*
 * trace.c: one line of JSON per command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "virtual-card/trace.h"

int
vcard_trace_open(const char *path)
{
	int fd = open(path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	return fd >= 0 ? fd : -errno;
}

/* Names of directories need not be UTF-8; JSON has to be. */
static json_t *
text(const char *value)
{
	json_t *made;
	char ascii[PATH_MAX];
	size_t i;

	if (value == NULL)
		return json_null();
	made = json_string(value);
	if (made != NULL)
		return made;
	for (i = 0; i < sizeof(ascii) - 1 && value[i] != '\0'; i++)
		ascii[i] = value[i];
	ascii[i] = '\0';
	while (i-- > 0)
		if ((unsigned char)ascii[i] > 0x7E)
			ascii[i] = '?';
	return json_string(ascii);
}

static json_t *
byte(uint8_t value)
{
	char hex[3];

	snprintf(hex, sizeof(hex), "%02X", value);
	return json_string(hex);
}

static json_t *
number(size_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *
make_object(const struct vcard_trace_line *line)
{
	const struct vcard_trace *card = line->card;
	char sw[5] = "";

	if (card->sw != 0)
		snprintf(sw, sizeof(sw), "%04X", card->sw);
	return json_pack("{so, so, si, so, so, so, so, so, so, so, so, so, so, "
			 "so, sb, sb, sb, so, sb, so}",
		"reader", text(line->reader), "dir", text(line->dir), "pid",
		(int)getpid(), "sequence", number((size_t)line->sequence),
		"cla", byte(card->cla), "ins", byte(card->ins), "p1",
		byte(card->p1), "p2", byte(card->p2), "name", text(card->name),
		"plain_lc", number(card->plain_lc), "plain_le",
		number(card->plain_le), "plain_response",
		number(card->plain_response), "wire_command",
		number(line->wire_command), "wire_response",
		number(line->wire_response), "secured", card->secured,
		"mac_verified", card->mac_verified, "executed", card->executed,
		"sw", card->sw != 0 ? text(sw) : json_null(), "pad", line->pad,
		"fault", text(line->fault));
}

static int
append(int fd, char *line)
{
	size_t len = strlen(line);
	ssize_t n;

	line[len] = '\n'; /* in the place of the NUL: one write, whole lines */
	do
		n = write(fd, line, len + 1);
	while (n < 0 && errno == EINTR);
	line[len] = '\0';
	return n == (ssize_t)(len + 1) ? JCOP_OK : JCOP_ERR_TOO_LONG;
}

int
vcard_trace_write(int fd, const struct vcard_trace_line *line)
{
	json_t *object = make_object(line);
	char *dumped;
	int r;

	if (object == NULL)
		return JCOP_ERR_NO_MEMORY;
	dumped = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(object);
	if (dumped == NULL)
		return JCOP_ERR_NO_MEMORY;
	r = append(fd, dumped);
	free(dumped);
	return r;
}
