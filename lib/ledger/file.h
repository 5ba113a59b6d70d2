/*
 * The ledger as a file: reading, locking, repairing its end, appending lines.
 * Private to lib/ledger.
 */
#ifndef TC_LEDGER_FILE_H
#define TC_LEDGER_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/lines.h"
#include "ledger/ledger.h"

/* Who wrote a line, as the line says. */
struct ledger_holder {
	int64_t pid, lock;
	char *host; /* NULL: unknown */
};

struct ledger {
	char *path;
	const char *tool;
	int fd;          /* for appending and for the locks */
	struct lines in; /* for reading, on a descriptor of its own */
	off_t read_to;   /* all lines before this are in the index */
	size_t line;     /* how many lines those are */
	off_t synced;    /* all bytes before this are durable */
	bool dirty;      /* bytes read or written since then may not be durable */
	struct ledger_index map;
	struct buf runs;                   /* "tool\0hash\0" of each run line */
	pid_t pid;                         /* our pid; if getpid() differs, we were forked */
	int64_t lock;                      /* our number, see ledger/lock.h */
	struct ledger_holder pool;         /* the last tc-pool that opened it */
	bool exclusive, begun;             /* only one pool may use it; our run line is written */
	struct buf key, id, provider, job; /* of the line that is being read */
	struct buf shown;                  /* what was last read for a caller, up to shown_to */
	off_t shown_to;
	int64_t paused; /* wall time at which the last recorded pause ends */
};

/*
 * Take the append lock, read what others have written, and repair the end that
 * a crash left; release the lock.
 */
void ledger_file_lock(struct ledger *l);
void ledger_file_unlock(struct ledger *l);

/*
 * Seal the line (its '{' still open), write it with one write(2), and index
 * it. Called with the lock held.
 */
void ledger_file_append(struct ledger *l, struct buf *line);

/* Exit 74 unless the open file still has its name. */
void ledger_file_check_name(const struct ledger *l);

/* Seek so that the next line is read from read_to. */
void ledger_file_rewind(struct ledger *l);

/* Make new directory entries beside the ledger durable. */
void ledger_file_sync_directory(const struct ledger *l);

/*
 * Open the ledger once more. Exit 74 if its name now belongs to another file.
 * ledger_file_try_again() returns -1 with errno where descriptors or memory
 * have run out, for which the other exits, too.
 */
int ledger_file_open_again(const struct ledger *l, int flags);
int ledger_file_try_again(const struct ledger *l, int flags);

/*
 * Set aside the bytes from read_to on, where `bad` is not a valid line (torn:
 * its line end is missing), if none of them can have been made durable; else
 * exit 78 with `why`. Called with the lock held.
 */
void ledger_file_mend(struct ledger *l, struct span bad, bool torn, const char *why);

/* Append "at", the current time. */
void ledger_file_time(struct buf *b);

/* Exit 74 with what failed and errno's text; exit 78 for line number `line`. */
void ledger_file_die(const struct ledger *l, const char *what) __attribute__((noreturn));
void ledger_file_damaged(const struct ledger *l, size_t line, const char *why)
	__attribute__((noreturn));

#endif
