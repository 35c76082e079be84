#!/bin/bash
# format.sh: the C sources are formatted as .clang-format says.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

mapfile -t sources < <(cd "$JCOP_SRC" && find src tests -name '*.[ch]' | sort)
that "there are C sources" test ${#sources[@]} -gt 10
cd "$JCOP_SRC" || exit 1
check "clang-format changes nothing" \
	clang-format --dry-run -Werror "${sources[@]}"
bad=$(grep -nE '.{81,}' $(printf '%s\n' "${sources[@]}" | grep -v vectors) |
	grep -v '	' | head -n 5)
is "no line is longer than 80 columns" "$bad" ""
has_licence() {
	local f missing=
	for f in "${sources[@]}"; do
		head -n 20 "$f" | grep -q 'SPDX-License-Identifier' ||
			missing="$missing $f"
	done
	echo "without licence:$missing"
	[ -z "$missing" ]
}
check "each C source names its licence" has_licence
for f in check demo build-aux/* tests/run tests/promises $(find tests -name '*.sh'); do
	[ -f "$f" ] || continue
	case $(head -n 1 "$f") in
	*bash*) bash -n "$f" ;;
	'#!/bin/sh'*) sh -n "$f" ;;
	esac || echo "bad: $f"
done >"$WORK/bad" 2>&1
is "each script can be parsed" "$(cat "$WORK/bad")" ""
done_testing
