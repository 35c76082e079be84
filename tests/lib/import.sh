# import.sh: keys in files, for the tests that bring them to a card.
# Sourced after flow.sh.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

P12=p12-5093471
export P12

# file_key NAME BITS [OPTION...]: a private key NAME.key, its public half.
file_key() {
	local name=$1 bits=$2
	shift 2
	must openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$bits" \
		"$@" -out "$name.key"
	must openssl pkey -in "$name.key" -pubout -out "pub-$name.pem"
}

# certified_key NAME BITS: the same with a certificate of the test's CA.
certified_key() {
	file_key "$@"
	[ -f "$WORK/ca.pem" ] || new_ca
	must issue_certificate "pub-$1.pem" "Holder $1" "cert-$1.pem"
}

# bundle NAME [OPTION...]: NAME.p12 of key, certificate and the CA's.
bundle() {
	local name=$1
	shift
	must openssl pkcs12 -export -inkey "$name.key" -in "cert-$name.pem" \
		-certfile ca.pem -out "$name.p12" -passout env:P12 "$@"
}

import() { # FILE CONTAINER OPTION...
	local file=$1 container=$2
	shift 2
	jcop45-tool import "$file" --container "$container" \
		--password env:P12 "$@"
}

# With OpenSC's own tool the password cannot be read from anywhere else.
stock_import() { # FILE AUTH-ID ID OPTION...
	local file=$1 auth=$2 id=$3
	shift 3
	pkcs15-init --store-private-key "$file" --format pkcs12 \
		--passphrase "$P12" --auth-id "$auth" --id "$id" "$@"
}

# What the card holds, whatever its directory says.
keys_in_slots() {
	jq '.keys | length' "$CARD/card.json"
}
certificates_in_files() {
	jq '[.files | to_entries[] | select(.key | test("/C0[12][0-9]$")) |
		select(.value | test("[1-9a-f]"))] | length' "$CARD/card.json"
}

# listed FID: the file of the directory has a first entry. PrKDF is 7002, CDF
# 7005; our own tools show no certificate whose key is not listed.
listed() {
	jq -e --arg file "1/$1" '.files[$file] // "00" | test("^00") | not' \
		"$CARD/card.json" >/dev/null
}

# Commands of an import, and those of them that a channel did not protect.
imports() {
	count '.name == "import"'
}
unprotected() {
	count '(.name | IN("import", "delete", "directory-write",
		"certificate-write")) and ((.secured | not) or
		(.mac_verified | not))'
}

# works ID PUBLIC: what was encrypted for the key before it came to the card is
# read by it, and what it signs is verified.
works() {
	local slot
	slot=$(slot_of global)
	echo "encrypted long ago for $1" >long-ago
	rm -f plain sig
	openssl pkeyutl -encrypt -pubin -inkey "$2" -in long-ago \
		-out cipher &&
		p11 --slot "$slot" --login --pin env:PIN --decrypt \
			-m RSA-PKCS --id "$1" -i cipher -o plain &&
		cmp long-ago plain &&
		p11 --slot "$slot" --login --pin env:PIN --sign \
			-m SHA256-RSA-PKCS --id "$1" -i long-ago -o sig &&
		openssl dgst -sha256 -verify "$2" -signature sig long-ago
}
