#include "base/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/msg.h"

static int
open_socket(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol), on = 1;
	if (fd < 0)
		return -1;
	/* children must not keep the port */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, 511) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	if (a.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

bool
listen_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

void
listen_ready(int fd, const char *base)
{
	struct buf line = {0};
	buf_fmt(&line, "%s\n", base);
	if (io_write_all(fd, buf_all(&line), NULL) < 0 || (fd > 2 && close(fd) != 0))
		msg_die(EXIT_IO, "--ready-fd %d: %s", fd, strerror(errno));
	buf_free(&line);
}

int
listen_on(const char *address, long port, char **base)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai;
	struct buf text = {0};
	buf_fmt(&text, "%ld", port);
	int rc = getaddrinfo(address, buf_cstr(&text), &hints, &ai);
	buf_free(&text);
	if (rc != 0) {
		msg_error("--listen: expected a numeric address, got \"%s\": %s", address,
			  gai_strerror(rc));
		return -1;
	}
	int fd = open_socket(ai), bound = fd < 0 ? -1 : port_of(fd);
	freeaddrinfo(ai);
	if (bound < 0) {
		msg_error("cannot listen on %s port %ld: %s", address, port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	buf_fmt(&text, strchr(address, ':') ? "http://[%s]:%d" : "http://%s:%d", address, bound);
	*base = buf_take(&text);
	return fd;
}
