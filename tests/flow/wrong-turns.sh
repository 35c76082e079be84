#!/bin/bash
# wrong-turns.sh: wrong turns that once looked like success, or that
# cost a key: nothing may be lost, and no right may stay open.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

changes='.ins | IN("D6", "D7", "DB", "47")'
repeat() { # COUNT TEXT
	local i text=
	for ((i = 0; i < $1; i++)); do text+=$2; done
	printf '%s' "$text"
}

setup_blank
blank=$CARD.blank
copy_card "$CARD" "$blank"

# A PIN that nobody could type again.
printf '12\0003456' >nul
chmod 600 nul
refused "a new PIN with a control character is refused" \
	jcop45-tool activate \
	--transport-pin "file:$CARD/issuer/transport-pin" \
	--pin "file:$WORK/nul" --sign-pin env:SIGN_PIN
has "and the error says so" "control character"
is "before anything was changed" "$(count '.ins == "24"')" 0

# A pinned key counts, whatever else vouches for the chip.
must openssl genrsa -out other.key 2048
must openssl pkey -in other.key -pubout -out other.pub
for pin in "$WORK/other.pub" "$WORK/nothing.pem" /etc/hostname; do
	new_config --chip-auth-pinned-key "$pin"
	trace_reset
	refused "pinned ${pin##*/} beside the right anchor is refused" activate
	has "pinned ${pin##*/}: the error names the file" "${pin##*/}"
	is "pinned ${pin##*/}: no key set was used" "$(count '.ins == "82"')" 0
done
new_config

# A process killed in the middle of activation leaves no right behind.
right_open() { # is the transport PIN's state, or that of a new PIN, left?
	local probe
	probe=$(opensc-tool -s 00:A4:04:00:0A:E8:28:BD:08:0F:01:4E:58:50:30:00 \
		-s 00:20:00:04 -s 00:24:01:01:04:31:32:33:34 2>&1)
	echo "$probe"
	# The first 9000 is SELECT's; no other may follow.
	[ "$(grep -c 'SW1=0x90' <<<"$probe")" -gt 1 ]
}
killed=0
open=0
# SoftHSM writes its token in place: killed meanwhile it may be lost.
must copy_card "$TOKEN" "$TOKEN.good"
for delay in 0.01 0.015 0.02 0.025 0.03 0.035 0.04 0.05; do
	copy_card "$blank" "$CARD"
	timeout -s KILL "$delay" jcop45-tool activate \
		--transport-pin "file:$CARD/issuer/transport-pin" \
		--pin env:PIN --sign-pin env:SIGN_PIN </dev/null
	[ $? -ne 137 ] || killed=$((killed + 1))
	must copy_card "$TOKEN.good" "$TOKEN"
	if right_open; then
		echo "killed after $delay s: a right is open"
		open=$((open + 1))
	fi
done
that "activation was killed at least once" [ "$killed" -gt 0 ]
is "a killed activation leaves no right open" "$open" 0
copy_card "$blank" "$CARD"
must activate

# An id that the directory cannot be read back with.
trace_reset
refused "an id of 65 bytes is refused" \
	generate 2048 01 "$(repeat 65 aa)"
is "before anything is changed" "$(count "$changes")" 0
check "an id of 64 bytes is taken" pkcs15-init --generate-key rsa:2048 \
	--auth-id 01 --id "$(repeat 64 aa)" --label k
check "and its key is listed" pkcs15-tool --list-keys
has "with that id" "$(repeat 64 aa)"

# A key whose entry does not fit.
long() {
	pkcs15-init --generate-key rsa:3072 --auth-id 01 \
		--id "$1$(repeat 63 bb)" --label "$(repeat 250 L)"
}
trace_reset
refused "an entry that does not fit is refused" long 33
has "and the error says what fits" "at most [0-9]+, so that every slot"
is "before the card generates" "$(count "$changes")" 0
check "a shorter label fits" generate 3072 01 11

# What is not offered does not look like done.
listed=$(pkcs15-tool --list-keys --short)
trace_reset
refused "--store-public-key is refused" \
	pkcs15-init --store-public-key other.pub --id 61
is "and nothing was sent that changes the card" "$(count "$changes")" 0
is "the keys are the same" "$(pkcs15-tool --list-keys --short)" "$listed"

refused "a deciphering key in the sign container is refused" \
	pkcs15-init --generate-key rsa:3072 --auth-id 02 --id 62 \
	--key-usage decrypt
has "and the error names the container" "sign"
refused "an extractable key is refused" pkcs15-init --generate-key rsa:3072 \
	--auth-id 01 --id 62 --extractable
refused "an auth id without a container is refused" \
	pkcs15-init --generate-key rsa:3072 --auth-id 03 --id 62
has "and those with one are named" "auth-id 02 is the container sign"
hasnt "and the algorithm is not blamed" "Unknown algorithm"

# A try of one key set is not used up in the name of another.
edit_config 's/^([[:space:]]*)keyset_sk_admin *=.*/\1keyset_sk_admin = "sk_admin:12";/' \
	place.conf
refused "the place of another key set is refused" \
	using "$WORK/place.conf" generate 2048 01 63
has "and named" "sk_unblk_pin"
run jcop45-vcard info "$CARD"
is "no key set has lost a try" "$(grep -c "15 tries left" <<<"$OUT")" 3

# What info says when the stock tools have no way to the card.
for block in emulate pkcs15init; do
	sed "s/$block jcop45/$block other/" "$OPENSC_CONF" >gap.conf
	check "jcop45-tool info runs without the block $block" \
		env OPENSC_CONF="$WORK/gap.conf" jcop45-tool info
	has "and names the block $block" "$block jcop45"
done

# Several at once, more than there are slots.
race() {
	local id pids=()
	for id in 51 52 53 54; do
		generate 3072 01 "$id" >"race.$id" 2>&1 &
		pids+=($!)
	done
	won=0
	for id in "${pids[@]}"; do
		wait "$id" && won=$((won + 1))
	done
	cat race.*
}
race
check "after a race for slots the keys are listed" \
	pkcs15-tool --list-keys --short
is "each winner has its key" "$(grep -cE 'ID:5[1-4] ' <<<"$OUT")" "$won"
is "and no slot is shared" \
	"$(grep -o 'Ref:0x[0-9a-f]*' <<<"$OUT" | sort | uniq -d)" ""
done_testing
