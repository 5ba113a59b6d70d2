/* The ledger after a crash: cut at every byte, flipped at every byte, with holes. */
#include "ledger.h"

#include <sys/stat.h>

/* a created, b in doubt after its writer has gone, c ended. */
static int
write_reference(void *arg)
{
	struct ledger_found k;
	struct ledger *l = open_it("hash", false, false);
	(void)arg;
	if (ledger_claim(l, "a", span_of("\"in\""), 0, &k) != CLAIM_NEW || k.gen != 1)
		return 1;
	write_job(l, "a", "1");
	if (ledger_claim(l, "b", (struct span){0}, 0, &k) != CLAIM_NEW ||
	    ledger_claim(l, "c", (struct span){0}, 0, &k) != CLAIM_NEW)
		return 2;
	ledger_write(l, LEDGER_ENDED, "c", 1, span_of("\"error\":{}"));
	ledger_commit(l);
	ledger_close(l);
	return 0;
}

/* What the ledger should know when the first `lines` lines of the reference are whole. */
static int
check_prefix(void *arg)
{
	size_t lines = *(size_t *)arg;
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, false);
	enum claim a = lines < 2 ? CLAIM_NEW : lines < 3 ? CLAIM_DOUBT : CLAIM_RECORDED;
	enum claim b = lines < 4 ? CLAIM_NEW : CLAIM_DOUBT;
	enum claim c = lines < 5 || lines >= 6 ? CLAIM_NEW : CLAIM_DOUBT;
	if (ledger_has_job(l, "p", "1") != (lines >= 3) || ledger_has_job(l, "q", "1"))
		return 4;
	if (ledger_claim(l, "a", (struct span){0}, 0, &k) != a ||
	    ledger_claim(l, "b", (struct span){0}, 0, &k) != b)
		return 1;
	if (ledger_claim(l, "c", (struct span){0}, 0, &k) != c)
		return 2;
	if (a == CLAIM_RECORDED && ledger_claim(l, "a", (struct span){0}, 1, &k) != CLAIM_NEW)
		return 3;
	ledger_close(l);
	return 0;
}

static void
forget_torn(void)
{
	struct buf b = {0};
	unlink(buf_cstr(&torn));
	for (int i = 1; i < 20; i++) {
		b.n = 0;
		buf_fmt(&b, "%s.%d", buf_cstr(&torn), i);
		unlink(buf_cstr(&b));
	}
	buf_free(&b);
}

static size_t
lines_in(struct span s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

static void
test_cuts(struct span whole)
{
	size_t bad = 0, torn_bad = 0;
	for (size_t n = 0; n <= whole.n; n++) {
		unlink(buf_cstr(&torn));
		put_file(buf_cstr(&path), (struct span){whole.p, n});
		/* a last line that lacks only its end is whole */
		bool lacks_end = n < whole.n && whole.p[n] == '\n';
		size_t lines = lines_in((struct span){whole.p, n}) + lacks_end;
		int got = in_child(check_prefix, &lines);
		bad += got != 0 || !every_line_whole();
		bool should = n > 0 && !lacks_end && whole.p[n - 1] != '\n';
		torn_bad += (access(buf_cstr(&torn), F_OK) == 0) != should;
	}
	same_number((long long)bad, 0, "cut at every byte, the header too: what is left is known");
	same_number((long long)torn_bad, 0, "and a torn end, nothing else, is set aside");
}

static void
test_flips(struct span whole)
{
	struct buf b = {0};
	size_t bad = 0;
	for (size_t i = 0; i < whole.n; i++)
		for (int bit = 0; bit < 8; bit += 3) {
			b.n = 0;
			buf_span(&b, whole);
			b.p[i] = (char)(b.p[i] ^ 1 << bit);
			put_file(buf_cstr(&path), buf_all(&b));
			int got = in_child(just_open, NULL);
			/* the last line end may be lost: then what stands there is a torn end, and
			 * no harm */
			bad += got != EXIT_BAD_CONFIG && !(i == whole.n - 1 && got == 0);
		}
	same_number((long long)bad, 0, "a flipped bit anywhere is refused");
	b.n = 0;
	buf_span(&b, whole);
	buf_add(&b, "\0\0\0\0\0\0\0\0", 8);
	put_file(buf_cstr(&path), buf_all(&b));
	size_t lines = lines_in(whole);
	same_number(in_child(check_prefix, &lines), 0, "NULs behind the last line are a torn end");
	ok(every_line_whole(), "and are gone then");
	buf_free(&b);
}

/* A group commit of two intents, their results, one more intent; groups: each line is durable
 * before the next. */
static int
write_groups(void *arg)
{
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, false);
	bool groups = arg != NULL;
	for (int i = 0; i < 5; i++) {
		if (i == 0 || i == 1 || i == 4)
			ledger_claim(l, i == 0 ? "a" : i == 1 ? "b" : "c", (struct span){0}, 0, &k);
		else
			write_job(l, i == 2 ? "a" : "b", i == 2 ? "1" : "2");
		if (groups || i == 1)
			ledger_commit(l);
	}
	ledger_close(l);
	return 0;
}

/* Puts a hole over line n (0: the header), with its line end or not, and drops all lines from `end`
 * on. */
static void
put_hole(struct span whole, size_t n, bool line_end, size_t end)
{
	struct buf b = {0};
	size_t line = 0;
	for (size_t i = 0; i < whole.n && line < end; i++) {
		bool nl = whole.p[i] == '\n';
		buf_ch(&b, line == n && (!nl || line_end) ? '\0' : whole.p[i]);
		line += nl;
	}
	put_file(buf_cstr(&path), buf_all(&b));
	buf_free(&b);
}

static int
count_known(void *arg)
{
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, false);
	(void)arg;
	int sum = 20 + ledger_has_job(l, "p", "1") + ledger_has_job(l, "p", "2");
	sum += ledger_find(l, LEDGER_ITEM, span_of("a"), &k) ? 10 : 0;
	sum += ledger_find(l, LEDGER_ITEM, span_of("b"), &k) ? 10 : 0;
	ledger_close(l);
	return sum;
}

static void
test_holes(void)
{
	/* hole, lines left, expected of the one group: 20, 10 for each intent, 1 for each result */
	static const struct {
		size_t hole, lines;
		int want;
		const char *name;
	} t[] = {
		{1, 3, 20, "the first intent of a group is a hole: neither was sent"},
		{2, 3, 30, "the last one is"},
		{3, 5, 40, "the first result of two is"},
		{4, 5, 41, "the last one is"},
		{0, 1, 20, "the header is, alone"},
		{1, 4, EXIT_BAD_CONFIG, "an intent is, and a result shows that it was durable"},
		{2, 5, EXIT_BAD_CONFIG, "the same, another's result between"},
		{0, 4, EXIT_BAD_CONFIG, "the header is, and a result follows"},
	};
	struct buf whole = {0};
	unlink(buf_cstr(&path));
	unlink(buf_cstr(&torn));
	in_child(write_groups, NULL);
	if (buf_read_file(&whole, buf_cstr(&path), 1 << 20) < 0)
		abort();
	for (size_t i = 0; i < 2 * sizeof t / sizeof *t; i++) {
		put_hole(buf_all(&whole), t[i / 2].hole, i % 2, t[i / 2].lines);
		same_number(in_child(count_known, NULL), t[i / 2].want, t[i / 2].name);
		unlink(buf_cstr(&torn));
	}
	unlink(buf_cstr(&path));
	in_child(write_groups, (void *)"groups");
	whole.n = 0;
	if (buf_read_file(&whole, buf_cstr(&path), 1 << 20) < 0)
		abort();
	for (size_t n = 0; n < 5; n++) {
		put_hole(buf_all(&whole), n, true, 6);
		same_number(in_child(count_known, NULL), EXIT_BAD_CONFIG,
			    "a later intent shows that it was durable");
	}
	put_hole(buf_all(&whole), 5, false, 6);
	same_number(in_child(count_known, NULL), 42, "nothing follows");
	unlink(buf_cstr(&torn));
	buf_free(&whole);
}

static void
test_torn_names(struct span whole)
{
	struct buf other = {0}, kept = {0};
	struct stat st;
	size_t lines = lines_in(whole);
	buf_fmt(&other, "%s.elsewhere", buf_cstr(&path));
	forget_torn();
	ok(symlink(buf_cstr(&other), buf_cstr(&torn)) == 0,
	   "a link where the end is to be set aside");
	put_file(buf_cstr(&path), whole);
	int fd = open(buf_cstr(&path), O_WRONLY | O_APPEND);
	ok(write(fd, "torn", 4) == 4 && close(fd) == 0, "a torn end");
	same_number(in_child(check_prefix, &lines), 0, "is set aside");
	ok(stat(buf_cstr(&other), &st) < 0, "not where the link leads");
	other.n = 0;
	buf_fmt(&other, "%s.1", buf_cstr(&torn));
	ok(buf_read_file(&kept, buf_cstr(&other), 100) == 0, "but under another name");
	same(buf_all(&kept), "torn", "as it was");
	ok(stat(buf_cstr(&other), &st) == 0 && (st.st_mode & 0777) == 0600, "mode 0600");
	put_file(buf_cstr(&path), span_of("{\"tc_led\0\0\0"));
	same_number(in_child(just_open, NULL), 0, "a torn header");
	put_file(buf_cstr(&path), span_of("a text"));
	same_number(in_child(just_open, NULL), EXIT_BAD_CONFIG, "another file is no torn header");
	buf_read_file(&kept, buf_cstr(&path), 100);
	same(buf_all(&kept), "torna text", "and is left as it is");
	forget_torn();
	buf_free(&other);
	buf_free(&kept);
}

int
main(void)
{
	struct buf whole = {0};
	if (!make_dir())
		return 1;
	same_number(in_child(write_reference, NULL), 0, "a reference is written");
	if (buf_read_file(&whole, buf_cstr(&path), 1 << 20) < 0)
		return 1;
	test_cuts(buf_all(&whole));
	test_flips(buf_all(&whole));
	test_holes();
	test_torn_names(buf_all(&whole));
	forget_torn();
	remove_dir();
	buf_free(&whole);
	return done_testing();
}
