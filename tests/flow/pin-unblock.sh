#!/bin/bash
# pin-unblock.sh: a blocked PIN gets a new value by the PUK, with stock tools
# and ours, and by the key set SK_UNBLK; nothing stays open behind it.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/bystander.sh"

NEW_PIN=60931574
WRONG=00000000
SHORT=123
export NEW_PIN WRONG SHORT

setup_activated
PUK=$(head -n 1 "$CARD/issuer/puk")
export PUK
# Wrong tries on the card alone; no host takes part.
block() { # REFERENCE TIMES
	local i commands=(00A4040C0AE828BD080F014E585030)
	for ((i = 0; i < $2; i++)); do
		commands+=("002000${1}083030303030303030")
	done
	must jcop45-vcard apdu "$CARD" "${commands[@]}"
}
fresh=$CARD.fresh
copy_card "$CARD" "$fresh"
block 01 3
block 82 3
blocked=$CARD.blocked
copy_card "$CARD" "$blocked"
block 06 5
puk_blocked=$CARD.puk-blocked
copy_card "$CARD" "$puk_blocked"
copy_card "$blocked" "$CARD"

verifies() { # AUTH-ID VARIABLE
	pkcs15-tool --verify-pin --auth-id "$1" --pin "env:$2"
}
pin_tries() { count '.name == "verify" and (.p2 | IN("01", "82"))'; }
puk_tries() { count '.name == "verify" and .p2 == "06"'; }
ours() { # WHICH PUK NEW
	jcop45-tool unblock-pin --which "$1" --puk "env:$2" --new-pin "env:$3"
}
keyset() { # WHICH NEW
	jcop45-tool unblock-pin --which "$1" --keyset --new-pin "env:$2"
}

# --- with the PUK

refused "a blocked PIN does not verify" verifies 01 PIN
has "and the way out is said" "jcop45: .*blocked.*unblock-pin"
trace_reset
check "pkcs15-tool --unblock-pin unblocks the global PIN" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk env:PUK --new-pin env:NEW_PIN
is "the PUK was sent once" "$(puk_tries)" 1
is "no PIN was tried" "$(pin_tries)" 0
is "no key set and no channel was used" \
	"$(count '.secured or .ins == "82" or .ins == "86"')" 0
check "the new PIN verifies" verifies 01 NEW_PIN
refused "the old one does not" verifies 01 PIN
refused "the signature PIN is still blocked" verifies 02 SIGN_PIN
check "pkcs15-tool --unblock-pin unblocks the signature PIN" pkcs15-tool \
	--unblock-pin --auth-id 02 --puk env:PUK --new-pin env:NEW_PIN
check "and it verifies" verifies 02 NEW_PIN

copy_card "$blocked" "$CARD"
slot=$(slot_of global)
trace_reset
check "pkcs11-tool --unlock-pin unblocks the global PIN" p11 --slot "$slot" \
	--unlock-pin --puk env:PUK --new-pin env:NEW_PIN
is "by one PUK" "$(puk_tries)" 1
is "and no PIN try" "$(pin_tries)" 0
check "it verifies" verifies 01 NEW_PIN
slot=$(slot_of signature)
check "pkcs11-tool --unlock-pin unblocks the signature PIN" p11 \
	--slot "$slot" --unlock-pin --puk env:PUK --new-pin env:NEW_PIN
check "it verifies, too" verifies 02 NEW_PIN
copy_card "$fresh" "$CARD"
trace_reset
slot=$(slot_of global)
refused "pkcs11-tool --unlock-pin with a wrong PUK is refused" p11 \
	--slot "$slot" --unlock-pin --puk env:WRONG --new-pin env:NEW_PIN
is "it cost a try of the PUK" "$(puk_tries)" 1
is "and none of the PIN" "$(pin_tries)" 0
check "which is as it was" verifies 01 PIN

# The other style that OpenSC offers works, too.
edit_config 's/set_pin_in_unlogged_session/init_pin_in_so_session/' so.conf
copy_card "$blocked" "$CARD"
slot=$(slot_of global)
trace_reset
check "style init_pin_in_so_session unblocks" using "$WORK/so.conf" p11 \
	--slot "$slot" --login --login-type so --so-pin env:PUK \
	--init-pin --new-pin env:NEW_PIN
is "with one PUK" "$(puk_tries)" 1
check "and it verifies" verifies 01 NEW_PIN

copy_card "$blocked" "$CARD"
trace_reset
check "jcop45-tool unblock-pin unblocks the global PIN" \
	ours global PUK NEW_PIN
hasnt "it shows no secret" "$PUK|$NEW_PIN"
is "the PUK was sent once" "$(puk_tries)" 1
check "jcop45-tool unblock-pin unblocks the signature PIN" \
	ours signature PUK NEW_PIN
check "both verify" verifies 01 NEW_PIN
check "indeed both" verifies 02 NEW_PIN
check "a PIN that is not blocked gets a new value, too" ours global PUK PIN
check "which verifies" verifies 01 PIN

# --- wrong and blocked PUK

copy_card "$blocked" "$CARD"
trace_reset
refused "a wrong PUK is refused" ours global WRONG NEW_PIN
is "with the status for a secret" "$RC" 6
has "and the tries before and after" "PUK is wrong; tries left: 4 \(5 before"
is "it was sent once" "$(puk_tries)" 1
refused "pkcs15-tool with a wrong PUK is refused" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk env:WRONG --new-pin env:NEW_PIN
has "with our line" "jcop45: the PUK is wrong; tries left: 3 \(4 before"
has "and OpenSC's" "tries left: 3"
is "and was sent once" "$(puk_tries)" 2
refused "a new PIN of three digits is refused" ours global PUK SHORT
refused "pkcs15-tool: a new PIN of three digits is refused" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk env:PUK --new-pin env:SHORT
refused "a PUK of three digits is refused" ours global SHORT NEW_PIN
is "before a try was spent" "$(puk_tries)" 2
refused "--puk and --keyset together are refused" jcop45-tool unblock-pin \
	--which global --puk env:PUK --keyset --new-pin env:NEW_PIN
is "as an error of the command line" "$RC" 2
copy_card "$puk_blocked" "$CARD"
trace_reset
refused "a blocked PUK is refused" ours global PUK NEW_PIN
has "with the way out" "PUK is blocked.*keyset"
refused "pkcs15-tool: a blocked PUK is refused" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk env:PUK --new-pin env:NEW_PIN
has "with our reason" "jcop45: the PUK is blocked"
is "it was not sent" "$(puk_tries)" 0
refused "pkcs15-tool cannot do without a PUK" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk "" --new-pin env:NEW_PIN
is "nothing was sent for it" "$(count '.name == "unblock"')" 0

# --- with the key set

trace_reset
check "jcop45-tool unblock-pin --keyset unblocks, whatever the PUK" \
	keyset global NEW_PIN
is "the role was gained in plain" "$(count '.name == "role-authentication" and
	.sw == "9000" and (.secured | not)')" 1
is "without chip authentication" "$(count '.name == "chip-authentication"')" 0
is "no PIN and no PUK was tried" "$(count '.name == "verify"')" 0
check "the new PIN verifies" verifies 01 NEW_PIN
check "the signature PIN by the key set, too" keyset signature NEW_PIN
check "it verifies" verifies 02 NEW_PIN
trace_reset
refused "a short PIN is refused" keyset global SHORT
is "before the key set was used" "$(count '.ins == "82"')" 0

# Only its own row of the table is needed, and that one is.
without() { sed -E "/$1/d" "$OPENSC_CONF" >less.conf && chmod 600 less.conf; }
copy_card "$blocked" "$CARD"
without 'keyset_sk_admin|keyset_sk_file_mgmt|chip_auth'
check "SK_UNBLK is all that --keyset needs" \
	using "$WORK/less.conf" keyset global NEW_PIN
without 'keyset_sk_unblk_pin'
trace_reset
refused "without SK_UNBLK it is refused" \
	using "$WORK/less.conf" keyset global NEW_PIN
is "as a matter of configuration" "$RC" 5
has "and the missing value is named" "keyset_sk_unblk_pin"
is "before any command that changes the card" \
	"$(count '.ins | IN("82", "2C", "24", "86")')" 0
without 'keyset_|chip_auth'
copy_card "$blocked" "$CARD"
check "the PUK needs none of it" \
	using "$WORK/less.conf" ours global PUK NEW_PIN

# --- torn

torn() { # NAME RULE COMMAND...
	local name=$1 rule=$2
	shift 2
	copy_card "$blocked" "$CARD"
	fault "$rule"
	refused "$name" "$@"
	has "$name: both values are possible" \
		"new value or the old one. Try the new one first"
	hasnt "$name: none is claimed" "keeps its old|was not unblocked"
	no_fault
	check "$name: here it is the new one" verifies 01 NEW_PIN
}
torn "removed after the new value" 'remove after 1 ins=24' \
	ours global PUK NEW_PIN
torn "by the key set, removed after the new value" 'remove after 1 ins=2C' \
	keyset global NEW_PIN
torn "an answer cut after the new value" 'truncate 1 1 ins=24' \
	ours global PUK NEW_PIN
copy_card "$blocked" "$CARD"
fault 'sw 1 6f00 ins=24'
refused "another status word is no success" ours global PUK NEW_PIN
has "it is told, and that it says nothing of the PIN" \
	"answered 6F00.*new value or the old one"
copy_card "$blocked" "$CARD"
fault 'sw 1 6985 ins=24'
refused "nor is one that ISO knows" ours global PUK NEW_PIN
has "it is told, and what holds" "answered 6985.*keeps its old value"
no_fault

# --- a second process

build_bystander
copy_card "$blocked" "$CARD"
start_bystander "$PROVIDER"
refuses() { # NAME HEX: the card does not grant it to the other process
	asks "$2"
	[[ $REPLY != *9000* ]]
	tap $? "$1"
}
nothing_open() { # WHAT
	asks 00A4040C0AE828BD080F014E585030
	refuses "after $1 another process finds the PIN unverified" 0020000100
	refuses "after $1 it finds the PUK unverified" 0020000600
	refuses "after $1 it cannot set a PIN" 002401010431323334
	refuses "after $1 it cannot unblock one" 002C0301
	refuses "after $1 it has no role" 002C02010431323334
}
check "unblocking with another process at the card" ours global PUK NEW_PIN
nothing_open "the PUK"
refused "a wrong PUK, likewise" ours global WRONG NEW_PIN
nothing_open "a wrong PUK"
check "the key set, likewise" keyset global PIN
nothing_open "the key set"
check "pkcs15-tool --unblock-pin, likewise" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk env:PUK --new-pin env:NEW_PIN
nothing_open "pkcs15-tool"
check "the PUK verified by pkcs15-tool, likewise" verifies 03 PUK
nothing_open "a mere verification"
stop_bystander

# --- the other dialects

sed 's/unblock_puk = chipdoc;/unblock_puk = iso;/' "$JCOP_SRC/etc/agent.card" \
	>iso.card
new_card iso --description "$WORK/iso.card"
import_keyset sk_admin iso_admin
import_keyset sk_unblk_pin iso_unblk
new_config --keyset-sk-admin iso_admin --keyset-sk-unblk-pin iso_unblk \
	--card-description "$WORK/iso.card"
PUK=$(head -n 1 "$CARD/issuer/puk")
must activate
block 01 3
trace_reset
check "dialect iso: the PUK unblocks" ours global PUK NEW_PIN
is "in one command" "$(count '.name | IN("unblock", "pin-set", "verify")')" 1
check "dialect iso: the PIN verifies" verifies 01 NEW_PIN
refused "dialect iso: a wrong PUK is refused" ours global WRONG PIN
has "with its tries" "tries left: 4 \(5 before\)"

sed 's/unblock_keyset = plain;/unblock_keyset = channel;/' \
	"$JCOP_SRC/etc/agent.card" >channel.card
new_card channel --description "$WORK/channel.card"
import_keyset sk_admin channel_admin
import_keyset sk_unblk_pin channel_unblk
new_config --keyset-sk-admin channel_admin \
	--keyset-sk-unblk-pin channel_unblk \
	--card-description "$WORK/channel.card"
must activate
block 01 3
trace_reset
check "dialect channel: the key set unblocks" keyset global NEW_PIN
is "inside the channel" "$(count '.name == "unblock" and .mac_verified and
	.executed')" 1
is "and nothing of it in plain" "$(count '(.name | IN("unblock",
	"role-authentication")) and (.secured | not)')" 0
check "dialect channel: the PIN verifies" verifies 01 NEW_PIN
without 'chip_auth_key_config'
refused "dialect channel: without chip authentication it is refused" \
	using "$WORK/less.conf" keyset global PIN
is "as a matter of configuration" "$RC" 5
# Another chip's anchor: not to be trusted with a PIN.
new_config --keyset-sk-admin channel_admin \
	--keyset-sk-unblk-pin channel_unblk \
	--card-description "$WORK/channel.card" \
	--chip-auth-trust-anchor "$fresh/issuer/trust-anchor.pem"
trace_reset
refused "dialect channel: to an untrusted chip it is refused" keyset global PIN
is "before the key set or the PIN was sent" \
	"$(count '.ins | IN("82", "2C")')" 0
done_testing
