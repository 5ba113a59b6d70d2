/*
 * The pool's ledger: what is done is printed again, not run again; what was
 * begun by a run that was killed is run again, once its child is surely gone.
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
	bool force;       /* go on with one that another command made */
	struct shard shard;
	bool no_placeholders;
	bool again;       /* what failed for good is run again */
};

struct resume {
	struct ledger *ledger; /* NULL: none */
	bool again, waited;
	size_t new, done, unsure; /* what a dry run counts */
};

/* Exits 78 or 74 as ledger_open() does; the command is held against the ledger's. */
void resume_open(struct resume *b, const struct resume_options *o, char **command);
void resume_close(struct resume *b);

/* An item that is done ends with its result of then, its index that of now; false if it is to run. */
bool resume_known(struct pool *p, struct job *j);

/* Notes that the item begins. False: it was ended or put off, as a child of an earlier run still has it. */
bool resume_begin(struct pool *p, struct job *j);

/* The item waits for its next try: no descriptor is held meanwhile. */
void book_rest(struct pool *p, struct job *j);

/* Notes how an item has ended, before it is printed. */
void resume_end(struct pool *p, struct job *j, struct span record, enum outcome outcome);

/* A dry run's count. */
void resume_count(struct pool *p, const struct job *j);
void resume_report(const struct resume *b);

#endif
