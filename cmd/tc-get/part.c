#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/filelock.h"
#include "base/os.h"

enum { NAME_BYTES = 255, SUFFIX_BYTES = 10 };

/* Smaller files are complete before their space could be reserved. */
enum { RESERVE_FROM = 1 << 20 };

void
version_free(struct version *v)
{
	free(v->etag);
	free(v->modified);
	*v = (struct version){.size = -1};
}

/* Name the part and its note. A name with no room for a suffix is cut, and a hash tells it from
 * others. */
static void
name_files(struct part *p)
{
	struct buf stem = {0}, hex = {0};
	size_t n = strlen(p->name);
	if (n + SUFFIX_BYTES <= NAME_BYTES) {
		buf_str(&stem, p->name);
	} else {
		sha256_hex(&hex, span_of(p->name));
		n = NAME_BYTES - SUFFIX_BYTES - 17;
		while ((p->name[n] & 0xc0) == 0x80) /* not within a character */
			n--;
		buf_add(&stem, p->name, n);
		buf_fmt(&stem, "~%.16s", hex.p);
	}
	buf_fmt(&p->temp, "%s.part", buf_cstr(&stem));
	buf_fmt(&p->note, "%s.part.json", buf_cstr(&stem));
	buf_free(&stem);
	buf_free(&hex);
}

static bool
same_file(const struct part *p, const char *name, const struct stat *st)
{
	struct stat other;
	return fstatat(p->dir->fd, name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
	       other.st_ino == st->st_ino && other.st_dev == st->st_dev;
}

/* Close what is not this process's: the part of another one, or no part at all. */
static enum part_state
not_ours(struct part *p, enum part_state state)
{
	int saved = errno;
	close(p->fd);
	p->fd = -1;
	errno = saved;
	return state;
}

/* Open and lock NAME.part. In between another process may have renamed it, and a new one may be
 * there. */
static enum part_state
open_locked(struct part *p, struct stat *st)
{
	for (;;) {
		p->fd = openat(p->dir->fd, buf_cstr(&p->temp),
			       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (p->fd < 0)
			return PART_ERROR;
		int got = filelock_try(p->fd, 0);
		if (got < 0 || fstat(p->fd, st) < 0)
			return not_ours(p, PART_ERROR);
		if (!S_ISREG(st->st_mode)) {
			errno = EEXIST;
			return not_ours(p, PART_ERROR);
		}
		if (!got)
			return not_ours(p, PART_BUSY);
		if (same_file(p, p->temp.p, st))
			return PART_OPEN;
		close(p->fd);
		p->fd = -1;
	}
}

/* Set the path and names of a part that is not open. */
static void
place(struct part *p, struct tree *t, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *dir = mem_dup((struct span){name, slash ? (size_t)(slash - name) : 0});
	*p = (struct part){.tree = t,
			   .fd = -1,
			   .version = {.size = -1},
			   .name = mem_dup(span_of(slash ? slash + 1 : name))};
	name_files(p);
	p->dir = tree_dir(t, dir);
	free(dir);
}

void
part_sweep(struct tree *t, const char *name)
{
	struct part p;
	struct stat st;
	place(&p, t, name);
	if (p.dir && fstatat(p.dir->fd, buf_cstr(&p.temp), &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (same_file(&p, p.name, &st) && unlinkat(p.dir->fd, p.temp.p, 0) == 0)
			part_settle(&p);
	} else if (p.dir) {
		part_settle(&p);
	}
	part_close(&p);
}

enum part_state
part_open(struct part *p, struct tree *t, const char *name, const struct part_id *id)
{
	struct stat st;
	place(p, t, name);
	if (!p->dir)
		return PART_ERROR;
	enum part_state state = open_locked(p, &st);
	if (state != PART_OPEN)
		return state;
	if (st.st_nlink > 1 &&
	    same_file(p, p->name, &st)) { /* linked, and killed before the other name went */
		p->have = p->top = p->version.size = st.st_size;
		unlinkat(p->dir->fd, p->temp.p, 0);
		part_settle(p);
		return PART_WHOLE;
	}
	p->top = st.st_size;
	note_take_over(p, id, st.st_size);
	if (!p->noted && part_disown(p) < 0)
		return PART_ERROR;
	if (!p->gaps && p->have < st.st_size && part_cut(p, p->have) < 0)
		return PART_ERROR;
	return PART_OPEN;
}

int
part_cut(struct part *p, int64_t have)
{
	if (ftruncate(p->fd, have) < 0)
		return -1;
	p->noted = p->noted && !p->gaps;
	free(p->gaps);
	p->gaps = NULL;
	p->have = p->top = have;
	p->cuts++;
	p->durable = p->durable < have ? p->durable : have;
	return 0;
}

int
part_begin(struct part *p, struct version *v)
{
	if (p->noted && part_disown(p) < 0)
		return -1;
	version_free(&p->version);
	p->version = *v;
	*v = (struct version){.size = -1};
	if ((p->have || p->gaps || !part_is_ours(p)) && part_cut(p, 0) < 0)
		return -1;
	return p->version.size >= RESERVE_FROM ? os_reserve(p->fd, p->version.size) : 0;
}

int
part_write(struct part *p, const char *bytes, size_t n)
{
	if (part_write_at(p, &p->have, bytes, n) < 0)
		return -1;
	part_merge(p);
	return 0;
}

int
part_rewrite(struct part *p, struct span text)
{
	p->have = 0;
	bool bad = ftruncate(p->fd, p->top) < 0; /* whatever another program did to it */
	return bad || part_write(p, text.p, text.n) < 0 ? -1 : part_cut(p, p->have);
}

int
part_sync(struct part *p)
{
	if (fdatasync(p->fd) < 0)
		return -1;
	p->durable = p->have;
	return 0;
}

bool
part_exists(const struct part *p, bool *regular, int64_t *size, int64_t *modified)
{
	struct stat st;
	if (fstatat(p->dir->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*regular = S_ISREG(st.st_mode);
	*size = st.st_size;
	*modified = (int64_t)st.st_mtime * SECOND;
	return true;
}

int64_t
part_size_limit(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
		       ? (int64_t)limit.rlim_cur
		       : -1;
}

int64_t
part_missing(const struct part *p, int err)
{
	int64_t need = p->version.size >= 0 ? p->version.size - p->have : 1;
	int64_t limit = part_size_limit();
	struct statvfs fs;
	int fd = p->fd >= 0 ? p->fd : p->dir ? p->dir->fd : tree_root(p->tree);
	if (err == EFBIG && limit >= 0 && p->version.size > limit)
		return p->version.size - limit;
	if (err == ENOSPC && fstatvfs(fd, &fs) == 0) {
		if (fs.f_files && !fs.f_favail && fs.f_bavail)
			return -1;
		int64_t room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
		return need > room ? need - room : need;
	}
	return need;
}

/* Give the file the mode of any new file of the user's, if it is what was written. */
static int
open_to_all(struct part *p)
{
	struct stat st;
	if (fstat(p->fd, &st) < 0)
		return -1;
	if (st.st_size != p->have || !same_file(p, p->temp.p, &st)) {
		errno = PART_CHANGED;
		return -1;
	}
	return fchmod(p->fd, p->tree->mode);
}

int
part_rename(struct part *p)
{
	return open_to_all(p) < 0 ? -1 : renameat(p->dir->fd, p->temp.p, p->dir->fd, p->name);
}

int
part_link(struct part *p)
{
	struct stat st;
	int at = p->dir->fd;
	if (open_to_all(p) < 0)
		return -1;
	if (linkat(at, p->temp.p, at, p->name, 0) == 0)
		return 0;
	if (errno == EEXIST)
		return -1;
	/* a file system without links: then there is a moment between looking and renaming */
	if (fstatat(at, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(at, p->temp.p, at, p->name);
}

int
part_unlink(struct part *p)
{
	return unlinkat(p->dir->fd, p->temp.p, 0) < 0 && errno != ENOENT ? -1 : 0;
}

int
part_rename_new(struct part *p)
{
	int at = p->dir->fd;
	if (open_to_all(p) < 0)
		return -1;
	if (os_rename_new(at, p->temp.p, p->name) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return -1;
	return part_link(p) < 0 ? -1 : part_unlink(p);
}

int
part_unname(struct part *p)
{
	return unlinkat(p->dir->fd, p->name, 0) < 0 && errno != ENOENT ? -1 : 0;
}

void
part_drop(struct part *p)
{
	if (p->fd >= 0) {
		unlinkat(p->dir->fd, p->temp.p, 0);
		part_settle(p);
		tree_unmake(p->tree, p->dir);
	}
	part_close(p);
}

void
part_close(struct part *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->dir)
		tree_leave(p->tree, p->dir);
	free(p->name);
	free(p->gaps);
	buf_free(&p->temp);
	buf_free(&p->note);
	version_free(&p->version);
	*p = (struct part){.fd = -1, .version = {.size = -1}};
}
