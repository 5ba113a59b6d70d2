/*
 * What all requests of a run have in common: the profile's defaults, then -d,
 * then the flags, each merged over the one before.
 */
#ifndef TC_CREATE_PLAN_H
#define TC_CREATE_PLAN_H

#include <stdbool.h>

#include "base/keybook.h"
#include "base/seen.h"
#include "service/profile.h"

struct request_options {
	const char *defaults; /* -d: JSON or @FILE */
	const char *format, *quality, *resolution;
	const char *batch, *key;
	struct strings metadata; /* K=V */
	bool force;              /* send words that the profile does not list, too */
	bool dry;                /* nothing is sent: variables need no value */
	bool samples;            /* an unset variable has its sample: the service is on loopback */
};

struct request_plan {
	const struct profile *profile;
	const struct request_options *o;
	struct buf base;  /* what every request starts from, as it is shown: secret variables by
			     name */
	struct buf sent;  /* the same as it is sent, with their values; empty: no secrets */
	struct seen keys; /* keys used so far */
	struct keybook chosen;  /* of them: those that the user chose */
	struct buf why;         /* why the last line made no request */
	struct keybook outputs; /* places that outputs go to */
	bool fills;             /* the base has names in braces that each line fills in */
	const char *pool_key;   /* TC_IDEMPOTENCY_KEY, or NULL */
	bool space_warned;      /* the warning about a space in a URL was given */
};

/* Set up the plan, and check the options against the profile. Exit 64 if they do not fit. o is
 * borrowed. */
void request_plan(struct request_plan *plan, const struct profile *p,
		  const struct request_options *o);
void request_plan_free(struct request_plan *plan);

/* Return a hash of what all requests of the plan have in common. Caller frees. */
char *request_plan_hash(const struct request_plan *plan, const char *base_url);

/* Describe the same for people, as a JSON object; the caller frees it. */
char *request_plan_about(const struct request_plan *plan, const char *base_url);

#endif
