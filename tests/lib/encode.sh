# encode.sh: jobs for `jcop45-tool encode`. Sourced after flow.sh.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

encode() { jcop45-tool encode "$@"; }

# The keys that most descriptions have.
ADMIN='KeysetSkAdmin=#sk_admin:11
ChipAuthKeyConfig=#011D:01'
FILE_MGMT='KeysetSkFileMgmt=#sk_file_mgmt:AD01/11
ChipAuthKeyConfig=#011D:01'

# job FILE: a description; what stands on standard input goes behind its header.
job() {
	{
		printf '[Encoding]\nType=1024,Chip\nDevices=8710\n'
		cat
	} >"$1"
}

# Commands that the card got beside those that only look: SELECT, READ BINARY,
# GET DATA, and VERIFY without a PIN, which asks for the tries.
changes() {
	count '(.ins | IN("A4", "B0", "CA") | not) and
		(.ins != "20" or .plain_lc != 0)'
}

# --- what the tests of the examples need besides

EXAMPLES=$JCOP_SRC/etc/examples

# The issuer's secrets of $CARD and its number, in the environment.
card_secrets() {
	TRANSPORT=$(head -n 1 "$CARD/issuer/transport-pin")
	PUK=$(head -n 1 "$CARD/issuer/puk")
	ICCSN=$(tr -d ' \n' <"$CARD/issuer/iccsn")
	export TRANSPORT PUK ICCSN
}

# values FILE NAME=VALUE...: a private JSON file for --fields.
values() {
	local file=$1
	shift
	jq -n '[$ARGS.positional[] | capture("^(?<key>[^=]*)=(?<value>.*)$"; "s")] |
		from_entries' --args "$@" >"$file" || bail "jq for $file"
	chmod 600 "$file"
}

verifies() { # AUTH-ID VARIABLE
	pkcs15-tool --verify-pin --auth-id "$1" --pin "env:$2"
}
tries() { # global | signature | transport | PUK: what is left
	jcop45-vcard info "$CARD" | sed -nE \
		"s/^.*\b$1\b[^0-9]*([0-9]+) tr(y|ies).*/\1/Ip" | head -n 1
}
life_cycle() {
	jcop45-vcard info "$CARD" | sed -nE 's/^life cycle[^a-z]*//Ip'
}
data() { # FIELD: of the agent data as the card has it
	jcop45-tool data --json 2>/dev/null | jq -c "$1"
}

# A secret as it is, in hexadecimal or in base64, whatever stands between its
# characters.
in_file() { # VALUE FILE
	local hex
	hex=$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')
	[ -f "$2" ] && tr -d ' :\n' <"$2" | grep -qiaF -e "$1" -e "$hex" \
		-e "$(printf %s "$1" | base64 | tr -d '=\n')"
}
not_in() { # VALUE FILE...
	local value=$1 file
	shift
	for file; do
		[ -e "$file" ] || bail "there is no $file to look into"
		! in_file "$value" "$file" || {
			echo "it is in $file"
			return 1
		}
	done
}

# new_issuer: the example CA in $CA_DIR, and $ASKING, a command that notes what
# it is asked before it hands it on: in $ASKED, an .env and a .csr for each
# request, and a copy of the file that JOURNAL names.
new_issuer() {
	export CA_DIR=$WORK/issuer ASKED=$WORK/asked CA=$EXAMPLES/ca-openssl
	export JOURNAL=
	must timeout 60 "$CA" --init "$CA_DIR"
	mkdir "$ASKED"
	ASKING=$WORK/asking
	cat >"$ASKING" <<'SPY'
#!/bin/sh
note=$ASKED/${JCOP_REQUEST_ID%%-*}-${JCOP_REQUEST_ID##*-}
env | grep ^JCOP_ | sort >"$note.env"
tr '\0' ' ' <"/proc/$$/cmdline" >"$note.arguments"
cat >"$note.csr"
[ ! -f "${JOURNAL:-/dev/null}" ] || {
	cp "$JOURNAL" "$note.journal"
	stat -c %a "$JOURNAL" >"$note.mode"
}
exec "$CA" <"$note.csr"
SPY
	chmod 755 "$ASKING"
}

# kept_on_paper: an old key with its certificate, as it comes back from an
# archive: old.b64 is its PKCS#12 in base64, its password is in password.
kept_on_paper() {
	certified_key old 3072
	bundle old
	base64 -w 0 old.p12 >old.b64
	printf '%s\n' "$P12" >password
	chmod 600 password
}

# label_to_id LABEL: of the key that is listed under it.
label_to_id() {
	pkcs15-tool --list-keys 2>/dev/null | awk -v label="[$1]" '
		index($0, label) { found = 1 }
		found && $1 == "ID" { print $3; exit }'
}
# on_card LABEL NAME: key and certificate of the label, NAME.pub and NAME.pem.
on_card() {
	rm -f "$2.pub" "$2.pem"
	public_key "$(label_to_id "$1")" "$2.pub" &&
		pkcs15-tool --read-certificate "$(label_to_id "$1")" \
			-o "$2.pem"
}
# fits NAME: certificate NAME.pem is that of key NAME.pub.
fits() {
	openssl x509 -in "$1.pem" -noout -pubkey | cmp - <(openssl pkey \
		-pubin -in "$1.pub")
}
issued() { # CERTIFICATE: by the example CA
	openssl verify -CAfile "$CA_DIR/ca.pem" "$1"
}
# signs PATTERN VARIABLE LABEL CERTIFICATE: the key of that label, with the PIN
# of the slot that PATTERN finds.
signs() {
	rm -f signed
	echo "signed by $3" >to-sign
	p11 --slot "$(slot_of "$1")" --login --pin "env:$2" --sign \
		-m SHA256-RSA-PKCS --id "$(label_to_id "$3")" -i to-sign \
		-o signed &&
		openssl x509 -in "$4" -noout -pubkey >signer.pub &&
		openssl dgst -sha256 -verify signer.pub -signature signed to-sign
}

# --- descriptions of applications

# applications CODE...: their sections and ApplicationList; a CODE is p10-mpp,
# p10-sign, archival, recovery (from the CA), recovery-FIELD or delete.
applications() {
	local letter code
	printf 'ApplicationList=%s\n' "$(printf %s {A..Z} | head -c $#)"
	for letter in {A..Z}; do
		[ $# -gt 0 ] || break
		code=$1
		shift
		printf '[Application_%s]\n' "$letter"
		application "$code"
	done
}
application() { # CODE
	[ "$1" != delete ] || {
		echo DeleteAllObjects=true
		return
	}
	printf 'CertTempl=Template\nStoreUserCertOnly=true\n'
	case $1 in
	p10-mpp | p10-sign)
		printf 'SignP10WithDummyKey=true\nKeySize=3072\n'
		case $1 in
		p10-mpp) echo 'Location=#MPP' ;;
		*) echo 'Location=#Signature' ;;
		esac
		;;
	archival)
		printf 'KeyArchivalRequest=true\nP12PASSWORD=PASS\n'
		echo 'Location=#mpp'
		;;
	recovery*)
		printf 'KeyRecoveryRequest=true\nP12PASSWORD=PASS\n'
		[ "$1" = recovery ] ||
			printf 'RecoveryCertificateData=%s\n' "${1#*-}"
		echo 'Location=#mpp'
		;;
	*) bail "application $1" ;;
	esac
}
