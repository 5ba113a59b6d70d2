/* The HTTP server: connections and bodies; route.h knows what the calls mean. */
#ifndef TC_SERVE_HTTPD_H
#define TC_SERVE_HTTPD_H

#include <stdbool.h>

struct serve;
struct server;

/*
 * Listen on s->cfg.listen and .port, and set s->base. Return false after a
 * message if that is not possible.
 */
bool httpd_listen(struct serve *s);

/*
 * Respond in a thread of its own; server_step() accepts the connections. Exit
 * 74 if no thread can be made.
 */
struct server *httpd_start(struct serve *s);

/*
 * Accept no more connections, close those that are open, and end the thread.
 * Call without the lock.
 */
void httpd_stop(struct serve *s, struct server *h);

#endif
