#!/bin/bash
# secrets.sh: PINs and keys in no log line of ours, in no trace, in no output.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank
export OPENSC_DEBUG=9
trace_reset
all=$WORK/all.log
: >"$all"
each() {
	"$@" >>"$all" 2>&1
	RC=$?
	echo "+ $*: $RC"
	[ "$RC" -eq 0 ] || bail "$* failed"
}
transport=$(head -n 1 "$CARD/issuer/transport-pin")
puk=$(head -n 1 "$CARD/issuer/puk")
each activate
each generate 3072 01 11
each generate 3072 02 21
each pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN
global=$(OPENSC_DEBUG=0 slot_of global)
echo text >text
each p11 --slot "$global" --login --pin env:PIN --sign \
	-m SHA256-RSA-PKCS --id 11 -i text -o sig
OPENSC_DEBUG=0 must public_key 11 pub-11.pem
must openssl pkeyutl -encrypt -pubin -inkey pub-11.pem -in text -out cipher
each p11 --slot "$global" --login --pin env:PIN --decrypt -m RSA-PKCS \
	--id 11 -i cipher -o plain
each jcop45-tool info --verbose
HSM_PIN=wrong-pin-9 jcop45-tool info --hsm >>"$all" 2>&1

# Log lines of ours: a record starts with "P:", names its source file, and
# goes on until the next one.
sources=$(cd "$JCOP_SRC" && find src/card-driver src/core src/hsm src/pkcs15 \
	src/description src/tool -name '*.c' -printf '%f\n' | sort -u | paste -sd '|')
LC_ALL=C awk -v sources="^($sources)$" '
	/^P:[0-9]+;|\[[^]]*\] [a-z0-9_-]+\.c:[0-9]+:/ {
		ours = 0
		if (match($0, /[a-zA-Z0-9_-]+\.c:[0-9]+:/)) {
			file = substr($0, RSTART, RLENGTH)
			sub(/:.*/, "", file)
			ours = file ~ sources
		}
	}
	ours { print }' "$all" >ours.log
that "there are log lines of ours to look at" \
	test "$(wc -l <ours.log)" -ge 10
that "and lines of the trace" test "$(wc -l <"$TRACE")" -ge 30

# A secret in any of its clothes: as it is, in hexadecimal, with spaces or
# colons, in either case.
clothes() { # FILE WITH SECRET
	local hex
	hex=$(od -An -v -tx1 "$1" | tr -d ' \n')
	printf '%s\n' "$hex" "$(sed 's/../& /g; s/ $//' <<<"$hex")" \
		"$(sed 's/../&:/g; s/:$//' <<<"$hex")"
}
is "the trace is private" "$(stat -c %a "$TRACE")" 600
look() { # WHAT FILE-WITH-SECRET
	clothes "$2" >patterns
	that "$1 is in no log line of ours" \
		test -z "$(grep -iFf patterns ours.log | head -n 1)"
	that "$1 is not in the trace" \
		test -z "$(grep -iFf patterns "$TRACE" | head -n 1)"
}
as_file() {
	printf '%s' "$2" >"secret-$1"
	clothes "secret-$1" >/dev/null
	look "$3" "secret-$1"
	that "$3 is not readable in our log lines" \
		test -z "$(grep -F -e "$2" ours.log | head -n 1)"
	that "$3 is not readable in the trace" \
		test -z "$(grep -F -e "$2" "$TRACE" | head -n 1)"
}
as_file pin "$PIN" "the global PIN"
as_file sign-pin "$SIGN_PIN" "the signature PIN"
as_file transport "$transport" "the transport PIN"
as_file puk "$puk" "the PUK"
as_file hsm "$HSM_PIN" "the HSM PIN"
for key in sk_admin-enc sk_admin-mac sk_file_mgmt-enc sk_unblk_pin-mac; do
	look "key $key" "$CARD/issuer/$key.key"
	clothes "$CARD/issuer/$key.key" >patterns
	that "key $key is nowhere in OpenSC's whole log" \
		test -z "$(grep -iFf patterns "$all" | head -n 1)"
done
clothes secret-transport >patterns
that "the transport PIN, sent in the channel, is nowhere in the whole log" \
	test -z "$(grep -iFf patterns "$all" | head -n 1)"

# The patterns do find what is there.
printf 'x %s y\n' "$(clothes secret-pin | sed -n 2p | tr a-f A-F)" >sample
clothes secret-pin >patterns
that "the search finds a PIN that is there" grep -qiFf patterns sample
that "private files of the card are private" \
	test -z "$(find "$CARD" -type f -perm /077 -print)"
done_testing
