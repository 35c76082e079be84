#!/bin/bash
# encode-signing.sh: requests that the card signs, in each dialect of signing
# that a card description can name.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

setup_blank ias
job job.dsc < <(printf '%s\n' '[Fields]' G= S= '[Description]' "$ADMIN" PIN=G \
	SignPIN=S "$(applications p10-mpp p10-sign)")

# signed DIALECT: both containers' requests, on the card in the reader.
signed() {
	local letter
	card_secrets
	rm -rf requests
	check "$1: activation" activate
	trace_reset
	check "$1: two requests" encode job.dsc --field G=env:PIN \
		--field S=env:SIGN_PIN --requests requests
	for letter in A B; do
		check "$1: request $letter is signed by the card's key" \
			openssl req -in "requests/$ICCSN-$letter.csr" \
			-noout -verify
	done
	is "$1: one signature each" "$(count '.ins == "2A" and .sw == "9000"')" 2
	is "$1: no PIN stays verified" "$(jcop45-tool info --json |
		jq -r '.pins[] | .state' | grep -c '^verified')" 0
}
signed ias

# A PIN that is wrong is found out before the key is made, by one try.
job wrong.dsc < <(printf '%s\n' '[Fields]' G= '[Description]' "$ADMIN" PIN=G \
	"$(applications delete p10-mpp)")
rm -r requests
trace_reset
WRONG=11112222
export WRONG
refused "a wrong PIN for the request" encode wrong.dsc \
	--field G=env:WRONG --requests requests
has "is told with the tries" "B:generate .*PIN global is wrong.*tries left: 2"
is "before a key is made" "$(count '.name == "generate"')" 0

for dialect in raw chipdoc-91; do
	sed -E "s/sign = ias;/sign = $dialect;/" "$JCOP_SRC/etc/agent.card" \
		>"$dialect.card"
	new_card "of-$dialect" --description "$PWD/$dialect.card"
	for set in sk_admin sk_unblk_pin sk_file_mgmt; do
		import_keyset "$set" "$dialect-$set"
	done
	new_config --keyset-sk-admin "$dialect-sk_admin" \
		--card-description "$PWD/$dialect.card"
	sed -i "s/^KeysetSkAdmin=.*/KeysetSkAdmin=#$dialect-sk_admin:11/" job.dsc
	signed "$dialect"
done

# A whole block needs a long command, and it is known before the key is made.
new_card short --applet-version 4.1.0 --description "$PWD/raw.card"
import_keyset sk_admin short
new_config --keyset-sk-admin short --card-description "$PWD/raw.card"
must activate
printf 'extended = no\n' >"$CARD/reader"
sed -i 's/^KeysetSkAdmin=.*/KeysetSkAdmin=#short/' job.dsc
trace_reset
refused "an old applet on a short reader cannot sign raw blocks" encode job.dsc \
	--field G=env:PIN --field S=env:SIGN_PIN --requests requests
has "which is said" "cannot sign a request: take another reader"
is "before anything is changed" "$(changes)" 0
done_testing
