#!/bin/bash
# readers.sh: OpenSC sees virtual cards through both doors, several at once.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/flow/lib-pcscd.sh"

ATR=3b:d5:18:ff:80:b1:fe:45:1f:c3:80:73:c8:21:10:6e
ICCSN_COMMAND=00:CA:00:5A:00

# --- the provider library -----------------------------------------------------------

new_card first
first=$CARD
new_card second --no-extended-length
second=$CARD
use_card "$first"
export OPENSC_CONF=$WORK/opensc.conf
echo "app default { reader_driver pcsc { provider_library = $PROVIDER; } }" \
	>"$OPENSC_CONF"

check "opensc-tool asks the provider library for the ATR" opensc-tool -a
has "and gets the card's" "$ATR"

mkdir "$WORK/empty"
export JCOP45_VCARD=$first:$second:$WORK/empty
check "opensc-tool lists each directory as a reader" opensc-tool -l
has "the first with a card" '^0 +Yes .*Virtual reader 00 00 \(first\)'
has "the second with a card" '^1 +Yes .*Virtual reader 01 00 \(second\)'
has "the empty one without" '^2 +No .*Virtual reader 02 00 \(empty\)'

# The digits only: the text beside them may hold anything.
answer() { grep -A1 '^Received' <<<"$OUT" | tail -n 1 | cut -c 1-35; }
must opensc-tool -r 0 -s "$ICCSN_COMMAND"
one=$(answer)
must opensc-tool -r 1 -s "$ICCSN_COMMAND"
other=$(answer)
that "each reader has its own card" test "$one" != "$other"

must jcop45-vcard remove "$second"
run opensc-tool -l
has "a removed card is not there" '^1 +No '
must jcop45-vcard insert "$second"
run opensc-tool -l
has "an inserted one is" '^1 +Yes '

# Many programs at one card: each in its transaction, none disturbed.
export JCOP45_VCARD=$first
crowd() {
	local i pids=() failed=0
	for i in 1 2 3 4 5 6; do
		opensc-tool -s 00A4040C0AE828BD080F014E585030 \
			-s 00CA011400 -s "$ICCSN_COMMAND" >"crowd.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=1
	done
	[ "$failed" -eq 0 ]
}
check "six programs use one card at once" crowd
is "and each gets all its answers" \
	"$(cat crowd.? | grep -c 'Received (SW1=0x90, SW2=0x00)')" 18

echo 'remove after 1 ins=CA' >"$first/fault"
refused "a card that is gone after a command fails it" \
	opensc-tool -s "$ICCSN_COMMAND"
rm "$first/fault"
run opensc-tool -l
has "and is then missing in the reader" '^0 +No '
must jcop45-vcard insert "$first"

# --- a real pcscd ---------------------------------------------------------------------

flow_cleanup() { stop_private_pcscd; }
unset JCOP45_VCARD
: >"$OPENSC_CONF"
start_private_pcscd "$first" || bail "no private pcscd"
first_socket=$PCSCLITE_CSOCK_NAME
start_private_pcscd "$second" || bail "no second private pcscd"

check "opensc-tool asks a real pcscd for the ATR" opensc-tool -a
has "and gets the card's" "$ATR"
must opensc-tool -s "$ICCSN_COMMAND"
has "of the second card" "$other"
PCSCLITE_CSOCK_NAME=$first_socket must opensc-tool -s "$ICCSN_COMMAND"
has "a pcscd beside it has the first card" "$one"

export JCOP45_VCARD=$first
echo "app default { reader_driver pcsc { provider_library = $PROVIDER; } }" \
	>"$WORK/provider.conf"
OPENSC_CONF=$WORK/provider.conf refused \
	"a card in pcscd's reader is in no other" opensc-tool -s "$ICCSN_COMMAND"

seen() { opensc-tool -l | grep -q "^0 *$1 "; }
must jcop45-vcard remove "$second"
check "pcscd sees the card leave" private_pcscd_until 10 seen No
must jcop45-vcard insert "$second"
check "and come back" private_pcscd_until 10 seen Yes
check "with its ATR" opensc-tool -a
has "and that is the same" "$ATR"

# Nagle's algorithm and delayed acknowledgements would cost 48 ms a command.
many=()
for _ in $(seq 50); do
	many+=(-s "$ICCSN_COMMAND")
done
started=$(date +%s%N)
must opensc-tool "${many[@]}"
at_most "fifty commands through pcscd need no two seconds (ms)" \
	"$((($(date +%s%N) - started) / 1000000))" 1999
is "and all are answered" \
	"$(grep -c 'Received (SW1=0x90, SW2=0x00)' <<<"$OUT")" 50

stop_private_pcscd "$second"
PCSCLITE_CSOCK_NAME=$first_socket
export PCSCLITE_CSOCK_NAME
check "one private pcscd ends without the other" opensc-tool -a
stop_private_pcscd
export OPENSC_CONF=$WORK/provider.conf
check "after the end the card is free for the provider library" \
	opensc-tool -s "$ICCSN_COMMAND"
done_testing
