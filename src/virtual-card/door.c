/*
 * door.c: the way of one command through a door of the card.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "virtual-card/door.h"
#include "virtual-card/fault.h"
#include "virtual-card/trace.h"

/* What the trace says of a command that the card never saw. */
static void
unseen(struct jcop_bytes command, struct vcard_trace *trace)
{
	memset(trace, 0, sizeof(*trace));
	strcpy(trace->name, "not-executed");
	if (command.len < 4)
		return;
	trace->cla = command.data[0];
	trace->ins = command.data[1];
	trace->p1 = command.data[2];
	trace->p2 = command.data[3];
}

static int
set_status_word(struct jcop_blob *response, long sw)
{
	uint8_t bytes[2] = {(uint8_t)(sw >> 8), (uint8_t)(sw & 0xFF)};

	return jcop_blob_set(response, bytes, sizeof(bytes));
}

/* Runs the command with what is due before and after it. */
static enum vcard_door_result
execute(const struct vcard_door *door, struct vcard_faults *faults,
	struct jcop_bytes command, struct jcop_blob *response,
	struct vcard_trace *trace)
{
	const struct vcard_fault_rule *sw =
		vcard_faults_due(faults, VCARD_FAULT_SW);

	unseen(command, trace);
	if (vcard_faults_due(faults, VCARD_FAULT_REMOVE_BEFORE) != NULL)
		return VCARD_DOOR_REMOVED;
	if (vcard_faults_due(faults, VCARD_FAULT_RESET_BEFORE) != NULL &&
		vcard_reset(door->card) != JCOP_OK)
		return VCARD_DOOR_FAILED;
	if (sw != NULL && set_status_word(response, sw->number) != JCOP_OK)
		return VCARD_DOOR_FAILED;
	if (sw == NULL &&
		vcard_transmit(door->card, command, response, trace) != JCOP_OK)
		return VCARD_DOOR_FAILED;
	if (vcard_faults_due(faults, VCARD_FAULT_REMOVE_AFTER) != NULL) {
		jcop_blob_clear(response);
		return VCARD_DOOR_REMOVED;
	}
	if (vcard_faults_alter(faults, trace->plain_response, response) !=
		JCOP_OK)
		return VCARD_DOOR_FAILED;
	return VCARD_DOOR_ANSWERED;
}

static int
write_trace(const struct vcard_door *door, int fd, uint64_t sequence,
	const struct vcard_faults *faults, const struct vcard_trace *trace,
	size_t wire_command, size_t wire_response)
{
	char *fault = vcard_faults_describe(faults);
	struct vcard_trace_line line = {door->reader, door->dir, sequence,
		trace, wire_command, wire_response, door->pad, fault};
	int r = vcard_trace_write(fd, &line);

	free(fault);
	return r;
}

static enum vcard_door_result
run_locked(const struct vcard_door *door, int trace_fd, uint64_t sequence,
	struct jcop_bytes command, struct jcop_blob *response, char *message)
{
	struct vcard_faults *faults = calloc(1, sizeof(*faults));
	enum vcard_door_result result = VCARD_DOOR_UNUSABLE;
	struct vcard_trace trace;

	if (faults == NULL)
		return VCARD_DOOR_FAILED;
	if (vcard_faults_load(door->dir, command, faults, message) != JCOP_OK)
		goto out;
	result = execute(door, faults, command, response, &trace);
	if (trace_fd >= 0 &&
		write_trace(door, trace_fd, sequence, faults, &trace,
			command.len, response->len) != JCOP_OK) {
		snprintf(message, VCARD_MESSAGE_SIZE,
			"%.400s: cannot be written", door->trace);
		result = VCARD_DOOR_UNUSABLE;
	}
out:
	vcard_faults_free(faults);
	free(faults);
	return result;
}

enum vcard_door_result
vcard_door_run(const struct vcard_door *door, uint64_t sequence,
	struct jcop_bytes command, struct jcop_blob *response, char *message)
{
	enum vcard_door_result result = VCARD_DOOR_FAILED;
	int fd = -1;

	jcop_blob_clear(response);
	if (door->trace != NULL) {
		fd = vcard_trace_open(door->trace);
		if (fd < 0) {
			snprintf(message, VCARD_MESSAGE_SIZE, "%.400s: %s",
				door->trace, strerror(-fd));
			return VCARD_DOOR_UNUSABLE;
		}
	}
	if (vcard_lock(door->card) == JCOP_OK) {
		result = run_locked(
			door, fd, sequence, command, response, message);
		vcard_unlock(door->card);
	}
	if (fd >= 0)
		close(fd);
	return result;
}
