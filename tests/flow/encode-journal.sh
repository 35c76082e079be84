#!/bin/bash
# encode-journal.sh: jobs that get their journal late, answers that are mixed
# up, and files that are given twice.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

setup_activated card --temporary
card_secrets
ACTIVATED_CARD=$CARD.activated
copy_card "$CARD" "$ACTIVATED_CARD"
kept_on_paper
new_issuer
export CA_ACCEPT_DUMMY=yes
export ASKED

fresh() {
	copy_card "$ACTIVATED_CARD" "$CARD"
	rm -rf out.json* requests answers pinpad
	mkdir requests answers
	trace_reset
}
describe() { # LINE...
	job job.dsc < <(printf '%s\n' '[Fields]' PASS= G= PUK= DATA= CA1= CB1= \
		'[Description]' "$ADMIN" "$@")
}
answer() { # LETTER AS: the CA's answer to that request, for another name
	openssl req -in "requests/$ICCSN-$1.csr" -noout -pubkey >asked.pub &&
		issue_certificate asked.pub "Holder $1" "answers/$ICCSN-$2.pem"
}
[ -f ca.pem ] || new_ca

# A CA that fails until it may not.
cat >failing <<'SH'
#!/bin/sh
[ ! -e "$WORK/broken" ] || { cat >/dev/null; exit 1; }
exec "$ASKING"
SH
chmod 755 failing
export WORK ASKING

# --- a journal that begins with the second visit -------------------------------------

describe "$(applications delete p10-mpp p10-sign)"
fresh
check "a first visit without a journal" encode job.dsc --requests requests
answer B B || bail "no answer"
trace_reset
run encode job.dsc --certificates answers --fields-out out.json
is "the second visit, one answer missing: it stops" "$RC" 1
is "with one certificate written" "$(keys_in_slots) $(certificates_in_files)" \
	"2 1"
that "and leaves a journal" test -f out.json.journal
answer C C || bail "no answer"
trace_reset
check "the same command again, with all answers" \
	encode job.dsc --certificates answers --fields-out out.json
is "deletes nothing" "$(count '.name == "delete"')" 0
is "generates nothing" "$(count '.name == "generate"')" 0
is "and both certificates are there" \
	"$(keys_in_slots) $(certificates_in_files)" "2 2"

# The same before any answer was there.
fresh
check "once more a first visit" encode job.dsc --requests requests
run encode job.dsc --certificates answers --fields-out out.json
is "no answer at all: it stops" "$RC" 1
answer B B && answer C C || bail "no answer"
check "and goes on when they are there" \
	encode job.dsc --certificates answers --fields-out out.json
is "with all that belongs there" \
	"$(keys_in_slots) $(certificates_in_files)" "2 2"

# --- a journal that begins after a run without one -----------------------------------

describe "$(applications p10-mpp)"
fresh
touch broken
run encode job.dsc --ca "$WORK/failing"
is "a CA that fails, without a journal" "$RC:$(keys_in_slots)" 1:1
run encode job.dsc --ca "$WORK/failing" --fields-out out.json
is "once more, with one: the same key" "$RC:$(keys_in_slots)" 1:1
has "and it is told that it goes on with it" "the job goes on with it"
rm broken
check "when the CA is well the job ends well" \
	encode job.dsc --ca "$WORK/failing" --fields-out out.json
is "with one key and its certificate" \
	"$(keys_in_slots) $(certificates_in_files)" "1 1"

# --- a permanent card ------------------------------------------------------------------

describe 'KeysetSkFileMgmt=#sk_file_mgmt' ef.id.familyName=#Martin \
	ef.function.job=#Greffier "$(applications p10-mpp)"
fresh
must jcop45-vcard set "$CARD" temporary no
run encode job.dsc --ca "$ASKING" --fields-out out.json
is "a permanent card refuses EF.Id at the end" "$RC:$(keys_in_slots)" 7:1
has "and its lines are to be left out" "Leave out its fields"
sed -i /^ef.id/d job.dsc
check "without them the same command goes on" \
	encode job.dsc --ca "$ASKING" --fields-out out.json
is "and makes no second key" \
	"$(keys_in_slots) $(certificates_in_files)" "1 1"
is "but writes the rest of the data" "$(data '."ef.function".job')" '"Greffier"'

# --- a PIN that was plainly refused is not in doubt ------------------------------------

describe SetPin=true InitialPUK=PUK PIN=G
fresh
PUK=00000000 run encode job.dsc --field PUK=env:PUK --field G=env:PIN \
	--fields-out out.json
is "a wrong PUK is refused" "$RC" 6
check "with the right one the same command goes on" encode job.dsc \
	--field PUK=env:PUK --field G=env:PIN --fields-out out.json
hasnt "and nothing is in doubt" "interrupted|may have"

# --- a request that proves nothing stays one ------------------------------------------

describe SetPin=true InitialPUK=PUK PIN='!FROM_USER_DIALOG_2_FIELD_AUTO' \
	"$(applications p10-mpp)"
fresh
printf 'pinpad = yes\n' >"$CARD/reader"
must jcop45-vcard pinpad "$CARD" "type $PIN" "type $PIN"
touch broken
run encode job.dsc --field PUK=env:PUK --ca "$WORK/failing" --fields-out out.json
is "a PIN from the pad, then a CA that fails" "$RC" 1
rm broken "$CARD/reader"
rm -f "$ASKED"/*
check "on a reader without a pad it goes on" \
	encode job.dsc --field PUK=env:PUK --ca "$WORK/failing" \
	--fields-out out.json
that "the CA is told that the signature proves nothing" \
	grep -qx JCOP_DUMMY_SIGNATURE=yes "$ASKED/$ICCSN-A.env"

# --- answers in each other's place ----------------------------------------------------

describe "$(applications p10-mpp p10-sign |
	sed 's/^\[Application_\(.\)]/&\nCertKeyListReturnField=C\11/')"
fresh
check "two requests" encode job.dsc --requests requests
answer A B && answer B A || bail "no answer"
refused "answers that are mixed up are refused" \
	encode job.dsc --certificates answers
has "with the reason" "for no key.*answer to another request"
is "and nothing of them is written" "$(certificates_in_files)" 0

fresh
check "two requests anew" encode job.dsc --requests requests
answer A A && mv "answers/$ICCSN-A.pem" requests || bail "no answer"
refused "a first visit does not meet answers of an earlier job" \
	encode job.dsc --requests requests
has "and says which" "$ICCSN-A.pem is there already"
refused "nor does its dry run" encode job.dsc --requests requests --dry-run

# --- two runs of one job --------------------------------------------------------------

# A CA that waits until it may.
cat >slow <<'SH'
#!/bin/sh
touch "$WORK/at-work"
while [ ! -e "$WORK/go" ]; do sleep 0.1; done
exec "$ASKING"
SH
chmod 755 slow
describe "$(applications p10-mpp)"
fresh
rm -f at-work go
encode job.dsc --ca "$WORK/slow" --fields-out out.json >slow.out 2>&1 &
slow=$!
for _ in $(seq 300); do
	[ ! -e at-work ] || break
	sleep 0.1
done
that "a run is at work" test -e at-work
is "its lock is private" "$(stat -c %a out.json.journal.lock)" 600
refused "another one of the same job is refused" \
	encode job.dsc --ca "$ASKING" --fields-out out.json
has "with the reason" \
	"another run of this job is at work \(out.json.journal.lock\)"
is "and status 2" "$RC" 2
that "the lock is still there" test -f out.json.journal.lock
check "a dry run is none" \
	encode job.dsc --ca "$ASKING" --fields-out out.json --dry-run
touch go
wait "$slow"
is "the first one ends well" "$?:$(keys_in_slots) $(certificates_in_files)" \
	"0:1 1"
is "and takes journal and lock with it" "$(echo out.json*)" out.json
touch out.json.journal.lock
check "the lock of a killed run is none" \
	encode job.dsc --ca "$ASKING" --fields-out out.json
is "and goes, too" "$(echo out.json*)" out.json
ln -s elsewhere out.json.journal.lock
refused "a link is no lock" \
	encode job.dsc --ca "$ASKING" --fields-out out.json
has "which is said" "out.json.journal.lock cannot be locked"
that "and nothing is made where it leads" test ! -e elsewhere
rm out.json.journal.lock

# --- interrupted without a journal: how to go on --------------------------------------

describe SetPin=true InitialPUK=PUK PIN=G \
	"$(applications delete archival p10-mpp)"
fresh
cat >second <<'SH'
#!/bin/sh
[ "$JCOP_REQUEST" = archival ] || { cat >/dev/null; exit 1; }
exec "$ASKING"
SH
chmod 755 second
interrupted() { # OPTION...
	encode job.dsc --field PUK=env:PUK --field G=env:PIN \
		--field PASS=file:password --ca "$WORK/second" "$@"
}
run interrupted
is "the second request fails" "$RC:$(keys_in_slots)" 1:2
has "before, it was said that no journal is kept" \
	"note: without --fields-out.*it would delete"
has "the PINs are set" "^  SetPin=true: it is done"
has "the deletion is done" "^  A of ApplicationList: it would delete"
has "so is the archival, and the request is not" "^  B of ApplicationList:"
has "a journal would do without" "with --fields-out a journal is kept"
sed -i '/^SetPin/d; /^InitialPUK/d; s/^ApplicationList=.*/ApplicationList=C/' \
	job.dsc
check "without all that the rest is done" encode job.dsc \
	--field PUK=env:PUK --field G=env:PIN --ca "$ASKING"
is "and nothing twice" "$(keys_in_slots) $(certificates_in_files)" "2 2"
describe SetPin=true InitialPUK=PUK PIN=G "$(applications delete p10-mpp)"
run interrupted --fields-out out.json
hasnt "with a journal there is no such note" "note: without|take out"
rm -f out.json*

# --- an output that is lost -----------------------------------------------------------

describe "$(applications p10-mpp |
	sed 's/^\[Application_A]/&\nCertKeyListReturnField=CA1/')"
fresh
lost() { # OPTION...
	encode job.dsc --ca "$ASKING" "$@" >/dev/full
}
closed() { # OPTION...
	encode job.dsc --ca "$ASKING" "$@" >&-
}
run closed
is "a closed standard output: status 1" "$RC" 1
has "it is found out before" "cannot be written.*nothing was changed"
is "and nothing was sent that changes the card" "$(changes)" 0
run lost
is "a full standard output: status 1" "$RC:$(certificates_in_files)" 1:1
has "the job is done all the same, which is said" \
	"the same command would do it once more.*--read-certificate"
fresh
run closed --fields-out out.json
is "a closed one, with a file for the fields: status 1" \
	"$RC:$(certificates_in_files)" 1:1
has "they are there" "its fields are in out.json"
is "as it says" "$(jq '.CA1 | length' out.json)" 1
check "the same command brings them again" \
	encode job.dsc --ca "$ASKING" --fields-out out.json
is "and does nothing twice" "$(keys_in_slots) $(certificates_in_files)" "1 1"

# Nobody reads what is told of the steps.
fresh
unread() {
	encode job.dsc --ca "$ASKING" 2> >(head -n 1 >/dev/null) >printed
}
check "messages that nobody reads do not end a job" unread
is "it has its certificate" "$(keys_in_slots) $(certificates_in_files)" "1 1"

# --- files ----------------------------------------------------------------------------

describe "$(applications recovery-DATA)"
fresh
check "a PKCS#12 in DER is taken from a file" encode job.dsc \
	--field PASS=file:password --field DATA=@old.p12
is "and its key is there" "$(keys_in_slots) $(certificates_in_files)" "1 1"
must openssl req -x509 -key old.key -subj /CN=Self -days 9 -out self.pem
must openssl pkcs12 -export -inkey old.key -in self.pem -passout env:P12 \
	-out self.p12
refused "a self-signed certificate is found out before" encode job.dsc \
	--field PASS=file:password --field DATA=@self.p12 --dry-run
has "as what it is" "job.dsc:[0-9]+: .*certification authority"
values fields.json "PASS=$P12" "DATA=$(cat old.b64)"
cp fields.json before.json
fields_from_stdin() {
	timeout "$LIMIT" "${under[@]}" jcop45-tool encode job.dsc --fields - \
		--fields-out fields.json <fields.json
}
refused "the fields are not written over" \
	encode job.dsc --fields fields.json --fields-out fields.json
is "with the status of a usage error" "$RC" 2
that "and are as they were" cmp fields.json before.json
refused "nor is the description" \
	encode job.dsc --fields fields.json --fields-out ./job.dsc
for form in @ file:; do
	refused "nor is the file of a field ($form)" encode job.dsc \
		--field PASS=file:password --field "DATA=${form}old.b64" \
		--fields-out old.b64
	is "with the status of a usage error ($form)" "$RC" 2
done
refused "nor is one on a descriptor" encode job.dsc --field PASS=fd:7 \
	--field DATA=@old.p12 --fields-out ./password 7<password
is "with that status" "$RC" 2
refused "nor is standard input" fields_from_stdin
is "with that status, too" "$RC" 2
that "the one of the field is as it was" cmp <(base64 -w 0 old.p12) old.b64
is "that on the descriptor, too" "$(cat password)" "$P12"
that "and that on standard input" cmp fields.json before.json
mkdir directory
refused "nor can it be a directory" \
	encode job.dsc --fields fields.json --fields-out directory
done_testing
