/*
 * Index of a ledger: the last line about each item and job. About 50 bytes per
 * entry, however long the line.
 */
#ifndef TC_LEDGER_INDEX_H
#define TC_LEDGER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum ledger_type {
	LEDGER_NONE,
	LEDGER_INTENT,
	LEDGER_CREATED,
	LEDGER_ENDED,
	LEDGER_DONE,
	LEDGER_PUT,
	LEDGER_PAUSE
};

/* The kind of a text in the index. */
enum ledger_kind {
	LEDGER_ITEM = 'k',      /* an item's key */
	LEDGER_ITEM_JOB = 'c',  /* a job that an item has */
	LEDGER_ENDED_JOB = 'j', /* a job that has ended */
	LEDGER_JOB_URLS = 'u',  /* the URLs of a job */
	LEDGER_OUTPUT = 'f',    /* the file that an output was downloaded to */
	LEDGER_UPLOAD = 'p',    /* progress of an item's upload; after a line end, one part of it */
};

struct ledger_entry {
	unsigned char key[16]; /* what stands for its text */
	off_t at;              /* start of its line */
	int64_t lock;          /* of an intent: its writer's number, see ledger/lock.h */
	uint32_t n;            /* the line's length */
	uint32_t gen : 24;     /* generation: 1, or more after --again */
	uint8_t type;          /* enum ledger_type */
};

/* The number of an entry, from 1 (0: free), and a part of its key, so that no other entry has to be
 * looked at on the way to it. */
struct ledger_slot {
	uint32_t number, part;
};

struct ledger_index {
	struct ledger_entry *entry; /* n of them */
	struct ledger_slot *slot;   /* cap of them */
	size_t n, cap;
	unsigned char secret[16]; /* of this process: texts that collide cannot be prepared */
};

/*
 * Return the entry of a text, or NULL; return it, making it if it is missing.
 * kind separates entries that may have the same text. The entry stays where it is
 * until the next ledger_index_put().
 */
struct ledger_entry *ledger_index_get(const struct ledger_index *m, enum ledger_kind kind,
				      struct span text);
struct ledger_entry *ledger_index_put(struct ledger_index *m, enum ledger_kind kind,
				      struct span text);

void ledger_index_free(struct ledger_index *m);

/*
 * Append the text by which a job is found (LEDGER_ENDED_JOB and
 * LEDGER_JOB_URLS): provider and id.
 */
void ledger_job_key(struct buf *out, const char *provider, const char *id);

/* Append to that the number of an output (LEDGER_OUTPUT). */
void ledger_output_key(struct buf *out, struct span n);

#endif
