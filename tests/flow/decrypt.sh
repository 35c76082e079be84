#!/bin/bash
# decrypt.sh: deciphering with the keys of mpp, and with no other.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_activated
must generate 3072 01 11
must generate 2048 01 16
must generate 3072 02 21
for id in 11 16 21; do
	must public_key $id "$WORK/pub-$id.pem"
done
global=$(slot_of global)
sign=$(slot_of sign)
echo "a secret of some length" >"$WORK/text"

decrypt() { # SLOT PINVAR ID OPTION...
	local slot=$1 pin=$2 id=$3
	shift 3
	rm -f "$WORK/plain"
	p11 --slot "$slot" --login --pin "env:$pin" --decrypt --id "$id" \
		-i "$WORK/cipher" -o "$WORK/plain" "$@"
}

for id in 11 16; do
	must openssl pkeyutl -encrypt -pubin -inkey "$WORK/pub-$id.pem" \
		-in "$WORK/text" -out "$WORK/cipher"
	check "key $id deciphers RSA-PKCS" \
		decrypt "$global" PIN $id -m RSA-PKCS
	that "RSA-PKCS of key $id gives the text" \
		cmp "$WORK/text" "$WORK/plain"
	for hash in sha1 sha256; do
		must openssl pkeyutl -encrypt -pubin \
			-inkey "$WORK/pub-$id.pem" -in "$WORK/text" \
			-out "$WORK/cipher" -pkeyopt rsa_padding_mode:oaep \
			-pkeyopt rsa_oaep_md:$hash -pkeyopt rsa_mgf1_md:$hash
		mgf=${hash^^}
		hash_name=${hash^^}
		[ $hash = sha1 ] && hash_name=SHA-1
		check "key $id deciphers RSA-PKCS-OAEP with $hash" \
			decrypt "$global" PIN $id -m RSA-PKCS-OAEP \
			--hash-algorithm "$hash_name" --mgf "MGF1-$mgf"
		that "RSA-PKCS-OAEP with $hash of key $id gives the text" \
			cmp "$WORK/text" "$WORK/plain"
	done
done

# pkcs15-crypt is the other stock tool that deciphers.
must openssl pkeyutl -encrypt -pubin -inkey "$WORK/pub-11.pem" \
	-in "$WORK/text" -out "$WORK/cipher"
# It takes a PIN on standard input, but not as env:NAME.
crypt_with_pin() {
	timeout 60 "${under[@]}" pkcs15-crypt --pin - "$@" <<<"$PIN"
}
check "pkcs15-crypt deciphers" crypt_with_pin --decipher --key 11 \
	--input "$WORK/cipher" --output "$WORK/plain" --pkcs1 --raw
that "pkcs15-crypt gives the text" cmp "$WORK/text" "$WORK/plain"

# What does not decipher.
must openssl pkeyutl -encrypt -pubin -inkey "$WORK/pub-16.pem" \
	-in "$WORK/text" -out "$WORK/cipher"
truncate -s 255 "$WORK/cipher"
refused "a cryptogram of the wrong length is refused" \
	decrypt "$global" PIN 16 -m RSA-PKCS
head -c 256 /dev/zero | tr '\0' '\1' >"$WORK/cipher"
refused "a cryptogram with wrong padding gives no text" \
	decrypt "$global" PIN 16 -m RSA-PKCS
must openssl pkeyutl -encrypt -pubin -inkey "$WORK/pub-21.pem" \
	-in "$WORK/text" -out "$WORK/cipher"
refused "the sign key does not decipher" \
	decrypt "$sign" SIGN_PIN 21 -m RSA-PKCS
that "and no text came out" test ! -s "$WORK/plain"
check "pkcs11-tool shows what the sign key is for" \
	p11 --slot "$sign" --login --pin env:SIGN_PIN -O --type privkey
hasnt "not for deciphering" "Usage:.*decrypt"
has "but for signing" "Usage:.*sign"
done_testing
