#include "api/watch.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "base/clock.h"
#include "http/call.h"
#include "http/suspend.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

#define HEARTBEAT (15 * SECOND)

/* One stream. Owned by its response. */
struct watch {
	struct serve *serve;
	struct MHD_Connection *conn;
	char *id, *status; /* status: the one sent last; NULL: none yet */
	int progress;
	int64_t beat;   /* when to send a heartbeat */
	struct buf out; /* frames that are not sent yet */
	size_t sent;
	bool ended;
};

static void
add_event(struct watch *w, const struct job *j, const char *event)
{
	struct call c = {.serve = w->serve, .conn = w->conn};
	struct buf job = {0}, message = {0}, sorted = {0};
	transcodely_job(&c, &job, j, true);
	json_open(&message);
	json_str(&message, "event", span_of(event));
	json_raw(&message, "job", buf_all(&job));
	transcodely_time(&message, "server_time", clock_wall());
	json_close(&message);
	proto_sorted(&sorted, buf_all(&message));
	connect_frame(&w->out, 0, buf_all(&sorted));
	w->beat = clock_now() + HEARTBEAT;
	buf_free(&job);
	buf_free(&message);
	buf_free(&sorted);
}

static int
progress_of(const struct job *j)
{
	int sum = 0;
	for (size_t i = 0; i < j->nout; i++)
		sum += j->out[i].progress;
	return sum;
}

/* Write a frame if the job has changed or a heartbeat is due. Under the lock. */
static void
update(struct watch *w)
{
	struct job j;
	if (!store_get(w->serve->store, API_TRANSCODELY, w->id, &j)) {
		w->ended = true;
		return;
	}
	int progress = progress_of(&j);
	w->ended = job_ended(j.status);
	if (!w->status)
		add_event(w, &j, "snapshot");
	if (w->ended)
		add_event(w, &j, "completed");
	else if (w->status && strcmp(w->status, j.status) != 0)
		add_event(w, &j, "status_change");
	else if (w->status && progress != w->progress)
		add_event(w, &j, "progress");
	else if (w->status && clock_now() >= w->beat)
		add_event(w, &j, "heartbeat");
	job_text(&w->status, j.status);
	w->progress = progress;
	if (w->ended)
		connect_frame(&w->out, CONNECT_END, span_of("{}"));
	job_free(&j);
}

static ssize_t
read_watch(void *cls, uint64_t at, char *to, size_t max)
{
	struct watch *w = cls;
	size_t n = 0;
	(void)at;
	pthread_mutex_lock(&w->serve->lock);
	if (w->sent == w->out.n && !w->ended) {
		w->sent = w->out.n = 0;
		update(w);
		if (!w->out.n && !w->ended)
			suspend_until_change(
				w->serve, w->conn,
				w->beat); /* with the lock held, so that no change is missed */
	}
	pthread_mutex_unlock(&w->serve->lock);
	n = w->out.n - w->sent;
	if (n == 0)
		return w->ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
	n = n < max ? n : max;
	memcpy(to, w->out.p + w->sent, n);
	w->sent += n;
	return (ssize_t)n;
}

static void
free_watch(void *cls)
{
	struct watch *w = cls;
	buf_free(&w->out);
	free(w->status);
	free(w->id);
	free(w);
}

static struct MHD_Response *
respond(void *data)
{
	struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384,
								   read_watch, data, free_watch);
	if (!r)
		free_watch(data);
	return r;
}

void
watch_begin(struct call *c, const char *id)
{
	struct watch *w = mem_zero(sizeof *w);
	w->serve = c->serve;
	w->conn = c->conn;
	w->id = mem_dup(span_of(id));
	call_json(c, 200);
	c->type = "application/connect+json";
	c->body_stream = (struct call_stream){w, respond, free_watch};
}
