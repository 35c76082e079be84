/*
 * persona-values.c: dates and versions of personas.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "virtual-card/persona-internal.h"

#define UNKNOWN "unknown"

/* YYYY-MM-DD and nothing else, a day of the calendar. */
static bool
read_date(const char *text, int *year)
{
	struct tm tm = {.tm_hour = 12}, again;
	int end = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", year, &tm.tm_mon, &tm.tm_mday,
		    &end) != 3 ||
		end != 10 || text[end] != '\0')
		return false;
	tm.tm_year = *year - 1900;
	tm.tm_mon--;
	again = tm;
	timegm(&again);
	return again.tm_mday == tm.tm_mday && again.tm_mon == tm.tm_mon;
}

bool
vcard_read_production(const char *text,
	const struct jcop_description *description, char out[11], char *message)
{
	int decade = (int)description->identification.production_decade;
	int year = 0;

	memset(out, 0, 11);
	if (strcmp(text, UNKNOWN) == 0)
		return true;
	if (read_date(text, &year) && year >= decade && year < decade + 10) {
		memcpy(out, text, 10);
		return true;
	}
	snprintf(message, VCARD_MESSAGE_SIZE,
		"production %s: expected YYYY-MM-DD from %d-01-01 to "
		"%d-12-31, or unknown",
		text, decade, decade + 9);
	return false;
}

bool
vcard_read_version(const char *text, uint8_t out[3], char *message)
{
	unsigned int part[3];
	int end = 0;
	size_t i;

	if (sscanf(text, "%3u.%3u.%3u%n", &part[0], &part[1], &part[2], &end) !=
			3 ||
		text[end] != '\0' || part[0] > 255 || part[1] > 255 ||
		part[2] > 255) {
		snprintf(message, VCARD_MESSAGE_SIZE,
			"applet version %s: expected X.Y.Z, each 0 to 255",
			text);
		return false;
	}
	for (i = 0; i < 3; i++)
		out[i] = (uint8_t)part[i];
	return true;
}
