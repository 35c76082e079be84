# Unit tests of src/core.
core_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
core_test_cppflags = $(AM_CPPFLAGS) \
	-DVECTORS_DIR=\"$(abs_top_srcdir)/tests/vectors\"
core_test_ldadd = libcore.la $(CMOCKA_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) \
	$(ZLIB_LIBS)
core_test_common = tests/unit/core-test.c tests/unit/core-test.h

check_PROGRAMS += tests/unit/test_blob
UNIT_TESTS += tests/unit/test_blob
tests_unit_test_blob_SOURCES = tests/unit/test_blob.c $(core_test_common)
tests_unit_test_blob_CFLAGS = $(core_test_cflags)
tests_unit_test_blob_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_blob_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_tlv
UNIT_TESTS += tests/unit/test_tlv
tests_unit_test_tlv_SOURCES = tests/unit/test_tlv.c $(core_test_common)
tests_unit_test_tlv_CFLAGS = $(core_test_cflags)
tests_unit_test_tlv_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_tlv_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_agent_data
UNIT_TESTS += tests/unit/test_agent_data
tests_unit_test_agent_data_SOURCES = tests/unit/test_agent_data.c $(core_test_common)
tests_unit_test_agent_data_CFLAGS = $(core_test_cflags)
tests_unit_test_agent_data_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_agent_data_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_command
UNIT_TESTS += tests/unit/test_command
tests_unit_test_command_SOURCES = tests/unit/test_command.c $(core_test_common)
tests_unit_test_command_CFLAGS = $(core_test_cflags)
tests_unit_test_command_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_command_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_cmac
UNIT_TESTS += tests/unit/test_cmac
tests_unit_test_cmac_SOURCES = tests/unit/test_cmac.c $(core_test_common)
tests_unit_test_cmac_CFLAGS = $(core_test_cflags)
tests_unit_test_cmac_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_cmac_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_sm
UNIT_TESTS += tests/unit/test_sm
tests_unit_test_sm_SOURCES = tests/unit/test_sm.c $(core_test_common)
tests_unit_test_sm_CFLAGS = $(core_test_cflags)
tests_unit_test_sm_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_sm_LDADD = $(core_test_ldadd)
# The test counts the allocations of our own objects.
tests_unit_test_sm_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc

check_PROGRAMS += tests/unit/test_chip_auth
UNIT_TESTS += tests/unit/test_chip_auth
tests_unit_test_chip_auth_SOURCES = tests/unit/test_chip_auth.c $(core_test_common)
tests_unit_test_chip_auth_CFLAGS = $(core_test_cflags)
tests_unit_test_chip_auth_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_chip_auth_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_ecdh
UNIT_TESTS += tests/unit/test_ecdh
tests_unit_test_ecdh_SOURCES = tests/unit/test_ecdh.c $(core_test_common)
tests_unit_test_ecdh_CFLAGS = $(core_test_cflags)
tests_unit_test_ecdh_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_ecdh_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_role_auth
UNIT_TESTS += tests/unit/test_role_auth
tests_unit_test_role_auth_SOURCES = tests/unit/test_role_auth.c $(core_test_common)
tests_unit_test_role_auth_CFLAGS = $(core_test_cflags)
tests_unit_test_role_auth_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_role_auth_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_security_infos
UNIT_TESTS += tests/unit/test_security_infos
tests_unit_test_security_infos_SOURCES = tests/unit/test_security_infos.c $(core_test_common)
tests_unit_test_security_infos_CFLAGS = $(core_test_cflags)
tests_unit_test_security_infos_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_security_infos_LDADD = $(core_test_ldadd)

check_PROGRAMS += tests/unit/test_certificate_codec
UNIT_TESTS += tests/unit/test_certificate_codec
tests_unit_test_certificate_codec_SOURCES = tests/unit/test_certificate_codec.c $(core_test_common)
tests_unit_test_certificate_codec_CFLAGS = $(core_test_cflags)
tests_unit_test_certificate_codec_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_certificate_codec_LDADD = $(core_test_ldadd)

# Debian's OpenPACE plays the chip.
if HAVE_EAC
check_PROGRAMS += tests/unit/test_openpace_chip
UNIT_TESTS += tests/unit/test_openpace_chip
endif
tests_unit_test_openpace_chip_SOURCES = tests/unit/test_openpace_chip.c \
	$(core_test_common)
tests_unit_test_openpace_chip_CFLAGS = $(core_test_cflags) $(EAC_CFLAGS)
tests_unit_test_openpace_chip_CPPFLAGS = $(core_test_cppflags)
tests_unit_test_openpace_chip_LDADD = $(core_test_ldadd) $(EAC_LIBS)

EXTRA_DIST += \
	tests/vectors/README.md \
	tests/vectors/bsi-chip-authentication.json \
	tests/vectors/gmrtd-kdf.json \
	tests/vectors/gmrtd-secure-messaging.json \
	tests/vectors/icao-9303-11-d.json \
	tests/vectors/nist-sp800-38b.json \
	tests/vectors/wycheproof/LICENSE \
	tests/vectors/wycheproof/aes_cmac_test.json \
	tests/vectors/wycheproof/ecdh_brainpoolP256r1_test.json \
	tests/vectors/wycheproof/ecdh_brainpoolP384r1_test.json \
	tests/vectors/wycheproof/ecdh_brainpoolP512r1_test.json \
	tests/vectors/wycheproof/ecdh_secp256r1_test.json \
	tests/vectors/wycheproof/ecdh_secp384r1_test.json \
	tests/vectors/wycheproof/ecdh_secp521r1_test.json

check_PROGRAMS += tests/unit/test_rsa_key
UNIT_TESTS += tests/unit/test_rsa_key
tests_unit_test_rsa_key_SOURCES = tests/unit/test_rsa_key.c
tests_unit_test_rsa_key_CFLAGS = $(core_test_cflags)
tests_unit_test_rsa_key_LDADD = $(core_test_ldadd)
