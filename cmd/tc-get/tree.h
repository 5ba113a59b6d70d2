/*
 * The directory of -C, and what is below it: every step down is an openat(2)
 * that follows no symbolic link, so that no name leads out of it.
 */
#ifndef TC_GET_TREE_H
#define TC_GET_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A directory that is in use. */
struct dir {
	char *path; /* below the root, "" for the root itself */
	int fd;
	size_t users;
	bool dirty;   /* names in it have changed */
	bool syncing; /* they are being made durable */
	bool made;    /* by this run */
	struct dir *next;
};

struct tree {
	const char *root; /* as it was given */
	char *absolute;   /* its absolute path */
	mode_t mode;      /* of new files */
	struct dir *dirs;
};

/* Open the root, made if it is missing. Exit 74 if it cannot be used. */
void tree_open(struct tree *t, const char *root);

/* Return the directory of a path whose components are not empty, "." or "..", made if it is
 * missing; NULL with errno. Give it back with tree_leave(). */
struct dir *tree_dir(struct tree *t, const char *path);

/* Return the descriptor of the root. */
int tree_root(const struct tree *t);

/* Remove the directory if this run made it, it is empty and only the caller uses it. */
void tree_unmake(struct tree *t, struct dir *d);

/* Give a directory back. */
void tree_leave(struct tree *t, struct dir *d);

/* Return true if a directory has names that are not durable. */
bool tree_is_dirty(const struct tree *t);

/* Store the descriptors of all dirty directories in *fds, which grows, and return their number. The
 * caller syncs them and then calls tree_synced(). */
size_t tree_take_dirty(struct tree *t, int **fds, size_t *cap);
void tree_synced(struct tree *t);
void tree_close(struct tree *t);

#endif
