# Encoding descriptions: a program for each part of the room.
encoding_tests = \
	tests/unit/test_encoding_parse \
	tests/unit/test_encoding_fields \
	tests/unit/test_encoding_check \
	tests/unit/test_encoding_plan \
	tests/unit/test_encoding_journal \
	tests/unit/test_encoding_requests \
	tests/unit/test_encoding_ca \
	tests/unit/test_encoding_dialog \
	tests/unit/test_encoding_run \
	tests/unit/test_encoding_examples
check_PROGRAMS += $(encoding_tests)
UNIT_TESTS += $(encoding_tests)
encoding_test_SOURCES = tests/unit/encoding-test.c tests/unit/encoding-test.h
encoding_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) \
	$(ZIP_CFLAGS)
encoding_test_LDADD = libencoding.la libcardctl.la libdescription.la \
	libcore.la $(OPENSC_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(ZIP_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_test_encoding_parse_SOURCES = tests/unit/test_encoding_parse.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_parse_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_parse_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_fields_SOURCES = tests/unit/test_encoding_fields.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_fields_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_fields_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_check_SOURCES = tests/unit/test_encoding_check.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_check_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_check_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_plan_SOURCES = tests/unit/test_encoding_plan.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_plan_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_plan_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_journal_SOURCES = tests/unit/test_encoding_journal.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_journal_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_journal_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_requests_SOURCES = tests/unit/test_encoding_requests.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_requests_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_requests_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_ca_SOURCES = tests/unit/test_encoding_ca.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_ca_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_ca_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_dialog_SOURCES = tests/unit/test_encoding_dialog.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_dialog_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_dialog_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_run_SOURCES = tests/unit/test_encoding_run.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_run_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_run_LDADD = $(encoding_test_LDADD)

tests_unit_test_encoding_examples_SOURCES = tests/unit/test_encoding_examples.c \
	$(encoding_test_SOURCES)
tests_unit_test_encoding_examples_CFLAGS = $(encoding_test_CFLAGS)
tests_unit_test_encoding_examples_LDADD = $(encoding_test_LDADD)
tests_unit_test_encoding_examples_CPPFLAGS = $(AM_CPPFLAGS) \
	-DEXAMPLES=\"$(abs_top_srcdir)/etc/examples\" \
	-DMAN_PAGE=\"$(abs_top_srcdir)/docs/jcop45-encoding.5\"
