# The card itself: against a small terminal of the tests' own, and against
# OpenPACE's where that is installed.
VCARD_TEST_SOURCES = tests/unit/vcard-terminal.c tests/unit/vcard-terminal.h
VCARD_TEST_LIBS = libvcard.la libdescription.la libcore.la $(OPENSC_LIBS) \
	$(CRYPTO_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_vcard tests/unit/test_vcard_channel \
	tests/unit/test_vcard_keys tests/unit/test_vcard_dialects
UNIT_TESTS += tests/unit/test_vcard tests/unit/test_vcard_channel \
	tests/unit/test_vcard_keys tests/unit/test_vcard_dialects

tests_unit_test_vcard_SOURCES = tests/unit/test_vcard.c $(VCARD_TEST_SOURCES)
tests_unit_test_vcard_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vcard_LDADD = $(VCARD_TEST_LIBS)

tests_unit_test_vcard_channel_SOURCES = tests/unit/test_vcard_channel.c \
	$(VCARD_TEST_SOURCES)
tests_unit_test_vcard_channel_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vcard_channel_LDADD = $(VCARD_TEST_LIBS)

tests_unit_test_vcard_keys_SOURCES = tests/unit/test_vcard_keys.c \
	$(VCARD_TEST_SOURCES)
tests_unit_test_vcard_keys_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vcard_keys_LDADD = $(VCARD_TEST_LIBS)

tests_unit_test_vcard_dialects_SOURCES = tests/unit/test_vcard_dialects.c \
	$(VCARD_TEST_SOURCES)
tests_unit_test_vcard_dialects_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vcard_dialects_LDADD = $(VCARD_TEST_LIBS)

if HAVE_EAC
check_PROGRAMS += tests/unit/test_vcard_openpace
UNIT_TESTS += tests/unit/test_vcard_openpace
tests_unit_test_vcard_openpace_SOURCES = tests/unit/test_vcard_openpace.c \
	$(VCARD_TEST_SOURCES)
tests_unit_test_vcard_openpace_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) \
	$(EAC_CFLAGS)
tests_unit_test_vcard_openpace_LDADD = $(VCARD_TEST_LIBS) $(EAC_LIBS)
endif
