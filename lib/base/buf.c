#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_IO = 74 }; /* EXIT_IO of base/msg.h, which includes this module */

static const char *program = "tc";

void
mem_program(const char *name)
{
	program = name;
}

static void
out_of_memory(void)
{
	/* formatting a message would allocate */
	static const char why[] =
		": out of memory: use a smaller -j or --window, or raise the limit (ulimit -v)\n";
	if (write(2, program, strlen(program)) < 0 || write(2, why, sizeof why - 1) < 0)
		_exit(STATUS_IO); /* nowhere to report it */
	_exit(STATUS_IO);
}

void *
mem_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *
mem_zero(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *
mem_grow(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *
mem_room(void *p, size_t n, size_t size)
{
	return n & (n - 1) ? p : mem_grow(p, (n ? 2 * n : 1) * size);
}

char *
mem_dup(struct span s)
{
	char *p = mem_alloc(s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

char *
mem_dup_text(const char *s)
{
	return s && *s ? mem_dup(span_of(s)) : NULL;
}

char *
buf_room(struct buf *b, size_t more)
{
	if (b->cap - b->n < more) {
		size_t cap = b->cap + b->cap / 2;
		if (cap < b->n + more)
			cap = b->n + more;
		if (cap < 64)
			cap = 64;
		b->p = mem_grow(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n) {
		memcpy(buf_room(b, n), p, n);
		b->n += n;
	}
}

void
buf_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	size_t room = b->cap - b->n; /* usually enough */
	int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
	if (n > 0 && (size_t)n >= room)
		vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	if (n > 0)
		b->n += (size_t)n;
	va_end(again);
}

void
buf_cut(struct buf *b, struct span s, size_t max)
{
	static const char gap[] = " ... ";
	size_t half = max / 2, from;
	if (s.n <= max) {
		buf_span(b, s);
		return;
	}
	from = s.n - half + sizeof gap;
	/* do not split a character: bytes 10xxxxxx continue one */
	while (half && ((unsigned char)s.p[half] & 0xc0) == 0x80)
		half--;
	while (from < s.n && ((unsigned char)s.p[from] & 0xc0) == 0x80)
		from++;
	buf_add(b, s.p, half);
	buf_str(b, gap);
	buf_add(b, s.p + from, s.n - from);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(b, fmt, ap);
	va_end(ap);
}

const char *
buf_cstr(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return b->p;
}

char *
buf_take(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	char *text = b->p;
	*b = (struct buf){0};
	return text;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

struct span
buf_all(const struct buf *b)
{
	return (struct span){b->p ? b->p : "", b->n};
}

struct span
span_of(const char *s)
{
	return (struct span){s, strlen(s)};
}

bool
span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && (s.n == 0 || memcmp(s.p, text, s.n) == 0);
}

int64_t
span_number(struct span s)
{
	int64_t n = 0;
	if (s.n < 1 || s.n > 18)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		n = 10 * n + (s.p[i] - '0');
	}
	return n;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int
buf_read_fd(struct buf *b, int fd, size_t max)
{
	size_t start = b->n;
	for (ssize_t n; (n = read(fd, buf_room(b, 4096), 4096)) != 0;) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (b->n - start + (size_t)n > max) {
			errno = EFBIG;
			return -1;
		}
		b->n += (size_t)n;
	}
	return 0;
}

int
buf_read_file(struct buf *b, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int result = buf_read_fd(b, fd, max), saved = errno;
	close(fd);
	errno = saved;
	return result;
}
