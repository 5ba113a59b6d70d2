/* The ledger: cut at every byte, flipped at every byte, claimed by live and dead processes. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/filelock.h"
#include "base/msg.h"
#include "ledger/ledger.h"
#include "ledger/line.h"
#include "test.h"
#include "json/json.h"

/* In memory if there is such a place: thousands of files are synced. */
static char dir[] = "/dev/shm/test_ledger.XXXXXX", on_disk[] = "/tmp/test_ledger.XXXXXX";
static struct buf path, torn;

static struct ledger *
open_it(const char *run, bool force, bool alone)
{
	struct ledger_open o = {.path = buf_cstr(&path),
				.tool = "test",
				.run = run,
				.force = force,
				.exclusive = alone};
	return ledger_open(&o);
}

/* The exit status of a child that does this; what it says is dropped. -1: a signal ended it. */
static int
in_child(int (*what)(void *), void *arg)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 2);
		alarm(20);
		_exit(what(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
put_file(const char *name, struct span s)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, s.p, s.n) != (ssize_t)s.n || close(fd) != 0)
		abort();
}

static void
write_job(struct ledger *l, const char *key, const char *id)
{
	struct buf b = {0};
	json_str(&b, "provider", span_of("p"));
	json_str(&b, "id", span_of(id));
	ledger_write(l, LEDGER_CREATED, key, 1, buf_all(&b));
	buf_free(&b);
}

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

static bool
every_line_whole(void)
{
	struct buf b = {0};
	bool good = buf_read_file(&b, buf_cstr(&path), 1 << 20) == 0 && b.n && b.p[b.n - 1] == '\n';
	for (size_t at = 0; good && at < b.n;) {
		const char *end = memchr(b.p + at, '\n', b.n - at);
		good = !ledger_line_check((struct span){b.p + at, (size_t)(end - b.p) - at});
		at = (size_t)(end - b.p) + 1;
	}
	buf_free(&b);
	return good;
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

static int
just_open(void *arg)
{
	ledger_close(open_it(arg, false, false));
	return 0;
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

static int
claim_b(void *arg)
{
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, false);
	enum claim c = ledger_claim(l, "busy", (struct span){0}, 0, &k);
	(void)arg;
	ledger_close(l);
	return c == CLAIM_BUSY ? 10 : c == CLAIM_DOUBT ? (k.lost ? 12 : 11) : 1;
}

static void
test_processes(void)
{
	struct ledger_found k;
	struct stat st;
	unlink(buf_cstr(&path));
	struct ledger *l = open_it("hash", false, false);
	ok(stat(buf_cstr(&path), &st) == 0 && (st.st_mode & 0777) == 0600, "mode 0600");
	ok(ledger_claim(l, "busy", (struct span){0}, 0, &k) == CLAIM_NEW, "a new item");
	same_number(in_child(claim_b, NULL), 10,
		    "an intent of a process that lives is busy to others");
	ledger_close(l);
	same_number(in_child(claim_b, NULL), 11, "and in doubt when it has gone");
	l = open_it("hash", false, false);
	ok(ledger_claim(l, "busy", (struct span){0}, 0, &k) == CLAIM_DOUBT && k.since > 0,
	   "taken over");
	ok(k.since <= clock_wall() && k.since > clock_wall() - 60 * SECOND,
	   "since the first intent");
	ledger_lost(l, "busy", &k);
	ledger_close(l);
	same_number(in_child(claim_b, NULL), 12, "that an answer was lost is remembered");
	same_number(in_child(just_open, (void *)"hash"), 0, "the same command goes on");
	same_number(in_child(just_open, (void *)"other"), EXIT_BAD_CONFIG,
		    "another command is refused");
	same_number(in_child(just_open, NULL), 0, "unless it is not held against it");
	ledger_close(open_it("other", true, false));
	same_number(in_child(just_open, (void *)"other"), 0, "or was forced once");
}

static int
open_alone(void *arg)
{
	(void)arg;
	ledger_close(open_it(NULL, false, true));
	return 0;
}

static int
hold_item(void *arg)
{
	struct ledger *l = open_it(NULL, false, false);
	int fd = ledger_lock_item(l, arg);
	ledger_close(l);
	return fd < 0 ? 1 : 0;
}

static void
test_locks(void)
{
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, true);
	same_number(in_child(open_alone, NULL), EXIT_BAD_CONFIG, "one pool at a time");
	same_number(in_child(just_open, NULL), 0, "others may share it");
	int fd = ledger_lock_item(l, "x"), left = fd < 0 ? -1 : dup(fd);
	ok(left >= 0, "an item's lock is there to take");
	ledger_claim(l, "x", (struct span){0}, 0, &k);
	same_number(in_child(hold_item, (void *)"x"), 1, "once");
	same_number(in_child(hold_item, (void *)"y"), 0, "each item has its own");
	close(fd);
	same_number(in_child(hold_item, (void *)"x"), 1, "until its last copy is closed");
	ledger_write(l, LEDGER_ENDED, "x", 1, span_of("\"error\":{}"));
	same_number(in_child(hold_item, (void *)"x"), 0,
		    "but what has ended is not waited for, whatever still holds it");
	ledger_claim(l, "x", (struct span){0}, 0, &k);
	same_number(in_child(hold_item, (void *)"x"), 1, "an intent is");
	close(left);
	same_number(in_child(hold_item, (void *)"x"), 0, "and free when its last copy is closed");
	ledger_close(l);
	same_number(in_child(open_alone, NULL), 0, "the next pool may come");
}

/* Holds the pool's lock until something comes through the pipe, and a moment longer. */
static void
test_pool_waits(void)
{
	int go[2];
	char c = 0;
	struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};
	if (pipe(go) < 0)
		abort();
	struct ledger *l = open_it(NULL, false, true);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		ssize_t n = read(go[0], &c, 1);
		nanosleep(&moment, NULL);
		_exit(n == 1 ? 0 : 1);
	}
	ledger_close(l); /* the child has a copy: a process that is still dying */
	ok(write(go[1], &c, 1) == 1, "the lock is held by a process that is about to end");
	same_number(in_child(open_alone, NULL), 0, "and waited for");
	waitpid(pid, NULL, 0);
	close(go[0]);
	close(go[1]);
}

/* The lines of a ledger of the version before there were lock numbers. */
static void
put_old(long pid)
{
	struct buf b = {0};
	buf_str(&b, "{\"tc_ledger\":1,\"tool\":\"tc-create\"");
	ledger_line_seal(&b);
	size_t at = b.n;
	struct buf line = {0};
	buf_fmt(&line,
		"{\"t\":\"intent\",\"key\":\"busy\",\"gen\":1,\"pid\":%ld,\"at\":\"2026-01-01T00:"
		"00:00Z\"",
		pid);
	ledger_line_seal(&line);
	buf_span(&b, buf_all(&line));
	put_file(buf_cstr(&path), buf_all(&b));
	ok(b.n > at, "a ledger of an older version");
	buf_free(&line);
	buf_free(&b);
}

static int
claim_from_fork(void *arg)
{
	struct ledger *l = arg;
	struct ledger_found k;
	bool busy = ledger_claim(l, "parent's", (struct span){0}, 0, &k) == CLAIM_BUSY;
	bool mine = ledger_claim(l, "child's", (struct span){0}, 0, &k) == CLAIM_NEW;
	bool doubt = ledger_claim(l, "child's", (struct span){0}, 0, &k) == CLAIM_DOUBT;
	return busy ? (mine && doubt ? 0 : 2) : 1;
}

static void
test_who_is_alive(void)
{
	struct ledger_found k;
	unlink(buf_cstr(&path));
	struct ledger *l = open_it(NULL, false, false);
	ledger_claim(l, "parent's", (struct span){0}, 0, &k);
	same_number(in_child(claim_from_fork, l), 0, "a forked process is another one");
	ok(ledger_claim(l, "child's", (struct span){0}, 0, &k) == CLAIM_DOUBT,
	   "and gone when it has ended");
	ledger_close(l);

	put_old((long)getpid());
	l = open_it(NULL, false, false);
	ok(ledger_claim(l, "busy", (struct span){0}, 0, &k) == CLAIM_DOUBT,
	   "an old intent with our pid is not ours");
	ledger_close(l);
	put_old(77);
	int fd = open(buf_cstr(&path), O_RDWR);
	ok(filelock_try(fd, ((off_t)1 << 61) + 77) == 1,
	   "an old process holds the byte of its pid");
	same_number(in_child(claim_b, NULL), 10, "and is alive");
	close(fd);
	same_number(in_child(claim_b, NULL), 11, "until it has gone");

	/* all bytes that a process may draw */
	fd = open(buf_cstr(&path), O_RDWR);
	struct flock all = {.l_type = F_WRLCK,
			    .l_whence = SEEK_SET,
			    .l_start = (off_t)1 << 61,
			    .l_len = (off_t)1 << 60};
	ok(fcntl(fd, F_SETLK, &all) == 0, "every byte taken");
	same_number(in_child(just_open, NULL), EXIT_IO,
		    "a byte that is taken is never taken for ours");
	close(fd);
}

/* A run line of another pool appears while we hold the pool's lock. */
static int
intruder(void *arg)
{
	struct ledger_open o = {.path = buf_cstr(&path), .tool = "tc-pool", .exclusive = true};
	struct ledger *l = ledger_open(&o);
	struct ledger_found k;
	struct buf b = {0};
	buf_str(&b, "{\"t\":\"run\",\"tool\":\"tc-pool\",\"pid\":5,\"host\":\"there\",\"lock\":"
		    "2199023255552");
	ledger_line_seal(&b);
	int fd = open(buf_cstr(&path), O_WRONLY | O_APPEND);
	ledger_pause(l, 5 * SECOND); /* no run line, though it is a pool's */
	if (arg && write(fd, b.p, b.n) != (ssize_t)b.n)
		return 1;
	ledger_claim(l, "x", (struct span){0}, 0, &k);
	return 0;
}

static int
goes_away(void *arg)
{
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, false);
	struct buf other = {0};
	buf_fmt(&other, "%s.other", buf_cstr(&path));
	ledger_claim(l, "x", (struct span){0}, 0, &k);
	ledger_commit(l);
	if (strcmp(arg, "removed") == 0) {
		unlink(buf_cstr(&path));
	} else if (strcmp(arg, "replaced") == 0) {
		put_file(buf_cstr(&other), span_of(""));
		rename(buf_cstr(&other), buf_cstr(&path));
	} else if (strcmp(arg, "cut") == 0 && truncate(buf_cstr(&path), 10) < 0) {
		return 1;
	}
	ledger_claim(l, "y", (struct span){0}, 0, &k);
	ledger_commit(l);
	return 0;
}

static void
test_the_file(void)
{
	static const char *const ways[] = {"removed", "replaced", "cut"};
	unlink(buf_cstr(&path));
	same_number(in_child(intruder, NULL), 0, "a pool alone goes on");
	same_number(in_child(intruder, (void *)"x"), EXIT_IO,
		    "another pool's run line after ours: locks do not work here");
	for (size_t i = 0; i < 3; i++) {
		unlink(buf_cstr(&path));
		same_number(in_child(goes_away, (void *)ways[i]), EXIT_IO, ways[i]);
	}
	unlink(buf_cstr(&path));
	same_number(in_child(goes_away, (void *)"left alone"), 0, "left alone");
}

/* Appends 100 lines beside other processes that do too. */
static int
append_many(void *arg)
{
	char key[32];
	struct ledger_found k;
	struct ledger *l = open_it(NULL, false, false);
	unsigned mine = 0;
	(void)arg;
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof key, "many%d", i);
		if (ledger_claim(l, key, (struct span){0}, 0, &k) == CLAIM_NEW) {
			write_job(l, key, key);
			mine++;
		}
		ledger_commit(l);
	}
	ledger_close(l);
	return (int)mine;
}

static void
test_many(void)
{
	pid_t pid[4];
	int status, sum = 0;
	unlink(buf_cstr(&path));
	fflush(stdout);
	for (int i = 0; i < 4; i++)
		if ((pid[i] = fork()) == 0)
			_exit(append_many(NULL));
	for (int i = 0; i < 4; i++)
		sum += waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status)
			       ? WEXITSTATUS(status)
			       : 1000;
	same_number(sum, 100, "four processes, one ledger: each item is claimed once");
	ok(every_line_whole(), "and every line is whole");
}

static int
over_limit(void *arg)
{
	struct ledger_found k;
	struct rlimit r = {700, 700};
	(void)arg;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &r);
	struct ledger *l = open_it(NULL, false, false);
	for (int i = 0; i < 100; i++) {
		char key[16];
		snprintf(key, sizeof key, "%d", i);
		ledger_claim(l, key, (struct span){0}, 0, &k);
	}
	return 0;
}

static void
test_full(void)
{
	unlink(buf_cstr(&path));
	same_number(in_child(over_limit, NULL), EXIT_IO,
		    "a file that cannot grow ends the program with 74");
	ok(every_line_whole(), "and half a line does not stay");
}

int
main(void)
{
	struct buf whole = {0};
	msg_init("test_ledger");
	const char *made = mkdtemp(dir);
	if (!made && !(made = mkdtemp(on_disk)))
		return 1;
	buf_fmt(&path, "%s/L", made);
	buf_fmt(&torn, "%s/L.torn", made);
	same_number(in_child(write_reference, NULL), 0, "a reference is written");
	if (buf_read_file(&whole, buf_cstr(&path), 1 << 20) < 0)
		return 1;
	test_cuts(buf_all(&whole));
	test_flips(buf_all(&whole));
	test_holes();
	test_torn_names(buf_all(&whole));
	test_processes();
	test_locks();
	test_pool_waits();
	test_who_is_alive();
	test_the_file();
	test_many();
	test_full();
	unlink(buf_cstr(&path));
	forget_torn();
	rmdir(made);
	buf_free(&whole);
	buf_free(&path);
	buf_free(&torn);
	return done_testing();
}
