#!/bin/bash
# import.sh: the card leaves the reader at each command of a key import.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/fault.sh"
. "$JCOP_SRC/tests/lib/import.sh"

setup_activated
certified_key mine 2048
bundle mine
AT_WORK=$CARD.activated
copy_card "$CARD" "$AT_WORK"

import_for_fault() { import mine.p12 mpp --id 16; }
# One key, its certificate, and both are those of the file.
import_complete() {
	run pkcs15-tool -D
	[ "$(grep -c '^Private RSA Key' <<<"$OUT")" = 1 ] &&
		[ "$(grep -c '^X.509 Certificate' <<<"$OUT")" = 1 ] || return 1
	[ "$(keys_in_slots)" = 1 ] || return 1
	rm -f back.pem
	run pkcs15-tool --read-certificate 16 -o back.pem
	[ "$(fingerprint back.pem)" = "$(fingerprint cert-mine.pem)" ] ||
		return 1
	run works 16 pub-mine.pem
	[ "$RC" -eq 0 ]
}
# A slot is listed only when the key is whole; a certificate only with it.
import_torn() {
	local keys certificates
	keys=$(grep -c '^Private RSA Key' <<<"$OUT")
	certificates=$(grep -c '^X.509 Certificate' <<<"$OUT")
	[ "$certificates" -le "$keys" ] || return 1
	! listed 7005 || listed 7002 || return 1
	[ "$keys" = 0 ] || [ "$(keys_in_slots)" = 1 ]
}
each_command "removed before a command of the import" "remove before N" \
	"$AT_WORK" import_for_fault import_complete import_torn
each_command "removed after a command of the import" "remove after N" \
	"$AT_WORK" import_for_fault import_complete import_torn
done_testing
