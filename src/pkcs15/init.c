/*
 * init.c: the pkcs15-init operations, thin shims over the card controls.
 *
 * The directory of the card is written by the card driver inside each
 * operation, so OpenSC's own updates of directory files have nothing to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pkcs15/init.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *sc_driver_version(void);
EXPORTED void *sc_module_init(const char *name);

/* What the objects of a command line become on the card. */
static int
emu_store_data(struct sc_pkcs15_card *p15card, struct sc_profile *profile,
	struct sc_pkcs15_object *object, struct sc_pkcs15_der *der,
	struct sc_path *path)
{
	(void)profile;
	switch (object->type & SC_PKCS15_TYPE_CLASS_MASK) {
	case SC_PKCS15_TYPE_PRKEY:
		return jcop_init_store_private_key(object->data);
	case SC_PKCS15_TYPE_PUBKEY:
		return jcop_init_store_public_key(p15card, object->data);
	case SC_PKCS15_TYPE_CERT:
		return jcop_init_store_certificate(p15card, object, der, path);
	case SC_PKCS15_TYPE_DATA_OBJECT:
		return jcop_init_store_data(p15card, object, der);
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

static struct sc_pkcs15init_operations operations = {
	.select_pin_reference = jcop_init_select_pin_reference,
	.create_pin = jcop_init_create_pin,
	.finalize_card = jcop_init_finalize_card,
	.select_key_reference = jcop_init_select_key_reference,
	.create_key = jcop_init_create_key,
	.store_key = jcop_init_store_key,
	.generate_key = jcop_init_generate_key,
	.delete_object = jcop_init_delete_object,
	.erase_card = jcop_init_erase_card,
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
