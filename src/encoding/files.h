/*
 * files.h: private files, read and replaced as a whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_FILES_H
#define JCOP_ENCODING_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "core/blob.h"
#include "encoding/report.h"

/*
 * Reads the file PATH, of at most JCOP_BLOB_MAX bytes, into DATA. MODE, if
 * not NULL, gets its mode and type. Errors, with MESSAGE: JCOP_ERR_NOT_FOUND,
 * JCOP_ERR_TOO_LONG, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_file_read(const char *path, struct jcop_blob *data,
	unsigned int *mode, char *message);

/*
 * Replaces the file PATH by LEN bytes: a new private file (0600) beside it is
 * written, synced and renamed. Errors, with MESSAGE: JCOP_ERR_NOT_FOUND,
 * JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_file_write(
	const char *path, const void *data, size_t len, char *message);

/* The same with the text of JSON. */
JCOP_CHECKED int encoding_file_write_json(
	const char *path, const json_t *json, char *message);

/* The path of the program NAME: itself if it has a slash, else where PATH finds
 * it; a file that can be executed. The caller frees; NULL if there is none. */
char *encoding_find_program(const char *name);

/* "DIR/NAME" and "PATH" with SUFFIX, which the caller frees; NULL if there
 * is no memory. */
char *encoding_path_join(const char *directory, const char *name);
char *encoding_path_add(const char *path, const char *suffix);

#endif
