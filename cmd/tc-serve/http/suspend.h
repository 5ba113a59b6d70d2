/*
 * Suspended connections: latency, slow responses, streams with nothing to send.
 * libmicrohttpd must not wait in its thread, so main resumes them. They have a
 * lock of their own: libmicrohttpd reads pieces of a body while it holds one.
 */
#ifndef TC_SERVE_HTTP_SUSPEND_H
#define TC_SERVE_HTTP_SUSPEND_H

#include <stdint.h>

struct MHD_Connection;
struct suspended;
struct serve;

struct suspended *suspend_new(void);
void suspend_free(struct suspended *h);

/* Suspend a connection until clock_now() is due. Only from a libmicrohttpd callback. */
void suspend_until(struct serve *s, struct MHD_Connection *conn, int64_t due);

/* The same, but resume it earlier when a job changes: see suspend_resume_changed(). */
void suspend_until_change(struct serve *s, struct MHD_Connection *conn, int64_t due);

/* Resume this connection, if it is suspended. From any thread. */
void suspend_resume(struct suspended *h, struct MHD_Connection *conn);

/* Resume the connections that wait for a change. */
void suspend_resume_changed(struct suspended *h);

/* Resume connections that are due. Return when the next one is, or NEVER. */
int64_t suspend_resume_due(struct suspended *h, int64_t now);

/* Resume all connections, and suspend none from now on: the server is stopping. */
void suspend_stop(struct suspended *h);

#endif
