#!/bin/bash
# install-deps.sh: one list of packages; who is not root gets the apt line.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

deps=$JCOP_SRC/build-aux/install-deps
check "install-deps finds everything that it installed" \
	"$deps" build run test
is "and says nothing then" "$OUT" ""
for purpose in build run test; do
	check "install-deps lists what $purpose needs" "$deps" --list $purpose
done
refused "an unknown purpose is refused" "$deps" nonsense

# A machine without jq and libssl-dev.
mkdir bin
cat >bin/dpkg-query <<'S'
#!/bin/sh
for last; do :; done
case $last in jq | libssl-dev) exit 1 ;; esac
echo installed
S
printf '#!/bin/sh\necho "$@" >>%s\n' "$WORK/apt-was-called" >bin/apt-get
printf '#!/bin/sh\necho 1000\n' >bin/id
chmod +x bin/*
as_user() { PATH=$WORK/bin:$PATH "$@"; }
refused "a user who is not root is not helped" as_user "$deps" build run
has "but gets the exact apt line" \
	"^ *apt-get install --no-install-recommends jq libssl-dev$"
that "and nothing was installed" test ! -e apt-was-called
refused "demo stops there" as_user "$JCOP_SRC/demo" "$WORK/demo"
has "with the same line" \
	"^ *apt-get install --no-install-recommends jq libssl-dev$"
that "before it makes anything" test ! -e "$WORK/demo"

# Root has it installed.
printf '#!/bin/sh\necho 0\n' >bin/id
check "root has them installed" as_user "$deps" build run
that "those that were missing" grep -q \
	'install --no-install-recommends jq libssl-dev$' apt-was-called
that "without the lists being read again" \
	test "$(grep -c update apt-was-called)" = 0
printf '#!/bin/sh\necho "$@" >>%s\ncase $* in *update*) touch %s;; *) test -e %s;; esac\n' \
	"$WORK/apt-was-called" "$WORK/updated" "$WORK/updated" >bin/apt-get
check "old package lists are read again" as_user "$deps" build run
that "once" test "$(grep -c update apt-was-called)" = 1
done_testing
