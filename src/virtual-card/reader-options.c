/*
 * reader-options.c: which virtual readers there are, and how each behaves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/reader-options.h"

#define OPTIONS_FILE "reader"
#define LINE_SIZE (PATH_MAX + 64)

static char *
trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* --- DIR/reader --- */

static int
set_name(struct vcard_reader_options *options, const char *dir, char *value)
{
	(void)dir;
	if (*value == '\0' || strlen(value) >= sizeof(options->name))
		return JCOP_ERR_MALFORMED;
	strcpy(options->name, value);
	return JCOP_OK;
}

static int
read_yes_or_no(const char *value, bool *flag)
{
	*flag = strcmp(value, "yes") == 0;
	return *flag || strcmp(value, "no") == 0 ? JCOP_OK : JCOP_ERR_MALFORMED;
}

static int
set_extended(struct vcard_reader_options *options, const char *dir, char *value)
{
	(void)dir;
	return read_yes_or_no(value, &options->extended);
}

static int
set_pinpad(struct vcard_reader_options *options, const char *dir, char *value)
{
	(void)dir;
	return read_yes_or_no(value, &options->pinpad);
}

static int
set_protocol(struct vcard_reader_options *options, const char *dir, char *value)
{
	(void)dir;
	options->only_t0 = strcmp(value, "T=0") == 0;
	return options->only_t0 || strcmp(value, "T=1") == 0
		       ? JCOP_OK
		       : JCOP_ERR_MALFORMED;
}

static int
set_trace(struct vcard_reader_options *options, const char *dir, char *value)
{
	int n;

	if (*value == '\0')
		return JCOP_ERR_MALFORMED;
	if (*value == '/')
		n = snprintf(options->trace, PATH_MAX, "%s", value);
	else
		n = snprintf(options->trace, PATH_MAX, "%s/%s", dir, value);
	return n < PATH_MAX ? JCOP_OK : JCOP_ERR_MALFORMED;
}

static const struct {
	const char *key;
	int (*set)(struct vcard_reader_options *, const char *, char *);
	const char *expected;
} keys[] = {
	{"name", set_name, "1 to 127 characters"},
	{"extended", set_extended, "yes or no"},
	{"pinpad", set_pinpad, "yes or no"},
	{"protocol", set_protocol, "T=0 or T=1"},
	{"trace", set_trace, "the path of a file"},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static int
bad_line(char *message, const char *dir, unsigned int line, const char *key,
	const char *expected)
{
	snprintf(message, VCARD_MESSAGE_SIZE,
		"%s/" OPTIONS_FILE ":%u: %s: expected %s", dir, line, key,
		expected);
	return JCOP_ERR_MALFORMED;
}

static int
read_option(struct vcard_reader_options *options, const char *dir,
	unsigned int number, char *line, char *message)
{
	char *key = trim(line), *equals;
	size_t i;

	if (*key == '\0' || *key == '#')
		return JCOP_OK;
	equals = strchr(key, '=');
	if (equals == NULL)
		return bad_line(message, dir, number, key, "key = value");
	*equals = '\0';
	key = trim(key);
	for (i = 0; i < KEY_COUNT && strcmp(key, keys[i].key) != 0; i++)
		;
	if (i == KEY_COUNT)
		return bad_line(message, dir, number, key,
			"one of name, extended, pinpad, protocol, trace");
	if (keys[i].set(options, dir, trim(equals + 1)) != JCOP_OK)
		return bad_line(message, dir, number, key, keys[i].expected);
	return JCOP_OK;
}

static FILE *
open_in(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(path, "re");
}

int
vcard_reader_options_read(
	const char *dir, struct vcard_reader_options *options, char *message)
{
	FILE *file = open_in(dir, OPTIONS_FILE);
	char line[LINE_SIZE];
	unsigned int number = 0;
	int r = JCOP_OK;

	memset(options, 0, sizeof(*options));
	options->extended = true;
	if (file == NULL && (errno == ENOENT || errno == ENOTDIR))
		return JCOP_OK;
	if (file == NULL) {
		snprintf(message, VCARD_MESSAGE_SIZE, "%s/" OPTIONS_FILE ": %s",
			dir, strerror(errno));
		return JCOP_ERR_MALFORMED;
	}
	while (r == JCOP_OK && fgets(line, sizeof(line), file) != NULL)
		r = read_option(options, dir, ++number, line, message);
	fclose(file);
	return r;
}

/* --- the list --- */

/* The last component of a path, without slashes at its end. */
static void
last_component(const char *path, const char **start, int *len)
{
	const char *end = path + strlen(path);

	while (end > path + 1 && end[-1] == '/')
		end--;
	*start = end;
	while (*start > path && (*start)[-1] != '/')
		(*start)--;
	*len = (int)(end - *start);
	if (*len > 96)
		*len = 96;
}

static bool
name_is_taken(const struct vcard_reader_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return true;
	return false;
}

/* The name of the reader that is about to be added. */
static void
make_name(struct vcard_reader_list *list, const char *dir)
{
	struct vcard_reader_options options;
	char message[VCARD_MESSAGE_SIZE];
	char *name = list->names[list->count];
	const char *start;
	int len;

	if (vcard_reader_options_read(dir, &options, message) == JCOP_OK &&
		options.name[0] != '\0' && !name_is_taken(list, options.name)) {
		strcpy(name, options.name);
		return;
	}
	last_component(dir, &start, &len);
	snprintf(name, VCARD_READER_NAME_SIZE, "Virtual reader %02zu 00 (%.*s)",
		list->count, len, start);
}

static int
add_reader(struct vcard_reader_list *list, const char *dir)
{
	if (*dir == '\0' || list->count == VCARD_MAX_READERS)
		return JCOP_OK;
	list->dirs[list->count] = strdup(dir);
	if (list->dirs[list->count] == NULL)
		return JCOP_ERR_NO_MEMORY;
	make_name(list, dir);
	list->count++;
	return JCOP_OK;
}

static int
add_from_variable(struct vcard_reader_list *list, const char *value)
{
	char *copy = strdup(value), *rest, *dir;
	int r = JCOP_OK;

	if (copy == NULL)
		return JCOP_ERR_NO_MEMORY;
	for (dir = strtok_r(copy, ":", &rest); dir != NULL && r == JCOP_OK;
		dir = strtok_r(NULL, ":", &rest))
		r = add_reader(list, dir);
	free(copy);
	return r;
}

static int
add_from_file(struct vcard_reader_list *list, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE], *dir;
	int r = JCOP_OK;

	if (file == NULL)
		return JCOP_OK;
	while (r == JCOP_OK && fgets(line, sizeof(line), file) != NULL) {
		dir = trim(line);
		if (*dir != '#')
			r = add_reader(list, dir);
	}
	fclose(file);
	return r;
}

static int
add_from_home(struct vcard_reader_list *list)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");
	char path[PATH_MAX];
	int n;

	if (config != NULL && *config == '/')
		n = snprintf(path, sizeof(path),
			"%s/opensc-jcop45/virtual-readers", config);
	else if (home != NULL && *home == '/')
		n = snprintf(path, sizeof(path),
			"%s/.config/opensc-jcop45/virtual-readers", home);
	else
		return JCOP_OK;
	return n < PATH_MAX ? add_from_file(list, path) : JCOP_OK;
}

int
vcard_reader_list_find(struct vcard_reader_list *list)
{
	const char *dirs = secure_getenv("JCOP45_VCARD");
	const char *file = secure_getenv("JCOP45_VCARD_READERS");
	int r;

	list->count = 0;
	if (dirs != NULL)
		r = add_from_variable(list, dirs);
	else if (file != NULL)
		r = add_from_file(list, file);
	else
		r = add_from_home(list);
	if (r != JCOP_OK)
		vcard_reader_list_free(list);
	return r;
}

void
vcard_reader_list_free(struct vcard_reader_list *list)
{
	while (list->count > 0)
		free(list->dirs[--list->count]);
}
