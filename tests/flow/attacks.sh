#!/bin/bash
# attacks.sh: somebody between host and card.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank
blank=$CARD.blank
copy_card "$CARD" "$blank"
trace_reset
must activate
secured=$(count '.secured')
that "activation has protected answers to attack" test "$secured" -ge 5

# attack RULE: activation under it. Sets after: how many commands were sent
# after the attacked answer.
attack() {
	copy_card "$blank" "$CARD"
	fault "$1"
	trace_reset
	run activate
	after=$(jq -s '(map(.fault != null and .fault != "" and
		.fault != false) | rindex(true)) as $last |
		if $last == null then "no fault" else length - 1 - $last end' \
		"$TRACE" 2>/dev/null)
	rm -f "$CARD/fault"
}
stopped() { # NAME
	orderly "$RC"
	tap $? "$1 ends the operation with an error"
	is "$1: no further command is sent" "$after" 0
	run jcop45-vcard info "$CARD"
	hasnt "$1: the card is not activated" "$ACTIVATED"
}

for ((n = 1; n < secured; n++)); do
	attack "drop-mac $n secured"
	stopped "missing MAC in answer $n"
	attack "plain $n secured"
	stopped "plain answer $n"
done
for ((n = 2; n < secured; n++)); do
	attack "replay $n secured"
	stopped "replay as answer $n"
	attack "swap $n secured"
	stopped "swapped answer $n"
done

# Each byte of one answer: the challenge, which carries data, 99 and 8E.
copy_card "$blank" "$CARD"
trace_reset
must activate
challenge=$(jq -s 'map(select(.secured)) |
	map(.name == "get-challenge") | index(true) + 1' "$TRACE")
bytes=$(field '.name == "get-challenge" and .secured' .wire_response |
	head -n 1)
that "an answer with data, status and MAC is altered" test "$bytes" -ge 30
through=() more=()
for ((byte = 0; byte < bytes; byte++)); do
	attack "alter $challenge $byte secured"
	orderly "$RC" || through+=("$byte")
	[ "$after" = 0 ] || more+=("$byte:$after")
done
is "each altered byte of an answer ends the operation" "${through[*]-}" ""
is "and no further command is sent after any of them" "${more[*]-}" ""
copy_card "$blank" "$CARD"
check "without an attacker activation completes" activate

# The same on the way of a key.
attack_generate() {
	fault "$1"
	trace_reset
	run generate 2048 01 16
	rm -f "$CARD/fault"
}
# The answer that carries the public key, among the protected ones.
activated=$CARD.activated
copy_card "$CARD" "$activated"
trace_reset
must generate 2048 01 16
generated=$(jq -s 'map(select(.secured)) |
	map(.name == "generate") | index(true) + 1' "$TRACE")
copy_card "$activated" "$CARD"
attack_generate "alter $generated -5 secured"
that "an altered answer ends key generation" orderly "$RC"
check "the card can be listed" pkcs15-tool --list-keys
hasnt "and no key was handed on" "Private RSA Key"
done_testing
