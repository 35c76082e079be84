#!/bin/bash
# failures.sh: what goes wrong in a day, and what it may cost.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

tries() { # NAME: tries left, as the card itself has them
	jcop45-vcard info "$CARD" | sed -nE \
		"s/^.*\b$1\b[^0-9]*([0-9]+) (of [0-9]+ )?tr(y|ies).*/\1/Ip" |
		head -n 1
}
verify_pin() { # AUTH-ID VARIABLE
	pkcs15-tool --verify-pin --auth-id "$1" --pin "env:$2"
}
export WRONG=11112222

setup_blank
blank=$CARD.blank
copy_card "$CARD" "$blank"

# Wrong transport PIN.
wrong_transport() {
	jcop45-tool activate --transport-pin env:WRONG --pin env:PIN \
		--sign-pin env:SIGN_PIN
}
trace_reset
refused "a wrong transport PIN is refused" wrong_transport
has "the error says how many tries are left" "\b2\b"
is "exactly one try of the transport PIN is gone" "$(tries transport)" 2
is "it was sent once" "$(count '.ins == "20" and .plain_lc > 0')" 1
hasnt "it is not shown" "$WRONG"
refused "a second time too" wrong_transport
refused "and a third" wrong_transport
has "then it is blocked" "blocked|no tries|\b0\b"
trace_reset
refused "with a blocked transport PIN there is no activation" activate
has "and the error says why" "blocked"
copy_card "$blank" "$CARD"

# Wrong HSM PIN, missing key.
wrong_hsm() { HSM_PIN=wrong-pin-9 "$@"; }
trace_reset
refused "a wrong HSM PIN is refused" wrong_hsm activate
has "and the error says it is the HSM's" "hsm|token"
hasnt "and does not show it" "wrong-pin-9"
is "the card was not changed" "$(count '.name |
	IN("verify", "pin-set", "role-authentication", "activate")')" 0
timeout 30 softhsm2-util --delete-token --token hsm >/dev/null
must timeout 30 softhsm2-util --init-token --free --label hsm \
	--so-pin 12345678 --pin "$HSM_PIN"
trace_reset
refused "a missing HSM key is refused" activate
has "the error names the label" "sk_admin"
is "and the card was not changed" "$(count '.name |
	IN("verify", "pin-set", "role-authentication", "activate")')" 0
import_key "$CARD/issuer/sk_admin-enc.key" sk_admin-ENC
refused "half a key pair is refused" activate
has "the error names the missing half" "sk_admin-MAC"
import_key "$CARD/issuer/sk_admin-mac.key" sk_admin-MAC

# Wrong key set value.
must jcop45-vcard set "$CARD" wrong-sk_admin yes
before=$(tries sk_admin)
trace_reset
refused "a wrong key set value is refused" activate
has "the error names the key set" "sk_admin"
has "and says how many tries are left" "\b14\b"
is "EXTERNAL AUTHENTICATE was sent once" "$(count '.ins == "82"')" 1
is "exactly one try of the key set is gone" "$(tries sk_admin)" \
	$((before - 1))
is "nothing was activated" "$(count '.name == "activate"')" 0
must jcop45-vcard set "$CARD" wrong-sk_admin no
check "with the right value activation completes" activate
is "and all tries are back" "$(tries sk_admin)" "$before"
activated=$CARD.activated
copy_card "$CARD" "$activated"

# Wrong and blocked user PIN.
refused "a wrong PIN is refused" verify_pin 01 WRONG
is "exactly one try is gone" "$(tries global)" 2
check "the tries left are shown" pkcs15-tool --list-pins
has "as two" "tries left *: *2"
is "the other PIN kept its tries" "$(tries signature)" 3
refused "a second wrong PIN too" verify_pin 01 WRONG
refused "and a third one" verify_pin 01 WRONG
refused "then the right PIN is refused" verify_pin 01 PIN
has "because it is blocked" "blocked"
check "a blocked PIN is shown as such" jcop45-tool info
has "in info" "global.*blocked"
check "the other PIN still works" verify_pin 02 SIGN_PIN
copy_card "$activated" "$CARD"

# Is this chip the one it says?
try_chip() { # NAME KNOB VALUE PATTERN
	copy_card "$blank" "$CARD"
	must jcop45-vcard set "$CARD" "$2" "$3"
	trace_reset
	refused "$1 is refused" activate
	has "$1: the error says so" "$4"
	is "$1: no PIN was sent to it" \
		"$(count '.ins == "20" and .plain_lc > 0')" 0
	is "$1: and no key set was used" "$(count '.ins == "82"')" 0
}
try_chip "an unsigned EF.CardSecurity" unsigned-card-security yes \
	"sign|trust"
try_chip "a chip signed under another anchor" untrusted-signer yes \
	"trust|anchor"
try_chip "an expired signer" expired-signer yes "expired|valid"
try_chip "a chip key off its curve" chip-key-off-curve yes "curve"
try_chip "a copied EF.CardSecurity" chip-key-mismatch yes \
	"chip authentication|genuine|token"
try_chip "an answer of protocol version 1" ca-answer-version 1 "version"
must jcop45-vcard new "$WORK/v1" --ca-version 1
use_card "$WORK/v1"
import_keyset sk_admin v1
new_config --keyset-sk-admin v1
must jcop45-vcard set "$CARD" ca-answer-version 2
trace_reset
refused "an answer of protocol version 2 is refused" activate
has "and the error says so" "version"
is "and no key set was used" "$(count '.ins == "82"')" 0
use_card "$WORK/card"
new_config

# The card leaves while the host looks for its number, or reads its file.
copy_card "$activated" "$CARD"
for rule in 'remove before 1 ins=CA p2=5A' 'remove before 1 ins=A4 p1=08' \
	'remove before 4 ins=B0'; do
	fault "$rule"
	refused "a card that leaves ($rule) ends the command" \
		jcop45-tool generate --container mpp
	no_fault
	is "$rule: with the status for no card" "$RC" 3
	has "$rule: which is told" "removed"
	hasnt "$rule: and no other reason" "none of the places|key_config"
done

# No chaining, and a reader for short commands only.
copy_card "$activated" "$CARD"
must jcop45-vcard set "$CARD" applet-version 4.1.0
printf 'extended=no\n' >>"$CARD/reader"
check "an applet without chaining on a short reader still generates" \
	generate 3072 01 11
check "and takes a certificate" certify 11
slot=$(slot_of global)
echo text >text
check "and signs" p11 --slot "$slot" --login --pin env:PIN --sign \
	-m SHA256-RSA-PKCS --id 11 -i text -o sig
must openssl pkeyutl -encrypt -pubin -inkey pub-11.pem -in text -out cipher
trace_reset
refused "it cannot decipher with 3072 bits" \
	p11 --slot "$slot" --login --pin env:PIN --decrypt -m RSA-PKCS \
	--id 11 -i cipher -o plain
is "and no link of a chain was sent" "$(count '.ins == "2A"')" 0
check "info says so" jcop45-tool info
has "in words" "chain|extended"
must jcop45-vcard set "$CARD" applet-version 4.1.1
check "with chaining the short reader deciphers" \
	p11 --slot "$slot" --login --pin env:PIN --decrypt -m RSA-PKCS \
	--id 11 -i cipher -o plain
that "to the text" cmp text plain
done_testing
