/*
 * tc-create: creates one job per input line (source, request object or record)
 * and writes one record per line.
 *
 *	main.c       options, and an item's way through the run
 *	plan.c       what all requests have in common
 *	body.c       the request of a line; key.c: its idempotency key
 *	claim.c      takes an item up, as its ledger allows
 *	result.c     what the result of its call means
 *	resume.c     what the ledger knows about an item: decides, does nothing
 *	reconcile.c  creates whose response was lost; match.c: which listed job is whose
 *	output.c     ends an item with its record
 */
#ifndef TC_CREATE_CREATE_H
#define TC_CREATE_CREATE_H

#include "body.h"
#include "reconcile.h"
#include "service/service.h"

/* --again: which items of the ledger get a new job: none; those that ended badly; also those whose
 * outputs are gone. */
enum again { AGAIN_NONE, AGAIN_BAD, AGAIN_EXPIRED };

struct create {
	struct service service; /* first: callbacks get its address */
	struct request_plan plan;
	struct reconcile reconcile;
	long jobs_left;        /* of --max-new; -1: no bound */
	size_t jobs_under_way; /* items that have taken one of them, and have not ended */
	bool dry_run;
	enum again again;
	bool adopt; /* take the job that the service lists for a line */
	size_t new_items, done_items,
		doubtful_items; /* a dry run's count of what the ledger knows */
};

struct job {
	struct service_item step; /* first: callbacks get its address */
	struct record line;
	struct request request;
	struct reconcile_item doubt;
	struct ledger_found intent; /* its claim in the ledger; the line is not kept */
	bool claimed;               /* its intent is in the ledger */
	bool counted;               /* in jobs_left */
	bool from_earlier_run;      /* its create may have been sent by one */
	int64_t key_sent_at; /* when its key was first sent with a request that may have been acted
				on, monotonic */
};

/* key_window.c. Return whether the service knows idempotency keys, so that a create can be sent
 * again. */
bool profile_has_keys(const struct profile *p);

/* Return whether the service still knows a key that was sent at wall time `since`; false if it
 * knows no keys. */
bool create_key_holds(const struct create *c, int64_t since);

/* Return whether the item's key was sent with a request that may have made a job: by this run, or
 * by an earlier one. */
bool create_key_in_use(const struct create *c, const struct job *j);

/* Note that the key is about to be sent; that an earlier run has sent it, at wall time `since`. */
void create_key_sent(struct job *j);
void create_key_sent_elsewhere(struct job *j, int64_t since);

/* Return when that was, as wall time; of several times, the first. */
int64_t create_key_since(const struct job *j);

/* output.c. End the item with a failed record: no job was made. */
void output_failed(struct create *c, struct job *j, const struct failure *e);

/* Do so, and report the failure on stderr. */
void output_error(struct create *c, struct job *j, const struct failure *e);

/* End the item with the job that the service made, after recording it in the ledger. */
void output_created(struct create *c, struct job *j, const char *id, struct span job);

/* End the item with the job that a line of the ledger says an earlier run has made. Return false if
 * that line names none. */
bool output_resumed(struct create *c, struct job *j, const struct ledger_found *found);

/* End the item with the request that would be sent (-n). */
void output_dry_run(struct create *c, struct job *j);

/* claim.c */

/* End the item if the ledger has its job, without a slot or a request. Return whether it ended. */
bool claim_finish_resumed(struct create *c, struct job *j);

/* Claim the item in the ledger. Return false if it has ended, or waits for another turn. */
bool claim_item(struct create *c, struct job *j);

/* Look for the job of a create that may have made one, if the service has forgotten its key by now.
 * Return whether it does. */
bool claim_key_forgotten(struct create *c, struct job *j);

/* result.c */

/* Go on with the item after its call: a create, or a page of the list. */
void result_of_call(struct create *c, struct job *j, const struct call_result *r);

/* resume.c: with a ledger only. */

enum resume {
	RESUME_CLAIMED,  /* the item is ours, its intent is written: create its job */
	RESUME_RECORDED, /* it is done, by an earlier run or by another tool that uses its key:
			    j->intent.line, until the next call for the ledger */
	RESUME_BUSY,     /* another process is creating it: look again later */
	RESUME_IN_DOUBT, /* ours, but an earlier run may have made its job, since j->intent.since */
};

/* Look an item up and, if nothing stands against it, write its intent. */
enum resume resume_claim(struct create *c, struct job *j);

/* Return whether the ledger knows the item and --again does not ask for another job; *found is its
 * last line. */
bool resume_find(struct create *c, const struct job *j, struct ledger_found *found);

/* Write the intent again: the create is sent again. */
void resume_renew(struct create *c, struct job *j);

/* Write that the item failed with e: no job was made, or the response was lost, which keeps it in
 * doubt. */
void resume_note_failure(struct create *c, struct job *j, const struct failure *e);

/* Count the item among those that the ledger knows, for a dry run. */
void resume_count(struct create *c, const struct job *j);

#endif
