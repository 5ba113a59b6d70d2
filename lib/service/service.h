/*
 * A service: its profile, the key, the connections, the pace, and what its
 * answers mean. Tools say which call to make for an item and get an answer;
 * retries, throttling and stopping for good happen in between.
 */
#ifndef TC_SERVICE_SERVICE_H
#define TC_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/flow.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "base/opt.h"
#include "flow/pace.h"
#include "service/profile.h"
#include "flow/record.h"
#include "json/template.h"

/* The options of every tool that speaks HTTP. */
struct service_options {
	const char *provider, *base_url, *key_file, *cacert, *rate, *rate_file, *ledger;
	long jobs, retries;
	int64_t max_wait, max_throttle;
	bool retries_given, unordered, verbose, quiet, force_ledger;
	enum progress_when progress;
};

/* Filled by service_start(), from the environment and the command line. */
extern struct service_options service_options;

/* The first thing in a tool's item struct. */
struct service_item {
	struct item item;
	unsigned failures; /* failed tries at the step it is at */
	int64_t admitted_at; /* when it was admitted, monotonic */
	int64_t refused; /* "too many", and nothing else, since then; 0: not refused */
	bool made;      /* its job is known to have been made: a record says so, or the service has told of it */
	unsigned odd;   /* answers that made no sense, one after the other; question.h */
	int64_t odd_since;
	unsigned denied;     /* answers that refused the key, one after the other */
	unsigned long taken; /* what the service's `taken` was at the last of them */
};

/* LOST: it may have been acted on (unsafe asks only). */
enum answer_kind { CALL_OK, CALL_FAILED, CALL_LOST };

struct call_result {
	enum answer_kind kind;
	struct span doc;       /* OK: the reply, checked JSON, borrowed until the handler returns */
	struct failure *error; /* not OK: why; the handler may take it over or ignore it */
	int status;            /* HTTP status, 0: none */
	const struct http_response *response; /* OK: for its headers; borrowed as doc is */
};

struct service {
	struct profile *profile;
	const char *base_url;
	struct http *http;
	struct pace pace;
	struct flow flow;
	struct ledger *ledger; /* NULL: none */
	long jobs;             /* in flight, once the service has taken a first request */
	int64_t queue_until;   /* its queue is full: nothing new before */
	unsigned queue_waits;
	int64_t clock_skew;          /* its clock minus ours, as its Date says */
	bool clock_warned;    /* that the two are far apart */
	bool rate_given, rate_heard; /* by the user or the profile; by the service */
	bool told_of_left, told_of_rate; /* that the service's own limits hold the next request */
	bool reachable, accepted_once, refusal_reported; /* it has spoken; accepted something; people were told that it refuses */
	struct strings warned_statuses; /* status words that no profile knows, said once */
	bool told_of_odd;      /* that answers that make no sense are asked for again */
	unsigned long taken;   /* requests that it has accepted */
	int64_t settle;        /* a question about a job that was made goes on for so long after its line has come in */
	bool keyless;          /* there is no key */
	unsigned retry_factor;     /* --retries counts so often: a question may fail more often than an order */
	int64_t deadline;       /* no request goes on after this, monotonic; NEVER */
	void (*answer)(struct service *s, struct service_item *st, const struct call_result *a);
};

/* What a tool that speaks HTTP is. */
struct service_tool {
	const char *usage, *about; /* as in struct program */
	const struct opt *options; /* its own */
	const struct flow_ops *ops;
	void (*answer)(struct service *s, struct service_item *st, const struct call_result *a);
	const bool *dry;           /* set by an option: nothing is sent, and no key is needed. May be NULL */
	long jobs;                 /* default of -j, which the tool's own options have; 0: -j is requests in flight */
	bool keyless;              /* it can do without a key until service_need_key() */
};

/*
 * From main()'s arguments to a service that can be run, less its ledger:
 * options, profile, key, pace. Exits 64 or 78 with one line.
 */
void service_start(struct service *s, const struct service_tool *t, int argc, char **argv);

/*
 * Opens the ledger that -l or TC_LEDGER names, if any. run says what is run, as
 * a hash; it counts only for -l: inside a pool the pool's own stands for all.
 */
void service_ledger(struct service *s, const char *run);

/* Is there a key? If there is not, the run is stopped, with one line. */
bool service_need_key(struct service *s);

/* Runs the flow; returns the exit status. */
int service_run(struct service *s);
void service_free(struct service *s);

/* What goes in the place of {name}: percent-encoded in a path ({+name}: as it is), a JSON string in a body. */
/* A request for an item that has its turn (flow_ops.start). All is copied. */
struct call_request {
	const struct call *call;
	const char *url;          /* instead of call: is there a file at this URL? Without the key; borrowed from the item */
	const struct template_value *fills; /* for the call's path and body template */
	size_t fills_n;
	struct span body;         /* p NULL: the call's own template, or none */
	const char *header;       /* one more header line, or NULL */
	const struct numbers *final; /* statuses that are an answer, handed over at once; or NULL */
	bool unsafe;              /* sending it twice may create two jobs */
	bool question;            /* it changes nothing: an answer that makes no sense is asked for again, question.h */
	bool unread;              /* nothing is read from a reply that is empty */
};
void service_call(struct service *s, struct service_item *st, const struct call_request *ask);

/* flow_ops that are the same for every tool. */
void service_wait(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until);
void service_stop(struct flow *f, int times);
void service_commit(struct flow *f);
bool service_ready(struct flow *f, struct item *it);

/* The job object in a reply. */
struct span service_job(const struct service *s, struct span reply);

/* Why an item that will not be started any more ends; undone says what did not happen. */
void service_not_started(const struct service *s, const struct service_item *st, bool interrupted, const char *undone,
		     struct failure *e);

/* "line 7: job abc: message" on stderr, unless everybody was told already. */
void service_report_error(const struct service *s, const struct item *it, const char *id, const struct failure *e);

#endif
