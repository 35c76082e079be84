#!/bin/bash
# install.sh: make install puts everything under DESTDIR and nothing else.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

# Stripped: debug information names the directory of the build by right.
make_at() { make -s -C "$JCOP_BUILD" DESTDIR="$WORK/root" "$@"; }
touch before
check "make install DESTDIR works" make_at install-strip
list=$(cd root && find . -type f -o -type l | sort)
echo "$list"
for file in bin/jcop45-tool bin/jcop45-vcard lib/opensc-jcop45/opensc-jcop45.so \
	lib/opensc-jcop45/opensc-jcop45-init.so \
	lib/opensc-jcop45/libjcop45-vcard-pcsc.so \
	share/opensc-jcop45/agent.card share/opensc-jcop45/jcop45.profile \
	share/man/man1/jcop45-tool.1 share/man/man1/jcop45-vcard.1 \
	share/man/man5/jcop45-card.5 share/man/man5/jcop45-encoding.5 \
	share/opensc-jcop45/examples/whole-card.dsc \
	share/opensc-jcop45/examples/ca-openssl \
	share/bash-completion/completions/jcop45-tool; do
	that "it installs $file" test -f "root/usr/local/$file"
done
is "no static library" "$(grep '\.a$' <<<"$list")" ""
is "nothing outside the prefix" "$(grep -v '^\./usr/local/' <<<"$list")" ""
installed=root/usr/local/bin/jcop45-tool
check "the installed tool runs" "$installed" --version
check "its configuration" "$installed" config
has "names the installed module" \
	"/usr/local/lib/opensc-jcop45/opensc-jcop45\.so"
that "no file knows the build tree" \
	test -z "$(grep -rlF "$JCOP_BUILD" root | tee /dev/stderr)"
is "nothing of ours is on the machine itself" \
	"$(find /usr/local /etc/opensc -newer before -name '*jcop45*')" ""
check "make uninstall works" make_at uninstall
is "and leaves no file" "$(find root -type f)" ""
done_testing
