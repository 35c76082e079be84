#!/bin/bash
# config.sh: jcop45-tool config prints, merges and takes out our blocks.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/flow.sh"

setup_blank
mapfile -t options < <(config_options)

check "jcop45-tool config prints a configuration" \
	jcop45-tool config "${options[@]}"
has "with the driver in card_drivers" "card_drivers *= *jcop45"
has "with the driver's block" "card_driver *jcop45"
has "with the emulator's block" "emulate *jcop45"
has "with the block for pkcs15-init" "pkcs15init *jcop45"
has "with a way to unblock that costs no try" "user_pin_unblock_style"
check "OpenSC reads it and loads our driver" opensc-tool -n
has "as the one of this card" "JCOP 4.5"
check "without options a template is printed" jcop45-tool config
has "that shows what to fill in" "keyset_sk_admin"

# Into an opensc.conf that exists.
cat >site.conf <<'C'
# The site's own settings.
app default {
	# debug = 3;
	debug = 0;
	reader_driver pcsc {
		max_send_size = 255; # a note
	}
	framework pkcs15 {
		use_file_caching = no;
	}
}
app "a site program" {
	debug = 1;
}
C
chmod 640 site.conf
cp -p site.conf original.conf
check "config --install merges into it" \
	jcop45-tool config --install --file "$WORK/site.conf" "${options[@]}"
that "a backup is the file as it was" \
	cmp original.conf site.conf.bak-jcop45
is "the mode is kept" "$(stat -c %a site.conf)" 640
for kept in 'max_send_size *= *255' 'use_file_caching *= *no' \
	'a site program' "The site's own settings"; do
	that "it keeps: $kept" grep -qE "$kept" site.conf
done
check "OpenSC reads the merged file" using "$WORK/site.conf" opensc-tool -n
has "and loads our driver from it" "JCOP 4.5"
cp -p site.conf once.conf
check "config --install a second time works" \
	jcop45-tool config --install --file "$WORK/site.conf" "${options[@]}"
that "and changes nothing" cmp site.conf once.conf
that "nor the backup" cmp original.conf site.conf.bak-jcop45
check "config --remove takes it out" \
	jcop45-tool config --remove --file "$WORK/site.conf"
that "the file is as it was before" cmp site.conf original.conf
check "config --remove a second time works" \
	jcop45-tool config --remove --file "$WORK/site.conf"
that "and changes nothing either" cmp site.conf original.conf

cp -p original.conf own.conf
must jcop45-tool config --install --file "$WORK/own.conf" "${options[@]}"
sed -i 's/max_send_size = 255/max_send_size = 250/' own.conf
must jcop45-tool config --remove --file "$WORK/own.conf"
that "what the site changed since stays" grep -q 'max_send_size = 250' own.conf
hidden() { ! grep -qi jcop45 "$1"; }
that "and nothing of ours is left" hidden own.conf
rm -f new.conf
check "config --install makes a file where there was none" \
	jcop45-tool config --install --file "$WORK/new.conf" "${options[@]}"
check "OpenSC reads it" using "$WORK/new.conf" opensc-tool -n

# What is refused.
echo 'app default {' >broken.conf
cp broken.conf broken.was
refused "a file that OpenSC cannot read is refused" \
	jcop45-tool config --install --file "$WORK/broken.conf" "${options[@]}"
that "and left alone" cmp broken.conf broken.was
refused "an HSM PIN as a literal is refused" \
	jcop45-tool config --hsm-module "$SOFTHSM" --hsm-token hsm \
	--hsm-pin "$HSM_PIN"
has "and the error says how to give it" "env:|file:"
edit_config "s/^([[:space:]]*)pin *= *\"?env:HSM_PIN\"?/\1pin = \"$HSM_PIN\"/" literal.conf
chmod 644 literal.conf
refused "a PIN in a world-readable opensc.conf is refused" \
	using "$WORK/literal.conf" activate
hasnt "and not shown" "$HSM_PIN"
bad_value() { # OPTION VALUE PATTERN
	refused "refused: $1 $2" jcop45-tool config "$1" "$2"
	has "its error names $3" "$3"
	hasnt "and nothing is printed" "card_drivers"
}
bad_value --keyset-sk-admin label:zz keyset_sk_admin
bad_value --keyset-sk-admin :11 keyset_sk_admin
bad_value --keyset-sk-admin label:AD01/11 sk_file_mgmt
bad_value --chip-auth-key-config 011D chip_auth_key_config
bad_value --chip-auth-allow-untrusted maybe chip_auth_allow_untrusted
bad_value --hsm-uri http://hsm hsm.uri
cp -p original.conf checked.conf
refused "--install refuses such a value, too" jcop45-tool config --install \
	--file "$WORK/checked.conf" --keyset-sk-admin label:zz
that "and leaves the file alone" cmp original.conf checked.conf
refused "an unknown option is a usage error" jcop45-tool config --nonsense
is "with its own status" "$RC" 2
done_testing
