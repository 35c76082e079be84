/*
 * dsz.c: the one description in a zip archive, by libzip.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zip.h>

#include "encoding/dsz.h"
#include "encoding/encoding.h"

bool
dsz_is_archive(const char *data, size_t len)
{
	return len >= 4 && (memcmp(data, "PK\3\4", 4) == 0 ||
				   memcmp(data, "PK\5\6", 4) == 0); /* empty */
}

/* ._x.dsc is what macOS keeps beside x.dsc. */
static bool
is_description(const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;
	const char *slash = name != NULL ? strrchr(name, '/') : NULL;
	const char *last = slash != NULL ? slash + 1 : name;

	return len > 4 && strncmp(last, "._", 2) != 0 &&
	       strcasecmp(name + len - 4, ".dsc") == 0;
}

/* Index of the only .dsc, or negative. */
static zip_int64_t
find_description(zip_t *archive, struct encoding_report *report)
{
	zip_int64_t i, found = -1, count = zip_get_num_entries(archive, 0);
	size_t descriptions = 0;

	for (i = 0; i < count; i++)
		if (is_description(zip_get_name(archive, (zip_uint64_t)i, 0))) {
			descriptions++;
			found = i;
		}
	if (descriptions == 1)
		return found;
	if (count == 0)
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
			"the archive is empty; expected one description "
			"(*.dsc) in it");
	else
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
			"the archive has %zu descriptions (*.dsc) in it; "
			"expected one",
			descriptions);
	return -1;
}

/* Up to ENCODING_MAX_SIZE bytes, whatever the archive says of its size. */
static int
read_entry(zip_file_t *entry, char **text, size_t *text_len)
{
	size_t len = 0;
	zip_int64_t got = 1;
	char *data = malloc(ENCODING_MAX_SIZE + 1), *fitting;

	if (data == NULL)
		return JCOP_ERR_NO_MEMORY;
	while (got > 0 && len <= ENCODING_MAX_SIZE) {
		got = zip_fread(entry, data + len, ENCODING_MAX_SIZE + 1 - len);
		if (got > 0)
			len += (size_t)got;
	}
	if (got < 0 || len > ENCODING_MAX_SIZE) {
		free(data);
		return got < 0 ? JCOP_ERR_MALFORMED : JCOP_ERR_TOO_LONG;
	}
	fitting = realloc(data, len + 1);
	*text = fitting != NULL ? fitting : data;
	*text_len = len;
	return JCOP_OK;
}

static bool
has_password(zip_t *archive, zip_uint64_t index)
{
	zip_stat_t stat;

	return zip_stat_index(archive, index, 0, &stat) == 0 &&
	       (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
	       stat.encryption_method != ZIP_EM_NONE;
}

static int
unpack(zip_t *archive, char **text, size_t *text_len,
	struct encoding_report *report)
{
	zip_int64_t index = find_description(archive, report);
	zip_file_t *entry;
	int r;

	if (index < 0)
		return JCOP_ERR_NOT_FOUND;
	if (has_password(archive, (zip_uint64_t)index)) {
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
			"the archive has a password; unpack it first");
		return JCOP_ERR_MALFORMED;
	}
	entry = zip_fopen_index(archive, (zip_uint64_t)index, 0);
	r = entry != NULL ? read_entry(entry, text, text_len)
			  : JCOP_ERR_MALFORMED;
	if (entry != NULL)
		zip_fclose(entry);
	if (r != JCOP_OK)
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
			"the description in the archive cannot be unpacked: %s",
			jcop_strerror(r));
	return r;
}

int
dsz_unpack(const char *data, size_t len, char **text, size_t *text_len,
	struct encoding_report *report)
{
	zip_error_t error;
	zip_source_t *source;
	zip_t *archive = NULL;
	int r = JCOP_ERR_MALFORMED;

	zip_error_init(&error);
	source = zip_source_buffer_create(data, len, 0, &error);
	if (source != NULL)
		archive = zip_open_from_source(
			source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
	if (archive == NULL) {
		encoding_say(report, ENCODING_ERROR, RULE_FILE, 0,
			"the archive cannot be read: %s",
			zip_error_strerror(&error));
		zip_source_free(source);
	} else {
		r = unpack(archive, text, text_len, report);
		zip_discard(archive);
	}
	zip_error_fini(&error);
	return r;
}
