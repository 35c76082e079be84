#!/bin/bash
# pkcs11-sign.sh: the distribution's opensc-pkcs11.so and both containers.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_activated
must generate 3072 01 11
must generate 3072 02 21
must certify 11
must certify 21
global=$(slot_of global)
sign=$(slot_of sign)
head -c 1000 /dev/urandom >"$WORK/text"

check "pkcs11-tool -T lists the tokens" p11 --list-token-slots
is "one slot for each user PIN" "$(grep -c 'token label' <<<"$OUT")" 2
has "the serial number is the ICCSN" \
	"serial num *: *$(tr -d "\n" <"$CARD/issuer/iccsn" | tail -c 16)"
check "pkcs11-tool -O lists the mpp slot" p11 --slot "$global" -O
has "with its certificate" "Certificate Object"
has "and its public key" "Public Key Object; RSA 3072"
check "pkcs11-tool -O lists the private key after login" \
	p11 --slot "$global" --login --pin env:PIN -O
has "that is there" "Private Key Object; RSA"
check "pkcs11-tool -O lists the sign slot" \
	p11 --slot "$sign" --login --pin env:SIGN_PIN -O
has "its private key is there" "Private Key Object; RSA"
has "and asks for its PIN each time" "always authenticate|context"

# sign_with SLOT PINVAR ID MECHANISM [OPTION...]
sign_with() {
	local slot=$1 pin=$2 id=$3 mechanism=$4
	shift 4
	rm -f "$WORK/sig"
	p11 --slot "$slot" --login --pin "env:$pin" --sign --id "$id" \
		-m "$mechanism" -i "$WORK/input" -o "$WORK/sig" "$@"
}
verify_pkcs1() { # HASH ID
	openssl dgst "-$1" -verify "$WORK/pub-$2.pem" \
		-signature "$WORK/sig" "$WORK/text"
}
verify_pss() { # HASH ID SALT
	openssl dgst "-$1" -sigopt rsa_padding_mode:pss \
		-sigopt "rsa_pss_saltlen:$3" -sigopt "rsa_mgf1_md:$1" \
		-verify "$WORK/pub-$2.pem" -signature "$WORK/sig" "$WORK/text"
}

for id in 11 21; do
	[ $id = 11 ] && slot=$global pin=PIN || slot=$sign pin=SIGN_PIN
	for bits in 256 384 512; do
		cp "$WORK/text" "$WORK/input"
		check "key $id signs SHA$bits-RSA-PKCS" \
			sign_with "$slot" $pin $id SHA$bits-RSA-PKCS
		check "openssl verifies SHA$bits-RSA-PKCS of key $id" \
			verify_pkcs1 sha$bits $id
		check "key $id signs SHA$bits-RSA-PKCS-PSS" \
			sign_with "$slot" $pin $id SHA$bits-RSA-PKCS-PSS
		check "openssl verifies SHA$bits-RSA-PKCS-PSS of key $id" \
			verify_pss sha$bits $id $((bits / 8))
	done
	openssl dgst -sha256 -binary "$WORK/text" >"$WORK/input"
	check "key $id signs a bare hash with RSA-PKCS-PSS" \
		sign_with "$slot" $pin $id RSA-PKCS-PSS \
		--hash-algorithm SHA256
	check "openssl verifies RSA-PKCS-PSS of key $id" \
		verify_pss sha256 $id 32
	{
		printf '\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03'
		printf '\x04\x02\x01\x05\x00\x04\x20'
		openssl dgst -sha256 -binary "$WORK/text"
	} >"$WORK/input"
	check "key $id signs a DigestInfo with RSA-PKCS" \
		sign_with "$slot" $pin $id RSA-PKCS
	check "openssl verifies RSA-PKCS of key $id" verify_pkcs1 sha256 $id
done

# The signature PIN serves one signature, the global PIN many.
cp "$WORK/text" "$WORK/input"
trace_reset
must sign_with "$sign" SIGN_PIN 21 SHA256-RSA-PKCS
is "a signature asks for the signature PIN again" \
	"$(count '.name == "verify" and .p2 == "82" and .sw == "9000"')" 2
trace_reset
must sign_with "$global" PIN 11 SHA256-RSA-PKCS
is "the global PIN is sent once" \
	"$(count '.name == "verify" and .sw == "9000"')" 1

# No signature without its PIN.
refused "the mpp key does not sign without its PIN" \
	p11 --slot "$global" --sign --id 11 -m SHA256-RSA-PKCS \
	-i "$WORK/text" -o "$WORK/none"
refused "the sign key does not sign with the global PIN" \
	p11 --slot "$sign" --login --pin env:PIN --sign --id 21 \
	-m SHA256-RSA-PKCS -i "$WORK/text" -o "$WORK/none"
check "pkcs15-tool shows the try that was lost" pkcs15-tool --list-pins
has "as two left" "tries left *: *2"
check "the right PIN brings the tries back" \
	pkcs15-tool --verify-pin --auth-id 02 --pin env:SIGN_PIN
check "pkcs15-tool shows all tries again" pkcs15-tool --list-pins
hasnt "no PIN has two left" "tries left *: *2"

check "pkcs11-tool --test --login passes on the mpp slot" \
	p11 --slot "$global" --test --login --pin env:PIN
hasnt "with no error on the mpp slot" "^[1-9][0-9]* errors|  ERR:"
check "pkcs11-tool --test --login passes on the sign slot" \
	p11 --slot "$sign" --test --login --pin env:SIGN_PIN
hasnt "with no error on the sign slot" "^[1-9][0-9]* errors|  ERR:"

done_testing
