/*
 * container.c: the --container of a command line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tool/container.h"

/* "mpp or sign" */
static void
name_all(const struct jcop_description *description, char *names, size_t size)
{
	size_t i, len = 0;

	names[0] = '\0';
	for (i = 0; i < description->container_count && len < size; i++) {
		const char *before = ", ";

		if (i == 0)
			before = "";
		else if (i + 1 == description->container_count)
			before = " or ";
		len += (size_t)snprintf(names + len, size - len, "%s%s", before,
			description->containers[i].name);
	}
}

/* By the name of its PIN, where that PIN has one container only. */
static const struct jcop_container_desc *
find_by_pin(const struct jcop_description *description, const char *name)
{
	const struct jcop_container_desc *found = NULL;
	size_t i;

	for (i = 0; i < description->container_count; i++) {
		const struct jcop_container_desc *container =
			&description->containers[i];

		if (strcasecmp(jcop_pin_name(container->pin), name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = container;
	}
	return found;
}

int
tool_container(const struct jcop_description *description, const char *name,
	const struct jcop_container_desc **container)
{
	char names[JCOP_MAX_CONTAINERS * (JCOP_NAME_SIZE + 4)];

	*container = NULL;
	if (name != NULL)
		*container = jcop_description_container(description, name);
	if (name != NULL && *container == NULL)
		*container = find_by_pin(description, name);
	if (*container != NULL)
		return TOOL_OK;
	name_all(description, names, sizeof(names));
	if (name == NULL)
		return tool_fail(
			TOOL_USAGE, "--container is missing: %s", names);
	return tool_fail(TOOL_USAGE,
		"--container %s: the card has no such container; expected %s",
		name, names);
}
