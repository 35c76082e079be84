/*
 * search.c: which card is meant, and how long to wait for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libopensc/cardctl.h>
#include <libopensc/opensc.h>

#include "tool/search.h"

/* Nobody notices, and readers that come later are found, too. */
#define LOOK_AGAIN_MS 200
#define MAX_SECONDS 86400

/* --- ICCSN --- */

static size_t
without_filler(const char *digits)
{
	size_t len = strlen(digits);

	while (len > 1 && digits[len - 1] == 'F')
		len--;
	return len;
}

bool
tool_iccsn_parse(const char *text, char out[TOOL_ICCSN_SIZE])
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (strchr(" :-.", *text) != NULL)
			continue;
		if (!isxdigit((unsigned char)*text) ||
			len + 1 >= TOOL_ICCSN_SIZE)
			return false;
		out[len++] = (char)toupper((unsigned char)*text);
	}
	out[len] = '\0';
	if (len > 0)
		out[without_filler(out)] = '\0';
	return len > 0;
}

bool
tool_iccsn_matches(const char *found, const char *wanted)
{
	size_t len = without_filler(found);

	return len == without_filler(wanted) &&
	       strncmp(found, wanted, len) == 0;
}

bool
tool_note_iccsn(struct tool *tool)
{
	struct sc_serial_number serial;
	size_t i;
	int r;

	tool->card_iccsn[0] = '\0';
	r = sc_lock(tool->card);
	if (r != SC_SUCCESS)
		return false;
	r = sc_card_ctl(tool->card, SC_CARDCTL_GET_SERIALNR, &serial);
	sc_unlock(tool->card);
	if (r != SC_SUCCESS || 2 * serial.len >= TOOL_ICCSN_SIZE)
		return false;
	for (i = 0; i < serial.len; i++)
		snprintf(tool->card_iccsn + 2 * i, 3, "%02X", serial.value[i]);
	return serial.len > 0;
}

/* --- time --- */

static long long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
parse_seconds(const char *text, long *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtol(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 &&
	       *seconds <= MAX_SECONDS;
}

int
tool_search_init(const struct tool *tool, struct tool_search *search)
{
	long seconds;

	memset(search, 0, sizeof(*search));
	search->until = -1;
	if (tool->reader != NULL && tool->reader[0] == '\0')
		return tool_fail(TOOL_USAGE,
			"--reader: expected a number, or a part of a reader's "
			"name");
	if (tool->iccsn != NULL &&
		!tool_iccsn_parse(tool->iccsn, search->iccsn))
		return tool_fail(TOOL_USAGE,
			"--iccsn %s: expected the digits of a card's serial "
			"number",
			tool->iccsn);
	search->waits = tool->wait != NULL;
	if (!search->waits || tool->wait[0] == '\0')
		return TOOL_OK;
	if (!parse_seconds(tool->wait, &seconds))
		return tool_fail(TOOL_USAGE,
			"--wait=%s: expected a number of seconds, at most %d",
			tool->wait, MAX_SECONDS);
	search->until = now_ms() + seconds * 1000LL;
	return TOOL_OK;
}

bool
tool_search_wait(const struct tool *tool, struct tool_search *search,
	const char *message)
{
	const struct timespec pause = {0, LOOK_AGAIN_MS * 1000000L};

	if (!search->waits || (search->until >= 0 && now_ms() >= search->until))
		return false;
	if (!search->told)
		fprintf(stderr, "%s: %s; waiting for it\n", TOOL_NAME, message);
	search->told = true;
	nanosleep(&pause, NULL);
	sc_ctx_detect_readers(tool->ctx);
	return true;
}
