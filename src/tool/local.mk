bin_PROGRAMS += jcop45-tool
dist_man_MANS += docs/jcop45-tool.1

# Everything but the table of subcommands, so that the tests can link it.
noinst_LTLIBRARIES += libjcop45-tool.la
libjcop45_tool_la_SOURCES = src/tool/tool.h \
	src/tool/options.c src/tool/connect.c \
	src/tool/readers.c src/tool/readers.h \
	src/tool/search.c src/tool/search.h src/tool/status.c \
	src/tool/nearest.c src/tool/nearest.h \
	src/tool/report.c src/tool/report.h \
	src/tool/progress.c src/tool/progress.h \
	src/tool/key-id.c src/tool/key-id.h \
	src/tool/public-key.c src/tool/public-key.h \
	src/tool/certificate-file.c src/tool/certificate-file.h \
	src/tool/generate.c src/tool/write-certificate.c \
	src/tool/data.c src/tool/write-data.c \
	src/tool/diagnose.c src/tool/diagnose.h \
	src/tool/print.c src/tool/print.h src/tool/secret.c src/tool/secret.h \
	src/tool/change-pin.c src/tool/unblock-pin.c \
	src/tool/pin-source.c src/tool/pin-source.h \
	src/tool/activate.c src/tool/card.c src/tool/card.h src/tool/info.c \
	src/tool/config.c src/tool/conf-file.c src/tool/conf-file.h \
	src/tool/conf-merge.c src/tool/conf-merge.h \
	src/tool/conf-settings.c src/tool/conf-settings.h \
	src/tool/conf-text.c src/tool/conf-text.h \
	src/tool/conf-tree.c src/tool/conf-tree.h \
	src/tool/container.c src/tool/container.h \
	src/tool/import.c src/tool/pkcs12.c src/tool/pkcs12.h \
	src/tool/delete-all.c \
	src/tool/encode.c src/tool/encode.h src/tool/encode-actions.c \
	src/tool/encode-advice.c \
	src/tool/encode-card.c src/tool/encode-output.c \
	src/tool/encode-pins.c src/tool/encode-sign.c
libjcop45_tool_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libjcop45_tool_la_LIBADD = libencoding.la libcardctl.la libhsm.la libdescription.la libcore.la \
	$(OPENSC_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)

jcop45_tool_SOURCES = src/tool/main.c
jcop45_tool_LDADD = libjcop45-tool.la

# bash finds it by the name of the program.
EXTRA_DIST += etc/jcop45-tool.bash-completion
if HAVE_BASH_COMPLETION
bashcompletiondir = $(BASH_COMPLETION_DIR)
nodist_bashcompletion_DATA = completions/jcop45-tool
CLEANFILES += completions/jcop45-tool
endif
completions/jcop45-tool: etc/jcop45-tool.bash-completion
	$(AM_V_GEN)$(MKDIR_P) completions && cp $(srcdir)/etc/jcop45-tool.bash-completion $@
