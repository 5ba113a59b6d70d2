/*
 * How fast requests (or children) may start: a rate, if one is known, and a
 * pause for all when the service says "too many requests".
 *
 * The rate is kept by GCRA (ITU-T I.371; one timestamp, the theoretical
 * arrival time); rate.h describes how a rate is learned if none was given. The pause
 * that a throttle asks for is kept as credit, because the service's own bucket
 * fills meanwhile.
 */
#ifndef TC_FLOW_PACE_H
#define TC_FLOW_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "flow/ratecmd.h"

/*
 * State shared by the processes with one rate file. Instants are in this
 * process's clock; in the file, in the file's own.
 */
struct pace_state {
	double rate;             /* starts a second; 0: unknown */
	double burst;            /* how many starts may come together, 1 or more */
	int64_t arrival;         /* theoretical arrival time of the next start */
	int64_t blocked_until;   /* nothing starts before this */
	int64_t last_throttle;   /* start of the last pause; 0: there was none */
	int64_t accepted;        /* accepted since then */
	int64_t throttled_since; /* throttled without an acceptance since then; 0: not throttled */
	int64_t regrown;         /* when the learned rate last grew */
	int64_t bucket;          /* burst that the service accepted after a pause; 0: unknown */
	int64_t limit_found;     /* how often growth has reached the limit */
	int64_t searching;    /* 1 from the first throttle to the second, where no rate was given */
	double peak;          /* rate at which the search ended; 0: it did not */
	int64_t pauses;       /* pauses in a row without an acceptance */
	int64_t remaining;    /* starts that the service still allows, */
	int64_t reset_at;     /* until then; 0: it does not say */
	int64_t remaining_at; /* when that was set */
	int64_t most_remaining; /* the largest number that it ever announced */
	int64_t window_end;     /* the end of its window, as first announced */
	int64_t slides;         /* 1: the announced end of its window keeps moving on */
};

struct pace {
	struct pace_state s;
	double max_rate, max_burst; /* ceiling for a learned rate; 0: none */
	int64_t reserved;           /* when our next start may be; 0: not reserved yet */
	size_t slots;       /* how many may run after a pause; 0: as many as the flow allows */
	bool heard;         /* the rate is the service's own: others may use it up too */
	size_t ramp_slots;  /* slots to begin with if no rate is known */
	unsigned ramp_left; /* how many starts must be accepted before there are more; 0: none */
	int64_t backoff;    /* longest first pause, unless the service asks for more */
	int64_t paused;     /* start of this process's last pause; 0: there was none */
	int fd;             /* the rate file, or -1 */
	int64_t offset;     /* the file's time minus our clock */
	struct ratecmd cmd; /* keeps the rate, if has_cmd */
	bool has_cmd;
	double told_rate, told_burst; /* the limit that it was last sent */
	size_t wanted;   /* how many items could start now: as many starts are requested from it */
	int64_t checked; /* when the file was last checked for another process's pause */
};

void pace_init(struct pace *p);

/* Set the rate that the user or the profile gave. burst 0: one second's worth, at least 1. */
void pace_set_rate(struct pace *p, double rate, double burst);

/*
 * Read "N", "N/s", "N/m" or "N/h", each with ":BURST". Return NULL with both
 * set, or what was expected (static).
 */
const char *pace_parse(const char *text, double *rate, double *burst);

/*
 * Share the state with all processes that name this file. It is made if
 * missing (0600), locked for each use, and kept over restarts. The hosts'
 * clocks need not agree, and may be set. Return NULL, or what is wrong
 * (borrowed until the next call).
 */
const char *pace_share(struct pace *p, const char *path, int64_t now);

/*
 * Let another program keep the rate (ratecmd.h). It is sent the configured rate
 * and the limits that the service announces. Call after sig_init(). Return
 * NULL, or why not (borrowed until the next call).
 */
const char *pace_command(struct pace *p, const char *command);

/* Return why that program has failed, or NULL. Nothing may start once it has. */
const char *pace_problem(struct pace *p, int64_t now);

/*
 * Return true if the wait until `at`, which that program gave, is longer than
 * its rate explains: others were throttled, or the service allows no more.
 */
bool pace_cmd_pauses(const struct pace *p, int64_t now, int64_t at);

/*
 * Return when the next start may be, monotonic like all instants here; <= now:
 * immediately. This reserves the start, so that no process starves;
 * pace_start() uses it up.
 */
int64_t pace_next(struct pace *p, int64_t now);
void pace_start(struct pace *p, int64_t now);

/*
 * Record that the service accepted a request, or refused one as "too many" and
 * asked for a pause (< 0: it did not say). A pause is never shorter than our
 * own backoff, which doubles from one to the next. After it one start is tried
 * alone, and each acceptance doubles how many may run.
 */
void pace_accepted(struct pace *p, int64_t now);
void pace_throttled(struct pace *p, int64_t now, int64_t asked);

/*
 * Pause as pace_throttled() does, for a service that is not available, which
 * says nothing about its rate.
 */
void pace_unavailable(struct pace *p, int64_t now, int64_t asked);

/*
 * Return true if a try that began then began after the last pause. The end of
 * an earlier one says nothing new.
 */
bool pace_news(const struct pace *p, int64_t began);

/* Return the longest pause, unless the service asks for more. */
int64_t pace_longest_backoff(const struct pace *p);

/* Return how many of `jobs` may run now. */
size_t pace_slots(const struct pace *p, size_t jobs);

/* Begin with this many slots if no rate is known, until `accepted` starts have been accepted. */
void pace_ramp(struct pace *p, size_t slots, unsigned accepted);

/* Set the rate that the service announces, if no rate is known yet. */
void pace_hear(struct pace *p, int64_t now, double rate, double burst);

/*
 * Record that the service, to a request that began then, says that it takes
 * `left` more until `reset` from now (microseconds).
 */
void pace_set_remaining(struct pace *p, int64_t now, int64_t began, int64_t left, int64_t reset);

/* Return for how long the service has refused everything; 0 if it does not. */
int64_t pace_throttled_for(struct pace *p, int64_t now);

void pace_free(struct pace *p);

#endif
