# Two modules: driver and emulator in one, because OpenSC closes the
# emulator's library while the card driver is still in use; the pkcs15-init
# operations in the other.
pkglib_LTLIBRARIES += opensc-jcop45.la opensc-jcop45-init.la

opensc_jcop45_la_SOURCES = src/pkcs15/emulator.c src/pkcs15/emulator.h \
	src/pkcs15/emulator-data.c
opensc_jcop45_la_LIBADD = libdriver.la libcardctl.la libhsm.la \
	libdescription.la libcore.la $(OPENSC_LIBS) $(P11KIT_LIBS) \
	$(CRYPTO_LIBS) $(ZLIB_LIBS)
opensc_jcop45_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-Wl,-z,nodelete -export-symbols-regex \
	'^sc_(driver_version|module_init|pkcs15_init_func_ex)$$'

opensc_jcop45_init_la_SOURCES = \
	src/pkcs15/init.c src/pkcs15/init.h \
	src/pkcs15/init-common.c src/pkcs15/init-data.c src/pkcs15/init-keys.c src/pkcs15/init-pins.c
opensc_jcop45_init_la_LIBADD = libcardctl.la libdescription.la libcore.la \
	$(OPENSC_LIBS) $(CRYPTO_LIBS)
opensc_jcop45_init_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^sc_(driver_version|module_init)$$'

pkgdata_DATA += etc/jcop45.profile
EXTRA_DIST += etc/jcop45.profile
