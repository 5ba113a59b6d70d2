/*
 * A tool that calls a service: the service's profile, its connections, its
 * pace, and what its responses mean. The tool chooses the call to make for an item and gets its
 *result; retries, throttling and stopping the run are handled here.
 *
 *	service.c         the life of a run: start, ledger, run, free
 *	options.c         options and environment
 *	connect.c         base URL, headers, rate
 *	apikey.c          the secret, and another one when it has run out
 *	call.c            templates, and the request that is sent
 *	response.c        what follows from a response, by its class (response_class.c)
 */
#ifndef TC_SERVICE_SERVICE_H
#define TC_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/opt.h"
#include "flow/finish.h"
#include "flow/flow.h"
#include "flow/pace.h"
#include "flow/record.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "service/options.h"
#include "service/profile.h"
#include "json/template.h"

/* The first member of a tool's item struct. Instants are monotonic. */
struct service_item {
	struct item item;
	unsigned failures;       /* failed tries of the current call, in a row */
	int64_t admitted_at;     /* set by the tool */
	int64_t throttled_since; /* every response was "too many" since then; 0: the last one was
				    not */
	bool made;               /* its job is known to exist: a record or the service says so */
	unsigned odd;            /* responses that made no sense, in a row; question.h */
	int64_t odd_since;
	int64_t unready_since; /* its outputs were not ready then; 0: they were not asked for */
	unsigned unready;      /* how often */
	unsigned denied;       /* responses that refused the key, in a row */
	bool may_have_acted; /* set when the response to an order is lost, or leaves open whether it
				was carried out; cleared by the next one that is accepted */
	unsigned long accepted_before; /* service.accepted at the last of them */
};

enum call_kind {
	CALL_OK,
	CALL_FAILED,
	CALL_LOST, /* it may have been acted on (unsafe requests only) */
};

struct call_result {
	enum call_kind kind;
	struct span
		doc; /* CALL_OK: the response's body, checked JSON; borrowed until done() returns */
	struct failure *error; /* not CALL_OK: why; done() may change it or move from it */
	int status;            /* HTTP status, 0: there was no response */
	const struct http_response
		*response; /* CALL_OK of a call: for its headers; borrowed like doc. Else NULL */
};

struct service {
	const struct service_tool *tool;
	struct flow_ops ops; /* forward to the tool */
	struct service_options options;
	struct profile *profile;
	char *base_url;
	char *own_url;       /* the profile's, whatever --base-url says */
	char *secret;        /* the API key, or NULL */
	unsigned secret_age; /* how often it has changed */
	struct http *http;   /* NULL: a dry run */
	struct pace pace;
	struct flow flow;
	struct ledger *ledger; /* or NULL */
	long jobs;             /* requests in flight, once the service has accepted a first one */
	int64_t queue_until;   /* its queue is full: start nothing before this; monotonic */
	unsigned queue_waits;
	char date[40];          /* the last Date header, or empty */
	int64_t clock_skew;     /* the service's clock minus ours, from its Date header */
	unsigned long accepted; /* requests that the service has accepted */
	bool reachable;         /* it has responded */
	bool accepted_once;
	bool no_secret;  /* no API key was found */
	bool rate_given; /* by the user or the profile */
	bool rate_heard; /* from the service's RateLimit-Policy */

	/* each said once a run */
	bool clock_warned, remaining_warned, rate_warned, odd_warned, refusal_reported;
	struct strings warned_statuses; /* status words that the profile does not list */

	/* set by the tool between service_start() and service_run() */
	unsigned
		retry_factor; /* multiplier for --retries: polls may fail more often than creates */
	int64_t settle; /* an odd response about a job that exists is asked again for so long after
			   admission */
	int64_t output_wait; /* how long outputs that are not ready are waited for */
	int64_t deadline;    /* no request lasts longer; monotonic, NEVER */
};

/*
 * What a tool is: its options, and what it does with an item. The item is the
 * first member of the tool's own struct of item_size bytes, which is zeroed.
 * Callbacks correspond to those of struct flow_ops; all may end the item
 * (flow_done) or ask for its next turn (flow_schedule).
 */
struct service_tool {
	const char *usage, *about; /* as in struct program */
	const struct opt *options; /* the tool's own, or NULL */
	const bool *dry;       /* set by an option: nothing is sent, no secret is needed; or NULL */
	const char *jobs_help; /* --help's text for -j; NULL: -j is requests in flight */
	long jobs;             /* default of -j; 0: the profile's */
	bool secret_optional;  /* it runs without an API key until service_need_secret() */
	bool no_input;         /* it reads no lines and takes no operands: it has one item */
	bool polls;            /* it only reads: the service's full queue does not delay it */

	size_t item_size;
	/* A new line. */
	void (*admit)(struct service *s, struct service_item *it);
	/* A line of another shard: note what later lines depend on. Or NULL. */
	void (*pass_over)(struct service *s, struct service_item *it);
	/* Its time has come: false if it was ended or put off. NULL: always ready. */
	bool (*ready)(struct service *s, struct service_item *it);
	/* It is about to start: write to the ledger what must be durable first, or end it, or put
	 * it off. Or NULL. */
	void (*prepare)(struct service *s, struct service_item *it);
	/* Begin the step, with service_call(). */
	void (*start)(struct service *s, struct service_item *it);
	/* The call's result. */
	void (*done)(struct service *s, struct service_item *it, const struct call_result *r);
	/* The item will not be started any more: end it. */
	void (*abandon)(struct service *s, struct service_item *it, bool interrupted);
	/* Free what the tool keeps in the item. Or NULL. */
	void (*release)(struct service_item *it);

	/* Before each sleep: return a descriptor that ends it when it is readable, or -1; *until
	 * may be lowered. Or NULL. */
	int (*extra_fd)(struct service *s, int64_t *until);
	/* After each sleep, once all results were delivered. Or NULL. */
	void (*woke)(struct service *s);
	/* All items have ended: print what precedes the summary. Or NULL. */
	void (*conclude)(struct service *s);
};

/*
 * Set up all but the ledger from main()'s arguments: options, profile, secret,
 * connections, pace. *s is zeroed by the caller. Exits 64 or 78 with one line.
 */
void service_start(struct service *s, const struct service_tool *t, int argc, char **argv);

/*
 * Open the ledger that -l or TC_LEDGER names, if any. run is a hash of the
 * command, or NULL; about describes it for people (ledger_open). It is checked only with -l: inside
 * a pool the pool's own ledger already checks the command.
 */
void service_ledger(struct service *s, const char *run, const char *about);

/* Return whether there is an API key. If not, report that once and stop the run. */
bool service_need_secret(struct service *s);

/* Run the flow; return the exit status. */
int service_run(struct service *s);
void service_free(struct service *s);

/* A request for an item that has its turn. All is copied, but url. */
struct call_request {
	const struct call *call;
	const char *url; /* instead of call: check that this URL has a file, without our key;
			    borrowed from the item */
	const struct template_value *fills; /* for the call's path (percent-encoded; {+name}: as it
					       is) and body (JSON strings) */
	size_t fills_n;
	struct span body;            /* p NULL: the call's own template, if it has one */
	const char *header;          /* one more header line, or NULL */
	const struct numbers *final; /* statuses that fail the call without a retry, or NULL */
	bool unsafe;                 /* sending it twice may create two jobs */
	bool question; /* it changes nothing: after a response that makes no sense it is sent again,
			  question.h */
	bool may_be_empty;     /* a response without a body is fine */
	bool may_be_text;      /* and one whose body is not JSON counts as such */
	const char *id_header; /* so does one with this header; or NULL */
};
void service_call(struct service *s, struct service_item *it, const struct call_request *request);

/* Return the job object in a response, or the response itself. */
struct span service_job(const struct service *s, struct span response);

/* Set *e for an item that will not be started any more; undone says what did not happen. */
void service_not_started(const struct service *s, const struct service_item *it, bool interrupted,
			 const char *undone, struct failure *e);

/* Print "line 7: job abc: message" on stderr, unless it was said for the whole run. id may be NULL.
 */
void service_report_error(struct service *s, const struct item *it, const char *id,
			  const struct failure *e);

#endif
