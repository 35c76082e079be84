check_PROGRAMS += tests/unit/test_hsm
UNIT_TESTS += tests/unit/test_hsm
tests_unit_test_hsm_SOURCES = tests/unit/test_hsm.c
tests_unit_test_hsm_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(P11KIT_CFLAGS)
tests_unit_test_hsm_CPPFLAGS = $(AM_CPPFLAGS) \
	-DSHIM_MODULE=\"$(abs_top_builddir)/.libs/libpkcs11-shim.so\"
tests_unit_test_hsm_LDADD = libhsm.la libcore.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)
tests_unit_test_hsm_DEPENDENCIES = libhsm.la libcore.la libpkcs11-shim.la

# A PKCS#11 module in front of the real one; only for tests. Never installed:
# -rpath makes libtool build it shared all the same.
check_LTLIBRARIES += libpkcs11-shim.la
libpkcs11_shim_la_SOURCES = tests/unit/pkcs11_shim.c
libpkcs11_shim_la_CFLAGS = $(AM_CFLAGS) $(P11KIT_CFLAGS)
libpkcs11_shim_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
