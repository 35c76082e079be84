#!/bin/bash
# runner.sh: the runner takes no program's word for it.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

program() { # NAME BODY
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}
# judged NAME BODY LAST-LINE [OPTION...]
judged() {
	local name=$1 body=$2 line=$3
	shift 3
	program t "$body"
	run "$JCOP_SRC/tests/run" "$@" "$WORK/t"
	is "$name" "$(tail -n 1 <<<"$OUT")" "$line"
	case $line in
	*" 0 failed"*) that "$name: exit status 0" test "$RC" = 0 ;;
	*) that "$name: exit status 1" test "$RC" = 1 ;;
	esac
}
judged "passed tests are counted" 'echo 1..2; echo ok 1 - a; echo ok 2 - b' \
	"2 passed, 0 failed"
judged "a failed test is counted" 'echo 1..2; echo ok 1; echo not ok 2 - b
	exit 1' "1 passed, 1 failed"
judged "a skipped test is counted" 'echo 1..2; echo ok 1
	echo "ok 2 - b # SKIP why"' "1 passed, 0 failed, 1 skipped"
judged "cmocka's skipped test is counted" 'echo 1..2; echo ok 1 - a
	echo "not ok 2 # SKIP b"' "1 passed, 0 failed, 1 skipped"
judged "several plans add up" 'echo 1..1; echo ok 1 - a; echo 1..1
	echo ok 1 - b' "2 passed, 0 failed"
judged "no plan is a failure" 'echo ok 1 - a' "1 passed, 1 failed"
judged "no test is a failure" 'echo 1..0' "0 passed, 1 failed"
judged "nothing at all is a failure" ':' "0 passed, 1 failed"
judged "fewer tests than planned are a failure" 'echo 1..2; echo ok 1' \
	"1 passed, 1 failed"
judged "more tests than planned are a failure" 'echo 1..1; echo ok 1
	echo ok 2' "2 passed, 1 failed"
judged "a crash is a failure" 'echo 1..1; echo ok 1; kill -SEGV $$' \
	"1 passed, 1 failed"
judged "a failing exit is a failure" 'echo 1..1; echo ok 1; exit 3' \
	"1 passed, 1 failed"
judged "a test that hangs is a failure" 'echo 1..1; echo ok 1; sleep 20' \
	"1 passed, 1 failed" -t 1
judged "a group setup that fails is a failure" 'echo 1..2
	echo "not ok 0 - setup"' "0 passed, 2 failed"
judged "bailing out is a failure" 'echo ok 1; echo "Bail out! no card"; exit 1' \
	"1 passed, 2 failed"
run "$JCOP_SRC/tests/run" "$WORK/nothing"
is "a program that is not there is a failure" "$(tail -n 1 <<<"$OUT")" \
	"0 passed, 1 failed"
program t 'echo 1..1; echo ok 1 - a'
run "$JCOP_SRC/tests/run" -o "$WORK/results" "$WORK/t"
is "each result is recorded" "$(cat results)" "t	a	ok"

# The table of promises.
mkdir tests
cp -r "$JCOP_SRC/tests/lib" "$JCOP_SRC/tests/promises" tests
printf '%s\t%s\t%s\n' f a ok f b "not ok" g c ok >results
row() { # NAME CELL WANTED
	printf '| Promise | Test |\n|---|---|\n| p | %s |\n' "$2" >tests/README.md
	run env JCOP_RESULTS="$WORK/results" tests/promises
	is "$1" "$(grep -cE '^ok .* p$' <<<"$OUT")" "$3"
}
row "a promise whose test passed is kept" '`f: a`' 1
row "one whose test failed is not" '`f: b`' 0
row "one whose test did not run is not" '`f: z`' 0
row "one of two that failed is enough" '`f: a`, `f: b`' 0
row "a promise without a test is not kept" '' 0
row "a whole file counts" '`g`' 1
row "and fails as a whole" '`f`' 0
done_testing
