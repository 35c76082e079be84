/*
 * syslog-listener.c: what a system's logger is to syslog(3): a datagram socket
 * SOCKET whose messages are appended to FILE, a line each, until it is ended.
 *
 * Usage: syslog-listener SOCKET FILE
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_MESSAGE 8192

static int
bind_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	return fd;
}

int
main(int argc, char **argv)
{
	char message[MAX_MESSAGE + 1];
	int in, out;
	ssize_t len;

	if (argc != 3)
		return 2;
	out = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	in = bind_socket(argv[1]);
	if (in < 0 || out < 0) {
		perror(argv[0]);
		return 1;
	}
	while ((len = recv(in, message, MAX_MESSAGE, 0)) >= 0) {
		while (len > 0 &&
			(message[len - 1] == '\n' || message[len - 1] == '\0'))
			len--;
		message[len] = '\n';
		if (write(out, message, (size_t)len + 1) != len + 1)
			return 1;
	}
	return 1;
}
