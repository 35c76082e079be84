#!/bin/bash
# completion.sh: bash completes what the help of jcop45-tool shows, and so does
# the man page say it; without a card.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

jcop45-tool() { timeout -k 5 "$LIMIT" "$JCOP_BUILD/jcop45-tool" "$@"; }
compopt() { :; } # there is no line to be completed here
. "$JCOP_SRC/etc/jcop45-tool.bash-completion"

# complete_line WORD...: what is offered for the last word, sorted, on one line.
complete_line() {
	COMP_WORDS=(jcop45-tool "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_jcop45_tool jcop45-tool "${COMP_WORDS[COMP_CWORD]}" \
		"${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}
offers() { # NAME WANTED WORD...
	local name=$1 wanted=$2
	shift 2
	is "$name" "$(complete_line "$@")" "$wanted"
}

page() { sed 's/\\-/-/g' "$JCOP_SRC/docs/jcop45-tool.1"; }
# The part of the man page about a command.
section() {
	page | awk -v name="$1" '/^\.S[sh] / { on = $0 == ".Ss " name } on'
}
# The long options of a text of mdoc: "Fl -name".
named_options() {
	grep -oE 'Fl (.* )?-[a-z-]+|Fl -[a-z-]+' | grep -oE '(^| )-[a-z-]{2,}' |
		sed 's/^ *-/--/' | sort -u
}

commands=$(jcop45-tool --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
that "the help lists commands" test "$(wc -w <<<"$commands")" -ge 5
offers "each is offered as the first word" \
	"$(printf '%s\n' $commands --help --version | sort | xargs)" ""
is "each has its part of the man page, and no other" \
	"$(sed -n '/^\.Sh DESCRIPTION/,/^\.Sh CONFIG/s/^\.Ss //p' \
		"$JCOP_SRC/docs/jcop45-tool.1" | sort | xargs)" \
	"$(printf '%s\n' $commands | sort | xargs)"
is "and its line in the synopsis" \
	"$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Cm \([a-z-]*\)$/\1/p' \
		"$JCOP_SRC/docs/jcop45-tool.1" | sort | xargs)" \
	"$(printf '%s\n' $commands | sort | xargs)"
common=$(page | sed -n '/^\.Sh DESCRIPTION/,/^\.Ss /p' | named_options)

for command in $commands; do
	run jcop45-tool "$command" --help
	is "$command --help fits 80 columns" \
		"$(awk 'length > 80' <<<"$OUT")" ""
	own=$(grep -oE '^  (-[a-z], )?--[a-z0-9-]+' <<<"$OUT" |
		grep -oE -e '--.*' | sort)
	short=$(grep -oE '^  -[a-z],' <<<"$OUT" | tr -d ' ,' | sort)
	that "$command: the help lists options" test -n "$own"
	offers "$command: those that the help shows are completed" \
		"$(printf '%s\n' $own $short | sort | xargs)" "$command" -
	is "$command: and they are in the man page, and no others" \
		"$(section "$command" | named_options |
			cat - <([ "$command" = config ] &&
				printf '%s\n' --help --verbose ||
				echo "$common") | sort -u | xargs)" \
		"$(xargs <<<"$own")"
done

offers "the beginning of a command is completed" activate act
offers "an option by its beginning" --container generate --cont
offers "the words that an option takes" "mpp signature" \
	generate --container ""
offers "by their beginning, too" signature generate --container s
offers "yes or no" "no yes" config --chip-auth-allow-untrusted ""
offers "sources of a PIN" "env: fd: file: pinpad stdin" \
	activate --transport-pin ""
offers "of the HSM's only those that it can have" "env: file:" \
	config --hsm-pin ""
touch some.pem
mkdir some.d
offers "files where one is wanted" "some.d some.pem" \
	generate --public-key some
offers "directories where one is wanted" some.d config --module-dir some
offers "files as an operand" "some.d some.pem" write-certificate some
offers "the file of a source" "some.d some.pem" \
	activate --transport-pin file : some
offers "nothing where anything can stand" "" generate --label ""
offers "nothing for a command that is none" "" nonsense --

# The exit statuses of the man page are those of the program.
is "the man page lists the statuses of tool.h" \
	"$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It \([0-9]*\)$/\1/p' \
		"$JCOP_SRC/docs/jcop45-tool.1" | xargs)" \
	"$(sed -n '/^enum tool_exit/,/^}/s/.* = \([0-9]*\).*/\1/p' \
		"$JCOP_SRC/src/tool/tool.h" | xargs)"
done_testing
