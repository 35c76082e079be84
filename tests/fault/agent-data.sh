#!/bin/bash
# agent-data.sh: an update of the agent data, disturbed at each of its commands.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

long=$(printf '%200s' '' | tr ' ' n)
update() {
	jcop45-tool write-data "ef.id.familyName=$long" ef.id.rio=new \
		ef.function.job=new
}
content() { # what jq makes of it, or "refused"
	local json
	json=$(jcop45-tool data --json 2>"$WORK/why") || {
		echo refused
		return
	}
	jq -c '[."ef.id".familyName, ."ef.id".rio, ."ef.id".uin,
		."ef.function".job, ."ef.function".postingPlace]' <<<"$json"
}
old=$(printf '%200s' '' | tr ' ' o)
id_old="\"$old\",\"old\",\"kept\"" id_new="\"$long\",\"new\",\"kept\""
new="[$id_new,\"new\",\"kept\"]"
# EF.Id is written first: the other file never has a new content without it.
whole="[$id_old,\"old\",\"kept\"]
[$id_new,\"old\",\"kept\"]
$new"

# each NAME RULE [TORN]: each command of the update in turn; TORN: a file that
# is half of each is refused, and told from a whole one.
each() {
	local name=$1 rule=$2 torn=${3-} n total got
	local failed=() mixed=() incomplete=() reported=0 refused=0

	copy_card "$START" "$CARD"
	trace_reset
	must update
	total=$(count)
	that "$name: the update takes commands to disturb" test "$total" -ge 15
	for ((n = 1; n <= total; n++)); do
		copy_card "$START" "$CARD"
		rm -rf "$WORK/.local"
		fault "${rule//N/$n}"
		run update
		if orderly "$RC"; then
			reported=$((reported + 1))
		elif [ "$RC" -ne 0 ]; then
			failed+=("$n:$RC")
		fi
		no_fault
		got=$(content)
		if [ "$got" = refused ] && [ -n "$torn" ] &&
			grep -q interrupted "$WORK/why"; then
			refused=$((refused + 1))
		elif ! grep -qxF -e "$got" <<<"$whole"; then
			mixed+=("$n:$got")
		fi
		run update
		[ "$RC" -eq 0 ] || failed+=("$n again:$RC")
		[ "$(content)" = "$new" ] || incomplete+=("$n")
		[ ! -e "$WORK/.local/state/opensc-jcop45" ] ||
			incomplete+=("$n left a recovery file")
	done
	echo "$name: $total commands, $reported errors, $refused torn"
	is "$name: no crash, no hang at any command" "${failed[*]-}" ""
	that "$name: the error is reported" test "$reported" -ge $((total / 2))
	is "$name: each file has the old or the new content" "${mixed[*]-}" ""
	is "$name: run again the update completes after each" \
		"${incomplete[*]-}" ""
	[ -z "$torn" ] || that "$name: a file that is half of each is told" \
		test "$refused" -ge 1
}

setup_blank card --temporary
must jcop45-tool write-data "ef.id.familyName=$old" ef.id.rio=old \
	"ef.id.firstName=$(printf '%150s' '' | tr ' ' k)" ef.id.uin=kept ef.function.job=old ef.function.postingPlace=kept
START=$WORK/start
copy_card "$CARD" "$START"
each "removed before a command, extended" "remove before N"
each "removed after a command, extended" "remove after N"
each "a reset before a command, extended" "reset before N"
each "an answer cut to one byte, extended" "truncate N 1"

printf 'extended=no\n' >>"$START/reader"
each "removed after a command of a chain" "remove after N"

must jcop45-vcard set "$START" applet-version 4.1.0
each "removed before a command, without chains" "remove before N" torn
each "removed after a command, without chains" "remove after N" torn
each "6F00, without chains" "sw N 6F00" torn

# The card took the first part, and its answer does not pass the channel.
copy_card "$START" "$CARD"
rm -rf "$WORK/.local"
fault 'drop-mac 1 ins=D6'
refused "an answer without its MAC ends the update" update
no_fault
is "the file that is half of each is not shown" "$(content)" refused
check "another update completes it" jcop45-tool write-data ef.function.job=new
is "and writes its own" "$(content)" "$new"
done_testing
