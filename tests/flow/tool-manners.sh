#!/bin/bash
# tool-manners.sh: which card jcop45-tool takes and how long it waits for it,
# what its exit statuses and its JSON are, and what it shows on a terminal.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

status_is() { # NAME STATUS COMMAND...
	local name=$1 wanted=$2
	shift 2
	run "$@"
	is "$name" "$RC" "$wanted"
}
json() { # FILTER: of the last output
	jq -e "$1" <<<"$OUT"
}

setup_activated first
first=$CARD
iccsn=$(tr -d ' \n' <"$first/issuer/iccsn")
new_card second
second=$CARD
other=$(tr -d ' \n' <"$second/issuer/iccsn")
both() { JCOP45_VCARD=$second:$first "$@"; }
use_card "$first"

# --- --reader and --iccsn --------------------------------------------------------

run both jcop45-tool info
has "without options the first reader with a card is taken" "$other"
check "--reader takes a reader by its number" \
	both jcop45-tool info --reader 1
has "which has the other card" "$iccsn"
check "or by a part of its name" both jcop45-tool info -r '(first)'
has "with the same card" "$iccsn"
status_is "a reader that is not there: status 3" 3 \
	both jcop45-tool info --reader 9
status_is "a name that two readers have: status 3" 3 \
	both jcop45-tool info --reader Virtual
has "and it says so" "more than one reader"
check "--iccsn finds the card in whichever reader it is" \
	both jcop45-tool info --iccsn "$iccsn"
has "that is it" "ICCSN: *$iccsn"
check "in any grouping" both jcop45-tool info --iccsn \
	"$(sed 's/..../& /g; s/ $//' <<<"$iccsn")"
has "that is it, too" "ICCSN: *$iccsn"
check "and together with its reader" \
	both jcop45-tool info --reader 1 --iccsn "$iccsn"
status_is "another card in that reader: status 3" 3 \
	both jcop45-tool info --reader 0 --iccsn "$iccsn"
has "and it says which one is there" "$other"
status_is "an ICCSN that no card has: status 3" 3 \
	both jcop45-tool info --iccsn 00112233445566778899
has "and it says which ones are there" "$iccsn"
hasnt "not that the driver was the reason" "opensc\.conf"
trace_reset
status_is "the wrong card is not written to: status 3" 3 jcop45-tool generate \
	--container mpp --iccsn "$other"
is "it got nothing but SELECT, GET DATA and READ BINARY" \
	"$(field true .ins | sort -u | grep -vx -e A4 -e CA -e B0)" ""
status_is "digits that are none: status 2" 2 jcop45-tool info --iccsn 12XY

# --- --wait --------------------------------------------------------------------------

must jcop45-vcard remove "$first"
must jcop45-vcard remove "$second"
status_is "without a card: status 3" 3 jcop45-tool info
started=$(date +%s%N)
status_is "--wait=1 ends after a second: status 3" 3 jcop45-tool info --wait=1
at_most "and not earlier" 900 $((($(date +%s%N) - started) / 1000000))
has "it says that it waits" "waiting for it"
status_is "a time that is none: status 2" 2 jcop45-tool info --wait=soon
waiting() { # COMMAND...: in the background, until it says that it waits
	"$@" >waiting.out 2>&1 &
	waiting_pid=$!
	local i
	for i in $(seq 300); do
		! grep -q "waiting for it" waiting.out || return 0
		sleep 0.1
	done
	return 1
}
ends() { # the status of what waits
	wait "$waiting_pid"
	RC=$?
	OUT=$(cat waiting.out)
	echo "$OUT"
	return "$RC"
}
that "--wait waits for a card" waiting jcop45-tool info -w
must jcop45-vcard insert "$first"
that "and goes on when it comes" ends
has "with that card" "$iccsn"
must jcop45-vcard remove "$first"
that "--wait with --iccsn waits" waiting \
	both jcop45-tool info --wait=50 --iccsn "$iccsn"
must jcop45-vcard insert "$second"
sleep 1
that "another card does not end it" kill -0 "$waiting_pid"
must jcop45-vcard insert "$first"
that "that card does" ends
has "and is shown" "ICCSN: *$iccsn"
must jcop45-vcard remove "$first"
must jcop45-vcard remove "$second"
# Not through timeout, which would take the signal for itself.
"${under[@]}" "$JCOP_BUILD/jcop45-tool" info --wait >waiting.out 2>&1 &
interrupted=$!
for _ in $(seq 300); do
	! grep -q "waiting for it" waiting.out || break
	sleep 0.1
done
# A shell starts its background jobs with SIGINT ignored.
kill -TERM "$interrupted"
wait "$interrupted"
is "a signal ends the waiting" $? 143
must jcop45-vcard insert "$first"
must jcop45-vcard insert "$second"

# --- exit statuses ----------------------------------------------------------------------

status_is "an unknown command: status 2" 2 jcop45-tool activte
has "and the nearest is named" "did you mean 'activate'"
status_is "an unknown option: status 2" 2 jcop45-tool info --nonsense
status_is "an operand that is not asked for: status 2" 2 jcop45-tool info 4711
hasnt "and not shown: it may be a secret" 4711
status_is "a card of another kind: status 4" 4 \
	using "$(sed 's/card_drivers *=.*/card_drivers = internal;/' \
		"$OPENSC_CONF" >none.conf && echo "$WORK/none.conf")" \
	jcop45-tool info
edit_config '/^[[:space:]]*keyset_sk_admin *=/d' lacks.conf
status_is "a missing configuration: status 5" 5 using "$WORK/lacks.conf" \
	jcop45-tool generate --container mpp
new_config --keyset-sk-admin nobody
status_is "a key set that is not in the HSM: status 5" 5 \
	jcop45-tool generate --container mpp
new_config
status_is "a wrong PIN of the HSM: status 5" 5 env HSM_PIN=wrong \
	jcop45-tool generate --container mpp
status_is "an activated card to be activated: status 7" 7 activate
use_card "$second"
new_config
status_is "a wrong transport PIN: status 6" 6 env WRONG=00000000 \
	jcop45-tool activate --transport-pin env:WRONG --pin env:PIN \
	--sign-pin env:SIGN_PIN
status_is "a literal secret: status 2" 2 jcop45-tool activate \
	--transport-pin 1234
use_card "$first"
new_config
fault "remove before 2 secured"
status_is "a card that is taken out: status 3" 3 \
	jcop45-tool generate --container mpp
no_fault
full() { jcop45-tool info >/dev/full; }
status_is "an output that cannot be written: status 1" 1 full

# --- descriptors that are closed, a reader that is gone ----------------------------------

closed() { jcop45-tool "$@" >&-; }
status_is "a closed standard output is one that cannot be written: status 1" 1 \
	closed info
has "and it says so" "the output cannot be written"
must jcop45-vcard remove "$first"
"$JCOP_BUILD/jcop45-tool" info --wait <&- >&- 2>&- &
interrupted=$!
held() {
	local i
	for i in $(seq 100); do
		[ "$(readlink "/proc/$interrupted/fd/2")" != /dev/null ] ||
			break
		sleep 0.1
	done
	for i in 0 1 2; do readlink "/proc/$interrupted/fd/$i"; done | xargs
}
is "nothing else gets the numbers of those that are closed" "$(held)" \
	"/dev/null /dev/null /dev/null"
kill -TERM "$interrupted"
wait "$interrupted"
must jcop45-vcard insert "$first"
{
	sleep 0.5
	jcop45-tool nonsense 2>&1
	echo $? >broken.status
} | true
is "messages that nobody reads end nothing: status 2" "$(cat broken.status)" 2

# --- JSON ---------------------------------------------------------------------------------

check "info --json is JSON" jcop45-tool info --json
that "its switches are booleans" json '.extended_length == true and
	.chaining == true'
that "its counters are numbers" json \
	'.pins["PIN global"] == {state: "not verified", tries_left: 3, tries: 3}'
that "its slots, too" json \
	'.containers.mpp["RSA-3072"] == {free: 5, slots: 5}'
that "an operation is configured or not" json \
	'.operations["key import"].configured == true'
run using "$WORK/lacks.conf" jcop45-tool info --json
that "with what is missing" json '.operations["key import"] |
	(.configured == false and (.missing | contains("keyset_sk_admin")))'
run jcop45-tool generate --container mpp --json
that "an operation tells its result as JSON" json \
	'.command == "generate" and .result == "done" and .id == "01"'
that "with the card's ICCSN" json ".iccsn == \"$iccsn\""
tool jcop45-tool generate --container nothing --json >out.json 2>err.txt
is "a failure has its status with --json, too" $? 2
that "nothing on standard output" test ! -s out.json
that "and its message on standard error" grep -q nothing err.txt

# --- the terminal ------------------------------------------------------------------------

terminal() { # COMMAND...: stderr is a terminal, what it shows is in OUT
	run timeout "$LIMIT" script -qec "$(printf '%q ' "$@") >/dev/null" \
		/dev/null </dev/null
}
terminal jcop45-tool generate --container mpp
has "on a terminal, progress is shown" "The card generates a key"
is "the line is wiped at the end" "$(tr '\r' '\n' <<<"$OUT" |
	sed 's/ *$//' | tail -n 1)" ""
is "without any colour or other escape" "$(grep -c $'\e' <<<"$OUT")" 0
run jcop45-tool generate --container mpp
hasnt "elsewhere it is not" "The card generates a key"
check "--verbose writes OpenSC's log to standard error" \
	jcop45-tool info --verbose
has "more than without" "sc_connect_card|jcop"
done_testing
