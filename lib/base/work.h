/* Tasks that take the processor or wait for the disk, in a few threads, so that the loop that moves bytes does neither. */
#ifndef TC_BASE_WORK_H
#define TC_BASE_WORK_H

#include <stddef.h>

struct work;

/* The first thing in a task of the user's. run() is called in a thread, and touches nothing but the task's own. */
struct task {
	void (*run)(struct task *t);
	struct task *next;
};

/* Threads are started when they are needed, at most that many. Exits 74 if there is no pipe. */
struct work *work_new(size_t threads);

/* Waits for what is being run, and drops the rest. */
void work_free(struct work *w);

/* Has a task run, some time after those posted before. */
void work_post(struct work *w, struct task *t);

/* Readable when work_next() has one. */
int work_fd(const struct work *w);

/* A task that has been run, or NULL. */
struct task *work_next(struct work *w);

#endif
