/*
 * conf-file.h: an opensc.conf on the disk: read, kept aside, replaced.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CONF_FILE_H
#define JCOP_TOOL_CONF_FILE_H

#include <stdbool.h>

#include "tool/tool.h"

#define CONF_BACKUP_SUFFIX ".bak-jcop45"

/*
 * Follows symbolic links from PATH, so that the file is replaced and not the
 * link; a file that does not exist yet is itself. Free the string. NULL with
 * the reason in MESSAGE.
 */
char *conf_file_resolve(const char *path, char *message);

/*
 * Reads PATH into a new string; *EXISTS tells whether it is there, *OUT is ""
 * if not. Errors: JCOP_ERR_NOT_FOUND (cannot be read), JCOP_ERR_MALFORMED
 * (not a text), JCOP_ERR_TOO_LONG, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int conf_file_read(
	const char *path, char **out, bool *exists, char *message);

/*
 * Keeps PATH as PATH.bak-jcop45, unless that is there: what was there before
 * the first change stays. *MADE tells whether it was made.
 */
JCOP_CHECKED int conf_file_backup(const char *path, bool *made, char *message);

/*
 * Replaces the content of PATH by TEXT: all or nothing, on the disk when the
 * call returns, with the mode and the owner it had (a new file: 0644).
 */
JCOP_CHECKED int conf_file_replace(
	const char *path, const char *text, char *message);

/* Deletes PATH, on the disk too when the call returns. */
JCOP_CHECKED int conf_file_delete(const char *path, char *message);

#endif
