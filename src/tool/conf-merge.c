/*
 * conf-merge.c: our blocks into an opensc.conf and out of it again.
 *
 * Nothing that stands there is altered. Two facts about OpenSC's parser make
 * that possible: it takes the first block of a name, and it joins the values
 * of a key that is written twice, so that "card_drivers = jcop45;" before an
 * administrator's own line puts our driver first. Both are checked on the
 * result.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "card-driver/cardctl.h"
#include "tool/conf-merge.h"
#include "tool/conf-text.h"
#include "tool/conf-tree.h"

#define NAME_SIZE 128

/* A configuration, once with our lines and once without. */
struct merge {
	char *bare;
	scconf_context *tree, *bare_tree;
	struct conf_blocks blocks; /* of BARE */
	struct conf_settings settings;
	struct conf_insertion *insertions;
	size_t count, capacity;
};

static int
no_memory(char *message)
{
	return tool_message(message, JCOP_ERR_NO_MEMORY, "out of memory");
}

/* --- what is there --- */

static bool
list_has(const scconf_list *list, const char *word)
{
	for (; list != NULL; list = list->next)
		if (strcmp(list->data, word) == 0)
			return true;
	return false;
}

/* What in the block "app" is for our card, or NULL. */
static const char *
ours_in_app(const scconf_context *tree, const scconf_block *app)
{
	const scconf_block *pkcs15 =
		conf_tree_block(tree, app, "framework", "pkcs15");

	if (list_has(scconf_find_list(app, "card_drivers"), JCOP_SHORT_NAME))
		return JCOP_SHORT_NAME " in card_drivers";
	if (conf_tree_block(tree, app, "card_driver", JCOP_SHORT_NAME) != NULL)
		return "a block card_driver " JCOP_SHORT_NAME;
	if (pkcs15 == NULL)
		return NULL;
	if (conf_tree_block(tree, pkcs15, "emulate", JCOP_SHORT_NAME) != NULL)
		return "a block emulate " JCOP_SHORT_NAME;
	if (conf_tree_block(tree, pkcs15, "pkcs15init", JCOP_SHORT_NAME) !=
		NULL)
		return "a block pkcs15init " JCOP_SHORT_NAME;
	return NULL;
}

static int
refuse_handmade(const struct merge *merge, char *message)
{
	scconf_block **apps =
		scconf_find_blocks(merge->bare_tree, NULL, "app", NULL);
	const char *what = NULL;
	size_t i;

	if (apps == NULL)
		return no_memory(message);
	for (i = 0; what == NULL && apps[i] != NULL; i++)
		what = ours_in_app(merge->bare_tree, apps[i]);
	free(apps);
	if (what == NULL)
		return JCOP_OK;
	return tool_message(message, JCOP_ERR_MALFORMED,
		"there is %s that was not written by this command; take it "
		"out, and give its values as options",
		what);
}

/* JCOP_OK if A and B mean the same, ours aside. */
static int
compare_foreign(const scconf_context *a, const scconf_context *b, char *message)
{
	char *in_a = conf_tree_foreign(a), *in_b = conf_tree_foreign(b);
	int r = JCOP_OK;

	if (in_a == NULL || in_b == NULL)
		r = no_memory(message);
	else if (strcmp(in_a, in_b) != 0)
		r = tool_message(message, JCOP_ERR_MALFORMED,
			"something of others stands between the marks '%s' "
			"and '%s', and would be lost; move it out of there",
			CONF_MARK_BEGIN, CONF_MARK_END);
	free(in_a);
	free(in_b);
	return r;
}

static int
read_text(const char *text, struct merge *merge, char *message)
{
	int r;

	r = conf_strip(text, &merge->bare, message);
	if (r == JCOP_OK)
		r = conf_tree_parse(text, &merge->tree, message);
	if (r == JCOP_OK)
		r = conf_tree_parse(merge->bare, &merge->bare_tree, message);
	if (r == JCOP_OK)
		r = conf_blocks_find(merge->bare, &merge->blocks, message);
	if (r == JCOP_OK)
		r = compare_foreign(merge->tree, merge->bare_tree, message);
	return r;
}

static void
merge_free(struct merge *merge)
{
	size_t i;

	for (i = 0; i < merge->count; i++)
		free(merge->insertions[i].lines);
	free(merge->insertions);
	conf_settings_free(&merge->settings);
	conf_blocks_free(&merge->blocks);
	if (merge->tree != NULL)
		scconf_free(merge->tree);
	if (merge->bare_tree != NULL)
		scconf_free(merge->bare_tree);
	free(merge->bare);
	memset(merge, 0, sizeof(*merge));
}

/* --- the values --- */

static void
forget(struct conf_settings *settings, enum conf_setting setting)
{
	free(settings->values[setting]);
	settings->values[setting] = NULL;
}

/* A path that leads nowhere any more, as after a build directory was removed,
 * is not worth keeping. */
static void
forget_missing_modules(struct conf_settings *settings)
{
	const char *module = settings->values[CONF_MODULE];
	const char *init = settings->values[CONF_INIT_MODULE];

	if (module != NULL && access(module, R_OK) == 0 && init != NULL &&
		access(init, R_OK) == 0)
		return;
	forget(settings, CONF_MODULE);
	forget(settings, CONF_INIT_MODULE);
	forget(settings, CONF_PROFILE);
}

static const scconf_list *
provider_library(const scconf_context *tree)
{
	const scconf_block *app = conf_tree_block(tree, NULL, "app", "default");
	const scconf_block *pcsc = NULL;

	if (app != NULL)
		pcsc = conf_tree_block(tree, app, "reader_driver", "pcsc");
	return pcsc != NULL ? scconf_find_list(pcsc, "provider_library") : NULL;
}

/* An administrator's own provider library is no value of ours. */
static bool
has_our_provider(const struct merge *merge)
{
	return scconf_list_array_length(provider_library(merge->tree)) >
	       scconf_list_array_length(provider_library(merge->bare_tree));
}

static int
settle_values(struct merge *merge, const struct conf_settings *wanted,
	const struct conf_settings *defaults, char *message)
{
	struct conf_settings present = {0};
	int r;

	r = conf_settings_read(merge->tree, &present, message);
	if (r != JCOP_OK)
		goto out;
	if (!has_our_provider(merge))
		forget(&present, CONF_PROVIDER_LIBRARY);
	forget_missing_modules(&present);
	r = conf_settings_complete(&merge->settings, wanted);
	if (r == JCOP_OK)
		r = conf_settings_complete(&merge->settings, &present);
	if (r == JCOP_OK)
		r = conf_settings_complete(&merge->settings, defaults);
	if (r != JCOP_OK)
		no_memory(message);
	else
		r = conf_settings_check(&merge->settings, message);
out:
	conf_settings_free(&present);
	return r;
}

/* --- where the lines go --- */

typedef void write_function(
	FILE *out, unsigned int depth, const struct conf_settings *settings);

/* Opens the insertion at OFFSET; the caller writes and closes the stream. */
static FILE *
add_insertion(
	struct merge *merge, size_t offset, unsigned int depth, size_t *len)
{
	struct conf_insertion *moved;

	if (merge->count == merge->capacity) {
		moved = realloc(merge->insertions,
			(merge->capacity + 8) * sizeof(*moved));
		if (moved == NULL)
			return NULL;
		merge->insertions = moved;
		merge->capacity += 8;
	}
	moved = &merge->insertions[merge->count];
	*moved = (struct conf_insertion){offset, depth, NULL};
	merge->count++;
	return open_memstream(&moved->lines, len);
}

static int
close_insertion(FILE *out)
{
	return out != NULL && fclose(out) == 0 ? JCOP_OK : JCOP_ERR_NO_MEMORY;
}

static int
insert_part(struct merge *merge, size_t block, write_function *write)
{
	size_t len = 0;
	FILE *out;

	out = add_insertion(merge, merge->blocks.blocks[block].body, 2, &len);
	if (out != NULL)
		write(out, 2, &merge->settings);
	return close_insertion(out);
}

/* The parts of ours that stand in blocks which others use, too. */
static const struct part {
	const char *key, *name; /* of the block around */
	write_function *write;
	const char *own_key;       /* one that, if it is there, stays */
	enum conf_setting setting; /* not written without it */
} parts[] = {
	{"framework", "pkcs15", conf_write_pkcs15, NULL, CONF_MODULE},
	{"pkcs11", NULL, conf_write_pkcs11, "user_pin_unblock_style",
		CONF_MODULE},
	{"reader_driver", "pcsc", conf_write_pcsc, NULL, CONF_PROVIDER_LIBRARY},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static bool
is_wanted(const struct merge *merge, const struct part *part)
{
	return merge->settings.values[part->setting] != NULL;
}

/* The whole parts that the block APP (CONF_ROOT: none) has no block for. */
static void
write_missing_parts(FILE *out, const struct merge *merge, size_t app)
{
	size_t i;

	for (i = 0; i < PARTS; i++) {
		if (!is_wanted(merge, &parts[i]))
			continue;
		if (app != CONF_ROOT &&
			conf_block_first(&merge->blocks, app, parts[i].key,
				parts[i].name) != CONF_ROOT)
			continue;
		conf_write_line(out, 1, "%s%s%s {", parts[i].key,
			parts[i].name != NULL ? " " : "",
			parts[i].name != NULL ? parts[i].name : "");
		parts[i].write(out, 2, &merge->settings);
		conf_write_line(out, 1, "}");
	}
}

static void
write_app(FILE *out, const struct merge *merge, size_t app, bool has_list)
{
	/* The values of an administrator's own line follow ours. */
	conf_write_line(out, 1, "card_drivers = %s%s;", JCOP_SHORT_NAME,
		has_list ? "" : ", internal");
	conf_write_driver(out, 1, &merge->settings);
	write_missing_parts(out, merge, app);
}

static int
insert_into_default(struct merge *merge, size_t app)
{
	const scconf_block *block =
		conf_tree_block(merge->bare_tree, NULL, "app", "default");
	bool has_list;
	size_t len = 0;
	FILE *out;

	has_list = block != NULL &&
		   scconf_find_list(block, "card_drivers") != NULL;
	out = add_insertion(merge, merge->blocks.blocks[app].body, 1, &len);
	if (out != NULL)
		write_app(out, merge, app, has_list);
	return close_insertion(out);
}

static int
append_default(struct merge *merge)
{
	size_t len = 0;
	FILE *out = add_insertion(merge, strlen(merge->bare), 0, &len);

	if (out != NULL) {
		conf_write_line(out, 0, "app default {");
		write_app(out, merge, CONF_ROOT, false);
		conf_write_line(out, 0, "}");
	}
	return close_insertion(out);
}

/* OpenSC takes a block of the application's own "app" before that of "app
 * default": each that exists needs our lines. */
static int
insert_parts(struct merge *merge, size_t app, const char *name)
{
	const scconf_block *app_block, *block;
	size_t inner, i;
	int r = JCOP_OK;

	app_block = conf_tree_block(merge->bare_tree, NULL, "app", name);
	for (i = 0; r == JCOP_OK && i < PARTS; i++) {
		inner = conf_block_first(
			&merge->blocks, app, parts[i].key, parts[i].name);
		if (inner == CONF_ROOT || !is_wanted(merge, &parts[i]) ||
			app_block == NULL)
			continue;
		block = conf_tree_block(merge->bare_tree, app_block,
			parts[i].key, parts[i].name);
		if (block != NULL && parts[i].own_key != NULL &&
			scconf_find_list(block, parts[i].own_key) != NULL)
			continue;
		r = insert_part(merge, inner, parts[i].write);
	}
	return r;
}

/* The name of the top block APP; false if OpenSC takes another one of that
 * name, or none at all. */
static bool
app_name(const struct merge *merge, size_t app, char name[NAME_SIZE])
{
	const struct conf_block *block = &merge->blocks.blocks[app];

	if (block->parent != CONF_ROOT || block->name.len == 0 ||
		block->name.len >= NAME_SIZE)
		return false;
	memcpy(name, block->name.start, block->name.len);
	name[block->name.len] = '\0';
	return conf_block_first(&merge->blocks, CONF_ROOT, "app", name) == app;
}

static int
compare_offsets(const void *a, const void *b)
{
	size_t x = ((const struct conf_insertion *)a)->offset;
	size_t y = ((const struct conf_insertion *)b)->offset;

	return x < y ? -1 : x > y;
}

static int
find_places(struct merge *merge)
{
	char name[NAME_SIZE];
	bool has_default = false;
	size_t i;
	int r = JCOP_OK;

	for (i = 0; r == JCOP_OK && i < merge->blocks.count; i++) {
		if (!app_name(merge, i, name))
			continue;
		if (strcasecmp(name, "default") == 0) {
			has_default = true;
			r = insert_into_default(merge, i);
		}
		if (r == JCOP_OK)
			r = insert_parts(merge, i, name);
	}
	if (r == JCOP_OK && !has_default)
		r = append_default(merge);
	qsort(merge->insertions, merge->count, sizeof(*merge->insertions),
		compare_offsets);
	return r;
}

/* --- the result --- */

static bool
module_is(const scconf_context *tree, const scconf_block *parent,
	const char *key, const char *module)
{
	const scconf_block *block =
		conf_tree_block(tree, parent, key, JCOP_SHORT_NAME);

	return block != NULL &&
	       strcmp(scconf_get_str(block, "module", ""), module) == 0;
}

/* Every block "framework pkcs15" that OpenSC may take has ours. */
static bool
emulated_everywhere(const struct merge *merge, const scconf_context *tree)
{
	const char *module = merge->settings.values[CONF_MODULE];
	scconf_block **apps = scconf_find_blocks(tree, NULL, "app", NULL);
	const scconf_block *app, *pkcs15;
	bool ok = apps != NULL;
	size_t i;

	for (i = 0; ok && apps[i] != NULL; i++) {
		app = conf_tree_block(tree, NULL, "app", apps[i]->name->data);
		pkcs15 = conf_tree_block(tree, app, "framework", "pkcs15");
		ok = pkcs15 == NULL ||
		     module_is(tree, pkcs15, "emulate", module);
	}
	free(apps);
	return ok;
}

static bool
is_effective(const struct merge *merge, const scconf_context *tree)
{
	const scconf_block *app = conf_tree_block(tree, NULL, "app", "default");
	const scconf_list *drivers;

	if (app == NULL ||
		conf_tree_block(tree, app, "framework", "pkcs15") == NULL)
		return false;
	drivers = scconf_find_list(app, "card_drivers");
	return drivers != NULL && drivers->next != NULL &&
	       strcmp(drivers->data, JCOP_SHORT_NAME) == 0 &&
	       module_is(tree, app, "card_driver",
		       merge->settings.values[CONF_MODULE]) &&
	       emulated_everywhere(merge, tree);
}

static int
check_result(const struct merge *merge, const char *text, char *message)
{
	scconf_context *tree = NULL;
	int r;

	r = conf_tree_parse(text, &tree, message);
	if (r == JCOP_OK)
		r = compare_foreign(tree, merge->bare_tree, message);
	if (r == JCOP_OK && !is_effective(merge, tree))
		r = tool_message(message, JCOP_ERR_MALFORMED,
			"this configuration is written in a way that this "
			"command does not understand; put the blocks that "
			"'" TOOL_NAME " config' prints in by hand");
	if (tree != NULL)
		scconf_free(tree);
	return r;
}

int
conf_merge(const char *text, const struct conf_settings *wanted,
	const struct conf_settings *defaults, char **out,
	struct conf_settings *settled, char *message)
{
	struct merge merge = {0};
	int r;

	*out = NULL;
	r = read_text(text, &merge, message);
	if (r == JCOP_OK)
		r = refuse_handmade(&merge, message);
	if (r == JCOP_OK)
		r = settle_values(&merge, wanted, defaults, message);
	if (r != JCOP_OK)
		goto out;
	r = find_places(&merge);
	if (r == JCOP_OK)
		r = conf_insert(merge.bare, merge.insertions, merge.count, out);
	if (r != JCOP_OK)
		no_memory(message);
	else
		r = check_result(&merge, *out, message);
	if (r != JCOP_OK) {
		free(*out);
		*out = NULL;
	}
	*settled = merge.settings;
	memset(&merge.settings, 0, sizeof(merge.settings));
out:
	merge_free(&merge);
	return r;
}

int
conf_unmerge(const char *text, char **out, char *message)
{
	struct merge merge = {0};
	int r;

	*out = NULL;
	r = read_text(text, &merge, message);
	if (r == JCOP_OK) {
		*out = merge.bare;
		merge.bare = NULL;
	}
	merge_free(&merge);
	return r;
}
