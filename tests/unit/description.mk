check_PROGRAMS += tests/unit/test_description
UNIT_TESTS += tests/unit/test_description
tests_unit_test_description_SOURCES = tests/unit/test_description.c
tests_unit_test_description_CPPFLAGS = $(AM_CPPFLAGS) \
	-DTEST_AGENT_CARD=\"$(abs_top_srcdir)/etc/agent.card\"
tests_unit_test_description_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_description_LDADD = libdescription.la $(OPENSC_LIBS) \
	$(CMOCKA_LIBS)
