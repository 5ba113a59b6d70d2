/*
 * A rate that another program keeps, for many hosts: --rate-cmd. It is started
 * once. For each line "start" it answers with a line, the seconds to wait before
 * that start; it is told "throttled SECONDS" of each pause that the service
 * causes, and "limit NAME=VALUE ..." of what the service says it allows. Lines
 * can be asked for before earlier ones are answered. One that does not answer
 * for 5 seconds, or ends, has failed: nothing starts any more.
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
	struct instants asked, granted; /* when each answer that is missing was asked for; when each
					   start may be */
	struct buf failed;              /* why it is of no use any more; empty: it is */
};

/*
 * Start the command, its words split by words_split(); call after sig_init().
 * Return NULL, or why not (borrowed until the next call). The caller closes it
 * with ratecmd_close().
 */
const char *ratecmd_start(struct ratecmd *c, const char *command);

/*
 * Return when the next start may be, asking for as many as `wanted` beforehand.
 * Without an answer yet: when it is too late for one, always after now.
 */
int64_t ratecmd_next(struct ratecmd *c, int64_t now, size_t wanted);

/* Use up the start that ratecmd_next() named. */
void ratecmd_use(struct ratecmd *c);

/* Tell of a pause; of a limit: each number that is < 0 is left out. */
void ratecmd_throttled(struct ratecmd *c, int64_t pause);
void ratecmd_limit(struct ratecmd *c, double rate, double burst, int64_t remaining, int64_t reset);

enum { RATECMD_FDS = 2 };

/* Fill in what to wait for; after the wait, move what can be moved. */
void ratecmd_poll(const struct ratecmd *c, struct pollfd fds[RATECMD_FDS]);
void ratecmd_move(struct ratecmd *c, int64_t now);

/* Return why it has failed, or NULL. */
const char *ratecmd_problem(struct ratecmd *c, int64_t now);

/* Close its stdin, which ends it; what does not end within a second is ended. */
void ratecmd_close(struct ratecmd *c);

#endif
