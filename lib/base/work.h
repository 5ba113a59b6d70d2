/*
 * A small thread pool, for tasks that take processor time or wait for the
 * disk, so that the event loop does not.
 */
#ifndef TC_BASE_WORK_H
#define TC_BASE_WORK_H

#include <stddef.h>

struct work;

/* The first member of the user's task. run() is called in a thread and may touch only the task. */
struct task {
	void (*run)(struct task *t);
	struct task *next;
};

/*
 * Make a pool of at most `threads` threads, which are started when needed.
 * Exit 74 if no pipe can be made.
 */
struct work *work_new(size_t threads);

/* Wait for tasks that are running, drop the others, and free the pool. */
void work_free(struct work *w);

/* Queue a task. Tasks start in the order in which they were queued. */
void work_post(struct work *w, struct task *t);

/* Return a descriptor that is readable when work_next() has a task. */
int work_fd(const struct work *w);

/* Return a task that has run, or NULL. */
struct task *work_next(struct work *w);

#endif
