#!/bin/bash
# readers-dialects.sh: the same operations by extended length, by chains of
# protected links, by slices of one protected command, and by T=0; and what is
# left where neither length nor chains are there.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

P12_PIN=p12-5810462
NEW_PIN=60318274
export P12_PIN NEW_PIN

tries() { # NAME
	jcop45-vcard info "$CARD" | sed -nE \
		"s/^.*\b$1\b[^0-9]*([0-9]+) tr(y|ies).*/\1/Ip" | head -n 1
}
new_p12() { # BITS NAME
	must openssl req -new -newkey "rsa:$1" -nodes -keyout "$2.key" \
		-subj "/CN=$2" -out "$2.csr"
	must openssl x509 -req -in "$2.csr" -CA ca.pem -CAkey ca.key -days 30 \
		-set_serial "0x$(openssl rand -hex 8)" -out "$2.pem"
	must openssl pkcs12 -export -inkey "$2.key" -in "$2.pem" \
		-passout env:P12_PIN -out "$2.p12"
	must openssl pkey -in "$2.key" -pubout -out "$2.pub"
}
import() { # NAME ID
	jcop45-tool import --container mpp --password env:P12_PIN --id "$2" \
		"$1.p12"
}
long_data() { # LETTER: more than one short command carries
	local text
	text=$(printf "$1%.0s" $(seq 90))
	jcop45-tool write-data "ef.id.familyName=$text" \
		"ef.id.firstName=$text" "ef.id.orgName1=$text"
}
with_global() { # pkcs11-tool's OPTION...
	p11 --slot "$slot" --login --pin env:PIN "$@"
}
sign_with() { # ID
	with_global --sign -m SHA256-RSA-PKCS --id "$1" -i text -o sig
}
decipher_with() { # NAME ID
	openssl pkeyutl -encrypt -pubin -inkey "$1.pub" -in text -out cipher
	with_global --decrypt -m RSA-PKCS --id "$2" -i cipher -o plain &&
		cmp text plain
}
longest() {
	jq -s 'map(.wire_command) | max' "$TRACE"
}

echo text >text
new_ca
new_p12 3072 big
new_p12 2048 small
sed -E 's/chaining = per-link;/chaining = slice;/' \
	"$JCOP_SRC/etc/agent.card" >slice.card
sed -E 's/sign = ias;/sign = raw;/' "$JCOP_SRC/etc/agent.card" >raw.card

# everything ROAD: what needs long commands, and what follows from it.
everything() {
	trace_reset
	check "$1: activation" activate
	check "$1: a key and its certificate are imported" import big 31
	check "$1: so is a shorter one" import small 32
	check "$1: a key is generated" generate 3072 02 21
	check "$1: a long update of the agent data" long_data X
	check "$1: the agent data come back" jcop45-tool data
	has "$1: in full length" "ef.id.orgName1 +X{90}\$"
	slot=$(slot_of global)
	check "$1: the imported key signs" sign_with 31
	check "$1: and the signature is right" openssl dgst -sha256 \
		-verify big.pub -signature sig text
	check "$1: it deciphers" decipher_with big 31
	check "$1: so does the shorter one" decipher_with small 32
	check "$1: the certificate comes back" pkcs15-tool \
		--read-certificate 31 -o back.pem
	is "$1: and is the one that was imported" "$(fingerprint back.pem)" \
		"$(fingerprint big.pem)"
	check "$1: all is deleted" jcop45-tool delete-all --yes
	is "$1: every protected command was verified by the card" "$(count \
		'.secured and (.mac_verified | not) and (.cla != "1C")')" 0
}

# --- the roads --------------------------------------------------------------------

setup_blank first --temporary
everything "extended"
is "extended: nothing is chained" "$(count '.cla | IN("10", "1C")')" 0
that "extended: commands are long" test "$(longest)" -gt 261

use_keysets() { # LABEL [OPTION VALUE...]: of the card in the reader
	local set label=$1
	shift
	for set in sk_admin sk_unblk_pin sk_file_mgmt; do
		import_keyset "$set" "$label-$set"
	done
	new_config --keyset-sk-admin "$label-sk_admin" \
		--keyset-sk-unblk-pin "$label-sk_unblk_pin" \
		--keyset-sk-file-mgmt "$label-sk_file_mgmt" "$@"
}
new_card linked --temporary
printf 'extended = no\n' >"$CARD/reader"
use_keysets linked
everything "per link"
at_most "per link: no command is long" "$(longest)" 261
that "per link: links are sent inside the channel" \
	test "$(count '.cla == "1C"')" -gt 2
is "per link: each of them verified by the card" \
	"$(count '.cla == "1C" and (.mac_verified | not)')" 0
that "per link: outside it too, to decipher" \
	test "$(count '.cla == "10" and .ins == "2A"')" -gt 1

new_card sliced --temporary --description slice.card
printf 'extended = no\n' >"$CARD/reader"
use_keysets sliced --card-description "$WORK/slice.card"
everything "slice"
at_most "slice: no command is long" "$(longest)" 261
that "slice: slices are sent" test "$(count '.cla == "1C"')" -gt 2
is "slice: only the whole command has a MAC" \
	"$(count '.cla == "1C" and .mac_verified')" 0
is "slice: the answers between are two bytes" \
	"$(count '.cla == "1C" and .wire_response != 2')" 0
fault 'sw 6 6883 secured ins=DB'
trace_reset
refused "slice: a slice that the card does not take ends the import" \
	import small 33
has "slice: the error tells its answer" "6883"
is "slice: and nothing protected follows" "$(jq -s '
	(map(.fault != null) | index(true)) as $at |
	[.[$at + 1:][] | select(.secured)] | length' "$TRACE")" 0
no_fault
check "slice: the next run completes it" import small 33

new_card refuser --temporary --no-extended-length
use_keysets refuser
everything "refused by the card"
is "refused by the card: no process asked it twice" "$(jq -s '
	[.[] | select(.sw == "6700")] | group_by(.pid) | map(length) | max' \
	"$TRACE")" 1
at_most "refused by the card: nothing long was sent but READ BINARY" \
	"$(jq -s 'map(select(.ins != "B0").wire_command) | max' "$TRACE")" 261
that "refused by the card: only READ BINARY was repeated" test \
	"$(count '.sw == "6700"')" -eq \
	"$(count '.sw == "6700" and .ins == "B0" and (.secured | not)')"

new_card t0 --temporary
printf 'protocol = T=0\n' >"$CARD/reader"
use_keysets t0
everything "T=0"
at_most "T=0: no command has more than 260 bytes" "$(longest)" 260

# --- neither length nor chains ---------------------------------------------------------

# What the card holds comes from better days.
new_card old --temporary
use_keysets old
must activate
must import big 31
must import small 32
must jcop45-vcard set "$CARD" applet-version 4.1.0
run jcop45-tool info
has "old applet, extended reader: long commands are possible" \
	"long commands.*extended length"
slot=$(slot_of global)
check "old applet, extended reader: it deciphers" decipher_with big 31

printf 'extended = no\n' >"$CARD/reader"
reasons() { # NAME: the message has what it must
	has "$1: it names the reader" "Virtual reader 00 00 \(old\)"
	has "$1: it names the applet" "4\.1\.0"
	has "$1: it names the way out" "reader with extended length"
}
changing='((.ins | IN("20", "24", "2C", "82", "DB", "47", "D6", "44", "2A", "22"))
	and .plain_lc > 0)'
check "short reader, old applet: info" jcop45-tool info
has "it says what is not possible" \
	"long commands.*not possible.*import.*decipher.*extended length"
trace_reset
refused "short reader, old applet: import is refused" import small 34
reasons "import"
is "import: nothing that changes the card or uses a try was sent" \
	"$(count "$changing")" 0
refused "short reader, old applet: so is pkcs15-init's" pkcs15-init \
	--store-private-key small.p12 --format pkcs12 --auth-id 01 --id 35 \
	--passphrase env:P12_PIN
reasons "pkcs15-init"
is "pkcs15-init: nothing that changes the card was sent" \
	"$(count "$changing")" 0
cannot_decipher() { # NAME ID: neither by PKCS#11 nor by PKCS#15
	trace_reset
	refused "$1: deciphering is refused" eval "OPENSC_DEBUG=3 decipher_with $1 $2"
	reasons "$1"
	is "$1: before the command and its MSE" \
		"$(count '.ins == "2A" or .ins == "22"')" 0
}
cannot_decipher big 31
cannot_decipher small 32

trace_reset
check "all else works: signing" sign_with 31
check "the signature is right" openssl dgst -sha256 -verify big.pub \
	-signature sig text
check "key generation" generate 3072 01 36
check "certificate writing" certify 36
check "a new PIN" jcop45-tool change-pin --which global --old-pin env:PIN \
	--new-pin env:NEW_PIN
check "unblocking with the PUK" jcop45-tool unblock-pin --which global \
	--puk "file:$CARD/issuer/puk" --new-pin env:PIN
check "unblocking with the key set" jcop45-tool unblock-pin --keyset \
	--which signature --new-pin env:SIGN_PIN
check "a long update of the agent data, in pieces" long_data Y
check "which come back" jcop45-tool data
has "whole" "ef.id.orgName1 +Y{90}\$"
check "deletion" jcop45-tool delete-all --yes
is "no chain was sent" "$(count '.cla | IN("10", "1C")')" 0
at_most "and no command is long" "$(longest)" 261

new_card older --applet-version 4.1.0
printf 'extended = no\n' >"$CARD/reader"
use_keysets older
check "activation" activate
check "and the PINs are set" pkcs15-tool --verify-pin --auth-id 02 \
	--pin env:SIGN_PIN

# A signature of whole blocks is long, too.
new_card raw --applet-version 4.1.0 --description raw.card
use_keysets raw --card-description "$WORK/raw.card"
must activate
must generate 3072 01 11
must public_key 11 raw.pub
slot=$(slot_of global)
check "raw signatures: with extended length they work" sign_with 11
printf 'extended = no\n' >"$CARD/reader"
trace_reset
refused "raw signatures: without they are refused" \
	eval "OPENSC_DEBUG=3 sign_with 11"
has "raw signatures: and the log says why" "reader with extended length"
is "raw signatures: before the command" "$(count '.ins == "2A"')" 0
done_testing
