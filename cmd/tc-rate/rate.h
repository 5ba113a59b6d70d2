/* What the files of tc-rate share: the server's address, the connection, and the limiter on the
 * server. */
#ifndef TC_RATE_RATE_H
#define TC_RATE_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Where the limiter is: redis://[USER@]HOST[:PORT]/NAME, rediss:// with TLS, or unix:PATH/NAME. All
 * owned. */
struct address {
	bool tls;
	char *path; /* of a socket; NULL: host and port */
	char *host, *port;
	char *user;     /* or NULL */
	char *password; /* or NULL */
	char *name;     /* of the limiter */
};

/* Fill *a from a URL. secret: it may have a password in it. Return NULL, or what is wrong (static).
 */
const char *address_parse(struct address *a, const char *url, bool secret);
void address_free(struct address *a);

/* A connection. fd -1: not connected. */
struct net {
	int fd;
	void *tls, *tls_context; /* OpenSSL's */
};

/* Connect within `within` microseconds; cacert may be NULL. Return false with the reason appended
 * to why. */
bool net_open(struct net *n, const struct address *a, const char *cacert, int64_t within,
	      struct buf *why);

/* Return the bytes moved, 0 if none can be now, -1 at the end or on an error (with the reason
 * appended to why). */
ssize_t net_read(struct net *n, char *p, size_t size, struct buf *why);
ssize_t net_write(struct net *n, const char *p, size_t size, struct buf *why);
void net_close(struct net *n);

/* The lines of the script that the server runs, then NULL. */
extern const char *const limiter_script[];

/* A question that has not been answered. */
struct question {
	char *command; /* as it goes over the wire; owned */
	size_t n;
	bool start; /* the answer is for stdout */
	int64_t asked;
};

struct limiter {
	struct address a;
	const char *cacert;
	struct net net;
	void *reader; /* hiredis's */
	struct buf unsent, script, key;
	struct question *q; /* in order; those before `sent` are under way */
	size_t n, sent, cap;
	size_t greetings; /* answers that are due before theirs */
	int64_t retry_at; /* no connection before */
	bool said;        /* that there is no connection */
};

void limiter_init(struct limiter *l);

/* Ask: argv is "start", "throttled", "limit" and numbers. */
void limiter_ask(struct limiter *l, int argc, const char **argv);

/* Connect if need be, send and read. Append the replies to starts to out, a line each. Exit 77 if
 * access is refused. */
void limiter_move(struct limiter *l, struct buf *out);

/* Return when to call limiter_move() even if the connection has no event. */
int64_t limiter_due(const struct limiter *l);

/* Return how many starts wait for an answer, and set *since to when the oldest was asked for. */
size_t limiter_waiting(const struct limiter *l, int64_t *since);
void limiter_free(struct limiter *l);

#endif
