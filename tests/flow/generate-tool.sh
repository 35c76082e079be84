#!/bin/bash
# generate-tool.sh: keys and their certificates with jcop45-tool.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

status_is() { # NAME STATUS COMMAND...
	local name=$1 wanted=$2
	shift 2
	run "$@"
	is "$name" "$RC" "$wanted"
}
# The card was not changed: what changes it is protected.
untouched() { is "$1" "$(count '.secured')" 0; }

setup_activated
new_ca

# --- generate -------------------------------------------------------------------

check "a key is generated in mpp" jcop45-tool generate --container mpp
has "its size is 3072 bits" "RSA-3072 key 01 is in slot 11 of .*mpp"
sed -n '/BEGIN/,/END/p' <<<"$OUT" >printed.pem
check "the public key is printed" openssl pkey -pubin -in printed.pem -noout
must public_key 01 listed.pem
that "it is the one that the card lists" cmp \
	<(openssl pkey -pubin -in printed.pem) \
	<(openssl pkey -pubin -in listed.pem)
check "signature is the container sign, in any case" \
	jcop45-tool generate --container SIGNATURE --id 4a \
	--label "Signature of DUPONT" --public-key sign.pem
has "with the id that was given" "key 4A is in slot 21"
hasnt "its public key is not printed" BEGIN
check "it is in the file" openssl pkey -pubin -in sign.pem -noout
run pkcs15-tool --list-keys
has "OpenSC lists it under its label" "Signature of DUPONT"
check "a key of 2048 bits" jcop45-tool generate --container mpp --bits 2048
has "has the lowest id that is free" "RSA-2048 key 02 is in slot 16"

trace_reset
status_is "without --container: status 2" 2 jcop45-tool generate
status_is "a container that is none: status 2" 2 \
	jcop45-tool generate --container box
has "and it says which there are" "mpp or sign"
status_is "a size that is none: status 2" 2 \
	jcop45-tool generate --container mpp --bits many
status_is "a size that the card has not: status 7" 7 \
	jcop45-tool generate --container signature --bits 2048
status_is "an id that is taken: status 7" 7 \
	jcop45-tool generate --container mpp --id 4A
has "and it says so" "id 4A already"
status_is "an id that is none: status 2" 2 \
	jcop45-tool generate --container mpp --id xyz
status_is "a full container: status 7" 7 \
	jcop45-tool generate --container mpp --bits 2048
has "and it says what it holds" "no free slot"
status_is "a file that is there already: status 2" 2 \
	jcop45-tool generate --container mpp --public-key sign.pem
for label in $'\xff' $'a\nb' $'\x1b[2J'; do
	status_is "a label that is none: status 2" 2 \
		jcop45-tool generate --container mpp --label "$label" --json
	has "and it says what a label is" "UTF-8 without control"
	refused "nor does pkcs15-init give it to a key" pkcs15-init \
		--generate-key rsa:3072 --auth-id 01 --id 71 --label "$label"
	has "for the reason that the driver tells" "jcop45: the label"
done
status_is "a label that takes the room of others: status 7" 7 \
	jcop45-tool generate --container mpp --label "$(printf '%090d' 0)"
has "and it says how long it may be" "at most [0-9]+, so that every slot"
untouched "none of them changed the card"
that "nor the file" openssl pkey -pubin -in sign.pem -noout
fault "remove before 3 secured"
status_is "a card that is taken out: status 3" 3 \
	jcop45-tool generate --container mpp --public-key torn.pem
no_fault
that "leaves no file of a key that does not exist" test ! -e torn.pem

# --- write-certificate -------------------------------------------------------------

must issue_certificate printed.pem "Jeanne DUPONT" cert.pem
must issue_certificate sign.pem "Jeanne DUPONT (S)" sign-cert.pem
check "a certificate in PEM is written" jcop45-tool write-certificate cert.pem
has "beside its key" "key 01, in the file C011"
must openssl x509 -in sign-cert.pem -outform DER -out sign-cert.der
check "one in DER, too" jcop45-tool write-certificate sign-cert.der \
	--label "for signing"
read_back() { pkcs15-tool --read-certificate "$1" -o "back-$1.pem"; }
check "OpenSC reads the first" read_back 01
is "it is that one" "$(fingerprint back-01.pem)" "$(fingerprint cert.pem)"
check "and the second" read_back 4A
is "which is the other" "$(fingerprint back-4A.pem)" \
	"$(fingerprint sign-cert.pem)"
run pkcs15-tool --list-certificates
has "one has the holder's name as its label" "Jeanne DUPONT"
has "the other the one that was given" "for signing"
check "the key signs with its certificate" pkcs11-tool --module "$P11" \
	--login --pin env:PIN --id 01 --sign --mechanism SHA256-RSA-PKCS \
	--input-file cert.pem --output-file signature

must issue_certificate printed.pem "Jeanne MARTIN" renewed.pem
trace_reset
status_is "a second certificate is refused: status 7" 7 \
	jcop45-tool write-certificate renewed.pem
has "and --replace is named" "--replace"
untouched "and nothing was changed"
check "--replace puts it in the place of the first" \
	jcop45-tool write-certificate --replace renewed.pem --json
that "its result is JSON" jq -e '.id == "01" and .file == "C011"' <<<"$OUT"
must read_back 01
is "and the card has it" "$(fingerprint back-01.pem)" \
	"$(fingerprint renewed.pem)"
# pkcs15-init has another word for it.
refused "pkcs15-init refuses, too" pkcs15-init --store-certificate cert.pem
has "and names its own option" "--update-existing"
refused "so does it under another id" \
	pkcs15-init --store-certificate cert.pem --id 99 --update-existing
has "and names the one that is wanted" "--update-existing with --id 01"

# A renewal that is interrupted.
fault "remove before 5 secured"
refused "a card taken out of a renewal" \
	jcop45-tool write-certificate --replace cert.pem
no_fault
has "the error says what became of the old certificate" \
	"old certificate may not be readable.*--replace"
check "and it is completed as it says" \
	jcop45-tool write-certificate --replace cert.pem
must jcop45-tool write-certificate --replace renewed.pem

trace_reset
must openssl pkey -in dummy.key -pubout -out dummy.pub
must issue_certificate dummy.pub Stranger stranger.pem
status_is "a certificate for no key of the card: status 7" 7 \
	jcop45-tool write-certificate stranger.pem
has "it says why" "no key for this certificate"
not_a() { # WHAT FILE PATTERN
	status_is "$1 is no certificate: status 1" 1 \
		jcop45-tool write-certificate "$2"
	has "$1: it says what it is" "$3"
}
not_a "a request" dummy.csr "certificate request"
not_a "a private key" ca.key "a private key"
not_a "a public key" sign.pem "a public key"
must openssl req -in dummy.csr -outform DER -out dummy.der
not_a "a request in DER" dummy.der "certificate request"
must openssl crl2pkcs7 -nocrl -certfile cert.pem -out cert.p7b
not_a "a PKCS#7 file" cert.p7b "PKCS#7"
must openssl pkcs12 -export -inkey ca.key -in ca.pem -out ca.p12 \
	-passout env:PIN
not_a "a PKCS#12 file" ca.p12 "PKCS#12"
cat cert.pem ca.pem >chain.pem
not_a "a chain" chain.pem "2 certificates in it"
cat sign-cert.der dummy.der >tail.der
not_a "one with a tail" tail.der "other bytes behind"
echo nonsense >nonsense
not_a "a text" nonsense "expected an X.509 certificate"
: >nothing
not_a "an empty file" nothing "empty"
status_is "a file that is not there: status 2" 2 \
	jcop45-tool write-certificate missing
status_is "two files: status 2" 2 jcop45-tool write-certificate cert.pem ca.pem
status_is "none: status 2" 2 jcop45-tool write-certificate
untouched "none of them changed the card"
done_testing
