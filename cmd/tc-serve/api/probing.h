/*
 * Probes the sources of new jobs in threads, while the call that makes the job
 * is suspended: neither other calls nor the encoders wait for it.
 */
#ifndef TC_SERVE_API_PROBING_H
#define TC_SERVE_API_PROBING_H

#include <stdbool.h>

struct call;
struct draft;
struct job;
struct probing;
struct serve;

struct probing *probing_new(void);

/*
 * End the running probes and drop the others, whose calls continue without
 * them. Call it without the lock.
 */
void probing_stop(struct serve *s);
void probing_free(struct probing *p);

/* Return a descriptor that is readable when probing_step() has something to do. */
int probing_fd(const struct probing *p);

/* Resume the calls whose sources have been probed. */
void probing_step(struct serve *s);

/*
 * Take over *j, and have commit(c, j) called under the lock once its sources
 * are probed, or five seconds have passed; immediately if there is nothing to
 * probe.
 */
void probing_begin(struct call *c, struct job *j, void (*commit)(struct call *c, struct job *j));

/* Suspend a call that probing_begin() has left to be probed. Return false for any other. */
bool probing_wait(struct call *c);

/* Commit the job of a call that is resumed, if it has one. */
void probing_end(struct call *c);

/* Free what is left of a call whose connection has ended. */
void probing_drop(struct draft *d);

#endif
