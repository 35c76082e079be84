# tap.awk: reads the TAP output of one test program and prints a line for each
# test: FILE, name, status (ok, not ok, skip), separated by tabs.
# Variables: file (name of the program), status (its exit status).
#
# A program is only as good as its plan: no plan, no test, fewer or more tests
# than planned, or a failing exit without a failed test are each reported as a
# failed test in brackets. cmocka 1.1.5 prints one plan a group, a skipped test
# as "not ok N # SKIP name" and a failed group setup as "not ok 0".
#
# SPDX-License-Identifier: LGPL-2.1-or-later

function result(name, verdict) {
	gsub(/\t/, " ", name)
	sub(/^ +/, "", name)
	sub(/ +$/, "", name)
	printf "%s\t%s\t%s\n", file, name == "" ? "(unnamed)" : name, verdict
	if (verdict == "not ok")
		failed++
}

function name_of(line) {
	sub(/^(not )?ok *[0-9]* *(- )?/, "", line)
	sub(/ *# SKIP.*/, "", line)
	return line
}

/^1\.\.[0-9]+/ {
	plans++
	planned += substr($1, 4)
	if ($0 ~ /# *SKIP/) {
		why = $0
		sub(/.*# *SKIP */, "", why)
		result("(all: " why ")", "skip")
		skipped_all = 1
	}
}

/^(not )?ok( |$)/ {
	seen++
	if ($0 ~ /# *SKIP/) {
		name = name_of($0)
		if (name == "") {
			name = $0
			sub(/.*# *SKIP */, "", name)
		}
		result(name, "skip")
	} else if ($0 ~ /^ok/) {
		result(name_of($0), "ok")
	} else {
		result(name_of($0), "not ok")
	}
}

/^Bail out!/ {
	result("(" $0 ")", "not ok")
}

END {
	if (status == 124 || status == 137)
		result("(timed out or killed)", "not ok")
	else if (plans == 0)
		result("(no plan: it ended before its last test)", "not ok")
	else if (planned == 0 && !skipped_all)
		result("(ran no test)", "not ok")
	else if (planned != seen)
		result("(planned " planned " tests, ran " seen + 0 ")", "not ok")
	if (status != 0 && failed == 0)
		result("(exit status " status ")", "not ok")
}
