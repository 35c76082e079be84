/*
 * test_hsm.c: the key provider against a real token (SoftHSM).
 *
 * Each test runs in a process of its own: a refused PIN is remembered as long
 * as the process lives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <p11-kit/pkcs11.h>

#include "core/blob.h"
#include "hsm/hsm.h"

#define PIN "tr0ub4dor"

static char dir[] = "/tmp/jcop45-hsm-XXXXXX";
static char softhsm[512], spy[512];

static const uint8_t enc_key[32] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71,
	0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c,
	0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf,
	0xf4};
static const uint8_t mac_key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2,
	0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
static const uint8_t single_key[24] = {0x8e, 0x73, 0xb0, 0xf7, 0xda, 0x0e, 0x64,
	0x52, 0xc8, 0x10, 0xf3, 0x2b, 0x80, 0x90, 0x79, 0xe5, 0x62, 0xf8, 0xea,
	0xd2, 0x52, 0x2c, 0x6b, 0x7b};

/* --- the token --- */

__attribute__((format(printf, 1, 2))) static const char *
in_dir(const char *format, ...)
{
	static char paths[8][512];
	static size_t next;
	char *path = paths[next++ % 8];
	size_t len;
	va_list args;

	len = (size_t)snprintf(path, 512, "%s/", dir);
	va_start(args, format);
	vsnprintf(path + len, 512 - len, format, args);
	va_end(args);
	return path;
}

static void
write_file(const char *path, const void *data, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, size - 1, f);
	text[len] = '\0';
	fclose(f);
}

__attribute__((format(printf, 1, 2))) static void
run(const char *format, ...)
{
	char command[2048];
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	r = system(command);
	if (r != 0)
		fail_msg("status %d: %s", r, command);
}

static void
make_token(const char *label)
{
	run("timeout 60 softhsm2-util --init-token --free --label %s "
	    "--so-pin 12345678 --pin " PIN " >/dev/null",
		label);
}

static void
import_key(const char *token, const char *label, const char *id,
	const uint8_t *key, size_t len)
{
	write_file(in_dir("key"), key, len, 0600);
	run("timeout 60 softhsm2-util --import %s --aes --token %s --pin " PIN
	    " --label %s --id %s >/dev/null",
		in_dir("key"), token, label, id);
}

/* KIND: "" or an option of pkcs11-tool. */
static void
generate_key(const char *label, const char *type, const char *options)
{
	run("timeout 60 pkcs11-tool --module %s --token-label jcop45 --login "
	    "--pin " PIN " --keygen --key-type %s --label %s %s "
	    ">/dev/null 2>&1",
		softhsm, type, label, options);
}

static int
find_module(char *path, const char *name)
{
	static const char *const places[] = {"/usr/lib/softhsm",
		"/usr/lib/x86_64-linux-gnu/softhsm",
		"/usr/lib/aarch64-linux-gnu/softhsm", "/usr/lib64/pkcs11",
		"/usr/lib64/softhsm", "/usr/lib/x86_64-linux-gnu/pkcs11",
		"/usr/lib/aarch64-linux-gnu/pkcs11", "/usr/lib/pkcs11",
		"/usr/lib64"};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, 512, "%s/%s", places[i], name);
		if (access(path, R_OK) == 0)
			return 0;
	}
	fprintf(stderr, "%s is not installed\n", name);
	return -1;
}

static void
fill_token(void)
{
	make_token("jcop45");
	import_key("jcop45", "admin-ENC", "01", enc_key, sizeof(enc_key));
	import_key("jcop45", "admin-MAC", "02", mac_key, sizeof(mac_key));
	import_key("jcop45", "single", "03", single_key, sizeof(single_key));
	import_key("jcop45", "double", "04", mac_key, sizeof(mac_key));
	import_key("jcop45", "double", "05", mac_key, sizeof(mac_key));
	import_key("jcop45", "half-ENC", "06", mac_key, sizeof(mac_key));
	generate_key("loose", "AES:32", "--sensitive --extractable");
	generate_key("open", "AES:32", "");
	generate_key("generic", "GENERIC:32", "--sensitive");
}

static int
set_up(void **state)
{
	char conf[1024];

	(void)state;
	if (find_module(softhsm, "libsofthsm2.so") != 0 ||
		find_module(spy, "pkcs11-spy.so") != 0 || mkdtemp(dir) == NULL)
		return -1;
	mkdir(in_dir("tokens"), 0700);
	snprintf(conf, sizeof(conf),
		"directories.tokendir = %s/tokens\n"
		"objectstore.backend = file\nlog.level = ERROR\n",
		dir);
	write_file(in_dir("softhsm2.conf"), conf, strlen(conf), 0600);
	setenv("SOFTHSM2_CONF", in_dir("softhsm2.conf"), 1);
	setenv("SHIM_TARGET", softhsm, 1);
	setenv("PKCS11SPY", softhsm, 1);
	setenv("HSM_PIN", PIN, 1);
	setenv("HSM_WRONG_PIN", "wrong pin", 1);
	write_file(
		in_dir("pin"), PIN "\nnot the PIN\n", sizeof(PIN) + 12, 0600);
	fill_token();
	return 0;
}

/* Also after a set-up that failed half way. */
static void
remove_dir(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (strstr(dir, "XXXXXX") == NULL && system(command) != 0)
		fprintf(stderr, "%s failed\n", command);
}

/* --- helpers --- */

static char message[JCOP_HSM_MESSAGE_SIZE];

static struct jcop_hsm_config
good_config(void)
{
	return (struct jcop_hsm_config){NULL, softhsm, "jcop45", "env:HSM_PIN"};
}

static struct jcop_hsm *
open_good(void)
{
	struct jcop_hsm_config config = good_config();
	struct jcop_hsm *hsm = NULL;

	if (jcop_hsm_open(&config, &hsm, message) != JCOP_OK)
		fail_msg("%s", message);
	return hsm;
}

static void
expect_open(const struct jcop_hsm_config *config, int error, const char *text)
{
	struct jcop_hsm *hsm = NULL;

	message[0] = '\0';
	assert_int_equal(jcop_hsm_open(config, &hsm, message), error);
	if (error != JCOP_OK) {
		assert_null(hsm);
		if (strstr(message, text) == NULL)
			fail_msg("no '%s' in '%s'", text, message);
		/* whatever the error is, no secret is in it */
		assert_null(strstr(message, PIN));
		assert_null(strstr(message, "wrong pin"));
	}
	jcop_hsm_close(hsm);
}

static void
expect_config(const struct jcop_hsm_config *config, const char *text)
{
	message[0] = '\0';
	assert_int_equal(
		jcop_hsm_check_config(config, message), JCOP_ERR_ARGUMENT);
	if (strstr(message, text) == NULL)
		fail_msg("no '%s' in '%s'", text, message);
	expect_open(config, JCOP_ERR_ARGUMENT, text);
}

static void
expect_keyset(const char *label, int error, const char *text)
{
	struct jcop_hsm *hsm = open_good();
	struct jcop_hsm_keyset *keyset = NULL;

	message[0] = '\0';
	assert_int_equal(
		jcop_hsm_keyset_find(hsm, label, &keyset, message), error);
	assert_null(keyset);
	if (strstr(message, text) == NULL || strstr(message, label) == NULL)
		fail_msg("no '%s' or '%s' in '%s'", text, label, message);
	jcop_hsm_close(hsm);
}

static size_t
file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* How often TEXT is in the file. */
static size_t
count_in(const char *path, const char *text)
{
	static char content[1 << 18];
	const char *at = content;
	size_t count = 0;

	read_file(path, content, sizeof(content));
	while ((at = strstr(at, text)) != NULL) {
		count++;
		at += strlen(text);
	}
	return count;
}

static void
openssl_cbc(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
	uint8_t *out)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	assert_int_equal(
		EVP_EncryptInit_ex2(ctx,
			key_len == 32 ? EVP_aes_256_cbc() : EVP_aes_192_cbc(),
			key, iv, NULL),
		1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, (int)len), 1);
	assert_int_equal(n, (int)len);
	EVP_CIPHER_CTX_free(ctx);
}

static void
openssl_cmac(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
	uint8_t *mac)
{
	char cipher[] = "AES-128-CBC";
	OSSL_PARAM params[2];
	size_t mac_len = 0;

	if (key_len == 24)
		memcpy(cipher, "AES-192-CBC", sizeof(cipher));
	params[0] = OSSL_PARAM_construct_utf8_string(
		OSSL_MAC_PARAM_CIPHER, cipher, 0);
	params[1] = OSSL_PARAM_construct_end();
	assert_non_null(EVP_Q_mac(NULL, "CMAC", NULL, NULL, params, key,
		key_len, in, len, mac, 16, &mac_len));
	assert_int_equal(mac_len, 16);
}

/* Compares both functions of the key set LABEL with OpenSSL's. */
static void
compare_keyset(struct jcop_hsm *hsm, const char *label, struct jcop_bytes enc,
	struct jcop_bytes mac)
{
	static const uint8_t data[48] = "the quick brown fox jumps over a dog";
	uint8_t ours[48], theirs[48];
	struct jcop_hsm_keyset *keyset = NULL;
	size_t len;

	if (jcop_hsm_keyset_find(hsm, label, &keyset, message) != JCOP_OK)
		fail_msg("%s", message);
	for (len = 16; len <= 48; len += 16) {
		assert_int_equal(
			jcop_hsm_encrypt_cbc(keyset, data, len, ours, message),
			JCOP_OK);
		openssl_cbc(enc.data, enc.len, data, len, theirs);
		assert_memory_equal(ours, theirs, len);
	}
	for (len = 1; len <= 48; len++) {
		assert_int_equal(
			jcop_hsm_cmac(keyset, data, len, ours, message),
			JCOP_OK);
		openssl_cmac(mac.data, mac.len, data, len, theirs);
		assert_memory_equal(ours, theirs, 16);
	}
	jcop_hsm_keyset_free(keyset);
}

/* --- tests --- */

static void
a_pair_encrypts_and_macs_as_openssl_does(void)
{
	struct jcop_hsm *hsm = open_good();
	struct jcop_hsm_keyset *keyset = NULL;

	compare_keyset(hsm, "admin", JCOP_BYTES(enc_key), JCOP_BYTES(mac_key));
	assert_int_equal(
		jcop_hsm_keyset_find(hsm, "admin", &keyset, message), JCOP_OK);
	assert_int_equal(jcop_hsm_keyset_is_single(keyset), 0);
	jcop_hsm_keyset_free(keyset);
	jcop_hsm_close(hsm);
}

static void
one_key_serves_as_both_and_is_told(void)
{
	struct jcop_hsm *hsm = open_good();
	struct jcop_hsm_keyset *keyset = NULL;

	compare_keyset(
		hsm, "single", JCOP_BYTES(single_key), JCOP_BYTES(single_key));
	assert_int_equal(
		jcop_hsm_keyset_find(hsm, "single", &keyset, message), JCOP_OK);
	assert_int_equal(jcop_hsm_keyset_is_single(keyset), 1);
	jcop_hsm_keyset_free(keyset);
	jcop_hsm_close(hsm);
}

/* NIST SP 800-38B, D.1 example 2: AES-128, one block. */
static void
cmac_is_that_of_sp_800_38b(void)
{
	static const uint8_t block[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40,
		0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
	static const uint8_t expected[16] = {0x07, 0x0a, 0x16, 0xb4, 0x6b, 0x4d,
		0x41, 0x44, 0xf7, 0x9b, 0xdd, 0x9d, 0xd0, 0x4a, 0x28, 0x7c};
	struct jcop_hsm *hsm = open_good();
	struct jcop_hsm_keyset *keyset = NULL;
	uint8_t mac[JCOP_HSM_BLOCK];

	assert_int_equal(
		jcop_hsm_keyset_find(hsm, "admin", &keyset, message), JCOP_OK);
	assert_int_equal(
		jcop_hsm_cmac(keyset, block, 16, mac, message), JCOP_OK);
	assert_memory_equal(mac, expected, 16);
	jcop_hsm_keyset_free(keyset);
	jcop_hsm_close(hsm);
}

static void
a_length_that_is_no_whole_block_is_refused(void)
{
	struct jcop_hsm *hsm = open_good();
	struct jcop_hsm_keyset *keyset = NULL;
	uint8_t buffer[32] = {0};

	assert_int_equal(
		jcop_hsm_keyset_find(hsm, "admin", &keyset, message), JCOP_OK);
	assert_int_equal(
		jcop_hsm_encrypt_cbc(keyset, buffer, 17, buffer, message),
		JCOP_ERR_ARGUMENT);
	assert_int_equal(
		jcop_hsm_encrypt_cbc(keyset, buffer, 0, buffer, message),
		JCOP_ERR_ARGUMENT);
	jcop_hsm_keyset_free(keyset);
	jcop_hsm_close(hsm);
}

static void
a_wrong_pin_is_sent_exactly_once(void)
{
	struct jcop_hsm_config config = good_config();
	const char *log = in_dir("wrong-pin.log");

	setenv("PKCS11SPY_OUTPUT", log, 1);
	config.module = spy;
	config.pin = "env:HSM_WRONG_PIN";
	expect_open(&config, JCOP_ERR_UNTRUSTED, "CKR_PIN_INCORRECT");
	expect_open(&config, JCOP_ERR_UNTRUSTED, "before");
	/* not even a right one: the program is to be started anew */
	config.pin = "env:HSM_PIN";
	expect_open(&config, JCOP_ERR_UNTRUSTED, "before");
	assert_int_equal(count_in(log, "C_Login"), 1);
}

static void
a_refused_pin_of_one_token_leaves_another_alone(void)
{
	struct jcop_hsm_config config = good_config();

	make_token("other");
	config.token = "other";
	config.pin = "env:HSM_WRONG_PIN";
	expect_open(&config, JCOP_ERR_UNTRUSTED, "CKR_PIN_INCORRECT");
	jcop_hsm_close(open_good());
}

static void
expect_flag_refused(const char *flag, const char *text)
{
	struct jcop_hsm_config config = good_config();
	const char *count = in_dir("logins-%s", flag);

	setenv("SHIM_FLAGS", flag, 1);
	setenv("SHIM_COUNT", count, 1);
	config.module = SHIM_MODULE;
	expect_open(&config, JCOP_ERR_UNTRUSTED, text);
	assert_int_equal(file_size(count), 0);
	unsetenv("SHIM_FLAGS");
	expect_open(&config, JCOP_OK, "");
	assert_int_equal(file_size(count), 1);
}

/* CKF_USER_PIN_FINAL_TRY */
static void
the_last_pin_try_is_not_spent(void)
{
	expect_flag_refused("0x20000", "one last try");
}

/* CKF_USER_PIN_LOCKED */
static void
a_locked_pin_is_not_sent(void)
{
	expect_flag_refused("0x40000", "locked");
}

static void
a_user_who_is_already_logged_in_is_fine(void)
{
	struct jcop_hsm_config config = good_config();
	struct jcop_hsm *first = NULL, *second = NULL;
	const char *count = in_dir("twice-logins");

	setenv("SHIM_COUNT", count, 1);
	config.module = SHIM_MODULE;
	assert_int_equal(jcop_hsm_open(&config, &first, message), JCOP_OK);
	/* seen in the session's state: no PIN is read or sent */
	config.pin = "env:NOT_SET_AT_ALL";
	assert_int_equal(jcop_hsm_open(&config, &second, message), JCOP_OK);
	assert_int_equal(file_size(count), 1);
	jcop_hsm_close(second);
	/* and the first is still logged in */
	compare_keyset(
		first, "admin", JCOP_BYTES(enc_key), JCOP_BYTES(mac_key));
	/* told by C_Login only */
	setenv("SHIM_NO_SESSION_INFO", "1", 1);
	config.pin = "env:HSM_PIN";
	assert_int_equal(jcop_hsm_open(&config, &second, message), JCOP_OK);
	assert_int_equal(file_size(count), 2);
	jcop_hsm_close(second);
	compare_keyset(
		first, "admin", JCOP_BYTES(enc_key), JCOP_BYTES(mac_key));
	jcop_hsm_close(first);
}

static void
another_failure_of_the_login_is_named(void)
{
	struct jcop_hsm_config config = good_config();

	setenv("SHIM_LOGIN", "0x30", 1);
	config.module = SHIM_MODULE;
	expect_open(&config, JCOP_ERR_CRYPTO,
		"C_Login failed: "
		"CKR_DEVICE_ERROR");
	/* no refusal of the PIN, so that it may be tried again */
	unsetenv("SHIM_LOGIN");
	expect_open(&config, JCOP_OK, "");
}

/* Another user of the same module in this process. */
struct application {
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
};

static void
start_application(struct application *application)
{
	CK_C_GetFunctionList get;
	CK_SLOT_ID slots[16];
	CK_TOKEN_INFO info;
	CK_ULONG count = 16, i;
	void *library = dlopen(softhsm, RTLD_NOW | RTLD_LOCAL);

	assert_non_null(library);
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	assert_int_equal(get(&application->module), CKR_OK);
	assert_int_equal(application->module->C_Initialize(NULL), CKR_OK);
	assert_int_equal(
		application->module->C_GetSlotList(CK_TRUE, slots, &count),
		CKR_OK);
	for (i = 0; i < count; i++) {
		application->module->C_GetTokenInfo(slots[i], &info);
		if (memcmp(info.label, "jcop45 ", 7) == 0)
			break;
	}
	assert_true(i < count);
	assert_int_equal(
		application->module->C_OpenSession(slots[i], CKF_SERIAL_SESSION,
			NULL, NULL, &application->session),
		CKR_OK);
}

static void
expect_state(const struct application *application, CK_STATE state)
{
	CK_SESSION_INFO info;

	assert_int_equal(application->module->C_GetSessionInfo(
				 application->session, &info),
		CKR_OK);
	assert_int_equal(info.state, state);
}

static void
our_login_ends_with_our_last_session(void)
{
	struct application application;
	struct jcop_hsm *first, *second;

	start_application(&application);
	expect_state(&application, CKS_RO_PUBLIC_SESSION);
	first = open_good();
	second = open_good();
	expect_state(&application, CKS_RO_USER_FUNCTIONS);
	jcop_hsm_close(first);
	compare_keyset(
		second, "admin", JCOP_BYTES(enc_key), JCOP_BYTES(mac_key));
	jcop_hsm_close(second);
	expect_state(&application, CKS_RO_PUBLIC_SESSION);
}

static void
the_login_of_an_application_stays_its_own(void)
{
	struct jcop_hsm_config config = good_config();
	struct application application;
	char pin[] = PIN;

	start_application(&application);
	assert_int_equal(application.module->C_Login(application.session,
				 CKU_USER, (CK_UTF8CHAR *)pin, sizeof(pin) - 1),
		CKR_OK);
	/* no PIN of ours is needed, read or sent */
	config.pin = "env:NOT_SET_AT_ALL";
	expect_open(&config, JCOP_OK, "");
	expect_state(&application, CKS_RO_USER_FUNCTIONS);
}

static void
closing_logs_out(void)
{
	struct jcop_hsm_config config = good_config();

	jcop_hsm_close(open_good());
	config.pin = "env:NOT_SET_AT_ALL";
	expect_open(&config, JCOP_ERR_NOT_FOUND, "NOT_SET_AT_ALL");
}

static void
no_key_value_is_ever_read(void)
{
	struct jcop_hsm_config config = good_config();
	struct jcop_hsm *hsm = NULL;
	const char *log = in_dir("value.log");

	setenv("PKCS11SPY_OUTPUT", log, 1);
	config.module = spy;
	assert_int_equal(jcop_hsm_open(&config, &hsm, message), JCOP_OK);
	compare_keyset(hsm, "admin", JCOP_BYTES(enc_key), JCOP_BYTES(mac_key));
	jcop_hsm_close(hsm);
	assert_int_equal(count_in(log, "CKA_VALUE"), 0);
	assert_true(count_in(log, "CKA_SENSITIVE") > 0);
	assert_true(count_in(log, "C_EncryptInit") > 0);
}

static void
a_missing_module_is_named(void)
{
	struct jcop_hsm_config config = good_config();

	config.module = "/nowhere/libhsm.so";
	expect_open(&config, JCOP_ERR_NOT_FOUND, "/nowhere/libhsm.so");
	/* a library, but no PKCS#11 module */
	config.module = "libc.so.6";
	expect_open(&config, JCOP_ERR_NOT_FOUND, "hsm.module");
}

static void
a_missing_token_is_named(void)
{
	struct jcop_hsm_config config = good_config();

	config.token = "nobody";
	expect_open(&config, JCOP_ERR_NOT_FOUND, "no token nobody");
}

static void
two_tokens_with_one_label_are_refused(void)
{
	struct jcop_hsm_config config = good_config();

	make_token("twin");
	make_token("twin");
	config.token = "twin";
	expect_open(&config, JCOP_ERR_ARGUMENT, "2 tokens");
}

static void
a_missing_key_is_named(void)
{
	expect_keyset("nokey", JCOP_ERR_NOT_FOUND, "nokey-ENC");
}

static void
half_a_pair_is_refused(void)
{
	expect_keyset("half", JCOP_ERR_NOT_FOUND, "but not half-MAC");
}

static void
two_keys_with_one_label_are_refused(void)
{
	expect_keyset("double", JCOP_ERR_ARGUMENT, "more than one");
}

static void
an_extractable_key_is_refused(void)
{
	expect_keyset("loose", JCOP_ERR_UNTRUSTED, "CKA_EXTRACTABLE");
}

static void
a_key_that_is_not_sensitive_is_refused(void)
{
	expect_keyset("open", JCOP_ERR_UNTRUSTED, "CKA_SENSITIVE");
}

static void
a_key_that_is_not_aes_is_refused(void)
{
	expect_keyset("generic", JCOP_ERR_UNTRUSTED, "AES");
}

static void
the_pin_is_the_first_line_of_its_file(void)
{
	struct jcop_hsm_config config = good_config();
	char source[600];

	snprintf(source, sizeof(source), "file:%s", in_dir("pin"));
	config.pin = source;
	expect_open(&config, JCOP_OK, "");
	write_file(in_dir("crlf-pin"), PIN "\r\n", sizeof(PIN) + 1, 0640);
	snprintf(source, sizeof(source), "file:%s", in_dir("crlf-pin"));
	expect_open(&config, JCOP_OK, "");
}

static void
a_pin_file_that_others_can_read_is_refused(void)
{
	struct jcop_hsm_config config = good_config();
	const char *count = in_dir("file-logins");
	char source[600];

	setenv("SHIM_COUNT", count, 1);
	config.module = SHIM_MODULE;
	write_file(in_dir("open-pin"), PIN "\n", sizeof(PIN), 0644);
	snprintf(source, sizeof(source), "file:%s", in_dir("open-pin"));
	config.pin = source;
	expect_open(&config, JCOP_ERR_UNTRUSTED, "0644");
	assert_int_equal(file_size(count), 0);
}

static void
an_unusable_pin_file_is_named(void)
{
	struct jcop_hsm_config config = good_config();
	char source[600], large[400];

	config.pin = "file:/nowhere/pin";
	expect_open(&config, JCOP_ERR_NOT_FOUND, "/nowhere/pin");
	snprintf(source, sizeof(source), "file:%s", dir);
	config.pin = source;
	expect_open(&config, JCOP_ERR_NOT_FOUND, "regular file");
	write_file(in_dir("empty-pin"), "\n" PIN, sizeof(PIN), 0600);
	snprintf(source, sizeof(source), "file:%s", in_dir("empty-pin"));
	expect_open(&config, JCOP_ERR_NOT_FOUND, "empty");
	memset(large, '1', sizeof(large));
	write_file(in_dir("large-pin"), large, sizeof(large), 0600);
	snprintf(source, sizeof(source), "file:%s", in_dir("large-pin"));
	expect_open(&config, JCOP_ERR_NOT_FOUND, "too long");
}

static void
an_incomplete_configuration_names_the_key(void)
{
	static const struct {
		struct jcop_hsm_config config;
		const char *text;
	} cases[] = {
		{{NULL, NULL, NULL, NULL}, "hsm is missing"},
		{{"", "", "", ""}, "hsm is missing"},
		{{NULL, NULL, "t", "env:P"}, "hsm.module is missing"},
		{{NULL, "m", NULL, "env:P"}, "hsm.token is missing"},
		{{NULL, "m", "t", NULL}, "hsm.pin is missing"},
		{{NULL, "m", "t", PIN}, "hsm.pin has to be"},
		{{NULL, "m", "t", "env:"}, "hsm.pin has to be"},
		{{NULL, "m", "t", "pass:" PIN}, "hsm.pin has to be"},
		{{"pkcs11:token=t", "m", NULL, NULL}, "beside"},
		{{"softhsm", NULL, NULL, NULL}, "RFC 7512"},
		{{"pkcs11:token=t?pin-source=file:/p", NULL, NULL, NULL},
			"module-path"},
		{{"pkcs11:token=t?module-path=/m", NULL, NULL, NULL},
			"pin-source= is missing"},
		{{"pkcs11:token=t?module-path=/m&pin-source=" PIN, NULL, NULL,
			 NULL},
			"pin-source= has to be"},
		{{"pkcs11:token=t?module-path=/m&pin-value=" PIN, NULL, NULL,
			 NULL},
			"pin-value"},
		{{"pkcs11:token=t;object=k?module-path=/m&pin-source=env:P",
			 NULL, NULL, NULL},
			"names an object"},
		{{"pkcs11:tokn=t?module-path=/m&pin-source=env:P", NULL, NULL,
			 NULL},
			"not known"},
		{{"pkcs11:token=t?module-name=../m&pin-source=env:P", NULL,
			 NULL, NULL},
			"without path"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_config(&cases[i].config, cases[i].text);
}

static void
a_uri_names_module_token_and_pin(void)
{
	struct jcop_hsm_config config = {0};
	char uri[1200];

	config.uri = uri;
	snprintf(uri, sizeof(uri),
		"pkcs11:token=jcop45;manufacturer=SoftHSM%%20project"
		"?module-path=%s&pin-source=file:%s",
		softhsm, in_dir("pin"));
	assert_int_equal(jcop_hsm_check_config(&config, message), JCOP_OK);
	expect_open(&config, JCOP_OK, "");
	snprintf(uri, sizeof(uri),
		"pkcs11:token=jcop45;serial=0?module-path=%s"
		"&pin-source=file:%s",
		softhsm, in_dir("pin"));
	expect_open(&config, JCOP_ERR_NOT_FOUND, "no token");
	snprintf(uri, sizeof(uri),
		"pkcs11:manufacturer=SoftHSM%%20project?module-path=%s"
		"&pin-source=file:%s",
		softhsm, in_dir("pin"));
	make_token("one-more");
	expect_open(&config, JCOP_ERR_ARGUMENT, "tokens");
}

/* A module that every p11-kit has in its directory, without tokens. */
static void
a_module_name_is_looked_up_in_p11_kits_directory(void)
{
	struct jcop_hsm_config config = {0};

	config.uri = "pkcs11:token=jcop45?module-name=pkcs11-spy"
		     "&pin-source=env:HSM_PIN";
	setenv("PKCS11SPY_OUTPUT", in_dir("name.log"), 1);
	expect_open(&config, JCOP_OK, "");
	config.uri = "pkcs11:token=jcop45?module-name=no-such-module"
		     "&pin-source=env:HSM_PIN";
	expect_open(&config, JCOP_ERR_NOT_FOUND, "no-such-module");
}

/* Exit status of the child: 0 if all is as promised. */
static int
use_in_child(struct jcop_hsm *hsm, struct jcop_hsm_keyset *keyset)
{
	struct jcop_hsm_keyset *another = NULL;
	uint8_t mac[JCOP_HSM_BLOCK];

	if (jcop_hsm_cmac(keyset, mac_key, 16, mac, message) == JCOP_OK)
		return 2;
	if (strstr(message, "parent") == NULL)
		return 3;
	if (jcop_hsm_encrypt_cbc(keyset, mac_key, 16, mac, message) == JCOP_OK)
		return 4;
	if (jcop_hsm_keyset_find(hsm, "admin", &another, message) == JCOP_OK)
		return 5;
	jcop_hsm_keyset_free(keyset);
	jcop_hsm_close(hsm);
	return 0;
}

static void
a_child_does_not_use_the_session_of_its_parent(void)
{
	struct jcop_hsm *hsm = open_good();
	struct jcop_hsm_keyset *keyset = NULL;
	int status = -1;
	pid_t pid;

	assert_int_equal(
		jcop_hsm_keyset_find(hsm, "admin", &keyset, message), JCOP_OK);
	pid = fork();
	if (pid == 0)
		_exit(use_in_child(hsm, keyset));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* and what the child closed was not the parent's */
	compare_keyset(hsm, "admin", JCOP_BYTES(enc_key), JCOP_BYTES(mac_key));
	jcop_hsm_keyset_free(keyset);
	jcop_hsm_close(hsm);
}

/* --- one process per test --- */

#define TESTS(X)                                            \
	X(a_pair_encrypts_and_macs_as_openssl_does)         \
	X(one_key_serves_as_both_and_is_told)               \
	X(cmac_is_that_of_sp_800_38b)                       \
	X(a_length_that_is_no_whole_block_is_refused)       \
	X(a_wrong_pin_is_sent_exactly_once)                 \
	X(a_refused_pin_of_one_token_leaves_another_alone)  \
	X(the_last_pin_try_is_not_spent)                    \
	X(a_locked_pin_is_not_sent)                         \
	X(a_user_who_is_already_logged_in_is_fine)          \
	X(another_failure_of_the_login_is_named)            \
	X(our_login_ends_with_our_last_session)             \
	X(the_login_of_an_application_stays_its_own)        \
	X(closing_logs_out)                                 \
	X(no_key_value_is_ever_read)                        \
	X(a_missing_module_is_named)                        \
	X(a_missing_token_is_named)                         \
	X(two_tokens_with_one_label_are_refused)            \
	X(a_missing_key_is_named)                           \
	X(half_a_pair_is_refused)                           \
	X(two_keys_with_one_label_are_refused)              \
	X(an_extractable_key_is_refused)                    \
	X(a_key_that_is_not_sensitive_is_refused)           \
	X(a_key_that_is_not_aes_is_refused)                 \
	X(the_pin_is_the_first_line_of_its_file)            \
	X(a_pin_file_that_others_can_read_is_refused)       \
	X(an_unusable_pin_file_is_named)                    \
	X(an_incomplete_configuration_names_the_key)        \
	X(a_uri_names_module_token_and_pin)                 \
	X(a_module_name_is_looked_up_in_p11_kits_directory) \
	X(a_child_does_not_use_the_session_of_its_parent)

static void
show(const char *path)
{
	static char text[1 << 16];

	read_file(path, text, sizeof(text));
	fputs(text, stderr);
}

/* The test's body runs in this program, started again with its name: only a
 * fresh process is sure to know no refused PIN and no loaded module. */
static void
run_alone(const char *name)
{
	const char *log = in_dir("%s.out", name);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("HSM_TEST_DIR", dir, 1);
		setenv("CMOCKA_MESSAGE_OUTPUT", "STDOUT", 1);
		if (freopen(log, "w", stdout) == NULL || dup2(1, 2) != 2)
			_exit(126);
		execl("/proc/self/exe", "test_hsm", name, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		show(log);
		fail_msg("%s: status %d", name, status);
	}
}

#define ALONE(test)                           \
	static void run_##test(void **state)  \
	{                                     \
		(void)state;                  \
		run_alone(#test);             \
	}                                     \
	static void body_##test(void **state) \
	{                                     \
		(void)state;                  \
		test();                       \
	}
TESTS(ALONE)

#define OUTER(test) {#test, run_##test, NULL, NULL, NULL},
#define INNER(test) {#test, body_##test, NULL, NULL, NULL},

/* pkcs11-spy never frees its own lists. Kept in memory, so that the leak
 * checker of a sanitizer build still knows whose they are. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
	void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:pkcs11-spy";
}

static int
run_inner(const char *name)
{
	static const struct CMUnitTest bodies[] = {TESTS(INNER)};
	struct CMUnitTest tests[1];
	size_t i;

	if (getenv("HSM_TEST_DIR") == NULL ||
		strlen(getenv("HSM_TEST_DIR")) != strlen(dir) ||
		find_module(softhsm, "libsofthsm2.so") != 0 ||
		find_module(spy, "pkcs11-spy.so") != 0)
		return 99;
	memcpy(dir, getenv("HSM_TEST_DIR"), strlen(dir));
	if (dlopen(spy, RTLD_NOW | RTLD_NODELETE) == NULL)
		return 97;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (strcmp(bodies[i].name, name) == 0) {
			tests[0] = bodies[i];
			return cmocka_run_group_tests(tests, NULL, NULL);
		}
	return 98;
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {TESTS(OUTER)};
	int failed;

	if (argc == 2)
		return run_inner(argv[1]);
	failed = cmocka_run_group_tests_name("hsm", tests, set_up, NULL);
	remove_dir();
	return failed;
}
