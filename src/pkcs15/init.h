/*
 * init.h: what the files of the pkcs15-init module share. Private to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JCOP_PKCS15_INIT_H
#define JCOP_PKCS15_INIT_H

#include <libopensc/log.h>
#include <libopensc/opensc.h>
#include <libopensc/pkcs15.h>
#include <pkcs15init/pkcs15-init.h>
#include <pkcs15init/profile.h>

#include "card-driver/cardctl.h"

/* A line on standard error, where the program is pkcs15-init. */
void jcop_init_say(struct sc_card *card, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Says the driver's reason, before OpenSC's own line, and returns what the
 * operation returns for ERROR. Of invalid arguments pkcs15-init would make
 * that it does not know the algorithm.
 */
int jcop_init_failed(struct sc_card *card, int error);

/* NULL if the card has another driver. */
const struct jcop_description *jcop_init_description(struct sc_card *card);

/* --- init-keys.c: operations of the table, and what emu_store_data does with
 * an object of each class --- */
int jcop_init_select_key_reference(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_prkey_info *info);
int jcop_init_create_key(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_object *object);
int jcop_init_store_key(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_object *object,
	struct sc_pkcs15_prkey *key);
int jcop_init_generate_key(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_object *object,
	struct sc_pkcs15_pubkey *public_key);
int jcop_init_delete_object(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_object *object,
	const struct sc_path *path);
int jcop_init_erase_card(
	struct sc_profile *profile, struct sc_pkcs15_card *p15card);
int jcop_init_store_private_key(struct sc_pkcs15_prkey_info *info);
int jcop_init_store_public_key(
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_pubkey_info *info);
int jcop_init_store_certificate(struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, const struct sc_pkcs15_der *der,
	struct sc_path *path);

/* --- init-pins.c: operations of the table --- */
int jcop_init_select_pin_reference(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_pkcs15_auth_info *info);
int jcop_init_create_pin(struct sc_profile *profile,
	struct sc_pkcs15_card *p15card, struct sc_file *df,
	struct sc_pkcs15_object *object, const u8 *pin, size_t pin_len,
	const u8 *puk, size_t puk_len);
int jcop_init_finalize_card(struct sc_card *card);

/* --- init-data.c --- */
int jcop_init_store_data(struct sc_pkcs15_card *p15card,
	struct sc_pkcs15_object *object, const struct sc_pkcs15_der *der);

#endif
