#!/bin/bash
# distcheck.sh: the release archive builds, passes its tests and cleans up.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

check "the archive is configured" sh -c "mkdir tree && cd tree &&
	'$JCOP_SRC/configure' --with-opensc-source='$HEADERS'"
check "make distcheck works" make -s -j2 -C tree distcheck
archive=$(ls tree/opensc-jcop45-*.tar.xz)
that "and leaves an archive" test -f "$archive"
run tar -tf "$archive"
for file in README.md COPYING NEWS.md CONTRIBUTING.md SECURITY.md check demo \
	bootstrap configure build-aux/opensc-headers build-aux/install-deps \
	tests/run tests/README.md tests/flow/main.sh tests/lib/flow.sh \
	etc/agent.card etc/jcop45.profile docs/card-interface.md; do
	has "the archive has $file" "^[^/]*/$file$"
done
done_testing
