/*
 * test_ecdh.c: key agreement against Wycheproof. Every public key goes the
 * way a card's key goes: as a ChipAuthenticationPublicKeyInfo through the
 * parser, the choice of protocol and the import.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <openssl/evp.h>

#include "core/chip-auth.h"
#include "core/tlv.h"

#define ID_PK_ECDH "060904007F000702020102"
#define CA_INFO "300F060A04007F00070202030204020102" /* AES-256, version 2 */

/* SET{ChipAuthenticationInfo, SEQUENCE{id-PK-ECDH, SPKI}} */
static void
put_in_security_infos(struct jcop_bytes spki, struct jcop_blob *file)
{
	struct jcop_blob oid = hex(ID_PK_ECDH), info = hex(CA_INFO),
			 set = JCOP_BLOB_INIT;

	assert_ok(jcop_blob_append(&set, info.data, info.len));
	assert_ok(jcop_tlv_put_header(&set, 0x30, oid.len + spki.len));
	assert_ok(jcop_blob_append(&set, oid.data, oid.len));
	assert_ok(jcop_blob_append(&set, spki.data, spki.len));
	assert_ok(jcop_tlv_put(file, 0x31, jcop_blob_view(&set)));
	jcop_blob_free(&oid);
	jcop_blob_free(&info);
	jcop_blob_free(&set);
}

static int
agree(const json_t *test, enum jcop_domain domain, struct jcop_blob *shared)
{
	struct jcop_ca_policy policy = {
		1u << JCOP_CIPHER_AES_256, 1u << 2, JCOP_DOMAIN_BIT(domain)};
	struct jcop_blob spki = hex_of(test, "public"),
			 private_key = hex_of(test, "private"),
			 file = JCOP_BLOB_INIT;
	struct jcop_security_infos infos;
	struct jcop_ca_choice choice;
	EVP_PKEY *ephemeral = NULL;
	int r;

	put_in_security_infos(jcop_blob_view(&spki), &file);
	r = jcop_security_infos_parse(jcop_blob_view(&file), &infos);
	if (r == JCOP_OK)
		r = jcop_ca_select(&infos, 1, &policy, &choice);
	assert_ok(jcop_ca_import_ephemeral(
		domain, jcop_blob_view(&private_key), &ephemeral));
	if (r == JCOP_OK)
		r = jcop_ca_agree(ephemeral, &choice.key, shared);
	EVP_PKEY_free(ephemeral);
	jcop_blob_free(&spki);
	jcop_blob_free(&private_key);
	jcop_blob_free(&file);
	return r;
}

struct count {
	size_t valid, invalid, acceptable, accepted;
};

/* "acceptable" may be refused, but if it is not, the secret must be right. */
static void
judge(const json_t *test, enum jcop_domain domain, struct count *count)
{
	const char *result = text_of(test, "result");
	struct jcop_blob expected = hex_of(test, "shared"),
			 shared = JCOP_BLOB_INIT;
	int r = agree(test, domain, &shared);

	if (r == JCOP_OK && strcmp(result, "invalid") != 0 &&
		!jcop_bytes_equal(
			jcop_blob_view(&shared), jcop_blob_view(&expected)))
		fail_msg("case %zu: another secret", number_of(test, "tcId"));
	if (strcmp(result, "valid") == 0) {
		count->valid++;
		if (r != JCOP_OK)
			fail_msg("case %zu: refused (%d)",
				number_of(test, "tcId"), r);
	} else if (strcmp(result, "invalid") == 0) {
		count->invalid++;
		if (r == JCOP_OK)
			fail_msg("case %zu: accepted", number_of(test, "tcId"));
		assert_int_equal(shared.len, 0);
	} else {
		count->acceptable++;
		count->accepted += r == JCOP_OK;
	}
	jcop_blob_free(&expected);
	jcop_blob_free(&shared);
}

static void
run(const char *curve, enum jcop_domain domain, size_t cases)
{
	struct count count = {0};
	json_t *root, *group, *test;
	char name[64];
	size_t i, j;

	snprintf(name, sizeof(name), "wycheproof/ecdh_%s_test.json", curve);
	root = load_vectors(name);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		assert_string_equal(text_of(group, "encoding"), "asn");
		json_array_foreach(json_object_get(group, "tests"), j, test)
			judge(test, domain, &count);
	}
	print_message("%s: %zu valid, %zu invalid refused, %zu of %zu "
		      "acceptable taken\n",
		curve, count.valid, count.invalid, count.accepted,
		count.acceptable);
	assert_int_equal(count.valid + count.invalid + count.acceptable, cases);
	assert_int_equal(cases, number_of(root, "numberOfTests"));
	assert_true(count.valid > 250);
	assert_true(count.invalid > 40);
	json_decref(root);
}

static void
wycheproof_p256(void **state)
{
	(void)state;
	run("secp256r1", JCOP_DOMAIN_P256, 612);
}

static void
wycheproof_p384(void **state)
{
	(void)state;
	run("secp384r1", JCOP_DOMAIN_P384, 1047);
}

static void
wycheproof_p521(void **state)
{
	(void)state;
	run("secp521r1", JCOP_DOMAIN_P521, 916);
}

static void
wycheproof_brainpool_p256(void **state)
{
	(void)state;
	run("brainpoolP256r1", JCOP_DOMAIN_BP256, 804);
}

static void
wycheproof_brainpool_p384(void **state)
{
	(void)state;
	run("brainpoolP384r1", JCOP_DOMAIN_BP384, 936);
}

static void
wycheproof_brainpool_p512(void **state)
{
	(void)state;
	run("brainpoolP512r1", JCOP_DOMAIN_BP512, 794);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wycheproof_p256),
		cmocka_unit_test(wycheproof_p384),
		cmocka_unit_test(wycheproof_p521),
		cmocka_unit_test(wycheproof_brainpool_p256),
		cmocka_unit_test(wycheproof_brainpool_p384),
		cmocka_unit_test(wycheproof_brainpool_p512),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
