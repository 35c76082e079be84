noinst_LTLIBRARIES += libdescription.la
libdescription_la_SOURCES = \
	src/description/check.c \
	src/description/check.h \
	src/description/default-card.h \
	src/description/description.c \
	src/description/description.h \
	src/description/names.c \
	src/description/names.h \
	src/description/read.c \
	src/description/read.h \
	src/description/report.c \
	src/description/report.h \
	src/description/scan.c \
	src/description/scan.h \
	src/description/tables.c \
	src/description/tree.c \
	src/description/tree.h \
	src/description/values.c \
	src/description/values.h
nodist_libdescription_la_SOURCES = src/description/default-card.c

# The reference profile as a C string, a line of text on each line.
src/description/default-card.c: $(top_srcdir)/etc/agent.card
	$(AM_V_GEN)$(MKDIR_P) src/description && { \
		echo '/* Made from etc/agent.card: do not edit. */' && \
		echo '#include "description/default-card.h"' && \
		echo 'const char jcop_default_card[] =' && \
		$(SED) -e 's/[\\"?]/\\&/g' -e 's/^/	"/' -e 's/$$/\\n"/' \
			$(top_srcdir)/etc/agent.card && \
		echo '	;'; \
	} > $@.tmp && mv -f $@.tmp $@

BUILT_SOURCES += src/description/default-card.c
CLEANFILES += src/description/default-card.c src/description/default-card.c.tmp
EXTRA_DIST += etc/agent.card
pkgdata_DATA += etc/agent.card
dist_man_MANS += docs/jcop45-card.5
