/*
 * init-keys.c: keys and certificates by pkcs15-init.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "pkcs15/init.h"

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
int
jcop_init_select_key_reference(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_prkey_info *info)
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

int
jcop_init_create_key(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
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
	return SC_SUCCESS;
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
 * What this process brought to the card last. OpenSC gives the objects of a
 * generated key another id after the card has listed it, where the command line
 * had none; the one on the card holds. Nothing may fail after the generation:
 * OpenSC would free the objects twice.
 */
static struct {
	bool public_key_follows;
	struct sc_pkcs15_id id;
	bool imported; /* certificates may come along in its file */
	bool told;     /* that some of them are left out */
} new_key;

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

int
jcop_init_generate_key(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_object *object,
	struct sc_pkcs15_pubkey *public_key)
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
	r = check_key(card, info, generation.container);
	if (r != SC_SUCCESS)
		return r;
	generation.starts = say_wait;
	generation.context = &waiting;
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_GENERATE, &generation);
	if (r != SC_SUCCESS) {
		r = jcop_init_failed(card, r);
	} else {
		info->key_reference = generation.slot->key;
		new_key.public_key_follows = true;
		new_key.id = info->id;
		object->user_consent =
			generation.container->user_consent ? 1 : 0;
		r = give_public_key(&generation, public_key);
	}
	jcop_blob_free(&generation.modulus);
	jcop_blob_free(&generation.exponent);
	return r;
}

static struct jcop_bytes
bytes_of(const struct sc_pkcs15_bignum *number)
{
	return jcop_bytes_of(number->data, number->len);
}

static int
import_key(struct sc_card *card, struct sc_pkcs15_object *object,
	const struct sc_pkcs15_prkey_rsa *rsa)
{
	struct sc_pkcs15_prkey_info *info = object->data;
	struct jcop_import import;
	int r;

	memset(&import, 0, sizeof(import));
	import.container = find_container(card, &object->auth_id);
	if (import.container == NULL)
		return SC_ERROR_INVALID_ARGUMENTS;
	import.key.n = bytes_of(&rsa->modulus);
	import.key.e = bytes_of(&rsa->exponent);
	import.key.d = bytes_of(&rsa->d);
	import.key.p = bytes_of(&rsa->p);
	import.key.q = bytes_of(&rsa->q);
	import.id = jcop_bytes_of(info->id.value, info->id.len);
	import.label = object->label;
	/* It may be the holder's name, and need not be asked for. */
	import.cut_label = true;
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_IMPORT, &import);
	if (r != SC_SUCCESS)
		return jcop_init_failed(card, r);
	info->key_reference = import.slot->key;
	new_key.id = info->id;
	return SC_SUCCESS;
}

/* The public key, or certificates, of the file follow. */
int
jcop_init_store_key(struct sc_profile *profile, struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, struct sc_pkcs15_prkey *key)
{
	struct sc_card *card = p15card->card;
	const struct jcop_container_desc *container =
		find_container(card, &object->auth_id);
	int r = SC_SUCCESS;

	(void)profile;
	if (container == NULL || key->algorithm != SC_ALGORITHM_RSA)
		return SC_ERROR_INVALID_ARGUMENTS;
	/* Of one that takes none the driver says so. */
	if (container->import)
		r = check_key(card, object->data, container);
	if (r == SC_SUCCESS)
		r = import_key(card, object, &key->u.rsa);
	if (r != SC_SUCCESS)
		return r;
	new_key.imported = new_key.public_key_follows = true;
	object->user_consent = container->user_consent ? 1 : 0;
	return SC_SUCCESS;
}

static bool
is_ca(const struct sc_pkcs15_der *der)
{
	const uint8_t *p = der->value;
	X509 *certificate = d2i_X509(NULL, &p, (long)der->len);
	bool ca = certificate != NULL && X509_check_ca(certificate) != 0;

	X509_free(certificate);
	return ca;
}

/* Is this one of the certificates that came with an imported key, and not the
 * user's own? OpenSC stores them all and marks all but the first. */
static bool
comes_along(struct sc_card *card, const struct sc_pkcs15_cert_info *info,
	const struct sc_pkcs15_der *der)
{
	if (!new_key.imported || (!info->authority && !is_ca(der)))
		return false;
	if (!new_key.told)
		jcop_init_say(card,
			"jcop45: the other certificates of the file, CA "
			"certificates and those of other keys, are left out: "
			"the card holds the user's own only.");
	new_key.told = true;
	return true;
}

int
jcop_init_store_certificate(struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, const struct sc_pkcs15_der *der,
	struct sc_path *path)
{
	struct sc_card *card = p15card->card;
	struct sc_pkcs15_cert_info *info = object->data;
	struct jcop_certificate certificate;
	int r;

	if (der == NULL || der->value == NULL)
		return SC_ERROR_INVALID_ARGUMENTS;
	new_key.public_key_follows = false;
	if (comes_along(card, info, der))
		return SC_SUCCESS;
	memset(&certificate, 0, sizeof(certificate));
	certificate.der = jcop_bytes_of(der->value, der->len);
	certificate.label = object->label;
	certificate.cut_label = true;
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

int
jcop_init_store_private_key(struct sc_pkcs15_prkey_info *info)
{
	info->id = new_key.id;
	return SC_SUCCESS;
}

/* The driver lists a public key together with its private key. */
int
jcop_init_store_public_key(
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_pubkey_info *info)
{
	if (!new_key.public_key_follows) {
		jcop_init_say(p15card->card,
			"jcop45: a public key comes to the card with its "
			"private key only; nothing was changed.");
		return SC_ERROR_NOT_ALLOWED;
	}
	new_key.public_key_follows = false;
	info->id = new_key.id;
	return SC_SUCCESS;
}

/* Not NOT_SUPPORTED: OpenSC would report success. */
int
jcop_init_delete_object(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_object *object,
	const struct sc_path *path)
{
	(void)profile;
	(void)object;
	(void)path;
	jcop_init_say(p15card->card,
		"jcop45: the card cannot delete single objects; nothing was "
		"changed. 'pkcs15-init --erase-card' or 'jcop45-tool "
		"delete-all' deletes all keys and certificates.");
	return SC_ERROR_NOT_ALLOWED;
}

/* With the AID of another application, which the emulator refused, P15CARD
 * comes here empty; so it does where the card cannot be read, but then without
 * an AID, too. */
static bool
is_of_other_application(const struct sc_pkcs15_card *p15card)
{
	struct sc_pkcs15_card *ours = NULL;

	if (p15card->flags & SC_PKCS15_CARD_FLAG_EMULATED)
		return false;
	if (sc_pkcs15_bind(p15card->card, NULL, &ours) != SC_SUCCESS)
		return false;
	sc_pkcs15_unbind(ours);
	return true;
}

int
jcop_init_erase_card(struct sc_profile *profile, struct sc_pkcs15_card *p15card)
{
	struct sc_card *card = p15card->card;
	struct jcop_deletion deletion;
	int r;

	(void)profile;
	if (is_of_other_application(p15card))
		return SC_ERROR_NOT_ALLOWED;
	memset(&deletion, 0, sizeof(deletion));
	r = sc_card_ctl(card, SC_CARDCTL_JCOP45_DELETE_ALL, &deletion);
	if (r != SC_SUCCESS)
		return jcop_init_failed(card, r);
	jcop_init_say(card,
		"jcop45: all keys (%zu were listed) and certificates (%zu) are "
		"deleted; PINs and agent data stay.",
		deletion.keys, deletion.certificates);
	return SC_SUCCESS;
}
