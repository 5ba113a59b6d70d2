#define _XOPEN_SOURCE 700 /* realpath */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"

static struct dir *
add(struct tree *t, struct span path, int fd)
{
	struct dir *d = mem_zero(sizeof *d);
	d->path = mem_dup(path);
	d->fd = fd;
	d->next = t->dirs;
	t->dirs = d;
	return d;
}

/* mkdir -p. Return 0, or why a directory could not be made; it may be there nevertheless. */
static int
make_root(const char *root)
{
	char *path = mem_dup(span_of(root));
	int bad = 0;
	for (char *p = path; *p;) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		char c = *p;
		*p = '\0';
		if (*path && mkdir(path, 0777) < 0 && errno != EEXIST)
			bad = errno;
		if (bad && bad != EROFS && bad != EACCES)
			msg_die(EXIT_IO, "-C %s: %s: %s", root, path, strerror(bad));
		*p = c;
	}
	free(path);
	return bad;
}

/* Return the mode of a new file of the user's. */
static mode_t
new_mode(void)
{
	mode_t mask = umask(0); /* there is no way to read it without changing it */
	umask(mask);
	return 0666 & ~mask;
}

void
tree_open(struct tree *t, const char *root)
{
	int unmade = make_root(root), fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && unmade)
		errno = unmade;
	*t = (struct tree){
		.root = root, .absolute = fd < 0 ? NULL : realpath(root, NULL), .mode = new_mode()};
	if (!t->absolute)
		msg_die(EXIT_IO, "-C %s: %s", root, strerror(errno));
	add(t, (struct span){"", 0}, fd)->users = 1;
}

/* One step down; a directory that had to be made is durable when this returns. -1 with errno. */
static int
step(int at, const char *name, bool *made)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, fd = openat(at, name, flags);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, 0777) == 0)
		*made = true;
	else if (errno != EEXIST)
		return -1;
	if (fsync(at) < 0 && errno != EINVAL)
		return -1;
	return openat(at, name, flags);
}

int
tree_root(const struct tree *t)
{
	const struct dir *d = t->dirs;
	while (d->next)
		d = d->next;
	return d->fd;
}

struct dir *
tree_dir(struct tree *t, const char *path)
{
	for (struct dir *d = t->dirs; d; d = d->next)
		if (strcmp(d->path, path) == 0) {
			d->users++;
			return d;
		}
	char *copy = mem_dup(span_of(path));
	int at = tree_root(t), top = at;
	bool made = false;
	for (char *p = copy, *slash; at >= 0 && *p; p = slash) {
		slash = p + strcspn(p, "/");
		if (*slash)
			*slash++ = '\0';
		int fd = step(at, p, &made), saved = errno;
		if (at != top)
			close(at);
		errno = saved;
		at = fd;
	}
	int saved = errno;
	free(copy);
	errno = saved;
	if (at < 0)
		return NULL;
	struct dir *d = add(t, span_of(path), at);
	d->users = 1;
	d->made = made;
	return d;
}

void
tree_unmake(struct tree *t, struct dir *d)
{
	if (d->made && d->users == 1 && unlinkat(tree_root(t), d->path, AT_REMOVEDIR) == 0)
		d->dirty = false;
}

void
tree_leave(struct tree *t, struct dir *d)
{
	d->users--;
	if (d->users || d->dirty || d->syncing)
		return;
	struct dir **at = &t->dirs;
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	close(d->fd);
	free(d->path);
	free(d);
}

bool
tree_is_dirty(const struct tree *t)
{
	const struct dir *d = t->dirs;
	while (d && !d->dirty && !d->syncing)
		d = d->next;
	return d != NULL;
}

size_t
tree_take_dirty(struct tree *t, int **fds, size_t *cap)
{
	size_t n = 0;
	for (struct dir *d = t->dirs; d; d = d->next) {
		if (!d->dirty)
			continue;
		if (n == *cap)
			*fds = mem_grow(*fds, (*cap = 2 * *cap + 4) * sizeof **fds);
		(*fds)[n++] = d->fd;
		d->syncing = true;
		d->dirty = false;
	}
	return n;
}

void
tree_synced(struct tree *t)
{
	for (struct dir *d = t->dirs, *next; d; d = next) {
		next = d->next;
		d->syncing = false;
		if (!d->users) {
			d->users = 1;
			tree_leave(t, d);
		}
	}
}

void
tree_close(struct tree *t)
{
	for (struct dir *d = t->dirs, *next; d; d = next) {
		next = d->next;
		close(d->fd);
		free(d->path);
		free(d);
	}
	free(t->absolute);
	*t = (struct tree){0};
}
