#!/bin/bash
# unblock.sh: PIN unblocking and change, disturbed at each of their commands:
# the PIN has its old or its new value, and the tries are exact.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"

NEW_PIN=60931574
WRONG=00000000
export NEW_PIN WRONG
SELECT=00A4040C0AE828BD080F014E585030

setup_activated
PUK=$(head -n 1 "$CARD/issuer/puk")
export PUK
hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }
# says HEX...: the status words of the card itself, without any host.
says() {
	jcop45-vcard apdu "$CARD" "$SELECT" "$@" | tail -n +2 |
		grep -oiE '[0-9a-f]{4}$' | tr a-f A-F | tr '\n' ' '
}
try_wrong=0020000108$(hex "$WRONG")
try_old=0020000108$(hex "$PIN")
try_new=0020000108$(hex "$NEW_PIN")
at_work=$CARD.at-work
copy_card "$CARD" "$at_work"
says "$try_wrong" "$try_wrong" "$try_wrong" >/dev/null
blocked=$CARD.blocked
copy_card "$CARD" "$blocked"
is "the card to unblock is blocked" "$(says 0020000100)" "6983 "

by_puk() {
	jcop45-tool unblock-pin --which global --puk env:PUK \
		--new-pin env:NEW_PIN
}
by_wrong_puk() {
	jcop45-tool unblock-pin --which global --puk env:WRONG \
		--new-pin env:NEW_PIN
}
by_keyset() {
	jcop45-tool unblock-pin --which global --keyset --new-pin env:NEW_PIN
}
by_change() {
	jcop45-tool change-pin --which global --old-pin env:PIN \
		--new-pin env:NEW_PIN
}

# value: "old", "new", "blocked", or "other". May cost tries.
value() {
	case $(says 0020000100 "$try_new" "$try_old") in
	6983*) echo blocked ;;
	*" 9000 63"*) echo new ;;
	*" 63C"?" 9000 ") echo old ;;
	*) echo other ;;
	esac
}
# How often the card compared a PUK, answers lost or not.
puk_compared() {
	count '.name == "verify" and .p2 == "06" and .sw != "6F00"'
}

# disturb NAME RULE START OPERATION MAY-BE(regex) REPORTED
disturb() {
	local name=$1 rule=$2 start=$3 operation=$4 may=$5 least=$6
	local n total now state failed=() wrong=() open=() tries=() incomplete=()
	local errors=0

	copy_card "$start" "$CARD"
	trace_reset
	run "$operation"
	total=$(count)
	that "$name: there are commands to disturb" test "$total" -ge 5
	for ((n = 1; n <= total; n++)); do
		copy_card "$start" "$CARD"
		trace_reset
		fault "${rule//N/$n}"
		run "$operation"
		if orderly "$RC"; then
			errors=$((errors + 1))
		elif [ "$RC" -ne 0 ]; then
			failed+=("$n:$RC")
		fi
		now=$(puk_compared)
		no_fault
		# a wrong PUK costs one try, whatever became of the answer
		[ "$operation" = by_wrong_puk ] || now=0
		state=$(says 0020000600 0020000100)
		[[ $state != *9000* ]] || open+=("$n:$state")
		[[ $state == "63C$((5 - now)) "* ]] || tries+=("$n:$state")
		now=$(value)
		[[ $now =~ ^($may)$ ]] || wrong+=("$n:$now")
		[ "$operation" != by_wrong_puk ] || continue
		run "$operation"
		[ "$now" = new ] || [ "$RC" -eq 0 ] || incomplete+=("$n")
		[ "$(value)" = new ] || incomplete+=("$n")
	done
	echo "$name: $total commands, $errors ended in an error"
	is "$name: no crash, no hang at any command" "${failed[*]-}" ""
	that "$name: the error is reported" test "$errors" -ge "$least"
	is "$name: the PIN has no third value" "${wrong[*]-}" ""
	is "$name: no right is left open" "${open[*]-}" ""
	is "$name: the PUK's tries are exact" "${tries[*]-}" ""
	is "$name: run again it completes" "${incomplete[*]-}" ""
}

for rule in "remove before N" "remove after N" "sw N 6F00"; do
	disturb "PUK, ${rule/ N/}" "$rule" "$blocked" by_puk \
		'blocked|old|new' 6
	disturb "key set, ${rule/ N/}" "$rule" "$blocked" by_keyset \
		'blocked|new' 6
	disturb "change, ${rule/ N/}" "$rule" "$at_work" by_change 'old|new' 5
done
# It matters only while something has been verified.
disturb "PUK, reset before" "reset before N" "$blocked" by_puk \
	'blocked|old|new' 2
disturb "wrong PUK, remove after" "remove after N" "$blocked" by_wrong_puk \
	blocked 10
done_testing
