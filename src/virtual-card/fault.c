/*
 * fault.c: counts commands and applies the faults that are due.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include <jansson.h>

#include "core/tlv.h"
#include "virtual-card/fault.h"

#define CLA_SECURE 0x0C /* ISO 7816-4 5.4.1, first interindustry class */
#define CLA_PROPRIETARY 0x80
#define DO_MAC 0x8E
#define SW_LEN 2
#define FILLER 0xA5

/* --- the file of rules --- */

static int
located(char *message, const char *dir, unsigned int line)
{
	char reason[VCARD_MESSAGE_SIZE];

	snprintf(reason, sizeof(reason), "%s", message);
	snprintf(message, VCARD_MESSAGE_SIZE, "%.200s/fault:%u: %.250s", dir,
		line, reason);
	return JCOP_ERR_MALFORMED;
}

static int
read_rules(FILE *file, struct vcard_faults *faults, char *message)
{
	char line[1024];
	unsigned int number = 0;
	int r;

	while (fgets(line, sizeof(line), file) != NULL) {
		struct vcard_fault_rule *rule = &faults->rules[faults->count];

		number++;
		if (faults->count == VCARD_MAX_FAULTS) {
			snprintf(message, VCARD_MESSAGE_SIZE,
				"expected %d rules at most", VCARD_MAX_FAULTS);
			return located(message, faults->dir, number);
		}
		r = vcard_fault_parse(line, rule, message);
		if (r == JCOP_ERR_MALFORMED) {
			jcop_blob_free(&rule->data);
			return located(message, faults->dir, number);
		}
		if (r == JCOP_OK)
			faults->count++;
	}
	return JCOP_OK;
}

static void
identify(FILE *file, struct vcard_faults *faults)
{
	struct stat status;

	if (fstat(fileno(file), &status) != 0)
		memset(&status, 0, sizeof(status));
	snprintf(faults->identity, sizeof(faults->identity),
		"%llu:%lld:%lld.%09ld", (unsigned long long)status.st_ino,
		(long long)status.st_size, (long long)status.st_mtim.tv_sec,
		status.st_mtim.tv_nsec);
}

static int
read_file(struct vcard_faults *faults, char *message)
{
	char path[PATH_MAX];
	FILE *file;
	int r;

	if (snprintf(path, sizeof(path), "%s/fault", faults->dir) >= PATH_MAX)
		return JCOP_OK;
	file = fopen(path, "re");
	if (file == NULL && (errno == ENOENT || errno == ENOTDIR))
		return JCOP_OK;
	if (file == NULL) {
		snprintf(message, VCARD_MESSAGE_SIZE, "%.400s/fault: %s",
			faults->dir, strerror(errno));
		return JCOP_ERR_MALFORMED;
	}
	identify(file, faults);
	r = read_rules(file, faults, message);
	fclose(file);
	return r;
}

/* --- the counts --- */

static void
read_count(json_t *kept, struct vcard_fault_rule *rule)
{
	const char *last = json_string_value(json_object_get(kept, "last"));
	json_int_t seen = json_integer_value(json_object_get(kept, "seen"));

	if (seen > 0 && seen < INT_MAX)
		rule->seen = (unsigned int)seen;
	if (last != NULL && jcop_blob_from_hex(&rule->last, last) != JCOP_OK)
		jcop_blob_free(&rule->last);
}

/* Counts of another file, or none that can be read, count from 0. */
static void
read_counts(struct vcard_faults *faults)
{
	char path[PATH_MAX];
	json_t *kept;
	const char *identity;
	size_t i;

	if (snprintf(path, sizeof(path), "%s/fault-state", faults->dir) >=
		PATH_MAX)
		return;
	kept = json_load_file(path, 0, NULL);
	identity = json_string_value(json_object_get(kept, "file"));
	if (identity != NULL && strcmp(identity, faults->identity) == 0)
		for (i = 0; i < faults->count; i++)
			read_count(json_array_get(
					   json_object_get(kept, "rules"), i),
				&faults->rules[i]);
	json_decref(kept);
}

static json_t *
pack_count(const struct vcard_fault_rule *rule)
{
	static const char digits[] = "0123456789ABCDEF";
	json_t *packed = NULL;
	char *hex = malloc(2 * rule->last.len + 1);
	size_t i;

	if (hex == NULL)
		return NULL;
	for (i = 0; i < rule->last.len; i++) {
		hex[2 * i] = digits[rule->last.data[i] >> 4];
		hex[2 * i + 1] = digits[rule->last.data[i] & 0x0F];
	}
	hex[2 * i] = '\0';
	packed = json_pack("{si, ss}", "seen", (int)rule->seen, "last", hex);
	free(hex);
	return packed;
}

static json_t *
pack_counts(const struct vcard_faults *faults)
{
	json_t *rules = json_array();
	size_t i;

	for (i = 0; i < faults->count; i++)
		if (json_array_append_new(
			    rules, pack_count(&faults->rules[i])) != 0) {
			json_decref(rules);
			return NULL;
		}
	return json_pack("{ss, so}", "file", faults->identity, "rules", rules);
}

static int
write_private(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return JCOP_ERR_NOT_FOUND;
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len ? JCOP_OK : JCOP_ERR_NOT_FOUND;
}

static int
write_counts(const struct vcard_faults *faults)
{
	char path[PATH_MAX], made[PATH_MAX];
	json_t *packed = pack_counts(faults);
	char *text = packed == NULL ? NULL : json_dumps(packed, JSON_COMPACT);
	int r = JCOP_ERR_NO_MEMORY;

	json_decref(packed);
	if (text == NULL)
		return r;
	r = JCOP_ERR_NOT_FOUND;
	if (snprintf(path, sizeof(path), "%s/fault-state", faults->dir) <
			PATH_MAX &&
		snprintf(made, sizeof(made), "%s/fault-state.new",
			faults->dir) < PATH_MAX &&
		write_private(made, text) == JCOP_OK && rename(made, path) == 0)
		r = JCOP_OK;
	free(text);
	return r;
}

/* --- counting --- */

static bool
is_secured(struct jcop_bytes command)
{
	return !(command.data[0] & CLA_PROPRIETARY) &&
	       (command.data[0] & CLA_SECURE) == CLA_SECURE;
}

static bool
matches(const struct vcard_fault_filter *filter, struct jcop_bytes command)
{
	if (command.len < 4)
		return filter->ins < 0 && filter->p1 < 0 && filter->p2 < 0 &&
		       !filter->secured;
	return (filter->ins < 0 || filter->ins == command.data[1]) &&
	       (filter->p1 < 0 || filter->p1 == command.data[2]) &&
	       (filter->p2 < 0 || filter->p2 == command.data[3]) &&
	       (!filter->secured || is_secured(command));
}

static void
count_rule(struct vcard_fault_rule *rule, struct jcop_bytes command)
{
	rule->matched = matches(&rule->filter, command);
	if (!rule->matched)
		return;
	rule->seen++;
	rule->due = rule->seen == rule->at ||
		    (rule->action == VCARD_FAULT_SWAP && rule->seen > 1 &&
			    rule->seen - 1 == rule->at);
}

int
vcard_faults_load(const char *dir, struct jcop_bytes command,
	struct vcard_faults *faults, char *message)
{
	size_t i;
	int r;

	memset(faults, 0, sizeof(*faults));
	faults->dir = dir;
	r = read_file(faults, message);
	if (r != JCOP_OK || faults->count == 0)
		return r;
	read_counts(faults);
	for (i = 0; i < faults->count; i++)
		count_rule(&faults->rules[i], command);
	r = write_counts(faults);
	if (r != JCOP_OK)
		snprintf(message, VCARD_MESSAGE_SIZE,
			"%.400s/fault-state: cannot be written", dir);
	return r;
}

const struct vcard_fault_rule *
vcard_faults_due(
	const struct vcard_faults *faults, enum vcard_fault_action action)
{
	size_t i;

	for (i = 0; i < faults->count; i++)
		if (faults->rules[i].due && faults->rules[i].action == action)
			return &faults->rules[i];
	return NULL;
}

/* --- answers --- */

static void
alter_byte(long index, struct jcop_blob *response)
{
	if (index < 0)
		index += (long)response->len;
	if (index >= 0 && (size_t)index < response->len)
		response->data[index] ^= 0x01;
}

/* An answer that is not a row of data objects stays as it is. */
static int
drop_mac(struct jcop_blob *response)
{
	struct jcop_blob kept = JCOP_BLOB_INIT;
	struct jcop_bytes cursor;
	struct jcop_tlv object;
	int r = JCOP_OK;

	if (response->len < SW_LEN)
		return JCOP_OK;
	cursor = jcop_bytes_of(response->data, response->len - SW_LEN);
	while (r == JCOP_OK && jcop_tlv_read(&cursor, &object) == JCOP_OK)
		if (object.tag != DO_MAC)
			r = jcop_blob_append(
				&kept, object.whole.data, object.whole.len);
	if (r == JCOP_OK && cursor.len == 0)
		r = jcop_blob_append(
			&kept, response->data + response->len - SW_LEN, SW_LEN);
	if (r == JCOP_OK && cursor.len == 0)
		r = jcop_blob_set(response, kept.data, kept.len);
	jcop_blob_free(&kept);
	return r;
}

static int
make_plain(const struct vcard_fault_rule *rule, size_t plain_response,
	struct jcop_blob *response)
{
	static const uint8_t ok[SW_LEN] = {0x90, 0x00};
	int r;

	jcop_blob_clear(response);
	if (rule->has_data)
		r = jcop_blob_append(response, rule->data.data, rule->data.len);
	else
		r = jcop_blob_append_fill(response, FILLER, plain_response);
	if (r != JCOP_OK)
		return r;
	return jcop_blob_append(response, ok, sizeof(ok));
}

static int
apply(const struct vcard_fault_rule *rule, size_t plain_response,
	struct jcop_blob *response)
{
	switch (rule->action) {
	case VCARD_FAULT_ALTER:
		alter_byte(rule->number, response);
		return JCOP_OK;
	case VCARD_FAULT_DROP_MAC:
		return drop_mac(response);
	case VCARD_FAULT_PLAIN:
		return make_plain(rule, plain_response, response);
	case VCARD_FAULT_REPLAY:
	case VCARD_FAULT_SWAP:
		return jcop_blob_set(response, rule->last.data, rule->last.len);
	case VCARD_FAULT_TRUNCATE:
		jcop_blob_truncate(response, (size_t)rule->number);
		return JCOP_OK;
	case VCARD_FAULT_REMOVE_BEFORE:
	case VCARD_FAULT_REMOVE_AFTER:
	case VCARD_FAULT_RESET_BEFORE:
	case VCARD_FAULT_SW:
		break;
	}
	return JCOP_OK;
}

static bool
keeps_answer(const struct vcard_fault_rule *rule)
{
	return rule->matched && (rule->action == VCARD_FAULT_REPLAY ||
					rule->action == VCARD_FAULT_SWAP);
}

/* Rules that give old answers keep the card's own one, whatever other rules
 * made of it. */
static int
keep_answer(struct vcard_faults *faults, const struct jcop_blob *true_answer)
{
	bool any = false;
	size_t i;
	int r = JCOP_OK;

	for (i = 0; i < faults->count && r == JCOP_OK; i++) {
		if (!keeps_answer(&faults->rules[i]))
			continue;
		any = true;
		r = jcop_blob_set(&faults->rules[i].last, true_answer->data,
			true_answer->len);
	}
	if (r != JCOP_OK || !any)
		return r;
	return write_counts(faults);
}

int
vcard_faults_alter(struct vcard_faults *faults, size_t plain_response,
	struct jcop_blob *response)
{
	struct jcop_blob true_answer = JCOP_BLOB_INIT;
	size_t i;
	int r;

	if (faults->count == 0)
		return JCOP_OK;
	r = jcop_blob_set(&true_answer, response->data, response->len);
	for (i = 0; i < faults->count && r == JCOP_OK; i++)
		if (faults->rules[i].due)
			r = apply(&faults->rules[i], plain_response, response);
	if (r == JCOP_OK)
		r = keep_answer(faults, &true_answer);
	jcop_blob_free(&true_answer);
	return r;
}

char *
vcard_faults_describe(const struct vcard_faults *faults)
{
	size_t i, used = 0;
	char *text = NULL;

	for (i = 0; i < faults->count; i++) {
		if (!faults->rules[i].due)
			continue;
		if (text == NULL)
			text = calloc(
				VCARD_MAX_FAULTS, VCARD_FAULT_TEXT_SIZE + 2);
		if (text == NULL)
			return NULL;
		used += (size_t)sprintf(text + used, "%s%s",
			used == 0 ? "" : "; ", faults->rules[i].text);
	}
	return text;
}

void
vcard_faults_free(struct vcard_faults *faults)
{
	size_t i;

	for (i = 0; i < VCARD_MAX_FAULTS; i++) {
		jcop_blob_free(&faults->rules[i].data);
		jcop_blob_free(&faults->rules[i].last);
	}
	faults->count = 0;
}
