/*
 * What both our servers ask of libmicrohttpd: connections are bounded in
 * number and in the time that a request may take to come, and running out of
 * descriptors is waited out. libmicrohttpd's thread answers; the program's own
 * accepts and drops.
 */
#ifndef TC_HTTP_SERVER_H
#define TC_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

struct server_config {
	int fd;           /* listens; ours from here on */
	size_t most;      /* connections at once; see server_most() */
	int64_t patience; /* how long a request may take to come, whole: microseconds */
	unsigned idle;    /* seconds without a byte in either direction */
	bool suspend;     /* MHD_suspend_connection() is used */
	MHD_AccessHandlerCallback call;
	MHD_RequestCompletedCallback done; /* or NULL */
	void (*began)(void *cls);          /* a connection has; or NULL */
	void (*wake)(void *cls);           /* makes main's thread call server_step(); from any thread */
	void *cls;
};

/*
 * How many connections of `each` descriptors there may be at once: most, or
 * what is left of RLIMIT_NOFILE (raised as far as it may be) when `apart` are
 * kept for all else; at least 2.
 */
size_t server_most(size_t most, size_t each, size_t apart);

/* Begins to answer. Exits 74 if it cannot. */
struct server *server_start(const struct server_config *c);

/* Ends that, with what is under way; closes the socket. */
void server_stop(struct server *s);

/* The descriptor to wait for (POLLIN), -1 while no connection can be taken. */
int server_fd(struct server *s);

/*
 * Takes the connections that wait (if news: server_fd() has some), and drops
 * those that took too long; when there are too many, the one of which nothing
 * whole has come for longest makes room. Returns when to call it again.
 */
int64_t server_step(struct server *s, bool news);

/* In a callback: the request has come as far as it must; it is neither dropped for others nor for its time. */
void server_busy(struct MHD_Connection *conn);

/* Do the headers say in one way where the body ends? Whatever they say else is a 400: a proxy may have read it otherwise. */
bool server_framed(struct MHD_Connection *conn);

#endif
