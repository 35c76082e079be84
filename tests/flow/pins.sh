#!/bin/bash
# pins.sh: what a PIN opens, for how long, and for whom.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_activated
must generate 3072 01 11
slot=$(slot_of global)
echo text >text

# pkcs11-tool logs out at its end. Another process holds the card meanwhile,
# so that it is not reset when the tool lets go of it.
trace_reset
check "a login, a signature and a logout" p11 --slot "$slot" --login \
	--pin env:PIN --sign -m SHA256-RSA-PKCS --id 11 -i text -o sig
that "logout is sent to the card" test "$(count '.name == "logout" and
	.sw == "9000"')" -ge 1
is "after the signature" "$(jq -s '(map(.name == "logout") | rindex(true)) >
	(map(.name == "sign") | rindex(true))' "$TRACE")" true

# A process that keeps the card open: the card is not reset behind it.
mkfifo hold
timeout "$LIMIT" "${under[@]}" opensc-explorer <hold >held 2>&1 &
holder=$!
exec 9>hold
flow_cleanup() {
	exec 9>&-
	kill "$holder" 2>/dev/null
}
is_open() { # its prompt names the current file
	local tries
	for tries in $(seq 100); do
		grep -q '\[' held && return 0
		sleep 0.1
	done
	return 1
}
echo "info" >&9
that "another process has the card open" is_open
check "a PIN is verified and the process ends" \
	p11 --slot "$slot" --login --pin env:PIN -O
refused "after logout the card wants the PIN again" \
	p11 --slot "$slot" --sign -m SHA256-RSA-PKCS --id 11 -i text -o sig2
that "and no signature came" test ! -s sig2
echo "quit" >&9
exec 9>&-
wait "$holder"
is "and had it to the end" "$?" 0

# Refused before anything is sent.
trace_reset
run pkcs15-tool --verify-pin --auth-id 01 --pin ""
is "an empty PIN costs no try" "$(count '.name == "verify"')" 0
LONG=12345678901234567
export LONG
run pkcs15-tool --verify-pin --auth-id 01 --pin env:LONG
that "a PIN of 17 digits is refused" orderly "$RC"
is "and costs no try" "$(count '.name == "verify"')" 0
check "all tries are left" pkcs15-tool --list-pins
has "for the global PIN" "tries left *: *3"
done_testing
