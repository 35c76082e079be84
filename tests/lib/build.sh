# build.sh: what the tests of build, packages and documents start with.
#
# Environment: JCOP_SRC (source tree), JCOP_BUILD (a build tree of it),
# JCOP_DIR (where check works: headers of OpenSC are in opensc-source).
#
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u
JCOP_SRC=${JCOP_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
JCOP_DIR=${JCOP_DIR:-$JCOP_SRC/build}
JCOP_BUILD=${JCOP_BUILD:-$JCOP_DIR/main}
HEADERS=$JCOP_DIR/opensc-source
export LC_ALL=C
. "$JCOP_SRC/tests/lib/tap.sh"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/jcop45-build.XXXXXX") || exit 1
build_end() {
	local status=$?
	chmod -R u+w "$WORK"
	rm -rf "$WORK"
	[ -n "$finished" ] || [ "$status" -ne 0 ] || exit 1
}
trap build_end EXIT
trap 'exit 1' INT TERM
cd "$WORK" || exit 1
