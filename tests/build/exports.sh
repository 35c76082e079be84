#!/bin/bash
# exports.sh: what the modules show to others, and how they are linked.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

modules=$JCOP_BUILD/.libs
exported() { # FILE
	nm -D --defined-only "$1" | awk '{ print $3 }' | sed 's/@.*//' |
		grep -v '^_' | sort | tr '\n' ' '
}
is "opensc-jcop45.so exports the driver's and the emulator's symbols only" \
	"$(exported "$modules/opensc-jcop45.so")" \
	"sc_driver_version sc_module_init sc_pkcs15_init_func_ex "
is "opensc-jcop45-init.so exports the two symbols of a module only" \
	"$(exported "$modules/opensc-jcop45-init.so")" \
	"sc_driver_version sc_module_init "
is "the provider library exports PC/SC only" \
	"$(exported "$modules/libjcop45-vcard-pcsc.so" | tr ' ' '\n' |
		grep -v -e '^SCard' -e '^g_rgSCard')" ""
soname=$(basename "$(find /usr/lib -name 'libopensc.so.[0-9]*' | sort |
	head -n 1 | sed -E 's/(\.so\.[0-9]+).*/\1/')")
for module in opensc-jcop45 opensc-jcop45-init; do
	run readelf -dW "$modules/$module.so"
	has "$module.so is linked to $soname" "NEEDED.*$soname"
	has "$module.so binds its symbols at once" "BIND_NOW|FLAGS.*NOW"
	hasnt "$module.so has no search path of its own" "RPATH|RUNPATH"
done
run readelf -dW "$modules/opensc-jcop45.so"
has "opensc-jcop45.so stays loaded" "NODELETE"
for file in "$modules"/opensc-jcop45{,-init}.so "$modules/libjcop45-vcard-pcsc.so" \
	"$JCOP_BUILD/jcop45-tool" "$JCOP_BUILD/jcop45-vcard"; do
	[ -f "$modules/$(basename "$file")" ] &&
		file=$modules/$(basename "$file")
	run readelf -lW "$file"
	has "$(basename "$file") has read-only relocations" "GNU_RELRO"
	hasnt "$(basename "$file") has no executable stack" "GNU_STACK.*RWE"
done
# A PKCS#11 application loads the module with RTLD_LOCAL.
cat >load.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (dlopen(argv[i], RTLD_NOW | RTLD_LOCAL) == NULL)
			return puts(dlerror()), 1;
	return 0;
}
C
run gcc -o load load.c -ldl
for module in opensc-jcop45 opensc-jcop45-init libjcop45-vcard-pcsc; do
	check "$module.so has all it needs" ./load "$modules/$module.so"
done
done_testing
