/*
 * program-new.c: jcop45-vcard new.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual-card/persona.h"
#include "virtual-card/program.h"

enum {
	OPT_TEMPORARY = 256,
	OPT_PRODUCTION,
	OPT_APPLET_VERSION,
	OPT_CURVE,
	OPT_NAMED_CURVE,
	OPT_AES,
	OPT_3DES,
	OPT_CA_VERSION,
	OPT_ICCSN,
	OPT_KEYSET_SIZE,
	OPT_DESCRIPTION,
	OPT_UNSIGNED,
	OPT_EXPIRED,
	OPT_UNTRUSTED,
	OPT_NO_EXTENDED,
	OPT_OFF_CURVE,
	OPT_OTHER_VERSION
};

static const struct option long_options[] = {
	{"help", no_argument, NULL, 'h'},
	{"temporary", no_argument, NULL, OPT_TEMPORARY},
	{"production", required_argument, NULL, OPT_PRODUCTION},
	{"applet-version", required_argument, NULL, OPT_APPLET_VERSION},
	{"curve", required_argument, NULL, OPT_CURVE},
	{"named-curve", no_argument, NULL, OPT_NAMED_CURVE},
	{"aes", required_argument, NULL, OPT_AES},
	{"3des", no_argument, NULL, OPT_3DES},
	{"ca-version", required_argument, NULL, OPT_CA_VERSION},
	{"iccsn", required_argument, NULL, OPT_ICCSN},
	{"keyset-size", required_argument, NULL, OPT_KEYSET_SIZE},
	{"description", required_argument, NULL, OPT_DESCRIPTION},
	{"unsigned-card-security", no_argument, NULL, OPT_UNSIGNED},
	{"expired-signer", no_argument, NULL, OPT_EXPIRED},
	{"untrusted-signer", no_argument, NULL, OPT_UNTRUSTED},
	{"no-extended-length", no_argument, NULL, OPT_NO_EXTENDED},
	{"chip-key-off-curve", no_argument, NULL, OPT_OFF_CURVE},
	{"answer-other-version", no_argument, NULL, OPT_OTHER_VERSION},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"The card as it comes from the personaliser, in state initialisation,\n"
	"is then in DIR; transport PIN, PUK, key sets and trust anchor are in\n"
	"DIR/issuer.\n"
	"\n"
	"  --description FILE     another profile than the compiled-in one\n"
	"  --temporary            a temporary card: EF.Id can be written\n"
	"  --production DATE      CPLC date YYYY-MM-DD, or unknown\n"
	"  --applet-version X.Y.Z (4.1.1)\n"
	"  --iccsn DIGITS         serial number, up to 20 digits (random)\n"
	"  --keyset-size BYTES    16, 24 or 32: length of all key set keys "
	"(32)\n"
	"chip authentication:\n"
	"  --curve NAME           P-256, P-384, P-521, brainpoolP256r1,\n"
	"                         brainpoolP384r1, brainpoolP512r1 (P-256)\n"
	"  --named-curve          curve by its OID, not by standardised "
	"domain\n"
	"                         parameters\n"
	"  --aes BITS             128, 192 or 256 (256)\n"
	"  --3des                 instead of AES\n"
	"  --ca-version N         1 or 2 (2)\n"
	"things that are wrong with it:\n"
	"  --unsigned-card-security, --expired-signer, --untrusted-signer,\n"
	"  --no-extended-length, --chip-key-off-curve, "
	"--answer-other-version\n";

static const struct {
	const char *name;
	enum jcop_curve curve;
} curves[] = {
	{"P-256", JCOP_CURVE_P256},
	{"P-384", JCOP_CURVE_P384},
	{"P-521", JCOP_CURVE_P521},
	{"prime256v1", JCOP_CURVE_P256},
	{"secp256r1", JCOP_CURVE_P256},
	{"secp384r1", JCOP_CURVE_P384},
	{"secp521r1", JCOP_CURVE_P521},
	{"brainpoolP256r1", JCOP_CURVE_BP256},
	{"brainpoolP384r1", JCOP_CURVE_BP384},
	{"brainpoolP512r1", JCOP_CURVE_BP512},
};

static bool
read_curve(const char *text, enum jcop_curve *curve)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(text, curves[i].name) == 0) {
			*curve = curves[i].curve;
			return true;
		}
	return false;
}

static bool
read_version(const char *text, uint8_t version[3])
{
	unsigned int part[3];
	char rest;
	int i;

	if (sscanf(text, "%3u.%3u.%3u%c", &part[0], &part[1], &part[2],
		    &rest) != 3)
		return false;
	for (i = 0; i < 3; i++) {
		if (part[i] > 0xFF)
			return false;
		version[i] = (uint8_t)part[i];
	}
	return true;
}

/* One of three numbers. */
static bool
read_choice(const char *text, unsigned int a, unsigned int b, unsigned int c,
	unsigned int *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*number = (unsigned int)value;
	return end != text && *end == '\0' &&
	       (value == a || value == b || value == c);
}

static bool
read_keyset_size(const char *text, size_t sizes[JCOP_KEYSET_COUNT])
{
	unsigned int size;
	size_t i;

	if (!read_choice(text, 16, 24, 32, &size))
		return false;
	for (i = 0; i < JCOP_KEYSET_COUNT; i++)
		sizes[i] = size;
	return true;
}

/* Options with a value that can be wrong here; persona.c checks the rest. */
static bool
read_value(int c, const char *value, struct vcard_persona_options *options)
{
	switch (c) {
	case OPT_PRODUCTION:
		options->production = value;
		return true;
	case OPT_APPLET_VERSION:
		return read_version(value, options->applet_version);
	case OPT_CURVE:
		return read_curve(value, &options->curve);
	case OPT_AES:
		return read_choice(value, 128, 192, 256, &options->aes_bits);
	case OPT_CA_VERSION:
		return read_choice(value, 1, 2, 2, &options->ca_version);
	case OPT_ICCSN:
		options->iccsn = value;
		return true;
	case OPT_KEYSET_SIZE:
		return read_keyset_size(value, options->keyset_sizes);
	case OPT_DESCRIPTION:
		options->description = value;
		return true;
	}
	return false;
}

static bool *
flag_of(int c, struct vcard_persona_options *options)
{
	switch (c) {
	case OPT_TEMPORARY:
		return &options->temporary;
	case OPT_NAMED_CURVE:
		return &options->named_curve;
	case OPT_3DES:
		return &options->triple_des;
	case OPT_UNSIGNED:
		return &options->unsigned_card_security;
	case OPT_EXPIRED:
		return &options->expired_signer;
	case OPT_UNTRUSTED:
		return &options->untrusted_signer;
	case OPT_NO_EXTENDED:
		return &options->no_extended_length;
	case OPT_OFF_CURVE:
		return &options->chip_key_off_curve;
	case OPT_OTHER_VERSION:
		return &options->answer_other_version;
	}
	return NULL;
}

static int
make_card(const char *dir, const struct vcard_persona_options *options)
{
	char message[VCARD_MESSAGE_SIZE] = "";

	if (vcard_persona_create(dir, options, message) != JCOP_OK)
		return program_fail(message);
	printf("A new card is in %s, what its issuer knows in %s/issuer.\n"
	       "Use it: JCOP45_VCARD=%s with the provider library "
	       "(jcop45-vcard(1)),\n"
	       "or 'jcop45-vcard serve %s --vpcd localhost:35963' with "
	       "pcscd.\n",
		dir, dir, dir, dir);
	return PROGRAM_OK;
}

static int
run(const struct program_command *command, int argc, char **argv)
{
	struct vcard_persona_options options;
	bool *flag;
	int c;

	memset(&options, 0, sizeof(options));
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (c == 'h')
			return program_help(command);
		if (c == '?')
			return program_usage(command);
		flag = flag_of(c, &options);
		if (flag != NULL) {
			*flag = true;
		} else if (!read_value(c, optarg, &options)) {
			(void)program_failf("'%s' is not a value for --%s",
				optarg,
				long_options[c - OPT_TEMPORARY + 1].name);
			return program_usage(command);
		}
	}
	if (argc - optind != 1)
		return program_usage(command);
	return make_card(argv[optind], &options);
}

const struct program_command program_new = {
	"new", "DIR [OPTION ...]", "Makes a new card in DIR", help, run};
