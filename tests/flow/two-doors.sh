#!/bin/bash
# two-doors.sh: the life of a card through a real pcscd with vpcd.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/main-flow.sh"
. "$JCOP_SRC/tests/flow/lib-pcscd.sh"

no_provider=yes
setup_blank
flow_cleanup() { stop_private_pcscd; }
start_private_pcscd "$CARD" || bail "no private pcscd"
main_flow 3072 3072
later_flow
that "the trace came through the daemon's door" test "$(count)" -gt 50
is "administrative commands came with a verified MAC only" \
	"$(count '(.name | IN("activate", "generate", "import", "delete",
		"directory-write", "certificate-write", "data-write")) and
		(.mac_verified | not)')" 0
done_testing
