#define _XOPEN_SOURCE 700 /* readlinkat() */

#include "encode/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum { LINKS = 40, DEPTH = 64, LINK_MAX_BYTES = 4096 };

/* State of a walk: the directories from the root to here, and the rest of the path. */
struct walk {
	int dir[DEPTH]; /* [0] is the caller's */
	int depth, links;
	const char *real;
	struct buf rest;
};

static void
go_up(struct walk *w, int to)
{
	while (w->depth > to)
		close(w->dir[w->depth--]);
}

/* Return true if a "/" follows: the name must be a directory. */
static bool
goes_on(struct walk *w)
{
	return *buf_cstr(&w->rest) == '/';
}

/* Remove and return the next name of the path, empty at its end. The caller frees. */
static char *
next_name(struct walk *w)
{
	const char *p = buf_cstr(&w->rest);
	p += strspn(p, "/");
	size_t n = strcspn(p, "/");
	char *name = mem_dup((struct span){p, n});
	size_t used = (size_t)(p - w->rest.p) + n;
	memmove(w->rest.p, w->rest.p + used, w->rest.n - used);
	w->rest.n -= used;
	return name;
}

/* Put the target of a link in front of the rest of the path. */
static int
follow(struct walk *w, const char *name)
{
	char target[LINK_MAX_BYTES];
	struct buf rest = {0};
	size_t root = strlen(w->real);
	ssize_t n = readlinkat(w->dir[w->depth], name, target, sizeof target - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	if (++w->links > LINKS || n == (ssize_t)sizeof target - 1) {
		errno = ELOOP;
		return -1;
	}
	const char *from = target;
	if (*target == '/') {
		if (strncmp(target, w->real, root) != 0 ||
		    (target[root] && target[root] != '/' && root > 1)) {
			errno = EXDEV;
			return -1;
		}
		from += root;
		go_up(w, 0);
	}
	buf_fmt(&rest, "%s%.*s", from, (int)w->rest.n, w->rest.n ? w->rest.p : "");
	buf_free(&w->rest);
	w->rest = rest;
	return 0;
}

/* Resolve one name. Return 1 with *file at the end, 0 before it, -1 with errno. */
static int
step(struct walk *w, const char *name, int *file)
{
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		errno = EXDEV;
		if (!w->depth)
			return -1;
		go_up(w, w->depth - 1);
		return 0;
	}
	bool last = !goes_on(w);
	int fd = openat(w->dir[w->depth], name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
				(last ? 0 : O_DIRECTORY));
	if (fd < 0 && (errno == ELOOP || errno == EMLINK || (errno == ENOTDIR && !last))) {
		int why = errno;
		if (follow(w, name) == 0)
			return 0;
		errno = errno == EINVAL ? why : errno; /* no link */
		return -1;
	}
	if (fd < 0)
		return -1;
	if (last) {
		*file = fd;
		return 1;
	}
	if (w->depth == DEPTH - 1) {
		close(fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	w->dir[++w->depth] = fd;
	return 0;
}

int
beneath_open(int dir, const char *real, const char *path)
{
	struct walk w = {.dir = {dir}, .real = real};
	struct stat st;
	int file = -1, got = 0;
	buf_str(&w.rest, path);
	while (got == 0) {
		char *name = next_name(&w);
		errno = EISDIR; /* the path ends with a directory */
		got = *name ? step(&w, name, &file) : -1;
		free(name);
	}
	int why = errno;
	go_up(&w, 0);
	buf_free(&w.rest);
	if (file >= 0 && (fstat(file, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(file);
		file = -1;
		why = EISDIR;
	}
	errno = why;
	return file;
}
