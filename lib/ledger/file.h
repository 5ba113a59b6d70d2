/* The ledger as a file: reading what there is, under which lock, mending its end, one write a line. */
#ifndef TC_LEDGER_FILE_H
#define TC_LEDGER_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ledger/ledger.h"
#include "base/lines.h"

/* Who wrote a line, as it says itself. */
struct ledger_holder {
	int64_t pid, lock;
	char *host; /* NULL: unknown */
};

struct ledger {
	char *path;
	const char *tool;
	int fd;             /* appends, holds the locks */
	struct lines in;    /* reads what is there, on a descriptor of its own */
	off_t read_to;      /* all lines before are in the map */
	size_t line;        /* how many those are */
	off_t synced;       /* all bytes before were made durable */
	bool dirty;         /* what was read or written since then may not be */
	struct ledger_index map;
	struct buf runs;    /* "tool\0hash\0" of each run line */
	pid_t pid;          /* ours; another one: we were forked */
	int64_t lock;       /* the number that we go by */
	struct ledger_holder pool; /* the last tc-pool that opened it */
	bool exclusive, begun;  /* we are the only pool; our run line is written */
	struct buf shown;   /* the line last handed out */
	int64_t paused;     /* wall time at which the pause noted last ends */
};

/* "intent", "created", ... */
extern const char *const ledger_words[];

/* Takes the lock for appending, reads what others wrote, mends what a crash left at its end; gives the lock back. */
void ledger_file_lock(struct ledger *l);
void ledger_file_unlock(struct ledger *l);

/* Under the lock: seals the line (its '{' open still), writes it with one write(2), and takes it in. */
void ledger_file_append(struct ledger *l, struct buf *line);

/* Exits 74 unless the file that is open is still the one that has the name. */
void ledgerfile_check_name(const struct ledger *l);

/* Has the next line be read from read_to on. */
void ledgerfile_rewind(struct ledger *l);

/* Makes what was made in the ledger's directory durable there. */
void ledgerfile_sync_directory(const struct ledger *l);

/* Opens it once more; exits 74 if another file has its name by now. */
int ledgerfile_open_again(const struct ledger *l, int flags);

/* In a forked process, before anything else: files and a lock of its own. */
void ledgerfile_after_fork(struct ledger *l);

/*
 * Under the lock: bad is no whole line and begins at read_to; torn: its line
 * end is missing. Sets it and all behind it aside if none of that can have
 * been made durable, else exits 78 saying why.
 */
void ledgermend(struct ledger *l, struct span bad, bool torn, const char *why);

/* Its type, LEDGER_NONE for a run line and what a newer version may have; its generation. */
enum ledger_type ledgerfile_type(struct span line);
unsigned ledgerfile_generation(struct span line);

/* Adds "at", the time now. */
void ledger_file_time(struct buf *b);

/* Exit 74 saying what could not be done and errno's why; exit 78 for line number `line`. */
void ledger_file_die(const struct ledger *l, const char *what) __attribute__((noreturn));
void ledger_file_damaged(const struct ledger *l, size_t line, const char *why) __attribute__((noreturn));

#endif
