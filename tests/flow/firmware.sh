#!/bin/bash
# firmware.sh: cards with a flaw in their firmware, and another algorithm of
# role authentication.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

NEW_PIN=60318274
export NEW_PIN

tries() { # NAME
	jcop45-vcard info "$CARD" | sed -nE \
		"s/^.*\b$1\b[^0-9]*([0-9]+) tr(y|ies).*/\1/Ip" | head -n 1
}
write_data() {
	jcop45-tool write-data "ef.function.job=$1"
}
stored_job() {
	jcop45-tool data --json | jq -r '."ef.function".job'
}

# --- cards produced before 2023-10-12 -------------------------------------------------

setup_activated flawed --production 2023-10-11
trace_reset
refused "a card produced the day before the flaw was mended takes no data" \
	write_data Greffier
has "the error names the date of this card" "2023-10-11"
has "and the limit" "2023-10-12"
has "and that it cannot be repaired" "cannot be repaired"
has "and what to do" "issuer.*replace"
is "no try of the key set was used" "$(tries SK_FILEMGMT)" 15
is "and nothing was written" "$(count '.name == "data-write"')" 0
is "the date was asked where the card stood" "$(jq -s '
	(map(.sw == "6A88" and .ins == "22") | index(true)) as $at |
	.[$at + 1].p1 + .[$at + 1].p2' "$TRACE")" '"9F7F"'
check "the date alone hinders nothing else: key generation" \
	generate 2048 01 11
check "reading" jcop45-tool data
check "info shows the date" jcop45-tool info
has "as the card tells it" "2023-10-11"
refused "pkcs15-init explains it, too" eval \
	'echo X >x && pkcs15-init --store-data x --application-name ef.function \
	--label ef.function.job'
has "with the date" "2023-10-11"

must jcop45-vcard set "$CARD" production 2023-10-12
trace_reset
check "a card produced on that day takes data" write_data Greffier
is "which are there" "$(stored_job)" Greffier
is "and was not asked for its date" "$(count '.p1 == "9F" and .ins == "CA"')" 0

must jcop45-vcard set "$CARD" production unknown
check "a card that does not tell its date is not refused by that" \
	write_data Juge
is "it takes the data" "$(stored_job)" Juge

# The same answer with other reasons.
new_config --keyset-sk-file-mgmt sk_file_mgmt:AD01/12
refused "a wrong path of the key set is refused by the card" write_data X
has "without a date the error names both reasons" "does not tell when"
has "the path in the configuration" "path of keyset_sk_file_mgmt"
has "and the flaw" "2023-10-12"
must jcop45-vcard set "$CARD" production 2024-03-01
refused "with a good date as well" write_data X
has "then only the path is the reason" \
	"not on the card.*path of keyset_sk_file_mgmt"
hasnt "and no flaw is spoken of" "repaired"
new_config --keyset-sk-admin sk_admin:13
refused "another key set at a wrong path" generate 3072 01 12
has "is named with its own key" "sk_admin.*path of keyset_sk_admin"
hasnt "and without any date" "2023|2024"
is "it lost no try" "$(tries sk_admin)" 15
new_config
check "with the right paths all is well" write_data Greffier

# --- role authentication by aes-cmac ---------------------------------------------------

sed -E 's/role = ias-aes;/role = aes-cmac;/' "$JCOP_SRC/etc/agent.card" \
	>cmac.card
new_card cmac --description cmac.card
for set in sk_admin sk_unblk_pin sk_file_mgmt; do
	import_keyset "$set" "cmac-$set"
done
cmac_config() {
	new_config --card-description "$WORK/cmac.card" \
		--keyset-sk-admin cmac-sk_admin \
		--keyset-sk-unblk-pin cmac-sk_unblk_pin \
		--keyset-sk-file-mgmt cmac-sk_file_mgmt "$@"
}
cmac_config
trace_reset
check "aes-cmac: activation" activate
is "aes-cmac: with a challenge of 16 bytes" "$(field \
	'.name == "get-challenge"' .plain_response)" 16
is "aes-cmac: and a cryptogram of 16" "$(field \
	'.name == "role-authentication"' .plain_lc)" 16
check "aes-cmac: key generation" generate 2048 01 11
check "aes-cmac: certificate writing" certify 11
check "aes-cmac: agent data, with the key set of their ADF" write_data Juge
check "aes-cmac: unblocking with the key set, outside the channel" \
	jcop45-tool unblock-pin --keyset --which global --new-pin env:NEW_PIN
check "aes-cmac: the new PIN holds" pkcs15-tool --verify-pin --auth-id 01 \
	--pin env:NEW_PIN
check "aes-cmac: deletion" jcop45-tool delete-all --yes

# One key for both; of a pair the MAC key is used.
import_key "$CARD/issuer/sk_admin-mac.key" cmac-single
cmac_config --keyset-sk-admin cmac-single
check "aes-cmac: a single key will do" generate 3072 01 12
import_key "$CARD/issuer/sk_admin-enc.key" cmac-wrong
cmac_config --keyset-sk-admin cmac-wrong
trace_reset
refused "aes-cmac: the encryption key of the pair is not the one" \
	generate 3072 01 13
has "aes-cmac: the error says so, with the tries" "\b14\b"
is "aes-cmac: it was sent once" "$(count '.ins == "82"')" 1
cmac_config
check "aes-cmac: the pair is right again" generate 3072 01 13

# A host that reads another description.
new_config --keyset-sk-admin cmac-sk_admin
trace_reset
refused "the algorithm of another description is refused by the card" \
	generate 3072 01 14
is "before any cryptogram" "$(count '.ins == "82"')" 0
is "and costs no try" "$(tries sk_admin)" 15
done_testing
