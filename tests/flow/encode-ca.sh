#!/bin/bash
# encode-ca.sh: where certificates come from: a CA's command, or a directory
# with requests and, at another visit, one with their answers.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

setup_blank card --temporary
BLANK=$CARD.blank
copy_card "$CARD" "$BLANK"
card_secrets
must activate
new_ca
ACTIVATED_CARD=$CARD.activated
copy_card "$CARD" "$ACTIVATED_CARD"
kept_key archived 3072
kept_key recovered 2048
printf '%s\n' "$P12" >password
chmod 600 password

# The CA: what it got is in got/ID, and it answers with what ANSWER says.
cat >ca <<'SH'
#!/bin/sh
got=$WORK/got/${JCOP_REQUEST_ID%%-*}-${JCOP_REQUEST_ID##*-}
mkdir -p "$got"
echo "$JCOP_REQUEST_ID" >>"$WORK/asked"
[ ! -e "$WORK/busy" ] || touch "$WORK/overlap"
touch "$WORK/busy"
printf '%s\n' "$@" >"$got/arguments"
tr '\0' '\n' <"/proc/$$/environ" >"$got/environ"
sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$$/status" >"$got/ignored"
tr '\0' ' ' <"/proc/$PPID/cmdline" >"$got/parent"
for fd in "/proc/$$/fd/"*; do
	printf '%s %s\n' "${fd##*/}" "$(readlink "$fd")"
done >"$got/descriptors"
[ -n "${DEAF-}" ] || cat >"$got/input"
[ ! -e "/proc/$$/fd/3" ] || cat <&3 >"$got/password"
echo "the CA says hello" >&2
case ${ANSWER-certificate} in
certificate)
	case $JCOP_REQUEST in
	pkcs10) "$WORK/issue" "$got/input" ;;
	archival) cat "$WORK/archived.p12" ;;
	recovery) cat "$WORK/recovered.p12" ;;
	esac
	;;
nothing) ;;
fails) echo "no luck" >&2; "$WORK/issue" "$got/input"; false ;;
killed) kill -TERM $$ ;;
*) cat "$ANSWER" ;;
esac
status=$?
rm -f "$WORK/busy"
exit $status
SH
cat >issue <<'SH'
#!/bin/sh
openssl req -in "$1" -noout -pubkey >"$1.pub" &&
	openssl x509 -req -in "$WORK/any.csr" -CA "$WORK/ca.pem" \
		-CAkey "$WORK/ca.key" -force_pubkey "$1.pub" -days 30 \
		-set_serial 4711 2>/dev/null
SH
chmod 700 ca issue
must openssl req -new -newkey rsa:2048 -nodes -keyout other.key \
	-subj "/CN=Somebody" -out any.csr
export WORK

FIELDS='[Fields]
T=
G=
S=
PASS=
job=
CERTS='
describe() { # LINE...: job.dsc with FIELDS and these lines in [Description]
	job job.dsc < <(
		printf '%s\n' "$FIELDS" '[Description]' "$ADMIN"
		printf '%s\n' "$@"
	)
}
for name in TRANSPORT PIN SIGN_PIN; do
	printf '%s\n' "${!name}" >"$name"
	chmod 600 "$name"
done
fields=(--field T=file:TRANSPORT --field G=file:PIN --field S=file:SIGN_PIN
	--field PASS=file:password --field job=Greffier)
bare_encode() { # with no secret in the environment
	(
		export -n TRANSPORT PUK PIN SIGN_PIN P12
		encode "$@" 3>&-
	)
}
fresh() { # the activated card, or the one that is named; a CA nobody asked
	copy_card "${1:-$ACTIVATED_CARD}" "$CARD"
	rm -rf got asked busy overlap out.json* requests answers
	touch asked
	trace_reset
}
run_ca() { # OPTION...
	trace_reset
	: >asked
	run encode job.dsc "${fields[@]}" --ca "$WORK/ca" "$@"
}
got() { # LETTER NAME: what the CA got
	cat "got/$ICCSN-$1/$2"
}
variables() { # LETTER: the environment that is for the CA
	grep ^JCOP_ "got/$ICCSN-$1/environ" | grep -v '^JCOP_\(SRC\|BUILD\|UNDER\|KEEP\|TOP\|DIR\|RESULTS\)=' | sort
}
holds() { # keys, certificates
	echo "$(keys_in_slots) $(certificates_in_files)"
}

# --- what a CA is asked, and what it gets -------------------------------------

describe PIN=G "$(applications p10-mpp archival recovery p10-sign |
	sed 's/^Key\(Arch\|Recov\).*/&\nRecoveryTemplate=Old/
	/^\[Application_A]/a CertKeyListReturnField=CERTS' |
	sed '/^KeyArch/,/^Recovery/{/^RecoveryT/d}')"
fresh
export JCOP_KEY_SIZE=1 JCOP_DUMMY_SIGNATURE=yes JCOP_P12PASSWORD_FD=0 \
	JCOP_TEMPLATE=Outside
check "four certificates come from a CA" bare_encode job.dsc "${fields[@]}" \
	--ca "$WORK/ca one two;touch three \$(touch four) \`touch five\` >six" \
	--subject "CN=Jeanne Martin/serialNumber=2501"
unset JCOP_KEY_SIZE JCOP_DUMMY_SIGNATURE JCOP_P12PASSWORD_FD JCOP_TEMPLATE
has "what it says is shown" 'the CA says hello'
is "four keys and certificates are on the card" "$(holds)" "4 4"
is "it was asked in the order of the list" "$(xargs <asked)" \
	"$ICCSN-A $ICCSN-B $ICCSN-C $ICCSN-D"
that "one at a time" test ! -e overlap
is "its arguments are separated by blanks, and no shell saw them" \
	"$(got A arguments | tr '\n' '|')" \
	"one|two;touch|three|\$(touch|four)|\`touch|five\`|>six|"
is "nothing of that was run" "$(ls three four five six 2>/dev/null)" ""
subject="CN=Jeanne Martin/serialNumber=2501"
is "the request of A comes with this environment" "$(variables A)" \
	"JCOP_ICCSN=$ICCSN
JCOP_KEY_SIZE=3072
JCOP_LOCATION=mpp
JCOP_REQUEST=pkcs10
JCOP_REQUEST_ID=$ICCSN-A
JCOP_SUBJECT=$subject
JCOP_TEMPLATE=Template"
is "an archival, with this" "$(variables B)" \
	"JCOP_ICCSN=$ICCSN
JCOP_LOCATION=mpp
JCOP_P12PASSWORD_FD=3
JCOP_REQUEST=archival
JCOP_REQUEST_ID=$ICCSN-B
JCOP_SUBJECT=$subject
JCOP_TEMPLATE=Template"
is "a recovery, with its own template" "$(variables C)" \
	"JCOP_ICCSN=$ICCSN
JCOP_LOCATION=mpp
JCOP_P12PASSWORD_FD=3
JCOP_REQUEST=recovery
JCOP_REQUEST_ID=$ICCSN-C
JCOP_SUBJECT=$subject
JCOP_TEMPLATE=Old"
is "a throw-away signature is told" "$(variables D | grep DUMMY)" \
	JCOP_DUMMY_SIGNATURE=yes
is "and the container sign" "$(variables D | grep LOCATION)" JCOP_LOCATION=sign
for letter in B C; do
	is "$letter: the password is on descriptor 3" \
		"$(got $letter password)" "$P12"
	is "$letter: and that is all that it gets" "$(got $letter input)" ""
	that "$letter: the password is nowhere else" not_in "$P12" \
		"got/$ICCSN-$letter/"{arguments,environ,parent}
done
# The shell has its script open, and its own place for standard output.
is "A: there is no descriptor beside these" \
	"$(got A descriptors | grep -v -e "$WORK/ca\$" -e '^1[0-9] pipe:' \
		-e '^3 pipe:' | cut -d' ' -f1 | xargs)" "0 1 2"
is "A: it does not ignore SIGPIPE" "$((0x$(got A ignored) & 0x1000))" 0
is "A: and no password on any" "$(got A password 2>/dev/null)" ""
for letter in A B C D; do
	that "$letter: no PIN is anywhere" eval \
		"not_in $PIN got/$ICCSN-$letter/* && not_in $SIGN_PIN got/$ICCSN-$letter/*"
done

request=got/$ICCSN-A/input
that "a request that the card signed is in PEM" grep -q 'BEGIN CERTIFICATE REQUEST' "$request"
check "openssl verifies it" openssl req -in "$request" -noout -verify
has "with its own key" 'verify OK'
is "the subject is that of --subject" \
	"$(openssl req -in "$request" -noout -subject -nameopt compat)" \
	"subject=/CN=Jeanne Martin/serialNumber=2501"
is "its key has 3072 bits" "$(openssl req -in "$request" -noout -text |
	grep -c 'Public-Key: (3072 bit)')" 1
hasnt "it is not marked" throw-away
request=got/$ICCSN-D/input
run openssl req -in "$request" -noout -verify
has "a throw-away signature is none of that key" 'failure|invalid|bad signature'
check "but can be read" openssl req -in "$request" -noout -text
has "and is marked" \
	'unstructuredName.*throw-away signature: no proof of possession'
openssl req -in "$request" -noout -pubkey >dummy.pub
is "its key is the one of the card" "$(for id in $(pkcs15-tool --list-keys \
	2>/dev/null | awk '$1 == "ID" { print $3 }'); do
	pkcs15-tool --read-public-key "$id" 2>/dev/null |
		openssl pkey -pubin -outform DER | sha256sum
done | grep -cF "$(openssl pkey -pubin -in dummy.pub -outform DER |
	sha256sum)")" 1

# --- answers of every form ----------------------------------------------------

# The key is made once; all that follows goes on with it.
describe PIN=G "$(applications p10-mpp |
	sed '/^\[Application_A]/a CertKeyListReturnField=CERTS')"
fresh
ANSWER=nothing run_ca
WAITING=$CARD.waiting
copy_card "$CARD" "$WAITING"
is "no answer: status 1" "$RC" 1
has "no answer: that is said" 'answer|output|nothing|empty'
is "no answer: the key waits" "$(holds)" "1 0"

# answered NAME STATUS REGEX [OPTION...]: the answer is not written.
answered() {
	local name=$1 status=$2 regex=$3
	shift 3
	run_ca "$@"
	is "$name: status $status" "$RC" "$status"
	has "$name: with the reason" "$regex"
	is "$name: nothing was written" "$(count '.name | test("write|import")')" 0
	is "$name: it was asked once" "$(wc -l <asked)" 1
}
export ANSWER
ANSWER=fails answered "a CA that fails with an answer" 1 'status 1'
ANSWER=killed answered "a CA that a signal ended" 1 'signal|15'
must issue_certificate recovered.pub "Somebody else" for-other.pem
ANSWER=$WORK/for-other.pem answered "a certificate for another key" 1 \
	'another key'
ANSWER=$WORK/ca.key answered "a private key" 1 'certificate'
head -c 3000 /dev/urandom >noise
ANSWER=$WORK/noise answered "noise" 1 'certificate'
head -c 300 for-other.pem >half.pem
ANSWER=$WORK/half.pem answered "half a certificate" 1 'certificate'
yes | head -c 5000000 >much
ANSWER=$WORK/much answered "five megabytes" 1 'certificate|long|bytes'
is "meanwhile the key waits" "$(holds)" "1 0"

openssl req -in "$(find got -path '*-A/input' | head -n 1)" -noout -pubkey >a.pub
must issue_certificate a.pub "Holder" right.pem
openssl x509 -in right.pem -outform DER -out right.der
base64 right.der >right.b64
base64 -w0 right.der >right.line
{ openssl x509 -in right.pem -noout -text; cat right.pem; } >right.text
for form in pem der b64 line text; do
	fresh "$WAITING"
	ANSWER=$WORK/right.$form run_ca
	is "a certificate as $form is taken" "$RC:$(holds)" "0:1 1"
	is "$form: the key was not generated again" "$(count '.ins == "47"')" 0
	is "$form: it is told in base64" "$(sed -n '/^{/,$p' <<<"$OUT" |
		jq -r '.CERTS[0].certificate')" "$(cat right.line)"
done
fresh "$WAITING"
DEAF=yes ANSWER=$WORK/right.pem run_ca
is "a CA need not read its request" "$RC:$(holds)" "0:1 1"
run_ca
has "the object has certificate, id and location" '"location": "mpp"'

# PKCS#12.
describe "$(applications archival)"
base64 archived.p12 >archived.b64
base64 -w0 archived.p12 >archived.line
for form in p12 b64 line; do
	fresh
	ANSWER=$WORK/archived.$form run_ca
	is "a PKCS#12 as $form is taken" "$RC:$(holds)" "0:1 1"
done
fresh
must openssl pkcs12 -export -inkey archived.key -in archived.pem \
	-out locked.p12 -passout pass:something-else
answered_p12() { # NAME STATUS REGEX
	answered "$@"
	is "$1: no channel was opened for it" "$(count '.ins == "86"')" 0
	is "$1: no key is on the card" "$(holds)" "0 0"
}
ANSWER=$WORK/locked.p12 answered_p12 "a PKCS#12 with another password" 6 \
	'password'
ANSWER=$WORK/right.pem answered_p12 "a certificate for an archival" 1 'PKCS#12'
ANSWER=nothing answered_p12 "no PKCS#12" 1 'answer|output|nothing|empty'
must openssl pkcs12 -export -nokeys -in archived.pem -out nokey.p12 \
	-passout env:P12
ANSWER=$WORK/nokey.p12 answered_p12 "a PKCS#12 without a key" 1 'private key|no key'
certified_key odd 4096
bundle odd
ANSWER=$WORK/odd.p12 answered_p12 "a key of 4096 bits" 7 4096
describe "$(applications archival | sed 's/^KeyArch.*/&\nKeySize=2048/')"
fresh
ANSWER=$WORK/archived.p12 run_ca
has "a key of another size than was asked for is not passed over" \
	'3072.*2048|2048.*3072'
is "an archival's KeySize is told to the CA" \
	"$(variables A | grep KEY_SIZE)" JCOP_KEY_SIZE=2048
unset ANSWER

describe "$(applications archival)"
fresh
(
	PATH=$WORK:$PATH
	run encode job.dsc "${fields[@]}" --ca "ca"
	exit "$RC"
)
is "a CA is found in PATH" "$?:$(holds)" "0:1 1"

# --- options ------------------------------------------------------------------

describe PIN=G "$(applications p10-mpp)"
option_refused() { # NAME REGEX OPTION...
	fresh
	run encode job.dsc "${fields[@]}" "${@:3}"
	is "$1: status 2" "$RC" 2
	has "$1: with the reason" "$2"
	is "$1: nothing was sent that changes the card" "$(changes)" 0
}
printf '#!/bin/sh\n' >not-executable
option_refused "a CA that is no program" 'no-such-ca' --ca "$WORK/no-such-ca x"
option_refused "a CA that may not be run" 'not-executable' \
	--ca "$WORK/not-executable"
option_refused "a CA that is a directory" '/got' --ca "$WORK"/got
option_refused "a CA without a name" '[-]-ca' --ca " "
option_refused "--ca with --requests" '[-]-requests' --ca "$WORK/ca" \
	--requests .
option_refused "--requests with --certificates" '[-]-certificates' \
	--requests . --certificates .
option_refused "a directory for requests that cannot be made" 'nowhere' \
	--requests nowhere/deep
option_refused "a directory for answers that is not there" 'nowhere' \
	--certificates nowhere
for value in 0 -1 soon ''; do
	option_refused "--ca-timeout=$value" 'ca-timeout' --ca "$WORK/ca" \
		--ca-timeout="$value"
done
for value in Jeanne CN= =x 'CN=a/XX=b'; do
	option_refused "--subject $value" 'subject' --ca "$WORK/ca" \
		--subject "$value"
done

# --- two visits ---------------------------------------------------------------

# A whole card: activation, a PIN that is set anew, deletion, two requests that
# the card signs, an archival and a recovery. The PINs are typed on a pad.
whole_lines() {
	printf '%s\n' "$FILE_MGMT" | head -n 1
	echo ef.function.job=job
	applications delete p10-mpp archival recovery p10-sign | sed '
		/^SignP10/d
		/^\[Application_B]/a CertKeyListReturnField=CERTS'
}
pad() { # ENTRY...: what will be typed, and nothing from before
	rm -f "$CARD/pinpad"
	[ $# -eq 0 ] || must jcop45-vcard pinpad "$CARD" "$@"
}
typed() { # entries that wait
	jcop45-vcard pinpad "$CARD" | sed 's/ .*//'
}
# The operator: answers for what is in requests.
answer_all() {
	mkdir -p answers
	./issue "requests/$ICCSN-B.csr" >"answers/$ICCSN-B.pem" &&
		./issue "requests/$ICCSN-E.csr" |
		openssl x509 -outform DER -out "answers/$ICCSN-E.crt" &&
		cp archived.p12 "answers/$ICCSN-C.p12" &&
		cp recovered.p12 "answers/$ICCSN-D.pfx"
}
visit() { # OPTION...
	trace_reset
	run encode job.dsc "${visit_fields[@]}" "$@"
}
executed() { # NAME
	count ".name == \"$1\" and .sw == \"9000\""
}
proof() { # LETTER: the request is signed by its own key, with 3072 bits
	openssl req -in "requests/$ICCSN-$1.csr" -noout -verify &&
		openssl req -in "requests/$ICCSN-$1.csr" -noout -text |
		grep -q 'Public-Key: (3072 bit)'
}
nothing_repeated() { # NAME
	is "$1: nothing of the first visit is done again" "$(count \
		'.name | IN("activate", "pin-set", "pin-change", "unblock",
		"delete", "generate")')" 0
	is "$1: no PIN is verified, no request signed" \
		"$(count '.ins == "2A" or .ins == "20" and .plain_lc > 0')" 0
}

# two_visits NAME [OPTION...]: job.dsc on $CARD, with these options both times.
two_visits() {
	local name=$1 file
	shift
	mkdir requests
	visit --requests requests "$@"
	is "$name, first visit: status 0" "$RC" 0
	has "$name, first visit: what waits is told" 'wait|answer|[-]-certificates'
	is "$name, first visit: requests of all, and nothing else" \
		"$(cd requests && echo *)" "$(printf '%s\n' \
		"$ICCSN"-{B,E}.{csr,json} "$ICCSN"-{C,D}.json | sort | xargs)"
	is "$name, first visit: all private" \
		"$(stat -c %a requests/* | sort -u)" 600
	that "$name, first visit: no secret in them" eval "not_in $P12 requests/* &&
		not_in $PIN requests/* && not_in $SIGN_PIN requests/*"
	for file in B E; do
		check "$name, first visit: the card signed $file" proof $file
	done
	is "$name, first visit: the archival is described" "$(jq -r \
		'[.. | strings] | map(select(IN("archival", "mpp", "Template"))) |
		unique | join(" ")' "requests/$ICCSN-C.json")" \
		"Template archival mpp"
	is "$name, first visit: two requests were signed" "$(count \
		'.ins == "2A" and .sw == "9000"')" 2
	is "$name, first visit: for two keys that the card made" \
		"$(executed generate)" 2
	is "$name, first visit: two keys without certificates" "$(holds)" "2 0"
	pad
	mkdir -p answers
	copy_card "$CARD" "$CARD.between"
	visit --certificates answers "$@"
	orderly "$RC" || [ "$RC" = 0 ]
	tap $? "$name, too early: ends in an orderly way"
	has "$name, too early: the answer that is missing is named" "$ICCSN-[BCDE]"
	nothing_repeated "$name, too early"
	is "$name, too early: two keys without certificates" "$(holds)" "2 0"
	must answer_all
	if [ "${journal:?}" = with ]; then
		visit --requests requests "$@"
		is "$name: the first visit again: status 0" "$RC" 0
		nothing_repeated "$name, the first visit again"
		# One answer comes later than the others.
		mv "answers/$ICCSN-C.p12" late
		visit --certificates answers "$@"
		has "$name: an answer that is missing is named" "$ICCSN-C"
		nothing_repeated "$name, with an answer missing"
		mv late "answers/$ICCSN-C.p12"
	fi
	visit --certificates answers "$@"
	is "$name, second visit: status 0" "$RC" 0
	nothing_repeated "$name, second visit"
	is "$name, second visit: all is on the card" "$(holds)" "4 4"
	is "$name, second visit: the certificate is told" "$(sed -n '/^{/,$p' \
		<<<"$OUT" | jq -r '.CERTS[0].certificate')" \
		"$(openssl x509 -in "answers/$ICCSN-B.pem" -outform DER | base64 -w0)"
	is "$name: the agent data is written" "$(data '."ef.function".job')" \
		'"Greffier"'
	check "$name: the PIN holds" verifies 01 PIN
	check "$name: the signature PIN, too" verifies 02 SIGN_PIN
}

visit_fields=(--field T=file:TRANSPORT --field PASS=file:password
	--field job=Greffier)
pad_source='!FROM_PROTECTED_AUTHENTICATION_PATH'
# Without a journal and anything else to do, the card decides.
describe PIN=G "$(applications p10-mpp)"
fresh
mkdir requests answers
run encode job.dsc --field G=file:PIN --requests requests
is "a request without a journal: status 0" "$RC" 0
cp "requests/$ICCSN-A.csr" first.csr
trace_reset
run encode job.dsc --field G=file:PIN --requests requests
is "asked again: for the same key" \
	"$(count '.ins == "47"') $(openssl req -in "requests/$ICCSN-A.csr" \
	-noout -modulus)" "0 $(openssl req -in first.csr -noout -modulus)"
./issue first.csr >"answers/$ICCSN-A.pem"
rm -f "$CARD/pinpad"
trace_reset
run encode job.dsc --field G=file:PIN --certificates answers
is "its certificate without a journal: status 0" "$RC:$(holds)" "0:1 1"
nothing_repeated "its certificate without a journal"
copy_card "$ACTIVATED_CARD" "$CARD"
trace_reset
run encode job.dsc --field G=file:PIN --certificates answers
orderly "$RC"
tap $? "a certificate for a card without the key is refused"
is "and nothing is generated for it" "$(holds)" "0 0"

# The same for a card that is at work: a PIN set anew, old keys that go.
visit_fields+=(--field G=file:PIN --field S=file:SIGN_PIN)
fresh
must jcop45-tool generate --container sign --label Old
copy_card "$CARD" "$CARD.old"
describe SetPin=true KeysetSkUnblkPin=#sk_unblk_pin PIN=G SignPIN=S \
	"$(whole_lines)"
for journal in with without; do
	fresh "$CARD.old"
	options=(--fields-out out.json)
	[ $journal = with ] || options=()
	two_visits "a card at work $journal journal" "${options[@]}"
done

describe InitToken=true IdopteTransportPin=T "PIN=$pad_source" \
	"SignPIN=$pad_source" "$(whole_lines)"
for journal in with without; do
	fresh "$BLANK"
	printf 'pinpad = yes\n' >"$CARD/reader"
	pad "type $PIN" "type $PIN" "type $SIGN_PIN" "type $SIGN_PIN" \
		"type $PIN" "type $SIGN_PIN"
	options=(--fields-out out.json)
	[ $journal = with ] || options=()
	two_visits "a new card $journal journal" "${options[@]}"
	if [ $journal = with ]; then
		is "a new card with journal: it is gone" "$(echo out.json*)" out.json
		is "a new card with journal: the outputs are complete" \
			"$(jq '.CERTS | length' out.json)" 1
	fi
done

# --- an archived key comes to a second card, from the example's CA ------------

CA_DIR=$WORK/issuer
export CA_DIR
CA_OPENSSL=$JCOP_SRC/etc/examples/ca-openssl
must "$CA_OPENSSL" --init "$CA_DIR"
decrypts() { # FILE PLAIN: the card in the reader, with its only key
	local id
	id=$(pkcs15-tool --list-keys 2>/dev/null | awk '$1 == "ID" { print $3; exit }')
	rm -f opened
	p11 --slot "$(slot_of global)" --login --pin env:PIN --decrypt \
		-m RSA-PKCS --id "$id" -i "$1" -o opened && cmp opened "$2"
}
example() { # OPTION...: job.dsc with that CA
	run encode job.dsc --field PASS=file:password --ca "$CA_OPENSSL" "$@"
}
person="CN=Jeanne Martin/serialNumber=2501"
fresh
describe "$(applications archival)"
example --subject "$person"
is "a key is archived and comes to the card" "$RC:$(holds)" "0:1 1"
that "the archive has it, and not in plain" eval \
	'test -s "$CA_DIR/archive/$ICCSN-A.key.cms" &&
	! grep -rlaE "PRIVATE KEY" "$CA_DIR/archive"'
check "its certificate is issued by that CA" issued \
	"$CA_DIR/archive/$ICCSN-A.pem"
openssl x509 -in "$CA_DIR/archive/$ICCSN-A.pem" -noout -pubkey >kept.pub
echo "for Jeanne" >plain
must openssl pkeyutl -encrypt -pubin -inkey kept.pub -in plain -out cipher
check "the first card reads a message" decrypts cipher plain
first=$CARD

# Another card, with key sets and a trust anchor of its own.
new_card second
import_keyset sk_admin second_admin
new_config --keyset-sk-admin second_admin
must activate
describe "$(applications recovery)"
sed -i 's/#sk_admin/#second_admin/' job.dsc
example --subject "CN=Somebody else"
is "nobody else gets it" "$RC:$(holds)" "1:0 0"
has "and the CA says why" 'no archived key'
example --subject "$person"
is "the recovered key comes to the second card" "$RC:$(holds)" "0:1 1"
check "the second card reads the same message" decrypts cipher plain
use_card "$first"
new_config
check "and the first one still does" decrypts cipher plain
is "nothing was archived for the recovery" \
	"$(find "$CA_DIR/archive" -name '*.pem' | wc -l)" 1

# Requests whose signature proves nothing.
fresh
describe "$(applications p10-sign)"
example
is "the example's CA refuses a throw-away signature" "$RC:$(holds)" "1:1 0"
has "and says why" 'proves nothing.*CA_ACCEPT_DUMMY'
copy_card "$CARD" "$CARD.dummy"
export CA_ACCEPT_DUMMY=yes
example
unset CA_ACCEPT_DUMMY
is "on the operator's word it is certified" "$RC:$(holds)" "0:1 1"
copy_card "$CARD.dummy" "$CARD"
describe SignPIN=S "$(applications p10-sign)"
example --field S=file:SIGN_PIN
is "signed by the card it is certified without that" "$RC:$(holds)" "0:1 1"
done_testing
