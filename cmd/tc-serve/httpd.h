/* The HTTP server: libmicrohttpd, and nothing of what the calls mean. */
#ifndef SERVE_HTTPD_H
#define SERVE_HTTPD_H

struct httpd;
struct serve;

/*
 * Listens on s->cfg.listen and .port, sets s->base, and serves in a thread of
 * its own, in which all signals are blocked. NULL after a line on stderr.
 */
struct httpd *httpd_start(struct serve *s);

/* Takes no new connection, ends those that are open, and the thread. Call without the lock. */
void httpd_stop(struct httpd *h);

#endif
