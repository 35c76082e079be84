/*
 * test_encoding_examples.c: the examples pass all rules on the cards they are
 * for, and the man page has every key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <ctype.h>
#include <dirent.h>

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "encoding/pkcs12.h"

/* --- a key to be recovered --- */

static char *archive;

static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *made = X509_new();

	assert_non_null(made);
	ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
	X509_gmtime_adj(X509_getm_notBefore(made), 0);
	X509_gmtime_adj(X509_getm_notAfter(made), 3600);
	X509_set_pubkey(made, key);
	X509_set_version(made, 2); /* no CA of old */
	assert_true(X509_sign(made, key, EVP_sha256()) > 0);
	return made;
}

static int
make_archive(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(3072);
	X509 *certificate = make_certificate(key);
	PKCS12 *made = PKCS12_create(
		"12345678", NULL, key, certificate, NULL, 0, 0, 0, 0, 0);
	unsigned char *der = NULL;
	int len = i2d_PKCS12(made, &der);

	(void)state;
	assert_true(len > 0);
	archive = encoding_base64(jcop_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	PKCS12_free(made);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return 0;
}

static int
free_archive(void **state)
{
	(void)state;
	free(archive);
	return 0;
}

/* --- the examples --- */

static const char *
value_for(const char *name)
{
	if (strncmp(name, "RecoveryCertificateData", 23) == 0)
		return archive;
	if (strcmp(name, "KEYSET_ADMIN") == 0)
		return "sk_admin:11";
	if (strcmp(name, "ICCSN") == 0)
		return "25010000000000000001";
	return "12345678";
}

static void
give_fields(struct job *job)
{
	struct encoding_field_value *value;
	const char *text;
	size_t i;

	for (i = 0; i < job->encoding.field_count; i++) {
		value = &job->fields.values[i];
		text = value_for(job->encoding.fields[i].name);
		value->origin = FIELD_JSON;
		assert_int_equal(
			jcop_blob_set(&value->value, text, strlen(text)),
			JCOP_OK);
	}
}

static void
load(struct job *job, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", EXAMPLES, name);
	if (encoding_load(path, false, &job->encoding, &job->report) != JCOP_OK)
		fail_msg("%s: %s", path, job->report.messages[0].text);
	assert_int_equal(
		encoding_fields_init(&job->fields, &job->encoding), JCOP_OK);
	give_fields(job);
}

static void
expect_example(struct job *job, const char *name, bool activated, bool pad,
	const char *steps)
{
	load(job, name);
	job->card.info.life_cycle = activated ? JCOP_LIFE_CYCLE_ACTIVATED
					      : JCOP_LIFE_CYCLE_INITIALISATION;
	job->card.pad_verify = pad;
	job->card.pad_modify = pad;
	job_plan(job);
	expect_no_error(job);
	expect_steps(job, steps);
	encoding_fields_free(&job->fields);
	encoding_free(&job->encoding);
	encoding_report_free(&job->report);
}

#define CERTIFICATES                                              \
	"A:import B:issue B:import C:generate C:request C:issue " \
	"C:certificate D:generate D:request D:issue D:certificate"

static const struct {
	const char *name;
	bool activated, needs_pad;
	const char *steps;
} examples[] = {
	{"activate.dsc", false, true, "activate"},
	{"activate-fields.dsc", false, false, "activate"},
	{"change-pin.dsc", true, false, "pin"},
	{"unblock-pin-keyset.dsc", true, false, "sign-pin"},
	{"unblock-pin-puk.dsc", true, false, "sign-pin"},
	{"delete-all.dsc", true, false, "X:delete"},
	{"request-certificates.dsc", true, false, CERTIFICATES},
	{"read-data.dsc", true, false, "read"},
	{"update-data.dsc", true, false, "data"},
	{"list-cards.dsc", true, false, "list"},
	{"select-card.dsc", true, false, "read"},
	{"whole-card.dsc", false, false, "activate " CERTIFICATES " data read"},
};
#define COUNT (sizeof(examples) / sizeof(examples[0]))

static void
every_example_passes_all_rules_with_and_without_pad(void **state)
{
	size_t i;

	for (i = 0; i < COUNT; i++) {
		expect_example(*state, examples[i].name, examples[i].activated,
			true, examples[i].steps);
		if (!examples[i].needs_pad)
			expect_example(*state, examples[i].name,
				examples[i].activated, false,
				examples[i].steps);
	}
}

static void
no_example_is_left_out(void **state)
{
	DIR *directory = opendir(EXAMPLES);
	const struct dirent *entry;
	size_t i, len;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		len = strlen(entry->d_name);
		if (len < 4 || strcmp(entry->d_name + len - 4, ".dsc") != 0)
			continue;
		for (i = 0; i < COUNT; i++)
			if (strcmp(entry->d_name, examples[i].name) == 0)
				break;
		if (i == COUNT)
			fail_msg("%s is not tested", entry->d_name);
	}
	closedir(directory);
}

static void
the_pad_example_is_refused_without_a_pad(void **state)
{
	struct job *job = *state;

	load(job, "activate.dsc");
	job_plan(job);
	assert_int_equal(job->report.errors, 1);
	assert_true(encoding_report_has(&job->report, RULE_NO_PAD));
}

/* --- the man page --- */

/* The page with every run of blanks and line ends as one blank. */
static char *
read_page(void)
{
	FILE *file = fopen(MAN_PAGE, "r");
	size_t len = 0, room = 256 * 1024;
	char *page = malloc(room);
	int c;

	assert_non_null(file);
	assert_non_null(page);
	while ((c = fgetc(file)) != EOF && len + 1 < room)
		if (!isspace(c))
			page[len++] = (char)c;
		else if (len > 0 && page[len - 1] != ' ')
			page[len++] = ' ';
	page[len] = '\0';
	fclose(file);
	return page;
}

static void
expect_on_page(const char *page, const char *text)
{
	if (strstr(page, text) == NULL)
		fail_msg("%s has no '%s'", MAN_PAGE, text);
}

static void
the_man_page_has_every_key_with_its_meaning(void **state)
{
	char *page = read_page(), item[256];
	const struct encoding_key *key;
	size_t i;

	(void)state;
	for (i = 0; i < KEY_COUNT; i++) {
		key = &encoding_keys[i];
		snprintf(item, sizeof(item), ".It Cm %s %c%s. Takes %s.",
			key->name, toupper((unsigned char)key->meaning[0]),
			key->meaning + 1, encoding_takes_text(key->takes));
		expect_on_page(page, item);
	}
	free(page);
}

static void
the_man_page_has_every_source(void **state)
{
	char *page = read_page(), item[128];
	enum encoding_source source;

	(void)state;
	for (source = 0; source < SOURCE_COUNT; source++) {
		snprintf(item, sizeof(item), ".It Cm !%s ",
			encoding_source_word(source));
		expect_on_page(page, item);
	}
	free(page);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, job_setup, job_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_example_passes_all_rules_with_and_without_pad),
		TEST(no_example_is_left_out),
		TEST(the_pad_example_is_refused_without_a_pad),
		cmocka_unit_test(the_man_page_has_every_key_with_its_meaning),
		cmocka_unit_test(the_man_page_has_every_source),
	};

	return cmocka_run_group_tests(tests, make_archive, free_archive);
}
