/*
 * A file on its way: NAME.part, and beside it NAME.part.json, which says of
 * which output it is a part and of which version of that, so that a later run
 * can go on with it. NAME itself is there only when it is whole.
 */
#ifndef TC_GET_PART_H
#define TC_GET_PART_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tree.h"

/* Identifies the output: not by URL, because another one replaces it when it has expired. */
struct part_id {
	const char *provider, *id;
	size_t n; /* from 1 */
};

/* Identifies a version of a file. */
struct version {
	int64_t size;          /* -1: not known */
	char *etag, *modified; /* owned; NULL: none */
};

/* Bytes after a gap, from `from` up to `at` (excluded). */
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
	int64_t top;           /* the size that it has unless another program changed it */
	unsigned cuts;         /* how often it was cut */
	struct version version;
	bool noted;            /* NAME.part.json is true */
	bool bare;             /* there is no NAME.part.json */
	struct gaps *gaps;     /* NULL if it has no gap: its size says what is there */
	int64_t durable_noted; /* what the note has of durable */
};

enum part_state {
	PART_OPEN,  /* it can be written */
	PART_WHOLE, /* it has its name already: the run was killed before it could record that */
	PART_BUSY,  /* another process writes it */
	PART_ERROR, /* errno says why */
};

/* As errno: another program has changed the part. */
enum { PART_CHANGED = ESTALE };

/* bytes.c: return true if the part has the size that was written, as far as that can be seen. Sets
 * errno. */
bool part_is_ours(const struct part *p);

/* Open the part of the file `name`, a path below the tree, and take over what an earlier run left
 * of it. */
enum part_state part_open(struct part *p, struct tree *t, const char *name,
			  const struct part_id *id);

/* Start over with another version; takes v's strings. Return 0, or -1 with errno. */
int part_begin(struct part *p, struct version *v);

/* Write at its end. Return 0, or -1 with errno, PART_CHANGED if another program changed its size;
 * bytes written before the error count. */
int part_write(struct part *p, const char *bytes, size_t n);

/* bytes.c: the same at *at, which is moved; gaps are not closed. */
int part_write_at(struct part *p, int64_t *at, const char *bytes, size_t n);

/*
 * gaps.c: bytes after the first gap. Begin a range at `from`, or continue the
 * one that ends there. Return its number, or -1 if there are too many. The note
 * must be written before the first byte.
 */
int part_range_begin(struct part *p, int64_t from);

/* Write at a range's end. As part_write(). */
int part_range_write(struct part *p, int range, const char *bytes, size_t n);

/* End a range: no stream writes it from here on. */
void part_range_end(struct part *p, int range);

/* Move `have` over the ranges that it has reached. */
void part_merge(struct part *p);

/* Return the number of its bytes, with those after gaps. */
int64_t part_bytes(const struct part *p);

/* Return where a stream that writes at `at`, outside all ranges, must end: at the beginning of the
 * next range, or INT64_MAX if no range follows. */
int64_t part_limit(const struct part *p, int64_t at);

/* Return whether enough bytes came since the last note to write it again. */
bool part_note_due(const struct part *p);

/* For note.c: append the note's members about gaps; pad the note to whole pages, so that one write
 * replaces the last one; read the members back, for a part of `size` bytes. */
void gaps_note(struct part *p, struct buf *note);
void gaps_pad(struct buf *note);
void gaps_take_over(struct part *p, struct span note, int64_t size);

/* Cut it to `have` bytes. Return 0, or -1 with errno. */
int part_cut(struct part *p, int64_t have);

/* Replace its content by text, without emptying it in between. Return 0, or -1 with errno. */
int part_rewrite(struct part *p, struct span text);

/* Sync it. Return 0, or -1 with errno. */
int part_sync(struct part *p);

/* note.c: write the note: what the part is, and how much of it is durable. Return 0, or -1 with
 * errno. */
int part_note(struct part *p, const struct part_id *id);

/*
 * note.c: take over what the note says of a part of `there` bytes, if it is of
 * this output: all its bytes after a kill, only the durable ones after a crash
 * of the machine. p->noted says whether it was.
 */
void note_take_over(struct part *p, const struct part_id *id, int64_t there);

/* Return whether something has its name, and set that one's type, size and time. */
bool part_exists(const struct part *p, bool *regular, int64_t *size, int64_t *modified);

/* Return the user's limit on the size of a file (ulimit -f), or -1 if it is unlimited. */
int64_t part_size_limit(void);

/* Return the number of bytes there is no room for, after the error err; -1 if what is missing is
 * not room for bytes but for one more file. */
int64_t part_missing(const struct part *p, int err);

/*
 * Give it its name, once its bytes are durable: by renaming, which replaces what
 * has the name; or in two steps, of which the first fails with EEXIST if
 * something has it. All fail with PART_CHANGED if another program changed or removed it. The caller
 * marks the directory as dirty; a thread may do the rest. Return 0, or -1 with errno.
 */
int part_rename(struct part *p);
int part_link(struct part *p);
int part_unlink(struct part *p);

/* Do both in one step where the system can, for when nothing is to be done in between. */
int part_rename_new(struct part *p);

/* Remove what has its name, likewise. Return 0, or -1 with errno. */
int part_unname(struct part *p);

/* Remove the note. */
void part_settle(struct part *p);

/*
 * note.c: remove the note of other bytes than those that come next, and make
 * that durable: after a crash of the machine it must not stand beside them.
 * Return 0, or -1 with errno.
 */
int part_disown(struct part *p);

/* Remove the part and its note, and its directory if that was made for it and is empty. */
void part_drop(struct part *p);

/* Remove what is left of the part after a kill between giving the file its name and the end. */
void part_sweep(struct tree *t, const char *name);

/* Close it. Its files stay. */
void part_close(struct part *p);
void version_free(struct version *v);

#endif
