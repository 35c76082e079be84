#!/bin/bash
# certificate.sh: the card leaves the reader at each command of a certificate write.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"

prepare_stages
each_command "removed before a command of the certificate write" \
	"remove before N" "$WITH_KEY" certify_for_fault certificate_complete
each_command "removed after a command of the certificate write" \
	"remove after N" "$WITH_KEY" certify_for_fault certificate_complete
done_testing
