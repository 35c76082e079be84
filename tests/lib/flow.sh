# flow.sh: what every flow test starts with. Sourced by bash.
#
# A flow test drives the real tools against a virtual card of its own, in a
# private directory, with a private SoftHSM token; it can run beside others
# and again. It prints TAP on the original standard output, and everything
# else on standard error, which the runner keeps in the log.
#
# Environment:
#   JCOP_SRC     source tree (default: this one)
#   JCOP_BUILD   build tree (default: build/main in the source tree)
#   JCOP_UNDER   run the tools under: "" (default), asan, valgrind
#   JCOP_KEEP    if not empty the private directory is kept
#
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

JCOP_SRC=${JCOP_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
JCOP_BUILD=${JCOP_BUILD:-$JCOP_SRC/build/main}
JCOP_UNDER=${JCOP_UNDER-}

# Nothing of the caller's setup reaches a test.
unset OPENSC_CONF SOFTHSM2_CONF OPENSC_DEBUG JCOP45_VCARD JCOP45_VCARD_TRACE \
	PKCS11_MODULE_PATH PKCS11SPY PCSCLITE_CSOCK_NAME OPENSSL_CONF
export LC_ALL=C
PATH=$JCOP_BUILD:$PATH

libdir=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null ||
	gcc -print-multiarch)
P11=$libdir/opensc-pkcs11.so
SPY=$libdir/pkcs11-spy.so
[ -f "$SPY" ] || SPY=$libdir/pkcs11/pkcs11-spy.so
SOFTHSM=$libdir/softhsm/libsofthsm2.so
MODULES=$JCOP_BUILD/.libs
PROVIDER=$JCOP_BUILD/.libs/libjcop45-vcard-pcsc.so

# Values that no other text contains: tests look for them in logs.
PIN=48291357
SIGN_PIN=75920468
HSM_PIN=hsm-6130572
export PIN SIGN_PIN HSM_PIN

# What both programs print of an activated card.
ACTIVATED='life.cycle[^a-z]*activated'

. "$JCOP_SRC/tests/lib/tap.sh"

# --- the tools -------------------------------------------------------------------

LIMIT=60
under=()
case $JCOP_UNDER in
"") ;;
asan)
	under=(env "LD_PRELOAD=$(gcc -print-file-name=libasan.so)"
		ASAN_OPTIONS=detect_leaks=0:exitcode=99:abort_on_error=0
		UBSAN_OPTIONS=print_stacktrace=1:exitcode=99)
	LIMIT=180
	;;
valgrind)
	LIMIT=300
	;;
*)
	bail "JCOP_UNDER=$JCOP_UNDER is not known"
	;;
esac

tool() {
	timeout -k 5 "$LIMIT" "${under[@]}" "$@" </dev/null
}

for name in opensc-tool pkcs15-tool pkcs15-init pkcs11-tool pkcs15-crypt \
	opensc-explorer jcop45-tool; do
	eval "$name() { tool $name \"\$@\"; }"
done
unset name
jcop45-vcard() { timeout -k 5 "$LIMIT" jcop45-vcard "$@" </dev/null; }
p11() { # pkcs11-tool with the distribution's module, a PIN never on the line
	pkcs11-tool --module "$P11" "$@"
}

# --- card, token, configuration -----------------------------------------------------

flow_end() {
	local status=$?
	flow_cleanup
	if [ -n "${JCOP_KEEP-}" ]; then
		echo "kept: $WORK"
	else
		rm -rf "$WORK"
	fi
	if [ -z "$finished" ] && [ "$status" -eq 0 ]; then
		exit 1
	fi
}
flow_cleanup() { :; } # a test may define its own
trap flow_end EXIT
trap 'exit 1' INT TERM

WORK=$(mktemp -d "${TMPDIR:-/tmp}/jcop45-flow.XXXXXX") || exit 1
if [ "$JCOP_UNDER" = valgrind ]; then
	# ICCs, LSan and the like are no memory errors of ours; leaks are
	# looked at in the module's own tests.
	under=(valgrind -q --error-exitcode=99 --leak-check=no
		"--log-file=$WORK/valgrind.%p")
fi
export HOME=$WORK
export XDG_CONFIG_HOME=$WORK
cd "$WORK" || exit 1

use_card() { # DIR
	CARD=$1
	export JCOP45_VCARD=$CARD
	TRACE=$CARD.trace
	export JCOP45_VCARD_TRACE=$TRACE
}

# new_card [NAME [OPTION...]]: a blank card, and it is the one in the reader.
new_card() {
	local name=${1:-card}
	[ $# -eq 0 ] || shift
	must jcop45-vcard new "$WORK/$name" "$@"
	use_card "$WORK/$name"
}

# copy_card FROM TO: the same card in the state that it has now.
copy_card() {
	rm -rf "$2"
	cp -a "$1" "$2" || bail "cp $1 $2"
}

# Card and issuer's secrets of $CARD: a token with its three key sets.
new_token() {
	local set part
	TOKEN=$WORK/token
	mkdir -p "$TOKEN"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\n' \
		"$TOKEN" >"$WORK/softhsm2.conf"
	printf 'log.level = ERROR\nslots.removable = false\n' \
		>>"$WORK/softhsm2.conf"
	export SOFTHSM2_CONF=$WORK/softhsm2.conf
	must timeout 30 softhsm2-util --init-token --free --label hsm \
		--so-pin 12345678 --pin "$HSM_PIN"
	for set in sk_admin sk_unblk_pin sk_file_mgmt; do
		import_keyset "$set" "$set"
	done
}

# import_keyset SET LABEL: both keys of the issuer's SET under LABEL.
import_keyset() {
	import_key "$CARD/issuer/$1-enc.key" "$2-ENC"
	import_key "$CARD/issuer/$1-mac.key" "$2-MAC"
}

# Not softhsm2-util --import: it cuts a key at its first zero byte.
import_key() { # FILE LABEL
	key_id=$((${key_id:-10} + 1))
	must timeout 30 pkcs11-tool --module "$SOFTHSM" --token-label hsm \
		--login --pin env:HSM_PIN --write-object "$1" --type secrkey \
		--key-type "AES:$(wc -c <"$1")" --sensitive --private \
		--usage-sign --usage-decrypt --label "$2" --id "$key_id"
}

# The options of `jcop45-tool config` for this card and token.
config_options() {
	printf '%s\n' --module-dir "$MODULES" --profile-dir "$JCOP_SRC/etc" \
		--keyset-sk-admin sk_admin \
		--keyset-sk-unblk-pin sk_unblk_pin \
		--keyset-sk-file-mgmt sk_file_mgmt \
		--chip-auth-trust-anchor "$CARD/issuer/trust-anchor.pem" \
		--hsm-module "$SOFTHSM" --hsm-token hsm --hsm-pin env:HSM_PIN
	[ -n "${no_provider-}" ] ||
		printf '%s\n' --provider-library "$PROVIDER"
}

# new_config [OPTION VALUE...]: an opensc.conf, and the tools use it; an
# OPTION takes the place of the same one of config_options.
new_config() {
	local -A value=()
	local options=() name
	mapfile -t options < <(config_options)
	set -- "${options[@]}" "$@"
	while [ $# -gt 0 ]; do
		value[$1]=$2
		shift 2
	done
	options=()
	for name in "${!value[@]}"; do
		options+=("$name" "${value[$name]}")
	done
	export OPENSC_CONF=$WORK/opensc.conf
	write_config "$OPENSC_CONF" "${options[@]}"
}

write_config() { # FILE OPTION...
	local file=$1
	shift
	echo "+ jcop45-tool config $* >$file"
	jcop45-tool config "$@" >"$file" || bail "jcop45-tool config failed"
	chmod 600 "$file"
}

# edit_config FROM TO: a sed expression over opensc.conf.
edit_config() {
	sed -E "$1" "$OPENSC_CONF" >"$2" || bail "sed $1"
	! cmp -s "$OPENSC_CONF" "$2" || bail "sed $1 changed nothing in opensc.conf"
	chmod 600 "$2"
}

# using CONF COMMAND...: with another opensc.conf.
using() {
	local -x OPENSC_CONF=$1
	shift
	"$@"
}

# A blank card in a reader, with token and configuration.
setup_blank() {
	new_card "$@"
	new_token
	new_config
}

activate() {
	jcop45-tool activate --transport-pin "file:$CARD/issuer/transport-pin" \
		--pin env:PIN --sign-pin env:SIGN_PIN "$@"
}

generate() { # SIZE CONTAINER(01|02) ID
	pkcs15-init --generate-key "rsa:$1" --auth-id "$2" --id "$3" \
		--label "key $3"
}

setup_activated() {
	setup_blank "$@"
	must activate
}

# public_key ID FILE: the key's public half in PEM, as the card lists it.
public_key() {
	pkcs15-tool --read-public-key "$1" -o "$2"
}

# A CA of the test's own.
new_ca() {
	must openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/ca.key" \
		-out "$WORK/ca.pem" -subj "/CN=Test CA" -days 30
}

# issue_certificate PUBLIC NAME FILE: a certificate for a public key.
issue_certificate() {
	openssl req -new -newkey rsa:2048 -nodes -keyout "$WORK/dummy.key" \
		-subj "/CN=$2" -out "$WORK/dummy.csr" &&
		openssl x509 -req -in "$WORK/dummy.csr" -CA "$WORK/ca.pem" \
			-CAkey "$WORK/ca.key" -force_pubkey "$1" -days 30 \
			-set_serial "0x$(openssl rand -hex 8)" -out "$3"
}

# certify ID: the test's CA certifies the key of that id, on the card.
certify() {
	[ -f "$WORK/ca.pem" ] || new_ca
	public_key "$1" "$WORK/pub-$1.pem" &&
		issue_certificate "$WORK/pub-$1.pem" "Holder $1" \
			"$WORK/cert-$1.pem" &&
		pkcs15-init --store-certificate "$WORK/cert-$1.pem" \
			--id "$1" --label "certificate $1"
}

# kept_key FILE BITS: a key that was kept, with its certificate of the test's CA,
# as PKCS#12 in FILE.p12 under $P12; the certificate in FILE.pem, the public key
# in FILE.pub.
kept_key() {
	[ -f "$WORK/ca.pem" ] || new_ca
	must openssl genrsa -out "$1.key" "$2"
	must openssl rsa -in "$1.key" -pubout -out "$1.pub"
	must issue_certificate "$1.pub" "Kept ${1##*/}" "$1.pem"
	must openssl pkcs12 -export -inkey "$1.key" -in "$1.pem" \
		-passout env:P12 -out "$1.p12"
}

# fingerprint FILE: of the certificate in it; differs from all others if there
# is none.
fingerprint() {
	openssl x509 -in "$1" -noout -fingerprint -sha256 2>/dev/null ||
		echo "no certificate in $1"
}

# slot_of PATTERN: options of pkcs11-tool for the token with that label.
slot_of() {
	p11 --list-token-slots 2>/dev/null | awk -v pattern="$1" '
		/^Slot/ { slot = $3; gsub(/[^0-9a-fx]/, "", slot) }
		/token label/ && tolower($0) ~ pattern { print slot; exit }'
}

# --- the trace -----------------------------------------------------------------------

trace_reset() {
	rm -f "$TRACE"
}

# count [FILTER]: commands that the card received and that jq's FILTER takes.
count() {
	if [ -f "$TRACE" ]; then
		jq -s "[.[] | select(${1:-true})] | length" "$TRACE"
	else
		echo 0
	fi
}

# field FILTER FIELD: FIELD of each such command, a line each.
field() {
	jq -r "select($1) | $2" "$TRACE"
}

trace_table() {
	[ ! -f "$TRACE" ] || jq -r '[.name, .cla, .ins, .p1, .p2, .plain_lc,
		.wire_command, .wire_response, .secured, .sw] | @tsv' "$TRACE"
}

# --- faults ----------------------------------------------------------------------------

fault() { # RULE: from the next command on
	printf '%s\n' "$@" >"$CARD/fault"
}

no_fault() {
	rm -f "$CARD/fault"
	jcop45-vcard insert "$CARD" >/dev/null 2>&1
	return 0
}
