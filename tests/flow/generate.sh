#!/bin/bash
# generate.sh: key pairs in both containers, made on the card.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_activated

trace_reset
check "pkcs15-init --generate-key rsa:3072 --auth-id 01 --id 11 works" \
	generate 3072 01 11
has "key generation says that it waits for the card" "take a minute|wait"
is "the card generated one key, under a verified MAC" \
	"$(count '.name == "generate" and .mac_verified and .executed
		and .sw == "9000"')" 1
that "the directory was written under a verified MAC" test "$(count \
	'.name == "directory-write" and .mac_verified and .executed')" -gt 0
is "no administrative command came in plain" \
	"$(count '(.name | IN("generate", "public-exponent",
		"directory-write", "certificate-write")) and
		(.secured | not)')" 0
check "pkcs15-init --generate-key rsa:3072 --auth-id 02 --id 21 works" \
	generate 3072 02 21
check "pkcs15-init --generate-key rsa:2048 --auth-id 01 --id 16 works" \
	generate 2048 01 16

check "pkcs15-tool --list-keys works" pkcs15-tool --list-keys
is "pkcs15-tool --list-keys lists three keys" \
	"$(grep -c 'Private RSA Key' <<<"$OUT")" 3
has "with the id that was asked for" "ID *: *11"
has "and the other" "ID *: *21"
has "and the third" "ID *: *16"
has "their sizes are right" "ModLength *: *3072"
has "also the small one" "ModLength *: *2048"
check "pkcs15-tool -D shows the containers' keys" pkcs15-tool -D
has "the mpp key belongs to the global PIN" "Auth ID *: *01"
has "the sign key belongs to the signature PIN" "Auth ID *: *02"

for id in 11 16 21; do
	check "pkcs15-tool --read-public-key $id works" \
		public_key $id "$WORK/pub-$id.pem"
	check "openssl reads public key $id" \
		openssl pkey -pubin -in "$WORK/pub-$id.pem" -noout -text
	[ $id = 16 ] && size=2048 || size=3072
	has "public key $id has $size bits and exponent 65537" "$size bit"
done
that "all keys differ" test "$(cat "$WORK"/pub-*.pem | grep -v -e ---- |
	sort | uniq -d | wc -l)" -lt 8

# A later process finds the public key without the card's private half.
trace_reset
check "a public key is read without a PIN" public_key 11 "$WORK/again.pem"
is "no PIN was sent for it" "$(count '.name == "verify"')" 0
that "and it is the same" cmp "$WORK/pub-11.pem" "$WORK/again.pem"

# Slots run out: sign has two of 3072 bits.
check "the second slot of sign is taken" generate 3072 02 22
trace_reset
refused "a third key finds no free slot" generate 3072 02 23
has "and the error says so" "free slot|no free|slot"
is "before the card generated anything" \
	"$(count '.name == "generate"')" 0
refused "a size that the card has not is refused" generate 1024 01 31
refused "a size that the container has not is refused" generate 2048 02 32
refused "a second 2048-bit key finds no free slot" generate 2048 01 33
refused "an unknown auth id is refused" generate 3072 07 34
is "none of them made the card generate" \
	"$(count '.name == "generate"')" 0
check "the keys are all still there" pkcs15-tool --list-keys
is "four of them" "$(grep -c 'Private RSA Key' <<<"$OUT")" 4
done_testing
