#!/bin/bash
# encode.sh: every example of etc/examples on a reader without a PIN pad, and
# what `jcop45-tool encode` plans, prints, keeps to itself and refuses.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

status_is() { # NAME STATUS COMMAND...
	local name=$1 wanted=$2
	shift 2
	run "$@"
	is "$name" "$RC" "$wanted"
}
json() { # FILTER FILE
	jq -e "$1" "$2" >/dev/null
}
example() { # NAME OPTION...
	local name=$1
	shift
	encode "$EXAMPLES/$name.dsc" "$@"
}
# apart NAME COMMAND...: what it prints in NAME.out and NAME.err.
apart() {
	local name=$1
	shift
	"$@" >"$name.out" 2>"$name.err"
	RC=$?
	OUT=$(cat "$name.out" "$name.err")
	printf '+ %s\n%s\n= %s\n' "$*" "$OUT" "$RC"
}
line_of() { # PATTERN FILE
	grep -n -m 1 -e "$1" "$2" | cut -d: -f1
}

setup_blank card --temporary
card_secrets
blank=$CARD.blank
copy_card "$CARD" "$blank"
new_issuer
kept_on_paper

# --- activation -------------------------------------------------------------------

trace_reset
status_is "activate.dsc without a PIN pad is refused: status 2" 2 \
	example activate --field TRANSPORT_PIN=env:TRANSPORT
has "activate.dsc: because the reader has none" "no PIN pad"
has "activate.dsc: the line is the first one that wants the pad" \
	"activate\.dsc:$(line_of FROM_PROTECTED "$EXAMPLES/activate.dsc"): "
is "activate.dsc: nothing was sent that changes the card" "$(changes)" 0
is "activate.dsc: the card is as it was" "$(life_cycle)" initialisation

activate_fields() { # KEYSET TRANSPORT-PIN OPTION...
	local keyset=$1 transport=$2
	shift 2
	example activate-fields --field "TRANSPORT_PIN=$transport" \
		--field GLOBAL_PIN=env:PIN --field SIGN_PIN=fd:7 \
		--field "KEYSET_ADMIN=$keyset" "$@" 7<<<"$SIGN_PIN"
}
by_file=file:$CARD/issuer/transport-pin
WRONG=00000000
export WRONG
trace_reset
check "activate-fields.dsc: --dry-run" activate_fields \
	sk_admin:11 "$by_file" --dry-run
has "activate-fields.dsc: shows its one step and what it costs" \
	"1\. activate the card.*[0-9]+ commands"
is "activate-fields.dsc: and does not take it" "$(changes)" 0
is "activate-fields.dsc: so the card is not activated" \
	"$(life_cycle)" initialisation

trace_reset
status_is "activate-fields.dsc with a wrong transport PIN: status 6" 6 \
	activate_fields sk_admin:11 env:WRONG
has "activate-fields.dsc: it is told which, and the tries left" \
	"transport.*\b2\b"
is "activate-fields.dsc: it was sent once" "$(count '.name == "verify"')" 1
is "activate-fields.dsc: and cost one try" "$(tries transport)" 2
copy_card "$blank" "$CARD"

trace_reset
status_is "activate-fields.dsc with a key set that is nowhere: status 5" 5 \
	activate_fields nobody:11 "$by_file"
is "activate-fields.dsc: which set no PIN" "$(count '.name == "pin-set"')" 0
is "activate-fields.dsc: and activated nothing" \
	"$(life_cycle)" initialisation

edit_config 's/^([[:space:]]*keyset_sk_admin *= *).*/\1nobody;/' other.conf
trace_reset
apart activation using "$WORK/other.conf" activate_fields sk_admin:11 "$by_file"
is "activate-fields.dsc activates, with the key set of its field" "$RC" 0
is "activate-fields.dsc: the card is activated" "$(life_cycle)" activated
is "activate-fields.dsc: SK_ADMIN was used once" \
	"$(count '.name == "role-authentication"')" 1
is "activate-fields.dsc: PINs and activation came in the channel" "$(count \
	'(.name | IN("verify", "pin-set", "activate")) and .mac_verified')" 4
is "activate-fields.dsc: and none outside it" "$(count \
	'(.name | IN("verify", "pin-set", "activate")) and
	(.secured | not)')" 0
that "activate-fields.dsc: it prints nothing on standard output" \
	test ! -s activation.out
check "activate-fields.dsc: the global PIN is the one that was given" \
	verifies 01 PIN
check "activate-fields.dsc: so is the signature PIN" verifies 02 SIGN_PIN
activated=$CARD.activated
copy_card "$CARD" "$activated"

trace_reset
status_is "activate-fields.dsc on an activated card: status 7" 7 \
	activate_fields sk_admin:11 env:TRANSPORT
has "activate-fields.dsc: it is told why, with the line" \
	"activate-fields\.dsc:$(line_of ^InitToken \
		"$EXAMPLES/activate-fields.dsc"): .*activated"
is "activate-fields.dsc: only SELECT, GET DATA, READ BINARY and PIN queries" \
	"$(changes)" 0
that "activate-fields.dsc: though there were some" test "$(count)" -gt 3

# --- agent data -------------------------------------------------------------------

trace_reset
echo '{"old": "content"}' >read.json
chmod 644 read.json
apart read example read-data --fields-out read.json
is "read-data.dsc reads a card that nobody wrote" "$RC" 0
is "read-data.dsc: nothing but reading" "$(changes)" 0
that "read-data.dsc: nine fields, all of them empty" json \
	'(keys | length) == 9 and ([.[] // ""] | unique) == [""]' read.out
is "read-data.dsc: their names are the article's" \
	"$(jq -r 'keys[]' read.out | xargs)" \
	"ef.function.job ef.function.postingPlace ef.function.productionDate ef.id.familyName ef.id.firstName ef.id.orgName1 ef.id.orgName2 ef.id.rio ef.id.uin"
grep -vE '^[[:space:]]*(keyset_|chip_auth)' "$OPENSC_CONF" >reader.conf
chmod 600 reader.conf
check "read-data.dsc needs no key set" using reader.conf example read-data

must jcop45-tool write-data ef.id.rio=RIO-17 ef.function.job=Greffier \
	ef.id.firstName=Paul
trace_reset
refused "update-data.dsc without one of its fields is refused" \
	example update-data --field lastname=Martin
has "update-data.dsc: the field is named, with the line that wants it" \
	"update-data\.dsc:$(line_of ^ef.id.firstName \
		"$EXAMPLES/update-data.dsc"): .*\bname\b"
is "update-data.dsc: and nothing was sent" "$(count)" 0
trace_reset
check "update-data.dsc updates" example update-data --field lastname=Martin \
	--field name=Jeanne
is "update-data.dsc: both fields are what was given" \
	"$(data '[."ef.id".familyName, ."ef.id".firstName]')" \
	'["Martin","Jeanne"]'
is "update-data.dsc: a field that is not named keeps its value" \
	"$(data '[."ef.id".rio, ."ef.function".job]')" \
	'["RIO-17","Greffier"]'
is "update-data.dsc: one key set was used, in the channel" "$(count \
	'.name == "role-authentication" and .mac_verified')" 1
is "update-data.dsc: so were all writes" \
	"$(count '.name == "data-write" and (.mac_verified | not)')" 0
check "update-data.dsc: an explicitly empty field" \
	example update-data --field lastname=Martin --field name=
is "update-data.dsc: clears what it stands for, and nothing else" \
	"$(data '[."ef.id".firstName, ."ef.id".familyName, ."ef.id".rio]')" \
	'["","Martin","RIO-17"]'
check "read-data.dsc reads it all back" example read-data --fields-out read.json
is "read-data.dsc: as it is on the card" "$(jq -c '[."ef.id.familyName",
	."ef.id.firstName", ."ef.id.rio", ."ef.function.job"]' read.json)" \
	'["Martin","","RIO-17","Greffier"]'
is "read-data.dsc: the file of the fields is private" \
	"$(stat -c %a read.json)" 600

# EF.Fonction stands first in the file; each has its length.
job both.dsc <<DSC
[Fields]
job=
uin=
[Description]
$FILE_MGMT
ef.function.job=job
ef.function.productionDate=#2026-11-29
ef.id.uin=uin
DSC
copy_card "$activated" "$CARD"
trace_reset
check "a job for both files works" encode both.dsc --field job=Juge \
	--field uin=4711
is "a job for both files: EF.Id is written first" \
	"$(field '.name == "data-write"' .plain_lc | xargs)" "8 20"
is "a job for both files: both are written" \
	"$(data '[."ef.id".uin, ."ef.function".job]')" '["4711","Juge"]'

must jcop45-vcard set "$CARD" temporary no
trace_reset
status_is "update-data.dsc on a permanent card: status 7" 7 \
	example update-data --field lastname=Martin --field name=Jeanne
has "update-data.dsc: the refusal is explained" "permanent"
status_is "a job for both files on a permanent card: status 7" 7 \
	encode both.dsc --field job=Avocat --field uin=4712
is "a job for both files: it ends before EF.Fonction" \
	"$(data '."ef.function".job')" '"Juge"'
is "update-data.dsc: and nothing was written" \
	"$(count '.name == "data-write" and .sw == "9000"')" 0

# --- certificates -----------------------------------------------------------------

copy_card "$activated" "$CARD"
must jcop45-tool write-data ef.function.job=Greffier
requests() { # OPTION...
	example request-certificates --field P12PASSWORD_A=file:password \
		--field P12PASSWORD_B=env:P12 \
		--field RecoveryCertificateData_A=@old.b64 "$@"
}
trace_reset
check "request-certificates.dsc: --dry-run" requests --ca "$ASKING" --dry-run
is "request-certificates.dsc: it has eleven steps" \
	"$(grep -cE '^ *[0-9]+\. ' <<<"$OUT")" 11
has "request-certificates.dsc: and says that the requests prove nothing" \
	"throw-away"
is "request-certificates.dsc: the card is not changed" "$(changes)" 0
is "request-certificates.dsc: and the CA is not asked" "$(ls "$ASKED")" ""
trace_reset
status_is "request-certificates.dsc without a CA: status 2" 2 requests
has "request-certificates.dsc: it says what is missing" "\-\-ca"
is "request-certificates.dsc: and changes nothing" "$(changes)" 0

trace_reset
CA_ACCEPT_DUMMY=yes apart requests requests --ca "$ASKING"
is "request-certificates.dsc makes four certificates" "$RC" 0
is "request-certificates.dsc: no more and no less, and no CA's" \
	"$(keys_in_slots) $(certificates_in_files)" "4 4"
is "request-certificates.dsc: no PIN was needed" \
	"$(count '.name == "verify"')" 0
is "request-certificates.dsc: all that changes the card came in the channel" \
	"$(unprotected)" 0
is "request-certificates.dsc: in the order of its list" "$(field \
	'.name | IN("import", "generate")' .name | uniq | xargs)" \
	"import generate"

check "recovery: the key is on the card" on_card Recovery A
that "recovery: the certificate is the old one" cmp \
	<(fingerprint A.pem) <(fingerprint cert-old.pem)
that "recovery: it fits its key" fits A
check "recovery: an old message is read again" \
	works "$(label_to_id Recovery)" pub-old.pem
that "recovery: the CA was not asked for it" test ! -e "$ASKED/$ICCSN-A.env"

check "archival: key and certificate are on the card" \
	on_card MyEncCertTemplate B
check "archival: the certificate is the CA's" issued B.pem
that "archival: it fits its key" fits B
check "archival: the card deciphers with it" \
	works "$(label_to_id MyEncCertTemplate)" B.pub
openssl cms -decrypt -inform DER -in "$CA_DIR/archive/$ICCSN-B.key.cms" \
	-recip "$CA_DIR/archive.pem" -inkey "$CA_DIR/archive.key" \
	-binary -out archived.key
that "archival: and the CA keeps the same key" cmp \
	<(openssl pkey -in archived.key -pubout) \
	<(openssl pkey -pubin -in B.pub)
asked() { # LETTER NAME: what the CA was told
	sed -n "s/^JCOP_$2=//p" "$ASKED/$ICCSN-$1.env"
}
is "archival: the CA was asked for that" \
	"$(asked B REQUEST) $(asked B TEMPLATE) $(asked B LOCATION)" \
	"archival MyEncCertTemplate mpp"
is "archival: the password is on a descriptor" \
	"$(asked B P12PASSWORD_FD)" 3
that "archival: and nowhere else" not_in "$P12" "$ASKED/$ICCSN-B.env" \
	"$ASKED/$ICCSN-B.arguments" "$ASKED/$ICCSN-B.csr"
that "archival: no request came with it" test ! -s "$ASKED/$ICCSN-B.csr"
is "archival: the CA decides about the size" "$(asked B KEY_SIZE)" ""

no() { ! "$@"; }
request() { # LETTER
	openssl req -in "$ASKED/$ICCSN-$1.csr" -noout "${@:2}"
}
signature_holds() { # LETTER
	request "$1" -verify 2>&1 | grep -q "verify OK"
}
requested() { # LETTER LABEL CONTAINER SLOT VARIABLE FIELD
	local letter=$1 label=$2 container=$3
	check "$label: key and certificate are on the card" \
		on_card "$label" "$letter"
	check "$label: the certificate is the CA's" issued "$letter.pem"
	that "$label: it fits its key" fits "$letter"
	that "$label: so did the request" cmp "$letter.pub" \
		<(request "$letter" -pubkey)
	is "$label: the CA was told what for" \
		"$(asked "$letter" REQUEST) $(asked "$letter" TEMPLATE) $(asked "$letter" LOCATION) $(asked "$letter" KEY_SIZE)" \
		"pkcs10 $label $container 3072"
	is "$label: and for whom" \
		"$(asked "$letter" ICCSN) $(asked "$letter" REQUEST_ID | sed -E 's/-[0-9a-f]{8}-/-/') $(asked "$letter" SUBJECT)" \
		"$ICCSN $ICCSN-$letter CN=$ICCSN"
	check "$label: the key signs with its PIN" \
		signs "$4" "$5" "$label" "$letter.pem"
	jq -r --arg field "$6" '.[$field] | .[0].certificate' "$7" |
		base64 -d >"$letter.der"
	that "$label: the field has this certificate" cmp "$letter.der" \
		<(openssl x509 -in "$letter.pem" -outform DER)
	is "$label: with the id of its key and its container" "$(jq -r \
		--arg field "$6" '.[$field] | "\(length) \(.[0].id |
		ascii_downcase) \(.[0].location)"' "$7")" \
		"1 $(label_to_id "$label") $container"
}
requested C MySigCertTemplate sign sign SIGN_PIN \
	MySigCertTemplate_CREATED_CERTS requests.out
requested D MyAuthCertTemplate mpp global PIN \
	MyAuthCertTemplate_CREATED_CERTS requests.out
for letter in C D; do
	that "dummy $letter: the signature is not the key's" \
		no signature_holds "$letter"
	run request "$letter" -text
	has "dummy $letter: which is marked in the request" \
		"unstructuredName.*throw-away signature: no proof of possession"
	is "dummy $letter: and told to the CA" \
		"$(asked "$letter" DUMMY_SIGNATURE)" yes
done

# --- deletion ---------------------------------------------------------------------

trace_reset
check "delete-all.dsc: --dry-run" example delete-all --dry-run
is "delete-all.dsc: deletes nothing" "$(keys_in_slots) $(changes)" "4 0"
check "delete-all.dsc deletes" example delete-all
is "delete-all.dsc: all keys and all certificates" \
	"$(keys_in_slots) $(certificates_in_files)" "0 0"
is "delete-all.dsc: with SK_ADMIN, in the channel" "$(count \
	'.name == "role-authentication" and .mac_verified') $(unprotected)" \
	"1 0"
check "delete-all.dsc: the PINs stay" verifies 01 PIN
is "delete-all.dsc: so does the agent data" \
	"$(data '."ef.function".job')" '"Greffier"'
check "delete-all.dsc: an empty card is no failure" example delete-all

# --- recovery by the CA, two visits -------------------------------------------------

sed 's/^ApplicationList=.*/ApplicationList=A/' \
	"$EXAMPLES/request-certificates.dsc" >recover.dsc
recover() { # OPTION...
	encode recover.dsc --field P12PASSWORD_A=file:password \
		--field RecoveryCertificateData_A= --ca "$ASKING" "$@"
}
check "a section that is not in the list needs no fields" recover --dry-run
check "recovery with an empty RecoveryCertificateData" \
	recover --field P12PASSWORD_B=env:P12
has "sections that are not in the list are not run, and that is said" \
	"warning: .*Application_D.*not in ApplicationList"
is "neither is the CA asked for them" "$(keys_in_slots)" 1
is "recovery: the CA is asked, by the template of the recovery" \
	"$(asked A REQUEST) $(asked A TEMPLATE) $(asked A P12PASSWORD_FD)" \
	"recovery Recovery 3"
check "recovery: and hands out what it archived" on_card Recovery A
that "recovery: the key is that one" cmp A.pub B.pub
check "recovery: which deciphers" works "$(label_to_id Recovery)" B.pub

job visits.dsc <<DSC
[Fields]
pin=
password=
made=
[Description]
$ADMIN
PIN=pin
ApplicationList=DE
[Application_D]
CertTempl=Auth
CertKeyListReturnField=made
StoreUserCertOnly=true
SignP10WithDummyKey=true
Location=#MPP
KeySize=3072
[Application_E]
CertTempl=Enc
KeyArchivalRequest=true
P12PASSWORD=password
StoreUserCertOnly=true
Location=#mpp
KeySize=3072
DSC
visit() { # OPTION...
	encode visits.dsc --field pin=env:PIN --field password=env:P12 \
		--subject "CN=Jeanne Martin/serialNumber=2501" "$@"
}
must example delete-all
mkdir out back
check "two visits: the first one writes the requests" visit --requests out
is "two visits: one for each wish" "$(cd out && echo *)" \
	"$ICCSN-D.csr $ICCSN-D.json $ICCSN-E.json"
cp "out/$ICCSN-D.csr" "$ASKED/"
that "two visits: the card signed the request" signature_holds D
run request D -subject
has "two visits: with the subject that was given" \
	"CN *= *Jeanne Martin, serialNumber *= *2501"
that "two visits: no secret is in what leaves" not_in "$P12" out/*
that "two visits: no PIN either" not_in "$PIN" out/*
answer() { # LETTER REQUEST FILE
	JCOP_REQUEST_ID=$ICCSN-$1 JCOP_REQUEST=$2 JCOP_KEY_SIZE=3072 \
		JCOP_SUBJECT="CN=Jeanne Martin/serialNumber=2501" \
		JCOP_ICCSN=$ICCSN timeout 60 "$CA" >"$3" 3<<<"$P12"
}
must answer D pkcs10 "back/$ICCSN-D.pem" <"out/$ICCSN-D.csr"
must answer E archival "back/$ICCSN-E.p12" </dev/null
apart visit visit --certificates back
is "two visits: the second one writes the certificates" "$RC" 0
is "two visits: nothing is made twice" \
	"$(keys_in_slots) $(certificates_in_files)" "2 2"
check "two visits: the certificate is there" on_card Auth D
that "two visits: it fits its key" fits D
that "two visits: and is what came back" cmp <(fingerprint D.pem) \
	<(fingerprint "back/$ICCSN-D.pem")
that "two visits: the field has it" json '.made | length == 1' visit.out
check "two visits: so is the archived one" on_card Enc E
check "two visits: which deciphers" works "$(label_to_id Enc)" E.pub

# --- the whole card in one command --------------------------------------------------

copy_card "$blank" "$CARD"
rm -f "$ASKED"/*
values fields.json "TRANSPORT_PIN=$TRANSPORT" "GLOBAL_PIN=$PIN" \
	"SIGN_PIN=$SIGN_PIN" lastname=Martin name=Jeanne job=Greffier
whole() { # OPTION...
	example whole-card --fields fields.json \
		--field P12PASSWORD_A=file:password \
		--field P12PASSWORD_B=env:P12 \
		--field RecoveryCertificateData_A=@old.b64 \
		--ca "$ASKING" --fields-out result.json "$@"
}
trace_reset
check "whole-card.dsc: --dry-run" whole --dry-run
has "whole-card.dsc: the plan has a total of commands" \
	"about [0-9]{3} commands in all"
is "whole-card.dsc: and nobody is asked for anything" \
	"$(grep -ciE '\bask(s|ed)? (for )?(the |a )?(PIN|PUK|user|global|sign)' \
		<<<"$OUT")" 0
that "whole-card.dsc: a plan leaves no file" \
	test ! -e result.json -a ! -e result.json.journal
check "whole-card.dsc: --dry-run --json" apart plan whole --dry-run --json
that "whole-card.dsc: the plan is JSON with steps and commands" json \
	'([.steps[].step] | length == 14 and .[0] == "activate") and
	.commands > 100' plan.out
estimated=$(jq .commands plan.out)
looking=$(($(count) / 2)) # each of two plans
is "whole-card.dsc: no plan changed the card" "$(changes)" 0

trace_reset
JOURNAL=$WORK/result.json.journal apart whole whole
is "whole-card.dsc does the whole job on a blank card" "$RC" 0
needed=$(($(count) - looking))
at_most "whole-card.dsc: it takes no tenth more commands than estimated" \
	"$((needed * 10))" "$((estimated * 11))"
at_most "whole-card.dsc: nor a tenth fewer" \
	"$((estimated * 10))" "$((needed * 11))"
is "whole-card.dsc: the card is activated" "$(life_cycle)" activated
check "whole-card.dsc: the global PIN is set" verifies 01 PIN
check "whole-card.dsc: the signature PIN too" verifies 02 SIGN_PIN
is "whole-card.dsc: four keys, four certificates" \
	"$(keys_in_slots) $(certificates_in_files)" "4 4"
requested C MySigCertTemplate sign sign SIGN_PIN \
	MySigCertTemplate_CREATED_CERTS whole.out
requested D MyAuthCertTemplate mpp global PIN \
	MyAuthCertTemplate_CREATED_CERTS whole.out
for letter in C D; do
	that "request $letter: the card's own key signed it" \
		signature_holds "$letter"
	run request "$letter" -text
	hasnt "request $letter: it is not marked" "throw-away|unstructured"
	is "request $letter: nor told as a dummy" \
		"$(asked "$letter" DUMMY_SIGNATURE)" ""
done
check "whole-card.dsc: the recovered key reads an old message" \
	works "$(label_to_id Recovery)" pub-old.pem
check "whole-card.dsc: the archived key is there" on_card MyEncCertTemplate B
check "whole-card.dsc: and works" works "$(label_to_id MyEncCertTemplate)" B.pub
is "whole-card.dsc: the agent data is written" \
	"$(data '[."ef.id".familyName, ."ef.id".firstName, ."ef.function".job]')" \
	'["Martin","Jeanne","Greffier"]'
is "whole-card.dsc: and read after that" "$(jq -c '[."ef.id.familyName",
	."ef.id.firstName", ."ef.function.job"]' whole.out)" \
	'["Martin","Jeanne","Greffier"]'
is "whole-card.dsc: activation, keys, data, in this order" "$(field \
	'.name | IN("activate", "import", "generate", "certificate-write",
	"data-write")' .name | sed 's/certificate-write/import/' | uniq |
	xargs)" "activate import generate import generate import data-write"
that "whole-card.dsc: --fields-out has what is printed" \
	cmp <(jq -S . whole.out) <(jq -S . result.json)
is "whole-card.dsc: it is private" "$(stat -c %a result.json)" 600
that "whole-card.dsc: the journal was there meanwhile" \
	test -s "$ASKED/$ICCSN-D.journal"
is "whole-card.dsc: it was private" "$(cat "$ASKED/$ICCSN-D.mode")" 600
that "whole-card.dsc: and is gone at the end" test ! -e result.json.journal

# --- no secret anywhere -----------------------------------------------------------

secret_nowhere() { # WHAT VALUE
	that "whole-card.dsc: $1 is in nothing that it printed or wrote" \
		not_in "$2" whole.out whole.err result.json "$ASKED"/*
	that "whole-card.dsc: $1 is not in the trace" not_in "$2" "$TRACE"
}
secret_nowhere "the global PIN" "$PIN"
secret_nowhere "the signature PIN" "$SIGN_PIN"
secret_nowhere "the transport PIN" "$TRANSPORT"
secret_nowhere "the password of the PKCS#12" "$P12"
secret_nowhere "the PIN of the HSM" "$HSM_PIN"
that "whole-card.dsc: these would be found" in_file "$PIN" fields.json
for set in sk_admin sk_file_mgmt; do
	for half in enc mac; do
		key=$(od -An -v -tx1 "$CARD/issuer/$set-$half.key" | tr -d ' \n')
		that "whole-card.dsc: key $set-$half is nowhere" test -z \
			"$(cat whole.out whole.err result.json "$TRACE" \
				"$ASKED"/* | tr -d ' :\n' | grep -ci "$key" |
				grep -v '^0$')"
	done
done
that "whole-card.dsc: no private key is in the journal or a request" \
	no grep -qE "PRIVATE KEY|$(head -c 60 old.b64)" "$ASKED"/*.journal \
	"$ASKED"/*.csr result.json whole.out whole.err

# --- several cards ----------------------------------------------------------------

copy_card "$activated" "$CARD"
first=$CARD
must jcop45-tool write-data ef.id.familyName=Erste
new_card second --temporary
second=$CARD
other=$(tr -d ' \n' <"$second/issuer/iccsn")
import_keyset sk_admin second_admin
import_keyset sk_file_mgmt second_mgmt
new_config --keyset-sk-admin second_admin --keyset-sk-file-mgmt second_mgmt
cp "$OPENSC_CONF" second.conf
must activate
must jcop45-tool write-data ef.id.familyName=Seconde
use_card "$first"
new_config
mkdir empty
ATR=3BD518FF80B1FE451FC38073C821106E
both() { JCOP45_VCARD=$first:$WORK/empty:$second "$@"; }
trace_reset
apart list both example list-cards --fields-out list.json
is "list-cards.dsc lists" "$RC" 0
is "list-cards.dsc: ICCSN and ATR of both cards, joined by a comma" \
	"$(jq -r .ICCSNS_OF_ALL_TOKEN list.out)" \
	"$ICCSN-$ATR,$other-$ATR"
that "list-cards.dsc: --fields-out has the same" \
	cmp <(jq -S . list.out) <(jq -S . list.json)
is "list-cards.dsc: neither card was changed" "$(changes)" 0
apart list both example list-cards --reader 0 --wait=1
is "list-cards.dsc lists all readers, whatever --reader says" \
	"$RC $(jq -r '.[] | split(",") | length' list.out)" "0 2"
has "and says so" "warning: --reader has no effect on RetrieveAllTokens"
sed '/^UseICCSNwithATR/d' "$EXAMPLES/list-cards.dsc" >plain.dsc
apart list both encode plain.dsc
is "list-cards.dsc: without UseICCSNwithATR the numbers alone" \
	"$(jq -r .ICCSNS_OF_ALL_TOKEN list.out)" "$ICCSN,$other"
none() { JCOP45_VCARD=$WORK/empty "$@"; }
status_is "list-cards.dsc without any card: status 3" 3 \
	none example list-cards

select_card() { # ICCSN OPTION...
	local iccsn=$1
	shift
	example select-card --field "ICCSN=$iccsn" "$@"
}
for wanted in "$ICCSN Erste" "$other Seconde"; do
	apart select both select_card "${wanted% *}"
	is "select-card.dsc takes the card of ${wanted#* }" \
		"$(jq -r '."ef.id.familyName"' select.out)" "${wanted#* }"
done
sed 's/^UseSelect/UseICCSNwithATR=true\n&/' "$EXAMPLES/select-card.dsc" >atr.dsc
apart select both encode atr.dsc --field "ICCSN=$other-$ATR"
is "select-card.dsc: ICCSN-ATR, as the list has it" \
	"$(jq -r '."ef.id.familyName"' select.out)" Seconde
trace_reset
status_is "select-card.dsc with a card that is not there: status 3" 3 \
	both select_card 99887766554433221100
has "select-card.dsc: it says which ones are" "$ICCSN|$other"
is "select-card.dsc: none of them was changed" "$(changes)" 0

# An update goes to the chosen card alone.
job chosen.dsc <<DSC
[Fields]
ICCSN=
[Description]
UseSelectCriteriaIccsn=true
SelectCriteriaIccsn=ICCSN
KeysetSkFileMgmt=#second_mgmt:AD01/11
ChipAuthKeyConfig=#011D:01
ef.id.familyName=#Zweite
DSC
trace_reset
check "select-card.dsc: a job that changes the chosen card" \
	using "$WORK/second.conf" both encode chosen.dsc --field "ICCSN=$other"
is "select-card.dsc: changes that one" "$(count ".name == \"data-write\" and
	.dir == \"$second\"")" 1
is "select-card.dsc: and only looks at the other" \
	"$(count ".dir == \"$first\" and (.ins |
		IN(\"A4\", \"B0\", \"CA\", \"20\") | not)")" 0

# --- files, options, statuses -----------------------------------------------------

cp "$EXAMPLES/read-data.dsc" read-data.dsc
zip_of() { # FILE MEMBER...
	perl -MIO::Compress::Zip=zip -e \
		'my $to = shift; zip [@ARGV] => $to or die' "$@"
}
echo "about this job" >readme.txt
must zip_of job.dsz readme.txt read-data.dsc
apart dsz encode job.dsz
is "a .dsz is run as the .dsc in it" "$(jq -r '."ef.id.familyName"' dsz.out)" \
	Erste
must zip_of two.dsz both.dsc read-data.dsc
trace_reset
status_is "a .dsz with two of them is refused: status 2" 2 encode two.dsz
has "and said why" "two|more than one"
must zip_of none.dsz readme.txt
status_is "so is one with none" 2 encode none.dsz
head -c 200 job.dsz >cut.dsz
status_is "and half of one" 2 encode cut.dsz
is "nothing was sent for these" "$(count)" 0
iconv -f UTF-8 -t UTF-16 read-data.dsc | sed 's/X/X/' >wide.dsc
apart wide encode wide.dsc
is "a file in UTF-16 is read" "$(jq -r '."ef.id.familyName"' wide.out)" Erste

apart json encode --json "$EXAMPLES/read-data.dsc"
that "--json tells command, card, result and fields" json ".command == \"encode\"
	and .iccsn == \"$ICCSN\" and .result == \"done\" and
	.fields[\"ef.id.familyName\"] == \"Erste\"" json.out
apart json example update-data --json --field lastname=M --field name=J
that "--json: also where no field is filled" json \
	'.result == "done" and .fields == {}' json.out
apart json example activate --json --field TRANSPORT_PIN=env:TRANSPORT
is "--json: a failure has its status" "$RC" 7
that "--json: and nothing on standard output" test ! -s json.out

sed 's/^KeysetSkAdmin/KeysetSkAdmn/' "$EXAMPLES/delete-all.dsc" >typo.dsc
trace_reset
status_is "an unknown key: status 2" 2 encode typo.dsc
has "it is told with its line and the nearest key" \
	"typo\.dsc:$(line_of Admn typo.dsc): .*KeysetSkAdmn.*KeysetSkAdmin\b"
is "and nothing is sent" "$(count)" 0
check "--lenient makes it a warning" encode typo.dsc --lenient
has "which has the line too" "typo\.dsc:$(line_of Admn typo.dsc): .*warning"
trace_reset
for wrong in "no equals sign" "[Description" "=value"; do
	{ cat "$EXAMPLES/delete-all.dsc"; echo "$wrong"; } >syntax.dsc
	status_is "a line '$wrong': status 2" 2 encode syntax.dsc
	has "a line '$wrong' is told with its number" \
		"syntax\.dsc:$(wc -l <syntax.dsc):"
done
status_is "--lenient does not make a mistake of the syntax right" 2 \
	encode syntax.dsc --lenient
status_is "no file: status 2" 2 encode
status_is "two files: status 2" 2 encode "$EXAMPLES/read-data.dsc" \
	"$EXAMPLES/list-cards.dsc"
status_is "a file that is not there: status 2" 2 encode gone.dsc
status_is "an unknown option: status 2" 2 example read-data --nonsense
status_is "a field that is not declared: status 2" 2 \
	example update-data --field lastname=M --field name=J --field nme=K
has "it is named" "\bnme\b"
status_is "a secret on the command line: status 2" 2 example activate-fields \
	--field TRANSPORT_PIN=73519402 --field GLOBAL_PIN=env:PIN \
	--field SIGN_PIN=env:SIGN_PIN --field KEYSET_ADMIN=sk_admin
hasnt "and it is not shown" 73519402
has "but where it may come from" "env:"
cp "$first/issuer/transport-pin" public
chmod 644 public fields.json
secret_from() { # SOURCE
	activate_fields sk_admin "$1"
}
for source in env:NOT_SET file:gone fd:99 file:public @public; do
	status_is "a secret from $source: status 6" 6 secret_from "$source"
	has "a secret from $source: it is said what is wrong" \
		"TRANSPORT_PIN|${source#*[:@]}"
done
status_is "secrets in --fields that others can read: status 6" 6 whole
has "it says so" "fields\.json.*chmod"
chmod 600 fields.json
is "for none of these anything was sent" "$(count)" 0

must jcop45-vcard remove "$first"
status_is "no card: status 3" 3 example read-data
must jcop45-vcard insert "$first"
fault "remove before 2 secured"
status_is "a card that is taken out: status 3" 3 example delete-all
no_fault
sed 's/card_drivers *=.*/card_drivers = internal;/' "$OPENSC_CONF" >none.conf
chmod 600 none.conf
status_is "a card of another kind: status 4" 4 using none.conf \
	example read-data
grep -v chip_auth_trust_anchor "$OPENSC_CONF" >untrusted.conf
chmod 600 untrusted.conf
trace_reset
status_is "no trust anchor: status 5" 5 using untrusted.conf example delete-all
is "and nothing was changed" "$(changes)" 0
wrong_hsm_pin() { HSM_PIN=wrong example delete-all; }
status_is "a wrong PIN of the HSM: status 5" 5 wrong_hsm_pin
sed 's/^ApplicationList=.*/ApplicationList=B/' \
	"$EXAMPLES/request-certificates.dsc" >archive.dsc
trace_reset
status_is "a CA that fails: status 1" 1 encode archive.dsc \
	--field P12PASSWORD_B=env:P12 --field P12PASSWORD_A=env:P12 \
	--field RecoveryCertificateData_A=@old.b64 --ca false
has "it is named, with its status" "\bfalse\b.* 1\b"
is "no key came to the card" "$(imports)" 0

# --- new PINs from fields ----------------------------------------------------------

NEW_PIN=60318274
export NEW_PIN
job unblock.dsc <<DSC
[Fields]
new=
[Description]
SetPin=true
SignPin=new
KeysetSkUnblkPin=#sk_unblk_pin:12
DSC
trace_reset
check "SetPin by the key set takes the new PIN from a field" \
	encode unblock.dsc --field new=env:NEW_PIN
check "which holds" verifies 02 NEW_PIN
job unblock-puk.dsc <<DSC
[Fields]
new=
puk=
[Description]
SetPin=true
InitialPUK=puk
SignPIN=new
DSC
check "SetPin by the PUK takes both from fields" encode unblock-puk.dsc \
	--field new=env:SIGN_PIN --field puk=env:PUK
check "and that holds" verifies 02 SIGN_PIN
wrong_puk() {
	PUK=00000000 encode unblock-puk.dsc --field new=env:NEW_PIN \
		--field puk=env:PUK
}
status_is "a wrong PUK: status 6" 6 wrong_puk
has "with the tries left" "\b4\b"
is "it cost one" "$(tries PUK)" 4
that "no new PIN is in any trace" not_in "$NEW_PIN" "$TRACE"
that "nor the PUK" not_in "$PUK" "$TRACE"
done_testing
