#!/bin/bash
# encode-rules.sh: what is refused in an encoding description, each thing with
# its own message and status, before a command changes the card; and the kinds
# of value that it may have.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"
. "$JCOP_SRC/tests/lib/import.sh"
. "$JCOP_SRC/tests/lib/encode.sh"

# run_job STATUS NAME OPTION...: job.dsc, and what it got.
run_job() {
	trace_reset
	run encode job.dsc "${@:3}"
	is "$2" "$RC" "$1"
}
nothing_sent() { # NAME
	is "$1: nothing was sent that changes the card" "$(changes)" 0
}

# rejected NAME STATUS REGEX [OPTION...]: job.dsc is refused with that status,
# its message is the rule's own, and the card is left alone.
declare -A rule_of=()
shared=()
rejected() {
	local name=$1 status=$2 regex=$3 message
	shift 3
	run_job "$status" "$name: refused with status $status" "$@"
	has "$name: with its reason" "$regex"
	nothing_sent "$name"
	message=$(grep -iE -e "$regex" <<<"$OUT" | head -n 1 |
		sed -E 's/^([^ ]*:[0-9]+:|jcop45-tool:) *//')
	[ -n "$message" ] || return 0
	[ "${rule_of[$message]=$regex}" = "$regex" ] || shared+=("$message")
}
# planned NAME [OPTION...]: job.dsc passes all checks.
planned() {
	trace_reset
	check "$1" encode job.dsc --dry-run "${@:2}"
	nothing_sent "$1"
}
output() { # FILTER: of the JSON that the last job printed
	sed -n '/^{/,/^}/p' <<<"$OUT" | jq -r "$1"
}
accepted() { # NAME [OPTION...]: job.dsc is done
	check "$1" encode job.dsc "${@:2}"
}

FIELDS='[Fields]
T=
G=
S=
PUK=
PASS=
OLD=
SMALL=
SMALL2=
job='
# describe [LINE...]: job.dsc with FIELDS and these lines in [Description].
describe() {
	job job.dsc < <(
		printf '%s\n' "$FIELDS" '[Description]'
		printf '%s\n' "$@"
	)
}
INIT='InitToken=true
IdopteTransportPin=T
PIN=G
SignPIN=S'
without() { # PATTERN TEXT: without these lines
	grep -vE -e "$1" <<<"$2"
}


setup_blank card --temporary
must activate
activated=$CARD
blank=$CARD.blank
must jcop45-vcard new "$blank" --temporary
certified_key old 3072
bundle old
certified_key small 2048
bundle small
base64 -w0 old.p12 >old.b64
base64 -w0 small.p12 >small.b64
write_fields() { # FILE JQ-EXPRESSION
	jq -n --rawfile t "$CARD/issuer/transport-pin" \
		--rawfile k "$CARD/issuer/puk" --rawfile old old.b64 \
		--rawfile small small.b64 \
		'{T: $t[:-1], PUK: $k[:-1], G: env.PIN, S: env.SIGN_PIN,
		PASS: env.P12, OLD: $old, SMALL: $small, SMALL2: $small,
		job: "Greffier"} | '"${2:-.}" >"$1"
	chmod 600 "$1"
}
write_fields fields.json
fields=(--fields fields.json)
cat >no-ca <<'SCRIPT'
#!/bin/sh
echo asked >>asked
exit 1
SCRIPT
chmod 700 no-ca
ca=("${fields[@]}" --ca "$WORK/no-ca")

# --- key sets and chip authentication, as in the overview ---------------------

grep -vE 'keyset_|chip_auth_key_config' "$OPENSC_CONF" >bare.conf
chmod 600 bare.conf
bare() { using "$WORK/bare.conf" "$@"; }
sed -E 's/(keyset_[a-z_]* = ").*/\1nobody";/
	s/(chip_auth_key_config = ").*/\1011D:77";/' "$OPENSC_CONF" >wrong.conf
chmod 600 wrong.conf

# lacking OPERATION KEY LINES...: the description without KEY is refused, also
# in a dry run, and blames nothing else.
lacking() {
	local operation=$1 key=$2 setting
	shift 2
	describe "$(without "^$key=" "$(printf '%s\n' "$@")")"
	case $key in
	KeysetSkAdmin) setting=keyset_sk_admin ;;
	KeysetSkUnblkPin) setting=keyset_sk_unblk_pin ;;
	KeysetSkFileMgmt) setting=keyset_sk_file_mgmt ;;
	*) setting=chip_auth_key_config ;;
	esac
	OPENSC_CONF=$WORK/bare.conf rejected "$operation without $key" 5 \
		"$key.*$setting|$setting.*$key" "${ca[@]}"
}
use_card "$blank"
lacking activation KeysetSkAdmin "$INIT" "$ADMIN"
lacking activation ChipAuthKeyConfig "$INIT" "$ADMIN"
use_card "$activated"
for code in p10-mpp p10-sign archival recovery-OLD delete; do
	lines="$ADMIN
$(applications $code)"
	lacking "$code" KeysetSkAdmin "$lines"
	lacking "$code" ChipAuthKeyConfig "$lines"
	describe "$lines"
	OPENSC_CONF=$WORK/bare.conf planned \
		"$code is planned with both in the description" "${ca[@]}"
done

lacking "agent data" KeysetSkFileMgmt "$FILE_MGMT" ef.function.job=job
lacking "agent data" ChipAuthKeyConfig "$FILE_MGMT" ef.function.job=job
describe "$FILE_MGMT" ef.function.job=job
OPENSC_CONF=$WORK/bare.conf accepted \
	"agent data is written with both in the description" "${fields[@]}"
job job.dsc <<<'[Fields]
ef.function.job=
[Description]
readDataObjects=true'
OPENSC_CONF=$WORK/bare.conf accepted "agent data is read with none of them"
is "and is what was written" "$(output .[])" Greffier
job job.dsc <<<'[Fields]
ALL=
[Description]
RetrieveAllTokens=true
AllTokensIccsnsField=ALL'
OPENSC_CONF=$WORK/bare.conf accepted "ICCSNs are listed with none of them"
has "this card's" "$(tr -d ' \n' <"$CARD/issuer/iccsn")"

# SK_UNBLK stands for itself: no chip authentication, no other key set.
NEW=19283746
export NEW
describe SetPin=true PIN=G KeysetSkUnblkPin=#sk_unblk_pin:12
OPENSC_CONF=$WORK/bare.conf accepted \
	"a PIN is unblocked with KeysetSkUnblkPin alone" "${fields[@]}" \
	--field G=env:NEW
check "and has its new value" pkcs15-tool --verify-pin --auth-id 01 --pin env:NEW
that "the trace shows what changes a card" test "$(changes)" -gt 3
describe SetPin=true PIN=G InitialPUK=PUK
OPENSC_CONF=$WORK/bare.conf accepted \
	"a PIN is unblocked with the PUK and no key set" "${fields[@]}"
check "and has that value" pkcs15-tool --verify-pin --auth-id 01 --pin env:PIN

# What the description says wins, and is to blame.
describe "$FILE_MGMT" ef.function.job=#Juge
OPENSC_CONF=$WORK/wrong.conf accepted \
	"the description wins over a wrong opensc.conf: KeysetSkFileMgmt"
must jcop45-tool data
has "which is written" 'ef\.function\.job +Juge'
describe SetPin=true PIN=G KeysetSkUnblkPin=#sk_unblk_pin
OPENSC_CONF=$WORK/wrong.conf accepted \
	"the description wins: KeysetSkUnblkPin, without its path" "${fields[@]}"
describe "$ADMIN" "$(applications delete)"
OPENSC_CONF=$WORK/wrong.conf accepted \
	"the description wins: KeysetSkAdmin and ChipAuthKeyConfig"
describe "$ADMIN" "$(applications delete)"
sed -i 's/#sk_admin:11/K/; s/^job=/K=\n&/' job.dsc
OPENSC_CONF=$WORK/wrong.conf accepted "a field as KeysetSkAdmin wins, too" \
	--field K=sk_admin:11
tries_left() { # of sk_admin
	jcop45-vcard info "$CARD" | sed -nE \
		's/^.*\bsk_admin\b[^0-9]*([0-9]+) tr(y|ies).*/\1/Ip' | head -n 1
}
describe "${ADMIN/sk_admin:/nobody:}" "$(applications delete)"
rejected "a wrong label in the description" 5 'sk_admin of the encoding description job\.dsc.*nobody'
hasnt "a wrong label in the description: opensc.conf is not blamed" \
	'keyset_sk_admin'
describe "${ADMIN/sk_admin:11/sk_admin:13}" "$(applications delete)"
run_job 7 "a wrong path in the description: the card refuses it"
has "a wrong path in the description: that is blamed" \
	'path.*(KeysetSkAdmin|description job\.dsc)'
hasnt "a wrong path in the description: opensc.conf is not blamed" \
	'keyset_sk_admin'
is "a wrong path in the description: no try was used" "$(tries_left)" 15
describe "${ADMIN/011D:01/011D:77}" "$(applications delete)"
run encode job.dsc
has "a wrong ChipAuthKeyConfig is blamed on the description" \
	'ChipAuthKeyConfig|chip authentication key in .*description job\.dsc'
hasnt "and not on opensc.conf" 'chip_auth_key_config'
is "and nothing was deleted" "$(count '.name == "delete"')" 0
for bad in sk_admin:XY :11 sk_admin:1/2/3; do
	describe "${ADMIN/sk_admin:11/$bad}" "$(applications delete)"
	rejected "KeysetSkAdmin=#$bad" 2 'KeysetSkAdmin is'
done
for bad in 011D 011D: 011D/01 :01 XX:01; do
	describe "${ADMIN/011D:01/$bad}" "$(applications delete)"
	rejected "ChipAuthKeyConfig=#$bad" 2 'ChipAuthKeyConfig is'
done

# --- PINs ---------------------------------------------------------------------

pinpad_reader() { printf 'pinpad = yes\n' >"$CARD/reader"; }
no_pinpad() { rm -f "$CARD/reader"; }
pinpad_reader
describe SetPin=true 'PIN=!FROM_PROTECTED_AUTHENTICATION_PATH' \
	KeysetSkUnblkPin=#sk_unblk_pin:12
planned "KeysetSkUnblkPin with the PIN pad is an unblocking"
has "the plan tells what will be asked" 'asked.*PIN pad.*global PIN'
has "and how many commands it may take" 'about [0-9]+ commands'
for word in 3_FIELD 3_FIELD_AUTO; do
	describe SetPin=true "PIN=!FROM_USER_DIALOG_$word" \
		KeysetSkUnblkPin=#sk_unblk_pin:12
	rejected "a PIN change by $word with KeysetSkUnblkPin" 2 \
		'KeysetSkUnblkPin.*(absent|chang|old PIN)|old PIN.*KeysetSkUnblkPin'
done
describe SetPin=true PIN=G InitialPUK=PUK KeysetSkUnblkPin=#sk_unblk_pin:12
rejected "the PUK with KeysetSkUnblkPin" 2 \
	'KeysetSkUnblkPin.*InitialPUK|InitialPUK.*KeysetSkUnblkPin' "${fields[@]}"
describe SetPin=true PIN=G
rejected "a PIN change without the old PIN" 2 'takes the old (PIN|one)' "${fields[@]}"
for word in 1 2; do
	describe SetPin=true "PIN=!FROM_USER_DIALOG_${word}_FIELD"
	rejected "a PIN change in a dialog of $word" 2 'takes the old (PIN|one)'
done
describe SetPin=true InitialPUK=PUK 'SignPIN=!FROM_USER_DIALOG_3_FIELD'
rejected "an unblocking with the old PIN" 2 'SignPIN: an unblocked' "${fields[@]}"
for word in 2 3; do
	describe SetPin=true "InitialPUK=!FROM_USER_DIALOG_${word}_FIELD" PIN=G
	rejected "the PUK in a dialog of $word" 2 'InitialPUK: the PUK' "${fields[@]}"
done
describe SetPin=true
rejected "SetPin without a PIN" 2 'SetPin.*PIN'
describe SetPin=true 'PIN=!FROM_USER_DIALOG_3_FIELD'
no_pinpad
trace_reset
run encode job.dsc
is "a dialog that nobody can answer: status 6" "$RC" 6
nothing_sent "a dialog that nobody can answer"
hasnt "no field is offered for an old PIN, which takes none" '[-]-field'
describe "$ADMIN" 'PIN=!FROM_USER_DIALOG_1_FIELD' "$(applications p10-mpp)"
trace_reset
run encode job.dsc "${ca[@]}"
is "a dialog for a signature that nobody can answer: status 6" "$RC" 6
nothing_sent "a dialog for a signature that nobody can answer"
for word in 2 3; do
	describe "$ADMIN" "PIN=!FROM_USER_DIALOG_${word}_FIELD" \
		"$(applications p10-mpp)"
	rejected "a signature with a dialog of $word" 2 'PIN: .*signature|PIN: .*once' \
		"${ca[@]}"
done
describe SetPin=true 'PIN=!FROM_PROTECTED_AUTHENTICATION_PATH'
rejected "the PIN pad of a reader without one" 2 'no PIN pad|without a PIN pad'
describe SetPin=true PIN=G KeysetSkUnblkPin=#sk_unblk_pin:12
SHORT=12
export SHORT
rejected "a PIN that is too short" 2 'PIN.*(short|long|length|digits)' \
	"${fields[@]}" --field G=env:SHORT
hasnt "and its value is not shown" '\b12\b'
must jcop45-vcard set "$CARD" tries-global 0
describe SetPin=true 'PIN=!FROM_USER_DIALOG_3_FIELD'
rejected "a change of a blocked PIN" 6 'blocked'
must jcop45-vcard set "$CARD" tries-global 3

use_card "$blank"
for pin in PIN SignPIN IdopteTransportPin; do
	for word in 1_FIELD 2_FIELD 3_FIELD 1_FIELD_AUTO 2_FIELD_AUTO 3_FIELD_AUTO; do
		describe "$(without "^$pin=" "$INIT")" "$ADMIN" \
			"$pin=!FROM_USER_DIALOG_$word"
		rejected "InitToken with $pin in a dialog $word" 2 \
			"$pin.*dialog|dialog.*$pin" "${fields[@]}"
	done
	describe "$(without "^$pin=" "$INIT")" "$ADMIN"
	rejected "InitToken without $pin" 2 "InitToken.*$pin|$pin.*InitToken" \
		"${fields[@]}"
done
describe "$INIT" "$ADMIN" SetPin=true
rejected "InitToken and SetPin" 2 'InitToken.*SetPin|SetPin.*InitToken' \
	"${fields[@]}"
describe SetPin=true PIN=G InitialPUK=PUK
rejected "SetPin on a card that is not activated" 7 'not activated' "${fields[@]}"
use_card "$activated"
describe "$INIT" "$ADMIN"
rejected "InitToken on an activated card" 7 'is activated|already' "${fields[@]}"

# --- applications -------------------------------------------------------------

edited() { # SED-EXPRESSION CODE: one application, changed
	describe "$ADMIN" "$(applications "$2" | sed -E "$1")"
}
for code in p10-mpp archival recovery-OLD; do
	edited '/^Location/d' $code
	rejected "$code without Location" 2 'Location' "${ca[@]}"
	edited 's/^Location=.*/Location=#safe/' $code
	rejected "$code with an unknown Location" 2 'Location.*safe|safe.*Location' \
		"${ca[@]}"
	edited '/^StoreUserCertOnly/d' $code
	rejected "$code without StoreUserCertOnly" 2 'StoreUserCertOnly' "${ca[@]}"
	edited 's/^(StoreUserCertOnly)=.*/\1=false/' $code
	rejected "$code with StoreUserCertOnly=false" 2 'StoreUserCertOnly' \
		"${ca[@]}"
	edited '/^CertTempl/d' $code
	rejected "$code without CertTempl" 2 'CertTempl' "${ca[@]}"
done
for code in archival recovery-OLD; do
	edited 's/^Location=.*/Location=#signature/' $code
	rejected "$code to signature" 2 'mpp' "${ca[@]}"
	edited '/^P12PASSWORD/d' $code
	rejected "$code without P12PASSWORD" 2 'P12PASSWORD' "${ca[@]}"
done
edited '/^KeySize/d' p10-mpp
rejected "a PKCS#10 request without KeySize" 2 'KeySize=3072' "${ca[@]}"
for bits in 2048 4096; do
	edited "s/^KeySize=.*/KeySize=$bits/" p10-mpp
	rejected "a PKCS#10 request with KeySize=$bits" 2 'KeySize=3072' "${ca[@]}"
done
edited "s/^KeyArch.*/&\nKeySize=2048/" archival
planned "an archival may have KeySize=2048" "${ca[@]}"
edited "s/^KeyArch.*/&\nKeySize=4096/" archival
rejected "an archival with KeySize=4096" 2 '4096' "${ca[@]}"
edited "s/^KeyRec.*/&\nKeySize=3072/" recovery-OLD
rejected "a recovery with KeySize" 2 'KeySize' "${ca[@]}"
edited '/^SignP10/d' p10-mpp
rejected "a request that nothing can sign" 2 'SignP10WithDummyKey|PIN' "${ca[@]}"
describe "$ADMIN" PIN=G "$(applications p10-mpp | sed /^SignP10/d)"
planned "a request that the card signs needs no dummy key" "${ca[@]}"
describe "$ADMIN" SignPIN=S "$(applications p10-mpp | sed /^SignP10/d)"
rejected "a request that only the other PIN could sign" 2 \
	'SignP10WithDummyKey|PIN' "${ca[@]}"
edited 's/^KeyArch.*/&\nKeyRecoveryRequest=true/' archival
rejected "archival and recovery at once" 2 \
	'KeyArchivalRequest.*KeyRecoveryRequest|KeyRecoveryRequest.*KeyArchivalRequest' \
	"${ca[@]}"
edited 's/^KeyRec.*/&\nSignP10WithDummyKey=true/' recovery-OLD
run encode job.dsc --dry-run "${ca[@]}"
edited '' p10-mpp
rejected "a request and nobody to ask" 2 '[-]-ca' "${fields[@]}"

# --- room on the card ---------------------------------------------------------

describe "$ADMIN" "$(applications p10-{sign,mpp,mpp,mpp,sign,mpp,mpp} recovery-SMALL)"
planned "eight keys fill a card without keys" "${ca[@]}"
full='room|slots?|place'
describe "$ADMIN" "$(applications p10-{sign,mpp,sign,sign})"
rejected "a third key for sign" 7 "sign.*($full)|($full).*sign" "${ca[@]}"
describe "$ADMIN" "$(applications p10-{mpp,mpp} archival p10-{mpp,mpp} recovery-OLD archival)"
rejected "a seventh key in mpp, by requests, archivals and a recovery" 7 \
	"mpp.*($full)|($full).*mpp" "${ca[@]}"
describe "$ADMIN" "$(applications recovery-SMALL recovery-SMALL2)"
rejected "two keys of 2048 bits in mpp" 7 "2048.*($full)|($full).*2048|already" \
	"${ca[@]}"
must jcop45-tool generate --container sign
describe "$ADMIN" "$(applications p10-sign)"
planned "beside one key of sign there is room for another" "${ca[@]}"
describe "$ADMIN" "$(applications p10-sign p10-sign)"
rejected "two keys for sign beside one that is there" 7 \
	"sign.*($full)|($full).*sign" "${ca[@]}"
describe "$ADMIN" "$(applications p10-sign p10-sign delete)"
planned "a deletion makes room, wherever it stands" "${ca[@]}"
hasnt "which the plan has first" '^ *[2-9]\. delete'
describe "$ADMIN" "$(applications delete p10-sign p10-sign p10-sign)"
rejected "but not more than there is" 7 "sign.*($full)|($full).*sign" "${ca[@]}"

edited 's/^Del.*/&\nCertTempl=Template/' delete
rejected "the deletion of one template's objects" 2 'everything|all|alone'
edited 's/^Del.*/&\nLocation=#mpp/' delete
rejected "the deletion of one container" 2 'everything|all|alone'
edited 's/true/false/' delete
rejected "an application that does nothing" 2 'Application_A'

# --- reader, applet, chip -----------------------------------------------------

use_card "$activated"
must jcop45-vcard set "$CARD" applet-version 4.1.0
printf 'extended = no\n' >"$CARD/reader"
describe "$ADMIN" "$(applications recovery-OLD)"
rejected "an import with short commands and applet 4.1.0" 7 '4\.1\.0.*4\.1\.1|4\.1\.1.*4\.1\.0' \
	"${ca[@]}"
describe "$ADMIN" "$(applications delete archival)"
rejected "an archival there, before the deletion" 7 '4\.1\.0.*4\.1\.1|4\.1\.1.*4\.1\.0' "${ca[@]}"
is "and the CA was not asked for it" "$(cat asked 2>/dev/null)" ""
describe "$ADMIN" "$(applications p10-sign)"
planned "a key that the card generates needs no long command" "${ca[@]}"
must jcop45-vcard set "$CARD" applet-version 4.1.1
describe "$ADMIN" "$(applications recovery-OLD)"
planned "applet 4.1.1 chains" "${ca[@]}"
must jcop45-vcard set "$CARD" applet-version 4.1.0
no_pinpad
planned "and extended length needs no chains" "${ca[@]}"
must jcop45-vcard set "$CARD" applet-version 4.1.1

must jcop45-vcard set "$CARD" production 2023-10-11
describe "$FILE_MGMT" "$ADMIN" ef.function.job=#Juge "$(applications delete)"
sed -i '0,/^ChipAuth/{/^ChipAuth/d}' job.dsc
planned "agent data of a card produced before the flaw was mended"
has "come with a warning" 'warning.*2023-10-11.*2023-10-12'
must jcop45-vcard set "$CARD" production 2024-03-15

describe "$FILE_MGMT" "$ADMIN" "ef.function.job=#$(printf '%300s' '' | tr ' ' x)" \
	"$(applications delete)"
sed -i '0,/^ChipAuth/{/^ChipAuth/d}' job.dsc
rejected "agent data that do not fit their file" 7 'its file on the card 256'

must jcop45-vcard set "$CARD" untrusted-signer yes
describe "$ADMIN" SetPin=true InitialPUK=PUK PIN=G "$(applications delete)"
rejected "a chip that nobody vouches for" 7 'trust' "${fields[@]}"
edit_config 's/# chip_auth_allow_untrusted = "no"/chip_auth_allow_untrusted = "yes"/' \
	allowed.conf
describe "$ADMIN" "$(applications delete recovery-OLD)"
OPENSC_CONF=$WORK/allowed.conf rejected \
	"an import to such a chip, even if it is allowed to use it" 7 \
	'import.*(trust|vouch)|(trust|vouch).*import' "${ca[@]}"
use_card "$blank"
describe "$INIT" "$ADMIN"
sed -E 's|(chip_auth_trust_anchor = ").*"|\1'"$activated"'/issuer/trust-anchor.pem"|' \
	"$OPENSC_CONF" >other-anchor.conf
chmod 600 other-anchor.conf
cmp -s "$OPENSC_CONF" other-anchor.conf
rejected "a new card of another issuer" 7 'trust' "${fields[@]}"
use_card "$activated"
must jcop45-vcard set "$CARD" untrusted-signer no
describe "$ADMIN" "$(applications delete)"
edit_config '/chip_auth_trust_anchor/d' no-anchor.conf
OPENSC_CONF=$WORK/no-anchor.conf rejected "no trust anchor at all" 5 \
	'chip_auth_trust_anchor'

# A key set that is not in the HSM is known before the first step.
describe "$ADMIN" 'KeysetSkFileMgmt=#nobody:AD01/11' ef.function.job=#Juge \
	"$(applications delete)"
rejected "a label for the last step that the HSM does not have" 5 \
	'KeysetSkFileMgmt|nobody'

describe "$ADMIN" SetPin=true InitialPUK=PUK PIN=G "$(applications delete)"
HSM_PIN=wrong rejected "a PIN of the HSM that is needed later" 5 'HSM|token' \
	"${fields[@]}"

must jcop45-vcard set "$CARD" life-cycle terminated
describe "$ADMIN" "$(applications delete)"
rejected "a terminated card" 7 'terminated'
must jcop45-vcard set "$CARD" life-cycle activated

# --- the text -----------------------------------------------------------------

describe "$ADMIN" 'KeysetSkAdmim=#x' "$(applications delete)"
rejected "an unknown key" 2 'job\.dsc:[0-9]+:.*KeysetSkAdmim.*KeysetSkAdmin'
is "an unknown key: its line is named" "$(sed -nE \
	's/^job\.dsc:([0-9]+):.*KeysetSkAdmim.*/\1/p' <<<"$OUT")" \
	"$(grep -n KeysetSkAdmim job.dsc | cut -d: -f1)"
planned "--lenient makes a warning of it" --lenient
has "with line and nearest key" \
	'job\.dsc:[0-9]+:.*warning.*KeysetSkAdmim.*KeysetSkAdmin'
describe "$ADMIN" "$(applications delete | sed 's/$/\nKeySizes=3072/')"
rejected "an unknown key of an application" 2 'KeySizes.*KeySize'
job job.dsc <<<"[Descripton]
readDataObjects=true"
rejected "an unknown section" 2 'job\.dsc:4:.*Descripton.*Description'
describe "$ADMIN" "nonsense"
rejected "a line that is nothing" 2 'job\.dsc:[0-9]+:.*(section|key)'
describe "$ADMIN" "$ADMIN"
rejected "a key that stands twice" 2 'job\.dsc:[0-9]+:.*KeysetSkAdmin.*(twice|already|again)'
describe "$ADMIN" PKCS11Library=idopte
rejected "nothing to do" 2 'nothing'
describe "$ADMIN" "ApplicationList=AB" '[Application_A]' DeleteAllObjects=true
rejected "a letter without its section" 2 'Application_?B|\bB\b'
describe "$ADMIN" "ApplicationList=A" '[Application_A]' DeleteAllObjects=true \
	'[Application_B]' "$(application p10-mpp)"
planned "a section that is not in the list is not run"
has "with a warning" 'warning.*Application_B'
sed 's/1024,Chip/1024,Printer/' job.dsc >other.dsc && mv other.dsc job.dsc
rejected "another kind of encoding" 2 'Type'
describe "$ADMIN" "$(applications delete)"
sed -i 's/8710/4711/' job.dsc
rejected "other devices" 2 'Devices'
run_job 2 "a file that is not there" --fields nofile
run encode no.dsc
orderly "$RC"
tap $? "a description that is not there is refused"
has "and named" 'no\.dsc.*No such file'

# Comments, cases, long lines, encodings.
long=$(printf '%9000s' '' | tr ' ' x)
cat >job.dsc <<TEXT
; a comment
# $long
[encoding]
 type = 1024,Chip
DEVICES=8710
[FIELDS]
Ef.Function.Job =
[description]
  READDATAOBJECTS = True
TEXT
accepted "keys, sections and switches in any case, with blanks and comments"
is "the value comes under its name" "$(output 'keys[0] | ascii_downcase')" \
	ef.function.job
iconv -t UTF-16 job.dsc >wide.dsc
mv wide.dsc job.dsc
accepted "in UTF-16 with a byte order mark"
job job.dsc <<<'[Fields]
ef.function.job=
[Description]
readDataObjects=true'
zip_of() { # FILE MEMBER...
	must perl -MIO::Compress::Zip=zip -e \
		'my $to = shift; zip [@ARGV] => $to or die' "$@"
}
zip_of job.dsz job.dsc
check "a .dsz with one .dsc" encode job.dsz
cp job.dsc two.dsc
zip_of two.dsz job.dsc two.dsc
refused "a .dsz with two of them" encode two.dsz
head -c 100 job.dsz >cut.dsz
refused "half a .dsz" encode cut.dsz

# --- kinds of value -----------------------------------------------------------

for value in maybe '#true' '!FROM_USER_DIALOG_1_FIELD' ''; do
	describe "$ADMIN" "readDataObjects=$value" "$(applications delete)"
	rejected "a switch that is '$value'" 2 'readDataObjects.*true.*false'
done
for value in '#3072' 3k -1 ''; do
	edited "s/^KeySize=.*/KeySize=$value/" p10-mpp
	rejected "a number that is '$value'" 2 'KeySize' "${ca[@]}"
done
for key in PIN SignPIN; do
	describe SetPin=true "$key=#12345678" KeysetSkUnblkPin=#sk_unblk_pin:12
	rejected "a literal as $key" 2 "$key"
	hasnt "and it is not shown" 12345678
done
describe SetPin=true 'PIN=!FROM_NOWHERE'
rejected "an unknown source" 2 'FROM_NOWHERE'
describe 'KeysetSkAdmin=!FROM_USER_DIALOG_1_FIELD' "$(applications delete)"
rejected "a source where none is taken" 2 'KeysetSkAdmin'
describe "$ADMIN" "$(applications p10-mpp | sed 's/^CertT.*/&\nCertKeyListReturnField=#x/')"
rejected "a literal as output field" 2 'CertKeyListReturnField' "${ca[@]}"
describe "$ADMIN" "$(applications p10-mpp | sed 's/^CertT.*/&\nCertKeyListReturnField=x/')"
rejected "an output field that is not declared" 2 '\bx\b.*\[Fields\]' "${ca[@]}"
edited 's/^Location=.*/Location=mpp/' p10-mpp
rejected "a field that is not declared" 2 '\bmpp\b.*\[Fields\]' "${ca[@]}"

describe "$FILE_MGMT" ef.function.job=job
rejected "a field that nobody supplied" 2 \
	'\bjob\b.*(supplied|given|value)|(supplied|given|value).*\bjob\b'
describe "$ADMIN" "$(applications recovery-OLD)"
write_fields empty.json '.PASS = ""'
rejected "an empty P12PASSWORD" 2 'PASS.*empty|empty.*PASS' --fields empty.json \
	--ca "$WORK/no-ca"
edited 's/^Location=.*/Location=job/' p10-mpp
rejected "an empty field as Location" 2 'job.*empty|empty.*job' \
	--field job= --ca "$WORK/no-ca"

describe "$FILE_MGMT" ef.function.job=#Procureur ef.function.postingPlace=job
accepted "agent data from a literal and a field" --field job=Lyon
must jcop45-tool data
has "the literal" 'job +Procureur$'
has "the field" 'postingPlace +Lyon$'
printf 'Saint-Étienne\n' >place
accepted "a field from a file" --field job=@place
must jcop45-tool data --json
is "without its line end" "$(output '."ef.function".postingPlace')" Saint-Étienne
sed -i 's/^job=.*/job=Nancy/' job.dsc
accepted "a field with a value in the description"
must jcop45-tool data
has "has that value" 'postingPlace +Nancy$'
printf '{"job": "Metz"}' >public.json
accepted "the fields file wins over it, and may be public without secrets" \
	--fields public.json
must jcop45-tool data
has "that is so" 'postingPlace +Metz$'
accepted "--field wins over the file" --fields public.json --field job=Toul
must jcop45-tool data
has "that is so, too" 'postingPlace +Toul$'
accepted "an empty field clears" --field job=
must jcop45-tool data --json
is "it is empty and the other stays" \
	"$(output '."ef.function" | .postingPlace + "," + .job')" ,Procureur
describe "$FILE_MGMT" ef.function.job=#
accepted "an empty literal clears, too"
must jcop45-tool data --json
is "and is empty" "$(output '."ef.function".job')" ""
describe "$FILE_MGMT" ef.function.productionDate=#2026-02-30
rejected "a date that is no day" 2 '2026-02-30|productionDate'
job job.dsc <<<'[Fields]
ef.function.job=
ef.id.familyName=
[Description]
readDataObjects=true'
rm -f out.json
accepted "output fields come as JSON" --fields-out out.json
is "to standard output, those of [Fields]" \
	"$(output 'keys | sort | join(" ")')" "ef.function.job ef.id.familyName"
that "and to --fields-out" jq -e --argjson o "$(output .)" '. == $o' out.json
is "which is private" "$(stat -c %a out.json)" 600

# --- secrets ------------------------------------------------------------------

describe SetPin=true PIN=G InitialPUK=PUK
rejected "a secret on the command line" 2 '\bG\b.*command line|command line.*\bG\b' \
	"${fields[@]}" --field "G=$PIN"
hasnt "and it is not shown" "$PIN"
cp fields.json open.json
chmod 644 open.json
rejected "secrets in a fields file that others may read" 6 'open\.json' \
	--fields open.json
head -n 1 "$CARD/issuer/puk" >open
chmod 644 open
rejected "a secret in a file that others may read" 6 '\bopen\b' \
	--field G=env:PIN --field PUK=file:open
rejected "a secret as content of a file that others may read" 6 '\bopen\b' \
	--field G=env:PIN --field PUK=@open
rejected "a secret from an environment that lacks it" 6 'NOBODY' \
	--field G=env:NOBODY --field PUK=file:open
chmod 600 open
accepted "secrets from environment and a private file" \
	--field G=env:PIN --field PUK=file:open
from_fd() { encode job.dsc --field G=env:PIN --field PUK=fd:7 7<open; }
check "and from a descriptor" from_fd
describe "$ADMIN" "$(applications recovery-OLD | sed 's/^P12.*/P12PASSWORD=#abc/')"
run encode job.dsc --dry-run "${ca[@]}"
has "a password as literal: a warning" 'warning.*P12PASSWORD'
hasnt "which does not show it" '#?\babc\b'

# --- which card ---------------------------------------------------------------

job job.dsc <<<'[Fields]
WHICH=
ef.function.job=
[Description]
UseSelectCriteriaIccsn=true
SelectCriteriaIccsn=WHICH
readDataObjects=true'
rejected "an ICCSN that no card has" 3 '00112233445566778899' \
	--field WHICH=00112233445566778899
accepted "that of the card" --field "WHICH=$(tr -d ' \n' <"$CARD/issuer/iccsn")"
job job.dsc <<<'[Fields]
ALL=
ef.function.job=
[Description]
RetrieveAllTokens=true
AllTokensIccsnsField=ALL
readDataObjects=true'
rejected "a list of cards beside other work" 2 'RetrieveAllTokens'
sed -i /readData/d job.dsc
sed -i /AllTokensIccsnsField/d job.dsc
rejected "a list without its field" 2 'AllTokensIccsnsField'

printf '%s\n' "${shared[@]-}"
is "each rule has a message of its own" "${shared[*]-}" ""
done_testing
