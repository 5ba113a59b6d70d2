#include "pacefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "msg.h"
#include "owned.h"

enum { FILE_BYTES = 512 }; /* always this long, so that one pwrite replaces all */

static const struct {
	const char *name;
	size_t at;
} instants[] = {
	{"arrival", offsetof(struct pace_state, arrival)}, {"blocked_until", offsetof(struct pace_state, blocked_until)},
	{"event", offsetof(struct pace_state, event)},     {"accepted", offsetof(struct pace_state, accepted)},
	{"since", offsetof(struct pace_state, since)},     {"regrown", offsetof(struct pace_state, regrown)},
	{"pauses", offsetof(struct pace_state, pauses)},   {"bucket", offsetof(struct pace_state, bucket)},
	{"settled", offsetof(struct pace_state, settled)}, {"left", offsetof(struct pace_state, left)},
	{"left_until", offsetof(struct pace_state, left_until)},
};

static int64_t *
field(struct pace_state *s, size_t i)
{
	return (int64_t *)(void *)((char *)s + instants[i].at);
}

static void
lock(int fd, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET};
	while (fcntl(fd, F_SETLKW, &l) < 0)
		if (errno != EINTR)
			msg_die(EXIT_IO, "rate file: lock: %s", strerror(errno));
}

/* False if the text is no rate state. */
static bool
parse(struct pace_state *s, struct span text)
{
	struct span v;
	double n;
	if (json_check(text, NULL) || json_get(text, "tc_rate", &v) != 1)
		return false;
	if (json_get(text, "rate", &v) == 1 && json_number(v, &n) && n >= 0)
		s->rate = n;
	if (json_get(text, "burst", &v) == 1 && json_number(v, &n) && n >= 1)
		s->burst = n;
	for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
		if (json_get(text, instants[i].name, &v) == 1 && json_number(v, &n) && n >= 0 && n < 9e15)
			*field(s, i) = (int64_t)n;
	return true;
}

static void
store(struct pace *p)
{
	struct buf b = {0};
	json_open(&b);
	json_int(&b, "tc_rate", 1);
	json_raw(&b, "rate", span_of("0"));
	b.n--;
	buf_fmt(&b, "%.6f", p->s.rate);
	json_raw(&b, "burst", span_of("0"));
	b.n--;
	buf_fmt(&b, "%.3f", p->s.burst);
	for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
		json_int(&b, instants[i].name, *field(&p->s, i));
	while (b.n < FILE_BYTES - 2)
		buf_ch(&b, ' ');
	json_close(&b);
	buf_ch(&b, '\n');
	ssize_t n = pwrite(p->fd, b.p, b.n, 0);
	if (n != (ssize_t)b.n)
		msg_die(EXIT_IO, "rate file: %s", n < 0 ? strerror(errno) : "short write");
	buf_free(&b);
}

const char *
pacefile_open(struct pace *p, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return strerror(errno);
	owned_check(fd, "rate file", path);
	struct pace_state told = p->s;
	char text[FILE_BYTES];
	lock(fd, F_WRLCK);
	ssize_t n = pread(fd, text, sizeof text, 0);
	if (n > 0 && !parse(&p->s, (struct span){text, (size_t)n})) {
		close(fd);
		return "this is no rate file: name another, or remove it";
	}
	/* a told rate is the ceiling of what was learnt under another */
	if (told.rate > 0 && (p->s.rate <= 0 || p->s.rate > told.rate || p->s.event == 0)) {
		p->s.rate = told.rate;
		p->s.burst = told.burst;
	}
	p->fd = fd;
	store(p);
	lock(fd, F_UNLCK);
	return NULL;
}

void
pacefile_lock(struct pace *p)
{
	if (p->fd < 0)
		return;
	lock(p->fd, F_WRLCK);
	char text[FILE_BYTES];
	ssize_t n = pread(p->fd, text, sizeof text, 0);
	if (n < 0)
		msg_die(EXIT_IO, "rate file: %s", strerror(errno));
	/* torn by a crash: keep what this process knows */
	parse(&p->s, (struct span){text, (size_t)n});
}

void
pacefile_unlock(struct pace *p)
{
	if (p->fd < 0)
		return;
	store(p);
	lock(p->fd, F_UNLCK);
}

void
pacefile_close(struct pace *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}
