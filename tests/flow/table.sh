#!/bin/bash
# table.sh: the table of operations and the configuration they need, cell by
# cell. Each operation works with exactly what its row names, and with any of
# it missing it is refused, the missing one named, and nothing sent that
# changes the card.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

# --- configurations --------------------------------------------------------------

# Where the parts of a configuration are; nothing is set that is not asked for.
part() {
	case $1 in
	admin) echo --keyset-sk-admin sk_admin ;;
	unblk) echo --keyset-sk-unblk-pin sk_unblk_pin ;;
	mgmt) echo --keyset-sk-file-mgmt sk_file_mgmt ;;
	anchor) echo --chip-auth-trust-anchor "$WORK/anchor.pem" ;;
	hsm) echo --hsm-module "$SOFTHSM" --hsm-token hsm \
		--hsm-pin env:HSM_PIN ;;
	# An HSM that cannot be opened.
	broken-hsm) echo --hsm-module "$WORK/nowhere.so" --hsm-token none \
		--hsm-pin env:NOT_SET ;;
	esac
}
# What a message calls them.
name_of() {
	case $1 in
	admin) echo keyset_sk_admin ;;
	unblk) echo keyset_sk_unblk_pin ;;
	mgmt) echo keyset_sk_file_mgmt ;;
	anchor) echo chip_auth_trust_anchor ;;
	key) echo chip_auth_key_config ;;
	hsm) echo hsm ;;
	esac
}

# configured PART...: opensc.conf has these and no others. "key" is there by
# default; without it in the list it is taken out.
configured() {
	local options=() one has_key=
	for one; do
		[ "$one" != key ] || has_key=yes
		mapfile -t -O "${#options[@]}" options \
			< <(part "$one" | tr ' ' '\n' | grep .)
	done
	export OPENSC_CONF=$WORK/opensc.conf
	write_config "$OPENSC_CONF" --module-dir "$MODULES" \
		--profile-dir "$JCOP_SRC/etc" --provider-library "$PROVIDER" \
		"${options[@]}"
	[ -n "$has_key" ] || sed -i '/^[[:space:]]*chip_auth_key_config/d' \
		"$OPENSC_CONF"
}
# What an opensc.conf sets, in the words of the table.
settings() {
	sed -nE 's/^[[:space:]]*(keyset_[a-z_]+|chip_auth_[a-z_]+|hsm) *[={].*/\1/p' \
		"$OPENSC_CONF" | sort | tr '\n' ' '
}

# --- what is asked of each cell ----------------------------------------------------

# harmless: nothing was sent that changes a card or costs a try.
harmless() {
	[ -z "$(field '.name != "pin-status"' .ins | sort -u |
		grep -vx -e A4 -e CA -e B0)" ]
}

everything="admin unblk mgmt key anchor hsm"
fresh() { copy_card "$WORK/$1" "$CARD"; }

# row STATE "KEYSET PART..." NAME COMMAND...: COMMAND on a card in STATE.
row() {
	local state=$1 parts=$2 name=$3 one others
	shift 3
	for one in $parts; do
		others=" $parts "
		# shellcheck disable=SC2086 # words
		configured ${others/" $one "/ }
		fresh "$state"
		trace_reset
		refused "$name is refused without $(name_of "$one")" "$@"
		has "$name without $(name_of "$one"): it is named" \
			"$(name_of "$one")"
		that "$name without $(name_of "$one"): the card is as it was" \
			harmless
	done
	others=" $everything "
	# shellcheck disable=SC2086 # words
	configured ${others/" ${parts%% *} "/ }
	fresh "$state"
	trace_reset
	refused "$name: no other key set takes the place of its own" "$@"
	has "$name: and its own is named" "$(name_of "${parts%% *}")"
	that "$name: nor is the card changed with another" harmless
	# shellcheck disable=SC2086 # words
	configured $parts
	fresh "$state"
	trace_reset
	check "$name works with exactly [$(settings | sed 's/ $//')]" "$@"
}

# lone ROW NAME COMMAND...: an operation that needs nothing of all this: it works
# without, and where all of it is there it sends the same and leaves the HSM,
# which cannot be opened here, alone.
lone() {
	local state=$1 name=$2 alone
	shift 2
	configured
	fresh "$state"
	trace_reset
	check "$name works with nothing configured" "$@"
	alone=$(sent)
	# shellcheck disable=SC2086 # words
	configured ${everything/%hsm/broken-hsm}
	fresh "$state"
	trace_reset
	check "$name works beside key sets and an HSM that is not there" "$@"
	is "$name: both ways the same is sent" "$(sent)" "$alone"
	is "$name: no key set was used" "$(count '.ins == "82"')" 0
}
sent() {
	field true '[.name, .p1, .p2, .plain_lc, .sw] | @tsv' |
		grep -v '^verify' # how many digits a PIN has is its own affair
}

# --- cards ---------------------------------------------------------------------------

setup_blank card --temporary
cp "$CARD/issuer/trust-anchor.pem" anchor.pem
TRANSPORT=$(head -n 1 "$CARD/issuer/transport-pin")
PUK=$(head -n 1 "$CARD/issuer/puk")
NEW_PIN=60917234
P12=p12-4471
export TRANSPORT PUK NEW_PIN P12
copy_card "$CARD" blank
must activate
must jcop45-tool write-data ef.id.familyName=DUPONT ef.function.job=Greffier
copy_card "$CARD" active
must generate 2048 01 16
new_ca
must public_key 16 pub-16.pem
must issue_certificate pub-16.pem Holder cert-16.pem
copy_card "$CARD" with-key
must pkcs15-init --store-certificate cert-16.pem --id 16
copy_card "$CARD" with-certificate
kept_key "$WORK/key" 2048
printf 'Juge' >job

# --- SK_ADMIN and chip authentication -------------------------------------------------

admin="admin key anchor hsm"
in_steps() {
	pkcs15-init --store-pin --auth-id 01 --pin env:PIN \
		--so-pin env:TRANSPORT --label "PIN global" &&
		pkcs15-init --store-pin --auth-id 02 --pin env:SIGN_PIN \
			--so-pin env:TRANSPORT --label "PIN signature" &&
		pkcs15-init --finalize --so-pin env:TRANSPORT
}
row blank "$admin" "activation (jcop45-tool)" activate
row blank "$admin" "activation (pkcs15-init)" in_steps
run jcop45-vcard info "$CARD"
has "after the three steps of pkcs15-init the card is activated" "$ACTIVATED"
row active "$admin" "key generation (jcop45-tool)" \
	jcop45-tool generate --container mpp --bits 2048
row active "$admin" "key generation (pkcs15-init)" generate 2048 01 16
row active "$admin" "key import (jcop45-tool)" \
	jcop45-tool import --container mpp --password env:P12 key.p12
row active "$admin" "key import (pkcs15-init)" pkcs15-init \
	--store-private-key key.p12 --format pkcs12 --passphrase env:P12 \
	--auth-id 01 --id 16
row with-key "$admin" "certificate writing (jcop45-tool)" \
	jcop45-tool write-certificate cert-16.pem
row with-key "$admin" "certificate writing (pkcs15-init)" \
	pkcs15-init --store-certificate cert-16.pem --id 16
row with-certificate "$admin" "deletion (jcop45-tool)" \
	jcop45-tool delete-all --yes
row with-certificate "$admin" "deletion (pkcs15-init --erase-card)" \
	pkcs15-init --erase-card
row with-certificate "$admin" "deletion (pkcs15-init --erase-application)" \
	pkcs15-init --erase-application E828BD080F014E585030

# --- SK_UNBLK --------------------------------------------------------------------------

by_keyset() {
	jcop45-tool unblock-pin --which global --keyset --new-pin env:NEW_PIN
}
row active "unblk hsm" "unblocking with SK_UNBLK (jcop45-tool)" by_keyset

# --- SK_FILEMGMT and chip authentication -----------------------------------------------

mgmt="mgmt key anchor hsm"
row active "$mgmt" "writing EF.Fonction (jcop45-tool)" \
	jcop45-tool write-data ef.function.job=Juge
row active "$mgmt" "writing EF.Id (jcop45-tool)" \
	jcop45-tool write-data ef.id.familyName=MARTIN
row active "$mgmt" "writing EF.Fonction (pkcs15-init)" pkcs15-init \
	--store-data job --label ef.function.job --application-name jcop45

# --- nothing ---------------------------------------------------------------------------

lone active "reading the ICCSN (opensc-tool)" opensc-tool --serial
lone active "reading the ICCSN (jcop45-tool)" jcop45-tool info
lone active "reading EF.Id and EF.Fonction (jcop45-tool)" jcop45-tool data
has "with what was written there" "DUPONT"
lone active "reading EF.Id (pkcs15-tool)" pkcs15-tool \
	--read-data-object ef.id.familyName --raw --output name.read
is "with the family name" "$(cat name.read)" DUPONT
lone active "reading EF.Fonction (pkcs11-tool)" p11 --read-object \
	--type data --label ef.function.job --output-file job.read
is "with the job" "$(cat job.read)" Greffier

# SK_UNBLK plays no part in these, be it there or not.
lone active "PIN change (jcop45-tool)" jcop45-tool change-pin \
	--which global --old-pin env:PIN --new-pin env:NEW_PIN
lone active "PIN change (pkcs15-tool)" pkcs15-tool --change-pin \
	--auth-id 01 --pin env:PIN --new-pin env:NEW_PIN
change_by_pkcs11() {
	local slot
	slot=$(slot_of global)
	p11 --slot "$slot" --login --pin env:PIN --change-pin \
		--new-pin env:NEW_PIN
}
lone active "PIN change (pkcs11-tool)" change_by_pkcs11
lone active "unblocking with the PUK (jcop45-tool)" jcop45-tool unblock-pin \
	--which signature --puk env:PUK --new-pin env:NEW_PIN
lone active "unblocking with the PUK (pkcs15-tool)" pkcs15-tool \
	--unblock-pin --auth-id 01 --puk env:PUK --new-pin env:NEW_PIN
unlock_by_pkcs11() {
	local slot
	slot=$(slot_of global)
	p11 --slot "$slot" --unlock-pin --puk env:PUK --new-pin env:NEW_PIN
}
lone active "unblocking with the PUK (pkcs11-tool)" unlock_by_pkcs11
done_testing
