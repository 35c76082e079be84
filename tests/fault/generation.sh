#!/bin/bash
# generation.sh: the card leaves the reader at each command of key generation.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"

prepare_stages
each_command "removed before a command of generation" "remove before N" \
	"$AT_WORK" generate_for_fault generation_complete
each_command "removed after a command of generation" "remove after N" \
	"$AT_WORK" generate_for_fault generation_complete
done_testing
