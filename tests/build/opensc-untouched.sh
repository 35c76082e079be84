#!/bin/bash
# opensc-untouched.sh: OpenSC is as the distribution ships it.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

for package in opensc opensc-pkcs11; do
	check "$package is installed" dpkg-query -W "$package"
	has "$package is of a release" "$package.*0\.[0-9]+"
	run dpkg --verify "$package"
	# Small images leave out documents; they are no part of what runs.
	is "$package is byte-identical to the distribution's" \
		"$(grep -vE '^missing .*/usr/share/(doc|man|locale|lintian)/' \
			<<<"$OUT")" ""
	that "$package was compared file by file" \
		test -s "/var/lib/dpkg/info/$package.md5sums" -o -s \
		"$(ls /var/lib/dpkg/info/$package:*.md5sums 2>/dev/null)"
done
ours() { find /usr /etc -xdev -name '*jcop45*' -not -path "$JCOP_DIR/*" 2>/dev/null; }
is "no file of ours lies in the system" "$(ours)" ""
done_testing
