/*
 * certificate-file.h: a certificate from a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_TOOL_CERTIFICATE_FILE_H
#define JCOP_TOOL_CERTIFICATE_FILE_H

#include "core/blob.h"
#include "tool/tool.h"

/*
 * Reads the one certificate in the file PATH, PEM or DER, to DER, and its
 * subject's common name ("Certificate" if there is none) to NAME. What else the
 * file may be is told by name. TOOL_OK, TOOL_USAGE if there is no such file, or
 * TOOL_FAILED, after a message.
 */
JCOP_CHECKED int tool_certificate_file(
	const char *path, struct jcop_blob *der, char *name, size_t size);

#endif
