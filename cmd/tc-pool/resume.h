/*
 * Resume: finished items are printed from the ledger; interrupted ones run
 * again once their old child has ended.
 */
#ifndef TC_POOL_RESUME_H
#define TC_POOL_RESUME_H

#include <stdbool.h>
#include <stddef.h>

#include "flow/flow.h"
#include "ledger/ledger.h"

struct pool;
struct job;

struct resume_options {
	const char *path; /* NULL: no ledger */
	bool force;       /* accept a ledger that another command made */
	struct shard shard;
	bool no_placeholders;
	bool again; /* run again what failed for good */
};

struct resume {
	struct ledger *ledger; /* or NULL */
	bool again, waited;
	size_t new, done, unsure; /* counts of a dry run */
};

/*
 * Open the ledger. Exit 78 or 74 as ledger_open() does; the command must be
 * the one that made the ledger.
 */
void resume_open(struct resume *b, const struct resume_options *o, char **command);
void resume_close(struct resume *b);

/*
 * End an item that is recorded as done, with its recorded result and its
 * present index. Return false if it is to run.
 */
bool resume_known(struct pool *p, struct job *j);

/*
 * Record that the item begins, or schedule it again because a child of an
 * earlier run still holds it. Return 0, or the errno of why there is no
 * descriptor to hold its lock: then nothing was done.
 */
int resume_begin(struct pool *p, struct job *j);

/* Close the item's lock while it waits for its next attempt. */
void resume_rest(struct pool *p, struct job *j);

/* Record how an item has ended, before it is printed. */
void resume_end(struct pool *p, struct job *j, struct span record, enum outcome outcome);

/* Count the item, for a dry run; report the counts. */
void resume_count(struct pool *p, const struct job *j);
void resume_report(const struct resume *b);

#endif
