#!/bin/bash
# encode-dialogs.sh: PINs asked for in dialogs of one, two and three fields: by
# pinentry, and on the terminal.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/encode.sh"
unset DISPLAY WAYLAND_DISPLAY GPG_TTY

NEW_PIN=60318274
OTHER=91823746
PERCENT=12%34%56
export NEW_PIN OTHER PERCENT

status_is() { # NAME STATUS COMMAND...
	local name=$1 wanted=$2
	shift 2
	run "$@"
	is "$name" "$RC" "$wanted"
}
no() { ! "$@"; }

# A pinentry that answers with the lines of $ANSWERS and notes in $HEARD what it
# is told. Words among the answers: cancel, timeout, leave.
mkdir bin
cat >bin/pinentry <<'FAKE'
#!/bin/bash
printf 'START %s\n' "$*" >>"$HEARD"
sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$$/status" >"$HEARD.ignored"
echo "OK Pleased to meet you"
repeat=
while IFS= read -r line; do
	printf '%s\n' "$line" >>"$HEARD"
	case $line in
	GETPIN*)
		answer=$(head -n 1 "$ANSWERS")
		sed -i 1d "$ANSWERS"
		case $answer in
		"" | cancel) echo "ERR 83886179 Operation cancelled <Pinentry>" ;;
		timeout) echo "ERR 83886142 Timeout <Pinentry>" ;;
		leave) exit 1 ;;
		*)
			[ -z "$repeat" ] || echo "S PIN_REPEATED"
			printf 'D %s\nOK\n' "${answer//'%'/%25}"
			;;
		esac
		;;
	SETREPEAT\ *) repeat=${CONFIRMS-yes}; echo OK ;;
	RESET*) repeat=; echo OK ;;
	BYE*) echo "OK closing connection"; exit ;;
	*) echo OK ;;
	esac
done
FAKE
chmod 755 bin/pinentry
export ANSWERS=$WORK/answers HEARD=$WORK/heard
with_pinentry=$WORK/bin:$PATH
without_pinentry=$WORK/nothing:$JCOP_BUILD
mkdir nothing
for program in timeout env; do
	ln -s "$(type -P $program)" "nothing/$program"
done
PATH=$with_pinentry

dialog() { # ANSWER...: of those that will be asked for
	rm -f "$HEARD"
	: >"$HEARD"
	printf '%s\n' "$@" >"$ANSWERS"
}
asked() { # how often for a value
	grep -c '^GETPIN' "$HEARD"
}
heard() { # NAME REGEX
	that "$1" grep -qiE -e "$2" "$HEARD"
}
all_asked() { # NAME COUNT: and nothing was left over
	is "$1: so many times was asked" "$(asked)" "$2"
	that "$1: for all of it" test ! -s "$ANSWERS"
}
# example NAME OPTION...: in a dialog of pinentry.
example() {
	local name=$1 file
	shift
	file=$EXAMPLES/$name.dsc
	[ -f "$file" ] || file=$name.dsc
	encode "$file" "$@"
}
with_pinentry() { # NAME OPTION...
	example "$@" --pinentry
}

setup_activated
card_secrets
fresh=$CARD.fresh
copy_card "$CARD" "$fresh"

# --- three fields: change ---------------------------------------------------------

run example change-pin --dry-run
has "change-pin.dsc: --dry-run tells that there will be a dialog" \
	"dialog: old global PIN.*new.*twice"
dialog "$PIN" "$NEW_PIN"
trace_reset
check "change-pin.dsc changes the PIN with pinentry" with_pinentry change-pin
all_asked change-pin.dsc 2
is "change-pin.dsc: by a pinentry that does not ignore SIGPIPE" \
	"$((0x$(cat "$HEARD.ignored") & 0x1000))" 0
heard "change-pin.dsc: for the old PIN" '^SETPROMPT.*old.*global PIN'
heard "change-pin.dsc: with the tries that are left" '^SETDESC.*[^0-9]3 tries left'
heard "change-pin.dsc: for the new one" '^SETPROMPT.*new.*global PIN'
heard "change-pin.dsc: and for that once more" '^SETREPEAT .'
heard "change-pin.dsc: the card is named" "^SETDESC.*$ICCSN"
is "change-pin.dsc: the old one comes first" "$(grep -c GETPIN <(sed -n \
	'/^SETPROMPT.*[Oo]ld/,/^SETPROMPT.*[Nn]ew/p' "$HEARD"))" 1
check "change-pin.dsc: the new PIN holds" verifies 01 NEW_PIN
is "change-pin.dsc: no key set and no channel" "$(count \
	'.name | IN("chip-authentication", "role-authentication")')" 0
dialog "$NEW_PIN" "$PERCENT"
check "what Assuan escapes arrives as it was typed" with_pinentry change-pin
check "and holds" verifies 01 PERCENT
dialog "$PERCENT" "$PIN"
check "in both directions" with_pinentry change-pin
check "and the PIN is the first one again" verifies 01 PIN

dialog "$PIN" "$NEW_PIN"
on_display() { # DISPLAY COMMAND...
	local -x DISPLAY=$1
	shift
	"$@"
}
check "with a display pinentry asks without --pinentry" \
	on_display :99 example change-pin
all_asked "with a display" 2
dialog "$NEW_PIN" "$PIN"
check "and the other way" on_display :99 example change-pin
check "the PIN is the first one again, too" verifies 01 PIN

wrong() { # NAME STATUS PATTERN TRIES ANSWER...
	local name="change-pin.dsc: $1" status=$2 pattern=$3 left=$4
	shift 4
	dialog "$@"
	trace_reset
	status_is "$name: status $status" "$status" with_pinentry change-pin
	has "$name: the error says so" "$pattern"
	hasnt "$name: and shows nothing that was typed" "$PIN|$NEW_PIN|$OTHER"
	is "$name: $left tries are left" "$(tries global)" "$left"
}
tried() {
	count '(.name | IN("verify", "pin-change")) or
		.ins == "24" or (.ins == "20" and .plain_lc > 0)'
}
wrong "the dialog is cancelled" 6 "cancelled" 3 cancel
is "a cancelled dialog is not asked again" "$(asked) $(tried)" "1 0"
wrong "the dialog for the new PIN is cancelled" 6 "cancelled" 3 "$PIN" cancel
is "and nothing was tried for it" "$(tried)" 0
wrong "nobody answers" 6 "time" 3 timeout
wrong "pinentry dies" 6 "pinentry" 3 leave
wrong "the new PIN is too short" 6 "short|length|4" 3 "$PIN" 123
is "which is not tried" "$(tried)" 0
CONFIRMS='' wrong "no confirmation" 6 "differ|confirm|once more|twice|repeat|cancelled" \
	3 "$PIN" "$OTHER"
check "a new PIN that pinentry did not have confirmed is not set" verifies 01 PIN
copy_card "$fresh" "$CARD"

job request.dsc < <(printf '%s\n' '[Description]' "$ADMIN" \
	'PIN=!FROM_USER_DIALOG_1_FIELD' "$(applications p10-mpp)")
dialog leave
trace_reset
refused "pinentry dies when asked for the PIN of a request" \
	encode request.dsc --pinentry --requests .
is "before its key is made" "$(count '.name == "generate"')" 0
copy_card "$fresh" "$CARD"

wrong "the old PIN is wrong" 6 "global is wrong.*\b2\b" 2 "$OTHER" "$NEW_PIN"
is "a wrong old PIN was sent once" "$(count '.name == "verify"')" 1
hasnt "no step is called done before the only one" "steps before it are done"
wrong "it is wrong again" 6 "global is wrong.*\b1\b" 1 "$OTHER" "$NEW_PIN"
heard "the dialog before that had shown two tries" '^SETDESC.*[^0-9]2 tries left'
wrong "it is wrong for the last time" 6 "blocked" 0 "$OTHER" "$NEW_PIN"
heard "the dialog before that had shown the last one" '^SETDESC.*[^0-9]1 (try|tries) left'
dialog "$PIN" "$NEW_PIN"
trace_reset
status_is "change-pin.dsc of a blocked PIN: status 6" 6 with_pinentry change-pin
has "change-pin.dsc: it says so" "blocked"
is "change-pin.dsc: nobody is asked and nothing is tried" \
	"$(asked) $(tried)" "0 0"

# --- one field and two: unblocking --------------------------------------------------

dialog "$PUK" "$NEW_PIN"
trace_reset
check "unblock-pin-puk.dsc unblocks with pinentry" with_pinentry unblock-pin-puk
all_asked unblock-pin-puk.dsc 2
heard "unblock-pin-puk.dsc: for the PUK" '^SETPROMPT.*PUK'
heard "unblock-pin-puk.dsc: with its tries" '^SETDESC.*[^0-9]5 tries left'
is "unblock-pin-puk.dsc: the PUK without confirmation" "$(sed -n \
	'/^SETPROMPT.*PUK/,/^GETPIN/p' "$HEARD" | grep -c '^SETREPEAT ')" 0
is "unblock-pin-puk.dsc: the new PIN with one" "$(sed -n \
	'/^SETPROMPT.*[Nn]ew.*signature PIN/,/^GETPIN/p' "$HEARD" |
	grep -c '^SETREPEAT ')" 1
check "unblock-pin-puk.dsc: the new PIN holds" verifies 02 NEW_PIN
is "unblock-pin-puk.dsc: the PUK has its tries" "$(tries PUK)" 5
dialog "$OTHER" "$PIN"
status_is "unblock-pin-puk.dsc with a wrong PUK: status 6" 6 \
	with_pinentry unblock-pin-puk
has "unblock-pin-puk.dsc: it is told, with the tries left" \
	"PUK is wrong.*\b4\b"
is "unblock-pin-puk.dsc: it cost one" "$(tries PUK)" 4
dialog "$PUK" cancel
status_is "unblock-pin-puk.dsc: the new PIN is cancelled: status 6" 6 \
	with_pinentry unblock-pin-puk
heard "unblock-pin-puk.dsc: the dialog showed the PUK's tries" \
	'^SETDESC.*[^0-9]4 tries left'
is "unblock-pin-puk.dsc: which costs none" "$(tries PUK)" 4
check "unblock-pin-puk.dsc: the PIN is as it was" verifies 02 NEW_PIN

dialog "$SIGN_PIN"
trace_reset
check "unblock-pin-keyset.dsc unblocks with pinentry" \
	with_pinentry unblock-pin-keyset
all_asked unblock-pin-keyset.dsc 1
heard "unblock-pin-keyset.dsc: for the new PIN" '^SETPROMPT.*new.*signature PIN'
heard "unblock-pin-keyset.dsc: twice" '^SETREPEAT .'
is "unblock-pin-keyset.dsc: the key set was used once" \
	"$(count '.name == "role-authentication"')" 1
check "unblock-pin-keyset.dsc: the new PIN holds" verifies 02 SIGN_PIN
dialog cancel
trace_reset
status_is "unblock-pin-keyset.dsc: cancelled: status 6" 6 \
	with_pinentry unblock-pin-keyset
is "unblock-pin-keyset.dsc: the key set was not used for that" \
	"$(count '.name == "role-authentication"')" 0

# --- both PINs --------------------------------------------------------------------

copy_card "$fresh" "$CARD"
job both.dsc <<'DSC'
[Description]
SetPin=true
SignPIN=!FROM_USER_DIALOG_3_FIELD
PIN=!FROM_USER_DIALOG_3_FIELD_AUTO
DSC
dialog "$PIN" "$NEW_PIN" "$OTHER" "$NEW_PIN"
trace_reset
status_is "both PINs: the second old PIN is wrong: status 6" 6 \
	with_pinentry both
is "both PINs: the global one was first" \
	"$(field '.name == "verify"' '.p2 + " " + .sw' | xargs)" \
	"01 9000 82 63C2"
has "both PINs: the tries of the second one are told" \
	"signature is wrong.*\b2\b"
has "both PINs: and that the first one holds" \
	"global PIN has its new value.*signature PIN has not"
check "both PINs: which is so" verifies 01 NEW_PIN
check "both PINs: the signature PIN is the old one" verifies 02 SIGN_PIN
dialog "$OTHER" "$PIN"
trace_reset
status_is "both PINs: the first one is wrong: status 6" 6 with_pinentry both
is "both PINs: then the second one is not touched" \
	"$(count '.p2 == "82" and .plain_lc > 0')" 0
dialog "$NEW_PIN" "$PIN" "$SIGN_PIN" "$NEW_PIN"
check "both PINs: repeated, both are changed" with_pinentry both
all_asked "both PINs" 4
check "both PINs: the global one holds" verifies 01 PIN
check "both PINs: the signature PIN too" verifies 02 NEW_PIN

job both-puk.dsc <<'DSC'
[Description]
SetPin=true
InitialPUK=!FROM_USER_DIALOG_1_FIELD_AUTO
PIN=!FROM_USER_DIALOG_2_FIELD
SignPIN=!FROM_USER_DIALOG_2_FIELD
DSC
run example both-puk --dry-run
is "one PUK for both: the plan asks for it once" \
	"$(grep -c "dialog: PUK" <<<"$OUT")" 1
dialog "$PUK" "$NEW_PIN" "$SIGN_PIN"
check "one PUK for both: it unblocks" with_pinentry both-puk
all_asked "one PUK for both" 3
is "one PUK for both: it was asked for once" \
	"$(grep -c '^SETPROMPT.*PUK' "$HEARD")" 1
check "one PUK for both: the global PIN holds" verifies 01 NEW_PIN
check "one PUK for both: the signature PIN too" verifies 02 SIGN_PIN
dialog "$OTHER" "$PIN" "$PIN"
status_is "one PUK for both: a wrong one: status 6" 6 with_pinentry both-puk
is "one PUK for both: is tried once" "$(tries PUK)" 4

job both-keyset.dsc <<'DSC'
[Description]
SetPin=true
KeysetSkUnblkPin=#sk_unblk_pin:12
PIN=!FROM_USER_DIALOG_2_FIELD
SignPIN=!FROM_USER_DIALOG_2_FIELD_AUTO
DSC
dialog "$PIN" "$NEW_PIN"
check "both by the key set" with_pinentry both-keyset
all_asked "both by the key set" 2
check "both by the key set: the global PIN holds" verifies 01 PIN
check "both by the key set: the signature PIN too" verifies 02 NEW_PIN

# --- one field: the PIN that signs a request ----------------------------------------

copy_card "$fresh" "$CARD"
job request.dsc <<DSC
[Description]
$ADMIN
PIN=!FROM_USER_DIALOG_1_FIELD
ApplicationList=A
[Application_A]
CertTempl=Auth
StoreUserCertOnly=true
Location=#mpp
KeySize=3072
DSC
request() { # OPTION...
	example request --requests out --fields-out made.json "$@"
}
mkdir out
# Neither a terminal nor pinentry: known before a key is made.
nobody() { # COMMAND...: with neither
	local -x PATH=$without_pinentry
	setsid -w "$@"
}
setsid=$(type -P setsid)
setsid() { "$setsid" "$@"; }
trace_reset
refused "request: nobody can be asked" nobody timeout "$LIMIT" \
	"${under[@]}" jcop45-tool encode request.dsc --requests out
is "request: which is found before the card is changed" "$(changes)" 0
copy_card "$fresh" "$CARD"
rm -f out/*
dialog "$OTHER"
status_is "request: a wrong PIN: status 6" 6 request --pinentry
has "request: it is told with the tries left" "global.*\b2\b"
heard "request: the dialog asked for the PIN" '^SETPROMPT.*global PIN'
heard "request: and showed the tries" '^SETDESC.*[^0-9]3 tries left'
is "request: it was asked for once" "$(asked)" 1
dialog "$PIN"
check "request: with the right one the job goes on" request --pinentry
is "request: with the same key" "$(jq '.keys | length' "$CARD/card.json")" 1
run openssl req -in "out/$ICCSN-A.csr" -noout -verify
has "request: the card's own key signed" "verify OK"

# --- the terminal -----------------------------------------------------------------

copy_card "$fresh" "$CARD"
terminal() { # COMMAND...: on a terminal of its own
	coproc TERMINAL {
		exec timeout "$LIMIT" script -qec "$(printf '%q ' \
			${under[@]+"${under[@]}"} "$@"); echo status=\$?#" \
			/dev/null 3>&-
	}
	terminal_pid=$TERMINAL_PID
	exec {keys}>&"${TERMINAL[1]}" {screen}<&"${TERMINAL[0]}"
	OUT=
	seen=0
}
shown() { # REGEX: until it is on the screen, behind what was answered before
	local char
	until grep -qiE -e "$1" <<<"${OUT:seen}"; do
		IFS= read -r -t 60 -N 1 char <&"$screen" || return 1
		OUT+=$char
	done
}
types() { # PROMPT TEXT
	if shown "$1"; then
		seen=${#OUT}
		printf '%s\n' "$2" >&"$keys"
	fi
}
terminal_end() {
	shown "status=[0-9]+#"
	RC=${OUT##*status=}
	RC=${RC%%#*}
	exec {keys}>&- {screen}<&-
	wait "$terminal_pid" 2>/dev/null
	echo "$OUT"
}
dialog
terminal jcop45-tool encode "$EXAMPLES/change-pin.dsc"
types "old .*PIN.*3 tries left.*: $" "$PIN"
types "new .*PIN.*: $" "$NEW_PIN"
types "(once more|again).*: $" "$NEW_PIN"
terminal_end
is "without a display change-pin.dsc asks on the terminal" "$RC" 0
has "it shows the tries left" "3 tries left"
hasnt "and nothing of what is typed" "$PIN|$NEW_PIN"
check "the new PIN holds" verifies 01 NEW_PIN
is "and pinentry was not asked" "$(asked)" 0

terminal jcop45-tool encode "$EXAMPLES/change-pin.dsc"
types "old .*: $" "$NEW_PIN"
types "new .*: $" "$PIN"
types "(once more|again).*: $" "$OTHER"
trace_reset
terminal_end
is "a confirmation that differs: status 6" "$RC" 6
has "and it is said" "different"
is "no try is lost" "$(tries global)" 3
check "the PIN is as it was" verifies 01 NEW_PIN

terminal jcop45-tool encode "$EXAMPLES/change-pin.dsc"
types "old .*: $" "$OTHER"
types "new .*: $" "$PIN"
types "(once more|again).*: $" "$PIN"
terminal_end
is "a wrong old PIN on the terminal: status 6" "$RC" 6
has "with the tries left" "global is wrong.*\b2\b"
is "it cost exactly one" "$(tries global)" 2

terminal jcop45-tool encode "$EXAMPLES/unblock-pin-puk.dsc"
types "PUK.*5 tries left.*: $" "$PUK"
types "new .*signature.*: $" "$NEW_PIN"
types "(once more|again).*: $" "$NEW_PIN"
terminal_end
is "unblock-pin-puk.dsc asks on the terminal" "$RC" 0
check "and the new PIN holds" verifies 02 NEW_PIN
terminal jcop45-tool encode "$EXAMPLES/unblock-pin-keyset.dsc"
types "new .*signature.*: $" "$SIGN_PIN"
types "(once more|again).*: $" "$SIGN_PIN"
terminal_end
is "unblock-pin-keyset.dsc asks on the terminal" "$RC" 0
check "and that PIN holds" verifies 02 SIGN_PIN

dialog "$NEW_PIN" "$PIN"
terminal jcop45-tool encode "$EXAMPLES/change-pin.dsc" --pinentry
terminal_end
is "--pinentry asks pinentry on a terminal, too" "$RC $(asked)" "0 2"
check "which changed the PIN" verifies 01 PIN

# --- neither ----------------------------------------------------------------------

trace_reset
status_is "neither terminal nor pinentry: status 6" 6 nobody timeout "$LIMIT" \
	"${under[@]}" jcop45-tool encode "$EXAMPLES/change-pin.dsc"
has "it says that there is no terminal" "no terminal"
has "and what would help" "pinentry"
hasnt "and nothing that does not: the old PIN comes from no field" \
	"\-\-field|stdin"
is "no PIN was tried" "$(tried)" 0
status_is "--pinentry without pinentry: status 6" 6 nobody timeout "$LIMIT" \
	"${under[@]}" jcop45-tool encode "$EXAMPLES/change-pin.dsc" --pinentry
has "it says what is not there" "no program pinentry|pinentry.*not found"
is "nor was one then" "$(tried)" 0

# --- what was typed stays where it belongs --------------------------------------------

for value in "$PIN" "$SIGN_PIN" "$NEW_PIN" "$OTHER" "$PUK"; do
	that "${value:0:2}...: pinentry is told no secret" \
		not_in "$value" "$HEARD"
	that "${value:0:2}...: nor is the trace" not_in "$value" "$TRACE"
done
done_testing
