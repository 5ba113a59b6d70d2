/*
 * A file on its way: NAME.part, and beside it NAME.part.json, which says of
 * which output it is a part and of which version of that, so that a later run
 * can go on with it. NAME itself is there only when it is whole.
 */
#ifndef TC_GET_PART_H
#define TC_GET_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tree.h"

/* Whose output it is: no URL, for that is another one after it has expired. */
struct part_id {
	const char *provider, *id;
	size_t n; /* from 1 */
};

/* What tells one version of a file from another. */
struct version {
	int64_t size;          /* -1: not known */
	char *etag, *modified; /* owned; NULL: none */
};

/* Bytes that are there behind a gap: from..at. */
struct part_range {
	int64_t from, at;
	bool used, active; /* a stream writes at its end */
};

enum { PART_RANGES = 15 };

struct gaps {
	struct part_range ranges[PART_RANGES];
	int64_t noted; /* part_bytes() when it was last noted */
};

struct part {
	struct tree *tree;
	struct dir *dir;       /* NULL: not open */
	char *name;            /* in it */
	struct buf temp, note; /* the names of the two others */
	int fd;
	int64_t have, durable; /* bytes from the beginning; of them, those that a crash of the
				  machine leaves */
	struct version version;
	bool noted;            /* NAME.part.json is true */
	struct gaps *gaps;     /* NULL: there are none, and its size says what is there */
	int64_t durable_noted; /* what the note has of durable */
};

enum part_state {
	PART_OPEN,  /* it can be written */
	PART_WHOLE, /* it has its name already, but was killed before it could say so */
	PART_BUSY,  /* another process writes it */
	PART_ERROR, /* errno says why */
};

/* Opens the part of the file name, a path below the tree, and takes over what an earlier run has
 * left of it. */
enum part_state part_open(struct part *p, struct tree *t, const char *name,
			  const struct part_id *id);

/* Starts over with another version, which is taken over. -1 with errno. */
int part_begin(struct part *p, struct version *v);

/* Writes at its end. -1 with errno; what was written counts. */
int part_write(struct part *p, const char *bytes, size_t n);

/*
 * gaps.c: bytes behind the first gap. Has a stream begin a range at `from`, or
 * go on with the one that ends there. Its number, or -1: there are too many.
 * The note must be written before the first byte is.
 */
int part_range_begin(struct part *p, int64_t from);

/* Writes at a range's end. -1 with errno. */
int part_range_write(struct part *p, int range, const char *bytes, size_t n);

/* Nobody writes it any more. */
void part_range_end(struct part *p, int range);

/* Goes on with `have` over ranges that it has reached. */
void part_merge(struct part *p);

/* How many bytes it has, those behind gaps too. */
int64_t part_bytes(const struct part *p);

/* Where one that writes at `at`, which is in no range, is to end: where the next range begins.
 * INT64_MAX: there is none. */
int64_t part_limit(const struct part *p, int64_t at);

/* Has so much come that it is to be noted again? */
bool part_note_due(const struct part *p);

/* Members of the note; what makes it as long as the one before, to be written in one piece; and
 * what an earlier run's note of a file of so many bytes has of them. For part.c. */
void gaps_note(struct part *p, struct buf *note);
void gaps_pad(struct buf *note);
void gaps_take_over(struct part *p, struct span note, int64_t size);

/* Cuts it to fewer bytes. -1 with errno. */
int part_cut(struct part *p, int64_t have);

/* Has it hold text and nothing else, without being empty at any time if it was not. -1 with errno.
 */
int part_rewrite(struct part *p, struct span text);

/* Makes durable what it has. -1 with errno. */
int part_sync(struct part *p);

/* Notes what it is, and how much of it is durable, for a later run. -1 with errno. */
int part_note(struct part *p, const struct part_id *id);

/* Is there something of its name? Its size and time. */
bool part_exists(const struct part *p, bool *regular, int64_t *size, int64_t *modified);

/* How many bytes there is no room for, after an error of that kind. */
int64_t part_missing(const struct part *p, int err);

/*
 * Give it its name, its bytes being durable: by renaming, which replaces what
 * has the name; or in two steps, of which the first fails with EEXIST if
 * something has it. -1 with errno.
 */
int part_rename(struct part *p);
int part_link(struct part *p);
int part_unlink(struct part *p);

/* Removes what has its name. -1 with errno. */
int part_unname(struct part *p);

/* Takes the note away, the last trace of it as a part. */
void part_settle(struct part *p);

/* Removes what is there of it, and its directory if that was made for it and is empty. */
void part_drop(struct part *p);

/* Takes away what a run that was killed as it gave the file its name has left of its part. */
void part_sweep(struct tree *t, const char *name);

/* Closes it; what is there stays. */
void part_close(struct part *p);
void version_free(struct version *v);

#endif
