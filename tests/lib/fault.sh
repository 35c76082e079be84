# fault.sh: one operation, disturbed at each of its commands in turn.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# each_command NAME RULE START OPERATION COMPLETE [TORN]
#   NAME       what the tests are called
#   RULE       of the fault file; N stands for the command's number
#   START      card directory in the state to start from
#   OPERATION  function: the operation
#   COMPLETE   function: is the card, read back, as it has to be in the end?
#   TORN       function: is it as it may be meanwhile? OUT is pkcs15-tool -D
# For each command of the operation: it fails in an orderly way (or the fault
# came after its last change), the card can be read, and the operation run
# again completes, or says that it is complete.
each_command() {
	local name=$1 rule=$2 start=$3 operation=$4 complete=$5 torn=${6-}
	local n total failed=() unread=() incomplete=() reported=() wrong=()

	copy_card "$start" "$CARD"
	trace_reset
	must "$operation"
	total=$(count)
	that "$name: the operation takes commands to disturb" \
		test "$total" -ge 5
	for ((n = 1; n <= total; n++)); do
		copy_card "$start" "$CARD"
		fault "${rule//N/$n}"
		run "$operation"
		if orderly "$RC"; then
			reported+=("$n")
		elif [ "$RC" -ne 0 ]; then
			failed+=("$n:$RC")
		fi
		no_fault
		run jcop45-tool info
		[ "$RC" -eq 0 ] || unread+=("$n")
		run pkcs15-tool -D
		[ "$RC" -eq 0 ] || unread+=("$n")
		[ -z "$torn" ] || "$torn" || wrong+=("$n")
		run "$operation"
		[ "$RC" -eq 0 ] || orderly "$RC" || failed+=("$n again:$RC")
		"$complete" || incomplete+=("$n")
	done
	echo "$name: $total commands, ${#reported[@]} ended in an error"
	is "$name: no crash, no hang at any command" "${failed[*]-}" ""
	that "$name: the error is reported" \
		test "${#reported[@]}" -ge $((total / 2))
	is "$name: the card is read back after each" "${unread[*]-}" ""
	[ -z "$torn" ] ||
		is "$name: what it shows is right after each" "${wrong[*]-}" ""
	is "$name: run again the operation completes after each" \
		"${incomplete[*]-}" ""
}

# Complete activation: life cycle and both PINs.
activation_complete() {
	run pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN
	[ "$RC" -eq 0 ] || return 1
	run pkcs15-tool --verify-pin --auth-id 02 --pin env:SIGN_PIN
	[ "$RC" -eq 0 ] || return 1
	run jcop45-tool info
	grep -qiE "$ACTIVATED" <<<"$OUT"
}

# Exactly one key 16, and its public half is that of the private one.
generate_for_fault() { generate 2048 01 16; }
generation_complete() {
	local slot
	run pkcs15-tool --list-keys
	[ "$(grep -c 'Private RSA Key' <<<"$OUT")" = 1 ] || return 1
	run public_key 16 "$WORK/pub-16.pem"
	[ "$RC" -eq 0 ] || return 1
	slot=$(slot_of global)
	echo text >"$WORK/text"
	rm -f "$WORK/sig"
	run p11 --slot "$slot" --login --pin env:PIN --sign \
		-m SHA256-RSA-PKCS --id 16 -i "$WORK/text" -o "$WORK/sig"
	run openssl dgst -sha256 -verify "$WORK/pub-16.pem" \
		-signature "$WORK/sig" "$WORK/text"
	[ "$RC" -eq 0 ]
}

# The certificate that was written comes back.
certify_for_fault() {
	pkcs15-init --store-certificate "$WORK/cert-16.pem" --id 16
}
certificate_complete() {
	rm -f "$WORK/back.pem"
	run pkcs15-tool --read-certificate 16 -o "$WORK/back.pem"
	[ "$RC" -eq 0 ] || return 1
	[ "$(fingerprint "$WORK/back.pem")" = \
		"$(fingerprint "$WORK/cert-16.pem")" ] || return 1
	run pkcs15-tool -D
	[ "$(grep -c '^X.509 Certificate' <<<"$OUT")" = 1 ]
}

# prepare_stages: directories BLANK, AT_WORK (activated) and WITH_KEY.
prepare_stages() {
	setup_blank
	BLANK=$CARD.blank
	copy_card "$CARD" "$BLANK"
	must activate
	AT_WORK=$CARD.activated
	copy_card "$CARD" "$AT_WORK"
	must generate_for_fault
	new_ca
	must public_key 16 "$WORK/pub-16.pem"
	must issue_certificate "$WORK/pub-16.pem" "Holder" "$WORK/cert-16.pem"
	WITH_KEY=$CARD.with-key
	copy_card "$CARD" "$WITH_KEY"
}
