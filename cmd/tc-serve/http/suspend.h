/*
 * Connections put to sleep until their time has come: latency, slow answers.
 * libmicrohttpd must not wait in its thread, so main's wakes them. With a lock
 * of its own: pieces of an answer are asked for while libmicrohttpd suspended one.
 */
#ifndef TC_SERVE_HTTP_SUSPEND_H
#define TC_SERVE_HTTP_SUSPEND_H

#include <stdint.h>

struct MHD_Connection;
struct suspended;
struct serve;

struct suspended *suspend_new(void);
void suspend_free(struct suspended *h);

/* From a libmicrohttpd callback only: suspends the connection until clock_now() is due. */
void suspend_until(struct serve *s, struct MHD_Connection *conn, int64_t due);

/* The same, and until then whenever suspend_resume_changed() says that a job has changed. */
void suspend_until_change(struct serve *s, struct MHD_Connection *conn, int64_t due);

/* Wakes those who wait for a change. */
void suspend_resume_changed(struct suspended *h);

/* Wakes what is due; returns when the next will be, or NEVER. */
int64_t suspend_resume_due(struct suspended *h, int64_t now);

/* Wakes all, and lets nothing sleep any more: the server is stopping. */
void suspend_stop(struct suspended *h);

#endif
