# bystander.sh: a second process at the same card (bystander.c), driven by the
# test. Sourced by bash after flow.sh.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

build_bystander() {
	# shellcheck disable=SC2046 # options are words
	must gcc -o "$WORK/bystander" "$JCOP_SRC/tests/lib/bystander.c" \
		$(pkg-config --cflags libpcsclite) -ldl
}

# start_bystander LIBRARY: it connects to the card and stays connected.
start_bystander() {
	coproc BYSTANDER {
		exec timeout 600 "${under[@]}" "$WORK/bystander" "$1" 3>&-
	}
	bystander_pid=$BYSTANDER_PID
	bystander_reads
	bystander_in_trace=${REPLY#connected }
}

bystander_reads() {
	REPLY=
	IFS= read -r -t 60 REPLY <&"${BYSTANDER[0]}" ||
		bail "the bystander does not answer"
	echo "bystander: $REPLY"
}

# asks HEX: sends one command; the answer is in REPLY.
asks() {
	echo "bystander sends $1"
	printf '%s\n' "$1" >&"${BYSTANDER[1]}"
	bystander_reads
}

stop_bystander() {
	local in=${BYSTANDER[1]} out=${BYSTANDER[0]}
	exec {in}>&- {out}<&-
	wait "$bystander_pid" 2>/dev/null
	return 0
}

hammer() { # HEX...: until rest
	echo "bystander hammers"
	printf 'hammer %s\n' "$*" >&"${BYSTANDER[1]}"
}

# rest: what the bystander was answered is in $answers, a line for each command
# and status word: COMMAND-NUMBER SW COUNT; how often it found the card reset
# in $resets.
rest() {
	printf '\n' >&"${BYSTANDER[1]}"
	answers=
	while bystander_reads && [ "$REPLY" != end ]; do
		case $REPLY in
		resets*) resets=${REPLY#resets } ;;
		*) answers+=$REPLY$'\n' ;;
		esac
	done
}
