#!/bin/bash
# activation-steps.sh: activation with pkcs15-init alone, step by step; each
# step proves the transport PIN itself and leaves no right behind.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/bystander.sh"

NEW_PIN=60931574
WRONG=00000000
SHORT=123
export NEW_PIN WRONG SHORT

setup_blank
TRANSPORT=$(head -n 1 "$CARD/issuer/transport-pin")
export TRANSPORT
blank=$CARD.blank
copy_card "$CARD" "$blank"
build_bystander

store() { # AUTH-ID VARIABLE [TRANSPORT-VARIABLE]
	pkcs15-init --store-pin --auth-id "$1" --pin "env:$2" \
		--so-pin "env:${3:-TRANSPORT}"
}
finalize() { # [TRANSPORT-VARIABLE]
	pkcs15-init --finalize --so-pin "env:${1:-TRANSPORT}"
}
life_cycle() { jcop45-vcard info "$CARD" | grep -i 'life.cycle'; }
is_activated() { life_cycle | grep -qiE "$ACTIVATED"; }
refuses() { # NAME HEX
	asks "$2"
	[[ $REPLY != *9000* ]]
	tap $? "$1"
}
nothing_open() { # WHAT
	asks 00A4040C0AE828BD080F014E585030
	refuses "after $1 another process finds no transport PIN" 0020000400
	refuses "after $1 it can set no PIN" 002401010431323334
	refuses "after $1 it cannot activate" 00440000
}

# --- the three steps

start_bystander "$PROVIDER"
trace_reset
check "pkcs15-init --store-pin sets the global PIN" store 01 PIN
hasnt "and shows none" "$PIN|$TRANSPORT"
is "inside the channel" "$(count '.name == "pin-set" and .mac_verified and
	.executed and .sw == "9000"')" 1
is "the transport PIN went through it, too" \
	"$(count '.name == "verify" and .p2 == "04" and .mac_verified')" 1
is "once" "$(count '.name == "verify" and .p2 == "04"')" 1
nothing_open "the first step"
refused "--finalize without the signature PIN is refused" finalize
has "and it is named" "PIN signature is not set"
has "with the command that sets it" "store-pin --auth-id 02"
is "nothing was activated" "$(count '.name == "activate" and .sw == "9000"')" 0
check "pkcs15-init --store-pin sets the signature PIN" store 02 SIGN_PIN
nothing_open "the second step"
refused "a PIN that is set does not verify before the activation" \
	pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN
has "and why is said" "jcop45: .*PIN global.*has to be activated first"
trace_reset
SHORT=123
export SHORT
refused "--finalize with a short transport PIN is refused" finalize SHORT
has "with the lengths that are allowed" "PIN transport takes 4 to 16 characters"
hasnt "and not as a missing one" "give it with"
is "no try was used" "$(count '.name == "verify" and .p2 == "04"')" 0
trace_reset
check "pkcs15-init --finalize activates" finalize
is "with the transport PIN, once" \
	"$(count '.name == "verify" and .p2 == "04"')" 1
is "the role, in the channel" "$(count '.name == "role-authentication" and
	.mac_verified and .sw == "9000"')" 1
is "and one command" "$(count '.name == "activate" and .mac_verified and
	.executed and .sw == "9000"')" 1
that "the card is activated" is_activated
nothing_open "the last step"
stop_bystander
check "the global PIN verifies" pkcs15-tool --verify-pin --auth-id 01 \
	--pin env:PIN
check "the signature PIN verifies" pkcs15-tool --verify-pin --auth-id 02 \
	--pin env:SIGN_PIN
trace_reset
refused "a second --finalize is refused" finalize
has "because the card is activated" "activated already"
refused "and so is --store-pin" store 01 NEW_PIN
is "nothing was sent that could change the card" \
	"$(count '.ins | IN("24", "44", "82", "86")')" 0
check "the PIN is still the first one" pkcs15-tool --verify-pin \
	--auth-id 01 --pin env:PIN

# --- what is refused

copy_card "$blank" "$CARD"
trace_reset
refused "a PIN of three digits is refused" store 01 SHORT
has "with the lengths" "4 to 16"
refused "an auth id that is no user PIN's is refused" store 07 PIN
has "and the two are named" "01 is the PIN global, 02 the PIN signature"
refused "a PUK cannot be set" pkcs15-init --store-pin --auth-id 01 \
	--pin env:PIN --puk env:NEW_PIN --so-pin env:TRANSPORT
is "none of these used a try" "$(count '.name == "verify"')" 0
refused "a wrong transport PIN is refused" store 01 PIN WRONG
has "with the tries before and after" "tries left: 2 \(3 before\)"
is "it was sent once" "$(count '.name == "verify"')" 1
is "nothing was set" "$(count '.name == "pin-set"')" 0
refused "--finalize without any PIN is refused" finalize
has "and names the first" "PIN global is not set"
is "before the transport PIN was tried" "$(count '.name == "verify"')" 1
refused "without the transport PIN nothing is done" \
	pkcs15-init --store-pin --auth-id 01 --pin env:PIN
is "no PIN was set" "$(count '.name == "pin-set"')" 0
must store 01 PIN
must store 02 SIGN_PIN
trace_reset
refused "--finalize without the transport PIN is refused" \
	pkcs15-init --finalize
has "and says how to give it" "so-pin"
is "nothing was activated" "$(count '.name == "activate" and .sw == "9000"')" 0
# OpenSC itself ends the command here, before it asks our module.
refused "a PIN that is set already is not set again by pkcs15-init" \
	store 01 NEW_PIN
set_again() {
	jcop45-tool activate --transport-pin env:TRANSPORT --pin env:NEW_PIN \
		--sign-pin env:SIGN_PIN
}
check "jcop45-tool activate goes on from any step" set_again
check "with the PINs it was given" pkcs15-tool --verify-pin --auth-id 01 \
	--pin env:NEW_PIN

# --- the row of the table: SK_ADMIN and chip authentication

copy_card "$blank" "$CARD"
without() { sed -E "/$1/d" "$OPENSC_CONF" >less.conf && chmod 600 less.conf; }
without 'keyset_sk_unblk|keyset_sk_file'
check "a step needs SK_ADMIN and chip authentication only" \
	using "$WORK/less.conf" store 01 PIN
for lack in keyset_sk_admin chip_auth_key_config chip_auth_trust_anchor; do
	without "$lack"
	trace_reset
	refused "without $lack a step is refused" \
		using "$WORK/less.conf" store 02 SIGN_PIN
	has "and $lack is named" "$lack"
	refused "without $lack --finalize is refused" \
		using "$WORK/less.conf" finalize
	is "without $lack nothing was sent that changes the card" \
		"$(count '.ins | IN("24", "44", "82", "86")')" 0
done
done_testing
