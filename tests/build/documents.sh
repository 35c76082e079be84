#!/bin/bash
# documents.sh: the documents are there, and what they say of programs is so.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

cd "$JCOP_SRC" || exit 1
for file in README.md SECURITY.md CONTRIBUTING.md NEWS.md COPYING \
	docs/card-interface.md docs/architecture.md tests/README.md; do
	that "$file is there" test -s "$file"
done
for page in docs/jcop45-tool.1 docs/jcop45-vcard.1 docs/jcop45-card.5 \
	docs/jcop45-encoding.5; do
	that "$page is there" test -s "$page"
	check "$page is well formed" mandoc -T lint -W error "$page"
done
check "the completion is bash" bash -n etc/jcop45-tool.bash-completion
run cat README.md
has "README shows the first command" '\./demo'
has "README shows the second command" '\./check'
has "README says what was tried" "0\.23"
for set in SK_ADMIN SK_UNBLK SK_FILE; do
	has "README names $set among the operations" "$set"
done
run cat SECURITY.md
has "SECURITY.md has a threat model" "threat|attacker"
for key in keyset_sk_admin keyset_sk_unblk_pin keyset_sk_file_mgmt \
	chip_auth_key_config chip_auth_trust_anchor chip_auth_pinned_key \
	chip_auth_allow_untrusted card_description hsm; do
	that "a man page explains $key" grep -q "$key" docs/*.[15]
done

# Each subcommand and option that a program names is in its man page.
export PATH=$JCOP_BUILD:$PATH
for program in jcop45-tool jcop45-vcard; do
	check "$program --help works" "$program" --help
	check "$program --version works" "$program" --version
	run "$program" --help
	missing=
	for option in $(grep -oE '(^|[ ,])--[a-z-]+' <<<"$OUT" | tr -d ' ,' |
		sort -u); do
		grep -qF -e "${option#--}" "docs/$program.1" ||
			sed 's/\\-/-/g' "docs/$program.1" | grep -qF -e "${option#--}" ||
			missing="$missing $option"
	done
	is "every option of $program is in its man page" "$missing" ""
	refused "$program refuses an unknown subcommand" "$program" nonsense
	is "with the status of a usage error" "$RC" 2
done
# A secret on a command line is never shown as the way.
is "no document shows a PIN on a command line" "$(grep -rnE \
	-e '--(pin|so-pin|puk|sign-pin|transport-pin)[ =]["'"'"']?[0-9]+' \
	README.md docs SECURITY.md CONTRIBUTING.md)" ""
done_testing
