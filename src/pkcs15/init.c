/*
 * init.c: the pkcs15-init operations, thin shims over the card controls.
 *
 * The directory of the card is written by the card driver inside each
 * operation, so OpenSC's own updates of directory files have nothing to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "pkcs15/init.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *sc_driver_version(void);
EXPORTED void *sc_module_init(const char *name);

/* The container whose PIN has AUTH_ID. */
static const struct jcop_container_desc *
find_container(struct sc_card *card, const struct sc_pkcs15_id *auth_id)
{
	const struct jcop_description *description =
		jcop_init_description(card);
	size_t i;

	for (i = 0; description != NULL && i < description->container_count;
		i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		if (auth_id->len == 1 &&
			auth_id->value[0] ==
				description->pins[container->pin].auth_id)
			return container;
	}
	return NULL;
}

static void
name_containers(struct sc_card *card)
{
	const struct jcop_description *description =
		jcop_init_description(card);
	size_t i;

	for (i = 0; description != NULL && i < description->container_count;
		i++)
		jcop_init_say(card,
			"jcop45: --auth-id %02X is the container %s.",
			description->pins[description->containers[i].pin]
				.auth_id,
			description->containers[i].name);
}

/* The slot is chosen on the card when the key is made. */
static int
select_key_reference(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_prkey_info *info)
{
	(void)profile;
	(void)p15card;
	memset(&info->path, 0, sizeof(info->path));
	return SC_SUCCESS;
}

/* What the user asked of the key and the card would not do. */
static int
check_key(struct sc_card *card, const struct sc_pkcs15_prkey_info *info,
	const struct jcop_container_desc *container)
{
	if ((info->usage & (SC_PKCS15_PRKEY_USAGE_DECRYPT |
				   SC_PKCS15_PRKEY_USAGE_UNWRAP)) &&
		!container->decipher) {
		jcop_init_say(card,
			"jcop45: keys of the container %s do not decipher.",
			container->name);
		return SC_ERROR_NOT_ALLOWED;
	}
	if (info->access_flags & SC_PKCS15_PRKEY_ACCESS_EXTRACTABLE) {
		jcop_init_say(card, "jcop45: no private key leaves the card.");
		return SC_ERROR_NOT_ALLOWED;
	}
	return SC_SUCCESS;
}

static int
create_key(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object)
{
	struct sc_card *card = p15card->card;
	const struct jcop_container_desc *container =
		find_container(card, &object->auth_id);

	(void)profile;
	if (object->type != SC_PKCS15_TYPE_PRKEY_RSA) {
		jcop_init_say(card, "jcop45: the card takes RSA keys only.");
		return SC_ERROR_NOT_SUPPORTED;
	}
	if (container == NULL) {
		jcop_init_say(card,
			"jcop45: the --auth-id names no container of the "
			"card.");
		name_containers(card);
		return SC_ERROR_NOT_ALLOWED;
	}
	return check_key(card, object->data, container);
}

static int
store_key(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, struct sc_pkcs15_prkey *key)
{
	(void)profile;
	(void)object;
	(void)key;
	jcop_init_say(p15card->card,
		"jcop45: importing private keys is not supported by "
		"this version; nothing was changed.");
	return SC_ERROR_NOT_ALLOWED;
}

/* pkcs15-init frees what it gets here. */
static int
give_bignum(struct jcop_blob *from, struct sc_pkcs15_bignum *to)
{
	to->data = malloc(from->len);
	if (to->data == NULL)
		return SC_ERROR_OUT_OF_MEMORY;
	memcpy(to->data, from->data, from->len);
	to->len = from->len;
	return SC_SUCCESS;
}

static int
give_public_key(
	struct jcop_generation *generation, struct sc_pkcs15_pubkey *public_key)
{
	int r = give_bignum(&generation->modulus, &public_key->u.rsa.modulus);

	if (r == SC_SUCCESS)
		r = give_bignum(
			&generation->exponent, &public_key->u.rsa.exponent);
	public_key->algorithm = SC_ALGORITHM_RSA;
	return r;
}

/*
 * OpenSC gives the objects of a new key another id after the card has listed
 * it, where the command line had none. The one on the card holds. Nothing may
 * fail after the generation: OpenSC would free the objects twice.
 */
static struct {
	bool public_key_follows;
	struct sc_pkcs15_id id;
} generated;

struct waiting {
	struct sc_card *card;
	const struct jcop_generation *generation;
};

static void
say_wait(void *context)
{
	const struct waiting *waiting = context;

	jcop_init_say(waiting->card,
		"jcop45: the card generates an RSA-%u key in the container %s; "
		"this can take a minute, please leave it in the reader.",
		waiting->generation->bits,
		waiting->generation->container->name);
}

static int
generate_key(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, struct sc_pkcs15_pubkey *public_key)
{
	struct sc_card *card = p15card->card;
	struct sc_pkcs15_prkey_info *info = object->data;
	struct jcop_generation generation;
	struct waiting waiting = {card, &generation};
	int r;

	(void)profile;
	memset(&generation, 0, sizeof(generation));
	generation.container = find_container(card, &object->auth_id);
	generation.bits = (unsigned int)info->modulus_length;
	generation.id = jcop_bytes_of(info->id.value, info->id.len);
	generation.label = object->label;
	if (generation.container == NULL)
		return SC_ERROR_INVALID_ARGUMENTS;
	generation.starts = say_wait;
	generation.context = &waiting;
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_GENERATE, &generation);
	if (r != SC_SUCCESS) {
		r = jcop_init_failed(card, r);
	} else {
		info->key_reference = generation.slot->key;
		generated.public_key_follows = true;
		generated.id = info->id;
		object->user_consent =
			generation.container->user_consent ? 1 : 0;
		r = give_public_key(&generation, public_key);
	}
	jcop_blob_free(&generation.modulus);
	jcop_blob_free(&generation.exponent);
	return r;
}

static int
store_certificate(struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, const struct sc_pkcs15_der *der,
	struct sc_path *path)
{
	struct sc_card *card = p15card->card;
	struct sc_pkcs15_cert_info *info = object->data;
	struct jcop_certificate certificate;
	int r;

	if (der == NULL || der->value == NULL)
		return SC_ERROR_INVALID_ARGUMENTS;
	memset(&certificate, 0, sizeof(certificate));
	certificate.der = jcop_bytes_of(der->value, der->len);
	certificate.label = object->label;
	/* A path is there where an old certificate gave way to this one. */
	certificate.replace = path != NULL && path->len > 0;
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_CERTIFICATE, &certificate);
	if (r != SC_SUCCESS)
		return jcop_init_failed(card, r);
	memcpy(info->id.value, certificate.id, certificate.id_len);
	info->id.len = certificate.id_len;
	if (path != NULL) {
		memset(path, 0, sizeof(*path));
		path->type = SC_PATH_TYPE_FILE_ID;
		path->value[0] = (u8)(certificate.file >> 8);
		path->value[1] = (u8)certificate.file;
		path->len = 2;
		path->count = -1; /* all of the file */
	}
	return SC_SUCCESS;
}

/* The driver lists a public key together with its private key. */
static int
store_public_key(
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_pubkey_info *info)
{
	if (!generated.public_key_follows) {
		jcop_init_say(p15card->card,
			"jcop45: a public key comes to the card with its "
			"private key only; nothing was changed.");
		return SC_ERROR_NOT_ALLOWED;
	}
	generated.public_key_follows = false;
	info->id = generated.id;
	return SC_SUCCESS;
}

static int
emu_store_data(struct sc_pkcs15_card *p15card, struct sc_profile *profile,
	struct sc_pkcs15_object *object, struct sc_pkcs15_der *der,
	struct sc_path *path)
{
	struct sc_pkcs15_prkey_info *private_key = object->data;

	(void)profile;
	switch (object->type & SC_PKCS15_TYPE_CLASS_MASK) {
	case SC_PKCS15_TYPE_PRKEY:
		private_key->id = generated.id;
		return SC_SUCCESS;
	case SC_PKCS15_TYPE_PUBKEY:
		return store_public_key(p15card, object->data);
	case SC_PKCS15_TYPE_CERT:
		return store_certificate(p15card, object, der, path);
	}
	return SC_ERROR_NOT_SUPPORTED;
}

static int
emu_update_any_df(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	unsigned int operation, struct sc_pkcs15_object *object)
{
	(void)profile;
	(void)p15card;
	(void)operation;
	(void)object;
	return SC_SUCCESS;
}

static int
emu_update_tokeninfo(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_tokeninfo *tokeninfo)
{
	(void)profile;
	(void)p15card;
	(void)tokeninfo;
	return SC_SUCCESS;
}

/* Not NOT_SUPPORTED: OpenSC would report success. */
static int
delete_object(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, const struct sc_path *path)
{
	(void)profile;
	(void)object;
	(void)path;
	jcop_init_say(p15card->card,
		"jcop45: the card cannot delete single objects; "
		"nothing was changed.");
	return SC_ERROR_NOT_ALLOWED;
}

static struct sc_pkcs15init_operations operations = {
	.select_key_reference = select_key_reference,
	.create_key = create_key,
	.store_key = store_key,
	.generate_key = generate_key,
	.delete_object = delete_object,
	.emu_update_any_df = emu_update_any_df,
	.emu_update_tokeninfo = emu_update_tokeninfo,
	.emu_store_data = emu_store_data,
};

static struct sc_pkcs15init_operations *
get_operations(void)
{
	return &operations;
}

const char *
sc_driver_version(void)
{
	return OPENSC_VERSION;
}

void *
sc_module_init(const char *name)
{
	(void)name;
	return (void *)get_operations;
}
