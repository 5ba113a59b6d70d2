/* What the server says: a service that makes jobs, with a rate limit. */
#ifndef TC_BENCH_ANSWERS_H
#define TC_BENCH_ANSWERS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/opt.h"

/* Since GET /stats was last asked. connections, in_flight and most are the network's to count. */
struct count {
	long requests, refused, created, duplicates, early, connections, in_flight, most, gets,
		lists;
};

extern struct count count;
extern const struct opt answer_options[];

/* Call after the options have been read. */
void answers_init(void);

/* The whole answer to a request, into out. head (request line and headers) and body end in NUL; now
 * is clock_now(). */
void answer(struct buf *out, const char *head, const char *body, int64_t now);

/* A range of milliseconds, "FROM[:TO]", into microseconds: NULL, or why not (static). */
const char *millis(const char *text, int64_t *from, int64_t *to);

/* Between from and to: another for each k, the same in every run, all over the range. */
int64_t spread(int64_t from, int64_t to, long k);

#endif
