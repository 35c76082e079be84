noinst_LTLIBRARIES += libhsm.la
libhsm_la_SOURCES = src/hsm/hsm.h src/hsm/internal.h src/hsm/config.c \
	src/hsm/hsm.c src/hsm/keyset.c src/hsm/login.c src/hsm/message.c \
	src/hsm/pin.c src/hsm/token.c
libhsm_la_CFLAGS = $(AM_CFLAGS) $(P11KIT_CFLAGS)
libhsm_la_LIBADD = $(P11KIT_LIBS)
