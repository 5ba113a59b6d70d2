#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/os.h"
#include "fetch.h"
#include "get.h"
#include "service/question.h"
#include "set.h"
#include "json/template.h"

/*
 * At most CHECKING_MAX files whose bytes have all come wait for their hash or
 * the disk, beside those being transferred. FILES_APART: descriptors of
 * everything but files and their connections.
 */
enum { JOBS = 4, THREADS_MAX = 8, CHECKING_MAX = 256, FILES_APART = 24 };

#define O get_options

static void
start(struct service *s, struct service_item *it)
{
	resolve_send(s, it, job_of(it)->id);
}

/* Replace the URLs that the job has by new ones. */
static enum resolved
take_outputs(struct job *j, const struct call_result *a, struct failure *e)
{
	struct outputs out;
	enum resolved end = resolve_read(&j->get->service, &j->step, a, &out, e);
	if (end != RESOLVE_FOUND)
		return end;
	if (j->outputs && out.n != j->outputs) {
		failure_set(e, "bad_response", false, "the job has %zu output%s now, not %zu",
			    out.n, out.n == 1 ? "" : "s", j->outputs);
		outputs_free(&out);
		return RESOLVE_FAILED;
	}
	outputs_free(&j->out);
	j->out = out;
	j->resolved = clock_wall();
	j->answers++;
	return line_can_be_fetched(j, e) ? RESOLVE_FOUND : RESOLVE_FAILED;
}

static void
on_result(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct job *j = job_of(it);
	struct failure e = {0};
	enum resolved end =
		r->kind == CALL_OK && !j->ending ? take_outputs(j, r, &e) : RESOLVE_FAILED;
	bool odd = end == RESOLVE_FAILED && r->kind == CALL_OK && !j->ending &&
		   resolve_is_odd(&e, j->succeeded);
	if (end == RESOLVE_LATER || (odd && question_again(s, it, &e))) {
		failure_free(&e);
		return;
	}
	j->resolving = false;
	j->get->resolving--;
	if (end == RESOLVE_FOUND) {
		queue_resolved(j);
	} else {
		flow_aside(&s->flow, &it->item);
		job_fail(j, r->kind == CALL_OK ? &e : r->error);
	}
	failure_free(&e);
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct get *g = get_of(s);
	struct job *j = job_of(it);
	struct failure e = {0};
	queue_forget(g, j);
	service_not_started(s, it, interrupted, "its outputs were not fetched", &e);
	if (j->resolving) {
		j->resolving = false;
		g->resolving--;
		flow_aside(&s->flow, &it->item);
		job_fail(j, &e);
	} else {
		finish_record(j, &e);
	}
	failure_free(&e);
}

static size_t
ended(const struct flow *f)
{
	return f->counts.ok + f->counts.failed + f->counts.not_attempted;
}

/* Go on with what is ready: names, the first playlists of sets, the next group. */
static void
settle(struct get *g)
{
	do
		publish_ready(g);
	while (set_tend(g));
	sync_start(g);
}

/* Start what may start. If an item ended or asked for its turn, the flow must not sleep. */
static int
extra_fd(struct service *s, int64_t *until)
{
	struct get *g = get_of(s);
	size_t before = ended(&s->flow);
	queue_run(g);
	settle(g);
	int64_t due = g->asked || ended(&s->flow) != before ? 0 : queue_due(g);
	*until = due < *until ? due : *until;
	return work_fd(g->work);
}

static void
woke(struct service *s)
{
	struct get *g = get_of(s);
	g->asked = false;
	finish_tasks(g);
	settle(g);
	fetch_tend(g);
	if (g->full)
		http_abort(s->http);
	if (s->flow.stopping)
		queue_stop(g);
}

static void
release(struct service_item *it)
{
	struct job *j = job_of(it);
	for (size_t i = 0; i < j->files_n; i++)
		split_free(j->files[i]);
	job_free(j);
}

/* Let no more files be open at a time than there are descriptors for. */
static void
limit_files(struct get *g)
{
	/* the file, its connection and its directory; the file, its directory and that of one
	   before it whose name is being made durable */
	enum { MOVING = 3, CHECKING = 3, CHECKING_MIN = 2 };
	size_t asked = (size_t)g->service.jobs,
	       jobs = os_files_most(asked, MOVING, FILES_APART + CHECKING_MIN * CHECKING);
	if (jobs < asked)
		msg_warn("-j %zu: only %zu file%s at a time: raise the limit of open files, ulimit "
			 "-n",
			 asked, jobs, jobs == 1 ? "" : "s");
	g->service.jobs = (long)jobs;
	g->checking_most = os_files_most(CHECKING_MAX, CHECKING, FILES_APART + MOVING * jobs);
}

int
main(int argc, char **argv)
{
	static struct get g;
	static const struct service_tool tool = {
		.usage = "[options] [url|job-id ...]",
		.about = "Download the outputs of each line's ended job: a record, a bare job id, "
			 "or a URL.",
		.options = get_option_table,
		.jobs_help = "download N files at a time (default 4)",
		.jobs = JOBS,
		.secret_optional = true,
		.item_size = sizeof(struct job),
		.admit = line_admit,
		.start = start,
		.done = on_result,
		.abandon = abandon,
		.release = release,
		.extra_fd = extra_fd,
		.woke = woke,
	};
	service_start(&g.service, &tool, argc, argv);
	if (O.template)
		template_check("-o", O.template, TEMPLATE_SOURCE, "n id key batch");
	signal(SIGXFSZ, SIG_IGN); /* a file over the limit of its size: write(2) says so */
	tree_open(&g.tree, O.dir);
	service_ledger(&g.service, NULL, NULL);
	http_limit(g.service.http, O.limit_rate);
	g.work = work_new(g.service.jobs < THREADS_MAX ? (size_t)g.service.jobs : THREADS_MAX);
	limit_files(&g);
	g.service.flow.counts.files.on = true;
	int status = service_run(&g.service);
	http_abort(g.service.http);
	work_free(g.work);
	sync_free(&g.sync);
	object_close(&g);
	names_forget(&g);
	service_free(&g.service);
	tree_close(&g.tree);
	return status;
}
