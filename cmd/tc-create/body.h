/*
 * The body of a create request, and its idempotency key: profile defaults,
 * then -d, then flags, then the line, each merged over the one before.
 */
#ifndef TC_CREATE_BODY_H
#define TC_CREATE_BODY_H

#include <stdbool.h>

#include "base/keybook.h"
#include "base/seen.h"
#include "flow/record.h"
#include "service/profile.h"

struct request_options {
	const char *defaults; /* -d: JSON or @FILE */
	const char *format, *quality, *resolution;
	const char *batch, *key;
	struct strings metadata; /* K=V */
	bool force;              /* send words that the profile does not list, too */
	bool dry;                /* nothing is sent: what variables hold is not looked for */
	bool samples; /* the service is on this machine: a variable that is not set has its sample
		       */
};

struct request_plan {
	const struct profile *profile;
	const struct request_options *o;
	struct buf base;  /* what every request starts from, with the names of variables that are
			     secret */
	struct buf sent;  /* the same with their values; empty: there are none */
	struct seen keys; /* keys used so far */
	struct keybook chosen;  /* of them: those that the user chose */
	struct buf why;         /* why the last line made no request */
	struct keybook outputs; /* places that outputs go to */
	bool fills;             /* the base has names in braces that each line fills in */
	const char *pool_key;   /* TC_IDEMPOTENCY_KEY, or NULL */
	bool space_warned;      /* the warning about a space in a URL was given */
};

/* Set up the plan, and check the options against the profile. Exits 64 if they do not fit. o is
 * borrowed. */
void request_plan(struct request_plan *plan, const struct profile *p,
		  const struct request_options *o);
void request_plan_free(struct request_plan *plan);

/* The request of a line; all owned. */
struct request {
	struct buf body; /* with the key in it, where the service takes it there */
	struct buf sent; /* the same with the values of variables that are secret; empty: there are
			    none */
	char *key;
	char *header; /* the key's header line, where the service takes it there, or NULL */
	char *item;   /* the item's key in the ledger: the key, and its number among equal ones */
};

/* Build the line's request. Return NULL, or why it makes none (borrowed until the next call). r may
 * become RECORD_BAD. */
const char *request_build(struct request_plan *plan, struct record *r, const struct item *it,
			  struct request *out);
void request_free(struct request *q);

/* Change the key to that of generation n (2 or more): another job, not the one that ended badly. */
void request_generation(const struct request_plan *plan, struct request *q, unsigned n);

/* Return a hash of what all requests of the plan have in common. Caller frees. */
char *request_plan_hash(const struct request_plan *plan, const char *base_url);

/* Describe the same for people, as a JSON object; the caller frees it. */
char *request_plan_about(const struct request_plan *plan, const char *base_url);

/* Return the body that is sent to the service. */
const struct buf *request_sent(const struct request *q);

/* Return whether a listed job is one that this request body would make, by the profile's
 * /list/match. */
bool request_matches(const struct profile *p, struct span body, struct span job);

#endif
