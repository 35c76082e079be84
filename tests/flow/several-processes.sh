#!/bin/bash
# several-processes.sh: one program signs, a second one writes certificates, a
# third one lists the card, all at once and over and over.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

signatures=1000
consented=100
rounds=12
if [ "$JCOP_UNDER" = asan ]; then
	signatures=100
	consented=20
	rounds=3
fi

setup_activated
must generate 2048 01 16
must generate 3072 01 11
must generate 3072 02 21
must generate 3072 02 22
for id in 16 11 21 22; do
	must certify $id
done
# Two certificates of one key, of several kilobytes and of different length:
# who read a part of one and a part of the other would see neither.
long() { # NUMBER FILE
	printf 'subjectAltName=%s\n' "$(printf 'DNS:host-%04d.example.org,' \
		$(seq "$1") | sed 's/,$//')" >"$2.ext"
	must openssl x509 -req -in dummy.csr -CA ca.pem -CAkey ca.key \
		-force_pubkey pub-11.pem -days 30 -set_serial "$1" \
		-extfile "$2.ext" -out "$2"
}
long 40 one.pem
long 60 two.pem
must pkcs15-init --store-certificate one.pem --id 11 --update-existing
one=$(fingerprint one.pem)
two=$(fingerprint two.pem)

# shellcheck disable=SC2046 # options are words
must gcc -o signer "$JCOP_SRC/tests/lib/signer.c" \
	$(pkg-config --cflags p11-kit-1) -ldl -lcrypto
slot=$(slot_of global)
sign_slot=$(slot_of sign)
# --- the processes: each writes what went wrong into a file of its own --------

# One certificate after the other, until the signatures are made too.
writing() {
	local i
	for ((i = 1; i <= rounds || $(missing); i++)); do
		jcop45-tool write-certificate --replace two.pem ||
			echo "$i, two: $?" >>writing.wrong
		pkcs15-init --store-certificate one.pem --id 11 \
			--update-existing || echo "$i, one: $?" >>writing.wrong
		echo "$i" >>writing.done
		[ "$i" -lt 200 ] || break
	done >writing.log 2>&1
}
# How many of the three programs that sign in a row have not signed enough.
missing() {
	echo $((3 - $(find . -maxdepth 1 -name '*.enough' | wc -l)))
}

# What stays the same in a listing, whichever of the two certificates is there
# and whatever handle the module gave an object of its own.
steady() {
	sed -E 's/^((Profile|Data) object) [0-9]+$/\1/; s/^( *serial: *)(28|3C)$/\1/' "$@"
}
listing() {
	while [ ! -f stop ]; do
		listed objects p11 -O
		listed listing pkcs15-tool --short -D
		certificate_is_whole
		echo round >>listing.done
	done
}
listed() { # WHAT COMMAND...
	local what=$1
	shift
	"$@" >"$what.now" 2>&1 || echo "$what: $?" >>listing.wrong
	steady "$what.now" | diff -u "$what.before" - >>listing.wrong
}
certificate_is_whole() {
	local found
	rm -f listing.pem
	pkcs15-tool --read-certificate 11 -o listing.pem >listing.err 2>&1 ||
		cat listing.err >>listing.wrong
	found=$(fingerprint listing.pem)
	[ "$found" = "$one" ] || [ "$found" = "$two" ] ||
		echo "certificate: $found" >>listing.wrong
}

# one_by_one SLOT ID PIN NAME: pkcs11-tool signs, a process for each signature.
one_by_one() {
	local n=0
	while [ ! -f stop ]; do
		n=$((n + 1))
		echo "text $n of $4" >"$4.text"
		rm -f "$4.sig"
		p11 --slot "$1" --login --pin "env:$3" --sign \
			-m SHA256-RSA-PKCS --id "$2" -i "$4.text" \
			-o "$4.sig" >"$4.log" 2>&1 || cat "$4.log" >>"$4.failed"
		[ ! -f "$4.sig" ] || openssl dgst -sha256 -verify "pub-$2.pem" \
			-signature "$4.sig" "$4.text" >>"$4.verified" 2>&1
	done
}

# in_a_row SLOT ID PIN NAME COUNT: one program, COUNT signatures and more.
in_a_row() {
	PIN=${!3} LIMIT=$((LIMIT * 3)) tool ./signer "$P11" "$1" "$2" \
		"pub-$2.pem" "$5" "$4.enough" stop >"$4.row" 2>"$4.err"
	echo "status $?" >>"$4.row"
}

must pkcs15-tool --short -D
steady <<<"$OUT" >listing.before
must p11 -O
steady <<<"$OUT" >objects.before
# Where OpenSC does not keep the PIN, a reset by others ends a login.
edit_config 's/^([[:space:]]*)framework pkcs15 *\{/&\
\1	use_pin_caching = false;/' no-cache.conf
tries() { jcop45-vcard info "$CARD" | grep -F 'tries left'; }
tries_before=$(tries)
trace_reset
running=()
in_a_row "$slot" 16 PIN mpp "$signatures" & running+=($!)
in_a_row "$sign_slot" 22 SIGN_PIN sign "$consented" & running+=($!)
using no-cache.conf in_a_row "$slot" 16 PIN uncached "$consented" &
running+=($!)
one_by_one "$slot" 11 PIN mpp-tool & running+=($!)
one_by_one "$sign_slot" 21 SIGN_PIN sign-tool & running+=($!)
listing & running+=($!)
writing
touch stop
wait "${running[@]}"

for log in *.wrong *.failed *.row *.err; do
	[ ! -s "$log" ] || { echo "== $log"; cat "$log"; }
done

# --- what came of it ------------------------------------------------------------

lines() { cat "$@" 2>/dev/null | wc -l; }
value() { sed -n "s/^$1 //p" "$2.row"; } # NAME ROW
for row in mpp sign uncached; do
	is "$row: the signing program ended well" "$(value status $row)" 0
	is "$row: no signature is wrong" "$(value wrong $row)" 0
	is "$row: nothing but a lost login stopped it" "$(cat $row.err)" ""
done
that "$signatures signatures were made" \
	test "$(value signatures mpp)" -ge "$signatures"
that "and $consented with the key that asks each time" \
	test "$(value signatures sign)" -ge "$consented"
# OpenSC keeps the PIN and gives it again after another process had the card
# reset; where it may not, the program is told that its login is gone.
that "and as many by a program whose PIN OpenSC does not keep" \
	test "$(value signatures uncached)" -ge "$consented"
that "which logged in again when the card had been reset" \
	test "$(value logins uncached)" -ge 2
that "certificates were written meanwhile" \
	test "$(lines writing.done)" -ge "$rounds"
is "and each was written" "$(cat writing.wrong 2>/dev/null)" ""
that "the card was listed meanwhile" test "$(lines listing.done)" -ge 2
is "and each listing was complete" "$(cat listing.wrong 2>/dev/null)" ""
that "pkcs11-tool signed meanwhile with both keys" test \
	"$(lines mpp-tool.verified)" -ge 2 -a "$(lines sign-tool.verified)" -ge 2
is "and each of its signatures verifies" \
	"$(grep -hv '^Verified OK$' mpp-tool.verified sign-tool.verified)" ""
is "with a key that keeps its login it never failed" \
	"$(cat mpp-tool.failed 2>/dev/null)" ""
# The PIN is given and used in two steps: who has the card reset between them
# takes it away. C_Sign says CKR_USER_NOT_LOGGED_IN then; pkcs11-tool tries the
# signature once more in parts, and hears from C_Login that there is no login.
is "with a key that asks each time only for want of a login" \
	"$(grep -h '^error:' sign-tool.failed 2>/dev/null | grep -v \
		-e CKR_USER_NOT_LOGGED_IN \
		-e 'C_Login failed: rv = CKR_OPERATION_NOT_INITIALIZED')" ""
is "no try of any PIN or key set was lost" "$(tries)" "$tries_before"
is "no PIN was wrong" "$(count '.name == "verify" and .sw != "9000"')" 0
that "many processes shared the card" \
	test "$(jq -s 'map(.pid) | unique | length' "$TRACE")" -ge 20

# --- a key comes in while others list ----------------------------------------------

# Private keys, public keys and certificates of each listing.
counting() {
	while [ ! -f stop ]; do
		pkcs15-tool --short -D >count.now 2>&1 || echo "status $?"
		sed -nE 's/^Card has ([0-9]+) (Priv|Pub|Cert).*/\1/p' count.now |
			tr '\n' ' '
		echo
	done >counts
}
rm stop
counting & counter=$!
for _ in $(seq 100); do
	[ ! -s counts ] || break
	sleep 0.1
done
check "a key is generated while others list the card" generate 3072 01 12
check "and gets its certificate" certify 12
touch stop
wait "$counter"
sort counts | uniq -c
that "who listed it found the card before" grep -q '^4 4 4 $' counts
is "or the new key whole, with or without its certificate" \
	"$(sort -u counts | grep -vxE '4 4 4 |5 5 4 |5 5 5 ')" ""
done_testing
