#!/bin/bash
# budget.sh: how many commands an operation may cost. Counted by the card's
# trace; the limits are these literals.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

table=()
budget() { # NAME COUNT LIMIT
	table+=("$(printf '%-52s %5s %5s' "$1" "$2" "$3")")
	at_most "$1" "$2" "$3"
}

# Commands by what they are, not by what we call them.
chip_auth='.p1 == "41" and .ins == "22" and .p2 == "A4" or .ins == "86"'
role='.p1 == "81" and .ins == "22" and .p2 == "A4" or
	.ins == "84" or .ins == "82"'

setup_blank
trace_reset
must opensc-tool -n
budget "recognise and init" "$(count)" 3

edit_config 's/^([[:space:]]*)card_drivers *=.*/\1card_drivers = jcop45;/' only.conf
must jcop45-vcard set "$CARD" foreign yes
trace_reset
run using "$WORK/only.conf" opensc-tool -n
budget "foreign card" "$(count)" 1
must jcop45-vcard set "$CARD" foreign no

# channel NAME COMMAND...: what an administrative operation pays first.
channel() {
	local name=$1
	shift
	trace_reset
	must "$@"
	budget "chip authentication in $name" "$(count "$chip_auth")" 2
	budget "role authentication in $name" "$(count "$role")" 3
}
channel "activation" activate
# Activation reads no other file before the channel is open.
reads=$(jq -s '.[:(map(.ins == "86") | index(true))] |
	map(select(.ins == "B0" and .sw != "6B00"))' "$TRACE")
that "EF.CardSecurity is read for the channel" \
	test "$(jq 'map(.plain_response) | add' <<<"$reads")" -gt 300
is "and each part of it once" \
	"$(jq -r '.[] | .p1 + .p2' <<<"$reads" | sort | uniq -d)" ""
channel "a key generation" generate 3072 01 11
for id in 12 13 14 15; do
	must generate 3072 01 $id
done
must generate 2048 01 16
must generate 3072 02 21
must generate 3072 02 22
for id in 11 12 13 14 15 16 21 22; do
	must certify $id
done

must pkcs15-tool --list-keys
is "the full card has eight keys" "$(grep -c 'Private RSA Key' <<<"$OUT")" 8
must pkcs15-tool --list-certificates
is "and eight certificates" "$(grep -c '^X.509 Certificate' <<<"$OUT")" 8
# pkcs15-tool -D reads the value of each data object by itself.
edit_config 's/^([[:space:]]*)# agent_data = .*/\1agent_data = no;/' nodata.conf
trace_reset
must using nodata.conf pkcs15-tool --short -D
budget "list all objects on a full card, extended" "$(count)" 12
listed=$(jq -s 'map(.plain_response) | add' "$TRACE")
at_most "and no certificate is read for it" "$listed" 7000
trace_table
trace_reset
must pkcs15-tool --short -D
budget "and with the values of all agent data" "$(count)" 18
trace_table

# Signatures, counted in one process that logs in once.
must gcc -o twice "$JCOP_SRC/tests/budget/sign-twice.c" \
	$(pkg-config --cflags p11-kit-1) -ldl
slot=$(slot_of global)
signatures() { # KIND LIMIT
	trace_reset
	must tool ./twice "$P11" "$slot" 11 sig1 sig2
	trace_table
	local costs
	# Commands after the login up to the end of the first signature, and
	# from there to the end of the second; GET RESPONSE belongs to the
	# command before it.
	costs=$(jq -rs '
		.[map(.ins == "20" and .plain_lc > 0) | rindex(true) + 1:] |
		[range(length) as $i | select(.[$i].ins == "2A") |
			$i + 1 + ([.[$i + 1:][] | .ins != "C0"] |
				index(true) // length)] as $ends |
		"\($ends[0]) \($ends[1] - $ends[0])"' "$TRACE")
	budget "sign after login, $1" "${costs% *}" "$2"
	budget "second signature with the same key, $1" "${costs#* }" 2
	for n in 1 2; do
		check "signature $n is right, $1" openssl dgst -sha256 -verify \
			pub-11.pem -signature sig$n data$n
	done
}
printf one >data1
printf two >data2
# One lock from login to logout: nobody comes between two signatures.
edit_config 's/^([[:space:]]*)user_pin_unblock_style *=/\1lock_login = true;\
	&/' lock.conf
export OPENSC_CONF=$WORK/lock.conf
signatures extended 2
printf 'extended=no\n' >>"$CARD/reader"
signatures short 3

# --- files, and the bytes on the wire -------------------------------------------

# with_files: TRACE is a copy in which each command has "file", how many SELECTs
# there were so far, and "path", how long the path of the last one was: 2 bytes
# for a file of the MF, as EF.CardSecurity, 0 without a path.
with_files() {
	jq -c -n '[inputs] | foreach .[] as $c ({file: 0, path: 0};
		if $c.ins == "A4" then {file: (.file + 1), path:
			(if $c.p1 == "08" then $c.plain_lc else 0 end)}
		else . end; $c + .)' "$TRACE" >"$TRACE.files"
	TRACE=$TRACE.files
}
card_security='.ins == "B0" and .path == 2'
read_command='.ins == "B0"'

# nothing_behind NAME FILTER SIZE: of an object of SIZE bytes, which is alone in
# its file. Nobody knows its length before it was read: so the first command may
# ask for more, up to what one short answer holds.
nothing_behind() {
	is "no read of $1 starts behind the object or goes past its end" \
		"$(jq -s --argjson size "$3" "[.[] | select($2) |"'
		{at: ("\(.p1)\(.p2)" | explode | map(if . > 57 then . - 55
			else . - 48 end) | reduce .[] as $d (0; . * 16 + $d)),
			plain_le, plain_response} |
		select(.at >= $size or .at + .plain_le > $size and
			(.at > 0 or .plain_le > 256))] | length' "$TRACE")" 0
}

# transfer NAME FILTER PAYLOAD PER HEADERS: the bytes on the wire of those
# commands, and what PAYLOAD bytes cost at least, PER bytes a command and HEADERS
# bytes around them.
transfer() {
	local wire least=$(($3 + ($3 + $4 - 1) / $4 * $5))
	wire=$(jq -s "[.[] | select($2) | .wire_command + .wire_response] |
		add" "$TRACE")
	budget "bytes of $1" "$wire" $((least * 105 / 100))
}
# In plain: class to P2, Lc or Le, status word. In the channel there are the
# data objects too: 87 with length, indicator and padding, 8E, Le; 99, 8E.
declare -A read_per=([short]=256 [extended]=65536) \
	read_headers=([short]=$((4 + 1 + 2)) [extended]=$((4 + 3 + 2))) \
	write_per=([short]=239 [extended]=8000) \
	write_headers=([short]=$((4 + 1 + 4 + 1 + 10 + 1 + 4 + 10 + 2))
		[extended]=$((4 + 3 + 5 + 16 + 10 + 2 + 4 + 10 + 2)))

# --- writing ----------------------------------------------------------------------

# A certificate of 1.8 kB, or a few bytes less.
sized_certificate() { # PUBLIC-KEY FILE
	local names=36
	size=0
	while [ "$size" -lt 1780 ]; do
		printf 'subjectAltName=%s\n' "$(seq -f 'DNS:host-%04g.example.org' \
			-s , "$names")" >ext
		must openssl x509 -req -in dummy.csr -CA ca.pem -CAkey ca.key \
			-force_pubkey "$1" -days 30 -set_serial 77 \
			-extfile ext -out "$2"
		size=$(openssl x509 -in "$2" -outform DER | wc -c)
		names=$((names + 1))
	done
	echo "$2 has $size bytes"
}

# From the channel's first command to the last of the operation, with the
# reading of EF.CardSecurity, wherever it was read; without that there is only
# what finds out whether the operation can be done.
operation_costs() {
	jq -s '(map(.ins == "22" and .p1 == "41") | index(true)) as $start |
		([.[:$start][] | select(.path == 2 and
			(.ins | IN("A4", "B0")))] | length) +
		(.[$start:] | length)' "$TRACE"
}
# The same without channel and role: of a second operation, which pays them
# again.
costs_without_channel() {
	jq -s '(map(.ins == "82") | rindex(true)) as $role |
		.[$role + 1:] | length' "$TRACE"
}

P12=p12-4471
export P12
new_card writing --temporary
import_keyset sk_admin w_admin
import_keyset sk_file_mgmt w_mgmt
new_config --keyset-sk-admin w_admin --keyset-sk-file-mgmt w_mgmt
must activate
# Nothing else is in ADF Agent's way: EF.Id of some length.
fields=()
for field in familyName firstName rio uin orgName1 orgName2; do
	fields+=("ef.id.$field=$(printf "$field %.0s" 1 2 3 4 5 6)")
done
must jcop45-tool write-data "${fields[@]}" ef.function.job=Greffier
object_size() { # PATH: of the object that is alone in that file
	local object
	object=$(jcop45-vcard apdu "$CARD" "00A4080C$1" 00B0000004 |
		tail -n 1)
	case $object in
	??82*) echo $((0x${object:4:4} + 4)) ;;
	??81*) echo $((0x${object:4:2} + 3)) ;;
	*) echo $((0x${object:2:2} + 2)) ;;
	esac
}
security_size=$(object_size 02011D)
id_size=$(object_size 04AD010101)
job_size=$(object_size 04AD010102)
kept_key "$WORK/old-short" 3072
kept_key "$WORK/old-extended" 3072
writing() { # short|extended ID DATA-COMMANDS IN-ALL
	local kind=$1 id=$2 key
	trace_reset
	must generate 3072 01 "$id"
	with_files
	nothing_behind "EF.CardSecurity, $kind" "$card_security" \
		"$security_size"
	transfer "reading EF.CardSecurity, $kind" "$card_security" \
		"$security_size" "${read_per[$kind]}" "${read_headers[$kind]}"
	key=$(operation_costs)
	trace_table
	use_card "$CARD"

	must public_key "$id" pub-w.pem
	sized_certificate pub-w.pem w.pem
	trace_reset
	must pkcs15-init --store-certificate w.pem --id "$id"
	trace_table
	budget "data commands of a certificate of 1.8 kB, $kind" \
		"$(count '.name == "certificate-write"')" "$3"
	transfer "writing it, $kind" '.name == "certificate-write"' \
		"$size" "${write_per[$kind]}" "${write_headers[$kind]}"
	budget "channel, role, key, certificate, directory, $kind" \
		$((key + $(costs_without_channel))) "$4"

	trace_reset
	must pkcs15-tool --read-certificate "$id"
	with_files
	trace_table
	local last=".ins == \"B0\" and .file == $(jq -s 'map(.file) | max' "$TRACE")"
	nothing_behind "a certificate, $kind" "$last" "$size"
	transfer "reading it, $kind" "$last" "$size" "${read_per[$kind]}" \
		"${read_headers[$kind]}"
	use_card "$CARD"

	# The same with a key that is brought along.
	trace_reset
	must jcop45-tool import --container mpp --password env:P12 \
		"old-$kind.p12"
	with_files
	trace_table
	budget "an import with its certificate, $kind" "$(operation_costs)" "$4"
	use_card "$CARD"

	reading_data "$kind"
}

# Two files: each is selected and read; so says the card's trace.
reading_data() { # short|extended
	local kind=$1 n
	trace_reset
	must jcop45-tool data
	with_files
	trace_table
	is "both data files are read, $kind" "$(jq -s \
		"[.[] | select($read_command) | .file] | unique | length" \
		"$TRACE")" 2
	for n in $(jq -s "[.[] | select($read_command) | .file] | unique[]" \
		"$TRACE"); do
		budget "reading a data file, $kind" "$(count ".file == $n")" 3
	done
	n=$(jq -s "[.[] | select($read_command) | .file] | min" "$TRACE")
	nothing_behind "EF.Id, $kind" "$read_command and .file == $n" "$id_size"
	transfer "reading EF.Id, $kind" "$read_command and .file == $n" \
		"$id_size" "${read_per[$kind]}" "${read_headers[$kind]}"
	nothing_behind "EF.Fonction, $kind" "$read_command and .file > $n" \
		"$job_size"
	use_card "$CARD"
}
writing extended 41 2 25
printf 'extended=no\n' >>"$CARD/reader"
writing short 42 9 45

{
	printf '# %-52s %5s %5s\n' commands used limit
	printf '# %s\n' "${table[@]}"
} >&3
done_testing
