#!/bin/bash
# main.sh: the life of a card, through the provider library.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/main-flow.sh"

setup_blank
main_flow 3072 3072
later_flow
if [ "$JCOP_UNDER" = valgrind ]; then
	that "valgrind looked at each tool" \
		test "$(find "$WORK" -name 'valgrind.*' | wc -l)" -ge 40
	that "valgrind found no error" \
		test -z "$(find "$WORK" -name 'valgrind.*' -size +0)"
	cat "$WORK"/valgrind.*
fi
done_testing
