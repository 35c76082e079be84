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

check_PROGRAMS += tests/unit/test_diagnose
UNIT_TESTS += tests/unit/test_diagnose
tests_unit_test_diagnose_SOURCES = tests/unit/test_diagnose.c
tests_unit_test_diagnose_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_diagnose_CPPFLAGS = $(AM_CPPFLAGS) \
	-DOUR_MODULE=\"$(abs_top_builddir)/.libs/opensc-jcop45.so\" \
	-DOTHER_MODULE=\"$(abs_top_builddir)/.libs/libother-module.so\"
tests_unit_test_diagnose_LDADD = libjcop45-tool.la libcore.la \
	$(OPENSC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_diagnose_DEPENDENCIES = libjcop45-tool.la libcore.la \
	libother-module.la opensc-jcop45.la

# Built for an OpenSC that nobody has; never installed (-rpath makes libtool
# build it shared all the same).
check_LTLIBRARIES += libother-module.la
libother_module_la_SOURCES = tests/unit/other_module.c
libother_module_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere

check_PROGRAMS += tests/unit/test_tool
UNIT_TESTS += tests/unit/test_tool
tests_unit_test_tool_SOURCES = tests/unit/test_tool.c
tests_unit_test_tool_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tool_LDADD = libjcop45-tool.la libcore.la $(OPENSC_LIBS) \
	$(CMOCKA_LIBS) $(CRYPTO_LIBS)
