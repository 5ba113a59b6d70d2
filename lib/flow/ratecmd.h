/*
 * A rate that another program keeps, for many hosts: --rate-cmd. It is started
 * once. It answers each line "start" with a line, the seconds to wait before
 * that start. It also gets "throttled SECONDS" for each pause that the service
 * causes, and "limit NAME=VALUE ..." for each limit that the service announces.
 * Lines may be sent before earlier ones are answered. A program that does not
 * answer for 5 seconds, or ends, has failed: nothing starts any more.
 */
#ifndef TC_FLOW_RATECMD_H
#define TC_FLOW_RATECMD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* A queue of instants. */
struct instants {
	int64_t *v;
	size_t first, n, cap;
};

struct ratecmd {
	pid_t pid;
	int in, out; /* our ends of its stdin and stdout */
	struct buf unsent, unread;
	struct instants asked;   /* when each missing answer was requested */
	struct instants granted; /* when each start may be */
	struct buf failed;       /* why it has failed; empty: it has not */
};

/*
 * Start the command, its words split by words_split(); call after sig_init().
 * Return NULL, or why not (borrowed until the next call). The caller closes it
 * with ratecmd_close().
 */
const char *ratecmd_start(struct ratecmd *c, const char *command);

/*
 * Return when the next start may be, after requesting up to `wanted` starts in
 * advance. Without an answer yet, return the deadline for one, which is always
 * after now.
 */
int64_t ratecmd_next(struct ratecmd *c, int64_t now, size_t wanted);

/* Use up the start that ratecmd_next() named. */
void ratecmd_use(struct ratecmd *c);

/* Report a pause; report a limit, without the numbers that are < 0. */
void ratecmd_throttled(struct ratecmd *c, int64_t pause);
void ratecmd_limit(struct ratecmd *c, double rate, double burst, int64_t remaining, int64_t reset);

enum { RATECMD_FDS = 2 };

/* Fill in what to wait for; after the wait, read and write what is possible. */
void ratecmd_poll(const struct ratecmd *c, struct pollfd fds[RATECMD_FDS]);
void ratecmd_move(struct ratecmd *c, int64_t now);

/* Return why it has failed, or NULL. */
const char *ratecmd_problem(struct ratecmd *c, int64_t now);

/* Close its stdin, which ends it. Kill it if it has not ended within a second. */
void ratecmd_close(struct ratecmd *c);

#endif
