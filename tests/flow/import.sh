#!/bin/bash
# import.sh: private keys from files, with their certificates.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"

setup_activated
empty=$CARD.empty
copy_card "$CARD" "$empty"
certified_key big 3072
certified_key small 2048
bundle big
bundle small

# With our tool, on a reader with extended length.
trace_reset
check "jcop45-tool import takes key and certificate of RSA-3072 in one go" \
	import big.p12 mpp --id 31
has "it says where the key is" "RSA-3072.*31.*slot 11.*mpp.*certificate"
is "one line says that CA certificates are left out" \
	"$(grep -ci 'CA certificate.*left out' <<<"$OUT")" 1
is "each component came in a command of its own, the public part last" \
	"$(imports)" 6
is "no component came in plain, and every MAC was verified" "$(unprotected)" 0
is "one channel and one role were enough" "$(count '.name |
	IN("chip-authentication", "role-authentication")')" 2
is "certificate file and key were there before the directory lists them" \
	"$(field '.name | test("write|import")' .name | uniq | xargs)" \
	"certificate-write import directory-write"
check "what was encrypted before is deciphered by the card" \
	works 31 pub-big.pem
check "its certificate is read" pkcs15-tool --read-certificate 31 -o back.pem
is "unchanged" "$(fingerprint back.pem)" "$(fingerprint cert-big.pem)"
check "pkcs15-tool -D shows the key" pkcs15-tool -D
hasnt "not as one that was made on the card" "Access Flags.*(neverExtract|local)"
is "the user's certificate alone is listed" \
	"$(grep -c '^X.509 Certificate' <<<"$OUT")" 1
is "and alone on the card" "$(certificates_in_files)" 1

# With OpenSC's tool, on a reader for short commands only.
printf 'extended=no\n' >>"$CARD/reader"
trace_reset
check "pkcs15-init --store-private-key takes RSA-2048 over short commands" \
	stock_import small.p12 01 32 --label Recovered
is "pkcs15-init: one line says that CA certificates are left out" \
	"$(grep -c 'jcop45:.*CA certificates.*left out' <<<"$OUT")" 1
is "pkcs15-init: no component came in plain" "$(unprotected)" 0
that "the public part came in a chain" test "$(count '.name == "import" and
	.cla == "1C"')" -gt 0
check "short: what was encrypted before is deciphered by the card" \
	works 32 pub-small.pem
check "pkcs15-init: the certificate is read" \
	pkcs15-tool --read-certificate 32 -o back.pem
is "pkcs15-init: unchanged" "$(fingerprint back.pem)" \
	"$(fingerprint cert-small.pem)"
copy_card "$empty" "$CARD"
printf 'extended=no\n' >>"$CARD/reader"
trace_reset
check "jcop45-tool import of RSA-3072 over short commands works" \
	import big.p12 MPP
is "short: no component came in plain" "$(unprotected)" 0
check "and the key works" works 11 pub-big.pem
trace_table

# A key alone, and again.
copy_card "$empty" "$CARD"
check "pkcs15-init takes a key without certificate" pkcs15-init \
	--store-private-key small.key --auth-id 01 --id 41 --label Alone
check "its public key is on the card" public_key 41 back-pub.pem
that "it is the file's" cmp back-pub.pem pub-small.pem
check "and works" works 41 pub-small.pem
refused_import() { # NAME TOLD COMMAND...
	local name=$1 told=$2
	shift 2
	trace_reset
	refused "$name is refused" "$@"
	has "$name: and the error says so" "$told"
	is "$name: nothing of the key was sent" "$(imports)" 0
	is "$name: the card was not changed" "$(count '.name |
		IN("directory-write", "certificate-write", "delete")')" 0
}
refused_import "the same key again with pkcs15-init" "already" pkcs15-init \
	--store-private-key small.key --auth-id 01 --id 42
bundle_alone() {
	must openssl pkcs12 -export -inkey "$1.key" -nocerts -out "$1.p12" \
		-passout env:P12
}
cp small.key alone.key
bundle_alone alone
refused_import "the same key again with jcop45-tool" "already.*mpp" \
	import alone.p12 mpp
check "but its certificate is added to it" import small.p12 mpp --json
that "and that is said" jq -e '.completed and .id == "41" and .certificate' \
	<<<"$(grep -v ^jcop45-tool <<<"$OUT")"
refused_import "now that is there, too, it" "already" import small.p12 mpp
has "as complete" "with this certificate: its import is complete"
refused_import "another key with an id that is taken" "id" \
	import big.p12 mpp --id 41

# What the card or the profile does not take.
refused_import "the sign container with jcop45-tool" \
	"sign.*no imported keys" import big.p12 signature
refused_import "the sign container with pkcs15-init" \
	"sign.*no imported keys" stock_import big.p12 02 51
for bits in 1024 4096; do
	certified_key odd $bits
	bundle odd
	refused_import "RSA-$bits with jcop45-tool" "RSA-$bits" \
		import odd.p12 mpp
	refused_import "RSA-$bits with pkcs15-init" "key" \
		stock_import odd.p12 01 52
done
certified_key odd 2048 -pkeyopt rsa_keygen_pubexp:17
bundle odd
refused_import "another public exponent with jcop45-tool" "exponent" \
	import odd.p12 mpp
refused_import "another public exponent with pkcs15-init" "exponent" \
	stock_import odd.p12 01 53
must openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
must openssl req -x509 -new -key ec.key -subj /CN=EC -out cert-ec.pem -days 3
bundle ec
refused_import "an EC key" "EC.*RSA" import ec.p12 mpp

# Files and passwords.
wrong_password() { P12=wrong-$RANDOM import "$@"; }
refused_import "a wrong password" "password is wrong" \
	wrong_password big.p12 mpp
is "a wrong password has its exit status" "$RC" 6
refused_import "a literal password" "literal|env:" \
	jcop45-tool import big.p12 --container mpp --password "$P12"
hasnt "and it is not shown" "$P12"
head -c 2000 big.p12 >cut.p12
refused_import "half a file" "damaged" import cut.p12 mpp
refused_import "a file of another kind" "not a PKCS#12" import big.key mpp
refused_import "a file that is not there" "No such file" import no.p12 mpp
refused_import "a directory" "is a directory" import "$WORK" mpp
mkfifo fifo
refused_import "a FIFO" "not a regular file" import fifo mpp
perl -0777 -pe 'substr($_, 700, 1) ^= "\1"' big.p12 >altered.p12
refused_import "an altered file" "altered" import altered.p12 mpp
bundle_without_key() {
	must openssl pkcs12 -export -nokeys -in cert-big.pem -out nokey.p12 \
		-passout env:P12
}
bundle_without_key
refused_import "a file without a key" "no private key" import nokey.p12 mpp
bundle big -nomac
refused_import "a file that nothing protects against change" "MAC" \
	import big.p12 mpp
refused_import "a missing container" "container" \
	jcop45-tool import small.p12 --password env:P12
refused_import "a container that is none" "mpp" import small.p12 none

# What others made.
copy_card "$empty" "$CARD"
bundle big -legacy
check "a file with the old algorithms is read" import big.p12 mpp
copy_card "$empty" "$CARD"
must openssl pkcs12 -export -inkey big.key -in cert-big.pem -out bare.p12 \
	-passout pass:
check "one without a password needs none" \
	jcop45-tool import bare.p12 --container mpp
bundle big

# A key with a certificate of its own that is an authority's.
copy_card "$empty" "$CARD"
must openssl req -x509 -new -key small.key -subj "/CN=Own CA" -out cert-own.pem \
	-days 3
cp small.key own.key
bundle own
check "the key of a CA is imported" import own.p12 mpp
has "without its certificate, and that is said" "mpp, without its certificate"
is "there is none" "$(certificates_in_files)" 0

# Not to a chip that nobody vouches for, whatever else is allowed.
copy_card "$empty" "$CARD"
edit_config 's/^([[:space:]]*)chip_auth_trust_anchor *=.*/\1chip_auth_allow_untrusted = yes;/' \
	waived.conf
must jcop45-vcard new "$WORK/foreign"
edit_config "s,^([[:space:]]*)chip_auth_trust_anchor *=.*,\1chip_auth_trust_anchor = \"$WORK/foreign/issuer/trust-anchor.pem\"; chip_auth_allow_untrusted = yes;," \
	forged.conf
for conf in waived forged; do
	trace_reset
	refused "$conf: no key goes to a chip that is not trusted" \
		using "$WORK/$conf.conf" import big.p12 mpp
	has "$conf: the error says why" "trusted chip only"
	is "$conf: nothing of the key was sent" "$(imports)" 0
	is "$conf: no key set was used" "$(count '.name |
		IN("mse-role", "role-authentication")')" 0
	trace_reset
	refused "$conf: with pkcs15-init neither" \
		using "$WORK/$conf.conf" stock_import big.p12 01 61
	has "$conf: and it says why" "trusted chip only"
	is "$conf: pkcs15-init sent nothing of the key" "$(imports)" 0
	check "$conf: but a key is made on such a card" \
		using "$WORK/$conf.conf" generate 2048 01 62
	copy_card "$empty" "$CARD"
done

# A reader and an applet that can neither extend nor chain.
must jcop45-vcard set "$CARD" applet-version 4.1.0
printf 'extended=no\n' >>"$CARD/reader"
refused_import "no extended length and no chaining" "4.1.0" \
	import small.p12 mpp
has "the reader is named" "reader"
is "no channel was opened for it" \
	"$(count '.name == "mse-chip-authentication"')" 0

# The secrets of the file are in no log.
copy_card "$empty" "$CARD"
logged() {
	OPENSC_DEBUG=9 import big.p12 mpp
}
check "with OpenSC's debug log" logged
prime=$(openssl rsa -in big.key -text -noout | awk '/^prime1/ { p = 1; next }
	/^[a-z]/ { p = 0 } p' | tr -d ' :\n' | sed 's/^00//')
that "the prime is known to this test" test "${#prime}" -eq 384
is "no line of the log has a part of it" \
	"$(tr -d ' :\n' <<<"$OUT" | grep -ci "${prime:100:32}")" 0
hasnt "nor the password" "$P12"
done_testing
