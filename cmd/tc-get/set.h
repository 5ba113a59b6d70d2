/*
 * A playlist with all that it names. Its playlists are read first, so that a
 * name that cannot be used is found before anything is written; then its files
 * are fetched like any others, and at last the first playlist gets its name:
 * where that is, the set is whole. Until then its part tells a later run that
 * what is there beside it was fetched for it.
 */
#ifndef TC_GET_SET_H
#define TC_GET_SET_H

#include "get.h"

struct set {
	struct file *first; /* the playlist that the job's output is */
	char *moved_to;     /* the directory's address, if the first was redirected; else NULL */
	struct htab names;  /* of the other files: by path below the directory */
	size_t open;        /* of these: not done */
	size_t unread;      /* playlists that have not been read */
	size_t text_bytes;  /* of those that have */
	bool resumed;       /* an earlier run had begun it */
	bool unnamed;       /* what had the first's name is gone */
};

/* What is an output of this extension to be: a set's first playlist, a file? False: neither, e is
 * set. */
bool set_begin(struct file *f, struct span ext, struct failure *e);
void set_free(struct set *s);

/* Judges the answer with a playlist. False: it is not read; f->error says why. */
bool set_judge(struct file *f, const struct http_response *r);

/* Takes a piece of a playlist. False: f->error says why. */
bool set_take(struct file *f, const char *p, size_t n);

/* A playlist has come whole. */
void set_read(struct file *f);

/* Writes a playlist that has been read. */
void set_write(struct file *f);

/* A file of the set is done. */
void set_settled(struct file *f);

/* What has the first's name is not it any more: a file beside it is about to change. -1 with errno.
 */
int set_unname(struct set *s);

/* The address of a file of a set that is not its first, as it is now. */
void set_url(struct file *f);

/* Adds the files of a set that is whole here, as its playlists say. False: it is not; set_forget()
 * what was added. */
bool set_add_known(struct file *first);

/* Drops the files that were added to the job after it had `before`. */
void set_forget(struct file *first, size_t before);

#endif
