#!/bin/bash
# opensc-headers.sh: headers come without touching the machine's apt setup.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

apt_setup() {
	find /etc/apt -type f -exec sha256sum {} + | sort
	find /var/lib/apt/lists /etc/apt -printf '%p %s %T@\n' | sort
}
before=$(apt_setup)
check "opensc-headers fetches the headers" \
	"$JCOP_SRC/build-aux/opensc-headers" "$WORK/headers"
is "the machine's apt setup is as it was" "$(apt_setup)" "$before"
that "the headers are there" test -f headers/src/libopensc/opensc.h
is "they are of the installed version" "$(cat headers/.version)" \
	"$(dpkg-query -W -f '${source:Version}' opensc-pkcs11)"
is "nothing is left in the temporary directory" \
	"$(find "$WORK" -mindepth 1 -maxdepth 1 ! -name headers)" ""
started=$(date +%s)
check "a second call finds them" \
	"$JCOP_SRC/build-aux/opensc-headers" "$WORK/headers"
at_most "at once" $(($(date +%s) - started)) 2
refused "without a directory it says how it is used" \
	"$JCOP_SRC/build-aux/opensc-headers"
has "in a line" "usage:"
done_testing
