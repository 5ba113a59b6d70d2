#include "base/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, SHOWN = 200, CONTROLS_MIN = 8, CONTROLS_PART = 32 };

void
lines_init(struct lines *in, char **operands, int fd)
{
	*in = (struct lines){.fd = fd, .delimiter = '\n'};
	if (operands && *operands) {
		in->operands = operands;
		in->fd = -1;
	} else {
		buf_room(&in->held, READ_BYTES);
	}
}

/* Drop the lines already returned, so that the buffer holds at most one line and one read. */
static void
compact(struct lines *in)
{
	if (in->at) {
		memmove(in->held.p, in->held.p + in->at, in->held.n - in->at);
		in->held.n -= in->at;
		in->looked -= in->at;
		in->at = 0;
	}
}

static enum lines_result
too_long(struct lines *in, struct span *line)
{
	*line = (struct span){in->held.p + in->at, SHOWN};
	in->at = in->looked = in->held.n;
	in->skipping = true;
	return LINES_TOO_LONG;
}

enum lines_result
lines_next(struct lines *in, struct span *line)
{
	if (in->operands) {
		if (!*in->operands)
			return LINES_END;
		*line = span_of(*in->operands++);
		return LINES_GOT;
	}
	for (;;) {
		const char *start = in->held.p + in->at, *from = in->held.p + in->looked;
		const char *end = in->held.n > in->looked
					  ? memchr(from, in->delimiter, in->held.n - in->looked)
					  : NULL;
		if (!end) {
			in->looked = in->held.n;
			if (in->skipping)
				in->at = in->held.n;
			if (in->held.n - in->at > LINES_BYTES_MAX)
				return too_long(in, line);
			if (!in->eof)
				return LINES_WAIT;
			if (in->at == in->held.n)
				return LINES_END;
			end = in->held.p + in->held.n;
			in->at = in->looked = in->held.n;
		} else {
			in->at = in->looked = (size_t)(end - in->held.p) + 1;
		}
		if (in->skipping) {
			in->skipping = false; /* the tail of a line that was too long */
			continue;
		}
		*line = (struct span){start, (size_t)(end - start)};
		if (line->n > LINES_BYTES_MAX) { /* its end arrived in the same read */
			line->n = SHOWN;
			return LINES_TOO_LONG;
		}
		return LINES_GOT;
	}
}

const char *
line_no_text(const struct lines *in)
{
	const unsigned char *p = (const unsigned char *)in->held.p;
	size_t controls = 0, nuls = 0, n = in->held.n;
	for (size_t i = 0; i < n; i++) {
		controls += p[i] < ' ' && !strchr("\t\n\r\f\033", p[i] ? p[i] : 1);
		nuls += !p[i];
	}
	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return "UTF-16, where each letter has a NUL byte: convert it (iconv -f UTF-16 -t "
		       "UTF-8)";
	/* a few only make bad lines */
	if (controls < CONTROLS_MIN || controls < n / CONTROLS_PART)
		return NULL;
	return nuls * 3 > n ? "UTF-16, or something else full of NUL bytes: convert it (iconv -f "
			      "UTF-16LE -t UTF-8)"
			    : "not text but binary data, such as a video: give a list, or the "
			      "file's name as an operand";
}

int
lines_fill(struct lines *in)
{
	compact(in);
	ssize_t n = read(in->fd, buf_room(&in->held, READ_BYTES), READ_BYTES);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	in->held.n += (size_t)n;
	in->eof = n == 0;
	return 0;
}

void
lines_free(struct lines *in)
{
	buf_free(&in->held);
}
