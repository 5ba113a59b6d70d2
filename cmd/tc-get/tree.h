/*
 * The directory of -C, and what is below it: every step down is an openat(2)
 * that follows no symbolic link, so that no name leads out of it.
 */
#ifndef TC_GET_TREE_H
#define TC_GET_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* A directory that is in use. */
struct dir {
	char *path; /* below the root, "" for the root itself */
	int fd;
	size_t users;
	bool dirty;   /* names in it have changed */
	bool syncing; /* they are being made durable */
	bool made;    /* it was not there before */
	struct dir *next;
};

struct tree {
	const char *root; /* as it was given */
	char *absolute;   /* and from / on */
	struct dir *dirs;
};

/* Makes the root if it is not there. Exits 74 if it cannot be used. */
void tree_open(struct tree *t, const char *root);

/* The directory that path names (its components are neither empty, "." nor ".."), made if it is
 * missing. NULL with errno. */
struct dir *tree_dir(struct tree *t, const char *path);

/* Removes the directory that was made and is empty, once nobody else uses it: a name that came to
 * nothing leaves nothing. */
void tree_unmake(struct tree *t, struct dir *d);
void tree_leave(struct tree *t, struct dir *d);

/* Is there a directory whose names are not durable? */
bool tree_is_dirty(const struct tree *t);

/* Puts the descriptors of all dirty directories into *fds, which grows: who calls it syncs them,
 * and says tree_synced() then. Their number. */
size_t tree_take_dirty(struct tree *t, int **fds, size_t *cap);
void tree_synced(struct tree *t);
void tree_close(struct tree *t);

#endif
