#!/bin/bash
# encode-answers.sh: a CA's answers that come again, are others than before, are
# taken away, or cannot be used.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

setup_activated card --temporary
card_secrets
ACTIVATED_CARD=$CARD.activated
copy_card "$CARD" "$ACTIVATED_CARD"
kept_key first 3072
kept_key second 3072
[ -f ca.pem ] || new_ca
printf '%s\n' "$P12" >password
chmod 600 password

fresh() {
	copy_card "$ACTIVATED_CARD" "$CARD"
	rm -rf out.json* requests answers
	mkdir requests answers
	trace_reset
}
describe() { # LINE...
	job job.dsc < <(printf '%s\n' '[Fields]' PASS= WHERE= CERTS= \
		'[Description]' "$ADMIN" "$@")
}
returning() { # CODE...: applications, what they make in CERTS
	applications "$@" |
		sed 's/^\[Application_.\]/&\nCertKeyListReturnField=CERTS/'
}
answer() { # LETTER: the CA's answer to that request, another one each time
	openssl req -in "requests/$ICCSN-$1.csr" -noout -pubkey >asked.pub &&
		issue_certificate asked.pub "Holder $1" "answers/$ICCSN-$1.pem"
}
first_visit() { # OPTION...
	encode job.dsc --requests requests "$@"
}
second_visit() { # OPTION...
	trace_reset
	encode job.dsc --certificates answers "$@"
}
has_answer() { # LETTER LABEL: the card has just this certificate
	on_card "$2" card && cmp \
		<(openssl x509 -in "answers/$ICCSN-$1.pem" -outform DER) \
		<(openssl x509 -in card.pem -outform DER)
}
written() { count '.name == "certificate-write"'; }

# --- the second visit once more

describe "$(returning p10-mpp)"
fresh
check "one request" first_visit
answer A || bail "no answer"
check "its certificate" second_visit
check "is on the card" has_answer A Template
check "the same answer again" second_visit
is "is not written again" "$(written)" 0
has "which is said" "A:certificate: the card has this certificate already"
answer A || bail "no answer"
check "another answer for the same key" second_visit --fields-out out.json
check "is the one on the card" has_answer A Template
is "and the one of the output" "$(jq -r '.CERTS[0].certificate' out.json)" \
	"$(openssl x509 -in "answers/$ICCSN-A.pem" -outform DER | base64 -w 0)"

# --- answers that are taken away once they were used

describe "$(applications p10-mpp p10-mpp)"
fresh
check "two requests of one template" first_visit
answer B || bail "no answer"
run second_visit
is "one answer is there" "$RC $(certificates_in_files)" "1 1"
rm "answers/$ICCSN-B.pem"
answer A || bail "no answer"
run second_visit
is "the used one is taken away: the other is taken" \
	"$RC $(certificates_in_files)" "0 2"
has "and the key of the first is known" \
	"Application_B: there is no answer.*that one is taken for it"

# ... with a journal that begins meanwhile
describe "$(returning p10-mpp p10-mpp)"
fresh
check "two requests of one template once more" first_visit
answer B || bail "no answer"
run second_visit
rm "answers/$ICCSN-B.pem"
run second_visit --fields-out out.json
is "both answers are away" "$RC $(certificates_in_files)" "1 1"
answer A || bail "no answer"
check "the journal goes on with the one that comes" \
	second_visit --fields-out out.json
is "and the output names both keys" \
	"$(jq -r '.CERTS[].id' out.json | grep -c ..)" 2

# ... which no key is taken for that the first visit should have made
describe "$(returning p10-mpp p10-mpp p10-mpp)"
run second_visit
has "more requests than keys: the first visit is missed" \
	"the first visit, with --requests, comes before"

# --- answers that cannot be used

fresh
check "two requests" first_visit
printf 'no certificate\n' >"answers/$ICCSN-A.pem"
answer B || bail "no answer"
refused "an answer that is none" second_visit
has "is named" "Application_A: the answer $ICCSN-A in answers: "
is "and found before anything is written" "$(certificates_in_files)" 0
describe "$(applications archival)"
fresh
check "an archival" first_visit --field PASS=file:password
cp first.p12 "answers/$ICCSN-A.p12"
refused "its PKCS#12 under another password" second_visit \
	--field PASS=env:ICCSN --dry-run
is "with the status of a secret" "$RC" 6
has "is found before the card is touched" \
	"Application_A: the answer $ICCSN-A in answers: "
sed -i 's/^KeyArchivalRequest/KeySize=2048\n&/' job.dsc
refused "its PKCS#12 of another size" second_visit --field PASS=file:password
has "is found then, too" "has 3072 bits, and KeySize asks for 2048"
sed -i '/^KeySize/d' job.dsc
mkdir "answers/aside"
mv "answers/$ICCSN-A.p12" answers/aside/A.p12
mkdir "answers/$ICCSN-A.p12"
refused "an answer that cannot be read" second_visit --field PASS=file:password
has "is not one that is still to come" "the answer $ICCSN-A in answers: "
rmdir "answers/$ICCSN-A.p12"
mv answers/aside/A.p12 "answers/$ICCSN-A.p12"
check "with the password it is imported" second_visit --field PASS=file:password

# --- the first visit once more

describe "$(applications delete p10-mpp)"
fresh
check "a first visit that empties the card" first_visit
cp "requests/$ICCSN-B.csr" kept.csr
refused "once more it would delete the key of the request" first_visit
has "which is said" "$ICCSN-B.json is there already.*would delete its key"
is "nothing is deleted" "$(keys_in_slots)" 1
that "and the request is the same" cmp kept.csr "requests/$ICCSN-B.csr"
rm requests/*
check "without the request it starts anew" first_visit

# --- a certificate that the card cannot take

describe "$(returning p10-mpp)"
cat >ca <<'SH'
#!/bin/sh
cd "$WORK"
openssl req -noout -pubkey >asked.pub
openssl req -new -key first.key -subj /CN=Answered -out answer.csr
openssl x509 -req -in answer.csr -CA ca.pem -CAkey ca.key \
	-force_pubkey asked.pub -days 9 -extfile extensions 2>/dev/null
SH
chmod 755 ca
export WORK
fresh
echo 'basicConstraints=CA:true' >extensions
refused "a CA's certificate" encode job.dsc --ca "$WORK/ca" \
	--fields-out out.json
has "is refused as the answer that it is" "A:issue.*certification authority"
printf '1.2.3.4.5=DER:%s\n' "0482$(printf %04x 4500)$(openssl rand -hex 4500)" \
	>extensions
refused "then one that is too long" encode job.dsc --ca "$WORK/ca" \
	--fields-out out.json
has "is, too" "A:issue.*its file on the card"
: >extensions
check "a CA that is mended is asked again" encode job.dsc --ca "$WORK/ca" \
	--fields-out out.json
is "for the same key" "$(keys_in_slots) $(certificates_in_files)" "1 1"

# --- a card that is gone while the CA answers

fresh
cat >slow <<'SH'
#!/bin/sh
echo asked >>"$WORK/asked.log"
touch "$WORK/asking"
while [ -e "$WORK/asking" ]; do sleep 0.1; done
exec "$WORK/ca"
SH
chmod 755 slow
rm -f asked.log
encode job.dsc --ca "$WORK/slow" --fields-out out.json >slow.log 2>&1 &
pid=$!
for _ in {1..300}; do
	[ ! -e asking ] || break
	sleep 0.1
done
mv "$CARD" "$CARD.away"
rm asking
wait "$pid"
is "the card is away when the answer comes: status 3" "$?" 3
mv "$CARD.away" "$CARD"
check "it is put back: the job goes on" encode job.dsc --ca "$WORK/slow" \
	--fields-out out.json
is "and the CA was asked once" "$(wc -l <asked.log)" 1

# --- an import that was torn

describe "$(applications archival)"
cat >archive <<'SH'
#!/bin/sh
cat "$WORK/$WHICH.p12"
SH
chmod 755 archive
archival() { # WHICH
	export WHICH=$1
	encode job.dsc --field PASS=file:password --ca "$WORK/archive" \
		--fields-out out.json
}
torn=0
for number in {14..30}; do
	fresh
	fault "remove after $number secured"
	run archival first
	no_fault
	[ "$RC" -ne 0 ] || break
	listed 7002 && ! listed 7005 || continue
	torn=$((torn + 1))
	check "torn after $number commands: it goes on, whatever the CA says" \
		archival second
	check "torn after $number commands: with the key that was begun" \
		on_card Template card
	that "torn after $number commands: and its own certificate" \
		cmp first.pub card.pub
	check "torn after $number commands: which fits" fits card
	is "torn after $number commands: one key, one certificate" \
		"$(keys_in_slots) $(certificates_in_files)" "1 1"
done
that "an import was torn between key and certificate" test "$torn" -gt 0

# --- a Location that changes

describe "$(applications p10-mpp | sed 's/^Location=.*/Location=WHERE/')"
fresh
run encode job.dsc --field WHERE=mpp --ca false --fields-out out.json
is "a CA that fails" "$RC" 1
refused "the job does not go on elsewhere" encode job.dsc \
	--field WHERE=signature --ca "$WORK/ca" --fields-out out.json
has "and says where it began" "was for mpp, and this Location is sign"
: >extensions
check "at its own Location it does" encode job.dsc --field WHERE=mpp \
	--ca "$WORK/ca" --fields-out out.json

# --- a key that is there already

describe "$(applications p10-mpp)"
run encode job.dsc --ca "$WORK/ca" --dry-run
has "a second key of the template is warned of" \
	"Application_A: the card has a key for Template with a certificate"
done_testing
