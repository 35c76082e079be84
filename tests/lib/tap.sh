# tap.sh: assertions that print TAP. Sourced by bash.
#
# TAP goes to the original standard output, all else to standard error, which
# the runner keeps in the log.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

finished= # set once the plan is printed
exec 3>&1 1>&2
tap_count=0
tap_failed=0
OUT=
RC=0

tap() { # STATUS NAME
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2" >&3
	else
		echo "not ok $tap_count - $2" >&3
		tap_failed=$((tap_failed + 1))
	fi
	echo "--- $tap_count $2: $1"
}

skip() { # NAME WHY
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2" >&3
}

bail() {
	echo "Bail out! $*" >&3
	exit 1
}

# A slip in a test is no reason to pass.
command_not_found_handle() {
	bail "no such command: $1"
}

done_testing() {
	echo "1..$tap_count" >&3
	finished=yes
	[ "$tap_failed" -eq 0 ]
	exit
}

# run COMMAND...: its output in OUT, its exit status in RC.
run() {
	echo "+ $*"
	OUT=$("$@" 2>&1)
	RC=$?
	printf '%s\n= %s\n' "$OUT" "$RC"
	return 0
}

# orderly STATUS: a program refused something as it should. 99 is a sanitizer's
# or valgrind's status, 124 to 127 are timeout's and the shell's, above that a
# signal's; but OpenSC's tools know 255, too.
orderly() {
	[ "$1" -gt 0 ] && [ "$1" -ne 99 ] &&
		{ [ "$1" -lt 124 ] || [ "$1" -eq 255 ]; }
}

# The assertions.
check() { # NAME COMMAND...: succeeds
	local name=$1
	shift
	run "$@"
	tap "$RC" "$name"
}

refused() { # NAME COMMAND...: fails in an orderly way
	local name=$1
	shift
	run "$@"
	orderly "$RC"
	tap $? "$name"
}

has() { # NAME REGEX: in the output of the last command
	grep -qiE -e "$2" <<<"$OUT"
	tap $? "$1"
}

hasnt() { # NAME REGEX
	! grep -qiE -e "$2" <<<"$OUT"
	tap $? "$1"
}

that() { # NAME COMMAND...: a condition; OUT stays
	local name=$1
	shift
	"$@"
	local status=$?
	[ "$status" -eq 0 ] || echo "that failed: $*"
	tap "$status" "$name"
}

is() { # NAME GOT WANTED
	[ "$2" = "$3" ]
	local status=$?
	[ "$status" -eq 0 ] || printf 'got:    %s\nwanted: %s\n' "$2" "$3"
	tap "$status" "$1"
}

at_most() { # NAME GOT LIMIT
	[ -n "$2" ] && [ "$2" -le "$3" ]
	local status=$?
	echo "$1: $2 of at most $3"
	tap "$status" "$1"
}

# must COMMAND...: a step that the test needs but does not test.
must() {
	run "$@"
	[ "$RC" -eq 0 ] || bail "$* failed: $(tail -n 3 <<<"$OUT" | tr '\n' ' ')"
}
