#!/bin/bash
# certificate.sh: certificates beside their keys.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_activated
must generate 3072 01 11
must generate 3072 02 21
new_ca

trace_reset
check "pkcs15-init --store-certificate works" certify 11
that "it was written under a verified MAC" test "$(count \
	'.name == "certificate-write" and .mac_verified and .executed')" -gt 0
is "nothing was written in plain" "$(count '(.name | IN("directory-write",
	"certificate-write")) and (.secured | not)')" 0
is "it went into one file only" \
	"$(field '.name == "certificate-write"' .name | sort -u | wc -l)" 1
check "beside the sign key too" certify 21

for id in 11 21; do
	check "pkcs15-tool --read-certificate $id reads it" \
		pkcs15-tool --read-certificate $id -o "$WORK/back-$id.pem"
	is "certificate $id is the one that was written" \
		"$(fingerprint "$WORK/back-$id.pem")" \
		"$(fingerprint "$WORK/cert-$id.pem")"
done
check "pkcs15-tool -D lists them" pkcs15-tool -D
is "two certificates" "$(grep -c '^X.509 Certificate' <<<"$OUT")" 2

# The certificate belongs to the key with its modulus, whatever --id says.
must generate 2048 01 16
must public_key 16 "$WORK/pub-16.pem"
must issue_certificate "$WORK/pub-16.pem" "Holder 16" "$WORK/cert-16.pem"
check "a certificate finds its key by the modulus" \
	pkcs15-init --store-certificate "$WORK/cert-16.pem" --id 99
check "and is read under that key's id" \
	pkcs15-tool --read-certificate 16 -o "$WORK/back-16.pem"
is "unchanged" "$(fingerprint "$WORK/back-16.pem")" \
	"$(fingerprint "$WORK/cert-16.pem")"

# A certificate of a key that is not on the card.
must openssl pkey -in "$WORK/dummy.key" -pubout -out "$WORK/dummy.pub"
must issue_certificate "$WORK/dummy.pub" "Stranger" "$WORK/stranger.pem"
trace_reset
refused "a certificate without its key on the card is refused" \
	pkcs15-init --store-certificate "$WORK/stranger.pem" --id 77
has "and the error says so" "no key for this certificate"
is "before anything was written" "$(count '.name |
	IN("certificate-write", "directory-write")')" 0
trace_reset
must issue_certificate "$WORK/pub-11.pem" "Other 11" "$WORK/other-11.pem"
refused "a second certificate does not replace the first by accident" \
	pkcs15-init --store-certificate "$WORK/other-11.pem" --id 11
check "the first one is still there" \
	pkcs15-tool --read-certificate 11 -o "$WORK/still-11.pem"
is "unchanged too" "$(fingerprint "$WORK/still-11.pem")" \
	"$(fingerprint "$WORK/cert-11.pem")"

# One that is longer than its file is stored compressed.
must generate 3072 01 12
must public_key 12 "$WORK/pub-12.pem"
long=$(printf 'DNS:host-%04d.example.org,' $(seq 1 160))
printf 'subjectAltName=%s\n' "${long%,}" >"$WORK/ext"
must openssl x509 -req -in "$WORK/dummy.csr" -CA "$WORK/ca.pem" \
	-CAkey "$WORK/ca.key" -force_pubkey "$WORK/pub-12.pem" -days 30 \
	-set_serial 77 -extfile "$WORK/ext" -out "$WORK/cert-12.pem"
that "a certificate longer than its file" test "$(openssl x509 \
	-in "$WORK/cert-12.pem" -outform DER | wc -c)" -gt 3072
check "is written all the same" \
	pkcs15-init --store-certificate "$WORK/cert-12.pem" --id 12
check "and read" pkcs15-tool --read-certificate 12 -o "$WORK/back-12.pem"
is "as it was" "$(fingerprint "$WORK/back-12.pem")" \
	"$(fingerprint "$WORK/cert-12.pem")"
done_testing
