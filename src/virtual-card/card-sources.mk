# The card itself, behind card.h and persona.h.
VCARD_CARD_SOURCES = \
	src/virtual-card/apdu.c \
	src/virtual-card/card.c \
	src/virtual-card/chip-auth.c \
	src/virtual-card/crypto.c \
	src/virtual-card/crypto.h \
	src/virtual-card/dispatch.c \
	src/virtual-card/files.c \
	src/virtual-card/get-data.c \
	src/virtual-card/internal.h \
	src/virtual-card/key-import.c \
	src/virtual-card/keys.c \
	src/virtual-card/life-cycle.c \
	src/virtual-card/mse.c \
	src/virtual-card/command-names.c \
	src/virtual-card/open.h \
	src/virtual-card/persona-files.c \
	src/virtual-card/persona-internal.h \
	src/virtual-card/persona-security.c \
	src/virtual-card/persona-set.c \
	src/virtual-card/persona-values.c \
	src/virtual-card/persona.c \
	src/virtual-card/pins.c \
	src/virtual-card/roles.c \
	src/virtual-card/rsa.c \
	src/virtual-card/rules.c \
	src/virtual-card/secure-channel.c \
	src/virtual-card/session.c \
	src/virtual-card/session.h \
	src/virtual-card/sign.c \
	src/virtual-card/state-json.c \
	src/virtual-card/state.c \
	src/virtual-card/state.h \
	src/virtual-card/storage.c
