/* The stages of an output. Each one starts the next, or stores the result. */
#include "encode/task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/tail.h"
#include "encode/encoder.h"
#include "encode/ffmpeg.h"
#include "encode/outfile.h"
#include "encode/plan.h"
#include "serve.h"
#include "store/store.h"

void
task_free(struct task *t)
{
	free(t->id);
	buf_free(&t->probes);
	buf_free(&t->out);
	buf_free(&t->err);
	*t = (struct task){0};
}

bool
task_job(const struct serve *s, const struct task *t, struct job *j)
{
	return store_get(s->store, API_MICRO, t->id, j) ||
	       store_get(s->store, API_TRANSCODELY, t->id, j);
}

void
task_path(const struct serve *s, const struct job *j, int n, struct buf *path)
{
	buf_fmt(path, "%s/files/%s", s->dir, j->out[n].path);
}

/*
 * Remove the directory of an ended job if it is empty. Before the end another
 * output may be about to write there.
 */
static void
tidy(const struct serve *s, const struct job *j)
{
	struct buf dir = {0};
	buf_fmt(&dir, "%s/files/%s", s->dir, j->id);
	if (job_ended(j->status))
		rmdir(buf_cstr(&dir)); /* fails if it is not empty, as it should */
	buf_free(&dir);
}

/*
 * End an output; code and message say why it failed, code NULL: it succeeded.
 * Store it and free the task.
 */
static void
finish(struct serve *s, struct task *t, struct job *j, const char *code, struct span message)
{
	struct output *o = &j->out[t->n];
	struct buf path = {0}, clean = {0};
	task_path(s, j, t->n, &path);
	if (code) {
		outfile_remove(buf_cstr(&path));
		msg_sanitize(&clean, message);
		job_text(&o->error_code, code);
		job_text(&o->error,
			 clean.n ? buf_cstr(&clean) : "the encoder failed and did not say why");
		job_text(&o->status, "failed");
		if (job_waits(j)) /* the other outputs will see it themselves */
			job_release(j);
	} else {
		o->size = outfile_size(buf_cstr(&path));
		o->progress = 100;
		job_text(&o->status, "completed");
	}
	job_settle(j, clock_wall());
	if (store_put(s->store, j))
		s->events.ended(s, j, o);
	tidy(s, j);
	msg_debug("%s output %d: %s", j->id, t->n, o->status);
	buf_free(&path);
	buf_free(&clean);
	task_free(t);
}

/* Make the output pending again and free its slot, because no process can be started now. */
static void
put_off(struct serve *s, struct task *t, struct job *j)
{
	msg_debug("%s output %d: %s: retrying later", j->id, t->n, strerror(errno));
	s->no_room = clock_now() + SECOND;
	job_text(&j->out[t->n].status, "pending");
	store_put(s->store, j);
	task_free(t);
}

/* Fail the output because its command cannot be run; errno says why. */
static void
finish_unstarted(struct serve *s, struct task *t, struct job *j, const char *command)
{
	struct buf why = {0};
	buf_fmt(&why, "cannot run %s: %s", command, strerror(errno));
	finish(s, t, j, "encoding_failed", buf_all(&why));
	buf_free(&why);
}

/* Run w as the next stage of t, with the n descriptors of fds (-1: skipped) as its 3, 4, ... */
static void
run(struct serve *s, struct task *t, struct job *j, enum stage stage, const struct strings *w,
    const int *fds, size_t n, const char *dir)
{
	int open[CHILD_FDS];
	struct child_limits l = {.fds = open, .most = (int64_t)s->cfg.max_output << 20, .dir = dir};
	for (size_t i = 0; i < n && l.nfds < CHILD_FDS; i++)
		if (fds[i] >= 0)
			open[l.nfds++] = fds[i];
	t->stage = stage;
	t->out.n = t->err.n = 0;
	t->deadline = clock_now() + s->cfg.max_time;
	if (child_start(&t->child, w->v, &l))
		return;
	if (errno == EMFILE || errno == ENFILE || errno == EAGAIN || errno == ENOMEM)
		put_off(s, t, j);
	else
		finish_unstarted(s, t, j, w->v[0]);
}

static void
set_working(struct serve *s, struct task *t, struct job *j, const char *status)
{
	int64_t now = clock_wall();
	/* several outputs run concurrently: the job's status only moves forward */
	if (strcmp(j->status, "processing") != 0)
		job_text(&j->status, status);
	job_text(&j->out[t->n].status, "processing");
	j->updated = now;
	if (!j->started)
		j->started = now;
	store_put(s->store, j);
}

/*
 * Return the --encoder command's argument for a source. Only our own files have
 * a name that others cannot redirect.
 */
static const char *
input_word(const struct plan_input *in)
{
	if (in->source.kind != SOURCE_FILE)
		return in->url;
	return in->source.ours ? in->source.text : FFMPEG_FIRST_FD;
}

static void
start_encode(struct serve *s, struct task *t, struct job *j)
{
	struct buf path = {0}, why = {0};
	struct strings w = {0};
	struct plan p = plan_make(j, t->n);
	const char *custom = s->cfg.encoder;
	int *fds = NULL;
	set_working(s, t, j, "processing");
	task_path(s, j, t->n, &path);
	const char *code = "input_not_usable";
	bool ok = true;
	if (!plan_clip_ok(&p, &why)) {
		code = "input_clip_out_of_range";
		ok = false;
	} else if (!outfile_prepare(buf_cstr(&path), &why)) {
		ok = false;
	} else if (custom) {
		/* a custom encoder may read buckets: pass such sources through unchanged */
		plan_sources(&p, &s->media, s->dir, &why);
		ok = p.in[0].source.kind != SOURCE_REFUSED;
		strings_copy(&w, custom);
		strings_copy(&w, input_word(&p.in[0]));
		strings_copy(&w, buf_cstr(&path));
	} else {
		ok = plan_sources(&p, &s->media, s->dir, &why) &&
		     ffmpeg_encode(&w, &p, buf_cstr(&path), &why);
		t->seconds = ffmpeg_seconds(&p);
	}
	for (size_t i = 0; i < p.nin; i++) {
		fds = mem_room(fds, i, sizeof *fds);
		fds[i] = p.in[i].source.fd;
	}
	if (ok) {
		/* the paths of a playlist are relative; a command of the user's runs where we do */
		char *dir = !custom && outfile_is_tree(buf_cstr(&path))
				    ? outfile_directory(buf_cstr(&path))
				    : NULL;
		run(s, t, j, STAGE_ENCODE, &w, fds, p.nin, dir);
		free(dir);
	} else {
		finish(s, t, j, code, buf_all(&why));
	}
	free(fds);
	plan_free(&p);
	strings_free(&w);
	buf_free(&path);
	buf_free(&why);
}

/* Probe the next source, or start the encoder if all are known. */
static void
start_probe(struct serve *s, struct task *t, struct job *j)
{
	struct buf why = {0};
	struct strings w = {0};
	struct plan p = plan_make(j, t->n);
	if (t->input >= p.nin) {
		buf_ch(&t->probes, ']');
		job_text(&j->probe, buf_cstr(&t->probes));
		if (job_waits(j)) {
			job_hold(j, clock_wall());
			store_put(s->store, j);
			task_free(t);
		} else {
			start_encode(s, t, j);
		}
	} else if (!plan_sources(&p, &s->media, s->dir, &why)) {
		finish(s, t, j, "input_not_accessible", buf_all(&why));
	} else {
		ffmpeg_probe(&w, &p.in[t->input].source);
		run(s, t, j, STAGE_PROBE, &w, &p.in[t->input].source.fd, 1, NULL);
	}
	plan_free(&p);
	strings_free(&w);
	buf_free(&why);
}

static void
start_check(struct serve *s, struct task *t, struct job *j)
{
	struct strings w = {0};
	struct buf path = {0};
	task_path(s, j, t->n, &path);
	struct source file = {SOURCE_FILE, (char *)(uintptr_t)buf_cstr(&path), -1, true};
	if (!outfile_is_tree(file.text)) /* a name with "%" would be read as a pattern */
		file.fd = open(file.text, O_RDONLY | O_CLOEXEC);
	ffmpeg_probe(&w, &file);
	run(s, t, j, STAGE_CHECK, &w, &file.fd, 1, NULL);
	if (file.fd >= 0)
		close(file.fd);
	strings_free(&w);
	buf_free(&path);
}

static void
probed(struct serve *s, struct task *t, struct job *j)
{
	struct probe p;
	if (!probe_from_ffprobe(&p, buf_all(&t->out))) {
		finish(s, t, j, "input_not_usable",
		       span_of("the source has neither video nor audio"));
		return;
	}
	buf_ch(&t->probes, t->input++ ? ',' : '[');
	probe_json(&t->probes, &p);
	start_probe(s, t, j);
}

static void
checked(struct serve *s, struct task *t, struct job *j)
{
	struct probe p;
	struct output *o = &j->out[t->n];
	if (!probe_from_ffprobe(&p, buf_all(&t->out))) {
		finish(s, t, j, "encoding_failed",
		       span_of("the result has neither video nor audio"));
		return;
	}
	o->seconds = p.seconds;
	o->width = p.width;
	o->height = p.height;
	finish(s, t, j, NULL, (struct span){0});
}

/* Check that a successful encoder wrote a file. */
static void
encoded(struct serve *s, struct task *t, struct job *j)
{
	struct buf path = {0};
	task_path(s, j, t->n, &path);
	if (outfile_size(buf_cstr(&path)) < 0)
		finish(s, t, j, "encoding_failed", span_of("the encoder wrote no output"));
	else if (s->cfg.encoder || plan_captions(strrchr(path.p, '.') + 1))
		finish(s, t, j, NULL, (struct span){0});
	else
		start_check(s, t, j);
	buf_free(&path);
}

void
task_next(struct serve *s, struct task *t, int status)
{
	struct job j;
	if (!task_job(s, t, &j)) {
		task_free(t);
		return;
	}
	if (job_ended(j.out[t->n].status)) { /* canceled meanwhile */
		struct buf path = {0};
		task_path(s, &j, t->n, &path);
		outfile_remove(buf_cstr(&path));
		tidy(s, &j);
		buf_free(&path);
		task_free(t);
	} else if (t->stopped || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)) {
		finish(s, t, &j, "encoding_failed",
		       span_of(t->stopped ? t->stopped : TASK_TOO_LARGE));
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		finish(s, t, &j,
		       t->stage == STAGE_PROBE ? "input_not_accessible" : "encoding_failed",
		       tail_last_line(buf_all(&t->err)));
	} else if (t->stage == STAGE_PROBE) {
		probed(s, t, &j);
	} else if (t->stage == STAGE_ENCODE) {
		encoded(s, t, &j);
	} else {
		checked(s, t, &j);
	}
	job_free(&j);
}

void
task_begin(struct serve *s, struct task *t, struct job *j)
{
	t->id = mem_dup(span_of(j->id));
	if (s->cfg.encoder || j->probe) {
		start_encode(s, t, j);
	} else {
		set_working(s, t, j, "probing");
		start_probe(s, t, j);
	}
}
