# lib-pcscd.sh: a private pcscd with a virtual card in its slot. Sourced by sh
# or bash.
#
#   start_private_pcscd DIR   pcscd of its own for the card in DIR; exports
#                             PCSCLITE_CSOCK_NAME for the clients
#   stop_private_pcscd [DIR]  ends that one, or all of this shell
#
# Several can run side by side: each has a mount namespace, with its own
# /run for the socket, and a network namespace, because the vpcd driver
# listens on all interfaces and at a fixed port. The namespaces are made as
# root, or inside a user namespace where that is allowed; if they are refused
# start_private_pcscd says so and returns 77.
#
# JCOP45_VCARD_TRACE: the trace of the card, if set.
# Needs pcscd, vsmartcard-vpcd, util-linux; jcop45-vcard in PATH.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# A line per instance: DIR, work directory, pid of pcscd, pid of the card.
private_pcscds=

private_pcscd_say() {
	printf 'private pcscd: %s\n' "$*" >&2
}

private_pcscd_driver() {
	find /usr/lib /usr/local/lib -name libifdvpcd.so 2>/dev/null | head -n 1
}

private_pcscd_config() { # WORK DRIVER
	mkdir "$1/conf" || return 1
	cat >"$1/conf/vpcd" <<-EOF
		FRIENDLYNAME "Virtual PCD"
		DEVICENAME /dev/null:0x8C7B
		LIBPATH $2
		CHANNELID 0x8C7B
	EOF
}

# Runs inside the namespaces; the shell becomes pcscd, so that its pid stays.
private_pcscd_inside='
	mount -t tmpfs tmpfs /run && mkdir /run/pcscd || exit 77
	ip link set lo up 2>/dev/null || perl -e "
		socket(S, 2, 2, 0) && ioctl(S, 0x8914, pack(q(a16s), q(lo), 0x49))
			or exit 1" || exit 77
	exec "$1" --foreground --config "$2"'

# The options for both unshare and nsenter, root or not.
private_pcscd_user_option() {
	[ "$(id -u)" -eq 0 ] || printf '%s' "$1"
}

# private_pcscd_until SECONDS COMMAND...: until COMMAND succeeds.
private_pcscd_until() {
	private_pcscd_left=$(($1 * 50))
	shift
	while ! "$@" >/dev/null 2>&1; do
		private_pcscd_left=$((private_pcscd_left - 1))
		[ "$private_pcscd_left" -gt 0 ] || return 1
		sleep 0.02
	done
}

private_pcscd_up() { # PID SOCKET: the socket is there, or the process gone
	[ -S "$2" ] || ! kill -0 "$1" 2>/dev/null
}

private_pcscd_has_card() { # SOCKET WORK
	PCSCLITE_CSOCK_NAME=$1 OPENSC_CONF=$2/opensc.conf \
		timeout 5 opensc-tool -l | grep -q ' Yes '
}

private_pcscd_daemon() { # WORK
	private_pcscd_program=$(PATH=$PATH:/usr/sbin command -v pcscd)
	if [ -z "$private_pcscd_program" ]; then
		private_pcscd_say "there is no pcscd (apt-get install pcscd)"
		return 1
	fi
	# The signal: a test that is killed leaves no daemon behind.
	# shellcheck disable=SC2046 # no option is no word
	setpriv --pdeathsig TERM unshare $(private_pcscd_user_option -r) -m -n sh -c \
		"$private_pcscd_inside" sh "$private_pcscd_program" \
		"$1/conf" >"$1/pcscd.log" 2>&1 </dev/null &
	private_pcscd_pid=$!
	private_pcscd_socket=/proc/$private_pcscd_pid/root/run/pcscd/pcscd.comm
	private_pcscd_until 10 private_pcscd_up "$private_pcscd_pid" \
		"$private_pcscd_socket"
	[ -S "$private_pcscd_socket" ] && return 0
	kill "$private_pcscd_pid" 2>/dev/null
	wait "$private_pcscd_pid"
	private_pcscd_status=$?
	cat "$1/pcscd.log" >&2
	if [ "$private_pcscd_status" -eq 77 ] ||
		grep -q '^unshare: ' "$1/pcscd.log"; then
		private_pcscd_say "this machine refuses mount or network" \
			"namespaces; run as root, outside of a restricted" \
			"container"
		return 77
	fi
	private_pcscd_say "pcscd did not start"
	return 1
}

private_pcscd_card() { # WORK DIR
	set -- "$1" "$2" serve "$2" --vpcd 127.0.0.1:35963 --wait 10
	[ -z "${JCOP45_VCARD_TRACE-}" ] ||
		set -- "$@" --trace "$JCOP45_VCARD_TRACE"
	private_pcscd_work=$1
	shift 2
	# shellcheck disable=SC2046
	setpriv --pdeathsig TERM nsenter -t "$private_pcscd_pid" \
		$(private_pcscd_user_option '-U --preserve-credentials') -n \
		jcop45-vcard "$@" >"$private_pcscd_work/card.log" 2>&1 \
		</dev/null &
	private_pcscd_card_pid=$!
	private_pcscd_until 10 private_pcscd_has_card \
		"$private_pcscd_socket" "$private_pcscd_work" && return 0
	cat "$private_pcscd_work/card.log" >&2
	private_pcscd_say "the card did not get into the reader"
	return 1
}

start_private_pcscd() { # DIR
	private_pcscd_dir=$1
	private_pcscd_found=$(private_pcscd_driver)
	if [ -z "$private_pcscd_found" ]; then
		private_pcscd_say "there is no vpcd driver" \
			"(apt-get install vsmartcard-vpcd)"
		return 1
	fi
	private_pcscd_work=$(mktemp -d "${TMPDIR:-/tmp}/jcop45-pcscd.XXXXXX") ||
		return 1
	: >"$private_pcscd_work/opensc.conf"
	private_pcscd_card_pid=
	private_pcscd_config "$private_pcscd_work" "$private_pcscd_found" &&
		private_pcscd_daemon "$private_pcscd_work" || {
		private_pcscd_status=$?
		rm -rf "$private_pcscd_work"
		return $private_pcscd_status
	}
	if ! private_pcscd_card "$private_pcscd_work" "$private_pcscd_dir"; then
		private_pcscd_end "$private_pcscd_work" "$private_pcscd_pid" \
			"$private_pcscd_card_pid"
		return 1
	fi
	private_pcscds="$private_pcscds$private_pcscd_dir	$private_pcscd_work	$private_pcscd_pid	$private_pcscd_card_pid
"
	PCSCLITE_CSOCK_NAME=$private_pcscd_socket
	export PCSCLITE_CSOCK_NAME
}

private_pcscd_end() { # WORK PID CARD_PID
	for private_pcscd_one in "$3" "$2"; do
		[ -n "$private_pcscd_one" ] || continue
		kill "$private_pcscd_one" 2>/dev/null
		wait "$private_pcscd_one" 2>/dev/null
	done
	rm -rf "$1"
}

stop_private_pcscd() { # [DIR]
	private_pcscd_kept=
	private_pcscd_tab=$(printf '\t')
	while IFS=$private_pcscd_tab read -r private_pcscd_dir \
		private_pcscd_work private_pcscd_pid private_pcscd_card_pid; do
		[ -n "$private_pcscd_dir" ] || continue
		if [ $# -gt 0 ] && [ "$1" != "$private_pcscd_dir" ]; then
			private_pcscd_kept="$private_pcscd_kept$private_pcscd_dir	$private_pcscd_work	$private_pcscd_pid	$private_pcscd_card_pid
"
			continue
		fi
		private_pcscd_end "$private_pcscd_work" "$private_pcscd_pid" \
			"$private_pcscd_card_pid"
	done <<-EOF
		$private_pcscds
	EOF
	private_pcscds=$private_pcscd_kept
	[ -n "$private_pcscds" ] || unset PCSCLITE_CSOCK_NAME
}
