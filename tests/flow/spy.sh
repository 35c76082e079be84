#!/bin/bash
# spy.sh: what OpenSC's PKCS#11 spy sees between us and the HSM.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank
export PKCS11SPY=$SOFTHSM
export PKCS11SPY_OUTPUT=$WORK/spy.log
new_config --hsm-module "$SPY"
blank=$CARD.blank
copy_card "$CARD" "$blank"

check "activation works through pkcs11-spy" activate
that "the spy saw the login" grep -q C_Login spy.log
that "the spy saw the keys at work" grep -qE 'C_Encrypt|C_Sign' spy.log
check "key generation works through pkcs11-spy" generate 2048 01 16
read_value() { grep -E 'CKA_VALUE([^_]|$)' spy.log; }
is "no CKA_VALUE is read" "$(read_value)" ""
is "no key is created, wrapped or derived" \
	"$(grep -E 'C_(CreateObject|WrapKey|DeriveKey|CopyObject)' spy.log)" ""
that "CKA_SENSITIVE was looked at" grep -q CKA_SENSITIVE spy.log
check "the keys of the key sets are listed" timeout 60 pkcs11-tool \
	--module "$SOFTHSM" --token-label hsm --login --pin env:HSM_PIN \
	-O --type secrkey
is "all six are sensitive and never leave the token" \
	"$(grep -c 'Access: *sensitive' <<<"$OUT")" 6
hasnt "none of them is extractable" "Access:.*extractable$" 

copy_card "$blank" "$CARD"
: >spy.log
HSM_PIN=wrong-pin-9 run activate
that "a wrong HSM PIN is refused" orderly "$RC"
is "a wrong HSM PIN is sent once" \
	"$(grep -c '^[0-9]*: C_Login$' spy.log)" 1
: >spy.log
check "the holder's tools work" pkcs15-tool -D
is "and do not load the HSM module" "$(wc -c <spy.log)" 0

# A key that could be read out is refused.
new_card weak
must timeout 60 pkcs11-tool --module "$SOFTHSM" --token-label hsm --login \
	--pin env:HSM_PIN --keygen --key-type AES:32 --label weak --extractable \
	--id 77
new_config --keyset-sk-admin weak
trace_reset
refused "an extractable key is refused" activate
has "and the error says why" "extractable|sensitive"
is "and the card was not changed" "$(count '.name |
	IN("verify", "pin-set", "role-authentication", "activate")')" 0
done_testing
