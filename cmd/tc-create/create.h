/* What the files of tc-create share: the run, an item of it, and how an item ends. */
#ifndef TC_CREATE_CREATE_H
#define TC_CREATE_CREATE_H

#include "reconcile.h"
#include "body.h"
#include "service/service.h"

/* Which items of the ledger get a new job: none; those that ended badly; and those whose outputs are gone. */
enum again { AGAIN_NONE, AGAIN_BAD, AGAIN_EXPIRED };

struct create {
	struct service service;
	struct request_plan plan;
	struct reconcile doubt;
	long left;              /* of --max-new; -1: no bound */
	bool dry_run;           /* -n */
	enum again again;
	size_t new, done, unsure; /* what a dry run counts in the ledger */
};

struct job {
	struct service_item step;
	struct record line;
	struct request request;
	struct reconcile_item look;          /* for a job whose creation is in doubt */
	struct ledger_found known; /* its claim in the ledger; no line is kept */
	bool claimed, counted;
	bool earlier; /* its create may have been sent by an earlier run */
	int64_t keyed_at; /* when its key first went out with a request that may have been acted on, monotonic; 0: not yet */
};

/* Does the service know idempotency keys? Then a create may be sent again. */
bool profile_has_keys(const struct profile *p);

/* Does the service still know a key that it was given at wall time `since`? False where it knows none at all. */
bool create_key_holds(const struct create *c, int64_t since);

/* Each ends the item with its record: no job; a job, noted in the ledger first; one noted before; a dry run's request. */
void output_failed(struct create *c, struct job *j, const struct failure *e);
void output_created(struct create *c, struct job *j, const char *id, struct span job);
void output_record(struct create *c, struct job *j, const char *id, const char *status, struct span job);
void output_dry_run(struct create *c, struct job *j);

/* The same as output_failed(), said on stderr too. */
void output_in_doubt(struct create *c, struct job *j, const struct failure *e);

/*
 * known.c, what the ledger knows: the job that an earlier run made for this
 * item (false if it has none); the intent, before anything is sent (false if
 * the item goes another way), and anew before it is sent again; how a create
 * failed; a dry run's count.
 */
bool resume_created(struct create *c, struct job *j, const struct ledger_found *known);
bool resume_claim(struct create *c, struct job *j);
void known_renew(struct create *c, struct job *j);
void resume_note_failure(struct create *c, struct job *j, const struct failure *e);
void resume_count(struct create *c, const struct job *j);

/* Ends the item with the job that the ledger has for it; false if it has none, or --again asks for a new one. */
bool resume_known(struct create *c, struct job *j);

/* The generation that a new job of this item is to follow, 0 if what is there stays (--again). */
unsigned resume_generation(struct create *c, const struct job *j);

#endif
