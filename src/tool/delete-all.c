/*
 * delete-all.c: jcop45-tool delete-all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/card.h"
#include "tool/progress.h"
#include "tool/report.h"

#define ANSWER "yes"

enum { OPTION_YES, OPTION_COUNT };

static const struct tool_option options[] = {
	[OPTION_YES] = {"yes", NULL, "do not ask"},
	[OPTION_COUNT] = {NULL, NULL, NULL},
};

static const char *
plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* What is at stake; the card control counts again. */
static int
count_objects(struct tool *tool, size_t *keys, size_t *certificates)
{
	struct jcop_directory *directory = calloc(1, sizeof(*directory));
	size_t i;
	int r;

	if (directory == NULL)
		return tool_fail(TOOL_FAILED, "out of memory");
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_DIRECTORY, directory);
	*keys = directory->count;
	*certificates = 0;
	for (i = 0; r == SC_SUCCESS && i < directory->count; i++)
		if (directory->keys[i].has_certificate)
			(*certificates)++;
	jcop_directory_free(directory);
	free(directory);
	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "the card cannot be read");
	return TOOL_OK;
}

/* Of the person at the terminal; what stands on stdin is no answer. */
static int
ask(size_t keys, size_t certificates)
{
	FILE *terminal = fopen("/dev/tty", "r+e");
	char line[sizeof(ANSWER) + 1] = "";

	if (terminal == NULL)
		return tool_fail(TOOL_USAGE,
			"there is no terminal to ask on; --yes deletes "
			"without a question. Nothing was changed");
	fprintf(terminal,
		"All keys (%zu) and certificates (%zu) of this card will be "
		"deleted for ever.\nType \"%s\" to go on: ",
		keys, certificates, ANSWER);
	fflush(terminal);
	if (fgets(line, sizeof(line), terminal) == NULL)
		line[0] = '\0';
	fclose(terminal);
	if (strcmp(line, ANSWER "\n") == 0)
		return TOOL_OK;
	return tool_fail(
		TOOL_FAILED, "you did not type yes; nothing was changed");
}

static int
delete_all(struct tool *tool)
{
	struct tool_progress progress;
	struct jcop_deletion deletion;
	json_t *result;
	int r;

	memset(&deletion, 0, sizeof(deletion));
	tool_progress_init(&progress, tool,
		"The keys are deleted; leave the card in the reader");
	deletion.progress = tool_progress_step;
	deletion.context = &progress;
	r = sc_card_ctl(tool->card, SC_CARDCTL_JCOP45_DELETE_ALL, &deletion);
	tool_progress_end(&progress);
	if (r != SC_SUCCESS)
		return tool_card_failed(tool, r, "deletion failed");
	result = json_pack("{s:I,s:I}", "keys", (json_int_t)deletion.keys,
		"certificates", (json_int_t)deletion.certificates);
	return tool_report_done(tool, result,
		"All keys and certificates are deleted; %zu key%s and %zu "
		"certificate%s were listed.",
		deletion.keys, plural(deletion.keys), deletion.certificates,
		plural(deletion.certificates));
}

static int
run(struct tool *tool)
{
	size_t keys = 0, certificates = 0;
	int r = tool_connect(tool);

	if (r == TOOL_OK)
		r = tool_check_requirement(tool, JCOP_OP_DELETE);
	if (r == TOOL_OK && tool->values[OPTION_YES] == NULL) {
		r = count_objects(tool, &keys, &certificates);
		if (r == TOOL_OK)
			r = ask(keys, certificates);
	}
	if (r == TOOL_OK)
		r = delete_all(tool);
	return r;
}

const struct tool_command tool_command_delete_all = {
	.name = "delete-all",
	.summary = "delete all keys and certificates",
	.description =
		"Deletes all keys and certificates of the card, in every slot, "
		"listed or not. PINs\nand agent data stay. Single keys cannot "
		"be deleted. If the card is removed\nmeanwhile, run the "
		"command again. It needs the key set SK_ADMIN in the HSM and\n"
		"chip authentication (see opensc.conf, block card_driver "
		"jcop45).",
	.options = options,
	.run = run,
};
