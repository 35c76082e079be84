#!/bin/bash
# pin-change.sh: both PINs are changed by stock tools and by ours; what can be
# known to fail costs no try, and what fails costs one and says so.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/bystander.sh"

NEW_PIN=60931574
NEW_SIGN_PIN=18273645
WRONG=00000000
SHORT=123
LONG=12345678901234567
export NEW_PIN NEW_SIGN_PIN WRONG SHORT LONG

setup_activated
fresh=$CARD.fresh
copy_card "$CARD" "$fresh"

verifies() { # AUTH-ID VARIABLE
	pkcs15-tool --verify-pin --auth-id "$1" --pin "env:$2"
}
# commands that cost a try if they are wrong
tried() { count '.name | IN("verify", "pin-change", "pin-set", "unblock")'; }

# --- stock tools

trace_reset
check "pkcs15-tool --change-pin changes the global PIN" pkcs15-tool \
	--change-pin --auth-id 01 --pin env:PIN --new-pin env:NEW_PIN
is "the old one was verified once" "$(count '.name == "verify"')" 1
is "and the new one set once" "$(count '.name == "pin-set"')" 1
is "none of it needs the channel or a key set" \
	"$(count '.secured or .ins == "82" or .ins == "86"')" 0
check "the new one verifies" verifies 01 NEW_PIN
refused "the old one does not" verifies 01 PIN
check "pkcs15-tool --change-pin changes the signature PIN" pkcs15-tool \
	--change-pin --auth-id 02 --pin env:SIGN_PIN --new-pin env:NEW_SIGN_PIN
check "the new signature PIN verifies" verifies 02 NEW_SIGN_PIN
check "the global PIN was left alone" verifies 01 NEW_PIN

copy_card "$fresh" "$CARD"
must generate 2048 01 16
slot=$(slot_of global)
trace_reset
check "pkcs11-tool --change-pin changes the global PIN" p11 --slot "$slot" \
	--login --pin env:PIN --change-pin --new-pin env:NEW_PIN
check "and the new one verifies" verifies 01 NEW_PIN
slot=$(slot_of signature)
check "pkcs11-tool --change-pin changes the signature PIN" p11 --slot "$slot" \
	--login --pin env:SIGN_PIN --change-pin --new-pin env:NEW_SIGN_PIN
check "and it verifies" verifies 02 NEW_SIGN_PIN
is "no PUK was touched" "$(count '.p2 == "06" and .plain_lc > 0')" 0

# --- ours

copy_card "$fresh" "$CARD"
change() { # WHICH OLD NEW
	jcop45-tool change-pin --which "$1" --old-pin "env:$2" \
		--new-pin "env:$3"
}
trace_reset
check "jcop45-tool change-pin changes the global PIN" \
	change global PIN NEW_PIN
has "and says so" "global"
hasnt "without showing one" "$PIN|$NEW_PIN"
is "it ends with the PIN logged out" "$(jq -s '(map(.name == "logout") |
	rindex(true)) > (map(.name == "pin-set") | rindex(true))' "$TRACE")" true
check "jcop45-tool change-pin changes the signature PIN, in any case" \
	change SIGNATURE SIGN_PIN NEW_SIGN_PIN
check "both verify" verifies 01 NEW_PIN
check "indeed both" verifies 02 NEW_SIGN_PIN
check "jcop45-tool change-pin --json tells what was done" \
	jcop45-tool change-pin --json --which global --old-pin env:NEW_PIN \
	--new-pin env:PIN
is "in JSON" "$(jq -r '.result + " " + .pin' <<<"$OUT")" "done global"

# --- what costs no try

copy_card "$fresh" "$CARD"
trace_reset
refused "a new PIN that is the old one is refused" change global PIN PIN
is "with the status for a refusal" "$RC" 7
has "and says so" "is the old one"
refused "a new PIN of three digits is refused" change global PIN SHORT
is "with the status for a secret" "$RC" 6
has "with the lengths that are allowed" "4 to 16"
refused "one of seventeen is refused" change global PIN LONG
refused "an old PIN of three digits is refused" change global SHORT NEW_PIN
literal() {
	jcop45-tool change-pin --which global --old-pin "$PIN" \
		--new-pin env:NEW_PIN
}
refused "a PIN on the command line is refused" literal
is "as an error of the command line" "$RC" 2
hasnt "and is not repeated" "$PIN"
refused "without --which nothing is guessed" jcop45-tool change-pin \
	--old-pin env:PIN --new-pin env:NEW_PIN
is "which is an error of the command line, too" "$RC" 2
refused "another word than the two is refused" change transport PIN NEW_PIN
refused "pkcs15-tool with the old PIN again is refused" pkcs15-tool \
	--change-pin --auth-id 01 --pin env:PIN --new-pin env:PIN
has "with our reason before its own line" "jcop45: .*is the old one"
is "none of these was tried" "$(tried)" 0
refused "pkcs15-tool: a short PIN is refused" pkcs15-tool \
	--change-pin --auth-id 01 --pin env:PIN --new-pin env:SHORT
is "and not tried" "$(tried)" 0

# --- at a terminal

terminal() { # COMMAND...: on a terminal of its own
	coproc TERMINAL {
		exec timeout "$LIMIT" script -qec "$(printf '%q ' \
			${under[@]+"${under[@]}"} "$@"); echo status=\$?#" \
			/dev/null 3>&-
	}
	terminal_pid=$TERMINAL_PID
	exec {keys}>&"${TERMINAL[1]}" {screen}<&"${TERMINAL[0]}"
	OUT=
}
shown() { # TEXT: until it is on the screen
	local char
	until [[ $OUT == *"$1"* ]]; do
		IFS= read -r -t 60 -N 1 char <&"$screen" || return 1
		OUT+=$char
	done
}
types() { # PROMPT TEXT
	if shown "$1"; then
		printf '%s\n' "$2" >&"$keys"
	fi
}
terminal_end() {
	shown "status="
	shown "#"
	RC=${OUT##*status=}
	RC=${RC%%#*}
	exec {keys}>&- {screen}<&-
	wait "$terminal_pid" 2>/dev/null
	echo "$OUT"
}
terminal jcop45-tool change-pin --which global
types "Old PIN global (3 tries left): " "$PIN"
types "New PIN global: " "$NEW_PIN"
types "New PIN global, once more: " "$WRONG"
terminal_end
is "a wrong confirmation is refused, with the status for a secret" "$RC" 6
has "and said" "typed differently"
hasnt "without showing what was typed" "$PIN|$NEW_PIN|$WRONG"
is "and no PIN was tried" "$(tried)" 0
terminal jcop45-tool change-pin --which global
types "Old PIN global (3 tries left): " "$PIN"
types "New PIN global: " "$NEW_PIN"
types "New PIN global, once more: " "$NEW_PIN"
terminal_end
is "with the right one the PIN is changed" "$RC" 0
check "to the one that was typed" verifies 01 NEW_PIN
copy_card "$fresh" "$CARD"

# --- what costs one

trace_reset
refused "a wrong old PIN is refused" change global WRONG NEW_PIN
is "with the status for a secret" "$RC" 6
has "and the tries before and after" "tries left: 2 \(3 before\)"
is "it was sent once" "$(tried)" 1
refused "pkcs15-tool with a wrong old PIN is refused" pkcs15-tool \
	--change-pin --auth-id 01 --pin env:WRONG --new-pin env:NEW_PIN
has "with our line" "jcop45: the PIN global is wrong; tries left: 1 \(2 before"
has "and OpenSC's" "tries left: 1"
is "and was sent once" "$(tried)" 2
refused "the last try says what to do next" change global WRONG NEW_PIN
has "by the PUK" "unblock-pin --which global"
is "and was sent once, too" "$(tried)" 3
refused "a blocked PIN is not tried again" change global PIN NEW_PIN
is "with the status for a secret" "$RC" 6
has "and the way out is said again" "blocked.*unblock-pin"
is "nothing was sent" "$(tried)" 3
is "the signature PIN has all its tries" "$(pkcs15-tool --list-pins |
	awk '/PIN signature/ { seen = 1 } seen && /Tries left/ {
		print $NF; exit }')" 3

# --- torn, and an answer that means nothing

torn() { # NAME RULE TEXT COMMAND...: refused so
	local name=$1 rule=$2 text=$3
	shift 3
	copy_card "$fresh" "$CARD"
	fault "$rule"
	refused "$name" "$@"
	has "$name: what may be is said" "$text"
	hasnt "$name: nothing is claimed that nobody knows" \
		"was not changed|keeps its old"
	no_fault
}
stock_change() {
	pkcs15-tool --change-pin --auth-id 01 --pin env:PIN \
		--new-pin env:NEW_PIN
}
lost="new value or the old one. Try the new one first.*cost one try of the PIN"
torn "removed after the change" 'remove after 1 ins=24' "$lost" \
	change global PIN NEW_PIN
check "removed after the change: it is the new PIN" verifies 01 NEW_PIN
torn "pkcs15-tool, removed after the change" 'remove after 1 ins=24' \
	"jcop45: .*$lost" stock_change
torn "removed before the change" 'remove before 1 ins=24' "$lost" \
	change global PIN NEW_PIN
check "removed before the change: it is the old PIN" verifies 01 PIN
for logout in before after; do
	copy_card "$fresh" "$CARD"
	fault "remove $logout 1 ins=20 p1=FF"
	check "removed $logout the logout: the PIN is changed" \
		change global PIN NEW_PIN
	no_fault
	check "removed $logout the logout: to the new one" verifies 01 NEW_PIN
done
copy_card "$fresh" "$CARD"
fault 'remove before 1 ins=20 p1=FF'
check "pkcs15-tool, removed before the logout: it is changed" stock_change
no_fault
copy_card "$fresh" "$CARD"
fault 'sw 1 6985 ins=24'
refused "another status word is no success" change global PIN NEW_PIN
has "its step, its value and the tries are told" \
	"setting the PIN global: the card answered 6985.*no try was used.*info"
no_fault
check "and the old PIN verifies" verifies 01 PIN
copy_card "$fresh" "$CARD"

# --- sources that lack their name

for source in env: file: fd: fd:x; do
	refused "--old-pin $source is refused" jcop45-tool change-pin \
		--which global --old-pin "$source" --new-pin env:NEW_PIN
	has "--old-pin $source: what is missing is said" \
		"is missing after ${source%x}"
done

# --- a second process

copy_card "$fresh" "$CARD"
build_bystander
start_bystander "$PROVIDER"
asks 00A4040C0AE828BD080F014E585030
check "with another process at the card the PIN is changed" \
	change global PIN NEW_PIN
asks 00A4040C0AE828BD080F014E585030
asks 0020000100
hasnt_9000() { [[ $REPLY != *9000* ]]; }
that "which finds it not verified" hasnt_9000
asks 002401010431323334
that "and cannot set one" hasnt_9000
# Neither the new value nor the logout is taken: a reset sees to the right.
fault 'sw 1 6F00 ins=24' 'sw 1 6F00 ins=20 p1=FF'
refused "a change that the card does not take is an error" \
	change global NEW_PIN PIN
no_fault
asks 00A4040C0AE828BD080F014E585030
asks 00200001
is "a second process does not find the PIN verified after it" "${REPLY%?}" 63C
stop_bystander

# --- the other dialect

sed 's/change_pin = chipdoc;/change_pin = iso;/' "$JCOP_SRC/etc/agent.card" \
	>iso.card
new_card iso --description "$WORK/iso.card"
import_keyset sk_admin iso_admin
new_config --keyset-sk-admin iso_admin --card-description "$WORK/iso.card"
must activate
trace_reset
check "dialect iso: the PIN is changed" change global PIN NEW_PIN
is "by one command" "$(tried)" 1
refused "dialect iso: a wrong one is refused" change global PIN NEW_SIGN_PIN
has "with its tries" "tries left: 2 \(3 before\)"
check "dialect iso: pkcs15-tool changes it" pkcs15-tool --change-pin \
	--auth-id 01 --pin env:NEW_PIN --new-pin env:PIN
check "dialect iso: and it verifies" verifies 01 PIN

# --- a card that is not activated

new_card blank
trace_reset
refused "on a blank card there is nothing to change" change global PIN NEW_PIN
has "and what to do is said" "activate"
is "nothing was tried" "$(tried)" 0
done_testing
