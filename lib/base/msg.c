#include "base/msg.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hide.h"
#include "base/io.h"
#include "base/utf8.h"

static const char *name = "tc";
static bool closed[3], quiet, verbose, shared;
static void (*at_death)(void *ctx);
static void *at_death_ctx;
static struct buf status; /* the status line now on the terminal */

void
msg_init(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	if (argv0 && *argv0)
		name = slash ? slash + 1 : argv0;
	mem_program(name);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0) {
			closed[fd] = true;
			/* read-only on 1 and 2, so that a write still fails */
			if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
				_exit(EXIT_IO);
		}
}

const char *
msg_name(void)
{
	return name;
}

bool
msg_closed(int fd)
{
	return closed[fd];
}

void
msg_quiet(bool on)
{
	quiet = on;
}

void
msg_verbose(bool on)
{
	verbose = on;
}

/*
 * Return true for C1 control characters (U+0080 to U+009F) and for those that
 * change the direction of writing (U+2028 to U+202E, U+2066 to U+2069).
 */
static bool
steers(const unsigned char *p)
{
	return (p[0] == 0xc2 && p[1] < 0xa0) ||
	       (p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
	       (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

void
msg_sanitize(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = utf8_length(s.p + i, s.n - i);
		if (n == 0 || c < 0x20 || c == 0x7f ||
		    (n > 1 && steers((const unsigned char *)s.p + i))) {
			buf_ch(b, c == '\t' ? ' ' : '?');
			i += n ? n : 1;
		} else {
			buf_add(b, s.p + i, n);
			i += n;
		}
	}
}

static void
put(const struct buf *b)
{
	(void)io_write_all(STDERR_FILENO, buf_all(b),
			   NULL); /* there is nowhere to report an error to */
}

/*
 * Text from a service or a file may have any length; a message shows this many
 * bytes of it, with its end.
 */
enum { MESSAGE_MAX = 1 << 10 };

static void
emit(const char *prefix, const char *fmt, va_list ap)
{
	struct buf text = {0}, cut = {0}, line = {0};
	buf_vfmt(&text, fmt, ap);
	secret_hide(&text);
	buf_cut(&cut, buf_all(&text), MESSAGE_MAX);
	if (status.n || shared)
		buf_str(&line, "\r\033[K");
	if (prefix)
		buf_fmt(&line, "%s: ", prefix);
	msg_sanitize(&line, buf_all(&cut));
	buf_ch(&line, '\n');
	buf_span(&line, buf_all(&status));
	put(&line);
	buf_free(&text);
	buf_free(&cut);
	buf_free(&line);
}

void
msg_error(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	emit(name, fmt, ap);
	va_end(ap);
}

void
msg_warn(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (!quiet)
		emit(name, fmt, ap);
	va_end(ap);
}

void
msg_debug(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (verbose)
		emit(name, fmt, ap);
	va_end(ap);
}

void
msg_line(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (!quiet)
		emit(NULL, fmt, ap);
	va_end(ap);
}

void
msg_at_death(void (*last)(void *ctx), void *ctx)
{
	at_death = last;
	at_death_ctx = ctx;
}

void
msg_die(int code, const char *fmt, ...)
{
	static bool dying; /* out of memory while reporting an error */
	va_list ap;
	va_start(ap, fmt);
	if (dying)
		_exit(code);
	dying = true;
	msg_status(NULL);
	emit(name, fmt, ap);
	va_end(ap);
	if (at_death)
		at_death(at_death_ctx);
	exit(code);
}

void
msg_share(void)
{
	shared = true;
}

void
msg_status_leave(void)
{
	buf_free(&status);
}

void
msg_status_wrapped(size_t columns)
{
	struct buf line = {0};
	if (!columns || status.n <= columns)
		return;
	for (size_t rows = (status.n - 1) / columns; rows > 0; rows--)
		buf_str(&line, "\033[A");
	buf_str(&line, "\r\033[J");
	put(&line);
	buf_free(&line);
	buf_free(&status);
}

void
msg_status(const char *text)
{
	struct buf line = {0};
	if (!text && !status.n)
		return;
	if (status.n || shared)
		buf_str(&line, "\r\033[K");
	status.n = 0;
	if (text)
		msg_sanitize(&status, span_of(text));
	buf_span(&line, buf_all(&status));
	put(&line);
	buf_free(&line);
	if (!text)
		buf_free(&status);
}
