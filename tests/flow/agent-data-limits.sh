#!/bin/bash
# agent-data-limits.sh: what the agent data does not take, and small readers.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

data() { # FILTER: what jq makes of the tool's JSON
	jcop45-tool data --json 2>/dev/null | jq -c "$1"
}
write() { jcop45-tool write-data "$@"; }
updates='.name == "data-write"'
chip_auth='.ins == "86"'
letters() { # COUNT: so many of them
	printf "%$1s" '' | tr ' ' "${2:-x}"
}

setup_blank card --temporary
must write ef.id.familyName=DUPONT ef.function.job=Juge
before=$(data .)
unchanged() { # NAME: nothing was sent but what reads, nothing is different
	is "$1" "$(count "$chip_auth or $updates") $(data .)" "0 $before"
}

# --- values ------------------------------------------------------------------------------

trace_reset
refused "a value that is not UTF-8 is refused" write $'ef.id.rio=Jos\xe9'
is "as a mistake on the command line" "$RC" 2
has "and said to be that" 'ef\.id\.rio: .*not UTF-8'
refused "a control character is refused" write $'ef.id.rio=a\x1b[31m'
has "and said to be one" 'control character'
refused "a line end in the middle is refused" write $'ef.id.rio=a\nb'
for day in 2023-02-29 23.11.2026 2026-13-01 tomorrow; do
	refused "$day is no production date" \
		write "ef.function.productionDate=$day"
	has "$day: the form is named" 'YYYY-MM-DD'
done
refused "a field that is named twice is refused" \
	write ef.id.rio=1 ef.id.rio=2
has "and named" 'ef\.id\.rio is named twice'
refused "a misspelt field is refused" write ef.id.familiName=MARTIN
has "with the nearest name" "did you mean 'ef\.id\.familyName'"
refused "one without its file, too" write FAMILYNAME=MARTIN
has "with the same" "did you mean 'ef\.id\.familyName'"
hasnt "its value is not repeated" MARTIN
refused "a value without a name is refused" write MARTIN
hasnt "and not shown" MARTIN
refused "no field at all is refused" write
is "as a mistake" "$RC" 2
printf '{"ef.id": {"rio": 17}}' >bad.json
refused "a number in the file is refused" write --fields bad.json
has "with its name" 'ef\.id\.rio'
printf '{"ef.id": {"rio": "MARTIN"' >bad.json
refused "a broken file is refused" write --fields bad.json
hasnt "without what is in it" MARTIN
refused "a missing one" write --fields none.json
refused "a content that is larger than its file is refused" \
	write "ef.function.job=$(letters 251)"
has "with both sizes" ' 257 bytes.* 256'
has "before anything was changed" 'nothing was changed'
refused "a value that is larger than any file, too" \
	write "ef.function.job=$(letters 100000)"
has "with its name and both sizes" 'ef\.function\.job: .*100000 bytes.* 256'
is "as a refusal, not a failure" "$RC" 7
printf '{"ef.id": {"rio": {"hex": "E9"}}}' >bad.json
refused "what is no text cannot be written" write --fields bad.json
has "and why" "ef\.id\.rio.*only text"
printf '{"ef.id": {"rio": "1", "rio": "2"}}' >bad.json
refused "a name that stands twice in the file is refused" \
	write --fields bad.json
has "as that" "twice"
printf '{"ef.id": {"rio": "1\\u0000"}}' >bad.json
refused "a zero in a value of the file is refused" write --fields bad.json
has "by its name" 'u0000'
unchanged "none of these reached the card"
check "what just fits" write "ef.function.job=$(letters 250)"
is "is written" "$(data '."ef.function".job | length')" 250
is "with one command" "$(count "$updates")" 1
must write ef.function.job=Juge
is "and a shorter one leaves nothing of it behind" \
	"$(opensc-tool -f | sed -n '/3f00ad010102/,/^ *3f/p' | grep -c ' 78 ')" 0

# --- what the card says ----------------------------------------------------------------------

must jcop45-vcard set "$CARD" temporary no
refused "EF.Id of a permanent card is refused by the card" write ef.id.rio=5
has "which is explained" 'permanent.*temporary cards.*ef\.id'
is "as a refusal" "$RC" 7
is "nothing is written" "$(data .)" "$before"
refused "with a field of each file" write ef.id.rio=5 ef.function.job=Avocat
is "neither is" "$(data .)" "$before"
has "and that is told of the other" 'Nothing of ef\.function was written'
printf 5 >value
refused "pkcs15-init is refused likewise" \
	pkcs15-init --store-data value --label ef.id.rio
has "with the explanation" 'jcop45: .*permanent'
check "EF.Fonction of a permanent card is written" write ef.function.job=Avocat
must jcop45-vcard set "$CARD" temporary yes
fault 'sw 2 6F00 ins=D6'
refused "when the second file is refused" write ef.id.rio=6 ef.function.job=Juge
has "it is told which was written" \
	'ef\.id was written, ef\.function was not.*again'
is "and that is so" "$(data '[."ef.id".rio, ."ef.function".job]')" \
	'["6","Avocat"]'
no_fault
check "the same command again" write ef.id.rio=6 ef.function.job=Juge
is "writes what is missing" "$OUT" "Written: ef.function."
check "with OpenSC's log" write -v -v ef.id.familyName=MARTIN ef.function.job=Notaire
has "there is one" 'sc_connect_card'
hasnt "OpenSC's log has no value in it" 'MARTIN|Notaire|DUPONT'

# --- another content than the description's -----------------------------------------------------

sed 's/template = 70;/template = 71;/' "$JCOP_SRC/etc/agent.card" >other.card
new_config --card-description "$WORK/other.card"
refused "a file with another template is not shown" jcop45-tool data
has "and named" 'ef\.id: .*0101'
refused "nor updated" write ef.id.rio=7
has "but for --discard" '--discard'
check "which writes it anew" write --discard ef.id.rio=7 ef.function.job=x
is "with the named fields only" "$(data '."ef.id"')" \
	'{"familyName":null,"firstName":null,"rio":"7","uin":null,"orgName1":null,"orgName2":null}'

# A card of its own, and a token that knows only its keys.
another_card() { # NAME [OPTION...]
	new_card "$1" --temporary "${@:2}"
	rm -rf "$WORK/token"
	new_token
}

# Fields at fixed places.
awk '/^\tdata ef/ { in_data = 1; at = 0 }
	in_data && /layout = tlv/ { sub("tlv", "fixed") }
	in_data && /template = / { next }
	in_data && /tag = / {
		sub("tag = [0-9A-F]*", "offset = " at "; length = 20"); at += 24
	}
	/^\t}/ { in_data = 0 }
	{ print }' "$JCOP_SRC/etc/agent.card" >fixed.card
another_card fixed --description "$WORK/fixed.card"
new_config --card-description "$WORK/fixed.card"
check "fields at fixed places are written" \
	write ef.id.firstName=José ef.id.orgName2=Greffe
is "and read" "$(data '[."ef.id"[]]')" '[null,"José",null,null,null,"Greffe"]'
check "pkcs15-tool reads them" pkcs15-tool -R ef.id.orgName2
has "without the padding" '\(6 bytes\)'
check "cleared" write ef.id.firstName=
is "they are unset" "$(data '[."ef.id"[]]')" \
	'[null,null,null,null,null,"Greffe"]'
refused "a value that is too long for its place is refused" \
	write "ef.id.rio=$(letters 20)é"
has "with both lengths in bytes" 'ef\.id\.rio: .* 22 bytes.* 20'

# Short file identifiers.
sed 's/read_by_sfi = no/read_by_sfi = yes/' "$JCOP_SRC/etc/agent.card" >sfi.card
another_card sfi --description "$WORK/sfi.card"
new_config --card-description "$WORK/sfi.card"
check "with short file identifiers the data is written" \
	write ef.id.rio=8 ef.function.job=Juge
trace_reset
is "and read" "$(data '[."ef.id".rio, ."ef.function".job]')" '["8","Juge"]'
is "by them" "$(field '.ins == "B0" and .p1 >= "80"' .p1 | xargs)" "81 82"
at_most "at most three commands a file" "$(($(count) - 3))" 6
check "pkcs15-tool, too" pkcs15-tool -R ef.function.job
has "reads what is there" '4A 75 67 65'

# --- readers -----------------------------------------------------------------------------------------

another_card short
new_config
printf 'extended=no\n' >"$CARD/reader"
long=$(letters 200 y)
# links: the UPDATE commands, and how many of their links go on
links() {
	field '.ins == "D6"' .cla | tr '\n' ' '
}
state=$WORK/.local/state/opensc-jcop45
kept() { ls "$state" 2>/dev/null; }
trace_reset
check "a reader with short commands: a long update" \
	write "ef.id.familyName=$long" "ef.id.firstName=$long"
is "is one chain of commands" "$(links)" "1C 0C "
is "and complete" "$(data '[."ef.id".familyName, ."ef.id".firstName]')" \
	"[\"$long\",\"$long\"]"
is "nothing is kept on the host for it" "$(kept)" ""

must jcop45-vcard set "$CARD" applet-version 4.1.0
trace_reset
check "an applet that cannot chain: a short update" write ef.function.job=Juge
is "is one command" "$(links)" "0C "
is "nothing is kept for that" "$(kept)" ""
copy_card "$CARD" "$CARD.long"
must write ef.id.familyName= ef.id.firstName=
trace_reset
check "a few bytes of a file that holds no more" write ef.id.rio=12345
is "are one command, too" "$(links)" "0C "
at_most "of their own length" \
	"$(field "$updates" .plain_lc | sort -n | tail -n 1)" 40
copy_card "$CARD.long" "$CARD"
trace_reset
check "a long one" write "ef.id.familyName=$(letters 200 z)"
is "takes two commands" "$(links)" "0C 0C "
is "and is complete" "$(data '."ef.id".familyName[:1]')" '"z"'
is "nothing is left on the host" "$(kept)" ""

# The card leaves between the two.
iccsn=$(cat "$CARD/issuer/iccsn")
fault 'remove before 2 ins=D6'
refused "interrupted between them" write "ef.id.familyName=$(letters 180 a)" \
	ef.id.rio=9
no_fault
has "it says so" 'interrupted|removed'
is "the old content is kept under the card's number" "$(kept)" "$iccsn-0101"
is "for nobody else to read" "$(stat -c %a "$state" "$state/$iccsn-0101" |
	xargs)" "700 600"
refused "what is half of each is not shown" jcop45-tool data
has "but told how to complete" 'ef\.id: .*interrupted.*write-data'
run pkcs15-tool -R ef.id.familyName
hasnt "to OpenSC neither" 'Data Object \('
is "the other file can be read" \
	"$(pkcs15-tool -R ef.function.job --raw 2>/dev/null)" "Juge"
chmod 644 "$state/$iccsn-0101"
run jcop45-tool data
hasnt "what others could have written is not trusted" 'interrupted'
chmod 600 "$state/$iccsn-0101"
cp -r "$CARD" "$CARD.torn"
cp -r "$WORK/.local" torn.local
check "write-data alone completes it" write
has "and says so" 'an interrupted update is completed'
is "with what was meant" \
	"$(data '[."ef.id".familyName[:2], ."ef.id".rio, ."ef.id".firstName]')" \
	"[\"aa\",\"9\",\"$long\"]"
is "nothing is left then" "$(kept)" ""
rm -rf "$CARD" "$WORK/.local"
cp -r "$CARD.torn" "$CARD"
cp -r torn.local "$WORK/.local"
check "so does the next update" write ef.id.uin=10
is "on top of which it is made" \
	"$(data '[."ef.id".familyName[:2], ."ef.id".rio, ."ef.id".uin]')" \
	'["aa","9","10"]'
rm -rf "$WORK/.local"
cp -r torn.local "$WORK/.local"
check "what was kept of an update that the card has left behind" \
	write ef.id.uin=11
is "is not written again" "$(data '."ef.id".uin')" '"11"'
is "and removed" "$(kept)" ""

state=$WORK/elsewhere/opensc-jcop45
elsewhere() { XDG_STATE_HOME=$WORK/elsewhere "$@"; }
fault 'remove before 2 ins=D6'
run elsewhere write "ef.id.familyName=$(letters 170 b)"
no_fault
is "XDG_STATE_HOME is where it is kept" "$(kept)" "$iccsn-0101"
check "and looked for" elsewhere write
nowhere() { env -u HOME -u XDG_STATE_HOME \
	timeout "$LIMIT" jcop45-tool write-data "$@" </dev/null; }
trace_reset
if [ -z "$JCOP_UNDER" ]; then
	refused "where nothing can be kept, nothing is written" \
		nowhere "ef.id.familyName=$(letters 160 c)"
	has "and it is said what is missing" 'XDG_STATE_HOME'
	is "before the first update" "$(count '.ins == "D6"')" 0
fi
done_testing
