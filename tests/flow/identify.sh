#!/bin/bash
# identify.sh: what the stock tools say of a blank card, and what is sent to a
# card that is not ours.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank

check "opensc-tool -n works" opensc-tool -n
has "opensc-tool -n names our driver" "IN Groupe agent card, JCOP 4.5"
check "opensc-tool -a works" opensc-tool -a
has "opensc-tool -a prints the ATR" \
	"^3b:d5:18:ff:80:b1:fe:45:1f:c3:80:73:c8:21:10:6e$"
# The bytes of a line of OpenSC's hex dump.
dumped() { tail -n 1 <<<"$OUT" | sed -E 's/^(([0-9A-F]{2} )+).*/\1/' | tr -d ' '; }
iccsn=$(tr -d ' \n' <"$CARD/issuer/iccsn" )
check "opensc-tool --serial works" opensc-tool --serial
is "opensc-tool --serial prints the ICCSN" \
	"$(dumped)" "$iccsn"
check "opensc-tool -f works" opensc-tool -f
# Not ODF and CIAInfo: a path that starts 3F0050 is hidden from OpenSC, which
# would read the card as plain PKCS#15 otherwise.
for fid in 2F00 2F02 011D 7001 7002 7004 7005 7006 C011 C022 AD01; do
	has "opensc-tool -f lists $fid" "\b$fid\b|${fid:0:2}:?${fid:2:2}\b"
done

check "pkcs15-tool -D reads the blank card" pkcs15-tool -D
has "the PKCS#15 serial number is the ICCSN" "serial number *: *$iccsn"
has "the transport PIN is shown before activation" "ID *: *04"
hasnt "no user PIN is shown before activation" "ID *: *0[123]\b"

# The ICCSN has other sources.
must jcop45-vcard set "$CARD" iccsn-get-data no
check "without GET DATA the ICCSN comes from EF.GDO" opensc-tool --serial
is "and is the same" \
	"$(dumped)" "$iccsn"
must jcop45-vcard set "$CARD" iccsn-get-data yes

# A foreign card with our ATR: one command, and another driver may have it.
edit_config 's/^([[:space:]]*)card_drivers *=.*/\1card_drivers = jcop45;/' only.conf
must jcop45-vcard set "$CARD" foreign yes
trace_reset
refused "a foreign card with our ATR is not ours" \
	using "$WORK/only.conf" opensc-tool -n
has "it is called unsupported" "not supported|invalid or cannot be handled"
is "a foreign card costs one command" "$(count)" 1
is "which is SELECT by AID" "$(field true .ins)" A4
edit_config 's/^([[:space:]]*)card_drivers *=.*/\1card_drivers = jcop45, default;/' \
	next.conf
check "the next driver gets a foreign card" \
	using "$WORK/next.conf" opensc-tool -n
hasnt "and it is not called ours" "JCOP 4.5"
must jcop45-vcard set "$CARD" foreign no

# ADF Agent is what tells this profile from another ChipDoc card.
must jcop45-vcard set "$CARD" profile-marker no
trace_reset
refused "a card without the profile marker is not ours" \
	using "$WORK/only.conf" opensc-tool -n
is "nothing but SELECT, GET DATA and READ BINARY was sent to it" \
	"$(field true .ins | sort -u |
		grep -vx -e A4 -e CA -e B0)" ""
done_testing
