# The virtual card: the card itself, its doors, its program.
include src/virtual-card/card-sources.mk

noinst_LTLIBRARIES += libvcard.la
libvcard_la_SOURCES = $(VCARD_CARD_SOURCES) \
	src/virtual-card/card.h src/virtual-card/persona.h \
	src/virtual-card/door.c src/virtual-card/door.h \
	src/virtual-card/fault.c src/virtual-card/fault-parse.c \
	src/virtual-card/fault.h \
	src/virtual-card/pinpad-queue.c src/virtual-card/pinpad-queue.h \
	src/virtual-card/reader.c src/virtual-card/reader.h \
	src/virtual-card/reader-options.c src/virtual-card/reader-options.h \
	src/virtual-card/reader-record.c src/virtual-card/reader-record.h \
	src/virtual-card/trace.c src/virtual-card/trace.h \
	src/virtual-card/vpcd.c src/virtual-card/vpcd.h
libvcard_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
VCARD_LIBS = libvcard.la libdescription.la libcore.la \
	$(OPENSC_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)

# reader_driver pcsc { provider_library = ...; }
pkglib_LTLIBRARIES += libjcop45-vcard-pcsc.la
libjcop45_vcard_pcsc_la_SOURCES = \
	src/virtual-card/pcsc.c src/virtual-card/pcsc.h \
	src/virtual-card/pcsc-handles.c src/virtual-card/pcsc-handles.h \
	src/virtual-card/pcsc-info.c src/virtual-card/pcsc-status.c \
	src/virtual-card/pinpad.c src/virtual-card/pinpad.h
libjcop45_vcard_pcsc_la_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
libjcop45_vcard_pcsc_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -export-symbols-regex '^(SCard|g_rgSCard)'
libjcop45_vcard_pcsc_la_LIBADD = $(VCARD_LIBS) -lpthread

bin_PROGRAMS += jcop45-vcard
jcop45_vcard_SOURCES = \
	src/virtual-card/main.c src/virtual-card/program.h \
	src/virtual-card/program-card.c src/virtual-card/program-new.c \
	src/virtual-card/program-pinpad.c \
	src/virtual-card/program-serve.c src/virtual-card/program-trace.c
jcop45_vcard_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
jcop45_vcard_LDADD = $(VCARD_LIBS)

dist_man_MANS += docs/jcop45-vcard.1
