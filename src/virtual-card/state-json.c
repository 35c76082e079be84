/*
 * state-json.c: the state file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <openssl/crypto.h>

#include "virtual-card/crypto.h"
#include "virtual-card/state.h"

#define STATE_FORMAT 1

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{"ca_ciphers", offsetof(struct vcard_state, ciphers)},
	{"ca_version", offsetof(struct vcard_state, ca_version)},
	{"ca_answer", offsetof(struct vcard_state, ca_answer)},
};

static const struct {
	const char *name;
	size_t offset;
} blobs[] = {
	{"chip_key", offsetof(struct vcard_state, chip_key)},
	{"anchor_key", offsetof(struct vcard_state, anchor_key)},
	{"anchor", offsetof(struct vcard_state, anchor)},
};

#define AT(state, row, type) ((type *)((char *)(state) + (row).offset))
#define CONST_AT(state, row, type) \
	((const type *)((const char *)(state) + (row).offset))

static bool
put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static bool
put_hex(json_t *object, const char *name, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = malloc(2 * len + 1);
	size_t i;
	bool done;

	if (hex == NULL)
		return false;
	for (i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 0x0F];
	}
	hex[2 * len] = '\0';
	done = put(object, name, json_string(hex));
	OPENSSL_cleanse(hex, 2 * len);
	free(hex);
	return done;
}

/* A new object in OBJECT; borrowed. */
static json_t *
put_object(json_t *object, const char *name)
{
	json_t *inner = json_object();

	return put(object, name, inner) ? inner : NULL;
}

static bool
put_flags(json_t *root, const struct vcard_state *state)
{
	/* Looked at, not changed. */
	struct vcard_state *s = (struct vcard_state *)(uintptr_t)state;
	json_t *object = put_object(root, "flags");
	bool good = object != NULL;
	const char *name;
	const bool *flag;
	size_t i;

	for (i = 0; good && (flag = vcard_state_flag_at(s, i, &name)) != NULL;
		i++)
		good = put(object, name, json_boolean(*flag));
	return good;
}

static bool
put_pins(json_t *root, const struct vcard_state *state)
{
	json_t *pins = put_object(root, "pins");
	size_t i;

	for (i = 0; pins != NULL && i < JCOP_PIN_COUNT; i++) {
		const struct vcard_pin *pin = &state->pins[i];
		json_t *object =
			put_object(pins, jcop_pin_name((enum jcop_pin)i));

		if (object == NULL ||
			!put(object, "set", json_boolean(pin->set)) ||
			!put_hex(object, "value", pin->value, pin->len) ||
			!put(object, "tries", json_integer(pin->tries)))
			return false;
	}
	return pins != NULL;
}

static bool
put_keysets(json_t *root, const struct vcard_state *state)
{
	json_t *sets = put_object(root, "keysets");
	size_t i;

	for (i = 0; sets != NULL && i < JCOP_KEYSET_COUNT; i++) {
		const struct vcard_keyset *set = &state->keysets[i];
		json_t *object =
			put_object(sets, jcop_keyset_name((enum jcop_keyset)i));

		if (object == NULL ||
			!put_hex(object, "enc", set->enc, set->len) ||
			!put_hex(object, "mac", set->mac, set->len) ||
			!put(object, "tries", json_integer(set->tries)))
			return false;
	}
	return sets != NULL;
}

static bool
put_keys(json_t *root, const struct vcard_state *state,
	const struct jcop_description *desc)
{
	json_t *keys = put_object(root, "keys");
	char name[8];
	size_t i, j;

	if (keys == NULL)
		return false;
	for (i = 0; i < desc->container_count; i++)
		for (j = 0; j < desc->containers[i].slot_count; j++) {
			const struct jcop_blob *key = &state->keys[i][j];

			snprintf(name, sizeof name, "%02X",
				desc->containers[i].slots[j].key);
			if (key->len > 0 &&
				!put_hex(keys, name, key->data, key->len))
				return false;
		}
	return true;
}

static void
name_file(const struct vcard_file *file, char name[16])
{
	snprintf(name, 16, "%u/%04X", (unsigned int)file->application,
		(unsigned int)file->fid);
}

static bool
put_files(json_t *root, const struct vcard_state *state)
{
	json_t *files = put_object(root, "files");
	bool good = files != NULL;
	char name[16];
	size_t i;

	for (i = 0; good && i < state->file_count; i++) {
		const struct vcard_file *file = &state->files[i];

		name_file(file, name);
		if (file->content.len > 0)
			good = put_hex(files, name, file->content.data,
				file->content.len);
	}
	return good;
}

static bool
put_persona(json_t *root, const struct vcard_state *state)
{
	char version[12];
	size_t i;
	bool good;

	snprintf(version, sizeof version, "%u.%u.%u", state->version[0],
		state->version[1], state->version[2]);
	good = put(root, "format", json_integer(STATE_FORMAT)) &&
	       put_hex(root, "iccsn", state->iccsn, state->iccsn_len) &&
	       put_hex(root, "serial", state->serial, state->serial_len) &&
	       put(root, "applet_version", json_string(version)) &&
	       put(root, "production", json_string(state->production)) &&
	       put(root, "curve", json_integer(state->curve)) &&
	       put(root, "life_cycle", json_integer(state->life_cycle));
	for (i = 0; good && i < sizeof numbers / sizeof *numbers; i++)
		good = put(root, numbers[i].name,
			json_integer(
				*CONST_AT(state, numbers[i], unsigned int)));
	for (i = 0; good && i < sizeof blobs / sizeof *blobs; i++) {
		const struct jcop_blob *blob =
			CONST_AT(state, blobs[i], struct jcop_blob);

		good = put_hex(root, blobs[i].name, blob->data, blob->len);
	}
	return good;
}

char *
vcard_state_encode(const struct vcard_state *state,
	const struct jcop_description *description)
{
	json_t *root = json_object();
	char *text = NULL;

	if (root != NULL && put_persona(root, state) &&
		put_flags(root, state) && put_pins(root, state) &&
		put_keysets(root, state) &&
		put_keys(root, state, description) && put_files(root, state))
		text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return text;
}

static bool
get_hex(const json_t *object, const char *name, struct jcop_blob *blob)
{
	const char *hex = json_string_value(json_object_get(object, name));

	return hex != NULL && jcop_blob_from_hex(blob, hex) == JCOP_OK;
}

/* Up to MAX bytes; LEN is what was there. */
static bool
get_bytes(const json_t *object, const char *name, uint8_t *out, size_t max,
	size_t *len)
{
	struct jcop_blob blob = JCOP_BLOB_INIT;
	bool good = get_hex(object, name, &blob) && blob.len <= max;

	if (good && blob.len > 0)
		memcpy(out, blob.data, blob.len);
	*len = good ? blob.len : 0;
	jcop_blob_free(&blob);
	return good;
}

static bool
get_number(const json_t *object, const char *name, unsigned int *out)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || number > 0xFFFF)
		return false;
	*out = (unsigned int)number;
	return true;
}

static bool
get_flags(const json_t *root, struct vcard_state *state)
{
	const json_t *object = json_object_get(root, "flags");
	const char *name;
	bool *flag;
	size_t i;

	for (i = 0; (flag = vcard_state_flag_at(state, i, &name)) != NULL; i++)
		*flag = json_is_true(json_object_get(object, name));
	return json_is_object(object);
}

static bool
get_pins(const json_t *root, struct vcard_state *state)
{
	const json_t *pins = json_object_get(root, "pins");
	size_t i;

	for (i = 0; i < JCOP_PIN_COUNT; i++) {
		struct vcard_pin *pin = &state->pins[i];
		const json_t *object =
			json_object_get(pins, jcop_pin_name((enum jcop_pin)i));

		pin->set = json_is_true(json_object_get(object, "set"));
		if (!get_bytes(object, "value", pin->value, sizeof pin->value,
			    &pin->len) ||
			!get_number(object, "tries", &pin->tries))
			return false;
	}
	return true;
}

static bool
get_keysets(const json_t *root, struct vcard_state *state)
{
	const json_t *sets = json_object_get(root, "keysets");
	size_t i, len;

	for (i = 0; i < JCOP_KEYSET_COUNT; i++) {
		struct vcard_keyset *set = &state->keysets[i];
		const json_t *object = json_object_get(
			sets, jcop_keyset_name((enum jcop_keyset)i));

		if (!get_bytes(object, "enc", set->enc, sizeof set->enc,
			    &set->len) ||
			!get_bytes(object, "mac", set->mac, sizeof set->mac,
				&len) ||
			len != set->len ||
			!get_number(object, "tries", &set->tries))
			return false;
	}
	return true;
}

static bool
get_keys(const json_t *root, struct vcard_state *state,
	const struct jcop_description *desc)
{
	const json_t *keys = json_object_get(root, "keys");
	char name[8];
	size_t i, j;

	for (i = 0; i < desc->container_count; i++)
		for (j = 0; j < desc->containers[i].slot_count; j++) {
			snprintf(name, sizeof name, "%02X",
				desc->containers[i].slots[j].key);
			if (json_object_get(keys, name) != NULL &&
				!get_hex(keys, name, &state->keys[i][j]))
				return false;
		}
	return json_is_object(keys);
}

static bool
get_files(const json_t *root, struct vcard_state *state)
{
	const json_t *files = json_object_get(root, "files");
	char name[16];
	size_t i;

	for (i = 0; i < state->file_count; i++) {
		struct vcard_file *file = &state->files[i];

		name_file(file, name);
		if (json_object_get(files, name) == NULL)
			continue;
		if (!get_hex(files, name, &file->content) ||
			file->content.len > file->size)
			return false;
	}
	return json_is_object(files);
}

static bool
get_version(const json_t *root, struct vcard_state *state)
{
	const char *text =
		json_string_value(json_object_get(root, "applet_version"));

	return text != NULL &&
	       sscanf(text, "%hhu.%hhu.%hhu", &state->version[0],
		       &state->version[1], &state->version[2]) == 3;
}

static bool
get_production(const json_t *root, struct vcard_state *state)
{
	const char *text =
		json_string_value(json_object_get(root, "production"));

	if (text == NULL || strlen(text) >= sizeof state->production)
		return false;
	strcpy(state->production, text);
	return true;
}

static bool
get_persona(const json_t *root, struct vcard_state *state)
{
	unsigned int format = 0, life_cycle = 0, curve = 0;
	size_t i;
	bool good = get_number(root, "format", &format) &&
		    format == STATE_FORMAT &&
		    get_bytes(root, "iccsn", state->iccsn, sizeof state->iccsn,
			    &state->iccsn_len) &&
		    get_bytes(root, "serial", state->serial,
			    sizeof state->serial, &state->serial_len) &&
		    get_version(root, state) && get_production(root, state) &&
		    get_number(root, "curve", &curve) &&
		    get_number(root, "life_cycle", &life_cycle);

	good = good && vcard_curve_group((enum jcop_curve)curve) != NULL &&
	       (life_cycle == VCARD_INITIALISATION ||
		       life_cycle == VCARD_ACTIVATED ||
		       life_cycle == VCARD_TERMINATED);
	state->curve = (enum jcop_curve)curve;
	state->life_cycle = (enum vcard_life_cycle)life_cycle;
	for (i = 0; good && i < sizeof numbers / sizeof *numbers; i++)
		good = get_number(root, numbers[i].name,
			AT(state, numbers[i], unsigned int));
	for (i = 0; good && i < sizeof blobs / sizeof *blobs; i++)
		good = get_hex(root, blobs[i].name,
			AT(state, blobs[i], struct jcop_blob));
	return good;
}

int
vcard_state_decode(const char *text, size_t len,
	const struct jcop_description *description, struct vcard_state *state)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	int r = JCOP_ERR_MALFORMED;

	vcard_state_init(state, description);
	if (root != NULL && get_persona(root, state) &&
		get_flags(root, state) && get_pins(root, state) &&
		get_keysets(root, state) &&
		get_keys(root, state, description) && get_files(root, state))
		r = JCOP_OK;
	json_decref(root);
	if (r != JCOP_OK)
		vcard_state_free(state);
	return r;
}
