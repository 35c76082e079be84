# main-flow.sh: the first day of a card, with the stock tools. Sourced by the
# tests that run it through another door or under another memory checker.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# main_flow SIZE...: on a blank card with token and configuration; RSA sizes of
# the keys of mpp (id 11) and sign (id 21).
main_flow() {
	local slot_global slot_sign

	check "opensc-tool -n names our driver" opensc-tool -n
	has "the card is named" "JCOP 4.5"
	check "jcop45-tool info reads the blank card" jcop45-tool info
	check "jcop45-tool activate activates" activate
	check "a key is generated in mpp" generate "$1" 01 11
	check "a key is generated in sign" generate "$2" 02 21
	check "a certificate is written beside the mpp key" certify 11
	check "a certificate is written beside the sign key" certify 21
	check "pkcs15-tool lists the card" pkcs15-tool -D
	check "the certificate comes back" \
		pkcs15-tool --read-certificate 11 -o "$WORK/back.pem"
	is "and is the one that was written" \
		"$(fingerprint "$WORK/back.pem")" \
		"$(fingerprint "$WORK/cert-11.pem")"

	slot_global=$(slot_of global)
	slot_sign=$(slot_of sign)
	that "both PINs have a PKCS#11 slot" \
		test -n "$slot_global" -a -n "$slot_sign" -a \
		"$slot_global" != "$slot_sign"
	echo "a text to sign" >"$WORK/text"
	check "the mpp key signs through PKCS#11" \
		p11 --slot "$slot_global" --login --pin env:PIN --sign \
		-m SHA256-RSA-PKCS --id 11 -i "$WORK/text" -o "$WORK/sig-11"
	check "openssl verifies it" openssl dgst -sha256 \
		-verify "$WORK/pub-11.pem" -signature "$WORK/sig-11" "$WORK/text"
	check "the sign key signs through PKCS#11" \
		p11 --slot "$slot_sign" --login --pin env:SIGN_PIN --sign \
		-m SHA256-RSA-PKCS --id 21 -i "$WORK/text" -o "$WORK/sig-21"
	check "openssl verifies that too" openssl dgst -sha256 \
		-verify "$WORK/pub-21.pem" -signature "$WORK/sig-21" "$WORK/text"
	openssl pkeyutl -encrypt -pubin -inkey "$WORK/pub-11.pem" \
		-in "$WORK/text" -out "$WORK/encrypted"
	check "the mpp key decrypts through PKCS#11" \
		p11 --slot "$slot_global" --login --pin env:PIN --decrypt \
		-m RSA-PKCS --id 11 -i "$WORK/encrypted" -o "$WORK/decrypted"
	that "and the text is the one that was encrypted" \
		cmp "$WORK/text" "$WORK/decrypted"
}
