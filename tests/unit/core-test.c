/*
 * core-test.c: what the unit tests of src/core share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

json_t *
load_vectors(const char *name)
{
	const char *directory = getenv("VECTORS_DIR");
	char path[4096];
	json_error_t error;
	json_t *root;

	snprintf(path, sizeof(path), "%s/%s",
		directory != NULL ? directory : VECTORS_DIR, name);
	root = json_load_file(path, 0, &error);
	if (root == NULL)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return root;
}

static json_t *
member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		fail_msg("no member %s in the vectors", key);
	return value;
}

const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(member(object, key));
}

size_t
number_of(const json_t *object, const char *key)
{
	return (size_t)json_integer_value(member(object, key));
}

struct jcop_blob
hex_of(const json_t *object, const char *key)
{
	return hex(text_of(object, key));
}

struct jcop_blob
hex(const char *digits)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;
	char *packed = malloc(strlen(digits) + 1);
	size_t i, n = 0;

	assert_non_null(packed);
	for (i = 0; digits[i] != '\0'; i++) {
		if (digits[i] != ' ')
			packed[n++] = digits[i];
	}
	packed[n] = '\0';
	if (jcop_blob_from_hex(&blob, packed) != JCOP_OK)
		fail_msg("not hexadecimal: %s", digits);
	free(packed);
	return blob;
}

void
assert_hex_at(
	struct jcop_bytes view, const char *digits, const char *file, int line)
{
	struct jcop_blob expected = hex(digits);
	bool equal = jcop_bytes_equal(view, jcop_blob_view(&expected));
	size_t i;

	jcop_blob_free(&expected);
	if (equal)
		return;
	for (i = 0; i < view.len; i++)
		fprintf(stderr, "%02X", view.data[i]);
	fprintf(stderr, "\nexpected %s\n", digits);
	_fail(file, line);
}
