#!/bin/bash
# capacity.sh: how many keys and which certificates the card holds.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"

setup_activated
new_ca
changed() { # administrative commands that would change the card
	count '.name | IN("import", "generate", "public-exponent", "delete",
		"directory-write", "certificate-write")'
}
refused_before() { # NAME TOLD COMMAND...
	local name=$1 told=$2
	shift 2
	trace_reset
	refused "$name is refused" "$@"
	has "$name: and the error says so" "$told"
	is "$name: before anything was changed" "$(changed)" 0
}

# mpp: five RSA-3072 and one RSA-2048; sign: two RSA-3072. The name of the
# container is taken in any case.
containers=(mpp MPP Mpp)
for n in 1 2 3; do
	certified_key "k$n" 3072
	bundle "k$n"
	check "key $n of RSA-3072 is imported to ${containers[n - 1]}" \
		import "k$n.p12" "${containers[n - 1]}"
done
check "key 4 is made beside them" generate 3072 01 14
certified_key k5 3072
bundle k5
check "key 5 is imported by pkcs15-init" stock_import k5.p12 01 15
certified_key spare 3072
bundle spare
refused_before "a sixth RSA-3072" "no free slot.*mpp.*5 RSA-3072" \
	import spare.p12 mpp
refused_before "a sixth by pkcs15-init" "no free slot" \
	stock_import spare.p12 01 71
refused_before "a sixth that is made" "no free slot" generate 3072 01 72
certified_key small 2048
bundle small
check "the RSA-2048 has its slot still" import small.p12 mpp
certified_key small2 2048
bundle small2
refused_before "a second RSA-2048" "no free slot.*1 RSA-2048" \
	import small2.p12 mpp
check "sign takes the first" jcop45-tool generate --container SIGNATURE --id 21
check "and the second by its other name" \
	jcop45-tool generate --container Sign --id 22
refused_before "a third in sign" "no free slot" \
	jcop45-tool generate --container signature
for id in 14 21 22; do
	must certify $id
done
check "all of it is listed" pkcs15-tool -D
is "eight keys" "$(grep -c '^Private RSA Key' <<<"$OUT")" 8
is "eight certificates" "$(grep -c '^X.509 Certificate' <<<"$OUT")" 8
is "on the card, too" "$(keys_in_slots) $(certificates_in_files)" "8 8"
for n in 1 2 3 5; do
	run pkcs15-tool --read-certificate 1$n -o back.pem
	is "certificate $n is the one that came with its key" \
		"$(fingerprint back.pem)" "$(fingerprint cert-k$n.pem)"
done
check "the first key works" works 11 pub-k1.pem
check "the last one too" works 15 pub-k5.pem

# The same with the longest names and ids that the card takes.
filled=$CARD.filled
copy_card "$CARD" "$filled"
must jcop45-tool delete-all --yes
long_id() { openssl rand -hex 20; }
generate_long() { # AUTH-ID NUMBER
	pkcs15-init --generate-key rsa:3072 --auth-id "$1" --id "$(long_id)" \
		--label "$(printf '%040d' "$2")"
}
for n in 1 2 3 4 5; do
	check "long: RSA-3072 key $n" generate_long 01 "$n"
done
certified_key long 2048
bundle long
check "long: a name that is too long is cut" stock_import long.p12 01 \
	"$(long_id)" --label "x$(printf 'é%.0s' {1..60})"
run pkcs15-tool --list-keys
that "between two characters" iconv -f UTF-8 -t UTF-16 -o /dev/null <<<"$OUT"
for n in 1 2; do
	check "long: sign key $n" generate_long 02 "$n"
done
is "eight keys with long names" "$(keys_in_slots)" 8
copy_card "$filled" "$CARD"

# The user's certificates only.
refused_before "a CA certificate" "authority.*user" \
	pkcs15-init --store-certificate ca.pem --id 98
refused_before "one that is called so" "authority" \
	pkcs15-init --store-certificate ca.pem --authority
public_key 11 pub-11.pem
printf 'basicConstraints=critical,CA:TRUE\n' >ca.ext
must openssl x509 -req -in dummy.csr -CA ca.pem -CAkey ca.key -force_pubkey \
	pub-11.pem -days 30 -extfile ca.ext -set_serial 5 -out sub-ca.pem
refused_before "a CA certificate of a key on the card" "authority" \
	pkcs15-init --store-certificate sub-ca.pem --id 11 --update-existing
refused_before "the certificate of a key that is not there" "no key" \
	pkcs15-init --store-certificate cert-spare.pem --id 99

# Renewal.
must issue_certificate pub-11.pem "Renewed" new-11.pem
refused_before "a second certificate without --update-existing" \
	"update-existing|ID" pkcs15-init --store-certificate new-11.pem --id 11
check "with it the new one takes the place of the old" pkcs15-init \
	--store-certificate new-11.pem --id 11 --update-existing
check "and is read" pkcs15-tool --read-certificate 11 -o back.pem
is "the new one, that is" "$(fingerprint back.pem)" \
	"$(fingerprint new-11.pem)"
run pkcs15-tool --list-certificates
is "no other was added" "$(grep -c '^X.509 Certificate' <<<"$OUT")" 8

# Longer than its file: compressed, or refused with both sizes.
long_certificate() { # FILE TEXT
	printf 'nsComment=%s\n' "$2" >long.ext
	must openssl x509 -req -in dummy.csr -CA ca.pem -CAkey ca.key \
		-force_pubkey pub-11.pem -days 30 -extfile long.ext \
		-set_serial 6 -out "$1"
}
long_certificate zip-11.pem "$(printf 'much the same %.0s' $(seq 1 400))"
check "a certificate longer than its file is compressed" pkcs15-init \
	--store-certificate zip-11.pem --id 11 --update-existing
check "compressed, and read" pkcs15-tool --read-certificate 11 -o back.pem
is "as it was" "$(fingerprint back.pem)" "$(fingerprint zip-11.pem)"
long_certificate huge-11.pem "$(openssl rand -hex 4000)"
size=$(openssl x509 -in huge-11.pem -outform DER | wc -c)
refused_before "one that does not fit even so" "$size bytes.*3072" pkcs15-init \
	--store-certificate huge-11.pem --id 11 --update-existing
check "the one before it is still there" \
	pkcs15-tool --read-certificate 11 -o back.pem
is "whole" "$(fingerprint back.pem)" "$(fingerprint zip-11.pem)"
must openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out k9.key
must openssl pkey -in k9.key -pubout -out pub-11.pem
long_certificate cert-k9.pem "$(openssl rand -hex 4000)"
bundle k9
must jcop45-tool delete-all --yes
refused_before "an import with a certificate that does not fit" "3072" \
	import k9.p12 mpp
is "not even its key came to the card" "$(keys_in_slots)" 0

# A compressed certificate that unpacks to more than any certificate has.
check "a card with one key" import k1.p12 mpp
# RFC 1950 around the deflated data of RFC 1952; the checksum of zeros is
# easily told.
bomb=78da$(head -c 2000000 /dev/zero | gzip -9n | tail -c +11 | head -c -8 |
	od -An -v -tx1 | tr -d ' \n')$(printf '%04x0001' $((2000000 % 65521)))
that "the bomb fits the file" test "${#bomb}" -le 6144
jq --arg bomb "$bomb" '.files["1/C011"] = $bomb' "$CARD/card.json" >bomb.json
that "the file is where it is expected" jq -e '.files | has("1/C011")' \
	"$CARD/card.json"
cp bomb.json "$CARD/card.json"
refused "a hostile compressed certificate is no certificate" \
	pkcs15-tool --read-certificate 11
hasnt "and is not shown as one" "BEGIN CERTIFICATE"
check "the key beside it works" works 11 pub-k1.pem
check "and it can be replaced" pkcs15-init --store-certificate cert-k1.pem \
	--id 11 --update-existing
check "by one that is read" pkcs15-tool --read-certificate 11 -o back.pem
is "in the end" "$(fingerprint back.pem)" "$(fingerprint cert-k1.pem)"
done_testing
