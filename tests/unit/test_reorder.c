/* Lines come out in input order, once each, whatever the order they come in and however much has to
 * wait. */
#include <stdlib.h>
#include <unistd.h>

#include "flow/reorder.h"
#include "test.h"

enum { LINE = 64 << 10, LINES = 256 }; /* 16 MiB: four times what memory may hold */

/* An unlinked file to write to. */
static int
scratch(void)
{
	char path[] = "/tmp/tc-test-order-XXXXXX";
	int fd = mkstemp(path);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static void
content(int fd, struct buf *b)
{
	ssize_t n;
	b->n = 0;
	for (off_t at = 0; (n = pread(fd, buf_room(b, LINE), LINE, at)) > 0; at += n)
		b->n += (size_t)n;
}

static void
put(struct reorder *o, size_t index)
{
	struct buf b = {0};
	buf_fmt(&b, "line %zu", index);
	reorder_put(o, index, buf_all(&b));
	buf_free(&b);
}

static void
test_orders(void)
{
	static const size_t perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (int i = 0; i < 6; i++) {
		struct reorder o;
		struct buf b = {0};
		int fd = scratch();
		reorder_init(&o, fd, false);
		for (int k = 0; k < 3; k++) {
			put(&o, perm[i][k]);
			ok(reorder_flush(&o) == 0 && reorder_pending(&o) == 0, "order %d: flushed",
			   i);
		}
		content(fd, &b);
		ok(span_is(buf_all(&b), "line 0\nline 1\nline 2\n"), "order %d: in input order", i);
		reorder_free(&o);
		buf_free(&b);
		close(fd);
	}
}

static void
test_early(void)
{
	struct reorder o;
	struct buf b = {0};
	int fd = scratch();
	reorder_init(&o, fd, false);
	put(&o, 1);
	ok(reorder_pending(&o) == 0, "a line waits for the one before");
	put(&o, 0);
	ok(reorder_pending(&o) == strlen("line 0\nline 1\n"), "and comes with it");
	reorder_flush(&o);
	reorder_free(&o);
	reorder_init(&o, fd, true);
	put(&o, 7);
	put(&o, 2);
	reorder_flush(&o);
	content(fd, &b);
	same(buf_all(&b), "line 0\nline 1\nline 7\nline 2\n", "unordered: as they come");
	reorder_free(&o);
	buf_free(&b);
	close(fd);
}

static void
test_spill(void)
{
	struct reorder o;
	struct buf b = {0};
	char *line = mem_alloc(LINE);
	int fd = scratch();
	size_t right = 0, most = 0;
	reorder_init(&o, fd, false);
	for (size_t i = LINES; i-- > 1;) {
		memset(line, 'a' + (int)(i % 26), LINE);
		reorder_put(&o, i, (struct span){line, LINE});
		most = o.held_bytes > most ? o.held_bytes : most;
	}
	ok(o.spilled > 0 && most <= 4 << 20, "past 4 MiB, lines wait in a file");
	put(&o, 0);
	ok(reorder_flush(&o) == 0 && reorder_pending(&o) == 0, "spill: flushed");
	same_number((long long)o.spilled, 0, "spill: all came back");
	content(fd, &b);
	ok(b.n == 7 + (LINES - 1) * (size_t)(LINE + 1), "spill: no byte more or less");
	for (size_t i = 1; i < LINES && b.n == 7 + (LINES - 1) * (size_t)(LINE + 1); i++) {
		const char *p = b.p + 7 + (i - 1) * (size_t)(LINE + 1);
		right += p[0] == 'a' + (char)(i % 26) && p[LINE - 1] == p[0] && p[LINE] == '\n';
	}
	same_number((long long)right, LINES - 1, "spill: each line in its place");
	reorder_free(&o);
	buf_free(&b);
	free(line);
	close(fd);
}

static void
test_far_ahead(void)
{
	struct reorder o;
	struct buf b = {0}, want = {0};
	int fd = scratch();
	reorder_init(&o, fd, false);
	for (size_t i = 1000; i-- > 0;)
		put(&o, (i * 7 + 1) % 1000);
	reorder_flush(&o);
	content(fd, &b);
	for (size_t i = 0; i < 1000; i++)
		buf_fmt(&want, "line %zu\n", i);
	ok(b.n == want.n && memcmp(b.p, want.p, b.n) == 0, "a thousand, shuffled");
	reorder_free(&o);
	buf_free(&b);
	buf_free(&want);
	close(fd);
}

static void
test_cannot_write(void)
{
	struct reorder o;
	reorder_init(&o, -1, false);
	put(&o, 0);
	ok(reorder_flush(&o) == -1 && reorder_pending(&o) > 0,
	   "what cannot be written is reported, and kept");
	reorder_free(&o);
}

int
main(void)
{
	test_orders();
	test_early();
	test_spill();
	test_far_ahead();
	test_cannot_write();
	return done_testing();
}
