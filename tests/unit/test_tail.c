/* The end of stderr: what a terminal would still show of it. */
#include <string.h>

#include "base/tail.h"
#include "test.h"

static void
shows(const char *said, const char *expected)
{
	struct buf out = {0};
	tail_lines(&out, span_of(said), 64);
	same(buf_all(&out), expected, "the end of what was said");
	buf_free(&out);
}

static void
test_lines(void)
{
	shows("", "");
	shows("one\ntwo\n\n", "one\ntwo");
	shows("one\r\ntwo\r\n", "one\ntwo");
	shows("bad\nframe=1\rframe=2\rframe=3\r\nfailed\n", "bad\nfailed");
	shows("bad\nframe=1\rframe=2\rfailed\n", "bad\nfailed");
	shows("bad\n\r10%\r20%\r30%", "bad\n30%");
	shows("10%\r20%\r30%\r", "30%");
	shows("\n\na\n\nb", "\n\na\n\nb");
	shows("0123456789012345678901234567890123456789\n0123456789012345678901234567890123456789",
	      "0123456789012345678901234567890123456789");
}

/* However it is cut into reads, the same is left. */
static void
test_pieces(void)
{
	static const char said[] =
		"bad\r\nframe=1\rframe=2\r\rframe=3\r\nworse\n\n\r1%\r2%\rfailed\nframe=9\r";
	struct buf whole = {0};
	tail_lines(&whole, span_of(said), 1000);
	for (size_t step = 1; step < sizeof said; step++) {
		struct buf b = {0}, out = {0};
		for (size_t at = 0; at < strlen(said); at += step) {
			size_t n = strlen(said) - at < step ? strlen(said) - at : step;
			buf_add(&b, said + at, n);
			b.n = tail_settle(b.p, b.n);
		}
		tail_lines(&out, buf_all(&b), 1000);
		same(buf_all(&out), buf_cstr(&whole), "in pieces");
		buf_free(&b);
		buf_free(&out);
	}
	same(buf_all(&whole), "bad\nworse\n\nfailed\nframe=9", "as a whole");
	buf_free(&whole);
}

int
main(void)
{
	test_lines();
	test_pieces();
	return done_testing();
}
