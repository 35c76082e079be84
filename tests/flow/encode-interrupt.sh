#!/bin/bash
# encode-interrupt.sh: a whole job that is killed at each of its steps, or loses
# its card or its CA, and is continued by the same command.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

# --- killed at a command ------------------------------------------------------

# Between OpenSC and the reader: notes which command belongs to which step of
# the plan, as standard error announced it, and kills the process at one.
cat >killer.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winscard.h>

/* The step that was announced last, without its number. */
static void
announced(char *text, size_t size)
{
	FILE *progress = fopen(getenv("PROGRESS"), "r");
	char line[512];
	const char *start;

	snprintf(text, size, "none");
	while (progress != NULL && fgets(line, sizeof(line), progress) != NULL)
		if ((start = strstr(line, ": step ")) != NULL &&
			(start = strchr(start + 2, ':')) != NULL)
			snprintf(text, size, "%.*s",
				(int)strcspn(start + 2, "\n"), start + 2);
	if (progress != NULL)
		fclose(progress);
}

static void
note(const char *step, unsigned int ins)
{
	FILE *log = fopen(getenv("COMMANDS"), "a");

	if (log == NULL)
		return;
	fprintf(log, "%s\t%02X\n", step, ins);
	fclose(log);
}

/* KILL_STEP is the step, KILL_AT "before" or "after INS N". */
static int
is_meant(const char *step, unsigned int ins)
{
	static int seen;
	const char *wanted = getenv("KILL_STEP"), *at = getenv("KILL_AT");
	unsigned int number = 0, wanted_ins = 0;

	if (wanted == NULL || strcmp(wanted, step) != 0)
		return 0;
	if (sscanf(at, "after %x %u", &wanted_ins, &number) != 2)
		return 1;
	return ins == wanted_ins && ++seen == (int)number;
}

LONG
SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci,
	LPCBYTE command, DWORD length, SCARD_IO_REQUEST *receive_pci,
	LPBYTE answer, LPDWORD answer_length)
{
	__typeof__(&SCardTransmit) next = (__typeof__(next))dlsym(
		RTLD_NEXT, "SCardTransmit");
	char step[256];
	LONG r;
	int meant;

	announced(step, sizeof(step));
	note(step, command[1]);
	meant = is_meant(step, command[1]);
	if (meant && strcmp(getenv("KILL_AT"), "before") == 0)
		kill(getpid(), SIGKILL);
	r = next(card, send_pci, command, length, receive_pci, answer,
		answer_length);
	if (meant)
		kill(getpid(), SIGKILL);
	return r;
}
C
# shellcheck disable=SC2046 # options are words
must gcc -shared -fPIC -o killer.so killer.c $(pkg-config --cflags libpcsclite) \
	-Wl,--no-as-needed "$PROVIDER" -ldl -Wl,-rpath,"$MODULES"
export PROGRESS=$WORK/progress COMMANDS=$WORK/commands
unset KILL_STEP KILL_AT

# The example's CA, which may kill who asked: KILL_CA is "before X" or "after X".
cat >ca <<'SH'
#!/bin/sh
echo "$JCOP_REQUEST_ID" >>"$WORK/asked"
[ -z "${CA_FAILS-}" ] || { echo "the CA is closed" >&2; exit 3; }
[ -z "${CA_HANGS-}" ] || { echo $$ >hanging; exec sleep 100; }
[ "${KILL_CA-}" != "before ${JCOP_REQUEST_ID##*-}" ] || kill -KILL "$PPID"
"$CA_OPENSSL" >"$WORK/answer" || exit 1
[ "${KILL_CA-}" != "after ${JCOP_REQUEST_ID##*-}" ] || kill -KILL "$PPID"
cat "$WORK/answer"
SH
chmod 700 ca
export WORK CA_OPENSSL=$JCOP_SRC/etc/examples/ca-openssl CA_DIR=$WORK/issuer

# --- the job ------------------------------------------------------------------

whole=$JCOP_SRC/etc/examples/whole-card.dsc
setup_blank card --temporary
new_config --provider-library "$WORK/killer.so"
BLANK=$CARD.blank
copy_card "$CARD" "$BLANK"
certified_key old 3072
bundle old
base64 -w0 old.p12 >old.b64
must "$CA_OPENSSL" --init "$CA_DIR"
cp -a "$CA_DIR" issuer.new
PASS_B=p12-7720931
jq -n --rawfile t "$CARD/issuer/transport-pin" --rawfile old old.b64 \
	--arg b "$PASS_B" '{TRANSPORT_PIN: $t[:-1], GLOBAL_PIN: env.PIN,
	SIGN_PIN: env.SIGN_PIN, P12PASSWORD_A: env.P12, P12PASSWORD_B: $b,
	RecoveryCertificateData_A: $old, lastname: "Martin", name: "Jeanne",
	job: "Greffier"}' >fields.json
chmod 600 fields.json

# whole_job [OPTION...]: standard error is what the killer reads.
whole_job() {
	: >"$PROGRESS"
	encode "$whole" --fields fields.json --ca "$WORK/ca" \
		--subject "CN=Jeanne Martin" "$@" >stdout 2>"$PROGRESS"
}
kept_job() { whole_job --fields-out out.json; }
run_job() { # COMMAND...: OUT is what it said
	"$@"
	RC=$?
	OUT=$(cat "$PROGRESS" stdout)
	printf '+ %s\n%s\n= %s\n' "$*" "$(cut -c1-300 <<<"$OUT")" "$RC"
}
afresh() { # a blank card, a CA that nobody asked, no journal
	copy_card "$BLANK" "$CARD"
	rm -rf "$CA_DIR" out.json* asked commands
	cp -a issuer.new "$CA_DIR"
	trace_reset
	killed=0
	touch asked
}

# executed NAME: such commands that the card carried out.
executed() {
	count ".name == \"$1\" and .sw == \"9000\""
}
archived() {
	find "$CA_DIR/archive" -name '*.pem' | wc -l
}
# Each key has its own certificate: labels with what is wrong.
unmatched() {
	local id
	pkcs15-tool --list-keys 2>/dev/null | awk '$1 == "ID" { print $3 }' |
		while read -r id; do
			public_key "$id" of-key 2>/dev/null
			pkcs15-tool --read-certificate "$id" -o of-card \
				2>/dev/null
			openssl x509 -in of-card -noout -pubkey |
				cmp -s - <(openssl pkey -pubin -in of-key) ||
				echo "$id"
			rm -f of-key of-card
		done
}
labels() {
	pkcs15-tool --list-keys 2>/dev/null |
		sed -nE 's/^Private RSA Key \[(.*)\]$/\1/p' | sort | xargs
}
# certificate FIELD: what out.json has, in PEM.
certificate() {
	jq -r ".$1[0].certificate" out.json | base64 -d |
		openssl x509 -inform DER
}

# complete NAME: the card, the CA and the outputs are as after a run without
# interruption.
complete() {
	local field
	is "$1: it ends well" "$RC" 0
	is "$1: the card was activated once" "$(executed activate)" 1
	is "$1: it holds four keys" "$(keys_in_slots)" 4
	is "$1: and four certificates" "$(certificates_in_files)" 4
	is "$1: all listed, none twice" "$(labels)" \
		"MyAuthCertTemplate MyEncCertTemplate MySigCertTemplate Recovery"
	is "$1: each key with its own certificate" "$(unmatched)" ""
	is "$1: the CA archived one key" "$(archived)" 1
	is "$1: the agent data is right" "$(data \
		'[."ef.id".familyName, ."ef.id".firstName, ."ef.function".job]')" \
		'["Martin","Jeanne","Greffier"]'
	is "$1: the outputs are complete" "$(jq -c '[to_entries[] |
		select(.value | length > 0) | .key] | sort' out.json)" \
		'["MyAuthCertTemplate_CREATED_CERTS","MySigCertTemplate_CREATED_CERTS","ef.function.job","ef.id.familyName","ef.id.firstName"]'
	for field in MyAuthCertTemplate MySigCertTemplate; do
		certificate "${field}_CREATED_CERTS" >"$field.pem"
		that "$1: $field was issued by the CA" openssl verify \
			-CAfile "$CA_DIR/ca.pem" "$field.pem"
		pkcs15-tool --read-certificate \
			"$(jq -r ".${field}_CREATED_CERTS[0].id" out.json)" \
			-o back.pem 2>/dev/null
		is "$1: $field is on the card under its id" \
			"$(fingerprint back.pem)" "$(fingerprint "$field.pem")"
		rm -f back.pem
	done
	is "$1: standard output has the same" "$(jq -cS . stdout)" \
		"$(jq -cS . out.json)"
	is "$1: the journal is gone, and nothing else is left" \
		"$(echo out.json*)" out.json
	check "$1: the global PIN holds" verifies 01 PIN
	check "$1: the signature PIN holds" verifies 02 SIGN_PIN
}

# --- undisturbed --------------------------------------------------------------

afresh
run_job kept_job
complete "undisturbed"
mapfile -t steps < <(sed -nE 's/^[^:]*: step [0-9]+ of [0-9]+: //p' "$PROGRESS")
is "it has fourteen steps" "${#steps[@]}" 14
cp commands reference
run_job kept_job
is "once complete, the same command is refused: the card is activated" "$RC" 7

changing='24|44|47|D6|DB|2A|2C'
# change STEP first|last: INS and its number among those of the step.
change() {
	local which=1
	[ "$2" = first ] || which='$'
	awk -F'\t' -v step="$1" -v changing="^($changing)\$" '
		$1 == step { n[$2]++ }
		$1 == step && $2 ~ changing { print $2, n[$2] }
		' reference | sed -n "${which}p"
}
letter_of() { # STEP: of the application whose request it is
	case $1 in
	*MyEncCertTemplate) echo B ;;
	*MySigCertTemplate) echo C ;;
	*MyAuthCertTemplate) echo D ;;
	esac
}

# killed_at NAME STEP AT: the job, killed there.
killed_at() {
	local name=$1 step=$2 at=$3
	case $step in
	"ask the CA"*)
		KILL_CA="$at $(letter_of "$step")" run_job env_job
		;;
	*) KILL_STEP=$step KILL_AT=$at run_job env_job ;;
	esac
	if [ "$RC" -ne 137 ] ||
		[ "$(sed -nE 's/^[^:]*: step [0-9]+ of [0-9]+: //p' \
			"$PROGRESS" | tail -n 1)" != "$step" ]; then
		not_killed+=("$step")
	fi
	killed=$((killed + 1))
	cp out.json.journal "journal.$name.$killed" ||
		no_journal+=("$step")
	[ "$(stat -c %a out.json.journal)" = 600 ] || no_journal+=("$step open")
}
env_job() {
	export KILL_STEP KILL_AT KILL_CA
	kept_job
	local status=$?
	unset KILL_STEP KILL_AT KILL_CA
	return $status
}

# chain NAME: killed at every step in turn, each run going on where the one
# before was; POINT tells where in a step.
chain() {
	local name=$1 step at
	afresh
	not_killed=() no_journal=()
	for step in "${steps[@]}"; do
		at=$($2 "$step")
		[ -n "$at" ] || continue
		killed_at "${name// /-}" "$step" "$at"
	done
	that "$name: there were steps to be killed at" test "$killed" -ge "$3"
	is "$name: it was killed there" "${not_killed[*]-}" ""
	is "$name: each time it left a private journal" "${no_journal[*]-}" ""
	run_job kept_job
	complete "$name"
}
before() { echo before; }
after() {
	case $1 in
	"ask the CA"*) echo after ;;
	"read the agent data") echo after B0 1 ;;
	*) echo after "$(change "$1" last)" ;;
	esac
}
amid() {
	case $1 in
	"ask the CA"*) ;;
	*) [ "$(change "$1" first)" = "$(change "$1" last)" ] ||
		echo after "$(change "$1" first)" ;;
	esac
}

chain "killed before each step" before 14
is "killed before each step: each key was generated once" \
	"$(executed generate)" 2
is "killed before each step: each PIN was set once" "$(executed pin-set)" 2
chain "killed after each step" after 14
is "killed after each step: each key was generated once" \
	"$(executed generate)" 2
is "killed after each step: each PIN was set once" "$(executed pin-set)" 2
chain "killed within each step" amid 6

# --- what a journal tells -----------------------------------------------------

# Nothing of a private key: the old one's, nor that of the archive.
secret_numbers() { # KEY: hexadecimal
	openssl rsa -in "$1" -noout -text | awk '
		/^[a-zA-Z]/ { wanted = /^(privateExponent|prime|exponent[12]|coefficient)/; next }
		wanted { gsub(/[ :]/, ""); printf "%s", $0; n++ }
		wanted && n == 3 { exit }' | cut -c3-60
	openssl rsa -in "$1" -noout -text | awk '
		/^prime1/ { wanted = 1; next } /^[a-zA-Z]/ { wanted = 0 }
		wanted { gsub(/[ :]/, ""); printf "%s", $0 }' | cut -c3-60
}
find "$CA_DIR/archive" -name '*.key.cms' -exec openssl cms -decrypt -binary \
	-inform DER -in {} -recip "$CA_DIR/archive.pem" \
	-inkey "$CA_DIR/archive.key" -out archived.key \;
that "the archived key is known" test -s archived.key
cat journal.* >journals
for text in $(jq -r '.. | strings' journals); do
	printf '%s\n' "$text"
	base64 -d <<<"$text" 2>/dev/null | xxd -p | tr -d '\n'
	echo
done >told
that "the journals have something to look into" test "$(wc -c <told)" -gt 20000
is "a public key is found there, as it should be" "$(grep -c "$(openssl rsa \
	-in archived.key -noout -modulus | cut -c 9-60 |
	tr A-F a-f)" told | sed 's/[1-9].*/some/')" some
found=
for value in "$PIN" "$SIGN_PIN" "$P12" "$PASS_B" \
	"$(cat "$CARD/issuer/transport-pin")" "$(cat "$CARD/issuer/puk")" \
	"$HSM_PIN"; do
	not_in "$value" told journals || found+="$value "
done
is "no PIN and no password is in a journal" "$found" ""
numbers=$(secret_numbers old.key && secret_numbers archived.key)
is "four numbers of two private keys" "$(wc -l <<<"$numbers")" 4
is "none of them is in a journal" "$(grep -c -F "$numbers" told)" 0

# --- a card that is taken out -------------------------------------------------

# The last command that changed something: its answer is lost.
afresh
removed=() wrong=()
for step in "${steps[@]}"; do
	read -r ins number < <(change "$step" last)
	[ -n "$ins" ] || continue
	# The rules count from now on: of the runs before, no step of this
	# one is left over.
	removed+=("$step")
	fault "remove after $number ins=$ins"
	run_job kept_job
	[ "$RC" = 3 ] || wrong+=("$step:$RC")
	no_fault
done
that "removed: there were steps to lose the card at" test "${#removed[@]}" -ge 8
is "removed: each time the status is 3" "${wrong[*]-}" ""
run_job kept_job
complete "removed after the last change of each step"

# --- a smaller job: one request, and agent data -------------------------------

afresh
must activate
ACTIVATED_CARD=$CARD.activated
copy_card "$CARD" "$ACTIVATED_CARD"
iccsn=$(tr -d ' \n' <"$CARD/issuer/iccsn")
job small.dsc <<TEXT
[Fields]
S=
CERTS=
job=
[Description]
$ADMIN
KeysetSkFileMgmt=#sk_file_mgmt:AD01/11
SignPIN=S
ef.function.job=job
ApplicationList=A
[Application_A]
CertTempl=MySig
CertKeyListReturnField=CERTS
StoreUserCertOnly=true
Location=#signature
KeySize=3072
TEXT
small_job() { # OPTION...
	: >"$PROGRESS"
	encode small.dsc --field S=env:SIGN_PIN --field job=Juge \
		--ca "$WORK/ca" "$@" >stdout 2>"$PROGRESS"
}
env_small() {
	export KILL_CA
	small_job
	local status=$?
	unset KILL_CA
	return $status
}
gone() { # PID: within a moment
	local i
	for i in {1..50}; do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}
# shellcheck disable=SC2120 # run_job has arguments for it
kept() { small_job --fields-out out.json "$@"; }
activated_card() {
	afresh
	copy_card "$ACTIVATED_CARD" "$CARD"
	trace_reset
}
small_complete() { # NAME
	is "$1: it ends well" "$RC" 0
	is "$1: one key is on the card" "$(keys_in_slots)" 1
	is "$1: and was generated once" "$(executed generate)" 1
	is "$1: with its certificate" "$(unmatched)$(certificates_in_files)" 1
	is "$1: the agent data is written" "$(data '."ef.function".job')" '"Juge"'
	is "$1: the certificate is told" "$(sed -n '/^{/,$p' stdout |
		jq -r '.CERTS[0].certificate' | base64 -d |
		openssl x509 -inform DER -noout -issuer 2>&1)" "issuer=CN = Card CA"
}

activated_card
export CA_FAILS=yes
run_job kept
unset CA_FAILS
is "a CA that fails: status 1" "$RC" 1
has "a CA that fails: its command and status are named" '/ca .*status 3'
has "a CA that fails: what it said is shown" 'the CA is closed'
that "a CA that fails: the journal is there" test -f out.json.journal
is "a CA that fails: it was asked once" "$(wc -l <asked)" 1
started=$SECONDS
export CA_HANGS=yes
run_job kept --ca-timeout 2
unset CA_HANGS
is "a CA that hangs: status 1" "$RC" 1
has "a CA that hangs: the reason is told" 'not end in time'
at_most "a CA that hangs: it is waited for as long as --ca-timeout says" \
	$((SECONDS - started)) 20
that "a CA that hangs: it is ended" gone "$(cat hanging)"
is "a CA that hangs: the agent data waits for its turn" \
	"$(data '."ef.function".job')" null
cp out.json.journal good.journal
is "the journal is bound to the card" "$(jq -r .iccsn good.journal)" "$iccsn"

# left_alone NAME REGEX: the job is refused for the sake of its journal.
left_alone() {
	cp out.json.journal was.journal
	trace_reset
	: >asked
	run_job kept "${@:3}"
	orderly "$RC"
	tap $? "$1 is refused"
	has "$1: with the reason" "$2"
	is "$1: nothing was sent that changes the card" "$(changes)" 0
	is "$1: nobody was asked" "$(wc -l <asked)" 0
	that "$1: the journal stays as it was" cmp was.journal out.json.journal
}
copy_card "$CARD" "$CARD.mine"
sed -i "s/$iccsn/80250000111122223333/g" "$CARD/card.json"
left_alone "another card with this journal" 'journal.*card|card.*journal'
copy_card "$CARD.mine" "$CARD"
sed -i.was 's/CertTempl=MySig/&2/' small.dsc
left_alone "a description that was changed" 'journal.*description|description.*journal'
mv small.dsc.was small.dsc
for mode in 644 640 606; do
	chmod $mode out.json.journal
	left_alone "a journal of mode $mode" 'journal.*(chmod|others|mode|private)'
done
chmod 600 out.json.journal
head -c 100 good.journal >out.json.journal
left_alone "half a journal" 'out\.json\.journal'
: >out.json.journal
left_alone "an empty journal" 'out\.json\.journal'
jq '.["jcop45-journal"] = 2' good.journal >out.json.journal
left_alone "a journal of another version" 'out\.json\.journal'
cp good.journal out.json.journal
run_job kept
is "after all that: it was not generated again" "$(executed generate)" 0
is "after all that: the job is completed" "$RC$(keys_in_slots)$(unmatched)" 01
is "after all that: the journal is gone" "$(echo out.json*)" out.json

# --- without a journal --------------------------------------------------------

activated_card
KILL_CA="before A" run_job env_small
is "without a journal: killed" "$RC" 137
is "without a journal: a key waits" "$(keys_in_slots):$(certificates_in_files)" 1:0
run_job small_job
small_complete "without a journal"
has "without a journal: it says that a key was found" \
	'key for MySig without a certificate.*goes on'

# The card was activated by the run that was killed.
afresh
sed "s/^SignPIN=S/&\nPIN=G\nInitToken=true\nIdopteTransportPin=T/
	s/^S=/&\nT=\nG=/" small.dsc >init.dsc
init_job() { # DESCRIPTION
	: >"$PROGRESS"
	encode "$1" --field S=env:SIGN_PIN --field job=Juge --field G=env:PIN \
		--field "T=file:$CARD/issuer/transport-pin" \
		--ca "$WORK/ca" >stdout 2>"$PROGRESS"
}
env_init() {
	export KILL_CA
	init_job init.dsc
	local status=$?
	unset KILL_CA
	return $status
}
export CA_FAILS=yes
run_job init_job init.dsc
unset CA_FAILS
is "activation without a journal, and a CA that fails: status 1" "$RC" 1
has "it was said before that this cannot be repeated" \
	'note: without --fields-out.*would be activated already'
has "and is said what to take out" '^  InitToken=true: the card is activated'
afresh
KILL_CA="before A" run_job env_init
is "activation without a journal: killed" "$RC" 137
copy_card "$CARD" "$CARD.killed"
left=$(executed generate)
run_job init_job init.dsc
is "activation without a journal: the same again is refused" "$RC" 7
has "as the card is activated" 'activated already'
is "and no other key was generated" "$(executed generate)" "$left"
sed '/^InitToken=/d; /^IdopteTransportPin/d' init.dsc >rest.dsc
run_job init_job rest.dsc
small_complete "without InitToken"
has "without InitToken: it says that a key was found" \
	'key for MySig without a certificate.*goes on'

# --- deletion, PINs, and a card that is full afterwards -----------------------

# Both keys of sign are old ones; the new one takes the last place of mpp and
# sign is empty then: nothing of that may be deleted, or counted, again.
activated_card
must jcop45-tool generate --container sign --label Old
cp small.dsc small.kept
sed -i 's/^ApplicationList=A/SetPin=true\nKeysetSkUnblkPin=#sk_unblk_pin:12\nApplicationList=XA/
	$a [Application_X]\nDeleteAllObjects=true' small.dsc
trace_reset
killed_small() { # STEP AT
	KILL_STEP=$1 KILL_AT=$2 run_job env_kept
	is "$1, $2: killed" "$RC" 137
}
env_kept() {
	export KILL_STEP KILL_AT KILL_CA
	kept
	local status=$?
	unset KILL_STEP KILL_AT KILL_CA
	return $status
}
unblock='unblock the signature PIN with the key set SK_UNBLK'
killed_small "$unblock" "after 2C 1"
KILL_CA="before A" run_job env_kept
is "after the deletion: killed" "$RC" 137
has "a PIN that may be set already: the run says so" 'PIN.*(may|not known|cannot|again)'
is "after the deletion: the new key alone is there" "$(keys_in_slots)" 1
deletions=$(executed delete)
unblocks=$(executed unblock)
run_job kept
is "after the deletion: it ends well" "$RC" 0
is "after the deletion: nothing is deleted again" "$(executed delete)" \
	"$deletions"
is "after the deletion: no PIN is set again" "$(executed unblock)" "$unblocks"
is "after the deletion: the key was generated once" \
	"$(executed generate):$(keys_in_slots):$(unmatched)" 1:1:
check "after the deletion: the PIN holds" verifies 02 SIGN_PIN

# Without a journal a deletion takes place again, and what waited with it.
activated_card
must jcop45-tool generate --container sign --label Old
trace_reset
KILL_CA="before A" run_job env_small
is "a deletion without a journal: killed" "$RC:$(keys_in_slots)" 137:1
run_job small_job
is "a deletion without a journal: the same again ends well" "$RC" 0
is "a deletion without a journal: with one key and its certificate" \
	"$(keys_in_slots):$(certificates_in_files):$(unmatched)" 1:1:
mv small.kept small.dsc

activated_card
must jcop45-tool generate --container sign --label Old
KILL_CA="before A" run_job env_kept
is "the last slot: killed" "$RC" 137
copy_card "$CARD" "$CARD.full"
run_job kept
is "the last slot: its key is not counted again with the journal" \
	"$RC:$(keys_in_slots):$(certificates_in_files)" 0:2:1
copy_card "$CARD.full" "$CARD"
run_job small_job
is "the last slot: nor without it" \
	"$RC:$(keys_in_slots):$(certificates_in_files)" 0:2:1

# Keys from elsewhere: the card has them already, whatever no journal says.
afresh
sed 's/^ApplicationList=.*/ApplicationList=ABD/' "$whole" >three.dsc
whole=three.dsc
env_whole() {
	export KILL_CA
	whole_job
	local status=$?
	unset KILL_CA
	return $status
}
KILL_CA="before D" run_job env_whole
is "three keys without a journal: killed" "$RC" 137
sed '/^InitToken=/d; /^IdopteTransportPin/d' three.dsc >rest.dsc
whole=rest.dsc
run_job whole_job
is "three keys without a journal: the rest is done" "$RC" 0
is "three keys without a journal: none is there twice" \
	"$(keys_in_slots) $(labels)" "3 MyAuthCertTemplate MyEncCertTemplate Recovery"
is "three keys without a journal: each with its certificate" \
	"$(unmatched)$(certificates_in_files)" 3
is "three keys without a journal: one was archived" "$(archived)" 1
is "three keys without a journal: it says what is there already" \
	"$(grep -cE ': [AB]:import: the key is on the card already' "$PROGRESS")" 2
done_testing
