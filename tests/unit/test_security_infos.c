/*
 * test_security_infos.c: reading and trusting EF.CardSecurity.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core-test.h"

#include <time.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/chip-auth.h"
#include "core/tlv.h"

/* --- making SecurityInfos --- */

#define ID_CA_AES_128 "060A04007F00070202030202"
#define ID_CA_AES_256 "060A04007F00070202030204"
#define ID_CA_3DES "060A04007F00070202030201"
#define ID_PK_ECDH "060904007F000702020102"
/* AlgorithmIdentifiers */
#define STANDARDIZED_13 "300C060704007F00070102 02010D"
#define STANDARDIZED_12 "300C060704007F00070102 02010C"
#define STANDARDIZED_14 "300C060704007F00070102 02010E"
#define NAMED_P256 "301306072A8648CE3D0201 06082A8648CE3D030107"
#define G_P256                               \
	"046B17D1F2E12C4247F8BCE6E563A440F2" \
	"77037D812DEB33A0F4A13945D898C296"   \
	"4FE342E2FE1A7F9B8EE7EB4A7C0F9E16"   \
	"2BCE33576B315ECECBB6406837BF51F5"

static void
put_info(struct jcop_blob *set, const char *content)
{
	struct jcop_blob bytes = hex(content);

	assert_ok(jcop_tlv_put(set, 0x30, jcop_blob_view(&bytes)));
	jcop_blob_free(&bytes);
}

/* SEQUENCE{id-PK-ECDH, SEQUENCE{algorithm, BIT STRING}, TAIL} */
static void
put_key(struct jcop_blob *set, const char *algorithm, const char *point,
	const char *tail)
{
	struct jcop_blob spki = hex(algorithm), bits = hex("00"),
			 info = hex(ID_PK_ECDH), end = hex(tail),
			 p = hex(point);

	assert_ok(jcop_blob_append(&bits, p.data, p.len));
	assert_ok(jcop_tlv_put(&spki, 0x03, jcop_blob_view(&bits)));
	assert_ok(jcop_tlv_put(&info, 0x30, jcop_blob_view(&spki)));
	assert_ok(jcop_blob_append(&info, end.data, end.len));
	assert_ok(jcop_tlv_put(set, 0x30, jcop_blob_view(&info)));
	jcop_blob_free(&spki);
	jcop_blob_free(&bits);
	jcop_blob_free(&info);
	jcop_blob_free(&end);
	jcop_blob_free(&p);
}

/* Turns the elements of SET into the file SET OF; frees them. */
static struct jcop_blob
close_set(struct jcop_blob *set)
{
	struct jcop_blob file = JCOP_BLOB_INIT;

	assert_ok(jcop_tlv_put(&file, 0x31, jcop_blob_view(set)));
	jcop_blob_free(set);
	return file;
}

static int
parse_and_free(struct jcop_blob *file, struct jcop_security_infos *infos)
{
	int r = jcop_security_infos_parse(jcop_blob_view(file), infos);

	jcop_blob_free(file);
	return r;
}

static const struct jcop_ca_policy all = {0xF, 0x6,
	JCOP_DOMAIN_BIT(JCOP_DOMAIN_P256) | JCOP_DOMAIN_BIT(JCOP_DOMAIN_BP256)};

/* --- parsing --- */

static struct jcop_blob
bsi_file(void)
{
	json_t *root = load_vectors("bsi-chip-authentication.json");
	struct jcop_blob file = hex_of(root, "ef_cardsecurity");

	json_decref(root);
	return file;
}

static void
the_bsi_example_is_read(void **state)
{
	json_t *root = load_vectors("bsi-chip-authentication.json");
	struct jcop_blob file = bsi_file();
	struct jcop_security_infos infos;
	struct jcop_ca_choice choice;

	(void)state;
	assert_ok(jcop_blob_append_fill(&file, 0, 1000)); /* padded file */
	assert_ok(parse_and_free(&file, &infos));
	assert_true(infos.is_signed);
	assert_int_equal(infos.info_count, 1);
	assert_int_equal(infos.key_count, 1);
	assert_ok(jcop_ca_select(&infos, 1, &all, &choice));
	assert_int_equal(choice.info.cipher, JCOP_CIPHER_AES_128);
	assert_int_equal(choice.info.version, 2);
	assert_hex(jcop_bytes_of(choice.info.oid.value, choice.info.oid.len),
		text_of(root, "oid"));
	assert_int_equal(choice.key.domain, JCOP_DOMAIN_BP256);
	assert_hex(jcop_bytes_of(choice.key.point, choice.key.point_len),
		text_of(root, "chip_public_key"));
	assert_true(choice.has_key_id);
	assert_int_equal(choice.key_id, 1);
	assert_int_equal(
		jcop_ca_select(&infos, 2, &all, &choice), JCOP_ERR_NOT_FOUND);
	json_decref(root);
}

static void
a_bare_set_is_read_and_is_not_signed(void **state)
{
	struct jcop_security_infos infos;
	struct jcop_blob set = JCOP_BLOB_INIT, file;
	struct jcop_ca_choice choice;

	(void)state;
	put_info(&set, ID_CA_AES_256 "020102");
	put_key(&set, NAMED_P256, G_P256, "");
	put_info(&set, "060804007F0007020202 020102"); /* id-TA: passed over */
	file = close_set(&set);
	assert_ok(jcop_blob_append_fill(&file, 0, 77));
	assert_ok(parse_and_free(&file, &infos));
	assert_false(infos.is_signed);
	assert_ok(jcop_ca_select(&infos, 7, &all, &choice));
	assert_int_equal(choice.key.domain, JCOP_DOMAIN_P256);
	assert_false(choice.has_key_id);
}

static void
an_empty_file_is_not_found(void **state)
{
	static const uint8_t zeros[100];
	struct jcop_security_infos infos;

	(void)state;
	assert_int_equal(
		jcop_security_infos_parse(jcop_bytes_of(NULL, 0), &infos),
		JCOP_ERR_NOT_FOUND);
	assert_int_equal(jcop_security_infos_parse(JCOP_BYTES(zeros), &infos),
		JCOP_ERR_NOT_FOUND);
}

static void
malformed_files_are_refused(void **state)
{
	static const char *const bad[] = {"31", "3180", "3101", "0400", "3000",
		"31 02 0500",                        /* no SecurityInfo */
		"31 02 3000",                        /* without an OID */
		"31 0E 300C" ID_CA_AES_256,          /* without a version */
		"31 0F 300D" ID_CA_AES_256 "02",     /* version cut off */
		"31 10 300E" ID_CA_AES_256 "0200",   /* empty version */
		"31 11 300F" ID_CA_AES_256 "0201FF", /* negative version */
		"31 13 3011" ID_CA_AES_256 "020102 0200",
		"31 14 3012" ID_CA_AES_256 "020102 0401AA",
		"31 17 3015" ID_CA_AES_256 "020102 020101 020101",
		"31 18 3016" ID_CA_AES_256 "020102 02050102030405",
		"31 0D 300B" ID_PK_ECDH, "31 0F 300D" ID_PK_ECDH "3000",
		"31 11 300F" ID_PK_ECDH "30023000"};
	struct jcop_security_infos infos;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jcop_blob file = hex(bad[i]);

		assert_int_equal(
			parse_and_free(&file, &infos), JCOP_ERR_MALFORMED);
		assert_int_equal(infos.info_count + infos.key_count, 0);
	}
}

static void
every_truncation_of_the_bsi_file_is_refused(void **state)
{
	struct jcop_blob file = bsi_file();
	struct jcop_security_infos infos;
	size_t len;

	(void)state;
	for (len = 1; len < file.len; len++)
		assert_int_equal(jcop_security_infos_parse(
					 jcop_bytes_of(file.data, len), &infos),
			JCOP_ERR_MALFORMED);
	jcop_blob_free(&file);
}

/* Whatever is altered: an error or a list within its bounds. */
static void
altered_files_do_no_harm(void **state)
{
	struct jcop_blob file = bsi_file();
	struct jcop_security_infos infos;
	struct jcop_ca_choice choice;
	size_t i;

	(void)state;
	for (i = 0; i < 8 * file.len; i++) {
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
		if (jcop_security_infos_parse(jcop_blob_view(&file), &infos) ==
			JCOP_OK) {
			assert_true(infos.key_count <= JCOP_MAX_CA_KEYS);
			if (jcop_ca_select(&infos, 1, &all, &choice) == JCOP_OK)
				assert_int_equal(choice.key.point_len, 65);
		}
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	jcop_blob_free(&file);
}

static void
more_infos_than_fit_are_refused(void **state)
{
	struct jcop_security_infos infos;
	struct jcop_blob set = JCOP_BLOB_INIT, file;
	int i;

	(void)state;
	for (i = 0; i <= JCOP_MAX_CA_INFOS; i++)
		put_info(&set, ID_CA_AES_256 "020102");
	file = close_set(&set);
	assert_int_equal(parse_and_free(&file, &infos), JCOP_ERR_TOO_LONG);
	for (i = 0; i <= JCOP_MAX_CA_KEYS; i++)
		put_key(&set, STANDARDIZED_12, G_P256, "");
	file = close_set(&set);
	assert_int_equal(parse_and_free(&file, &infos), JCOP_ERR_TOO_LONG);
}

/* --- choosing --- */

/* Infos of both versions with 3DES and two AES, with one P-256 key 1. */
static void
many_infos(struct jcop_security_infos *infos)
{
	struct jcop_blob set = JCOP_BLOB_INIT, file;

	put_info(&set, ID_CA_AES_128 "020102 020101");
	put_info(&set, ID_CA_AES_256 "020101 020101");
	put_info(&set, ID_CA_AES_256 "020102 020101");
	put_info(&set, ID_CA_AES_256 "020103 020101");
	put_info(&set, ID_CA_3DES "020101 020101");
	put_key(&set, STANDARDIZED_12, G_P256, "020101");
	file = close_set(&set);
	assert_ok(parse_and_free(&file, infos));
	assert_int_equal(infos->info_count, 5);
}

static void
assert_choice(unsigned int ciphers, unsigned int versions,
	enum jcop_cipher cipher, unsigned int version)
{
	struct jcop_ca_policy policy = {ciphers, versions, all.domains};
	struct jcop_security_infos infos;
	struct jcop_ca_choice choice;

	many_infos(&infos);
	assert_ok(jcop_ca_select(&infos, 1, &policy, &choice));
	assert_int_equal(choice.info.cipher, cipher);
	assert_int_equal(choice.info.version, version);
}

static void
the_strongest_allowed_protocol_is_chosen(void **state)
{
	(void)state;
	assert_choice(0xF, 0x6, JCOP_CIPHER_AES_256, 2);
	assert_choice(0xF, 0xE, JCOP_CIPHER_AES_256, 2);
	assert_choice(0xF, 0x2, JCOP_CIPHER_AES_256, 1);
	assert_choice(0x3, 0x6, JCOP_CIPHER_AES_128, 2);
	assert_choice(0x3, 0x2, JCOP_CIPHER_3DES, 1);
}

static void
what_the_policy_does_not_allow_is_not_chosen(void **state)
{
	static const struct jcop_ca_policy none[] = {
		{0x4, 0x6, 1u << 12}, /* AES-192 only */
		{0x2, 0x2, 1u << 12}, /* AES-128 version 1 */
		{0xF, 0x0, 1u << 12}, {0xF, 0x8, 1u << 12},
		{0xF, 0x6, 1u << 13}, /* another curve */
		{0, 0, 0}};
	struct jcop_security_infos infos;
	struct jcop_ca_choice choice;
	size_t i;

	(void)state;
	many_infos(&infos);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(jcop_ca_select(&infos, 1, &none[i], &choice),
			JCOP_ERR_UNSUPPORTED);
	assert_int_equal(
		jcop_ca_select(&infos, 2, &all, &choice), JCOP_ERR_NOT_FOUND);
}

static int
select_key(const char *algorithm, const char *point, const char *tail)
{
	struct jcop_security_infos infos;
	struct jcop_blob set = JCOP_BLOB_INIT, file;
	struct jcop_ca_choice choice;

	put_info(&set, ID_CA_AES_256 "020102 020101");
	put_key(&set, algorithm, point, tail);
	file = close_set(&set);
	assert_ok(parse_and_free(&file, &infos));
	return jcop_ca_select(&infos, 1, &all, &choice);
}

static void
keys_are_taken_on_listed_curves_only(void **state)
{
	(void)state;
	assert_ok(select_key(STANDARDIZED_12, G_P256, "020101"));
	assert_ok(select_key(NAMED_P256, G_P256, "020101"));
	assert_ok(select_key(NAMED_P256, G_P256, ""));
	/* the same key id in another coding */
	assert_ok(select_key(NAMED_P256, G_P256, "02020001"));
	assert_int_equal(
		select_key(NAMED_P256, G_P256, "020102"), JCOP_ERR_NOT_FOUND);
	/* on another curve */
	assert_int_equal(select_key(STANDARDIZED_13, G_P256, "020101"),
		JCOP_ERR_MALFORMED);
	/* brainpoolP320r1, and an algorithm nobody knows */
	assert_int_equal(select_key(STANDARDIZED_14, G_P256, "020101"),
		JCOP_ERR_UNSUPPORTED);
	assert_int_equal(
		select_key("300D06092A864886F70D0101010500", G_P256, "020101"),
		JCOP_ERR_UNSUPPORTED);
	/* infinity */
	assert_int_equal(select_key(STANDARDIZED_12, "00", "020101"),
		JCOP_ERR_MALFORMED);
}

static void
of_several_keys_the_one_with_the_id_is_taken(void **state)
{
	struct jcop_security_infos infos;
	struct jcop_blob set = JCOP_BLOB_INIT, file;
	struct jcop_ca_choice choice;

	(void)state;
	put_info(&set, ID_CA_AES_128 "020102 020101");
	put_info(&set, ID_CA_AES_256 "020102 020102");
	put_info(&set, ID_CA_AES_256 "020102");
	put_key(&set, STANDARDIZED_12, G_P256, "020101");
	put_key(&set, STANDARDIZED_13, G_P256, "020102"); /* off its curve */
	file = close_set(&set);
	assert_ok(parse_and_free(&file, &infos));
	assert_ok(jcop_ca_select(&infos, 1, &all, &choice));
	assert_int_equal(choice.info.cipher, JCOP_CIPHER_AES_128);
	assert_int_equal(
		jcop_ca_select(&infos, 2, &all, &choice), JCOP_ERR_MALFORMED);
	assert_int_equal(
		jcop_ca_select(&infos, 3, &all, &choice), JCOP_ERR_NOT_FOUND);
}

/* Both are on the curve: G and -G. */
static void
two_different_keys_with_one_id_are_refused(void **state)
{
	static const char minus_g[] = "046B17D1F2E12C4247F8BCE6E563A440F2"
				      "77037D812DEB33A0F4A13945D898C296"
				      "B01CBD1C01E58065711814B583F061E9"
				      "D431CCA994CEA1313449BF97C840AE0A";
	struct jcop_security_infos infos;
	struct jcop_blob set = JCOP_BLOB_INIT, file;
	struct jcop_ca_choice choice;

	(void)state;
	put_info(&set, ID_CA_AES_256 "020102 020101");
	put_key(&set, STANDARDIZED_12, G_P256, "020101");
	put_key(&set, STANDARDIZED_12, minus_g, "020102");
	file = close_set(&set);
	assert_ok(parse_and_free(&file, &infos));
	assert_ok(jcop_ca_select(&infos, 1, &all, &choice));
	infos.keys[1].key_id = 1;
	assert_int_equal(
		jcop_ca_select(&infos, 1, &all, &choice), JCOP_ERR_MALFORMED);
	infos.keys[1] = infos.keys[0];
	assert_ok(jcop_ca_select(&infos, 1, &all, &choice));
}

static void
a_point_with_unused_bits_is_refused(void **state)
{
	struct jcop_security_infos infos;
	struct jcop_blob set = JCOP_BLOB_INIT, file;
	uint8_t *bits;

	(void)state;
	put_info(&set, ID_CA_AES_256 "020102 020101");
	put_key(&set, STANDARDIZED_12, G_P256, "020101");
	file = close_set(&set);
	bits = memmem(file.data, file.len, "\x03\x42\x00\x04", 4);
	assert_non_null(bits);
	bits[2] = 1;
	assert_int_equal(parse_and_free(&file, &infos), JCOP_ERR_MALFORMED);
}

/* --- trust --- */

#define DAY (24 * 60 * 60)

struct pki {
	EVP_PKEY *root_key, *signer_key, *other_key;
	X509 *root, *signer, *other;
	char root_file[64], signer_file[64], other_file[64], empty_file[64];
	struct jcop_blob content; /* SET OF SecurityInfo */
};

static X509 *
issue(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
	long from_days, long to_days)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	X509_EXTENSION *extension;
	static long serial;
	X509V3_CTX context;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(
		x, X509_get_subject_name(issuer == NULL ? x : issuer));
	X509_gmtime_adj(X509_getm_notBefore(x), from_days * DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), to_days * DAY);
	X509_set_pubkey(x, key);
	X509V3_set_ctx(&context, issuer == NULL ? x : issuer, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, NID_basic_constraints,
		issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
	X509_add_ext(x, extension, -1);
	X509_EXTENSION_free(extension);
	/* as document signers have it: no purpose of e-mail */
	extension = X509V3_EXT_conf_nid(NULL, &context, NID_key_usage,
		issuer == NULL ? "critical,keyCertSign"
			       : "critical,digitalSignature");
	X509_add_ext(x, extension, -1);
	X509_EXTENSION_free(extension);
	assert_true(X509_sign(x, issuer == NULL ? key : issuer_key,
			    EVP_sha256()) > 0);
	return x;
}

static void
write_file(char *path, X509 *certificate, EVP_PKEY *key)
{
	int fd;
	FILE *f;

	strcpy(path, "/tmp/test_security_infos.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	if (certificate != NULL)
		assert_int_equal(PEM_write_X509(f, certificate), 1);
	if (key != NULL)
		assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
}

static int
setup(void **state)
{
	struct pki *pki = calloc(1, sizeof(*pki));
	struct jcop_blob set = JCOP_BLOB_INIT;

	assert_non_null(pki);
	put_info(&set, ID_CA_AES_256 "020102 020101");
	put_key(&set, STANDARDIZED_12, G_P256, "020101");
	pki->content = close_set(&set);
	pki->root_key = EVP_EC_gen("P-256");
	pki->signer_key = EVP_EC_gen("P-256");
	pki->other_key = EVP_EC_gen("P-256");
	pki->root = issue("Root", pki->root_key, NULL, NULL, -1, 10);
	pki->signer = issue(
		"Signer", pki->signer_key, pki->root, pki->root_key, -1, 10);
	pki->other = issue("Root", pki->other_key, NULL, NULL, -1, 10);
	write_file(pki->root_file, pki->root, NULL);
	write_file(pki->signer_file, pki->signer, NULL);
	write_file(pki->other_file, pki->other, NULL);
	write_file(pki->empty_file, NULL, NULL);
	*state = pki;
	return 0;
}

static int
teardown(void **state)
{
	struct pki *pki = *state;

	unlink(pki->root_file);
	unlink(pki->signer_file);
	unlink(pki->other_file);
	unlink(pki->empty_file);
	EVP_PKEY_free(pki->root_key);
	EVP_PKEY_free(pki->signer_key);
	EVP_PKEY_free(pki->other_key);
	X509_free(pki->root);
	X509_free(pki->signer);
	X509_free(pki->other);
	jcop_blob_free(&pki->content);
	free(pki);
	return 0;
}

/* How a file is signed; zero is the good way. */
struct signing {
	const char *type; /* of the content */
	X509 *signer;
	EVP_PKEY *key;
	int time_days; /* signingTime, from now */
	X509 *second;  /* of other_key */
};

static void
add_signer(CMS_ContentInfo *cms, struct pki *pki, const struct signing *how)
{
	X509 *signer = how->signer != NULL ? how->signer : pki->signer;
	EVP_PKEY *key = how->key != NULL ? how->key : pki->signer_key;
	CMS_SignerInfo *si;
	ASN1_TIME *stamp;

	si = CMS_add1_signer(cms, signer, key, EVP_sha256(),
		CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP);
	assert_non_null(si);
	stamp = ASN1_TIME_adj(NULL, time(NULL), how->time_days, 0);
	assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime,
				 stamp->type, stamp, -1),
		1);
	ASN1_TIME_free(stamp);
}

static struct jcop_blob
sign(struct pki *pki, const struct signing *how)
{
	const char *type =
		how->type != NULL ? how->type : "0.4.0.127.0.7.3.2.1";
	ASN1_OBJECT *object = OBJ_txt2obj(type, 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL,
		CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP);
	BIO *in = BIO_new_mem_buf(pki->content.data, (int)pki->content.len);
	struct jcop_blob file = JCOP_BLOB_INIT;
	uint8_t *der = NULL;
	int len;

	assert_int_equal(CMS_set1_eContentType(cms, object), 1);
	add_signer(cms, pki, how);
	if (how->second != NULL) {
		struct signing second = {
			.signer = how->second, .key = pki->other_key};

		add_signer(cms, pki, &second);
	}
	assert_int_equal(
		CMS_final(cms, in, NULL, CMS_BINARY | CMS_NOSMIMECAP), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	assert_true(len > 0);
	assert_ok(jcop_blob_set(&file, der, (size_t)len));
	OPENSSL_free(der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	ASN1_OBJECT_free(object);
	return file;
}

static int
verify(struct jcop_bytes file, const char *anchors, bool at_signing)
{
	char message[JCOP_SECURITY_MESSAGE_SIZE];
	int r = jcop_security_infos_verify(file, anchors, at_signing, message);

	if (r == JCOP_OK)
		assert_string_equal(message, "");
	else
		assert_true(strlen(message) > 20);
	if (getenv("SHOW_MESSAGES") != NULL)
		print_message("%d: %s\n", r, message);
	return r;
}

static int
sign_and_verify(struct pki *pki, const struct signing *how, const char *anchors,
	bool at_signing)
{
	struct jcop_blob file = sign(pki, how);
	int r = verify(jcop_blob_view(&file), anchors, at_signing);

	jcop_blob_free(&file);
	return r;
}

static void
a_file_signed_under_the_anchor_is_trusted(void **state)
{
	struct pki *pki = *state;
	const struct signing good = {0};
	struct jcop_security_infos infos;
	struct jcop_blob file = sign(pki, &good);

	assert_ok(verify(jcop_blob_view(&file), pki->root_file, false));
	assert_ok(verify(jcop_blob_view(&file), pki->root_file, true));
	/* zero padded as on the card */
	assert_ok(jcop_blob_append_fill(&file, 0, 500));
	assert_ok(verify(jcop_blob_view(&file), pki->root_file, false));
	/* the signer itself as anchor */
	assert_ok(verify(jcop_blob_view(&file), pki->signer_file, false));
	assert_ok(parse_and_free(&file, &infos));
	assert_true(infos.is_signed);
	assert_int_equal(infos.key_count, 1);
}

static void
another_anchor_is_not_enough(void **state)
{
	struct pki *pki = *state;
	const struct signing good = {0}, other = {.signer = pki->other,
						 .key = pki->other_key};

	assert_int_equal(sign_and_verify(pki, &good, pki->other_file, false),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(sign_and_verify(pki, &other, pki->root_file, false),
		JCOP_ERR_UNTRUSTED);
	assert_ok(sign_and_verify(pki, &other, pki->other_file, false));
}

static void
every_altered_byte_of_the_content_is_found(void **state)
{
	struct pki *pki = *state;
	const struct signing good = {0};
	struct jcop_blob file = sign(pki, &good);
	uint8_t *content = memmem(
		file.data, file.len, pki->content.data, pki->content.len);
	size_t i;

	assert_non_null(content);
	for (i = 0; i < pki->content.len; i++) {
		content[i] ^= 1;
		assert_int_equal(
			verify(jcop_blob_view(&file), pki->root_file, false),
			JCOP_ERR_UNTRUSTED);
		content[i] ^= 1;
	}
	assert_ok(verify(jcop_blob_view(&file), pki->root_file, false));
	jcop_blob_free(&file);
}

/* The signature must be over what is then used. */
static void
every_altered_byte_of_the_file_changes_trust_or_nothing(void **state)
{
	struct pki *pki = *state;
	const struct signing good = {0};
	struct jcop_security_infos before, after;
	struct jcop_blob file = sign(pki, &good);
	char message[JCOP_SECURITY_MESSAGE_SIZE];
	size_t i;

	assert_ok(jcop_security_infos_parse(jcop_blob_view(&file), &before));
	for (i = 0; i < file.len; i++) {
		file.data[i] ^= 1;
		if (jcop_security_infos_verify(jcop_blob_view(&file),
			    pki->root_file, false, message) == JCOP_OK) {
			assert_ok(jcop_security_infos_parse(
				jcop_blob_view(&file), &after));
			assert_memory_equal(&before, &after, sizeof(before));
		}
		file.data[i] ^= 1;
	}
	jcop_blob_free(&file);
}

static void
the_content_must_be_a_security_object(void **state)
{
	struct pki *pki = *state;
	const struct signing data = {.type = "1.2.840.113549.1.7.1"},
			     other = {.type = "0.4.0.127.0.7.3.2.2"};

	assert_int_equal(sign_and_verify(pki, &data, pki->root_file, false),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(sign_and_verify(pki, &other, pki->root_file, false),
		JCOP_ERR_UNTRUSTED);
}

/* Both are good: it is their number. */
static void
two_signers_are_refused(void **state)
{
	struct pki *pki = *state;
	X509 *second = issue(
		"Second", pki->other_key, pki->root, pki->root_key, -1, 10);
	const struct signing both = {.second = second};

	assert_int_equal(sign_and_verify(pki, &both, pki->root_file, false),
		JCOP_ERR_UNTRUSTED);
	X509_free(second);
}

/* The signer was valid from 20 to 10 days ago; the root is always. */
static void
the_signer_must_be_valid_now_or_if_asked_at_signing(void **state)
{
	struct pki *pki = *state;
	X509 *root = issue("Root", pki->root_key, NULL, NULL, -100, 100);
	X509 *old =
		issue("Old", pki->signer_key, root, pki->root_key, -20, -10);
	struct signing how = {.signer = old, .time_days = -15};
	char root_file[64];

	write_file(root_file, root, NULL);
	assert_int_equal(sign_and_verify(pki, &how, root_file, false),
		JCOP_ERR_UNTRUSTED);
	assert_ok(sign_and_verify(pki, &how, root_file, true));
	how.time_days = -5;
	assert_int_equal(sign_and_verify(pki, &how, root_file, true),
		JCOP_ERR_UNTRUSTED);
	how.time_days = -25;
	assert_int_equal(sign_and_verify(pki, &how, root_file, true),
		JCOP_ERR_UNTRUSTED);
	unlink(root_file);
	X509_free(root);
	X509_free(old);
}

/* The BSI's example has no signing time. */
static void
without_a_signing_time_there_is_no_check_at_signing(void **state)
{
	struct pki *pki = *state;
	struct jcop_blob file = bsi_file();
	char message[JCOP_SECURITY_MESSAGE_SIZE];

	assert_int_equal(jcop_security_infos_verify(jcop_blob_view(&file),
				 pki->root_file, true, message),
		JCOP_ERR_UNTRUSTED);
	assert_non_null(strstr(message, "when it was signed"));
	jcop_blob_free(&file);
}

static void
what_is_not_signed_or_not_cms_is_not_trusted(void **state)
{
	struct pki *pki = *state;
	struct jcop_blob junk = hex("3003020101");

	assert_int_equal(
		verify(jcop_blob_view(&pki->content), pki->root_file, false),
		JCOP_ERR_UNTRUSTED);
	assert_int_equal(verify(jcop_blob_view(&junk), pki->root_file, false),
		JCOP_ERR_MALFORMED);
	assert_int_equal(verify(jcop_bytes_of(NULL, 0), pki->root_file, false),
		JCOP_ERR_UNTRUSTED);
	jcop_blob_free(&junk);
}

static void
a_useless_anchor_file_is_named(void **state)
{
	struct pki *pki = *state;
	const struct signing good = {0};
	struct jcop_blob file = sign(pki, &good);
	char message[JCOP_SECURITY_MESSAGE_SIZE];

	assert_int_equal(jcop_security_infos_verify(jcop_blob_view(&file),
				 "/nowhere/anchor.pem", false, message),
		JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "/nowhere/anchor.pem"));
	assert_int_equal(jcop_security_infos_verify(jcop_blob_view(&file),
				 pki->empty_file, false, message),
		JCOP_ERR_MALFORMED);
	assert_non_null(strstr(message, pki->empty_file));
	jcop_blob_free(&file);
}

static void
chip_key_of(EVP_PKEY *pair, struct jcop_ca_public_key *key)
{
	struct jcop_blob point = JCOP_BLOB_INIT;

	*key = (struct jcop_ca_public_key){.domain = JCOP_DOMAIN_P256};
	assert_ok(jcop_ca_public_point(pair, &point));
	memcpy(key->point, point.data, point.len);
	key->point_len = point.len;
	jcop_blob_free(&point);
}

static void
a_pinned_key_is_the_chips_or_it_is_not(void **state)
{
	struct pki *pki = *state;
	char key_file[64], message[JCOP_SECURITY_MESSAGE_SIZE];
	struct jcop_ca_public_key key;

	write_file(key_file, NULL, pki->root_key);
	chip_key_of(pki->root_key, &key);
	assert_ok(jcop_security_infos_pinned(&key, key_file, message));
	assert_ok(jcop_security_infos_pinned(&key, pki->root_file, message));
	assert_int_equal(
		jcop_security_infos_pinned(&key, pki->other_file, message),
		JCOP_ERR_UNTRUSTED);
	chip_key_of(pki->other_key, &key);
	assert_int_equal(jcop_security_infos_pinned(&key, key_file, message),
		JCOP_ERR_UNTRUSTED);
	assert_non_null(strstr(message, key_file));
	key.point[9] ^= 1;
	assert_int_equal(jcop_security_infos_pinned(&key, key_file, message),
		JCOP_ERR_MALFORMED);
	assert_int_equal(
		jcop_security_infos_pinned(&key, pki->empty_file, message),
		JCOP_ERR_MALFORMED);
	assert_int_equal(
		jcop_security_infos_pinned(&key, "/nowhere/k.pem", message),
		JCOP_ERR_NOT_FOUND);
	unlink(key_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bsi_example_is_read),
		cmocka_unit_test(a_bare_set_is_read_and_is_not_signed),
		cmocka_unit_test(an_empty_file_is_not_found),
		cmocka_unit_test(malformed_files_are_refused),
		cmocka_unit_test(every_truncation_of_the_bsi_file_is_refused),
		cmocka_unit_test(altered_files_do_no_harm),
		cmocka_unit_test(more_infos_than_fit_are_refused),
		cmocka_unit_test(the_strongest_allowed_protocol_is_chosen),
		cmocka_unit_test(what_the_policy_does_not_allow_is_not_chosen),
		cmocka_unit_test(keys_are_taken_on_listed_curves_only),
		cmocka_unit_test(of_several_keys_the_one_with_the_id_is_taken),
		cmocka_unit_test(two_different_keys_with_one_id_are_refused),
		cmocka_unit_test(a_point_with_unused_bits_is_refused),
		cmocka_unit_test(a_file_signed_under_the_anchor_is_trusted),
		cmocka_unit_test(another_anchor_is_not_enough),
		cmocka_unit_test(every_altered_byte_of_the_content_is_found),
		cmocka_unit_test(
			every_altered_byte_of_the_file_changes_trust_or_nothing),
		cmocka_unit_test(the_content_must_be_a_security_object),
		cmocka_unit_test(two_signers_are_refused),
		cmocka_unit_test(
			the_signer_must_be_valid_now_or_if_asked_at_signing),
		cmocka_unit_test(
			without_a_signing_time_there_is_no_check_at_signing),
		cmocka_unit_test(what_is_not_signed_or_not_cms_is_not_trusted),
		cmocka_unit_test(a_useless_anchor_file_is_named),
		cmocka_unit_test(a_pinned_key_is_the_chips_or_it_is_not),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
