/*
 * vpcd.c: client of the vpcd driver.
 *
 * Every message is a length in two bytes, most significant first, and that
 * many bytes. One byte is a control code; more are a command APDU, answered
 * in the same form.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "virtual-card/vpcd.h"

enum control {
	CONTROL_OFF = 0,
	CONTROL_ON = 1,
	CONTROL_RESET = 2,
	CONTROL_ATR = 4
};

#define LENGTH_SIZE 2
#define LOOK_AGAIN_MS 50

struct server {
	const struct vcard_vpcd_config *config;
	struct vcard_reader *reader;
	int socket;
	char *message;
};

/* What ends a step; GO_ON ends none. */
enum step { GO_ON, STOP, HUNG_UP, REMOVED, FAILED };

/* --- bytes --- */

/* The driver sends length and payload in two writes: without an immediate
 * acknowledgement Nagle's algorithm holds the second back for 40 ms. The
 * kernel takes the option back by itself, so it is set for every recv. */
static void
acknowledge_at_once(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

/* Waits for bytes, while looking whether the card is still there. */
static enum step
wait_for_bytes(struct server *server)
{
	struct pollfd fds[2] = {{server->socket, POLLIN, 0},
		{server->config->stop_fd, POLLIN, 0}};
	struct vcard_reader_view view;
	int n;

	for (;;) {
		n = poll(fds, 2, LOOK_AGAIN_MS);
		if (n < 0 && errno != EINTR)
			return FAILED;
		if (n > 0 && fds[1].revents != 0)
			return STOP;
		if (vcard_reader_check(server->reader, &view) ==
			VCARD_READER_REMOVED)
			return REMOVED;
		if (n > 0 && fds[0].revents != 0)
			return GO_ON;
	}
}

static enum step
receive(struct server *server, uint8_t *data, size_t len)
{
	enum step step;
	ssize_t n;

	while (len > 0) {
		acknowledge_at_once(server->socket);
		step = wait_for_bytes(server);
		if (step != GO_ON)
			return step;
		n = recv(server->socket, data, len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return HUNG_UP;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return FAILED;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return GO_ON;
}

static enum step
send_message(struct server *server, struct jcop_bytes payload)
{
	struct jcop_blob out = JCOP_BLOB_INIT;
	uint8_t length[LENGTH_SIZE] = {
		(uint8_t)(payload.len >> 8), (uint8_t)(payload.len & 0xFF)};
	enum step step = FAILED;
	size_t sent = 0;
	ssize_t n;

	/* One send, so that nothing waits for an acknowledgement. */
	if (payload.len > 0xFFFF ||
		jcop_blob_append(&out, length, sizeof(length)) != JCOP_OK ||
		jcop_blob_append(&out, payload.data, payload.len) != JCOP_OK)
		goto out;
	while (sent < out.len) {
		n = send(server->socket, out.data + sent, out.len - sent,
			MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			step = errno == EPIPE || errno == ECONNRESET ? HUNG_UP
								     : FAILED;
			goto out;
		}
		sent += (size_t)n;
	}
	step = GO_ON;
out:
	jcop_blob_free(&out);
	return step;
}

/* --- messages --- */

static enum step
step_of(struct server *server, enum vcard_reader_result result)
{
	switch (result) {
	case VCARD_READER_OK:
		return GO_ON;
	case VCARD_READER_REMOVED:
	case VCARD_READER_NO_CARD:
		return REMOVED;
	default:
		break;
	}
	if (server->message[0] == '\0')
		snprintf(server->message, VCARD_MESSAGE_SIZE,
			"the card in %.400s failed; look at it with "
			"'jcop45-vcard info'",
			server->config->dir);
	return FAILED;
}

static enum step
run_control(struct server *server, uint8_t code)
{
	struct vcard_reader_view view;
	enum vcard_reader_result result;

	switch (code) {
	case CONTROL_OFF:
	case CONTROL_ON:
	case CONTROL_RESET:
		result = vcard_reader_reconnect(
			server->reader, VCARD_EXCLUSIVE, VCARD_RESET);
		return step_of(server, result);
	case CONTROL_ATR:
		result = vcard_reader_check(server->reader, &view);
		if (result == VCARD_READER_REMOVED)
			return REMOVED;
		return send_message(
			server, jcop_bytes_of(view.atr, view.atr_len));
	}
	return GO_ON; /* codes of later drivers expect no answer */
}

/* Another process can reset the card only by 'jcop45-vcard set'; pcscd cannot
 * be told, so the command goes on to the card as it is. */
static enum vcard_reader_result
transmit(struct server *server, struct jcop_bytes command,
	struct jcop_blob *response)
{
	enum vcard_reader_result result = vcard_reader_transmit(
		server->reader, command, response, server->message);

	if (result != VCARD_READER_RESET)
		return result;
	result = vcard_reader_reconnect(
		server->reader, VCARD_EXCLUSIVE, VCARD_LEAVE);
	if (result != VCARD_READER_OK)
		return result;
	return vcard_reader_transmit(
		server->reader, command, response, server->message);
}

static enum step
run_command(struct server *server, struct jcop_bytes command)
{
	struct jcop_blob response = JCOP_BLOB_INIT;
	enum step step = step_of(server, transmit(server, command, &response));

	if (step == GO_ON)
		step = send_message(server, jcop_blob_view(&response));
	jcop_blob_free(&response);
	return step;
}

static enum step
serve_message(struct server *server, struct jcop_blob *payload)
{
	uint8_t length[LENGTH_SIZE];
	enum step step = receive(server, length, sizeof(length));
	size_t len;

	if (step != GO_ON)
		return step;
	len = (size_t)length[0] << 8 | length[1];
	jcop_blob_clear(payload);
	if (jcop_blob_append_fill(payload, 0, len) != JCOP_OK)
		return FAILED;
	step = receive(server, payload->data, len);
	if (step != GO_ON || len == 0)
		return step;
	if (len == 1)
		return run_control(server, payload->data[0]);
	return run_command(server, jcop_blob_view(payload));
}

static enum step
serve_connection(struct server *server)
{
	struct jcop_blob payload = JCOP_BLOB_INIT;
	enum step step = GO_ON;

	while (step == GO_ON)
		step = serve_message(server, &payload);
	jcop_blob_free(&payload);
	close(server->socket);
	return step;
}

/* --- connecting --- */

/* Splits HOST:PORT in place. */
static bool
split_address(char *address, char **host, char **port)
{
	char *colon = strrchr(address, ':'), *end;

	if (colon == NULL || colon == address || colon[1] == '\0')
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = address;
	if (*address != '[')
		return strchr(address, ':') == NULL;
	end = colon - 1;
	*host = address + 1;
	if (*end != ']')
		return false;
	*end = '\0';
	return true;
}

static int
connect_any(const struct addrinfo *candidates)
{
	const struct addrinfo *a;
	const int on = 1;
	int fd, error = ECONNREFUSED;

	for (a = candidates; a != NULL; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC,
			a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
			(void)setsockopt(
				fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			return fd;
		}
		error = errno;
		if (fd >= 0)
			close(fd);
	}
	return -error;
}

/* Until the driver listens, or CONFIG's time is over. */
static enum step
connect_patiently(struct server *server, const struct addrinfo *candidates)
{
	struct pollfd stop = {server->config->stop_fd, POLLIN, 0};
	unsigned int left = server->config->wait_seconds * 1000 / LOOK_AGAIN_MS;

	for (;; left--) {
		server->socket = connect_any(candidates);
		if (server->socket >= 0)
			return GO_ON;
		if (left == 0)
			break;
		if (poll(&stop, 1, LOOK_AGAIN_MS) > 0)
			return STOP;
	}
	snprintf(server->message, VCARD_MESSAGE_SIZE,
		"cannot connect to %.200s: %s; is pcscd running with the vpcd "
		"driver, and its other slot free? (Debian: apt-get install "
		"pcscd vsmartcard-vpcd; port 35963)",
		server->config->address, strerror(-server->socket));
	return FAILED;
}

static enum step
connect_server(struct server *server)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char *address = strdup(server->config->address), *host, *port;
	enum step step = FAILED;
	int error;

	if (address == NULL)
		return FAILED;
	if (!split_address(address, &host, &port)) {
		snprintf(server->message, VCARD_MESSAGE_SIZE,
			"'%.200s' is no HOST:PORT; expected something like "
			"localhost:35963",
			server->config->address);
		goto out;
	}
	error = getaddrinfo(host, port, &hints, &found);
	if (error != 0) {
		snprintf(server->message, VCARD_MESSAGE_SIZE, "%.200s: %s",
			server->config->address, gai_strerror(error));
		goto out;
	}
	step = connect_patiently(server, found);
	freeaddrinfo(found);
out:
	free(address);
	return step;
}

/* --- the card --- */

static enum step
wait_for_card(struct server *server)
{
	struct pollfd stop = {server->config->stop_fd, POLLIN, 0};

	for (;;) {
		switch (vcard_reader_reconnect(
			server->reader, VCARD_EXCLUSIVE, VCARD_LEAVE)) {
		case VCARD_READER_OK:
			return GO_ON;
		case VCARD_READER_NO_CARD:
			break;
		default:
			return step_of(server, VCARD_READER_FAILED);
		}
		if (poll(&stop, 1, LOOK_AGAIN_MS) > 0)
			return STOP;
	}
}

static enum step
serve_card(struct server *server)
{
	enum step step;

	do {
		step = wait_for_card(server);
		if (step == GO_ON)
			step = connect_server(server);
		if (step == GO_ON)
			step = serve_connection(server);
	} while (step == REMOVED);
	return step;
}

static enum vcard_reader_result
take_reader(struct server *server)
{
	const struct vcard_reader_config config = {
		.dir = server->config->dir,
		.name = "vpcd",
		.trace = server->config->trace,
		.mode = VCARD_EXCLUSIVE,
		.any_length = true,
	};
	enum vcard_reader_result result =
		vcard_reader_connect(&config, &server->reader, server->message);

	if (result == VCARD_READER_NO_CARD)
		snprintf(server->message, VCARD_MESSAGE_SIZE,
			"no card in %.200s; make one with 'jcop45-vcard new', "
			"or put it back with 'jcop45-vcard insert'",
			server->config->dir);
	if (result == VCARD_READER_IN_USE)
		snprintf(server->message, VCARD_MESSAGE_SIZE,
			"the card in %.200s is in use by another program; end "
			"that first",
			server->config->dir);
	return result;
}

enum vcard_vpcd_result
vcard_vpcd_serve(const struct vcard_vpcd_config *config, char *message)
{
	struct server server = {.config = config, .message = message};
	enum vcard_reader_result result;
	enum step step;

	message[0] = '\0';
	result = take_reader(&server);
	if (result != VCARD_READER_OK) {
		(void)step_of(&server, result);
		return VCARD_VPCD_FAILED;
	}
	step = serve_card(&server);
	(void)vcard_reader_disconnect(server.reader, VCARD_RESET);
	if (step == STOP)
		return VCARD_VPCD_STOPPED;
	if (step == HUNG_UP)
		return VCARD_VPCD_HUNG_UP;
	if (message[0] == '\0')
		snprintf(message, VCARD_MESSAGE_SIZE, "%.200s: %s",
			config->address, strerror(errno));
	return VCARD_VPCD_FAILED;
}
