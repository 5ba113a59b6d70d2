/* The ledger as a file: reading what there is, under which lock, mending its end, one write a line. */
#ifndef TC_LEDGERFILE_H
#define TC_LEDGERFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "ledger.h"
#include "line.h"

struct ledger {
	char *path;
	const char *tool;
	int fd;             /* appends, holds the locks */
	struct lines in;    /* reads what is there, on a descriptor of its own */
	off_t read_to;      /* all lines before are in the map */
	size_t line;        /* how many those are */
	struct ledger_map map;
	struct buf runs;    /* "tool\0hash\0" of each run line */
	pid_t pool;         /* of the last tc-pool that opened it */
	bool dirty, empty;
	struct buf shown;   /* the line last handed out */
	int64_t paused;     /* wall time at which the pause noted last ends */
};

/* Bytes to lock, far behind any data: a process's is its pid above the one, an item's its key's hash above the other. */
#define LEDGER_PROCESS_BYTES ((off_t)1 << 61)
#define LEDGER_ITEM_BYTES ((off_t)1 << 62)

/* "intent", "created", ... */
extern const char *const ledger_words[];

/* Takes the lock for appending, reads what others wrote, sets a torn end aside; gives the lock back. */
void ledgerfile_lock(struct ledger *l);
void ledgerfile_unlock(struct ledger *l);

/* Under the lock: seals the line (its '{' open still), writes it with one write(2), and takes it in. */
void ledgerfile_append(struct ledger *l, struct buf *line);

/* Adds "at", the time now. */
void ledgerfile_time(struct buf *b);

/* Exit 74 saying what could not be done and errno's why; exit 78 for line number `line`. */
void ledgerfile_die(const struct ledger *l, const char *what) __attribute__((noreturn));
void ledgerfile_damaged(const struct ledger *l, size_t line, const char *why) __attribute__((noreturn));

#endif
