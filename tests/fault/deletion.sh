#!/bin/bash
# deletion.sh: the card leaves the reader at each command of a deletion.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"
. "$JCOP_SRC/tests/lib/import.sh"

setup_activated
certified_key mine 2048
bundle mine
must import mine.p12 mpp --id 16
must generate 3072 02 21
must certify 21
FULL=$CARD.full
copy_card "$CARD" "$FULL"

delete_for_fault() { jcop45-tool delete-all --yes; }
deletion_complete() {
	[ "$(keys_in_slots) $(certificates_in_files)" = "0 0" ] || return 1
	run pkcs15-tool -D
	[ "$RC" -eq 0 ] &&
		! grep -qE '^(Private RSA|Public RSA|X.509)' <<<"$OUT"
}
# A key may show without its certificate, never the reverse; and what shows is
# there.
deletion_torn() {
	! listed 7005 || listed 7002 || return 1
	! listed 7002 || [ "$(keys_in_slots)" = 2 ] || return 1
	! listed 7005 || [ "$(certificates_in_files)" = 2 ]
}
each_command "removed before a command of the deletion" "remove before N" \
	"$FULL" delete_for_fault deletion_complete deletion_torn
each_command "removed after a command of the deletion" "remove after N" \
	"$FULL" delete_for_fault deletion_complete deletion_torn
done_testing
