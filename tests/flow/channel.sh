#!/bin/bash
# channel.sh: every curve, cipher and version of chip authentication, every
# key size of the key sets, short and extended readers, through the driver.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank first
number=0
activates() { # NAME OPTION...: a new card with OPTION is activated
	local name=$1
	shift
	number=$((number + 1))
	new_card "card-$number" "$@"
	import_keyset sk_admin "admin-$number"
	[ ! -f "$WORK/reader" ] || cp "$WORK/reader" "$CARD/reader"
	new_config --keyset-sk-admin "admin-$number" ${more[@]+"${more[@]}"}
	trace_reset
	check "$name activates" activate
	is "$name: the card verified the MAC of the activation" \
		"$(count '.name == "activate" and .mac_verified and
			.sw == "9000"')" 1
}
more=()

for curve in P-256 P-384 P-521 brainpoolP256r1 brainpoolP384r1 \
	brainpoolP512r1; do
	activates "curve $curve" --curve "$curve"
done
for bits in 128 192 256; do
	activates "chip authentication 2 with AES-$bits" --aes $bits
	activates "chip authentication 1 with AES-$bits" --aes $bits \
		--ca-version 1
done
for bytes in 16 24 32; do
	activates "a key set of AES-$((bytes * 8))" --keyset-size $bytes
done

# A reader for short commands only, then per-link chaining of a long one.
echo extended=no >"$WORK/reader"
activates "a reader for short commands only"
that "no command was longer than 261 bytes" test "$(jq -s \
	'map(.wire_command) | max' "$TRACE")" -le 261
check "a key is generated through it" generate 3072 01 11
check "a certificate is written through it" certify 11
check "and read" pkcs15-tool --read-certificate 11 -o "$WORK/back.pem"
slot=$(slot_of global)
echo text >text
check "a signature comes through it" p11 --slot "$slot" --login \
	--pin env:PIN --sign -m SHA256-RSA-PKCS --id 11 -i text -o sig
check "and is right" openssl dgst -sha256 -verify pub-11.pem -signature sig \
	text
rm "$WORK/reader"

# The extended way.
activates "a reader for extended commands"
that "a command was longer than 261 bytes after a certificate" \
	eval 'must generate 3072 01 11; must certify 11
	test "$(jq -s "map(.wire_command) | max" "$TRACE")" -gt 261'

done_testing
