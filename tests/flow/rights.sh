#!/bin/bash
# rights.sh: what a PUK, the transport PIN or a key set opened is closed again
# for the next process, and no process gets between the commands of an
# operation.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/bystander.sh"
. "$JCOP_SRC/tests/flow/lib-pcscd.sh"

SECOND_PIN=55102938
THIRD_PIN=88203746
P12=p12-4471
export SECOND_PIN THIRD_PIN P12

# What the second process tries, over and over. If it is ever allowed, the
# PINs are not the ones that the test knows, and the keys are gone.
attempts=(
	00A4040C0AE828BD080F014E585030 # PKI
	00A4000C027002                 # PrKDF
	00D600000130                   # UPDATE BINARY of it
	00240101083939393939393939     # set PIN global
	00240182083939393939393939     # set PIN signature
	002C0301                       # unblock with the PUK
	002C0382
	002C0201083939393939393939 # unblock with the role of a key set
	002C0282083939393939393939
	00440000                   # activate
	00DB3FFF067004BF901100     # delete a key
	00470000057003BF901100     # generate one
	00A4080C04AD010102         # EF.Fonction
	00D600000100               # UPDATE BINARY of it
	00200004                   # is the transport PIN known?
	00200006                   # is the PUK?
)
for_everybody=" 0 1 12 "

# What was granted to the second process and is not for everybody.
granted() {
	local number sw count
	while read -r number sw count; do
		[ -n "$number" ] || continue
		[[ $for_everybody != *" $number "* ]] || continue
		case $sw in
		9000 | 61*) echo "${attempts[$number]}: $sw, $count times" ;;
		esac
	done <<<"$answers"
}

# Every attempt was made, and answered by the card.
all_tried() {
	local n
	for n in "${!attempts[@]}"; do
		grep -q "^$n " <<<"$answers" || return 1
	done
}

# Commands of others from an operation's first command that needs or gains a
# right to its last: the operation is the process that was not the bystander
# and sent such a command last.
strangers() {
	jq -s --argjson other "$bystander_in_trace" '
		def right: .pid != $other and (.secured or (.name |
			IN("verify", "pin-set", "pin-change", "unblock",
				"mse-role", "role-authentication", "activate",
				"mse-chip-authentication")));
		. as $all | ([.[] | select(right) | .pid] | last) as $pid |
		[to_entries[] | select(.value.pid == $pid and
			(.value | right)) | .key] as $own |
		if ($own | length) < 2 then "it did nothing" else
		[to_entries[] | select(.key > ($own | min) and
			.key < ($own | max) and .value.pid != $pid)] |
			length end' "$TRACE"
}
# The second process had the card before and after these.
neighbours() {
	jq -s --argjson other "$bystander_in_trace" '
		[to_entries[] | select(.value.pid != $other) | .key] as $o |
		[to_entries[] | select(.value.pid == $other) | .key] as $b |
		([$b[] | select(. < ($o | max))] | length > 0) and
		([$b[] | select(. > ($o | max))] | length > 0)' "$TRACE"
}

# beside NAME COMMAND...: an operation while the second process tries.
beside() {
	local name=$1
	shift
	trace_reset
	hammer "${attempts[@]}"
	check "$through$name works beside another process" "$@"
	rest
	that "$through$name: that one tried all the time" all_tried
	is "$through$name: it was granted nothing" "$(granted)" ""
	that "$through$name: it found the card reset" test "$resets" -ge 1
	if [ "$door" = library ]; then
		is "$name: it came never between two commands" "$(strangers)" 0
		is "$name: only before and after" "$(neighbours)" true
	fi
}

# GLOBAL and SIGNATURE: variables with what the PINs have to be. A PIN that was
# verified is no right of an operation: the card forgets it here.
holder_pins() {
	check "$through""PIN global is what was set" \
		pkcs15-tool --verify-pin --auth-id 01 --pin "env:$1"
	check "$through""PIN signature is what was set" \
		pkcs15-tool --verify-pin --auth-id 02 --pin "env:$2"
	must opensc-tool --reset
}

in_steps() {
	pkcs15-init --store-pin --auth-id 01 --pin env:PIN \
		--so-pin env:TRANSPORT --label "PIN global" &&
		pkcs15-init --store-pin --auth-id 02 --pin env:SIGN_PIN \
			--so-pin env:TRANSPORT --label "PIN signature" &&
		pkcs15-init --finalize --so-pin env:TRANSPORT
}

# Everything that uses a transport PIN, a PUK or a key set.
operations() { # ACTIVATION
	TRANSPORT=$(head -n 1 "$CARD/issuer/transport-pin")
	PUK=$(head -n 1 "$CARD/issuer/puk")
	export TRANSPORT PUK
	beside "activation" "$1"
	beside "key generation" generate 2048 01 16
	must public_key 16 pub-16.pem
	must issue_certificate pub-16.pem Holder cert-16.pem
	beside "certificate writing" jcop45-tool write-certificate cert-16.pem
	beside "key import" jcop45-tool import --container mpp \
		--password env:P12 key.p12
	beside "agent data update" jcop45-tool write-data \
		ef.function.job=Greffier
	must jcop45-tool data
	has "$through""the job is what was written" "Greffier"
	beside "unblocking with the PUK" jcop45-tool unblock-pin \
		--which global --puk env:PUK --new-pin env:SECOND_PIN
	beside "unblocking by pkcs15-tool" pkcs15-tool --unblock-pin \
		--auth-id 02 --puk env:PUK --new-pin env:SECOND_PIN
	holder_pins SECOND_PIN SECOND_PIN
	beside "unblocking with SK_UNBLK" jcop45-tool unblock-pin \
		--which signature --keyset --new-pin env:THIRD_PIN
	holder_pins SECOND_PIN THIRD_PIN
	must pkcs15-tool --list-keys
	is "$through""both keys are there" \
		"$(grep -c 'Private RSA Key' <<<"$OUT")" 2
	beside "deletion" jcop45-tool delete-all --yes
}

build_bystander

door=library
through=
setup_blank
new_ca
kept_key "$WORK/key" 3072
start_bystander "$PROVIDER"
operations activate
stop_bystander

# Through the daemon, where many share a card.
door=pcscd
through="through pcscd: "
no_provider=yes
new_card through-pcscd
import_keyset sk_admin other_admin
import_keyset sk_unblk_pin other_unblk
import_keyset sk_file_mgmt other_mgmt
new_config --keyset-sk-admin other_admin --keyset-sk-unblk-pin other_unblk \
	--keyset-sk-file-mgmt other_mgmt
flow_cleanup() { stop_private_pcscd; }
start_private_pcscd "$CARD" || bail "no private pcscd"
start_bystander "$libdir/libpcsclite.so.1"
operations in_steps
stop_bystander
done_testing
