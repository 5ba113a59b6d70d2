#include "api/webhook.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/connect.h"
#include "api/event.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/msg.h"
#include "base/os.h"
#include "flow/retry.h"
#include "http/http.h"
#include "serve.h"
#include "store/store.h"

/* Tries and timeout are the service's; the waits between tries are shorter here. */
enum { TRIES = 15, ANSWER_SECONDS = 10, AT_ONCE = 8 };
#define WAIT_FIRST SECOND
#define WAIT_LONGEST (60 * SECOND)

/* An event being delivered. */
struct outgoing {
	char *id, *url, *body;
	unsigned tries;
	int64_t due; /* clock_now(); NEVER: it is being sent */
	struct outgoing *next;
};

struct webhooks {
	struct serve *serve;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what the threads share: list and ending */
	struct outgoing *list;
	bool ending;
	int wake[2];
	const char *secret; /* NULL: events are not signed */
};

static void
outgoing_free(struct outgoing *l)
{
	free(l->id);
	free(l->url);
	free(l->body);
	free(l);
}

static void
sign(const struct webhooks *n, const struct outgoing *l, struct buf *header)
{
	struct buf text = {0};
	int64_t at = clock_wall() / SECOND;
	buf_fmt(&text, "%lld.", (long long)at);
	buf_str(&text, l->body);
	buf_fmt(header, "\nTranscodely-Signature: t=%lld,v1=", (long long)at);
	sha256_hmac_hex(header, span_of(n->secret), buf_all(&text));
	buf_free(&text);
}

static void
send_outgoing(const struct webhooks *n, struct http *h, struct outgoing *l)
{
	struct buf header = {0};
	struct http_request q = {.method = "POST",
				 .url = l->url,
				 .body = span_of(l->body),
				 .timeout = ANSWER_SECONDS * SECOND};
	buf_fmt(&header, "Webhook-Id: %s", l->id);
	if (n->secret)
		sign(n, l, &header);
	q.header = buf_cstr(&header);
	l->due = NEVER;
	http_send(h, &q, l);
	buf_free(&header);
}

/* Send what is due, at most AT_ONCE at a time. Return when the next is due. Under the lock. */
static int64_t
send_due(const struct webhooks *n, struct http *h)
{
	int64_t now = clock_now(), next = NEVER;
	unsigned under_way = 0;
	for (struct outgoing *l = n->list; l; l = l->next)
		under_way += l->due == NEVER;
	for (struct outgoing *l = n->list; l && under_way < AT_ONCE; l = l->next)
		if (l->due <= now) {
			send_outgoing(n, h, l);
			under_way++;
		} else if (l->due < next) {
			next = l->due;
		}
	return next;
}

static void
remove_delivery(struct webhooks *n, struct outgoing *l)
{
	struct outgoing **at = &n->list;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	outgoing_free(l);
}

/* Called under both locks: the server's guards the store. */
static void
on_response(struct webhooks *n, struct outgoing *l, const struct http_response *r)
{
	struct store *store = n->serve->store;
	if (r->end == HTTP_ANSWERED && r->status >= 200 && r->status < 300) {
		store_delivery_done(store, l->id);
		remove_delivery(n, l);
	} else if (++l->tries == TRIES) {
		msg_warn("webhook %s: given up after %d tries", l->url, TRIES);
		store_delivery_done(store, l->id);
		remove_delivery(n, l);
	} else {
		msg_debug("webhook %s: %s, status %d: retrying later", l->url,
			  r->end == HTTP_ANSWERED ? "refused" : r->why, r->status);
		int64_t wait = retry_backoff(l->tries - 1, WAIT_FIRST, WAIT_LONGEST,
					     0.5 + retry_chance() / 2);
		l->due = clock_now() + wait;
		store_delivery_put(store, l->id, l->tries, clock_wall() + wait);
	}
}

static void *
run(void *arg)
{
	struct webhooks *n = arg;
	struct http_config c = {.loopback = true}; /* no proxy */
	struct http *h = http_new(&c);
	http_add_header(h, "User-Agent: tc-serve/" TC_VERSION);
	http_add_header(h, "Content-Type: application/json");
	for (;;) {
		struct pollfd wake = {.fd = n->wake[0], .events = POLLIN};
		struct http_response *r;
		void *delivery;
		char junk[64];
		pthread_mutex_lock(&n->lock);
		bool ending = n->ending;
		int64_t next = ending ? 0 : send_due(n, h);
		pthread_mutex_unlock(&n->lock);
		if (ending)
			break;
		http_wait(h, &wake, 1, next);
		if (wake.revents && read(n->wake[0], junk, sizeof junk) < 0 && errno != EINTR)
			break;
		while ((r = http_next(h, &delivery))) {
			pthread_mutex_lock(&n->serve->lock);
			pthread_mutex_lock(&n->lock);
			on_response(n, delivery, r);
			pthread_mutex_unlock(&n->lock);
			pthread_mutex_unlock(&n->serve->lock);
		}
	}
	http_free(h);
	return NULL;
}

static struct webhooks *
webhook_new(struct serve *s)
{
	struct webhooks *n = mem_zero(sizeof *n);
	sigset_t all, old;
	n->serve = s;
	n->secret = s->hook_secret;
	pthread_mutex_init(&n->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals go to main's thread */
	if (os_pipe(n->wake) < 0 || pthread_create(&n->thread, NULL, run, n) != 0)
		msg_die(EXIT_IO, "cannot start a thread for webhooks: %s", strerror(errno));
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

static void
wake_up(const struct webhooks *n)
{
	if (write(n->wake[1], "", 1) < 0)
		msg_error("cannot wake the webhooks' thread: %s", strerror(errno));
}

/* Append a delivery. Under the server's lock. */
static void
post(struct serve *s, struct outgoing *l)
{
	struct webhooks *n = s->webhooks;
	pthread_mutex_lock(&n->lock);
	struct outgoing **last = &n->list;
	while (*last)
		last = &(*last)->next;
	*last = l;
	pthread_mutex_unlock(&n->lock);
	wake_up(n);
}

void
webhook_output(struct serve *s, const struct job *j, const struct output *o, const char *type,
	       const struct call *cause)
{
	struct buf id = {0}, body = {0};
	if (!event_requested(j, type))
		return;
	event_id(&id);
	event_write(&body, s, buf_cstr(&id), type, j, o, cause);
	struct outgoing *l = mem_zero(sizeof *l);
	*l = (struct outgoing){.id = buf_take(&id),
			       .url = connect_text(span_of(j->request), "webhook_url"),
			       .body = buf_take(&body)};
	const struct delivery d = {
		.id = l->id, .url = l->url, .body = l->body, .due = clock_wall()};
	if (store_delivery_add(s->store, &d))
		post(s, l);
	else
		outgoing_free(l);
}

void
webhook_job(struct serve *s, const struct job *j, const char *type, const struct call *cause)
{
	webhook_output(s, j, NULL, type, cause);
}

void
webhook_output_ended(struct serve *s, const struct job *j, const struct output *o)
{
	bool failed = strcmp(o->status, "failed") == 0;
	webhook_output(s, j, o, failed ? "output.failed" : "output.ready", NULL);
	if (!job_ended(j->status))
		return;
	/* there is no event type for a partial job */
	webhook_job(s, j,
		    strcmp(j->status, "failed") == 0     ? "job.failed"
		    : strcmp(j->status, "canceled") == 0 ? "job.canceled"
							 : "job.succeeded",
		    NULL);
}

void
webhook_output_progressed(struct serve *s, const struct job *j, const struct output *o)
{
	webhook_output(s, j, o, "output.progress", NULL);
	webhook_job(s, j, "job.progress", NULL);
}

static void
resume_one(void *ctx, struct delivery *d)
{
	struct outgoing *l = mem_zero(sizeof *l);
	int64_t wait = d->due - clock_wall();
	wait = wait < 0              ? 0
	       : wait > WAIT_LONGEST ? WAIT_LONGEST
				     : wait; /* the clock may have been set */
	*l = (struct outgoing){.id = d->id,
			       .url = d->url,
			       .body = d->body,
			       .tries = d->tries,
			       .due = clock_now() + wait};
	post(ctx, l);
}

void
webhook_resume(struct serve *s)
{
	pthread_mutex_lock(&s->lock);
	s->webhooks = webhook_new(s); /* early: later there may be no free descriptor */
	store_deliveries(s->store, resume_one, s);
	pthread_mutex_unlock(&s->lock);
}

void
webhook_stop(struct webhooks *n)
{
	unsigned left = 0;
	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	n->ending = true;
	pthread_mutex_unlock(&n->lock);
	wake_up(n);
	pthread_join(n->thread, NULL);
	for (struct outgoing *l = n->list, *next; l; l = next, left++) {
		next = l->next;
		outgoing_free(l);
	}
	if (left)
		msg_warn("%u webhook%s not delivered yet: the next start goes on with %s", left,
			 left == 1 ? "" : "s", left == 1 ? "it" : "them");
	pthread_mutex_destroy(&n->lock);
	close(n->wake[0]);
	close(n->wake[1]);
	free(n);
}
