/*
 * Connections put to sleep until their time has come: latency, slow answers.
 * libmicrohttpd must not wait in its thread, so main's wakes them. With a lock
 * of its own: pieces of an answer are asked for while libmicrohttpd holds one.
 */
#ifndef SERVE_HOLD_H
#define SERVE_HOLD_H

#include <stdint.h>

struct MHD_Connection;
struct holds;
struct serve;

struct holds *hold_new(void);
void hold_free(struct holds *h);

/* From a libmicrohttpd callback only: suspends the connection until clock_now() is due. */
void hold_until(struct serve *s, struct MHD_Connection *conn, int64_t due);

/* The same, and until then whenever hold_changed() says that a job has changed. */
void hold_change(struct serve *s, struct MHD_Connection *conn, int64_t due);

/* Wakes those who wait for a change. */
void hold_changed(struct holds *h);

/* Wakes what is due; returns when the next will be, or NEVER. */
int64_t hold_release(struct holds *h, int64_t now);

/* Wakes all, and lets nothing sleep any more: the server is stopping. */
void hold_end(struct holds *h);

#endif
