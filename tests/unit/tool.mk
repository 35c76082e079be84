check_PROGRAMS += tests/unit/test_secret tests/unit/test_config
UNIT_TESTS += tests/unit/test_secret tests/unit/test_config

tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_secret_LDADD = libjcop45-tool.la libcore.la $(CMOCKA_LIBS)

tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_config_CPPFLAGS = $(AM_CPPFLAGS) \
	-DJCOP45_TOOL=\"$(abs_top_builddir)/jcop45-tool\"
tests_unit_test_config_LDADD = libjcop45-tool.la libcore.la $(OPENSC_LIBS) \
	$(CMOCKA_LIBS)
tests_unit_test_config_DEPENDENCIES = libjcop45-tool.la libcore.la \
	jcop45-tool$(EXEEXT)
