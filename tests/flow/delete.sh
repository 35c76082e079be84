#!/bin/bash
# delete.sh: all keys and certificates, by every road; and no single ones.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"

setup_activated
certified_key mine 3072
bundle mine
must import mine.p12 mpp
must generate 2048 01 16
must generate 3072 02 21
must certify 21
full=$CARD.full
copy_card "$CARD" "$full"
is "a card with three keys and two certificates" \
	"$(keys_in_slots) $(certificates_in_files)" "3 2"

nothing_left() { # NAME
	is "$1: no private key is left in any slot" "$(keys_in_slots)" 0
	is "$1: no certificate is left in any file" "$(certificates_in_files)" 0
	run pkcs15-tool -D
	hasnt "$1: nothing is listed" "^(Private RSA|Public RSA|X.509)"
	check "$1: the PINs stay" pkcs15-tool --verify-pin --auth-id 01 \
		--pin env:PIN
	is "$1: the directory is all zero" "$(jq '[.files | to_entries[] |
		select(.key | test("/700[245]$")) |
		select(.value | test("[1-9a-f]"))] | length' \
		"$CARD/card.json")" 0
}
of_agent() { # the files of ADF Agent, as the card has them
	jq -S '.files | with_entries(select(.key | test("/010[12]$")))' "$1"
}

delete_by_tool() { jcop45-tool delete-all --yes; }
erase_card() { pkcs15-init --erase-card; }
erase_application() {
	pkcs15-init --erase-application E828BD080F014E585030 --pin env:PIN
}
for road in delete_by_tool erase_card erase_application; do
	copy_card "$full" "$CARD"
	jq '.files["2/0102"] = "700480024a75"' "$full/card.json" \
		>"$CARD/card.json"
	before=$(of_agent "$CARD/card.json")
	trace_reset
	check "$road works" "$road"
	has "$road: it tells how much was listed" "3 (keys )?were listed|3 keys"
	is "$road: nothing was sent in plain" "$(unprotected)" 0
	is "$road: every slot was deleted" "$(count '.name == "delete" and
		.sw == "9000"')" 8
	is "$road: the directory went first, then the keys" "$(field \
		'.name | test("write|delete")' .name | uniq | xargs)" \
		"directory-write delete certificate-write"
	is "$road: no PIN was asked for" "$(count '.name == "verify"')" 0
	nothing_left "$road"
	is "$road: the agent data stays" "$(of_agent "$CARD/card.json")" \
		"$before"
	check "$road: the slots are free again" import mine.p12 mpp
	check "$road: and the key is the same as before" works 11 pub-mine.pem
done

# Keys and certificates that no directory lists.
copy_card "$full" "$CARD"
jq 'del(.files["1/7002"], .files["1/7004"], .files["1/7005"])' \
	"$full/card.json" >"$CARD/card.json"
run pkcs15-tool -D
hasnt "a card whose directory is empty" "^(Private RSA|X.509)"
is "while there are keys" "$(keys_in_slots)" 3
check "is deleted all the same" delete_by_tool
has "although none was listed" "0 keys"
nothing_left "unlisted"
check "an empty card too" delete_by_tool
copy_card "$full" "$CARD"
jq '.files["1/7002"] = "3084ffffffff"' "$full/card.json" >"$CARD/card.json"
check "and one whose directory is damaged" delete_by_tool
nothing_left "damaged"

# One after the other: not with this card.
copy_card "$full" "$CARD"
for kind in privkey pubkey cert privkey,pubkey,cert; do
	trace_reset
	refused "--delete-objects $kind is refused" \
		pkcs15-init --delete-objects "$kind" --id 11 --pin env:PIN
	has "$kind: the error names the way that there is" \
		"erase-card.*delete-all"
	is "$kind: before OpenSC's own message" \
		"$(grep -m 1 -cE '^jcop45:' <<<"$(grep -E 'jcop45:|Failed' \
			<<<"$OUT" | head -n 1)")" 1
	is "$kind: nothing was sent that deletes" "$(count '.name |
		IN("delete", "directory-write", "certificate-write")')" 0
done
refused "and with PKCS#11" p11 --slot "$(slot_of global)" --login \
	--pin env:PIN --delete-object --type privkey --id 11
is "all of it is still there" \
	"$(keys_in_slots) $(certificates_in_files)" "3 2"

# The question.
trace_reset
refused "without a terminal and without --yes nothing is deleted" \
	setsid -w "${under[@]}" timeout 60 jcop45-tool delete-all
has "and the error names --yes" "yes"
answer() { # TEXT: typed at a terminal, which the tool has as its own
	printf '%s\n' "$1" | timeout 60 script -qec "$(printf '%q ' \
		"${under[@]}" jcop45-tool delete-all)" /dev/null
}
refused "another answer than yes deletes nothing" answer y
has "it was told how much is at stake" "keys \(3\).*certificates \(2\)"
refused "nor does a longer one" answer yesyes
refused "nor none" answer ""
is "nothing was sent that deletes" "$(count '.name | IN("delete",
	"mse-chip-authentication", "directory-write")')" 0
check "yes deletes" answer yes
nothing_left "asked"

# For another application, and on a card that takes nothing any more.
copy_card "$full" "$CARD"
trace_reset
refused "--erase-application of another application is refused" \
	pkcs15-init --erase-application A0000000041010
has "and the error says so" "jcop45: this AID.*nothing was changed"
refused "so is --erase-card of one" \
	pkcs15-init --erase-card --aid A0000000041010
has "for the same reason" "jcop45: this AID.*nothing was changed"
is "nothing was sent that deletes, either time" "$(count '.name |
	IN("delete", "directory-write", "mse-chip-authentication")')" 0
must jcop45-vcard set "$CARD" wrong-sk_admin yes
refused "with a wrong key set nothing is deleted" delete_by_tool
has "the error tells the tries that are left" "tries left"
hasnt "and nobody is told to spend them" "again"
copy_card "$full" "$CARD"
must jcop45-vcard set "$CARD" life-cycle terminated
trace_reset
must issue_certificate pub-mine.pem Late late.pem
for what in "delete-all --yes" "generate --container sign" \
	"import mine.p12 --container mpp --password env:P12" \
	"write-certificate --replace late.pem"; do
	# shellcheck disable=SC2086
	refused "terminated: ${what%% *} is refused" jcop45-tool $what
	has "terminated: ${what%% *} says why" "this card is terminated"
done
is "terminated: no channel was asked for" \
	"$(count '.name == "mse-chip-authentication"')" 0

# On a reader for short commands.
copy_card "$full" "$CARD"
printf 'extended=no\n' >>"$CARD/reader"
trace_reset
check "over short commands" delete_by_tool
is "short: nothing was sent in plain" "$(unprotected)" 0
echo "short: $(count) commands"
nothing_left "short"
done_testing
