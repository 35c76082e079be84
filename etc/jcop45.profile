# jcop45.profile: what pkcs15-init has to know of the card.
#
# Keys, certificates and PINs are where the card description says; nothing is
# created from this file. It goes with OpenSC's own pkcs15.profile.

cardinfo {
	label = "IN Groupe agent card";
	manufacturer = "IN Groupe";
	min-pin-length = 4;
	max-pin-length = 16;
	pin-encoding = ascii-numeric;
}

pkcs15 {
	# The card's token information is the issuer's.
	do-last-update = no;
}

PIN user-pin {
	flags = initialized, unblock-disabled;
	attempts = 3;
}

PIN so-pin {
	auth-id = 04;
	reference = 4;
	flags = initialized, soPin, unblock-disabled;
}
