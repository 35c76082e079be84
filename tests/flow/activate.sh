#!/bin/bash
# activate.sh: one atomic call makes the blank card a holder's.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank
transport=$(head -n 1 "$CARD/issuer/transport-pin")
life_cycle() { jcop45-vcard info "$CARD" | grep -i 'life.cycle'; }

# What is refused before anything is sent.
trace_reset
refused "a PIN on the command line is refused" \
	jcop45-tool activate --transport-pin "file:$CARD/issuer/transport-pin" \
	--pin "$PIN" --sign-pin env:SIGN_PIN
has "and the error says how to give it" "env:"
refused "pass: is refused" \
	jcop45-tool activate --transport-pin "pass:$transport" \
	--pin env:PIN --sign-pin env:SIGN_PIN
hasnt "and the literal is not repeated" "$transport"
empty() {
	EMPTY='' jcop45-tool activate \
		--transport-pin "file:$CARD/issuer/transport-pin" \
		--pin env:EMPTY --sign-pin env:SIGN_PIN
}
refused "an empty PIN is refused" empty
refused "a missing file is refused" \
	jcop45-tool activate --transport-pin "file:$WORK/nothing" \
	--pin env:PIN --sign-pin env:SIGN_PIN
has "and named" "$WORK/nothing"
is "none of them sent a PIN command" \
	"$(count '.name | IN("verify", "pin-set", "pin-change", "activate")')" 0

short() {
	SHORT=123 jcop45-tool activate \
		--transport-pin "file:$CARD/issuer/transport-pin" \
		--pin env:SHORT --sign-pin env:SIGN_PIN
}
refused "a PIN of three digits is refused" short
has "and the error says how long it may be" "4"
is "before the transport PIN was sent" \
	"$(count '.name == "verify"')" 0

# The call itself.
trace_reset
check "jcop45-tool activate activates" activate
hasnt "the output shows no PIN" "$PIN|$SIGN_PIN|$transport"
is_activated() { life_cycle | grep -qiE "$ACTIVATED"; }
that "the card is activated" is_activated
is "one process talked to the card" \
	"$(jq -s 'map(.pid) | unique | length' "$TRACE")" 1
is "the transport PIN was verified once" \
	"$(count '.name == "verify"')" 1
is "both PINs were set in the channel" \
	"$(count '.name == "pin-set" and .mac_verified and .executed')" 2
is "no PIN was set in plain" \
	"$(count '.name == "pin-set" and (.secured | not)')" 0
is "the card received the activation with a verified MAC" \
	"$(count '.name == "activate" and .mac_verified and .executed
		and .sw == "9000"')" 1
is "no administrative command came in plain" \
	"$(count '(.name | IN("activate", "pin-set", "generate",
		"directory-write", "certificate-write"))
		and (.secured | not)')" 0
has "the activation is announced" "activated"

# What it left.
check "the global PIN verifies" \
	pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN
check "the signature PIN verifies" \
	pkcs15-tool --verify-pin --auth-id 02 --pin env:SIGN_PIN
check "pkcs15-tool -D reads the activated card" pkcs15-tool -D
has "the global PIN is shown" "ID *: *01"
has "the signature PIN is shown" "ID *: *02"
has "the PUK is shown" "ID *: *03"
hasnt "the transport PIN is not" "ID *: *04"

# Nothing stays open for the next process: the card was reset.
run jcop45-vcard apdu "$CARD" 00A4040C0AE828BD080F014E585030 0020000400
has "the transport PIN is not usable any more" "6984"

# A second time nothing is sent that could change the card.
trace_reset
refused "a second activation is refused" activate
has "because the card is activated" "already|activated"
is "only SELECT, GET DATA, READ BINARY and PIN queries were sent" \
	"$(field '.name != "pin-status"' .ins | sort -u |
		grep -vx -e A4 -e CA -e B0)" ""
check "and the PIN is still the first one" \
	pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN

# Removed after the last step: nobody knows.
new_card torn
import_keyset sk_admin torn_admin
new_config --keyset-sk-admin torn_admin
fault 'remove after 1 ins=44'
refused "removed after the last step it is no success" activate
has "the card may be activated" "may be activated. Look at 'jcop45-tool info'"
hasnt "which is not denied" "is not activated"
no_fault
that "it is, here" is_activated

# The other ways to hand over a secret.
new_card fd
import_keyset sk_admin fd_admin
new_config --keyset-sk-admin fd_admin
from_fd_and_stdin() {
	printf '%s\n%s\n' "$PIN" "$SIGN_PIN" |
		timeout "$LIMIT" jcop45-tool activate --transport-pin fd:7 \
			--pin stdin --sign-pin stdin \
			7<"$CARD/issuer/transport-pin"
}
check "secrets come from fd: and stdin too" from_fd_and_stdin
check "and are the right ones" \
	pkcs15-tool --verify-pin --auth-id 02 --pin env:SIGN_PIN
done_testing
