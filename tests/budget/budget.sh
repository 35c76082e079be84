#!/bin/bash
# budget.sh: how many commands an operation may cost. Counted by the card's
# trace; the limits are these literals.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

table=()
budget() { # NAME COUNT LIMIT
	table+=("$(printf '%-52s %5s %5s' "$1" "$2" "$3")")
	at_most "$1" "$2" "$3"
}

# Commands by what they are, not by what we call them.
chip_auth='.p1 == "41" and .ins == "22" and .p2 == "A4" or .ins == "86"'
role='.p1 == "81" and .ins == "22" and .p2 == "A4" or
	.ins == "84" or .ins == "82"'

setup_blank
trace_reset
must opensc-tool -n
budget "recognise and init" "$(count)" 3

edit_config 's/^([[:space:]]*)card_drivers *=.*/\1card_drivers = jcop45;/' only.conf
must jcop45-vcard set "$CARD" foreign yes
trace_reset
run using "$WORK/only.conf" opensc-tool -n
budget "foreign card" "$(count)" 1
must jcop45-vcard set "$CARD" foreign no

# channel NAME COMMAND...: what an administrative operation pays first.
channel() {
	local name=$1
	shift
	trace_reset
	must "$@"
	budget "chip authentication in $name" "$(count "$chip_auth")" 2
	budget "role authentication in $name" "$(count "$role")" 3
}
channel "activation" activate
# Activation reads no other file before the channel is open.
reads=$(jq -s '.[:(map(.ins == "86") | index(true))] |
	map(select(.ins == "B0" and .sw != "6B00"))' "$TRACE")
that "EF.CardSecurity is read for the channel" \
	test "$(jq 'map(.plain_response) | add' <<<"$reads")" -gt 300
is "and each part of it once" \
	"$(jq -r '.[] | .p1 + .p2' <<<"$reads" | sort | uniq -d)" ""
channel "a key generation" generate 3072 01 11
for id in 12 13 14 15; do
	must generate 3072 01 $id
done
must generate 2048 01 16
must generate 3072 02 21
must generate 3072 02 22
for id in 11 12 13 14 15 16 21 22; do
	must certify $id
done

must pkcs15-tool --list-keys
is "the full card has eight keys" "$(grep -c 'Private RSA Key' <<<"$OUT")" 8
must pkcs15-tool --list-certificates
is "and eight certificates" "$(grep -c '^X.509 Certificate' <<<"$OUT")" 8
trace_reset
must pkcs15-tool --short -D
budget "list all objects on a full card, extended" "$(count)" 12
listed=$(jq -s 'map(.plain_response) | add' "$TRACE")
at_most "and no certificate is read for it" "$listed" 7000
trace_table

# Signatures, counted in one process that logs in once.
must gcc -o twice "$JCOP_SRC/tests/budget/sign-twice.c" \
	$(pkg-config --cflags p11-kit-1) -ldl
slot=$(slot_of global)
signatures() { # KIND LIMIT
	trace_reset
	must tool ./twice "$P11" "$slot" 11 sig1 sig2
	trace_table
	local costs
	# Commands after the login up to the end of the first signature, and
	# from there to the end of the second; GET RESPONSE belongs to the
	# command before it.
	costs=$(jq -rs '
		.[map(.ins == "20" and .plain_lc > 0) | rindex(true) + 1:] |
		[range(length) as $i | select(.[$i].ins == "2A") |
			$i + 1 + ([.[$i + 1:][] | .ins != "C0"] |
				index(true) // length)] as $ends |
		"\($ends[0]) \($ends[1] - $ends[0])"' "$TRACE")
	budget "sign after login, $1" "${costs% *}" "$2"
	budget "second signature with the same key, $1" "${costs#* }" 2
	for n in 1 2; do
		check "signature $n is right, $1" openssl dgst -sha256 -verify \
			pub-11.pem -signature sig$n data$n
	done
}
printf one >data1
printf two >data2
# One lock from login to logout: nobody comes between two signatures.
edit_config 's/^([[:space:]]*)user_pin_unblock_style *=/\1lock_login = true;\
	&/' lock.conf
export OPENSC_CONF=$WORK/lock.conf
signatures extended 2
printf 'extended=no\n' >>"$CARD/reader"
signatures short 3

{
	printf '# %-52s %5s %5s\n' commands used limit
	printf '# %s\n' "${table[@]}"
} >&3
done_testing
