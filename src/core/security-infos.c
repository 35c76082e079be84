/*
 * security-infos.c: reads EF.CardSecurity and chooses a protocol.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/security-infos.h"
#include "core/tlv.h"

#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31

#define FIELDS_BEFORE_COFACTOR 5

#define VERSION_1 1
#define VERSION_2 2

/* Object identifiers of TR-03110-3 A.1.1, by their value bytes */
static const uint8_t id_pk_ecdh[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x01, 0x02};
static const uint8_t id_ca_ecdh[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02};
static const uint8_t standardized_domain_parameters[] = {
	0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02};
/* RFC 5480 */
static const uint8_t id_ec_public_key[] = {
	0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};

static int
read_tag(struct jcop_bytes *cursor, uint32_t tag, struct jcop_bytes *value)
{
	struct jcop_tlv object;

	if (jcop_tlv_read(cursor, &object) != JCOP_OK || object.tag != tag)
		return JCOP_ERR_MALFORMED;
	*value = object.value;
	return JCOP_OK;
}

/* A number that is not negative and fits. */
static int
read_number(struct jcop_bytes *cursor, unsigned int *number)
{
	struct jcop_bytes value;
	size_t i;

	if (read_tag(cursor, TAG_INTEGER, &value) != JCOP_OK ||
		value.len == 0 || (value.data[0] & 0x80) != 0)
		return JCOP_ERR_MALFORMED;
	*number = 0;
	for (i = 0; i < value.len; i++) {
		if (*number >> (8 * (sizeof(*number) - 1)) != 0)
			return JCOP_ERR_MALFORMED;
		*number = *number << 8 | value.data[i];
	}
	return JCOP_OK;
}

/* keyId INTEGER OPTIONAL, and nothing after it. */
static int
read_key_id(struct jcop_bytes *cursor, bool *has, unsigned int *key_id)
{
	*has = cursor->len > 0;
	if (*has && read_number(cursor, key_id) != JCOP_OK)
		return JCOP_ERR_MALFORMED;
	return cursor->len == 0 ? JCOP_OK : JCOP_ERR_MALFORMED;
}

/* AES and 3DES by the last arc: 1 to 4. */
static bool
is_ca_ecdh(struct jcop_bytes oid)
{
	return oid.len == sizeof(id_ca_ecdh) + 1 &&
	       memcmp(oid.data, id_ca_ecdh, sizeof(id_ca_ecdh)) == 0 &&
	       oid.data[oid.len - 1] >= 1 &&
	       oid.data[oid.len - 1] <= JCOP_CIPHER_COUNT;
}

static int
read_ca_info(struct jcop_bytes oid, struct jcop_bytes rest,
	struct jcop_security_infos *infos)
{
	struct jcop_ca_info *info;

	if (infos->info_count == JCOP_MAX_CA_INFOS)
		return JCOP_ERR_TOO_LONG;
	info = &infos->infos[infos->info_count++];
	memcpy(info->oid.value, oid.data, oid.len);
	info->oid.len = oid.len;
	info->cipher = (enum jcop_cipher)(oid.data[oid.len - 1] - 1);
	if (read_number(&rest, &info->version) != JCOP_OK)
		return JCOP_ERR_MALFORMED;
	return read_key_id(&rest, &info->has_key_id, &info->key_id);
}

/* Explicit parameters (RFC 3279 2.3.5: version, field, curve, base, order,
 * cofactor) must name the cofactor (TR-03110-3 A.2.1.2), which is 1 for all
 * our curves; OpenSSL would overlook another or none. */
static bool
has_right_cofactor(struct jcop_bytes parameters)
{
	struct jcop_tlv object;
	struct jcop_bytes fields;
	unsigned int cofactor;
	int i;

	if (jcop_tlv_read(&parameters, &object) != JCOP_OK)
		return false;
	if (object.tag != TAG_SEQUENCE)
		return true;
	fields = object.value;
	for (i = 0; i < FIELDS_BEFORE_COFACTOR; i++) {
		if (jcop_tlv_read(&fields, &object) != JCOP_OK)
			return false;
	}
	return read_number(&fields, &cofactor) == JCOP_OK && cofactor == 1;
}

/* A named curve, or explicit parameters that OpenSSL finds to be those of a
 * named one: the point is later taken on the named curve only. */
static enum jcop_domain
domain_of_parameters(struct jcop_bytes parameters)
{
	const uint8_t *p = parameters.data;
	enum jcop_domain domain = JCOP_DOMAIN_NONE;
	EC_GROUP *group;

	if (!has_right_cofactor(parameters))
		return domain;
	ERR_set_mark();
	group = d2i_ECPKParameters(NULL, &p, (long)parameters.len);
	if (group != NULL && p == parameters.data + parameters.len)
		domain = jcop_domain_from_nid(EC_GROUP_get_curve_name(group));
	EC_GROUP_free(group);
	ERR_pop_to_mark();
	return domain;
}

static int
read_algorithm(struct jcop_bytes algorithm, enum jcop_domain *domain)
{
	struct jcop_bytes oid;
	unsigned int number;

	*domain = JCOP_DOMAIN_NONE;
	if (read_tag(&algorithm, TAG_OID, &oid) != JCOP_OK)
		return JCOP_ERR_MALFORMED;
	if (jcop_bytes_equal(oid, JCOP_BYTES(standardized_domain_parameters))) {
		if (read_number(&algorithm, &number) != JCOP_OK ||
			algorithm.len != 0)
			return JCOP_ERR_MALFORMED;
		if (jcop_domain_field_size((enum jcop_domain)number) != 0)
			*domain = (enum jcop_domain)number;
	} else if (jcop_bytes_equal(oid, JCOP_BYTES(id_ec_public_key))) {
		*domain = domain_of_parameters(algorithm);
	}
	return JCOP_OK;
}

/* BIT STRING: the first byte counts unused bits, of which there are none. */
static int
read_point(struct jcop_bytes *cursor, struct jcop_ca_public_key *key)
{
	struct jcop_bytes bits;

	if (read_tag(cursor, TAG_BIT_STRING, &bits) != JCOP_OK ||
		bits.len < 2 || bits.data[0] != 0)
		return JCOP_ERR_MALFORMED;
	if (key->domain == JCOP_DOMAIN_NONE)
		return JCOP_OK;
	if (bits.len - 1 > sizeof(key->point))
		return JCOP_ERR_MALFORMED;
	key->point_len = bits.len - 1;
	memcpy(key->point, bits.data + 1, key->point_len);
	return JCOP_OK;
}

static int
read_public_key(struct jcop_bytes rest, struct jcop_security_infos *infos)
{
	struct jcop_bytes spki, algorithm;
	struct jcop_ca_public_key *key;

	if (infos->key_count == JCOP_MAX_CA_KEYS)
		return JCOP_ERR_TOO_LONG;
	key = &infos->keys[infos->key_count++];
	if (read_tag(&rest, TAG_SEQUENCE, &spki) != JCOP_OK ||
		read_tag(&spki, TAG_SEQUENCE, &algorithm) != JCOP_OK ||
		read_algorithm(algorithm, &key->domain) != JCOP_OK ||
		read_point(&spki, key) != JCOP_OK || spki.len != 0)
		return JCOP_ERR_MALFORMED;
	return read_key_id(&rest, &key->has_key_id, &key->key_id);
}

/* SecurityInfo: SEQUENCE{OID, required, optional} */
static int
read_info(struct jcop_bytes info, struct jcop_security_infos *infos)
{
	struct jcop_bytes oid;

	if (read_tag(&info, TAG_OID, &oid) != JCOP_OK)
		return JCOP_ERR_MALFORMED;
	if (is_ca_ecdh(oid))
		return read_ca_info(oid, info, infos);
	if (jcop_bytes_equal(oid, JCOP_BYTES(id_pk_ecdh)))
		return read_public_key(info, infos);
	return JCOP_OK;
}

/* Exactly one SET; what pads a file has been cut off before. */
static int
read_set(struct jcop_bytes bytes, struct jcop_security_infos *infos)
{
	struct jcop_bytes set, info;
	int r = read_tag(&bytes, TAG_SET, &set);

	if (r == JCOP_OK && bytes.len != 0)
		r = JCOP_ERR_MALFORMED;
	while (r == JCOP_OK && set.len > 0) {
		r = read_tag(&set, TAG_SEQUENCE, &info);
		if (r == JCOP_OK)
			r = read_info(info, infos);
	}
	return r;
}

/* The content that the CMS object CARRIES is what its signature is over. */
static int
read_signed(struct jcop_bytes file, struct jcop_security_infos *infos)
{
	const uint8_t *p = file.data;
	ASN1_OCTET_STRING **content;
	CMS_ContentInfo *cms;
	int r = JCOP_ERR_MALFORMED;

	ERR_set_mark();
	infos->is_signed = true;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)file.len);
	content = cms == NULL ? NULL : CMS_get0_content(cms);
	if (content != NULL && *content != NULL)
		r = read_set(jcop_bytes_of(ASN1_STRING_get0_data(*content),
				     (size_t)ASN1_STRING_length(*content)),
			infos);
	CMS_ContentInfo_free(cms);
	ERR_pop_to_mark();
	return r;
}

int
jcop_security_infos_parse(
	struct jcop_bytes file, struct jcop_security_infos *infos)
{
	struct jcop_tlv whole;
	int r = JCOP_ERR_MALFORMED;

	*infos = (struct jcop_security_infos){0};
	if (file.len == 0 || file.data[0] == 0)
		return JCOP_ERR_NOT_FOUND;
	if (jcop_tlv_read(&file, &whole) != JCOP_OK)
		return JCOP_ERR_MALFORMED;
	if (whole.tag == TAG_SEQUENCE)
		r = read_signed(whole.whole, infos);
	else if (whole.tag == TAG_SET)
		r = read_set(whole.whole, infos);
	if (r != JCOP_OK)
		*infos = (struct jcop_security_infos){0};
	return r;
}

/* A file with one key may leave ids out. */
static bool
id_matches(const struct jcop_security_infos *infos, bool has_key_id,
	unsigned int key_id, unsigned int wanted)
{
	return has_key_id ? key_id == wanted : infos->key_count == 1;
}

static bool
is_same_key(
	const struct jcop_ca_public_key *a, const struct jcop_ca_public_key *b)
{
	return a->domain == b->domain &&
	       jcop_bytes_equal(jcop_bytes_of(a->point, a->point_len),
		       jcop_bytes_of(b->point, b->point_len));
}

static int
find_key(const struct jcop_security_infos *infos, unsigned int key_id,
	const struct jcop_ca_public_key **key)
{
	size_t i;

	*key = NULL;
	for (i = 0; i < infos->key_count; i++) {
		const struct jcop_ca_public_key *k = &infos->keys[i];

		if (!id_matches(infos, k->has_key_id, k->key_id, key_id))
			continue;
		if (*key != NULL && !is_same_key(*key, k))
			return JCOP_ERR_MALFORMED;
		*key = k;
	}
	return *key == NULL ? JCOP_ERR_NOT_FOUND : JCOP_OK;
}

static bool
is_allowed(const struct jcop_ca_info *info, const struct jcop_ca_policy *policy)
{
	return (info->version == VERSION_1 || info->version == VERSION_2) &&
	       (policy->versions & 1u << info->version) != 0 &&
	       (policy->ciphers & 1u << info->cipher) != 0;
}

static bool
is_stronger(const struct jcop_ca_info *a, const struct jcop_ca_info *b)
{
	return b == NULL || a->cipher > b->cipher ||
	       (a->cipher == b->cipher && a->version > b->version);
}

static int
find_info(const struct jcop_security_infos *infos, unsigned int key_id,
	const struct jcop_ca_policy *policy, const struct jcop_ca_info **best)
{
	int r = JCOP_ERR_NOT_FOUND;
	size_t i;

	*best = NULL;
	for (i = 0; i < infos->info_count; i++) {
		const struct jcop_ca_info *info = &infos->infos[i];

		if (!id_matches(infos, info->has_key_id, info->key_id, key_id))
			continue;
		r = JCOP_ERR_UNSUPPORTED;
		if (is_allowed(info, policy) && is_stronger(info, *best))
			*best = info;
	}
	return *best != NULL ? JCOP_OK : r;
}

static int
check_key(const struct jcop_ca_public_key *key,
	const struct jcop_ca_policy *policy)
{
	EVP_PKEY *imported;
	int r;

	if (key->domain == JCOP_DOMAIN_NONE ||
		(policy->domains & JCOP_DOMAIN_BIT(key->domain)) == 0)
		return JCOP_ERR_UNSUPPORTED;
	r = jcop_curve_import(key->domain,
		jcop_bytes_of(key->point, key->point_len), &imported);
	EVP_PKEY_free(imported);
	return r;
}

int
jcop_ca_select(const struct jcop_security_infos *infos, unsigned int key_id,
	const struct jcop_ca_policy *policy, struct jcop_ca_choice *choice)
{
	const struct jcop_ca_public_key *key;
	const struct jcop_ca_info *info;
	int r;

	*choice = (struct jcop_ca_choice){0};
	r = find_key(infos, key_id, &key);
	if (r == JCOP_OK)
		r = find_info(infos, key_id, policy, &info);
	if (r == JCOP_OK)
		r = check_key(key, policy);
	if (r != JCOP_OK)
		return r;
	choice->info = *info;
	choice->key = *key;
	choice->has_key_id = info->has_key_id || key->has_key_id;
	choice->key_id = key_id;
	return JCOP_OK;
}
