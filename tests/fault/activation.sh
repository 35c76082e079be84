#!/bin/bash
# activation.sh: the card leaves the reader at each command of activation.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"

prepare_stages
each_command "removed before a command of activation" "remove before N" \
	"$BLANK" activate activation_complete
each_command "removed after a command of activation" "remove after N" \
	"$BLANK" activate activation_complete
done_testing
