/* Lines from operands and from a pipe that brings them in pieces. */
#include <stdlib.h>
#include <unistd.h>

#include "base/lines.h"
#include "test.h"

enum { CHUNK = 32 << 10 };

static const char *const words[] = {"wait", "got", "too long", "end"};

static void
next_is(struct lines *in, enum lines_result want, const char *text, const char *name)
{
	struct span line = {"", 0};
	enum lines_result got = lines_next(in, &line);
	if (!ok(got == want && (!text || span_is(line, text)), "%s", name))
		printf("# got %s \"%.*s\"\n", words[got], (int)(line.n < 80 ? line.n : 80), line.p);
}

static void
feed(struct lines *in, int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));
	ok(n == (ssize_t)strlen(text) && lines_fill(in) == 0, "fed %zu bytes", strlen(text));
}

static void
test_operands(void)
{
	char a[] = "one", b[] = "", *operands[] = {a, b, NULL};
	struct lines in;
	lines_init(&in, operands, -1);
	next_is(&in, LINES_GOT, "one", "operands: a line each");
	next_is(&in, LINES_GOT, "", "operands: an empty one too");
	next_is(&in, LINES_END, NULL, "operands: then the end");
	lines_free(&in);
}

static void
test_pieces(void)
{
	int fd[2];
	struct lines in;
	if (!ok(pipe(fd) == 0, "a pipe"))
		return;
	lines_init(&in, NULL, fd[0]);
	next_is(&in, LINES_WAIT, NULL, "pieces: nothing yet");
	feed(&in, fd[1], "fir");
	next_is(&in, LINES_WAIT, NULL, "pieces: no whole line yet");
	feed(&in, fd[1], "st\nsecond\n\nth");
	next_is(&in, LINES_GOT, "first", "pieces: the first, put together");
	next_is(&in, LINES_GOT, "second", "pieces: the second");
	next_is(&in, LINES_GOT, "", "pieces: an empty line is a line");
	next_is(&in, LINES_WAIT, NULL, "pieces: the rest has no end yet");
	feed(&in, fd[1], "ird");
	close(fd[1]);
	ok(lines_fill(&in) == 0, "pieces: the end");
	next_is(&in, LINES_GOT, "third", "pieces: a last line without an end is a line");
	next_is(&in, LINES_END, NULL, "pieces: no line more");
	next_is(&in, LINES_END, NULL, "pieces: the end stays the end");
	lines_free(&in);
	close(fd[0]);
}

static void
test_nul(void)
{
	int fd[2];
	struct lines in;
	if (!ok(pipe(fd) == 0, "a pipe"))
		return;
	lines_init(&in, NULL, fd[0]);
	in.delimiter = '\0';
	ok(write(fd[1], "a\nb\0c", 5) == 5 && lines_fill(&in) == 0, "NUL: fed");
	close(fd[1]);
	next_is(&in, LINES_GOT, "a\nb", "NUL: ends a line, a line end does not");
	ok(lines_fill(&in) == 0, "NUL: the end");
	next_is(&in, LINES_GOT, "c", "NUL: the last line");
	next_is(&in, LINES_END, NULL, "NUL: no line more");
	lines_free(&in);
	close(fd[0]);
}

/* n bytes of one line, without its end. */
static size_t
feed_many(struct lines *in, int fd, size_t n, size_t *too_long)
{
	static char chunk[CHUNK];
	size_t sent = 0;
	struct span line;
	memset(chunk, 'x', sizeof chunk);
	while (sent < n) {
		size_t want = n - sent < CHUNK ? n - sent : CHUNK;
		ssize_t w = write(fd, chunk, want);
		if (w <= 0 || lines_fill(in) != 0)
			break;
		sent += (size_t)w;
		*too_long += lines_next(in, &line) == LINES_TOO_LONG;
	}
	return sent;
}

static void
test_too_long(void)
{
	int fd[2];
	struct lines in;
	struct span line = {0};
	size_t too_long = 0;
	if (!ok(pipe(fd) == 0, "a pipe"))
		return;
	lines_init(&in, NULL, fd[0]);
	ok(feed_many(&in, fd[1], LINES_BYTES_MAX, &too_long) == LINES_BYTES_MAX && !too_long,
	   "a line of 32 MiB is taken in");
	feed(&in, fd[1], "\n");
	ok(lines_next(&in, &line) == LINES_GOT && line.n == LINES_BYTES_MAX,
	   "a line of 32 MiB is a line");
	feed_many(&in, fd[1], 3 * (size_t)LINES_BYTES_MAX, &too_long);
	same_number((long long)too_long, 1, "one of 96 MiB is told of once");
	ok(in.held.cap <= 2 * (size_t)LINES_BYTES_MAX + (4 << 20), "and not kept (%zu bytes)",
	   in.held.cap);
	feed(&in, fd[1], "tail\nnext\n");
	next_is(&in, LINES_GOT, "next", "its end is passed over, the next line is whole");
	feed_many(&in, fd[1], LINES_BYTES_MAX + CHUNK, &too_long);
	close(fd[1]);
	ok(lines_fill(&in) == 0, "the end within a line that is too long");
	next_is(&in, LINES_END, NULL, "is the end");
	same_number((long long)too_long, 2, "and that line was told of too");
	lines_free(&in);
	close(fd[0]);
}

int
main(void)
{
	struct lines in;
	test_operands();
	test_pieces();
	test_nul();
	test_too_long();
	lines_init(&in, NULL, -1);
	ok(lines_fill(&in) == -1, "what cannot be read is reported");
	lines_free(&in);
	return done_testing();
}
