/*
 * description.c: a card description from a file, a text or the compiled-in one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "description/description.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "description/check.h"
#include "description/default-card.h"
#include "description/read.h"

#define DEFAULT_NAME "agent.card (compiled in)"

int
jcop_description_parse(const char *name, const char *text,
	struct jcop_description *description, char *message)
{
	struct jcop_reader *reader = calloc(1, sizeof(*reader));
	struct jcop_report report = {name, message};
	int r;

	message[0] = '\0';
	if (reader == NULL)
		return jcop_report_no_memory(&report);
	memset(description, 0, sizeof(*description));
	/* The MF by ISO/IEC 7816-4 */
	description->applications[JCOP_APP_MF].fid = 0x3F00;
	reader->description = description;
	reader->report = report;
	r = jcop_tree_open(text, &reader->tree, &report);
	if (r == JCOP_OK) {
		r = jcop_read(reader);
		if (r == JCOP_OK)
			r = jcop_check(reader);
		jcop_tree_close(&reader->tree);
	}
	free(reader);
	return r;
}

/* Opens PATH without waiting for the other end of a pipe. */
static int
open_file(const char *path, const struct jcop_report *report, int *fd)
{
	struct stat st;
	int r = JCOP_OK;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		r = jcop_report_unread(report, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		r = jcop_report_unread(report, "it is not a regular file");
	if (r != JCOP_OK && *fd >= 0)
		(void)close(*fd);
	return r;
}

/* Reads up to SIZE bytes: the end of the file, or SIZE of more. */
static int
read_all(int fd, char *text, size_t size, size_t *len,
	const struct jcop_report *report)
{
	ssize_t n = 1;

	*len = 0;
	while (n > 0 && *len < size) {
		n = read(fd, text + *len, size - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		return jcop_report_unread(report, strerror(errno));
	return JCOP_OK;
}

/* A zero byte would end the text for the parser and hide what follows. */
static int
check_zero(const char *text, size_t len, const struct jcop_report *report)
{
	const char *zero = memchr(text, 0, len);
	unsigned int line = 1;

	if (zero == NULL)
		return JCOP_OK;
	for (; text < zero; text++)
		line += *text == '\n';
	return jcop_report(report, line, "text",
		"has a byte 00; expected UTF-8 without control characters");
}

static int
load_file(const char *path, struct jcop_description *description, char *message)
{
	struct jcop_report report = {path, message};
	size_t size = JCOP_TEXT_MAX + 1, len = 0;
	char *text = NULL;
	int fd, r;

	message[0] = '\0';
	r = open_file(path, &report, &fd);
	if (r != JCOP_OK)
		return r;
	text = malloc(size + 1);
	if (text == NULL)
		r = jcop_report_no_memory(&report);
	else
		r = read_all(fd, text, size, &len, &report);
	if (r == JCOP_OK)
		r = check_zero(text, len, &report);
	if (r == JCOP_OK) {
		text[len] = '\0';
		r = jcop_description_parse(path, text, description, message);
	}
	free(text);
	(void)close(fd);
	return r;
}

int
jcop_description_load(
	const char *path, struct jcop_description *description, char *message)
{
	if (path == NULL)
		return jcop_description_parse(DEFAULT_NAME,
			jcop_description_default(), description, message);
	return load_file(path, description, message);
}

const char *
jcop_description_default(void)
{
	return jcop_default_card;
}

const struct jcop_container_desc *
jcop_description_container(
	const struct jcop_description *description, const char *name)
{
	size_t i;

	for (i = 0; i < description->container_count; i++) {
		if (strcasecmp(description->containers[i].name, name) == 0)
			return &description->containers[i];
	}
	return NULL;
}
