#!/bin/bash
# configuration.sh: the keys of the driver's block, one by one.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank
blank=$CARD.blank
copy_card "$CARD" "$blank"
fresh() {
	copy_card "$blank" "$CARD"
}
# set_key KEY VALUE FILE: opensc.conf with another value of KEY.
set_key() {
	sed -E "s,^([[:space:]]*)$1 *= *[^;]*;,\1$1 = \"$2\";," "$OPENSC_CONF" >"$3"
	chmod 600 "$3"
	grep -q "$1 = \"$2\"" "$3" || bail "no $1 in opensc.conf"
}
with_key() { # KEY VALUE COMMAND...
	set_key "$1" "$2" with.conf
	shift 2
	using "$WORK/with.conf" "$@"
}
# add_key TEXT COMMAND...: TEXT at the start of the driver's block.
add_key() {
	awk -v text="$1" '{ print } /card_driver +"?jcop45"? *\{/ { print text }' \
		"$OPENSC_CONF" >with.conf
	chmod 600 with.conf
	shift
	using "$WORK/with.conf" "$@"
}
without_key() { # KEY COMMAND...
	sed -E "/^[[:space:]]*$1 *=/d" "$OPENSC_CONF" >with.conf
	chmod 600 with.conf
	shift
	using "$WORK/with.conf" "$@"
}
untouched() {
	is "$1" "$(count '.name | IN("verify", "pin-set", "activate",
		"role-authentication", "generate")')" 0
}

# Key sets: label, label:key, label:file/key.
for value in sk_admin sk_admin:11; do
	fresh
	check "keyset_sk_admin = $value works" \
		with_key keyset_sk_admin "$value" activate
done
fresh
for value in "" ":" "sk_admin:" "sk_admin:xyz" "sk_admin:AD01/" \
	"sk_admin:111" "sk_admin:AD01/11/22"; do
	trace_reset
	refused "keyset_sk_admin = '$value' is refused" \
		with_key keyset_sk_admin "$value" activate
	has "'$value': the error names keyset_sk_admin" "keyset_sk_admin"
	has "'$value': and the operation" "activation"
	untouched "'$value': before the card was changed"
done
refused "without keyset_sk_admin there is no activation" \
	without_key keyset_sk_admin activate
has "and the error names the missing key" "keyset_sk_admin"
has "and the operation that needs it" "activation"
refused "without keyset_sk_admin there is no key generation" \
	without_key keyset_sk_admin generate 3072 01 11
has "and that error names the missing key" "keyset_sk_admin"
check "without any key set the holder's tools work" \
	without_key 'keyset_[a-z_]*' pkcs15-tool -D
run with_key keyset_sk_file_mgmt "sk_file_mgmt:AD01/11" jcop45-tool info
is "keyset_sk_file_mgmt = label:AD01/11 is well formed" "$RC" 0
hasnt "and info does not complain of it" "keyset_sk_file_mgmt.*(malformed|expected)"

# Chip authentication.
fresh
check "chip_auth_key_config = 011D:01 works" \
	with_key chip_auth_key_config 011D:01 activate
fresh
refused "without chip_auth_key_config there is no activation" \
	without_key chip_auth_key_config activate
has "and its error names it" "chip_auth_key_config"
fresh
for value in 011D 011D:02 0222:01 x:y; do
	trace_reset
	refused "chip_auth_key_config = $value is refused" \
		with_key chip_auth_key_config "$value" activate
	untouched "$value: before a PIN or key was used"
	is "$value: as a matter of configuration" "$RC" 5
done
fresh
pinned() {
	sed -E "s,^([[:space:]]*)chip_auth_trust_anchor *=.*,\1chip_auth_pinned_key = \"$1\";," \
		"$OPENSC_CONF" >with.conf
	chmod 600 with.conf
	shift
	using "$WORK/with.conf" "$@"
}
check "chip_auth_pinned_key = chip-key.pem activates" \
	pinned "$CARD/issuer/chip-key.pem" activate
fresh
must openssl ecparam -genkey -name prime256v1 -noout -out other.key
must openssl ec -in other.key -pubout -out other.pem
trace_reset
refused "another pinned key is refused" pinned "$WORK/other.pem" activate
untouched "before a PIN or key was sent to that chip"
trace_reset
refused "a trust anchor that is not there is refused" \
	with_key chip_auth_trust_anchor "$WORK/none.pem" activate
has "and named" "none.pem"
untouched "before the card was touched"
echo "no certificate" >empty.pem
for key in chip_auth_trust_anchor chip_auth_pinned_key; do
	trace_reset
	if [ "$key" = chip_auth_pinned_key ]; then
		run pinned "$WORK/empty.pem" activate
	else
		run with_key "$key" "$WORK/empty.pem" activate
	fi
	is "$key without what it is for is a matter of configuration" "$RC" 5
	has "$key: it is named" "$key: .*empty.pem"
	untouched "$key: before a PIN or key was used"
done
refused "without trust anchor and pinned key the chip is not trusted" \
	without_key chip_auth_trust_anchor activate
has "and the error says what is missing" "chip_auth_trust_anchor"
allow_untrusted() {
	sed -E "s,^([[:space:]]*)chip_auth_trust_anchor *=.*,\1chip_auth_allow_untrusted = yes;," \
		"$OPENSC_CONF" >with.conf
	chmod 600 with.conf
	using "$WORK/with.conf" "$@"
}
check "chip_auth_allow_untrusted = yes activates all the same" \
	allow_untrusted activate

# The HSM.
fresh
uri="pkcs11:token=hsm?module-path=$SOFTHSM&pin-source=file:$WORK/hsm.pin"
printf '%s\n' "$HSM_PIN" >hsm.pin
chmod 600 hsm.pin
hsm_block() { # TEXT COMMAND...
	awk -v text="$1" '
		/^[ \t]*hsm *\{/ { print "hsm { " text " }"; inside = 1 }
		!inside { print }
		/\}/ { inside = 0 }' "$OPENSC_CONF" >with.conf
	chmod 600 with.conf
	shift
	using "$WORK/with.conf" "$@"
}
check "hsm { uri } works" hsm_block "uri = \"$uri\";" activate
fresh
check "hsm { module, token, pin = file: } works" hsm_block \
	"module = \"$SOFTHSM\"; token = hsm; pin = \"file:$WORK/hsm.pin\";" \
	activate
fresh
chmod 644 hsm.pin
trace_reset
refused "an HSM PIN in a file that others can read is refused" \
	hsm_block "uri = \"$uri\";" activate
untouched "before the card was changed"
chmod 600 hsm.pin
refused "a pin-value in a URI is refused" hsm_block \
	"uri = \"pkcs11:token=hsm?module-path=$SOFTHSM&pin-value=$HSM_PIN\";" \
	activate
hasnt "and not shown" "$HSM_PIN"
for block in "module = \"/nowhere.so\"; token = hsm; pin = \"env:HSM_PIN\";" \
	"module = \"$SOFTHSM\"; token = other; pin = \"env:HSM_PIN\";" \
	"module = \"$SOFTHSM\"; token = hsm;" \
	"token = hsm; pin = \"env:HSM_PIN\";" \
	"module = \"$SOFTHSM\"; token = hsm; pin = \"env:NOT_SET\";" \
	"uri = \"pkcs11:token=hsm\"; token = hsm;" \
	"uri = \"http:example\";"; do
	trace_reset
	refused "refused: hsm { $block }" hsm_block "$block" activate
	has "its error names hsm, its key or its value: $block" \
		"hsm|nowhere|other|NOT_SET|uri|module|pin"
	untouched "and nothing was changed: $block"
done
end_user_without_hsm() {
	hsm_block "module = \"/nowhere.so\"; token = hsm; pin = \"env:X\";" \
		pkcs15-tool -D
}
check "the holder's tools never load the HSM module" end_user_without_hsm

# What is shown.
fresh
check "agent_data = maybe: info works" \
	add_key "agent_data = maybe;" jcop45-tool info
has "info names it" "agent_data = maybe: expected yes or no"
check "agent_data = maybe: data works" \
	add_key "agent_data = maybe;" jcop45-tool data
has "data names it, too" "agent_data = maybe: expected yes or no"
check "agent_data = maybe: the fields stay" \
	add_key "agent_data = maybe;" pkcs15-tool --list-data-objects
has "as data objects" "ef\.id\.familyName"
check "agent_data = no is not complained of" \
	add_key "agent_data = no;" jcop45-tool info
hasnt "with a word" "expected yes or no"

# The card description.
fresh
sed 's/role = ias-aes;/role = ias-3des;/' "$JCOP_SRC/etc/agent.card" >3des.card
check "role = ias-3des: info works" \
	add_key "card_description = \"$WORK/3des.card\";" jcop45-tool info
has "and tells that it cannot be used" "activation: *not configured: .*ias-3des"
trace_reset
refused "role = ias-3des is refused" \
	add_key "card_description = \"$WORK/3des.card\";" activate
is "as a matter of configuration" "$RC" 5
untouched "before a PIN was set"
sed 's/JCOP 4\.5/the other name/' "$JCOP_SRC/etc/agent.card" >other.card
check "card_description replaces the compiled-in one" \
	add_key "card_description = \"$WORK/other.card\";" opensc-tool -n
has "by the file's" "the other name"
echo 'card agent { nonsense = 1; }' >bad.card
run add_key "card_description = \"$WORK/bad.card\";" opensc-tool -n
hasnt "with a bad description the card is not ours" "JCOP 4.5"
run add_key "card_description = \"$WORK/bad.card\";" jcop45-tool info
that "jcop45-tool info then fails" test "$RC" -gt 0
has "naming file and line" "bad.card:1"
has "and key" "nonsense"
done_testing
