#!/bin/bash
# answers.sh: wrong answers and a silent reset at each command.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"

prepare_stages
each_command "6F00 at a command of activation" "sw N 6F00" \
	"$BLANK" activate activation_complete
each_command "a reset before a command of activation" "reset before N" \
	"$BLANK" activate activation_complete
each_command "6F00 at a command of the certificate write" "sw N 6F00" \
	"$WITH_KEY" certify_for_fault certificate_complete
each_command "an answer cut to one byte in the certificate write" \
	"truncate N 1" "$WITH_KEY" certify_for_fault certificate_complete
done_testing
