#!/bin/bash
# pinpad.sh: PINs typed on the PIN pad of the reader: activation, verification,
# change and unblocking, and that what is typed stays in the reader.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

NEW_PIN=60318274
OTHER=91823746
export NEW_PIN OTHER

pad() { # ENTRY...: what somebody will type, and nothing from before
	rm -f "$CARD/pinpad"
	[ $# -eq 0 ] || must jcop45-vcard pinpad "$CARD" "$@"
}
waiting() {
	jcop45-vcard pinpad "$CARD" | sed 's/ .*//'
}
tries() { # NAME
	jcop45-vcard info "$CARD" | sed -nE \
		"s/^.*\b$1\b[^0-9]*([0-9]+) tr(y|ies).*/\1/Ip" | head -n 1
}
# A secret as it is or in hexadecimal, whatever stands between the digits.
in_file() { # VALUE FILE
	local hex
	hex=$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')
	[ -f "$2" ] && tr -d ' :\n' <"$2" | grep -qi -e "$1" -e "$hex"
}
# The same, through dumps with their text column.
in_log() { # VALUE FILE
	in_file "$1" "$2" || {
		sed -E 's/^(([0-9A-F]{2} ){1,16}) *.*$/\1/' "$2" >"$2.hex"
		in_file "$1" "$2.hex"
	}
}
verify_supplied() { # AUTH-ID VARIABLE
	pkcs15-tool --verify-pin --auth-id "$1" --pin "env:$2"
}
verify_typed() { # AUTH-ID
	pkcs15-tool --verify-pin --use-pinpad --auth-id "$1"
}

setup_blank
TRANSPORT=$(cat "$CARD/issuer/transport-pin")
PUK=$(cat "$CARD/issuer/puk")
export TRANSPORT PUK
blank=$CARD.blank
copy_card "$CARD" "$blank"

# --- a reader without a pad ---------------------------------------------------------

activate_with() { # TRANSPORT PIN SIGN-PIN, each a source
	jcop45-tool activate --transport-pin "$1" --pin "$2" --sign-pin "$3"
}
trace_reset
refused "without a pad a typed PIN is refused" \
	activate_with pinpad env:PIN env:SIGN_PIN
has "and the error says that the reader has none" "no PIN pad"
hasnt "and nobody is asked instead" "PIN:|again:"
is "and no PIN command was sent" "$(count '.ins | IN("20", "24", "2C")')" 0
trace_reset
refused "nor is a PIN changed without one" jcop45-tool change-pin \
	--which global --old-pin pinpad --new-pin pinpad
has "and that error says so too" "no PIN pad"
refused "nor unblocked" jcop45-tool unblock-pin --which global \
	--puk env:PUK --new-pin pinpad
is "and the card saw nothing of it" "$(count '.ins | IN("20", "24", "2C")')" 0
refused "what is to be typed needs a pad" \
	jcop45-vcard pinpad "$CARD" "type 1234"

# --- activation in every mixture ----------------------------------------------------

printf 'pinpad = yes\n' >"$blank/reader"

steps='(.name == "verify" or .name == "pin-set")'
mixture() { # BITS: 1 transport PIN, 2 global, 4 signature are typed
	local sources=(env:TRANSPORT env:PIN env:SIGN_PIN) typed=() pads=0
	copy_card "$blank" "$CARD"
	if [ $(($1 & 1)) -ne 0 ]; then
		sources[0]=pinpad
		typed+=("type $TRANSPORT")
	fi
	if [ $(($1 & 2)) -ne 0 ]; then
		sources[1]=pinpad
		typed+=("type $PIN" "type $PIN")
	fi
	if [ $(($1 & 4)) -ne 0 ]; then
		sources[2]=pinpad
		typed+=("type $SIGN_PIN" "type $SIGN_PIN")
	fi
	pads=$(($1 % 2 + $1 / 2 % 2 + $1 / 4))
	pad ${typed+"${typed[@]}"}
	trace_reset
	check "activation with ${sources[*]}" activate_with "${sources[@]}"
	is "${sources[*]}: the pad was used as often" \
		"$(count '.pad')" "$pads"
	is "${sources[*]}: all that was typed was asked for" "$(waiting)" 0
	is "${sources[*]}: three steps" "$(count "$steps")" 3
	if [ "$pads" -gt 0 ]; then
		is "${sources[*]}: all of them plain" \
			"$(count "$steps and .secured")" 0
		is "${sources[*]}: and before the channel" "$(jq -s '
			(map(.name == "chip-authentication") | index(true)) >
			(map(.name == "pin-set") | rindex(true))' "$TRACE")" \
			true
		has "${sources[*]}: it is said what to type" \
			"on the PIN pad.*type"
	else
		is "${sources[*]}: all of them inside the channel" \
			"$(count "$steps and .mac_verified")" 3
	fi
	is "${sources[*]}: the rest came inside it" "$(count \
		'.name == "activate" and .mac_verified')" 1
	that "${sources[*]}: both PINs are the ones that were meant" \
		both_verify
}
both_verify() {
	verify_supplied 01 PIN && verify_supplied 02 SIGN_PIN
}
for bits in 0 1 2 3 4 5 6 7; do
	mixture "$bits"
done
activated=$CARD.activated
copy_card "$CARD" "$activated"

# --- what goes wrong at the pad ------------------------------------------------------

copy_card "$blank" "$CARD"
broken() { # NAME PATTERN ENTRY...
	local name=$1 pattern=$2
	shift 2
	pad "$@"
	trace_reset
	refused "activation: $name" activate_with pinpad pinpad env:SIGN_PIN
	has "activation: $name: the error says so" "$pattern"
	is "activation: $name: nothing was activated" \
		"$(count '.name == "activate"')" 0
	is "activation: $name: the transport PIN has its tries" \
		"$(tries transport)" 3
}
broken "nobody types" "in time"
broken "the entry is cancelled" "cancel" cancel
broken "the second new PIN differs" "something else|differ|match" \
	"type $TRANSPORT" "type $PIN" "type $OTHER"
broken "the new PIN is too short" "short|long" "type $TRANSPORT" "type 123"
refused "a wrong transport PIN on the pad" eval \
	'pad "type 00000000"; activate_with pinpad pinpad env:SIGN_PIN'
has "is told with the tries left" "\b2\b"
pad "type $TRANSPORT" "type $PIN" "type $PIN"
check "after all that activation completes" \
	activate_with pinpad pinpad env:SIGN_PIN

copy_card "$activated" "$CARD"
never_seen() { # NAME SW-ENTRY...: a verification that the reader ends itself
	local name=$1
	shift
	pad "$@"
	trace_reset
	refused "$name" verify_typed 01
	is "$name: the card never saw it" "$(count '.pad')" 0
	is "$name: no try is lost" "$(tries global)" 3
}
never_seen "a timeout at the pad" timeout
never_seen "a cancelled verification" cancel
never_seen "a PIN that is too short" "type 123"
never_seen "a PIN that is too long" "type 12345678901234567"

# --- the stock tools ------------------------------------------------------------------

# One verification in a log of all that OpenSC says.
logged() { # FILE COMMAND...
	local file=$1
	shift
	OPENSC_DEBUG=9 "$@" >"$file" 2>&1
}
trace_reset
pad "type $PIN"
check "pkcs15-tool verifies the typed global PIN" \
	logged typed.log verify_typed 01
is "with one command from the pad" "$(count '.pad and .sw == "9000"')" 1
pad "type $SIGN_PIN"
check "and the typed signature PIN" logged typed2.log verify_typed 02
check "a supplied one too" logged supplied.log verify_supplied 01 PIN
that "OpenSC's log has a supplied PIN" in_log "$PIN" supplied.log
no() { ! "$@"; }
that "and no typed one" no in_log "$PIN" typed.log
that "of neither PIN" no in_log "$SIGN_PIN" typed2.log
that "which are logs of the same kind" grep -q "Outgoing APDU" typed.log
pad "type 00000000"
refused "a wrong PIN from the pad is refused" verify_typed 01
is "and costs one try" "$(tries global)" 2
pad "type $PIN"
must verify_typed 01

pad "type $PIN" "type $NEW_PIN" "type $NEW_PIN"
trace_reset
check "pkcs15-tool changes a PIN with the pad" logged change.log \
	pkcs15-tool --change-pin --auth-id 01
is "old and new came from it" "$(count '.pad')" 2
that "neither is in the log" no in_log "$PIN" change.log
that "nor in the trace" no in_file "$NEW_PIN" "$TRACE"
that "not the new one either" no in_log "$NEW_PIN" change.log
check "the new PIN holds" verify_supplied 01 NEW_PIN
pad "type $NEW_PIN" "type $PIN" "type $OTHER"
refused "a wrong confirmation changes nothing" \
	pkcs15-tool --change-pin --auth-id 01
check "the PIN is as it was" verify_supplied 01 NEW_PIN
is "with all its tries" "$(tries global)" 3

pad "type $PUK" "type $PIN" "type $PIN"
trace_reset
check "pkcs15-tool unblocks with the PUK on the pad" logged unblock.log \
	pkcs15-tool --unblock-pin --auth-id 01
is "PUK and new PIN came from it" "$(count '.pad')" 2
that "the PUK is not in the log" no in_log "$PUK" unblock.log
check "the PIN is the one that was typed" verify_supplied 01 PIN

# --- PKCS#11: the PIN is NULL -----------------------------------------------------------

must generate 2048 01 11
must generate 3072 02 21
public_key 11 pub-11.pem
public_key 21 pub-21.pem
echo text >text
run p11 --list-token-slots
has "PKCS#11 programs are told of the pad" "PIN pad present"
slot=$(slot_of global)
pad "type $PIN"
trace_reset
check "pkcs11-tool logs in by the pad and signs" p11 --slot "$slot" --login \
	--sign -m SHA256-RSA-PKCS --id 11 -i text -o sig
is "with one typed PIN" "$(count '.pad')" 1
check "the signature is right" openssl dgst -sha256 -verify pub-11.pem \
	-signature sig text
slot=$(slot_of sign)
pad "type $SIGN_PIN" "type $SIGN_PIN"
check "the signature key asks the pad for each signature" p11 \
	--slot "$slot" --login --sign -m SHA256-RSA-PKCS --id 21 -i text -o sig
check "and that one is right" openssl dgst -sha256 -verify pub-21.pem \
	-signature sig text
pad cancel
refused "a cancelled login is no login" p11 --slot "$(slot_of global)" \
	--login --sign -m SHA256-RSA-PKCS --id 11 -i text -o sig3
is "and costs no try" "$(tries global)" 3

# --- jcop45-tool ------------------------------------------------------------------------

change_with() { # OLD NEW, sources
	jcop45-tool change-pin --which global --old-pin "$1" --new-pin "$2"
}
pad "type $PIN" "type $NEW_PIN" "type $NEW_PIN"
check "change-pin: both typed" change_with pinpad pinpad
has "it is said what to type" "on the PIN pad.*type the"
pad "type $PIN" "type $PIN"
check "change-pin: the new one typed" change_with env:NEW_PIN pinpad
pad "type $PIN"
check "change-pin: the old one typed" change_with pinpad env:NEW_PIN
check "change-pin: none typed" change_with env:NEW_PIN env:PIN
check "the last one holds" verify_supplied 01 PIN
pad "type $PIN"
refused "change-pin: nobody types the new one" change_with pinpad pinpad
has "the error says so" "in time"
check "and the old PIN holds" verify_supplied 01 PIN
is "change-pin left all tries" "$(tries global)" 3

unblock_with() { # PUK NEW, sources
	jcop45-tool unblock-pin --which signature --puk "$1" --new-pin "$2"
}
pad "type $PUK" "type $NEW_PIN" "type $NEW_PIN"
check "unblock-pin: both typed" unblock_with pinpad pinpad
pad "type $SIGN_PIN" "type $SIGN_PIN"
check "unblock-pin: the new PIN typed" unblock_with env:PUK pinpad
pad "type $PUK"
check "unblock-pin: the PUK typed" unblock_with pinpad env:NEW_PIN
pad "type $SIGN_PIN" "type $SIGN_PIN"
check "unblock-pin: with the key set, the new PIN typed" jcop45-tool \
	unblock-pin --which signature --keyset --new-pin pinpad
check "the typed one holds" verify_supplied 02 SIGN_PIN
is "unblock-pin: the PUK has its tries" "$(tries PUK)" 5
pad cancel
refused "unblock-pin: cancelled" unblock_with pinpad pinpad
is "and the PUK has them still" "$(tries PUK)" 5

# --- both values in one command ---------------------------------------------------------

# Of fixed length, as pads need it: eight digits filled up with FF.
sed -E -e 's/(change_pin|unblock_puk) = chipdoc;/\1 = iso;/' \
	-e 's/padding = none;/padding = FF;/' -e 's/charset = any;/charset = numeric;/' \
	-e 's/max_length = 16;/max_length = 12;/' \
	"$JCOP_SRC/etc/agent.card" >padded.card
new_card padded --description padded.card
for set in sk_admin; do import_keyset "$set" padded; done
new_config --card-description "$WORK/padded.card" --keyset-sk-admin padded
printf 'pinpad = yes\n' >"$CARD/reader"
TRANSPORT=$(cat "$CARD/issuer/transport-pin")
PUK=$(cat "$CARD/issuer/puk")
must activate_with env:TRANSPORT env:PIN env:SIGN_PIN
pad "type $PIN" "type $NEW_PIN" "type $NEW_PIN"
trace_reset
check "fixed length: old and new PIN are typed for one command" \
	change_with pinpad pinpad
is "fixed length: it was one" "$(count '.name == "pin-change" and .pad')" 1
check "fixed length: the new PIN holds" verify_supplied 01 NEW_PIN
pad "type $PIN" "type $PIN"
check "fixed length: a typed new one behind a supplied old one" \
	logged both.log change_with env:NEW_PIN pinpad
that "fixed length: neither is in OpenSC's log" no in_log "$NEW_PIN" both.log
that "fixed length: not the typed one" no in_log "$PIN" both.log
check "fixed length: and that holds" verify_supplied 01 PIN
pad "type $PUK" "type $NEW_PIN" "type $NEW_PIN"
check "fixed length: PUK and new PIN for one command" jcop45-tool unblock-pin \
	--which global --puk pinpad --new-pin pinpad
check "fixed length: the new PIN holds again" verify_supplied 01 NEW_PIN

that "no typed value is in any trace" no in_file "$NEW_PIN" "$TRACE"

# Without it the pad would not know where the new PIN goes.
sed -E 's/(change_pin|unblock_puk) = chipdoc;/\1 = iso;/' \
	"$JCOP_SRC/etc/agent.card" >iso.card
new_card iso --description iso.card
import_keyset sk_admin iso
new_config --card-description "$WORK/iso.card" --keyset-sk-admin iso
printf 'pinpad = yes\n' >"$CARD/reader"
TRANSPORT=$(cat "$CARD/issuer/transport-pin")
must activate_with env:TRANSPORT env:PIN env:SIGN_PIN
pad "type $PIN" "type $NEW_PIN" "type $NEW_PIN"
trace_reset
refused "any length: an old PIN on the pad has no place in one command" \
	change_with pinpad pinpad
has "any length: the error says what can be typed" "only the new value"
is "any length: nothing was typed" "$(waiting)" 3
is "any length: and no PIN was sent" "$(count '.ins | IN("24", "2C")')" 0
pad "type $NEW_PIN" "type $NEW_PIN"
check "any length: the new one is typed behind the supplied old one" \
	change_with env:PIN pinpad
check "any length: and holds" verify_supplied 01 NEW_PIN

# --- the other door ---------------------------------------------------------------------

. "$JCOP_SRC/tests/flow/lib-pcscd.sh"
flow_cleanup() { stop_private_pcscd; }
door=$CARD
unset JCOP45_VCARD
start_private_pcscd "$door" || bail "no private pcscd"
no_provider=yes new_config --card-description "$WORK/iso.card" \
	--keyset-sk-admin iso
check "in a slot of pcscd the card works" jcop45-tool info
refused "but has no pad, whatever its own reader has" \
	change_with env:NEW_PIN pinpad
has "and that is said" "no PIN pad"
done_testing
