DRIVER_TEST_LIBS = libdriver.la libcardctl.la libhsm.la libdescription.la \
	libcore.la $(OPENSC_LIBS) $(P11KIT_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_driver_commands tests/unit/test_driver_policy
UNIT_TESTS += tests/unit/test_driver_commands tests/unit/test_driver_policy

tests_unit_test_driver_commands_SOURCES = tests/unit/test_driver_commands.c \
	tests/unit/fake_card.c tests/unit/fake_card.h
tests_unit_test_driver_commands_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_driver_commands_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=jcop_channel_prepare \
	-Wl,--wrap=jcop_begin -Wl,--wrap=jcop_need_channel \
	-Wl,--wrap=jcop_need_role -Wl,--wrap=jcop_end \
	-Wl,--wrap=jcop_hsm_encrypt_cbc -Wl,--wrap=jcop_hsm_cmac
tests_unit_test_driver_commands_LDADD = $(DRIVER_TEST_LIBS)

tests_unit_test_driver_policy_SOURCES = tests/unit/test_driver_policy.c \
	tests/unit/fake_card.c tests/unit/fake_card.h
tests_unit_test_driver_policy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_driver_policy_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=jcop_hsm_open -Wl,--wrap=jcop_hsm_close \
	-Wl,--wrap=jcop_hsm_keyset_find -Wl,--wrap=jcop_hsm_keyset_free
tests_unit_test_driver_policy_LDADD = $(DRIVER_TEST_LIBS)

check_PROGRAMS += tests/unit/test_driver_channel
UNIT_TESTS += tests/unit/test_driver_channel
tests_unit_test_driver_channel_SOURCES = tests/unit/test_driver_channel.c \
	tests/unit/fake_card.c tests/unit/fake_card.h
tests_unit_test_driver_channel_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_driver_channel_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=jcop_role_prepare \
	-Wl,--wrap=jcop_hsm_encrypt_cbc -Wl,--wrap=jcop_hsm_cmac
tests_unit_test_driver_channel_LDADD = libvcard.la $(DRIVER_TEST_LIBS) \
	$(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test_driver_pins
UNIT_TESTS += tests/unit/test_driver_pins
tests_unit_test_driver_pins_SOURCES = tests/unit/test_driver_pins.c \
	tests/unit/fake_card.c tests/unit/fake_card.h
tests_unit_test_driver_pins_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_driver_pins_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=jcop_begin -Wl,--wrap=jcop_need_channel \
	-Wl,--wrap=jcop_need_role -Wl,--wrap=jcop_end \
	-Wl,--wrap=jcop_check_channel
tests_unit_test_driver_pins_LDADD = $(DRIVER_TEST_LIBS)

check_PROGRAMS += tests/unit/test_driver_keys
UNIT_TESTS += tests/unit/test_driver_keys
tests_unit_test_driver_keys_SOURCES = tests/unit/test_driver_keys.c \
	tests/unit/fake_card.c tests/unit/fake_card.h
tests_unit_test_driver_keys_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_driver_keys_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=jcop_channel_prepare \
	-Wl,--wrap=jcop_begin -Wl,--wrap=jcop_need_channel \
	-Wl,--wrap=jcop_need_role -Wl,--wrap=jcop_end
tests_unit_test_driver_keys_LDADD = $(DRIVER_TEST_LIBS)

check_PROGRAMS += tests/unit/test_audit
UNIT_TESTS += tests/unit/test_audit
tests_unit_test_audit_SOURCES = tests/unit/test_audit.c \
	tests/unit/fake_card.c tests/unit/fake_card.h
tests_unit_test_audit_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_audit_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=syslog \
	-Wl,--wrap=__syslog_chk -Wl,--wrap=openlog
tests_unit_test_audit_LDADD = $(DRIVER_TEST_LIBS)
