#!/bin/bash
# demo.sh: the demonstration runs, twice, and keeps to its directory.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

tree() { find "$JCOP_SRC" -path "$JCOP_SRC/.git" -prune -o -printf '%p %s %T@\n' | sort; }
cp -a "$JCOP_SRC" "$WORK/checkout"
JCOP_SRC=$WORK/checkout
mkdir home tmp
export HOME=$WORK/home TMPDIR=$WORK/tmp
unset JCOP_BUILD
before=$(tree)
for time in first second; do
	check "the demo runs the $time time" "$JCOP_SRC/demo" "$WORK/demo"
	at_most "in few lines the $time time" "$(wc -l <<<"$OUT")" 150
	has "it identifies the card" "JCOP 4\.5"
	has "it activates it" "activat"
	has "it generates a key in each container" "3072"
	has "it has the certificate written back" "certificate"
	has "the request is signed by the card's own key" "request"
	has "openssl verifies a signature" "Verified OK|Signature Verified"
	has "it decrypts" "decrypt"
	has "it recovers an archived key with its certificate" \
		"RSA-2048 key 12 is in .* mpp, with its certificate"
	has "the recovered key decrypts" "encrypted for the archived key"
	has "it shows a blocked PIN" "PIN global: blocked, tries left: 0"
	has "and the PIN after the PUK was used" \
		"PIN global: not verified, tries left: 3"
	has "it unblocks by the PUK" "unblock-pin .*--puk"
	has "it unblocks by key set" "unblock-pin .*--keyset"
	has "it updates the agent data" "ef.function.postingPlace +Nîmes"
	has "it counts commands and bytes of each step" "commands.*bytes|bytes"
	for name in activate generate directory-write certificate-write \
		import data-write; do
		has "the card received $name with a verified MAC" "\b$name\b"
	done
	has "it says how to go on" "\. .*$WORK/demo/env"
	hasnt "it shows no error" "error|fail"
done
is "the source tree is as it was" "$(tree)" "$before"
is "nothing is left in the home directory" "$(find home -mindepth 1)" ""
is "nothing is left in the temporary directory" "$(find tmp -mindepth 1)" ""
by_hand() {
	env -i HOME="$HOME" PATH=/usr/bin:/bin bash -c \
		'. "$1/env" && shift && "$@"' sh "$WORK/demo" "$@"
}
check "by hand opensc-tool talks to that card" by_hand opensc-tool -n
has "to the card of the demo" "JCOP 4\.5"
check "by hand jcop45-tool is in PATH" by_hand jcop45-tool info
has "and finds the card activated" 'life.cycle[^a-z]*activated'
check "by hand pkcs15-tool lists the keys" by_hand pkcs15-tool --list-keys
is "four of them" "$(grep -c 'Private RSA Key' <<<"$OUT")" 4
check "by hand the PIN is at hand" by_hand sh -c \
	'pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN'
mkdir "$WORK/other"
touch "$WORK/other/mine"
refused "a directory with something else in it is refused" \
	"$JCOP_SRC/demo" "$WORK/other"
that "and left alone" test "$(ls -A "$WORK/other")" = mine
done_testing
