bin_PROGRAMS += jcop45-tool
dist_man_MANS += docs/jcop45-tool.1

# Everything but the table of subcommands, so that the tests can link it.
noinst_LTLIBRARIES += libjcop45-tool.la
libjcop45_tool_la_SOURCES = src/tool/tool.h \
	src/tool/options.c src/tool/connect.c \
	src/tool/diagnose.c src/tool/diagnose.h \
	src/tool/print.c src/tool/print.h src/tool/secret.c src/tool/secret.h \
	src/tool/activate.c src/tool/card.c src/tool/card.h src/tool/info.c \
	src/tool/config.c src/tool/conf-file.c src/tool/conf-file.h \
	src/tool/conf-merge.c src/tool/conf-merge.h \
	src/tool/conf-settings.c src/tool/conf-settings.h \
	src/tool/conf-text.c src/tool/conf-text.h \
	src/tool/conf-tree.c src/tool/conf-tree.h
libjcop45_tool_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libjcop45_tool_la_LIBADD = libcardctl.la libhsm.la libdescription.la libcore.la \
	$(OPENSC_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)

jcop45_tool_SOURCES = src/tool/main.c
jcop45_tool_LDADD = libjcop45-tool.la
