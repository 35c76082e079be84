/*
 * check-application.c: rules for ApplicationList and [Application_X].
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "encoding/check.h"
#include "encoding/pkcs12.h"

/* What the profile's owner asks for: PKCS#10 with keys of this size. */
#define PKCS10_KEY_SIZE 3072

/* One application under check. */
struct subject {
	const struct encoding_check *check;
	const struct encoding_section *application;
	const struct jcop_container_desc *container; /* may be NULL */
	enum encoding_request_kind request;
};

static bool
has(const struct subject *subject, enum encoding_key_id key)
{
	return encoding_has(subject->application, key);
}

/* On the line of KEY, or of the section if it has none. */
__attribute__((format(printf, 5, 6))) static void
say(const struct subject *subject, enum encoding_severity severity,
	enum encoding_rule rule, enum encoding_key_id key, const char *format,
	...)
{
	unsigned int line = has(subject, key)
				    ? subject->application->values[key].line
				    : subject->application->line;
	char text[ENCODING_MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	encoding_say(subject->check->report, severity, rule, line,
		"Application_%c: %s", subject->application->letter, text);
}

static struct jcop_bytes
bytes_of(const struct subject *subject, enum encoding_key_id key)
{
	return encoding_value_bytes(
		subject->check->fields, &subject->application->values[key]);
}

/* --- deletion --- */

static void
check_deletion(const struct subject *subject)
{
	enum encoding_key_id key;

	for (key = KEY_DELETE_ALL + 1; key < KEY_COUNT; key++)
		if (has(subject, key))
			say(subject, ENCODING_ERROR, RULE_DELETE_EVERYTHING,
				key,
				"DeleteAllObjects=true deletes all keys and "
				"certificates of the card, not some of them: "
				"%s cannot stand beside it",
				encoding_keys[key].name);
}

/* --- container and size --- */

static void
check_location(const struct subject *subject)
{
	struct jcop_bytes location = bytes_of(subject, KEY_LOCATION);

	if (!has(subject, KEY_LOCATION)) {
		say(subject, ENCODING_ERROR, RULE_LOCATION, KEY_LOCATION,
			"Location is mandatory: #mpp or #signature");
		return;
	}
	if (!encoding_value_is_supplied(subject->check->fields,
		    &subject->application->values[KEY_LOCATION]))
		return; /* said of its field */
	if (subject->container == NULL)
		say(subject, ENCODING_ERROR, RULE_LOCATION_NAME, KEY_LOCATION,
			"there is no Location \"%.*s\"; expected mpp or "
			"signature",
			(int)location.len, (const char *)location.data);
	else if (!subject->container->import &&
		 subject->request != REQUEST_PKCS10)
		say(subject, ENCODING_ERROR, RULE_LOCATION_IMPORT, KEY_LOCATION,
			"key archival and recovery are possible with the "
			"Location mpp only: the card takes no imported key "
			"elsewhere");
}

static bool
has_slot_of(const struct jcop_container_desc *container, unsigned int bits)
{
	size_t i;

	for (i = 0; i < container->slot_count; i++)
		if (container->slots[i].bits == bits)
			return true;
	return false;
}

static void
check_key_size(const struct subject *subject)
{
	unsigned int bits = subject->application->values[KEY_KEY_SIZE].number;

	if (subject->request == REQUEST_PKCS10 && bits != PKCS10_KEY_SIZE)
		say(subject, ENCODING_ERROR, RULE_KEY_SIZE, KEY_KEY_SIZE,
			"a PKCS#10 request needs KeySize=%d", PKCS10_KEY_SIZE);
	else if (subject->request == REQUEST_RECOVERY &&
		 has(subject, KEY_KEY_SIZE))
		say(subject, ENCODING_ERROR, RULE_KEY_SIZE_RECOVERY,
			KEY_KEY_SIZE,
			"KeySize cannot be chosen for a recovery: the key has "
			"its size already");
	else if (has(subject, KEY_KEY_SIZE) && subject->container != NULL &&
		 !has_slot_of(subject->container, bits))
		say(subject, ENCODING_ERROR, RULE_KEY_SIZE_UNKNOWN,
			KEY_KEY_SIZE,
			"the card has no place for keys of %u bits in %s", bits,
			subject->container->name);
}

/* --- requests --- */

static void
check_recovery_data(const struct subject *subject)
{
	struct jcop_bytes data = bytes_of(subject, KEY_RECOVERY_DATA);
	char message[ENCODING_MESSAGE_SIZE];
	struct encoding_pkcs12 pkcs12;
	unsigned int bits;

	if (data.len == 0 || !has(subject, KEY_P12PASSWORD))
		return;
	if (encoding_pkcs12_open(data, bytes_of(subject, KEY_P12PASSWORD),
		    &pkcs12, message) != JCOP_OK) {
		say(subject, ENCODING_ERROR, RULE_RECOVERY_DATA,
			KEY_RECOVERY_DATA, "RecoveryCertificateData: %s",
			message);
		return;
	}
	bits = pkcs12.bits;
	encoding_pkcs12_free(&pkcs12);
	if (subject->container != NULL &&
		!has_slot_of(subject->container, bits))
		say(subject, ENCODING_ERROR, RULE_KEY_SIZE_UNKNOWN,
			KEY_RECOVERY_DATA,
			"the card has no place for keys of %u bits in %s", bits,
			subject->container->name);
}

static bool
needs_ca(const struct subject *subject)
{
	return subject->request != REQUEST_RECOVERY ||
	       bytes_of(subject, KEY_RECOVERY_DATA).len == 0;
}

static void
check_ca(const struct subject *subject)
{
	const struct encoding_options *options = subject->check->options;

	if (needs_ca(subject) && !options->ca && options->requests == NULL &&
		options->certificates == NULL)
		say(subject, ENCODING_ERROR, RULE_CA, KEY_CERT_TEMPLATE,
			"there is no CA to ask: give --ca COMMAND, or "
			"--requests DIR and, in the next visit, --certificates "
			"DIR");
}

static void
check_signer(const struct subject *subject)
{
	enum encoding_key_id key;

	if (subject->request != REQUEST_PKCS10 || subject->container == NULL)
		return;
	key = encoding_pin_key(subject->container->pin);
	if (!encoding_has(&subject->check->encoding->description, key) &&
		!encoding_is_on(subject->application, KEY_DUMMY_KEY))
		say(subject, ENCODING_ERROR, RULE_DUMMY_KEY, KEY_DUMMY_KEY,
			"the request cannot be signed: give the PIN of %s with "
			"%s in [Description], or set SignP10WithDummyKey=true",
			subject->container->name, encoding_keys[key].name);
}

/* Keys that another kind of request has. */
static void
check_strays(const struct subject *subject)
{
	static const struct {
		enum encoding_key_id key;
		unsigned int requests; /* bits: where it has an effect */
	} keys[] = {
		{KEY_RECOVERY_TEMPLATE, 1u << REQUEST_RECOVERY},
		{KEY_RECOVERY_DATA, 1u << REQUEST_RECOVERY},
		{KEY_DUMMY_KEY, 1u << REQUEST_PKCS10},
		{KEY_P12PASSWORD,
			1u << REQUEST_RECOVERY | 1u << REQUEST_ARCHIVAL},
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (has(subject, keys[i].key) &&
			(keys[i].requests & 1u << subject->request) == 0)
			say(subject, ENCODING_WARNING, RULE_IGNORED,
				keys[i].key, "%s has no effect here",
				encoding_keys[keys[i].key].name);
}

static void
check_request(const struct subject *subject)
{
	if (encoding_is_on(subject->application, KEY_RECOVERY_REQUEST) &&
		encoding_is_on(subject->application, KEY_ARCHIVAL_REQUEST))
		say(subject, ENCODING_ERROR, RULE_APPLICATION,
			KEY_ARCHIVAL_REQUEST,
			"KeyRecoveryRequest and KeyArchivalRequest cannot both "
			"be true");
	if (!has(subject, KEY_CERT_TEMPLATE))
		say(subject, ENCODING_ERROR, RULE_TEMPLATE, KEY_CERT_TEMPLATE,
			"CertTempl is missing: what certificate is asked for?");
	if (!encoding_is_on(subject->application, KEY_USER_CERT_ONLY))
		say(subject, ENCODING_ERROR, RULE_USER_CERT_ONLY,
			KEY_USER_CERT_ONLY,
			"StoreUserCertOnly=true is mandatory: the card has no "
			"place for CA certificates");
	if (subject->request != REQUEST_PKCS10 &&
		!has(subject, KEY_P12PASSWORD))
		say(subject, ENCODING_ERROR, RULE_P12PASSWORD, KEY_P12PASSWORD,
			"P12PASSWORD is missing: the key comes from the CA in "
			"a PKCS#12 with this password");
	if (bytes_of(subject, KEY_P12PASSWORD).len > ENCODING_MAX_PASSWORD)
		say(subject, ENCODING_ERROR, RULE_P12PASSWORD, KEY_P12PASSWORD,
			"P12PASSWORD is longer than %d bytes",
			ENCODING_MAX_PASSWORD);
	check_location(subject);
	check_key_size(subject);
	check_ca(subject);
	check_signer(subject);
	check_strays(subject);
	if (subject->request == REQUEST_RECOVERY)
		check_recovery_data(subject);
}

static bool
does_something(const struct subject *subject)
{
	static const enum encoding_key_id keys[] = {KEY_CERT_TEMPLATE,
		KEY_RECOVERY_REQUEST, KEY_ARCHIVAL_REQUEST, KEY_LOCATION};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (has(subject, keys[i]))
			return true;
	return false;
}

static void
check_application(const struct encoding_check *check,
	const struct encoding_section *application)
{
	struct subject subject = {
		check, application, NULL, encoding_request_of(application)};

	subject.container = encoding_container(
		check->description, bytes_of(&subject, KEY_LOCATION));
	if (encoding_is_on(application, KEY_DELETE_ALL))
		check_deletion(&subject);
	else if (does_something(&subject))
		check_request(&subject);
	else
		say(&subject, ENCODING_ERROR, RULE_APPLICATION, KEY_DELETE_ALL,
			"it does nothing: neither DeleteAllObjects=true nor "
			"CertTempl");
}

/* --- the list --- */

static void
check_letter(
	const struct encoding_check *check, const char *list, const char *at)
{
	const struct encoding_value *value =
		&check->encoding->description.values[KEY_APPLICATION_LIST];
	const char *before;

	if (*at == ' ' || *at == ',')
		return;
	for (before = list; before < at; before++)
		if (toupper((unsigned char)*before) ==
			toupper((unsigned char)*at)) {
			encoding_say(check->report, ENCODING_ERROR,
				RULE_LIST_OF_APPLICATIONS, value->line,
				"ApplicationList names %c twice", *at);
			return;
		}
	if (encoding_application(check->encoding, *at) == NULL)
		encoding_say(check->report, ENCODING_ERROR,
			RULE_LIST_OF_APPLICATIONS, value->line,
			"ApplicationList names %c, but there is no section "
			"[Application_%c]",
			*at, toupper((unsigned char)*at));
}

/* An application that no list names is not run. */
static void
check_unlisted(const struct encoding_check *check, const char *letters)
{
	const struct encoding_section *application;
	size_t i;

	for (i = 0; i < ENCODING_MAX_APPLICATIONS; i++) {
		application = &check->encoding->applications[i];
		if (!application->present ||
			strchr(letters, application->letter) != NULL)
			continue;
		encoding_say(check->report, ENCODING_WARNING,
			RULE_LIST_OF_APPLICATIONS, application->line,
			"[Application_%c] is not in ApplicationList: nothing "
			"of it is done",
			application->letter);
	}
}

void
encoding_check_applications(const struct encoding_check *check)
{
	const char *list =
		check->encoding->description.values[KEY_APPLICATION_LIST].text;
	char letters[ENCODING_MAX_APPLICATIONS + 1];
	size_t i;

	for (i = 0; list != NULL && list[i] != '\0'; i++)
		check_letter(check, list, list + i);
	encoding_application_order(check->encoding, letters);
	check_unlisted(check, letters);
	for (i = 0; letters[i] != '\0'; i++)
		check_application(check,
			encoding_application(check->encoding, letters[i]));
}
