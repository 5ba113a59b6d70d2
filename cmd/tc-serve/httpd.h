/* The HTTP server: libmicrohttpd, and nothing of what the calls mean. */
#ifndef TC_SERVE_HTTPD_H
#define TC_SERVE_HTTPD_H

struct serve;
struct server;

/*
 * Listens on s->cfg.listen and .port, sets s->base, and answers in a thread of
 * its own; connections are accepted by server_step(). NULL after a line on
 * stderr.
 */
struct server *httpd_start(struct serve *s);

/* Takes no new connection, ends those that are open, and the thread. Call without the lock. */
void httpd_stop(struct serve *s, struct server *h);

#endif
