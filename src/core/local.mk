noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = \
	src/core/agent-data.c src/core/agent-data.h \
	src/core/blob.c src/core/blob.h \
	src/core/certificate-codec.c src/core/certificate-codec.h \
	src/core/chip-auth.c src/core/chip-auth.h \
	src/core/command.c src/core/command.h \
	src/core/curve.c src/core/curve.h \
	src/core/error.c src/core/error.h \
	src/core/mac.c src/core/mac.h \
	src/core/nearest.c src/core/nearest.h \
	src/core/role-auth.c src/core/role-auth.h \
	src/core/rsa-key.c src/core/rsa-key.h \
	src/core/secure-messaging.c src/core/secure-messaging.h \
	src/core/security-infos.c src/core/security-infos.h \
	src/core/security-trust.c \
	src/core/tlv.c src/core/tlv.h
libcore_la_LIBADD = $(CRYPTO_LIBS) $(ZLIB_LIBS) $(UNISTRING_LIBS)
