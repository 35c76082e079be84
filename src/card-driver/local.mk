noinst_LTLIBRARIES += libcardctl.la libdriver.la
# what tool, emulator and pkcs15-init module need besides cardctl.h
libcardctl_la_SOURCES = src/card-driver/cardctl.c src/card-driver/cardctl.h \
	src/card-driver/config-values.c src/card-driver/config.h

libdriver_la_SOURCES = \
	src/card-driver/agent-files.c src/card-driver/agent-files.h \
	src/card-driver/agent-recovery.c src/card-driver/agent-update.c \
	src/card-driver/activation.c src/card-driver/audit.c \
	src/card-driver/channel.c src/card-driver/compat.h \
	src/card-driver/config.c src/card-driver/config.h \
	src/card-driver/certificates.c \
	src/card-driver/directory.c src/card-driver/directory.h \
	src/card-driver/directory-update.c src/card-driver/driver.c \
	src/card-driver/files.c src/card-driver/key-generation.c \
	src/card-driver/deletion.c src/card-driver/key-import.c \
	src/card-driver/new-key.c \
	src/card-driver/keys.c \
	src/card-driver/match.c src/card-driver/pins.c \
	src/card-driver/pin-cmd.c src/card-driver/pin-change.c \
	src/card-driver/pinpad.c \
	src/card-driver/role.c src/card-driver/session.c \
	src/card-driver/session.h src/card-driver/slicing.c \
	src/card-driver/sm-hooks.c \
	src/card-driver/transmit.c
libdriver_la_LIBADD = $(OPENSC_LIBS)
