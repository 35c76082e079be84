# main-flow.sh: the first day of a card, and all that comes later, with the
# stock tools where they have words for it. Sourced by the tests that run it
# through another door or under another memory checker.
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

# later_flow: what a card goes through after its first day. On the card, token
# and configuration that main_flow left.
later_flow() {
	local slot_global
	NEW_PIN=60917234 UNBLOCKED_PIN=73310586 P12=p12-4471 WRONG=11112222
	PUK=$(head -n 1 "$CARD/issuer/puk")
	export NEW_PIN UNBLOCKED_PIN P12 WRONG PUK

	# A key that was kept comes back, with its certificate.
	kept_key "$WORK/kept" 2048
	check "pkcs15-init imports a key and its certificate" pkcs15-init \
		--store-private-key "$WORK/kept.p12" --format pkcs12 \
		--passphrase env:P12 --auth-id 01 --id 16
	check "the certificate came with it" pkcs15-tool \
		--read-certificate 16 -o "$WORK/kept-back.pem"
	is "and is that of the file" "$(fingerprint "$WORK/kept-back.pem")" \
		"$(fingerprint "$WORK/kept.pem")"
	must openssl pkeyutl -encrypt -pubin -inkey "$WORK/kept.pub" \
		-in "$WORK/text" -out "$WORK/old-mail"
	slot_global=$(slot_of global)
	rm -f "$WORK/decrypted"
	check "what was encrypted for it is read again" \
		p11 --slot "$slot_global" --login --pin env:PIN --decrypt \
		-m RSA-PKCS --id 16 -i "$WORK/old-mail" -o "$WORK/decrypted"
	that "as it was" cmp "$WORK/text" "$WORK/decrypted"

	# PINs: changed, blocked, unblocked in both ways.
	check "pkcs15-tool changes the global PIN" pkcs15-tool --change-pin \
		--auth-id 01 --pin env:PIN --new-pin env:NEW_PIN
	check "jcop45-tool changes the signature PIN" jcop45-tool change-pin \
		--which signature --old-pin env:SIGN_PIN --new-pin env:NEW_PIN
	check "the new global PIN is right" \
		pkcs15-tool --verify-pin --auth-id 01 --pin env:NEW_PIN
	check "the new signature PIN too" \
		pkcs15-tool --verify-pin --auth-id 02 --pin env:NEW_PIN
	block_pin 01
	refused "a blocked PIN is refused" \
		pkcs15-tool --verify-pin --auth-id 01 --pin env:NEW_PIN
	check "pkcs15-tool unblocks it with the PUK" pkcs15-tool --unblock-pin \
		--auth-id 01 --puk env:PUK --new-pin env:UNBLOCKED_PIN
	check "and it has the new value" \
		pkcs15-tool --verify-pin --auth-id 01 --pin env:UNBLOCKED_PIN
	block_pin 02
	check "jcop45-tool unblocks the other with the key set" jcop45-tool \
		unblock-pin --which signature --keyset --new-pin env:UNBLOCKED_PIN
	check "and it has the new value too" \
		pkcs15-tool --verify-pin --auth-id 02 --pin env:UNBLOCKED_PIN

	# Agent data.
	check "jcop45-tool writes the agent data" jcop45-tool write-data \
		ef.function.job=Greffier ef.function.postingPlace=Lyon
	printf 'Juge' >"$WORK/job"
	check "pkcs15-init writes one of its fields" pkcs15-init --store-data \
		"$WORK/job" --label ef.function.job --application-name jcop45
	check "pkcs15-tool reads it" pkcs15-tool --raw --read-data-object \
		ef.function.job --output "$WORK/job.back"
	is "as it was written" "$(cat "$WORK/job.back")" Juge
	check "jcop45-tool reads them all" jcop45-tool data --json
	is "with the other as it was" "$(data_of ef.function postingPlace)" Lyon

	# And its end.
	check "jcop45-tool deletes all keys and certificates" \
		jcop45-tool delete-all --yes
	check "pkcs15-tool lists what is left" pkcs15-tool -D
	hasnt "no key" "Private RSA Key|Public RSA Key"
	hasnt "and no certificate" "X\.509 Certificate"
	check "the PINs stay" \
		pkcs15-tool --verify-pin --auth-id 01 --pin env:UNBLOCKED_PIN
	check "and so does the agent data" jcop45-tool data
	has "as it was" "Juge"
}

# block_pin AUTH-ID: uses up its tries.
block_pin() {
	local i
	for i in 1 2 3; do
		run pkcs15-tool --verify-pin --auth-id "$1" --pin env:WRONG
	done
}

data_of() { # FILE FIELD: in the JSON that was printed last
	jq -r --arg file "$1" --arg field "$2" '.[$file][$field]' <<<"$OUT"
}
