#!/bin/bash
# configure.sh: what configure says of what it cannot use.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

configure() {
	(mkdir -p try && cd try && "$JCOP_SRC/configure" "$@")
}
refused "no headers are refused" configure --with-opensc-source="$WORK/none"
has "the error says what fetches them" "build-aux/opensc-headers"
cp -rL "$HEADERS" incomplete
rm incomplete/src/libopensc/pkcs15.h
refused "a missing header is refused" \
	configure --with-opensc-source="$WORK/incomplete"
has "and named" "pkcs15\.h"
has "its error says what to install" "dpkg-dev"
cp -rL "$HEADERS" newer
sed -i -E 's/^(define\(\[PACKAGE_VERSION_MINOR\], *\[)[0-9]+/\122/' \
	newer/configure.ac
refused "headers of another version of the same library are refused" \
	configure --with-opensc-source="$WORK/newer"
has "the error names their version" "0\.22\."
has "and the installed one" "$(opensc-tool --info |
	sed -n 's/^OpenSC \([0-9.]*[0-9]\).*/\1/p')"
cp -rL "$HEADERS" soname
sed -i 's/^OPENSC_LT_CURRENT=.*/OPENSC_LT_CURRENT="99"/; s/^OPENSC_LT_OLDEST=.*/OPENSC_LT_OLDEST="99"/' \
	soname/configure.ac
refused "headers of another library are refused" \
	configure --with-opensc-source="$WORK/soname"
has "its error says what to install too" "apt-get install opensc"

mkdir pc
sed -E 's/^Version:.*/Version: 1.1.1/' \
	"$(pkg-config --variable=pcfiledir libcrypto)/libcrypto.pc" >pc/libcrypto.pc
old_openssl() {
	PKG_CONFIG_PATH=$WORK/pc configure --with-opensc-source="$HEADERS"
}
refused "OpenSSL before 3.0 is refused" old_openssl
has "with the package to install" "apt-get install libssl-dev"
check "the installed headers are taken" \
	configure --with-opensc-source="$HEADERS"
has "and the release is named" "OpenSC +0\."
done_testing
