#!/bin/bash
# encode-pinpad.sh: the examples of etc/examples on a reader with a PIN pad, and
# that what is typed on it stays there.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

NEW_PIN=60318274
OTHER=91823746
export NEW_PIN OTHER

status_is() { # NAME STATUS COMMAND...
	local name=$1 wanted=$2
	shift 2
	run "$@"
	is "$name" "$RC" "$wanted"
}
# Everything that the command prints in this test, to look for secrets in.
example() { # NAME OPTION...
	local name=$1 file
	shift
	file=$EXAMPLES/$name.dsc
	[ -f "$file" ] || file=$name.dsc
	encode "$file" "$@" >said 2>&1
	set -- $?
	cat said
	cat said >>all.said
	return "$1"
}
pad() { # ENTRY...: what somebody will type, and nothing from before
	rm -f "$CARD/pinpad"
	[ $# -eq 0 ] || jcop45-vcard pinpad "$CARD" "$@" || bail "no pad"
}
waiting() {
	jcop45-vcard pinpad "$CARD" | sed 's/ .*//'
}
typed() { # NAME COMMANDS: the pad made so many, and nothing is left over
	is "$1: the pad was used" "$(count '.pad')" "$2"
	is "$1: all that was typed was asked for" "$(waiting)" 0
}
no() { ! "$@"; }

setup_blank card --temporary
card_secrets
printf 'pinpad = yes\n' >"$CARD/reader"
blank=$CARD.blank
copy_card "$CARD" "$blank"
new_issuer
kept_on_paper

# A pinentry that nobody may ask while there is a pad.
mkdir bin
cat >bin/pinentry <<'FAKE'
#!/bin/sh
echo asked >>"$PINENTRY_LOG"
echo "ERR 83886179 Operation cancelled <Pinentry>"
FAKE
chmod 755 bin/pinentry
export PINENTRY_LOG=$WORK/pinentry.log PATH=$WORK/bin:$PATH

# --- activation -------------------------------------------------------------------

activate_typed() { # OPTION...
	example activate --field TRANSPORT_PIN=env:TRANSPORT "$@"
}
trace_reset
check "activate.dsc: --dry-run" activate_typed --dry-run
has "activate.dsc: it tells what will be asked, and where" \
	"PIN pad: .*global PIN"
has "activate.dsc: both of it" "PIN pad: .*signature PIN"
hasnt "activate.dsc: not what comes from a field" "PIN pad: .*transport"
is "activate.dsc: and asks for nothing" "$(count '.pad') $(changes)" "0 0"

broken() { # NAME PATTERN ENTRY...
	local name="activate.dsc: $1" pattern=$2
	shift 2
	pad "$@"
	trace_reset
	status_is "$name: status 6" 6 activate_typed
	has "$name: the error says so" "$pattern"
	has "$name: and where" "activate .*PIN pad"
	is "$name: nothing is activated" "$(life_cycle)" initialisation
	is "$name: the transport PIN has its tries" "$(tries transport)" 3
}
broken "nobody types" "in time"
broken "the entry is cancelled" "cancel" cancel
hasnt "activate.dsc: no step is called done before the first one" \
	"steps before it are done"
broken "the second entry differs" "something else|differ|match" \
	"type $PIN" "type $OTHER"
broken "it is too short" "short" "type 123" "type 123"
broken "the signature PIN is cancelled" "cancel" \
	"type $PIN" "type $PIN" cancel
pad "type $PIN" "type $PIN" "type $SIGN_PIN" "type $SIGN_PIN"
trace_reset
check "activate.dsc: after all that it activates" activate_typed
typed activate.dsc 2
is "activate.dsc: the card is activated" "$(life_cycle)" activated
is "activate.dsc: SK_ADMIN was used once" \
	"$(count '.name == "role-authentication"')" 1
has "activate.dsc: it is said what to type" "on the PIN pad.*type the"
check "activate.dsc: the global PIN is the one that was typed" verifies 01 PIN
check "activate.dsc: the signature PIN too" verifies 02 SIGN_PIN
activated=$CARD.activated
copy_card "$CARD" "$activated"
pad "type $OTHER" "type $OTHER"
trace_reset
status_is "activate.dsc on an activated card: status 7" 7 activate_typed
is "activate.dsc: nobody was asked to type" "$(waiting)" 2
is "activate.dsc: and nothing was changed" "$(changes)" 0

copy_card "$blank" "$CARD"
sed 's/^\(IdopteTransportPin\)=.*/\1=!FROM_PROTECTED_AUTHENTICATION_PATH/' \
	"$EXAMPLES/activate.dsc" >all-typed.dsc
pad "type $OTHER"
status_is "a wrong transport PIN on the pad: status 6" 6 example all-typed
has "is told with the tries left" "transport.*\b2\b"
is "and costs one" "$(tries transport)" 2
pad "type $TRANSPORT" "type $PIN" "type $PIN" "type $SIGN_PIN" \
	"type $SIGN_PIN"
trace_reset
check "the transport PIN is typed, too" example all-typed
typed "all typed" 3
check "all typed: the global PIN holds" verifies 01 PIN

# --- change -----------------------------------------------------------------------

check "change-pin.dsc: --dry-run" example change-pin --dry-run
has "change-pin.dsc: AUTO is the PIN pad" "PIN pad: old global PIN.*new"
pad "type $PIN" "type $NEW_PIN" "type $NEW_PIN"
trace_reset
check "change-pin.dsc changes the PIN on the pad" example change-pin
typed change-pin.dsc 2
is "change-pin.dsc: no key set and no channel" "$(count \
	'.name | IN("chip-authentication", "role-authentication")')" 0
check "change-pin.dsc: the new PIN holds" verifies 01 NEW_PIN
unchanged() { # NAME PATTERN TRIES ENTRY...
	local name="change-pin.dsc: $1" pattern=$2 left=$3
	shift 3
	pad "$@"
	trace_reset
	status_is "$name: status 6" 6 example change-pin
	has "$name: the error says so" "$pattern"
	is "$name: $left tries are left" "$(tries global)" "$left"
	check "$name: the PIN is as it was" verifies 01 NEW_PIN
}
unchanged "nobody types the old PIN" "in time" 3
unchanged "the old PIN is cancelled" cancel 3 cancel
that "change-pin.dsc: no step is called done before the only one" \
	no grep -q "steps before it are done" said
unchanged "the new PIN is cancelled" cancel 3 "type $NEW_PIN" cancel
unchanged "nobody types the new PIN" "in time" 3 "type $NEW_PIN"
unchanged "the new PIN differs" "something else|differ|match" 3 \
	"type $NEW_PIN" "type $PIN" "type $OTHER"
unchanged "the old PIN is wrong" "global is wrong.*\b2\b" 2 "type $OTHER" \
	"type $PIN" "type $PIN"
is "change-pin.dsc: after a wrong old PIN no new one is asked for" \
	"$(waiting)" 2
pad "type $NEW_PIN" "type $PIN" "type $PIN"
logged() { # OPTION...: with all that OpenSC says
	encode "$EXAMPLES/change-pin.dsc" -vvvvvv >log 2>&1
}
check "change-pin.dsc: and can be repeated, with a log" logged
that "change-pin.dsc: which shows what was sent" grep -qi "apdu" log
that "change-pin.dsc: but not what was typed" not_in "$PIN" log
that "change-pin.dsc: neither of it" not_in "$NEW_PIN" log
check "change-pin.dsc: the typed PIN holds" verifies 01 PIN

job two.dsc <<'DSC'
[Description]
SetPin=true
PIN=!FROM_PROTECTED_AUTHENTICATION_PATH
SignPIN=!FROM_USER_DIALOG_3_FIELD_AUTO
DSC
pad "type $PIN" "type $NEW_PIN" "type $NEW_PIN" "type $SIGN_PIN" cancel
status_is "both PINs: the second one is cancelled: status 6" 6 example two
has "both PINs: it is said which one holds" \
	"global PIN.*(new|changed|holds|set|done)"
check "both PINs: the global one is the new one" verifies 01 NEW_PIN
check "both PINs: the signature PIN is the old one" verifies 02 SIGN_PIN
pad "type $NEW_PIN" "type $PIN" "type $PIN" "type $SIGN_PIN" \
	"type $NEW_PIN" "type $NEW_PIN"
trace_reset
check "both PINs: repeated, both are changed" example two
typed "both PINs" 4
check "both PINs: the global one holds" verifies 01 PIN
check "both PINs: the signature PIN too" verifies 02 NEW_PIN

# --- unblocking -------------------------------------------------------------------

check "unblock-pin-puk.dsc: --dry-run" example unblock-pin-puk --dry-run
has "unblock-pin-puk.dsc: both are asked on the pad" "PIN pad: .*PUK"
hasnt "unblock-pin-puk.dsc: nothing in a dialog" "dialog"
pad "type $PUK" "type $SIGN_PIN" "type $SIGN_PIN"
trace_reset
check "unblock-pin-puk.dsc unblocks on the pad" example unblock-pin-puk
typed unblock-pin-puk.dsc 2
check "unblock-pin-puk.dsc: the typed PIN holds" verifies 02 SIGN_PIN
is "unblock-pin-puk.dsc: no key set was used" \
	"$(count '.name == "role-authentication"')" 0
kept() { # NAME PATTERN PUK-TRIES ENTRY...
	local name="unblock-pin-puk.dsc: $1" pattern=$2 left=$3
	shift 3
	pad "$@"
	status_is "$name: status 6" 6 example unblock-pin-puk
	has "$name: the error says so" "$pattern"
	is "$name: the PUK has $left tries" "$(tries PUK)" "$left"
	check "$name: the PIN is as it was" verifies 02 SIGN_PIN
}
kept "the PUK is cancelled" cancel 5 cancel
kept "the new PIN differs" "something else|differ|match" 5 "type $PUK" \
	"type $NEW_PIN" "type $OTHER"
kept "nobody types the new PIN" "in time" 5 "type $PUK"
kept "a wrong PUK" "PUK is wrong.*\b4\b" 4 "type $OTHER"

pad "type $NEW_PIN" "type $NEW_PIN"
trace_reset
check "unblock-pin-keyset.dsc unblocks on the pad" example unblock-pin-keyset
typed unblock-pin-keyset.dsc 1
is "unblock-pin-keyset.dsc: the key set was used once" \
	"$(count '.name == "role-authentication"')" 1
check "unblock-pin-keyset.dsc: the typed PIN holds" verifies 02 NEW_PIN
pad "type $SIGN_PIN" "type $OTHER"
status_is "unblock-pin-keyset.dsc: a confirmation that differs: status 6" 6 \
	example unblock-pin-keyset
has "unblock-pin-keyset.dsc: is told" "something else|differ|match"
pad "type $SIGN_PIN" "type $SIGN_PIN"
check "unblock-pin-keyset.dsc: and can be repeated" example unblock-pin-keyset
check "unblock-pin-keyset.dsc: that one holds" verifies 02 SIGN_PIN
that "nobody asked pinentry" test ! -e "$PINENTRY_LOG"

# A dialog that is not AUTO is a dialog, whatever the reader has.
sed 's/_AUTO$//' "$EXAMPLES/change-pin.dsc" >dialog.dsc
pad "type $PIN" "type $OTHER" "type $OTHER"
trace_reset
status_is "a source without AUTO leaves the pad alone" 6 \
	example dialog --pinentry
is "and what was to be typed waits" "$(waiting) $(count '.pad')" "3 0"
that "it asked pinentry" test -s "$PINENTRY_LOG"

# --- requests ---------------------------------------------------------------------

job request.dsc <<DSC
[Fields]
made=
[Description]
$ADMIN
SignPIN=!FROM_PROTECTED_AUTHENTICATION_PATH
ApplicationList=A
[Application_A]
CertTempl=Sign
CertKeyListReturnField=made
StoreUserCertOnly=true
SignP10WithDummyKey=true
Location=#signature
KeySize=3072
DSC
signature_holds() { # LETTER
	openssl req -in "$ASKED/$ICCSN-$1.csr" -noout -verify 2>&1 |
		grep -q "verify OK"
}
sign_request() { # OPTION...
	example request --ca "$ASKING" --fields-out made.json "$@"
}
pad
check "request: --dry-run" sign_request --dry-run
has "request: it tells that the PIN will be typed" "PIN pad: .*signature PIN"
pad timeout
status_is "request: nobody types: status 6" 6 sign_request
has "request: the error says so" "in time"
has "request: and what is done, and how to go on" "same command goes on|journal"
is "request: the key is there" "$(keys_in_slots)" 1
pad cancel
status_is "request: cancelled: status 6" 6 sign_request
has "request: that error says so" "cancel"
pad "type $OTHER"
status_is "request: a wrong PIN: status 6" 6 sign_request
has "request: it is told with the tries left" "signature.*\b2\b"
is "request: it cost one" "$(tries signature)" 2
that "request: the CA was not asked meanwhile" test ! -e "$ASKED/$ICCSN-A.env"
pad "type $SIGN_PIN"
trace_reset
check "request: with the PIN it is signed" sign_request
typed request 1
that "request: by the card's own key" signature_holds A
is "request: no second key was made for it" "$(keys_in_slots)" 1
check "request: the certificate is there" on_card Sign A
that "request: it fits its key" fits A
check "request: it is the CA's" issued A.pem
is "request: the field has it" "$(jq -r '.made[0].certificate' made.json |
	base64 -d | openssl x509 -inform DER -noout -fingerprint -sha256)" \
	"$(fingerprint A.pem)"

# --- the whole card ---------------------------------------------------------------

copy_card "$blank" "$CARD"
rm -f "$ASKED"/*
path='!FROM_PROTECTED_AUTHENTICATION_PATH'
sed -E -e "s/^(IdopteTransportPin|PIN|SignPIN)=.*/\\1=$path/" \
	-e '/^(TRANSPORT_PIN|GLOBAL_PIN|SIGN_PIN)=/d' \
	"$EXAMPLES/whole-card.dsc" >whole.dsc
whole() { # OPTION...
	example whole --field lastname=Martin --field name=Jeanne \
		--field job=Greffier \
		--field P12PASSWORD_A=file:password \
		--field P12PASSWORD_B=env:P12 \
		--field RecoveryCertificateData_A=@old.b64 \
		--ca "$ASKING" --fields-out result.json "$@"
}
pad
# What is typed on the pad is not at hand: the host never has it.
check "whole card, dummy keys allowed: --dry-run" whole --dry-run
is "whole card, dummy keys allowed: three entries at the pad" \
	"$(grep -c "PIN pad: " <<<"$OUT")" 3
is "whole card, dummy keys allowed: both requests have such a signature" \
	"$(grep -c "signed by a throw-away key" <<<"$OUT")" 2
sed -i 's/^\(SignP10WithDummyKey\)=.*/\1=false/' whole.dsc
check "whole card: --dry-run" whole --dry-run
is "whole card: five entries at the pad are announced" \
	"$(grep -c "PIN pad: " <<<"$OUT")" 5
pad "type $TRANSPORT" "type $PIN" "type $PIN" "type $SIGN_PIN" \
	"type $SIGN_PIN" "type $SIGN_PIN" "type $PIN"
trace_reset
JOURNAL=$WORK/result.json.journal
check "whole card: one command, all PINs typed" whole
typed "whole card" 5
cp "$TRACE" whole.trace
is "whole card: the card is activated" "$(life_cycle)" activated
is "whole card: four keys, four certificates" \
	"$(keys_in_slots) $(certificates_in_files)" "4 4"
for letter in C D; do
	that "whole card: request $letter is signed by the card's key" \
		signature_holds "$letter"
done
on_card MySigCertTemplate C
on_card MyAuthCertTemplate D
check "whole card: the signature certificate is the CA's" issued C.pem
that "whole card: and fits its key" fits C
check "whole card: so is the authentication certificate" issued D.pem
that "whole card: which fits its key" fits D
pad
check "whole card: the recovered key reads an old message" \
	works "$(label_to_id Recovery)" pub-old.pem
is "whole card: the agent data is written" \
	"$(data '[."ef.id".familyName, ."ef.function".job]')" \
	'["Martin","Greffier"]'
is "whole card: the fields are in a private file" "$(stat -c %a result.json)" \
	600
that "whole card: and the journal is gone" test ! -e result.json.journal

# --- examples that have nothing to type: the pad makes no difference ----------------

untouched() { # NAME OPTION...
	trace_reset
	check "$1.dsc: as on any reader" example "$@"
	is "$1.dsc: nothing was asked on the pad" "$(count '.pad')" 0
}
pad
copy_card "$blank" "$CARD"
values fields.json "TRANSPORT_PIN=$TRANSPORT" "GLOBAL_PIN=$PIN" \
	"SIGN_PIN=$SIGN_PIN" KEYSET_ADMIN=sk_admin:11 lastname=Martin \
	name=Jeanne job=Greffier "P12PASSWORD_A=$P12" "P12PASSWORD_B=$P12" \
	"RecoveryCertificateData_A=$(cat old.b64)"
untouched activate-fields --fields fields.json
untouched update-data --field lastname=Martin --field name=Jeanne
is "update-data.dsc: the data is there" \
	"$(data '[."ef.id".familyName, ."ef.id".firstName]')" \
	'["Martin","Jeanne"]'
untouched read-data
has "read-data.dsc: it is read" Jeanne
untouched list-cards
has "list-cards.dsc: the card is listed" "$ICCSN-3B"
untouched select-card --field "ICCSN=$ICCSN"
has "select-card.dsc: it is that one" Martin
CA_ACCEPT_DUMMY=yes untouched request-certificates --fields fields.json \
	--ca "$ASKING"
is "request-certificates.dsc: four keys, four certificates" \
	"$(keys_in_slots) $(certificates_in_files)" "4 4"
untouched delete-all
is "delete-all.dsc: none is left" \
	"$(keys_in_slots) $(certificates_in_files)" "0 0"
copy_card "$blank" "$CARD"
untouched whole-card --fields fields.json --ca "$ASKING" \
	--fields-out result.json
is "whole-card.dsc: four keys, four certificates" \
	"$(keys_in_slots) $(certificates_in_files)" "4 4"

# --- nothing typed appears anywhere -------------------------------------------------

for value in "$TRANSPORT" "$PIN" "$SIGN_PIN" "$NEW_PIN" "$OTHER" "$PUK"; do
	case $value in
	"$TRANSPORT") what="the transport PIN" ;;
	"$PIN") what="the global PIN" ;;
	"$SIGN_PIN") what="the signature PIN" ;;
	"$PUK") what="the PUK" ;;
	*) what="a PIN ($value)" ;;
	esac
	that "$what is in nothing that was printed, traced or written" not_in \
		"$value" all.said "$TRACE" whole.trace result.json "$ASKED"/*
done
that "what was printed is there to look into" grep -q "on the PIN pad" all.said
that "the journal was looked into, too" test -s "$ASKED/$ICCSN-D.journal"
done_testing
