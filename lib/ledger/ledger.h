/*
 * The ledger, tc-ledger(5): an append-only file of JSON lines that records
 * each action before it is taken, so that any run can be killed at any time
 * and run again without repeating or losing work.
 *
 * Any number of processes may write to one ledger. Each line is one write(2)
 * under a lock; ledger_commit() makes all lines since the last commit durable
 * with one fdatasync(2). If a line cannot be written or made durable, the
 * program exits 74.
 */
#ifndef TC_LEDGER_LEDGER_H
#define TC_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger/index.h"

struct ledger;

struct ledger_open {
	const char *path;
	const char *tool;
	const char *about; /* what is run, as a JSON object for people, or NULL: a message names the
			      members that differ */
	const char *run;   /* hash of what is run; NULL: not compared with the ledger's */
	bool force;        /* accept a ledger that another command made */
	bool exclusive;    /* allow only one: a pool */
};

/*
 * Open or make (0600) the ledger, read it, set aside to PATH.torn what a crash
 * left at its end, and make the rest durable. Exit 78 for a file that is not a
 * ledger, is damaged, was made by another command, or is still held by another
 * pool after 5 s; exit 74 if it cannot be read.
 */
struct ledger *ledger_open(const struct ledger_open *o);
void ledger_close(struct ledger *l);

/* Return true if nothing is recorded yet. */
bool ledger_empty(const struct ledger *l);

/* What the ledger says of an item. */
enum claim {
	CLAIM_NEW,      /* not recorded: ours now, its intent is written */
	CLAIM_DOUBT,    /* intent of a process that has ended: it may have been done; ours now */
	CLAIM_BUSY,     /* intent of a running process: look again later */
	CLAIM_RECORDED, /* created, ended or done: see the line */
};
/* An instant that stays in the future: 9999-12-31. */
#define LEDGER_SINCE_UNKNOWN (INT64_C(253402214400) * SECOND)

struct ledger_found {
	struct span line; /* the line, borrowed until the next call; empty if nothing is recorded */
	unsigned gen;     /* the item's generation */
	enum ledger_type type;
	int64_t since; /* of an intent: wall time of the first one, or LEDGER_SINCE_UNKNOWN */
	bool lost;     /* of an intent: the response was lost (else its process was killed) */
};

/*
 * Look up an item and, unless something is recorded against it, write its
 * intent, in one locked step. An item that ended without a job (LEDGER_ENDED)
 * counts as new. input is a JSON value, for people. again: the generation that
 * the new one follows; 0: none.
 */
enum claim ledger_claim(struct ledger *l, const char *key, struct span input, unsigned again,
			struct ledger_found *known);

/*
 * Write an intent again, because the request is sent again: what counts is
 * when it was last sent.
 */
void ledger_renew(struct ledger *l, const char *key, struct ledger_found *known);

/* Record that the response to a request was lost: the item stays in doubt, and is no longer held by
 * this process. */
void ledger_lost(struct ledger *l, const char *key, const struct ledger_found *known);

/* Look up a text without writing. Return false if it is not recorded. */
bool ledger_find(struct ledger *l, enum ledger_kind kind, struct span text,
		 struct ledger_found *known);

/*
 * Append a line: type and time, then the members (`"name":value` pairs without
 * braces, as json_raw() and the like write them after an open '{').
 */
void ledger_write(struct ledger *l, enum ledger_type type, const char *key, unsigned gen,
		  struct span members);

/*
 * Record a pause of `length` microseconds, for reports. Extensions under one
 * second are merged into the previous pause.
 */
void ledger_pause(struct ledger *l, int64_t length);

/*
 * Make durable what was written, and what this process has read and relies on.
 * Exit 74 if the ledger's name now belongs to another file.
 */
void ledger_commit(struct ledger *l);

/*
 * Return when what a line records expires, wall time; NEVER if it does not say,
 * 0 if the line was written in the future: the clock has been set back since,
 * and may have been wrong by as much when the time was computed.
 */
int64_t ledger_expires(struct span line);

/* Return true if an item of this ledger has this job, whichever process made it. */
bool ledger_has_job(const struct ledger *l, const char *provider, const char *id);

/* Call each for the line of every item that another process has sent, or left in doubt. */
void ledger_others(struct ledger *l, void (*each)(void *ctx, struct span line), void *ctx);

/*
 * Take the append lock and read what others have written, to look and write in
 * one step. The next ledger_write() or ledger_unlock() releases it.
 */
void ledger_lock(struct ledger *l);
void ledger_unlock(struct ledger *l);

/*
 * Return a descriptor that holds the item's lock until its last copy is
 * closed, for a child to inherit; or -1 if the last line about the item is the
 * intent of a run whose child still holds its lock; or LEDGER_NO_ROOM with
 * errno if descriptors or memory have run out.
 */
enum { LEDGER_NO_ROOM = -2 };
int ledger_lock_item(struct ledger *l, const char *key);

#endif
