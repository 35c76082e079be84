#!/bin/bash
# agent-data.sh: EF.Id and EF.Fonction with the real tools.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

data() { # FIELD: its value as the tool tells it in JSON, "null" or "string"
	jcop45-tool data --json 2>/dev/null | jq -c "$1"
}
in_agent='.name == "data-write"'
chip_auth='.ins == "86"'
role='.ins == "82"'

setup_blank card --temporary

# --- a card that nobody has written -------------------------------------------------

check "the agent data of a new card is read" jcop45-tool data
has "a field that was never set is told as such" \
	'^ef\.id\.familyName +\(never set\)$'
is "in the order of the description" "$(awk '{ print $1 }' <<<"$OUT" | xargs)" \
	"ef.id.familyName ef.id.firstName ef.id.rio ef.id.uin ef.id.orgName1 ef.id.orgName2 ef.function.job ef.function.postingPlace ef.function.productionDate"
is "and as JSON it is null" "$(data '[."ef.id"[], ."ef.function"[]] | unique')" \
	"[null]"
is "its keys are those that are documented" \
	"$(data '[keys_unsorted, (."ef.function" | keys_unsorted)]')" \
	'[["ef.id","ef.function"],["job","postingPlace","productionDate"]]'

# --- written by name -----------------------------------------------------------------

# Two ways to write é: as e and an accent, and as one character.
nfd=$'He\xcc\x81l\xc3\xa8ne'
nfc=$'H\xc3\xa9l\xc3\xa8ne'
trace_reset
check "fields of both files are written in one go" jcop45-tool write-data \
	ef.id.familyName=DUPONT "ef.id.firstName=$nfd" ef.id.rio=RIO-17 \
	"ef.function.job=Greffier en chef" ef.function.productionDate=2026-11-23
has "and it is told which" '^Written: ef\.id, ef\.function\.$'
is "with one chip authentication" "$(count "$chip_auth")" 1
is "and one role authentication" "$(count "$role")" 1
is "EF.Id is written first, each with one command" \
	"$(field "$in_agent" '.plain_lc' | xargs)" "28 32"
is "all of it in the channel" "$(count "$in_agent and (.secured | not)")" 0
is "a decomposed character comes back composed" \
	"$(data '."ef.id".firstName')" "\"$nfc\""

trace_reset
check "a field that is named later" jcop45-tool write-data --json \
	ef.id.uin=4711 ef.function.job=
is "is reported as JSON" "$(jq -c '[.result, .written]' <<<"$OUT")" \
	'["done",["ef.id","ef.function"]]'
is "leaves the others as they are" "$(data '."ef.id"')" \
	"{\"familyName\":\"DUPONT\",\"firstName\":\"$nfc\",\"rio\":\"RIO-17\",\"uin\":\"4711\",\"orgName1\":null,\"orgName2\":null}"
is "and one without a value is cleared, not unset" \
	"$(data '."ef.function"')" \
	'{"job":"","postingPlace":null,"productionDate":"2026-11-23"}'
run jcop45-tool data
has "which the table shows" '^ef\.function\.job +\(empty\)$'

trace_reset
check "the same values again" jcop45-tool write-data ef.id.familyName=DUPONT \
	"ef.id.firstName=$nfd" ef.function.job=
has "are not written" 'nothing was written'
is "no channel is opened for them" "$(count "$chip_auth")" 0

# --- from a file, as data --json prints it ---------------------------------------------

jcop45-tool data --json 2>/dev/null |
	jq '."ef.id".orgName1 = "Service \"A\" & Cie" |
		."ef.function".postingPlace = "Saint-Étienne"' >fields.json
check "what data --json prints can be edited and written" \
	jcop45-tool write-data --fields fields.json
is "quotes and accents arrive" \
	"$(data '[."ef.id".orgName1, ."ef.function".postingPlace]')" \
	'["Service \"A\" & Cie","Saint-Étienne"]'
from_stdin() {
	timeout -k 5 "$LIMIT" "${under[@]}" jcop45-tool write-data --fields - \
		<<<'{"ef.id.orgName2": "Bureau 2"}'
}
check "values come from standard input, too" from_stdin
is "with full names as keys" "$(data '."ef.id".orgName2')" '"Bureau 2"'

# --- the stock tools ---------------------------------------------------------------------

must jcop45-tool data --json
jq -r '."ef.id".firstName' <<<"$OUT" | tr -d '\n' >expected
check "pkcs15-tool reads a field by its name, without a PIN" \
	pkcs15-tool -R ef.id.firstName --raw -o read
that "byte for byte" cmp read expected
p11_read() { # LABEL FILE
	p11 --read-object --type data --label "$1" -o "$2"
}
check "pkcs11-tool does, too" p11_read ef.id.firstName read11
that "the same bytes" cmp read11 expected
check "a cleared field is an object without a value" \
	p11_read ef.function.job empty
that "for pkcs11-tool" test -f empty -a ! -s empty
check "and for pkcs15-tool" pkcs15-tool -R ef.function.job
has "of no bytes" '\(0 bytes\)'
check "pkcs15-tool lists all of them" pkcs15-tool --list-data-objects
is "nine" "$(grep -c "^Data object 'ef\." <<<"$OUT")" 9
is "under one application" "$(grep -c 'applicationName: jcop45$' <<<"$OUT")" 9
has "with their values" "$(printf DUPONT | xxd -p)"
trace_reset
check "pkcs11-tool -O lists them" p11 -O
is "nine, too" "$(grep -c "label: *'ef\." <<<"$OUT")" 9
is "and no value is read for that" \
	"$(count '.ins == "A4" and .p1 == "08"')" 0
check "opensc-tool -f lists files, and no fields" opensc-tool -f
is "the two real ones" "$(grep -c '3f00ad01010[12] type: wEF' <<<"$OUT")" 2
hasnt "not what is below them" '3f00ad010101000'

store() { # FIELD, the value on standard input
	cat >value
	pkcs15-init --store-data value --label "$1" "${@:2}"
}
check "pkcs15-init writes a field" store ef.function.job \
	--application-name jcop45 <<<"Huissier"
is "without the file's line end" "$(data '."ef.function".job')" '"Huissier"'
check "again and again" store ef.function.job <<<"Juge"
is "the last one holds" "$(data '."ef.function".job')" '"Juge"'
check "an empty file" store ef.function.job </dev/null
is "clears it" "$(data '."ef.function".job')" '""'
trace_reset
refused "an unknown label is refused" store ef.function.title <<<"x"
has "with the names that there are" \
	"no field 'ef.function.title'.*ef\.id\.familyName.*productionDate"
refused "a label is needed" pkcs15-init --store-data value
has "and named" '--label names the field'
refused "a PIN that should guard the field is refused" \
	store ef.function.job --auth-id 01 <<<"x"
is "nothing was written for these" "$(count "$in_agent")" 0

# --- without agent_data --------------------------------------------------------------------

edit_config 's/^([[:space:]]*)# agent_data = .*/\1agent_data = no;/' without.conf
check "with agent_data = no" using without.conf pkcs15-tool --list-data-objects
hasnt "no field is an object" 'ef\.id'
run using without.conf pkcs15-tool -R ef.id.familyName
hasnt "nor can it be read by its name" 'Data Object \('
refused "nor written by pkcs11-tool's reading" \
	using without.conf p11_read ef.id.familyName gone
check "jcop45-tool shows the data all the same" \
	using without.conf jcop45-tool data

# --- budgets -----------------------------------------------------------------------------------

# The template ends where its length says: first its header is read, then the
# rest, and no byte behind it. With short answers the first command may ask for
# a whole one, which brings a long file within three commands.
lengths=$(opensc-tool -f 2>/dev/null |
	awk '/3f00ad01010[12] /{ ef = 1 } ef && /^00000000:/ { print $3; ef = 0 }')
total=0
for hex in $lengths; do
	total=$((total + 2 + 16#$hex))
done
that "both files hold something" test "$total" -gt 40
read_budget() {
	trace_reset
	must jcop45-tool data
	at_most "the agent data costs three commands a file, $1" \
		$(($(count) - 3)) 6
}
read_budget extended
is "and no byte behind its end is read" \
	"$(jq -s '[.[] | select(.ins == "B0") | .plain_response] | add' \
		"$TRACE")" "$total"
printf 'extended=no\n' >>"$CARD/reader"
read_budget short
is "and no command starts behind its end" \
	"$(jq -s '[.[] | select(.ins == "B0" and .p2 != "00" and
		.p2 != "04")] | length' "$TRACE")" 0
long=$(printf '%195s' '' | tr ' ' l)
must jcop45-tool write-data "ef.id.orgName1=$long" "ef.id.orgName2=$long"
trace_reset
must jcop45-tool data
at_most "nor more with short commands and a file that is full" \
	$(($(count) - 3)) 6
has "which is read to its end" "orgName2 +$long$"
trace_reset
must pkcs15-tool --list-data-objects
at_most "nine fields that are listed cost one reading of each file" \
	"$(count '.ins == "A4" and .p1 == "08" or .ins == "A4" and .p2 == "0C"')" 3

# --- who may ----------------------------------------------------------------------------------------

grep -vE 'keyset_|chip_auth|^[[:space:]]*(module|token|pin) = .*(softhsm|hsm|HSM)' \
	"$OPENSC_CONF" >reader.conf
chmod 600 reader.conf
check "without any key set the data is read" using reader.conf jcop45-tool data
has "all of it" '^ef\.id\.familyName +DUPONT$'
check "by the stock tools, too" using reader.conf pkcs15-tool -R ef.id.rio
trace_reset
refused "and not written" using reader.conf jcop45-tool write-data ef.id.rio=1
has "the missing setting is named" 'keyset_sk_file_mgmt|chip_auth_key_config'
is "no command was sent for it but to recognise the card" \
	"$(count '.ins == "A4" and .p1 == "08" or .ins == "D6"')" 0
edit_config 's/^([[:space:]]*)keyset_sk_file_mgmt .*//' nokey.conf
refused "without SK_FILEMGMT it is not written" \
	using nokey.conf jcop45-tool write-data ef.id.rio=1
is "as a matter of configuration" "$RC" 5
has "which names the key set" 'keyset_sk_file_mgmt'
refused "by pkcs15-init neither" using nokey.conf \
	pkcs15-init --store-data expected --label ef.id.rio
has "with the same name" 'keyset_sk_file_mgmt'
edit_config 's/^([[:space:]]*)keyset_sk_(admin|unblk_pin) .*//' only.conf
check "no other key set is needed" using only.conf \
	jcop45-tool write-data ef.id.rio=RIO-18
done_testing
