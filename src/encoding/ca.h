/*
 * ca.h: asking a CA: a command, or two directories and two visits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_ENCODING_CA_H
#define JCOP_ENCODING_CA_H

#include "core/blob.h"
#include "encoding/plan.h"

/* The descriptor on which the command finds P12PASSWORD. */
#define ENCODING_CA_PASSWORD_FD 3

/* What a CA is told of one request. Texts are borrowed. */
struct encoding_ca_request {
	enum encoding_request_kind kind;
	const char *id;       /* of encoding_request_id */
	const char *template; /* CertTempl, or RecoveryTemplate */
	const char *location; /* name of the container */
	unsigned int bits;    /* 0: the CA's choice */
	const char *iccsn;
	const char *subject;
	bool dummy;                 /* the signature proves nothing */
	struct jcop_bytes request;  /* PKCS#10, DER; empty for others */
	struct jcop_bytes password; /* P12PASSWORD; empty for PKCS#10 */
	const char *withheld; /* variable that is not handed on, or NULL */
};

/*
 * The id of a request, the same for the same wish, so that a CA can answer it
 * again: "ICCSN-JOB-LETTER", without JOB where it is "".
 */
#define ENCODING_REQUEST_ID_SIZE (2 * JCOP_MAX_ICCSN + 32)
void encoding_request_id(const char *iccsn, char letter, const char *job,
	char id[ENCODING_REQUEST_ID_SIZE]);

/*
 * Runs COMMAND, a program and its arguments, NULL-terminated, without a shell:
 * the PEM request (or nothing) on its standard input, what it is about in its
 * environment (JCOP_REQUEST, ...: jcop45-encoding(5)), P12PASSWORD on
 * descriptor 3. Its standard output is ANSWER, as it is. It has SECONDS, then
 * it and its children are ended. Errors, with MESSAGE: JCOP_ERR_NOT_FOUND (no
 * such program), JCOP_ERR_UNSUPPORTED (it failed, or took too long),
 * JCOP_ERR_TOO_LONG, JCOP_ERR_NO_MEMORY.
 */
JCOP_CHECKED int encoding_ca_run(char *const command[],
	const struct encoding_ca_request *request, unsigned int seconds,
	struct jcop_blob *answer, char *message);

/*
 * Writes what the CA has to know of a request to DIRECTORY, in private files:
 * ID.json, and ID.csr for a PKCS#10. No password. Errors as
 * encoding_file_write.
 */
JCOP_CHECKED int encoding_ca_write(const char *directory,
	const struct encoding_ca_request *request, char *message);

/* The requests that PLAN leaves for another visit have no answer in DIRECTORY
 * yet: it could only be one to an earlier job. Where PLAN deletes all keys,
 * they are not there yet either: their keys would go. JCOP_ERR_ARGUMENT with
 * MESSAGE if there is one; JCOP_ERR_NO_MEMORY. */
JCOP_CHECKED int encoding_ca_check_new(const char *directory,
	const struct encoding_plan *plan, const char *iccsn, char *message);

/* Leaves the applications of PLAN whose answers are not in DIRECTORY for yet
 * another visit, and says so in REPORT. */
void encoding_ca_defer(const char *directory, struct encoding_plan *plan,
	const char *iccsn, struct encoding_report *report);

/*
 * Reads the answer to request ID from DIRECTORY: the first of ID.p12, ID.pfx
 * for keys, ID.pem, ID.crt, ID.cer, ID.der for certificates. Errors, with
 * MESSAGE: JCOP_ERR_NOT_FOUND (there is none), JCOP_ERR_MALFORMED (it cannot be
 * read) and those of encoding_file_read.
 */
JCOP_CHECKED int encoding_ca_read(const char *directory,
	const struct encoding_ca_request *request, struct jcop_blob *answer,
	char *message);

/* "pkcs10", "archival", "recovery" */
const char *encoding_request_word(enum encoding_request_kind kind);

/* Splits TEXT at blanks into words, without quoting, as a command. Free with
 * encoding_command_free. NULL if it is empty or memory ran out. */
char **encoding_command_split(const char *text);
void encoding_command_free(char **command);

#endif
