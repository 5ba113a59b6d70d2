/* The ledger: cut at every byte, flipped at every byte, claimed by live and dead processes. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "ledger.h"
#include "ledgerline.h"
#include "msg.h"
#include "test.h"

static char dir[] = "/tmp/test_ledger.XXXXXX";
static struct buf path, torn;

static struct ledger *
open_it(const char *run, bool force, bool alone)
{
	struct ledger_open o = {.path = buf_cstr(&path), .tool = "test", .run = run, .force = force, .alone = alone};
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
	struct ledger_known k;
	struct ledger *l = open_it("hash", false, false);
	(void)arg;
	if (ledger_claim(l, "a", span_of("\"in\""), 0, &k) != CLAIM_NEW || k.gen != 1)
		return 1;
	write_job(l, "a", "1");
	if (ledger_claim(l, "b", (struct span){0}, 0, &k) != CLAIM_NEW || ledger_claim(l, "c", (struct span){0}, 0, &k) != CLAIM_NEW)
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
	struct ledger_known k;
	struct ledger *l = open_it(NULL, false, false);
	enum claim a = lines < 2 ? CLAIM_NEW : lines < 3 ? CLAIM_DOUBT : CLAIM_KNOWN;
	enum claim b = lines < 4 ? CLAIM_NEW : CLAIM_DOUBT;
	enum claim c = lines < 5 || lines >= 6 ? CLAIM_NEW : CLAIM_DOUBT;
	if (ledger_has_job(l, "p", "1") != (lines >= 3) || ledger_has_job(l, "q", "1"))
		return 4;
	if (ledger_claim(l, "a", (struct span){0}, 0, &k) != a || ledger_claim(l, "b", (struct span){0}, 0, &k) != b)
		return 1;
	if (ledger_claim(l, "c", (struct span){0}, 0, &k) != c)
		return 2;
	if (a == CLAIM_KNOWN && ledger_claim(l, "a", (struct span){0}, 1, &k) != CLAIM_NEW)
		return 3;
	ledger_close(l);
	return 0;
}

static bool
every_line_whole(void)
{
	struct buf b = {0};
	bool good = buf_read_file(&b, buf_cstr(&path), 1 << 20) == 0 && b.n && b.p[b.n - 1] == '\n';
	for (size_t at = 0; good && at < b.n;) {
		const char *end = memchr(b.p + at, '\n', b.n - at);
		good = !ledgerline_check((struct span){b.p + at, (size_t)(end - b.p) - at});
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
	size_t header = (size_t)((char *)memchr(whole.p, '\n', whole.n) - whole.p), bad = 0, torn_bad = 0;
	for (size_t n = 0; n <= whole.n; n++) {
		unlink(buf_cstr(&torn));
		put_file(buf_cstr(&path), (struct span){whole.p, n});
		/* a last line that lacks only its end is whole */
		bool lacks_end = n < whole.n && whole.p[n] == '\n';
		size_t lines = lines_in((struct span){whole.p, n}) + lacks_end;
		int want = n > 0 && n < header + 1 ? EXIT_BAD_CONFIG : 0, got = in_child(check_prefix, &lines);
		bad += got != want || (got == 0 && !every_line_whole());
		bool should = n > header && !lacks_end && whole.p[n - 1] != '\n';
		torn_bad += (access(buf_cstr(&torn), F_OK) == 0) != should;
	}
	same_number((long long)bad, 0, "cut at every byte: what is left is known, or the header is refused");
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
			/* the last line end may be lost: then what stands there is a torn end, and no harm */
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

static int
claim_b(void *arg)
{
	struct ledger_known k;
	struct ledger *l = open_it(NULL, false, false);
	enum claim c = ledger_claim(l, "busy", (struct span){0}, 0, &k);
	(void)arg;
	ledger_close(l);
	return c == CLAIM_BUSY ? 10 : c == CLAIM_DOUBT ? (k.lost ? 12 : 11) : 1;
}

static void
test_processes(void)
{
	struct ledger_known k;
	struct stat st;
	unlink(buf_cstr(&path));
	struct ledger *l = open_it("hash", false, false);
	ok(stat(buf_cstr(&path), &st) == 0 && (st.st_mode & 0777) == 0600, "mode 0600");
	ok(ledger_claim(l, "busy", (struct span){0}, 0, &k) == CLAIM_NEW, "a new item");
	same_number(in_child(claim_b, NULL), 10, "an intent of a process that lives is busy to others");
	ledger_close(l);
	same_number(in_child(claim_b, NULL), 11, "and in doubt when it has gone");
	l = open_it("hash", false, false);
	ok(ledger_claim(l, "busy", (struct span){0}, 0, &k) == CLAIM_DOUBT && k.since > 0, "taken over");
	ok(k.since <= clock_wall() && k.since > clock_wall() - 60 * SECOND, "since the first intent");
	ledger_lost(l, "busy", &k);
	ledger_close(l);
	same_number(in_child(claim_b, NULL), 12, "that an answer was lost is remembered");
	same_number(in_child(just_open, (void *)"hash"), 0, "the same command goes on");
	same_number(in_child(just_open, (void *)"other"), EXIT_BAD_CONFIG, "another command is refused");
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
	int fd = ledger_hold(l, arg);
	ledger_close(l);
	return fd < 0 ? 1 : 0;
}

static void
test_locks(void)
{
	struct ledger *l = open_it(NULL, false, true);
	same_number(in_child(open_alone, NULL), EXIT_BAD_CONFIG, "one pool at a time");
	same_number(in_child(just_open, NULL), 0, "others may share it");
	int fd = ledger_hold(l, "x");
	ok(fd >= 0, "an item's lock is there to take");
	same_number(in_child(hold_item, (void *)"x"), 1, "once");
	same_number(in_child(hold_item, (void *)"y"), 0, "each item has its own");
	close(fd);
	same_number(in_child(hold_item, (void *)"x"), 0, "and free when its last copy is closed");
	ledger_close(l);
	same_number(in_child(open_alone, NULL), 0, "the next pool may come");
}

/* Appends 100 lines beside other processes that do too. */
static int
append_many(void *arg)
{
	char key[32];
	struct ledger_known k;
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
		sum += waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
	same_number(sum, 100, "four processes, one ledger: each item is claimed once");
	ok(every_line_whole(), "and every line is whole");
}

static int
over_limit(void *arg)
{
	struct ledger_known k;
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
	same_number(in_child(over_limit, NULL), EXIT_IO, "a file that cannot grow ends the program with 74");
	ok(every_line_whole(), "and half a line does not stay");
}

int
main(void)
{
	struct buf whole = {0};
	msg_init("test_ledger");
	if (!mkdtemp(dir))
		return 1;
	buf_fmt(&path, "%s/L", dir);
	buf_fmt(&torn, "%s/L.torn", dir);
	same_number(in_child(write_reference, NULL), 0, "a reference is written");
	if (buf_read_file(&whole, buf_cstr(&path), 1 << 20) < 0)
		return 1;
	test_cuts(buf_all(&whole));
	test_flips(buf_all(&whole));
	test_processes();
	test_locks();
	test_many();
	test_full();
	unlink(buf_cstr(&path));
	unlink(buf_cstr(&torn));
	rmdir(dir);
	buf_free(&whole);
	buf_free(&path);
	buf_free(&torn);
	return done_testing();
}
