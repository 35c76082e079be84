#!/bin/bash
# marks.sh: every value of the card description says whether it is public or
# assumed, and the virtual card shares with the host only what it may.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/tap.sh"
JCOP_SRC=${JCOP_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# unmarked FILE: values (KEY = VALUE) without [P], [A] or "ours". A mark covers
# the value in its line, whose comment may go on in lines of comment far to the
# right; a comment with a mark above a block or paragraph covers all of it, to
# the next blank line outside of its blocks.
unmarked() {
	awk '
	function marked(text) { return text ~ /\[[PA]\]|ours/ }
	function depth_of(text,    copy, opened, closed) {
		copy = text
		sub(/#.*/, "", copy)
		gsub(/"[^"]*"/, "", copy)
		opened = gsub(/\{/, "", copy)
		closed = gsub(/\}/, "", copy)
		return opened - closed
	}
	# The value before is settled once it is known whether its comment
	# goes on.
	function settle() {
		if (pending != "" && !pending_marked)
			print pending
		pending = ""
	}
	{
		line = $0
		code = line
		sub(/#.*/, "", code)
		comment = line ~ /#/ ? substr(line, index(line, "#")) : ""
		blank = line ~ /^[[:space:]]*$/
		only_comment = !blank && code ~ /^[[:space:]]*$/
	}
	blank {
		settle()
		if (covered_depth >= depth)
			covered = 0
		above = ""
		next
	}
	only_comment && pending != "" && line ~ /^\t+\t\t\t/ {
		# far right: it continues the comment of the line before
		pending_marked = pending_marked || marked(comment)
		next
	}
	only_comment {
		settle()
		above = above comment
		if (marked(above)) {
			covered = 1
			covered_depth = depth
		}
		next
	}
	{
		settle()
		if (above == "" && covered && depth < covered_depth)
			covered = 0
		above = ""
		if (code ~ /=/) {
			pending = FNR ": " line
			pending_marked = covered || marked(comment)
		}
		depth += depth_of(line)
	}
	END { settle() }' "$1"
}

card=$JCOP_SRC/etc/agent.card
values=$(sed 's/#.*//' "$card" | grep -c '=')
that "the card description has values to look at" test "$values" -gt 100
is "each is marked as public or assumed" "$(unmarked "$card")" ""

# Would a value without a mark be found?
new_line() { # AFTER LINE
	awk -v after="$1" -v line="$2" '{ print } $0 ~ after && !done {
		print line; done = 1 }' "$card" >"$scratch/card"
	! cmp -s "$card" "$scratch/card" || bail "no line like $1"
	unmarked "$scratch/card" | grep -cF "$2"
}
is "a new value of the identification without one is found" \
	"$(new_line 'serial_length' '		new_value = 7;')" 1
is "one of an application too" \
	"$(new_line 'application agent' '		other = 7;')" 1
is "one of the dialect too" \
	"$(new_line 'read_by_sfi' '		other = 7;')" 1
is "and one of the card itself" \
	"$(new_line 'manufacturer =' '	other = 7;')" 1
is "a block with a marked comment covers its values" \
	"$(new_line 'keyset sk_admin' '		other = 7;')" 0

# What the virtual card takes of the host's side.
shared() { # DIR
	grep -rhoE '#include "[^"]+"' "$1" |
		sed 's/#include "//; s/"//' | sort -u |
		grep -v -e '^virtual-card/' -e '^description/' \
			-e '^core/blob\.h$' -e '^core/tlv\.h$' \
			-e '^core/error\.h$' -e '^config\.h$'
}
that "the virtual card has sources" \
	test "$(grep -rl '#include "' "$JCOP_SRC/src/virtual-card" | wc -l)" -gt 10
is "of the host it includes description and core's blob, tlv and error only" \
	"$(shared "$JCOP_SRC/src/virtual-card")" ""
mkdir "$scratch/cheat"
echo '#include "core/mac.h"' >"$scratch/cheat/cheat.c"
is "anything else would be found" "$(shared "$scratch/cheat")" core/mac.h
done_testing
