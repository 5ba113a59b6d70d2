/* A connection to the server: TCP, with TLS if it is asked for, or a socket in the file system. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "rate.h"

static int
new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);
	if (fd >= 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Wait until fd is ready. Return false at the deadline. */
static bool
wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t now;
	while ((now = clock_now()) < until) {
		int n = poll(&p, 1, clock_poll_ms(now, until));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	errno = ETIMEDOUT;
	return false;
}

/* Connect a new socket; return it, or -1 with errno. */
static int
connect_to(const struct sockaddr *to, socklen_t n, int64_t until)
{
	int fd = new_socket(to->sa_family), e = 0;
	socklen_t size = sizeof e;
	if (fd < 0)
		return -1;
	if (connect(fd, to, n) == 0)
		return fd;
	if ((errno == EINPROGRESS || errno == EINTR || errno == EAGAIN) &&
	    wait_for(fd, POLLOUT, until) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size) == 0 &&
	    e == 0)
		return fd;
	e = e ? e : errno;
	close(fd);
	errno = e;
	return -1;
}

static int
open_path(const char *path, int64_t until)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	return connect_to((const struct sockaddr *)(const void *)&to, sizeof to, until);
}

/* Try each address of the host in turn: one that does not reply leaves the others their time. */
static int
open_host(const struct address *a, int64_t until, struct buf *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int e = getaddrinfo(a->host, a->port, &hints, &list), fd = -1, left = 0;
	if (e) {
		buf_str(why, gai_strerror(e));
		return -1;
	}
	for (struct addrinfo *i = list; i; i = i->ai_next)
		left++;
	for (struct addrinfo *i = list; i && fd < 0; i = i->ai_next) {
		int64_t now = clock_now();
		fd = connect_to(i->ai_addr, i->ai_addrlen, now + (until - now) / left--);
	}
	if (fd < 0)
		buf_str(why, strerror(errno));
	freeaddrinfo(list);
	return fd;
}

static void
tls_reason(const SSL *tls, struct buf *why)
{
	long verify = tls ? SSL_get_verify_result(tls) : X509_V_OK;
	unsigned long e = ERR_get_error();
	if (verify != X509_V_OK)
		buf_str(why, X509_verify_cert_error_string(verify));
	else
		buf_str(why, e && ERR_reason_error_string(e) ? ERR_reason_error_string(e)
							     : "TLS: the connection was closed");
	ERR_clear_error();
}

/*
 * Have TLS verify that the certificate is the host's, by name or by address.
 * Return false if that fails.
 */
static bool
tls_expect(SSL *tls, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
	return SSL_set1_host(tls, host) == 1 && SSL_set_tlsext_host_name(tls, host) == 1;
}

static bool
tls_open(struct net *n, const struct address *a, const char *cacert, int64_t until, struct buf *why)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *tls = NULL;
	int r = -1;
	n->tls_context = context;
	if (context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	    (cacert ? SSL_CTX_load_verify_locations(context, cacert, NULL)
		    : SSL_CTX_set_default_verify_paths(context)) == 1) {
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
						  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		n->tls = tls = SSL_new(context);
	}
	if (tls && SSL_set_fd(tls, n->fd) == 1 && tls_expect(tls, a->host))
		while ((r = SSL_connect(tls)) != 1) {
			int want = SSL_get_error(tls, r);
			if ((want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE) ||
			    !wait_for(n->fd, want == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until))
				break;
		}
	if (r != 1)
		tls_reason(tls, why);
	return r == 1;
}

bool
net_open(struct net *n, const struct address *a, const char *cacert, int64_t within,
	 struct buf *why)
{
	int64_t until = clock_now() + within;
	*n = (struct net){.fd = a->path ? open_path(a->path, until) : open_host(a, until, why)};
	if (n->fd < 0 && a->path)
		buf_str(why, strerror(errno));
	if (n->fd < 0)
		return false;
	if (a->tls && !tls_open(n, a, cacert, until, why)) {
		net_close(n);
		return false;
	}
	return true;
}

/* Translate the result of an OpenSSL call. */
static ssize_t
tls_result(struct net *n, int r, struct buf *why)
{
	if (r > 0)
		return r;
	int e = SSL_get_error(n->tls, r);
	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return 0;
	tls_reason(n->tls, why);
	return -1;
}

static ssize_t
result(ssize_t r, struct buf *why)
{
	if (r > 0)
		return r;
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	buf_str(why, r ? strerror(errno) : "it closed the connection");
	return -1;
}

ssize_t
net_read(struct net *n, char *p, size_t size, struct buf *why)
{
	return n->tls ? tls_result(n, SSL_read(n->tls, p, (int)size), why)
		      : result(read(n->fd, p, size), why);
}

ssize_t
net_write(struct net *n, const char *p, size_t size, struct buf *why)
{
	int most = size < (1 << 20) ? (int)size : 1 << 20;
	return n->tls ? tls_result(n, SSL_write(n->tls, p, most), why)
		      : result(write(n->fd, p, (size_t)most), why);
}

void
net_close(struct net *n)
{
	SSL_free(n->tls);
	SSL_CTX_free(n->tls_context);
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct net){.fd = -1};
}
