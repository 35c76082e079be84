# The doors of the virtual card.
DOOR_TESTS = tests/unit/test_pcsc_door tests/unit/test_fault \
	tests/unit/test_vpcd tests/unit/test_vcard_program \
	tests/unit/test_pinpad
check_PROGRAMS += $(DOOR_TESTS)
UNIT_TESTS += $(DOOR_TESTS)

DOOR_TEST_SUPPORT = tests/unit/door-test.c tests/unit/door-test.h
DOOR_TEST_CPPFLAGS = $(AM_CPPFLAGS) \
	-DPROVIDER=\"$(abs_top_builddir)/.libs/libjcop45-vcard-pcsc.so\" \
	-DPROGRAM=\"$(abs_top_builddir)/jcop45-vcard\"
DOOR_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(PCSC_CFLAGS) \
	$(JANSSON_CFLAGS)
DOOR_TEST_LIBS = $(VCARD_LIBS) $(CMOCKA_LIBS) -lpthread
DOOR_TEST_NEEDS = libvcard.la libdescription.la libcore.la \
	libjcop45-vcard-pcsc.la jcop45-vcard$(EXEEXT)

tests_unit_test_pcsc_door_SOURCES = tests/unit/test_pcsc_door.c \
	$(DOOR_TEST_SUPPORT)
tests_unit_test_pcsc_door_CPPFLAGS = $(DOOR_TEST_CPPFLAGS)
tests_unit_test_pcsc_door_CFLAGS = $(DOOR_TEST_CFLAGS)
tests_unit_test_pcsc_door_LDADD = $(DOOR_TEST_LIBS)
tests_unit_test_pcsc_door_DEPENDENCIES = $(DOOR_TEST_NEEDS)

tests_unit_test_fault_SOURCES = tests/unit/test_fault.c $(DOOR_TEST_SUPPORT)
tests_unit_test_fault_CPPFLAGS = $(DOOR_TEST_CPPFLAGS)
tests_unit_test_fault_CFLAGS = $(DOOR_TEST_CFLAGS)
tests_unit_test_fault_LDADD = $(DOOR_TEST_LIBS)
tests_unit_test_fault_DEPENDENCIES = $(DOOR_TEST_NEEDS)

tests_unit_test_vpcd_SOURCES = tests/unit/test_vpcd.c $(DOOR_TEST_SUPPORT)
tests_unit_test_vpcd_CPPFLAGS = $(DOOR_TEST_CPPFLAGS)
tests_unit_test_vpcd_CFLAGS = $(DOOR_TEST_CFLAGS)
tests_unit_test_vpcd_LDADD = $(DOOR_TEST_LIBS)
tests_unit_test_vpcd_DEPENDENCIES = $(DOOR_TEST_NEEDS)

tests_unit_test_vcard_program_SOURCES = tests/unit/test_vcard_program.c \
	$(DOOR_TEST_SUPPORT)
tests_unit_test_vcard_program_CPPFLAGS = $(DOOR_TEST_CPPFLAGS)
tests_unit_test_vcard_program_CFLAGS = $(DOOR_TEST_CFLAGS)
tests_unit_test_vcard_program_LDADD = $(DOOR_TEST_LIBS)
tests_unit_test_vcard_program_DEPENDENCIES = $(DOOR_TEST_NEEDS)

tests_unit_test_pinpad_SOURCES = tests/unit/test_pinpad.c \
	src/virtual-card/pinpad.c src/virtual-card/pinpad.h \
	$(DOOR_TEST_SUPPORT)
tests_unit_test_pinpad_CPPFLAGS = $(DOOR_TEST_CPPFLAGS)
tests_unit_test_pinpad_CFLAGS = $(DOOR_TEST_CFLAGS)
tests_unit_test_pinpad_LDADD = $(DOOR_TEST_LIBS)
tests_unit_test_pinpad_DEPENDENCIES = $(DOOR_TEST_NEEDS)
