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
	size_t open;        /* of these: those not done */
	size_t unread;      /* playlists that have not been read */
	size_t text_bytes;  /* of those that have */
	bool resumed;       /* an earlier run had begun it */
	bool unnamed;       /* the file that had the first's name was removed */
};

/* Decide by the extension whether an output is the first playlist of a set or a plain file. Return
 * false with e set if it is neither. */
bool set_begin(struct file *f, struct span ext, struct failure *e);
void set_free(struct set *s);

/* Judge the response with a playlist. Return false if it is not to be read; f->error says why. */
bool set_judge(struct file *f, const struct http_response *r);

/* Take the next bytes of a playlist. Return false if it is refused; f->error says why. */
bool set_take(struct file *f, const char *p, size_t n);

/* Read a playlist that is complete, and queue the files that it names. */
void set_read(struct file *f);

/*
 * set_names.c. Add the files that a playlist names, and replace f->text by our
 * copy of it. base: the URL of the set's directory; NULL: the text is our copy
 * already. Return false with e set if a name cannot be used.
 */
bool set_read_names(struct file *f, const char *base, struct failure *e);

/* Write a playlist that was read to its part. */
void set_write(struct file *f);

/* Write the first playlists of sets whose other files are done. Return true if there was one. */
bool set_tend(struct get *g);

/* Remove the file that has the first playlist's name, because a file beside it is about to change.
 * Return 0, or -1 with errno. */
int set_unname(struct set *s);

/* Set the URL of a file of a set, other than its first, from the first's current one. */
void set_url(struct file *f);

/* Add the files of a set that is complete here, as its playlists say. Return false if it is not
 * complete; then call set_forget() for what was added. */
bool set_add_known(struct file *first);

/* Drop the files that were added to the job after it had `before` files. */
void set_forget(struct file *first, size_t before);

#endif
