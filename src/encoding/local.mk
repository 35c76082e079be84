noinst_LTLIBRARIES += libencoding.la
libencoding_la_SOURCES = \
	src/encoding/ca.c src/encoding/ca.h src/encoding/ca-directory.c \
	src/encoding/check.h src/encoding/check-application.c \
	src/encoding/check-card.c src/encoding/check-file.c \
	src/encoding/check-pins.c \
	src/encoding/dialog.c src/encoding/dialog.h \
	src/encoding/dsz.c src/encoding/dsz.h src/encoding/encoding.h \
	src/encoding/fields.c src/encoding/fields.h \
	src/encoding/files.c src/encoding/files.h \
	src/encoding/ini.c src/encoding/ini.h \
	src/encoding/journal.c src/encoding/journal.h \
	src/encoding/keys.c src/encoding/keys.h \
	src/encoding/lock.c src/encoding/lock.h src/encoding/parse.c \
	src/encoding/pinentry.c \
	src/encoding/pkcs12.c src/encoding/pkcs12.h \
	src/encoding/plan.c src/encoding/plan.h src/encoding/plan-report.c \
	src/encoding/requests.c src/encoding/requests.h \
	src/encoding/resume.c src/encoding/run.c src/encoding/run.h \
	src/encoding/report.c src/encoding/report.h \
	src/encoding/text.c src/encoding/text.h
libencoding_la_CFLAGS = $(AM_CFLAGS) $(INI_CFLAGS) $(ZIP_CFLAGS) \
	$(JANSSON_CFLAGS) $(ASSUAN_CFLAGS)
libencoding_la_LIBADD = libcardctl.la libcore.la $(INI_LIBS) $(ZIP_LIBS) \
	$(JANSSON_LIBS) $(ASSUAN_LIBS) $(CRYPTO_LIBS)

dist_man_MANS += docs/jcop45-encoding.5
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
	etc/examples/activate.dsc \
	etc/examples/activate-fields.dsc \
	etc/examples/change-pin.dsc \
	etc/examples/delete-all.dsc \
	etc/examples/list-cards.dsc \
	etc/examples/read-data.dsc \
	etc/examples/request-certificates.dsc \
	etc/examples/select-card.dsc \
	etc/examples/unblock-pin-keyset.dsc \
	etc/examples/unblock-pin-puk.dsc \
	etc/examples/update-data.dsc \
	etc/examples/whole-card.dsc
dist_examples_SCRIPTS = etc/examples/ca-openssl
