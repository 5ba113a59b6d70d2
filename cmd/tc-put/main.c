/* tc-put: uploads the file of each line. */
#include "put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/msg.h"
#include "json/json.h"

enum { JOBS = 2, THREADS_MAX = 8, WINDOW = 16 << 10, START_BYTES_MAX = 1 << 20 };

/* Look again after this time while another process uploads the same file. */
#define BUSY (100 * MILLISECOND)

#define O put_options

/* Postpone an upload while another with the same key is under way. Return true if so. */
static bool
wait_for_twin(struct upload *u)
{
	struct put *p = u->put;
	if (u->active)
		return false;
	if (htab_find(&p->active, u->key, NULL)) {
		flow_schedule(&p->service.flow, &u->step.item, clock_now() + 20 * MILLISECOND);
		return true;
	}
	htab_add(&p->active, &u->node, u->key);
	u->active = true;
	return false;
}

/* Return false for an upload that another line or process has made meanwhile: it takes no slot. */
static bool
ready(struct service *s, struct service_item *it)
{
	struct upload *u = upload_of(it);
	(void)s;
	if (u->claimed || !resume_known(u))
		return true;
	output_known(u);
	return false;
}

static void
prepare(struct service *s, struct service_item *it)
{
	struct upload *u = upload_of(it);
	if (u->claimed || u->phase == PHASE_HASH || wait_for_twin(u))
		return;
	switch (resume_claim(u)) {
	case RESUME_OURS:
		u->claimed = true;
		output_bytes(u, u->offset, 0);
		step_start(u);
		break;
	case RESUME_BUSY:
		flow_schedule(&s->flow, &it->item, clock_now() + BUSY);
		break;
	case RESUME_DONE:
		output_known(u);
	}
}

static void
start_sending(struct upload *u)
{
	if (u->kind == UPLOAD_PARTS && u->phase == PHASE_SEND && u->part == u->remote.parts_n)
		step_bytes(u); /* an earlier run has sent the last of them */
	else
		send_request(u, reply_done);
}

static void
start(struct service *s, struct service_item *it)
{
	struct upload *u = upload_of(it);
	struct failure e = {0};
	(void)s;
	if (!source_open(u, &e)) {
		step_fail(u, &e);
	} else {
		switch (u->phase) {
		case PHASE_HASH:
			if (source_hashed(u))
				step_hashed(u);
			break;
		case PHASE_CREATE:
		case PHASE_OFFSET:
		case PHASE_SEND:
			start_sending(u);
			break;
		default:
			if (u->location)
				send_request(u, reply_done);
			else
				call_send(u);
		}
	}
	failure_free(&e);
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct upload *u = upload_of(it);
	struct failure e = {0};
	if (u->claimed)
		failure_set(&e, interrupted ? "interrupted" : "unavailable", true,
			    "%s: interrupted; run again to resume", u->path);
	else
		service_not_started(s, it, interrupted, "the file was not sent", &e);
	step_fail(u, &e);
	failure_free(&e);
}

static int
extra_fd(struct service *s, int64_t *until)
{
	(void)until;
	return work_fd(put_of(s)->work);
}

static void
woke(struct service *s)
{
	for (struct upload *u; (u = source_task(put_of(s)));)
		step_hashed(u);
}

static void
release(struct service_item *it)
{
	upload_free(upload_of(it));
}

static void
bad_start(const char *given, const char *why, size_t at)
{
	if (*given != '@' && *given != '{')
		opt_usage("-d %s: expected a JSON object or @FILE (a file that begins with - comes "
			  "after --)",
			  given);
	opt_usage("-d: not JSON: %s (byte %zu)", why, at + 1);
}

/* Read -d, an object or @FILE. */
static void
read_start(struct put *p)
{
	size_t at;
	const char *why;
	if (!O.start)
		return;
	if (*O.start == '@' && buf_read_file(&p->start, O.start + 1, START_BYTES_MAX) < 0)
		opt_usage("-d %s: %s", O.start, strerror(errno));
	if (*O.start != '@')
		buf_str(&p->start, O.start);
	if ((why = json_check(buf_all(&p->start), &at)))
		bad_start(O.start, why, at);
	if (json_type(buf_all(&p->start)) != JSON_OBJECT)
		opt_usage("-d: expected a JSON object");
}

/*
 * Return a hash of the command line, by which a ledger of another command is
 * recognized. The caller frees.
 */
static char *
run_hash(struct put *p)
{
	struct buf text = {0}, hex = {0};
	buf_fmt(&text, "%s\n%s\n%s\n%s\n%d\n", p->service.profile->name, p->service.base_url,
		O.to ? O.to : "", O.type ? O.type : "", O.checksum);
	buf_span(&text, buf_all(&p->start));
	sha256_hex(&hex, buf_all(&text));
	char *out = mem_dup(buf_all(&hex));
	buf_free(&text);
	buf_free(&hex);
	return out;
}

static void
check_profile(struct put *p)
{
	p->profile = &p->service.profile->upload;
	if (!O.to && !p->profile->kind)
		msg_die(EXIT_BAD_CONFIG,
			"profile %s: /upload: missing: this service takes no uploads: use --to",
			p->service.profile->name);
	if (O.to && O.start)
		opt_usage("-d and --to exclude each other: --to does not call the service");
	if (O.type && strpbrk(O.type, "\r\n"))
		opt_usage("-t: expected a MIME type without a line end");
}

int
main(int argc, char **argv)
{
	static struct put p;
	static const struct service_tool tool = {
		.usage = "[options] [file ...]",
		.about = "Upload the file of each line: a path, or a record's file or input.",
		.options = put_option_table,
		.jobs_help = "upload N files at a time (default 2)",
		.jobs = JOBS,
		.secret_optional = true,
		.item_size = sizeof(struct upload),
		.admit = line_admit,
		.ready = ready,
		.prepare = prepare,
		.start = start,
		.done = call_answer,
		.abandon = abandon,
		.release = release,
		.extra_fd = extra_fd,
		.woke = woke,
	};
	service_start(&p.service, &tool, argc, argv);
	struct service *s = &p.service;
	check_profile(&p);
	if (O.to)
		bucket_open(&p.bucket);
	else
		(void)service_need_secret(s);
	read_start(&p);
	if (O.null) {
		s->flow.in.delimiter = '\0';
		s->flow.text = false;
	}
	s->flow.window = WINDOW; /* the sizes of what is to come are known early */
	s->flow.counts.files.on = true;
	if (O.to)
		s->flow.jobs = (size_t)s->jobs;
	char *run = run_hash(&p);
	service_ledger(s, run, NULL);
	free(run);
	http_limit(s->http, O.limit_rate);
	p.work = work_new(s->jobs < THREADS_MAX ? (size_t)s->jobs : THREADS_MAX);
	int status = service_run(s);
	http_abort(s->http);
	work_free(p.work);
	service_free(s);
	keybook_free(&p.objects);
	htab_free(&p.active);
	buf_free(&p.start);
	bucket_free(p.bucket);
	return status;
}
