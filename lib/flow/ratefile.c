#include "flow/ratefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/owned.h"
#include "json/json.h"

enum { FILE_BYTES = 1024 }; /* always this long, so that one pwrite(2) replaces all */

/* Error bound of a modification time; age that is taken for the oldest. */
#define TICK (10 * MILLISECOND)
#define OLDEST (10 * 365 * 86400 * SECOND)

/*
 * The file's content: the state, and when it was written, by the file's time
 * and by the writer's wall clock.
 */
struct content {
	struct pace_state s;
	int64_t now, wall; /* 0: written by an earlier version */
};

enum kind { COUNT, PAST, INSTANT }; /* PAST: an instant before the write */

static const struct {
	const char *name;
	size_t at;
	enum kind kind;
} members[] = {
	{"now", offsetof(struct content, now), COUNT},
	{"wall", offsetof(struct content, wall), COUNT},
	{"arrival", offsetof(struct content, s.arrival), INSTANT},
	{"blocked_until", offsetof(struct content, s.blocked_until), INSTANT},
	{"event", offsetof(struct content, s.last_throttle), PAST},
	{"accepted", offsetof(struct content, s.accepted), COUNT},
	{"since", offsetof(struct content, s.throttled_since), PAST},
	{"regrown", offsetof(struct content, s.regrown), PAST},
	{"pauses", offsetof(struct content, s.pauses), COUNT},
	{"bucket", offsetof(struct content, s.bucket), COUNT},
	{"settled", offsetof(struct content, s.limit_found), COUNT},
	{"left", offsetof(struct content, s.remaining), COUNT},
	{"left_until", offsetof(struct content, s.reset_at), INSTANT},
	{"left_at", offsetof(struct content, s.remaining_at), PAST},
	{"searching", offsetof(struct content, s.searching), COUNT},
	{"most_left", offsetof(struct content, s.most_remaining), COUNT},
	{"window_end", offsetof(struct content, s.window_end), INSTANT},
	{"slides", offsetof(struct content, s.slides), COUNT},
};
enum { MEMBERS = sizeof members / sizeof *members };

static int64_t *
member(struct content *c, size_t i)
{
	return (int64_t *)(void *)((char *)c + members[i].at);
}

/* Convert instants from one clock to another; 0 stays 0. */
static void
shift(struct content *c, int64_t by)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		int64_t *v = member(c, i);
		if (members[i].kind != COUNT && *v)
			*v = *v + by ? *v + by : 1;
	}
}

static void
lock(int fd, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET};
	while (fcntl(fd, F_SETLKW, &l) < 0)
		if (errno != EINTR)
			msg_die(EXIT_IO, "rate file: lock: %s", strerror(errno));
}

/* Return false if the text is not a rate file's. */
static bool
parse(struct content *c, struct span text)
{
	struct span v;
	double n;
	if (json_check(text, NULL) || json_get(text, "tc_rate", &v) != 1)
		return false;
	*c = (struct content){.s.burst = 1};
	if (json_get(text, "rate", &v) == 1 && json_number(v, &n) && n >= 0)
		c->s.rate = n;
	if (json_get(text, "burst", &v) == 1 && json_number(v, &n) && n >= 1)
		c->s.burst = n;
	if (json_get(text, "peak", &v) == 1 && json_number(v, &n) && n >= 0)
		c->s.peak = n;
	for (size_t i = 0; i < MEMBERS; i++)
		if (json_get(text, members[i].name, &v) == 1 && json_number(v, &n) && n >= 0 &&
		    n < 8e15)
			*member(c, i) = (int64_t)n;
	return true;
}

static void
store(const struct pace *p, int64_t now)
{
	struct content c = {p->s, now + p->offset, clock_wall()};
	struct buf b = {0};
	shift(&c, p->offset);
	json_open(&b);
	json_int(&b, "tc_rate", 1);
	json_raw(&b, "rate", span_of("0"));
	b.n--;
	buf_fmt(&b, "%.6f", c.s.rate);
	json_raw(&b, "burst", span_of("0"));
	b.n--;
	buf_fmt(&b, "%.3f", c.s.burst);
	json_raw(&b, "peak", span_of("0"));
	b.n--;
	buf_fmt(&b, "%.6f", c.s.peak);
	for (size_t i = 0; i < MEMBERS; i++)
		json_int(&b, members[i].name, *member(&c, i));
	while (b.n < FILE_BYTES - 2)
		buf_ch(&b, ' ');
	json_close(&b);
	buf_ch(&b, '\n');
	ssize_t n = pwrite(p->fd, b.p, b.n, 0);
	if (n != (ssize_t)b.n)
		msg_die(EXIT_IO, "rate file: %s", n < 0 ? strerror(errno) : "short write");
	buf_free(&b);
}

static int64_t
modified(int fd)
{
	struct stat st;
	return fstat(fd, &st) < 0 ? 0
				  : (int64_t)st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000;
}

/*
 * Return the time since the last write. Both modification times are from one
 * clock; ours, where it agrees, is only finer. Too short is safe: the pace is
 * slower for it.
 */
static int64_t
unwritten_for(int fd, int64_t wall)
{
	int64_t before = modified(fd);
	if (futimens(fd, NULL) < 0)
		return 0;
	int64_t by_file = modified(fd) - before, by_wall = clock_wall() - wall;
	if (by_file > OLDEST)
		return OLDEST;
	if (by_wall >= 0 && by_wall > by_file - TICK && by_wall < by_file + TICK)
		return by_wall;
	return by_file > TICK ? by_file - TICK : 0;
}

/*
 * Take over the file's state. An instant that lies after the file's own time
 * of writing cannot be right; where an earlier version did not write that
 * time, no instant in the future is believed.
 */
static void
join(struct pace *p, int fd, struct content *c, int64_t now)
{
	int64_t at = c->now ? c->now + unwritten_for(fd, c->wall) : now + p->offset;
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].kind == PAST || (members[i].kind == INSTANT && !c->now))
			if (*member(c, i) > (c->now ? c->now : at))
				*member(c, i) = 0;
	p->offset = at - now;
	shift(c, -p->offset);
	p->s = c->s;
}

const char *
ratefile_open(struct pace *p, const char *path, int64_t now)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return "not a regular file";
	}
	owned_check(fd, "rate file", path);
	struct pace_state told = p->s;
	struct content c;
	char text[FILE_BYTES];
	lock(fd, F_WRLCK);
	ssize_t n = pread(fd, text, sizeof text, 0);
	if (n > 0 && !parse(&c, (struct span){text, (size_t)n})) {
		close(fd);
		return "not a rate file: use another file, or remove it";
	}
	p->offset = clock_wall() - now;
	if (n > 0)
		join(p, fd, &c, now);
	/* the configured rate is the ceiling for one that was learned under another */
	if (told.rate > 0 && (p->s.rate <= 0 || p->s.rate > told.rate || p->s.last_throttle == 0)) {
		p->s.rate = told.rate;
		p->s.burst = told.burst;
	}
	p->fd = fd;
	store(p, now);
	lock(fd, F_UNLCK);
	return NULL;
}

void
ratefile_lock(struct pace *p, int64_t now)
{
	if (p->fd < 0)
		return;
	lock(p->fd, F_WRLCK);
	char text[FILE_BYTES];
	struct content c;
	ssize_t n = pread(p->fd, text, sizeof text, 0);
	if (n < 0)
		msg_die(EXIT_IO, "rate file: %s", strerror(errno));
	/* torn by a crash: keep what this process knows */
	if (!parse(&c, (struct span){text, (size_t)n}))
		return;
	/*
	 * another process's time is ahead: its reservations are nearer by as
	 * much, and so is ours
	 */
	int64_t ahead = c.now - (now + p->offset);
	if (ahead > 0) {
		p->offset += ahead;
		if (p->reserved)
			p->reserved = p->reserved > ahead ? p->reserved - ahead : 1;
	}
	shift(&c, -p->offset);
	p->s = c.s;
}

void
ratefile_unlock(struct pace *p, int64_t now)
{
	if (p->fd < 0)
		return;
	store(p, now);
	lock(p->fd, F_UNLCK);
}

void
ratefile_close(struct pace *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}
