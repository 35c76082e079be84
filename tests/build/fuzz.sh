#!/bin/bash
# fuzz.sh: the short form of tests/fuzz/run: any bytes as an encoding
# description, the same ones each time.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

check "nothing that the fuzzer makes upsets parser, rules and plan" \
	"$JCOP_SRC/tests/fuzz/run" -n 15000 -d "$WORK/fuzz" "$JCOP_BUILD"
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$OUT")
that "and it made many (${runs:-none})" test "${runs:-0}" -ge 15000
done_testing
