/*
 * test_encoding_run.c: a whole job on a card in memory, interrupted at each
 * call, before and after it took effect, and continued.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoding-test.h"

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "encoding/run.h"

#define JOURNAL "run-test.journal"
#define DIR "run-test.dir"
#define ICCSN "25010000000000000001"

static const char whole[] =
	"[Fields]\nT=12345678\nMADE=\nKEPT=\nef.id.rio=\nef.id.uin=\n"
	"[Description]\n"
	"InitToken=true\nIdopteTransportPin=T\nPIN=T\nSignPIN=T\n"
	"KeysetSkAdmin=#adm:11\nChipAuthKeyConfig=#011D:01\n"
	"KeysetSkFileMgmt=#fm\nef.id.rio=#rio-1\nreadDataObjects=true\n"
	"ApplicationList=XAB\n"
	"[Application_X]\nDeleteAllObjects=true\n"
	"[Application_A]\nLocation=#mpp\nCertTempl=Auth\nKeySize=3072\n"
	"StoreUserCertOnly=true\nCertKeyListReturnField=MADE\n"
	"[Application_B]\nLocation=#mpp\nCertTempl=Enc\nP12PASSWORD=#p12-"
	"password\n"
	"StoreUserCertOnly=true\nKeyArchivalRequest=true\nKeySize=3072\n"
	"CertKeyListReturnField=KEPT\n";

/* The card in memory: what was done to it, and how often. */
struct fake {
	struct job *job;
	int calls, die_at; /* -1: never */
	bool die_after;    /* ... the call took effect */
	int activated, deleted, generated, imported, certified, written, pins;
	char data[64];
	bool refuse_sign_pin, refuses_certificates;
};

static EVP_PKEY *key, *archived_key, *wrong_key;
static struct jcop_blob modulus, exponent, archived_modulus;
static char message[ENCODING_MESSAGE_SIZE];

/* --- the card --- */

static int
before(struct fake *fake, char *text)
{
	if (fake->calls++ == fake->die_at && !fake->die_after)
		return encoding_message(text, JCOP_ERR_CHANNEL, "killed");
	return JCOP_OK;
}

static int
after(const struct fake *fake, char *text)
{
	if (fake->calls - 1 == fake->die_at && fake->die_after)
		return encoding_message(text, JCOP_ERR_CHANNEL, "killed");
	return JCOP_OK;
}

static int
fake_activate(void *context, const struct encoding_step *step, char *text)
{
	struct fake *fake = context;

	(void)step;
	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	assert_int_equal(fake->job->card.info.life_cycle,
		JCOP_LIFE_CYCLE_INITIALISATION);
	fake->activated++;
	fake->job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	return after(fake, text);
}

static int
fake_set_pin(void *context, const struct encoding_step *step, char *text)
{
	struct fake *fake = context;

	if (fake->refuse_sign_pin && step->pin == JCOP_PIN_SIGNATURE)
		return encoding_message(
			text, JCOP_ERR_UNTRUSTED, "the old PIN is wrong");
	fake->pins++;
	return JCOP_OK;
}

static int
fake_delete(void *context, const struct encoding_step *step, char *text)
{
	struct fake *fake = context;

	(void)step;
	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	assert_int_equal(fake->generated + fake->imported, 0);
	jcop_directory_free(&fake->job->directory);
	fake->deleted++;
	return after(fake, text);
}

static struct jcop_directory_key *
add_key(struct fake *fake, const struct encoding_step *step,
	struct jcop_bytes id, const char *label, const struct jcop_blob *n)
{
	struct jcop_directory_key *added = job_add_key(
		fake->job, step->container->name, step->bits, label, false);

	memcpy(added->id, id.data, id.len);
	added->id_len = id.len;
	assert_int_equal(
		jcop_blob_set(&added->modulus, n->data, n->len), JCOP_OK);
	assert_int_equal(
		jcop_blob_set(&added->exponent, exponent.data, exponent.len),
		JCOP_OK);
	return added;
}

static int
fake_generate(void *context, const struct encoding_step *step,
	struct jcop_bytes id, const char *label, struct jcop_blob *n,
	struct jcop_blob *e, char *text)
{
	struct fake *fake = context;

	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	assert_string_equal(label, "Auth");
	fake->generated++;
	add_key(fake, step, id, label, &modulus);
	assert_int_equal(jcop_blob_set(n, modulus.data, modulus.len), JCOP_OK);
	assert_int_equal(
		jcop_blob_set(e, exponent.data, exponent.len), JCOP_OK);
	return after(fake, text);
}

static int
fake_sign(void *context, const struct encoding_step *step, struct jcop_bytes id,
	struct jcop_bytes data, struct jcop_blob *signature, char *text)
{
	struct fake *fake = context;
	EVP_MD_CTX *md;
	size_t len = 512;

	(void)step;
	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	md = EVP_MD_CTX_new();
	assert_int_equal(id.len, fake->job->directory.keys[0].id_len);
	assert_memory_equal(id.data, fake->job->directory.keys[0].id, id.len);
	assert_int_equal(jcop_blob_reserve(signature, len), JCOP_OK);
	assert_int_equal(
		EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(
		EVP_DigestSign(md, signature->data, &len, data.data, data.len),
		1);
	signature->len = len;
	EVP_MD_CTX_free(md);
	return after(fake, text);
}

static int
fake_import(void *context, const struct encoding_step *step,
	struct jcop_bytes id, const char *label,
	const struct encoding_pkcs12 *pkcs12, struct jcop_blob *listed,
	char *text)
{
	struct fake *fake = context;

	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	assert_string_equal(label, "Enc");
	assert_true(jcop_bytes_equal(
		jcop_blob_view(&pkcs12->n), jcop_blob_view(&archived_modulus)));
	fake->imported++;
	add_key(fake, step, id, label, &pkcs12->n)->has_certificate = true;
	assert_int_equal(jcop_blob_set(listed, id.data, id.len), JCOP_OK);
	return after(fake, text);
}

static int
fake_check(void *context, const struct encoding_step *step,
	struct jcop_bytes der, const char *label, char *text)
{
	const struct fake *fake = context;

	(void)step;
	(void)der;
	(void)label;
	return fake->refuses_certificates
		       ? encoding_message(
				 text, JCOP_ERR_UNSUPPORTED, "too long")
		       : JCOP_OK;
}

static int
fake_certificate(void *context, const struct encoding_step *step,
	struct jcop_bytes der, const char *label, char *text)
{
	struct fake *fake = context;
	struct jcop_directory_key *on_card;

	(void)step;
	(void)label;
	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	assert_true(encoding_certificate_fits(
		der, jcop_blob_view(&modulus), jcop_blob_view(&exponent)));
	on_card = jcop_directory_find(
		&fake->job->directory, jcop_blob_view(&modulus));
	assert_non_null(on_card);
	on_card->has_certificate = true;
	fake->certified++;
	return after(fake, text);
}

static int
fake_write(void *context, const struct encoding_setting *settings, size_t count,
	char *text)
{
	struct fake *fake = context;

	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	assert_int_equal(count, 1);
	assert_string_equal(settings[0].name, "ef.id.rio");
	snprintf(fake->data, sizeof(fake->data), "%.*s",
		(int)settings[0].value.len,
		(const char *)settings[0].value.data);
	fake->written++;
	return after(fake, text);
}

static int
fake_read(void *context, json_t *values, char *text)
{
	struct fake *fake = context;

	if (before(fake, text) != JCOP_OK)
		return JCOP_ERR_CHANNEL;
	json_object_set_new(values, "ef.id.rio", json_string(fake->data));
	return after(fake, text);
}

/* --- the CA --- */

static X509 *
make_certificate(EVP_PKEY *of)
{
	X509 *made = X509_new();

	assert_non_null(made);
	ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
	X509_gmtime_adj(X509_getm_notBefore(made), 0);
	X509_gmtime_adj(X509_getm_notAfter(made), 3600);
	X509_set_pubkey(made, of);
	X509_set_version(made, 2); /* no CA of old */
	assert_true(X509_sign(made, of, EVP_sha256()) > 0);
	return made;
}

static void
answer_with_certificate(EVP_PKEY *of)
{
	X509 *made = make_certificate(of);
	FILE *file = fopen(DIR "/" ICCSN "-A.pem", "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, made), 1);
	fclose(file);
	X509_free(made);
}

static void
answer_with_archive(void)
{
	X509 *made = make_certificate(archived_key);
	PKCS12 *archive = PKCS12_create(
		"p12-password", NULL, archived_key, made, NULL, 0, 0, 0, 0, 0);
	FILE *file = fopen(DIR "/" ICCSN "-B.p12", "w");

	assert_non_null(file);
	assert_int_equal(i2d_PKCS12_fp(file, archive), 1);
	fclose(file);
	PKCS12_free(archive);
	X509_free(made);
}

static struct jcop_blob
number_of(EVP_PKEY *from, const char *name)
{
	struct jcop_blob number = JCOP_BLOB_INIT;
	BIGNUM *value = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(from, name, &value), 1);
	assert_int_equal(
		jcop_blob_reserve(&number, (size_t)BN_num_bytes(value)),
		JCOP_OK);
	number.len = (size_t)BN_bn2bin(value, number.data);
	BN_free(value);
	return number;
}

static int
make_keys(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	archived_key = EVP_RSA_gen(3072);
	wrong_key = EVP_RSA_gen(2048);
	modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
	exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
	archived_modulus = number_of(archived_key, OSSL_PKEY_PARAM_RSA_N);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(archived_key);
	EVP_PKEY_free(wrong_key);
	jcop_blob_free(&modulus);
	jcop_blob_free(&exponent);
	jcop_blob_free(&archived_modulus);
	return 0;
}

static int
setup(void **state)
{
	struct job *job;

	job_setup(state);
	job = *state;
	mkdir(DIR, 0700);
	unlink(JOURNAL);
	unlink(DIR "/" ICCSN "-A.pem");
	unlink(DIR "/" ICCSN "-B.p12");
	job->options.ca = true; /* whose answers lie in DIR */
	return 0;
}

static int
teardown(void **state)
{
	unlink(JOURNAL);
	unlink(DIR "/" ICCSN "-A.pem");
	unlink(DIR "/" ICCSN "-A.csr");
	unlink(DIR "/" ICCSN "-A.json");
	unlink(DIR "/" ICCSN "-B.p12");
	unlink(DIR "/" ICCSN "-B.json");
	rmdir(DIR);
	return job_teardown(state);
}

/* --- a run --- */

/* A new process: it knows what is on the disk and on the card. */
static int
run_once(struct fake *fake, const char *text)
{
	const struct encoding_actions actions = {fake, fake_activate,
		fake_set_pin, fake_delete, fake_generate, fake_sign,
		fake_import, fake_check, fake_certificate, fake_write,
		fake_read, NULL};
	struct job *job = fake->job;
	struct encoding_journal journal;
	struct encoding_run run = {.plan = &job->plan,
		.card = &job->card,
		.fields = &job->fields,
		.journal = &journal,
		.actions = &actions,
		.iccsn = ICCSN,
		.subject = "CN=test",
		.requests = job->options.requests,
		.certificates = job->options.requests == NULL ? DIR : NULL};
	int r;

	job_parse(job, text);
	job_check(job);
	expect_no_error(job);
	encoding_plan_make(&job->encoding, &job->fields, job->card.description,
		&job->options, &job->plan);
	if (encoding_journal_open(JOURNAL, ICCSN, &job->encoding, &journal,
		    message) != JCOP_OK)
		fail_msg("%s", message);
	encoding_resume(&job->plan, &journal, &job->card, &job->report);
	encoding_plan_bind(&job->plan, &job->card);
	encoding_check_card(&job->plan, &job->card, &job->report);
	expect_no_error(job);
	r = encoding_run(&run, message);
	/* as the caller does when the outputs are where they belong */
	if (r == JCOP_OK && encoding_plan_is_complete(&job->plan))
		encoding_journal_remove(&journal);
	encoding_journal_free(&journal);
	return r;
}

static void
expect_output(const struct job *job)
{
	json_t *outputs = job->fields.outputs, *made;
	struct jcop_blob der = JCOP_BLOB_INIT;
	const char *base64;

	assert_string_equal(
		json_string_value(json_object_get(outputs, "ef.id.rio")),
		"rio-1");
	assert_string_equal(
		json_string_value(json_object_get(outputs, "ef.id.uin")), "");
	made = json_array_get(json_object_get(outputs, "MADE"), 0);
	base64 = json_string_value(json_object_get(made, "certificate"));
	assert_non_null(base64);
	assert_int_equal(
		encoding_unbase64(jcop_bytes_of(base64, strlen(base64)), &der),
		JCOP_OK);
	assert_true(encoding_certificate_fits(jcop_blob_view(&der),
		jcop_blob_view(&modulus), jcop_blob_view(&exponent)));
	jcop_blob_free(&der);
	assert_true(json_string_length(json_object_get(made, "id")) > 0);
	made = json_array_get(json_object_get(outputs, "KEPT"), 0);
	assert_true(
		json_string_length(json_object_get(made, "certificate")) > 100);
}

static void
a_whole_job_does_each_step_once(void **state)
{
	struct fake fake = {.job = *state, .die_at = -1};

	answer_with_certificate(key);
	answer_with_archive();
	if (run_once(&fake, whole) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(fake.activated, 1);
	assert_int_equal(fake.deleted, 1);
	assert_int_equal(fake.generated, 1);
	assert_int_equal(fake.imported, 1);
	assert_int_equal(fake.certified, 1);
	assert_int_equal(fake.written, 1);
	expect_output(fake.job);
	/* done: nothing is left to continue */
	assert_int_not_equal(access(JOURNAL, F_OK), 0);
}

#define CALLS 8 /* of a whole job to the card */

static void
a_job_killed_at_each_call_is_continued_and_repeats_nothing(void **state)
{
	struct fake fake;
	int at;

	answer_with_certificate(key);
	answer_with_archive();
	for (at = 0; at < 2 * CALLS; at++) {
		struct job *job = *state;

		jcop_directory_free(&job->directory);
		job->card.info.life_cycle = JCOP_LIFE_CYCLE_INITIALISATION;
		fake = (struct fake){
			.job = job, .die_at = at / 2, .die_after = at % 2 == 1};
		assert_int_equal(run_once(&fake, whole), JCOP_ERR_CHANNEL);
		assert_non_null(strstr(message, "killed"));
		assert_int_equal(access(JOURNAL, F_OK), 0);
		fake.die_at = -1;
		if (run_once(&fake, whole) != JCOP_OK)
			fail_msg("call %d: %s", at, message);
		assert_int_equal(fake.activated, 1);
		assert_int_equal(fake.generated, 1);
		assert_int_equal(fake.imported, 1);
		assert_int_equal(fake.certified, 1);
		/* these are the same when done again */
		assert_in_range(fake.deleted, 1, 2);
		assert_in_range(fake.written, 1, 2);
		expect_output(job);
		assert_int_not_equal(access(JOURNAL, F_OK), 0);
	}
	assert_int_equal(at, 2 * CALLS);
}

static void
a_ca_that_fails_is_asked_again_for_the_same_key(void **state)
{
	struct fake fake = {.job = *state, .die_at = -1};

	answer_with_archive();
	assert_int_equal(run_once(&fake, whole), JCOP_ERR_NOT_FOUND);
	assert_non_null(strstr(message, "A:issue"));
	assert_non_null(strstr(message, "no answer"));
	assert_int_equal(fake.generated, 1);
	answer_with_certificate(key);
	if (run_once(&fake, whole) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(fake.generated, 1);
	expect_output(fake.job);
}

static void
a_certificate_for_another_key_is_refused(void **state)
{
	struct fake fake = {.job = *state, .die_at = -1};

	answer_with_certificate(wrong_key);
	answer_with_archive();
	assert_int_equal(run_once(&fake, whole), JCOP_ERR_UNTRUSTED);
	assert_non_null(strstr(message, "is for another key"));
	assert_int_equal(fake.certified, 0);
}

static void
a_certificate_that_does_not_fit_the_card_is_asked_for_again(void **state)
{
	struct fake fake = {
		.job = *state, .die_at = -1, .refuses_certificates = true};

	answer_with_certificate(key);
	answer_with_archive();
	assert_int_equal(run_once(&fake, whole), JCOP_ERR_UNSUPPORTED);
	assert_non_null(strstr(message, "A:issue"));
	unlink(DIR "/" ICCSN "-A.pem");
	fake.refuses_certificates = false;
	/* the journal has none: the CA's next answer counts */
	assert_int_equal(run_once(&fake, whole), JCOP_ERR_NOT_FOUND);
	answer_with_certificate(key);
	if (run_once(&fake, whole) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(fake.generated, 1);
	assert_int_equal(fake.certified, 1);
	expect_output(fake.job);
}

static void
two_visits_leave_the_requests_between_them(void **state)
{
	struct job *job = *state;
	struct fake fake = {.job = job, .die_at = -1};
	struct stat status;
	X509_REQ *request;
	FILE *file;

	job->options.ca = false;
	job->options.requests = DIR;
	if (run_once(&fake, whole) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(fake.generated, 1);
	assert_int_equal(fake.imported, 0);
	assert_int_equal(fake.written, 1);
	/* the request is signed by the card's key */
	file = fopen(DIR "/" ICCSN "-A.csr", "r");
	assert_non_null(file);
	request = PEM_read_X509_REQ(file, NULL, NULL, NULL);
	fclose(file);
	assert_int_equal(X509_REQ_verify(request, key), 1);
	X509_REQ_free(request);
	assert_int_equal(stat(DIR "/" ICCSN "-B.json", &status), 0);
	assert_int_equal(access(JOURNAL, F_OK), 0);

	answer_with_certificate(key);
	answer_with_archive();
	job->options.certificates = DIR;
	job->options.requests = NULL;
	if (run_once(&fake, whole) != JCOP_OK)
		fail_msg("%s", message);
	assert_int_equal(fake.activated, 1);
	assert_int_equal(fake.generated, 1);
	assert_int_equal(fake.imported, 1);
	assert_int_equal(fake.certified, 1);
	assert_int_equal(fake.written, 1);
	expect_output(job);
	assert_int_not_equal(access(JOURNAL, F_OK), 0);
}

static void
no_secret_is_in_the_journal(void **state)
{
	struct fake fake = {.job = *state, .die_at = CALLS - 1};
	json_t *journal;
	char *text;

	answer_with_certificate(key);
	answer_with_archive();
	assert_int_equal(run_once(&fake, whole), JCOP_ERR_CHANNEL);
	journal = json_load_file(JOURNAL, 0, NULL);
	text = json_dumps(journal, 0);
	assert_non_null(strstr(text, "A:generate"));
	assert_null(strstr(text, "12345678"));
	assert_null(strstr(text, "p12-password"));
	free(text);
	json_decref(journal);
}

static void
of_two_pins_the_report_says_which_holds(void **state)
{
	struct fake fake = {
		.job = *state, .die_at = -1, .refuse_sign_pin = true};

	fake.job->card.info.life_cycle = JCOP_LIFE_CYCLE_ACTIVATED;
	assert_int_equal(run_once(&fake, "[Description]\nSetPin=true\n"
					 "PIN=!FROM_USER_DIALOG_3_FIELD\n"
					 "SignPIN=!FROM_USER_DIALOG_3_FIELD\n"),
		JCOP_ERR_UNTRUSTED);
	assert_non_null(strstr(message, "the old PIN is wrong"));
	assert_non_null(strstr(message, "The global PIN has its new value, "
					"the signature PIN has not"));
	assert_int_equal(fake.pins, 1);
	/* and the global one is not set again */
	fake.refuse_sign_pin = false;
	assert_int_equal(run_once(&fake, "[Description]\nSetPin=true\n"
					 "PIN=!FROM_USER_DIALOG_3_FIELD\n"
					 "SignPIN=!FROM_USER_DIALOG_3_FIELD\n"),
		JCOP_OK);
	assert_int_equal(fake.pins, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_job_does_each_step_once),
		TEST(a_job_killed_at_each_call_is_continued_and_repeats_nothing),
		TEST(a_ca_that_fails_is_asked_again_for_the_same_key),
		TEST(a_certificate_for_another_key_is_refused),
		TEST(a_certificate_that_does_not_fit_the_card_is_asked_for_again),
		TEST(two_visits_leave_the_requests_between_them),
		TEST(no_secret_is_in_the_journal),
		TEST(of_two_pins_the_report_says_which_holds),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
