/*
 * How fast requests (or children) may start: a rate if one is known, and one
 * gate for all when the service says "too many".
 *
 * The rate is kept by GCRA (ITU-T I.371; one timestamp, the theoretical
 * arrival time). Where no rate was told, two 429s in a row teach one: what
 * was accepted between them. The pause they ask for is kept as credit, for
 * the service's own bucket fills meanwhile. From there on the rate grows while
 * nothing is refused and is cut when something is (AIMD: Chiu and Jain, 1989).
 */
#ifndef TC_FLOW_PACE_H
#define TC_FLOW_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* What processes with one rate file share. Instants are in the clock of this process; in the file, in the file's own. */
struct pace_state {
	double rate;           /* starts a second, 0: none known */
	double burst;          /* how many may start at once, 1 or more */
	int64_t arrival;       /* theoretical arrival time of the next start */
	int64_t blocked_until; /* nothing starts before */
	int64_t last_throttle;         /* when the last pause began, 0: none yet */
	int64_t accepted;      /* accepted since then */
	int64_t throttled_since;         /* throttled without one acceptance since then, 0: not throttled */
	int64_t regrown;       /* when the learnt rate last grew */
	int64_t bucket;        /* what the service was seen to take at once after a pause, 0: not known */
	int64_t limit_found;       /* how often growing has found the limit */
	int64_t pauses;        /* in a row, without one acceptance */
	int64_t remaining;          /* starts that the service has left for us, */
	int64_t reset_at;    /* until then; 0: it does not say */
};

struct pace {
	struct pace_state s;
	double max_rate, max_burst; /* the ceiling for what is learnt, 0: none */
	int64_t reserved;             /* when the next start of ours may be, 0: not asked yet */
	size_t slots;                 /* after a pause: so many under way at once, 0: as many as the flow has */
	int64_t backoff;              /* the first pause at most, where the service names none that is longer */
	int64_t paused;               /* when the last pause of this process began, 0: none yet */
	int fd;                       /* the rate file, or -1 */
	int64_t offset;               /* its time less our clock */
	int64_t checked;              /* when another process's pause was last looked for */
};

void pace_init(struct pace *p);

/* The rate that the user or the profile gave; burst 0: one second's worth, at least 1. */
void pace_set_rate(struct pace *p, double rate, double burst);

/* "N", "N/s", "N/m", "N/h", each with ":BURST": NULL and set, or why not (static). */
const char *pace_parse(const char *text, double *rate, double *burst);

/*
 * Share the state with every process that names this file: made if missing
 * (0600), locked for each use, kept over restarts. The hosts' clocks need not
 * agree, and may be set. NULL, or why not (borrowed until the next call).
 */
const char *pace_share(struct pace *p, const char *path, int64_t now);

/*
 * When the next start may be, monotonic like all instants here; <= now: at once.
 * Asking reserves it, so that no process starves; pace_start() uses it up.
 */
int64_t pace_next(struct pace *p, int64_t now);
void pace_start(struct pace *p, int64_t now);

/*
 * The service took a request, or refused one with "too many" and asked for a
 * pause (< 0: did not say). A pause is never shorter than our own backoff,
 * which doubles from one to the next; after it one start is tried alone, and
 * each that is accepted doubles how many may be under way.
 */
void pace_accepted(struct pace *p, int64_t now);
void pace_throttled(struct pace *p, int64_t now, int64_t asked);

/* The same pause where the service is not there for now: that tells nothing of its rate. */
void pace_unavailable(struct pace *p, int64_t now, int64_t asked);

/* Did a try that began then begin after the last pause? If not, how it ended is no news. */
bool pace_news(const struct pace *p, int64_t began);

/* What a pause grows to where the service does not ask for more. */
int64_t pace_longest_backoff(const struct pace *p);

/* How many may be under way at once, of so many. */
size_t pace_slots(const struct pace *p, size_t jobs);

/* The rate that the service says it allows, where none is known. */
void pace_hear(struct pace *p, int64_t now, double rate, double burst);

/* The service says how many more it takes until `reset` from now (microseconds). */
void pace_set_remaining(struct pace *p, int64_t now, int64_t left, int64_t reset);

/* For how long the service has refused everything; 0 when it does not. */
int64_t pace_throttled_for(struct pace *p, int64_t now);

void pace_free(struct pace *p);

#endif
