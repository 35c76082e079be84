/*
 * core-test.h: what the unit tests of src/core share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_CORE_TEST_H
#define JCOP_CORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/blob.h"

/* A file of tests/vectors; fails the test if it cannot be read. */
json_t *load_vectors(const char *name);

/* Members of a JSON object; a missing one fails the test. */
const char *text_of(const json_t *object, const char *key);
size_t number_of(const json_t *object, const char *key);
struct jcop_blob hex_of(const json_t *object, const char *key);

/* Bytes typed as hexadecimal digits, spaces allowed; owned by the caller. */
struct jcop_blob hex(const char *digits);

#define assert_ok(expression) assert_int_equal((expression), JCOP_OK)

/* Compares a view with hexadecimal digits. */
#define assert_hex(view, digits) \
	assert_hex_at((view), (digits), __FILE__, __LINE__)
void assert_hex_at(
	struct jcop_bytes view, const char *digits, const char *file, int line);
#define assert_bytes(view, expected) \
	assert_true(jcop_bytes_equal((view), (expected)))

#endif
