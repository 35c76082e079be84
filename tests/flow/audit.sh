#!/bin/bash
# audit.sh: one line in the system's log for each administrative act, whichever
# tool does it, with the card and the result and nothing of its holder.
# SPDX-License-Identifier: LGPL-2.1-or-later

# syslog(3) knows one place only: /dev/log. So the test has a /dev of its own.
if [ -z "${JCOP_OWN_MOUNTS-}" ]; then
	if [ "$(id -u)" -eq 0 ]; then
		mounts=(unshare -m)
	else
		mounts=(unshare -r -m)
	fi
	if "${mounts[@]}" true 2>/dev/null; then
		JCOP_OWN_MOUNTS=yes exec "${mounts[@]}" bash "$0" "$@"
	fi
fi
. "$(dirname "$0")/../lib/flow.sh"

if [ -z "${JCOP_OWN_MOUNTS-}" ]; then
	skip "a failed act is logged with its reason" "no mount namespaces"
	done_testing
fi

own_dev() {
	local name
	mkdir dev
	mount -t tmpfs tmpfs dev || return
	for name in null zero full random urandom tty; do
		: >"dev/$name"
		mount --bind "/dev/$name" "dev/$name" || return
	done
	mkdir dev/pts dev/shm
	mount --rbind /dev/pts dev/pts || return
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	mount --rbind dev /dev
}
LOG=$WORK/log
must gcc -o listener "$JCOP_SRC/tests/lib/syslog-listener.c"
must own_dev
./listener /dev/log "$LOG" 3>&- &
listener=$!
flow_cleanup() { kill "$listener"; }
listening() {
	local i
	for i in $(seq 100); do
		[ -S /dev/log ] && return
		sleep 0.05
	done
	return 1
}
must listening

# The lines since the last call, to the file lines.
taken=0
new_lines() {
	sleep 0.1 # the listener is another process
	tail -n +$((taken + 1)) "$LOG" >lines
	taken=$((taken + $(wc -l <lines)))
}
acts() { sed 's/^.*\(jcop45: card\)/\1/' lines; }
logged() { # NAME LINE...
	local name=$1
	shift
	new_lines
	is "$name" "$(acts)" "$(printf "jcop45: card $iccsn: %s\n" "$@")"
}
not_logged() {
	new_lines
	is "$1" "$(acts)" ""
}

setup_blank
iccsn=$(tr -d ' \n' <"$CARD/issuer/iccsn")
new_lines

# --- one line for each act --------------------------------------------------------

export WRONG=90909090
refused "an activation fails" jcop45-tool activate \
	--transport-pin env:WRONG --pin env:PIN --sign-pin env:SIGN_PIN
logged "a failed act is logged with its reason" \
	"activation: failed: PIN code or key incorrect"
has_priority() { grep -q "^<$1>" lines; }
that "as a warning of authpriv" has_priority 84
must activate
logged "activation is logged" "activation: ok"
that "as a notice of authpriv" has_priority 85
that "under the name of the program" grep -q ' jcop45-tool: jcop45: card' lines
must pkcs15-init --generate-key rsa:3072 --auth-id 01 --id 11 \
	--label "Key of Jeanne DUPONT"
logged "key generation with pkcs15-init, too" "key generation: ok"
that "under that program's name" grep -q ' pkcs15-init: jcop45: card' lines
must jcop45-tool generate --container signature --id 21
logged "and with jcop45-tool" "key generation: ok"
must certify 11
logged "certificate writing" "certificate writing: ok"
new_ca
must openssl req -x509 -newkey rsa:2048 -nodes -keyout archived.key \
	-out archived.pem -subj "/CN=Jeanne DUPONT" -days 30 \
	-addext "basicConstraints=critical,CA:FALSE"
must openssl pkcs12 -export -inkey archived.key -in archived.pem \
	-out archived.p12 -passout env:PIN
must jcop45-tool import --container mpp --password env:PIN archived.p12
logged "key import" "key import: ok"
must jcop45-tool unblock-pin --which global \
	--puk "file:$CARD/issuer/puk" --new-pin env:PIN
logged "unblocking with the PUK" "unblocking with the PUK: ok"
must jcop45-tool unblock-pin --which global --keyset --new-pin env:PIN
logged "unblocking with a key set" "unblocking with a key set: ok"
must jcop45-tool write-data ef.function.job=Greffiere
logged "an update of the agent data" "agent data update: ok"
must jcop45-tool delete-all --yes
logged "deletion" "deletion: ok"

fault "remove before 3 secured"
refused "the card is taken out of the reader" \
	jcop45-tool generate --container mpp
no_fault
logged "that is logged with the card that it was" \
	"key generation: failed: Card removed"
is "the log has $taken lines and each is one act" "$taken" 11

# In steps, only the last of which is the activation.
setup_in_steps() {
	local transport
	transport=$(tr -d ' \n' <"$CARD/issuer/transport-pin")
	export transport
	must pkcs15-init --store-pin --auth-id 01 --pin env:PIN \
		--so-pin env:transport
	must pkcs15-init --store-pin --auth-id 02 --pin env:SIGN_PIN \
		--so-pin env:transport
}
first=$CARD
new_card steps
iccsn=$(tr -d ' \n' <"$CARD/issuer/iccsn")
new_config
setup_in_steps
logged "a PIN that is set before activation is called that" \
	"setting a PIN for activation: ok" "setting a PIN for activation: ok"
use_card "$first"
new_config
iccsn=$(tr -d ' \n' <"$CARD/issuer/iccsn")

# --- nothing else -----------------------------------------------------------------------

must jcop45-tool info
must jcop45-tool data
must pkcs15-tool --dump
not_logged "reading is not logged"
must generate 3072 01 11
new_lines
must pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN
must pkcs11-tool --module "$P11" --login --pin env:PIN --id 11 --sign \
	--mechanism SHA256-RSA-PKCS --input-file opensc.conf --output-file sig
not_logged "nor what the holder does with the keys"
export NEW_PIN=24680135
must jcop45-tool change-pin --which global --old-pin env:PIN \
	--new-pin env:NEW_PIN
not_logged "nor that the holder changes a PIN"
refused "a second activation is refused" activate
refused "an unknown size, too" \
	jcop45-tool generate --container mpp --bits 1024
edit_config '/^[[:space:]]*keyset_sk_admin *=/d' lacks.conf
refused "a missing configuration, too" using "$WORK/lacks.conf" \
	jcop45-tool generate --container mpp
not_logged "what is refused before it begins is not logged"
for personal in "$PIN" "$NEW_PIN" "$SIGN_PIN" "$HSM_PIN" DUPONT Greffiere \
	"$(cat "$CARD/issuer/puk")" sk_admin; do
	is "the log does not have '$personal'" "$(grep -cF "$personal" "$LOG")" 0
done

# Without a logger everything goes on.
rm /dev/log
check "without a logger a key is generated all the same" \
	jcop45-tool generate --container mpp
done_testing
