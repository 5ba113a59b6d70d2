/* The flow over a transport that ends things in the worst order: bounds kept, lines in order, each
 * once. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/sig.h"
#include "flow/flow.h"
#include "test.h"

enum { ITEMS = 1000, JOBS = 7, WINDOW = 20 };

struct mine {
	struct item item;
	unsigned steps; /* still to do */
	bool prepared;  /* in a round of starts that has not ended */
	bool put_off;
};

/* A transport that holds what was started, and ends the last one first. */
static struct {
	struct mine *running[JOBS + 1];
	size_t n, most, started, stop_after, most_admitted, ended, looked_twice;
} t;

static struct mine *
mine_of(struct item *it)
{
	return (struct mine *)(void *)it;
}

static void
admit(struct flow *f, struct item *it)
{
	size_t admitted = it->index + 1 - t.ended;
	t.most_admitted = admitted > t.most_admitted ? admitted : t.most_admitted;
	if (it->line.n && *it->line.p == '!') {
		t.ended++;
		flow_done(f, it, span_of("bad"), OUTCOME_FAILED);
		return;
	}
	mine_of(it)->steps = it->index % 3 ? 2 : 1;
	flow_schedule(f, it, 0);
}

static void
start(struct flow *f, struct item *it)
{
	if (t.n < JOBS + 1)
		t.running[t.n++] = mine_of(it);
	t.most = t.n > t.most ? t.n : t.most;
	if (++t.started == t.stop_after)
		flow_stop(f, EXIT_TRY_AGAIN);
}

static void
end_one(struct flow *f)
{
	struct mine *m = t.running[--t.n];
	if (--m->steps) {
		flow_schedule(f, &m->item, 0);
		return;
	}
	t.ended++;
	flow_done(f, &m->item, m->item.line, m->item.index % 10 ? OUTCOME_OK : OUTCOME_TEMPORARY);
}

static void
wait(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until)
{
	if (!t.n) {
		poll(fds, n, clock_poll_ms(clock_now(), until));
		return;
	}
	poll(fds, n, 0);
	end_one(f);
}

static void
abandon(struct flow *f, struct item *it, bool interrupted)
{
	(void)interrupted;
	t.ended++;
	flow_done(f, it, span_of("abandoned"), OUTCOME_NOT_ATTEMPTED);
}

static void
stop(struct flow *f, int times)
{
	(void)f;
	(void)times;
}

static const struct flow_ops ops = {.item_size = sizeof(struct mine),
				    .admit = admit,
				    .start = start,
				    .abandon = abandon,
				    .wait = wait,
				    .stop = stop};

/* Another process has the item at first; when it is looked at again it has been done there. */
static bool
ready_after_another(struct flow *f, struct item *it)
{
	struct mine *m = mine_of(it);
	bool there = m->put_off;
	t.looked_twice += m->prepared;
	if (there)
		flow_done(f, it, it->line, OUTCOME_OK);
	return !there;
}

/* The three ways that prepare() has: the item is put off, due by the time the next one is prepared;
 * it ends; it starts. */
static void
prepare_behind_another(struct flow *f, struct item *it)
{
	struct mine *m = mine_of(it);
	m->prepared = true;
	m->put_off = it->index % 3 == 0;
	if (m->put_off)
		flow_schedule(f, it, it->index % 2 ? clock_now() : 0);
	else if (it->index % 3 == 1)
		flow_done(f, it, it->line, OUTCOME_OK);
}

static void
round_ends(struct flow *f)
{
	for (struct item *it = f->all; it; it = it->next)
		mine_of(it)->prepared = false;
}

static const struct flow_ops shared_ops = {.item_size = sizeof(struct mine),
					   .admit = admit,
					   .ready = ready_after_another,
					   .prepare = prepare_behind_another,
					   .commit = round_ends,
					   .start = start,
					   .abandon = abandon,
					   .wait = wait,
					   .stop = stop};

static const struct flow_ops *ops_of_run = &ops;

/* Runs the lines; what came out is in out. */
static int
run(struct flow *f, char **lines, struct buf *out, size_t stop_after, bool unordered)
{
	char path[] = "/tmp/tc-test-flow-XXXXXX";
	int fd = mkstemp(path);
	memset(&t, 0, sizeof t);
	t.stop_after = stop_after;
	flow_init(f, ops_of_run, NULL, lines);
	f->jobs = JOBS;
	f->window = WINDOW;
	f->out.fd = fd;
	f->out.unordered = unordered;
	int status = flow_run(f);
	ok(buf_read_file(out, path, 1 << 20) == 0, "the output");
	flow_free(f);
	unlink(path);
	close(fd);
	return status;
}

static char **
make_lines(void)
{
	char **lines = mem_zero((ITEMS + 1) * sizeof *lines);
	for (size_t i = 0; i < ITEMS; i++) {
		struct buf b = {0};
		buf_fmt(&b, "%s%zu", i % 50 == 49 ? "!" : "", i);
		lines[i] = mem_dup(buf_all(&b));
		buf_free(&b);
	}
	return lines;
}

static void
test_all(char **lines)
{
	struct flow f;
	struct buf out = {0}, want = {0};
	for (size_t i = 0; i < ITEMS; i++)
		buf_fmt(&want, "%s\n", i % 50 == 49 ? "bad" : lines[i]);
	int status = run(&f, lines, &out, 0, false);
	ok(out.n == want.n && memcmp(out.p, want.p, out.n) == 0,
	   "a thousand lines in input order, though the last ends first");
	same_number((long long)t.most, JOBS, "as many at once as asked for, never more");
	ok(t.most_admitted <= WINDOW, "no more lines taken in than the window (%zu)",
	   t.most_admitted);
	same_number((long long)f.counts.in, ITEMS, "counts: in");
	same_number((long long)f.counts.ok, ITEMS - 20 - 100, "counts: ok");
	same_number((long long)f.counts.failed, 120, "counts: failed");
	same_number(status, EXIT_SOME_FAILED, "some failed for good: 1");
	buf_free(&out);
	buf_free(&want);
}

static void
test_unordered(char **lines)
{
	struct flow f;
	struct buf out = {0};
	size_t n = 0;
	run(&f, lines, &out, 0, true);
	for (size_t i = 0; i < out.n; i++)
		n += out.p[i] == '\n';
	same_number((long long)n, ITEMS, "unordered: a line each");
	buf_free(&out);
}

static void
test_stop(char **lines)
{
	struct flow f;
	struct buf out = {0};
	size_t n = 0;
	int status = run(&f, lines, &out, 100, false);
	for (size_t i = 0; i < out.n; i++)
		n += out.p[i] == '\n';
	same_number((long long)n, ITEMS, "stopped: still a line each");
	ok(t.started <= 100 + JOBS, "stopped: nothing more is started (%zu)", t.started);
	same_number((long long)(f.counts.ok + f.counts.failed + f.counts.not_attempted), ITEMS,
		    "stopped: each counted once");
	ok(f.counts.not_attempted > 800, "stopped: the rest was not attempted");
	same_number(status, EXIT_TRY_AGAIN, "stopped: with the status asked for");
	buf_free(&out);
}

static void
test_put_off(void)
{
	struct flow f;
	struct buf out = {0}, want = {0};
	char *lines[31] = {0};
	for (int i = 0; i < 30; i++) {
		struct buf b = {0};
		buf_fmt(&b, "%d", i);
		buf_fmt(&want, "%d\n", i);
		lines[i] = mem_dup(buf_all(&b));
		buf_free(&b);
	}
	ops_of_run = &shared_ops;
	run(&f, lines, &out, 0, false);
	ops_of_run = &ops;
	same(buf_all(&out), buf_cstr(&want),
	     "put off by prepare(), and ended when looked at again: a line each, in order");
	same_number((long long)t.looked_twice, 0,
		    "what prepare() put off is not looked at before the round has ended");
	same_number((long long)f.counts.running, 0, "and no slot is left taken");
	for (int i = 0; i < 30; i++)
		free(lines[i]);
	buf_free(&out);
	buf_free(&want);
}

static void
test_statuses(void)
{
	char good[] = "1", bad[] = "!", *one[] = {good, NULL}, *mixed[] = {good, bad, NULL};
	struct flow f;
	struct buf out = {0};
	/* item 0 ends as temporary, see end_one() */
	same_number(run(&f, one, &out, 0, false), EXIT_TRY_AGAIN, "all failures temporary: 75");
	out.n = 0;
	same_number(run(&f, mixed, &out, 0, false), EXIT_SOME_FAILED, "one of them for good: 1");
	same(buf_all(&out), "1\nbad\n", "and a line each");
	buf_free(&out);
}

/* The first item is started; when it ends, so do the others, which wait for that. */
static struct item *listed[3];

static void
admit_listed(struct flow *f, struct item *it)
{
	listed[it->index] = it;
	flow_schedule(f, it, it->index ? NEVER : 0);
}

static void
wait_for_all(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until)
{
	(void)until;
	if (!listed[2])
		poll(fds, n, 1);
	for (size_t i = 0; listed[2] && i < 3; i++)
		flow_done(f, listed[i], listed[i]->line, OUTCOME_OK);
}

static void
test_listed(void)
{
	static const struct flow_ops listed_ops = {.item_size = sizeof(struct mine),
						   .admit = admit_listed,
						   .start = start,
						   .abandon = abandon,
						   .wait = wait_for_all,
						   .stop = stop};
	char a[] = "a", b[] = "b", c[] = "c", *lines[] = {a, b, c, NULL};
	struct flow f;
	struct buf out = {0};
	ops_of_run = &listed_ops;
	run(&f, lines, &out, 0, false);
	same(buf_all(&out), "a\nb\nc\n", "items that end with another's request");
	same_number((long long)f.counts.worked, 3, "are work done, by which the rest is estimated");
	ops_of_run = &ops;
	buf_free(&out);
}

int
main(void)
{
	char **lines = make_lines();
	msg_init("test_flow");
	msg_quiet(true);
	sig_init();
	test_all(lines);
	test_unordered(lines);
	test_stop(lines);
	test_statuses();
	test_put_off();
	test_listed();
	for (size_t i = 0; i < ITEMS; i++)
		free(lines[i]);
	free(lines);
	return done_testing();
}
