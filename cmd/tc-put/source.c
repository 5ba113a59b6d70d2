#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "put.h"

/* Bytes that are worth a hashing task of their own. */
/* Bytes just read of a file of up to SMALL bytes are hashed immediately. */
enum { HASH_EVERY = 4 << 20, SMALL = 64 << 10 };

static bool
refuse(struct upload *u, struct failure *e, const char *why)
{
	failure_set(e, "invalid_input", false, "%s: %s", u->path, why);
	return false;
}

/* Take size and time of a regular file, whose size is known beforehand; refuse anything else. */
static bool
take_stat(struct upload *u, const struct stat *st, struct failure *e)
{
	struct source *s = &u->source;
	if (S_ISDIR(st->st_mode))
		return refuse(u, e, "a directory: name the files in it (find DIR -type f)");
	if (!S_ISREG(st->st_mode))
		return refuse(u, e, "not a regular file: its size is unknown");
	s->size = st->st_size;
	s->modified = st->st_mtim;
	return true;
}

bool
source_look(struct upload *u, struct failure *e)
{
	struct stat st;
	u->source.fd = -1;
	return stat(u->path, &st) == 0 ? take_stat(u, &st, e) : refuse(u, e, strerror(errno));
}

static bool
same(const struct source *s, const struct stat *st)
{
	return st->st_size == s->size && st->st_mtim.tv_sec == s->modified.tv_sec &&
	       st->st_mtim.tv_nsec == s->modified.tv_nsec;
}

bool
source_open(struct upload *u, struct failure *e)
{
	struct source *s = &u->source;
	struct stat st;
	if (s->fd >= 0)
		return true;
	/* a FIFO that has taken the file's name must not block */
	s->fd = open(u->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return refuse(u, e, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return take_stat(u, &st, e);
	if (!same(s, &st)) {
		failure_set(e, "unavailable", true, "%s: changed since it was first checked",
			    u->path);
		return false;
	}
	s->hash.fd = s->fd;
	return true;
}

bool
source_changed(const struct source *s)
{
	struct stat st;
	return s->fd < 0 || fstat(s->fd, &st) < 0 || !same(s, &st);
}

ssize_t
source_read(struct source *s, int64_t at, char *p, size_t n)
{
	size_t done = 0;
	while (done < n) {
		ssize_t got = pread(s->fd, p + done, n - done, at + (int64_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && !done)
			return -1;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

void
source_hash(struct upload *u, int64_t at, const char *bytes, size_t n)
{
	struct source *s = &u->source;
	int64_t to = at + (int64_t)n;
	if (*s->sha256)
		return;
	if (s->size <= SMALL)
		filehash_take(&s->hash, at, bytes, n);
	else if (to - s->hash.done >= HASH_EVERY)
		filehash_post(&s->hash, u->put->work, to);
}

bool
source_hashed(struct upload *u)
{
	struct source *s = &u->source;
	struct hash_sums sums;
	struct buf hex = {0};
	if (*s->sha256)
		return true;
	if (s->hash.running)
		return false;
	if (!s->hash.error && filehash_post(&s->hash, u->put->work, s->size))
		return false;
	u->changed = u->changed || s->hash.error;
	filehash_end(&s->hash, &sums);
	if (sums.kinds & HASH_SHA256 && !u->changed) {
		digest_hex(&hex, sums.sha256, sizeof sums.sha256);
		memcpy(s->sha256, buf_cstr(&hex), sizeof s->sha256);
	}
	buf_free(&hex);
	return true;
}

struct upload *
source_task(struct put *p)
{
	struct task *t = work_next(p->work);
	if (!t)
		return NULL;
	struct upload *u =
		(struct upload *)(void *)((char *)t - offsetof(struct upload, source.hash));
	u->source.hash.running = false;
	return u;
}

void
source_close(struct source *s)
{
	filehash_free(&s->hash);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
