/* The ledger of several processes: claims of live and dead ones, locks, and a disk that is full. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/filelock.h"
#include "ledger.h"

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
	k.since = clock_wall() + 3600 * SECOND;
	l = open_it("hash", false, false);
	ledger_lost(l, "busy", &k);
	ledger_close(l);
	for (int i = 0; i < 3; i++) {
		l = open_it("hash", false, false);
		ok(ledger_claim(l, "busy", (struct span){0}, 0, &k) == CLAIM_DOUBT &&
			   k.since == LEDGER_SINCE_UNKNOWN,
		   "an intent of the future is of unknown age, and stays so (%d)", i);
		ledger_close(l);
	}
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
	if (!make_dir())
		return 1;
	test_processes();
	test_locks();
	test_pool_waits();
	test_who_is_alive();
	test_the_file();
	test_many();
	test_full();
	remove_dir();
	return done_testing();
}
