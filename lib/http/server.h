/*
 * An HTTP server on libmicrohttpd, for tc-serve and tc-hook: connections are
 * bounded in number and in the time that a request may take, and running out
 * of descriptors is waited out. libmicrohttpd's thread answers; the program's
 * own thread accepts and drops.
 */
#ifndef TC_HTTP_SERVER_H
#define TC_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

struct server_config {
	int fd;           /* listening socket; owned from here on */
	size_t most;      /* limit of connections, see os_files_most() */
	int64_t patience; /* how long a whole request may take to arrive, microseconds */
	unsigned idle;    /* limit of seconds without a byte in either direction */
	bool suspend;     /* MHD_suspend_connection() is used */
	MHD_AccessHandlerCallback call;
	MHD_RequestCompletedCallback done; /* or NULL */
	void (*began)(void *cls);          /* a connection was made; or NULL */
	void (*wake)(
		void *cls); /* makes the main thread call server_step(); called from any thread */
	void *cls;
};

/* Start the server. Exit 74 if that fails. */
struct server *server_start(const struct server_config *c);

/* Stop the server, end all requests, and close the socket. */
void server_stop(struct server *s);

/* Return the descriptor to wait for (POLLIN), or -1 while no connection can be accepted. */
int server_fd(struct server *s);

/*
 * Accept waiting connections (if news: server_fd() was readable), and drop
 * those that took too long. If there are too many, drop the one that has been
 * incomplete for longest. Return when to call again.
 */
int64_t server_step(struct server *s, bool news);

/*
 * Mark the request as complete, in a callback: its connection is no longer
 * dropped for others or for its time.
 */
void server_busy(struct MHD_Connection *conn);

/*
 * Return true if the headers say in exactly one way where the body ends. All
 * else should be a 400: a proxy may have read it differently.
 */
bool server_framed(struct MHD_Connection *conn);

#endif
