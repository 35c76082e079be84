#!/bin/bash
# info.sh: jcop45-tool info says what card it is, what can be done with it and
# why not.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank blank --production 2024-05-06 --applet-version 4.1.3
iccsn=$(tr -d ' \n' <"$CARD/issuer/iccsn")

check "jcop45-tool info reads the blank card" jcop45-tool info
has "it names the card" "IN Groupe agent card, JCOP 4.5"
has "it shows the ICCSN" "$iccsn"
has "it shows the applet's version" "4\.1\.3"
has "it shows the production date" "2024-05-06"
has "it shows the life cycle" "initialisation"
has "it shows the transport PIN with its tries" "transport.*\b3\b"
has "it shows the free slots of mpp" "mpp"
has "and those of sign" "sign"
has "it says that activation can be tried" "activat"
trace_reset
must jcop45-tool info
is "info sends nothing but SELECT, GET DATA, READ BINARY and PIN queries" \
	"$(field '.name != "pin-status"' .ins | sort -u |
		grep -vx -e A4 -e CA -e B0)" ""

must activate
check "info reads the activated card" jcop45-tool info
has "the life cycle is another" "$ACTIVATED"
has "the global PIN is shown with its tries" "global.*\b3\b"
has "the signature PIN is shown with its tries" "signature.*\b3\b"
has "the PUK is shown with its tries" "puk.*\b5\b"
must generate 3072 01 11
run jcop45-tool info
before=$OUT
must generate 3072 02 21
run jcop45-tool info
that "a new key changes what info shows" test "$before" != "$OUT"
WRONG=1111 run pkcs15-tool --verify-pin --auth-id 01 --pin env:WRONG
check "info after a wrong PIN" jcop45-tool info
has "shows the tries that are left" "global.*\b2\b"

# What the configuration lacks for an operation, key by key.
lacks() { # CONFIGURATION KEY
	edit_config "/^[[:space:]]*$1 *=/d" lacks.conf
	check "info without $1 works" using "$WORK/lacks.conf" jcop45-tool info
	has "info without $1 names what is missing" "$1"
}
lacks keyset_sk_admin
lacks chip_auth_trust_anchor
edit_config '/^[[:space:]]*hsm *\{/,/\}/d' lacks.conf
check "info without hsm works" using "$WORK/lacks.conf" jcop45-tool info
has "info without hsm names what is missing" "hsm"

# Why OpenSC did not load our driver.
edit_config 's/^([[:space:]]*)card_drivers *=.*/\1card_drivers = internal;/' none.conf
refused "info without our driver in card_drivers fails" \
	using "$WORK/none.conf" jcop45-tool info
has "and says that card_drivers lacks it" "card_drivers"
echo "app default { card_drivers = jcop45, internal; reader_driver pcsc { provider_library = $PROVIDER; } }" \
	>empty.conf
refused "info without our block fails" using "$WORK/empty.conf" jcop45-tool info
has "and says that opensc.conf has no block of ours" "opensc\.conf|block"
has "and how to get it there" "jcop45-tool config --install"
# A driver before ours that goes by the ATR alone.
atr=3b:d5:18:ff:80:b1:fe:45:1f:c3:80:73:c8:21:10:6e
edit_config "s/^([[:space:]]*)card_drivers *=.*/\1card_drivers = tcos, jcop45;\
	card_atr $atr { driver = tcos; }/" other.conf
refused "info fails when another driver took the card" \
	using "$WORK/other.conf" jcop45-tool info
has "and names that driver" "tcos"
cat >old.c <<'C'
const char *sc_driver_version(void);
const char *sc_driver_version(void) { return "0.22.0"; }
void *sc_module_init(const char *name);
void *sc_module_init(const char *name) { (void)name; return 0; }
C
must gcc -shared -fPIC -o old.so old.c
edit_config "s,^([[:space:]]*)module *= *[^;]*opensc-jcop45\.so\"?;,\1module = $WORK/old.so;," \
	old.conf
refused "info fails when the module is of another OpenSC release" \
	using "$WORK/old.conf" jcop45-tool info
has "it names the release of the module" "0\.22\.0"
has "and that of the installed OpenSC" \
	"$(opensc-tool --info | sed -n 's/^OpenSC \([0-9.]*\).*/\1/p')"
edit_config "s,^([[:space:]]*)module *= *[^;]*opensc-jcop45\.so\"?;,\1module = $WORK/gone.so;," \
	gone.conf
refused "info fails when the module is not there" \
	using "$WORK/gone.conf" jcop45-tool info
has "and names the file" "$WORK/gone.so"
# The card leaves while OpenSC asks it who it is.
for at in 1 2; do
	fault "remove before $at"
	refused "info of a card that leaves before command $at fails" \
		jcop45-tool info
	no_fault
	is "$at: with the status for no card" "$RC" 3
	has "$at: which is told" "removed"
	hasnt "$at: not that it is a foreign one" "not one of ours"
done
run jcop45-tool info --reader ''
is "an empty name of a reader is a mistake on the command line" "$RC" 2
edit_config "s,^([[:space:]]*)chip_auth_trust_anchor *=.*,\1chip_auth_allow_untrusted = yes;," \
	waived.conf
check "info with chip_auth_allow_untrusted works" \
	using "$WORK/waived.conf" jcop45-tool info
has "generation is configured" "key generation: *configured"
has "import is not, without an anchor" "key import: *not configured"
must jcop45-vcard remove "$CARD"
refused "info without a card fails" jcop45-tool info
has "and asks for one" "no card|insert"
# The key sets in the HSM, where somebody asks for them.
must jcop45-vcard insert "$CARD"
new_config
check "jcop45-tool info does not look into the HSM" \
	env HSM_PIN=wrong jcop45-tool info
hasnt "and says nothing of key sets" "key sets"
check "jcop45-tool info --hsm does" jcop45-tool info --hsm
has "and finds SK_ADMIN" "sk.admin: *in the HSM$"
import_key "$CARD/issuer/sk_admin-enc.key" alone
new_config --keyset-sk-admin alone
check "one key for both is allowed" jcop45-tool info --hsm
has "with a warning" "sk.admin: *in the HSM; warning: one key"
new_config --keyset-sk-admin nobody
check "a label that is not there is told" jcop45-tool info --hsm
has "with what is missing" "sk.admin: *not usable: .*nobody"

done_testing
