#!/bin/bash
# ca-openssl.sh: the example CA answers as jcop45-encoding(5) says.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/../lib/build.sh"

cd "$WORK" || exit 1
ca=$JCOP_SRC/etc/examples/ca-openssl
export CA_DIR=$WORK/ca JCOP_ICCSN=2501 JCOP_LOCATION=mpp
export JCOP_TEMPLATE=Auth JCOP_SUBJECT="CN=Jeanne Martin/serialNumber=2501"
PASSWORD=password-6019

check "the CA is made" "$ca" --init ca
refused "it is not made twice" "$ca" --init ca
is "its keys are private" "$(find ca -type f -perm /077)" ""

ask() { # KIND ID FILE [INPUT]: the answer in FILE
	JCOP_REQUEST=$1 JCOP_REQUEST_ID=$2 timeout 60 "$ca" \
		<"${4:-/dev/null}" >"$3" 3<<<"$PASSWORD"
}
opened() { # FILE: key and certificate of the PKCS#12, to key.pem
	openssl pkcs12 -in "$1" -passin "pass:$PASSWORD" -nodes -out key.pem \
		2>/dev/null &&
		openssl verify -CAfile ca/ca.pem key.pem &&
		cmp <(openssl x509 -in key.pem -noout -pubkey) \
			<(openssl pkey -in key.pem -pubout)
}
public() { # CERTIFICATE
	openssl x509 -in "$1" -noout -pubkey
}

# --- requests
openssl req -new -newkey rsa:3072 -nodes -keyout user.key -subj /CN=other \
	-out user.csr 2>/dev/null
check "a request is answered" ask pkcs10 2501-C user.pem user.csr
check "with a certificate of the CA" openssl verify -CAfile ca/ca.pem user.pem
is "for its key" "$(public user.pem)" \
	"$(openssl pkey -in user.key -pubout)"
run openssl x509 -in user.pem -noout -subject
has "and for the subject that was asked for" \
	"CN = Jeanne Martin, serialNumber = 2501"
check "asked again it answers" ask pkcs10 2501-C again.pem user.csr
check "the same" cmp user.pem again.pem
openssl req -new -newkey rsa:2048 -nodes -keyout new.key -subj /CN=other \
	-out new.csr 2>/dev/null
check "another key under this id" ask pkcs10 2501-C new.pem new.csr
is "gets a certificate of its own" "$(public new.pem)" \
	"$(openssl pkey -in new.key -pubout)"

# A request whose signature is another key's.
openssl req -in user.csr -outform DER -out dummy.der
printf '\0' | dd of=dummy.der bs=1 seek=$(($(wc -c <dummy.der) - 9)) \
	conv=notrunc 2>/dev/null
openssl req -inform DER -in dummy.der -out dummy.csr
refused "a signature that does not verify is refused" \
	ask pkcs10 2501-D dummy.pem dummy.csr
export JCOP_DUMMY_SIGNATURE=yes
refused "and so is one that says that it proves nothing" \
	ask pkcs10 2501-D dummy.pem dummy.csr
export CA_ACCEPT_DUMMY=yes
check "unless the CA accepts that" ask pkcs10 2501-D dummy.pem dummy.csr
is "then the certificate is for the key of the request" \
	"$(public dummy.pem)" "$(public user.pem)"
check "and of the CA" openssl verify -CAfile ca/ca.pem dummy.pem
is "and in its index" "$(grep -c '^V' ca/index.txt)" 3
unset JCOP_DUMMY_SIGNATURE CA_ACCEPT_DUMMY

# --- archive
export JCOP_KEY_SIZE=2048
check "a key is made and archived" ask archival 2501-B key.p12
check "the PKCS#12 has it and its certificate" opened key.p12
run openssl x509 -in key.pem -noout -text
has "of the size that was asked for" "2048 bit"
public key.pem >archived.pub
is "no key lies in the archive in clear" \
	"$(grep -rl 'PRIVATE KEY' ca/archive ca/answers ca/issued)" ""
check "asked again it answers" ask archival 2501-B again.p12
check "with a PKCS#12" opened again.p12
is "of the same key" "$(public key.pem)" "$(cat archived.pub)"
JCOP_SUBJECT=CN=Paul refused "another holder does not get it" \
	ask archival 2501-B no.p12
JCOP_TEMPLATE=Other refused "nor another template" ask archival 2501-B no.p12
unset JCOP_KEY_SIZE
check "a key is recovered by its subject" ask recovery 2777-A old.p12
check "as a PKCS#12" opened old.p12
is "and is the archived one" "$(public key.pem)" "$(cat archived.pub)"
JCOP_SUBJECT=CN=Nobody refused "nobody else's key is" ask recovery 2777-A no.p12
CA_RECOVER=2501-B JCOP_SUBJECT=CN=Nobody check "unless it is named" \
	ask recovery 2777-A named.p12
check "a job archives a key" ask archival 2501-0f0f0f0f-A key.p12
check "and recovers an older one beside it" \
	ask recovery 2501-0f0f0f0f-B old.p12
check "that" opened old.p12
is "is the one of before" "$(public key.pem)" "$(cat archived.pub)"
JCOP_SUBJECT="CN=Jean+Marie/L=Lyon" check "a plus sign in a name" \
	ask pkcs10 2501-E plus.pem new.csr
run openssl x509 -in plus.pem -noout -subject -nameopt utf8
has "is one of the name, and all of the name is there" \
	'L *= *Lyon.*CN *= *Jean\\?\+Marie|CN *= *Jean\\?\+Marie.*L *= *Lyon'
is "nothing of the work is left" "$(ls -d ca/work.* 2>/dev/null)" ""

# --- a CA that is ended
mkdir ca/work.old
echo key >ca/work.old/key.pem
check "a CA that comes after one that was killed" \
	ask pkcs10 2501-E plus.pem new.csr
is "takes away what that left" "$(ls -d ca/work.* 2>/dev/null)" ""
mkfifo input
end_with() { # SIGNAL: while it works, in each shell that there is
	JCOP_REQUEST=pkcs10 JCOP_REQUEST_ID=2501-F \
		env --default-signal=INT "$1" "$ca" <input >/dev/null 2>&1 &
	pid=$!
	exec 7>input
	for _ in {1..100}; do
		[ -z "$(ls -d ca/work.* 2>/dev/null)" ] || break
		sleep 0.05
	done
	begun=$(ls -d ca/work.* 2>/dev/null)
	kill "-$2" -- "$pid"
	exec 7>&-
	wait "$pid"
}
for shell in sh bash; do
	for signal in TERM INT HUP; do
		end_with "$shell" "$signal"
		that "$shell: SIG$signal comes while it works" test -n "$begun"
		is "$shell: after SIG$signal nothing of the work is left" \
			"$(ls -d ca/work.* 2>/dev/null)" ""
	done
done
refused "an id that is no file name is refused" \
	ask archival ../2501 strange.p12
done_testing
